import { isLoopback } from '../../packet/address.ts';
import { ipOf, type Ipv4Header, type Packet, PROTO_ICMP, PROTO_IPIP, withIp, withPorts } from '../../packet/packet.ts';
import { ipBytes } from '../../packet/sizes.ts';
import { confirm } from '../conntrack/track.ts';
import { sendIcmpError } from '../ip/icmp.ts';
import { localOut, ipOutput } from '../ip/output.ts';
import { accept, drop, type HandlerResult, type HookState, runHook } from '../netfilter/hooks.ts';
import { reroute } from '../netfilter/reroute.ts';
import { addressType } from '../routing/fib.ts';
import { type OutputDecision, routeOutput } from '../routing/output.ts';
import { localMtu } from '../routing/pmtu.ts';
import { sysctl } from '../sim.ts';
import type { Skb } from '../skb.ts';
import type { IpvsConn } from './connections.ts';

const OVERHEAD = 20;

/**
 * cp->packet_xmit(): ip_vs_nat_xmit(), ip_vs_dr_xmit(), ip_vs_tunnel_xmit(), and ip_vs_icmp_xmit() for an error that takes the same
 * way (`icmp`, rewritten already). A real server on this very node keeps the old route, and the packet simply goes on; for any
 * other it is sent as one made here. `picked` is the step that chose the real server: it shows the new destination.
 */
export function transmitTo(state: HookState, conn: IpvsConn, picked: number | undefined, icmp?: Packet): HandlerResult {
  const { sim, at, skb } = state;
  const foreign = conn.forward === 'tunnel' && conn.real.extra?.includes('--tun-type');
  if (foreign) {
    sim.unknown(at, skb, 'forward-method', (conn.real.extra ?? []).join(' '), undefined, conn.real.source ? [conn.real.source] : []);
    return { verdict: 'ended' };
  }
  const way = outRoute(state, conn, picked, icmp);
  if ('verdict' in way) return way;
  const { skb: sent, decided, local } = way;
  if (local) return accept(state, { skb: withConntrack({ ...sent, ipvsDone: true }, conn, true) });
  if (conn.forward === 'tunnel') return tunnelXmit(state, conn, sent, decided);
  // ip_vs_nat_send_or_cont(), ip_vs_send_or_cont(): a pass through OUTPUT, without an input device.
  const out = withConntrack({ ...sent, ipvsDone: true, ignoreDf: true }, conn, true);
  // FLOWI_FLAG_KNOWN_NH: what is not rewritten needs the real server as its next hop, for its address leads elsewhere.
  const rt = conn.forward === 'masq' || decided.rt.gateway !== undefined ? decided.rt : { ...decided.rt, gateway: conn.rip };
  const hooked = runHook(sim, { ns: at.ns, dev: undefined }, 'OUTPUT', out, { in: undefined, out: rt.oif }, rt);
  if (hooked.verdict === 'accept') ipOutput(sim, at.ns, hooked.state.skb, hooked.state.rt ?? rt);
  return { verdict: 'stolen' };
}

type Routed = Extract<OutputDecision, { kind: 'route' }>;

/**
 * __ip_vs_get_out_rt() (net/netfilter/ipvs/ip_vs_xmit.c): the way to the real server by its address alone; TTL minus one and the
 * size checked, unless it is local.
 */
function outRoute(state: HookState, conn: IpvsConn, picked: number | undefined, icmp: Packet | undefined): { readonly skb: Skb; readonly decided: Routed; readonly local: boolean } | HandlerResult {
  const { sim, at, skb, hook } = state;
  const ip = ipOf(skb.packet);
  const masq = conn.forward === 'masq';
  const decided = routeOutput(sim, at.ns, { purpose: 'ipvs', dst: conn.rip, src: 0, tos: 0, mark: 0, proto: 0 });
  if (decided.kind === 'unknown') {
    sim.unknown(at, skb, decided.what, decided.name, undefined, decided.source.filter((s) => s !== undefined));
    return { verdict: 'ended' };
  }
  const aimed: Skb = { ...skb, packet: icmp ?? (masq ? withPorts(withIp(skb.packet, { dst: conn.rip }), { dport: conn.rport }) : skb.packet) };
  if (decided.kind === 'error') {
    // ipv4_link_failure(): the sender hears that there is no way.
    sim.emit(at, skb, decided.step, { source: decided.source });
    const ended = drop(state, skb, 'ipvs-unroutable');
    sendIcmpError(sim, at.ns, skb, { icmptype: 3, code: 1, localDst: hook === 'INPUT' });
    return ended;
  }
  const local = decided.rt.kind === 'local';
  const refused = crosses(state, conn, local, icmp !== undefined);
  if (picked !== undefined && !refused) sim.amend(picked, aimed, {});
  sim.emit(at, refused ? skb : aimed, decided.step, { source: decided.source });
  if (refused) return drop(state, skb, 'ipvs-unroutable');
  if (local) return { skb: aimed, decided, local };
  if (ip.ttl <= 1) {
    const ended = drop(state, skb, 'ttl');
    sendIcmpError(sim, at.ns, skb, { icmptype: 11, code: 0 });
    return ended;
  }
  const lower: Skb = { ...aimed, packet: withIp(aimed.packet, { ttl: ip.ttl - 1 }) };
  sim.emit(at, lower, { kind: 'ttl', before: ip.ttl, after: ip.ttl - 1, by: 'ipvs' });
  const tunnel = conn.forward === 'tunnel';
  const mtu = localMtu(at.ns, decided.rt) - (tunnel ? OVERHEAD : 0);
  const bytes = ipBytes(skb.packet);
  // ensure_mtu_is_adequate(): a tunnel without pmtu_disc cuts whatever is too large.
  if (ip.df && bytes > mtu && ip.proto !== PROTO_ICMP && !(tunnel && sysctl(at.ns, 'net.ipv4.vs.pmtu_disc', 1) === 0)) {
    sim.emit(at, lower, { kind: 'mtu', bytes, mtu, action: 'error', by: tunnel ? 'tunnel' : 'path' });
    const ended = drop(state, lower, 'too-big');
    sendIcmpError(sim, at.ns, { ...skb, packet: withIp(skb.packet, { ttl: ip.ttl - 1 }) }, { icmptype: 3, code: 4, mtu });
    return ended;
  }
  return { skb: lower, decided, local };
}

