import * as v from 'valibot';
import { SET_TYPES } from '../world/ipset.ts';
import type { World } from '../world/world.ts';
import { extensionMatch } from './matchesJson.ts';
import { datapathFlow, ovsBridge, ovsRecord } from './openflowJson.ts';
import { ovnNetwork } from './ovnJson.ts';

/*
 * The shape of a World as `world` prints it. JSON has no `undefined`: what is absent is undefined. Unknown keys are dropped.
 * Lists are as long as they are; the reader bounds the text.
 */

/** A value that is left out when it is undefined. */
const maybe = <T extends v.GenericSchema>(schema: T) => v.optional(schema);

const ip4 = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff));
const u32 = ip4;
const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff));
const proto = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xff));
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff));
const prefixLen = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(32));
const text = v.string();
const texts = v.array(text);
const source = maybe(v.object({ input: text, line: v.pipe(v.number(), v.integer(), v.minValue(0)) }));
const prefix = v.object({ ip: ip4, prefixLen });
const range = v.object({ from: port, to: port });
const deviceRef = v.object({ host: text, netns: v.nullable(text), dev: text });

const address = v.object({
  ip: ip4,
  prefixLen,
  broadcast: maybe(ip4),
  peer: maybe(ip4),
  scope: v.picklist(['global', 'site', 'link', 'host']),
  secondary: v.boolean(),
  source,
  extra: maybe(v.object({ words: texts, lifetime: maybe(text) })),
});

const inherit = v.union([v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)), v.literal('inherit')]);

const tag = v.picklist(['802.1Q', '802.1ad']);
const vid = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(4095));
const flags = <K extends string>(...names: readonly K[]) => Object.fromEntries(names.map((n) => [n, v.boolean()])) as Record<K, v.BooleanSchema<undefined>>;
const ipTunnel = { local: maybe(ip4), remote: maybe(ip4), dev: maybe(text), ttl: inherit, tos: inherit, pmtudisc: v.boolean(), fwmark: u32, unknown: texts };
const udpTunnel = { vni: u32, remote: maybe(ip4), ttl: v.union([inherit, v.literal('auto')]), tos: inherit, df: v.picklist(['unset', 'set', 'inherit']), dstport: port, unknown: texts };
const flag = v.boolean();
const tunnel = v.variant('kind', [
  v.object({ kind: v.literal('ipip'), ...ipTunnel }),
  v.object({ kind: v.picklist(['gre', 'gretap']), ...ipTunnel, ikey: maybe(u32), okey: maybe(u32), iseq: flag, oseq: flag, icsum: flag, ocsum: flag, ignoreDf: flag }),
  v.object({ kind: v.literal('vxlan'), ...udpTunnel, local: maybe(ip4), dev: maybe(text), srcport: range, learning: flag, proxy: flag, rsc: flag, l2miss: flag, l3miss: flag }),
  v.object({ kind: v.literal('geneve'), ...udpTunnel }),
]);

const link = v.object({
  ifindex: count,
  name: text,
  kind: v.picklist(['loopback', 'nic', 'veth', 'dummy', 'ipip', 'gre', 'gretap', 'vxlan', 'geneve', 'bridge', 'vlan', 'macvlan', 'tap', 'openvswitch', 'unknown']),
  kindText: text,
  mtu: count,
  flags: texts,
  mac: maybe(v.pipe(text, v.regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/))),
  peer: maybe(text),
  linkNetnsid: maybe(v.number()),
  linkNetns: maybe(text),
  master: maybe(text),
  tunnel: maybe(tunnel),
  addresses: v.array(address),
  source,
  veth: maybe(deviceRef),
  lower: maybe(deviceRef),
  vf: maybe(v.object({ pf: deviceRef, index: count })),
  bridge: maybe(v.object({ vlanFiltering: v.boolean(), vlanProtocol: tag, stp: v.boolean(), callIptables: v.boolean() })),
  port: maybe(v.object({ state: v.picklist(['disabled', 'listening', 'learning', 'forwarding', 'blocking']), ...flags('hairpin', 'learning', 'flood', 'mcastFlood', 'bcastFlood', 'isolated', 'neighSuppress', 'proxyArp', 'proxyArpWifi', 'locked', 'vlanTunnel'), number: maybe(count) })),
  vlans: maybe(v.array(v.object({ vid, to: vid, pvid: v.boolean(), untagged: v.boolean() }))),
  vlan: maybe(v.object({ id: vid, protocol: tag })),
  macvlan: maybe(v.picklist(['private', 'vepa', 'bridge', 'passthru', 'source'])),
  extra: maybe(v.object({ head: texts, linkType: text, linkAddress: texts, details: maybe(text), kindDetails: maybe(text), tunnelText: maybe(text), lines: texts })),
});

