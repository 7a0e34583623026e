import type { Bundle } from '../../../src/dumps/bundle.ts';
import type { ProbeJson } from '../../../src/cli/probeJson.ts';
import type { RefereeCase } from '../case.ts';
import { cToS, line, machineText, type Spec } from '../topology.ts';
import { VTEP, withEnd } from './tunnelWorlds.ts';

const ping = (more: Readonly<Record<string, unknown>> = {}) => cToS({ proto: 'icmp', sport: undefined, dport: undefined, ...more });
const udp = (more: Readonly<Record<string, unknown>> = {}) => cToS({ proto: 'udp', dport: 53, size: 20, ...more });

/** A case about the router of the line. */
const router = (name: string, covers: string, r: Spec, probes: readonly ProbeJson[] = [cToS()], more: { readonly c?: Spec; readonly s?: Spec } = {}): RefereeCase => ({ name, covers: covers.split(' '), files: line({ r, ...more }), probes });
/** A case about the client of the line. */
const client = (name: string, covers: string, c: Spec, probes: readonly ProbeJson[] = [cToS()], more: { readonly r?: Spec; readonly s?: Spec } = {}): RefereeCase => ({ name, covers: covers.split(' '), files: line({ c, ...more }), probes });

/** The client also has this address, which the router's network does not hold. */
const FOREIGN = '10.77.0.1';
const foreign: Spec = { nic: { eth0: { addresses: ['10.1.0.1/24', `${FOREIGN}/32`] } } };
const fromForeign = { src: FOREIGN };
/** The server's way back to it. */
const table = (to: string): readonly string[] => [`${to} table 100`];

/** Three machines on one link: a client c 10.1.0.1 whose gateway r 10.1.0.254 sends on to g 10.1.0.253, who has 10.9.0.1. */
function lan(specs: { readonly c?: Spec; readonly r?: Spec; readonly g?: Spec } = {}): Bundle {
  const mac = (n: number): string => `02:00:00:00:01:0${n}`;
  const all = [
    { ip: '10.1.0.1', dev: 'eth0', mac: mac(1) },
    { ip: '10.1.0.254', dev: 'eth0', mac: mac(2) },
    { ip: '10.1.0.253', dev: 'eth0', mac: mac(3) },
  ];
  const machine = (ip: string, n: number, more: readonly string[], forward: boolean, gateway: string | undefined, spec: Spec | undefined): string =>
    machineText(
      { nics: [{ name: 'eth0', mac: mac(n), addresses: [`${ip}/24`, ...more] }], forward, ...(gateway === undefined ? {} : { gateway: { ip: gateway, dev: 'eth0' } }), neighbours: all.filter((a) => a.ip !== ip) },
      spec,
    );
  return {
    'c/c.txt': machine('10.1.0.1', 1, [], false, '10.1.0.254', specs.c),
    'r/r.txt': machine('10.1.0.254', 2, [], true, undefined, { ...specs.r, routes: ['10.9.0.0/24 via 10.1.0.253 dev eth0', ...(specs.r?.routes ?? [])] }),
    'g/g.txt': machine('10.1.0.253', 3, ['10.9.0.1/32'], false, undefined, specs.g),
  };
}
const toG = (more: Readonly<Record<string, unknown>> = {}) => udp({ dst: '10.9.0.1', ...more });

/** Of g, from its other address, to a port of c; the way back leads over r, which knows a better one. */
const fromG = (more: Readonly<Record<string, unknown>>) => ({ from: { host: 'g' }, src: '10.9.0.1', dst: '10.1.0.1', dport: 80, sport: 41_000, ...more }) as ProbeJson;

/** A tunnel of c to g's other address, so that what is outside goes by r, which knows a better way: 10.20.0.1 -- 10.20.0.2. */
function tunnelToG(kind: 'vxlan' | 'gre' | 'ipip' | 'geneve'): Bundle {
  const device = (local: string, remote: string): string =>
    ({
      vxlan: `vxlan id 7 remote ${remote} local ${local} srcport 0 0 dstport 4789 nolearning ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx`,
      gre: `gre remote ${remote} local ${local} ttl inherit`,
      ipip: `ipip any remote ${remote} local ${local} ttl inherit pmtudisc`,
      geneve: `geneve id 9 remote ${remote} ttl auto dstport 6081 noudpcsum udp6zerocsumrx`,
    })[kind];
  const end = (n: 1 | 2, local: string, remote: string): Spec =>
    withEnd({ kind: device(local, remote), mac: n === 1 ? VTEP.a : VTEP.b, addresses: [`10.20.0.${n}/24`], mtu: 1400 }, kind === 'vxlan' || kind === 'geneve' ? { neigh: [`10.20.0.${3 - n} dev t0 lladdr ${n === 1 ? VTEP.b : VTEP.a} PERMANENT`] } : {});
  const back = kind === 'geneve' ? ['10.1.0.1 dev eth0 scope link src 10.9.0.1'] : [];
  const g = end(2, '10.9.0.1', '10.1.0.1');
  return lan({ c: end(1, '10.1.0.1', '10.9.0.1'), g: { ...g, routes: [...(g.routes ?? []), ...back] } });
}
const inTunnel = (more: Readonly<Record<string, unknown>>) => ({ from: { host: 'c' }, dst: '10.20.0.2', proto: 'udp', dport: 53, sport: 41_000, ...more }) as ProbeJson;

