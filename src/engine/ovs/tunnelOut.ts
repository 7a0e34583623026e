import { isMulticast } from '../../packet/address.ts';
import { type EthHeader, ETHERTYPE_TEB, ETHERTYPE_VLAN, type GeneveHeader, type Header, type Ipv4Header, PROTO_GRE, PROTO_UDP } from '../../packet/packet.ts';
import { headerBytes } from '../../packet/sizes.ts';
import type { OvsPort } from '../../world/openflow.ts';
import type { Link } from '../../world/world.ts';
import type { DpTunnel } from '../openflow/types.ts';
import { type At, BOUNDS, linkOf, type Ns, type Sim, sysctl } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { bridgedIcmp } from '../tunnel/bridgedError.ts';
import { ecnEncapsulate } from '../tunnel/ecn.ts';
import { dropIn, innerIpOf, routeOuter, sendOuter } from '../tunnel/outer.ts';
import { checkPmtu } from '../tunnel/pmtu.ts';
import { sourcePort } from '../tunnel/sourcePort.ts';
import { receiveFromTunnel, systemDevice } from './receive.ts';

/** What the kernel makes for a kind of tunnel, where no listing shows it. */
const systemLink = (name: string, type: string): Link => ({
  ifindex: 0,
  name,
  kind: type === 'gre' ? 'gretap' : type === 'vxlan' ? 'vxlan' : 'geneve',
  kindText: type === 'gre' ? 'gretap' : type,
  // VXLAN_MAX_MTU, GENEVE_MAX_MTU as the switch sets it (lib/dpif-netlink-rtnl.c).
  mtu: 65_000,
  flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'],
  mac: undefined,
  peer: undefined,
  linkNetnsid: undefined,
  linkNetns: undefined,
  master: 'ovs-system',
  tunnel: undefined,
  addresses: [],
  source: undefined,
});

const hexBytes = (hex: string): number => hex.length / 2;

const geneveOf = (vni: number, options: DpTunnel['options']): GeneveHeader => ({
  type: 'geneve',
  vni,
  optionBytes: options.reduce((sum, o) => sum + 4 + hexBytes(o.hex), 0),
  ...(options.length > 0 ? { options } : {}),
});

/** The headers between the outer IP header and the frame. */
function layersOf(port: OvsPort, { id, dstPort, options, csum, key }: DpTunnel, sport: number): readonly Header[] {
  const number = id[1] ?? 0;
  if (port.type === 'gre') return [{ type: 'gre', protocol: ETHERTYPE_TEB, key: key ? number : undefined, csum, seq: false }];
  return [{ type: 'udp', sport, dport: dstPort }, port.type === 'vxlan' ? { type: 'vxlan', vni: number & 0xffffff } : geneveOf(number & 0xffffff, options)];
}

/** The frame with its tag inside, as a tunnel carries it (__vlan_hwaccel_push_inside()). */
const tagged = (eth: EthHeader, vid: number | undefined): readonly Header[] => (vid === undefined ? [eth] : [{ ...eth, ethertype: ETHERTYPE_VLAN }, { type: 'vlan', id: vid, ethertype: eth.ethertype }]);

/**
 * vxlan_xmit_one(), geneve_xmit_skb() and gre_fb_xmit() with what the switch has set for this packet: addresses, key, TTL, DF and options;
 * the machine's routes say by which device, and from which address where the switch does not.
 */
export function ovsTunnelTransmit(sim: Sim, ns: Ns, skb: Skb, port: OvsPort, tunnel: DpTunnel): void {
  const name = systemDevice(port.type, tunnel.dstPort);
  const at: At = { ns, dev: name };
  const link = linkOf(ns, name) ?? systemLink(name, port.type);
  const { eth } = skb;
  sim.emit(at, skb, { kind: 'transmit', segment: undefined, to: undefined }, { framed: true, source: [link.source], ...(skb.role === 'arp' ? { subsystem: 'neighbour' } : {}) });
  if (!eth) return dropIn(sim, at, skb, 'no-tunnel-remote');
  if (isMulticast(tunnel.dst)) return sim.unknown(at, skb, 'tunnel', `${port.name}: group`, undefined, port.source ? [port.source] : []);
  if (sim.xmitDepth > BOUNDS.xmitDepth) return dropIn(sim, at, skb, 'tunnel-loop');
  const inner = innerIpOf(skb);
  const isGre = port.type === 'gre';
  const sport = isGre ? 0 : sourcePort(sim, at, skb, link, port.type === 'geneve' ? { from: 1, to: 65535 } : undefined);
  const ask = { dst: tunnel.dst, src: tunnel.src, tos: tunnel.tos, mark: skb.mark, proto: isGre ? PROTO_GRE : PROTO_UDP, ...(isGre ? {} : { sport, dport: tunnel.dstPort }), oif: undefined };
  const way = routeOuter(sim, at, skb, link, ask);
  if (!way) return;
  const layers = layersOf(port, tunnel, sport);
  const headroom = 20 + 14 + layers.reduce((sum, h) => sum + headerBytes(h), 0);
  // skb_tunnel_check_pmtu() with netif_is_any_bridge_port(): the device of a switch's port answers what does not fit.
  const mtu = isGre ? undefined : checkPmtu(sim, at, skb, { ...link, master: link.master ?? 'ovs-system' }, way.rt, undefined, headroom);
  const error = mtu === undefined ? undefined : bridgedIcmp(sim, at, skb, mtu);
  if (error) {
    const type = port.type === 'vxlan' ? 'vxlan' : 'geneve';
    // The error comes back by the tunnel as if the other end had sent it.
    return void sim.backlog.push(() => receiveFromTunnel(sim, at, error, type, tunnel.dstPort, { id: tunnel.id, src: tunnel.dst, dst: way.src, tos: tunnel.tos, ttl: tunnel.ttl, options: tunnel.options }));
  }
  const ip: Pick<Ipv4Header, 'dst' | 'proto' | 'ttl' | 'tos' | 'df'> = {
    dst: tunnel.dst,
    proto: ask.proto,
    ttl: tunnel.ttl || sysctl(ns, 'net.ipv4.ip_default_ttl', 64),
    tos: ecnEncapsulate(tunnel.tos, inner?.tos ?? 0),
    df: tunnel.df,
  };
  const vni = tunnel.id[1] ?? 0;
  sim.xmitDepth++;
  sendOuter(sim, at, { ...skb, vid: undefined }, link, way, ip, [...layers, ...tagged(eth, skb.vid)], { tunnel: isGre ? 'gretap' : port.type === 'vxlan' ? 'vxlan' : 'geneve', vni }, [port.source]);
  sim.xmitDepth--;
}
