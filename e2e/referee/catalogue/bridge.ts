import { CALL, from, lan, LAN_MAC, ping, udp, vlanLines } from '../bridgeTopology.ts';
import type { RefereeCase } from '../case.ts';
import { macvlans } from './macvlanWorld.ts';

const all = (dst = '10.9.0.2') => [from('a', dst), udp('a', dst), ping('a', dst)];
const toX = { from: { host: 'n' }, dst: '10.1.0.1', proto: 'tcp' as const, sport: 41_000, dport: 80 };
const fromNode = (dst: string) => ({ ...toX, dst });
const STATEFUL = ['-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT', '-A FORWARD -m conntrack --ctstate NEW -j ACCEPT'];
const dnat = (to: string) => ({ nat: [`-A PREROUTING -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination ${to}`] });

/** Frames through a bridge that does not call iptables. */
const switching: readonly RefereeCase[] = [
  { name: 'a bridge passes frames between its ports with their TTL', covers: ['bridge:forward'], files: lan({ node: { tables: { filter: [] } } }), probes: all() },
  {
    name: 'a bridge that knows where an address is sends to that port alone',
    covers: ['bridge:fdb'],
    files: lan({ node: { fdb: [`${LAN_MAC.b} dev vb master br0 static`, `${LAN_MAC.a} dev va master br0 static`] } }),
    probes: all(),
  },
  {
    name: 'a bridge floods what it does not know, and learns from the answer',
    covers: ['bridge:flood', 'bridge:learning'],
    files: lan(),
    probes: [from('a', '10.9.0.2', { size: 100 }), udp('b', '10.9.0.3')],
  },
  { name: 'a static entry that points to the wrong port leads there', covers: ['bridge:fdb'], files: lan({ node: { fdb: [`${LAN_MAC.b} dev vc master br0 static`] } }), probes: [udp('a', '10.9.0.2')] },
  { name: 'flood off keeps unknown addresses from a port', covers: ['bridge:flood'], files: lan({ b: { port: 'flood off' } }), probes: [udp('a', '10.9.0.2'), udp('b', '10.9.0.1')] },
  { name: 'learning off makes answers flood', covers: ['bridge:learning'], files: lan({ a: { port: 'learning off' } }), probes: [from('a', '10.9.0.2')] },
  { name: 'isolated ports do not hear each other', covers: ['bridge:isolated'], files: lan({ a: { port: 'isolated on' }, b: { port: 'isolated on' } }), probes: [udp('a', '10.9.0.2'), udp('a', '10.9.0.3'), udp('c', '10.9.0.1'), udp('a', '10.9.0.254')] },
  {
    name: 'an entry towards an isolated port does not help an isolated one',
    covers: ['bridge:isolated'],
    files: lan({ a: { port: 'isolated on' }, b: { port: 'isolated on' }, node: { fdb: [`${LAN_MAC.b} dev vb master br0 static`] } }),
    probes: [udp('a', '10.9.0.2')],
  },
  { name: 'a locked port takes only senders that it has an entry for', covers: ['bridge:locked'], files: lan({ a: { port: 'locked on' }, b: { port: 'locked on' }, node: { fdb: [`${LAN_MAC.b} dev vb master br0 static`] } }), probes: [udp('a', '10.9.0.3'), udp('b', '10.9.0.3')] },
  { name: 'a learning port learns but passes nothing', covers: ['bridge:state'], files: lan({ b: { port: 'state learning' } }), probes: [udp('b', '10.9.0.1'), udp('a', '10.9.0.3')] },
  { name: 'an entry towards a port that is down loses the frame', covers: ['bridge:state'], files: lan({ b: { down: true }, node: { fdb: [`${LAN_MAC.b} dev vb master br0 static`] } }), probes: [udp('a', '10.9.0.2'), udp('a', '10.9.0.3')] },
  { name: 'a frame larger than the way out is lost without a word', covers: ['bridge:mtu'], files: lan({ b: { mtu: 1400 } }), probes: [udp('a', '10.9.0.2', { size: 1376 }), udp('a', '10.9.0.2', { size: 1377 }), udp('a', '10.9.0.2', { size: 1472 })] },
  { name: 'a packet on its last hop crosses a bridge', covers: ['bridge:forward', 'ip:ttl'], files: lan(), probes: [ping('a', '10.9.0.2', { ttl: 1 }), ping('a', '10.1.0.1', { ttl: 1 })] },
  { name: 'what is for the bridge goes up and is routed', covers: ['bridge:local'], files: lan({ node: { tables: { mangle: [], filter: [] } } }), probes: [from('a', '10.1.0.1'), from('a', '10.9.0.254'), ping('a', '10.1.0.254')] },
  { name: 'what the machine sends leaves by the port of its address', covers: ['bridge:xmit'], files: lan({ node: { fdb: [`${LAN_MAC.b} dev vb master br0 static`] } }), probes: [fromNode('10.9.0.1'), fromNode('10.9.0.2')] },
  { name: 'a frame for the port it came in by is for the machine, one for another port is not', covers: ['bridge:local', 'bridge:otherhost'], files: lan({ a: { asks: true, pod: { neigh: [`10.9.0.254 dev eth0 lladdr ${LAN_MAC.va} PERMANENT`, `10.9.0.2 dev eth0 lladdr ${LAN_MAC.vb} PERMANENT`] } } }), probes: [udp('a', '10.1.0.1'), udp('a', '10.9.0.2')] },
  { name: 'a permanent entry makes an address the bridge’s own', covers: ['bridge:fdb', 'bridge:local'], files: lan({ node: { fdb: ['02:00:00:00:09:99 dev br0 master br0 permanent'] }, a: { asks: true, pod: { neigh: ['10.9.0.254 dev eth0 lladdr 02:00:00:00:09:99 PERMANENT'] } } }), probes: [udp('a', '10.1.0.1')] },
  { name: 'what is for all goes to all ports', covers: ['bridge:flood', 'bridge:xmit'], files: lan({ node: { tables: { nat: ['-A OUTPUT -d 10.9.0.77/32 -j DNAT --to-destination 10.9.0.255'] } }, a: { pod: { ss: [] } }, b: { pod: { ss: [] } }, c: { pod: { ss: [] } } }), probes: [{ ...udp('a', '10.9.0.77', { reply: false }), from: { host: 'n', netns: null } }] },
  { name: 'a promiscuous bridge sees what it passes on', covers: ['bridge:promisc'], files: lan({ bridgeFlags: 'BROADCAST,MULTICAST,PROMISC,UP,LOWER_UP', node: { fdb: [`${LAN_MAC.b} dev vb master br0 static`, `${LAN_MAC.a} dev va master br0 static`] } }), probes: [udp('a', '10.9.0.2')] },
  { name: 'a NIC that is a port carries frames of the pods', covers: ['bridge:uplink'], files: lan({ uplink: true, a: { pod: { routes: ['10.1.0.0/24 dev eth0'], neigh: [`10.1.0.1 dev eth0 lladdr ${LAN_MAC.x} PERMANENT`] } }, x: { routes: ['10.9.0.0/24 dev eth0'], neigh: [`10.9.0.1 dev eth0 lladdr ${LAN_MAC.a} PERMANENT`] } }), probes: [from('a', '10.1.0.1'), fromNode('10.1.0.1')] },
];

