import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseRule, printRule, readDumpFlows } from './ovsFlows.ts';
import { readDumpGroups, printGroup } from './ovsGroups.ts';
import { portNames } from './ovsNames.ts';
import { printTlvMap, readTlvMap } from './ovsTlvMap.ts';
import type { OvsPort } from '../world/openflow.ts';

const fixture = (name: string): readonly string[] =>
  readFileSync(fileURLToPath(new URL(`fixtures/ovs/${name}`, import.meta.url)), 'utf8')
    .split('\n')
    .slice(0, -1);
const lines = (text: readonly string[]) => ({ input: 'f', firstLine: 1, lines: text });

/** What ovs-ofctl makes of it, by parse-flow of version 3.1. */
const print = (text: string): string | undefined => {
  const rule = parseRule(text);
  return rule && printRule(rule, { stats: false });
};
const match = (text: string): string | undefined => print(`${text} actions=drop`)?.replace(/ ?actions=drop$/, '');
const actions = (text: string): string | undefined => print(`actions=${text}`)?.replace(/^actions=/, '');

it.each([
  'cookie=0x100, duration=0.006s, table=0, n_packets=0, n_bytes=0, reset_counts idle_age=0, priority=10 actions=output:2',
  'cookie=0x0, duration=1s, table=3, n_packets=0, n_bytes=0, idle_timeout=5, send_flow_rem no_packet_counts priority=7,ip actions=drop',
])('flags of a rule have no comma behind them: %s', (line) => {
  const rule = parseRule(line);
  expect(rule && printRule(rule)).toBe(line);
  expect(rule?.stats?.some((w) => w === 'reset_counts' || w === 'send_flow_rem')).toBe(true);
});

describe('names of ports that are longer than OpenFlow lets them be', () => {
  const port = (name: string, ofport: number): OvsPort => ({ name, ofport, type: 'system', typeText: '', peer: undefined, tunnel: undefined, tag: undefined, trunks: undefined, vlanMode: undefined, mac: undefined, source: undefined });
  const names = portNames([port('patch-br-int-to-br-ex_node', 7), port('veth-of-customer-1', 8), port('veth-of-customer-2', 9)]);

  it('are read where they were cut off, and printed so', () => {
    const line = 'in_port="patch-br-int-to" actions=output:"patch-br-int-to"';
    const rule = parseRule(line, names);
    expect(rule?.match[0]?.value).toEqual([7]);
    expect(rule && printRule(rule, { stats: false, names: names })).toBe(line);
  });

  it('are nobody when they could be two', () => expect(parseRule('in_port="veth-of-custome" actions=drop', names)?.match[0]?.value).not.toEqual([8]));
});

describe('real dumps come back as they were', () => {
  it.each([
    ['sdn-ovs-ofctl-dump-flows-br0.txt', 110],
    ['ovn-ovs-ofctl-dump-flows-br-ex.txt', 28],
    ['ovn-ovs-ofctl-dump-flows-br-int.txt', 223],
  ])('%s', (name, count) => {
    const text = fixture(name);
    const { value, diagnostics } = readDumpFlows(lines(text));
    expect(diagnostics).toEqual([]);
    expect(value).toHaveLength(count);
    expect(value.map((r) => ` ${printRule(r)}`)).toEqual(text.filter((l) => !l.includes(' reply ')));
    expect(JSON.stringify(value)).not.toContain('"unknown"');
    expect(value.flatMap((r) => r.match).filter((c) => c.text !== undefined)).toEqual([]);
  });

  it.each(['sdn-ovs-ofctl-dump-groups-br0.txt', 'ovn-ovs-ofctl-dump-groups-br-int.txt'])('%s', (name) => {
    const text = fixture(name);
    const { value, diagnostics } = readDumpGroups(lines(text));
    expect(diagnostics).toEqual([]);
    expect(value.map((g) => ` ${printGroup(g)}`)).toEqual(text.slice(1));
  });

  it('ovn-ovs-ofctl-dump-tlv-map-br-int.txt', () => {
    const text = fixture('ovn-ovs-ofctl-dump-tlv-map-br-int.txt');
    const { value, diagnostics } = readTlvMap(lines(text));
    expect(diagnostics).toEqual([]);
    expect(value).toMatchObject([{ optClass: 0x102, optType: 0x80, length: 4, index: 0 }]);
    expect(printTlvMap(value)).toEqual(text.slice(1));
  });

  it('gives each rule its line', () => {
    const { value } = readDumpFlows({ input: 'x', firstLine: 7, lines: ['NXST_FLOW reply (xid=0x4): flags=[more]', ' priority=1 actions=drop', 'NXST_FLOW reply (xid=0x4):', ' priority=2 actions=drop'] });
    expect(value.map((r) => r.source)).toEqual([{ input: 'x', line: 8 }, { input: 'x', line: 10 }]);
  });
});

