import type { Condition, RuleStep, Step } from '../../engine/step.ts';
import { hex } from '../../packet/address.ts';
import { findNetns } from '../../world/lookup.ts';
import type { Because, Tale } from '../tale-types.ts';
import type { Stop } from '../reading-types.ts';
import { ovsNatTale } from './ovs.ts';
import type { Telling } from '../telling.ts';
import { innerIp, isNested, text } from './facts.ts';

type NatStep = Extract<Step, { kind: 'nat' }>;

/** A rule as people name it: its chain and its number there. */
export const ruleName = (r: { readonly chain: string; readonly rule: number }): string => `${r.chain} ${r.rule}`;

export const tableOf = (ctx: Telling, step: Step): Extract<Step, { kind: 'table' }> | undefined => {
  let at: Step | undefined = step;
  while (at && at.kind !== 'table') at = at.parent === undefined ? undefined : ctx.trace.steps[at.parent];
  return at;
};

const rulesOf = (ctx: Telling, table: Step): readonly RuleStep[] => ruleSteps(ctx, table).map(({ step }) => step);

function ruleSteps(ctx: Telling, table: Step): readonly { readonly step: RuleStep; readonly id: number }[] {
  const found: { step: RuleStep; id: number }[] = [];
  for (let i = table.id + 1; i < ctx.trace.steps.length; i++) {
    const s = ctx.trace.steps[i];
    if (!s || (s.parent ?? -1) < table.id) break;
    if (s.kind === 'rule' && s.parent === table.id) found.push({ step: s, id: s.id });
  }
  return found;
}

/** The value that made a rule match, or not: a set first, then any condition that says something. */
export function becauseOf(conditions: readonly Condition[]): Because | undefined {
  const telling = conditions.filter((c) => c.text !== '');
  const set = telling.find((c) => c.text.includes('--match-set'));
  const chosen = telling.find((c) => c.result !== true) ?? set ?? telling.find((c) => /mark|ctstate|addrtype/.test(c.text)) ?? telling[0];
  if (!chosen) return undefined;
  return { saw: chosen.saw, set: chosen.text.includes('! ') ? undefined : /--match-set (\S+)/.exec(chosen.text)?.[1], text: chosen.text };
}

/**
 * The rule that decided that another one was reached: of the chains walked to it, the innermost whose rule looked at the packet.
 * KUBE-MARK-MASQ 1 marks everything; who sent the packet there is of interest.
 */
export function decidingRule(ctx: Telling, rule: RuleStep & Step): RuleStep {
  const table = tableOf(ctx, rule);
  const rules = table ? rulesOf(ctx, table).slice() : [rule];
  for (const frame of rule.stack.toReversed()) {
    const step = rules.findLast((r) => r.chain === frame.chain && r.rule === frame.rule && r.matched === true);
    if (step && step.conditions.length > 0) return step;
  }
  return rule;
}

/** What a stop whose lead is a table, a rule or a policy tells. */
export function netfilterTale(ctx: Telling, stop: Stop, lead: Step): Tale {
  const { detail } = ctx.reading;
  switch (lead.kind) {
    case 'policy':
      if (lead.policy === 'DROP' && detail !== 'rules') return { kind: 'policy-drop', chain: lead.chain, table: lead.table, host: lead.host };
      return detail === 'rules' ? { kind: 'policy', chain: lead.chain, policy: lead.policy } : { kind: 'table', table: lead.table, hook: lead.hook, by: 'policy', rule: undefined };
    case 'skipped':
      return { kind: 'rules-skipped', chain: lead.chain, from: lead.from, to: lead.to };
    case 'rule':
      return detail === 'rules' ? ruleTale(lead) : tableTale(ctx, stop, lead);
    case 'table': {
      if (detail === 'rules') return { kind: 'table-asked', table: lead.table, hook: lead.hook, in: lead.in, out: lead.out, verdict: lead.verdict };
      const policy = ctx.trace.steps.slice(stop.from, stop.to + 1).some((s) => s.kind === 'policy');
      return { kind: 'table', table: lead.table, hook: lead.hook, by: policy ? 'policy' : 'none', rule: undefined };
    }
    default:
      return { kind: 'table', table: 'filter', hook: 'FORWARD', by: 'none', rule: undefined };
  }
}

