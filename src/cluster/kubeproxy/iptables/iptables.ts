import type { NodeContext } from '../../component.ts';
import { RuleLog } from '../../draft/firewall.ts';
import { unitsOf } from '../units.ts';
import { nodePortAddressesOf } from '../nodeAddresses.ts';
import { nearestRead } from '../version.ts';
import { LIBERAL_SYSCTL, writeForwarding, writeJumps, writeMasquerading, writeNodePortJumps } from './fixed.ts';
import { alikeOf, isAlike } from './alike.ts';
import { type Plan, localhostNodePorts, planOf, planUnit, writerOf } from './plan.ts';
import { writePolicyChains } from './policyChains.ts';
import { writeXlbChains } from './xlbChains.ts';

/** kube-proxy --proxy-mode=iptables: the rules of one node (pkg/proxy/iptables/proxier.go). */
export function programIptables(context: NodeContext): void {
  const plan = planOf(context);
  writeJumps(plan);
  writeMasquerading(plan);
  writeServices(plan);
  writeNodePortJumps(plan);
  writeForwarding(plan);
}

/** largeClusterEndpointsThreshold, pkg/proxy/iptables/proxier.go. */
const LARGE = 1000;

/** The services, in the order of the objects. What another node wrote alike is taken from there: a cluster has thousands. */
function writeServices(plan: Plan): void {
  const { context, version, firewall } = plan;
  const alike = alikeOf(context.cluster, plan);
  const units = unitsOf(context.cluster, version);
  const planned = units.map((unit) => (alike.rules.has(unit) ? undefined : planUnit(unit, plan)));
  alike.large ??= planned.reduce((n, u) => n + (u?.endpoints.known ?? 0), 0) > LARGE;
  const { large } = alike;
  const write = version.from(24) ? writePolicyChains : writeXlbChains;
  for (const [i, unit] of units.entries()) {
    const own = planned[i];
    if (own && !isAlike(unit)) write({ ...plan, large }, own);
    else if (own) {
      const log = new RuleLog();
      write({ ...plan, large, ...writerOf(log) }, own);
      alike.rules.set(unit, log.rules);
    }
    firewall.appendAll(alike.rules.get(unit) ?? []);
  }
}

/** What kube-proxy sets in the kernel when it starts in this mode. */
export function wireIptables(context: NodeContext): void {
  const { cluster, node, host } = context;
  const version = nearestRead(node.kubeProxyVersion);
  const because = node.because;
  if (localhostNodePorts(context, version, nodePortAddressesOf(cluster.kubeProxy.nodePortAddresses, node, host))) host.own.sysctl('net.ipv4.conf.all.route_localnet', 1, because);
  if (version.from(29) && cluster.kubeProxy.tcpBeLiberal) host.own.sysctl(LIBERAL_SYSCTL, 1, because);
}
