import { ICMP_ECHO, ICMP_ECHO_REPLY, ipOf, l4Of, type Packet, PROTO_ICMP, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../../packet/packet.ts';
import type { Ip4 } from '../../packet/address.ts';

/**
 * One direction of a connection (struct nf_conntrack_tuple). For ICMP echo `sport` is the id and `dport` tells request (8) from
 * reply (0), so that inverting works as for ports; protocols without ports have zeros (nf_conntrack_proto_generic.c).
 */
export interface Tuple {
  readonly proto: number;
  readonly src: Ip4;
  readonly sport: number;
  readonly dst: Ip4;
  readonly dport: number;
}

export const tupleKey = (t: Tuple): string => `${t.proto}|${t.src}:${t.sport}>${t.dst}:${t.dport}`;

export const sameTuple = (a: Tuple, b: Tuple): boolean => a.proto === b.proto && a.src === b.src && a.sport === b.sport && a.dst === b.dst && a.dport === b.dport;

/** nf_ct_invert_tuple(); an ICMP id stays with the id, its type turns round (icmp_invert_tuple()). */
export function invertTuple(t: Tuple): Tuple {
  if (t.proto === PROTO_ICMP) return { ...t, src: t.dst, dst: t.src, dport: t.dport === ICMP_ECHO ? ICMP_ECHO_REPLY : ICMP_ECHO };
  return { proto: t.proto, src: t.dst, sport: t.dport, dst: t.src, dport: t.sport };
}

/**
 * The tuple of the outermost IP packet (nf_ct_get_tuplepr()). Undefined for what has none of its own: ICMP errors, and
 * fragments that were not put together.
 */
export function tupleOf(packet: Packet): Tuple | undefined {
  const ip = ipOf(packet);
  const l4 = l4Of(packet);
  const base = { proto: ip.proto, src: ip.src, dst: ip.dst };
  switch (l4?.type) {
    case 'tcp':
    case 'udp':
    case 'sctp':
      return { ...base, sport: l4.sport, dport: l4.dport };
    case 'icmp':
      return l4.icmptype === ICMP_ECHO || l4.icmptype === ICMP_ECHO_REPLY ? { ...base, sport: l4.id ?? 0, dport: l4.icmptype } : undefined;
    case 'fragment':
      return undefined;
    default:
      return { ...base, sport: 0, dport: 0 };
  }
}

/** True when the protocol has ports (or, for ICMP, an id) that NAT can change. */
export const hasPorts = (proto: number): boolean => proto === PROTO_TCP || proto === PROTO_UDP || proto === PROTO_SCTP || proto === PROTO_ICMP;
