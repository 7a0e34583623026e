import { type LearnAction, OFPP, type OpenFlowAction, type Subfield, type Words } from '../../world/openflow.ts';
import { FIELDS } from '../../world/openflowFields.ts';
import { isPlainController } from './actionSet.ts';
import { checkPktLarger } from './checkPktLarger.ts';
import { type Ctx, learnRule, loadSubfield, note, setField, stateOf } from './context.ts';
import { composeConntrack } from './conntrack.ts';
import { clearConntrack, ETH, FRAG_LATER, hasField, isIpAny, OFPP_UNSET, readSubfield, VLAN_PCP, VLAN_VID, W, word } from './fields.ts';
import { clone, commit, cookieOf, freezeRest } from './freeze.ts';
import { groupAction } from './groups.ts';
import { bundlePort, multipathLink } from './hash.ts';
import { learnedRule, tooManyLearned } from './learn.ts';
import { enqueue, output, outputTruncated } from './output.ts';
import { enterTable, type Entered, leaveTable } from './tables.ts';
import { pushVlan, setTag, stripVlan } from './vlan.ts';

/*
 * do_xlate_actions() of ofproto/ofproto-dpif-xlate.c: carries out a list of actions. Rules that resubmit and goto_table lead to are
 * carried out on a stack of our own: OVS allows 4,096 of them inside each other.
 */

interface Frame {
  readonly actions: readonly OpenFlowAction[];
  next: number;
  readonly last: boolean;
  readonly bucket: boolean;
  /** The rest was done by check_pkt_larger. */
  done: boolean;
  readonly entered: Entered | undefined;
  /** The actions are those of the current look-up's rule, and not inside of one of them. */
  readonly own: boolean;
}

/** Carries out a list of actions. `last`: nothing follows it; `bucket`: it is a group's. */
export function doActions(ctx: Ctx, actions: readonly OpenFlowAction[], last: boolean, bucket = false): void {
  run(ctx, { actions, next: 0, last, bucket, done: false, entered: undefined, own: false });
}

/** Carries out the actions of the rule that was just found. */
export function doRule(ctx: Ctx, actions: readonly OpenFlowAction[], last: boolean): void {
  run(ctx, { actions, next: 0, last, bucket: false, done: false, entered: undefined, own: true });
}

function run(ctx: Ctx, first: Frame): void {
  const frames: Frame[] = [first];
  for (let frame = frames.at(-1); frame; frame = frames.at(-1)) {
    const inner = step(ctx, frame);
    if (inner === 'left') {
      if (frame.entered) leaveTable(ctx, frame.entered);
      frames.pop();
    } else if (inner) frames.push(inner);
  }
}

/** One action: the rule that it leads to, or whether the list is at its end. */
function step(ctx: Ctx, frame: Frame): Frame | 'left' | undefined {
  const action = frame.actions[frame.next];
  if (!action || ctx.error) return 'left';
  if (ctx.exit || frame.done) {
    if (ctx.freezing) freezeRest(ctx, frame.actions.slice(frame.next));
    return 'left';
  }
  if (frame.own) ctx.actionIndex = frame.next;
  frame.next++;
  const last = frame.last && frame.next === frame.actions.length && ctx.actionSet.length === 0;
  if (action.kind === 'resubmit' || action.kind === 'goto_table') {
    const entered =
      action.kind === 'goto_table'
        ? enterTable(ctx, word(ctx.flow, W.inPort), action.table, 'goto', false)
        : enterTable(ctx, action.port === undefined || action.port === OFPP.IN_PORT ? word(ctx.flow, W.inPort) : action.port, action.table ?? ctx.table, 'resubmit', action.ct);
    return entered && { actions: entered.actions, next: 0, last, bucket: false, done: false, entered, own: true };
  }
  if (action.kind === 'check_pkt_larger') {
    checkPktLarger(ctx, action.bytes, action.dst, frame.actions.slice(frame.next));
    frame.done = true;
    return undefined;
  }
  if (action.kind === 'controller' && action.pause) {
    ctx.pause = action;
    ctx.exit = true;
    ctx.freezing = true;
    freezeRest(ctx, frame.actions.slice(frame.next));
    return 'left';
  }
  const more = doAction(ctx, action, last, frame.bucket);
  // As the switch does even where nothing is to be resumed: a ct() that comes behind a clone or patch port with an exit in it goes on with that exit.
  if (action.kind === 'exit' && ctx.frozenActions.length === 0) freezeRest(ctx, frame.actions.slice(frame.next - 1));
  return more ? undefined : 'left';
}

