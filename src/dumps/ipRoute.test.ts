import { describe, expect, it } from 'vitest';
import { parseIpRoute, printIpRoute } from './ipRoute.ts';

const parse = (...lines: readonly string[]) => parseIpRoute({ input: 'x', firstLine: 1, lines });
const hop = (change: object) => ({ via: undefined, dev: undefined, weight: 1, onlink: false, dead: false, ...change });
const VIA = 0x0a0000fe;

describe('parseIpRoute', () => {
  it.each([
    ['default via 10.0.0.254 dev eth0 ', { type: 'unicast', dst: { ip: 0, prefixLen: 0 }, table: 'main', nexthops: [hop({ via: VIA, dev: 'eth0' })], proto: undefined, scope: undefined, metric: 0 }],
    ['0.0.0.0/0 via 10.0.0.254', { dst: { ip: 0, prefixLen: 0 }, nexthops: [hop({ via: VIA })] }],
    ['10.233.98.39 dev cali1 scope link', { dst: { ip: 0x0ae96227, prefixLen: 32 }, scope: 'link', nexthops: [hop({ dev: 'cali1' })] }],
    ['10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 metric 100', { proto: 'kernel', src: 0x0a000001, metric: 100 }],
    ['10.0.0.0/24 via 10.0.0.254 dev tunl0 proto bird onlink', { nexthops: [hop({ via: VIA, dev: 'tunl0', onlink: true })], proto: 'bird' }],
    ['blackhole 10.0.0.0/24 proto 80', { type: 'blackhole', nexthops: [], proto: '80' }],
    ['local 10.0.0.1 dev eth0 table local proto kernel scope host src 10.0.0.1', { type: 'local', table: 'local', scope: 'host' }],
    ['throw 10.0.0.0/24 table 220', { type: 'throw', table: '220' }],
    ['10.0.0.0/24 tos 0x10 via 10.0.0.254 mtu 1400', { tos: 0x10, mtu: 1400 }],
    ['10.0.0.0/24 tos lowdelay via 10.0.0.254', { tos: 0x10 }],
    ['10.0.0.0/24 dev eth0 scope link linkdown', { nexthops: [hop({ dev: 'eth0', linkdown: true })] }],
    ['unicast 10.0.0.0/24 via 10.0.0.254 dev eth0 table main proto boot scope global', { type: 'unicast', table: 'main', proto: undefined, scope: undefined }],
    ['10.0.0.0/24 nhid 7 via 10.0.0.254 dev eth0 pref medium', undefined],
    ['10.0.0.0/24 nhid 7 via 10.0.0.254 dev eth0 realm 5', { nhid: 7, extra: ['realm 5'], unknown: [] }],
    ['10.8.0.0/24 via 10.0.0.254 dev eth0 mtu lock 1400 advmss 1000 hoplimit 9 rto_min lock 30ms', { mtu: 1400, mtuLocked: true, advmss: 1000, hoplimit: 9, extra: ['rto_min lock 30ms'] }],
  ])('reads %s', (line, route) => expect(parse(line).value).toMatchObject(route ? [{ unknown: [], source: { input: 'x', line: 1 }, ...route }] : []));

  it.each([
    ['10.0.0.0/24 via inet6 fe80::1 dev eth0', ['via inet6 fe80::1']],
    ['10.0.0.0/24 dev eth0 advmss some', ['advmss some']],
    ['10.0.0.0/24 via 10.0.0.254 mtu lock much', ['mtu lock much']],
    ['10.0.0.0/24 encap mpls 100 via 10.0.0.254', ['encap mpls', '100 via', '10.0.0.254']],
    ['10.0.0.0/24 via nowhere dev eth0', ['via nowhere']],
    ['10.0.0.0/24 via 10.0.0.254 shiny', ['shiny']],
  ])('keeps what it does not know of %s', (line, unknown) => {
    const { value, diagnostics } = parse(line);
    expect(value[0]?.unknown).toEqual(unknown);
    expect(diagnostics).toMatchObject([{ code: 'unknown-attribute', line: 1 }]);
  });

  it('takes continuation lines as next hops of the route above', () => {
    const { value } = parse('default proto static ', '\tnexthop via 10.0.0.1 dev eth0 weight 2 ', '\tnexthop via 10.0.0.2 dev eth1 weight 1 dead onlink linkdown ', '10.0.0.0/8 dev eth0');
    expect(value.map((r) => r.nexthops)).toEqual([
      [hop({ via: 0x0a000001, dev: 'eth0', weight: 2 }), hop({ via: 0x0a000002, dev: 'eth1', dead: true, onlink: true, linkdown: true })],
      [hop({ dev: 'eth0' })],
    ]);
  });

  it('is the same in one line, as -o prints it', () => {
    const lines = ['default proto static ', '\tnexthop via 10.0.0.1 dev eth0 weight 2 ', '\tnexthop via 10.0.0.2 dev eth1 weight 1 '];
    expect(parse(lines.join('\\'), '10.0.0.0/8 dev eth0').value.map((r) => [r.nexthops, r.source?.line])).toEqual([[parse(...lines).value[0]?.nexthops, 1], [expect.anything(), 2]]);
  });

  it('makes a route undecidable when one of its next hops is', () => {
    expect(parse('default', '\tnexthop via 10.0.0.1 encap mpls dev eth0 weight 1').value[0]?.unknown).toEqual(['nexthop encap', 'nexthop mpls']);
  });

  it.each([
    'fe80::/64 dev eth0 proto kernel metric 256 pref medium',
    'default dev cali1 metric 1024 pref medium',
    'local ::1 dev lo table local proto kernel metric 0 pref medium',
    'unreachable default dev lo table unspec metric 4294967295 error -101',
    'multicast ff00::/8 dev eth0 table local',
  ])('leaves out the IPv6 route %s', (line) => {
    const { value, diagnostics } = parse(line);
    expect(value).toEqual([]);
    expect(diagnostics.map((d) => d.code)).toEqual(['ipv6-skipped']);
  });

  it.each([
    ['10.0.0/24 dev eth0', 'bad-address'],
    ['hello world', 'unknown-line'],
    ['\tnexthop via 10.0.0.1 dev eth0 weight 1', 'unknown-line'],
  ])('reports %s', (line, code) => expect(parse(line).diagnostics.map((d) => d.code)).toEqual([code]));

  it('puts routes that name no table into the one that was asked for', () => {
    const { value } = parseIpRoute({ input: 'x', firstLine: 1, lines: ['default via 10.0.0.1 dev eth0 '] }, '100');
    expect(value[0]?.table).toBe('100');
    expect(printIpRoute(value, '100', false)).toEqual(['default via 10.0.0.1 dev eth0 ']);
    expect(printIpRoute(value, undefined, false)).toEqual(['default via 10.0.0.1 dev eth0 table 100 ']);
  });
});