/** Questions for an address. */
const arp: readonly RefereeCase[] = [
  { name: 'a question crosses the bridge to all ports, and its owner answers', covers: ['arp:bridge'], files: lan({ a: { asks: true } }), probes: [udp('a', '10.9.0.2')] },
  { name: 'the bridge answers for its own address', covers: ['arp:bridge'], files: lan({ a: { asks: true } }), probes: [udp('a', '10.9.0.254'), udp('a', '10.1.0.1')] },
  { name: 'the machine asks by the bridge', covers: ['arp:bridge'], files: lan({ asks: true }), probes: [fromNode('10.9.0.2')] },
  { name: 'both ends ask, each once', covers: ['arp:bridge'], files: lan({ a: { asks: true }, b: { asks: true } }), probes: [udp('a', '10.9.0.2')] },
  { name: 'a port with bcast_flood off gets no question', covers: ['arp:bridge', 'bridge:flood'], files: lan({ a: { asks: true }, b: { port: 'bcast_flood off' } }), probes: [udp('a', '10.9.0.2')] },
  { name: 'isolated ports cannot ask each other', covers: ['arp:bridge', 'bridge:isolated'], files: lan({ a: { asks: true, port: 'isolated on' }, b: { port: 'isolated on' } }), probes: [udp('a', '10.9.0.2')] },
  { name: 'neigh_suppress: the bridge answers in place of a port', covers: ['arp:suppress'], files: lan({ a: { asks: true }, b: { port: 'neigh_suppress on' }, node: { fdb: [`${LAN_MAC.b} dev vb master br0 static`] } }), probes: [udp('a', '10.9.0.2')] },
  { name: 'proxy_arp on a port: the bridge answers its questions', covers: ['arp:suppress'], files: lan({ a: { asks: true, port: 'proxy_arp on' }, node: { fdb: [`${LAN_MAC.b} dev vb master br0 static`] } }), probes: [udp('a', '10.9.0.2')] },
];

