import { deviceId } from '../../world/lookup.ts';
import type { DeviceRef, World } from '../../world/world.ts';
import { bottom, centre, clamp, type Point, type Rect, right } from './geometry.ts';
import { asideColumn, hookId, type PlacedHouse, roofBridges, WALL } from './house.ts';
import { type Layout, SMALL_COLUMN, smallId } from './layout.ts';
import { ovsWays } from './ovsWays.ts';

/** One stretch that the packet can take, from the middle of a station to the middle of the next: horizontal and vertical pieces only. */
export interface Way {
  readonly to: string;
  readonly points: readonly Point[];
  readonly cost: number;
}

export type Ways = ReadonlyMap<string, readonly Way[]>;

/** Walking against a one-way stretch is only for traces that this map did not foresee. */
const BACKWARDS = 4;

/** Every stretch between stations of the layout. */
export function waysOf(layout: Layout, world: World): Ways {
  const ways = new Map<string, Way[]>();
  const rectOf = (id: string): Rect | undefined => layout.boxes.get(id)?.rect;
  const one = (from: string, to: string, points: readonly Point[], cost: number): void => {
    const list = ways.get(from) ?? [];
    if (!list.some((w) => w.to === to && w.cost <= cost)) ways.set(from, [...list.filter((w) => w.to !== to), { to, points, cost }]);
  };
  const add: Add = (from, to, middle, cost = 1) => {
    const a = rectOf(from);
    const b = rectOf(to);
    if (!a || !b) return;
    const points = joined(centre(a), middle, centre(b));
    one(from, to, points, cost);
    one(to, from, points.toReversed(), cost + BACKWARDS);
  };
  const both: Add = (from, to, middle, cost = 1) => {
    add(from, to, middle, cost);
    add(to, from, middle.toReversed(), cost);
  };
  for (const house of layout.houses) if (house.hooks) houseWays(house, layout, world, add, both);
  wireWays(layout, world, both);
  return ways;
}

/** The way with the fewest stations between two of them; undefined when nothing leads there. */
export function findWay(ways: Ways, from: string, to: string): { readonly ids: readonly string[]; readonly points: readonly Point[] } | undefined {
  if (from === to) return { ids: [to], points: [] };
  const best = new Map<string, number>([[from, 0]]);
  const came = new Map<string, { readonly from: string; readonly way: Way }>();
  const open = new Set([from]);
  while (open.size > 0) {
    const here = [...open].reduce((a, b) => ((best.get(a) ?? Infinity) <= (best.get(b) ?? Infinity) ? a : b));
    open.delete(here);
    if (here === to) break;
    for (const way of ways.get(here) ?? []) {
      const cost = (best.get(here) ?? 0) + way.cost;
      if (cost < (best.get(way.to) ?? Infinity)) {
        best.set(way.to, cost);
        came.set(way.to, { from: here, way });
        open.add(way.to);
      }
    }
  }
  const legs: Way[] = [];
  for (let at = to; at !== from; ) {
    const step = came.get(at);
    if (!step) return undefined;
    legs.unshift(step.way);
    at = step.from;
  }
  return { ids: legs.map((l) => l.to), points: legs.flatMap((l) => l.points) };
}

type Add = (from: string, to: string, middle: readonly Point[], cost?: number) => void;

/** The points between two stations joined so that every piece is horizontal or vertical. */
function joined(from: Point, middle: readonly Point[], to: Point): readonly Point[] {
  const out: Point[] = [from];
  for (const [i, p] of [...middle, to].entries()) {
    const last = out.at(-1) ?? from;
    // Out of a box sideways first, into the last one sideways last: both corners are hidden behind the boxes.
    if (last.x !== p.x && last.y !== p.y) out.push(i === 0 ? { x: p.x, y: last.y } : { x: last.x, y: p.y });
    out.push(p);
  }
  return out;
}

