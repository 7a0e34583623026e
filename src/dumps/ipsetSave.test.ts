import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIpsetSave, printIpsetSave } from './ipsetSave.ts';

const parse = (...lines: readonly string[]) => parseIpsetSave({ input: 'x', firstLine: 1, lines });
const net = (ip: number, prefixLen: number) => ({ kind: 'net', net: { ip, prefixLen } });
const port = (proto: number | undefined, from: number, to = from) => ({ kind: 'port', proto, ports: { from, to } });
const A = 0x0a000001;

describe('members', () => {
  it.each([
    ['hash:ip', '10.0.0.1', [net(A, 32)]],
    ['hash:ip family inet netmask 24', '10.0.0.0', [net(0x0a000000, 24)]],
    ['hash:net', '10.0.0.0/8', [net(0x0a000000, 8)]],
    ['hash:net', '10.0.0.1', [net(A, 32)]],
    ['hash:ip,port', '10.0.0.1,tcp:80', [net(A, 32), port(6, 80)]],
    ['hash:ip,port', '10.0.0.1,80', [net(A, 32), port(6, 80)]],
    ['hash:ip,port', '10.0.0.1,udp:1000-2000', [net(A, 32), port(17, 1000, 2000)]],
    ['hash:ip,port', '10.0.0.1,icmp:8/0', [net(A, 32), port(1, 0x800)]],
    ['hash:ip,port', '10.0.0.1,icmp:fragmentation-needed', [net(A, 32), port(1, 0x304)]],
    ['hash:ip,port', '10.0.0.1,gre:0', [net(A, 32), port(47, 0)]],
    ['hash:ip,port,ip', '10.0.0.1,sctp:5,10.0.0.1', [net(A, 32), port(132, 5), net(A, 32)]],
    ['hash:ip,port,net', '10.0.0.1,tcp:80,10.0.0.0/8', [net(A, 32), port(6, 80), net(0x0a000000, 8)]],
    ['bitmap:port range 0-65535', '31778', [port(undefined, 31778)]],
    ['bitmap:port range 0-65535', '80-90', [port(undefined, 80, 90)]],
    ['bitmap:port range 0-65535', 'tcp:80', [port(undefined, 80)]],
    ['bitmap:ip range 10.0.0.0-10.0.0.255', '10.0.0.1', [net(A, 32)]],
    ['bitmap:ip range 10.0.0.0/16 netmask 24', '10.0.3.0', [net(0x0a000300, 24)]],
    ['bitmap:ip,mac range 10.0.0.0/24', '10.0.0.1', [net(A, 32)]],
    ['bitmap:ip,mac range 10.0.0.0/24', '10.0.0.1,00:11:22:33:44:5A', [net(A, 32), { kind: 'mac', mac: '00:11:22:33:44:5a' }]],
    ['hash:mac', '00:11:22:33:44:55', [{ kind: 'mac', mac: '00:11:22:33:44:55' }]],
    ['hash:ip,mac', '10.0.0.1,00:11:22:33:44:55', [net(A, 32), { kind: 'mac', mac: '00:11:22:33:44:55' }]],
    ['hash:ip bitmask 255.0.255.0', '10.7.0.9', [net(0x0a000000, 32)]],
    ['hash:ip,port netmask 24', '10.0.0.1,tcp:80', [net(0x0a000000, 24), port(6, 80)]],
    ['hash:ip,mark', '10.0.0.1,0x12', [net(A, 32), { kind: 'mark', value: 0x12 }]],
    ['hash:ip,mark markmask 0xf', '10.0.0.1,0x12', [net(A, 32), { kind: 'mark', value: 2 }]],
    ['hash:net,net', '10.0.0.0/8,10.0.0.1', [net(0x0a000000, 8), net(A, 32)]],
    ['hash:net,port', '10.0.0.0/8,udplite:7', [net(0x0a000000, 8), port(136, 7)]],
    ['hash:net,port,net', '10.0.0.0/8,tcp:7,10.0.0.1', [net(0x0a000000, 8), port(6, 7), net(A, 32)]],
    ['hash:net,iface', '10.0.0.0/8,eth0', [net(0x0a000000, 8), { kind: 'iface', dev: 'eth0', wildcard: false, physdev: false }]],
    ['hash:net,iface', '0.0.0.0/0,physdev:eth0', [net(0, 0), { kind: 'iface', dev: 'eth0', wildcard: false, physdev: true }]],
    ['list:set size 8', 'OTHER', [{ kind: 'set', set: 'OTHER' }]],
  ])('reads %s %s', (type, element, parts) => {
    const { value, diagnostics } = parse(`create S ${type}`, `add S ${element}`);
    expect(diagnostics).toEqual([]);
    expect(value[0]?.members).toMatchObject([{ parts, nomatch: false, text: element, source: { line: 2 } }]);
  });

  it.each([
    ['hash:ip,port', '10.0.0.1'],
    ['hash:ip,port', '10.0.0.1,tcp:http'],
    ['hash:ip,port', '10.0.0.1,nosuch:1'],
    ['hash:ip,port', '10.0.0.1,icmp:toString'],
    ['bitmap:port', '70000'],
  ])('keeps what it cannot read of %s %s as an unknown part', (type, element) => {
    const { value, diagnostics } = parse(`create S ${type}`, `add S ${element}`);
    expect(value[0]?.members[0]?.parts.some((p) => p.kind === 'unknown')).toBe(true);
    expect(diagnostics).toMatchObject([{ code: 'bad-address', line: 2, text: element }]);
  });

  it('tells the flag nomatch from a comment that says it', () => {
    const { value } = parse('create S hash:net', 'add S 10.0.0.0/8 nomatch timeout 5', 'add S 11.0.0.0/8 comment "is nomatch here"');
    expect(value[0]?.members.map((m) => [m.nomatch, m.options])).toEqual([
      [true, 'timeout 5'],
      [false, 'comment "is nomatch here"'],
    ]);
  });

  it('reads what an option says about packets', () => {
    const { value } = parse(
      'create S hash:net,iface counters comment skbinfo',
      'add S 10.0.0.0/8,eth wildcard packets 3 bytes 180 comment "packets 9" skbmark 0x10/0xff skbprio 1:10 skbqueue 5',
      'add S 11.0.0.0/8,eth0 skbmark 0x10',
    );
    expect(value[0]?.params).toEqual({ counters: true, skbinfo: true });
    expect(value[0]?.members.map((m) => m.extensions)).toEqual([{ packets: 3, bytes: 180, skbmark: { value: 0x10, mask: 0xff } }, { skbmark: { value: 0x10, mask: 0xffffffff } }]);
    expect(value[0]?.members[0]?.parts[1]).toEqual({ kind: 'iface', dev: 'eth', wildcard: true, physdev: false });
  });

  // `ipset add` with a range, and what `ipset save` then shows.
  it.each([
    ['hash:net', '10.1.0.0-10.1.2.255', ['10.1.0.0/23', '10.1.2.0/24']],
    ['hash:ip', '10.0.0.20-10.0.0.22', ['10.0.0.20/31', '10.0.0.22']],
    ['hash:net,net', '10.0.0.1-10.0.0.2,10.9.0.0/16', ['10.0.0.1,10.9.0.0/16', '10.0.0.2,10.9.0.0/16']],
  ])('cuts the range of %s %s into prefixes', (type, element, texts) => {
    const { value, diagnostics } = parse(`create S ${type}`, `add S ${element} nomatch`);
    expect(diagnostics).toEqual([]);
    expect(value[0]?.members.map((m) => m.text)).toEqual(texts);
  });
});

