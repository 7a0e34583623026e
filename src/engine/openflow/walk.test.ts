import { describe, expect, it, test } from 'vitest';
import { actionsOf, bridge, follow, FOUR, patch, port, visitsOf } from '../../testing/openflowBed.ts';
import type { OpenFlowGroup, OvsBridge, OvsPort } from '../../world/openflow.ts';
import { newSwitchState } from './context.ts';

const TCP = 'in_port=1,tcp,dl_src=aa:aa:aa:aa:aa:01,dl_dst=aa:aa:aa:aa:aa:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=64,tp_src=1000,tp_dst=80';
const one = (...flows: readonly string[]): OvsBridge => bridge({ flows });

describe('from table to table', () => {
  it.each([
    { flows: ['actions=goto_table:1', 'table=1,actions=output:2'], visits: ['0/32768', '1/32768'], gives: 'p2' },
    { flows: ['actions=goto_table:1'], visits: ['0/32768', '1/-'], gives: 'drop' },
    { flows: [], visits: ['0/-'], gives: 'drop' },
    { flows: ['actions=resubmit(,1),output:2', 'table=1,actions=output:3'], visits: ['0/32768', '1/32768'], gives: 'p3,p2' },
    { flows: ['actions=resubmit(,1),output:2'], visits: ['0/32768', '1/-'], gives: 'p2' },
    { flows: ['actions=load:1->NXM_NX_REG0[],resubmit(,1),output:2', 'table=1,reg0=1,actions=load:2->NXM_NX_REG0[],resubmit(,2)', 'table=2,reg0=2,actions=mod_nw_ttl:9'], visits: ['0/32768', '1/32768', '2/32768'], gives: 'set(ipv4(ttl=9)),p2' },
    { flows: ['in_port=1,actions=resubmit:3,output:2', 'in_port=3,actions=IN_PORT,output:3'], visits: ['0/32768', '0/32768'], gives: 'p1,p3,p2' },
    { flows: ['in_port=1,actions=resubmit(3,1)', 'table=1,in_port=3,actions=resubmit(,2)', 'table=2,in_port=1,actions=output:2'], visits: ['0/32768', '1/32768', '2/32768'], gives: 'p2' },
    { flows: ['priority=5,nw_src=10.0.0.1/31,ip,actions=output:2', 'priority=6,ip,nw_src=10.0.0.0/30,actions=output:3'], visits: ['0/6'], gives: 'p3' },
    { flows: ['actions=resubmit(,1),resubmit(,1)', 'table=1,reg0=1,actions=output:3', 'table=1,reg0=0,actions=load:1->NXM_NX_REG0[],output:2'], visits: ['0/32768', '1/32768', '1/32768'], gives: 'p2,p3' },
    { flows: ['actions=clone(resubmit(,1)),output:2', 'table=1,actions=exit'], visits: ['0/32768', '1/32768'], gives: 'drop' },
    { flows: ['actions=resubmit(,1),output:2', 'table=1,actions=exit'], visits: ['0/32768', '1/32768'], gives: 'drop' },
  ])('$flows', ({ flows, visits, gives }) => {
    const answer = follow([one(...flows)], TCP);
    expect(visitsOf(answer)).toEqual(visits);
    expect(actionsOf(answer)).toEqual([gives]);
  });

  it('keeps what each look-up saw, changed and led to', () => {
    const [pass] = follow([one('cookie=7,actions=load:5->NXM_NX_REG0[],resubmit(,1),mod_nw_ttl:9,output:2', 'table=1,actions=load:6->NXM_NX_REG1[],goto_table:2')], TCP).passes;
    const [zero, first, second] = pass?.visits ?? [];
    expect(zero?.changes).toEqual([
      { field: 'reg0', before: [0], after: [5] },
      { field: 'nw_ttl', before: [64], after: [9] },
    ]);
    expect(first?.changes).toEqual([{ field: 'reg1', before: [0], after: [6] }]);
    expect([zero?.parent, first?.parent, second?.parent]).toEqual([undefined, 0, 1]);
    expect([zero?.action, first?.action, second?.action]).toEqual([undefined, 1, 1]);
    expect([zero?.depth, first?.depth, second?.depth]).toEqual([0, 1, 2]);
    expect([zero?.how, first?.how, second?.how]).toEqual(['start', 'resubmit', 'goto']);
    expect(second?.rule).toBeUndefined();
    expect(zero?.notes).toEqual([{ kind: 'output', bridge: 'br0', port: 'p2' }]);
  });
});

