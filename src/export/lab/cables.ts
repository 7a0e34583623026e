import { findNetns, netnsId, nicBelow } from '../../world/lookup.ts';
import type { DeviceRef, Segment, World } from '../../world/world.ts';
import type { LabOutside, Notes } from './lab.ts';

/** How the devices of different namespaces are joined. All cables begin in one hidden namespace, and their ends are moved out of it. */
export interface Cables {
  /** Lines for `ip -batch` in the hidden namespace. */
  readonly create: readonly string[];
  /** Lines for `bridge -batch` there. */
  readonly learned: readonly string[];
  /** Name, before the move, of the cable's end that becomes this device; undefined when the device is no end of a cable. */
  end(host: string, netns: string | null, dev: string): string | undefined;
  readonly outside: string | undefined;
  readonly outsideMac: string;
}

const key = (d: DeviceRef): string => `${netnsId(d.host, d.netns)} ${d.dev}`;

/**
 * veth ends are joined with their peers, two NICs on one segment with each other; more devices on a segment meet at a bridge, which
 * stands for the switch. A NIC alone gets an end that leads nowhere, so that it has a carrier.
 */
export function planCables(world: World, outside: LabOutside | undefined, notes: Notes): Cables {
  const create: string[] = [];
  const ends = new Map<string, string>();
  let count = 0;
  const cable = (): readonly [string, string] => {
    const n = count++;
    create.push(`link add x${n}a type veth peer name x${n}b`);
    return [`x${n}a`, `x${n}b`];
  };
  const outsideMac = gatewayMac(world, outside);
  const learned: string[] = [];
  /** A port of the switch of a segment, which knows who is behind it: nothing is flooded that has an owner. */
  const plug = (end: string, segment: number, ...macs: readonly (string | undefined)[]): void => {
    create.push(`link set dev ${end} master wire${segment} up`);
    for (const mac of macs) if (mac !== undefined) learned.push(`fdb replace ${mac} dev ${end} master static`);
  };
  const stay = (end: string): void => void create.push(`link set dev ${end} up`);
  const outsideRef = outside && { host: outside.host, netns: null, dev: outside.dev };
  let outsideEnd: string | undefined;
  const outsideKey = outsideRef && key(outsideRef);

  for (const [i, segment] of world.segments.entries()) {
    const withOutside = segment.devices.some((d) => key(d) === outsideKey);
    const [first, second] = segment.devices;
    const strangers = strangersOn(world, segment).filter((mac) => !withOutside || mac !== outsideMac);
    if (segment.devices.length === 2 && !withOutside && strangers.length === 0 && first && second) {
      const [a, b] = cable();
      ends.set(key(first), a);
      ends.set(key(second), b);
      continue;
    }
    create.push(`link add wire${i} type bridge`, `link set wire${i} up`);
    for (const device of segment.devices) {
      const [a, b] = cable();
      plug(b, i, macOf(world, device), ...macsAbove(world, device));
      ends.set(key(device), a);
    }
    if (withOutside) {
      const [a, b] = cable();
      plug(b, i, outsideMac);
      outsideEnd = a;
    }
    if (strangers.length > 0) {
      const [a, b] = cable();
      stay(a);
      plug(b, i, ...strangers);
    }
  }
  for (const host of world.hosts) {
    for (const netns of host.netns) {
      for (const link of netns.links) {
        const self = { host: host.name, netns: netns.name, dev: link.name };
        if (ends.has(key(self)) || (link.kind !== 'nic' && link.kind !== 'veth')) continue;
        const [a, b] = cable();
        ends.set(key(self), a);
        if (link.veth) ends.set(key(link.veth), b);
        else if (key(self) === outsideKey) outsideEnd = b;
        else {
          if (link.kind === 'veth') notes.cannot.push(`what is behind ${netnsId(host.name, netns.name)} ${link.name} (no dump shows it)`);
          stay(b);
        }
      }
    }
  }
  return { create, learned, end: (host, netns, dev) => ends.get(key({ host, netns, dev })), outside: outsideEnd, outsideMac };
}

const macOf = (world: World, { host, netns, dev }: DeviceRef): string | undefined => findNetns(world, host, netns)?.links.find((l) => l.name === dev)?.mac;

/** The MAC that answers to the outside client come back to: the gateway's, if the dump knows it. */
function gatewayMac(world: World, outside: LabOutside | undefined): string {
  const ns = world.hosts.find((h) => h.name === outside?.host)?.netns[0];
  const known = ns?.neighbours.find((n) => n.dev === outside?.dev && n.mac !== undefined && ns.routes.some((r) => r.nexthops.some((h) => h.via === n.ip && h.dev === n.dev)));
  return known?.mac ?? '02:00:00:00:00:01';
}

/** Addresses of neighbours on a segment that no dump shows: their port of the switch leads nowhere, and nobody else gets what is for them. */
function strangersOn(world: World, segment: Segment): readonly string[] {
  const owned = new Set(world.hosts.flatMap((h) => h.netns.flatMap((n) => n.links.map((l) => l.mac))));
  const known = segment.devices.flatMap((d) => (findNetns(world, d.host, d.netns)?.neighbours ?? []).flatMap((n) => (n.dev === d.dev && n.mac !== undefined && !owned.has(n.mac) ? [n.mac] : [])));
  return [...new Set(known)];
}

/** Addresses of the macvlans on a NIC. */
const macsAbove = (world: World, nic: DeviceRef): readonly string[] =>
  world.hosts
    .filter((h) => h.name === nic.host)
    .flatMap((h) => h.netns.flatMap((n) => n.links.filter((l) => l.kind === 'macvlan')))
    .flatMap((l) => {
      const below = nicBelow(world, l);
      return l.mac !== undefined && below && key(below) === key(nic) ? [l.mac] : [];
    });
