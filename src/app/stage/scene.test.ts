import { describe, expect, it } from 'vitest';
import type { Trace } from '../../engine/trace-types.ts';
import type { Reading } from '../../text/reading-types.ts';
import { readTrace } from '../../text/reading.ts';
import { samples } from '../../testing/walks.ts';
import type { World } from '../../world/world.ts';
import { fitAll, inSight, READABLE, viewOf } from './camera.ts';
import { overlaps, within } from './geometry.ts';
import { ledgersAt } from './ledger.ts';
import { oddsText, stopAtBox } from './marks.ts';
import { groundOf, sceneAt, withWalk } from './scene.ts';
import { capsuleOf, capsuleSize } from './shells.ts';
import { stageStrings } from './strings.ts';

const strings = stageStrings('en');
const find = (has: (trace: Trace) => boolean) => {
  const sample = samples().find((s) => has(s.trace));
  if (!sample) throw new Error('no such sample');
  const reading = readTrace(sample.trace, sample.world, 'story');
  return { ...sample, reading, ground: withWalk(groundOf(sample.world, sample.trace, false), sample.trace, reading) };
};
const tunnelled = find((t) => t.steps.some((s) => s.kind === 'ipvs' && s.picked !== undefined) && t.steps.some((s) => s.kind === 'decap') && t.outcomes[0]?.client === 'answer' && t.outcomes[0].natted.src);
const scenes = (world: World, trace: Trace, reading: Reading, ground: ReturnType<typeof withWalk>) => reading.stops.map((s) => sceneAt(world, trace, reading, ground, s.index, undefined, strings));

describe('sceneAt', () => {
  it.each(samples())('covers no station with the capsule in “$name”', ({ world, trace }) => {
    const reading = readTrace(trace, world, 'story');
    const ground = withWalk(groundOf(world, trace, false), trace, reading);
    const covered = scenes(world, trace, reading, ground).flatMap((scene, i) => {
      const rect = scene?.berth?.rect;
      const hit = rect && [...ground.layout.boxes.values()].find((b) => overlaps(b.rect, { ...rect, w: rect.w - 4 }));
      return hit ? [`${i}: ${hit.id}`] : [];
    });
    expect(covered).toEqual([]);
  });

  it.each(samples())('keeps the capsule on the stage in “$name”', ({ world, trace }) => {
    const reading = readTrace(trace, world, 'story');
    const ground = withWalk(groundOf(world, trace, false), trace, reading);
    const outside = scenes(world, trace, reading, ground).flatMap((scene, i) => (scene?.berth && !within(scene.berth.rect, ground.layout.bounds) ? [`${i}: ${JSON.stringify(scene.berth.rect)}`] : []));
    expect(outside).toEqual([]);
  });

  it('lights exactly one station, or the two ends of a wire', () => {
    const { world, trace, reading, ground } = tunnelled;
    const lit = scenes(world, trace, reading, ground).map((s) => [...(s?.marks ?? [])].filter(([, m]) => m === 'now').length);
    expect(lit).toEqual(reading.stops.map((s) => (s.place.kind === 'wire' ? 2 : 1)));
  });

  it('shows a ray to each candidate where chance decides, and one of them taken', () => {
    const { world, trace, reading, ground } = tunnelled;
    const at = reading.stops.findIndex((s) => s.kind === 'ipvs' && s.way === 'request');
    const scene = sceneAt(world, trace, reading, ground, at, undefined, strings);
    expect(scene?.rays.map((r) => r.text).toSorted()).toEqual(['1/3', '1/3', '1/3 · picked']);
    expect(scenes(world, trace, reading, ground).filter((s) => (s?.rays.length ?? 0) > 0)).toHaveLength(1);
  });

  it('speaks the punchline once: when the request is delivered to someone who does not see the client', () => {
    const { world, trace, reading, ground } = tunnelled;
    const spoken = scenes(world, trace, reading, ground).flatMap((s, i) => (s?.punchline ? [{ i, ...s.punchline }] : []));
    expect(spoken).toHaveLength(1);
    expect(spoken[0]?.sees).not.toBe(spoken[0]?.truly);
    expect(reading.stops[spoken[0]?.i ?? -1]?.kind).toBe('deliver');
  });
});

describe('capsuleOf', () => {
  const { trace, reading } = tunnelled;
  const at = (kind: string, way: 'request' | 'reply' = 'request') => capsuleOf(trace, reading, reading.stops.findIndex((s) => s.kind === kind && s.way === way));

  it('puts a second shell around the packet in the tunnel, and a frame only where there is one', () => {
    expect(at('encap')?.shells.map((s) => s.outer)).toEqual([true, false]);
    expect(at('encap')?.frame).toBeUndefined();
    expect(at('wire')?.frame).toMatchObject({ bytes: 94 });
    expect(at('decap')?.shells.map((s) => s.outer)).toEqual([false]);
  });

  it('shows what a value was where it changes, and at the end since when', () => {
    const masqueraded = reading.stops.findIndex((s) => s.kind === 'nat' && s.way === 'request');
    const there = capsuleOf(trace, reading, masqueraded)?.shells.at(-1)?.src;
    expect(there?.was).toBe('10.10.6.91');
    expect(there?.since).toBeUndefined();
    expect(at('deliver')?.shells.at(-1)?.src).toEqual({ ...there, since: masqueraded });
  });

  it('hangs the mark on the packet inside the node only', () => {
    expect(at('ipvs')?.mark).toEqual({ text: '0x4000', cleared: false, fresh: false });
    expect(at('nat')?.mark).toEqual({ text: '0x4000', cleared: true, fresh: true });
    expect(at('wire')?.mark).toBeUndefined();
  });

  it.each(samples())('has a size for every packet of “$name”', ({ world, trace: any }) => {
    const rules = readTrace(any, world, 'rules');
    const sizes = rules.stops.flatMap((s) => {
      const capsule = capsuleOf(any, rules, s.index);
      return capsule ? [capsuleSize(capsule)] : [];
    });
    expect(sizes.every((s) => s.w > 60 && s.w < 700 && s.h >= 24)).toBe(true);
  });
});

