import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printRule } from '../../dumps/ovsFlows.ts';
import { actionsOf, bridge, follow, FOUR, visitsOf } from '../../testing/openflowBed.ts';
import { FIELDS } from '../../world/openflowFields.ts';
import { newSwitchState } from './context.ts';
import { emptyFlow, readField, readSubfield, writeSubfield } from './fields.ts';

const TCP = 'in_port=1,tcp,dl_src=aa:aa:aa:aa:aa:01,dl_dst=aa:aa:aa:aa:aa:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80';
const ARP = 'in_port=1,arp,dl_src=aa:aa:aa:aa:aa:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_op=1,arp_sha=aa:aa:aa:aa:aa:01';
const UDP6 = 'in_port=1,udp6,ipv6_src=fd00::1,ipv6_dst=fd00::2,nw_ttl=64,tp_src=1000,tp_dst=53';
const NS = 'in_port=1,icmp6,ipv6_src=fe80::1,ipv6_dst=ff02::1:ff00:2,nw_ttl=255,icmp_type=135,icmp_code=0,nd_target=fe80::2,nd_sll=aa:aa:aa:aa:aa:01';
const PING = 'in_port=1,icmp,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,icmp_type=8,icmp_code=0';

/** What the datapath is told when one rule has these actions. */
const datapath = (actions: string, flow: string = TCP): string => actionsOf(follow([bridge({ flows: [`actions=${actions}`] })], flow)).join(' ; ');

