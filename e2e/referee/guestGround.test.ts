import { expect, it } from 'vitest';
import { sharesOf } from './guestGround.ts';

const worlds = (...probes: readonly number[]) => probes.map((n, id) => ({ id, probes: Array.from({ length: n }, () => 0) }));

it.each([
  ['nothing', [], 1, []],
  ['half each', [1, 1, 1, 1], 2, [[0, 1], [2, 3]]],
  ['no more than a hundred probes', [60, 40, 1, 30], 9, [[0, 1], [2, 3]]],
  ['a large world alone', [1, 256, 1], 9, [[0], [1], [2]]],
  ['no more than sixty worlds', Array.from({ length: 61 }, () => 1), 99, [Array.from({ length: 60 }, (_, i) => i), [60]]],
])('a boot of the guest is asked for %s', (_, probes, most, ids) => expect(sharesOf(worlds(...probes), most).map((s) => s.map((w) => w.id))).toEqual(ids));
