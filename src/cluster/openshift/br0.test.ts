import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../dumps/diagnostic.ts';
import { readDocuments } from '../../dumps/kubeDocuments.ts';
import { printRule, readDumpFlows } from '../../dumps/ovsFlows.ts';
import { printGroup, readDumpGroups } from '../../dumps/ovsGroups.ts';
import { runOn } from '../../testing/cluster.ts';
import { clusterNetwork, egressNetworkPolicy, hostSubnet, MULTICAST, namespace, netNamespace, networkPolicy, node, pod, policyCluster, tenantCluster } from '../../testing/openshift.ts';
import type { Paper } from '../draft/paper.ts';
import type { BridgeDraft } from '../draft/bridge.ts';
import { readCluster } from '../readCluster.ts';
import { openshiftSdnOf } from './openshiftSdn.ts';

const br0 = (objects: readonly object[], name: string, found = new DiagnosticList()): BridgeDraft => {
  const cluster = readCluster(readDocuments({ 'objects.yaml': objects.map((o) => JSON.stringify(o)).join('\n---\n') }).documents, found);
  const bridge = runOn(openshiftSdnOf(cluster, found), cluster, name).own.findBridge('br0');
  if (!bridge) throw new Error('no br0');
  return bridge;
};

const lines = (text: string): readonly string[] => text.split('\n').filter((l) => /^ (?:cookie|group)/.test(l));
/** A rule without what has been counted and without the number of its cookie: `table=0 priority=0 drop`. */
const rule = (line: string): string => line.replace(/^ cookie=0x0, duration=[^ ]*, /, '').replace(/^ cookie=0x[0-9a-f]+, duration=[^ ]*, /, 'of a node ').replace(/, n_packets=\d+, n_bytes=\d+,/, '').replace(' actions=', ' ');
const rulesOf = (paper: Paper): readonly string[] => lines(paper.text).map(rule);
const flows = (objects: readonly object[], name: string): readonly string[] => rulesOf(br0(objects, name).printFlows());
const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
const sample = (name: string): readonly string[] => lines(fixture(name)).map(rule);
const without = (some: readonly string[], others: readonly string[]): readonly string[] => some.filter((s) => !others.includes(s)).toSorted();
const inTable = (all: readonly string[], ...tables: readonly number[]): readonly string[] => all.filter((l) => tables.some((t) => l.includes(`table=${t} `))).map((l) => l.replace(/^.*?table=/, ''));