/** Verdicts that are no chains. */
const TARGETS = /^(?:ACCEPT|DROP|RETURN|(?:CONN)?MARK|[DS]NAT|MASQUERADE|REDIRECT|NETMAP|REJECT|CT|NOTRACK|N?F?LOG|TRACE|N?F?QUEUE|TTL|DSCP|TOS|ECN|TCPMSS|CHECKSUM|CLASSIFY|SET)$/;

function ruleTale(rule: RuleStep & Step): Tale {
  const name = ruleName(rule);
  const because = becauseOf(rule.conditions);
  if (rule.matched === 'unknown') return { kind: 'rule-unknown', rule: name };
  if (!rule.matched) return { kind: 'rule-miss', rule: name, because };
  const jump = rule.verdict !== undefined && !TARGETS.test(rule.verdict);
  return { kind: 'rule-hit', rule: name, verdict: rule.verdict, jump, because, mark: rule.mark === rule.markBefore ? undefined : `${hex(rule.markBefore)} → ${hex(rule.mark)}`, change: rule.change?.result === 'done' ? rule.change : undefined };
}

/** What a table did, told by its deciding rule. */
function tableTale(ctx: Telling, stop: Stop, lead: RuleStep & Step): Tale {
  const rule = ruleName(lead);
  const decided = decidingRule(ctx, lead);
  const because = becauseOf(decided.conditions);
  const where = { table: lead.table, hook: lead.hook, host: lead.host };
  if (lead.verdict === 'REJECT') return { kind: 'reject', rule, because, outer: isNested(lead.packet), ...where };
  if (lead.verdict === 'DROP' || stop.kind === 'drop') return { kind: 'rule-drop', rule, because, comment: /--comment "((?:[^"\\]|\\.)*)"/.exec(lead.text)?.[1], ...where };
  const nat = ctx.trace.steps.slice(stop.from, stop.to + 1).find((s): s is NatStep & Step => s.kind === 'nat' && s.parent === lead.id);
  if (nat) return natTale(ctx, lead, nat);
  const zone = lead.verdict === 'CT' ? / --zone(?:-orig|-reply)? (\S+)/.exec(lead.text)?.[1] : undefined;
  if (zone !== undefined) return { kind: 'ct-zone', rule, zone };
  if (lead.verdict === 'NOTRACK' || lead.text.includes('--notrack')) return { kind: 'notrack', rule };
  if (lead.mark !== lead.markBefore) return { kind: 'mark', rule, by: ruleName(decided), because, before: hex(lead.markBefore), mark: hex(lead.mark), cleared: lead.mark === 0, host: lead.host, later: laterUse(ctx, lead) };
  if (lead.table === 'nat' && lead.hook === 'POSTROUTING' && !isNested(lead.packet)) return { kind: 'source-kept', rule, src: text(innerIp(lead.packet)?.src), because: becauseOf(lead.conditions) };
  if (lead.verdict === 'RETURN' && lead.table === 'nat' && lead.stack.length > 1 && lead.hook !== 'POSTROUTING') return { kind: 'returned', rule, because: becauseOf(lead.conditions), chain: lead.chain, skipped: skippedBehind(ctx, lead) };
  if (lead.verdict === 'ACCEPT' && lead.table === 'nat') return { kind: 'accepted', rule, because: becauseOf(lead.conditions), table: lead.table, hook: lead.hook };
  return { kind: 'table', table: lead.table, hook: lead.hook, by: 'rule', rule };
}

/** What the rule behind a RETURN would have done, in the words of its target. */
function skippedBehind(ctx: Telling, early: RuleStep & Step): string | undefined {
  const netns = findNetns(ctx.world, early.host, early.netns);
  const chain = netns?.tables?.find((t) => t.name === early.table)?.chains.find((c) => c.name === early.chain);
  return chain?.rules[early.rule]?.text.split(/ -[jg] /)[1]?.split(' ')[0];
}

/** The mark with which the packet came into the table, if a rule of the deciding one's chain looked at it on the way. */
function markAsked(ctx: Telling, table: Step, rule: RuleStep): number | undefined {
  const rules = rulesOf(ctx, table);
  const mark = rules[0]?.markBefore ?? 0;
  return mark !== 0 && rules.some((r) => r.chain === rule.chain && r.conditions.some((c) => c.text.includes('--mark'))) ? mark : undefined;
}

