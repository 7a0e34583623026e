import type { LogicalFlow, OvnBinding, OvnChassis, OvnDatapath } from '../world/ovn.ts';
import type { SourceRef } from '../world/source.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { unquoted } from './ovsNames.ts';
import { parseVsctlList } from './ovsShow.ts';
import { parseDecimal } from './words.ts';

/** Parses `ovn-sbctl show`. Never throws on any text. */
export function parseSbShow({ input, firstLine, lines }: Lines): Parsed<readonly OvnChassis[]> {
  const found = new DiagnosticList();
  const all: { readonly chassis: OvnChassis; hostname: string | undefined; readonly encaps: { readonly type: string; ip: string; options?: string }[]; readonly ports: string[] }[] = [];
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    if (line.trim() === '') continue;
    const [, kind, name = ''] = /^\s*(Chassis|Encap|Port_Binding) (\S+)\s*$/.exec(line) ?? [];
    const [, key, value = ''] = /^\s+([\w -]+): (.*?)\s*$/.exec(line) ?? [];
    const last = all.at(-1);
    if (kind === 'Chassis') all.push({ chassis: { name: unquoted(name), hostname: undefined, encaps: [], ports: [], source }, hostname: undefined, encaps: [], ports: [] });
    else if (kind === 'Encap') last?.encaps.push({ type: name, ip: '' });
    else if (kind === 'Port_Binding') last?.ports.push(unquoted(name));
    else if (key === 'hostname' && last) last.hostname = unquoted(value);
    else if (key === 'ip' && last) {
      const encap = last.encaps.at(-1);
      if (encap) encap.ip = unquoted(value);
    } else if (key === 'options' && last) {
      const encap = last.encaps.at(-1);
      if (encap) encap.options = value;
    } else if (key === undefined) found.add('unknown-line', source, line);
  }
  return { value: all.map(({ chassis, hostname, encaps, ports }) => ({ ...chassis, hostname, encaps, ports })), diagnostics: found.items };
}

const DATAPATH = /^Datapath: (?:"(?<name>(?:[^"\\]|\\.)*)" )?(?:aka "[^"]*" )?\(?(?<uuid>[0-9a-f-]{36})\)? +Pipeline: (?<pipeline>ingress|egress)/;
const FLOW = /^\s*(?:uuid=0x(?<uuid>[0-9a-f]{1,8}), )?table=(?<table>\d{1,3})\s*\(\s*(?<stage>\w+)\s*\), priority=(?<priority>\d{1,5})\s*, match=\((?<match>.*)\), action=\((?<actions>.*)\)/;

/** What stands in the headings of `lflow-list` for each switch and router, by its name. */
export function lflowHeads({ lines }: Lines): Readonly<Record<string, string>> {
  const heads = lines.flatMap((line) => {
    const { name, uuid } = DATAPATH.exec(line)?.groups ?? {};
    const key = name ?? uuid;
    return key === undefined ? [] : [[key, line.slice('Datapath: '.length, line.lastIndexOf('Pipeline: ')).trim()] as const];
  });
  return Object.fromEntries(heads);
}

/** Parses `ovn-sbctl lflow-list`, also with `--uuid`. Never throws on any text. */
export function parseLflowList({ input, firstLine, lines }: Lines): Parsed<readonly LogicalFlow[]> {
  const found = new DiagnosticList();
  const flows: LogicalFlow[] = [];
  let datapath: string | undefined;
  let pipeline: LogicalFlow['pipeline'] = 'ingress';
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    if (line.trim() === '') continue;
    const head = DATAPATH.exec(line)?.groups;
    if (head) {
      datapath = head['name'] ?? head['uuid'];
      pipeline = head['pipeline'] === 'egress' ? 'egress' : 'ingress';
      continue;
    }
    const flow = FLOW.exec(line)?.groups;
    if (!flow || datapath === undefined) {
      found.add('unknown-line', source, line);
      continue;
    }
    const { uuid, table, stage = '', priority, match = '', actions = '' } = flow;
    flows.push({ datapath, pipeline, table: Number(table), stage, priority: Number(priority), match, actions, uuid: uuid?.padStart(8, '0'), source });
  }
  return { value: flows, diagnostics: found.items };
}

export interface Bindings {
  readonly datapaths: readonly OvnDatapath[];
  readonly bindings: readonly OvnBinding[];
}

/** Parses `ovn-sbctl list datapath_binding` and `list port_binding`. Never throws on any text. */
export function parseSbList(lines: Lines): Parsed<Bindings> {
  const { value, diagnostics } = parseVsctlList(lines, (columns) => columns.get('logical_port') ?? /\bname="?([^",}]+)/.exec(columns.get('external_ids') ?? '')?.[1] ?? columns.get('_uuid'));
  const datapaths: OvnDatapath[] = [];
  const bindings: OvnBinding[] = [];
  for (const { name, columns, source } of value) {
    const key = parseDecimal(columns.get('tunnel_key'), 0xffffff);
    if (key === undefined) continue;
    if (columns.has('logical_port')) bindings.push({ port: unquoted(name), datapath: columns.get('datapath'), key, source });
    else datapaths.push({ name: unquoted(name), uuid: columns.get('_uuid'), key, source });
  }
  return { value: { datapaths, bindings }, diagnostics };
}
