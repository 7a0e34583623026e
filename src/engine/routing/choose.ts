import { formatIp4, type Ip4 } from '../../packet/address.ts';
import { ipOf, l4Of, type Packet } from '../../packet/packet.ts';
import type { Nexthop } from '../../world/world.ts';
import { type Ns, type Sim, sysctl } from '../sim.ts';
import { type FibHit, prefixText } from './fib.ts';

const hopText = (hop: Nexthop): string => [hop.via === undefined ? undefined : `via ${formatIp4(hop.via)}`, hop.dev === undefined ? undefined : `dev ${hop.dev}`].filter((t) => t !== undefined).join(' ');

/** What the kernel hashes to choose among next hops. */
export interface HashInput {
  readonly src: Ip4;
  readonly dst: Ip4;
  readonly proto: number;
  readonly sport?: number | undefined;
  readonly dport?: number | undefined;
}

export interface ChosenHop {
  readonly hop: Nexthop;
  /** The key of the choice, when there was one. */
  readonly choice: string | undefined;
}

/** ip_multipath_l3_keys() (net/ipv4/route.c): a packet is hashed by its addresses, an ICMP error by those of the packet it quotes. */
export function hashInputOf(packet: Packet): HashInput {
  const l4 = l4Of(packet);
  const hashed = (l4?.type === 'icmp' ? l4.quote?.packet : undefined) ?? packet;
  const ip = ipOf(hashed);
  const ports = l4Of(hashed);
  return { src: ip.src, dst: ip.dst, proto: ip.proto, ...(ports && 'sport' in ports && !ip.mf && ip.offset === 0 ? { sport: ports.sport, dport: ports.dport } : {}) };
}

/** fib_multipath_hash(): by default the two addresses, with another policy the ports as well. */
const hashText = (ns: Ns, { src, dst, proto, sport, dport }: HashInput): string =>
  sysctl(ns, 'net.ipv4.fib_multipath_hash_policy', 0) === 0 ? `${src} ${dst}` : [src, dst, proto, sport, dport].join(' ');

/** fib_good_nh() (net/ipv4/fib_semantics.c): with fib_multipath_use_neigh a next hop that is known not to answer is passed over. */
const answersArp = (ns: Ns, hop: Nexthop): boolean => !ns.netns.neighbours.some((n) => n.dev === hop.dev && n.ip === hop.via && (n.state === 'FAILED' || n.state === 'INCOMPLETE'));

const taken = new WeakMap<Sim, Map<string, ChosenHop>>();

/**
 * fib_select_path() and fib_select_multipath(): one next hop, or a choice between several in proportion to their weights. The kernel
 * hashes the flow with a secret of its own, so what has the same hash input goes the same way.
 */
export function chooseNexthop(sim: Sim, ns: Ns, hit: FibHit, hash: HashInput): ChosenHop {
  const { route, alternatives } = hit;
  if (alternatives.length < 2) return { hop: hit.nexthop, choice: undefined };
  const known = taken.get(sim) ?? new Map<string, ChosenHop>();
  taken.set(sim, known);
  const key = [ns.id, hit.table, prefixText(route), route.tos, route.metric, hashText(ns, hash)].join('|');
  const before = known.get(key);
  if (before) return before;
  const useNeigh = sysctl(ns, 'net.ipv4.fib_multipath_use_neigh', 0) !== 0;
  const weights = alternatives.map((h) => h.weight);
  if (useNeigh) {
    // The hash falls through to the next one that answers; behind the last one it is the first of those.
    const good = alternatives.flatMap((h, i) => (answersArp(ns, h) ? [i] : []));
    for (const [i, hop] of alternatives.entries()) {
      if (good.length === 0 || good.includes(i)) continue;
      const heir = good.find((g) => g > i) ?? good[0] ?? i;
      weights[heir] = (weights[heir] ?? 0) + hop.weight;
      weights[i] = 0;
    }
  }
  const total = weights.reduce((sum, w) => sum + w, 0);
  const possible = alternatives.flatMap((hop, i) => ((weights[i] ?? 0) > 0 ? [{ hop, odds: (weights[i] ?? 0) / total }] : []));
  const [only] = possible;
  const index = possible.length < 2 ? 0 : sim.choose({ at: ns.id, kind: 'ecmp', options: possible.map((p) => hopText(p.hop)), odds: possible.map((p) => p.odds), splits: true });
  const chosen = { hop: (possible[index] ?? only)?.hop ?? hit.nexthop, choice: possible.length < 2 ? undefined : sim.taken.at(-1)?.key };
  known.set(key, chosen);
  return chosen;
}
