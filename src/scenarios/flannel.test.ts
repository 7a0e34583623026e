import { describe, expect, it } from 'vitest';
import { worldOf } from '../cluster/world.ts';
import { trace } from '../engine/trace.ts';
import { readProbe } from '../share/probeWords.ts';
import { endsOf } from '../testing/cluster.ts';
import { framesOf, rulesOf } from '../testing/sample.ts';
import { loadScenario } from './files.node.ts';
import { flannel } from './flannel/scenario.ts';
import { metallbL2 } from './metallb-l2/scenario.ts';
import { multusSriov } from './multus-sriov/scenario.ts';
import type { Scenario } from './scenario.ts';

type Params = Readonly<Record<string, string>>;

/** The scenario's world in a state, and its probe by id. */
function given(scenario: Scenario, id: string, params: Params = {}) {
  const cluster = worldOf(loadScenario(scenario, params));
  const words = scenario.probes.find((p) => p.id === id);
  const probe = words && readProbe(cluster.world, { from: words.from, to: words.to, proto: words.proto, via: undefined, sport: undefined, size: undefined });
  if (!probe?.ok) throw new Error(`no probe ${id}`);
  return { ...cluster, probe: probe.value };
}

function ends(scenario: Scenario, id: string, params: Params = {}): readonly string[] {
  const { world, probe } = given(scenario, id, params);
  return endsOf(world, probe);
}

