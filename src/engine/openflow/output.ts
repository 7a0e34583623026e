import { OFPP, type OvsBridge, type OvsPort } from '../../world/openflow.ts';
import { FIELDS, HIDDEN } from '../../world/openflowFields.ts';
import { queuePriority } from './actions.ts';
import { type Ctx, isUntold, note, portsOf, setField, stateOf, untoldPort } from './context.ts';
import { clearConntrack, clearTunnel, hasTunMetadata, isIpAny, OFPP_UNSET, readField, W, word } from './fields.ts';
import { clone, commit } from './freeze.ts';
import { xlateNormal } from './normal.ts';
import { enterTable, leaveTable } from './tables.ts';
import type { DpTunnel } from './types.ts';

/*
 * Output (xlate_output_action(), compose_output_action__(), patch_port_output() of ofproto/ofproto-dpif-xlate.c; tnl_port_send() of
 * ofproto/tunnel.c).
 */

/** The `output` action to a port or one of the reserved ones. A packet does not go out where it came in, unless IN_PORT is asked for. */
export function output(ctx: Ctx, port: number, last: boolean): void {
  const inPort = word(ctx.flow, W.inPort);
  switch (port) {
    case OFPP.IN_PORT:
      return composeOutput(ctx, inPort, last);
    case OFPP.NORMAL:
      return xlateNormal(ctx);
    case OFPP.FLOOD:
    case OFPP.ALL:
      return flood(ctx, last);
    case OFPP.NONE:
      return;
    default:
      if (port === inPort) note(ctx, { kind: 'refused', port, why: 'in-port' });
      else composeOutput(ctx, port, last);
  }
}

/** flood_packets(): every port but the one that the packet came in by. */
function flood(ctx: Ctx, last: boolean): void {
  const inPort = word(ctx.flow, W.inPort);
  const untold = untoldPort(ctx);
  if (untold !== undefined) noteUntold(ctx, untold);
  const ports = portsOf(ctx.bridge).all.filter((p) => p.ofport !== inPort);
  ports.forEach((p, i) => composeOutput(ctx, p.ofport ?? OFPP.NONE, last && i === ports.length - 1));
}

/** xlate_output_trunc_action(): cut to a length; only to a port of the datapath. */
export function outputTruncated(ctx: Ctx, port: number, maxLen: number, last: boolean): void {
  const inPort = word(ctx.flow, W.inPort);
  if (port === inPort) return note(ctx, { kind: 'refused', port, why: 'in-port' });
  const known = portsOf(ctx.bridge).byNumber.get(port);
  if (isUntold(ctx, port)) noteUntold(ctx, port);
  if (!known || known.type === 'patch') return note(ctx, { kind: 'refused', port, why: 'no-such-port' });
  ctx.out.push({ kind: 'trunc', maxLen });
  output(ctx, port, last);
}

/** xlate_enqueue_action(): the queue is the packet's priority for this one output. */
export function enqueue(ctx: Ctx, port: number, queue: number, last: boolean): void {
  const inPort = word(ctx.flow, W.inPort);
  const to = port === OFPP.IN_PORT ? inPort : port;
  if (port === inPort) return note(ctx, { kind: 'refused', port, why: 'in-port' });
  const priority = FIELDS.get('skb_priority');
  if (!priority) return;
  const before = readField(ctx.flow, priority);
  setField(ctx, priority, [queuePriority(ctx, queue)], undefined);
  composeOutput(ctx, to, last);
  setField(ctx, priority, before, undefined);
}

/** Says that no listing tells whether the bridge has a port of that number, or which number a port has. */
export const noteUntold = (ctx: Ctx, port: number | string): void => note(ctx, { kind: 'unknown', what: 'port', name: `${ctx.bridge.name} ${port}` });

/** compose_output_action__(). */
export function composeOutput(ctx: Ctx, ofport: number, last: boolean): void {
  const ports = portsOf(ctx.bridge);
  const port = ports.byNumber.get(ofport);
  if (!port) {
    if (isUntold(ctx, ofport)) noteUntold(ctx, ofport);
    return note(ctx, { kind: 'refused', port: ofport, why: 'no-such-port' });
  }
  if (port.type === 'patch') {
    const peer = peerOf(ctx, port);
    if (peer && peer.port.ofport === undefined) note(ctx, { kind: 'unknown', what: 'port', name: `${peer.bridge.name} ${peer.port.name}` });
    else if (peer) patchOutput(ctx, peer.bridge, peer.port, last);
    else note(ctx, { kind: 'refused', port: ofport, why: 'no-peer' });
    return;
  }
  if (port.tunnel && !tunnelOutput(ctx, ofport, port)) return;
  commit(ctx);
  ctx.out.push({ kind: 'output', bridge: ctx.bridge.name, port: port.name, tunnel: port.tunnel !== undefined });
  note(ctx, { kind: 'output', bridge: ctx.bridge.name, port: port.name });
}

/** The other end of a patch port. */
function peerOf(ctx: Ctx, port: OvsPort): { readonly bridge: OvsBridge; readonly port: OvsPort } | undefined {
  if (port.peer === undefined) return undefined;
  for (const bridge of ctx.sw.bridges) {
    const peer = bridge.ports.find((p) => p.name === port.peer && p.type === 'patch');
    if (peer) return { bridge, port: peer };
  }
  return undefined;
}

