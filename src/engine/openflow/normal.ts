import { OFPP, type OvsPort } from '../../world/openflow.ts';
import { HIDDEN } from '../../world/openflowFields.ts';
import { type Ctx, isUntold, note, portsOf, stateOf, untoldPort } from './context.ts';
import { ETH, macAt, VLAN_CFI, VLAN_PCP, VLAN_VID, W, word } from './fields.ts';
import { composeOutput, noteUntold } from './output.ts';

/*
 * The NORMAL action: a learning switch with VLANs (xlate_normal() of ofproto/ofproto-dpif-xlate.c). Bonds, multicast snooping
 * and spanning tree are not in the listings that we read.
 */

type Mode = NonNullable<OvsPort['vlanMode']>;

/** Without a mode, a port with a tag is an access port, and one without is a trunk (bridge.c: port_configure()). */
const modeOf = (port: OvsPort): Mode => port.vlanMode ?? (port.tag === undefined ? 'trunk' : 'access');

/** Of one tag; all zero: there is none (struct xvlan_single). */
interface Tag {
  readonly tpid: number;
  readonly vid: number;
  readonly pcp: number;
}

/** The tags of a packet inside of the switch, the outer one first (struct xvlan). */
type Tags = readonly [outer: Tag, inner: Tag];

const NO_TAG: Tag = { tpid: 0, vid: 0, pcp: 0 };
const PLACES = [
  [W.vlanTci, HIDDEN.vlanTpid],
  [HIDDEN.innerTci, HIDDEN.innerTpid],
] as const;

/** xvlan_extract(). */
function tagsOf(ctx: Ctx): Tags {
  const [outer, inner] = PLACES.map(([at, type]): Tag | undefined => {
    const tci = word(ctx.flow, at);
    return (tci & VLAN_CFI) === 0 ? undefined : { tpid: word(ctx.flow, type) || ETH.vlan, vid: tci & VLAN_VID, pcp: tci & VLAN_PCP };
  });
  return outer ? [outer, inner ?? NO_TAG] : [NO_TAG, NO_TAG];
}

const names = (list: readonly number[] | undefined, vid: number): boolean => list === undefined || list.length === 0 || list.includes(vid);
const tagOf = (port: OvsPort): number => port.tag ?? 0;

/** xbundle_trunks_vlan(); of a port with a native VLAN that one is always among those that it carries, and VLAN 0 is not (bundle_set()). */
function trunks(port: OvsPort, vid: number): boolean {
  if (modeOf(port) === 'trunk' || tagOf(port) === 0) return names(port.trunks, vid);
  return vid === tagOf(port) || (vid !== 0 && names(port.trunks, vid));
}

/** input_vid_is_valid(). */
function accepts(port: OvsPort, vid: number): boolean {
  switch (modeOf(port)) {
    case 'access':
      return vid === 0;
    case 'trunk':
      return trunks(port, vid);
    case 'native-tagged':
    case 'native-untagged':
      return vid === 0 || trunks(port, vid);
    case 'dot1q-tunnel':
      return names(port.cvlans, vid);
  }
}

/** xvlan_input_translate(): the tags that the packet has inside of the switch. */
function inside(port: OvsPort, [outer, inner]: Tags): Tags {
  const own: Tag = { tpid: outer.tpid || ETH.vlan, vid: tagOf(port), pcp: outer.pcp };
  switch (modeOf(port)) {
    case 'access':
      return [own, NO_TAG];
    case 'trunk':
      return [outer, inner];
    case 'native-tagged':
    case 'native-untagged':
      return [outer.vid === 0 ? own : outer, inner];
    case 'dot1q-tunnel':
      return [{ tpid: port.qinqEthertype ?? ETH.qinq, vid: tagOf(port), pcp: 0 }, outer];
  }
}

/** xbundle_includes_vlan(). */
function includes(port: OvsPort, [outer, inner]: Tags): boolean {
  switch (modeOf(port)) {
    case 'access':
      return outer.vid === tagOf(port) && inner.vid === 0;
    case 'dot1q-tunnel':
      return outer.vid === tagOf(port) && names(port.cvlans, inner.vid);
    default:
      return trunks(port, outer.vid);
  }
}

