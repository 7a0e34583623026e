import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseBundle } from '../dumps/bundle.ts';
import type { World } from '../world/world.ts';

/* A node with two pods, veth1 and veth2, whose bridge and cache are listings of a real Open vSwitch 3.1.0. */

/** A listing of the real switch. */
export const cacheFixture = (name: string): string => readFileSync(fileURLToPath(new URL(`../dumps/fixtures/ovs/${name}`, import.meta.url)), 'utf8');

const UP = '<BROADCAST,MULTICAST,UP,LOWER_UP>';
const pod = (n: number): string => `$ ip -d addr show
3: eth0@if1${n}: ${UP} mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 0a:00:00:00:00:0${n} brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 0 
    veth 
    inet 10.0.0.${n}/8 brd 10.255.255.255 scope global eth0
$ ip route show
10.0.0.0/8 dev eth0 proto kernel scope link src 10.0.0.${n}
$ ip neigh
${['10.0.0.2', '10.0.0.1', '10.0.0.100', '10.0.1.7', '10.0.2.7', '10.0.3.9', '10.0.4.7', '10.0.5.7', '10.0.9.9'].map((a) => `${a} dev eth0 lladdr 0a:00:00:00:00:0${3 - n} PERMANENT`).join('\n')}
`;
const links = `$ ip -d link show
${[1, 2].map((n) => `1${n}: veth${n}@if3: ${UP} mtu 1500 qdisc noqueue master ovs-system state UP mode DEFAULT group default qlen 1000
    link/ether aa:00:00:00:00:0${n} brd ff:ff:ff:ff:ff:ff link-netnsid ${n - 1} promiscuity 1 
    veth 
    openvswitch_slave `).join('\n')}
`;

/** The node, with a listing of its cache. */
export const cacheWorld = (listing: string, node = cacheFixture('dp-node.txt')): World => parseBundle({ 'h/node.txt': links + node, 'h/cache.txt': listing, 'h/netns/p1/pod.txt': pod(1), 'h/netns/p2/pod.txt': pod(2) }).world;