describe('limits', () => {
  it('64 look-ups inside each other that do not go forward: nothing is sent', () => {
    const answer = follow([one('actions=output:2,resubmit(,0)')], TCP);
    expect(actionsOf(answer)).toEqual(['drop']);
    expect(answer.passes[0]?.translation.error).toBe('depth');
    expect(visitsOf(answer)).toHaveLength(65);
  });

  it('forward as far as there are tables', () => {
    const flows = Array.from({ length: 200 }, (_, t) => `table=${t},actions=resubmit(,${t + 1}),mod_nw_ttl:${t % 200}`);
    const answer = follow([one(...flows, 'table=200,actions=output:2')], TCP);
    expect(answer.passes[0]?.translation.error).toBeUndefined();
    expect(actionsOf(answer)).toEqual(['p2']);
  });

  it('4096 look-ups, however deep: nothing is sent, and our own stack holds', () => {
    const forward = Array.from({ length: 250 }, (_, t) => `table=${t},actions=resubmit(,${t + 1}),mod_nw_ttl:1`);
    const answer = follow([one(...forward, 'table=250,actions=output:2,resubmit(,0),mod_nw_ttl:2')], TCP);
    expect(answer.passes[0]?.translation.error).toBe('resubmits');
    expect(visitsOf(answer)).toHaveLength(4097);
    expect(actionsOf(answer)).toEqual(['drop']);
  });

  it('4096 look-ups beside each other', () => {
    const twice = Array.from({ length: 13 }, (_, t) => `table=${t},actions=resubmit(,${t + 1}),resubmit(,${t + 1})`);
    expect(follow([one(...twice)], TCP).passes[0]?.translation.error).toBe('resubmits');
    expect(follow([one(...twice.slice(0, 11))], TCP).passes[0]?.translation.error).toBeUndefined();
  });

  it('a stack of 64 kB', () => {
    const pushes = Array.from({ length: 20 }, () => 'push:NXM_NX_XXREG0[]').join(',');
    const flows = Array.from({ length: 200 }, (_, t) => `table=${t},actions=${pushes},resubmit(,${t + 1})`);
    expect(follow([one(...flows)], TCP).passes[0]?.translation.error).toBe('stack');
    expect(follow([one(...flows.slice(0, 150))], TCP).passes[0]?.translation.error).toBeUndefined();
  });

  /** Rule 11 is looked up a thousand times. */
  const thousand = (writes: string): readonly string[] => ['actions=resubmit(,1),output:4', ...Array.from({ length: 10 }, (_, t) => `table=${t + 1},actions=resubmit(,${t + 2}),resubmit(,${t + 2})`), `table=11,${writes}`];

  it('64 kB of actions: the walk ends, and what they say is done', () => {
    const [first] = follow([one(...thousand('actions=output:2,output:2,output:2,output:2,output:2,output:2,output:2,output:2,output:2'))], TCP).passes;
    const { visits, actions, error } = first?.translation ?? {};
    expect(error).toBeUndefined();
    // 9 outputs of 8 bytes: the 911th look-up of the rule is the first to pass 65,535 bytes.
    expect(visits?.filter((v) => v.table === 11)).toHaveLength(911);
    expect(actions).toHaveLength(911 * 9);
    expect(visits?.flatMap((v) => v.notes).filter((n) => n.kind === 'limit')).toEqual([{ kind: 'limit', what: 'actions' }]);
    expect(follow([one(...thousand('actions=output:2,output:2,output:2,output:2,output:2,output:2,output:2'))], TCP).passes[0]?.translation.actions.at(-1)).toMatchObject({ kind: 'output', port: 'p4' });
  });

  it('about 64 kB of actions: how long some are is up to what the tables have looked at, and so is the rest', () => {
    const [first] = follow([one(...thousand('actions=load:1->NXM_OF_ETH_SRC[0..7],load:1->NXM_OF_ETH_DST[0..7],output:2,load:2->NXM_OF_ETH_SRC[0..7],load:2->NXM_OF_ETH_DST[0..7],output:2'))], TCP).passes;
    expect(first?.translation.visits.flatMap((v) => v.notes).filter((n) => n.kind === 'unknown')).toEqual([expect.objectContaining({ what: 'action', name: expect.stringContaining('bytes of datapath actions') })]);
  });

  it('bridges that hand a packet round: the limit ends it, and what each bridge had sent before stays', () => {
    const a = bridge({ name: 'a', ports: [...FOUR, patch('ab', 9, 'ba')], flows: ['actions=output:2,output:9'] });
    const b = bridge({ name: 'b', ports: [patch('ba', 9, 'ab'), patch('bc', 10, 'cb')], flows: ['actions=output:10'] });
    const c = bridge({ name: 'c', ports: [patch('cb', 9, 'bc'), patch('cd', 10, 'dc')], flows: ['actions=output:10'] });
    const d = bridge({ name: 'd', ports: [patch('dc', 9, 'cd'), port('d1', 1)], flows: ['actions=IN_PORT,output:1'] });
    const back = bridge({ name: 'c', ports: [patch('cb', 9, 'bc'), patch('cd', 10, 'dc')], flows: ['in_port=9,actions=output:10', 'in_port=10,actions=IN_PORT'] });
    expect(actionsOf(follow([a, b, c, d], TCP))[0]).toMatch(/^p2/);
    const looped = follow([a, b, back, d], TCP);
    expect(looped.outputs.filter((o) => o.port === 'p2')).toHaveLength(1);
    expect(looped.outputs.some((o) => o.port === 'd1')).toBe(true);
  });
});

