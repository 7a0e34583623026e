import { describe, expect, it } from 'vitest';
import { parseBundle } from '../dumps/bundle.ts';
import { bridge, FOUR, patch, port } from '../testing/openflowBed.ts';
import type { World } from '../world/world.ts';
import { answerOfproto, type OfprotoQuestion, readOfprotoLine } from './ofprotoCommand.ts';

const tunnel = { remoteIp: 'flow', localIp: undefined, key: 'flow', dstPort: 4789, csum: false, df: true, ttl: undefined, tos: undefined } as const;
const br0 = bridge({
  ports: [...FOUR, port('vxlan0', 5, { type: 'vxlan', tunnel }), patch('out', 6, 'in')],
  flows: [
    'cookie=0x1f2e,priority=100,ip,in_port=1,ct_state=-trk,actions=ct(table=1)',
    'table=1,priority=9,tcp,ct_state=+est,actions=set_field:10.9.0.2->tun_dst,set_field:4->tun_id,output:5,LOCAL',
    'table=1,priority=8,tcp,ct_state=+new,actions=group:5',
    'priority=90,udp,actions=check_pkt_larger(1000)->NXM_NX_REG0[0],resubmit(,2),controller(userdata=01)',
    'table=2,reg0=1,actions=output:6',
    'priority=80,icmp,actions=encap(nsh(md_type=1)),output:2',
  ],
  groups: ['group_id=5,type=select,bucket=bucket_id:0,actions=output:2,bucket=bucket_id:1,actions=output:3'],
});
const br1 = bridge({ name: 'br1', ports: [port('q1', 1), patch('in', 9, 'out')], flows: ['priority=7,in_port=9,actions=output:1'] });
const { world: plain } = parseBundle({ 'w1/node.txt': '$ ip -d addr\n1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n' });
const world: World = { ...plain, hosts: plain.hosts.map((h) => ({ ...h, ovs: [br0, br1] })) };

const TCP = 'in_port=p1,tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tcp_src=1,tcp_dst=80';
const question = (more: Partial<OfprotoQuestion>): OfprotoQuestion => ({ id: undefined, host: 'w1', bridge: 'br0', flow: TCP, ctNext: [], choices: {}, size: undefined, ...more });

interface Answer {
  readonly id?: string;
  readonly error?: string;
  readonly passes: readonly { readonly flow: string; readonly visited: readonly object[]; readonly actions: string }[];
  readonly outputs: readonly object[];
  readonly verdict: string;
  readonly actions: string;
  readonly unknown?: readonly object[];
}
const ask = (more: Partial<OfprotoQuestion>): Answer => JSON.parse(answerOfproto(world, question(more), 'json').text) as Answer;