/** An action that needs no list of its own; false: the rest of the list is not done. */
function doAction(ctx: Ctx, action: Exclude<OpenFlowAction, { kind: 'resubmit' | 'goto_table' | 'check_pkt_larger' }>, last: boolean, bucket: boolean): boolean {
  switch (action.kind) {
    case 'output':
      if (action.port === OFPP.TABLE) runTable(ctx, 0);
      else if (action.port === OFPP.CONTROLLER) toController(ctx, controllerAction(action.maxLen ?? 65535, 0, reasonHere(ctx, bucket)));
      else if (action.maxLen !== undefined) outputTruncated(ctx, action.port, action.maxLen, last);
      else output(ctx, action.port, last);
      return true;
    case 'output-field':
      outputField(ctx, action.src, last, bucket);
      return true;
    case 'enqueue':
      enqueue(ctx, action.port, action.queue, last);
      return true;
    case 'set_queue':
      setWord(ctx, 'skb_priority', queuePriority(ctx, action.queue));
      return true;
    case 'pop_queue':
      setWord(ctx, 'skb_priority', ctx.originalPriority);
      return true;
    case 'controller':
      toController(ctx, isPlainController(action) ? { ...action, reason: reasonHere(ctx, bucket) } : action);
      return true;
    case 'group':
      return groupAction(ctx, action.id, last);
    case 'write_actions':
      writeActions(ctx, action.actions);
      return true;
    case 'clear_actions':
      ctx.actionSet = [];
      ctx.flow[W.actsetOutput] = OFPP_UNSET;
      ctx.actionSetHasGroup = false;
      return true;
    case 'write_metadata':
      set(ctx, 'metadata', action.value, action.mask);
      return true;
    case 'meter':
      ctx.out.push({ kind: 'meter', id: action.id });
      return true;
    case 'load':
      // Decoded as a set_field of those bits (lib/ofp-actions.c): a field that the packet does not have is left alone.
      if (exists(ctx, action.dst.field)) loadSubfield(ctx, action.dst, action.value);
      return true;
    case 'set_field':
      if (exists(ctx, action.field)) set(ctx, action.field, action.value, action.mask);
      return true;
    case 'move':
      move(ctx, action.src, action.dst);
      return true;
    case 'push': {
      const field = FIELDS.get(action.src.field);
      if (field) ctx.stack.push(readSubfield(ctx.flow, field, action.src));
      else note(ctx, { kind: 'unknown', what: 'field', name: action.src.field });
      return true;
    }
    case 'pop': {
      const value = ctx.stack.pop();
      if (value) loadSubfield(ctx, action.dst, value);
      else note(ctx, { kind: 'stack-empty' });
      return true;
    }
    case 'mod':
      mod(ctx, action);
      return true;
    case 'mod_vlan_vid':
      setTag(ctx, VLAN_VID, action.vid);
      return true;
    case 'mod_vlan_pcp':
      setTag(ctx, VLAN_PCP, action.pcp << 13);
      return true;
    case 'strip_vlan':
      stripVlan(ctx);
      return true;
    case 'push_vlan':
      pushVlan(ctx, action.ethertype);
      return true;
    case 'dec_ttl':
      return decTtl(ctx, action.controllers);
    case 'ct':
      composeConntrack(ctx, action, last);
      return true;
    case 'ct_clear':
      if (ctx.conntracked) {
        ctx.conntracked = false;
        clearConntrack(ctx.flow);
        ctx.out.push({ kind: 'ct-clear' });
      }
      return true;
    case 'learn':
      learn(ctx, action);
      return true;
    case 'clone':
      clone(ctx, action.actions, last);
      return true;
    case 'multipath':
      multipath(ctx, action);
      return true;
    case 'bundle':
      bundle(ctx, action, last);
      return true;
    case 'exit':
      ctx.exit = true;
      return true;
    case 'unknown':
      note(ctx, { kind: 'unknown', what: 'action', name: action.text });
      return true;
    // A sample goes to a collector, a note to the reader, fin_timeout shortens a rule's life, a conjunction only marks.
    case 'sample':
    case 'note':
    case 'fin_timeout':
    case 'conjunction':
    case 'drop':
      return true;
  }
}