describe('br0 of the samples, from their objects', () => {
  /** A range of ports brings a rule for port 0 with it (parsePortFlows(): the case for endPort goes on to the line for a single port). */
  const PORT_0 = 'table=80 priority=150,tcp,reg0=0x8d2f41,reg1=0x1f03c2,tp_dst=0 output:NXM_NX_REG2[]';
  /** The sample has rules for projects without a pod on worker2, which the program does not write (EnsureVNIDRules() runs with a pod). */
  const UNUSED = ['0', '0x2ab001', '0xc0de'].flatMap((vnid) => [`table=27 priority=50,reg0=${vnid} goto_table:30`, `table=80 priority=50,reg1=${vnid} output:NXM_NX_REG2[]`]).toSorted();
  /** And it leaves the egress addresses out, which every node hears about (SetNamespaceEgressViaEgressIPs()). */
  const EGRESS = ['table=101 priority=100,ip,reg0=0x2ab001 ct(commit),group:2797569', 'table=101 priority=100,ip,reg0=0xc0de group:49374'];

  it.each([
    ['worker1', policyCluster, 'worker1-flows.txt', [], [PORT_0]],
    ['worker2', policyCluster, 'worker2-flows.txt', UNUSED, [...EGRESS, PORT_0]],
    ['worker1', tenantCluster, 'worker1-multitenant-flows.txt', [], []],
  ] as const)('has every rule of %s but for what the program does otherwise', (name, objects, file, onlyThere, onlyHere) => {
    const [ours, theirs] = [flows(objects, name), sample(file)];
    expect(without(theirs, ours)).toEqual(onlyThere);
    expect(without(ours, theirs)).toEqual(onlyHere);
    expect(new Set(ours).size).toBe(ours.length);
  });

  it('has its groups; the mark is not the bare number, whose bits 0x1 and 0x8000 belong to kube-proxy and kubelet', () => {
    expect(lines(br0(policyCluster, 'worker1').printGroups().text).toSorted()).toEqual(lines(fixture('worker1-groups.txt')).map((l) => l.replace('0x2ab001->pkt_mark', '0x112a3000->pkt_mark')).toSorted());
  });

  it('leads to the tunnel where another node holds the address', () => {
    expect(lines(br0(policyCluster, 'worker2').printGroups().text)).toEqual([
      ' group_id=49374,type=select,bucket=actions=set_field:0a:58:0a:80:02:01->eth_dst,set_field:0x100040de->pkt_mark,output:2',
      ' group_id=2797569,type=select,bucket=actions=move:NXM_NX_REG0[]->NXM_NX_TUN_ID[0..31],set_field:10.10.12.21->tun_dst,output:1',
    ]);
  });

  it('marks the rules of a node with the first bytes of its hashed UID', () => {
    // printf uid-of-worker2 | sha256sum
    const cookies = lines(br0(policyCluster, 'worker1').printFlows().text).filter((l) => l.includes('10.10.12.22') && !l.includes('table=111')).map((l) => /cookie=0x([0-9a-f]+)/.exec(l)?.[1]);
    expect(cookies).toEqual(['ee82822b', 'ee82822b', 'ee82822b']);
  });

  it('lists the ports with the numbers that the rules use', () => {
    const ports = (text: string): readonly string[] => [...text.matchAll(/^ (\w+)\((\w+?)(?:[0-9a-f]{8})?\):/gm)].map(([, number, name]) => `${number} ${name}`);
    expect(ports(br0(policyCluster, 'worker1').printPorts().text)).toEqual(ports(fixture('worker1-ofctl-show.txt')));
    expect(br0(policyCluster, 'worker1').printPorts().text.replaceAll(/(?:addr|dpid):\S+|veth\w+/g, '')).toBe(fixture('worker1-ofctl-show.txt').replaceAll(/(?:addr|dpid):\S+|veth\w+/g, ''));
  });

  it.each([
    ['worker1', policyCluster],
    ['worker2', policyCluster],
    ['worker1', tenantCluster],
  ] as const)('is spelled as ovs-ofctl prints it: %s', (name, objects) => {
    const bridge = br0(objects, name);
    const read = { input: 'br0', firstLine: 1 };
    const [rules, groups] = [readDumpFlows({ ...read, lines: bridge.printFlows().text.split('\n') }), readDumpGroups({ ...read, lines: bridge.printGroups().text.split('\n') })];
    expect([...rules.diagnostics, ...groups.diagnostics]).toEqual([]);
    expect(rules.value.map((r) => ` ${printRule(r)}`)).toEqual(lines(bridge.printFlows().text));
    expect(groups.value.map((g) => ` ${printGroup(g)}`)).toEqual(lines(bridge.printGroups().text));
    expect(JSON.stringify([rules.value, groups.value])).not.toContain('"unknown"');
  });

  it('names the object of each rule', () => {
    const paper = br0(policyCluster, 'worker1').printFlows();
    const because = (part: string) => paper.reasons[paper.text.split('\n').findIndex((l) => l.includes(part))];
    expect(because('nw_dst=10.131.0.30')).toMatchObject({ kind: 'Pod', namespace: 'shop', name: 'api' });
    expect(because('tp_dst=8080')).toMatchObject({ kind: 'NetworkPolicy', namespace: 'shop', name: 'from-almighty', part: 'ingress rule 1' });
    expect(because('reg1=0xc0de')).toMatchObject({ kind: 'NetNamespace', name: 'batch' });
    expect(because('tun_src=10.10.12.22')).toMatchObject({ kind: 'HostSubnet', name: 'worker2' });
    expect(because('203.0.113.0/24')).toMatchObject({ kind: 'EgressNetworkPolicy', name: 'partners', part: 'egress rule 1' });
    expect(because('group:49374')).toMatchObject({ kind: 'NetNamespace', name: 'batch', part: 'egressIPs' });
    expect(because('priority=1000')).toMatchObject({ kind: 'ClusterNetwork', name: 'default' });
    expect(lines(paper.text).length).toBe(paper.reasons.filter((r) => r !== undefined).length);
  });
});

