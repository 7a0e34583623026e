import { type LogicalNat, type LogicalRouter, type LogicalSwitch, NO_OVN, type OvnNetwork } from '../world/ovn.ts';
import { DiagnosticList, type Parsed } from './diagnostic.ts';
import { parseAclList, parseLbList, parseNatList, parseNbShow, parsePolicyList, parseRouteList } from './ovnNb.ts';
import { lflowHeads, parseLflowList, parseSbList, parseSbShow } from './ovnSb.ts';
import { ovsCommand, type OvsSectionKind, subjectOf } from './ovsSection.ts';
import { commandKind, type Section } from './section.ts';

/** OVN's logical network from all its listings, wherever they were made; undefined when there are none. */
export function assembleOvn(sections: readonly Section[]): Parsed<OvnNetwork | undefined> {
  const found = new DiagnosticList();
  const of = (kind: OvsSectionKind): readonly Section[] => sections.filter((s) => s.kind === kind);
  const read = <T>({ value, diagnostics }: Parsed<T>): T => {
    found.addAll(diagnostics);
    return value;
  };
  if (!sections.some((s) => s.kind.startsWith('ovn-'))) return { value: undefined, diagnostics: [] };
  const topologies = of('ovn-nb-show').map((s) => read(parseNbShow(s)));
  const switches = new Map<string, LogicalSwitch>();
  const routers = new Map<string, LogicalRouter>();
  for (const { switches: own } of topologies) for (const s of own) if (!switches.has(s.name)) switches.set(s.name, s);
  for (const { routers: own } of topologies) for (const r of own) if (!routers.has(r.name)) routers.set(r.name, r);
  for (const s of of('ovn-acl-list')) {
    const acls = read(parseAclList(s));
    const name = ownerOf(s, switches, found);
    if (name !== undefined) switches.set(name, { ...(switches.get(name) ?? { name, uuid: undefined, ports: [], acls: [], source: acls[0]?.source }), acls });
  }
  const withRouter = (s: Section, change: (router: LogicalRouter) => LogicalRouter): void => {
    const name = ownerOf(s, routers, found);
    if (name !== undefined) routers.set(name, change(routers.get(name) ?? { name, uuid: undefined, ports: [], routes: [], policies: [], nats: [], source: { input: s.input, line: s.firstLine } }));
  };
  for (const s of of('ovn-route-list')) withRouter(s, (router) => ({ ...router, routes: read(parseRouteList(s)) }));
  for (const s of of('ovn-policy-list')) withRouter(s, (router) => ({ ...router, policies: read(parsePolicyList(s)) }));
  for (const s of of('ovn-nat-list')) withRouter(s, (router) => ({ ...router, nats: mergeNats(router.nats, read(parseNatList(s))) }));
  const [flows, ...moreFlows] = of('ovn-lflow-list');
  for (const other of moreFlows) if (other.lines.length !== flows?.lines.length) found.add('duplicate-section', { input: other.input, line: other.firstLine }, other.command ?? other.input);
  const lists = of('ovn-list').map((s) => read(parseSbList(s)));
  const network: OvnNetwork = {
    ...NO_OVN,
    switches: [...switches.values()],
    routers: [...routers.values()],
    loadBalancers: of('ovn-lb-list').slice(0, 1).flatMap((s) => read(parseLbList(s))),
    chassis: of('ovn-sb-show').slice(0, 1).flatMap((s) => read(parseSbShow(s))),
    datapaths: lists.flatMap((l) => l.datapaths),
    bindings: lists.flatMap((l) => l.bindings),
    flows: flows && read(parseLflowList(flows)),
    ...(flows ? { flowHeads: lflowHeads(flows) } : {}),
  };
  return { value: network, diagnostics: found.items };
}

/** `lr-nat-list` beside `show`: the same ones, whose own lines say more; those that `show` listed stay in its order. */
function mergeNats(shown: readonly LogicalNat[], listed: readonly LogicalNat[]): readonly LogicalNat[] {
  const keyOf = ({ type, externalIp, logicalIp }: LogicalNat): string => `${type} ${externalIp} ${logicalIp}`;
  const lines = new Map(listed.map((n) => [keyOf(n), n.source]));
  const known = new Set(shown.map(keyOf));
  return [...shown.map((n) => ({ ...n, source: lines.get(keyOf(n)) ?? n.source })), ...listed.filter((n) => !known.has(keyOf(n)))];
}

/**
 * The switch or router that a listing is about, by its command or file: its name, or the part of it before a dot when only one starts
 * so. Without a topology the name is taken as it is.
 */
function ownerOf(section: Section, known: ReadonlyMap<string, unknown>, found: DiagnosticList): string | undefined {
  const command = section.command === undefined ? undefined : ovsCommand(commandKind(section.command).words);
  const name = subjectOf(section.kind as OvsSectionKind, command, section.input);
  if (name === undefined) {
    found.add('ovs-bridge-unnamed', { input: section.input, line: section.firstLine }, section.command ?? section.lines.find((l) => l.trim() !== '')?.trim() ?? '');
    return undefined;
  }
  if (known.has(name)) return name;
  const longer = [...known.keys()].filter((k) => k.startsWith(`${name}.`));
  return longer.length === 1 ? longer[0] : name;
}