/** patch_port_output(): in by the other bridge's port; the packet comes without registers, metadata, tunnel and conntrack, and this bridge goes on as if nothing had happened. */
function patchOutput(ctx: Ctx, bridge: OvsBridge, port: OvsPort, last: boolean): void {
  const saved = { bridge: ctx.bridge, learned: ctx.learned, stack: ctx.stack, actionSet: ctx.actionSet, conntracked: ctx.conntracked };
  const before = ctx.flow.slice();
  const flow = ctx.flow;
  ctx.stack = [];
  ctx.actionSet = [];
  flow[W.inPort] = port.ofport ?? OFPP.NONE;
  flow.fill(0, W.metadata, W.metadata + 2);
  clearTunnel(flow);
  flow.fill(0, W.reg0, W.reg0 + 16);
  flow[W.actsetOutput] = OFPP_UNSET;
  clearConntrack(flow);
  ctx.conntracked = false;
  ctx.bridge = bridge;
  ctx.learned = stateOf(ctx.sw, bridge).tables;
  const entered = enterTable(ctx, word(flow, W.inPort), 0, 'patch', false);
  if (entered) {
    clone(ctx, entered.actions, last, true);
    leaveTable(ctx, entered);
  }
  flow.set(before);
  Object.assign(ctx, saved);
  ctx.exit = false;
  ctx.error = undefined;
}

const tunnelFlags = (tunnel: DpTunnel): string => JSON.stringify(tunnel);

/** tnl_port_send() and commit_odp_tunnel_action(): the tunnel that the port and the packet ask for. False: nothing is sent. */
function tunnelOutput(ctx: Ctx, ofport: number, port: OvsPort): boolean {
  const tunnel = tunnelOf(ctx, port);
  // "Not tunneling to our own address": also what has no destination at all and came from no tunnel.
  if (tunnel.dst === ctx.originalTunDst) {
    note(ctx, { kind: 'refused', port: ofport, why: 'no-tunnel-destination' });
    // compose_output_action__() puts the packet's own tunnel back only behind this point.
    const { flow } = ctx;
    flow.set(tunnel.id, W.tunId);
    flow[W.tunSrc] = tunnel.src;
    flow[W.tunDst] = tunnel.dst;
    flow[W.tunTos] = tunnel.tos;
    flow[W.tunTtl] = tunnel.ttl;
    return false;
  }
  if (tunnel.dst === 0) return true;
  const spelled = tunnelFlags(tunnel);
  if (spelled !== ctx.baseTunnel) {
    ctx.baseTunnel = spelled;
    ctx.out.push({ kind: 'set-tunnel', tunnel });
  }
  return true;
}

function tunnelOf(ctx: Ctx, port: OvsPort): DpTunnel {
  const config = port.tunnel;
  const { flow } = ctx;
  const ip = isIpAny(flow);
  const inner = word(flow, W.nwTos);
  const tos = config?.tos === 'inherit' ? (ip ? inner & 0xfc : 0) : (config?.tos ?? 0);
  // ECN is always inherited; congestion experienced inside is no news outside.
  const ecn = !ip ? 0 : (inner & 3) === 3 ? 2 : inner & 3;
  const id = config?.key === 'flow' ? [word(flow, W.tunId), word(flow, W.tunId + 1)] : [0, config?.key ?? 0];
  return {
    id,
    src: config?.localIp === 'flow' ? word(flow, W.tunSrc) : (config?.localIp ?? 0),
    dst: config === undefined || config.remoteIp === 'flow' ? word(flow, W.tunDst) : config.remoteIp,
    tos: tos | ecn,
    ttl: config?.ttl === 'inherit' && ip ? word(flow, W.nwTtl) : typeof config?.ttl === 'number' ? config.ttl : 64,
    dstPort: config?.dstPort ?? 0,
    csum: config?.csum ?? false,
    df: config?.df ?? true,
    key: config?.key !== undefined,
    options: port.type === 'geneve' ? optionsOf(ctx) : [],
  };
}

/** tun_metadata_to_geneve_nlattr(): the options that the packet has, by the number of their field. */
function optionsOf(ctx: Ctx): DpTunnel['options'] {
  if ((word(ctx.flow, HIDDEN.tunPresent) | word(ctx.flow, HIDDEN.tunPresent + 1)) === 0) return [];
  const options: DpTunnel['options'][number][] = [];
  for (const tlv of [...ctx.bridge.tlvs].sort((a, b) => a.index - b.index)) {
    if (!hasTunMetadata(ctx.flow, tlv.index)) continue;
    const at = W.tunMetadata0 + 4 * tlv.index;
    const hex = [0, 1, 2, 3].map((i) => word(ctx.flow, at + i).toString(16).padStart(8, '0')).join('');
    options.push({ optClass: tlv.optClass, optType: tlv.optType, hex: hex.slice(-2 * tlv.length).padStart(2 * tlv.length, '0') });
  }
  return options;
}

