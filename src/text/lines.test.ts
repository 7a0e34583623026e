import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseBundle } from '../dumps/bundle.ts';
import type { Probe } from '../engine/probe.ts';
import { trace } from '../engine/trace.ts';
import { parseIp4 } from '../packet/address.ts';
import { type Packet, PROTO_ICMP, PROTO_TCP, PROTO_UDP, TCP_ACK, TCP_PSH, TCP_RST, TCP_SYN } from '../packet/packet.ts';
import { readFolder } from '../scenarios/files.node.ts';
import { errorText, flagsText, outcomeLines, packetText, traceLines } from './lines.ts';

const files = readFolder(fileURLToPath(new URL('../scenarios/ipvs-metallb/cluster', import.meta.url)));
const { world } = parseBundle(files);
const ip = (text: string): number => parseIp4(text) ?? Number.NaN;
const ping: Probe = { from: { kind: 'netns', host: 'cy01-ceph142', netns: 'dbg-pod142' }, dst: ip('10.233.125.24'), proto: PROTO_ICMP };
const vip: Probe = { from: { kind: 'netns', host: 'client', netns: null }, dst: ip('172.19.100.2'), proto: PROTO_TCP, dport: 80 };

const mine = (probe: Probe, host: string, dev: string): readonly string[] =>
  traceLines(trace(world, probe), { ids: false }).filter((line) => line.trim().startsWith(`request ${host}`) && line.includes(`/${dev} `));

it('tells the way of a ping into the tunnel as a story', () => {
  expect(mine(ping, 'cy01-ceph142', 'ens5')).toEqual([
    'request cy01-ceph142/ens5 POSTROUTING mangle in tunl0 out ens5: accept',
    '  request cy01-ceph142/ens5 policy mangle POSTROUTING ACCEPT',
    'request cy01-ceph142/ens5 POSTROUTING nat in tunl0 out ens5: accept',
    '  request cy01-ceph142/ens5 rule nat POSTROUTING 1 -> KUBE-POSTROUTING',
    '  request cy01-ceph142/ens5 rule nat KUBE-POSTROUTING 1 no: -m set --match-set KUBE-LOOP-BACK dst,dst,src (saw 10.10.4.143,ipencap:0,10.10.4.142)',
    '  request cy01-ceph142/ens5 rule nat KUBE-POSTROUTING 2 -> RETURN',
    '  request cy01-ceph142/ens5 policy nat POSTROUTING ACCEPT',
    'request cy01-ceph142/ens5 conntrack confirm original NEW #1',
    'request cy01-ceph142/ens5 neighbour 10.10.4.143 lladdr 02:42:0a:0a:04:8f by entry',
    'request cy01-ceph142/ens5 out 10.10.4.142 > 10.10.4.143 ttl 63 DF | 10.233.98.50 > 10.233.125.24 icmp 8/0 id 4660 ttl 63 DF length 118 to cy01-ceph143/ens5',
  ]);
});

it('shows what a rule did to the mark, what IPVS picked and which address MASQUERADE took', () => {
  const lines = traceLines(trace(world, vip), { ids: false }).map((l) => l.trim());
  expect(lines).toContain('request cy01-ceph142/ens4 rule nat KUBE-MARK-MASQ 1 -> MARK mark 0x0 > 0x4000');
  expect(lines).toContain('request cy01-ceph142/ens4 ipvs schedule TCP 172.19.100.2:80 rr -> 10.233.125.24:80');
  expect(lines.some((l) => /nat src 10\.10\.6\.91:41068 > 10\.233\.98\.0:\d+ by rule address of tunl0$/.test(l))).toBe(true);
});

it('puts the number of the step in front, aligned, one line a step', () => {
  const traced = trace(world, ping);
  const lines = traceLines(traced);
  expect(lines).toHaveLength(traced.steps.length);
  expect(lines.map((l) => Number.parseInt(l, 10))).toEqual(traced.steps.map((s) => s.id));
  expect(new Set(lines.map((l) => /^ *\d+ /.exec(l)?.[0].length)).size).toBe(1);
  expect(lines.every((l) => l === l.trimEnd() && !l.includes('\n') && !l.includes('undefined'))).toBe(true);
});

