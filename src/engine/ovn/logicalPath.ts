import type { Packet } from '../../packet/packet.ts';
import type { OpenFlowAction, OvsBridge } from '../../world/openflow.ts';
import type { LogicalFlow } from '../../world/ovn.ts';
import { type LogicalDatapath, ovnNames, ovnTables, portKey } from '../../world/ovnNames.ts';
import type { World } from '../../world/world.ts';
import type { Endpoint, OpenFlowStep, Role, Step } from '../step.ts';
import type { Trace } from '../trace-types.ts';
import { logicalFlowOf } from './logicalFlow.ts';

/*
 * A walk through the bridges of OVN as `ovn-trace` would tell it: which logical switches and routers a packet crosses, from port to port,
 * with the OpenFlow look-ups that each of them is made of.
 */

type Looked = Extract<Step, { kind: 'openflow' }>;

/** The way of one packet of the trace through the logical network. */
export interface LogicalWay {
  readonly role: Role;
  readonly connection: number;
  readonly packetId: number;
  readonly hops: readonly LogicalHop[];
}

/** One logical switch or router that a packet crossed, or the part of it that one machine did. */
export interface LogicalHop {
  /** The machine that did it. */
  readonly host: string;
  readonly bridge: string;
  /** The number in `metadata`; its name where listings tell it. */
  readonly key: number;
  readonly datapath: LogicalDatapath | undefined;
  readonly inport: LogicalPort | undefined;
  /** undefined: it never got as far as being sent out. */
  readonly outport: LogicalPort | undefined;
  /** The packet came out of a tunnel in the middle of this datapath: another machine did its first half. */
  readonly continued: boolean;
  readonly stages: readonly LogicalStage[];
  /** What it did to the packet, in order. */
  readonly effects: readonly LogicalEffect[];
  /** How the packet left: into the next datapath, out by a port of the bridge, to the controller, or not at all. */
  readonly end: { readonly kind: 'next' } | { readonly kind: 'output'; readonly port: string; readonly tunnel: boolean } | { readonly kind: 'controller'; readonly what: string | undefined } | { readonly kind: 'drop' } | { readonly kind: 'unknown' };
  /** The packet as it came, and as the datapath's tables left it. */
  readonly before: Packet;
  readonly after: Packet;
  /** All look-ups that it was made of, by their ids, those outside of the logical pipelines among them. */
  readonly steps: readonly number[];
}

export interface LogicalPort {
  readonly key: number;
  readonly name: string | undefined;
}

/** One table of a logical pipeline. */
export interface LogicalStage {
  readonly pipeline: 'ingress' | 'egress';
  /** From 0, within the pipeline. */
  readonly table: number;
  /** `ls_in_acl`; undefined: no listing of logical flows was given. */
  readonly name: string | undefined;
  /** The logical flow, and how it was found: the rule's cookie is its UUID, or only it has that table, priority and match; undefined: several could be it. */
  readonly flow: { readonly flow: LogicalFlow; readonly by: 'cookie' | 'match' } | undefined;
  /** The look-up in the stage's own table. */
  readonly step: number;
  /** The same, and those in helper tables that its rule asked (port security, MAC bindings, hairpin). */
  readonly steps: readonly number[];
}

export type LogicalEffect =
  | { readonly kind: 'ttl'; readonly before: number; readonly after: number; readonly step: number }
  | { readonly kind: 'nat'; readonly manip: 'src' | 'dst'; readonly before: Endpoint; readonly after: Endpoint; readonly zone: number; readonly undo: boolean; readonly step: number }
  /** A load balancer chose: the group's bucket. */
  | { readonly kind: 'balance'; readonly group: number; readonly bucket: number; readonly step: number };

/** What a hop is made of while it is gathered. */
interface Draft {
  readonly looks: Looked[];
  readonly key: number;
  readonly effects: LogicalEffect[];
  end: LogicalHop['end'] | undefined;
}

