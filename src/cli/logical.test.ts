import { describe, expect, it } from 'vitest';
import { ovnControllerWorld } from '../testing/ovnController.ts';
import { ovnKubernetesWorld } from '../testing/ovnKubernetes.ts';
import { ovnWorld } from '../testing/ovn.ts';
import type { World } from '../world/world.ts';
import { answerProbe } from './traceCommand.ts';

/* OVN's logical network in what `trace` answers: as text, and beside the rest in JSON. */

const W = 'worker1.twcm.cloud';
const world = ovnKubernetesWorld();

interface HopShape {
  readonly host: string;
  readonly datapath: object;
  readonly inport: object | null;
  readonly outport: object | null;
  readonly effects: readonly object[];
  readonly end: object;
  readonly stages: readonly { readonly pipeline: string; readonly name: string | null; readonly flow: { readonly by: string; readonly match: string; readonly uuid: string | null } | null }[];
}
interface WayShape {
  readonly packet: string;
  readonly connection: number;
  readonly hops: readonly HopShape[];
}

const json = (given: World, probe: object, all = false): readonly (readonly WayShape[] | undefined)[] =>
  (JSON.parse(answerProbe(given, JSON.stringify(probe), { all, steps: false, format: 'json' }).text) as { readonly outcomes: readonly { readonly logical?: readonly WayShape[] }[] }).outcomes.map((o) => o.logical);
const logicalText = (given: World, probe: object): readonly string[] =>
  answerProbe(given, JSON.stringify(probe), { all: false, steps: false, format: 'text' }).text.split('\n').filter((l) => l.startsWith('logical ') || l.startsWith('  switch ') || l.startsWith('  router ') || l.startsWith('  logical '));

const OUT = { from: { host: W, netns: 'client-0' }, dst: '198.51.100.80', proto: 'tcp', dport: 443, reply: false };

describe('a pod’s way out', () => {
  it('is a line for each switch and router', () =>
    expect(logicalText(world, OUT)).toEqual([
      'logical request',
      `  switch ${W} at ${W}: in by almighty_client-0, out by stor-${W}`,
      `  router ovn_cluster_router at ${W}: in by rtos-${W}, out by rtoj-ovn_cluster_router; TTL 64 → 63`,
      `  switch join at ${W}: in by jtor-ovn_cluster_router, out by jtor-GR_${W}`,
      `  router GR_${W} at ${W}: in by rtoj-GR_${W}, out by rtoe-GR_${W}; TTL 63 → 62; source 10.131.0.21:41068 → 50.50.51.24:41068, zone 0`,
      `  switch ext_${W} at ${W}: in by etor-GR_${W}, out by br-ex_${W}; leaves the bridge by patch-br-int-to-br-ex_${W}`,
    ]));

  it('is the same in JSON, with the stages and their logical flows', () => {
    const [way] = json(world, OUT)[0] ?? [];
    expect([way?.packet, way?.connection, way?.hops.map((h) => h.datapath)]).toMatchObject(['request', 0, [{ kind: 'switch', name: W }, { kind: 'router', name: 'ovn_cluster_router' }, { kind: 'switch', name: 'join' }, { kind: 'router', name: `GR_${W}` }, { kind: 'switch', name: `ext_${W}` }]]);
    const gateway = way?.hops[3];
    expect(gateway).toMatchObject({ host: W, inport: { name: `rtoj-GR_${W}` }, outport: { name: `rtoe-GR_${W}` }, end: { kind: 'next' } });
    expect(gateway?.effects).toEqual([
      { kind: 'ttl', before: 63, after: 62 },
      { kind: 'nat', manip: 'src', before: { ip: '10.131.0.21', port: 41068 }, after: { ip: '50.50.51.24', port: 41068 }, zone: 0, undo: false },
    ]);
    const snat = gateway?.stages.find((s) => s.name === 'lr_out_snat');
    expect(snat?.pipeline).toBe('egress');
    expect(snat?.flow?.match).toContain('ip4.src == 10.131.0.21');
    expect(way?.hops[4]?.end).toEqual({ kind: 'output', port: `patch-br-int-to-br-ex_${W}`, tunnel: false });
  });
});

it('has the reply’s way, too, and says whose connection it is where there are several', () => {
  expect(logicalText(world, { ...OUT, reply: true }).filter((l) => l.startsWith('logical'))).toEqual(['logical request', 'logical reply']);
  expect(logicalText(world, { ...OUT, count: 2 }).filter((l) => l.startsWith('logical'))).toEqual(['logical request of connection 1', 'logical request of connection 2']);
});

it('without listings there are numbers', () => expect(logicalText(ovnWorld(), { from: { host: 'worker1', netns: 'client-0' }, dst: '10.131.0.20', dport: 8080, reply: false })).toEqual(['logical arp', '  logical datapath 0x4 at worker1: in by 0x5, out by 0x5; leaves the bridge by d10af31c1d33dac', 'logical request', '  logical datapath 0x4 at worker1: in by 0x5, out by 0x7; leaves the bridge by 83cf7b04f35b763']));

it('what the controller gives back goes on where it was', () => {
  const probe = { from: { host: 'n1', netns: 'a' }, dst: '10.2.0.10', proto: 'udp', sport: 5000, dport: 53, size: 29, reply: false };
  expect(logicalText(ovnControllerWorld(), probe).slice(-4)).toEqual(['logical request', '  logical datapath 0x1 at n1: in by 0x1, out by 0x3', '  logical datapath 0x3 at n1: in by 0x1, out by 0x2; TTL 64 → 63', '  logical datapath 0x2 at n1: in by 0x2, out by 0x1; leaves the bridge by vc']);
});

// The pod of the same node answers within its switch; the other one is behind the tunnel, where the switch goes on.
it('is told for each outcome', () =>
  expect(json(ovnWorld(), { from: { host: 'worker1', netns: 'client-0' }, dst: '172.30.44.86', dport: 80 }, true).map((ways) => ways?.filter((w) => w.packet !== 'arp').map((w) => `${w.packet} ${w.hops.length}`))).toEqual([['request 3', 'reply 1'], ['request 4', 'reply 4']]));

it('is not there where no bridge is OVN’s', () => {
  const plain: World = { ...world, hosts: world.hosts.map((h) => ({ ...h, ovs: [] })) };
  expect([json(plain, OUT), logicalText(plain, OUT)]).toEqual([[undefined], []]);
});
