import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../../dumps/diagnostic.ts';
import { HostDraft } from '../../draft/host.ts';
import type { EndpointModel, ServiceModel } from '../../model.ts';
import { cluster, endpoint, ip4, node, service } from '../models.fixture.ts';
import { DUMMY } from './dummy.ts';
import { programIpvs, wireIpvs } from './ipvs.ts';

/**
 * What kube-proxy's own tests of IPVS mode expect (pkg/proxy/ipvs/proxier_test.go of 1.28), for IPv4: virtual and real servers, members of
 * sets, and the rules of a chain by target and set. Each runs for the versions for which that file's expectations hold.
 */
interface OwnTest {
  readonly name: string;
  readonly services: readonly ServiceModel[];
  readonly endpoints?: readonly EndpointModel[];
  readonly nodeIps?: readonly string[];
  readonly nodePortAddresses?: readonly string[];
  readonly versions?: readonly number[];
  /** By virtual server; those that are not named here are not looked at, but counted by `count`. */
  readonly servers?: Readonly<Record<string, readonly string[]>>;
  readonly count?: number;
  readonly sets?: Readonly<Record<string, readonly string[]>>;
  /** Rules of a chain in nat, then in filter. */
  readonly chains?: Readonly<Record<string, readonly string[]>>;
}

const NEWER = [27, 31, 36];
const EVERY = [18, 19, 20, 22, 23, 24, 25, ...NEWER];

type Ports = ServiceModel['ports'];
const port = (protocol: 'TCP' | 'UDP' | 'SCTP', nodePort?: number, name = 'p80', number = 80): Ports => [{ name, protocol, port: number, nodePort }];
const of = (text: string, protocol: 'TCP' | 'UDP' | 'SCTP' = 'TCP', name = 'p80'): EndpointModel => endpoint(text, { ports: [{ name, protocol, port: 80 }] });
const conditions = (at: string, [ready, serving, terminating]: readonly [boolean, boolean, boolean]): EndpointModel => endpoint(at, { ready, serving, terminating });

const READY = [true, true, false] as const;
const LEAVING = [false, true, true] as const;
const GONE = [false, false, true] as const;

/** Test_EndpointSlice…: five endpoints, the last on another host. */
const five = (...all: readonly (readonly [boolean, boolean, boolean])[]): readonly EndpointModel[] => all.map((c, i) => conditions(`10.0.1.${i + 1}@${all.length === 5 && i === 4 ? 'n2' : 'n1'}`, c));
const reachable = (externalTrafficPolicy: 'Cluster' | 'Local'): readonly ServiceModel[] => [service('svc1', { type: 'NodePort', clusterIp: '172.20.1.1', externalIps: ['1.2.3.4'], externalTrafficPolicy })];
const reals = (...last: readonly number[]): readonly string[] => last.map((n) => `10.0.1.${n}:80`);
const loops = (...last: readonly number[]): readonly string[] => last.map((n) => `10.0.1.${n},tcp:80,10.0.1.${n}`);

const internal = (policy: 'Cluster' | 'Local', first: string, real: readonly string[], loop: readonly string[]): OwnTest => ({
  name: `internalTrafficPolicy is ${policy} with ${loop.length === 0 ? 'zero' : 'non-zero'} local endpoints`,
  versions: [22, 23, 24, 25, ...NEWER],
  services: [service('svc1', { clusterIp: '172.20.1.1', internalTrafficPolicy: policy })],
  endpoints: [endpoint(`10.0.1.1@${first}`), endpoint('10.0.1.2@n2'), endpoint('10.0.1.3@n3')],
  servers: { '-t 172.20.1.1:80': real },
  count: 1,
  sets: { 'KUBE-LOOP-BACK': loop },
});

const SERVICES_OF_A_BALANCER = ['RETURN', 'KUBE-LOAD-BALANCER KUBE-LOAD-BALANCER', 'KUBE-MARK-MASQ KUBE-CLUSTER-IP', 'KUBE-NODE-PORT', 'ACCEPT KUBE-CLUSTER-IP', 'ACCEPT KUBE-LOAD-BALANCER'];
const checked = (name: string, policy: 'Cluster' | 'Local', healthCheckNodePort: number | undefined, clusterIp: string): ServiceModel => service(name, { type: 'LoadBalancer', clusterIp, ports: port('TCP', 3000), externalTrafficPolicy: policy, healthCheckNodePort });