/** Nobody is told of a better way. */
const QUIET: readonly string[] = ['net.ipv4.conf.all.send_redirects = 0', 'net.ipv4.conf.eth0.send_redirects = 0'];

/** Two links between a and b: eth0 10.1.0.1/24 -- 10.1.0.2/24 eth0, eth1 10.2.0.1/24 -- 10.2.0.2/24 eth1; b also has 10.9.0.1. */
function pair(specs: { readonly a?: Spec; readonly b?: Spec }): Bundle {
  const mac = (link: number, end: number): string => `02:00:00:00:0${link}:0${end}`;
  const machine = (end: number, spec: Spec | undefined): string =>
    machineText(
      {
        nics: [1, 2].map((link) => ({ name: `eth${link - 1}`, mac: mac(link, end), addresses: [`10.${link}.0.${end}/24`, ...(end === 2 && link === 1 ? ['10.9.0.1/32'] : [])] })),
        forward: false,
        neighbours: [1, 2].map((link) => ({ ip: `10.${link}.0.${3 - end}`, dev: `eth${link - 1}`, mac: mac(link, 3 - end) })),
      },
      spec,
    );
  return { 'a/a.txt': machine(1, specs.a), 'b/b.txt': machine(2, { sysctls: ['net.ipv4.conf.all.rp_filter = 0'], ...specs.b }) };
}
const aToB = (more: Readonly<Record<string, unknown>> = {}) => udp({ from: { host: 'a' }, dst: '10.9.0.1', ...more });

const rules: readonly RefereeCase[] = [
  router('a rule with a source sends only that source to its table', 'route:rule-from', { rules: ['100:	from 10.1.0.1 lookup 100'], routes: table('blackhole default') }, [cToS(), udp({ from: { host: 'r' } })]),
  router('a rule with a destination', 'route:rule-to', { rules: ['100:	from all to 10.2.0.0/25 lookup 100'], routes: table('unreachable default') }, [cToS(), cToS({ dst: '10.2.0.200' })]),
  router('a rule with a mark and a mask', 'route:rule-fwmark', { rules: ['100:	from all fwmark 0x1/0xf lookup 100'], routes: table('prohibit default'), tables: { mangle: ['-A PREROUTING -p udp -j MARK --set-xmark 0x31/0xffffffff', '-A PREROUTING -p tcp -j MARK --set-xmark 0x32/0xffffffff'] } }, [cToS(), udp()]),
  router('a rule with an input device', 'route:rule-iif', { rules: ['100:	from all iif eth0 lookup 100'], routes: table('prohibit 10.2.0.0/24') }, [cToS(), udp({ from: { host: 's' }, dst: '10.1.0.1' })]),
  router('a rule with ports and a protocol', 'route:rule-ports', { rules: ['100:	from all ipproto tcp dport 80-89 lookup 100', '101:	from all ipproto udp sport 41000 lookup 100'], routes: table('blackhole default') }, [cToS(), cToS({ dport: 90 }), udp(), udp({ sport: 41_001, dport: 85 })]),
  router('pieces of a datagram have no ports for a rule', 'route:rule-ports-fragment', { rules: ['100:	from all ipproto udp dport 53 lookup 100'], routes: table('blackhole default') }, [udp({ df: false, size: 3000 }), udp()]),
  router('a rule with a type of service', 'route:rule-tos', { rules: ['100:	from all tos 0x10 lookup 100'], routes: table('blackhole default') }, [udp({ tos: 0x10 }), udp({ tos: 0x08 }), udp()]),
  router('a rule turned round by not', 'route:rule-not', { rules: ['100:	not from 10.1.0.1 lookup 100'], routes: table('blackhole default') }, [udp()], { s: {} }),
  router('goto passes rules over', 'route:rule-goto', { rules: ['100:	from all goto 300', '200:	from all blackhole', '300:	from all nop'] }),
  router('a goto to no rule is passed over itself', 'route:rule-goto-unresolved', { rules: ['100:	from all goto 250 [unresolved]', '300:	from 10.1.0.1 unreachable'] }),
  router('suppress_prefixlength passes the default route over', 'route:rule-suppress', { rules: ['100:	from all lookup main suppress_prefixlength 0', '200:	from all lookup 100'], routes: ['default via 10.1.0.1 dev eth0', ...table('prohibit default')] }, [udp(), udp({ dst: '10.8.0.1' })]),
  ...(['blackhole', 'unreachable', 'prohibit'] as const).map((action) => router(`a rule that is ${action} itself`, `route:rule-${action}`, { rules: [`100:	from 10.1.0.1 ${action}`] }, [udp()])),
  ...(['blackhole', 'unreachable', 'prohibit'] as const).map((action) => client(`a rule that is ${action} for what a machine sends itself`, `route:rule-${action}-output`, { rules: [`100:	from all to 10.2.0.0/24 ${action}`] }, [udp(), cToS()])),
  router('a throw route goes on with the next rule', 'route:throw', { rules: ['100:	from all lookup 100'], routes: [...table('throw 10.2.0.0/24'), ...table('blackhole default')] }, [udp(), udp({ dst: '10.8.0.1' })]),
  router('a table without routes is passed over', 'route:rule-missing-table', { rules: ['100:	from all lookup 77'] }),
  router('oif is for sockets that are bound to a device', 'route:rule-oif', { rules: ['100:	from all oif eth1 lookup 100'], routes: table('prohibit default') }, [udp(), udp({ from: { host: 'r' } })]),
  client('iif lo is what a machine sends itself', 'route:rule-iif-lo', { rules: ['100:	from all iif lo lookup 100'], routes: table('prohibit 10.2.0.0/24') }, [udp()]),
  client('the mark of a socket chooses its route', 'route:rule-fwmark-socket', { rules: ['100:	from all fwmark 0x5 lookup 100'], routes: table('unreachable default') }, [udp({ mark: 5 }), udp({ mark: 4 })]),
  router('without rules of its own a longer prefix of main beats table local', 'route:merged-tables', { routes: ['local 10.9.0.0/24 dev lo table local proto static scope host', '10.9.0.5 via 10.2.0.1 dev eth1'], ss: [] }, [udp({ dst: '10.9.0.5' }), udp({ dst: '10.9.0.6' })]),
  router('with a rule of its own table local comes first', 'route:unmerged-tables', { rules: ['32000:	from all lookup 77'], routes: ['local 10.9.0.0/24 dev lo table local proto static scope host', '10.9.0.5 via 10.2.0.1 dev eth1'], ss: [] }, [udp({ dst: '10.9.0.5' })]),
];

