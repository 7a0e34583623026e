import { spawnSync } from 'node:child_process';
import { worldOf } from '../../src/cluster/world.ts';
import { dumpText } from '../../src/dumps/print.ts';
import { scenarios } from '../../src/scenarios/catalogue.ts';
import { loadScenario } from '../../src/scenarios/files.node.ts';
import { statesOf } from './scenarioCases.ts';

/*
 * What the compiler says a node's tools print must be what the real tools print once they have read it: each firewall of each compiled
 * scenario is restored in a namespace of its own, saved, and compared line by line.
 */

export interface SaveDifference {
  /** `flannel backend=host-gw, node1, iptables-save`. */
  readonly where: string;
  readonly ours: string;
  readonly real: string;
}

export interface SavesResult {
  readonly firewalls: number;
  /** Firewalls that this kernel cannot hold, each with the tool's words. */
  readonly refused: readonly string[];
  readonly differences: readonly SaveDifference[];
}

export function compareSaves(): SavesResult {
  const differences: SaveDifference[] = [];
  const refused: string[] = [];
  const seen = new Set<string>();
  for (const scenario of scenarios) {
    if (scenario.source.kind !== 'objects') continue;
    for (const params of statesOf(scenario)) {
      const { world, compiled } = worldOf(loadScenario(scenario, params));
      const state = `${scenario.id}${Object.entries(params).map(([k, v]) => ` ${k}=${v}`).join('')}`;
      for (const host of world.hosts.filter((h) => compiled.has(h.name))) {
        for (const netns of host.netns) {
          const rules = dumpText(world, host.name, netns.name, 'iptables-save') ?? '';
          const sets = dumpText(world, host.name, netns.name, 'ipset save') ?? '';
          if (rules === '' || seen.has(`${sets}${rules}`)) continue;
          seen.add(`${sets}${rules}`);
          const where = `${state}, ${host.name}${netns.name === null ? '' : `/${netns.name}`}`;
          const saved = restoreAndSave(sets, rules);
          if (typeof saved === 'string') refused.push(`${where}: ${saved}`);
          else differences.push(...compare(`${where}, ipset save`, setLines(sets), setLines(saved.sets)), ...compare(`${where}, iptables-save`, ruleLines(rules), ruleLines(saved.rules)));
        }
      }
    }
  }
  return { firewalls: seen.size, refused, differences };
}

/** What the tools save of it, or the words of the one that refused. */
function restoreAndSave(sets: string, rules: string): string | { readonly sets: string; readonly rules: string } {
  const name = `pwsave${process.pid}`;
  const run = (command: string, input = ''): { readonly status: number | null; readonly stdout: string; readonly stderr: string } => spawnSync('ip', ['netns', 'exec', name, ...command.split(' ')], { input, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  spawnSync('ip', ['netns', 'add', name]);
  try {
    for (const [command, input] of [['ipset restore', sets], ['iptables-legacy-restore', rules]] as const) {
      const { status, stderr } = run(command, input);
      if (status !== 0) return `${command}: ${stderr.trim().split('\n')[0] ?? ''}`;
    }
    return { sets: run('ipset save').stdout, rules: run('iptables-legacy-save').stdout };
  } finally {
    spawnSync('ip', ['netns', 'del', name]);
  }
}

/** Sets and members come in any order; `bucketsize` and `initval` are the kernel's own. */
const setLines = (text: string): readonly string[] =>
  text
    .split('\n')
    .filter((l) => l !== '')
    .map((l) => l.replace(/ bucketsize \d+ initval 0x[0-9a-f]+/, ''))
    .toSorted();

/** Tables come in any order, chains and rules within one do not; comments and counters are free. */
const ruleLines = (text: string): readonly string[] =>
  text
    .split(/^(?=\*)/m)
    .filter((table) => table.startsWith('*'))
    .toSorted()
    .flatMap((table) => table.split('\n'))
    .filter((l) => l !== '' && !l.startsWith('#'))
    .map((l) => l.replace(/ \[\d+:\d+\]$/, ''));

/** The first line at which they part; one difference a text is enough to see what is wrong. */
function compare(where: string, ours: readonly string[], real: readonly string[]): readonly SaveDifference[] {
  const at = Array.from({ length: Math.max(ours.length, real.length) }, (_, i) => i).find((i) => ours[i] !== real[i]);
  return at === undefined ? [] : [{ where, ours: ours[at] ?? '(nothing)', real: real[at] ?? '(nothing)' }];
}
