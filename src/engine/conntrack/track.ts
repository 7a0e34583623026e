import { type IcmpHeader, ipOf, l4Of } from '../../packet/packet.ts';
import { type At, type Ns, type Sim, sysctl } from '../sim.ts';
import type { CtRef, Skb } from '../skb.ts';
import { sctpPacket } from './sctp.ts';
import { allowsClash, type CtEntry, type Direction, findTuple, insertEntry, newEntry, NO_ZONE, removeEntry, viewEntry, type Zone, zoneIn } from './table.ts';
import { type TcpVerdict, tcpPacket } from './tcp.ts';
import { invertTuple, opensIcmp, sameTuple, type Tuple, tupleOf } from './tuple.ts';

type Tracked = Extract<CtRef, { kind: 'tracked' }>;

/** ICMP types whose body quotes the packet that they are about (icmp_is_err(), include/linux/icmp.h). */
const quotes = (icmp: IcmpHeader): boolean => [3, 4, 5, 11, 12].includes(icmp.icmptype);

/** nf_ct_zone_tmpl(): the zone that a CT rule has given the packet, or its mark if the rule says so. */
function zoneOf(skb: Skb): Zone {
  if (skb.ct?.kind !== 'template') return NO_ZONE;
  const { zone } = skb.ct;
  return zone.id === 'mark' ? { id: skb.mark & 0xffff, dir: zone.dir } : { id: zone.id, dir: zone.dir };
}

/**
 * nf_conntrack_in() (net/netfilter/nf_conntrack_core.c): finds or makes the packet's connection and its state. A packet that has
 * one already (it came back over lo, or IPVS sent it on) keeps it.
 */
export function track(sim: Sim, at: At, skb: Skb): Skb {
  if (!at.ns.tracking) return skb.ct?.kind === 'template' ? { ...skb, ct: undefined } : skb;
  if (skb.ct?.kind === 'tracked') return skb;
  if (skb.ct?.kind === 'untracked') {
    sim.emit(at, skb, { kind: 'conntrack', op: 'untracked', direction: 'original', state: 'UNTRACKED', entry: undefined });
    return skb;
  }
  return trackIn(sim, at, skb, zoneOf(skb));
}

/** nf_conntrack_in() with the zone that a template names, whatever connection the packet had before: Open vSwitch's ct(). */
export function trackIn(sim: Sim, at: At, skb: Skb, zone: Zone): Skb {
  const l4 = l4Of(skb.packet);
  if (l4?.type === 'icmp' && quotes(l4)) return trackIcmpError(sim, at, skb, l4, zone);
  const tuple = tupleOf(skb.packet);
  return tuple ? trackTuple(sim, at, skb, tuple, zone) : invalid(sim, at, skb);
}

/** resolve_normal_ct() and nf_conntrack_handle_packet(). */
function trackTuple(sim: Sim, at: At, skb: Skb, tuple: Tuple, zone: Zone): Skb {
  const table = at.ns.conntrack;
  const found = findTuple(table, tuple, zone);
  const entry = found?.entry ?? newEntry(sim.newEntryId(), zone, tuple, invertTuple(tuple));
  const dir = found?.dir ?? 'original';
  const info = dir === 'reply' || entry.seenReply ? 'ESTABLISHED' : 'NEW';
  const verdict = handle(at.ns, skb, entry, dir);
  if (verdict === 'again' || verdict === 'killed') {
    removeEntry(table, entry);
    if (verdict === 'again') {
      sim.emit(at, skb, { kind: 'conntrack', op: 'removed', direction: dir, state: info, entry: viewEntry(entry) });
      return trackTuple(sim, at, skb, tuple, zone);
    }
  }
  if (verdict === 'invalid') return invalid(sim, at, skb);
  if (dir === 'reply') entry.seenReply = true;
  const next: Skb = { ...skb, ct: { kind: 'tracked', entry, dir, info } };
  sim.emit(at, next, { kind: 'conntrack', op: found ? 'found' : 'new', direction: dir, state: info, entry: viewEntry(entry) }, { source: [entry.source] });
  if (verdict === 'killed') sim.emit(at, next, { kind: 'conntrack', op: 'removed', direction: dir, state: info, entry: viewEntry(entry) });
  return next;
}

