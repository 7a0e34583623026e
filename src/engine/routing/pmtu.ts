import type { Ip4 } from '../../packet/address.ts';
import { linkOf, type Ns } from '../sim.ts';
import type { Rtable } from './rtable.ts';

/** ip_dst_mtu_maybe_forward() for a forwarded packet: the route's own mtu, else the device's; learned path MTUs do not count. */
export const forwardMtu = (ns: Ns, rt: Rtable): number => rt.mtu ?? linkOf(ns, rt.oif)?.mtu ?? 65535;

/** The same for a local packet: a learned path MTU of that destination counts too (ipv4_mtu(), FIB exceptions). */
export const localMtu = (ns: Ns, rt: Rtable): number => Math.min(forwardMtu(ns, rt), ns.pmtu.get(rt.dst) ?? 65535);

/** Remembers a path MTU that an ICMP 3/4 or a tunnel told us; never raises it, never below 552 (ip_rt_min_pmtu). Returns whether it is news. */
export function learnPmtu(ns: Ns, dst: Ip4, mtu: number): boolean {
  const lowered = Math.max(mtu, 552);
  const known = ns.pmtu.get(dst);
  if (known !== undefined && known <= lowered) return false;
  ns.pmtu.set(dst, lowered);
  return true;
}
