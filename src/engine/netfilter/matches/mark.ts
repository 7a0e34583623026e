import { hex } from '../../../packet/address.ts';
import type { Match } from '../../../world/netfilter.ts';
import type { Skb } from '../../skb.ts';
import type { Condition } from '../../step.ts';

/** mark_mt() (net/netfilter/xt_mark.c), connmark_mt() (xt_connmark.c): (mark & mask) == value. Without an entry connmark never matches. */
export function evaluateMark(match: Extract<Match, { kind: 'mark' | 'connmark' }>, skb: Skb): Condition {
  const text = `-m ${match.kind} ${match.negate ? '! ' : ''}--mark ${hex(match.value)}${match.mask === 0xffffffff ? '' : `/${hex(match.mask)}`}`;
  if (match.kind === 'mark') return { text, result: ((skb.mark & match.mask) >>> 0 === match.value) !== match.negate, saw: hex(skb.mark) };
  // A template of a CT rule is a connection, too, to who asks before tracking.
  const mark = skb.ct?.kind === 'tracked' ? skb.ct.entry.mark : skb.ct?.kind === 'template' ? 0 : undefined;
  if (mark === undefined) return { text, result: false, saw: '' };
  return { text, result: ((mark & match.mask) >>> 0 === match.value) !== match.negate, saw: hex(mark) };
}
