import type { SetMatch } from '../../../world/netfilter.ts';
import { liveSet } from '../../ipset/live.ts';
import { testSet } from '../../ipset/test.ts';
import type { Skb } from '../../skb.ts';
import type { Condition } from '../../step.ts';
import type { MatchContext } from './evaluate.ts';

/** set_match_v4() (net/netfilter/xt_set.c): is what the directions name a member of the set? A set that is not in the dump is unknown. */
export function evaluateSet(match: SetMatch, skb: Skb, ctx: MatchContext): Condition {
  const text = `-m set ${optionsText(match)}`;
  const { ns } = ctx.at;
  const live = liveSet(ns, match.set);
  if (!live) return { text, result: 'unknown', saw: '' };
  const test = testSet(live, { ns, skb, in: ctx.in, out: ctx.out }, match);
  const member = test.member ? { member: { text: test.member.text, source: test.member.source, nearest: test.result !== true } } : {};
  return { text, result: test.result === 'unknown' ? 'unknown' : test.result !== match.negate, saw: test.saw, ...member };
}

function optionsText({ set, dirs, negate, returnNomatch, packets, bytes }: SetMatch): string {
  const compared = [packets && ([packets, 'packets'] as const), bytes && ([bytes, 'bytes'] as const)].flatMap((c) => (c ? [` ${c[0].op === 'ne' ? '! ' : ''}--${c[1]}-${c[0].op === 'ne' ? 'eq' : c[0].op} ${c[0].value}`] : []));
  return `${negate ? '! ' : ''}--match-set ${set} ${dirs.join(',')}${returnNomatch ? ' --return-nomatch' : ''}${compared.join('')}`;
}
