import type { Match } from '../../../world/netfilter.ts';
import type { Condition } from '../../step.ts';
import type { MatchContext } from './evaluate.ts';

/** statistic_mt() mode random (net/netfilter/xt_statistic.c): the kernel rolls dice, so here it is a choice. */
export function evaluateStatistic(match: Extract<Match, { kind: 'statistic-random' }>, { sim, at }: MatchContext): Condition {
  const text = `-m statistic --mode random ${match.negate ? '! ' : ''}--probability ${match.probability}`;
  const p = match.negate ? 1 - match.probability : match.probability;
  if (p >= 1 || p <= 0) return { text, result: p >= 1, saw: '' };
  const taken = sim.choose({ at: at.ns.id, kind: 'statistic', options: ['match', 'no match'], odds: [p, 1 - p], splits: true });
  return { text, result: taken === 0, saw: '' };
}
