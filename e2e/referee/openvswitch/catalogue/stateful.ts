import type { OvsCase } from '../case.ts';
import { flow, packet } from './packets.ts';

const TCP = packet('tcp');
const EST = packet('tcp', {}, { ctNext: ['trk,est'] });

// Not here: an action set over a resume. ovs-vswitchd 3.1 ends on it (assertion in recirc_alloc_id__(), ofproto/ofproto-dpif-rid.c).
const ct: readonly OvsCase[] = [
  { name: 'asks conntrack and resumes', covers: ['ct:recirc'], flows: { br0: ['ct_state=-trk,ip,actions=ct(table=1)', 'table=1,ct_state=+trk+new,ip,actions=output:2', 'table=1,ct_state=+trk+est,ip,actions=output:3'] }, packets: [TCP, EST, packet('arp')] },
  { name: 'resumes in table 0 unless told otherwise', covers: ['ct:recirc'], flows: { br0: ['ct_state=-trk,ip,actions=ct(table=0)', 'ct_state=+trk+inv,ip,actions=drop', 'ct_state=+trk-inv,ip,actions=output:2'] }, packets: [TCP, packet('tcp', {}, { ctNext: ['trk,inv'] })] },
  { name: 'goes on after ct without what conntrack knew', covers: ['ct:after'], flows: { br0: ['ip,actions=ct(zone=3),resubmit(,1)', 'table=1,ct_state=+trk,ip,actions=output:2', 'table=1,ct_state=-trk,ip,actions=output:3'] }, packets: [TCP, packet('tcp', { ct_state: 'trk|est', ct_mark: 4 })] },
  { name: 'goes on in the original while a copy resumes', covers: ['ct:fork'], flows: { br0: ['ip,actions=ct(table=1),mod_dl_src:00:00:00:00:00:12,output:2', 'table=1,actions=output:3'] }, packets: [TCP] },
  { name: 'keeps registers, metadata and changes over a resume', covers: ['ct:recirc'], flows: { br0: ['ip,actions=load:5->NXM_NX_REG0[],load:6->OXM_OF_METADATA[],dec_ttl,ct(table=1,zone=3)', 'table=1,reg0=5,metadata=6,ip,nw_ttl=63,ct_zone=3,actions=dec_ttl,output:2'] }, packets: [TCP] },
  { name: 'keeps the mark over a resume', covers: ['ct:recirc', 'set:pkt_mark'], flows: { br0: ['ip,actions=set_field:9->pkt_mark,ct(table=1)', 'table=1,pkt_mark=9,actions=output:2'] }, packets: [TCP] },
  { name: 'keeps the stack over a resume', covers: ['ct:recirc', 'action:push'], flows: { br0: ['ip,actions=push:NXM_NX_REG0[],load:0->NXM_NX_REG0[],ct(table=1)', 'table=1,actions=pop:NXM_NX_REG1[],resubmit(,2)', 'table=2,reg1=7,actions=output:2'] }, packets: [packet('tcp', { reg0: 7 })] },
  { name: 'has a zone from a number', covers: ['ct:zone'], flows: { br0: ['ip,actions=ct(table=1,zone=65535)', 'table=1,ct_zone=65535,actions=output:2'] }, packets: [TCP] },
  { name: 'has a zone from a slice of a register', covers: ['ct:zone', 'slice'], flows: { br0: ['ip,actions=load:0x50000->NXM_NX_REG13[],ct(table=1,zone=NXM_NX_REG13[16..31])', 'table=1,ct_zone=5,actions=output:2'] }, packets: [TCP] },
  { name: 'asks twice, in two zones', covers: ['ct:zone', 'ct:recirc'], flows: { br0: ['ip,actions=ct(table=1,zone=1)', 'table=1,ip,ct_zone=1,actions=ct(table=2,zone=2)', 'table=2,ct_zone=2,ct_state=+est+trk,ip,actions=output:2', 'table=2,priority=1,actions=output:3'] }, packets: [TCP, packet('tcp', {}, { ctNext: ['trk,new', 'trk,est'] })] },
  { name: 'commits', covers: ['ct:commit'], flows: { br0: ['ip,actions=ct(commit,zone=4),output:2'] }, packets: [TCP] },
  { name: 'commits by force', covers: ['ct:force'], flows: { br0: ['ip,actions=ct(force,commit,zone=4),output:2'] }, packets: [TCP] },
  { name: 'commits with a mark and a label', covers: ['ct:exec'], flows: { br0: ['ip,actions=ct(commit,zone=4,exec(set_field:0x5->ct_mark,set_field:0x6->ct_label)),output:2'] }, packets: [TCP] },
  { name: 'commits with some bits of mark and label', covers: ['ct:exec', 'slice'], flows: { br0: ['ip,actions=ct(commit,exec(load:1->NXM_NX_CT_MARK[3],load:7->NXM_NX_CT_LABEL[96..127])),output:2'] }, packets: [TCP, packet('tcp', { ct_state: 'trk|est', ct_mark: '0xff' })] },
  { name: 'commits a mark from a register', covers: ['ct:exec', 'action:move'], flows: { br0: ['ip,actions=load:0x77->NXM_NX_REG3[],ct(commit,exec(move:NXM_NX_REG3[]->NXM_NX_CT_MARK[],move:NXM_OF_ETH_SRC[]->NXM_NX_CT_LABEL[32..79])),output:2'] }, packets: [TCP] },
  { name: 'commits and resumes', covers: ['ct:commit', 'ct:recirc'], flows: { br0: ['ip,actions=ct(commit,table=1,zone=4)', 'table=1,ct_state=+trk+new,ip,actions=output:2'] }, packets: [TCP, EST] },
  { name: 'commits with a helper', covers: ['ct:alg'], flows: { br0: ['tcp,actions=ct(commit,zone=4,alg=ftp),output:2'] }, packets: [packet('tcp', { tcp_dst: 21 })] },
  { name: 'clears what conntrack knew', covers: ['action:ct_clear'], flows: { br0: ['ct_state=+trk,ip,actions=ct_clear,resubmit(,1)', 'table=1,ct_state=-trk,ct_mark=0,ip,actions=output:2'] }, packets: [packet('tcp', { ct_state: 'trk|est', ct_mark: 4, ct_zone: 3 })] },
  { name: 'clears what conntrack never knew', covers: ['action:ct_clear'], flows: { br0: ['ip,actions=ct_clear,output:2'] }, packets: [TCP] },
  { name: 'clears twice', covers: ['action:ct_clear'], flows: { br0: ['ct_state=+trk,ip,actions=ct_clear,ct_clear,output:2'] }, packets: [packet('tcp', { ct_state: 'trk|est' })] },
  { name: 'has conntrack translate the destination', covers: ['ct:nat'], flows: { br0: ['ip,actions=ct(commit,table=1,nat(dst=10.7.7.7:8080))', 'table=1,tcp,nw_dst=10.7.7.7,tp_dst=8080,actions=output:2'] }, packets: [TCP] },
  { name: 'has conntrack translate the source, by the first of a range', covers: ['ct:nat'], flows: { br0: ['ip,actions=ct(commit,table=1,zone=5,nat(src=10.7.7.7-10.7.7.9:5000-6000))', 'table=1,tcp,nw_src=10.7.7.7,tp_src=5000,actions=output:2'] }, packets: [TCP] },
  { name: 'has conntrack translate without an address', covers: ['ct:nat'], flows: { br0: ['ip,actions=ct(commit,table=1,nat(src))', 'table=1,tcp,nw_src=10.0.0.1,actions=output:2'] }, packets: [TCP] },
  { name: 'has conntrack translate as the connection says', covers: ['ct:nat'], flows: { br0: ['ip,actions=ct(table=1,zone=5,nat)', 'table=1,ip,actions=output:2'] }, packets: [TCP, EST] },
  { name: 'tells what flags a translation has', covers: ['ct:nat'], flows: { br0: ['tcp,actions=ct(commit,nat(src=10.7.7.7,random)),output:2', 'udp,actions=ct(commit,nat(dst=10.7.7.7-10.7.7.9,hash,persistent)),output:2', 'icmp,actions=ct(commit,nat(src=0.0.0.0)),output:2'] }, packets: [TCP, packet('udp'), packet('icmp')] },
  { name: 'translates IPv6', covers: ['ct:nat'], flows: { br0: ['ipv6,actions=ct(commit,table=1,nat(dst=[fd00::77]:8080))', 'table=1,tcp6,ipv6_dst=fd00::77,actions=output:2'] }, packets: [packet('tcp6')] },
  { name: 'resumes with the exit of another bridge, and does nothing', covers: ['ct:fork', 'action:exit', 'patch'], flows: { br0: ['ip,actions=output:9,ct(table=1),output:2', 'table=1,actions=output:3'], br1: ['actions=output:1,exit'] }, packets: [TCP] },
  { name: 'resumes with the exit of a bucket, and does nothing', covers: ['ct:fork', 'action:exit', 'group:all'], groups: { br0: ['group_id=1,type=all,bucket=bucket_id:0,actions=resubmit(,5)'] }, flows: { br0: ['ip,actions=group:1,ct(table=1),ct(table=1),output:2', 'table=5,actions=exit', 'table=1,actions=output:3'] }, packets: [TCP] },
  { name: 'forks twice', covers: ['ct:fork'], flows: { br0: ['ip,actions=ct(table=1,zone=1),ct(table=2,zone=2),output:4', 'table=1,actions=output:2', 'table=2,actions=output:3'] }, packets: [TCP, packet('tcp', {}, { ctNext: ['trk,est', 'trk,new'] })] },
  { name: 'asks conntrack in a clone', covers: ['ct:fork', 'action:clone'], flows: { br0: ['ip,actions=clone(load:1->NXM_NX_REG0[],ct(table=1)),output:4', 'table=1,reg0=1,actions=output:2'] }, packets: [TCP] },
  { name: 'resubmits with the tracked addresses', covers: ['action:resubmit-ct'], flows: { br0: ['table=0,ct_state=-trk,ip,actions=ct(table=0)', 'table=0,ct_state=+trk+est,ip,actions=resubmit(,1,ct)', 'table=1,tcp,nw_src=192.168.0.1,tp_dst=8,actions=output:2', 'table=1,priority=0,actions=output:3'] }, packets: [EST, packet('tcp', { ct_state: 'trk|est', ct_nw_src: '192.168.0.1', ct_nw_dst: '192.168.0.2', ct_nw_proto: 6, ct_tp_src: 7, ct_tp_dst: 8 })] },
  { name: 'matches the mark that it commits only when conntrack says so', covers: ['ct:exec'], flows: { br0: ['ip,actions=ct(commit,table=1,exec(load:5->NXM_NX_CT_MARK[]))', 'table=1,ct_mark=5,actions=output:2', 'table=1,priority=1,actions=output:3'] }, packets: [TCP] },
  {
    name: 'resumes in another bridge than that of its port, and then comes to that one',
    covers: ['ct:recirc', 'patch'],
    flows: { br0: ['in_port=1,actions=output:9', 'in_port=9,actions=resubmit(,1)', 'table=1,actions=output:2'], br1: ['in_port=9,actions=output:10', 'in_port=10,ip,actions=ct(table=1)', 'table=1,actions=output:9'], br2: ['actions=IN_PORT'] },
    packets: [TCP],
  },
  { name: 'commits after a resume', covers: ['ct:commit', 'ct:recirc'], flows: { br0: ['ct_state=-trk,ip,actions=ct(table=1,zone=9)', 'table=1,ct_state=+new,ip,actions=ct(commit,zone=9),output:2', 'table=1,ct_state=+est,ip,actions=output:2'] }, packets: [TCP, EST] },
  { name: 'reads a port of the inner direction after a resume', covers: ['ct:recirc'], flows: { br0: ['ct_state=-trk,tcp,actions=ct(table=1)', 'table=1,ct_state=+rpl+trk,tcp,tp_src=1000,actions=output:2', 'table=1,priority=1,actions=output:3'] }, packets: [packet('tcp', {}, { ctNext: ['trk,est,rpl'] }), TCP] },
];