interface Small {
  readonly mode?: 'subnet' | 'multitenant' | 'networkpolicy';
  readonly version?: string;
  /** Egress addresses of worker1. */
  readonly holds?: readonly string[];
  /** The NetNamespace of project two. */
  readonly two?: object;
}

/** worker1 with the pods a (app=a) and b (app=b) of project one, worker2 with c of project two. */
const small = (more: readonly object[] = [], { mode = 'networkpolicy', version = 'v1.23.5', holds = [], two = netNamespace('two', 0x22) }: Small = {}): readonly object[] => [
  clusterNetwork(mode),
  node('worker1', '10.10.12.21', version),
  node('worker2', '10.10.12.22', 'v1.23.5'),
  hostSubnet('worker1', '10.10.12.21', '10.131.0.0/23', { egressIPs: holds }),
  hostSubnet('worker2', '10.10.12.22', '10.128.2.0/23'),
  netNamespace('one', 0x11),
  two,
  namespace('one', { tier: 'front' }),
  namespace('two', { tier: 'back' }),
  pod('one', 'a', 'worker1', '10.131.0.10', { app: 'a' }),
  pod('one', 'b', 'worker1', '10.131.0.11', { app: 'b' }),
  pod('two', 'c', 'worker2', '10.128.2.10', { app: 'c' }),
  ...more,
];

describe('a NetworkPolicy', () => {
  const policyRules = (spec: object): readonly string[] => inTable(flows(small([networkPolicy('one', 'p', spec)]), 'worker1'), 27, 80).filter((l) => /priority=(?:150|100|50),/.test(l));
  const OPEN_27 = '27 priority=50,reg0=0x11 goto_table:30';
  const OPEN_80 = '80 priority=50,reg1=0x11 output:NXM_NX_REG2[]';
  const pass = (match: string): string => `80 priority=150,${match} output:NXM_NX_REG2[]`;

  it.each<[string, object, readonly string[]]>([
    ['for all pods closes the namespace', {}, [OPEN_27]],
    ['for some pods closes those', { podSelector: { matchLabels: { app: 'a' } } }, [OPEN_27, '80 priority=100,ip,reg1=0x11,nw_dst=10.131.0.10 drop', OPEN_80]],
    ['of direction egress', { policyTypes: ['Egress'], podSelector: { matchLabels: { app: 'b' } }, egress: [{ to: [{ ipBlock: { cidr: '192.0.2.7/24' } }], ports: [{ protocol: 'UDP', port: 53 }] }] }, ['27 priority=150,udp,reg0=0x11,nw_src=10.131.0.11,nw_dst=192.0.2.0/24,tp_dst=53 goto_table:30', '27 priority=100,ip,reg0=0x11,nw_src=10.131.0.11 drop', OPEN_27, OPEN_80]],
    ['that lets everybody in', { ingress: [{}] }, [OPEN_27, pass('reg1=0x11')]],
    ['that lets its own pods in', { ingress: [{ from: [{ podSelector: {} }] }] }, [OPEN_27, pass('reg0=0x11,reg1=0x11')]],
    ['that lets some of its pods in', { ingress: [{ from: [{ podSelector: { matchLabels: { app: 'b' } } }] }] }, [OPEN_27, pass('ip,reg1=0x11,nw_src=10.131.0.11')]],
    ['that lets a namespace in', { ingress: [{ from: [{ namespaceSelector: { matchLabels: { tier: 'back' } } }] }] }, [OPEN_27, pass('reg0=0x22,reg1=0x11')]],
    ['that lets all namespaces in', { ingress: [{ from: [{ namespaceSelector: {} }] }] }, [OPEN_27, pass('reg1=0x11')]],
    ['that lets some pods of a namespace in', { ingress: [{ from: [{ namespaceSelector: { matchLabels: { tier: 'back' } }, podSelector: { matchLabels: { app: 'c' } } }] }] }, [OPEN_27, pass('ip,reg1=0x11,nw_src=10.128.2.10')]],
    ['that lets out to a namespace, by addresses', { policyTypes: ['Egress'], egress: [{ to: [{ namespaceSelector: { matchLabels: { tier: 'back' } } }] }] }, ['27 priority=150,ip,reg0=0x11,nw_dst=10.128.2.10 goto_table:30', OPEN_80]],
    ['with a port without a number', { ingress: [{ ports: [{ protocol: 'SCTP' }] }] }, [OPEN_27, pass('sctp,reg1=0x11')]],
    ['with a port by name, which is passed over', { ingress: [{ ports: [{ port: 'http' }] }] }, [OPEN_27]],
    ['with a range of ports', { ingress: [{ ports: [{ port: 79, endPort: 82 }] }] }, [OPEN_27, ...['79', '0x50/0xfffe', '82', '0'].map((p) => pass(`tcp,reg1=0x11,tp_dst=${p}`))]],
    ['with a network without some of it', { ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/29', except: ['10.0.0.2/31', '10.0.0.7/32'] } }] }] }, [OPEN_27, ...['10.0.0.0/31', '10.0.0.4/31', '10.0.0.6'].map((s) => pass(`ip,reg1=0x11,nw_src=${s}`))]],
    ['with every address', { ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }] }, [OPEN_27, pass('ip,reg1=0x11')]],
    ['with an IPv6 network lets nobody in', { ingress: [{ from: [{ ipBlock: { cidr: '2001:db8::/32' } }] }] }, [OPEN_27]],
  ])('%s', (_, spec, expected) => expect(policyRules(spec).toSorted()).toEqual(expected.toSorted()));

  it('lets the nodes’ own network in by the label of openshift-host-network, as number 0', () => {
    const objects = small([networkPolicy('one', 'p', { ingress: [{ from: [{ namespaceSelector: { matchLabels: { host: 'yes' } } }] }] }), namespace('openshift-host-network', { host: 'yes' }), netNamespace('openshift-host-network', 0x33)]);
    expect(inTable(flows(objects, 'worker1'), 80)).toContain(pass('reg0=0,reg1=0x11'));
  });

  it('with ten thousand rules is left out', () => {
    const ports = Array.from({ length: 5000 }, (_, i) => ({ port: 1 + i }));
    expect(policyRules({ podSelector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] }, ingress: [{ ports }] }).filter((l) => l.includes('priority=150'))).toEqual([]);
  });
});

