import { type Header, ipOf, SCTP_ABORT, SCTP_INIT, SCTP_INIT_ACK } from '../../packet/packet.ts';
import { protocolName } from '../../packet/protocols.ts';
import { sendIcmpError } from '../ip/icmp.ts';
import { type At, type Sim, sysctl } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { sendDatagram } from './answer.ts';
import { clientOf } from './client.ts';

/**
 * A transport protocol that we carry but do not read. Where the dump lists listeners it lists none for it, and
 * ip_protocol_deliver_rcu() answers ICMP 3/2; without a listing it is taken, as every port is.
 */
export function rawReceive(sim: Sim, at: At, skb: Skb): void {
  const ip = ipOf(skb.packet);
  if (clientOf(at.ns.clients, skb.packet)) {
    sim.emit(at, skb, { kind: 'deliver', to: 'client' });
    return sim.end(at, skb, 'delivered', { toClient: skb.packet.some((h) => h.type === 'sctp' && h.chunk === SCTP_ABORT) ? 'reset' : 'answer' });
  }
  if (at.ns.netns.sockets !== undefined) {
    sim.emit(at, skb, { kind: 'drop', reason: 'no-protocol' });
    sim.end(at, skb, 'dropped');
    return sendIcmpError(sim, at.ns, skb, { icmptype: 3, code: 2, localDst: true });
  }
  if (skb.packet.some((h) => h.type === 'fragment')) return sim.unknown(at, skb, 'fragment', protocolName(ip.proto));
  sim.emit(at, skb, { kind: 'deliver', to: 'assumed' });
  sim.end(at, skb, 'delivered');
  if (skb.role !== 'request' || sim.probe.reply === false) return;
  const packet = [{ ...ip, src: ip.dst, dst: ip.src, ttl: sysctl(at.ns, 'net.ipv4.ip_default_ttl', 64) }, ...skb.packet.slice(1).map(turned)];
  sim.woken.push(() => sendDatagram(sim, at.ns, { about: skb, role: 'reply', what: 'answer', packet }));
}

/** What comes back for a header: SCTP acknowledges an INIT, other protocols answer in kind. */
const turned = (h: Header): Header => (h.type === 'sctp' ? { ...h, sport: h.dport, dport: h.sport, chunk: h.chunk === SCTP_INIT ? SCTP_INIT_ACK : h.chunk } : h);
