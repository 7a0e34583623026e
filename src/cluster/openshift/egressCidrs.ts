import { isInCidr, parseCidr } from '../objects/values.ts';
import type { NetNamespace } from './netNamespaces.ts';
import type { HostSubnet } from './objects.ts';

/**
 * HostSubnets with the addresses that the master gives to nodes by their egressCIDRs (ReallocateEgressIPs(), pkg/network/common/egressip.go):
 * first those that only one node can have, then each to the node with the fewest, and no two of one namespace to the same node. Among
 * nodes with as many the first of the input is taken, where the program takes any. What a HostSubnet holds already stays.
 */
export function withAutomaticAddresses(hostSubnets: readonly HostSubnet[], asking: readonly NetNamespace[]): readonly HostSubnet[] {
  const open = hostSubnets.filter((h) => h.egressCidrs.length > 0);
  if (open.length === 0) return hostSubnets;
  const held = new Map(hostSubnets.map((h) => [h.host, [...h.egressIps]]));
  const has = (host: string, ips: readonly string[]): boolean => (held.get(host) ?? []).some((ip) => ips.includes(ip));
  const taken = new Set(hostSubnets.flatMap((h) => h.egressIps));
  const wanted = inTurn(asking).filter(({ ip }) => !taken.has(ip) && asking.filter((n) => n.egressIps.includes(ip)).length === 1);
  const give = (onlyOne: boolean): void => {
    for (const { ip, namespace } of wanted) {
      const fitting = taken.has(ip) ? [] : open.filter((h) => h.egressCidrs.some((cidr) => holds(cidr, ip)) && !has(h.host, namespace.egressIps));
      const [best] = fitting.toSorted((a, b) => (held.get(a.host)?.length ?? 0) - (held.get(b.host)?.length ?? 0));
      if (!best || (onlyOne && fitting.length > 1)) continue;
      held.get(best.host)?.push(ip);
      taken.add(ip);
    }
  };
  give(true);
  give(false);
  return hostSubnets.map((h) => ({ ...h, egressIps: held.get(h.host) ?? [] }));
}

/** Everybody's first address, then everybody's second; who asks for the fewest comes first (getSortedEgressIPs()). */
function inTurn(asking: readonly NetNamespace[]): readonly { readonly ip: string; readonly namespace: NetNamespace }[] {
  const modest = asking.toSorted((a, b) => a.egressIps.length - b.egressIps.length);
  const most = Math.max(0, ...asking.map((n) => n.egressIps.length));
  return Array.from({ length: most }, (_, i) => modest.flatMap((namespace) => (namespace.egressIps[i] === undefined ? [] : [{ ip: namespace.egressIps[i], namespace }]))).flat();
}

function holds(cidr: string, ip: string): boolean {
  const [net, at] = [parseCidr(cidr), parseCidr(ip)];
  return net !== undefined && at !== undefined && isInCidr(at.ip, net);
}
