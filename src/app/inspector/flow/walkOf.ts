import type { OpenFlowStep, OvsStep, StepBase } from '../../../engine/step.ts';
import type { Trace } from '../../../engine/trace-types.ts';
import type { Stop } from '../../../text/reading-types.ts';

export type LookUp = StepBase & OpenFlowStep;

/** The look-ups of one stay in a bridge that a stop covers. */
export interface Stay {
  readonly step: StepBase & OvsStep;
  readonly lookUps: readonly LookUp[];
}

/** What a stop tells of Open vSwitch: each stay in a bridge with its look-ups; empty for other stops. A stop about one look-up has that alone. */
export function staysAt(trace: Trace, stop: Stop): readonly Stay[] {
  const lead = trace.steps[stop.lead];
  const within = trace.steps.slice(stop.from, stop.to + 1);
  const first = within.find((s) => s.kind === 'openflow' || s.kind === 'ovs');
  // Look-ups of a frame that only asks for a neighbour, or of a packet that the stop is not about, say nothing here.
  const packet = lead?.subsystem === 'ovs' || lead?.kind === 'drop' || lead?.kind === 'unknown' ? lead.packetId : first?.packetId;
  const stays = new Map<number, { step: StepBase & OvsStep; lookUps: LookUp[] }>();
  const stayOf = (id: number | undefined) => {
    const step = id === undefined ? undefined : trace.steps[id];
    if (step?.kind !== 'ovs') return undefined;
    const stay = stays.get(step.id) ?? { step, lookUps: [] };
    stays.set(step.id, stay);
    return stay;
  };
  for (const step of within) {
    if (step.packetId !== packet || (step.role === 'arp' && lead?.role !== 'arp')) continue;
    if (step.kind === 'ovs') stayOf(step.id);
    if (step.kind === 'openflow') stayOf(step.parent)?.lookUps.push(step);
  }
  // A bridge as a whole is told by what its tables did, even where these are stops of their own.
  if (lead?.kind === 'ovs' && within.length === 1) {
    const stay = stayOf(lead.id);
    for (let at = lead.id + 1; at < trace.steps.length && stay; at++) {
      const step = trace.steps[at];
      if (step?.kind === 'ovs' && step.packetId === lead.packetId) break;
      if (step?.kind === 'openflow' && step.parent === lead.id) stay.lookUps.push(step);
    }
  }
  const found = [...stays.values()].filter((s) => s.lookUps.length > 0);
  return found.length > 0 ? found : askedBy(trace, stop, stayOf);
}

/** Whatever the datapath does, a rule has asked for: of such a stop that look-up. */
function askedBy(trace: Trace, { from, to }: Stop, stayOf: (id: number | undefined) => { step: StepBase & OvsStep; lookUps: LookUp[] } | undefined): readonly Stay[] {
  const action = trace.steps.slice(from, to + 1).find((s) => s.kind === 'ovs-action');
  if (action?.kind !== 'ovs-action') return [];
  const kind = action.action.kind === 'ct' ? 'ct' : action.action.kind === 'ct-clear' ? 'ct_clear' : action.action.kind === 'controller' ? 'controller' : undefined;
  const asks = (s: LookUp): boolean => s.notes.some((n) => n.kind === 'bucket') || s.rule?.actions.some((a) => kind === undefined || a.kind === kind || (a.kind === 'clone' && a.actions.some((x) => x.kind === kind))) === true;
  const before = trace.steps.slice(0, action.id).filter((s) => s.packetId === action.packetId && s.host === action.host);
  const last = before.findLast((s) => s.kind === 'openflow');
  if (last?.kind !== 'openflow') return [];
  // The look-ups of a pass come first, then what they have asked for, in the same order.
  const askers = before.filter((s): s is LookUp => s.kind === 'openflow' && s.pass === last.pass && s.bridge === action.bridge && asks(s));
  const done = before.filter((s) => s.id > last.id && s.kind === 'ovs-action' && s.action.kind === action.action.kind).length;
  const lookUp = askers[done] ?? askers.at(-1);
  const stay = lookUp && stayOf(lookUp.parent);
  return stay && lookUp ? [{ ...stay, lookUps: [lookUp] }] : [];
}

/** The packet is lost at this look-up, if at any: a table without a rule for it only ends what led there, and the walk may go on. */
export const isLostAt = (trace: Trace, { id }: LookUp): boolean => trace.steps[id + 1]?.kind === 'drop';

/** A rule that only leads on, and changes nothing: of no interest among many. */
export const isQuiet = ({ rule, changes, notes }: LookUp): boolean =>
  rule !== undefined && changes.length === 0 && notes.length === 0 && rule.actions.every((a) => a.kind === 'resubmit' || a.kind === 'goto_table' || a.kind === 'ct_clear' || a.kind === 'note');

/** Look-ups in a row, the quiet ones of a long walk together. */
export type Run = { readonly kind: 'one'; readonly lookUp: LookUp } | { readonly kind: 'quiet'; readonly lookUps: readonly LookUp[] };

/** Shorter walks are shown whole. */
const SHORT = 6;

export function runsOf(lookUps: readonly LookUp[]): readonly Run[] {
  if (lookUps.length <= SHORT) return lookUps.map((lookUp) => ({ kind: 'one', lookUp }));
  const runs: Run[] = [];
  for (const [i, lookUp] of lookUps.entries()) {
    const last = runs.at(-1);
    if (i === lookUps.length - 1 || !isQuiet(lookUp)) runs.push({ kind: 'one', lookUp });
    else if (last?.kind === 'quiet') runs[runs.length - 1] = { kind: 'quiet', lookUps: [...last.lookUps, lookUp] };
    else runs.push({ kind: 'quiet', lookUps: [lookUp] });
  }
  return runs.map((run) => (run.kind === 'quiet' && run.lookUps.length === 1 && run.lookUps[0] ? { kind: 'one', lookUp: run.lookUps[0] } : run));
}
