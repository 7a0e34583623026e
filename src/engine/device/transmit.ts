import type { Ip4 } from '../../packet/address.ts';
import { ETHERTYPE_ARP, ipOf } from '../../packet/packet.ts';
import { packetBytes } from '../../packet/sizes.ts';
import { nicBelow, segmentOf } from '../../world/lookup.ts';
import { isInternal, ovsPlaceOf } from '../../world/ovs.ts';
import { vhostPlaceOf } from '../../world/vhost.ts';
import type { DeviceRef, Link } from '../../world/world.ts';
import { bridgeXmit } from '../bridge/frame.ts';
import { isGroup } from '../bridge/ports.ts';
import { enterBridge } from '../ovs/datapath.ts';
import type { Rtable } from '../routing/rtable.ts';
import { type At, BOUNDS, linkOf, type Ns, type Sim } from '../sim.ts';
import { forwarded, scrubbed, type Skb } from '../skb.ts';
import { deliverToOutside, takeAtVeth } from '../socket/outside.ts';
import { tunnelTransmit } from '../tunnel/transmit.ts';
import { unheard } from './arp.ts';
import { receive } from './receive.ts';
import { macvlanTransmit, vlanTransmit } from './upper.ts';

const asks = (skb: Skb): boolean => skb.packet[0]?.type === 'arp';

/**
 * dev_queue_xmit() and the device's ndo_start_xmit: a capture sees the packet, then it goes where the device leads. `rt` is the route
 * of a packet that IP sends; frames that a bridge or an upper device hands down have none.
 */
export function transmit(sim: Sim, at: At, skb: Skb, link: Link, rt: Rtable | undefined): void {
  const self: DeviceRef = { host: at.ns.host.name, netns: at.ns.netns.name, dev: link.name };
  const switched = ovsPlaceOf(at.ns.host, link.name);
  const filter = at.ns.netns.unmodelled.find((u) => u.dev === link.name && (u.what === 'tc' || u.what === 'ebpf' || (u.what === 'ovs-bridge' && !switched)));
  if (filter) return sim.unknown(at, skb, filter.what === 'tc' ? 'tc' : filter.what === 'ebpf' ? 'ebpf' : 'ovs-bridge', filter.name, undefined, filter.source ? [filter.source] : []);
  const seen = (to: DeviceRef | undefined, segment?: string): number =>
    sim.emit(at, skb, { kind: 'transmit', segment, to }, { framed: true, source: [link.source], ...(skb.eth?.ethertype === ETHERTYPE_ARP ? { subsystem: 'neighbour' } : {}) });
  switch (link.kind) {
    case 'loopback':
      sim.emit(at, skb, { kind: 'transmit', segment: undefined, to: self }, { source: [link.source] });
      // The packet keeps its conntrack entry and IPVS flag over lo (loopback_xmit() scrubs nothing).
      return enqueue(sim, at, { ...skb });
    case 'veth': {
      const peer = link.veth;
      seen(peer);
      const ns = peer && sim.ns(peer.host, peer.netns);
      if (!ns) return asks(skb) ? unheard(sim, skb) : takeAtVeth(sim, at, skb, link);
      return cross(sim, { ns, dev: peer.dev }, at.ns, skb);
    }
    case 'nic': {
      const queue = vhostPlaceOf(at.ns.host, at.ns.netns, link);
      const ns = queue && sim.ns(at.ns.host.name, null);
      if (!ns) return transmitNic(sim, at, skb, self, seen);
      // netdev_dpdk_vhost_rxq_recv(): out of shared memory, into the switch's own program.
      seen(undefined);
      return nested(sim, at, skb, () => enterBridge(sim, ns, scrubbed(skb), queue));
    }
    case 'bridge':
      seen(undefined);
      return nested(sim, at, skb, () => bridgeXmit(sim, at, skb, link));
    case 'vlan':
      seen(undefined);
      return nested(sim, at, skb, () => vlanTransmit(sim, at, skb, link));
    case 'macvlan':
      seen(undefined);
      return nested(sim, at, skb, () => macvlanTransmit(sim, at, skb, link));
    case 'tap':
      seen(undefined);
      return asks(skb) ? unheard(sim, skb) : leave(sim, at, skb, undefined);
    case 'dummy':
      seen(undefined);
      sim.emit(at, skb, { kind: 'drop', reason: 'no-carrier' });
      return sim.end(at, skb, 'dropped');
    case 'ipip':
    case 'gre':
    case 'gretap':
    case 'vxlan':
    case 'geneve':
      return tunnelTransmit(sim, at, skb, link, rt);
    case 'openvswitch': {
      seen(undefined);
      // internal_dev_xmit(): what the machine sends by a port that the switch made enters the bridge.
      const own = switched && isInternal(switched) ? switched : undefined;
      const ns = sim.ns(at.ns.host.name, null);
      if (!own || !ns) return sim.unknown(at, skb, 'ovs-bridge', link.name, 'ovs-vsctl show', link.source ? [link.source] : []);
      return nested(sim, at, skb, () => enterBridge(sim, ns, skb, own));
    }
    case 'unknown':
      return sim.unknown(at, skb, 'device', `${link.kindText} ${link.name}`, undefined, link.source ? [link.source] : []);
  }
}

