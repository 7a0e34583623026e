import type { SetDraft } from './draft.ts';
import type { Rng } from './rng.ts';
import type { Words } from './words.ts';

/** How one part of a member is drawn. */
type Part = 'ip' | 'net' | 'port' | 'mac' | 'iface' | 'mark';

interface SetKind {
  readonly type: string;
  readonly weight: number;
  readonly parts: readonly Part[];
  /** What this type needs beyond the common ones of a small kernel. */
  readonly kernel?: string;
}

const KINDS: readonly SetKind[] = [
  { type: 'hash:ip', weight: 4, parts: ['ip'] },
  { type: 'hash:net', weight: 4, parts: ['net'] },
  { type: 'hash:ip,port', weight: 3, parts: ['ip', 'port'] },
  { type: 'hash:ip,port,ip', weight: 2, parts: ['ip', 'port', 'ip'] },
  { type: 'hash:ip,port,net', weight: 2, parts: ['ip', 'port', 'net'] },
  { type: 'hash:net,port', weight: 3, parts: ['net', 'port'] },
  { type: 'hash:net,iface', weight: 3, parts: ['net', 'iface'] },
  { type: 'hash:net,net', weight: 2, parts: ['net', 'net'], kernel: 'ip_set_hash_netnet' },
  { type: 'hash:net,port,net', weight: 2, parts: ['net', 'port', 'net'], kernel: 'ip_set_hash_netportnet' },
  { type: 'hash:ip,mark', weight: 2, parts: ['ip', 'mark'], kernel: 'ip_set_hash_ipmark' },
  { type: 'hash:mac', weight: 1, parts: ['mac'], kernel: 'ip_set_hash_mac' },
  { type: 'hash:ip,mac', weight: 1, parts: ['ip', 'mac'], kernel: 'ip_set_hash_ipmac' },
  { type: 'bitmap:ip', weight: 2, parts: ['ip'] },
  { type: 'bitmap:ip,mac', weight: 2, parts: ['ip', 'mac'] },
  { type: 'bitmap:port', weight: 3, parts: ['port'] },
];

function part(kind: Part, bitmap: boolean, rng: Rng, words: Words): string {
  switch (kind) {
    case 'ip':
      return rng.pick(bitmap ? words.addresses.filter((a) => a.startsWith(BITMAP_NET)) : words.addresses);
    case 'net': {
      const net = rng.pick(words.nets.filter((n) => !n.endsWith('/0')));
      return net.endsWith('/32') ? net.slice(0, -3) : net;
    }
    case 'port': {
      const port = rng.pick(words.ports);
      if (bitmap) return String(port);
      return rng.weighted([[5, `tcp:${port}`], [3, `udp:${port}`], [1, `sctp:${port}`], [1, rng.pick(['icmp:echo-request', 'icmp:echo-reply', 'icmp:port-unreachable'])]] as const);
    }
    case 'mac':
      return rng.pick(words.macs).toUpperCase();
    case 'iface':
      return rng.pick(words.devices.filter((d) => !d.endsWith('+')));
    case 'mark':
      return `0x${rng.pick(words.marks).toString(16).padStart(8, '0')}`;
  }
}

const BITMAP_NET = '10.';

function drawSet(name: string, kind: SetKind, rng: Rng, words: Words): SetDraft {
  const bitmap = kind.type.startsWith('bitmap:');
  const range = kind.type === 'bitmap:port' ? ' range 0-65535' : bitmap ? ` range ${rng.pick(BITMAP_RANGES)}` : kind.parts.every((p) => p === 'mac') ? '' : ' family inet';
  const size = bitmap ? '' : ' hashsize 1024 maxelem 65536';
  const timeout = rng.chance(0.1);
  const counters = rng.chance(0.1);
  const inRange = (text: string): boolean => !bitmap || kind.type === 'bitmap:port' || range.includes('10.0.0.0') || text.startsWith(range.includes('10.1.') ? '10.1.' : '10.2.');
  const drawn = Array.from({ length: 1 + rng.int(4) }, () => kind.parts.map((p) => part(p, bitmap, rng, words)).join(',')).filter(inRange);
  const nets = kind.parts.includes('net');
  const keys = [...new Set(kind.type === 'bitmap:ip,mac' ? new Map(drawn.map((d) => [d.split(',')[0], d] as const)).values() : drawn)];
  const members = keys.map((m) => `${m}${timeout && rng.chance(0.5) ? ' timeout 3000' : ''}${counters ? ' packets 0 bytes 0' : ''}${nets && rng.chance(0.15) ? ' nomatch' : ''}`);
  return { name, type: kind.type, dimension: kind.parts.length, text: `create ${name} ${kind.type}${range}${size}${timeout ? ' timeout 0' : ''}${counters ? ' counters' : ''}`, members, covers: [`set:${kind.type}`], ...(kind.kernel === undefined ? {} : { kernel: kind.kernel }) };
}

const BITMAP_RANGES: readonly string[] = ['10.1.0.0-10.1.255.255', '10.2.0.0-10.2.255.255'];

/** Up to three sets, and perhaps a list of them. */
export function drawSets(rng: Rng, words: Words): readonly SetDraft[] {
  const kinds = KINDS.filter((k) => k.kernel === undefined || !words.lacks(k.kernel));
  const sets = Array.from({ length: 1 + rng.int(3) }, (_, i) => drawSet(`s${i}`, rng.weighted(kinds.map((k) => [k.weight, k] as const)), rng, words));
  if (!rng.chance(0.2)) return sets;
  const contains = rng.some(sets, 1, 3);
  const dimension = Math.max(...contains.map((s) => s.dimension));
  return [...sets, { name: 'l0', type: 'list:set', dimension, text: 'create l0 list:set size 8', members: contains.map((s) => s.name), contains: contains.map((s) => s.name), covers: ['set:list:set'] }];
}
