import { maskOf, parseIp4, type Ip4 } from '../packet/address.ts';
import { protocolName } from '../packet/protocols.ts';
import type { PortRange, Prefix } from '../world/world.ts';

/** White space of ASCII; what else `\s` stands for is rare and looked up. */
const isSpace = (line: string, at: number): boolean => {
  const code = line.charCodeAt(at);
  return code === 32 || (code >= 9 && code <= 13) || (code >= 160 && /\s/.test(line.charAt(at)));
};

/** Words of a line, split at white space. One pass over the characters, because clusters have 100,000 lines. */
export function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  for (let at = 0; at < line.length; at++) {
    if (isSpace(line, at)) continue;
    const from = at;
    while (at < line.length && !isSpace(line, at)) at++;
    words.push(line.slice(from, at));
  }
  return words;
}

/**
 * Lines with those of `ip -o` (oneline: a backslash stands for the line break, `_SL_` in iproute2) taken apart; each with the index of the line that it
 * stands on. Only lines that begin at the margin are such lines.
 */
export function* unfolded(lines: readonly string[]): Iterable<readonly [number, string]> {
  for (const [i, line] of lines.entries()) {
    if (!line.includes('\\') || isSpace(line, 0)) yield [i, line];
    else for (const part of line.split('\\')) yield [i, part];
  }
}

/** A decimal number without sign, at most `max`; undefined when it is not one. */
export function parseDecimal(text: string | undefined, max = Number.MAX_SAFE_INTEGER): number | undefined {
  if (text === undefined || !/^\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= max ? value : undefined;
}

/** A 32-bit number, decimal or hexadecimal with 0x, as marks are written. */
export function parseU32(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^0x[0-9a-f]{1,8}$/i.test(text) ? Number(text) : parseDecimal(text);
  return value !== undefined && value <= 0xffffffff ? value : undefined;
}

/** `value` or `value/mask`; the mask defaults to all ones. */
export function parseMarkMask(text: string | undefined): { readonly value: number; readonly mask: number } | undefined {
  const [valueText, maskText, ...rest] = text?.split('/') ?? [];
  const value = parseU32(valueText);
  const mask = maskText === undefined ? 0xffffffff : parseU32(maskText);
  return value === undefined || mask === undefined || rest.length > 0 ? undefined : { value, mask };
}

/** `1.2.3.4`, `1.2.3.0/24` or `1.2.3.0/255.255.255.0`. The address is kept as written, host bits included. */
export function parsePrefix(text: string | undefined): Prefix | undefined {
  if (text === undefined) return undefined;
  const slash = text.indexOf('/');
  const ip = parseIp4(slash < 0 ? text : text.slice(0, slash));
  if (ip === undefined) return undefined;
  const prefixLen = slash < 0 ? 32 : parsePrefixLen(text.slice(slash + 1));
  return prefixLen === undefined ? undefined : { ip, prefixLen };
}

function parsePrefixLen(text: string): number | undefined {
  const length = parseDecimal(text, 32);
  if (length !== undefined) return length;
  const mask = parseIp4(text);
  if (mask === undefined) return undefined;
  const bits = Math.clz32(~mask >>> 0);
  return maskOf(bits) === mask ? bits : undefined;
}

/** Ports `80`, or `80:90` and `80-90` with the given separator. */
export function parsePorts(text: string | undefined, separator: ':' | '-'): PortRange | undefined {
  if (text === undefined) return undefined;
  const at = text.indexOf(separator);
  if (at < 0) {
    const port = parseDecimal(text, 65535);
    return port === undefined ? undefined : { from: port, to: port };
  }
  const [fromText, toText] = [text.slice(0, at), text.slice(at + 1)];
  // iptables takes an open end (`1024:`) for the end of the range.
  const from = fromText === '' && separator === ':' ? 0 : parseDecimal(fromText, 65535);
  const to = toText === '' && separator === ':' ? 65535 : parseDecimal(toText, 65535);
  return from === undefined || to === undefined || from > to ? undefined : { from, to };
}

export const formatPorts = (ports: PortRange, separator: ':' | '-'): string =>
  ports.from === ports.to ? String(ports.from) : `${ports.from}${separator}${ports.to}`;

/** `1.2.3.4:80`; undefined when it is not an IPv4 address with a port. */
export function parseEndpoint(text: string | undefined): { readonly ip: Ip4; readonly port: number } | undefined {
  const at = text?.lastIndexOf(':') ?? -1;
  if (text === undefined || at < 0) return undefined;
  const ip = parseIp4(text.slice(0, at));
  const port = parseDecimal(text.slice(at + 1), 65535);
  return ip === undefined || port === undefined ? undefined : { ip, port };
}

const protocolNumbers: ReadonlyMap<string, number> = new Map([
  ...Array.from({ length: 256 }, (_, proto): [string, number] => [protocolName(proto), proto]),
  // Its aliases for numbers that have another name.
  ['icmpv6', 58],
  ['ip-encap', 4],
  ['ipsec-esp', 50],
  ['ipsec-ah', 51],
  ['ospfigp', 89],
]);

/** The number of a protocol given by name or number (0..255); undefined when neither is known. */
export const protocolNumber = (text: string): number | undefined => protocolNumbers.get(text.toLowerCase()) ?? parseDecimal(text, 255);

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;

/** A MAC address in lower case; undefined when it is not one. */
export const parseMac = (text: string | undefined): string | undefined => (text !== undefined && MAC.test(text) ? text.toLowerCase() : undefined);

/** True for a line of a listing that mixes both families and is about IPv6 (an address with two colons that is no MAC). */
export const mentionsIpv6 = (words: readonly string[]): boolean =>
  words.some((w) => w.indexOf(':') !== w.lastIndexOf(':') && /^[0-9a-f:.]+(?:\/\d{1,3})?$/i.test(w) && !MAC.test(w));
