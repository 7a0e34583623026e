import type { LogicalEffect, LogicalHop, LogicalPort } from '../engine/ovn/logicalPath.ts';
import type { Endpoint } from '../engine/step.ts';
import { formatIp4 } from '../packet/address.ts';
import { josa } from './josa.ts';
import type { Lang } from './lang.ts';

/** One logical switch or router on a packet's way, in words. */
export interface HopText {
  /** `router ovn_cluster_router`. */
  readonly title: string;
  /** That another machine did its first half. */
  readonly continued: string | undefined;
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
  readonly nat: (what: 'src' | 'dst', before: string, after: string, zone: number, undo: boolean) => string;
  readonly balance: (group: number, bucket: number) => string;
  readonly tunnel: (port: string) => string;
  readonly output: (port: string) => string;
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
  kinds: { switch: (n) => `switch ${n}`, router: (n) => `router ${n}`, unknown: (n) => `logical datapath ${n}` },
  purposes: {
    'cluster-router': 'routes between the nodes’ switches, on every node at once',
    join: 'joins the cluster’s router with each node’s gateway router',
    'gateway-router': 'the node’s way in and out: NodePorts and SNAT',
    external: 'the wire between the gateway router and br-ex',
    node: 'has the node’s pods and its management port',
  },
  ports: (i, o) => [i === undefined ? '' : `in by ${i}`, o === undefined ? '' : `out by ${o}`].filter((x) => x !== '').join(', '),
  continued: (host) => `goes on at ${host}`,
  nat: (what, b, a, zone, undo) => `${what === 'src' ? 'source' : 'destination'}${undo ? ' back' : ''} ${b} → ${a}, zone ${zone}`,
  balance: (g, b) => `load balancer: bucket ${b} of group ${g}`,
  tunnel: (p) => `into the tunnel, port ${p}`,
  output: (p) => `leaves the bridge by ${p}`,
  controller: (w) => (w === undefined ? 'to the controller' : `to the controller, for ${w}`),
  drop: (s, m) => `dropped${s === undefined ? ' here' : ` in ${s}`}${m === undefined ? '' : `: ${m}`}`,
  unknown: 'from here on nobody can tell',
};

const ko: Words = {
  kinds: { switch: (n) => `스위치 ${n}`, router: (n) => `라우터 ${n}`, unknown: (n) => `논리 데이터패스 ${n}` },
  purposes: {
    'cluster-router': '노드들의 스위치 사이를 라우팅하며 모든 노드에 함께 있음',
    join: '클러스터 라우터와 각 노드의 게이트웨이 라우터를 이음',
    'gateway-router': '노드의 출입구: NodePort와 SNAT',
    external: '게이트웨이 라우터와 br-ex 사이의 선',
    node: '노드의 파드와 관리 포트가 있는 곳',
  },
  ports: (i, o) => [i === undefined ? '' : `들어온 포트 ${i}`, o === undefined ? '' : `나가는 포트 ${o}`].filter((x) => x !== '').join(', '),
  continued: (host) => `${host}에서 이어짐`,
  nat: (what, b, a, zone, undo) => `${what === 'src' ? '출발지' : '목적지'}${undo ? ' 되돌림' : ''} ${b} → ${a}, 존 ${zone}`,
  balance: (g, b) => `로드밸런서: 그룹 ${g}의 버킷 ${b}`,
  tunnel: (p) => `터널로 들어감, 포트 ${p}`,
  output: (p) => `${josa(p, '으로/로')} 브리지를 나감`,
  controller: (w) => (w === undefined ? '컨트롤러로 감' : `컨트롤러로 감: ${w}`),
  drop: (s, m) => `${s === undefined ? '여기서' : `${s}에서`} 버려짐${m === undefined ? '' : `: ${m}`}`,
  unknown: '여기서부터는 알 수 없음',
};

const dictionaries: Readonly<Record<Lang, Words>> = { en, ko };

const endpoint = ({ ip, port }: Endpoint): string => (port === undefined ? formatIp4(ip) : `${formatIp4(ip)}:${port}`);
const hex = (key: number): string => `0x${key.toString(16)}`;
const portText = (port: LogicalPort | undefined): string | undefined => port && (port.name ?? hex(port.key));

function effectText(effect: LogicalEffect, words: Words): string {
  switch (effect.kind) {
    case 'ttl':
      return `TTL ${effect.before} → ${effect.after}`;
    case 'nat':
      return words.nat(effect.manip, endpoint(effect.before), endpoint(effect.after), effect.zone, effect.undo);
    case 'balance':
      return words.balance(effect.group, effect.bucket);
  }
}

function endText({ end, stages }: LogicalHop, words: Words): string | undefined {
  const last = stages.at(-1);
  switch (end.kind) {
    case 'next':
      return undefined;
    case 'output':
      return end.tunnel ? words.tunnel(end.port) : words.output(end.port);
    case 'controller':
      return words.controller(end.what);
    case 'drop':
      return words.drop(last?.name, last?.flow?.flow.match);
    case 'unknown':
      return words.unknown;
  }
}

/** The logical switch or router; its number where no listing names it. */
export const datapathText = ({ datapath, key }: LogicalHop, lang: Lang): string => dictionaries[lang].kinds[datapath?.kind ?? 'unknown'](datapath?.name ?? hex(key));

/** Tells one hop of a way through OVN's logical network (engine/ovn/logicalPath.ts). */
export function hopText(hop: LogicalHop, lang: Lang): HopText {
  const words = dictionaries[lang];
  const { datapath, inport, outport, host, continued } = hop;
  // A node's own switch has the node's name.
  const purpose = purposeOf(hop) ?? (datapath?.kind === 'switch' && datapath.name === host ? 'node' : undefined);
  return {
    title: datapathText(hop, lang),
    continued: continued ? words.continued(host) : undefined,
    purpose: purpose && words.purposes[purpose],
    ports: words.ports(portText(inport), portText(outport)),
    effects: hop.effects.map((e) => effectText(e, words)),
    end: endText(hop, words),
  };
}
