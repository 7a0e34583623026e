import { OFPP, type OvsBridge } from '../../world/openflow.ts';
import { FIELDS } from '../../world/openflowFields.ts';
import { readField, W, word, writeMasked } from '../openflow/fields.ts';
import type { Flow, FieldChange, PacketLength, Translation, Visit, VisitNote } from '../openflow/types.ts';
import type { At } from '../sim.ts';
import type { OpenFlowCondition, OvsStep } from '../step.ts';
import type { Run } from './datapath.ts';
import { withFlow } from './flow.ts';

/** A bridge while the packet is in it. */
interface Stay {
  readonly step: number;
  readonly bridge: string;
}

/** Of what depends on the frame's length only what happens to this frame. */
const happens = ({ when }: { readonly when?: readonly PacketLength[] }, bytes: number): boolean => when === undefined || when.every((w) => bytes > w.bytes === w.larger);

const nameOfPort = (bridge: OvsBridge | undefined, ofport: number): string =>
  bridge?.ports.find((p) => p.ofport === ofport)?.name ?? (ofport === OFPP.LOCAL ? (bridge?.name ?? 'LOCAL') : String(ofport));

/** Where the look-ups of one stay in a bridge send the packet. */
function outputsOf(visits: readonly Visit[], bridge: string, bytes: number): readonly string[] {
  const notes = visits.filter((v) => v.bridge === bridge).flatMap((v) => v.notes.filter((n) => happens(n, bytes)));
  return [...new Set(notes.flatMap((n) => (n.kind === 'output' ? [n.port] : n.kind === 'normal' ? n.to : [])))];
}

/**
 * Tells a pass: one step for each bridge that the packet goes through, in it one for each look-up. The answer is the last bridge's; when
 * something in it cannot be known the walk has ended there.
 */
export function emitVisits(run: Run, translation: Translation, how: OvsStep['how'], bytes: number): Stay & { readonly unknown: boolean } {
  const { sim, ns } = run;
  const visits = translation.visits.filter((v) => happens(v, bytes));
  const stays = new Map<string, Stay>();
  const outer = sim.parent;
  sim.parent = undefined;
  const again = new Set([...translation.frozen.values()].map((f) => f.bridge));
  const stayIn = (visit: Visit | undefined): Stay => {
    const name = visit?.bridge ?? run.place.bridge.name;
    const known = stays.get(name);
    if (known && visit?.how !== 'patch') return known;
    const bridge = ns.host.ovs?.find((b) => b.name === name);
    const port = visit ? nameOfPort(bridge, word(visit.before, W.inPort)) : run.place.port.name;
    const step = sim.emit({ ns, dev: name }, run.skb, { kind: 'ovs', bridge: name, port, pass: run.passes, how: visit?.how === 'patch' ? 'patch' : how, to: outputsOf(visits, name, bytes), again: again.has(name) }, { framed: true, source: [bridge?.source] });
    const stay: Stay = { step, bridge: name };
    stays.set(name, stay);
    return stay;
  };
  let stay = stayIn(visits[0]);
  for (const visit of visits) {
    stay = stayIn(visit);
    sim.parent = stay.step;
    if (!visit.left) tellVisit(run, visit, bytes);
    const unknown = visit.notes.find((n): n is Extract<VisitNote, { kind: 'unknown' }> => n.kind === 'unknown' && happens(n, bytes));
    sim.parent = undefined;
    if (!unknown) continue;
    sayUnknown(run, visit, unknown);
    sim.parent = outer;
    return { ...stay, unknown: true };
  }
  sim.parent = outer;
  return { ...stay, unknown: false };
}

function tellVisit(run: Run, visit: Visit, bytes: number): void {
  const { sim, ns, skb } = run;
  const at: At = { ns, dev: visit.bridge };
  const changes = visit.changes.filter((c) => happens(c, bytes));
  const conditions = (visit.rule?.match ?? []).map((m): OpenFlowCondition => ({ ...m, saw: sawOf(visit.before, m.field) }));
  const { bridge, table, how, depth, rule } = visit;
  const notes = visit.notes.filter((n) => happens(n, bytes));
  sim.emit(at, withFlow(skb, changed(visit.before, changes)), { kind: 'openflow', bridge, table, pass: run.passes, how, depth, rule, conditions, changes, notes }, { framed: true, source: [rule?.source] });
}

const sawOf = (flow: Flow, name: string): readonly number[] => {
  const field = FIELDS.get(name);
  return field ? readField(flow, field) : [];
};

/** The flow with what a rule's own actions have changed. */
function changed(before: Flow, changes: readonly FieldChange[]): Flow {
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
      return sim.unknown(at, skb, 'openflow', `${visit.bridge}: ${name}`, `ovs-ofctl show ${visit.bridge}`, source);
    case 'bridge':
      return sim.unknown(at, skb, 'ovs-bridge', name, 'ovs-vsctl show', source);
    case 'action':
    case 'field':
      return sim.unknown(at, skb, 'openflow', name, undefined, source);
  }
}
