import type { OpenFlowAction } from '../../world/openflow.ts';
import { type Found, tablesOf } from './classifier.ts';
import { type Ctx, note, type VisitRecord } from './context.ts';
import { MAX_ACTION_BYTES } from './dpBytes.ts';
import { FRAG_ANY, isIpAny, W, word } from './fields.ts';
import type { Flow, Visit } from './types.ts';

/*
 * Look-ups (rule_dpif_lookup_from_table() of ofproto/ofproto-dpif.c and xlate_table_action() of ofproto-dpif-xlate.c).
 */

const MAX_DEPTH = 64;
const MAX_RESUBMITS = MAX_DEPTH * MAX_DEPTH;
const MAX_STACK_BYTES = 65536;
/** Groups of groups of groups: the switch would go on for as long as it takes, we do not. */
const MAX_BUCKETS = 16 * MAX_RESUBMITS;

/** What there was before a table was entered. */
export interface Entered {
  readonly actions: readonly OpenFlowAction[];
  readonly saved: Pick<Ctx, 'table' | 'rule' | 'visit' | 'visitIndex' | 'actionIndex' | 'depth' | 'nesting'>;
}

/** xlate_resubmit_resource_check(). A list of actions that has grown too long only ends the walk ("NOT an error"): what is in it is done. */
export function withinLimits(ctx: Ctx): boolean {
  const what = ctx.depth >= MAX_DEPTH ? 'depth' : ctx.resubmits >= MAX_RESUBMITS || ctx.buckets >= MAX_BUCKETS ? 'resubmits' : undefined;
  if (what !== undefined) return overLimit(ctx, what);
  const bytes = ctx.bytes.upTo(ctx.out);
  if (bytes.min > MAX_ACTION_BYTES) {
    ctx.exit = true;
    note(ctx, { kind: 'limit', what: 'actions' });
    return false;
  }
  if (bytes.max > MAX_ACTION_BYTES && !ctx.bytes.doubted) {
    ctx.bytes.doubted = true;
    note(ctx, { kind: 'unknown', what: 'action', name: `${bytes.min} to ${bytes.max} bytes of datapath actions` });
  }
  return stackBytes(ctx) >= MAX_STACK_BYTES ? overLimit(ctx, 'stack') : true;
}

function overLimit(ctx: Ctx, what: NonNullable<Ctx['error']>): false {
  ctx.error = what;
  note(ctx, { kind: 'limit', what });
  return false;
}

/** Each value takes its bytes and one for how many they are (nx_stack_push()). */
const stackBytes = (ctx: Ctx): number => ctx.stack.reduce((sum, value) => sum + 4 * value.length + 1, 0);

/** Exchanges the packet's addresses and ports for those of the tracked connection (tuple_swap_flow()). */
function swapTuple(flow: Flow): void {
  const v4 = word(flow, W.dlType) === 0x0800;
  const pairs: readonly (readonly [number, number, number])[] = [
    [W.nwProto, W.ctNwProto, 1],
    ...(v4 ? ([[W.nwSrc, W.ctNwSrc, 1], [W.nwDst, W.ctNwDst, 1]] as const) : ([[W.ipv6Src, W.ctIpv6Src, 4], [W.ipv6Dst, W.ctIpv6Dst, 4]] as const)),
    [W.tpSrc, W.ctTpSrc, 1],
    [W.tpDst, W.ctTpDst, 1],
  ];
  for (const [a, b, n] of pairs) {
    const kept = flow.slice(a, a + n);
    flow.copyWithin(a, b, b + n);
    flow.set(kept, b);
  }
}

