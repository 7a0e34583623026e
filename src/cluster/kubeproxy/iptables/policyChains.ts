import { isExternal } from '../endpoints.ts';
import { comment } from '../savedRule.ts';
import type { PlannedUnit, ServicePlan } from './plan.ts';
import { acceptHealthCheck, allowedSources, balance, nodePortOf, refuse, refuseNodePort, toAddress, toNodePort, writeEndpoints } from './service.ts';

/** Chains of one service port. */
interface Chains {
  readonly cluster: string;
  readonly local: string;
  readonly external: string;
  readonly firewall: string;
}

/**
 * Rules of one service port since 1.24: KUBE-SVC has the endpoints for traffic policy Cluster, KUBE-SVL those for Local, and KUBE-EXT decides
 * between the two for what comes to a node port, a load balancer or an external IP.
 */
export function writePolicyChains(plan: ServicePlan, planned: PlannedUnit): void {
  const { hash, endpoints } = planned;
  const chains: Chains = { cluster: `KUBE-SVC-${hash}`, local: `KUBE-SVL-${hash}`, external: `KUBE-EXT-${hash}`, firewall: `KUBE-FW-${hash}` };
  if (endpoints.any) writeCapture(plan, planned, chains);
  writeRefusals(plan, planned);
  acceptHealthCheck(plan, planned);
  if (!endpoints.any) return;
  writeInternal(plan, planned, chains);
  if (isExternal(planned.unit)) writeExternal(plan, planned, chains);
  if (usesFirewall(planned)) writeFirewall(plan, planned, chains);
  writeBalancing(plan, planned, chains);
  writeEndpoints(plan, planned);
}

const noneLocal = ({ endpoints }: PlannedUnit): boolean => endpoints.local.length === 0;
const usesFirewall = ({ unit }: PlannedUnit): boolean => unit.vips.length > 0 && unit.sourceRanges.length > 0;

/** 1.24 leads also what nobody will answer through table nat, where a mark drops it. */
const capturesInternal = ({ version }: ServicePlan, planned: PlannedUnit): boolean => !planned.unit.internalLocal || !noneLocal(planned) || !version.from(25);

/** KUBE-SERVICES and KUBE-NODEPORTS: which addresses are this service. */
function writeCapture(plan: ServicePlan, planned: PlannedUnit, chains: Chains): void {
  const { add } = plan;
  const { unit } = planned;
  const { because } = unit;
  if (capturesInternal(plan, planned)) add('nat', 'KUBE-SERVICES', { ...toAddress(planned, 'cluster IP', unit.clusterIp), target: unit.internalLocal ? chains.local : chains.cluster }, because);
  for (const ip of unit.externalIps) add('nat', 'KUBE-SERVICES', { ...toAddress(planned, 'external IP', ip), target: chains.external }, because);
  for (const ip of unit.vips) add('nat', 'KUBE-SERVICES', { ...toAddress(planned, 'loadbalancer IP', ip), target: usesFirewall(planned) ? chains.firewall : chains.external }, because);
  const nodePort = nodePortOf(plan, planned);
  if (nodePort !== undefined) add('nat', 'KUBE-NODEPORTS', { ...toNodePort(planned, nodePort), target: chains.external }, because);
}

/** Table filter: what no endpoint of the node, or of the cluster, will answer, and whom the source ranges keep out. */
function writeRefusals(plan: ServicePlan, planned: PlannedUnit): void {
  const { add, version } = plan;
  const { unit, endpoints, hash } = planned;
  const nobody = !endpoints.any;
  if (nobody) refuse(plan, planned, 'KUBE-SERVICES', 'has no endpoints', 'REJECT', unit.clusterIp);
  else if (!capturesInternal(plan, planned)) refuse(plan, planned, 'KUBE-SERVICES', 'has no local endpoints', 'DROP', unit.clusterIp);

  if (!nobody && usesFirewall(planned) && version.from(25)) {
    for (const ip of unit.vips) add('filter', 'KUBE-PROXY-FIREWALL', { ...toAddress(planned, `traffic not accepted by KUBE-FW-${hash}`, ip), target: 'DROP' }, unit.because);
  }

  const dropsExternal = !nobody && version.from(25) && unit.externalLocal && noneLocal(planned);
  if (!nobody && !dropsExternal) return;
  const [why, target] = nobody ? (['has no endpoints', 'REJECT'] as const) : (['has no local endpoints', 'DROP'] as const);
  for (const ip of [...unit.externalIps, ...unit.vips]) refuse(plan, planned, 'KUBE-EXTERNAL-SERVICES', why, target, ip);
  refuseNodePort(plan, planned, why, target);
}

