import type { Rule, Target } from '../../../world/netfilter.ts';
import type { Skb } from '../../skb.ts';
import type { WalkContext } from '../walk.ts';
import type { Applied } from './apply.ts';

/**
 * nf_queue() (net/netfilter/nf_queue.c), nfqnl_enqueue_packet(): without a program that listens the packet is dropped, or with
 * --queue-bypass goes on to the next table. No dump tells whether one listens, and nobody knows what it would say.
 */
export function applyQueue(target: Extract<Target, { kind: 'queue' }>, rule: Rule, skb: Skb, ctx: WalkContext): Applied {
  const { from, to } = target.queues;
  const listens = ctx.sim.choose({ at: ctx.at.ns.id, kind: 'queue', options: ['nobody listens', 'a program listens'], odds: [1, 0], splits: false });
  if (listens === 0) return { verdict: { kind: target.bypass ? 'bypass' : 'drop' }, skb };
  ctx.sim.unknown(ctx.at, skb, 'target', `${target.name} ${from === to ? from : `${from}:${to}`}`, 'cat /proc/net/netfilter/nfnetlink_queue', rule.source ? [rule.source] : []);
  return { verdict: { kind: 'unknown' }, skb };
}
