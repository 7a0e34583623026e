import type { EthHeader, IcmpHeader, Packet } from '../../packet/packet.ts';
import { OFPP, type OpenFlowAction } from '../../world/openflow.ts';
import { ovsPortNamed } from '../../world/ovs.ts';
import { clearTunnel, W } from '../openflow/fields.ts';
import { resume } from '../openflow/translate.ts';
import type { DpAction, Flow } from '../openflow/types.ts';
import type { Skb } from '../skb.ts';
import { keyFlow, pass, type Run } from './datapath.ts';
import { UNTRACKED } from './flow.ts';
import { switchOf } from './switch.ts';

/*
 * What a controller hands back to a bridge: packets of its own making, with actions for them (OFPT_PACKET_OUT).
 */

export type ControllerAction = Extract<DpAction, { kind: 'controller' }>;

/** A controller that answers its own answers has no end. */
const MOST_MADE = 32;

/** A packet of the controller's, because of the one that came: it belongs to the machine, and nobody has looked at it. */
export const ownSkb = ({ sim, skb }: Run, packet: Packet, eth: EthHeader): Skb => ({ ...skb, id: sim.newPacketId(), role: 'error', packet, eth, mark: 0, ct: undefined, piece: undefined, innerPieces: [], flood: undefined, sender: 'kernel' });

/** Tells that the controller sends an error or a reset. */
export function tellSent(run: Run, bridge: string, own: Skb, icmp: IcmpHeader | undefined): void {
  run.sim.emit({ ns: run.ns, dev: bridge }, own, { kind: 'send', what: icmp ? 'icmp-error' : 'reset', ...(icmp ? { icmp } : {}) });
}

/** Has the bridge carry out actions on a packet that comes in by no port; `flow`: the registers that go with it. */
export function inject(run: Run, bridge: string, flow: Flow, own: Skb, actions: readonly OpenFlowAction[], inPort: number = OFPP.CONTROLLER): void {
  const { sim, ns, made = 0 } = run;
  if (made >= MOST_MADE) return sim.unknown({ ns, dev: bridge }, own, 'bound', `${MOST_MADE} packets of the controller`);
  const local = ovsPortNamed(ns.host, bridge, bridge);
  const next: Run = { ...run, place: local ?? run.place, skb: own, key: UNTRACKED, tunnel: undefined, out: undefined, mru: 0, passes: 0, recircs: [], bridge, made: made + 1 };
  const kept = flow.slice();
  clearTunnel(kept);
  kept[W.inPort] = inPort;
  const frozen = { id: 0, bridge, table: undefined, flow: kept, actions, stack: [], conntracked: false, actionSet: [] };
  const outer = sim.parent;
  sim.parent = undefined;
  pass(next, resume(switchOf(next), frozen, keyFlow(next)), 'controller');
  sim.parent = outer;
}
