import { type IcmpHeader, ipOf, l4Of, type Packet, PROTO_ICMP, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN, withIp, withPorts } from '../../packet/packet.ts';
import { sendIcmpError } from '../ip/icmp.ts';
import { accept, drop, type HandlerResult, type HookState } from '../netfilter/hooks.ts';
import { reroute } from '../netfilter/reroute.ts';
import { sysctl } from '../sim.ts';
import type { Skb } from '../skb.ts';
import type { IpvsStep } from '../step.ts';
import { tupleOf } from '../conntrack/tuple.ts';
import { findIn, findOut, type IpvsConn, nextState, viewConn } from './connections.ts';
import { findService, schedule, serviceText } from './schedule.ts';
import { masqueradeXmit, updateConntrack } from './xmit.ts';

/** ipvs->enable: IPVS looks at packets only once a service exists. */
const enabled = (state: HookState): boolean => state.at.ns.netns.ipvs.length > 0 && !state.skb.ipvsDone;

function flagsOf(packet: Packet) {
  const l4 = l4Of(packet);
  const flags = l4?.type === 'tcp' ? l4.flags : 0;
  return { syn: (flags & TCP_SYN) !== 0, ack: (flags & TCP_ACK) !== 0, rst: (flags & TCP_RST) !== 0, fin: (flags & TCP_FIN) !== 0 };
}

const ipvsStep = (op: IpvsStep['op'], conn: IpvsConn | undefined, virtual: string, scheduler: string, more: Partial<IpvsStep> = {}): IpvsStep => ({
  kind: 'ipvs',
  op,
  virtual,
  scheduler,
  conn: conn && viewConn(conn),
  candidates: [],
  picked: undefined,
  choice: undefined,
  ...more,
});

/** ip_vs_in_hook() (net/netfilter/ipvs/ip_vs_core.c), at LOCAL_IN and LOCAL_OUT: a packet for a virtual server goes to a real one. */
export function ipvsRequest(state: HookState): HandlerResult {
  if (!enabled(state)) return accept(state);
  const { sim, at, skb, hook } = state;
  const ip = ipOf(skb.packet);
  if (ip.proto === PROTO_ICMP) return requestIcmp(state);
  const tuple = tupleOf(skb.packet);
  if (!tuple || ip.offset > 0) return accept(state);
  const flags = flagsOf(skb.packet);

  let conn = findIn(at.ns.ipvs, tuple);
  if (conn) {
    conn.state = nextState(conn, true, flags);
    const found = sim.emit(at, skb, ipvsStep('existing', conn, serviceText(conn.service), conn.service.scheduler), { source: [conn.service.source, conn.real.source] });
    return masqueradeXmit(state, conn, found);
  }
  const service = findService(at.ns.netns.ipvs, skb.mark, tuple.proto, tuple.dst, tuple.dport);
  // tcp_conn_schedule(): only a SYN opens a connection (sloppy_tcp is off by default).
  if (!service || (l4Of(skb.packet)?.type === 'tcp' && !flags.syn)) return accept(state);
  const scheduled = schedule(sim, at, service);
  if (scheduled.kind === 'unknown') {
    sim.unknown(at, skb, 'scheduler', scheduled.name, 'ipvsadm -Ln', service.source ? [service.source] : []);
    return { verdict: 'ended' };
  }
  if (scheduled.kind === 'none') {
    // ip_vs_leave(): nobody to send it to, so the client is told that the port is closed.
    sim.emit(at, skb, ipvsStep('no-destination', undefined, serviceText(service), service.scheduler, scheduled.step), { source: [service.source] });
    const ended = drop(state, skb, 'ipvs-no-destination');
    sendIcmpError(sim, at.ns, skb, { icmptype: 3, code: 3, localDst: hook === 'INPUT' });
    return ended;
  }
  conn = { proto: tuple.proto, client: tuple.src, cport: tuple.sport, vip: tuple.dst, vport: tuple.dport, real: scheduled.real, service, state: 'NONE' };
  conn.state = nextState(conn, true, flags);
  at.ns.ipvs.connections.push(conn);
  const picked = sim.emit(at, skb, ipvsStep('schedule', conn, serviceText(service), service.scheduler, scheduled.step), { source: [service.source, scheduled.real.source] });
  return masqueradeXmit(state, conn, picked);
}

/**
 * ip_vs_out_hook(), at LOCAL_IN, LOCAL_OUT and FORWARD: the answer of a real server gets the virtual server's address as its
 * source. conntrack has put the client's address back before (nat PREROUTING), or the packet would not be recognised.
 */
