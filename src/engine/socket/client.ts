import { type Ip4, isLimitedBroadcast } from '../../packet/address.ts';
import { type IcmpHeader, ipOf, l4Of, PROTO_ICMP, type Packet, isPorted } from '../../packet/packet.ts';

/** The prober's own socket: what it talks to, and for which connection of the probe. */
export interface ClientSocket {
  readonly connection: number;
  readonly proto: number;
  readonly ip: Ip4;
  /** Source port or ICMP id. */
  readonly port: number;
  readonly peer: Ip4;
  readonly peerPort: number;
  /** The packet as the socket sent it. */
  readonly sent: Packet;
}

/** The socket that a received packet is for: both ends must agree, as in a connected socket's lookup. Who asked everybody hears whoever answers. */
export function clientOf(sockets: readonly ClientSocket[], packet: Packet): ClientSocket | undefined {
  const ip = ipOf(packet);
  const l4 = l4Of(packet);
  return sockets.find((s) => {
    if (s.proto !== ip.proto || s.ip !== ip.dst || (s.peer !== ip.src && !isLimitedBroadcast(s.peer))) return false;
    if (isPorted(l4)) return s.port === l4.dport && s.peerPort === l4.sport;
    return l4?.type === 'icmp' ? s.port === l4.id : true;
  });
}

/** The socket whose packet an ICMP error quotes. */
export function clientQuoted(sockets: readonly ClientSocket[], icmp: IcmpHeader): ClientSocket | undefined {
  const quoted = icmp.quote?.packet;
  if (!quoted) return undefined;
  const ip = ipOf(quoted);
  const l4 = l4Of(quoted);
  return sockets.find((s) => {
    if (s.proto !== ip.proto || s.ip !== ip.src || s.peer !== ip.dst) return false;
    if (isPorted(l4)) return s.port === l4.sport && s.peerPort === l4.dport;
    return s.proto === PROTO_ICMP && l4?.type === 'icmp' ? s.port === l4.id : true;
  });
}
