import { formatIp4 } from '../../packet/address.ts';
import type { Because } from '../because.ts';
import type { ClusterModel, EndpointModel, NodeModel } from '../model.ts';
import type { ServiceUnit } from './units.ts';
import type { ProxyVersion } from './version.ts';

/** An endpoint of a service port, as one node sees it. */
export interface ProxyEndpoint {
  /** `10.0.0.1:80`. */
  readonly text: string;
  readonly ip: string;
  readonly port: number;
  readonly local: boolean;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly forZones: readonly string[];
  readonly forNodes: readonly string[];
  readonly because: Because;
}

/** Which endpoints a node uses for a service port (CategorizeEndpoints(), pkg/proxy/topology.go). Each list is sorted by `text`. */
export interface EndpointChoice {
  /** For traffic policy Cluster; empty when the unit never uses it. */
  readonly cluster: readonly ProxyEndpoint[];
  /** For traffic policy Local; empty when the unit never uses it. */
  readonly local: readonly ProxyEndpoint[];
  /** All that this node may send to. */
  readonly reachable: readonly ProxyEndpoint[];
  /** There is an endpoint somewhere that some node can use. */
  readonly any: boolean;
  /** How many kube-proxy knows, whether they can be used or not. */
  readonly known: number;
}

const NONE: EndpointChoice = { cluster: [], local: [], reachable: [], any: false, known: 0 };

/** All endpoints of a service port, in kube-proxy's order: by the text of address and port, so 10.0.0.10 stands before 10.0.0.2. */
export function endpointsOf(unit: Pick<ServiceUnit, 'service' | 'portName' | 'protocol'>, cluster: ClusterModel, node: string): readonly ProxyEndpoint[] {
  const found: ProxyEndpoint[] = [];
  for (const endpoint of cluster.endpoints.get(unit.service) ?? []) {
    for (const port of endpoint.ports) if (port.name === unit.portName && port.protocol === unit.protocol) found.push(proxyEndpoint(endpoint, port.port, node));
  }
  if (found.length < 2) return found;
  found.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  return found.some((e, i) => e.text === found[i + 1]?.text) ? withoutDoubles(found) : found;
}

/** Of several entries for one address a local one counts, else the first (addEndpoints(), pkg/proxy/endpointslicecache.go). */
function withoutDoubles(sorted: readonly ProxyEndpoint[]): readonly ProxyEndpoint[] {
  const known = new Map<string, ProxyEndpoint>();
  for (const endpoint of sorted) if (!known.has(endpoint.text) || endpoint.local) known.set(endpoint.text, endpoint);
  return [...known.values()];
}

const NO_HINTS: readonly string[] = [];

function proxyEndpoint(endpoint: EndpointModel, port: number, node: string): ProxyEndpoint {
  const ip = formatIp4(endpoint.ip);
  return {
    text: `${ip}:${port}`,
    ip,
    port,
    local: endpoint.nodeName === node,
    ready: endpoint.ready,
    serving: endpoint.serving,
    terminating: endpoint.terminating,
    forZones: endpoint.forZones ?? NO_HINTS,
    forNodes: endpoint.forNodes ?? NO_HINTS,
    because: endpoint.because,
  };
}

/** Reachable by others than pods and nodes that use its cluster IP. */
export const isExternal = (unit: ServiceUnit): boolean => unit.nodePort !== undefined || unit.vips.length > 0 || unit.externalIps.length > 0;

/** Which endpoints a node's kube-proxy of that version uses. */
export function chooseEndpoints(unit: ServiceUnit, cluster: ClusterModel, node: NodeModel, version: ProxyVersion): EndpointChoice {
  const all = endpointsOf(unit, cluster, node.name);
  if (all.length === 0) return NONE;
  const choice = version.from(24) ? categorize(unit, all, node, version) : chooseBefore24(unit, all);
  // Addresses that are not ready do not reach the proxier up to 1.20.
  return { ...choice, known: version.from(21) ? all.length : all.filter((e) => e.ready).length };
}

type Choice = Omit<EndpointChoice, 'known'>;

function categorize(unit: ServiceUnit, all: readonly ProxyEndpoint[], node: NodeModel, version: ProxyVersion): Choice {
  const external = isExternal(unit);
  // UsesClusterEndpoints() and UsesLocalEndpoints(), pkg/proxy/serviceport.go.
  const usesCluster = !unit.internalLocal || external;
  const usesLocal = unit.internalLocal || (unit.externalLocal && external);
  // Endpoints on their way out serve as long as no other does: a gate that is on since 1.26.
  const leaving = (here: boolean): readonly ProxyEndpoint[] => (version.from(26) ? all.filter((e) => e.serving && e.terminating && (e.local || !here)) : []);
  const ready = all.every((e) => e.ready) ? all : all.filter((e) => e.ready);

  const near = usesCluster && unit.hints ? nearest(ready, node, version) : ready;
  const cluster = usesCluster ? orElse(near, () => leaving(false)) : [];
  if (!usesLocal) return { cluster, local: [], reachable: cluster, any: cluster.length > 0 };
  const local = orElse(
    ready.filter((e) => e.local),
    () => leaving(true),
  );
  const reached = new Set([...cluster, ...local]);
  return { cluster, local, reachable: all.filter((e) => reached.has(e)), any: ready.length > 0 || leaving(false).length > 0 };
}

const orElse = <T>(first: readonly T[], otherwise: () => readonly T[]): readonly T[] => (first.length > 0 ? first : otherwise());

const ZONE = 'topology.kubernetes.io/zone';

/** Ready endpoints that hints leave for a node: topologyModeFromHints(), pkg/proxy/topology.go. Hints for nodes count since 1.34. */
function nearest(ready: readonly ProxyEndpoint[], node: NodeModel, version: ProxyVersion): readonly ProxyEndpoint[] {
  const zone = node.labels[ZONE] ?? '';
  if (version.from(34) && ready.every((e) => e.forNodes.length > 0)) {
    const here = ready.filter((e) => e.forNodes.includes(node.name));
    if (here.length > 0) return here;
  }
  if (!ready.every((e) => e.forZones.length > 0)) return ready;
  return orElse(
    ready.filter((e) => e.forZones.includes(zone)),
    () => ready,
  );
}

/**
 * Up to 1.23 one list serves everybody: the ready endpoints, of internalTrafficPolicy Local the local ones unless externalTrafficPolicy
 * is Local too (FilterEndpoints(), pkg/proxy/topology.go). The local ones among them serve externalTrafficPolicy Local.
 */
function chooseBefore24(unit: ServiceUnit, all: readonly ProxyEndpoint[]): Choice {
  const cluster = all.filter((e) => e.ready && (e.local || !unit.internalLocal || unit.externalLocal));
  return { cluster, local: cluster.filter((e) => e.local), reachable: cluster, any: cluster.length > 0 };
}
