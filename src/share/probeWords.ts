import { formatIp4, inPrefix, parseIp4, type Ip4 } from '../packet/address.ts';
import { PROTO_ICMP, PROTO_TCP, PROTO_UDP } from '../packet/packet.ts';
import type { Probe, ProbeSource } from '../engine/probe.ts';
import { findHost, findNetns, findLink, ownersOf } from '../world/lookup.ts';
import type { NamedPod, NamedService, Netns, Route, World } from '../world/world.ts';
import type { LinkProto } from './link.ts';

/** The probe as a person says it: in the link, in the probe bar, in what is typed. */
export interface ProbeWords {
  /** `host`, `host/netns`, `pod/namespace/name`, the unique name of a pod, or an outside address. */
  readonly from: string;
  /** `host/dev`, for an outside address only. */
  readonly via: string | undefined;
  /** `address`, `address:port`, `svc/namespace/name[:port]`, `pod/namespace/name[:port]`, or the unique name of either. */
  readonly to: string;
  readonly proto: LinkProto;
  readonly sport: number | undefined;
  readonly size: number | undefined;
}

export type WordProblemCode = 'empty' | 'unknown-source' | 'ambiguous' | 'bad-address' | 'bad-port' | 'missing-port' | 'unknown-name' | 'no-entry' | 'unknown-via' | 'bad-number';

/** Which word is wrong, and its text; `offers`: what would be right instead, at most five. */
export interface WordProblem {
  readonly field: 'from' | 'via' | 'to' | 'sport' | 'size';
  readonly code: WordProblemCode;
  readonly text: string;
  readonly offers: readonly string[];
}

export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: WordProblem };

const PROTO_NUMBERS: Readonly<Record<LinkProto, number>> = { tcp: PROTO_TCP, udp: PROTO_UDP, icmp: PROTO_ICMP };

const good = <T>(value: T): Read<T> => ({ ok: true, value });
const bad = (field: WordProblem['field'], code: WordProblemCode, text: string, offers: readonly string[] = []): Read<never> => ({ ok: false, problem: { field, code, text, offers: offers.slice(0, 5) } });

/** The names that are like the typed one, first the same pod on another machine; else the first ones. */
function near(all: readonly string[], typed: string): readonly string[] {
  const wanted = typed.toLowerCase();
  const moved = wanted.includes('/') ? all.filter((name) => name.toLowerCase().endsWith(wanted.slice(wanted.lastIndexOf('/')))) : [];
  const close = all.filter((name) => wanted.length > 1 && (name.toLowerCase().includes(wanted) || wanted.includes(name.toLowerCase())));
  return close.length > 0 || moved.length > 0 ? [...new Set([...moved, ...close])] : all;
}

/** Every place a packet can start at, as a word: `host`, `host/netns`. */
export const sourceWords = (world: World): readonly string[] =>
  world.hosts.flatMap((host) => host.netns.map((netns) => (netns.name === null ? host.name : `${host.name}/${netns.name}`)));

/** The namespace that a source word names. */
function readNetns(world: World, word: string): Read<ProbeSource> | undefined {
  const slash = word.indexOf('/');
  const host = slash < 0 ? word : word.slice(0, slash);
  if (findNetns(world, host, slash < 0 ? null : word.slice(slash + 1))) return good({ kind: 'netns', host, netns: slash < 0 ? null : word.slice(slash + 1) });
  const pod = /^pod\/([^/]+)\/([^/]+)$/.exec(word);
  const wanted = pod?.[2] ?? word;
  const homes = world.hosts.flatMap((h) => h.netns.filter((n) => n.name === wanted).map((n) => ({ kind: 'netns' as const, host: h.name, netns: n.name })));
  if (homes.length > 1) return bad('from', 'ambiguous', word, homes.map((h) => `${h.host}/${h.netns ?? ''}`));
  return homes[0] ? good(homes[0]) : undefined;
}

/** Where the packet of a source word starts. An outside address that a described machine owns is that machine. */
export function readSource(world: World, word: string, via: string | undefined, dst: Ip4 | undefined): Read<ProbeSource> {
  const text = word.trim();
  if (text === '') return bad('from', 'empty', text, sourceWords(world));
  const netns = readNetns(world, text);
  if (netns) return netns;
  const ip = parseIp4(text);
  if (ip === undefined) return bad('from', /^[\d.]+$/.test(text) ? 'bad-address' : 'unknown-source', text, near(sourceWords(world), text));
  const owner = ownersOf(world, ip)[0];
  if (owner) return good({ kind: 'netns', host: owner.host.name, netns: owner.netns.name });
  if (via !== undefined) {
    const [host = '', dev = '', ...rest] = via.split('/');
    const at = findNetns(world, host, null);
    return at && rest.length === 0 && findLink(at, dev) ? good({ kind: 'outside', ip, host, dev }) : bad('via', 'unknown-via', via, entries(world));
  }
  const entry = entryOf(world, ip, dst);
  return entry ? good({ kind: 'outside', ip, ...entry }) : bad('from', 'no-entry', text, entries(world));
}

const physical = (netns: Netns) => netns.links.filter((l) => l.kind === 'nic');
const entries = (world: World): readonly string[] => world.hosts.flatMap((h) => h.netns.slice(0, 1).flatMap((n) => physical(n).map((l) => `${h.name}/${l.name}`)));

