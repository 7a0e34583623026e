import type { LogicalEffect, LogicalHop, LogicalPort } from '../engine/ovn/logicalPath.ts';
import type { Endpoint } from '../engine/step.ts';
import { formatIp4 } from '../packet/address.ts';
import { josa } from './josa.ts';
import type { Lang } from './lang.ts';

/** One logical switch or router on a packet's way, in words. */
export interface HopText {
  /** `logical router ovn_cluster_router`. */
  readonly title: string;
  /** What OVN-Kubernetes has it for; undefined: its name is none that OVN-Kubernetes gives. */
  readonly purpose: string | undefined;
  /** Where the packet comes in and goes out. */
  readonly ports: string;
  /** What happens to the packet, in order. */
  readonly effects: readonly string[];
  /** Where the packet goes, unless simply into the next one. */
  readonly end: string | undefined;
}

interface Words {
  readonly kinds: Readonly<Record<'switch' | 'router' | 'unknown', (name: string) => string>>;
  readonly purposes: Readonly<Record<Purpose, string>>;
  readonly ports: (inport: string | undefined, outport: string | undefined) => string;
  readonly continued: (host: string) => string;
  readonly ttl: (before: number, after: number) => string;
  readonly nat: (what: 'src' | 'dst', before: string, after: string, zone: number, undo: boolean) => string;
  readonly balance: (group: number, bucket: number) => string;
  readonly tunnel: (port: string) => string;
  readonly output: (port: string, bridge: string) => string;
  readonly controller: (what: string | undefined) => string;
  readonly drop: (stage: string | undefined, match: string | undefined) => string;
  readonly unknown: string;
}

/** Names that OVN-Kubernetes gives (go-controller/pkg/types/const.go). */
type Purpose = 'cluster-router' | 'join' | 'gateway-router' | 'external' | 'node';

function purposeOf({ datapath }: LogicalHop): Purpose | undefined {
  if (!datapath) return undefined;
  const { name, kind } = datapath;
  if (kind === 'router') return name === 'ovn_cluster_router' ? 'cluster-router' : name.startsWith('GR_') ? 'gateway-router' : undefined;
  return name === 'join' || name.startsWith('join_') ? 'join' : name.startsWith('ext_') ? 'external' : undefined;
}

const en: Words = {
  kinds: { switch: (n) => `logical switch ${n}`, router: (n) => `logical router ${n}`, unknown: (n) => `logical datapath ${n}` },
  purposes: {
    'cluster-router': 'routes between the nodes’ switches, on every node at once',
    join: 'joins the cluster’s router with each node’s gateway router',
    'gateway-router': 'is the node’s way in and out: NodePorts and SNAT',
    external: 'is the wire between the gateway router and br-ex',
    node: 'has the node’s pods and its management port',
  },
  ports: (i, o) => [i === undefined ? '' : `in by ${i}`, o === undefined ? '' : `out by ${o}`].filter((x) => x !== '').join(', '),
  continued: (host) => `goes on at ${host}, behind the tunnel`,
  ttl: (b, a) => `TTL ${b} becomes ${a}`,
  nat: (what, b, a, zone, undo) => `${undo ? 'translates back' : 'translates'} the ${what === 'src' ? 'source' : 'destination'} ${b} to ${a} (conntrack zone ${zone})`,
  balance: (g, b) => `load balancer: bucket ${b} of group ${g}`,
  tunnel: (p) => `into the tunnel ${p}`,
  output: (p, b) => `out of ${b} by ${p}`,
  controller: (w) => (w === undefined ? 'to ovn-controller' : `to ovn-controller: ${w}`),
  drop: (s, m) => `dropped${s === undefined ? '' : ` in ${s}`}${m === undefined ? '' : `: ${m}`}`,
  unknown: 'what becomes of it cannot be told',
};

