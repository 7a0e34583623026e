import { formatIp4, parseIp4 } from '../packet/address.ts';
import type { GeneveTunnel, GreTunnel, IpipTunnel, Tunnel, VxlanTunnel } from '../world/tunnel.ts';
import type { FdbEntry, Link } from '../world/world.ts';
import { parseDecimal, parseU32 } from './words.ts';

/** The kinds of devices whose line this file reads. */
export type TunnelKind = Tunnel['kind'];

export const isTunnelKind = (text: string | undefined): text is TunnelKind => text === 'ipip' || text === 'gre' || text === 'gretap' || text === 'vxlan' || text === 'geneve';

const IP: Omit<IpipTunnel, 'kind'> = { remote: undefined, local: undefined, dev: undefined, ttl: 'inherit', tos: 0, pmtudisc: true, fwmark: 0, unknown: [] };
const GRE = { ikey: undefined, okey: undefined, iseq: false, oseq: false, icsum: false, ocsum: false, ignoreDf: false } as const;

/** A device of that kind as `ip link add` makes it without options. */
export function defaultTunnel(kind: TunnelKind): Tunnel {
  switch (kind) {
    case 'ipip':
      return { kind, ...IP };
    case 'gre':
    case 'gretap':
      return { kind, ...IP, ...GRE };
    case 'vxlan':
      return { kind, vni: 0, remote: undefined, local: undefined, dev: undefined, srcport: { from: 0, to: 0 }, dstport: 8472, learning: true, proxy: false, rsc: false, l2miss: false, l3miss: false, tos: 0, ttl: 'auto', df: 'unset', unknown: [] };
    case 'geneve':
      return { kind, vni: 0, remote: undefined, ttl: 'auto', tos: 0, df: 'unset', dstport: 6081, unknown: [] };
  }
}

type Change = Partial<Omit<IpipTunnel, 'kind'>> & Partial<Omit<GreTunnel, 'kind'>> & Partial<Omit<VxlanTunnel, 'kind' | 'ttl'>> & Partial<Omit<GeneveTunnel, 'kind'>>;

const ip = (text: string): number | undefined => parseIp4(text) || undefined;
const tos = (text: string): number | 'inherit' => (text === 'inherit' ? 'inherit' : (parseU32(text) ?? 0) & 0xff);
const ttl = (text: string): number | 'inherit' | 'auto' => (text === 'inherit' || text === 'auto' ? text : (parseDecimal(text, 255) ?? 0) || 'inherit');
const df = (text: string): 'unset' | 'set' | 'inherit' => (text === 'set' || text === 'inherit' ? text : 'unset');

/** Options with one value, by their word. */
const VALUED: Readonly<Record<string, (value: string) => Change>> = {
  remote: (v) => ({ remote: ip(v) }),
  group: (v) => ({ remote: ip(v) }),
  local: (v) => ({ local: ip(v) }),
  dev: (v) => ({ dev: v }),
  ttl: (v) => ({ ttl: ttl(v) }) as Change,
  tos: (v) => ({ tos: tos(v) }),
  df: (v) => ({ df: df(v) }),
  fwmark: (v) => ({ fwmark: parseU32(v) ?? 0 }),
  ikey: (v) => ({ ikey: parseIp4(v) ?? parseU32(v) ?? 0 }),
  okey: (v) => ({ okey: parseIp4(v) ?? parseU32(v) ?? 0 }),
  id: (v) => ({ vni: parseDecimal(v, 0xffffff) ?? 0 }),
  dstport: (v) => ({ dstport: parseDecimal(v, 65535) ?? 0 }),
};

const FLAGS: Readonly<Record<string, Change>> = {
  pmtudisc: { pmtudisc: true },
  nopmtudisc: { pmtudisc: false },
  'ignore-df': { ignoreDf: true },
  iseq: { iseq: true },
  oseq: { oseq: true },
  icsum: { icsum: true },
  ocsum: { ocsum: true },
  nolearning: { learning: false },
  proxy: { proxy: true },
  rsc: { rsc: true },
  l2miss: { l2miss: true },
  l3miss: { l3miss: true },
};

/** Words that change what the device does in ways we do not model; those that take a value keep it. */
const FOREIGN = /^(?:external|vnifilter(?:id)?|gbp|gpe|remcsumtx|remcsumrx|mplsip|ip6ip|erspan_\w+|innerprotoinherit)$/;
const ENCAP = /^encap$/;

/**
 * The words behind the kind: iptunnel_print_opt(), gre_print_opt(), vxlan_print_opt(), geneve_print_opt() (iproute2 ip/). `taken`
 * counts the words, the kind among them, that the tunnel holds.
 */
export function parseTunnel(kind: TunnelKind, words: readonly string[]): { readonly tunnel: Tunnel; readonly taken: number } {
  let change: Change = {};
  const unknown: string[] = [];
  let at = 1;
  if (kind === 'ipip' && (words[at] === 'any' || words[at] === 'ipip' || words[at] === 'ip4ip4')) at++;
  for (;;) {
    const word = words[at] ?? '';
    const valued = Object.hasOwn(VALUED, word) ? VALUED[word] : undefined;
    if (valued) {
      const value = words[at + 1] ?? '';
      // A printed IPv6 address: the outer packets are none that we model.
      if ((word === 'remote' || word === 'local' || word === 'group') && value.includes(':')) unknown.push(word, value);
      change = { ...change, ...valued(value) };
      at += 2;
    } else if (Object.hasOwn(FLAGS, word)) {
      change = { ...change, ...FLAGS[word] };
      at++;
    } else if (word === 'srcport') {
      change = { ...change, srcport: { from: parseDecimal(words[at + 1], 65535) ?? 0, to: parseDecimal(words[at + 2], 65535) ?? 0 } };
      at += 3;
    } else if (FOREIGN.test(word)) {
      // `external` stands in front of the others (vxlan_print_opt()).
      unknown.push(word);
      at++;
    } else break;
  }
  // What is left is printed as it stood; some of it decides all the same.
  for (const [i, word] of words.entries()) {
    if (i < at) continue;
    if (FOREIGN.test(word)) unknown.push(word);
    else if (ENCAP.test(word)) unknown.push(word, words[i + 1] ?? '');
    else if (word === 'addrgenmode' || word === 'numtxqueues') break;
  }
  return { tunnel: { ...defaultTunnel(kind), ...change, unknown }, taken: Math.min(at, words.length) };
}

