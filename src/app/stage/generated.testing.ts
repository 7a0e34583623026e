import fc from 'fast-check';
import type { Step, StepBody } from '../../engine/step.ts';
import type { Trace } from '../../engine/trace-types.ts';
import type { Reading, Stop, StopKind } from '../../text/reading-types.ts';
import type { DeviceRef, Host, Link, LinkKind, Netns, Segment, World } from '../../world/world.ts';

/** Worlds and walks for properties of the stage: any machines, any devices, any order of visits. Not of the app. */
export interface Generated {
  readonly world: World;
  readonly trace: Trace;
  readonly reading: Reading;
}

const name = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9-]{0,40}$/),
  fc.constantFrom('cy01-ceph142', 'ip-10-0-12-34.eu-central-1.compute.internal', '서울-노드-이름이-아주-긴-기계-001', 'WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW', 'n'),
);
const kind = fc.constantFrom<LinkKind>('nic', 'nic', 'dummy', 'ipip', 'unknown', 'loopback', 'bridge', 'vlan');
const ip = fc.integer({ min: 0x0a000000, max: 0xdfffffff });

const unique = <T>(values: readonly T[], key: (value: T) => string): T[] => [...new Map(values.map((v) => [key(v), v])).values()];

const link = (ifindex: number, linkName: string, linkKind: LinkKind, address: number | undefined, veth?: DeviceRef): Link => ({
  ifindex,
  name: linkName,
  kind: linkKind,
  kindText: linkKind === 'unknown' ? 'vxlan' : '',
  mtu: 1500,
  flags: ['UP'],
  mac: undefined,
  peer: undefined,
  linkNetnsid: undefined,
  linkNetns: undefined,
  master: undefined,
  tunnel: undefined,
  addresses: address === undefined ? [] : [{ ip: address, prefixLen: 24, broadcast: undefined, peer: undefined, scope: 'global', secondary: false, source: undefined }],
  source: undefined,
  ...(veth ? { veth } : {}),
});

const netns = (netnsName: string | null, links: readonly Link[], ipvs: boolean): Netns => ({
  name: netnsName,
  links,
  rules: [],
  routes: [],
  neighbours: [],
  fdb: [],
  tables: undefined,
  ipsets: [],
  ipvs: ipvs ? [{ key: { kind: 'fwmark', mark: 1 }, scheduler: 'rr', persistentSec: undefined, unknown: [], sorted: true, realServers: [], source: undefined }] : [],
  sysctls: {},
  sockets: undefined,
  unmodelled: [],
});

const hostArbitrary = fc
  .record({
    host: name,
    role: fc.constantFrom<Host['role']>('node', 'node', 'machine', 'router', 'client'),
    devices: fc.array(fc.record({ dev: fc.stringMatching(/^[a-z][a-z0-9]{0,14}$/), kind, ip: fc.option(ip, { nil: undefined }) }), { maxLength: 12 }),
    pods: fc.array(fc.record({ pod: name, ip: fc.option(ip, { nil: undefined }), cable: fc.boolean(), port: fc.nat({ max: 3 }), lower: fc.option(fc.nat(), { nil: undefined }) }), { maxLength: 8 }),
    ipvs: fc.boolean(),
  })
  .map(({ host, role, devices, pods, ipvs }): Host => {
    const shown = unique(pods, (p) => p.pod);
    const cables = shown.flatMap((p, i) => (p.cable ? [{ dev: `cali${i}`, pod: p.pod, port: p.port }] : []));
    const own = unique(devices, (d) => d.dev).filter((d) => !cables.some((c) => c.dev === d.dev));
    const bridges = own.filter((d) => d.kind === 'bridge').map((d) => d.dev);
    const nics = own.filter((d) => d.kind === 'nic').map((d): DeviceRef => ({ host, netns: null, dev: d.dev }));
    const at = (port: number): string | undefined => bridges[port];
    const onto = (l: Link, lower: DeviceRef | undefined): Link => (lower ? { ...l, lower } : l);
    const links = [
      ...own.map((d, i) => ({ ...onto(link(i + 1, d.dev, d.kind, d.ip), d.kind === 'vlan' ? nics[0] : undefined), master: d.kind === 'nic' ? at(i) : undefined })),
      ...cables.map((c, i) => ({ ...link(100 + i, c.dev, 'veth', undefined, { host, netns: c.pod, dev: 'eth0' }), master: at(c.port) })),
    ];
    const inside = shown.map((p, i) => netns(p.pod, [link(2, 'eth0', 'veth', p.ip, p.cable ? { host, netns: null, dev: `cali${i}` } : undefined), ...(p.lower === undefined ? [] : [onto(link(3, 'eth1', 'macvlan', undefined), nics[p.lower % Math.max(nics.length, 1)])])], false));
    return { name: host, role, netns: [netns(null, links, ipvs), ...inside] };
  });

/** 1 to 6 machines with up to 12 devices and 8 pods each, some of their NICs on shared wires. */
export const worldArbitrary: fc.Arbitrary<World> = fc.tuple(fc.array(hostArbitrary, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 3 })).map(([all, wires]) => {
  const hosts = unique(all, (h) => h.name);
  const nics = hosts.flatMap((h) => (h.netns[0]?.links ?? []).filter((l) => l.kind === 'nic').map((l): DeviceRef => ({ host: h.name, netns: null, dev: l.name })));
  const segments = Array.from({ length: wires }, (_, i): Segment => ({ name: `10.${i}.0.0/16`, devices: nics.filter((_nic, n) => n % wires === i) }));
  return { hosts, segments: segments.filter((s) => s.devices.length > 0), names: { pods: [], services: [], nodes: [] } };
});

