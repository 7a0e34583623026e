import type { Rule, SetTarget } from '../../../world/netfilter.ts';
import { changeSet } from '../../ipset/change.ts';
import { liveSet } from '../../ipset/live.ts';
import { testSet } from '../../ipset/test.ts';
import type { Skb } from '../../skb.ts';
import type { SetChange } from '../../step.ts';
import type { WalkContext } from '../walk.ts';
import type { Applied } from './apply.ts';
import { setXmark } from './mark.ts';

/** set_target_v3() (net/netfilter/xt_set.c): adds, deletes, and takes marks from members; the packet goes on whether that worked or not. */
export function applySet(target: SetTarget, rule: Rule, skb: Skb, ctx: WalkContext): Applied {
  const { ns } = ctx.at;
  const seen = { ns, skb, in: ctx.in, out: ctx.out };
  const cannotTell = (name: string): Applied => {
    ctx.sim.unknown(ctx.at, skb, 'set', name, `ipset save ${name}`, rule.source ? [rule.source] : []);
    return { verdict: { kind: 'unknown' }, skb };
  };
  let change: SetChange | undefined;
  for (const how of ['add', 'del'] as const) {
    const named = target[how];
    if (!named) continue;
    const live = liveSet(ns, named.set);
    change = live && { op: how, set: named.set, ...changeSet(live, seen, how, named.dirs, how === 'add' && target.exist) };
    if (change === undefined || change.result === 'unknown') return cannotTell(named.set);
  }
  const changed = change ? { change } : {};
  if (!target.map) return { verdict: { kind: 'continue' }, skb, ...changed };
  const live = liveSet(ns, target.map.set);
  const test = live && testSet(live, seen, { dirs: target.map.dirs });
  if (!test || test.result === 'unknown') return cannotTell(target.map.set);
  const mark = test.result && target.mapped.includes('mark') && test.skbmark ? setXmark(skb.mark, test.skbmark.value, test.skbmark.mask) : skb.mark;
  return { verdict: { kind: 'continue' }, skb: mark === skb.mark ? skb : { ...skb, mark }, ...changed };
}
