import type { Ip4 } from '../../packet/address.ts';
import { type Header, ipOf, type Ipv4Header } from '../../packet/packet.ts';
import { headerBytes } from '../../packet/sizes.ts';
import type { SourceRef } from '../../world/source.ts';
import type { Tunnel } from '../../world/tunnel.ts';
import type { Link } from '../../world/world.ts';
import { receive } from '../device/receive.ts';
import { localOut } from '../ip/output.ts';
import { addressType } from '../routing/fib.ts';
import { type OutputDecision, type OutputQuestion, routeOutput } from '../routing/output.ts';
import type { At, Sim } from '../sim.ts';
import { forwarded, type Skb } from '../skb.ts';
import type { DropReason, StepBody } from '../step.ts';
import { ecnDecapsulate } from './ecn.ts';

export type OuterRoute = Extract<OutputDecision, { kind: 'route' }>;

type EncapStep = Extract<StepBody, { kind: 'encap' }>;

/** Ends a packet in a tunnel device. */
export function dropIn(sim: Sim, at: At, skb: Skb, reason: DropReason): void {
  sim.emit(at, skb, { kind: 'drop', reason });
  sim.end(at, skb, 'dropped');
}

/** True, and the packet ends, where the device has an option, or an underlay, that we do not model. */
export function isForeign(sim: Sim, at: At, skb: Skb, link: Link, tunnel: Tunnel): boolean {
  const what = tunnel.unknown.length > 0 ? tunnel.unknown.join(' ') : link.linkNetnsid !== undefined || link.linkNetns !== undefined ? `link-netnsid ${link.linkNetns ?? link.linkNetnsid}` : undefined;
  if (what === undefined) return false;
  sim.unknown(at, skb, 'tunnel', `${tunnel.kind} ${link.name}: ${what}`, undefined, link.source ? [link.source] : []);
  return true;
}

/** A tunnel device of another namespace of this machine may have its underlay here (`link-netnsid`): then nobody can tell who takes an outer packet. */
export function maybeElsewhere(sim: Sim, at: At, skb: Skb, kinds: readonly string[]): boolean {
  const found = at.ns.host.netns.filter((n) => n !== at.ns.netns).flatMap((n) => n.links).find((l) => kinds.includes(l.kind) && (l.linkNetnsid !== undefined || l.linkNetns !== undefined));
  if (found) sim.unknown(at, skb, 'tunnel', `${found.kindText} ${found.name}: link-netnsid`, undefined, found.source ? [found.source] : []);
  return found !== undefined;
}

/**
 * ip_route_output_key() for an outer packet. Undefined when there is no way, or one that leads into the device itself: then the
 * packet has ended, and its sender is told nothing.
 */
export function routeOuter(sim: Sim, at: At, skb: Skb, link: Link, ask: Omit<OutputQuestion, 'purpose'>): OuterRoute | undefined {
  const decided = routeOutput(sim, at.ns, { ...ask, purpose: 'tunnel', tos: ask.tos & 0x1c });
  if (decided.kind === 'unknown') {
    sim.unknown(at, skb, decided.what, decided.name, undefined, decided.source.filter((s) => s !== undefined));
    return undefined;
  }
  // ip_route_output_key_hash_rcu(): a source that is no address of this machine has no way out.
  const stranger = ask.src !== 0 && addressType(at.ns, ask.src) !== 'local';
  const loop = decided.kind === 'route' && decided.rt.oif === link.name;
  if (decided.kind === 'error' || stranger || loop) {
    sim.emit(at, skb, decided.step, { source: decided.source });
    dropIn(sim, at, skb, loop ? 'tunnel-loop' : 'no-route');
    return undefined;
  }
  return decided;
}

/**
 * iptunnel_xmit() (net/ipv4/ip_tunnel_core.c): the outer headers go on, and out as a packet made here. skb_scrub_packet() inside one
 * namespace: the mark and the IPVS flag stay, the connection does not.
 */
