import { expect, it } from 'vitest';
import { readProbe } from '../../src/cli/probeJson.ts';
import { parseBundle } from '../../src/dumps/bundle.ts';
import { trace as traceOf } from '../../src/engine/trace.ts';
import { headline } from '../../src/text/headline.ts';
import { readTrace } from '../../src/text/reading.ts';
import { verdictLine } from '../../src/text/verdict.ts';
import type { RefereeCase } from './case.ts';
import { catalogue } from './catalogue/index.ts';

/** The story of a case's first probe: its sentences, the kinds of its stops, and how it ends. */
function storyOf(test: RefereeCase) {
  const { world } = parseBundle(test.files);
  const read = readProbe(world, JSON.parse(JSON.stringify(test.probes[0])));
  if (!read.ok) return undefined;
  const trace = traceOf(world, read.value.probe, read.value.choices);
  const reading = readTrace(trace, world, 'story');
  return { sentences: reading.stops.map((stop) => headline({ trace, world, reading, lang: 'en' }, stop)), kinds: reading.stops.map((s) => s.kind), outcome: verdictLine({ trace, world, lang: 'en' }, 0).outcome };
}

it('tells where the packet was lost in each case in which it was', () => {
  const silent = catalogue.filter((test) => {
    const story = storyOf(test);
    return story?.outcome === 'Dropped' && !story.kinds.some((k) => k === 'drop' || k === 'refused');
  });
  expect(silent.map((c) => c.name)).toEqual([]);
});

it('says that a tagged frame finds no device of its VLAN', () => {
  const test = catalogue.find((c) => c.name === 'a tagged frame is not for a device of another VLAN');
  expect(test && storyOf(test)?.sentences.at(-1)).toBe('b ignores it: no device there is in VLAN 7');
});
