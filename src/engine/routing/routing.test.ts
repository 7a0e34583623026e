import { describe, expect, it } from 'vitest';
import { formatIp4, parseIp4 } from '../../packet/address.ts';
import { PROTO_UDP } from '../../packet/packet.ts';
import { worldFrom } from '../../testing/sample.ts';
import { newSim, type Ns, type Sim } from '../sim.ts';
import { addressType, type FibAnswer, fibLookup, type Flow } from './fib.ts';
import { inputRoute } from './input.ts';
import { routeOutput } from './output.ts';
import { learnPmtu, localMtu } from './pmtu.ts';
import { selectSource } from './source.ts';

const ip = (text: string): number => parseIp4(text) ?? 0;

/** A router with eth0 10.1.0.254/24 and eth1 10.2.0.254/24, and what the test adds. */
function machine(more: { readonly routes?: readonly string[]; readonly rules?: readonly string[]; readonly sysctls?: readonly string[]; readonly addresses?: readonly string[]; readonly more?: string } = {}): { readonly sim: Sim; readonly ns: Ns } {
  const link = (index: number, name: string, addresses: readonly string[]): string =>
    [`${index}: ${name}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000`, `    link/ether 02:00:00:00:00:0${index} brd ff:ff:ff:ff:ff:ff`, ...addresses.map((a) => `    inet ${a} scope global ${name}`)].join('\n');
  const text = [
    '$ ip -d addr',
    '1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo',
    link(2, 'eth0', ['10.1.0.254/24 brd 10.1.0.255', ...(more.addresses ?? [])]),
    link(3, 'eth1', ['10.2.0.254/24 brd 10.2.0.255']),
    '$ ip route',
    '10.1.0.0/24 dev eth0 proto kernel scope link src 10.1.0.254',
    '10.2.0.0/24 dev eth1 proto kernel scope link src 10.2.0.254',
    ...(more.routes ?? []),
    ...(more.rules ? ['$ ip rule', '0:	from all lookup local', ...more.rules, '32766:	from all lookup main', '32767:	from all lookup default'] : []),
    '$ sysctl -a',
    'net.ipv4.ip_forward = 1',
    ...(more.sysctls ?? []),
    more.more ?? '',
  ].join('\n');
  const sim = newSim(worldFrom({ 'r/r.txt': text }), { from: { kind: 'netns', host: 'r', netns: null }, dst: 0, proto: PROTO_UDP }, {});
  const ns = sim.ns('r', null);
  if (!ns) throw new Error('no machine');
  return { sim, ns };
}

const flow = (dst: string, more: Partial<Flow> = {}): Flow => ({ dst: ip(dst), src: ip('10.1.0.1'), tos: 0, mark: 0, iif: 'eth0', proto: PROTO_UDP, sport: 1000, dport: 53, uid: 0, ...more });
const said = (answer: FibAnswer): string => (answer.kind === 'route' ? [answer.route.type, answer.nexthop.via === undefined ? undefined : `via ${formatIp4(answer.nexthop.via)}`, answer.nexthop.dev].filter(Boolean).join(' ') : answer.kind === 'error' ? answer.error : `unknown ${answer.name}`);

