import { formatIp4 } from '../packet/address.ts';
import type { FieldMatch, Words } from '../world/openflow.ts';
import { FIELDS, type FieldSpec, FLOW_WORDS } from '../world/openflowFields.ts';
import { formatPort, type OvsNames } from './ovsNames.ts';
import { formatValue } from './ovsValues.ts';
import { hexWords, onesWords, prefixLength } from './ovsWords.ts';

/** Value and mask of all fields at once, as struct match lays them over each other. */
export interface Laid {
  readonly value: Uint32Array;
  readonly mask: Uint32Array;
}

const spec = (name: string): FieldSpec => {
  const field = FIELDS.get(name);
  if (!field) throw new Error(`no field ${name}`);
  return field;
};

/** Lays one condition over what stands there. */
export function lay(into: Laid, field: FieldSpec, value: Words, mask: Words | undefined): void {
  const ones = onesWords(field.bits, field.words);
  for (let i = 0; i < field.words; i++) {
    const at = field.word + i;
    into.value[at] = (into.value[at] ?? 0) | ((value[i] ?? 0) << field.lsb);
    into.mask[at] = (into.mask[at] ?? 0) | (((mask ?? ones)[i] ?? 0) << field.lsb);
  }
}

/** Everything met. */
export const nothingLaid = (): Laid => ({ value: new Uint32Array(FLOW_WORDS), mask: new Uint32Array(FLOW_WORDS) });

/** Which address fields a packet has, by its Ethernet type. */
const [IPV4, ARP, RARP, IPV6, MPLS, MPLS_MCAST] = [0x0800, 0x0806, 0x8035, 0x86dd, 0x8847, 0x8848];

const V4_PROTOCOLS: ReadonlyMap<number, string> = new Map([[1, 'icmp'], [6, 'tcp'], [17, 'udp'], [132, 'sctp']]);
const V6_PROTOCOLS: ReadonlyMap<number, string> = new Map([[58, 'icmp6'], [6, 'tcp6'], [17, 'udp6'], [132, 'sctp6']]);
const OTHER_TYPES: ReadonlyMap<number, string> = new Map([[ARP, 'arp'], [RARP, 'rarp'], [MPLS, 'mpls'], [MPLS_MCAST, 'mplsm']]);

const REGISTERS: readonly FieldSpec[] = Array.from({ length: 16 }, (_, i) => spec(`reg${i}`));
const TUN_METADATA: readonly FieldSpec[] = Array.from({ length: 64 }, (_, i) => spec(`tun_metadata${i}`));
const [DL_TYPE, NW_PROTO, NW_TOS, VLAN_TCI, NW_FRAG, TCP_FLAGS] = ['dl_type', 'nw_proto', 'nw_tos', 'vlan_tci', 'nw_frag', 'tcp_flags'].map(spec) as [FieldSpec, FieldSpec, FieldSpec, FieldSpec, FieldSpec, FieldSpec];
const byName = new Map<string, FieldSpec>();
const cached = (name: string): FieldSpec => {
  const known = byName.get(name) ?? spec(name);
  byName.set(name, known);
  return known;
};

/** The words of a match in the order and spelling of match_format() (lib/match.c), without the priority. */
export function printMatch(match: readonly FieldMatch[], names: OvsNames = {}): readonly string[] {
  const laid = nothingLaid();
  for (const { field, value, mask, text } of match) {
    const known = FIELDS.get(field);
    if (known && text === undefined) lay(laid, known, value, mask);
  }
  return [...printLaid(laid, names), ...match.flatMap((c) => (c.text === undefined ? [] : [c.text]))];
}