describe('ofproto answers', () => {
  it('with each pass, what it looked up and what the datapath is told', () => {
    const answer = ask({ id: 'f1', ctNext: ['trk,est'] });
    expect(answer).toMatchObject({
      id: 'f1',
      verdict: 'output',
      outputs: [{ bridge: 'br0', port: 'vxlan0', tunnel: { dst: '10.9.0.2', vni: 4 } }, { bridge: 'br0', port: 'br0' }],
      actions: 'set(tunnel(tun_id=0x4,dst=10.9.0.2,ttl=64,tp_dst=4789,flags(df|key))),vxlan_sys_4789,br0',
    });
    expect(answer.passes.map((p) => p.visited)).toEqual([
      [{ bridge: 'br0', table: 0, priority: 100, cookie: '0x1f2e', match: 'ct_state=-trk,ip,in_port=p1' }],
      [{ bridge: 'br0', table: 1, priority: 9, cookie: '0x0', match: 'ct_state=+est,tcp' }],
    ]);
    expect(answer.passes.map((p) => p.actions)).toEqual(['ct,recirc(0x1)', answer.actions]);
    expect(answer.passes[1]?.flow).toContain('ct_state=est|trk');
  });

  it.each([
    [{}, 'p2'],
    [{ 'group 5': 0 }, 'p2'],
    [{ 'group 5': 1 }, 'p3'],
  ])('behind a select group with the bucket of choices %j', (choices, out) => expect(ask({ choices }).outputs).toEqual([{ bridge: 'br0', port: out }]));

  it('reads dp_hash, which has no effect', () => expect(ask({ flow: `${TCP},dp_hash=3` }).outputs).toEqual([{ bridge: 'br0', port: 'p2' }]));

  it.each([
    [undefined, [], 'controller'],
    [1000, [], 'controller'],
    [1001, [{ bridge: 'br1', port: 'q1' }], 'output'],
  ])('check_pkt_larger for a frame of %s bytes', (size, outputs, verdict) => {
    expect(ask({ flow: 'in_port=p2,udp', size })).toMatchObject({ outputs, verdict });
  });

  it('a table without a match as one without a priority', () => {
    expect(ask({ flow: 'in_port=p1,arp' })).toMatchObject({ verdict: 'drop', actions: 'drop', outputs: [], passes: [{ visited: [{ bridge: 'br0', table: 0, priority: null }] }] });
  });

  it('unknown, by name, where it hangs on what we do not know', () => {
    expect(ask({ flow: 'in_port=p2,icmp' })).toMatchObject({ verdict: 'unknown', unknown: [{ what: 'action', name: 'encap(nsh(md_type=1))' }] });
  });

  it.each([
    [{ host: undefined }, 'host is missing'],
    [{ host: 'w9' }, 'there is no host w9'],
    [{ bridge: 'br9' }, 'w1 has no Open vSwitch bridge br9 (it has: br0, br1)'],
    [{ flow: 'in_port=p9' }, 'in_port=p9'],
    [{ flow: 'tcp,whatever=3' }, 'whatever=3'],
    [{ flow: 'ip,nw_src=10.0.0.0/8' }, 'a packet has no masks'],
    [{ ctNext: ['trk,old'] }, 'trk,old is no state'],
    [{ choices: { 'group 5': 7 } }, 'group 5 has no such bucket (it has: 0, 1)'],
  ])('%j with an error', (more, error) => {
    const answer = answerOfproto(world, question({ id: 3, ...more }), 'json');
    expect(answer.error).toContain(error);
    expect(JSON.parse(answer.text)).toEqual({ id: 3, error: answer.error });
  });

  it('as text in the layout of ofproto/trace', () => {
    expect(answerOfproto(world, question({ ctNext: ['trk,est'] }), 'text').text.split('\n').slice(2, 20)).toEqual([
      'bridge("br0")',
      '-------------',
      ' 0. ct_state=-trk,ip,in_port=p1, priority 100, cookie 0x1f2e',
      '    ct(table=1)',
      '',
      'Final flow: unchanged',
      'Datapath actions: ct,recirc(0x1)',
      '',
      '='.repeat(79),
      'recirc(0x1) - resume conntrack with ct_state=est|trk',
      '='.repeat(79),
      '',
      expect.stringContaining('Flow: '),
      '',
      'bridge("br0")',
      '-------------',
      ' 1. ct_state=+est,tcp, priority 9',
      expect.stringContaining('set_field:10.9.0.2->tun_dst'),
    ]);
  });

  it('in text with the bridge behind a patch port further in', () => {
    const lines = answerOfproto(world, question({ flow: 'in_port=p2,udp', size: 1500 }), 'text').text.split('\n');
    expect(lines).toContain('        bridge("br1")');
    expect(lines).toContain('             0. in_port=in, priority 7');
  });
});

describe('a line of a file of flows', () => {
  it('has everything but bridge and flow optional', () => {
    expect(readOfprotoLine('{"bridge":"br0","flow":"tcp"}')).toEqual({ ok: true, value: { id: undefined, host: undefined, bridge: 'br0', flow: 'tcp', ctNext: [], choices: {}, size: undefined } });
    expect(readOfprotoLine('{"id":"f1","host":"w1","bridge":"br0","flow":"tcp","ct_next":["trk,est"],"choices":{"group 5":0},"size":1500}')).toEqual({ ok: true, value: { id: 'f1', host: 'w1', bridge: 'br0', flow: 'tcp', ctNext: ['trk,est'], choices: { 'group 5': 0 }, size: 1500 } });
  });

  it.each([
    ['{', 'no JSON'],
    ['3', 'an object'],
    ['{"flow":"tcp"}', 'bridge is missing'],
    ['{"bridge":"br0"}', 'flow is missing'],
    ['{"bridge":"br0","flow":"tcp","ct_next":"trk"}', 'ct_next'],
    ['{"bridge":"br0","flow":"tcp","choices":{"group 5":"0"}}', 'choices'],
    ['{"bridge":"br0","flow":"tcp","size":-1}', 'size'],
    ['{"bridge":"br0","flow":"tcp","ct-next":[]}', 'unknown key ct-next'],
    ['{"bridge":"br0","flow":"tcp","host":4}', 'host'],
  ])('%s is refused: %s', (line, error) => {
    const read = readOfprotoLine(line);
    expect(read.ok ? '' : read.error).toContain(error);
  });
});
