import type { CtListing } from '../world/conntrack.ts';
import type { IpSet } from '../world/ipset.ts';
import type { IpvsConnection, VirtualServer } from '../world/ipvs.ts';
import type { Table, TableName } from '../world/netfilter.ts';
import type { SourceRef } from '../world/source.ts';
import type { FdbEntry, Link, Listener, Neighbour, Netns, NexthopObject, PolicyRule, Route, RouteException, Unmodelled } from '../world/world.ts';
import { parseBridgeFdb } from './bridgeFdb.ts';
import { parseBridgeLink, type PortListing, withPorts } from './bridgeLink.ts';
import { parseBridgeVlan, type PortVlans, withVlans } from './bridgeVlan.ts';
import { parseConntrack } from './conntrack.ts';
import { type Diagnostic, DiagnosticList, type Parsed } from './diagnostic.ts';
import { parseIpAddr } from './ipAddr.ts';
import { type LinkListing, mergeLinks, parseIpLink } from './ipLink.ts';
import { parseIpNeigh } from './ipNeigh.ts';
import { parseIpNexthop } from './ipNexthop.ts';
import { parseIpRoute } from './ipRoute.ts';
import { parseIpRouteCache } from './ipRouteCache.ts';
import { parseIpRule } from './ipRule.ts';
import { parseIpsetSave } from './ipsetSave.ts';
import { isTableName, parseIptablesSave } from './iptablesSave.ts';
import { parseIpvsConnections } from './ipvsConnections.ts';
import { type IpvsListing, parseIpvsadmList, parseIpvsadmSave, withConnections } from './ipvsadm.ts';
import { localTableOf } from './localTable.ts';
import { otherCommand, otherForOutput } from './otherCommand.ts';
import { commandKind, type Section, type SectionKind } from './section.ts';
import { type ListenerListing, parseSs } from './ss.ts';
import { parseSysctl } from './sysctl.ts';
import { markVxlans } from './tunnelWords.ts';
import { readBpftoolNet, readNftRuleset, readTc, readXfrmPolicy } from './unmodelled.ts';

/** What one section holds, by its kind. */
export type SectionContent =
  | { readonly kind: 'tables'; readonly tables: readonly Table[] }
  | { readonly kind: 'ipsets'; readonly ipsets: readonly IpSet[] }
  | { readonly kind: 'ipvs'; readonly listing: IpvsListing; readonly from: 'ipvsadm-save' | 'ipvsadm-list' }
  | { readonly kind: 'ipvs-connections'; readonly connections: readonly IpvsConnection[] }
  | { readonly kind: 'links'; readonly listing: LinkListing }
  | { readonly kind: 'rules'; readonly rules: readonly PolicyRule[] }
  | { readonly kind: 'routes'; readonly routes: readonly Route[] }
  | { readonly kind: 'nexthops'; readonly nexthops: readonly NexthopObject[] }
  | { readonly kind: 'route-cache'; readonly entries: readonly RouteException[] }
  | { readonly kind: 'neighbours'; readonly neighbours: readonly Neighbour[] }
  | { readonly kind: 'fdb'; readonly fdb: readonly FdbEntry[] }
  | { readonly kind: 'ports'; readonly ports: readonly PortListing[] }
  | { readonly kind: 'vlans'; readonly vlans: readonly PortVlans[] }
  | { readonly kind: 'sysctls'; readonly sysctls: Readonly<Record<string, string>> }
  | { readonly kind: 'sockets'; readonly listing: ListenerListing }
  | { readonly kind: 'conntrack'; readonly entries: readonly CtListing[] }
  | { readonly kind: 'unmodelled'; readonly unmodelled: readonly Unmodelled[] }
  | { readonly kind: 'none' };

/** The value behind an option such as `-t` or `dev`; undefined when it is not there. */
const wordAfter = (words: readonly string[], ...options: readonly string[]): string | undefined => {
  const at = words.findIndex((w) => options.includes(w));
  return at < 0 ? undefined : words[at + 1];
};

/** Tables that have a name and may be asked for by number (rtnetlink.h). */
const TABLE_NAMES: ReadonlyMap<string, string> = new Map([
  ['253', 'default'],
  ['254', 'main'],
  ['255', 'local'],
]);

