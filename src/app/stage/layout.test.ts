import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { worldOf } from '../../cluster/world.ts';
import { trace } from '../../engine/trace.ts';
import { loadScenario } from '../../scenarios/files.node.ts';
import { multusSriov } from '../../scenarios/multus-sriov/scenario.ts';
import { at, tcp } from '../../testing/sample.ts';
import { samples } from '../../testing/walks.ts';
import { generated } from './generated.testing.ts';
import { overlaps, right, within } from './geometry.ts';
import { asideColumn, type Box } from './house.ts';
import { type Layout, layoutOf } from './layout.ts';
import { allStageStrings } from './strings.ts';
import { textWidth } from './textWidth.ts';

const ICON_AND_PADDING = 16 + 15 + 6;

/** Pairs of boxes, and of houses, that share an area. */
function collisions(layout: Layout): readonly string[] {
  const boxes = [...layout.boxes.values()];
  const pairs = boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => overlaps(a.rect, b.rect)).map((b) => `${a.id} × ${b.id}`));
  const houses = layout.houses.flatMap((a, i) => layout.houses.slice(i + 1).filter((b) => overlaps(a.rect, b.rect)).map((b) => `${a.id} × ${b.id}`));
  return [...pairs, ...houses];
}

function labelFits({ kind, rect, label, note, icon, words, count }: Box): boolean {
  const room = rect.w - (kind === 'hook' || kind === 'more' ? 12 : ICON_AND_PADDING);
  if (kind === 'port') return textWidth(label, 11, 'bold') + (note === undefined ? 0 : 6 + textWidth(note, 11, 'mono')) <= rect.w - 33;
  const px = kind === 'hook' || kind === 'more' || icon === 'veth' || icon === 'process' ? 11 : 12;
  const wide = (text: string): boolean => textWidth(text, px, kind === 'more' ? 'regular' : 'bold') <= room;
  if (kind === 'routing') return true; // its word stands beside it
  const spoken = words === undefined ? [label] : allStageStrings.flatMap((s) => (words === 'process' || words === 'outside' ? s[words] : words === 'moreNodes' || words === 'moreHere' || words === 'morePods' || words === 'morePorts' ? s[words](count) : []));
  return spoken.every(wide) && (note === undefined || textWidth(note, 11, 'mono') <= room);
}

describe('layoutOf', () => {
  it('lets no two boxes and no two houses overlap, whatever the machines are', () => {
    fc.assert(
      fc.property(generated, fc.boolean(), ({ world, trace }, unfolded) => {
        expect(collisions(layoutOf(world, trace, unfolded))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('gives every label the width that the widest font needs', () => {
    fc.assert(
      fc.property(generated, ({ world, trace }) => {
        const { boxes, houses } = layoutOf(world, trace);
        expect([...boxes.values()].filter((b) => !labelFits(b)).map((b) => `${b.kind} ${b.label}`)).toEqual([]);
        expect(houses.filter((h) => textWidth(h.title, 13, 'bold') + 14 + 20 > h.rect.w).map((h) => h.title)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('keeps everything within the bounds that the camera fits', () => {
    fc.assert(
      fc.property(generated, ({ world, trace }) => {
        const { boxes, bounds } = layoutOf(world, trace);
        expect([...boxes.values()].filter((b) => !within(b.rect, bounds)).map((b) => b.id)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('keeps what stands inside a house between its walls', () => {
    fc.assert(
      fc.property(generated, ({ world, trace }) => {
        const { houses } = layoutOf(world, trace);
        const out = houses.flatMap((h) => h.boxes.filter((b) => b.rect.x < h.rect.x || right(b.rect) > right(h.rect)).map((b) => b.id));
        expect(out).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('has a box for every device that the packet is at', () => {
    fc.assert(
      fc.property(generated, ({ world, trace }) => {
        const layout = layoutOf(world, trace);
        const nics = trace.steps.filter((s) => s.netns === null && s.dev !== undefined && layout.houses.some((h) => h.host === s.host) && world.hosts.some((h) => h.name === s.host && h.netns[0]?.links.some((l) => l.name === s.dev && l.kind === 'nic')));
        expect(nics.filter((s) => !layout.boxes.has(`${s.host}/${s.dev}`)).map((s) => s.dev)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it.each(samples())('draws “$name” without an overlap', ({ world, trace }) => {
    expect(collisions(layoutOf(world, trace))).toEqual([]);
    expect(collisions(layoutOf(world, trace, true))).toEqual([]);
  });

  it('shows the machines in the order in which the packet comes to them, bystanders last', () => {
    const sample = samples().find((s) => s.trace.steps.some((step) => step.kind === 'encap'));
    const layout = sample && layoutOf(sample.world, sample.trace);
    const visited = [...new Set(sample?.trace.steps.filter((s) => s.role !== 'arp').map((s) => s.host))].filter((h) => layout?.houses.some((x) => x.host === h));
    expect(layout?.houses.map((h) => h.host).slice(0, visited.length)).toEqual(visited);
    expect(layout?.houses.slice(visited.length).every((h) => !h.cast.takesPart)).toBe(true);
    expect(layout?.pipes).toHaveLength(1);
  });

  it('keeps the boxes of a house off what passes its hooks by and goes down to a wire', () => {
    const { world } = worldOf(loadScenario(multusSriov, {}));
    const { houses } = layoutOf(world, trace(world, tcp(at('worker1', 'radio-1'), '192.168.100.12', 80)));
    const crossed = houses.flatMap((h) => h.boxes.filter((b) => b.kind !== 'pod' && overlaps(b.rect, { x: asideColumn(h) - 11, y: h.rect.y, w: 14, h: h.rect.h + 18 })).map((b) => b.id));
    expect(houses.map((h) => h.host)).toEqual(['worker1', 'worker2']);
    expect(crossed).toEqual([]);
  });

  it('folds more than three bystanders into one box, and unfolds them', () => {
    const [sample] = samples();
    if (!sample) throw new Error('no samples');
    const spare = sample.world.hosts.find((h) => h.role === 'node');
    if (!spare) throw new Error('no node');
    const more = Array.from({ length: 6 }, (_, i) => ({ ...spare, name: `spare${i}`, netns: spare.netns.slice(0, 1).map((n) => ({ ...n, links: [] })) }));
    const world = { ...sample.world, hosts: [...sample.world.hosts, ...more] };
    const folded = layoutOf(world, sample.trace);
    expect(folded.boxes.get('+nodes')?.count).toBeGreaterThanOrEqual(6);
    expect(folded.houses.some((h) => h.host === 'spare3')).toBe(false);
    const open = layoutOf(world, sample.trace, true);
    expect(open.boxes.has('+nodes')).toBe(false);
    expect(open.houses.some((h) => h.host === 'spare3')).toBe(true);
  });
});