const routes: readonly RefereeCase[] = [
  ...(['blackhole', 'unreachable', 'prohibit'] as const).map((type) => router(`a ${type} route for what is forwarded`, `route:${type}`, { routes: [`${type} 10.2.0.0/25`] }, [udp(), ping()])),
  ...(['blackhole', 'unreachable', 'prohibit'] as const).map((type) => client(`a ${type} route for what a machine sends itself`, `route:${type}-output`, { routes: [`${type} 10.2.0.0/25`] }, [cToS(), udp(), ping()])),
  router('no route is told before the TTL is looked at', 'route:none icmp:net-unreachable', {}, [udp({ dst: '10.8.0.1', ttl: 1 }), udp({ dst: '10.8.0.1' })]),
  client('no route for what a machine sends itself', 'route:none-output', { noDefault: true }, [cToS(), udp()]),
  router('the lowest metric wins', 'route:metric', { routes: ['10.9.0.0/24 via 10.2.0.1 dev eth1 metric 10', 'blackhole 10.9.0.0/24 metric 20', 'blackhole 10.8.0.0/24 metric 5', '10.8.0.0/24 via 10.2.0.1 dev eth1 metric 10'] }, [udp({ dst: '10.9.0.1' }), udp({ dst: '10.8.0.1' })], { s: { nic: { eth0: { addresses: ['10.2.0.1/24', '10.9.0.1/32'] } } } }),
  router('a route with a type of service comes before one without', 'route:tos', { routes: ['10.2.0.0/25 tos 0x10 via 10.2.0.1 dev eth1', 'blackhole 10.2.0.0/25'] }, [udp({ tos: 0x10 }), udp()]),
  router('the longest prefix wins', 'route:prefix', { routes: ['blackhole 10.2.0.0/25', '10.2.0.1 dev eth1 scope link', 'prohibit 10.2.0.2'] }, [udp(), udp({ dst: '10.2.0.2' }), udp({ dst: '10.2.0.3' })]),
  router('a local route takes a whole network in', 'route:local', { routes: ['local 10.9.0.0/24 dev lo table local proto static scope host'] }, [udp({ dst: '10.9.0.7' }), ping({ dst: '10.9.0.8' })]),
  client('a route gives the source address', 'route:src', { nic: { eth0: { addresses: ['10.1.0.1/24', '10.1.0.9/24'] } }, routes: ['10.2.0.0/24 via 10.1.0.254 dev eth0 src 10.1.0.9'] }, [udp()], { r: { neigh: ['10.1.0.9 dev eth0 lladdr 02:00:00:00:01:01 PERMANENT'] } }),
  client('the source address is that of the subnet that holds the gateway', 'route:source-near', { nic: { eth0: { addresses: ['10.3.0.1/24', '10.1.0.1/24'] } } }, [udp()]),
  client('an onlink gateway needs no network of its own', 'route:onlink', { noDefault: true, routes: ['10.2.0.0/24 via 10.6.0.1 dev eth0 onlink'], neigh: ['10.6.0.1 dev eth0 lladdr 02:00:00:00:01:fe PERMANENT'] }, [udp()]),
  router('the mtu of a route binds what is forwarded', 'route:mtu icmp:frag-needed', { routes: ['10.2.0.0/25 dev eth1 scope link mtu 1400'] }, [udp({ size: 1400, df: true }), udp({ size: 1400, df: false }), udp({ size: 1372, df: true }), udp({ size: 1373, df: true })]),
  client('a route with a locked mtu clears DF', 'route:mtu-lock', { routes: ['10.2.0.0/25 via 10.1.0.254 dev eth0 mtu lock 1400'] }, [udp(), udp({ size: 1400 }), cToS()]),
  client('a route gives the segment size and the time to live', 'route:advmss route:hoplimit', { routes: ['10.2.0.0/25 via 10.1.0.254 dev eth0 advmss 1000 hoplimit 9'] }, [cToS(), udp(), ping()]),
  { name: 'several next hops share what a machine sends', covers: ['route:multipath'], files: pair({ a: { routes: ['10.9.0.0/24 proto static\n\tnexthop via 10.1.0.2 dev eth0 weight 1\n\tnexthop via 10.2.0.2 dev eth1 weight 1'] } }), probes: [aToB(), aToB({ proto: 'tcp', dport: 80, size: undefined })] },
  router('several next hops share what is forwarded', 'route:multipath-forward', { nic: { eth1: { addresses: ['10.2.0.254/24', '10.3.0.254/24'] } }, routes: ['10.9.0.0/24\n\tnexthop via 10.2.0.1 dev eth1 weight 1\n\tnexthop via 10.1.0.1 dev eth0 weight 1'] }, [udp({ dst: '10.9.0.1', ttl: 3, reply: false })], { s: { nic: { eth0: { addresses: ['10.2.0.1/24', '10.9.0.1/32'] } } } }),
  { name: 'a nexthop object and a group of them', covers: ['route:nexthop-object'], files: pair({ a: { routes: ['10.9.0.0/24 nhid 7 via 10.2.0.2 dev eth1', '10.8.0.0/24 nhid 8'], more: ['$ ip nexthop', 'id 7 via 10.2.0.2 dev eth1 scope link', 'id 8 blackhole', ''] } }), probes: [aToB(), aToB({ dst: '10.8.0.1' })] },
  { name: 'a group of nexthop objects shares what a machine sends', covers: ['route:nexthop-group'], files: pair({ a: { routes: ['10.9.0.0/24 nhid 9 proto static\n\tnexthop via 10.1.0.2 dev eth0 weight 1\n\tnexthop via 10.2.0.2 dev eth1 weight 3'], more: ['$ ip nexthop', 'id 6 via 10.1.0.2 dev eth0 scope link', 'id 7 via 10.2.0.2 dev eth1 scope link', 'id 9 group 6/7,3', ''] } }), probes: [aToB()] },
];