describe('output', () => {
  const p5 = port('p5', 5);
  it.each([
    { actions: 'output:1', gives: 'drop', because: 'not where it came from' },
    { actions: 'IN_PORT', gives: 'p1', because: 'unless that is asked for' },
    { actions: 'output:9', gives: 'drop', because: 'there is no port 9' },
    { actions: 'LOCAL', gives: 'br0', because: 'the bridge itself' },
    { actions: 'ALL', gives: 'p2,p3,p4,br0', because: 'all but where it came from' },
    { actions: 'FLOOD', gives: 'p2,p3,p4,br0', because: 'all but where it came from' },
    { actions: 'load:3->NXM_NX_REG0[],output:NXM_NX_REG0[]', gives: 'p3' },
    { actions: 'load:3->NXM_NX_REG0[16..31],output:NXM_NX_REG0[16..31]', gives: 'p3' },
    { actions: 'load:0x10003->NXM_NX_REG0[],output:NXM_NX_REG0[]', gives: 'drop', because: 'no port has 17 bits' },
    { actions: 'load:0xfffe->NXM_NX_REG0[],output:NXM_NX_REG0[]', gives: 'br0' },
    { actions: 'load:0xfff8->NXM_NX_REG0[],output:NXM_NX_REG0[]', gives: 'p1' },
    { actions: 'load:0->NXM_OF_IN_PORT[],output:1', gives: 'p1', because: 'it no longer knows where it came from' },
    { actions: 'load:3->NXM_OF_IN_PORT[],output:3,output:1', gives: 'p1', because: 'it seems to come from there' },
  ])('$actions gives $gives $because', ({ actions, gives }) => expect(actionsOf(follow([bridge({ flows: [`actions=${actions}`] })], TCP))).toEqual([gives]));

  it('tells what was refused', () => {
    const notes = follow([bridge({ ports: [...FOUR, p5, patch('lost', 6, 'nobody')], flows: ['actions=output:1,output:7,output:6'] })], TCP).passes[0]?.visits[0]?.notes;
    expect(notes).toEqual([
      { kind: 'refused', port: 1, why: 'in-port' },
      { kind: 'refused', port: 7, why: 'no-such-port' },
      { kind: 'refused', port: 6, why: 'no-peer' },
    ]);
  });

  it('cannot tell where to, when no listing told the numbers of the ports', () => {
    const { ofport: _, ...rest } = port('px', 1);
    const answer = follow([bridge({ ports: [...FOUR, { ...rest, ofport: undefined }], flows: ['actions=output:8'] })], TCP);
    expect(answer.verdict).toBe('unknown');
    expect(answer.unknown).toEqual([{ what: 'port', name: 'br0 8' }]);
  });

  describe('to a number that no listing names', () => {
    const assumed: OvsPort = { ...port('px', 0xfeff), ofportAssumed: true };
    const ways = ['output:8', 'load:8->NXM_NX_REG0[],output:NXM_NX_REG0[]', 'output(port=8,max_len=64)', 'enqueue:8:1', 'output:1,output:8'];

    test.each(ways)('%s is unknown where numbers of ports are only assumed', (actions) => {
      const answer = follow([bridge({ ports: [...FOUR, assumed], flows: [`actions=${actions}`] })], TCP);
      expect([answer.verdict, answer.unknown]).toEqual(['unknown', [{ what: 'port', name: 'br0 8' }]]);
    });

    test.each(ways)('%s is unknown where no port has a number', (actions) => {
      const answer = follow([bridge({ ports: [], flows: [`actions=${actions}`] })], TCP);
      expect([answer.verdict, answer.unknown.at(-1)]).toEqual(['unknown', { what: 'port', name: 'br0 8' }]);
    });

    it.each([
      ['ovs-ofctl show', { extra: { dpid: '0000de67cc42964d' } }],
      ['dpif/show', { datapath: 'system@ovs-system: hit:1 missed:1' }],
    ] as const)('is refused where %s has listed a bridge without other ports', (_, more) => {
      const answer = follow([{ ...bridge({ ports: [], flows: ['actions=output:8'] }), ...more }], TCP);
      expect([answer.verdict, answer.unknown]).toEqual(['drop', []]);
    });

    it('a name whose number was only assumed is as good as any', () => {
      const answer = follow([bridge({ ports: [...FOUR, assumed], flows: ['actions=output:65279'] })], TCP);
      expect([answer.verdict, answer.outputs.map((o) => o.port)]).toEqual(['output', ['px']]);
    });

    it('a bucket that watches it may live or not', () => {
      const group: OpenFlowGroup = { id: 1, type: 'fast_failover', selectionMethod: undefined, source: undefined, buckets: [8, 3].map((p) => ({ id: p, weight: 1, watchPort: p, watchGroup: undefined, actions: [{ kind: 'output', port: p === 8 ? 4 : 3 }] })) };
      const answer = follow([{ ...bridge({ ports: [...FOUR, assumed], flows: ['actions=group:1'] }), groups: [group] }], TCP);
      expect([answer.verdict, answer.unknown]).toEqual(['unknown', [{ what: 'port', name: 'br0 8' }]]);
    });

    const silent: OvsPort = { ...port('px', 9), ofport: undefined };
    test.each([['NORMAL', '1'], ['FLOOD', '*'], ['ALL', '*']])('%s is unknown where a port that it goes out by has no number, or nobody listed the ports', (actions, named) => {
      const unknown = (ports: readonly OvsPort[]) => follow([bridge({ ports, flows: [`actions=${actions}`] })], TCP).unknown;
      expect([unknown(FOUR), unknown([...FOUR, silent]), unknown([])]).toEqual([[], [{ what: 'port', name: 'br0 px' }], [{ what: 'port', name: `br0 ${named}` }]]);
    });

    it('NORMAL is unknown where a MAC address was learned behind a port without a number', () => {
      const macs = [{ port: 'px', vlan: 0, mac: 'aa:aa:aa:aa:aa:02', source: undefined }];
      expect(follow([bridge({ ports: [...FOUR, silent], macs, flows: ['actions=NORMAL'] })], TCP).unknown).toEqual([{ what: 'port', name: 'br0 px' }]);
    });

    it('a patch port whose other end has no number is unknown by the name of that end', () => {
      const end: OvsPort = { ...patch('back', 9, 'there'), ofport: undefined };
      const answer = follow([bridge({ ports: [...FOUR, patch('there', 9, 'back')], flows: ['actions=output:9'] }), bridge({ name: 'br1', ports: [port('q1', 1), end], flows: ['actions=output:1'] })], TCP);
      expect([answer.verdict, answer.unknown]).toEqual(['unknown', [{ what: 'port', name: 'br1 back' }]]);
    });
  });
});

