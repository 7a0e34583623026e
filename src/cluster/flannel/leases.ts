import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import { parsePrefix } from '../../dumps/words.ts';
import { formatIp4, inPrefix, type Ip4, maskOf, parseIp4 } from '../../packet/address.ts';
import type { Prefix } from '../../world/world.ts';
import { parseJson } from '../cni/conflist.ts';
import { derivedMac } from '../derived.ts';
import type { ClusterModel, NicModel, NodeModel } from '../model.ts';
import { field, textOf } from '../objects/document.ts';
import type { FlannelConfig } from './config.ts';

/** What a node tells the others about itself: its annotations `flannel.alpha.coreos.com/…`. */
export interface Lease {
  readonly node: NodeModel;
  /** Subnet of its pods. */
  readonly subnet: Prefix;
  /** Where the others send to. */
  readonly publicIp: Ip4;
  /** The NIC it works with. */
  readonly nic: NicModel;
  /** Address of that NIC, the local end of the tunnel. */
  readonly localIp: Ip4;
  readonly vtepMac: string;
}

/** A lease for each node that has an address, by the node's name. */
export function leasesOf(cluster: ClusterModel, config: FlannelConfig, found: DiagnosticList): ReadonlyMap<string, Lease> {
  const taken = new Set(cluster.nodes.flatMap((n) => parsePrefix(n.podCidr)?.ip ?? []));
  const leases = new Map<string, Lease>();
  for (const node of cluster.nodes) {
    const ext = externalOf(node, config);
    if (!ext) continue;
    const subnet = parsePrefix(node.podCidr) ?? assumedSubnet(cluster, node, config, taken, found);
    if (!subnet) continue;
    const annotated = parseIp4(node.annotations['flannel.alpha.coreos.com/public-ip-overwrite'] ?? node.annotations['flannel.alpha.coreos.com/public-ip'] ?? '');
    const data = parseJson(node.annotations['flannel.alpha.coreos.com/backend-data'] ?? '');
    leases.set(node.name, { node, subnet, ...ext, publicIp: annotated ?? ext.localIp, vtepMac: textOf(field(data, 'VtepMAC')) ?? derivedMac(node.name, 'flannel') });
  }
  return leases;
}

const firstIp = (nic: NicModel): Ip4 | undefined => parsePrefix(nic.addresses[0])?.ip;

/** LookupExtIface() (pkg/ipmatch/match.go): the interface of --iface, else the one of the default route, else the one with the node's address. */
function externalOf(node: NodeModel, config: FlannelConfig): { readonly nic: NicModel; readonly localIp: Ip4 } | undefined {
  const named = config.ifaces.flatMap((iface) => node.nics.find((nic) => nic.dev === iface || nic.addresses.some((a) => a.split('/')[0] === iface)) ?? [])[0];
  const nic =
    named ??
    node.nics.find((n) => n.dev === node.gateway?.dev) ??
    node.nics.find((n) => n.addresses.some((a) => parsePrefix(a)?.ip === node.internalIps[0])) ??
    node.nics[0];
  const localIp = nic && firstIp(nic);
  return nic && localIp !== undefined ? { nic, localIp } : undefined;
}

/** Flannel takes the podCIDR of the Node; where objects leave it out: the subnet in which the node's pods live, else the next free one. */
function assumedSubnet(cluster: ClusterModel, node: NodeModel, config: FlannelConfig, taken: Set<Ip4>, found: DiagnosticList): Prefix | undefined {
  const { network, subnetLen } = config;
  const step = 2 ** (32 - subnetLen);
  const pod = cluster.pods.find((p) => p.node === node.name && !p.hostNetwork && !p.ended && inPrefix(p.ip, network.ip, network.prefixLen));
  let ip = pod ? (pod.ip & maskOf(subnetLen)) >>> 0 : network.ip;
  while (!pod && taken.has(ip)) ip += step;
  if (!inPrefix(ip, network.ip, network.prefixLen)) {
    found.add('no-pod-cidr', node.because.source ?? NOWHERE, node.name);
    return undefined;
  }
  taken.add(ip);
  const subnet = { ip, prefixLen: subnetLen };
  found.add('assumed', node.because.source ?? NOWHERE, `${node.name}: podCIDR ${formatIp4(ip)}/${subnetLen}`);
  return subnet;
}

const NOWHERE = { input: '', line: 0 };
