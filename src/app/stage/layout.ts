import type { Trace } from '../../engine/trace-types.ts';
import { deviceId } from '../../world/lookup.ts';
import type { DeviceRef, World } from '../../world/world.ts';
import { type Cast, castOf, type CastSmall, OUTSIDE_ID } from './cast.ts';
import { bottom, type Point, type Rect, right, union } from './geometry.ts';
import { ASIDE, asideColumn, type Box, houseSpan, labelled, moveHouse, type PlacedHouse, placeHouse, roofBridges, type Side, vethHitsTitle } from './house.ts';
import { portCount } from './ports.ts';
import { DEVICE_HEIGHT, type Rows, rowsFor } from './rows.ts';
import { tallestCapsule } from './shells.ts';
import { allStageStrings } from './strings.ts';
import { fitText, textWidth } from './textWidth.ts';

/** Every position on the stage; computed once per trace and never changed by stepping. */
export interface Layout {
  readonly cast: Cast;
  readonly rows: Rows;
  readonly houses: readonly PlacedHouse[];
  readonly boxes: ReadonlyMap<string, Box>;
  readonly buses: readonly Bus[];
  readonly pipes: readonly Pipe[];
  readonly bounds: Rect;
  /** Where the first capsule under the wires may begin. */
  readonly under: number;
  /** The room that small boxes take under the houses. */
  readonly smalls: readonly Rect[];
}

/** A wire: a horizontal line to which every drawn device of its segment has a drop. */
export interface Bus {
  readonly segment: string;
  readonly y: number;
  readonly drops: readonly { readonly id: string; readonly at: Point }[];
  /** Leads between houses, so it has a name on the stage; where that name stands, and what fits. */
  readonly label: { readonly at: Point; readonly width: number } | undefined;
  readonly used: boolean;
}

/** A tunnel as its devices see it: a tube between two of them, cut where a house stands before it. */
export interface Pipe {
  readonly id: string;
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly y: number;
  readonly parts: readonly { readonly x1: number; readonly x2: number }[];
  /** Middle of the widest visible part: the place of its label and of the ghost. */
  readonly middle: number;
}

const MARGIN = 16;
const GAP = 64;
const BYSTANDER_GAP = 20;
const BUS_STEP = 14;
const BUBBLE_ROOM = 280;
/** Width of a capsule beside the last of a row of small boxes. */
const BARE_ROOM = 300;
/** Height of the tallest usual capsule under the wires: a frame with two IP headers. */
export const CAPSULE_ROOM = 116;

