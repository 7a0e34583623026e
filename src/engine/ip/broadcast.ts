import { ICMP_ECHO, ipOf, l4Of, PROTO_ICMP, PROTO_UDP } from '../../packet/packet.ts';
import { type At, type Sim, sysctl } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { echo } from '../socket/icmp.ts';
import { listenerFor } from '../socket/listener.ts';
import { sendAnswer } from '../socket/answer.ts';
import { hoplimitOf } from '../routing/rtable.ts';
import { routeOutput } from '../routing/output.ts';

/**
 * A broadcast for this machine: UDP goes to every socket on the port (__udp4_lib_mcast_deliver()), an echo is answered only if
 * icmp_echo_ignore_broadcasts allows it (icmp_echo()), and nothing else is taken; no error ever answers it (icmp_send()).
 */
export function broadcastReceive(sim: Sim, at: At, skb: Skb): void {
  const ip = ipOf(skb.packet);
  const l4 = l4Of(skb.packet);
  if (ip.proto === PROTO_ICMP && l4?.type === 'icmp' && l4.icmptype === ICMP_ECHO && sysctl(at.ns, 'net.ipv4.icmp_echo_ignore_broadcasts', 1) === 0) return echo(sim, at, skb, l4, specDst(sim, at, skb));
  const listener = ip.proto === PROTO_UDP && l4?.type === 'udp' ? listenerFor(sim, at, 'udp', ip.dst, l4.dport) : undefined;
  if (listener === undefined || l4?.type !== 'udp') {
    sim.emit(at, skb, { kind: 'drop', reason: 'broadcast' });
    return sim.end(at, skb, 'dropped');
  }
  sim.emit(at, skb, { kind: 'deliver', to: listener === 'assumed' ? 'assumed' : 'listener' }, { source: listener === 'assumed' ? [] : [listener.source] });
  sim.end(at, skb, 'delivered');
  if (skb.role !== 'request' || sim.probe.reply === false) return;
  const header = { ...ip, src: specDst(sim, at, skb), dst: ip.src, ttl: hoplimitOf(at.ns, undefined), tos: 0, df: true };
  sendAnswer(sim, at.ns, { about: skb, role: 'reply', what: 'answer', packet: [header, { type: 'udp', sport: l4.dport, dport: l4.sport }, ...skb.packet.slice(2)] });
}

/** fib_compute_spec_dst() (net/ipv4/fib_frontend.c): an answer comes from the address that this machine would use towards the asker. */
function specDst(sim: Sim, at: At, skb: Skb): number {
  const { src, tos } = ipOf(skb.packet);
  const way = routeOutput(sim, at.ns, { purpose: 'output', dst: src, src: 0, tos, mark: 0, proto: 0, uid: 0 });
  return way.kind === 'route' ? way.src : 0;
}