describe('modes and releases', () => {
  const all = (mode: 'subnet' | 'multitenant' | 'networkpolicy', version: string): readonly string[] =>
    flows(small([{ apiVersion: 'v1', kind: 'Service', metadata: { name: 's', namespace: 'one' }, spec: { clusterIP: '172.30.0.9', ports: [{ port: 80 }] } }], { mode, version }), 'worker1');

  it('of mode subnet know no numbers, and track nothing up to 4.12', () => {
    const old = all('subnet', 'v1.23.5');
    expect(inTable(old, 25)).toEqual([]);
    expect(old.filter((l) => l.includes('ct(') || l.includes('ct_state') || l.includes('priority=400'))).toEqual(['table=101 priority=150,ct_state=+rpl output:2']);
    expect(inTable(old, 60)).toEqual(['60 priority=200,reg0=0 output:2', '60 priority=100,ip,nw_dst=172.30.0.9,nw_frag=later load:0->NXM_NX_REG1[],load:0x2->NXM_NX_REG2[],goto_table:80', '60 priority=100,tcp,nw_dst=172.30.0.9,tp_dst=80 load:0->NXM_NX_REG1[],load:0x2->NXM_NX_REG2[],goto_table:80', '60 priority=0 drop']);
    expect(inTable(old, 70)[0]).toBe('70 priority=100,ip,nw_dst=10.131.0.10 load:0->NXM_NX_REG1[],load:0x3->NXM_NX_REG2[],goto_table:80');
    expect(inTable(old, 80)).toContain('80 priority=200 output:NXM_NX_REG2[]');
    expect(inTable(all('subnet', 'v1.26.0'), 60)).toEqual(['60 priority=200 output:2']);
    expect(inTable(all('subnet', 'v1.26.0'), 0)[0]).toBe('0 priority=1000,ct_state=-trk,ip ct(table=0)');
  });

  it.each([
    ['subnet', 'v1.23.5', '00.0d'],
    ['multitenant', 'v1.25.0', '01.0d'],
    ['networkpolicy', 'v1.28.0', '02.0d'],
    ['networkpolicy', 'v1.29.0', '02.0e'],
    ['networkpolicy', 'v1.30.0', '02.0d'],
  ] as const)('%s with %s notes %s', (mode, version, note) => expect(inTable(all(mode, version), 253)).toEqual([`253 note:${note}.00.00.00.00`]));

  it('swap MAC addresses for a migration from 4.14 on', () => {
    expect(inTable(all('networkpolicy', 'v1.26.0'), 10)).toHaveLength(2);
    expect(inTable(all('networkpolicy', 'v1.27.0'), 10).slice(0, 2)).toEqual([
      expect.stringMatching(/^10 priority=210,ip,dl_dst=[0-9a-f:]{17},nw_dst=10\.131\.0\.1 set_field:0a:58:0a:83:00:01->eth_dst,resubmit:10$/),
      expect.stringMatching(/^10 priority=200,ip,dl_dst=[0-9a-f:]{17},nw_dst=10\.131\.0\.0\/23 move:NXM_OF_IP_DST\[\]->NXM_OF_ETH_DST\[0\.\.31\],load:0xa58->NXM_OF_ETH_DST\[32\.\.47\],resubmit:10$/),
    ]);
  });

  it('know every network of pods, from each to each', () => {
    const two = clusterNetwork('networkpolicy', { clusterNetworks: [{ CIDR: '10.128.0.0/15' }, { CIDR: '10.130.0.0/15' }] });
    const rules = flows([two, ...small().slice(1)], 'worker1');
    const nets = ['10.128.0.0/15', '10.130.0.0/15'];
    expect(inTable(rules, 30).slice(0, -1)).toEqual(nets.flatMap((src) => nets.map((dst) => `30 priority=100,ct_state=-rpl,ip,nw_src=${src},nw_dst=${dst} ct(commit,table=31)`)));
    for (const net of nets) {
      expect(inTable(rules, 0).filter((l) => l.includes(net))).toHaveLength(5);
      expect(inTable(rules, 31).filter((l) => l.includes(net))).toEqual([`31 priority=100,arp,arp_tpa=${net} goto_table:50`, `31 priority=100,ip,nw_dst=${net} goto_table:90`]);
    }
  });

  it('older than 4.10 are said not to be known', () => {
    const found = new DiagnosticList();
    br0(small([], { version: 'v1.21.0' }), 'worker1', found);
    expect(found.items.map((d) => [d.code, d.text])).toEqual([['unmodelled', 'OpenShift SDN 4.8']]);
  });

  it('gives a namespace without a number one of its own, and default 0', () => {
    const objects = [clusterNetwork('multitenant'), node('worker1', '10.10.12.21', 'v1.23.5'), pod('x', 'a', 'worker1', '10.128.0.9'), pod('y', 'b', 'worker1', '10.128.0.10'), pod('default', 'c', 'worker1', '10.128.0.11')];
    const numbers = inTable(flows(objects, 'worker1'), 25).map((l) => /load:(\w+)/.exec(l)?.[1]);
    expect(numbers.slice(2, 3)).toEqual(['0']);
    expect(new Set(numbers.slice(0, 3)).size).toBe(3);
  });

  it('refuses a number twice in mode networkpolicy, and shares it in mode multitenant', () => {
    const found = new DiagnosticList();
    const twice = netNamespace('two', 0x11);
    const load = (mode: 'multitenant' | 'networkpolicy'): readonly string[] => inTable(rulesOf(br0(small([], { mode, two: twice }), 'worker2', found).printFlows()), 25);
    expect(load('multitenant')[0]).toContain('load:0x11->NXM_NX_REG0[]');
    expect(found.items).toEqual([]);
    expect(load('networkpolicy')).toEqual(['25 priority=0 drop']);
    expect(found.items.map((d) => d.code)).toEqual(['bad-field']);
  });
});

