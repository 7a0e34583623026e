import type { Hook, TableName } from '../../../src/world/netfilter.ts';
import type { Fragment, SetDraft } from './draft.ts';
import type { Rng } from './rng.ts';
import type { Words } from './words.ts';

/** Where a rule is being written, and what it can speak of. */
export interface Place {
  readonly rng: Rng;
  readonly words: Words;
  readonly table: TableName;
  readonly chain: string;
  /** All hooks from which a packet may reach the rule: what it says must be allowed in each. */
  readonly hooks: readonly Hook[];
  readonly sets: readonly SetDraft[];
}

/** One match of iptables-extensions(8): what it needs, and how one is drawn. */
interface MatchKind {
  readonly covers: string;
  readonly weight: number;
  /** The rule must have `-p` of one of these before it. */
  readonly protos?: readonly string[];
  readonly tables?: readonly TableName[];
  /** Every hook of the chain must be among these. */
  readonly hooks?: readonly Hook[];
  /** What the kernel must have for it. */
  readonly kernel?: string;
  /** undefined: nothing to draw from here. */
  draw(place: Place): string | Omit<Fragment, 'covers'> | undefined;
}

const IN_HOOKS: readonly Hook[] = ['PREROUTING', 'INPUT', 'FORWARD'];

const not = ({ rng }: Place): string => (rng.chance(0.15) ? '! ' : '');
export const hex = (n: number): string => `0x${(n >>> 0).toString(16)}`;
const ports = ({ rng, words }: Place): string => {
  const port = rng.pick(words.ports);
  return rng.chance(0.25) ? `${Math.max(0, port - rng.int(200))}:${Math.min(65_535, port + rng.int(2_000))}` : String(port);
};
const side = (place: Place): string => place.rng.pick(['sport', 'dport', 'dport']);
const masked = ({ rng, words }: Place): string => {
  const mark = rng.pick(words.marks);
  const mask = rng.weighted([[3, 0xffffffff], [1, 0xff], [1, 0x1], [1, mark === 0 ? 0xf0 : mark]] as const);
  return mask === 0xffffffff ? hex(mark) : `${hex(mark & mask)}/${hex(mask)}`;
};

const TCP_FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'] as const;
const CT_STATES = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED', 'SNAT', 'DNAT'] as const;
const ADDRESS_TYPES = ['UNSPEC', 'UNICAST', 'LOCAL', 'BROADCAST', 'ANYCAST', 'MULTICAST', 'BLACKHOLE', 'UNREACHABLE', 'PROHIBIT', 'THROW'] as const;

