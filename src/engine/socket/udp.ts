import { ipOf, l4Of, PROTO_UDP } from '../../packet/packet.ts';
import { sendIcmpError } from '../ip/icmp.ts';
import { type At, type Sim, sysctl } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { sendDatagram } from './answer.ts';
import { clientOf } from './client.ts';
import { listenerFor } from './listener.ts';

/** udp_rcv() (net/ipv4/udp.c): a listener takes it and, as an echo service does, sends as much back; a closed port answers ICMP 3/3. */
export function udpReceive(sim: Sim, at: At, skb: Skb): void {
  const l4 = l4Of(skb.packet);
  if (l4?.type !== 'udp') return;
  const ip = ipOf(skb.packet);
  if (clientOf(at.ns.clients, skb.packet)) {
    sim.emit(at, skb, { kind: 'deliver', to: 'client' });
    return sim.end(at, skb, 'delivered', { toClient: 'answer' });
  }
  // The port from which a tunnel sent was drawn for the flow (udp_flow_src_port()): no program has it.
  const drawn = skb.role === 'reply' && (skb.packet[2]?.type === 'vxlan' || skb.packet[2]?.type === 'geneve') && isTunnelPort(sim, l4.sport);
  const listener = drawn ? undefined : listenerFor(sim, at, 'udp', ip.dst, l4.dport, skb.role === 'reply');
  if (listener === undefined) {
    const stray = skb.role === 'reply';
    sim.emit(at, skb, { kind: 'deliver', to: stray ? 'stray' : 'refused' });
    sim.end(at, skb, stray ? 'rejected' : 'dropped', stray ? { toClient: 'stray' } : {});
    // __udp4_lib_rcv() has let go of the connection (nf_reset_ct()): it is looked up anew for the error.
    return sendIcmpError(sim, at.ns, { ...skb, ct: undefined }, { icmptype: 3, code: 3, localDst: true });
  }
  // A second answer to an answer would never end. What a tunnel wrapped is none, whatever is inside.
  const answers = sim.echoes.get(skb.id) !== skb.packet.length && sim.probe.reply !== false;
  sim.emit(at, skb, { kind: 'deliver', to: listener === 'assumed' ? 'assumed' : 'listener' }, { source: listener === 'assumed' ? [] : [listener.source] });
  sim.end(at, skb, 'delivered');
  if (!answers) return;
  const packet = [
    { type: 'ipv4' as const, src: ip.dst, dst: ip.src, proto: PROTO_UDP, ttl: sysctl(at.ns, 'net.ipv4.ip_default_ttl', 64), tos: 0, df: true, mf: false, offset: 0 },
    { type: 'udp' as const, sport: l4.dport, dport: l4.sport },
    ...skb.packet.slice(2),
  ];
  // The process sends it once it runs.
  sim.woken.push(() => sendDatagram(sim, at.ns, { about: skb, role: 'reply', what: 'answer', packet }));
}

const isTunnelPort = (sim: Sim, port: number): boolean =>
  sim.world.hosts.some((h) => h.netns.some((n) => n.links.some(({ tunnel }) => (tunnel?.kind === 'vxlan' || tunnel?.kind === 'geneve') && tunnel.dstport === port)));