const TESTS: readonly OwnTest[] = [
  {
    name: 'TestNodePortIPv4: 1 service with node port, has endpoints',
    versions: [22, 23, 24, 25, ...NEWER],
    services: [service('svc1', { type: 'NodePort', clusterIp: '10.20.30.41', ports: port('TCP', 3001) })],
    endpoints: [of('10.180.0.1')],
    servers: { '-t 10.20.30.41:80': ['10.180.0.1:80'], '-t 100.101.102.103:3001': ['10.180.0.1:80'] },
    count: 2,
  },
  {
    name: 'TestNodePortIPv4: 1 UDP service with node port, has endpoints',
    versions: NEWER,
    services: [service('svc1', { type: 'NodePort', clusterIp: '10.20.30.41', ports: port('UDP', 3001) })],
    endpoints: [of('10.180.0.1', 'UDP')],
    nodePortAddresses: ['0.0.0.0/0'],
    servers: { '-u 10.20.30.41:80': ['10.180.0.1:80'], '-u 100.101.102.103:3001': ['10.180.0.1:80'] },
    count: 2,
    sets: { 'KUBE-NODE-PORT-UDP': ['3001'] },
    chains: {
      'KUBE-NODE-PORT': ['KUBE-MARK-MASQ KUBE-NODE-PORT-UDP', 'ACCEPT KUBE-HEALTH-CHECK-NODE-PORT'],
      'KUBE-SERVICES': ['RETURN', 'KUBE-MARK-MASQ KUBE-CLUSTER-IP', 'KUBE-NODE-PORT', 'ACCEPT KUBE-CLUSTER-IP'],
    },
  },
  {
    name: 'TestNodePortIPv4: service has node port but no endpoints',
    versions: [22, 23, 24, 25, ...NEWER],
    services: [service('svc1', { type: 'NodePort', clusterIp: '10.20.30.41', ports: port('TCP', 3001) })],
    servers: { '-t 10.20.30.41:80': [], '-t 100.101.102.103:3001': [] },
    count: 2,
  },
  {
    name: 'TestNodePortIPv4: node port service with protocol sctp on a node with multiple nodeIPs',
    versions: [22, 23, 24, 25, ...NEWER],
    services: [service('svc1', { type: 'NodePort', clusterIp: '10.20.30.41', ports: port('SCTP', 3001) })],
    endpoints: [of('10.180.0.1', 'SCTP')],
    nodeIps: ['100.101.102.103', '100.101.102.104', '100.101.102.105'],
    servers: Object.fromEntries(['10.20.30.41:80', '100.101.102.103:3001', '100.101.102.104:3001', '100.101.102.105:3001'].map((key) => [`--sctp-service ${key}`, ['10.180.0.1:80']])),
    count: 4,
    sets: { 'KUBE-NODE-PORT-SCTP-HASH': ['100.101.102.103,sctp:3001', '100.101.102.104,sctp:3001', '100.101.102.105,sctp:3001'] },
  },
  {
    name: 'TestNodePortIPv4: node port service with protocol sctp and externalTrafficPolicy local',
    versions: [23, 24, 25, ...NEWER],
    services: [service('svc1', { type: 'NodePort', clusterIp: '10.20.30.41', ports: port('SCTP', 3001), externalTrafficPolicy: 'Local' })],
    endpoints: [of('10.180.0.1@n1', 'SCTP'), of('10.180.1.1@n2', 'SCTP')],
    servers: { '--sctp-service 10.20.30.41:80': ['10.180.0.1:80', '10.180.1.1:80'], '--sctp-service 100.101.102.103:3001': ['10.180.0.1:80'] },
    count: 2,
    sets: { 'KUBE-NODE-PORT-SCTP-HASH': ['100.101.102.103,sctp:3001'], 'KUBE-NODE-PORT-LOCAL-SCTP-HASH': ['100.101.102.103,sctp:3001'] },
    chains: { 'KUBE-NODE-PORT': ['RETURN KUBE-NODE-PORT-LOCAL-SCTP-HASH', 'KUBE-MARK-MASQ KUBE-NODE-PORT-SCTP-HASH', 'ACCEPT KUBE-HEALTH-CHECK-NODE-PORT'] },
  },
  {
    name: 'TestIPv4Proxier: a service with cluster IP and endpoints',
    services: [service('svc1', { clusterIp: '10.20.30.41' })],
    endpoints: [of('10.180.0.1')],
    servers: { '-t 10.20.30.41:80': ['10.180.0.1:80'] },
    count: 1,
  },
  { name: 'TestIPv4Proxier: cluster IP service with no endpoints', services: [service('svc1', { clusterIp: '10.20.30.41' })], servers: { '-t 10.20.30.41:80': [] }, count: 1 },
  { name: 'TestExternalIPsNoEndpoint', services: [service('svc1', { clusterIp: '10.20.30.41', externalIps: ['50.60.70.81'] })], servers: { '-t 50.60.70.81:80': [] }, count: 2 },
  {
    name: 'TestExternalIPs: the endpoints are of another protocol',
    services: [service('svc1', { clusterIp: '10.20.30.41', externalIps: ['50.60.70.81', '127.0.0.1'] })],
    endpoints: [of('10.180.0.1', 'UDP')],
    servers: { '-t 50.60.70.81:80': [], '-t 127.0.0.1:80': [] },
    count: 3,
  },
  {
    name: 'TestOnlyLocalExternalIPs',
    versions: [19, 20, 22, 23, 24, 25, ...NEWER],
    services: [service('svc1', { type: 'NodePort', clusterIp: '10.20.30.41', externalIps: ['50.60.70.81', '127.0.0.1'], externalTrafficPolicy: 'Local' })],
    endpoints: [of('10.180.0.1@n1'), of('10.180.1.1@n2')],
    servers: { '-t 50.60.70.81:80': ['10.180.0.1:80'], '-t 127.0.0.1:80': ['10.180.0.1:80'] },
    count: 3,
  },
  {
    name: 'TestLoadBalancer',
    versions: NEWER,
    services: [service('svc1', { type: 'LoadBalancer', clusterIp: '10.20.30.41', ports: port('TCP', 3001), vips: ['1.2.3.4'] })],
    endpoints: [of('10.180.0.1', 'UDP')],
    nodeIps: [],
    count: 2,
    sets: { 'KUBE-LOAD-BALANCER': ['1.2.3.4,tcp:80'] },
    chains: { 'KUBE-SERVICES': SERVICES_OF_A_BALANCER, 'KUBE-LOAD-BALANCER': ['KUBE-MARK-MASQ'] },
  },
  {
    name: 'TestOnlyLocalNodePorts',
    versions: NEWER,
    services: [service('svc1', { type: 'NodePort', clusterIp: '10.20.30.41', ports: port('TCP', 3001), externalTrafficPolicy: 'Local' })],
    endpoints: [of('10.180.0.1@n1'), of('10.180.1.1@n2')],
    nodePortAddresses: ['100.101.102.0/24'],
    servers: { '-t 100.101.102.103:3001': ['10.180.0.1:80'] },
    count: 2,
    sets: { 'KUBE-NODE-PORT-TCP': ['3001'], 'KUBE-NODE-PORT-LOCAL-TCP': ['3001'] },
    chains: {
      'KUBE-SERVICES': ['RETURN', 'KUBE-MARK-MASQ KUBE-CLUSTER-IP', 'KUBE-NODE-PORT', 'ACCEPT KUBE-CLUSTER-IP'],
      'KUBE-NODE-PORT': ['RETURN KUBE-NODE-PORT-LOCAL-TCP', 'KUBE-MARK-MASQ KUBE-NODE-PORT-TCP', 'ACCEPT KUBE-HEALTH-CHECK-NODE-PORT'],
    },
  },
  {
    name: 'TestHealthCheckNodePort: only services with policy Local have one',
    versions: [22, 23, 24, 25, ...NEWER],
    services: [checked('valid-svc1', 'Local', 30_000, '10.20.30.41'), checked('valid-svc2', 'Local', 30_001, '10.20.30.42'), checked('invalid-svc3', 'Cluster', 30_002, '10.20.30.43')],
    nodePortAddresses: ['100.101.102.0/24'],
    sets: { 'KUBE-HEALTH-CHECK-NODE-PORT': ['30000', '30001'] },
    chains: { 'KUBE-NODE-PORT': ['RETURN KUBE-NODE-PORT-LOCAL-TCP', 'KUBE-MARK-MASQ KUBE-NODE-PORT-TCP', 'ACCEPT KUBE-HEALTH-CHECK-NODE-PORT'] },
  },
  {
    name: 'TestLoadBalancerSourceRanges',
    versions: NEWER,
    services: [service('svc1', { type: 'LoadBalancer', clusterIp: '10.20.30.41', vips: ['1.2.3.4'], sourceRanges: ['10.0.0.0/8'] })],
    endpoints: [of('10.180.0.1')],
    servers: { '-t 1.2.3.4:80': ['10.180.0.1:80'] },
    count: 2,
    sets: { 'KUBE-LOAD-BALANCER': ['1.2.3.4,tcp:80'], 'KUBE-LOAD-BALANCER-FW': ['1.2.3.4,tcp:80'], 'KUBE-LOAD-BALANCER-SOURCE-CIDR': ['1.2.3.4,tcp:80,10.0.0.0/8'] },
    chains: {
      'KUBE-SERVICES': SERVICES_OF_A_BALANCER,
      'KUBE-PROXY-FIREWALL': ['KUBE-SOURCE-RANGES-FIREWALL KUBE-LOAD-BALANCER-FW'],
      'KUBE-SOURCE-RANGES-FIREWALL': ['RETURN KUBE-LOAD-BALANCER-SOURCE-CIDR', 'DROP'],
    },
  },
  {
    name: 'TestAcceptIPVSTraffic',
    versions: NEWER,
    services: [
      service('svc1', { clusterIp: '10.20.30.40', externalIps: ['5.6.7.8'] }),
      service('svc2', { type: 'LoadBalancer', clusterIp: '10.20.30.41', vips: ['1.2.3.4'], ports: port('TCP', 80) }),
      service('svc3', { type: 'NodePort', clusterIp: '10.20.30.42', ports: port('TCP', 80) }),
    ],
    chains: {
      'KUBE-SERVICES': [
        'RETURN',
        'KUBE-LOAD-BALANCER KUBE-LOAD-BALANCER',
        'KUBE-MARK-MASQ KUBE-CLUSTER-IP',
        'KUBE-MARK-MASQ KUBE-EXTERNAL-IP',
        'ACCEPT KUBE-EXTERNAL-IP',
        'ACCEPT KUBE-EXTERNAL-IP',
        'KUBE-NODE-PORT',
        'ACCEPT KUBE-CLUSTER-IP',
        'ACCEPT KUBE-LOAD-BALANCER',
      ],
    },
  },
  {
    name: 'TestOnlyLocalLoadBalancing',
    versions: NEWER,
    services: [service('svc1', { type: 'LoadBalancer', clusterIp: '10.20.30.41', vips: ['1.2.3.4'], ports: port('TCP', 3001), externalTrafficPolicy: 'Local' })],
    endpoints: [of('10.180.0.1@n1'), of('10.180.1.1@n2')],
    nodeIps: [],
    servers: { '-t 1.2.3.4:80': ['10.180.0.1:80'] },
    count: 2,
    sets: { 'KUBE-LOAD-BALANCER': ['1.2.3.4,tcp:80'], 'KUBE-LOAD-BALANCER-LOCAL': ['1.2.3.4,tcp:80'] },
    chains: { 'KUBE-SERVICES': SERVICES_OF_A_BALANCER, 'KUBE-LOAD-BALANCER': ['RETURN KUBE-LOAD-BALANCER-LOCAL', 'KUBE-MARK-MASQ'] },
  },
  {
    name: 'TestEndpointSliceE2E: those that are not ready are left out',
    services: [service('svc1', { clusterIp: '172.20.1.1' })],
    endpoints: [endpoint('10.0.1.1@n1'), endpoint('10.0.1.2@n2'), endpoint('10.0.1.3@n3'), endpoint('10.0.1.4@n3 unready')],
    servers: { '-t 172.20.1.1:80': reals(1, 2, 3) },
    count: 1,
    sets: { 'KUBE-LOOP-BACK': loops(1) },
  },
  internal('Cluster', 'n1', reals(1, 2, 3), loops(1)),
  internal('Cluster', 'n4', reals(1, 2, 3), []),
  internal('Local', 'n1', reals(1), loops(1)),
  internal('Local', 'n4', [], []),
  {
    name: 'Test_EndpointSliceReadyAndTerminatingCluster',
    versions: [22, 23, 24, 25, ...NEWER],
    services: reachable('Cluster'),
    endpoints: five(READY, READY, LEAVING, GONE, READY),
    servers: { '-t 172.20.1.1:80': reals(1, 2, 5), '-t 1.2.3.4:80': reals(1, 2, 5) },
    count: 2,
    sets: { 'KUBE-LOOP-BACK': loops(1, 2, 3, 4) },
  },
  {
    name: 'Test_EndpointSliceReadyAndTerminatingLocal',
    versions: [22, 23, 24, 25, ...NEWER],
    services: reachable('Local'),
    endpoints: five(READY, READY, LEAVING, GONE, READY),
    servers: { '-t 172.20.1.1:80': reals(1, 2, 5), '-t 1.2.3.4:80': reals(1, 2) },
    count: 2,
    sets: { 'KUBE-LOOP-BACK': loops(1, 2, 3, 4) },
  },
  {
    name: 'Test_EndpointSliceOnlyReadyAndTerminatingCluster',
    versions: NEWER,
    services: reachable('Cluster'),
    endpoints: [...five(LEAVING, LEAVING, GONE), conditions('10.0.1.4@n2', LEAVING), conditions('10.0.1.5@n2', [false, false, false])],
    servers: { '-t 172.20.1.1:80': reals(1, 2, 4), '-t 1.2.3.4:80': reals(1, 2, 4) },
    count: 2,
    sets: { 'KUBE-LOOP-BACK': loops(1, 2, 3) },
  },
  {
    name: 'Test_EndpointSliceOnlyReadyAndTerminatingLocal',
    versions: NEWER,
    services: reachable('Local'),
    endpoints: [...five(LEAVING, LEAVING, GONE), conditions('10.0.1.4@n2', LEAVING), conditions('10.0.1.5@n2', READY)],
    servers: { '-t 172.20.1.1:80': reals(5), '-t 1.2.3.4:80': reals(1, 2) },
    count: 2,
    sets: { 'KUBE-LOOP-BACK': loops(1, 2, 3) },
  },
];

