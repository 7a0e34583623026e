import { expect, it } from 'vitest';
import { parseBundle } from '../../src/dumps/bundle.ts';
import { countItems } from './ledger.ts';
import type { Judged } from './judge.ts';

const judged = (name: string, covers: readonly string[], judgement: Judged['judgement']): Judged => {
  const test = { name, covers, files: {}, probes: [] };
  return { planned: { test, world: parseBundle({}).world, probes: [], job: { id: '', spaces: [], stateful: false, probes: [] }, script: '', refused: undefined }, probe: 0, judgement };
};
const agreed = { kind: 'agree', features: ['match:udp --dport', 'ttl:forward'] } as const;

it('counts a case once and each of its agreeing probes, by what the trace or the case says', () => {
  const counts = countItems([judged('one', ['route:metric'], agreed), judged('one', ['route:metric'], agreed), judged('two', [], { kind: 'unknown', name: '' })], true);
  expect(counts.get('matches: udp')).toEqual({ cases: 1, agreements: 2 });
  expect(counts.get('routing: route metric')).toEqual({ cases: 1, agreements: 2 });
  expect(counts.get('matches: tcp ports')).toBeUndefined();
});

it('takes of a random world only what the trace relied on, and no case', () => {
  const counts = countItems([judged('random 1', ['route:metric'], agreed)], false);
  expect(counts.get('routing: TTL')).toEqual({ cases: 0, agreements: 1 });
  expect(counts.has('routing: route metric')).toBe(false);
});
