import { worldOf } from '../../src/cluster/world.ts';
import { trace } from '../../src/engine/trace.ts';
import { readProbe } from '../../src/cli/probeJson.ts';
import { scenarioJson } from '../../src/cli/scenarioJson.ts';
import { scenarios } from '../../src/scenarios/catalogue.ts';
import { loadScenario } from '../../src/scenarios/files.node.ts';
import { withDefaults } from '../../src/scenarios/scenario.ts';

/*
 * Times the parser, the compiler and the engine on the first state of every scenario and prints the figures as one line of JSON, for bench.mjs.
 */

/** The scenario with a promise is asked as often as the promise says; the others tell how they compare. */
const PROMISED = { scenario: 'ipvs-metallb', warmUp: 200, runs: 1_000 };
const OTHERS = { warmUp: 20, runs: 50 };
const READS = 20;

/** Milliseconds that each run takes, sorted. */
function times(runs: number, work: () => unknown): readonly number[] {
  const taken: number[] = [];
  for (let i = 0; i < runs; i++) {
    const started = performance.now();
    work();
    taken.push(performance.now() - started);
  }
  return taken.toSorted((a, b) => a - b);
}

const median = (sorted: readonly number[]): number => sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;

const figures = scenarios.flatMap((scenario) => {
  const files = loadScenario(scenario, withDefaults(scenario, {}));
  const read = () => worldOf(files);
  const { world } = read();
  const { warmUp, runs } = scenario.id === PROMISED.scenario ? PROMISED : OTHERS;
  const reading = { name: `read ${scenario.id}`, ms: median(times(READS, read)), promised: false };
  const tracing = scenarioJson(scenario).probes.map((json) => {
    const probe = readProbe(world, json);
    if (!probe.ok) throw new Error(`${scenario.id} ${json.id}: ${probe.error}`);
    const once = () => trace(world, probe.value.probe, probe.value.choices);
    times(warmUp, once);
    return { name: `trace ${scenario.id} ${json.id}`, ms: median(times(runs, once)), promised: scenario.id === PROMISED.scenario };
  });
  return [reading, ...tracing];
});

console.log(JSON.stringify(figures));
