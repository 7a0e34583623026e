import { isLoopback, isMulticast } from '../../packet/address.ts';
import { ETHERTYPE_ARP } from '../../packet/packet.ts';
import type { VxlanTunnel } from '../../world/tunnel.ts';
import type { Link } from '../../world/world.ts';
import { knownNeighbour } from '../device/neighbour.ts';
import { netifReceive } from '../device/receive.ts';
import type { At, Sim } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { dropIn } from './outer.ts';
import { findRemotes } from './vxlanFdb.ts';

/** NUD_CONNECTED: known without a doubt. */
const CONNECTED: ReadonlySet<string> = new Set(['PERMANENT', 'NOARP', 'REACHABLE']);

/**
 * arp_reduce() (drivers/net/vxlan/vxlan_core.c), `proxy`: the device answers a question from the machine's own neighbours, in the name
 * of who was asked for. Nothing of ARP goes into the tunnel.
 */
export function arpReduce(sim: Sim, at: At, skb: Skb, link: Link, tunnel: VxlanTunnel): void {
  const [arp] = skb.packet;
  const known = arp?.type === 'arp' && arp.op === 'request' && !link.flags.includes('NOARP') && !isLoopback(arp.tpa) && !isMulticast(arp.tpa) ? knownNeighbour(at.ns, link.name, arp.tpa) : undefined;
  if (arp?.type !== 'arp' || !known || !(known.learned || CONNECTED.has(known.state))) return dropIn(sim, at, skb, 'no-neighbour');
  // A neighbour whose MAC has an entry without an end is on this side.
  const behind = findRemotes(at, link, tunnel, known.mac);
  if (behind.kind === 'remotes' && behind.remotes.some((r) => r.how === 'entry' && r.ip === 0)) return dropIn(sim, at, skb, 'no-neighbour');
  const reply: Skb = { ...skb, id: sim.newPacketId(), packet: [{ type: 'arp', op: 'reply', spa: arp.tpa, tpa: arp.spa, sha: known.mac, tha: arp.sha }], eth: { type: 'eth', src: known.mac, dst: arp.sha, ethertype: ETHERTYPE_ARP }, pktType: 'host', flood: undefined };
  const there: At = { ns: at.ns, dev: link.name };
  sim.emit(there, reply, { kind: 'arp', op: 'reply', ip: arp.tpa, by: 'proxy-arp' }, { source: [known.source] });
  sim.backlog.push(() => netifReceive(sim, there, reply, link));
}
