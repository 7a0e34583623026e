import { isLoopback, isMulticast } from '../../packet/address.ts';
import { type IcmpHeader, ipOf, l4Of, PROTO_ICMP } from '../../packet/packet.ts';
import { ipBytes } from '../../packet/sizes.ts';
import type { Link } from '../../world/world.ts';
import { netifReceive, receive } from '../device/receive.ts';
import type { At, Sim } from '../sim.ts';
import type { Skb } from '../skb.ts';

/**
 * iptunnel_pmtud_check_icmp() and iptunnel_pmtud_build_icmp() (net/ipv4/ip_tunnel_core.c): a bridge has no address to send an error
 * from, so the tunnel device itself "receives" one, in the name of the frame's destination. False where none is due.
 */
export function bridgedError(sim: Sim, at: At, skb: Skb, link: Link, mtu: number): boolean {
  const answer = bridgedIcmp(sim, at, skb, mtu);
  if (!answer) return false;
  const there: At = { ns: at.ns, dev: link.name };
  // vxlan_encap_bypass() takes it for this machine's whatever its MAC says; geneve_xmit_skb() looks.
  sim.backlog.push(() => (link.kind === 'vxlan' ? netifReceive(sim, there, { ...answer, pktType: 'host' }, link) : receive(sim, there, answer)));
  return true;
}

/** The error that a tunnel device makes about a frame that a bridge hands it; undefined where none is due. */
export function bridgedIcmp(sim: Sim, at: At, skb: Skb, mtu: number): Skb | undefined {
  const ip = ipOf(skb.packet);
  const l4 = l4Of(skb.packet);
  if (!skb.eth || isMulticast(ip.dst) || isMulticast(ip.src) || isLoopback(ip.src) || ip.src === 0 || ip.dst === 0xffffffff || ip.src === 0xffffffff) return undefined;
  if (l4?.type === 'icmp' && l4.quote) return undefined;
  sim.emit(at, skb, { kind: 'mtu', bytes: ipBytes(skb.packet), mtu, action: 'error', by: 'tunnel' });
  sim.emit(at, skb, { kind: 'drop', reason: 'too-big' });
  sim.end(at, skb, 'dropped');
  const icmp: IcmpHeader = { type: 'icmp', icmptype: 3, code: 4, mtu, quote: { packet: skb.packet, bytes: Math.min(ipBytes(skb.packet), 548) } };
  const answer: Skb = {
    ...skb,
    id: sim.newPacketId(),
    role: 'error',
    packet: [{ type: 'ipv4', src: ip.dst, dst: ip.src, proto: PROTO_ICMP, ttl: ip.ttl, tos: 0, df: true, mf: false, offset: 0 }, icmp],
    eth: { ...skb.eth, src: skb.eth.dst, dst: skb.eth.src },
    ct: undefined,
    piece: undefined,
    innerPieces: [],
    physin: undefined,
    physout: undefined,
    prerouted: false,
    decided: undefined,
    flood: undefined,
  };
  sim.emit(at, answer, { kind: 'send', what: 'icmp-error', icmp });
  return answer;
}
