import { formatIp4, parseIp4 } from '../packet/address.ts';
import { PROTO_ICMP } from '../packet/packet.ts';
import type { CtListedTuple, CtListing } from '../world/conntrack.ts';
import type { SourceRef } from '../world/source.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { mentionsIpv6, parseDecimal, parseU32, wordsOf } from './words.ts';

/** Names that conntrack prints; every other protocol is `unknown` (proto2str[], libnetfilter_conntrack). */
const NAMES: ReadonlyMap<number, string> = new Map([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [33, 'dccp'],
  [47, 'gre'],
  [132, 'sctp'],
  [136, 'udplite'],
]);

interface Building {
  readonly values: Map<string, string>;
  readonly extra: string[];
}

const KNOWN: ReadonlySet<string> = new Set(['src', 'dst', 'sport', 'dport', 'type', 'code', 'id', 'zone-orig', 'zone-reply']);

function tupleFrom({ values, extra }: Building, proto: number, zoneKey: string): CtListedTuple | undefined {
  const number = (key: string, max: number): number | undefined => parseDecimal(values.get(key), max);
  const src = parseIp4(values.get('src') ?? '');
  const dst = parseIp4(values.get('dst') ?? '');
  if (src === undefined || dst === undefined) return undefined;
  const sport = number('sport', 65_535);
  const dport = number('dport', 65_535);
  const [type, code, id] = [number('type', 255), number('code', 255), number('id', 65_535)];
  const zone = number(zoneKey, 65_535);
  if (proto === PROTO_ICMP && (type === undefined || code === undefined || id === undefined)) return undefined;
  return {
    src,
    dst,
    ...(sport === undefined || dport === undefined ? {} : { sport, dport }),
    ...(type === undefined || code === undefined || id === undefined ? {} : { icmp: { type, code, id } }),
    ...(zone === undefined ? {} : { zone }),
    ...(extra.length === 0 ? {} : { extra }),
  };
}

/**
 * Parses `conntrack -L`, also with `-o extended`, and /proc/net/nf_conntrack. What is about IPv6 is passed over. Never throws on any text.
 */
export function parseConntrack({ input, firstLine, lines }: Lines): Parsed<readonly CtListing[]> {
  const found = new DiagnosticList();
  const entries: CtListing[] = [];
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    const words = wordsOf(line);
    // The tool's own remark: how many entries it has shown.
    if (words.length === 0 || /^conntrack v\S+ \(conntrack-tools\)/.test(line)) continue;
    if (words[0] === 'ipv6' || (words[0] !== 'ipv4' && mentionsIpv6(words.map((w) => w.slice(w.indexOf('=') + 1))))) {
      found.once('ipv6-skipped', source, line);
      continue;
    }
    const entry = readEntry(words[0] === 'ipv4' ? words.slice(2) : words, source);
    if (entry) entries.push(entry);
    else found.add('unknown-line', source, line);
  }
  return { value: entries, diagnostics: found.items };
}

function readEntry(words: readonly string[], source: SourceRef): CtListing | undefined {
  const proto = parseDecimal(words[1], 255);
  if (proto === undefined) return undefined;
  let at = 2;
  const timeout = parseDecimal(words[at]);
  if (timeout !== undefined) at++;
  const state = words[at]?.includes('=') || words[at]?.startsWith('[') ? undefined : words[at];
  if (state !== undefined) at++;
  const tuples: Building[] = [];
  const extra: string[] = [];
  let [unreplied, assured, mark, zone] = [false, false, 0, 0];
  let tail = false;
  for (const word of words.slice(at)) {
    const equals = word.indexOf('=');
    const key = word.slice(0, Math.max(equals, 0));
    const value = word.slice(equals + 1);
    if (key === 'src' && !tail) tuples.push({ values: new Map(), extra: [] });
    const tuple = tuples.at(-1);
    if (word === '[UNREPLIED]') unreplied = true;
    else if (word === '[ASSURED]') [assured, tail] = [true, true];
    else if (key === 'mark' || key === 'zone') {
      tail = true;
      const read = parseU32(value);
      if (read === undefined || (key === 'zone' && read > 65_535)) return undefined;
      if (key === 'mark') mark = read;
      else zone = read;
    } else if (tuple && !tail && KNOWN.has(key) && !tuple.values.has(key)) tuple.values.set(key, value);
    else if (tuple && !tail && !word.startsWith('[') && key !== 'use' && key !== 'secctx') tuple.extra.push(word);
    else {
      tail ||= tuples.length > 1;
      extra.push(word);
    }
  }
  const [first, second, ...more] = tuples;
  const orig = first && tupleFrom(first, proto, 'zone-orig');
  const reply = second && tupleFrom(second, proto, 'zone-reply');
  if (!orig || !reply || more.length > 0) return undefined;
  return { proto, timeout, state, orig, reply, seenReply: !unreplied, assured, mark, zone, ...(extra.length === 0 ? {} : { extra }), source };
}

function tupleWords(t: CtListedTuple, zoneKey: string): readonly string[] {
  return [
    `src=${formatIp4(t.src)}`,
    `dst=${formatIp4(t.dst)}`,
    ...(t.icmp ? [`type=${t.icmp.type}`, `code=${t.icmp.code}`, `id=${t.icmp.id}`] : []),
    ...(t.sport === undefined || t.dport === undefined ? [] : [`sport=${t.sport}`, `dport=${t.dport}`]),
    ...(t.extra ?? []),
    ...(t.zone === undefined ? [] : [`${zoneKey}=${t.zone}`]),
  ];
}

/** The lines of `conntrack -L` (nfct_snprintf(), libnetfilter_conntrack); with `-o extended` the layer-3 protocol stands first. */
export function printConntrack(entries: readonly CtListing[], extended: boolean): readonly string[] {
  return entries.map((e) => {
    const flags = (e.extra ?? []).filter((w) => w.startsWith('['));
    const words = [
      ...(e.timeout === undefined ? [] : [String(e.timeout)]),
      ...(e.state === undefined ? [] : [e.state]),
      ...tupleWords(e.orig, 'zone-orig'),
      ...(e.seenReply ? [] : ['[UNREPLIED]']),
      ...tupleWords(e.reply, 'zone-reply'),
      ...(e.assured ? ['[ASSURED]'] : []),
      ...flags,
      `mark=${e.mark}`,
      ...(e.extra ?? []).filter((w) => w.startsWith('secctx=')),
      ...(e.zone === 0 ? [] : [`zone=${e.zone}`]),
      ...(e.extra ?? []).filter((w) => !w.startsWith('[') && !w.startsWith('secctx=')),
    ];
    return `${extended ? 'ipv4     2 ' : ''}${(NAMES.get(e.proto) ?? 'unknown').padEnd(8)} ${e.proto} ${words.join(' ')}`;
  });
}
