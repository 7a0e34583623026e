import type { Trace } from '../../engine/trace-types.ts';
import type { Reading } from '../../text/reading-types.ts';
import type { World } from '../../world/world.ts';
import { type Berth, berthOf } from './berth.ts';
import type { StageLabel } from './edges.ts';
import { behind, centre, overlaps, type Point, type Rect, right, roundedPath } from './geometry.ts';
import { hookId, roofBridges } from './house.ts';
import { type LedgerLine, ledgersAt } from './ledger.ts';
import { busLabel, type Layout, layoutOf } from './layout.ts';
import { type Mark, marksAt, type Punchline, punchlineAt, raysAt } from './marks.ts';
import { runLine, trailTo, type Walk, walkOf } from './path.ts';
import { type Rail, railsOf } from './rails.ts';
import { type DrawnRay, drawRays } from './rays.ts';
import { type Capsule, capsuleOf, capsuleSize } from './shells.ts';
import type { StageStrings } from './strings.ts';
import { textWidth } from './textWidth.ts';
import { type Ways, waysOf } from './ways.ts';

const TRAIL_RADIUS = 8;
const LEADER_RADIUS = 6;

/** What never changes while one steps through a reading. */
export interface Ground {
  readonly layout: Layout;
  readonly ways: Ways;
  readonly rails: readonly { readonly id: string; readonly d: string }[];
  readonly walk: Walk;
}

export const wayPath = (points: readonly Point[]): string => roundedPath(points, TRAIL_RADIUS);

/** Layout and ways of a trace: independent of the reading. */
export function groundOf(world: World, trace: Trace, unfolded: boolean): Omit<Ground, 'walk'> {
  const layout = layoutOf(world, trace, unfolded);
  const ways = waysOf(layout, world);
  return { layout, ways, rails: railsOf(layout, ways).map((r: Rail) => ({ id: r.id, d: wayPath(r.points) })) };
}

export const withWalk = (ground: Omit<Ground, 'walk'>, trace: Trace, reading: Reading): Ground => ({ ...ground, walk: walkOf(ground.layout, ground.ways, trace, reading) });

/** All that is drawn at one stop. */
export interface Scene {
  readonly marks: ReadonlyMap<string, Mark>;
  readonly capsule: Capsule | undefined;
  readonly berth: Berth | undefined;
  readonly leader: string;
  readonly pin: Point | undefined;
  /** Of this run, up to here. */
  readonly trail: string;
  /** The same up to the stop before, if it belongs to this run: from there the trail grows while playing. */
  readonly before: string;
  readonly past: readonly string[];
  readonly ahead: string;
  readonly onWire: boolean;
  /** Travels back to the prober: everything of it is hollow. */
  readonly back: boolean;
  readonly ledgers: ReadonlyMap<string, readonly LedgerLine[]>;
  readonly activeHouse: string | undefined;
  readonly rays: readonly DrawnRay[];
  readonly choice: string | undefined;
  readonly punchline: Punchline | undefined;
  readonly labels: readonly StageLabel[];
  /** The device whose view the tunnel's tube shows now. */
  readonly ghost: string | undefined;
}

/** What a leader runs behind: bridges under the cables of pods, and the processes of a host over its hooks. */
const coversOf = (layout: Layout): readonly Rect[] => layout.houses.flatMap((h) => [...roofBridges(h.cast).map((b) => b.id), hookId(h.id, 'socket')].flatMap((id) => layout.boxes.get(id)?.rect ?? []));

/** The picture at stop `index`. `decider` is who decides there, in words. */
export function sceneAt(world: World, trace: Trace, reading: Reading, ground: Ground, index: number, decider: string | undefined, strings: StageStrings): Scene | undefined {
  const { layout, walk } = ground;
  const stop = reading.stops[index];
  const here = walk.stops[index];
  if (!stop || !here) return undefined;
  const capsule = capsuleOf(trace, reading, index);
  const punchline = punchlineAt(trace, reading, walk, index);
  const berth = capsule && berthOf(layout, stop, here, capsuleSize(capsule), punchline ? bubbleSize(punchline, strings).w + 16 : 0);
  const before = walk.stops[index - 1];
  const next = walk.stops[index + 1];
  const choice = raysAt(world, layout, trace, reading, index);
  const box = here.station === undefined ? undefined : layout.boxes.get(here.station);
  const hallOf = berth?.inside ? box?.house : undefined;
  const ledgers = new Map([...ledgersAt(trace, reading, index)].filter(([id]) => id !== hallOf));
  const step = trace.steps[stop.lead];
  const nested = step !== undefined && step.packet.filter((h) => h.type === 'ipv4').length > 1;
  const connection = step?.connection;
  const pastRuns = [...new Set(walk.stops.filter((s) => s.run < here.run && trace.steps[reading.stops[s.index]?.lead ?? -1]?.connection === connection).map((s) => s.run))];
  return {
    marks: marksAt(walk, reading, index),
    capsule,
    berth,
    leader: berth ? behind(berth.leader, coversOf(layout)).map((part) => roundedPath(part, LEADER_RADIUS)).join('') : '',
    pin: berth?.leader.at(-1),
    trail: wayPath(trailTo(walk, index)),
    before: before?.run === here.run ? wayPath(trailTo(walk, index - 1)) : '',
    past: pastRuns.map((run) => wayPath(runLine(walk, run))),
    ahead: next && next.run === here.run ? wayPath(next.leg) : '',
    onWire: here.station === undefined,
    back: stop.way === 'reply',
    ledgers,
    activeHouse: box?.kind === 'pod' ? undefined : box?.house,
    rays: choice && berth ? drawRays(layout, choice, berth.rect, strings.picked) : [],
    choice: choice?.key,
    punchline,
    labels: [...labelsOf(layout, strings, hookRowOf(layout, here.station)), ...deciderLabel(layout, here.station, decider, stop.kind === 'drop' || stop.kind === 'refused')],
    ghost: nested && here.station === undefined ? ghostOf(layout, here.also) : undefined,
  };
}