const bodies: readonly StepBody[] = [
  { kind: 'receive', otherhost: false },
  { kind: 'transmit', segment: undefined, to: undefined },
  { kind: 'table', hook: 'PREROUTING', table: 'nat', in: undefined, out: undefined, verdict: 'accept' },
  { kind: 'table', hook: 'INPUT', table: 'filter', in: undefined, out: undefined, verdict: 'accept' },
  { kind: 'table', hook: 'FORWARD', table: 'filter', in: undefined, out: undefined, verdict: 'accept' },
  { kind: 'table', hook: 'OUTPUT', table: 'nat', in: undefined, out: undefined, verdict: 'accept' },
  { kind: 'table', hook: 'POSTROUTING', table: 'nat', in: undefined, out: undefined, verdict: 'accept' },
  { kind: 'policy', hook: 'FORWARD', table: 'filter', chain: 'FORWARD', policy: 'DROP', markBefore: 0, in: undefined, out: undefined },
  { kind: 'send', what: 'probe' },
  { kind: 'deliver', to: 'listener' },
  { kind: 'encap', tunnel: 'ipip', overhead: 20, outerSrc: 1, outerDst: 2 },
  { kind: 'decap', tunnel: 'ipip', overhead: 20, outerSrc: 1, outerDst: 2 },
  { kind: 'bridge', bridge: 'br0', op: 'flood', from: undefined, to: [], by: undefined },
  { kind: 'drop', reason: 'rule' },
];

/** A walk that jumps between any devices of the world. No kernel would do that, and the stage must stand it all the same. */
const stepsArbitrary = (world: World): fc.Arbitrary<readonly Step[]> => {
  const places = world.hosts.flatMap((h) => h.netns.flatMap((n) => [{ host: h.name, netns: n.name, dev: undefined }, ...n.links.map((l) => ({ host: h.name, netns: n.name, dev: l.name }))]));
  const wired = world.segments.flatMap((s) => s.devices.flatMap((a) => s.devices.filter((b) => b.host !== a.host).map((b) => ({ segment: s.name, a, b }))));
  return fc.array(fc.record({ place: fc.nat(), body: fc.nat({ max: bodies.length - 1 }), wire: fc.option(fc.nat(), { nil: undefined }), reply: fc.boolean(), nested: fc.boolean() }), { minLength: 1, maxLength: 24 }).map((picks) =>
    picks.map(({ place, body, wire, reply, nested }, id): Step => {
      const across = wire === undefined || wired.length === 0 ? undefined : wired[wire % wired.length];
      const here = across ? across.a : (places[place % places.length] ?? { host: world.hosts[0]?.name ?? '', netns: null, dev: undefined });
      const what: StepBody = across ? { kind: 'transmit', segment: across.segment, to: across.b } : (bodies[body] ?? { kind: 'drop', reason: 'rule' });
      const header = { type: 'ipv4', src: 1 + id, dst: 2, proto: 6, ttl: 64, tos: 0, df: true, mf: false, offset: 0 } as const;
      const tcp = { type: 'tcp', sport: 1, dport: 2, flags: 2, optionBytes: 20 } as const;
      return { id, parent: undefined, host: here.host, netns: here.netns, dev: here.dev, connection: 0, packetId: 0, role: reply ? 'reply' : 'request', packet: nested ? [header, header, tcp] : [header, tcp], mark: id % 2, source: [], subsystem: 'device', ...what };
    }),
  );
};

function placeOfStep(step: Step): Stop['place'] {
  const at = { host: step.host, netns: step.netns };
  if (step.kind === 'transmit' && step.segment !== undefined && step.dev !== undefined) return { kind: 'wire', segment: step.segment, from: { ...at, dev: step.dev }, to: step.to };
  if (step.kind === 'table' || step.kind === 'policy') return { kind: 'hook', ...at, hook: step.hook };
  if (step.kind === 'send' || step.kind === 'deliver') return { kind: 'socket', ...at };
  return step.dev === undefined ? { kind: 'routing', ...at, which: 'in' } : { kind: 'device', ...at, dev: step.dev };
}

/** A world, a walk through it, and a reading with a stop a step. */
export const generated: fc.Arbitrary<Generated> = worldArbitrary.chain((world) =>
  stepsArbitrary(world).map((steps) => {
    const kindOf = (step: Step): StopKind => (step.kind === 'drop' ? 'drop' : step.kind === 'deliver' ? 'deliver' : 'other');
    const stops = steps.map((step, index): Stop => ({ index, from: index, to: index, lead: index, kind: kindOf(step), subsystem: step.subsystem, place: placeOfStep(step), host: step.host, netns: step.netns, way: step.role === 'reply' ? 'reply' : 'request' }));
    const trace: Trace = { probe: { from: { kind: 'netns', host: world.hosts[0]?.name ?? '', netns: null }, dst: 2, proto: 6 }, steps, choices: [], outcomes: [], conntrack: [], ipvs: [] };
    return { world, trace, reading: { detail: 'hooks', stops } };
  }),
);
