import { formatIp4 } from '../../packet/address.ts';
import type { NodeContext } from '../component.ts';
import type { NetnsDraft } from '../draft/netns.ts';
import type { PodModel } from '../model.ts';
import { macOfIp } from '../objects/node.ts';
import { mtusOf } from './mtu.ts';
import { vethName } from './names.ts';
import type { CalicoNode } from './nodes.ts';
import type { Plan } from './plan.ts';
import { writeRoutes } from './routes.ts';

/** Every host's end of a pod's veth has this MAC; the pod asks for its gateway by ARP and is always answered with it. */
const HOST_MAC = 'ee:ee:ee:ee:ee:ee';

/** The pod's gateway, which nobody has: proxy_arp on the host's end answers. */
const GATEWAY = '169.254.1.1';

/** Pods that Calico has wired on a node. */
export const podsOn = (plan: Plan, node: string): readonly PodModel[] => plan.pods.get(node) ?? [];

export const devOf = (pod: PodModel): string => vethName(pod.namespace, pod.name);

/** Devices, routes, neighbours and switches of one node. */
export function wireNode({ node, host }: NodeContext, plan: Plan): void {
  const here = plan.nodes.find((n) => n.name === node.name);
  const { own } = host;
  own.sysctl('net.ipv4.ip_forward', 1, plan.settings(node.name).because);
  if (here) wireTunnels(own, here, plan);
  const mtu = mtusOf(node, plan.settings(node.name), plan).pods;
  for (const pod of podsOn(plan, node.name)) wirePod(own, host.netns(pod.netns), pod, mtu, plan.settings(node.name).routeSource);
  if (here) writeRoutes(own, here, plan);
}

function wireTunnels(own: NetnsDraft, here: CalicoNode, plan: Plan): void {
  const settings = plan.settings(here.name);
  const mtus = mtusOf(here.node, settings, plan);
  if (plan.ipip) {
    const address = plan.ipam.ipip.get(here.name);
    const because = { ...(plan.pools.find((p) => p.ipip !== 'Never')?.because ?? settings.because), part: 'ipipMode' };
    own.device({ name: 'tunl0', kind: 'ipip', mtu: mtus.ipip, addresses: address ? [{ address: `${formatIp4(address.ip)}/32`, because: address.because }] : [], because: settings.mtu.ipip?.because ?? because });
  }
  if (!plan.vxlan) return;
  const address = plan.ipam.vxlan.get(here.name);
  const because = { ...(plan.pools.find((p) => p.vxlan !== 'Never')?.because ?? settings.because), part: 'vxlanMode' };
  own.device({
    name: 'vxlan.calico', kind: 'vxlan', mtu: mtus.vxlan, mac: here.tunnelMac,
    addresses: address ? [{ address: `${formatIp4(address.ip)}/32`, because: address.because }] : [],
    kindText: `vxlan id ${settings.vxlanVni} local ${formatIp4(here.ip)} dev ${here.dev} srcport 0 0 dstport ${settings.vxlanPort} nolearning ttl auto ageing 300`,
    because: settings.mtu.vxlan?.because ?? because,
  });
  // Felix tells the device of every other end, also of those that it reaches without wrapping.
  for (const other of plan.nodes) {
    const end = plan.ipam.vxlan.get(other.name);
    if (other === here || !end) continue;
    own.neighbour(`${formatIp4(end.ip)} dev vxlan.calico lladdr ${other.tunnelMac} PERMANENT`, end.because);
    own.fdbEntry(`${other.tunnelMac} dev vxlan.calico dst ${formatIp4(other.ip)} self permanent`, other.because);
  }
}

/** A pod's veth, as the CNI plugin makes it (cni-plugin, pkg/dataplane/linux/dataplane_linux.go). */
function wirePod(own: NetnsDraft, inside: NetnsDraft, pod: PodModel, mtu: number, source: string | undefined): void {
  const { because } = pod;
  const dev = devOf(pod);
  own.device({ name: dev, kind: 'veth', mtu, mac: HOST_MAC, peer: { netns: pod.netns, dev: 'eth0' }, because });
  own.route(`${formatIp4(pod.ip)} dev ${dev} scope link${source === undefined ? '' : ` src ${source}`}`, because);
  for (const [key, value] of [['proxy_arp', 1], ['route_localnet', 1], ['forwarding', 1]] as const) own.sysctl(`net.ipv4.conf.${dev}.${key}`, value, because);
  own.sysctl(`net.ipv4.neigh.${dev}.proxy_delay`, 0, because);
  inside.device({ name: 'eth0', kind: 'veth', mtu, mac: macOfIp(pod.ip), peer: { netns: null, dev }, addresses: [{ address: `${formatIp4(pod.ip)}/32` }], because });
  inside.route(`default via ${GATEWAY} dev eth0`, because);
  inside.route(`${GATEWAY} dev eth0 scope link`, because);
  inside.sysctl('net.ipv4.ip_forward', 0, because);
  // A pod that runs has asked for its gateway, and the host for the pod.
  inside.neighbour(`${GATEWAY} dev eth0 lladdr ${HOST_MAC} REACHABLE`, because);
  own.neighbour(`${formatIp4(pod.ip)} dev ${dev} lladdr ${macOfIp(pod.ip)} REACHABLE`, because);
}
