import type { Target } from '../world/netfilter.ts';

/** How a target reads its options; undefined when it has some that we do not know. */
export type ReadTarget = (options: readonly string[]) => Target | undefined;

export type TargetReaders = readonly (readonly [string, ReadTarget])[];

/**
 * The options of a target by name, each with as many values as `arity` says; undefined when one is unknown, is given twice or lacks
 * a value.
 */
export function optionsOf(words: readonly string[], arity: Readonly<Record<string, number>>): ReadonlyMap<string, readonly string[]> | undefined {
  const found = new Map<string, readonly string[]>();
  for (let i = 0; i < words.length; ) {
    const name = words[i] ?? '';
    const values = Object.hasOwn(arity, name) ? arity[name] : undefined;
    if (values === undefined || found.has(name) || i + values >= words.length) return undefined;
    found.set(name, words.slice(i + 1, i + 1 + values));
    i += 1 + values;
  }
  return found;
}
