import { formatIp4, maskOf, parseIp4 } from '../packet/address.ts';
import type { SetExtensions, SetParams, SetPart, SetType } from '../world/ipset.ts';
import type { Prefix } from '../world/world.ts';
import { tokenize } from './iptablesTokens.ts';
import { parseDecimal, parseMac, parseMarkMask, parsePorts, parsePrefix, parseU32, protocolNumber } from './words.ts';

/** How many members one element may stand for: ranges of addresses are cut into prefixes as ip_set_range_to_cidr() does. */
const MAX_MEMBERS = 128;

export interface Element {
  readonly parts: readonly SetPart[];
  readonly text: string;
}

/**
 * The parts of an element in the order of the type, once for each prefix that a range of addresses is made of. `wildcard`: that
 * option of hash:net,iface stands behind the element.
 */
export function parseElement(type: SetType, params: SetParams, element: string, wildcard: boolean): readonly Element[] {
  const unknown: readonly Element[] = [{ parts: [{ kind: 'unknown', text: element }], text: element }];
  if (type === 'unknown') return unknown;
  if (type === 'list:set') return [{ parts: [{ kind: 'set', set: element }], text: element }];
  const kinds = type.slice(type.indexOf(':') + 1).split(',');
  const texts = element.split(',');
  // The MAC of bitmap:ip,mac may be filled in later.
  if (texts.length !== kinds.length && !(type === 'bitmap:ip,mac' && texts.length === 1)) return unknown;
  let found: readonly { readonly parts: readonly SetPart[]; readonly texts: readonly string[] }[] = [{ parts: [], texts: [] }];
  for (const [i, text] of texts.entries()) {
    const parts = parsePart(type, kinds[i] ?? '', params, text, wildcard);
    if (found.length * parts.length > MAX_MEMBERS) return unknown;
    found = found.flatMap((f) => parts.map((part) => ({ parts: [...f.parts, part], texts: [...f.texts, parts.length > 1 && part.kind === 'net' ? netText(part.net) : text] })));
  }
  return found.map((f) => ({ parts: f.parts, text: f.texts.join(',') }));
}

const netText = ({ ip, prefixLen }: Prefix): string => (prefixLen === 32 ? formatIp4(ip) : `${formatIp4(ip)}/${prefixLen}`);

function parsePart(type: SetType, kind: string, params: SetParams, text: string, wildcard: boolean): readonly SetPart[] {
  const unknown: readonly SetPart[] = [{ kind: 'unknown', text }];
  switch (kind) {
    case 'ip':
    case 'net':
      return parseNets(text)?.map((net): SetPart => ({ kind: 'net', net: masked(net, params) })) ?? unknown;
    case 'port':
      return [type === 'bitmap:port' ? parseBarePorts(text) : parsePortPart(text)];
    case 'mac': {
      const mac = parseMac(text);
      return mac === undefined ? unknown : [{ kind, mac }];
    }
    case 'mark': {
      const value = parseU32(text);
      return value === undefined ? unknown : [{ kind, value: (value & (params.markmask ?? 0xffffffff)) >>> 0 }];
    }
    case 'iface': {
      const physdev = text.startsWith('physdev:');
      return [{ kind, dev: physdev ? text.slice(8) : text, wildcard, physdev }];
    }
    default:
      return unknown;
  }
}

/** With `netmask 24` an address stands for its network; `bitmask` may leave gaps and stays one address. */
function masked({ ip, prefixLen }: Prefix, { mask }: SetParams): Prefix {
  if (mask === undefined) return { ip, prefixLen };
  const bits = Math.clz32(~mask >>> 0);
  return { ip: (ip & mask) >>> 0, prefixLen: maskOf(bits) === mask ? Math.min(bits, prefixLen) : prefixLen };
}

/** `a`, `a/24`, or `a-b` as prefixes, the largest that fit, from the left (ip_set_range_to_cidr(), net/netfilter/ipset/pfxlen.c). */
function parseNets(text: string): readonly Prefix[] | undefined {
  const dash = text.indexOf('-');
  if (dash < 0) {
    const net = parsePrefix(text);
    return net && [net];
  }
  const ends = [parseIp4(text.slice(0, dash)), parseIp4(text.slice(dash + 1))].toSorted((a, b) => (a ?? 0) - (b ?? 0));
  const [from, to] = ends;
  return from === undefined || to === undefined ? undefined : prefixesOf(from, to);
}

function prefixesOf(from: number, to: number): readonly Prefix[] {
  const nets: Prefix[] = [];
  for (let ip = from; ip <= to; ) {
    let prefixLen = 32;
    while (prefixLen > 0 && ip % 2 ** (33 - prefixLen) === 0 && ip + 2 ** (33 - prefixLen) - 1 <= to) prefixLen--;
    nets.push({ ip, prefixLen });
    ip += 2 ** (32 - prefixLen);
  }
  return nets;
}

/** ICMP types by the names that ipset prints (lib/icmp.c); the port is type * 256 + code, as in the kernel's get_port(). */
const ICMP_PORTS: Readonly<Record<string, number>> = {
  'echo-reply': 0,
  pong: 0,
  'network-unreachable': 0x300,
  'host-unreachable': 0x301,
  'protocol-unreachable': 0x302,
  'port-unreachable': 0x303,
  'fragmentation-needed': 0x304,
  'source-route-failed': 0x305,
  'network-unknown': 0x306,
  'host-unknown': 0x307,
  'network-prohibited': 0x309,
  'host-prohibited': 0x30a,
  'TOS-network-unreachable': 0x30b,
  'TOS-host-unreachable': 0x30c,
  'communication-prohibited': 0x30d,
  'host-precedence-violation': 0x30e,
  'precedence-cutoff': 0x30f,
  'source-quench': 0x400,
  'network-redirect': 0x500,
  'host-redirect': 0x501,
  'TOS-network-redirect': 0x502,
  'TOS-host-redirect': 0x503,
  'echo-request': 0x800,
  ping: 0x800,
  'router-advertisement': 0x900,
  'router-solicitation': 0xa00,
  'ttl-zero-during-transit': 0xb00,
  'ttl-zero-during-reassembly': 0xb01,
  'ip-header-bad': 0xc00,
  'required-option-missing': 0xc01,
  'timestamp-request': 0xd00,
  'timestamp-reply': 0xe00,
  'address-mask-request': 0x1100,
  'address-mask-reply': 0x1200,
};

