import { maskOf } from '../../packet/address.ts';
import type { IpSet, SetExtensions, SetMember, SetPart } from '../../world/ipset.ts';

/**
 * One dimension of an element, or of what a packet has in its place: a number whose leading bits may be compared (addresses: 32,
 * ports: 16), or text alone (width 0). A `loose` one is not part of the hash key, and is compared at the member (HKEY_DATALEN).
 */
export interface Dim {
  readonly tag: string;
  readonly num: number;
  readonly width: 0 | 16 | 32;
  readonly loose?: boolean;
  /** As `ipset test` takes it. */
  readonly text: string;
}

/** A member in the index. A range of ports, or of addresses, may be several. */
export interface Elem {
  readonly text: string;
  readonly member: SetMember | undefined;
  readonly nomatch: boolean;
  readonly iface: Extract<SetPart, { kind: 'iface' }> | undefined;
  /** Of bitmap:ip,mac alone; undefined: not filled in yet. */
  readonly mac: string | undefined;
  readonly extensions: SetExtensions | undefined;
}

/** Members that agree in how many bits of each dimension count. */
interface Shape {
  readonly bits: readonly number[];
  readonly buckets: Map<string, Elem[]>;
  count: number;
}

/** Members by shape and key, so that a look-up asks one bucket for each combination of prefix lengths in the set. */
export interface SetIndex {
  readonly shapes: Map<string, Shape>;
  /** How many elements the kernel would have. */
  size: number;
  /** Some member was not understood. */
  readonly unknown: boolean;
}

/** The dimensions of a type, as its name lists them. */
export const kindsOf = (set: IpSet): readonly string[] => set.type.slice(set.type.indexOf(':') + 1).split(',');

export const isNetType = (set: IpSet): boolean => set.type.startsWith('hash:') && kindsOf(set).includes('net');

const cut = (dim: Dim, bits: number): number => (bits === 0 ? 0 : dim.num >>> (dim.width - bits));

/** The key of an element among those of its shape. */
export const keyOf = (dims: readonly Dim[], bits: readonly number[]): string => dims.map((d, i) => (d.loose ? '' : d.width === 0 ? d.tag : `${d.tag}${cut(d, bits[i] ?? 0)}`)).join('|');

export function insert(index: SetIndex, dims: readonly Dim[], bits: readonly number[], elem: Elem): void {
  const shapeKey = bits.join();
  let shape = index.shapes.get(shapeKey);
  if (!shape) index.shapes.set(shapeKey, (shape = { bits, buckets: new Map(), count: 0 }));
  shape.count++;
  const key = keyOf(dims, bits);
  const bucket = shape.buckets.get(key);
  if (bucket) bucket.push(elem);
  else shape.buckets.set(key, [elem]);
}

export const emptyIndex = (): SetIndex => ({ shapes: new Map(), size: 0, unknown: false });

const indexes = new WeakMap<IpSet, SetIndex>();

/** The index of a set, made at the first look-up; the set itself never changes. */
export function indexOf(set: IpSet): SetIndex {
  const known = indexes.get(set);
  if (known) return known;
  const index: SetIndex = { ...emptyIndex(), unknown: set.members.some((m) => m.parts.some((p) => p.kind === 'unknown')) };
  for (const member of set.members) addMember(index, set, member);
  indexes.set(set, index);
  return index;
}

function addMember(index: SetIndex, set: IpSet, member: SetMember): void {
  if (member.parts.some((p) => p.kind === 'unknown' || p.kind === 'set')) return;
  const iface = member.parts.find((p) => p.kind === 'iface');
  const mac = set.type === 'bitmap:ip,mac' ? member.parts.find((p) => p.kind === 'mac')?.mac : undefined;
  const elem: Elem = { text: member.text, member, nomatch: member.nomatch, iface, mac, extensions: member.extensions };
  let ways: readonly { readonly dims: readonly Dim[]; readonly bits: readonly number[] }[] = [{ dims: [], bits: [] }];
  for (const part of member.parts) {
    const blocks = blocksOf(set, part);
    ways = blocks.length === 1 ? ways.map((w) => ({ dims: [...w.dims, ...blocks.map((b) => b.dim)], bits: [...w.bits, ...blocks.map((b) => b.bits)] })) : ways.flatMap((w) => blocks.map((b) => ({ dims: [...w.dims, b.dim], bits: [...w.bits, b.bits] })));
  }
  const kinds = kindsOf(set);
  for (const way of ways) {
    // A member of bitmap:ip,mac without a MAC has that dimension all the same.
    const dims = way.dims.length < kinds.length ? [...way.dims, LOOSE] : way.dims;
    const bits = way.bits.length < kinds.length ? [...way.bits, 0] : way.bits;
    insert(index, dims, bits, elem);
    // A network is one element; a prefix in the place of an address is one for each of its addresses.
    index.size += dims.reduce((n, d, i) => (kinds[i] === 'net' || d.loose || d.width === 0 ? n : n * 2 ** (d.width - (bits[i] ?? d.width))), 1);
  }
}

const LOOSE: Dim = { tag: '', num: 0, width: 0, loose: true, text: '' };

interface Block {
  readonly dim: Dim;
  readonly bits: number;
}

/** A part as blocks of the sizes that bits can say: a range of ports is several. */
function blocksOf(set: IpSet, part: SetPart): readonly Block[] {
  switch (part.kind) {
    case 'net':
      return [{ dim: { tag: '', num: (part.net.ip & maskOf(part.net.prefixLen)) >>> 0, width: 32, text: '' }, bits: part.net.prefixLen }];
    case 'port': {
      const tag = part.proto === undefined ? '' : `${part.proto}:`;
      const blocks: Block[] = [];
      for (let port = part.ports.from; port <= part.ports.to; ) {
        let bits = 16;
        while (bits > 0 && port % 2 ** (17 - bits) === 0 && port + 2 ** (17 - bits) - 1 <= part.ports.to) bits--;
        blocks.push({ dim: { tag, num: port, width: 16, text: '' }, bits });
        port += 2 ** (16 - bits);
      }
      return blocks;
    }
    case 'mac':
      return [{ dim: { tag: part.mac, num: 0, width: 0, loose: set.type === 'bitmap:ip,mac', text: '' }, bits: 0 }];
    case 'mark':
      return [{ dim: { tag: String(part.value), num: 0, width: 0, text: '' }, bits: 0 }];
    case 'iface':
      return [{ dim: LOOSE, bits: 0 }];
    default:
      return [];
  }
}
