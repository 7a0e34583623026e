import { scenarioJson } from '../../src/cli/scenarioJson.ts';
import { worldOf } from '../../src/cluster/world.ts';
import { scenarios } from '../../src/scenarios/catalogue.ts';
import { loadScenario } from '../../src/scenarios/files.node.ts';
import type { Scenario } from '../../src/scenarios/scenario.ts';
import type { RefereeCase } from './case.ts';

/** What a kernel must have, and the lines that only such devices and commands print. */
const NEEDS: Readonly<Record<string, RegExp>> = { ip_vs: /^-A -[tuf] /m, ipip: /^ +ipip /m, dummy: /^ +dummy /m, '8021q': /^ +vlan protocol/m };

const needsOf = (text: string): readonly string[] => Object.keys(NEEDS).filter((need) => NEEDS[need]?.test(text));

/**
 * Every built-in scenario in each of its states, with all its probes; where a state is compiled, short runs judge the first one of the
 * scenario alone. Scenarios that end at something which is not modelled cannot be built for a kernel either.
 */
export const scenarioCases: readonly RefereeCase[] = scenarios.filter((s) => s.unknownHere === undefined).flatMap((scenario) =>
  statesOf(scenario).map((params, i): RefereeCase => {
    const { files } = worldOf(loadScenario(scenario, params));
    return {
      name: `scenario ${scenario.id}${Object.entries(params).map(([k, v]) => ` ${k} ${v}`).join('')}`,
      covers: [`scenario:${scenario.id}`],
      needs: needsOf(Object.values(files).join('\n')),
      full: scenario.source.kind === 'objects' && i > 0,
      files,
      probes: scenarioJson(scenario).probes,
    };
  }),
);

/** Every combination of the scenario's parameters. */
export function statesOf(scenario: Scenario): readonly Readonly<Record<string, string>>[] {
  return scenario.parameters.reduce<readonly Readonly<Record<string, string>>[]>((all, p) => all.flatMap((one) => p.options.map((option) => ({ ...one, [p.key]: option }))), [{}]);
}
