import { describe, expect, it } from 'vitest';
import { findNetns } from '../world/lookup.ts';
import { parseBundle } from '../dumps/bundle.ts';
import { plainChain } from '../dumps/iptablesOnDemand.ts';
import { trace } from '../engine/trace.ts';
import { readProbe } from '../share/probeWords.ts';
import { starterFiles } from '../share/clusterLink.ts';
import type { World } from '../world/world.ts';
import { STARTER } from './starter.ts';
import { worldOf } from './world.ts';

const TEN_LINES = `kind: Node
metadata: {name: n1}
---
kind: Node
metadata: {name: n2}
---
kind: Pod
metadata: {name: a, labels: {app: x}}
---
kind: Pod
metadata: {name: b, labels: {app: x}}
`;

const ask = (text: string, from: string, to: string) => {
  const { world } = worldOf({ 'objects.yaml': text });
  const probe = readProbe(world, { from, to, proto: 'tcp', via: undefined, sport: undefined, size: undefined });
  if (!probe.ok) throw new Error(`${probe.problem.field} ${probe.problem.code}: ${probe.problem.text}`);
  return trace(world, probe.value).outcomes[0];
};

const fabric = (machine: string): string => `${TEN_LINES}---\nkind: Fabric\nmetadata: {name: f}\nspec:\n  nodes:\n  - name: n1\n    ${machine}\n`;

describe('worldOf', () => {
  it('makes a cluster of ten lines, without a word to say about them', () => {
    const { world, diagnostics, compiled } = worldOf({ 'objects.yaml': TEN_LINES.replaceAll('kind: Node\n', 'kind: Node\nstatus: {nodeInfo: {kubeProxyVersion: v1.31.0}}\n') });
    expect(diagnostics).toEqual([]);
    expect([...compiled]).toEqual(['n1', 'n2']);
    expect(world.hosts.map((h) => [h.name, h.role, h.netns.map((n) => n.name)])).toEqual([['n1', 'node', [null, 'a']], ['n2', 'node', [null, 'b']]]);
    expect(ask(TEN_LINES, 'n1/a', 'pod/default/b:80')).toMatchObject({ request: { verdict: 'delivered' }, client: 'answer' });
  });

  it('leaves nothing of a compiled machine untold', () => {
    const { world } = worldOf({ 'objects.yaml': TEN_LINES });
    expect(world.hosts.flatMap((h) => h.netns.map((n) => [n.routesListed, n.ipvsUnlisted, n.sysctlsUnlisted])).flat().filter((told) => told !== undefined)).toEqual([]);
  });

  it('is what a reader of the printed texts sees', () => {
    const built = worldOf(starterFiles(STARTER));
    const texts = Object.fromEntries(Object.entries(built.files));
    const read = parseBundle(texts);
    expect(read.sections.filter((s) => s.input.endsWith('/network.txt'))).toEqual(built.sections.filter((s) => s.input.endsWith('/network.txt')));
    const firewalls = (world: World) => world.hosts.map((h) => ({ host: h.name, netns: h.netns.map(({ name, tables, ipsets, ipvs }) => ({ name, tables: (tables ?? []).map((t) => ({ ...t, chains: t.chains.map((c) => plainChain(c)) })), ipsets, ipvs })) }));
    expect(firewalls(built.world)).toEqual(firewalls(read.world));
  });

  it('takes a host that has dumps from its dumps and compiles the others', () => {
    const dump = '$ ip -d addr show\n1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n    inet 127.0.0.1/8 scope host lo\n$ ip route show\n';
    const { world, compiled } = worldOf({ 'objects.yaml': TEN_LINES, 'n1/node.txt': dump });
    expect([...compiled]).toEqual(['n2']);
    expect(findNetns(world, 'n1', null)?.links.map((l) => l.name)).toEqual(['lo']);
  });

  it('leaves bundles without Nodes as they are', () => {
    const files = { 'pod.yaml': 'kind: Pod\nmetadata: {name: p}\n' };
    expect(worldOf(files).world).toEqual({ ...parseBundle(files).world, names: expect.anything() as unknown });
  });

  it('tells which object made a line, and nothing for a line that was given', () => {
    const { files, reasonOf } = worldOf({ 'objects.yaml': TEN_LINES });
    const lines = (files['n1/network.txt'] ?? '').split('\n');
    const line = lines.findIndex((l) => l.startsWith('10.244.1.2 via')) + 1;
    expect(reasonOf({ input: 'n1/network.txt', line })).toMatchObject({ kind: 'Pod', namespace: 'default', name: 'b', source: { input: 'objects.yaml', line: 10 } });
    expect(reasonOf({ input: 'objects.yaml', line: 1 })).toBeUndefined();
  });

  it('programs a node when somebody looks at its rules, not before', () => {
    const { world, files } = worldOf({ 'objects.yaml': `${TEN_LINES}---\nkind: Service\nmetadata: {name: s}\nspec: {selector: {app: x}, ports: [{port: 80}]}\n` });
    const netns = findNetns(world, 'n2', null);
    expect(Object.keys(Object.getOwnPropertyDescriptor(netns, 'tables') ?? {})).toContain('get');
    expect(netns?.tables?.flatMap((t) => t.chains).some((c) => c.name.startsWith('KUBE-SEP-'))).toBe(true);
    expect(files['n2/firewall.txt']).toContain('KUBE-SERVICES');
  });

  it('prints dumps that make the same machines again', () => {
    const compiled = worldOf({ 'objects.yaml': TEN_LINES });
    const { ['objects.yaml']: _objects, ...dumps } = compiled.files;
    const again = parseBundle(dumps, compiled.world.names).world;
    expect(again.hosts.map((h) => h.netns.map((n) => n.links))).toEqual(compiled.world.hosts.map((h) => h.netns.map((n) => n.links)));
    expect(again.segments).toEqual(compiled.world.segments);
  });

  it.each([
    ['not YAML', 'kind: Node\nmetadata: {name: n1', 'bad-yaml'],
    ['a pod on a node that is not there', `${TEN_LINES}---\nkind: Pod\nmetadata: {name: c}\nspec: {nodeName: n9}\n`, 'missing-object'],
    ['a port that is none', `${TEN_LINES}---\nkind: Service\nmetadata: {name: s}\nspec: {ports: [{port: 70000}]}\n`, 'bad-field'],
    ['an object twice', `${TEN_LINES}---\nkind: Pod\nmetadata: {name: a}\n`, 'duplicate-object'],
    ['a command that nobody knows', fabric('run: ["rm -rf /"]'), 'bad-command'],
  ])('reports %s, at its line', (_, text, code) => {
    const found = worldOf({ 'objects.yaml': text }).diagnostics.find((d) => d.code === code);
    expect(found?.input).toBe('objects.yaml');
    expect(found?.line).toBeGreaterThan(0);
  });
});

