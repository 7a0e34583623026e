import type { OvsCase } from '../case.ts';
import { packet } from './packets.ts';

const TCP = packet('tcp');

const lookups: readonly OvsCase[] = [
  { name: 'takes the rule of the highest priority', covers: ['table:priority'], flows: { br0: ['priority=5,ip,actions=output:2', 'priority=7,tcp,actions=output:3', 'priority=6,tcp,tp_dst=80,actions=output:4'] }, packets: [TCP, packet('udp')] },
  { name: 'takes priority 32768 where none is written', covers: ['table:priority'], flows: { br0: ['tcp,actions=output:2', 'priority=32769,tcp,tp_dst=80,actions=output:3', 'priority=32767,actions=output:4'] }, packets: [TCP, packet('tcp', { tcp_dst: 81 }), packet('arp')] },
  { name: 'reaches priorities 0 and 65535', covers: ['table:priority'], flows: { br0: ['priority=65535,udp,actions=output:2', 'priority=0,actions=output:3'] }, packets: [TCP, packet('udp')] },
  { name: 'tells apart rules of one priority that do not overlap', covers: ['table:priority'], flows: { br0: Array.from({ length: 20 }, (_, i) => `priority=9,ip,nw_dst=10.0.${i}.0/24,actions=load:${i}->NXM_NX_REG0[],output:2`) }, packets: [0, 7, 19, 20].map((i) => packet('tcp', { nw_dst: `10.0.${i}.9` })) },
  { name: 'misses in table 0', covers: ['table:miss'], flows: { br0: ['udp,actions=output:2'] }, packets: [TCP, packet('udp')] },
  { name: 'misses in a table that was gone to', covers: ['table:miss', 'action:goto_table'], flows: { br0: ['actions=output:2,goto_table:7', 'table=7,udp,actions=output:3'] }, packets: [TCP, packet('udp')] },
  { name: 'misses in a table that was resubmitted to, and goes on', covers: ['table:miss', 'action:resubmit'], flows: { br0: ['actions=resubmit(,7),output:2', 'table=7,udp,actions=output:3'] }, packets: [TCP, packet('udp')] },
  { name: 'has an empty bridge drop everything', covers: ['table:miss', 'fail_mode:secure'], flows: { br0: [] }, packets: [TCP] },
  { name: 'switches where nobody controls', covers: ['fail_mode:standalone', 'action:NORMAL'], flows: { brs: ['priority=0,actions=NORMAL'] }, packets: [packet('tcp', { in_port: 's1' }, { bridge: 'brs' })] },
  { name: 'goes through tables in order', covers: ['action:goto_table'], flows: { br0: ['actions=goto_table:3', 'table=3,actions=load:1->NXM_NX_REG0[],goto_table:200', 'table=200,reg0=1,actions=output:2'] }, packets: [TCP] },
  { name: 'visits the last table', covers: ['action:resubmit'], flows: { br0: ['actions=resubmit(,253)', 'table=253,actions=output:2'] }, packets: [TCP] },
  { name: 'resubmits to the same table with another port', covers: ['action:resubmit-port'], flows: { br0: ['in_port=1,actions=resubmit:2', 'in_port=2,actions=output:1,output:2,output:3'] }, packets: [TCP, packet('tcp', { in_port: 'p2' })] },
  { name: 'gives in_port back after a resubmit', covers: ['action:resubmit-port'], flows: { br0: ['actions=resubmit(3,5),resubmit(,5)', 'table=5,in_port=3,actions=output:2,output:3', 'table=5,in_port=1,actions=output:4'] }, packets: [TCP] },
  { name: 'resubmits in a resubmit', covers: ['action:resubmit'], flows: { br0: ['actions=resubmit(,1),output:2', 'table=1,actions=resubmit(,2),output:3', 'table=2,actions=output:4'] }, packets: [TCP] },
  { name: 'resubmits to an earlier table', covers: ['action:resubmit'], flows: { br0: ['reg0=0,actions=resubmit(,9)', 'reg0=1,actions=output:2', 'table=9,actions=load:1->NXM_NX_REG0[],resubmit(,0)'] }, packets: [TCP] },
  { name: 'looks up in the same table until a register says otherwise', covers: ['action:resubmit', 'limit:none'], flows: { br0: Array.from({ length: 30 }, (_, i) => `reg0=${i},actions=load:${i + 1}->NXM_NX_REG0[],resubmit(,0)`) }, packets: [TCP] },
  { name: 'gives up at a depth of 64', covers: ['limit:depth'], flows: { br0: ['actions=output:2,resubmit(,0)'] }, packets: [TCP] },
  { name: 'gives up at a depth of 64 going forward, too', covers: ['limit:depth'], flows: { br0: Array.from({ length: 70 }, (_, i) => `table=${i},actions=resubmit(,${i + 1})`).concat(['table=70,actions=output:2']) }, packets: [TCP] },
  { name: 'goes 100 tables deep with goto_table', covers: ['limit:depth', 'action:goto_table'], flows: { br0: Array.from({ length: 100 }, (_, i) => `table=${i},actions=goto_table:${i + 1}`).concat(['table=100,actions=output:2']) }, packets: [TCP] },
  { name: 'gives up after 4096 resubmits', covers: ['limit:resubmits'], flows: { br0: Array.from({ length: 14 }, (_, i) => `table=${i},actions=resubmit(,${i + 1}),resubmit(,${i + 1})`).concat(['table=14,actions=load:1->NXM_NX_REG0[]']) }, packets: [TCP] },
  { name: 'gives up when the stack is full', covers: ['limit:stack'], flows: { br0: [`actions=${Array.from({ length: 10 }, (_, i) => `resubmit(,${i + 1})`).join(',')},output:2`, ...Array.from({ length: 10 }, (_, i) => `table=${i + 1},actions=${Array.from({ length: 500 }, () => 'push:NXM_NX_XXREG0[]').join(',')}`)] }, packets: [TCP] },
  { name: 'keeps out of tables for fragments that are dropped', covers: ['frags:drop'], frags: 'drop', flows: { br0: ['actions=output:2'] }, packets: [TCP, packet('ip', { nw_frag: 'first' }), packet('ip', { nw_frag: 'later' })] },
  { name: 'gives the first fragment its ports, a later one none', covers: ['frags:normal'], flows: { br0: ['priority=9,tcp,tp_dst=80,actions=output:2', 'priority=8,tcp,tp_dst=0,actions=output:3', 'priority=1,actions=output:4'] }, packets: [packet('tcp', { nw_frag: 'first' }), packet('ip', { nw_frag: 'later', nw_proto: 6 })] },
  { name: 'gives a fragment its ports with nx-match', covers: ['frags:nx-match'], frags: 'nx-match', flows: { br0: ['priority=9,tcp,tp_dst=80,actions=output:2', 'priority=8,tcp,nw_frag=later,actions=output:3', 'priority=1,actions=output:4'] }, packets: [packet('tcp', { nw_frag: 'first' }), packet('ip', { nw_frag: 'later', nw_proto: 6 })] },
];

