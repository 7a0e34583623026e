import type { CtTarget, Rule } from '../../../world/netfilter.ts';
import type { Skb } from '../../skb.ts';
import type { WalkContext } from '../walk.ts';
import type { Applied } from './apply.ts';

/**
 * xt_ct_target() and notrack_tg() (net/netfilter/xt_CT.c): the first of them decides; a packet that has a connection keeps it. What a helper
 * makes of a payload that nobody has described cannot be told.
 */
export function applyCt(target: CtTarget | { readonly kind: 'notrack' }, rule: Rule, skb: Skb, ctx: WalkContext): Applied {
  if (skb.ct !== undefined && skb.ct.kind !== 'invalid') return { verdict: { kind: 'continue' }, skb };
  if (target.kind === 'notrack') return { verdict: { kind: 'continue' }, skb: { ...skb, ct: { kind: 'untracked' } } };
  if (target.helper !== undefined) {
    ctx.sim.unknown(ctx.at, skb, 'target', `CT --helper ${target.helper}`, undefined, rule.source ? [rule.source] : []);
    return { verdict: { kind: 'unknown' }, skb };
  }
  return { verdict: { kind: 'continue' }, skb: { ...skb, ct: { kind: 'template', zone: target.zone ?? { id: 0, dir: 'both' } } } };
}
