import type { OvsBridge, OvsListed, OvsPort } from '../world/openflow.ts';
import { OFPP } from '../world/openflow.ts';
import type { SourceRef } from '../world/source.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { formatPort, parsePort, SHOWN_NAME, unquoted } from './ovsNames.ts';
import { emptyBridge, emptyPort, withInterface } from './ovsVsctl.ts';
import { parseDecimal, parseMac } from './words.ts';

/** Settings of a port that `ovs-ofctl show` prints below it, in its order; kept as they stand. */
const PORT_SETTINGS = ['config', 'state', 'current', 'advertised', 'supported', 'peer', 'speed'] as const;

/** Words about the whole bridge, kept as they stand. */
const BRIDGE_SETTINGS: readonly (readonly [key: string, pattern: RegExp])[] = [
  ['dpid', /^OFPT_FEATURES_REPLY .*\bdpid:([0-9a-f]+)/],
  ['tables', /^(n_tables:.*)$/],
  ['capabilities', /^capabilities: (.*)$/],
  ['actions', /^actions: (.*)$/],
];

/**
 * Parses `ovs-ofctl show`: the ports' numbers and addresses, and how fragments are matched. Names longer than 15 characters are cut off
 * there. The bridge's name is that of its own port; undefined when that is missing. Never throws on any text.
 */
export function parseOfctlShow({ input, firstLine, lines }: Lines): Parsed<OvsBridge | undefined> {
  const found = new DiagnosticList();
  const ports: OvsPort[] = [];
  const extra: Record<string, string> = {};
  let name: string | undefined;
  let frags: OvsBridge['frags'] = 'normal';
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    if (line.trim() === '') continue;
    const [, number = '', portName, mac] = /^ (\w+)\((.*)\): addr:([0-9a-f:]+)\s*$/i.exec(line) ?? [];
    if (portName !== undefined) {
      const ofport = parsePort(number);
      if (ofport === OFPP.LOCAL) name = portName;
      if (ofport === undefined) found.add('unknown-line', source, line);
      else ports.push({ ...emptyPort(portName, source), ofport, mac: parseMac(mac) });
      continue;
    }
    const [, key, value = ''] = /^ {5}(\w+): *(.*?)\s*$/.exec(line) ?? [];
    const last = ports.at(-1);
    if (key !== undefined && last) {
      ports[ports.length - 1] = { ...last, extra: { ...last.extra, [key]: value } };
      continue;
    }
    const config = /^OFPT_GET_CONFIG_REPLY\b.*\bfrags=([\w-]+)/.exec(line)?.[1];
    if (config !== undefined) frags = config === 'drop' || config === 'reassemble' || config === 'nx-match' ? config : 'normal';
    for (const [setting, pattern] of BRIDGE_SETTINGS) {
      const text = pattern.exec(line)?.[1];
      if (text !== undefined) extra[setting] = text;
    }
    if (!/^(?:OFP\w+|n_tables|capabilities|actions)\b/.test(line)) found.add('unknown-line', source, line);
  }
  if (name === undefined) return { value: undefined, diagnostics: found.items };
  return { value: { ...emptyBridge(name, { input, line: firstLine }), ports, frags, ...(Object.keys(extra).length === 0 ? {} : { extra }) }, diagnostics: found.items };
}

/** The lines of `ovs-ofctl show` (ofputil_phy_port_format(), lib/ofp-port.c). `version`: ` (OF1.3)` in headings, nothing for OpenFlow 1.0. */
export function printOfctlShow(bridge: OvsBridge, version: string): readonly string[] {
  const { extra } = bridge;
  const actions = extra?.['actions'];
  const later = version === '' ? [] : [`OFPST_PORT_DESC reply${version} (xid=0x3):`];
  const numbered = bridge.ports.filter((p): p is OvsPort & { readonly ofport: number } => p.ofport !== undefined).sort((a, b) => a.ofport - b.ofport);
  return [
    `OFPT_FEATURES_REPLY${version} (xid=0x2): dpid:${extra?.['dpid'] ?? '0'.repeat(16)}`,
    extra?.['tables'] ?? 'n_tables:254, n_buffers:0',
    `capabilities: ${extra?.['capabilities'] ?? 'FLOW_STATS TABLE_STATS PORT_STATS QUEUE_STATS ARP_MATCH_IP'}`,
    ...(version === '' ? [`actions: ${actions ?? 'output enqueue set_vlan_vid set_vlan_pcp strip_vlan mod_dl_src mod_dl_dst mod_nw_src mod_nw_dst mod_nw_tos mod_tp_src mod_tp_dst'}`] : later),
    ...numbered.flatMap((p) => [` ${formatPort(p.ofport)}(${p.name.slice(0, SHOWN_NAME)}): addr:${p.mac ?? '00:00:00:00:00:00'}`, ...portSettings(p)]),
    `OFPT_GET_CONFIG_REPLY${version} (xid=${version === '' ? '0x4' : '0x5'}): frags=${bridge.frags} miss_send_len=0`,
  ];
}

/** Without a dump: up, and of no speed. */
const UNSAID: Readonly<Record<string, string>> = { config: '0', state: '0', speed: '0 Mbps now, 0 Mbps max' };

function portSettings(port: OvsPort): readonly string[] {
  return PORT_SETTINGS.flatMap((key) => {
    const value = port.extra?.[key] ?? UNSAID[key];
    if (value === undefined) return [];
    return [key === 'speed' ? `     speed: ${value}` : `     ${`${key}:`.padEnd(12)}${value}`];
  });
}

