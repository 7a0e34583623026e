import type { OvsPort } from './openflow.ts';
import { type OvsPlace, ovsPortNamed } from './ovs.ts';
import type { Host, Link, Netns } from './world.ts';

/*
 * vhost-user: rings of memory that a pod's or virtual machine's program shares with Open vSwitch in user space. No kernel of the machine
 * has a device for either end; which interface is behind which port says `external_ids:attached-mac`.
 */

const isVhost = ({ type }: OvsPort): boolean => type === 'dpdkvhostuser' || type === 'dpdkvhostuserclient';

/** The port that an interface of a pod is the other end of; undefined for a device that the kernel has. */
export function vhostPlaceOf(host: Host, netns: Pick<Netns, 'name'>, link: Link): OvsPlace | undefined {
  if (netns.name === null || link.kind !== 'nic' || link.mac === undefined) return undefined;
  for (const bridge of host.ovs ?? []) {
    const port = bridge.ports.find((p) => isVhost(p) && p.attachedMac === link.mac);
    if (port) return ovsPortNamed(host, bridge.name, port.name);
  }
  return undefined;
}

/** The interface behind a port, if a namespace of the machine has it. */
export function vhostInterfaceOf(host: Host, port: OvsPort): { readonly netns: Netns; readonly link: Link } | undefined {
  if (!isVhost(port) || port.attachedMac === undefined) return undefined;
  for (const netns of host.netns.slice(1)) {
    const link = netns.links.find((l) => l.kind === 'nic' && l.mac === port.attachedMac);
    if (link) return { netns, link };
  }
  return undefined;
}
