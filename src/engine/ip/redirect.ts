import { isLimitedBroadcast, isMulticast, isZeroNet, type Ip4 } from '../../packet/address.ts';
import { ICMP_ECHO_REPLY, type IcmpHeader, ipOf, l4Of, PROTO_GRE, PROTO_IPIP } from '../../packet/packet.ts';
import { ask } from '../device/arp.ts';
import { knownNeighbour } from '../device/neighbour.ts';
import { addressType, fibLookup } from '../routing/fib.ts';
import { routeOutput } from '../routing/output.ts';
import { exceptionKey, nexthopOf, type Rtable } from '../routing/rtable.ts';
import { inetAddrOnlink } from '../routing/source.ts';
import { type At, devConf, isForwarding, linkOf, type Ns, type Sim, sysctl } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { clientQuoted } from '../socket/client.ts';
import { isTunnelPort, listenerFor } from '../socket/listener.ts';
import { sendIcmpError } from './icmp.ts';

const told = new WeakMap<Sim, Set<string>>();

/**
 * ip_rt_send_redirect() (net/ipv4/route.c): tells the sender of a packet that goes out by the device of its arrival which next hop to
 * use. The kernel tells a host again only after a growing pause (ip_rt_redirect_load), which a trace is too short for.
 */
export function sendRedirect(sim: Sim, ns: Ns, skb: Skb, rt: Rtable): void {
  const { src, dst } = ipOf(skb.packet);
  const peers = told.get(sim) ?? new Set<string>();
  told.set(sim, peers);
  const peer = `${ns.id} ${src}`;
  if (peers.has(peer)) return;
  peers.add(peer);
  sendIcmpError(sim, ns, skb, { icmptype: 5, code: 1, gateway: nexthopOf(rt, dst) });
}

/** IN_DEV_RX_REDIRECTS() (include/linux/inetdevice.h): a router needs both settings, a host one. Turning ip_forward on clears the one for all. */
function acceptsRedirects(ns: Ns, dev: string): boolean {
  const forwarding = isForwarding(ns, dev);
  return devConf(ns, dev, 'accept_redirects', forwarding ? 'and' : 'or', 1, sysctl(ns, 'net.ipv4.ip_forward', 0) === 0 ? 1 : 0) === 1;
}

/** ip_fib_check_default() (net/ipv4/fib_semantics.c), by its name for default routes, in fact for any: some route has this gateway. */
const isGatewayOn = (ns: Ns, gateway: Ip4, dev: string): boolean => ns.netns.routes.some((r) => r.nexthops.some((h) => h.via === gateway && h.dev === dev));

/**
 * Whether somebody here sent the packet that the redirect quotes, and may therefore believe it: a socket (udp_err(), ping_err(), tcp_v4_err(); one that still
 * waits for the end of a handshake does not), the kernel for its echo replies (icmp_err()), or a tunnel (ipip_err(), gre_err(), __udp4_lib_err_encap()).
 */
function isOwnQuoted(sim: Sim, at: At, icmp: IcmpHeader): boolean {
  const { ns } = at;
  const packet = icmp.quote?.packet ?? [];
  const l4 = l4Of(packet);
  if (clientQuoted(ns.clients, icmp) !== undefined) return true;
  if (l4?.type === 'icmp') return l4.icmptype === ICMP_ECHO_REPLY;
  if (l4?.type === 'udp') return isTunnelPort(ns, l4.dport) || listenerFor(sim, at, 'udp', ipOf(packet).src, l4.sport) !== undefined;
  const { proto } = ipOf(packet);
  return (proto === PROTO_IPIP || proto === PROTO_GRE) && ns.netns.links.some((l) => (l.tunnel?.kind === 'ipip') === (proto === PROTO_IPIP) && ipTunnelKinds.has(l.tunnel?.kind));
}

const ipTunnelKinds: ReadonlySet<string | undefined> = new Set(['ipip', 'gre', 'gretap']);

/** __ip_do_redirect() (net/ipv4/route.c): whether this machine believes the redirect, and what it remembers then. */
export function redirectReceive(sim: Sim, at: At, skb: Skb, icmp: IcmpHeader): void {
  const { ns } = at;
  const quoted = icmp.quote && ipOf(icmp.quote.packet);
  const from = ipOf(skb.packet).src;
  const gateway = icmp.gateway ?? 0;
  sim.emit(at, skb, { kind: 'deliver', to: 'kernel' });
  sim.end(at, skb, 'delivered');
  const link = linkOf(ns, at.dev);
  if (!quoted || !link) return;
  if (!isOwnQuoted(sim, at, icmp)) return;
  const flow = { purpose: 'output', dst: quoted.dst, src: quoted.src, tos: quoted.tos, mark: 0, proto: quoted.proto } as const;
  const way = routeOutput(sim, ns, { ...flow, anySource: true });
  if (way.kind !== 'route' || way.rt.gateway !== from) return;
  const sharedMedia = devConf(ns, link.name, 'shared_media', 'or', 1) === 1;
  const secure = devConf(ns, link.name, 'secure_redirects', 'or', 1) === 1;
  const believed =
    gateway !== from &&
    acceptsRedirects(ns, link.name) &&
    !isMulticast(gateway) &&
    !isLimitedBroadcast(gateway) &&
    !isZeroNet(gateway) &&
    (sharedMedia ? addressType(ns, gateway) === 'unicast' : inetAddrOnlink(link, gateway, from) && !(secure && isGatewayOn(ns, gateway, link.name)));
  if (!believed) return void sim.emit(at, skb, { kind: 'redirect', dst: quoted.dst, gateway, believed: false });
  if (!knownNeighbour(ns, link.name, gateway)) {
    // neigh_event_send(): it is only asked for; the next redirect counts.
    ask(sim, at, { ...skb, packet: [{ ...quoted, src: 0 }] }, link, gateway, { answered: () => undefined, unanswered: () => undefined });
    return void sim.emit(at, skb, { kind: 'redirect', dst: quoted.dst, gateway, believed: false });
  }
  const answer = fibLookup(ns, { dst: quoted.dst, src: quoted.src, tos: quoted.tos, mark: 0, iif: 'lo', proto: quoted.proto });
  if (answer.kind !== 'route') return;
  const key = exceptionKey(quoted.dst, answer.alternatives.find((h) => h.via === from) ?? answer.nexthop);
  ns.exceptions.set(key, { ...ns.exceptions.get(key), gateway });
  sim.emit(at, skb, { kind: 'redirect', dst: quoted.dst, gateway, believed: true });
}