describe('Flannel', () => {
  it('wraps what goes to another node in VXLAN: 50 bytes more on the wire, UDP 8472', () => {
    const { world, probe } = given(flannel, 'pod-to-pod');
    const t = trace(world, probe);
    const sizes = framesOf(t).map((f) => `${f.split(' ').slice(0, 3).join(' ')} ${f.split(' ').at(-1)}`);
    expect(sizes).toContain('worker1 flannel.1 out 74');
    expect(sizes).toContain('worker1 eth0 out 124');
    expect(t.steps.find((s) => s.kind === 'transmit' && s.dev === 'eth0' && s.host === 'worker1' && s.netns === null)?.packet.filter((h) => h.type === 'udp')).toMatchObject([{ dport: 8472 }]);
  });

  it('routes with host-gw: the same size everywhere, and no tunnel device', () => {
    const { world, probe } = given(flannel, 'pod-to-pod', { backend: 'host-gw' });
    expect(new Set(framesOf(trace(world, probe)).map((f) => f.split(' ').at(-1)))).toEqual(new Set(['74']));
    expect(world.hosts.flatMap((h) => h.netns.flatMap((n) => n.links.map((l) => l.name)))).not.toContain('flannel.1');
  });

  it.each(['iptables', 'ipvs'])('in mode %s keeps the client’s address under Local only, because flanneld leaves its own node’s pods alone', (proxy) => {
    expect(ends(flannel, 'client-to-lb', { proxy })).toEqual(['0.50 delivered worker1/web-1 10.244.1.1>10.244.1.3:80, answer', '0.50 delivered worker2/web-2 10.244.1.0>10.244.2.3:80, answer']);
    expect(ends(flannel, 'client-to-lb', { proxy, policy: 'Local' })).toEqual(['1.00 delivered worker1/web-1 10.10.6.91>10.244.1.3:80, answer']);
    const { world, probe } = given(flannel, 'client-to-lb', { proxy, policy: 'Local' });
    expect(rulesOf(trace(world, probe), 'worker1')).toContain('POSTROUTING nat FLANNEL-POSTRTG 4 RETURN');
  });

  it('loses half of a service without br_netfilter: what is on the same bridge', () => {
    for (const proxy of ['iptables', 'ipvs']) {
      expect(ends(flannel, 'pod-to-service', { proxy, br: 'off' })).toEqual(['0.50 delivered worker1/web-1 10.244.1.2>10.244.1.3:80, timeout', '0.50 delivered worker2/web-2 10.244.1.2>10.244.2.3:80, answer']);
      expect(ends(flannel, 'pod-to-near-pod', { proxy, br: 'off' })).toEqual(['1.00 delivered worker1/web-1 10.244.1.2>10.244.1.3:80, answer']);
    }
  });

  it('lets a pod reach itself by its service, behind the bridge’s address, in hairpin mode', () => {
    expect(ends(flannel, 'hairpin')[0]).toBe('0.50 delivered worker1/web-1 10.244.1.1>10.244.1.3:80, answer');
  });

  it.each([
    ['a node without a pod under Local: dropped with iptables', 'client-to-far-nodeport', { policy: 'Local' }, ['1.00 dropped worker3 10.10.6.91>192.168.10.13:30080, timeout']],
    ['and served by any pod with IPVS', 'client-to-far-nodeport', { policy: 'Local', proxy: 'ipvs' }, ['0.50 delivered worker1/web-1 10.244.3.0>10.244.1.3:80, answer', '0.50 delivered worker2/web-2 10.244.3.0>10.244.2.3:80, answer']],
    ['a service without endpoints refuses', 'no-endpoints', {}, ['1.00 rejected worker1 10.10.6.91>192.168.10.11:30082, refused']],
    ['also with IPVS', 'no-endpoints', { proxy: 'ipvs' }, ['1.00 rejected worker1 10.10.6.91>192.168.10.11:30082, refused']],
    ['a client outside of the ranges hears nothing', 'source-ranges', {}, ['1.00 dropped worker3 10.10.6.91>192.168.10.240:80, timeout']],
    ['also with IPVS', 'source-ranges', { proxy: 'ipvs' }, ['1.00 dropped worker3 10.10.6.91>192.168.10.240:80, timeout']],
    ['a NetworkPolicy has nobody to enforce it', 'policy', {}, ['1.00 delivered worker2/db-1 10.244.1.2>10.244.2.4:5432, answer']],
    ['a host port keeps the client', 'client-to-hostport', {}, ['1.00 delivered worker1/web-1 10.10.6.91>10.244.1.3:80, answer']],
    ['host-network endpoints are the nodes themselves', 'pod-to-hostnetwork', {}, ['0.50 delivered worker1 10.244.1.2>192.168.10.11:9100, answer', '0.50 delivered worker2 192.168.10.11>192.168.10.12:9100, answer']],
    ['DNS', 'pod-to-dns', {}, ['1.00 delivered worker3/coredns 10.244.1.2>10.244.3.2:53, answer']],
    ['the Internet, behind the node', 'pod-to-internet', {}, ['1.00 left router 192.168.10.11>198.51.100.7:443, unknown']],
  ])('%s', (_name, id, params, expected) => expect(ends(flannel, id, params)).toEqual(expected));

  it('remembers a client of a service with affinity', () => {
    const { world, probe } = given(flannel, 'sticky');
    const walk = trace(world, { ...probe, count: 3 });
    expect(new Set(walk.outcomes.map((o) => `${o.request.host}/${o.request.netns}`)).size).toBe(1);
    expect(worldOf(loadScenario(flannel, {})).files['worker1/firewall.txt']).toContain('-m recent --rcheck --seconds 10800 --reap');
  });
});

