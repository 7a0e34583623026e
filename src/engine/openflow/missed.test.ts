import { describe, expect, it } from 'vitest';
import { ovnWorld } from '../../testing/ovn.ts';
import { at, tcp } from '../../testing/sample.ts';
import { explainLookUp, trace } from '../trace.ts';

const world = ovnWorld();
const t = trace(world, tcp(at('worker1', 'client-0'), '10.128.0.15', 8080));
const lookUp = (table: number) => t.steps.find((s) => s.kind === 'openflow' && s.host === 'worker1' && s.table === table && s.role === 'request');
const explained = (table: number) => explainLookUp(world, t, lookUp(table)?.id ?? -1);
const rulesOf = (table: number) => world.hosts.find((h) => h.name === 'worker1')?.ovs?.find((b) => b.name === 'br-int')?.flows?.filter((f) => f.table === table) ?? [];

describe('explainLookUp', () => {
  it('lists the other rules of the table from the taken one’s priority up, and on which field each failed', () => {
    const step = lookUp(0);
    const taken = step?.kind === 'openflow' ? step.rule : undefined;
    const expected = rulesOf(0).filter((r) => r.priority >= (taken?.priority ?? 0) && r.source?.line !== taken?.source?.line);
    const missed = explained(0);
    expect(missed).toHaveLength(expected.length);
    // Ports of other pods: the same kind of rule, but for its port.
    expect(missed.some((m) => m.failed.length === 1 && m.failed[0]?.field === 'in_port' && m.failed[0].saw[0] === 3)).toBe(true);
  });

  it('has nothing for the rule of the highest priority, nor for a step that is no look-up', () => {
    const top = t.steps.find((s) => s.kind === 'openflow' && s.rule !== undefined && rulesOf(s.table).every((r) => s.host === 'worker1' && (r.priority < (s.rule?.priority ?? 0) || r.source?.line === s.rule?.source?.line)));
    expect(top).toBeDefined();
    expect(explainLookUp(world, t, top?.id ?? -1)).toEqual([]);
    expect(explainLookUp(world, t, 0)).toEqual([]);
    expect(explainLookUp(world, t, 99_999)).toEqual([]);
  });

  it('gives each rule that failed at least one condition, or else says that it is half of a conjunction or of the same priority', () => {
    for (const table of [8, 9, 25, 37]) {
      const step = lookUp(table);
      const own = step?.kind === 'openflow' ? (step.rule?.priority ?? -1) : -1;
      for (const { rule, failed } of explained(table)) expect(failed.length > 0 || rule.priority === own || rule.actions.some((a) => a.kind === 'conjunction')).toBe(true);
    }
  });
});
