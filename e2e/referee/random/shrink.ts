import type { ChainDraft, Piece, RuleDraft, SpaceDraft, TableDraft, WorldDraft } from './draft.ts';
import { EMPTY_SPACE } from './draft.ts';
import { caseOf, type RandomCase } from './generate.ts';

/** Lists with one entry less, the far end first. */
function* without<T>(list: readonly T[]): Iterable<readonly T[]> {
  for (let i = list.length - 1; i >= 0; i--) yield list.toSpliced(i, 1);
}

/** Lists with one entry made smaller. */
function* smaller<T>(list: readonly T[], shrink: (one: T) => Iterable<T>): Iterable<readonly T[]> {
  for (const [i, one] of list.entries()) for (const less of shrink(one)) yield list.with(i, less);
}

/** Takes away what relies on something that is no longer there: matches and targets, jumps, members of lists. */
function* shrinkRule(rule: RuleDraft): Iterable<RuleDraft> {
  for (const matches of without(rule.matches)) yield supported({ ...rule, matches });
  if (rule.target) yield { matches: rule.matches };
}

function supported(rule: RuleDraft): RuleDraft {
  const gives = new Set(rule.matches.map((m) => m.gives));
  const stands = (needs: readonly string[] | undefined): boolean => (needs ?? []).every((n) => gives.has(n));
  const matches = rule.matches.filter((m) => stands(m.needs));
  if (matches.length < rule.matches.length) return supported({ ...rule, matches });
  return rule.target && !stands(rule.target.needs) ? { matches } : rule;
}

function* shrinkChain(chain: ChainDraft): Iterable<ChainDraft> {
  if (chain.rules.length > 1) yield { ...chain, rules: [] };
  for (const rules of without(chain.rules)) yield { ...chain, rules };
  if (chain.policy === 'DROP') yield { ...chain, policy: 'ACCEPT' };
  for (const rules of smaller(chain.rules, shrinkRule)) yield { ...chain, rules };
}

function* shrinkTable(table: TableDraft): Iterable<TableDraft> {
  for (const [i, chain] of table.chains.entries()) {
    if (chain.policy !== undefined) continue;
    const leads = (r: RuleDraft): boolean => r.target?.chain === chain.name;
    yield { ...table, chains: table.chains.toSpliced(i, 1).map((c) => ({ ...c, rules: c.rules.filter((r) => !leads(r)) })) };
  }
  for (const chains of smaller(table.chains, shrinkChain)) yield { ...table, chains };
}

/** The space without one set, and without the rules that name it. */
function withoutSet(space: SpaceDraft, name: string): SpaceDraft {
  const names = (r: RuleDraft): boolean => r.target?.set === name || r.matches.some((m) => m.set === name);
  return {
    ...space,
    sets: space.sets.filter((s) => s.name !== name).map((s) => (s.contains ? { ...s, members: s.members.filter((m) => m !== name), contains: s.contains.filter((c) => c !== name) } : s)),
    tables: space.tables.map((t) => ({ ...t, chains: t.chains.map((c) => ({ ...c, rules: c.rules.filter((r) => !names(r)) })) })),
  };
}

const LISTS = ['tables', 'sets', 'routes', 'rules', 'sysctls', 'connections', 'services', 'bridge'] as const;

function* shrinkSpace(space: SpaceDraft): Iterable<SpaceDraft> {
  if (space === EMPTY_SPACE) return;
  if (LISTS.some((l) => space[l].length > 0) || space.ss || space.asks) yield EMPTY_SPACE;
  for (const tables of without(space.tables)) yield { ...space, tables };
  for (const set of space.sets) yield withoutSet(space, set.name);
  for (const list of ['rules', 'routes', 'sysctls', 'connections', 'services', 'bridge'] as const) for (const fewer of without<Piece>(space[list])) yield { ...space, [list]: fewer };
  if (space.asks) yield { ...space, asks: false };
  if (space.ss) {
    const { ss: _, ...open } = space;
    yield open;
  }
  for (const tables of smaller(space.tables, shrinkTable)) yield { ...space, tables };
  for (const sets of smaller(space.sets, function* (s) {
    for (const members of s.contains ? [] : without(s.members)) yield { ...s, members };
  }))
    yield { ...space, sets };
}

/** Fields of a probe that it can do without. */
const OPTIONAL = ['size', 'ttl', 'tos', 'df', 'mark'] as const;

function* shrinkDraft(draft: WorldDraft): Iterable<WorldDraft> {
  if (draft.probes.length > 1) for (const probes of without(draft.probes)) yield { ...draft, probes };
  for (const [name, space] of Object.entries(draft.spaces)) for (const less of shrinkSpace(space)) yield { ...draft, spaces: { ...draft.spaces, [name]: less } };
  for (const probes of smaller(draft.probes, function* (p) {
    for (const field of OPTIONAL) if (p[field] !== undefined) yield { ...p, [field]: undefined };
  }))
    yield { ...draft, probes };
}

/** Cases that are each one piece smaller, big pieces first. */
export function* shrinks(test: RandomCase): Iterable<RandomCase> {
  for (const draft of shrinkDraft(test.draft)) yield caseOf(test.name, draft);
}
