import { describe, expect, it } from 'vitest';
import { printMatches, printTarget } from './iptablesPrint.ts';
import { parseRule } from './iptablesRule.ts';
import { tokenize } from './iptablesTokens.ts';

const read = (text: string) => parseRule(tokenize(text), 0);

/** What was given to iptables 1.8.9 and what iptables-save then printed; '' where it prints what it was given. */
const SAVED: readonly (readonly [string, string])[] = [
  ['-j MARK --set-mark 5', '-j MARK --set-xmark 0x5/0xffffffff'],
  ['-j MARK --and-mark 5', '-j MARK --set-xmark 0x0/0xfffffffa'],
  ['-j CONNMARK --set-mark 5', '-j CONNMARK --set-xmark 0x5/0xffffffff'],
  ['-j CONNMARK --set-mark 5/0xff', '-j CONNMARK --set-xmark 0x5/0xff'],
  ['-j CONNMARK --and-mark 5', '-j CONNMARK --set-xmark 0x0/0xfffffffa'],
  ['-j CONNMARK --or-mark 5', '-j CONNMARK --set-xmark 0x5/0x5'],
  ['-j CONNMARK --xor-mark 5', '-j CONNMARK --set-xmark 0x5/0x0'],
  ['-j CONNMARK --set-xmark 5/6', '-j CONNMARK --set-xmark 0x5/0x6'],
  ['-j CONNMARK --save-mark', '-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff'],
  ['-j CONNMARK --save-mark --mask 0xff', '-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff'],
  ['-j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xf0', ''],
  ['-j CONNMARK --set-xmark 5/6 --left-shift-mark 3', '-j CONNMARK --set-xmark 0x5/0x6 --left-shift-mark 3'],
  ['-j CONNMARK --save-mark --mask 0xff --right-shift-mark 3', '-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff --right-shift-mark 3'],
  ['-j QUEUE', ''],
  ['-j NFQUEUE', '-j NFQUEUE --queue-num 0'],
  ['-j NFQUEUE --queue-num 3 --queue-bypass', ''],
  ['-j NFQUEUE --queue-balance 1:4 --queue-bypass --queue-cpu-fanout', ''],
  ['-j LOG --log-level warning', '-j LOG'],
  ['-j LOG --log-prefix "a b" --log-level info --log-tcp-sequence --log-tcp-options --log-ip-options --log-uid --log-macdecode', '-j LOG --log-prefix "a b" --log-level 6 --log-tcp-sequence --log-tcp-options --log-ip-options --log-uid --log-macdecode'],
  ['-j NFLOG', ''],
  ['-j NFLOG --nflog-group 5 --nflog-prefix "x y" --nflog-threshold 3 --nflog-size 44', '-j NFLOG --nflog-prefix "x y" --nflog-group 5 --nflog-size 44 --nflog-threshold 3'],
  ['-j TRACE', ''],
  ['-j TTL --ttl-set 5', ''],
  ['-j TTL --ttl-inc 5', ''],
  ['-j TTL --ttl-dec 5', ''],
  ['-j DSCP --set-dscp 10', '-j DSCP --set-dscp 0x0a'],
  ['-j DSCP --set-dscp-class EF', '-j DSCP --set-dscp 0x2e'],
  ['-j DSCP --set-dscp-class AF41', '-j DSCP --set-dscp 0x22'],
  ['-j DSCP --set-dscp-class CS6', '-j DSCP --set-dscp 0x30'],
  ['-j TOS --set-tos 0x10', '-j TOS --set-tos 0x10/0xff'],
  ['-j TOS --set-tos Minimize-Delay', '-j TOS --set-tos 0x10/0x3f'],
  ['-j TOS --and-tos 0x10', '-j TOS --set-tos 0x00/0xef'],
  ['-j TOS --or-tos 0x10', '-j TOS --set-tos 0x10/0x10'],
  ['-j TOS --xor-tos 0x10', '-j TOS --set-tos 0x10/0x00'],
  ['-j ECN --ecn-tcp-remove', ''],
  ['-j TCPMSS --set-mss 1200', ''],
  ['-j TCPMSS --clamp-mss-to-pmtu', ''],
  ['-j CHECKSUM --checksum-fill', ''],
  ['-j CLASSIFY --set-class 1:10', '-j CLASSIFY --set-class 0001:0010'],
  ['-j SET --add-set S src', ''],
  ['-j SET --add-set S src --timeout 0 --exist', '-j SET --add-set S src --exist --timeout 0'],
  ['-j SET --add-set S src,dst --del-set S dst,src', ''],
  ['-j SET --map-set S src --map-mark', ''],
  ['-j REJECT', '-j REJECT --reject-with icmp-port-unreachable'],
  ['-j REJECT --reject-with tcp-rst', '-j REJECT --reject-with tcp-reset'],
  ['-j REJECT --reject-with icmp-net-unreachable', ''],
  ['-j REJECT --reject-with admin-prohib', '-j REJECT --reject-with icmp-admin-prohibited'],
];

describe('a target is printed as iptables-save prints it', () => {
  it.each(SAVED)('%s', (given, saved) => {
    const { target, problems } = read(given);
    expect(problems).toEqual([]);
    const printed = printTarget(target);
    expect(printed).toBe(saved === '' ? given : saved);
    expect(read(printed).target).toEqual(target);
  });
});

describe('a target that we do not understand is kept by name', () => {
  it.each([
    '-j TTL --ttl-set 256',
    '-j TTL',
    '-j DSCP --set-dscp 64',
    '-j DSCP --set-dscp-class AF50',
    '-j TOS --set-tos 0x100',
    '-j TCPMSS --set-mss 1 --clamp-mss-to-pmtu',
    '-j CONNMARK --save-mark --restore-mark',
    '-j CONNMARK',
    '-j NFQUEUE --queue-num 1 --queue-num 2',
    '-j NFQUEUE --queue-num',
    '-j LOG --log-level toString',
    '-j SET --exist',
    '-j SET --add-set S sideways',
    '-j CLASSIFY --set-class 12345:1',
    '-j ECN',
    '-j TEE --gateway 10.0.0.1',
    '-j AUDIT --type accept',
  ])('%s', (text) => {
    const { target, problems } = read(text);
    expect(target).toEqual({ kind: 'unknown', name: text.split(' ')[1], text });
    expect(problems).toEqual([{ code: 'unknown-target', text }]);
    expect(printTarget(target)).toBe(text);
  });
});

describe('a set match is printed as iptables-save prints it', () => {
  it.each([
    '-m set --match-set S src',
    '-m set --match-set S src ! --update-counters ! --update-subcounters',
    '-m set --match-set S src --return-nomatch --packets-gt 5',
    '-m set --match-set S src --packets-lt 5 ! --bytes-eq 3',
    '-m set --match-set S src --packets-eq 5 --bytes-gt 3',
    '-m set ! --match-set S src,dst --bytes-lt 0',
  ])('%s', (text) => {
    const { matches, problems } = read(text);
    expect(problems).toEqual([]);
    expect(matches.length).toBe(1);
    expect(printMatches(matches)).toBe(text);
  });
});