const asymmetric = (mode: number, more: Spec = {}): Spec => ({ ...more, sysctls: [`net.ipv4.conf.eth0.rp_filter = ${mode}`, ...(more.sysctls ?? [])] });
const backwards = { routes: [`${FOREIGN} via 10.2.0.1 dev eth1`] };
const received: readonly RefereeCase[] = [
  router('rp_filter 1 wants the way back to be the way in', 'route:rp_filter-strict', asymmetric(1, backwards), [udp(fromForeign), udp()], { c: foreign }),
  router('rp_filter 2 is content with any way back', 'route:rp_filter-loose', asymmetric(2, backwards), [udp({ ...fromForeign, reply: false })], { c: foreign }),
  router('rp_filter 2 without any way back', 'route:rp_filter-loose-none', asymmetric(2), [udp(fromForeign)], { c: foreign }),
  router('rp_filter 0 lets anything in', 'route:rp_filter-off', asymmetric(0, backwards), [udp({ ...fromForeign, reply: false })], { c: foreign }),
  router('the larger of the two rp_filter settings counts', 'route:rp_filter-all', asymmetric(2, { ...backwards, sysctls: ['net.ipv4.conf.all.rp_filter = 1'] }), [udp({ ...fromForeign, reply: false })], { c: foreign }),
  router('src_valid_mark takes the mark to the way back', 'route:src_valid_mark', asymmetric(1, { rules: ['100:	from all fwmark 0x1 lookup 100'], routes: [`${FOREIGN} via 10.2.0.1 dev eth1`, ...table(`${FOREIGN} via 10.1.0.1 dev eth0`), ...table('10.2.0.0/24 dev eth1 scope link')], tables: { mangle: ['-A PREROUTING -j MARK --set-xmark 0x1/0xffffffff'] }, sysctls: ['net.ipv4.conf.all.src_valid_mark = 1'] }), [udp({ ...fromForeign, reply: false })], { c: foreign }),
  router('without src_valid_mark the way back has no mark', 'route:src_valid_mark', asymmetric(1, { rules: ['100:	from all fwmark 0x1 lookup 100'], routes: [`${FOREIGN} via 10.2.0.1 dev eth1`, ...table(`${FOREIGN} via 10.1.0.1 dev eth0`), ...table('10.2.0.0/24 dev eth1 scope link')], tables: { mangle: ['-A PREROUTING -j MARK --set-xmark 0x1/0xffffffff'] } }), [udp({ ...fromForeign, reply: false })], { c: foreign }),
  router('a packet from an address of its own is a martian', 'route:martian-source', asymmetric(0), [udp({ src: '10.2.0.254' })], { c: { nic: { eth0: { addresses: ['10.1.0.1/24', '10.2.0.254/32'] } } } }),
  router('accept_local takes a packet from an address of its own', 'route:accept_local', asymmetric(0, { sysctls: ['net.ipv4.conf.eth0.accept_local = 1'] }), [udp({ src: '10.2.0.254', reply: false })], { c: { nic: { eth0: { addresses: ['10.1.0.1/24', '10.2.0.254/32'] } } } }),
  router('a packet for 127.0.0.1 is a martian', 'route:martian-destination', { tables: { nat: ['-A PREROUTING -d 10.1.0.254/32 -p udp -j DNAT --to-destination 127.0.0.1'] } }, [udp({ dst: '10.1.0.254' })]),
  router('route_localnet lets 127.0.0.1 in', 'route:route_localnet', { tables: { nat: ['-A PREROUTING -d 10.1.0.254/32 -p udp -j DNAT --to-destination 127.0.0.1'] }, sysctls: ['net.ipv4.conf.eth0.route_localnet = 1'] }, [udp({ dst: '10.1.0.254' })]),
  router('the device of arrival decides whether a machine forwards', 'route:forwarding', { sysctls: ['net.ipv4.conf.eth0.forwarding = 0'] }, [udp(), udp({ dst: '10.2.0.254' })]),
  router('the device of departure does not decide whether a machine forwards', 'route:forwarding', { sysctls: ['net.ipv4.conf.eth1.forwarding = 0'] }, [udp()]),
  router('a broadcast of the far network is for the router', 'route:broadcast icmp:echo-broadcast', { ss: [] }, [udp({ dst: '10.2.0.255' }), ping({ dst: '10.2.0.255' })]),
  router('a ping to a broadcast is answered if it may be', 'icmp:echo-broadcast', { sysctls: ['net.ipv4.icmp_echo_ignore_broadcasts = 0'] }, [ping({ dst: '10.2.0.255' })]),
  client('a socket may not send a broadcast unasked', 'route:broadcast-output', {}, [udp({ dst: '10.1.0.255' }), cToS({ dst: '10.1.0.255' })]),
  client('the network 0 is one like any other', 'route:zero-network', {}, [udp({ dst: '0.1.2.3' })], { r: { routes: ['blackhole 0.0.0.0/8'] } }),
];