/** Those that are asked without a rule of one's own (fib_default_rules_init(), net/ipv4/fib_rules.c). */
const KERNEL_TABLES: ReadonlySet<string> = new Set(TABLE_NAMES.values());

/** The table whose routes `ip route` shows without naming it. */
function tableOf(words: readonly string[]): string {
  const table = wordAfter(words, 'table');
  return table === undefined || table === 'all' ? 'main' : (TABLE_NAMES.get(table) ?? table);
}

/** Parses one section by its kind. `beside`: the kinds of all sections of its namespace; where an iptables-save is among them, tables of iptables-nft are known. */
export function parseSection(section: Section, beside: ReadonlySet<SectionKind>): Parsed<SectionContent> {
  const words = section.command === undefined ? [] : commandKind(section.command).words;
  const sorted = !words.includes('--nosort');
  const of = <T>({ value, diagnostics }: Parsed<T>, content: (value: T) => SectionContent): Parsed<SectionContent> => ({ value: content(value), diagnostics });
  const unmodelled = (items: readonly Unmodelled[]): Parsed<SectionContent> => ({ value: { kind: 'unmodelled', unmodelled: items }, diagnostics: [] });
  switch (section.kind) {
    case 'iptables-save':
      return of(parseIptablesSave(section), (tables) => ({ kind: 'tables', tables }));
    case 'iptables-list-rules': {
      const table: string = wordAfter(words, '-t', '--table') ?? 'filter';
      const name: TableName = isTableName(table) ? table : 'filter';
      return of(parseIptablesSave(section, name), (tables) => ({ kind: 'tables', tables }));
    }
    case 'ipset-save':
      return of(parseIpsetSave(section), (ipsets) => ({ kind: 'ipsets', ipsets }));
    case 'ipvsadm-save':
      return of(parseIpvsadmSave(section, sorted), (listing) => ({ kind: 'ipvs', listing, from: 'ipvsadm-save' }));
    case 'ipvsadm-list':
      return of(parseIpvsadmList(section, sorted && words[0] !== 'cat'), (listing) => ({ kind: 'ipvs', listing, from: 'ipvsadm-list' }));
    case 'ipvs-connections':
      return of(parseIpvsConnections(section), (connections) => ({ kind: 'ipvs-connections', connections }));
    case 'ip-link':
      return of(parseIpLink(section), (listing) => ({ kind: 'links', listing }));
    case 'ip-addr':
      return of(parseIpAddr(section), (listing) => ({ kind: 'links', listing }));
    case 'ip-rule':
      return of(parseIpRule(section), (rules) => ({ kind: 'rules', rules }));
    case 'ip-route':
      return of(parseIpRoute(section, tableOf(words)), (routes) => ({ kind: 'routes', routes }));
    case 'ip-nexthop':
      return of(parseIpNexthop(section), (nexthops) => ({ kind: 'nexthops', nexthops }));
    case 'ip-route-cache':
      return of(parseIpRouteCache(section), (entries) => ({ kind: 'route-cache', entries }));
    case 'ip-neigh':
      return of(parseIpNeigh(section), (neighbours) => ({ kind: 'neighbours', neighbours }));
    case 'bridge-fdb':
      return of(parseBridgeFdb(section), (fdb) => ({ kind: 'fdb', fdb }));
    case 'bridge-link':
      return of(parseBridgeLink(section), (ports) => ({ kind: 'ports', ports }));
    case 'bridge-vlan':
      return of(parseBridgeVlan(section), (vlans) => ({ kind: 'vlans', vlans }));
    case 'sysctl':
      return of(parseSysctl(section), (sysctls) => ({ kind: 'sysctls', sysctls }));
    case 'ss':
      return of(parseSs(section), (listing) => ({ kind: 'sockets', listing }));
    case 'conntrack':
      return of(parseConntrack(section), (entries) => ({ kind: 'conntrack', entries }));
    case 'nft-ruleset':
      return unmodelled(readNftRuleset(section, hasIptables(beside)));
    case 'tc':
      return unmodelled(readTc(section, wordAfter(words, 'dev')));
    case 'bpftool-net':
      return unmodelled(readBpftoolNet(section));
    case 'xfrm-policy':
      return unmodelled(readXfrmPolicy(section));
    // The machine's switch is put together by assembleOvs(), the cluster's logical network by assembleOvn().
    case 'ovs-vsctl':
    case 'ovs-list':
    case 'ovs-ofctl-show':
    case 'ovs-flows':
    case 'ovs-groups':
    case 'ovs-tlv-map':
    case 'ovs-fdb':
    case 'ovs-dpif-show':
    case 'ovs-dp-flows':
    case 'ovs-dp-conntrack':
    case 'ovn-nb-show':
    case 'ovn-lb-list':
    case 'ovn-acl-list':
    case 'ovn-route-list':
    case 'ovn-nat-list':
    case 'ovn-policy-list':
    case 'ovn-sb-show':
    case 'ovn-lflow-list':
    case 'ovn-list':
    case 'objects':
    case 'ipv6':
    case 'failed':
    case 'empty':
    case 'unknown':
      return { value: { kind: 'none' }, diagnostics: aboutUnread(section, beside) };
  }
}

