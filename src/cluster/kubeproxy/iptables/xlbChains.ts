import { comment } from '../savedRule.ts';
import type { PlannedUnit, ServicePlan } from './plan.ts';
import { acceptHealthCheck, allowedSources, balance, nodePortOf, refuse, refuseNodePort, toAddress, toNodePort, writeEndpoints } from './service.ts';

/** Chains of one service port. */
interface Chains {
  readonly service: string;
  readonly xlb: string;
  readonly firewall: string;
}

/**
 * Rules of one service port up to 1.23: KUBE-SVC has all its endpoints, KUBE-XLB those of the node for externalTrafficPolicy Local, KUBE-FW
 * lets packets to the load balancer's address in.
 */
export function writeXlbChains(plan: ServicePlan, planned: PlannedUnit): void {
  const { unit, endpoints, hash } = planned;
  const chains: Chains = { service: `KUBE-SVC-${hash}`, xlb: `KUBE-XLB-${hash}`, firewall: `KUBE-FW-${hash}` };
  // Made even when nothing will be in it.
  if (unit.externalLocal) plan.firewall.chain('nat', chains.xlb);
  if (endpoints.any) {
    writeClusterIp(plan, planned, chains);
    writeExternalIps(plan, planned, chains);
    writeLoadBalancers(plan, planned, chains);
    writeNodePort(plan, planned, chains);
  } else writeRefusals(plan, planned);
  acceptHealthCheck(plan, planned);
  if (!endpoints.any) return;
  const name = (): string => unit.name;
  balance(plan, planned, chains.service, endpoints.cluster, { sticky: name, lot: name, keep: false });
  writeEndpoints(plan, planned);
  if (unit.externalLocal) writeXlb(plan, planned, chains);
}

/** Where packets are marked for masquerading: 1.22 moved the rules from the chains that lead to a service into the service's own. */
const markIn = ({ version }: ServicePlan, chain: string, { service }: Chains): string => (version.from(22) ? service : chain);

function writeClusterIp(plan: ServicePlan, planned: PlannedUnit, chains: Chains): void {
  const { add, local, context } = plan;
  const { unit } = planned;
  const rule = toAddress(planned, 'cluster IP', unit.clusterIp);
  const marking = markIn(plan, 'KUBE-SERVICES', chains);
  if (context.cluster.kubeProxy.masqueradeAll) add('nat', marking, { ...rule, target: 'KUBE-MARK-MASQ' }, unit.because);
  else if (local) add('nat', marking, { ...rule, ...local.notLocal, target: 'KUBE-MARK-MASQ' }, unit.because);
  add('nat', 'KUBE-SERVICES', { ...rule, target: chains.service }, unit.because);
}

function writeExternalIps(plan: ServicePlan, planned: PlannedUnit, chains: Chains): void {
  const { add, local, version } = plan;
  const { unit } = planned;
  // Gate ExternalPolicyForExternalIP, on since 1.19: before, external IPs are always served by the whole cluster.
  const toLocal = unit.externalLocal && version.from(19);
  const target = toLocal ? chains.xlb : chains.service;
  for (const ip of unit.externalIps) {
    const rule = toAddress(planned, 'external IP', ip);
    if (!toLocal) add('nat', markIn(plan, 'KUBE-SERVICES', chains), { ...rule, ...(version.from(21) ? local?.notLocal : undefined), target: 'KUBE-MARK-MASQ' }, unit.because);
    if (version.from(21)) add('nat', 'KUBE-SERVICES', { ...rule, target }, unit.because);
    else {
      // From elsewhere than this machine and its bridged pods, or to an address of this machine.
      add('nat', 'KUBE-SERVICES', { ...rule, matches: [...(rule.matches ?? []), '-m physdev ! --physdev-is-in', '-m addrtype ! --src-type LOCAL'], target }, unit.because);
      add('nat', 'KUBE-SERVICES', { ...rule, matches: [...(rule.matches ?? []), '-m addrtype --dst-type LOCAL'], target }, unit.because);
    }
  }
}

