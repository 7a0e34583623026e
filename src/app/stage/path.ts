import type { Step } from '../../engine/step.ts';
import type { Trace } from '../../engine/trace-types.ts';
import type { Place, Reading, Stop } from '../../text/reading-types.ts';
import { deviceId, netnsId } from '../../world/lookup.ts';
import { centre, lineLength, type Point, pointAlong, shift, simplify, splitAt } from './geometry.ts';
import { atOutside, atSocket } from './cast.ts';
import { hookId } from './house.ts';
import { houseOf, type Layout, OUTSIDE } from './layout.ts';
import { findWay, type Ways } from './ways.ts';

/** The packet's way over the stage: one station and one stretch for each stop of the reading. */
export interface Walk {
  readonly stops: readonly WalkStop[];
}

export interface WalkStop {
  readonly index: number;
  /** Where the packet is; in its lane. */
  readonly at: Point;
  /** The box that is lit; undefined on a wire. */
  readonly station: string | undefined;
  /** Lit with it: on a wire, the device at each end. */
  readonly also: readonly string[];
  /** From the stop before to this one, in this stop's lane; only the station where a new run begins. */
  readonly leg: readonly Point[];
  /** Boxes that the leg runs through, the station last. */
  readonly passed: readonly string[];
  /** Stops of one connection in one direction share a run. */
  readonly run: number;
}

/** The reply keeps off the request's rails. */
const REPLY_LANE: Point = { x: -8, y: 8 };
/** The outer packet of a tunnel takes the same hooks a second time, beside the first. */
const OUTER_LANE: Point = { x: 6, y: -6 };
const NO_LANE: Point = { x: 0, y: 0 };

/** Id of the box that stands for a place; undefined on a wire, or for a machine that is not drawn. */
export function stationOf(layout: Layout, place: Place): string | undefined {
  if (place.kind === 'wire') return undefined;
  const { host, netns } = place;
  const tries: string[] = [];
  const home = houseOf(layout, host, netns);
  if (place.kind === 'device') tries.push(deviceId(place), home?.cast.behindBridge.get(deviceId(place)) ?? '');
  if (netns !== null) tries.push(netnsId(host, netns), home?.cast.behindBridge.get(netnsId(host, netns)) ?? '');
  tries.push(`@${host}`);
  const house = home?.id;
  if (house !== undefined) {
    const hooks = place.kind === 'hook' ? [place.hook, 'INPUT'] : place.kind === 'routing' ? [place.which] : place.kind === 'socket' ? ['socket', 'INPUT'] : ['PREROUTING'];
    tries.push(...hooks.map((h) => hookId(house, h)), `${house}+devices`);
  }
  tries.push('+nodes');
  return tries.find((id) => layout.boxes.has(id));
}

/** Where a step shows the packet; undefined when it happens wherever the packet already is. */
export function placeOf(trace: Trace, step: Step): Place | undefined {
  const at = { host: step.host, netns: step.netns };
  switch (step.kind) {
    case 'table':
    case 'rule':
    case 'policy':
      return { kind: 'hook', ...at, hook: step.hook };
    case 'ipvs':
      return step.op === 'reply' ? undefined : { kind: 'hook', ...at, hook: 'IPVS' };
    case 'fib':
      // What is made here is routed before it comes to OUTPUT; only then would it pass the second diamond.
      return step.purpose === 'input' ? { kind: 'routing', ...at, which: 'in' } : step.purpose === 'reroute' ? { kind: 'routing', ...at, which: 'out' } : undefined;
    case 'bridge':
      return { kind: 'device', ...at, dev: step.bridge };
    case 'receive':
    case 'transmit':
    case 'encap':
    case 'decap':
      return step.dev === undefined ? undefined : { kind: 'device', ...at, dev: step.dev };
    case 'send':
    case 'deliver':
      return atSocket(trace, step) || step.dev === undefined ? { kind: 'socket', ...at } : { kind: 'device', ...at, dev: step.dev };
    default:
      return undefined;
  }
}

const isNested = ({ packet }: Step): boolean => packet.filter((h) => h.type === 'ipv4').length > 1;

/** As the stop says, but a route that is looked up on the way to OUTPUT is shown there: the diamond behind it comes later. */
function shownAt(stop: Stop, lead: Step | undefined): Place {
  const early = stop.place.kind === 'routing' && stop.place.which === 'out' && lead?.kind === 'fib' && lead.purpose !== 'reroute' && lead.purpose !== 'input';
  return early ? { kind: 'hook', host: stop.place.host, netns: stop.place.netns, hook: 'OUTPUT' } : stop.place;
}

