import { reassemble } from '../ip/fragment.ts';
import { ipOf, isPorted, l4Of, PROTO_ICMP, PROTO_SCTP, PROTO_TCP, PROTO_UDP, TCP_RST, TCP_SYN, SCTP_ABORT, SCTP_INIT, withIp, withPorts } from '../../packet/packet.ts';
import { sendIcmpError } from '../ip/icmp.ts';
import { addressType } from '../routing/fib.ts';
import { accept, drop, type HandlerResult, type HookState } from '../netfilter/hooks.ts';
import { sysctl } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { tupleOf } from '../conntrack/tuple.ts';
import { advance, expireConn, findIn, findOut, type IpvsConn } from './connections.ts';
import { replyIcmp, requestIcmp } from './icmp.ts';
import { schedule } from './schedule.ts';
import { indexOf, serviceText } from './services.ts';
import { connStep, ipvsStep } from './step.ts';
import { routeAgain, transmitTo, withConntrack } from './xmit.ts';

/** ipvs->enable: IPVS looks at packets only once a service exists; and never twice at one. */
const enabled = ({ at, skb }: HookState): boolean => (at.ns.netns.ipvs.length > 0 || at.ns.netns.ipvsConnections !== undefined) && !skb.ipvsDone;

const isBalanced = (proto: number): boolean => proto === PROTO_TCP || proto === PROTO_UDP || proto === PROTO_SCTP;

/** kube-proxy's default range of node ports (--service-node-port-range). */
const NODE_PORTS = { from: 30_000, to: 32_767 };

/** Whether virtual servers that nobody listed may take this packet: it is for an address of kube-proxy's device, or for a port of the node that may be a service's. */
function isForUnlisted({ at, skb, hook }: HookState): boolean {
  const { netns } = at.ns;
  const { dst, proto } = ipOf(skb.packet);
  if (!netns.ipvsUnlisted || skb.ipvsDone || !isBalanced(proto) || (skb.ct?.kind === 'tracked' && skb.ct.dir === 'reply')) return false;
  const l4 = l4Of(skb.packet);
  const nodePort = isPorted(l4) && l4.dport >= NODE_PORTS.from && l4.dport <= NODE_PORTS.to && (hook === 'INPUT' || addressType(at.ns, dst) === 'local');
  return nodePort || netns.links.some((l) => l.name === 'kube-ipvs0' && l.addresses.some((a) => a.ip === dst));
}

/** ip_vs_in_hook() (net/netfilter/ipvs/ip_vs_core.c), at LOCAL_IN and LOCAL_OUT: a packet for a virtual server goes to a real one. */
export function ipvsRequest(state: HookState): HandlerResult {
  const { sim, at, skb, hook } = state;
  if (isForUnlisted(state)) {
    sim.unknown(at, skb, 'dump', 'ipvsadm', 'ipvsadm -Sn', []);
    return { verdict: 'ended' };
  }
  if (!enabled(state)) return accept(state);
  const ip = ipOf(skb.packet);
  if (hook === 'INPUT' && skb.pktType !== undefined && skb.pktType !== 'host') return accept(state);
  if (ip.proto === PROTO_ICMP) {
    const done = requestIcmp(state);
    if (done) return done;
  }
  // With ignore_tunneled what is no business of IPVS stays so, however it is unwrapped.
  if (!isBalanced(ip.proto)) return accept(state, sysctl(at.ns, 'net.ipv4.vs.ignore_tunneled', 0) === 0 ? {} : { skb: { ...skb, ipvsDone: true } });
  const tuple = tupleOf(skb.packet);
  if (!tuple || ip.offset > 0) return accept(state);

  const conn = usable(state, findIn(at.ns.ipvs, tuple));
  if (conn === 'drop') return drop(state, skb, 'ipvs-old-connection');
  if (conn) {
    advance(at.ns.ipvs, conn, true, skb.packet);
    return transmitTo(state, conn, sim.emit(at, skb, connStep('existing', conn), { source: [conn.service?.source, conn.real.source] }));
  }
  const scheduled = schedule(sim, at, skb, tuple);
  switch (scheduled.kind) {
    case 'pass':
      return accept(state);
    case 'unknown': {
      const { source } = scheduled.service;
      sim.unknown(at, skb, 'scheduler', scheduled.name, 'ipvsadm -Ln', source ? [source] : []);
      return { verdict: 'ended' };
    }
    case 'none': {
      const { service } = scheduled;
      if (service.key.kind === 'fwmark' && sysctl(at.ns, 'net.ipv4.vs.cache_bypass', 0) !== 0) {
        sim.unknown(at, skb, 'scheduler', 'cache_bypass', undefined, service.source ? [service.source] : []);
        return { verdict: 'ended' };
      }
      // ip_vs_leave(): nobody to send it to, so the client is told that the port is closed.
      sim.emit(at, skb, ipvsStep('no-destination', undefined, serviceText(service), service.scheduler, scheduled.shown), { source: [service.source] });
      const ended = drop(state, skb, 'ipvs-no-destination');
      sendIcmpError(sim, at.ns, skb, { icmptype: 3, code: 3, localDst: hook === 'INPUT' });
      return ended;
    }
    case 'conn': {
      advance(at.ns.ipvs, scheduled.conn, true, skb.packet);
      const picked = sim.emit(at, skb, { ...connStep('schedule', scheduled.conn), ...scheduled.shown }, { source: [scheduled.conn.service?.source, scheduled.conn.real.source] });
      return transmitTo(state, scheduled.conn, picked);
    }
  }
}

