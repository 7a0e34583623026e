import { describe, expect, it } from 'vitest';
import { parseIpRule, printIpRule } from './ipRule.ts';

const parse = (...lines: readonly string[]) => parseIpRule({ input: 'x', firstLine: 1, lines });

describe('parseIpRule', () => {
  it.each([
    ['0:\tfrom all lookup local', { priority: 0, from: undefined, action: { kind: 'lookup', table: 'local', suppressPrefixLength: undefined } }],
    ['100:\tfrom 10.0.0.0/8 to 10.1.1.1 lookup 100', { from: { ip: 0x0a000000, prefixLen: 8 }, to: { ip: 0x0a010101, prefixLen: 32 } }],
    ['100:\tnot from all fwmark 0xca6c lookup 51820', { not: true, fwmark: { value: 0xca6c, mask: 0xffffffff } }],
    ['100:\tfrom all tos 0x10 fwmark 0x10/0xff iif veth0 oif eth0 lookup 100', { fwmark: { value: 0x10, mask: 0xff }, iif: 'veth0', oif: 'eth0', tos: 0x10 }],
    ['100:\tfrom all ipproto tcp sport 80 dport 1000-2000 lookup 1', { ipproto: 6, sport: { from: 80, to: 80 }, dport: { from: 1000, to: 2000 } }],
    ['100:\tfrom all lookup main suppress_prefixlength 0', { action: { kind: 'lookup', table: 'main', suppressPrefixLength: 0 } }],
    ['100:\tfrom all goto 32766', { action: { kind: 'goto', priority: 32766 } }],
    ['100:\tfrom all nop', { action: { kind: 'nop' } }],
    ['100:\tfrom 1.2.3.4 prohibit', { action: { kind: 'prohibit' } }],
    ['100:\tfrom all iif gone0 [detached] blackhole', { iif: 'gone0', action: { kind: 'blackhole' }, extra: ['[detached]'] }],
    ['100:\tfrom all lookup 33 proto static', { extra: ['proto static'] }],
  ])('reads %s and prints it again', (line, rule) => {
    const { value, diagnostics } = parse(line);
    expect(value).toMatchObject([{ unknown: [], ...rule }]);
    expect(diagnostics).toEqual([]);
    expect(printIpRule(value)).toEqual([line]);
  });

  it.each([
    ['100:\tfrom all uidrange some lookup 100', ['uidrange some'], 'lookup'],
    ['100:\tfrom all lookup [l3mdev-table]', ['lookup [l3mdev-table]'], 'nop'],
    ['100:\tfrom all', ['from all'], 'nop'],
    ['100:\tfrom somewhere lookup 5', ['from somewhere'], 'lookup'],
  ])('holds %s as undecidable', (line, unknown, kind) => {
    const { value, diagnostics } = parse(line);
    expect(value).toMatchObject([{ unknown, action: { kind } }]);
    expect(diagnostics.map((d) => d.code)).toEqual(['unknown-attribute']);
  });

  it.each([
    ['from all lookup main', 'unknown-line'],
    ['99999999999:\tfrom all lookup main', 'unknown-line'],
    ['100:\tfrom fd00::/8 lookup main', 'ipv6-skipped'],
  ])('leaves out %s', (line, code) => {
    expect(parse(line).value).toEqual([]);
    expect(parse(line).diagnostics.map((d) => d.code)).toEqual([code]);
  });
});
