import type { EthHeader, Packet } from '../../packet/packet.ts';
import { ipOf, isPorted, PROTO_ICMP, withIp } from '../../packet/packet.ts';
import { ipBytes } from '../../packet/sizes.ts';
import { transmit } from '../device/transmit.ts';
import type { CtRef, Skb } from '../skb.ts';
import { localOut } from '../ip/output.ts';
import { routeOutput } from '../routing/output.ts';
import { localMtu } from '../routing/pmtu.ts';
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
 * without it.
 */
export function sendDatagram(sim: Sim, ns: Ns, answer: Answer): void {
  const ip = ipOf(answer.packet);
  const way = routeOutput(sim, ns, { purpose: 'output', dst: ip.dst, src: ip.src, tos: ip.tos, mark: 0, proto: ip.proto });
  const pieces = way.kind === 'route' && ipBytes(answer.packet) > localMtu(ns, way.rt);
  sendAnswer(sim, ns, { ...answer, packet: withIp(answer.packet, { df: !pieces }), ignoreDf: pieces });
}

/** Sends a packet that a socket, or the kernel in its place, makes because of another one: routed afresh, with its source given. */
export function sendAnswer(sim: Sim, ns: Ns, { about, role, what, packet, ct, ignoreDf = false, mark = 0, direct, sender }: Answer): void {
  const ip = ipOf(packet);
  const skb: Skb = {
    id: sim.newPacketId(),
    connection: about.connection,
    role,
    packet,
    eth: undefined,
    mark,
    iif: undefined,
    ct,
    ipvsDone: false,
    ignoreDf,
    fragMaxSize: 0,
    piece: undefined,
    innerPieces: [],
    sender: sender === 'none' ? undefined : (sender ?? (ip.proto === PROTO_ICMP ? 'kernel' : 'process')),
  };
  const at = { ns, dev: undefined };
  const l4 = packet[1];
  const ports = isPorted(l4) ? { sport: l4.sport, dport: l4.dport } : {};
  const decided = routeOutput(sim, ns, { purpose: 'output', dst: ip.dst, src: ip.src, anySource: true, tos: ip.tos, mark, proto: ip.proto, ...ports });
  sim.emit(at, skb, { kind: 'send', what });
  if (decided.kind === 'unknown') return sim.unknown(at, skb, decided.what, decided.name, undefined, decided.source.filter((s) => s !== undefined));
  sim.emit(at, skb, decided.step, { source: decided.source });
  if (decided.kind === 'error') {
    sim.emit(at, skb, { kind: 'drop', reason: decided.error === 'EINVAL' ? 'blackhole' : decided.error === 'EACCES' ? 'prohibit' : decided.error === 'EHOSTUNREACH' ? 'unreachable' : 'no-route' });
    return sim.end(at, skb, 'unreachable');
  }
  const port = linkOf(ns, direct?.dev);
  if (direct && port) return transmit(sim, { ns, dev: port.name }, { ...skb, eth: direct.eth }, port, undefined);
  localOut(sim, ns, skb, decided.rt);
}
