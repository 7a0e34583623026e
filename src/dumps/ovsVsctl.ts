import { formatIp4, parseIp4 } from '../packet/address.ts';
import type { OvsBridge, OvsPort, OvsTunnel } from '../world/openflow.ts';
import type { SourceRef } from '../world/source.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { unquoted } from './ovsNames.ts';
import { splitTop } from './ovsKeyValue.ts';
import { parseNumber } from './ovsWords.ts';

/** What `ovs-vsctl show` says; `heading` are the lines that are about no bridge, as they stand. */
export interface VsctlListing {
  readonly bridges: readonly OvsBridge[];
  readonly heading: string;
}

export const emptyBridge = (name: string, source: SourceRef | undefined): OvsBridge => ({ name, failMode: 'standalone', datapathType: 'system', ports: [], flows: undefined, groups: undefined, tlvs: [], frags: 'normal', macs: [], source });

export const emptyPort = (name: string, source: SourceRef | undefined): OvsPort => ({ name, ofport: undefined, type: 'unknown', typeText: '', peer: undefined, tunnel: undefined, tag: undefined, trunks: undefined, vlanMode: undefined, mac: undefined, source });

const TYPES: ReadonlySet<string> = new Set(['system', 'internal', 'patch', 'vxlan', 'geneve', 'gre', 'tap', 'dpdk', 'dpdkvhostuser', 'dpdkvhostuserclient']);

/** `''` is a device of the machine. */
export const portType = (text: string): OvsPort['type'] => (text === '' ? 'system' : TYPES.has(text) ? (text as OvsPort['type']) : 'unknown');

/** `{csum="true", key=flow, remote_ip="50.50.51.21"}` or the same without braces. */
export const parseOptions = (text: string): ReadonlyMap<string, string> =>
  new Map(
    splitTop(text.replace(/^\{|\}$/g, ''))
      .map((part) => part.trim())
      .filter((part) => part.includes('='))
      .map((part): [string, string] => [part.slice(0, part.indexOf('=')), unquoted(part.slice(part.indexOf('=') + 1))]),
  );

const DEFAULT_PORT: Readonly<Record<string, number>> = { vxlan: 4789, geneve: 6081, gre: 0 };

/** The tunnel that a port of that type with these options is (lib/netdev-vport.c, set_tunnel_config()); undefined for IPv6 and other types. */
export function tunnelOf(type: OvsPort['type'], options: ReadonlyMap<string, string>): OvsTunnel | undefined {
  const dstPort = DEFAULT_PORT[type];
  if (dstPort === undefined) return undefined;
  const ip = (key: string): OvsTunnel['remoteIp'] | undefined => (options.get(key) === 'flow' ? 'flow' : parseIp4(options.get(key) ?? ''));
  const remoteIp = ip('remote_ip');
  if (remoteIp === undefined) return undefined;
  const keyText = options.get('key') ?? options.get('out_key');
  const number = (key: string): number | 'inherit' | undefined => (options.get(key) === 'inherit' ? 'inherit' : parseNumber(options.get(key) ?? ''));
  return {
    remoteIp,
    localIp: ip('local_ip'),
    key: keyText === 'flow' ? 'flow' : parseNumber(keyText ?? ''),
    dstPort: parseNumber(options.get('dst_port') ?? '') ?? dstPort,
    csum: options.get('csum') === 'true',
    df: options.get('df_default') !== 'false',
    ttl: number('ttl'),
    tos: number('tos'),
  };
}

/** A port with the type and options of its interface. */
export function withInterface(port: OvsPort, typeText: string, options: string | undefined): OvsPort {
  const type = portType(typeText);
  const known = parseOptions(options ?? '');
  return { ...port, type, typeText, peer: type === 'patch' ? known.get('peer') : undefined, tunnel: tunnelOf(type, known), ...(options === undefined ? {} : { extra: { ...port.extra, options } }) };
}

const ENTITY = /^( +)(Bridge|Port|Interface|Controller|Manager) (\S.*?)\s*$/;
const SETTING = /^( +)([\w-]+): (.*?)\s*$/;

interface PortDraft {
  readonly name: string;
  readonly settings: Map<string, string>;
  interfaces: number;
}