/** Joins the stops of a reading along the stage's ways. */
export function walkOf(layout: Layout, ways: Ways, trace: Trace, reading: Reading): Walk {
  const stops: WalkStop[] = [];
  let cursor: Cursor | undefined;
  let run = -1;
  let before: Stop | undefined;
  for (const stop of reading.stops) {
    const lead = trace.steps[stop.lead];
    const fresh = before === undefined || before.way !== stop.way || trace.steps[before.lead]?.connection !== lead?.connection;
    if (fresh) {
      run++;
      cursor = undefined;
    }
    const steps = trace.steps.slice(fresh ? stop.from : (before?.lead ?? -1) + 1, stop.lead + 1);
    const waypoints = steps.filter((s) => s.role !== 'arp' && !(reading.detail === 'story' && isNested(s) && s.subsystem !== 'device' && s.subsystem !== 'tunnel')).flatMap((s) => {
      const place = placeOf(trace, s);
      return (place && stationOf(layout, place)) ?? [];
    });
    const station = lead && atOutside(trace, lead) && layout.boxes.has(OUTSIDE) ? OUTSIDE : stationOf(layout, shownAt(stop, lead));
    const previous = stops.at(-1);
    const also = stop.place.kind === 'wire' ? endsOf(layout, stop.place) : [];
    // Who hears a question of ARP, or answers it, is lit; the packet itself waits.
    if (lead?.role === 'arp' && previous && !fresh) {
      stops.push({ index: stop.index, at: previous.at, station, also, leg: [previous.at], passed: [], run });
      before = stop;
      continue;
    }
    const wanted = laneOf(stop, lead, reading);
    const start: Cursor | undefined = cursor ?? cursorAt(layout, waypoints[0] ?? station);
    const went = stop.place.kind === 'wire' ? toWire(layout, ways, start, waypoints, stop.place) : toBox(layout, ways, start, [...waypoints, ...(station === undefined ? [] : [station])]);
    const at = add(went.cursor?.at ?? previous?.at ?? NO_LANE, wanted);
    const moved = shift(went.points, wanted.x, wanted.y);
    const from = fresh || !previous ? (moved[0] ?? at) : previous.at;
    stops.push({ index: stop.index, at, station, also, leg: simplify(cornered([from, ...moved, at])), passed: went.passed, run });
    cursor = went.cursor;
    before = stop;
  }
  return { stops };
}

/** The stretch of one run up to a stop, as one line. */
export function trailTo(walk: Walk, index: number): readonly Point[] {
  const here = walk.stops[index];
  if (!here) return [];
  return simplify(walk.stops.filter((s) => s.run === here.run && s.index <= index).flatMap((s) => s.leg));
}

/** The whole line of a run. */
export const runLine = (walk: Walk, run: number): readonly Point[] => simplify(walk.stops.filter((s) => s.run === run).flatMap((s) => s.leg));

interface Cursor {
  /** The box; undefined on a wire, and then `rest` leads on to `next`. */
  readonly id: string | undefined;
  readonly at: Point;
  readonly rest: readonly Point[];
  readonly next: string | undefined;
}

interface Went {
  readonly cursor: Cursor | undefined;
  readonly points: readonly Point[];
  readonly passed: readonly string[];
}

const add = (a: Point, b: Point): Point => ({ x: a.x + b.x, y: a.y + b.y });

function cursorAt(layout: Layout, id: string | undefined): Cursor | undefined {
  const box = id === undefined ? undefined : layout.boxes.get(id);
  return box && { id: box.id, at: centre(box.rect), rest: [], next: undefined };
}

function laneOf(stop: Stop, lead: Step | undefined, reading: Reading): Point {
  const base = stop.way === 'reply' ? REPLY_LANE : NO_LANE;
  const outer = reading.detail !== 'story' && lead !== undefined && isNested(lead) && (stop.place.kind === 'hook' || stop.place.kind === 'routing');
  return outer ? add(base, OUTER_LANE) : base;
}

/** Through all waypoints; where no way is known, straight. */
function toBox(layout: Layout, ways: Ways, start: Cursor | undefined, ids: readonly string[]): Went {
  let here = start;
  const points: Point[] = here ? [here.at] : [];
  const passed: string[] = [];
  for (const id of ids) {
    if (here?.id === undefined && here?.next !== undefined) {
      points.push(...here.rest);
      passed.push(here.next);
      here = cursorAt(layout, here.next);
    }
    const target = cursorAt(layout, id);
    if (!target) continue;
    const way = here?.id === undefined ? undefined : findWay(ways, here.id, id);
    points.push(...(way?.points ?? []), target.at);
    passed.push(...(way?.ids ?? [id]));
    here = target;
  }
  return { cursor: here, points, passed };
}

/** To the middle of the wire between two devices, or to the wire itself when nobody takes the packet there. */
function toWire(layout: Layout, ways: Ways, start: Cursor | undefined, ids: readonly string[], place: Place & { readonly kind: 'wire' }): Went {
  const [a, b] = endsOf(layout, place);
  const there = toBox(layout, ways, start, [...ids.filter((id) => id !== b), ...(a === undefined ? [] : [a])]);
  const way = a === undefined || b === undefined ? undefined : findWay(ways, a, b);
  if (way && b !== undefined && way.points.length > 1) {
    const [toMiddle, rest] = splitAt(way.points, lineLength(way.points) / 2);
    return { cursor: { id: undefined, at: pointAlong(way.points, lineLength(way.points) / 2), rest, next: b }, points: [...there.points, ...toMiddle], passed: there.passed };
  }
  const box = a === undefined ? undefined : layout.boxes.get(a);
  if (!box) return there;
  const bus = layout.buses.find((x) => x.segment === place.segment);
  const x = bus?.drops.find((d) => d.id === a)?.at.x ?? centre(box.rect).x;
  const at = { x, y: bus?.y ?? box.rect.y + box.rect.h + 24 };
  return { cursor: { id: undefined, at, rest: [], next: a }, points: [...there.points, { x, y: centre(box.rect).y }, at], passed: there.passed };
}

function endsOf(layout: Layout, place: Place & { readonly kind: 'wire' }): readonly string[] {
  const from = stationOf(layout, { kind: 'device', ...place.from });
  const to = place.to && stationOf(layout, { kind: 'device', ...place.to });
  return [...(from === undefined ? [] : [from]), ...(to === undefined || to === from ? [] : [to])];
}

/** Where a change of lane would make a slanted piece, a corner; both its sides are hidden behind the station. */
function cornered(points: readonly Point[]): readonly Point[] {
  const out: Point[] = [];
  for (const p of points) {
    const last = out.at(-1);
    if (last && last.x !== p.x && last.y !== p.y) out.push({ x: last.x, y: p.y });
    out.push(p);
  }
  return out;
}
