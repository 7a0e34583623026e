import { ETHERTYPE_IPV4, ICMP_ECHO, type Packet, PROTO_ICMP, PROTO_TCP, PROTO_SCTP, PROTO_UDP, SCTP_INIT, TCP_SYN, isPorted } from '../packet/packet.ts';
import { ipBytes } from '../packet/sizes.ts';
import type { Mac } from '../packet/address.ts';
import { internalPortsBeside } from '../world/ovs.ts';
import type { Link } from '../world/world.ts';
import { receive } from './device/receive.ts';
import { madeInPieces } from './ip/fragment.ts';
import { localOut } from './ip/output.ts';
import type { Probe } from './probe.ts';
import { routeConnect } from './routing/output.ts';
import { localMtu, setsDf } from './routing/pmtu.ts';
import { hoplimitOf } from './routing/rtable.ts';
import { linkOf, type Ns, type Sim } from './sim.ts';
import type { Skb } from './skb.ts';
import type { ClientSocket } from './socket/client.ts';
import { dropReason } from './socket/answer.ts';
import { advertisedMss, SYN_OPTION_BYTES } from './socket/tcp.ts';

/** Fixed stand-ins for what a kernel would draw. */
export const DEFAULT_SPORT = 41068;
export const DEFAULT_ICMP_ID = 4660;
const OUTSIDE_MSS = 1460;
const OUTSIDE_MAC = '02:00:00:00:00:01';

/** ip_sock_set_tos() (net/ipv4/ip_sockglue.c): the ECN bits of TCP are its own. */
const tosOf = ({ tos = 0, proto }: Probe): number => (proto === PROTO_TCP ? tos & 0xfc : tos);

/** ip_sk_ignore_df(): what __ip_make_skb() makes may still be cut here, however it is rerouted; what ip_queue_xmit() sends may not. */
const mayBeCut = (proto: number): boolean => proto !== PROTO_TCP && proto !== PROTO_SCTP;

/** The packet that a socket makes for the n-th connection of the probe. */
function buildPacket(probe: Probe, src: number, dst: number, connection: number, ttl: number, df: boolean, mss: number): Packet {
  const header = { type: 'ipv4' as const, src, dst, proto: probe.proto, ttl: probe.ttl ?? ttl, tos: tosOf(probe), df, mf: false, offset: 0 };
  const sport = ((probe.sport ?? DEFAULT_SPORT) + connection) & 0xffff;
  const dport = probe.dport ?? 0;
  const payload = (bytes: number): Packet => (bytes > 0 ? [{ type: 'payload', bytes }] : []);
  switch (probe.proto) {
    case PROTO_TCP:
      return [header, { type: 'tcp', sport, dport, flags: TCP_SYN, optionBytes: SYN_OPTION_BYTES, mss }];
    case PROTO_UDP:
      return [header, { type: 'udp', sport, dport }, ...payload(probe.size ?? 0)];
    case PROTO_SCTP:
      return [header, { type: 'sctp', sport, dport, chunk: SCTP_INIT }, ...payload(probe.size ?? 0)];
    case PROTO_ICMP:
      return [header, { type: 'icmp', icmptype: ICMP_ECHO, code: 0, id: ((probe.sport ?? DEFAULT_ICMP_ID) + connection) & 0xffff, seq: 1 }, ...payload(probe.size ?? 56)];
    default:
      return [header, { type: 'raw', proto: probe.proto, bytes: probe.size ?? 0 }];
  }
}

function socketOf(packet: Packet, connection: number): ClientSocket {
  const [ip, l4] = packet;
  if (ip?.type !== 'ipv4') throw new Error('a probe is an IPv4 packet');
  const ports = isPorted(l4) ? { port: l4.sport, peerPort: l4.dport } : { port: l4?.type === 'icmp' ? (l4.id ?? 0) : 0, peerPort: 0 };
  return { connection, proto: ip.proto, ip: ip.src, peer: ip.dst, ...ports, sent: packet };
}

const freshSkb = (sim: Sim, connection: number, packet: Packet, more: Partial<Skb> = {}): Skb => ({
  id: sim.newPacketId(),
  connection,
  role: 'request',
  packet,
  eth: undefined,
  mark: 0,
  iif: undefined,
  ct: undefined,
  ipvsDone: false,
  ignoreDf: false,
  fragMaxSize: 0,
  piece: undefined,
  innerPieces: [],
  ...more,
});

/** What a DHCP client sends to any server (RFC 2131 §4.1). */
const asksDhcp = ({ proto, sport, dport }: Probe): boolean => proto === PROTO_UDP && sport === 68 && dport === 67;