/** The longest prefix among the unicast routes of table main. */
function mainRoute(netns: Netns, ip: Ip4): Route | undefined {
  return netns.routes
    .filter((r) => r.table === 'main' && r.type === 'unicast' && inPrefix(ip, r.dst.ip, r.dst.prefixLen))
    .reduce<Route | undefined>((best, r) => (best && (best.dst.prefixLen > r.dst.prefixLen || (best.dst.prefixLen === r.dst.prefixLen && best.metric <= r.metric)) ? best : r), undefined);
}

/**
 * Where the packet of an undescribed client enters: at a described router that knows the way back to it; else at the machine to which
 * a router sends the destination; else at one whose program answers ARP for it, or that owns it; else at any machine with a route back. The device is the one of that route.
 */
function entryOf(world: World, ip: Ip4, dst: Ip4 | undefined): { readonly host: string; readonly dev: string } | undefined {
  const routers = world.hosts.filter((h) => h.role === 'router');
  const nexthops = dst === undefined ? [] : routers.flatMap((r) => r.netns.slice(0, 1).flatMap((n) => mainRoute(n, dst)?.nexthops.flatMap((hop) => hop.via ?? []) ?? []));
  const speakers = world.hosts.filter((h) => h.netns.some((n) => n.arpPrograms?.some((p) => p.ip === dst)));
  const owners = dst === undefined ? [] : ownersOf(world, dst).map((o) => o.host);
  const order = [...routers, ...nexthops.flatMap((hop) => ownersOf(world, hop).map((o) => o.host)), ...speakers, ...owners, ...world.hosts.filter((h) => h.role !== 'client')];
  for (const host of order) {
    const own = host.netns[0];
    const dev = own && mainRoute(own, ip)?.nexthops.find((n) => !n.dead)?.dev;
    if (own && dev !== undefined && physical(own).some((l) => l.name === dev)) return { host: host.name, dev };
  }
  return undefined;
}

export interface Destination {
  readonly ip: Ip4 | string;
  readonly port: number | undefined;
}

const isNamed = (name: string, namespace: string | undefined) => (thing: NamedPod | NamedService) => thing.name === name && (namespace === undefined || thing.namespace === namespace);

/** Address and port of a destination word; a service's port defaults to its first. */
export function readDestination(world: World, word: string): Read<Destination> {
  const text = word.trim();
  if (text === '') return bad('to', 'empty', text);
  const v6 = /^\[([0-9a-f:.]+)\](?::(\d+))?$/i.exec(text) ?? /^([0-9a-f]*:[0-9a-f:.]*:[0-9a-f.]*)$/i.exec(text);
  const colon = text.lastIndexOf(':');
  const name = v6?.[1] ?? (colon < 0 ? text : text.slice(0, colon));
  const portText = v6 ? v6[2] : colon < 0 ? undefined : text.slice(colon + 1);
  const port = portText === undefined ? undefined : readPort(portText);
  if (portText !== undefined && port === undefined) return bad('to', 'bad-port', portText);
  if (v6) return good({ ip: name, port });
  const ip = parseIp4(name);
  if (ip !== undefined) return good({ ip, port });
  if (/^[\d.]+$/.test(name)) return bad('to', 'bad-address', name);
  const full = /^(svc|pod)\/([^/]+)\/([^/]+)$/.exec(name);
  const { services, pods } = world.names;
  const service = full?.[1] === 'pod' ? undefined : services.find(isNamed(full?.[3] ?? name, full?.[2]));
  const serviceIp = service?.clusterIps[0];
  if (service && serviceIp !== undefined) return good({ ip: serviceIp, port: port ?? service.ports[0]?.port });
  const pod = full?.[1] === 'svc' ? undefined : pods.find(isNamed(full?.[3] ?? name, full?.[2]));
  const podIp = pod?.ips[0];
  if (podIp !== undefined) return good({ ip: podIp, port });
  const host = findHost(world, name);
  const hostIp = host?.netns[0]?.links.find((l) => l.kind === 'nic' && l.addresses.length > 0)?.addresses[0]?.ip;
  if (hostIp !== undefined) return good({ ip: hostIp, port });
  return bad('to', 'unknown-name', name, near([...services.map((s) => `svc/${s.namespace}/${s.name}`), ...pods.map((p) => `pod/${p.namespace}/${p.name}`)], name));
}

/** 1..65535; undefined for anything else. */
export function readPort(text: string): number | undefined {
  if (!/^\d{1,5}$/.test(text.trim())) return undefined;
  const port = Number(text);
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** The destination as the link says it: names become addresses, so that a link stays true when names move. */
export const destinationWord = (to: Destination): string => {
  const ip = typeof to.ip === 'number' ? formatIp4(to.ip) : to.ip;
  return to.port === undefined ? ip : typeof to.ip === 'number' ? `${ip}:${to.port}` : `[${ip}]:${to.port}`;
};

/** The engine's probe for these words in this world, or what is wrong with them. */
export function readProbe(world: World, words: ProbeWords): Read<Probe> {
  const to = readDestination(world, words.to);
  if (!to.ok) return to;
  if (words.proto !== 'icmp' && to.value.port === undefined) return bad('to', 'missing-port', words.to);
  const from = readSource(world, words.from, words.via, typeof to.value.ip === 'number' ? to.value.ip : undefined);
  if (!from.ok) return from;
  return good({
    from: from.value,
    dst: to.value.ip,
    proto: PROTO_NUMBERS[words.proto],
    ...(words.proto !== 'icmp' && to.value.port !== undefined ? { dport: to.value.port } : {}),
    ...(words.proto !== 'icmp' && words.sport !== undefined ? { sport: words.sport } : {}),
    ...(words.size === undefined ? {} : { size: words.size }),
  });
}
