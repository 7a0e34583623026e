import { ETHERTYPE_IPV4 } from '../../packet/packet.ts';
import { isUp } from '../../world/lookup.ts';
import { ipReceive } from '../ip/input.ts';
import { type At, linkOf, type Sim } from '../sim.ts';
import type { Skb } from '../skb.ts';

/** __netif_receive_skb_core() (net/core/dev.c): the capture point, then the network layer. */
export function receive(sim: Sim, at: At, skb: Skb): void {
  const link = linkOf(at.ns, at.dev);
  if (!link) return sim.unknown(at, skb, 'device', at.dev ?? '', 'ip -d link');
  if (!isUp(link)) {
    sim.emit(at, skb, { kind: 'drop', reason: 'device-down' });
    return sim.end(at, skb, 'dropped');
  }
  const otherhost = skb.eth !== undefined && link.mac !== undefined && skb.eth.dst !== link.mac;
  const here: Skb = { ...skb, iif: link.name };
  sim.emit(at, here, { kind: 'receive', otherhost }, { framed: true, source: [link.source] });
  const filter = at.ns.netns.unmodelled.find((u) => u.dev === link.name && (u.what === 'tc' || u.what === 'ebpf' || u.what === 'ovs-bridge'));
  if (filter) return sim.unknown(at, here, filter.what === 'tc' ? 'tc' : filter.what === 'ebpf' ? 'ebpf' : 'ovs-bridge', filter.name, undefined, filter.source ? [filter.source] : []);
  if (link.master !== undefined || ['unknown', 'bridge', 'vlan', 'macvlan', 'tap'].includes(link.kind)) return sim.unknown(at, here, 'device', link.master ?? `${link.kindText} ${link.name}`, undefined, link.source ? [link.source] : []);
  if (otherhost || (skb.eth && skb.eth.ethertype !== ETHERTYPE_IPV4)) {
    sim.emit(at, here, { kind: 'drop', reason: 'otherhost' });
    return sim.end(at, here, 'dropped');
  }
  ipReceive(sim, at, { ...here, eth: undefined });
}
