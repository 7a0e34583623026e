import { ipOf, l4Of, type Packet } from '../../packet/packet.ts';
import type { Chain, Match, Rule, Table } from '../../world/netfilter.ts';

/**
 * Finds the rules of a long chain that can match a packet at all, so that a walk does not ask each of thousands. A rule is filed under
 * the first thing it demands: one destination, one source, or one destination port; rules that demand none of these are always asked.
 */
export interface ChainIndex {
  readonly byDst: ReadonlyMap<number, readonly number[]>;
  readonly bySrc: ReadonlyMap<number, readonly number[]>;
  readonly byPort: ReadonlyMap<string, readonly number[]>;
  readonly always: readonly number[];
  /** Positions of rules whose evaluation leaves something behind (counters, lists, dice): each is a step of its own. */
  readonly remembers: ReadonlySet<number>;
}

/** Chains up to this length are walked rule by rule, each rule a step. */
export const LONG_CHAIN = 64;

const indexes = new WeakMap<Chain, ChainIndex>();
const chainMaps = new WeakMap<Table, ReadonlyMap<string, Chain>>();

/** A table's chains by name. */
export function chainsOf(table: Table): ReadonlyMap<string, Chain> {
  let map = chainMaps.get(table);
  if (!map) {
    map = new Map(table.chains.map((c) => [c.name, c]));
    chainMaps.set(table, map);
  }
  return map;
}

/** The index of a chain, made once. */
export function indexOf(chain: Chain): ChainIndex {
  let index = indexes.get(chain);
  if (!index) {
    index = makeIndex(chain);
    indexes.set(chain, index);
  }
  return index;
}

/** Positions (from 0) of the rules that the packet must be shown to, in order; all of them for a fragment, whose ports nobody sees. */
export function candidates(index: ChainIndex, length: number, packet: Packet): readonly number[] {
  const ip = ipOf(packet);
  const l4 = l4Of(packet);
  if (l4?.type === 'fragment') return Array.from({ length }, (_, i) => i);
  const port = l4 && 'dport' in l4 ? index.byPort.get(`${ip.proto}:${l4.dport}`) : undefined;
  return [...(index.byDst.get(ip.dst) ?? []), ...(index.bySrc.get(ip.src) ?? []), ...(port ?? []), ...index.always].toSorted((a, b) => a - b);
}

function makeIndex(chain: Chain): ChainIndex {
  const byDst = new Map<number, number[]>();
  const bySrc = new Map<number, number[]>();
  const byPort = new Map<string, number[]>();
  const always: number[] = [];
  const remembers = new Set<number>();
  for (const [i, rule] of chain.rules.entries()) {
    if (!rule.matches.every(isPure)) remembers.add(i);
    const dst = hostOf(rule, 'dst');
    const src = hostOf(rule, 'src');
    const port = portOf(rule);
    if (dst !== undefined) file(byDst, dst, i);
    else if (src !== undefined) file(bySrc, src, i);
    else if (port !== undefined) file(byPort, port, i);
    else always.push(i);
  }
  return { byDst, bySrc, byPort, always, remembers };
}

function file<K>(map: Map<K, number[]>, key: K, position: number): void {
  const list = map.get(key);
  if (list) list.push(position);
  else map.set(key, [position]);
}

/** The one address that `-s` or `-d` demands. These are tested before any extension (ip_packet_match()). */
function hostOf(rule: Rule, kind: 'src' | 'dst'): number | undefined {
  const match = rule.matches.find((m): m is Extract<Match, { kind: 'src' | 'dst' }> => m.kind === kind);
  return match && !match.negate && match.net.prefixLen === 32 ? match.net.ip : undefined;
}

/** The one destination port that the rule demands, unless an extension before it leaves something behind or may be unknown. */
function portOf(rule: Rule): string | undefined {
  const proto = rule.matches.find((m): m is Extract<Match, { kind: 'proto' }> => m.kind === 'proto');
  const at = rule.matches.findIndex((m) => m.kind === 'dport');
  const match = rule.matches[at];
  if (match?.kind !== 'dport' || match.negate || match.ports.from !== match.ports.to || proto?.negate !== false || proto.proto !== match.proto) return undefined;
  return rule.matches.slice(0, at).every(isPure) ? `${match.proto}:${match.ports.from}` : undefined;
}

/** Matches that only look at the packet: asking them twice, or not at all, changes nothing. */
const PURE: ReadonlySet<Match['kind']> = new Set(['src', 'dst', 'in', 'out', 'proto', 'fragment', 'comment', 'mark', 'connmark', 'ctstate', 'sport', 'dport', 'multiport', 'tcp-flags', 'tcp-option', 'sctp-chunks', 'icmp-type', 'addrtype', 'ttl', 'length', 'dscp', 'tos', 'ecn', 'tcpmss', 'iprange', 'pkttype', 'mac', 'physdev']);

const isPure = (match: Match): boolean => PURE.has(match.kind);
