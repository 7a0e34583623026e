import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { trace } from '../engine/trace.ts';
import { parseIp4 } from '../packet/address.ts';
import { readTrace, stopAt } from './reading.ts';
import type { Detail, Reading } from './reading-types.ts';
import { sampleWorld } from '../testing/sample.ts';
import { sampleNamed, samples } from '../testing/walks.ts';

const all = samples();
const DETAILS: readonly Detail[] = ['story', 'hooks', 'rules'];

/** What must hold for the readings of any trace; returns what does not. */
function faults(readings: Readonly<Record<Detail, Reading>>, steps: number): readonly string[] {
  const found: string[] = [];
  for (const detail of DETAILS) {
    const { stops } = readings[detail];
    let next = 0;
    for (const [i, stop] of stops.entries()) {
      if (stop.index !== i) found.push(`${detail} ${i}: its index is ${stop.index}`);
      if (stop.from !== next) found.push(`${detail} ${i}: begins at ${stop.from}, not at ${next}`);
      if (stop.lead < stop.from || stop.lead > stop.to) found.push(`${detail} ${i}: lead ${stop.lead} outside of ${stop.from}-${stop.to}`);
      next = stop.to + 1;
    }
    if (next !== steps) found.push(`${detail}: covers ${next} of ${steps} steps`);
  }
  const starts = (detail: Detail): ReadonlySet<number> => new Set(readings[detail].stops.map((s) => s.from));
  const hooks = starts('hooks');
  if (![...starts('story')].every((from) => hooks.has(from))) found.push('a story stop begins inside of a hooks stop');
  if (readings.story.stops.length > readings.hooks.stops.length || readings.hooks.stops.length > readings.rules.stops.length) found.push('a coarser reading has more stops');
  return found;
}

const readAll = (sample: Parameters<typeof readTrace>[0], world: Parameters<typeof readTrace>[1]): Readonly<Record<Detail, Reading>> => ({
  story: readTrace(sample, world, 'story'),
  hooks: readTrace(sample, world, 'hooks'),
  rules: readTrace(sample, world, 'rules'),
});

