import type { MatchContext, Seen } from './evaluate.ts';

/**
 * nfacct_mt() (net/netfilter/xt_nfacct.c): an accounting object without a quota always matches; with one only while it is used up.
 * No dump shows the objects: that this one has no quota is a choice.
 */
export function evaluateNfacct({ sim, at }: MatchContext): Seen {
  const taken = sim.choose({ at: at.ns.id, kind: 'nfacct', options: ['no quota', 'quota left'], odds: [1, 0], splits: false });
  return { result: taken === 0, saw: '', choice: sim.taken.at(-1)?.key };
}
