import type { Step, TunnelKind } from '../../engine/step.ts';
import type { Trace } from '../../engine/trace-types.ts';
import { formatIp4, type Ip4, parseIp4 } from '../../packet/address.ts';
import { deviceId, netnsId, ownersOf } from '../../world/lookup.ts';
import { isInternal, ovsPlaceOf } from '../../world/ovs.ts';
import { vhostPlaceOf } from '../../world/vhost.ts';
import type { DeviceRef, Host, Link, Netns, World } from '../../world/world.ts';
import { type CastPort, ovsDevicesOf, switchesOf, tunnelMasters } from './ovsCast.ts';

/** Who is drawn, and in which form. Taken from the world and the whole trace, so that it is the same at every step and every level of detail. */
export interface Cast {
  /** Namespaces with a hook map: those the packet visits first, in order of the first visit, then bystanders in the order of the world. */
  readonly houses: readonly CastHouse[];
  /** Clients and routers: small boxes under the houses. */
  readonly smalls: readonly CastSmall[];
  /** Bystanders that are one box together. */
  readonly folded: readonly string[];
  /** Tunnels that the trace goes through, each pair once. */
  readonly tunnels: readonly TunnelPair[];
  /** Pairs of devices between which the packet crossed a wire. */
  readonly crossings: readonly (readonly [DeviceRef, DeviceRef])[];
}

export interface CastHouse {
  readonly id: string;
  readonly host: string;
  readonly netns: string | null;
  readonly takesPart: boolean;
  readonly ipvs: boolean;
  /** A process of this namespace sends or receives. */
  readonly process: boolean;
  readonly nics: readonly CastDevice[];
  readonly devices: readonly CastDevice[];
  readonly pods: readonly CastPod[];
  readonly hiddenDevices: number;
  readonly hiddenPods: number;
  /** By a port that is not drawn, and by a pod behind one, the bridge: there the packet is shown. */
  readonly behindBridge: ReadonlyMap<string, string>;
}

/** ovs: a bridge of Open vSwitch. */
export type DeviceKind = 'nic' | 'tunnel' | 'bridge' | 'ovs' | 'dummy' | 'veth' | 'loopback' | 'other';

export interface CastDevice {
  readonly id: string;
  readonly ref: DeviceRef;
  readonly kind: DeviceKind;
  readonly name: string;
  readonly address: string | undefined;
  readonly visited: boolean;
  /** The bridge that it is a port of. */
  readonly master: string | undefined;
  /** The device below a VLAN or macvlan device. */
  readonly lower: string | undefined;
  /** Of a bridge of Open vSwitch: the ports that are drawn on it, and how many are not drawn anywhere. */
  readonly ports?: readonly CastPort[];
  readonly hiddenPorts?: number;
}

export interface CastPod {
  readonly id: string;
  readonly netns: string;
  readonly name: string;
  readonly address: string | undefined;
  readonly visited: boolean;
  readonly candidate: boolean;
  /** The host's end of its cable. */
  readonly veth: CastDevice | undefined;
  /** The host's device that a macvlan or VLAN device of the pod sits on. */
  readonly lower: string | undefined;
  /** The port of that bridge, where the bridge shares its memory. */
  readonly queue: string | undefined;
  /** Devices of the pod that are on a wire themselves: virtual functions, of which the host's kernel sees nothing. */
  readonly nics: readonly string[];
}

export interface CastSmall {
  readonly id: string;
  readonly host: string;
  readonly role: Host['role'] | 'outside';
  readonly name: string;
  readonly address: string | undefined;
  readonly takesPart: boolean;
  /** For a client without a dump, the device before which its packet appears. */
  readonly entry: string | undefined;
}

export interface TunnelPair {
  /** As people write it: VXLAN. */
  readonly kind: string;
  readonly from: DeviceRef;
  readonly to: DeviceRef;
}

/** No host can be called so: parentheses are not in host names. */
export const OUTSIDE_ID = '(outside)';

const MAX_BYSTANDERS = 3;
const MAX_IDLE_NICS = 4;
const MAX_IDLE_DEVICES = 3;

/** The addresses among which chance chose. */
export function candidateAddresses(trace: Trace): readonly Ip4[] {
  const texts = trace.steps.flatMap((s) => (s.kind === 'ipvs' ? s.candidates.map((c) => c.address) : []));
  return [...new Set(texts.flatMap((text) => parseIp4(text.split(':')[0] ?? '') ?? []))];
}