describe('fibLookup', () => {
  it.each`
    routes                                                                         | dst            | because                                  | answer
    ${['10.9.0.0/24 via 10.2.0.1 dev eth1', '10.9.0.5 via 10.1.0.1 dev eth0']}     | ${'10.9.0.5'}  | ${'the longest prefix wins'}             | ${'unicast via 10.1.0.1 eth0'}
    ${['blackhole 10.9.0.0/24']}                                                   | ${'10.9.0.5'}  | ${'a blackhole is EINVAL'}               | ${'EINVAL'}
    ${['unreachable 10.9.0.0/24']}                                                 | ${'10.9.0.5'}  | ${'unreachable is EHOSTUNREACH'}         | ${'EHOSTUNREACH'}
    ${['prohibit 10.9.0.0/24']}                                                    | ${'10.9.0.5'}  | ${'prohibit is EACCES'}                  | ${'EACCES'}
    ${[]}                                                                          | ${'10.9.0.5'}  | ${'nothing is ENETUNREACH'}              | ${'ENETUNREACH'}
    ${['10.9.0.0/24 via 10.2.0.1 dev eth1 metric 9', '10.9.0.0/24 dev eth0 metric 3']} | ${'10.9.0.5'} | ${'the lowest metric wins'}           | ${'unicast eth0'}
    ${['10.9.0.0/24 via 10.2.0.1 dev eth1', '10.9.0.0/24 tos 0x10 dev eth0 metric 3']} | ${'10.9.0.5'} | ${'another tos is passed over'}       | ${'unicast via 10.2.0.1 eth1'}
    ${['10.9.0.0/24 via 10.2.0.1 dev eth7', 'default via 10.1.0.1 dev eth0']}      | ${'10.9.0.5'}  | ${'a device that is not there is no way'} | ${'unicast via 10.1.0.1 eth0'}
    ${['10.9.0.0/24 dev eth1 dead linkdown', 'default via 10.1.0.1 dev eth0']}     | ${'10.9.0.5'}  | ${'a dead next hop is passed over'}      | ${'unicast via 10.1.0.1 eth0'}
    ${['10.9.0.0/24 dev eth1 linkdown', 'default via 10.1.0.1 dev eth0']}          | ${'10.9.0.5'}  | ${'linkdown alone does not matter'}      | ${'unicast eth1'}
    ${['throw 10.9.0.0/24', 'default via 10.1.0.1 dev eth0']}                      | ${'10.9.0.5'}  | ${'throw ends the table'}                | ${'ENETUNREACH'}
    ${['blackhole 10.9.0.0/24', '10.9.0.0/24 dev eth1 table default']}             | ${'10.9.0.5'}  | ${'table default has a say where main refuses'} | ${'unicast eth1'}
    ${['10.9.0.0/24 encap mpls 100 via 10.2.0.1 dev eth1']}                        | ${'10.9.0.5'}  | ${'what is not understood is unknown'}   | ${'unknown encap mpls 100 via 10.2.0.1 dev eth1'}
    ${['10.9.0.0/24 nhid 5']}                                                      | ${'10.9.0.5'}  | ${'a nexthop object that is not there is unknown'} | ${'unknown nhid 5'}
  `('$because', ({ routes, dst, answer }) => expect(said(fibLookup(machine({ routes }).ns, flow(dst)))).toBe(answer));

  // `ip route` alone shows table main and no other.
  it.each`
    rules                                     | extra                                                | dst            | because                                                  | answer
    ${['100:\tfrom all lookup 100']}          | ${''}                                                | ${'10.2.0.9'}  | ${'a table that was not listed is not empty, but unknown'} | ${'unknown table 100'}
    ${['100:\tfrom all lookup 100']}          | ${'$ ip route show table 100'}                       | ${'10.2.0.9'}  | ${'one that was listed and is empty is passed over'}       | ${'unicast eth1'}
    ${['100:\tfrom all lookup 100']}          | ${'$ ip route show table 100\nunreachable default'}  | ${'10.2.0.9'}  | ${'one that was listed answers'}                           | ${'EHOSTUNREACH'}
    ${['100:\tfrom all lookup 100']}          | ${''}                                                | ${'10.1.0.254'} | ${'table local comes first'}                              | ${'local eth0'}
    ${['100:\tfrom 10.7.0.0/16 lookup 100']}  | ${''}                                                | ${'10.2.0.9'}  | ${'a rule that does not match asks no table'}              | ${'unicast eth1'}
    ${['40000:\tfrom all lookup 100']}        | ${''}                                                | ${'10.2.0.9'}  | ${'what is found before it needs it not'}                  | ${'unicast eth1'}
  `('$because', ({ rules, extra, dst, answer }) => expect(said(fibLookup(machine({ rules, more: extra }).ns, flow(dst)))).toBe(answer));

  it.each`
    dst               | answer
    ${'10.1.0.2'}     | ${'local eth0'}
    ${'10.1.0.255'}   | ${'broadcast eth0'}
    ${'10.1.0.9'}     | ${'unknown table main'}
    ${'8.8.8.8'}      | ${'unknown table main'}
  `('knows without any listing only what addresses make: $dst', ({ dst, answer }) => {
    const text = '$ ip addr\n2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq state UP\n    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n    inet 10.1.0.2/24 brd 10.1.0.255 scope global eth0\n';
    const ns = newSim(worldFrom({ 'r/r.txt': text }), { from: { kind: 'netns', host: 'r', netns: null }, dst: 0, proto: PROTO_UDP }, {}).ns('r', null);
    expect(ns && said(fibLookup(ns, flow(dst)))).toBe(answer);
  });

  const TABLE = ['blackhole default table 100'];
  it.each`
    rule                                                       | more                                      | taken
    ${'from 10.1.0.0/24 lookup 100'}                           | ${{}}                                     | ${true}
    ${'not from 10.1.0.0/24 lookup 100'}                       | ${{}}                                     | ${false}
    ${'from all fwmark 0x1/0xf lookup 100'}                    | ${{ mark: 0x31 }}                         | ${true}
    ${'from all fwmark 0x1/0xf lookup 100'}                    | ${{ mark: 0x32 }}                         | ${false}
    ${'from all iif lo lookup 100'}                            | ${{}}                                     | ${false}
    ${'from all iif lo lookup 100'}                            | ${{ iif: 'lo' }}                          | ${true}
    ${'from all oif eth1 lookup 100'}                          | ${{}}                                     | ${false}
    ${'from all ipproto udp dport 50-60 lookup 100'}           | ${{}}                                     | ${true}
    ${'from all dport 53 lookup 100'}                          | ${{ dport: undefined }}                   | ${false}
    ${'from all tos 0x10 lookup 100'}                          | ${{ tos: 0x11 }}                          | ${true}
    ${'from all uidrange 5-9 lookup 100'}                      | ${{}}                                     | ${false}
    ${'from all uidrange 0-9 lookup 100'}                      | ${{}}                                     | ${true}
    ${'from all lookup [l3mdev-table]'}                        | ${{}}                                     | ${false}
    ${'from all lookup 100 suppress_prefixlength 0'}           | ${{}}                                     | ${true}
    ${'from all lookup 77'}                                    | ${{}}                                     | ${false}
    ${'from all goto 50'}                                      | ${{}}                                     | ${false}
    ${'from all blackhole'}                                    | ${{}}                                     | ${true}
  `('$rule decides: $taken', ({ rule, more, taken }) => {
    const { ns } = machine({ rules: [`100:	${rule}`], routes: TABLE });
    expect(said(fibLookup(ns, flow('10.2.0.1', more)))).toBe(taken ? 'EINVAL' : 'unicast eth1');
  });

  it.each`
    rule                                     | more              | name
    ${'from all uidrange 5-9 lookup 100'}    | ${{ uid: undefined }} | ${'uidrange 5-9'}
    ${'from all lookup 100 suppress_ifgroup 5'} | ${{}}          | ${'suppress_ifgroup 5'}
    ${'from all tun_id 5 lookup 100'}        | ${{}}             | ${'tun_id 5'}
  `('$rule cannot be decided', ({ rule, more, name }) => {
    const { ns } = machine({ rules: [`100:	${rule}`], routes: TABLE });
    const { uid: _, ...rest } = flow('10.2.0.1');
    expect(said(fibLookup(ns, { ...rest, ...('uid' in more ? {} : { uid: 0 }) }))).toBe(`unknown ${name}`);
  });

  it('suppresses what is too wide', () => {
    const { ns } = machine({ rules: ['100:	from all lookup main suppress_prefixlength 0', '200:	from all unreachable'], routes: ['default via 10.1.0.1 dev eth0'] });
    expect(said(fibLookup(ns, flow('10.2.0.1')))).toBe('unicast eth1');
    expect(said(fibLookup(ns, flow('8.8.8.8')))).toBe('ENETUNREACH');
  });

  it('puts local and main together until somebody adds a rule', () => {
    const routes = ['local 10.9.0.0/24 dev lo table local proto static scope host', '10.9.0.5 via 10.2.0.1 dev eth1', 'local 10.1.0.254 dev eth0 table local proto kernel scope host src 10.1.0.254'];
    expect(said(fibLookup(machine({ routes }).ns, flow('10.9.0.5')))).toBe('unicast via 10.2.0.1 eth1');
    expect(said(fibLookup(machine({ routes, rules: ['32000:	from all lookup 77'] }).ns, flow('10.9.0.5')))).toBe('local lo');
  });

  it('follows a nexthop object, a group and a blackhole', () => {
    const { ns } = machine({ routes: ['10.9.0.0/24 nhid 9', '10.8.0.0/24 nhid 3'], more: '$ ip nexthop\nid 1 via 10.1.0.1 dev eth0 scope link\nid 2 via 10.2.0.1 dev eth1 scope link\nid 3 blackhole\nid 9 group 1/2,3' });
    const answer = fibLookup(ns, flow('10.9.0.5'));
    expect(answer.kind === 'route' && answer.alternatives.map((h) => [h.dev, h.weight])).toEqual([['eth0', 1], ['eth1', 3]]);
    expect(said(fibLookup(ns, flow('10.8.0.5')))).toBe('EINVAL');
  });

  it('looks ten thousand routes up by prefix, not one by one', () => {
    const withRoutes = (length: number) => machine({ routes: Array.from({ length }, (_, i) => `172.${16 + (i >> 12)}.${(i >> 4) & 255}.${(i & 15) * 16}/28 via 10.2.0.1 dev eth1`) }).ns;
    const fastest = (ns: Ns): number =>
      Math.min(
        ...Array.from({ length: 5 }, () => {
          const started = performance.now();
          for (let i = 0; i < 1_000; i++) fibLookup(ns, flow('172.16.7.33'));
          return performance.now() - started;
        }),
      );
    const [few, ns] = [withRoutes(200), withRoutes(10_000)];
    fastest(few);
    expect(fastest(ns)).toBeLessThan(10 * fastest(few));
    expect(said(fibLookup(ns, flow('172.16.7.33')))).toBe('unicast via 10.2.0.1 eth1');
  });
});