/** The best rule of a table, as the bridge treats fragments and with `inPort` for an input port. */
function lookup(ctx: Ctx, table: number, inPort: number): Found | undefined {
  const flow = ctx.flow;
  const tp = [word(flow, W.tpSrc), word(flow, W.tpDst)] as const;
  const port = word(flow, W.inPort);
  if ((word(flow, W.nwFrag) & FRAG_ANY) !== 0 && ctx.bridge.frags !== 'nx-match') {
    if (ctx.bridge.frags !== 'normal') return undefined;
    flow[W.tpSrc] = flow[W.tpDst] = 0;
  }
  flow[W.inPort] = inPort;
  const own = tablesOf(ctx.bridge).get(table);
  let found = own?.lookup(flow);
  const learned = ctx.learned.get(table)?.lookup(flow);
  if (learned && learned.rule.priority >= (found?.rule.priority ?? -1)) found = learned;
  for (const name of own?.undecidable(flow, found?.rule.priority ?? -1) ?? []) note(ctx, { kind: 'unknown', what: 'field', name });
  [flow[W.tpSrc], flow[W.tpDst]] = tp;
  flow[W.inPort] = port;
  return found;
}

/**
 * Looks the packet up in a table and makes that the current look-up. undefined: no rule, or a limit; what a table without a match does
 * is nothing.
 */
export function enterTable(ctx: Ctx, inPort: number, table: number, how: Visit['how'], withCt: boolean): Entered | undefined {
  if (!withinLimits(ctx)) return undefined;
  if (withCt) {
    if (word(ctx.flow, W.ctNwProto) === 0 || !isIpAny(ctx.flow)) return undefined;
    swapTuple(ctx.flow);
  }
  const saved = { table: ctx.table, rule: ctx.rule, visit: ctx.visit, visitIndex: ctx.visitIndex, actionIndex: ctx.actionIndex, depth: ctx.depth, nesting: ctx.nesting };
  const before = ctx.flow.slice();
  beginVisit(ctx, { table, how, before });
  const found = lookup(ctx, table, inPort);
  if (withCt) swapTuple(ctx.flow);
  const actions = describe(ctx, found);
  ctx.resubmits++;
  if (table <= ctx.table) ctx.depth++;
  ctx.table = table;
  const entered: Entered = { actions, saved };
  if (actions.length > 0) return entered;
  leaveTable(ctx, entered);
  return undefined;
}

/** The first look-up of a pass, which is inside of no other. */
export function firstTable(ctx: Ctx, table: number, how: Visit['how']): readonly OpenFlowAction[] {
  beginVisit(ctx, { table, how, before: ctx.flow.slice() });
  ctx.table = table;
  return describe(ctx, lookup(ctx, table, word(ctx.flow, W.inPort)));
}

/** Makes a new look-up the current one; what happens from here on is noted there. */
function beginVisit(ctx: Ctx, at: Pick<Visit, 'table' | 'how' | 'before'>): void {
  const parent = ctx.visitIndex;
  ctx.nesting = parent === undefined ? 0 : ctx.nesting + 1;
  ctx.visitIndex = ctx.visits.length;
  ctx.visit = { bridge: ctx.bridge.name, rule: undefined, depth: ctx.nesting, parent, action: ctx.actionIndex, changed: new Map(), notes: [], ...at, ...(ctx.when.length > 0 ? { when: ctx.when } : {}) };
  ctx.visits.push(ctx.visit);
  ctx.actionIndex = undefined;
}

/** Keeps the rule that was found, and tells its actions. */
function describe(ctx: Ctx, found: Found | undefined): readonly OpenFlowAction[] {
  ctx.rule = found?.rule;
  if (!found) {
    if (ctx.bridge.flows !== undefined) return [];
    // Nobody told the rules. A bridge that no controller has touched switches by itself (connmgr_flushed()), unless it is told not to.
    note(ctx, { kind: 'unknown', what: 'flows', name: ctx.bridge.name });
    return ctx.bridge.failMode === 'standalone' ? [{ kind: 'output', port: 0xfffa }] : [];
  }
  const record: VisitRecord = { ...ctx.visit, rule: found.rule };
  ctx.visits[ctx.visitIndex ?? 0] = record;
  ctx.visit = record;
  if (found.conjunction) note(ctx, { kind: 'conjunction', id: found.conjunction.id, clauses: found.conjunction.clauses });
  return found.rule.actions;
}

/** Back to the look-up that led here. */
export function leaveTable(ctx: Ctx, entered: Entered): void {
  Object.assign(ctx, entered.saved);
}
