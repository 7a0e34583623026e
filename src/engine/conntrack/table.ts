import { PROTO_ICMP, PROTO_TCP } from '../../packet/packet.ts';
import type { CtEntryView, Endpoint } from '../step.ts';
import { hasPorts, type Tuple, tupleKey } from './tuple.ts';

export type Direction = 'original' | 'reply';

/** A connection (struct nf_conn). One object for both directions; changed in place as the kernel does. */
export interface CtEntry {
  readonly id: number;
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
  tcpState: TcpState | undefined;
  mark: number;
}

export type TcpState = 'SYN_SENT' | 'SYN_RECV' | 'ESTABLISHED' | 'CLOSE';

/** The connections of one namespace. Only confirmed ones can be found (nf_conntrack_hash). */
export interface CtTable {
  readonly byTuple: Map<string, { readonly entry: CtEntry; readonly dir: Direction }>;
  readonly entries: CtEntry[];
}

export const newCtTable = (): CtTable => ({ byTuple: new Map(), entries: [] });

export const findTuple = (table: CtTable, tuple: Tuple) => table.byTuple.get(tupleKey(tuple));

/** Puts an entry into the hash under both tuples; false when another one already has either (__nf_conntrack_confirm()). */
export function insertEntry(table: CtTable, entry: CtEntry): boolean {
  if (findTuple(table, entry.orig) ?? findTuple(table, entry.reply)) return false;
  table.byTuple.set(tupleKey(entry.orig), { entry, dir: 'original' });
  table.byTuple.set(tupleKey(entry.reply), { entry, dir: 'reply' });
  table.entries.push(entry);
  entry.confirmed = true;
  return true;
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
    zone: 0,
    orig: { src: endpoint(proto, e.orig.src, e.orig.sport), dst: endpoint(proto, e.orig.dst, dport(e.orig)) },
    reply: { src: endpoint(proto, e.reply.src, e.reply.sport), dst: endpoint(proto, e.reply.dst, dport(e.reply)) },
    confirmed: e.confirmed,
    seenReply: e.seenReply,
    assured: e.assured,
    srcNat: e.srcNat,
    dstNat: e.dstNat,
    tcpState: proto === PROTO_TCP ? e.tcpState : undefined,
    mark: e.mark,
  };
}