/**
 * What ip_vs_in_hook() does before it follows a connection: one whose client starts anew is made anew where that is safe
 * (conn_reuse_mode, expire_nodest_conn), one without a real server ends here. `drop`: the packet has an old conntrack entry, so the
 * client must try again.
 */
function usable({ at, skb }: HookState, conn: IpvsConn | undefined): IpvsConn | 'drop' | undefined {
  if (!conn) return undefined;
  const l4 = l4Of(skb.packet);
  const nodest = sysctl(at.ns, 'net.ipv4.vs.expire_nodest_conn', 0) !== 0;
  const opens = (l4?.type === 'tcp' && (l4.flags & TCP_SYN) !== 0) || (l4?.type === 'sctp' && l4.chunk === SCTP_INIT);
  const anew = opens && ((nodest && conn.real.weight === 0) || isReused(conn, sysctl(at.ns, 'net.ipv4.vs.conn_reuse_mode', 1)));
  if (!anew && !conn.gone) return conn;
  if (!anew && !nodest) return 'drop';
  expireConn(at.ns.ipvs, conn);
  return skb.ct?.kind === 'tracked' && skb.ct.entry.confirmed ? 'drop' : undefined;
}

/** is_new_conn_expected(): the old connection was over, and no template holds it. */
function isReused(conn: IpvsConn, mode: number): boolean {
  if (mode === 0 || conn.control) return false;
  if (conn.proto === PROTO_SCTP) return conn.state === 'CLOSED';
  return conn.state === 'TIME_WAIT' || conn.state === 'CLOSE' || ((mode & 2) !== 0 && conn.state === 'FIN_WAIT' && conn.noOutput);
}

/**
 * ip_vs_out_hook(), at LOCAL_IN, LOCAL_OUT and FORWARD: the answer of a real server gets the virtual server's address as its
 * source. conntrack has put the client's address back before (nat PREROUTING), or the packet would not be recognised.
 */
export function ipvsReply(state: HookState): HandlerResult {
  if (!enabled(state)) return accept(state);
  const { sim, at } = state;
  // ip_vs_gather_frags(): pieces are put together before anybody asks whose they are.
  const whole = state.skb.piece !== undefined && isBalanced(ipOf(state.skb.packet).proto) ? reassemble(sim, at, state.skb, true) : state.skb;
  if (!whole) return { verdict: 'stolen' };
  return replyWhole({ ...state, skb: whole });
}

function replyWhole(state: HookState): HandlerResult {
  const { sim, at, skb } = state;
  const ip = ipOf(skb.packet);
  if (ip.proto === PROTO_ICMP) return replyIcmp(state) ?? accept(state);
  const tuple = isBalanced(ip.proto) ? tupleOf(skb.packet) : undefined;
  const conn = tuple && findOut(at.ns.ipvs, tuple);
  if (!conn) return tuple && isLost(state) ? refuseLost(state) : accept(state);
  const masq = conn.forward === 'masq';
  const rewritten: Skb = { ...skb, packet: withPorts(withIp(skb.packet, { src: conn.vip }), { sport: conn.vport }), ipvsDone: true };
  advance(at.ns.ipvs, conn, false, skb.packet);
  if (masq) sim.emit(at, rewritten, connStep('reply', conn), { source: [conn.service?.source, conn.real.source] });
  return routeAgain({ ...state, skb: withConntrack(rewritten, conn, false) });
}

/** With nat_icmp_send a packet from a real server's port that belongs to no connection is refused, unless it ends one itself. */
function isLost({ at, skb }: HookState): boolean {
  const l4 = l4Of(skb.packet);
  if (sysctl(at.ns, 'net.ipv4.vs.nat_icmp_send', 0) === 0 || !isPorted(l4)) return false;
  const { proto, src } = ipOf(skb.packet);
  return indexOf(at.ns.netns).hasReal(proto, src, l4.sport) && !(l4.type === 'tcp' && (l4.flags & TCP_RST) !== 0) && !(l4.type === 'sctp' && l4.chunk === SCTP_ABORT);
}

function refuseLost(state: HookState): HandlerResult {
  const ended = drop(state, state.skb, 'ipvs-no-connection');
  sendIcmpError(state.sim, state.at.ns, state.skb, { icmptype: 3, code: 3 });
  return ended;
}

/** ip_vs_forward_icmp(), FORWARD: an error on its way through is looked at as one about a client's packet (ip_vs_in_icmp()). */
export function ipvsForwardIcmp(state: HookState): HandlerResult {
  return (enabled(state) && ipOf(state.skb.packet).proto === PROTO_ICMP ? requestIcmp(state) : undefined) ?? accept(state);
}
