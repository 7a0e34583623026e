import ipaddr from 'ipaddr.js';
import * as v from 'valibot';
import type { Choices, Probe, ProbeSource } from '../engine/probe.ts';
import { type Ip4, parseIp4 } from '../packet/address.ts';
import { PROTO_ICMP, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../packet/packet.ts';
import { readDestination, readSource } from '../share/probeWords.ts';
import { findHost, findLink, findNetns, ownersOf } from '../world/lookup.ts';
import type { Host, World } from '../world/world.ts';

/** A probe of HEADLESS.md, ready for the engine. */
export interface ReadProbe {
  readonly id: string | number | undefined;
  readonly probe: Probe;
  readonly choices: Choices;
}

export type ProbeReading = { readonly ok: true; readonly value: ReadProbe } | { readonly ok: false; readonly id: string | number | undefined; readonly error: string };

const PROTO_ICMPV6 = 58;
const PROTOS = { tcp: PROTO_TCP, udp: PROTO_UDP, sctp: PROTO_SCTP, icmp: PROTO_ICMP, icmpv6: PROTO_ICMPV6 } as const;

const whole = (min: number, max: number) => v.pipe(v.number(), v.integer('not a whole number'), v.minValue(min, `less than ${min}`), v.maxValue(max, `more than ${max}`));
const port = whole(0, 65_535);
/** IPv6 is read, so that the answer can say that it is not walked. */
const ipText = v.pipe(
  v.string(),
  v.check((s) => parseIp4(s) !== undefined || ipaddr.IPv6.isValid(s), 'not an address'),
);
const word = v.pipe(v.string(), v.minLength(1, 'empty'), v.maxLength(1_024, 'too long'));

/** Protocols whose packets are for a port. */
const PORTED: ReadonlySet<number> = new Set([PROTO_TCP, PROTO_UDP, PROTO_SCTP]);

/** More does not fit into one IPv4 packet behind a UDP or ICMP header. */
const MAX_DATAGRAM = 65_507;
const MAX_STREAM = 1_048_576;
const MAX_COUNT = 100;

const probeSchema = v.strictObject({
  id: v.optional(v.union([v.pipe(v.string(), v.maxLength(1_024, 'too long')), v.number()], 'not a string or number')),
  from: v.union(
    [v.strictObject({ host: word, netns: v.optional(v.nullable(word)) }), v.strictObject({ outside: ipText, via: v.optional(word), dev: v.optional(word) })],
    'neither {"host","netns"?} nor {"outside","via"?,"dev"?} with an address',
  ),
  dst: word,
  proto: v.optional(v.union([v.picklist(['tcp', 'udp', 'sctp', 'icmp', 'icmpv6']), whole(0, 255)], 'not tcp, udp, sctp, icmp, icmpv6 or a protocol number'), 'tcp'),
  src: v.optional(ipText),
  sport: v.optional(port),
  dport: v.optional(port),
  size: v.optional(whole(0, MAX_STREAM)),
  df: v.optional(v.boolean()),
  ttl: v.optional(whole(1, 255)),
  tos: v.optional(whole(0, 255)),
  mark: v.optional(whole(0, 0xffffffff)),
  reply: v.optional(v.boolean()),
  count: v.optional(whole(1, MAX_COUNT)),
  choices: v.optional(v.record(v.string(), whole(0, 65_535))),
});

/** A probe as HEADLESS.md writes it. */
export type ProbeJson = v.InferOutput<typeof probeSchema>;

/** Reads a probe from a line of JSON against the world that it is for. Never throws. */
export function readProbeText(world: World, json: string): ProbeReading {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch (error) {
    return { ok: false, id: undefined, error: `not JSON: ${error instanceof Error ? error.message : ''}` };
  }
  return readProbe(world, data);
}

/** Reads a probe, already parsed as JSON. Names become addresses; `error` says what is wrong in words. */
export function readProbe(world: World, data: unknown): ProbeReading {
  const id = idOf(data);
  const read = v.safeParse(probeSchema, data);
  if (!read.success) {
    const [issue] = read.issues;
    const path = v.getDotPath(issue);
    return { ok: false, id, error: path === null ? issue.message : `${path}: ${issue.message}` };
  }
  const resolved = resolve(world, read.output);
  return typeof resolved === 'string' ? { ok: false, id, error: resolved } : { ok: true, value: { id, probe: resolved, choices: read.output.choices ?? {} } };
}

function idOf(data: unknown): string | number | undefined {
  const id = typeof data === 'object' && data !== null && 'id' in data ? data.id : undefined;
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}

/** The engine's probe, or what is wrong with the JSON's. */
function resolve(world: World, json: ProbeJson): Probe | string {
  const to = readDestination(world, json.dst);
  if (!to.ok) return `dst: ${json.dst} is no address, and no service or pod here (svc/NAMESPACE/NAME, pod/NAMESPACE/NAME)`;
  if (to.value.port !== undefined && json.dst.endsWith(`:${to.value.port}`)) return `dst: ${json.dst} has a port, which belongs into "dport"`;
  const dst = to.value.ip;
  const proto = typeof json.proto === 'number' ? json.proto : PROTOS[json.proto];
  const dport = json.dport ?? (PORTED.has(proto) ? to.value.port : undefined);
  if (PORTED.has(proto) && dport === undefined) return 'dport: missing';
  if (proto !== PROTO_TCP && (json.size ?? 0) > MAX_DATAGRAM) return `size: more than ${MAX_DATAGRAM}`;
  const from = sourceOf(world, json.from, dst);
  if (typeof from === 'string') return from;
  if (typeof dst === 'number' && json.src !== undefined && parseIp4(json.src) === undefined) return `src: ${json.src} is no IPv4 address, but dst is one`;
  const given = {
    src: json.src === undefined ? from.src : parseIp4(json.src),
    dport,
    sport: json.sport,
    size: json.size,
    df: json.df,
    ttl: json.ttl,
    tos: json.tos,
    mark: json.mark,
    reply: json.reply,
    count: json.count,
  };
  return { from: from.from, dst, proto, ...withoutUndefined(given) };
}

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** The same without the keys whose value is undefined. */
const withoutUndefined = <T extends object>(value: T): Given<T> => Object.fromEntries(Object.entries(value).filter(([, x]) => x !== undefined)) as Given<T>;

interface Source {
  readonly from: ProbeSource;
  /** The address that the probe must come from, when it names one. */
  readonly src?: Ip4;
}

/** Where the probe starts, or what is wrong with `from`. */
function sourceOf(world: World, from: ProbeJson['from'], dst: Ip4 | string): Source | string {
  if ('host' in from) {
    const host = findHost(world, from.host);
    if (!host) return `from.host: there is no ${from.host} (there are: ${listed(world.hosts.map((h) => h.name))})`;
    const netns = from.netns ?? null;
    if (findNetns(world, host.name, netns)) return { from: { kind: 'netns', host: host.name, netns } };
    // A pod on the host network has no namespace of its own.
    if (world.names.pods.some((p) => p.name === netns && p.hostNetwork && p.node === host.name)) return { from: { kind: 'netns', host: host.name, netns: null } };
    return `from.netns: ${host.name} has no namespace ${netns ?? ''} (it has: ${listed(host.netns.flatMap((n) => n.name ?? []))})`;
  }
  const ip = parseIp4(from.outside);
  if (ip === undefined || typeof dst === 'string') return outsideIpv6(world, from.outside, from.via, dst);
  const [owner] = ownersOf(world, ip);
  if (owner) return { from: { kind: 'netns', host: owner.host.name, netns: owner.netns.name }, src: ip };
  if (from.via !== undefined && !findHost(world, from.via)) return `from.via: there is no ${from.via} (there are: ${listed(world.hosts.map((h) => h.name))})`;
  return entry(world, from.outside, ip, dst, from.via, from.dev);
}

/** Where the packet of a client that no dump describes comes in. */
function entry(world: World, text: string, ip: Ip4, dst: Ip4, via: string | undefined, dev: string | undefined): Source | string {
  const host = via === undefined ? undefined : findHost(world, via);
  if (host && dev !== undefined) return onDevice(host, ip, dev);
  // With one machine in sight the search for the way back to the client can only end there.
  const found = readSource(host ? { ...world, hosts: [{ ...host, role: 'machine' }] } : world, text, undefined, dst);
  if (!found.ok || found.value.kind !== 'outside') return host ? `from: ${host.name} has no route back to ${text}; give "dev"` : `from: nothing described leads ${text} in; give "via" (and "dev")`;
  const at = findHost(world, found.value.host);
  return dev !== undefined && at ? onDevice(at, ip, dev) : { from: found.value };
}

function onDevice(host: Host, ip: Ip4, dev: string): Source | string {
  const own = host.netns[0];
  if (own && findLink(own, dev)) return { from: { kind: 'outside', ip, host: host.name, dev } };
  return `from.dev: ${host.name} has no device ${dev} (it has: ${listed(own?.links.map((l) => l.name) ?? [])})`;
}

/** IPv6 is not walked: such a probe starts anywhere and ends in `unknown` at once. Both ends must be of one family. */
function outsideIpv6(world: World, outside: string, via: string | undefined, dst: Ip4 | string): Source | string {
  if (parseIp4(outside) !== undefined || typeof dst === 'number') return `from.outside: ${outside} and dst are of different address families`;
  const host = (via === undefined ? undefined : findHost(world, via)) ?? world.hosts[0];
  return host ? { from: { kind: 'netns', host: host.name, netns: null } } : 'from: the input describes no machine';
}

const listed = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.length > 8 ? `${names.slice(0, 8).join(', ')}, …` : names.join(', '));