const hasIptables = (kinds: ReadonlySet<SectionKind>): boolean => kinds.has('iptables-save') || kinds.has('iptables-list-rules');

function aboutUnread(section: Section, beside: ReadonlySet<SectionKind>): readonly Diagnostic[] {
  const at: SourceRef = { input: section.input, line: section.firstLine };
  const found = new DiagnosticList();
  const firstLine = section.lines.find((l) => l.trim() !== '') ?? '';
  if (section.kind === 'ipv6') found.add('ipv6-skipped', at, section.command ?? firstLine);
  if (section.kind === 'failed') found.add('command-failed', at, firstLine.trim());
  if (section.kind === 'unknown') {
    const that = section.command ?? firstLine.trim();
    const pod = section.command === undefined ? undefined : commandKind(section.command).pod;
    const other = section.command === undefined ? otherForOutput(firstLine) : otherCommand(commandKind(section.command).words);
    if (pod !== undefined) found.add('exec-in-pod', at, pod);
    else if (other === undefined || beside.has(commandKind(other).kind)) found.add('unknown-section', at, that);
    else found.add('other-command', at, `${that.slice(0, 120)} → ${other}`);
  }
  return found.items;
}

/** Sections of one namespace put together. */
export function assembleNetns(name: string | null, sections: readonly Section[]): Parsed<Netns> {
  const found = new DiagnosticList();
  const kinds = new Set(sections.map((s) => s.kind));
  const contents: { readonly section: Section; readonly content: SectionContent }[] = [];
  for (const section of sections) {
    const { value, diagnostics } = parseSection(section, kinds);
    found.addAll(diagnostics);
    if (section.command !== undefined && section.kind !== 'unknown' && commandKind(section.command).filtered) {
      found.add('filtered-output', { input: section.input, line: section.firstLine }, section.command);
    }
    contents.push({ section, content: value });
  }
  const pick = <K extends SectionContent['kind']>(kind: K) =>
    contents.filter((c): c is { section: Section; content: Extract<SectionContent, { kind: K }> } => c.content.kind === kind);

  const unmodelled = pick('unmodelled').flatMap((c) => c.content.unmodelled);
  const tables = mergeTables(pick('tables').flatMap((c) => c.content.tables), found);
  const listings = pick('links');
  const vlans = pick('vlans');
  const portsKnown = withPorts(mergeLinks(listings.map((c) => c.content.listing)), pick('ports').flatMap((c) => c.content.ports));
  const fdb = unique(pick('fdb').map((c) => c.content.fdb));
  const links = markVxlans(vlans.length === 0 ? portsKnown : withVlans(portsKnown, vlans.flatMap((c) => c.content.vlans)), fdb);
  const homeless = listings.flatMap((c) => c.content.listing.apart).find((a) => !links.some((l) => l.name === a.name));
  if (homeless) found.add('missing-links', homeless.address.source ?? { input: '', line: 0 }, 'ip -d addr show');
  const [anyListing] = listings;
  if (anyListing && listings.every((c) => !c.content.listing.detailed) && links.some((l) => l.kind !== 'loopback')) {
    found.add('no-link-details', { input: anyListing.section.input, line: anyListing.section.firstLine }, anyListing.section.command ?? '');
  }
  const ipvs = pick('ipvs');
  const saved = ipvs.find((c) => c.content.from === 'ipvsadm-save')?.content.listing;
  const listed = ipvs.find((c) => c.content.from === 'ipvsadm-list' && !c.content.listing.partial)?.content.listing;
  const partial = ipvs.find((c) => c.content.listing.partial)?.content.listing;
  const balanced = pick('ipvs-connections').map((c) => c.content.connections);
  const proxied = links.find((l) => l.name === KUBE_IPVS);
  const sockets = pick('sockets');
  const connections = pick('conntrack');
  const ss = sockets[0]?.content.listing.heading;
  const headings = { ...(listed?.heading === undefined ? {} : { ipvsadm: listed.heading }), ...(ss === undefined ? {} : { ss }) };
  const nexthops = pick('nexthops');
  const cached = pick('route-cache');
  const netns: Netns = {
    name,
    links,
    rules: unique(pick('rules').map((c) => c.content.rules)),
    routes: withLocalTable(unique(pick('routes').map((c) => c.content.routes)), links, contents.map((c) => c.section), found),
    ...listedTables(pick('routes').map((c) => ({ table: listedTable(c.section), routes: c.content.routes }))),
    ...(nexthops.length === 0 ? {} : { nexthopObjects: unique(nexthops.map((c) => c.content.nexthops)) }),
    ...(cached.length === 0 ? {} : { routeCache: unique(cached.map((c) => c.content.entries)) }),
    neighbours: unique(pick('neighbours').map((c) => c.content.neighbours)),
    fdb,
    tables: hasIptables(kinds) ? tables.tables : undefined,
    ipsets: mergeSets(pick('ipsets').flatMap((c) => c.content.ipsets), found),
    ipvs: withConnections(chooseIpvs(saved, listed), partial?.servers ?? []),
    ...(proxied && saved === undefined && listed === undefined && partial === undefined ? { ipvsUnlisted: true } : {}),
    ...(balanced.length === 0 ? {} : { ipvsConnections: unique(balanced) }),
    sysctls: Object.fromEntries(pick('sysctls').flatMap((c) => Object.entries(c.content.sysctls))),
    ...(kinds.has('sysctl') ? {} : { sysctlsUnlisted: true }),
    sockets: sockets.length === 0 ? undefined : uniqueListeners(sockets.flatMap((c) => c.content.listing.listeners)),
    ...(connections.length === 0 ? {} : { conntrack: unique(connections.map((c) => c.content.entries)) }),
    unmodelled: [...unmodelled, ...listings.flatMap((c) => c.content.listing.unmodelled), ...tables.unmodelled],
    ...(Object.keys(headings).length === 0 ? {} : { headings }),
  };
  const aside = kinds.has('ip-rule') ? undefined : netns.routes.find((r) => !KERNEL_TABLES.has(r.table));
  if (aside) found.add('missing-rules', aside.source ?? { input: '', line: 0 }, aside.table);
  if (netns.ipvsUnlisted) found.add('missing-ipvs', proxied?.source ?? { input: '', line: 0 }, 'ipvsadm -Sn');
  for (const { dev, name: item, source } of netns.unmodelled) found.add('unmodelled', source ?? { input: '', line: 0 }, dev === undefined ? item : `${item} ${dev}`);
  return { value: netns, diagnostics: found.items };
}

