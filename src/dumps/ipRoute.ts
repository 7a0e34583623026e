import { formatIp4, hex, parseIp4 } from '../packet/address.ts';
import type { SourceRef } from '../world/source.ts';
import type { Nexthop, Prefix, Route, RouteType } from '../world/world.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { mentionsIpv6, parseDecimal, parsePrefix, parseU32, unfolded, wordsOf } from './words.ts';

const TYPES: ReadonlySet<string> = new Set<RouteType>(['unicast', 'local', 'broadcast', 'multicast', 'blackhole', 'unreachable', 'prohibit', 'throw', 'anycast']);
const isRouteType = (word: string | undefined): word is RouteType => word !== undefined && TYPES.has(word);

/** Attributes with one value that have no effect on where a packet goes, nor on how it looks. */
const HARMLESS_VALUES: ReadonlySet<string> = new Set([
  'pref',
  'realm',
  'realms',
  'error',
  'expires',
  'initcwnd',
  'initrwnd',
  'window',
  'rtt',
  'rttvar',
  'rto_min',
  'ssthresh',
  'cwnd',
  'reordering',
  'quickack',
  'congctl',
  'features',
  'users',
  'age',
  'ttl-propagate',
  'fastopen_no_cookie',
]);

/** The order in which print_route() ends a line: realms, then the metrics by their number (RTAX_*, rtnetlink.h). */
const LAST_WORDS: readonly string[] = (
  'realm realms error mtu window rtt rttvar ssthresh cwnd advmss reordering hoplimit initcwnd features rto_min initrwnd quickack congctl fastopen_no_cookie pref ttl-propagate'
).split(' ');

/** Flags without a value (print_rt_flags(), iproute2 ip/iproute.c) that have no effect either. */
const HARMLESS_FLAGS: ReadonlySet<string> = new Set(['pervasive', 'offload', 'trap', 'notify', 'rt_offload', 'rt_trap', 'offload_failed']);

interface Draft {
  nexthop: { via: Nexthop['via']; dev: string | undefined; onlink: boolean; dead: boolean; linkdown?: true };
  table: string;
  proto: string | undefined;
  scope: string | undefined;
  src: Route['src'];
  metric: number;
  mtu: number | undefined;
  mtuLocked?: true;
  advmss?: number;
  hoplimit?: number;
  nhid?: number;
  tos: number;
  readonly unknown: string[];
  readonly extra: string[];
}

/**
 * Parses `ip route show table all` and its narrower forms (print_route(), iproute2 ip/iproute.c); `table` is where routes lie
 * that name none. Lines of IPv6 are left out. Never throws on any text.
 */
export function parseIpRoute({ input, firstLine, lines }: Lines, table = 'main'): Parsed<readonly Route[]> {
  const found = new DiagnosticList();
  const routes: { readonly route: Omit<Route, 'nexthops' | 'unknown'>; readonly nexthops: Nexthop[]; readonly unknown: string[] }[] = [];
  let ipv6 = false;
  for (const [i, line] of unfolded(lines)) {
    const source: SourceRef = { input, line: firstLine + i };
    const words = wordsOf(line);
    if (words.length === 0 || words[0] === 'nh_info') continue; // -d explains a nexthop object in a line of its own
    if (words[0] === 'nexthop') {
      const last = routes.at(-1);
      if (ipv6) continue;
      if (!last) {
        found.add('unknown-line', source, line);
        continue;
      }
      const { nexthop, unknown } = parseNexthop(words.slice(1));
      if (unknown.length > 0) found.add('unknown-attribute', source, unknown.join(' '));
      last.nexthops.push(nexthop);
      last.unknown.push(...unknown.map((w) => `nexthop ${w}`));
      continue;
    }
    ipv6 = isIpv6(words);
    if (ipv6) {
      found.once('ipv6-skipped', source, line);
      continue;
    }
    const type = isRouteType(words[0]) ? words[0] : 'unicast';
    const dstAt = isRouteType(words[0]) ? 1 : 0;
    const dst: Prefix | undefined = words[dstAt] === 'default' ? { ip: 0, prefixLen: 0 } : parsePrefix(words[dstAt]);
    if (!dst) {
      found.add(/^\d/.test(words[dstAt] ?? '') ? 'bad-address' : 'unknown-line', source, line);
      continue;
    }
    const draft: Draft = {
      nexthop: { via: undefined, dev: undefined, onlink: false, dead: false },
      table,
      proto: undefined,
      scope: undefined,
      src: undefined,
      metric: 0,
      mtu: undefined,
      tos: 0,
      unknown: [],
      extra: [],
    };
    readAttributes(words, dstAt + 1, draft);
    if (draft.unknown.length > 0) found.add('unknown-attribute', source, draft.unknown.join(' '));
    const { nexthop, extra, unknown, ...rest } = draft;
    const nexthops = nexthop.via === undefined && nexthop.dev === undefined ? [] : [{ ...nexthop, weight: 1 }];
    routes.push({ route: { type, dst, ...rest, source, ...(extra.length === 0 ? {} : { extra }) }, nexthops, unknown });
  }
  return { value: routes.map(({ route, nexthops, unknown }) => ({ ...route, nexthops, unknown })), diagnostics: found.items };
}