const policyRule = v.object({
  priority: u32,
  not: v.boolean(),
  from: maybe(prefix),
  to: maybe(prefix),
  iif: maybe(text),
  oif: maybe(text),
  fwmark: maybe(v.object({ value: u32, mask: u32 })),
  tos: maybe(v.number()),
  ipproto: maybe(proto),
  sport: maybe(range),
  dport: maybe(range),
  uids: maybe(v.object({ from: u32, to: u32 })),
  action: v.variant('kind', [
    v.object({ kind: v.literal('lookup'), table: text, suppressPrefixLength: maybe(v.number()) }),
    v.object({ kind: v.literal('goto'), priority: u32 }),
    v.object({ kind: v.picklist(['nop', 'blackhole', 'unreachable', 'prohibit']) }),
  ]),
  unknown: texts,
  source,
  extra: maybe(texts),
});

const route = v.object({
  type: v.picklist(['unicast', 'local', 'broadcast', 'multicast', 'blackhole', 'unreachable', 'prohibit', 'throw', 'anycast']),
  dst: prefix,
  table: text,
  nexthops: v.array(v.object({ via: maybe(ip4), dev: maybe(text), weight: v.pipe(v.number(), v.minValue(1), v.maxValue(256)), onlink: v.boolean(), dead: v.boolean(), linkdown: maybe(v.literal(true)) })),
  proto: maybe(text),
  scope: maybe(text),
  src: maybe(ip4),
  metric: u32,
  mtu: maybe(count),
  mtuLocked: maybe(v.literal(true)),
  advmss: maybe(count),
  hoplimit: maybe(count),
  nhid: maybe(count),
  tos: v.number(),
  unknown: texts,
  source,
  extra: maybe(texts),
});

const nexthopObject = v.object({
  id: count,
  via: maybe(ip4),
  dev: maybe(text),
  onlink: v.boolean(),
  blackhole: v.boolean(),
  group: maybe(v.array(v.object({ id: count, weight: v.pipe(v.number(), v.minValue(1), v.maxValue(256)) }))),
  unknown: texts,
  extra: maybe(texts),
  source,
});

const routeException = v.object({ dst: ip4, src: maybe(ip4), tos: v.number(), via: maybe(ip4), dev: maybe(text), redirected: v.boolean(), mtu: maybe(count), mtuLocked: v.boolean(), extra: maybe(texts), source });

