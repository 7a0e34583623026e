import { OFPP, type OvsBridge } from '../../world/openflow.ts';
import { FIELDS } from '../../world/openflowFields.ts';
import { readField, W, word, writeMasked } from '../openflow/fields.ts';
import type { Flow, FieldChange, PacketLength, Translation, Visit, VisitNote } from '../openflow/types.ts';
import type { At } from '../sim.ts';
import type { CachedPass, OpenFlowCondition, OpenFlowStep, OvsStep } from '../step.ts';
import type { Run } from './datapath.ts';
import type { Skb } from '../skb.ts';
import { sameHeaders, withFlow } from './flow.ts';

/** A bridge while the packet is in it, with the look-ups there; the way into another bridge by a patch port and back interrupts it. */
interface Stay {
  readonly bridge: string;
  readonly port: string;
  readonly how: OvsStep['how'];
  readonly visits: Visit[];
  /** Patch ports by which it goes on. */
  readonly patches: string[];
}

/** Of what depends on the frame's length only what happens to this frame. */
const happens = ({ when }: { readonly when?: readonly PacketLength[] }, bytes: number): boolean => when === undefined || when.every((w) => bytes > w.bytes === w.larger);

const nameOfPort = (bridge: OvsBridge | undefined, ofport: number): string =>
  bridge?.ports.find((p) => p.ofport === ofport)?.name ?? (ofport === OFPP.LOCAL ? (bridge?.name ?? 'LOCAL') : ofport === OFPP.CONTROLLER ? 'CONTROLLER' : String(ofport));

const bridgeNamed = ({ ns }: Run, name: string): OvsBridge | undefined => ns.host.ovs?.find((b) => b.name === name);

/** Which look-up belongs to which stay. */
function staysOf(run: Run, visits: readonly Visit[], how: OvsStep['how']): readonly Stay[] {
  const stays: Stay[] = [];
  const open: Stay[] = [];
  for (const visit of visits) {
    while (visit.how !== 'patch' && open.length > 0 && open.at(-1)?.bridge !== visit.bridge) open.pop();
    const from = open.at(-1);
    let stay = visit.how === 'patch' ? undefined : from;
    if (!stay) {
      stay = { bridge: visit.bridge, port: nameOfPort(bridgeNamed(run, visit.bridge), word(visit.before, W.inPort)), how: visit.how === 'patch' ? 'patch' : how, visits: [], patches: [] };
      const { port } = stay;
      const peer = from && bridgeNamed(run, from.bridge)?.ports.find((p) => p.peer === port);
      if (peer) from.patches.push(peer.name);
      stays.push(stay);
      open.push(stay);
    }
    stay.visits.push(visit);
  }
  return stays.length > 0 ? stays : [{ bridge: run.place.bridge.name, port: run.place.port.name, how, visits: [], patches: [] }];
}

/** Where the look-ups of a stay send the packet. */
function outputsOf({ visits, patches }: Stay, bytes: number): readonly string[] {
  const notes = visits.flatMap((v) => v.notes.filter((n) => happens(n, bytes)));
  return [...new Set([...notes.flatMap((n) => (n.kind === 'output' ? [n.port] : n.kind === 'normal' ? n.to : [])), ...patches])];
}

/**
 * Tells a pass: one step for each stay in a bridge, in it one for each look-up. The answer is the step and bridge of the last look-up; when
 * something in it cannot be known the walk has ended there.
 */
export function emitVisits(run: Run, translation: Translation, how: OvsStep['how'], bytes: number, cached: CachedPass | undefined): { readonly step: number; readonly bridge: string; readonly unknown: boolean } {
  const { sim, ns } = run;
  const visits = translation.visits.filter((v) => happens(v, bytes));
  const stays = staysOf(run, visits, how);
  const owner = new Map(stays.flatMap((stay) => stay.visits.map((v) => [v, stay] as const)));
  const again = new Set([...translation.frozen.values()].map((f) => f.bridge));
  const outer = sim.parent;
  const steps = new Map<Stay, number>();
  const stepOf = (stay: Stay): number => {
    sim.parent = undefined;
    const known = steps.get(stay);
    if (known !== undefined) return known;
    const { bridge, port } = stay;
    const id = sim.emit({ ns, dev: bridge }, run.skb, { kind: 'ovs', bridge, port, pass: run.passes, how: stay.how, to: outputsOf(stay, bytes), again: again.has(bridge), ...(cached && stay === stays[0] ? { cached } : {}) }, { framed: true, source: [bridgeNamed(run, bridge)?.source] });
    steps.set(stay, id);
    return id;
  };
  let last = { step: stays[0] ? stepOf(stays[0]) : 0, bridge: stays[0]?.bridge ?? run.place.bridge.name };
  let unknown = false;
  let shown: Shown | undefined;
  for (const visit of visits) {
    const stay = owner.get(visit);
    if (!stay) continue;
    last = { step: stepOf(stay), bridge: stay.bridge };
    sim.parent = last.step;
    if (!visit.left) shown = tellVisit(run, visit, bytes, shown);
    sim.parent = undefined;
    const found = visit.notes.find((n): n is Extract<VisitNote, { kind: 'unknown' }> => n.kind === 'unknown' && happens(n, bytes));
    if (!found) continue;
    sayUnknown(run, visit, found);
    unknown = true;
    break;
  }
  sim.parent = outer;
  return { ...last, unknown };
}

