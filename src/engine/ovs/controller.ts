import { ETHERTYPE_ARP, type IcmpHeader, ipOf, l4Of, type Packet, PROTO_ICMP, PROTO_SCTP, PROTO_TCP, PROTO_UDP, SCTP_ABORT, TCP_ACK, TCP_RST } from '../../packet/packet.ts';
import type { Mac } from '../../packet/address.ts';
import { ipBytes } from '../../packet/sizes.ts';
import type { OpenFlowAction } from '../../world/openflow.ts';
import { W } from '../openflow/fields.ts';
import type { Translation } from '../openflow/types.ts';
import { answered } from '../device/arp.ts';
import { leave } from '../device/transmit.ts';
import type { At, Waiting } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { antreaAct, antreaAskOf } from './antrea.ts';
import type { Run } from './datapath.ts';
import { type ControllerAction, inject, ownSkb, tellSent } from './packetOut.ts';
import { answerPaused } from './paused.ts';
import { readWireActions } from './wireActions.ts';

/*
 * What ovn-controller does with the packets that OVN's rules hand to it (controller/pinctrl.c): the rule's userdata names an action, and
 * holds what is to be done with the packet that the controller makes.
 */

/** OVN's opcodes by their number (enum action_opcode, include/ovn/actions.h); newer releases add to the end. */
const OPCODES: readonly string[] = [
  'arp', 'put_arp', 'put_dhcp_opts', 'nd_na', 'put_nd', 'put_dhcpv6_opts', 'dns_lookup', 'log', 'put_nd_ra_opts', 'nd_ns', 'icmp4', 'tcp_reset', 'nd_na_router', 'put_icmp4_frag_mtu',
  'icmp4_error', 'event', 'igmp', 'bind_vport', 'handle_svc_check', 'dhcp6_server', 'icmp6_error', 'put_icmp6_frag_mtu', 'reject', 'bfd_msg', 'sctp_abort', 'put_fdb', 'activation_strategy_rarp',
  'split_buf_action', 'dhcp_relay_req_chk', 'dhcp_relay_resp_chk', 'put_icmp4_inner_ip4_src',
];

/** Those by which the controller only remembers something, while the packet itself goes on. */
const REMEMBERED: ReadonlySet<string> = new Set(['put_arp', 'put_nd', 'put_fdb', 'log', 'event', 'bind_vport', 'activation_strategy_rarp']);

const bytesOf = ({ action }: ControllerAction): readonly number[] => (action.userdata ?? '').split('.').map((b) => Number.parseInt(b, 16));

/** The action of OVN that a rule's userdata names; undefined: it is none of OVN's. */
export function ovnActionOf(action: ControllerAction): string | undefined {
  const bytes = bytesOf(action);
  if (bytes.length < 8) return undefined;
  return OPCODES[bytes.slice(0, 4).reduce((n, b) => n * 256 + b, 0)];
}

/** A copy for the controller alone: what becomes of the packet does not hang on it. */
export const isCopyForController = (action: ControllerAction): boolean => REMEMBERED.has(ovnActionOf(action) ?? '') || antreaAskOf(action) === 'policy-log';

/** A packet that the controller makes, and whether it is turned to where the other one came from. */
interface Made {
  readonly packet: Packet;
  readonly turned: boolean;
  readonly icmp?: IcmpHeader;
}

const withAddresses = (about: Packet, turned: boolean, proto: number, ttl: number, rest: Packet): Packet => {
  const { src, dst } = ipOf(about);
  return [{ type: 'ipv4', src: turned ? dst : src, dst: turned ? src : dst, proto, ttl, tos: 0, df: true, mf: false, offset: 0 }, ...rest];
};

/** pinctrl_handle_tcp_reset(): ports are turned in any case. */
function reset(about: Packet, turned: boolean): Made | undefined {
  const l4 = l4Of(about);
  if (l4?.type !== 'tcp') return undefined;
  return { turned, packet: withAddresses(about, turned, PROTO_TCP, 63, [{ type: 'tcp', sport: l4.dport, dport: l4.sport, flags: TCP_RST | TCP_ACK, optionBytes: 0 }]) };
}

/** Bytes of a frame of 576 bytes behind its headers (pinctrl_handle_icmp()). */
const ICMP_ROOM = 534;