describe('a match is printed as match_format() does', () => {
  it.each`
    written                                                                              | printed
    ${'ip'}                                                                              | ${'ip'}
    ${'ipv4'}                                                                            | ${'ip'}
    ${'dl_type=0x0800,nw_proto=6'}                                                       | ${'tcp'}
    ${'nw_proto=58,dl_type=0x86dd'}                                                      | ${'icmp6'}
    ${'eth_type=2048,ip_proto=47'}                                                       | ${'ip,nw_proto=47'}
    ${'dl_type=0x88cc'}                                                                  | ${'dl_type=0x88cc'}
    ${'in_port=65534'}                                                                   | ${'in_port=LOCAL'}
    ${'in_port=local'}                                                                   | ${'in_port=LOCAL'}
    ${'in_port=4294967294'}                                                              | ${'in_port=LOCAL'}
    ${'dl_vlan=5,dl_vlan_pcp=3'}                                                         | ${'dl_vlan=5,dl_vlan_pcp=3'}
    ${'dl_vlan=0xffff'}                                                                  | ${'vlan_tci=0x0000'}
    ${'vlan_vid=0x1005,vlan_pcp=2'}                                                      | ${'dl_vlan=5,dl_vlan_pcp=2'}
    ${'vlan_tci=0x1005/0x1fff'}                                                          | ${'dl_vlan=5'}
    ${'vlan_tci=0x0000/0x1000'}                                                          | ${'vlan_tci=0x0000/0x1000'}
    ${'eth_dst=0A:58:0a:83:00:01'}                                                       | ${'dl_dst=0a:58:0a:83:00:01'}
    ${'dl_dst=01:00:00:00:00:00/01:00:00:00:00:00'}                                      | ${'dl_dst=01:00:00:00:00:00/01:00:00:00:00:00'}
    ${'ip,nw_src=10.1.2.3/255.255.0.0'}                                                  | ${'ip,nw_src=10.1.0.0/16'}
    ${'ip,ip_dst=10.1.2.3/255.0.255.0'}                                                  | ${'ip,nw_dst=10.0.2.0/255.0.255.0'}
    ${'ip,nw_src=0.0.0.0/0'}                                                             | ${'ip'}
    ${'arp,nw_src=1.2.3.4,arp_op=2,arp_sha=00:00:0a:83:00:14/00:00:ff:ff:ff:ff'}         | ${'arp,arp_spa=1.2.3.4,arp_op=2,arp_sha=00:00:0a:83:00:14/00:00:ff:ff:ff:ff'}
    ${'ipv6,ipv6_dst=fff0:ffff::/fff0:ffff::'}                                           | ${'ipv6,ipv6_dst=fff0:ffff::/fff0:ffff::'}
    ${'ipv6,ipv6_src=2001:db8:0:0:1:0:0:1/64'}                                           | ${'ipv6,ipv6_src=2001:db8::/64'}
    ${'ipv6,ipv6_src=::ffff:1.2.3.4'}                                                    | ${'ipv6,ipv6_src=::ffff:1.2.3.4'}
    ${'ipv6,ipv6_label=0x5/0xf'}                                                         | ${'ipv6,ipv6_label=0x00005/0x0000f'}
    ${'tcp,tcp_dst=0x50'}                                                                | ${'tcp,tp_dst=80'}
    ${'tcp,tp_dst=0x2328/0xfff8'}                                                        | ${'tcp,tp_dst=0x2328/0xfff8'}
    ${'tcp,tcp_flags=+syn-ack'}                                                          | ${'tcp,tcp_flags=+syn-ack'}
    ${'tcp,tcp_flags=0x012/0x017'}                                                       | ${'tcp,tcp_flags=-fin+syn-rst+ack'}
    ${'tcp,tcp_flags=0x12'}                                                              | ${'tcp,tcp_flags=syn|ack'}
    ${'icmp,icmp_type=8,icmp_code=0'}                                                    | ${'icmp,icmp_type=8,icmp_code=0'}
    ${'icmp6,icmpv6_type=136,nd_target=fe80::1,nd_tll=00:01:02:03:04:05'}                | ${'icmp6,icmp_type=136,nd_target=fe80::1,nd_tll=00:01:02:03:04:05'}
    ${'ip,ip_dscp=3,ip_ecn=1,nw_ttl=64'}                                                 | ${'ip,nw_tos=12,nw_ecn=1,nw_ttl=64'}
    ${'ip,nw_frag=no'}                                                                   | ${'ip,nw_frag=no'}
    ${'ip,ip_frag=not_later'}                                                            | ${'ip,nw_frag=not_later'}
    ${'ct_state=+trk+new-est,ip'}                                                        | ${'ct_state=+new-est+trk,ip'}
    ${'ct_state=0x21/0x21'}                                                              | ${'ct_state=+new+trk'}
    ${'ct_state=trk|new'}                                                                | ${'ct_state=new|trk'}
    ${'ct_label=0xffff0000000000000000/0xffff0000000000000000'}                          | ${'ct_label=0xffff0000000000000000/0xffff0000000000000000'}
    ${'reg0=010'}                                                                        | ${'reg0=0x8'}
    ${'reg0=0'}                                                                          | ${'reg0=0'}
    ${'reg0[0..15]=5'}                                                                   | ${'reg0=0x5/0xffff'}
    ${'reg3[4]=1'}                                                                       | ${'reg3=0x10/0x10'}
    ${'xreg1=0x100000002/0xff000000ff'}                                                  | ${'reg2=0x1/0xff,reg3=0x2/0xff'}
    ${'metadata=5/0xff'}                                                                 | ${'metadata=0x5/0xff'}
    ${'packet_type=(1,0x800)'}                                                           | ${'packet_type=(1,0x800)'}
    ${'ip,in_port=1,reg3=1,metadata=1,pkt_mark=2,ct_mark=3,nw_ttl=1,conj_id=3,tun_id=1'} | ${'pkt_mark=0x2,conj_id=3,ct_mark=0x3,ip,reg3=0x1,tun_id=0x1,metadata=0x1,in_port=1,nw_ttl=1'}
    ${'tun_metadata0=0x20005,tun_src=10.0.0.0/8'}                                        | ${'tun_src=10.0.0.0/8,tun_metadata0=0x20005'}
    ${'nsh_si=3,ip'}                                                                     | ${'ip,nsh_si=3'}
  `('$written → $printed', ({ written, printed }: { written: string; printed: string }) => {
    expect(match(written)).toBe(printed);
    expect(match(printed)).toBe(printed);
  });

  it('takes shorthands and VLAN fields apart', () => {
    expect(parseRule('tcp,dl_vlan=7 actions=drop')?.match).toEqual([
      { field: 'dl_type', value: [0x0800] },
      { field: 'nw_proto', value: [6] },
      { field: 'vlan_tci', value: [0x1007], mask: [0x1fff] },
    ]);
  });

  it('keeps what it does not know, and what it cannot read, as text', () => {
    expect(parseRule('nsh_si=3,nw_src=x actions=drop')?.match).toEqual([
      { field: 'nsh_si', value: [], text: 'nsh_si=3' },
      { field: 'nw_src', value: [], text: 'nw_src=x' },
    ]);
  });
});

