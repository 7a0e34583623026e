import type { Words } from '../world/openflow.ts';

/*
 * Numbers of up to 128 bits as words, most significant first, in the spellings of Open vSwitch's tools.
 */

/** All ones in the lowest `bits`. */
export const onesWords = (bits: number, count: number): Words => Array.from({ length: count }, (_, i) => onesAt(bits - 32 * (count - 1 - i)));

const onesAt = (bits: number): number => (bits >= 32 ? 0xffffffff : bits <= 0 ? 0 : 2 ** bits - 1);

export const sameWords = (a: Words, b: Words): boolean => a.length === b.length && a.every((w, i) => w === b[i]);

export const isZeroWords = (words: Words): boolean => words.every((w) => w === 0);

export const andWords = (a: Words, b: Words): Words => a.map((w, i) => (w & (b[i] ?? 0)) >>> 0);

/** Whether it is no wider than `bits`. */
export const fitsWords = (words: Words, bits: number): boolean => {
  const ones = onesWords(bits, words.length);
  return words.every((w, i) => (w & ~(ones[i] ?? 0)) === 0);
};

/** A number in decimal, octal (leading 0) or hexadecimal (leading 0x), as `count` words; undefined when it is none or too large. */
export function parseWords(text: string, count: number): Words | undefined {
  if (text.length < 11 && count === 1) {
    const number = parseNumber(text);
    return number === undefined || number > 0xffffffff ? undefined : [number];
  }
  const digits = /^0x([0-9a-f]{1,200})$/i.exec(text)?.[1]?.replace(/^0+(?=.)/, '');
  if (digits !== undefined) {
    if (digits.length > count * 8) return undefined;
    const padded = digits.padStart(count * 8, '0');
    return Array.from({ length: count }, (_, i) => Number.parseInt(padded.slice(8 * i, 8 * i + 8), 16));
  }
  // strtoull(): no more than 64 bits in decimal.
  if (!/^\d{1,20}$/.test(text)) return undefined;
  const value = text.length > 1 && text.startsWith('0') ? (/^[0-7]+$/.test(text) ? BigInt(`0o${text}`) : undefined) : BigInt(text);
  if (value === undefined || value >> 64n !== 0n || value >> BigInt(32 * count) !== 0n) return undefined;
  return Array.from({ length: count }, (_, i) => Number((value >> BigInt(32 * (count - 1 - i))) & 0xffffffffn));
}

/** A number up to 2^53 in decimal, octal or hexadecimal. */
export function parseNumber(text: string): number | undefined {
  if (/^(?:0|[1-9]\d{0,14})$/.test(text)) return Number(text);
  if (/^0x[0-9a-f]{1,13}$/i.test(text)) return Number(text);
  return /^0[0-7]{1,15}$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

/** Hexadecimal digits without 0x and leading zeros. */
export function hexDigits(words: Words): string {
  let text = '';
  for (const w of words) text += text === '' ? (w === 0 ? '' : w.toString(16)) : w.toString(16).padStart(8, '0');
  return text === '' ? '0' : text;
}

/** `%#x`: 0 has no 0x. */
export const hexWords = (words: Words): string => {
  const digits = hexDigits(words);
  return digits === '0' ? '0' : `0x${digits}`;
};

export const decimalWords = (words: Words): string => (words.length === 1 ? String(words[0]) : words.reduce((sum, w) => (sum << 32n) | BigInt(w), 0n).toString());

/** Four words; undefined when it is no IPv6 address. */
export function parseIp6(text: string): Words | undefined {
  if (text.length > 45 || !/^[0-9a-f:.]+$/i.test(text) || !text.includes(':')) return undefined;
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(groupsOf);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (halves.length === 2 ? missing < 0 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...(tail ?? [])];
  return [0, 2, 4, 6].map((i) => ((groups[i] ?? 0) * 65536 + (groups[i + 1] ?? 0)) >>> 0);
}

function groupsOf(text: string): readonly number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(part);
    if (v4 && i === parts.length - 1) {
      const [a = 256, b = 256, c = 256, d = 256] = v4.slice(1).map(Number);
      if (Math.max(a, b, c, d) > 255) return undefined;
      groups.push(a * 256 + b, c * 256 + d);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** As inet_ntop() writes it: the longest run of two or more zero groups as `::`, an embedded IPv4 address in dots. */
export function formatIp6(words: Words): string {
  const groups = words.flatMap((w) => [w >>> 16, w & 0xffff]);
  let best = { at: -1, length: 1 };
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > best.length) best = { at: i, length };
  }
  const dotted = best.at === 0 && (best.length === 6 || (best.length === 5 && groups[5] === 0xffff));
  const last = words[3] ?? 0;
  const shown = dotted ? groups.slice(0, 6).map(hex16) : groups.map(hex16);
  const end = dotted ? [`${last >>> 24}.${(last >>> 16) & 255}.${(last >>> 8) & 255}.${last & 255}`] : [];
  if (best.at < 0) return [...shown, ...end].join(':');
  return `${shown.slice(0, best.at).join(':')}::${[...shown.slice(best.at + best.length), ...end].join(':')}`;
}

const hex16 = (group: number): string => group.toString(16);

/** How many leading ones, when all ones stand in front; undefined for another pattern. */
export function prefixLength(mask: Words): number | undefined {
  const zero = mask.findIndex((w) => w !== 0xffffffff);
  if (zero < 0) return 32 * mask.length;
  const ones = Math.clz32(~(mask[zero] ?? 0) >>> 0);
  const rest = mask.slice(zero + 1);
  return (mask[zero] ?? 0) === maskBits(ones) && rest.every((w) => w === 0) ? 32 * zero + ones : undefined;
}

/** A mask of `length` leading ones. */
export const prefixWords = (length: number, count: number): Words => Array.from({ length: count }, (_, i) => maskBits(Math.min(32, Math.max(0, length - 32 * i))));

const maskBits = (ones: number): number => (ones === 0 ? 0 : (0xffffffff << (32 - ones)) >>> 0);

/** As one number, to shift it. */
export const toBig = (words: Words): bigint => words.reduce((sum, w) => (sum << 32n) | BigInt(w), 0n);

/** The lowest `count` words of a number. */
export const fromBig = (value: bigint, count: number): Words => Array.from({ length: count }, (_, i) => Number((value >> BigInt(32 * (count - 1 - i))) & 0xffffffffn));