/** br_netfilter. */
const filtering: readonly RefereeCase[] = [
  { name: 'br_netfilter shows a bridged packet to PREROUTING, FORWARD and POSTROUTING', covers: ['bridge:nf', 'hook:order'], files: lan({ node: { sysctls: CALL, tables: { raw: [], mangle: [], nat: [], filter: [...STATEFUL] } } }), probes: all() },
  { name: 'the ports are physical devices of a bridged packet', covers: ['bridge:nf', 'match:physdev'], files: lan({ node: { sysctls: CALL, tables: { filter: ['-A FORWARD -m physdev --physdev-in va --physdev-out vb -j ACCEPT', '-A FORWARD -m physdev --physdev-in vb -j ACCEPT', '-A FORWARD -j DROP'], mangle: ['-A PREROUTING -m physdev --physdev-in va -j MARK --set-xmark 0x1/0xffffffff', '-A POSTROUTING -m physdev --physdev-out vb --physdev-is-bridged -j MARK --set-xmark 0x2/0xffffffff'] }, fdb: [`${LAN_MAC.b} dev vb master br0 static`, `${LAN_MAC.a} dev va master br0 static`, `${LAN_MAC.c} dev vc master br0 static`] } }), probes: [udp('a', '10.9.0.2'), udp('a', '10.9.0.3')] },
  { name: 'a rule in FORWARD drops a bridged packet', covers: ['bridge:nf'], files: lan({ node: { sysctls: CALL, tables: { filter: ['-A FORWARD -p tcp -m tcp --dport 80 -j DROP'] }, fdb: [`${LAN_MAC.b} dev vb master br0 static`] } }), probes: [from('a', '10.9.0.2'), udp('a', '10.9.0.2')] },
  { name: 'a bridged packet is refused by ICMP from the machine', covers: ['bridge:nf', 'target:REJECT'], files: lan({ node: { sysctls: CALL, tables: { filter: ['-A FORWARD -p udp -j REJECT --reject-with icmp-port-unreachable'] }, fdb: [`${LAN_MAC.b} dev vb master br0 static`] } }), probes: [udp('a', '10.9.0.2')] },
  { name: 'a machine without a way to the sender refuses a bridged packet in silence', covers: ['bridge:nf', 'target:REJECT'], files: lan({ bare: true, node: { sysctls: CALL, tables: { filter: ['-A FORWARD -p udp -j REJECT --reject-with icmp-port-unreachable', '-A FORWARD -p tcp -j REJECT --reject-with tcp-reset'] }, fdb: [`${LAN_MAC.b} dev vb master br0 static`] } }), probes: [udp('a', '10.9.0.2'), from('a', '10.9.0.2')] },
  { name: 'a bridge without an address filters all the same', covers: ['bridge:nf'], files: lan({ bare: true, node: { sysctls: CALL, tables: { filter: [...STATEFUL] } } }), probes: [from('a', '10.9.0.2')] },
  { name: 'a bridged packet is masqueraded by a bridge without an address', covers: ['bridge:snat', 'target:MASQUERADE'], files: lan({ bare: true, node: { sysctls: CALL, tables: { nat: ['-A POSTROUTING -p tcp -j MASQUERADE'] } } }), probes: [from('a', '10.9.0.2')] },
  { name: 'a bridge without an address translates to what no route leads to', covers: ['bridge:dnat'], files: lan({ bare: true, node: { sysctls: CALL, tables: { nat: ['-A PREROUTING -d 10.9.0.3/32 -j DNAT --to-destination 10.9.0.2'] } } }), probes: [from('a', '10.9.0.3')] },
  { name: 'a bridged packet is refused by a reset straight back on its port', covers: ['bridge:nf', 'target:REJECT'], files: lan({ node: { sysctls: CALL, tables: { filter: ['-A FORWARD -p tcp -j REJECT --reject-with tcp-reset'] }, fdb: [`${LAN_MAC.b} dev vb master br0 static`] } }), probes: [from('a', '10.9.0.2')] },
  { name: 'a packet that came in by a port and was routed is refused by a reset on that port', covers: ['bridge:nf', 'target:REJECT'], files: lan({ node: { sysctls: CALL, tables: { filter: ['-A FORWARD -p tcp -j REJECT --reject-with tcp-reset', '-A INPUT -p tcp -j REJECT --reject-with tcp-reset'] } } }), probes: [from('a', '10.1.0.1'), from('a', '10.9.0.254')] },
  { name: 'a packet that goes up keeps the port by which it came', covers: ['bridge:nf'], files: lan({ node: { sysctls: CALL, tables: { mangle: [], filter: ['-A INPUT -m physdev --physdev-in va -j ACCEPT', '-A FORWARD -m physdev --physdev-in va -j ACCEPT'] } } }), probes: [from('a', '10.1.0.1'), from('a', '10.9.0.254')] },
  { name: 'what the machine sends by a bridge passes POSTROUTING once', covers: ['bridge:nf', 'bridge:xmit'], files: lan({ node: { sysctls: CALL, tables: { mangle: [], filter: [] } } }), probes: [fromNode('10.9.0.2')] },
  { name: 'what is routed to a bridge passes FORWARD once', covers: ['bridge:nf', 'bridge:xmit'], files: lan({ node: { sysctls: CALL, tables: { mangle: [], filter: [...STATEFUL] } } }), probes: [{ from: { host: 'x' }, dst: '10.9.0.2', proto: 'tcp', sport: 41_000, dport: 80 }] },
  { name: 'without call-iptables the hooks see only what is routed', covers: ['bridge:nf'], files: lan({ node: { tables: { mangle: [], filter: ['-A FORWARD -j DROP'] } } }), probes: [udp('a', '10.9.0.2'), udp('a', '10.1.0.1')] },
  { name: 'a bridge may call iptables by its own switch', covers: ['bridge:nf'], files: lan({ bridge: 'vlan_filtering 0 nf_call_iptables 1', node: { tables: { filter: ['-A FORWARD -p udp -j DROP'] } } }), probes: [udp('a', '10.9.0.2'), from('a', '10.9.0.2')] },
  { name: 'a question is not for iptables', covers: ['bridge:nf', 'arp:bridge'], files: lan({ a: { asks: true }, node: { sysctls: CALL, tables: { filter: ['-A FORWARD -j ACCEPT'] } } }), probes: [udp('a', '10.9.0.2')] },
  { name: 'a mark that the bridge set stays when the packet goes up', covers: ['bridge:nf', 'target:MARK'], files: lan({ node: { sysctls: CALL, tables: { mangle: ['-A PREROUTING -i br0 -j MARK --set-xmark 0x7/0xffffffff', '-A INPUT -m mark --mark 0x7 -j ACCEPT', '-A FORWARD -m mark --mark 0x7 -j ACCEPT'] } } }), probes: [udp('a', '10.9.0.254'), udp('a', '10.1.0.1'), udp('a', '10.9.0.2')] },
  {
    name: 'zones by port keep connections of two bridges apart',
    covers: ['bridge:nf', 'ct:zone'],
    files: lan({ node: { sysctls: CALL, tables: { raw: ['-A PREROUTING -m physdev --physdev-in va -j CT --zone 1', '-A PREROUTING -m physdev --physdev-in vb -j CT --zone 1'], filter: [...STATEFUL] } } }),
    probes: [from('a', '10.9.0.2'), from('a', '10.9.0.3')],
  },
  { name: 'fragments are put together for the hooks and cut again', covers: ['bridge:frag', 'bridge:nf'], files: lan({ node: { sysctls: CALL, tables: { filter: [...STATEFUL] } } }), probes: [udp('a', '10.9.0.2', { size: 3000, df: false }), ping('a', '10.9.0.2', { size: 2000, df: false })] },
  { name: 'fragments that nothing tracks cross as they are', covers: ['bridge:frag'], files: lan({ node: { sysctls: CALL, tables: { filter: ['-A FORWARD -p udp -j ACCEPT'] } } }), probes: [udp('a', '10.9.0.2', { size: 3000, df: false })] },
  { name: 'fragments put together are cut to the way out', covers: ['bridge:frag', 'bridge:mtu'], files: lan({ b: { mtu: 1400, podMtu: 1400 }, node: { sysctls: CALL, tables: { filter: [...STATEFUL] } } }), probes: [udp('a', '10.9.0.2', { size: 3000, df: false })] },
  { name: 'a packet that br_netfilter has and that may be cut is cut to the way out', covers: ['bridge:frag', 'bridge:mtu'], files: lan({ b: { mtu: 1400, podMtu: 1400 }, node: { sysctls: CALL, tables: { filter: [] } } }), probes: [udp('a', '10.9.0.2', { size: 1400, df: false }), udp('a', '10.9.0.2', { size: 1400, df: true })] },
];

