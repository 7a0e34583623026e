import type { CachedFlow, CachedPass } from '../../engine/step.ts';
import type { DatapathFlow } from '../../world/datapathFlow.ts';
import type { Host } from '../../world/world.ts';
import type { Lang } from '../lang.ts';
import { type Agreement, agreementOf, computedActions } from './cachedActions.ts';

/** What the cache of the real switch says about a pass, in words. */
export interface CachedTold {
  readonly summary: string;
  readonly flows: readonly CachedFlowTold[];
}

export interface CachedFlowTold {
  readonly flow: DatapathFlow;
  /** How often it was used, and when. */
  readonly stats: string;
  readonly agreement: Agreement;
  /** Whether it does what the rules say. */
  readonly verdict: string;
  /** What the rules say instead; undefined where that is the same. */
  readonly computed: string | undefined;
  /** Conditions that nobody could ask this packet. */
  readonly open: string | undefined;
  /** A flow comes before it that only has a hash taken. */
  readonly behind: string | undefined;
}

const en = {
  none: 'The listing of the datapath’s cache has no flow for this packet: none like it came through lately. Flows that nobody uses go after some ten seconds.',
  found: 'The cache of the real switch has this flow for the packet.',
  several: (n: number) => `The cache of the real switch has ${n} flows that may be for this packet.`,
  packets: (n: number, bytes: number) => `${n} ${n === 1 ? 'packet' : 'packets'} (${bytes} bytes) after the one that made it`,
  used: (sec: string) => `the last one ${sec} s before the listing`,
  never: 'none so far',
  offloaded: (how: string): string => (how === 'yes' ? 'done by the NIC itself' : 'done with the NIC’s help'),
  verdict: {
    same: 'It does what the rules say here.',
    other: 'It does something else than the rules say here. The cache may be older than the rules, or the real packet met another state: a connection, a MAC address, another bucket.',
    'slow-path': 'The kernel hands such packets to ovs-vswitchd, and the listing does not say what becomes of them.',
    ports: 'It names ports by the datapath’s own numbers. Paste `ovs-appctl dpif/show` to compare.',
    hash: 'A hash of the packet decides in another pass, and the listing has no flow for that.',
    tunnel: 'Its outer header is written out as bytes by the datapath in user space; that is not compared.',
  } satisfies Record<Agreement, string>,
  open: (list: string) => `Nobody can ask this packet about ${list}.`,
  behind: (actions: string) => `Before it, another flow has the packet’s hash taken: ${actions}`,
};

type Words = typeof en;

const ko: Words = {
  none: '데이터패스 캐시 목록에 이 패킷에 맞는 플로가 없습니다. 최근에 이런 패킷이 지나가지 않았다는 뜻입니다. 쓰이지 않는 플로는 10초쯤 뒤에 사라집니다.',
  found: '실제 스위치의 캐시에 이 패킷에 맞는 플로가 있습니다.',
  several: (n) => `실제 스위치의 캐시에 이 패킷에 맞을 수 있는 플로가 ${n}개 있습니다.`,
  packets: (n, bytes) => `플로를 만든 패킷 뒤로 패킷 ${n}개(${bytes}바이트)`,
  used: (sec) => `마지막 패킷은 목록을 뽑기 ${sec}초 전`,
  never: '아직 없음',
  offloaded: (how) => (how === 'yes' ? 'NIC가 직접 처리' : 'NIC의 도움을 받아 처리'),
  verdict: {
    same: '여기서 규칙이 말하는 그대로 합니다.',
    other: '여기서 규칙이 말하는 것과 다르게 합니다. 캐시가 규칙보다 오래되었거나, 실제 패킷이 다른 상태(연결, MAC 주소, 다른 버킷)를 만났을 수 있습니다.',
    'slow-path': '커널이 이런 패킷을 ovs-vswitchd에 넘기며, 그 뒤는 목록에 나오지 않습니다.',
    ports: '포트를 데이터패스의 번호로 적고 있습니다. 비교하려면 `ovs-appctl dpif/show`를 붙여 넣어 주세요.',
    hash: '패킷의 해시가 다음 통과에서 정하는데, 목록에 그 플로가 없습니다.',
    tunnel: '사용자 공간 데이터패스가 바깥 헤더를 바이트로 적어 두어 비교하지 않습니다.',
  },
  open: (list) => `이 패킷에서 확인할 수 없는 조건: ${list}`,
  behind: (actions) => `그 앞의 플로가 패킷의 해시를 구합니다: ${actions}`,
};

const dictionaries: Readonly<Record<Lang, Words>> = { en, ko };

function flowTold(t: Words, host: Host, { flow, open, behind }: CachedFlow, { actions }: CachedPass): CachedFlowTold {
  const agreement = agreementOf(host, flow.actions, actions);
  const stats = [
    flow.packets === 0 ? `${t.packets(0, 0)}: ${t.never}` : t.packets(flow.packets, flow.bytes),
    ...(flow.usedSec === undefined ? [] : [t.used(String(flow.usedSec))]),
    ...(flow.offloaded === undefined ? [] : [t.offloaded(flow.offloaded)]),
  ];
  return {
    flow,
    stats: stats.join(', '),
    agreement,
    verdict: t.verdict[agreement],
    computed: agreement === 'same' ? undefined : computedActions(host, actions),
    open: open.length === 0 ? undefined : t.open(open.join(', ')),
    behind: behind && t.behind(behind.actions),
  };
}

/** Tells a pass. */
export function cachedText(host: Host, pass: CachedPass, lang: Lang): CachedTold {
  const t = dictionaries[lang];
  const { flows } = pass;
  return { summary: flows.length === 0 ? t.none : flows.length === 1 ? t.found : t.several(flows.length), flows: flows.map((f) => flowTold(t, host, f, pass)) };
}