/** Lays out what takes part in the trace. The reading is not looked at: switching the detail moves nothing. */
export function layoutOf(world: World, trace: Trace, unfolded = false): Layout {
  const cast = castOf(world, trace, unfolded);
  const side = sideOf(cast, trace);
  const process = cast.houses.some((h) => h.process);
  const capsule = tallestCapsule(trace);
  const bridges = cast.houses.some((h) => roofBridges(h).length > 0);
  const devices = cast.houses.some((h) => h.hiddenDevices > 0 || h.devices.length > roofBridges(h).length);
  const hasPorts = (roof: boolean): boolean => cast.houses.some((h) => h.devices.some((d) => portCount(d) > 0 && roofBridges(h).includes(d) === roof));
  const some = { process, bridges, devices, ports: hasPorts(true), lowPorts: hasPorts(false), capsule };
  const tight = rowsFor({ ...some, lowVeths: false });
  const first = cast.houses.map((h) => placeHouse(h, tight, side));
  const lowVeths = first.some(vethHitsTitle);
  const rows = rowsFor({ ...some, lowVeths });
  const placed = lowVeths ? cast.houses.map((h) => placeHouse(h, rows, side)) : first;
  const houses = inRow(placed, cast);
  const boxes = new Map(houses.flatMap((h) => h.boxes).map((b) => [b.id, b]));
  addFolded(boxes, cast, houses, rows);

  const used = usedSegments(cast, world);
  const wired = world.segments.filter((s) => used.has(s.name));
  const betweenHouses = (name: string): boolean => cast.crossings.some(([a, b]) => used.get(name)?.has(deviceId(a)) === true && houses.some((h) => h.host === a.host) && houses.some((h) => h.host === b.host));
  const ordered = wired.toSorted((a, b) => Number(betweenHouses(b.name)) - Number(betweenHouses(a.name)));
  const drops = (devices: readonly DeviceRef[]): Bus['drops'] => devices.flatMap((d) => dropOf(d, houses) ?? []);
  // A wire between small boxes only has no line under the houses: it runs from box to box.
  const lines = ordered.map((s) => ({ segment: s.name, drops: drops(s.devices), used: used.has(s.name), smalls: s.devices.filter((d) => cast.smalls.some((x) => x.host === d.host && x.role !== 'outside')).length }));
  const underHouses = lines.filter((l) => l.drops.length > 0);
  const yOf = (i: number): number => rows.wire + i * BUS_STEP;
  const under = rows.wire + Math.max(0, underHouses.length - 1) * BUS_STEP + 12;

  const smalls = placeSmalls(cast, world, houses, under);
  for (const box of smalls) boxes.set(box.id, box);
  const buses = underHouses
    .map((l, i) => ({ ...l, y: yOf(i) }))
    .filter((l) => l.drops.length + l.smalls > 1)
    .map((l) => ({ segment: l.segment, y: l.y, drops: [...l.drops, ...smallDrops(world, l.segment, boxes)], used: l.used, label: undefined }));
  const named = buses.map((bus) => ({ ...bus, label: betweenHouses(bus.segment) ? labelSpot(bus, buses) : undefined }));
  const smallRects = smalls.map((b) => b.rect);
  const all = [...houses.map(houseSpan), ...[...boxes.values()].map((b) => b.rect), ...buses.map((b) => ({ x: 0, y: b.y, w: 0, h: 0 }))];
  const whole = union(all);
  // Where an address is translated, a pod of the first house that takes part has room beside it for what it says of its client.
  const speaks = trace.outcomes.some((o) => o.natted.src || o.natted.dst);
  const spoken = (speaks ? houses[0] : undefined)?.cast.pods.filter((p) => p.visited).map((p) => (boxes.get(p.id)?.rect.x ?? BUBBLE_ROOM) - BUBBLE_ROOM) ?? [];
  const left = Math.min(-MARGIN, ...spoken);
  // Without a house, and without the box of those left out, the sky is of no use, and a capsule stands beside its box.
  const bare = houses.length === 0 && cast.folded.length === 0;
  const top = bare ? under - MARGIN : 0;
  const bounds = { x: left, y: top, w: right(whole) + (bare ? BARE_ROOM : MARGIN) - left, h: Math.max(bottom(whole), under + CAPSULE_ROOM) + 6 - top };
  return { cast, rows, houses, boxes, buses: named, pipes: pipesOf(cast, houses, boxes), bounds, under, smalls: smallRects };
}

/** Left of its house is what leads to earlier houses, to routers and to clients; right what leads to later ones. */
function sideOf(cast: Cast, trace: Trace): (device: string) => Side {
  const at = new Map(cast.houses.map((h, i) => [h.host, i]));
  const sides = new Map<string, Side>();
  const note = (self: DeviceRef, peer: DeviceRef): void => {
    const own = at.get(self.host);
    const id = deviceId(self);
    if (own === undefined || sides.has(id)) return;
    const other = at.get(peer.host);
    sides.set(id, other === undefined || other <= own ? 'left' : 'right');
  };
  for (const { from, to } of cast.tunnels) {
    note(from, to);
    note(to, from);
  }
  for (const [a, b] of cast.crossings) {
    note(a, b);
    note(b, a);
  }
  if (trace.probe.from.kind === 'outside') sides.set(deviceId({ host: trace.probe.from.host, netns: null, dev: trace.probe.from.dev }), 'left');
  for (const [i, house] of cast.houses.entries()) {
    const tunnels = house.devices.filter((d) => d.kind === 'tunnel');
    // One tunnel at each edge; a further one, or one that nothing goes through, stands where there is room.
    for (const edge of ['left', 'right'] as const) for (const extra of tunnels.filter((d) => sides.get(d.id) === edge).slice(1)) sides.set(extra.id, 'middle');
    const idle = tunnels.find((d) => !sides.has(d.id));
    const wanted: Side = i === 0 ? 'right' : 'left';
    if (idle && !tunnels.some((d) => sides.get(d.id) === wanted)) sides.set(idle.id, wanted);
    const nics = house.nics;
    if (!nics.some((d) => sides.get(d.id) === 'left') && nics.length > 1) {
      const free = nics.find((d) => !sides.has(d.id));
      if (free) sides.set(free.id, 'left');
    }
    if (!nics.some((d) => sides.get(d.id) === 'right')) {
      const free = nics.findLast((d) => !sides.has(d.id));
      if (free) sides.set(free.id, i > 0 && nics.length === 1 ? 'left' : 'right');
    }
  }
  return (device) => sides.get(device) ?? 'middle';
}