const errors: readonly RefereeCase[] = [
  router('a TTL that runs out is told from the address towards the sender', 'icmp:time-exceeded', {}, [udp({ ttl: 1 }), udp({ ttl: 2 }), cToS({ ttl: 1 }), ping({ ttl: 1 })]),
  router('an error comes from the source that the way back prefers', 'icmp:source', { routes: [`${FOREIGN} via 10.1.0.1 dev eth0 src 10.2.0.254`] }, [udp({ ttl: 1, ...fromForeign })], { c: foreign }),
  router('icmp_errors_use_inbound_ifaddr takes the address of the device of arrival', 'icmp:inbound-address', { routes: [`${FOREIGN} via 10.1.0.1 dev eth0 src 10.2.0.254`], sysctls: ['net.ipv4.icmp_errors_use_inbound_ifaddr = 1'] }, [udp({ ttl: 1, ...fromForeign })], { c: foreign }),
  router('an error keeps the type of service and is of precedence 6', 'icmp:tos', {}, [udp({ ttl: 1, tos: 0x10 }), udp({ ttl: 1, tos: 0xb9 })]),
  router('fwmark_reflect gives errors and pings the mark', 'icmp:fwmark_reflect', { sysctls: ['net.ipv4.fwmark_reflect = 1'], tables: { mangle: ['-A PREROUTING -j MARK --set-xmark 0x7/0xffffffff'], filter: ['-A OUTPUT -m mark --mark 0x7 -j ACCEPT'] } }, [udp({ ttl: 1 }), ping({ dst: '10.1.0.254' }), cToS({ dst: '10.1.0.254' })]),
  router('an error quotes no more than makes 576 bytes', 'icmp:size', {}, [udp({ ttl: 1, size: 600 }), udp({ ttl: 1, size: 520 }), udp({ ttl: 1, size: 521 })]),
  router('only the first piece of a datagram is answered', 'icmp:fragment', {}, [udp({ ttl: 1, size: 3000, df: false })]),
  router('icmp_echo_ignore_all', 'icmp:echo_ignore_all', { sysctls: ['net.ipv4.icmp_echo_ignore_all = 1'] }, [ping({ dst: '10.1.0.254' }), ping()]),
  client('a protocol that nobody takes', 'icmp:protocol-unreachable', {}, [cToS({ proto: 99, sport: undefined, dport: undefined, size: 20 })], { s: { ss: [] } }),
];