function houseWays(house: PlacedHouse, layout: Layout, world: World, add: Add, both: Add): void {
  const id = (hook: string): string => hookId(house.id, hook);
  const rectOf = (box: string): Rect | undefined => layout.boxes.get(box)?.rect;
  const mid = (hook: string): Point => centre(rectOf(id(hook)) ?? house.rect);
  const { rows } = layout;
  const { columns } = house;
  const forwardY = rows.forward + 12;
  const localY = rows.local + 12;
  const toPre = rows.forward + 24 + 6;
  const fromPost = toPre + 7;
  const pre = rectOf(id('PREROUTING'));
  const post = rectOf(id('POSTROUTING'));
  if (!pre || !post) return;

  add(id('PREROUTING'), id('in'), []);
  add(id('in'), id('FORWARD'), []);
  add(id('FORWARD'), id('out'), []);
  add(id('out'), id('POSTROUTING'), []);
  add(id('in'), id('INPUT'), [{ x: mid('in').x, y: localY }]);
  add(id('INPUT'), id('IPVS'), []);
  add(id('IPVS'), id('OUTPUT'), []);
  // IPVS sits in LOCAL_IN and in LOCAL_OUT.
  add(id('OUTPUT'), id('IPVS'), []);
  add(id('INPUT'), id('OUTPUT'), [], 2);
  add(id('OUTPUT'), id('out'), [{ x: mid('out').x, y: localY }]);
  // The reply of an IPVS connection is translated where it is forwarded.
  both(id('FORWARD'), id('IPVS'), [{ x: mid('IPVS').x, y: forwardY }], 3);
  add(id('INPUT'), id('socket'), [{ x: mid('INPUT').x, y: mid('socket').y }]);
  add(id('IPVS'), id('socket'), [{ x: mid('IPVS').x, y: mid('socket').y }]);
  add(id('socket'), id('OUTPUT'), [{ x: mid('OUTPUT').x, y: mid('socket').y }]);

  const above = (box: Rect, x: number): boolean => x >= box.x + 6 && x <= right(box) - 6;
  const tunnels = house.cast.devices.filter((d) => d.kind === 'tunnel').map((d) => d.id);
  const roofed = roofBridges(house.cast);
  for (const device of [...house.cast.nics, ...house.cast.devices]) {
    if (roofed.includes(device)) continue;
    const x = columns.of.get(device.id);
    const box = rectOf(device.id);
    if (x === undefined || !box) continue;
    const y = box.y + box.h / 2;
    // What a port receives is the bridge's, and only the bridge brings it to the hooks.
    // A bridge without an address of its own has no door into the kernel.
    const port = (device.master !== undefined && rectOf(device.master) !== undefined) || (device.kind === 'ovs' && device.address === undefined);
    if (!port) add(device.id, id('PREROUTING'), above(pre, x) ? [{ x, y }, { x, y: forwardY }] : [{ x, y }, { x, y: toPre }, { x: columns.in, y: toPre }, { x: columns.in, y: forwardY }]);
    if (!port) add(id('POSTROUTING'), device.id, above(post, x) ? [{ x, y: forwardY }, { x, y }] : [{ x: columns.out, y: forwardY }, { x: columns.out, y: fromPost }, { x, y: fromPost }, { x, y }]);
    if (!tunnels.includes(device.id)) continue;
    // The outer packet is a new local one, and the received one ends at this host.
    const routeOut = mid('out').x;
    const routeIn = mid('in').x;
    add(device.id, id('OUTPUT'), [{ x, y }, { x, y: fromPost }, { x: routeOut, y: fromPost }, { x: routeOut, y: localY }], 4);
    add(id('INPUT'), device.id, [{ x: routeIn, y: localY }, { x: routeIn, y: toPre }, { x, y: toPre }, { x, y }], 2.5);
    // What the kernel wraps for a bridge leaves by another bridge, where that one has the NIC; no short cut past the cable between them.
    for (const other of house.cast.devices.filter((d) => d.kind === 'ovs' && d.id !== device.master && !roofed.includes(d) && house.cast.nics.some((n) => n.master === d.id))) {
      both(device.id, other.id, [{ x, y }, { x, y: bottom(box) + 6 }, { x: columns.of.get(other.id) ?? x, y: bottom(box) + 6 }], 3.5);
    }
    for (const nic of house.cast.nics.filter((d) => d.master === undefined || rectOf(d.master) === undefined)) {
      const nicBox = rectOf(nic.id);
      const nicX = columns.wire.get(nic.id);
      if (!nicBox || nicX === undefined) continue;
      const nicY = nicBox.y + nicBox.h / 2;
      both(device.id, nic.id, above(box, nicX) ? [{ x: nicX, y }, { x: nicX, y: nicY }] : [{ x, y }, { x, y: rows.nic - 6 }, { x: nicX, y: rows.nic - 6 }, { x: nicX, y: nicY }], 1.5);
    }
  }

  const firstVeth = Math.min(...house.cast.pods.map((p) => (p.veth ? (rectOf(p.veth.id)?.x ?? Infinity) : Infinity)));
  const roofY = rows.veth + 26 + 4;
  for (const pod of house.cast.pods) {
    const x = columns.of.get(pod.id);
    const podBox = rectOf(pod.id);
    const cable = pod.veth?.id ?? pod.id;
    const cableBox = rectOf(cable);
    if (x === undefined || !podBox || !cableBox) continue;
    const y = cableBox.y + cableBox.h / 2;
    if (pod.queue !== undefined && rectOf(pod.queue)) queueWay(house, layout, pod.id, pod.queue, both);
    else if (pod.lower !== undefined) lowerWay(house, layout, pod.id, pod.lower, both);
    if (cable !== pod.id) both(pod.id, cable, [{ x, y: podBox.y + podBox.h / 2 }, { x, y }]);
    const bridge = pod.veth?.master === undefined ? undefined : rectOf(pod.veth.master);
    if (bridge || (cable === pod.id && pod.lower !== undefined)) continue;
    add(id('POSTROUTING'), cable, above(post, x) ? [{ x, y: forwardY }, { x, y }] : [{ x: columns.roof, y: forwardY }, { x: columns.roof, y: roofY }, { x, y: roofY }, { x, y }]);
    // Past the cables of other pods the way runs below them.
    const level = cableBox.x === firstVeth ? y : roofY;
    add(cable, id('PREROUTING'), [...(level === y ? [] : [{ x, y }, { x, y: level }]), { x: columns.podIn, y: level }, { x: columns.podIn, y: forwardY }]);
  }

  for (const bridge of roofed) {
    const box = rectOf(bridge.id);
    if (!box || (bridge.kind === 'ovs' && bridge.address === undefined)) continue;
    const y = box.y + box.h / 2;
    add(bridge.id, id('PREROUTING'), [{ x: columns.podIn, y }, { x: columns.podIn, y: forwardY }]);
    add(id('POSTROUTING'), bridge.id, [{ x: columns.roof, y: forwardY }, { x: columns.roof, y }]);
  }
  linkWays(house, layout, world, both);
  ovsWays(house, layout, add, both);
}

