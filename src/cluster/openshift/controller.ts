import { formatIp4 } from '../../packet/address.ts';
import { type BridgeDraft, DEFAULT_PRIORITY } from '../draft/bridge.ts';
import type { NodeContext } from '../component.ts';
import { type ClusterModel, type NodeModel, type PodModel, podsOfNode, type ServiceModel } from '../model.ts';
import { parseCidr } from '../objects/values.ts';
import { type NamespaceEgress, writeEgress } from './egress.ts';
import { writeEgressPolicies } from './egressPolicy.ts';
import { formatMatch, hex } from './match.ts';
import type { NetNamespace } from './netNamespaces.ts';
import { gatewayOf, type HostSubnet, macOf, type SdnSpec, subnetOf } from './objects.ts';
import { writeNamespacePolicies, writePolicyStart } from './policyFlows.ts';
import { releaseOf, tracksConnections } from './release.ts';
import { writeTables } from './tables.ts';
import { vethOf } from './wiring.ts';

/*
 * br0's rules as openshift-sdn-node writes them, rule version 13 (releases 4.10 and newer).
 */

const RULE_VERSION = 13;
/** The release for the migration to OVN-Kubernetes counted on; the rules are the same, and the next one counted back. */
const RULE_VERSIONS: Readonly<Record<number, number>> = { 16: 14 };

const PLUGIN_IDS = { subnet: 0, multitenant: 1, networkpolicy: 2 } as const;

/** Fills br0 of a node; nothing on a node without a part of the pods' network. */
export function programBridge({ cluster, node, host }: NodeContext, sdn: SdnSpec, egress: readonly NamespaceEgress[]): void {
  const bridge = host.own.findBridge('br0');
  const subnet = subnetOf(sdn, node);
  if (!bridge || subnet === undefined) return;
  const gateway = gatewayOf(subnet).ip;
  const nodeIp = node.internalIps[0] ?? 0;
  const tunMac = macOf(gateway);
  const nic = node.nics.find((n) => n.addresses.some((a) => parseCidr(a)?.ip === nodeIp));
  const conntrack = tracksConnections(sdn, node);
  const pods = podsOfNode(cluster, node.name).filter((p) => p.netns !== null);
  writeTables(bridge, { sdn, subnet, gateway: formatIp4(gateway), tunMac, nodeIp: formatIp4(nodeIp), nodeMac: nic?.mac ?? '', release: releaseOf(node), conntrack });
  writePods(bridge, sdn, pods, conntrack);
  writeMode(bridge, sdn, cluster, node, pods);
  writeRemotes(bridge, sdn, node);
  writeEgressPolicies(bridge, sdn);
  writeEgress(bridge, egress, cluster, node, tunMac);
  writeMulticast(bridge, sdn, node, pods);
  const version = RULE_VERSIONS[releaseOf(node)] ?? RULE_VERSION;
  bridge.flow(253, DEFAULT_PRIORITY, '', `note:${[PLUGIN_IDS[sdn.mode], version, 0, 0, 0, 0].map((n) => n.toString(16).padStart(2, '0')).join('.')}`, sdn.because);
}

/** A pod's number; undefined where its namespace has none, and the pod gets no network. */
const vnidOf = (sdn: SdnSpec, { namespace }: Pick<PodModel, 'namespace'>): number | undefined => (sdn.mode === 'subnet' ? 0 : sdn.namespaces.get(namespace)?.vnid);

const loaded = (value: number): string => (value === 0 ? '0' : `0x${value.toString(16)}`);

/** setupPodFlows(). */
function writePods(bridge: BridgeDraft, sdn: SdnSpec, pods: readonly PodModel[], conntrack: boolean): void {
  for (const pod of pods) {
    const vnid = vnidOf(sdn, pod);
    const port = bridge.ofport(vethOf(pod));
    if (vnid === undefined || port === undefined) continue;
    const { because } = pod;
    const ip = formatIp4(pod.ip);
    const load = `load:${loaded(vnid)}->NXM_NX_REG0[]`;
    bridge.flow(20, 100, `arp,in_port=${port},arp_spa=${ip},arp_sha=00:00:${macOf(pod.ip).slice(6)}/00:00:ff:ff:ff:ff`, `${load},goto_table:30`, because);
    bridge.flow(20, 100, `ip,in_port=${port},nw_src=${ip}`, `${load},goto_table:27`, because);
    if (conntrack) bridge.flow(25, 100, `ip,nw_src=${ip}`, `${load},goto_table:27`, because);
    bridge.flow(40, 100, `arp,arp_tpa=${ip}`, `output:${port}`, because);
    bridge.flow(70, 100, `ip,nw_dst=${ip}`, `load:${loaded(vnid)}->NXM_NX_REG1[],load:${loaded(port)}->NXM_NX_REG2[],goto_table:80`, because);
  }
}