const MASQ = '-A POSTROUTING -m mark --mark 0x4000/0x4000 -j MASQUERADE';

/** NAT inside a bridge (the world of a node with cni0). */
const translating: readonly RefereeCase[] = [
  { name: 'a service on the same bridge: translated in the bridge and bridged', covers: ['bridge:dnat'], files: lan({ node: { sysctls: CALL, tables: { ...dnat('10.9.0.2:8080'), mangle: [], filter: [...STATEFUL] } } }), probes: [from('a', '10.96.0.1')] },
  { name: 'data follows to a service on the same bridge', covers: ['bridge:dnat'], files: lan({ node: { sysctls: CALL, tables: { ...dnat('10.9.0.2:8080') } } }), probes: [from('a', '10.96.0.1', { size: 50 })] },
  { name: 'the same without call-iptables: routed there, answered past the node', covers: ['bridge:dnat'], files: lan({ node: { tables: { ...dnat('10.9.0.2:8080'), filter: [...STATEFUL] } } }), probes: [from('a', '10.96.0.1')] },
  { name: 'translated in the bridge on a machine that does not forward', covers: ['bridge:dnat'], files: lan({ forward: false, node: { sysctls: CALL, tables: { ...dnat('10.9.0.2:8080') } } }), probes: [from('a', '10.96.0.1')] },
  { name: 'translated in the bridge to another network: routed', covers: ['bridge:dnat'], files: lan({ node: { sysctls: CALL, tables: { ...dnat('10.1.0.1:8080'), mangle: [], filter: [...STATEFUL] } } }), probes: [from('a', '10.96.0.1')] },
  { name: 'translated in the bridge to the machine itself', covers: ['bridge:dnat'], files: lan({ node: { sysctls: CALL, tables: { ...dnat('10.9.0.254:8080'), mangle: [] } } }), probes: [from('a', '10.96.0.1')] },
  { name: 'redirected in the bridge to the machine', covers: ['bridge:dnat', 'target:REDIRECT'], files: lan({ node: { sysctls: CALL, tables: { nat: ['-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080'] } } }), probes: [from('a', '10.9.0.2')] },
  { name: 'translated in the bridge to where no route leads', covers: ['bridge:dnat'], files: lan({ node: { sysctls: CALL, tables: { ...dnat('10.77.0.1:8080') }, noDefault: true } }), probes: [from('a', '10.96.0.1')] },
  { name: 'translated in the bridge to the machine’s loopback', covers: ['bridge:dnat'], files: lan({ node: { sysctls: CALL, tables: { ...dnat('127.0.0.1:8080') } } }), probes: [from('a', '10.96.0.1')] },
  {
    name: 'a pod that reaches itself by a service needs hairpin mode, and is masqueraded',
    covers: ['bridge:hairpin', 'target:MASQUERADE'],
    files: lan({ a: { port: 'hairpin on' }, node: { sysctls: CALL, tables: { nat: ['-A PREROUTING -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j MARK --set-xmark 0x4000/0x4000', '-A PREROUTING -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.9.0.1:8080', MASQ], filter: [...STATEFUL] } } }),
    probes: [from('a', '10.96.0.1')],
  },
  { name: 'without hairpin mode such a packet dies between PREROUTING and FORWARD', covers: ['bridge:hairpin'], files: lan({ node: { sysctls: CALL, tables: { ...dnat('10.9.0.1:8080'), filter: [...STATEFUL] } } }), probes: [from('a', '10.96.0.1')] },
  { name: 'a bridged packet is masqueraded with the address of the bridge', covers: ['bridge:snat', 'target:MASQUERADE'], files: lan({ node: { sysctls: CALL, tables: { nat: ['-A POSTROUTING -p tcp -j MASQUERADE'] } } }), probes: [from('a', '10.9.0.2')] },
  { name: 'a bridged packet gets a new source from SNAT', covers: ['bridge:snat', 'target:SNAT'], files: lan({ node: { sysctls: CALL, tables: { nat: ['-A POSTROUTING -o br0 -p tcp -j SNAT --to-source 10.9.0.254'] } } }), probes: [from('a', '10.9.0.2')] },
  { name: 'the answer to a masqueraded pod is turned back in the bridge', covers: ['bridge:snat'], files: lan({ uplink: true, node: { sysctls: [...CALL, 'net.ipv4.conf.all.send_redirects = 0', 'net.ipv4.conf.br0.send_redirects = 0'], tables: { mangle: [], nat: ['-A POSTROUTING -s 10.9.0.0/24 ! -d 10.9.0.0/24 -j MASQUERADE'], filter: [...STATEFUL] } }, x: { noDefault: true } }), probes: [from('a', '10.1.0.1')] },
  { name: 'translated in the bridge under a strict reverse-path check', covers: ['bridge:dnat', 'route:rp_filter'], files: lan({ node: { sysctls: [...CALL, 'net.ipv4.conf.br0.rp_filter = 1'], tables: { ...dnat('10.9.0.2:8080') } } }), probes: [from('a', '10.96.0.1')] },
  { name: 'a service translated in the bridge whose neighbour must be asked for', covers: ['bridge:dnat', 'arp:bridge'], files: lan({ asks: true, node: { sysctls: CALL, tables: { ...dnat('10.9.0.2:8080') } } }), probes: [from('a', '10.96.0.1')] },
  { name: 'notrack keeps a bridged packet from translation', covers: ['bridge:nf', 'target:CT'], files: lan({ node: { sysctls: CALL, tables: { raw: ['-A PREROUTING -i br0 -j CT --notrack'], nat: ['-A POSTROUTING -j MASQUERADE'] } } }), probes: [from('a', '10.9.0.2')] },
];

