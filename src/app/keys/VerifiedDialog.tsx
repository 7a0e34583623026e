import './verified.css';
import { useMemo } from 'react';
import { KNOWN_KO } from '../../text/knownKo.ts';
import type { Lang } from '../../text/lang.ts';
import { byGroup, judgeName, type Relied, reliedOn, shortRelease, VERIFIED } from '../../text/trust.ts';
import type { Loaded } from '../store/state.ts';
import { closePanel, readingIn, usePage, walkIn } from '../store/store.ts';
import type { Strings } from '../strings.ts';
import { Dialog } from '../topbar/Dialog.tsx';

const en = {
  title: 'What is verified',
  none: 'No kernel has judged this version yet: every step is modelled, which means that it follows the kernel’s source.',
  how: 'A test builds small worlds of network namespaces on real Linux kernels, sends the packet with real sockets, and compares with the walk computed here: every rule that matched, every frame on every device, connection entries, and what the sockets were told. A real Open vSwitch is asked to trace packets through the same tables, and each look-up is compared.',
  kernels: 'Who judged',
  agreed: (probes: string, pairs: string) => `agreed in ${probes} written probes${pairs === '0' ? '' : ` and ${pairs} random ones`}`,
  means: 'A step is “verified” when a kernel agreed in probes that rely on the same things. “Modelled” means that it follows the kernel’s source, and that about one of these things no kernel was asked.',
  step: 'What this step relies on',
  known: 'Known disagreements',
  noKnown: 'None is known.',
  features: 'Everything that was compared',
  what: 'What',
  probes: 'Probes in which the kernel agreed',
  never: 'not asked',
} as const;

type Text = { readonly [K in keyof typeof en]: (typeof en)[K] extends (...args: infer A) => string ? (...args: A) => string : string };

const ko: Text = {
  title: '확인된 것',
  none: '이 버전은 아직 커널과 비교하지 않았습니다. 모든 단계가 커널 소스를 따르는 모델입니다.',
  how: '실제 리눅스 커널에서 네트워크 네임스페이스로 작은 세계를 만들고, 실제 소켓으로 패킷을 보내, 여기서 계산한 경로와 비교합니다. 맞은 규칙, 모든 장치의 프레임, 연결 항목, 소켓이 받은 결과까지 비교합니다. 실제 Open vSwitch에도 같은 테이블로 패킷을 추적하게 하고, 조회 하나하나를 비교합니다.',
  kernels: '비교한 상대',
  agreed: (probes, pairs) => `작성된 ${probes}건${pairs === '0' ? '' : `과 무작위 ${pairs}건`}에서 일치`,
  means: '같은 것에 기대는 시험에서 커널과 일치했으면 그 단계는 “확인됨”입니다. “모델”은 커널 소스를 따르지만, 기대는 것 가운데 커널로 비교하지 않은 것이 있다는 뜻입니다.',
  step: '이 단계가 기대는 것',
  known: '알려진 불일치',
  noKnown: '알려진 것이 없습니다.',
  features: '비교한 것 모두',
  what: '항목',
  probes: '커널과 일치한 횟수',
  never: '비교 안 함',
};

const TEXTS: Readonly<Record<Lang, Text>> = { en, ko };

/** Names of the columns: short ones, unless two kernels would then share one. */
const KERNEL_NAMES: readonly string[] = VERIFIED.kernels.map(({ release }) =>
  VERIFIED.kernels.filter((k) => shortRelease(k.release) === shortRelease(release)).length > 1 ? release : shortRelease(release),
);

interface CountsProps {
  readonly caption: string;
  readonly groups: readonly { readonly group: string | undefined; readonly rows: readonly Relied[] }[];
  readonly s: Text;
  readonly lang: Lang;
}

