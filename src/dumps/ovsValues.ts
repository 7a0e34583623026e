import { formatIp4, parseIp4 } from '../packet/address.ts';
import type { Words } from '../world/openflow.ts';
import { CT_STATE, type FieldSpec } from '../world/openflowFields.ts';
import { formatPort, type OvsNames, parsePort } from './ovsNames.ts';
import { andWords, decimalWords, fitsWords, formatIp6, hexWords, isZeroWords, onesWords, parseIp6, parseWords, prefixLength, prefixWords, sameWords } from './ovsWords.ts';
import { parseDecimal } from './words.ts';

/*
 * Values of fields as Open vSwitch's tools read and print them: mf_parse() and mf_format(), lib/meta-flow.c.
 */

/** `mask` undefined: all bits. */
export interface MaskedWords {
  readonly value: Words;
  readonly mask?: Words;
}

const exact = (value: Words): MaskedWords => ({ value });

/** With the mask left out when it is all ones, and no bit outside of it. */
export function masked(field: FieldSpec, value: Words, mask: Words): MaskedWords {
  const ones = onesWords(field.bits, field.words);
  const cut = andWords(mask, ones);
  return sameWords(cut, ones) ? { value: andWords(value, ones) } : { value: andWords(value, cut), mask: cut };
}

type Flags = readonly (readonly [name: string, bit: number])[];

const CT_FLAGS: Flags = Object.entries(CT_STATE);
/** packet_tcp_flag_to_string(), lib/packets.c. */
const TCP_FLAGS: Flags = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr', 'ns', '[200]', '[400]', '[800]'].map((name, i) => [name, 1 << i]);
/** FLOW_TNL_F_*, include/openvswitch/packets.h. */
const TUN_FLAGS: Flags = [['oam', 1], ['df', 2], ['csum', 4], ['key', 8]];

const flagsOf = (field: FieldSpec): Flags | undefined => (field.format === 'ct_state' ? CT_FLAGS : field.format === 'tcp_flags' ? TCP_FLAGS : field.format === 'tun_flags' ? TUN_FLAGS : undefined);

/** all_frags[], lib/meta-flow.c: the first that fits is taken. */
const FRAGS: readonly (readonly [name: string, mask: number, value: number])[] = [
  ['no', 3, 0],
  ['first', 3, 1],
  ['later', 3, 3],
  ['no', 1, 0],
  ['yes', 1, 1],
  ['not_later', 2, 0],
  ['later', 2, 2],
];

/** A value, or value and mask, in the field's own spelling; `*` is a mask of zeros. undefined when it is none. */
export function parseValue(field: FieldSpec, text: string, names: OvsNames = {}): MaskedWords | undefined {
  if (text === '*') return { value: zeros(field), mask: zeros(field) };
  const flags = flagsOf(field);
  if (flags) return parseFlags(field, text, flags);
  switch (field.format) {
    case 'ipv4':
      return parseSlashed(field, text, (part) => ofIp4(parseIp4(part)), 32);
    case 'ipv6':
      return parseSlashed(field, text, parseIp6, 128);
    case 'mac':
      return parseSlashed(field, text, parseMacWords, undefined);
    case 'frag': {
      const frag = FRAGS.find(([name]) => name === text.toLowerCase());
      return frag === undefined ? parseInteger(field, text) : masked(field, [frag[2]], [frag[1]]);
    }
    case 'port': {
      const port = parsePort(text, names);
      return port === undefined ? parseInteger(field, text) : exact([port]);
    }
    case 'packet_type':
      return parsePacketType(text);
    case 'decimal':
    case 'hex':
    case 'vlan':
    default:
      return parseInteger(field, text);
  }
}

const zeros = (field: FieldSpec): Words => Array.from({ length: field.words }, () => 0);

const ofIp4 = (ip: number | undefined): Words | undefined => (ip === undefined ? undefined : [ip]);

function parseInteger(field: FieldSpec, text: string): MaskedWords | undefined {
  return parseSlashed(field, text, (part) => parseWords(part, field.words), undefined);
}

/** `value`, `value/mask`, and with `prefixBits` also `value/length`. */
function parseSlashed(field: FieldSpec, text: string, read: (part: string) => Words | undefined, prefixBits: number | undefined): MaskedWords | undefined {
  const slash = text.indexOf('/');
  const value = read(slash < 0 ? text : text.slice(0, slash));
  if (value === undefined) return undefined;
  if (slash < 0) return fitsWords(value, field.bits) ? exact(value) : undefined;
  const rest = text.slice(slash + 1);
  const length = prefixBits === undefined ? undefined : parseDecimal(rest, prefixBits);
  const mask = length === undefined ? read(rest) : prefixWords(length, field.words);
  return mask === undefined ? undefined : masked(field, value, mask);
}

const MAC_TEXT = /^[0-9a-f]{1,2}(?::[0-9a-f]{1,2}){5}$/i;