function inRow(placed: readonly PlacedHouse[], cast: Cast): readonly PlacedHouse[] {
  const out: PlacedHouse[] = [];
  const pipeGap = Math.ceil(Math.max(...allStageStrings.flatMap((s) => cast.tunnels.flatMap((t) => [textWidth(s.tunnel(t.kind), 11, 'regular'), textWidth(s.asSeenBy(t.from.dev), 11, 'regular')])), GAP)) + 12;
  for (const house of placed) {
    const before = out.at(-1);
    const spans = (index: number): boolean => cast.tunnels.some((t) => crosses(t.from.host, t.to.host, placed.map((h) => h.host), index));
    const gap = !before ? 0 : spans(out.length) ? pipeGap : house.cast.takesPart ? GAP : BYSTANDER_GAP;
    // Pods may stand wider than their house; what counts is the whole.
    out.push(moveHouse(house, before ? right(before.rect) + gap : 0));
  }
  return out;
}

/** True when the way from one host to another passes the gap before the house at `index`. */
function crosses(a: string, b: string, hosts: readonly string[], index: number): boolean {
  const from = hosts.indexOf(a);
  const to = hosts.indexOf(b);
  return from >= 0 && to >= 0 && Math.min(from, to) < index && Math.max(from, to) >= index;
}

function addFolded(boxes: Map<string, Box>, cast: Cast, houses: readonly PlacedHouse[], rows: Rows): void {
  if (cast.folded.length === 0) return;
  const x = Math.max(0, ...houses.map((h) => right(h.rect))) + (houses.length > 0 ? BYSTANDER_GAP : 0);
  const w = Math.ceil(Math.max(...allStageStrings.map((s) => textWidth(s.moreNodes(cast.folded.length), 13, 'bold')))) + 64;
  const rect = { x, y: rows.house, w, h: rows.foot - rows.house };
  boxes.set('+nodes', { id: '+nodes', kind: 'folded', rect, label: '', note: undefined, title: cast.folded.slice(0, 40).join(', '), icon: 'node', dashed: true, count: cast.folded.length, words: 'moreNodes', house: undefined });
}

/** Segments with a device that the packet was on, and those devices. */
function usedSegments(cast: Cast, world: World): ReadonlyMap<string, ReadonlySet<string>> {
  const touched = new Set(cast.crossings.flatMap(([a, b]) => [deviceId(a), deviceId(b)]));
  const out = new Map<string, ReadonlySet<string>>();
  for (const segment of world.segments) {
    const ids = segment.devices.map(deviceId).filter((id) => touched.has(id));
    const linksSmall = segment.devices.some((d) => cast.smalls.some((s) => s.host === d.host && s.role !== 'outside'));
    if (ids.length > 0 || linksSmall) out.set(segment.name, new Set(ids));
  }
  return out;
}

function dropOf(ref: DeviceRef, houses: readonly PlacedHouse[]): { readonly id: string; readonly at: Point } | undefined {
  const id = deviceId(ref);
  for (const house of houses) {
    const x = house.columns.wire.get(id);
    const box = house.boxes.find((b) => b.id === id);
    if (x !== undefined && box) return { id, at: { x, y: bottom(box.rect) } };
    if (house.hooks && house.cast.pods.some((p) => p.nics.includes(id))) return { id, at: { x: asideColumn(house), y: bottom(house.rect) } };
  }
  return undefined;
}