describe('the way out', () => {
  const deny = { type: 'Deny', to: { cidrSelector: '0.0.0.0/32' } };
  const allow = { type: 'Allow', to: { cidrSelector: '198.51.100.7/32' } };

  it.each<[string, readonly object[], Small, readonly string[]]>([
    ['from the first rule down', [egressNetworkPolicy('one', 'p', [allow, deny])], {}, ['100 priority=2,ip,reg0=0x11,nw_dst=198.51.100.7 goto_table:101', '100 priority=1,ip,reg0=0x11 drop']],
    ['of two policies is closed', [egressNetworkPolicy('one', 'p', [allow]), egressNetworkPolicy('one', 'q', [allow])], {}, ['100 priority=1,reg0=0x11 drop']],
    ['of a shared number is closed', [egressNetworkPolicy('one', 'p', [allow])], { mode: 'multitenant', two: netNamespace('two', 0x11) }, ['100 priority=1,reg0=0x11 drop']],
    ['of the global number is open', [egressNetworkPolicy('default', 'p', [deny]), netNamespace('default', 0)], {}, []],
  ])('%s', (_, more, how, expected) => expect(inTable(flows(small(more, how), 'worker1'), 100).filter((l) => l.includes('reg0'))).toEqual(expected));

  it('by a name is left open, and said', () => {
    const found = new DiagnosticList();
    const bridge = br0(small([egressNetworkPolicy('one', 'p', [{ type: 'Allow', to: { dnsName: 'www.example.com' } }, deny])]), 'worker1', found);
    expect(inTable(rulesOf(bridge.printFlows()), 100)).toEqual(['100 priority=1,ip,reg0=0x11 drop', '100 priority=0 goto_table:101']);
    expect(found.items.map((d) => [d.code, d.text])).toEqual([['unmodelled', 'dnsName www.example.com']]);
  });

  const asks = (egressIPs: readonly string[]): object => netNamespace('two', 0x22, { egressIPs });
  it.each<[string, readonly object[], Small, string | undefined]>([
    ['nobody asks', [], { holds: ['10.10.12.100'] }, undefined],
    ['nobody holds it', [], { two: asks(['10.10.12.100']) }, 'priority=100,reg0=0x22 drop'],
    ['the node holds it', [], { two: asks(['10.10.12.100']), holds: ['10.10.12.100'] }, 'priority=100,ip,reg0=0x22 group:34'],
    ['the node holds two of one namespace', [], { two: asks(['10.10.12.100', '10.10.12.101']), holds: ['10.10.12.100', '10.10.12.101'] }, 'priority=100,reg0=0x22 drop'],
    ['two nodes hold it', [hostSubnet('worker9', '10.10.12.29', '10.130.0.0/23', { egressIPs: ['10.10.12.100'] })], { two: asks(['10.10.12.100']), holds: ['10.10.12.100'] }, 'priority=100,reg0=0x22 drop'],
    ['two namespaces ask for it', [netNamespace('three', 0x33, { egressIPs: ['10.10.12.100'] })], { two: asks(['10.10.12.100']), holds: ['10.10.12.100'] }, 'priority=100,reg0=0x22 drop'],
  ])('with an egress address where %s', (_, more, how, expected) => {
    const rules = inTable(flows(small(more, how), 'worker1'), 101).filter((l) => l.includes('reg0=0x22'));
    expect(rules).toEqual(expected === undefined ? [] : [`101 ${expected}`]);
  });
});