/** The rule that hides the sender of packets to the cluster IP, first in the chain that serves it. */
function writeInternal(plan: ServicePlan, planned: PlannedUnit, chains: Chains): void {
  const { add, local, context } = plan;
  const { unit } = planned;
  if (!capturesInternal(plan, planned)) return;
  const chain = unit.internalLocal ? chains.local : chains.cluster;
  const rule = { ...toAddress(planned, 'cluster IP', unit.clusterIp), target: 'KUBE-MARK-MASQ' };
  if (context.cluster.kubeProxy.masqueradeAll) add('nat', chain, rule, unit.because);
  else if (local) add('nat', chain, { ...rule, ...local.notLocal }, unit.because);
}

function writeExternal(plan: ServicePlan, planned: PlannedUnit, chains: Chains): void {
  const { add, local, version } = plan;
  const { unit } = planned;
  const what = `for ${unit.name} external destinations`;
  if (!unit.externalLocal) {
    add('nat', chains.external, { matches: [comment(`masquerade traffic ${what}`)], target: 'KUBE-MARK-MASQ' }, unit.because);
    add('nat', chains.external, { target: chains.cluster }, unit.because);
    return;
  }
  if (local) add('nat', chains.external, { ...local.local, matches: [comment(`pod traffic ${what}`)], target: chains.cluster }, unit.because);
  add('nat', chains.external, { matches: [comment(`masquerade LOCAL traffic ${what}`), '-m addrtype --src-type LOCAL'], target: 'KUBE-MARK-MASQ' }, unit.because);
  add('nat', chains.external, { matches: [comment(`route LOCAL traffic ${what}`), '-m addrtype --src-type LOCAL'], target: chains.cluster }, unit.because);
  if (!noneLocal(planned) || !version.from(25)) add('nat', chains.external, { target: chains.local }, unit.because);
}

function writeFirewall(plan: ServicePlan, planned: PlannedUnit, chains: Chains): void {
  const { add, version } = plan;
  const { unit } = planned;
  const what = comment(`${unit.name} loadbalancer IP`);
  for (const src of allowedSources(plan, unit, unit.vips)) add('nat', chains.firewall, { src, matches: [what], target: chains.external }, unit.because);
  if (!version.from(25)) add('nat', chains.firewall, { matches: [what], target: 'KUBE-MARK-DROP' }, unit.because);
  else if (version.from(27)) add('nat', chains.firewall, { matches: [comment(`other traffic to ${unit.name} will be dropped by KUBE-PROXY-FIREWALL`)] }, unit.because);
}

function writeBalancing(plan: ServicePlan, planned: PlannedUnit, chains: Chains): void {
  const { add, version } = plan;
  const { unit, endpoints } = planned;
  const arrow = (of: { readonly name: string }, endpoint: { readonly text: string }): string => `${of.name} -> ${endpoint.text}`;
  const text = { sticky: arrow, lot: arrow, keep: false };
  balance(plan, planned, chains.cluster, endpoints.cluster, text);
  balance(plan, planned, chains.local, endpoints.local, text);
  const usesLocal = unit.internalLocal || (unit.externalLocal && isExternal(unit));
  if (usesLocal && noneLocal(planned) && !version.from(25)) add('nat', chains.local, { matches: [comment(`${unit.name} has no local endpoints`)], target: 'KUBE-MARK-DROP' }, unit.because);
}
