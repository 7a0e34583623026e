import type { TableName } from '../../../world/netfilter.ts';
import type { Because } from '../../because.ts';
import type { RuleWriter } from '../../draft/firewall.ts';
import type { NodeContext } from '../../component.ts';
import { hex } from '../../../packet/address.ts';
import { type LocalTraffic, localTrafficOf } from '../detector.ts';
import { type EndpointChoice, type ProxyEndpoint, chooseEndpoints } from '../endpoints.ts';
import { chainHash } from '../names.ts';
import { type NodePortAddresses, nodePortAddressesOf } from '../nodeAddresses.ts';
import { type SavedRule, savedRule } from '../savedRule.ts';
import type { ServiceUnit } from '../units.ts';
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
  readonly local: LocalTraffic | undefined;
  readonly nodePorts: NodePortAddresses;
  /** Node ports answer at 127.0.0.1 too. */
  readonly localhost: boolean;
  /** `0x4000`. */
  readonly mark: string;
  /** Of rules that no service asked for: the node's kube-proxy itself. */
  readonly own: Because;
  readonly firewall: RuleWriter;
  /** Appends a rule; the chain is made when it is not there. */
  readonly add: (table: TableName, chain: string, rule: SavedRule, because: Because) => void;
}

/** A plan for the services, when their endpoints have been counted. */
export interface ServicePlan extends Plan {
  /** So many endpoints that comments are left out (largeClusterMode). */
  readonly large: boolean;
}

export function planOf(context: NodeContext): Plan {
  const { cluster, node, host } = context;
  const settings = cluster.kubeProxy;
  const version = nearestRead(node.kubeProxyVersion);
  const nodePorts = nodePortAddressesOf(settings.nodePortAddresses, node, host);
  return {
    context,
    version,
    local: localTrafficOf(settings.detectLocal, node),
    nodePorts,
    localhost: localhostNodePorts(context, version, nodePorts),
    mark: hex(2 ** settings.masqueradeBit),
    own: { ...node.because, part: `kube-proxy 1.${version.minor}` },
    ...writerOf(host.own.firewall),
  };
}

/** Where the rules of a plan go. */
export const writerOf = (firewall: RuleWriter): Pick<Plan, 'firewall' | 'add'> => ({
  firewall,
  add: (table, chain, rule, because) => firewall.append(table, chain, savedRule(rule), because),
});

export const planUnit = (unit: ServiceUnit, { context: { cluster, node }, version }: Plan): PlannedUnit => ({
  unit,
  endpoints: chooseEndpoints(unit, cluster, node, version),
  hash: chainHash(unit.name + unit.proto),
});

/** The chain of an endpoint of a service port. */
export const endpointChain = (unit: ServiceUnit, endpoint: ProxyEndpoint): string => `KUBE-SEP-${chainHash(unit.name + unit.proto + endpoint.text)}`;

/** `--iptables-localhost-nodeports`, since 1.26, and of no use without 127.0.0.1 among the addresses of node ports (NewProxier()). */
export const localhostNodePorts = ({ cluster }: Pick<NodeContext, 'cluster'>, version: ProxyVersion, { loopback }: NodePortAddresses): boolean =>
  !version.from(26) || (cluster.kubeProxy.localhostNodePorts && loopback);
