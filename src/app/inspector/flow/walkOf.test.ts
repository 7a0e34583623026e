import { describe, expect, it } from 'vitest';
import { trace } from '../../../engine/trace.ts';
import { ovnWorld } from '../../../testing/ovn.ts';
import { bridgeFrom } from '../../../testing/ovs.ts';
import { at, tcp } from '../../../testing/sample.ts';
import { readTrace } from '../../../text/reading.ts';
import { isLostAt, isQuiet, type LookUp, runsOf, staysAt } from './walkOf.ts';

const world = ovnWorld();
const t = trace(world, tcp(at('worker1', 'client-0'), '10.128.0.15', 8080));

describe('isLostAt', () => {
  const misses = (walk: typeof t): readonly LookUp[] => walk.steps.filter((s): s is LookUp => s.kind === 'openflow' && s.rule === undefined);

  it('is true where nothing comes of a walk that ends in a table without a rule', () => {
    const { flows } = bridgeFrom({ name: 'br-int', ports: [], flows: 'table=0 actions=resubmit(,1)' });
    const empty = { ...world, hosts: world.hosts.map((h) => ({ ...h, ovs: (h.ovs ?? []).map((b) => (b.name === 'br-int' ? { ...b, flows } : b)) })) };
    const lost = trace(empty, tcp(at('worker1', 'client-0'), '10.128.0.15', 8080));
    expect(misses(lost).length).toBeGreaterThan(0);
    expect(misses(lost).filter((l) => !isLostAt(lost, l))).toEqual([]);
  });

  it('is false where the walk goes on, and the packet arrives', () => {
    expect(misses(t).length).toBeGreaterThan(0);
    expect(misses(t).filter((l) => isLostAt(t, l))).toEqual([]);
  });
});

describe('staysAt', () => {
  const lookUps = t.steps.filter((s) => s.kind === 'openflow' && s.role === 'request').length;

  it('shows every look-up of the request once in the story, in the order of the walk', () => {
    const stops = readTrace(t, world, 'story').stops.filter((s) => s.way === 'request');
    const shown = stops.flatMap((s) => staysAt(t, s).flatMap((stay) => stay.lookUps.map((l) => l.id)));
    expect(shown).toHaveLength(new Set(shown).size);
    expect(shown).toEqual(shown.toSorted((a, b) => a - b));
    expect(shown).toHaveLength(lookUps);
  });

  it('shows a look-up alone where it is a stop of its own, and all of a bridge’s where the bridge is one', () => {
    const { stops } = readTrace(t, world, 'rules');
    const one = stops.find((s) => t.steps[s.lead]?.kind === 'openflow' && t.steps[s.lead]?.role === 'request');
    const whole = stops.find((s) => t.steps[s.lead]?.kind === 'ovs' && t.steps[s.lead]?.role === 'request');
    expect(one && staysAt(t, one).map((s) => s.lookUps.length)).toEqual([1]);
    expect(whole && staysAt(t, whole)[0]?.lookUps.length).toBeGreaterThan(3);
  });

  it('shows the look-up that asked for it where the datapath translates an address', () => {
    const service = trace(world, tcp(at('worker1', 'client-0'), '172.30.44.86', 80));
    const stops = readTrace(service, world, 'hooks').stops.filter((s) => s.kind === 'nat' && s.way === 'request' && s.place.kind === 'device' && s.place.dev === 'br-int');
    expect(stops.length).toBeGreaterThan(0);
    for (const stop of stops) {
      const [stay] = staysAt(service, stop);
      expect(stay?.lookUps).toHaveLength(1);
      const asked = stay?.lookUps[0];
      expect(asked?.notes.some((n) => n.kind === 'bucket') === true || asked?.rule?.actions.some((a) => a.kind === 'ct' || a.kind === 'group') === true).toBe(true);
    }
  });

  it('has nothing for what no bridge of Open vSwitch did', () => {
    const { stops } = readTrace(t, world, 'rules');
    expect(stops.filter((s) => t.steps[s.lead]?.kind === 'fib').flatMap((s) => staysAt(t, s))).toEqual([]);
  });
});

describe('runsOf', () => {
  const longest = readTrace(t, world, 'story').stops.flatMap((s) => staysAt(t, s)).toSorted((a, b) => b.lookUps.length - a.lookUps.length)[0]?.lookUps ?? [];

  it('folds look-ups of a long walk that only lead on, loses none, and never folds the last', () => {
    const runs = runsOf(longest);
    expect(runs.length).toBeLessThan(longest.length);
    expect(runs.flatMap((r) => (r.kind === 'one' ? [r.lookUp] : r.lookUps))).toEqual(longest);
    expect(runs.flatMap((r) => (r.kind === 'quiet' ? r.lookUps : [])).every(isQuiet)).toBe(true);
    expect(runs.at(-1)).toMatchObject({ kind: 'one' });
  });

  it('shows a short walk whole', () => expect(runsOf(longest.slice(0, 5)).map((r) => r.kind)).toEqual(['one', 'one', 'one', 'one', 'one']));
});