const MATCHES: readonly MatchKind[] = [
  { covers: 'match:tcp', weight: 8, protos: ['tcp'], draw: (p) => `-m tcp ${not(p)}--${side(p)} ${ports(p)}` },
  {
    covers: 'match:tcp-flags',
    weight: 3,
    protos: ['tcp'],
    draw: (p) => {
      if (p.rng.chance(0.5)) return { text: '-m tcp --tcp-flags FIN,SYN,RST,ACK SYN', gives: 'syn' };
      const mask = p.rng.some(TCP_FLAGS, 1, 6);
      const set = p.rng.some(mask, 0, 2);
      return `-m tcp ${not(p)}--tcp-flags ${mask.join(',')} ${set.length === 0 ? 'NONE' : set.join(',')}`;
    },
  },
  { covers: 'match:tcp-option', weight: 1, protos: ['tcp'], draw: (p) => `-m tcp ${not(p)}--tcp-option ${p.rng.pick([2, 3, 4, 5, 8])}` },
  { covers: 'match:udp', weight: 8, protos: ['udp'], draw: (p) => `-m udp ${not(p)}--${side(p)} ${ports(p)}` },
  { covers: 'match:sctp', weight: 8, protos: ['sctp'], draw: (p) => `-m sctp ${not(p)}--${side(p)} ${ports(p)}` },
  { covers: 'match:sctp-chunk', weight: 3, protos: ['sctp'], draw: (p) => `-m sctp ${not(p)}--chunk-types ${p.rng.pick(['any', 'all', 'only'])} ${p.rng.pick(['INIT', 'DATA', 'INIT,DATA', 'ABORT'])}` },
  { covers: 'match:icmp', weight: 8, protos: ['icmp'], draw: (p) => `-m icmp ${not(p)}--icmp-type ${p.rng.pick(['0', '8', '8', '3', '3/1', '3/3', '3/4', '11', '11/0', '5', 'any'].filter((t) => t !== 'any'))}` },
  {
    covers: 'match:multiport',
    weight: 6,
    protos: ['tcp', 'udp', 'sctp'],
    draw: (p) => `-m multiport ${not(p)}--${p.rng.pick(['sports', 'dports', 'dports', 'ports'])} ${Array.from({ length: 1 + p.rng.int(4) }, () => ports(p)).join(',')}`,
  },
  {
    covers: 'match:addrtype',
    weight: 5,
    draw: (p) => {
      const limits = [...(p.hooks.every((h) => IN_HOOKS.includes(h)) ? ['in'] : []), ...(p.hooks.every((h) => h === 'FORWARD' || h === 'OUTPUT' || h === 'POSTROUTING') ? ['out'] : [])];
      const limit = limits.length > 0 && p.rng.chance(0.3) ? p.rng.pick(limits) : undefined;
      // A device is asked for the whole look-up: the kernel refuses types that the routing table decides alone.
      const types = (limit === undefined ? ADDRESS_TYPES : ADDRESS_TYPES.filter((t) => !['BLACKHOLE', 'UNREACHABLE', 'PROHIBIT', 'THROW'].includes(t)));
      const one = (name: string): string => `${not(p)}--${name} ${p.rng.some(types, 1, 2).join(',')}`;
      const sides = p.rng.pick([['src-type'], ['dst-type'], ['dst-type'], ['src-type', 'dst-type']]);
      return `-m addrtype ${sides.map(one).join(' ')}${limit === undefined ? '' : ` --limit-iface-${limit}`}`;
    },
  },
  { covers: 'match:conntrack', weight: 8, draw: (p) => `-m conntrack ${not(p)}--ctstate ${p.rng.some(CT_STATES, 1, 3).join(',')}` },
  { covers: 'match:conntrack-status', weight: 2, draw: (p) => `-m conntrack ${not(p)}--ctstatus ${p.rng.pick(['NONE', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED', 'SEEN_REPLY,CONFIRMED'])}` },
  { covers: 'match:conntrack-dir', weight: 2, draw: (p) => `-m conntrack --ctdir ${p.rng.pick(['ORIGINAL', 'REPLY'])}` },
  { covers: 'match:conntrack-proto', weight: 2, draw: (p) => `-m conntrack ${not(p)}--ctproto ${p.rng.pick([1, 6, 17, 132])}` },
  {
    covers: 'match:conntrack-address',
    weight: 3,
    draw: (p) => {
      const net = p.rng.pick(p.words.nets);
      return `-m conntrack ${not(p)}--${p.rng.pick(['ctorigsrc', 'ctorigdst', 'ctreplsrc', 'ctrepldst'])} ${net.endsWith('/32') ? net.slice(0, -3) : net}`;
    },
  },
  { covers: 'match:conntrack-port', weight: 2, draw: (p) => `-m conntrack ${not(p)}--${p.rng.pick(['ctorigsrcport', 'ctorigdstport', 'ctreplsrcport', 'ctrepldstport'])} ${ports(p)}` },
  { covers: 'match:state', weight: 2, draw: (p) => `-m state ${not(p)}--state ${p.rng.some(CT_STATES.slice(0, 5), 1, 2).join(',')}` },
  { covers: 'match:mark', weight: 6, draw: (p) => `-m mark ${not(p)}--mark ${masked(p)}` },
  { covers: 'match:connmark', weight: 4, draw: (p) => `-m connmark ${not(p)}--mark ${masked(p)}` },
  {
    covers: 'match:set',
    weight: 8,
    draw: (p) => {
      if (p.sets.length === 0) return undefined;
      const set = p.rng.pick(p.sets);
      const dims = p.rng.chance(0.05) ? 1 + p.rng.int(3) : set.dimension;
      const more = p.rng.chance(0.1) ? ' --return-nomatch' : '';
      return { text: `-m set ${not(p)}--match-set ${set.name} ${directions(p, dims)}${more}`, set: set.name };
    },
  },
  { covers: 'match:comment', weight: 1, draw: (p) => `-m comment --comment ${p.rng.pick(['plain', '"two words"', '"a \\"quoted\\" one"'])}` },
  { covers: 'match:limit', weight: 1, draw: (p) => `-m limit --limit 1/hour --limit-burst ${p.rng.pick([1, 2, 3])}` },
  { covers: 'match:statistic-nth', weight: 1, draw: (p) => { const every = 1 + p.rng.int(3); return `-m statistic --mode nth ${not(p)}--every ${every} --packet ${p.rng.int(every)}`; } },
  { covers: 'match:statistic-random', weight: 0.3, draw: (p) => `-m statistic --mode random ${not(p)}--probability ${p.rng.pick(['0.50000000000', '0.25000000000'])}` },
  { covers: 'match:nfacct', weight: 2, kernel: 'nfacct', draw: (p) => `-m nfacct --nfacct-name ${p.rng.pick(['seen', 'passed'])}` },
  { covers: 'match:pkttype', weight: 2, draw: (p) => `-m pkttype ${not(p)}--pkt-type ${p.rng.pick(['unicast', 'unicast', 'broadcast', 'multicast'])}` },
  { covers: 'match:mac', weight: 3, hooks: IN_HOOKS, draw: (p) => `-m mac ${not(p)}--mac-source ${p.rng.pick(p.words.macs)}` },
  { covers: 'match:iprange', weight: 4, draw: (p) => p.rng.pick([['src'], ['dst'], ['src', 'dst']]).map((s) => `${not(p)}--${s}-range ${p.rng.pick(p.words.ranges)}`).reduce((text, part) => `${text} ${part}`, '-m iprange') },
  { covers: 'match:length', weight: 4, draw: (p) => `-m length ${not(p)}--length ${p.rng.pick(['40', '60', '52', '84', '28', '0:59', '60:100', '1400:1500', '576:65535', '29:128'])}` },
  { covers: 'match:ttl', weight: 4, draw: (p) => `-m ttl ${p.rng.pick(['--ttl-eq', '--ttl-eq', '! --ttl-eq', '--ttl-lt', '--ttl-gt'])} ${p.rng.pick([1, 2, 62, 63, 64])}` },
  { covers: 'match:dscp', weight: 3, draw: (p) => `-m dscp ${not(p)}--dscp 0x${(p.rng.pick(p.words.tos) >> 2).toString(16).padStart(2, '0')}` },
  { covers: 'match:tos', weight: 3, draw: (p) => `-m tos ${not(p)}--tos 0x${p.rng.pick(p.words.tos).toString(16).padStart(2, '0')}/0x${p.rng.pick(['ff', '3f', 'ff'])}` },
  { covers: 'match:ecn', weight: 2, draw: (p) => `-m ecn ${not(p)}--ecn-ip-ect ${p.rng.int(4)}` },
  { covers: 'match:ecn-tcp', weight: 1, protos: ['tcp'], draw: (p) => `-m ecn ${not(p)}--ecn-tcp-${p.rng.pick(['cwr', 'ece'])}` },
  { covers: 'match:tcpmss', weight: 2, protos: ['tcp'], draw: (p) => `-m tcpmss ${not(p)}--mss ${p.rng.pick(['1460', '1000:1500', '0:536', '1360'])}` },
  { covers: 'match:owner', weight: 1, hooks: ['OUTPUT', 'POSTROUTING'], draw: (p) => `-m owner ${not(p)}--${p.rng.pick(['socket-exists'])}` },
  {
    covers: 'match:rpfilter',
    weight: 6,
    tables: ['raw', 'mangle'],
    hooks: ['PREROUTING'],
    draw: (p) => `-m rpfilter${['loose', 'validmark', 'accept-local', 'invert'].filter(() => p.rng.chance(0.3)).map((o) => ` --${o}`).join('')}`,
  },
  { covers: 'match:socket', weight: 3, hooks: ['PREROUTING', 'INPUT'], draw: (p) => (p.words.listeners ? `-m socket${p.rng.chance(0.4) ? ' --nowildcard' : ''}` : undefined) },
  { covers: 'match:realm', weight: 1, hooks: ['INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'], draw: (p) => `-m realm ${not(p)}--realm ${p.rng.pick(['0x7', '0x8', '0x7/0xf'])}` },
  {
    covers: 'match:physdev',
    weight: 6,
    draw: (p) => {
      if (p.words.bridgePorts.length === 0) return undefined;
      const port = p.rng.pick(p.words.bridgePorts);
      const out = p.hooks.every((h) => h === 'FORWARD' || h === 'POSTROUTING') ? [`${not(p)}--physdev-out ${port}`, '--physdev-is-out'] : [];
      return `-m physdev ${p.rng.pick([`${not(p)}--physdev-in ${port}`, `${not(p)}--physdev-is-in`, `${not(p)}--physdev-is-bridged`, ...out])}`;
    },
  },
];