/** Whether the packet has that field; otherwise the action is without effect, and the look-up says so. */
function exists(ctx: Ctx, name: string): boolean {
  const field = FIELDS.get(name);
  if (!field) note(ctx, { kind: 'unknown', what: 'field', name });
  else if (!hasField(ctx.flow, field)) note(ctx, { kind: 'ignored', field: name });
  else return true;
  return false;
}

function set(ctx: Ctx, name: string, value: Words, mask: Words | undefined): void {
  const field = FIELDS.get(name);
  if (field) setField(ctx, field, value, mask);
}

const setWord = (ctx: Ctx, name: string, value: number): void => set(ctx, name, [value], undefined);

/** dpif_queue_to_priority(): the user-space datapath takes the queue's number, the kernel one a class of HTB (TC_H_MAKE(1, n + 1)). */
export const queuePriority = (ctx: Ctx, queue: number): number => (ctx.bridge.datapathType === 'netdev' ? queue : (0x10000 | (queue + 1)) >>> 0);

/** xlate_table_action() for OFPP_TABLE. */
function runTable(ctx: Ctx, table: number): void {
  const entered = enterTable(ctx, word(ctx.flow, W.inPort), table, 'resubmit', false);
  if (!entered) return;
  doRule(ctx, entered.actions, false);
  leaveTable(ctx, entered);
}

/** xlate_output_reg_action(). */
function outputField(ctx: Ctx, src: Subfield, last: boolean, bucket: boolean): void {
  const field = FIELDS.get(src.field);
  if (!field) return note(ctx, { kind: 'unknown', what: 'field', name: src.field });
  const value = readSubfield(ctx.flow, field, src);
  const port = value.at(-1) ?? 0;
  if (port > 0xffff || value.slice(0, -1).some((w) => w !== 0)) return note(ctx, { kind: 'refused', port, why: 'no-such-port' });
  if (port === OFPP.TABLE) runTable(ctx, 0);
  else if (port === OFPP.CONTROLLER) toController(ctx, controllerAction(65535, 0, reasonHere(ctx, bucket)));
  else output(ctx, port, last);
}

type Controller = Extract<OpenFlowAction, { kind: 'controller' }>;

const controllerAction = (maxLen: number, id: number, reason: string): Controller => ({ kind: 'controller', maxLen, id, reason, userdata: undefined, pause: false, meterId: undefined });

/** Why the controller gets what a plain output sends it. */
const reasonHere = (ctx: Ctx, bucket: boolean): string => (bucket ? 'group' : ctx.inActionSet ? 'action_set' : 'action');

/** xlate_controller_action(): a copy as the actions so far have made it. A rule for all packets without priority is the table's miss. */
function toController(ctx: Ctx, given: Controller): void {
  commit(ctx);
  const isMiss = given.reason === 'action' && ctx.rule?.priority === 0 && ctx.rule.match.length === 0;
  const action = isMiss ? { ...given, reason: 'explicit_miss' } : given;
  ctx.out.push({ kind: 'controller', action, flow: ctx.flow.slice(), bridge: ctx.bridge.name, cookie: cookieOf(ctx) });
}

