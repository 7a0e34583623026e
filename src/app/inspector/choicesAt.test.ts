import { expect, it } from 'vitest';
import { worldOf } from '../../cluster/world.ts';
import { trace } from '../../engine/trace.ts';
import { antrea } from '../../scenarios/antrea/scenario.ts';
import { loadScenario } from '../../scenarios/files.node.ts';
import { at, tcp } from '../../testing/sample.ts';
import { samples } from '../../testing/walks.ts';
import { readTrace } from '../../text/reading.ts';
import { choicesAt } from './choicesAt.ts';

it('offers the bucket of a group at the stop whose tables take it, and nowhere else', () => {
  const { world } = worldOf(loadScenario(antrea, {}));
  const probe = tcp(at('node-1', 'client-1'), '10.96.20.20', 80);
  const [choice] = trace(world, probe).choices;
  for (const taken of [0, 1]) {
    const walk = trace(world, probe, { [choice?.key ?? '']: taken });
    const offered = readTrace(walk, world, 'story').stops.flatMap((s) => choicesAt(walk, s).map((c) => ({ bridge: s.place.kind === 'device' ? s.place.dev : undefined, option: c.options[c.taken] })));
    expect(offered).toEqual([{ bridge: 'br-int', option: `group:1 bucket:${taken}` }]);
  }
});

it('offers each choice that parts ways exactly once', () => {
  for (const { trace: walk, world } of samples()) {
    const offered = readTrace(walk, world, 'story').stops.flatMap((s) => choicesAt(walk, s).map((c) => c.key));
    expect(offered.toSorted()).toEqual(walk.choices.filter((c) => c.splits && c.options.length > 1).map((c) => c.key).toSorted());
  }
});