/** Parses `ovs-vsctl show`. Never throws on any text. */
export function parseVsctlShow({ input, firstLine, lines }: Lines): Parsed<VsctlListing> {
  const found = new DiagnosticList();
  const bridges: { bridge: OvsBridge; readonly ports: OvsPort[]; readonly extra: Record<string, string> }[] = [];
  const heading: string[] = [];
  let port: PortDraft | undefined;
  let last: { readonly indent: number; readonly kind: string } = { indent: 0, kind: '' };
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    if (line.trim() === '') continue;
    const [, indentText = '', kind, name = ''] = ENTITY.exec(line) ?? [];
    const current = bridges.at(-1);
    if (kind === 'Bridge') {
      bridges.push({ bridge: emptyBridge(unquoted(name), source), ports: [], extra: {} });
      port = undefined;
    } else if (kind === 'Port' && current) port = { name: unquoted(name), settings: new Map(), interfaces: 0 };
    else if (kind === 'Interface' && current && port) {
      port.interfaces++;
      current.ports.push(portFrom(port, unquoted(name), source));
    } else if (kind === 'Controller' && current && indentText.length > 4) current.extra['controller'] = `${current.extra['controller'] === undefined ? '' : `${current.extra['controller']} `}${name}`;
    else if (kind !== undefined) heading.push(line);
    if (kind !== undefined) {
      last = { indent: indentText.length, kind };
      continue;
    }
    const [, spaces = '', key = '', value = ''] = SETTING.exec(line) ?? [];
    if (spaces.length <= 4 && (spaces.length === 4 || /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(line.trim()))) {
      heading.push(line);
      continue;
    }
    // A bridge's settings stand behind its controllers, too.
    if (last.kind === 'Controller' && spaces.length <= last.indent) last = { indent: spaces.length - 4, kind: 'Bridge' };
    if (last.kind === 'Manager') {
      heading.push(line);
      continue;
    }
    if (key === '' || !current) {
      found.add('unknown-line', source, line);
      continue;
    }
    if (last.kind === 'Interface' && spaces.length > last.indent) setInterface(current.ports, key, value);
    else if (last.kind === 'Port' && port && spaces.length > last.indent) port.settings.set(key, value);
    else if (last.kind === 'Bridge') current.bridge = withSetting(current.bridge, current.extra, key, value);
    else if (last.kind === 'Controller') current.extra[`controller ${key}`] = value;
  }
  const value = bridges.map(({ bridge, ports, extra }): OvsBridge => ({ ...bridge, ports, ...(Object.keys(extra).length === 0 ? {} : { extra }) }));
  return { value: { bridges: value, heading: heading.join('\n') }, diagnostics: found.items };
}

function withSetting(bridge: OvsBridge, extra: Record<string, string>, key: string, value: string): OvsBridge {
  if (key === 'fail_mode') {
    if (value !== 'secure') extra['fail_mode'] = value;
    return { ...bridge, failMode: value === 'secure' ? 'secure' : 'standalone' };
  }
  if (key === 'datapath_type') {
    extra['datapath_type'] = value;
    return { ...bridge, datapathType: unquoted(value) };
  }
  extra[key] = value;
  return bridge;
}

/** An interface's port; one of several of a bond names the bond. */
function portFrom({ name, settings }: PortDraft, iface: string, source: SourceRef): OvsPort {
  const extra: Record<string, string> = name === iface ? {} : { port: name };
  for (const [key, value] of settings) if (key !== 'tag' && key !== 'trunks') extra[key] = value;
  const trunks = settings.get('trunks')?.match(/\d+/g)?.map(Number);
  return { ...emptyPort(iface, source), type: 'system', tag: parseNumber(settings.get('tag') ?? ''), trunks, ...(Object.keys(extra).length === 0 ? {} : { extra }) };
}

function setInterface(ports: OvsPort[], key: string, value: string): void {
  const port = ports.at(-1);
  if (!port) return;
  const options = port.extra?.['options'];
  if (key === 'type') ports[ports.length - 1] = withInterface(port, unquoted(value), options);
  else if (key === 'options') ports[ports.length - 1] = withInterface(port, port.typeText, value);
  else ports[ports.length - 1] = { ...port, extra: { ...port.extra, [key]: value } };
}