/** Devices on top of others. */
const stacked: readonly RefereeCase[] = [
  { name: 'macvlans in mode bridge reach each other and the wire, not the machine below', covers: ['device:macvlan'], needs: ['macvlan'], files: macvlans('bridge'), probes: [udp('a', '10.1.0.1'), udp('a', '10.1.0.12'), udp('a', '10.1.0.254'), { from: { host: 'x' }, dst: '10.1.0.11', proto: 'udp', sport: 41_000, dport: 53 }] },
  { name: 'private macvlans do not reach each other', covers: ['device:macvlan'], needs: ['macvlan'], files: macvlans('private'), probes: [udp('a', '10.1.0.1'), udp('a', '10.1.0.12')] },
  { name: 'macvlans in mode vepa leave the turning round to the switch', covers: ['device:macvlan'], needs: ['macvlan'], files: macvlans('vepa'), probes: [udp('a', '10.1.0.1'), udp('a', '10.1.0.12')] },
  { name: 'a macvlan in mode bridge does not reach a private one', covers: ['device:macvlan'], needs: ['macvlan'], files: macvlans('bridge', 'private'), probes: [udp('a', '10.1.0.12')] },
];

const PODVLAN = (n: number, id: number): string => [`3${n}: eth0.${id}@eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000`, `    link/ether ${LAN_MAC[n === 1 ? 'a' : 'b']} brd ff:ff:ff:ff:ff:ff promiscuity 0  allmulti 0 minmtu 0 maxmtu 65535 `, `    vlan protocol 802.1Q id ${id} <REORDER_HDR> `, `    inet 10.50.0.${n}/24 brd 10.50.0.255 scope global eth0.${id}`].join('\n');
const tagged = (n: number, id: number) => ({ links: [PODVLAN(n, id)], routes: [`10.50.0.0/24 dev eth0.${id} proto kernel scope link src 10.50.0.${n}`], neigh: [`10.50.0.${3 - n} dev eth0.${id} lladdr ${LAN_MAC[n === 1 ? 'b' : 'a']} PERMANENT`] });
const BR_VLAN = ['39: br0.7@br0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000', `    link/ether ${LAN_MAC.br} brd ff:ff:ff:ff:ff:ff promiscuity 0  allmulti 0 minmtu 0 maxmtu 65535 `, '    vlan protocol 802.1Q id 7 <REORDER_HDR> ', '    inet 10.50.0.9/24 brd 10.50.0.255 scope global br0.7'].join('\n');
const FILTER = 'vlan_filtering 1';
const PVID1 = '1 PVID Egress Untagged';

