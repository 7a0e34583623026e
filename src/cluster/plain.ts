import { sha1 } from '@noble/hashes/legacy.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { formatIp4, type Ip4 } from '../packet/address.ts';
import type { Component } from './component.ts';
import type { HostDraft } from './draft/host.ts';
import type { NodeModel, PodModel } from './model.ts';
import { macOfIp } from './objects/node.ts';
import { isInCidr, parseCidr } from './objects/values.ts';

const LINK_LOCAL_GATEWAY = '169.254.1.1';

/**
 * Pods without any network plugin's objects: a veth and a host route each, pods of other nodes by their node's first InternalIP,
 * nothing encapsulated or translated.
 */
export const plainNetwork: Component = {
  name: 'pod network',
  wire: ({ cluster, node, host }) => {
    for (const pod of cluster.pods) {
      if (pod.hostNetwork) continue;
      const ip = formatIp4(pod.ip);
      if (pod.node === node.name) {
        wirePod(pod, host);
        continue;
      }
      const other = cluster.nodes.find((n) => n.name === pod.node)?.internalIps[0];
      const dev = other === undefined ? undefined : devTowards(node, other);
      // Over a router the next hop is the router; every node is reached that way anyhow.
      if (other !== undefined) host.own.route(dev === undefined ? `${ip} via ${node.gateway?.via ?? formatIp4(other)} dev ${node.gateway?.dev ?? 'eth0'}` : `${ip} via ${formatIp4(other)} dev ${dev}`, pod.because);
    }
  },
};

/** The NIC whose wire the address is on. */
const devTowards = (node: NodeModel, ip: Ip4): string | undefined => node.nics.find((nic) => nic.addresses.some((a) => isInCidr(ip, parseCidr(a) ?? { ip: 0, prefixLen: 32 })))?.dev;

function wirePod(pod: PodModel, host: HostDraft): void {
  const { netns } = pod;
  if (netns === null) return;
  const ip = formatIp4(pod.ip);
  const dev = `veth${bytesToHex(sha1(utf8ToBytes(`${pod.namespace}/${pod.name}`))).slice(0, 8)}`;
  const hostMac = macOfIp(pod.ip).replace('02:42', '02:43');
  const because = pod.because;
  host.own.device({ name: dev, kind: 'veth', mtu: 1500, mac: hostMac, peer: { netns, dev: 'eth0' }, because });
  host.own.route(`${ip} dev ${dev} scope link`, because);
  host.own.neighbour(`${ip} dev ${dev} lladdr ${macOfIp(pod.ip)} PERMANENT`, because);
  const inside = host.netns(netns);
  inside.device({ name: 'eth0', kind: 'veth', mtu: 1500, mac: macOfIp(pod.ip), peer: { netns: null, dev }, addresses: [{ address: `${ip}/32` }], because });
  inside.route(`${LINK_LOCAL_GATEWAY} dev eth0 scope link`, because);
  inside.route(`default via ${LINK_LOCAL_GATEWAY} dev eth0`, because);
  inside.neighbour(`${LINK_LOCAL_GATEWAY} dev eth0 lladdr ${hostMac} PERMANENT`, because);
}
