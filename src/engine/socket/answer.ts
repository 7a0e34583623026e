import type { EthHeader, Packet } from '../../packet/packet.ts';
import { ipOf, isPorted, PROTO_ICMP, PROTO_UDP, withIp } from '../../packet/packet.ts';
import { ipBytes } from '../../packet/sizes.ts';
import { transmit } from '../device/transmit.ts';
import type { CtRef, Skb } from '../skb.ts';
import { localOut, localOutIcmp } from '../ip/output.ts';
import { type OutputDecision, routeOutput } from '../routing/output.ts';
import { madeInPieces } from '../ip/fragment.ts';
import { localMtu, setsDf } from '../routing/pmtu.ts';
import type { Rtable } from '../routing/rtable.ts';
import { linkOf, type Ns, type Sim } from '../sim.ts';
import type { StepBody } from '../step.ts';

export interface Answer {
  readonly about: Skb;
  readonly role: Skb['role'];
  readonly what: Extract<StepBody, { kind: 'send' }>['what'];
  readonly packet: Packet;
  readonly ct?: CtRef | undefined;
  readonly ignoreDf?: boolean;
  readonly mark?: number;
  /** Sent as a frame by that port in place of the route that was found. */
  readonly direct?: { readonly dev: string; readonly eth: EthHeader };
  /** Whose socket sends it: by default a process's, or for ICMP the kernel's own. */
  readonly sender?: Skb['sender'] | 'none';
}

/**
 * Sends a socket's datagram as sockets do by default (IP_PMTUDISC_WANT): with DF, but what is too large for the way goes in pieces
 * without it; and should NAT lead it elsewhere, it may be cut there in spite of DF (ip_sk_ignore_df()).
 */
export function sendDatagram(sim: Sim, ns: Ns, answer: Answer): void {
  const way = wayOf(sim, ns, answer.packet, answer.mark ?? 0);
  const pieces = way.kind === 'route' && ipBytes(answer.packet) > localMtu(ns, way.rt);
  sendAnswer(sim, ns, { ...answer, packet: withIp(answer.packet, { df: !pieces }), ignoreDf: true });
}

function wayOf(sim: Sim, ns: Ns, packet: Packet, mark: number): OutputDecision {
  const ip = ipOf(packet);
  const l4 = packet[1];
  const ports = isPorted(l4) ? { sport: l4.sport, dport: l4.dport } : {};
  return routeOutput(sim, ns, { purpose: 'output', dst: ip.dst, src: ip.src, anySource: true, tos: ip.tos, mark, proto: ip.proto, ...ports });
}

/** Sends a packet that a socket, or the kernel in its place, makes because of another one: routed afresh, with its source given. */
export function sendAnswer(sim: Sim, ns: Ns, { about, role, what, packet, ct, ignoreDf = false, mark = 0, direct, sender }: Answer): void {
  const ip = ipOf(packet);
  const decided = wayOf(sim, ns, packet, mark);
  const skb: Skb = {
    id: sim.newPacketId(),
    connection: about.connection,
    role,
    packet: decided.kind === 'route' ? byRoute(sim, ns, packet, decided.rt, what) : packet,
    eth: undefined,
    mark,
    iif: undefined,
    ct,
    ipvsDone: false,
    ignoreDf,
    fragMaxSize: 0,
    fragSizes: decided.kind === 'route' ? madeInPieces(packet, localMtu(ns, decided.rt)) : undefined,
    piece: undefined,
    innerPieces: [],
    sender: sender === 'none' ? undefined : (sender ?? (ip.proto === PROTO_ICMP ? 'kernel' : 'process')),
  };
  if (what === 'answer' && ip.proto === PROTO_UDP) sim.echoes.set(skb.id, skb.packet.length);
  const at = { ns, dev: undefined };
  sim.emit(at, skb, { kind: 'send', what });
  if (decided.kind === 'unknown') return sim.unknown(at, skb, decided.what, decided.name, decided.ask, decided.source.filter((s) => s !== undefined));
  sim.emit(at, skb, decided.step, { source: decided.source });
  if (decided.kind === 'error') {
    sim.emit(at, skb, { kind: 'drop', reason: dropReason(decided.error) });
    return sim.end(at, skb, 'unreachable');
  }
  const port = linkOf(ns, direct?.dev);
  if (direct && port) return transmit(sim, { ns, dev: port.name }, { ...skb, eth: direct.eth }, port, undefined);
  if (skb.sender === 'kernel' && ip.proto === PROTO_ICMP) localOutIcmp(sim, ns, skb, decided.rt);
  else localOut(sim, ns, skb, decided.rt);
}

/** What the route says about the header: its hoplimit, and no DF where the MTU is locked. Resets insist on DF (tcp_sk_init()). */
function byRoute(sim: Sim, ns: Ns, packet: Packet, rt: Rtable, what: Answer['what']): Packet {
  const own = (what === 'ack' || what === 'data') && (sim.probe.df !== undefined || sim.probe.ttl !== undefined);
  const clear = what !== 'reset' && !setsDf(ns, rt);
  if (own || (rt.hoplimit === undefined && !clear)) return packet;
  return withIp(packet, { ...(rt.hoplimit === undefined ? {} : { ttl: rt.hoplimit }), ...(clear ? { df: false } : {}) });
}

/** Why a packet was not sent, by the error that the socket gets. */
export const dropReason = (error: 'EINVAL' | 'EHOSTUNREACH' | 'EACCES' | 'ENETUNREACH') => (({ EINVAL: 'blackhole', EHOSTUNREACH: 'unreachable', EACCES: 'prohibit', ENETUNREACH: 'no-route' }) as const)[error];
