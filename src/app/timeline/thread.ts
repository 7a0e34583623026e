import type { Trace } from '../../engine/trace-types.ts';
import type { Reading, Stop } from '../../text/reading-types.ts';
import type { Tick } from './layout.ts';

/** A straight piece of the thread, from left to right. */
export interface Piece {
  readonly y: number;
  readonly from: number;
  readonly to: number;
}

/** Pixels in front of the first tick for what leads up to it. */
export const LEAD_IN = 34;
const CORNER = 6;
/** A tick's own room, which strokes keep clear of. */
const TICK_RADIUS = 11;
/** Lanes that are passed on the way to a tick get a piece each unless these would be shorter than this, or more. */
const MIN_PIECE = 8;
const MAX_BENDS = 4;

export type LaneOf = (host: string, netns: string | null) => number | undefined;

/**
 * The way into each tick: along the lane of the one before, through the lanes of namespaces that the packet passes without a tick
 * of its own, to the tick's. Taken from the finest reading, so that it is the same at every level of detail.
 */
export function waysOf(trace: Trace, ticks: readonly Tick[], finest: Reading, laneOf: LaneOf): readonly (readonly Piece[])[] {
  const groups = groupStops(ticks.map((t) => t.stop), finest);
  return ticks.map((tick, k) => {
    const before = ticks[k - 1];
    if (!before) return [{ y: tick.y, from: tick.x - LEAD_IN, to: tick.x }];
    // Answers to ARP come from other machines, but the packet itself does not go there.
    const visits = (groups[k] ?? []).filter((s) => s.lead <= tick.stop.lead && s.place.kind !== 'wire' && trace.steps[s.lead]?.role !== 'arp');
    const passed = visits.flatMap((s) => laneOf(s.host, s.netns) ?? []);
    const lanes = [before.y, ...passed, tick.y].filter((y, i, all) => y !== all[i - 1]);
    const gap = tick.x - before.x;
    const ys = lanes.length - 1 > MAX_BENDS || gap / lanes.length < MIN_PIECE ? [before.y, tick.y].filter((y, i, all) => y !== all[i - 1]) : lanes;
    return ys.map((y, i) => ({ y, from: before.x + (gap * i) / ys.length, to: before.x + (gap * (i + 1)) / ys.length }));
  });
}

/** The stops of a finer reading that each story stop covers. */
export function groupStops(story: readonly Stop[], reading: Reading): readonly (readonly Stop[])[] {
  let next = 0;
  return story.map((stop, k) => {
    const start = next;
    const last = k === story.length - 1;
    while (next < reading.stops.length && (last || (reading.stops[next]?.to ?? 0) <= stop.to)) next++;
    return reading.stops.slice(start, next);
  });
}

/** Stops on one piece: those of its lane, in order. The last stop of a way is the tick itself and on none. */
export interface Load {
  readonly piece: Piece;
  /** Where its stops may stand. */
  readonly start: number;
  readonly end: number;
  readonly stops: number;
}

/** Shares the stops before a tick out over the pieces of its way. */
export function loadsOf(way: readonly Piece[], stops: readonly Stop[], laneOf: LaneOf): readonly Load[] {
  const counts = way.map(() => 0);
  let at = 0;
  for (const stop of stops.slice(0, -1)) {
    const y = stop.place.kind === 'wire' ? undefined : laneOf(stop.host, stop.netns);
    if (y !== undefined) {
      const found = way.findIndex((p, i) => i >= at && p.y === y);
      at = found < 0 ? way.length - 1 : found;
    }
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return way.map((piece, i) => {
    const length = piece.to - piece.from;
    // Where ticks stand close, strokes come nearer to them, so that the order from left to right is never lost.
    const clear = Math.min(TICK_RADIUS, length / 3);
    const bend = radius(piece, piece);
    return { piece, start: piece.from + (i === 0 ? clear : bend), end: piece.to - (i === way.length - 1 ? clear : bend), stops: counts[i] ?? 0 };
  });
}

const radius = (a: Piece, b: Piece): number => Math.min(CORNER, (a.to - a.from) / 4, (b.to - b.from) / 4);

/** The pieces as one SVG path with rounded bends; empty without pieces. */
export function threadPath(pieces: readonly Piece[]): string {
  const [first] = pieces;
  if (!first) return '';
  const bends = pieces.map((piece, i) => {
    const next = pieces[i + 1];
    if (!next) return `H${px(piece.to)}`;
    if (next.y === piece.y) return '';
    const x = next.from;
    const round = Math.min(radius(piece, next), Math.abs(next.y - piece.y) / 2);
    const down = Math.sign(next.y - piece.y) * round;
    return `H${px(x - round)}Q${px(x)} ${px(piece.y)} ${px(x)} ${px(piece.y + down)}V${px(next.y - down)}Q${px(x)} ${px(next.y)} ${px(x + round)} ${px(next.y)}`;
  });
  return `M${px(first.from)} ${px(first.y)}${bends.join('')}`;
}

const px = (n: number): string => String(Math.round(n * 100) / 100);
