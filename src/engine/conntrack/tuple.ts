import { type IcmpHeader, ipOf, l4Of, type Packet, PROTO_ICMP, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../../packet/packet.ts';
import type { Ip4 } from '../../packet/address.ts';

/**
 * One direction of a connection (struct nf_conntrack_tuple). For ICMP `sport` is the id and `dport` type and code, so that inverting
 * works as for ports; protocols without ports have zeros (nf_conntrack_proto_generic.c).
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

/** Requests and their replies by type (invmap[], nf_conntrack_proto_icmp.c): echo, timestamp, information, address mask. */
const ICMP_TURNED: ReadonlyMap<number, number> = new Map([[8, 0], [0, 8], [13, 14], [14, 13], [15, 16], [16, 15], [17, 18], [18, 17]]);

/** What stands in `dport` for an ICMP message. */
export const icmpKey = (type: number, code: number): number => (type << 8) | code;

/** Whether the message has an answer, or is one: others have no tuple of their own. */
export const isIcmpQuery = (icmp: IcmpHeader): boolean => ICMP_TURNED.has(icmp.icmptype);

/** Whether such a message may open a connection (valid_new[], nf_conntrack_icmp_packet()): requests alone. */
export const opensIcmp = (t: Tuple): boolean => [8, 13, 15, 17].includes(t.dport >> 8);

/** nf_ct_invert_tuple(); an ICMP id stays with the id, its type turns round (icmp_invert_tuple()). */
export function invertTuple(t: Tuple): Tuple {
  if (t.proto === PROTO_ICMP) return { ...t, src: t.dst, dst: t.src, dport: icmpKey(ICMP_TURNED.get(t.dport >> 8) ?? t.dport >> 8, t.dport & 255) };
  return { proto: t.proto, src: t.dst, sport: t.dport, dst: t.src, dport: t.sport };
}

/** Protocols whose ports conntrack reads, but we do not: what a probe carries there are zeros, which are never right (udplite_error(), dccp_error()). */
const UNREAD: ReadonlySet<number> = new Set([33, 136]);

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
      return isIcmpQuery(l4) ? { ...base, sport: l4.id ?? 0, dport: icmpKey(l4.icmptype, l4.code) } : undefined;
    case 'fragment':
      return undefined;
    default:
      return UNREAD.has(ip.proto) ? undefined : { ...base, sport: 0, dport: 0 };
  }
}

/** True when the protocol has ports (or, for ICMP, an id) that NAT can change. */
export const hasPorts = (proto: number): boolean => proto === PROTO_TCP || proto === PROTO_UDP || proto === PROTO_SCTP || proto === PROTO_ICMP;
