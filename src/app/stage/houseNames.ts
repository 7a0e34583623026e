import type { View } from './camera.ts';
import { bottom, type Rect, right } from './geometry.ts';
import type { Layout } from './layout.ts';
import type { StageStrings } from './strings.ts';

/** What has a title in its upper left corner: a house, or the one that stands for the nodes that are not drawn. */
export interface Titled {
  readonly id: string;
  readonly rect: Rect;
  readonly title: string;
  readonly icon: 'node' | 'pod';
}

/** Everything on the stage that has a title. */
export const titledOf = ({ houses, boxes }: Pick<Layout, 'houses' | 'boxes'>, strings: StageStrings): readonly Titled[] => [
  ...houses.map(({ id, rect, title, cast }): Titled => ({ id, rect, title, icon: cast.netns === null ? 'node' : 'pod' })),
  ...[...boxes.values()].flatMap(({ id, kind, rect, count }): readonly Titled[] => (kind === 'folded' ? [{ id, rect, title: strings.moreNodes(count), icon: 'node' }] : [])),
];

/** The title of a house where the view needs it again. All in pixels of the view. */
export interface HouseName {
  readonly house: Titled;
  readonly x: number;
  readonly y: number;
  readonly room: number;
}

/** Below this zoom the title of a house (13 px) cannot be read. */
const LEGIBLE = 0.6;
const EDGE = 6;
/** At the very top it covers what is left of the title that it stands for. */
const TOP = 0;
const HEIGHT = 22;
/** A name in less room than this would be dots. */
const LEAST = 48;

/** The houses whose title is out of sight above the view or to its left, or too small, while the house itself is in sight. */
export function namesInView(houses: readonly Titled[], { x, y, zoom }: View): readonly HouseName[] {
  return houses.flatMap((house) => {
    const left = house.rect.x * zoom + x;
    const top = house.rect.y * zoom + y;
    const at = { x: Math.max(EDGE, left + 8 * zoom), y: Math.max(TOP, top + 8 * zoom) };
    const room = right(house.rect) * zoom + x - EDGE - at.x;
    const reads = zoom >= LEGIBLE && top + 8 * zoom >= 0 && left + 8 * zoom >= 0;
    const fits = room >= LEAST && bottom(house.rect) * zoom + y >= at.y + HEIGHT + EDGE;
    return reads || !fits ? [] : [{ house, ...at, room }];
  });
}
