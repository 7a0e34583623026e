import { OFPP, type OpenFlowAction, type OpenFlowRule, type OvsBridge, type OvsListed, type OvsPort } from '../world/openflow.ts';
import type { CtListing } from '../world/conntrack.ts';
import type { DatapathFlow } from '../world/datapathFlow.ts';
import type { SourceRef } from '../world/source.ts';
import { DiagnosticList, type Parsed } from './diagnostic.ts';
import { invent } from './ovsInvent.ts';
import { parseDumpConntrack } from './ovsConntrack.ts';
import { parseDpFlows } from './ovsDpFlows.ts';
import { parseFdbShow } from './ovsFdb.ts';
import { readDumpFlows } from './ovsFlows.ts';
import { readDumpGroups } from './ovsGroups.ts';
import { type OvsNames, portNames } from './ovsNames.ts';
import { mergePorts, withRecords } from './ovsPorts.ts';
import { ovsCommand, type OvsSectionKind, subjectOf } from './ovsSection.ts';
import { listed as listedRecords, parseDpifShow, parseOfctlShow, parseVsctlList } from './ovsShow.ts';
import { readTlvMap } from './ovsTlvMap.ts';
import { emptyBridge, parseVsctlShow } from './ovsVsctl.ts';
import { commandKind, type Section } from './section.ts';

export interface AssembledOvs {
  /** undefined: nothing tells of a bridge. */
  readonly bridges: readonly OvsBridge[] | undefined;
  /** Lines of `ovs-vsctl show` that are about no bridge. */
  readonly heading: string | undefined;
  /** Connections of the kernel's conntrack, which its datapath shares with the machine; undefined without a listing. */
  readonly conntrack: readonly CtListing[] | undefined;
  /** Flows that the datapath has cached; undefined without a listing. */
  readonly datapathFlows: readonly DatapathFlow[] | undefined;
  /** Records of the switch's database; undefined where no whole table was listed. */
  readonly records: readonly OvsListed[] | undefined;
}

/** Listings that make a bridge known. */
const KINDS: ReadonlySet<string> = new Set<OvsSectionKind>(['ovs-vsctl', 'ovs-list', 'ovs-ofctl-show', 'ovs-dpif-show', 'ovs-flows', 'ovs-groups', 'ovs-tlv-map', 'ovs-fdb']);

interface Named {
  readonly section: Section;
  readonly bridge: string;
}

const startOf = ({ input, firstLine }: Section): SourceRef => ({ input, line: firstLine });