/** Chooses what is drawn. `unfolded`: also draw the bystanders and the things inside houses that would be folded. */
export function castOf(world: World, trace: Trace, unfolded: boolean): Cast {
  const steps = trace.steps.filter((s) => s.role !== 'arp');
  const order = [...new Set(steps.map((s) => netnsId(s.host, s.netns)))];
  const visitedDevs = new Set(steps.flatMap(devicesOf));
  const candidates = candidateAddresses(trace);
  const homes = new Set(candidates.flatMap((ip) => ownersOf(world, ip).map((o) => netnsId(o.host.name, o.netns.name))));
  const active = activeNetns(trace);
  const context: Context = { world, trace, visitedDevs, visitedNetns: new Set(order), homes, active, unfolded };

  const hosts = new Set(steps.map((s) => s.host));
  const big = world.hosts.filter((h) => isHouse(h, active));
  const parts = big.flatMap((h) => spacesOf(h, context)).filter((s) => hosts.has(s.host.name) && (s.netns.name === null || active.has(s.id)));
  const rank = (host: string, id: string): number => (order.includes(id) ? order.indexOf(id) : order.findIndex((o) => o === host || o.startsWith(`${host}/`)));
  const others = big.filter((h) => !hosts.has(h.name));
  const shown = others.length > MAX_BYSTANDERS && !unfolded ? [] : others;
  const smalls = world.hosts.filter((h) => !isHouse(h, active));
  const idleSmalls = smalls.filter((h) => !hosts.has(h.name));
  const foldSmalls = idleSmalls.length > MAX_BYSTANDERS && !unfolded;
  return {
    houses: [
      ...parts.toSorted((a, b) => rank(a.host.name, a.id) - rank(b.host.name, b.id)).map((s) => houseOf(s, true, context)),
      ...shown.flatMap((h) => spacesOf(h, context).slice(0, 1)).map((s) => houseOf(s, false, context)),
    ],
    smalls: [...smalls.filter((h) => hosts.has(h.name) || !foldSmalls).map((h) => smallOf(h, hosts.has(h.name))), ...outsideOf(trace)],
    folded: [...(shown.length === 0 ? others : []), ...(foldSmalls ? idleSmalls : [])].map((h) => h.name),
    tunnels: tunnelsOf(world, steps),
    crossings: crossingsOf(world, steps),
  };
}

interface Context {
  readonly world: World;
  readonly trace: Trace;
  readonly visitedDevs: ReadonlySet<string>;
  readonly visitedNetns: ReadonlySet<string>;
  readonly homes: ReadonlySet<string>;
  readonly active: ReadonlySet<string>;
  readonly unfolded: boolean;
}

interface Space {
  readonly id: string;
  readonly host: Host;
  readonly netns: Netns;
}

const spacesOf = (host: Host, { active }: Context): readonly Space[] =>
  host.netns.map((netns) => ({ id: netnsId(host.name, netns.name), host, netns })).filter((s) => s.netns.name === null || active.has(s.id));

/** Namespaces in which a rule, IPVS, a translation, a bridge or a tunnel had a say: they earn a hook map. */
function activeNetns(trace: Trace): ReadonlySet<string> {
  const tells = (s: Step): boolean => s.kind === 'bridge' || s.kind === 'ovs' || s.kind === 'encap' || s.kind === 'decap' || (s.kind === 'rule' && s.matched !== false) || s.kind === 'ipvs' || (s.kind === 'nat' && s.by !== 'null-binding') || (s.kind === 'policy' && s.policy === 'DROP');
  return new Set(trace.steps.filter(tells).map((s) => netnsId(s.host, s.netns)));
}

const isHouse = (host: Host, active: ReadonlySet<string>): boolean => (host.role !== 'client' && host.role !== 'router') || host.netns.length > 1 || active.has(host.name);

function devicesOf(step: Step): readonly string[] {
  const own = step.dev === undefined ? [] : [deviceId({ host: step.host, netns: step.netns, dev: step.dev })];
  if (step.kind === 'ovs') return [...own, ...ovsDevicesOf(step)];
  if (step.kind === 'bridge') return [...own, deviceId({ host: step.host, netns: step.netns, dev: step.bridge })];
  return step.kind === 'transmit' && step.to ? [...own, deviceId(step.to)] : own;
}

function kindOf(link: Link): DeviceKind {
  switch (link.kind) {
    case 'nic':
    case 'veth':
    case 'dummy':
    case 'loopback':
    case 'bridge':
      return link.kind;
    case 'ipip':
    case 'gre':
    case 'gretap':
    case 'vxlan':
    case 'geneve':
      return 'tunnel';
    case 'vlan':
    case 'macvlan':
    case 'tap':
    case 'openvswitch':
      return 'other';
    case 'unknown':
      return /^(ip6tnl|ip6gre|ip6gretap|sit|wireguard)$/.test(link.kindText) ? 'tunnel' : 'other';
  }
}

