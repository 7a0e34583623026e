import type { OvsCase } from '../case.ts';
import { flow, packet } from './packets.ts';

/*
 * What depends on a hash over the packet, and on a length that only the datapath knows.
 */

const MANY = [1, 2, 3, 4].flatMap((n) => [
  packet('tcp', { tcp_src: 1000 + 77 * n, nw_src: `10.0.${n}.1`, dl_src: `00:00:00:00:0${n}:01` }),
  packet('udp', { udp_src: 1000 + 77 * n, nw_dst: `10.0.${n}.2` }),
  packet('tcp6', { tcp_dst: 80 + n, ipv6_src: `fd00::${n}1` }),
]);
const OTHERS = [packet('arp'), packet('eth'), packet('tcp', { dl_vlan: 5, dl_vlan_pcp: 3 }), packet('icmp'), packet('sctp')];

const FIELDS = ['eth_src', 'symmetric_l4', 'symmetric_l3l4', 'symmetric_l3l4+udp', 'nw_src', 'nw_dst', 'symmetric_l3'] as const;
const ALGORITHMS = ['modulo_n', 'hash_threshold', 'hrw', 'iter_hash'] as const;

const links: readonly OvsCase[] = FIELDS.flatMap((fields) =>
  ALGORITHMS.map((algorithm) => ({
    name: `chooses a link by ${fields} and ${algorithm}`,
    covers: ['action:multipath'],
    flows: { br0: [`actions=multipath(${fields},50,${algorithm},7,32,NXM_NX_REG0[0..7]),move:NXM_NX_REG0[]->NXM_NX_PKT_MARK[],output:2`] },
    packets: [...MANY, ...OTHERS],
  })),
);

const members: readonly OvsCase[] = ['eth_src', 'symmetric_l4', 'nw_src', 'symmetric_l3'].map((fields) => ({
  name: `chooses a port by ${fields} among those that are there`,
  covers: ['action:bundle'],
  flows: { br0: [`actions=bundle(${fields},60,hrw,ofport,members:2,77,3,4)`] },
  packets: MANY,
}));

const one = flow('tcp');
const walks: readonly OvsCase[] = [
  { name: 'chooses among more links than are weighed one by one', covers: ['action:multipath'], flows: { br0: ['actions=multipath(symmetric_l4,9,hrw,100,0,NXM_NX_REG0[0..15]),move:NXM_NX_REG0[]->NXM_NX_PKT_MARK[],output:2'] }, packets: MANY },
  { name: 'asks for two lengths', covers: ['action:check_pkt_larger'], flows: { br0: ['actions=check_pkt_larger(1000)->NXM_NX_REG0[0],check_pkt_larger(500)->NXM_NX_REG0[1],resubmit(,1)', 'table=1,reg0=3,actions=output:2', 'table=1,reg0=2,actions=output:3', 'table=1,priority=1,actions=output:4'] }, packets: [{ flow: one }] },
  { name: 'goes on behind a length as the walk of the longer packet says', covers: ['action:check_pkt_larger', 'action:exit'], flows: { br0: ['actions=resubmit(,1),output:4', 'table=1,actions=check_pkt_larger(1000)->NXM_NX_REG0[0],resubmit(,2),output:3', 'table=2,reg0=1,actions=output:2,exit'] }, packets: [{ flow: one }] },
  { name: 'goes on behind a length when only the shorter packet exits', covers: ['action:check_pkt_larger', 'action:exit'], flows: { br0: ['actions=resubmit(,1),output:4', 'table=1,actions=check_pkt_larger(1000)->NXM_NX_REG0[0],resubmit(,2),output:3', 'table=2,reg0=0,actions=output:2,exit'] }, packets: [{ flow: one }] },
  { name: 'asks for a length in a copy', covers: ['action:check_pkt_larger', 'action:clone'], flows: { br0: ['actions=clone(check_pkt_larger(1000)->NXM_NX_REG0[0],mod_nw_ttl:9,output:2),output:3'].map((f) => `ip,${f}`) }, packets: [{ flow: one }] },
  {
    name: 'learns for the next packet, not for this one',
    covers: ['action:learn'],
    flows: { br0: ['actions=learn(table=1,priority=7,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:NXM_OF_IN_PORT[]->NXM_NX_REG1[0..15],output:NXM_OF_IN_PORT[]),resubmit(,1),output:3', 'table=1,priority=1,actions=output:4'] },
    packets: [
      { flow: one, generate: true },
      { flow: flow('tcp', { in_port: 'p2', dl_dst: '00:00:00:00:00:01', dl_src: '00:00:00:00:00:02' }), generate: true },
      { flow: flow('tcp', { in_port: 'p3', dl_dst: '00:00:00:00:00:01', dl_src: '00:00:00:00:00:01' }), generate: true },
      { flow: flow('tcp', { in_port: 'p2', dl_dst: '00:00:00:00:00:01', dl_src: '00:00:00:00:00:02' }) },
    ],
  },
  { name: 'sends to the controller from a bucket', covers: ['group:all', 'action:controller'], flows: { br0: ['actions=group:1,output:4'] }, groups: { br0: ['group_id=1,type=all,bucket=actions=CONTROLLER:100,bucket=actions=output:3'] }, packets: [{ flow: one }] },
  { name: 'puts on a third tag by losing the first', covers: ['vlan', 'action:push_vlan'], flows: { br0: ['actions=push_vlan:0x8100,set_field:4102->vlan_vid,push_vlan:0x88a8,set_field:4103->vlan_vid,output:2,strip_vlan,output:3,strip_vlan,output:4'] }, packets: [{ flow: one }, packet('tcp', { dl_vlan: 5, dl_vlan_pcp: 3 })] },
];

export const choices: readonly OvsCase[] = [...links, ...members, ...walks];