describe('addressType', () => {
  it.each`
    address              | dev          | type
    ${'10.1.0.254'}      | ${undefined} | ${'local'}
    ${'10.1.0.254'}      | ${'eth1'}    | ${'unicast'}
    ${'10.1.0.255'}      | ${undefined} | ${'broadcast'}
    ${'127.5.5.5'}       | ${undefined} | ${'local'}
    ${'224.0.0.5'}       | ${undefined} | ${'multicast'}
    ${'0.0.0.0'}         | ${undefined} | ${'broadcast'}
    ${'0.0.0.7'}         | ${undefined} | ${'unicast'}
    ${'10.1.0.7'}        | ${undefined} | ${'unicast'}
  `('$address on $dev is $type', ({ address, dev, type }) => expect(addressType(machine().ns, ip(address), dev)).toBe(type));
});

describe('what may come in', () => {
  const heard = ({ sim, ns }: ReturnType<typeof machine>, src: string, dst: string, more: Partial<Flow> = {}): string => {
    const found = inputRoute(sim, ns, flow(dst, { src: ip(src), ...more }), { src: ip(src), dst: ip(dst), proto: PROTO_UDP });
    if (found.kind === 'martian') return found.why;
    if ('check' in found && !found.check.ok) return found.check.why;
    return found.kind;
  };
  const BACK = ['10.77.0.0/24 via 10.2.0.1 dev eth1'];
  it.each`
    sysctls                                                                        | src             | dst             | because                                          | verdict
    ${[]}                                                                          | ${'10.1.0.1'}   | ${'10.2.0.1'}   | ${'an ordinary packet'}                          | ${'forward'}
    ${[]}                                                                          | ${'10.1.0.1'}   | ${'10.2.0.254'} | ${'an own address'}                              | ${'local'}
    ${[]}                                                                          | ${'10.1.0.1'}   | ${'10.2.0.255'} | ${'a broadcast of a far network'}                | ${'broadcast'}
    ${[]}                                                                          | ${'0.0.0.0'}    | ${'255.255.255.255'} | ${'DHCP'}                                   | ${'broadcast'}
    ${[]}                                                                          | ${'0.0.0.0'}    | ${'10.2.0.1'}   | ${'no source'}                                   | ${'martian-source'}
    ${[]}                                                                          | ${'224.0.0.1'}  | ${'10.2.0.1'}   | ${'a group as source'}                           | ${'martian-source'}
    ${[]}                                                                          | ${'10.1.0.1'}   | ${'127.0.0.1'}  | ${'a loopback destination'}                      | ${'martian-destination'}
    ${['net.ipv4.conf.eth0.route_localnet = 1']}                                   | ${'10.1.0.1'}   | ${'127.0.0.1'}  | ${'route_localnet'}                              | ${'local'}
    ${[]}                                                                          | ${'127.0.0.1'}  | ${'10.2.0.1'}   | ${'a loopback source'}                           | ${'martian-source'}
    ${[]}                                                                          | ${'10.2.0.254'} | ${'10.2.0.1'}   | ${'an own address as source'}                    | ${'martian-source'}
    ${['net.ipv4.conf.eth0.accept_local = 1']}                                     | ${'10.2.0.254'} | ${'10.2.0.1'}   | ${'accept_local'}                                | ${'forward'}
    ${['net.ipv4.conf.eth0.rp_filter = 1']}                                        | ${'10.77.0.1'}  | ${'10.2.0.1'}   | ${'strict and the way back is another'}          | ${'rp-filter'}
    ${['net.ipv4.conf.eth0.rp_filter = 2']}                                        | ${'10.77.0.1'}  | ${'10.2.0.1'}   | ${'loose and there is a way back'}               | ${'forward'}
    ${['net.ipv4.conf.eth0.rp_filter = 2']}                                        | ${'10.66.0.1'}  | ${'10.2.0.1'}   | ${'loose and there is none'}                     | ${'rp-filter'}
    ${['net.ipv4.conf.all.rp_filter = 1', 'net.ipv4.conf.eth0.rp_filter = 2']}     | ${'10.77.0.1'}  | ${'10.2.0.1'}   | ${'the larger setting counts'}                   | ${'forward'}
    ${['net.ipv4.conf.eth0.forwarding = 0']}                                       | ${'10.1.0.1'}   | ${'10.2.0.1'}   | ${'the device of arrival does not forward'}      | ${'not-forwarding'}
    ${[]}                                                                          | ${'10.1.0.1'}   | ${'224.0.0.5'}  | ${'a group'}                                     | ${'multicast'}
  `('$because: $verdict', ({ sysctls, src, dst, verdict }) => expect(heard(machine({ sysctls, routes: BACK }), src, dst)).toBe(verdict));
});