/** `tcp:80`, `udp:53-60`, `icmp:8/0`, `80` (tcp by default, ipset(8)), `gre:0`. */
function parsePortPart(text: string): SetPart {
  const colon = text.indexOf(':');
  const proto = colon < 0 ? 6 : protocolNumber(text.slice(0, colon));
  const portText = text.slice(colon + 1);
  if (proto === undefined) return { kind: 'unknown', text };
  if (proto === 1) {
    const [typeText, codeText] = portText.split('/');
    const [icmptype, code] = [parseDecimal(typeText, 255), parseDecimal(codeText, 255)];
    const port = icmptype !== undefined && code !== undefined ? icmptype * 256 + code : Object.hasOwn(ICMP_PORTS, portText) ? ICMP_PORTS[portText] : undefined;
    return port === undefined ? { kind: 'unknown', text } : { kind: 'port', proto, ports: { from: port, to: port } };
  }
  const ports = parsePorts(portText, '-');
  return ports ? { kind: 'port', proto, ports } : { kind: 'unknown', text };
}

/** The ports of bitmap:port; a protocol in front of them means nothing. */
function parseBarePorts(text: string): SetPart {
  const ports = parsePorts(text.slice(text.indexOf(':') + 1), '-');
  return ports ? { kind: 'port', proto: undefined, ports } : { kind: 'unknown', text };
}

/** Types whose addresses may be masked: by `netmask`, and by `bitmask` where the type has more than a bitmap. */
const MASKED: ReadonlySet<string> = new Set(['hash:ip', 'hash:ip,port', 'bitmap:ip']);

/** What the options of `create` mean; undefined when one changes what is looked up in a way that we do not follow. */
export function parseParams(type: SetType, options: string): SetParams | undefined {
  const words = options.split(/\s+/);
  const valueOf = (option: string): string | undefined => (words.includes(option) ? words[words.indexOf(option) + 1] : undefined);
  const params: { -readonly [K in keyof SetParams]: SetParams[K] } = {};
  if (valueOf('family') === 'inet6') params.ipv6 = true;
  const [netmask, bitmask] = [valueOf('netmask'), valueOf('bitmask')];
  if ((netmask ?? bitmask) !== undefined && params.ipv6 !== true) {
    const bits = parseDecimal(netmask, 32);
    const mask = bits === undefined ? parseIp4(bitmask ?? netmask ?? '') : maskOf(bits);
    if (mask === undefined || !MASKED.has(type)) return undefined;
    params.mask = mask;
  }
  const markmask = valueOf('markmask');
  if (markmask !== undefined) {
    const mask = parseU32(markmask);
    if (mask === undefined) return undefined;
    params.markmask = mask;
  }
  const range = valueOf('range');
  if (range !== undefined) {
    const found = type === 'bitmap:port' ? parsePorts(range.slice(range.indexOf(':') + 1), '-') : addressRange(range);
    if (!found) return undefined;
    params.range = { from: found.from, to: found.to };
  }
  const maxelem = parseDecimal(valueOf('maxelem'), 0xffffffff);
  if (maxelem !== undefined) params.maxelem = maxelem;
  for (const flag of ['forceadd', 'counters', 'skbinfo'] as const) if (words.includes(flag)) params[flag] = true;
  return params;
}

function addressRange(text: string): { readonly from: number; readonly to: number } | undefined {
  const nets = parseNets(text);
  const [first, last] = [nets?.[0], nets?.at(-1)];
  if (!first || !last) return undefined;
  return { from: (first.ip & maskOf(first.prefixLen)) >>> 0, to: (last.ip | ~maskOf(last.prefixLen)) >>> 0 };
}

export interface MemberOptions {
  readonly nomatch: boolean;
  readonly wildcard: boolean;
  /** The options without `nomatch`. */
  readonly kept: string;
  readonly extensions: SetExtensions | undefined;
}

/** What stands behind an element. A comment is free text in quotes, which may itself say nomatch. */
export function parseMemberOptions(text: string): MemberOptions {
  const tokens = tokenize(text);
  let nomatch: number | undefined;
  let wildcard = false;
  const extensions: { -readonly [K in keyof SetExtensions]: SetExtensions[K] } = {};
  for (let i = 0; i < tokens.text.length; i++) {
    const word = tokens.text[i];
    const value = tokens.text[i + 1];
    if (word === 'nomatch') nomatch = i;
    else if (word === 'wildcard') wildcard = true;
    else {
      if ((word === 'packets' || word === 'bytes') && /^\d{1,20}$/.test(value ?? '')) extensions[word] = Number(value);
      const skbmark = word === 'skbmark' ? parseMarkMask(value) : undefined;
      if (skbmark) extensions.skbmark = skbmark;
      i++; // every other option has a value
    }
  }
  const kept = nomatch === undefined ? text : `${text.slice(0, tokens.start[nomatch])}${text.slice(tokens.end[nomatch]).trimStart()}`.trim();
  return { nomatch: nomatch !== undefined, wildcard, kept, extensions: Object.keys(extensions).length > 0 ? extensions : undefined };
}
