import type { Stop } from '../../text/reading-types.ts';
import type { Berth } from './berth.ts';
import { centre, clamp, inflate, type Rect, union, within } from './geometry.ts';
import { houseSpan } from './house.ts';
import type { Layout } from './layout.ts';
import type { WalkStop } from './path.ts';

export interface View {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export interface Size {
  readonly w: number;
  readonly h: number;
}

/** Below this the type of the stage (11 px) is too small to read, so the camera pans instead. Just low enough for two nodes, a router and a client at 1440 × 900. */
export const READABLE = 0.85;
/** At a choice all candidates should be in sight, even if the type is a little small. */
const CHOICE_ZOOM = 0.78;
const MAX_ZOOM = 1.5;
/** Nor is the packet itself out of sight where a little less does it. */
const LEAST_ZOOM = 0.66;

/** What the stage looks at in a stop. */
export interface Focus {
  readonly layout: Layout;
  readonly stop: Stop;
  readonly walked: WalkStop;
  readonly berth: Berth | undefined;
  /** The punchline, where the stop has one. */
  readonly bubble: Rect | undefined;
  readonly choice: boolean;
  readonly phone: boolean;
}

/** The whole world, centred. */
export function fitAll(layout: Layout, size: Size): View {
  const { bounds } = layout;
  const zoom = Math.min(size.w / bounds.w, size.h / bounds.h, MAX_ZOOM);
  return { zoom, x: (size.w - bounds.w * zoom) / 2 - bounds.x * zoom, y: (size.h - bounds.h * zoom) / 2 - bounds.y * zoom };
}

/**
 * The view for a stop: the whole world when it can be read whole; else, as small as can be read, the house that has the packet and what is beside it; on a phone
 * one house or one stretch of wire fills the width.
 */
export function viewOf(focus: Focus, size: Size): View {
  const { layout, choice, phone } = focus;
  const whole = fitAll(layout, size);
  if (phone) return phoneView(focus, size);
  if (whole.zoom >= READABLE) return whole;
  // A capsule may stand far from its wire; then both are a little smaller rather than one of them out of sight.
  const seen = subject(focus);
  const zoom = choice ? Math.max(whole.zoom, CHOICE_ZOOM) : clamp(Math.min(size.w / seen.w, size.h / seen.h), LEAST_ZOOM, READABLE);
  const target = choice ? layout.bounds : context(focus, size, zoom);
  const must = choice ? whereChosen(focus, size, zoom) : seen;
  return clampedTo(layout.bounds, showing(must, centredOn(centre(target).x, centre(target).y, zoom, size), size), size);
}

/** True when the station and its capsule are in sight. */
export function inSight(view: View, focus: Focus, size: Size): boolean {
  const visible: Rect = { x: -view.x / view.zoom, y: -view.y / view.zoom, w: size.w / view.zoom, h: size.h / view.zoom };
  return within(subject(focus), inflate(visible, 1));
}

/** Room above the packet for the name of its house, which stands at the upper edge when its own place is out of sight (houseNames.ts). */
const NAME_ROOM = 30;

/** What must be seen: the station, the capsule, and the punchline. */
function subject({ layout, walked, berth, bubble }: Focus): Rect {
  const station = walked.station === undefined ? undefined : layout.boxes.get(walked.station);
  const box = station?.rect;
  const home = layout.houses.find((h) => h.id === station?.house)?.rect;
  const seen = inflate(union([box ?? { x: walked.at.x - 10, y: walked.at.y - 10, w: 20, h: 20 }, ...(berth ? [berth.rect] : []), ...(bubble ? [bubble] : [])]), 6);
  const up = home && seen.y > home.y ? Math.min(NAME_ROOM, seen.y - home.y) : 0;
  return { ...seen, y: seen.y - up, h: seen.h + up };
}

/** At a choice: the house that chooses, up to the sky through which the rays run, as far as the view holds them. */
function whereChosen(focus: Focus, size: Size, zoom: number): Rect {
  const seen = subject(focus);
  const house = homeOf(focus);
  const high = { ...seen, y: 0, h: seen.y + seen.h };
  const tries = [...(house ? [union([high, house])] : []), high];
  return tries.find((r) => r.w * zoom <= size.w && r.h * zoom <= size.h) ?? seen;
}

/** The subject with as much of its house as the view holds, and the houses beside it. */
function context(focus: Focus, size: Size, zoom: number): Rect {
  const { layout, walked } = focus;
  const house = homeOf(focus);
  const seen = subject(focus);
  if (!house) {
    const ends = walked.also.flatMap((id) => layout.boxes.get(id)?.rect ?? []);
    const all = union([seen, ...ends]);
    return all.w * zoom <= size.w && all.h * zoom <= size.h ? all : seen;
  }
  const wide = house.w * zoom <= size.w;
  const across = wide ? withNeighbours(layout, house, size.w / zoom) : seen;
  const frame = { x: across.x, y: house.y, w: across.w, h: house.h };
  if (frame.h * zoom <= size.h) return union([frame, seen]);
  // Too low for a whole house: what is needed is kept, and above or below it as much as there is room.
  const room = size.h / zoom;
  const low = seen.y + seen.h > frame.y + frame.h - 40;
  return { ...frame, y: low ? seen.y + seen.h - room : Math.min(frame.y + 92, seen.y), h: room };
}

/** A house and as many of those beside it as fit into `room`: first those that the packet comes to, then those that it came from, bystanders last. */
function withNeighbours({ houses }: Layout, home: Rect, room: number): Rect {
  const spans = (takesPart: boolean): readonly Rect[] => houses.filter((h) => h.cast.takesPart === takesPart).map(houseSpan);
  const parts = spans(true);
  const ranked = [...parts.filter((s) => s.x > home.x), ...parts.filter((s) => s.x < home.x).toReversed(), ...spans(false)];
  return ranked.reduce((all, next) => (union([all, next]).w <= room ? union([all, next]) : all), home);
}

function homeOf({ layout, walked }: Focus): Rect | undefined {
  const id = walked.station === undefined ? undefined : layout.boxes.get(walked.station)?.house;
  const house = layout.houses.find((h) => h.id === id);
  return house && houseSpan(house);
}

function phoneView(focus: Focus, size: Size): View {
  const { layout, walked } = focus;
  const seen = subject(focus);
  const id = walked.station === undefined ? undefined : layout.boxes.get(walked.station);
  const house = id?.house === undefined ? undefined : layout.houses.find((h) => h.id === id.house);
  const foot = id !== undefined && id.rect.y >= layout.rows.nic;
  const ends = walked.also.flatMap((end) => layout.boxes.get(end)?.rect ?? []);
  const frame = house && !foot ? (id?.kind === 'pod' ? union([seen, { ...house.rect, h: house.rect.h * 0.55 }]) : inflate(union([house.rect, seen]), 6)) : union([seen, ...ends.filter((e) => Math.abs(centre(e).x - walked.at.x) < 300)]);
  const zoom = clamp(Math.min(size.w / frame.w, size.h / frame.h), 0.62, 1.25);
  const c = frame.w * zoom > size.w + 1 || frame.h * zoom > size.h + 1 ? centre(seen) : centre(frame);
  const view = centredOn(c.x, c.y, zoom, size);
  // Nothing to see above and below the world.
  return { ...view, y: clampedTo(layout.bounds, view, size).y };
}

const centredOn = (x: number, y: number, zoom: number, size: Size): View => ({ zoom, x: size.w / 2 - x * zoom, y: size.h / 2 - y * zoom });

/** The view moved as little as needed to have `must` in it. */
function showing(must: Rect, view: View, size: Size): View {
  const axis = (at: number, start: number, extent: number, room: number): number => (extent * view.zoom > room ? at : clamp(at, -start * view.zoom, room - (start + extent) * view.zoom));
  return { zoom: view.zoom, x: axis(view.x, must.x, must.w, size.w), y: axis(view.y, must.y, must.h, size.h) };
}

/** Keeps the view on the world; a world smaller than the view is centred in it. */
function clampedTo(bounds: Rect, view: View, size: Size): View {
  const axis = (at: number, start: number, extent: number, room: number): number => (extent * view.zoom <= room ? (room - extent * view.zoom) / 2 - start * view.zoom : clamp(at, room - (start + extent) * view.zoom, -start * view.zoom));
  return { zoom: view.zoom, x: axis(view.x, bounds.x, bounds.w, size.w), y: axis(view.y, bounds.y, bounds.h, size.h) };
}