export function sendOuter(sim: Sim, at: At, skb: Skb, link: Link, way: OuterRoute, ip: Pick<Ipv4Header, 'dst' | 'proto' | 'ttl' | 'tos' | 'df'>, layers: readonly Header[], step: Omit<EncapStep, 'kind' | 'overhead' | 'outerSrc' | 'outerDst'>, source: readonly (SourceRef | undefined)[] = []): void {
  const outer: Ipv4Header = { type: 'ipv4', src: way.src, mf: false, offset: 0, ...ip };
  const wrapped: Skb = { ...forwarded(skb), packet: [outer, ...layers, ...skb.packet], eth: undefined, vid: undefined, piece: undefined, innerPieces: [...skb.innerPieces, skb.piece], iif: link.name };
  const overhead = layers.reduce((sum, h) => sum + headerBytes(h), 20);
  sim.emit(at, wrapped, { kind: 'encap', overhead, outerSrc: way.src, outerDst: ip.dst, ...step }, { source: [link.source, ...source] });
  sim.emit({ ns: at.ns, dev: undefined }, wrapped, way.step, { source: way.source });
  if (tooDeep(sim, at)) return dropIn(sim, at, wrapped, 'tunnel-loop');
  sim.tunnelDepth++;
  localOut(sim, at.ns, wrapped, way.rt);
  sim.tunnelDepth--;
}

/**
 * IP_TUNNEL_RECURSION_LIMIT of iptunnel_xmit() since Linux 7.0, and in stable kernels of 2026: each device and each wrapping counts. Older
 * ones have only the limit of __dev_queue_xmit(), so where the two part the kernel's age is a choice.
 */
const TUNNEL_RECURSION_LIMIT = 5;

function tooDeep(sim: Sim, at: At): boolean {
  if (sim.xmitDepth + sim.tunnelDepth <= TUNNEL_RECURSION_LIMIT) return false;
  sim.deepTunnels ??= sim.choose({ at: at.ns.id, kind: 'tunnel-depth', options: ['eight devices', 'five devices and wrappings'], odds: [0.5, 0.5], splits: true }) === 0;
  return !sim.deepTunnels;
}

/**
 * The common end of ip_tunnel_rcv(), vxlan_rcv() and geneve_rx(): `layers` headers come off, congestion marks are carried over, and
 * the inner packet starts again on the tunnel's device, with the mark that the outer packet had.
 */
export function receiveInner(sim: Sim, at: At, skb: Skb, link: Link, layers: number, tunnel: { readonly tunnel: Tunnel['kind']; readonly vni?: number }): void {
  const outer = ipOf(skb.packet);
  const eth = skb.packet[layers]?.type === 'eth' ? skb.packet[layers] : undefined;
  const inside = skb.packet.slice(eth ? layers + 1 : layers);
  const packet = ecnDecapsulate(outer.tos, inside);
  const there: At = { ns: at.ns, dev: link.name };
  if (!packet) return dropIn(sim, there, skb, 'ecn');
  const unwrapped: Skb = { ...forwarded(skb), packet, eth: eth?.type === 'eth' ? eth : undefined, piece: skb.innerPieces.at(-1), innerPieces: skb.innerPieces.slice(0, -1) };
  const overhead = skb.packet.slice(0, skb.packet.length - inside.length).reduce((sum, h) => sum + headerBytes(h), 0);
  sim.emit(there, unwrapped, { kind: 'decap', overhead, outerSrc: outer.src, outerDst: outer.dst, ...tunnel }, { source: [link.source] });
  // gro_cells_receive(): in its turn, behind what has arrived already.
  sim.backlog.push(() => receive(sim, there, unwrapped));
}

/** The address of a frame or packet that goes into a tunnel, where it has one. */
export const innerIpOf = (skb: Skb): Ipv4Header | undefined => (skb.packet[0]?.type === 'ipv4' ? skb.packet[0] : undefined);

/** ip_tunnel.parms.iph.saddr: 0 is any. */
export const orAny = (ip: Ip4 | undefined): Ip4 => ip ?? 0;
