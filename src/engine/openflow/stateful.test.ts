import { describe, expect, it } from 'vitest';
import { actionsOf, bridge, flowOf, follow, FOUR, patch, port, visitsOf } from '../../testing/openflowBed.ts';
import { parseIp4 } from '../../packet/address.ts';
import type { OvsTunnel } from '../../world/openflow.ts';
import { newSwitchState, type OvsSwitch } from './context.ts';
import { W } from './fields.ts';
import { resume, translate } from './translate.ts';

const TCP = 'in_port=1,tcp,dl_src=aa:aa:aa:aa:aa:01,dl_dst=aa:aa:aa:aa:aa:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80';
const CT = { new: 1, est: 2, rpl: 8, inv: 16, trk: 32 };
const run = (flows: readonly string[], options: Parameters<typeof follow>[2] = {}, flow: string = TCP): readonly string[] => actionsOf(follow([bridge({ flows })], flow, options));

describe('ct', () => {
  it.each([
    { flows: ['actions=ct(),output:2'], gives: ['ct,p2'] },
    { flows: ['actions=ct(commit,zone=5),output:2'], gives: ['ct(commit,zone=5),p2'] },
    { flows: ['actions=ct(commit,force,zone=5)'], gives: ['ct(force_commit,zone=5)'] },
    { flows: ['actions=load:0x1234->NXM_NX_REG0[0..15],ct(commit,zone=NXM_NX_REG0[0..15])'], gives: ['ct(commit,zone=4660)'] },
    { flows: ['actions=ct(commit,exec(load:0x5->NXM_NX_CT_MARK[]))'], gives: ['ct(commit,mark=0x5/0xffffffff)'] },
    { flows: ['actions=ct(commit,exec(set_field:0x2/0xf->ct_mark,load:1->NXM_NX_CT_LABEL[96]))'], gives: ['ct(commit,mark=0x2/0xf,label=0x1000000000000000000000000/0x1000000000000000000000000)'] },
    { flows: ['actions=ct(commit,nat(src=10.9.0.1-10.9.0.9:1000-2000,random))'], gives: ['ct(commit,nat(src=10.9.0.1-10.9.0.9:1000-2000,random))'] },
    { flows: ['actions=ct(commit,nat(src))'], gives: ['ct(commit,nat(src))'] },
    { flows: ['tcp,actions=ct(commit,alg=ftp)'], gives: ['ct(commit,helper=ftp)'] },
    { flows: ['actions=mod_nw_ttl:9,ct(commit),output:2'], gives: ['set(ipv4(ttl=9)),ct(commit),p2'], because: 'conntrack sees what was changed' },
    { flows: ['actions=ct(table=1),output:2', 'table=1,ct_state=+trk+new,actions=output:3'], gives: ['ct,recirc(0x1),p2', 'p3'], because: 'a copy comes back, and this one goes on' },
    { flows: ['actions=load:7->NXM_NX_REG3[],ct(table=1)', 'table=1,reg3=7,actions=output:3'], gives: ['ct,recirc(0x1)', 'p3'], because: 'registers come back' },
    { flows: ['actions=push:NXM_OF_IN_PORT[],load:2->NXM_OF_IN_PORT[],ct(table=1)', 'table=1,in_port=2,actions=pop:NXM_NX_REG0[],output:NXM_NX_REG0[]'], gives: ['ct,recirc(0x1)', 'p1'], because: 'the input port and the stack come back' },
    { flows: ['actions=write_actions(output:4),ct(table=1)', 'table=1,actions=mod_nw_ttl:9'], gives: ['ct,recirc(0x1),p4', 'set(ipv4(ttl=9)),p4'], because: 'both copies have the action set' },
    { flows: ['ct_state=-trk,actions=ct(table=0,zone=3)', 'ct_zone=3,ct_state=+trk,actions=output:2'], gives: ['ct(zone=3),recirc(0x1)', 'p2'] },
    { flows: ['actions=ct(table=1,zone=3)', 'table=1,ct_state=+trk,actions=resubmit(,2),output:2', 'table=2,ct_state=+trk,actions=ct_clear,resubmit(,3)', 'table=3,ct_state=0,ct_zone=0,actions=output:3'], gives: ['ct(zone=3),recirc(0x1)', 'ct_clear,p3,p2'] },
    { flows: ['actions=ct_clear,output:2'], gives: ['p2'], because: 'nobody has asked conntrack' },
    { flows: ['actions=ct(commit,table=1,exec(load:5->NXM_NX_CT_MARK[]))', 'table=1,ct_mark=5,actions=output:2'], gives: ['ct(commit,mark=0x5/0xffffffff),recirc(0x1)', 'p2'] },
    { flows: ['actions=ct(table=1),ct(table=2)', 'table=1,actions=ct(table=3)', 'table=2,actions=output:2', 'table=3,actions=output:3'], gives: ['ct,recirc(0x1),ct,recirc(0x2)', 'ct,recirc(0x1)', 'p2', 'p3'], because: 'one after the other' },
  ])('$flows gives $gives $because', ({ flows, gives }) => expect(run(flows)).toEqual(gives));

  it('clears what was known about the connection for what goes on', () => {
    expect(visitsOf(follow([bridge({ flows: ['actions=ct(commit),resubmit(,1)', 'table=1,ct_state=0,ct_mark=0,ct_zone=0,actions=drop'] })], `${TCP},ct_state=trk|est,ct_mark=5,ct_zone=9`))).toEqual(['0/32768', '1/32768']);
  });

  it.each([
    { ctNext: [], visits: ['0/32768', '1/1', '2/1'], because: 'trk,new unless told otherwise' },
    { ctNext: [CT.trk | CT.est], visits: ['0/32768', '1/2', '2/1'], because: 'the first only' },
    { ctNext: [CT.trk | CT.est, CT.trk | CT.est | CT.rpl, CT.trk | CT.inv], visits: ['0/32768', '1/2', '2/3'], because: 'more than needed is harmless' },
  ])('resumes with $ctNext: $because', ({ ctNext, visits }) => {
    const flows = ['actions=ct(table=1)', 'table=1,priority=1,ct_state=+new,actions=ct(table=2)', 'table=1,priority=2,ct_state=+est,actions=ct(table=2)', 'table=2,priority=1,ct_state=+new,actions=drop', 'table=2,priority=3,ct_state=+rpl,actions=drop'];
    expect(visitsOf(follow([bridge({ flows })], TCP, { ctNext }))).toEqual(visits);
  });

  it.each([
    ['nat(dst=10.9.0.5:8080)', 'nw_dst=10.9.0.5,tp_dst=8080,nw_src=10.0.0.1,tp_src=1000'],
    ['nat(dst=10.9.0.5-10.9.0.9)', 'nw_dst=10.9.0.5,tp_dst=80,nw_src=10.0.0.1,tp_src=1000'],
    ['nat(src=10.9.0.5:3000-4000)', 'nw_src=10.9.0.5,tp_src=3000,nw_dst=10.0.0.2,tp_dst=80'],
    ['nat', 'nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_dst=80'],
    ['nat(src)', 'nw_src=10.0.0.1,nw_dst=10.0.0.2,tp_dst=80'],
  ])('comes back from %s as %s', (nat, match) => {
    expect(visitsOf(follow([bridge({ flows: [`actions=ct(commit,table=1,${nat})`, `table=1,priority=9,tcp,${match},actions=drop`] })], TCP))).toEqual(['0/32768', '1/9']);
  });

  it('comes back from a translation of IPv6, too', () => {
    const flows = ['actions=ct(commit,table=1,nat(dst=[fd00::77]:8080))', 'table=1,priority=9,tcp6,ipv6_dst=fd00::77,tp_dst=8080,actions=output:2'];
    expect(actionsOf(follow([bridge({ flows })], 'in_port=1,tcp6,ipv6_src=fd00::1,ipv6_dst=fd00::2,tp_src=1,tp_dst=80'))).toEqual(['ct(commit,nat(dst=[fd00::77]:8080)),recirc(0x1)', 'p2']);
  });

  it('comes back to the bridge that asked', () => {
    const br1 = bridge({ name: 'br1', ports: [port('q1', 1), patch('pb', 9, 'pa')], flows: ['ct_state=-trk,actions=ct(table=5)', 'table=5,in_port=9,actions=output:1'] });
    const br0 = bridge({ ports: [...FOUR, patch('pa', 9, 'pb')], flows: ['actions=output:9,output:2'] });
    const answer = follow([br0, br1], TCP);
    expect(visitsOf(answer)).toEqual(['0/32768', 'br1:0/32768', 'br1:5/32768']);
    expect(actionsOf(answer)).toEqual(['clone(ct,recirc(0x1)),p2', 'q1']);
    expect(answer.outputs.map((o) => o.port)).toEqual(['p2', 'q1']);
  });

  it('comes back with an exit that another bridge left, and does nothing', () => {
    const br1 = bridge({ name: 'br1', ports: [port('q1', 1), patch('pb', 9, 'pa')], flows: ['actions=output:1,exit'] });
    const br0 = bridge({ ports: [...FOUR, patch('pa', 9, 'pb')], flows: ['actions=output:9,ct(table=1),output:2', 'table=1,actions=output:3'] });
    expect(actionsOf(follow([br0, br1], TCP))).toEqual(['q1,ct,recirc(0x1),p2', 'drop']);
  });

  it('that goes round for ever is given up, and nobody says what would become of it', () => {
    const answer = follow([bridge({ flows: ['actions=ct(table=0)'] })], TCP);
    expect(answer.passes).toHaveLength(64);
    expect(answer.verdict).toBe('unknown');
  });

  it('resubmit(,T,ct) looks up by the tracked connection', () => {
    const flows = ['actions=resubmit(,1,ct),resubmit(,2)', 'table=1,priority=9,tcp,nw_src=10.0.0.9,nw_dst=10.0.0.8,tp_dst=443,actions=load:1->NXM_NX_REG0[]', 'table=2,priority=9,reg0=1,tcp,nw_dst=10.0.0.2,actions=output:2'];
    const tracked = `${TCP},ct_state=trk|est,ct_nw_proto=6,ct_nw_src=10.0.0.9,ct_nw_dst=10.0.0.8,ct_tp_src=5,ct_tp_dst=443`;
    expect(run(flows, {}, tracked)).toEqual(['p2']);
    expect(visitsOf(follow([bridge({ flows })], TCP))).toEqual(['0/32768', '2/-']);
  });
});