function parseMacWords(text: string): Words | undefined {
  if (!MAC_TEXT.test(text)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = text.split(':').map((octet) => Number.parseInt(octet, 16));
  return [a * 256 + b, ((c << 24) | (d << 16) | (e << 8) | f) >>> 0];
}

/** Two words as `aa:bb:cc:dd:ee:ff`. */
export function formatMacWords([high = 0, low = 0]: Words): string {
  return [high >>> 8, high & 255, low >>> 24, (low >>> 16) & 255, (low >>> 8) & 255, low & 255].map((octet) => (octet & 255).toString(16).padStart(2, '0')).join(':');
}

/** parse_flags(), lib/flow.c: `+new-est`, `new|trk`, `0x21/0x21`, `0x02`. */
function parseFlags(field: FieldSpec, text: string, flags: Flags): MaskedWords | undefined {
  if (/^\d[0-9a-fx]*(?:\/\d[0-9a-fx]*)?$/i.test(text)) {
    const number = parseInteger(field, text);
    return number?.mask === undefined ? number : maskedFlags(field, number.value[0] ?? 0, number.mask[0] ?? 0);
  }
  const bitOf = (name: string): number | undefined => flags.find(([n]) => n === name)?.[1];
  if (/^[+-]/.test(text)) {
    let value = 0;
    let mask = 0;
    for (const [, sign, name = ''] of text.matchAll(/([+-])([^+-]*)/g)) {
      const bit = bitOf(name);
      if (bit === undefined || (mask & bit) !== 0) return undefined;
      mask |= bit;
      if (sign === '+') value |= bit;
    }
    return maskedFlags(field, value, mask);
  }
  let value = 0;
  for (const name of text.split('|')) {
    const bit = bitOf(name) ?? parseWords(name, 1)?.[0];
    if (bit === undefined) return undefined;
    value |= bit;
  }
  return exact([value >>> 0]);
}

/** All flags of conntrack together are an exact match: the others do not exist. */
function maskedFlags(field: FieldSpec, value: number, mask: number): MaskedWords {
  return field.format === 'ct_state' && mask === 0xff ? exact([value]) : masked(field, [value], [mask]);
}

function parsePacketType(text: string): MaskedWords | undefined {
  const [, ns = '', type = ''] = /^\(([^,()]{1,10}),([^,()]{1,10})\)$/.exec(text) ?? [];
  const [space, kind] = [parseWords(ns, 1)?.[0], parseWords(type, 1)?.[0]];
  return space === undefined || kind === undefined || space > 0xffff || kind > 0xffff ? undefined : exact([space * 65536 + kind]);
}

/** As mf_format() prints it; without a mask all bits count. */
export function formatValue(field: FieldSpec, value: Words, mask: Words | undefined, names: OvsNames = {}): string {
  const ones = onesWords(field.bits, field.words);
  if (mask && isZeroWords(mask)) return 'ANY';
  const bits = mask && !sameWords(mask, ones) ? mask : undefined;
  const flags = flagsOf(field);
  if (flags) return formatFlags(value[0] ?? 0, bits?.[0], flags);
  switch (field.format) {
    case 'ipv4':
      return formatIp4(value[0] ?? 0) + (bits ? `/${prefixLength(bits) ?? formatIp4(bits[0] ?? 0)}` : '');
    case 'ipv6':
      return formatIp6(value) + (bits ? `/${prefixLength(bits) ?? formatIp6(bits)}` : '');
    case 'mac':
      return formatMacWords(value) + (bits ? `/${formatMacWords(bits)}` : '');
    case 'frag':
      return FRAGS.find(([, m, v]) => m === (bits?.[0] ?? 3) && v === value[0])?.[0] ?? '<error>';
    case 'port':
      if (!bits) return formatPort(value[0] ?? 0, names);
      return `${decimalWords(value)}/${hexWords(bits)}`;
    case 'packet_type':
      return `(${(value[0] ?? 0) >>> 16},${hexWords([(value[0] ?? 0) & 0xffff])})`;
    case 'hex':
      return hexWords(value) + (bits ? `/${hexWords(bits)}` : '');
    case 'decimal':
    case 'vlan':
    default:
      return decimalWords(value) + (bits ? `/${hexWords(bits)}` : '');
  }
}

/** format_flags_masked(), lib/flow.c. */
function formatFlags(value: number, mask: number | undefined, flags: Flags): string {
  if (mask === undefined) return formatFlagSet(value, flags);
  return Array.from({ length: 32 }, (_, i) => 2 ** i)
    .filter((bit) => (mask & bit) !== 0)
    .map((bit) => `${(value & bit) === 0 ? '-' : '+'}${flags.find(([, b]) => b === bit)?.[0] ?? '[Unknown]'}`)
    .join('');
}

/** format_flags(), lib/flow.c: `syn|ack`, 0 for none. */
export function formatFlagSet(value: number, flags: Flags): string {
  if (value === 0) return '0';
  const named = flags.filter(([, bit]) => (value & bit) !== 0).map(([name]) => name);
  const bad = flags.reduce((left, [, bit]) => left & ~bit, value) >>> 0;
  return [...named, ...(bad === 0 ? [] : [`0x${bad.toString(16)}`])].join('|');
}
