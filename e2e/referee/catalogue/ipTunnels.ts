import type { RefereeCase } from '../case.ts';
import { cToS } from '../topology.ts';
import { beyond, deviceText, fromRouter, overRouter, ping, udp, UNDER } from './tunnelWorlds.ts';

const ipip = (local: string, remote: string, more = 'ttl inherit pmtudisc'): string => `ipip any remote ${remote} local ${local} ${more}`;
const gre = (local: string, remote: string, more = 'ttl inherit'): string => `gre remote ${remote} local ${local} ${more}`;
const gretap = (local: string, remote: string, more = 'ttl inherit'): string => `gretap remote ${remote} local ${local} ${more}`;
const geneve = (remote: string, more = 'ttl auto'): string => `geneve id 9 remote ${remote} ${more} dstport 6081 noudpcsum udp6zerocsumrx`;
const tracked = { filter: ['-A INPUT -m conntrack --ctstate NEW -j ACCEPT'] };
const IPIP = { needs: ['ipip'] } as const;
const GRE = { needs: ['ip_gre'] } as const;
const GENEVE = { needs: ['geneve'] } as const;
const IP_C = { kind: ipip(UNDER.c, UNDER.s), mtu: 1480 };
const IP_S = { kind: ipip(UNDER.s, UNDER.c), mtu: 1480 };
const IP_R = { kind: ipip(UNDER.r1, UNDER.s), mtu: 1480 };
const IP_RS = { kind: ipip(UNDER.s, UNDER.r1), mtu: 1480 };
/** The module's own device: no ends, DF as inside. */
const ANY = { kind: 'ipip any remote any local any ttl inherit nopmtudisc', mtu: 1480, name: 'tunl0' };