/** The rule that rewrites the packet later on this machine because of the mark. */
function laterUse(ctx: Telling, lead: RuleStep & Step): string | undefined {
  const nat = ctx.trace.steps.slice(lead.id + 1).find((s) => s.kind === 'nat' && s.by === 'rule' && s.packetId === lead.packetId && s.host === lead.host && s.netns === lead.netns);
  const rule = nat?.parent === undefined ? undefined : ctx.trace.steps[nat.parent];
  const table = rule && tableOf(ctx, rule);
  return rule?.kind === 'rule' && table && markAsked(ctx, table, rule) === lead.mark ? `${ruleName(rule)} ${rule.verdict ?? ''}`.trimEnd() : undefined;
}

function natTale(ctx: Telling, rule: RuleStep & Step, nat: NatStep & Step): Tale {
  const before = text(nat.before.ip);
  const after = text(nat.after.ip);
  if (!nat.masquerade) return { kind: 'nat-rule', target: rule.verdict ?? 'NAT', rule: ruleName(rule), side: nat.manip, ...ends(nat) };
  const table = tableOf(ctx, rule);
  const port = nat.before.port !== undefined && nat.after.port !== undefined && nat.before.port !== nat.after.port ? { before: nat.before.port, after: nat.after.port } : undefined;
  const mark = table && markAsked(ctx, table, rule);
  const marked = mark === undefined ? undefined : hex(mark);
  return { kind: 'masquerade', rule: ruleName(rule), before, after, out: nat.masquerade.out, dev: nat.masquerade.dev, borrowed: nat.masquerade.from === 'first-global', marked, port };
}

/** Both ends of a translation; with ports where only they differ. */
function ends(nat: NatStep): { readonly before: string; readonly after: string } {
  const ports = nat.before.port !== nat.after.port && nat.before.port !== undefined && nat.after.port !== undefined;
  return ports ? { before: `${text(nat.before.ip)}:${nat.before.port}`, after: `${text(nat.after.ip)}:${nat.after.port}` } : { before: text(nat.before.ip), after: text(nat.after.ip) };
}

/** A translation that the connection's entry made, and whatever else put an address back at the same stop. */
export function undoTale(ctx: Telling, stop: Stop, lead: Step): Tale {
  const inside = ctx.trace.steps.slice(stop.from, stop.to + 1).filter((s) => s.packetId === lead.packetId && ((s.kind === 'nat' && s.undo) || (s.kind === 'ipvs' && s.op === 'reply')));
  const last = inside.at(-1) ?? lead;
  const ip = innerIp(last.packet);
  if (inside.length > 1) return { kind: 'undo-both', dst: text(ip?.dst), src: text(ip?.src), host: lead.host, ipvs: inside.some((s) => s.kind === 'ipvs') };
  if (lead.kind === 'ipvs') return { kind: 'undo-ipvs', src: text(ip?.src), host: lead.host };
  if (lead.kind !== 'nat') return { kind: 'undo-ipvs', src: text(ip?.src), host: lead.host };
  return lead.undo ? { kind: 'undo', side: lead.manip, ...ends(lead), host: lead.host } : { kind: 'nat-entry', side: lead.manip, ...ends(lead) };
}

/** The rule that needs what nobody can tell. */
export function ruleAsking(ctx: Telling, unknown: Step): string | undefined {
  const before = ctx.trace.steps[unknown.id - 1];
  return before?.kind === 'rule' && before.packetId === unknown.packetId ? ruleName(before) : undefined;
}

/** A translation told on its own: in the finest detail, or by an entry that has it already. */
export function natStepTale(ctx: Telling, stop: Stop, nat: NatStep & Step): Tale {
  if (nat.by === 'entry') return undoTale(ctx, stop, nat);
  const rule = nat.parent === undefined ? undefined : ctx.trace.steps[nat.parent];
  if (rule?.kind === 'rule') return natTale(ctx, rule, nat);
  if (rule?.kind === 'ovs-action') return ovsNatTale(ctx, rule, nat.manip, ends(nat));
  return { kind: 'nat-entry', side: nat.manip, ...ends(nat) };
}