/** `link/ipip LOCAL brd 0.0.0.0` or `link/ipip LOCAL peer REMOTE`: what a listing without details says about a tunnel. */
export function tunnelFromAddress(words: readonly string[]): Tunnel {
  const local = ip(words[0] ?? '');
  const peerAt = Math.max(words.indexOf('peer'), words.indexOf('brd'));
  const remote = peerAt < 0 ? undefined : ip(words[peerAt + 1] ?? '');
  // tunl0, the module's own device, has no pmtudisc (ipip_tunnel_init(), net/ipv4/ipip.c); what others have is not shown.
  return { kind: 'ipip', ...IP, local, remote, pmtudisc: local !== undefined || remote !== undefined };
}

/**
 * A listing without details shows a VXLAN device as any other Ethernet device; entries that lead to another machine give it away. What
 * it does then is not known: its network and its port are missing.
 */
export function markVxlans(links: readonly Link[], fdb: readonly FdbEntry[]): readonly Link[] {
  const known = new Set(fdb.flatMap((e) => (e.dst === undefined ? [] : [e.dev])));
  return links.map((l) => (l.kind === 'nic' && known.has(l.name) ? { ...l, kind: 'unknown', kindText: 'vxlan' } : l));
}

const address = (word: string, value: number | undefined): readonly string[] => (value === undefined ? [] : [word, formatIp4(value)]);
const addressOrAny = (word: string, value: number | undefined): readonly string[] => [word, value === undefined ? 'any' : formatIp4(value)];
const hex = (value: number): string => `0x${value.toString(16)}`;
const tosWords = (value: number | 'inherit'): readonly string[] => (value === 0 ? [] : ['tos', value === 'inherit' ? 'inherit' : hex(value)]);
const when = (flag: boolean, word: string): readonly string[] => (flag ? [word] : []);

/** The words of a tunnel behind its kind, in the order of the tool; the options that it does not hold follow from elsewhere. */
export function tunnelWords(tunnel: Tunnel): readonly string[] {
  switch (tunnel.kind) {
    case 'ipip':
      return [
        'any',
        ...addressOrAny('remote', tunnel.remote),
        ...addressOrAny('local', tunnel.local),
        ...(tunnel.dev === undefined ? [] : ['dev', tunnel.dev]),
        'ttl',
        String(tunnel.ttl),
        ...tosWords(tunnel.tos),
        tunnel.pmtudisc ? 'pmtudisc' : 'nopmtudisc',
        ...(tunnel.fwmark === 0 ? [] : ['fwmark', hex(tunnel.fwmark)]),
      ];
    case 'gre':
    case 'gretap':
      return [
        ...addressOrAny('remote', tunnel.remote),
        ...addressOrAny('local', tunnel.local),
        ...(tunnel.dev === undefined ? [] : ['dev', tunnel.dev]),
        'ttl',
        String(tunnel.ttl),
        ...tosWords(tunnel.tos),
        ...when(!tunnel.pmtudisc, 'nopmtudisc'),
        ...when(tunnel.ignoreDf, 'ignore-df'),
        ...address('ikey', tunnel.ikey),
        ...address('okey', tunnel.okey),
        ...when(tunnel.iseq, 'iseq'),
        ...when(tunnel.oseq, 'oseq'),
        ...when(tunnel.icsum, 'icsum'),
        ...when(tunnel.ocsum, 'ocsum'),
        ...(tunnel.fwmark === 0 ? [] : ['fwmark', hex(tunnel.fwmark)]),
      ];
    case 'vxlan':
      return [
        'id',
        String(tunnel.vni),
        ...address(tunnel.remote !== undefined && tunnel.remote >>> 28 === 14 ? 'group' : 'remote', tunnel.remote),
        ...address('local', tunnel.local),
        ...(tunnel.dev === undefined ? [] : ['dev', tunnel.dev]),
        'srcport',
        String(tunnel.srcport.from),
        String(tunnel.srcport.to),
        'dstport',
        String(tunnel.dstport),
        ...when(!tunnel.learning, 'nolearning'),
        ...when(tunnel.proxy, 'proxy'),
        ...when(tunnel.rsc, 'rsc'),
        ...when(tunnel.l2miss, 'l2miss'),
        ...when(tunnel.l3miss, 'l3miss'),
        ...tosWords(tunnel.tos),
        'ttl',
        String(tunnel.ttl),
        ...(tunnel.df === 'unset' ? [] : ['df', tunnel.df]),
      ];
    case 'geneve':
      return ['id', String(tunnel.vni), ...address('remote', tunnel.remote), 'ttl', String(tunnel.ttl), ...tosWords(tunnel.tos), ...(tunnel.df === 'unset' ? [] : ['df', tunnel.df]), 'dstport', String(tunnel.dstport)];
  }
}
