import type { World } from '../world/world.ts';
import { worldFrom } from './sample.ts';

const machine = (name: string, index: number, forward: boolean): string => {
  const own = `10.0.0.${index}`;
  const flags = '<BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000';
  return `$ ip addr show
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
2: eth0: ${flags}
    link/ether 02:00:00:00:00:0${index} brd ff:ff:ff:ff:ff:ff
    inet ${own}/24 brd 10.0.0.255 scope global eth0

$ ip route show table all
default via 10.0.0.2 dev eth0
10.0.0.0/24 dev eth0 proto kernel scope link src ${own}
local ${own} dev eth0 table local proto kernel scope host src ${own}
broadcast 10.0.0.255 dev eth0 table local proto kernel scope link src ${own}
local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1
local 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1

$ sysctl -a
net.ipv4.ip_forward = ${forward ? 1 : 0}
net.ipv4.conf.all.forwarding = ${forward ? 1 : 0}
net.ipv4.conf.eth0.forwarding = ${forward ? 1 : 0}
# ${name}
`;
};

/**
 * Two machines on one wire: `a` (10.0.0.1) sends, `b` (10.0.0.2) has the given iptables-save text and ipset save text and takes
 * every port.
 */
export const pairWorld = (iptables: string, ipsets = ''): World =>
  worldFrom({
    'a/node.txt': machine('a', 1, false),
    'b/node.txt': `${machine('b', 2, true)}
${ipsets === '' ? '' : `$ ipset save\n${ipsets}\n`}
$ iptables-save
${iptables}
`,
  });

/** A filter table with these rules in INPUT. */
export const inputRules = (...rules: readonly string[]): string => `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT`;
