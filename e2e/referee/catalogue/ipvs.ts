import type { ProbeJson } from '../../../src/cli/probeJson.ts';
import type { RefereeCase } from '../case.ts';
import { behind, CONNTRACK, nat, oneWire, REAL, service, TRACKING, VIP } from './ipvsWorlds.ts';

const needs = ['ip_vs'];
const toVip = (more: Readonly<Record<string, unknown>> = {}): ProbeJson => ({ from: { host: 'c' }, dst: VIP, proto: 'tcp', sport: 41_000, dport: 80, ...more });
const web = (scheduler: string, weights: readonly number[] = [1, 1, 1]) => service(`-t ${VIP}:80 -s ${scheduler}`, nat(weights));
const [A, B, C] = REAL;

/** Which real server comes next. */
const schedulers: readonly RefereeCase[] = [
  ...(
    [
      ['rr goes round the list from its end', 'rr', [1, 1, 1], 5],
      ['rr passes over a weight of 0', 'rr', [1, 0, 1], 4],
      ['wrr picks the heavy ones more often, in its own order', 'wrr', [1, 3, 2], 8],
      ['wrr goes down by the common divisor', 'wrr', [2, 4, 2], 6],
      ['wrr with one heavy and one idle', 'wrr', [5, 0, 1], 7],
      ['lc picks the one with the fewest connections', 'lc', [1, 1, 1], 4],
      ['wlc weighs the connections', 'wlc', [1, 3, 1], 6],
      ['sed counts the new connection beforehand', 'sed', [1, 3, 1], 6],
      ['nq prefers an idle real server to a fast one', 'nq', [1, 5, 1], 6],
      ['fo takes the heaviest as long as it is there', 'fo', [1, 3, 2], 3],
      ['ovf overflows to the next when a weight is reached', 'ovf', [1, 2, 1], 6],
    ] as const
  ).map(([name, scheduler, weights, count]): RefereeCase => ({ name: `ipvs: ${name}`, covers: [`ipvs:${scheduler}`], needs, files: behind(web(scheduler, weights)), probes: [toVip({ count })] })),
  ...[1, 7, 77, 130, 200, 253].map(
    (host, i): RefereeCase => ({
      name: `ipvs: sh hashes the client 10.1.0.${host}`,
      covers: ['ipvs:sh'],
      needs,
      files: behind(web('sh', [1, 3, 2]), { c: { nic: { eth0: { addresses: [`10.1.0.${host}/24`] } } }, r: { neigh: [`10.1.0.${host} dev eth0 lladdr 02:00:00:00:01:01 PERMANENT`] } }),
      probes: [toVip({ sport: 41_000 + i })],
    }),
  ),
  { name: 'ipvs: sh with sh-port hashes the port, too', covers: ['ipvs:sh-port'], needs, files: behind(web('sh -b sh-port', [1, 2, 1])), probes: [toVip({ count: 6 })] },
  { name: 'ipvs: sh refuses the clients of a real server without weight', covers: ['ipvs:sh'], needs, files: behind(web('sh -b sh-port', [0, 0, 1])), probes: [toVip({ count: 4 })] },
  { name: 'ipvs: sh with sh-fallback finds another for them', covers: ['ipvs:sh-fallback'], needs, files: behind(web('sh -b sh-fallback,sh-port', [0, 4, 3])), probes: [toVip({ count: 6 })] },
  { name: 'ipvs: dh hashes the virtual address', covers: ['ipvs:dh'], needs, files: behind(web('dh', [1, 1, 1])), probes: [toVip({ count: 2 })] },
  { name: 'ipvs: an upper threshold keeps new connections away', covers: ['ipvs:threshold'], needs, files: behind(service(`-t ${VIP}:80 -s rr`, [`${A}:80 -m -w 1 -x 1 -y 0`, `${B}:80 -m -w 1`])), probes: [toVip({ count: 4 })] },
];