/** `src,dst,…` for a set's parts. */
export const directions = ({ rng }: Place, count: number): string => Array.from({ length: count }, () => rng.pick(['src', 'dst'])).join(',');

/** A match that keeps state of its own, for rules of worlds with one probe: loading the rules anew does not make it forget. */
const SELDOM: readonly MatchKind[] = [
  { covers: 'match:hashlimit', weight: 2, draw: (p) => `-m hashlimit --hashlimit-${p.rng.pick(['upto', 'above'])} 1/hour --hashlimit-burst ${p.rng.pick([1, 2])} --hashlimit-mode ${p.rng.pick(['srcip', 'dstip', 'srcip,dstport'])} --hashlimit-name h${p.rng.int(1e6)}` },
  { covers: 'match:connlimit', weight: 3, draw: (p) => `-m connlimit --connlimit-${p.rng.pick(['upto', 'above'])} ${p.rng.pick([0, 1, 2])} --connlimit-mask ${p.rng.pick([32, 24, 0])} --connlimit-${p.rng.pick(['saddr', 'daddr'])}` },
  { covers: 'match:recent', weight: 2, draw: (p) => `-m recent ${p.rng.pick(['--set', '--rcheck', '--update', '--remove', '! --rcheck'])} --name ${p.rng.pick(['ra', 'rb'])} --mask 255.255.255.255 --r${p.rng.pick(['source', 'dest'])}` },
];