describe('ledgersAt', () => {
  it('keeps what a node did for every later step, and gives way to what it does with the reply', () => {
    const { trace, reading } = tunnelled;
    const wire = reading.stops.findIndex((s) => s.kind === 'wire');
    const entry = trace.steps.find((s) => s.kind === 'ipvs')?.host ?? '';
    expect(ledgersAt(trace, reading, wire).get(entry)?.map((l) => l.field)).toEqual(expect.arrayContaining(['mark', 'dst', 'src', 'outerOn']));
    const end = ledgersAt(trace, reading, reading.stops.length - 1).get(entry)?.map((l) => l.field) ?? [];
    expect(end).toEqual(expect.arrayContaining(['outerOff', 'src', 'dst']));
    expect(end).not.toContain('mark');
  });

  it('says nothing of a node that only forwards', () => {
    const { trace, reading } = tunnelled;
    const first = reading.stops.findIndex((s) => s.kind === 'arrive');
    expect([...ledgersAt(trace, reading, first).keys()]).toEqual([]);
  });
});

describe('stopAtBox', () => {
  it('goes to the next stop at a station, then back to the one before, and nowhere for a box that is never passed', () => {
    const { ground, reading } = tunnelled;
    const ipvs = reading.stops.findIndex((s) => s.kind === 'ipvs' && s.way === 'request');
    const box = ground.walk.stops[ipvs]?.station ?? '';
    expect(stopAtBox(ground.walk, box, 0)).toBe(ipvs);
    expect(stopAtBox(ground.walk, box, reading.stops.length - 1)).toBe(ipvs);
    expect(stopAtBox(ground.walk, 'nobody', 0)).toBeUndefined();
  });
});

describe('viewOf', () => {
  const { world, trace, reading, ground } = tunnelled;
  const focusAt = (index: number, phone: boolean) => {
    const stop = reading.stops[index];
    const walked = ground.walk.stops[index];
    const scene = sceneAt(world, trace, reading, ground, index, undefined, strings);
    if (!stop || !walked || !scene) throw new Error('no such stop');
    return { layout: ground.layout, stop, walked, berth: scene.berth, bubble: undefined, choice: scene.rays.length > 0, phone };
  };

  it.each`
    what         | size                     | phone
    ${'desktop'} | ${{ w: 1440, h: 700 }}   | ${false}
    ${'tablet'}  | ${{ w: 700, h: 440 }}    | ${false}
    ${'phone'}   | ${{ w: 390, h: 310 }}    | ${true}
  `('has the station and the capsule in sight at every stop on a $what', ({ size, phone }) => {
    const hidden = reading.stops.filter((s) => !inSight(viewOf(focusAt(s.index, phone), size), focusAt(s.index, phone), size));
    expect(hidden.map((s) => s.kind)).toEqual([]);
  });

  it('shows the whole world when it can be read whole, and never makes the type too small to read', () => {
    const wide = { w: 1600, h: 900 };
    expect(viewOf(focusAt(3, false), wide)).toEqual(fitAll(ground.layout, wide));
    const narrow = { w: 700, h: 440 };
    const zooms = reading.stops.map((s) => viewOf(focusAt(s.index, false), narrow).zoom);
    expect(Math.min(...zooms)).toBeGreaterThanOrEqual(0.78);
  });

  it('has a capsule that stands far from its wire in sight together with the packet', () => {
    const near = focusAt(reading.stops.find((s) => s.kind === 'wire')?.index ?? -1, false);
    if (!near.berth) throw new Error('no capsule');
    const { bounds } = ground.layout;
    const far = { ...near, berth: { ...near.berth, rect: { ...near.berth.rect, x: bounds.x + bounds.w - near.berth.rect.w - 8 } } };
    const size = { w: Math.ceil((bounds.x + bounds.w - near.walked.at.x + 40) * 0.75), h: 440 };
    const view = viewOf(far, size);
    expect(inSight(view, far, size)).toBe(true);
    expect(view.zoom).toBeLessThan(READABLE);
    expect(viewOf(near, size).zoom).toBe(READABLE);
  });

  it('shows the machine that the packet comes to next with the one that has it, where both have room', () => {
    const size = { w: 900, h: 440 };
    expect(fitAll(ground.layout, size).zoom).toBeLessThan(READABLE);
    const [first, second] = ground.layout.houses;
    const at = reading.stops.find((s) => s.place.kind === 'hook' && s.place.host === first?.host);
    const { x, zoom } = viewOf(focusAt(at?.index ?? -1, false), size);
    for (const house of [first, second]) {
      expect((house?.rect.x ?? 0) * zoom + x).toBeGreaterThanOrEqual(0);
      expect(((house?.rect.x ?? 0) + (house?.rect.w ?? Infinity)) * zoom + x).toBeLessThanOrEqual(size.w);
    }
  });
});

describe('oddsText', () => {
  it.each`
    odds    | text
    ${1 / 3} | ${'1/3'}
    ${0.5}  | ${'1/2'}
    ${0.4}  | ${'40%'}
    ${1}    | ${'1'}
    ${0}    | ${'0%'}
  `('$odds is $text', ({ odds, text }) => expect(oddsText(odds)).toBe(text));
});
