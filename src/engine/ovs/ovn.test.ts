import { describe, expect, it } from 'vitest';
import { formatIp4 } from '../../packet/address.ts';
import { ipOf, PROTO_ICMP, PROTO_TCP } from '../../packet/packet.ts';
import { packetBytes } from '../../packet/sizes.ts';
import { ovnWorld } from '../../testing/ovn.ts';
import { at, framesOf, ip, tcp } from '../../testing/sample.ts';
import type { OpenFlowRule } from '../../world/openflow.ts';
import type { World } from '../../world/world.ts';
import { trace, traceAll } from '../trace.ts';
import type { Trace } from '../trace-types.ts';

/* What OVN-Kubernetes does in shared gateway mode; the numbers are what such a cluster shows. */

const world = ovnWorld();
const CLIENT = at('worker1', 'client-0');
const outside = { kind: 'outside', ip: ip('198.51.100.7'), host: 'worker1', dev: 'enp131s0f0' } as const;

const seen = (t: Trace): string => {
  const { src, dst, ttl } = ipOf(t.outcomes[0]?.request.seen ?? []);
  return `${formatIp4(src)} > ${formatIp4(dst)} ttl ${ttl}`;
};
const replied = (t: Trace): string => {
  const { src, dst } = ipOf(t.outcomes[0]?.reply?.seen ?? []);
  return `${formatIp4(src)} > ${formatIp4(dst)}`;
};
const bridgesOf = (t: Trace, role = 'request'): readonly string[] => t.steps.flatMap((s) => (s.kind === 'ovs' && s.role === role ? [`${s.host} ${s.bridge} ${s.how} ${s.pass}`] : []));

it.each([
  ['pod to pod on the same node: no router', tcp(CLIENT, '10.131.0.20', 8080), '10.131.0.21 > 10.131.0.20 ttl 64', '10.131.0.20 > 10.131.0.21'],
  ['pod to pod on another node: one router, on the node of the sender', tcp(CLIENT, '10.128.0.15', 8080), '10.131.0.21 > 10.128.0.15 ttl 63', '10.128.0.15 > 10.131.0.21'],
  ['pod to ClusterIP: the client’s address stays, and the packet goes by the router even on the same node', tcp(CLIENT, '172.30.44.86', 80), '10.131.0.21 > 10.131.0.20 ttl 63', '172.30.44.86 > 10.131.0.21'],
  ['host to ClusterIP: by br-ex, the gateway router’s join address', tcp(at('worker1'), '172.30.44.86', 80), '100.64.0.5 > 10.131.0.20 ttl 62', '172.30.44.86 > 50.50.51.24'],
  ['pod to its own node: by the management port, as it is', tcp(CLIENT, '50.50.51.24', 22), '10.131.0.21 > 50.50.51.24 ttl 63', '50.50.51.24 > 10.131.0.21'],
])('%s', (_, probe, request, reply) => {
  const t = trace(world, probe);
  expect([seen(t), replied(t), t.outcomes[0]?.client]).toEqual([request, reply, 'answer']);
});

it('a pod’s packet leaves to the Internet with the node’s address, two hops younger', () => {
  const t = trace(world, tcp(CLIENT, '203.0.113.9', 443));
  expect(t.outcomes).toMatchObject([{ request: { verdict: 'left', host: 'worker1', dev: 'enp131s0f0' } }]);
  expect(seen(t)).toBe('50.50.51.24 > 203.0.113.9 ttl 62');
  // SNAT in the zone that the host's netfilter has, too, and br-ex's own entry to know the reply by.
  expect(t.conntrack.filter((c) => c.netns === null).map((c) => [c.entry.zone, c.entry.mark])).toEqual(expect.arrayContaining([[0, 0], [64000, 1]]));
});

describe('a NodePort from outside', () => {
  const t = trace(world, { from: outside, dst: ip('50.50.51.24'), proto: PROTO_TCP, dport: 31785 });

  it('is answered by a pod that sees the join address', () => expect([seen(t), replied(t), t.outcomes[0]?.client]).toEqual(['100.64.0.5 > 10.131.0.20 ttl 62', '50.50.51.24 > 198.51.100.7', 'answer']));
  it('never meets iptables or a route of the host', () => expect(t.steps.some((s) => s.host === 'worker1' && s.netns === null && (s.kind === 'table' || s.kind === 'fib'))).toBe(false));
  it('goes from br-ex into br-int by the patch ports, with five more passes there', () => expect(bridgesOf(t)).toEqual(['worker1 br-ex port 0', 'worker1 br-int patch 0', ...[1, 2, 3, 4, 5].map((n) => `worker1 br-int resume ${n}`)]));
  it('asks how long the frame is', () => expect(t.steps.find((s) => s.kind === 'ovs-action' && s.action.kind === 'check-pkt-len')).toMatchObject({ action: { bytes: 74, limit: 1414, larger: false } }));
});

