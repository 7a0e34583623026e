import type { OpenFlowAction } from '../../world/openflow.ts';
import { doActions, doRule } from './actions.ts';
import { orderActionSet } from './actionSet.ts';
import { commitActions } from './commit.ts';
import type { Ctx } from './context.ts';
import { CLONE_HEADER } from './dpBytes.ts';
import type { DpAction } from './types.ts';

/*
 * Clones, action sets and freezing: what ends one line of actions and lets another go on (clone_xlate_actions(), xlate_action_set(),
 * finish_freezing() of ofproto/ofproto-dpif-xlate.c).
 */

/** The cookie of the rule whose actions these are; all ones without one. */
export const cookieOf = (ctx: Ctx): string => ctx.rule?.cookie ?? 'ffffffffffffffff';

/** xlate_commit_actions(). */
export function commit(ctx: Ctx): void {
  commitActions(ctx.flow, ctx.base, ctx.written, ctx.out);
}

/** xlate_action_set(): carries out what write_actions has gathered, once. */
export function runActionSet(ctx: Ctx): void {
  const actions = orderActionSet(ctx.actionSet);
  ctx.actionSet = [];
  if (actions.length === 0) return;
  ctx.inActionSet = true;
  doActions(ctx, actions, true);
  ctx.inActionSet = false;
}

/** Keeps the flow and what is left to do under a new number (finish_freezing__()). `table` 0 and no actions: from the first table on. */
export function freeze(ctx: Ctx, table: number): number {
  const id = ctx.frozen.size + 1;
  ctx.frozen.set(id, {
    id,
    bridge: ctx.bridge.name,
    table: ctx.frozenActions.length > 0 ? undefined : table,
    flow: ctx.flow.slice(),
    actions: ctx.frozenActions,
    stack: [...ctx.stack],
    conntracked: ctx.conntracked,
    actionSet: ctx.actionSet,
  });
  ctx.frozenActions = [];
  return id;
}

/** finish_freezing(): a packet that waits for the controller is handed over; what follows belongs to another copy. */
export function finishFreezing(ctx: Ctx): void {
  commit(ctx);
  const resume = freeze(ctx, 0);
  if (ctx.pause) ctx.out.push({ kind: 'controller', action: ctx.pause, flow: ctx.flow.slice(), bridge: ctx.bridge.name, cookie: cookieOf(ctx), resume });
  else ctx.out.push({ kind: 'recirc', id: resume });
  ctx.freezing = false;
  ctx.exit = false;
  ctx.pause = undefined;
}

/** freeze_unroll_actions(): actions that are left for later, spelled so that they do not depend on the table that they come from. */
export function freezeRest(ctx: Ctx, rest: readonly OpenFlowAction[]): void {
  for (const action of rest) {
    if (action.kind === 'note' || action.kind === 'conjunction') continue;
    if (action.kind === 'goto_table') ctx.frozenActions.push({ kind: 'resubmit', port: undefined, table: action.table, ct: false });
    else if (action.kind === 'write_metadata') ctx.frozenActions.push({ kind: 'set_field', field: 'metadata', value: action.value, mask: action.mask });
    else if (action.kind === 'resubmit') ctx.frozenActions.push({ ...action, table: action.table ?? ctx.table });
    else ctx.frozenActions.push(action);
  }
}

/** reversible_actions(): whatever they do to the packet can be undone by setting it back. */
const reversible = (actions: readonly OpenFlowAction[]): boolean => !actions.some((a) => a.kind === 'ct' || a.kind === 'meter' || (a.kind === 'output' && a.maxLen !== undefined));

function runCopy(ctx: Ctx, actions: readonly OpenFlowAction[], last: boolean, rule: boolean): void {
  (rule ? doRule : doActions)(ctx, actions, last);
  if (!ctx.freezing) runActionSet(ctx);
  if (ctx.freezing) finishFreezing(ctx);
}

/** clone_xlate_actions(): actions on a copy of the packet; a `clone` of the datapath only where they cannot be undone. `rule`: they are those of the rule that was just found. */
export function clone(ctx: Ctx, actions: readonly OpenFlowAction[], last: boolean, rule = false): void {
  const { stack, actionSet } = ctx;
  const flow = ctx.flow.slice();
  ctx.stack = [...stack];
  if (reversible(actions) || last) runCopy(ctx, actions, last, rule);
  else {
    commit(ctx);
    const { out, baseTunnel, conntracked } = ctx;
    const base = ctx.base.slice();
    const inner: DpAction[] = [];
    ctx.bytes.open(out, CLONE_HEADER);
    ctx.out = inner;
    runCopy(ctx, actions, true, rule);
    ctx.bytes.close();
    ctx.out = out;
    if (inner.length > 0) out.push({ kind: 'clone', actions: inner });
    ctx.conntracked = conntracked;
    ctx.base.set(base);
    ctx.baseTunnel = baseTunnel;
  }
  ctx.stack = stack;
  ctx.actionSet = actionSet;
  ctx.flow.set(flow);
}
