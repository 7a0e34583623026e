import type { Hook, TableName } from '../../../src/world/netfilter.ts';
import type { ChainDraft, RuleDraft, SetDraft, TableDraft } from './draft.ts';
import { drawMatches, type Place } from './matches.ts';
import type { Rng } from './rng.ts';
import { drawTarget } from './targets.ts';
import type { Words } from './words.ts';

const HOOKS: Readonly<Record<TableName, readonly Hook[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

const TABLES: readonly (readonly [number, TableName])[] = [[2, 'raw'], [4, 'mangle'], [5, 'nat'], [5, 'filter'], [0.7, 'security']];

function drawRule(place: Place, chains: readonly string[]): RuleDraft {
  const matches = drawMatches(place);
  const target = drawTarget(place, matches, chains);
  return { matches, ...(target ? { target } : {}) };
}

/** User chains are each for some hooks, and lead only to chains behind them: no loops, and no rule where its target is not allowed. */
function drawTable(name: TableName, rng: Rng, words: Words, sets: readonly SetDraft[], often: readonly Hook[]): TableDraft {
  const hooks = HOOKS[name];
  const user: ChainDraft[] = Array.from({ length: rng.weighted([[4, 0], [3, 1], [2, 2], [1, 3]]) }, (_, i) => ({ name: `U${i}`, rules: [], hooks: rng.some(hooks, 1, rng.chance(0.5) ? 1 : 3) }));
  const leadsTo = (from: readonly Hook[], behind: number): readonly string[] => user.filter((u, i) => i > behind && from.every((h) => u.hooks.includes(h))).map((u) => u.name);
  const fill = (chain: string, at: readonly Hook[], behind: number, count: number): readonly RuleDraft[] => {
    const place: Place = { rng, words, table: name, chain, hooks: at, sets };
    return Array.from({ length: count }, () => drawRule(place, leadsTo(at, behind)));
  };
  const base = hooks.map((hook): ChainDraft => {
    const busy = often.includes(hook) ? rng.chance(0.75) : rng.chance(0.25);
    return { name: hook, policy: name !== 'nat' && rng.chance(0.06) ? 'DROP' : 'ACCEPT', hooks: [hook], rules: busy ? fill(hook, [hook], -1, 1 + rng.int(4)) : [] };
  });
  return { name, chains: [...base, ...user.map((u, i) => ({ ...u, rules: fill(u.name, u.hooks, i, rng.int(4)) }))] };
}

/** Some tables, with more rules at the hooks that packets `often` pass here. */
export function drawTables(rng: Rng, words: Words, sets: readonly SetDraft[], often: readonly Hook[]): readonly TableDraft[] {
  const names = new Set(Array.from({ length: 1 + rng.int(3) }, () => rng.weighted(TABLES)));
  return [...names].map((name) => drawTable(name, rng, words, sets, often));
}