/** Sends the n-th connection's first packet from a socket of the namespace, as connect() or sendto() would. */
export function sendFrom(sim: Sim, ns: Ns, dst: number, connection: number): void {
  const { probe } = sim;
  const at = { ns, dev: undefined };
  const mark = probe.mark ?? 0;
  const tos = tosOf(probe);
  const sport = probe.proto === PROTO_ICMP ? undefined : ((probe.sport ?? DEFAULT_SPORT) + connection) & 0xffff;
  const decided = routeConnect(sim, ns, { purpose: 'output', dst, src: probe.src ?? 0, anySource: true, tos, mark, proto: probe.proto, sport, dport: probe.dport });
  const src = decided.kind === 'route' ? decided.src : (probe.src ?? 0);
  const rt = decided.kind === 'route' ? decided.rt : undefined;
  const ttl = hoplimitOf(ns, rt);
  const mss = rt ? advertisedMss(ns, rt) : OUTSIDE_MSS;
  const wanted = buildPacket(probe, src, dst, connection, ttl, probe.df ?? setsDf(ns, rt), mss);
  const mtu = rt ? localMtu(ns, rt) : 65535;
  const tooLarge = ipBytes(wanted) > mtu;
  // IP_PMTUDISC_WANT: what does not fit the device goes in pieces, without DF (__ip_make_skb(), net/ipv4/ip_output.c).
  const packet = tooLarge && probe.df !== true ? buildPacket(probe, src, dst, connection, ttl, false, mss) : wanted;
  const skb = freshSkb(sim, connection, packet, { mark, sender: 'process', ignoreDf: probe.df !== true && (tooLarge || mayBeCut(probe.proto)), fragSizes: madeInPieces(packet, mtu) });
  sim.emit(at, skb, { kind: 'send', what: 'probe' });
  if (decided.kind === 'unknown') return sim.unknown(at, skb, decided.what, decided.name, decided.ask, decided.source.filter((s) => s !== undefined));
  sim.emit(at, skb, decided.step, { source: decided.source });
  if (decided.kind === 'error' || src === 0) {
    sim.emit(at, skb, { kind: 'drop', reason: decided.kind === 'route' ? 'no-source-address' : dropReason(decided.error) });
    const error = decided.kind === 'error' ? decided.error : 'EINVAL';
    return sim.end(at, skb, 'unreachable', { error: { kind: 'local', error } });
  }
  if (decided.rt.kind === 'broadcast' && !asksDhcp(probe)) {
    // Our sockets do not set SO_BROADCAST (udp_sendmsg(), raw_sendmsg()), a DHCP client's do; TCP has no broadcasts (tcp_v4_connect()).
    sim.emit(at, skb, { kind: 'drop', reason: 'broadcast' });
    return sim.end(at, skb, 'unreachable', { error: { kind: 'local', error: probe.proto === PROTO_TCP ? 'ENETUNREACH' : 'EACCES' } });
  }
  if (tooLarge && probe.df === true) {
    sim.emit(at, skb, { kind: 'mtu', bytes: ipBytes(packet), mtu, action: 'error', by: 'device' });
    sim.emit(at, skb, { kind: 'drop', reason: 'too-big' });
    return sim.end(at, skb, 'rejected', { error: { kind: 'emsgsize', mtu } });
  }
  ns.clients.push(socketOf(packet, connection));
  localOut(sim, ns, skb, decided.rt);
}

/** The MAC address to which such a packet comes: of the port of a bridge of Open vSwitch that has the address, or any; else the device's own. */
function outsideNextHop(ns: Ns, link: Link, dst: number): Mac | undefined {
  const ports = internalPortsBeside(ns.host, link.name, ns.netns.links).filter((l) => l.addresses.length > 0);
  return (ports.find((l) => l.addresses.some((a) => a.ip === dst)) ?? ports[0] ?? link).mac;
}

/** The n-th connection's first packet of a client that no dump describes, as it appears on the wire in front of `dev`. */
export function sendFromOutside(sim: Sim, ns: Ns, dev: string, src: number, dst: number, connection: number): void {
  const packet = buildPacket(sim.probe, src, dst, connection, 64, sim.probe.df !== false, OUTSIDE_MSS);
  const link = linkOf(ns, dev);
  const mac = link && outsideNextHop(ns, link, dst);
  const eth = mac === undefined ? undefined : { type: 'eth' as const, src: OUTSIDE_MAC, dst: mac, ethertype: ETHERTYPE_IPV4 };
  const skb = freshSkb(sim, connection, packet, { eth });
  sim.emit({ ns, dev }, skb, { kind: 'send', what: 'probe' });
  sim.outside.push(socketOf(packet, connection));
  sim.backlog.push(() => receive(sim, { ns, dev }, skb));
}