describe('MetalLB in layer 2', () => {
  /** The node by which each outcome came in: a pod of another node sees its flannel.1, one of its own the bridge. */
  const by = (params: Params): readonly string[] => [...new Set(ends(metallbL2, 'neighbour-to-lb', params).map((e) => /10\.244\.(\d)\.[01]>/.exec(e)?.[1] ?? 'as it came'))].toSorted();

  it('sends all through worker1, though it has no pod, and through worker3 when that is gone', () => {
    expect(by({})).toEqual(['1']);
    expect(by({ worker1: 'down' })).toEqual(['3']);
  });

  it('is answered by every kernel without strictARP', () => {
    expect(by({ strictarp: 'off' })).toEqual(['1', '2', '3']);
    expect(by({ strictarp: 'off', worker1: 'down' })).toEqual(['2', '3']);
  });

  it('chooses a node with a pod under Local, which sees the client', () => {
    expect(ends(metallbL2, 'client-to-lb', { policy: 'Local' })).toEqual(['1.00 delivered worker3/web-2 10.10.6.91>10.244.3.3:80, answer']);
  });

  it('shows the answer as the speaker’s', () => {
    const { world, probe } = given(metallbL2, 'neighbour-to-lb');
    expect(trace(world, probe).steps.find((s) => s.kind === 'arp')).toMatchObject({ host: 'worker1', by: 'program', program: 'MetalLB speaker' });
  });

  it('gives a new service the first free address, and says so', () => {
    const { diagnostics } = given(metallbL2, 'client-to-new');
    expect(diagnostics).toMatchObject([{ severity: 'info', code: 'address-assigned', text: 'default/new: 192.168.10.240' }]);
  });
});

describe('Multus', () => {
  it.each([
    ['vf-to-vf', 'worker2/radio-2'],
    ['vf-inside-nic', 'worker1/radio-3'],
  ])('%s: no device of a host sees the packet', (id, there) => {
    const { world, probe } = given(multusSriov, id);
    expect(framesOf(trace(world, probe)).map((f) => f.split(' ').slice(0, 3).join(' '))).toEqual(['worker1/radio-1 fast0 out', `${there} fast0 in`]);
  });

  it('leaves the NIC’s list of virtual functions on the host, and services to eth0', () => {
    const { files, world, probe } = given(multusSriov, 'service');
    expect(files['worker1/network.txt']?.match(/vf \d+ .*/g)).toEqual([
      'vf 0     link/ether 02:aa:00:00:00:11 brd ff:ff:ff:ff:ff:ff, vlan 100, spoof checking on, link-state auto, trust off',
      'vf 1     link/ether 02:aa:00:00:00:13 brd ff:ff:ff:ff:ff:ff, vlan 100, spoof checking on, link-state auto, trust off',
    ]);
    expect(framesOf(trace(world, probe))[0]).toContain('worker1/radio-1 eth0 out');
  });

  it('has macvlans that others reach, but not the node below', () => {
    expect(ends(multusSriov, 'macvlan')).toEqual(['1.00 delivered worker2/b 192.168.50.20>192.168.50.21:80, answer']);
    expect(ends(multusSriov, 'other-host-to-macvlan')).toEqual(['1.00 delivered worker1/a 192.168.50.12>192.168.50.20:80, answer']);
    expect(ends(multusSriov, 'host-to-macvlan')).toEqual(['1.00 rejected worker1 192.168.50.11>192.168.50.20:80, unreachable']);
  });

  it('moves the default route where a pod asks for it, and with it what the other side sees', () => {
    expect(ends(multusSriov, 'internet')).toEqual(['1.00 delivered client 192.168.10.11>10.10.6.91:443, answer']);
    expect(ends(multusSriov, 'internet', { default: 'net1' })).toEqual(['1.00 delivered client 192.168.50.20>10.10.6.91:443, answer']);
  });
});

it.each([
  ['metallb-l2', metallbL2, 'pod-to-dns', ['1.00 delivered worker2/coredns 10.244.3.2>10.244.2.9:53, answer']],
  ['metallb-l2', metallbL2, 'pod-to-internet', ['1.00 left router 192.168.10.13>198.51.100.7:443, unknown']],
  ['multus-sriov', multusSriov, 'pod-to-dns', ['1.00 delivered worker2/coredns 10.244.1.2>10.244.2.9:53, answer']],
] as const)('%s: a pod asks DNS, and the Internet', (_, scenario, id, wanted) => {
  expect(ends(scenario, id)).toEqual(wanted);
});
