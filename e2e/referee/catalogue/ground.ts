import type { RefereeCase } from '../case.ts';
import { cToS, line } from '../topology.ts';
import { macvlans } from './macvlanWorld.ts';
import { overRouter, UNDER, VTEP } from './tunnelWorlds.ts';

const vxlanKind = (local: string): string => `vxlan id 7 local ${local} srcport 0 0 dstport 4789 nolearning ttl auto`;

/** What random worlds brought to light. */
export const ground: readonly RefereeCase[] = [
  {
    name: 'pieces of a datagram ask for their neighbour once',
    covers: ['arp:request', 'ip:fragment'],
    files: line({}),
    probes: [{ from: { host: 's' }, dst: '10.2.0.9', proto: 'udp', sport: 41_000, dport: 80, size: 3000 }],
  },
  {
    name: 'the kernel cannot tell itself of an echo reply that it rejects',
    covers: ['target:REJECT', 'icmp:error'],
    files: line({ s: { tables: { filter: ['-A OUTPUT -p icmp -j REJECT --reject-with icmp-host-prohibited'] } } }),
    probes: [cToS({ proto: 'icmp', sport: undefined, dport: undefined })],
  },
  {
    name: 'an error about a datagram that a local rule rejects comes back over lo, and sendto() fails at once',
    covers: ['target:REJECT', 'socket:eperm'],
    files: line({ c: { tables: { filter: ['-A OUTPUT -p udp -j REJECT --reject-with icmp-port-unreachable', '-A OUTPUT -p icmp -m icmp --icmp-type 8 -j DROP'] } } }),
    probes: [cToS({ proto: 'udp', dport: 53 }), cToS({ proto: 'icmp', sport: undefined, dport: undefined })],
  },
  {
    name: 'an error about a connection translated in INPUT is routed anew',
    covers: ['target:NETMAP', 'nat:icmp-error'],
    files: line({ r: { ss: [], tables: { nat: ['-A INPUT -j NETMAP --to 10.2.0.254/32'] } } }),
    probes: [{ from: { host: 's' }, dst: '10.2.0.254', proto: 'udp', sport: 41_000, dport: 80 }],
  },
  {
    name: 'an SCTP INIT ACK of an association that the zone does not know is INVALID',
    covers: ['ct:sctp', 'ct:zone'],
    files: line({ r: { tables: { raw: ['-A PREROUTING -i eth1 -j CT --zone 2'], filter: ['-A FORWARD -m conntrack --ctstate INVALID -j ACCEPT'] } } }),
    probes: [cToS({ proto: 'sctp' })],
  },
  {
    name: 'a tunnel whose own packets are translated into it stops at the kernel’s limit',
    covers: ['tunnel:nested', 'tunnel:vxlan'],
    files: overRouter(
      { c: { kind: vxlanKind(UNDER.c) }, s: { kind: vxlanKind(UNDER.s) } },
      { c: { fdb: [`${VTEP.b} dev t0 dst ${UNDER.s} self permanent`], tables: { nat: ['-A OUTPUT -d 10.2.0.1/32 -j DNAT --to-destination 10.9.0.2'] } } },
    ),
    probes: [{ ...cToS(), dst: '10.9.0.2' }],
  },
  {
    name: 'an echo request whose answers a given connection claims is refused at once',
    covers: ['ct:clash', 'ct:given', 'socket:eperm'],
    files: line({ c: { tables: { filter: ['-A OUTPUT -m connmark --mark 0x10/0x10'] }, conntrack: ['icmp     1 400 src=10.1.0.7 dst=10.2.0.1 type=8 code=0 id=4660 [UNREPLIED] src=10.2.0.1 dst=10.1.0.1 type=0 code=0 id=4660 mark=2 use=1'] } }),
    probes: [cToS({ proto: 'icmp', sport: undefined, dport: undefined })],
  },
  {
    name: 'a mark stays behind when a macvlan hands the packet to another namespace',
    covers: ['device:macvlan', 'match:mark'],
    needs: ['macvlan'],
    files: macvlans('bridge', 'bridge', { a: { tables: { mangle: ['-A PREROUTING -m mark --mark 0x10', '-A PREROUTING -m mark --mark 0x0'] } } }),
    probes: [{ from: { host: 'n', netns: 'b' }, dst: '10.1.0.11', proto: 'udp', sport: 41_000, dport: 53, mark: 0x10 }],
  },
  {
    name: 'a program that was sent a tunnel’s frame answers to a port that nobody has',
    covers: ['tunnel:vxlan', 'target:REDIRECT', 'icmp:port-unreachable'],
    files: overRouter({ c: { kind: vxlanKind(UNDER.c) }, s: { kind: vxlanKind(UNDER.s) } }, { c: { fdb: [`${VTEP.b} dev t0 dst ${UNDER.s} self permanent`] }, r: { tables: { nat: ['-A PREROUTING -p udp -j REDIRECT'] } } }),
    probes: [{ ...cToS(), dst: '10.9.0.2' }],
  },
  {
    name: 'a program that was sent what a tunnel made of an answer sends it back, too',
    covers: ['tunnel:vxlan', 'target:DNAT', 'icmp:port-unreachable'],
    files: overRouter(
      { c: { kind: vxlanKind(UNDER.c) }, s: { kind: vxlanKind(UNDER.s) } },
      { c: { fdb: [`${VTEP.b} dev t0 dst ${UNDER.s} self permanent`] }, s: { fdb: [`${VTEP.a} dev t0 dst ${UNDER.c} self permanent`], tables: { nat: [`-A OUTPUT -p udp -j DNAT --to-destination ${UNDER.c}:443`] } } },
    ),
    probes: [{ ...cToS(), dst: '10.9.0.2' }, { ...cToS({ proto: 'icmp', sport: undefined, dport: undefined }), dst: '10.9.0.2' }, { ...cToS({ proto: 'udp', size: 20 }), dst: '10.9.0.2' }],
  },
  {
    name: 'what a tunnel wraps is still its process’s own in POSTROUTING',
    covers: ['match:owner', 'tunnel:vxlan-hooks'],
    files: overRouter(
      { c: { kind: vxlanKind(UNDER.c) }, s: { kind: vxlanKind(UNDER.s) } },
      { c: { fdb: [`${VTEP.b} dev t0 dst ${UNDER.s} self permanent`], tables: { mangle: ['-A POSTROUTING -o eth0 -m owner --socket-exists', '-A POSTROUTING -o eth0 -m owner ! --socket-exists'] } } },
    ),
    probes: [{ ...cToS({ proto: 'udp', size: 20, reply: false }), dst: '10.9.0.2' }],
  },
  {
    name: 'the kernel’s own socket takes what a tunnel wrapped',
    covers: ['match:socket', 'tunnel:vxlan-hooks'],
    files: overRouter(
      { c: { kind: vxlanKind(UNDER.c) }, s: { kind: vxlanKind(UNDER.s) } },
      { c: { fdb: [`${VTEP.b} dev t0 dst ${UNDER.s} self permanent`] }, s: { ss: [], fdb: [`${VTEP.a} dev t0 dst ${UNDER.c} self permanent`], tables: { mangle: ['-A INPUT -i eth0 -m socket --nowildcard', '-A INPUT -i eth0 -m socket'] } } },
    ),
    probes: [{ ...cToS({ proto: 'icmp', sport: undefined, dport: undefined }), dst: '10.9.0.2' }],
  },
  {
    name: 'the setting for all devices sends redirects, unless it is turned off, too',
    covers: ['icmp:send_redirects'],
    files: line({ r: { routes: ['10.7.0.0/24 via 10.1.0.9 dev eth0'], neigh: ['10.1.0.9 dev eth0 lladdr 02:00:00:00:01:01 PERMANENT'], sysctls: ['net.ipv4.conf.eth0.send_redirects = 0'] } }),
    probes: [cToS({ dst: '10.7.0.1', proto: 'udp', size: 10, reply: false })],
  },
  {
    name: 'a server whose router answers no question gives its answer up, and nobody is told',
    covers: ['arp:failed', 'arp:arp_ignore'],
    files: line({ s: { noNeighbours: true }, r: { sysctls: ['net.ipv4.conf.eth1.arp_ignore = 8'] } }),
    probes: [cToS(), cToS({ proto: 'udp', size: 10 })],
  },
  {
    name: 'a large datagram that NAT leads from lo to a smaller device is cut there in spite of DF',
    covers: ['ip:fragment', 'nat:OUTPUT'],
    files: line({ c: { tables: { nat: ['-A OUTPUT -d 10.1.0.1/32 -j DNAT --to-destination 10.2.0.1'] } } }),
    probes: [
      { from: { host: 'c' }, dst: '10.1.0.1', proto: 'udp', sport: 41_000, dport: 80, size: 3000 },
      { from: { host: 'c' }, dst: '10.1.0.1', proto: 'icmp', size: 3000 },
      { from: { host: 'c' }, dst: '10.1.0.1', proto: 'udp', sport: 41_000, dport: 80, size: 3000, df: true },
      { from: { host: 'c' }, dst: '10.1.0.1', proto: 'icmp', size: 3000, df: false },
    ],
  },
  {
    name: 'a large answer to a socket that SNAT in INPUT made its own is cut in spite of DF',
    covers: ['ip:fragment', 'nat:INPUT'],
    files: line({ s: { tables: { nat: ['-A INPUT -p udp -j SNAT --to-source 10.2.0.1'] } } }),
    probes: [cToS({ proto: 'udp', dport: 443, size: 3000 })],
  },
  {
    name: 'what a socket made in pieces for one way goes in these also where NAT leads it another way',
    covers: ['ip:fragment', 'nat:OUTPUT'],
    files: line({ c: { routes: ['10.9.0.1 via 10.1.0.254 dev eth0 mtu 1000'], tables: { nat: ['-A OUTPUT -d 10.9.0.1/32 -j DNAT --to-destination 10.2.0.1'] } } }),
    probes: [cToS({ dst: '10.9.0.1', proto: 'udp', size: 3000, df: false }), { from: { host: 'c' }, dst: '10.9.0.1', proto: 'icmp', size: 2000, df: false }],
  },
  {
    name: 'an answer that goes astray finds nobody at a port that NAT gave',
    covers: ['deliver:stray', 'nat:POSTROUTING', 'icmp:port-unreachable'],
    files: line({ r: { tables: { raw: ['-A PREROUTING -i eth1 -j CT --notrack'], nat: ['-A POSTROUTING -p udp -j SNAT --to-source 10.2.0.254:5000-5010', '-A POSTROUTING -p tcp -j SNAT --to-source 10.2.0.254:6000'] } } }),
    probes: [cToS({ proto: 'udp', size: 20 }), cToS()],
  },
  {
    name: 'an answer that MASQUERADE gave another address is for no socket of the client',
    covers: ['ct:zone', 'nat:MASQUERADE'],
    files: line({ r: { tables: { raw: ['-A PREROUTING -j CT --zone 2'], nat: ['-A POSTROUTING -j MASQUERADE'] } } }),
    probes: [cToS({ dst: '10.2.0.254', proto: 'udp', dport: 443 })],
  },
  {
    name: 'what a nat table queues to nobody is not bound, and asked again on lo',
    covers: ['target:NFQUEUE', 'nat:OUTPUT'],
    files: line({ c: { tables: { nat: ['-A OUTPUT -j NFQUEUE --queue-num 9 --queue-bypass', '-A PREROUTING -p udp -m udp --dport 81 -j DNAT --to-destination :80'] } } }),
    probes: [
      { from: { host: 'c' }, dst: '10.1.0.1', proto: 'udp', sport: 41_000, dport: 80 },
      { from: { host: 'c' }, dst: '10.1.0.1', proto: 'udp', sport: 41_000, dport: 81 },
      cToS({ proto: 'udp' }),
    ],
  },
  {
    name: 'the kernel cannot tell itself of an echo reply that was wrapped and then rejected',
    covers: ['target:REJECT', 'tunnel:vxlan-hooks', 'icmp:error'],
    files: overRouter(
      { c: { kind: vxlanKind(UNDER.c) }, s: { kind: vxlanKind(UNDER.s) } },
      {
        c: { fdb: [`${VTEP.b} dev t0 dst ${UNDER.s} self permanent`], tables: { filter: ['-A OUTPUT -p udp -j REJECT --reject-with icmp-net-unreachable'] } },
        s: { fdb: [`${VTEP.a} dev t0 dst ${UNDER.c} self permanent`] },
      },
    ),
    probes: [{ from: { host: 's' }, dst: '10.9.0.1', proto: 'icmp' }, { from: { host: 's' }, dst: '10.9.0.1', proto: 'tcp', sport: 41_000, dport: 80 }, { from: { host: 'c' }, dst: '10.9.0.2', proto: 'icmp' }],
  },
  {
    name: 'a tunnel’s own packets, translated to another port',
    covers: ['nat:OUTPUT', 'tunnel:vxlan-hooks'],
    files: overRouter(
      { c: { kind: vxlanKind(UNDER.c) }, s: { kind: vxlanKind(UNDER.s) } },
      {
        c: { ss: [], fdb: [`${VTEP.b} dev t0 dst ${UNDER.s} self permanent`] },
        s: { fdb: [`${VTEP.a} dev t0 dst ${UNDER.c} self permanent`], tables: { nat: ['-A OUTPUT -p udp -m udp --dport 4789 -j DNAT --to-destination 10.1.0.1:53'] } },
      },
    ),
    probes: [{ from: { host: 'c' }, dst: '10.9.0.2', proto: 'icmp' }],
  },
  {
    name: 'an ICMP error has the socket whose packet it quotes',
    covers: ['match:socket', 'icmp:error'],
    files: line({
      c: { tables: { mangle: ['-A INPUT -p icmp -m socket', '-A INPUT -p icmp -m socket --nowildcard'] } },
      r: { ss: ['udp   UNCONN 0      0      0.0.0.0:443 0.0.0.0:*', 'udp   UNCONN 0      0      10.2.0.254:53 0.0.0.0:*'], tables: { raw: ['-A PREROUTING -d 10.2.0.254/32 -j CT --zone 2'], nat: ['-A POSTROUTING -o eth0 -j MASQUERADE'], mangle: ['-A INPUT -p icmp -m socket', '-A INPUT -p icmp -m socket --nowildcard'], filter: ['-A FORWARD -p tcp -m tcp --tcp-flags SYN,ACK SYN,ACK -j REJECT --reject-with icmp-net-unreachable'] } },
      s: { ss: ['tcp   LISTEN 0      128    0.0.0.0:80 0.0.0.0:*'], tables: { mangle: ['-A INPUT -p icmp -m socket', '-A INPUT -p icmp -m socket --nowildcard'] } },
    }),
    probes: [cToS({ dst: '10.2.0.254', proto: 'udp', dport: 443 }), cToS({ dst: '10.2.0.254', proto: 'udp', dport: 53 }), cToS({ proto: 'udp', dport: 81 }), cToS()],
  },
  {
    name: 'a nexthop object whose gateway a rule hides from the kernel itself',
    covers: ['route:nexthop-object', 'rule:blackhole'],
    files: line({ r: { routes: ['10.7.0.0/24 nhid 1 via 10.2.0.1 dev eth1'], rules: ['200:\tnot from all ipproto tcp blackhole'], more: ['$ ip nexthop', 'id 1 via 10.2.0.1 dev eth1 scope link', ''] }, s: { nic: { eth0: { addresses: ['10.2.0.1/24', '10.7.0.1/32'] } } } }),
    probes: [cToS({ dst: '10.7.0.1' }), cToS({ dst: '10.7.0.1', proto: 'udp' })],
  },
];