export const smallId = (small: CastSmall): string => `@${small.id}`;

/** The box of the client that no dump describes. */
export const OUTSIDE = `@${OUTSIDE_ID}`;

/** The drops of a wire's small boxes that stand in the first row under the houses; lower ones hang from their neighbour above. */
function smallDrops(world: World, segment: string, boxes: ReadonlyMap<string, Box>): Bus['drops'] {
  const devices = world.segments.find((s) => s.name === segment)?.devices ?? [];
  const ids = [...new Set(devices.map((d) => `@${d.host}`))];
  return ids.flatMap((id) => {
    const box = boxes.get(id);
    return box ? [{ id, at: { x: box.rect.x + SMALL_COLUMN, y: box.rect.y } }] : [];
  });
}

/** Distance of a small box's way up from its left edge. */
export const SMALL_COLUMN = 54;

/**
 * Small boxes in columns: first those one wire away from a house, under the NIC that they talk to; below each, what is one wire further.
 */
function placeSmalls(cast: Cast, world: World, houses: readonly PlacedHouse[], under: number): readonly Box[] {
  const out: Box[] = [];
  const level = levels(cast, world);
  const outsideWidth = Math.max(...allStageStrings.map((s) => textWidth(s.outside, 12, 'bold'))) + 42;
  const deepest = Math.max(0, ...level.values());
  for (let depth = 0; depth <= deepest; depth++) {
    const row = cast.smalls.filter((s) => (level.get(s.id) ?? 0) === depth).map((small) => ({ small, wanted: wantedX(small, cast, world, houses, out) }));
    let from = 0;
    for (const { small, wanted } of row.toSorted((a, b) => a.wanted - b.wanted)) {
      const text = labelled(small.name, small.address);
      const w = Math.max(small.role === 'outside' ? outsideWidth : 0, text.w, 100);
      const x = Math.max(from, wanted - SMALL_COLUMN, 0);
      const rect = { x, y: under + depth * (DEVICE_HEIGHT + 20), w: Math.ceil(w), h: DEVICE_HEIGHT };
      out.push({ id: smallId(small), kind: 'small', rect, label: text.label, note: text.note, title: small.name, icon: small.role === 'router' ? 'l3' : 'client', dashed: !small.takesPart, count: 0, words: small.role === 'outside' ? 'outside' : undefined, house: undefined });
      from = x + rect.w + 24;
    }
  }
  return out;
}

/** How many wires each small box is away from the nearest house, less one; the wires that the packet took count first. */
function levels(cast: Cast, world: World): ReadonlyMap<string, number> {
  const houses = new Set(cast.houses.map((h) => h.host));
  const near = neighbourHosts(cast, world);
  const out = new Map<string, number>();
  let edge: readonly string[] = [...houses];
  for (let depth = 0; edge.length > 0 && depth < 8; depth++) {
    const next = cast.smalls.filter((s) => s.role !== 'outside' && !out.has(s.id) && edge.some((e) => near(e, s.host)));
    for (const small of next) out.set(small.id, depth);
    edge = next.map((s) => s.host);
  }
  return out;
}

function neighbourHosts(cast: Cast, world: World): (a: string, b: string) => boolean {
  const pairs = new Set<string>();
  const link = (a: string, b: string): void => void pairs.add(`${a}\n${b}`).add(`${b}\n${a}`);
  for (const [a, b] of cast.crossings) link(a.host, b.host);
  const small = new Set(cast.smalls.map((s) => s.host));
  for (const { devices } of world.segments) for (const a of devices) if (small.has(a.host)) for (const b of devices) link(a.host, b.host);
  return (a, b) => pairs.has(`${a}\n${b}`);
}

