import type { CastDevice } from './cast.ts';
import { bottom, centre, type Point, type Rect, simplify } from './geometry.ts';
import { asideColumn, hookId, type PlacedHouse, roofBridges } from './house.ts';
import { type Layout, smallId } from './layout.ts';
import { switchesIn } from './ovsWays.ts';
import { toWall, type Ways } from './ways.ts';

export interface Rail {
  readonly id: string;
  readonly points: readonly Point[];
}

/** The ways that a packet could take, as far as they are drawn when nothing runs on them. */
export function railsOf(layout: Layout, ways: Ways): readonly Rail[] {
  const out: Rail[] = [];
  const way = (from: string, to: string): void => {
    const found = ways.get(from)?.find((w) => w.to === to);
    if (found) out.push({ id: `${from} ${to}`, points: simplify(found.points) });
  };
  for (const house of layout.houses) if (house.hooks) houseRails(house, layout, way, out);
  for (const bus of layout.buses) {
    for (const drop of bus.drops) out.push({ id: `${bus.segment} ${drop.id}`, points: [drop.at, { x: drop.at.x, y: bus.y }] });
    const xs = bus.drops.map((d) => d.at.x);
    out.push({ id: bus.segment, points: [{ x: Math.min(...xs), y: bus.y }, { x: Math.max(...xs), y: bus.y }] });
  }
  // A cable to another house.
  const cables = layout.houses.flatMap((h) => h.cast.nics.filter((d) => d.kind === 'veth'));
  for (const [i, a] of cables.entries()) for (const b of cables.slice(i + 1)) if (a.ref.host !== b.ref.host) way(a.id, b.id);
  for (const small of layout.cast.smalls) {
    const own = smallId(small);
    for (const other of layout.cast.smalls) if (other.id < small.id) way(own, smallId(other));
    if (small.entry !== undefined) way(own, small.entry);
  }
  return out.filter((r) => r.points.length > 1);
}

function houseRails(house: PlacedHouse, layout: Layout, way: (from: string, to: string) => void, out: Rail[]): void {
  const id = (hook: string): string => hookId(house.id, hook);
  const rectOf = (box: string): Rect | undefined => layout.boxes.get(box)?.rect;
  const chain = house.cast.ipvs ? ['INPUT', 'IPVS', 'OUTPUT'] : ['INPUT', 'OUTPUT'];
  for (const [a, b] of [['PREROUTING', 'in'], ['in', 'FORWARD'], ['FORWARD', 'out'], ['out', 'POSTROUTING'], ['in', 'INPUT'], ['OUTPUT', 'out'], ['INPUT', 'socket'], ['socket', 'OUTPUT']] as const) way(id(a), id(b));
  for (const [i, a] of chain.entries()) if (chain[i + 1] !== undefined) way(id(a), id(chain[i + 1] ?? ''));
  const first = house.cast.nics.toSorted((a, b) => (rectOf(a.id)?.x ?? 0) - (rectOf(b.id)?.x ?? 0));
  const port = (device: CastDevice): boolean => device.master !== undefined && rectOf(device.master) !== undefined;
  for (const device of [...house.cast.nics, ...house.cast.devices]) {
    if (device.master !== undefined) way(device.id, device.master);
    if (device.lower !== undefined) way(device.id, device.lower);
  }
  for (const bridge of roofBridges(house.cast)) {
    way(bridge.id, id('PREROUTING'));
    way(id('POSTROUTING'), bridge.id);
  }
  for (const bridge of switchesIn(house)) {
    for (const one of bridge.ports ?? []) {
      way(bridge.id, one.id);
      if (one.peer && one.id < one.peer.id) way(one.id, one.peer.id);
      way(one.id, id('PREROUTING'));
      way(id('POSTROUTING'), one.id);
    }
  }
  for (const nic of house.cast.nics.filter((d) => !port(d))) {
    // In on the left, out on the right; a packet that does it the other way round draws its own way.
    if (nic === first[0]) way(nic.id, id('PREROUTING'));
    if (nic === first.at(-1)) way(id('POSTROUTING'), nic.id);
  }
  for (const device of house.cast.devices) {
    if (port(device) || roofBridges(house.cast).includes(device) || (device.kind === 'ovs' && device.address === undefined)) continue;
    if (device.kind === 'tunnel' || device.visited) {
      const column = house.columns.of.get(device.id) ?? 0;
      if (column < centre(house.rect).x) way(device.id, id('PREROUTING'));
      else way(id('POSTROUTING'), device.id);
    } else if (device.kind === 'dummy') {
      // An address of the host itself: what is for it comes from the routing decision, and nothing runs through the device.
      const box = rectOf(device.id);
      const from = rectOf(id('in'));
      if (box && from && centre(from).x >= box.x + 8 && centre(from).x <= box.x + box.w - 8) out.push({ id: `${device.id} local`, points: [centre(from), { x: centre(from).x, y: box.y }] });
    }
  }
  for (const pod of house.cast.pods) {
    const cable = pod.veth?.id ?? pod.id;
    way(cable, pod.id);
    const below = pod.queue !== undefined && rectOf(pod.queue) ? pod.queue : pod.lower;
    if (below !== undefined) way(pod.id, below);
    const box = pod.nics.length > 0 && layout.buses.some((b) => b.drops.some((d) => pod.nics.includes(d.id))) ? rectOf(pod.id) : undefined;
    if (box) out.push({ id: `${pod.id} aside`, points: [...toWall(house, box), { x: asideColumn(house), y: bottom(house.rect) }] });
    if (pod.veth?.master !== undefined) way(cable, pod.veth.master);
    way(id('POSTROUTING'), cable);
    if (pod.visited) way(cable, id('PREROUTING'));
  }
}

