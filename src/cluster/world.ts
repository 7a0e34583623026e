import type { ParsedWorld } from '../dumps/bundle.ts';
import { parseBundle, parseSections, type Section } from '../dumps/bundle.ts';
import { assembleNetns } from '../dumps/assemble.ts';
import { DiagnosticList } from '../dumps/diagnostic.ts';
import { tablesOnDemand } from '../dumps/iptablesOnDemand.ts';
import { readDocumentsOf } from '../dumps/kubeDocuments.ts';
import { namesOf } from '../dumps/kubectl.ts';
import { type Bundle, layOut } from '../dumps/layout.ts';
import type { OvsBridge } from '../world/openflow.ts';
import type { SourceRef } from '../world/source.ts';
import type { ClusterNames, Host, Netns, World } from '../world/world.ts';
import type { Because } from './because.ts';
import { type CompiledHost, compileCluster } from './compile.ts';
import type { NetnsDraft } from './draft/netns.ts';
import type { Paper } from './draft/paper.ts';
import type { ClusterModel } from './model.ts';
import { readCluster } from './readCluster.ts';

export interface ClusterWorld extends ParsedWorld {
  /** What was given, and behind it what each compiled machine's commands would print. Firewalls are written when their text is first read. */
  readonly files: Bundle;
  /** The object that made a line of a compiled file; undefined for lines that were given, and for those that every machine has. */
  readonly reasonOf: (source: SourceRef | undefined) => Because | undefined;
  /** Machines that were compiled from objects. */
  readonly compiled: ReadonlySet<string>;
}

/** Diagnostics that a compiled file raises by its form, and that tell the user nothing. */
const OF_THE_FORM: ReadonlySet<string> = new Set(['local-table-derived', 'no-link-details', 'missing-routes', 'missing-iptables', 'missing-sysctls', 'missing-ipvs', 'missing-rules', 'ovs-no-flows']);

/**
 * The World of a bundle, Kubernetes objects included: a host with dumps is taken from its dumps, a Node without any is compiled from
 * the objects. Never throws on any text.
 */
export function worldOf(bundle: Bundle): ClusterWorld {
  const { value: given, diagnostics: aboutFiles } = layOut(bundle);
  const read = readDocumentsOf(given);
  const named = namesOf(read.documents);
  const before = [...read.diagnostics, ...named.diagnostics];
  const described = new Set(given.flatMap((s) => s.host ?? []));
  if (!read.documents.some((d) => d.kind === 'Node' && d.name !== '' && !described.has(d.name))) {
    const parsed = parseSections(given, named.names, undefined, aboutFiles);
    return { ...parsed, diagnostics: [...before, ...parsed.diagnostics], files: bundle, reasonOf: () => undefined, compiled: new Set() };
  }
  const found = new DiagnosticList();
  const cluster = readCluster(read.documents, found);
  const { hosts, find } = compileCluster(cluster, found);
  const compiled = hosts.filter((h) => !described.has(h.name));
  const papers = new Papers();
  const wiring: Section[] = [];
  for (const host of compiled) {
    for (const netns of host.draft.all) {
      const path = wiringPath(host, netns);
      papers.add(path, () => netns.printWiring(find(host.name)));
      wiring.push(...papers.sections(path, host.name, netns.name));
    }
  }
  const generated = papers.paths();
  const parsed = parseSections([...given, ...wiring], withPlaced(named.names, cluster), (d) => generated.has(d.input) && OF_THE_FORM.has(d.code), aboutFiles);
  for (const host of compiled) {
    for (const netns of host.draft.all) {
      papers.add(firewallPath(host, netns), () => {
        host.program();
        return netns.printFirewall();
      });
    }
    if (host.draft.own.hasBridges) {
      papers.add(openFlowPath(host), () => {
        host.program();
        return host.draft.own.printOpenFlow();
      });
    }
  }
  return {
    sections: parsed.sections,
    diagnostics: [...before, ...found.items, ...parsed.diagnostics],
    world: onDemand(parsed.world, compiled, papers),
    files: papers.over(bundle),
    reasonOf: (source) => source && papers.reason(source),
    compiled: new Set(compiled.map((h) => h.name)),
  };
}

const folderOf = (host: CompiledHost, netns: NetnsDraft): string => (netns.name === null ? host.name : `${host.name}/netns/${netns.name}`);
const wiringPath = (host: CompiledHost, netns: NetnsDraft): string => `${folderOf(host, netns)}/network.txt`;
const firewallPath = (host: CompiledHost, netns: NetnsDraft): string => `${folderOf(host, netns)}/firewall.txt`;
const openFlowPath = (host: CompiledHost): string => `${host.name}/openflow.txt`;

/** Files that are written when somebody first reads them. */
class Papers {
  readonly #writers = new Map<string, () => Paper>();
  readonly #written = new Map<string, Paper>();

  add(path: string, write: () => Paper): void {
    this.#writers.set(path, write);
  }

