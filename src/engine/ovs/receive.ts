import type { Ip4 } from '../../packet/address.ts';
import { ETHERTYPE_VLAN, type GeneveHeader, type Header, ipOf, l4Of, PROTO_GRE } from '../../packet/packet.ts';
import { headerBytes } from '../../packet/sizes.ts';
import type { OvsTunnel } from '../../world/openflow.ts';
import { type OvsPlace, ovsTunnels } from '../../world/ovs.ts';
import type { Host } from '../../world/world.ts';
import type { At, Sim } from '../sim.ts';
import { forwarded, type Skb } from '../skb.ts';
import { ecnDecapsulate } from '../tunnel/ecn.ts';
import { dropIn } from '../tunnel/outer.ts';
import { enterBridge } from './datapath.ts';
import type { TunnelKey } from './flow.ts';

/*
 * What comes out of a tunnel for Open vSwitch: one device of the kernel takes all packets of a kind (vxlan_sys_4789, "external"), and
 * the switch tells its ports apart by addresses and key.
 */

type TunnelType = 'vxlan' | 'geneve' | 'gre';

/** The device that the switch makes for a kind of tunnel (lib/dpif-netlink-rtnl.c, netdev_vport_get_dpif_port()). */
export const systemDevice = (type: string, dstPort: number): string => (type === 'vxlan' ? `vxlan_sys_${dstPort}` : type === 'geneve' ? `genev_sys_${dstPort}` : 'gre_sys');

/** The source key, the destination's and the outer addresses: 0 is any, or taken from each packet. */
function isFor(tunnel: OvsTunnel, id: number, src: Ip4, dst: Ip4, shape: Shape): boolean {
  const key = tunnel.key ?? 0;
  if ((key === 'flow') !== shape.keyFlow || (key !== 'flow' && key !== id)) return false;
  if ((tunnel.remoteIp === 'flow') !== shape.remoteFlow || (tunnel.remoteIp !== 'flow' && tunnel.remoteIp !== src)) return false;
  const local = tunnel.localIp === 'flow' ? 'flow' : tunnel.localIp === undefined || tunnel.localIp === 0 ? 'any' : 'configured';
  return local === shape.local && (local !== 'configured' || tunnel.localIp === dst);
}

interface Shape {
  readonly keyFlow: boolean;
  readonly remoteFlow: boolean;
  readonly local: 'configured' | 'any' | 'flow';
}

/** tnl_find() (ofproto/tunnel.c): the most particular first. */
const SHAPES: readonly Shape[] = [false, true].flatMap((keyFlow) => [false, true].flatMap((remoteFlow) => (['configured', 'any', 'flow'] as const).map((local) => ({ keyFlow, remoteFlow, local }))));

/** tnl_port_receive(): the port that a packet out of a tunnel came in by. */
export function tunnelPortFor(host: Host, type: TunnelType, dstPort: number | undefined, id: number, src: Ip4, dst: Ip4): OvsPlace | undefined {
  const ports = ovsTunnels(host).filter((p) => p.port.type === type && (dstPort === undefined || p.tunnel.dstPort === dstPort));
  for (const shape of SHAPES) {
    const found = ports.find((p) => isFor(p.tunnel, id, src, dst, shape));
    if (found) return found;
  }
  return undefined;
}

/** What a tunnel's header says. */
function headerOf(header: Header | undefined): { readonly type: TunnelType; readonly id: number; readonly options: GeneveHeader['options'] } | undefined {
  switch (header?.type) {
    case 'vxlan':
      return { type: 'vxlan', id: header.vni, options: [] };
    case 'geneve':
      return { type: 'geneve', id: header.vni, options: header.options ?? [] };
    case 'gre':
      return { type: 'gre', id: header.key ?? 0, options: [] };
    default:
      return undefined;
  }
}

/**
 * vxlan_rcv(), geneve_rx() and gre_rcv() of a device that takes what the packet says along (IP_TUNNEL_INFO_RX). False when the switch has
 * no tunnel that listens there.
 */
export function ovsTunnelReceive(sim: Sim, at: At, skb: Skb): boolean {
  const { host } = at.ns;
  if (at.ns.netns.name !== null || ovsTunnels(host).length === 0) return false;
  const outer = ipOf(skb.packet);
  const udp = l4Of(skb.packet);
  const layers = outer.proto === PROTO_GRE ? 2 : 3;
  const dstPort = udp?.type === 'udp' ? udp.dport : undefined;
  const header = headerOf(skb.packet[layers - 1]);
  if (!header || (dstPort === undefined) !== (header.type === 'gre')) return false;
  if (!ovsTunnels(host).some((p) => p.port.type === header.type && (dstPort === undefined || p.tunnel.dstPort === dstPort))) return false;
  const there: At = { ns: at.ns, dev: systemDevice(header.type, dstPort ?? 0) };
  const eth = skb.packet[layers];
  if (eth?.type !== 'eth') {
    dropIn(sim, there, skb, 'no-tunnel');
    return true;
  }
  const tag = skb.packet[layers + 1];
  const inside = skb.packet.slice(layers + (tag?.type === 'vlan' ? 2 : 1));
  const packet = ecnDecapsulate(outer.tos, inside);
  if (!packet) {
    dropIn(sim, there, skb, 'ecn');
    return true;
  }
  const vid = tag?.type === 'vlan' && eth.ethertype === ETHERTYPE_VLAN ? { vid: tag.id, eth: { ...eth, ethertype: tag.ethertype } } : { vid: undefined, eth };
  const frame: Skb = { ...forwarded(skb), packet, ...vid, piece: skb.innerPieces.at(-1), innerPieces: skb.innerPieces.slice(0, -1) };
  const overhead = skb.packet.slice(0, skb.packet.length - inside.length).reduce((sum, h) => sum + headerBytes(h), 0);
  const link = at.ns.netns.links.find((l) => l.name === there.dev);
  sim.emit(there, frame, { kind: 'decap', tunnel: header.type === 'gre' ? 'gretap' : header.type, overhead, outerSrc: outer.src, outerDst: outer.dst, vni: header.id }, { source: [link?.source] });
  const tunnel: TunnelKey = { id: [0, header.id], src: outer.src, dst: outer.dst, tos: outer.tos, ttl: outer.ttl, options: header.options ?? [] };
  sim.backlog.push(() => receiveFromTunnel(sim, there, frame, header.type, dstPort, tunnel));
  return true;
}

/** The frame on the device of its kind: a capture sees it, and the switch looks for its port. */
export function receiveFromTunnel(sim: Sim, at: At, skb: Skb, type: TunnelType, dstPort: number | undefined, tunnel: TunnelKey): void {
  const { host } = at.ns;
  const link = at.ns.netns.links.find((l) => l.name === at.dev);
  const here: Skb = { ...skb, iif: at.dev, sender: undefined };
  sim.emit(at, here, { kind: 'receive', otherhost: here.eth?.dst !== link?.mac && (Number.parseInt(here.eth?.dst.slice(0, 2) ?? '0', 16) & 1) === 0 }, { framed: true, source: [link?.source], ...(here.role === 'arp' ? { subsystem: 'neighbour' } : {}) });
  const place = tunnelPortFor(host, type, dstPort, tunnel.id[1] ?? 0, tunnel.src, tunnel.dst);
  if (!place) return dropIn(sim, at, here, 'no-tunnel-port');
  enterBridge(sim, at.ns, here, place, tunnel);
}
