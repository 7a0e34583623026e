import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Detail, Reading } from '../../text/reading-types.ts';
import { readTrace } from '../../text/reading.ts';
import { type Sample, samples } from '../../testing/walks.ts';
import { generated } from './generated.testing.ts';
import { overlaps, type Point } from './geometry.ts';
import { layoutOf } from './layout.ts';
import { stationOf, trailTo, walkOf } from './path.ts';
import { waysOf } from './ways.ts';

const walk = ({ world, trace }: Pick<Sample, 'world' | 'trace'>, reading: Reading) => {
  const layout = layoutOf(world, trace);
  return { layout, walk: walkOf(layout, waysOf(layout, world), trace, reading) };
};

const isOrthogonal = (points: readonly Point[]): boolean => points.every((p, i) => i === 0 || p.x === points[i - 1]?.x || p.y === points[i - 1]?.y);
const close = (a: Point | undefined, b: Point | undefined): boolean => a !== undefined && b !== undefined && Math.abs(a.x - b.x) < 0.01 && Math.abs(a.y - b.y) < 0.01;

/** Everything that must hold of each stop's stretch. */
function faults(sample: Pick<Sample, 'world' | 'trace'>, reading: Reading): readonly string[] {
  const { walk: walked } = walk(sample, reading);
  return walked.stops.flatMap((stop, i) => {
    const before = walked.stops[i - 1];
    const out: string[] = [];
    if (!close(stop.leg.at(-1), stop.at)) out.push(`${i}: does not end at its station`);
    if (before?.run === stop.run && !close(stop.leg[0], before.at)) out.push(`${i}: does not start at the station before`);
    if (!isOrthogonal(stop.leg)) out.push(`${i}: is slanted`);
    if (stop.leg.some((p) => !Number.isFinite(p.x) || !Number.isFinite(p.y))) out.push(`${i}: is nowhere`);
    return out;
  });
}

describe('walkOf', () => {
  it('leads every stretch from the station before to the next, in right angles, whatever the walk is', () => {
    fc.assert(
      fc.property(generated, (g) => {
        expect(faults(g, g.reading)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  const details: readonly Detail[] = ['story', 'hooks', 'rules'];
  it.each(samples().flatMap((s) => details.map((detail) => ({ ...s, detail }))))('joins the stations of “$name” at detail $detail', ({ world, trace, detail }) => {
    expect(faults({ world, trace }, readTrace(trace, world, detail))).toEqual([]);
  });

  it.each(samples())('gives every stop of “$name” a station that is drawn', ({ world, trace }) => {
    const reading = readTrace(trace, world, 'hooks');
    const { layout, walk: walked } = walk({ world, trace }, reading);
    const lost = walked.stops.filter((s) => (s.station === undefined ? s.also.length === 0 : !layout.boxes.has(s.station)));
    expect(lost.map((s) => reading.stops[s.index]?.place)).toEqual([]);
  });

  const [first] = samples();
  if (!first) throw new Error('no samples');
  const tunnelled = samples().find((s) => s.trace.steps.some((step) => step.kind === 'decap' && step.role === 'request') && s.trace.outcomes[0]?.reply) ?? first;
  const story = readTrace(tunnelled.trace, tunnelled.world, 'story');
  const { layout, walk: walked } = walk(tunnelled, story);

  it('puts a wire stop on the wire itself, between the two devices that are lit', () => {
    const at = story.stops.find((s) => s.place.kind === 'wire');
    const stop = walked.stops[at?.index ?? -1];
    expect(stop?.station).toBeUndefined();
    expect(stop?.also).toHaveLength(2);
    expect([...layout.boxes.values()].filter((b) => stop && overlaps(b.rect, { x: stop.at.x - 2, y: stop.at.y - 2, w: 4, h: 4 }))).toEqual([]);
    expect(layout.buses.map((b) => b.y)).toContain(stop?.at.y);
  });

  it('begins a new run where the packet turns back, beside the first', () => {
    const turn = story.stops.findIndex((s) => s.way === 'reply');
    const [out, back] = [walked.stops[turn - 1], walked.stops[turn]];
    expect(back?.run).toBe((out?.run ?? 0) + 1);
    expect(back?.station).toBe(out?.station);
    expect(back?.at).not.toEqual(out?.at);
    expect(trailTo(walked, turn)).toHaveLength(1);
  });

  it('passes the hooks that the steps name', () => {
    const last = walked.stops.findLast((s) => s.run === 0);
    const entry = tunnelled.trace.steps.find((s) => s.kind === 'ipvs')?.host;
    const passed = walked.stops.filter((s) => s.run === last?.run).flatMap((s) => s.passed);
    expect(passed).toEqual(expect.arrayContaining([`${entry}#PREROUTING`, `${entry}#INPUT`, `${entry}#IPVS`, `${entry}#OUTPUT`, `${entry}#POSTROUTING`]));
    expect(passed).not.toContain(`${entry}#FORWARD`);
  });

  it('sends the frame over the wire, never through the tube', () => {
    const [pipe] = layout.pipes;
    const trail = walked.stops.flatMap((s) => s.leg);
    const inTube = trail.filter((p, i) => {
      const before = trail[i - 1];
      return pipe && before && p.y === pipe.y && before.y === pipe.y && Math.abs(p.x - before.x) > 60;
    });
    expect(pipe).toBeDefined();
    expect(inTube).toEqual([]);
  });
});

describe('stationOf', () => {
  const [sample] = samples();
  if (!sample) throw new Error('no samples');
  const layout = layoutOf(sample.world, sample.trace);
  const [house] = layout.houses;
  const host = house?.host ?? '';
  const pod = house?.cast.pods[0];
  it.each`
    place                                                              | station                    | because
    ${{ kind: 'hook', host, netns: null, hook: 'INPUT' }}              | ${`${host}#INPUT`}         | ${'each hook is a station'}
    ${{ kind: 'routing', host, netns: null, which: 'in' }}             | ${`${host}#in`}            | ${'so is each routing decision'}
    ${{ kind: 'device', host, netns: pod?.netns ?? '', dev: 'eth0' }}  | ${pod?.id}                 | ${'a pod without a hook map is one box'}
    ${{ kind: 'socket', host, netns: pod?.netns ?? '' }}               | ${pod?.id}                 | ${'its socket too'}
    ${{ kind: 'hook', host: 'nobody', netns: null, hook: 'INPUT' }}    | ${undefined}               | ${'nothing stands for a machine that is not there'}
  `('$place.kind is $station: $because', ({ place, station }) => expect(stationOf(layout, place)).toBe(station));
});