describe('patch ports', () => {
  const other = (...flows: readonly string[]): OvsBridge => bridge({ name: 'br1', ports: [port('q1', 1), patch('back', 9, 'there')], flows });
  const from = (...flows: readonly string[]): OvsBridge => bridge({ ports: [...FOUR, patch('there', 9, 'back')], flows });

  it('take a packet into the other bridge without registers, metadata and conntrack, by the port at the other end', () => {
    const answer = follow([from('actions=load:1->NXM_NX_REG0[],write_metadata:5,set_field:7->tun_id,output:9'), other('priority=9,in_port=9,reg0=0,metadata=0,tun_id=0,ct_state=0,actions=output:1', 'priority=1,actions=drop')], `${TCP},ct_state=trk|new`);
    expect(visitsOf(answer)).toEqual(['0/32768', 'br1:0/9']);
    expect(actionsOf(answer)).toEqual(['q1']);
  });

  it('keep what the other bridge does to the packet out of this one', () => {
    expect(actionsOf(follow([from('actions=output:9,output:2'), other('actions=mod_nw_ttl:9,load:5->NXM_NX_REG0[],output:1')], TCP))).toEqual(['set(ipv4(ttl=9)),q1,set(ipv4(ttl=64)),p2']);
  });

  it('need a clone of the datapath where the other bridge asks conntrack, unless nothing follows', () => {
    expect(actionsOf(follow([from('actions=output:9,output:2'), other('actions=ct(commit),output:1')], TCP))).toEqual(['clone(ct(commit),q1),p2']);
    expect(actionsOf(follow([from('actions=output:9'), other('actions=ct(commit),output:1')], TCP))).toEqual(['ct(commit),q1']);
  });

  it('do not hand on exit, and come back to the rest of the list', () => {
    expect(actionsOf(follow([from('actions=output:9,output:2'), other('actions=output:1,exit')], TCP))).toEqual(['q1,p2']);
  });

  it('do not go back the way they came', () => {
    expect(actionsOf(follow([from('actions=output:9'), other('actions=output:9,output:1')], TCP))).toEqual(['q1']);
  });
});

