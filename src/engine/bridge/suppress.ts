import { ETHERTYPE_ARP } from '../../packet/packet.ts';
import type { Link } from '../../world/world.ts';
import { transmit } from '../device/transmit.ts';
import { knownNeighbour } from '../device/neighbour.ts';
import { type At, linkOf, type Sim } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { findMac } from './fdb.ts';
import { isGroup, portOf, portsOf } from './ports.ts';

/**
 * br_do_proxy_suppress_arp() (net/bridge/br_arp_nd_proxy.c): a bridge that knows the neighbour answers a question itself, where the
 * asking port has proxy_arp, or the answer lies behind a port with neigh_suppress. True when it did: such ports get no copy then.
 */
export function suppressArp(sim: Sim, at: At, skb: Skb, port: Link, bridge: Link, vid: number): boolean {
  const [arp] = skb.packet;
  if (skb.eth?.ethertype !== ETHERTYPE_ARP || arp?.type !== 'arp') return false;
  const asking = portOf(port, bridge);
  const suppresses = portsOf(at.ns, bridge).some((p) => portOf(p, bridge).neighSuppress);
  if (suppresses) {
    if (asking.neighSuppress || (!isGroup(skb.eth.dst) && arp.op === 'request')) return false;
    if (arp.spa === arp.tpa || arp.spa === 0) return true;
  }
  if (arp.op !== 'request') return false;
  if (suppresses && bridge.addresses.some((a) => a.ip === arp.tpa)) return true;
  const known = knownNeighbour(at.ns, bridge.name, arp.tpa);
  const found = known && findMac(at.ns, bridge, known.mac, vid);
  if (!known || !found) return false;
  const behind = found.kind === 'port' ? linkOf(at.ns, found.dev) : undefined;
  const there = behind && portOf(behind, bridge);
  if (!asking.proxyArp && !there?.proxyArpWifi && !there?.neighSuppress) return suppresses;
  const reply: Skb = {
    ...skb,
    id: sim.newPacketId(),
    packet: [{ type: 'arp', op: 'reply', spa: arp.tpa, tpa: arp.spa, sha: known.mac, tha: arp.sha }],
    eth: { type: 'eth', src: known.mac, dst: arp.sha, ethertype: ETHERTYPE_ARP },
  };
  sim.emit(at, reply, { kind: 'arp', op: 'reply', ip: arp.tpa, by: 'proxy-arp' }, { source: [known.source] });
  transmit(sim, at, reply, port, undefined);
  return true;
}
