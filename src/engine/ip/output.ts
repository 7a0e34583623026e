import { ipOf } from '../../packet/packet.ts';
import { ipBytes } from '../../packet/sizes.ts';
import { neighbourOutput } from '../device/neighbour.ts';
import { runHook } from '../netfilter/hooks.ts';
import { forwardMtu, localMtu } from '../routing/pmtu.ts';
import type { Rtable } from '../routing/rtable.ts';
import { type At, drain, type Ns, type Sim } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { fragmentPacket } from './fragment.ts';
import { sendIcmpError } from './icmp.ts';

/** ip_local_out() (net/ipv4/ip_output.c): the OUTPUT hook of a packet made here, then ip_output(). */
export function localOut(sim: Sim, ns: Ns, skb: Skb, rt: Rtable): void {
  const at: At = { ns, dev: undefined };
  const hooked = runHook(sim, at, 'OUTPUT', skb, { in: undefined, out: rt.oif }, rt);
  if (hooked.verdict !== 'accept') return;
  ipOutput(sim, ns, hooked.state.skb, hooked.state.rt ?? rt);
}

/** Sends an ICMP packet of the kernel's own: an error about that very packet is not made (icmp_xmit_lock(), net/ipv4/icmp.c). */
export function localOutIcmp(sim: Sim, ns: Ns, skb: Skb, rt: Rtable): void {
  sim.sendingIcmp = true;
  localOut(sim, ns, skb, rt);
  sim.sendingIcmp = false;
}

/** ip_output() and ip_finish_output(): POSTROUTING, then pieces if it is too large, then the neighbour. */
export function ipOutput(sim: Sim, ns: Ns, skb: Skb, rt: Rtable, { forwarded = false } = {}): void {
  const at: At = { ns, dev: rt.oif };
  const hooked = runHook(sim, at, 'POSTROUTING', skb, { in: skb.iif, out: rt.oif }, rt);
  if (hooked.verdict !== 'accept') return;
  const out = hooked.state.skb;
  const bytes = ipBytes(out.packet);
  // ip_skb_dst_mtu(): what was learned about the path binds only what is sent here.
  const mtu = forwarded ? forwardMtu(ns, rt) : localMtu(ns, rt);
  if (bytes <= mtu && out.fragMaxSize === 0) return neighbourOutput(sim, at, out, rt);
  // ip_fragment(): DF forbids it, unless the packet was fragmented on its way here or its sender said otherwise.
  if (ipOf(out.packet).df && !out.ignoreDf) {
    if (bytes <= mtu) return neighbourOutput(sim, at, out, rt);
    sim.emit(at, out, { kind: 'mtu', bytes, mtu, action: 'error', by: 'path' });
    sim.emit(at, out, { kind: 'drop', reason: 'too-big' });
    sim.end(at, out, 'dropped');
    return sendIcmpError(sim, ns, out, { icmptype: 3, code: 4, mtu });
  }
  const limit = out.fragMaxSize > 0 ? Math.min(mtu, out.fragMaxSize) : mtu;
  if (bytes <= limit) return neighbourOutput(sim, at, out, rt);
  sim.emit(at, out, { kind: 'mtu', bytes, mtu: limit, action: 'fragment', by: 'device' });
  for (const piece of fragmentPacket(sim, at, out, limit)) {
    neighbourOutput(sim, at, piece, rt);
    // local_bh_enable() at the end of __dev_queue_xmit(): frames are received before a process sends on.
    if (!sim.softirq && sim.xmitDepth === 0) drain(sim);
  }
}