const setAndDirs = v.object({ set: text, dirs: v.array(v.picklist(['src', 'dst'])) });
const compare = v.object({ op: v.picklist(['eq', 'ne', 'lt', 'gt']), value: v.number() });
const negate = { negate: v.boolean() };
const ctMatch = { kind: v.literal('conntrack'), withState: v.boolean(), negate: v.boolean() };
const conntrackMatch = v.variant('option', [
  v.object({ ...ctMatch, option: v.literal('ctproto'), proto }),
  v.object({ ...ctMatch, option: v.picklist(['ctorigsrc', 'ctorigdst', 'ctreplsrc', 'ctrepldst']), net: prefix }),
  v.object({ ...ctMatch, option: v.picklist(['ctorigsrcport', 'ctorigdstport', 'ctreplsrcport', 'ctrepldstport']), ports: range }),
  v.object({ ...ctMatch, option: v.literal('ctstatus'), status: v.array(v.picklist(['NONE', 'EXPECTED', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED'])) }),
  v.object({ ...ctMatch, option: v.literal('ctexpire'), from: u32, to: u32 }),
  v.object({ ...ctMatch, option: v.literal('ctdir'), dir: v.picklist(['ORIGINAL', 'REPLY']) }),
]);
const match = v.variant('kind', [
  v.object({ kind: v.picklist(['src', 'dst']), net: prefix, ...negate }),
  v.object({ kind: v.picklist(['in', 'out']), dev: text, ...negate }),
  v.object({ kind: v.literal('proto'), proto, ...negate }),
  v.object({ kind: v.literal('fragment'), ...negate }),
  v.object({ kind: v.literal('comment'), text }),
  v.object({ kind: v.picklist(['mark', 'connmark']), value: u32, mask: u32, ...negate }),
  v.object({ kind: v.literal('ctstate'), states: v.array(v.picklist(['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED', 'SNAT', 'DNAT'])), ...negate }),
  conntrackMatch,
  v.object({
    kind: v.literal('set'),
    ...setAndDirs.entries,
    returnNomatch: maybe(v.boolean()),
    keepCounters: maybe(v.boolean()),
    keepSubcounters: maybe(v.boolean()),
    packets: maybe(compare),
    bytes: maybe(compare),
    ...negate,
  }),
  v.object({ kind: v.literal('addrtype'), side: v.picklist(['src', 'dst']), types: texts, limitIface: maybe(v.picklist(['in', 'out'])), ...negate }),
  v.object({ kind: v.picklist(['sport', 'dport']), proto, ports: range, ...negate }),
  v.object({ kind: v.literal('multiport'), side: v.picklist(['src', 'dst', 'either']), ports: v.array(range), ...negate }),
  v.object({ kind: v.literal('tcp-flags'), mask: v.number(), set: v.number(), ...negate }),
  v.object({ kind: v.literal('icmp-type'), icmptype: maybe(v.number()), code: maybe(v.number()), ...negate }),
  v.object({ kind: v.literal('statistic-random'), probability: v.pipe(v.number(), v.minValue(0), v.maxValue(1)), ...negate }),
  v.object({ kind: v.literal('tcp-option'), option: v.number(), ...negate }),
  v.object({ kind: v.literal('unknown'), name: text, text, ...negate }),
  extensionMatch,
]);

const byte = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255));
const natRange = v.object({ ips: maybe(v.object({ from: ip4, to: ip4 })), ports: maybe(range), random: maybe(v.picklist(['random', 'fully'])), persistent: v.boolean(), base: maybe(port) });
const target = v.variant('kind', [
  v.object({ kind: v.picklist(['none', 'accept', 'drop', 'return']) }),
  v.object({ kind: v.literal('notrack'), name: v.picklist(['CT', 'NOTRACK']) }),
  v.object({ kind: v.literal('netmap'), net: prefix }),
  v.object({ kind: v.literal('ct'), zone: maybe(v.object({ id: v.union([port, v.literal('mark')]), dir: v.picklist(['both', 'original', 'reply']) })), helper: maybe(text), options: texts }),
  v.object({ kind: v.picklist(['jump', 'goto']), chain: text }),
  v.object({ kind: v.literal('mark'), value: u32, mask: u32 }),
  v.object({ kind: v.picklist(['dnat', 'snat', 'masquerade', 'redirect']), range: natRange }),
  v.object({ kind: v.literal('reject'), with: text }),
  v.object({ kind: v.literal('log'), name: text, options: maybe(text) }),
  v.object({ kind: v.literal('connmark'), op: v.picklist(['set', 'save', 'restore']), value: u32, ctmask: u32, nfmask: u32, shift: v.pipe(v.number(), v.minValue(-31), v.maxValue(31)) }),
  v.object({ kind: v.literal('queue'), name: v.picklist(['QUEUE', 'NFQUEUE']), queues: range, bypass: v.boolean(), cpuFanout: maybe(v.boolean()) }),
  v.object({ kind: v.literal('ttl'), op: v.picklist(['set', 'inc', 'dec']), value: byte }),
  v.object({ kind: v.literal('dscp'), value: byte }),
  v.object({ kind: v.literal('tos'), value: byte, mask: byte }),
  v.object({ kind: v.literal('ecn'), ip: maybe(byte), ece: maybe(v.boolean()), cwr: maybe(v.boolean()) }),
  v.object({ kind: v.literal('tcpmss'), mss: v.union([port, v.literal('pmtu')]) }),
  v.object({ kind: v.literal('checksum') }),
  v.object({ kind: v.literal('classify'), major: port, minor: port }),
  v.object({
    kind: v.literal('set-target'),
    add: maybe(setAndDirs),
    del: maybe(setAndDirs),
    map: maybe(setAndDirs),
    exist: v.boolean(),
    timeoutSec: maybe(u32),
    mapped: v.array(v.picklist(['mark', 'prio', 'queue'])),
  }),
  v.object({ kind: v.literal('unknown'), name: text, text }),
]);

const rule = v.object({ matches: v.array(match), target, text, source, counters: maybe(text), comments: maybe(texts) });
const chain = v.object({ name: text, policy: maybe(v.picklist(['ACCEPT', 'DROP'])), rules: v.array(rule), source, counters: maybe(text) });
const table = v.object({
  name: v.picklist(['raw', 'mangle', 'nat', 'filter', 'security']),
  chains: v.array(chain),
  source,
  comments: maybe(v.object({ above: texts, below: texts })),
});

const ipset = v.object({
  name: text,
  type: v.picklist([...SET_TYPES, 'unknown']),
  typeText: text,
  members: v.array(
    v.object({
      parts: v.array(
        v.variant('kind', [
          v.object({ kind: v.literal('net'), net: prefix }),
          v.object({ kind: v.literal('port'), proto: maybe(proto), ports: range }),
          v.object({ kind: v.literal('mac'), mac: text }),
          v.object({ kind: v.literal('mark'), value: u32 }),
          v.object({ kind: v.literal('iface'), dev: text, wildcard: v.boolean(), physdev: v.boolean() }),
          v.object({ kind: v.literal('set'), set: text }),
          v.object({ kind: v.literal('unknown'), text }),
        ]),
      ),
      nomatch: v.boolean(),
      text,
      source,
      options: maybe(text),
      extensions: maybe(v.object({ packets: maybe(v.number()), bytes: maybe(v.number()), skbmark: maybe(v.object({ value: u32, mask: u32 })) })),
    }),
  ),
  source,
  options: maybe(text),
  params: maybe(
    v.object({
      ipv6: maybe(v.boolean()),
      mask: maybe(ip4),
      markmask: maybe(u32),
      range: maybe(v.object({ from: u32, to: u32 })),
      maxelem: maybe(u32),
      forceadd: maybe(v.boolean()),
      counters: maybe(v.boolean()),
      skbinfo: maybe(v.boolean()),
    }),
  ),
});

const virtualServer = v.object({
  key: v.variant('kind', [v.object({ kind: v.literal('address'), proto: v.picklist(['tcp', 'udp', 'sctp']), ip: ip4, port }), v.object({ kind: v.literal('fwmark'), mark: u32 })]),
  scheduler: text,
  persistentSec: maybe(v.number()),
  netmask: maybe(ip4),
  onePacket: maybe(v.boolean()),
  schedFlags: maybe(texts),
  unknown: texts,
  sorted: v.boolean(),
  realServers: v.array(
    v.object({
      ip: ip4,
      port,
      forward: v.picklist(['masq', 'route', 'tunnel']),
      weight: count,
      source,
      connections: maybe(v.object({ active: v.number(), inactive: v.number() })),
      thresholds: maybe(v.object({ upper: v.number(), lower: v.number() })),
      extra: maybe(texts),
    }),
  ),
  source,
});

const ipvsConnection = v.object({ proto: v.number(), state: text, expireSec: v.number(), client: ip4, cport: port, vip: ip4, vport: port, real: ip4, rport: port, source });

const listener = v.object({
  proto: v.picklist(['tcp', 'udp']),
  ip: ip4,
  port,
  dev: maybe(text),
  source,
  extra: maybe(v.object({ state: text, recvQ: text, sendQ: text, local: text, peer: text, process: text })),
});

const ctTuple = v.object({
  src: ip4,
  dst: ip4,
  sport: maybe(port),
  dport: maybe(port),
  icmp: maybe(v.object({ type: proto, code: proto, id: port })),
  zone: maybe(port),
  extra: maybe(texts),
});
const ctListing = v.object({
  proto,
  timeout: maybe(v.number()),
  state: maybe(text),
  orig: ctTuple,
  reply: ctTuple,
  seenReply: v.boolean(),
  assured: v.boolean(),
  mark: u32,
  zone: port,
  label: maybe(v.pipe(v.array(u32), v.length(4))),
  extra: maybe(texts),
  source,
});

const netns = v.object({
  name: v.nullable(text),
  links: v.array(link),
  rules: v.array(policyRule),
  routes: v.array(route),
  routesListed: maybe(texts),
  nexthopObjects: maybe(v.array(nexthopObject)),
  routeCache: maybe(v.array(routeException)),
  neighbours: v.array(v.object({ ip: ip4, dev: text, mac: maybe(text), outer: maybe(ip4), state: text, source, extra: maybe(texts) })),
  fdb: v.array(v.object({ mac: text, dev: text, dst: maybe(ip4), words: texts, source })),
  tables: maybe(v.array(table)),
  ipsets: v.array(ipset),
  ipvs: v.array(virtualServer),
  ipvsUnlisted: maybe(v.literal(true)),
  ipvsConnections: maybe(v.array(ipvsConnection)),
  sysctls: v.record(text, text),
  sysctlsUnlisted: maybe(v.literal(true)),
  sockets: maybe(v.array(listener)),
  conntrack: maybe(v.array(ctListing)),
  arpPrograms: maybe(v.array(v.object({ ip: ip4, dev: text, program: text, source }))),
  unmodelled: v.array(v.object({ what: v.picklist(['nft-ruleset', 'tc', 'ebpf', 'ovs-bridge', 'device', 'xfrm']), dev: maybe(text), name: text, source })),
  headings: maybe(v.object({ ipvsadm: maybe(text), ss: maybe(text), ovsVsctl: maybe(text) })),
});

const named = { name: text, source: v.object({ input: text, line: v.number() }) };
const names = v.object({
  pods: v.array(v.object({ namespace: text, node: maybe(text), ips: v.array(ip4), hostNetwork: v.boolean(), ...named })),
  services: v.array(
    v.object({
      namespace: text,
      type: text,
      clusterIps: v.array(ip4),
      externalIps: v.array(ip4),
      loadBalancerIps: v.array(ip4),
      externalTrafficPolicy: maybe(text),
      ports: v.array(v.object({ name: maybe(text), protocol: text, port, targetPort: maybe(text), nodePort: maybe(port) })),
      ...named,
    }),
  ),
  nodes: v.array(v.object({ internalIps: v.array(ip4), kubeProxyVersion: maybe(text), ...named })),
});

const world = v.object({
  hosts: v.array(v.object({ name: text, role: v.picklist(['node', 'router', 'client', 'machine']), netns: v.pipe(v.array(netns), v.check((all) => all[0]?.name === null, 'the namespace of the host itself (name null) comes first')), ovs: maybe(v.array(ovsBridge)), ovsRecords: maybe(v.array(ovsRecord)), datapathFlows: maybe(v.array(datapathFlow)) })),
  segments: v.array(v.object({ name: text, devices: v.array(deviceRef) })),
  names,
  ovn: maybe(ovnNetwork),
});

export interface WorldReading {
  readonly world: World | undefined;
  /** Whether the text means to be a World at all: JSON with `hosts`. Kubernetes objects may be JSON, too. */
  readonly isWorld: boolean;
  /** Where it is wrong, for people; '' when it is right. */
  readonly problem: string;
}

/** Reads a World as the command `world` prints it. Never throws. */
export function readWorldJson(json: string): WorldReading {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch (error) {
    return { world: undefined, isWorld: false, problem: error instanceof Error ? error.message : 'not JSON' };
  }
  if (typeof data !== 'object' || data === null || !('hosts' in data)) return { world: undefined, isWorld: false, problem: 'no "hosts"' };
  const read = v.safeParse(world, data, { abortEarly: true });
  // The schema has the keys of World; an absent one reads as undefined, which is what the engine asks for.
  if (read.success) return { world: read.output as World, isWorld: true, problem: '' };
  const [issue] = read.issues;
  return { world: undefined, isWorld: true, problem: `${v.getDotPath(issue) ?? ''}: ${issue.message}` };
}
