import { ipOf, withIp } from '../../packet/packet.ts';
import { ipBytes } from '../../packet/sizes.ts';
import { runHook } from '../netfilter/hooks.ts';
import { forwardMtu } from '../routing/pmtu.ts';
import type { Rtable } from '../routing/rtable.ts';
import type { At, Sim } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { sendIcmpError } from './icmp.ts';
import { ipOutput } from './output.ts';
import { sendRedirect } from './redirect.ts';

/**
 * ip_forward() (net/ipv4/ip_forward.c): the TTL is looked at first, then the size, then the TTL goes down, and only then do the
 * FORWARD rules see the packet. A sender that took a detour over this machine is told so before them.
 */
export function forward(sim: Sim, at: At, skb: Skb, rt: Rtable): void {
  const ip = ipOf(skb.packet);
  if (ip.ttl <= 1) {
    sim.emit(at, skb, { kind: 'drop', reason: 'ttl' });
    sim.end(at, skb, 'dropped');
    return sendIcmpError(sim, at.ns, skb, { icmptype: 11, code: 0 });
  }
  const bytes = ipBytes(skb.packet);
  const mtu = forwardMtu(at.ns, rt);
  // ip_exceeds_mtu()
  if (bytes > mtu && ip.df && (skb.fragMaxSize > mtu || !skb.ignoreDf)) {
    sim.emit(at, skb, { kind: 'mtu', bytes, mtu, action: 'error', by: 'device' });
    sim.emit(at, skb, { kind: 'drop', reason: 'too-big' });
    sim.end(at, skb, 'dropped');
    return sendIcmpError(sim, at.ns, skb, { icmptype: 3, code: 4, mtu });
  }
  const lower: Skb = { ...skb, packet: withIp(skb.packet, { ttl: ip.ttl - 1 }) };
  sim.emit(at, lower, { kind: 'ttl', before: ip.ttl, after: ip.ttl - 1, by: 'forward' });
  if (rt.redirect) sendRedirect(sim, at.ns, lower, rt);
  const hooked = runHook(sim, at, 'FORWARD', lower, { in: skb.iif, out: rt.oif }, rt);
  if (hooked.verdict !== 'accept') return;
  ipOutput(sim, at.ns, hooked.state.skb, hooked.state.rt ?? rt, { forwarded: true });
}
