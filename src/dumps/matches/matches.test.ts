import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Match } from '../../world/netfilter.ts';
import { printMatches } from '../iptablesPrint.ts';
import { parseRule } from '../iptablesRule.ts';
import { tokenize } from '../iptablesTokens.ts';

const read = (text: string) => parseRule(tokenize(text), 0);

/** As iptables-save 1.8.9 prints them, legacy and nft alike. */
const SAVED: readonly (readonly [string, readonly object[]])[] = [
  ['-m tcp --tcp-option 8', [{ kind: 'tcp-option', option: 8, negate: false }]],
  ['-m tcp --sport 1:65535 ! --dport 0:80 ! --tcp-option 8 --tcp-flags SYN,ACK SYN', [{ kind: 'sport' }, { kind: 'dport', negate: true }, { kind: 'tcp-option', negate: true }, { kind: 'tcp-flags' }]],
  ['-m sctp --sport 1:2 --chunk-types any DATA:Be,INIT', [{ kind: 'sport', proto: 132 }, { kind: 'sctp-chunks', how: 'any', chunks: [{ type: 0, flags: 'Be' }, { type: 1 }], negate: false }]],
  ['-m sctp ! --chunk-types all INIT_ACK', [{ kind: 'sctp-chunks', how: 'all', chunks: [{ type: 2 }], negate: true }]],
  ['-m sctp --chunk-types only ALL', [{ kind: 'sctp-chunks', how: 'only', chunks: 'ALL' }]],
  ['-m limit --limit 5/min --limit-burst 3', [{ kind: 'limit', everySec: 12, burst: 3 }]],
  ['-m limit --limit 10/sec', [{ kind: 'limit', everySec: 0.1, burst: 5 }]],
  ['-m hashlimit --hashlimit-upto 5/min --hashlimit-burst 2 --hashlimit-mode srcip,dstport --hashlimit-name foo --hashlimit-srcmask 24', [{ kind: 'hashlimit', above: false, rate: { everySec: 12 }, burst: 2, by: ['srcip', 'dstport'], srcMask: 24, dstMask: 32, name: 'foo' }]],
  ['-m hashlimit --hashlimit-above 512kb/s --hashlimit-mode srcip --hashlimit-name foo2 --hashlimit-htable-expire 1000', [{ kind: 'hashlimit', above: true, rate: { bytesPerSec: 524_288 }, by: ['srcip'] }]],
  ['-m hashlimit --hashlimit-above 1mb/s --hashlimit-burst 2mb --hashlimit-mode srcip --hashlimit-name foo4', [{ kind: 'hashlimit', burst: 2_097_152 }]],
  ['-m connlimit --connlimit-above 2 --connlimit-mask 32 --connlimit-saddr', [{ kind: 'connlimit', limit: 2, above: true, mask: 32, side: 'src' }]],
  ['-m connlimit --connlimit-upto 2 --connlimit-mask 24 --connlimit-daddr', [{ kind: 'connlimit', above: false, mask: 24, side: 'dst' }]],
  ['-m statistic --mode nth ! --every 3 --packet 1', [{ kind: 'statistic-nth', every: 3, packet: 1, negate: true }]],
  ['-m statistic --mode random ! --probability 0.29999999981', [{ kind: 'statistic-random', negate: true }]],
  ['-m recent --set --name a --mask 255.255.255.255 --rsource', [{ kind: 'recent', op: 'set', name: 'a', side: 'src', negate: false, hitcount: 0 }]],
  ['-m recent ! --rcheck --seconds 60 --hitcount 2 --rttl --name a --mask 255.255.255.0 --rdest', [{ kind: 'recent', op: 'rcheck', negate: true, seconds: 60, hitcount: 2, rttl: true, mask: 0xffffff00, side: 'dst' }]],
  ['-m physdev ! --physdev-in veth1 --physdev-out veth+ --physdev-is-bridged', [{ kind: 'physdev', in: { dev: 'veth1', negate: true }, out: { dev: 'veth+', negate: false }, isBridged: true, isIn: undefined }]],
  ['-m physdev --physdev-is-in ! --physdev-is-out', [{ kind: 'physdev', isIn: true, isOut: false }]],
  ['-m pkttype ! --pkt-type unicast', [{ kind: 'pkttype', type: 'unicast', negate: true }]],
  ['-m mac ! --mac-source 00:11:22:33:44:aa', [{ kind: 'mac', mac: '00:11:22:33:44:aa', negate: true }]],
  ['-m iprange ! --src-range 10.0.0.1-10.0.0.1 --dst-range 10.0.0.1-10.0.0.5', [{ kind: 'iprange', src: { from: 0x0a000001, to: 0x0a000001, negate: true }, dst: { to: 0x0a000005, negate: false } }]],
  ['-m length ! --length 60:65535', [{ kind: 'length', bytes: { from: 60, to: 65535 }, negate: true }]],
  ['-m ttl ! --ttl-eq 63', [{ kind: 'ttl', op: 'ne', ttl: 63 }]],
  ['-m ttl --ttl-gt 63', [{ kind: 'ttl', op: 'gt' }]],
  ['-m dscp ! --dscp 0x2e', [{ kind: 'dscp', dscp: 46, negate: true }]],
  ['-m tos --tos 0x10/0xff', [{ kind: 'tos', value: 16, mask: 255, negate: false }]],
  ['-m ecn ! --ecn-tcp-ece --ecn-ip-ect 2', [{ kind: 'ecn', ece: false, cwr: undefined, ect: { value: 2, negate: false } }]],
  ['-m tcpmss --mss 1400:1460', [{ kind: 'tcpmss', mss: { from: 1400, to: 1460 } }]],
  ['-m owner --uid-owner 1000-2000 ! --gid-owner 5 --suppl-groups', [{ kind: 'owner', uid: { from: 1000, to: 2000, negate: false }, gid: { from: 5, negate: true }, exists: undefined }]],
  ['-m owner ! --socket-exists', [{ kind: 'owner', exists: false }]],
  ['-m rpfilter', [{ kind: 'rpfilter', loose: false, invert: false }]],
  ['-m rpfilter --loose --validmark --accept-local --invert', [{ kind: 'rpfilter', loose: true, validmark: true, acceptLocal: true, invert: true }]],
  ['-m socket', [{ kind: 'socket', transparent: false }]],
  ['-m socket --transparent --nowildcard', [{ kind: 'socket', transparent: true, nowildcard: true }]],
  ['-m realm ! --realm 0x10/0xff', [{ kind: 'realm', value: 16, mask: 255, negate: true }]],
  ['-m nfacct --nfacct-name foo', [{ kind: 'nfacct', name: 'foo' }]],
  ['-m quota --quota 100', [{ kind: 'quota', bytes: 100 }]],
  ['-m ipvs --vproto 6 --vaddr 10.0.0.0/8 --vport 80 --vdir ORIGINAL --vmethod GATE --vportctl 21', [{ kind: 'ipvs', proto: { proto: 6 }, vaddr: { net: { ip: 0x0a000000, prefixLen: 8 } }, vport: { port: 80 }, dir: { dir: 'ORIGINAL' }, method: { method: 'GATE' }, vportctl: { port: 21 } }]],
  ['-m ipvs ! --ipvs', [{ kind: 'ipvs', ipvs: false }]],
  ['-m socket -m rpfilter -m ttl --ttl-eq 1', [{ kind: 'socket' }, { kind: 'rpfilter' }, { kind: 'ttl' }]],
];

