import { formatIp4, maskOf } from '../../packet/address.ts';
import type { Prefix } from '../../world/world.ts';
import { parseCidr } from '../objects/values.ts';

/*
 * "From here to there" and "but for these" as values under masks, which is all that OpenFlow can ask for (pkg/util/ranges/range.go and
 * networkpolicy.go). Both ends are inclusive.
 */

interface Range {
  readonly start: number;
  readonly end: number;
}

/** A block of 2^zeros numbers, the first of which has that many zero bits at its end. */
interface Block {
  readonly start: number;
  readonly zeros: number;
}

/** The largest blocks that fit, from the start on (toRangeMasks()). */
function blocksOf({ start, end }: Range): readonly Block[] {
  const blocks: Block[] = [];
  for (let at = start; at <= end; ) {
    const fits = Math.floor(Math.log2(end - at + 1));
    const zeros = at === 0 ? fits : Math.min(fits, 31 - Math.clz32(at & -at));
    blocks.push({ start: at, zeros });
    at += 2 ** zeros;
  }
  return blocks;
}

/** What is left of a range (intRange.except()). */
function without(range: Range, hole: Range): readonly Range[] {
  if (range.start > hole.end || range.end < hole.start) return [range];
  return [
    { start: range.start, end: hole.start - 1 },
    { start: hole.end + 1, end: range.end },
  ].filter((r) => r.start <= r.end);
}

const rangeOf = ({ ip, prefixLen }: Prefix): Range => {
  const start = (ip & maskOf(prefixLen)) >>> 0;
  return { start, end: start + 2 ** (32 - prefixLen) - 1 };
};

/** Ports as conditions on `tp_dst`: `8080`, `0x2328/0xfff8`. */
export const portsOf = (start: number, end: number): readonly string[] =>
  blocksOf({ start, end }).map(({ start: port, zeros }) => (zeros === 0 ? String(port) : `0x${port.toString(16)}/0x${((0xffff << zeros) & 0xffff).toString(16)}`));

/** The networks of an ipBlock. */
export function networksOf(cidr: string, except: readonly string[]): readonly string[] {
  const net = parseCidr(cidr);
  if (!net) return [];
  if (except.length === 0) return [cidr];
  const left = except.reduce<readonly Range[]>((ranges, hole) => {
    const at = parseCidr(hole);
    return at ? ranges.flatMap((r) => without(r, rangeOf(at))) : ranges;
  }, [rangeOf(net)]);
  return left.flatMap((r) => blocksOf(r).map(({ start, zeros }) => `${formatIp4(start)}/${32 - zeros}`));
}
