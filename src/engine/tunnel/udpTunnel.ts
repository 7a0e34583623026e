import { type Ip4, isMulticast, type Mac } from '../../packet/address.ts';
import { type Header, ipOf, type Ipv4Header, l4Of, PROTO_UDP } from '../../packet/packet.ts';
import { isUp } from '../../world/lookup.ts';
import type { GeneveTunnel, VxlanTunnel } from '../../world/tunnel.ts';
import type { Link } from '../../world/world.ts';
import { netifReceive } from '../device/receive.ts';
import { ovsTunnelReceive } from '../ovs/receive.ts';
import type { Rtable } from '../routing/rtable.ts';
import { type At, type Sim, sysctl } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { arpReduce } from './arpReduce.ts';
import { bridgedError } from './bridgedError.ts';
import { ecnEncapsulate } from './ecn.ts';
import { dropIn, innerIpOf, isForeign, maybeElsewhere, orAny, receiveInner, routeOuter, sendOuter } from './outer.ts';
import { checkPmtu } from './pmtu.ts';
import { sourcePort } from './sourcePort.ts';
import { findRemotes, learnRemote, type Remote } from './vxlanFdb.ts';

/** IPv4, UDP, VXLAN or Geneve without options, Ethernet: VXLAN_HEADROOM, GENEVE_IPV4_HLEN. */
const HEADROOM = 50;
const LOOPBACK: Ip4 = 0x7f000001;

type UdpTunnel = VxlanTunnel | GeneveTunnel;

/** vxlan_xmit() (drivers/net/vxlan/vxlan_core.c): looks up who has the destination's MAC and sends the frame to each of them. */
export function vxlanTransmit(sim: Sim, at: At, skb: Skb, link: Link, tunnel: VxlanTunnel, rt: Rtable | undefined): void {
  if (isForeign(sim, at, skb, link, tunnel)) return;
  const dst = skb.eth?.dst;
  if (dst === undefined) return dropIn(sim, at, skb, 'no-fdb');
  if (tunnel.proxy && skb.packet[0]?.type === 'arp') return arpReduce(sim, at, skb, link, tunnel);
  const answer = findRemotes(at, link, tunnel, dst);
  if (answer.kind === 'unknown') return sim.unknown(at, skb, 'fdb', answer.name, `bridge fdb show dev ${link.name}`, answer.source ? [answer.source] : []);
  if (tunnel.rsc && answer.remotes.some((r) => r.how === 'entry')) return sim.unknown(at, skb, 'tunnel', `vxlan ${link.name}: rsc`, undefined, link.source ? [link.source] : []);
  if (answer.remotes.length === 0) return dropIn(sim, at, skb, 'no-fdb');
  const flood = answer.remotes.length > 1 ? (skb.flood ?? { taken: false }) : skb.flood;
  for (const [i, remote] of answer.remotes.entries()) {
    // All but the last are clones.
    const copy: Skb = { ...skb, ...(i === answer.remotes.length - 1 ? {} : { id: sim.newPacketId() }), flood };
    vxlanTransmitOne(sim, at, copy, link, tunnel, remote, rt);
  }
}

/** vxlan_xmit_one(): one copy, to one remote end. */
function vxlanTransmitOne(sim: Sim, at: At, skb: Skb, link: Link, tunnel: VxlanTunnel, remote: Remote, rt: Rtable | undefined): void {
  if (remote.ip === 0) return dropIn(sim, at, skb, 'no-fdb');
  if (isMulticast(remote.ip)) return sim.unknown(at, skb, 'tunnel', `vxlan ${link.name}: group`, undefined, remote.source ? [remote.source] : []);
  const vni = remote.vni ?? tunnel.vni;
  const port = remote.port ?? tunnel.dstport;
  const range = tunnel.srcport.from < tunnel.srcport.to ? tunnel.srcport : undefined;
  const step = { tunnel: tunnel.kind, vni, fdb: remote.how } as const;
  udpTransmit(sim, at, skb, link, tunnel, rt, { dst: remote.ip, src: orAny(tunnel.local), oif: remote.via, port, range, layer: { type: 'vxlan', vni }, step, source: remote.source, bypass: true });
}

/** geneve_xmit_skb() (drivers/net/geneve.c). */
export function geneveTransmit(sim: Sim, at: At, skb: Skb, link: Link, tunnel: GeneveTunnel, rt: Rtable | undefined): void {
  if (isForeign(sim, at, skb, link, tunnel)) return;
  if (tunnel.remote === undefined || skb.eth === undefined) return dropIn(sim, at, skb, 'no-tunnel-remote');
  const { vni, remote, dstport } = tunnel;
  udpTransmit(sim, at, skb, link, tunnel, rt, { dst: remote, src: 0, oif: undefined, port: dstport, range: { from: 1, to: 65535 }, layer: { type: 'geneve', vni, optionBytes: 0 }, step: { tunnel: 'geneve', vni }, source: undefined, bypass: false });
}

interface To {
  readonly dst: Ip4;
  readonly src: Ip4;
  readonly oif: string | undefined;
  readonly port: number;
  /** Undefined: the namespace's own. */
  readonly range: { readonly from: number; readonly to: number } | undefined;
  readonly layer: Extract<Header, { type: 'vxlan' | 'geneve' }>;
  readonly step: Parameters<typeof sendOuter>[7];
  readonly source: Remote['source'];
  /** A frame to this machine itself is handed over without being wrapped (encap_bypass_if_local()). */
  readonly bypass: boolean;
}

