import { parseIp4 } from '../../packet/address.ts';
import type { Ip4Range, Not, PktType } from '../../world/matches.ts';
import { parseDecimal, parseMac, parseMarkMask, parsePorts, parseU32 } from '../words.ts';
import type { Given, Module } from './options.ts';

/** Modules that compare fields of the packet's headers. */

const TTL_OPS: readonly (readonly [string, 'eq' | 'lt' | 'gt'])[] = [
  ['--ttl-eq', 'eq'],
  ['--ttl', 'eq'],
  ['--ttl-lt', 'lt'],
  ['--ttl-gt', 'gt'],
];

const ttl: Module = {
  takes: { '--ttl-eq': 1, '--ttl': 1, '--ttl-lt': 1, '--ttl-gt': 1 },
  build: (given) => {
    const [found, ...more] = TTL_OPS.filter(([option]) => given.has(option));
    const at = found && given.get(found[0]);
    const value = parseDecimal(at?.value, 255);
    if (!found || !at || more.length > 0 || value === undefined || (at.negate && found[1] !== 'eq')) return undefined;
    return { kind: 'ttl', op: at.negate ? 'ne' : found[1], ttl: value };
  },
};

const length: Module = {
  takes: { '--length': 1 },
  build: (given) => {
    const at = given.get('--length');
    const bytes = parsePorts(at?.value, ':');
    return at && bytes && { kind: 'length', bytes, negate: at.negate };
  },
};

/** `EF`, `BE`, `CS5`, `AF31` (extensions/dscp_helper.c). */
function dscpClass(text: string): number | undefined {
  if (/^be$/i.test(text)) return 0;
  if (/^ef$/i.test(text)) return 0x2e;
  const [, cs, af, drop] = /^(?:cs([0-7])|af([1-4])([1-3]))$/i.exec(text) ?? [];
  if (cs !== undefined) return Number(cs) << 3;
  return af === undefined ? undefined : (Number(af) << 3) | (Number(drop) << 1);
}

const dscp: Module = {
  takes: { '--dscp': 1, '--dscp-class': 1 },
  build: (given) => {
    const at = given.get('--dscp') ?? given.get('--dscp-class');
    const value = given.has('--dscp') ? parseU32(at?.value) : dscpClass(at?.value ?? '');
    return at && value !== undefined && value < 64 && given.size === 1 ? { kind: 'dscp', dscp: value, negate: at.negate } : undefined;
  },
};

/** Names stand for the four bits of RFC 1349; a number without a mask for the whole byte (extensions/tos_values.c). */
const TOS_NAMES: Readonly<Record<string, number>> = { 'minimize-delay': 0x10, 'maximize-throughput': 0x08, 'maximize-reliability': 0x04, 'minimize-cost': 0x02, 'normal-service': 0 };

const tos: Module = {
  takes: { '--tos': 1 },
  build: (given) => {
    const at = given.get('--tos');
    if (!at) return undefined;
    const name = at.value.toLowerCase();
    const named = Object.hasOwn(TOS_NAMES, name) ? TOS_NAMES[name] : undefined;
    if (named !== undefined) return { kind: 'tos', value: named, mask: 0x3f, negate: at.negate };
    const read = parseMarkMask(at.value);
    if (!read || read.value > 255) return undefined;
    return { kind: 'tos', value: read.value, mask: at.value.includes('/') ? read.mask & 255 : 255, negate: at.negate };
  },
};

const wanted = (given: Given | undefined): boolean | undefined => given && !given.negate;

const ecn: Module = {
  takes: { '--ecn-tcp-cwr': 0, '--ecn-tcp-ece': 0, '--ecn-ip-ect': 1 },
  build: (given) => {
    const ect = given.get('--ecn-ip-ect');
    const value = ect && parseDecimal(ect.value, 3);
    if (given.size === 0 || (ect && value === undefined)) return undefined;
    return { kind: 'ecn', ect: ect && value !== undefined ? { value, negate: ect.negate } : undefined, ece: wanted(given.get('--ecn-tcp-ece')), cwr: wanted(given.get('--ecn-tcp-cwr')) };
  },
};

const tcpmss: Module = {
  takes: { '--mss': 1 },
  build: (given) => {
    const at = given.get('--mss');
    const mss = parsePorts(at?.value, ':');
    return at && mss && { kind: 'tcpmss', mss, negate: at.negate };
  },
};

/** `10.0.0.1-10.0.0.5`, or one address. */
function ipRange(given: Given | undefined): Not<Ip4Range> | undefined {
  const [fromText = '', toText = fromText, ...rest] = given?.value.split('-') ?? [];
  const [from, to] = [parseIp4(fromText), parseIp4(toText)];
  return given === undefined || from === undefined || to === undefined || rest.length > 0 ? undefined : { from, to, negate: given.negate };
}

const iprange: Module = {
  takes: { '--src-range': 1, '--dst-range': 1 },
  build: (given) => {
    const [src, dst] = [ipRange(given.get('--src-range')), ipRange(given.get('--dst-range'))];
    return given.size > 0 && given.size === (src ? 1 : 0) + (dst ? 1 : 0) ? { kind: 'iprange', src, dst } : undefined;
  },
};

const realm: Module = {
  takes: { '--realm': 1 },
  build: (given) => {
    const at = given.get('--realm');
    const read = parseMarkMask(at?.value);
    return at && read && { kind: 'realm', ...read, negate: at.negate };
  },
};

const PKT_TYPES: readonly PktType[] = ['unicast', 'broadcast', 'multicast'];

const pkttype: Module = {
  takes: { '--pkt-type': 1 },
  build: (given) => {
    const at = given.get('--pkt-type');
    const type = PKT_TYPES.find((t) => t === at?.value || (t === 'unicast' && at?.value === 'host'));
    return at && type && { kind: 'pkttype', type, negate: at.negate };
  },
};

const mac: Module = {
  takes: { '--mac-source': 1 },
  build: (given) => {
    const at = given.get('--mac-source');
    const address = parseMac(at?.value);
    return at && address !== undefined ? { kind: 'mac', mac: address, negate: at.negate } : undefined;
  },
};

export const HEADER_MODULES: Readonly<Record<string, Module>> = { ttl, length, dscp, tos, ecn, tcpmss, iprange, realm, pkttype, mac };
