import { expect, it } from 'vitest';
import { trace } from '../engine/trace.ts';
import { findScenario } from '../scenarios/catalogue.ts';
import { loadScenario } from '../scenarios/files.node.ts';
import { worldOf } from '../cluster/world.ts';
import { readProbe } from '../share/probeWords.ts';
import { verdictLine } from './verdict.ts';

it('does not say that a sender fails at once when the one who was told is a tunnel’s end', () => {
  const scenario = findScenario('incidents-flannel');
  if (!scenario) throw new Error('the scenario is gone');
  const { world } = worldOf(loadScenario(scenario, { incident: 'vxlan', state: 'broken' }));
  const probe = readProbe(world, { from: 'worker1/cli', to: '10.244.2.3:80', proto: 'tcp', via: undefined, sport: undefined, size: undefined });
  if (!probe.ok) throw new Error(probe.problem.code);
  const line = verdictLine({ trace: trace(world, probe.value), world, lang: 'en' }, 0);
  expect(line.client).toContain('times out');
  expect(line.reason).toContain('told nothing');
  expect(line.reason).not.toContain('at once');
});