describe('actions are printed as ofpacts_format() does', () => {
  it.each([
    'drop', 'output:3', 'LOCAL', 'NORMAL', 'FLOOD', 'ALL', 'IN_PORT', 'CONTROLLER:128', 'CONTROLLER:65535', 'output(port=3,max_len=100)', 'output:NXM_NX_REG0[16..31]',
    'controller(reason=no_match,max_len=100,id=5,userdata=01.02.03,pause,meter_id=7)', 'enqueue:3:5', 'set_queue:4', 'pop_queue', 'group:5', 'resubmit:3', 'resubmit(,5)', 'resubmit(3,5)', 'resubmit(LOCAL,3)', 'resubmit(,5,ct)', 'goto_table:5',
    'clear_actions,write_actions(output:3,group:4),write_metadata:0x5/0xff,goto_table:9', 'meter:3,output:1', 'load:0x5->NXM_NX_REG1[0..15]', 'load:0->OXM_OF_METADATA[]', 'load:0xfe80000000000000->NXM_NX_XXREG1[64..127]', 'load:0x123456789abc->NXM_OF_ETH_SRC[]',
    'set_field:0x5/0xf->reg0', 'set_field:0a:58:0a:83:00:01->eth_dst', 'set_field:10.10.12.22->tun_dst', 'set_field:0x20005->tun_metadata0', 'set_field:4101->vlan_vid', 'set_field:fe80::1->ipv6_src', 'move:NXM_NX_REG0[]->NXM_NX_TUN_ID[0..31]', 'push:NXM_NX_REG0[]', 'pop:NXM_NX_REG2[0..15]',
    'mod_dl_src:00:01:02:03:04:05', 'mod_nw_src:1.2.3.4', 'mod_nw_tos:16', 'mod_tp_dst:6', 'set_tunnel:0x5', 'set_tunnel64:0x123456789', 'mod_vlan_vid:5', 'mod_vlan_pcp:3', 'set_vlan_vid:5', 'strip_vlan', 'pop_vlan', 'push_vlan:0x8100', 'dec_ttl', 'dec_ttl()', 'dec_ttl(1,2)',
    'ct()', 'ct(commit,force,zone=1)', 'ct(table=3,zone=NXM_NX_REG13[0..15],nat)', 'ct(commit,nat(src=1.2.3.4-1.2.3.9:1000-2000,random))', 'ct(commit,nat(dst=1.2.3.4:80,persistent,hash))', 'ct(commit,nat(src))', 'ct(commit,nat(dst=[fd00::1]:80))', 'ct(commit,nat(src=fd00::1-fd00::5))',
    'ct(commit,table=5,zone=64000,nat(src=1.2.3.4),exec(load:0x1->NXM_NX_CT_MARK[],set_field:0x5->ct_label),alg=ftp)', 'ct_clear', 'conjunction(5,1/2),conjunction(16,2/2)', 'clone(ct_clear,load:0->NXM_NX_REG11[],clone(output:3))', 'check_pkt_larger(1414)->NXM_NX_REG0[0]',
    'multipath(symmetric_l4,1024,hrw,4,0,NXM_NX_REG5[5..10])', 'bundle(eth_src,0,hrw,ofport,members:4,8)', 'bundle_load(symmetric_l4,0,active_backup,ofport,NXM_NX_REG0[],members:4,8)',
    'sample(probability=100,collector_set_id=5,obs_domain_id=1,obs_point_id=2)', 'note:01.02.03', 'fin_timeout(idle_timeout=5)', 'exit', 'dec_mpls_ttl,pop_mpls:0x0800',
    'learn(table=5,idle_timeout=10,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15],output:NXM_OF_IN_PORT[])',
    'learn(table=69,delete_learned,cookie=0x1234,OXM_OF_METADATA[],eth_type=0x800,NXM_OF_IP_SRC[],ip_dst=1.2.3.4,nw_proto=6,load:0x1->NXM_NX_REG10[7])',
    'learn(table=1,hard_timeout=3,fin_idle_timeout=2,fin_hard_timeout=1,priority=5,send_flow_rem,limit=10,result_dst=NXM_NX_REG0[5],NXM_NX_REG1[0..3]=0x5,reg2=0x10)',
  ])('%s', (text) => {
    expect(actions(text)).toBe(text);
  });

  it.each`
    written                                      | printed
    ${'3,local,in_port'}                         | ${'output:3,LOCAL,IN_PORT'}
    ${'controller'}                              | ${'CONTROLLER:65535'}
    ${'output:CONTROLLER'}                       | ${'CONTROLLER:65535'}
    ${'controller(userdata=0102)'}               | ${'controller(userdata=01.02)'}
    ${'enqueue(3,5)'}                            | ${'enqueue:3:5'}
    ${'resubmit(IN_PORT,5)'}                     | ${'resubmit(,5)'}
    ${'load:5->reg0[0..3]'}                      | ${'load:0x5->NXM_NX_REG0[0..3]'}
    ${'ct'}                                      | ${'ct()'}
    ${'ct(zone=0)'}                              | ${'ct()'}
    ${'ct(commit,nat(src=0.0.0.0))'}             | ${'ct(commit,nat(src))'}
    ${'conjunction(0x10, 1/3)'}                  | ${'conjunction(16,1/3)'}
    ${'set_tunnel:0x123456789'}                  | ${'set_tunnel64:0x123456789'}
    ${'bundle(eth_src,0,hrw,ofport,slaves:4,8)'} | ${'bundle(eth_src,0,hrw,ofport,members:4,8)'}
    ${'learn(table=2,reg2=16)'}                  | ${'learn(table=2,reg2=0x10)'}
  `('$written → $printed', ({ written, printed }: { written: string; printed: string }) => expect(actions(written)).toBe(printed));

  it.each(['frobnicate(1,(2,3))', 'output:nowhere', 'load:0x100->NXM_NX_REG0[0..3]', 'ct(commit,what=1)', 'resubmit(,)', 'conjunction(1,3/2)', 'move:NXM_NX_REG0[]->NXM_NX_REG1[0..3]', 'encap(ethernet)'])('%s is kept as it is, as unknown', (text) => {
    expect(parseRule(`actions=${text},output:1`)?.actions).toEqual([{ kind: 'unknown', text }, { kind: 'output', port: 1 }]);
  });
});

