import { describe, expect, it } from 'vitest';
import { worldOf } from '../cluster/world.ts';
import { trace } from '../engine/trace.ts';
import type { Trace } from '../engine/trace-types.ts';
import { ipOf } from '../packet/packet.ts';
import { vhostInterfaceOf } from '../world/vhost.ts';
import { at, framesOf, ip, tcp } from '../testing/sample.ts';
import { loadScenario } from './files.node.ts';
import { ovsDpdk } from './ovs-dpdk/scenario.ts';

/* vhost-user: what the kernel of the node is not asked. */

const { world } = worldOf(loadScenario(ovsDpdk, {}));
const N = 'worker-1';
const GENERATOR = at(N, 'generator');
const host = world.hosts.find((h) => h.name === N);

/** What the node's own kernel did with the packet. */
const ofKernel = (t: Trace): readonly string[] => t.steps.flatMap((s) => (s.host === N && s.netns === null && !['ovs', 'openflow', 'left'].includes(s.kind) ? [s.kind] : []));

it('knows which port is which pod’s by the address that was written down', () => {
  const bridge = host?.ovs?.[0];
  expect([bridge?.datapathType, bridge?.ports.map((p) => [p.type, p.attachedMac])]).toEqual([
    'netdev', [['dpdk', undefined], ['dpdkvhostuserclient', '02:fe:c0:a8:c8:0b'], ['dpdkvhostuserclient', '02:fe:c0:a8:c8:0c'], ['internal', undefined]],
  ]);
  expect(host && bridge?.ports.map((p) => vhostInterfaceOf(host, p)?.netns.name)).toEqual([undefined, 'generator', 'forwarder', undefined]);
});

it('puts no interface of a pod on a wire', () => expect(world.segments).toEqual([]));

describe('by net1', () => {
  const t = trace(world, tcp(GENERATOR, '192.168.200.12', 9000));

  it('reaches the other pod and is answered', () => {
    expect(t.outcomes[0]).toMatchObject({ client: 'answer', request: { host: N, netns: 'forwarder', dev: 'net1' } });
    expect(ipOf(t.outcomes[0]?.request.seen ?? [])).toMatchObject({ src: ip('192.168.200.11'), ttl: 64 });
  });

  it('does nothing in the node’s kernel, there and back', () => expect(ofKernel(t)).toEqual([]));

  it('is on no device of the node: no capture shows it', () =>
    expect(framesOf(t).map((f) => f.split(' ').slice(0, 3).join(' '))).toEqual([`${N}/generator net1 out`, `${N}/forwarder net1 in`]));

  it('is switched by the bridge’s one rule, NORMAL', () =>
    expect(t.steps.find((s) => s.kind === 'openflow')).toMatchObject({ bridge: 'br0', table: 0, notes: [{ kind: 'normal', to: ['8e04b7d2516f-net1'], by: 'learned' }, { kind: 'output', port: '8e04b7d2516f-net1' }] }));

  it('leaves by the NIC that DPDK drives for another node', () =>
    expect(trace(world, tcp(GENERATOR, '192.168.200.21', 9000)).outcomes).toMatchObject([{ request: { verdict: 'left', host: N, dev: 'dpdk-p0' } }]));

  it('asks who has an address through the bridge', () => {
    const files = { ...loadScenario(ovsDpdk, {}) };
    const pod = `${N}/netns/generator/pod.txt`;
    const asking = worldOf({ ...files, [pod]: (files[pod] ?? '').replace(/^192\.168\.200\.12 dev net1 .*\n/m, '') }).world;
    const asked = trace(asking, tcp(GENERATOR, '192.168.200.12', 9000));
    expect(asked.outcomes[0]?.client).toBe('answer');
    expect(asked.steps.filter((s) => s.kind === 'openflow' && s.role === 'arp')).toHaveLength(2);
  });

  it('is out of the node’s reach', () => {
    const own = trace(world, tcp(at(N), '192.168.200.12', 9000));
    expect(own.outcomes).toMatchObject([{ request: { verdict: 'left', dev: 'eth0' } }]);
    expect(own.steps.some((s) => s.kind === 'ovs')).toBe(false);
  });
});

it('goes through the kernel by eth0: bridge, rules, devices', () => {
  const t = trace(world, tcp(GENERATOR, '10.244.0.12', 9000));
  expect(t.outcomes[0]).toMatchObject({ client: 'answer', request: { netns: 'forwarder', dev: 'eth0' } });
  expect(ofKernel(t)).toEqual(expect.arrayContaining(['receive', 'bridge', 'table', 'transmit']));
  expect(framesOf(t).some((f) => f.startsWith(`${N} veth1 in`))).toBe(true);
});
