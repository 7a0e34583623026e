import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { World } from '../world/world.ts';
import { type BridgeText, withBridges } from './ovs.ts';
import { ip, worldFrom } from './sample.ts';

/*
 * Two nodes of an OVN-Kubernetes cluster in shared gateway mode: worker1 50.50.51.24 with the pods web-0 and client-0, master1 50.50.51.21
 * with web-1. The bridges' rules and groups are those that ovn-controller wrote; the machines around them (addresses, routes, MACs of
 * the other nodes) are made up to fit.
 */

/** A listing of the scenario's own. */
const read = (node: string, name: string): string => readFileSync(fileURLToPath(new URL(`../scenarios/ovn-kubernetes/recorded/${node}.twcm.cloud/ovs-ofctl-dump-${name}.txt`, import.meta.url)), 'utf8');
const U = '<BROADCAST,MULTICAST,UP,LOWER_UP>';
const TLVS = [{ optClass: 0x102, optType: 0x80, length: 4, index: 0, source: undefined }];

interface Pod {
  readonly name: string;
  readonly ip: string;
  readonly mac: string;
  readonly veth: string;
  readonly ofport: number;
}

interface Node {
  readonly name: string;
  /** The last byte of its address. */
  readonly n: number;
  readonly mp0: string;
  readonly mp0mac: string;
  readonly net: string;
  readonly gw: string;
  readonly pods: readonly Pod[];
  readonly tunnels: readonly (readonly [name: string, ofport: number, remote: string])[];
  readonly patch: number;
  readonly peer: number;
}

const WORKER: Node = { name: 'worker1', n: 24, peer: 21, mp0: '10.131.0.2', mp0mac: 'ee:45:a3:53:06:65', net: '10.131.0.0/23', gw: '10.131.0.1', patch: 7,
  pods: [{ name: 'web-0', ip: '10.131.0.20', mac: '0a:58:0a:83:00:14', veth: '83cf7b04f35b763', ofport: 2 }, { name: 'client-0', ip: '10.131.0.21', mac: '0a:58:0a:83:00:15', veth: 'd10af31c1d33dac', ofport: 3 }],
  tunnels: [['ovn-f95ec3-0', 8, '50.50.51.21'], ['ovn-5e8778-0', 9, '50.50.51.22'], ['ovn-84a2f7-0', 10, '50.50.51.23']] };
const MASTER: Node = { name: 'master1', n: 21, peer: 24, mp0: '10.128.0.2', mp0mac: 'ee:45:a3:53:06:21', net: '10.128.0.0/23', gw: '10.128.0.1', patch: 5,
  pods: [{ name: 'web-1', ip: '10.128.0.15', mac: '0a:58:0a:80:00:0f', veth: 'c41e0d5b7a9f382', ofport: 2 }],
  tunnels: [['ovn-9cad81-0', 4, '50.50.51.24'], ['ovn-5e8778-0', 6, '50.50.51.22'], ['ovn-84a2f7-0', 7, '50.50.51.23']] };

const bridges = (x: Node): readonly BridgeText[] => [
  { name: 'br-int', flows: read(x.name, 'flows-br-int'), groups: read(x.name, 'groups-br-int'), tlvs: TLVS,
    ports: [{ name: 'ovn-k8s-mp0', ofport: 1, type: 'internal' }, ...x.pods.map((p) => ({ name: p.veth, ofport: p.ofport })), { name: 'pint', ofport: x.patch, type: 'patch', peer: 'pex' }, ...x.tunnels.map(([name, ofport, r]) => ({ name, ofport, type: 'geneve' as const, tunnel: { remoteIp: ip(r), csum: true } }))] },
  { name: 'br-ex', flows: read(x.name, 'flows-br-ex'), ports: [{ name: 'enp131s0f0', ofport: 1 }, { name: 'pex', ofport: 2, type: 'patch', peer: 'pint' }] },
];
const host = (x: Node): string => `$ ip -d addr show
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0 
    inet 127.0.0.1/8 scope host lo
2: enp131s0f0: ${U} mtu 1500 qdisc mq master ovs-system state UP group default qlen 1000
    link/ether b4:96:91:a0:00:${x.n} brd ff:ff:ff:ff:ff:ff promiscuity 1 
    openvswitch_slave 
3: br-ex: ${U} mtu 1500 qdisc noqueue state UNKNOWN group default qlen 1000
    link/ether b4:96:91:a0:00:${x.n} brd ff:ff:ff:ff:ff:ff promiscuity 1 
    openvswitch 
    inet 50.50.51.${x.n}/24 brd 50.50.51.255 scope global br-ex
    inet 169.254.169.2/29 brd 169.254.169.7 scope global br-ex
4: ovn-k8s-mp0: ${U} mtu 1400 qdisc noqueue state UNKNOWN group default qlen 1000
    link/ether ${x.mp0mac} brd ff:ff:ff:ff:ff:ff promiscuity 1 
    openvswitch 
    inet ${x.mp0}/23 brd 10.131.1.255 scope global ovn-k8s-mp0
${x.pods.map((p, i) => `${10 + i}: ${p.veth}@if3: ${U} mtu 1400 qdisc noqueue master ovs-system state UP group default qlen 1000
    link/ether aa:55:aa:55:00:1${i} brd ff:ff:ff:ff:ff:ff link-netnsid ${i} promiscuity 1 
    veth 
    openvswitch_slave `).join('\n')}
$ ip route show
default via 50.50.51.10 dev br-ex
10.128.0.0/14 via ${x.gw} dev ovn-k8s-mp0
${x.net} dev ovn-k8s-mp0 proto kernel scope link src ${x.mp0}
50.50.51.0/24 dev br-ex proto kernel scope link src 50.50.51.${x.n}
169.254.169.0/29 dev br-ex proto kernel scope link src 169.254.169.2
172.30.0.0/16 via 50.50.51.10 dev br-ex
$ ip neigh
50.50.51.10 dev br-ex lladdr 00:1c:73:00:00:10 REACHABLE
50.50.51.${x.peer} dev br-ex lladdr b4:96:91:a0:00:${x.peer} REACHABLE
${x.gw} dev ovn-k8s-mp0 lladdr 0a:58:${x.gw.split('.').map((b) => Number(b).toString(16).padStart(2, '0')).join(':')} PERMANENT
$ sysctl -a
net.ipv4.ip_forward = 1
`;
const pod = (x: Node, p: Pod, i: number): string => `$ ip -d addr show
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0 
    inet 127.0.0.1/8 scope host lo
3: eth0@if${10 + i}: ${U} mtu 1400 qdisc noqueue state UP group default qlen 1000
    link/ether ${p.mac} brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 0 
    veth 
    inet ${p.ip}/23 brd 10.131.1.255 scope global eth0
$ ip route show
default via ${x.gw} dev eth0
${x.net} dev eth0 proto kernel scope link src ${p.ip}
`;
/** Both machines; `without`: one that nobody has given a dump of. */
export function ovnWorld({ without = '' }: { readonly without?: string } = {}): World {
  const nodes = [WORKER, MASTER].filter((x) => x.name !== without);
  const files = Object.fromEntries(nodes.flatMap((x) => [[`${x.name}/node.txt`, host(x)], ...x.pods.map((p, i) => [`${x.name}/netns/${p.name}/pod.txt`, pod(x, p, i)])]));
  return withBridges(worldFrom(files), Object.fromEntries(nodes.map((x) => [x.name, bridges(x)])));
}
