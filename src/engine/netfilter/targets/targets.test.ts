import { describe, expect, it } from 'vitest';
import { PROTO_TCP, PROTO_UDP } from '../../../packet/packet.ts';
import { pairWorld } from '../../../testing/pair.ts';
import { at, ip } from '../../../testing/sample.ts';
import type { Probe } from '../../probe.ts';
import { trace } from '../../trace.ts';

const tcp: Probe = { from: at('a'), dst: ip('10.0.0.2'), proto: PROTO_TCP, sport: 40000, dport: 80, tos: 0x10 };
const mangle = (...rules: readonly string[]): string => `*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT`;

/** The request's headers and mark after the mangle PREROUTING rules of b. */
function after(...rules: readonly string[]) {
  const steps = trace(pairWorld(mangle(...rules.map((r) => `-A PREROUTING ${r}`))), tcp).steps;
  const step = steps.find((s) => s.kind === 'table' && s.host === 'b' && s.hook === 'PREROUTING');
  const [header, l4] = step?.packet ?? [];
  if (header?.type !== 'ipv4' || l4?.type !== 'tcp') throw new Error('no packet');
  return { ttl: header.ttl, tos: header.tos, mss: l4.mss, optionBytes: l4.optionBytes, mark: step?.mark };
}

describe('header targets', () => {
  it.each`
    rule                                 | change
    ${'-j TTL --ttl-set 5'}              | ${{ ttl: 5 }}
    ${'-j TTL --ttl-inc 5'}              | ${{ ttl: 69 }}
    ${'-j TTL --ttl-inc 255'}            | ${{ ttl: 255 }}
    ${'-j TTL --ttl-dec 5'}              | ${{ ttl: 59 }}
    ${'-j TTL --ttl-dec 65'}             | ${{ ttl: 0 }}
    ${'-j DSCP --set-dscp 0x2e'}         | ${{ tos: 0xb8 }}
    ${'-j TOS --set-tos 0x10/0xff'}      | ${{ tos: 0x10 }}
    ${'-j TOS --set-tos 0x08/0x1c'}      | ${{ tos: 0x08 }}
    ${'-j TOS --set-tos 0x40/0x00'}      | ${{ tos: 0x50 }}
    ${'-j ECN --ecn-tcp-remove'}         | ${{ tos: 0x10 }}
    ${'-j ECN --ecn-ip-ect 1'}           | ${{ tos: 0x11 }}
    ${'-j TCPMSS --set-mss 1200'}        | ${{ mss: 1200 }}
    ${'-j TCPMSS --set-mss 9000'}        | ${{ mss: 1460 }}
    ${'-j CHECKSUM --checksum-fill'}     | ${{}}
    ${'-j CLASSIFY --set-class 1:2'}     | ${{}}
    ${'-j MARK --set-xmark 0x5/0xff'}    | ${{ mark: 5 }}
  `('$rule', ({ rule, change }) => {
    expect(after(rule)).toEqual({ ttl: 64, tos: 0x10, mss: 1460, optionBytes: 20, mark: 0, ...change });
  });
});

describe('CONNMARK', () => {
  it.each`
    rules                                                                                                                                            | mark
    ${['-j CONNMARK --set-xmark 0x7/0xffffffff', '-j CONNMARK --restore-mark']}                                                                      | ${7}
    ${['-j MARK --set-xmark 0x1234/0xffffffff', '-j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff', '-j CONNMARK --restore-mark']}                | ${0x34}
    ${['-j CONNMARK --set-xmark 0xff/0xffffffff', '-j MARK --set-xmark 0xf00/0xffffffff', '-j CONNMARK --restore-mark --nfmask 0xf --ctmask 0xf0']} | ${0xff0}
    ${['-j CONNMARK --set-xmark 0x1/0xffffffff', '-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff --left-shift-mark 4']}          | ${0x10}
  `('$rules: $mark', ({ rules, mark }) => {
    expect(after(...rules).mark).toBe(mark);
  });

  it('does nothing to a packet without a connection', () => {
    const t = trace(pairWorld(`*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j CT --notrack\nCOMMIT\n${mangle('-A PREROUTING -j CONNMARK --set-xmark 0x7/0xffffffff', '-A PREROUTING -j CONNMARK --restore-mark')}`), tcp);
    expect(t.steps.find((s) => s.kind === 'table' && s.host === 'b' && s.table === 'mangle')?.mark).toBe(0);
  });
});

describe('queues', () => {
  const verdict = (rule: string, choices = {}) => trace(pairWorld(mangle(`-A PREROUTING ${rule}`)), tcp, choices).outcomes[0]?.request.verdict;

  it.each`
    rule                                            | expected
    ${'-j QUEUE'}                                   | ${'dropped'}
    ${'-j NFQUEUE --queue-num 3'}                   | ${'dropped'}
    ${'-j NFQUEUE --queue-num 3 --queue-bypass'}    | ${'delivered'}
  `('$rule, nobody listens: $expected', ({ rule, expected }) => {
    expect(verdict(rule)).toBe(expected);
  });

  it('of which somebody takes are unknown', () => expect(verdict('-j NFQUEUE --queue-num 3 --queue-bypass', { 'b/queue': 1 })).toBe('unknown'));
});

describe('REJECT', () => {
  const answers = (rule: string, probe: Probe = tcp) => {
    const t = trace(pairWorld(`*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT ${rule}\nCOMMIT`), probe);
    return t.steps.flatMap((s) => (s.kind === 'send' && s.host === 'b' ? [s] : []));
  };

  it('resets with TOS 0 whatever the TOS of the segment', () => {
    expect(answers('-p tcp -j REJECT --reject-with tcp-reset')).toMatchObject([{ what: 'reset', packet: [{ tos: 0, df: true, ttl: 64 }, { sport: 80, dport: 40000, flags: 0x14, optionBytes: 0 }] }]);
  });

  it.each`
    kind                        | code
    ${'icmp-net-unreachable'}   | ${0}
    ${'icmp-host-unreachable'}  | ${1}
    ${'icmp-proto-unreachable'} | ${2}
    ${'icmp-port-unreachable'}  | ${3}
    ${'icmp-net-prohibited'}    | ${9}
    ${'icmp-host-prohibited'}   | ${10}
    ${'icmp-admin-prohibited'}  | ${13}
  `('$kind is destination unreachable, code $code', ({ kind, code }) => {
    expect(answers(`-j REJECT --reject-with ${kind}`)).toMatchObject([{ what: 'icmp-error', packet: [{ src: ip('10.0.0.2'), tos: 0xd0 }, { icmptype: 3, code }] }]);
  });

  it('does not answer what was sent to all', () => {
    expect(answers('-p udp -j REJECT', { ...tcp, dst: ip('10.0.0.255'), proto: PROTO_UDP })).toEqual([]);
  });
});
