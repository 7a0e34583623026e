import type { TableName } from '../../../world/netfilter.ts';
import type { Because } from '../../because.ts';
import type { NodeContext } from '../../component.ts';
import { hex } from '../../../packet/address.ts';
import { type LocalTraffic, localTrafficOf } from '../detector.ts';
import { type EndpointChoice, type ProxyEndpoint, chooseEndpoints } from '../endpoints.ts';
import { chainHash } from '../names.ts';
import { type NodePortAddresses, nodePortAddressesOf } from '../nodeAddresses.ts';
import { type SavedRule, savedRule } from '../savedRule.ts';
import { type ServiceUnit, unitsOf } from '../units.ts';
import { type ProxyVersion, nearestRead } from '../version.ts';

/** A service port with the endpoints that this node uses and the hash in the names of its chains. */
export interface PlannedUnit {
  readonly unit: ServiceUnit;
  readonly endpoints: EndpointChoice;
  readonly hash: string;
}

/** What one node's kube-proxy knows when it writes its rules. */
export interface Plan {
  readonly context: NodeContext;
  readonly version: ProxyVersion;
  readonly units: readonly PlannedUnit[];
  readonly local: LocalTraffic | undefined;
  readonly nodePorts: NodePortAddresses;
  /** Node ports answer at 127.0.0.1 too. */
  readonly localhost: boolean;
  /** `0x4000`. */
  readonly mark: string;
  /** The chain of each endpoint that this node may send to. */
  readonly chains: ReadonlyMap<ProxyEndpoint, string>;
  /** So many endpoints that comments are left out (largeClusterMode). */
  readonly large: boolean;
  /** Of rules that no service asked for: the node's kube-proxy itself. */
  readonly own: Because;
  /** Appends a rule; the chain is made when it is not there. */
  readonly add: (table: TableName, chain: string, rule: SavedRule, because: Because) => void;
}

/** largeClusterEndpointsThreshold, pkg/proxy/iptables/proxier.go. */
const LARGE = 1000;

export function planOf(context: NodeContext): Plan {
  const { cluster, node, host } = context;
  const settings = cluster.kubeProxy;
  const version = nearestRead(node.kubeProxyVersion);
  const chains = new Map<ProxyEndpoint, string>();
  const units = unitsOf(cluster, version).map((unit): PlannedUnit => {
    const endpoints = chooseEndpoints(unit, cluster, node, version);
    const key = unit.name + unit.proto;
    for (const endpoint of endpoints.reachable) chains.set(endpoint, `KUBE-SEP-${chainHash(key + endpoint.text)}`);
    return { unit, endpoints, hash: chainHash(key) };
  });
  const nodePorts = nodePortAddressesOf(settings.nodePortAddresses, node, host);
  return {
    context,
    version,
    units,
    chains,
    local: localTrafficOf(settings.detectLocal, node),
    nodePorts,
    localhost: localhostNodePorts(context, version, nodePorts),
    mark: hex(2 ** settings.masqueradeBit),
    large: units.reduce((n, u) => n + u.endpoints.known, 0) > LARGE,
    own: { ...node.because, part: `kube-proxy 1.${version.minor}` },
    add: (table, chain, rule, because) => host.own.firewall.append(table, chain, savedRule(rule), because),
  };
}

/** `--iptables-localhost-nodeports`, since 1.26, and of no use without 127.0.0.1 among the addresses of node ports (NewProxier()). */
export const localhostNodePorts = ({ cluster }: Pick<NodeContext, 'cluster'>, version: ProxyVersion, { loopback }: NodePortAddresses): boolean =>
  !version.from(26) || (cluster.kubeProxy.localhostNodePorts && loopback);
