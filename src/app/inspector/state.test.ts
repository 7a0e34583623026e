import { describe, expect, it } from 'vitest';
import { readTrace } from '../../text/reading.ts';
import { sampleNamed, samples } from '../../testing/walks.ts';
import { stateAt } from './state.ts';

const all = samples();

describe('the state so far', () => {
  const { trace, world } = sampleNamed('client to the address, Cluster', all);
  const { stops } = readTrace(trace, world, 'rules');
  const states = stops.map((stop) => stateAt(trace, stop));

  it('is empty before anything was tracked', () => expect(states[0]).toEqual({ conntrack: [], ipvs: [] }));

  it('marks an entry as new at the one stop that makes it', () => {
    const made = states.flatMap((s, i) => (s.ipvs.some((e) => e.fresh) ? [stops[i]?.kind] : []));
    expect(made[0]).toBe('ipvs');
    const first = states.findIndex((s) => s.ipvs.length > 0);
    expect(states[first]?.ipvs[0]).toMatchObject({ host: 'cy01-ceph142', fresh: true, entry: { source: '10.10.6.91:41068', destination: '10.233.125.24:80' } });
    expect(states[first + 1]?.ipvs[0]?.fresh).toBe(false);
  });

  it('puts the entries of the namespace where the packet is in front', () => {
    for (const [i, state] of states.entries()) {
      const here = state.conntrack.map((e) => e.host === stops[i]?.host && e.netns === stops[i]?.netns);
      expect(here).toEqual(here.toSorted((a, b) => Number(b) - Number(a)));
    }
    expect(new Set(states.at(-1)?.conntrack.map((e) => e.host)).size).toBeGreaterThan(1);
  });

  it.each(all.map((s) => [s.name, s] as const))('%s: at the end it is what the trace says was left behind', (_, sample) => {
    const last = readTrace(sample.trace, sample.world, 'story').stops.at(-1);
    if (!last) return;
    const { conntrack } = stateAt(sample.trace, last);
    const left = sample.trace.conntrack.map((e) => `${e.host}/${e.netns} ${e.entry.id}`);
    for (const id of left) expect(conntrack.map((e) => `${e.host}/${e.netns} ${e.entry.id}`)).toContain(id);
  });
});