describe('one rule', () => {
  it.each([
    // nothing
    { actions: 'drop', gives: 'drop' },
    { actions: 'note:01.02', gives: 'drop' },
    { actions: 'load:1->NXM_NX_REG0[]', gives: 'drop', because: 'nothing goes out' },
    { actions: 'mod_dl_dst:00:00:00:00:00:09', gives: 'drop', because: 'what is not sent need not be changed' },
    // changes are made when something is sent, and only where something differs
    { actions: 'mod_dl_dst:00:00:00:00:00:09,output:2', gives: 'set(eth(dst=00:00:00:00:00:09)),p2' },
    { actions: 'mod_dl_dst:aa:aa:aa:aa:aa:02,output:2', gives: 'p2', because: 'the address is what it was' },
    { actions: 'mod_dl_dst:00:00:00:00:00:09,mod_dl_dst:aa:aa:aa:aa:aa:02,output:2', gives: 'p2', because: 'and is back again' },
    { actions: 'output:2,mod_dl_src:00:00:00:00:00:09,output:3', gives: 'p2,set(eth(src=00:00:00:00:00:09)),p3' },
    { actions: 'mod_dl_src:00:00:00:00:00:09,output:2,output:3', gives: 'set(eth(src=00:00:00:00:00:09)),p2,p3' },
    { actions: 'mod_dl_src:00:00:00:00:00:08,mod_dl_dst:00:00:00:00:00:09,output:2', gives: 'set(eth(src=00:00:00:00:00:08,dst=00:00:00:00:00:09)),p2' },
    { actions: 'mod_nw_src:9.9.9.9,mod_nw_ttl:9,output:2', gives: 'set(ipv4(src=9.9.9.9,ttl=9)),p2' },
    { actions: 'mod_nw_tos:32,output:2', gives: 'set(ipv4(tos=0x20/0xfc)),p2', because: 'ECN is not its business' },
    { actions: 'mod_tp_dst:8080,mod_dl_dst:00:00:00:00:00:09,mod_nw_dst:9.9.9.9,output:2', gives: 'set(eth(dst=00:00:00:00:00:09)),set(ipv4(dst=9.9.9.9)),set(tcp(dst=8080)),p2', because: 'header by header, outermost first' },
    { actions: 'set_field:0x5->pkt_mark,output:2', gives: 'set(skb_mark(0x5)),p2' },
    { actions: 'set_queue:7,output:2,pop_queue,output:3', gives: 'set(skb_priority(0x7)),p2,set(skb_priority(0)),p3' },
    { actions: 'enqueue:2:7,output:3', gives: 'set(skb_priority(0x7)),p2,set(skb_priority(0)),p3', because: 'a queue is for one output' },
    // fields that the packet does not have
    { actions: 'set_field:9.9.9.9->ip_dst,output:2', flow: ARP, gives: 'p2' },
    { actions: 'mod_nw_dst:9.9.9.9,output:2', flow: ARP, gives: 'p2' },
    { actions: 'load:0x09090909->NXM_OF_IP_DST[],output:2', flow: ARP, gives: 'p2' },
    { actions: 'mod_tp_dst:9,output:2', flow: ARP, gives: 'p2' },
    { actions: 'set_field:9->udp_dst,output:2', gives: 'p2', because: 'it is TCP' },
    { actions: 'move:NXM_OF_UDP_SRC[]->NXM_OF_TCP_DST[],output:2', gives: 'p2', because: 'there is no UDP port to read' },
    { actions: 'dec_ttl,output:2', flow: ARP, gives: 'p2' },
    { actions: 'set_field:0x54321->ipv6_label,output:2', flow: 'in_port=1,tcp6,ipv6_src=fd00::1,ipv6_dst=fd00::2', gives: 'set(ipv6(label=0x54321)),p2' },
    { actions: 'mod_tp_dst:9,output:2', flow: 'in_port=1,tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_frag=later', gives: 'p2', because: 'a later fragment has no ports' },
    // other protocols
    { actions: 'load:2->NXM_OF_ARP_OP[],move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[],output:2', flow: ARP, gives: 'set(arp(op=2,tha=aa:aa:aa:aa:aa:01)),p2' },
    { actions: 'set_field:fd00::9->ipv6_dst,mod_tp_dst:54,dec_ttl,output:2', flow: UDP6, gives: 'set(ipv6(dst=fd00::9,hlimit=63)),set(udp(dst=54)),p2' },
    { actions: 'set_field:fe80::9->nd_target,output:2', flow: NS, gives: 'set(nd(target=fe80::9)),p2' },
    { actions: 'set_field:bb:bb:bb:bb:bb:01->nd_tll,output:2', flow: NS, gives: 'p2', because: 'a solicitation has no target address' },
    { actions: 'set_field:0->icmp_type,output:2', flow: PING, gives: 'set(icmp(type=0,code=0)),p2', because: 'ICMP is set as a whole' },
    // TTL
    { actions: 'dec_ttl,dec_ttl,output:2', gives: 'set(ipv4(ttl=62)),p2' },
    { actions: 'output:3,dec_ttl,output:2', flow: TCP.replace('nw_ttl=64', 'nw_ttl=1'), gives: 'p3,userspace(pid=0,controller(reason=2,dont_send=0,continuation=0,recirc_id=0,rule_cookie=0,controller_id=0,max_len=65535))', because: 'the rest is not done, and the controller hears of it' },
    { actions: 'dec_ttl(1,2),output:2', flow: TCP.replace('nw_ttl=64', 'nw_ttl=0'), gives: 'userspace(pid=0,controller(reason=2,dont_send=0,continuation=0,recirc_id=0,rule_cookie=0,controller_id=1,max_len=65535)),userspace(pid=0,controller(reason=2,dont_send=0,continuation=0,recirc_id=0,rule_cookie=0,controller_id=2,max_len=65535))' },
    // parts of fields
    { actions: 'load:0x9->NXM_OF_IP_DST[0..7],output:2', gives: 'set(ipv4(dst=0.0.0.9/0.0.0.255)),p2', because: 'only bits that were written are set' },
    { actions: 'set_field:0.0.0.9/0.0.0.255->ip_dst,output:2', gives: 'set(ipv4(dst=0.0.0.9/0.0.0.255)),p2' },
    { actions: 'move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],output:2', gives: 'set(eth(dst=aa:aa:aa:aa:aa:01)),p2' },
    { actions: 'push:NXM_OF_IP_SRC[],push:NXM_OF_IP_DST[],pop:NXM_OF_IP_SRC[],pop:NXM_OF_IP_DST[],output:2', gives: 'set(ipv4(src=10.0.0.2,dst=10.0.0.1)),p2' },
    { actions: 'pop:NXM_NX_REG0[],output:2', gives: 'p2', because: 'nothing was on the stack' },
    // tags
    { actions: 'mod_vlan_vid:5,output:2', gives: 'push_vlan(vid=5,pcp=0),p2' },
    { actions: 'mod_vlan_pcp:3,output:2', gives: 'push_vlan(vid=0,pcp=3),p2' },
    { actions: 'mod_vlan_vid:5,strip_vlan,output:2', gives: 'p2' },
    { actions: 'strip_vlan,output:2', gives: 'p2' },
    { actions: 'strip_vlan,output:2', flow: `${TCP},dl_vlan=5`, gives: 'pop_vlan,p2' },
    { actions: 'mod_vlan_vid:6,output:2', flow: `${TCP},dl_vlan=5,dl_vlan_pcp=2`, gives: 'pop_vlan,push_vlan(vid=6,pcp=2),p2' },
    { actions: 'push_vlan:0x8100,set_field:4102->vlan_vid,output:2', gives: 'push_vlan(vid=6,pcp=0),p2' },
    { actions: 'push_vlan:0x88a8,set_field:4102->vlan_vid,output:2', flow: `${TCP},dl_vlan=5`, gives: 'push_vlan(tpid=0x88a8,vid=6,pcp=0),p2', because: 'the inner tag stays' },
    { actions: 'push_vlan:0x88a8,set_field:4102->vlan_vid,output:2,strip_vlan,output:3', flow: `${TCP},dl_vlan=5`, gives: 'push_vlan(tpid=0x88a8,vid=6,pcp=0),p2,pop_vlan,p3' },
    { actions: 'set_field:4102->vlan_vid,output:2', gives: 'push_vlan(vid=6,pcp=0),p2' },
    { actions: 'set_field:3->vlan_pcp,output:2', gives: 'p2', because: 'vlan_pcp needs a tag' },
    // clones
    { actions: 'clone(mod_dl_dst:00:00:00:00:00:09,output:2),output:3', gives: 'set(eth(dst=00:00:00:00:00:09)),p2,set(eth(dst=aa:aa:aa:aa:aa:02)),p3', because: 'what can be undone is undone' },
    { actions: 'clone(ct(commit),output:2),output:3', gives: 'clone(ct(commit),p2),p3', because: 'what conntrack does cannot be undone' },
    { actions: 'output:3,clone(ct(commit),output:2)', gives: 'p3,ct(commit),p2', because: 'nothing follows the clone' },
    { actions: 'clone(load:1->NXM_NX_REG0[]),move:NXM_NX_REG0[]->NXM_NX_PKT_MARK[],output:2', gives: 'p2', because: 'registers come back, too' },
    // what only passes
    { actions: 'meter:3,output:2', gives: 'meter(3),p2' },
    { actions: 'sample(probability=65535,collector_set_id=1,obs_domain_id=0,obs_point_id=0),output:2', gives: 'p2' },
    { actions: 'fin_timeout(idle_timeout=1),output:2', gives: 'p2' },
    { actions: 'output:2,exit,output:3', gives: 'p2' },
    { actions: 'controller(reason=no_match,max_len=128,id=3),output:2', gives: 'userspace(pid=0,controller(reason=0,dont_send=0,continuation=0,recirc_id=0,rule_cookie=0,controller_id=3,max_len=128)),p2' },
    { actions: 'mod_dl_dst:00:00:00:00:00:09,CONTROLLER:64', gives: 'set(eth(dst=00:00:00:00:00:09)),userspace(pid=0,controller(reason=1,dont_send=0,continuation=0,recirc_id=0,rule_cookie=0,controller_id=0,max_len=64))' },
    { actions: 'controller(userdata=01.02,pause),output:2', gives: 'userspace(pid=0,controller(reason=1,dont_send=0,continuation=1,recirc_id=1,rule_cookie=0,controller_id=0,max_len=65535))', because: 'the rest waits for the controller' },
    { actions: 'output(port=2,max_len=100),output:3', gives: 'trunc(100),p2,p3' },
    // choosing a port by hash
    { actions: 'bundle(eth_src,0,active_backup,ofport,members:9,3,2)', gives: 'p3', because: 'the first that is there' },
    { actions: 'bundle(eth_src,0,active_backup,ofport,members:8,9),output:2', gives: 'p2', because: 'none is there' },
    { actions: 'bundle_load(eth_src,0,active_backup,ofport,NXM_NX_PKT_MARK[0..15],members:9,3),output:2', gives: 'set(skb_mark(0x3/0xffff)),p2' },
    { actions: 'multipath(eth_src,50,modulo_n,1,0,NXM_NX_PKT_MARK[0..3]),output:2', gives: 'p2', because: 'there is but link 0' },
  ])('$actions gives $gives $because', ({ actions, flow, gives }) => {
    expect(datapath(actions, flow)).toBe(gives);
  });

  it.each(['encap(nsh(md_type=1))', 'decap()', 'push_mpls:0x8847', 'whatever:3'])('says that it does not know %s, and that the verdict hangs on it', (action) => {
    const answer = follow([bridge({ flows: [`actions=${action},output:2`] })], TCP);
    expect(answer.verdict).toBe('unknown');
    expect(answer.unknown).toEqual([{ what: 'action', name: action }]);
  });
});