/** Routes of IPv6 in a mixed listing: an IPv6 address, the router preference, or what only old tools print for the null entry. */
function isIpv6(words: readonly string[]): boolean {
  const via = words.indexOf('via');
  if (via >= 0 && words[via + 1] === 'inet6') return false; // an IPv4 route with an IPv6 gateway (RFC 5549)
  return mentionsIpv6(words) || (words.includes('pref') && words.some((w) => w === 'low' || w === 'medium' || w === 'high')) || words.includes('unspec');
}

function readAttributes(words: readonly string[], from: number, draft: Draft): void {
  for (let i = from; i < words.length; i++) {
    const word = words[i] ?? '';
    const value = words[i + 1];
    const take = <T>(parsed: T | undefined): T | undefined => {
      if (parsed === undefined) draft.unknown.push(value === undefined ? word : `${word} ${value}`);
      i++;
      return parsed;
    };
    switch (word) {
      case 'via':
        if (value === 'inet6') {
          draft.unknown.push(`via inet6 ${words[i + 2] ?? ''}`.trim());
          i += 2;
        } else draft.nexthop.via = take(parseIp4((value === 'inet' ? words[++i + 1] : value) ?? ''));
        break;
      case 'dev':
        draft.nexthop.dev = take(value);
        break;
      case 'onlink':
        draft.nexthop.onlink = true;
        break;
      case 'dead':
        draft.nexthop.dead = true;
        break;
      case 'linkdown':
        draft.nexthop.linkdown = true;
        break;
      case 'table':
        draft.table = take(value) ?? draft.table;
        break;
      // What `ip route` leaves out and `ip -d route` prints.
      case 'proto':
        draft.proto = value === 'boot' ? void i++ : take(value);
        break;
      case 'scope':
        draft.scope = value === 'global' ? void i++ : take(value);
        break;
      case 'src':
        draft.src = take(parseIp4(value ?? ''));
        break;
      case 'metric':
      case 'priority':
        draft.metric = take(parseU32(value)) ?? 0;
        break;
      case 'mtu':
        if (value === 'lock') {
          draft.mtu = parseDecimal(words[i + 2], 0xffffffff);
          if (draft.mtu === undefined) draft.unknown.push(`mtu lock ${words[i + 2] ?? ''}`.trim());
          else draft.mtuLocked = true;
          i += 2;
        } else draft.mtu = take(parseDecimal(value, 0xffffffff));
        break;
      case 'advmss':
      case 'hoplimit':
      case 'nhid': {
        const locked = value === 'lock' ? 1 : 0;
        const number = parseDecimal(words[i + 1 + locked], 0xffffffff);
        if (number === undefined) draft.unknown.push(`${word} ${value ?? ''}`.trim());
        else draft[word] = number;
        i += 1 + locked;
        break;
      }
      case 'tos':
      case 'dsfield':
        draft.tos = take(parseTos(value)) ?? 0;
        break;
      default:
        if (HARMLESS_FLAGS.has(word)) draft.extra.push(word);
        else if (HARMLESS_VALUES.has(word)) {
          const locked = value === 'lock' ? 1 : 0;
          draft.extra.push([word, ...words.slice(i + 1, i + 2 + locked)].join(' '));
          i += 1 + locked;
        } else if (word !== 'nexthop') {
          draft.unknown.push(value === undefined ? word : `${word} ${value}`);
          i++;
        }
    }
  }
}

/** Names of /etc/iproute2/rt_dsfield that predate DSCP, or a number. */
const TOS_NAMES: Readonly<Record<string, number>> = { default: 0, lowdelay: 0x10, throughput: 0x08, reliability: 0x04, mincost: 0x02 };
const parseTos = (text: string | undefined): number | undefined => (text !== undefined && Object.hasOwn(TOS_NAMES, text) ? TOS_NAMES[text] : parseU32(text));