/** Ways of frames beside the hooks: from a port to its bridge, from a device to the one it sits on, from bridge to bridge. */
function linkWays(house: PlacedHouse, layout: Layout, world: World, both: Add): void {
  const { cast, columns } = house;
  const { rows } = layout;
  const rectOf = (box: string): Rect | undefined => layout.boxes.get(box)?.rect;
  const link = (a: string, b: string): void => {
    const [from, to] = [rectOf(a), rectOf(b)];
    if (!from || !to) return;
    if (from.y > to.y) return link(b, a);
    const [x, target] = [columns.of.get(a) ?? centre(from).x, columns.wire.get(b) ?? columns.of.get(b) ?? centre(to).x];
    const [y, end] = [centre(from).y, centre(to).y];
    const gap = to.y - 6;
    if (from.y === to.y) both(a, b, to.y === rows.bridge ? [] : [{ x, y }, { x, y: bottom(from) + 6 }, { x: target, y: bottom(from) + 6 }, { x: target, y: end }]);
    else if (from.y === rows.veth) both(a, b, [{ x, y }, { x, y: end }]);
    else if (from.y === rows.bridge) {
      // Along the wall, so that no hook seems to have a say.
      const wall = target < centre(house.rect).x ? house.rect.x + WALL.left : right(house.rect) - WALL.right;
      both(a, b, wall >= to.x && wall <= right(to) ? [{ x: wall, y }, { x: wall, y: end }] : [{ x: wall, y }, { x: wall, y: gap }, { x: target, y: gap }, { x: target, y: end }]);
    } else both(a, b, target >= from.x + 6 && target <= right(from) - 6 ? [{ x: target, y }, { x: target, y: end }] : [{ x, y }, { x, y: gap }, { x: target, y: gap }, { x: target, y: end }]);
  };
  for (const device of [...cast.nics, ...cast.devices, ...cast.pods.flatMap((p) => p.veth ?? [])]) {
    if (device.master !== undefined) link(device.id, device.master);
    if (device.lower !== undefined) link(device.id, device.lower);
  }
  // A cable between two bridges of one namespace is not drawn: they are neighbours.
  const links = world.hosts.find((h) => h.name === cast.host)?.netns.find((n) => n.name === cast.netns)?.links ?? [];
  for (const end of links) {
    const peer = end.veth && end.veth.host === cast.host && end.veth.netns === cast.netns ? links.find((l) => l.name === end.veth?.dev) : undefined;
    if (end.master !== undefined && peer?.master !== undefined && end.master < peer.master) link(deviceId({ host: cast.host, netns: cast.netns, dev: end.master }), deviceId({ host: cast.host, netns: cast.netns, dev: peer.master }));
  }
}