function udpTransmit(sim: Sim, at: At, skb: Skb, link: Link, tunnel: UdpTunnel, rt: Rtable | undefined, to: To): void {
  const { eth } = skb;
  if (!eth) return;
  if (skb.vid !== undefined) return sim.unknown(at, skb, 'tunnel', `${tunnel.kind} ${link.name}: vlan ${skb.vid}`, undefined, link.source ? [link.source] : []);
  const inner = innerIpOf(skb);
  const tos = tunnel.tos === 'inherit' || tunnel.tos === 1 ? (inner?.tos ?? 0) : tunnel.tos;
  const sport = sourcePort(sim, at, skb, link, to.range);
  const way = routeOuter(sim, at, skb, link, { dst: to.dst, src: to.src, tos, mark: skb.mark, proto: PROTO_UDP, sport, dport: to.port, oif: to.oif });
  if (!way) return;
  if (to.bypass && way.rt.kind === 'local') return handOver(sim, at, skb, to);
  const mtu = checkPmtu(sim, at, skb, link, way.rt, rt, HEADROOM);
  if (mtu !== undefined && bridgedError(sim, at, skb, link, mtu)) return;
  const ttl = (tunnel.ttl === 'inherit' ? (inner?.ttl ?? 0) : tunnel.ttl === 'auto' ? 0 : tunnel.ttl) || sysctl(at.ns, 'net.ipv4.ip_default_ttl', 64);
  const ip: Pick<Ipv4Header, 'dst' | 'proto' | 'ttl' | 'tos' | 'df'> = { dst: to.dst, proto: PROTO_UDP, ttl, tos: ecnEncapsulate(tos, inner?.tos ?? 0), df: tunnel.df === 'set' || (tunnel.df === 'inherit' && inner?.df === true) };
  sendOuter(sim, at, skb, link, way, ip, [{ type: 'udp', sport, dport: to.port }, to.layer, eth], to.step, [to.source]);
}

/** vxlan_encap_bypass(): the device of that VNI here receives the frame at once. */
function handOver(sim: Sim, at: At, skb: Skb, to: To): void {
  const there = vxlansOn(at, to.port).find(({ tunnel }) => tunnel.vni === to.layer.vni)?.link;
  if (!there || !skb.eth) return dropIn(sim, at, skb, 'no-tunnel');
  if (there.tunnel?.kind === 'vxlan' && there.tunnel.learning) learnRemote(at, there, skb.eth.src, LOOPBACK);
  sim.backlog.push(() => netifReceive(sim, { ns: at.ns, dev: there.name }, { ...skb, pktType: 'host' }, there));
}

/** The VXLAN devices that listen on a port: those that are up (vxlan_open()). */
const vxlansOn = (at: At, port: number): readonly { readonly link: Link; readonly tunnel: VxlanTunnel }[] =>
  at.ns.netns.links.flatMap((link) => (link.tunnel?.kind === 'vxlan' && isUp(link) && link.tunnel.dstport === port ? [{ link, tunnel: link.tunnel }] : []));

const genevesOn = (at: At, port: number): readonly { readonly link: Link; readonly tunnel: GeneveTunnel }[] =>
  at.ns.netns.links.flatMap((link) => (link.tunnel?.kind === 'geneve' && isUp(link) && link.tunnel.dstport === port ? [{ link, tunnel: link.tunnel }] : []));

/** is_valid_ether_addr() */
const isValidMac = (mac: Mac): boolean => mac !== '00:00:00:00:00:00' && (Number.parseInt(mac.slice(1, 2), 16) & 1) === 0;

/**
 * udp_queue_rcv_one_skb() > vxlan_rcv(), geneve_udp_encap_recv(): a datagram to the port of a tunnel goes to the tunnel and to no
 * other socket. VXLAN takes it from anybody who names the VNI, Geneve only from its remote. False when the port is no tunnel's.
 */
export function udpTunnelReceive(sim: Sim, at: At, skb: Skb): boolean {
  const udp = l4Of(skb.packet);
  if (udp?.type !== 'udp') return false;
  if (ovsTunnelReceive(sim, at, skb)) return true;
  const vxlans = vxlansOn(at, udp.dport);
  const geneves = genevesOn(at, udp.dport);
  const header = skb.packet[2];
  if (vxlans.length + geneves.length === 0) return (header?.type === 'vxlan' || header?.type === 'geneve') && maybeElsewhere(sim, at, skb, ['vxlan', 'geneve']);
  const odd = [...vxlans, ...geneves].find(({ tunnel }) => tunnel.unknown.length > 0);
  if (odd) return isForeign(sim, at, skb, odd.link, odd.tunnel);
  const outer = ipOf(skb.packet);
  const found = header?.type === 'vxlan' ? vxlans.find(({ tunnel }) => tunnel.vni === header.vni) : header?.type === 'geneve' ? geneves.find(({ tunnel }) => tunnel.vni === header.vni && tunnel.remote === outer.src) : undefined;
  const eth = skb.packet[3];
  if (!found || eth?.type !== 'eth') {
    dropIn(sim, at, skb, 'no-tunnel');
    return true;
  }
  const { link, tunnel } = found;
  const there: At = { ns: at.ns, dev: link.name };
  if (isForeign(sim, there, skb, link, tunnel)) return true;
  // vxlan_set_mac(), geneve_rx(): its own frames, come back.
  const own = eth.src === link.mac || (tunnel.kind === 'vxlan' && !isValidMac(eth.src));
  if (own || (tunnel.kind === 'vxlan' && tunnel.learning && !learnRemote(at, link, eth.src, outer.src))) {
    dropIn(sim, there, skb, 'tunnel-mismatch');
    return true;
  }
  receiveInner(sim, at, skb, link, 3, { tunnel: tunnel.kind, vni: tunnel.vni });
  return true;
}