/** ODPP_NONE has no number. */
function dpPortOf(text: string | undefined): Pick<OvsPort, 'dpPort'> {
  const dpPort = parseDecimal(text, 0xffff_fffe);
  return dpPort === undefined ? {} : { dpPort };
}

/** Parses `ovs-appctl dpif/show`: bridges, full names of ports, numbers, types and options. Never throws on any text. */
export function parseDpifShow({ input, firstLine, lines }: Lines): Parsed<readonly OvsBridge[]> {
  const found = new DiagnosticList();
  const bridges: { readonly bridge: OvsBridge; readonly ports: OvsPort[] }[] = [];
  let datapathType = 'system';
  let heading: string | undefined;
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    if (line.trim() === '') continue;
    const datapath = /^(\S+)@\S+: hit:/.exec(line)?.[1];
    const bridgeName = /^ {2}(\S+):$/.exec(line)?.[1];
    const [, name, number = '', dpNumber, typeText = '', options] = /^ {4}(\S+) (\d+)\/(\d+|none): \(([^:)]*)(?:: (.*))?\)\s*$/.exec(line) ?? [];
    if (datapath !== undefined) {
      datapathType = datapath;
      heading = line.trimEnd();
    } else if (bridgeName !== undefined) bridges.push({ bridge: { ...emptyBridge(bridgeName, source), datapathType, ...(heading === undefined ? {} : { datapath: heading }) }, ports: [] });
    else if (name !== undefined && bridges.length > 0) {
      // The dummy datapath of Open vSwitch's own tests has types of its own.
      const type = typeText === 'system' ? '' : typeText.replace(/^dummy-/, '');
      bridges.at(-1)?.ports.push({ ...withInterface(emptyPort(name, source), type === 'dummy' ? '' : type, options === undefined ? undefined : `{${options}}`), ofport: parsePort(number), ...dpPortOf(dpNumber), dpif: options === undefined ? typeText : `${typeText}: ${options}` });
    } else found.add('unknown-line', source, line);
  }
  return { value: bridges.map(({ bridge, ports }) => ({ ...bridge, ports })), diagnostics: found.items };
}

/** The lines of `dpif/show` (dpif_show_backer(), ofproto/ofproto-dpif.c); undefined when no such listing was given. */
export function printDpifShow(bridges: readonly OvsBridge[]): readonly string[] | undefined {
  const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : 1);
  const datapaths = [...new Set(bridges.flatMap((b) => b.datapath ?? []))].toSorted();
  const lines = datapaths.flatMap((datapath) => [datapath, ...bridges.filter((b) => b.datapath === datapath).toSorted(byName).flatMap((b) => [`  ${b.name}:`, ...b.ports.toSorted(byName).flatMap(dpifLine)])]);
  return lines.length === 0 ? undefined : lines;
}

const dpifLine = ({ name, ofport, dpPort, dpif }: OvsPort): readonly string[] => (dpif === undefined || ofport === undefined ? [] : [`    ${name} ${ofport}/${dpPort ?? 'none'}: (${dpif})`]);

/** What `ovs-vsctl list interface`, `list port` and `list bridge` say of one record. */
export interface OvsRecord {
  readonly table: 'interface' | 'port' | 'bridge';
  readonly name: string;
  readonly columns: ReadonlyMap<string, string>;
  readonly source: SourceRef;
}

/**
 * Parses those listings: records of `column : value`, an empty line between them. `nameOf`: what a record is called, its `name` unless
 * told otherwise; one without is left out. Never throws on any text.
 */
export function parseVsctlList({ input, firstLine, lines }: Lines, nameOf = (columns: ReadonlyMap<string, string>): string | undefined => columns.get('name')): Parsed<readonly OvsRecord[]> {
  const found = new DiagnosticList();
  const records: OvsRecord[] = [];
  let columns = new Map<string, string>();
  let start = 0;
  const close = (): void => {
    const name = nameOf(columns);
    if (name !== undefined) records.push({ table: columns.has('ofport') || columns.has('mac_in_use') ? 'interface' : columns.has('datapath_type') ? 'bridge' : 'port', name: name.replace(/^"(.*)"$/, '$1'), columns, source: { input, line: firstLine + start } });
    columns = new Map();
  };
  for (const [i, line] of lines.entries()) {
    const [, key, value = ''] = /^(\w+) *: (.*?)\s*$/.exec(line) ?? /^(\w+) *:()$/.exec(line) ?? [];
    if (line.trim() === '') close();
    else if (key === undefined) found.add('unknown-line', { input, line: firstLine + i }, line);
    else {
      if (columns.size === 0) start = i;
      columns.set(key, value);
    }
  }
  close();
  return { value: records, diagnostics: found.items };
}

/** Records as the world keeps them. */
export const listed = (records: readonly OvsRecord[]): readonly OvsListed[] => records.map(({ table, columns, source }) => ({ table, columns: Object.fromEntries(columns), source }));

/** The lines of `ovs-vsctl list TABLE [RECORD]` (list_record(), lib/db-ctl-base.c). */
export function printVsctlList(records: readonly OvsListed[], table: string, name: string | undefined): readonly string[] | undefined {
  const wanted = records.filter((r) => r.table === table.toLowerCase() && (name === undefined || unquoted(r.columns['name'] ?? '') === name || r.columns['_uuid'] === name));
  if (wanted.length === 0) return undefined;
  return wanted.flatMap(({ columns }, i) => [...(i === 0 ? [] : ['']), ...Object.entries(columns).map(([key, value]) => `${key.padEnd(20)}: ${value}`)]);
}
