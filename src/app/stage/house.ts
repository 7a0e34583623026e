import type { CastDevice, CastHouse, CastPod } from './cast.ts';
import { bottom, clamp, type Point, type Rect, right } from './geometry.ts';
import { placePorts, portBoxes, portsWidth } from './ports.ts';
import { DEVICE_HEIGHT, PILL_HEIGHT, POD_HEIGHT, PROCESS_HEIGHT, type Rows, VETH_HEIGHT } from './rows.ts';
import { allStageStrings, type StageStrings } from './strings.ts';
import { fitText, textWidth } from './textWidth.ts';

/** On which side of its house a device sits: towards whom it leads. */
export type Side = 'left' | 'middle' | 'right';

export type BoxKind = 'hook' | 'routing' | 'process' | 'device' | 'port' | 'pod' | 'small' | 'more' | 'folded';

/** Anything on the stage that the packet can be at, or that can be pressed. */
export interface Box {
  readonly id: string;
  readonly kind: BoxKind;
  readonly rect: Rect;
  /** As it fits the box; `more` and `folded` boxes and processes have their words from the dictionary, by `count`. */
  readonly label: string;
  readonly note: string | undefined;
  /** Unshortened, for the tooltip. */
  readonly title: string;
  readonly icon: string | undefined;
  readonly dashed: boolean;
  readonly count: number;
  readonly words: keyof StageStrings | undefined;
  readonly house: string | undefined;
}

export interface PlacedHouse {
  readonly id: string;
  readonly host: string;
  readonly cast: CastHouse;
  readonly rect: Rect;
  readonly title: string;
  readonly hall: Rect;
  readonly hooks: boolean;
  readonly boxes: readonly Box[];
  readonly columns: Columns;
}

/** Where vertical ways run. All x, in world pixels. */
export interface Columns {
  /** From a NIC on the left straight up to PREROUTING. */
  readonly in: number;
  /** From POSTROUTING straight down to a NIC on the right. */
  readonly out: number;
  /** From POSTROUTING up to the roof. */
  readonly roof: number;
  /** From the cables of the pods down to PREROUTING. */
  readonly podIn: number;
  /** By device, where its way up and its way down meet the box. */
  readonly of: ReadonlyMap<string, number>;
  readonly wire: ReadonlyMap<string, number>;
}

export const hookId = (house: string, hook: string): string => `${house}#${hook}`;

/** How far from the walls the ways beside the hooks run; the reply keeps 8 to the left of the request. `leader`: where a leader runs that must keep off both. */
export const WALL = { left: 14, right: 7, leader: 22 } as const;

const GAP = 10;
const pill = (label: string): number => Math.ceil(textWidth(label, 11, 'bold')) + 16;
const W = { PRE: pill('PREROUTING'), IN: pill('INPUT'), FWD: pill('FORWARD'), OUT: pill('OUTPUT'), POST: pill('POSTROUTING'), IPVS: pill('IPVS') } as const;
const MAX_LABEL = 190;

const ICON: Readonly<Record<CastDevice['kind'], string>> = { nic: 'nic', tunnel: 'tun', bridge: 'bridge', ovs: 'ovs', dummy: 'dummy', veth: 'veth', loopback: 'loop', other: 'other' };

interface Labelled {
  readonly w: number;
  readonly label: string;
  readonly note: string | undefined;
}

/** Name over address beside an icon of 15; the box is as wide as the wider of the two, and the name is cut when that is too wide. */
export function labelled(name: string, address: string | undefined, px = 12): Labelled {
  const label = fitText(name, MAX_LABEL, px, 'bold');
  const text = Math.max(textWidth(label, px, 'bold'), address === undefined ? 0 : textWidth(address, 11, 'mono'));
  return { w: Math.ceil(text) + 42, label, note: address };
}

