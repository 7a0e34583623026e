import type { ProxyEndpoint } from '../endpoints.ts';
import { REJECTED, type SavedRule, comment, oneOf } from '../savedRule.ts';
import { covers, parseCidr } from '../ranges.ts';
import type { ServiceUnit } from '../units.ts';
import { type Plan, type PlannedUnit, type ServicePlan, endpointChain } from './plan.ts';

/** A packet to one address and the port of a service. */
export const toAddress = ({ unit }: PlannedUnit, what: string, ip: string): SavedRule => ({
  dst: `-d ${ip}/32`,
  proto: unit.proto,
  matches: [comment(`${unit.name} ${what}`), `-m ${unit.proto} --dport ${unit.port}`],
});

/** A packet to the node port of a service. */
export const toNodePort = ({ unit }: PlannedUnit, nodePort: number): SavedRule => ({
  proto: unit.proto,
  matches: [comment(unit.name), `-m ${unit.proto} --dport ${nodePort}`],
});

/** In table filter, where no rule of table nat took the packet: why is part of the comment. */
export function refuse({ add }: Plan, { unit }: PlannedUnit, chain: string, why: string, target: 'REJECT' | 'DROP', ip: string): void {
  add(
    'filter',
    chain,
    { dst: `-d ${ip}/32`, proto: unit.proto, matches: [comment(`${unit.name} ${why}`), `-m ${unit.proto} --dport ${unit.port}`], target: target === 'REJECT' ? REJECTED : target },
    unit.because,
  );
}

/** The port at which the nodes serve it; up to 1.25 only where a node has an address for node ports. */
export const nodePortOf = ({ version, nodePorts }: Plan, { unit }: PlannedUnit): number | undefined => (version.from(26) || nodePorts.ips.length > 0 ? unit.nodePort : undefined);

export function refuseNodePort(plan: Plan, planned: PlannedUnit, why: string, target: 'REJECT' | 'DROP'): void {
  const { unit } = planned;
  const nodePort = nodePortOf(plan, planned);
  if (nodePort === undefined) return;
  plan.add(
    'filter',
    'KUBE-EXTERNAL-SERVICES',
    {
      proto: unit.proto,
      matches: [comment(`${unit.name} ${why}`), '-m addrtype --dst-type LOCAL', `-m ${unit.proto} --dport ${nodePort}`],
      target: target === 'REJECT' ? REJECTED : target,
    },
    unit.because,
  );
}

/** Lets health checks of load balancers in; since 1.21. */
export function acceptHealthCheck({ add, version }: Plan, { unit }: PlannedUnit): void {
  if (unit.healthCheckNodePort === undefined || !version.from(21)) return;
  add(
    'filter',
    'KUBE-NODEPORTS',
    { proto: 'tcp', matches: [comment(`${unit.name} health check node port`), `-m tcp --dport ${unit.healthCheckNodePort}`], target: 'ACCEPT' },
    unit.because,
  );
}

/** Sources that `loadBalancerSourceRanges` lets in: each range, and with one that holds the node itself the given addresses too. */
export function allowedSources({ context }: Plan, unit: ServiceUnit, vips: readonly string[]): readonly string[] {
  const [nodeIp] = context.node.internalIps;
  const fromNode = nodeIp !== undefined && unit.sourceRanges.some((range) => covers(parseCidr(range) ?? { net: 1, prefixLen: 32 }, nodeIp));
  return [...unit.sourceRanges, ...(fromNode ? vips.map((ip) => `${ip}/32`) : [])].map((range) => `-s ${range}`);
}

/** How the rules of a chain to its endpoints are commented. */
export type BalancingComment = (unit: ServiceUnit, endpoint: ProxyEndpoint, index: number) => string;

/** From a service's chain to its endpoints: who came before, then by lot (writeServiceToEndpointRules()). `keep`: comments stay in large clusters. */
export function balance(
  { firewall, large }: ServicePlan,
  { unit }: PlannedUnit,
  chain: string,
  endpoints: readonly ProxyEndpoint[],
  text: { readonly sticky: BalancingComment; readonly lot: BalancingComment; readonly keep: boolean },
): void {
  // Most rules of a cluster are written here and below: as texts, without the detour of savedRule().
  const silent = large && !text.keep;
  const noted = (of: BalancingComment, endpoint: ProxyEndpoint, i: number): string => (silent ? '' : `${comment(of(unit, endpoint, i))} `);
  if (unit.affinitySec !== undefined) {
    for (const [i, endpoint] of endpoints.entries()) {
      const target = endpointChain(unit, endpoint);
      firewall.append('nat', chain, `${noted(text.sticky, endpoint, i)}-m recent --rcheck --seconds ${unit.affinitySec} --reap --name ${target} --mask 255.255.255.255 --rsource -j ${target}`, endpoint.because);
    }
  }
  for (const [i, endpoint] of endpoints.entries()) {
    const left = endpoints.length - i;
    firewall.append('nat', chain, `${noted(text.lot, endpoint, i)}${left > 1 ? `${oneOf(left)} ` : ''}-j ${endpointChain(unit, endpoint)}`, endpoint.because);
  }
}

/** The chains of endpoints: a mark for a packet that comes back to its sender, and the translation. */
export function writeEndpoints({ firewall, large }: ServicePlan, { unit, endpoints }: PlannedUnit): void {
  const noted = large ? '' : `${comment(unit.name)} `;
  for (const endpoint of endpoints.reachable) {
    const chain = endpointChain(unit, endpoint);
    const sticky = unit.affinitySec === undefined ? '' : `-m recent --set --name ${chain} --mask 255.255.255.255 --rsource `;
    firewall.append('nat', chain, `-s ${endpoint.ip}/32 ${noted}-j KUBE-MARK-MASQ`, endpoint.because);
    firewall.append('nat', chain, `-p ${unit.proto} ${noted}${sticky}-m ${unit.proto} -j DNAT --to-destination ${endpoint.text}`, endpoint.because);
  }
}
