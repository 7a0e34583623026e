import { describe, expect, it } from 'vitest';
import type { Probe } from '../../engine/probe.ts';
import { trace } from '../../engine/trace.ts';
import type { Trace } from '../../engine/trace-types.ts';
import type { World } from '../../world/world.ts';
import { worldOf } from '../world.ts';
import { build, DEFAULT_GROUP, K2, PORT1, PORT2, TWO_HOSTS, vm, type Way } from '../../testing/neutronCluster.ts';
import { at, framesOf, ip, rulesOf } from '../../testing/sample.ts';

const rule = (protocol: string | number, more: object = {}): object => ({ remoteGroup: 'k8s', protocol, ...more });
const groupWith = (...rules: readonly object[]): object => ({ ...DEFAULT_GROUP, rules: [...DEFAULT_GROUP.rules, ...rules] });

/** A ping of the pod on k2, from the pod on k1. */
const ping = (spec: object, way: Way = 'ipip'): Trace => trace(build(spec, way).world, { from: at('k1', 'pod'), dst: ip(K2.pod), proto: 1 });

const dropRules = (t: Trace): readonly string[] => t.steps.flatMap((s) => (s.kind === 'rule' && s.matched === true && s.verdict === 'DROP' ? [`${s.host} ${s.chain} ${s.rule} ${s.role}`] : []));

