import { ETHERTYPE_IPV4, ipOf } from '../../packet/packet.ts';
import { ipBytes } from '../../packet/sizes.ts';
import type { Link } from '../../world/world.ts';
import { resolveNeighbour } from '../device/neighbour.ts';
import { fragmentPacket } from '../ip/fragment.ts';
import { runHook } from '../netfilter/hooks.ts';
import { routeInput } from '../routing/input.ts';
import { nexthopOf, type Rtable } from '../routing/rtable.ts';
import { type At, type Ns, type Sim, sysctl } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { handleFrameFinish, lose, pushToPort } from './frame.ts';

/*
 * br_netfilter (net/bridge/br_netfilter_hooks.c): IPv4 frames that cross a bridge show themselves to the hooks of IP, with the bridge
 * for a device and the ports as physical ones.
 */

/** Whether the bridge calls iptables for this frame: by the sysctl or its own switch; frames with a tag only if asked to. */
export function callsIptables(ns: Ns, bridge: Link, skb: Skb): boolean {
  if (skb.eth?.ethertype !== ETHERTYPE_IPV4) return false;
  if (skb.vid !== undefined && sysctl(ns, 'net.bridge.bridge-nf-filter-vlan-tagged', 0) === 0) return false;
  return bridge.bridge?.callIptables === true || sysctl(ns, 'net.bridge.bridge-nf-call-iptables', 0) !== 0;
}

/** brnf_get_logical_dev(): the bridge, or its device for the frame's VLAN where that is asked for. */
function logicalDev(ns: Ns, bridge: Link, skb: Skb): string {
  const vlan = skb.vid === undefined || sysctl(ns, 'net.bridge.bridge-nf-pass-vlan-input-dev', 0) === 0 ? undefined : ns.netns.links.find((l) => l.vlan?.id === skb.vid && l.peer === bridge.name);
  return (vlan ?? bridge).name;
}

/** A frame for another machine shows itself to the hooks as if it were for this one. */
const shown = (skb: Skb): Skb => (skb.pktType === 'otherhost' ? { ...skb, pktType: 'host' } : skb);

/** bridge_parent_rtable(): the route that a bridged packet seems to have. */
const fakeRoute = (skb: Skb, bridge: Link): Rtable => ({ kind: 'unicast', dst: ipOf(skb.packet).dst, oif: bridge.name, gateway: undefined, mtu: undefined, prefSrc: undefined });

/**
 * br_nf_pre_routing() and br_nf_pre_routing_finish(). A packet whose destination was translated is routed at once: if that leads back
 * to the bridge it stays a bridged frame, with a new address in front, else it goes up to IP.
 */
export function bridgePrerouting(sim: Sim, at: At, skb: Skb, port: Link, bridge: Link): void {
  const dev = logicalDev(at.ns, bridge, skb);
  const there: At = { ns: at.ns, dev };
  const hooked = runHook(sim, there, 'PREROUTING', { ...shown(skb), iif: dev, physin: port.name, physout: undefined }, { in: dev, out: undefined });
  if (hooked.verdict !== 'accept') return;
  const seen: Skb = { ...hooked.state.skb, pktType: skb.pktType ?? 'host', prerouted: true };
  if (ipOf(seen.packet).dst === ipOf(skb.packet).dst) return handleFrameFinish(sim, at, seen, port, bridge);
  const decided = routeInput(sim, there, seen);
  if (decided.kind === 'ended' || !seen.eth) return;
  if (decided.kind === 'forward' && decided.rt.oif === dev) return bridgedDnat(sim, at, seen, port, bridge, decided.rt);
  handleFrameFinish(sim, at, { ...seen, decided, pktType: 'host', eth: { ...seen.eth, dst: bridge.mac ?? seen.eth.dst } }, port, bridge);
}

/**
 * br_nf_pre_routing_finish_bridge(): the neighbour of the new destination gives the frame its new address. Where the header is not
 * cached yet, the frame goes through the bridge device (neigh->output, then br_nf_dev_xmit()), and a capture sees it there.
 */
function bridgedDnat(sim: Sim, at: At, skb: Skb, port: Link, bridge: Link, rt: Rtable): void {
  const there: At = { ns: at.ns, dev: bridge.name };
  const old = skb.eth;
  if (!old) return;
  resolveNeighbour(sim, there, skb, bridge, nexthopOf(rt, ipOf(skb.packet).dst), (mac, cached) => {
    const eth = { ...old, dst: mac };
    if (!cached) sim.emit(there, { ...skb, eth: { ...eth, src: bridge.mac ?? eth.src } }, { kind: 'transmit', segment: undefined, to: undefined }, { framed: true, source: [bridge.source] });
    handleFrameFinish(sim, at, { ...skb, eth }, port, bridge);
  });
}

/** br_nf_forward_ip() and br_nf_post_routing(): FORWARD and POSTROUTING of a frame that goes from port to port. */
export function bridgeForward(sim: Sim, ns: Ns, skb: Skb, bridge: Link, to: Link): void {
  const at: At = { ns, dev: bridge.name };
  const rt = fakeRoute(skb, bridge);
  const forwarded = runHook(sim, at, 'FORWARD', { ...shown(skb), physout: to.name }, { in: logicalDev(ns, bridge, skb), out: bridge.name }, rt);
  if (forwarded.verdict !== 'accept') return;
  const hooked = runHook(sim, at, 'POSTROUTING', forwarded.state.skb, { in: undefined, out: bridge.name }, rt);
  if (hooked.verdict === 'accept') refragment(sim, ns, hooked.state.skb, bridge, to);
}

/**
 * br_nf_dev_queue_xmit(): what was put together for connection tracking is cut again as it came. Whether that may be is a question of
 * the bridge's MTU, not of the port's: it is the route's that the packet seems to have (br_nf_ip_fragment()).
 */
function refragment(sim: Sim, ns: Ns, skb: Skb, bridge: Link, to: Link): void {
  const at: At = { ns, dev: to.name };
  const bytes = ipBytes(skb.packet);
  if (bytes <= (skb.fragMaxSize > 0 ? Math.min(to.mtu, skb.fragMaxSize) : to.mtu)) return pushToPort(sim, ns, skb, to);
  if ((ipOf(skb.packet).df && !skb.ignoreDf) || skb.fragMaxSize > bridge.mtu) return lose(sim, at, skb, 'too-big');
  const mtu = skb.fragMaxSize > 0 ? skb.fragMaxSize : bridge.mtu;
  if (bytes <= mtu) return pushToPort(sim, ns, skb, to);
  sim.emit(at, skb, { kind: 'mtu', bytes, mtu, action: 'fragment', by: 'device' });
  for (const piece of fragmentPacket(sim, at, skb, mtu)) pushToPort(sim, ns, piece, to);
}
