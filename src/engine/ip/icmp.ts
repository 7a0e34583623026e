import type { Ip4 } from '../../packet/address.ts';
import { isLimitedBroadcast, isMulticast } from '../../packet/address.ts';
import { type IcmpHeader, ipOf, l4Of, PROTO_ICMP } from '../../packet/packet.ts';
import { ipBytes } from '../../packet/sizes.ts';
import { attached } from '../conntrack/track.ts';
import { addressType } from '../routing/fib.ts';
import { routeOutput } from '../routing/output.ts';
import { localMtu } from '../routing/pmtu.ts';
import { type Ns, type Sim, sysctl } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { localOut } from './output.ts';

export interface IcmpError {
  readonly icmptype: 3 | 11 | 12;
  readonly code: number;
  readonly mtu?: number;
  /** The offending packet was on its way to this machine itself, so the error comes from the address it was sent to. */
  readonly localDst?: boolean;
}

const isError = (icmp: IcmpHeader): boolean => ![0, 8, 9, 10, 13, 14, 15, 16, 17, 18].includes(icmp.icmptype);

/**
 * icmp_send() (net/ipv4/icmp.c): answers a packet with an error, unless it was an error itself, a later fragment, or not addressed
 * to one machine. The error quotes as much as keeps it within 576 bytes.
 */
export function sendIcmpError(sim: Sim, ns: Ns, about: Skb, error: IcmpError): void {
  const ip = ipOf(about.packet);
  const l4 = l4Of(about.packet);
  if (ip.offset > 0 || isMulticast(ip.dst) || isLimitedBroadcast(ip.dst) || ip.src === 0) return;
  if (ip.proto === PROTO_ICMP && l4?.type === 'icmp' && isError(l4)) return;
  const tos = (ip.tos & 0x1e) | 0xc0;
  // A local destination lends its address; a forwarded packet's error gets one by source selection.
  const from: Ip4 = error.localDst === true || addressType(ns, ip.dst) === 'local' ? ip.dst : 0;
  const decided = routeOutput(sim, ns, { purpose: 'output', dst: ip.src, src: from, tos, mark: 0, proto: PROTO_ICMP });
  if (decided.kind !== 'route' || decided.src === 0) return;
  const room = Math.min(576, localMtu(ns, decided.rt)) - 28;
  const icmp: IcmpHeader = {
    type: 'icmp',
    icmptype: error.icmptype,
    code: error.code,
    ...(error.mtu === undefined ? {} : { mtu: error.mtu }),
    quote: { packet: about.packet, bytes: Math.min(ipBytes(about.packet), room) },
  };
  const skb: Skb = {
    id: sim.newPacketId(),
    connection: about.connection,
    role: 'error',
    packet: [
      { type: 'ipv4', src: decided.src, dst: ip.src, proto: PROTO_ICMP, ttl: sysctl(ns, 'net.ipv4.ip_default_ttl', 64), tos, df: false, mf: false, offset: 0 },
      icmp,
    ],
    eth: undefined,
    mark: 0,
    iif: undefined,
    ct: attached(ns, about),
    sender: 'kernel',
    ipvsDone: false,
    ignoreDf: false,
    fragMaxSize: 0,
    piece: undefined,
    innerPieces: [],
  };
  const at = { ns, dev: undefined };
  sim.emit(at, skb, { kind: 'send', what: 'icmp-error', icmp });
  sim.emit(at, skb, decided.step, { source: decided.source });
  localOut(sim, ns, skb, decided.rt);
}