  get(path: string): Paper | undefined {
    const known = this.#written.get(path);
    if (known) return known;
    const paper = this.#writers.get(path)?.();
    if (paper) this.#written.set(path, paper);
    return paper;
  }

  reason({ input, line }: SourceRef): Because | undefined {
    return this.#written.get(input)?.reasons[line - 1];
  }

  paths(): ReadonlySet<string> {
    return new Set(this.#writers.keys());
  }

  sections(path: string, host: string, netns: string | null): readonly Section[] {
    return this.get(path)?.sections(path, host, netns) ?? [];
  }

  over(bundle: Bundle): Bundle {
    const files: Record<string, string> = { ...bundle };
    for (const path of this.#writers.keys()) Object.defineProperty(files, path, { enumerable: true, configurable: true, get: () => this.get(path)?.text ?? '' });
    return files;
  }
}

/** Names of pods and services that the objects leave without an address come from the model, which gives them one. */
function withPlaced(names: ClusterNames, cluster: ClusterModel): ClusterNames {
  const pods = new Map(cluster.pods.map((p) => [`${p.namespace}/${p.name}`, p]));
  const services = new Map(cluster.services.map((s) => [`${s.namespace}/${s.name}`, s]));
  const nodes = new Map(cluster.nodes.map((n) => [n.name, n]));
  return {
    pods: names.pods.map((pod) => {
      const placed = pods.get(`${pod.namespace}/${pod.name}`);
      return placed ? { ...pod, node: placed.node, ips: pod.ips.length > 0 ? pod.ips : [placed.ip] } : pod;
    }),
    services: names.services.map((service) => {
      const known = services.get(`${service.namespace}/${service.name}`);
      if (!known) return service;
      const clusterIps = service.clusterIps.length > 0 || known.clusterIp === undefined ? service.clusterIps : [known.clusterIp];
      return { ...service, clusterIps, loadBalancerIps: known.ingress.length > 0 ? known.ingress.map((i) => i.ip) : service.loadBalancerIps, ports: service.ports.map((port, i) => ({ ...port, nodePort: port.nodePort ?? known.ports[i]?.nodePort })) };
    }),
    nodes: names.nodes.map((node) => (node.internalIps.length > 0 ? node : { ...node, internalIps: nodes.get(node.name)?.internalIps ?? [] })),
  };
}

/** What a firewall file tells about its namespace. */
type Firewall = Pick<Netns, 'tables' | 'ipsets' | 'ipvs'>;

/** The same world, in which the rules, sets and virtual servers of compiled machines, and the rules of their bridges, are made when they are first looked at. */
function onDemand(world: World, compiled: readonly CompiledHost[], papers: Papers): World {
  const byName = new Map(compiled.map((h) => [h.name, h]));
  return {
    ...world,
    hosts: world.hosts.map((host): Host => {
      const known = byName.get(host.name);
      if (!known) return host;
      return {
        ...host,
        ...(host.ovs ? { ovs: lazyBridges(host.ovs, () => readBridges(openFlowPath(known), papers.get(openFlowPath(known))?.text ?? '')) } : {}),
        netns: host.netns.map((netns) => {
          const path = firewallPath(known, known.draft.netns(netns.name));
          const { arpPrograms } = known.draft.netns(netns.name);
          return lazyNetns(arpPrograms.length === 0 ? netns : { ...netns, arpPrograms }, () => readFirewall(papers.sections(path, host.name, netns.name)));
        }),
      };
    }),
  };
}

function lazyNetns(netns: Netns, read: () => Firewall): Netns {
  let firewall: Firewall | undefined;
  // Of a compiled machine everything is told.
  const { ipvsUnlisted: _ipvs, routesListed: _routes, ...lazy } = netns;
  for (const key of ['tables', 'ipsets', 'ipvs'] as const) Object.defineProperty(lazy, key, { enumerable: true, configurable: true, get: () => (firewall ??= read())[key] });
  return lazy;
}

/** Bridges whose ports are known, and their rules and groups when somebody asks. */
function lazyBridges(bridges: readonly OvsBridge[], read: () => readonly OvsBridge[]): readonly OvsBridge[] {
  let known: readonly OvsBridge[] | undefined;
  return bridges.map((bridge) => {
    const lazy = { ...bridge };
    for (const key of ['flows', 'groups'] as const) Object.defineProperty(lazy, key, { enumerable: true, configurable: true, get: () => (known ??= read()).find((b) => b.name === bridge.name)?.[key] });
    return lazy;
  });
}

const readBridges = (path: string, text: string): readonly OvsBridge[] => parseBundle({ [path]: text }).world.hosts[0]?.ovs ?? [];

/** A compiled machine has read its tables: none of them is a table without rules, not one that nobody told about. */
function readFirewall(sections: readonly Section[]): Firewall {
  const { ipsets, ipvs } = assembleNetns(null, sections.filter((s) => s.kind !== 'iptables-save')).value;
  return { tables: sections.flatMap((s) => (s.kind === 'iptables-save' ? tablesOnDemand(s) : [])), ipsets, ipvs };
}
