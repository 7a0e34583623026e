import type { Ip4 } from '../../packet/address.ts';
import { linkOf, type Ns, sysctl } from '../sim.ts';
import { fibLookup, type Flow } from './fib.ts';
import { exceptionKey, type Rtable, rtableBy } from './rtable.ts';

/** ip_rt_min_pmtu: nobody may talk us into less. */
const minPmtu = (ns: Ns): number => sysctl(ns, 'net.ipv4.route.min_pmtu', 552);

/** ip_dst_mtu_maybe_forward() (include/net/ip.h) without what was learned: the route's own mtu, else the device's; 576 for a locked gateway. */
function ownMtu(ns: Ns, rt: Rtable): number {
  if (rt.mtu !== undefined && rt.mtu > 0) return Math.min(rt.mtu, 65535);
  const mtu = Math.min(linkOf(ns, rt.oif)?.mtu ?? 65535, 65535);
  return rt.mtuLocked && rt.gateway !== undefined ? Math.min(mtu, 576) : mtu;
}

/** ip_dst_mtu_maybe_forward() for a forwarded packet: learned path MTUs count only with ip_forward_use_pmtu. */
export const forwardMtu = (ns: Ns, rt: Rtable): number => (rt.mtuLocked || sysctl(ns, 'net.ipv4.ip_forward_use_pmtu', 0) !== 0 ? localMtu(ns, rt) : ownMtu(ns, rt));

/** The same for a local packet: a learned path MTU of that destination comes first (ipv4_mtu(), FIB exceptions). */
export const localMtu = (ns: Ns, rt: Rtable): number => rt.pmtu ?? ownMtu(ns, rt);

/** ip_dont_fragment() (include/net/ip.h) for a socket that asked for nothing: DF unless ip_no_pmtu_disc, or a locked MTU, says otherwise. */
export const setsDf = (ns: Ns, rt: Rtable | undefined): boolean => sysctl(ns, 'net.ipv4.ip_no_pmtu_disc', 0) === 0 && rt?.mtuLocked !== true;

/**
 * __ip_rt_update_pmtu() (net/ipv4/route.c): remembers a path MTU that an ICMP 3/4 or a tunnel told us, for every next hop that leads
 * there; never raises it. What is below min_pmtu becomes min_pmtu, locked. Returns the remembered value if it is news.
 */
export function learnPmtu(ns: Ns, dst: Ip4, mtu: number, more: Partial<Flow> = {}): number | undefined {
  const answer = fibLookup(ns, { dst, src: 0, tos: 0, mark: 0, iif: 'lo', proto: 0, ...more });
  if (answer.kind !== 'route' || answer.route.type === 'local') return undefined;
  const rt = rtableBy(ns, 'unicast', dst, answer.route, answer.nexthop);
  const old = localMtu(ns, rt);
  if (rt.mtuLocked || old < mtu) return undefined;
  const tooSmall = mtu < minPmtu(ns);
  const learned = tooSmall ? Math.min(old, minPmtu(ns)) : mtu;
  if (rt.pmtu === learned && !tooSmall) return undefined;
  for (const hop of answer.alternatives) {
    const key = exceptionKey(dst, hop);
    ns.exceptions.set(key, { ...ns.exceptions.get(key), mtu: learned, ...(tooSmall ? { locked: true } : {}) });
  }
  return learned;
}