const ko: Words = {
  kinds: { switch: (n) => `논리 스위치 ${n}`, router: (n) => `논리 라우터 ${n}`, unknown: (n) => `논리 데이터패스 ${n}` },
  purposes: {
    'cluster-router': '노드들의 스위치 사이를 라우팅합니다. 모든 노드에 함께 있습니다',
    join: '클러스터 라우터와 각 노드의 게이트웨이 라우터를 잇습니다',
    'gateway-router': '노드의 출입구입니다. NodePort와 SNAT을 처리합니다',
    external: '게이트웨이 라우터와 br-ex 사이의 선입니다',
    node: '노드의 파드와 관리 포트가 꽂혀 있습니다',
  },
  ports: (i, o) => [i === undefined ? '' : `${josa(i, '으로/로')} 들어와`, o === undefined ? '' : `${josa(o, '으로/로')} 나갑니다`].filter((x) => x !== '').join(' '),
  continued: (host) => `터널 너머 ${host}에서 이어집니다`,
  ttl: (b, a) => `TTL이 ${b}에서 ${josa(String(a), '으로/로')} 줄어듭니다`,
  nat: (what, b, a, zone, undo) => `${what === 'src' ? '출발지' : '목적지'} ${josa(b, '을/를')} ${josa(a, '으로/로')} ${undo ? '되돌립니다' : '바꿉니다'} (conntrack 존 ${zone})`,
  balance: (g, b) => `로드밸런서: 그룹 ${g}의 버킷 ${b}`,
  tunnel: (p) => `터널 ${josa(p, '으로/로')} 들어갑니다`,
  output: (p, b) => `${p} 포트로 ${b}에서 나갑니다`,
  controller: (w) => (w === undefined ? 'ovn-controller에 넘깁니다' : `ovn-controller에 넘깁니다: ${w}`),
  drop: (s, m) => `${s === undefined ? '' : `${s}에서 `}버립니다${m === undefined ? '' : `: ${m}`}`,
  unknown: '그다음은 알 수 없습니다',
};

const dictionaries: Readonly<Record<Lang, Words>> = { en, ko };

const endpoint = ({ ip, port }: Endpoint): string => (port === undefined ? formatIp4(ip) : `${formatIp4(ip)}:${port}`);
const portText = (port: LogicalPort | undefined): string | undefined => port && (port.name ?? String(port.key));

function effectText(effect: LogicalEffect, words: Words): string {
  switch (effect.kind) {
    case 'ttl':
      return words.ttl(effect.before, effect.after);
    case 'nat':
      return words.nat(effect.manip, endpoint(effect.before), endpoint(effect.after), effect.zone, effect.undo);
    case 'balance':
      return words.balance(effect.group, effect.bucket);
  }
}

function endText({ end, stages, bridge }: LogicalHop, words: Words): string | undefined {
  const last = stages.at(-1);
  switch (end.kind) {
    case 'next':
      return undefined;
    case 'output':
      return end.tunnel ? words.tunnel(end.port) : words.output(end.port, bridge);
    case 'controller':
      return words.controller(end.what);
    case 'drop':
      return words.drop(last?.name, last?.flow?.flow.match);
    case 'unknown':
      return words.unknown;
  }
}

/** Tells one hop of a way through OVN's logical network (engine/ovn/logicalPath.ts). */
export function hopText(hop: LogicalHop, lang: Lang): HopText {
  const words = dictionaries[lang];
  const { datapath, inport, outport, key, host } = hop;
  // A node's own switch has the node's name.
  const purpose = purposeOf(hop) ?? (datapath?.kind === 'switch' && datapath.name === host ? 'node' : undefined);
  return {
    title: words.kinds[datapath?.kind ?? 'unknown'](datapath?.name ?? String(key)),
    purpose: purpose && words.purposes[purpose],
    ports: words.ports(portText(inport), portText(outport)),
    effects: [...(hop.continued && inport ? [words.continued(host)] : []), ...hop.effects.map((e) => effectText(e, words))],
    end: endText(hop, words),
  };
}