/** The address that somebody is known by in this trace: one that the probe is from or to, else the first. */
function addressOf(addresses: Link['addresses'], trace: Trace): string | undefined {
  const src = trace.steps[0]?.packet.find((h) => h.type === 'ipv4')?.src;
  const wanted = addresses.find((a) => a.ip === trace.probe.dst || a.ip === src) ?? addresses[0];
  return wanted === undefined ? undefined : formatIp4(wanted.ip);
}

function deviceOf({ host, netns }: Space, link: Link, { trace, visitedDevs }: Context): CastDevice {
  const ref: DeviceRef = { host: host.name, netns: netns.name, dev: link.name };
  const id = deviceId(ref);
  const bridge = netns.links.find((l) => l.name === link.master && l.kind === 'bridge')?.name ?? switchOf(host, netns, link);
  const master = bridge === undefined ? undefined : deviceId({ ...ref, dev: bridge });
  return { id, ref, kind: kindOf(link), name: link.name, address: addressOf(link.addresses, trace), visited: visitedDevs.has(id), master, lower: link.lower && deviceId(link.lower) };
}

/** The bridge of Open vSwitch that a NIC or a cable is a port of. */
function switchOf(host: Host, netns: Netns, link: Link): string | undefined {
  const place = netns.name === null ? ovsPlaceOf(host, link.name) : undefined;
  return place && !isInternal(place) ? place.bridge.name : undefined;
}

/** The devices that carry the tunnels of Open vSwitch: `ip link` shows them, but a walk needs no such listing. */
function withTunnels(space: Space, all: readonly CastDevice[], { visitedDevs }: Context): readonly CastDevice[] {
  const masters = space.netns.name === null ? tunnelMasters(space.host) : new Map<string, never>();
  const carriers = [...masters].map(([dev, { master, ports }]): CastDevice => {
    const ref: DeviceRef = { host: space.host.name, netns: null, dev };
    const used = ports.find((p) => visitedDevs.has(deviceId({ ...ref, dev: p }))) ?? ports[0];
    const note = used === undefined || ports.length === 1 ? used : `${used} +${ports.length - 1}`;
    return { id: deviceId(ref), ref, kind: 'tunnel', name: dev, address: note, visited: visitedDevs.has(deviceId(ref)), master, lower: undefined };
  });
  return [...all.filter((d) => !masters.has(d.name)), ...carriers];
}

/** Visited things always, idle ones as far as there is room for them. */
function keep<T extends { readonly visited: boolean }>(all: readonly T[], idle: number): readonly T[] {
  let room = idle;
  return all.filter((one) => one.visited || room-- > 0);
}

