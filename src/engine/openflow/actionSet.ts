import type { OpenFlowAction } from '../../world/openflow.ts';

/*
 * The order in which an action set is carried out, whatever the order in which it was written (ofpacts_execute_action_set() and
 * ACTION_SET_ORDER of lib/ofp-actions.c): one of each of the first kind, all that set or move, and of the final ones the last in rank.
 */

const SLOTS: readonly OpenFlowAction['kind'][] = ['strip_vlan', 'push_vlan', 'dec_ttl'];
const FINAL: readonly OpenFlowAction['kind'][] = ['ct', 'ct_clear', 'resubmit', 'output', 'group'];
const SETS: ReadonlySet<OpenFlowAction['kind']> = new Set(['set_field', 'load', 'move', 'mod', 'mod_vlan_vid', 'mod_vlan_pcp', 'set_queue']);

/** `CONTROLLER:n` is an output; only with words of its own it is another action, which an action set does not have (parse_CONTROLLER()). */
export const isPlainController = (action: OpenFlowAction): boolean => action.kind === 'controller' && action.reason === 'action' && action.id === 0 && action.userdata === undefined && !action.pause && action.meterId === undefined;

/** The action set as a list; empty when it has no final action, because then nothing of it is done. */
export function orderActionSet(set: readonly OpenFlowAction[]): readonly OpenFlowAction[] {
  const slots: (OpenFlowAction | undefined)[] = SLOTS.map(() => undefined);
  const sets: OpenFlowAction[] = [];
  let final: OpenFlowAction | undefined;
  let rank = 0;
  for (const action of set) {
    const slot = SLOTS.indexOf(action.kind);
    const end = FINAL.indexOf(isPlainController(action) ? 'output' : action.kind);
    if (slot >= 0) slots[slot] = action;
    else if (end >= 0 && end >= rank) [final, rank] = [action, end];
    else if (SETS.has(action.kind) || action.kind === 'unknown') sets.push(action);
  }
  return final ? [...slots.filter((a) => a !== undefined), ...sets, final] : [];
}
