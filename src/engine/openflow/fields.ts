import type { Subfield, Words } from '../../world/openflow.ts';
import { FIELDS, FLOW_WORDS, type FieldSpec, HIDDEN } from '../../world/openflowFields.ts';
import type { Flow } from './types.ts';

/*
 * Reading and writing the fields of a flow (lib/meta-flow.c: mf_get_value(), mf_set_flow_value(), mf_are_prereqs_ok()).
 */

const wordOf = (name: string): number => FIELDS.get(name)?.word ?? 0;

/** Where in a flow the fields lie that the translator itself looks at. */
export const W = {
  inPort: wordOf('in_port'),
  dlSrc: wordOf('dl_src'),
  dlDst: wordOf('dl_dst'),
  dlType: wordOf('dl_type'),
  vlanTci: wordOf('vlan_tci'),
  nwSrc: wordOf('nw_src'),
  nwDst: wordOf('nw_dst'),
  ipv6Src: wordOf('ipv6_src'),
  ipv6Dst: wordOf('ipv6_dst'),
  nwProto: wordOf('nw_proto'),
  nwTos: wordOf('nw_tos'),
  nwTtl: wordOf('nw_ttl'),
  nwFrag: wordOf('nw_frag'),
  tpSrc: wordOf('tp_src'),
  tpDst: wordOf('tp_dst'),
  arpSha: wordOf('arp_sha'),
  arpTha: wordOf('arp_tha'),
  metadata: wordOf('metadata'),
  reg0: wordOf('reg0'),
  pktMark: wordOf('pkt_mark'),
  skbPriority: wordOf('skb_priority'),
  packetType: wordOf('packet_type'),
  recircId: wordOf('recirc_id'),
  conjId: wordOf('conj_id'),
  actsetOutput: wordOf('actset_output'),
  ctState: wordOf('ct_state'),
  ctZone: wordOf('ct_zone'),
  ctMark: wordOf('ct_mark'),
  ctLabel: wordOf('ct_label'),
  ctNwProto: wordOf('ct_nw_proto'),
  ctNwSrc: wordOf('ct_nw_src'),
  ctNwDst: wordOf('ct_nw_dst'),
  ctIpv6Src: wordOf('ct_ipv6_src'),
  ctIpv6Dst: wordOf('ct_ipv6_dst'),
  ctTpSrc: wordOf('ct_tp_src'),
  ctTpDst: wordOf('ct_tp_dst'),
  tunId: wordOf('tun_id'),
  tunSrc: wordOf('tun_src'),
  tunDst: wordOf('tun_dst'),
  tunIpv6Dst: wordOf('tun_ipv6_dst'),
  tunFlags: wordOf('tun_flags'),
  tunTtl: wordOf('tun_ttl'),
  tunTos: wordOf('tun_tos'),
  tunMetadata0: wordOf('tun_metadata0'),
} as const;

/** The words of the tunnel (struct flow_tnl): from tun_id to the last tun_metadata. */
export const TUNNEL_END: number = wordOf('tun_metadata63') + 4;

export const ETH = { ip: 0x0800, arp: 0x0806, rarp: 0x8035, ip6: 0x86dd, vlan: 0x8100, qinq: 0x88a8 } as const;
export const VLAN_CFI = 0x1000;
export const VLAN_VID = 0x0fff;
export const VLAN_PCP = 0xe000;
/** FLOW_NW_FRAG_ANY and FLOW_NW_FRAG_LATER. */
export const FRAG_ANY = 1;
export const FRAG_LATER = 2;
/** The action set has no output (OFPP_UNSET). */
export const OFPP_UNSET = 0xfff7;

/** A flow in which every field is zero. */
export const emptyFlow = (): Flow => new Uint32Array(FLOW_WORDS);

export const word = (flow: Flow, at: number): number => flow[at] ?? 0;

const maskOfBits = (n: number): number => (n >= 32 ? 0xffffffff : 2 ** n - 1);

/** Up to 32 bits of the field, `from` the lowest one, as they lie in the flow. */
function rawBits(flow: Flow, field: FieldSpec, from: number, n: number): number {
  const bit = field.lsb + from;
  const at = field.word + field.words - 1 - (bit >>> 5);
  const shift = bit & 31;
  let value = word(flow, at) >>> shift;
  if (shift + n > 32) value |= word(flow, at - 1) << (32 - shift);
  return (value & maskOfBits(n)) >>> 0;
}

