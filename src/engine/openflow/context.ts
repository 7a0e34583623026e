import type { CtAction, OpenFlowAction, OpenFlowRule, OvsBridge, OvsPort, Subfield, Words } from '../../world/openflow.ts';
import { OFPP } from '../../world/openflow.ts';
import { FIELDS, type FieldSpec } from '../../world/openflowFields.ts';
import { addRule, matchKey, type Tables } from './classifier.ts';
import type { ByteCount } from './dpBytes.ts';
import { readField, writeMasked, writeSubfield } from './fields.ts';
import type { DpAction, FieldChange, Flow, Frozen, PacketLength, Visit, VisitNote } from './types.ts';

/** What of a bridge changes while packets pass. */
export interface BridgeState {
  /** By `vlan mac`: the port. */
  readonly macs: Map<string, string>;
  /** Rules that `learn` made, and their tables. */
  learned: OpenFlowRule[];
  tables: Tables;
}

/** What the bridges of a machine have learned. The caller owns it and hands it from packet to packet. */
export interface SwitchState {
  readonly bridges: Map<string, BridgeState>;
}

export const newSwitchState = (): SwitchState => ({ bridges: new Map() });

/** The buckets among which a select group takes one: `index` is the position in the dump, from 0. */
export interface BucketChoice {
  readonly bridge: string;
  readonly group: number;
  readonly method: string | undefined;
  readonly buckets: readonly { readonly index: number; readonly weight: number }[];
}

/** The Open vSwitch of one machine. */
export interface OvsSwitch {
  readonly bridges: readonly OvsBridge[];
  readonly state: SwitchState;
  /** Which bucket a select group takes: one of the indices of `buckets`. */
  readonly choose: (choice: BucketChoice) => number;
  /** Whether a port is up; absent: all are. */
  readonly isUp?: (bridge: string, port: string) => boolean;
  /** False: nothing is learned, as when `ofproto/trace` asks without a packet. */
  readonly learns: boolean;
}

/** A look-up while its actions are carried out. */
export interface VisitRecord extends Omit<Visit, 'changes' | 'notes'> {
  readonly changed: Map<string, FieldChange>;
  readonly notes: VisitNote[];
}

/** One translation (struct xlate_ctx). */
export interface Ctx {
  readonly sw: OvsSwitch;
  bridge: OvsBridge;
  /** What the bridge had learned when the packet came to it: what this packet teaches is for the next (tables_version). */
  learned: Tables;
  flow: Flow;
  /** The packet as the datapath has it by now. */
  base: Flow;
  /** The tunnel that was last set, spelled out; undefined: none. */
  baseTunnel: string | undefined;
  /** Bits that actions have written. */
  readonly written: Flow;
  out: DpAction[];
  /** How long `out` is, with the lists that it is a part of. */
  readonly bytes: ByteCount;
  readonly visits: VisitRecord[];
  visit: VisitRecord;
  visitIndex: number | undefined;
  /** Which action of the rule is being carried out. */
  actionIndex: number | undefined;
  rule: OpenFlowRule | undefined;
  table: number;
  depth: number;
  nesting: number;
  resubmits: number;
  /** Buckets of groups that were carried out. */
  buckets: number;
  stack: Words[];
  actionSet: OpenFlowAction[];
  actionSetHasGroup: boolean;
  inActionSet: boolean;
  exit: boolean;
  freezing: boolean;
  frozenActions: OpenFlowAction[];
  pause: Extract<OpenFlowAction, { kind: 'controller' }> | undefined;
  conntracked: boolean;
  error: 'depth' | 'resubmits' | 'stack' | undefined;
  readonly frozen: Map<number, Frozen>;
  /** Where the packet's own tunnel ended. */
  readonly originalTunDst: number;
  readonly originalPriority: number;
  when: readonly PacketLength[];
}

const clauses = (ctx: Ctx): { readonly when?: readonly PacketLength[] } => (ctx.when.length > (ctx.visit.when?.length ?? 0) ? { when: ctx.when } : {});

/** Says something about the look-up whose actions are being carried out. */
export function note(ctx: Ctx, what: VisitNote): void {
  ctx.visit.notes.push({ ...what, ...clauses(ctx) });
}

/** Carries out a change of one field, and keeps what it was before. Labels of MPLS are matched, but not written (commit_mpls_action() of lib/odp-util.c is not modelled). */
export function change(ctx: Ctx, field: FieldSpec, how: (flow: Flow) => void): void {
  if (field.needs === 'mpls') note(ctx, { kind: 'unknown', what: 'field', name: field.name });
  const before = readField(ctx.flow, field);
  how(ctx.flow);
  const after = readField(ctx.flow, field);
  const key = `${field.name} ${ctx.when.length}:${ctx.when.map((w) => w.larger).join()}`;
  const earlier = ctx.visit.changed.get(key);
  ctx.visit.changed.set(key, { field: field.name, before: earlier?.before ?? before, after, ...clauses(ctx) });
}