/** As printMatch, of what is already laid out. */
export function printLaid(laid: Laid, names: OvsNames = {}): readonly string[] {
  const out: string[] = [];
  const masked = (field: FieldSpec): boolean => {
    for (let i = 0; i < field.words; i++) if (laid.mask[field.word + i] !== 0) return true;
    return false;
  };
  const word = (field: FieldSpec, of: Uint32Array = laid.value): number => of[field.word] ?? 0;
  const words = (field: FieldSpec, of: Uint32Array): Words => Array.from({ length: field.words }, (_, i) => of[field.word + i] ?? 0);
  /** In the field's own format. */
  const own = (name: string, label = name): void => {
    const field = cached(name);
    if (masked(field)) out.push(`${label}=${formatValue(field, words(field, laid.value), words(field, laid.mask), names)}`);
  };
  const decimalOrHex = (name: string, label = name, full = 0xffff): void => {
    const field = cached(name);
    const mask = word(field, laid.mask);
    if (mask !== 0) out.push(`${label}=${(mask & full) === full ? word(field) : `0x${word(field).toString(16)}/0x${mask.toString(16)}`}`);
  };
  const hex = (field: FieldSpec): void => {
    const mask = laid.mask[field.word] ?? 0;
    if (mask !== 0) out.push(`${field.name}=${hexWords([laid.value[field.word] ?? 0])}${mask === 0xffffffff ? '' : `/${hexWords([mask])}`}`);
  };
  const ip4 = (name: string, label = name): void => {
    const field = cached(name);
    const mask = word(field, laid.mask);
    if (mask !== 0) out.push(`${label}=${formatIp4(word(field))}${mask === 0xffffffff ? '' : `/${prefixLength([mask]) ?? formatIp4(mask)}`}`);
  };
  const simple = (name: string, format: (value: number) => string): void => {
    const field = cached(name);
    if (masked(field)) out.push(`${name}=${format(word(field))}`);
  };
  const dlType = word(DL_TYPE);
  const typed = masked(DL_TYPE);
  const proto = masked(NW_PROTO) ? word(NW_PROTO) : undefined;

  for (const name of ['pkt_mark', 'recirc_id', 'dp_hash']) hex(cached(name));
  simple('conj_id', String);
  simple('skb_priority', (v) => hexWords([v]));
  simple('actset_output', (v) => formatPort(v, names));
  own('ct_state');
  decimalOrHex('ct_zone');
  hex(cached('ct_mark'));
  own('ct_label');
  ip4('ct_nw_src');
  own('ct_ipv6_src');
  ip4('ct_nw_dst');
  own('ct_ipv6_dst');
  if (masked(cached('ct_nw_proto'))) {
    simple('ct_nw_proto', String);
    decimalOrHex('ct_tp_src');
    decimalOrHex('ct_tp_dst');
  }
  const packetType = cached('packet_type');
  if (masked(packetType) && word(packetType) !== 0) own('packet_type');
  const shorthand = typed ? shorthandOf(dlType, proto) : undefined;
  if (shorthand) out.push(shorthand.word);
  for (const reg of REGISTERS) hex(reg);
  own('tun_id');
  ip4('tun_src');
  ip4('tun_dst');
  own('tun_ipv6_src');
  own('tun_ipv6_dst');
  decimalOrHex('tun_gbp_id');
  simple('tun_gbp_flags', (v) => hexWords([v]));
  simple('tun_tos', (v) => v.toString(16));
  simple('tun_ttl', String);
  own('tun_flags');
  for (const field of TUN_METADATA) if (masked(field)) out.push(`${field.name}=${tunMetadata(words(field, laid.value), words(field, laid.mask))}`);
  own('metadata');
  own('in_port');
  vlan(word(VLAN_TCI), word(VLAN_TCI, laid.mask), out);
  own('dl_src');
  own('dl_dst');
  if (typed && !shorthand) out.push(`dl_type=0x${dlType.toString(16).padStart(4, '0')}`);
  if (dlType === IPV6) {
    own('ipv6_src');
    own('ipv6_dst');
    const label = cached('ipv6_label');
    if (masked(label)) {
      const five = (v: number): string => `0x${v.toString(16).padStart(5, '0')}`;
      const mask = word(label, laid.mask);
      out.push(`ipv6_label=${five(word(label))}${mask === 0xfffff ? '' : `/${five(mask)}`}`);
    }
  } else {
    const arp = dlType === ARP || dlType === RARP;
    ip4('nw_src', arp ? 'arp_spa' : 'nw_src');
    ip4('nw_dst', arp ? 'arp_tpa' : 'nw_dst');
  }
  const isArp = dlType === ARP || dlType === RARP;
  if (!shorthand?.proto && proto !== undefined) out.push(`${isArp ? 'arp_op' : 'nw_proto'}=${proto}`);
  if (isArp) {
    own('arp_sha');
    own('arp_tha');
  }
  const [tos, tosMask] = [word(NW_TOS), word(NW_TOS, laid.mask)];
  if ((tosMask & 0xfc) !== 0) out.push(`nw_tos=${tos & 0xfc}`);
  if ((tosMask & 3) !== 0) out.push(`nw_ecn=${tos & 3}`);
  for (const name of ['nw_ttl', 'mpls_label', 'mpls_tc', 'mpls_ttl', 'mpls_bos']) simple(name, String);
  if (masked(NW_FRAG)) out.push(`nw_frag=${formatValue(NW_FRAG, words(NW_FRAG, laid.value), words(NW_FRAG, laid.mask))}`);
  const icmp = dlType === IPV4 && proto === 1;
  const icmp6 = dlType === IPV6 && proto === 58;
  if (icmp || icmp6) {
    decimalOrHex('tp_src', 'icmp_type', 0xff);
    decimalOrHex('tp_dst', 'icmp_code', 0xff);
  }
  if (icmp6) {
    own('nd_target');
    own('nd_sll');
    own('nd_tll');
    simple('nd_reserved', String);
    decimalOrHex('nd_options_type', 'nd_options_type', 0xff);
  }
  if (!icmp && !icmp6) {
    decimalOrHex('tp_src');
    decimalOrHex('tp_dst');
  }
  if ((dlType === IPV4 || dlType === IPV6) && proto === 6 && masked(TCP_FLAGS)) own('tcp_flags');
  return out;
}

function shorthandOf(dlType: number, proto: number | undefined): { readonly word: string; /** It says the protocol too. */ readonly proto: boolean } | undefined {
  if (dlType === IPV4 || dlType === IPV6) {
    const known = proto === undefined ? undefined : (dlType === IPV4 ? V4_PROTOCOLS : V6_PROTOCOLS).get(proto);
    return known === undefined ? { word: dlType === IPV4 ? 'ip' : 'ipv6', proto: false } : { word: known, proto: true };
  }
  const other = OTHER_TYPES.get(dlType);
  return other === undefined ? undefined : { word: other, proto: false };
}

/** All 128 bits mean the whole option, however long it is. */
function tunMetadata(value: Words, mask: Words): string {
  return mask.every((w) => w === 0xffffffff) ? hexWords(value) : `${hexWords(value)}/${hexWords(mask)}`;
}

function vlan(tci: number, mask: number, out: string[]): void {
  if (mask === 0) return;
  const four = (v: number): string => `0x${v.toString(16).padStart(4, '0')}`;
  const [vid, pcp] = [mask & 0xfff, mask & 0xe000];
  if ((mask & tci & 0x1000) !== 0 && (vid === 0 || vid === 0xfff) && (pcp === 0 || pcp === 0xe000) && (vid !== 0 || pcp !== 0)) {
    if (vid !== 0) out.push(`dl_vlan=${tci & 0xfff}`);
    if (pcp !== 0) out.push(`dl_vlan_pcp=${tci >>> 13}`);
  } else out.push(`vlan_tci=${four(tci)}${mask === 0xffff ? '' : `/${four(mask)}`}`);
}

