import type { Stop } from '../../text/reading-types.ts';
import { bottom, centre, clamp, overlaps, type Point, type Rect, right } from './geometry.ts';
import { hookId, type PlacedHouse, roofBridges, WALL } from './house.ts';
import { CAPSULE_ROOM, type Layout } from './layout.ts';
import type { WalkStop } from './path.ts';

/** Where the capsule of a stop stands, and the thin line from it to the station. */
export interface Berth {
  readonly rect: Rect;
  readonly leader: readonly Point[];
  /** On the bare stage, or inside a house: what shows through the rim of a frame. */
  readonly inside: boolean;
}

/** How far from the capsule's left edge its tag hangs, so that the leader does not run through it. */
export function tagOffset({ rect, leader }: Berth): number {
  const x = (leader[0]?.x ?? rect.x) - rect.x;
  const fromBelow = (leader[1]?.y ?? rect.y) > bottom(rect) - 10;
  const hits = fromBelow && x > 52 && x < 172;
  return hits ? (x + 14 + 110 < rect.w ? x + 14 : Math.max(14, x - 122)) : 60;
}

export interface CapsuleSize {
  readonly w: number;
  readonly h: number;
  readonly top: number;
  readonly below: number;
}

/**
 * The berth for a capsule of `size` at a stop: in the hall of its house, or under the wires, where it covers no label. `speech`: the width that
 * the bubble of whoever speaks there takes beside a small box.
 */
export function berthOf(layout: Layout, stop: Stop, walked: WalkStop, size: CapsuleSize, speech = 0): Berth {
  const box = walked.station === undefined ? undefined : layout.boxes.get(walked.station);
  const house = box?.house === undefined ? undefined : layout.houses.find((h) => h.id === box.house);
  const atFoot = box !== undefined && box.kind === 'device' && box.rect.y >= layout.rows.nic;
  if (!box || !house || atFoot || !house.hooks) return underneath(layout, walked, box?.rect, size, speech);
  return inHall(layout, house, box.id, size, stop);
}

function inHall(layout: Layout, house: PlacedHouse, id: string, size: CapsuleSize, stop: Stop): Berth {
  const { hall, rect: walls } = house;
  const rectOf = (box: string): Rect | undefined => layout.boxes.get(box)?.rect;
  const box = rectOf(id) ?? hall;
  const kind = layout.boxes.get(id)?.kind;
  const hook = (name: string): Rect => rectOf(hookId(house.id, name)) ?? box;
  const place = (wanted: number): Rect => {
    const x = clamp(wanted, hall.x, right(hall) - size.w);
    const top = hall.y + size.top + Math.max(0, (hall.h - size.h - size.top - size.below) / 2);
    return { x: Math.max(x, walls.x + 8), y: top, w: size.w, h: size.h };
  };
  const berth = (rect: Rect, leader: readonly Point[]): Berth => ({ rect, leader, inside: true });
  const centred = place(box.x + box.w / 2 - size.w / 2);
  const inner = (r: Rect, x: number): number => clamp(x, r.x + 16, right(r) - 16);

  const device = kind === 'device' || kind === 'port';
  if (kind === 'pod' || (device && box.y < hall.y)) {
    // Up to the roof: past the left of the cable under it, where the box of a pod is wider.
    const rect = place(box.x + 10 - 40);
    const level = rect.y - size.top - 3;
    const below = house.boxes.filter((b) => b.icon === 'ovs' && b.rect.y > box.y && b.rect.y < hall.y).map((b) => right(b.rect));
    if (below.length > 0) {
      // Past the bridge on its right, between it and the ways along the wall.
      const x = right(walls) - WALL.leader;
      const start = inner(rect, x);
      const enter = kind === 'pod' ? [{ x, y: bottom(box) + 4 }, { x: right(box) - 12, y: bottom(box) + 4 }, { x: right(box) - 12, y: bottom(box) }] : [{ x, y: centre(box).y }, { x: right(box), y: centre(box).y }];
      return berth(rect, [{ x: start, y: rect.y + 8 }, { x: start, y: level }, { x, y: level }, ...enter]);
    }
    const x = kind === 'pod' ? box.x + 11 : (betweenPorts(house, id, box) ?? clamp(box.x + 24, rect.x + 16, right(box) - 12));
    return berth(rect, [{ x: inner(rect, x), y: rect.y + 8 }, { x: inner(rect, x), y: rect.y - size.top - 3 }, { x, y: rect.y - size.top - 3 }, { x, y: bottom(box) }]);
  }
  if (kind === 'process') {
    const x = inner(centred, box.x + 24);
    return berth(centred, [{ x, y: bottom(centred) - 8 }, { x, y: box.y }]);
  }
  if (device) {
    // Below the hooks: along the wall on the side that is nearer.
    const toRight = box.x + box.w / 2 > walls.x + walls.w / 2;
    const rect = place(toRight ? right(hall) - size.w : hall.x);
    const middle = rect.y + rect.h / 2;
    // Ways beside the hooks run along the wall where there are bridges.
    const inset = roofBridges(house.cast).length > 0 ? WALL.leader : 9;
    const wall = toRight ? right(walls) - inset : walls.x + inset;
    const reach = clamp(wall, box.x + 4, right(box) - 4);
    const straight = reach === wall;
    const over = box.y - 8;
    return berth(rect, [{ x: centre(rect).x, y: middle }, { x: wall, y: middle }, ...(straight ? [] : [{ x: wall, y: over }, { x: reach, y: over }]), { x: reach, y: box.y }]);
  }
  if (kind === 'routing') {
    const inward = id === hookId(house.id, 'in');
    const rect = place(inward ? hall.x : right(hall) - size.w);
    // The first diamond is reached through the gap before INPUT, the second through the gap behind OUTPUT.
    const gap = inward ? hook('INPUT').x - 5 : right(hook('OUTPUT')) + 6;
    const between = bottom(hook('INPUT')) + 8;
    const start = inner(rect, gap);
    const drop = rect.y + rect.h - 8;
    const jog = start === gap ? [] : [{ x: start, y: bottom(rect) + size.below + 5 }, { x: gap, y: bottom(rect) + size.below + 5 }];
    const end = { x: centre(box).x + (inward ? -6 : 6), y: box.y + 1 };
    return berth(rect, [{ x: start, y: drop }, ...jog, { x: gap, y: between }, { x: end.x, y: between }, end]);
  }
  const name = layout.boxes.get(id)?.label ?? '';
  const ipvs = rectOf(hookId(house.id, 'IPVS'));
  const x =
    name === 'FORWARD' ? (ipvs ? (right(ipvs) + hook('OUTPUT').x) / 2 : (right(hook('INPUT')) + hook('OUTPUT').x) / 2) : name === 'POSTROUTING' ? clamp(right(hook('OUTPUT')) + 10, box.x + 14, right(hall) - 16) : name === 'PREROUTING' ? Math.min(box.x + box.w / 2, hook('INPUT').x - 12) : box.x + box.w / 2;
  const rect = name === 'PREROUTING' ? place(hall.x) : name === 'POSTROUTING' ? place(right(hall) - size.w) : place(x - size.w * (stop.way === 'reply' ? 0.6 : 0.55));
  const start = inner(rect, x);
  const jog = start === x ? [] : [{ x: start, y: bottom(rect) + size.below + 5 }, { x, y: bottom(rect) + size.below + 5 }];
  return berth(rect, [{ x: start, y: bottom(rect) - 8 }, ...jog, { x, y: box.y }]);
}