describe('a pod behind port security', () => {
  it.each([
    ['direct: its address is not the port’s', { securityGroups: [DEFAULT_GROUP], computeHosts: TWO_HOSTS }, 'direct', 'compute1 neutron-openvswi-s1b5c0f4c-a 2 request'],
    ['IPIP without a rule: the receiver’s port does not take protocol 4', { securityGroups: [DEFAULT_GROUP], computeHosts: TWO_HOSTS }, 'ipip', 'compute2 neutron-openvswi-sg-fallback 1 request'],
    ['IPIP without a rule and without the free way out: the sender’s port', { securityGroups: [{ ...DEFAULT_GROUP, defaultEgress: false }], computeHosts: TWO_HOSTS }, 'ipip', 'compute1 neutron-openvswi-sg-fallback 1 request'],
    ['a rule for protocol 94', { securityGroups: [groupWith(rule(94))], computeHosts: TWO_HOSTS }, 'ipip', 'compute2 neutron-openvswi-sg-fallback 1 request'],
    ['a rule for “ipip”, which iptables reads as 94', { securityGroups: [groupWith(rule('ipip'))], computeHosts: TWO_HOSTS }, 'ipip', 'compute2 neutron-openvswi-sg-fallback 1 request'],
  ] as const)('is cut off: %s', (_, spec, way, where) => {
    const t = ping(spec, way);
    expect(t.outcomes[0]?.request.verdict).toBe('dropped');
    expect(dropRules(t)).toEqual([where]);
  });

  it.each([
    ['a rule for protocol 4', { securityGroups: [groupWith(rule('4'))], computeHosts: TWO_HOSTS }, 'ipip'],
    ['a rule for everything among members', { securityGroups: [groupWith({ remoteGroup: 'k8s' })], computeHosts: TWO_HOSTS }, 'ipip'],
    [
      'pairs for the pods’ network, without a tunnel',
      { securityGroups: [DEFAULT_GROUP], computeHosts: [{ name: 'compute1', vms: [vm('k1', PORT1, { allowedAddressPairs: ['172.16.0.0/16'] })] }, { name: 'compute2', vms: [vm('k2', PORT2, { allowedAddressPairs: [{ ip: '172.16.0.0/16' }] })] }] },
      'direct',
    ],
    ['no port security, without a tunnel', { computeHosts: [{ name: 'compute1', vms: [vm('k1', PORT1, { portSecurity: false, securityGroups: [] })] }, { name: 'compute2', vms: [vm('k2', PORT2, { portSecurity: false, securityGroups: [] })] }] }, 'direct'],
    ['bridges that do not call iptables', { securityGroups: [DEFAULT_GROUP], computeHosts: TWO_HOSTS.map((c) => ({ ...c, run: ['sysctl -w net.bridge.bridge-nf-call-iptables=0'] })) }, 'direct'],
    ['both VMs on one compute host', { securityGroups: [groupWith(rule(4))], computeHosts: [{ name: 'compute1', vms: [vm('k1', PORT1), vm('k2', PORT2)] }] }, 'ipip'],
  ] as const)('is reached with %s', (_, spec, way) => expect(ping(spec, way).outcomes[0]).toMatchObject({ client: 'answer', request: { verdict: 'delivered' } }));

  it('is judged by the sender’s chains on the way out and by the receiver’s on the way in', () => {
    const t = ping({ securityGroups: [groupWith(rule(4))], computeHosts: TWO_HOSTS });
    expect(rulesOf(t, 'compute1').filter((r) => r.includes('FORWARD'))).toEqual([
      'FORWARD filter FORWARD 1 neutron-filter-top',
      'FORWARD filter neutron-filter-top 1 neutron-openvswi-local',
      'FORWARD filter FORWARD 2 neutron-openvswi-FORWARD',
      'FORWARD filter neutron-openvswi-FORWARD 2 neutron-openvswi-sg-chain',
      'FORWARD filter neutron-openvswi-sg-chain 2 neutron-openvswi-o1b5c0f4c-a',
      'FORWARD filter neutron-openvswi-o1b5c0f4c-a 2 neutron-openvswi-s1b5c0f4c-a',
      'FORWARD filter neutron-openvswi-s1b5c0f4c-a 1 RETURN',
      'FORWARD filter neutron-openvswi-o1b5c0f4c-a 6 RETURN',
      'FORWARD filter neutron-openvswi-sg-chain 3 ACCEPT',
    ]);
    expect(rulesOf(t, 'compute2').filter((r) => r.includes('neutron-openvswi-i'))).toEqual(['FORWARD filter neutron-openvswi-sg-chain 1 neutron-openvswi-i2d6e1a5d-b', 'FORWARD filter neutron-openvswi-i2d6e1a5d-b 6 RETURN']);
  });

  it('walks tap, qbr, br-int and the provider’s VLAN, and Netfilter looks only at qbr', () => {
    const t = ping({ securityGroups: [groupWith(rule(4))], computeHosts: TWO_HOSTS, network: { vlan: 200 } });
    expect(framesOf(t).map((f) => f.split(' ').slice(0, 3).join(' '))).toEqual([
      'k1/pod eth0 out',
      'k1 cali1 in',
      'k1 tunl0 out',
      'k1 ens3 out',
      'compute1 tap1b5c0f4c-a1 in',
      'compute1 qvb1b5c0f4c-a1 out',
      'compute1/openvswitch qvo1b5c0f4c-a1 in',
      'compute1/openvswitch eno1.200 out',
      'compute1 eno1 out',
      'compute2 eno1 in',
      'compute2/openvswitch eno1.200 in',
      'compute2/openvswitch qvo2d6e1a5d-b2 out',
      'compute2 qvb2d6e1a5d-b2 in',
      'compute2 tap2d6e1a5d-b2 out',
      'k2 ens3 in',
      'k2 tunl0 in',
      'k2 cali1 out',
      'k2/pod eth0 in',
    ]);
    expect(t.steps.some((s) => s.netns === 'openvswitch' && s.kind === 'policy')).toBe(false);
  });

  it('keeps a connection zone for each port', () => {
    const t = ping({ securityGroups: [groupWith(rule(4))], computeHosts: [{ name: 'compute1', vms: [vm('k1', PORT1), vm('k2', PORT2)] }] });
    expect(t.conntrack.filter((e) => e.host === 'compute1').map((e) => e.entry.zone).toSorted((a, b) => a - b)).toEqual([4097, 4098]);
  });
});

describe('a VM behind port security', () => {
  const spec = { securityGroups: [DEFAULT_GROUP], computeHosts: TWO_HOSTS };

  it.each([
    ['tcp among members', { proto: 6, dport: 6443 }, 'answer'],
    ['udp, which no rule takes in', { proto: 17, dport: 53 }, 'timeout'],
    ['an address that is not its own', { proto: 6, dport: 80, src: ip('10.100.200.99') }, 'timeout'],
  ])('%s: %s', (_, more, client) => {
    const t = trace(build(spec).world, { from: at('k1'), dst: ip(K2.ip), ...more });
    expect(t.outcomes[0]?.client).toBe(client);
  });
});