/** NAT. */
const masquerading: readonly RefereeCase[] = [
  { name: 'ipvs: NAT translates address and port and back', covers: ['ipvs:nat'], needs, files: behind(service(`-t ${VIP}:80 -s rr`, [`${A}:8080 -m -w 1`])), probes: [toVip(), toVip({ size: 3000, sport: 41_001 })] },
  { name: 'ipvs: UDP through NAT', covers: ['ipvs:nat', 'ipvs:udp'], needs, files: behind(service(`-u ${VIP}:53 -s rr`, [`${A}:5353 -m -w 1`])), probes: [toVip({ proto: 'udp', dport: 53 })] },
  { name: 'ipvs: SCTP through NAT', covers: ['ipvs:nat', 'ipvs:sctp'], needs, files: behind(service(`--sctp-service ${VIP}:99 -s rr`, [`${A}:199 -m -w 1`])), probes: [toVip({ proto: 'sctp', dport: 99 })] },
  { name: 'ipvs: one-packet scheduling forgets a datagram at once', covers: ['ipvs:ops'], needs, files: behind(service(`-u ${VIP}:53 -s rr -o`, [`${A}:53 -m -w 1`, `${B}:53 -m -w 1`])), probes: [toVip({ proto: 'udp', dport: 53, count: 3, reply: false })] },
  { name: 'ipvs: without vs.conntrack a tracked packet leaves untracked', covers: ['ipvs:conntrack'], needs, files: behind(web('rr', [1]), { r: { tables: TRACKING } }), probes: [toVip()] },
  { name: 'ipvs: with vs.conntrack the entry knows the real server', covers: ['ipvs:conntrack'], needs, files: behind(web('rr', [1]), { r: { tables: TRACKING, sysctls: [CONNTRACK] } }), probes: [toVip(), toVip({ proto: 'icmp', sport: undefined, dport: undefined })] },
  {
    name: 'ipvs: with vs.conntrack nat POSTROUTING masquerades what IPVS sends',
    covers: ['ipvs:conntrack', 'target:MASQUERADE'],
    needs,
    files: behind(service(`-t ${VIP}:80 -s rr`, [`${A}:8080 -m -w 1`]), { r: { tables: { ...TRACKING, nat: ['-A POSTROUTING -o eth1 -j MASQUERADE'] }, sysctls: [CONNTRACK] } }),
    probes: [toVip()],
  },
  { name: 'ipvs: without vs.conntrack nobody masquerades', covers: ['ipvs:conntrack'], needs, files: behind(web('rr', [1]), { r: { tables: { ...TRACKING, nat: ['-A POSTROUTING -o eth1 -j MASQUERADE'] } } }), probes: [toVip()] },
  { name: 'ipvs: a rule of filter INPUT comes before IPVS', covers: ['hook:order', 'ipvs:nat'], needs, files: behind(web('rr', [1]), { r: { tables: { filter: ['-A INPUT -p tcp -m tcp --dport 80 -j DROP'] } } }), probes: [toVip()] },
  { name: 'ipvs: a rule of filter OUTPUT sees the real server', covers: ['hook:order', 'ipvs:nat'], needs, files: behind(web('rr', [1]), { r: { tables: { filter: [`-A OUTPUT -d ${A}/32 -j DROP`] } } }), probes: [toVip()] },
  { name: 'ipvs: the mark goes along into OUTPUT and POSTROUTING', covers: ['ipvs:mark'], needs, files: behind(web('rr', [1]), { r: { tables: { mangle: ['-A PREROUTING -j MARK --set-xmark 0x7/0xffffffff', '-A OUTPUT -m mark --mark 0x7 -j ACCEPT', '-A POSTROUTING -m mark --mark 0x7 -j ACCEPT'] } } }), probes: [toVip()] },
  { name: 'ipvs: a process of the director is a client, too', covers: ['ipvs:local-client'], needs, files: behind(web('rr', [1]), { r: { tables: { ...TRACKING, filter: ['-A OUTPUT -p tcp -j ACCEPT'] } } }), probes: [{ ...toVip(), from: { host: 'r' } }] },
  { name: 'ipvs: and with vs.conntrack', covers: ['ipvs:local-client', 'ipvs:conntrack'], needs, files: behind(web('rr', [1]), { r: { tables: { ...TRACKING, nat: ['-A POSTROUTING -o eth1 -j MASQUERADE'] }, sysctls: [CONNTRACK] } }), probes: [{ ...toVip(), from: { host: 'r' } }] },
  { name: 'ipvs: a loopback source may not leave', covers: ['ipvs:route'], needs, files: behind(web('rr', [1])), probes: [{ ...toVip(), from: { host: 'r' }, src: '127.0.0.1' }] },
  { name: 'ipvs: no route to the real server is host unreachable', covers: ['ipvs:route', 'icmp:host-unreachable'], needs, files: behind(service(`-t ${VIP}:80 -s rr`, ['10.77.0.1:80 -m -w 1'])), probes: [toVip()] },
  { name: 'ipvs: the TTL runs out at the director', covers: ['ipvs:ttl', 'icmp:ttl'], needs, files: behind(web('rr', [1])), probes: [toVip({ ttl: 1 }), toVip({ ttl: 2, sport: 41_002 })] },
  {
    name: 'ipvs: too large for the way to the real server',
    covers: ['ipvs:mtu', 'icmp:frag-needed'],
    needs,
    files: behind(service(`-u ${VIP}:53 -s rr`, [`${A}:53 -m -w 1`]), { r: { nic: { eth0: { addresses: ['10.1.0.254/24', `${VIP}/32`] }, eth1: { mtu: 1300 } } }, s: { nic: { eth0: { addresses: [`${A}/24`], mtu: 1300 } } } }),
    probes: [toVip({ proto: 'udp', dport: 53, size: 1400, df: true }), toVip({ proto: 'udp', dport: 53, sport: 41_003, size: 1400, df: false })],
  },
  { name: 'ipvs: a real server without a listener resets', covers: ['ipvs:nat', 'socket:refused'], needs, files: behind(service(`-t ${VIP}:80 -s rr`, [`${A}:8080 -m -w 1`]), { s: { ss: [] } }), probes: [toVip()] },
  { name: 'ipvs: an ICMP error of the real server speaks of the virtual one', covers: ['ipvs:icmp'], needs, files: behind(service(`-u ${VIP}:53 -s rr`, [`${A}:5353 -m -w 1`]), { s: { ss: [] } }), probes: [toVip({ proto: 'udp', dport: 53 })] },
  { name: 'ipvs: the same with vs.conntrack', covers: ['ipvs:icmp', 'ipvs:conntrack'], needs, files: behind(service(`-u ${VIP}:53 -s rr`, [`${A}:5353 -m -w 1`]), { s: { ss: [] }, r: { tables: TRACKING, sysctls: [CONNTRACK] } }), probes: [toVip({ proto: 'udp', dport: 53 })] },
  { name: 'ipvs: nat_icmp_send refuses a real server without a connection', covers: ['ipvs:nat_icmp_send'], needs, files: behind(web('rr', [1]), { s: { ss: [] }, r: { sysctls: ['net.ipv4.vs.nat_icmp_send = 1'] } }), probes: [{ from: { host: 's' }, dst: '10.1.0.1', proto: 'udp', sport: 80, dport: 4000 }, { from: { host: 's' }, dst: '10.1.0.1', proto: 'tcp', sport: 80, dport: 4000 }] },
  { name: 'ipvs: without snat_reroute the answer keeps its route', covers: ['ipvs:snat_reroute'], needs, files: behind(web('rr', [1]), { r: { rules: [`100:\tfrom ${A} lookup 7`, `101:\tfrom ${VIP} lookup 8`], routes: ['default via 10.1.0.1 dev eth0 table 7', 'blackhole default table 8'], sysctls: ['net.ipv4.vs.snat_reroute = 0'] } }), probes: [toVip()] },
  { name: 'ipvs: with snat_reroute the answer is routed by the virtual address', covers: ['ipvs:snat_reroute'], needs, files: behind(web('rr', [1]), { r: { rules: [`100:\tfrom ${VIP} lookup 8`], routes: ['10.1.0.0/24 dev eth0 table 8', 'blackhole default table 8'] } }), probes: [toVip()] },
  { name: 'ipvs: a real server on the director itself', covers: ['ipvs:local-real'], needs, files: behind(service(`-t ${VIP}:80 -s rr`, ['10.1.0.254:8080 -m -w 1'])), probes: [toVip()] },
  { name: 'ipvs: the same with vs.conntrack', covers: ['ipvs:local-real', 'ipvs:conntrack'], needs, files: behind(service(`-t ${VIP}:80 -s rr`, ['10.1.0.254:8080 -m -w 1']), { r: { tables: TRACKING, sysctls: [CONNTRACK] } }), probes: [toVip()] },
  { name: 'ipvs: a real server on a loopback address is none for the world', covers: ['ipvs:local-real', 'ipvs:route'], needs, files: behind(service(`-t ${VIP}:80 -s rr`, ['127.0.0.1:8080 -m -w 1'])), probes: [toVip(), { ...toVip(), from: { host: 'r' } }] },
];

