import type { Chain, Rule, Table } from '../../world/netfilter.ts';
import type { Rtable } from '../routing/rtable.ts';
import { BOUNDS } from '../sim.ts';
import type { Skb } from '../skb.ts';
import type { Condition, RuleStep } from '../step.ts';
import { evaluateMatch, type MatchContext } from './matches/evaluate.ts';
import { applyTarget, type RuleVerdict, targetName } from './targets/apply.ts';

export interface WalkContext extends MatchContext {
  readonly table: Table;
  /** The next hop of the packet's route, where it has one: MASQUERADE prefers an address near it. */
  readonly nexthop: number | undefined;
  /** The packet's route so far, where it has one. */
  readonly rt: Rtable | undefined;
}

/** What a chain says in the end. `stolen`: the packet was answered and is gone. */
export type ChainVerdict = 'accept' | 'drop' | 'return' | 'stolen' | 'unknown';

type Stack = RuleStep['stack'];

/** The bridge ports that a log of the packet names beside `in` and `out` (__build_packet_message(), net/netfilter/nfnetlink_log.c). */
export const physOf = (skb: Skb, devs: { readonly in: string | undefined; readonly out: string | undefined }) => ({
  ...(devs.in === undefined || skb.physin === undefined ? {} : { physin: skb.physin }),
  ...(devs.out === undefined || skb.physout === undefined ? {} : { physout: skb.physout }),
});

/** Walks the base chain of `hook` and then its policy; `accept` when the table has no such chain. */
export function walkTable(skb: Skb, ctx: WalkContext): { readonly verdict: 'accept' | 'drop' | 'stolen' | 'unknown'; readonly skb: Skb } {
  const base = ctx.table.chains.find((c) => c.name === ctx.hook && c.policy !== undefined);
  if (!base) return { verdict: 'accept', skb };
  const walked = walkChain(skb, base, ctx, []);
  if (walked.verdict !== 'return') return { verdict: walked.verdict, skb: walked.skb };
  const policy = base.policy ?? 'ACCEPT';
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
 * RETURN and running off the end go back to the caller. Emits one `rule` step a rule tried.
 */
function walkChain(entry: Skb, chain: Chain, ctx: WalkContext, stack: Stack): { readonly verdict: ChainVerdict; readonly skb: Skb } {
  let skb = entry;
  // The kernel refuses rule sets that loop or are too deep; pasted text may be neither.
  if (stack.length >= BOUNDS.chainDepth) {
    ctx.sim.unknown(ctx.at, skb, 'bound', `${BOUNDS.chainDepth} chains deep at ${chain.name}`, undefined, chain.source ? [chain.source] : []);
    return { verdict: 'unknown', skb };
  }
  for (const [i, rule] of chain.rules.entries()) {
    if (ctx.sim.exhausted) return { verdict: 'unknown', skb };
    const here = [...stack, { chain: chain.name, rule: i + 1 }];
    const tried = tryRule(skb, chain, rule, i + 1, here, ctx);
    skb = tried.skb;
    const { verdict } = tried;
    switch (verdict.kind) {
      case 'continue':
        break;
      case 'accept':
      case 'drop':
      case 'return':
      case 'stolen':
      case 'unknown': // never treat "we cannot tell" as "did not match"
        return { verdict: verdict.kind, skb };
      case 'jump':
      case 'goto': {
        const target = ctx.table.chains.find((c) => c.name === verdict.chain);
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
  return { verdict: 'return', skb };
}

/** Evaluates the conditions in order up to the first that fails, then applies the target. */
function tryRule(skb: Skb, chain: Chain, rule: Rule, number: number, stack: Stack, ctx: WalkContext): { readonly verdict: RuleVerdict; readonly skb: Skb } {
  const conditions: Condition[] = [];
  let matched: boolean | 'unknown' = true;
  for (const match of rule.matches) {
    const condition = evaluateMatch(match, skb, ctx);
    if (match.kind !== 'comment') conditions.push(condition);
    if (condition.result === 'unknown') matched = 'unknown';
    if (condition.result === false) {
      matched = false; // it fails for sure, whatever an unknown condition before it would have said
      break;
    }
  }
  const step: RuleStep = {
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
  };
  const id = ctx.sim.emit(ctx.at, skb, step, { source: [rule.source] });
  if (matched === false) return { verdict: { kind: 'continue' }, skb };
  if (matched === 'unknown') {
    const culprit = rule.matches.find((m, i) => conditionUnknown(rule, conditions, i) && m.kind !== 'comment');
    const name = culprit?.kind === 'unknown' ? culprit.name : culprit?.kind === 'set' ? culprit.set : 'match';
    ctx.sim.unknown(ctx.at, skb, culprit?.kind === 'set' ? 'set' : 'match', name, culprit?.kind === 'set' ? `ipset save ${culprit.set}` : undefined, rule.source ? [rule.source] : []);
    return { verdict: { kind: 'unknown' }, skb };
  }
  const outer = ctx.sim.parent;
  ctx.sim.parent = id;
  const applied = applyTarget(rule, skb, ctx);
  ctx.sim.parent = outer;
  if (applied.skb !== skb) ctx.sim.amend(id, applied.skb, {});
  return applied;
}

/** Whether the i-th match of the rule (comments leave no condition) was the undecided one. */
function conditionUnknown(rule: Rule, conditions: readonly Condition[], i: number): boolean {
  const at = rule.matches.slice(0, i).filter((m) => m.kind !== 'comment').length;
  return rule.matches[i]?.kind !== 'comment' && conditions[at]?.result === 'unknown';
}

