import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at, ip } from '../../testing/sample.ts';
import { pairWorld } from '../../testing/pair.ts';
import { explainSkipped, trace } from '../trace.ts';
import type { Trace } from '../trace-types.ts';

const head = '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]';
const table = (chains: readonly string[], rules: readonly string[]): string => [head, ...chains.map((c) => `:${c} - [0:0]`), ...rules, 'COMMIT'].join('\n');

/** One long chain, and the same rules in short ones that are walked rule by rule. */
const longAndShort = (bodies: readonly string[]) => {
  const parts = Math.ceil(bodies.length / 40);
  return {
    long: pairWorld(table(['LONG'], ['-A INPUT -j LONG', ...bodies.map((b) => `-A LONG ${b}`)])),
    short: pairWorld(table(Array.from({ length: parts }, (_, p) => `P${p}`), [...Array.from({ length: parts }, (_, p) => `-A INPUT -j P${p}`), ...bodies.map((b, i) => `-A P${Math.floor(i / 40)} ${b}`)])),
  };
};

/** Which bodies matched, and how the packet ended. */
const told = (t: Trace): readonly string[] => [
  ...t.steps.flatMap((s) => (s.kind === 'rule' && s.matched === true && s.chain !== 'INPUT' ? [s.text.replace(/^-A \S+ /, '')] : [])),
  t.outcomes[0]?.request.verdict ?? '',
];

const probe = (proto: number, dport: number) => ({ from: at('a'), dst: ip('10.0.0.2'), proto, dport, sport: 41_000 });

const body = fc
  .tuple(
    fc.constantFrom('', '-s 10.0.0.1/32 ', '-s 10.0.0.9/32 ', '! -s 10.0.0.1/32 ', '-s 10.0.0.0/24 '),
    fc.constantFrom('', '-d 10.0.0.2/32 ', '-d 10.0.0.7/32 ', '! -d 10.0.0.2/32 '),
    fc.constantFrom('', '-p tcp -m tcp --dport 80 ', '-p tcp -m tcp --dport 81 ', '-p udp -m udp --dport 80 ', '-p tcp -m tcp ! --dport 80 ', '-p tcp -m tcp --dport 80:90 ', '-p icmp '),
    fc.constantFrom('', '-m mark --mark 0x1/0x1 ', '-m mark ! --mark 0x1/0x1 '),
    fc.constantFrom('-j MARK --set-xmark 0x1/0x1', '-j MARK --set-xmark 0x0/0x1', '-m comment --comment x'),
  )
  .map((parts) => parts.join(''));

describe('long chains', () => {
  it('match the same rules as short ones', () => {
    fc.assert(
      fc.property(fc.array(body, { minLength: 70, maxLength: 160 }), fc.constantFrom('-p tcp -j DROP', '-j ACCEPT', '-d 10.0.0.2/32 -j DROP', '-p udp -m udp --dport 80 -j RETURN'), fc.constantFrom(probe(6, 80), probe(17, 80), probe(1, 0), probe(132, 80)), (bodies, last, p) => {
        const { long, short } = longAndShort([...bodies, last]);
        expect(told(trace(long, p))).toEqual(told(trace(short, p)));
      }),
      { numRuns: 150 },
    );
  });

  it('make one step of what is skipped, and explain each rule of it on demand', () => {
    const bodies = Array.from({ length: 200 }, (_, i) => `-d 10.9.${i}.1/32 -p tcp -m tcp --dport 80 -j DROP`);
    const { long } = longAndShort([...bodies, '-d 10.0.0.2/32 -p tcp -m tcp --dport 80 -j ACCEPT', ...bodies]);
    const t = trace(long, probe(6, 80));
    const skipped = t.steps.filter((s) => s.kind === 'skipped');
    expect(skipped.map((s) => [s.chain, s.from, s.to])).toEqual([['LONG', 1, 200]]);
    const rules = explainSkipped(long, t, skipped[0]?.id ?? -1);
    expect(rules).toHaveLength(200);
    expect(rules[17]).toMatchObject({ chain: 'LONG', rule: 18, matched: false, text: `-A LONG ${bodies[17] ?? ''}`, conditions: [{ text: '-d 10.9.17.1/32', result: false, saw: '10.0.0.2' }] });
    expect(rules[17]?.source[0]?.line).toBe((rules[0]?.source[0]?.line ?? 0) + 17);
  });

  it('still roll dice and say unknown rule by rule', () => {
    const misses = Array.from({ length: 100 }, (_, i) => `-d 10.9.${i}.1/32 -j DROP`);
    const dice = trace(longAndShort([...misses, '-m statistic --mode random --probability 0.50000000000 -j DROP']).long, probe(6, 80));
    expect(dice.choices.map((c) => c.kind)).toEqual(['statistic']);
    const unknown = trace(longAndShort([...misses, '-m u32 --u32 "0=0" -j DROP', '-j ACCEPT']).long, probe(6, 80));
    expect(unknown.outcomes[0]?.request.verdict).toBe('unknown');
    // A rule that is certainly for somebody else decides nothing, whatever else it asks.
    const other = trace(longAndShort([...misses, '-d 10.9.0.9/32 -m u32 --u32 "0=0" -j DROP', '-j ACCEPT']).long, probe(6, 80));
    expect(other.outcomes[0]?.request.verdict).toBe('delivered');
  });
});