/** VLANs: only a kernel with 8021q and VLAN filtering can judge these. */
const vlans: readonly RefereeCase[] = [
  { name: 'a bridge that filters no VLANs passes tags as they are', covers: ['device:vlan', 'bridge:vlan'], needs: ['8021q'], files: lan({ a: { pod: tagged(1, 7) }, b: { pod: tagged(2, 7) } }), probes: [udp('a', '10.50.0.2')] },
  { name: 'a tagged frame is not for a device of another VLAN', covers: ['device:vlan'], needs: ['8021q'], files: lan({ a: { pod: tagged(1, 7) }, b: { pod: tagged(2, 8) } }), probes: [udp('a', '10.50.0.2')] },
  { name: 'iptables does not see tagged frames unless asked to', covers: ['bridge:nf', 'bridge:vlan'], needs: ['8021q'], files: lan({ a: { pod: tagged(1, 7) }, b: { pod: tagged(2, 7) }, node: { sysctls: CALL, tables: { filter: ['-A FORWARD -p udp -j DROP'] } } }), probes: [udp('a', '10.50.0.2'), udp('a', '10.9.0.2')] },
  { name: 'iptables sees tagged frames when asked to', covers: ['bridge:nf', 'bridge:vlan'], needs: ['8021q'], files: lan({ a: { pod: tagged(1, 7) }, b: { pod: tagged(2, 7) }, node: { sysctls: [...CALL, 'net.bridge.bridge-nf-filter-vlan-tagged = 1'], tables: { mangle: [], filter: [...STATEFUL] } } }), probes: [udp('a', '10.50.0.2')] },
  {
    name: 'iptables may see a tagged frame on the device of its VLAN',
    covers: ['bridge:nf', 'bridge:vlan', 'device:vlan'],
    needs: ['8021q'],
    files: lan({ a: { pod: tagged(1, 7) }, b: { pod: tagged(2, 7) }, node: { sysctls: [...CALL, 'net.bridge.bridge-nf-filter-vlan-tagged = 1', 'net.bridge.bridge-nf-pass-vlan-input-dev = 1'], tables: { mangle: [], filter: [...STATEFUL] }, links: [BR_VLAN] } }),
    probes: [udp('a', '10.50.0.2')],
  },
  { name: 'a VLAN device on a bridge takes its VLAN up', covers: ['bridge:vlan', 'device:vlan'], needs: ['8021q'], files: lan({ a: { pod: { ...tagged(1, 7), neigh: ['10.50.0.9 dev eth0.7 lladdr 02:00:00:00:09:fe PERMANENT'] } }, node: { links: [BR_VLAN], routes: ['10.50.0.0/24 dev br0.7 proto kernel scope link src 10.50.0.9'], neigh: [`10.50.0.1 dev br0.7 lladdr ${LAN_MAC.a} PERMANENT`] } }), probes: [udp('a', '10.50.0.9'), { ...udp('a', '10.50.0.1'), from: { host: 'n', netns: null } }] },
  { name: 'ports of one VLAN hear each other, ports of two do not', covers: ['bridge:vlan'], needs: ['bridge_vlan'], files: lan({ bridge: FILTER, vlans: [...vlanLines('br0', PVID1), ...vlanLines('va', '10 PVID Egress Untagged'), ...vlanLines('vb', '10 PVID Egress Untagged'), ...vlanLines('vc', '20 PVID Egress Untagged')] }), probes: [udp('a', '10.9.0.2'), udp('a', '10.9.0.3'), udp('a', '10.9.0.254')] },
  { name: 'a port without a PVID takes no frames without a tag', covers: ['bridge:vlan'], needs: ['bridge_vlan'], files: lan({ bridge: FILTER, vlans: [...vlanLines('br0', PVID1), ...vlanLines('va', '1 Egress Untagged'), ...vlanLines('vb', PVID1), ...vlanLines('vc', PVID1)] }), probes: [udp('a', '10.9.0.2'), udp('b', '10.9.0.1')] },
  { name: 'an access port and a trunk: the tag comes on and off', covers: ['bridge:vlan', 'device:vlan'], needs: ['bridge_vlan', '8021q'], files: lan({ bridge: FILTER, a: { pod: { routes: ['10.50.0.0/24 dev eth0'], neigh: [`10.50.0.2 dev eth0 lladdr ${LAN_MAC.b} PERMANENT`] } }, b: { pod: { ...tagged(2, 7), routes: ['10.50.0.0/24 dev eth0.7', '10.9.0.1 dev eth0.7'], neigh: [`10.9.0.1 dev eth0.7 lladdr ${LAN_MAC.a} PERMANENT`] } }, vlans: [...vlanLines('br0', PVID1), ...vlanLines('va', '7 PVID Egress Untagged'), ...vlanLines('vb', PVID1, '7'), ...vlanLines('vc', PVID1)] }), probes: [udp('a', '10.50.0.2', { reply: false })] },
  { name: 'a tag that a port is not in is refused', covers: ['bridge:vlan', 'device:vlan'], needs: ['bridge_vlan', '8021q'], files: lan({ bridge: FILTER, a: { pod: tagged(1, 7) }, b: { pod: tagged(2, 7) }, vlans: [...vlanLines('br0', PVID1), ...vlanLines('va', PVID1), ...vlanLines('vb', PVID1, '7'), ...vlanLines('vc', PVID1)] }), probes: [udp('a', '10.50.0.2')] },
  { name: 'the bridge itself is in a VLAN by its own list', covers: ['bridge:vlan', 'bridge:local'], needs: ['bridge_vlan'], files: lan({ bridge: FILTER, vlans: [...vlanLines('br0', '10 PVID Egress Untagged'), ...vlanLines('va', '10 PVID Egress Untagged'), ...vlanLines('vb', PVID1), ...vlanLines('vc', PVID1)] }), probes: [udp('a', '10.9.0.254'), udp('a', '10.1.0.1'), udp('b', '10.9.0.254')] },
  { name: 'iptables sees a frame that leaves its VLAN without a tag', covers: ['bridge:vlan', 'bridge:nf'], needs: ['bridge_vlan'], files: lan({ bridge: FILTER, node: { sysctls: CALL, tables: { filter: [...STATEFUL] } }, vlans: [...vlanLines('br0', PVID1), ...vlanLines('va', PVID1), ...vlanLines('vb', PVID1), ...vlanLines('vc', PVID1)] }), probes: [udp('a', '10.9.0.2')] },
];

