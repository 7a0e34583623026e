import type { Because } from '../because.ts';
import type { NodeModel } from '../model.ts';
import type { SdnSpec } from './objects.ts';

/** An address that a namespace's pods have outside, on the node that holds it. */
export interface EgressClaim {
  readonly ip: string;
  /** As iptables prints it. */
  readonly mark: string;
  readonly because: Because;
}

const MASQUERADE_BIT = 0x1;
const DROP_BIT = 0x8000;

/**
 * The mark for a VNID. The bits that kube-proxy and kubelet mark packets with move up, where no VNID has any; 0, which would be no mark,
 * becomes 0xff000000 (getMarkForVNID(), pkg/network/node/egressip.go).
 */
export function markOf(vnid: number): number {
  if (vnid === 0) return 0xff000000;
  const moved = (bit: number, to: number): number => ((vnid & bit) === 0 ? 0 : to);
  return ((vnid & ~(MASQUERADE_BIT | DROP_BIT)) | moved(MASQUERADE_BIT, 0x01000000) | moved(DROP_BIT, 0x10000000)) >>> 0;
}

/** What a node holds: an address that both a NetNamespace asks for and the node's HostSubnet has. */
export function claimsOf(sdn: SdnSpec, node: NodeModel): readonly EgressClaim[] {
  const held = new Set(sdn.hostSubnets.get(node.name)?.egressIps);
  return sdn.namespaces.flatMap(({ vnid, egressIps, because }) => egressIps.filter((ip) => held.has(ip)).map((ip) => ({ ip, mark: `0x${markOf(vnid).toString(16)}`, because })));
}