/** Node n1 with these addresses after kube-proxy has run. */
function n1({ services, endpoints = [], nodeIps = ['100.101.102.103'], nodePortAddresses = [] }: OwnTest, minor: number): HostDraft {
  const model = cluster([node('n1', '100.101.102.103', minor)], services.map((s) => [s, endpoints] as const), { mode: 'ipvs', nodePortAddresses });
  const host = new HostDraft('n1');
  host.own.device({ name: 'eth0', kind: 'nic', mtu: 1500, addresses: nodeIps.map((ip) => ({ address: `${ip}/24` })) });
  const [own] = model.nodes;
  if (!own) throw new Error('no node');
  const context = { cluster: model, node: own, host, found: new DiagnosticList() };
  wireIpvs(context);
  programIpvs(context);
  return host;
}

const linesOf = (host: HostDraft, what: 'ipvs' | 'sets'): readonly string[] => host.own[what].print().text.split('\n');

function serversOf(host: HostDraft): Readonly<Record<string, readonly string[]>> {
  const lines = linesOf(host, 'ipvs');
  const keys = lines.flatMap((l) => /^-A (\S+ \S+) /.exec(l)?.[1] ?? []);
  return Object.fromEntries(keys.map((key) => [key, lines.flatMap((l) => (l.startsWith(`-a ${key} -r `) ? [l.split(' ')[4] ?? ''] : []))]));
}

