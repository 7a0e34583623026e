import { parseBundle } from '../../src/dumps/bundle.ts';
import { parseObjects } from '../../src/dumps/kubectl.ts';
import { trace } from '../../src/engine/trace.ts';
import { readProbe } from '../../src/cli/probeJson.ts';
import { scenarioJson } from '../../src/cli/scenarioJson.ts';
import { scenarios } from '../../src/scenarios/catalogue.ts';
import { loadScenario } from '../../src/scenarios/files.node.ts';
import { withDefaults } from '../../src/scenarios/scenario.ts';

/*
 * Times the parser and the engine on every scenario and prints the figures as one line of JSON, for bench.mjs.
 */

const WARM_UP = 200;
const RUNS = 1_000;
const PARSES = 50;

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
  const parse = () => parseBundle(files, parseObjects(files).names);
  const { world } = parse();
  const parsing = { name: `parse ${scenario.id}`, ms: median(times(PARSES, parse)) };
  const tracing = scenarioJson(scenario).probes.map((json) => {
    const read = readProbe(world, json);
    if (!read.ok) throw new Error(`${scenario.id} ${json.id}: ${read.error}`);
    const once = () => trace(world, read.value.probe, read.value.choices);
    times(WARM_UP, once);
    return { name: `trace ${scenario.id} ${json.id}`, ms: median(times(RUNS, once)) };
  });
  return [parsing, ...tracing];
});

console.log(JSON.stringify(figures));