const narrow: Spec = { nic: { eth1: { mtu: 1400 } } };
const narrowEnd: Spec = { nic: { eth0: { mtu: 1400 } } };
const sizes: readonly RefereeCase[] = [
  router('what is too large for the next link is refused with DF and cut without', 'icmp:frag-needed ip:fragment', narrow, [udp({ size: 1400, df: true }), udp({ size: 1400, df: false }), ping({ size: 1372, df: true }), ping({ size: 1373, df: true }), ping({ size: 1400, df: false })], { s: narrowEnd }),
  router('a path MTU is remembered by the sender', 'route:pmtu', narrow, [udp({ size: 1400, count: 2 }), udp({ size: 1400, df: true, count: 2 })], { s: narrowEnd }),
  router('a path MTU below min_pmtu is locked', 'route:min_pmtu', { nic: { eth1: { mtu: 500 } } }, [udp({ size: 700, count: 2 })], { s: { nic: { eth0: { mtu: 500 } } } }),
  client('ip_no_pmtu_disc clears DF', 'route:ip_no_pmtu_disc', { sysctls: ['net.ipv4.ip_no_pmtu_disc = 1'] }, [udp({ size: 1400 }), cToS()], { r: narrow, s: narrowEnd }),
  router('pieces are forwarded as pieces where nothing is tracked', 'ip:fragment', {}, [udp({ size: 3000, df: false }), ping({ size: 4000, df: false })]),
  router('pieces are put together where connections are tracked, and cut again', 'ip:defragment', { tables: { filter: ['-A FORWARD -m conntrack --ctstate NEW -j ACCEPT'] } }, [udp({ size: 3000, df: false }), ping({ size: 4000, df: false })]),
  router('pieces are cut smaller for a narrow link', 'ip:defragment', { ...narrow, tables: { filter: ['-A FORWARD -m conntrack --ctstate NEW -j ACCEPT'] } }, [udp({ size: 3000, df: false })], { s: narrowEnd }),
  router('a datagram that loses a later piece is given up, and its machine tells the sender', 'icmp:reassembly ip:defragment', {}, [udp({ size: 3000, df: false }), ping({ size: 3000, df: false })], { s: { tables: { raw: ['-A PREROUTING -m length --length 0:200 -j DROP'] } } }),
  router('a datagram that loses its first piece is given up in silence', 'icmp:reassembly', { tables: { mangle: ['-A FORWARD -p udp ! -f -m length --length 1400:1500 -j DROP'] } }, [udp({ size: 3000, df: false })]),
  router('where connections are tracked it is given up by the same clock', 'icmp:reassembly ip:defragment', { tables: { raw: ['-A PREROUTING -m length --length 0:200 -j DROP'] } }, [udp({ size: 3000, df: false })], { s: { tables: { filter: ['-A INPUT -m conntrack --ctstate NEW -j ACCEPT'] } } }),
  router('a router that tracks connections gives up in silence what is for others', 'icmp:reassembly ip:defragment', { tables: { raw: ['-A PREROUTING -m length --length 0:200 -j DROP'] }, routes: ['10.9.0.0/24 via 10.2.0.1 dev eth1'] }, [udp({ dst: '10.9.0.1', size: 3000, df: false })], { s: { sysctls: ['net.ipv4.ip_forward = 1'], routes: ['10.9.0.0/24 via 10.2.0.254 dev eth0'], tables: { filter: ['-A FORWARD -m conntrack --ctstate NEW -j ACCEPT'] } } }),
  router('pieces of pieces', 'ip:fragment', narrow, [udp({ size: 3000, df: false })], { s: narrowEnd }),
];