describe('the Geneve packet between nodes', () => {
  const t = trace(world, tcp(CLIENT, '10.128.0.15', 8080));
  const wire = t.steps.find((s) => s.kind === 'transmit' && s.dev === 'enp131s0f0' && s.role === 'request');

  it('has OVN’s option with the logical ports, and 58 bytes more', () => {
    expect(wire?.packet.slice(1, 4)).toMatchObject([{ src: ip('50.50.51.24'), dst: ip('50.50.51.21'), ttl: 64, df: true }, { dport: 6081 }, { type: 'geneve', vni: 2, optionBytes: 8, options: [{ optClass: 0x102, optType: 0x80 }] }]);
    expect(packetBytes(wire?.packet ?? [])).toBe(74 + 58);
  });

  it('is seen on the device of all Geneve ports, on br-ex and on the NIC', () =>
    expect(framesOf(t).map((f) => f.split(' ').slice(0, 3).join(' '))).toEqual([
      'worker1/client-0 eth0 out', 'worker1 d10af31c1d33dac in', 'worker1 genev_sys_6081 out', 'worker1 br-ex out', 'worker1 enp131s0f0 out',
      'master1 enp131s0f0 in', 'master1 br-ex in', 'master1 genev_sys_6081 in', 'master1 c41e0d5b7a9f382 out', 'master1/web-1 eth0 in',
    ]));
});

it('a service without endpoints is refused by the controller, with a reset', () => {
  const t = trace(world, tcp(CLIENT, '172.30.99.1', 80));
  expect(t.outcomes).toMatchObject([{ client: 'refused', request: { verdict: 'rejected', host: 'worker1', dev: 'br-int', error: { kind: 'reset', from: ip('172.30.99.1') } } }]);
  expect(t.steps.find((s) => s.kind === 'ovs-action' && s.action.kind === 'controller')).toMatchObject({ action: { what: 'reject' } });
});

it('the router answers a ping to its own address by its rules', () => {
  const t = trace(world, { from: CLIENT, dst: ip('10.131.0.1'), proto: PROTO_ICMP });
  expect(t.outcomes).toMatchObject([{ client: 'answer', request: { verdict: 'delivered', dev: 'br-int' } }]);
  expect(ipOf(t.outcomes[0]?.reply?.seen ?? []).ttl).toBe(254);
});

it('a packet at the end of its TTL is answered in the name of its destination, as this release of OVN does on its gateway ports', () => {
  const t = trace(world, { from: CLIENT, dst: ip('10.128.0.15'), proto: PROTO_ICMP, ttl: 1 });
  expect(t.outcomes).toMatchObject([{ request: { verdict: 'rejected', error: { kind: 'icmp', icmptype: 11, code: 0, from: ip('10.128.0.15') } } }]);
});

it('which endpoint is taken is chance, by the weights of the group', () => {
  const { branches } = traceAll(world, tcp(CLIENT, '172.30.44.86', 80));
  expect(branches.map((b) => [b.probability, b.trace.choices.filter((c) => c.kind === 'ovs-group').map((c) => [c.key, c.options[c.taken]]), b.trace.outcomes[0]?.request.netns])).toEqual([
    [0.5, [['worker1/ovs-group', 'group:3 bucket:0 10.131.0.20:8080']], 'web-0'],
    [0.5, [['worker1/ovs-group', 'group:3 bucket:1 10.128.0.15:8080']], 'web-1'],
  ]);
});

it('behind a tunnel to a machine without a dump the walk ends, and says towards whom', () => {
  const t = trace(ovnWorld({ without: 'master1' }), tcp(CLIENT, '10.128.0.15', 8080));
  expect(t.outcomes).toMatchObject([{ request: { verdict: 'left', host: 'worker1', dev: 'enp131s0f0', next: { ip: ip('50.50.51.21') } } }]);
});

describe('a next hop without a MAC binding', () => {
  /** The router of worker1 has forgotten who 50.50.51.21 is. */
  const forgets = (rules: readonly OpenFlowRule[]): readonly OpenFlowRule[] => rules.filter((f) => !((f.table === 66 || f.table === 67) && f.match.some((m) => m.field === 'reg0' && m.value[0] === ip('50.50.51.21'))));
  const forgetful: World = { ...world, hosts: world.hosts.map((h) => (h.ovs ? { ...h, ovs: h.ovs.map((b) => ({ ...b, flows: b.flows && forgets(b.flows) })) } : h)) };

  it('is asked for by the controller; the packet waits, and goes on from there', () => {
    const t = trace(forgetful, tcp(CLIENT, '50.50.51.21', 22));
    expect(t.outcomes).toMatchObject([{ client: 'answer', request: { verdict: 'delivered', host: 'master1', dev: 'br-ex' } }]);
    expect(seen(t)).toBe('50.50.51.24 > 50.50.51.21 ttl 62');
    expect(t.steps.flatMap((s) => (s.kind === 'ovs-action' && s.action.kind === 'controller' && s.host === 'worker1' ? [s.action.what] : [])).slice(0, 2)).toEqual(['arp', 'put_arp']);
    expect(t.steps.find((s) => s.kind === 'transmit' && s.role === 'arp' && s.dev === 'enp131s0f0' && s.host === 'worker1')?.packet.at(-1)).toMatchObject({ type: 'arp', op: 'request', spa: ip('50.50.51.24'), tpa: ip('50.50.51.21') });
  });

  it('takes the same way as with one', () => {
    const way = (w: World): readonly string[] => framesOf(trace(w, tcp(CLIENT, '50.50.51.21', 22)));
    expect(way(forgetful)).toEqual(way(world));
  });

  it('is out of sight when nobody is described who has it', () => {
    const t = trace(world, tcp(CLIENT, '50.50.51.30', 22));
    expect(t.outcomes).toMatchObject([{ request: { verdict: 'left', dev: 'br-int', next: { ip: ip('50.50.51.30') } } }]);
  });
});
