import type { Piece, RouteDraft, SpaceDraft } from './draft.ts';
import type { Rng } from './rng.ts';
import type { Space } from './shape.ts';
import type { Words } from './words.ts';

const plain = (net: string): string => (net.endsWith('/32') ? net.slice(0, -3) : net === '0.0.0.0/0' ? 'default' : net);

/** One route: of a type that ends the way, or through a neighbour; in the main table or one that rules lead to. */
function drawRoute(rng: Rng, words: Words, space: Space, table: string): RouteDraft {
  const net = plain(rng.pick(words.nets));
  const more = table === 'main' ? '' : ` table ${table}`;
  const type = rng.weighted([[6, 'unicast'], [1, 'blackhole'], [1, 'unreachable'], [1, 'prohibit'], [table === 'main' ? 0.3 : 1, 'throw']] as const);
  if (type !== 'unicast') return { text: `${type} ${net}${more}`, covers: [`route:${type}`] };
  // Not to a neighbour that nobody is: questions that nobody answers part in their order (KNOWN.md), and have written cases.
  const gateways = space.nexthops.filter((h) => h.via !== undefined);
  if (gateways.length > 1 && rng.chance(0.2)) return drawShared(rng, `${net}${more}`, gateways);
  if (gateways.length > 0 && rng.chance(0.15)) return drawByObject(rng, net, more, gateways);
  const hop = rng.pick(gateways.length > 0 ? gateways : space.nexthops);
  const mtu = rng.chance(0.15) ? ` mtu ${rng.pick([1400, 1000, 576])}` : '';
  const metric = rng.chance(0.1) ? ` metric ${rng.pick([10, 100])}` : '';
  const scope = hop.via === undefined ? ' scope link' : '';
  const src = rng.chance(0.15) && space.own.length > 0 ? ` src ${rng.pick(space.own)}` : '';
  return { text: `${net}${hop.via === undefined ? '' : ` via ${hop.via}`} dev ${hop.dev}${more}${scope}${src}${metric}${mtu}`, covers: ['route:unicast', ...(mtu ? ['route:mtu'] : []), ...(src ? ['route:src'] : []), ...(metric ? ['route:metric'] : [])] };
}

type Gateways = Space['nexthops'];
const hopText = ({ dev, via }: Gateways[number], weight: number): string => `\tnexthop via ${via ?? ''} dev ${dev} weight ${weight}`;

/** Several next hops: which one a flow takes is a choice. */
function drawShared(rng: Rng, head: string, gateways: Gateways): RouteDraft {
  const hops = gateways.map((g) => hopText(g, rng.pick([1, 1, 2])));
  return { text: [`${head} proto static`, ...hops].join('\n'), covers: ['route:multipath'] };
}

/** A route that says where by a nexthop object: one gateway, a group of them, or a blackhole. */
function drawByObject(rng: Rng, net: string, table: string, gateways: Gateways): RouteDraft {
  const objects = gateways.map(({ dev, via }, i) => ({ id: i + 1, dev, via, text: `id ${i + 1} via ${via ?? ''} dev ${dev} scope link` }));
  const kind = rng.weighted([[4, 'one'], [gateways.length > 1 ? 2 : 0, 'group'], [1, 'blackhole']] as const);
  if (kind === 'blackhole') return { text: `blackhole ${net} nhid 8${table}`, covers: ['route:nexthop-blackhole'], objects: ['id 8 blackhole'] };
  if (kind === 'one') {
    const object = rng.pick(objects);
    return { text: `${net} nhid ${object.id} via ${object.via ?? ''} dev ${object.dev}${table}`, covers: ['route:nexthop-object'], objects: [object.text] };
  }
  const hops = gateways.map((g) => hopText(g, 1));
  return { text: [`${net} nhid 9${table} proto static`, ...hops].join('\n'), covers: ['route:nexthop-group'], objects: [...objects.map((o) => o.text), `id 9 group ${objects.map((o) => o.id).join('/')}`] };
}

const range = (rng: Rng, words: Words): string => String(rng.pick(words.ports));

