import type { Ip4 } from '../../packet/address.ts';
import { PROTO_ICMP } from '../../packet/packet.ts';
import type { NatRange } from '../../world/netfilter.ts';
import type { PortRange } from '../../world/world.ts';
import type { At, Sim } from '../sim.ts';
import { allowsClash, type CtEntry, type CtTable, entriesFrom, findTuple, isTaken, zoneIn } from './table.ts';
import { hasPorts, invertTuple, sameTuple, type Tuple } from './tuple.ts';

export type Manip = 'src' | 'dst';

/** Where a drawn source port starts here: the kernel rolls dice, the trace has one stable answer. */
export const DRAWN_PORT = 20_001;

const rol = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** jhash2() (include/linux/jhash.h) of an address in a union nf_inet_addr: four words, of which IPv4 uses the first. */
function hashAddress(word: number, seed: number): number {
  let a = (0xdeadbeef + 16 + seed) | 0;
  let [b, c] = [a, a];
  a = (a + word) | 0;
  const mix = (by: readonly number[]): void => {
    for (let i = 0; i < by.length; i += 3) {
      a = ((a - c) ^ rol(c, by[i] ?? 0)) | 0;
      c = (c + b) | 0;
      b = ((b - a) ^ rol(a, by[i + 1] ?? 0)) | 0;
      a = (a + c) | 0;
      c = ((c - b) ^ rol(b, by[i + 2] ?? 0)) | 0;
      b = (b + a) | 0;
    }
  };
  mix([4, 6, 8, 16, 19, 4]);
  c = ((c ^ b) - rol(b, 14)) | 0;
  a = ((a ^ c) - rol(c, 11)) | 0;
  b = ((b ^ a) - rol(a, 25)) | 0;
  c = ((c ^ b) - rol(b, 16)) | 0;
  a = ((a ^ c) - rol(c, 4)) | 0;
  b = ((b ^ a) - rol(a, 14)) | 0;
  return ((c ^ b) - rol(b, 24)) >>> 0;
}

/** A __be32 as a little-endian machine reads it. */
const swapped = (ip: Ip4): number => ((ip & 0xff) << 24) | ((ip & 0xff00) << 8) | ((ip >>> 8) & 0xff00) | (ip >>> 24);

/** find_best_ips_proto(): one address of a range by a hash of both ends, or of the source alone: the same each time. */
function addressFrom(t: Tuple, { ips, persistent }: NatRange, zone: number): Ip4 | undefined {
  if (!ips || ips.from === ips.to) return ips?.from;
  const hash = hashAddress(swapped(t.src), persistent ? 0 : swapped(t.dst) ^ zone);
  return (ips.from + Math.floor((hash * (ips.to - ips.from + 1)) / 2 ** 32)) >>> 0;
}

const withAddress = (t: Tuple, manip: Manip, ip: Ip4 | undefined): Tuple => (ip === undefined ? t : manip === 'src' ? { ...t, src: ip } : { ...t, dst: ip });
/** What NAT changes beside the address: an ICMP id is the same for both ends. */
const keyOf = (t: Tuple, manip: Manip): number => (manip === 'src' || t.proto === PROTO_ICMP ? t.sport : t.dport);
const withKey = (t: Tuple, manip: Manip, key: number): Tuple => (manip === 'src' || t.proto === PROTO_ICMP ? { ...t, sport: key } : { ...t, dport: key });
/** l4proto_in_range() */
const inPorts = (t: Tuple, manip: Manip, ports: PortRange): boolean => !hasPorts(t.proto) || (keyOf(t, manip) >= ports.from && keyOf(t, manip) <= ports.to);

/** nf_in_range(): whether the source of a tuple obeys the range. */
const inRange = (t: Tuple, { ips, ports }: NatRange): boolean => (!ips || (t.src >= ips.from && t.src <= ips.to)) && (!ports || inPorts(t, 'src', ports));

