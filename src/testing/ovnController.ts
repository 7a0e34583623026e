import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { World } from '../world/world.ts';
import { withBridges } from './ovs.ts';
import { worldFrom } from './sample.ts';

/*
 * One node of OVN 23.03.1 with what its controller has to do by itself: a switch with the ports va 10.1.0.10 (DHCP options; SCTP from it
 * and UDP port 99 to it are rejected) and vb 10.1.0.11, DNS records (vm1.ovn.org is 10.1.0.11), and a router with gateway_mtu=1000
 * towards vc 10.2.0.10. The rules are those that ovn-controller wrote; the machines behind the ports are made up to fit. `--no-stats`.
 */

const flows = (): string => gunzipSync(readFileSync(fileURLToPath(new URL('fixtures/ovn/controller-flows-br-int.txt.gz', import.meta.url)))).toString('utf8');
const U = '<BROADCAST,MULTICAST,UP,LOWER_UP>';
const PODS = [['a', '10.1.0'], ['b', '10.1.0'], ['c', '10.2.0']] as const;
const last = (i: number): number => [10, 11, 10][i] ?? 0;

const host = `$ ip -d addr show
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0 
    inet 127.0.0.1/8 scope host lo
${PODS.map(([name], i) => `${10 + i}: v${name}@if3: ${U} mtu 1500 qdisc noqueue master ovs-system state UP group default qlen 1000
    link/ether aa:55:aa:55:00:1${i} brd ff:ff:ff:ff:ff:ff link-netnsid ${i} promiscuity 1 
    veth 
    openvswitch_slave `).join('\n')}
`;
const pod = (name: string, net: string, i: number): string => `$ ip -d addr show
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0 
    inet 127.0.0.1/8 scope host lo
3: eth0@if${10 + i}: ${U} mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 0a:00:00:00:00:0${name} brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 0 
    veth 
    inet ${net}.${last(i)}/24 brd ${net}.255 scope global eth0
$ ip route show
default via ${net}.1 dev eth0
${net}.0/24 dev eth0 proto kernel scope link src ${net}.${last(i)}
`;

/** The machine n1 with the namespaces a, b and c. `rules`: what becomes of the rules as text. */
export function ovnControllerWorld(rules: (text: string) => string = (text) => text): World {
  const files = Object.fromEntries([['n1/node.txt', host], ...PODS.map(([name, net], i) => [`n1/netns/${name}/pod.txt`, pod(name, net, i)])]);
  return withBridges(worldFrom(files), { n1: [{ name: 'br-int', flows: rules(flows()), ports: PODS.map(([name], i) => ({ name: `v${name}`, ofport: i + 1 })) }] });
}