/** The bridges of one machine from all listings of its Open vSwitch. What is missing is asked for. */
export function assembleOvs(all: readonly Section[]): Parsed<AssembledOvs> {
  const sections = all.filter((s) => KINDS.has(s.kind));
  const found = new DiagnosticList();
  const tracked = all.filter((s) => s.kind === 'ovs-dp-conntrack');
  const cached = all.filter((s) => s.kind === 'ovs-dp-flows');
  if (sections.length + tracked.length + cached.length === 0) return { value: { bridges: undefined, heading: undefined, conntrack: undefined, datapathFlows: undefined, records: undefined }, diagnostics: [] };
  const of = (kind: OvsSectionKind): readonly Section[] => sections.filter((s) => s.kind === kind);
  const read = <T>({ value, diagnostics }: Parsed<T>): T => {
    found.addAll(diagnostics);
    return value;
  };
  const listed = of('ovs-vsctl').map((s) => read(parseVsctlShow(s)));
  const datapaths = of('ovs-dpif-show').flatMap((s) => read(parseDpifShow(s)));
  const shown = of('ovs-ofctl-show').flatMap((s) => {
    const bridge = read(parseOfctlShow(s));
    const name = bridge?.name ?? subject(s);
    if (!bridge) found.add('truncated', startOf(s), s.command ?? s.lines[0] ?? '');
    // The bridge's own port may have been cut off, the command has its whole name.
    return bridge && name !== undefined ? [{ ...bridge, name: fullName(name, subject(s)) }] : [];
  });
  const records = of('ovs-list').flatMap((s) => read(parseVsctlList(s)));
  const bridges = new Map<string, OvsBridge>();
  for (const bridge of listed.flatMap((l) => l.bridges)) if (!bridges.has(bridge.name)) bridges.set(bridge.name, bridge);
  for (const bridge of datapaths) bridges.set(bridge.name, mergeBridge(bridges.get(bridge.name), bridge));
  for (const bridge of shown) bridges.set(bridge.name, withShow(bridges.get(bridge.name), bridge));
  const named = nameSections(sections, bridges, found);
  for (const { bridge, section } of named) if (!bridges.has(bridge)) bridges.set(bridge, emptyBridge(bridge, startOf(section)));
  const known = [...bridges.values()].map((b) => withOwnNumber(withRecords(b, records)));
  const result = known.map((bridge) => withListings(bridge, named.filter((n) => n.bridge === bridge.name).map((n) => n.section), found));
  askForMissing(result, { vsctl: listed.length > 0 || datapaths.length > 0 || records.length > 0 }, found);
  // A datapath in user space tracks connections of its own.
  const shared = result.every((b) => b.datapathType !== 'netdev');
  const conntrack = tracked.length > 0 && shared ? tracked.slice(0, 1).flatMap((s) => read(parseDumpConntrack(s))) : undefined;
  const datapathFlows = cached.length === 0 ? undefined : listingsOfCache(cached).flatMap((s) => read(parseDpFlows(s)));
  return { value: { conntrack, datapathFlows, records: wholeTables(of('ovs-list')), bridges: result.length === 0 ? undefined : result, heading: listed.find((l) => l.heading !== '')?.heading }, diagnostics: found.items };
}

/** Records of listings of a whole table with all its columns: each table once. */
function wholeTables(sections: readonly Section[]): readonly OvsListed[] | undefined {
  const whole = sections.filter((s) => {
    const command = s.command === undefined ? undefined : ovsCommand(commandKind(s.command).words);
    return command === undefined || (command.args.length < 2 && !command.options.some((o) => o.startsWith('--columns')));
  });
  const tables = new Map<string, readonly OvsListed[]>();
  for (const section of whole) {
    const records = listedRecords(parseVsctlList(section).value);
    const table = records[0]?.table;
    if (table !== undefined && !tables.has(table)) tables.set(table, records);
  }
  return tables.size === 0 ? undefined : [...tables.values()].flat();
}

/** `dpctl/dump-flows` lists all flows of a datapath, and most with `-m`; `dpif/dump-flows` those of one bridge. */
function listingsOfCache(sections: readonly Section[]): readonly Section[] {
  const ofBridge = (s: Section): boolean => s.command?.includes('dpif/dump-flows') === true;
  const whole = sections.filter((s) => !ofBridge(s));
  const best = whole.find((s) => s.lines.some((l) => l.startsWith('ufid:'))) ?? whole[0];
  return best ? [best] : sections.filter((s, i) => sections.findIndex((o) => o.command === s.command) === i);
}

/** The bridge's own port has the same number everywhere. */
const withOwnNumber = (bridge: OvsBridge): OvsBridge => ({ ...bridge, ports: bridge.ports.map((p) => (p.name === bridge.name && p.ofport === undefined ? { ...p, ofport: OFPP.LOCAL } : p)) });

/** The bridge that a section names by its command or its file. */
function subject(section: Section): string | undefined {
  const command = section.command === undefined ? undefined : ovsCommand(commandKind(section.command).words);
  return subjectOf(section.kind as OvsSectionKind, command, section.input);
}

/** A name of 15 characters may be the start of a longer one. */
const fullName = (name: string, whole: string | undefined): string => (whole !== undefined && name.length === 15 && whole.startsWith(name) ? whole : name);

