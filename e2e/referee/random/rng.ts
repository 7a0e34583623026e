/** Draws that a seed decides: the same seed gives the same world on every machine. */
export interface Rng {
  /** A whole number from 0 up to, but without, `n`. */
  int(n: number): number;
  chance(p: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** One of the entries, each as likely as its weight says. */
  weighted<T>(list: readonly (readonly [number, T])[]): T;
  /** From `min` to `max` different entries, in the order of the list. */
  some<T>(list: readonly T[], min: number, max: number): readonly T[];
}

/** mulberry32: 32 bits of state, which is plenty for test worlds. */
export function rngOf(seed: number): Rng {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const int = (n: number): number => Math.floor(next() * n);
  const pick = <T>(list: readonly T[]): T => {
    if (list.length === 0) throw new Error('nothing to pick from');
    return list[int(list.length)] as T;
  };
  return {
    int,
    pick,
    chance: (p) => next() < p,
    weighted: (list) => {
      let left = next() * list.reduce((sum, [weight]) => sum + weight, 0);
      for (const [weight, value] of list) {
        left -= weight;
        if (left < 0) return value;
      }
      return pick(list)[1];
    },
    some: (list, min, max) => {
      const left = list.map((value, at) => ({ value, at }));
      const taken: typeof left = [];
      for (let n = min + int(max - min + 1); n > 0 && left.length > 0; n--) taken.push(...left.splice(int(left.length), 1));
      return taken.toSorted((a, b) => a.at - b.at).map((t) => t.value);
    },
  };
}
