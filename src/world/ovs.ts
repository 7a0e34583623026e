import type { OvsBridge, OvsPort, OvsTunnel } from './openflow.ts';
import type { Host, Link } from './world.ts';

/** A port, with the bridge that has it. */
export interface OvsPlace {
  readonly bridge: OvsBridge;
  readonly port: OvsPort;
}

interface Index {
  /** Ports that are devices of the machine, by their name: a NIC, a pod's veth, and those that the switch makes itself. */
  readonly devices: ReadonlyMap<string, OvsPlace>;
  readonly tunnels: readonly (OvsPlace & { readonly tunnel: OvsTunnel })[];
}

const indexes = new WeakMap<readonly OvsBridge[], Index>();

const NONE: Index = { devices: new Map(), tunnels: [] };

/** `internal`, as a bridge's own port is even where no listing says so. */
export const isInternal = ({ bridge, port }: OvsPlace): boolean => port.type === 'internal' || port.name === bridge.name;

function indexOf({ ovs }: Host): Index {
  if (!ovs) return NONE;
  let index = indexes.get(ovs);
  if (!index) {
    const places = ovs.flatMap((bridge) => bridge.ports.map((port): OvsPlace => ({ bridge, port })));
    index = {
      devices: new Map(places.filter((p) => p.port.type === 'system' || p.port.type === 'tap' || isInternal(p)).map((p) => [p.port.name, p])),
      tunnels: places.flatMap((p) => (p.port.tunnel ? [{ ...p, tunnel: p.port.tunnel }] : [])),
    };
    indexes.set(ovs, index);
  }
  return index;
}

/** The bridge, and its port, that a device of the machine is. */
export const ovsPlaceOf = (host: Host, dev: string): OvsPlace | undefined => indexOf(host).devices.get(dev);

/** All tunnel ports of the machine's bridges. */
export const ovsTunnels = (host: Host): Index['tunnels'] => indexOf(host).tunnels;

/** The port of that name, on any of the machine's bridges. */
export const ovsPortNamed = (host: Host, bridge: string, port: string): OvsPlace | undefined => {
  const found = host.ovs?.find((b) => b.name === bridge);
  const at = found?.ports.find((p) => p.name === port);
  return found && at && { bridge: found, port: at };
};

/** Whether the kernel moves the packets of some bridge (module openvswitch), not a program of its own (`netdev`, DPDK). */
export const hasKernelDatapath = (host: Host): boolean => host.ovs?.some((b) => b.datapathType !== 'netdev') === true;

/** Addresses on internal ports live on the wire of the physical ports of the same bridge: the devices that do for `dev`. */
export function internalPortsBeside(host: Host, dev: string, links: readonly Link[]): readonly Link[] {
  const place = ovsPlaceOf(host, dev);
  if (!place || isInternal(place)) return [];
  const names = new Set(place.bridge.ports.filter((port) => isInternal({ bridge: place.bridge, port })).map((p) => p.name));
  return links.filter((l) => names.has(l.name));
}