function houseOf(space: Space, takesPart: boolean, context: Context): CastHouse {
  const { netns, host, id } = space;
  const { trace, unfolded } = context;
  const all = withTunnels(space, netns.links.map((link) => deviceOf(space, link, context)), context);
  const drawnVeths = takesPart ? all.filter((d) => d.kind === 'veth' && (netns.name !== null || leadsToHouse(context, space, d))) : [];
  const nics = [...all.filter((d) => d.kind === 'nic'), ...drawnVeths];
  const ofSwitch = (d: CastDevice): boolean => netns.name === null && host.ovs !== undefined && (d.name === 'ovs-system' || ovsPlaceOf(host, d.name) !== undefined) && d.kind !== 'nic' && d.kind !== 'veth';
  const row = all.filter((d) => !ofSwitch(d)).filter((d) => d.kind === 'tunnel' || (d.kind === 'dummy' && d.address !== undefined) || d.kind === 'bridge' || d.kind === 'other' || (d.kind === 'loopback' && d.visited));
  const pods = netns.name === null ? podsOf(space, all, context) : [];
  // Those that matter first: they stand nearest to the way up from POSTROUTING.
  const ranked = pods.toSorted((a, b) => Number(b.visited) - Number(a.visited) || Number(b.candidate) - Number(a.candidate));
  const matter = ranked.filter((p) => p.visited || p.candidate);
  const shownPods = takesPart && unfolded ? ranked : takesPart && matter.length === 0 ? ranked.slice(0, 1) : matter;
  const shownNics = takesPart ? keep(nics, unfolded ? Infinity : Math.max(0, MAX_IDLE_NICS - nics.filter((d) => d.visited).length)) : nics.filter((d) => onUsedWire(context, d)).toSorted((a, b) => wireRank(context, a) - wireRank(context, b)).slice(0, 1);
  const tunnelled = trace.steps.some((s) => s.kind === 'encap');
  const boxes = new Set([...shownNics, ...shownPods.flatMap((p) => p.veth ?? [])].map((d) => d.id));
  const switches = takesPart && netns.name === null ? switchesOf(host, all, context.visitedDevs, boxes, unfolded) : [];
  const shownRow = takesPart ? keep(row, unfolded ? Infinity : MAX_IDLE_DEVICES) : row.filter((d) => tunnelled && d.kind === 'tunnel').slice(0, 1);
  return {
    id,
    host: host.name,
    netns: netns.name,
    takesPart,
    ipvs: netns.ipvs.length > 0,
    process: trace.steps.some((s) => netnsId(s.host, s.netns) === id && atSocket(trace, s)),
    nics: shownNics,
    devices: [...switches, ...shownRow],
    pods: shownPods,
    hiddenDevices: takesPart ? nics.length - shownNics.length + row.length - shownRow.length : 0,
    hiddenPods: takesPart ? pods.length - shownPods.length : 0,
    behindBridge: new Map([
      ...all.filter((d) => ![...shownNics, ...shownRow, ...shownPods.flatMap((p) => p.veth ?? [])].includes(d)).flatMap((d) => (d.master === undefined ? [] : [[d.id, d.master] as const])),
      ...pods.filter((p) => !shownPods.includes(p)).flatMap((p) => (p.veth?.master === undefined ? [] : [[p.id, p.veth.master] as const])),
    ]),
  };
}

const wireOf = (world: World, device: CastDevice): string | undefined => world.segments.find((s) => s.devices.some((d) => deviceId(d) === device.id))?.name;

/** On a wire over which the packet went: that much of a bystander belongs into the picture. */
function onUsedWire({ world, trace }: Context, device: CastDevice): boolean {
  const wire = wireOf(world, device);
  return wire !== undefined && trace.steps.some((s) => s.kind === 'transmit' && s.role !== 'arp' && s.segment === wire);
}

/** Wires between houses before wires to routers and clients. */
function wireRank({ world, trace, active }: Context, device: CastDevice): number {
  const wire = wireOf(world, device);
  const big = new Set(world.hosts.filter((h) => isHouse(h, active)).map((h) => h.name));
  return trace.steps.some((s) => s.kind === 'transmit' && s.segment === wire && big.has(s.host) && s.to !== undefined && big.has(s.to.host)) ? 0 : 1;
}

/** A cable to a namespace that is a house of its own ends in the row of NICs, not at a pod on the roof. */
function leadsToHouse({ active }: Context, { host, netns, id }: Space, device: CastDevice): boolean {
  const peer = netns.links.find((l) => l.name === device.name)?.veth;
  const there = peer && netnsId(peer.host, peer.netns);
  return there !== undefined && there !== id && (active.has(there) || peer?.host !== host.name);
}

function podsOf(space: Space, devices: readonly CastDevice[], context: Context): readonly CastPod[] {
  const { host } = space;
  return host.netns.flatMap((netns) => {
    const id = netnsId(host.name, netns.name);
    if (netns.name === null || context.active.has(id)) return [];
    const outward = netns.links.find((l) => l.veth !== undefined && l.veth.host === host.name && l.veth.netns === space.netns.name);
    const addresses = netns.links.flatMap((l) => (l.kind === 'loopback' ? [] : l.addresses)).filter((a) => a.scope === 'global');
    const veth = outward?.veth;
    const [below] = netns.links.flatMap((l) => belowOf(space, netns, l) ?? []);
    return [
      {
        id,
        netns: netns.name,
        name: netns.name,
        address: addressOf(addresses, context.trace),
        visited: context.visitedNetns.has(id),
        candidate: context.homes.has(id),
        veth: veth && devices.find((d) => d.name === veth.dev),
        lower: below?.device,
        queue: below?.port,
        nics: netns.links.flatMap((l) => (l.kind === 'nic' ? [deviceId({ host: host.name, netns: netns.name, dev: l.name })] : [])),
      },
    ];
  });
}