describe('sets', () => {
  it.each([
    ['hash:port', 'hash:port family inet'],
    ['hash:net', 'hash:net family inet netmask 24'],
    ['hash:net,net', 'hash:net,net family inet bitmask 255.0.255.0'],
  ])('holds a set of %s as one of unknown type when it is %s', (text, created) => {
    const { value, diagnostics } = parse(`create S ${created}`, 'add S anything');
    expect(value).toMatchObject([{ type: 'unknown', typeText: text, members: [{ parts: [{ kind: 'unknown', text: 'anything' }] }] }]);
    expect(diagnostics.map((d) => d.code)).toEqual(['unknown-set-type']);
  });

  it('prints create and add lines with all their options', () => {
    const lines = ['create S hash:net family inet hashsize 1024 maxelem 65536 counters', 'add S 10.0.0.0/8 nomatch packets 0 bytes 0', 'add S 11.0.0.0/8 timeout 99 nomatch packets 3 bytes 99 comment "x nomatch y"', 'create T bitmap:port range 0-65535'];
    expect(printIpsetSave(parse(...lines).value)).toEqual(lines);
  });

  it('reads ipset list, whose first line is Name', () => {
    const { value } = parse('Name: S', 'Type: hash:ip,port', 'Revision: 6', 'Header: family inet hashsize 1024', 'References: 1', 'Members:', '10.0.0.1,tcp:80', '', 'Name: T', 'Type: bitmap:port', 'Header: range 0-65535', 'Members:', '80');
    expect(value.map((s) => [s.name, s.type, s.options, s.members.map((m) => m.text)])).toEqual([
      ['S', 'hash:ip,port', 'family inet hashsize 1024', ['10.0.0.1,tcp:80']],
      ['T', 'bitmap:port', 'range 0-65535', ['80']],
    ]);
  });

  it.each([
    ['add GONE 10.0.0.1', 'unknown-set', 'GONE'],
    ['add GONE', 'unknown-line', 'add GONE'],
    ['create S', 'unknown-line', 'create S'],
    ['destroy S', 'unknown-line', 'destroy S'],
  ])('reports %s', (line, code, text) => expect(parse(line).diagnostics).toMatchObject([{ code, text }]));

  it('takes the first of two sets with one name', () => {
    const { value, diagnostics } = parse('create S hash:ip', 'create S hash:net');
    expect(value.map((s) => s.typeText)).toEqual(['hash:ip']);
    expect(diagnostics).toMatchObject([{ code: 'duplicate-set', line: 2 }]);
  });
});

