import { isPorted, ipOf, l4Of, type Packet } from '../../../packet/packet.ts';
import { formatIp4, isLimitedBroadcast, isMulticast, isZeroNet } from '../../../packet/address.ts';
import type { ExtensionMatch } from '../../../world/matches.ts';
import { fibLookup } from '../../routing/fib.ts';
import type { Skb } from '../../skb.ts';
import { clientOf } from '../../socket/client.ts';
import { isTunnelPort, listenerFor } from '../../socket/listener.ts';
import type { MatchContext, Seen } from './evaluate.ts';

/**
 * owner_mt() (net/netfilter/xt_owner.c): whose socket sent it. A packet without a socket matches only what is wholly negated; the
 * kernel's own sockets belong to nobody; who runs a process no dump tells.
 */
export function evaluateOwner(match: Extract<ExtensionMatch, { kind: 'owner' }>, skb: Skb): Seen {
  const { uid, gid, exists } = match;
  const noId = uid?.negate !== false && gid?.negate !== false;
  const { sender } = skb;
  if (sender === undefined) return { result: exists !== true && noId, saw: 'no socket' };
  if (exists === false) return { result: false, saw: 'a socket' };
  if (sender === 'kernel') return { result: noId, saw: 'a socket of the kernel' };
  return { result: uid || gid ? 'unknown' : true, saw: 'a socket' };
}

/** rpfilter_mt() (net/ipv4/netfilter/ipt_rpfilter.c): does the way back to the source lead out of the device on which it came? */
export function evaluateRpfilter(match: Extract<ExtensionMatch, { kind: 'rpfilter' }>, skb: Skb, ctx: MatchContext): Seen {
  const { src, dst, tos } = ipOf(skb.packet);
  const dev = ctx.in;
  if (dev === 'lo' || (isZeroNet(src) && (isLimitedBroadcast(dst) || dst >>> 8 === 0xe00000))) return { result: !match.invert, saw: 'not looked up' };
  const back = fibLookup(ctx.at.ns, { dst: src, src: isMulticast(dst) || isLimitedBroadcast(dst) || isZeroNet(dst) ? 0 : dst, tos, mark: match.validmark ? skb.mark : 0, iif: 'lo', proto: 0 });
  if (back.kind === 'unknown') return { result: 'unknown', saw: back.name };
  if (back.kind === 'error') return { result: match.invert, saw: `no route to ${formatIp4(src)}` };
  const saw = `${formatIp4(src)} ${back.route.type} dev ${back.nexthop.dev ?? ''}`;
  const fits = back.route.type === 'unicast' || (back.route.type === 'local' && match.acceptLocal);
  const passes = fits && (match.loose || back.route.nexthops.some((h) => h.dev === dev));
  return { result: passes !== match.invert, saw };
}

/**
 * socket_mt4() (net/netfilter/xt_socket.c): is there a socket here for the packet? A listener on every address counts only with
 * --nowildcard. What options a process has set on its socket nobody can tell.
 */
export function evaluateSocket(match: Extract<ExtensionMatch, { kind: 'socket' }>, skb: Skb, ctx: MatchContext): Seen {
  const found = socketFor(skb, ctx);
  if (found === 'tunnel') return { result: match.nowildcard && !match.transparent, saw: 'a socket of the kernel' };
  if (found === 'none' || (found === 'wildcard' && !match.nowildcard)) return { result: false, saw: found === 'none' ? 'no socket' : 'a socket on every address' };
  if (found === 'unknown' || (match.transparent && found !== 'client') || match.restoreMark) return { result: 'unknown', saw: '' };
  // The prober's socket is not transparent.
  return { result: !match.transparent, saw: 'a socket' };
}

/** nf_sk_lookup_slow_v4() (net/ipv4/netfilter/nf_socket_ipv4.c): the reply of a translated connection is looked up as its socket knows it. */
function socketFor(skb: Skb, ctx: MatchContext): 'none' | 'client' | 'bound' | 'wildcard' | 'tunnel' | 'unknown' {
  const { sim, at } = ctx;
  const l4 = l4Of(skb.packet);
  if (l4?.type === 'fragment') return 'unknown';
  if (l4?.type === 'icmp' && l4.quote) return socketQuoted(skb, l4.quote.packet, ctx);
  if (!isPorted(l4) || l4.type === 'sctp') return 'none';
  const { ct } = skb;
  const own = ct?.kind === 'tracked' && ct.dir === 'reply' && ct.entry.srcNat ? ct.entry.orig : undefined;
  const packet = own ? skb.packet.map((h) => (h === l4 ? { ...l4, dport: own.sport } : h.type === 'ipv4' ? { ...h, dst: own.src } : h)) : skb.packet;
  if (clientOf(at.ns.clients, packet)) return 'client';
  const listener = listenerFor(sim, at, l4.type, ipOf(packet).dst, own ? own.sport : l4.dport);
  // vxlan_create_sock() and geneve_create_sock(): the kernel's own, on every address.
  if (l4.type === 'udp' && isTunnelPort(at.ns, l4.dport)) return 'tunnel';
  if (listener === undefined) return 'none';
  // What follows a handshake has a socket of its own, on the very address.
  if (l4.type === 'tcp' && skb.role === 'data') return 'bound';
  if (listener === 'assumed') return 'unknown';
  return listener.ip === 0 ? 'wildcard' : 'bound';
}

/** extract_icmp4_fields(): whose packet an error quotes, so its source is the socket's own address; none but TCP and UDP have one. */
function socketQuoted({ ct }: Skb, quoted: Packet, { sim, at }: MatchContext): ReturnType<typeof socketFor> {
  const ip = ipOf(quoted);
  const l4 = l4Of(quoted);
  if (l4?.type !== 'tcp' && l4?.type !== 'udp') return 'none';
  const own = ct?.kind === 'tracked' && ct.info === 'RELATED' && ct.dir === 'reply' && ct.entry.srcNat ? ct.entry.orig : undefined;
  const [local, port] = own ? [own.src, own.sport] : [ip.src, l4.sport];
  if (clientOf(at.ns.clients, [{ ...ip, src: ip.dst, dst: local }, { ...l4, sport: l4.dport, dport: port }])) return 'client';
  const listener = listenerFor(sim, at, l4.type, local, port);
  if (listener === undefined) return 'none';
  // What answers a SYN has a socket of its own.
  if (l4.type === 'tcp') return 'bound';
  if (listener === 'assumed') return 'unknown';
  return listener.ip === 0 ? 'wildcard' : 'bound';
}

