import { FIELDS, HIDDEN } from '../../world/openflowFields.ts';
import { wrote } from './commit.ts';
import { type Ctx, change } from './context.ts';
import { ETH, VLAN_CFI, W, word } from './fields.ts';
import type { Flow } from './types.ts';

/*
 * Tags of VLANs on and off a packet; a flow has two at most.
 */

const TCI = FIELDS.get('vlan_tci');

/** Keeps what a change of the tags does to the outer one. */
function changeTag(ctx: Ctx, how: (flow: Flow) => void): void {
  if (TCI) change(ctx, TCI, how);
  wrote(ctx.written, 'vlan_tci');
}

/** SET_VLAN_VID and SET_VLAN_PCP, which add a tag where there is none: the bits of the mask. */
export function setTag(ctx: Ctx, mask: number, bits: number): void {
  changeTag(ctx, (flow) => {
    if (word(flow, HIDDEN.vlanTpid) === 0) flow[HIDDEN.vlanTpid] = ETH.vlan;
    flow[W.vlanTci] = (word(flow, W.vlanTci) & ~mask) | bits | VLAN_CFI;
  });
}

/** flow_pop_vlan(). */
export const stripVlan = (ctx: Ctx): void => changeTag(ctx, popTag);

function popTag(flow: Flow): void {
  const two = (word(flow, W.vlanTci) & VLAN_CFI) !== 0 && (word(flow, HIDDEN.innerTci) & VLAN_CFI) !== 0;
  flow[W.vlanTci] = two ? word(flow, HIDDEN.innerTci) : 0;
  flow[HIDDEN.vlanTpid] = two ? word(flow, HIDDEN.innerTpid) : 0;
  flow[HIDDEN.innerTci] = 0;
  flow[HIDDEN.innerTpid] = 0;
}

/** flow_push_vlan_uninit(): a tag of VLAN 0; the outer one moves in, and a second one is lost (FLOW_MAX_VLAN_HEADERS is 2). */
export const pushVlan = (ctx: Ctx, ethertype: number): void => changeTag(ctx, (flow) => pushTag(flow, ethertype));

function pushTag(flow: Flow, ethertype: number): void {
  const had = (word(flow, W.vlanTci) & VLAN_CFI) !== 0;
  flow[HIDDEN.innerTci] = word(flow, W.vlanTci);
  flow[HIDDEN.innerTpid] = had ? word(flow, HIDDEN.vlanTpid) || ETH.vlan : 0;
  flow[HIDDEN.vlanTpid] = ethertype;
  flow[W.vlanTci] = VLAN_CFI;
}
