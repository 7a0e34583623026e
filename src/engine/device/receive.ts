import { BROADCAST_MAC } from '../../packet/address.ts';
import { ETHERTYPE_ARP, ETHERTYPE_IPV4 } from '../../packet/packet.ts';
import { isUp } from '../../world/lookup.ts';
import { isInternal, ovsPlaceOf } from '../../world/ovs.ts';
import type { Link } from '../../world/world.ts';
import { handleFrame } from '../bridge/frame.ts';
import { bridgeOf, isGroup } from '../bridge/ports.ts';
import { ipReceive } from '../ip/input.ts';
import { enterBridge } from '../ovs/datapath.ts';
import { type At, linkOf, type Sim } from '../sim.ts';
import type { PktType, Skb } from '../skb.ts';
import { arpReceive, programHearsArp } from './arp.ts';
import { macvlanReceive, vlanReceive } from './upper.ts';

/** A frame reaches a device: eth_type_trans() tells whose it is, then netifReceive(). */
export function receive(sim: Sim, at: At, skb: Skb): void {
  const link = linkOf(at.ns, at.dev);
  if (!link) return sim.unknown(at, skb, 'device', at.dev ?? '', 'ip -d link');
  if (!isUp(link)) {
    sim.emit(at, skb, { kind: 'drop', reason: 'device-down' });
    return sim.end(at, skb, 'dropped');
  }
  netifReceive(sim, at, { ...skb, pktType: pktTypeOf(skb, link) }, link);
}

function pktTypeOf({ eth }: Skb, link: Link): PktType {
  if (eth === undefined || link.mac === undefined || eth.dst === link.mac) return 'host';
  if (eth.dst === BROADCAST_MAC) return 'broadcast';
  return isGroup(eth.dst) ? 'multicast' : 'otherhost';
}

/** __netif_receive_skb_core() (net/core/dev.c): the capture point, VLAN devices, the rx handler (bridge port, macvlan), then ARP or IP. */
export function netifReceive(sim: Sim, at: At, skb: Skb, link: Link): void {
  // ip_rcv_core(): skb_orphan().
  const here: Skb = { ...skb, iif: link.name, sender: undefined };
  const isArp = skb.eth?.ethertype === ETHERTYPE_ARP;
  sim.emit(at, here, { kind: 'receive', otherhost: skb.pktType === 'otherhost' }, { framed: true, source: [link.source], ...(isArp ? { subsystem: 'neighbour' } : {}) });
  if (isArp) programHearsArp(sim, at, here, link);
  const switched = at.ns.netns.name === null ? ovsPlaceOf(at.ns.host, link.name) : undefined;
  const filter = at.ns.netns.unmodelled.find((u) => u.dev === link.name && (u.what === 'tc' || u.what === 'ebpf' || (u.what === 'ovs-bridge' && !switched)));
  if (filter) return sim.unknown(at, here, filter.what === 'tc' ? 'tc' : filter.what === 'ebpf' ? 'ebpf' : 'ovs-bridge', filter.name, undefined, filter.source ? [filter.source] : []);
  if (here.vid !== undefined && vlanReceive(sim, at, here, link)) return;
  // netdev_frame_hook(): a port's frames are the switch's, its VLAN tags included; what an internal port receives is the machine's.
  if (switched && !isInternal(switched)) return enterBridge(sim, at.ns, here, switched);
  if (link.master === 'ovs-system') return sim.unknown(at, here, 'ovs-bridge', link.master, 'ovs-vsctl show', link.source ? [link.source] : []);
  const bridge = bridgeOf(at.ns, link);
  if (bridge) return handleFrame(sim, at, here, link, bridge);
  if (link.master !== undefined || link.kind === 'unknown') return sim.unknown(at, here, 'device', link.master ?? `${link.kindText} ${link.name}`, undefined, link.source ? [link.source] : []);
  if (macvlanReceive(sim, at, here, link)) return;
  // A VLAN that no device here is for makes it somebody else's.
  const foreign = here.pktType === 'otherhost' || here.vid !== undefined;
  if (isArp && !foreign) return arpReceive(sim, at, here, link);
  if (foreign || (skb.eth && skb.eth.ethertype !== ETHERTYPE_IPV4)) {
    sim.emit(at, here, { kind: 'drop', reason: 'otherhost', ...(here.flood ? { copy: true } : {}) });
    return sim.end(at, here, 'dropped');
  }
  // Who takes a flooded frame because it is his own has no stray copy: what becomes of the packet now counts.
  ipReceive(sim, at, here.pktType === 'host' ? { ...here, flood: undefined } : here);
}
