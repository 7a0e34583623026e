import { type Packet, withIp } from '../../packet/packet.ts';

const ECN = 3;
const ECT_1 = 1;
const ECT_0 = 2;
const CE = 3;

/** INET_ECN_encapsulate() (include/net/inet_ecn.h): the ECN bits are copied, but a CE mark stays inside as ECT(0) outside. */
export const ecnEncapsulate = (outer: number, inner: number): number => (outer & ~ECN) | ((inner & ECN) === CE ? ECT_0 : inner & ECN);

/**
 * IP_ECN_decapsulate() (include/net/inet_ecn.h): congestion on the way is marked inside. Undefined: the inner packet cannot carry
 * the mark, and is dropped as it would have been by the congested router.
 */
export function ecnDecapsulate(outer: number, packet: Packet): Packet | undefined {
  const inner = packet[0];
  if (inner?.type !== 'ipv4') return packet;
  const mark = outer & ECN;
  const own = inner.tos & ECN;
  if (own === 0) return mark === CE ? undefined : packet;
  if (mark === CE) return withIp(packet, { tos: inner.tos | CE });
  return mark === ECT_1 && own === ECT_0 ? withIp(packet, { tos: (inner.tos & ~ECN) | ECT_1 }) : packet;
}
