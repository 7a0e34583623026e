import { isLoopback } from '../../packet/address.ts';
import { ipOf, type Packet, PROTO_ICMP, withIp, withPorts } from '../../packet/packet.ts';
import { ipBytes } from '../../packet/sizes.ts';
import { sendIcmpError } from '../ip/icmp.ts';
import { ipOutput } from '../ip/output.ts';
import { accept, drop, type HandlerResult, type HookState, runHook } from '../netfilter/hooks.ts';
import { addressType } from '../routing/fib.ts';
import { routeOutput } from '../routing/output.ts';
import { localMtu } from '../routing/pmtu.ts';
import type { Skb } from '../skb.ts';
import type { IpvsConn } from './connections.ts';
import { withConntrack } from './hooks.ts';

/**
 * ip_vs_nat_xmit() and __ip_vs_get_out_rt() (net/netfilter/ipvs/ip_vs_xmit.c): a new route to the real server, TTL minus one, the
 * destination rewritten, and on through LOCAL_OUT. A real server on this very node keeps the old route and simply goes on.
 * `picked` is the step that chose the real server: it shows the new destination. `icmp` is an error, rewritten already, that takes
 * the same way.
 */
export function masqueradeXmit(state: HookState, conn: IpvsConn, picked: number | undefined, icmp?: Packet): HandlerResult {
  const { sim, at, skb } = state;
  if (conn.real.forward !== 'masq') {
    sim.unknown(at, skb, 'forward-method', conn.real.forward, undefined, conn.real.source ? [conn.real.source] : []);
    return { verdict: 'ended' };
  }
  const ip = ipOf(skb.packet);
  const decided = routeOutput(sim, at.ns, { purpose: 'ipvs', dst: conn.real.ip, src: 0, tos: ip.tos, mark: 0, proto: ip.proto });
  if (decided.kind === 'unknown') {
    sim.unknown(at, skb, decided.what, decided.name, undefined, decided.source.filter((s) => s !== undefined));
    return { verdict: 'ended' };
  }
  const local = decided.kind === 'route' && decided.rt.kind === 'local';
  const wasLocal = state.hook === 'INPUT' || addressType(at.ns, ip.dst) === 'local';
  // crosses_local_route_boundary(): a loopback source may not leave, and what was not for us may not become so.
  const unroutable = decided.kind === 'error' || (local ? !wasLocal : isLoopback(ip.src));
  const aimed: Skb = { ...skb, packet: icmp ?? withPorts(withIp(skb.packet, { dst: conn.real.ip }), { dport: conn.real.port }) };
  if (picked !== undefined && !unroutable) sim.amend(picked, aimed, {});
  sim.emit(at, unroutable ? skb : aimed, decided.step, { source: decided.source });
  if (unroutable) return drop(state, skb, 'ipvs-unroutable');
  if (local) return accept(state, { skb: withConntrack(state, { ...aimed, ipvsDone: true }, conn, true) });
  if (ip.ttl <= 1) {
    const ended = drop(state, skb, 'ttl');
    sendIcmpError(sim, at.ns, skb, { icmptype: 11, code: 0 });
    return ended;
  }
  const lower: Skb = { ...aimed, packet: withIp(aimed.packet, { ttl: ip.ttl - 1 }) };
  sim.emit(at, lower, { kind: 'ttl', before: ip.ttl, after: ip.ttl - 1, by: 'ipvs' });
  const mtu = localMtu(at.ns, decided.rt);
  if (ip.df && ipBytes(skb.packet) > mtu && ip.proto !== PROTO_ICMP) {
    sim.emit(at, lower, { kind: 'mtu', bytes: ipBytes(skb.packet), mtu, action: 'error', by: 'path' });
    const ended = drop(state, lower, 'too-big');
    sendIcmpError(sim, at.ns, skb, { icmptype: 3, code: 4, mtu });
    return ended;
  }
  const sent = withConntrack(state, { ...lower, ipvsDone: true, ignoreDf: true }, conn, true);
  // ip_vs_nat_send_or_cont(): a pass through OUTPUT, without an input device.
  const hooked = runHook(sim, { ns: at.ns, dev: undefined }, 'OUTPUT', sent, { in: undefined, out: decided.rt.oif }, decided.rt);
  if (hooked.verdict === 'accept') ipOutput(sim, at.ns, hooked.state.skb, hooked.state.rt ?? decided.rt);
  return { verdict: 'stolen' };
}

/**
 * ip_vs_update_conntrack() (ip_vs_nfct.c): tells a new entry whom the reply will come from, so that it is recognised. Only before
 * the entry is confirmed, and only for packets of the first direction.
 */
export function updateConntrack(state: HookState, skb: Skb, conn: IpvsConn, toReal: boolean): void {
  const { ct } = skb;
  if (ct?.kind !== 'tracked' || ct.entry.confirmed || ct.dir !== 'original' || state.at.ns.netns.ipvs.length === 0) return;
  const { reply } = ct.entry;
  ct.entry.reply = toReal ? { ...reply, src: conn.real.ip, sport: conn.real.port } : { ...reply, dst: conn.vip, dport: conn.vport };
}
