import type { DatapathFlow } from '../world/datapathFlow.ts';
import type { FieldMatch } from '../world/openflow.ts';
import { FIELDS } from '../world/openflowFields.ts';
import type { SourceRef } from '../world/source.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { type KeyValue, keyValues } from './ovsKeyValue.ts';
import { parseValue } from './ovsValues.ts';
import { isZeroWords, parseNumber } from './ovsWords.ts';

/*
 * `ovs-appctl dpctl/dump-flows`, also with `-m` and `--names`, and `dpif/dump-flows` (format_dpif_flow() of lib/dpctl.c,
 * odp_flow_format() and format_odp_actions() of lib/odp-util.c).
 */

/** Names of a header's fields in the datapath, and those of OpenFlow. */
const HEADERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  eth: { src: 'dl_src', dst: 'dl_dst' },
  ipv4: { src: 'nw_src', dst: 'nw_dst', proto: 'nw_proto', tos: 'nw_tos', ttl: 'nw_ttl', frag: 'nw_frag' },
  ipv6: { src: 'ipv6_src', dst: 'ipv6_dst', label: 'ipv6_label', proto: 'nw_proto', tclass: 'nw_tos', hlimit: 'nw_ttl', frag: 'nw_frag' },
  tcp: { src: 'tp_src', dst: 'tp_dst' },
  udp: { src: 'tp_src', dst: 'tp_dst' },
  sctp: { src: 'tp_src', dst: 'tp_dst' },
  icmp: { type: 'icmp_type', code: 'icmp_code' },
  icmpv6: { type: 'icmpv6_type', code: 'icmpv6_code' },
  arp: { sip: 'arp_spa', tip: 'arp_tpa', op: 'arp_op', sha: 'arp_sha', tha: 'arp_tha' },
  nd: { target: 'nd_target', sll: 'nd_sll', tll: 'nd_tll' },
  ct_tuple4: { src: 'ct_nw_src', dst: 'ct_nw_dst', proto: 'ct_nw_proto', tp_src: 'ct_tp_src', tp_dst: 'ct_tp_dst' },
  ct_tuple6: { src: 'ct_ipv6_src', dst: 'ct_ipv6_dst', proto: 'ct_nw_proto', tp_src: 'ct_tp_src', tp_dst: 'ct_tp_dst' },
  tunnel: { tun_id: 'tun_id', src: 'tun_src', dst: 'tun_dst', ipv6_src: 'tun_ipv6_src', ipv6_dst: 'tun_ipv6_dst', tos: 'tun_tos', ttl: 'tun_ttl' },
};

/** Conditions that are a value alone. */
const ALONE: Readonly<Record<string, string>> = { skb_priority: 'skb_priority', skb_mark: 'pkt_mark', ct_state: 'ct_state', ct_zone: 'ct_zone', ct_mark: 'ct_mark', ct_label: 'ct_label', eth_type: 'dl_type', tcp_flags: 'tcp_flags' };

const TAGGED = 0x1000;
const [TPID_8021Q, TPID_8021AD] = [0x8100, 0x88a8];

interface Draft {
  recirc: number;
  inPort: string | undefined;
  readonly match: FieldMatch[];
  readonly options: NonNullable<DatapathFlow['options']>[number][];
}

/** A mask of zeros: any packet will do. */
const isAny = (value: string): boolean => /\/(?:0x)?[0:.]+$/.test(value);

function addField(draft: Draft, name: string, value: string, text: string): void {
  const field = FIELDS.get(name);
  const read = field && parseValue(field, value);
  if (!read) draft.match.push({ field: name, value: [], text });
  else if (!read.mask || !isZeroWords(read.mask)) draft.match.push({ field: name, value: read.value, ...(read.mask ? { mask: read.mask } : {}) });
}

/** `vlan(vid=10,pcp=0)`: a tag, with what is asked of it. */
function addVlan(draft: Draft, parts: readonly KeyValue[]): void {
  let [value, mask] = [TAGGED, TAGGED];
  for (const { key, value: text } of parts) {
    const [bits, wanted] = text.split('/').map(parseNumber);
    const [shift, all] = key === 'vid' ? [0, 0xfff] : key === 'pcp' ? [13, 7] : [12, 1];
    if (bits === undefined) continue;
    const own = ((text.includes('/') ? (wanted ?? 0) : all) << shift) & 0xffff;
    mask |= own;
    value = (value & ~own) | ((bits << shift) & own);
  }
  draft.match.push({ field: 'vlan_tci', value: [value & mask], mask: [mask] });
}

/** `geneve({class=0x102,type=0x80,len=4,0x10003/0x7fffffff})`. */
function addOptions(draft: Draft, text: string): void {
  for (const [, optClass = '', optType = '', length = '', value = '', mask] of text.matchAll(/\{class=([\dxa-f]+)(?:\/[\dxa-f]+)?,type=([\dxa-f]+)(?:\/[\dxa-f]+)?,len=(\d{1,3})(?:\/[\dxa-f]+)?(?:,(?:0x)?([\da-f]+)(?:\/(?:0x)?([\da-f]+))?)?\}/gi)) {
    const digits = 2 * Number(length);
    draft.options.push({ optClass: parseNumber(optClass) ?? 0, optType: parseNumber(optType) ?? 0, hex: value.padStart(digits, '0'), mask: mask === undefined ? 'f'.repeat(digits) : mask.padStart(digits, '0') });
  }
}