describe('commands typed on a machine', () => {
  it.each([
    ['run: ["sysctl -w net.ipv4.ip_forward=0"]', { request: { verdict: 'dropped' } }],
    ['run: ["iptables -P FORWARD DROP"]', { request: { verdict: 'dropped' } }],
    ['run: ["iptables -A FORWARD -d 10.244.1.2/32 -j REJECT --reject-with icmp-port-unreachable"]', { request: { verdict: 'rejected' } }],
    ['run: ["ip route del 10.244.1.2", "ip route add unreachable 10.244.1.2"]', { request: { verdict: 'rejected' } }],
    ['run: ["ip netns exec a iptables -P OUTPUT DROP"]', { request: { verdict: 'dropped' } }],
    ['run: ["ip link set eth0 down"]', { request: { verdict: 'rejected' } }],
    ['run: []', { request: { verdict: 'delivered' } }],
  ])('%s', (machine, wanted) => {
    expect(ask(fabric(machine), 'n1/a', 'pod/default/b:80')).toMatchObject(wanted);
  });

  it('a device that is set down takes its routes and neighbours with it, and keeps its address', () => {
    const at = (run: string) => findNetns(worldOf({ 'objects.yaml': fabric(run) }).world, 'n1', null);
    const by = (netns: ReturnType<typeof at>) => ({ routes: netns?.routes.filter((r) => r.type !== 'local').flatMap((r) => r.nexthops).filter((n) => n.dev === 'eth0').length, neighbours: netns?.neighbours.filter((n) => n.dev === 'eth0').length });
    const up = by(at('run: ["ip neigh add 192.168.0.77 dev eth0 lladdr 02:00:00:00:00:77 nud permanent"]'));
    expect(up.routes).toBeGreaterThan(0);
    expect(up.neighbours).toBeGreaterThan(0);
    const down = at('run: ["ip neigh add 192.168.0.77 dev eth0 lladdr 02:00:00:00:00:77 nud permanent", "ip link set eth0 down"]');
    expect(by(down)).toEqual({ routes: 0, neighbours: 0 });
    expect(down?.links.find((l) => l.name === 'eth0')?.addresses).not.toEqual([]);
  });
});

it('programs only the nodes that a walk enters', () => {
  const text = `${TEN_LINES}---\nkind: Node\nmetadata: {name: n3}\n---\nkind: Service\nmetadata: {name: s}\nspec: {clusterIP: 10.96.0.10, selector: {app: x}, ports: [{port: 80}]}\n`;
  const { world } = worldOf({ 'objects.yaml': text });
  const entered: string[] = [];
  for (const host of world.hosts) {
    const [own] = host.netns;
    const tables = own && Object.getOwnPropertyDescriptor(own, 'tables');
    if (own && tables) Object.defineProperty(own, 'tables', { get: () => (entered.push(host.name), tables.get?.call(own) as unknown) });
  }
  const probe = readProbe(world, { from: 'n1/a', to: '10.96.0.10:80', proto: 'tcp', via: undefined, sport: undefined, size: undefined });
  if (!probe.ok) throw new Error('the probe is wrong');
  expect(trace(world, probe.value).outcomes[0]).toMatchObject({ request: { verdict: 'delivered' } });
  expect(new Set(entered)).not.toContain('n3');
  expect(new Set(entered)).toContain('n1');
});