/** A continuation line `nexthop via A dev D weight N [onlink]`, and the words in it that we did not understand. */
function parseNexthop(words: readonly string[]): { readonly nexthop: Nexthop; readonly unknown: readonly string[] } {
  let nexthop: Nexthop = { via: undefined, dev: undefined, weight: 1, onlink: false, dead: false };
  const unknown: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const value = words[i + 1];
    if (word === 'via') {
      const via = parseIp4(value ?? '');
      if (via === undefined) unknown.push(`via ${value ?? ''}`);
      nexthop = { ...nexthop, via };
      i++;
    } else if (word === 'dev') {
      nexthop = { ...nexthop, dev: value };
      i++;
    } else if (word === 'weight') {
      const weight = parseDecimal(value, 256);
      if (weight === undefined) unknown.push(`weight ${value ?? ''}`);
      nexthop = { ...nexthop, weight: weight ?? 1 };
      i++;
    } else if (word === 'onlink') nexthop = { ...nexthop, onlink: true };
    else if (word === 'dead') nexthop = { ...nexthop, dead: true };
    else if (word === 'linkdown') nexthop = { ...nexthop, linkdown: true };
    else if (HARMLESS_VALUES.has(word)) i++;
    else if (!HARMLESS_FLAGS.has(word)) unknown.push(word);
  }
  return { nexthop, unknown };
}

const prefixText = ({ ip, prefixLen }: Prefix): string =>
  prefixLen === 0 && ip === 0 ? 'default' : prefixLen === 32 ? formatIp4(ip) : `${formatIp4(ip)}/${prefixLen}`;

const viaWords = (hop: Nexthop): readonly string[] => [
  ...(hop.via === undefined ? [] : ['via', formatIp4(hop.via)]),
  ...(hop.dev === undefined ? [] : ['dev', hop.dev]),
];

/** Which table the command shows without naming it, and whether it is `-d`. */
interface RouteStyle {
  readonly defaultTable: string;
  readonly detailed: boolean;
}

function printRoute(route: Route, { defaultTable, detailed }: RouteStyle): readonly string[] {
  const { nexthops } = route;
  const single = nexthops.length === 1 ? nexthops[0] : undefined;
  const extra = route.extra ?? [];
  const flags = [...(single?.dead ? ['dead'] : []), ...(single?.onlink ? ['onlink'] : []), ...(single?.linkdown ? ['linkdown'] : []), ...extra.filter((w) => HARMLESS_FLAGS.has(w))];
  const vias = route.unknown.filter((w) => w.startsWith('via '));
  const rest = [
    ...(route.mtu === undefined ? [] : [`mtu ${route.mtuLocked ? 'lock ' : ''}${route.mtu}`]),
    ...(route.advmss === undefined ? [] : [`advmss ${route.advmss}`]),
    ...(route.hoplimit === undefined ? [] : [`hoplimit ${route.hoplimit}`]),
    ...route.unknown.filter((w) => !vias.includes(w) && !w.startsWith('nexthop ')),
    ...extra.filter((w) => !flags.includes(w)),
  ].toSorted((a, b) => LAST_WORDS.indexOf(a.split(' ')[0] ?? '') - LAST_WORDS.indexOf(b.split(' ')[0] ?? ''));
  const proto = route.proto ?? (detailed ? 'boot' : undefined);
  const scope = route.scope ?? (detailed ? 'global' : undefined);
  const words = [
    ...(route.type === 'unicast' && !detailed ? [] : [route.type]),
    prefixText(route.dst),
    ...(route.nhid === undefined ? [] : [`nhid ${route.nhid}`]),
    ...(route.tos === 0 ? [] : ['tos', hex(route.tos)]),
    ...vias,
    ...(single ? viaWords(single) : []),
    ...(route.table === defaultTable && !detailed ? [] : ['table', route.table]),
    ...(proto === undefined ? [] : ['proto', proto]),
    ...(scope === undefined ? [] : ['scope', scope]),
    ...(route.src === undefined ? [] : ['src', formatIp4(route.src)]),
    ...(route.metric === 0 ? [] : ['metric', String(route.metric)]),
    ...flags,
    ...rest,
  ];
  // print_route() ends every group of words with a space.
  const lines = [`${words.join(' ')} `];
  if (nexthops.length > 1) {
    for (const hop of nexthops) {
      lines.push(`\tnexthop ${[...viaWords(hop), 'weight', String(hop.weight), ...(hop.dead ? ['dead'] : []), ...(hop.onlink ? ['onlink'] : []), ...(hop.linkdown ? ['linkdown'] : [])].join(' ')} `);
    }
  }
  return lines;
}

/** The lines of `ip route show table all`, or of `ip route show table NAME` when a table is given; `detailed` is `-d`. */
export const printIpRoute = (routes: readonly Route[], table: string | undefined, detailed: boolean): readonly string[] =>
  routes.filter((r) => table === undefined || r.table === table).flatMap((r) => printRoute(r, { defaultTable: table ?? 'main', detailed }));
