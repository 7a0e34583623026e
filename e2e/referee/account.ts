import { conntrackJson, rulesJson } from '../../src/cli/answer.ts';
import { type HeaderJson, pathJson } from '../../src/cli/frame.ts';
import { hex } from '../../src/packet/address.ts';
import { ipOf, l4Of, type Packet, TCP_ACK } from '../../src/packet/packet.ts';
import type { Trace } from '../../src/engine/trace-types.ts';
import { spaceName } from '../../src/export/lab/names.ts';
import type { TableName } from '../../src/world/netfilter.ts';
import type { World } from '../../src/world/world.ts';
import { decodeFrame, quoteText, type RawFrame } from './decode.ts';

/**
 * What happened, in one form for both sides: lines of text by namespace. Ports and ids are written `:N`, so that a drawn one can stand
 * for another.
 */
export interface Account {
  readonly frames: Lines;
  readonly rules: Lines;
  readonly conntrack: Lines;
  readonly ipvs: Lines;
  /** What the prober's sockets were told: `connected`, `answer`, an errno; undefined when it is not compared. */
  readonly told: readonly (string | undefined)[];
}

export type Lines = ReadonlyMap<string, readonly string[]>;

/** What the recorder saw. */
export interface ProbeRecord {
  readonly frames: readonly (RawFrame & { readonly space: string; readonly dev: string; readonly type: number })[];
  readonly events: readonly { readonly space: string; readonly prefix?: string; readonly hook?: number; readonly mark: number; readonly in?: string; readonly out?: string; readonly physin?: string; readonly physout?: string; readonly hex?: string; readonly lost?: boolean }[];
  readonly seen: readonly unknown[];
  readonly told: readonly (readonly string[])[];
  readonly conntrack: Readonly<Record<string, readonly string[]>>;
  readonly ipvs: Readonly<Record<string, readonly string[]>>;
}

function add(lines: Map<string, string[]>, space: string, text: string): void {
  const list = lines.get(space);
  if (list) list.push(text);
  else lines.set(space, [text]);
}

/** A frame as one line. */
export function frameText(dev: string, dir: string, headers: readonly HeaderJson[]): string {
  const port = (p: unknown): string => `:${String(p)}`;
  const parts = headers.map((h) => {
    switch (h['type']) {
      case 'eth':
        return `eth ${String(h['src'])}>${String(h['dst'])} ${Number(h['ethertype']).toString(16)}`;
      case 'ipv4':
        return `ip ${String(h['src'])}>${String(h['dst'])} proto ${String(h['proto'])} ttl ${String(h['ttl'])} tos ${String(h['tos'])}${h['df'] ? ' df' : ''}${h['mf'] ? ' mf' : ''}${h['offset'] ? ` offset ${String(h['offset'])}` : ''} length ${String(h['length'])}`;
      case 'tcp':
        return `tcp ${port(h['sport'])}>${port(h['dport'])} ${String(h['flags']).replace('PSH,', '')}${h['mss'] === undefined ? '' : ` mss ${String(h['mss'])}`}`;
      case 'udp':
        return `udp ${port(h['sport'])}>${port(h['dport'])} length ${String(h['length'])}`;
      case 'icmp':
        return `icmp ${String(h['icmptype'])}/${String(h['code'])}${h['id'] === undefined ? '' : ` id ${port(h['id'])}`}${h['mtu'] === undefined ? '' : ` mtu ${String(h['mtu'])}`}${h['quote'] === undefined ? '' : ` quotes ${String(h['quote'])}`}`;
      case 'sctp':
        return `sctp ${port(h['sport'])}>${port(h['dport'])}`;
      default:
        return Object.values(h).join(' ');
    }
  });
  return `${dev} ${dir} ${parts.join(' | ')}`;
}

