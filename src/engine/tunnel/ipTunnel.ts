import { ETHERTYPE_IPV4, ETHERTYPE_TEB, type GreHeader, ipOf, PROTO_GRE, PROTO_IPIP } from '../../packet/packet.ts';
import { headerBytes } from '../../packet/sizes.ts';
import { isUp } from '../../world/lookup.ts';
import type { GreTunnel, IpipTunnel } from '../../world/tunnel.ts';
import type { Link } from '../../world/world.ts';
import { sendIcmpError } from '../ip/icmp.ts';
import { nexthopOf, type Rtable } from '../routing/rtable.ts';
import { type At, linkOf, type Sim, sysctl } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { ovsTunnelReceive } from '../ovs/receive.ts';
import { rawReceive } from '../socket/raw.ts';
import { ecnEncapsulate } from './ecn.ts';
import { dropIn, innerIpOf, isForeign, maybeElsewhere, orAny, receiveInner, routeOuter, sendOuter } from './outer.ts';
import { tellSender, updatePmtu } from './pmtu.ts';

type IpTunnel = IpipTunnel | GreTunnel;

/** What stands between the outer IP header and the inner packet; nothing for IPIP (gre_build_header()). */
const greOf = (tunnel: IpTunnel): GreHeader | undefined =>
  tunnel.kind === 'ipip' ? undefined : { type: 'gre', protocol: tunnel.kind === 'gretap' ? ETHERTYPE_TEB : ETHERTYPE_IPV4, key: tunnel.okey, csum: tunnel.ocsum, seq: tunnel.oseq };

/**
 * ip_tunnel_xmit() (net/ipv4/ip_tunnel.c) for ipip, gre and gretap: an outer header towards the tunnel's remote, or towards the next
 * hop of the inner route where it has none.
 */
export function ipTunnelTransmit(sim: Sim, at: At, skb: Skb, link: Link, tunnel: IpTunnel, rt: Rtable | undefined): void {
  if (isForeign(sim, at, skb, link, tunnel)) return;
  const inner = innerIpOf(skb);
  const dst = tunnel.remote ?? manyDst(at, link, tunnel, rt, inner?.dst);
  if (dst === undefined) return dropIn(sim, at, skb, 'no-tunnel-remote');
  // An odd value means `inherit`, whatever else it says.
  const tos = tunnel.tos === 'inherit' || (tunnel.tos & 1) === 1 ? (inner?.tos ?? (tunnel.tos === 'inherit' ? 0 : tunnel.tos & ~1)) : tunnel.tos;
  const proto = tunnel.kind === 'ipip' ? PROTO_IPIP : PROTO_GRE;
  const way = routeOuter(sim, at, skb, link, { dst, src: orAny(tunnel.local), tos, mark: tunnel.fwmark, proto, oif: tunnel.dev });
  if (!way) return;
  const gre = greOf(tunnel);
  const df = tunnel.pmtudisc || (inner?.df === true && !(tunnel.kind !== 'ipip' && tunnel.ignoreDf));
  const frame = tunnel.kind === 'gretap' && skb.eth ? [skb.eth] : [];
  if (updatePmtu(sim, at, skb, link, way.rt, rt, df, 20 + (gre ? headerBytes(gre) : 0) + 14 * frame.length)) return;
  // dst_link_failure(): errors came back for earlier packets; this one goes out all the same.
  const errors = at.ns.tunnels.errors.get(link.name) ?? 0;
  if (errors > 0) {
    at.ns.tunnels.errors.set(link.name, errors - 1);
    if (rt && inner) tellSender(sim, at, skb, { icmptype: 3, code: 1 });
  }
  const ttl = tunnel.ttl === 'inherit' ? (inner?.ttl ?? sysctl(at.ns, 'net.ipv4.ip_default_ttl', 64)) : tunnel.ttl;
  sendOuter(sim, at, skb, link, way, { dst, proto, ttl, tos: ecnEncapsulate(tos, inner?.tos ?? 0), df }, [...(gre ? [gre] : []), ...frame], { tunnel: tunnel.kind });
}

/**
 * A tunnel to many: the next hop of the inner route is the outer destination. A gre device has link-layer addresses, which are
 * outer addresses: the next hop's neighbour entry gives it, and without one the device's own address (arp_constructor() with
 * NOARP, ipgre_header()).
 */
function manyDst(at: At, link: Link, tunnel: IpTunnel, rt: Rtable | undefined, innerDst: number | undefined): number | undefined {
  if (!rt || innerDst === undefined) return undefined;
  const nexthop = nexthopOf(rt, innerDst);
  if (tunnel.kind !== 'gre') return nexthop;
  return at.ns.netns.neighbours.find((n) => n.dev === link.name && n.ip === nexthop && n.outer !== undefined)?.outer ?? tunnel.local;
}

/** What an outer packet is looked up by. `key` is undefined where it has none. */
interface Wanted {
  readonly kind: IpTunnel['kind'];
  readonly iif: string | undefined;
  readonly remote: number;
  readonly local: number;
  readonly key: number | undefined;
}

/**
 * ip_tunnel_lookup() (net/ipv4/ip_tunnel.c): both ends, then the remote, then the local, then neither; in each round a device bound
 * to where the packet came in wins at once, any other is kept for want of a better. A key must be the same, or missing on both sides.
 */