/** The x at which a small box's way up should be: under the NIC that the packet took, or under the box one wire nearer. */
function wantedX(small: CastSmall, cast: Cast, world: World, houses: readonly PlacedHouse[], placed: readonly Box[]): number {
  if (small.role === 'outside') {
    return houses.find((h) => h.host === small.host)?.columns.wire.get(small.entry ?? '') ?? 0;
  }
  const ways = [...cast.crossings, ...world.segments.flatMap((s) => s.devices.filter((d) => d.host === small.host).flatMap((d) => s.devices.map((o) => [d, o] as const)))];
  for (const [a, b] of ways) {
    const other = a.host === small.host ? b : b.host === small.host ? a : undefined;
    if (!other || other.host === small.host) continue;
    const drop = dropOf(other, houses);
    if (drop) return drop.at.x;
    const above = placed.find((p) => p.id === `@${other.host}`);
    if (above) return above.rect.x + SMALL_COLUMN;
  }
  return 0;
}

/** The widest stretch above a wire that no other way crosses, for its name. */
function labelSpot(bus: Omit<Bus, 'label'>, buses: readonly Omit<Bus, 'label'>[]): Bus['label'] {
  const own = bus.drops.map((d) => d.at.x);
  const from = Math.min(...own);
  const to = Math.max(...own);
  const crossing = buses.flatMap((b) => (b.y >= bus.y ? b.drops.map((d) => d.at.x) : []));
  const cuts = [...new Set([from, to, ...crossing.filter((x) => x > from && x < to)])].toSorted((a, b) => a - b);
  const spans = cuts.slice(1).map((x, i) => ({ from: (cuts[i] ?? x) + 8, to: x - 8 }));
  const widest = spans.toSorted((a, b) => b.to - b.from - (a.to - a.from))[0];
  return widest && widest.to - widest.from > 60 ? { at: { x: (widest.from + widest.to) / 2, y: bus.y - (bus.y === Math.min(...buses.map((b) => b.y)) ? 5 : 3) }, width: widest.to - widest.from } : undefined;
}

/** `text`, or the wire's name alone where that does not fit its stretch. */
export const busLabel = (bus: Bus, text: string): string => {
  const room = bus.label?.width ?? 0;
  return textWidth(text, 11, 'regular') <= room ? text : fitText(bus.segment, room, 11, 'regular');
};

function pipesOf(cast: Cast, houses: readonly PlacedHouse[], boxes: ReadonlyMap<string, Box>): readonly Pipe[] {
  return cast.tunnels.flatMap(({ kind, from, to }) => {
    const a = boxes.get(deviceId(from));
    const b = boxes.get(deviceId(to));
    // Who wraps without a tunnel device of its own, as IPVS does, has no tube.
    if (!a || !b || a.rect.y !== b.rect.y) return [];
    const [l, r] = a.rect.x <= b.rect.x ? [a, b] : [b, a];
    const homeOf = (box: Box): PlacedHouse | undefined => houses.find((h) => h.id === box.house);
    // A device that faces away from its peer shows no tube in its own house: it comes out behind the wall.
    const clear = (edge: number, wall: number): number => (Math.abs(edge - wall) <= ASIDE ? edge : wall);
    const lHome = homeOf(l);
    const rHome = homeOf(r);
    const x1 = lHome ? clear(right(l.rect), right(lHome.rect)) : right(l.rect);
    const x2 = rHome ? clear(r.rect.x, rHome.rect.x) : r.rect.x;
    const walls = houses.filter((h) => h !== lHome && h !== rHome && h.rect.x >= x1 && right(h.rect) <= x2).toSorted((p, q) => p.rect.x - q.rect.x);
    const starts = [x1, ...walls.map((h) => right(h.rect))];
    const ends = [...walls.map((h) => h.rect.x), x2];
    const parts = starts.flatMap((s, i) => ((ends[i] ?? s) - s > 4 ? [{ x1: s, x2: ends[i] ?? s }] : []));
    const widest = parts.toSorted((p, q) => q.x2 - q.x1 - (p.x2 - p.x1))[0];
    if (!widest) return [];
    return [{ id: `${a.id} ${b.id}`, kind, from: a.id, to: b.id, y: l.rect.y + DEVICE_HEIGHT / 2, parts, middle: (widest.x1 + widest.x2) / 2 }];
  });
}

/** The house that a namespace or host is drawn as, if it is. */
export const houseOf = (layout: Layout, host: string, netns: string | null): PlacedHouse | undefined =>
  layout.houses.find((h) => h.host === host && h.cast.netns === netns) ?? layout.houses.find((h) => h.host === host && h.cast.netns === null);
