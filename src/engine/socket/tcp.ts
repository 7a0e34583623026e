import { ipOf, l4Of, PROTO_TCP, TCP_ACK, TCP_PSH, TCP_RST, TCP_SYN, type TcpHeader } from '../../packet/packet.ts';
import { localMtu } from '../routing/pmtu.ts';
import { routeOutput } from '../routing/output.ts';
import type { Rtable } from '../routing/rtable.ts';
import { type At, type Ns, type Sim, sysctl } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { sendAnswer } from './answer.ts';
import { type ClientSocket, clientOf } from './client.ts';
import { listenerFor } from './listener.ts';
import { sendReset } from './reset.ts';

/** mss, sackOK, timestamps, nop and window scale of a Linux SYN. */
export const SYN_OPTION_BYTES = 20;
/** Timestamps alone, on everything after the SYNs. */
const TIMESTAMP_BYTES = 12;

/** ipv4_default_advmss(): the route's advmss, else what the way allows without headers; at least 256 (ip_rt_min_advmss). */
export const advertisedMss = (ns: Ns, rt: Rtable): number => rt.advmss ?? Math.min(Math.max(localMtu(ns, rt) - 40, sysctl(ns, 'net.ipv4.route.min_adv_mss', 256)), 65535 - 40);

/** tcp_v4_rcv() (net/ipv4/tcp_ipv4.c), as far as an opening, its data and its refusal go. */
export function tcpReceive(sim: Sim, at: At, skb: Skb): void {
  const l4 = l4Of(skb.packet);
  if (l4?.type !== 'tcp') return;
  const client = clientOf(at.ns.clients, skb.packet);
  if (client) return clientSegment(sim, at, skb, l4, client);
  const { dst } = ipOf(skb.packet);
  const listener = listenerFor(sim, at, 'tcp', dst, l4.dport, skb.role === 'reply');
  if (listener === undefined || (l4.flags & TCP_RST) !== 0) return withoutSocket(sim, at, skb, l4);
  const to = listener === 'assumed' ? 'assumed' : 'listener';
  const source = listener === 'assumed' ? [] : [listener.source];
  const opening = (l4.flags & (TCP_SYN | TCP_ACK)) === TCP_SYN;
  // A SYN-ACK that nobody asked for is not a listener's business.
  if (l4.flags & TCP_SYN && !opening) return withoutSocket(sim, at, skb, l4);
  sim.emit(at, skb, { kind: 'deliver', to }, { source });
  sim.end(at, skb, 'delivered');
  if (opening && sim.probe.reply !== false) sendSynAck(sim, at.ns, skb, l4);
}

function sendSynAck(sim: Sim, ns: Ns, syn: Skb, l4: TcpHeader): void {
  const ip = ipOf(syn.packet);
  // inet_request_mark()
  const mark = sysctl(ns, 'net.ipv4.tcp_fwmark_accept', 0) === 0 ? 0 : syn.mark;
  const way = routeOutput(sim, ns, { purpose: 'output', dst: ip.src, src: ip.dst, anySource: true, tos: 0, mark, proto: PROTO_TCP, sport: l4.dport, dport: l4.sport });
  sendAnswer(sim, ns, {
    about: syn,
    role: 'reply',
    what: 'answer',
    mark,
    packet: [
      { type: 'ipv4', src: ip.dst, dst: ip.src, proto: PROTO_TCP, ttl: sysctl(ns, 'net.ipv4.ip_default_ttl', 64), tos: 0, df: true, mf: false, offset: 0 },
      { type: 'tcp', sport: l4.dport, dport: l4.sport, flags: TCP_SYN | TCP_ACK, optionBytes: SYN_OPTION_BYTES, mss: way.kind === 'route' ? advertisedMss(ns, way.rt) : 1460 },
    ],
  });
}

function clientSegment(sim: Sim, at: At, skb: Skb, l4: TcpHeader, client: ClientSocket): void {
  sim.emit(at, skb, { kind: 'deliver', to: 'client' });
  const reset = (l4.flags & TCP_RST) !== 0;
  sim.end(at, skb, 'delivered', { toClient: reset ? 'reset' : 'answer' });
  if (!reset && l4.flags & TCP_SYN) sendData(sim, at.ns, skb, client, l4.mss ?? 536);
}

/** What a probe with a payload sends once the way is open: the handshake's ACK, then the payload cut into segments. */
function sendData(sim: Sim, ns: Ns, synAck: Skb, client: ClientSocket, peerMss: number): void {
  const size = sim.probe.size ?? 0;
  if (size === 0) return;
  const own = client.sent.find((h) => h.type === 'tcp')?.mss ?? peerMss;
  // tcp_sync_mss(): what was learned about the path binds as well.
  const { src, dst } = ipOf(client.sent);
  const way = routeOutput(sim, ns, { purpose: 'output', dst, src, anySource: true, tos: sim.probe.tos ?? 0, mark: sim.probe.mark ?? 0, proto: PROTO_TCP, sport: client.port, dport: client.peerPort });
  const fits = way.kind === 'route' ? localMtu(ns, way.rt) - 40 : own;
  const room = Math.max(1, Math.min(fits, peerMss) - TIMESTAMP_BYTES);
  const segment = (flags: number, bytes: number, what: 'ack' | 'data'): void => {
    const first = ipOf(client.sent);
    sendAnswer(sim, ns, {
      about: synAck,
      role: 'data',
      what,
      mark: sim.probe.mark ?? 0,
      packet: [
        { ...first, df: first.df },
        { type: 'tcp', sport: client.port, dport: client.peerPort, flags, optionBytes: TIMESTAMP_BYTES },
        ...(bytes > 0 ? [{ type: 'payload' as const, bytes }] : []),
      ],
    });
  };
  segment(TCP_ACK, 0, 'ack');
  for (let sent = 0; sent < size; sent += room) {
    const last = sent + room >= size;
    segment(last ? TCP_ACK | TCP_PSH : TCP_ACK, Math.min(room, size - sent), 'data');
  }
}

/** A segment for no socket is answered with a reset, unless it is one. */
function withoutSocket(sim: Sim, at: At, skb: Skb, l4: TcpHeader): void {
  const reset = (l4.flags & TCP_RST) !== 0;
  const stray = skb.role === 'reply';
  sim.emit(at, skb, { kind: 'deliver', to: reset ? 'kernel' : stray ? 'stray' : 'refused' });
  sim.end(at, skb, reset ? 'delivered' : stray ? 'rejected' : 'dropped', stray ? { toClient: 'stray' } : {});
  if (!reset) sendReset(sim, at.ns, skb, { attach: false });
}