const redirects: readonly RefereeCase[] = [
  { name: 'a router tells a host of a better next hop, and the host believes it', covers: ['icmp:redirect', 'route:accept_redirects'], files: lan(), probes: [toG(), toG({ count: 2 }), ping({ dst: '10.9.0.1' })] },
  {
    name: 'the same packet a second time, in another zone, is another connection',
    covers: ['ct:zone', 'target:CT'],
    files: lan({
      c: { nic: { eth0: { addresses: ['10.1.0.1/24', '10.9.0.2/32'] } }, sysctls: ['net.ipv4.conf.eth0.accept_local = 1'] },
      r: { sysctls: QUIET, rules: ['100:	from all fwmark 0x1 lookup 100'], routes: ['default via 10.1.0.1 dev eth0 table 100'], tables: { raw: ['-A PREROUTING -m ttl --ttl-lt 64 -j CT --zone-orig 2', '-A PREROUTING -m ttl --ttl-lt 64 -j MARK --set-xmark 0x1/0xffffffff'], filter: ['-A FORWARD -m conntrack --ctstate NEW', '-A FORWARD -m conntrack --ctstate ESTABLISHED'] } },
      g: { sysctls: ['net.ipv4.ip_forward = 1', ...QUIET], routes: ['10.9.0.2 via 10.1.0.254 dev eth0'] },
    }),
    probes: [toG({ dst: '10.9.0.2' })],
  },
  { name: 'who answers is told, too: the socket of a UDP server believes it, and the kernel about an echo, a TCP server whose connection is not open yet does not', covers: ['icmp:redirect'], files: lan(), probes: [fromG({ proto: 'udp' }), fromG({ proto: 'udp', count: 2 }), fromG({ proto: 'udp', dport: 81 }), fromG({ proto: 'icmp', dport: undefined, count: 2 }), fromG({ proto: 'tcp', count: 2 })] },
  { name: 'an ICMP error of the machine’s own is nobody’s packet: a redirect about it is not believed', covers: ['icmp:redirect'], files: lan({ c: { tables: { filter: ['-A INPUT -p udp -j REJECT --reject-with icmp-port-unreachable'] } } }), probes: [fromG({ proto: 'udp', count: 2 })] },
  { name: 'a server that does not know the next hop it is told of asks for it', covers: ['icmp:redirect', 'arp:request'], files: lan({ c: { noNeighbours: true } }), probes: [fromG({ proto: 'udp' }), fromG({ proto: 'udp', count: 2 })] },
  ...(['vxlan', 'gre', 'ipip', 'geneve'] as const).map((kind): RefereeCase => ({ name: `the outer packets of a tunnel are led another way by a redirect, too: ${kind}`, covers: ['icmp:redirect', `tunnel:${kind}-redirect`], ...(kind === 'vxlan' ? {} : { needs: [kind === 'gre' ? 'ip_gre' : kind] }), files: tunnelToG(kind), probes: [inTunnel({}), inTunnel({ count: 2 }), inTunnel({ count: 2, proto: 'icmp', dport: undefined })] })),
  { name: 'without send_redirects nobody is told', covers: ['icmp:send_redirects'], files: lan({ r: { sysctls: ['net.ipv4.conf.all.send_redirects = 0', 'net.ipv4.conf.eth0.send_redirects = 0'] } }), probes: [toG()] },
  { name: 'either send_redirects setting is enough', covers: ['icmp:send_redirects'], files: lan({ r: { sysctls: ['net.ipv4.conf.all.send_redirects = 1', 'net.ipv4.conf.eth0.send_redirects = 0'] } }), probes: [toG()] },
  { name: 'a host without accept_redirects goes on as before', covers: ['route:accept_redirects'], files: lan({ c: { sysctls: ['net.ipv4.conf.all.accept_redirects = 0', 'net.ipv4.conf.eth0.accept_redirects = 0'] } }), probes: [toG()] },
  { name: 'a router that knows neither the sender nor the next hop asks for both at once', covers: ['icmp:redirect', 'arp:request'], files: lan({ r: { noNeighbours: true } }), probes: [toG(), ping({ dst: '10.9.0.1' })] },
  { name: 'two neighbours that do not answer are given up in turn', covers: ['icmp:redirect', 'arp:failed'], files: lan({ r: { noNeighbours: true }, c: { sysctls: ['net.ipv4.conf.all.arp_ignore = 8'] }, g: { sysctls: ['net.ipv4.conf.all.arp_ignore = 8'] } }), probes: [toG(), toG({ size: 3000, df: false })] },
  { name: 'without shared_media a redirect to a sender of another network is not sent', covers: ['icmp:shared_media'], files: lan({ r: { sysctls: ['net.ipv4.conf.all.shared_media = 0', 'net.ipv4.conf.eth0.shared_media = 0'] } }), probes: [toG()] },
];

