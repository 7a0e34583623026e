import type { OpenFlowBucket, OpenFlowGroup } from '../../world/openflow.ts';
import { doActions } from './actions.ts';
import { orderActionSet } from './actionSet.ts';
import { type Ctx, isUntold, note, portsOf } from './context.ts';
import { finishFreezing } from './freeze.ts';
import { noteUntold } from './output.ts';
import { withinLimits } from './tables.ts';

/*
 * Groups (xlate_group_action() of ofproto/ofproto-dpif-xlate.c). Which bucket a select group takes depends on a hash over the packet:
 * a choice.
 */

/** MAX_LIVENESS_RECURSION: how far buckets may watch groups that watch groups. */
const MAX_WATCH_DEPTH = 128;

const groupOf = (ctx: Ctx, id: number): OpenFlowGroup | undefined => ctx.bridge.groups?.find((g) => g.id === id);

/** bucket_is_alive(). */
function isAlive(ctx: Ctx, group: OpenFlowGroup, bucket: OpenFlowBucket, depth: number): boolean {
  if (depth >= MAX_WATCH_DEPTH) return false;
  if (group.type === 'select' && bucket.weight === 0) return false;
  if (bucket.watchPort === undefined && bucket.watchGroup === undefined) return true;
  const port = bucket.watchPort === undefined ? undefined : portsOf(ctx.bridge).byNumber.get(bucket.watchPort);
  if (port && (ctx.sw.isUp?.(ctx.bridge.name, port.name) ?? true)) return true;
  const watched = bucket.watchGroup === undefined ? undefined : groupOf(ctx, bucket.watchGroup);
  return watched?.buckets.some((b) => isAlive(ctx, watched, b, depth + 1)) ?? false;
}

/** xlate_group_bucket(): a bucket is an action set of its own, on a copy of the packet. */
function doBucket(ctx: Ctx, bucket: OpenFlowBucket, last: boolean): void {
  const flow = ctx.flow.slice();
  ctx.depth++;
  ctx.buckets++;
  doActions(ctx, orderActionSet(bucket.actions), last, true);
  ctx.depth--;
  if (ctx.freezing) finishFreezing(ctx);
  ctx.flow.set(flow);
  ctx.exit = false;
}

/** The position of the bucket that a select group takes among those that live; undefined: none does. */
function pick(ctx: Ctx, group: OpenFlowGroup): number | undefined {
  const alive = group.buckets.flatMap((bucket, index) => (isAlive(ctx, group, bucket, 0) ? [{ index, weight: bucket.weight }] : []));
  const [only] = alive;
  // A bucket lives as its port does, and whether there is one of that number nobody told; behind one that lives, fast failover does not look.
  const asked = group.type === 'fast_failover' ? group.buckets.slice(0, only?.index) : group.buckets;
  const untold = asked.find((b) => b.watchPort !== undefined && isUntold(ctx, b.watchPort))?.watchPort;
  if (untold !== undefined) noteUntold(ctx, untold);
  if (group.type === 'fast_failover' || alive.length <= 1) return only?.index;
  const taken = ctx.sw.choose({ bridge: ctx.bridge.name, group: group.id, method: group.selectionMethod, buckets: alive });
  return alive.some((b) => b.index === taken) ? taken : only?.index;
}

/** The `group` action; false: there is no such group, and the rest of the list is not done. */
export function groupAction(ctx: Ctx, id: number, last: boolean): boolean {
  if (!withinLimits(ctx)) return true;
  const group = groupOf(ctx, id);
  if (!group) {
    note(ctx, ctx.bridge.groups === undefined ? { kind: 'unknown', what: 'groups', name: ctx.bridge.name } : { kind: 'no-group', group: id });
    return false;
  }
  if (group.type === 'all' || group.type === 'indirect') {
    group.buckets.forEach((bucket, i) => doBucket(ctx, bucket, last && i === group.buckets.length - 1));
    return true;
  }
  const index = pick(ctx, group);
  const bucket = index === undefined ? undefined : group.buckets[index];
  if (index === undefined || !bucket) {
    note(ctx, { kind: 'no-bucket', group: id });
    return true;
  }
  note(ctx, { kind: 'bucket', group: id, bucket: index, choice: group.type === 'select' && group.buckets.length > 1 ? `group ${id}` : undefined });
  doBucket(ctx, bucket, last);
  return true;
}
