import type { Rule, Target } from '../../../world/netfilter.ts';
import type { Skb } from '../../skb.ts';
import type { SetChange } from '../../step.ts';
import type { WalkContext } from '../walk.ts';
import { applyHeader } from './header.ts';
import { applyConnmark, setXmark } from './mark.ts';
import { applyCt } from './ct.ts';
import { applyNat } from './nat.ts';
import { applyQueue } from './queue.ts';
import { applyReject } from './reject.ts';
import { applySet } from './set.ts';
import { applyTcpmss } from './tcpmss.ts';

/** What one rule says. `continue` is XT_CONTINUE: MARK, LOG and rules without a target; `bypass` is NF_QUEUE to nobody. */
export type RuleVerdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'continue' | 'bypass' | 'stolen' | 'unknown' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string };

export interface Applied {
  readonly verdict: RuleVerdict;
  readonly skb: Skb;
  readonly change?: SetChange;
}

/** The target as TRACE names it: the chain for a jump, the extension's name otherwise; undefined for a rule without one. */
export function targetName(target: Target): string | undefined {
  switch (target.kind) {
    case 'none':
      return undefined;
    case 'jump':
    case 'goto':
      return target.chain;
    case 'log':
    case 'queue':
    case 'unknown':
      return target.name;
    case 'set-target':
      return 'SET';
    case 'notrack':
      return target.name;
    default:
      return target.kind.toUpperCase();
  }
}

const proceed = (skb: Skb): Applied => ({ verdict: { kind: 'continue' }, skb });

/** Applies a matching rule's target. */
export function applyTarget(rule: Rule, skb: Skb, ctx: WalkContext): Applied {
  const { target } = rule;
  switch (target.kind) {
    case 'none':
    case 'log':
    case 'checksum': // frames show headers with their checksums right
    case 'classify': // skb->priority: queueing disciplines alone look at it
      return proceed(skb);
    case 'accept':
    case 'drop':
    case 'return':
      return { verdict: { kind: target.kind }, skb };
    case 'jump':
    case 'goto':
      return { verdict: { kind: target.kind, chain: target.chain }, skb };
    case 'mark':
      return proceed({ ...skb, mark: setXmark(skb.mark, target.value, target.mask) });
    case 'connmark':
      return proceed(applyConnmark(target, skb));
    case 'ttl':
    case 'dscp':
    case 'tos':
    case 'ecn':
      return proceed(applyHeader(target, skb));
    case 'tcpmss':
      return applyTcpmss(target.mss, skb, ctx);
    case 'queue':
      return applyQueue(target, rule, skb, ctx);
    case 'set-target':
      return applySet(target, rule, skb, ctx);
    case 'notrack':
    case 'ct':
      return applyCt(target, rule, skb, ctx);
    case 'netmap':
    case 'dnat':
    case 'snat':
    case 'masquerade':
    case 'redirect':
      return applyNat(target, rule, skb, ctx);
    case 'reject':
      return applyReject(target.with, skb, ctx);
    case 'unknown':
      ctx.sim.unknown(ctx.at, skb, 'target', target.name, undefined, rule.source ? [rule.source] : []);
      return { verdict: { kind: 'unknown' }, skb };
  }
}