describe('the variants of one rule', () => {
  const rule = { table: 20, priority: 100, cookie: '0', match: [{ field: 'dl_type', value: [0x0800] }, { field: 'in_port', value: [3] }, { field: 'nw_src', value: [0x0a830014] }] };
  const ports = portNames([{ name: 'veth2b1f0c9a', ofport: 3 }, { name: 'br-x', ofport: 4 }] as unknown as readonly OvsPort[]);

  it.each([
    ' cookie=0x0, duration=2.5s, table=20, n_packets=4, n_bytes=216, idle_age=1, priority=100,ip,in_port=3,nw_src=10.131.0.20 actions=load:0x8d2f41->NXM_NX_REG0[],resubmit(,27)',
    ' table=20, priority=100,ip,in_port=veth2b1f0c9a,nw_src=10.131.0.20 actions=load:0x8d2f41->NXM_NX_REG0[],goto_table:27',
    'table_id=20, duration=2s, n_packets=0, n_bytes=0, priority=100,ip,in_port=3,nw_src=10.131.0.20,actions=output:3',
  ])('%s', (line) => {
    const read = parseRule(line, ports);
    expect({ table: read?.table, priority: read?.priority, cookie: read?.cookie, match: read?.match }).toEqual(rule);
  });

  it('has the default priority where none is printed', () => {
    expect(parseRule(' cookie=0x0, duration=1s, table=0, n_packets=0, n_bytes=0, actions=NORMAL')).toMatchObject({ table: 0, priority: 32_768, match: [] });
    expect(parseRule('table_id=253, duration=2s, n_packets=0, n_bytes=0, ,actions=note:02.0d.00.00.00.00')).toMatchObject({ table: 253, priority: 32_768 });
  });

  it('prints names where it is told them, in quotes where they are no plain word', () => {
    const read = parseRule('priority=1,in_port=3 actions=output:"br-x",resubmit(3,)', ports);
    expect(read && printRule(read, { names: ports, stats: false })).toBe('priority=1,in_port=veth2b1f0c9a actions=output:"br-x",resubmit:veth2b1f0c9a');
    expect(read && printRule(read, { stats: false })).toBe('priority=1,in_port=3 actions=output:4,resubmit:3');
  });

  it('leaves out cookie 0, table 0 and counters with --no-stats, but not timeouts', () => {
    const read = parseRule(' cookie=0x0, duration=2.5s, table=0, n_packets=4, n_bytes=216, idle_timeout=10, idle_age=1, priority=100,ip actions=drop');
    expect(read && printRule(read, { stats: false })).toBe('idle_timeout=10, priority=100,ip actions=drop');
  });
});

