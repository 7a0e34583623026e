import { netnsId } from '../../world/lookup.ts';
import type { DeviceRef, Neighbour, World } from '../../world/world.ts';

/**
 * The same world without programs that answer ARP, which a lab does not run: who shares a wire with one knows the answer beforehand.
 * An entry that is there already stays.
 */
export function withoutArpPrograms(world: World): World {
  const spaces = world.hosts.flatMap((host) => host.netns.map((netns) => ({ host: host.name, netns })));
  if (!spaces.some((s) => (s.netns.arpPrograms ?? []).length > 0)) return world;
  const known = new Map<string, Neighbour[]>();
  for (const { host, netns } of spaces) {
    for (const { ip, dev, source } of netns.arpPrograms ?? []) {
      const mac = netns.links.find((l) => l.name === dev)?.mac;
      if (mac === undefined) continue;
      for (const other of onSameWire(world, { host, netns: netns.name, dev })) {
        const id = netnsId(other.host, other.netns);
        known.set(id, [...(known.get(id) ?? []), { ip, dev: other.dev, mac, state: 'PERMANENT', source }]);
      }
    }
  }
  return {
    ...world,
    hosts: world.hosts.map((host) => ({
      ...host,
      netns: host.netns.map((netns) => {
        const more = (known.get(netnsId(host.name, netns.name)) ?? []).filter((n) => !netns.neighbours.some((o) => o.ip === n.ip && o.dev === n.dev));
        const { arpPrograms: _programs, ...rest } = netns;
        return { ...rest, neighbours: [...netns.neighbours, ...more] };
      }),
    })),
  };
}

const same = (a: DeviceRef, b: DeviceRef): boolean => a.host === b.host && a.netns === b.netns && a.dev === b.dev;

const onSameWire = (world: World, device: DeviceRef): readonly DeviceRef[] => world.segments.filter((s) => s.devices.some((d) => same(d, device))).flatMap((s) => s.devices.filter((d) => !same(d, device)));
