import { packetBytes } from '../../packet/sizes.ts';
import type { OvsPlace } from '../../world/ovs.ts';
import { OFPP } from '../../world/openflow.ts';
import { reassemble } from '../ip/fragment.ts';
import { ETH } from '../openflow/fields.ts';
import { resume, translate } from '../openflow/translate.ts';
import type { DpAction, DpTunnel, Translation } from '../openflow/types.ts';
import type { At, Ns, Sim } from '../sim.ts';
import type { Skb } from '../skb.ts';
import type { CachedPass } from '../step.ts';
import { cachedPass, recircsOf } from './cached.ts';
import { controllerAct, isCopyForController } from './controller.ts';
import { ctExecute, ctKeyOf } from './ct.ts';
import { type CtKey, flowOf, isIp, isTurnedEcho, setBits, type TunnelKey, UNTRACKED, withFlow } from './flow.ts';
import { output } from './output.ts';
import { switchOf } from './switch.ts';
import { emitVisits } from './visits.ts';

/*
 * The kernel's datapath of Open vSwitch (net/openvswitch/actions.c) with the switch's own program behind it: what the kernel would ask
 * ovs-vswitchd about is translated here for each packet.
 */

/** A packet inside of the datapath (struct sk_buff with its ovs_skb_cb and sw_flow_key). */
export interface Run {
  readonly sim: Sim;
  /** The machine's own namespace: its connections are the datapath's. */
  readonly ns: Ns;
  /** Where it came in. */
  readonly place: OvsPlace;
  readonly tunnel: TunnelKey | undefined;
  skb: Skb;
  key: CtKey;
  /** What the next tunnel is to write outside. */
  out: DpTunnel | undefined;
  /** OVS_CB(skb)->mru: the largest fragment that it was put together from; 0: never in pieces. */
  mru: number;
  /** How often it has been translated. */
  passes: number;
  /** What the listing of the datapath's cache calls this pass: 0 where it comes in by a port, and no number where none is known. */
  readonly recircs: readonly number[];
  /** The bridge whose rule asked for what is being done. */
  bridge: string;
  /** How many packets of the controller's, each because of the one before, led to this one. */
  readonly made?: number;
  /** The packet before the headers that are being set, one after the other. */
  unset?: Skb | undefined;
}

/** A translation while it is carried out, with what the real datapath had cached for it. */
type Carried = Translation & { readonly cached: CachedPass | undefined };

/** Each pass is one recirculation; the switch itself has no end of them. */
export const MAX_PASSES = 32;

/** ovs_vport_receive(): a frame enters a bridge by a port. */
export function enterBridge(sim: Sim, ns: Ns, skb: Skb, place: OvsPlace, tunnel?: TunnelKey): void {
  const { bridge, port } = place;
  const at: At = { ns, dev: port.name };
  if (bridge.flows === undefined) return sim.unknown(at, skb, 'ovs-bridge', bridge.name, `ovs-ofctl dump-flows ${bridge.name}`, bridge.source ? [bridge.source] : []);
  if (port.ofport === undefined) return sim.unknown(at, skb, 'openflow', `${bridge.name}: ${port.name}`, `ovs-ofctl show ${bridge.name}`, port.source ? [port.source] : []);
  // ovs_ct_fill_key(): a packet of the machine's own brings what its conntrack said about it.
  const key = skb.ct?.kind === 'tracked' ? ctKeyOf(skb.ct, undefined, undefined) : UNTRACKED;
  const run: Run = { sim, ns, place, tunnel, skb, key, out: undefined, mru: 0, passes: 0, recircs: [0], bridge: bridge.name };
  pass(run, translate(switchOf(run), bridge, keyFlow(run)), 'port');
}

/** The packet's fields as its bridge sees them. */
export const keyFlow = ({ skb, place, key, tunnel }: Run) => flowOf(skb, place.port.ofport ?? OFPP.NONE, key, tunnel, place.bridge.tlvs);

/** Bytes of the frame, as `check_pkt_larger` counts them: of one that was put together, its largest piece. */
const frameBytes = ({ skb, mru }: Run): number => 14 + (mru > 0 ? mru : packetBytes(skb.packet) + (skb.vid === undefined ? 0 : 4));