/** The packet as the last look-up left it: most change registers alone. */
interface Shown {
  readonly flow: Flow;
  readonly skb: Skb;
}

function tellVisit(run: Run, visit: Visit, bytes: number, before: Shown | undefined): Shown {
  const { sim, ns, skb } = run;
  const at: At = { ns, dev: visit.bridge };
  const changes = visit.changes.filter((c) => happens(c, bytes));
  const conditions = (visit.rule?.match ?? []).map((m): OpenFlowCondition => ({ ...m, saw: sawOf(visit.before, m.field) }));
  const { bridge, table, how, depth, rule } = visit;
  const tableName = bridgeNamed(run, bridge)?.tableNames?.[String(table)];
  const notes = visit.notes.filter((n) => happens(n, bytes));
  const flow = changed(visit.before, changes);
  const shown = before && sameHeaders(before.flow, flow) ? { flow, skb: before.skb } : { flow, skb: withFlow(skb, flow) };
  if (sim.explain?.step === sim.steps.length) sim.explain.flow = visit.before.slice();
  sim.emit(at, shown.skb, { kind: 'openflow', bridge, table, ...(tableName === undefined ? {} : { tableName }), pass: run.passes, how, depth, rule, conditions, changes, notes, ...logicalOf(visit.before) }, { framed: true, source: [rule?.source] });
  return shown;
}

/** The registers that OVN keeps datapath and ports in (lib/logical-fields.h); other controllers leave `metadata` alone. */
function logicalOf(flow: Flow): Pick<OpenFlowStep, 'logical'> {
  const datapath = word(flow, W.metadata + 1);
  return datapath === 0 ? {} : { logical: { datapath, inport: word(flow, W.reg0 + 14), outport: word(flow, W.reg0 + 15) } };
}

const sawOf = (flow: Flow, name: string): readonly number[] => {
  const field = FIELDS.get(name);
  return field ? readField(flow, field) : [];
};

/** The flow with what a rule's own actions have changed. */
function changed(before: Flow, changes: readonly FieldChange[]): Flow {
  if (changes.length === 0) return before;
  const after = before.slice();
  for (const change of changes) {
    const field = FIELDS.get(change.field);
    if (field) writeMasked(after, field, change.after, undefined);
  }
  return after;
}

/** The walk cannot be told any further; the command that would help is named where there is one. */
function sayUnknown({ sim, ns, skb }: Run, visit: Visit, { what, name }: Extract<VisitNote, { kind: 'unknown' }>): void {
  const at: At = { ns, dev: visit.bridge };
  const source = visit.rule?.source ? [visit.rule.source] : [];
  switch (what) {
    case 'flows':
      return sim.unknown(at, skb, 'ovs-bridge', name, `ovs-ofctl dump-flows ${name}`, source);
    case 'groups':
      return sim.unknown(at, skb, 'openflow', `${visit.bridge}: ${name}`, `ovs-ofctl -O OpenFlow15 dump-groups ${visit.bridge}`, source);
    case 'port':
      // The bridge stands first: that of a patch port's other end may be another.
      return sim.unknown(at, skb, 'openflow', `${visit.bridge}: ${name}`, `ovs-ofctl show ${name.split(' ')[0] ?? visit.bridge}`, source);
    case 'bridge':
      return sim.unknown(at, skb, 'ovs-bridge', name, 'ovs-vsctl show', source);
    case 'action':
    case 'field':
      return sim.unknown(at, skb, 'openflow', name, undefined, source);
  }
}
