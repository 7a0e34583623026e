import type { OvsBridge } from '../../world/openflow.ts';
import { FLOW_WORDS, HIDDEN } from '../../world/openflowFields.ts';
import { doActions, doRule, writeActions } from './actions.ts';
import { type Ctx, type OvsSwitch, stateOf, type VisitRecord } from './context.ts';
import { ByteCount } from './dpBytes.ts';
import { clearConntrack, clearTunnel, emptyFlow, isIpAny, OFPP_UNSET, setTunPresent, TUNNEL_END, W, word } from './fields.ts';
import { finishFreezing, runActionSet } from './freeze.ts';
import { firstTable } from './tables.ts';
import type { DpAction, Flow, Frozen, Translation, Visit } from './types.ts';

/*
 * xlate_actions() of ofproto/ofproto-dpif-xlate.c: a flow through the tables, and out comes what the datapath is to do.
 */

function newCtx(sw: OvsSwitch, bridge: OvsBridge, flow: Flow): Ctx {
  const base = flow.slice();
  // A packet loses its tunnel when it comes in: to go into one it must be given one.
  clearTunnel(base);
  return {
    sw,
    bridge,
    learned: stateOf(sw, bridge).tables,
    flow,
    base,
    baseTunnel: undefined,
    written: emptyFlow(),
    out: [],
    bytes: new ByteCount(),
    visits: [],
    visit: { bridge: bridge.name, table: 0, rule: undefined, how: 'start', depth: 0, parent: undefined, action: undefined, before: flow, changed: new Map(), notes: [] },
    visitIndex: undefined,
    actionIndex: undefined,
    rule: undefined,
    table: 0,
    depth: 0,
    nesting: 0,
    resubmits: 0,
    buckets: 0,
    stack: [],
    actionSet: [],
    actionSetHasGroup: false,
    inActionSet: false,
    exit: false,
    freezing: false,
    frozenActions: [],
    pause: undefined,
    conntracked: false,
    error: undefined,
    frozen: new Map(),
    originalTunDst: word(flow, W.tunDst),
    originalPriority: word(flow, W.skbPriority),
    when: [],
  };
}

/** A copy of the flow as the translator wants it: options that have a value are there. */
function prepared(flow: Flow): Flow {
  const own = new Uint32Array(FLOW_WORDS);
  own.set(flow.subarray(0, FLOW_WORDS));
  own[W.actsetOutput] = OFPP_UNSET;
  for (let at = W.tunMetadata0; at < TUNNEL_END; at++) if (word(own, at) !== 0) setTunPresent(own, (at - W.tunMetadata0) >>> 2);
  if ((word(own, W.vlanTci) & 0x1000) !== 0 && word(own, HIDDEN.vlanTpid) === 0) own[HIDDEN.vlanTpid] = 0x8100;
  return own;
}

/** tnl_process_ecn(): congestion that the tunnel met shows inside, and a packet that could not carry that mark is lost. */
function processEcn({ flow, written }: Ctx): boolean {
  if (word(flow, W.tunDst) === 0 || !isIpAny(flow) || (word(flow, W.tunTos) & 3) !== 3) return true;
  if ((word(flow, W.nwTos) & 3) === 0) return false;
  flow[W.nwTos] = word(flow, W.nwTos) | 3;
  written[W.nwTos] = word(written, W.nwTos) | 3;
  return true;
}

const finished = (record: VisitRecord): Visit => {
  const { changed, ...visit } = record;
  return { ...visit, changes: [...changed.values()].filter((c) => c.before.some((w, i) => w !== c.after[i])) };
};

/** xlate_optimize_odp_actions(): a clone at the very end needs no copy. */
function withoutLastClone(actions: readonly DpAction[]): readonly DpAction[] {
  const last = actions.at(-1);
  return last?.kind === 'clone' ? [...actions.slice(0, -1), ...last.actions] : actions;
}

function conclude(ctx: Ctx): Translation {
  if (ctx.error === undefined) {
    if (!ctx.freezing) runActionSet(ctx);
    if (ctx.freezing) finishFreezing(ctx);
  }
  return {
    visits: ctx.visits.map(finished),
    actions: ctx.error === undefined ? withoutLastClone(ctx.out) : [],
    frozen: ctx.error === undefined ? ctx.frozen : new Map(),
    flow: ctx.flow,
    error: ctx.error,
  };
}

/** Takes a flow that came in by a port of the bridge through the bridge's tables. */
export function translate(sw: OvsSwitch, bridge: OvsBridge, flow: Flow): Translation {
  const ctx = newCtx(sw, bridge, prepared(flow));
  ctx.conntracked = (word(ctx.flow, W.ctState) & 0x20) !== 0;
  const actions = firstTable(ctx, 0, 'start');
  if (processEcn(ctx)) doRule(ctx, actions, true);
  return conclude(ctx);
}

/** The words that a packet takes with it by itself, and those that wait for it (frozen_metadata_to_flow()). */
function thaw(flow: Flow, frozen: Frozen): void {
  flow.set(frozen.flow.subarray(W.tunId, TUNNEL_END), W.tunId);
  flow.set(frozen.flow.subarray(HIDDEN.tunPresent, HIDDEN.tunPresent + 2), HIDDEN.tunPresent);
  flow.set(frozen.flow.subarray(W.metadata, W.metadata + 2), W.metadata);
  flow.set(frozen.flow.subarray(W.reg0, W.reg0 + 16), W.reg0);
  flow[W.inPort] = word(frozen.flow, W.inPort);
}

/**
 * Goes on with a packet that comes back from conntrack or from the controller. `flow`: the packet as it is now, with what conntrack
 * says about it; registers, metadata, tunnel and input port come from where it stopped.
 */
export function resume(sw: OvsSwitch, frozen: Frozen, flow: Flow): Translation {
  const bridge = sw.bridges.find((b) => b.name === frozen.bridge);
  const own = prepared(flow);
  if (!bridge) return { visits: [], actions: [], frozen: new Map(), flow: own, error: undefined };
  const ctx = newCtx(sw, bridge, own);
  ctx.conntracked = frozen.conntracked;
  if (!frozen.conntracked) clearConntrack(ctx.flow);
  thaw(ctx.flow, frozen);
  ctx.stack = [...frozen.stack];
  if (frozen.actionSet.length > 0) writeActions(ctx, frozen.actionSet);
  if (frozen.table === undefined) {
    ctx.visit = { ...ctx.visit, how: 'resume', left: frozen.actions, before: ctx.flow.slice() };
    ctx.visits.push(ctx.visit);
    ctx.visitIndex = 0;
    doActions(ctx, frozen.actions, true);
  } else doRule(ctx, firstTable(ctx, frozen.table, 'resume'), true);
  return conclude(ctx);
}
