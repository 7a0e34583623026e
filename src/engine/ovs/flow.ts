import type { Ip4, Mac } from '../../packet/address.ts';
import { ETHERTYPE_ARP, ETHERTYPE_IPV4, type Header, ipOf, isPorted, l4Of, type Packet } from '../../packet/packet.ts';
import type { TlvMapping, Words } from '../../world/openflow.ts';
import { FIELDS, FLOW_WORDS, HIDDEN } from '../../world/openflowFields.ts';
import { NO_LABEL } from '../conntrack/table.ts';
import type { DpTunnel, Flow } from '../openflow/types.ts';
import type { Skb } from '../skb.ts';

/** What conntrack has to say about a packet inside of the datapath (ct fields of struct sw_flow_key). */
export interface CtKey {
  readonly state: number;
  readonly zone: number;
  readonly mark: number;
  readonly label: Words;
  readonly orig: { readonly proto: number; readonly src: Ip4; readonly dst: Ip4; readonly sport: number; readonly dport: number } | undefined;
}

export const UNTRACKED: CtKey = { state: 0, zone: 0, mark: 0, label: NO_LABEL, orig: undefined };

/** The outer header that a packet came in with. */
export type TunnelKey = Pick<DpTunnel, 'id' | 'src' | 'dst' | 'tos' | 'ttl' | 'options'>;

const FRAG_ANY = 1;
const FRAG_LATER = 2;
/** VLAN_CFI: set where there is a tag. */
const TAGGED = 0x1000;

const place = (name: string): number => {
  const field = FIELDS.get(name);
  if (!field) throw new Error(`no field ${name}`);
  return field.word;
};

const AT = {
  inPort: place('in_port'), mark: place('pkt_mark'), src: place('dl_src'), dst: place('dl_dst'), type: place('dl_type'), vlan: place('vlan_tci'),
  nwSrc: place('nw_src'), nwDst: place('nw_dst'), proto: place('nw_proto'), tos: place('nw_tos'), ttl: place('nw_ttl'), frag: place('nw_frag'),
  sha: place('arp_sha'), tha: place('arp_tha'), sport: place('tp_src'), dport: place('tp_dst'), tcpFlags: place('tcp_flags'),
  tunId: place('tun_id'), tunSrc: place('tun_src'), tunDst: place('tun_dst'), tunTtl: place('tun_ttl'), tunTos: place('tun_tos'), option: place('tun_metadata0'),
  ctState: place('ct_state'), ctZone: place('ct_zone'), ctMark: place('ct_mark'), ctLabel: place('ct_label'), ctProto: place('ct_nw_proto'),
  ctSrc: place('ct_nw_src'), ctDst: place('ct_nw_dst'), ctSport: place('ct_tp_src'), ctDport: place('ct_tp_dst'),
} as const;

function putMac(flow: Flow, at: number, mac: Mac): void {
  const bytes = mac.split(':').map((b) => Number.parseInt(b, 16));
  flow[at] = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  flow[at + 1] = (((bytes[2] ?? 0) << 24) | ((bytes[3] ?? 0) << 16) | ((bytes[4] ?? 0) << 8) | (bytes[5] ?? 0)) >>> 0;
}

function macAt(flow: Flow, at: number): Mac {
  const high = flow[at] ?? 0;
  const low = flow[at + 1] ?? 0;
  return [high >>> 8, high, low >>> 24, low >>> 16, low >>> 8, low].map((b) => (b & 255).toString(16).padStart(2, '0')).join(':');
}

const putWords = (flow: Flow, at: number, words: Words): void => words.forEach((w, i) => void (flow[at + i] = w));

/**
 * flow_extract() (lib/flow.c): the fields of a packet. Later fragments have no ports; an ARP packet's operation and addresses stand
 * where those of IP would.
 */
export function flowOf(skb: Skb, inPort: number, ct: CtKey, tunnel: TunnelKey | undefined, tlvs: readonly TlvMapping[]): Flow {
  const flow = new Uint32Array(FLOW_WORDS);
  flow[AT.inPort] = inPort;
  flow[AT.mark] = skb.mark >>> 0;
  if (skb.eth) {
    putMac(flow, AT.src, skb.eth.src);
    putMac(flow, AT.dst, skb.eth.dst);
    flow[AT.type] = skb.eth.ethertype;
  }
  if (skb.vid !== undefined) flow[AT.vlan] = skb.vid | TAGGED;
  putNetwork(flow, skb.packet);
  putCt(flow, ct);
  if (tunnel) putTunnel(flow, tunnel, tlvs);
  return flow;
}

function putNetwork(flow: Flow, packet: Packet): void {
  const [head] = packet;
  if (head?.type === 'arp') {
    flow[AT.nwSrc] = head.spa;
    flow[AT.nwDst] = head.tpa;
    flow[AT.proto] = head.op === 'request' ? 1 : 2;
    putMac(flow, AT.sha, head.sha);
    putMac(flow, AT.tha, head.tha);
  }
  if (head?.type !== 'ipv4') return;
  flow[AT.nwSrc] = head.src;
  flow[AT.nwDst] = head.dst;
  flow[AT.proto] = head.proto;
  flow[AT.tos] = head.tos;
  flow[AT.ttl] = head.ttl;
  flow[AT.frag] = head.offset > 0 ? FRAG_ANY | FRAG_LATER : head.mf ? FRAG_ANY : 0;
  if (head.offset === 0) putTransport(flow, packet[1]);
}

