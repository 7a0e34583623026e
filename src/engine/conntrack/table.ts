import { PROTO_ICMP, PROTO_UDP } from '../../packet/packet.ts';
import type { SourceRef } from '../../world/source.ts';
import type { CtEntryView, Endpoint } from '../step.ts';
import type { SctpState } from './sctp.ts';
import type { TcpTracking } from './tcp.ts';
import { hasPorts, type Tuple, tupleKey } from './tuple.ts';

export type Direction = 'original' | 'reply';

/** A conntrack zone (struct nf_conntrack_zone) and the directions in which it counts. */
export interface Zone {
  readonly id: number;
  readonly dir: 'both' | Direction;
}

export const NO_ZONE: Zone = { id: 0, dir: 'both' };

/** nf_ct_zone_id(): a zone of the other direction alone is none. */
export const zoneIn = (zone: Zone, dir: Direction): number => (zone.dir === 'both' || zone.dir === dir ? zone.id : 0);

/** A connection (struct nf_conn). One object for both directions; changed in place as the kernel does. */
export interface CtEntry {
  readonly id: number;
  readonly zone: Zone;
  readonly orig: Tuple;
  /** What a reply will look like when it arrives here: NAT is recorded by changing this tuple. */
  reply: Tuple;
  confirmed: boolean;
  seenReply: boolean;
  assured: boolean;
  /** IPS_SRC_NAT, IPS_DST_NAT: the tuple was changed. */
  srcNat: boolean;
  dstNat: boolean;
  /** IPS_SRC_NAT_DONE, IPS_DST_NAT_DONE: the nat chains have had their say. */
  srcDone: boolean;
  dstDone: boolean;
  /** The device that MASQUERADE found (nf_conn_nat.masq_index); the listing of a live node does not tell it. */
  masqueradedOn?: string;
  readonly tcp: TcpTracking | undefined;
  sctp: SctpState | undefined;
  /** UDP: it has lasted for more than two seconds, so that it is a stream (nf_conntrack_udp_packet()). */
  readonly lasting: boolean;
  mark: number;
  /** connlabel: 128 bits as four words, the most significant first; only Open vSwitch sets them here. */
  label: readonly number[];
  /** The line of the dump that it comes from. */
  readonly source?: SourceRef | undefined;
}

export const NO_LABEL: readonly number[] = [0, 0, 0, 0];

/** What a new entry begins with. */
export const newEntry = (id: number, zone: Zone, orig: Tuple, reply: Tuple): CtEntry => ({
  id,
  zone,
  orig,
  reply,
  confirmed: false,
  seenReply: false,
  assured: false,
  srcNat: false,
  dstNat: false,
  srcDone: false,
  dstDone: false,
  tcp: orig.proto === 6 ? { state: 'NONE', lastFlags: 'none', lastDir: 'original', closing: false } : undefined,
  sctp: orig.proto === 132 ? 'NONE' : undefined,
  lasting: false,
  mark: 0,
  label: NO_LABEL,
});

export interface Slot {
  readonly entry: CtEntry;
  readonly dir: Direction;
}

/** The entries that a dump lists, read once for all traces. */
export interface Given {
  readonly size: number;
  readonly byTuple: ReadonlyMap<string, readonly { readonly index: number; readonly dir: Direction }[]>;
  /** nf_nat_bysource: by protocol and original source. */
  readonly bySource: ReadonlyMap<string, readonly number[]>;
  readonly make: (index: number) => CtEntry;
  readonly view: (index: number) => CtEntryView;
}

/** The connections of one namespace. Only confirmed ones can be found (nf_conntrack_hash). */
export interface CtTable {
  readonly byTuple: Map<string, Slot[]>;
  readonly entries: CtEntry[];
  readonly given: Given | undefined;
  /** Given entries that were looked at, and what became of them; undefined: gone. */
  readonly met: Map<number, CtEntry | undefined>;
}

export const newCtTable = (given?: Given): CtTable => ({ byTuple: new Map(), entries: [], given, met: new Map() });

/** A given entry as it is by now. Its id is negative. */
function meet(table: CtTable, given: Given, index: number): CtEntry | undefined {
  if (!table.met.has(index)) table.met.set(index, given.make(index));
  return table.met.get(index);
}

function slotsOf(table: CtTable, tuple: Tuple): readonly Slot[] {
  const key = tupleKey(tuple);
  const own = table.byTuple.get(key) ?? [];
  const { given } = table;
  const listed = given?.byTuple.get(key);
  if (!given || !listed) return own;
  const known = listed.flatMap(({ index, dir }) => {
    const entry = meet(table, given, index);
    return entry ? [{ entry, dir }] : [];
  });
  return [...known, ...own];
}

export const sourceKey = (t: Tuple): string => `${t.proto}|${t.src}:${t.sport}`;