/** `tags`: how many there are around what is read; nobody can ask for a second one, nor for what stands behind it. */
function addCondition(draft: Draft, { key, value, text }: KeyValue, tags: number): void {
  const alone = ALONE[key];
  const header = HEADERS[key];
  if (!header && key !== 'vlan' && key !== 'encap' && isAny(value)) return;
  const parts = keyValues(value);
  const open = (what: string): void => void draft.match.push({ field: key, value: [], text: what });
  if (key === 'recirc_id') draft.recirc = parseNumber(value) ?? 0;
  else if (key === 'in_port') draft.inPort = value;
  else if ((key === 'vlan' || key === 'encap') && tags > 0) open(text);
  else if (key === 'vlan') addVlan(draft, parts);
  else if (key === 'encap') for (const inner of parts) addCondition(draft, inner, tags + 1);
  else if (key === 'packet_type') {
    if (value !== 'ns=0,id=0') open(text);
  } else if (key === 'eth_type') {
    const type = parseNumber(value);
    // The type behind a tag stands in `encap()`; the one of a frame without a tag says that it has none.
    if (type === TPID_8021Q || type === TPID_8021AD) return;
    addField(draft, 'dl_type', value, text);
    if (tags === 0) draft.match.push({ field: 'vlan_tci', value: [0], mask: [TAGGED] });
  } else if (alone !== undefined) addField(draft, alone, value, text);
  else if (header) {
    for (const part of parts) {
      const name = header[part.key];
      if (part.key === 'geneve') addOptions(draft, part.value);
      else if (isAny(part.value)) continue;
      else if (name === undefined) open(`${key}(${part.text})`);
      else addField(draft, name, part.value, `${key}(${part.text})`);
    }
  } else open(text);
}

const RECIRC = /\brecirc\((0x[0-9a-f]{1,8}|\d{1,10})\)/g;

/** One line; undefined when it is none. */
export function parseDpFlow(line: string, source: SourceRef | undefined): DatapathFlow | undefined {
  const [, ufid, rest = ''] = /^(?:ufid:([0-9a-f-]+),? )?(.*)$/.exec(line.trim()) ?? [];
  const [stats, acts] = [rest.indexOf(', packets:'), rest.indexOf(', actions:')];
  if (stats < 0 || acts < stats) return undefined;
  const text = rest.slice(0, stats);
  const words = new Map(rest.slice(stats + 2, acts).split(', ').map((w): [string, string] => [w.slice(0, w.indexOf(':')), w.slice(w.indexOf(':') + 1)]));
  const [packets, bytes] = [parseNumber(words.get('packets') ?? ''), parseNumber(words.get('bytes') ?? '')];
  const used = /^(\d{1,12}(?:\.\d{1,9})?)s$/.exec(words.get('used') ?? '')?.[1];
  if (packets === undefined || bytes === undefined || (used === undefined && words.get('used') !== 'never')) return undefined;
  const behind = rest.slice(acts + ', actions:'.length);
  const extraAt = behind.indexOf(', dp-extra-info:');
  const actions = extraAt < 0 ? behind : behind.slice(0, extraAt);
  const draft: Draft = { recirc: 0, inPort: undefined, match: [], options: [] };
  for (const condition of keyValues(text)) addCondition(draft, condition, 0);
  const [flags, offloaded, layer] = [words.get('flags'), words.get('offloaded'), words.get('dp')];
  return {
    ...(ufid === undefined ? {} : { ufid }),
    recirc: draft.recirc,
    inPort: draft.inPort,
    match: draft.match,
    ...(draft.options.length === 0 ? {} : { options: draft.options }),
    text,
    packets,
    bytes,
    usedSec: used === undefined ? undefined : Number(used),
    ...(flags === undefined ? {} : { flags }),
    ...(offloaded === undefined ? {} : { offloaded }),
    ...(layer === undefined ? {} : { layer }),
    actions,
    again: [...actions.matchAll(RECIRC)].map(([, id = '']) => Number(id)),
    ...(/^hash\(\w+\(\d+\)\),recirc\(\w+\)$/.test(actions) ? { byHash: true } : {}),
    ...(extraAt < 0 ? {} : { extra: behind.slice(extraAt + 2) }),
    source,
  };
}

/** Parses the listing. Never throws on any text. */
export function parseDpFlows({ input, firstLine, lines }: Lines): Parsed<readonly DatapathFlow[]> {
  const found = new DiagnosticList();
  const flows: DatapathFlow[] = [];
  let thread: string | undefined;
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const source: SourceRef = { input, line: firstLine + i };
    if (line.startsWith('flow-dump from ')) {
      thread = line.trimEnd();
      continue;
    }
    const flow = parseDpFlow(line, source);
    if (flow) flows.push(thread === undefined ? flow : { ...flow, thread });
    else found.add('unknown-line', source, line);
  }
  return { value: flows, diagnostics: found.items };
}

/** Prints one as it was listed. */
export function printDpFlow({ ufid, text, packets, bytes, usedSec, flags, offloaded, layer, actions, extra }: DatapathFlow): string {
  return [
    ...(ufid === undefined ? [] : [`ufid:${ufid}`]),
    text,
    `packets:${packets}`,
    `bytes:${bytes}`,
    `used:${usedSec === undefined ? 'never' : `${usedSec.toFixed(3)}s`}`,
    ...(flags === undefined ? [] : [`flags:${flags}`]),
    ...(offloaded === undefined ? [] : [`offloaded:${offloaded}`]),
    ...(layer === undefined ? [] : [`dp:${layer}`]),
    `actions:${actions}`,
    ...(extra === undefined ? [] : [extra]),
  ].join(', ');
}

/** The lines of `dpctl/dump-flows`, each thread's under its heading. */
export const printDpFlows = (flows: readonly DatapathFlow[]): readonly string[] =>
  flows.flatMap((flow, i) => [...(flow.thread !== undefined && flow.thread !== flows[i - 1]?.thread ? [flow.thread] : []), printDpFlow(flow)]);