describe('printing and reading again', () => {
  const ip = fc.ipV4();
  const net = fc.tuple(ip, fc.integer({ min: 1, max: 32 })).map(([a, n]) => `${a}/${n}`);
  const number = fc.integer({ min: 0, max: 65535 });
  const port = fc.oneof(fc.tuple(fc.constantFrom('tcp', 'udp', 'sctp', 'udplite'), number).map(([p, n]) => `${p}:${n}`), fc.constantFrom('icmp:echo-request', 'icmp:99/1', 'gre:0', '200:0'));
  const mac = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 6, maxLength: 6 }).map((b) => b.map((n) => n.toString(16).padStart(2, '0')).join(':'));
  const mark = fc.integer({ min: 0, max: 0xffffffff }).map((n) => `0x${n.toString(16).padStart(8, '0')}`);
  const iface = fc.tuple(fc.constantFrom('', 'physdev:'), fc.stringMatching(/^[a-z][a-z0-9.]{0,14}$/)).map((w) => w.join(''));
  const dims: Readonly<Record<string, fc.Arbitrary<string>>> = { ip, net, port, mac, mark, iface };
  const options = fc.tuple(fc.constantFrom('', 'timeout 30'), fc.constantFrom('', 'nomatch'), fc.constantFrom('', 'packets 3 bytes 180'), fc.constantFrom('', 'comment "nomatch, a b"'), fc.constantFrom('', 'skbmark 0x10/0xff'));
  const types = ['hash:ip', 'hash:mac', 'hash:ip,mac', 'hash:net', 'hash:net,net', 'hash:ip,port', 'hash:net,port', 'hash:ip,port,ip', 'hash:ip,port,net', 'hash:ip,mark', 'hash:net,port,net', 'hash:net,iface'];

  it('gives the same text and the same sets', () => {
    const lines = fc.constantFrom(...types).chain((type) => {
      const element = fc.tuple(...type.slice(5).split(',').map((d) => dims[d] ?? fc.constant('?'))).map((parts) => parts.join(','));
      return fc.array(fc.tuple(element, options), { maxLength: 5 }).map((members) => [`create S ${type} family inet hashsize 1024 maxelem 65536`, ...members.map(([e, o]) => ['add S', e, ...o].filter((w) => w !== '').join(' '))]);
    });
    fc.assert(
      fc.property(lines, (text) => {
        const { value, diagnostics } = parse(...text);
        expect(diagnostics).toEqual([]);
        expect(printIpsetSave(value)).toEqual(text);
      }),
    );
  });

  it('never throws, whatever it is given', () => {
    const word = fc.oneof(fc.constantFrom('create', 'add', 'S', 'hash:net,iface', 'bitmap:ip', 'range', '10.0.0.0-9.0.0.0', '0.0.0.0-255.255.255.255', '1-2', 'netmask', '33', 'nomatch', '"', 'comment', 'Name:', 'Members:', ','), fc.string({ maxLength: 12 }));
    const line = fc.array(word, { maxLength: 7 }).map((w) => w.join(' '));
    fc.assert(fc.property(fc.array(line, { maxLength: 8 }), (lines) => void parse(...printIpsetSave(parse(...lines).value))));
  });
});