describe('groups', () => {
  const groups = [
    'group_id=1,type=all,bucket=actions=mod_nw_ttl:9,output:2,bucket=actions=output:3',
    'group_id=2,type=select,bucket=bucket_id:7,weight:1,actions=output:2,bucket=bucket_id:9,weight:3,actions=output:3,bucket=bucket_id:3,weight:0,actions=output:4',
    'group_id=3,type=indirect,bucket=actions=output:4',
    'group_id=4,type=ff,bucket=watch_port:2,actions=output:2,bucket=watch_port:3,actions=output:3',
    'group_id=5,type=ff,bucket=watch_port:9,actions=output:2,bucket=watch_group:4,actions=output:4',
    'group_id=6,type=ff,bucket=watch_port:9,actions=output:2',
    'group_id=7,type=all,bucket=actions=resubmit(,1)',
    'group_id=8,type=indirect,bucket=actions=group:3',
    'group_id=9,type=indirect,bucket=actions=mod_nw_ttl:9',
    'group_id=10,type=select,selection_method=dp_hash,bucket=bucket_id:0,actions=ct(commit,table=1,nat(dst=10.9.0.5)),bucket=bucket_id:1,actions=ct(commit,table=1,nat(dst=10.9.0.6))',
    'group_id=11,type=all',
    'group_id=12,type=all,bucket=actions=CONTROLLER:100,bucket=actions=output:3',
  ];
  const at = (actions: string, options: Parameters<typeof follow>[2] = {}): ReturnType<typeof follow> => follow([bridge({ flows: [`actions=${actions}`, 'table=1,actions=IN_PORT,exit'], groups })], TCP, options);
  it.each([
    { actions: 'group:1,output:4', gives: ['set(ipv4(ttl=9)),p2,set(ipv4(ttl=64)),p3,p4'], because: 'each bucket has a copy' },
    { actions: 'group:2', gives: ['p2'], because: 'the first unless chosen' },
    { actions: 'group:3,output:2', gives: ['p4,p2'] },
    { actions: 'group:4', gives: ['p2'], because: 'the first that lives' },
    { actions: 'group:5', gives: ['p4'], because: 'there is no port 9' },
    { actions: 'group:6,output:3', gives: ['p3'], because: 'none lives' },
    { actions: 'group:7,output:2', gives: ['p1,p2'], because: 'exit ends the bucket alone' },
    { actions: 'group:8', gives: ['p4'] },
    { actions: 'group:12', gives: ['userspace(pid=0,controller(reason=4,dont_send=0,continuation=0,recirc_id=0,rule_cookie=0,controller_id=0,max_len=100)),p3'], because: 'the controller is a port' },
    { actions: 'group:9', gives: ['drop'], because: 'a bucket without an output is nothing' },
    { actions: 'output:2,group:99,output:3', gives: ['p2'], because: 'no such group, and the list ends' },
    { actions: 'output:2,group:11,output:3', gives: ['p2,p3'], because: 'a group without buckets' },
  ])('$actions gives $gives $because', ({ actions, gives }) => expect(actionsOf(at(actions))).toEqual(gives));

  it.each([
    [{ 'group 2': 0 }, 'p2'],
    [{ 'group 2': 1 }, 'p3'],
  ])('choice %j of a select group sends to %s', (choices, gives) => expect(actionsOf(at('group:2', { choices }))).toEqual([gives]));

  it('never take a bucket of weight 0, and say among which was chosen', () => {
    const answer = at('group:2', { choices: { 'group 2': 2 } });
    expect(actionsOf(answer)).toEqual(['p2']);
    expect(answer.chosen.get('group 2')).toEqual([0, 1]);
    expect(answer.passes[0]?.visits[0]?.notes[0]).toEqual({ kind: 'bucket', group: 2, bucket: 0, choice: 'group 2' });
  });

  it('that translate: the chosen bucket’s address comes back', () => {
    expect(actionsOf(at('group:10', { choices: { 'group 10': 1 } }))).toEqual(['ct(commit,nat(dst=10.9.0.6)),recirc(0x1)', 'p1']);
  });

  it('of a bridge without a listing of groups are unknown', () => {
    const { groups: _, ...rest } = bridge({ flows: ['actions=group:1,output:2'] });
    const answer = follow([{ ...rest, groups: undefined }], TCP);
    expect(answer.verdict).toBe('unknown');
    expect(answer.unknown).toEqual([{ what: 'groups', name: 'br0' }]);
  });

  it('live by ports that are up', () => {
    const br = bridge({ flows: ['actions=group:4'], groups });
    const sw: OvsSwitch = { bridges: [br], state: newSwitchState(), choose: () => 0, learns: false, isUp: (_, name) => name !== 'p2' };
    expect(translate(sw, br, flowOf(TCP, br)).actions).toEqual([{ kind: 'output', bridge: 'br0', port: 'p3', tunnel: false }]);
  });
});