/** pinctrl_handle_icmp(): unreachable host, or port where UDP is refused; what the rule wants instead it sets itself. */
function icmpError(about: Packet, turned: boolean, byProto: boolean, mtu?: number): Made {
  const { proto } = ipOf(about);
  const code = mtu !== undefined ? 4 : byProto && proto === PROTO_UDP ? 3 : 1;
  const icmp: IcmpHeader = { type: 'icmp', icmptype: 3, code, ...(mtu === undefined ? {} : { mtu }), quote: { packet: about, bytes: Math.min(ipBytes(about), ICMP_ROOM) } };
  return { turned, icmp, packet: withAddresses(about, turned, PROTO_ICMP, 255, [icmp]) };
}

/** pinctrl_handle_sctp_abort(): a header and one chunk without content; an ABORT is not answered. */
function abort(about: Packet, turned: boolean): Made | undefined {
  const l4 = l4Of(about);
  if (l4?.type !== 'sctp' || l4.chunk === SCTP_ABORT) return undefined;
  return { turned, packet: withAddresses(about, turned, PROTO_SCTP, 63, [{ type: 'sctp', sport: l4.dport, dport: l4.sport, chunk: SCTP_ABORT }]) };
}

const FRAG_MTU_NOTE = '6f.76.6e.00.00.00.00.00.';

/** ofpacts_get_ovn_field(): since OVN 24.09 the MTU of an error stands in a note among its actions ("ovn", field 0, be16). */
function notedMtu(actions: readonly OpenFlowAction[]): number | undefined {
  const note = actions.find((a) => a.kind === 'note' && a.hex.startsWith(FRAG_MTU_NOTE));
  return note?.kind === 'note' ? Number.parseInt(note.hex.slice(FRAG_MTU_NOTE.length).split('.').slice(0, 2).join(''), 16) : undefined;
}

/** pinctrl_handle_reject(): no error about an error. Undefined: it makes nothing. */
function rejection(about: Packet): Made | undefined {
  const l4 = l4Of(about);
  if (l4?.type === 'tcp' && (l4.flags & TCP_RST) !== 0) return undefined;
  if (l4?.type === 'icmp' && l4.icmptype === 3) return undefined;
  const { proto } = ipOf(about);
  return proto === PROTO_TCP ? reset(about, true) : proto === PROTO_SCTP ? abort(about, true) : icmpError(about, true, true);
}

function madeBy(what: string | undefined, { skb }: Run, actions: readonly OpenFlowAction[]): Made | 'unknown' | undefined {
  if (skb.packet[0]?.type !== 'ipv4') return 'unknown';
  switch (what) {
    case 'icmp4':
      return icmpError(skb.packet, false, true, notedMtu(actions));
    case 'icmp4_error':
      return icmpError(skb.packet, false, false, notedMtu(actions));
    case 'tcp_reset':
      return reset(skb.packet, false);
    case 'sctp_abort':
      return abort(skb.packet, false);
    case 'reject':
      return rejection(skb.packet);
    default:
      return 'unknown';
  }
}

/** process_packet_in(): the packet is the controller's now, and what it makes instead goes through the tables. */
export function controllerAct(run: Run, action: ControllerAction, frozen: Translation['frozen']): void {
  const { sim, ns, skb } = run;
  const at: At = { ns, dev: action.bridge };
  const asked = antreaAskOf(action);
  const waits = frozen.get(action.resume ?? 0);
  const what = asked ?? ovnActionOf(action);
  sim.emit(at, skb, { kind: 'ovs-action', bridge: action.bridge, action: { kind: 'controller', reason: action.action.reason, what } });
  if (what === 'put_arp') bindingLearned(run, action);
  if (isCopyForController(action)) return;
  if (asked !== undefined && antreaAct(run, action, asked, waits)) return;
  const content = bytesOf(action).slice(8);
  if (answerPaused(run, what, content, waits)) return;
  const actions = readWireActions(content);
  if (what === 'arp' && actions) return askForBinding(run, action, actions);
  const made = actions ? madeBy(what, run, actions) : 'unknown';
  if (made === 'unknown' || !actions) return sim.unknown(at, skb, 'controller', what ?? action.action.reason);
  sim.emit(at, skb, { kind: 'drop', reason: made ? 'openflow-answered' : 'openflow' });
  sim.end(at, skb, 'dropped');
  if (made) packetOut(run, action, made, actions);
}

