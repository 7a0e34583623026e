import type { CastDevice } from './cast.ts';
import type { Point, Rect } from './geometry.ts';
import { bottom, centre, right } from './geometry.ts';
import { hookId, type PlacedHouse, roofBridges, WALL } from './house.ts';
import type { Layout } from './layout.ts';

type Add = (from: string, to: string, middle: readonly Point[], cost?: number) => void;

/** Distance of the ways from a row of ports to the hooks, beside that row. */
const BESIDE = 6;

/** Ways through the ports that are drawn on bridges of Open vSwitch: doors into the kernel, and cables from bridge to bridge. */
export function ovsWays(house: PlacedHouse, layout: Layout, add: Add, both: Add): void {
  const rectOf = (box: string): Rect | undefined => layout.boxes.get(box)?.rect;
  const { rows } = layout;
  const roofed = roofBridges(house.cast);
  const forwardY = rows.forward + 12;
  const pre = rectOf(hookId(house.id, 'PREROUTING'));
  const post = rectOf(hookId(house.id, 'POSTROUTING'));
  if (!pre || !post) return;
  for (const bridge of switchesIn(house)) {
    const box = rectOf(bridge.id);
    if (!box) continue;
    const onRoof = roofed.includes(bridge);
    for (const port of bridge.ports ?? []) {
      const rect = rectOf(port.id);
      if (!rect) continue;
      const { x, y } = centre(rect);
      both(bridge.id, port.id, [{ x, y: centre(box).y }]);
      if (port.kind === 'internal') {
        const { columns } = house;
        const side = onRoof ? bottom(rect) + BESIDE : rows.forward + 24 + 6;
        const into = onRoof ? columns.podIn : columns.in;
        const out = onRoof ? columns.roof : columns.out;
        add(port.id, hookId(house.id, 'PREROUTING'), [{ x, y }, { x, y: side }, { x: into, y: side }, { x: into, y: forwardY }]);
        const back = onRoof ? side : side + 7;
        add(hookId(house.id, 'POSTROUTING'), port.id, [{ x: out, y: forwardY }, { x: out, y: back }, { x, y: back }, { x, y }]);
      }
      const there = port.peer && rectOf(port.peer.id);
      if (there && port.peer && port.id < port.peer.id) cable(house, layout, [port.id, rect], [port.peer.id, there], both);
    }
  }
}

export const switchesIn = (house: PlacedHouse): readonly CastDevice[] => house.cast.devices.filter((d) => d.kind === 'ovs');

/** Between two patch ports: under or over the row that they share, else along a wall, so that no hook seems to have a say. */
function cable(house: PlacedHouse, { rows }: Layout, a: readonly [string, Rect], b: readonly [string, Rect], both: Add): void {
  const [upper, lower] = a[1].y <= b[1].y ? [a, b] : [b, a];
  const from = centre(upper[1]);
  const to = centre(lower[1]);
  if (upper[1].y === lower[1].y) {
    const y = upper[1].y === rows.ports ? bottom(upper[1]) + BESIDE : upper[1].y - BESIDE;
    both(upper[0], lower[0], [from, { x: from.x, y }, { x: to.x, y }, to]);
    return;
  }
  const leave = bottom(upper[1]) + BESIDE;
  const enter = lower[1].y - BESIDE;
  const wall = patchWall(house);
  both(upper[0], lower[0], [from, { x: from.x, y: leave }, { x: wall, y: leave }, { x: wall, y: enter }, { x: to.x, y: enter }, to]);
}

/** The wall with no tunnel below, whose own way runs there. */
function patchWall(house: PlacedHouse): number {
  const tunnels = house.cast.devices.filter((d) => d.kind === 'tunnel').flatMap((d) => house.boxes.find((b) => b.id === d.id)?.rect ?? []);
  const middle = centre(house.rect).x;
  const left = tunnels.some((t) => centre(t).x < middle);
  return left && !tunnels.some((t) => centre(t).x >= middle) ? right(house.rect) - WALL.right : house.rect.x + WALL.left;
}
