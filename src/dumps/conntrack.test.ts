import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBundle } from './bundle.ts';
import { parseConntrack, printConntrack } from './conntrack.ts';
import { dumpText } from './print.ts';

const read = (...lines: readonly string[]) => parseConntrack({ input: 'x', firstLine: 1, lines });

describe('conntrack -L', () => {
  it.each([
    ['tcp      6 599 SYN_SENT src=1.1.1.1 dst=2.2.2.2 sport=2 dport=2 [UNREPLIED] src=2.2.2.2 dst=1.1.1.1 sport=2 dport=2 mark=0 zone=7 use=1', { proto: 6, timeout: 599, state: 'SYN_SENT', seenReply: false, assured: false, zone: 7, orig: { src: 0x01010101, dst: 0x02020202, sport: 2, dport: 2 } }],
    ['tcp      6 431999 ESTABLISHED src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2 src=3.3.3.3 dst=1.1.1.1 sport=2 dport=1 [ASSURED] mark=5 use=1', { state: 'ESTABLISHED', seenReply: true, assured: true, mark: 5, reply: { src: 0x03030303, dst: 0x01010101, sport: 2, dport: 1 } }],
    ['udp      17 29 src=1.1.1.1 dst=2.2.2.2 sport=2 dport=2 zone-orig=7 [UNREPLIED] src=2.2.2.2 dst=1.1.1.1 sport=2 dport=2 mark=0 use=1', { zone: 0, orig: { src: 0x01010101, dst: 0x02020202, sport: 2, dport: 2, zone: 7 } }],
    ['udp      17 29 src=1.1.1.1 dst=2.2.2.2 sport=2 dport=2 [UNREPLIED] src=2.2.2.2 dst=1.1.1.1 sport=2 dport=2 zone-reply=8 mark=0 use=1', { reply: { src: 0x02020202, dst: 0x01010101, sport: 2, dport: 2, zone: 8 } }],
    ['icmp     1 599 src=1.1.1.1 dst=2.2.2.2 type=8 code=0 id=77 [UNREPLIED] src=2.2.2.2 dst=1.1.1.1 type=0 code=0 id=77 mark=0 use=1', { proto: 1, orig: { src: 0x01010101, dst: 0x02020202, icmp: { type: 8, code: 0, id: 77 } } }],
    ['unknown  99 599 src=1.1.1.1 dst=2.2.2.2 [UNREPLIED] src=2.2.2.2 dst=1.1.1.1 mark=0 use=1', { proto: 99, state: undefined, orig: { src: 0x01010101, dst: 0x02020202 } }],
    ['gre      47 599 src=1.1.1.1 dst=2.2.2.2 srckey=0x0 dstkey=0x0 [UNREPLIED] src=2.2.2.2 dst=1.1.1.1 srckey=0x0 dstkey=0x0 mark=0 use=1', { proto: 47 }],
    ['sctp     132 599 ESTABLISHED src=1.1.1.1 dst=2.2.2.2 sport=4 dport=2 [UNREPLIED] src=2.2.2.2 dst=1.1.1.1 sport=2 dport=4 mark=0 use=1', { proto: 132, state: 'ESTABLISHED' }],
    ['udp      17 29 src=1.1.1.1 dst=2.2.2.2 sport=2 dport=2 packets=1 bytes=28 [UNREPLIED] src=2.2.2.2 dst=1.1.1.1 sport=2 dport=2 packets=0 bytes=0 mark=0 secctx=null use=1', { orig: { src: 0x01010101, dst: 0x02020202, sport: 2, dport: 2, extra: ['packets=1', 'bytes=28'] } }],
    ['tcp      6 src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2 src=2.2.2.2 dst=1.1.1.1 sport=2 dport=1 [OFFLOAD] mark=0 use=2', { timeout: undefined, extra: ['[OFFLOAD]', 'use=2'] }],
  ])('reads %s and prints it again', (line, entry) => {
    const { value, diagnostics } = read(line);
    expect(diagnostics).toEqual([]);
    expect(value).toMatchObject([entry]);
    expect(printConntrack(value, false)).toEqual([line]);
    const extended = `ipv4     2 ${line}`;
    expect(printConntrack(read(extended).value, true)).toEqual([extended]);
  });

  it('reads /proc/net/nf_conntrack, where the zone is always said', () =>
    expect(read('ipv4     2 udp      17 29 src=1.1.1.1 dst=2.2.2.2 sport=2 dport=2 src=2.2.2.2 dst=1.1.1.1 sport=2 dport=2 [ASSURED] mark=3 zone=0 use=2').value).toMatchObject([{ zone: 0, mark: 3, assured: true }]));

  it('passes over the tool’s remark and IPv6', () => {
    const { value, diagnostics } = read('conntrack v1.4.7 (conntrack-tools): 9 flow entries have been shown.', 'ipv6     10 udp      17 29 src=fd00::1 dst=fd00::2 sport=2 dport=2 src=fd00::2 dst=fd00::1 sport=2 dport=2 mark=0 use=1', 'udp      17 29 src=fd00::1 dst=fd00::2 sport=2 dport=2 src=fd00::2 dst=fd00::1 sport=2 dport=2 mark=0 use=1');
    expect(value).toEqual([]);
    expect(diagnostics.map((d) => d.code)).toEqual(['ipv6-skipped']);
  });

  it.each(['hello', 'tcp 6', 'tcp      6 5 ESTABLISHED src=1.1.1.1 dst=2.2.2.2 sport=1 dport=2 mark=0', 'icmp     1 29 src=1.1.1.1 dst=2.2.2.2 src=2.2.2.2 dst=1.1.1.1 mark=0', 'udp      17 29 src=1.1.1 dst=2.2.2.2 src=2.2.2.2 dst=1.1.1.1 mark=0'])('reports %s', (line) =>
    expect(read(line)).toMatchObject({ value: [], diagnostics: [{ code: 'unknown-line' }] }),
  );

  const ip = fc.integer({ min: 0, max: 0xffffffff });
  const port = fc.integer({ min: 0, max: 65_535 });
  const tuple = fc.record({ src: ip, dst: ip, sport: port, dport: port });
  it('prints what it reads, whatever the entry', () =>
    fc.assert(
      fc.property(tuple, tuple, fc.boolean(), fc.boolean(), ip, port, fc.option(fc.constantFrom('SYN_SENT', 'ESTABLISHED', 'TIME_WAIT'), { nil: undefined }), (orig, reply, seenReply, assured, mark, zone, state) => {
        const entry = { proto: 6, timeout: 5, state, orig, reply, seenReply, assured, mark, zone, source: { input: 'x', line: 1 } };
        expect(read(...printConntrack([entry], false)).value).toEqual([entry]);
      }),
    ));
});

