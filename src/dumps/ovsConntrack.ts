import { parseIp4 } from '../packet/address.ts';
import type { CtListedTuple, CtListing } from '../world/conntrack.ts';
import type { SourceRef } from '../world/source.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { keyValues } from './ovsKeyValue.ts';
import { parseNumber, parseWords } from './ovsWords.ts';
import { parseDecimal, protocolNumber } from './words.ts';

/** States of TCP under the names that `conntrack -L` has for them (ct_dpif_tcp_state_string[], lib/ct-dpif.c; the kernel knows one FIN_WAIT). */
const STATES: Readonly<Record<string, string>> = { CLOSED: 'CLOSE', FIN_WAIT_1: 'FIN_WAIT', FIN_WAIT_2: 'FIN_WAIT' };

const valuesOf = (text: string): ReadonlyMap<string, string> => new Map(keyValues(text).map(({ key, value }) => [key, value]));

/** Keys whose value is not read, kept as they stand. */
const KEPT: ReadonlySet<string> = new Set(['id', 'helper', 'parent', 'start', 'stop']);

function tupleOf(text: string): CtListedTuple | undefined {
  const values = valuesOf(text);
  const number = (key: string, max = 65_535): number | undefined => parseDecimal(values.get(key), max);
  const [src, dst] = [parseIp4(values.get('src') ?? ''), parseIp4(values.get('dst') ?? '')];
  if (src === undefined || dst === undefined) return undefined;
  const [sport, dport] = [number('sport'), number('dport')];
  const [id, type, code] = [number('id'), number('type', 255), number('code', 255)];
  const counted = ['packets', 'bytes'].flatMap((key) => (values.has(key) ? [`${key}=${values.get(key) ?? ''}`] : []));
  return {
    src,
    dst,
    ...(sport === undefined || dport === undefined ? {} : { sport, dport }),
    ...(id === undefined || type === undefined || code === undefined ? {} : { icmp: { type, code, id } }),
    ...(counted.length === 0 ? {} : { extra: counted }),
  };
}

/**
 * Parses `ovs-appctl dpctl/dump-conntrack`, with or without `-m` and `-s` (ct_dpif_format_entry(), lib/ct-dpif.c). Whether a reply was
 * seen stands in the status (`-m`), and follows from the state of TCP; an entry that does not tell is left out, and `-m` is asked for.
 * Never throws on any text.
 */
export function parseDumpConntrack({ input, firstLine, lines }: Lines): Parsed<readonly CtListing[]> {
  const found = new DiagnosticList();
  const entries: CtListing[] = [];
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    if (line.trim() === '') continue;
    if (/[(,]src=[0-9a-f]*:/i.test(line)) {
      found.once('ipv6-skipped', source, line);
      continue;
    }
    const entry = readEntry(line, source);
    if (entry === undefined) found.add('unknown-line', source, line);
    else if (entry === 'silent') found.once('ovs-conntrack-status', source, 'ovs-appctl dpctl/dump-conntrack -m');
    else entries.push(entry);
  }
  return { value: entries, diagnostics: found.items };
}

function readEntry(line: string, source: SourceRef): CtListing | 'silent' | undefined {
  const [protocol, ...rest] = keyValues(line.trim());
  const proto = protocol && protocolNumber(protocol.text);
  const values = new Map(rest.map(({ key, value }) => [key, value]));
  const bare = (key: string): string => (values.get(key) ?? '').replace(/^\(|\)$/g, '');
  const [orig, reply] = [tupleOf(bare('orig')), tupleOf(bare('reply'))];
  const zone = parseDecimal(values.get('zone') ?? '0', 65_535);
  const mark = parseNumber(values.get('mark') ?? '0');
  if (proto === undefined || !orig || !reply || zone === undefined || mark === undefined) return undefined;
  const info = valuesOf(bare('protoinfo'));
  const spelled = info.get('state') ?? info.get('state_reply');
  const state = spelled === undefined ? undefined : (STATES[spelled] ?? spelled);
  const status = values.get('status')?.split('|');
  if (!status && state === undefined) return 'silent';
  const seenReply = status ? status.includes('SEEN_REPLY') : state !== 'SYN_SENT';
  const assured = status ? status.includes('ASSURED') : state === 'ESTABLISHED';
  const label = values.has('labels') ? parseWords(values.get('labels') ?? '', 4) : undefined;
  const extra = rest.filter(({ key }) => KEPT.has(key)).map(({ text }) => text);
  return { proto, timeout: parseDecimal(values.get('timeout')), state, orig, reply, seenReply, assured, mark, zone, ...(label ? { label } : {}), ...(extra.length === 0 ? {} : { extra }), source };
}
