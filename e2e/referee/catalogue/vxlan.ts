import type { RefereeCase } from '../case.ts';
import { cToS } from '../topology.ts';
import { beyond, deviceText, fromRouter, overRouter, ping, udp, UNDER, VTEP } from './tunnelWorlds.ts';

const kind = (local: string, more = '', port = 4789): string => `vxlan id 7 local ${local} srcport 0 0 dstport ${port} nolearning ttl auto${more} ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx`;
const C = { kind: kind(UNDER.c) };
const S = { kind: kind(UNDER.s) };
const R = { kind: kind(UNDER.r1) };
const toS = `${VTEP.b} dev t0 dst ${UNDER.s} self permanent`;
const toC = `${VTEP.a} dev t0 dst ${UNDER.c} self permanent`;
const toR = `${VTEP.a} dev t0 dst ${UNDER.r1} self permanent`;
const FDB = { c: { fdb: [toS] }, s: { fdb: [toC] } } as const;
const tracked = { filter: ['-A INPUT -m conntrack --ctstate NEW -j ACCEPT'] };
/** vxlan with options in the order of the tool. */
const made = (o: { readonly vni?: number; readonly remote?: string; readonly local: string; readonly src?: string; readonly port?: number; readonly flags?: string; readonly tos?: string; readonly ttl?: string; readonly df?: string }): string =>
  `vxlan id ${o.vni ?? 7} ${o.remote === undefined ? '' : `remote ${o.remote} `}local ${o.local} srcport ${o.src ?? '0 0'} dstport ${o.port ?? 4789} ${o.flags ?? 'nolearning '}${o.tos === undefined ? '' : `tos ${o.tos} `}ttl ${o.ttl ?? 'auto'}${o.df === undefined ? '' : ` df ${o.df}`} ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx`;