const actionSet: readonly OvsCase[] = [
  { name: 'does its action set at the end', covers: ['action:write_actions'], flows: { br0: ['actions=write_actions(output:2),goto_table:5', 'table=5,ip,actions=output:3'] }, packets: [TCP, packet('arp')] },
  { name: 'does an action set in its own order', covers: ['action:write_actions'], flows: { br0: ['ip,actions=write_actions(output:2,dec_ttl,set_field:10.8.8.8->ip_dst,set_field:00:00:00:00:00:77->eth_dst),goto_table:5', 'table=5,actions=output:3'] }, packets: [TCP] },
  { name: 'replaces what an action set had', covers: ['action:write_actions'], flows: { br0: ['actions=write_actions(output:2),goto_table:5', 'table=5,actions=write_actions(output:3)'] }, packets: [TCP] },
  { name: 'clears an action set', covers: ['action:clear_actions'], flows: { br0: ['actions=write_actions(output:2),goto_table:5', 'table=5,tcp,actions=clear_actions,goto_table:6', 'table=5,priority=0,actions=goto_table:6', 'table=6,actions=output:4'] }, packets: [TCP, packet('udp')] },
  { name: 'does a group of an action set before its output', covers: ['action:write_actions', 'group:all'], groups: { br0: ['group_id=1,type=all,bucket=output:4'] }, flows: { br0: ['actions=write_actions(output:2,group:1)'] }, packets: [TCP] },
  { name: 'does no action set when it goes on after a miss', covers: ['action:write_actions', 'table:miss'], flows: { br0: ['actions=write_actions(output:2),goto_table:5', 'table=5,udp,actions=output:3'] }, packets: [TCP, packet('udp')] },
  { name: 'matches where its action set will send', covers: ['match:actset_output'], flows: { br0: ['actions=write_actions(output:2),goto_table:5', 'table=5,actset_output=2,actions=output:3', 'table=5,priority=0,actions=output:4'] }, packets: [TCP] },
];

