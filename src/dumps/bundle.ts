import { connectHosts } from '../world/connect.ts';
import type { ClusterNames, Host, Netns, World } from '../world/world.ts';
import { assembleNetns } from './assemble.ts';
import { assumedSysctls } from './assumedSysctls.ts';
import { assembleOvn } from './ovnAssemble.ts';
import { assembleOvs } from './ovsAssemble.ts';
import { type Diagnostic, DiagnosticList } from './diagnostic.ts';
import { type Bundle, layOut } from './layout.ts';
import { checkReferences } from './references.ts';
import type { Section } from './section.ts';

export type { Bundle } from './layout.ts';
export type { Section, SectionKind } from './section.ts';

export interface ParsedWorld {
  readonly world: World;
  readonly diagnostics: readonly Diagnostic[];
  /** Every section of every file, read or not, in the order of the files. */
  readonly sections: readonly Section[];
}

const NO_NAMES: ClusterNames = { pods: [], services: [], nodes: [] };

/**
 * A World from a bundle of dumps. `names` are those of its Kubernetes objects (parseObjects() in kubectl.ts, which needs a YAML
 * parser and is therefore apart); `ignored` diagnostics are not kept. Reads what it can and reports the rest; never throws on any text.
 */
export function parseBundle(bundle: Bundle, names: ClusterNames = NO_NAMES, ignored?: (item: Diagnostic) => boolean): ParsedWorld {
  const { value, diagnostics } = layOut(bundle);
  return parseSections(value, names, ignored, diagnostics);
}

/** As parseBundle(), of sections that are known already; `before` are diagnostics about them. */
export function parseSections(sections: readonly Section[], names: ClusterNames = NO_NAMES, ignored?: (item: Diagnostic) => boolean, before: readonly Diagnostic[] = []): ParsedWorld {
  const found = new DiagnosticList(ignored);
  found.addAll(before);
  const byHost = new Map<string, Map<string | null, Section[]>>();
  for (const section of sections) {
    if (section.host === undefined) {
      // Files of the cluster: objects are read by parseObjects(), anything else is unknown here.
      if (section.kind !== 'objects' && section.kind !== 'empty') found.addAll(assembleNetns(null, [section]).diagnostics);
      continue;
    }
    const namespaces = byHost.get(section.host) ?? new Map<string | null, Section[]>([[null, []]]);
    byHost.set(section.host, namespaces);
    const own = namespaces.get(section.netns) ?? [];
    namespaces.set(section.netns, own);
    own.push(section);
  }
  const hosts: Host[] = [];
  for (const [name, namespaces] of byHost) {
    const netns: Netns[] = [];
    for (const [netnsName, own] of namespaces) {
      const assembled = assembleNetns(netnsName, own);
      found.addAll(assembled.diagnostics);
      found.addAll(checkReferences(assembled.value));
      netns.push(assembled.value);
    }
    const ovs = assembleOvs([...namespaces.values()].flat());
    found.addAll(ovs.diagnostics);
    const { bridges, heading, conntrack, datapathFlows, records } = ovs.value;
    const [own, ...others] = netns;
    const headed = own ? [{ ...own, ...(heading === undefined ? {} : { headings: { ...own.headings, ovsVsctl: heading } }), ...(conntrack && !own.conntrack ? { conntrack } : {}) }, ...others] : netns;
    hosts.push({ name, role: 'machine', netns: headed, ...(bridges ? { ovs: bridges } : {}), ...(records ? { ovsRecords: records } : {}), ...(datapathFlows ? { datapathFlows } : {}) });
  }
  if (hosts.length === 0) found.add('no-host', { input: '', line: 0 }, '');
  const ovn = assembleOvn(sections);
  found.addAll(ovn.diagnostics);
  const connected = connectHosts(hosts, names);
  for (const { problem, source, dev } of connected.problems) found.add(problem, source ?? { input: '', line: 0 }, dev);
  return { world: { hosts: connected.hosts.map((host) => (host.role === 'node' ? withAssumed(host, found) : host)), segments: connected.segments, names, ...(ovn.value ? { ovn: ovn.value } : {}) }, diagnostics: found.items, sections };
}

/** A node as it is walked where dumps are missing: without rules, and with the settings that a node must have; each is said. */
function withAssumed(host: Host, found: DiagnosticList): Host {
  const [own, ...others] = host.netns;
  if (!own) return host;
  const at = own.links[0]?.source ?? { input: '', line: 0 };
  if (own.tables === undefined) found.add('missing-iptables', at, host.name);
  if (!own.sysctlsUnlisted) return host;
  found.add('missing-sysctls', at, host.name);
  const { sysctlsUnlisted: _, ...rest } = own;
  return { ...host, netns: [{ ...rest, sysctls: assumedSysctls(own) }, ...others] };
}
