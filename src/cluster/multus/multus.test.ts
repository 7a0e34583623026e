import { describe, expect, it } from 'vitest';
import { endsOf, worldOfObjects } from '../../testing/cluster.ts';
import { at, framesOf, tcp } from '../../testing/sample.ts';
import { trace } from '../../engine/trace.ts';

const node = (name: string, last: number): object => ({ apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: { podCIDR: `10.244.${last - 10}.0/24` }, status: { addresses: [{ type: 'InternalIP', address: `192.168.1.${last}` }], nodeInfo: { kubeProxyVersion: 'v1.31.0' } } });
const pod = (name: string, on: string, podIP: string, networks: string, annotations: object = {}, spec: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', annotations: { 'k8s.v1.cni.cncf.io/networks': networks, ...annotations } },
  spec: { nodeName: on, ...spec },
  status: { podIP },
});
const network = (name: string, config: object, annotations: object = {}): object => ({ apiVersion: 'k8s.cni.cncf.io/v1', kind: 'NetworkAttachmentDefinition', metadata: { name, namespace: 'default', annotations }, spec: { config: JSON.stringify({ cniVersion: '0.3.1', ...config }) } });
/** n1 and n2 have a second NIC without an address; a router is on its wire. */
const FABRIC = {
  apiVersion: 'packetwalk/v1',
  kind: 'Fabric',
  metadata: { name: 'fabric' },
  spec: {
    nodes: ['11', '12'].map((last, i) => ({ name: `n${i + 1}`, interfaces: [{ dev: 'eth0', address: `192.168.1.${last}/24` }, { dev: 'ens1f0', mac: `02:00:00:00:01:${last}` }] })),
    routers: [{ name: 'r', interfaces: [{ dev: 'eth0', address: '192.168.1.1/24' }, { dev: 'eth1', address: '192.168.50.1/24' }, { dev: 'eth2', address: '10.10.6.1/24' }] }],
    clients: [{ name: 'far', interfaces: [{ dev: 'eth0', address: '10.10.6.91/24' }] }],
  },
};
const NODES = [node('n1', 11), node('n2', 12), FABRIC];
const HOST_LOCAL = { type: 'host-local', subnet: '192.168.50.0/24', rangeStart: '192.168.50.20' };
const STATIC = (address: string): object => ({ type: 'static', addresses: [{ address }] });

const textOf = (objects: readonly object[], path: string): string => worldOfObjects(objects).files[path] ?? '';
const codes = (objects: readonly object[]): readonly string[] => worldOfObjects(objects).diagnostics.map((d) => `${d.severity} ${d.code} ${d.text}`);

describe('a macvlan', () => {
  const objects = [...NODES, network('storage', { type: 'macvlan', master: 'ens1f0', ipam: { type: 'whereabouts', range: '192.168.50.0/24', range_start: '192.168.50.20' } }), pod('a', 'n1', '10.244.1.2', 'storage'), pod('b', 'n2', '10.244.2.2', 'default/storage@store'), pod('c', 'n1', '10.244.1.3', 'storage')];

  it('stands on the NIC that the network names, beside eth0, and is called as the pod asks', () => {
    expect(textOf(objects, 'n1/netns/a/network.txt')).toMatch(/net1@if\d+: .* mtu 1500[^]*macvlan mode bridge[^]*inet 192\.168\.50\.20\/24/);
    expect(textOf(objects, 'n2/netns/b/network.txt')).toMatch(/store@if\d+: [^]*inet 192\.168\.50\.21\/24/);
  });

  it('reaches others on its wire, on other machines and on its own, without the node’s IP', () => {
    const { world } = worldOfObjects(objects);
    expect(endsOf(world, tcp(at('n1', 'a'), '192.168.50.21', 80))).toEqual(['1.00 delivered n2/b 192.168.50.20>192.168.50.21:80, answer']);
    expect(endsOf(world, tcp(at('n1', 'a'), '192.168.50.22', 80))).toEqual(['1.00 delivered n1/c 192.168.50.20>192.168.50.22:80, answer']);
    const walk = trace(world, tcp(at('n1', 'a'), '192.168.50.21', 80));
    expect(walk.steps.filter((s) => s.host === 'n1' && s.netns === null && (s.kind === 'fib' || s.kind === 'table' || s.kind === 'rule'))).toEqual([]);
  });
});

