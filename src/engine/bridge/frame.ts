import { BROADCAST_MAC } from '../../packet/address.ts';
import { packetBytes } from '../../packet/sizes.ts';
import type { BridgePort } from '../../world/bridge.ts';
import type { Link } from '../../world/world.ts';
import { netifReceive } from '../device/receive.ts';
import { transmit } from '../device/transmit.ts';
import { type At, linkOf, type Ns, type Sim } from '../sim.ts';
import type { Skb } from '../skb.ts';
import type { DropReason } from '../step.ts';
import { bridgeForward, bridgePrerouting, callsIptables } from './brNetfilter.ts';
import { findMac, learnMac } from './fdb.ts';
import { isGroup, portOf, portsOf } from './ports.ts';
import { suppressArp } from './suppress.ts';
import { egress, ingress } from './vlan.ts';

/** Where a frame entered the bridge: a port, or nothing for what the bridge device itself sends. */
type Origin = { readonly port: Link; readonly settings: BridgePort } | undefined;

export function lose(sim: Sim, at: At, skb: Skb, reason: DropReason): void {
  sim.emit(at, skb, { kind: 'drop', reason });
  sim.end(at, skb, 'dropped');
}

const noVlans = (sim: Sim, at: At, skb: Skb, dev: Link): void => sim.unknown(at, skb, 'dump', `VLANs of ${dev.name}`, 'bridge vlan show', dev.source ? [dev.source] : []);

/** br_handle_frame() (net/bridge/br_input.c): the rx handler of a port. */
export function handleFrame(sim: Sim, at: At, skb: Skb, port: Link, bridge: Link): void {
  const { state } = portOf(port, bridge);
  if (state !== 'forwarding' && state !== 'learning') return lose(sim, at, skb, 'bridge-state');
  const here: Skb = skb.eth?.dst === bridge.mac ? { ...skb, pktType: 'host' } : skb;
  if (callsIptables(at.ns, bridge, here)) return bridgePrerouting(sim, at, here, port, bridge);
  handleFrameFinish(sim, at, here, port, bridge);
}

/** br_handle_frame_finish(): learns, then passes the frame up, on to one port, or to all. */
export function handleFrameFinish(sim: Sim, at: At, skb: Skb, port: Link, bridge: Link): void {
  const { eth } = skb;
  if (!eth) return;
  const settings = portOf(port, bridge);
  const allowed = ingress(bridge, port, skb);
  if (allowed.kind === 'unlisted') return noVlans(sim, at, skb, port);
  if (allowed.kind === 'refused') return lose(sim, at, skb, 'bridge-vlan');
  const frame = allowed.skb;
  if (settings.locked) {
    const known = findMac(at.ns, bridge, eth.src, allowed.vid);
    if (known?.kind !== 'port' || known.dev !== port.name) return lose(sim, at, frame, 'bridge-locked');
  }
  if (settings.learning) learnMac(at.ns, bridge, eth.src, allowed.vid, port.name);
  if (settings.state === 'learning') return lose(sim, at, frame, 'bridge-state');
  const group = isGroup(eth.dst);
  const localRcv = group || bridge.flags.includes('PROMISC');
  const suppressed = suppressArp(sim, at, frame, port, bridge, allowed.vid);
  const found = group ? undefined : findMac(at.ns, bridge, eth.dst, allowed.vid);
  if (found?.kind === 'local') {
    sim.emit(at, frame, { kind: 'bridge', bridge: bridge.name, op: 'local', from: port.name, to: [bridge.name], by: 'local' }, { source: [found.source] });
    return passFrameUp(sim, at.ns, frame, bridge);
  }
  const to = found && linkOf(at.ns, found.dev);
  if (!to) return flood(sim, at, frame, bridge, { port, settings }, localRcv, suppressed);
  sim.emit(at, frame, { kind: 'bridge', bridge: bridge.name, op: 'forward', from: port.name, to: [to.name, ...(localRcv ? [bridge.name] : [])], by: found.by }, { source: [found.source] });
  const refused = refusal(bridge, to, frame, { port, settings });
  if (refused !== undefined && !localRcv) return refused === 'unlisted' ? noVlans(sim, at, frame, to) : lose(sim, at, frame, refused);
  const flooded = localRcv && refused === undefined ? { taken: false } : frame.flood;
  if (refused === undefined) forwardTo(sim, at.ns, localRcv ? { ...frame, id: sim.newPacketId(), flood: flooded } : frame, bridge, to, false);
  if (localRcv) passFrameUp(sim, at.ns, { ...frame, flood: flooded }, bridge);
}

/** should_deliver() (net/bridge/br_forward.c): why a port does not get the frame; undefined when it does. */
function refusal(bridge: Link, to: Link, skb: Skb, origin: Origin): DropReason | 'unlisted' | undefined {
  const port = portOf(to, bridge);
  if (!port.hairpin && origin?.port.name === to.name) return 'bridge-hairpin';
  if (port.state !== 'forwarding') return 'bridge-state';
  const out = egress(bridge, to, skb);
  if (out.kind !== 'pass') return out.kind === 'refused' ? 'bridge-vlan' : 'unlisted';
  return origin?.settings.isolated && port.isolated ? 'bridge-isolated' : undefined;
}