/** Bridges with a drawn cable for a port: they stand under their cables, and not in the row of devices. */
export const roofBridges = (cast: CastHouse): readonly CastDevice[] => (cast.takesPart ? cast.devices.filter((d) => (d.kind === 'bridge' || d.kind === 'ovs') && cast.pods.some((p) => p.veth?.master === d.id)) : []);

/** Something of the pod goes out beside the hooks: by one of the host's devices, or by a virtual function. */
export const goesAside = (pod: CastPod): boolean => pod.lower !== undefined || pod.nics.length > 0;

/** It goes down to the foot: past the tunnels, and past the NICs where it is on a wire itself. */
const goesDown = (pod: CastPod): boolean => goesAside(pod) && pod.queue === undefined;
const goesOut = (pod: CastPod): boolean => goesDown(pod) && pod.nics.length > 0;
/** How far from the right wall boxes keep then: both ways and a gap. */
export const ASIDE = 22;

/** The x at which that goes down. */
export const asideColumn = (house: PlacedHouse): number => right(house.rect) - WALL.right;

/** At the foot also the end of a cable has its address, as the NIC of a virtual machine. */
const nicLabel = (d: CastDevice): Labelled => (d.kind === 'veth' && d.address === undefined ? labelled(d.name, undefined, 11) : labelled(d.name, d.address));
const deviceLabel = (d: CastDevice): Labelled => (d.kind === 'ovs' ? labelled(d.name, d.address ?? 'Open vSwitch') : d.kind === 'veth' ? labelled(d.name, undefined, 11) : labelled(d.name, d.address));
const wordsWidth = (of: (s: StageStrings) => string, px: number, face: 'bold' | 'regular'): number => Math.max(...allStageStrings.map((s) => Math.ceil(textWidth(of(s), px, face))));

/** A house as wide as what is in it needs, with its left edge at x = 0. `side` says where each device belongs; at least `minWidth` wide. */
export function placeHouse(cast: CastHouse, rows: Rows, side: (device: string) => Side): PlacedHouse {
  if (!cast.takesPart) return placeBystander(cast, rows);
  const first = tryWidth(cast, rows, side, 0);
  let placed = first.placed;
  // Each round is 24 wider; what is drawn is bounded by the dump's own bounds, so some width is enough.
  for (let width = first.least; placed === undefined; width += 24) placed = tryWidth(cast, rows, side, width).placed;
  return placed;
}

/** The x of the leftmost cable under the roof that would run into the title if both were on one line. */
export function vethHitsTitle(house: PlacedHouse): boolean {
  const end = house.rect.x + titleEnd(house.title);
  return house.boxes.some((b) => b.icon === 'veth' && b.rect.h === VETH_HEIGHT && b.rect.x < end);
}

/** Where the title of a house ends, from its left edge. */
export const titleEnd = (title: string): number => 14 + 20 + textWidth(title, 13, 'bold') + 12;
const titleOf = (cast: CastHouse): string => fitText(cast.netns === null ? cast.host : `${cast.host} / ${cast.netns}`, 240, 13, 'bold');