/** A name or value as `ovs-vsctl` prints it: in quotes unless it starts with a letter and holds nothing unusual (string_needs_quotes(), lib/ovsdb-data.c). */
export const quoted = (text: string): string => (/^[A-Za-z_][\w.-]*$/.test(text) && text !== 'true' && text !== 'false' && !UUID.test(text) ? text : JSON.stringify(text));

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The lines of `ovs-vsctl show` (cmd_show_row(), lib/db-ctl-base.c). */
export function printVsctlShow(bridges: readonly OvsBridge[], heading: string | undefined): readonly string[] {
  const [uuid = '00000000-0000-0000-0000-000000000000', ...others] = heading === undefined || heading === '' ? [] : heading.split('\n');
  const managers = others.filter((l) => !l.includes('ovs_version'));
  return [uuid, ...managers, ...bridges.flatMap(printBridge), ...others.filter((l) => l.includes('ovs_version'))];
}

/** Settings that `ovs-ofctl show` told, and not this command. */
const OF_OFCTL: ReadonlySet<string> = new Set(['dpid', 'tables', 'capabilities', 'actions', 'fail_mode']);

function printBridge(bridge: OvsBridge): readonly string[] {
  const { controller, datapath_type: datapathType, ...rest } = bridge.extra ?? {};
  const controllers = controller === undefined ? [] : controller.split(' ');
  const connected = rest['controller is_connected'];
  const settings = Object.entries(rest).filter(([key]) => !key.startsWith('controller ') && !OF_OFCTL.has(key));
  const byPort = new Map<string, OvsPort[]>();
  for (const port of bridge.ports) {
    const key = port.extra?.['port'] ?? port.name;
    byPort.set(key, [...(byPort.get(key) ?? []), port]);
  }
  return [
    `    Bridge ${quoted(bridge.name)}`,
    ...controllers.flatMap((c) => [`        Controller ${c}`, ...(connected === undefined ? [] : [`            is_connected: ${connected}`])]),
    ...(bridge.failMode === 'secure' ? ['        fail_mode: secure'] : rest['fail_mode'] === undefined ? [] : [`        fail_mode: ${rest['fail_mode']}`]),
    ...(datapathType === undefined ? (bridge.datapathType === 'system' ? [] : [`        datapath_type: ${quoted(bridge.datapathType)}`]) : [`        datapath_type: ${datapathType}`]),
    ...settings.map(([key, value]) => `        ${key}: ${value}`),
    ...[...byPort].flatMap(([name, ports]) => printPort(name, ports)),
  ];
}

/** Settings of an interface that `show` prints, in its order. */
const INTERFACE_SETTINGS = ['options', 'error', 'bfd_status'] as const;

function printPort(name: string, ports: readonly OvsPort[]): readonly string[] {
  const [first] = ports;
  return [
    `        Port ${quoted(name)}`,
    ...(first?.tag === undefined ? [] : [`            tag: ${first.tag}`]),
    ...(first?.trunks === undefined ? [] : [`            trunks: [${first.trunks.join(', ')}]`]),
    ...ports.flatMap((p) => [
      `            Interface ${quoted(p.name)}`,
      ...(p.typeText === '' ? [] : [`                type: ${quoted(p.typeText)}`]),
      ...INTERFACE_SETTINGS.flatMap((key) => {
        const value = p.extra?.[key] ?? (key === 'options' ? madeOptions(p) : undefined);
        return value === undefined ? [] : [`                ${key}: ${value}`];
      }),
    ]),
  ];
}

/** Options of a port that no dump described: those of its tunnel and its peer. */
function madeOptions(port: OvsPort): string | undefined {
  const { tunnel, peer } = port;
  const ip = (value: OvsTunnel['remoteIp']): string => (value === 'flow' ? 'flow' : formatIp4(value));
  const options: readonly (readonly [string, string])[] = [
    ...(peer === undefined ? [] : ([['peer', peer]] as const)),
    ...(tunnel
      ? ([
          ...(tunnel.csum ? ([['csum', 'true']] as const) : []),
          ...(tunnel.dstPort === DEFAULT_PORT[port.type] ? [] : ([['dst_port', String(tunnel.dstPort)]] as const)),
          ...(tunnel.key === undefined ? [] : ([['key', String(tunnel.key)]] as const)),
          ...(tunnel.localIp === undefined ? [] : ([['local_ip', ip(tunnel.localIp)]] as const)),
          ['remote_ip', ip(tunnel.remoteIp)],
        ] as const)
      : []),
  ];
  return options.length === 0 ? undefined : `{${options.map(([key, value]) => `${key}=${quotedValue(value)}`).join(', ')}}`;
}

const quotedValue = (value: string): string => (value === 'true' ? '"true"' : quoted(value));