describe('fragments', () => {
  const flows = ['priority=9,tcp,tp_dst=80,actions=output:2', 'priority=8,ip,nw_frag=later,actions=output:3', 'priority=7,ip,nw_frag=first,actions=output:4', 'priority=1,actions=LOCAL'];
  const frag = (kind: string): string => `${TCP},nw_frag=${kind}`;
  it.each([
    ['normal', 'no', 'p2'],
    ['normal', 'first', 'p4'],
    ['normal', 'later', 'p3'],
    ['nx-match', 'first', 'p2'],
    ['drop', 'no', 'p2'],
    ['drop', 'first', 'drop'],
    ['drop', 'later', 'drop'],
  ] as const)('frags=%s: %s goes to %s', (frags, kind, gives) => {
    expect(actionsOf(follow([bridge({ frags, flows })], frag(kind)))).toEqual([gives]);
  });

  it('nx-match sees a later one without ports', () => {
    expect(actionsOf(follow([bridge({ frags: 'nx-match', flows })], 'in_port=1,tcp,nw_frag=later'))).toEqual(['p3']);
  });
});

describe('a bridge of which no rules are known', () => {
  const { flows: _, ...rest } = bridge();
  const unread = (failMode: OvsBridge['failMode']): OvsBridge => ({ ...rest, flows: undefined, failMode });

  it.each([
    ['secure', 'drop'],
    ['standalone', 'p2,p3,p4'],
  ] as const)('%s: the verdict is unknown, whatever is assumed', (failMode, gives) => {
    const answer = follow([unread(failMode)], TCP);
    expect(answer.verdict).toBe('unknown');
    expect(answer.unknown).toEqual([{ what: 'flows', name: 'br0' }]);
    expect(actionsOf(answer)[0]?.split(',').filter((p) => p !== 'br0').join()).toBe(gives);
  });
});