const patches: readonly OvsCase[] = [
  { name: 'goes through a patch port', covers: ['patch'], flows: { br0: ['actions=output:9'], br1: ['in_port=9,actions=output:1'] }, packets: [TCP] },
  { name: 'goes through two patch ports', covers: ['patch'], flows: { br0: ['actions=output:9,output:2'], br1: ['in_port=9,actions=output:1,output:10'], br2: ['in_port=9,actions=output:1'] }, packets: [TCP] },
  { name: 'misses behind a patch port', covers: ['patch', 'table:miss'], flows: { br0: ['actions=output:9,output:2'], br1: ['udp,actions=output:1', 'table=3,actions=drop'] }, packets: [TCP, packet('udp')] },
  { name: 'leaves registers and metadata behind at a patch port', covers: ['patch'], flows: { br0: ['actions=load:5->NXM_NX_REG0[],load:6->OXM_OF_METADATA[],output:9,resubmit(,4)', 'table=4,reg0=5,metadata=6,actions=output:2'], br1: ['reg0=5,actions=output:2', 'priority=1,metadata=6,actions=output:2', 'priority=0,actions=load:9->NXM_NX_REG0[],output:1'] }, packets: [TCP] },
  { name: 'leaves conntrack behind at a patch port', covers: ['patch', 'ct:state'], flows: { br0: ['ct_state=+trk,ip,actions=output:9,resubmit(,4)', 'table=4,ct_state=+trk,ip,actions=output:2'], br1: ['priority=9,ct_state=+trk,ip,actions=output:2', 'priority=8,ct_state=-trk,ip,actions=output:1'] }, packets: [packet('tcp', { ct_state: 'trk|est', ct_mark: 3 })] },
  { name: 'takes changes of headers through a patch port, and forgets those of the other side', covers: ['patch'], flows: { br0: ['ip,actions=dec_ttl,output:9,output:2'], br1: ['ip,nw_ttl=63,actions=dec_ttl,mod_dl_src:00:00:00:00:00:11,output:1'] }, packets: [TCP] },
  { name: 'takes a mark through a patch port', covers: ['patch', 'set:pkt_mark'], flows: { br0: ['actions=set_field:7->pkt_mark,output:9'], br1: ['pkt_mark=7,actions=output:1'] }, packets: [TCP] },
  { name: 'comes back through the patch port that it came by', covers: ['patch'], flows: { br0: ['in_port=1,actions=output:9', 'in_port=9,actions=output:2'], br1: ['in_port=9,actions=IN_PORT'] }, packets: [TCP] },
  { name: 'refuses to go back through its patch port by number', covers: ['patch'], flows: { br0: ['in_port=1,actions=output:9', 'in_port=9,actions=output:2'], br1: ['in_port=9,actions=output:9,output:1'] }, packets: [TCP] },
  { name: 'goes to and fro until it is too deep', covers: ['patch', 'limit:patch-depth'], flows: { br0: ['actions=output:9,IN_PORT'], br1: ['actions=IN_PORT'] }, packets: [TCP] },
  { name: 'has no way through a patch port without a peer', covers: ['patch'], flows: { br0: ['actions=output:10,output:2'] }, packets: [TCP] },
  { name: 'resumes in the bridge that asked conntrack', covers: ['patch', 'ct:recirc'], flows: { br0: ['in_port=1,actions=output:9', 'table=3,actions=output:2'], br1: ['in_port=9,ip,actions=ct(table=3,zone=7)', 'table=3,ct_state=+trk,ip,in_port=9,actions=output:1'] }, packets: [TCP] },
  { name: 'does the action set of each bridge', covers: ['patch', 'action:write_actions'], flows: { br0: ['actions=write_actions(output:9),goto_table:5', 'table=5,actions=output:2'], br1: ['actions=write_actions(output:1)'] }, packets: [TCP] },
  { name: 'leaves the stack behind at a patch port', covers: ['patch', 'action:push'], flows: { br0: ['actions=push:NXM_NX_REG0[],output:9,pop:NXM_NX_REG1[],resubmit(,5)', 'table=5,reg1=7,actions=output:2'], br1: ['actions=pop:NXM_NX_REG1[],output:1'] }, packets: [packet('tcp', { reg0: 7 })] },
  { name: 'stops at exit behind a patch port only there', covers: ['patch', 'action:exit'], flows: { br0: ['actions=output:9,output:2'], br1: ['actions=output:1,exit'] }, packets: [TCP] },
  { name: 'enters through a clone', covers: ['patch', 'action:clone'], flows: { br0: ['actions=clone(mod_dl_dst:00:00:00:00:00:66,output:9),output:2'], br1: ['actions=output:1'] }, packets: [TCP] },
];

export const tables: readonly OvsCase[] = [...lookups, ...actionSet, ...patches];
