import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROTO_ICMP, PROTO_UDP } from '../packet/packet.ts';
import { at, ip, sampleFiles, tcp, worldFrom } from '../testing/sample.ts';
import type { Probe } from './probe.ts';
import { BOUNDS } from './sim.ts';
import { trace, traceAll } from './trace.ts';

const files = sampleFiles('cluster');
const paths = Object.keys(files).filter((p) => p.endsWith('.txt'));

const probes: readonly Probe[] = [
  tcp(at('client'), '172.19.100.2', 80),
  { ...tcp(at('client'), '172.19.100.2', 80), size: 3000, count: 2 },
  tcp(at('cy01-ceph142', 'ng-test-rs-cwqr5'), '10.233.36.144', 80),
  { from: at('cy01-ceph142', 'dbg-pod142'), dst: ip('10.233.125.24'), proto: PROTO_ICMP, size: 3000 },
  { from: at('cy01-ceph142'), dst: ip('172.19.100.2'), proto: PROTO_UDP, dport: 80, size: 10 },
  { from: { kind: 'outside', ip: ip('203.0.113.5'), host: 'cy01-ceph143', dev: 'ens4' }, dst: ip('10.10.2.143'), proto: 132 },
];

/** Small damage to one dump, as hands and terminals do it. */
const damage = fc.record({ path: fc.constantFrom(...paths), line: fc.nat(600), how: fc.constantFrom('drop', 'double', 'swap', 'cut', 'digit'), at: fc.nat(80) });

function damaged(edits: readonly { readonly path: string; readonly line: number; readonly how: string; readonly at: number }[]) {
  const out: Record<string, string> = { ...files };
  for (const { path, line, how, at: column } of edits) {
    const lines = (out[path] ?? '').split('\n');
    const i = line % lines.length;
    const text = lines[i] ?? '';
    const next = lines[i + 1] ?? '';
    const replacement = { drop: [], double: [text, text], swap: [next, text], cut: [text.slice(0, column)], digit: [text.replace(/\d/g, (d, k: number) => (k % 7 === column % 7 ? String((Number(d) + 1) % 10) : d))] }[how] ?? [text];
    lines.splice(i, how === 'swap' ? 2 : 1, ...replacement);
    out[path] = lines.join('\n');
  }
  return out;
}

describe('trace', () => {
  it('ends for every world, with a verdict and within its bounds, whatever was done to the dumps', () => {
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 12 }), fc.constantFrom(...probes), (edits, probe) => {
        const world = worldFrom(damaged(edits));
        const home = world.hosts.find((h) => h.name === probe.from.host)?.netns.some((n) => n.name === (probe.from.kind === 'netns' ? probe.from.netns : null));
        if (!home) return;
        const t = trace(world, probe);
        expect(t.outcomes).toHaveLength(probe.count ?? 1);
        expect(t.steps.length).toBeLessThanOrEqual(BOUNDS.steps + 10);
        expect(t.steps.every((s, i) => s.id === i && (s.parent === undefined || s.parent < i))).toBe(true);
      }),
      { numRuns: 120 },
    );
  }, 60_000);

  it('is deterministic and leaves the world as it was', () => {
    const world = worldFrom(files);
    const before = JSON.stringify(world);
    for (const probe of probes) expect(JSON.stringify(trace(world, probe))).toBe(JSON.stringify(trace(world, probe)));
    expect(JSON.stringify(world)).toBe(before);
  });

  it('refuses a namespace that is not there', () => {
    expect(() => trace(worldFrom(files), tcp(at('nowhere'), '172.19.100.2', 80))).toThrow(RangeError);
  });

  it('sends what a TCP probe carries as segments of the smaller MSS, after the handshake', () => {
    const t = trace(worldFrom(files), { ...tcp(at('client'), '172.19.100.2', 80), size: 3000 });
    const sent = t.steps.filter((s) => s.kind === 'send' && s.role === 'data').map((s) => s.packet.find((h) => h.type === 'payload')?.bytes ?? 0);
    expect(sent).toEqual([0, 1398, 1398, 204]);
    expect(t.steps.filter((s) => s.kind === 'deliver' && s.role === 'data')).toHaveLength(4);
    expect(t.ipvs[0]?.entry.state).toBe('ESTABLISHED');
    expect(t.conntrack.find((e) => e.host === 'cy01-ceph142' && e.entry.proto === 6)?.entry).toMatchObject({ tcpState: 'ESTABLISHED', assured: true });
  });
});

describe('traceAll', () => {
  it('gives for each branch the very walk that its choices give, with what it shares with others', () => {
    const world = worldFrom(files);
    for (const one of probes) {
      const { branches } = traceAll(world, one);
      for (const { trace: found } of branches) expect(found).toEqual(trace(world, one, Object.fromEntries(found.choices.map((c) => [c.key, c.taken]))));
    }
  });

  it.each(probes.map((probe, i) => [i, probe] as const))('gives probabilities that add up to 1 (probe %i)', (_, probe) => {
    const { branches, truncated } = traceAll(worldFrom(files), probe);
    expect(branches.reduce((sum, b) => sum + b.probability, 0)).toBeCloseTo(1, 9);
    expect(branches.every((b) => b.probability > 0)).toBe(true);
    expect(truncated).toBe(0);
  });

  it('does not split a choice that is given', () => {
    const { branches } = traceAll(worldFrom(files), tcp(at('client'), '172.19.100.2', 80), { 'cy01-ceph142/ipvs-rr': 1 });
    expect(branches).toHaveLength(1);
    expect(branches[0]).toMatchObject({ probability: 1, trace: { choices: [{ taken: 1 }, {}] } });
  });
});