describe('what is sent', () => {
  const sent = (m: ReturnType<typeof machine>, dst: string, src = 0, more: object = {}): string => {
    const way = routeOutput(m.sim, m.ns, { purpose: 'output', dst: ip(dst), src, tos: 0, mark: 0, proto: PROTO_UDP, ...more });
    return way.kind === 'route' ? `${formatIp4(way.src)} ${way.rt.kind} ${way.rt.oif}${way.rt.gateway === undefined ? '' : ` via ${formatIp4(way.rt.gateway)}`}` : way.kind === 'error' ? way.error : `unknown ${way.name}`;
  };
  it.each`
    dst                  | src               | more                  | answer
    ${'10.2.0.1'}        | ${undefined}      | ${{}}                 | ${'10.2.0.254 unicast eth1'}
    ${'10.2.0.254'}      | ${undefined}      | ${{}}                 | ${'10.2.0.254 local lo'}
    ${'127.0.0.9'}       | ${undefined}      | ${{}}                 | ${'127.0.0.1 local lo'}
    ${'10.2.0.255'}      | ${undefined}      | ${{}}                 | ${'10.2.0.254 broadcast eth1'}
    ${'10.2.0.1'}        | ${'127.0.0.1'}    | ${{}}                 | ${'EINVAL'}
    ${'10.2.0.1'}        | ${'10.66.0.1'}    | ${{}}                 | ${'ENETUNREACH'}
    ${'10.2.0.1'}        | ${'10.66.0.1'}    | ${{ anySource: true }} | ${'10.66.0.1 unicast eth1'}
    ${'10.2.0.1'}        | ${'224.0.0.1'}    | ${{ anySource: true }} | ${'EINVAL'}
    ${'8.8.8.8'}         | ${undefined}      | ${{}}                 | ${'ENETUNREACH'}
    ${'8.8.8.8'}         | ${undefined}      | ${{ oif: 'eth1' }}    | ${'10.2.0.254 unicast eth1'}
    ${'0.0.0.0'}         | ${undefined}      | ${{}}                 | ${'127.0.0.1 local lo'}
    ${'224.0.0.5'}       | ${undefined}      | ${{}}                 | ${'unknown IP multicast'}
  `('to $dst from $src: $answer', ({ dst, src, more, answer }) => expect(sent(machine(), dst, src === undefined ? 0 : ip(src), more)).toBe(answer));

  it('takes the address whose subnet holds the next hop, else the first', () => {
    const { ns } = machine({ addresses: ['10.3.0.1/24', '10.4.0.1/24'] });
    expect(formatIp4(selectSource(ns, 'eth0', ip('10.4.0.9'), 0)?.ip ?? 0)).toBe('10.4.0.1');
    expect(formatIp4(selectSource(ns, 'eth0', ip('10.5.0.9'), 0)?.ip ?? 0)).toBe('10.1.0.254');
  });

  it('goes the same way with the same addresses, and chooses anew with others', () => {
    const m = machine({ routes: ['10.9.0.0/24\n\tnexthop via 10.1.0.1 dev eth0 weight 1\n\tnexthop via 10.2.0.1 dev eth1 weight 3'] });
    sent(m, '10.9.0.1', ip('10.1.0.254'));
    sent(m, '10.9.0.1', ip('10.1.0.254'), { sport: 5 });
    expect(m.sim.taken).toMatchObject([{ kind: 'ecmp', options: ['via 10.1.0.1 dev eth0', 'via 10.2.0.1 dev eth1'], odds: [0.25, 0.75] }]);
    sent(m, '10.9.0.2', ip('10.1.0.254'));
    expect(m.sim.taken).toHaveLength(2);
  });
});

