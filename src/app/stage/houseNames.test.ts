import { describe, expect, it } from 'vitest';
import { samples } from '../../testing/walks.ts';
import type { Box } from './house.ts';
import { namesInView, titledOf } from './houseNames.ts';
import { groundOf } from './scene.ts';
import { stageStrings } from './strings.ts';

const [sample] = samples();
const layout = sample && groundOf(sample.world, sample.trace, false).layout;
const titled = layout ? titledOf(layout, stageStrings('en')) : [];
const house = titled[0];
if (!layout || !house) throw new Error('no house');
const { rect } = house;

describe('namesInView', () => {
  const shown = (x: number, y: number, zoom: number): readonly string[] => namesInView([house], { x, y, zoom }).map((n) => n.house.id);
  it.each`
    what                               | x                 | y                 | zoom   | named
    ${'its own title is in sight'}     | ${-rect.x}        | ${-rect.y}        | ${1}   | ${false}
    ${'the title is above the view'}   | ${-rect.x}        | ${-rect.y - 40}   | ${1}   | ${true}
    ${'the title is left of the view'} | ${-rect.x - 40}   | ${-rect.y}        | ${1}   | ${true}
    ${'the title is too small'}        | ${-rect.x * 0.4}  | ${-rect.y * 0.4}  | ${0.4} | ${true}
    ${'only its foot is in sight'}     | ${-rect.x}        | ${-rect.y - rect.h + 20} | ${1} | ${false}
    ${'only its right wall is'}        | ${-rect.x - rect.w + 30} | ${-rect.y} | ${1}   | ${false}
  `('names the house again when needed: $what', ({ x, y, zoom, named }) => {
    expect(shown(x, y, zoom)).toEqual(named ? [house.id] : []);
  });

  it('keeps the name inside of its house and of the view', () => {
    for (const zoom of [0.3, 0.85, 1.2]) {
      for (const name of namesInView(titled, { x: -200, y: -300 * zoom, zoom })) {
        expect(name.x).toBeGreaterThanOrEqual(0);
        expect(name.y).toBeGreaterThanOrEqual(0);
        expect(name.x + name.room).toBeLessThanOrEqual((name.house.rect.x + name.house.rect.w) * zoom - 200);
      }
    }
  });

  it('names also the house that stands for the nodes that are not drawn', () => {
    const folded: Box = { id: '+nodes', kind: 'folded', rect, label: '', note: undefined, title: '', icon: 'node', dashed: true, count: 4, words: 'moreNodes', house: undefined };
    const eth0: Box = { ...folded, id: 'eth0', kind: 'device' };
    const all = titledOf({ houses: [], boxes: new Map([folded, eth0].map((b) => [b.id, b])) }, stageStrings('en'));
    expect(all.map((t) => t.title)).toEqual(['+ 4 nodes']);
    expect(namesInView(all, { x: -rect.x, y: -rect.y - 40, zoom: 1 }).map((n) => n.house.id)).toEqual(['+nodes']);
  });
});
