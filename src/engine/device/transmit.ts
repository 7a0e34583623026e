import { BROADCAST_MAC, type Ip4 } from '../../packet/address.ts';
import { ipOf } from '../../packet/packet.ts';
import { segmentOf } from '../../world/lookup.ts';
import type { DeviceRef, Link } from '../../world/world.ts';
import type { Rtable } from '../routing/rtable.ts';
import { type At, linkOf, type Sim } from '../sim.ts';
import { scrubbed, type Skb } from '../skb.ts';
import { deliverToOutside, takeAtVeth } from '../socket/outside.ts';
import { tunnelTransmit } from '../tunnel/transmit.ts';
import { receive } from './receive.ts';

/** dev_queue_xmit() and the device's ndo_start_xmit: a capture sees the packet, then it goes where the device leads. */
export function transmit(sim: Sim, at: At, skb: Skb, link: Link, rt: Rtable): void {
  const self: DeviceRef = { host: at.ns.host.name, netns: at.ns.netns.name, dev: link.name };
  const filter = at.ns.netns.unmodelled.find((u) => u.dev === link.name && (u.what === 'tc' || u.what === 'ebpf' || u.what === 'ovs-bridge'));
  if (filter) return sim.unknown(at, skb, filter.what === 'tc' ? 'tc' : filter.what === 'ebpf' ? 'ebpf' : 'ovs-bridge', filter.name, undefined, filter.source ? [filter.source] : []);
  switch (link.kind) {
    case 'loopback':
      sim.emit(at, skb, { kind: 'transmit', segment: undefined, to: self }, { source: [link.source] });
      // The packet keeps its conntrack entry and IPVS flag over lo (loopback_xmit() scrubs nothing).
      return enqueue(sim, at, { ...skb });
    case 'veth': {
      const peer = link.veth;
      sim.emit(at, skb, { kind: 'transmit', segment: undefined, to: peer }, { framed: true, source: [link.source] });
      const ns = peer && sim.ns(peer.host, peer.netns);
      if (!ns) return takeAtVeth(sim, at, skb, link);
      return enqueue(sim, { ns, dev: peer.dev }, scrubbed(skb));
    }
    case 'nic':
      return transmitNic(sim, at, skb, link, self);
    case 'dummy':
      sim.emit(at, skb, { kind: 'transmit', segment: undefined, to: undefined }, { framed: true, source: [link.source] });
      sim.emit(at, skb, { kind: 'drop', reason: 'no-carrier' });
      return sim.end(at, skb, 'dropped');
    case 'ipip':
    case 'gre':
    case 'gretap':
    case 'vxlan':
    case 'geneve':
      return tunnelTransmit(sim, at, skb, link, rt);
    case 'bridge':
    case 'vlan':
    case 'macvlan':
    case 'tap':
    case 'unknown':
      return sim.unknown(at, skb, 'device', `${link.kindText} ${link.name}`, undefined, link.source ? [link.source] : []);
  }
}

function transmitNic(sim: Sim, at: At, skb: Skb, link: Link, self: DeviceRef): void {
  const segment = segmentOf(sim.world, self);
  const owner = segment?.devices.flatMap((d) => {
    const ns = sim.ns(d.host, d.netns);
    const there = ns && linkOf(ns, d.dev);
    return ns && there && there.mac === skb.eth?.dst && there.mac !== BROADCAST_MAC && (d.host !== self.host || d.netns !== self.netns || d.dev !== self.dev) ? [{ ns, dev: d.dev }] : [];
  })[0];
  const to = owner && { host: owner.ns.host.name, netns: owner.ns.netns.name, dev: owner.dev };
  sim.emit(at, skb, { kind: 'transmit', segment: segment?.name, to }, { framed: true, source: [link.source] });
  if (owner) return enqueue(sim, owner, scrubbed(skb));
  leave(sim, at, skb, undefined);
}

/** The packet goes to where nothing is described: to the probe's outside client, if it is for him, else out of sight. */
export function leave(sim: Sim, at: At, skb: Skb, next: Ip4 | undefined): void {
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
