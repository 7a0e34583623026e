import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { IpvsConnection } from '../world/ipvs.ts';
import { parseIpvsConnections, printIpvsConnections } from './ipvsConnections.ts';

const read = (...lines: readonly string[]) => parseIpvsConnections({ input: 'x', firstLine: 1, lines });

const LISTING = [
  'IPVS connection entries',
  'pro expire state       source             virtual            destination',
  'TCP 14:59  ESTABLISHED 10.1.0.1:40001     10.1.0.254:90      10.2.0.1:90',
  'UDP 04:59  UDP         10.1.0.1:40004     10.1.0.254:53      10.2.0.1:53',
  'SCTP 00:03  REJECTED    10.1.0.1:40006     10.1.0.254:99      10.2.0.1:99',
  'IP  03:19  ASSURED     10.1.0.1:0         0.0.0.1:0          10.2.0.1:0',
];

it('prints a listing of ipvsadm -Lnc as it was', () => {
  const { value, diagnostics } = read(...LISTING);
  expect(diagnostics).toEqual([]);
  expect(printIpvsConnections(value)).toEqual(LISTING);
  expect(value[3]).toMatchObject({ proto: 0, state: 'ASSURED', expireSec: 199, vip: 1, cport: 0 });
});

it('reads /proc/net/ip_vs_conn, which is hexadecimal and in seconds', () => {
  const { value, diagnostics } = read('Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData', 'TCP 0A010001 9C4A 0A0100FE 0050 0A020001 1F90 ESTABLISHED     899');
  expect(diagnostics).toEqual([]);
  expect(printIpvsConnections(value).slice(2)).toEqual(['TCP 14:59  ESTABLISHED 10.1.0.1:40010     10.1.0.254:80      10.2.0.1:8080']);
});

it.each([
  ['TCP 14:59  ESTABLISHED 10.1.0.1:40001     10.1.0.254:90', 'bad-address'],
  ['TCP x  ESTABLISHED 10.1.0.1:40001     10.1.0.254:90 1.1.1.1:1', 'bad-number'],
  ['FOO 14:59  ESTABLISHED 10.1.0.1:40001     10.1.0.254:90 1.1.1.1:1', 'unknown-line'],
  ['TCP 14:59  ESTABLISHED [fd00::1]:40001     [fd00::2]:90 [fd00::3]:1', 'ipv6-skipped'],
])('reports %s', (line, code) => expect(read(line).diagnostics.map((d) => d.code)).toEqual([code]));

const ip = fc.nat(0xffffffff);
const port = fc.nat(65535);
const connection: fc.Arbitrary<IpvsConnection> = fc.record({
  proto: fc.constantFrom(0, 6, 17, 132),
  state: fc.constantFrom('NONE', 'ESTABLISHED', 'SYN_RECV', 'UDP'),
  expireSec: fc.nat(100_000),
  client: ip,
  cport: port,
  vip: ip,
  vport: port,
  real: ip,
  rport: port,
  source: fc.constant(undefined),
});

it('reads back what it prints', () =>
  fc.assert(
    fc.property(fc.array(connection), (connections) => {
      const { value, diagnostics } = read(...printIpvsConnections(connections));
      expect(diagnostics).toEqual([]);
      expect(value.map((c) => ({ ...c, source: undefined }))).toEqual(connections);
    }),
  ));

it('takes any text', () => fc.assert(fc.property(fc.array(fc.string()), (lines) => void read(...lines))));