interface Walked {
  readonly role: Role;
  readonly connection: number;
  readonly packetId: number;
  readonly drafts: Draft[];
  /** Look-ups of the pass that is under way whose rules ask conntrack, and how many of them have been carried out. */
  asks: { readonly draft: Draft }[];
  done: number;
  open: Draft | undefined;
}

/**
 * Tells a trace as ways through OVN's logical network, one for each packet that met it, in the order in which they did; none where no
 * bridge of the world is OVN's. Names come from `world.ovn`; without listings there are only numbers.
 */
export function logicalPath(world: World, trace: Trace): readonly LogicalWay[] {
  const ways = new Map<string, Walked>();
  for (const step of trace.steps) {
    const key = `${step.connection} ${step.role} ${step.packetId}`;
    if (step.kind === 'ovs' && step.how === 'patch') {
      const draft = ways.get(key)?.open;
      const port = draft && patchTo(world, draft, step);
      if (draft && port !== undefined) draft.end = { kind: 'output', port, tunnel: false };
    } else if (step.kind === 'openflow') {
      const bridge = bridgeOf(world, step);
      if (!bridge || !ovnTables(bridge)) continue;
      const way = ways.get(key) ?? { role: step.role, connection: step.connection, packetId: step.packetId, drafts: [], asks: [], done: 0, open: undefined };
      ways.set(key, way);
      look(way, bridge, step);
    } else {
      const way = ways.get(key);
      if (way) happen(way, step);
    }
  }
  return [...ways.values()].flatMap((way): readonly LogicalWay[] => {
    const { role, connection, packetId } = way;
    const hops = way.drafts.flatMap((draft, i) => hopOf(world, draft, way.drafts[i + 1]) ?? []);
    return hops.length === 0 ? [] : [{ role, connection, packetId, hops }];
  });
}

const bridgeOf = (world: World, { host, bridge }: Looked): OvsBridge | undefined => world.hosts.find((h) => h.name === host)?.ovs?.find((b) => b.name === bridge);

/** The patch port by which a packet came from a hop's bridge into another one. */
function patchTo(world: World, { looks }: Draft, { host, port }: Extract<Step, { kind: 'ovs' }>): string | undefined {
  const last = looks.at(-1);
  return last?.host === host ? bridgeOf(world, last)?.ports.find((p) => p.peer === port)?.name : undefined;
}

const tablesFor = (bridge: OvsBridge) => ovnTables(bridge) ?? { ingress: Infinity, output: Infinity, egress: Infinity };

/** One look-up: of the hop under way, or the first of another one. */
function look(way: Walked, bridge: OvsBridge, step: Looked): void {
  const { ingress } = tablesFor(bridge);
  const last = way.open?.looks.at(-1);
  const here = way.open && last?.host === step.host && last.bridge === step.bridge;
  if (step.how === 'resume' || !here || step.pass !== last?.pass) {
    way.asks = [];
    way.done = 0;
  }
  const key = step.logical?.datapath;
  if (key === undefined) {
    // Physical to logical: the table that knows the port comes before anything is known.
    if (step.table === 0 || !here) way.open = undefined;
  } else if (!here || way.open?.key !== key || step.table === ingress) {
    way.open = { looks: [], key, effects: [], end: undefined };
    way.drafts.push(way.open);
  }
  if (!way.open) return;
  const draft = way.open;
  // The controller gave it back.
  if (draft.end?.kind === 'controller') draft.end = undefined;
  draft.looks.push(step);
  if (asksConntrack(step)) way.asks.push({ draft });
  for (const { field, before, after } of step.changes) {
    if (field === 'nw_ttl') draft.effects.push({ kind: 'ttl', before: before.at(-1) ?? 0, after: after.at(-1) ?? 0, step: step.id });
  }
  for (const note of step.notes) {
    if (note.kind === 'bucket') draft.effects.push({ kind: 'balance', group: note.group, bucket: note.bucket, step: step.id });
    if (note.kind === 'output') draft.end = { kind: 'output', port: note.port, tunnel: bridge.ports.some((p) => p.name === note.port && p.tunnel !== undefined) };
  }
}