describe('check_pkt_larger', () => {
  const flows = ['actions=check_pkt_larger(1400)->NXM_NX_REG0[0],resubmit(,1)', 'table=1,priority=2,reg0=1,actions=output:2', 'table=1,priority=1,actions=output:3'];
  it.each([
    { size: undefined, visits: ['0/32768', '1/1'], out: 'p3' },
    { size: 1400, visits: ['0/32768', '1/1'], out: 'p3' },
    { size: 1401, visits: ['0/32768', '1/2'], out: 'p2' },
  ])('of $size bytes goes to $out', ({ size, visits, out }) => {
    const answer = follow([bridge({ flows })], TCP, { size });
    expect(visitsOf(answer)).toEqual(visits);
    expect(answer.outputs.map((o) => o.port)).toEqual([out]);
    expect(actionsOf(answer)).toEqual(['check_pkt_len(size=1400,gt(p2),le(p3))']);
  });

  it('goes both ways with what was changed before, and says which changes are whose', () => {
    const answer = follow([bridge({ flows: ['actions=mod_nw_ttl:9,check_pkt_larger(100)->NXM_NX_REG0[0],output:2'] })], TCP);
    expect(actionsOf(answer)).toEqual(['set(ipv4(ttl=9)),check_pkt_len(size=100,gt(p2),le(p2))']);
    expect(answer.passes[0]?.visits[0]?.changes).toContainEqual({ field: 'reg0', before: [0], after: [1], when: [{ bytes: 100, larger: true }] });
    expect(answer.passes[0]?.visits[0]?.notes.map((n) => n.when)).toEqual([[{ bytes: 100, larger: true }], [{ bytes: 100, larger: false }]]);
  });

  it.each([
    { exit: 'table=2,reg0=1,actions=output:2,exit', gives: 'check_pkt_len(size=1000,gt(p2),le(p3))' },
    { exit: 'table=2,reg0=0,actions=output:2,exit', gives: 'check_pkt_len(size=1000,gt(p3),le(p2)),p4' },
  ])('lets the lists around it go on as the longer packet’s walk says: $exit', ({ exit, gives }) => {
    expect(actionsOf(follow([bridge({ flows: ['actions=resubmit(,1),output:4', 'table=1,actions=check_pkt_larger(1000)->NXM_NX_REG0[0],resubmit(,2),output:3', exit] })], TCP))).toEqual([gives]);
  });

  it('of what comes back from conntrack only the copy of its length counts', () => {
    const asks = ['actions=check_pkt_larger(100)->NXM_NX_REG0[0],resubmit(,1)', 'table=1,priority=2,reg0=1,actions=ct(table=2)', 'table=1,priority=1,actions=output:3', 'table=2,actions=output:2'];
    expect(follow([bridge({ flows: asks })], TCP, { size: 50 }).passes).toHaveLength(1);
    expect(follow([bridge({ flows: asks })], TCP, { size: 500 }).outputs.map((o) => o.port)).toEqual(['p2']);
  });
});