const bucket = (...actions: readonly string[]): string => actions.map((a, i) => `bucket=bucket_id:${i},${a}`).join(',');

const groups: readonly OvsCase[] = [
  { name: 'gives a copy to each bucket', covers: ['group:all'], groups: { br0: [`group_id=1,type=all,${bucket('actions=output:2', 'actions=mod_dl_dst:00:00:00:00:00:22,output:3', 'actions=output:4')}`] }, flows: { br0: ['actions=group:1,output:5'] }, packets: [TCP] },
  { name: 'forgets what a bucket wrote', covers: ['group:all'], groups: { br0: [`group_id=1,type=all,${bucket('actions=load:1->NXM_NX_REG0[],resubmit(,1)', 'actions=resubmit(,1)')}`] }, flows: { br0: ['actions=group:1,resubmit(,1)', 'table=1,reg0=1,actions=output:2', 'table=1,reg0=0,actions=output:3'] }, packets: [TCP] },
  { name: 'takes the one bucket of an indirect group', covers: ['group:indirect'], groups: { br0: [`group_id=1,type=indirect,${bucket('actions=load:1->NXM_NX_REG0[],output:2')}`] }, flows: { br0: ['actions=group:1,resubmit(,1)', 'table=1,reg0=1,actions=output:4', 'table=1,priority=0,actions=output:3'] }, packets: [TCP] },
  { name: 'takes the first live bucket', covers: ['group:ff'], groups: { br0: [`group_id=1,type=ff,${bucket('watch_port:2,actions=output:2', 'watch_port:3,actions=output:3')}`] }, flows: { br0: ['actions=group:1'] }, packets: [TCP] },
  { name: 'skips a bucket whose port is not there', covers: ['group:ff'], groups: { br0: [`group_id=1,type=ff,${bucket('watch_port:77,actions=output:2', 'watch_port:3,actions=output:3')}`] }, flows: { br0: ['actions=group:1'] }, packets: [TCP] },
  { name: 'has no bucket that lives', covers: ['group:ff'], groups: { br0: [`group_id=1,type=ff,${bucket('watch_port:77,actions=output:2', 'watch_port:78,actions=output:3')}`] }, flows: { br0: ['actions=group:1,output:4'] }, packets: [TCP] },
  { name: 'looks through a group at another', covers: ['group:ff', 'group:chain'], groups: { br0: [`group_id=2,type=ff,${bucket('watch_port:77,actions=output:2')}`, `group_id=1,type=ff,${bucket('watch_group:2,actions=group:2', 'watch_port:3,actions=output:3')}`] }, flows: { br0: ['actions=group:1'] }, packets: [TCP] },
  { name: 'selects a bucket by hash', covers: ['group:select'], groups: { br0: [`group_id=1,type=select,selection_method=dp_hash,${bucket('actions=output:2', 'actions=output:3', 'actions=output:4')}`] }, flows: { br0: ['actions=group:1'] }, packets: [1, 2, 3, 4, 5, 11].map((dp_hash) => packet('tcp', { dp_hash })) },
  { name: 'selects without a method', covers: ['group:select'], groups: { br0: [`group_id=1,type=select,${bucket('actions=output:2', 'actions=output:3')}`] }, flows: { br0: ['actions=group:1'] }, packets: [packet('tcp', { dp_hash: 5 }), packet('tcp', { dp_hash: 6 })] },
  { name: 'selects the only bucket', covers: ['group:select'], groups: { br0: [`group_id=1,type=select,${bucket('actions=output:2')}`] }, flows: { br0: ['actions=group:1'] }, packets: [packet('tcp', { dp_hash: 7 })] },
  { name: 'never selects a bucket without weight', covers: ['group:select'], groups: { br0: [`group_id=1,type=select,selection_method=dp_hash,${bucket('weight:0,actions=output:2', 'weight:10,actions=output:3')}`] }, flows: { br0: ['actions=group:1'] }, packets: [1, 2, 3, 4].map((dp_hash) => packet('tcp', { dp_hash })) },
  { name: 'selects by chosen fields', covers: ['group:select'], groups: { br0: [`group_id=1,type=select,selection_method=hash,fields(ip_src),${bucket('actions=output:2')}`] }, flows: { br0: ['actions=group:1'] }, packets: [TCP] },
  { name: 'drops in a group without buckets', covers: ['group:empty'], groups: { br0: ['group_id=1,type=select'] }, flows: { br0: ['actions=group:1'] }, packets: [packet('tcp', { dp_hash: 1 })] },
  { name: 'translates in a bucket', covers: ['group:select', 'ct:nat'], groups: { br0: [`group_id=1,type=select,selection_method=dp_hash,${bucket('actions=ct(commit,table=1,zone=NXM_NX_REG13[0..15],nat(dst=10.7.0.1:8080),exec(load:1->NXM_NX_CT_MARK[1]))', 'actions=ct(commit,table=1,zone=NXM_NX_REG13[0..15],nat(dst=10.7.0.2:8080),exec(load:1->NXM_NX_CT_MARK[1]))')}`] }, flows: { br0: ['tcp,actions=load:6->NXM_NX_REG13[],group:1', 'table=1,tcp,nw_dst=10.7.0.0/16,actions=output:2'] }, packets: [1, 2, 3].map((dp_hash) => packet('tcp', { dp_hash })) },
  { name: 'has a group send to a group', covers: ['group:chain'], groups: { br0: [`group_id=2,type=all,${bucket('actions=output:3', 'actions=output:4')}`, `group_id=1,type=all,${bucket('actions=output:2', 'actions=group:2')}`] }, flows: { br0: ['actions=group:1'] }, packets: [TCP] },
  { name: 'does the actions of a bucket in the order of an action set', covers: ['group:order'], groups: { br0: [`group_id=1,type=all,${bucket('actions=output:2,dec_ttl,set_field:10.8.8.8->ip_dst')}`] }, flows: { br0: ['ip,actions=group:1'] }, packets: [TCP] },
  { name: 'goes through a patch port in a bucket', covers: ['group:all', 'patch'], groups: { br0: [`group_id=1,type=all,${bucket('actions=output:9', 'actions=output:2')}`] }, flows: { br0: ['actions=group:1,output:3'], br1: ['actions=mod_dl_src:00:00:00:00:00:13,output:1'] }, packets: [TCP] },
];

