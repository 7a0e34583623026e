import { fileURLToPath } from 'node:url';
import { scenarioJson } from '../../src/cli/scenarioJson.ts';
import { type Scenario, scenarios } from '../../src/scenarios/catalogue.ts';
import { readFolder } from '../../src/scenarios/files.node.ts';
import type { RefereeCase } from './case.ts';

/** Every built-in scenario, in each of its recorded states, with all its probes. */
export const scenarioCases: readonly RefereeCase[] = scenarios.flatMap((scenario) =>
  states(scenario).map((params) => ({
    name: `scenario ${scenario.id}${Object.entries(params).map(([k, v]) => ` ${k} ${v}`).join('')}`,
    covers: [`scenario:${scenario.id}`],
    // Built-in worlds are whole nodes, with all kinds of devices and IPVS.
    needs: ['ip_vs', 'ipip', 'dummy'],
    files: readFolder(fileURLToPath(new URL(`../../src/scenarios/${scenario.folder(params)}`, import.meta.url))),
    probes: scenarioJson(scenario).probes,
  })),
);

/** Every combination of the scenario's parameters. */
function states(scenario: Scenario): readonly Readonly<Record<string, string>>[] {
  return scenario.parameters.reduce<readonly Readonly<Record<string, string>>[]>((all, p) => all.flatMap((one) => p.options.map((option) => ({ ...one, [p.key]: option }))), [{}]);
}
