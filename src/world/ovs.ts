import { OFPP, type OvsBridge, type OvsPort, type OvsTunnel } from './openflow.ts';
import type { Host, Link } from './world.ts';

/** A port, with the bridge that has it. */
export interface OvsPlace {
  readonly bridge: OvsBridge;
  readonly port: OvsPort;
}

interface Index {
  /** Ports that are devices of the machine, by their name: a NIC, a pod's veth, and those that the switch makes itself. */
  readonly devices: ReadonlyMap<string, OvsPlace>;
  /** By `bridge/port`. */
  readonly all: ReadonlyMap<string, OvsPlace>;
  readonly tunnels: readonly (OvsPlace & { readonly tunnel: OvsTunnel })[];
}

const indexes = new WeakMap<readonly OvsBridge[], Index>();

const NONE: Index = { devices: new Map(), all: new Map(), tunnels: [] };

/** `internal`, as a bridge's own port is even where no listing says so. */
export const isInternal = ({ bridge, port }: OvsPlace): boolean => port.type === 'internal' || port.name === bridge.name;

/** A bridge has a port of its own name even where no listing shows it. */
function portsWithOwn(bridge: OvsBridge): readonly OvsPort[] {
  const own = bridge.ports.find((p) => p.name === bridge.name);
  if (own?.ofport !== undefined) return bridge.ports;
  const numbered: OvsPort = { name: bridge.name, type: 'internal', typeText: 'internal', peer: undefined, tunnel: undefined, tag: undefined, trunks: undefined, vlanMode: undefined, mac: undefined, source: undefined, ...own, ofport: OFPP.LOCAL };
  return [...bridge.ports.filter((p) => p !== own), numbered];
}

function indexOf({ ovs }: Host): Index {
  if (!ovs) return NONE;
  let index = indexes.get(ovs);
  if (!index) {
    const places = ovs.flatMap((bridge) => portsWithOwn(bridge).map((port): OvsPlace => ({ bridge, port })));
    index = {
      devices: new Map(places.filter((p) => p.port.type === 'system' || p.port.type === 'tap' || isInternal(p)).map((p) => [p.port.name, p])),
      all: new Map(places.map((p) => [`${p.bridge.name}/${p.port.name}`, p])),
      tunnels: places.flatMap((p) => (p.port.tunnel ? [{ ...p, tunnel: p.port.tunnel }] : [])),
    };
    indexes.set(ovs, index);
  }
  return index;
}

/** The bridge, and its port, that a device of the machine is. */
export const ovsPlaceOf = (host: Host, dev: string): OvsPlace | undefined => indexOf(host).devices.get(dev);

/** The kernel's device that carries a tunnel port's packets: all ports of a kind share one (netdev_vport_get_dpif_port() of lib/netdev-vport.c); undefined for other ports. */
export function tunnelDevice({ type, tunnel }: OvsPort): string | undefined {
  switch (type) {
    case 'vxlan':
      return `vxlan_sys_${tunnel?.dstPort ?? 4789}`;
    case 'geneve':
      return `genev_sys_${tunnel?.dstPort ?? 6081}`;
    case 'gre':
      return 'gre_sys';
    default:
      return undefined;
  }
}

/** All tunnel ports of the machine's bridges. */
export const ovsTunnels = (host: Host): Index['tunnels'] => indexOf(host).tunnels;

/** The port of that name on one of the machine's bridges. */
export const ovsPortNamed = (host: Host, bridge: string, port: string): OvsPlace | undefined => indexOf(host).all.get(`${bridge}/${port}`);

/** Whether the kernel moves the packets of some bridge (module openvswitch), not a program of its own (`netdev`, DPDK). */
export const hasKernelDatapath = (host: Host): boolean => host.ovs?.some((b) => b.datapathType !== 'netdev') === true;

/** Addresses on internal ports live on the wire of the physical ports of the same bridge: the devices that do for `dev`. */
export function internalPortsBeside(host: Host, dev: string, links: readonly Link[]): readonly Link[] {
  const place = ovsPlaceOf(host, dev);
  if (!place || isInternal(place)) return [];
  const names = new Set(place.bridge.ports.filter((port) => isInternal({ bridge: place.bridge, port })).map((p) => p.name));
  return links.filter((l) => names.has(l.name));
}