describe('MPLS', () => {
  const LABELLED = 'in_port=1,dl_type=0x8847,mpls_label=5,mpls_bos=1';
  const rules = (...flows: readonly string[]) => follow([bridge({ flows })], LABELLED);

  it('finds the rule for a label', () => expect(actionsOf(rules('mpls,mpls_label=5,mpls_bos=1,actions=output:3', 'priority=1,actions=output:2'))).toEqual(['p3']));
  it.each([
    ['set_field:7->mpls_label', 'field', 'mpls_label'],
    ['load:3->OXM_OF_MPLS_TC[]', 'field', 'mpls_tc'],
    ['move:NXM_NX_REG0[0..7]->NXM_NX_MPLS_TTL[]', 'field', 'mpls_ttl'],
    ['dec_mpls_ttl', 'action', 'dec_mpls_ttl'],
    ['pop_mpls:0x0800', 'action', 'pop_mpls:0x0800'],
  ])('says that it cannot tell what comes of %s', (action, what, name) => expect(rules(`mpls,actions=${action},output:2`)).toMatchObject({ verdict: 'unknown', unknown: [{ what, name }] }));
  it('a label that a packet does not have is not written', () => expect(actionsOf(follow([bridge({ flows: ['actions=set_field:7->mpls_label,output:2'] })], TCP))).toEqual(['p2']));
});

