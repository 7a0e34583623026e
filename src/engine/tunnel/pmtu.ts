import type { Ipv4Header } from '../../packet/packet.ts';
import { ipOf, withIp } from '../../packet/packet.ts';
import { ipBytes } from '../../packet/sizes.ts';
import type { Link } from '../../world/world.ts';
import { sendIcmpError } from '../ip/icmp.ts';
import { learnPmtu, localMtu } from '../routing/pmtu.ts';
import type { Rtable } from '../routing/rtable.ts';
import type { At, Sim } from '../sim.ts';
import type { Skb } from '../skb.ts';

/** skb_dst_update_pmtu_no_confirm(): the inner route learns a smaller size. */
function learn(sim: Sim, at: At, skb: Skb, inner: Rtable | undefined, mtu: number): void {
  const learned = inner && mtu < localMtu(at.ns, inner) ? learnPmtu(at.ns, inner.dst, mtu) : undefined;
  if (inner && learned !== undefined) sim.emit(at, skb, { kind: 'pmtu', dst: inner.dst, mtu: learned });
}

/**
 * tnl_update_pmtu() (net/ipv4/ip_tunnel.c): learns what the outer way allows, where the outer packet may not be cut; an inner packet
 * with DF that is larger is answered with ICMP 3/4. True when the packet ended.
 */
export function updatePmtu(sim: Sim, at: At, skb: Skb, link: Link, outer: Rtable, inner: Rtable | undefined, df: boolean, overhead: number): boolean {
  const mtu = df ? localMtu(at.ns, outer) - overhead : inner ? localMtu(at.ns, inner) : link.mtu;
  learn(sim, at, skb, inner, mtu);
  const ip: Ipv4Header | undefined = skb.packet[0]?.type === 'ipv4' ? skb.packet[0] : undefined;
  if (!ip?.df || ipBytes(skb.packet) <= mtu) return false;
  sim.emit(at, skb, { kind: 'mtu', bytes: ipBytes(skb.packet), mtu, action: 'error', by: 'tunnel' });
  sim.emit(at, skb, { kind: 'drop', reason: 'too-big' });
  sim.end(at, skb, 'dropped');
  // Without a route of its own, as on a bridge, icmp_send() answers nothing.
  if (inner) tellSender(sim, at, skb, { icmptype: 3, code: 4, mtu });
  return true;
}

/** icmp_ndo_send() (net/ipv4/icmp.c): the error goes to who sent the packet before its source was translated. */
export function tellSender(sim: Sim, at: At, skb: Skb, error: Parameters<typeof sendIcmpError>[3]): void {
  const src = skb.ct?.kind === 'tracked' && skb.ct.entry.srcNat ? skb.ct.entry[skb.ct.dir === 'original' ? 'orig' : 'reply'].src : ipOf(skb.packet).src;
  sendIcmpError(sim, at.ns, { ...skb, packet: withIp(skb.packet, { src }) }, error);
}

/**
 * skb_tunnel_check_pmtu() (net/ipv4/ip_tunnel_core.c) for VXLAN and Geneve: what is too large teaches the inner route, and goes out
 * all the same. The answer is the size to tell when the device is a port of a bridge: it sends the error itself (see bridgedError()).
 */
export function checkPmtu(sim: Sim, at: At, skb: Skb, link: Link, outer: Rtable, inner: Rtable | undefined, headroom: number): number | undefined {
  const mtu = localMtu(at.ns, outer) - headroom;
  const ip = skb.packet[0];
  if (ip?.type !== 'ipv4' || ipBytes(skb.packet) <= mtu) return undefined;
  learn(sim, at, skb, inner, mtu);
  return link.master !== undefined && ip.df && !ip.mf && ip.offset === 0 && mtu > 576 ? mtu : undefined;
}
