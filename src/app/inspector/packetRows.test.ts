import { describe, expect, it } from 'vitest';
import { trace } from '../../engine/trace.ts';
import { ovnWorld } from '../../testing/ovn.ts';
import { at, tcp } from '../../testing/sample.ts';
import { readTrace } from '../../text/reading.ts';
import { sampleNamed, samples } from '../../testing/walks.ts';
import { type PacketView, packetView } from './packetRows.ts';

const all = samples();
const views = (name: string): readonly (PacketView & { readonly kind: string })[] => {
  const { trace, world } = sampleNamed(name, all);
  return readTrace(trace, world, 'story').stops.flatMap((stop) => {
    const view = packetView(trace, stop);
    return view ? [{ ...view, kind: stop.kind }] : [];
  });
};
/** Every value as `name label text`, with the old one in front where it changed. */
const words = (view: PacketView | undefined): readonly string[] =>
  view?.rows.flatMap((row) => row.lines.flatMap((line) => line.parts.map((p) => [row.name, line.label, p.was && `${p.was} ->`, p.text].filter(Boolean).join(' ')))) ?? [];

describe('the packet beside the one of the stop before', () => {
  const walk = views('client to the address, Cluster');

  it('shows the mark that a rule set as old and new, and never in a header', () => {
    const marked = walk.find((v) => v.mark?.was !== undefined);
    expect(marked?.mark).toEqual({ text: '0x4000', was: '0x0' });
    expect(words(marked).join(' ')).not.toContain('0x4000');
  });

  it('shows the address that IPVS put in and the one it put out', () => {
    expect(walk.flatMap((v) => words(v)).filter((w) => w.includes('172.19.100.2 ->'))).toEqual(['IPv4 to 172.19.100.2 -> 10.233.125.24']);
  });

  it('puts an outer header on in front, 20 bytes more, and takes it off again', () => {
    const on = walk.find((v) => v.rows.some((r) => r.change === 'added'));
    expect(on?.rows.filter((r) => r.name === 'IPv4').map((r) => `${r.tone} ${r.bytes} ${r.change}`)).toEqual(['outer 20 added', 'ip 20 undefined']);
    expect(words(on)).toContain('IPv4 type 4, IPIP');
    const off = walk.find((v) => v.rows.some((r) => r.change === 'removed'));
    expect((on?.bytes ?? 0) - (off?.bytes ?? 0)).toBeGreaterThanOrEqual(20);
    expect(off?.rows.find((r) => r.change === 'removed')?.lines[0]?.parts).toEqual([{ text: '10.10.4.142' }]);
  });

  it('does not compare the reply with the request', () => {
    const reply = walk.findIndex((v) => words(v).some((w) => w.includes('SYN ACK')));
    expect(words(walk[reply]).filter((w) => w.includes('->'))).toEqual([]);
  });

  it('counts the frame on a device that has frames, and says on which', () => {
    const wire = walk.find((v) => v.kind === 'wire' && v.rows.some((r) => r.tone === 'outer'));
    expect(wire).toMatchObject({ bytes: 94, frameOn: expect.stringMatching(/^ens/) });
    expect(walk.find((v) => v.frameOn === undefined)?.bytes).toBe(60);
  });

  it('says what an error is about', () => {
    const error = views('no real server').flatMap((v) => words(v));
    expect(error).toContain('ICMP port unreachable (ICMP 3/3)');
    expect(error).toContain('ICMP about 172.19.100.2:80');
  });

  it.each(all.map((s) => [s.name, s] as const))('%s: sizes add up and every row has a name at every stop of every reading', (_, { trace, world }) => {
    for (const detail of ['story', 'rules'] as const) {
      for (const stop of readTrace(trace, world, detail).stops) {
        const view = packetView(trace, stop);
        if (!view) continue;
        expect(view.rows.reduce((sum, r) => sum + (r.change === 'removed' ? 0 : r.bytes), 0)).toBe(view.bytes);
        for (const row of view.rows) expect(row.name).not.toBe('');
        for (const text of words(view)) expect(text).not.toMatch(/undefined|NaN/);
      }
    }
  });
});

it('shows the options of a Geneve header, class and type before the content', () => {
  const world = ovnWorld();
  const t = trace(world, tcp(at('worker1', 'client-0'), '10.128.0.15', 8080));
  const stop = readTrace(t, world, 'story').stops.find((s) => s.kind === 'encap');
  const row = stop && packetView(t, stop)?.rows.find((r) => r.name === 'Geneve');
  expect([row?.bytes, row?.lines.map((l) => l.parts[0]?.text)]).toEqual([16, ['vni 2', '0102:80 0x00020005']]);
});
