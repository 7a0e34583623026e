import { inPrefix, type Ip4 } from '../packet/address.ts';
import type { DeviceRef, Host, Link, Netns, World } from './world.ts';

/** Stable text for a namespace: `host` or `host/netns`. */
export const netnsId = (host: string, netns: string | null): string => (netns === null ? host : `${host}/${netns}`);

/** Stable text for a device: `host/dev` or `host/netns/dev`. */
export const deviceId = (ref: DeviceRef): string => `${netnsId(ref.host, ref.netns)}/${ref.dev}`;

export const findHost = (world: World, name: string): Host | undefined => world.hosts.find((h) => h.name === name);

export function findNetns(world: World, host: string, netns: string | null): Netns | undefined {
  return findHost(world, host)?.netns.find((n) => n.name === netns);
}

export const findLink = (netns: Netns, dev: string): Link | undefined => netns.links.find((l) => l.name === dev);

export interface Owner {
  readonly host: Host;
  readonly netns: Netns;
  readonly link: Link;
}

/** Every place that has `ip` configured, hosts in order; a virtual address may have several. */
export function ownersOf(world: World, ip: Ip4): readonly Owner[] {
  return world.hosts.flatMap((host) =>
    host.netns.flatMap((netns) => netns.links.filter((link) => link.addresses.some((a) => a.ip === ip)).map((link) => ({ host, netns, link }))),
  );
}

/** The segment that a device is on, if any. */
export function segmentOf(world: World, ref: DeviceRef) {
  return world.segments.find((s) => s.devices.some((d) => d.host === ref.host && d.netns === ref.netns && d.dev === ref.dev));
}

export const isUp = (link: Link): boolean => link.flags.includes('UP');

/** True when some address of the device has `ip` in its subnet. */
export const onSubnet = (link: Link, ip: Ip4): boolean => link.addresses.some((a) => inPrefix(ip, a.peer ?? a.ip, a.prefixLen));

/** How many devices may stand on each other. */
const MAX_UPPERS = 8;

/** The NIC that a vlan or macvlan device stands on. */
export function nicBelow(world: World, { lower }: Link): DeviceRef | undefined {
  let at = lower;
  for (let depth = 0; at !== undefined && depth < MAX_UPPERS; depth++) {
    const { host, netns, dev }: DeviceRef = at;
    const link = findNetns(world, host, netns)?.links.find((l) => l.name === dev);
    if (link?.kind === 'nic') return at;
    at = link?.lower;
  }
  return undefined;
}