/** The decoder sees a tunnel by its port: translated to another, what is wrapped is bytes. */
const TUNNEL_PORTS: readonly unknown[] = [4789, 6081, 8472];
function asSeen(headers: readonly HeaderJson[]): readonly HeaderJson[] {
  const at = headers.findIndex((h, i) => h['type'] === 'udp' && ['vxlan', 'geneve'].includes(String(headers[i + 1]?.['type'])) && !TUNNEL_PORTS.includes(h['sport']) && !TUNNEL_PORTS.includes(h['dport']));
  return at < 0 ? headers : headers.slice(0, at + 1);
}

/** The engine's account of a trace. */
export function engineAccount(trace: Trace): Account {
  const frames = new Map<string, string[]>();
  const captured = trace.steps.filter((s) => s.kind === 'receive' || s.kind === 'transmit');
  const asked = new Set<string>();
  for (const [i, f] of pathJson(trace.steps).entries()) {
    const packet = captured[i]?.packet ?? [];
    if (isBareAck(packet)) continue;
    const space = spaceName(f.host, f.netns);
    const headers = asSeen(withIcmp(f.frame.headers, packet));
    const text = frameText(f.dev, f.dir + (f.otherhost ? ' otherhost' : ''), headers);
    if (isRepeated(asked, space, headers, text)) continue;
    add(frames, space, text);
  }
  const rules = new Map<string, string[]>();
  const walked = trace.steps.filter((s) => s.kind === 'policy' || (s.kind === 'rule' && s.matched === true));
  for (const [i, r] of rulesJson(trace.steps).entries()) {
    if (isBareAck(walked[i]?.packet ?? [])) continue;
    add(rules, spaceName(r.host, r.netns), ruleText(r.hook, r.table, r.chain, r.rule === null ? 'policy' : String(r.rule), r.mark, r));
  }
  const conntrack = new Map<string, string[]>();
  for (const e of trace.conntrack.map(conntrackJson)) add(conntrack, spaceName(e.host, e.netns), entryText(e.proto, e.orig, e.reply, zoneText(e), e.mark, e.status.includes('UNREPLIED')));
  const ipvs = new Map<string, string[]>();
  for (const { host, netns, entry } of trace.ipvs) add(ipvs, spaceName(host, netns), [entry.source, entry.virtual, entry.destination].join(' '));
  return { frames, rules, conntrack: sorted(conntrack), ipvs: sorted(ipvs), told: trace.outcomes.map((o) => toldOf(o.client, o.request.error)) };
}

/** The kernel asks up to three times for a neighbour, and cannot be told from one that asks anew: of equal questions the first counts. */
function isRepeated(asked: Set<string>, space: string, headers: readonly HeaderJson[], text: string): boolean {
  if (!headers.some((h) => h['type'] === 'arp' && h['op'] === 'request')) return false;
  const key = `${space} ${text}`;
  if (asked.has(key)) return true;
  asked.add(key);
  return false;
}

function toldOf(client: string, error: Trace['outcomes'][number]['request']['error']): string | undefined {
  if (error?.kind === 'local') return error.error;
  if (error?.kind === 'emsgsize') return 'EMSGSIZE';
  // icmp_err_convert[], net/ipv4/icmp.c
  if (client === 'refused' && error?.kind === 'icmp' && error.code === 2) return 'ENOPROTOOPT';
  switch (client) {
    case 'answer':
      return 'answer';
    case 'not-permitted':
      return 'EPERM';
    case 'refused':
    case 'reset':
      return 'ECONNREFUSED';
    case 'timeout':
    case 'sent':
      return 'nothing';
    default:
      return undefined;
  }
}

const sorted = (lines: ReadonlyMap<string, readonly string[]>): Lines => new Map([...lines].map(([space, l]) => [space, l.toSorted()]));

/** What a handshake ends with, and what confirms data: how many there are is the sockets' affair. */
function isBareAck(packet: Packet): boolean {
  if (!packet.some((h) => h.type === 'ipv4')) return false;
  const inner = packet.slice(packet.findLastIndex((h) => h.type === 'ipv4'));
  const l4 = l4Of(inner);
  return l4?.type === 'tcp' && l4.flags === TCP_ACK && ipOf(inner).offset === 0 && !inner.some((h) => h.type === 'payload');
}