/** Both listings show the same; `-Sn` is taken, with the counts that only `-Ln` has, unless only `-Ln` tells the order of the real servers. */
function chooseIpvs(saved: IpvsListing | undefined, listed: IpvsListing | undefined): readonly VirtualServer[] {
  if (!saved || (listed && listed.servers.length > 0 && listed.servers.every((s) => !s.sorted))) return listed?.servers ?? [];
  return listed ? withConnections(saved.servers, listed.servers) : saved.servers;
}

/**
 * One table of each name. iptables-legacy and iptables-nft each have their own, and the kernel runs both: when both hold rules,
 * the second is kept as something that we do not model.
 */
function mergeTables(all: readonly Table[], found: DiagnosticList): { readonly tables: readonly Table[]; readonly unmodelled: readonly Unmodelled[] } {
  const tables = new Map<TableName, Table>();
  const unmodelled: Unmodelled[] = [];
  const acts = (t: Table): boolean => t.chains.some((c) => c.rules.length > 0 || c.policy === 'DROP');
  const text = (t: Table): string => JSON.stringify(t.chains.map((c) => [c.name, c.policy, c.rules.map((r) => r.text)]));
  for (const table of all) {
    const known = tables.get(table.name);
    if (!known || (acts(table) && !acts(known))) tables.set(table.name, table);
    else if (acts(table) && text(table) !== text(known)) {
      found.add('duplicate-table', table.source ?? { input: '', line: 0 }, table.name);
      unmodelled.push({ what: 'nft-ruleset', dev: undefined, name: `iptables ${table.name}`, source: table.source });
    }
  }
  return { tables: [...tables.values()], unmodelled };
}

