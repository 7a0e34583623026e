import type { FieldMatch, Words } from '../world/openflow.ts';
import { fieldNamed, type FieldSpec } from '../world/openflowFields.ts';
import type { OvsNames } from './ovsNames.ts';
import { parseValue } from './ovsValues.ts';
import { isZeroWords, parseWords } from './ovsWords.ts';

/** ofp_parse_protocol(), lib/ofp-parse.c: Ethernet type and protocol that a word stands for. */
const PROTOCOLS: ReadonlyMap<string, readonly [dlType: number, nwProto?: number]> = new Map([
  ['ip', [0x0800]],
  ['ipv4', [0x0800]],
  ['ip4', [0x0800]],
  ['arp', [0x0806]],
  ['icmp', [0x0800, 1]],
  ['tcp', [0x0800, 6]],
  ['udp', [0x0800, 17]],
  ['sctp', [0x0800, 132]],
  ['ipv6', [0x86dd]],
  ['ip6', [0x86dd]],
  ['icmp6', [0x86dd, 58]],
  ['tcp6', [0x86dd, 6]],
  ['udp6', [0x86dd, 17]],
  ['sctp6', [0x86dd, 132]],
  ['rarp', [0x8035]],
  ['mpls', [0x8847]],
  ['mplsm', [0x8848]],
]);

const CFI = 0x1000;
const one = (field: string, value: number, mask?: number): readonly FieldMatch[] => [{ field, value: [value], ...(mask === undefined ? {} : { mask: [mask] }) }];

/** A condition that we do not know, kept as it is. */
const unknown = (name: string, text: string): readonly FieldMatch[] => [{ field: name, value: [], text }];

/**
 * One word of a match: `tcp`, `nw_src=10.0.0.0/8`, `reg0[0..15]=0x5`. What a VLAN field means for the tag's three parts is worked out
 * (mf_set(), lib/meta-flow.c), so only `vlan_tci` comes out of them. Nothing for what every packet meets; a word that is no condition at
 * all is undefined.
 */
export function parseCondition(word: string, names: OvsNames): readonly FieldMatch[] | undefined {
  const equals = word.indexOf('=');
  const name = equals < 0 ? word : word.slice(0, equals);
  const text = equals < 0 ? undefined : word.slice(equals + 1);
  if (text === undefined) {
    const protocol = PROTOCOLS.get(name);
    if (protocol) return [...one('dl_type', protocol[0]), ...(protocol[1] === undefined ? [] : one('nw_proto', protocol[1]))];
    if (name === 'eth') return [];
    return /^tun_metadata\d+$/.test(name) ? unknown(name, word) : undefined;
  }
  const bracket = name.indexOf('[');
  const field = fieldNamed(bracket < 0 ? name : name.slice(0, bracket));
  if (!field || (bracket >= 0 && !name.endsWith(']'))) return /^[a-z_]\w*$/i.test(name) && name !== 'actions' ? unknown(name, word) : undefined;
  if (bracket >= 0) return slice(field, name.slice(bracket + 1, -1), text) ?? unknown(name, word);
  // OFP10_VLAN_NONE: without a tag.
  if (field.name === 'dl_vlan' && (text === '0xffff' || text === '65535')) return one('vlan_tci', 0, 0xffff);
  const read = parseValue(field, text, names);
  if (!read || (read.mask && !isZeroWords(read.mask) && field.format === 'port')) return unknown(name, word);
  if (read.mask && isZeroWords(read.mask)) return [];
  return normal(field, read.value, read.mask);
}

/** `reg0[0..15]=0x5` (parse_subfield(), lib/ofp-flow.c). */
function slice(field: FieldSpec, bits: string, text: string): readonly FieldMatch[] | undefined {
  const [, fromText, toText] = /^(\d{1,3})(?:\.\.(\d{1,3}))?$/.exec(bits) ?? [];
  const from = bits === '' ? 0 : Number(fromText);
  const to = bits === '' ? field.bits - 1 : Number(toText ?? fromText);
  const value = parseWords(text, field.words);
  if (value === undefined || !(from <= to && to < field.bits)) return undefined;
  const wide = (words: Words): bigint => words.reduce((sum, w) => (sum << 32n) | BigInt(w), 0n);
  const mask = ((1n << BigInt(to - from + 1)) - 1n) << BigInt(from);
  const placed = wide(value) << BigInt(from);
  if ((placed & ~mask) !== 0n) return undefined;
  const narrow = (v: bigint): Words => Array.from({ length: field.words }, (_, i) => Number((v >> BigInt(32 * (field.words - 1 - i))) & 0xffffffffn));
  return normal(field, narrow(placed), from === 0 && to === field.bits - 1 ? undefined : narrow(mask));
}

function normal(field: FieldSpec, value: Words, mask: Words | undefined): readonly FieldMatch[] {
  const [v = 0] = value;
  const m = mask?.[0];
  switch (field.name) {
    case 'dl_vlan':
      return one('vlan_tci', v | CFI, CFI | (m ?? 0xfff));
    case 'vlan_vid':
      return one('vlan_tci', v & (m ?? 0x1fff), m ?? 0x1fff);
    case 'dl_vlan_pcp':
    case 'vlan_pcp':
      return one('vlan_tci', ((v & (m ?? 7)) << 13) | CFI, CFI | ((m ?? 7) << 13));
    case 'nw_tos':
      return one('nw_tos', v & (m ?? 0xfc) & 0xfc, (m ?? 0xfc) & 0xfc);
    case 'ip_dscp':
      return one('nw_tos', (v << 2) & 0xfc, ((m ?? 0x3f) << 2) & 0xfc);
    case 'tun_flags':
      // FLOW_TNL_PUB_F_MASK: the others are not for rules.
      return one('tun_flags', v & 1, (m ?? 1) & 1);
    case 'in_port_oxm':
      return [{ field: 'in_port', value }];
    default:
      return [{ field: field.name, value, ...(mask ? { mask } : {}) }];
  }
}

/** Types and codes of ICMPv6 have fields of their own, but the tools print them as those of ICMP. */
export function ofIcmp6(match: readonly FieldMatch[]): readonly FieldMatch[] {
  if (!match.some((c) => c.field === 'icmp_type' || c.field === 'icmp_code')) return match;
  if (!match.some((c) => c.field === 'dl_type' && c.value[0] === 0x86dd)) return match;
  return match.map((c) => (c.field === 'icmp_type' || c.field === 'icmp_code' ? { ...c, field: c.field.replace('icmp', 'icmpv6') } : c));
}