describe('tunnels', () => {
  const config = (more: Partial<OvsTunnel>): OvsTunnel => ({ remoteIp: 'flow', localIp: undefined, key: 'flow', dstPort: 4789, csum: false, df: true, ttl: undefined, tos: undefined, ...more });
  const remote = parseIp4('10.9.0.1') ?? 0;
  const ports = [
    ...FOUR,
    port('vx', 10, { type: 'vxlan', tunnel: config({}) }),
    port('v1', 11, { type: 'vxlan', tunnel: config({ remoteIp: remote, key: 7, ttl: 9, tos: 'inherit' }) }),
    port('gn', 12, { type: 'geneve', tunnel: config({ remoteIp: remote, dstPort: 6081, csum: true }) }),
    port('gr', 13, { type: 'gre', tunnel: config({ remoteIp: remote, key: undefined, dstPort: 0 }) }),
    port('in', 14, { type: 'vxlan', tunnel: config({ remoteIp: remote, ttl: 'inherit' }) }),
  ];
  const tlvs = [{ optClass: 0x102, optType: 0x80, length: 4, index: 0, source: undefined }];
  const sends = (actions: string, flow: string = TCP): string => actionsOf(follow([bridge({ ports, tlvs, flows: [`actions=${actions}`] })], flow)).join();
  it.each([
    { actions: 'set_field:10.9.0.2->tun_dst,set_field:5->tun_id,output:10', gives: 'set(tunnel(tun_id=0x5,dst=10.9.0.2,ttl=64,tp_dst=4789,flags(df|key))),vx' },
    { actions: 'output:10', gives: 'drop', because: 'nobody said where to' },
    { actions: 'output:11', gives: 'set(tunnel(tun_id=0x7,dst=10.9.0.1,ttl=9,tp_dst=4789,flags(df|key))),v1' },
    { actions: 'output:11', flow: `${TCP},nw_tos=184`, gives: 'set(tunnel(tun_id=0x7,dst=10.9.0.1,tos=0xb8,ttl=9,tp_dst=4789,flags(df|key))),v1' },
    { actions: 'output:14', gives: 'set(tunnel(tun_id=0x0,dst=10.9.0.1,ttl=64,tp_dst=4789,flags(df|key))),in' },
    { actions: 'output:14', flow: 'in_port=1,arp', gives: 'set(tunnel(tun_id=0x0,dst=10.9.0.1,ttl=64,tp_dst=4789,flags(df|key))),in', because: 'there is no TTL to inherit' },
    { actions: 'output:14', flow: TCP.replace('nw_ttl=64', 'nw_ttl=7'), gives: 'set(tunnel(tun_id=0x0,dst=10.9.0.1,ttl=7,tp_dst=4789,flags(df|key))),in' },
    { actions: 'output:13', gives: 'set(tunnel(dst=10.9.0.1,ttl=64,flags(df))),gr' },
    { actions: 'output:11,output:11', gives: 'set(tunnel(tun_id=0x7,dst=10.9.0.1,ttl=9,tp_dst=4789,flags(df|key))),v1,v1', because: 'it is set already' },
    { actions: 'set_field:1->tun_id,output:12,output:2', gives: 'set(tunnel(tun_id=0x1,dst=10.9.0.1,ttl=64,tp_dst=6081,flags(df|csum|key))),gn,p2' },
    { actions: 'set_field:1->tun_id,set_field:0x20005->tun_metadata0,output:12', gives: 'set(tunnel(tun_id=0x1,dst=10.9.0.1,ttl=64,tp_dst=6081,geneve({class=0x102,type=0x80,len=4,0x20005}),flags(df|csum|key))),gn' },
    { actions: 'load:5->NXM_NX_TUN_METADATA0[0..15],load:2->NXM_NX_TUN_METADATA0[16..31],output:12', gives: 'set(tunnel(tun_id=0x0,dst=10.9.0.1,ttl=64,tp_dst=6081,geneve({class=0x102,type=0x80,len=4,0x20005}),flags(df|csum|key))),gn' },
    { actions: 'set_field:9->tun_metadata0,output:11', gives: 'set(tunnel(tun_id=0x7,dst=10.9.0.1,ttl=9,tp_dst=4789,flags(df|key))),v1', because: 'VXLAN has no options' },
    { actions: 'mod_dl_dst:00:00:00:00:00:09,output:11', gives: 'set(tunnel(tun_id=0x7,dst=10.9.0.1,ttl=9,tp_dst=4789,flags(df|key))),set(eth(dst=00:00:00:00:00:09)),v1' },
    { actions: 'output:12,output:2', flow: 'in_port=10,tcp,tun_src=10.9.0.7,tun_dst=10.9.0.1', gives: 'p2', because: 'not to our own address' },
    { actions: 'output:2', flow: `in_port=10,${TCP.slice('in_port=1,'.length)},tun_src=10.9.0.7,tun_dst=10.9.0.8,tun_tos=3,nw_tos=0`, gives: 'drop', because: 'congestion that the inside cannot carry' },
    { actions: 'output:2', flow: `in_port=10,${TCP.slice('in_port=1,'.length)},tun_src=10.9.0.7,tun_dst=10.9.0.8,tun_tos=3,nw_ecn=1`, gives: 'set(ipv4(tos=0x3/0x3)),p2', because: 'congestion shows inside' },
  ])('$actions gives $gives $because', ({ actions, flow, gives }) => expect(sends(actions, flow)).toBe(gives));

  it('leave what they wrote where they refuse', () => {
    const flows = ['actions=resubmit(,1),resubmit(,1)', 'table=1,priority=1,tun_src=10.9.0.7,actions=IN_PORT', 'table=1,priority=2,tun_src=0.0.0.0,actions=output:2'];
    const answer = follow([bridge({ ports, flows })], 'in_port=10,tcp,tun_id=5,tun_src=10.9.0.7,tun_dst=10.9.0.8');
    expect([visitsOf(answer), actionsOf(answer)]).toEqual([['0/32768', '1/1', '1/2'], ['p2']]);
  });

  it('tell each output its own tunnel', () => {
    const answer = follow([bridge({ ports, flows: ['actions=set_field:10.9.0.2->tun_dst,set_field:5->tun_id,output:10,output:11,output:2'] })], TCP);
    expect(answer.outputs).toEqual([
      { bridge: 'br0', port: 'vx', tunnel: { dst: parseIp4('10.9.0.2'), vni: 5 } },
      { bridge: 'br0', port: 'v1', tunnel: { dst: remote, vni: 7 } },
      { bridge: 'br0', port: 'p2', tunnel: undefined },
    ]);
  });
});