/** How often each kernel agreed about each thing. */
function Counts({ caption, groups, s, lang }: CountsProps) {
  return (
    <table className="counts">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{s.what}</th>
          {KERNEL_NAMES.map((name) => (
            <th key={name} scope="col">
              {judgeName(name)}
            </th>
          ))}
        </tr>
      </thead>
      {groups.map(({ group, rows }) => (
        <tbody key={group ?? ''}>
          {group !== undefined && (
            <tr>
              <th scope="rowgroup" colSpan={1 + KERNEL_NAMES.length}>
                {group}
              </th>
            </tr>
          )}
          {rows.map(({ feature, counts }) => (
            <tr key={feature}>
              <th scope="row">
                <code>{group === undefined ? feature : feature.slice(group.length + 1)}</code>
              </th>
              {counts.map((n, i) => (
                <td key={KERNEL_NAMES[i]}>{n === 0 ? <em>{s.never}</em> : n.toLocaleString(lang)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      ))}
    </table>
  );
}

/** What the step on the page relies on, and who agreed. */
function ThisStep({ loaded, s, lang }: { readonly loaded: Loaded; readonly s: Text; readonly lang: Lang }) {
  const walk = usePage(walkIn);
  const reading = usePage(readingIn);
  const index = usePage((state) => state.index);
  const stop = reading?.stops[index];
  const rows = useMemo(() => {
    const relied = walk && stop ? reliedOn(loaded.parsed.world, walk.trace.steps.slice(stop.from, stop.to + 1)) : [];
    // What nobody was asked about first: it is why a step is only modelled.
    return relied.toSorted((a, b) => Number(Math.max(...a.counts) > 0) - Number(Math.max(...b.counts) > 0));
  }, [loaded, walk, stop]);
  if (rows.length === 0) return null;
  return (
    <>
      <h3>{s.step}</h3>
      <Counts caption={s.probes} groups={[{ group: undefined, rows }]} s={s} lang={lang} />
    </>
  );
}

/** Which kernels judged the engine, about what, and where they are known to disagree. */
export function VerifiedDialog({ loaded, t, lang }: { readonly loaded: Loaded | undefined; readonly t: Strings; readonly lang: Lang }) {
  const s = TEXTS[lang];
  const number = (n: number): string => n.toLocaleString(lang);
  const groups = useMemo(
    () => byGroup(Object.keys(VERIFIED.features)).map(({ group, features }) => ({ group, rows: features.map((feature) => ({ feature, counts: VERIFIED.kernels.map((k) => VERIFIED.features[feature]?.[k.release] ?? 0) })) })),
    [],
  );
  if (VERIFIED.kernels.length === 0) {
    return (
      <Dialog title={s.title} closeName={t.close} onClose={closePanel} className="verified">
        <p>{s.none}</p>
      </Dialog>
    );
  }
  return (
    <Dialog title={s.title} closeName={t.close} onClose={closePanel} className="verified">
      <p>{s.means}</p>
      {loaded && <ThisStep loaded={loaded} s={s} lang={lang} />}
      <h3>{s.kernels}</h3>
      <p>{s.how}</p>
      <ul className="judges">
        {VERIFIED.kernels.map((k) => (
          <li key={k.release}>
            <b>{judgeName(k.release)}</b> {s.agreed(number(k.probes), number(k.randomPairs))}
          </li>
        ))}
      </ul>
      <h3>{s.known}</h3>
      {VERIFIED.known.length === 0 ? (
        <p>{s.noKnown}</p>
      ) : (
        <dl className="known">
          {VERIFIED.known.map((k) => {
            const words = (lang === 'ko' ? KNOWN_KO[k.name] : undefined) ?? k;
            return (
              <div key={k.name}>
                <dt>{words.name}</dt>
                <dd>{words.reason}</dd>
              </div>
            );
          })}
        </dl>
      )}
      <details>
        <summary>{s.features}</summary>
        <Counts caption={s.probes} groups={groups} s={s} lang={lang} />
      </details>
    </Dialog>
  );
}
