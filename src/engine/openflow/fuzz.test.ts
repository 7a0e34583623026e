import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionsOf, bridge, flowOf, follow, FOUR, patch, visitsOf } from '../../testing/openflowBed.ts';
import type { OvsBridge } from '../../world/openflow.ts';
import { ofproto } from './ofproto.ts';

/*
 * Whatever the rules: a walk ends, is the same the second time, and leaves what it was given alone.
 */

const ACTIONS = [
  'output:2',
  'output:9',
  'IN_PORT',
  'ALL',
  'NORMAL',
  'LOCAL',
  'resubmit(,0)',
  'resubmit(,1)',
  'resubmit(2,2)',
  'resubmit(,1,ct)',
  'group:1',
  'group:2',
  'group:3',
  'ct(table=1)',
  'ct(commit,zone=3,nat(src=10.9.0.1),exec(load:1->NXM_NX_CT_MARK[0]))',
  'ct_clear',
  'clone(resubmit(,2),output:3)',
  'clone(ct(commit),resubmit(,1))',
  'check_pkt_larger(100)->NXM_NX_REG0[0]',
  'dec_ttl',
  'push:NXM_NX_XXREG0[]',
  'pop:NXM_NX_REG1[]',
  'load:1->NXM_NX_REG0[0]',
  'load:2->NXM_NX_REG0[0..1]',
  'move:NXM_NX_REG0[]->NXM_OF_IP_SRC[]',
  'push_vlan:0x8100',
  'strip_vlan',
  'mod_vlan_vid:5',
  'controller(userdata=01,pause)',
  'CONTROLLER:10',
  'exit',
  'learn(table=1,NXM_OF_IP_DST[]=NXM_OF_IP_SRC[],output:NXM_OF_IN_PORT[])',
  'output:NXM_NX_REG0[]',
  'conjunction(1,1/2)',
  'whatever(1)',
] as const;

const MATCHES = ['', 'in_port=1,', 'ip,', 'reg0=1,', 'reg0=0/0x1,', 'ct_state=+trk,', 'ct_state=-trk,', 'conj_id=1,', 'dl_vlan=5,', 'tcp,tp_dst=80,', 'in_port=9,'] as const;

const lineArb = fc
  .tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 3 }), fc.constantFrom(...MATCHES), fc.array(fc.constantFrom(...ACTIONS), { minLength: 1, maxLength: 4 }))
  .map(([table, priority, match, actions]) => `table=${table},priority=${priority},${match}actions=${actions.join(',')}`);
const bucketArb = fc.constantFrom('output:3', 'group:2', 'group:3', 'resubmit(,1)', 'ct(commit,table=2)', 'mod_nw_ttl:3');
const groupArb = fc.tuple(fc.constantFrom('all', 'select', 'indirect', 'ff'), fc.array(bucketArb, { minLength: 1, maxLength: 3 }));
const groups = fc.array(groupArb, { minLength: 3, maxLength: 3 }).map((list) => list.map(([type, buckets], i) => `group_id=${i + 1},type=${type},${(type === 'indirect' ? buckets.slice(0, 1) : buckets).map((b) => `bucket=${type === 'ff' ? 'watch_port:2,' : ''}actions=${b}`).join(',')}`));

const bedArb: fc.Arbitrary<readonly [OvsBridge, OvsBridge]> = fc
  .tuple(fc.array(lineArb, { maxLength: 12 }), fc.array(lineArb, { maxLength: 6 }), groups)
  .map(([own, other, list]) => [bridge({ ports: [...FOUR, patch('pa', 9, 'pb')], flows: own, groups: list }), bridge({ name: 'br1', ports: [...FOUR.map((p) => ({ ...p, name: `q${p.ofport}` })), patch('pb', 9, 'pa')], flows: other, groups: list })]);

const PACKET = 'in_port=1,tcp,dl_src=aa:aa:aa:aa:aa:01,dl_dst=aa:aa:aa:aa:aa:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_ttl=3,tp_src=1000,tp_dst=80';

describe('any rules', () => {
  it('lead to an end, the same one twice, within the limits, and change nothing that was given', () => {
    fc.assert(
      fc.property(bedArb, fc.option(fc.integer({ min: 0, max: 200 }), { nil: undefined }), (bed, size) => {
        const given = flowOf(PACKET, bed[0]);
        const kept = given.slice();
        const answer = ofproto(bed, bed[0], given, { ctNext: [], choices: {}, size });
        const again = follow([...bed], PACKET, { size });
        expect(given).toEqual(kept);
        expect(actionsOf(again)).toEqual(actionsOf(answer));
        expect(visitsOf(again)).toEqual(visitsOf(answer));
        for (const { translation } of answer.passes) {
          expect(translation.visits.length).toBeLessThanOrEqual(4097);
          expect(translation.error === undefined || translation.actions.length === 0).toBe(true);
          // A look-up lies inside one that came before it.
          translation.visits.forEach((v, i) => expect(v.parent ?? -1).toBeLessThan(i));
        }
      }),
      { numRuns: 150 },
    );
  }, 60_000);

  it('of groups that hold groups end, too', () => {
    const nested = Array.from({ length: 30 }, (_, i) => `group_id=${i + 1},type=all,bucket=actions=group:${i + 2},bucket=actions=group:${i + 2}`);
    const answer = follow([bridge({ flows: ['actions=group:1,output:2'], groups: [...nested, 'group_id=31,type=all,bucket=actions=mod_nw_ttl:1'] })], PACKET);
    expect(answer.passes[0]?.translation.error).toBe('resubmits');
  });
});