function tryWidth(cast: CastHouse, rows: Rows, side: (device: string) => Side, width: number): { readonly placed: PlacedHouse | undefined; readonly least: number } {
  const tunnels = cast.devices.filter((d) => d.kind === 'tunnel');
  const leftTunnel = tunnels.find((d) => side(d.id) === 'left');
  const rightTunnel = tunnels.find((d) => side(d.id) === 'right');
  const leftWidth = leftTunnel ? deviceLabel(leftTunnel).w : 0;
  const rightWidth = rightTunnel ? deviceLabel(rightTunnel).w : 0;
  // A way straight down beside the tunnel's box must still meet the pill of its hook.
  // Beside the hooks there is room for a way and for a leader where a bridge may need them.
  const pad = roofBridges(cast).length > 0 ? 30 : 14;
  const padLeft = leftTunnel ? Math.max(30, leftWidth + 26 - W.PRE) : pad;
  const keepsOff = cast.pods.some(goesDown) ? ASIDE : 4;
  const padRight = rightTunnel ? Math.max(30, rightWidth + 22 + keepsOff - W.POST) : pad;
  const middle = Math.max(W.FWD + 36, W.IN + (cast.ipvs ? W.IPVS + 12 : 14) + W.OUT - 52);
  const least = Math.ceil(Math.max(padLeft + W.PRE + 22 + middle + 22 + W.POST + padRight, titleEnd(titleOf(cast))));
  const w = Math.max(width, least);

  const pre = { x: padLeft, y: rows.forward, w: W.PRE, h: PILL_HEIGHT };
  const post = { x: w - padRight - W.POST, y: rows.forward, w: W.POST, h: PILL_HEIGHT };
  const routeIn = right(pre) + 22;
  const routeOut = post.x - 22;
  const input = { x: routeIn - 18, y: rows.local, w: W.IN, h: PILL_HEIGHT };
  const output = { x: routeOut - W.OUT + 34, y: rows.local, w: W.OUT, h: PILL_HEIGHT };
  const forward = { x: (routeIn + routeOut - W.FWD) / 2, y: rows.forward, w: W.FWD, h: PILL_HEIGHT };
  const ipvs = { x: (right(input) + output.x - W.IPVS) / 2, y: rows.local, w: W.IPVS, h: PILL_HEIGHT };
  const diamond = (x: number): Rect => ({ x: x - 8, y: rows.forward + 4, w: 16, h: 16 });

  const inColumn = leftTunnel ? right(pre) - 14 : pre.x + pre.w / 2;
  const outColumn = rightTunnel ? post.x + 14 : post.x + post.w / 2;
  const leftBox = leftTunnel && { x: 4, y: rows.device, w: leftWidth, h: DEVICE_HEIGHT };
  const rightBox = rightTunnel && { x: w - keepsOff - rightWidth, y: rows.device, w: rightWidth, h: DEVICE_HEIGHT };
  const roof = rightBox ? (Math.max(rightBox.x, post.x) + Math.min(right(rightBox), right(post))) / 2 : post.x + post.w / 2;
  const tunnelIn = leftBox ? (Math.max(leftBox.x, pre.x) + Math.min(right(leftBox), right(pre))) / 2 : inColumn;

  const of = new Map<string, number>();
  const wire = new Map<string, number>();
  const boxes: Box[] = [];
  const add = (id: string, kind: BoxKind, rect: Rect, label: string, more: Partial<Box> = {}): void => {
    boxes.push({ id, kind, rect, label, note: undefined, title: label, icon: undefined, dashed: false, count: 0, words: undefined, house: cast.id, ...more });
  };
  const addPorts = (bridge: CastDevice, x: number, y: number): void => {
    for (const { port, label, note, rect } of placePorts(portBoxes(bridge), x, y)) {
      if (port) add(port.id, 'port', rect, label, { note, title: `${port.name} (${bridge.name})`, icon: `port-${port.kind}` });
      else add(`${bridge.id}+ports`, 'more', rect, '', { words: 'morePorts', count: bridge.hiddenPorts ?? 0 });
      if (port) of.set(port.id, rect.x + rect.w / 2);
    }
  };
  const addDevice = (d: CastDevice, rect: Rect, text: Labelled): void => {
    add(d.id, 'device', rect, text.label, { note: text.note, title: [d.name, d.kind === 'ovs' ? '(Open vSwitch)' : undefined, d.address].filter((x) => x !== undefined).join(' '), icon: ICON[d.kind], dashed: d.kind === 'dummy' });
  };

  add(hookId(cast.id, 'PREROUTING'), 'hook', pre, 'PREROUTING');
  add(hookId(cast.id, 'in'), 'routing', diamond(routeIn), '', { words: 'routing' });
  add(hookId(cast.id, 'FORWARD'), 'hook', forward, 'FORWARD');
  add(hookId(cast.id, 'out'), 'routing', diamond(routeOut), '', { words: 'routing' });
  add(hookId(cast.id, 'POSTROUTING'), 'hook', post, 'POSTROUTING');
  add(hookId(cast.id, 'INPUT'), 'hook', input, 'INPUT');
  if (cast.ipvs) add(hookId(cast.id, 'IPVS'), 'hook', ipvs, 'IPVS');
  add(hookId(cast.id, 'OUTPUT'), 'hook', output, 'OUTPUT');
  if (cast.process) add(hookId(cast.id, 'socket'), 'process', { x: input.x, y: rows.process, w: right(output) - input.x, h: PROCESS_HEIGHT }, '', { words: 'process', icon: 'process' });

  // NICs: left ones from the left, right ones from the right, the rest between.
  const nicRow = placeNics(cast.nics, side, { left: leftTunnel ? 14 : 12, right: w - (cast.pods.some(goesOut) ? ASIDE : rightTunnel ? 14 : 12), inColumn, outColumn });
  if (!nicRow) return { placed: undefined, least };
  const reserved: number[] = [];
  const bridges = roofBridges(cast);
  const lowBridges = cast.devices.filter((d) => d.kind === 'ovs' && !bridges.includes(d));
  for (const { device, x, w: nicWidth, text } of nicRow) {
    addDevice(device, { x, y: rows.nic, w: nicWidth, h: DEVICE_HEIGHT }, text);
    const contains = (column: number): boolean => column >= x + 8 && column <= x + nicWidth - 8;
    const where = side(device.id);
    const column = where === 'left' && contains(inColumn) ? inColumn : where === 'right' && contains(outColumn) ? outColumn : x + nicWidth / 2;
    of.set(device.id, column);
    const tunnelColumn = where === 'left' && leftTunnel?.visited && contains(tunnelIn) ? tunnelIn : where === 'right' && rightTunnel?.visited && contains(roof) ? roof : column;
    wire.set(device.id, tunnelColumn);
    // Over the port of a bridge that stands between hooks and NICs stands that bridge.
    if (!lowBridges.some((b) => b.id === device.master) && (device.visited || column === inColumn || column === outColumn)) reserved.push(column);
  }

  // Devices: the tunnels at the edges, the rest wherever no way up or down is covered.
  const taken: Rect[] = [];
  if (leftTunnel && leftBox) {
    addDevice(leftTunnel, leftBox, deviceLabel(leftTunnel));
    of.set(leftTunnel.id, tunnelIn);
    taken.push(leftBox);
  }
  if (rightTunnel && rightBox) {
    addDevice(rightTunnel, rightBox, deviceLabel(rightTunnel));
    of.set(rightTunnel.id, roof);
    taken.push(rightBox);
  }
  const free = (x: number, width_: number): boolean =>
    x >= 12 && x + width_ <= w - 12 && taken.every((t) => x + width_ + GAP <= t.x || x >= right(t) + GAP) && reserved.every((column) => x + width_ + 6 <= column || x - 6 >= column);
  const spot = (width_: number, wanted: number): number | undefined => {
    if (free(wanted, width_)) return wanted;
    const candidates = [12, ...taken.map((t) => right(t) + GAP), ...reserved.map((column) => column + 6)].toSorted((a, b) => a - b);
    return candidates.find((x) => free(x, width_));
  };
  for (const device of lowBridges) {
    const text = deviceLabel(device);
    const nic = cast.nics.find((d) => d.master === device.id);
    // Its own door into the kernel is on the right, beside its ports.
    const width_ = Math.max(text.w, portsWidth(portBoxes(device)) + 8 + (device.address === undefined ? 0 : 28));
    const x = spot(width_, nic ? clamp((of.get(nic.id) ?? 12) - width_ / 2, 12, w - 12 - width_) : 12);
    if (x === undefined) return { placed: undefined, least };
    const rect = { x, y: rows.device, w: width_, h: DEVICE_HEIGHT };
    addDevice(device, rect, text);
    addPorts(device, x + 4, rows.lowPorts);
    of.set(device.id, device.address === undefined ? x + width_ / 2 : right(rect) - 14);
    taken.push(rect);
  }
  for (const device of cast.devices.filter((d) => d !== leftTunnel && d !== rightTunnel && !bridges.includes(d) && !lowBridges.includes(d))) {
    const text = deviceLabel(device);
    const x = spot(text.w, device.kind === 'dummy' ? routeIn - 14 : 12);
    if (x === undefined) return { placed: undefined, least };
    const rect = { x, y: rows.device, w: text.w, h: DEVICE_HEIGHT };
    addDevice(device, rect, text);
    of.set(device.id, routeIn >= x + 8 && routeIn <= right(rect) - 8 ? routeIn : x + text.w / 2);
    taken.push(rect);
  }
  if (cast.hiddenDevices > 0) {
    const width_ = wordsWidth((s) => s.moreHere(cast.hiddenDevices), 11, 'regular') + 16;
    const x = spot(width_, 12);
    if (x === undefined) return { placed: undefined, least };
    add(`${cast.id}+devices`, 'more', { x, y: rows.device + 6, w: width_, h: PILL_HEIGHT }, '', { words: 'moreHere', count: cast.hiddenDevices });
  }

  const roofLeft = placeRoof(cast, w, rows, roof, { add, addDevice, addPorts, of });
  if (roofLeft < 0) return { placed: undefined, least };
  if (cast.hiddenPods > 0) {
    const width_ = wordsWidth((s) => s.morePods(cast.hiddenPods), 11, 'regular') + 16;
    if (roofLeft - 12 - width_ < 8) return { placed: undefined, least };
    add(`${cast.id}+pods`, 'more', { x: 8, y: rows.pods + (POD_HEIGHT - PILL_HEIGHT) / 2, w: width_, h: PILL_HEIGHT }, '', { words: 'morePods', count: cast.hiddenPods });
  }

  const podIn = pre.x + 14;
  const hallLeft = cast.pods.length > 0 ? podIn + 14 : 20;
  const hall: Rect = { x: hallLeft, y: rows.hall, w: roof - 16 - hallLeft, h: rows.hallHeight };
  if (hall.w < 250) return { placed: undefined, least };
  const rect: Rect = { x: 0, y: rows.house, w, h: rows.foot - rows.house };
  return { placed: { id: cast.id, host: cast.host, cast, rect, title: titleOf(cast), hall, hooks: true, boxes, columns: { in: inColumn, out: outColumn, roof, podIn, of, wire } }, least };
}

