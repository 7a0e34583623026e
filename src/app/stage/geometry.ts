/** World coordinates in pixels at zoom 1: x to the right, y down. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Rect extends Point {
  readonly w: number;
  readonly h: number;
}

export const right = (r: Rect): number => r.x + r.w;
export const bottom = (r: Rect): number => r.y + r.h;
export const centre = (r: Rect): Point => ({ x: r.x + r.w / 2, y: r.y + r.h / 2 });
export const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(value, Math.max(low, high)));

/** True when the two share an area; touching edges do not count. */
export const overlaps = (a: Rect, b: Rect): boolean => a.x < right(b) && b.x < right(a) && a.y < bottom(b) && b.y < bottom(a);

/** True when `inner` lies within `outer`, edges included. */
export const within = (inner: Rect, outer: Rect): boolean => inner.x >= outer.x && inner.y >= outer.y && right(inner) <= right(outer) && bottom(inner) <= bottom(outer);

/** `r` grown by `by` on every side. */
export const inflate = (r: Rect, by: number): Rect => ({ x: r.x - by, y: r.y - by, w: r.w + 2 * by, h: r.h + 2 * by });

/** The smallest rectangle around all of them; an empty list gives a point at the origin. */
export function union(rects: readonly Rect[]): Rect {
  const [first] = rects;
  if (!first) return { x: 0, y: 0, w: 0, h: 0 };
  const x = Math.min(...rects.map((r) => r.x));
  const y = Math.min(...rects.map((r) => r.y));
  return { x, y, w: Math.max(...rects.map(right)) - x, h: Math.max(...rects.map(bottom)) - y };
}

/** The same line elsewhere. */
export const shift = (points: readonly Point[], dx: number, dy: number): readonly Point[] => points.map((p) => ({ x: p.x + dx, y: p.y + dy }));

/** Drops points that repeat the one before, and points in the middle of a straight run. */
export function simplify(points: readonly Point[]): readonly Point[] {
  const out: Point[] = [];
  for (const p of points) {
    const last = out.at(-1);
    const before = out.at(-2);
    if (last && last.x === p.x && last.y === p.y) continue;
    if (last && before) {
      const onward = (before.x === last.x && last.x === p.x && Math.sign(last.y - before.y) === Math.sign(p.y - last.y)) || (before.y === last.y && last.y === p.y && Math.sign(last.x - before.x) === Math.sign(p.x - last.x));
      if (onward) out.pop();
    }
    out.push(p);
  }
  return out;
}

/** SVG path data of an orthogonal line with its corners rounded by at most `radius`. */
export function roundedPath(points: readonly Point[], radius: number): string {
  const line = simplify(points);
  const [first] = line;
  if (!first) return '';
  const at = (p: Point): string => `${round(p.x)} ${round(p.y)}`;
  let d = `M${at(first)}`;
  for (let i = 1; i < line.length; i++) {
    const corner = line[i];
    const before = line[i - 1];
    const after = line[i + 1];
    if (!corner || !before) continue;
    if (!after) {
      d += `L${at(corner)}`;
      continue;
    }
    const r = Math.min(radius, distance(before, corner) / 2, distance(corner, after) / 2);
    d += `L${at(towards(corner, before, r))}Q${at(corner)} ${at(towards(corner, after, r))}`;
  }
  return d;
}

/** A line in parts, without the stretches in which one of its upright pieces runs behind a rectangle from edge to edge. */
export function behind(points: readonly Point[], covers: readonly Rect[]): readonly (readonly Point[])[] {
  const parts: Point[][] = [[]];
  for (const [i, p] of points.entries()) {
    const before = points[i - 1];
    const hidden = before && before.x === p.x ? covers.filter((r) => p.x > r.x && p.x < right(r) && Math.min(before.y, p.y) < r.y && Math.max(before.y, p.y) > bottom(r)) : [];
    const down = before !== undefined && p.y > before.y;
    for (const r of hidden.toSorted((a, b) => (down ? a.y - b.y : b.y - a.y))) {
      parts.at(-1)?.push({ x: p.x, y: down ? r.y : bottom(r) });
      parts.push([{ x: p.x, y: down ? bottom(r) : r.y }]);
    }
    parts.at(-1)?.push(p);
  }
  return parts;
}

/** Length of a line through the points, in pixels. */
export const lineLength = (points: readonly Point[]): number => points.reduce((sum, p, i) => sum + (i === 0 ? 0 : distance(points[i - 1] ?? p, p)), 0);

/** The point `along` pixels from the start of the line; the nearest end beyond it. */
export function pointAlong(points: readonly Point[], along: number): Point {
  let left = along;
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1];
    const b = points[i];
    if (!a || !b) break;
    const length = distance(a, b);
    if (left <= length && length > 0) return { x: a.x + ((b.x - a.x) * left) / length, y: a.y + ((b.y - a.y) * left) / length };
    left -= length;
  }
  return points.at(-1) ?? { x: 0, y: 0 };
}

/** Splits a line at `along` pixels from its start; both halves hold the point of the cut. */
export function splitAt(points: readonly Point[], along: number): readonly [readonly Point[], readonly Point[]] {
  const cut = pointAlong(points, along);
  let left = along;
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1];
    const b = points[i];
    if (!a || !b) break;
    const length = distance(a, b);
    if (left <= length) return [[...points.slice(0, i), cut], [cut, ...points.slice(i)]];
    left -= length;
  }
  return [points, [cut]];
}

const distance = (a: Point, b: Point): number => Math.hypot(b.x - a.x, b.y - a.y);
const round = (n: number): number => Math.round(n * 100) / 100;

function towards(from: Point, to: Point, by: number): Point {
  const length = distance(from, to) || 1;
  return { x: from.x + ((to.x - from.x) * by) / length, y: from.y + ((to.y - from.y) * by) / length };
}