/** nf_conntrack_handle_packet(): what the protocol's tracker says and changes. */
function handle(ns: Ns, skb: Skb, entry: CtEntry, dir: Direction): TcpVerdict {
  const l4 = l4Of(skb.packet);
  switch (l4?.type) {
    case 'tcp':
      return tcpPacket(entry, dir, l4.flags, sysctl(ns, 'net.netfilter.nf_conntrack_tcp_loose', 1) !== 0);
    case 'sctp':
      return sctpPacket(entry, dir, l4.chunk) ? 'accept' : 'invalid';
    case 'icmp':
      return opensIcmp(entry.orig) ? 'accept' : 'invalid';
    case 'udp':
      // nf_conntrack_udp_packet(): ASSURED takes a reply and more than two seconds.
      if (entry.seenReply && entry.lasting) entry.assured = true;
      return 'accept';
    default:
      // nf_conntrack_gre_packet() asks for a reply alone, the generic tracker for nothing.
      if (entry.seenReply && entry.orig.proto === 47) entry.assured = true;
      return 'accept';
  }
}

/** nf_conntrack_inet_error(): an ICMP error belongs, as RELATED, to the connection of the packet that it quotes. */
function trackIcmpError(sim: Sim, at: At, skb: Skb, icmp: IcmpHeader, zone: Zone): Skb {
  const inner = icmp.quote && tupleOf(icmp.quote.packet);
  const found = inner && findTuple(at.ns.conntrack, invertTuple(inner), zone);
  // The error must go to the one who sent the quoted packet, as this machine knows him.
  if (!found || (found.dir === 'original' ? found.entry.orig : found.entry.reply).dst !== ipOf(skb.packet).dst) return invalid(sim, at, skb);
  const next: Skb = { ...skb, ct: { kind: 'tracked', entry: found.entry, dir: found.dir, info: 'RELATED' } };
  sim.emit(at, next, { kind: 'conntrack', op: 'related', direction: found.dir, state: 'RELATED', entry: viewEntry(found.entry) }, { source: [found.entry.source] });
  return next;
}

function invalid(sim: Sim, at: At, skb: Skb): Skb {
  const next: Skb = { ...skb, ct: { kind: 'invalid' } };
  sim.emit(at, next, { kind: 'conntrack', op: 'invalid', direction: 'original', state: 'INVALID', entry: undefined });
  return next;
}

/**
 * nf_conntrack_confirm(), last at POSTROUTING and INPUT: from here on the connection can be found. Only a packet of the first
 * direction confirms. Undefined: another connection took one of its tuples in the meantime, and the packet is dropped.
 */
export function confirm(sim: Sim, at: At, skb: Skb): Skb | undefined {
  const { ct } = skb;
  if (ct?.kind !== 'tracked' || ct.entry.confirmed || ct.dir !== 'original') return skb;
  const table = at.ns.conntrack;
  const { entry } = ct;
  const winner = findTuple(table, entry.orig, entry.zone, 'original') ?? findTuple(table, entry.reply, entry.zone, 'reply');
  if (!winner) insertEntry(table, entry);
  else {
    // nf_ct_resolve_clash(): some protocols let two of a kind be one, or keep the new one for replies alone. Others are dropped.
    if (!allowsClash(entry.orig.proto)) return undefined;
    const same = [winner, findTuple(table, entry.reply, entry.zone, 'reply')].find((w) => w !== undefined && sameEntry(w.entry, entry));
    if (same) return { ...skb, ct: { ...ct, entry: same.entry } };
    if (findTuple(table, entry.reply, entry.zone, 'reply')) return undefined;
    insertEntry(table, entry, ['reply']);
  }
  sim.emit(at, skb, { kind: 'conntrack', op: 'confirm', direction: 'original', state: ct.info, entry: viewEntry(entry) });
  return skb;
}

/** nf_ct_match() and nf_ct_match_reverse(): both are the same flow in the same zones, whichever way round. */
function sameEntry(a: CtEntry, b: CtEntry): boolean {
  const zones = (dirOfB: Direction, otherOfB: Direction): boolean => zoneIn(a.zone, 'original') === zoneIn(b.zone, dirOfB) && zoneIn(a.zone, 'reply') === zoneIn(b.zone, otherOfB);
  return (sameTuple(a.orig, b.orig) && sameTuple(a.reply, b.reply) && zones('original', 'reply')) || (sameTuple(a.orig, b.reply) && sameTuple(a.reply, b.orig) && zones('reply', 'original'));
}

/** nf_ct_attach(): an error or reset that the kernel makes about a packet belongs to that packet's connection. */
export function attached(ns: Ns, about: Skb): Tracked | undefined {
  if (!ns.tracking || about.ct?.kind !== 'tracked') return undefined;
  const { entry, dir } = about.ct;
  return { kind: 'tracked', entry, dir: dir === 'original' ? 'reply' : 'original', info: 'RELATED' };
}