const DUMMY = ['30: dum0: <BROADCAST,NOARP,UP,LOWER_UP> mtu 1500 qdisc noqueue state UNKNOWN group default qlen 1000', '    link/ether 0a:00:00:00:03:01 brd ff:ff:ff:ff:ff:ff promiscuity 0  allmulti 0 minmtu 0 maxmtu 0 ', '    dummy ', '    inet 10.30.0.1/24 brd 10.30.0.255 scope global dum0'].join('\n');

/** Two bridges of one machine in a row (Neutron's qbr and br-int). */
const QBR = (mac1: string, mac2: string): readonly string[] => [
  `40: br1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000\n    link/ether 02:00:00:00:0a:fe brd ff:ff:ff:ff:ff:ff promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535 \n    bridge forward_delay 1500 stp_state 0 vlan_filtering 0 vlan_protocol 802.1Q nf_call_iptables 0 `,
  `41: q0@q1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master br0 state UP group default qlen 1000\n    link/ether ${mac1} brd ff:ff:ff:ff:ff:ff promiscuity 1  allmulti 1 minmtu 68 maxmtu 65535 \n    veth `,
  `42: q1@q0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue master br1 state UP group default qlen 1000\n    link/ether ${mac2} brd ff:ff:ff:ff:ff:ff promiscuity 1  allmulti 1 minmtu 68 maxmtu 65535 \n    veth `,
];
/** Pod c stands behind the second bridge. */
const chained = (sysctls: readonly string[], tables: object) => {
  const files = lan({ node: { sysctls, tables, links: QBR('06:00:00:00:0a:01', '06:00:00:00:0a:02') } });
  return { ...files, 'n/n.txt': (files['n/n.txt'] as string).replace(/(vc@if4: .*?)master br0/, '$1master br1') };
};