/** Entries whose first packets come from that source, the latest first. */
export function entriesFrom(table: CtTable, t: Tuple): readonly CtEntry[] {
  const { given } = table;
  const listed = given?.bySource.get(sourceKey(t)) ?? [];
  return [...table.entries.filter((e) => sourceKey(e.orig) === sourceKey(t)).toReversed(), ...listed.toReversed().flatMap((i) => (given && meet(table, given, i)) ?? [])];
}

/** Everything that `conntrack -L` would list now. */
export function viewTable({ given, met, entries }: CtTable): readonly CtEntryView[] {
  const listed = Array.from({ length: given?.size ?? 0 }, (_, i) => {
    const entry = met.get(i);
    if (entry) return viewEntry(entry);
    return met.has(i) ? undefined : given?.view(i);
  });
  return [...listed.filter((v) => v !== undefined), ...entries.map(viewEntry)];
}

/**
 * nf_ct_key_equal(): an entry answers for a tuple in a direction only to those who are in its zone of that direction. `bucket`: the
 * direction whose zone the caller hashes with; without one both are tried.
 */
export const findTuple = (table: CtTable, tuple: Tuple, zone: Zone = NO_ZONE, bucket?: Direction): Slot | undefined =>
  slotsOf(table, tuple).find(({ entry, dir }) => zoneIn(entry.zone, dir) === zoneIn(zone, dir) && (bucket === undefined || zoneIn(entry.zone, dir) === zoneIn(zone, bucket)));

/** Whether nf_conntrack_tuple_taken() lets the entry `own` pass: it is itself, or another packet of the very same flow. */
export const isTaken = (table: CtTable, tuple: Tuple, own: CtEntry): boolean =>
  slotsOf(table, tuple).some(({ entry, dir }) => entry !== own && zoneIn(entry.zone, dir) === zoneIn(own.zone, dir) && zoneIn(entry.zone, dir) === zoneIn(own.zone, 'reply') && !sameFlow(entry, own));

const sameFlow = (a: CtEntry, b: CtEntry): boolean => tupleKey(a.orig) === tupleKey(b.orig) && zoneIn(a.zone, 'original') === zoneIn(b.zone, 'original');

/** Puts an entry into the hash, under both tuples or (a clash resolved the hard way) under that of the reply alone. */
export function insertEntry(table: CtTable, entry: CtEntry, dirs: readonly Direction[] = ['original', 'reply']): void {
  for (const dir of dirs) {
    const key = tupleKey(dir === 'original' ? entry.orig : entry.reply);
    const slots = table.byTuple.get(key);
    if (slots) slots.push({ entry, dir });
    else table.byTuple.set(key, [{ entry, dir }]);
  }
  if (dirs.length === 2) table.entries.push(entry);
  entry.confirmed = true;
}

/** `allow_clash` of struct nf_conntrack_l4proto: of UDP. */
export const allowsClash = (proto: number): boolean => proto === PROTO_UDP;

/** nf_ct_kill(): it can no longer be found. Packets that have it keep it. */
export function removeEntry(table: CtTable, entry: CtEntry): void {
  if (entry.id < 0) {
    table.met.set(-1 - entry.id, undefined);
    return;
  }
  for (const tuple of [entry.orig, entry.reply]) {
    const key = tupleKey(tuple);
    table.byTuple.set(key, (table.byTuple.get(key) ?? []).filter((s) => s.entry !== entry));
  }
  const at = table.entries.indexOf(entry);
  if (at >= 0) table.entries.splice(at, 1);
}

const endpoint = (proto: number, ip: number, port: number): Endpoint => ({ ip, port: hasPorts(proto) ? port : undefined });

/** The entry as it is now, for a step; later changes do not show in it. */
export function viewEntry(e: CtEntry): CtEntryView {
  const proto = e.orig.proto;
  // An ICMP tuple has one id for both ends; its `dport` is the type.
  const dport = (t: Tuple): number => (proto === PROTO_ICMP ? t.sport : t.dport);
  return {
    id: e.id,
    proto,
    zone: e.zone.id,
    ...(e.zone.dir === 'both' ? {} : { zoneDir: e.zone.dir }),
    orig: { src: endpoint(proto, e.orig.src, e.orig.sport), dst: endpoint(proto, e.orig.dst, dport(e.orig)) },
    reply: { src: endpoint(proto, e.reply.src, e.reply.sport), dst: endpoint(proto, e.reply.dst, dport(e.reply)) },
    confirmed: e.confirmed,
    seenReply: e.seenReply,
    assured: e.assured,
    srcNat: e.srcNat,
    dstNat: e.dstNat,
    tcpState: e.tcp?.state ?? e.sctp,
    mark: e.mark,
    ...(e.label.some((w) => w !== 0) ? { label: e.label } : {}),
  };
}