export function ipvsReply(state: HookState): HandlerResult {
  if (!enabled(state)) return accept(state);
  const { sim, at, skb } = state;
  const ip = ipOf(skb.packet);
  if (ip.proto === PROTO_ICMP) return replyIcmp(state);
  const tuple = tupleOf(skb.packet);
  const conn = tuple && findOut(at.ns.ipvs, tuple);
  if (!conn || conn.real.forward !== 'masq') return accept(state);
  conn.state = nextState(conn, false, flagsOf(skb.packet));
  const rewritten: Skb = { ...skb, packet: withPorts(withIp(skb.packet, { src: conn.vip }), { sport: conn.vport }), ipvsDone: true };
  sim.emit(at, rewritten, ipvsStep('reply', conn, serviceText(conn.service), conn.service.scheduler), { source: [conn.service.source, conn.real.source] });
  const next: HookState = { ...state, skb: withConntrack(state, rewritten, conn, false) };
  // ip_vs_route_me_harder(): with snat_reroute a forwarded answer is routed again, now from the virtual address.
  if (state.hook !== 'INPUT' && sysctl(at.ns, 'net.ipv4.vs.snat_reroute', 1) !== 0 && state.rt?.kind !== 'local') return reroute(next);
  return { verdict: 'accept', state: next };
}

/** With vs.conntrack the entry learns the rewrite, without it the packet is no longer tracked (ip_vs_notrack()). */
export function withConntrack(state: HookState, skb: Skb, conn: IpvsConn, toReal: boolean): Skb {
  if (sysctl(state.at.ns, 'net.ipv4.vs.conntrack', 0) === 0) return skb.ct?.kind === 'tracked' ? { ...skb, ct: { kind: 'untracked' } } : skb;
  updateConntrack(state, skb, conn, toReal);
  return skb;
}

/** The connection that an ICMP error quotes a packet of: one that IPVS sent to a real server, or one that a real server answered. */
function quotedConn(state: HookState, icmp: IcmpHeader, direction: 'to-real' | 'to-client'): IpvsConn | undefined {
  const inner = icmp.quote && tupleOf(icmp.quote.packet);
  if (!inner) return undefined;
  const turned = { proto: inner.proto, src: inner.dst, sport: inner.dport, dst: inner.src, dport: inner.sport };
  return direction === 'to-real' ? findOut(state.at.ns.ipvs, turned) : findIn(state.at.ns.ipvs, turned);
}

const quotedRewrite = (packet: Packet, change: (quoted: Packet) => Packet): Packet =>
  packet.map((h) => (h.type === 'icmp' && h.quote ? { ...h, quote: { ...h.quote, packet: change(h.quote.packet) } } : h));

/** ip_vs_forward_icmp(), FORWARD: an error on its way through is looked at as one about a client's packet (ip_vs_in_icmp()). */
export function ipvsForwardIcmp(state: HookState): HandlerResult {
  return enabled(state) && ipOf(state.skb.packet).proto === PROTO_ICMP ? requestIcmp(state) : accept(state);
}

/** ip_vs_in_icmp(): the client's side complains about an answer: the error goes on to the real server that made the answer. */
function requestIcmp(state: HookState): HandlerResult {
  const l4 = l4Of(state.skb.packet);
  const conn = l4?.type === 'icmp' ? quotedConn(state, l4, 'to-client') : undefined;
  if (!conn) return accept(state);
  const packet = withIp(
    quotedRewrite(state.skb.packet, (q) => withPorts(withIp(q, { src: conn.real.ip }), { sport: conn.real.port })),
    { dst: conn.real.ip },
  );
  return masqueradeXmit(state, conn, undefined, packet);
}

/** ip_vs_out_icmp(): an error about a packet that IPVS sent to a real server is made to speak of the virtual server. */
function replyIcmp(state: HookState): HandlerResult {
  const { sim, at, skb } = state;
  const l4 = l4Of(skb.packet);
  const conn = l4?.type === 'icmp' ? quotedConn(state, l4, 'to-real') : undefined;
  if (!conn) return accept(state);
  const packet = withIp(
    quotedRewrite(skb.packet, (q) => withPorts(withIp(q, { dst: conn.vip }), { dport: conn.vport })),
    { src: conn.vip },
  );
  const rewritten: Skb = { ...skb, packet, ipvsDone: true };
  sim.emit(at, rewritten, ipvsStep('reply', conn, serviceText(conn.service), conn.service.scheduler), { source: [conn.service.source] });
  return accept(state, { skb: rewritten });
}