const conjunctions: readonly OvsCase[] = [
  { name: 'meets both clauses of a conjunction', covers: ['conjunction'], flows: { br0: ['priority=10,ip,nw_src=10.0.0.1,actions=conjunction(7,1/2)', 'priority=10,ip,nw_src=10.0.0.3,actions=conjunction(7,1/2)', 'priority=10,tcp,tp_dst=80,actions=conjunction(7,2/2)', 'priority=10,tcp,tp_dst=81,actions=conjunction(7,2/2)', 'priority=10,conj_id=7,ip,actions=output:2', 'priority=1,actions=output:3'] }, packets: [TCP, packet('tcp', { nw_src: '10.0.0.3', tcp_dst: 81 }), packet('tcp', { nw_src: '10.0.0.4' }), packet('tcp', { tcp_dst: 82 }), packet('udp')] },
  { name: 'meets three clauses', covers: ['conjunction'], flows: { br0: ['priority=10,ip,nw_src=10.0.0.0/8,actions=conjunction(7,1/3)', 'priority=10,ip,nw_dst=10.0.0.2,actions=conjunction(7,2/3)', 'priority=10,tcp,tp_dst=80,actions=conjunction(7,3/3)', 'priority=10,conj_id=7,ip,actions=output:2', 'priority=1,actions=output:3'] }, packets: [TCP, packet('tcp', { nw_dst: '10.0.0.3' })] },
  { name: 'has a rule take part in two conjunctions', covers: ['conjunction'], flows: { br0: ['priority=10,ip,nw_src=10.0.0.1,actions=conjunction(7,1/2),conjunction(8,1/2)', 'priority=10,tcp,tp_dst=80,actions=conjunction(7,2/2)', 'priority=10,udp,tp_dst=53,actions=conjunction(8,2/2)', 'priority=10,conj_id=7,ip,actions=output:2', 'priority=10,conj_id=8,ip,actions=output:3', 'priority=1,actions=output:4'] }, packets: [TCP, packet('udp'), packet('icmp')] },
  { name: 'falls back to lower priorities when a conjunction is not met', covers: ['conjunction'], flows: { br0: ['priority=10,ip,nw_src=10.0.0.1,actions=conjunction(7,1/2)', 'priority=10,conj_id=7,ip,actions=output:2', 'priority=5,tcp,actions=output:3', 'priority=1,actions=output:4'] }, packets: [TCP, packet('udp')] },
  { name: 'prefers a rule above a conjunction', covers: ['conjunction', 'table:priority'], flows: { br0: ['priority=10,ip,nw_src=10.0.0.1,actions=conjunction(7,1/2)', 'priority=10,tcp,tp_dst=80,actions=conjunction(7,2/2)', 'priority=10,conj_id=7,ip,actions=output:2', 'priority=11,tcp,tp_src=1000,actions=output:3', 'priority=9,tcp,actions=output:4'] }, packets: [TCP, packet('tcp', { tcp_src: 2 })] },
  { name: 'matches a conjunction whose rule asks for more', covers: ['conjunction'], flows: { br0: ['priority=10,ip,nw_src=10.0.0.1,actions=conjunction(7,1/2)', 'priority=10,tcp,tp_dst=80,actions=conjunction(7,2/2)', 'priority=10,conj_id=7,ip,in_port=2,actions=output:3', 'priority=1,actions=output:4'] }, packets: [TCP, packet('tcp', { in_port: 'p2' })] },
  { name: 'has conjunctions of two priorities', covers: ['conjunction'], flows: { br0: ['priority=10,ip,nw_src=10.0.0.1,actions=conjunction(7,1/2)', 'priority=10,tcp,tp_dst=81,actions=conjunction(7,2/2)', 'priority=10,conj_id=7,ip,actions=output:2', 'priority=8,ip,nw_src=10.0.0.1,actions=conjunction(9,1/2)', 'priority=8,tcp,tp_dst=80,actions=conjunction(9,2/2)', 'priority=8,conj_id=9,ip,actions=output:3', 'priority=1,actions=output:4'] }, packets: [TCP, packet('tcp', { tcp_dst: 81 }), packet('tcp', { tcp_dst: 82 })] },
  { name: 'has a conjunction without a rule for its id', covers: ['conjunction'], flows: { br0: ['priority=10,ip,nw_src=10.0.0.1,actions=conjunction(7,1/2)', 'priority=10,tcp,tp_dst=80,actions=conjunction(7,2/2)', 'priority=1,actions=output:4'] }, packets: [TCP] },
  { name: 'meets a conjunction of ports by mask and register', covers: ['conjunction', 'mask:port'], flows: { br0: ['table=0,actions=load:3->NXM_NX_REG0[],resubmit(,4)', 'table=4,priority=10,tcp,reg0=0x3/0xf,actions=conjunction(0x9e3779b9,1/2)', 'table=4,priority=10,tcp,tp_dst=0x50/0xfff8,actions=conjunction(0x9e3779b9,2/2)', 'table=4,priority=10,conj_id=0x9e3779b9,ip,actions=output:2', 'table=4,priority=0,actions=output:3'] }, packets: [TCP, packet('tcp', { tcp_dst: 88 })] },
  { name: 'meets a conjunction after a resume', covers: ['conjunction', 'ct:recirc'], flows: { br0: ['ct_state=-trk,ip,actions=ct(table=4)', 'table=4,priority=10,ct_state=+new+trk,ip,actions=conjunction(7,1/2)', 'table=4,priority=10,tcp,tp_dst=80,actions=conjunction(7,2/2)', 'table=4,priority=10,conj_id=7,ip,actions=output:2', 'table=4,priority=0,actions=output:3'] }, packets: [TCP, EST] },
];