/** VXLAN devices. */
export const vxlan: readonly RefereeCase[] = [
  { name: 'a VXLAN device sends a frame to the end that its forwarding entry names', covers: ['tunnel:vxlan', 'tunnel:vxlan-fdb'], files: overRouter({ c: C, s: S }, FDB), probes: [ping(), udp(), { ...cToS(), dst: '10.9.0.2' }] },
  {
    name: 'a VXLAN device without an entry for the MAC uses its remote',
    covers: ['tunnel:vxlan-remote'],
    files: overRouter({ c: { kind: made({ local: UNDER.c, remote: UNDER.s }) }, s: { kind: made({ local: UNDER.s, remote: UNDER.c }) } }),
    probes: [ping(), udp()],
  },
  { name: 'a VXLAN device without any entry for the MAC drops the frame', covers: ['tunnel:vxlan-fdb'], files: overRouter({ c: C, s: S }, { c: { fdb: [`02:00:00:00:99:99 dev t0 dst ${UNDER.s} self permanent`] }, s: { fdb: [toC] } }), probes: [udp()] },
  {
    name: 'a VXLAN device chooses its outer source by the route when it has no local address',
    covers: ['tunnel:vxlan-local-any'],
    files: overRouter({ c: { kind: made({ local: '', remote: UNDER.s }).replace('local  ', '') }, s: { kind: made({ local: '', remote: UNDER.c }).replace('local  ', '') } }),
    probes: [udp()],
  },
  { name: 'a VXLAN device with a local address that the machine does not have sends nothing', covers: ['tunnel:vxlan-local'], files: overRouter({ c: { kind: kind('10.1.0.77') }, s: S }, FDB), probes: [udp()] },
  {
    name: 'a forwarding entry may name a port and a network of its own',
    covers: ['tunnel:vxlan-fdb-port'],
    files: overRouter({ c: C, s: { kind: made({ vni: 99, local: UNDER.s, port: 8472 }) } }, { c: { fdb: [`${VTEP.b} dev t0 dst ${UNDER.s} port 8472 vni 99 self permanent`] }, s: { fdb: [`${VTEP.a} dev t0 dst ${UNDER.c} port 4789 vni 7 self permanent`] } }),
    probes: [udp()],
  },
  { name: 'a forwarding entry may name the device that the outer packet leaves by', covers: ['tunnel:vxlan-fdb-via'], files: overRouter({ c: C, s: S }, { c: { fdb: [`${VTEP.b} dev t0 dst ${UNDER.s} via eth0 self permanent`] }, s: { fdb: [toC] } }), probes: [udp()] },
  {
    name: 'several default entries each get a copy, the first of them last',
    covers: ['tunnel:vxlan-flood'],
    files: overRouter({ c: C, s: S }, { c: { fdb: [`00:00:00:00:00:00 dev t0 dst ${UNDER.s} self permanent`, `00:00:00:00:00:00 dev t0 dst ${UNDER.r0} self permanent`] }, r: { ss: [] }, s: { fdb: [toC] } }),
    probes: [udp()],
  },
  { name: 'a network that no VXLAN device has is dropped without a word', covers: ['tunnel:vxlan-vni'], files: overRouter({ c: C, s: { kind: made({ vni: 8, local: UNDER.s }) } }, FDB), probes: [udp()] },
  { name: 'the VXLAN port answers port unreachable while the device is down', covers: ['tunnel:vxlan-down', 'icmp:port-unreachable'], files: overRouter({ c: C, s: { ...S, down: true, addresses: [] } }, { ...FDB, s: { ...FDB.s, ss: [] } }), probes: [udp()] },
  { name: 'a VXLAN device takes frames from any machine', covers: ['tunnel:vxlan-source'], files: overRouter({ c: C, s: { kind: made({ local: UNDER.s, remote: '10.1.0.99' }) } }, { c: FDB.c, s: { fdb: [toC] } }), probes: [udp()] },
  { name: 'a fixed TTL of a VXLAN device stands in the outer header', covers: ['tunnel:vxlan-ttl'], files: overRouter({ c: { kind: made({ local: UNDER.c, ttl: '9' }) }, s: S }, FDB), probes: [ping(), ping({ ttl: 3 })] },
  { name: 'an inherited TTL of a VXLAN device is the inner one', covers: ['tunnel:vxlan-ttl'], files: overRouter({ c: { kind: made({ local: UNDER.c, ttl: 'inherit' }) }, s: S }, FDB), probes: [ping({ ttl: 7 }), udp()] },
  { name: 'an outer TTL that expires on the way tells the end of the tunnel, not the sender', covers: ['tunnel:vxlan-ttl', 'icmp:time-exceeded'], files: overRouter({ c: { kind: made({ local: UNDER.c, ttl: '1' }) }, s: S }, FDB), probes: [udp()] },
  { name: 'a VXLAN device copies the ECN bits but not the DSCP', covers: ['tunnel:vxlan-tos', 'tunnel:ecn'], files: overRouter({ c: C, s: S }, FDB), probes: [ping({ tos: 0x28 }), ping({ tos: 0x2a }), ping({ tos: 1 }), ping({ tos: 3 })] },
  { name: 'a fixed TOS of a VXLAN device stands in the outer header, with the inner ECN bits', covers: ['tunnel:vxlan-tos'], files: overRouter({ c: { kind: made({ local: UNDER.c, tos: '0x10' }) }, s: S }, FDB), probes: [ping(), ping({ tos: 0x2a })] },
  { name: 'an inherited TOS of a VXLAN device is the inner one', covers: ['tunnel:vxlan-tos'], files: overRouter({ c: { kind: made({ local: UNDER.c, tos: 'inherit' }) }, s: S }, FDB), probes: [ping({ tos: 0x28 }), ping({ tos: 3 })] },
  {
    name: 'congestion marked on the outer header is carried inside, or the packet dropped',
    covers: ['tunnel:ecn'],
    files: overRouter({ c: C, s: S }, { ...FDB, r: { tables: { mangle: ['-A FORWARD -p udp -m udp --dport 4789 -j TOS --set-tos 0x03/0x03'] } } }),
    probes: [ping(), ping({ tos: 2 }), ping({ tos: 1 })],
  },
  { name: 'an outer mark of ECT(1) turns ECT(0) inside', covers: ['tunnel:ecn'], files: overRouter({ c: C, s: S }, { ...FDB, r: { tables: { mangle: ['-A FORWARD -p udp -m udp --dport 4789 -j TOS --set-tos 0x01/0x03'] } } }), probes: [ping(), ping({ tos: 2 })] },
  { name: 'df set on a VXLAN device sets DF outside', covers: ['tunnel:vxlan-df'], files: overRouter({ c: { kind: made({ local: UNDER.c, df: 'set' }) }, s: S }, FDB), probes: [ping(), udp({ df: false })] },
  { name: 'df inherit on a VXLAN device copies DF', covers: ['tunnel:vxlan-df'], files: overRouter({ c: { kind: made({ local: UNDER.c, df: 'inherit' }) }, s: S }, FDB), probes: [udp(), udp({ df: false })] },
  { name: 'a large inner packet with DF does not go into a VXLAN device', covers: ['tunnel:vxlan-mtu'], files: overRouter({ c: C, s: S }, FDB), probes: [ping({ size: 1422, df: true }), ping({ size: 1423, df: true })] },
  { name: 'a large inner packet without DF is cut before it is wrapped', covers: ['tunnel:vxlan-mtu', 'ip:fragment'], files: overRouter({ c: C, s: S }, FDB), probes: [ping({ size: 1472, df: false })] },
  { name: 'a router tells the sender the MTU of its VXLAN device', covers: ['tunnel:vxlan-mtu', 'icmp:frag-needed'], files: fromRouter({ r: R, s: S }, { r: { fdb: [toS] }, s: { fdb: [toR] } }), probes: [beyond({ size: 1472, df: true }), beyond({ size: 1422, df: true })] },
  { name: 'a router cuts what is too large for its VXLAN device and has no DF', covers: ['tunnel:vxlan-mtu', 'ip:fragment'], files: fromRouter({ r: R, s: S }, { r: { fdb: [toS] }, s: { fdb: [toR] } }), probes: [beyond({ size: 1472, df: false })] },
  { name: 'a forwarded packet goes into a VXLAN device with its lowered TTL inside', covers: ['tunnel:vxlan'], files: fromRouter({ r: R, s: S }, { r: { fdb: [toS] }, s: { fdb: [toR] } }), probes: [beyond(), { ...cToS(), dst: '10.8.0.1' }] },
  {
    name: 'an underlay that is too small cuts the outer packet, which the other end puts together',
    covers: ['tunnel:vxlan-pmtu', 'ip:reassemble'],
    files: overRouter({ c: C, s: S }, { ...FDB, r: { nic: { eth1: { mtu: 1400 } } }, s: { ...FDB.s, nic: { eth0: { mtu: 1400 } } } }),
    probes: [ping({ size: 1422, df: true })],
  },
  {
    name: 'an underlay device that is too small teaches the inner route its size',
    covers: ['tunnel:vxlan-pmtu'],
    files: overRouter({ c: C, s: S }, { ...FDB, c: { ...FDB.c, nic: { eth0: { mtu: 1400 } } }, r: { nic: { eth0: { mtu: 1400 } } } }),
    probes: [udp({ size: 1400, df: false }), udp({ size: 1400, df: false, count: 2 })],
  },
  {
    name: 'an outer packet with DF that is too large for the way is answered to the end of the tunnel',
    covers: ['tunnel:vxlan-pmtu', 'icmp:frag-needed'],
    files: overRouter({ c: { kind: made({ local: UNDER.c, df: 'set' }) }, s: S }, { ...FDB, r: { nic: { eth1: { mtu: 1400 } } } }),
    probes: [udp({ size: 1400, df: false }), udp({ size: 1400, df: false, count: 2 })],
  },
  { name: 'each direction of a VXLAN flow is a connection of its own', covers: ['tunnel:vxlan-conntrack'], files: overRouter({ c: C, s: S }, { c: { ...FDB.c, tables: tracked }, s: { ...FDB.s, tables: tracked } }), probes: [ping(), udp()] },
  {
    name: 'the outer VXLAN packet passes OUTPUT and INPUT with the mark of the inner one',
    covers: ['tunnel:vxlan-hooks', 'hook:order'],
    files: overRouter({ c: C, s: S }, {
      c: { ...FDB.c, tables: { mangle: ['-A OUTPUT -d 10.9.0.2/32 -j MARK --set-xmark 0x5/0xffffffff', '-A OUTPUT -p udp -m udp --dport 4789 -m mark --mark 0x5 -j ACCEPT'], filter: ['-A OUTPUT -o t0 -j ACCEPT', '-A OUTPUT -p udp -m udp --dport 4789 -j ACCEPT'], nat: ['-A POSTROUTING -o eth0 -p udp -j ACCEPT', '-A POSTROUTING -o t0 -j ACCEPT'] } },
      s: { ...FDB.s, tables: { filter: ['-A INPUT -i eth0 -p udp -m udp --dport 4789 -j ACCEPT', '-A INPUT -i t0 -j ACCEPT'] } },
    }),
    probes: [ping(), udp()],
  },
  {
    name: 'a mark that the outer packet got on arrival stays on the inner one',
    covers: ['tunnel:mark'],
    files: overRouter({ c: C, s: S }, { ...FDB, s: { ...FDB.s, tables: { mangle: ['-A PREROUTING -i eth0 -p udp -m udp --dport 4789 -j MARK --set-xmark 0x9/0xffffffff', '-A INPUT -i t0 -m mark --mark 0x9 -j ACCEPT'] } } }),
    probes: [udp()],
  },
  { name: 'a router’s POSTROUTING sees the VXLAN device as where the outer packet came in', covers: ['tunnel:vxlan-hooks'], files: fromRouter({ r: R, s: S }, { r: { fdb: [toS], tables: { mangle: [':P - [0:0]', '-A POSTROUTING -j P', '-A P -i t0 -o eth1 -j ACCEPT', '-A P -i eth0 -o t0 -j ACCEPT'] } }, s: { fdb: [toR] } }), probes: [beyond()] },
  { name: 'a packet into a VXLAN device is masqueraded as the device’s address', covers: ['tunnel:vxlan', 'target:MASQUERADE'], files: fromRouter({ r: R, s: S }, { r: { fdb: [toS], tables: { nat: ['-A POSTROUTING -o t0 -j MASQUERADE'] } }, s: { fdb: [toR] } }), probes: [beyond(), beyond({ size: 1472, df: true })] },
  { name: 'a refused outer packet ends the VXLAN flow', covers: ['tunnel:vxlan-hooks'], files: overRouter({ c: C, s: S }, { ...FDB, s: { ...FDB.s, tables: { filter: ['-A INPUT -p udp -m udp --dport 4789 -j DROP'] } } }), probes: [udp()] },
  {
    name: 'the outer route is looked up with the mark of the inner packet',
    covers: ['tunnel:vxlan-route', 'route:fwmark'],
    files: overRouter({ c: C, s: S }, { ...FDB, c: { ...FDB.c, rules: ['100:	from all fwmark 0x5 lookup 100'], routes: ['blackhole default table 100'], tables: { mangle: ['-A PREROUTING -j ACCEPT'] } } }),
    probes: [udp(), udp({ mark: 5 })],
  },
  { name: 'a VXLAN device whose remote is behind itself drops the packet', covers: ['tunnel:loop'], files: overRouter({ c: { kind: made({ local: UNDER.c, remote: '10.9.0.2' }) }, s: S }, { s: { fdb: [toC] } }), probes: [udp()] },
  {
    name: 'a VXLAN device learns where a MAC is from what it receives',
    covers: ['tunnel:vxlan-learning'],
    files: overRouter({ c: { kind: made({ local: UNDER.c, remote: UNDER.s, flags: '' }) }, s: { kind: made({ local: UNDER.s, flags: '' }) } }, { s: { fdb: [`02:00:00:00:99:99 dev t0 dst ${UNDER.c} self permanent`] } }),
    probes: [ping(), udp()],
  },
  {
    name: 'a learning VXLAN device drops a frame from another end than the fixed entry of its MAC',
    covers: ['tunnel:vxlan-learning'],
    files: overRouter({ c: C, s: { kind: made({ local: UNDER.s, flags: '' }) } }, { c: FDB.c, s: { fdb: [`${VTEP.a} dev t0 dst 10.2.0.99 self permanent`] } }),
    probes: [udp()],
  },
  { name: 'a VXLAN device drops a frame with its own MAC as the source', covers: ['tunnel:vxlan-mac'], files: overRouter({ c: { ...C, mac: VTEP.b }, s: S }, { c: { fdb: [`02:00:00:00:09:03 dev t0 dst ${UNDER.s} self permanent`], neigh: ['10.9.0.2 dev t0 lladdr 02:00:00:00:09:03 PERMANENT'] }, s: FDB.s }), probes: [udp()] },
  { name: 'a VXLAN device does not deliver a frame for another MAC', covers: ['tunnel:vxlan-mac'], files: overRouter({ c: C, s: S }, { c: { fdb: [`02:00:00:00:09:03 dev t0 dst ${UNDER.s} self permanent`], neigh: ['10.9.0.2 dev t0 lladdr 02:00:00:00:09:03 PERMANENT'] }, s: FDB.s }), probes: [udp()] },
  {
    name: 'a VXLAN frame to the machine itself is handed to its other device without being wrapped',
    covers: ['tunnel:vxlan-local'],
    files: overRouter({ c: C, s: S }, { c: { fdb: [`${VTEP.b} dev t0 dst ${UNDER.c} vni 8 self permanent`], links: [deviceText({ kind: made({ vni: 8, local: UNDER.c }), mac: '02:00:00:00:09:77', name: 't1', index: 21 })] }, s: { fdb: [toC] } }),
    probes: [udp()],
  },
  {
    name: 'a VXLAN frame to the machine itself is lost when no device has its network',
    covers: ['tunnel:vxlan-local'],
    files: overRouter({ c: C, s: S }, { c: { fdb: [`${VTEP.b} dev t0 dst ${UNDER.c} vni 8 self permanent`] }, s: { fdb: [toC] } }),
    probes: [udp()],
  },
  {
    name: 'a VXLAN goes through a VXLAN',
    covers: ['tunnel:nested'],
    files: overRouter(
      { c: C, s: S },
      {
        c: { ...FDB.c, neigh: [`10.9.0.2 dev t0 lladdr ${VTEP.b} PERMANENT`, '10.7.0.2 dev t1 lladdr 02:00:00:00:07:02 PERMANENT'], routes: ['10.7.0.0/24 dev t1 proto kernel scope link src 10.7.0.1'], links: [deviceText({ kind: made({ vni: 8, local: '10.9.0.1', remote: '10.9.0.2' }), mac: '02:00:00:00:07:01', name: 't1', index: 21, mtu: 1400, addresses: ['10.7.0.1/24'] })] },
        s: { ...FDB.s, neigh: [`10.9.0.1 dev t0 lladdr ${VTEP.a} PERMANENT`, '10.7.0.1 dev t1 lladdr 02:00:00:00:07:01 PERMANENT'], routes: ['10.7.0.0/24 dev t1 proto kernel scope link src 10.7.0.2'], links: [deviceText({ kind: made({ vni: 8, local: '10.9.0.2', remote: '10.9.0.1' }), mac: '02:00:00:00:07:02', name: 't1', index: 21, mtu: 1400, addresses: ['10.7.0.2/24'] })] },
      },
    ),
    probes: [ping({ dst: '10.7.0.2' }), udp({ dst: '10.7.0.2' }), udp({ dst: '10.7.0.2', size: 1372, df: true }), udp({ dst: '10.7.0.2', size: 1373, df: true })],
  },
  { name: 'a VXLAN device draws its source port from the range it was given', covers: ['tunnel:vxlan-srcport'], files: overRouter({ c: { kind: made({ local: UNDER.c, src: '5000 5001' }) }, s: S }, FDB), probes: [udp()] },
];