/** xvlan_output_translate(): the tags that the packet leaves with. */
function outside(port: OvsPort, [outer, inner]: Tags): Tags {
  switch (modeOf(port)) {
    case 'access':
      return [NO_TAG, NO_TAG];
    case 'trunk':
    case 'native-tagged':
      return [outer, inner];
    case 'native-untagged':
      return outer.vid === tagOf(port) ? [inner, NO_TAG] : [outer, inner];
    case 'dot1q-tunnel':
      return [inner, NO_TAG];
  }
}

/** eth_addr_is_reserved(): addresses of protocols between bridges (STP, EDP, EAPS, PAgP, PVST+, STP Uplink Fast, CFM). */
const isReserved = (mac: string): boolean => /^(01:80:c2:00:00:0.|00:e0:2b:00:00:0[046]|01:00:0c:(00:00:00|cc:cc:c[cd0-7]|cd:cd:cd))$/.test(mac);

export function xlateNormal(ctx: Ctx): void {
  const inPort = portsOf(ctx.bridge).byNumber.get(word(ctx.flow, W.inPort));
  if (!inPort && isUntold(ctx, word(ctx.flow, W.inPort))) return noteUntold(ctx, word(ctx.flow, W.inPort));
  const none = (): void => note(ctx, { kind: 'normal', to: [], by: 'none' });
  if (!inPort && word(ctx.flow, W.inPort) !== OFPP.NONE && word(ctx.flow, W.inPort) !== OFPP.CONTROLLER) return none();
  const tags = tagsOf(ctx);
  if (inPort && !accepts(inPort, tags[0].vid)) return none();
  const dst = macAt(ctx.flow, W.dlDst);
  const src = macAt(ctx.flow, W.dlSrc);
  const within = inPort ? inside(inPort, tags) : tags;
  const vlan = within[0].vid;
  if (inPort && isReserved(dst)) return none();
  const { macs } = stateOf(ctx.sw, ctx.bridge);
  // mac_learning_may_learn(): never an address of a group.
  if (inPort && ctx.sw.learns && (Number.parseInt(src.slice(0, 2), 16) & 1) === 0) macs.set(`${vlan} ${src}`, inPort.name);
  const learned = macs.get(`${vlan} ${dst}`);
  if (learned !== undefined) {
    const port = portsOf(ctx.bridge).all.find((p) => p.name === learned);
    if (!port && portsOf(ctx.bridge).unnumbered) return noteUntold(ctx, learned);
    if (!port || port === inPort) return none();
    note(ctx, { kind: 'normal', to: [port.name], by: 'learned' });
    return outputNormal(ctx, port, within);
  }
  const untold = untoldPort(ctx);
  if (untold !== undefined) noteUntold(ctx, untold);
  // The bridge's own port is the first that a bridge has.
  const { all } = portsOf(ctx.bridge);
  const to = [...all.filter((p) => p.ofport === OFPP.LOCAL), ...all.filter((p) => p.ofport !== OFPP.LOCAL)].filter((p) => p !== inPort && includes(p, within));
  note(ctx, { kind: 'normal', to: to.map((p) => p.name), by: 'flood' });
  for (const port of to) outputNormal(ctx, port, within);
}

/** output_normal(): with the tags that the port wants; one of VLAN 0 without a priority is no tag (xvlan_put()). */
function outputNormal(ctx: Ctx, port: OvsPort, within: Tags): void {
  const { flow } = ctx;
  const kept = PLACES.flat().map((at) => word(flow, at));
  for (const [i, { tpid, vid, pcp }] of outside(port, within).entries()) {
    const place = PLACES[i];
    if (!place) continue;
    const tci = vid | pcp;
    if (tci !== 0) flow[place[1]] = tpid || ETH.vlan;
    flow[place[0]] = tci === 0 ? 0 : tci | VLAN_CFI;
  }
  composeOutput(ctx, port.ofport ?? OFPP.NONE, false);
  PLACES.flat().forEach((at, i) => (flow[at] = kept[i] ?? 0));
}
