import type { Port, Protocol } from '../policy/policy.ts';
import { action, type FelixRule, match } from '../rule.ts';
import type { Marks } from '../version.ts';

export type Side = 'source' | 'destination';

export interface Range {
  readonly first: number;
  readonly last: number;
}

/** As multiport takes them: `80,443,8000:8080`. */
export const multiportText = (ranges: readonly Range[]): string => ranges.map((r) => (r.first === r.last ? String(r.first) : `${r.first}:${r.last}`)).join(',');

/** Ports for several multiport matches: each has 15 slots, of which a range takes two (SplitPortList()). */
export function splitPorts(ports: readonly Port[]): readonly (readonly Range[])[] {
  const splits: Range[][] = [];
  let free = 0;
  for (const port of ports) {
    if (!('first' in port)) continue;
    const slots = port.first === port.last ? 1 : 2;
    if (free < slots) {
      splits.push([]);
      free = 15;
    }
    splits.at(-1)?.push(port);
    free -= slots;
  }
  return splits;
}

export const netMatch = (side: Side, net: string, negated = false) => (side === 'source' ? match.source(net, negated) : match.destination(net, negated));

export const portMatch = (side: Side, ranges: readonly Range[], negated = false) => (side === 'source' ? match.sourcePorts(multiportText(ranges), negated) : match.destinationPorts(multiportText(ranges), negated));

/** Both words of a set of addresses and ports. */
export const portFlags = (side: Side): string => (side === 'source' ? 'src,src' : 'dst,dst');

/**
 * What one iptables rule cannot say ("one of several networks", "one of these ports or those names") as several rules that work on two
 * bits of the mark: "all blocks so far hold" and "this block holds" (matchBlockBuilder, felix/rules/policy.go).
 */
export class MatchBlocks {
  readonly rules: FelixRule[] = [];
  #positive = false;
  readonly #marks: Marks;

  constructor(marks: Marks) {
    this.#marks = marks;
  }

  get used(): boolean {
    return this.rules.length > 0;
  }

  ports(side: Side, protocol: Protocol | undefined, splits: readonly (readonly Range[])[], sets: readonly string[]): void {
    this.#begin(0);
    const bit = this.#bit();
    for (const split of splits) this.rules.push({ match: [...(protocol === undefined ? [] : [match.protocol(protocol)]), portMatch(side, split)], action: action.setMark(bit) });
    for (const set of sets) this.rules.push({ match: [match.set(set, portFlags(side))], action: action.setMark(bit) });
    this.#end();
  }

  nets(side: Side, nets: readonly string[]): void {
    this.#begin(0);
    const bit = this.#bit();
    for (const net of nets) this.rules.push({ match: [netMatch(side, net)], action: action.setMark(bit) });
    this.#end();
  }

  notNets(side: Side, nets: readonly string[]): void {
    this.#begin(this.#marks.scratch0);
    for (const net of nets) this.rules.push({ match: [netMatch(side, net)], action: action.clearMark(this.#marks.scratch0) });
  }

  #begin(initial: number): void {
    if (!this.used) this.rules.push({ action: action.setMaskedMark(initial, this.#marks.scratch0 + this.#marks.scratch1) });
  }

  /** The first block writes its result where that of all is kept. */
  #bit(): number {
    return this.#positive ? this.#marks.scratch1 : this.#marks.scratch0;
  }

  #end(): void {
    if (this.#positive) this.rules.push({ match: [match.markClear(this.#marks.scratch1)], action: action.clearMark(this.#marks.scratch0) });
    this.#positive = true;
  }
}
