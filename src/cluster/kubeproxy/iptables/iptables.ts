import type { NodeContext } from '../../component.ts';
import { nodePortAddressesOf } from '../nodeAddresses.ts';
import { nearestRead } from '../version.ts';
import { LIBERAL_SYSCTL, writeForwarding, writeJumps, writeMasquerading, writeNodePortJumps } from './fixed.ts';
import { localhostNodePorts, planOf } from './plan.ts';
import { writePolicyChains } from './policyChains.ts';
import { writeXlbChains } from './xlbChains.ts';

/** kube-proxy --proxy-mode=iptables: the rules of one node (pkg/proxy/iptables/proxier.go). */
export function programIptables(context: NodeContext): void {
  const plan = planOf(context);
  const write = plan.version.from(24) ? writePolicyChains : writeXlbChains;
  writeJumps(plan);
  writeMasquerading(plan);
  for (const planned of plan.units) write(plan, planned);
  writeNodePortJumps(plan);
  writeForwarding(plan);
}

/** What kube-proxy sets in the kernel when it starts in this mode. */
export function wireIptables(context: NodeContext): void {
  const { cluster, node, host } = context;
  const version = nearestRead(node.kubeProxyVersion);
  const because = node.because;
  if (localhostNodePorts(context, version, nodePortAddressesOf(cluster.kubeProxy.nodePortAddresses, node, host))) host.own.sysctl('net.ipv4.conf.all.route_localnet', 1, because);
  if (version.from(29) && cluster.kubeProxy.tcpBeLiberal) host.own.sysctl(LIBERAL_SYSCTL, 1, because);
}
