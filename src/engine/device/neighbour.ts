import { BROADCAST_MAC, type Ip4, type Mac } from '../../packet/address.ts';
import { ETHERTYPE_IPV4 } from '../../packet/packet.ts';
import { isUp } from '../../world/lookup.ts';
import type { Link } from '../../world/world.ts';
import { sendIcmpError } from '../ip/icmp.ts';
import { nexthopOf, type Rtable } from '../routing/rtable.ts';
import { type At, linkOf, type Sim } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { ipOf } from '../../packet/packet.ts';
import { ask } from './arp.ts';
import { leave, transmit } from './transmit.ts';

/** ip_eth_mc_map() (include/net/ip.h). */
const groupMac = (ip: Ip4): Mac => `01:00:5e:${[(ip >>> 16) & 0x7f, (ip >>> 8) & 255, ip & 255].map((b) => b.toString(16).padStart(2, '0')).join(':')}`;

/** States in which a neighbour entry can be used (NUD_VALID and FAILED's absence). */
const usable = (state: string): boolean => state !== 'FAILED' && state !== 'INCOMPLETE';

/** ip_finish_output2(): finds the link-layer address of the next hop and hands the packet to the device. */
export function neighbourOutput(sim: Sim, at: At, skb: Skb, rt: Rtable): void {
  const link = linkOf(at.ns, rt.oif);
  const here: At = { ns: at.ns, dev: rt.oif };
  if (!link) return sim.unknown(here, skb, 'device', rt.oif, 'ip -d link');
  if (!isUp(link)) {
    sim.emit(here, skb, { kind: 'drop', reason: 'device-down' });
    return sim.end(here, skb, 'dropped');
  }
  // Devices without link-layer addresses (lo has zeros, tunnels have none) need no neighbour.
  if (link.kind === 'loopback' || link.kind === 'ipip' || link.kind === 'gre' || link.kind === 'unknown') return transmit(sim, here, { ...skb, eth: undefined }, link, rt);
  const nexthop = nexthopOf(rt, ipOf(skb.packet).dst);
  const framed = (mac: Mac): Skb => ({ ...skb, eth: { type: 'eth', src: link.mac ?? '00:00:00:00:00:00', dst: mac, ethertype: ETHERTYPE_IPV4 } });
  if (link.flags.includes('NOARP') && link.kind !== 'veth' && link.kind !== 'nic') return transmit(sim, here, framed(link.mac ?? '00:00:00:00:00:00'), link, rt);

  // arp_constructor(), net/ipv4/arp.c: nobody is asked for the address of all or of a group.
  const known = rt.kind === 'broadcast' ? BROADCAST_MAC : rt.kind === 'multicast' ? groupMac(nexthop) : undefined;
  if (known !== undefined) return transmit(sim, here, framed(known), link, rt);
  resolveNeighbour(sim, here, skb, link, nexthop, (mac) => transmit(sim, here, framed(mac), link, rt));
}

/**
 * neigh_output(): goes on with the link-layer address of a next hop, at once if the table of neighbours has it, else when it has
 * answered. `cached`: the kernel has its header at hand. Who is asked for in vain ends the packet's way.
 */
export function resolveNeighbour(sim: Sim, at: At, skb: Skb, link: Link, ip: Ip4, then: (mac: Mac, cached: boolean) => void): void {
  const framed = (mac: Mac): Skb => ({ ...skb, eth: { type: 'eth', src: link.mac ?? '00:00:00:00:00:00', dst: mac, ethertype: ETHERTYPE_IPV4 } });
  const known = knownNeighbour(at.ns, link.name, ip);
  // neigh_resolve_output() > neigh_hh_init(): an entry that was set by hand has none before its first packet.
  const key = `${link.name}/${ip}`;
  const cached = (known?.state === 'REACHABLE' && !known.learned) || (at.ns.headers.has(key) && known?.state !== 'STALE');
  at.ns.headers.add(key);
  if (known) {
    sim.emit(at, framed(known.mac), { kind: 'neighbour', ip, mac: known.mac, how: known.learned ? 'learned' : 'entry' }, { source: [known.source] });
    return then(known.mac, cached);
  }
  ask(sim, at, skb, link, ip, {
    answered(mac, first) {
      sim.emit(at, framed(mac), { kind: 'neighbour', ip, mac, how: first ? 'arp' : 'learned' });
      then(mac, false);
    },
    unanswered(left) {
      if (left) return leave(sim, at, skb, ip);
      // arp_error_report() > ipv4_link_failure(): a forwarded packet's sender is told after three tries.
      sim.emit(at, skb, { kind: 'neighbour', ip, mac: undefined, how: 'failed' });
      sim.emit(at, skb, { kind: 'drop', reason: 'no-neighbour' });
      sim.end(at, skb, 'unreachable');
      sendIcmpError(sim, at.ns, skb, { icmptype: 3, code: 1 });
    },
  });
}

/** An entry of the table of neighbours that can be used; its state is STALE when the kernel would check it (not NUD_CONNECTED). */
export function knownNeighbour(ns: At['ns'], dev: string, ip: Ip4) {
  const learned = ns.learned.get(`${dev}/${ip}`);
  const entry = ns.netns.neighbours.find((n) => n.dev === dev && n.ip === ip && n.mac !== undefined && usable(n.state));
  if (entry?.mac !== undefined) return { mac: entry.mac, learned: false, state: entry.state === 'REACHABLE' ? 'REACHABLE' : ['PERMANENT', 'NOARP'].includes(entry.state) ? 'PERMANENT' : 'STALE', source: entry.source };
  // arp_process(): an answer makes the entry REACHABLE, a question of the other side alone STALE.
  return learned === undefined ? undefined : { mac: learned, learned: true, state: ns.answered.has(`${dev}/${ip}`) ? 'REACHABLE' : 'STALE', source: undefined };
}
