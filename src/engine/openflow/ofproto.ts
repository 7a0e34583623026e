import type { Ip4 } from '../../packet/address.ts';
import type { CtNat, OvsBridge } from '../../world/openflow.ts';
import { CT_STATE } from '../../world/openflowFields.ts';
import { type BucketChoice, newSwitchState, type OvsSwitch, type SwitchState } from './context.ts';
import { W } from './fields.ts';
import { resume, translate } from './translate.ts';
import type { DpAction, DpTunnel, Flow, Frozen, PacketLength, Translation, Visit } from './types.ts';

/*
 * What `ovs-appctl ofproto/trace` tells (ofproto/ofproto-dpif-trace.c): a flow through a bridge, and after each ct() with a table another
 * pass, with a state of the connection that is given and not asked of any conntrack.
 */

export interface OfprotoOptions {
  /** ct_state of the first, second, … resumed pass, as bits; `trk,new` for those that are missing. */
  readonly ctNext: readonly number[];
  /** By `group N`: the position of the bucket that a select group takes. */
  readonly choices: Readonly<Record<string, number>>;
  /** Length of the frame, for check_pkt_larger; undefined: never larger. */
  readonly size: number | undefined;
  /** What was learned before; absent: nothing but what the dumps say. */
  readonly state?: SwitchState;
  /** Learns MAC addresses and rules into `state`, as `-generate` does. */
  readonly learns?: boolean;
}

export interface OfprotoPass {
  readonly flow: Flow;
  readonly translation: Translation;
  /** The look-ups for a frame of this length. */
  readonly visits: readonly Visit[];
  /** What led to this pass; undefined for the first. */
  readonly resumed: { readonly ctState: number; readonly zone: number; readonly id: number; readonly nat: CtNat | undefined } | undefined;
}

export interface OfprotoOutput {
  readonly bridge: string;
  readonly port: string;
  readonly tunnel: { readonly dst: Ip4; readonly vni: number } | undefined;
}

export interface OfprotoAnswer {
  readonly passes: readonly OfprotoPass[];
  readonly outputs: readonly OfprotoOutput[];
  /** `unknown`: it hangs on something listed in `unknown`. */
  readonly verdict: 'output' | 'drop' | 'controller' | 'unknown';
  readonly unknown: readonly { readonly what: string; readonly name: string }[];
  /** Keys of `choices` that something was decided by, with the buckets that there were. */
  readonly chosen: ReadonlyMap<string, readonly number[]>;
}

/** The switch gives up on a packet that goes round and round sooner; a trace would not end. */
const MAX_PASSES = 64;

const applies = (when: readonly PacketLength[] | undefined, size: number | undefined): boolean => (when ?? []).every((w) => (size !== undefined && size > w.bytes) === w.larger);

/** What becomes of the packet when the datapath carries the actions out. */
interface Effects {
  readonly outputs: OfprotoOutput[];
  controllers: number;
  /** Copies that come back, with the ct() that they were in. */
  readonly again: { readonly id: number; readonly ct: Extract<DpAction, { kind: 'ct' }> | undefined }[];
}

function carryOut(actions: readonly DpAction[], size: number | undefined, into: Effects, outer?: DpTunnel): void {
  let tunnel = outer;
  let ct: Extract<DpAction, { kind: 'ct' }> | undefined;
  for (const action of actions) {
    switch (action.kind) {
      case 'output':
        into.outputs.push({ bridge: action.bridge, port: action.port, tunnel: tunnel && action.tunnel ? { dst: tunnel.dst, vni: tunnel.id.at(-1) ?? 0 } : undefined });
        break;
      case 'set-tunnel':
        tunnel = action.tunnel;
        break;
      case 'ct':
        ct = action;
        break;
      case 'recirc':
        into.again.push({ id: action.id, ct });
        break;
      case 'controller':
        into.controllers++;
        break;
      case 'clone':
        carryOut(action.actions, size, into, tunnel);
        break;
      case 'check-pkt-len':
        carryOut(size !== undefined && size > action.bytes ? action.greater : action.lessEqual, size, into, tunnel);
        break;
      default:
    }
  }
}

/** The packet as it comes back: the first address and port of the range stand for what conntrack would choose (ofproto_trace_recirc_node()). */
function resumedFlow(frozen: Frozen, ctState: number, zone: number, nat: CtNat | undefined): Flow {
  const flow = frozen.flow.slice();
  flow[W.recircId] = frozen.id;
  flow[W.ctZone] = zone;
  flow[W.ctState] = ctState;
  if (nat === undefined || nat.kind === 'nat') return flow;
  const isSrc = nat.kind === 'src';
  if (nat.ips) flow[isSrc ? W.nwSrc : W.nwDst] = nat.ips.from;
  if (nat.ip6From) flow.set(nat.ip6From, isSrc ? W.ipv6Src : W.ipv6Dst);
  if (nat.ports && (nat.ips || nat.ip6From)) flow[isSrc ? W.tpSrc : W.tpDst] = nat.ports.from;
  return flow;
}

/** Follows a flow through the bridges of a machine. `bridge`: where it comes in. */
export function ofproto(bridges: readonly OvsBridge[], bridge: OvsBridge, flow: Flow, options: OfprotoOptions): OfprotoAnswer {
  const chosen = new Map<string, readonly number[]>();
  const choose = (choice: BucketChoice): number => {
    const key = `group ${choice.group}`;
    const buckets = choice.buckets.map((b) => b.index);
    chosen.set(key, buckets);
    return options.choices[key] ?? buckets[0] ?? 0;
  };
  const sw: OvsSwitch = { bridges, state: options.state ?? newSwitchState(), choose, learns: options.learns ?? false };
  const effects: Effects = { outputs: [], controllers: 0, again: [] };
  const passes: OfprotoPass[] = [];
  const unknown: { what: string; name: string }[] = [];
  const add = (given: Flow, translation: Translation, resumed: OfprotoPass['resumed']): void => {
    const visits = translation.visits.filter((v) => applies(v.when, options.size));
    for (const visit of visits) for (const note of visit.notes) if (note.kind === 'unknown' && applies(note.when, options.size)) unknown.push({ what: note.what, name: note.name });
    passes.push({ flow: given, translation, visits, resumed });
    const before = effects.again.length;
    carryOut(translation.actions, options.size, effects);
    for (const { id, ct } of effects.again.splice(before)) {
      const frozen = translation.frozen.get(id);
      if (frozen && ct) waiting.push({ frozen, ct });
    }
  };
  const waiting: { frozen: Frozen; ct: Extract<DpAction, { kind: 'ct' }> }[] = [];
  add(flow, translate(sw, bridge, flow), undefined);
  const states = [...options.ctNext];
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    if (passes.length >= MAX_PASSES) {
      unknown.push({ what: 'passes', name: String(MAX_PASSES) });
      break;
    }
    const { frozen, ct } = next;
    const ctState = states.shift() ?? CT_STATE.trk | CT_STATE.new;
    const again = resumedFlow(frozen, ctState, ct.zone, ct.nat);
    add(again, resume(sw, frozen, again), { ctState, zone: ct.zone, id: frozen.id, nat: ct.nat });
  }
  const verdict = unknown.length > 0 ? 'unknown' : effects.outputs.length > 0 ? 'output' : effects.controllers > 0 ? 'controller' : 'drop';
  return { passes, outputs: effects.outputs, verdict, unknown, chosen };
}
