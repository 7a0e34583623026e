import { formatIp4 } from '../../packet/address.ts';
import type { Because } from '../because.ts';
import type { BridgeDraft } from '../draft/bridge.ts';
import type { ClusterModel, NodeModel } from '../model.ts';
import { isInCidr, parseCidr } from '../objects/values.ts';
import { formatMatch } from './match.ts';
import { withAutomaticAddresses } from './egressCidrs.ts';
import type { NetNamespace } from './netNamespaces.ts';
import type { HostSubnet, SdnSpec } from './objects.ts';

/** An address that a namespace's pods have outside, on the node that holds it. */
export interface EgressClaim {
  readonly ip: string;
  /** What br0 marks the namespace's packets with. */
  readonly mark: number;
  /** The NIC that gets the address; undefined where it is not in the network of the node's own, which is refused (assignEgressIP()). */
  readonly dev: string | undefined;
  readonly because: Because;
}

const DROP_BIT = 0x8000;

/**
 * The mark for a VNID. The bits that kube-proxy and kubelet mark packets with move up, where no VNID has any; 0, which would be no mark,
 * becomes 0xff000000 (getMarkForVNID(), pkg/network/node/egressip.go).
 */
export function markOf(vnid: number, masqueradeBit: number): number {
  const moved = (mark: number, bit: number, to: number): number => ((mark & bit) === 0 ? mark : (mark | to) ^ bit);
  return moved(moved(vnid === 0 ? 0xff000000 : vnid, DROP_BIT, 0x10000000), 1 << masqueradeBit, 0x01000000) >>> 0;
}

interface Assignment {
  readonly ip: string;
  readonly owner: HostSubnet;
}

/** What a namespace that asks for egress addresses gets; none: its packets to the outside are dropped. */
export interface NamespaceEgress {
  readonly namespace: NetNamespace;
  readonly active: readonly Assignment[];
}

/** Who holds which address for whom (EgressIPTracker, pkg/network/common/egressip.go). All nodes are taken to answer. */
export function egressOf({ namespaces, hostSubnets }: SdnSpec): readonly NamespaceEgress[] {
  // One VNID has one list: of joined projects the last one's.
  const asking = [...new Map([...namespaces.values()].map((n) => [n.vnid, n])).values()].filter((n) => n.egressIps.length > 0);
  const holders = byAddress(withAutomaticAddresses([...hostSubnets.values()], asking));
  const askers = byAddress(asking);
  const assigned = (namespace: NetNamespace, ip: string): readonly Assignment[] => {
    const [owner, ...more] = holders(ip);
    if (!owner || more.length > 0) return [];
    const twice = namespace.egressIps.some((other) => other !== ip && holders(other).length === 1 && holders(other)[0] === owner);
    return twice ? [] : [{ ip, owner }];
  };
  return asking.map((namespace) => {
    const contested = namespace.egressIps.some((ip) => askers(ip).length > 1);
    return { namespace, active: contested ? [] : namespace.egressIps.flatMap((ip) => assigned(namespace, ip)) };
  });
}

/** Who names an address. */
function byAddress<T extends { readonly egressIps: readonly string[] }>(all: readonly T[]): (ip: string) => readonly T[] {
  const found = new Map<string, T[]>();
  for (const one of all) for (const ip of new Set(one.egressIps)) found.set(ip, [...(found.get(ip) ?? []), one]);
  return (ip) => found.get(ip) ?? [];
}

/** The addresses that a node holds. */
export function claimsOf(egress: readonly NamespaceEgress[], cluster: ClusterModel, node: NodeModel): readonly EgressClaim[] {
  const home = node.nics.find((nic) => nic.addresses.some((a) => parseCidr(a)?.ip === node.internalIps[0]));
  return egress.flatMap(({ namespace, active }) =>
    active
      .filter((a) => a.owner.host === node.name)
      .map(({ ip }): EgressClaim => {
        const fits = home?.addresses.some((a) => isInCidr(parseCidr(ip)?.ip ?? 0, parseCidr(a) ?? { ip: 0, prefixLen: 32 }));
        return { ip, mark: markOf(namespace.vnid, cluster.kubeProxy.masqueradeBit), dev: fits === true ? home?.dev : undefined, because: namespace.because };
      }),
  );
}

/** Table 101 and the groups: to tun0 with a mark where the node holds an address itself, else through the tunnel to one that does. */
export function writeEgress(bridge: BridgeDraft, egress: readonly NamespaceEgress[], cluster: ClusterModel, node: NodeModel, tunMac: string): void {
  for (const { namespace, active } of egress) {
    const { vnid } = namespace;
    const because: Because = { ...namespace.because, part: 'egressIPs' };
    if (active.length === 0) {
      bridge.flow(101, 100, formatMatch({ reg0: vnid }), 'drop', because);
      continue;
    }
    const local = active.some((a) => a.owner.host === node.name);
    const buckets = local
      ? [`set_field:${tunMac}->eth_dst,set_field:0x${markOf(vnid, cluster.kubeProxy.masqueradeBit).toString(16)}->pkt_mark,output:2`]
      : active.map(({ owner }) => `move:NXM_NX_REG0[]->NXM_NX_TUN_ID[0..31],set_field:${formatIp4(owner.hostIp ?? 0)}->tun_dst,output:1`);
    bridge.group(vnid, 'select', buckets, because);
    bridge.flow(101, 100, formatMatch({ proto: 'ip', reg0: vnid }), `${local ? '' : 'ct(commit),'}group:${vnid}`, because);
  }
}
