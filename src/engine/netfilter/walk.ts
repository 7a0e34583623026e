import type { Chain, Rule, Table } from '../../world/netfilter.ts';
import type { Rtable } from '../routing/rtable.ts';
import { BOUNDS } from '../sim.ts';
import type { Skb } from '../skb.ts';
import type { Condition, RuleStep } from '../step.ts';
import { evaluateMatch, type MatchContext } from './matches/evaluate.ts';
import { candidates, chainsOf, indexOf, LONG_CHAIN } from './ruleIndex.ts';
import { applyTarget, type RuleVerdict, targetName } from './targets/apply.ts';

export interface WalkContext extends MatchContext {
  readonly table: Table;
  /** The next hop of the packet's route, where it has one: MASQUERADE prefers an address near it. */
  readonly nexthop: number | undefined;
  /** The packet's route so far, where it has one. */
  readonly rt: Rtable | undefined;
}

/** What a chain says in the end. `bypass`: the packet goes on, but its table has not decided; `stolen`: it was answered and is gone. */
export type ChainVerdict = 'accept' | 'bypass' | 'drop' | 'return' | 'stolen' | 'unknown';

type Stack = RuleStep['stack'];

/** The bridge ports that a log of the packet names beside `in` and `out` (__build_packet_message(), net/netfilter/nfnetlink_log.c). */
export const physOf = (skb: Skb, devs: { readonly in: string | undefined; readonly out: string | undefined }) => ({
  ...(devs.in === undefined || skb.physin === undefined ? {} : { physin: skb.physin }),
  ...(devs.out === undefined || skb.physout === undefined ? {} : { physout: skb.physout }),
});

/** Walks the base chain of `hook` and then its policy; `accept` when the table has no such chain. */
export function walkTable(skb: Skb, ctx: WalkContext): { readonly verdict: Exclude<ChainVerdict, 'return'>; readonly skb: Skb } {
  const base = chainsOf(ctx.table).get(ctx.hook);
  if (base?.policy === undefined) return { verdict: 'accept', skb };
  const walked = walkChain(skb, base, ctx, []);
  if (walked.verdict !== 'return') return { verdict: walked.verdict, skb: walked.skb };
  const { policy } = base;
  ctx.sim.emit(
    ctx.at,
    walked.skb,
    { kind: 'policy', hook: ctx.hook, table: ctx.table.name, chain: base.name, policy, markBefore: walked.skb.mark, in: ctx.in, out: ctx.out, ...physOf(walked.skb, ctx) },
    { source: [base.source] },
  );
  return { verdict: policy === 'DROP' ? 'drop' : 'accept', skb: walked.skb };
}

/**
 * Walks one chain as ipt_do_table() does (net/ipv4/netfilter/ip_tables.c): rules in order, the first terminating target wins,
 * RETURN and running off the end go back to the caller. Emits one `rule` step a rule tried; in a long chain, one `skipped` step for
 * each run of rules that cannot match this packet.
 */
function walkChain(entry: Skb, chain: Chain, ctx: WalkContext, stack: Stack): { readonly verdict: ChainVerdict; readonly skb: Skb } {
  let skb = entry;
  // The kernel refuses rule sets that loop or are too deep; pasted text may be neither.
  if (stack.length >= BOUNDS.chainDepth) {
    ctx.sim.unknown(ctx.at, skb, 'bound', `${BOUNDS.chainDepth} chains deep at ${chain.name}`, undefined, chain.source ? [chain.source] : []);
    return { verdict: 'unknown', skb };
  }
  const long = chain.rules.length > LONG_CHAIN;
  const index = long ? indexOf(chain) : undefined;
  let skippedFrom = 0;
  const skipTo = (to: number): void => {
    if (to > skippedFrom) emitSkipped(skb, chain, skippedFrom, to, stack, ctx);
    skippedFrom = to + 1;
  };
  for (const i of index ? candidates(index, chain.rules.length, skb.packet) : chain.rules.keys()) {
    const rule = chain.rules[i];
    if (!rule || ctx.sim.exhausted) return { verdict: 'unknown', skb };
    if (index) {
      if (!index.remembers.has(i) && missesSilently(rule, chain, i + 1, skb, ctx)) continue;
      skipTo(i);
    }
    const here = [...stack, { chain: chain.name, rule: i + 1 }];
    const tried = tryRule(skb, chain, rule, i + 1, here, ctx);
    skb = tried.skb;
    const { verdict } = tried;
    switch (verdict.kind) {
      case 'continue':
        break;
      case 'accept':
      case 'bypass':
      case 'drop':
      case 'return':
      case 'stolen':
      case 'unknown': // never treat "we cannot tell" as "did not match"
        return { verdict: verdict.kind, skb };
      case 'jump':
      case 'goto': {
        const target = chainsOf(ctx.table).get(verdict.chain);
        if (!target) {
          ctx.sim.unknown(ctx.at, skb, 'chain', verdict.chain, `iptables-save -t ${ctx.table.name}`, rule.source ? [rule.source] : []);
          return { verdict: 'unknown', skb };
        }
        const inner = walkChain(skb, target, ctx, here);
        skb = inner.skb; // a mark set inside the chain survives its RETURN
        // The RETURN of a chain entered by goto returns from the chain that did the goto, too.
        if (inner.verdict !== 'return' || verdict.kind === 'goto') return { verdict: inner.verdict, skb };
        break;
      }
    }
  }
  if (long) skipTo(chain.rules.length);
  return { verdict: 'return', skb };
}

