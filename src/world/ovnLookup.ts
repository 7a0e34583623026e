import { formatIp4 } from '../packet/address.ts';
import type { FieldMatch, OpenFlowRule, OvsBridge } from './openflow.ts';
import type { LogicalFlow, OvnNetwork } from './ovn.ts';

/*
 * From a rule of OVN's integration bridge back to the logical flow that it was made of.
 */

export interface LogicalOrigin {
  /** Usually one; several when nothing tells them apart. */
  readonly flows: readonly LogicalFlow[];
  /** `cookie`: its UUID says so. `match`: table, priority and addresses fit. */
  readonly by: 'cookie' | 'match';
}

/** How the tables of a bridge and the numbers of its datapaths stand for the logical network. */
export interface LogicalLayout {
  /** OpenFlow table of each pipeline's table 0; undefined when the listings do not tell. */
  readonly ingress: number | undefined;
  readonly egress: number | undefined;
  /** Names by the number that `metadata` has. */
  readonly datapaths: ReadonlyMap<number, string>;
}

interface Index {
  readonly byCookie: ReadonlyMap<string, readonly LogicalFlow[]>;
  /** By pipeline, table and priority. */
  readonly byPlace: ReadonlyMap<string, readonly LogicalFlow[]>;
}

const indexes = new WeakMap<readonly LogicalFlow[], Index>();
const layouts = new WeakMap<OvnNetwork, WeakMap<OvsBridge, LogicalLayout>>();

const placeOf = (pipeline: string, table: number, priority: number): string => `${pipeline} ${table} ${priority}`;

function push<K, T>(map: Map<K, T[]>, key: K, item: T): void {
  const known = map.get(key);
  if (known) known.push(item);
  else map.set(key, [item]);
}

function indexOf(flows: readonly LogicalFlow[]): Index {
  let index = indexes.get(flows);
  if (!index) {
    const byCookie = new Map<string, LogicalFlow[]>();
    const byPlace = new Map<string, LogicalFlow[]>();
    for (const flow of flows) {
      if (flow.uuid !== undefined) push(byCookie, flow.uuid.replace(/^0+(?=.)/, ''), flow);
      push(byPlace, placeOf(flow.pipeline, flow.table, flow.priority), flow);
    }
    index = { byCookie, byPlace };
    indexes.set(flows, index);
  }
  return index;
}

const valueOf = (rule: OpenFlowRule, field: string): number | undefined => {
  const condition = rule.match.find((c) => c.field === field && c.mask === undefined && c.text === undefined);
  return condition?.value.at(-1);
};

/** Addresses that a condition names, as logical flows write them. */
function addressOf({ field, value, mask }: FieldMatch): string | undefined {
  const [word = 0] = value;
  if (/^(?:nw|arp|ct_nw)_(?:src|dst|spa|tpa)$/.test(field)) {
    const bits = mask?.[0];
    const length = bits === undefined ? 32 : Math.clz32(~bits >>> 0);
    return `${formatIp4(word)}${length === 32 ? '' : `/${length}`}`;
  }
  if (mask !== undefined || !/^(?:dl_src|dl_dst|arp_sha|arp_tha|nd_sll|nd_tll)$/.test(field)) return undefined;
  const [high = 0, low = 0] = value;
  return [high >>> 8, high & 255, low >>> 24, (low >>> 16) & 255, (low >>> 8) & 255, low & 255].map((o) => o.toString(16).padStart(2, '0')).join(':');
}

/** Written in words: `ip4.mcast`, `eth.bcast`. */
const SAID_IN_WORDS: ReadonlySet<string> = new Set(['224.0.0.0/4', '255.255.255.255', 'ff:ff:ff:ff:ff:ff', '00:00:00:00:00:00']);

const addressesOf = (rule: OpenFlowRule): readonly string[] => rule.match.flatMap((c) => addressOf(c) ?? []).filter((a) => !SAID_IN_WORDS.has(a));