function ghostOf(layout: Layout, ends: readonly string[]): string | undefined {
  const houses = ends.map((id) => layout.boxes.get(id)?.house);
  const pipe = layout.pipes.find((p) => houses.includes(layout.boxes.get(p.from)?.house) && houses.includes(layout.boxes.get(p.to)?.house));
  return pipe?.id;
}

/** The house in whose upper row of hooks the packet is: the word under it gives way to the decider's name. */
function hookRowOf(layout: Layout, station: string | undefined): string | undefined {
  const box = station === undefined ? undefined : layout.boxes.get(station);
  return box !== undefined && box.kind === 'hook' && box.rect.y === layout.rows.local ? box.house : undefined;
}

function labelsOf(layout: Layout, strings: StageStrings, taken: string | undefined): readonly StageLabel[] {
  const diamonds = layout.houses.flatMap((house): readonly StageLabel[] => {
    const box = layout.boxes.get(hookId(house.id, 'in'))?.rect;
    return box && house.id !== taken ? [{ id: `${house.id} routing`, at: { x: centre(box).x + 6, y: layout.rows.local + 24 + 13 }, anchor: 'start', tone: 'quiet', text: strings.routing }] : [];
  });
  const wires = layout.buses.flatMap((bus): readonly StageLabel[] => (bus.label ? [{ id: `wire ${bus.segment}`, at: bus.label.at, anchor: 'middle', tone: 'quiet', text: busLabel(bus, strings.underlay(bus.segment)) }] : []));
  return [...diamonds, ...wires];
}

/** Under the station, on the side where there is room. */
function deciderLabel(layout: Layout, station: string | undefined, decider: string | undefined, dropped: boolean): readonly StageLabel[] {
  const box = station === undefined ? undefined : layout.boxes.get(station);
  if (!box || decider === undefined || (box.kind !== 'hook' && box.kind !== 'routing')) return [];
  const label = (at: Point, anchor: StageLabel['anchor']): readonly StageLabel[] => [{ id: 'decider', at, anchor, tone: dropped ? 'dropped' : 'decider', text: decider }];
  const { rect } = box;
  const y = layout.rows.forward + 24 + 15;
  if (box.rect.y === layout.rows.local) return label({ x: centre(rect).x, y: layout.rows.local + 24 + 14 }, 'middle');
  const home = layout.houses.find((h) => h.id === box.house);
  const house = home?.rect ?? rect;
  const share = (centre(rect).x - house.x) / house.w;
  if (share < 0.38) return label({ x: box.kind === 'routing' ? centre(rect).x + 8 : (home?.columns.in ?? rect.x) + 8, y }, 'start');
  if (share > 0.62) return label({ x: right(rect) - 8, y }, 'end');
  return label({ x: centre(rect).x, y }, 'middle');
}

export function bubbleSize({ sees, truly }: Punchline, strings: StageStrings): { readonly w: number; readonly h: number } {
  const small = sees === truly ? strings.trueClient : strings.nowhere(truly);
  return { w: Math.ceil(Math.max(textWidth(small, 11, 'regular'), textWidth(strings.myClient, 11, 'regular'), textWidth(sees, 19, 'mono'))) + 34, h: 74 };
}

/** Where the bubble of the punchline stands: left of its pod, or right of it where another pod would be covered on the left only. */
export function bubbleSpot(layout: Layout, punchline: Punchline, size: { readonly w: number; readonly h: number }): { readonly at: Point; readonly side: 'left' | 'right' } | undefined {
  const box = layout.boxes.get(punchline.box);
  if (!box) return undefined;
  const { rect } = box;
  const others = [...layout.boxes.values()].filter((b) => b !== box && b.kind !== 'more').map((b) => b.rect);
  const y = Math.max(layout.bounds.y + 2, centre(rect).y - size.h / 2);
  const left = { x: rect.x - 16 - size.w, y, ...size };
  const beyond = { x: right(rect) + 16, y, ...size };
  const fits = (r: Rect): boolean => r.x >= layout.bounds.x && right(r) <= right(layout.bounds);
  const free = (r: Rect): boolean => fits(r) && others.every((o) => !overlaps(o, r));
  if (free(left) || (fits(left) && !free(beyond))) return { at: left, side: 'left' };
  return { at: beyond, side: 'right' };
}