const membersOf = (host: HostDraft, set: string): readonly string[] => linesOf(host, 'sets').flatMap((l) => (l.startsWith(`add ${set} `) ? [l.slice(`add ${set} `.length)] : []));

/** Rules as kube-proxy's tests look at them: where they lead, and the set that they ask. */
const rulesOf = (host: HostDraft, chain: string): readonly string[] =>
  [...host.own.firewall.rules('nat', chain), ...host.own.firewall.rules('filter', chain)].map((r) => [/ ?-j (\S+)/.exec(r)?.[1], /--match-set (\S+)/.exec(r)?.[1]].filter((w) => w !== undefined).join(' '));

describe.each(TESTS)('$name', (test) => {
  const { versions = EVERY, servers = {}, sets = {}, chains = {}, count } = test;

  it.each(versions)('1.%d', (minor) => {
    const host = n1(test, minor);
    const made = serversOf(host);
    expect(Object.fromEntries(Object.keys(servers).map((key) => [key, made[key]]))).toEqual(servers);
    expect(Object.keys(made)).toHaveLength(count ?? Object.keys(made).length);
    expect(Object.fromEntries(Object.keys(sets).map((set) => [set, membersOf(host, set)]))).toEqual(sets);
    expect(Object.fromEntries(Object.keys(chains).map((chain) => [chain, rulesOf(host, chain)]))).toEqual(chains);
  });
});

