import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import { formatIp4, type Ip4, maskOf } from '../../packet/address.ts';
import type { Because } from '../because.ts';
import { derivedHex } from '../derived.ts';
import type { ClusterModel, NodeModel } from '../model.ts';
import { becauseOf, field, type KubeDocument, labelsOf, listOf, textOf, textsOf } from '../objects/document.ts';
import { KUBE_PROXY_DEFAULTS, type KubeProxySettings } from '../objects/kubeProxyConfig.ts';
import { Fields, formatCidr, parseCidr } from '../objects/values.ts';
import { type EgressPolicy, readEgressPolicy } from './egressPolicy.ts';
import { type NetNamespace, netNamespacesOf } from './netNamespaces.ts';
import { hostSubnetCookie } from './uid.ts';

/** The API group of OpenShift SDN's objects. */
const GROUP = 'network.openshift.io/';

/** OpenShift SDN as its ClusterNetwork, HostSubnets and NetNamespaces describe it. Their fields stand at the top, not in `spec`. */
export interface SdnSpec {
  readonly mode: 'subnet' | 'multitenant' | 'networkpolicy';
  /** Networks of the pods, in the order given. */
  readonly cidrs: readonly string[];
  readonly serviceNetwork: string;
  /** Of tun0 and the pods; the NICs carry 50 bytes more. */
  readonly mtu: number;
  readonly vxlanPort: number;
  /** By the name of the node; Nodes without one of their own have theirs from their podCIDR. */
  readonly hostSubnets: ReadonlyMap<string, HostSubnet>;
  /** By name; in mode subnet there are none. */
  readonly namespaces: ReadonlyMap<string, NetNamespace>;
  readonly egressPolicies: readonly EgressPolicy[];
  readonly because: Because;
}

export interface HostSubnet {
  readonly host: string;
  /** The node's address for tunnels. */
  readonly hostIp: Ip4 | undefined;
  readonly subnet: string;
  readonly egressIps: readonly string[];
  /** Networks of which the master may give it egress addresses. */
  readonly egressCidrs: readonly string[];
  /** Of the rules that lead to it. */
  readonly cookie: number;
  /** Machines outside that cannot know VNIDs get all packets with this one (`pod.network.openshift.io/fixed-vnid-host`). */
  readonly fixedVnid: number | undefined;
  readonly because: Because;
}

const MODES: Readonly<Record<string, SdnSpec['mode']>> = { 'redhat/openshift-ovs-subnet': 'subnet', 'redhat/openshift-ovs-multitenant': 'multitenant', 'redhat/openshift-ovs-networkpolicy': 'networkpolicy' };

const DEFAULT_SERVICE_NETWORK = '172.30.0.0/16';
const DEFAULT_MTU = 1450;
const VXLAN_PORT = 4789;
const DEFAULT_HOST_BITS = 9;
const FIXED_VNID = 'pod.network.openshift.io/fixed-vnid-host';

const isSdn = (kind: string) => (d: KubeDocument): boolean => d.kind === kind && d.apiVersion.startsWith(GROUP);

interface ClusterPart {
  readonly cidr: string;
  /** Bits of an address that a node's part leaves to its pods. */
  readonly hostBits: number;
}

/** The parts of the pods' network; the older fields `network` and `hostsubnetlength` name the only one. */
function partsOf(document: KubeDocument): readonly ClusterPart[] {
  const listed = listOf(field(document.value, 'clusterNetworks'));
  const [network, bits] = [field(document.value, 'network'), field(document.value, 'hostsubnetlength')];
  return (listed.length > 0 ? listed : [{ CIDR: network, hostSubnetLength: bits }]).flatMap((part) => {
    const net = parseCidr(textOf(field(part, 'CIDR')) ?? '');
    const given = field(part, 'hostSubnetLength');
    return net ? [{ cidr: formatCidr(net), hostBits: typeof given === 'number' && given > 0 && given <= 32 - net.prefixLen ? given : DEFAULT_HOST_BITS }] : [];
  });
}

/** Undefined without a ClusterNetwork of OpenShift that names a network. */
export function readSdn(cluster: ClusterModel, found: DiagnosticList): SdnSpec | undefined {
  const { documents } = cluster;
  const document = documents.find(isSdn('ClusterNetwork'));
  if (!document) return undefined;
  const fields = new Fields(document, found);
  const cidrs = partsOf(document).map((p) => p.cidr);
  if (cidrs.length === 0) {
    fields.bad(['clusterNetworks'], fields.get('clusterNetworks'), '[{CIDR: 10.128.0.0/14, hostSubnetLength: 9}]');
    return undefined;
  }
  const plugin = textOf(fields.get('pluginName')) ?? 'redhat/openshift-ovs-networkpolicy';
  if (MODES[plugin] === undefined) fields.bad(['pluginName'], plugin, Object.keys(MODES).join(', '));
  const mode = MODES[plugin] ?? 'networkpolicy';
  return {
    mode,
    cidrs,
    serviceNetwork: fields.cidr(['serviceNetwork'], fields.get('serviceNetwork')) ?? DEFAULT_SERVICE_NETWORK,
    mtu: fields.int(['mtu'], fields.get('mtu'), 68, 65_535) ?? DEFAULT_MTU,
    vxlanPort: fields.int(['vxlanPort'], fields.get('vxlanPort'), 1, 65_535) ?? VXLAN_PORT,
    hostSubnets: hostSubnetsOf(cluster, found),
    namespaces: mode === 'subnet' ? new Map() : netNamespacesOf(documents.filter(isSdn('NetNamespace')), cluster.namespaces, mode, found),
    egressPolicies: mode === 'subnet' ? [] : documents.filter(isSdn('EgressNetworkPolicy')).map((d) => readEgressPolicy(d, found)),
    because: becauseOf(document),
  };
}