const holdsCt = (actions: readonly OpenFlowAction[]): boolean => actions.some((a) => a.kind === 'ct' || (a.kind === 'clone' && holdsCt(a.actions)));

const asksConntrack = ({ rule, notes }: OpenFlowStep): boolean => (rule !== undefined && holdsCt(rule.actions)) || notes.some((n) => n.kind === 'bucket');

/**
 * What is done when a pass's look-ups are over. A pass may cross several datapaths; what conntrack does belongs to the one whose rule asked
 * for it, and it is done in the order of the rules.
 */
function happen(way: Walked, step: Step): void {
  if (step.kind === 'ovs-action' && step.action.kind === 'ct') way.done++;
  else if (step.kind === 'ovs-action' && step.action.kind === 'controller') {
    const draft = way.drafts.at(-1);
    if (draft) draft.end = { kind: 'controller', what: step.action.what };
  } else if (step.kind === 'unknown') {
    const draft = way.drafts.at(-1);
    if (draft && draft === way.open) draft.end = { kind: 'unknown' };
  } else if (step.kind === 'nat' && step.by !== 'null-binding' && step.parent !== undefined) {
    const draft = (way.asks[Math.max(0, way.done - 1)] ?? way.asks.at(-1))?.draft;
    draft?.effects.push({ kind: 'nat', manip: step.manip, before: step.before, after: step.after, zone: step.entry.zone, undo: step.undo, step: step.id });
  }
}

function hopOf(world: World, { looks, key, effects, end }: Draft, next: Draft | undefined): LogicalHop | undefined {
  const [first] = looks;
  const last = looks.at(-1);
  const bridge = first && bridgeOf(world, first);
  if (!first || !last || !bridge) return undefined;
  const { ingress, egress } = tablesFor(bridge);
  const { datapaths, ports } = ovnNames(world);
  const port = (number: number | undefined): LogicalPort | undefined => (number === undefined || number === 0 ? undefined : { key: number, name: ports.get(portKey(key, number)) });
  const sent = looks.find((s) => s.table === egress) ?? looks.findLast((s) => (s.logical?.outport ?? 0) !== 0);
  const tunnelled = end?.kind === 'output' && end.tunnel;
  return {
    host: first.host,
    bridge: first.bridge,
    key,
    datapath: datapaths.get(key),
    inport: port(first.logical?.inport),
    outport: port(sent?.logical?.outport),
    continued: first.table !== ingress,
    stages: stagesOf(world, bridge, datapaths.get(key), looks),
    effects,
    end: end ?? (next && next.looks[0]?.host === first.host && next.looks[0].pass >= last.pass ? { kind: 'next' } : { kind: 'drop' }),
    before: first.packet,
    after: tunnelled ? last.packet : (next?.looks[0]?.packet ?? last.packet),
    steps: looks.map((s) => s.id),
  };
}

function stagesOf(world: World, bridge: OvsBridge, datapath: LogicalDatapath | undefined, looks: readonly Looked[]): readonly LogicalStage[] {
  const { ingress, output, egress } = tablesFor(bridge);
  const stages: { readonly stage: LogicalStage; readonly steps: number[] }[] = [];
  for (const step of looks) {
    const pipeline = step.table >= ingress && step.table < output ? 'ingress' : step.table >= egress ? 'egress' : undefined;
    const table = step.table - (pipeline === 'egress' ? egress : ingress);
    const found = pipeline && logicalFlowOf(world, datapath, pipeline, table, step);
    const open = stages.at(-1);
    // Helper tables stand behind the pipelines: no stage of the listing.
    if (!pipeline || !found) {
      open?.steps.push(step.id);
      continue;
    }
    const steps = [step.id];
    stages.push({ stage: { pipeline, table, name: found.stage, flow: found.flow, step: step.id, steps }, steps });
  }
  return stages.map((s) => s.stage);
}
