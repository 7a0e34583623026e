import { describe, expect, it } from 'vitest';
import { parseIp4 } from '../packet/address.ts';
import { connectHosts } from './connect.ts';
import type { ClusterNames, Host, Link, Neighbour, Netns, Route } from './world.ts';

const NO_NAMES: ClusterNames = { pods: [], services: [], nodes: [] };
const ip = (text: string): number => {
  const parsed = parseIp4(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};

/** `name@peer`, kind and addresses `10.0.0.1/24`. */
function link(ifindex: number, spelled: string, kind: Link['kind'], change: Partial<Link> = {}, ...addresses: readonly string[]): Link {
  const [name = '', peer] = spelled.split('@');
  return {
    ifindex,
    name,
    kind,
    kindText: kind,
    mtu: 1500,
    flags: ['UP'],
    mac: `02:00:00:00:00:${ifindex.toString(16).padStart(2, '0')}`,
    peer,
    linkNetnsid: undefined,
    linkNetns: undefined,
    master: undefined,
    tunnel: undefined,
    addresses: addresses.map((a) => {
      const [text = '', length] = a.split('/');
      return { ip: ip(text), prefixLen: Number(length), broadcast: undefined, peer: undefined, scope: 'global', secondary: false, source: undefined };
    }),
    source: undefined,
    ...change,
  };
}

const netns = (name: string | null, links: readonly Link[], change: Partial<Netns> = {}): Netns => ({
  name,
  links,
  rules: [],
  routes: [],
  neighbours: [],
  fdb: [],
  tables: undefined,
  ipsets: [],
  ipvs: [],
  sysctls: {},
  sockets: undefined,
  unmodelled: [],
  ...change,
});

const host = (name: string, ...namespaces: readonly Netns[]): Host => ({ name, role: 'machine', netns: namespaces });
const route = (dst: string, dev: string): Route => ({
  type: 'unicast',
  dst: { ip: ip(dst), prefixLen: 32 },
  table: 'main',
  nexthops: [{ via: undefined, dev, weight: 1, onlink: false, dead: false }],
  proto: undefined,
  scope: 'link',
  src: undefined,
  metric: 0,
  mtu: undefined,
  tos: 0,
  unknown: [],
  source: undefined,
});
const neighbour = (address: string, dev: string, mac: string): Neighbour => ({ ip: ip(address), dev, mac, state: 'REACHABLE', source: undefined });

const pairs = (...hosts: readonly Host[]) =>
  connectHosts(hosts, NO_NAMES).hosts.flatMap((h) =>
    h.netns.flatMap((n) => n.links.filter((l) => l.kind === 'veth').map((l) => `${n.name ?? h.name}/${l.name} > ${l.veth ? `${l.veth.netns ?? l.veth.host}/${l.veth.dev}` : '?'}`)),
  );
const problems = (...hosts: readonly Host[]) => connectHosts(hosts, NO_NAMES).problems.map((p) => `${p.problem} ${p.dev}`);

describe('veth pairs', () => {
  const pod = (name: string, hostIndex: number, ...addresses: readonly string[]) => netns(name, [link(3, `eth0@if${hostIndex}`, 'veth', { linkNetnsid: 0 }, ...addresses)]);

  it('are found by index and @ifN, both ways', () => {
    const node = netns(null, [link(7, 'cali1@if3', 'veth', { linkNetnsid: 0 }), link(8, 'cali2@if3', 'veth', { linkNetnsid: 1 })]);
    expect(pairs(host('n', node, pod('a', 8), pod('b', 7)))).toEqual(['n/cali1 > b/eth0', 'n/cali2 > a/eth0', 'a/eth0 > n/cali2', 'b/eth0 > n/cali1']);
  });

  it('are found by name within a namespace', () => {
    expect(pairs(host('n', netns(null, [link(2, 'v0@v1', 'veth'), link(3, 'v1@v0', 'veth')])))).toEqual(['n/v0 > n/v1', 'n/v1 > n/v0']);
  });

  it('are told apart by the host route that leads to the pod', () => {
    // Two copies of one pod image: both say eth0@if7, and only the route of the node knows which one is behind cali1.
    const node = netns(null, [link(7, 'cali1@if3', 'veth')], { routes: [route('10.0.0.2', 'cali1')] });
    expect(pairs(host('n', node, pod('a', 7, '10.0.0.1/32'), pod('b', 7, '10.0.0.2/32')))).toEqual(['n/cali1 > b/eth0', 'a/eth0 > ?', 'b/eth0 > n/cali1']);
  });

  it('are told apart by a neighbour\'s MAC address when no route helps', () => {
    const node = netns(null, [link(7, 'cali1@if3', 'veth')], { neighbours: [neighbour('10.0.0.9', 'cali1', '02:00:00:00:00:bb')] });
    const b = netns('b', [link(3, 'eth0@if7', 'veth', { mac: '02:00:00:00:00:bb' })]);
    expect(pairs(host('n', node, pod('a', 7), b))).toEqual(['n/cali1 > b/eth0', 'a/eth0 > ?', 'b/eth0 > n/cali1']);
  });

  it('stay open, with a word, when nothing tells them apart', () => {
    const hosts = [host('n', netns(null, [link(7, 'cali1@if3', 'veth')]), pod('a', 7), pod('b', 7))];
    expect(pairs(...hosts)).toEqual(['n/cali1 > ?', 'a/eth0 > ?', 'b/eth0 > ?']);
    expect(problems(...hosts)).toEqual(['veth-peer-ambiguous cali1', 'veth-peer-ambiguous eth0', 'veth-peer-ambiguous eth0']);
  });

  it('are reported when the other end is in no dump', () => expect(problems(host('n', netns(null, [link(7, 'cali1@if3', 'veth')])))).toEqual(['veth-peer-missing cali1']));

  it('never join namespaces of different hosts by index alone', () => {
    expect(pairs(host('n', netns(null, [link(7, 'cali1@if3', 'veth')])), host('m', netns(null, []), pod('a', 7)))).toEqual(['n/cali1 > ?', 'a/eth0 > ?']);
  });

  it('follow link-netns to a namespace of the same host', () => {
    const node = netns(null, [link(7, 'v0@if3', 'veth', { linkNetns: 'b' })]);
    expect(pairs(host('n', node, pod('a', 7), pod('b', 7)))).toEqual(['n/v0 > b/eth0', 'a/eth0 > ?', 'b/eth0 > n/v0']);
  });

  it('follow link-netns to another host, as a cable', () => {
    const n = host('n', netns(null, [link(7, 'to-m@if3', 'veth', { linkNetns: 'm' })]));
    const m = host('m', netns(null, [link(3, 'to-n@if7', 'veth', { linkNetns: 'n' })]));
    expect(pairs(n, m)).toEqual(['n/to-m > m/to-n', 'm/to-n > n/to-m']);
  });

  it('does not take long when thousands look alike', () => {
    const started = performance.now();
    const many = Array.from({ length: 4_000 }, (_, i) => pod(`p${i}`, 7));
    expect(pairs(host('n', netns(null, [link(7, 'cali1@if3', 'veth')]), ...many)).filter((p) => p.endsWith('?'))).toHaveLength(4_001);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe('segments', () => {
  const segments = (...hosts: readonly Host[]) => connectHosts(hosts, NO_NAMES).segments.map((s) => [s.name, s.devices.map((d) => `${d.host}/${d.dev}`)]);
  const nic = (name: string, ...addresses: readonly string[]) => host(name, netns(null, [link(2, 'eth0', 'nic', {}, ...addresses)]));

  it('join physical NICs of different hosts whose addresses lie in one subnet', () => {
    expect(segments(nic('a', '10.0.0.1/24'), nic('b', '10.0.0.2/24'), nic('c', '10.0.1.3/24'))).toEqual([['10.0.0.0/24', ['a/eth0', 'b/eth0']]]);
  });

  it.each([
    ['a /32', nic('b', '10.0.0.2/32')],
    ['another prefix length', nic('b', '10.0.0.2/25')],
    ['a dummy', host('b', netns(null, [link(2, 'd0', 'dummy', {}, '10.0.0.2/24')]))],
    ['a tunnel', host('b', netns(null, [link(2, 't0', 'ipip', {}, '10.0.0.2/24')]))],
    ['a device of a pod', host('b', netns(null, []), netns('pod', [link(2, 'eth0', 'nic', {}, '10.0.0.2/24')]))],
    ['a NIC of the same host alone', host('b', netns(null, []))],
  ])('do not join %s', (_, other) => expect(segments(nic('a', '10.0.0.1/24'), other)).toEqual([]));

  it('leave out the second owner of an address and say so', () => {
    const hosts = [nic('a', '10.0.0.1/24'), nic('b', '10.0.0.1/24'), nic('c', '10.0.0.3/24')];
    expect(segments(...hosts)).toEqual([['10.0.0.0/24', ['a/eth0', 'c/eth0']]]);
    expect(problems(...hosts)).toEqual(['duplicate-address 10.0.0.1']);
  });

  it('count the address of the bridge or bond that a NIC belongs to', () => {
    const bridged = host('b', netns(null, [link(2, 'eth0', 'nic', { master: 'br0' }), link(3, 'br0', 'unknown', {}, '10.0.0.2/24')]));
    expect(segments(nic('a', '10.0.0.1/24'), bridged)).toEqual([['10.0.0.0/24', ['a/eth0', 'b/eth0']]]);
  });

  it('are one wire when they share a NIC with two subnets', () => {
    expect(segments(nic('a', '10.0.0.1/24', '10.9.0.1/24'), nic('b', '10.0.0.2/24'), nic('c', '10.9.0.3/24'))).toEqual([['10.0.0.0/24', ['a/eth0', 'b/eth0', 'c/eth0']]]);
  });
});

describe('roles', () => {
  const role = (own: Netns, names = NO_NAMES) => connectHosts([host('h', own)], names).hosts[0]?.role;
  const source = { input: 'x', line: 1 };

  it.each([
    ['node', 'a cali device', netns(null, [link(2, 'cali12345@if3', 'veth')]), NO_NAMES],
    ['node', 'kube-proxy\'s chains', netns(null, [], { tables: [{ name: 'nat', source: undefined, chains: [{ name: 'KUBE-SERVICES', policy: undefined, rules: [], source: undefined }] }] }), NO_NAMES],
    ['node', 'an object of its name', netns(null, [], { sysctls: { 'net.ipv4.ip_forward': '0' } }), { ...NO_NAMES, nodes: [{ name: 'h', internalIps: [], kubeProxyVersion: undefined, source }] }],
    ['router', 'ip_forward alone', netns(null, [], { sysctls: { 'net.ipv4.ip_forward': '1' } }), NO_NAMES],
    ['client', 'no forwarding', netns(null, [], { sysctls: { 'net.ipv4.ip_forward': '0' } }), NO_NAMES],
    ['machine', 'nothing to tell', netns(null, []), NO_NAMES],
  ] as const)('is %s by %s', (expected, _, own, names) => expect(role(own, names)).toBe(expected));
});