describe('the action set', () => {
  const walk = (...flows: readonly string[]): string => actionsOf(follow([bridge({ flows, groups: ['group_id=1,type=indirect,bucket=actions=output:4'] })], TCP)).join(' ; ');

  it.each([
    { flows: ['actions=write_actions(output:2)'], gives: 'p2', because: 'is done when the tables are through' },
    { flows: ['actions=output:3,write_actions(output:2)'], gives: 'p3,p2', because: 'is done last' },
    { flows: ['actions=write_actions(output:2),clear_actions'], gives: 'drop', because: 'may be emptied' },
    { flows: ['actions=clear_actions,write_actions(output:2),goto_table:1', 'table=1,actions=write_actions(output:3)'], gives: 'p3', because: 'keeps the last output' },
    { flows: ['actions=write_actions(mod_dl_dst:00:00:00:00:00:09)'], gives: 'drop', because: 'without an output does nothing' },
    { flows: ['actions=write_actions(output:2,mod_dl_dst:00:00:00:00:00:09,dec_ttl,strip_vlan)'], gives: 'set(eth(dst=00:00:00:00:00:09)),set(ipv4(ttl=63)),p2', because: 'has an order of its own' },
    { flows: ['actions=write_actions(group:1,output:2)'], gives: 'p4', because: 'prefers a group to an output' },
    { flows: ['actions=write_actions(output:2),goto_table:1', 'table=1,actset_output=2,actions=output:3', 'table=1,priority=1,actions=drop'], gives: 'p3,p2', because: 'can be asked for its output' },
    { flows: ['actions=write_actions(output:2),goto_table:1', 'table=1,actions=exit'], gives: 'drop', because: 'is not done after exit' },
    { flows: ['actions=write_actions(output:2),goto_table:9'], gives: 'p2', because: 'survives a table without a match' },
  ])('$because: $flows gives $gives', ({ flows, gives }) => expect(walk(...flows)).toBe(gives));
});