describe('a packet for the controller', () => {
  it.each([
    ['actions=CONTROLLER:9', 'action'],
    ['priority=0,actions=CONTROLLER:9', 'explicit_miss'],
    ['priority=0,ip,actions=CONTROLLER:9', 'action'],
    ['actions=write_actions(CONTROLLER:9)', 'action_set'],
    ['actions=group:1', 'group'],
    ['actions=controller(reason=no_match,id=4)', 'no_match'],
    ['actions=dec_ttl', 'invalid_ttl'],
  ])('%s says why: %s', (line, reason) => {
    const br = bridge({ flows: [line], groups: ['group_id=1,type=indirect,bucket=actions=CONTROLLER:9'] });
    const [pass] = follow([br], TCP.replace('nw_ttl=64', 'nw_ttl=1')).passes;
    expect(pass?.translation.actions.map((a) => (a.kind === 'controller' ? a.action.reason : a.kind))).toEqual([reason]);
  });
});

describe('a packet that waits for the controller', () => {
  const flows = ['actions=load:5->NXM_NX_REG0[],resubmit(,1),output:4', 'table=1,actions=controller(userdata=01,pause),mod_nw_ttl:9,goto_table:2', 'table=2,reg0=5,actions=output:3'];
  const br = bridge({ flows });
  const sw: OvsSwitch = { bridges: [br], state: newSwitchState(), choose: () => 0, learns: false };

  it('goes on where it stopped, in the lists inside and outside', () => {
    const first = translate(sw, br, flowOf(TCP, br));
    const [action] = first.actions;
    const frozen = action?.kind === 'controller' && action.resume !== undefined ? first.frozen.get(action.resume) : undefined;
    expect(first.actions).toHaveLength(1);
    expect(frozen?.actions.map((a) => a.kind)).toEqual(['mod', 'resubmit', 'output']);
    if (!frozen) throw new Error('nothing waits');
    const back = flowOf(TCP, br);
    back[W.inPort] = 0;
    const second = resume(sw, frozen, back);
    expect(second.actions.flatMap((a) => (a.kind === 'output' ? [a.port] : []))).toEqual(['p3', 'p4']);
    expect(second.visits.map((v) => [v.table, v.left?.length])).toEqual([[0, 3], [2, undefined]]);
  });
});