const learn: readonly OvsCase[] = [
  { name: 'learns a rule', covers: ['action:learn'], flows: { br0: ['table=0,actions=learn(table=1,priority=9,cookie=0x77,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),output:2'] }, packets: [packet('tcp', {}, { generate: true })] },
  { name: 'learns constants, loads and slices', covers: ['action:learn'], flows: { br0: ['tcp,actions=learn(table=1,idle_timeout=30,hard_timeout=60,eth_type=0x800,nw_proto=6,NXM_OF_IP_SRC[]=NXM_OF_IP_DST[],NXM_OF_TCP_SRC[]=NXM_OF_TCP_DST[],load:NXM_NX_REG0[0..7]->NXM_NX_REG1[8..15],load:0x5->NXM_NX_REG2[]),output:2'] }, packets: [packet('tcp', { reg0: '0x1234' }, { generate: true })] },
  {
    name: 'learns nothing beyond the limit, nor anything new in the place of what it learned',
    covers: ['action:learn'],
    flows: { br0: ['table=0,actions=learn(table=1,priority=9,cookie=0x77,limit=1,NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[],result_dst=NXM_NX_REG1[0]),resubmit(,1),resubmit(,2)', 'table=2,reg1=1,actions=output:4', 'table=2,reg1=0,actions=output:5'] },
    packets: [packet('tcp', {}, { generate: true }), packet('tcp', {}, { generate: true }), packet('tcp', { in_port: 'p2' }, { generate: true }), packet('tcp', { dl_src: '00:00:00:00:00:07' }, { generate: true })],
  },
  { name: 'learns nothing from a packet that is only traced', covers: ['action:learn'], flows: { br0: ['actions=learn(table=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[]),resubmit(,1),output:2', 'table=1,priority=0,actions=output:3'] }, packets: [TCP] },
];