/** What carries a pod's device past the hooks of its machine: the device below a macvlan, or the bridge that shares its memory. */
function belowOf({ host, netns: own }: Space, netns: Netns, link: Link): { readonly device: string; readonly port: string | undefined } | undefined {
  const { lower } = link;
  if (lower) return lower.netns === own.name && lower.host === host.name ? { device: deviceId(lower), port: undefined } : undefined;
  const place = own.name === null ? vhostPlaceOf(host, netns, link) : undefined;
  const idOf = (dev: string): string => deviceId({ host: host.name, netns: null, dev });
  return place && { device: idOf(place.bridge.name), port: idOf(place.port.name) };
}

function smallOf(host: Host, takesPart: boolean): CastSmall {
  const address = host.role === 'router' ? undefined : host.netns[0]?.links.flatMap((l) => l.addresses).find((a) => a.scope === 'global')?.ip;
  return { id: host.name, host: host.name, role: host.role, name: host.name, address: address === undefined ? undefined : formatIp4(address), takesPart, entry: undefined };
}

/** A socket of the namespace sends or takes the packet; not so for the client and the pods that no dump describes, which the engine shows at a device. */
export const atSocket = (trace: Trace, step: Step): boolean => (step.kind === 'send' && step.dev === undefined) || (step.kind === 'deliver' && !atOutside(trace, step));

/** The client that no dump describes sends or takes the packet. */
export function atOutside({ probe }: Trace, step: Step): boolean {
  if (probe.from.kind !== 'outside') return false;
  return (step.kind === 'send' && step.what === 'probe') || (step.kind === 'deliver' && step.packet.find((h) => h.type === 'ipv4')?.dst === probe.from.ip);
}

/** A client that no dump describes still has a place from where its packet comes. */
function outsideOf({ probe }: Trace): readonly CastSmall[] {
  if (probe.from.kind !== 'outside') return [];
  return [{ id: OUTSIDE_ID, host: probe.from.host, role: 'outside', name: '', address: formatIp4(probe.from.ip), takesPart: true, entry: deviceId({ host: probe.from.host, netns: null, dev: probe.from.dev }) }];
}

/** How people write the kinds of tunnels. */
const TUNNEL_NAMES: Readonly<Record<TunnelKind, string>> = { ipip: 'IPIP', gre: 'GRE', gretap: 'GRE', vxlan: 'VXLAN', geneve: 'Geneve' };

/** Each encap with the decap of its packet, or with whoever owns the outer destination when it never got there. */
function tunnelsOf(world: World, steps: readonly Step[]): readonly TunnelPair[] {
  const pairs = new Map<string, TunnelPair>();
  for (const [i, step] of steps.entries()) {
    if (step.kind !== 'encap' || step.dev === undefined) continue;
    const end = steps.slice(i + 1, i + 2000).find((s) => s.kind === 'decap' && s.outerDst === step.outerDst && s.outerSrc === step.outerSrc);
    const owner = ownersOf(world, step.outerDst)[0];
    const device = end?.dev ?? owner?.netns.links.find((l) => l.kind === step.tunnel)?.name;
    const host = end?.host ?? owner?.host.name;
    if (host === undefined || device === undefined) continue;
    const from: DeviceRef = { host: step.host, netns: step.netns, dev: step.dev };
    const to: DeviceRef = { host, netns: end ? end.netns : (owner?.netns.name ?? null), dev: device };
    const key = [deviceId(from), deviceId(to)].toSorted().join(' ');
    if (!pairs.has(key)) pairs.set(key, { kind: TUNNEL_NAMES[step.tunnel], from, to });
  }
  return [...pairs.values()];
}

function crossingsOf(world: World, steps: readonly Step[]): readonly (readonly [DeviceRef, DeviceRef])[] {
  const seen = new Map<string, readonly [DeviceRef, DeviceRef]>();
  for (const [i, step] of steps.entries()) {
    if (step.kind !== 'transmit' || step.dev === undefined) continue;
    const to = step.to ?? takerOf(world, steps, i, step.segment);
    if (to === undefined || (to.host === step.host && step.segment === undefined)) continue;
    const from: DeviceRef = { host: step.host, netns: step.netns, dev: step.dev };
    const key = `${deviceId(from)} ${deviceId(to)}`;
    if (!seen.has(key)) seen.set(key, [from, to]);
  }
  return [...seen.values()];
}

/** Who takes a frame off the wire that is for somebody behind its device, such as the NIC below a bridge. */
function takerOf(world: World, steps: readonly Step[], sent: number, segment: string | undefined): DeviceRef | undefined {
  const next = steps[sent + 1];
  return next?.kind === 'receive' ? world.segments.find((s) => s.name === segment)?.devices.find((d) => d.host === next.host && d.netns === next.netns && d.dev === next.dev) : undefined;
}