describe('what iptables-save prints', () => {
  it.each(SAVED)('%s', (text, matches) => {
    const rule = read(`${text} -j ACCEPT`);
    expect(rule.matches).toMatchObject(matches);
    expect(rule.target).toEqual({ kind: 'accept' });
    expect(rule.problems).toEqual([]);
    expect(printMatches(rule.matches)).toBe(text);
  });
});

describe('what people write', () => {
  it.each<[string, string]>([
    ['-p tcp -m conntrack --ctstate NEW --dport 22', '-p tcp -m conntrack --ctstate NEW -m tcp --dport 22'],
    ['-p udp -m socket ! --sport 5', '-p udp -m socket -m udp ! --sport 5'],
    ['-m ttl ! --ttl 3', '-m ttl ! --ttl-eq 3'],
    ['-m ttl --ttl-eq ! 3', '-m ttl ! --ttl-eq 3'],
    ['-m tos --tos Minimize-Delay', '-m tos --tos 0x10/0x3f'],
    ['-m tos --tos 16', '-m tos --tos 0x10/0xff'],
    ['-m dscp --dscp-class af31', '-m dscp --dscp 0x1a'],
    ['-m dscp --dscp-class CS6', '-m dscp --dscp 0x30'],
    ['-m hashlimit ! --hashlimit 5/m --hashlimit-name a', '-m hashlimit --hashlimit-above 5/min --hashlimit-burst 5 --hashlimit-name a'],
    ['-m connlimit ! --connlimit-above 2', '-m connlimit --connlimit-upto 2 --connlimit-mask 32 --connlimit-saddr'],
    ['-m recent --remove', '-m recent --remove --name DEFAULT --mask 255.255.255.255 --rsource'],
    ['-m limit', '-m limit --limit 3/hour'],
    ['-m limit --limit 2/m', '-m limit --limit 2/minute'],
    ['-m length --length :100', '-m length --length 0:100'],
    ['-m pkttype --pkt-type host', '-m pkttype --pkt-type unicast'],
    ['-m iprange --src-range 10.0.0.1', '-m iprange --src-range 10.0.0.1-10.0.0.1'],
  ])('%s means %s', (written, saved) => {
    const plain = (matches: readonly Match[]) => matches.map((m) => ({ ...m, text: '' }));
    expect(plain(read(written).matches)).toEqual(plain(read(saved).matches));
    expect(read(written).problems).toEqual([]);
  });

  it.each([
    '-m ttl --ttl-eq 300',
    '-m ttl --ttl-eq 1 --ttl-lt 2',
    '-m ttl ! --ttl-gt 3',
    '-m dscp --dscp 0x40',
    '-m length --length 5:4',
    '-m ecn --ecn-ip-ect 4',
    '-m iprange --src-range 10.0.0.1-10.0.0.x',
    '-m owner --uid-owner root',
    '-m recent --name a',
    '-m recent --set --remove',
    '-m hashlimit --hashlimit-upto 5/min',
    '-m hashlimit --hashlimit-upto 5/sec --hashlimit-name foo5 --hashlimit-rate-match --hashlimit-rate-interval 2',
    '-m connlimit --connlimit-mask 24',
    '-m statistic --mode nth',
    '-m physdev',
    '-m ipvs --vdir BACK',
    '-m sctp --chunk-types any constructor',
    '-m tcp --tcp-option 0',
    '-m limit --limit 0/sec',
    '-m mac --mac-source 00:11:22:33:44',
    '-m pkttype --pkt-type otherhost',
  ])('%s is unknown, and said to be', (text) => {
    const rule = read(`${text} -j DROP`);
    expect(rule.matches.some((m) => m.kind === 'unknown') || rule.matches.length === 0).toBe(true);
    expect(rule.target).toEqual({ kind: 'drop' });
  });
});

it('reads any words without throwing, and prints what it understood as it read it', () => {
  const word = fc.oneof(fc.constantFrom('-m', '!', ...SAVED.flatMap(([text]) => text.split(' '))), fc.string({ maxLength: 6 }).filter((w) => !/[\s"\\]/.test(w) && w !== ''));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 14 }), (words) => {
      const once = read(words.join(' '));
      if (once.problems.length > 0) return;
      const printed = printMatches(once.matches);
      expect(printMatches(read(printed).matches)).toBe(printed);
    }),
    { numRuns: 500 },
  );
});