function mergeSets(all: readonly IpSet[], found: DiagnosticList): readonly IpSet[] {
  const sets = new Map<string, IpSet>();
  for (const set of all) {
    const known = sets.get(set.name);
    if (!known) sets.set(set.name, set);
    else if (known.members.length !== set.members.length) found.add('duplicate-set', set.source ?? { input: '', line: 0 }, set.name);
  }
  return [...sets.values()];
}

/** The dummy device to which kube-proxy gives the addresses of services in its IPVS mode (DefaultDummyDevice, pkg/proxy/ipvs). */
const KUBE_IPVS = 'kube-ipvs0';

/** The table that a command lists; undefined for all of them. */
function listedTable({ command }: Section): string | undefined {
  const words = command === undefined ? [] : commandKind(command).words;
  return wordAfter(words, 'table') === 'all' ? undefined : tableOf(words);
}

/** The tables that the listings of routes show, unless these are all: one that names other tables than its own is a listing of all. */
function listedTables(listings: readonly { readonly table: string | undefined; readonly routes: readonly Route[] }[]): Pick<Netns, 'routesListed'> {
  const all = listings.some(({ table, routes }) => table === undefined || routes.some((r) => r.table !== table));
  return all ? {} : { routesListed: [...new Set(listings.flatMap((l) => l.table ?? []))] };
}

/** Adds the local table when no listing of routes shows it; asks for routes when there is no listing at all. */
function withLocalTable(routes: readonly Route[], links: readonly Link[], sections: readonly Section[], found: DiagnosticList): readonly Route[] {
  const addressed = links.find((l) => l.kind !== 'loopback' && l.addresses.length > 0);
  if (!addressed || routes.some((r) => r.table === 'local')) return routes;
  const listing = sections.find((s) => s.kind === 'ip-route');
  if (listing) found.add('local-table-derived', { input: listing.input, line: listing.firstLine }, listing.command ?? '');
  else found.add('missing-routes', addressed.source ?? { input: '', line: 0 }, 'ip route show table all');
  return [...routes, ...localTableOf(links)];
}

/** Leaves out what a later listing says again (`ip route` beside `ip route show table all`). */
function unique<T extends { readonly source: SourceRef | undefined }>(listings: readonly (readonly T[])[]): readonly T[] {
  const [first = [], ...others] = listings;
  if (others.length === 0) return first;
  const keyOf = (item: T): string => JSON.stringify({ ...item, source: undefined });
  const seen = new Set(first.map(keyOf));
  const result = [...first];
  for (const listing of others) {
    const fresh = listing.filter((item) => !seen.has(keyOf(item)));
    for (const item of fresh) {
      result.push(item);
      seen.add(keyOf(item));
    }
  }
  return result;
}

function uniqueListeners(listeners: readonly Listener[]): readonly Listener[] {
  const seen = new Set<string>();
  return listeners.filter((l) => {
    const key = `${l.proto} ${l.ip} ${l.port} ${l.dev ?? ''}`;
    return !seen.has(key) && seen.add(key);
  });
}
