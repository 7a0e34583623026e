import { type IcmpHeader, ipOf, l4Of, type Packet, PROTO_IPIP, withIp, withPorts } from '../../packet/packet.ts';
import { addressType } from '../routing/fib.ts';
import { sendIcmpError } from '../ip/icmp.ts';
import { accept, drop, type HandlerResult, type HookState } from '../netfilter/hooks.ts';
import { learnPmtu, localMtu } from '../routing/pmtu.ts';
import { routeOutput } from '../routing/output.ts';
import { sysctl } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { tupleOf } from '../conntrack/tuple.ts';
import { findIn, findOut } from './connections.ts';
import { turned } from './ends.ts';
import { findService } from './services.ts';
import { connStep } from './step.ts';
import { routeAgain, transmitTo, withConntrack } from './xmit.ts';

/** Destination unreachable, source quench, time exceeded: the ICMP errors that IPVS reads. */
const isRead = (icmp: IcmpHeader): boolean => icmp.icmptype === 3 || icmp.icmptype === 4 || icmp.icmptype === 11;

/** The packet that an error quotes, if it is one that IPVS reads. */
function quotedBy(skb: Skb): Packet | undefined {
  const l4 = l4Of(skb.packet);
  return l4?.type === 'icmp' && isRead(l4) ? l4.quote?.packet : undefined;
}

const quotedRewrite = (packet: Packet, change: (quoted: Packet) => Packet): Packet =>
  packet.map((h) => (h.type === 'icmp' && h.quote ? { ...h, quote: { ...h.quote, packet: change(h.quote.packet) } } : h));

/**
 * ip_vs_in_icmp(): the client's side complains about an answer, so the error goes on to the real server that made it. Undefined when
 * it is no business of IPVS.
 */
export function requestIcmp(state: HookState): HandlerResult | undefined {
  const { sim, at, skb } = state;
  const quoted = quotedBy(skb);
  if (!quoted) return undefined;
  if (ipOf(quoted).proto === PROTO_IPIP && quoted[1]?.type === 'ipv4') return tunnelError(state, quoted);
  const inner = tupleOf(quoted);
  if (!inner) return undefined;
  const conn = findIn(at.ns.ipvs, turned(inner));
  if (!conn) {
    const service = sysctl(at.ns, 'net.ipv4.vs.schedule_icmp', 0) === 0 ? undefined : findService(at.ns.netns, skb.mark, inner.proto, inner.src, inner.sport);
    if (!service) return undefined;
    sim.unknown(at, skb, 'scheduler', 'schedule_icmp', undefined, service.source ? [service.source] : []);
    return { verdict: 'ended' };
  }
  if (conn.forward !== 'masq') return transmitTo(state, conn, undefined, skb.packet);
  const packet = withIp(
    quotedRewrite(skb.packet, (q) => withPorts(withIp(q, { src: conn.rip }), { sport: conn.rport })),
    { dst: conn.rip },
  );
  return transmitTo(state, conn, undefined, packet);
}

/** The same for an error about a packet that IPVS had wrapped for a real server: the client is told, in the words of its own packet. */
function tunnelError(state: HookState, quoted: Packet): HandlerResult | undefined {
  const { sim, at, skb } = state;
  const icmp = l4Of(skb.packet);
  const inside = quoted.slice(1);
  const tuple = tupleOf(inside);
  const conn = tuple && findIn(at.ns.ipvs, tuple);
  if (!conn || icmp?.type !== 'icmp' || addressType(at.ns, ipOf(skb.packet).dst) !== 'local') return undefined;
  sim.emit(at, skb, connStep('existing', conn), { source: [conn.service?.source, conn.real.source] });
  let mtu = icmp.mtu;
  if (icmp.icmptype === 3 && icmp.code === 4) {
    const learned = learnPmtu(at.ns, ipOf(quoted).dst, icmp.mtu ?? 0);
    if (learned !== undefined) sim.emit(at, skb, { kind: 'pmtu', dst: ipOf(quoted).dst, mtu: learned });
    if (!ipOf(inside).df) return drop(state, skb, 'ipvs-absorbed');
    const way = routeOutput(sim, at.ns, { purpose: 'ipvs', dst: conn.rip, src: 0, tos: 0, mark: 0, proto: 0 });
    mtu = (way.kind === 'route' ? localMtu(at.ns, way.rt) : (icmp.mtu ?? 0)) - 20;
  }
  const ended = drop(state, skb, 'ipvs-absorbed');
  if (icmp.icmptype === 3 || icmp.icmptype === 11) sendIcmpError(sim, at.ns, { ...skb, packet: inside, ct: undefined }, { icmptype: icmp.icmptype, code: icmp.code, ...(mtu === undefined ? {} : { mtu }) });
  return ended;
}

/** ip_vs_out_icmp(): an error about a packet that IPVS sent to a real server is made to speak of the virtual server. */
export function replyIcmp(state: HookState): HandlerResult | undefined {
  const { sim, at, skb } = state;
  const quoted = quotedBy(skb);
  const inner = quoted && tupleOf(quoted);
  const conn = inner && findOut(at.ns.ipvs, turned(inner));
  if (!conn) return undefined;
  const done: Skb = { ...skb, ipvsDone: true };
  // handle_response_icmp(): without NAT there is nothing to translate.
  if (conn.forward !== 'masq') return accept(state, { skb: withConntrack(done, conn, false) });
  const packet = withIp(
    quotedRewrite(skb.packet, (q) => withPorts(withIp(q, { dst: conn.vip }), { dport: conn.vport })),
    { src: conn.vip },
  );
  const rewritten: Skb = { ...done, packet };
  sim.emit(at, rewritten, connStep('reply', conn), { source: [conn.service?.source] });
  return routeAgain({ ...state, skb: withConntrack(rewritten, conn, false) });
}
