import type { Ip4 } from '../../packet/address.ts';
import type { Netns, Nexthop, Route } from '../../world/world.ts';
import { type Ns, sysctl } from '../sim.ts';
import { realmsOf } from './realms.ts';

/** Where a packet goes: the result of a routing decision (struct rtable). */
export interface Rtable {
  readonly kind: 'local' | 'unicast' | 'broadcast' | 'multicast';
  readonly dst: Ip4;
  /** The output device; `lo` for what is local. */
  readonly oif: string;
  /** The gateway; undefined when the destination is on the link. */
  readonly gateway: Ip4 | undefined;
  /** The route's own MTU. */
  readonly mtu: number | undefined;
  /** The source address that the route prefers for local packets. */
  readonly prefSrc: Ip4 | undefined;
  /** The MTU that was learned for this destination (rt_pmtu). */
  readonly pmtu?: number;
  /** ip_mtu_locked(): path MTU discovery is off for this way, and DF stays clear. */
  readonly mtuLocked?: true;
  readonly advmss?: number;
  readonly hoplimit?: number;
  /** dst->tclassid. */
  readonly realms?: number;
  /** IPSKB_DOREDIRECT: the sender could have used the next hop itself. */
  readonly redirect?: true;
}

/** rt_nexthop(): the gateway, else the destination itself. */
export const nexthopOf = (rt: Rtable, dst: Ip4): Ip4 => rt.gateway ?? dst;

/** ip4_dst_hoplimit() (net/ipv4/route.c): the TTL of what is sent here by this way. */
export const hoplimitOf = (ns: Ns, rt: Rtable | undefined): number => rt?.hoplimit ?? sysctl(ns, 'net.ipv4.ip_default_ttl', 64);

/** What was learned about one destination behind one next hop (struct fib_nh_exception). */
export interface Exception {
  /** From a redirect. */
  readonly gateway?: Ip4;
  readonly mtu?: number;
  readonly locked?: true;
}

/** The key of an exception: each next hop keeps its own. */
export const exceptionKey = (dst: Ip4, hop: Pick<Nexthop, 'dev' | 'via'>): string => `${dst} ${hop.dev ?? ''} ${hop.via ?? ''}`;

/** What `ip route show cache` says was learned before. The listing shows the gateway in use; which next hop it stands for follows from the device. */
export function givenExceptions(netns: Netns): Map<string, Exception> {
  const found = new Map<string, Exception>();
  for (const { dst, dev, via, mtu, mtuLocked, redirected } of netns.routeCache ?? []) {
    const learned: Exception = { ...(redirected && via !== undefined ? { gateway: via } : {}), ...(mtu === undefined ? {} : { mtu }), ...(mtuLocked ? { locked: true } : {}) };
    const vias = redirected ? new Set(netns.routes.flatMap((r) => r.nexthops.filter((h) => h.dev === dev).map((h) => h.via))) : [via];
    for (const hop of vias) found.set(exceptionKey(dst, { dev, via: hop }), learned);
  }
  return found;
}

/** rt_set_nexthop() and find_exception() (net/ipv4/route.c): the way by this next hop, with what was learned about the destination. */
export function rtableBy(ns: Ns, kind: Rtable['kind'], dst: Ip4, route: Route, hop: Nexthop): Rtable {
  const learned = ns.exceptions.get(exceptionKey(dst, hop));
  return {
    kind,
    dst,
    oif: hop.dev ?? '',
    gateway: learned?.gateway ?? hop.via,
    mtu: route.mtu,
    prefSrc: route.src,
    ...(learned?.mtu === undefined ? {} : { pmtu: learned.mtu }),
    ...(route.mtuLocked || learned?.locked ? { mtuLocked: true } : {}),
    ...(realmsOf(route) === 0 ? {} : { realms: realmsOf(route) }),
    ...(route.advmss === undefined ? {} : { advmss: route.advmss }),
    ...(route.hoplimit === undefined || route.hoplimit === 0 ? {} : { hoplimit: route.hoplimit }),
  };
}

/** The way of what stays here, over lo. */
export const localRtable = (dst: Ip4, route?: Route): Rtable => ({ kind: 'local', dst, oif: 'lo', gateway: undefined, mtu: route?.mtu, prefSrc: route?.src });