const ADDRESS = /\b(?:(?:[0-9a-f]{2}:){5}[0-9a-f]{2}|\d{1,3}(?:\.\d{1,3}){3}(?:\/\d{1,2})?)(?![\w:.])/g;

/** Addresses that a logical flow names. */
const namedIn = (text: string): ReadonlySet<string> => new Set((text.match(ADDRESS) ?? []).map((a) => a.replace(/\/32$/, '')).filter((a) => !SAID_IN_WORDS.has(a)));

/** Where the pipelines begin, and which datapath each number is. */
export function logicalLayout(network: OvnNetwork, bridge: OvsBridge): LogicalLayout {
  const known = layouts.get(network) ?? new WeakMap<OvsBridge, LogicalLayout>();
  layouts.set(network, known);
  let layout = known.get(bridge);
  if (!layout) {
    layout = layOut(network, bridge);
    known.set(bridge, layout);
  }
  return layout;
}

function layOut(network: OvnNetwork, bridge: OvsBridge): LogicalLayout {
  const flows = network.flows ?? [];
  const listed = new Map(network.datapaths.map((d) => [d.key, d.name]));
  const rules = bridge.flows ?? [];
  const { byPlace } = indexOf(flows);
  // Whatever the release of OVN, the priorities of its tables are those of the listing.
  const sizeOf = (pipeline: LogicalFlow['pipeline']): number => flows.reduce((size, f) => (f.pipeline === pipeline ? Math.max(size, f.table + 1) : size), 0);
  const start = (pipeline: LogicalFlow['pipeline'], after: number): number | undefined => {
    const size = sizeOf(pipeline);
    if (size === 0) return undefined;
    let best: { readonly at: number; readonly hits: number } | undefined;
    for (let at = after; at + size <= 255; at++) {
      let hits = 0;
      for (const rule of rules) if (rule.table >= at && rule.table < at + size && byPlace.has(placeOf(pipeline, rule.table - at, rule.priority))) hits++;
      if (hits > (best?.hits ?? 0)) best = { at, hits };
    }
    return best?.at;
  };
  const ingress = start('ingress', 1);
  const egress = ingress === undefined ? undefined : start('egress', ingress + sizeOf('ingress'));
  return { ingress, egress, datapaths: listed.size > 0 || ingress === undefined ? listed : guessDatapaths(flows, rules) };
}

/** How alike two sets are: 1 for the same ones. */
function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let both = 0;
  for (const item of a) if (b.has(item)) both++;
  return both === 0 ? 0 : both / (a.size + b.size - both);
}

/** A number's datapath is the one whose logical flows name the addresses that its rules name, if no other comes near. */
function guessDatapaths(flows: readonly LogicalFlow[], rules: readonly OpenFlowRule[]): ReadonlyMap<number, string> {
  const named = new Map<string, Set<string>>();
  for (const { datapath, match } of flows) {
    const own = named.get(datapath) ?? new Set<string>();
    named.set(datapath, own);
    for (const address of namedIn(match)) own.add(address);
  }
  const used = new Map<number, Set<string>>();
  for (const rule of rules) {
    const key = valueOf(rule, 'metadata');
    if (key === undefined) continue;
    const own = used.get(key) ?? new Set<string>();
    used.set(key, own);
    for (const address of addressesOf(rule)) own.add(address);
  }
  const result = new Map<number, string>();
  for (const [key, addresses] of used) {
    const [first, second] = [...named].map(([name, own]) => ({ name, like: likeness(addresses, own) })).sort((a, b) => b.like - a.like);
    if (first && first.like >= 0.3 && first.like > 1.5 * (second?.like ?? 0)) result.set(key, first.name);
  }
  return result;
}

/** Rules of one cookie come of one logical flow: what fits all of them, by what it says. */
const shared = new WeakMap<OvnNetwork, WeakMap<OvsBridge, ReadonlyMap<string, ReadonlySet<string>>>>();