/** The key of a MAC binding: the logical router and port, as the registers of the packet name them. */
const bindingOf = ({ bridge, flow }: ControllerAction, register: number): { readonly dev: string; readonly ip: number } => ({ dev: `${bridge}/${flow[W.metadata + 1] ?? 0}/${flow[W.reg0 + register] ?? 0}`, ip: flow[W.reg0] ?? 0 });

/** Where OVN's pipelines keep the logical ports that a packet came in by and goes out by (include/ovn/logical-fields.h). */
const [LOGICAL_IN, LOGICAL_OUT] = [14, 15];

/**
 * pinctrl_handle_arp(): the router asks for its next hop, and keeps the packet. Once a MAC binding is there it goes on from the table
 * where the question went.
 */
function askForBinding(run: Run, action: ControllerAction, actions: readonly OpenFlowAction[]): void {
  const { sim, ns, skb } = run;
  const { eth } = skb;
  const at: At = { ns, dev: action.bridge };
  const onward = actions.findLast((a) => a.kind === 'resubmit');
  if (!eth || !onward || skb.packet[0]?.type !== 'ipv4') return sim.unknown(at, skb, 'controller', 'arp');
  const { dev, ip } = bindingOf(action, LOGICAL_OUT);
  const goOn = (mac: Mac): void => {
    const bound: Skb = { ...skb, eth: { ...eth, dst: mac } };
    sim.emit(at, bound, { kind: 'neighbour', ip, mac, how: 'arp' });
    inject(run, action.bridge, action.flow, bound, [onward]);
  };
  const known = ns.learned.get(`${dev}/${ip}`);
  if (known !== undefined) return goOn(known);
  const waiting: Waiting = {
    answered: goOn,
    unanswered(left) {
      if (left) return leave(sim, at, skb, ip);
      sim.emit(at, skb, { kind: 'neighbour', ip, mac: undefined, how: 'failed' });
      sim.emit(at, skb, { kind: 'drop', reason: 'no-neighbour' });
      sim.end(at, skb, 'unreachable');
    },
  };
  const under = sim.asked.find((a) => a.ns === ns && a.dev === dev && a.target === ip);
  if (under) under.waiting.push(waiting);
  else sim.asked.push({ ns, dev, target: ip, sha: eth.src, waiting: [waiting], answers: [], left: false });
  const { src, dst } = ipOf(skb.packet);
  const request: Skb = { ...ownSkb(run, [{ type: 'arp', op: 'request', spa: src, tpa: dst, sha: eth.src, tha: '00:00:00:00:00:00' }], { ...eth, ethertype: ETHERTYPE_ARP }), role: 'arp', sender: skb.sender };
  inject(run, action.bridge, action.flow, request, actions);
}

/** pinctrl_handle_put_mac_binding(): whoever answers, or asks, is known from now on, and what waited for him goes on. */
function bindingLearned({ sim, ns, skb }: Run, action: ControllerAction): void {
  const { dev, ip } = bindingOf(action, LOGICAL_IN);
  const arp = skb.packet[0];
  if (arp?.type !== 'arp') return;
  ns.learned.set(`${dev}/${ip}`, arp.sha);
  const asking = sim.asked.find((a) => a.ns === ns && a.dev === dev && a.target === ip);
  // The machine and the router with its address may both answer: the first one counts.
  if (asking)
    sim.backlog.push(() => {
      if (sim.asked.includes(asking)) answered(sim, asking, arp.sha);
    });
}

/** The packet that the controller answers with (set_actions_and_enqueue_msg()): registers and metadata of the one that came go with it. */
function packetOut(run: Run, { bridge, flow }: ControllerAction, { packet, turned, icmp }: Made, actions: readonly OpenFlowAction[]): void {
  const { eth } = run.skb;
  if (!eth) return;
  const own = ownSkb(run, packet, { ...eth, src: turned ? eth.dst : eth.src, dst: turned ? eth.src : eth.dst });
  tellSent(run, bridge, own, icmp);
  inject(run, bridge, flow, own, actions);
}
