import { describe, expect, it } from 'vitest';
import { effectsOf, numberOf, splitOutside } from './effects.ts';

const FLOW = 'tcp,in_port=p1,dl_vlan=5,dl_vlan_pcp=0,dl_src=00:00:00:00:00:01,dl_dst=00:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=32,nw_ecn=1,nw_ttl=64,nw_frag=no,tp_src=1000,tp_dst=80,tcp_flags=0';

it('splits where no bracket is open', () => {
  expect(splitOutside('ct(commit,nat(src=[fd00::1]:1-2)),recirc(0x1),3')).toEqual(['ct(commit,nat(src=[fd00::1]:1-2))', 'recirc(0x1)', '3']);
});

it.each`
  text                   | value
  ${'0x10'}              | ${16n}
  ${'12'}                | ${12n}
  ${'10.0.0.1'}          | ${0x0a000001n}
  ${'00:00:00:00:01:02'} | ${0x102n}
  ${'fd00::2'}           | ${(0xfd00n << 112n) | 2n}
  ${'0:0:0:7::'}         | ${7n << 64n}
  ${'::ffff:1.2.3.4'}    | ${0xffff01020304n}
  ${'veth1'}             | ${undefined}
`('reads $text as a number', ({ text, value }) => expect(numberOf(text as string)).toBe(value));

describe('effectsOf', () => {
  it('says what a packet looks like where it leaves', () => {
    expect(effectsOf('p1,set(eth(src=00:00:00:00:00:99)),set(ipv4(ttl=63)),p2,pop_vlan,p3', FLOW)).toEqual([
      'output p1',
      'output p2 eth.src=0x99 ip.ttl=0x3f',
      'output p3 eth.src=0x99 ip.ttl=0x3f vlan=none',
    ]);
  });

  it.each`
    a                                          | b                                                          | because
    ${'clone(set(ipv4(ttl=63)),p2),p3'}        | ${'set(ipv4(ttl=63)),p2,set(ipv4(ttl=64)),p3'}             | ${'a clone is as good as changing back'}
    ${'set(ipv4(dst=0.0.8.0/0.0.255.0)),p2'}   | ${'set(ipv4(dst=10.0.8.2)),p2'}                            | ${'a mask that leaves bits alone is as good as writing what they are'}
    ${'set(ipv4(tos=0x28/0xfc)),p2'}           | ${'set(ipv4(tos=0x29)),p2'}                                | ${'ECN and DSCP are one byte'}
    ${'ct(zone=5),recirc(0x7)'}                | ${'ct(zone=5),recirc(0x1f)'}                               | ${'numbers of recirculations say nothing'}
    ${'ct(commit,label=0x6)'}                  | ${'ct(label=0x6/0xffffffffffffffffffffffffffffffff,commit)'} | ${'no mask is all of it'}
  `('takes $a for $b: $because', ({ a, b }) => expect(effectsOf(a as string, FLOW)).toEqual(effectsOf(b as string, FLOW)));

  it.each`
    a                                                | b                                                | because
    ${'p1,p2'}                                       | ${'p2,p1'}                                       | ${'the order of outputs'}
    ${'set(ipv4(ttl=63)),p2'}                        | ${'p2,set(ipv4(ttl=63))'}                        | ${'a change after the output'}
    ${'set(tunnel(tun_id=0x2,dst=10.9.0.7)),vx'}     | ${'set(tunnel(tun_id=0x2,dst=10.9.0.8)),vx'}     | ${'another end of the tunnel'}
    ${'ct(commit,zone=5)'}                           | ${'ct(commit,zone=6)'}                           | ${'another zone'}
    ${'ct(commit,mark=0x1/0x1)'}                     | ${'ct(commit,mark=0x1/0xffffffff)'}              | ${'bits of the mark that are written'}
    ${'check_pkt_len(size=9,gt(p1),le(p2))'}         | ${'check_pkt_len(size=9,gt(p2),le(p1))'}         | ${'which way is which'}
  `('tells $a from $b: $because', ({ a, b }) => expect(effectsOf(a as string, FLOW)).not.toEqual(effectsOf(b as string, FLOW)));
});