interface NicSpot {
  readonly device: CastDevice;
  readonly x: number;
  readonly w: number;
  readonly text: Labelled;
}

/** The row of NICs, or undefined when the house is too narrow for them. */
function placeNics(nics: readonly CastDevice[], side: (device: string) => Side, edge: { readonly left: number; readonly right: number; readonly inColumn: number; readonly outColumn: number }): readonly NicSpot[] | undefined {
  const out: NicSpot[] = [];
  let from = edge.left;
  let to = edge.right;
  for (const device of nics.filter((d) => side(d.id) === 'left')) {
    const text = nicLabel(device);
    const w = from === edge.left ? Math.max(text.w, edge.inColumn + 12 - from) : text.w;
    out.push({ device, x: from, w, text });
    from += w + GAP;
  }
  for (const device of nics.filter((d) => side(d.id) === 'right')) {
    const text = nicLabel(device);
    const w = to === edge.right ? Math.max(text.w, to - (edge.outColumn - 12)) : text.w;
    out.push({ device, x: to - w, w, text });
    to -= w + GAP;
  }
  const middle = nics.filter((d) => side(d.id) === 'middle').map((device) => ({ device, text: nicLabel(device) }));
  const needed = middle.reduce((sum, m) => sum + m.text.w + GAP, 0);
  if (from + needed > to + (middle.length > 0 ? 0 : GAP)) return undefined;
  const space = middle.length > 0 ? (to - from - needed + GAP) / (middle.length + 1) : 0;
  let x = from + (out.some((o) => side(o.device.id) === 'left') ? space : 0);
  for (const { device, text } of middle) {
    out.push({ device, x, w: text.w, text });
    x += text.w + GAP + (x + text.w + GAP + space + text.w <= to ? space : 0);
  }
  return out.every((o, i) => out.every((p, j) => i === j || o.x + o.w <= p.x || o.x >= p.x + p.w)) ? out : undefined;
}