describe('egress CIDRs', () => {
  const net = (cidrs: readonly string[]): object => ({ egressCIDRs: cidrs });
  /** Nodes that hold addresses, as the tunnels of a third one say: `project: 10.10.12.22, 10.10.12.23`. */
  const owners = (nodes: Readonly<Record<string, readonly string[]>>, projects: Readonly<Record<string, readonly string[]>>): readonly string[] => {
    const objects = [
      clusterNetwork('networkpolicy'),
      node('worker1', '10.10.12.21', 'v1.23.5'),
      hostSubnet('worker1', '10.10.12.21', '10.131.0.0/23'),
      ...Object.entries(nodes).map(([name, cidrs], i) => hostSubnet(name, `10.10.12.${22 + i}`, `10.128.${2 + 2 * i}.0/23`, net(cidrs))),
      ...Object.entries(projects).map(([name, egressIPs], i) => netNamespace(name, 100 + i, { egressIPs })),
    ];
    return lines(br0(objects, 'worker1').printGroups().text).map((l) => [...l.matchAll(/set_field:([\d.]+)->tun_dst/g)].map((m) => m[1]).join(' '));
  };
  const ALL = ['10.10.12.0/24'];

  it.each<[string, Parameters<typeof owners>, readonly string[]]>([
    ['the only node that can', [{ b: ['10.10.12.64/28'], c: ALL }, { x: ['10.10.12.70'], y: ['10.10.12.200'] }], ['10.10.12.22', '10.10.12.23']],
    ['the node with the fewest', [{ b: ALL, c: ALL }, { x: ['10.10.12.70'], y: ['10.10.12.71'], z: ['10.10.12.72'] }], ['10.10.12.22', '10.10.12.23', '10.10.12.22']],
    ['another node for the second of a project', [{ b: ALL, c: ALL }, { x: ['10.10.12.70', '10.10.12.71'] }], ['10.10.12.22 10.10.12.23']],
    ['no second node when there is one', [{ b: ALL }, { x: ['10.10.12.70', '10.10.12.71'] }], ['10.10.12.22']],
    ['nobody outside of the networks', [{ b: ['10.20.0.0/16'] }, { x: ['10.10.12.70'] }], []],
  ])('give an address to %s', (_, given, expected) => expect(owners(...given)).toEqual(expected));
});