describe('NORMAL', () => {
  const ports = [port('a1', 1, { tag: 10 }), port('a2', 2, { tag: 10 }), port('t', 3, { trunks: [10, 20] }), port('all', 4), port('a3', 5, { tag: 20 }), port('nt', 6, { tag: 10, vlanMode: 'native-tagged' }), port('nu', 7, { tag: 10, vlanMode: 'native-untagged' })];
  const br = bridge({ ports, flows: ['actions=NORMAL'], macs: [{ port: 'a2', vlan: 10, mac: 'aa:aa:aa:aa:aa:02', source: undefined }, { port: 't', vlan: 20, mac: 'aa:aa:aa:aa:aa:03', source: undefined }, { port: 'a1', vlan: 10, mac: 'aa:aa:aa:aa:aa:04', source: undefined }] });
  const from = (inPort: number, dst: string, tag = ''): string => `in_port=${inPort},udp,dl_src=aa:aa:aa:aa:aa:01,dl_dst=${dst}${tag}`;
  it.each([
    { flow: from(1, 'aa:aa:aa:aa:aa:02'), gives: 'a2', because: 'learned in its VLAN' },
    { flow: from(5, 'aa:aa:aa:aa:aa:03'), gives: 'push_vlan(vid=20,pcp=0),t', because: 'the trunk carries a tag' },
    { flow: from(3, 'aa:aa:aa:aa:aa:02', ',dl_vlan=10'), gives: 'pop_vlan,a2', because: 'an access port has none' },
    { flow: from(1, 'aa:aa:aa:aa:aa:04'), gives: 'drop', because: 'it is where it came from' },
    { flow: from(1, '01:80:c2:00:00:00'), gives: 'drop', because: 'bridges keep that for themselves' },
    { flow: from(1, 'aa:aa:aa:aa:aa:02', ',dl_vlan=10'), gives: 'drop', because: 'an access port takes no tags' },
    { flow: from(3, 'aa:aa:aa:aa:aa:02', ',dl_vlan=30'), gives: 'drop', because: 'the trunk does not carry that VLAN' },
    { flow: from(3, 'aa:aa:aa:aa:aa:02'), gives: 'drop', because: 'the trunk does not carry what has no tag' },
    { flow: from(7, 'aa:aa:aa:aa:aa:02'), gives: 'a2', because: 'without a tag it is in the native VLAN' },
    { flow: from(5, 'ff:ff:ff:ff:ff:ff'), gives: 'push_vlan(vid=20,pcp=0),br0,t,all,nt,nu', because: 'flooded in VLAN 20' },
    { flow: from(1, 'ff:ff:ff:ff:ff:ff'), gives: 'push_vlan(vid=10,pcp=0),br0,pop_vlan,a2,push_vlan(vid=10,pcp=0),t,all,nt,pop_vlan,nu', because: 'each port has its own way' },
    { flow: from(8, 'ff:ff:ff:ff:ff:ff'), gives: 'drop', because: 'no such port' },
  ])('$flow goes $gives: $because', ({ flow, gives }) => expect(actionsOf(follow([br], flow))).toEqual([gives]));

  it('learns where senders are, by VLAN, and groups never', () => {
    const state = newSwitchState();
    follow([br], from(3, 'ff:ff:ff:ff:ff:ff', ',dl_vlan=10'), { state, learns: true });
    follow([br], from(3, 'ff:ff:ff:ff:ff:ff', ',dl_vlan=20').replace('aa:aa:aa:aa:aa:01', '01:00:00:00:00:01'), { state, learns: true });
    expect([...(state.bridges.get('br0')?.macs ?? [])].slice(3)).toEqual([['10 aa:aa:aa:aa:aa:01', 't']]);
  });
});
