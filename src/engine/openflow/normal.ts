import { OFPP, type OvsPort } from '../../world/openflow.ts';
import { HIDDEN } from '../../world/openflowFields.ts';
import { type Ctx, note, portsOf, stateOf } from './context.ts';
import { ETH, macAt, VLAN_CFI, VLAN_PCP, VLAN_VID, W, word } from './fields.ts';
import { composeOutput } from './output.ts';

/*
 * The NORMAL action: a learning switch with VLANs (xlate_normal() of ofproto/ofproto-dpif-xlate.c). Bonds, multicast snooping, Q-in-Q
 * tunnels and spanning tree are not in the listings that we read.
 */

type Mode = NonNullable<OvsPort['vlanMode']>;

/** Without a mode, a port with a tag is an access port, and one without is a trunk (bridge.c: port_configure()). */
const modeOf = (port: OvsPort): Mode => port.vlanMode ?? (port.tag === undefined ? 'trunk' : 'access');

interface Tags {
  readonly vid: number;
  readonly pcp: number;
  readonly tpid: number;
  readonly innerVid: number;
}

function tagsOf(ctx: Ctx): Tags {
  const tci = word(ctx.flow, W.vlanTci);
  if ((tci & VLAN_CFI) === 0) return { vid: 0, pcp: 0, tpid: 0, innerVid: 0 };
  return { vid: tci & VLAN_VID, pcp: tci & VLAN_PCP, tpid: word(ctx.flow, HIDDEN.vlanTpid) || ETH.vlan, innerVid: word(ctx.flow, HIDDEN.innerTci) & VLAN_VID };
}

/** xbundle_trunks_vlan(). */
const trunks = (port: OvsPort, vid: number): boolean => modeOf(port) !== 'access' && (port.trunks === undefined || port.trunks.length === 0 || port.trunks.includes(vid) || (modeOf(port) !== 'trunk' && vid === (port.tag ?? 0)));

/** input_vid_is_valid(). */
const accepts = (port: OvsPort, vid: number): boolean => (modeOf(port) === 'access' ? vid === 0 : (modeOf(port) !== 'trunk' && vid === 0) || trunks(port, vid));

/** xvlan_input_translate(): the VLAN that the packet is in, inside of the switch. */
const vlanInside = (port: OvsPort, tags: Tags): number => (modeOf(port) === 'access' || (modeOf(port) !== 'trunk' && tags.vid === 0) ? (port.tag ?? 0) : tags.vid);

/** xbundle_includes_vlan(). */
const includes = (port: OvsPort, vid: number, innerVid: number): boolean => (modeOf(port) === 'access' ? vid === (port.tag ?? 0) && innerVid === 0 : trunks(port, vid));

/** eth_addr_is_reserved(): addresses of protocols between bridges (STP, EDP, EAPS, PAgP, PVST+, STP Uplink Fast, CFM). */
const isReserved = (mac: string): boolean => /^(01:80:c2:00:00:0.|00:e0:2b:00:00:0[046]|01:00:0c:(00:00:00|cc:cc:c[cd0-7]|cd:cd:cd))$/.test(mac);

export function xlateNormal(ctx: Ctx): void {
  const inPort = portsOf(ctx.bridge).byNumber.get(word(ctx.flow, W.inPort));
  const none = (): void => note(ctx, { kind: 'normal', to: [], by: 'none' });
  if (!inPort && word(ctx.flow, W.inPort) !== OFPP.NONE && word(ctx.flow, W.inPort) !== OFPP.CONTROLLER) return none();
  const tags = tagsOf(ctx);
  if (inPort && !accepts(inPort, tags.vid)) return none();
  const dst = macAt(ctx.flow, W.dlDst);
  const src = macAt(ctx.flow, W.dlSrc);
  const vlan = inPort ? vlanInside(inPort, tags) : tags.vid;
  if (inPort && isReserved(dst)) return none();
  const { macs } = stateOf(ctx.sw, ctx.bridge);
  // mac_learning_may_learn(): never an address of a group.
  if (inPort && ctx.sw.learns && (Number.parseInt(src.slice(0, 2), 16) & 1) === 0) macs.set(`${vlan} ${src}`, inPort.name);
  const inside: Tags = inPort && modeOf(inPort) === 'access' ? { ...tags, vid: vlan, innerVid: 0 } : { ...tags, vid: vlan };
  const learned = macs.get(`${vlan} ${dst}`);
  if (learned !== undefined) {
    const port = portsOf(ctx.bridge).all.find((p) => p.name === learned);
    if (!port || port === inPort) return none();
    note(ctx, { kind: 'normal', to: [port.name], by: 'learned' });
    return outputNormal(ctx, port, inside);
  }
  // The bridge's own port is the first that a bridge has.
  const { all } = portsOf(ctx.bridge);
  const to = [...all.filter((p) => p.ofport === OFPP.LOCAL), ...all.filter((p) => p.ofport !== OFPP.LOCAL)].filter((p) => p !== inPort && includes(p, inside.vid, inside.innerVid));
  note(ctx, { kind: 'normal', to: to.map((p) => p.name), by: 'flood' });
  for (const port of to) outputNormal(ctx, port, inside);
}

/** output_normal(): with the tag that the port wants. */
function outputNormal(ctx: Ctx, port: OvsPort, inside: Tags): void {
  const { flow } = ctx;
  const words = [W.vlanTci, HIDDEN.vlanTpid, HIDDEN.innerTci, HIDDEN.innerTpid];
  const kept = words.map((at) => word(flow, at));
  const mode = modeOf(port);
  const untagged = mode === 'access' || (mode === 'native-untagged' && inside.vid === (port.tag ?? 0));
  if (untagged && mode !== 'access' && (word(flow, HIDDEN.innerTci) & VLAN_CFI) !== 0 && inside.innerVid !== 0) {
    flow[W.vlanTci] = word(flow, HIDDEN.innerTci);
    flow[HIDDEN.vlanTpid] = word(flow, HIDDEN.innerTpid);
    flow[HIDDEN.innerTci] = flow[HIDDEN.innerTpid] = 0;
  } else {
    // A tag of VLAN 0 without a priority is no tag (xvlan_put()).
    const tci = untagged ? 0 : inside.vid | inside.pcp;
    flow[W.vlanTci] = tci === 0 ? 0 : tci | VLAN_CFI;
    if (tci !== 0) flow[HIDDEN.vlanTpid] = inside.tpid || ETH.vlan;
    if (untagged || inside.innerVid === 0) flow[HIDDEN.innerTci] = flow[HIDDEN.innerTpid] = 0;
  }
  composeOutput(ctx, port.ofport ?? OFPP.NONE, false);
  words.forEach((at, i) => (flow[at] = kept[i] ?? 0));
}