/** Nobody there, and what a service is found by. */
const services: readonly RefereeCase[] = [
  { name: 'ipvs: a service without real servers is a closed port', covers: ['ipvs:no-destination', 'icmp:port-unreachable'], needs, files: behind(service(`-t ${VIP}:80 -s rr`, [])), probes: [toVip(), { ...toVip(), from: { host: 'r' } }] },
  { name: 'ipvs: all weights 0 are a closed port', covers: ['ipvs:weight-0'], needs, files: behind(web('wlc', [0, 0])), probes: [toVip()] },
  { name: 'ipvs: UDP without real servers', covers: ['ipvs:no-destination'], needs, files: behind(service(`-u ${VIP}:53 -s rr`, [])), probes: [toVip({ proto: 'udp', dport: 53 })] },
  { name: 'ipvs: another port of the virtual address is the director’s own', covers: ['ipvs:service'], needs, files: behind(web('rr', [1])), probes: [toVip({ dport: 81 }), toVip({ proto: 'udp' })] },
  { name: 'ipvs: port 0 takes every port', covers: ['ipvs:port-0', 'ipvs:persistence'], needs, files: behind(service(`-t ${VIP}:0 -s rr -p 300`, [`${A}:0 -m -w 1`, `${B}:0 -m -w 1`])), probes: [toVip({ count: 2 })] },
  { name: 'ipvs: the very port comes before port 0', covers: ['ipvs:port-0'], needs, files: behind([...service(`-t ${VIP}:0 -s rr -p 300`, [`${A}:0 -m -w 1`]), ...web('rr', [0, 1])]), probes: [toVip(), toVip({ dport: 81, sport: 41_005 })] },
  { name: 'ipvs: a persistent client keeps its real server', covers: ['ipvs:persistence'], needs, files: behind(web('rr -p 300')), probes: [toVip({ count: 3 })] },
  { name: 'ipvs: a mask makes a network one client', covers: ['ipvs:netmask'], needs, files: behind(web('rr -p 300 -M 255.255.255.0')), probes: [toVip({ count: 2 })] },
  { name: 'ipvs: persistent UDP', covers: ['ipvs:persistence', 'ipvs:udp'], needs, files: behind(service(`-u ${VIP}:53 -s rr -p 60`, [`${A}:5353 -m -w 1`, `${C}:5353 -m -w 1`])), probes: [toVip({ proto: 'udp', dport: 53, count: 2 })] },
  {
    name: 'ipvs: a mark of mangle PREROUTING finds its service',
    covers: ['ipvs:fwmark'],
    needs,
    files: behind(service('-f 7 -s rr', [`${A}:0 -m -w 1`, `${B}:0 -m -w 1`]), { r: { tables: { mangle: [`-A PREROUTING -d ${VIP}/32 -p tcp -m multiport --dports 80,81 -j MARK --set-xmark 0x7/0xffffffff`] } } }),
    probes: [toVip({ count: 2 }), toVip({ dport: 81, sport: 41_005 }), toVip({ dport: 82, sport: 41_006 })],
  },
  {
    name: 'ipvs: a persistent mark holds all its ports together',
    covers: ['ipvs:fwmark', 'ipvs:persistence'],
    needs,
    files: behind(service('-f 7 -s rr -p 300', [`${A}:0 -m -w 1`, `${B}:0 -m -w 1`]), { r: { tables: { mangle: [`-A PREROUTING -d ${VIP}/32 -j MARK --set-xmark 0x7/0xffffffff`] } } }),
    probes: [toVip({ count: 2 })],
  },
  { name: 'ipvs: a mark comes before the address', covers: ['ipvs:fwmark'], needs, files: behind([...web('rr', [1]), ...service('-f 7 -s rr', [`${B}:0 -m -w 1`])], { r: { tables: { mangle: ['-A PREROUTING -j MARK --set-xmark 0x7/0xffffffff'] } } }), probes: [toVip()] },
  {
    name: 'ipvs: a mark of mangle OUTPUT counts for the director’s own packets',
    covers: ['ipvs:fwmark', 'ipvs:local-client'],
    needs,
    files: behind(service('-f 7 -s rr', [`${A}:0 -m -w 1`]), { r: { tables: { mangle: [`-A OUTPUT -d ${VIP}/32 -j MARK --set-xmark 0x7/0xffffffff`] } } }),
    probes: [{ ...toVip(), from: { host: 'r' } }],
  },
];

