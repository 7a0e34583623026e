import { beforeAll, describe, expect, it } from 'vitest';
import { parseBundle } from '../../dumps/bundle.ts';
import { readFolder } from '../../scenarios/files.node.ts';
import type { ProbeWords } from '../../share/probeWords.ts';
import { stopAt } from '../../text/reading.ts';
import { loadEngine } from './engine.ts';
import { destinationOffers, firstProbe, showDestination, showSource, sourceOffers } from './offers.ts';
import { keepPlace, otherNamespace, walkOf, type Walk } from './walk.ts';

const worldOf = (policy: string) => parseBundle(readFolder(new URL(`../../scenarios/ipvs-metallb/${policy}`, import.meta.url).pathname)).world;
const cluster = worldOf('cluster');
const local = worldOf('local');
const words: ProbeWords = { from: 'client', via: undefined, to: '172.19.100.2:80', proto: 'tcp', sport: undefined, size: undefined };

function walked(world = cluster, choices = {}): Walk {
  const result = walkOf(world, words, choices);
  if (result.kind !== 'walk') throw new Error(result.kind);
  return result.walk;
}

beforeAll(loadEngine);

describe('a walk', () => {
  it('is refused with the word that means nothing, instead of guessed', () => {
    expect(walkOf(cluster, { ...words, from: 'nobody' }, {})).toMatchObject({ kind: 'words', problem: { field: 'from', code: 'unknown-source' } });
  });

  it('keeps the reader at the same step when another level of detail is chosen', () => {
    const { readings } = walked();
    for (const stop of readings.story.stops) {
      const finer = readings.rules.stops[stopAt(readings.rules, stop.lead)];
      expect(finer && finer.from >= stop.from && finer.to <= stop.to).toBe(true);
      expect(stopAt(readings.story, finer?.lead ?? -1)).toBe(stop.index);
    }
  });

  it('keeps the reader where they are while what they have seen stays the same', () => {
    const before = walked().readings.story;
    const after = walked(cluster, { 'cy01-ceph142/ipvs-rr': 2 }).readings.story;
    const pick = before.stops.findIndex((s) => s.subsystem === 'ipvs');
    expect(pick).toBeGreaterThan(0);
    expect(keepPlace(before, pick, after)).toBe(pick);
    expect(after.stops[pick]?.subsystem).toBe('ipvs');
  });

  it('puts the reader inside the new walk when their place is gone', () => {
    const before = walked().readings.story;
    const after = walked(local).readings.story;
    for (const stop of before.stops) expect(after.stops[keepPlace(before, stop.index, after)]).toBeDefined();
  });

  it('goes from namespace to namespace, forwards and back to where each began', () => {
    const { story } = walked().readings;
    const visited: string[] = [];
    for (let at = 0, guard = 0; guard < 40; guard++) {
      visited.push(`${story.stops[at]?.host}/${story.stops[at]?.netns ?? ''}`);
      const next = otherNamespace(story, at, 1);
      if (next === at || next === story.stops.length - 1) break;
      expect(otherNamespace(story, next, -1)).toBeLessThan(next);
      at = next;
    }
    expect(visited.slice(0, 2)[0]).toBe('client/');
    expect(visited.some((v) => v.startsWith('cy01-ceph143/ng-test-rs-kllg4'))).toBe(true);
    for (const [i, v] of visited.entries()) expect(v).not.toBe(visited[i - 1]);
  });
});

describe('what the world offers', () => {
  it('starts packets at clients, pods and machines', () => {
    expect(sourceOffers(cluster).map((g) => [g.kind, g.offers.map((o) => o.word)])).toEqual([
      ['outside', ['client']],
      ['pods', expect.arrayContaining(['cy01-ceph142/dbg-pod142', 'cy01-ceph142/ng-test-rs-cwqr5'])],
      ['machines', expect.arrayContaining(['cy01-ceph142', 'l3'])],
    ]);
  });

  it('offers virtual servers where no object names the services', () => {
    expect(destinationOffers(cluster).find((g) => g.kind === 'virtual')?.offers.map((o) => o.word)).toContain('172.19.100.2:80');
  });

  it('shows words by the names that people know', () => {
    expect(showSource(cluster, 'client')).toEqual({ name: 'client', address: '10.10.6.91' });
    expect(showSource(cluster, '203.0.113.9')).toEqual({ name: undefined, address: '203.0.113.9' });
    expect(showDestination(cluster, '10.233.98.39:80')).toEqual({ name: 'ng-test-rs-cwqr5', address: '10.233.98.39', port: 80 });
  });

  it.each`
    files                                 | proto     | because
    ${'everything'}                       | ${'tcp'}  | ${'a client can open a virtual server'}
    ${'cy01-ceph142/node.txt'}            | ${'icmp'} | ${'a machine alone can at least ping'}
  `('makes a first probe from $files that can be walked: $because', ({ files, proto }: { files: string; proto: string }) => {
    const all = readFolder(new URL('../../scenarios/ipvs-metallb/cluster', import.meta.url).pathname);
    const { world } = parseBundle(files === 'everything' ? all : Object.fromEntries(Object.entries(all).filter(([path]) => path === files)));
    const first = firstProbe(world);
    expect(first?.proto).toBe(proto);
    expect(first && walkOf(world, first, {}).kind).toBe('walk');
  });

  it('has no first probe for a world without anybody', () => {
    expect(firstProbe(parseBundle({}).world)).toBeUndefined();
  });
});