const multipath: readonly OvsCase[] = [
  { name: 'has one link to choose from', covers: ['action:multipath'], flows: { br0: ['actions=multipath(eth_src,50,modulo_n,1,0,NXM_NX_REG0[]),resubmit(,1)', 'table=1,reg0=0,actions=output:2'] }, packets: [TCP] },
  { name: 'bundles over one port', covers: ['action:bundle'], flows: { br0: ['actions=bundle(eth_src,0,active_backup,ofport,members:2,3)'] }, packets: [TCP] },
  { name: 'loads the port of a bundle', covers: ['action:bundle'], flows: { br0: ['actions=bundle_load(eth_src,0,active_backup,ofport,NXM_NX_REG0[],members:3,2),output:NXM_NX_REG0[]'] }, packets: [TCP] },
];

const V = (port: string, more: Readonly<Record<string, string | number>> = {}, kind: 'tcp' | 'arp' = 'tcp') => ({ bridge: 'brv', flow: flow(kind, { in_port: port, ...more }) });
const NORMAL = { brv: ['actions=NORMAL'] };

const normal: readonly OvsCase[] = [
  { name: 'floods what it does not know, in its VLAN', covers: ['normal:flood', 'vlan'], flows: NORMAL, packets: [V('v1'), V('v5'), V('v4'), V('v3', { dl_vlan: 10 }), V('v3', { dl_vlan: 20 })] },
  { name: 'floods broadcasts', covers: ['normal:flood'], flows: NORMAL, packets: [V('v1', { dl_dst: 'ff:ff:ff:ff:ff:ff' }, 'arp'), V('v2', { dl_dst: '01:00:5e:01:02:03' })] },
  { name: 'drops an untagged packet on a port of other VLANs', covers: ['normal:vlan', 'vlan'], flows: NORMAL, packets: [V('v3')] },
  { name: 'drops a tagged packet on an access port', covers: ['normal:vlan', 'vlan'], flows: NORMAL, packets: [V('v1', { dl_vlan: 10 }), V('v1', { dl_vlan: 20 }), V('v3', { dl_vlan: 30 })] },
  { name: 'sends to the port where it learned the address', covers: ['normal:learned'], macs: { brv: ['v2 10 00:00:00:00:00:02', 'v3 20 00:00:00:00:00:02'] }, flows: NORMAL, packets: [V('v1'), V('v5'), V('v3', { dl_vlan: 20 }), V('v4', { dl_vlan: 10 })] },
  { name: 'tags for a trunk and strips for an access port', covers: ['normal:learned', 'vlan'], macs: { brv: ['v3 10 00:00:00:00:00:02', 'v1 10 00:00:00:00:00:03'] }, flows: NORMAL, packets: [V('v1'), V('v3', { dl_vlan: 10, dl_dst: '00:00:00:00:00:03' }), V('v4', { dl_vlan: 10, dl_vlan_pcp: 4, dl_dst: '00:00:00:00:00:03' })] },
  { name: 'drops what was learned on the port that it came from', covers: ['normal:learned'], macs: { brv: ['v1 10 00:00:00:00:00:02'] }, flows: NORMAL, packets: [V('v1')] },
  { name: 'tags for a native VLAN, or does not', covers: ['normal:vlan', 'vlan'], flows: NORMAL, packets: ['v6', 'v7'].flatMap((port) => [V(port), ...[10, 20, 30, 40].map((dl_vlan) => V(port, { dl_vlan, dl_vlan_pcp: 3 })), V(port, { vlan_tci: '0x7000' })]) },
  { name: 'carries customers’ tags in a tag of its own', covers: ['normal:vlan', 'vlan'], flows: NORMAL, packets: ['v8', 'v9'].flatMap((port) => [V(port), ...[5, 10, 20].map((dl_vlan) => V(port, { dl_vlan, dl_vlan_pcp: 3 }))]) },
  { name: 'takes the tag around a customer’s off', covers: ['normal:vlan', 'vlan'], flows: { brv: ['in_port=v4,actions=push_vlan:0x88a8,set_field:4106->vlan_vid,NORMAL', 'in_port=v3,actions=push_vlan:0x8100,set_field:4116->vlan_vid,NORMAL'] }, packets: [V('v4'), V('v4', { dl_vlan: 5, dl_vlan_pcp: 2 }), V('v3', { dl_vlan: 5 }), V('v3', { dl_vlan: 7 })] },
  { name: 'sends to a native port where it learned the address', covers: ['normal:learned', 'vlan'], macs: { brv: ['v6 10 00:00:00:00:00:02', 'v7 20 00:00:00:00:00:02', 'v8 10 00:00:00:00:00:03'] }, flows: NORMAL, packets: [V('v1'), V('v5'), V('v4', { dl_vlan: 10 }), V('v4', { dl_vlan: 20 }), V('v1', { dl_dst: '00:00:00:00:00:03' }), V('v6', { dl_dst: '00:00:00:00:00:03' })] },
  { name: 'does not pass on packets for bridges', covers: ['normal:reserved'], flows: NORMAL, packets: [V('v4', { dl_dst: '01:80:c2:00:00:00' }), V('v4', { dl_dst: '01:80:c2:00:00:0e' })] },
  { name: 'switches a changed packet', covers: ['action:NORMAL'], flows: { brv: ['actions=mod_dl_dst:00:00:00:00:00:09,NORMAL,output:2'] }, macs: { brv: ['v4 10 00:00:00:00:00:09'] }, packets: [V('v1')] },
  { name: 'switches a packet that a rule tagged', covers: ['action:NORMAL', 'vlan'], flows: { brv: ['actions=mod_vlan_vid:10,NORMAL'] }, packets: [V('v4')] },
  { name: 'switches through a patch port', covers: ['action:NORMAL', 'patch'], macs: { br1: ['pb 0 00:00:00:00:00:01', 'q1 0 00:00:00:00:00:02'] }, flows: { br0: ['actions=output:9'], br1: ['actions=NORMAL'] }, packets: [TCP, packet('tcp', { in_port: 'q1', dl_dst: '00:00:00:00:00:01' }, { bridge: 'br1' })] },
  { name: 'floods to patch ports', covers: ['action:NORMAL', 'patch'], flows: { br0: ['actions=output:9'], br1: ['actions=NORMAL'], br2: ['actions=NORMAL'] }, packets: [TCP] },
  { name: 'learns from gratuitous ARP, and floods it', covers: ['normal:flood'], flows: NORMAL, packets: [V('v1', { dl_dst: 'ff:ff:ff:ff:ff:ff', arp_spa: '10.0.0.1', arp_tpa: '10.0.0.1' }, 'arp')] },
];

export const stateful: readonly OvsCase[] = [...ct, ...groups, ...conjunctions, ...learn, ...multipath, ...normal];
