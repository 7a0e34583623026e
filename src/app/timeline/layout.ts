import type { Trace } from '../../engine/trace-types.ts';
import type { Reading, Stop } from '../../text/reading-types.ts';
import { netnsId } from '../../world/lookup.ts';
import { groupStops, LEAD_IN, type LaneOf, loadsOf, type Piece, waysOf } from './thread.ts';

/** All sizes in pixels. */
export const LANE_HEIGHT = 25;
export const LANES_TOP = 4;
export const AXIS_HEIGHT = 24;
/** Room for a lane's name. */
export const LABEL_WIDTH = 136;
const RIGHT = 32;
/** Ticks never come so close that the thread between them is lost; the lanes then scroll. */
const MIN_GAP = 28;
/** Few stops do not spread over the whole width. */
const MIN_INTERVALS = 9;
const MIN_STROKE_GAP = 3;

export interface Lane {
  readonly id: string;
  readonly host: string;
  readonly netns: string | null;
  readonly y: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Tick extends Point {
  readonly stop: Stop;
  /** How often Open vSwitch has the packet again, after conntrack or for a group's hash (recirculation), within the stop. */
  readonly again: number;
}

/** A stretch of ticks of one connection that travel the same way; `from` and `to` are indices of ticks. */
export interface Run {
  readonly way: Stop['way'];
  readonly connection: number;
  readonly from: number;
  readonly to: number;
}

export interface TimelineLayout {
  readonly lanes: readonly Lane[];
  readonly ticks: readonly Tick[];
  /** The way of the thread into each tick. */
  readonly ways: readonly (readonly Piece[])[];
  readonly laneOf: LaneOf;
  readonly runs: readonly Run[];
  readonly width: number;
  readonly height: number;
}

/**
 * Places the story: a lane for each namespace that the packet visits, in order of the first visit in the finest reading, so that no level
 * of detail moves another's ticks, and one tick a stop at even distances. `width` is what there is to fill; the layout is wider when the
 * ticks need it.
 */
export function layoutTimeline(trace: Trace, story: Reading, finest: Reading, width: number): TimelineLayout {
  const lanes = lanesOf(trace, story.stops, finest.stops.length > 0 ? finest.stops : story.stops);
  const heights = new Map(lanes.map((l) => [l.id, l.y]));
  const laneOf: LaneOf = (host, netns) => heights.get(netnsId(host, netns));
  const first = LABEL_WIDTH + LEAD_IN;
  const intervals = Math.max(story.stops.length - 1, MIN_INTERVALS);
  const gap = Math.max((width - first - RIGHT) / intervals, MIN_GAP);
  const ticks = story.stops.map((stop, i) => ({ stop, x: first + gap * i, y: yOf(stop, laneOf), again: passesAgain(trace, stop) }));
  const height = LANES_TOP + lanes.length * LANE_HEIGHT + AXIS_HEIGHT;
  return { lanes, ticks, ways: waysOf(trace, ticks, finest, laneOf), laneOf, runs: runsOf(trace, story.stops), width: Math.max(width, (ticks.at(-1)?.x ?? first) + RIGHT), height };
}

function passesAgain(trace: Trace, { from, to, lead }: Stop): number {
  const packet = trace.steps[lead]?.packetId;
  return trace.steps.slice(from, to + 1).filter((s) => s.kind === 'ovs' && s.how === 'resume' && s.packetId === packet).length;
}

/** Whoever only hears a question of ARP, or answers it, has no lane: the packet does not go there. */
function lanesOf(trace: Trace, story: readonly Stop[], finest: readonly Stop[]): readonly Lane[] {
  const lanes = new Map<string, Lane>();
  const told = new Set(story.map((s) => netnsId(s.host, s.netns)));
  for (const { host, netns, lead } of finest) {
    const id = netnsId(host, netns);
    if (!lanes.has(id) && (told.has(id) || trace.steps[lead]?.role !== 'arp')) lanes.set(id, { id, host, netns, y: LANES_TOP + LANE_HEIGHT * (lanes.size + 0.5) });
  }
  return [...lanes.values()];
}

/** A wire lies on the line between two lanes: the one next to where the packet comes from, on the side it goes to. */
function yOf(stop: Stop, laneOf: LaneOf): number {
  const own = laneOf(stop.host, stop.netns) ?? LANES_TOP + LANE_HEIGHT / 2;
  if (stop.place.kind !== 'wire') return own;
  const { from, to } = stop.place;
  const start = laneOf(from.host, from.netns) ?? own;
  const end = to && laneOf(to.host, to.netns);
  return end === undefined || end === start ? start : start + (Math.sign(end - start) * LANE_HEIGHT) / 2;
}

function runsOf(trace: Trace, stops: readonly Stop[]): readonly Run[] {
  const runs: Run[] = [];
  for (const stop of stops) {
    const connection = trace.steps[stop.lead]?.connection ?? 0;
    const last = runs.at(-1);
    if (last && last.way === stop.way && last.connection === connection) runs[runs.length - 1] = { ...last, to: stop.index };
    else runs.push({ way: stop.way, connection, from: stop.index, to: stop.index });
  }
  return runs;
}

/**
 * Where every stop of a reading lies on the story's thread: the last one of a story stop at its tick, the others on the way to it, in
 * their own lanes.
 */
export function placeStops(layout: TimelineLayout, story: Reading, reading: Reading): readonly Point[] {
  if (reading === story) return layout.ticks;
  return groupStops(story.stops, reading).flatMap((group, k) => {
    const tick = layout.ticks[k];
    const before = loadsOf(layout.ways[k] ?? [], group, layout.laneOf).flatMap(({ piece, start, end, stops }) =>
      Array.from({ length: stops }, (_, j) => ({ x: start + ((end - start) * (j + 0.5)) / stops, y: piece.y })),
    );
    return tick && group.length > 0 ? [...before, { x: tick.x, y: tick.y }] : before;
  });
}

/** The small strokes of finer detail: no story ticks among them, and never denser than the eye can part. */
export function strokesOf(layout: TimelineLayout, story: Reading, reading: Reading): readonly Point[] {
  if (reading === story) return [];
  return groupStops(story.stops, reading).flatMap((group, k) =>
    loadsOf(layout.ways[k] ?? [], group, layout.laneOf).flatMap(({ piece, start, end, stops }) => {
      const n = Math.min(stops, Math.max(1, Math.floor((end - start) / MIN_STROKE_GAP)));
      return Array.from({ length: n }, (_, j) => ({ x: start + ((end - start) * (j + 0.5)) / n, y: piece.y }));
    }),
  );
}

/** Index of the stop nearest to `x`; the earlier one of two that are equally near. */
export function nearestStop(xs: readonly number[], x: number): number {
  return xs.reduce((best, at, i) => (Math.abs(at - x) < Math.abs((xs[best] ?? Number.POSITIVE_INFINITY) - x) ? i : best), 0);
}