describe('metadata and registers', () => {
  const through = (actions: string, match: string): boolean => visitsOf(follow([bridge({ flows: [`actions=${actions},goto_table:1`, `table=1,priority=9,${match},actions=drop`, 'table=1,priority=1,actions=drop'] })], TCP)).includes('1/9');

  it.each([
    ['load:0x12345678->NXM_NX_REG1[]', 'xreg0=0x12345678'],
    ['load:0x12345678->NXM_NX_REG0[]', 'xreg0=0x1234567800000000'],
    ['load:0x5->NXM_NX_REG3[]', 'xxreg0=0x5'],
    ['load:0x5->NXM_NX_REG0[]', 'xxreg0=0x5000000000000000000000000'],
    ['load:0x5->NXM_NX_XXREG0[96..127]', 'reg0=5'],
    ['load:0x1->NXM_NX_XXREG0[96]', 'reg0=0x1/0x1'],
    ['set_field:0x1122334455667788->xreg4', 'reg8=0x11223344,reg9=0x55667788'],
    ['load:0xabcd->OXM_OF_PKT_REG0[24..39]', 'reg0=0xab,reg1=0xcd000000'],
    ['load:0xff->NXM_NX_REG2[8..15]', 'reg2=0xff00'],
    ['load:0xff->NXM_NX_REG2[8..15],load:0->NXM_NX_REG2[12..13]', 'reg2=0xcf00'],
    ['move:NXM_OF_IP_SRC[]->NXM_NX_XXREG1[32..63]', 'reg6=0x0a000001'],
    ['move:NXM_OF_ETH_SRC[]->OXM_OF_METADATA[0..47]', 'metadata=0xaaaaaaaaaa01'],
    ['move:NXM_OF_ETH_SRC[]->NXM_NX_XXREG0[40..87]', 'xxreg0=0xaaaaaaaaaa010000000000'],
    ['move:NXM_OF_IN_PORT[]->NXM_NX_REG0[16..31]', 'reg0=0x10000'],
    ['move:NXM_OF_TCP_DST[0..7]->NXM_NX_REG0[4..11]', 'reg0=0x500'],
    ['write_metadata:0x1200/0xff00', 'metadata=0x1200'],
    ['write_metadata:0xff,write_metadata:0/0xf', 'metadata=0xf0'],
    ['set_field:0x30/0xf0->reg0', 'reg0=0x30'],
    ['push:NXM_OF_ETH_DST[],pop:NXM_NX_REG0[]', 'reg0=0xaaaaaa02'],
    ['load:0xffffffff->NXM_NX_REG0[],push:NXM_OF_IN_PORT[],pop:NXM_NX_REG0[]', 'reg0=1'],
    ['move:NXM_OF_IP_TOS[]->NXM_NX_REG0[0..7]', 'reg0=0'],
  ])('%s is seen as %s', (actions, match) => expect(through(actions, match)).toBe(true));

  it.each([
    ['load:0x5->NXM_NX_REG1[]', 'reg0=5'],
    ['load:0x5->NXM_NX_REG4[]', 'xxreg0=5'],
    ['load:0x1ff->NXM_NX_REG2[0..8]', 'reg2=0xff'],
  ])('%s is not seen as %s', (actions, match) => expect(through(actions, match)).toBe(false));
});

