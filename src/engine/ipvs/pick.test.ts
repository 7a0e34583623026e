import { describe, expect, it } from 'vitest';
import type { RealServer } from '../../world/ipvs.ts';
import { bestPicks, type Candidate, hash32, hashPick, hashValue, nextRoundRobin, nextWeightedRoundRobin, weightedPicks, wrrTurn } from './pick.ts';

const server = (weight: number): RealServer => ({ ip: weight, port: 80, forward: 'masq', weight, source: undefined });
const list = (weights: readonly number[], active: readonly number[] = [], inactive: readonly number[] = []): readonly Candidate[] =>
  weights.map((w, i) => ({ real: server(w), counts: { active: active[i] ?? 0, inactive: inactive[i] ?? 0, known: true, overloaded: false } }));

describe('weighted round robin', () => {
  // What Linux 6.1 picked on a service just loaded; the list begins with what was added last.
  it.each([
    [[1, 1, 1], [0, 1, 2, 0]],
    [[2, 3, 1], [0, 1, 2, 1, 0, 1, 0, 1, 2]],
    [[2, 4, 2], [0, 1, 2, 1, 0, 1, 2, 1]],
    [[1, 0, 5], [0, 2, 2, 2, 2, 2, 0]],
  ])('goes through weights %j as %j', (weights, picks) => {
    const candidates = list(weights);
    const turn = wrrTurn(-1);
    expect(picks.map(() => nextWeightedRoundRobin(candidates, turn))).toEqual(picks);
  });

  it('goes on from wherever it may stand, and then picks each by its weight', () => {
    const candidates = list([2, 3, 1]);
    const { among, odds } = weightedPicks(candidates);
    expect([among, odds]).toEqual([[0, 1, 2], [2 / 6, 3 / 6, 1 / 6]]);
    for (const start of among) {
      const turn = wrrTurn(start);
      const picks = Array.from({ length: 6 }, () => nextWeightedRoundRobin(candidates, turn));
      expect([0, 1, 2].map((i) => picks.filter((p) => p === i).length)).toEqual([2, 3, 1]);
    }
  });

  it('has nobody when all weights are 0', () => expect(nextWeightedRoundRobin(list([0, 0]), { at: -1, weight: 0 })).toBeUndefined());
});

it('round robin passes over what has no weight, and comes back to the only one', () => {
  expect([-1, 0, 2].map((at) => nextRoundRobin(list([1, 0, 1]), at))).toEqual([0, 2, 0]);
  expect(nextRoundRobin(list([0, 7]), 1)).toBe(1);
  expect(nextRoundRobin(list([]), -1)).toBeUndefined();
});

it.each([
  ['lc', [1, 1, 1], [1, 0, 1], [0, 300, 0], [0, 2]],
  ['lc', [0, 1], [0, 9], [], [1]],
  ['wlc', [1, 3], [1, 2], [], [1]],
  ['wlc', [1, 3], [0, 0], [1, 3], [0, 1]],
  ['sed', [1, 3], [0, 1], [], [1]],
  ['sed', [1, 2], [0, 1], [], [0, 1]],
  ['nq', [1, 3], [0, 1], [], [0]],
  ['nq', [1, 3], [1, 1], [], [1]],
  ['fo', [1, 3, 3], [], [], [1, 2]],
  ['ovf', [1, 3], [0, 4], [], [0]],
  ['ovf', [1, 3], [2, 4], [], []],
] as const)('%s takes of weights %j with %j active and %j idle connections %j', (scheduler, weights, active, inactive, among) => expect(bestPicks(scheduler, list(weights, active, inactive)).among).toEqual(among));

describe('hashes', () => {
  it('hashes as hash_32() does', () => expect([0x0a010001, 0x0a0100fd].map(hash32)).toEqual([(Math.imul(0x0a010001, 0x61c88647) >>> 24) & 255, (Math.imul(0x0a0100fd, 0x61c88647) >>> 24) & 255]));
  it('gives buckets by weight, and nobody for the buckets of one without weight', () => {
    const picks = Array.from({ length: 2000 }, (_, i) => hashPick('sh', list([3, 0, 1]), hashValue(0x0a000000, i), false));
    const share = (i: number | undefined): number => picks.filter((p) => p === i).length / picks.length;
    expect(share(0)).toBeCloseTo(3 / 5, 1);
    expect(share(2)).toBeCloseTo(1 / 5, 1);
    expect(share(undefined)).toBeCloseTo(1 / 5, 1);
    expect(Array.from({ length: 2000 }, (_, i) => hashPick('sh', list([3, 0, 1]), i, true))).not.toContain(undefined);
  });
});