it('sums up a connection in three lines', () => {
  const [outcome] = trace(world, { ...vip, dport: 81 }).outcomes;
  expect(outcome && outcomeLines(outcome)).toEqual([
    'request rejected at cy01-ceph142/ens4: 10.10.6.91:41068 > 172.19.100.2:81 tcp SYN ttl 63 DF (reset from 172.19.100.2)',
    'reply none',
    'client refused',
  ]);
});

describe('packetText', () => {
  const header = { type: 'ipv4', src: ip('10.0.0.1'), dst: ip('10.0.0.2'), ttl: 64, tos: 0, df: false, mf: false, offset: 0 } as const;
  it.each`
    packet                                                                                                                                  | text
    ${[{ ...header, proto: PROTO_UDP, mf: true }, { type: 'udp', sport: 1, dport: 53 }]}                                                    | ${'10.0.0.1:1 > 10.0.0.2:53 udp ttl 64 fragment 0+'}
    ${[{ ...header, proto: PROTO_UDP, offset: 1480 }, { type: 'fragment', proto: PROTO_UDP, bytes: 20 }]}                                   | ${'10.0.0.1 > 10.0.0.2 udp ttl 64 fragment 1480'}
    ${[{ ...header, proto: PROTO_ICMP }, { type: 'icmp', icmptype: 3, code: 4, mtu: 1480 }]}                                                | ${'10.0.0.1 > 10.0.0.2 icmp 3/4 mtu 1480 ttl 64'}
    ${[{ ...header, proto: 47 }, { type: 'raw', proto: 47, bytes: 9 }]}                                                                     | ${'10.0.0.1 > 10.0.0.2 gre ttl 64'}
    ${[{ type: 'arp', op: 'request', spa: header.src, tpa: header.dst, sha: '02:00:00:00:00:01', tha: '00:00:00:00:00:00' }]}               | ${'arp who-has 10.0.0.2 tell 10.0.0.1'}
    ${[{ type: 'arp', op: 'reply', spa: header.dst, tpa: header.src, sha: '02:00:00:00:00:02', tha: '02:00:00:00:00:01' }]}                 | ${'arp 10.0.0.2 is-at 02:00:00:00:00:02'}
    ${[]}                                                                                                                                   | ${''}
  `('$text', ({ packet, text }: { packet: Packet; text: string }) => expect(packetText(packet)).toBe(text));
});

it.each`
  flags                | text
  ${TCP_SYN}           | ${'SYN'}
  ${TCP_SYN | TCP_ACK} | ${'SYN,ACK'}
  ${TCP_RST | TCP_ACK} | ${'RST,ACK'}
  ${TCP_PSH | TCP_ACK} | ${'PSH,ACK'}
  ${0}                 | ${'none'}
`('writes TCP flags as $text', ({ flags, text }: { flags: number; text: string }) => expect(flagsText(flags)).toBe(text));

it.each`
  error                                                                                    | text
  ${{ kind: 'icmp', icmptype: 3, code: 4, mtu: 1480, from: ip('10.0.0.1') }}               | ${'icmp 3/4 mtu 1480 from 10.0.0.1'}
  ${{ kind: 'reset', from: ip('10.0.0.1') }}                                               | ${'reset from 10.0.0.1'}
  ${{ kind: 'emsgsize', mtu: 1450 }}                                                       | ${'EMSGSIZE mtu 1450'}
  ${{ kind: 'local', error: 'ENETUNREACH' }}                                               | ${'ENETUNREACH'}
`('writes an error as $text', ({ error, text }: { error: Parameters<typeof errorText>[0]; text: string }) => expect(errorText(error)).toBe(text));