interface Sink {
  readonly add: (id: string, kind: BoxKind, rect: Rect, label: string, more?: Partial<Box>) => void;
  readonly addDevice: (device: CastDevice, rect: Rect, text: Labelled) => void;
  /** The ports of a bridge in a row from a place on. */
  readonly addPorts: (bridge: CastDevice, x: number, y: number) => void;
  readonly of: Map<string, number>;
}

/**
 * Pods from the right edge of the roof to the left, each over its cable, those of one bridge side by side and the bridge below their cables.
 * Returns the x at which the row begins; negative when it does not fit.
 */
function placeRoof(cast: CastHouse, w: number, rows: Rows, roof: number, { add, addDevice, addPorts, of }: Sink): number {
  const bridges = roofBridges(cast);
  const bridgeOf = (pod: CastPod): CastDevice | undefined => bridges.find((b) => b.id === pod.veth?.master);
  const first = new Map<CastDevice | undefined, number>();
  for (const [i, pod] of cast.pods.entries()) if (!first.has(bridgeOf(pod))) first.set(bridgeOf(pod), i);
  const pods = cast.pods.toSorted((a, b) => (first.get(bridgeOf(a)) ?? 0) - (first.get(bridgeOf(b)) ?? 0));
  const spans = new Map<CastDevice, { readonly x: number; readonly end: number }>();
  // Beside the wall runs the way of what passes the host's hooks by.
  let end = w - (bridges.some((b) => b.kind === 'ovs') ? 30 : pods.some(goesAside) ? 20 : 8);
  for (const [i, pod] of pods.entries()) {
    const text = labelled(pod.name, pod.address);
    const veth = pod.veth && deviceLabel(pod.veth);
    const bridge = bridgeOf(pod);
    const begins = bridge !== undefined && !spans.has(bridge);
    const podWidth = Math.max(text.w, veth ? veth.w + 24 : 0, begins ? deviceLabel(bridge).w : 0);
    const x = end - podWidth;
    add(pod.id, 'pod', { x, y: rows.pods, w: podWidth, h: POD_HEIGHT }, text.label, { note: text.note, title: pod.address === undefined ? pod.name : `${pod.name} ${pod.address}`, icon: 'pod' });
    const vethRect = veth && { x: end - veth.w, y: rows.veth, w: veth.w, h: VETH_HEIGHT };
    const span = vethRect ?? { x, y: 0, w: podWidth, h: 0 };
    const column = roof >= span.x + 8 && roof <= right(span) - 8 ? roof : span.x + span.w / 2;
    of.set(pod.id, column);
    if (pod.veth && veth && vethRect) {
      addDevice(pod.veth, vethRect, veth);
      of.set(pod.veth.id, column);
      if (bridge) spans.set(bridge, { x: Math.min(vethRect.x, spans.get(bridge)?.x ?? end - deviceLabel(bridge).w), end: spans.get(bridge)?.end ?? end });
    }
    end = x - 12;
    // A bridge is as wide as its ports, too; what comes next stands beside it.
    const whole = bridge && spans.get(bridge);
    const next = pods[i + 1];
    if (whole && (!next || bridgeOf(next) !== bridge)) {
      const from = Math.min(whole.x, whole.end - portsWidth(portBoxes(bridge)) - 8);
      spans.set(bridge, { ...whole, x: from });
      end = Math.min(end, from - 12);
    }
  }
  for (const [bridge, span] of spans) {
    addDevice(bridge, { x: span.x, y: rows.bridge, w: span.end - span.x, h: DEVICE_HEIGHT }, deviceLabel(bridge));
    of.set(bridge.id, (span.x + span.end) / 2);
    addPorts(bridge, span.x + 4, rows.ports);
  }
  return pods.length > 0 ? end + 12 : w - 8;
}