describe('other tests of that file', () => {
  it('TestSessionAffinity: every virtual server is persistent for three hours', () => {
    const host = n1({ name: '', services: [service('svc1', { type: 'NodePort', clusterIp: '10.20.30.41', externalIps: ['50.60.70.81'], ports: port('TCP', 3001), affinitySec: 10_800 })] }, 31);
    expect(linesOf(host, 'ipvs').filter((l) => l !== '').map((l) => l.replace(/^-A \S+ \S+ /, ''))).toEqual(['-s rr -p 10800', '-s rr -p 10800', '-s rr -p 10800']);
  });

  it('TestMultiPortServiceBindAddr: one address for all ports', () => {
    const host = n1({ name: '', services: [service('svc1', { clusterIp: '172.16.55.4', ports: [...port('TCP', undefined, 'port1', 1234), ...port('TCP', undefined, 'port2', 1235), ...port('UDP', undefined, 'port3', 1236)] })] }, 31);
    expect(host.own.find(DUMMY)?.addresses?.map((a) => a.address)).toEqual(['172.16.55.4/32']);
  });

  it.each([
    [27, ['KUBE-FORWARD', 'KUBE-IPVS-FILTER', 'KUBE-NODE-PORT', 'KUBE-PROXY-FIREWALL', 'KUBE-SOURCE-RANGES-FIREWALL']],
    [31, ['KUBE-FORWARD', 'KUBE-IPVS-FILTER', 'KUBE-IPVS-OUT-FILTER', 'KUBE-NODE-PORT', 'KUBE-PROXY-FIREWALL', 'KUBE-SOURCE-RANGES-FIREWALL']],
  ])('TestCreateAndLinkKubeChain: the chains of 1.%d', (minor, filter) => {
    const tables = n1({ name: '', services: [] }, minor).own.firewall.print().text.split(/^\*/m);
    const chains = (table: string): readonly string[] => (tables.find((t) => t.startsWith(table)) ?? '').split('\n').flatMap((l) => /^:(KUBE-\S+)/.exec(l)?.[1] ?? []);
    expect(chains('nat')).toEqual(['KUBE-LOAD-BALANCER', 'KUBE-MARK-MASQ', 'KUBE-NODE-PORT', 'KUBE-POSTROUTING', 'KUBE-SERVICES']);
    expect(chains('filter')).toEqual(filter);
  });

  it('TestLoadBalancerIngressRouteTypeProxy: only where ipMode is heeded, since 1.29', () => {
    const balanced = (ipMode: 'VIP' | 'Proxy'): OwnTest => ({ name: '', nodeIps: [], services: [{ ...service('svc1', { type: 'LoadBalancer', clusterIp: '10.20.30.41', ports: port('TCP', 3001) }), ingress: [{ ip: ip4('1.2.3.4'), ipMode }] }] });
    const counts = [27, 31].map((minor) => (['VIP', 'Proxy'] as const).map((mode) => Object.keys(serversOf(n1(balanced(mode), minor))).length));
    expect(counts).toEqual([
      [2, 2],
      [2, 1],
    ]);
  });
});

