import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTrace } from '../../text/reading.ts';
import type { Reading, Stop } from '../../text/reading-types.ts';
import { samples } from '../../testing/walks.ts';
import { LABEL_WIDTH, LANE_HEIGHT, layoutTimeline, nearestStop, placeStops, strokesOf } from './layout.ts';
import { threadPath } from './thread.ts';

const all = samples().map(({ name, world, trace }) => ({
  name,
  trace,
  story: readTrace(trace, world, 'story'),
  hooks: readTrace(trace, world, 'hooks'),
  rules: readTrace(trace, world, 'rules'),
}));
const [first] = all;
if (!first) throw new Error('no samples');

describe('layoutTimeline', () => {
  it.each(all)('$name: a lane for every namespace, ticks apart and inside', ({ trace, story, rules }) => {
    const layout = layoutTimeline(trace, story, rules, 1000);
    expect(layout.ticks).toHaveLength(story.stops.length);
    expect(new Set(layout.lanes.map((l) => l.id)).size).toBe(layout.lanes.length);
    const bottom = layout.lanes.length * LANE_HEIGHT + 4;
    for (const [i, tick] of layout.ticks.entries()) {
      expect(tick.x - (layout.ticks[i - 1]?.x ?? LABEL_WIDTH)).toBeGreaterThanOrEqual(20);
      expect(tick.x).toBeLessThanOrEqual(layout.width - 11);
      expect(tick.y).toBeGreaterThan(0);
      expect(tick.y).toBeLessThan(bottom);
    }
  });

  it('puts a stop on a wire on the line between two lanes, on the side to which it goes', () => {
    const layout = layoutTimeline(first.trace, first.story, first.rules, 1000);
    const wires = layout.ticks.filter((t) => t.stop.place.kind === 'wire');
    expect(wires.length).toBeGreaterThan(0);
    const lanes = layout.lanes.map((l) => l.y);
    for (const { stop, y } of wires) {
      if (stop.place.kind !== 'wire' || !stop.place.to) continue;
      expect(lanes).not.toContain(y);
      const from = layout.lanes.findIndex((l) => stop.place.kind === 'wire' && l.host === stop.place.from.host);
      const to = layout.lanes.findIndex((l) => stop.place.kind === 'wire' && l.host === stop.place.to?.host);
      expect(Math.sign(y - (lanes[from] ?? 0))).toBe(Math.sign(to - from));
    }
  });

  it('does not spread a short walk over the whole width', () => {
    const few: Reading = { detail: 'story', stops: first.story.stops.slice(0, 3) };
    const layout = layoutTimeline(first.trace, few, first.rules, 1000);
    expect(layout.ticks[2]?.x).toBeLessThan(500);
  });

  it('grows beyond the width rather than let ticks overlap', () => {
    const stops: readonly Stop[] = Array.from({ length: 200 }, (_, index) => ({ ...(first.story.stops[0] as Stop), index, from: index, to: index, lead: index }));
    const many: Reading = { detail: 'story', stops };
    expect(layoutTimeline(first.trace, many, many, 800).width).toBeGreaterThan(200 * 24);
  });

  it('tells each direction of each connection apart', () => {
    const three = all.find((s) => s.name.startsWith('three connections'));
    const layout = three && layoutTimeline(three.trace, three.story, three.rules, 1000);
    expect(layout?.runs.map((r) => `${r.connection} ${r.way}`)).toEqual(['0 request', '0 reply', '1 request', '1 reply', '2 request', '2 reply']);
  });
});

describe('placeStops', () => {
  it.each(all)('$name: finer detail fills the ways between story ticks and never moves one', ({ trace, story, hooks, rules }) => {
    const layout = layoutTimeline(trace, story, rules, 1000);
    for (const reading of [hooks, rules]) {
      const xs = placeStops(layout, story, reading).map((p) => p.x);
      expect(xs).toHaveLength(reading.stops.length);
      for (const [i, x] of xs.entries()) expect(x).toBeGreaterThan(xs[i - 1] ?? 0);
      for (const tick of layout.ticks) expect(xs[reading.stops.findLastIndex((s) => s.to <= tick.stop.to)]).toBeCloseTo(tick.x);
    }
  });

  it('draws strokes that the eye can part, on the straight pieces of the thread', () => {
    const layout = layoutTimeline(first.trace, first.story, first.rules, 1000);
    const strokes = strokesOf(layout, first.story, first.rules);
    expect(strokes.length).toBeGreaterThan(20);
    for (const [i, { x, y }] of strokes.entries()) {
      expect(x - (strokes[i - 1]?.x ?? 0)).toBeGreaterThanOrEqual(2.9);
      expect(layout.ways.flat().find((p) => p.from < x && x < p.to)?.y).toBe(y);
    }
    expect(strokesOf(layout, first.story, first.story)).toEqual([]);
  });
});

describe('nearestStop', () => {
  it.each`
    x      | index | because
    ${-50} | ${0}  | ${'left of all'}
    ${14}  | ${0}  | ${'nearer to the first'}
    ${15}  | ${0}  | ${'equally near: the earlier one'}
    ${16}  | ${1}  | ${'nearer to the second'}
    ${900} | ${2}  | ${'right of all'}
  `('$x is stop $index: $because', ({ x, index }) => expect(nearestStop([10, 20, 30], x)).toBe(index));

  it('finds every stop at its own place', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 60 }), (places) => {
        const xs = places.toSorted((a, b) => a - b);
        for (const [i, x] of xs.entries()) expect(nearestStop(xs, x)).toBe(i);
      }),
    );
  });
});

describe('threadPath', () => {
  it('is straight in a lane and bends where the lane changes', () => {
    expect(threadPath([{ y: 10, from: 0, to: 40 }, { y: 10, from: 40, to: 64 }, { y: 35, from: 64, to: 88 }])).toBe('M0 10H58Q64 10 64 16V29Q64 35 70 35H88');
  });

  it('goes back up on the reply', () => {
    expect(threadPath([{ y: 35, from: 0, to: 24 }, { y: 10, from: 24, to: 48 }])).toBe('M0 35H18Q24 35 24 29V16Q24 10 30 10H48');
  });

  it('is empty without a piece', () => expect(threadPath([])).toBe(''));
});

describe('the way into a tick', () => {
  it('passes the lane of a router that has no tick of its own, and finer stops lie in their own lanes', () => {
    const { trace, story, rules } = first;
    const layout = layoutTimeline(trace, story, rules, 1000);
    const laneOf = (name: string) => layout.lanes.find((l) => l.id === name)?.y;
    expect(layout.ways[1]?.map((p) => p.y)).toEqual([laneOf('client'), laneOf('l3'), laneOf('cy01-ceph142')]);
    const places = placeStops(layout, story, rules);
    const atRouter = rules.stops.filter((stop) => stop.host === 'l3' && stop.place.kind !== 'wire');
    expect(atRouter.length).toBeGreaterThan(3);
    expect(new Set(atRouter.map((stop) => places[stop.index]?.y))).toEqual(new Set([laneOf('l3')]));
  });
});