const arp: readonly RefereeCase[] = [
  client('a neighbour that is not known is asked for', 'arp:request', { noNeighbours: true }),
  router('a neighbour that does not answer: the sender is told', 'arp:failed icmp:host-unreachable', { noNeighbours: true, neigh: ['10.1.0.1 dev eth0 lladdr 02:00:00:00:01:01 PERMANENT'] }, [udp({ dst: '10.2.0.77' })]),
  client('the pieces of a datagram wait for one answer', 'arp:failed-pieces', {}, [udp({ dst: '10.1.0.77', size: 3000 })]),
  client('proxy_arp_pvlan answers for a neighbour of the asker', 'arp:proxy_arp_pvlan', { noNeighbours: true, routes: ['10.5.0.0/24 dev eth0 scope link'] }, [udp({ dst: '10.5.0.1', reply: false })], { r: { routes: ['10.5.0.0/24 dev eth0 scope link'], neigh: ['10.5.0.1 dev eth0 lladdr 02:00:00:00:01:01 PERMANENT'], sysctls: ['net.ipv4.conf.eth0.proxy_arp_pvlan = 1', 'net.ipv4.neigh.eth0.proxy_delay = 0', 'net.ipv4.conf.all.send_redirects = 0', 'net.ipv4.conf.eth0.send_redirects = 0'] } }),
  client('a neighbour that does not answer the machine itself', 'arp:failed-output', {}, [udp({ dst: '10.1.0.77' })]),
  client('an address of another device is answered for', 'arp:arp_ignore', { noNeighbours: true, routes: ['10.2.0.254 dev eth0 scope link'] }, [udp({ dst: '10.2.0.254' })]),
  client('arp_ignore 1 answers only for the asked device', 'arp:arp_ignore', { noNeighbours: true, routes: ['10.2.0.254 dev eth0 scope link'] }, [udp({ dst: '10.2.0.254' }), udp()], { r: { sysctls: ['net.ipv4.conf.eth0.arp_ignore = 1'] } }),
  client('arp_ignore 2 answers only askers of the same network', 'arp:arp_ignore', { ...foreign, noNeighbours: true }, [udp(fromForeign), udp()], { r: { sysctls: ['net.ipv4.conf.all.arp_ignore = 2'], routes: [`${FOREIGN} dev eth0 scope link`] } }),
  client('arp_ignore 8 answers nobody', 'arp:arp_ignore', { noNeighbours: true }, [udp()], { r: { sysctls: ['net.ipv4.conf.eth0.arp_ignore = 8'] } }),
  ...[0, 1, 2].map((mode) => client(`arp_announce ${mode} and the source of the packet`, 'arp:arp_announce', { ...foreign, noNeighbours: true, sysctls: [`net.ipv4.conf.eth0.arp_announce = ${mode}`] }, [udp({ ...fromForeign, reply: false })], { r: { routes: [`${FOREIGN} dev eth0 scope link`] } })),
  client('proxy_arp answers for what it would forward', 'arp:proxy_arp', { noNeighbours: true, noDefault: true, routes: ['10.2.0.0/24 dev eth0 scope link'] }, [udp()], { r: { sysctls: ['net.ipv4.conf.eth0.proxy_arp = 1', 'net.ipv4.neigh.eth0.proxy_delay = 0'] } }),
  client('without proxy_arp nobody answers for others', 'arp:proxy_arp', { noNeighbours: true, noDefault: true, routes: ['10.2.0.0/24 dev eth0 scope link'] }, [udp()]),
  client('arp_filter answers where it would send to the asker', 'arp:arp_filter', { ...foreign, noNeighbours: true }, [udp({ ...fromForeign, reply: false }), udp()], { r: { sysctls: ['net.ipv4.conf.eth0.arp_filter = 1', 'net.ipv4.conf.eth0.rp_filter = 0'], routes: [`${FOREIGN} via 10.2.0.1 dev eth1`] } }),
  client('rp_filter holds for questions too', 'arp:rp_filter', { ...foreign, noNeighbours: true }, [udp({ ...fromForeign, reply: false })], { r: { sysctls: ['net.ipv4.conf.eth0.rp_filter = 1'], routes: [`${FOREIGN} via 10.2.0.1 dev eth1`] } }),
];

const byMark: Spec = { rules: ['100:	from all fwmark 0x1 lookup 100'], routes: ['10.9.0.1 via 10.1.0.2 dev eth0', ...table('10.9.0.0/24 via 10.2.0.2 dev eth1')] };
const again: readonly RefereeCase[] = [
  { name: 'a mark set in OUTPUT changes the way but not the source', covers: ['route:reroute-mark'], files: pair({ a: { ...byMark, tables: { mangle: ['-A OUTPUT -p udp -j MARK --set-xmark 0x1/0xffffffff'], filter: ['-A OUTPUT -o eth0 -j ACCEPT', '-A OUTPUT -o eth1 -j ACCEPT'] } } }), probes: [aToB(), aToB({ proto: 'tcp', dport: 80, size: undefined })] },
  { name: 'a mark that leads nowhere', covers: ['route:reroute-error'], files: pair({ a: { ...byMark, routes: ['10.9.0.1 via 10.1.0.2 dev eth0', ...table('unreachable 10.9.0.0/24')], tables: { mangle: ['-A OUTPUT -j MARK --set-xmark 0x1/0xffffffff'] } } }), probes: [aToB(), aToB({ proto: 'tcp', dport: 80, size: undefined })] },
  { name: 'a destination changed in OUTPUT changes the way', covers: ['route:reroute-dnat'], files: pair({ a: { routes: ['10.8.0.0/24 via 10.2.0.2 dev eth1', '10.9.0.1 via 10.1.0.2 dev eth0'], tables: { nat: ['-A OUTPUT -d 10.8.0.1/32 -p udp -j DNAT --to-destination 10.9.0.1'] } } }), probes: [aToB({ dst: '10.8.0.1' })] },
  { name: 'a type of service changed in OUTPUT changes the way', covers: ['route:reroute-tos'], files: pair({ a: { routes: ['10.9.0.0/24 tos 0x10 via 10.2.0.2 dev eth1', '10.9.0.0/24 via 10.1.0.2 dev eth0'], tables: { mangle: ['-A OUTPUT -p udp -j TOS --set-tos 0x10/0xff'] } } }), probes: [aToB()] },
];

/** Rules, routes, what is received and refused, ICMP errors, sizes, redirects, ARP, and routing again. */
export const routing: readonly RefereeCase[] = [...rules, ...routes, ...received, ...errors, ...sizes, ...redirects, ...arp, ...again];
