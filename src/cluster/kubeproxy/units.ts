import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import { formatIp4 } from '../../packet/address.ts';
import type { Because } from '../because.ts';
import type { ClusterModel, Protocol, ServiceModel, ServicePortModel } from '../model.ts';
import { unitName } from './names.ts';
import { parseCidr, savedCidr } from './ranges.ts';
import type { ProxyVersion } from './version.ts';

/** What kube-proxy makes rules for: one port of one service (ServicePort, pkg/proxy/serviceport.go). */
export interface ServiceUnit {
  /** `ns/name:port`, as in comments. */
  readonly name: string;
  /** `ns/name`, the key of its endpoints. */
  readonly service: string;
  readonly portName: string;
  readonly protocol: Protocol;
  /** `tcp`, `udp`, `sctp`. */
  readonly proto: string;
  readonly clusterIp: string;
  readonly port: number;
  readonly nodePort: number | undefined;
  readonly externalIps: readonly string[];
  /** Addresses of load balancers that kube-proxy takes for its own. */
  readonly vips: readonly string[];
  /** As a save prints them; none: everybody may come. */
  readonly sourceRanges: readonly string[];
  readonly externalLocal: boolean;
  readonly internalLocal: boolean;
  readonly affinitySec: number | undefined;
  readonly healthCheckNodePort: number | undefined;
  /** kube-proxy may look at the hints of its endpoints. */
  readonly hints: boolean;
  readonly because: Because;
}

/** Made once for all nodes of a version: the services are the same on each. */
const MADE = new WeakMap<ClusterModel, Map<number, readonly ServiceUnit[]>>();

/** The service ports that kube-proxy looks at, in the order of the objects. */
export function unitsOf(cluster: ClusterModel, version: ProxyVersion): readonly ServiceUnit[] {
  const made = MADE.get(cluster) ?? new Map<number, readonly ServiceUnit[]>();
  MADE.set(cluster, made);
  const units = made.get(version.minor) ?? makeUnits(cluster, version);
  made.set(version.minor, units);
  return units;
}

function makeUnits(cluster: ClusterModel, version: ProxyVersion): readonly ServiceUnit[] {
  return cluster.services.flatMap((service) => {
    if (skipReason(service) !== undefined || service.clusterIp === undefined) return [];
    const shared = sharedBy(service, formatIp4(service.clusterIp), version);
    return service.ports.map((port) => ({ ...shared, ...ownOf(service, port) }));
  });
}

/** Says which services get no rules, and why. */
export function reportSkipped(cluster: ClusterModel, found: DiagnosticList): void {
  for (const service of cluster.services) {
    const reason = skipReason(service);
    if (reason !== undefined) found.add(reason, service.because.source ?? { input: '', line: 0 }, `${service.namespace}/${service.name}`);
  }
}

const PROXY_NAME = 'service.kubernetes.io/service-proxy-name';

/** ShouldSkipService() of pkg/proxy/util/utils.go, and the label that the informer leaves out (cmd/kube-proxy/app/server.go). */
function skipReason(service: ServiceModel): 'service-headless' | 'service-external-name' | 'service-other-proxy' | undefined {
  if (Object.hasOwn(service.labels, PROXY_NAME)) return 'service-other-proxy';
  if (service.type === 'ExternalName') return 'service-external-name';
  return service.clusterIp === undefined ? 'service-headless' : undefined;
}

type Shared = Omit<ServiceUnit, 'name' | 'portName' | 'protocol' | 'proto' | 'port' | 'nodePort' | 'because'>;

function sharedBy(service: ServiceModel, clusterIp: string, version: ProxyVersion): Shared {
  const externalLocal = service.externalTrafficPolicy === 'Local' && externallyReachable(service, version);
  return {
    service: `${service.namespace}/${service.name}`,
    clusterIp,
    externalIps: service.externalIps.map(formatIp4),
    // ipMode is looked at since 1.29 (newServicePortInfo()).
    vips: service.ingress.filter((i) => i.ipMode === 'VIP' || !version.from(29)).map((i) => formatIp4(i.ip)),
    sourceRanges: rangesOf(service),
    externalLocal,
    // Behind a gate that is on since 1.22.
    internalLocal: service.internalTrafficPolicy === 'Local' && version.from(22),
    affinitySec: service.affinitySec,
    healthCheckNodePort: externalLocal && service.type === 'LoadBalancer' ? service.healthCheckNodePort : undefined,
    hints: hintsCount(service, version),
  };
}

const ownOf = (service: ServiceModel, { name, protocol, port, nodePort }: ServicePortModel): Pick<ServiceUnit, 'name' | 'portName' | 'protocol' | 'proto' | 'port' | 'nodePort' | 'because'> => ({
  name: unitName(service.namespace, service.name, name),
  portName: name,
  protocol,
  proto: protocol.toLowerCase(),
  port,
  nodePort,
  because: { ...service.because, part: `port ${name === '' ? port : name}` },
});

/** externalTrafficPolicy says something about services of these kinds alone (pkg/api/v1/service/util.go: ExternallyAccessible(); before, RequestsOnlyLocalTraffic()). */
const externallyReachable = (service: ServiceModel, version: ProxyVersion): boolean =>
  service.type === 'NodePort' || service.type === 'LoadBalancer' || (service.externalIps.length > 0 && version.from(24));

/** A range that takes in everybody makes the others pointless. */
function rangesOf(service: ServiceModel): readonly string[] {
  if (service.sourceRanges.some((range) => parseCidr(range)?.prefixLen === 0)) return [];
  return service.sourceRanges.flatMap((range) => savedCidr(range) ?? []);
}

const HINTS_OLD = 'service.kubernetes.io/topology-aware-hints';
const HINTS_MODE = 'service.kubernetes.io/topology-mode';

/**
 * The gate TopologyAwareHints is on since 1.24. The service had to ask for hints by an annotation: of the value Auto up to 1.26, of any
 * but Disabled up to 1.30; since then every hint counts (canUseTopology(), pkg/proxy/topology.go).
 */
function hintsCount(service: ServiceModel, version: ProxyVersion): boolean {
  if (version.from(31)) return true;
  if (!version.from(24)) return false;
  const asked = service.annotations[HINTS_OLD] ?? (version.from(27) ? service.annotations[HINTS_MODE] : undefined) ?? '';
  return version.from(27) ? !['', 'disabled', 'Disabled'].includes(asked) : ['Auto', 'auto'].includes(asked);
}