const others: readonly RefereeCase[] = [
  { name: 'what is sent to a dummy device is gone', covers: ['device:dummy'], needs: ['dummy'], files: lan({ node: { links: [DUMMY], routes: ['10.30.0.0/24 dev dum0 proto kernel scope link src 10.30.0.1'] } }), probes: [udp('a', '10.30.0.1'), udp('a', '10.30.0.7')] },
  { name: 'two bridges in a row', covers: ['bridge:chain'], files: chained([], { filter: [] }), probes: [from('a', '10.9.0.3'), udp('c', '10.9.0.254')] },
  { name: 'each bridge in a row runs the hooks again', covers: ['bridge:chain', 'bridge:nf'], files: chained(CALL, { mangle: [], filter: [...STATEFUL] }), probes: [from('a', '10.9.0.3')] },
  {
    name: 'each bridge in a row looks into its own zone',
    covers: ['bridge:chain', 'ct:zone'],
    files: chained(CALL, { raw: ['-A PREROUTING -m physdev --physdev-in va -j CT --zone 1', '-A PREROUTING -m physdev --physdev-in q0 -j CT --zone 1', '-A PREROUTING -m physdev --physdev-in vc -j CT --zone 2', '-A PREROUTING -m physdev --physdev-in q1 -j CT --zone 2'], filter: [...STATEFUL] }),
    probes: [from('a', '10.9.0.3')],
  },
];

export const bridge: readonly RefereeCase[] = [...switching, ...arp, ...filtering, ...translating, ...stacked, ...vlans, ...others];