const PROTO: readonly (readonly [number, string])[] = [[8, 'tcp'], [5, 'udp'], [4, 'icmp'], [2, 'sctp']];

/** The standard part of a rule: addresses, devices, protocol, in the order in which iptables-save prints them. */
function standard(place: Place): readonly Fragment[] {
  const { rng, words, hooks, chain } = place;
  const drawn: Fragment[] = [];
  for (const flag of ['s', 'd']) if (rng.chance(0.2)) drawn.push({ text: `${not(place)}-${flag} ${rng.pick(words.nets.filter((n) => !n.endsWith('/0')))}`, covers: [`match:${flag === 's' ? 'src' : 'dst'}`] });
  const base = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'].includes(chain);
  const allows = { i: !base || IN_HOOKS.some((h) => h === chain), o: !base || ['FORWARD', 'OUTPUT', 'POSTROUTING'].includes(chain) };
  for (const flag of ['i', 'o'] as const) if (allows[flag] && hooks.length > 0 && rng.chance(0.12)) drawn.push({ text: `${not(place)}-${flag} ${rng.pick(words.devices)}`, covers: [`match:${flag === 'i' ? 'in' : 'out'}`] });
  if (rng.chance(0.5)) {
    const proto = rng.weighted(PROTO);
    if (rng.chance(0.08)) drawn.push({ text: `! -p ${proto}`, covers: ['match:proto'] });
    else drawn.push({ text: `-p ${proto}`, covers: ['match:proto'], gives: proto });
  }
  return drawn;
}

/** The matches of one rule: few, so that packets meet most of them. */
export function drawMatches(place: Place): readonly Fragment[] {
  const drawn = [...standard(place)];
  const proto = drawn.find((f) => f.gives !== undefined)?.gives;
  const kinds = (place.words.single ? [...MATCHES, ...SELDOM] : MATCHES).filter(
    (k) =>
      (k.protos === undefined || (proto !== undefined && k.protos.includes(proto))) &&
      (k.kernel === undefined || !place.words.lacks(k.kernel)) &&
      (k.tables === undefined || k.tables.includes(place.table)) &&
      (k.hooks === undefined || place.hooks.every((h) => k.hooks?.includes(h))),
  );
  const count = place.rng.weighted([[4, 0], [6, 1], [2, 2], [0.5, 3]]);
  const used = new Set<MatchKind>();
  for (let i = 0; i < count; i++) {
    // Once each: iptables takes some options only once in a rule.
    const kind = place.rng.weighted(kinds.map((k) => [used.has(k) ? 0 : k.weight, k] as const));
    used.add(kind);
    const one = kind.draw(place);
    if (one === undefined) continue;
    drawn.push({ ...(typeof one === 'string' ? { text: one } : one), covers: [kind.covers], ...(kind.kernel === undefined ? {} : { kernel: kind.kernel }), ...(kind.protos ? { needs: [proto ?? ''] } : {}) });
  }
  return drawn;
}