/** One translation and what comes of it. */
export function pass(run: Run, translation: Translation, how: 'port' | 'resume' | 'controller'): void {
  const { sim, skb } = run;
  const cached = cachedPass(run, translation.actions);
  const last = emitVisits(run, translation, how, frameBytes(run), cached);
  if (last.unknown) return;
  run.bridge = last.bridge;
  const at: At = { ns: run.ns, dev: last.bridge };
  const outer = sim.parent;
  sim.parent = last.step;
  const lost = translation.error !== undefined || !translation.actions.some((a) => consumes(a, run));
  if (translation.error === undefined) execute(run, translation.actions, { ...translation, cached });
  if (lost && !sim.exhausted) {
    sim.emit(at, run.skb, { kind: 'drop', reason: translation.error === undefined ? 'openflow' : 'openflow-limit', ...(skb.flood ? { copy: true } : {}) });
    sim.end(at, run.skb, 'dropped');
  }
  sim.parent = outer;
}

/** Whether an action takes a packet somewhere. */
function consumes(action: DpAction, run: Run): boolean {
  switch (action.kind) {
    case 'output':
    case 'recirc':
      return true;
    case 'controller':
      return !isCopyForController(action);
    case 'clone':
      return action.actions.some((a) => consumes(a, run));
    case 'check-pkt-len':
      return chosen(action, run).some((a) => consumes(a, run));
    default:
      return false;
  }
}

const chosen = (action: Extract<DpAction, { kind: 'check-pkt-len' }>, run: Run): readonly DpAction[] => (frameBytes(run) > action.bytes ? action.greater : action.lessEqual);

/** do_execute_actions(): in order; all but the last that take a packet get a copy. */
function execute(run: Run, actions: readonly DpAction[], translation: Carried): void {
  let left = actions.filter((a) => consumes(a, run)).length;
  const many = left > 1;
  for (const [i, action] of actions.entries()) {
    if (run.sim.exhausted) return;
    run.bridge = bridgeOf(actions.slice(i), translation) ?? run.bridge;
    const takes = consumes(action, run);
    if (takes) left--;
    const own: Run = takes && many ? { ...run, skb: { ...run.skb, ...(left > 0 ? { id: run.sim.newPacketId() } : {}), flood: run.skb.flood ?? sharedFlood(run) } } : run;
    if (own !== run && run.skb.flood === undefined) run.skb = { ...run.skb, flood: own.skb.flood };
    if (!act(own, action, translation)) return;
  }
}

/** Whose action comes next: the datapath's program does not say, but where it leads to does. */
function bridgeOf(actions: readonly DpAction[], { frozen }: Translation): string | undefined {
  for (const action of actions) {
    if (action.kind === 'recirc') return frozen.get(action.id)?.bridge;
    if (action.kind === 'output' || action.kind === 'controller') return action.bridge;
  }
  return undefined;
}

const sharedFlood = ({ skb }: Run): NonNullable<Skb['flood']> => skb.flood ?? { taken: false };

/** One action; false: the packet's way has ended, and nothing behind it happens. */
function act(run: Run, action: DpAction, translation: Carried): boolean {
  const { sim, ns } = run;
  const { bridge } = run;
  const at: At = { ns, dev: bridge };
  if (action.kind !== 'set') run.unset = undefined;
  switch (action.kind) {
    case 'output': {
      // What happens behind the port is no part of the bridge.
      const outer = sim.parent;
      sim.parent = undefined;
      output(run, action.bridge, action.port);
      sim.parent = outer;
      return true;
    }
    case 'set-tunnel':
      run.out = action.tunnel;
      return true;
    case 'set':
      return set(run, at, action);
    case 'push-vlan':
      // A packet of ours has one tag at most, of 802.1Q.
      if (run.skb.vid !== undefined || action.tpid !== ETH.vlan) {
        sim.unknown(at, run.skb, 'openflow', action.tpid === ETH.vlan ? 'push_vlan (a second tag)' : 'push_vlan (802.1ad)');
        return false;
      }
      run.skb = { ...run.skb, vid: action.tci & 0xfff };
      return true;
    case 'pop-vlan':
      run.skb = { ...run.skb, vid: undefined };
      return true;
    case 'ct':
      return ct(run, at, action);
    case 'ct-clear':
      run.skb = { ...run.skb, ct: undefined };
      run.key = UNTRACKED;
      return true;
    case 'recirc':
      return recirculate(run, at, action.id, translation);
    case 'controller':
      controllerAct(run, action, translation.frozen);
      return true;
    case 'clone':
      execute({ ...run }, action.actions, translation);
      return true;
    case 'check-pkt-len': {
      const bytes = frameBytes(run);
      sim.emit(at, run.skb, { kind: 'ovs-action', bridge, action: { kind: 'check-pkt-len', bytes, limit: action.bytes, larger: bytes > action.bytes } });
      execute({ ...run }, chosen(action, run), translation);
      return true;
    }
    case 'trunc':
    case 'meter':
    case 'sample':
      sim.emit(at, run.skb, { kind: 'ovs-action', bridge, action });
      return true;
    case 'hash':
      return true;
  }
}

