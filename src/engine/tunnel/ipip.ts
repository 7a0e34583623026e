import { ipOf, type Ipv4Header, PROTO_IPIP } from '../../packet/packet.ts';
import { ipBytes } from '../../packet/sizes.ts';
import { isUp } from '../../world/lookup.ts';
import type { Link, Tunnel } from '../../world/world.ts';
import { sendIcmpError } from '../ip/icmp.ts';
import { localOut } from '../ip/output.ts';
import { routeOutput } from '../routing/output.ts';
import { learnPmtu, localMtu } from '../routing/pmtu.ts';
import { nexthopOf, type Rtable } from '../routing/rtable.ts';
import type { At, Sim } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { receive } from '../device/receive.ts';

const DEFAULTS: Tunnel = { local: undefined, remote: undefined, ttl: 'inherit', tos: 0, pmtudisc: true };
const OVERHEAD = 20;

/** INET_ECN_encapsulate() (include/net/inet_ecn.h): the ECN bits are copied, but a CE mark stays inside as ECT(0) outside. */
const ecnEncapsulate = (outer: number, inner: number): number => (outer & ~3) | ((inner & 3) === 3 ? 2 : inner & 3);

/**
 * ip_tunnel_xmit() (net/ipv4/ip_tunnel.c) for an IPIP device: an outer header towards the tunnel's remote, or towards the next hop
 * of the inner route where it has none, and out again as a packet made here. The mark stays, the conntrack entry does not.
 */
export function ipipTransmit(sim: Sim, at: At, skb: Skb, link: Link, rt: Rtable): void {
  const inner = ipOf(skb.packet);
  const tunnel = link.tunnel ?? DEFAULTS;
  const dst = tunnel.remote ?? nexthopOf(rt, inner.dst);
  const tos = tunnel.tos === 'inherit' ? inner.tos : tunnel.tos;
  const decided = routeOutput(sim, at.ns, { purpose: 'tunnel', dst, src: tunnel.local ?? 0, tos: tos & 0x1c, mark: 0, proto: PROTO_IPIP });
  if (decided.kind === 'unknown') return sim.unknown(at, skb, decided.what, decided.name, undefined, decided.source.filter((s) => s !== undefined));
  if (decided.kind === 'error' || decided.rt.oif === link.name) {
    sim.emit(at, skb, decided.step, { source: decided.source });
    sim.emit(at, skb, { kind: 'drop', reason: 'no-route' });
    return sim.end(at, skb, 'dropped');
  }
  const df = tunnel.pmtudisc || inner.df;
  if (tooBig(sim, at, skb, link, decided.rt, rt, df)) return;
  const outer: Ipv4Header = {
    type: 'ipv4',
    src: decided.src,
    dst,
    proto: PROTO_IPIP,
    ttl: tunnel.ttl === 'inherit' ? inner.ttl : tunnel.ttl,
    tos: ecnEncapsulate(tos, inner.tos),
    df,
    mf: false,
    offset: 0,
  };
  // iptunnel_xmit() > skb_scrub_packet(): inside one namespace the mark and the IPVS flag stay, the connection does not.
  const wrapped: Skb = { ...skb, packet: [outer, ...skb.packet], eth: undefined, ct: undefined, ignoreDf: false, fragMaxSize: 0, piece: undefined, innerPieces: [...skb.innerPieces, skb.piece], iif: link.name };
  sim.emit(at, wrapped, { kind: 'encap', tunnel: 'ipip', overhead: OVERHEAD, outerSrc: decided.src, outerDst: dst }, { source: [link.source] });
  sim.emit({ ns: at.ns, dev: undefined }, wrapped, decided.step, { source: decided.source });
  localOut(sim, at.ns, wrapped, decided.rt);
}

/** tnl_update_pmtu(): learns what the outer way allows, and answers an inner packet with DF that is larger. */
function tooBig(sim: Sim, at: At, skb: Skb, link: Link, outerRt: Rtable, innerRt: Rtable, df: boolean): boolean {
  const mtu = df ? localMtu(at.ns, outerRt) - OVERHEAD : localMtu(at.ns, innerRt);
  const bytes = ipBytes(skb.packet);
  if (mtu < link.mtu && learnPmtu(at.ns, innerRt.dst, mtu)) sim.emit(at, skb, { kind: 'pmtu', dst: innerRt.dst, mtu });
  if (!ipOf(skb.packet).df || bytes <= mtu) return false;
  sim.emit(at, skb, { kind: 'mtu', bytes, mtu, action: 'error', by: 'tunnel' });
  sim.emit(at, skb, { kind: 'drop', reason: 'too-big' });
  sim.end(at, skb, 'dropped');
  sendIcmpError(sim, at.ns, skb, { icmptype: 3, code: 4, mtu });
  return true;
}

/** How well a device fits the outer addresses (ip_tunnel_lookup()): both ends, the remote, the local, then the fallback without either. */
function fit(link: Link, outer: Ipv4Header): number {
  const { local, remote } = link.tunnel ?? DEFAULTS;
  if (link.kind !== 'ipip' || !isUp(link)) return 0;
  if ((remote !== undefined && remote !== outer.src) || (local !== undefined && local !== outer.dst)) return 0;
  return 1 + (local === undefined ? 0 : 1) + (remote === undefined ? 0 : 2);
}

/** ipip_rcv() and ip_tunnel_rcv(): finds the device, takes the outer header off and receives the inner packet on it. */
export function ipipReceive(sim: Sim, at: At, skb: Skb): void {
  const outer = ipOf(skb.packet);
  const link = at.ns.netns.links.toSorted((a, b) => fit(b, outer) - fit(a, outer))[0];
  if (!link || fit(link, outer) === 0) {
    // tunnel4_rcv(): nobody wants it.
    sim.emit(at, skb, { kind: 'drop', reason: 'no-tunnel' });
    sim.end(at, skb, 'dropped');
    return sendIcmpError(sim, at.ns, skb, { icmptype: 3, code: 3, localDst: true });
  }
  const inside = skb.packet.slice(1);
  if (inside[0]?.type !== 'ipv4') return sim.unknown(at, skb, 'fragment', 'inner packet');
  const unwrapped: Skb = { ...skb, packet: inside, eth: undefined, ct: undefined, fragMaxSize: 0, piece: skb.innerPieces.at(-1), innerPieces: skb.innerPieces.slice(0, -1) };
  const there: At = { ns: at.ns, dev: link.name };
  sim.emit(there, unwrapped, { kind: 'decap', tunnel: 'ipip', overhead: OVERHEAD, outerSrc: outer.src, outerDst: outer.dst }, { source: [link.source] });
  receive(sim, there, unwrapped);
}