describe('TestGetNodeIPs: addresses for node ports', () => {
  const onlyPorts: OwnTest = { name: '', services: [service('svc1', { type: 'NodePort', clusterIp: '10.0.0.1', ports: port('TCP', 3001) })] };

  it.each([
    [{ eth0: ['1.2.3.4'] }, ['1.2.3.4']],
    [{}, []],
    [{ encap0: ['10.20.30.40'], docker0: ['172.17.0.1'] }, ['10.20.30.40', '172.17.0.1']],
    [{ encaps9: ['10.20.30.40'], encap7: ['10.20.30.31'] }, ['10.20.30.40', '10.20.30.31']],
    [{ ipvs0: ['1.2.3.4'], encap7: ['10.20.30.31'] }, ['1.2.3.4', '10.20.30.31']],
  ])('of %j: %j', (devices, addresses) => {
    const host = new HostDraft('n1');
    for (const [name, ips] of Object.entries(devices)) host.own.device({ name, kind: 'nic', mtu: 1500, addresses: ips.map((ip: string) => ({ address: `${ip}/24` })) });
    const model = cluster([node('n1', '1.2.3.4', 31)], [[onlyPorts.services[0] ?? service('svc1', {}), []]], { mode: 'ipvs' });
    const context = { cluster: model, node: node('n1', '1.2.3.4', 31), host, found: new DiagnosticList() };
    wireIpvs(context);
    programIpvs(context);
    expect(Object.keys(serversOf(host)).flatMap((key) => /^-t (\S+):3001$/.exec(key)?.[1] ?? [])).toEqual(addresses);
  });
});
