import { scenarioJson } from '../../src/cli/scenarioJson.ts';
import { worldOf } from '../../src/cluster/world.ts';
import { dumpText } from '../../src/dumps/print.ts';
import type { Bundle } from '../../src/dumps/layout.ts';
import { withoutArpPrograms } from '../../src/export/lab/arpPrograms.ts';
import { scenarios } from '../../src/scenarios/catalogue.ts';
import { loadScenario } from '../../src/scenarios/files.node.ts';
import { destinationWord, readDestination } from '../../src/share/probeWords.ts';
import type { Scenario } from '../../src/scenarios/scenario.ts';
import type { World } from '../../src/world/world.ts';
import type { RefereeCase } from './case.ts';

/** What a kernel must have, and the lines that only such devices and commands print. */
const NEEDS: Readonly<Record<string, RegExp>> = { ip_vs: /^-A -[tuf] /m, ipip: /^ +ipip /m, dummy: /^ +dummy /m, '8021q': /^ +vlan protocol/m };

const needsOf = (text: string): readonly string[] => Object.keys(NEEDS).filter((need) => NEEDS[need]?.test(text));

/**
 * Every built-in scenario in each of its states, with all its probes. Of compiled ones short runs judge the first state alone, and only
 * where the host's kernel can hold it: a guest takes minutes to set whole nodes up. What goes through Open vSwitch has a judge of its own (openvswitch/).
 */
export const scenarioCases: readonly RefereeCase[] = scenarios.flatMap((scenario) =>
  statesOf(scenario).flatMap((params, i): readonly RefereeCase[] => {
    const { files: compiled, world } = worldOf(loadScenario(scenario, params));
    if (world.hosts.some((h) => h.ovs !== undefined)) return [];
    const files = withKnownAnswers(compiled, world);
    const needs = needsOf(Object.values(files).join('\n'));
    return [{
      name: `scenario ${scenario.id}${Object.entries(params).map(([k, v]) => ` ${k} ${v}`).join('')}`,
      covers: [`scenario:${scenario.id}`],
      needs,
      full: scenario.source.kind === 'objects' && (i > 0 || needs.length > 0),
      files,
      // The compiled texts have no names of pods. Several segments at once overtake each other on their way through a tunnel, and lost ones are sent again.
      probes: scenarioJson(scenario).probes.filter((p) => p.proto !== 'tcp' || p.size === undefined).map((p) => ({ ...p, dst: addressOf(world, p.dst) })),
    }];
  }),
);

/** Files do not tell of programs that answer ARP, and a lab does not run them: who shares a wire with one has its answer among its neighbours. */
function withKnownAnswers(files: Bundle, world: World): Bundle {
  const known = withoutArpPrograms(world);
  if (known === world) return files;
  const changed: Record<string, string> = { ...files };
  for (const host of known.hosts) {
    for (const { name, neighbours } of host.netns) {
      const before = world.hosts.find((h) => h.name === host.name)?.netns.find((n) => n.name === name)?.neighbours.length;
      if (before === neighbours.length) continue;
      const path = `${host.name}${name === null ? '' : `/netns/${name}`}/network.txt`;
      const text = (changed[path] ?? '').replace(/^\$ ip neigh show\n[^]*?\n\n/m, '');
      changed[path] = `${text}$ ip neigh show\n${dumpText(known, host.name, name, 'ip neigh show') ?? ''}\n`;
    }
  }
  return changed;
}

function addressOf(world: World, dst: string): string {
  const read = readDestination(world, dst);
  return read.ok ? destinationWord({ ...read.value, port: undefined }) : dst;
}

/** Every combination of the scenario's parameters. */
export function statesOf(scenario: Scenario): readonly Readonly<Record<string, string>>[] {
  return scenario.parameters.reduce<readonly Readonly<Record<string, string>>[]>((all, p) => all.flatMap((one) => p.options.map((option) => ({ ...one, [p.key]: option }))), [{}]);
}