/** find_appropriate_src(): a socket that was mapped before keeps its mapping, whomever it talks to; the latest first. */
function mappedBefore(table: CtTable, t: Tuple, range: NatRange, own: CtEntry): Tuple | undefined {
  for (const { reply, zone } of entriesFrom(table, t)) {
    if (zoneIn(zone, 'original') !== zoneIn(own.zone, 'original')) continue;
    const { src, sport } = invertTuple(reply);
    const result = { ...t, src, sport };
    if (inRange(result, range)) return result;
  }
  return undefined;
}

/**
 * nf_nat_used_tuple_new() (since Linux 6.12, and in later releases of 6.11 and 6.6; 6.1 is without it): a taken tuple is left as it is where what took it is the same flow the other way round, and neither is
 * translated, for the sake of packets that cross each other on two processors; confirmation is to make one of the two. It drops the packet where it cannot: with other zones.
 */
function isReverse(table: CtTable, tuple: Tuple, own: CtEntry): boolean {
  if (!allowsClash(tuple.proto) || own.srcNat || own.dstNat) return false;
  const taker = findTuple(table, tuple, own.zone) ?? findTuple(table, invertTuple(tuple), own.zone);
  return taker === undefined || (!taker.entry.srcNat && !taker.entry.dstNat && sameTuple(taker.entry.orig, own.reply));
}

/**
 * get_unique_tuple() (net/netfilter/nf_nat_core.c): the tuple as the range wants it, and different from that of any other
 * connection if that can be.
 */
export function uniqueTuple(sim: Sim, at: At, original: Tuple, manip: Manip, range: NatRange, own: CtEntry): Tuple {
  const table = at.ns.conntrack;
  const isUsed = (t: Tuple): boolean => isTaken(table, invertTuple(t), own);
  if (manip === 'src' && !range.random) {
    if (inRange(original, range)) {
      if (!isUsed(original) || isReverse(table, original, own)) return original;
    } else {
      const before = mappedBefore(table, original, range, own);
      if (before && !isUsed(before)) return before;
    }
  }
  const addressed = withAddress(original, manip, addressFrom(original, range, own.zone.id));
  const { ports } = range;
  if (!range.random) {
    if (!ports) {
      if (!isUsed(addressed)) return addressed;
    } else if (range.base === undefined && inPorts(addressed, manip, ports) && (ports.from === ports.to || !isUsed(addressed))) return addressed;
  }
  return uniqueKey(sim, at, addressed, manip, range, isUsed);
}

/** nf_nat_l4proto_unique_tuple(): another port, or ICMP id, of those that are allowed; the last one tried if none is free. */
function uniqueKey(sim: Sim, at: At, tuple: Tuple, manip: Manip, range: NatRange, isUsed: (t: Tuple) => boolean): Tuple {
  // Without ports in the rule a destination keeps its own.
  if (!hasPorts(tuple.proto) || (manip === 'dst' && !range.ports && tuple.proto !== PROTO_ICMP)) return tuple;
  const key = keyOf(tuple, manip);
  const { from, to } = range.ports ?? (tuple.proto === PROTO_ICMP ? { from: 0, to: 65_535 } : portClass(key));
  const size = to - from + 1;
  const drawn = range.base === undefined;
  if (drawn && size > 1) sim.choose({ at: at.ns.id, kind: 'port', options: [`${from}-${to}`], odds: [1], splits: false });
  // A shifted range keeps the distance to its base; else dice are thrown, and a destination's stand-in is the first port.
  const offset = range.base !== undefined ? (key - range.base) & 0xffff : manip === 'dst' ? 0 : Math.min(Math.max(DRAWN_PORT, from), to) - from;
  let last = tuple;
  for (let i = 0; i < size; i++) {
    last = withKey(tuple, manip, from + ((offset + i) % size));
    if (drawn && size > 1 && keyOf(last, manip) === key) continue;
    if (!isUsed(last)) return last;
  }
  return last;
}

/** A low port stays low: some services trust those (nf_nat_l4proto_unique_tuple()). */
function portClass(port: number): PortRange {
  if (port < 512) return { from: 1, to: 511 };
  return port < 1024 ? { from: 600, to: 1023 } : { from: 1024, to: 65_535 };
}