/** From a pod whose device sits on one of the host's, along the wall and past all hooks. */
function lowerWay(house: PlacedHouse, layout: Layout, pod: string, lower: string, both: Add): void {
  const box = layout.boxes.get(pod)?.rect;
  const under = layout.boxes.get(lower)?.rect;
  if (!box || !under) return;
  const wall = asideColumn(house);
  const target = house.columns.wire.get(lower) ?? centre(under).x;
  const last = wall >= under.x && wall <= right(under) ? [] : [{ x: wall, y: under.y - 6 }, { x: target, y: under.y - 6 }];
  both(pod, lower, [...toWall(house, box), ...last, { x: last.length > 0 ? target : wall, y: centre(under).y }]);
}

/** From a pod to its port on a bridge between hooks and NICs: along the wall, and from above into the port. */
function queueWay(house: PlacedHouse, layout: Layout, pod: string, queue: string, both: Add): void {
  const box = layout.boxes.get(pod)?.rect;
  const port = layout.boxes.get(queue)?.rect;
  if (!box || !port) return;
  const { x, y } = centre(port);
  const level = port.y - QUEUE_LEVEL;
  both(pod, queue, [...toWall(house, box), { x: asideColumn(house), y: level }, { x, y: level }, { x, y }]);
}

/** How far above a row of ports the ways to its queues run; the reply keeps 8 below the request. */
const QUEUE_LEVEL = 12;

/** From the middle of a pod to the way down along the wall. */
export function toWall(house: PlacedHouse, pod: Rect): readonly Point[] {
  const wall = asideColumn(house);
  const x = clamp(wall, pod.x + 8, right(pod) - 8);
  return [{ x, y: centre(pod).y }, { x, y: bottom(pod) + 4 }, { x: wall, y: bottom(pod) + 4 }];
}