/** A machine that takes no part: its name, the candidates on its roof, and the devices on wires that are in use. */
function placeBystander(cast: CastHouse, rows: Rows): PlacedHouse {
  const pods = cast.pods.map((pod) => ({ pod, text: labelled(pod.name, pod.address) }));
  const podsWidth = pods.reduce((sum, p) => sum + p.text.w + 12, -12);
  const devices = [...cast.devices.map((device) => ({ device, y: rows.device })), ...cast.nics.map((device) => ({ device, y: rows.nic }))].map((d) => ({ ...d, text: deviceLabel(d.device) }));
  const title = fitText(cast.host, 200, 13, 'bold');
  const rowWidth = (y: number): number => devices.filter((d) => d.y === y).reduce((sum, d) => sum + d.text.w + GAP, 14);
  const w = Math.ceil(Math.max(144, podsWidth, titleEnd(title), rowWidth(rows.device), rowWidth(rows.nic)));
  const of = new Map<string, number>();
  const wire = new Map<string, number>();
  const boxes: Box[] = [];
  let x = (w - Math.max(podsWidth, 0)) / 2;
  for (const { pod, text } of pods) {
    boxes.push({ id: pod.id, kind: 'pod', rect: { x, y: rows.pods, w: text.w, h: POD_HEIGHT }, label: text.label, note: text.note, title: pod.name, icon: 'pod', dashed: false, count: 0, words: undefined, house: cast.id });
    of.set(pod.id, x + text.w / 2);
    x += text.w + 12;
  }
  const next = new Map<number, number>();
  for (const { device, y, text } of devices) {
    const at = next.get(y) ?? 12;
    boxes.push({ id: device.id, kind: 'device', rect: { x: at, y, w: text.w, h: DEVICE_HEIGHT }, label: text.label, note: text.note, title: device.name, icon: ICON[device.kind], dashed: false, count: 0, words: undefined, house: cast.id });
    of.set(device.id, at + text.w / 2);
    wire.set(device.id, at + text.w / 2);
    next.set(y, at + text.w + GAP);
  }
  const rect: Rect = { x: 0, y: rows.house, w, h: rows.foot - rows.house };
  const hall: Rect = { x: 8, y: rows.hall, w: w - 16, h: rows.hallHeight };
  return { id: cast.id, host: cast.host, cast, rect, title, hall, hooks: false, boxes, columns: { in: w / 2, out: w / 2, roof: w / 2, podIn: w / 2, of, wire } };
}

/** The same house `dx` further right. */
export function moveHouse(house: PlacedHouse, dx: number): PlacedHouse {
  const move = <T extends Point>(p: T): T => ({ ...p, x: p.x + dx });
  const columns = (m: ReadonlyMap<string, number>): ReadonlyMap<string, number> => new Map([...m].map(([k, v]) => [k, v + dx]));
  const { columns: c } = house;
  return {
    ...house,
    rect: move(house.rect),
    hall: move(house.hall),
    boxes: house.boxes.map((b) => ({ ...b, rect: move(b.rect) })),
    columns: { in: c.in + dx, out: c.out + dx, roof: c.roof + dx, podIn: c.podIn + dx, of: columns(c.of), wire: columns(c.wire) },
  };
}

/** Height from the roof of the pods to the feet of the NICs. */
export const houseSpan = (house: PlacedHouse): Rect => {
  const bottoms = Math.max(bottom(house.rect), ...house.boxes.map((b) => bottom(b.rect)));
  const tops = Math.min(house.rect.y, ...house.boxes.map((b) => b.rect.y));
  return { x: house.rect.x, y: tops, w: house.rect.w, h: bottoms - tops };
};
