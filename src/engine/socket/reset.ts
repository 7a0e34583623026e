import { ipOf, l4Of, PROTO_TCP, TCP_ACK, TCP_RST } from '../../packet/packet.ts';
import { attached } from '../conntrack/track.ts';
import { type Ns, type Sim, sysctl } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { sendAnswer } from './answer.ts';

/** The ECN bits of a reset are the sender's own (ip_send_unicast_reply()). */
const INET_ECN_MASK = 3;

/**
 * tcp_v4_send_reset() (net/ipv4/tcp_ipv4.c), and nf_send_reset() for REJECT (then `attach`: it belongs to the connection of the
 * packet that it refuses, and has no TOS): 20 bytes of TCP, DF set; RST alone to a segment with ACK, else RST and ACK. A reset is
 * not answered.
 */
export function sendReset(sim: Sim, ns: Ns, about: Skb, { attach }: { readonly attach: boolean }): void {
  const ip = ipOf(about.packet);
  const l4 = l4Of(about.packet);
  if (l4?.type !== 'tcp' || (l4.flags & TCP_RST) !== 0) return;
  sendAnswer(sim, ns, {
    about,
    role: 'error',
    what: 'reset',
    // IP4_REPLY_MARK()
    mark: sysctl(ns, 'net.ipv4.fwmark_reflect', 0) !== 0 ? about.mark : 0,
    sender: attach ? 'none' : 'kernel',
    ct: attach ? attached(ns, about) : undefined,
    // What came in by a bridge's port goes straight back there, as if the other end had said it.
    ...(attach && about.physin !== undefined && about.eth ? { direct: { dev: about.physin, eth: { ...about.eth, src: about.eth.dst, dst: about.eth.src } } } : {}),
    packet: [
      { type: 'ipv4', src: ip.dst, dst: ip.src, proto: PROTO_TCP, ttl: sysctl(ns, 'net.ipv4.ip_default_ttl', 64), tos: attach ? 0 : ip.tos & ~INET_ECN_MASK, df: true, mf: false, offset: 0 },
      { type: 'tcp', sport: l4.dport, dport: l4.sport, flags: l4.flags & TCP_ACK ? TCP_RST : TCP_RST | TCP_ACK, optionBytes: 0 },
    ],
  });
}
