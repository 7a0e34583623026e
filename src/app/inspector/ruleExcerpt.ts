import { explainSkipped } from '../../engine/trace.ts';
import type { RuleStep, Step, StepBase } from '../../engine/step.ts';
import type { Trace } from '../../engine/trace-types.ts';
import type { Stop } from '../../text/reading-types.ts';
import { decidingRule } from '../../text/tales/netfilter.ts';
import type { Telling } from '../../text/telling.ts';
import type { SourceRef } from '../../world/source.ts';
import { type BundleText, commandAbove, lineAt } from './dumpText.ts';
import type { Excerpt, ExcerptLine, ExcerptRow, LineMark, Note } from './excerpt.ts';

type Rule = StepBase & RuleStep;
type Policy = Extract<Step, { kind: 'policy' }>;
type TableStep = Extract<Step, { kind: 'table' }>;

/** Rules in a row that did not match are folded when there are more than this. */
const MAX_SKIPS = 4;
/** How many of them stay in sight, right before what decided. */
const KEPT_SKIPS = 2;
/** Lines of the deciding chain that were not reached. */
const AHEAD = 2;

/** The rule that acted at a stop: the lead itself, the rule inside which it happened, or the one that could not be decided. */
export function actedRule(trace: Trace, stop: Stop): Rule | undefined {
  const lead = trace.steps[stop.lead];
  if (lead?.kind === 'unknown') return trace.steps.slice(stop.from, lead.id).findLast((s): s is Rule => s.kind === 'rule' && s.matched === 'unknown' && s.packetId === lead.packetId);
  let step: Step | undefined = trace.steps[stop.lead];
  for (let depth = 0; step && step.kind !== 'rule' && depth < 8; depth++) step = step.parent === undefined ? undefined : trace.steps[step.parent];
  return step?.kind === 'rule' ? step : undefined;
}

/**
 * The table that a stop is about as it was walked: chains in the order in which they were entered, every rule that was tried with
 * the reason, and what lay right behind. Undefined when the stop is about no table.
 */
export function ruleExcerpt(ctx: Telling, bundle: BundleText, stop: Stop): Excerpt | undefined {
  const { trace } = ctx;
  const table = tableOf(trace, stop);
  if (!table) return undefined;
  const inside = trace.steps.slice(table.id + 1, stop.to + 1).filter((s) => isWithin(trace, s, table.id));
  const rules = inside.flatMap((s): readonly Rule[] => (s.kind === 'rule' ? [s] : s.kind === 'skipped' ? explainSkipped(ctx.world, trace, s.id) : []));
  const policies = inside.filter((s): s is Policy => s.kind === 'policy');
  const acted = actedRule(trace, stop) ?? (policies.length === 0 && trace.steps[stop.lead]?.kind !== 'unknown' ? rules.findLast((r) => r.matched === true) : undefined);
  const hit = hitOf(ctx, rules, acted);
  // At the finest detail the stop is about one rule, whether it matched or not.
  const now = ctx.reading.detail === 'rules' ? acted : undefined;
  const chains = [...new Set([...rules, ...policies].map((s) => s.chain))];
  const rows = chains.flatMap((chain): readonly ExcerptRow[] => {
    const lines = fold([
      ...rulesOf(trace, bundle, rules.filter((r) => r.chain === chain), hit, now),
      ...policies.filter((p) => p.chain === chain).map((p) => policyLine(bundle, p, trace.steps[stop.lead] === p || !hit)),
    ], `${table.id} ${chain}`);
    return [{ kind: 'chain', name: chain }, ...lines, ...(hit?.chain === chain ? ahead(bundle, rules, chain) : [])];
  });
  if (rows.length === 0) return undefined;
  const ref = hit?.source[0] ?? policies.at(-1)?.source[0] ?? table.source[0];
  return { key: `table ${table.id}`, host: table.host, netns: table.netns, command: ref && commandAbove(bundle, ref), table: table.table, rows };
}

/** The rule to highlight: at a coarser detail the one that decided that another one acted. */
function hitOf(ctx: Telling, rules: readonly Rule[], acted: Rule | undefined): Rule | undefined {
  if (acted?.matched !== true) return undefined;
  const decided = ctx.reading.detail === 'rules' ? acted : decidingRule(ctx, acted);
  return rules.find((rule) => rule === decided) ?? acted;
}

function tableOf(trace: Trace, stop: Stop): TableStep | undefined {
  let step = trace.steps[stop.lead];
  for (let depth = 0; step && step.kind !== 'table' && depth < 8; depth++) step = step.parent === undefined ? undefined : trace.steps[step.parent];
  return step?.kind === 'table' ? step : undefined;
}

function isWithin(trace: Trace, step: Step, table: number): boolean {
  for (let at: Step | undefined = step, depth = 0; at && depth < 8; depth++) {
    if (at.parent === table) return true;
    at = at.parent === undefined ? undefined : trace.steps[at.parent];
  }
  return false;
}