/** br_flood(): a copy for every port that may have one; the last takes the frame itself, or the bridge does. */
function flood(sim: Sim, at: At, skb: Skb, bridge: Link, origin: Origin, localRcv: boolean, suppressed: boolean): void {
  const dst = skb.eth?.dst ?? BROADCAST_MAC;
  const allows = (p: BridgePort): boolean => (dst === BROADCAST_MAC ? p.bcastFlood || origin === undefined : isGroup(dst) ? p.mcastFlood || origin === undefined : p.flood) && !p.proxyArp && !(suppressed && (p.proxyArpWifi || p.neighSuppress));
  const offered = portsOf(at.ns, bridge).filter((p) => allows(portOf(p, bridge)));
  const unlisted = offered.find((p) => refusal(bridge, p, skb, origin) === 'unlisted');
  if (unlisted) return noVlans(sim, at, skb, unlisted);
  const ports = offered.filter((p) => refusal(bridge, p, skb, origin) === undefined);
  sim.emit(at, skb, { kind: 'bridge', bridge: bridge.name, op: 'flood', from: origin?.port.name, to: [...ports.map((p) => p.name), ...(localRcv ? [bridge.name] : [])], by: undefined });
  const copies = ports.length + (localRcv ? 1 : 0);
  if (copies === 0) return lose(sim, at, skb, 'bridge-no-port');
  const flooded = copies > 1 ? (skb.flood ?? { taken: false }) : skb.flood;
  for (const [i, to] of ports.entries()) {
    const last = i === copies - 1;
    forwardTo(sim, at.ns, { ...skb, ...(last ? {} : { id: sim.newPacketId() }), flood: flooded }, bridge, to, origin === undefined);
  }
  if (localRcv) passFrameUp(sim, at.ns, { ...skb, flood: flooded }, bridge);
}

/** __br_forward(): the frame, with its tag as the port wants it, through the hooks of br_netfilter and out. */
function forwardTo(sim: Sim, ns: Ns, skb: Skb, bridge: Link, to: Link, localOrig: boolean): void {
  const out = egress(bridge, to, skb);
  if (out.kind !== 'pass') return;
  if (!localOrig && out.skb.physin !== undefined && callsIptables(ns, bridge, out.skb)) return bridgeForward(sim, ns, out.skb, bridge, to);
  pushToPort(sim, ns, out.skb, to);
}

/** br_dev_queue_push_xmit(): what is larger than the port's MTU and a tag is lost without a word (is_skb_forwardable()). */
export function pushToPort(sim: Sim, ns: Ns, skb: Skb, to: Link): void {
  const at: At = { ns, dev: to.name };
  if (packetBytes(skb.packet) > to.mtu + 4) return lose(sim, at, skb, 'too-big');
  transmit(sim, at, { ...skb, physin: undefined, physout: undefined, prerouted: false, decided: undefined }, to, undefined);
}

/** br_pass_frame_up(): the bridge device receives it. */
function passFrameUp(sim: Sim, ns: Ns, skb: Skb, bridge: Link): void {
  const at: At = { ns, dev: bridge.name };
  const out = egress(bridge, bridge, skb);
  if (out.kind === 'unlisted') return noVlans(sim, at, skb, bridge);
  if (out.kind === 'refused' && !bridge.flags.includes('PROMISC')) return lose(sim, at, skb, 'bridge-vlan');
  // ip_rcv_core() forgets how large the fragments were.
  netifReceive(sim, at, { ...(out.kind === 'pass' ? out.skb : skb), fragMaxSize: 0 }, bridge);
}

/** br_dev_xmit() (net/bridge/br_device.c): what the machine itself sends by the bridge. */
export function bridgeXmit(sim: Sim, at: At, skb: Skb, bridge: Link): void {
  const dst = skb.eth?.dst ?? BROADCAST_MAC;
  const allowed = ingress(bridge, bridge, skb);
  if (allowed.kind === 'unlisted') return noVlans(sim, at, skb, bridge);
  if (allowed.kind === 'refused') return lose(sim, at, skb, 'bridge-vlan');
  const frame = allowed.skb;
  const found = isGroup(dst) ? undefined : findMac(at.ns, bridge, dst, allowed.vid);
  const to = found?.kind === 'port' ? linkOf(at.ns, found.dev) : undefined;
  if (!found || (found.kind === 'port' && !to)) return flood(sim, at, frame, bridge, undefined, false, false);
  if (!to) return lose(sim, at, frame, 'bridge-no-port');
  sim.emit(at, frame, { kind: 'bridge', bridge: bridge.name, op: 'forward', from: undefined, to: [to.name], by: found.by }, { source: [found.source] });
  const refused = refusal(bridge, to, frame, undefined);
  if (refused !== undefined) return refused === 'unlisted' ? noVlans(sim, at, frame, to) : lose(sim, at, frame, refused);
  forwardTo(sim, at.ns, frame, bridge, to, true);
}