export function findTunnel(at: At, { kind, iif, remote, local, key }: Wanted): Link | undefined {
  const all = at.ns.netns.links.flatMap((link) => (link.kind === kind && isUp(link) && (link.tunnel?.kind === 'ipip' || link.tunnel?.kind === 'gre' || link.tunnel?.kind === 'gretap') ? [{ link, tunnel: link.tunnel }] : []));
  // Hash chains grow at their head: the youngest device is met first.
  all.reverse();
  const keyed = (tunnel: IpTunnel): boolean => tunnel.kind === 'ipip' || tunnel.ikey === key;
  const rounds: readonly ((tunnel: IpTunnel) => boolean)[] = [
    (t) => keyed(t) && t.remote === remote && t.local === local,
    (t) => keyed(t) && t.remote === remote && t.local === undefined,
    (t) => keyed(t) && t.remote === undefined && t.local === local,
    (t) => t.remote === undefined && t.local === undefined && (t.kind === 'ipip' || (t.ikey ?? 0) === (key ?? 0)),
  ];
  let candidate: Link | undefined;
  for (const [i, fits] of rounds.entries()) {
    for (const { link, tunnel } of all) {
      if (!fits(tunnel)) continue;
      if (tunnel.dev !== undefined && tunnel.dev === iif) return link;
      if (i === 0 || !candidate) candidate = link;
    }
  }
  // The module's own device takes what nobody wants.
  return candidate ?? all.find(({ link }) => link.name === `${kind === 'ipip' ? 'tunl' : kind}0`)?.link;
}

/** True when some namespace of the machine has such a device: then the module that answers for its protocol is there. */
const hasModule = (at: At, kinds: readonly string[]): boolean => at.ns.host.netns.some((n) => n.links.some((l) => kinds.includes(l.kind)));

/** tunnel4_rcv() and ipip_rcv(); gre_rcv() and ipgre_rcv(): finds the device, takes the outer headers off and receives the inner packet on it. */
export function ipTunnelReceive(sim: Sim, at: At, skb: Skb): void {
  if (ovsTunnelReceive(sim, at, skb)) return;
  const outer = ipOf(skb.packet);
  const gre = skb.packet[1]?.type === 'gre' ? skb.packet[1] : undefined;
  const kind = outer.proto === PROTO_IPIP ? 'ipip' : gre?.protocol === ETHERTYPE_TEB ? 'gretap' : 'gre';
  const kinds = kind === 'ipip' ? ['ipip'] : ['gre', 'gretap'];
  if (maybeElsewhere(sim, at, skb, kinds)) return;
  if (!hasModule(at, kinds)) return rawReceive(sim, at, skb);
  const link = findTunnel(at, { kind, iif: at.dev, remote: outer.src, local: outer.dst, key: gre?.key });
  const tunnel = link?.tunnel;
  if (!link || !tunnel) {
    dropIn(sim, at, skb, 'no-tunnel');
    return sendIcmpError(sim, at.ns, skb, { icmptype: 3, code: 3, localDst: true });
  }
  const there: At = { ns: at.ns, dev: link.name };
  if (isForeign(sim, there, skb, link, tunnel)) return;
  const layers = gre ? 2 : 1;
  if (tunnel.kind === 'ipip' ? skb.packet[1]?.type !== 'ipv4' : !gre) return sim.unknown(there, skb, 'fragment', 'inner packet');
  // ip_tunnel_rcv(): checksums where none are wanted, or none where they are; numbers missing.
  if (tunnel.kind !== 'ipip' && tunnel.kind !== 'vxlan' && tunnel.kind !== 'geneve' && gre && (gre.csum !== tunnel.icsum || (tunnel.iseq && !gre.seq))) return dropIn(sim, there, skb, 'tunnel-mismatch');
  receiveInner(sim, at, skb, link, layers, { tunnel: kind });
}

/**
 * ipip_err(), gre_err() (an ICMP error about an outer packet): a tunnel with a remote remembers it, and answers the packets that
 * follow with host unreachable. An expired TTL counts only where it is the tunnel's own. Sizes are learned by whoever receives ICMP.
 */
export function ipTunnelError(at: At, quoted: Skb['packet'], icmptype: number, code: number): void {
  const outer = ipOf(quoted);
  const gre = quoted[1]?.type === 'gre' ? quoted[1] : undefined;
  if (outer.proto !== PROTO_IPIP && !gre) return;
  const counts = (icmptype === 3 && code !== 4 && code !== 5 && !(gre && code === 3)) || (icmptype === 11 && code === 0);
  if (!counts) return;
  const kind = outer.proto === PROTO_IPIP ? 'ipip' : gre?.protocol === ETHERTYPE_TEB ? 'gretap' : 'gre';
  const link = linkOf(at.ns, findTunnel(at, { kind, iif: at.dev, remote: outer.dst, local: outer.src, key: gre?.key })?.name);
  const tunnel = link?.tunnel;
  if (!link || !tunnel || tunnel.remote === undefined || (icmptype === 11 && tunnel.ttl === 'inherit')) return;
  at.ns.tunnels.errors.set(link.name, (at.ns.tunnels.errors.get(link.name) ?? 0) + 1);
}
