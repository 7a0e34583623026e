import type { Mac } from '../packet/address.ts';
import type { Host, Link, VirtualFunction } from './world.ts';

/** `vf 0     link/ether 02:… brd …, spoof checking on, …`; before iproute2 5.0 `vf 0 MAC 02:…, …` (print_vfinfo(), ip/ipaddress.c). */
const VF_LINE = /^\s+vf (\d{1,4})\s+(?:link\/ether|MAC) ([0-9a-f:]{17})/;

/** The virtual functions of a machine: a NIC, mostly in a pod, whose address a NIC of the machine lists. */
export function virtualFunctionsOf(host: Host): ReadonlyMap<Link, VirtualFunction> {
  const listed = new Map<Mac, VirtualFunction>();
  for (const netns of host.netns) {
    for (const link of netns.links) {
      if (link.kind !== 'nic') continue;
      for (const line of link.extra?.lines ?? []) {
        const [, index, mac] = VF_LINE.exec(line) ?? [];
        // A VF that nobody has set up has no address.
        if (mac !== undefined && mac !== '00:00:00:00:00:00') listed.set(mac, { pf: { host: host.name, netns: netns.name, dev: link.name }, index: Number(index) });
      }
    }
  }
  const found = new Map<Link, VirtualFunction>();
  if (listed.size === 0) return found;
  for (const netns of host.netns) {
    for (const link of netns.links) {
      const vf = link.kind === 'nic' && link.mac !== undefined ? listed.get(link.mac) : undefined;
      if (vf && !(vf.pf.netns === netns.name && vf.pf.dev === link.name)) found.set(link, vf);
    }
  }
  return found;
}
