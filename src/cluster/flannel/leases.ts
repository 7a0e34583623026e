import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import { parsePrefix } from '../../dumps/words.ts';
import { type Ip4, parseIp4 } from '../../packet/address.ts';
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
  const leases = new Map<string, Lease>();
  for (const node of cluster.nodes) {
    const ext = externalOf(node, config);
    if (!ext) continue;
    const subnet = parsePrefix(node.podCidr);
    if (!subnet) {
      // flanneld does not start on such a node (pkg/subnet/kube/kube.go, AcquireLease()).
      found.add('no-pod-cidr', node.because.source ?? NOWHERE, node.name);
      continue;
    }
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

const NOWHERE = { input: '', line: 0 };
