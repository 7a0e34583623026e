import { describe, expect, it } from 'vitest';
import { readProbe } from '../../src/cli/probeJson.ts';
import { parseBundle } from '../../src/dumps/bundle.ts';
import { trace } from '../../src/engine/trace.ts';
import { featuresOf } from '../../src/text/features.ts';
import { catalogue } from './catalogue/index.ts';
import { itemKey, ITEMS, itemsOf } from './items.ts';

/** How many written cases are about each item, by what the engine's traces rely on. */
function casesByItem(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const test of catalogue) {
    const { world } = parseBundle(test.files);
    const features = new Set<string>();
    for (const json of test.probes) {
      const read = readProbe(world, JSON.parse(JSON.stringify(json)));
      if (!read.ok) throw new Error(`${test.name}: ${read.error}`);
      for (const step of trace(world, read.value.probe, read.value.choices).steps) for (const feature of featuresOf(world, step)) features.add(feature);
    }
    for (const item of itemsOf([...features], test.covers)) counts.set(itemKey(item), (counts.get(itemKey(item)) ?? 0) + 1);
  }
  return counts;
}

describe('the list of what is promised', () => {
  it('names each thing once', () => {
    expect(new Set(ITEMS.map(itemKey)).size).toBe(ITEMS.length);
  });

  it('has a written case for everything that a kernel can be asked about', () => {
    const counts = casesByItem();
    expect(ITEMS.filter((i) => i.apart === undefined && !counts.has(itemKey(i))).map(itemKey)).toEqual([]);
  }, 180_000);
});