const ONES: Words = [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff];

/** Writes bits of a field (mf_write_subfield_flow()). */
export function loadSubfield(ctx: Ctx, dst: Subfield, value: Words): void {
  const field = FIELDS.get(dst.field);
  if (!field) return note(ctx, { kind: 'unknown', what: 'field', name: dst.field });
  change(ctx, field, (flow) => writeSubfield(flow, field, dst, value));
  writeSubfield(ctx.written, field, dst, ONES);
}

/** Sets a field where the mask has ones; without a mask as a whole. */
export function setField(ctx: Ctx, field: FieldSpec, value: Words, mask: Words | undefined): void {
  change(ctx, field, (flow) => writeMasked(flow, field, value, mask));
  writeMasked(ctx.written, field, mask ?? ONES, mask);
}

interface Ports {
  readonly byNumber: ReadonlyMap<number, OvsPort>;
  /** In the order of their numbers. */
  readonly all: readonly OvsPort[];
  /** Some number is in no listing: a port has none or only an assumed one, or nobody listed the ports at all. */
  readonly unnumbered: boolean;
}

const portsByBridge = new WeakMap<OvsBridge, Ports>();

/** Somebody said which numbers there are: `ovs-ofctl show` and `dpif/show` list all ports, even if that is the bridge's own alone. */
const isListed = ({ ports, extra, datapath }: OvsBridge): boolean => extra?.['dpid'] !== undefined || datapath !== undefined || ports.some((p) => p.ofport !== undefined && p.ofport !== OFPP.LOCAL);

/** A number of which nobody can tell whether some port has it. */
export const isUntold = (ctx: Ctx, ofport: number): boolean => {
  const { byNumber, unnumbered } = portsOf(ctx.bridge);
  return unnumbered && ofport < OFPP_MAX && !byNumber.has(ofport);
};

/** A port without a number, for what goes out by all ports: its name, or '*' where nobody listed the ports; undefined: all have one. */
export function untoldPort({ bridge }: Ctx): string | undefined {
  if (!isListed(bridge)) return '*';
  return bridge.ports.find((p) => p.ofport === undefined && p.name !== bridge.name)?.name;
}

/** The first number that no device can have (OFPP_MAX). */
const OFPP_MAX = 0xff00;

/** The ports of a bridge, its own among them. */
export function portsOf(bridge: OvsBridge): Ports {
  const known = portsByBridge.get(bridge);
  if (known) return known;
  const all = bridge.ports.map((p) => (p.name === bridge.name && p.ofport === undefined ? { ...p, ofport: OFPP.LOCAL } : p));
  if (!all.some((p) => p.ofport === OFPP.LOCAL)) {
    all.push({ name: bridge.name, ofport: OFPP.LOCAL, type: 'internal', typeText: 'internal', peer: undefined, tunnel: undefined, tag: undefined, trunks: undefined, vlanMode: undefined, mac: undefined, source: undefined });
  }
  const numbered = all.filter((p) => p.ofport !== undefined).sort((a, b) => (a.ofport ?? 0) - (b.ofport ?? 0));
  const ports: Ports = { byNumber: new Map(numbered.map((p) => [p.ofport ?? 0, p])), all: numbered, unnumbered: numbered.length < all.length || all.some((p) => p.ofportAssumed) || !isListed(bridge) };
  portsByBridge.set(bridge, ports);
  return ports;
}

/** What this bridge has learned so far; begins with what `fdb/show` told. */
export function stateOf(sw: OvsSwitch, bridge: OvsBridge): BridgeState {
  const known = sw.state.bridges.get(bridge.name);
  if (known) return known;
  const state: BridgeState = { macs: new Map(bridge.macs.map((m) => [`${m.vlan} ${m.mac}`, m.port])), learned: [], tables: new Map() };
  sw.state.bridges.set(bridge.name, state);
  return state;
}

/** Adds a rule to what was learned, in the place of one with the same match and priority. Tables that a translation has in hand stay as they are. */
export function learnRule(state: BridgeState, rule: OpenFlowRule): void {
  const key = matchKey(rule);
  state.learned = [...state.learned.filter((r) => r.table !== rule.table || matchKey(r) !== key), rule];
  state.tables = new Map();
  for (const learned of state.learned) addRule(state.tables, learned);
}

/** Looks up the zone of `ct`: a number or a slice of a field. */
export const zoneSource = (action: CtAction): Subfield | undefined => (typeof action.zone === 'number' ? undefined : action.zone);
