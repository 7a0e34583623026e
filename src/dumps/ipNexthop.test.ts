import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIpNexthop, printIpNexthop } from './ipNexthop.ts';
import { parseIpRouteCache, printIpRouteCache } from './ipRouteCache.ts';

const listing = (lines: readonly string[]) => ({ input: 'x', firstLine: 1, lines });

/** As iproute2 6.1 printed them. */
const NEXTHOPS = [
  'id 1 via 10.1.0.2 dev e0 scope link ',
  'id 2 via 10.1.0.3 dev e0 scope link onlink ',
  'id 3 blackhole ',
  'id 4 dev e0 scope host ',
  'id 10 group 1/2,3 ',
  'id 11 group 1/2 type resilient buckets 32 idle_timer 60 unbalanced_timer 0 unbalanced_time 0 ',
  'id 3 scope global blackhole proto unspec ',
  'id 2 via 10.1.0.3 dev e0 scope link proto static onlink ',
];

const CACHE = [
  ['10.2.0.1 via 10.1.0.254 dev e0 ', '    cache expires 595sec mtu 1400 '],
  ['10.3.0.5 via 10.1.0.77 dev e0 ', '    cache <redirected> expires 297sec '],
  ['10.2.0.1 via 10.1.0.254 dev e0 ', '    cache expires 597sec mtu lock 552 '],
];

describe('ip nexthop', () => {
  it.each(NEXTHOPS)('prints %s again', (line) => {
    const { value, diagnostics } = parseIpNexthop(listing([line]));
    expect(diagnostics).toEqual([]);
    expect(printIpNexthop(value)).toEqual([line]);
  });

  it('reads the members of a group with their weights', () => {
    expect(parseIpNexthop(listing(['id 10 group 1/2,3'])).value[0]?.group).toEqual([
      { id: 1, weight: 1 },
      { id: 2, weight: 3 },
    ]);
  });

  it.each([
    ['id 5 via fe80::1 dev e0 scope link', 'ipv6-skipped', ['via fe80::1']],
    ['id 5 encap ip dev e0', 'unknown-attribute', ['encap', 'ip']],
    ['id 5 group 1/x', 'unknown-attribute', ['group 1/x']],
  ])('keeps what it does not know of %s', (line, code, unknown) => {
    const { value, diagnostics } = parseIpNexthop(listing([line]));
    expect(value[0]?.unknown).toEqual(unknown);
    expect(diagnostics.map((d) => d.code)).toEqual([code]);
  });

  it('takes any text', () => fc.assert(fc.property(fc.array(fc.string()), (lines) => parseIpNexthop(listing(lines)).value.length <= lines.length)));
});

describe('ip route show cache', () => {
  it.each(CACHE)('prints %s %s again', (...lines) => {
    const { value, diagnostics } = parseIpRouteCache(listing(lines));
    expect(diagnostics).toEqual([]);
    expect(printIpRouteCache(value)).toEqual(lines);
  });

  it('reads what was learned', () => {
    expect(parseIpRouteCache(listing(CACHE.flat())).value).toMatchObject([
      { dst: 0x0a020001, via: 0x0a0100fe, dev: 'e0', mtu: 1400, mtuLocked: false, redirected: false },
      { dst: 0x0a030005, via: 0x0a01004d, redirected: true, mtu: undefined },
      { mtu: 552, mtuLocked: true },
    ]);
  });

  it('takes any text', () => fc.assert(fc.property(fc.array(fc.oneof(fc.string(), fc.constant('    cache mtu'))), (lines) => parseIpRouteCache(listing(lines)).value.length <= lines.length)));
});