/**
 * crosses_local_route_boundary(): a loopback source may not leave; what was not for this machine may become so only by NAT, and then
 * not on a loopback address when it came from outside. Errors in FORWARD may not become local at all.
 */
function crosses({ at, skb, hook, rt }: HookState, conn: IpvsConn, local: boolean, icmp: boolean): boolean {
  const ip = ipOf(skb.packet);
  if (!local) return isLoopback(ip.src);
  if (icmp && hook === 'FORWARD') return true;
  const wasLocal = hook === 'INPUT' || rt?.kind === 'local' || (rt === undefined && addressType(at.ns, ip.dst) === 'local');
  return conn.forward === 'masq' ? isLoopback(conn.rip) && hook === 'INPUT' : !wasLocal;
}

/** ip_vs_tunnel_xmit(): the packet as it is inside one for the real server, whose source the route gives; conntrack knows it by its inside. */
function tunnelXmit(state: HookState, conn: IpvsConn, skb: Skb, decided: Routed): HandlerResult {
  const { sim, at } = state;
  const inner = ipOf(skb.packet);
  const df = inner.df && sysctl(at.ns, 'net.ipv4.vs.pmtu_disc', 1) !== 0;
  if (conn.nfct && !confirm(sim, at, skb)) return drop(state, skb, 'ct-clash');
  const outer: Ipv4Header = { type: 'ipv4', src: decided.src, dst: conn.rip, proto: PROTO_IPIP, ttl: inner.ttl, tos: inner.tos, df, mf: false, offset: 0 };
  const wrapped: Skb = { ...skb, packet: [outer, ...skb.packet], eth: undefined, ct: undefined, ipvsDone: true, ignoreDf: true, fragMaxSize: 0, piece: undefined, innerPieces: [...skb.innerPieces, skb.piece] };
  sim.emit(at, wrapped, { kind: 'encap', tunnel: 'ipip', overhead: OVERHEAD, outerSrc: decided.src, outerDst: conn.rip }, { source: [conn.real.source] });
  localOut(sim, at.ns, wrapped, decided.rt);
  return { verdict: 'stolen' };
}

/** ip_vs_route_me_harder(): with snat_reroute an answer for a remote client is routed again, now from the virtual address. */
export function routeAgain(state: HookState): HandlerResult {
  return state.hook !== 'INPUT' && sysctl(state.at.ns, 'net.ipv4.vs.snat_reroute', 1) !== 0 && state.rt?.kind !== 'local' ? reroute(state) : accept(state);
}

/** With vs.conntrack the entry learns the rewrite, without it the packet is no longer tracked (ip_vs_notrack()). */
export function withConntrack(skb: Skb, conn: IpvsConn, toReal: boolean): Skb {
  if (!conn.nfct) return skb.ct?.kind === 'tracked' ? { ...skb, ct: { kind: 'untracked' } } : skb;
  if (conn.forward === 'masq' && !conn.onePacket) updateConntrack(skb, conn, toReal);
  return skb;
}

/**
 * ip_vs_update_conntrack() (ip_vs_nfct.c): tells a new entry whom the reply will come from, so that it is recognised. Only before
 * the entry is confirmed, and only for packets of the first direction.
 */
function updateConntrack({ ct }: Skb, conn: IpvsConn, toReal: boolean): void {
  if (ct?.kind !== 'tracked' || ct.entry.confirmed || ct.dir !== 'original') return;
  const { reply } = ct.entry;
  ct.entry.reply = toReal ? { ...reply, src: conn.rip, sport: conn.rport } : { ...reply, dst: conn.vip, dport: conn.vport };
}