function setRawBits(flow: Flow, field: FieldSpec, from: number, n: number, value: number): void {
  const bit = field.lsb + from;
  const at = field.word + field.words - 1 - (bit >>> 5);
  const shift = bit & 31;
  const mask = maskOfBits(n);
  flow[at] = (word(flow, at) & ~(mask << shift)) | ((value & mask) << shift);
  if (shift + n <= 32) return;
  const high = maskOfBits(shift + n - 32);
  flow[at - 1] = (word(flow, at - 1) & ~high) | (((value & mask) >>> (32 - shift)) & high);
}

/** ofputil_port_to_ofp11() and back: the reserved ports at the end of 16 bits are at the end of 32 in OpenFlow 1.1 and later. */
const toOfp11 = (port: number): number => (port >= 0xff00 ? (port | 0xffff0000) >>> 0 : port);

/** Fields that are not just their bits. */
const SPECIAL: ReadonlySet<string> = new Set(['dl_vlan', 'dl_vlan_pcp', 'vlan_pcp', 'vlan_vid', 'vlan_tci', 'nw_tos', 'in_port_oxm', 'actset_output']);

/** Which of the tun_metadata fields this is; undefined for all others. */
export const tunMetadataIndex = (field: FieldSpec): number | undefined => (field.name.startsWith('tun_metadata') ? Number(field.name.slice('tun_metadata'.length)) : undefined);

/** Up to 32 bits of a field, `from` the lowest one (mf_get_value()). */
function readBits(flow: Flow, field: FieldSpec, from: number, n: number): number {
  if (!SPECIAL.has(field.name)) return rawBits(flow, field, from, n);
  let value = rawBits(flow, field, 0, Math.min(field.bits, 32));
  // IP_DSCP is the byte without ECN.
  if (field.name === 'nw_tos') value &= 0xfc;
  if (field.name === 'in_port_oxm' || field.name === 'actset_output') value = toOfp11(value);
  return ((value >>> from) & maskOfBits(n)) >>> 0;
}

/** Writes up to 32 bits of a field, `from` the lowest one (mf_set_flow_value()). */
function writeBits(flow: Flow, field: FieldSpec, from: number, n: number, value: number): void {
  switch (field.name) {
    case 'in_port_oxm':
    case 'actset_output': {
      const old = toOfp11(rawBits(flow, field, 0, 32));
      const mask = maskOfBits(n) << from;
      flow[field.word] = (((old & ~mask) | ((value << from) & mask)) >>> 0) & 0xffff;
      return;
    }
    case 'nw_tos': {
      const mask = (maskOfBits(n) << from) & 0xfc;
      flow[field.word] = (word(flow, field.word) & ~mask) | ((value << from) & mask);
      return;
    }
    default:
      setRawBits(flow, field, from, n, value);
  }
  if (field.word === W.vlanTci) {
    // flow_set_dl_vlan() and flow_set_vlan_pcp() make a tag where there is none; flow_fix_vlan_tpid() gives it an ethertype.
    if (field.name === 'dl_vlan' || field.name === 'vlan_pcp' || field.name === 'dl_vlan_pcp') flow[W.vlanTci] = word(flow, W.vlanTci) | VLAN_CFI;
    if (word(flow, W.vlanTci) !== 0 && word(flow, HIDDEN.vlanTpid) === 0) flow[HIDDEN.vlanTpid] = ETH.vlan;
  }
  const option = tunMetadataIndex(field);
  if (option !== undefined) setTunPresent(flow, option);
}

/** tun_metadata_write(): the packet has that option from now on. */
export function setTunPresent(flow: Flow, index: number): void {
  const at = HIDDEN.tunPresent + (index >>> 5);
  flow[at] = word(flow, at) | (1 << (index & 31));
}

export const hasTunMetadata = (flow: Flow, index: number): boolean => ((word(flow, HIDDEN.tunPresent + (index >>> 5)) >>> (index & 31)) & 1) === 1;

/** The field's value, as many words as the field has. */
export function readField(flow: Flow, field: FieldSpec): Words {
  const value: number[] = [];
  for (let from = 32 * (field.words - 1); from >= 0; from -= 32) value.push(readBits(flow, field, from, Math.min(32, field.bits - from)));
  return value;
}

/** Bits `from` to `to` as words, the most significant first. */
export function readSubfield(flow: Flow, field: FieldSpec, sub: Subfield): Words {
  const bits = sub.to - sub.from + 1;
  const value: number[] = [];
  for (let at = 32 * (Math.ceil(bits / 32) - 1); at >= 0; at -= 32) value.push(readBits(flow, field, sub.from + at, Math.min(32, bits - at)));
  return value;
}