describe('groups', () => {
  it('reads watch ports, selection and buckets of any version', () => {
    const { value } = readDumpGroups(lines([' group_id=1,type=ff,bucket=watch_port:3,actions=output:3,bucket=watch_group:2,weight:0,actions=drop', ' group_id=2,type=select,selection_method=hash,selection_method_param=7,fields(ip_src,nw_proto),bucket=bucket_id:5,weight:10,actions=ct(commit),output:1', 'group_id=3,type=all']));
    expect(value).toMatchObject([
      { id: 1, type: 'fast_failover', buckets: [{ id: undefined, weight: 1, watchPort: 3, actions: [{ kind: 'output', port: 3 }] }, { weight: 0, watchGroup: 2 }] },
      { id: 2, type: 'select', selectionMethod: 'hash', selectionParam: 7, fields: 'fields(ip_src,nw_proto)', buckets: [{ id: 5, weight: 10, actions: [{ kind: 'ct' }, { kind: 'output' }] }] },
      { id: 3, type: 'all', buckets: [] },
    ]);
  });
});

describe('bad text', () => {
  it.each(['', 'x', 'actions', 'table=300 actions=drop', 'priority=70000 actions=drop', 'cookie=zz actions=drop', '&& actions=drop'])('%j is no rule', (text) => expect(parseRule(text)).toBeUndefined());

  it('reports lines that are none, and goes on', () => {
    const { value, diagnostics } = readDumpFlows(lines(['nonsense', 'priority=1 actions=drop']));
    expect(value).toHaveLength(1);
    expect(diagnostics).toMatchObject([{ code: 'unknown-line', line: 1, text: 'nonsense' }]);
  });

  it('leaves out the rules that the switch made for itself', () => {
    const { value, diagnostics } = readDumpFlows(lines(['duration=4s, n_packets=0, n_bytes=0, priority=5,ip,actions=drop', 'table_id=254, duration=5s, n_packets=0, n_bytes=0, priority=0,reg0=0x1,actions=controller(reason=)']));
    expect([value.length, diagnostics.length]).toEqual([1, 0]);
  });

  it('does not drown in brackets', () => {
    const deep = `actions=${'clone('.repeat(20_000)}drop${')'.repeat(20_000)}`;
    expect(JSON.stringify(parseRule(deep))).toContain('"unknown"');
  });
});