/** `dpif/show` beside `ovs-vsctl show`: it adds numbers, and ports that the other does not have. */
function mergeBridge(known: OvsBridge | undefined, more: OvsBridge): OvsBridge {
  return known ? { ...known, ...(more.datapath === undefined ? {} : { datapath: more.datapath }), ports: mergePorts(known.ports, more.ports) } : more;
}

function withShow(known: OvsBridge | undefined, show: OvsBridge): OvsBridge {
  if (!known) return show;
  const extra = { ...known.extra, ...show.extra };
  return { ...known, ports: mergePorts(known.ports, show.ports), frags: show.frags, ...(Object.keys(extra).length === 0 ? {} : { extra }) };
}

/** Which bridge each listing of rules, groups, options and addresses is about; without a name the only one that it can be. */
function nameSections(sections: readonly Section[], bridges: ReadonlyMap<string, OvsBridge>, found: DiagnosticList): readonly Named[] {
  const wanted = sections.filter((s) => s.kind === 'ovs-flows' || s.kind === 'ovs-groups' || s.kind === 'ovs-tlv-map' || s.kind === 'ovs-fdb');
  const named = wanted.flatMap((section): readonly Named[] => {
    const bridge = subject(section);
    return bridge === undefined ? [] : [{ section, bridge }];
  });
  const nameless = wanted.filter((s) => subject(s) === undefined);
  const all = new Set([...bridges.keys(), ...named.map((n) => n.bridge)]);
  for (const section of nameless) {
    const free = [...all].filter((b) => !named.some((n) => n.bridge === b && n.section.kind === section.kind));
    const [only, ...others] = free;
    if (only !== undefined && others.length === 0) named.push({ section, bridge: only });
    else found.add('ovs-bridge-unnamed', startOf(section), section.command ?? section.lines.find((l) => l.trim() !== '')?.trim() ?? '');
  }
  return named;
}

/** Rules, groups, tunnel options and addresses of one bridge. */
function withListings(bridge: OvsBridge, sections: readonly Section[], found: DiagnosticList): OvsBridge {
  const of = (kind: OvsSectionKind): readonly Section[] => sections.filter((s) => s.kind === kind);
  const [flows, ...moreFlows] = of('ovs-flows').toSorted((a, b) => rankOf(b) - rankOf(a));
  for (const other of moreFlows) if (flows && rankOf(other) === rankOf(flows) && !sameListing(flows, other)) found.add('duplicate-section', startOf(other), other.command ?? other.input);
  // OpenFlow 1.1 to 1.4 leave out the buckets' numbers and how one is selected.
  const groups = of('ovs-groups').find((s) => s.lines.some((l) => l.includes('bucket_id:'))) ?? of('ovs-groups')[0];
  const { ports, names, tableNames } = invent(bridge.ports, [flows, groups].flatMap((s) => s?.lines ?? []));
  const assumed = ports.filter((p) => p.ofportAssumed).map((p) => p.name);
  if (flows && assumed.length > 0) found.add('ovs-ports-assumed', startOf(flows), `ovs-ofctl show ${bridge.name}`);
  const read = <T>({ value, diagnostics }: Parsed<T>): T => {
    found.addAll(diagnostics);
    return value;
  };
  const rules = flows && read(readDumpFlows(flows, names));
  if (rules) reportUnknown(rules, found);
  return {
    ...bridge,
    ports,
    flows: rules,
    groups: groups && read(readDumpGroups(groups, names)),
    tlvs: of('ovs-tlv-map').flatMap((s) => read(readTlvMap(s))),
    macs: of('ovs-fdb').flatMap((s) => read(parseFdbShow(s, portNamesOf(ports), bridge.name))),
    ...(tableNames ? { tableNames } : {}),
  };
}

/** `ovs-appctl` knows ports by their whole names, not by those of OpenFlow. */
const portNamesOf = (ports: readonly OvsPort[]): OvsNames => ({ ...portNames(ports), portName: (ofport) => ports.find((p) => p.ofport === ofport)?.name });

