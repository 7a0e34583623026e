import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readTrace, type RealVisit } from './traceText.ts';

/** As Open vSwitch 3.1.0 printed them. */
const recorded = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');

const short = ({ bridge, table, rule }: RealVisit): string => `${bridge} ${table} ${rule ? `${rule.priority}/${rule.cookie} ${rule.match}`.trimEnd() : 'miss'}`;

const THROUGH_BR1 = ['br1 0 32768/21', 'br1 3 32768/22 ip', 'br1 4 miss'];

describe('readTrace', () => {
  const [first, second, ...more] = readTrace(recorded('trace-nested.txt'));

  it('has a pass for the packet as it came and one for each resume', () => {
    expect(more).toEqual([]);
    expect(first?.resumed).toBeUndefined();
    expect(second?.resumed?.split('\n')[0]).toBe('recirc(0x1) - resume conntrack with ct_state=est|trk');
    expect(second?.flow).toContain('nw_dst=10.0.0.9');
  });

  it('gives each look-up the bridge in whose block it stands, however deep that is', () => {
    expect(first?.visits.map(short)).toEqual([
      'br0 0 7/11 tcp',
      ...THROUGH_BR1,
      'br0 77 miss',
      ...THROUGH_BR1,
      'br0 5 32768/12 ip',
      ...THROUGH_BR1,
      'br0 12 32768/13',
      'br0 101 0/14',
      ...THROUGH_BR1,
    ]);
  });

  it('resumes in the table that conntrack was given', () => {
    expect(second?.visits.slice(0, 2).map(short)).toEqual(['br0 1 1/15', 'br1 0 32768/21']);
    expect(second?.visits.slice(0, 2).map((v) => v.first)).toEqual([true, false]);
  });

  it('keeps what the datapath is to do, and what was refused', () => {
    expect(first?.actions).toBe('q1,p2,q1,ct(commit,zone=4,nat(dst=10.0.0.9:8080)),recirc(0x1),q1,q1');
    expect(first?.warnings).toEqual(['>> skipping output to input port']);
    expect(first?.failure).toBeUndefined();
  });

  it('tells which bucket a group took', () => {
    const [pass] = readTrace(recorded('trace-bucket.txt'));
    expect(pass?.buckets).toEqual([{ group: 1, bucket: 1 }]);
    expect(pass?.visits.map(short)).toEqual(['br0 0 32768/11 tcp,tp_dst=80', 'br0 5 32768/0']);
  });

  it('tells when a translation failed', () => {
    const [pass] = readTrace(recorded('trace-too-deep.txt'));
    expect(pass?.failure).toBe('Translation failed (Recursion too deep), packet is dropped.');
    expect(pass?.visits).toHaveLength(65);
    expect(pass?.actions).toBe('drop');
  });

  it('reads a cut-off text as far as it goes', () => {
    const text = recorded('trace-nested.txt');
    for (let length = 0; length < text.length; length += 97) expect(readTrace(text.slice(0, length)).length).toBeGreaterThan(0);
  });
});