describe('objects with compute hosts', () => {
  const objects = (mac: string): string => `kind: Node
metadata: {name: k1}
---
kind: Node
metadata: {name: k2}
---
kind: Fabric
metadata: {name: openstack}
spec:
  nodes:
  - {name: k1, interfaces: [{dev: ens3, address: 10.100.200.4/24, mac: "fa:16:3e:09:06:eb"}], gateway: 10.100.200.1}
  - {name: k2, interfaces: [{dev: ens3, address: 10.100.200.21/24, mac: "fa:16:3e:02:d9:5e"}], gateway: 10.100.200.1}
  routers:
  - {name: gw, interfaces: [{dev: qr, address: 10.100.200.1/24}, {dev: qg, address: 203.0.113.1/24}], gateway: 203.0.113.254}
  clients:
  - {name: other, interfaces: [{dev: eth0, address: 10.100.200.30/24}], gateway: 10.100.200.1}
  - {name: admin, interfaces: [{dev: eth0, address: 203.0.113.9/24}], gateway: 203.0.113.1}
  securityGroups:
  - {name: k8s, rules: [{protocol: tcp, ports: 6443}, {remoteGroup: k8s}]}
  computeHosts:
  - name: compute1
    vms: [{node: k1, securityGroups: [k8s], mac: "${mac}"}]
  - name: compute2
    vms: [{node: k2, securityGroups: [k8s]}, {node: other, securityGroups: [k8s]}]
  - name: network1
    routers: [{node: gw}]
`;
  const worldWith = (mac: string): World => worldOf({ 'objects.yaml': objects(mac) }).world;
  const own = 'fa:16:3e:09:06:eb';

  it('compile without a remark, each machine with its files', () => {
    const { diagnostics, world, reasonOf, files } = worldOf({ 'objects.yaml': objects(own) });
    expect(diagnostics.filter((d) => d.severity !== 'info')).toEqual([]);
    expect(world.hosts.map((h) => h.name)).toEqual(['k1', 'k2', 'gw', 'other', 'admin', 'compute1', 'compute2', 'network1']);
    const lines = String(files['compute1/firewall.txt']).split('\n');
    expect(reasonOf({ input: 'compute1/firewall.txt', line: lines.findIndex((l) => l.includes('--dport 6443')) + 1 })).toMatchObject({ kind: 'SecurityGroup', name: 'k8s', part: 'rule 1', source: { input: 'objects.yaml', line: 19 } });
  });

  it.each([
    ['a member reaches a member', own, { from: at('k1'), dst: ip('10.100.200.21'), proto: 17, dport: 53 }, 'answer'],
    ['a client reaches what a rule lets in, through the router', own, { from: at('admin'), dst: ip('10.100.200.4'), proto: 6, dport: 6443 }, 'answer'],
    ['a VM leaves by the router, on the third machine', own, { from: at('k1'), dst: ip('198.51.100.7'), proto: 17, dport: 53 }, 'unknown'],
    ['a client does not reach the rest', own, { from: at('admin'), dst: ip('10.100.200.4'), proto: 6, dport: 22 }, 'timeout'],
    ['a VM whose NIC has another address than its port gets nothing out', 'fa:16:3e:00:00:01', { from: at('k1'), dst: ip('10.100.200.21'), proto: 6, dport: 6443 }, 'timeout'],
  ])('%s', (_, mac, probe, client) => expect(trace(worldWith(mac), probe).outcomes[0]?.client).toBe(client));

  it('know where machines are: nothing is flooded on br-int, and with more machines than it knows, what leaves has left all the same', () => {
    const probe: Probe = { from: at('k1'), dst: ip('198.51.100.7'), proto: 17, dport: 53 };
    const world = worldWith(own);
    const known = trace(world, probe);
    expect(known.steps.flatMap((s) => (s.kind === 'bridge' && s.bridge === 'br-int' && s.host !== 'compute2' ? [`${s.host} ${s.op} ${s.to.join()}`] : []))).toEqual(['compute1 forward eno1.100', expect.stringMatching(/^network1 forward qr-/)]);
    const forgotten: World = { ...world, hosts: world.hosts.map((h) => ({ ...h, netns: h.netns.map((n) => ({ ...n, tables: n.tables, fdb: [] })) })) };
    const flooded = trace(forgotten, probe);
    expect(flooded.steps.some((s) => s.kind === 'bridge' && s.bridge === 'br-int' && s.op === 'flood' && s.to.length > 1)).toBe(true);
    for (const t of [known, flooded]) expect(t.outcomes[0]?.request).toMatchObject({ verdict: 'left', host: 'gw', dev: 'qg' });
  });
});