/** From device to device over wires, cables between houses, and to the client that no dump describes. */
function wireWays(layout: Layout, world: World, both: Add): void {
  const houseOfDevice = (id: string): PlacedHouse | undefined => layout.houses.find((h) => h.columns.wire.has(id));
  const end = (ref: DeviceRef): { readonly id: string; readonly x: number; readonly box: Rect; readonly small: boolean; readonly out?: readonly Point[] } | undefined => {
    const id = deviceId(ref);
    const x = houseOfDevice(id)?.columns.wire.get(id);
    const box = layout.boxes.get(id)?.rect;
    if (x !== undefined && box) return { id, x, box, small: false };
    const home = layout.houses.find((h) => h.hooks && h.cast.pods.some((p) => p.nics.includes(id)));
    const pod = home?.cast.pods.find((p) => p.nics.includes(id));
    const podBox = pod && layout.boxes.get(pod.id)?.rect;
    if (home && podBox) return { id: pod.id, x: asideColumn(home), box: podBox, small: false, out: toWall(home, podBox) };
    const small = layout.cast.smalls.find((s) => s.host === ref.host && s.role !== 'outside');
    const smallBox = small && layout.boxes.get(smallId(small))?.rect;
    return small && smallBox ? { id: smallId(small), x: smallBox.x + SMALL_COLUMN, box: smallBox, small: true } : undefined;
  };
  const link = (a: DeviceRef, b: DeviceRef, y: number | undefined): void => {
    const from = end(a);
    const to = end(b);
    if (!from || !to || from.id === to.id) return;
    const [upper, lower] = from.box.y <= to.box.y ? [from, to] : [to, from];
    const lane = upper.small && lower.small ? lower.box.y - 12 : (y ?? bottom(upper.box) + 20);
    const out = (at: typeof from): readonly Point[] => at.out ?? [{ x: at.x, y: centre(at.box).y }];
    both(from.id, to.id, [...out(from), { x: from.x, y: lane }, { x: to.x, y: lane }, ...out(to).toReversed()], 1.2);
  };
  const wireOf = (ref: DeviceRef): number | undefined => {
    const segment = world.segments.find((s) => s.devices.some((d) => deviceId(d) === deviceId(ref)))?.name;
    return layout.buses.find((b) => b.segment === segment)?.y;
  };
  for (const [a, b] of layout.cast.crossings) link(a, b, wireOf(a));
  // Between small boxes the wire itself is the rail, used or not.
  const smalls = new Set(layout.cast.smalls.map((s) => s.host));
  for (const { devices } of world.segments) {
    const own = devices.filter((d) => smalls.has(d.host));
    for (const [i, a] of own.entries()) for (const b of own.slice(i + 1)) link(a, b, wireOf(a));
  }
  for (const house of layout.houses) {
    for (const nic of house.cast.nics.filter((d) => d.kind === 'veth')) {
      const peer = world.hosts.find((h) => h.name === house.host)?.netns.find((n) => n.name === house.cast.netns)?.links.find((l) => l.name === nic.name)?.veth;
      if (peer) link(nic.ref, peer, layout.rows.wire - 10);
    }
  }
  outsideWay(layout, both);
}

/** From the client without a dump to the device where its packet comes in, and from every other one that may lead back to it. */
function outsideWay(layout: Layout, both: Add): void {
  const outside = layout.cast.smalls.find((s) => s.role === 'outside');
  const box = outside && layout.boxes.get(smallId(outside))?.rect;
  if (!outside || !box) return;
  const own = box.x + SMALL_COLUMN;
  const y = layout.rows.wire;
  for (const house of layout.houses) {
    for (const nic of house.cast.nics.filter((d) => d.visited)) {
      const x = house.columns.wire.get(nic.id);
      const nicBox = layout.boxes.get(nic.id)?.rect;
      if (x === undefined || !nicBox) continue;
      // Never a short cut between two machines.
      both(smallId(outside), nic.id, [{ x: own, y: centre(box).y }, { x: own, y }, { x, y }, { x, y: centre(nicBox).y }], nic.id === outside.entry ? 1 : 6);
    }
  }
}