/** Where a line may come up to a bridge between the ports that hang on it; undefined when none do. */
function betweenPorts(house: PlacedHouse, id: string, box: Rect): number | undefined {
  const hanging = house.boxes.filter((b) => (b.kind === 'port' || b.words === 'morePorts') && b.rect.y > box.y && b.rect.x >= box.x && right(b.rect) <= right(box) + 1).map((b) => b.rect);
  const last = Math.max(...hanging.map(right));
  if (hanging.length === 0 || house.boxes.find((b) => b.id === id)?.kind !== 'device') return undefined;
  return right(box) - last >= 12 ? last + 8 : right(hanging[0] ?? box) + 3;
}

function underneath(layout: Layout, walked: WalkStop, box: Rect | undefined, size: CapsuleSize, speech: number): Berth {
  const small = box !== undefined && box.y >= layout.under;
  const foot = box !== undefined && !small;
  const obstacles = layout.smalls.map((r) => ({ x: r.x - 20, y: r.y - 12, w: r.w + 40, h: r.h + 24 }));
  const top = layout.under + size.top;
  const y = small ? clamp(centre(box).y - size.h / 2, top, Math.max(top, layout.under + CAPSULE_ROOM - size.h)) : top;
  const wanted = small ? right(box) + 28 + speech : foot ? right(box) - 40 : walked.at.x - size.w / 2;
  const rect = avoid({ x: wanted, y, w: size.w, h: size.h }, obstacles, size);
  if (small) {
    const level = clamp(centre(box).y, rect.y + 10, bottom(rect) - 10);
    const side = rect.x > box.x ? right(box) : box.x;
    const inner = rect.x > box.x ? rect.x + 12 : right(rect) - 12;
    // Below another small box that stands between.
    const between = layout.smalls.some((r) => r.x > Math.min(box.x, rect.x) && r.x < Math.max(box.x, rect.x) && level > r.y && level < bottom(r));
    const low = bottom(box) + 9;
    if (between) return { rect: { ...rect, y: Math.max(rect.y, low + 8 - rect.h) }, leader: [{ x: inner, y: low }, { x: centre(box).x, y: low }, { x: centre(box).x, y: bottom(box) }], inside: false };
    return { rect, leader: Math.abs(level - centre(box).y) < box.h / 2 - 4 ? [{ x: inner, y: level }, { x: side, y: level }] : [{ x: inner + 10, y: rect.y + 8 }, { x: inner + 10, y: centre(box).y }, { x: side, y: centre(box).y }], inside: false };
  }
  const within = (x: number): number => clamp(x, rect.x + 20, right(rect) - 20);
  if (foot && box) {
    const x = right(box) - 12;
    const level = bottom(box) + 12;
    const start = within(x);
    return { rect, leader: [{ x: start, y: rect.y + 8 }, ...(start === x ? [] : [{ x: start, y: level }, { x, y: level }]), { x, y: bottom(box) }], inside: false };
  }
  const start = within(walked.at.x);
  return { rect, leader: [{ x: start, y: rect.y + 8 }, ...(start === walked.at.x ? [] : [{ x: start, y: walked.at.y }]), walked.at], inside: false };
}

/** The nearest x at which the rectangle, with all that hangs on it, hits none of the obstacles. */
function avoid(rect: Rect, obstacles: readonly Rect[], size: CapsuleSize): Rect {
  const hits = (x: number): boolean => obstacles.some((o) => overlaps({ x, y: rect.y - size.top, w: rect.w, h: rect.h + size.top + size.below }, o));
  if (rect.x >= 0 && !hits(rect.x)) return rect;
  const candidates = [0, ...obstacles.flatMap((o) => [right(o), o.x - rect.w])].filter((x) => x >= 0 && !hits(x));
  const best = candidates.toSorted((a, b) => Math.abs(a - rect.x) - Math.abs(b - rect.x))[0];
  return { ...rect, x: best ?? Math.max(rect.x, 0) };
}
