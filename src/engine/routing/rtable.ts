import type { Ip4 } from '../../packet/address.ts';

/** Where a packet goes: the result of a routing decision (struct rtable). */
export interface Rtable {
  readonly kind: 'local' | 'unicast' | 'broadcast' | 'multicast';
  readonly dst: Ip4;
  /** The output device; `lo` for what is local. */
  readonly oif: string;
  /** The gateway; undefined when the destination is on the link. */
  readonly gateway: Ip4 | undefined;
  readonly mtu: number | undefined;
  /** The source address that the route prefers for local packets. */
  readonly prefSrc: Ip4 | undefined;
}

/** rt_nexthop(): the gateway, else the destination itself. */
export const nexthopOf = (rt: Rtable, dst: Ip4): Ip4 => rt.gateway ?? dst;
