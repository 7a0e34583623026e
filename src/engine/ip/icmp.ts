import type { Ip4 } from '../../packet/address.ts';
import { isLimitedBroadcast, isMulticast } from '../../packet/address.ts';
import { type IcmpHeader, ipOf, l4Of, PROTO_ICMP } from '../../packet/packet.ts';
import { ipBytes } from '../../packet/sizes.ts';
import { attached } from '../conntrack/track.ts';
import { addressType } from '../routing/fib.ts';
import { hashInputOf } from '../routing/choose.ts';
import { routeOutput } from '../routing/output.ts';
import { localMtu } from '../routing/pmtu.ts';
import { hoplimitOf } from '../routing/rtable.ts';
import { SCOPE, selectSource } from '../routing/source.ts';
import { type Ns, type Sim, sysctl } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { localOutIcmp } from './output.ts';

export interface IcmpError {
  readonly icmptype: 3 | 5 | 11 | 12;
  readonly code: number;
  readonly mtu?: number;
  /** Of a redirect. */
  readonly gateway?: Ip4;
  /** The offending packet was on its way to this machine itself, so the error comes from the address it was sent to. */
  readonly localDst?: boolean;
}

/** INADDR_DUMMY: where a machine has no address, its errors come from this one (RFC 7600). */
const DUMMY: Ip4 = 0xc0000008;

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
  if (sim.sendingIcmp) return;
  const tos = (ip.tos & 0x1e) | 0xc0;
  // A local destination lends its address; a forwarded packet's error gets one by source selection.
  const type = addressType(ns, ip.dst);
  if (type === 'broadcast') return;
  const inbound = about.iif !== undefined && sysctl(ns, 'net.ipv4.icmp_errors_use_inbound_ifaddr', 0) !== 0;
  const from: Ip4 = error.localDst === true || type === 'local' ? ip.dst : inbound ? (selectSource(ns, about.iif, ip.src, SCOPE.link)?.ip ?? 0) : 0;
  // IP4_REPLY_MARK()
  const mark = sysctl(ns, 'net.ipv4.fwmark_reflect', 0) === 0 ? 0 : about.mark;
  const decided = routeOutput(sim, ns, { purpose: 'output', dst: ip.src, src: from, tos, mark, proto: PROTO_ICMP, uid: 0, hash: hashInputOf(about.packet) });
  if (decided.kind !== 'route') return;
  const room = Math.min(576, localMtu(ns, decided.rt)) - 28;
  if (room <= 20) return;
  const icmp: IcmpHeader = {
    type: 'icmp',
    icmptype: error.icmptype,
    code: error.code,
    ...(error.mtu === undefined ? {} : { mtu: error.mtu }),
    ...(error.gateway === undefined ? {} : { gateway: error.gateway }),
    quote: { packet: about.packet, bytes: Math.min(ipBytes(about.packet), room) },
  };
  const skb: Skb = {
    id: sim.newPacketId(),
    connection: about.connection,
    role: 'error',
    packet: [
      { type: 'ipv4', src: decided.src === 0 ? DUMMY : decided.src, dst: ip.src, proto: PROTO_ICMP, ttl: hoplimitOf(ns, decided.rt), tos, df: false, mf: false, offset: 0 },
      icmp,
    ],
    eth: undefined,
    mark,
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
  localOutIcmp(sim, ns, skb, decided.rt);
}