/** Whether some condition fails for sure; only for rules that leave nothing behind. */
function missesSilently(rule: Rule, chain: Chain, number: number, skb: Skb, ctx: WalkContext): boolean {
  return rule.matches.some((m, index) => evaluateMatch(m, skb, ctx, { table: ctx.table.name, chain: chain.name, rule: number, index }).result === false);
}

/** Rules `from` to before `to` (positions) did not match; each with its reason, when the trace is asked to explain this very step. */
function emitSkipped(skb: Skb, chain: Chain, from: number, to: number, stack: Stack, ctx: WalkContext): void {
  const { sim } = ctx;
  if (sim.explain?.step === sim.steps.length) {
    for (let i = from; i < to; i++) {
      const rule = chain.rules[i];
      if (rule) sim.explain.rules.push(ruleStep(rule, i + 1, evaluateRule(rule, chain, i + 1, skb, ctx), skb, chain, [...stack, { chain: chain.name, rule: i + 1 }], ctx));
    }
  }
  sim.emit(
    ctx.at,
    skb,
    { kind: 'skipped', hook: ctx.hook, table: ctx.table.name, chain: chain.name, from: from + 1, to, stack, markBefore: skb.mark, in: ctx.in, out: ctx.out },
    { source: [chain.rules[from]?.source, chain.rules[to - 1]?.source] },
  );
}

interface Evaluated {
  readonly conditions: readonly Condition[];
  readonly matched: boolean | 'unknown';
}

/** Evaluates the conditions in order up to the first that fails. */
function evaluateRule(rule: Rule, chain: Chain, number: number, skb: Skb, ctx: WalkContext): Evaluated {
  const conditions: Condition[] = [];
  let matched: boolean | 'unknown' = true;
  for (const [index, match] of rule.matches.entries()) {
    const condition = evaluateMatch(match, skb, ctx, { table: ctx.table.name, chain: chain.name, rule: number, index });
    if (match.kind !== 'comment') conditions.push(condition);
    if (condition.result === 'unknown') matched = 'unknown';
    if (condition.result === false) {
      matched = false; // it fails for sure, whatever an unknown condition before it would have said
      break;
    }
  }
  return { conditions, matched };
}

const ruleStep = (rule: Rule, number: number, { conditions, matched }: Evaluated, skb: Skb, chain: Chain, stack: Stack, ctx: WalkContext): RuleStep => ({
  kind: 'rule',
  hook: ctx.hook,
  table: ctx.table.name,
  chain: chain.name,
  rule: number,
  matched,
  text: rule.text,
  conditions,
  verdict: matched === true ? targetName(rule.target) : undefined,
  stack,
  markBefore: skb.mark,
  in: ctx.in,
  out: ctx.out,
  ...physOf(skb, ctx),
});

/** Tries one rule, and applies its target if it matches. */
function tryRule(skb: Skb, chain: Chain, rule: Rule, number: number, stack: Stack, ctx: WalkContext): { readonly verdict: RuleVerdict; readonly skb: Skb } {
  const evaluated = evaluateRule(rule, chain, number, skb, ctx);
  const { conditions, matched } = evaluated;
  const step = ruleStep(rule, number, evaluated, skb, chain, stack, ctx);
  const id = ctx.sim.emit(ctx.at, skb, step, { source: [rule.source] });
  if (matched === false) return { verdict: { kind: 'continue' }, skb };
  if (matched === 'unknown') {
    const culprit = rule.matches.find((m, i) => conditionUnknown(rule, conditions, i) && m.kind !== 'comment');
    const name = culprit?.kind === 'unknown' ? culprit.name : culprit?.kind === 'set' ? culprit.set : culprit?.kind === 'conntrack' ? `conntrack --${culprit.option}` : (culprit?.kind ?? 'match');
    ctx.sim.unknown(ctx.at, skb, culprit?.kind === 'set' ? 'set' : 'match', name, culprit?.kind === 'set' ? `ipset save ${culprit.set}` : undefined, rule.source ? [rule.source] : []);
    return { verdict: { kind: 'unknown' }, skb };
  }
  const outer = ctx.sim.parent;
  ctx.sim.parent = id;
  const applied = applyTarget(rule, skb, ctx);
  ctx.sim.parent = outer;
  if (applied.skb !== skb || applied.change) ctx.sim.amend(id, applied.skb, applied.change ? { change: applied.change } : {});
  return applied;
}

/** Whether the i-th match of the rule (comments leave no condition) was the undecided one. */
function conditionUnknown(rule: Rule, conditions: readonly Condition[], i: number): boolean {
  const at = rule.matches.slice(0, i).filter((m) => m.kind !== 'comment').length;
  return rule.matches[i]?.kind !== 'comment' && conditions[at]?.result === 'unknown';
}