const direct = (more: Parameters<typeof oneWire>[1] = {}) => oneWire(service(`-t ${VIP}:80 -s rr`, ['10.1.0.2:80 -g -w 1']), more);
const wrapped = (more: Parameters<typeof oneWire>[1] = {}) => oneWire(service(`-t ${VIP}:80 -s rr`, ['10.1.0.2:80 -i -w 1']), { tunnel: 'up', ...more });

/** Direct routing and tunnels. */
const forwarding: readonly RefereeCase[] = [
  { name: 'ipvs: direct routing sends the packet on as it is', covers: ['ipvs:dr'], needs, files: direct(), probes: [toVip(), toVip({ size: 2000, sport: 41_001 })] },
  { name: 'ipvs: direct routing with conntrack', covers: ['ipvs:dr', 'ipvs:conntrack'], needs, files: direct({ d: { tables: TRACKING, sysctls: [CONNTRACK] } }), probes: [toVip()] },
  { name: 'ipvs: direct routing where packets are tracked but vs.conntrack is off', covers: ['ipvs:dr', 'ipvs:conntrack'], needs, files: direct({ d: { tables: TRACKING } }), probes: [toVip()] },
  { name: 'ipvs: direct routing to a server that does not have the address', covers: ['ipvs:dr'], needs, files: direct({ onServer: false }), probes: [toVip()] },
  { name: 'ipvs: direct routing to the director itself', covers: ['ipvs:dr', 'ipvs:local-real'], needs, files: oneWire(service(`-t ${VIP}:80 -s rr`, ['10.1.0.9:80 -g -w 1'])), probes: [toVip()] },
  { name: 'ipvs: the answer of a directly routed server through the director is a martian', covers: ['ipvs:dr'], needs, files: behind(service(`-t ${VIP}:80 -s rr`, [`${A}:80 -g -w 1`]), { s: { nic: { eth0: { addresses: [`${A}/24`, `${VIP}/32`] } } } }), probes: [toVip()] },
  { name: 'ipvs: a tunnel wraps the packet for the real server', covers: ['ipvs:tunnel', 'tunnel:ipip'], needs: [...needs, 'ipip'], files: wrapped(), probes: [toVip(), toVip({ tos: 0x28, sport: 41_001 })] },
  { name: 'ipvs: a tunnel with conntrack', covers: ['ipvs:tunnel', 'ipvs:conntrack'], needs: [...needs, 'ipip'], files: wrapped({ d: { tables: TRACKING, sysctls: [CONNTRACK] } }), probes: [toVip()] },
  {
    name: 'ipvs: too large for the tunnel',
    covers: ['ipvs:tunnel', 'ipvs:mtu', 'icmp:frag-needed'],
    needs: [...needs, 'ipip'],
    files: oneWire(service(`-u ${VIP}:53 -s rr`, ['10.1.0.2:53 -i -w 1']), { tunnel: 'up' }),
    probes: [toVip({ proto: 'udp', dport: 53, size: 1460, df: true }), toVip({ proto: 'udp', dport: 53, size: 1460, df: false, sport: 41_001 })],
  },
  {
    name: 'ipvs: without pmtu_disc a tunnel cuts it',
    covers: ['ipvs:pmtu_disc'],
    needs: [...needs, 'ipip'],
    files: oneWire(service(`-u ${VIP}:53 -s rr`, ['10.1.0.2:53 -i -w 1']), { tunnel: 'up', d: { sysctls: ['net.ipv4.vs.pmtu_disc = 0'] } }),
    probes: [toVip({ proto: 'udp', dport: 53, size: 1460, df: true })],
  },
  { name: 'ipvs: a server without the tunnel complains, and the client hears of it', covers: ['ipvs:tunnel', 'ipvs:icmp'], needs: [...needs, 'ipip'], files: oneWire(service(`-u ${VIP}:53 -s rr`, ['10.1.0.2:53 -i -w 1']), { tunnel: 'down' }), probes: [toVip({ proto: 'udp', dport: 53 })] },
];

export const ipvs: readonly RefereeCase[] = [...schedulers, ...masquerading, ...services, ...forwarding];
