import { parseIp4 } from '../packet/address.ts';
import type { IpSet, SetMember, SetPart, SetType } from '../world/ipset.ts';
import type { SourceRef } from '../world/source.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { parseDecimal, parsePorts, parsePrefix, protocolNumber } from './words.ts';

const TYPES: ReadonlySet<string> = new Set<SetType>(['hash:ip', 'hash:net', 'hash:ip,port', 'hash:ip,port,ip', 'hash:ip,port,net', 'bitmap:port']);
const isSetType = (text: string): text is SetType => TYPES.has(text) && text !== 'unknown';

interface OpenSet {
  readonly name: string;
  readonly type: SetType;
  readonly typeText: string;
  readonly options: string;
  readonly members: SetMember[];
  readonly source: SourceRef;
  /** `netmask` of hash:ip: members stand for their whole network. */
  readonly netmask: number;
  /** Its members are no IPv4 addresses: they become unknown parts. */
  readonly ipv6: boolean;
}

/** Parses the output of `ipset save`, and of `ipset list`, whose headings say the same. Never throws on any text. */
export function parseIpsetSave({ input, firstLine, lines }: Lines): Parsed<readonly IpSet[]> {
  const found = new DiagnosticList();
  const sets = new Map<string, OpenSet>();
  let listed: { name: string; type: string; header: string; open: OpenSet | undefined } | undefined;

  const create = (name: string, typeText: string, options: string, source: SourceRef): OpenSet | undefined => {
    if (sets.has(name)) {
      found.add('duplicate-set', source, name);
      return undefined;
    }
    const netmask = parseDecimal(/(?:^| )netmask (\d+)/.exec(options)?.[1], 32) ?? 32;
    // A bitmask, or a netmask on a type where it means something else, changes what is looked up in a way that we do not follow.
    const odd = /(?:^| )bitmask /.test(options) || (netmask !== 32 && typeText !== 'hash:ip');
    const type: SetType = isSetType(typeText) && !odd ? typeText : 'unknown';
    if (type === 'unknown') found.add('unknown-set-type', source, typeText);
    const set: OpenSet = { name, type, typeText, options, members: [], source, netmask, ipv6: /(?:^| )family inet6(?: |$)/.test(options) };
    sets.set(name, set);
    return set;
  };

  for (const [i, raw] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const heading = listed?.open ? null : /^(Name|Type|Revision|Header|Size in memory|References|Number of entries|Members):\s?(.*)$/.exec(line);
    if (line.startsWith('Name: ')) {
      listed = { name: line.slice(6), type: '', header: '', open: undefined };
    } else if (listed && heading) {
      if (heading[1] === 'Type') listed.type = heading[2] ?? '';
      if (heading[1] === 'Header') listed.header = heading[2] ?? '';
      if (heading[1] === 'Members') listed.open = create(listed.name, listed.type, listed.header, source);
    } else if (listed?.open) {
      listed.open.members.push(parseMember(listed.open, line, source, found));
    } else if (line.startsWith('create ')) {
      const [, name, typeText, options] = /^create (\S+) (\S+) ?(.*)$/.exec(line) ?? [];
      if (name === undefined || typeText === undefined) found.add('unknown-line', source, line);
      else create(name, typeText, options ?? '', source);
    } else if (line.startsWith('add ')) {
      const afterName = line.indexOf(' ', 4);
      const set = afterName < 0 ? undefined : sets.get(line.slice(4, afterName));
      if (!set) found.add(afterName < 0 ? 'unknown-line' : 'unknown-set', source, afterName < 0 ? line : line.slice(4, afterName));
      else set.members.push(parseMember(set, line.slice(afterName + 1), source, found));
    } else found.add('unknown-line', source, line);
  }
  const value = [...sets.values()].map(({ name, type, typeText, options, members, source }): IpSet => ({ name, type, typeText, members, source, options }));
  return { value, diagnostics: found.items };
}

/** `ELEMENT [nomatch] [timeout N] [comment "…"] …` */
function parseMember(set: OpenSet, text: string, source: SourceRef, found: DiagnosticList): SetMember {
  const space = text.indexOf(' ');
  const element = space < 0 ? text : text.slice(0, space);
  const options = space < 0 ? '' : text.slice(space + 1).trim();
  // The comment is free text that may itself say nomatch.
  const beforeComment = options.split('comment "')[0] ?? '';
  const nomatch = /(?:^| )nomatch(?: |$)/.test(beforeComment);
  const kept = nomatch ? options.replace(/(^| )nomatch( |$)/, ' ').trim() : options;
  const parts = parseElement(set, element);
  if (set.type !== 'unknown' && parts.some((p) => p.kind === 'unknown')) found.add(set.ipv6 ? 'ipv6-skipped' : 'bad-address', source, element);
  return { parts, nomatch, text: element, source, ...(kept === '' ? {} : { options: kept }) };
}

/** The element's parts in the order of the type; a set of unknown type has one unknown part. */
function parseElement(set: OpenSet, element: string): readonly SetPart[] {
  const unknown: readonly SetPart[] = [{ kind: 'unknown', text: element }];
  if (set.type === 'unknown') return unknown;
  const kinds = set.type.slice(set.type.indexOf(':') + 1).split(',');
  const texts = element.split(',');
  if (texts.length !== kinds.length) return unknown;
  return texts.map((text, i): SetPart => {
    if (set.type === 'bitmap:port') {
      const ports = parsePorts(text, '-');
      return ports ? { kind: 'port', proto: undefined, ports } : { kind: 'unknown', text };
    }
    if (kinds[i] === 'port') return parsePortPart(text);
    if (kinds[i] === 'net') {
      const net = parsePrefix(text);
      return net ? { kind: 'net', net } : { kind: 'unknown', text };
    }
    const ip = parseIp4(text);
    return ip === undefined ? { kind: 'unknown', text } : { kind: 'net', net: { ip, prefixLen: set.netmask } };
  });
}

/** ICMP types by the names that ipset prints (lib/icmp.c); the port is type * 256 + code, as in the kernel's ip_set_get_icmp_port(). */
const ICMP_PORTS: Readonly<Record<string, number>> = {
  'echo-reply': 0,
  pong: 0,
  'network-unreachable': 0x300,
  'host-unreachable': 0x301,
  'protocol-unreachable': 0x302,
  'port-unreachable': 0x303,
  'fragmentation-needed': 0x304,
  'source-quench': 0x400,
  'network-redirect': 0x500,
  'host-redirect': 0x501,
  'echo-request': 0x800,
  ping: 0x800,
  'router-advertisement': 0x900,
  'router-solicitation': 0xa00,
  'ttl-zero-during-transit': 0xb00,
  'ttl-zero-during-reassembly': 0xb01,
  'timestamp-request': 0xd00,
  'timestamp-reply': 0xe00,
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

/** The lines of `ipset save`: each set with its members. */
export function printIpsetSave(sets: readonly IpSet[]): readonly string[] {
  return sets.flatMap((set) => [
    ['create', set.name, set.typeText, set.options ?? ''].filter((w) => w !== '').join(' '),
    ...set.members.map((m) => ['add', set.name, m.text, m.nomatch ? 'nomatch' : '', m.options ?? ''].filter((w) => w !== '').join(' ')),
  ]);
}