function hostSubnetsOf({ documents, nodes }: ClusterModel, found: DiagnosticList): ReadonlyMap<string, HostSubnet> {
  const byHost = new Map(nodes.map((n) => [n.name, n]));
  const given = new Map(documents.filter(isSdn('HostSubnet')).flatMap((d) => readHostSubnet(d, byHost, found)));
  for (const { name: host, podCidr, internalIps, because } of nodes) {
    if (given.has(host) || podCidr === undefined) continue;
    given.set(host, { host, hostIp: internalIps[0], subnet: podCidr, egressIps: [], egressCidrs: [], cookie: hostSubnetCookie(derivedHex(32, 'HostSubnet', host)), fixedVnid: undefined, because });
  }
  return given;
}

function readHostSubnet(document: KubeDocument, nodes: ReadonlyMap<string, NodeModel>, found: DiagnosticList): readonly [string, HostSubnet][] {
  const fields = new Fields(document, found);
  const subnet = fields.cidr(['subnet'], fields.get('subnet'));
  if (subnet === undefined) return [];
  const host = textOf(fields.get('host')) ?? document.name;
  const metadata = field(document.value, 'metadata');
  const fixed = labelsOf(field(metadata, 'annotations'))[FIXED_VNID];
  return [
    [
      host,
      {
        host,
        hostIp: fields.ip(['hostIP'], fields.get('hostIP')) ?? nodes.get(host)?.internalIps[0],
        subnet: formatCidr(parseCidr(subnet) ?? { ip: 0, prefixLen: 32 }),
        egressIps: textsOf(fields.get('egressIPs')),
        egressCidrs: textsOf(fields.get('egressCIDRs')),
        cookie: hostSubnetCookie(textOf(field(metadata, 'uid')) ?? derivedHex(32, 'HostSubnet', host)),
        fixedVnid: fixed !== undefined && /^\d+$/.test(fixed) ? Number(fixed) : undefined,
        because: becauseOf(document),
      },
    ],
  ];
}

/** The part of the pods' network that a node has; undefined when nobody says. */
export const subnetOf = (sdn: SdnSpec, node: NodeModel): string | undefined => sdn.hostSubnets.get(node.name)?.subnet;

/** tun0's address: the first one behind the network's own (GenerateDefaultGateway()). */
export function gatewayOf(subnet: string): { readonly ip: Ip4; readonly prefixLen: number } {
  const net = parseCidr(subnet) ?? { ip: 0, prefixLen: 32 };
  return { ip: ((net.ip & maskOf(net.prefixLen)) + 1) >>> 0, prefixLen: net.prefixLen };
}

/** Devices that ask for it get `0a:58` and their address for a MAC (GenerateHardwareAddr4() of the CNI library). */
export const macOf = (ip: Ip4): string => `0a:58:${formatIp4(ip).split('.').map((part) => Number(part).toString(16).padStart(2, '0')).join(':')}`;

/** How kube-proxy is set up where OpenShift's own operator does it: bit 0 for the masquerade mark, and the pods' network. */
export function proxyDefaults(documents: readonly KubeDocument[]): KubeProxySettings {
  const document = documents.find(isSdn('ClusterNetwork'));
  const cidr = document && partsOf(document)[0]?.cidr;
  return cidr === undefined ? KUBE_PROXY_DEFAULTS : { ...KUBE_PROXY_DEFAULTS, clusterCidr: cidr, detectLocal: { kind: 'cluster-cidr', cidr }, masqueradeBit: 0 };
}

/** The pods' network and the length of a node's part, and the parts that HostSubnets fix; undefined without a ClusterNetwork. */
export function podNetworkOf(documents: readonly KubeDocument[]): { readonly cidr: string; readonly perNode: number; readonly given: ReadonlyMap<string, string> } | undefined {
  const document = documents.find(isSdn('ClusterNetwork'));
  const part = document && partsOf(document)[0];
  if (!part) return undefined;
  const given = documents.filter(isSdn('HostSubnet')).flatMap((d): [string, string][] => {
    const subnet = textOf(field(d.value, 'subnet'));
    return subnet !== undefined && parseCidr(subnet) ? [[textOf(field(d.value, 'host')) ?? d.name, subnet]] : [];
  });
  return { cidr: part.cidr, perNode: 32 - part.hostBits, given: new Map(given) };
}
