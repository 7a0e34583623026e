import { readDumpFlows } from '../dumps/ovsFlows.ts';
import { readDumpGroups } from '../dumps/ovsGroups.ts';
import { portNames } from '../dumps/ovsNames.ts';
import { connectHosts } from '../world/connect.ts';
import { OFPP, type OvsBridge, type OvsPort, type OvsTunnel, type TlvMapping } from '../world/openflow.ts';
import type { World } from '../world/world.ts';

/** Bridges of Open vSwitch for tests, with rules as `ovs-ofctl dump-flows` prints them. */

export interface PortText {
  readonly name: string;
  readonly ofport: number;
  readonly type?: OvsPort['type'];
  readonly peer?: string;
  readonly tunnel?: Partial<OvsTunnel>;
}

export interface BridgeText {
  readonly name: string;
  readonly ports: readonly PortText[];
  /** undefined: no dump was given. */
  readonly flows: string | undefined;
  readonly groups?: string;
  readonly tlvs?: readonly TlvMapping[];
  readonly more?: Partial<OvsBridge>;
}

const lines = (text: string) => ({ input: 'br', firstLine: 1, lines: text.split('\n') });

const DST_PORT: Readonly<Record<string, number>> = { vxlan: 4789, geneve: 6081 };

function portOf({ name, ofport, type = 'system', peer, tunnel }: PortText): OvsPort {
  const own: OvsTunnel | undefined = tunnel && { remoteIp: 'flow', localIp: undefined, key: 'flow', dstPort: DST_PORT[type] ?? 0, csum: false, df: true, ttl: undefined, tos: undefined, ...tunnel };
  return { name, ofport, type, typeText: type === 'system' ? '' : type, peer, tunnel: own, tag: undefined, trunks: undefined, vlanMode: undefined, mac: undefined, source: undefined };
}

/** One bridge, its own port included. */
export function bridgeFrom({ name, ports, flows, groups, tlvs = [], more = {} }: BridgeText): OvsBridge {
  const all = [...ports, { name, ofport: OFPP.LOCAL, type: 'internal' } as const].map(portOf);
  const names = portNames(all);
  return {
    name,
    failMode: 'secure',
    datapathType: 'system',
    ports: all,
    flows: flows === undefined ? undefined : readDumpFlows(lines(flows), names).value,
    groups: readDumpGroups(lines(groups ?? ''), names).value,
    tlvs,
    frags: 'nx-match',
    macs: [],
    source: undefined,
    ...more,
  };
}

/** The world with bridges on its machines. */
export function withBridges(world: World, bridges: Readonly<Record<string, readonly BridgeText[]>>): World {
  const hosts = world.hosts.map((h) => ({ ...h, ovs: (bridges[h.name] ?? []).map(bridgeFrom) }));
  const connected = connectHosts(hosts, world.names);
  return { ...world, hosts: connected.hosts, segments: connected.segments };
}
