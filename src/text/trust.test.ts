import { describe, expect, it } from 'vitest';
import type { Step } from '../engine/step.ts';
import { type Sample, samples } from '../testing/walks.ts';
import { featuresOf } from './features.ts';
import { byGroup, judgeName, judgeNames, reliedOn, shortRelease, trustOf, VERIFIED, type Verified } from './trust.ts';

const [{ world, trace: { steps } }] = samples() as [Sample];
const rule = steps.find((s) => s.kind === 'rule' && featuresOf(world, s).length >= 2) as Step;
const [one = '', ...others] = featuresOf(world, rule);

const NEW = '6.18.2-1-amd64';
const OLD = '6.1.0-56-amd64';
const EMPTY: Verified = { date: '', kernels: [], features: {}, known: [] };

/** What a run would have written when kernels agreed this often about `one`, and about all the rest. */
const found = (about: Readonly<Record<string, number>>, rest: Readonly<Record<string, number>>): Verified => ({
  ...EMPTY,
  kernels: [NEW, OLD].map((release) => ({ release, cases: 1, probes: 1, randomPairs: 0 })),
  features: Object.fromEntries([[one, about], ...others.map((f) => [f, rest] as const)]),
});

describe('trustOf', () => {
  it.each([
    { because: 'no kernel has judged', by: EMPTY, trust: { kind: 'modelled' } },
    { because: 'both kernels agreed about everything', by: found({ [NEW]: 2, [OLD]: 1 }, { [NEW]: 3, [OLD]: 1 }), trust: { kind: 'verified', kernels: [NEW, OLD] } },
    { because: 'only one kernel agreed about everything, so only it is named', by: found({ [NEW]: 2, [OLD]: 1 }, { [NEW]: 3 }), trust: { kind: 'verified', kernels: [NEW] } },
    { because: 'each thing was agreed about, but never by the same kernel', by: found({ [OLD]: 1 }, { [NEW]: 3 }), trust: { kind: 'verified', kernels: [NEW, OLD] } },
    { because: 'one thing was never asked about', by: found({}, { [NEW]: 3, [OLD]: 3 }), trust: { kind: 'modelled' } },
  ])('$trust.kind: $because', ({ by, trust }) => expect(trustOf(world, [rule], by)).toEqual(trust));

  it('is unknown as soon as one of the steps is, whatever kernels said about the others', () => {
    const unknown = { ...rule, kind: 'unknown', what: 'match' } as unknown as Step;
    expect(trustOf(world, [rule, unknown], found({ [NEW]: 2 }, { [NEW]: 3 }))).toEqual({ kind: 'unknown' });
  });

  it('takes no name of an object for a feature', () => {
    expect(trustOf(world, [{ ...rule, text: '-A X -m toString --valueOf 1 -j constructor' } as Step], found({ [NEW]: 1 }, { [NEW]: 1 }))).toEqual({ kind: 'modelled' });
  });
});

describe('reliedOn', () => {
  it('names each thing once, with a count for each kernel', () => {
    expect(reliedOn(world, [rule, rule], found({ [NEW]: 2 }, { [OLD]: 3 }))).toEqual([{ feature: one, counts: [2, 0] }, ...[...new Set(others)].map((feature) => ({ feature, counts: [0, 3] }))]);
  });
});

describe('byGroup', () => {
  it('sorts features into groups and keeps colons behind the first', () => {
    expect(byGroup(['set:hash:ip,port', 'bridge:flood', 'set:bitmap:ip', 'route:input forward'])).toEqual([
      { group: 'bridge', features: ['bridge:flood'] },
      { group: 'route', features: ['route:input forward'] },
      { group: 'set', features: ['set:bitmap:ip', 'set:hash:ip,port'] },
    ]);
  });
});

it.each([
  ['6.1.0-56-amd64', '6.1'],
  ['6.18.2', '6.18'],
  ['next', 'next'],
])('the kernel %s is called %s', (release, name) => expect(shortRelease(release)).toBe(name));

it('what the last recorded run wrote names only kernels that judged, and counts that are above nothing', () => {
  const releases = new Set(VERIFIED.kernels.map((k) => k.release));
  const wrong = Object.entries(VERIFIED.features).filter(([, by]) => Object.entries(by).some(([release, n]) => !releases.has(release) || !(n > 0)));
  expect(wrong).toEqual([]);
});

describe('who judged', () => {
  it.each([
    { releases: [NEW, OLD], names: 'Linux 6.18, 6.1' },
    { releases: [NEW, 'Open vSwitch 3.1.0'], names: 'Linux 6.18, Open vSwitch 3.1' },
    { releases: ['Open vSwitch 3.1.0'], names: 'Open vSwitch 3.1' },
  ])('is $names', ({ releases, names }) => expect(judgeNames(releases.map(shortRelease))).toBe(names));

  it('is one by its whole release, too', () => expect([NEW, 'Open vSwitch 3.1.0'].map(judgeName)).toEqual([`Linux ${NEW}`, 'Open vSwitch 3.1.0']));
});
