import { deviceId, isUp } from '../../world/lookup.ts';
import type { Host, Link } from '../../world/world.ts';
import { isGroup } from '../bridge/ports.ts';
import { type At, linkOf, type Ns, type Sim } from '../sim.ts';
import { forwarded, scrubbed, type Skb } from '../skb.ts';
import { netifReceive } from './receive.ts';
import { enqueue, transmit } from './transmit.ts';

/*
 * Devices on top of another device: VLANs (net/8021q) and macvlans (drivers/net/macvlan.c).
 */

interface Upper {
  readonly ns: Ns;
  readonly link: Link;
}

const upperLists = new WeakMap<Host, ReadonlyMap<string, readonly { readonly netns: string | null; readonly link: Link }[]>>();

/** The vlan and macvlan devices on a device, in all namespaces of its machine. */
function uppersOn(sim: Sim, at: At, kind: 'vlan' | 'macvlan'): readonly Upper[] {
  const { host } = at.ns;
  let all = upperLists.get(host);
  if (!all) {
    const made = new Map<string, { readonly netns: string | null; readonly link: Link }[]>();
    for (const { name, links } of host.netns) {
      for (const link of links) if (link.lower) made.set(deviceId(link.lower), [...(made.get(deviceId(link.lower)) ?? []), { netns: name, link }]);
    }
    upperLists.set(host, made);
    all = made;
  }
  return (all.get(`${at.ns.id}/${at.dev ?? ''}`) ?? []).flatMap(({ netns, link }) => {
    const ns = link.kind === kind ? sim.ns(host.name, netns) : undefined;
    return ns ? [{ ns, link }] : [];
  });
}

export const macvlansOn = (sim: Sim, at: At): readonly Upper[] => uppersOn(sim, at, 'macvlan');

/** vlan_do_receive() (net/8021q/vlan_core.c): the tag comes off and the VLAN's device has the frame. False when there is no such device. */
export function vlanReceive(sim: Sim, at: At, skb: Skb, link: Link): boolean {
  const upper = uppersOn(sim, { ns: at.ns, dev: link.name }, 'vlan').find((u) => u.link.vlan?.protocol === '802.1Q' && u.link.vlan.id === skb.vid);
  if (!upper) return false;
  const there: At = { ns: upper.ns, dev: upper.link.name };
  const plain: Skb = { ...skb, vid: undefined, pktType: skb.pktType === 'otherhost' && skb.eth?.dst === upper.link.mac ? 'host' : (skb.pktType ?? 'host') };
  if (isUp(upper.link)) netifReceive(sim, there, plain, upper.link);
  else down(sim, there, plain);
  return true;
}

/** vlan_dev_hard_start_xmit() (net/8021q/vlan_dev.c): the tag goes in, and the device below sends it. */
export function vlanTransmit(sim: Sim, at: At, skb: Skb, link: Link): void {
  if (!link.vlan || link.vlan.protocol !== '802.1Q' || skb.vid !== undefined) return sim.unknown(at, skb, 'device', `vlan ${link.vlan?.protocol ?? ''} ${link.name}`, 'ip -d link', link.source ? [link.source] : []);
  below(sim, at, { ...skb, vid: link.vlan.id }, link);
}

function below(sim: Sim, at: At, skb: Skb, link: Link): void {
  const ns = link.lower && sim.ns(link.lower.host, link.lower.netns);
  const lower = ns && linkOf(ns, link.lower?.dev);
  if (!ns || !lower) return sim.unknown(at, skb, 'device', link.peer ?? link.name, 'ip -d link', link.source ? [link.source] : []);
  const there: At = { ns, dev: lower.name };
  if (!isUp(lower)) return down(sim, there, skb);
  transmit(sim, there, skb, lower, undefined);
}

function down(sim: Sim, at: At, skb: Skb): void {
  sim.emit(at, skb, { kind: 'drop', reason: 'device-down' });
  sim.end(at, skb, 'dropped');
}

/**
 * macvlan_handle_frame(): a frame for a macvlan's address is its own; one for many goes to all of them and to the device below. False
 * when the device below keeps it.
 */
export function macvlanReceive(sim: Sim, at: At, skb: Skb, link: Link): boolean {
  const uppers = macvlansOn(sim, { ns: at.ns, dev: link.name });
  const { eth } = skb;
  if (!eth || uppers.length === 0) return false;
  if (isGroup(eth.dst)) {
    // One that a private or passthru macvlan sent does not come back to others (macvlan_multicast_rx()).
    const sender = uppers.find((u) => u.link.mac === eth.src);
    const hears = (u: Upper): boolean => (sender === undefined ? true : sender.link.macvlan === 'vepa' ? u !== sender && (u.link.macvlan === 'vepa' || u.link.macvlan === 'bridge') : sender.link.macvlan === 'bridge' && u.link.macvlan === 'vepa');
    for (const u of uppers) if (isUp(u.link) && u.link.macvlan !== 'source' && hears(u)) hand(sim, u, { ...skb, id: sim.newPacketId(), flood: skb.flood ?? { taken: false } });
    return false;
  }
  const upper = uppers.find((u) => u.link.macvlan === 'passthru') ?? uppers.find((u) => u.link.mac === eth.dst && u.link.macvlan !== 'source');
  if (!upper) return false;
  if (isUp(upper.link)) hand(sim, upper, { ...skb, pktType: 'host' });
  else down(sim, { ns: upper.ns, dev: upper.link.name }, skb);
  return true;
}

const hand = (sim: Sim, { ns, link }: Upper, skb: Skb): void => void sim.backlog.push(() => netifReceive(sim, { ns, dev: link.name }, skb, link));

/** macvlan_queue_xmit(): in mode bridge straight to the other macvlan, else out by the device below. */
export function macvlanTransmit(sim: Sim, at: At, skb: Skb, link: Link): void {
  const ns = link.lower && sim.ns(link.lower.host, link.lower.netns);
  const lower: At | undefined = ns && { ns, dev: link.lower?.dev };
  const dst = skb.eth?.dst;
  if (lower && dst !== undefined && link.macvlan === 'bridge') {
    const known = (to: Ns): Skb => (to === at.ns ? forwarded(skb) : scrubbed(skb));
    const others = macvlansOn(sim, lower).filter((u) => u.link.macvlan === 'bridge' && u.link.name + u.ns.id !== link.name + at.ns.id);
    if (isGroup(dst)) for (const u of others) if (isUp(u.link)) hand(sim, u, { ...known(u.ns), id: sim.newPacketId(), pktType: 'broadcast', flood: skb.flood ?? { taken: false } });
    // dev_forward_skb(): captures of the device below see it come in.
    if (others.some((u) => u.link.mac === dst)) return enqueue(sim, lower, known(lower.ns));
  }
  below(sim, at, skb, link);
}