describe('readTrace', () => {
  it.each(all.map((s) => [s.name, s] as const))('covers every step once, in order, at each level: %s', (_, { trace: t, world }) => {
    expect(faults(readAll(t, world), t.steps.length)).toEqual([]);
  });

  it('does so for any probe of this world', () => {
    const world = sampleWorld('cluster');
    const spaces = world.hosts.flatMap((h) => h.netns.map((n) => ({ kind: 'netns' as const, host: h.name, netns: n.name })));
    const addresses = ['172.19.100.2', '172.19.100.1', '10.233.36.144', '10.10.2.142', '10.10.4.143', '10.233.125.24', '10.233.98.50', '10.10.6.91', '8.8.8.8', '127.0.0.1', '224.0.0.1', '255.255.255.255'];
    fc.assert(
      fc.property(
        fc.record({
          from: fc.constantFrom(...spaces),
          dst: fc.constantFrom(...addresses.map((a) => parseIp4(a) ?? 0)),
          proto: fc.constantFrom(1, 6, 17, 47),
          dport: fc.constantFrom(80, 81, 443, 31778),
          size: fc.constantFrom(0, 56, 1400, 4000),
          ttl: fc.constantFrom(1, 2, 3, 64),
          count: fc.constantFrom(1, 2),
        }),
        (probe) => {
          const t = trace(world, probe);
          return faults(readAll(t, world), t.steps.length).length === 0;
        },
      ),
      { numRuns: 150 },
    );
  }, 60_000);

  const kinds = (name: string): readonly string[] => {
    const { trace: t, world } = sampleNamed(name, all);
    return readTrace(t, world, 'story').stops.map((s) => `${s.way === 'reply' ? '< ' : ''}${s.kind} ${s.netns ?? s.host}`);
  };

  it('tells a request and its reply over a tunnel in eighteen stops', () => {
    expect(kinds('client to the address, Cluster 10.233.125.24:80')).toEqual([
      'send client',
      'arrive cy01-ceph142',
      'netfilter cy01-ceph142',
      'route cy01-ceph142',
      'ipvs cy01-ceph142',
      'route cy01-ceph142',
      'nat cy01-ceph142',
      'encap cy01-ceph142',
      'wire cy01-ceph142',
      'decap cy01-ceph143',
      'route cy01-ceph143',
      'deliver ng-test-rs-kllg4',
      '< send ng-test-rs-kllg4',
      '< encap cy01-ceph143',
      '< wire cy01-ceph143',
      '< decap cy01-ceph142',
      '< unnat cy01-ceph142',
      '< deliver client',
    ]);
  });

  it('tells that nothing was rewritten where something could have been', () => {
    expect(kinds('client to the address, Local')).toEqual([
      'send client',
      'arrive cy01-ceph142',
      'netfilter cy01-ceph142',
      'route cy01-ceph142',
      'ipvs cy01-ceph142',
      'route cy01-ceph142',
      'netfilter cy01-ceph142',
      'deliver ng-test-rs-cwqr5',
      '< send ng-test-rs-cwqr5',
      '< unnat cy01-ceph142',
      '< deliver client',
    ]);
  });

  it.each`
    name                     | last                                                                           | because
    ${'dropped by a rule'}   | ${['drop cy01-ceph142']}                                                       | ${'the rule and the loss are one event'}
    ${'forward policy drop'} | ${['drop cy01-ceph142']}                                                       | ${'a policy decides like a rule'}
    ${'rejected by a rule'}  | ${['refused cy01-ceph142', '< error cy01-ceph142', '< deliver client']}        | ${'the error goes back to the client'}
    ${'no real server'}      | ${['refused cy01-ceph142', '< error cy01-ceph142', '< deliver client']}        | ${'IPVS refuses with an error'}
    ${'closed port'}         | ${['refused ng-test-rs-kllg4', '< error ng-test-rs-kllg4', '< deliver dbg-pod142']} | ${'a reset is an answer, too'}
    ${'unknown match'}       | ${['unknown cy01-ceph142']}                                                    | ${'the walk ends where nobody can tell'}
  `('ends $name as it must: $because', ({ name, last }: { name: string; last: readonly string[] }) => {
    expect(kinds(name).slice(-last.length)).toEqual(last);
  });

  it('tells further connections by what chance decided and by how they end', () => {
    const { trace: t, world } = sampleNamed('three connections', all);
    const second = readTrace(t, world, 'story').stops.filter((s) => t.steps[s.lead]?.connection === 1);
    expect(second.map((s) => s.kind)).toEqual(['send', 'ipvs', 'deliver', 'send', 'deliver']);
  });
});

describe('stopAt', () => {
  it('finds the stop that covers a step, at every level', () => {
    const { trace: t, world } = sampleNamed('client to the address, Cluster 10.233.125.24:80', all);
    for (const detail of DETAILS) {
      const reading = readTrace(t, world, detail);
      for (const step of t.steps) {
        const stop = reading.stops[stopAt(reading, step.id)];
        expect(stop && stop.from <= step.id && step.id <= stop.to).toBe(true);
      }
    }
  });

  it.each`
    id      | index | because
    ${-5}   | ${0}  | ${'before the first step is the first stop'}
    ${9999} | ${17} | ${'behind the last step is the last stop'}
  `('takes the nearest stop for step $id: $because', ({ id, index }: { id: number; index: number }) => {
    const { trace: t, world } = sampleNamed('client to the address, Cluster 10.233.125.24:80', all);
    expect(stopAt(readTrace(t, world, 'story'), id)).toBe(index);
  });

  it('is 0 for a reading without stops', () => {
    expect(stopAt({ detail: 'story', stops: [] }, 3)).toBe(0);
  });
});
