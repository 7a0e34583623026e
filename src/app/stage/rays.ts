import { bottom, centre, clamp, type Point, type Rect, right } from './geometry.ts';
import { titleEnd } from './house.ts';
import type { Layout } from './layout.ts';
import type { Rays } from './marks.ts';

export interface DrawnRay {
  readonly option: number;
  readonly points: readonly Point[];
  readonly taken: boolean;
  /** Where its odds stand. */
  readonly odds: Point;
  readonly text: string;
}

const SKY = 4;
const STEP = 12;

/** Lines through the sky from the capsule to every candidate, nested so that none crosses another. */
export function drawRays(layout: Layout, rays: Rays, capsule: Rect, picked: string): readonly DrawnRay[] {
  const targets = merged(rays).flatMap((ray) => {
    const box = layout.boxes.get(ray.box);
    return box ? [{ ...ray, box }] : [];
  });
  const start = corridor(layout, capsule);
  const toLeft = targets.filter((t) => right(t.box.rect) <= start);
  const toRight = targets.filter((t) => right(t.box.rect) > start).toSorted((a, b) => b.box.rect.x - a.box.rect.x);
  const ordered = [...toLeft.toSorted((a, b) => b.box.rect.x - a.box.rect.x), ...toRight];
  const step = Math.min(STEP, 60 / Math.max(1, ordered.length));
  return ordered.map((ray, i) => {
    const { rect, kind, house } = ray.box;
    const x = start + (i - (ordered.length - 1) / 2) * step;
    const left = toLeft.includes(ray);
    const rank = left ? toLeft.length - 1 - i : i - toLeft.length;
    const sky = SKY + Math.min(rank, 3) * Math.min(STEP, 24 / Math.max(1, left ? toLeft.length : toRight.length));
    const home = layout.houses.find((h) => h.id === house);
    const beside = kind === 'pod' && home !== undefined && start > home.rect.x && start < right(home.rect);
    const roof = kind === 'pod' || kind === 'folded' || kind === 'small' ? rect.y : (home?.rect.y ?? rect.y);
    const from = { x, y: capsule.y + 6 };
    const level = centre(rect).y;
    const points = beside ? [from, { x, y: level }, { x: left ? right(rect) : rect.x, y: level }] : [from, { x, y: sky }, { x: centre(rect).x, y: sky }, { x: centre(rect).x, y: roof - 2 }];
    return { option: ray.option, points, taken: ray.taken, odds: { x: rect.x - 12, y: roof - 12 }, text: ray.taken ? `${ray.odds} · ${picked}` : ray.odds };
  });
}

/** Candidates that share a box share a line: all pods of the folded machines, say. */
function merged({ rays }: Rays): Rays['rays'] {
  const out = new Map<string, { readonly option: number; readonly box: string; readonly odds: string; readonly taken: boolean; readonly n: number }>();
  for (const ray of rays) {
    const known = out.get(ray.box);
    if (!known) out.set(ray.box, { ...ray, n: 1 });
    else out.set(ray.box, { ...known, option: ray.taken ? ray.option : known.option, taken: known.taken || ray.taken, odds: `${known.n + 1} × ${ray.odds}`, n: known.n + 1 });
  }
  return [...out.values()];
}

/** An x over the capsule at which a line up meets neither the title of the house nor a pod. */
function corridor(layout: Layout, capsule: Rect): number {
  const house = layout.houses.find((h) => capsule.x >= h.rect.x && capsule.x <= right(h.rect) && capsule.y >= h.rect.y && capsule.y <= bottom(h.rect));
  const pods = house?.boxes.filter((b) => b.kind === 'pod').map((b) => b.rect.x) ?? [];
  const low = house ? house.rect.x + titleEnd(house.title) + 14 : capsule.x + 26;
  const high = Math.min(...pods, right(capsule)) - 26;
  return clamp(capsule.x + capsule.w / 2, Math.min(low, high), high);
}
