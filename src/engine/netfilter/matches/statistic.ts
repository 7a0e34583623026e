import type { ExtensionMatch } from '../../../world/matches.ts';
import type { Match } from '../../../world/netfilter.ts';
import type { Condition } from '../../step.ts';
import type { MatchContext, Seen } from './evaluate.ts';

const MATCH_FIRST = ['match', 'no match'];
const OTHER_FIRST = ['no match', 'match'];

/** A service with hundreds of endpoints asks as many such rules, in each of its outcomes. */
const texts = new WeakMap<object, string>();

function textOf(match: Extract<Match, { kind: 'statistic-random' }>): string {
  let text = texts.get(match);
  if (text === undefined) {
    text = `-m statistic --mode random ${match.negate ? '! ' : ''}--probability ${match.probability}`;
    texts.set(match, text);
  }
  return text;
}

/** Rolls dice between a match and none; `first` is what happens unless another branch is asked for. */
function roll({ sim, at }: MatchContext, first: boolean, p: number): { readonly matched: boolean; readonly choice: string | undefined } {
  const options = first ? MATCH_FIRST : OTHER_FIRST;
  const taken = sim.choose({ at: at.ns.id, kind: 'statistic', options, odds: first ? [p, 1 - p] : [1 - p, p], splits: true });
  return { matched: (taken === 0) === first, choice: sim.taken.at(-1)?.key };
}

/** statistic_mt() mode random (net/netfilter/xt_statistic.c): the kernel rolls dice, so here it is a choice. */
export function evaluateStatistic(match: Extract<Match, { kind: 'statistic-random' }>, ctx: MatchContext): Condition {
  const text = textOf(match);
  const p = match.negate ? 1 - match.probability : match.probability;
  if (p >= 1 || p <= 0) return { text, result: p >= 1, saw: '' };
  const { matched, choice } = roll(ctx, true, p);
  return { text, result: matched, saw: '', choice };
}

/**
 * statistic_mt() mode nth: a counter goes round. Where it stands no dump tells: by default as right after a restore, when packet
 * `--packet` (from 0) is the first to match; where else it may stand is a choice, until the rule has matched once.
 */
export function evaluateNth(match: Extract<ExtensionMatch, { kind: 'statistic-nth' }>, ctx: MatchContext, key: string): Seen {
  const { counts } = ctx.sim.memory;
  const { every, packet, negate } = match;
  const seen = counts.get(key) ?? 0;
  // Since its last hit, if there was one; then the counter is known.
  const since = counts.get(`${key}/hit`);
  const place = since === undefined ? `packet ${seen} of ${every}` : `packet ${(seen - since) % every} of ${every}`;
  counts.set(key, seen + 1);
  const after = (hit: boolean, choice?: string): Seen => {
    if (hit) counts.set(`${key}/hit`, seen);
    return { result: hit !== negate, saw: place, ...(choice === undefined ? {} : { choice }) };
  };
  if (since !== undefined) return after((seen - since) % every === 0);
  if (seen >= every - 1) return after(true);
  const { matched, choice } = roll(ctx, seen === packet, 1 / (every - seen));
  return after(matched, choice);
}