/** The namespaces that have pods on the node. */
function namespacesInUse(sdn: SdnSpec, pods: readonly PodModel[]): readonly NetNamespace[] {
  const names = new Set(pods.map((p) => p.namespace));
  return [...sdn.namespaces.values()].filter((n) => names.has(n.name));
}

/** What each mode adds in tables 27, 30 and 80 (Start() and EnsureVNIDRules() of singletenant.go, multitenant.go, networkpolicy.go). */
function writeMode(bridge: BridgeDraft, sdn: SdnSpec, cluster: ClusterModel, node: NodeModel, pods: readonly PodModel[]): void {
  const deliver = 'output:NXM_NX_REG2[]';
  if (sdn.mode === 'networkpolicy') {
    writePolicyStart(bridge, sdn);
    for (const namespace of namespacesInUse(sdn, pods)) writeNamespacePolicies(bridge, sdn, cluster, namespace);
    return;
  }
  bridge.flow(27, 500, '', 'goto_table:30', sdn.because);
  if (sdn.mode === 'subnet') {
    bridge.flow(80, 200, '', deliver, sdn.because);
    if (!tracksConnections(sdn, node)) for (const service of cluster.services) writeService(bridge, service);
    return;
  }
  for (const reg of ['reg0', 'reg1']) bridge.flow(80, 200, `${reg}=0`, deliver, sdn.because);
  for (const { vnid, because } of namespacesInUse(sdn, pods)) if (vnid !== 0) bridge.flow(80, 100, formatMatch({ reg0: vnid, reg1: vnid }), deliver, because);
}

/** AddServiceRules(), up to 4.12 where connections are not tracked. In mode subnet every packet has number 0 and meets the rule above. */
function writeService(bridge: BridgeDraft, { clusterIp, ports, because }: ServiceModel): void {
  if (clusterIp === undefined) return;
  const ip = formatIp4(clusterIp);
  const actions = 'load:0->NXM_NX_REG1[],load:0x2->NXM_NX_REG2[],goto_table:80';
  bridge.flow(60, 100, `ip,nw_dst=${ip},nw_frag=later`, actions, because);
  for (const { protocol, port } of ports) bridge.flow(60, 100, `${protocol.toLowerCase()},nw_dst=${ip},tp_dst=${port}`, actions, because);
}

const remotesOf = ({ hostSubnets }: SdnSpec, node: NodeModel): readonly HostSubnet[] => [...hostSubnets.values()].filter((h) => h.host !== node.name && h.hostIp !== undefined);

/** AddHostSubnetRules(). */
function writeRemotes(bridge: BridgeDraft, sdn: SdnSpec, node: NodeModel): void {
  for (const { hostIp, subnet, cookie, fixedVnid, because } of remotesOf(sdn, node)) {
    const ip = formatIp4(hostIp ?? 0);
    const vnid = fixedVnid === undefined ? 'move:NXM_NX_REG0[]' : `load:${loaded(fixedVnid)}`;
    const send = `${vnid}->NXM_NX_TUN_ID[0..31],set_field:${ip}->tun_dst,output:1`;
    bridge.flow(10, 100, `tun_src=${ip}`, 'goto_table:30', because, cookie);
    bridge.flow(50, 100, `arp,arp_tpa=${subnet}`, send, because, cookie);
    bridge.flow(90, 100, `ip,nw_dst=${subnet}`, send, because, cookie);
  }
}

/** Tables 110 to 120, for the numbers all of whose namespaces want it and that have a pod here; mode multitenant writes table 110 for all. */
function writeMulticast(bridge: BridgeDraft, sdn: SdnSpec, node: NodeModel, pods: readonly PodModel[]): void {
  const remotes = remotesOf(sdn, node);
  const sends = remotes.map(({ hostIp }) => `set_field:${formatIp4(hostIp ?? 0)}->tun_dst,output:1`).toSorted();
  if (remotes.length > 0) bridge.flow(111, 100, '', `move:NXM_NX_REG0[]->NXM_NX_TUN_ID[0..31],${sends.join(',')},goto_table:120`, sdn.because);
  const namespaces = [...sdn.namespaces.values()];
  for (const { vnid, because } of namespaces) {
    if (!namespaces.every((n) => n.vnid !== vnid || n.multicast)) continue;
    const ports = pods.flatMap((p) => (vnidOf(sdn, p) === vnid ? (bridge.ofport(vethOf(p)) ?? []) : [])).map((port) => `output:${port}`);
    if (ports.length > 0 || sdn.mode === 'multitenant') bridge.flow(110, DEFAULT_PRIORITY, `reg0=${hex(vnid)}`, 'goto_table:111', because);
    if (ports.length > 0) bridge.flow(120, 100, `reg0=${hex(vnid)}`, ports.toSorted().join(','), because);
  }
}
