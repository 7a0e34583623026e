import type { NeutronSpec, VmPort } from './objects.ts';

/** Device names of a port are its prefix and the id, cut to what nova and Neutron allow (LINUX_DEV_LEN). */
const device = (prefix: string, { id }: VmPort): string => `${prefix}${id}`.slice(0, 14);

export const tapOf = (port: VmPort): string => device('tap', port);
export const qbrOf = (port: VmPort): string => device('qbr', port);
export const qvbOf = (port: VmPort): string => device('qvb', port);
export const qvoOf = (port: VmPort): string => device('qvo', port);
export const qrOf = (port: VmPort): string => device('qr-', port);

/** The chain that judges what comes to the VM (i), what it sends (o), and with which addresses (s) (OVSHybridIptablesFirewallDriver._port_chain_name()). */
export const chainOf = (direction: 'i' | 'o' | 's', { id }: VmPort): string => `neutron-openvswi-${`${direction}${id}`.slice(0, 11)}`;

/** The set with the addresses of a group: `NIPv4` and the id, 29 characters (IpsetManager.get_name()). */
export const setOf = (group: string): string => `NIPv4${group}`.slice(0, 29);

/** Addresses of a group's ports: fixed ones and allowed pairs; a /0 becomes two halves, which is all that a hash:net can hold. */
export function membersOf({ computeHosts }: NeutronSpec, group: string): readonly { readonly member: string; readonly port: VmPort }[] {
  return computeHosts
    .flatMap((c) => c.vms)
    .filter((p) => p.portSecurity && p.groups.includes(group))
    .flatMap((port) => [...port.fixedIps, ...port.pairs.map((p) => p.cidr)].flatMap((a) => (a === '0.0.0.0/0' ? ['0.0.0.0/1', '128.0.0.0/1'] : [a.replace(/\/32$/, '')])).map((member) => ({ member, port })));
}
