import { formatIp4 } from '../../packet/address.ts';
import type { NodeContext } from '../component.ts';
import { derivedHex, derivedMac } from '../derived.ts';
import { type PodModel, podsOfNode } from '../model.ts';
import { isInCidr, parseCidr } from '../objects/values.ts';
import type { EgressClaim } from './egress.ts';
import { gatewayOf, macOf, type SdnSpec, subnetOf } from './objects.ts';

/** With more pods than this in the cluster, tun0 asks by ARP instead of knowing them all. */
const MANY_NEIGHBOURS = 256;

/** The host's end of a pod's veth; in reality `veth` and 8 random digits. */
export const vethOf = (pod: Pick<PodModel, 'namespace' | 'name'>): string => `veth${derivedHex(8, 'veth', pod.namespace, pod.name)}`;

/**
 * A node below OpenShift SDN, as far as the kernel sees it: br0 with its ports, tun0 with the node's address among the pods, the routes
 * that send every pod and service to it, and the pods. What br0 does with a frame stands in its flows, not here.
 */
export function wireNode({ cluster, node, host }: NodeContext, sdn: SdnSpec, claims: readonly EgressClaim[]): void {
  const subnet = subnetOf(sdn, node);
  if (subnet === undefined) return;
  const { own } = host;
  const because = sdn.hostSubnets.get(node.name)?.because ?? sdn.because;
  const gateway = gatewayOf(subnet);
  const pods = podsOfNode(cluster, node.name).filter((p) => p.netns !== null);
  own.device({ name: 'ovs-system', kind: 'tap', kindText: 'openvswitch', mtu: 1500, mac: derivedMac(node.name, 'ovs-system'), up: false, because: sdn.because });
  own.device({ name: 'br0', kind: 'tap', kindText: 'openvswitch', mtu: sdn.mtu, mac: derivedMac(node.name, 'br0'), up: false, because: sdn.because });
  own.device({ name: 'vxlan_sys_4789'.replace('4789', String(sdn.vxlanPort)), kind: 'vxlan', mtu: 65_000, mac: derivedMac(node.name, 'vxlan'), master: 'ovs-system', kindText: `vxlan external id 0 srcport 0 0 dstport ${sdn.vxlanPort} nolearning ttl auto ageing 300 udpcsum noudp6zerocsumtx udp6zerocsumrx`, because: sdn.because });
  // addr add, then the route that it made is taken away (deleteLocalSubnetRoute()): the cluster's route leads to the same device.
  own.device({ name: 'tun0', kind: 'tap', kindText: 'openvswitch', mtu: sdn.mtu, mac: macOf(gateway.ip), addresses: [{ address: `${formatIp4(gateway.ip)}/${gateway.prefixLen}`, routeDeleted: true, because }], because });
  for (const cidr of sdn.cidrs) own.route(`${cidr} dev tun0 scope link`, sdn.because);
  own.route(`${sdn.serviceNetwork} dev tun0`, sdn.because);
  for (const pod of pods) wirePod(host, pod, sdn, gateway);
  if (cluster.pods.length <= MANY_NEIGHBOURS) for (const pod of cluster.pods) if (pod.netns !== null) own.neighbour(`${formatIp4(pod.ip)} dev tun0 lladdr ${macOf(pod.ip)} REACHABLE`, pod.because);
  wireBridge(host, sdn, macOf(gateway.ip), pods);
  claimAddresses(host, claims);
}

/** br0 and its ports: 1 the tunnels, 2 the host, and the pods in the order in which they came. */
function wireBridge({ name, own }: NodeContext['host'], sdn: SdnSpec, tunMac: string, pods: readonly PodModel[]): void {
  const bridge = own.bridge('br0', derivedMac(name, 'br0'), sdn.because);
  bridge.port({ name: 'vxlan0', ofport: 1, mac: derivedMac(name, 'vxlan0'), type: 'vxlan', options: `dst_port="${sdn.vxlanPort}", key=flow, remote_ip=flow`, because: sdn.because });
  bridge.port({ name: 'tun0', ofport: 2, mac: tunMac, type: 'internal', because: sdn.because });
  for (const [i, pod] of pods.entries()) bridge.port({ name: vethOf(pod), ofport: 3 + i, mac: vethMac(name, pod), because: pod.because });
}

const vethMac = (node: string, pod: PodModel): string => derivedMac(node, vethOf(pod));

/** The CNI plugin: a veth whose pod's end has its MAC from its address, and routes for pods and services. */
function wirePod(host: NodeContext['host'], pod: PodModel, sdn: SdnSpec, gateway: ReturnType<typeof gatewayOf>): void {
  const { netns, because } = pod;
  if (netns === null) return;
  const dev = vethOf(pod);
  const via = formatIp4(gateway.ip);
  host.own.device({ name: dev, kind: 'veth', mtu: sdn.mtu, mac: vethMac(host.name, pod), master: 'ovs-system', peer: { netns, dev: 'eth0' }, because });
  const inside = host.netns(netns);
  inside.device({ name: 'eth0', kind: 'veth', mtu: sdn.mtu, mac: macOf(pod.ip), addresses: [{ address: `${formatIp4(pod.ip)}/${gateway.prefixLen}` }], peer: { netns: null, dev }, because });
  inside.route(`default via ${via} dev eth0`, because);
  inside.route(`${sdn.serviceNetwork} via ${via} dev eth0`, because);
  for (const cidr of sdn.cidrs) inside.route(`${cidr} dev eth0`, because);
  inside.route('224.0.0.0/4 dev eth0', because);
  inside.neighbour(`${via} dev eth0 lladdr ${macOf(gateway.ip)} REACHABLE`, because);
}

/** An egress address goes on the node's own NIC. */
function claimAddresses({ own }: NodeContext['host'], claims: readonly EgressClaim[]): void {
  for (const { ip, dev, because } of claims) {
    const known = dev === undefined ? undefined : own.find(dev);
    const net = known?.addresses?.flatMap((a) => parseCidr(a.address) ?? []).find((n) => isInCidr(parseCidr(ip)?.ip ?? 0, n));
    if (known && net) own.change(known.name, { addresses: [...(known.addresses ?? []), { address: `${ip}/${net.prefixLen}`, because }] });
  }
}
