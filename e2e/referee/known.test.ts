import { expect, it } from 'vitest';
import { KNOWN_KO } from '../../src/text/knownKo.ts';
import { knownDisagreements } from './ledger.ts';

it('every known disagreement has a name and a reason, and both in Korean, and nothing else has', () => {
  const known = knownDisagreements();
  expect(known.filter((k) => k.name === '' || k.reason === '')).toEqual([]);
  expect(Object.keys(KNOWN_KO).toSorted()).toEqual(known.map((k) => k.name).toSorted());
});
