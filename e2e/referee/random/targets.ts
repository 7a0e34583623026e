import type { Hook, TableName } from '../../../src/world/netfilter.ts';
import type { Fragment } from './draft.ts';
import { directions, hex, type Place } from './matches.ts';

/** One target: where the kernel takes it, and how one is drawn. */
interface TargetKind {
  readonly covers: string;
  readonly weight: number;
  readonly tables?: readonly TableName[];
  readonly hooks?: readonly Hook[];
  /** What the rule's matches must give: `tcp`, `syn`. */
  readonly needs?: readonly string[];
  draw(place: Place, proto: string | undefined): string | Omit<Fragment, 'covers'> | undefined;
}

const hasPorts = (proto: string | undefined): boolean => proto === 'tcp' || proto === 'udp' || proto === 'sctp';
const mask = (place: Place): number => place.rng.pick([0xffffffff, 0xffffffff, 0xff, 0x10, 0x4001]);
const portRange = (place: Place): string => {
  const port = place.rng.pick(place.words.servicePorts);
  return place.rng.chance(0.25) ? `${port}-${Math.min(65_535, port + 1 + place.rng.int(4))}` : String(port);
};

/** An address or a range of translation, with a port where the protocol has ports. */
function translation(place: Place, proto: string | undefined, ips: readonly string[]): Pick<Fragment, 'text' | 'needs'> {
  const ip = place.rng.pick(ips);
  if (!hasPorts(proto) || proto === undefined || place.rng.chance(0.5)) return { text: ip };
  return { text: `${ip}:${portRange(place)}`, needs: [proto] };
}

