import { describe, expect, it } from 'vitest';
import { worldOf } from '../cluster/world.ts';
import { trace } from '../engine/trace.ts';
import type { Trace } from '../engine/trace-types.ts';
import { ipOf, type Packet, PROTO_ICMP } from '../packet/packet.ts';
import { packetBytes } from '../packet/sizes.ts';
import { at, framesOf, ip, tcp } from '../testing/sample.ts';
import { ciscoAci } from './cisco-aci/scenario.ts';
import { loadScenario } from './files.node.ts';

/* What the tables of the OpFlex agent do with these walks. */

const { world } = worldOf(loadScenario(ciscoAci, {}));
const N = 'aci-node-1';
const FRONT = at(N, 'front-1');
const BACK = at(N, 'back-1');

const tables = (t: Trace, bridge: string, role = 'request'): readonly number[] => t.steps.flatMap((s) => (s.kind === 'openflow' && s.bridge === bridge && s.role === role ? [s.table] : []));
const last = (t: Trace): unknown => t.steps.findLast((s) => s.kind === 'openflow');
const wire = (t: Trace): Packet => t.steps.find((s) => s.kind === 'transmit' && s.dev === 'ens3' && s.role === 'request')?.packet ?? [];

describe('a contract', () => {
  const t = trace(world, tcp(FRONT, '10.2.0.21', 8080));

  it('lets its consumer open the provider, and the answers back', () => {
    expect(t.outcomes[0]).toMatchObject({ client: 'answer', request: { host: N, netns: 'back-1' } });
    expect(ipOf(t.outcomes[0]?.request.seen ?? [])).toMatchObject({ src: ip('10.2.0.11'), dst: ip('10.2.0.21'), ttl: 64 });
  });

  it('goes through both bridges twice: security groups in br-access, contracts in br-int', () => {
    expect([tables(t, 'br-access'), tables(t, 'br-int')]).toEqual([[0, 1, 2, 5, 6, 7, 8, 0, 1, 2, 3, 4, 7, 8], [0, 1, 2, 4, 5, 12, 13, 14]]);
    expect(t.steps.find((s) => s.kind === 'openflow' && s.table === 12 && s.bridge === 'br-int')).toMatchObject({ rule: { priority: 8192, cookie: '2a' } });
    expect(t.steps.find((s) => s.kind === 'openflow' && s.table === 12 && s.role === 'reply')).toMatchObject({ rule: { priority: 8192, cookie: '2b' } });
  });

  it('asks no iptables and no route of the node', () => expect(t.steps.some((s) => s.netns === null && (s.kind === 'table' || s.kind === 'fib'))).toBe(false));

  it.each([
    ['another port', FRONT, '10.2.0.21', tcp(FRONT, '10.2.0.21', 9090)],
    ['a group without a contract', at(N, 'batch-1'), '10.2.0.21', tcp(at(N, 'batch-1'), '10.2.0.21', 8080)],
    ['a connection that the provider opens', BACK, '10.2.0.12', tcp(BACK, '10.2.0.12', 8080)],
    ['another protocol', FRONT, '10.2.0.21', { from: FRONT, dst: ip('10.2.0.21'), proto: PROTO_ICMP }],
  ])('is needed: %s is dropped', (_, __, ___, probe) => {
    const refused = trace(world, probe);
    expect(refused.outcomes).toMatchObject([{ client: 'timeout', request: { verdict: 'dropped', host: N, dev: 'br-int' } }]);
    expect(tables(refused, 'br-int')).toEqual([0, 1, 2, 4, 5, 12, 15]);
    expect(refused.steps.findLast((s) => s.kind === 'openflow' && s.table === 12)).toMatchObject({ rule: { priority: 1, cookie: 'c00000000000000c' } });
  });

  it('is not needed within a group', () => expect(trace(world, tcp(FRONT, '10.2.0.12', 8080)).outcomes[0]?.client).toBe('answer'));
});

describe('what is not on the node', () => {
  it.each([
    ['a pod of another node', '10.2.0.22', 8080],
    ['a server outside', '198.51.100.80', 443],
  ])('leaves towards the leaf: %s', (_, to, port) => {
    const t = trace(world, tcp(FRONT, to, port));
    expect(t.outcomes).toMatchObject([{ request: { verdict: 'left', host: N, dev: 'ens3', next: { ip: ip('10.0.0.32') } } }]);
    expect(wire(t).slice(0, 5)).toMatchObject([{ type: 'eth' }, { type: 'vlan', id: 4093 }, { src: ip('10.0.1.11'), dst: ip('10.0.0.32') }, { dport: 8472 }, { type: 'vxlan', vni: 0x7e8001 }]);
    expect(packetBytes(wire(t))).toBe(14 + 4 + 20 + 8 + 8 + 14 + 60);
    expect(tables(t, 'br-int')).toEqual([0, 1, 2, 4, 5, 7, 13, 14]);
    expect(last(t)).toMatchObject({ rule: { priority: 11 } });
  });

  it('is seen on the veth, the device of the tunnels, the infra VLAN and the NIC', () =>
    expect(framesOf(trace(world, tcp(FRONT, '10.2.0.22', 8080))).map((f) => f.split(' ').slice(0, 3).join(' '))).toEqual([
      `${N}/front-1 eth0 out`, `${N} veth3f1c02aa in`, `${N} vxlan_sys_8472 out`, `${N} ens3.4093 out`, `${N} ens3 out`,
    ]));
});

it('drops a source address that is not the pod’s', () => {
  const t = trace(world, { ...tcp(FRONT, '10.2.0.12', 8080), src: ip('10.2.0.99') });
  expect(t.outcomes[0]?.request.verdict).toBe('dropped');
  // Priority 25 of the port security stands above what a MAC address alone lets through.
  expect(tables(t, 'br-int')).toEqual([0, 1, 15]);
});