/** The same flow of several datapaths reads the same in each. */
const wordingOf = (flow: LogicalFlow): string => `${flow.match}\n${flow.actions}`;

/**
 * The logical flow that a rule of an integration bridge was made of: by its cookie where the listing has UUIDs, else by what fits its
 * place, its addresses and the other rules of its cookie. undefined for rules that ovn-controller makes itself, and where nothing fits.
 */
export function logicalOrigin(network: OvnNetwork, bridge: OvsBridge, rule: OpenFlowRule): LogicalOrigin | undefined {
  const { flows } = network;
  if (!flows || rule.cookie === '0') return undefined;
  const { byCookie } = indexOf(flows);
  if (byCookie.size > 0) {
    const found = byCookie.get(rule.cookie) ?? [];
    // A flow of a group of datapaths is listed under each of them.
    const key = valueOf(rule, 'metadata');
    const datapath = key === undefined ? undefined : logicalLayout(network, bridge).datapaths.get(key);
    const own = found.filter((f) => f.datapath === datapath);
    return found.length === 0 ? undefined : { flows: own.length > 0 ? own : found, by: 'cookie' };
  }
  const fitting = candidatesFor(network, bridge, rule);
  const wordings = wordingsOf(network, bridge).get(rule.cookie);
  const common = fitting.filter((f) => wordings?.has(wordingOf(f)));
  return fitting.length === 0 ? undefined : { flows: common.length > 0 ? common : fitting, by: 'match' };
}

function wordingsOf(network: OvnNetwork, bridge: OvsBridge): ReadonlyMap<string, ReadonlySet<string>> {
  const known = shared.get(network) ?? new WeakMap<OvsBridge, ReadonlyMap<string, ReadonlySet<string>>>();
  shared.set(network, known);
  let wordings = known.get(bridge);
  if (!wordings) {
    wordings = findWordings(network, bridge);
    known.set(bridge, wordings);
  }
  return wordings;
}

function findWordings(network: OvnNetwork, bridge: OvsBridge): ReadonlyMap<string, ReadonlySet<string>> {
  const common = new Map<string, ReadonlySet<string>>();
  const addresses = new Map<string, Set<string>>();
  for (const rule of bridge.flows ?? []) {
    if (rule.cookie === '0') continue;
    const own = new Set(candidatesFor(network, bridge, rule).map(wordingOf));
    const before = common.get(rule.cookie);
    common.set(rule.cookie, before ? new Set([...before].filter((w) => own.has(w))) : own);
    const named = addresses.get(rule.cookie) ?? new Set<string>();
    addresses.set(rule.cookie, named);
    for (const address of addressesOf(rule)) named.add(address);
  }
  // Of those that fit, the one that names just the addresses that the rules name together.
  return new Map(
    [...common].map(([cookie, wordings]) => {
      const rest = addresses.get(cookie) ?? new Set<string>();
      const exact = [...wordings].filter((w) => likeness(namedIn(w.slice(0, w.indexOf('\n'))), rest) === 1);
      return [cookie, exact.length > 0 ? new Set(exact) : wordings];
    }),
  );
}

/** Logical flows of a rule's datapath, table and priority against which nothing in it speaks. */
function candidatesFor(network: OvnNetwork, bridge: OvsBridge, rule: OpenFlowRule): readonly LogicalFlow[] {
  const { ingress, egress, datapaths } = logicalLayout(network, bridge);
  if (ingress === undefined || !network.flows) return [];
  const late = egress !== undefined && rule.table >= egress;
  const candidates = indexOf(network.flows).byPlace.get(placeOf(late ? 'egress' : 'ingress', rule.table - (late ? egress : ingress), rule.priority)) ?? [];
  const key = valueOf(rule, 'metadata');
  const datapath = key === undefined ? undefined : datapaths.get(key);
  const addresses = addressesOf(rule);
  return closest(candidates.filter((f) => (datapath === undefined || f.datapath === datapath) && fits(f, rule, addresses) && fitsPorts(network, f, rule)), addresses);
}

