import type { Match } from '../../../world/netfilter.ts';
import { testSet } from '../../ipset/test.ts';
import type { Skb } from '../../skb.ts';
import type { Condition } from '../../step.ts';
import type { MatchContext } from './evaluate.ts';

/** set_match_v4() (net/netfilter/xt_set.c): is what the directions name a member of the set? A set that is not in the dump is unknown. */
export function evaluateSet(match: Extract<Match, { kind: 'set' }>, skb: Skb, ctx: MatchContext): Condition {
  const text = `-m set ${match.negate ? '! ' : ''}--match-set ${match.set} ${match.dirs.join(',')}`;
  const set = ctx.at.ns.netns.ipsets.find((s) => s.name === match.set);
  if (!set) return { text, result: 'unknown', saw: '' };
  const test = testSet(set, skb.packet, match.dirs);
  const member = test.member ? { member: { text: test.member.text, source: test.member.source, nearest: test.result !== true } } : {};
  return { text, result: test.result === 'unknown' ? 'unknown' : test.result !== match.negate, saw: test.saw, ...member };
}