function putTransport(flow: Flow, l4: Header | undefined): void {
  if (isPorted(l4)) {
    flow[AT.sport] = l4.sport;
    flow[AT.dport] = l4.dport;
    if (l4.type === 'tcp') flow[AT.tcpFlags] = l4.flags;
  } else if (l4?.type === 'icmp') {
    flow[AT.sport] = l4.icmptype;
    flow[AT.dport] = l4.code;
  }
}

function putCt(flow: Flow, { state, zone, mark, label, orig }: CtKey): void {
  flow[AT.ctState] = state;
  flow[AT.ctZone] = zone;
  flow[AT.ctMark] = mark >>> 0;
  putWords(flow, AT.ctLabel, label);
  if (!orig) return;
  flow[AT.ctProto] = orig.proto;
  flow[AT.ctSrc] = orig.src;
  flow[AT.ctDst] = orig.dst;
  flow[AT.ctSport] = orig.sport;
  flow[AT.ctDport] = orig.dport;
}

/** Options as the bridge's table of TLVs maps them to fields, right-aligned (tun_metadata_from_geneve_udpif(), lib/tun-metadata.c). */
function putTunnel(flow: Flow, { id, src, dst, tos, ttl, options }: TunnelKey, tlvs: readonly TlvMapping[]): void {
  putWords(flow, AT.tunId, id);
  flow[AT.tunSrc] = src;
  flow[AT.tunDst] = dst;
  flow[AT.tunTtl] = ttl;
  flow[AT.tunTos] = tos;
  for (const { optClass, optType, hex } of options) {
    const tlv = tlvs.find((t) => t.optClass === optClass && t.optType === optType && t.length === hex.length / 2);
    if (!tlv || hex.length > 32) continue;
    const padded = hex.padStart(32, '0');
    for (let i = 0; i < 4; i++) flow[AT.option + 4 * tlv.index + i] = Number.parseInt(padded.slice(8 * i, 8 * i + 8), 16);
    const word = HIDDEN.tunPresent + (tlv.index >> 5);
    flow[word] = ((flow[word] ?? 0) | (1 << (tlv.index & 31))) >>> 0;
  }
}

/** The bits of a field that a mask has, changed in place. */
export function setBits(flow: Flow, name: string, value: Words, mask: Words): void {
  const field = FIELDS.get(name);
  if (!field) return;
  // Fields that share a word with others (vlan_pcp) carry their value from bit 0 on.
  for (let i = 0; i < field.words; i++) {
    const bits = ((mask[i] ?? 0) << field.lsb) >>> 0;
    const at = field.word + i;
    flow[at] = (((flow[at] ?? 0) & ~bits) | (((value[i] ?? 0) << field.lsb) & bits)) >>> 0;
  }
}

/** Words of a flow that are the packet's own headers, or its mark. */
const HEADERS: readonly number[] = [AT.mark, AT.src, AT.src + 1, AT.dst, AT.dst + 1, AT.vlan, AT.nwSrc, AT.nwDst, AT.proto, AT.tos, AT.ttl, AT.sha, AT.sha + 1, AT.tha, AT.tha + 1, AT.sport, AT.dport];

/** Whether two flows say the same of the packet's headers, whatever their registers are. */
export const sameHeaders = (a: Flow, b: Flow): boolean => HEADERS.every((at) => a[at] === b[at]);

/** The packet with the headers that a flow says, as far as rules can change them. What has no such header stays as it is. */
export function withFlow(skb: Skb, flow: Flow): Skb {
  const at = (word: number): number => flow[word] ?? 0;
  const tci = at(AT.vlan);
  return {
    ...skb,
    mark: at(AT.mark),
    vid: (tci & TAGGED) === 0 ? undefined : tci & 0xfff,
    ...(skb.eth ? { eth: { ...skb.eth, src: macAt(flow, AT.src), dst: macAt(flow, AT.dst) } } : {}),
    packet: withNetwork(skb, flow, at),
  };
}

function withNetwork({ packet, eth }: Skb, flow: Flow, at: (word: number) => number): Packet {
  const [head, l4, ...rest] = packet;
  if (head?.type === 'arp') return [{ ...head, op: at(AT.proto) === 2 ? 'reply' : 'request', spa: at(AT.nwSrc), tpa: at(AT.nwDst), sha: macAt(flow, AT.sha), tha: macAt(flow, AT.tha) }, ...packet.slice(1)];
  if (head?.type !== 'ipv4' || (eth && eth.ethertype === ETHERTYPE_ARP)) return packet;
  const ip = { ...head, src: at(AT.nwSrc), dst: at(AT.nwDst), tos: at(AT.tos), ttl: at(AT.ttl) };
  if (l4 === undefined || head.offset > 0) return [ip, ...packet.slice(1)];
  if (isPorted(l4)) return [ip, { ...l4, sport: at(AT.sport), dport: at(AT.dport) }, ...rest];
  return [ip, l4.type === 'icmp' ? { ...l4, icmptype: at(AT.sport), code: at(AT.dport) } : l4, ...rest];
}

/** Whether a packet is one that conntrack can look at. */
export const isIp = (skb: Skb): boolean => skb.packet[0]?.type === 'ipv4' && (skb.eth === undefined || skb.eth.ethertype === ETHERTYPE_IPV4);

/** An echo request that flows have turned into its answer: OVN's routers and Antrea's gateways do so. */
export function isTurnedEcho(before: Packet, after: Packet): boolean {
  if (before[0]?.type !== 'ipv4' || after[0]?.type !== 'ipv4') return false;
  const [a, b] = [l4Of(before), l4Of(after)];
  return a?.type === 'icmp' && b?.type === 'icmp' && a.icmptype === 8 && b.icmptype === 0 && ipOf(after).dst === ipOf(before).src;
}