/** The answer format leaves out what ICMP quotes and identifies. */
function withIcmp(headers: readonly HeaderJson[], packet: Packet): readonly HeaderJson[] {
  const icmps = packet.filter((h) => h.type === 'icmp');
  let n = 0;
  return headers.map((h) => {
    if (h['type'] !== 'icmp') return h;
    const icmp = icmps[n++];
    if (!icmp) return h;
    if (icmp.quote) {
      const l4 = l4Of(icmp.quote.packet);
      const ip = ipOf(icmp.quote.packet);
      const quoted: HeaderJson[] = [{ src: dotted(ip.src), dst: dotted(ip.dst) }, l4 && 'sport' in l4 ? { sport: l4.sport, dport: l4.dport } : {}];
      return { ...h, quote: quoteText(quoted) };
    }
    return icmp.id === undefined ? h : { ...h, id: icmp.id };
  });
}

const dotted = (ip: number): string => [24, 16, 8, 0].map((s) => (ip >>> s) & 255).join('.');

interface Devices {
  readonly in?: string;
  readonly out?: string;
  readonly physin?: string;
  readonly physout?: string;
}

const ruleText = (hook: string, table: string, chain: string, rule: string, mark: string, d: Devices): string =>
  `${hook} ${table} ${chain} ${rule} mark ${mark}${(['in', 'out', 'physin', 'physout'] as const).map((k) => (d[k] === undefined ? '' : ` ${k} ${d[k]}`)).join('')}`;

type TupleJson = Readonly<Record<string, string | number>>;

const tupleText = (t: TupleJson): string => {
  const port = (p: string | number | undefined): string => (p === undefined ? '' : `:${p}`);
  return `${t['src'] ?? ''}${port(t['sport'] ?? t['id'])}>${t['dst'] ?? ''}${port(t['dport'])}`;
};

/** The zone of an entry, with the direction in which it counts. */
const zoneText = (e: { readonly zone: number; readonly 'zone-orig'?: number; readonly 'zone-reply'?: number }): string =>
  e['zone-orig'] !== undefined ? `orig ${e['zone-orig']}` : e['zone-reply'] !== undefined ? `reply ${e['zone-reply']}` : String(e.zone);

const entryText = (proto: string | number, orig: TupleJson, reply: TupleJson, zone: unknown, mark: string, unreplied: boolean): string =>
  `${proto} ${tupleText(orig)} ${tupleText(reply)} zone ${String(zone)} mark ${mark}${unreplied ? ' unreplied' : ''}`;

const HOOKS = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'] as const;
const OUTGOING = 4;
const OTHERHOST = 3;
const IGMP = 2;

/** The kernel's account, from what the recorder wrote down. */
export function kernelAccount(world: World, record: ProbeRecord): Account {
  const frames = new Map<string, string[]>();
  const asked = new Set<string>();
  for (const f of record.frames) {
    const headers = decodeFrame(f);
    if (!headers || isBareAckBytes(headers, f)) continue;
    const dir = f.type === OUTGOING ? 'out' : f.type === OTHERHOST ? 'in otherhost' : 'in';
    const text = frameText(f.dev, dir, headers);
    if (isRepeated(asked, f.space, headers, text)) continue;
    add(frames, f.space, text);
  }
  const sizes = chainSizes(world);
  const rules = new Map<string, string[]>();
  for (const e of record.events) {
    if (e.lost) add(rules, e.space, 'events were lost');
    const named = /^TRACE: (\w+):(.+):(rule|return|policy):(\d+) ?$/.exec(e.prefix ?? '');
    if (!named) continue;
    const [, table = '', chain = '', kind = '', number = ''] = named;
    const bytes = Buffer.from(e.hex ?? '', 'hex');
    if (isBareAckIp(bytes) || bytes[9] === IGMP) continue;
    const hook = HOOKS[e.hook ?? 0] ?? '';
    const added = table === 'raw' && (chain === 'PREROUTING' || chain === 'OUTPUT') ? 1 : 0;
    const n = Number(number) - added;
    if (added && n === 0) continue;
    const size = sizes.get(`${e.space} ${table} ${chain}`);
    if (size === undefined) continue;
    if (kind === 'return' && n > size) continue;
    add(rules, e.space, ruleText(hook, table, chain, kind === 'policy' && n > size ? 'policy' : String(n), hex(e.mark), e));
  }
  const conntrack = new Map<string, string[]>();
  for (const [space, lines] of Object.entries(record.conntrack)) for (const line of lines) {
    const entry = readEntry(line);
    // Bridges and addresses announce themselves by IGMP, whenever they like.
    if (entry !== undefined && !entry.startsWith(`${IGMP} `)) add(conntrack, space, entry);
  }
  const ipvs = new Map<string, string[]>();
  for (const [space, lines] of Object.entries(record.ipvs)) for (const line of lines) {
    const words = line.trim().split(/\s+/);
    if (words.length >= 6) add(ipvs, space, words.slice(3, 6).join(' '));
  }
  return { frames, rules, conntrack: sorted(conntrack), ipvs: sorted(ipvs), told: record.told.map((t) => (t[0] === 'connected' ? 'answer' : (t[0] ?? 'nothing'))) };
}