/** `inport == "…"` and `outport == "…"` beside the numbers in reg14 and reg15, where a listing of bindings names these. */
function fitsPorts(network: OvnNetwork, flow: LogicalFlow, rule: OpenFlowRule): boolean {
  const uuid = network.datapaths.find((d) => d.name === flow.datapath)?.uuid;
  return (['inport', 'outport'] as const).every((word) => {
    const key = valueOf(rule, word === 'inport' ? 'reg14' : 'reg15');
    const names = key === undefined ? [] : network.bindings.filter((b) => b.key === key && b.datapath === uuid).map((b) => b.port);
    const said = [...flow.match.matchAll(new RegExp(`\\b${word} == "([^"]+)"`, 'g'))].map(([, name]) => name ?? '');
    return names.length === 0 || said.length === 0 || said.some((n) => names.includes(n));
  });
}

/** What a logical flow says in words, and a rule by fields (lib/logical-fields.c). */
const TYPES: readonly (readonly [word: RegExp, value: number])[] = [
  [/\barp\b/, 0x0806],
  [/\bip6\b|\bnd(?:_\w+)?\b|\bicmp6?\b|\bmld/, 0x86dd],
  [/\bip4\b|\bicmp4?\b|\bigmp\b/, 0x0800],
];
const PROTOCOLS: readonly (readonly [word: RegExp, value: number])[] = [
  [/\bicmp4?\b/, 1],
  [/\bicmp6?\b|\bnd(?:_\w+)?\b|\bmld/, 58],
  [/\btcp\b/, 6],
  [/\budp\b/, 17],
  [/\bsctp\b/, 132],
];

/** Neither type is said, or this one among others. */
const mayBe = (match: string, value: number | undefined, words: typeof TYPES): boolean => value === undefined || !words.some(([word]) => word.test(match)) || words.some(([word, v]) => v === value && word.test(match));

/** Nothing in the rule speaks against it. Address sets and port groups of a match name addresses that cannot be seen in it. */
function fits(flow: LogicalFlow, rule: OpenFlowRule, addresses: readonly string[]): boolean {
  const { match } = flow;
  const drops = flow.actions === 'drop;' || flow.actions === '';
  if (drops !== rule.actions.every((a) => a.kind === 'drop') && !rule.actions.some((a) => a.kind === 'conjunction')) return false;
  const sets = /[$@]/.test(match);
  const named = namedIn(match);
  if (!sets && !addresses.every((a) => named.has(a))) return false;
  if (!mayBe(match, valueOf(rule, 'dl_type'), TYPES) || !mayBe(match, valueOf(rule, 'nw_proto'), PROTOCOLS)) return false;
  const port = valueOf(rule, 'tp_dst') ?? valueOf(rule, 'tcp_dst') ?? valueOf(rule, 'udp_dst');
  return port === undefined || sets || !/\b(?:tcp|udp|sctp)\.dst\b/.test(match) || new RegExp(`(?<![\\d.:])${port}(?![\\d.:])`).test(match);
}

/** Of those that name the same addresses as the rule, the others drop out. */
function closest(flows: readonly LogicalFlow[], addresses: readonly string[]): readonly LogicalFlow[] {
  const same = addresses.length === 0 ? flows.filter((f) => namedIn(f.match).size === 0) : flows.filter((f) => addresses.every((a) => namedIn(f.match).has(a)));
  return same.length > 0 ? same : flows;
}

/** The logical port that `reg14` or `reg15` means within a datapath; undefined where no listing of bindings tells. */
export function logicalPortName(network: OvnNetwork, datapath: string, key: number): string | undefined {
  const uuid = network.datapaths.find((d) => d.name === datapath)?.uuid;
  return uuid === undefined ? undefined : network.bindings.find((b) => b.key === key && b.datapath === uuid)?.port;
}
