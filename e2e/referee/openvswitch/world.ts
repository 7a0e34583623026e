import { parseGroup } from '../../../src/dumps/ovsGroups.ts';
import { readDumpFlows } from '../../../src/dumps/ovsFlows.ts';
import { type OvsNames, portNames } from '../../../src/dumps/ovsNames.ts';
import { readTlvMap } from '../../../src/dumps/ovsTlvMap.ts';
import { parseIp4 } from '../../../src/packet/address.ts';
import type { OvsBridge, OvsPort, OvsTunnel } from '../../../src/world/openflow.ts';
import { OFPP } from '../../../src/world/openflow.ts';
import { BED, type BedBridge, type BedPort } from './bed.ts';

const option = ({ device = [] }: BedPort, name: string): string | undefined => device.find((d) => d.startsWith(`options:${name}=`))?.slice(`options:${name}=`.length);
const address = (text: string): OvsTunnel['remoteIp'] => (text === 'flow' ? 'flow' : (parseIp4(text) ?? 'flow'));
const settingOf = ({ port = [] }: BedPort, name: string): string | undefined => port.find((p) => p.startsWith(`${name}=`))?.slice(name.length + 1);
const DST_PORTS: Readonly<Record<string, number>> = { vxlan: 4789, geneve: 6081 };

function tunnelOf(port: BedPort, type: string): OvsTunnel | undefined {
  const remote = option(port, 'remote_ip');
  if (remote === undefined) return undefined;
  const [key, local, ttl, tos] = ['key', 'local_ip', 'ttl', 'tos'].map((name) => option(port, name));
  const number = (text: string | undefined): number | 'inherit' | undefined => (text === undefined ? undefined : text === 'inherit' ? text : Number(text));
  return {
    remoteIp: address(remote),
    localIp: local === undefined ? undefined : address(local),
    key: key === undefined ? undefined : key === 'flow' ? 'flow' : Number(key),
    dstPort: Number(option(port, 'dst_port') ?? DST_PORTS[type] ?? 0),
    csum: option(port, 'csum') === 'true',
    df: option(port, 'df_default') !== 'false',
    ttl: number(ttl),
    tos: number(tos),
  };
}

function portOf(port: BedPort): OvsPort {
  const type = (port.device ?? []).find((d) => d.startsWith('type='))?.slice('type='.length) ?? '';
  const [tag, trunks, cvlans] = [settingOf(port, 'tag'), settingOf(port, 'trunks'), settingOf(port, 'cvlans')];
  return {
    name: port.name,
    ofport: port.ofport,
    type: type === '' ? 'system' : (type as OvsPort['type']),
    typeText: type,
    peer: option(port, 'peer'),
    tunnel: tunnelOf(port, type),
    tag: tag === undefined ? undefined : Number(tag),
    trunks: trunks?.split(',').map(Number),
    vlanMode: settingOf(port, 'vlan_mode') as OvsPort['vlanMode'],
    ...(cvlans === undefined ? {} : { cvlans: cvlans.split(',').map(Number) }),
    ...(settingOf(port, 'other_config:qinq-ethtype') === '802.1q' ? { qinqEthertype: 0x8100 } : {}),
    mac: undefined,
    source: undefined,
  };
}

const local = (name: string): OvsPort => ({ name, ofport: OFPP.LOCAL, type: 'internal', typeText: 'internal', peer: undefined, tunnel: undefined, tag: undefined, trunks: undefined, vlanMode: undefined, mac: undefined, source: undefined });

/** The bed without rules. */
export const EMPTY_BED: readonly OvsBridge[] = BED.map((bridge: BedBridge) => ({
  name: bridge.name,
  failMode: bridge.failMode,
  datapathType: '',
  ports: [...bridge.ports.map(portOf), local(bridge.name)],
  flows: [],
  groups: [],
  tlvs: [],
  frags: 'normal',
  macs: [],
  source: undefined,
}));

/** What the switch's tools print about one bridge of the bed while a case is on it. */
export interface BridgeDump {
  readonly flows: string;
  readonly groups: string;
  readonly tlvs: string;
  readonly frags: OvsBridge['frags'];
  /** `PORT VLAN MAC`. */
  readonly macs: readonly string[];
}

export interface BedWorld {
  readonly bridges: readonly OvsBridge[];
  /** What the parsers did not understand. */
  readonly complaints: readonly string[];
}

const listing = (text: string) => ({ input: 'switch', firstLine: 1, lines: text.split('\n') });
const isHeading = (line: string): boolean => line.trim() === '' || /^(?:OFPST|NXST)_/.test(line);

/** The bed with what the dumps say. A bridge without a dump is empty. */
export function bedWorld(dumps: ReadonlyMap<string, BridgeDump>): BedWorld {
  const complaints: string[] = [];
  const bridges = EMPTY_BED.map((bridge): OvsBridge => {
    const dump = dumps.get(bridge.name);
    if (!dump) return bridge;
    const names = portNames(bridge.ports);
    const flows = readDumpFlows(listing(dump.flows), names);
    const groupLines = dump.groups.split('\n').filter((l) => !isHeading(l));
    const groups = groupLines.map((l) => parseGroup(l.trim(), names));
    const tlvs = readTlvMap(listing(dump.tlvs));
    for (const d of [...flows.diagnostics, ...tlvs.diagnostics]) complaints.push(`${d.code} ${d.text}`);
    for (const [i, g] of groups.entries()) if (!g) complaints.push(`group ${groupLines[i] ?? ''}`);
    for (const rule of flows.value) {
      for (const a of rule.actions) if (a.kind === 'unknown') complaints.push(`action ${a.text}`);
      for (const m of rule.match) if (m.text !== undefined) complaints.push(`condition ${m.text}`);
    }
    const macs = dump.macs.map((line) => {
      const [port = '', vlan = '0', mac = ''] = line.split(' ');
      return { port, vlan: Number(vlan), mac, source: undefined };
    });
    return { ...bridge, flows: flows.value, groups: groups.filter((g) => g !== undefined), tlvs: tlvs.value, frags: dump.frags, macs };
  });
  return { bridges, complaints };
}

/** Names of ports, also those of LOCAL under the bridge's own name. */
export const namesOf = (bridge: OvsBridge): OvsNames => portNames(bridge.ports);