/** A device that sends by another one may lead into itself again: that ends here (XMIT_RECURSION_LIMIT). */
function nested(sim: Sim, at: At, skb: Skb, send: () => void): void {
  if (sim.xmitDepth >= BOUNDS.xmitDepth) return sim.unknown(at, skb, 'bound', `${BOUNDS.xmitDepth} devices deep`);
  sim.xmitDepth++;
  send();
  sim.xmitDepth--;
}

/** veth_xmit() > __dev_forward_skb(): the other end takes what its MTU and a tag allow, and knows less of it in another namespace. */
function cross(sim: Sim, to: At, from: Ns, skb: Skb): void {
  const mtu = linkOf(to.ns, to.dev)?.mtu ?? 0;
  if (packetBytes(skb.packet) > mtu + 4) {
    sim.emit(to, skb, { kind: 'drop', reason: 'too-big' });
    return sim.end(to, skb, 'dropped');
  }
  enqueue(sim, to, to.ns === from ? forwarded(skb) : scrubbed(skb));
}

/** The wire hands a frame to the NIC of its address or of the macvlan that has it, and to all one for many, or one whose described owner is elsewhere behind one (a bridge). */
function transmitNic(sim: Sim, at: At, skb: Skb, self: DeviceRef, seen: (to: DeviceRef | undefined, segment?: string) => number): void {
  const segment = segmentOf(sim.world, self);
  const dst = skb.eth?.dst;
  const others = (segment?.devices ?? []).flatMap((d) => {
    const ns = sim.ns(d.host, d.netns);
    const link = ns && linkOf(ns, d.dev);
    return ns && link && (d.host !== self.host || d.netns !== self.netns || d.dev !== self.dev) ? [{ ns, link }] : [];
  });
  const group = dst !== undefined && isGroup(dst);
  const owner = group ? undefined : (others.find((o) => o.link.mac === dst) ?? below(sim, dst, others));
  const described = (has: (l: Link) => boolean): boolean => sim.world.hosts.some((h) => h.netns.some((n) => n.links.some(has)));
  const behind = owner || (!group && !described((l) => l.mac === dst)) ? [] : others;
  seen(owner && { host: owner.ns.host.name, netns: owner.ns.netns.name, dev: owner.link.name }, segment?.name);
  if (owner) return enqueue(sim, { ns: owner.ns, dev: owner.link.name }, scrubbed(skb));
  const [arp] = skb.packet;
  if (arp?.type === 'arp' && (behind.length === 0 || !described((l) => l.addresses.some((a) => a.ip === arp.tpa)))) unheard(sim, skb);
  const flood = behind.length > 1 ? (skb.flood ?? { taken: false }) : skb.flood;
  for (const [i, { ns, link }] of behind.entries()) enqueue(sim, { ns, dev: link.name }, { ...scrubbed(skb), ...(i === 0 ? {} : { id: sim.newPacketId() }), flood });
  if (behind.length === 0 && arp?.type !== 'arp') leave(sim, at, skb, undefined);
}

/** The NIC on the wire under the macvlan with that address: switches have learned where it is. */
function below<T extends { readonly ns: Ns; readonly link: Link }>(sim: Sim, mac: string | undefined, nics: readonly T[]): T | undefined {
  for (const { netns } of sim.world.hosts) {
    for (const { links } of netns) {
      for (const link of links) {
        const nic = link.mac === mac && link.lower ? nicBelow(sim.world, link) : undefined;
        const found = nic && nics.find((n) => n.ns.host.name === nic.host && n.ns.netns.name === nic.netns && n.link.name === nic.dev);
        if (found) return found;
      }
    }
  }
  return undefined;
}

/** The packet goes to where nothing is described: to the probe's outside client, if it is for him, else out of sight. */
export function leave(sim: Sim, at: At, skb: Skb, next: Ip4 | undefined): void {
  if (skb.role === 'arp') unheard(sim, skb);
  if (deliverToOutside(sim, at, skb)) return;
  const ip = ipOf(skb.packet);
  const hop = next ?? ip.dst;
  sim.emit(at, skb, { kind: 'left', next: hop, assumed: undefined });
  sim.end(at, skb, 'left', { next: { ip: hop, dev: at.dev } });
}

/** enqueue_to_backlog(): the other side takes it in its turn. */
export function enqueue(sim: Sim, to: At, skb: Skb): void {
  sim.backlog.push(() => receive(sim, to, skb));
}