describe('a path MTU', () => {
  const to = ip('10.9.0.1');
  const known = ({ sim, ns }: ReturnType<typeof machine>): string => {
    const way = routeOutput(sim, ns, { purpose: 'output', dst: to, src: 0, tos: 0, mark: 0, proto: PROTO_UDP });
    return way.kind === 'route' ? `${localMtu(ns, way.rt)}${way.rt.mtuLocked ? ' locked' : ''}` : way.kind;
  };
  const routes = ['10.9.0.0/24 via 10.2.0.1 dev eth1'];
  it('is remembered for one destination, never raised, and locked below min_pmtu', () => {
    const m = machine({ routes });
    expect(known(m)).toBe('1500');
    expect(learnPmtu(m.ns, to, 1400)).toBe(1400);
    expect(learnPmtu(m.ns, to, 1450)).toBeUndefined();
    expect(known(m)).toBe('1400');
    expect(learnPmtu(m.ns, to, 300)).toBe(552);
    expect(known(m)).toBe('552 locked');
    expect(learnPmtu(m.ns, to, 600)).toBeUndefined();
  });

  it('is not learned where the route locks its own', () => {
    const m = machine({ routes: ['10.9.0.0/24 via 10.2.0.1 dev eth1 mtu lock 1300'] });
    expect(learnPmtu(m.ns, to, 1200)).toBeUndefined();
    expect(known(m)).toBe('1300 locked');
  });

  it('may be known from before', () => {
    expect(known(machine({ routes, more: '$ ip route show cache\n10.9.0.1 via 10.2.0.1 dev eth1 \n    cache expires 595sec mtu lock 552 ' }))).toBe('552 locked');
  });
});