/** execute_set_action(): checksums are not part of what we carry. */
function set(run: Run, at: At, action: Extract<DpAction, { kind: 'set' }>): boolean {
  const { sim } = run;
  const flow = keyFlow(run);
  for (const { field, value, mask } of action.changes) setBits(flow, field, value, mask);
  const before = run.unset ?? run.skb;
  run.unset = before;
  run.skb = withFlow(run.skb, flow);
  if (!isTurnedEcho(before.packet, run.skb.packet)) return true;
  // The rules of a router answer for it: what is asked ends here, and its answer begins.
  sim.emit(at, before, { kind: 'deliver', to: 'kernel' });
  sim.end(at, before, 'delivered');
  run.skb = { ...run.skb, id: sim.newPacketId(), role: 'reply', flood: undefined };
  run.unset = undefined;
  sim.emit(at, run.skb, { kind: 'send', what: 'answer' });
  return true;
}

/** ovs_ct_execute() */
function ct(run: Run, at: At, action: Extract<DpAction, { kind: 'ct' }>): boolean {
  const { sim, place } = run;
  if (place.bridge.datapathType === 'netdev') {
    sim.unknown(at, run.skb, 'openflow', `${place.bridge.name}: ct, datapath_type netdev`, 'ovs-appctl dpctl/dump-conntrack');
    return false;
  }
  if (!isIp(run.skb)) return true;
  if (run.skb.piece) {
    // ovs_ct_handle_fragments(): kept until all of them are here.
    const whole = reassemble(sim, at, run.skb);
    if (!whole) return false;
    run.mru = whole.fragMaxSize;
    run.skb = { ...whole, fragMaxSize: 0 };
  }
  const { zone, commit, force, nat, alg } = action;
  const step = (): Parameters<Sim['emit']>[2] & { readonly kind: 'ovs-action' } => ({
    kind: 'ovs-action',
    bridge: run.bridge,
    action: { kind: 'ct', zone, commit, force, nat, mark: action.mark && run.key.mark, label: action.label && run.key.label, alg, state: run.key.state },
  });
  const id = sim.emit(at, run.skb, step());
  const outer = sim.parent;
  sim.parent = id;
  const done = ctExecute(sim, at, run.skb, run.key, action);
  sim.parent = outer;
  if (done.reason !== undefined) {
    sim.emit(at, run.skb, { kind: 'drop', reason: done.reason });
    sim.end(at, run.skb, 'dropped');
    return false;
  }
  run.skb = done.skb;
  run.key = done.key;
  sim.amend(id, run.skb, step());
  return true;
}

/** execute_recirc(): the tables again, from where the packet was frozen. */
function recirculate(run: Run, at: At, id: number, translation: Carried): boolean {
  const frozen = translation.frozen.get(id);
  if (!frozen) return false;
  if (run.passes >= MAX_PASSES) {
    run.sim.unknown(at, run.skb, 'bound', `${MAX_PASSES} passes`);
    return false;
  }
  const next: Run = { ...run, passes: run.passes + 1, recircs: recircsOf(translation.cached, translation.actions, id) };
  const { sim } = run;
  const outer = sim.parent;
  sim.parent = undefined;
  pass(next, resume(switchOf(next), frozen, keyFlow(next)), 'resume');
  sim.parent = outer;
  return true;
}
