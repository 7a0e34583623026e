import type { DatapathFlow } from '../../world/datapathFlow.ts';
import type { FieldMatch } from '../../world/openflow.ts';
import { FIELDS } from '../../world/openflowFields.ts';
import { type OvsPlace, tunnelDevice } from '../../world/ovs.ts';
import type { DpAction, Flow } from '../openflow/types.ts';
import type { CachedFlow, CachedPass } from '../step.ts';
import { keyFlow, type Run } from './datapath.ts';
import type { TunnelKey } from './flow.ts';

/*
 * Which flows of the real datapath's cache a packet would meet (flow_lookup(), net/openvswitch/flow_table.c): evidence beside what the
 * rules say. Only packets that come in by a port are told apart by their fields alone; to a later pass leads the number in the actions of
 * the flow before.
 */

/** undefined: nobody can ask the packet. */
function meets(flow: Flow, { field, value, mask, text }: FieldMatch): boolean | undefined {
  const spec = text === undefined ? FIELDS.get(field) : undefined;
  if (!spec) return undefined;
  return value.every((v, i) => (((flow[spec.word + i] ?? 0) & (mask?.[i] ?? 0xffffffff)) ^ v) === 0);
}

/** The port of the datapath by name or number; undefined: no listing tells whose number that is. */
function isPort(asked: string, { port }: OvsPlace): boolean | undefined {
  if (asked === (tunnelDevice(port) ?? port.name)) return true;
  if (!/^\d+$/.test(asked)) return false;
  return port.dpPort === undefined ? undefined : port.dpPort === Number(asked);
}

const bits = (hex: string): bigint => BigInt(`0x0${hex}`);

/** Every option that is asked for is there, with the bits that are asked for. */
const hasOptions = (options: NonNullable<DatapathFlow['options']>, tunnel: TunnelKey | undefined): boolean =>
  options.every((o) => tunnel?.options.some((t) => t.optClass === o.optClass && t.optType === o.optType && t.hex.length === o.hex.length && (bits(t.hex) & bits(o.mask)) === (bits(o.hex) & bits(o.mask))));

/** The flow with what could not be asked; undefined when it is not for this packet. */
function fits(cached: DatapathFlow, place: OvsPlace, flow: Flow, tunnel: TunnelKey | undefined): CachedFlow | undefined {
  const open: string[] = [];
  const port = cached.inPort === undefined ? true : isPort(cached.inPort, place);
  if (port === false || !hasOptions(cached.options ?? [], tunnel)) return undefined;
  if (port === undefined) open.push(`in_port(${cached.inPort ?? ''})`);
  for (const condition of cached.match) {
    const met = meets(flow, condition);
    if (met === false) return undefined;
    if (met === undefined) open.push(condition.text ?? condition.field);
  }
  return { flow: cached, open };
}

const indexes = new WeakMap<readonly DatapathFlow[], ReadonlyMap<number, readonly DatapathFlow[]>>();

/** The flows of each pass: a busy node has tens of thousands. */
function byPass(flows: readonly DatapathFlow[]): ReadonlyMap<number, readonly DatapathFlow[]> {
  const known = indexes.get(flows);
  if (known) return known;
  const index = new Map<number, DatapathFlow[]>();
  for (const flow of flows) {
    const same = index.get(flow.recirc);
    if (same) same.push(flow);
    else index.set(flow.recirc, [flow]);
  }
  indexes.set(flows, index);
  return index;
}

const NO_FLOW: Flow = new Uint32Array(0);

/** Without the fields that a controller is told: nothing here needs them. */
const told = (action: DpAction): DpAction => (action.kind === 'controller' ? { ...action, flow: NO_FLOW } : action);

/** What the cache has for a packet at the start of a pass; undefined: there is no listing, or nothing in it tells the number of this pass. */
export function cachedPass(run: Run, actions: readonly DpAction[]): CachedPass | undefined {
  const { ns, place, recircs, tunnel } = run;
  const { datapathFlows } = ns.host;
  if (!datapathFlows || recircs.length === 0) return undefined;
  const flow = keyFlow(run);
  const known = byPass(datapathFlows);
  const met = (ids: readonly number[]): readonly CachedFlow[] => ids.flatMap((id) => known.get(id) ?? []).flatMap((f) => fits(f, place, flow, tunnel) ?? []);
  // Which bucket a group takes is settled at once here; the real one has the datapath take a hash first, and comes back with it.
  const flows = met(recircs).flatMap((first): readonly CachedFlow[] => {
    const chosen = first.flow.byHash ? met(first.flow.again) : [];
    return chosen.length === 0 ? [first] : chosen.map((c) => ({ ...c, behind: first.flow }));
  });
  return { flows, actions: actions.map(told) };
}

/** Numbers of the passes that a list of actions leads to, in its order. */
const againOf = (actions: readonly DpAction[]): readonly number[] =>
  actions.flatMap((a) => (a.kind === 'recirc' ? [a.id] : a.kind === 'clone' ? againOf(a.actions) : a.kind === 'check-pkt-len' ? [...againOf(a.greater), ...againOf(a.lessEqual)] : []));

/** What the cache calls the pass that `id` leads to: the number at the same place in its flows' actions. */
export function recircsOf(cached: CachedPass | undefined, actions: readonly DpAction[], id: number): readonly number[] {
  const own = againOf(actions);
  const at = own.indexOf(id);
  return [...new Set((cached?.flows ?? []).flatMap(({ flow }) => (flow.again.length === own.length ? flow.again.slice(at, at + 1) : [])))];
}