/** IPIP, GRE and Geneve devices. */
export const ipTunnels: readonly RefereeCase[] = [
  { ...IPIP, name: 'an IPIP tunnel between two machines', covers: ['tunnel:ipip'], files: overRouter({ c: IP_C, s: IP_S }), probes: [ping(), udp(), { ...cToS(), dst: '10.9.0.2' }] },
  { ...IPIP, name: 'a forwarded packet’s outer TTL is the lowered inner one', covers: ['tunnel:ipip-ttl'], files: fromRouter({ r: IP_R, s: IP_RS }), probes: [beyond(), beyond({ ttl: 2 })] },
  {
    ...IPIP,
    name: 'an IPIP device without ends sends to the next hop of the route',
    covers: ['tunnel:ipip-any'],
    files: fromRouter({ r: { ...ANY, addresses: ['10.9.0.1/32'] }, s: { ...ANY, addresses: ['10.8.0.1/32'] } }, { r: { routes: [`10.8.0.1 via ${UNDER.s} dev tunl0 onlink`] }, s: { routes: [`10.1.0.1 via ${UNDER.r1} dev tunl0 onlink`] } }),
    probes: [beyond(), { ...cToS(), dst: '10.8.0.1' }],
  },
  { ...IPIP, name: 'a fixed TTL of an IPIP device stands in the outer header', covers: ['tunnel:ipip-ttl'], files: overRouter({ c: { ...IP_C, kind: ipip(UNDER.c, UNDER.s, 'ttl 33 pmtudisc') }, s: IP_S }), probes: [ping({ ttl: 7 })] },
  { ...IPIP, name: 'an inherited TTL that expires outside is not told to the sender', covers: ['tunnel:ipip-ttl', 'icmp:time-exceeded'], files: fromRouter({ r: IP_R, s: IP_RS }), probes: [beyond({ ttl: 2 })] },
  { ...IPIP, name: 'a fixed outer TTL that expires makes later packets be answered with host unreachable', covers: ['tunnel:ipip-error', 'icmp:host-unreachable'], files: overRouter({ c: { ...IP_C, kind: ipip(UNDER.c, UNDER.s, 'ttl 1 pmtudisc') }, s: IP_S }), probes: [udp({ count: 2 })] },
  { ...IPIP, name: 'an IPIP device copies the ECN bits but not the DSCP', covers: ['tunnel:ipip-tos', 'tunnel:ecn'], files: overRouter({ c: IP_C, s: IP_S }), probes: [ping({ tos: 0x28 }), ping({ tos: 0x2a }), ping({ tos: 3 })] },
  { ...IPIP, name: 'an IPIP device with an inherited TOS copies it', covers: ['tunnel:ipip-tos'], files: overRouter({ c: { ...IP_C, kind: ipip(UNDER.c, UNDER.s, 'ttl inherit tos inherit pmtudisc') }, s: IP_S }), probes: [ping({ tos: 0x28 }), ping({ tos: 3 })] },
  { ...IPIP, name: 'an IPIP device with a fixed TOS keeps it, with the inner ECN bits', covers: ['tunnel:ipip-tos'], files: overRouter({ c: { ...IP_C, kind: ipip(UNDER.c, UNDER.s, 'ttl inherit tos 0x10 pmtudisc') }, s: IP_S }), probes: [ping({ tos: 0x2a })] },
  { ...IPIP, name: 'congestion marked on an outer IPIP header is carried inside, or the packet dropped', covers: ['tunnel:ecn'], files: overRouter({ c: IP_C, s: IP_S }, { r: { tables: { mangle: ['-A FORWARD -p ipencap -j TOS --set-tos 0x03/0x03'] } } }), probes: [ping(), ping({ tos: 2 }), ping({ tos: 1 })] },
  { ...IPIP, name: 'pmtudisc sets DF outside, nopmtudisc copies the inner one', covers: ['tunnel:ipip-df'], files: overRouter({ c: IP_C, s: { ...IP_S, kind: ipip(UNDER.s, UNDER.c, 'ttl inherit nopmtudisc') } }), probes: [udp({ df: false }), udp()] },
  { ...IPIP, name: 'an inner packet with DF that is too large for an IPIP device is refused', covers: ['tunnel:ipip-mtu', 'icmp:frag-needed'], files: fromRouter({ r: IP_R, s: IP_RS }), probes: [beyond({ size: 1472, df: true }), beyond({ size: 1452, df: true }), beyond({ size: 1453, df: true })] },
  { ...IPIP, name: 'an inner packet without DF is cut before IPIP wraps it', covers: ['tunnel:ipip-mtu', 'ip:fragment'], files: fromRouter({ r: IP_R, s: IP_RS }), probes: [beyond({ size: 1472, df: false })] },
  {
    ...IPIP,
    name: 'an IPIP device learns the size of the way from ICMP and tells it to the senders',
    covers: ['tunnel:ipip-pmtu', 'icmp:frag-needed'],
    files: overRouter({ c: IP_C, s: IP_S }, { r: { nic: { eth1: { mtu: 1400 } } }, s: { nic: { eth0: { mtu: 1400 } } } }),
    probes: [udp({ size: 1400, df: true }), udp({ size: 1400, df: true, count: 3 }), udp({ size: 1400, count: 3 })],
  },
  { ...IPIP, name: 'the underlay’s own size counts for an IPIP device with pmtudisc', covers: ['tunnel:ipip-pmtu'], files: fromRouter({ r: IP_R, s: IP_RS }, { r: { nic: { eth1: { mtu: 1400 } } } }), probes: [beyond({ size: 1400, df: true }), beyond({ size: 1300, df: true })] },
  {
    ...IPIP,
    name: 'nopmtudisc lets the outer packet be cut',
    covers: ['tunnel:ipip-pmtu', 'ip:fragment'],
    files: fromRouter({ r: { ...IP_R, kind: ipip(UNDER.r1, UNDER.s, 'ttl inherit nopmtudisc') }, s: { ...IP_RS, kind: ipip(UNDER.s, UNDER.r1, 'ttl inherit nopmtudisc') } }, { r: { nic: { eth1: { mtu: 1400 } } }, s: { nic: { eth0: { mtu: 1400 } } } }),
    probes: [beyond({ size: 1400, df: false })],
  },
  { ...IPIP, name: 'the two directions of IPIP are one connection', covers: ['tunnel:ipip-conntrack'], files: overRouter({ c: IP_C, s: IP_S }, { c: { tables: tracked }, s: { tables: tracked } }), probes: [ping(), udp()] },
  {
    ...IPIP,
    name: 'the outer IPIP packet passes OUTPUT and INPUT with the mark of the inner one',
    covers: ['tunnel:ipip-hooks', 'tunnel:mark'],
    files: overRouter({ c: IP_C, s: IP_S }, {
      c: { tables: { mangle: ['-A OUTPUT -d 10.9.0.2/32 -j MARK --set-xmark 0x5/0xffffffff', '-A OUTPUT -p ipencap -m mark --mark 0x5 -j ACCEPT'], nat: ['-A POSTROUTING -o eth0 -p ipencap -j ACCEPT', '-A POSTROUTING -o t0 -j ACCEPT'] } },
      s: { tables: { mangle: ['-A PREROUTING -i eth0 -p ipencap -j MARK --set-xmark 0x9/0xffffffff', '-A INPUT -i t0 -m mark --mark 0x9 -j ACCEPT'], filter: ['-A INPUT -i eth0 -p ipencap -j ACCEPT', '-A INPUT -i t0 -j ACCEPT'] } },
    }),
    probes: [ping(), udp()],
  },
  { ...IPIP, name: 'the mark of the packet does not choose the outer route of an IPIP device', covers: ['tunnel:ipip-route', 'route:fwmark'], files: overRouter({ c: IP_C, s: IP_S }, { c: { rules: ['100:	from all fwmark 0x5 to 10.2.0.0/24 lookup 100'], routes: ['blackhole default table 100'] } }), probes: [udp({ mark: 5 })] },
  { ...IPIP, name: 'the fwmark of an IPIP device chooses its outer route', covers: ['tunnel:ipip-route', 'route:fwmark'], files: overRouter({ c: { ...IP_C, kind: ipip(UNDER.c, UNDER.s, 'ttl inherit pmtudisc fwmark 0x5') }, s: IP_S }, { c: { rules: ['100:	from all fwmark 0x5 lookup 100'], routes: ['blackhole default table 100'] } }), probes: [udp()] },
  { ...IPIP, name: 'a wrapped packet that fits no device is answered port unreachable', covers: ['tunnel:lookup', 'icmp:port-unreachable'], files: overRouter({ c: IP_C, s: { ...IP_S, kind: ipip(UNDER.s, '10.1.0.99') } }), probes: [udp()] },
  {
    ...IPIP,
    name: 'of several IPIP devices the one with both ends takes the packet',
    covers: ['tunnel:lookup'],
    files: overRouter({ c: IP_C, s: IP_S }, { s: { links: [deviceText({ kind: ipip('any', UNDER.c), name: 't1', index: 21 }), deviceText({ kind: ipip(UNDER.s, 'any'), name: 't2', index: 22 }), deviceText({ ...ANY, index: 23 })] } }),
    probes: [ping()],
  },
  {
    ...IPIP,
    name: 'an IPIP device with the remote alone comes before one with the local alone',
    covers: ['tunnel:lookup'],
    files: overRouter({ c: IP_C, s: { ...IP_S, kind: ipip('any', UNDER.c) } }, { s: { links: [deviceText({ kind: ipip(UNDER.s, 'any'), name: 't2', index: 22 }), deviceText({ ...ANY, index: 23 })] } }),
    probes: [ping()],
  },
  { ...IPIP, name: 'an IPIP device that is down does not count', covers: ['tunnel:lookup'], files: overRouter({ c: IP_C, s: { ...IP_S, down: true, addresses: [] } }, { s: { links: [deviceText({ ...ANY, index: 23 })] } }), probes: [ping()] },
  { ...IPIP, name: 'an IPIP device whose remote is behind itself drops the packet', covers: ['tunnel:loop'], files: overRouter({ c: { ...IP_C, kind: ipip(UNDER.c, '10.9.0.2') }, s: IP_S }), probes: [udp()] },
  { ...GRE, name: 'a GRE tunnel between two machines', covers: ['tunnel:gre'], files: overRouter({ c: { kind: gre(UNDER.c, UNDER.s), mtu: 1476 }, s: { kind: gre(UNDER.s, UNDER.c), mtu: 1476 } }), probes: [ping(), udp(), { ...cToS(), dst: '10.9.0.2' }] },
  {
    ...GRE,
    name: 'a GRE key, checksum and sequence number make the header larger',
    covers: ['tunnel:gre-key', 'tunnel:gre-csum'],
    files: overRouter({ c: { kind: gre(UNDER.c, UNDER.s, 'ttl inherit ikey 0.0.0.5 okey 0.0.0.6 iseq oseq icsum ocsum'), mtu: 1464 }, s: { kind: gre(UNDER.s, UNDER.c, 'ttl inherit ikey 0.0.0.6 okey 0.0.0.5 iseq oseq icsum ocsum'), mtu: 1464 } }),
    probes: [ping(), ping({ size: 1436, df: true }), ping({ size: 1437, df: true })],
  },
  { ...GRE, name: 'a GRE packet with another key fits no device', covers: ['tunnel:gre-key', 'tunnel:lookup'], files: overRouter({ c: { kind: gre(UNDER.c, UNDER.s, 'ttl inherit ikey 0.0.0.5 okey 0.0.0.5'), mtu: 1472 }, s: { kind: gre(UNDER.s, UNDER.c), mtu: 1476 } }), probes: [udp()] },
  { ...GRE, name: 'a GRE device that wants a checksum drops a packet without one', covers: ['tunnel:gre-csum'], files: overRouter({ c: { kind: gre(UNDER.c, UNDER.s), mtu: 1476 }, s: { kind: gre(UNDER.s, UNDER.c, 'ttl inherit icsum'), mtu: 1476 } }), probes: [udp()] },
  { ...GRE, name: 'a GRE device with ignore-df leaves DF inside', covers: ['tunnel:gre-df'], files: overRouter({ c: { kind: gre(UNDER.c, UNDER.s, 'ttl inherit nopmtudisc ignore-df'), mtu: 1476 }, s: { kind: gre(UNDER.s, UNDER.c), mtu: 1476 } }), probes: [udp()] },
  {
    ...GRE,
    name: 'a GRE device to many finds the outer address in its neighbours',
    covers: ['tunnel:gre-any'],
    files: overRouter({ c: { kind: gre(UNDER.c, 'any'), mtu: 1476 }, s: { kind: gre(UNDER.s, UNDER.c), mtu: 1476 } }, { c: { neigh: [`10.9.0.2 dev t0 lladdr ${UNDER.s} PERMANENT`] } }),
    probes: [ping(), udp()],
  },
  { ...GRE, name: 'GRE flows have no ports and one entry', covers: ['tunnel:gre-conntrack'], files: overRouter({ c: { kind: gre(UNDER.c, UNDER.s), mtu: 1476 }, s: { kind: gre(UNDER.s, UNDER.c), mtu: 1476 } }, { c: { tables: tracked }, s: { tables: tracked } }), probes: [ping()] },
  { ...GRE, name: 'a gretap device carries frames', covers: ['tunnel:gretap'], files: overRouter({ c: { kind: gretap(UNDER.c, UNDER.s), mtu: 1462 }, s: { kind: gretap(UNDER.s, UNDER.c), mtu: 1462 } }), probes: [ping(), udp(), ping({ size: 1434, df: true }), ping({ size: 1435, df: true })] },
  { ...GRE, name: 'a gretap device refuses what is too large for the underlay', covers: ['tunnel:gretap-mtu', 'icmp:frag-needed'], files: fromRouter({ r: { kind: gretap(UNDER.r1, UNDER.s), mtu: 1500 }, s: { kind: gretap(UNDER.s, UNDER.r1), mtu: 1500 } }), probes: [beyond({ size: 1472, df: true }), beyond({ size: 1434, df: true })] },
  { ...GENEVE, name: 'a Geneve tunnel between two machines', covers: ['tunnel:geneve'], files: overRouter({ c: { kind: geneve(UNDER.s) }, s: { kind: geneve(UNDER.c) } }), probes: [ping(), udp(), { ...cToS(), dst: '10.9.0.2' }] },
  { ...GENEVE, name: 'TTL, TOS and DF of a Geneve device', covers: ['tunnel:geneve-ttl', 'tunnel:geneve-tos', 'tunnel:geneve-df'], files: overRouter({ c: { kind: geneve(UNDER.s, 'ttl inherit tos inherit df inherit') }, s: { kind: geneve(UNDER.c, 'ttl 9 tos 0x10 df set') } }), probes: [ping({ ttl: 7, tos: 0x2a }), udp({ df: false })] },
  { ...GENEVE, name: 'a Geneve device takes frames from its remote only', covers: ['tunnel:geneve-source'], files: overRouter({ c: { kind: geneve(UNDER.s) }, s: { kind: geneve('10.1.0.99') } }), probes: [udp()] },
  { ...GENEVE, name: 'each direction of a Geneve flow is a connection of its own', covers: ['tunnel:geneve-conntrack'], files: overRouter({ c: { kind: geneve(UNDER.s) }, s: { kind: geneve(UNDER.c) } }, { c: { tables: tracked }, s: { tables: tracked } }), probes: [udp()] },
  { ...GENEVE, name: 'a router tells the sender the MTU of its Geneve device', covers: ['tunnel:geneve-mtu', 'icmp:frag-needed'], files: fromRouter({ r: { kind: geneve(UNDER.s) }, s: { kind: geneve(UNDER.r1) } }), probes: [beyond({ size: 1472, df: true }), beyond({ size: 1472, df: false })] },
];