describe('an ipvlan', () => {
  const objects = [...NODES, network('l3', { type: 'ipvlan', master: 'ens1f0', mode: 'l3', ipam: STATIC('192.168.50.30/24') }), pod('a', 'n1', '10.244.1.2', 'l3')];

  it('has the address of the NIC below, and where a packet meets it the walk says that it is not modelled', () => {
    expect(textOf(objects, 'n1/netns/a/network.txt')).toMatch(/net1@if\d+: [^]*link\/ether 02:00:00:00:01:11 [^]*ipvlan mode l3 bridge/);
    expect(endsOf(worldOfObjects(objects).world, tcp(at('n1', 'a'), '192.168.50.1', 80))).toEqual(['1.00 unknown n1/a 192.168.50.30>192.168.50.1:80, unknown']);
  });
});

describe('a bridge of its own', () => {
  const objects = [...NODES, network('br', { type: 'bridge', bridge: 'br1', isGateway: true, hairpinMode: true, ipam: HOST_LOCAL }), pod('a', 'n1', '10.244.1.2', 'br'), pod('b', 'n1', '10.244.1.3', 'br'), pod('c', 'n2', '10.244.2.2', 'br')];

  it('is made on each node, with the first address of its network; addresses are each node’s own', () => {
    expect(textOf(objects, 'n1/network.txt')).toMatch(/br1: [^]*inet 192\.168\.50\.1\/24/);
    expect(textOf(objects, 'n1/netns/a/network.txt')).toContain('inet 192.168.50.20/24');
    expect(textOf(objects, 'n1/netns/b/network.txt')).toContain('inet 192.168.50.21/24');
    expect(textOf(objects, 'n2/netns/c/network.txt')).toContain('inet 192.168.50.20/24');
  });

  it('joins the pods of its node', () => {
    expect(endsOf(worldOfObjects(objects).world, tcp(at('n1', 'a'), '192.168.50.21', 80))).toEqual(['1.00 delivered n1/b 192.168.50.20>192.168.50.21:80, answer']);
  });
});

describe('a virtual function', () => {
  const sriov = network('fast', { type: 'sriov', vlan: 100, trust: 'on', spoofchk: 'off', ipam: { type: 'static' } }, { 'k8s.v1.cni.cncf.io/resourceName': 'intel.com/fastnic' });
  const policy = { apiVersion: 'sriovnetwork.openshift.io/v1', kind: 'SriovNetworkNodePolicy', metadata: { name: 'p', namespace: 'sriov' }, spec: { resourceName: 'fastnic', nicSelector: { pfNames: ['ens1f0#0-3'] } } };
  const ask = (ip: string, mac: string): string => JSON.stringify([{ name: 'fast', ips: [ip], mac }]);
  const objects = [...NODES, sriov, policy, pod('a', 'n1', '10.244.1.2', ask('192.168.50.21/24', '02:AA:00:00:00:01')), pod('b', 'n2', '10.244.2.2', ask('192.168.50.22/24', '02:aa:00:00:00:02')), pod('c', 'n1', '10.244.1.3', ask('192.168.50.23/24', '02:aa:00:00:00:03'))];

  it('is a NIC in the pod, gone from the host, whose NIC lists it', () => {
    const { world, files } = worldOfObjects(objects);
    expect(files['n1/network.txt']?.split('\n').filter((l) => l.includes(' vf '))).toEqual([
      '    vf 0     link/ether 02:aa:00:00:00:01 brd ff:ff:ff:ff:ff:ff, vlan 100, spoof checking off, link-state auto, trust on',
      '    vf 1     link/ether 02:aa:00:00:00:03 brd ff:ff:ff:ff:ff:ff, vlan 100, spoof checking off, link-state auto, trust on',
    ]);
    expect(world.hosts[0]?.netns.find((n) => n.name === 'c')?.links.find((l) => l.name === 'net1')).toMatchObject({ kind: 'nic', vf: { pf: { host: 'n1', netns: null, dev: 'ens1f0' }, index: 1 } });
  });

  it('sends past the kernel of its machine: no device of the host sees the packet, out or in', () => {
    const { world } = worldOfObjects(objects);
    for (const [dst, on] of [['192.168.50.22', 'n2/b'], ['192.168.50.23', 'n1/c']] as const) {
      const probe = tcp(at('n1', 'a'), dst, 80);
      expect(endsOf(world, probe)).toEqual([`1.00 delivered ${on} 192.168.50.21>${dst}:80, answer`]);
      expect(framesOf(trace(world, probe)).map((f) => f.split(' ').slice(0, 3).join(' '))).toEqual(['n1/a net1 out', `${on} net1 in`]);
    }
  });

  it('does not know services: they are eth0’s', () => {
    const { world } = worldOfObjects(objects);
    expect(framesOf(trace(world, tcp(at('n1', 'a'), '10.96.0.1', 443)))[0]).toContain('n1/a eth0 out');
  });

  it('of a NIC that no object names is taken from the node’s last one, which is said', () => {
    expect(codes([...NODES, network('fast', { type: 'sriov', ipam: STATIC('192.168.50.21/24') }), pod('a', 'n1', '10.244.1.2', 'fast')])).toEqual(['info assumed-pf n1: ens1f0']);
  });
});