/** One policy rule with a priority of its own. */
function drawPolicy(rng: Rng, words: Words, space: Space, priority: number): Piece {
  const selectors: readonly (() => readonly [string, string])[] = [
    () => [`from ${plain(rng.pick(words.nets)).replace('default', 'all')}`, 'from'],
    () => [`from all to ${plain(rng.pick(words.nets)).replace('default', '0.0.0.0/0')}`, 'to'],
    () => [`from all fwmark ${rng.pick(['0x1', '0x2', '0x10', '0x1/0xff', '0x0/0x1'])}`, 'fwmark'],
    () => [`from all iif ${rng.pick([...space.devices, 'lo'])}`, 'iif'],
    () => [`from all ipproto ${rng.pick(['tcp', 'udp', 'icmp'])}`, 'ipproto'],
    () => [`from all ipproto ${rng.pick(['tcp', 'udp'])} dport ${range(rng, words)}`, 'dport'],
    () => [`from all ipproto ${rng.pick(['tcp', 'udp'])} sport ${range(rng, words)}`, 'sport'],
  ];
  const [selector, about] = rng.pick(selectors)();
  const action = rng.weighted([
    [8, 'lookup 100'],
    [2, 'lookup 101'],
    [2, 'lookup main suppress_prefixlength 0'],
    [1, 'lookup main'],
    [1, 'goto 32766'],
    [0.5, 'blackhole'],
    [0.5, 'unreachable'],
    [0.5, 'prohibit'],
  ] as const);
  return { text: `${priority}:\t${rng.chance(0.08) && selector !== 'from all' ? 'not ' : ''}${selector} ${action}`, covers: [`rule:${about}`, `rule:${action.split(' ')[0] === 'lookup' ? (action.includes('suppress') ? 'suppress_prefixlength' : 'lookup') : action.split(' ')[0]}`] };
}

/** Routes, and rules that lead to tables of their own. */
export function drawRouting(rng: Rng, words: Words, space: Space): Pick<SpaceDraft, 'routes' | 'rules'> {
  const priorities = rng.some([50, 90, 100, 110, 200, 300], 0, rng.chance(0.5) ? 0 : 3);
  const rules = priorities.map((p) => drawPolicy(rng, words, space, p));
  const tables = [...(rng.chance(0.5) ? ['main'] : []), ...(rules.length > 0 ? ['100', '100', '101'] : [])];
  const routes = tables.map((t) => drawRoute(rng, words, space, t));
  // One prefix once in a table: a second one would need a metric of its own.
  const key = (r: Piece): string => `${/^(?:\w+ )??(\S+)(?= |$)/.exec(r.text.replace(/^(?:blackhole|unreachable|prohibit|throw) /, ''))?.[1]} ${/table \S+/.exec(r.text)?.[0] ?? 'main'}`;
  const taken = new Set(space.connected.map((c) => `${c} main`));
  return { rules, routes: routes.filter((r) => !taken.has(key(r)) && taken.add(key(r))) };
}

const DEVICE_SYSCTLS: readonly (readonly [number, string, readonly number[]])[] = [
  [4, 'rp_filter', [1, 2, 0]],
  [1, 'accept_local', [1]],
  [2, 'route_localnet', [1]],
  [2, 'send_redirects', [0]],
  [1, 'forwarding', [0]],
  [1, 'src_valid_mark', [1]],
];

/** Those that decide who asks and answers for addresses. */
const ARP_SYSCTLS: typeof DEVICE_SYSCTLS = [
  [3, 'arp_ignore', [1, 2, 3, 8]],
  [2, 'arp_announce', [1, 2]],
  [2, 'arp_filter', [1]],
  [2, 'proxy_arp', [1]],
];

/** Sysctls, by device or for all. */
export function drawSysctls(rng: Rng, space: Space, asking: boolean): readonly Piece[] {
  const drawn = new Map<string, Piece>();
  for (let n = rng.weighted([[asking ? 1 : 4, 0], [2, 1], [1, 2]]); n > 0; n--) {
    const [name, values] = rng.weighted((asking && rng.chance(0.6) ? ARP_SYSCTLS : DEVICE_SYSCTLS).map(([w, name, values]) => [w, [name, values] as const] as const));
    const key = `net.ipv4.conf.${rng.pick(['all', ...space.devices])}.${name}`;
    // A proxy answers at once: how long it waits is drawn.
    const delay = name === 'proxy_arp' ? space.devices.map((d) => `\nnet.ipv4.neigh.${d}.proxy_delay = 0`).join('') : '';
    drawn.set(key, { text: `${key} = ${rng.pick(values)}${delay}`, covers: [`sysctl:${name}`] });
  }
  if (rng.chance(0.05)) drawn.set('ttl', { text: `net.ipv4.ip_default_ttl = ${rng.pick([2, 30, 255])}`, covers: ['sysctl:ip_default_ttl'] });
  return [...drawn.values()];
}