describe('any part of any field', () => {
  const fields = ['reg0', 'xreg3', 'xxreg1', 'dl_src', 'metadata', 'ipv6_src', 'tp_src', 'tun_id', 'ct_label', 'nw_src'] as const;
  const slice = fc.constantFrom(...fields).chain((field) => {
    const bits = FIELDS.get(field)?.bits ?? 1;
    return fc.tuple(fc.integer({ min: 0, max: bits - 1 }), fc.integer({ min: 0, max: bits - 1 })).map(([a, b]) => ({ field, from: Math.min(a, b), to: Math.max(a, b) }));
  });
  const words = fc.array(fc.integer({ min: 0, max: 0xffffffff }), { minLength: 4, maxLength: 4 });
  const big = (w: readonly number[]): bigint => w.reduce((sum, x) => (sum << 32n) | BigInt(x), 0n);

  it('holds what was written, and nothing beside it changes', () => {
    fc.assert(
      fc.property(slice, words, words, (sub, before, value) => {
        const field = FIELDS.get(sub.field);
        if (!field) throw new Error(sub.field);
        const flow = emptyFlow();
        writeSubfield(flow, field, { field: sub.field, from: 0, to: field.bits - 1 }, before);
        const old = big(readField(flow, field));
        writeSubfield(flow, field, sub, value);
        const width = BigInt(sub.to - sub.from + 1);
        const mask = ((1n << width) - 1n) << BigInt(sub.from);
        const expected = (old & ~mask) | ((big(value) << BigInt(sub.from)) & mask);
        expect(big(readField(flow, field))).toBe(expected);
        expect(big(readSubfield(flow, field, sub))).toBe((expected & mask) >> BigInt(sub.from));
        expect(flow.filter((w, at) => w !== 0 && (at < field.word || at >= field.word + field.words)).length).toBe(0);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('learn', () => {
  const learning = bridge({ ports: FOUR, flows: ['actions=learn(table=1,priority=5,dl_type=0x800,NXM_OF_IP_DST[]=NXM_OF_IP_SRC[],load:0x7->NXM_NX_REG1[],output:NXM_OF_IN_PORT[]),goto_table:1', 'table=1,priority=1,actions=drop'] });

  it('teaches the tables about the next packet, not in a trace without one', () => {
    const state = newSwitchState();
    const back = TCP.replace('nw_src=10.0.0.1,nw_dst=10.0.0.2', 'nw_src=10.0.0.2,nw_dst=10.0.0.1').replace('in_port=1', 'in_port=2');
    expect(visitsOf(follow([learning], TCP))).toEqual(['0/32768', '1/1']);
    expect(visitsOf(follow([learning], TCP, { state, learns: true }))).toEqual(['0/32768', '1/1']);
    expect(actionsOf(follow([learning], back, { state }))).toEqual(['p1']);
    expect(visitsOf(follow([learning], back))).toEqual(['0/32768', '1/1']);
  });

  it('makes a rule that reads as if it had been added by hand', () => {
    const state = newSwitchState();
    const teacher = bridge({ flows: ['actions=learn(table=1,cookie=0x7,priority=9,eth_type=0x800,nw_proto=6,NXM_OF_IP_SRC[]=NXM_OF_IP_DST[],NXM_OF_ETH_DST[0..7]=NXM_OF_ETH_SRC[0..7],NXM_NX_REG0[8..15]=0x5,load:NXM_OF_IN_PORT[]->NXM_NX_XXREG0[16..31],output:NXM_OF_IN_PORT[])'] });
    follow([teacher], TCP, { state, learns: true });
    const [learned] = state.bridges.get('br0')?.learned ?? [];
    expect(learned && printRule(learned, { stats: false })).toBe('cookie=0x7, table=1, priority=9,tcp,reg0=0x500/0xff00,dl_dst=00:00:00:00:00:01/00:00:00:00:00:ff,nw_src=10.0.0.2 actions=load:0x1->NXM_NX_XXREG0[16..31],output:1');
  });

  it('puts a rule in the place of the one with the same match', () => {
    const state = newSwitchState();
    follow([learning], TCP, { state, learns: true });
    follow([learning], TCP.replace('in_port=1', 'in_port=3'), { state, learns: true });
    expect(state.bridges.get('br0')?.learned.length).toBe(1);
    expect(actionsOf(follow([learning], TCP.replace('nw_src=10.0.0.1,nw_dst=10.0.0.2', 'nw_src=10.0.0.2,nw_dst=10.0.0.1').replace('in_port=1', 'in_port=2'), { state, learns: true }))).toEqual(['p3']);
  });

  it('teaches the next packet and not the one that teaches', () => {
    const state = newSwitchState();
    const self = bridge({ flows: ['actions=learn(table=1,priority=5,NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),load:2->NXM_OF_IN_PORT[],resubmit(,1)', 'table=1,priority=1,actions=output:3'] });
    expect(actionsOf(follow([self], TCP, { state, learns: true }))).toEqual(['p3']);
    expect(actionsOf(follow([self], TCP, { state, learns: true }))).toEqual(['p1']);
  });

  it('stops at its limit, and says so where it is told to', () => {
    const state = newSwitchState();
    const limited = bridge({ flows: ['actions=learn(table=1,cookie=0x9,limit=1,result_dst=NXM_NX_REG0[0],dl_type=0x800,NXM_OF_IP_DST[]=NXM_OF_IP_SRC[],output:NXM_OF_IN_PORT[]),move:NXM_NX_REG0[]->NXM_NX_PKT_MARK[],output:2'] });
    expect(actionsOf(follow([limited], TCP, { state, learns: true }))).toEqual(['set(skb_mark(0x1)),p2']);
    expect(actionsOf(follow([limited], TCP, { state, learns: true }))).toEqual(['set(skb_mark(0x1)),p2']);
    expect(actionsOf(follow([limited], TCP.replace('nw_src=10.0.0.1', 'nw_src=10.0.0.3'), { state, learns: true }))).toEqual(['p2']);
  });
});