/** Number of rules by `space table chain`. */
function chainSizes(world: World): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const host of world.hosts) for (const netns of host.netns) for (const table of netns.tables ?? []) for (const chain of table.chains) sizes.set(`${spaceName(host.name, netns.name)} ${table.name satisfies TableName} ${chain.name}`, chain.rules.length);
  return sizes;
}

function isBareAckBytes(headers: readonly HeaderJson[], raw: RawFrame): boolean {
  const tcp = headers.findLast((h) => h['type'] === 'tcp');
  if (!tcp || tcp['flags'] !== 'ACK') return false;
  const bytes = Buffer.from(raw.hex, 'hex');
  const inner = innermostIp(headers);
  return isBareAckIp(bytes.subarray(Math.max(0, raw.len - inner)));
}

const innermostIp = (headers: readonly HeaderJson[]): number => Number(headers.findLast((h) => h['type'] === 'ipv4')?.['length'] ?? 0);

/** The bytes of an IP packet, through IPIP, are a TCP segment with ACK alone and no data. */
function isBareAckIp(b: Buffer): boolean {
  if (b.length < 40 || (b[0] ?? 0) >> 4 !== 4) return false;
  const ihl = ((b[0] ?? 0) & 15) * 4;
  if (b[9] === 4) return isBareAckIp(b.subarray(ihl));
  if (b[9] !== 6 || (b.readUInt16BE(6) & 0x1fff) !== 0) return false;
  const flags = (b[ihl + 13] ?? 0) & 0x3f;
  return flags === TCP_ACK && b.readUInt16BE(2) === ihl + ((b[ihl + 12] ?? 0) >> 4) * 4;
}

/** A line of `conntrack -L`. */
function readEntry(line: string): string | undefined {
  const proto = /^(\w+)\s+(\d+)\s/.exec(line);
  if (!proto) return undefined;
  const fields = [...line.matchAll(/(zone-orig|zone-reply|src|dst|sport|dport|id|zone|mark)=(\S+)/g)].map((m) => [m[1] ?? '', m[2] ?? ''] as const);
  const tuples: Record<string, string | number>[] = [];
  let zone = '0';
  let mark = '0x0';
  for (const [key, value] of fields) {
    if (key === 'src') tuples.push({});
    if (key === 'zone') zone = value;
    else if (key.startsWith('zone-')) zone = `${key.slice(5)} ${value}`;
    else if (key === 'mark') mark = hex(Number(value));
    else Object.assign(tuples.at(-1) ?? {}, { [key]: key === 'src' || key === 'dst' ? value : Number(value) });
  }
  const [orig, reply] = tuples;
  const names: Readonly<Record<string, string>> = { '1': 'icmp', '6': 'tcp', '17': 'udp', '132': 'sctp' };
  const number = proto[2] ?? '';
  return orig && reply ? entryText(names[number] ?? number, orig, reply, zone, mark, line.includes('[UNREPLIED]')) : undefined;
}