describe('a bundle with connections', () => {
  const line = 'udp      17 29 src=1.1.1.1 dst=2.2.2.2 sport=2 dport=2 [UNREPLIED] src=2.2.2.2 dst=1.1.1.1 sport=2 dport=2 mark=0 use=1';
  it.each([
    ['behind its prompt', { 'n1/a.txt': `$ conntrack -L\n${line}` }, null],
    ['known by its content', { 'n1/a.txt': line }, null],
    ['known by its file', { 'n1/conntrack-L': `conntrack v1.4.7 (conntrack-tools): 1 flow entries have been shown.\n${line}` }, null],
    ['from /proc', { 'n1/a.txt': `$ cat /proc/net/nf_conntrack\nipv4     2 ${line.replace('use', 'zone=0 use')}` }, null],
    ['in a namespace', { 'n1/netns/p/a.txt': `$ conntrack -L -o extended\nipv4     2 ${line}` }, 'p'],
  ])('keeps them: %s', (_, files, netns) => {
    const { world, diagnostics } = parseBundle(files);
    expect(diagnostics.map((d) => d.code)).toEqual([]);
    expect(dumpText(world, 'n1', netns, 'conntrack -L')).toBe(`${line}\n`);
    expect(dumpText(world, 'n1', netns, 'conntrack -L -o extended')).toBe(`ipv4     2 ${line}\n`);
  });
});
