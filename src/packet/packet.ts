import type { Ip4, Mac } from './address.ts';

/**
 * A protocol header, or what stands in its place. Ports are 0..65535; `tos` is the whole byte (DSCP and ECN);
 * `offset` of a fragment is in bytes. Lengths of IP packets are not stored: see sizes.ts.
 */
export type Header = EthHeader | VlanHeader | ArpHeader | Ipv4Header | TcpHeader | UdpHeader | SctpHeader | IcmpHeader | VxlanHeader | GeneveHeader | GreHeader | RawL4 | FragmentTail | Payload;

export interface EthHeader {
  readonly type: 'eth';
  readonly src: Mac;
  readonly dst: Mac;
  readonly ethertype: number;
}

/** IEEE 802.1Q: `ethertype` is that of the content. */
export interface VlanHeader {
  readonly type: 'vlan';
  readonly id: number;
  readonly ethertype: number;
}

/** RFC 826. */
export interface ArpHeader {
  readonly type: 'arp';
  readonly op: 'request' | 'reply';
  readonly spa: Ip4;
  readonly tpa: Ip4;
  readonly sha: Mac;
  readonly tha: Mac;
}

/** RFC 791 §3.1, without options. */
export interface Ipv4Header {
  readonly type: 'ipv4';
  readonly src: Ip4;
  readonly dst: Ip4;
  readonly proto: number;
  readonly ttl: number;
  readonly tos: number;
  readonly df: boolean;
  readonly mf: boolean;
  readonly offset: number;
  /** In the first piece of a packet that was cut: how many bytes stood behind this header. Length fields inside count them all. */
  readonly uncut?: number;
}

/** RFC 9293 §3.1. `flags` is a bit set of TCP_*; `optionBytes` counts all options, `mss` is the one that tools rewrite. */
export interface TcpHeader {
  readonly type: 'tcp';
  readonly sport: number;
  readonly dport: number;
  readonly flags: number;
  readonly optionBytes: number;
  readonly mss?: number;
}

export interface UdpHeader {
  readonly type: 'udp';
  readonly sport: number;
  readonly dport: number;
}

/** RFC 9260 §3: the common header and the head of its one chunk, INIT, INIT ACK or ABORT in what we send; the rest is payload. */
export interface SctpHeader {
  readonly type: 'sctp';
  readonly sport: number;
  readonly dport: number;
  /** The chunk's type, SCTP_*. */
  readonly chunk: number;
}

/** RFC 792. Echo has `id` and `seq`; an error has the quoted start of the offending packet and, for 3/4, the next hop's MTU. */
export interface IcmpHeader {
  readonly type: 'icmp';
  readonly icmptype: number;
  readonly code: number;
  readonly id?: number;
  readonly seq?: number;
  readonly mtu?: number;
  /** Of a redirect: the better next hop. */
  readonly gateway?: Ip4;
  readonly quote?: Quote;
}

/** The offending packet inside an ICMP error: its headers as far as we model them, and how many of its bytes are quoted. */
export interface Quote {
  readonly packet: Packet;
  readonly bytes: number;
}

/** RFC 7348 §5. An Ethernet frame follows. */
export interface VxlanHeader {
  readonly type: 'vxlan';
  readonly vni: number;
}

/** RFC 8926 §3.4 and §3.5. An Ethernet frame follows. `optionBytes` counts the options with their own headers of four bytes each. */
export interface GeneveHeader {
  readonly type: 'geneve';
  readonly vni: number;
  readonly optionBytes: number;
  readonly options?: readonly GeneveOption[];
}

export interface GeneveOption {
  readonly optClass: number;
  readonly optType: number;
  /** Its content, two digits a byte. */
  readonly hex: string;
}

/** RFC 2784 and RFC 2890. `protocol` is the EtherType of what follows. */
export interface GreHeader {
  readonly type: 'gre';
  readonly protocol: number;
  readonly key: number | undefined;
  readonly csum: boolean;
  readonly seq: boolean;
}

/** A transport protocol without ports that we carry but do not read; `bytes` is all of it. */
export interface RawL4 {
  readonly type: 'raw';
  readonly proto: number;
  readonly bytes: number;
}

/** The content of a fragment that is not the first: it has no transport header of its own (RFC 791 §2.3). */
export interface FragmentTail {
  readonly type: 'fragment';
  readonly proto: number;
  readonly bytes: number;
}

/** Application bytes behind the last header. */
export interface Payload {
  readonly type: 'payload';
  readonly bytes: number;
}

/** Outermost header first. IPIP needs no case of its own: it is ipv4 (proto 4), ipv4, tcp (RFC 2003). */
export type Packet = readonly Header[];

export const ETHERTYPE_IPV4 = 0x0800;
export const ETHERTYPE_ARP = 0x0806;
/** Transparent Ethernet Bridging: what GRE says of an Ethernet frame inside. */
export const ETHERTYPE_TEB = 0x6558;
export const ETHERTYPE_VLAN = 0x8100;

export const PROTO_ICMP = 1;
export const PROTO_IPIP = 4;
export const PROTO_TCP = 6;
export const PROTO_UDP = 17;
export const PROTO_GRE = 47;
export const PROTO_SCTP = 132;

export const TCP_FIN = 0x01;
export const TCP_SYN = 0x02;
export const TCP_RST = 0x04;
export const TCP_PSH = 0x08;
export const TCP_ACK = 0x10;

export const SCTP_INIT = 1;
export const SCTP_INIT_ACK = 2;
export const SCTP_ABORT = 6;

export const ICMP_ECHO_REPLY = 0;
export const ICMP_ECHO = 8;

/** The outermost IPv4 header; throws when there is none, which is a bug of the caller. */
export function ipOf(packet: Packet): Ipv4Header {
  const header = packet.find((h) => h.type === 'ipv4');
  if (!header) throw new Error('packet without an IPv4 header');
  return header;
}

/** The header right behind the outermost IPv4 header, if any. */
export function l4Of(packet: Packet): Header | undefined {
  return packet[packet.findIndex((h) => h.type === 'ipv4') + 1];
}

/** Whether a header has ports that we read. */
export const isPorted = (header: Header | undefined): header is TcpHeader | UdpHeader | SctpHeader => header?.type === 'tcp' || header?.type === 'udp' || header?.type === 'sctp';

/** The packet with its outermost IPv4 header changed. */
export function withIp(packet: Packet, change: Partial<Omit<Ipv4Header, 'type'>>): Packet {
  const at = packet.findIndex((h) => h.type === 'ipv4');
  return packet.map((h, i) => (i === at && h.type === 'ipv4' ? { ...h, ...change } : h));
}

/** The packet with the ports behind its outermost IPv4 header changed; without ports there it comes back as it is. */
export function withPorts(packet: Packet, change: { readonly sport?: number; readonly dport?: number }): Packet {
  const at = packet.findIndex((h) => h.type === 'ipv4') + 1;
  return packet.map((h, i) => (i === at && isPorted(h) ? { ...h, ...change } : h));
}

/** The innermost IPv4 header and what follows it: what the socket at the end of all tunnels would see. */
export function innermost(packet: Packet): Packet {
  const at = packet.findLastIndex((h) => h.type === 'ipv4');
  return at < 0 ? packet : packet.slice(at);
}
