import { PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../../../packet/packet.ts';
import type { Because } from '../../because.ts';
import type { NodeContext } from '../../component.ts';
import { atLeast, type ClusterModel, type NodeModel } from '../../model.ts';
import { becauseOf } from '../../objects/document.ts';
import { localTrafficOf } from '../detector.ts';
import { chooseEndpoints, endpointsOf } from '../endpoints.ts';
import { covers, parseCidr } from '../ranges.ts';
import { type ServiceUnit, unitsOf } from '../units.ts';
import { nearestRead, type ProxyVersion } from '../version.ts';
import { addDummy, addressesBound, addressesElsewhere, boundAddresses } from './dummy.ts';
import { nodePortIps } from './nodeIps.ts';
import { type RuleSettings, writeRules } from './rules.ts';
import { ProxyServers, realServersOf } from './servers.ts';
import { ipPort, ProxySets } from './sets.ts';

/** kube-ipvs0 with the addresses of all services, and the sysctls of kube-proxy in IPVS mode (NewProxier(), pkg/proxy/ipvs/proxier.go). */
export function wireIpvs({ cluster, node, host }: NodeContext): void {
  const version = nearestRead(node.kubeProxyVersion);
  const because = settingsBecause(cluster);
  const addresses = boundAddresses(unitsOf(cluster, version), version, addressesElsewhere(host.own));
  addDummy(host.own, node.name, addresses, because);
  for (const [key, value] of sysctlsOf(cluster, node, version)) host.own.sysctl(key, value, because);
}

function sysctlsOf(cluster: ClusterModel, node: NodeModel, version: ProxyVersion): readonly (readonly [string, number])[] {
  const kernel = node.kernelVersion;
  // A kernel of unknown age is taken for one in which the mode needs no change: since Linux 5.9 new versions leave it alone.
  const reuseMode = version.from(22) ? kernel !== undefined && atLeast(kernel, 4, 1) && !atLeast(kernel, 5, 9) : kernel === undefined || atLeast(kernel, 4, 1);
  return [
    ['net.ipv4.vs.conntrack', 1],
    ...(reuseMode ? [['net.ipv4.vs.conn_reuse_mode', 0] as const] : []),
    ['net.ipv4.vs.expire_nodest_conn', 1],
    ['net.ipv4.vs.expire_quiescent_template', 1],
    ['net.ipv4.ip_forward', 1],
    ...(version.from(21) ? [] : [['net.ipv4.conf.all.route_localnet', 1] as const]),
    ...(cluster.kubeProxy.strictArp ? [['net.ipv4.conf.all.arp_ignore', 1] as const, ['net.ipv4.conf.all.arp_announce', 2] as const] : []),
  ];
}

/** Sets, rules and virtual servers of one node. Its devices must be complete: node ports answer on all their addresses. */
export function programIpvs(context: NodeContext): void {
  const { cluster, node, host } = context;
  const version = nearestRead(node.kubeProxyVersion);
  const because = settingsBecause(cluster);
  const { kubeProxy } = cluster;
  const sets = new ProxySets(host.own.sets, version, because);
  const servers = new ProxyServers(host.own.ipvs, kubeProxy.scheduler, version);
  const nodeIps = nodePortIps(kubeProxy.nodePortAddresses, node, host.own, version);
  const closedToNode: RuleSettings['closedToNode'][number][] = [];
  for (const unit of unitsOf(cluster, version)) {
    addHairpins(sets, unit, context, version);
    addServers(servers, unit, nodeIps, context, version);
    addMembers(sets, unit, nodeIps, version);
    closedToNode.push(...addSourceRanges(sets, unit, node));
  }
  for (const { address, because: service } of addressesBound(host.own)) if (service) sets.add('KUBE-IPVS-IPS', address.split('/')[0] ?? '', service);
  const notLocal = localTrafficOf(kubeProxy.detectLocal, node)?.notLocal;
  writeRules(host.own.firewall, sets, { version, masqueradeAll: kubeProxy.masqueradeAll, masqueradeBit: kubeProxy.masqueradeBit, notLocal, closedToNode, because });
}

/** A pod of this node that is its own real server: without masquerading it would answer itself. Since 1.21 those that are not ready count, too. */
function addHairpins(sets: ProxySets, unit: ServiceUnit, { cluster, node }: NodeContext, version: ProxyVersion): void {
  for (const { ip, port, local, ready, because } of endpointsOf(unit, cluster, node.name)) {
    if (local && (ready || version.from(21))) sets.add('KUBE-LOOP-BACK', `${ipPort(ip, unit.proto, port)},${ip}`, because);
  }
}

function addServers(servers: ProxyServers, unit: ServiceUnit, nodeIps: readonly string[], { cluster, node }: NodeContext, version: ProxyVersion): void {
  const choice = chooseEndpoints(unit, cluster, node, version);
  const external = realServersOf(choice, unit.externalLocal, version);
  servers.add(unit, unit.clusterIp, unit.port, realServersOf(choice, unit.internalLocal, version));
  for (const ip of unit.externalIps) servers.add(unit, ip, unit.port, externalIpLocal(unit, version) ? external : choice.cluster);
  for (const ip of unit.vips) servers.add(unit, ip, unit.port, external);
  if (unit.nodePort !== undefined) for (const ip of nodeIps) servers.add(unit, ip, unit.nodePort, external);
}

/** External IPs heed externalTrafficPolicy since 1.19: in 1.18 the gate ExternalPolicyForExternalIP is off by default. */
const externalIpLocal = (unit: ServiceUnit, version: ProxyVersion): boolean => unit.externalLocal && version.from(19);

function addMembers(sets: ProxySets, unit: ServiceUnit, nodeIps: readonly string[], version: ProxyVersion): void {
  const { proto, port, nodePort, because } = unit;
  sets.add('KUBE-CLUSTER-IP', ipPort(unit.clusterIp, proto, port), because);
  for (const ip of unit.externalIps) sets.add(externalIpLocal(unit, version) ? 'KUBE-EXTERNAL-IP-LOCAL' : 'KUBE-EXTERNAL-IP', ipPort(ip, proto, port), because);
  for (const ip of unit.vips) {
    sets.add('KUBE-LOAD-BALANCER', ipPort(ip, proto, port), because);
    if (unit.externalLocal) sets.add('KUBE-LOAD-BALANCER-LOCAL', ipPort(ip, proto, port), because);
  }
  if (nodePort !== undefined) {
    // Without an address for it kube-proxy leaves the service there, before its health check port.
    if (nodeIps.length === 0) return;
    addNodePort(sets, unit, nodePort, nodeIps);
  }
  if (unit.healthCheckNodePort !== undefined) sets.add('KUBE-HEALTH-CHECK-NODE-PORT', String(unit.healthCheckNodePort), because);
}

function addNodePort(sets: ProxySets, { protocol, proto, externalLocal, because }: ServiceUnit, nodePort: number, nodeIps: readonly string[]): void {
  const members = protocol === 'SCTP' ? nodeIps.map((ip) => ipPort(ip, proto, nodePort)) : [String(nodePort)];
  const suffix = protocol === 'SCTP' ? ('SCTP-HASH' as const) : protocol;
  for (const member of members) {
    sets.add(`KUBE-NODE-PORT-${suffix}`, member, because);
    if (externalLocal) sets.add(`KUBE-NODE-PORT-LOCAL-${suffix}`, member, because);
  }
}

const PROTOS = { TCP: PROTO_TCP, UDP: PROTO_UDP, SCTP: PROTO_SCTP } as const;

/** Who may use the load-balancer addresses of a service with source ranges. Returns the addresses that the node itself may not use. */
function addSourceRanges(sets: ProxySets, unit: ServiceUnit, node: NodeModel): RuleSettings['closedToNode'] {
  const { proto, port, sourceRanges, because } = unit;
  if (sourceRanges.length === 0) return [];
  const [nodeIp] = node.internalIps;
  const forNode = nodeIp !== undefined && sourceRanges.some((text) => { const range = parseCidr(text); return range !== undefined && covers(range, nodeIp); });
  for (const ip of unit.vips) {
    const entry = ipPort(ip, proto, port);
    sets.add('KUBE-LOAD-BALANCER-FW', entry, because);
    // ipset prints a network of one address without its length.
    for (const range of sourceRanges) sets.add('KUBE-LOAD-BALANCER-SOURCE-CIDR', `${entry},${range.replace(/\/32$/, '')}`, because);
    if (forNode) sets.add('KUBE-LOAD-BALANCER-SOURCE-IP', `${entry},${ip}`, because);
  }
  return forNode ? [] : unit.vips.map((ip) => ({ ip, proto: PROTOS[unit.protocol], port, because }));
}

/** What rules that belong to no service come from: the KubeProxyConfiguration, or the defaults of one. */
function settingsBecause(cluster: ClusterModel): Because {
  const document = cluster.documents.findLast((d) => d.kind === 'KubeProxyConfiguration' || (d.kind === 'ConfigMap' && d.name === 'kube-proxy'));
  return document ? becauseOf(document, 'mode') : { kind: 'KubeProxyConfiguration', namespace: undefined, name: '', part: 'mode' };
}
