import type { CtAction, Words } from '../../world/openflow.ts';
import { FIELDS } from '../../world/openflowFields.ts';
import { doActions } from './actions.ts';
import { type Ctx, note, zoneSource } from './context.ts';
import { clearConntrack, readSubfield, W, word } from './fields.ts';
import { commit, freeze } from './freeze.ts';
import type { Masked } from './types.ts';

/** What exec() has written to ct_mark or ct_label; undefined: nothing. */
function writtenTo(ctx: Ctx, at: number, words: number): Masked | undefined {
  const mask: Words = Array.from(ctx.written.subarray(at, at + words));
  if (mask.every((m) => m === 0)) return undefined;
  return { value: mask.map((m, i) => (word(ctx.flow, at + i) & m) >>> 0), mask };
}

/**
 * compose_conntrack_action(): the packet as it is by now goes to conntrack. With a table a copy comes back there; this one goes on
 * without what conntrack knows about it.
 */
export function composeConntrack(ctx: Ctx, action: CtAction, last: boolean): void {
  const slice = zoneSource(action);
  const field = slice && FIELDS.get(slice.field);
  if (slice && !field) note(ctx, { kind: 'unknown', what: 'field', name: slice.field });
  const zone = typeof action.zone === 'number' ? action.zone : slice && field ? (readSubfield(ctx.flow, field, slice).at(-1) ?? 0) & 0xffff : 0;
  commit(ctx);
  const kept = ctx.written.slice(W.ctMark, W.ctLabel + 4);
  ctx.written.fill(0, W.ctMark, W.ctLabel + 4);
  doActions(ctx, action.exec, last);
  ctx.out.push({ kind: 'ct', commit: action.commit, force: action.force, zone, nat: action.nat, mark: writtenTo(ctx, W.ctMark, 1), label: writtenTo(ctx, W.ctLabel, 4), alg: action.alg });
  ctx.written.set(kept, W.ctMark);
  if (action.table !== undefined) {
    ctx.conntracked = true;
    ctx.out.push({ kind: 'recirc', id: freeze(ctx, action.table) });
  }
  clearConntrack(ctx.flow);
  ctx.conntracked = false;
}
