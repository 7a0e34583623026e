import type { IpSet } from '../../world/ipset.ts';
import type { Ns } from '../sim.ts';
import { type Dim, type Elem, emptyIndex, indexOf, insert, isNetType, keyOf, kindsOf, type SetIndex } from './index.ts';

/** A set while a trace runs: what the dump has, and what the packets so far have changed. */
export interface LiveSet {
  readonly set: IpSet;
  readonly kinds: readonly string[];
  /** Whether networks are elements, of which the longest decides. */
  readonly nets: boolean;
  readonly base: SetIndex;
  readonly added: SetIndex;
  /** Names of elements of the dump that a rule took out. */
  readonly removed: Map<string, string>;
  /** By name of the element. */
  readonly counters: Map<string, { packets: number; bytes: number }>;
  /** Elements of bitmap:ip,mac whose MAC a packet has filled in. */
  readonly macs: Map<string, string>;
}

/** The set of that name in the namespace; undefined when the dump does not have it. */
export function liveSet(ns: Ns, name: string): LiveSet | undefined {
  const known = ns.sets.get(name);
  if (known) return known;
  const set = ns.netns.ipsets.find((s) => s.name === name);
  if (!set) return undefined;
  const live: LiveSet = { set, kinds: kindsOf(set), nets: isNetType(set), base: indexOf(set), added: emptyIndex(), removed: new Map(), counters: new Map(), macs: new Map() };
  ns.sets.set(name, live);
  return live;
}

export interface Candidate {
  readonly elem: Elem;
  readonly bits: readonly number[];
  /** A rule has added it. */
  readonly fresh: boolean;
}

/** The bits that name an element: those of a network, all of anything else. */
const nameBits = (live: LiveSet, dims: readonly Dim[], bits: readonly number[]): readonly number[] => dims.map((d, i) => (live.kinds[i] === 'net' ? (bits[i] ?? 0) : d.width));

/** Names an element among all of its set: where a prefix stands for many addresses, each has a name of its own. */
export function nameOf(live: LiveSet, dims: readonly Dim[], bits: readonly number[], { iface }: Pick<Elem, 'iface'>): string {
  const own = nameBits(live, dims, bits);
  return `${own.join()}|${keyOf(dims, own)}|${iface ? `${iface.physdev ? 'physdev:' : ''}${iface.dev}${iface.wildcard ? '*' : ''}` : ''}`;
}

/**
 * Members that may be what is wanted, in groups of the same prefix lengths, in the order in which mtype_test_cidrs()
 * (net/netfilter/ipset/ip_set_hash_gen.h) asks: the longest first prefix first, then the longest second one.
 */
export function candidates(live: LiveSet, wanted: readonly Dim[]): readonly (readonly Candidate[])[] {
  return shapesOf(live).flatMap(([shapeKey, bits]) => {
    const key = keyOf(wanted, bits);
    const found: Candidate[] = [];
    for (const elem of live.base.shapes.get(shapeKey)?.buckets.get(key) ?? []) {
      if (live.removed.size === 0 || !live.removed.has(nameOf(live, wanted, bits, elem))) found.push({ elem, bits, fresh: false });
    }
    for (const elem of live.added.shapes.get(shapeKey)?.buckets.get(key) ?? []) found.push({ elem, bits, fresh: true });
    return found.length > 0 ? [found] : [];
  });
}

type ShapeOrder = readonly (readonly [string, readonly number[]])[];

/** The order of a dump's set, found once. */
const orders = new WeakMap<SetIndex, ShapeOrder>();

function shapesOf(live: LiveSet): ShapeOrder {
  if (live.added.shapes.size > 0) return inOrder(live, [...live.base.shapes, ...[...live.added.shapes].filter(([key]) => !live.base.shapes.has(key))].map(([key, shape]) => [key, shape.bits]));
  const known = orders.get(live.base) ?? inOrder(live, [...live.base.shapes].map(([key, shape]) => [key, shape.bits]));
  orders.set(live.base, known);
  return known;
}

function inOrder({ nets, kinds }: LiveSet, shapes: ShapeOrder): ShapeOrder {
  if (!nets) return shapes;
  const prefixes = (bits: readonly number[]): readonly number[] => bits.filter((_, i) => kinds[i] === 'net');
  return shapes.toSorted(([, a], [, b]) => descending(prefixes(a), prefixes(b)));
}

function descending(a: readonly number[], b: readonly number[]): number {
  for (const [i, bits] of a.entries()) if (bits !== b[i]) return (b[i] ?? 0) - bits;
  return 0;
}

/** INIT_CIDR(): rules add and delete networks as long as the longest that the set has, or hosts (ip_set_hash.h). */
export function ruleBits(live: LiveSet, wanted: readonly Dim[]): readonly number[] {
  const removed = [...live.removed.values()];
  const left = [...live.base.shapes].filter(([key, shape]) => shape.count > removed.filter((k) => k === key).length).map(([, shape]) => shape.bits);
  const all = [...left, ...[...live.added.shapes.values()].filter((s) => s.count > 0).map((s) => s.bits)];
  return wanted.map((d, i) => (live.kinds[i] !== 'net' ? d.width : all.length === 0 ? 32 : Math.max(...all.map((bits) => bits[i] ?? 0))));
}

/** Puts an element into the live set. */
export function put(live: LiveSet, wanted: readonly Dim[], bits: readonly number[], elem: Elem): void {
  insert(live.added, wanted, bits, elem);
  live.added.size++;
}

/** Takes an element out. */
export function take(live: LiveSet, wanted: readonly Dim[], { elem, bits, fresh }: Candidate): void {
  const name = nameOf(live, wanted, bits, elem);
  live.counters.delete(name);
  live.macs.delete(name);
  if (!fresh) {
    live.removed.set(name, bits.join());
    return;
  }
  const shape = live.added.shapes.get(bits.join());
  const bucket = shape?.buckets.get(keyOf(wanted, bits));
  if (!shape || !bucket) return;
  bucket.splice(bucket.indexOf(elem), 1);
  shape.count--;
  live.added.size--;
}

/** How many elements the set has now. */
export const sizeOf = (live: LiveSet): number => live.base.size - live.removed.size + live.added.size;