describe('default-route', () => {
  const objects = (networks: string): readonly object[] => [...NODES, network('storage', { type: 'macvlan', master: 'ens1f0', ipam: HOST_LOCAL }), pod('a', 'n1', '10.244.1.2', networks)];
  const routes = (networks: string): readonly string[] => (textOf(objects(networks), 'n1/netns/a/network.txt').split('$ ip route show\n')[1] ?? '').split('\n').filter((l) => l.startsWith('default'));

  it('takes the default route from eth0', () => {
    expect(routes('storage')).toEqual(['default via 169.254.1.1 dev eth0']);
    expect(routes(JSON.stringify([{ name: 'storage', 'default-route': ['192.168.50.1'] }]))).toEqual(['default via 192.168.50.1 dev net1']);
  });

  it('lets the pod leave by its second network', () => {
    const { world } = worldOfObjects(objects(JSON.stringify([{ name: 'storage', 'default-route': ['192.168.50.1'] }])));
    expect(endsOf(world, tcp(at('n1', 'a'), '10.10.6.91', 80))).toEqual(['1.00 delivered far 192.168.50.20>10.10.6.91:80, answer']);
  });

  it('of the plugin for addresses collides with the one of eth0', () => {
    const second = network('storage', { type: 'macvlan', master: 'ens1f0', ipam: { ...HOST_LOCAL, routes: [{ dst: '0.0.0.0/0' }, { dst: '10.50.0.0/16' }] } });
    const all = [...NODES, second, pod('a', 'n1', '10.244.1.2', 'storage')];
    expect(codes(all)).toEqual(['warning second-route default/a: default dev net1']);
    expect(textOf(all, 'n1/netns/a/network.txt')).toContain('10.50.0.0/16 via 192.168.50.1 dev net1');
  });
});

describe('what a pod cannot have', () => {
  it.each([
    ['a network that is not there', [pod('a', 'n1', '10.244.1.2', 'gone')], ['warning missing-object Pod default/a: NetworkAttachmentDefinition default/gone']],
    ['an annotation that is no JSON', [pod('a', 'n1', '10.244.1.2', '[{"name":')], ['warning bad-json k8s.v1.cni.cncf.io/networks']],
    ['a device of a DPDK program', [network('dpdk', { type: 'userspace' }), pod('a', 'n1', '10.244.1.2', 'dpdk')], ['info no-kernel-interface default/a net1']],
    ['a plugin that is not modelled', [network('odd', { type: 'tap' }), pod('a', 'n1', '10.244.1.2', 'odd')], ['warning unmodelled CNI tap']],
    ['a device of the node that is not there', [network('mv', { type: 'macvlan', master: 'eth7' }), pod('a', 'n1', '10.244.1.2', 'mv')], ['warning missing-object n1: eth7']],
  ])('%s', (_name, more, expected) => {
    expect(codes([...NODES, network('storage', { type: 'bridge' }), ...more])).toEqual(expected);
  });

  it('more networks, when it lives in the node’s own', () => {
    expect(codes([...NODES, network('storage', { type: 'macvlan' }), pod('a', 'n1', '192.168.1.11', 'storage', {}, { hostNetwork: true })])).toEqual([]);
  });
});

it('takes addresses and MACs as Multus wrote them down, where it did', () => {
  const status = JSON.stringify([{ name: 'cbr0', interface: 'eth0', ips: ['10.244.1.2'] }, { name: 'default/storage', interface: 'net1', ips: ['192.168.50.99'], mac: '02:bb:00:00:00:09' }]);
  const text = textOf([...NODES, network('storage', { type: 'macvlan', master: 'ens1f0', ipam: HOST_LOCAL }), pod('a', 'n1', '10.244.1.2', 'storage', { 'k8s.v1.cni.cncf.io/network-status': status })], 'n1/netns/a/network.txt');
  expect(text).toMatch(/net1@[^]*link\/ether 02:bb:00:00:00:09[^]*inet 192\.168\.50\.99\/24/);
});
