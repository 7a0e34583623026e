import type { OvsBridge, OvsPort } from '../world/openflow.ts';
import { SHOWN_NAME, unquoted } from './ovsNames.ts';
import type { OvsRecord } from './ovsShow.ts';
import { withInterface } from './ovsVsctl.ts';
import { parseDecimal, parseMac } from './words.ts';

/**
 * What two listings of one bridge say about its ports, in the order of the first. A name of 15 characters may stand for a longer one, if
 * only one starts so; the first listing that tells a type, a number or an address is believed.
 */
export function mergePorts(known: readonly OvsPort[], more: readonly OvsPort[]): readonly OvsPort[] {
  const result = [...known];
  for (const port of more) {
    const same = result.findIndex((p) => p.name === port.name);
    const starts = same >= 0 || port.name.length !== SHOWN_NAME ? [] : result.flatMap((p, i) => (p.name.startsWith(port.name) ? [i] : []));
    const at = same >= 0 ? same : starts.length === 1 ? (starts[0] ?? -1) : -1;
    const old = result[at];
    if (old) result[at] = mergePort(old, port);
    else if (starts.length === 0) result.push(port);
  }
  return result;
}

function mergePort(old: OvsPort, port: OvsPort): OvsPort {
  const typed = old.type === 'unknown' && old.typeText === '' ? port : old;
  const extra = { ...port.extra, ...old.extra };
  return {
    ...old,
    ofport: old.ofport ?? port.ofport,
    ...(old.dpPort === undefined && port.dpPort !== undefined ? { dpPort: port.dpPort } : {}),
    ...(old.dpif === undefined && port.dpif !== undefined ? { dpif: port.dpif } : {}),
    type: typed.type,
    typeText: typed.typeText,
    peer: old.peer ?? port.peer,
    tunnel: old.tunnel ?? port.tunnel,
    mac: old.mac ?? port.mac,
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

/** An empty column of a database's listing. */
const filled = (text: string | undefined): string | undefined => (text === undefined || text === '[]' || text === '{}' || text === '""' ? undefined : text);

/** With what `ovs-vsctl list interface`, `list port` and `list bridge` say about a bridge and its ports. */
export function withRecords(bridge: OvsBridge, records: readonly OvsRecord[]): OvsBridge {
  if (records.length === 0) return bridge;
  const of = (table: OvsRecord['table'], name: string): ReadonlyMap<string, string> | undefined => records.find((r) => r.table === table && r.name === name)?.columns;
  const own = of('bridge', bridge.name);
  const failMode = filled(own?.get('fail_mode'));
  const datapathType = filled(own?.get('datapath_type'));
  return {
    ...bridge,
    ...(failMode === undefined ? {} : { failMode: failMode === 'secure' ? ('secure' as const) : ('standalone' as const) }),
    ...(datapathType === undefined ? {} : { datapathType: unquoted(datapathType) }),
    ports: bridge.ports.map((port) => withPortRecord(withInterfaceRecord(port, of('interface', port.name)), of('port', port.extra?.['port'] ?? port.name))),
  };
}

function withInterfaceRecord(port: OvsPort, columns: ReadonlyMap<string, string> | undefined): OvsPort {
  if (!columns) return port;
  const type = columns.get('type');
  const typed = port.type === 'unknown' && port.typeText === '' && type !== undefined ? withInterface(port, unquoted(type), filled(columns.get('options'))) : port;
  const mac = parseMac(unquoted(filled(columns.get('mac_in_use')) ?? ''));
  const attached = parseMac(/\battached-mac="?([0-9A-Fa-f:]{17})"?/.exec(columns.get('external_ids') ?? '')?.[1]?.toLowerCase() ?? '');
  return { ...typed, ofport: port.ofport ?? parseDecimal(filled(columns.get('ofport')), 0xffff), mac: port.mac ?? mac, ...(attached === undefined ? {} : { attachedMac: attached }) };
}

const VLAN_MODES = ['access', 'trunk', 'native-tagged', 'native-untagged', 'dot1q-tunnel'] as const;

function withPortRecord(port: OvsPort, columns: ReadonlyMap<string, string> | undefined): OvsPort {
  if (!columns) return port;
  const mode = filled(columns.get('vlan_mode'));
  const trunks = filled(columns.get('trunks'))?.match(/\d+/g)?.map(Number);
  const cvlans = filled(columns.get('cvlans'))?.match(/\d+/g)?.map(Number);
  // bridge.c: 802.1ad unless told otherwise.
  const is8021q = /\bqinq-ethtype="?802\.1q"?(?=[,}])/.test(columns.get('other_config') ?? '');
  return { ...port, tag: port.tag ?? parseDecimal(filled(columns.get('tag')), 4095), trunks: port.trunks ?? trunks, vlanMode: VLAN_MODES.find((m) => m === mode) ?? port.vlanMode, ...(cvlans ? { cvlans } : {}), ...(is8021q ? { qinqEthertype: 0x8100 } : {}) };
}
