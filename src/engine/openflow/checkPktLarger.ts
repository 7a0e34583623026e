import type { OpenFlowAction, Subfield } from '../../world/openflow.ts';
import { doActions } from './actions.ts';
import { type Ctx, loadSubfield } from './context.ts';
import { type ByteRange, LONGER_HEADER, shorterHeader } from './dpBytes.ts';
import { commit, finishFreezing, runActionSet } from './freeze.ts';

/** xlate_check_pkt_larger(): the rest of the list twice, once for each answer. */
export function checkPktLarger(ctx: Ctx, bytes: number, dst: Subfield, rest: readonly OpenFlowAction[]): void {
  const saved = { stack: ctx.stack, actionSet: ctx.actionSet, when: ctx.when };
  const flow = ctx.flow.slice();
  const conntracked = ctx.conntracked;
  commit(ctx);
  const base = ctx.base.slice();
  const baseTunnel = ctx.baseTunnel;
  const outer = ctx.out;
  // Both walks share one copy, as in OVS.
  ctx.stack = [...ctx.stack];
  const walk = (larger: boolean, before: ByteRange): Ctx['out'] => {
    const out: Ctx['out'] = [];
    ctx.bytes.open(outer, before);
    ctx.out = out;
    ctx.when = [...saved.when, { bytes, larger }];
    loadSubfield(ctx, dst, [larger ? 1 : 0]);
    doActions(ctx, rest, true);
    if (!ctx.freezing) runActionSet(ctx);
    if (ctx.freezing) finishFreezing(ctx);
    ctx.bytes.close();
    ctx.base.set(base);
    ctx.baseTunnel = baseTunnel;
    ctx.conntracked = conntracked;
    ctx.flow.set(flow);
    return out;
  };
  const greater = walk(true, LONGER_HEADER);
  // Whether the lists around go on is up to the longer packet's walk alone.
  const exit = ctx.exit;
  ctx.exit = false;
  const lessEqual = walk(false, shorterHeader(greater));
  ctx.out = outer;
  ctx.out.push({ kind: 'check-pkt-len', bytes, greater, lessEqual });
  Object.assign(ctx, saved);
  ctx.exit = exit;
}

