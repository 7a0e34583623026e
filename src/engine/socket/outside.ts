import { ICMP_ECHO, ICMP_ECHO_REPLY, ipOf, l4Of, type Packet, TCP_ACK, TCP_RST, TCP_SYN } from '../../packet/packet.ts';
import { ownersOf } from '../../world/lookup.ts';
import type { Link } from '../../world/world.ts';
import { enqueue } from '../device/transmit.ts';
import type { At, Sim } from '../sim.ts';
import { scrubbed, type Skb } from '../skb.ts';
import { clientOf, clientQuoted } from './client.ts';
import { icmpError } from './icmp.ts';
import { SYN_OPTION_BYTES } from './tcp.ts';

/**
 * A packet that leaves the described machines towards the probe's outside client arrives there: what lies between is not
 * described, and is taken to deliver. True if it was for him.
 */
export function deliverToOutside(sim: Sim, at: At, skb: Skb): boolean {
  const { from } = sim.probe;
  const ip = ipOf(skb.packet);
  if (from.kind !== 'outside' || ip.dst !== from.ip) return false;
  const l4 = l4Of(skb.packet);
  if (l4?.type === 'icmp' && l4.quote) {
    const quoted = l4.icmptype === 5 ? undefined : clientQuoted(sim.outside, l4);
    sim.emit(at, skb, { kind: 'deliver', to: quoted ? 'error-to-client' : 'kernel' });
    sim.end(at, skb, 'delivered', quoted ? { toClient: 'icmp', error: icmpError(l4, ip.src) } : {});
    return true;
  }
  const client = clientOf(sim.outside, skb.packet);
  sim.emit(at, skb, { kind: 'deliver', to: client ? 'client' : 'stray' });
  const reset = l4?.type === 'tcp' && (l4.flags & TCP_RST) !== 0;
  sim.end(at, skb, client ? 'delivered' : 'rejected', { toClient: client ? (reset ? 'reset' : 'answer') : 'stray' });
  return true;
}

/**
 * A veth whose other end no dump shows. If an object or a /32 route names a pod there, the pod takes the packet, as an assumption
 * that the step states, and answers as a listener would; else the packet has left what is described.
 */
export function takeAtVeth(sim: Sim, at: At, skb: Skb, link: Link): void {
  const { dst } = ipOf(skb.packet);
  // Of the copies of a flooded frame one reaches it, unless a dump shows the pod.
  const others = skb.flood !== undefined && (skb.flood.taken || ownersOf(sim.world, dst).length > 0);
  const named =
    !others &&
    (at.ns.netns.routes.some((r) => r.dst.ip === dst && r.dst.prefixLen === 32 && r.type === 'unicast' && r.nexthops.some((h) => h.dev === link.name)) || sim.world.names.pods.some((p) => p.ips.includes(dst)));
  if (named && skb.flood) skb.flood.taken = true;
  sim.emit(at, skb, { kind: 'left', next: dst, assumed: named ? 'pod-without-dump' : undefined });
  if (!named) return sim.end(at, skb, 'left', { next: { ip: dst, dev: link.name } });
  sim.end(at, skb, 'delivered');
  const answer = skb.role === 'request' && sim.probe.reply !== false ? answerTo(skb.packet) : undefined;
  if (!answer) return;
  const reply: Skb = {
    ...scrubbed(skb),
    id: sim.newPacketId(),
    role: 'reply',
    packet: answer,
    eth: skb.eth && { ...skb.eth, src: skb.eth.dst, dst: skb.eth.src },
  };
  sim.emit(at, reply, { kind: 'send', what: 'answer' });
  enqueue(sim, at, reply);
}

/** What a pod that listens would answer; undefined when it would not. */
function answerTo(packet: Packet): Packet | undefined {
  const ip = ipOf(packet);
  const l4 = l4Of(packet);
  const header = { ...ip, src: ip.dst, dst: ip.src, ttl: 64, tos: 0 };
  switch (l4?.type) {
    case 'tcp':
      if ((l4.flags & (TCP_SYN | TCP_ACK)) !== TCP_SYN) return undefined;
      return [{ ...header, df: true }, { ...l4, sport: l4.dport, dport: l4.sport, flags: TCP_SYN | TCP_ACK, optionBytes: SYN_OPTION_BYTES }];
    case 'udp':
      return [{ ...header, df: true }, { ...l4, sport: l4.dport, dport: l4.sport }, ...packet.slice(2)];
    case 'icmp':
      return l4.icmptype === ICMP_ECHO ? [{ ...header, df: false, tos: ip.tos }, { ...l4, icmptype: ICMP_ECHO_REPLY }, ...packet.slice(2)] : undefined;
    default:
      return undefined;
  }
}