describe('multicast', () => {
  const all = (how: Small = {}): readonly string[] => inTable(flows(small([], how), 'worker1'), 110, 111, 120);

  it('goes nowhere unless the project wants it', () => expect(all()).toEqual(['110 priority=0 drop', '111 priority=100 move:NXM_NX_REG0[]->NXM_NX_TUN_ID[0..31],set_field:10.10.12.22->tun_dst,output:1,goto_table:120', '120 priority=0 drop']));

  it('has the rules of a project without a pod here only in mode multitenant', () => {
    expect(all({ two: netNamespace('two', 0x22, {}, MULTICAST) })).not.toContainEqual(expect.stringContaining('reg0=0x22'));
    expect(all({ mode: 'multitenant', two: netNamespace('two', 0x22, {}, MULTICAST) }).filter((l) => l.includes('reg0=0x22'))).toEqual(['110 reg0=0x22 goto_table:111']);
  });

  it('is sent nowhere from the only node', () => {
    const alone = [clusterNetwork('networkpolicy'), node('worker1', '10.10.12.21', 'v1.23.5'), hostSubnet('worker1', '10.10.12.21', '10.131.0.0/23')];
    expect(inTable(flows(alone, 'worker1'), 111)).toEqual(['111 priority=100 goto_table:120']);
  });
});

describe('a HostSubnet', () => {
  it('of a machine that knows no numbers gets a fixed one', () => {
    const machine = { ...hostSubnet('f5', '10.10.12.50', '10.129.0.0/23'), metadata: { name: 'f5', annotations: { 'pod.network.openshift.io/fixed-vnid-host': '0' } } };
    expect(inTable(flows(small([machine]), 'worker1'), 90).filter((l) => l.includes('10.129.0.0/23')).map((l) => l.slice(l.indexOf('load')))).toEqual(['load:0->NXM_NX_TUN_ID[0..31],set_field:10.10.12.50->tun_dst,output:1']);
  });

  it('that is missing is the Node’s own part', () => {
    const objects = [clusterNetwork('networkpolicy'), node('worker1', '10.10.12.21', 'v1.23.5'), node('worker2', '10.10.12.22', 'v1.23.5')];
    expect(inTable(flows(objects, 'worker1'), 50)[0]).toBe('50 priority=100,arp,arp_tpa=10.128.2.0/23 move:NXM_NX_REG0[]->NXM_NX_TUN_ID[0..31],set_field:10.10.12.22->tun_dst,output:1');
  });
});