/** xlate_write_actions__(); actset_output tells the later tables about the output. */
export function writeActions(ctx: Ctx, actions: readonly OpenFlowAction[]): void {
  if (!ctx.actionSetHasGroup) {
    for (const action of actions) {
      if (action.kind === 'output') ctx.flow[W.actsetOutput] = action.port;
      else if (action.kind === 'group') {
        ctx.flow[W.actsetOutput] = OFPP_UNSET;
        ctx.actionSetHasGroup = true;
        break;
      }
    }
  }
  ctx.actionSet = [...ctx.actionSet, ...actions];
}

/** mf_subfield_copy(): without effect unless the packet has both fields. */
function move(ctx: Ctx, src: Subfield, dst: Subfield): void {
  const from = FIELDS.get(src.field);
  if (!exists(ctx, dst.field) || !exists(ctx, src.field) || !from) return;
  loadSubfield(ctx, dst, readSubfield(ctx.flow, from, src));
}

/** The set actions of OpenFlow 1.0, each with its own condition (do_xlate_actions()). */
function mod(ctx: Ctx, action: Extract<OpenFlowAction, { kind: 'mod' }>): void {
  const field = FIELDS.get(action.field);
  if (!field) return note(ctx, { kind: 'unknown', what: 'field', name: action.field });
  const has =
    field.word === W.nwSrc || field.word === W.nwDst
      ? word(ctx.flow, W.dlType) === ETH.ip
      : field.word === W.nwTos || field.word === W.nwTtl
        ? isIpAny(ctx.flow)
        : field.word === W.tpSrc || field.word === W.tpDst
          ? isIpAny(ctx.flow) && (word(ctx.flow, W.nwFrag) & FRAG_LATER) === 0
          : true;
  if (has) setField(ctx, field, action.value, undefined);
  else note(ctx, { kind: 'ignored', field: action.field });
}

/** compose_dec_ttl(): at 1 or 0 the controllers get the packet, and the list ends. */
function decTtl(ctx: Ctx, controllers: readonly number[]): boolean {
  if (!isIpAny(ctx.flow)) return true;
  const ttl = word(ctx.flow, W.nwTtl);
  if (ttl > 1) {
    setWord(ctx, 'nw_ttl', ttl - 1);
    return true;
  }
  note(ctx, { kind: 'ttl-exceeded' });
  for (const id of controllers.length > 0 ? controllers : [0]) toController(ctx, controllerAction(65535, id, 'invalid_ttl'));
  return false;
}

/** xlate_learn_action(). */
function learn(ctx: Ctx, action: LearnAction): void {
  if (!ctx.sw.learns) return;
  const state = stateOf(ctx.sw, ctx.bridge);
  const rule = learnedRule(ctx.flow, action);
  const ok = !tooManyLearned(ctx.bridge.flows ?? [], state.learned, action, rule);
  if (ok) {
    learnRule(state, rule);
    note(ctx, { kind: 'learned', rule });
  }
  if (action.resultDst) loadSubfield(ctx, action.resultDst, [ok ? 1 : 0]);
}

/** multipath_execute(). */
function multipath(ctx: Ctx, action: Extract<OpenFlowAction, { kind: 'multipath' }>): void {
  const link = multipathLink(ctx.flow, action);
  if (link === undefined) note(ctx, { kind: 'unknown', what: 'action', name: `multipath(${action.fields})` });
  else loadSubfield(ctx, action.dst, [link]);
}

/** xlate_bundle_action(). */
function bundle(ctx: Ctx, action: Extract<OpenFlowAction, { kind: 'bundle' }>, last: boolean): void {
  const port = bundlePort(ctx, action);
  if (port === undefined) note(ctx, { kind: 'unknown', what: 'action', name: `bundle(${action.fields})` });
  else if (action.dst) loadSubfield(ctx, action.dst, [port]);
  else output(ctx, port, last);
}
