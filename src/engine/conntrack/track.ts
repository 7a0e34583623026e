import { ICMP_ECHO, type IcmpHeader, ipOf, l4Of, PROTO_ICMP, PROTO_TCP } from '../../packet/packet.ts';
import { type At, type Ns, type Sim, sysctl } from '../sim.ts';
import type { CtRef, Skb } from '../skb.ts';
import { type CtEntry, findTuple, insertEntry, viewEntry } from './table.ts';
import { nextTcpState, opensTcp } from './tcp.ts';
import { invertTuple, type Tuple, tupleOf } from './tuple.ts';

/** ICMP types whose body quotes the packet that they are about (nf_conntrack_proto_icmp.c). */
const quotes = (icmp: IcmpHeader): boolean => [3, 4, 5, 11, 12].includes(icmp.icmptype);

/**
 * nf_conntrack_in() (net/netfilter/nf_conntrack_core.c): finds or makes the packet's connection and its state. A packet that has
 * one already (it came back over lo, or IPVS sent it on) keeps it.
 */
export function track(sim: Sim, at: At, skb: Skb): Skb {
  if (!at.ns.tracking) return skb;
  if (skb.ct !== undefined && skb.ct.kind !== 'invalid') {
    if (skb.ct.kind === 'untracked') sim.emit(at, skb, { kind: 'conntrack', op: 'untracked', direction: 'original', state: 'UNTRACKED', entry: undefined });
    return skb;
  }
  const l4 = l4Of(skb.packet);
  if (l4?.type === 'icmp' && quotes(l4)) return trackIcmpError(sim, at, skb, l4);
  const tuple = tupleOf(skb.packet);
  if (!tuple) return invalid(sim, at, skb);

  const found = findTuple(at.ns.conntrack, tuple);
  if (!found) return trackNew(sim, at, skb, tuple);
  const { entry, dir } = found;
  if (tuple.proto === PROTO_TCP && l4?.type === 'tcp') {
    const next = nextTcpState(entry, dir, l4.flags);
    if (next === 'invalid') return invalid(sim, at, skb);
    entry.tcpState = next;
    if (next === 'ESTABLISHED') entry.assured = true;
  }
  if (dir === 'reply') entry.seenReply = true;
  else if (entry.seenReply && tuple.proto !== PROTO_TCP && tuple.proto !== PROTO_ICMP) entry.assured = true;
  const info = dir === 'reply' || entry.seenReply ? 'ESTABLISHED' : 'NEW';
  const next: Skb = { ...skb, ct: { kind: 'tracked', entry, dir, info } };
  sim.emit(at, next, { kind: 'conntrack', op: 'found', direction: dir, state: info, entry: viewEntry(entry) });
  return next;
}

function trackNew(sim: Sim, at: At, skb: Skb, tuple: Tuple): Skb {
  const l4 = l4Of(skb.packet);
  if (l4?.type === 'tcp' && !opensTcp(l4.flags, sysctl(at.ns, 'net.netfilter.nf_conntrack_tcp_loose', 1) !== 0)) return invalid(sim, at, skb);
  // icmp_new(): only requests open a connection.
  if (l4?.type === 'icmp' && l4.icmptype !== ICMP_ECHO) return invalid(sim, at, skb);
  const entry: CtEntry = {
    id: sim.newEntryId(),
    orig: tuple,
    reply: invertTuple(tuple),
    confirmed: false,
    seenReply: false,
    assured: false,
    srcNat: false,
    dstNat: false,
    srcDone: false,
    dstDone: false,
    tcpState: l4?.type === 'tcp' ? ((l4.flags & 0x02) !== 0 ? 'SYN_SENT' : 'ESTABLISHED') : undefined,
    mark: 0,
  };
  const next: Skb = { ...skb, ct: { kind: 'tracked', entry, dir: 'original', info: 'NEW' } };
  sim.emit(at, next, { kind: 'conntrack', op: 'new', direction: 'original', state: 'NEW', entry: viewEntry(entry) });
  return next;
}

/** nf_conntrack_inet_error(): an ICMP error belongs, as RELATED, to the connection of the packet that it quotes. */
function trackIcmpError(sim: Sim, at: At, skb: Skb, icmp: IcmpHeader): Skb {
  const inner = icmp.quote && tupleOf(icmp.quote.packet);
  const found = inner && findTuple(at.ns.conntrack, invertTuple(inner));
  // The error must go to the one who sent the quoted packet, as this machine knows him.
  if (!found || (found.dir === 'original' ? found.entry.orig : found.entry.reply).dst !== ipOf(skb.packet).dst) return invalid(sim, at, skb);
  const next: Skb = { ...skb, ct: { kind: 'tracked', entry: found.entry, dir: found.dir, info: 'RELATED' } };
  sim.emit(at, next, { kind: 'conntrack', op: 'related', direction: found.dir, state: 'RELATED', entry: viewEntry(found.entry) });
  return next;
}

function invalid(sim: Sim, at: At, skb: Skb): Skb {
  const next: Skb = { ...skb, ct: { kind: 'invalid' } };
  sim.emit(at, next, { kind: 'conntrack', op: 'invalid', direction: 'original', state: 'INVALID', entry: undefined });
  return next;
}

/**
 * nf_conntrack_confirm(), last at POSTROUTING and INPUT: from here on the connection can be found. Only a packet of the first
 * direction confirms. False when another connection took one of its tuples in the meantime.
 */
export function confirm(sim: Sim, at: At, skb: Skb): boolean {
  const { ct } = skb;
  if (ct?.kind !== 'tracked' || ct.entry.confirmed || ct.dir !== 'original') return true;
  if (!insertEntry(at.ns.conntrack, ct.entry)) return false;
  sim.emit(at, skb, { kind: 'conntrack', op: 'confirm', direction: 'original', state: ct.info, entry: viewEntry(ct.entry) });
  return true;
}

/** nf_conntrack_attach(): an error or reset that the kernel makes about a packet belongs to that packet's connection. */
export function attached(ns: Ns, about: Skb): CtRef | undefined {
  if (!ns.tracking || about.ct?.kind !== 'tracked') return undefined;
  const { entry, dir } = about.ct;
  return { kind: 'tracked', entry, dir: dir === 'original' ? 'reply' : 'original', info: 'RELATED' };
}
