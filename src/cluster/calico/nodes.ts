import { formatIp4, inPrefix, type Ip4, parseIp4 } from '../../packet/address.ts';
import type { Because } from '../because.ts';
import type { ClusterModel, NodeModel } from '../model.ts';
import { tunnelMac } from './names.ts';

/** A node as Calico sees it: the address that routes and tunnels lead to, and the network that it lies in. */
export interface CalicoNode {
  readonly node: NodeModel;
  readonly name: string;
  readonly ip: Ip4;
  readonly prefixLen: number;
  /** The NIC that has the address. */
  readonly dev: string;
  /** MAC of its vxlan.calico. */
  readonly tunnelMac: string;
  /** Undefined: the cluster's. */
  readonly asNumber: number | undefined;
  readonly routeReflector: string | undefined;
  readonly because: Because;
}

/** Reads the nodes: address by the annotation projectcalico.org/IPv4Address, else the first InternalIP. Nodes without any address are left out. */
export function calicoNodes(cluster: ClusterModel): readonly CalicoNode[] {
  return cluster.nodes.flatMap((node): readonly CalicoNode[] => {
    const annotation = node.annotations['projectcalico.org/IPv4Address'];
    const [text = '', length] = (annotation ?? '').split('/');
    const ip = parseIp4(text) ?? node.internalIps[0];
    if (ip === undefined) return [];
    const own = node.nics.flatMap((nic) => nic.addresses.map((address) => ({ nic, address: address.split('/') }))).find(({ address }) => address[0] === formatIp4(ip));
    const given = annotation !== undefined && parseIp4(text) !== undefined && length !== undefined ? Number(length) : undefined;
    const asNumber = Number(node.annotations['projectcalico.org/ASNumber'] ?? '');
    return [
      {
        node,
        name: node.name,
        ip,
        prefixLen: given !== undefined && given >= 0 && given <= 32 ? given : Number(own?.address[1] ?? 24),
        dev: own?.nic.dev ?? node.nics[0]?.dev ?? 'eth0',
        tunnelMac: node.annotations['projectcalico.org/VXLANTunnelMACAddr'] ?? tunnelMac(node.name),
        asNumber: asNumber > 0 ? asNumber : undefined,
        routeReflector: node.annotations['projectcalico.org/RouteReflectorClusterID'],
        because: node.because,
      },
    ];
  });
}

/** Whether the other node lies in this one's own network: the test of CrossSubnet. */
export const sameSubnet = (here: CalicoNode, other: CalicoNode): boolean => inPrefix(other.ip, here.ip, here.prefixLen);