const TARGETS: readonly TargetKind[] = [
  { covers: 'target:ACCEPT', weight: 8, draw: () => '-j ACCEPT' },
  { covers: 'target:DROP', weight: 3, tables: ['raw', 'mangle', 'filter', 'security'], draw: () => '-j DROP' },
  { covers: 'target:RETURN', weight: 5, draw: () => '-j RETURN' },
  {
    covers: 'target:REJECT',
    weight: 5,
    tables: ['filter'],
    draw: (p, proto) => {
      if (proto === 'tcp' && p.rng.chance(0.4)) return { text: '-j REJECT --reject-with tcp-reset', needs: ['tcp'] };
      return `-j REJECT --reject-with icmp-${p.rng.pick(['port-unreachable', 'port-unreachable', 'net-unreachable', 'host-unreachable', 'proto-unreachable', 'net-prohibited', 'host-prohibited', 'admin-prohibited'])}`;
    },
  },
  { covers: 'target:MARK', weight: 7, draw: (p) => `-j MARK --set-xmark ${hex(p.rng.pick(p.words.marks))}/${hex(mask(p))}` },
  {
    covers: 'target:CONNMARK',
    weight: 5,
    draw: (p) => p.rng.pick([`-j CONNMARK --set-xmark ${hex(p.rng.pick(p.words.marks))}/${hex(mask(p))}`, ...['save', 'restore'].map((w) => `-j CONNMARK --${w}-mark --nfmask ${hex(mask(p))} --ctmask ${hex(mask(p))}`)]),
  },
  {
    covers: 'target:DNAT',
    weight: 18,
    tables: ['nat'],
    hooks: ['PREROUTING', 'OUTPUT'],
    draw: (p, proto) => {
      const to = translation(p, proto, p.words.targets);
      return { ...to, text: `-j DNAT --to-destination ${to.text}${p.rng.chance(0.1) ? ' --persistent' : ''}` };
    },
  },
  {
    covers: 'target:SNAT',
    weight: 14,
    tables: ['nat'],
    hooks: ['POSTROUTING', 'INPUT'],
    draw: (p, proto) => {
      // Both ends of a tunnel on one kernel (KNOWN.md).
      if (p.words.tunnelled && p.hooks.includes('INPUT')) return undefined;
      const to = translation(p, proto, p.words.sources);
      return { ...to, text: `-j SNAT --to-source ${to.text}${p.rng.chance(0.1) ? p.rng.pick([' --random', ' --random-fully', ' --persistent']) : ''}` };
    },
  },
  {
    covers: 'target:MASQUERADE',
    weight: 12,
    tables: ['nat'],
    hooks: ['POSTROUTING'],
    draw: (p, proto) => {
      if (proto !== undefined && hasPorts(proto) && p.rng.chance(0.3)) return { text: `-j MASQUERADE --to-ports ${portRange(p)}`, needs: [proto] };
      return `-j MASQUERADE${p.rng.chance(0.1) ? p.rng.pick([' --random', ' --random-fully']) : ''}`;
    },
  },
  {
    covers: 'target:REDIRECT',
    weight: 8,
    tables: ['nat'],
    hooks: ['PREROUTING', 'OUTPUT'],
    draw: (p, proto) => (!p.words.redirects ? undefined : proto !== undefined && hasPorts(proto) && p.rng.chance(0.7) ? { text: `-j REDIRECT --to-ports ${portRange(p)}`, needs: [proto] } : '-j REDIRECT'),
  },
  { covers: 'target:NETMAP', weight: 5, tables: ['nat'], hooks: ['PREROUTING', 'OUTPUT', 'POSTROUTING', 'INPUT'], draw: (p) => `-j NETMAP --to ${p.rng.pick(p.hooks.some((h) => h === 'POSTROUTING' || h === 'INPUT') ? p.words.sources.map((ip) => `${ip}/32`) : p.words.maps)}` },
  { covers: 'target:CT-notrack', weight: 4, tables: ['raw'], draw: () => '-j CT --notrack' },
  { covers: 'target:CT-zone', weight: 5, tables: ['raw'], draw: (p) => `-j CT --zone${p.rng.pick(['', '', '-orig', '-reply'])} ${1 + p.rng.int(2)}` },
  { covers: 'target:LOG', weight: 2, draw: (p) => `-j LOG${p.rng.pick(['', ' --log-prefix "seen "', ' --log-prefix x --log-level 7'])}` },
  { covers: 'target:NFLOG', weight: 2, draw: (p) => `-j NFLOG${p.rng.pick([' --nflog-group 7', ' --nflog-prefix hello --nflog-group 7'])}` },
  { covers: 'target:TTL', weight: 5, tables: ['mangle'], draw: (p) => `-j TTL ${p.rng.pick(['--ttl-set 1', '--ttl-set 2', '--ttl-set 64', '--ttl-dec 1', '--ttl-dec 2', '--ttl-inc 1', '--ttl-inc 200'])}` },
  { covers: 'target:DSCP', weight: 4, tables: ['mangle'], draw: (p) => `-j DSCP --set-dscp 0x${(p.rng.pick(p.words.tos) >> 2).toString(16).padStart(2, '0')}` },
  { covers: 'target:TOS', weight: 4, tables: ['mangle'], draw: (p) => `-j TOS --set-tos 0x${p.rng.pick(p.words.tos).toString(16).padStart(2, '0')}/0x${p.rng.pick(['ff', '3f', 'fc'])}` },
  { covers: 'target:ECN', weight: 2, tables: ['mangle'], needs: ['tcp'], draw: () => '-j ECN --ecn-tcp-remove' },
  {
    covers: 'target:TCPMSS',
    weight: 12,
    tables: ['mangle', 'filter'],
    needs: ['tcp', 'syn'],
    draw: (p) => (p.hooks.every((h) => h !== 'PREROUTING' && h !== 'INPUT') && p.rng.chance(0.5) ? '-j TCPMSS --clamp-mss-to-pmtu' : `-j TCPMSS --set-mss ${p.rng.pick([536, 1000, 1460, 9000])}`),
  },
  { covers: 'target:CHECKSUM', weight: 1, tables: ['mangle'], draw: () => '-j CHECKSUM --checksum-fill' },
  { covers: 'target:CLASSIFY', weight: 1, hooks: ['FORWARD', 'OUTPUT', 'POSTROUTING'], draw: () => '-j CLASSIFY --set-class 0001:0002' },
  {
    covers: 'target:SET',
    weight: 4,
    draw: (p) => {
      const fit = p.sets.filter((s) => s.type !== 'list:set');
      if (fit.length === 0) return undefined;
      const set = p.rng.pick(fit);
      return { text: `-j SET --${p.rng.pick(['add', 'add', 'del'])}-set ${set.name} ${directions(p, set.dimension)}`, set: set.name };
    },
  },
  { covers: 'target:NFQUEUE', weight: 0.5, draw: (p) => `-j NFQUEUE --queue-num 9${p.rng.chance(0.7) ? ' --queue-bypass' : ''}` },
  { covers: 'target:TRACE', weight: 1, tables: ['raw'], draw: () => '-j TRACE' },
];

/** The target of a rule with these matches; undefined: it only counts. */
export function drawTarget(place: Place, matches: readonly Fragment[], chains: readonly string[]): Fragment | undefined {
  const { rng } = place;
  if (chains.length > 0 && rng.chance(0.25)) {
    const chain = rng.pick(chains);
    const goto = rng.chance(0.25);
    return { text: `-${goto ? 'g' : 'j'} ${chain}`, covers: [goto ? 'target:goto' : 'target:jump'], chain };
  }
  if (rng.chance(0.04)) return undefined;
  const gives = new Set(matches.map((m) => m.gives));
  const proto = matches.find((m) => m.gives !== undefined && m.gives !== 'syn')?.gives;
  const kinds = TARGETS.filter(
    (k) =>
      (k.tables === undefined || k.tables.includes(place.table)) &&
      (k.hooks === undefined || place.hooks.every((h) => k.hooks?.includes(h))) &&
      (k.needs ?? []).every((n) => gives.has(n)),
  );
  const kind = rng.weighted(kinds.map((k) => [k.weight, k] as const));
  const one = kind.draw(place, proto);
  if (one === undefined) return undefined;
  const drawn = typeof one === 'string' ? { text: one } : one;
  const needs = [...(kind.needs ?? []), ...(drawn.needs ?? [])];
  return { ...drawn, covers: [kind.covers], ...(needs.length > 0 ? { needs } : {}) };
}
