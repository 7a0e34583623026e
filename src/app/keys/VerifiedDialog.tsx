import { useMemo } from 'react';
import type { Lang } from '../../text/lang.ts';
import { VERIFIED } from '../../text/trust.ts';
import { closePanel } from '../store/store.ts';
import type { Strings } from '../strings.ts';
import { Dialog } from '../topbar/Dialog.tsx';

const en = {
  title: 'What is verified',
  none: 'No kernel has judged this version yet: every step is modelled.',
  how: 'A test builds small worlds of network namespaces on real Linux kernels, sends the packet with real sockets, and compares with the walk computed here: every rule that matched, every frame on every device, connection entries, and what the sockets were told.',
  kernel: (release: string, probes: string, pairs: string) => `Linux ${release}: ${probes} written probes${pairs === '0' ? '' : ` and ${pairs} random ones`}, all agreed.`,
  means: 'A step says “verified” when a kernel agreed in cases that rely on the same things. “Modelled” means that it follows the kernel’s source, and no kernel was asked.',
  known: 'Known disagreements',
  noKnown: 'None is known.',
  features: 'What was compared, and in how many probes',
  what: 'What',
} as const;

type Text = { readonly [K in keyof typeof en]: (typeof en)[K] extends (...args: infer A) => string ? (...args: A) => string : string };

const ko: Text = {
  title: '확인된 것',
  none: '이 버전은 아직 커널과 비교하지 않았습니다. 모든 단계가 모델입니다.',
  how: '실제 리눅스 커널에서 네트워크 네임스페이스로 작은 세계를 만들고, 실제 소켓으로 패킷을 보내, 여기서 계산한 경로와 비교합니다. 맞은 규칙, 모든 장치의 프레임, 연결 항목, 소켓이 받은 결과까지 비교합니다.',
  kernel: (release, probes, pairs) => `Linux ${release}: 작성된 ${probes}건${pairs === '0' ? '' : `, 무작위 ${pairs}건`}, 모두 일치했습니다.`,
  means: '같은 것에 기대는 사례에서 커널과 일치했으면 그 단계에 “확인됨”이라고 적습니다. “모델”은 커널 소스를 따르지만 커널로 비교하지는 않았다는 뜻입니다.',
  known: '알려진 불일치',
  noKnown: '알려진 것이 없습니다.',
  features: '비교한 것과 그 횟수',
  what: '항목',
};

const TEXTS: Readonly<Record<Lang, Text>> = { en, ko };

/** Which kernels judged the engine, about what, and where they are known to disagree. */
export function VerifiedDialog({ t, lang }: { readonly t: Strings; readonly lang: Lang }) {
  const s = TEXTS[lang];
  const number = (n: number): string => n.toLocaleString(lang);
  const rows = useMemo(() => Object.entries(VERIFIED.features).map(([name, by]) => ({ name, counts: VERIFIED.kernels.map((k) => by[k.release] ?? 0) })), []);
  return (
    <Dialog title={s.title} closeName={t.close} onClose={closePanel} className="help verified">
      {VERIFIED.kernels.length === 0 ? (
        <p>{s.none}</p>
      ) : (
        <>
          <p>{s.how}</p>
          <ul>
            {VERIFIED.kernels.map((k) => (
              <li key={k.release}>{s.kernel(k.release, number(k.probes), number(k.randomPairs))}</li>
            ))}
          </ul>
          <p>{s.means}</p>
          <h3>{s.known}</h3>
          {VERIFIED.known.length === 0 ? <p>{s.noKnown}</p> : (
            <ul>
              {VERIFIED.known.map((k) => (
                <li key={k.name}>
                  <b>{k.name}</b>: {k.reason}
                </li>
              ))}
            </ul>
          )}
          <details>
            <summary>{s.features}</summary>
            <table>
              <thead>
                <tr>
                  <th scope="col">{s.what}</th>
                  {VERIFIED.kernels.map((k) => (
                    <th key={k.release} scope="col">
                      {k.release}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map(({ name, counts }) => (
                  <tr key={name}>
                    <th scope="row">
                      <code>{name}</code>
                    </th>
                    {counts.map((n, i) => (
                      <td key={VERIFIED.kernels[i]?.release}>{n === 0 ? '' : number(n)}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </details>
        </>
      )}
    </Dialog>
  );
}