/** Bit 32·`i` to 32·`i`+31 of a value, whatever number of words it has. */
const wordFromEnd = (value: Words, i: number): number => value[value.length - 1 - i] ?? 0;

/** Writes the low bits of `value` into bits `from` to `to` of a field; missing words are zero. */
export function writeSubfield(flow: Flow, field: FieldSpec, sub: Subfield, value: Words): void {
  const bits = sub.to - sub.from + 1;
  for (let at = 0; at < bits; at += 32) writeBits(flow, field, sub.from + at, Math.min(32, bits - at), wordFromEnd(value, at >>> 5));
}

/** mf_set_flow_value_masked(): the bits of the mask take the value's. Both have as many words as the field. */
export function writeMasked(flow: Flow, field: FieldSpec, value: Words, mask: Words | undefined): void {
  for (let from = 0; from < field.bits; from += 32) {
    const n = Math.min(32, field.bits - from);
    const m = mask === undefined ? maskOfBits(n) : wordFromEnd(mask, from >>> 5);
    const old = readBits(flow, field, from, n);
    writeBits(flow, field, from, n, ((old & ~m) | (wordFromEnd(value, from >>> 5) & m)) >>> 0);
  }
}

export const isIpAny = (flow: Flow): boolean => word(flow, W.dlType) === ETH.ip || word(flow, W.dlType) === ETH.ip6;

const isProto = (flow: Flow, proto: number): boolean => isIpAny(flow) && word(flow, W.nwProto) === proto;
const isFirst = (flow: Flow): boolean => (word(flow, W.nwFrag) & FRAG_LATER) === 0;
const isIcmp6 = (flow: Flow): boolean => word(flow, W.dlType) === ETH.ip6 && word(flow, W.nwProto) === 58;
const isNd = (flow: Flow, types: readonly number[]): boolean => isIcmp6(flow) && word(flow, W.tpDst) === 0 && types.includes(word(flow, W.tpSrc));

/** Whether the packet has that field at all (mf_are_prereqs_ok()). */
export function hasField(flow: Flow, field: FieldSpec): boolean {
  switch (field.needs) {
    case 'none':
      return true;
    case 'ethernet':
      return word(flow, W.packetType) === 0;
    case 'vlan':
      return (word(flow, W.vlanTci) & VLAN_CFI) !== 0;
    case 'mpls':
      return word(flow, W.dlType) === 0x8847 || word(flow, W.dlType) === 0x8848;
    case 'ipv4':
      return word(flow, W.dlType) === ETH.ip;
    case 'ipv6':
      return word(flow, W.dlType) === ETH.ip6;
    case 'ip':
      return isIpAny(flow);
    case 'arp':
      return word(flow, W.dlType) === ETH.arp || word(flow, W.dlType) === ETH.rarp;
    case 'tcp':
      return isProto(flow, 6) && isFirst(flow);
    case 'udp':
      return isProto(flow, 17) && isFirst(flow);
    case 'sctp':
      return isProto(flow, 132) && isFirst(flow);
    case 'icmp':
      return word(flow, W.dlType) === ETH.ip && word(flow, W.nwProto) === 1;
    case 'icmp6':
      return isIcmp6(flow);
    case 'nd':
      return isNd(flow, [135, 136]);
    case 'nd-solicit':
      return isNd(flow, [135]);
    case 'nd-advert':
      return isNd(flow, [136]);
    case 'ct':
      // is_ct_valid(): new, established or a reply.
      return (word(flow, W.ctState) & 0x0b) !== 0;
  }
}

/** flow_clear_conntrack(). */
export function clearConntrack(flow: Flow): void {
  flow.fill(0, W.ctState, W.ctLabel + 4);
  for (const at of [W.ctNwProto, W.ctTpSrc, W.ctTpDst]) flow[at] = 0;
  if (word(flow, W.dlType) === ETH.ip) flow.fill(0, W.ctNwSrc, W.ctNwDst + 1);
  else if (word(flow, W.dlType) === ETH.ip6) flow.fill(0, W.ctIpv6Src, W.ctIpv6Dst + 4);
}

/** No tunnel: struct flow_tnl all zero. */
export function clearTunnel(flow: Flow): void {
  flow.fill(0, W.tunId, TUNNEL_END);
  flow.fill(0, HIDDEN.tunPresent, HIDDEN.tunPresent + 2);
}

/** A MAC address of a flow as a string. */
export function macAt(flow: Flow, at: number): string {
  const hex = word(flow, at).toString(16).padStart(4, '0') + word(flow, at + 1).toString(16).padStart(8, '0');
  return (hex.match(/../g) ?? []).join(':');
}
