import type { CtStateName, Match } from '../../../world/netfilter.ts';
import type { Skb } from '../../skb.ts';
import type { Condition } from '../../step.ts';

/**
 * The states that conntrack_mt() compares with (net/netfilter/xt_conntrack.c): one of the first five, and SNAT, DNAT when the
 * entry has such a mapping. Without tracking the state is INVALID, unless the packet was marked untracked.
 */
function statesOf(skb: Skb): readonly CtStateName[] {
  const { ct } = skb;
  if (ct === undefined || ct.kind === 'invalid') return ['INVALID'];
  if (ct.kind === 'untracked') return ['UNTRACKED'];
  return [ct.info, ...(ct.entry.srcNat ? (['SNAT'] as const) : []), ...(ct.entry.dstNat ? (['DNAT'] as const) : [])];
}

export function evaluateConntrack(match: Extract<Match, { kind: 'ctstate' }>, skb: Skb): Condition {
  const states = statesOf(skb);
  return {
    text: `-m conntrack ${match.negate ? '! ' : ''}--ctstate ${match.states.join(',')}`,
    result: states.some((s) => match.states.includes(s)) !== match.negate,
    saw: states.join(','),
  };
}