/** Each address writes the whole firewall chain again, as kube-proxy does. */
function writeLoadBalancers(plan: ServicePlan, planned: PlannedUnit, chains: Chains): void {
  const { add } = plan;
  const { unit } = planned;
  const target = unit.externalLocal ? chains.xlb : chains.service;
  const what = comment(`${unit.name} loadbalancer IP`);
  for (const ip of unit.vips) {
    add('nat', 'KUBE-SERVICES', { ...toAddress(planned, 'loadbalancer IP', ip), target: chains.firewall }, unit.because);
    if (!unit.externalLocal) add('nat', chains.firewall, { matches: [what], target: 'KUBE-MARK-MASQ' }, unit.because);
    if (unit.sourceRanges.length === 0) add('nat', chains.firewall, { matches: [what], target }, unit.because);
    else for (const src of allowedSources(plan, unit, [ip])) add('nat', chains.firewall, { src, matches: [what], target }, unit.because);
    add('nat', chains.firewall, { matches: [what], target: 'KUBE-MARK-DROP' }, unit.because);
  }
}

function writeNodePort(plan: ServicePlan, planned: PlannedUnit, chains: Chains): void {
  const { add } = plan;
  const { unit } = planned;
  const nodePort = nodePortOf(plan, planned);
  if (nodePort === undefined) return;
  const rule = toNodePort(planned, nodePort);
  if (unit.externalLocal) {
    add('nat', 'KUBE-NODEPORTS', { ...rule, src: '-s 127.0.0.0/8', target: 'KUBE-MARK-MASQ' }, unit.because);
    add('nat', 'KUBE-NODEPORTS', { ...rule, target: chains.xlb }, unit.because);
  } else {
    add('nat', markIn(plan, 'KUBE-NODEPORTS', chains), { ...rule, target: 'KUBE-MARK-MASQ' }, unit.because);
    add('nat', 'KUBE-NODEPORTS', { ...rule, target: chains.service }, unit.because);
  }
}

function writeRefusals(plan: ServicePlan, planned: PlannedUnit): void {
  const { unit } = planned;
  const why = 'has no endpoints';
  refuse(plan, planned, 'KUBE-SERVICES', why, 'REJECT', unit.clusterIp);
  for (const ip of unit.externalIps) refuse(plan, planned, 'KUBE-EXTERNAL-SERVICES', why, 'REJECT', ip);
  for (const ip of unit.vips) refuse(plan, planned, plan.version.from(20) ? 'KUBE-EXTERNAL-SERVICES' : 'KUBE-SERVICES', why, 'REJECT', ip);
  refuseNodePort(plan, planned, why, 'REJECT');
}

function writeXlb(plan: ServicePlan, planned: PlannedUnit, { service, xlb }: Chains): void {
  const { add, local, version } = plan;
  const { unit, endpoints } = planned;
  if (local) add('nat', xlb, { ...local.local, matches: [comment('Redirect pods trying to reach external loadbalancer VIP to clusterIP')], target: service }, unit.because);
  add('nat', xlb, { matches: [comment(`masquerade LOCAL traffic for ${unit.name} LB IP`), '-m addrtype --src-type LOCAL'], target: 'KUBE-MARK-MASQ' }, unit.because);
  add('nat', xlb, { matches: [comment(`route LOCAL traffic for ${unit.name} LB IP to service chain`), '-m addrtype --src-type LOCAL'], target: service }, unit.because);
  if (endpoints.local.length === 0) {
    add('nat', xlb, { matches: [comment(`${unit.name} has no local endpoints`)], target: 'KUBE-MARK-DROP' }, unit.because);
    return;
  }
  const name = (): string => unit.name;
  const numbered = version.from(23) ? name : (_: unknown, __: unknown, i: number): string => `Balancing rule ${i} for ${unit.name}`;
  balance(plan, planned, xlb, endpoints.local, { sticky: name, lot: numbered, keep: !version.from(23) });
}