/** One line a rule, in the chain's order. A chain may be walked twice: the time a rule matched is the one that is told. */
function rulesOf(trace: Trace, bundle: BundleText, tried: readonly Rule[], hit: Rule | undefined, now: Rule | undefined): readonly ExcerptLine[] {
  const byNumber = new Map<number, Rule>();
  for (const rule of tried) {
    const known = byNumber.get(rule.rule);
    if (!known || rule === hit || rule === now || (known !== hit && known !== now && known.matched !== true)) byNumber.set(rule.rule, rule);
  }
  return [...byNumber.values()].toSorted((a, b) => a.rule - b.rule).map((rule) => ruleLine(trace, bundle, rule, rule === hit, rule === now));
}

function ruleLine(trace: Trace, bundle: BundleText, rule: Rule, isHit: boolean, isNow: boolean): ExcerptLine {
  const ref = rule.source[0];
  const line = ref && lineAt(bundle, ref);
  // The dump's own line has the counters too; a line that does not hold the rule is of another bundle.
  return { kind: 'line', ref, text: line?.includes(rule.text) ? line : rule.text, mark: markOf(rule, isHit), notes: notesOf(trace, rule, isHit), ...(isNow && { now: true }) };
}

const REFUSING = ['DROP', 'REJECT'];

function markOf(rule: Rule, isHit: boolean): LineMark {
  if (rule.matched === 'unknown') return 'unknown';
  if (!rule.matched) return 'skip';
  if (REFUSING.includes(rule.verdict ?? '')) return 'bad';
  return isHit ? 'hit' : 'path';
}

function notesOf(trace: Trace, rule: Rule, isHit: boolean): readonly Note[] {
  const failed = rule.conditions.find((c) => c.result !== true);
  if (rule.matched !== true) return failed ? [{ kind: failed.result === 'unknown' ? 'undecided' : 'fails', condition: failed }] : [];
  const notes: Note[] = isHit ? rule.conditions.map((condition) => ({ kind: 'holds', condition })) : [];
  if (rule.mark !== rule.markBefore) notes.push({ kind: 'mark', before: rule.markBefore, after: rule.mark });
  if (rule.change) notes.push({ kind: 'set', change: rule.change });
  for (const step of trace.steps.slice(rule.id + 1, rule.id + 12)) {
    if (step.kind === 'nat' && step.parent === rule.id && step.by !== 'null-binding') {
      notes.push({ kind: 'rewrite', manip: step.manip, before: step.before, after: step.after, dev: step.masquerade?.dev });
    }
  }
  if (rule.verdict === 'ACCEPT' || REFUSING.includes(rule.verdict ?? '')) notes.push({ kind: 'ends', verdict: rule.verdict ?? '' });
  if (rule.verdict === 'RETURN') notes.push({ kind: 'returns' });
  return notes;
}

function policyLine(bundle: BundleText, policy: Policy, decided: boolean): ExcerptLine {
  const ref = policy.source[0];
  const mark = policy.policy === 'DROP' ? 'bad' : decided ? 'hit' : 'path';
  return { kind: 'line', ref, text: (ref && lineAt(bundle, ref)) ?? `:${policy.chain} ${policy.policy}`, mark, notes: [{ kind: 'policy', chain: policy.chain, policy: policy.policy }] };
}

/** The next rules of the chain in the dump behind the last one that was tried. */
function ahead(bundle: BundleText, rules: readonly Rule[], chain: string): readonly ExcerptLine[] {
  const last = rules.filter((r) => r.chain === chain).reduce<Rule | undefined>((a, b) => (a && a.rule >= b.rule ? a : b), undefined)?.source[0];
  if (!last) return [];
  const lines: ExcerptLine[] = [];
  for (let n = 1; n <= AHEAD; n++) {
    const ref: SourceRef = { input: last.input, line: last.line + n };
    const text = lineAt(bundle, ref);
    // `-S` and `iptables-save` both write the chain's name right behind `-A`; counters may stand before it.
    if (text === undefined || !/^(?:\[\d+:\d+\] )?-A (\S+)/.exec(text)?.[1] || /-A (\S+)/.exec(text)?.[1] !== chain) break;
    lines.push({ kind: 'line', ref, text, mark: 'dim', notes: [] });
  }
  return lines;
}

/** Folds long runs of rules that did not match; a chain of a busy cluster has thousands. */
function fold(lines: readonly ExcerptLine[], key: string): readonly ExcerptRow[] {
  const rows: ExcerptRow[] = [];
  for (let at = 0; at < lines.length; ) {
    const next = lines.findIndex((l, i) => i >= at && (l.mark !== 'skip' || l.now === true));
    const end = next < 0 ? lines.length : next;
    const run = lines.slice(at, end);
    if (run.length > MAX_SKIPS) {
      rows.push({ kind: 'fold', key: `${key} ${at}`, lines: run.slice(0, run.length - KEPT_SKIPS) });
      rows.push(...run.slice(run.length - KEPT_SKIPS));
    } else rows.push(...run);
    if (next >= 0) rows.push(...lines.slice(next, next + 1));
    at = end + 1;
  }
  return rows;
}
