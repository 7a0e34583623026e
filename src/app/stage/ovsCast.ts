import type { Step } from '../../engine/step.ts';
import { deviceId } from '../../world/lookup.ts';
import type { OvsBridge, OvsPort } from '../../world/openflow.ts';
import { tunnelDevice } from '../../world/ovs.ts';
import type { Host } from '../../world/world.ts';
import type { CastDevice } from './cast.ts';

/** A port that is drawn on its bridge: those that are devices elsewhere on the stage (a pod's cable, a NIC, a tunnel) are not among them. */
export interface CastPort {
  readonly id: string;
  /** internal: a door into the machine's kernel. patch: one end of a cable to another bridge. queue: of a virtual machine or a pod, past the kernel. */
  readonly kind: 'internal' | 'patch' | 'queue' | 'other';
  readonly name: string;
  readonly address: string | undefined;
  readonly visited: boolean;
  /** Of a patch port: its other end, and the bridge that has it. */
  readonly peer: { readonly id: string; readonly bridge: string } | undefined;
}

/** Ports that nothing goes through are drawn up to here; beyond, they are a count. */
const MAX_IDLE_PORTS = 3;

const ofHost = (host: Host, dev: string): string => deviceId({ host: host.name, netns: null, dev });

/** Devices and ports that a stay in a bridge of Open vSwitch touches. */
export const ovsDevicesOf = (step: Step): readonly string[] => (step.kind === 'ovs' ? [step.bridge, step.port, ...step.to].map((dev) => deviceId({ host: step.host, netns: step.netns, dev })) : []);

/** The bridge that a device of the kernel is a port of by carrying its tunnels: vxlan_sys_4789. */
export function tunnelMasters(host: Host): ReadonlyMap<string, { readonly master: string; readonly ports: readonly string[] }> {
  const out = new Map<string, { readonly master: string; readonly ports: readonly string[] }>();
  for (const bridge of host.ovs ?? []) {
    for (const port of bridge.ports) {
      const dev = tunnelDevice(port);
      if (dev === undefined) continue;
      const known = out.get(dev);
      out.set(dev, { master: known?.master ?? ofHost(host, bridge.name), ports: [...(known?.ports ?? []), port.name] });
    }
  }
  return out;
}

function kindOf(port: OvsPort): CastPort['kind'] {
  if (port.type === 'internal' || port.type === 'tap') return 'internal';
  if (port.type === 'patch') return 'patch';
  return port.type.startsWith('dpdk') ? 'queue' : 'other';
}

/** The bridges of a machine's Open vSwitch. `shown`: devices that have a box of their own. */
export function switchesOf(host: Host, all: readonly CastDevice[], visited: ReadonlySet<string>, shown: ReadonlySet<string>, unfolded: boolean): readonly CastDevice[] {
  const bridges = host.ovs ?? [];
  return bridges.map((bridge) => {
    const id = ofHost(host, bridge.name);
    const own = all.find((d) => d.id === id);
    const others = bridge.ports.filter((p) => p.name !== bridge.name && tunnelDevice(p) === undefined && !shown.has(ofHost(host, p.name)));
    const ports = others.map((port) => portOf(host, bridges, port, all, visited));
    // Doors into the kernel and cables between bridges belong to the picture even where nothing goes through them.
    let room = MAX_IDLE_PORTS;
    const drawn = ports.filter((p) => unfolded || p.visited || ((p.kind === 'patch' || (p.kind === 'internal' && p.address !== undefined)) && room-- > 0));
    const order: readonly CastPort['kind'][] = ['internal', 'patch', 'queue', 'other'];
    return {
      id,
      ref: { host: host.name, netns: null, dev: bridge.name },
      kind: 'ovs',
      name: bridge.name,
      address: own?.address,
      visited: visited.has(id),
      master: undefined,
      lower: undefined,
      ports: drawn.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind)),
      hiddenPorts: ports.length - drawn.length,
    };
  });
}

function portOf(host: Host, bridges: readonly OvsBridge[], port: OvsPort, all: readonly CastDevice[], visited: ReadonlySet<string>): CastPort {
  const id = ofHost(host, port.name);
  const there = port.peer === undefined ? undefined : bridges.find((b) => b.ports.some((p) => p.name === port.peer));
  return { id, kind: kindOf(port), name: port.name, address: all.find((d) => d.id === id)?.address, visited: visited.has(id), peer: there && port.peer !== undefined ? { id: ofHost(host, port.peer), bridge: there.name } : undefined };
}