/**
 * Of several dumps of one bridge the one that says most is read: later versions of OpenFlow have actions that 1.0 leaves out, and
 * `bridge/dump-flows` has no cookies.
 */
function rankOf(section: Section): number {
  const { words } = section.command === undefined ? { words: [] } : commandKind(section.command);
  const version = /OpenFlow1(\d)/i.exec(section.command ?? section.input)?.[1] ?? /^OFPST_FLOW reply \(OF1\.(\d)\)/.exec(section.lines[0] ?? '')?.[1];
  return words[0] === 'ovs-appctl' || section.lines.some((l) => l.startsWith('duration=')) ? 0 : 1 + Number(version ?? 0);
}

/** Two dumps of one bridge: counters and ages differ, rules should not. */
function sameListing(a: Section, b: Section): boolean {
  const rules = (s: Section): string => s.lines.filter((l) => l.includes('actions=')).map((l) => l.replace(/(?:duration|n_packets|n_bytes|idle_age|hard_age)=[^,]*, /g, '')).sort().join('\n');
  return rules(a) === rules(b);
}

/** Each action and condition that nobody understands, once. */
function reportUnknown(rules: readonly OpenFlowRule[], found: DiagnosticList): void {
  const said = new Set<string>();
  const say = (text: string, source: SourceRef | undefined): void => {
    if (said.has(text)) return;
    said.add(text);
    found.add('unknown-openflow', source ?? { input: '', line: 0 }, text);
  };
  const walk = (actions: readonly OpenFlowAction[], source: SourceRef | undefined): void => {
    for (const action of actions) {
      if (action.kind === 'unknown') say(action.text, source);
      else if (action.kind === 'clone' || action.kind === 'write_actions') walk(action.actions, source);
      else if (action.kind === 'ct') walk(action.exec, source);
    }
  };
  for (const rule of rules) {
    for (const { text } of rule.match) if (text !== undefined) say(text, rule.source);
    walk(rule.actions, rule.source);
  }
}

/** Asks for what somebody would have to paste. */
function askForMissing(bridges: readonly OvsBridge[], given: { readonly vsctl: boolean }, found: DiagnosticList): void {
  const ask = (code: 'ovs-no-flows' | 'ovs-no-ports' | 'ovs-no-types' | 'ovs-no-groups' | 'ovs-no-tlv-map', bridge: OvsBridge, command: string): void => found.add(code, bridge.source ?? { input: '', line: 0 }, command);
  for (const bridge of bridges) {
    const { name, flows, groups, tlvs, ports } = bridge;
    const version = '-O OpenFlow15';
    if (flows === undefined) ask('ovs-no-flows', bridge, `ovs-ofctl dump-flows ${name}`);
    else if (ports.every((p) => p.ofport === undefined || p.ofport === OFPP.LOCAL)) ask('ovs-no-ports', bridge, `ovs-ofctl show ${name}`);
    if (!given.vsctl && bridge === bridges[0]) ask('ovs-no-types', bridge, 'ovs-vsctl show');
    if (groups === undefined && flows?.some((r) => r.actions.some((a) => a.kind === 'group'))) ask('ovs-no-groups', bridge, `ovs-ofctl ${version} dump-groups ${name}`);
    if (tlvs.length === 0 && flows?.some(usesTunnelOptions)) ask('ovs-no-tlv-map', bridge, `ovs-ofctl dump-tlv-map ${name}`);
  }
}

const TUN_METADATA = /^tun_metadata/;

const usesTunnelOptions = ({ match, actions }: OpenFlowRule): boolean =>
  match.some((c) => TUN_METADATA.test(c.field)) ||
  actions.some((a) => (a.kind === 'set_field' && TUN_METADATA.test(a.field)) || ((a.kind === 'load' || a.kind === 'move') && TUN_METADATA.test(a.dst.field)) || (a.kind === 'move' && TUN_METADATA.test(a.src.field)));

