import { type Flow, type FlowEndpoint, type FlowTable, EVERY, between, since, upTo } from './table.ts';

/** What services can ask for beyond traffic policies, and what kube-proxy can be told. */

const p80 = (nodePort?: number): readonly object[] => [{ name: 'p80', port: 80, ...(nodePort === undefined ? {} : { nodePort }) }];

const TWO = ['10.180.0.1@n1', '10.180.2.1@n2'];
const BOTH = ['10.180.0.1:80', '10.180.2.1:80'];
const HERE = ['10.180.0.1:80'];

const NOT_THROUGH = 'the mark that drops is looked at for packets to and from the node, not through it';

const AFFINITY: readonly FlowTable[] = [
  {
    name: 'session affinity',
    versions: EVERY,
    services: [
      { name: 'svc1', spec: { type: 'NodePort', clusterIP: '172.30.0.41', ports: p80(30001), sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } }, endpoints: TWO },
      { name: 'svc2', spec: { clusterIP: '172.30.0.42', ports: p80() }, endpoints: TWO },
      { name: 'svc3', spec: { type: 'NodePort', clusterIP: '172.30.0.43', ports: p80(30003), sessionAffinity: 'ClientIP', externalTrafficPolicy: 'Local' }, endpoints: ['10.180.0.1@n1', '10.180.0.2@n1', '10.180.2.1@n2'] },
    ],
    flows: [
      { from: 'pod', to: '172.30.0.41:80', ends: BOTH, sticky: true },
      { from: 'outside', to: '192.168.0.2:30001', ends: BOTH, masq: true, sticky: true },
      { from: 'node', to: '172.30.0.41:80', ends: BOTH, masq: true, sticky: true },
      { from: 'pod', to: '172.30.0.42:80', ends: BOTH, sticky: false, because: 'without affinity each connection is dealt anew' },
      { from: 'outside', to: '192.168.0.2:30003', ends: ['10.180.0.1:80', '10.180.0.2:80'], sticky: true },
    ],
  },
];

const ranged = (endpoints: readonly string[], ranges: readonly string[], policy = 'Cluster'): FlowTable['services'] => [
  {
    name: 'svc1',
    spec: { type: 'LoadBalancer', clusterIP: '172.30.0.41', ports: p80(30001), loadBalancerSourceRanges: ranges, externalTrafficPolicy: policy },
    ingress: [{ ip: '1.2.3.4' }, { ip: '192.168.1.2' }],
    endpoints,
  },
];

const ALLOWED: readonly Flow[] = [
  { from: 'outside', to: '1.2.3.4:80', ends: BOTH, masq: true },
  { from: 'outside', to: '192.168.1.2:80', ends: BOTH, masq: true },
  { from: '203.0.113.130', to: '192.168.0.2:30001', ends: BOTH, masq: true, because: 'node ports know no ranges' },
  { from: '203.0.113.130', to: '172.30.0.41:80', ends: BOTH, masq: true, because: 'nor does the cluster IP' },
  { from: '203.0.113.130', to: '192.168.1.2:80', ends: 'drop', because: 'an address of the node itself' },
];

const RANGES: readonly FlowTable[] = [
  {
    name: 'source ranges',
    versions: since(25),
    services: ranged(TWO, ['203.0.113.0/25']),
    flows: [...ALLOWED, ...['203.0.113.130', 'pod', 'node'].map((from): Flow => ({ from, to: '1.2.3.4:80', ends: 'drop', by: 'KUBE-PROXY-FIREWALL' }))],
  },
  {
    name: 'source ranges',
    versions: upTo(24),
    services: ranged(TWO, ['203.0.113.0/25']),
    flows: [...ALLOWED, { from: 'node', to: '1.2.3.4:80', ends: 'drop', by: 'KUBE-FIREWALL' }],
  },
  {
    name: 'source ranges, packets through the node',
    versions: [24],
    services: ranged(TWO, ['203.0.113.0/25']),
    flows: [{ from: '203.0.113.130', to: '1.2.3.4:80', ends: 'none', because: NOT_THROUGH }, { from: 'pod', to: '1.2.3.4:80', ends: 'none', because: NOT_THROUGH }],
  },
  {
    name: 'source ranges, packets through the node',
    versions: upTo(23),
    services: ranged(TWO, ['203.0.113.0/25']),
    flows: [{ from: '203.0.113.130', to: '1.2.3.4:80', ends: 'none', masq: true, because: NOT_THROUGH }, { from: 'pod', to: '1.2.3.4:80', ends: 'none', masq: true, because: NOT_THROUGH }],
  },
  {
    name: 'source ranges that hold the node',
    versions: EVERY,
    services: ranged(TWO, ['192.168.0.0/24']),
    flows: [
      { from: 'node', to: '1.2.3.4:80', ends: BOTH, masq: true },
      { from: '1.2.3.4', to: '1.2.3.4:80', ends: BOTH, masq: true },
      { from: 'outside', to: '192.168.1.2:80', ends: 'drop' },
    ],
  },
  {
    name: 'a source range that holds everybody',
    versions: EVERY,
    services: ranged(TWO, ['203.0.113.128/25', '0.0.0.0/0']),
    flows: ['outside', 'pod', 'node', '198.51.100.7'].map((from): Flow => ({ from, to: '1.2.3.4:80', ends: BOTH, masq: true })),
  },
  {
    name: 'source ranges and externalTrafficPolicy Local',
    versions: EVERY,
    services: ranged(TWO, ['203.0.113.0/25', '10.180.0.0/24'], 'Local'),
    flows: [
      { from: 'outside', to: '1.2.3.4:80', ends: HERE },
      { from: 'pod', to: '1.2.3.4:80', ends: BOTH },
      { from: '203.0.113.130', to: '192.168.1.2:80', ends: 'drop' },
      { from: 'node', to: '1.2.3.4:80', ends: 'drop' },
    ],
  },
];

const hinted = (place: string, hints: Readonly<Record<string, unknown>>): FlowEndpoint => ({ at: place, hints });
const zones = (...names: readonly string[]): Readonly<Record<string, unknown>> => ({ forZones: names.map((name) => ({ name })) });
const nodes = (...names: readonly string[]): Readonly<Record<string, unknown>> => ({ ...zones('a'), forNodes: names.map((name) => ({ name })) });

const A = hinted('10.180.0.1@n1', zones('a'));
const B = hinted('10.180.2.1@n2', zones('b'));

const hints = (name: string, versions: readonly number[], zone: string | undefined, endpoints: readonly FlowEndpoint[], ends: Flow['ends'], annotations: Readonly<Record<string, string>> = {}): FlowTable => ({
  name: `hints: ${name}`,
  versions,
  ...(zone === undefined ? {} : { labels: { 'topology.kubernetes.io/zone': zone } }),
  services: [{ name: 'svc1', spec: { type: 'NodePort', clusterIP: '172.30.0.41', ports: p80(30001) }, annotations, endpoints }],
  flows: [
    { from: 'pod', to: '172.30.0.41:80', ends },
    { from: 'outside', to: '192.168.0.2:30001', ends, masq: true },
  ],
});

const OLD_AUTO = { 'service.kubernetes.io/topology-aware-hints': 'Auto' };
const OLD_ODD = { 'service.kubernetes.io/topology-aware-hints': 'aUto' };
const MODE_AUTO = { 'service.kubernetes.io/topology-mode': 'Auto' };

const HINTS: readonly FlowTable[] = [
  hints('the zone of the node', since(31), 'a', [A, B], HERE),
  hints('the other zone', since(31), 'b', [A, B], ['10.180.2.1:80']),
  hints('a zone that nobody is meant for', since(31), 'c', [A, B], BOTH),
  hints('a node without a zone', since(31), undefined, [A, B], BOTH),
  hints('one endpoint without a hint', since(31), 'a', [A, '10.180.2.1@n2'], BOTH),
  hints('several zones', since(31), 'c', [hinted('10.180.0.1@n1', zones('a', 'c')), B], HERE),
  hints('those of endpoints that are not ready do not count', since(31), 'a', [hinted('10.180.0.1@n1', zones('a')), { at: '10.180.2.1@n2', conditions: { ready: false } }], HERE),
  hints('only endpoints that are not ready are meant for the zone', since(31), 'a', [{ at: '10.180.0.1@n1', conditions: { ready: false }, hints: zones('a') }, B], ['10.180.2.1:80']),
  hints('asked for by the old annotation', between(24, 27), 'a', [A, B], HERE, OLD_AUTO),
  hints('asked for by the new annotation', [27], 'a', [A, B], HERE, MODE_AUTO),
  hints('the new annotation is not known yet', between(24, 25), 'a', [A, B], BOTH, MODE_AUTO),
  hints('an annotation in odd letters', between(24, 25), 'a', [A, B], BOTH, OLD_ODD),
  hints('an annotation in odd letters', [27], 'a', [A, B], HERE, OLD_ODD),
  hints('an annotation that says no', [27], 'a', [A, B], BOTH, { 'service.kubernetes.io/topology-mode': 'Disabled' }),
  hints('not asked for', between(24, 27), 'a', [A, B], BOTH),
  hints('behind a gate that is off', upTo(23), 'a', [A, B], BOTH, OLD_AUTO),
  hints('for the node', since(34), 'b', [hinted('10.180.0.1@n1', nodes('n1')), hinted('10.180.2.1@n2', nodes('n2'))], HERE),
  hints('for another node, so the zone counts', since(34), 'a', [hinted('10.180.0.1@n1', { ...zones('a'), forNodes: [{ name: 'n9' }] }), hinted('10.180.2.1@n2', { ...zones('b'), forNodes: [{ name: 'n8' }] })], HERE),
  hints('for the node, which is not known yet', between(31, 33), 'b', [hinted('10.180.0.1@n1', { ...zones('a'), forNodes: [{ name: 'n1' }] }), hinted('10.180.2.1@n2', { ...zones('b'), forNodes: [{ name: 'n2' }] })], ['10.180.2.1:80']),
  {
    name: 'hints and externalTrafficPolicy Local',
    versions: since(31),
    labels: { 'topology.kubernetes.io/zone': 'b' },
    services: [{ name: 'svc1', spec: { type: 'NodePort', clusterIP: '172.30.0.41', ports: p80(30001), externalTrafficPolicy: 'Local' }, endpoints: [A, B] }],
    flows: [
      { from: 'pod', to: '172.30.0.41:80', ends: ['10.180.2.1:80'] },
      { from: 'outside', to: '192.168.0.2:30001', ends: HERE, because: 'hints say nothing about what is on the node' },
    ],
  },
];

const LEAVING = { ready: false, serving: true, terminating: true };
const leaving = (versions: readonly number[], flows: readonly Flow[]): FlowTable => ({
  name: 'all endpoints are on their way out',
  versions,
  services: [{ name: 'svc1', spec: { type: 'NodePort', clusterIP: '172.30.0.41', ports: p80(30001) }, endpoints: [{ at: '10.180.0.1@n1', conditions: LEAVING }] }],
  flows,
});

const READINESS: readonly FlowTable[] = [
  leaving(since(27), [
    { from: 'pod', to: '172.30.0.41:80', ends: HERE },
    { from: 'outside', to: '192.168.0.2:30001', ends: HERE, masq: true },
  ]),
  leaving(upTo(25), [
    { from: 'pod', to: '172.30.0.41:80', ends: 'reject', because: 'the gate ProxyTerminatingEndpoints is on since 1.26' },
    { from: 'outside', to: '192.168.0.2:30001', ends: 'reject' },
  ]),
  {
    name: 'endpoints that are not ready',
    versions: EVERY,
    services: [
      { name: 'svc1', spec: { clusterIP: '172.30.0.41', ports: p80() }, endpoints: ['10.180.0.1@n1', { at: '10.180.0.2@n1', conditions: { ready: false } }, { at: '10.180.0.3@n1', conditions: { ready: false, serving: true } }] },
      { name: 'svc2', spec: { clusterIP: '172.30.0.42', ports: p80() }, endpoints: [{ at: '10.180.0.2@n1', conditions: { ready: false, serving: true } }] },
    ],
    flows: [
      { from: 'pod', to: '172.30.0.41:80', ends: HERE },
      { from: 'pod', to: '172.30.0.42:80', ends: 'reject', because: 'serving alone is not enough: it must be leaving, too' },
    ],
  },
];

/** The same cluster, asked with each way to tell a pod of the node from others. */
const detecting = (name: string, settings: FlowTable['settings'], { pod, node, outside }: { readonly pod: boolean; readonly node: boolean; readonly outside: boolean }): FlowTable => ({
  name: `detector: ${name}`,
  versions: EVERY,
  settings: settings ?? {},
  services: [{ name: 'svc1', spec: { clusterIP: '172.30.0.41', ports: p80() }, endpoints: TWO }],
  flows: [
    { from: 'pod', to: '172.30.0.41:80', ends: BOTH, masq: pod },
    { from: 'node', to: '172.30.0.41:80', ends: BOTH, masq: node },
    { from: 'outside', to: '172.30.0.41:80', ends: BOTH, masq: outside },
  ],
});

const DETECTORS: readonly FlowTable[] = [
  detecting('ClusterCIDR', { detectLocalMode: 'ClusterCIDR', clusterCIDR: '10.180.0.0/16' }, { pod: false, node: true, outside: true }),
  detecting('NodeCIDR', { detectLocalMode: 'NodeCIDR', clusterCIDR: '' }, { pod: false, node: true, outside: true }),
  detecting('InterfaceNamePrefix', { detectLocalMode: 'InterfaceNamePrefix', detectLocal: { interfaceNamePrefix: 'veth' } }, { pod: false, node: true, outside: true }),
  detecting('BridgeInterface, which no pod is behind', { detectLocalMode: 'BridgeInterface', detectLocal: { bridgeInterface: 'cni0' } }, { pod: true, node: true, outside: true }),
  detecting('none', { clusterCIDR: '' }, { pod: false, node: false, outside: false }),
  detecting('none, masqueradeAll', { clusterCIDR: '', iptables: { masqueradeAll: true } }, { pod: true, node: true, outside: true }),
  detecting('ClusterCIDR, another masquerade bit', { clusterCIDR: '10.180.0.0/16', iptables: { masqueradeBit: 20 } }, { pod: false, node: true, outside: true }),
];

/** A pod of the other node asks for a node port of this one. */
const fromAfar = (name: string, settings: FlowTable['settings'], ends: Flow['ends']): FlowTable => ({
  name: `a pod of another node: ${name}`,
  versions: EVERY,
  settings: settings ?? {},
  services: [
    { name: 'svc1', spec: { type: 'NodePort', clusterIP: '172.30.0.41', ports: p80(30001), externalTrafficPolicy: 'Local' }, endpoints: TWO },
    { name: 'svc2', spec: { clusterIP: '172.30.0.42', ports: p80() }, endpoints: ['10.180.2.5@n2'] },
  ],
  flows: [{ from: '10.180.2.5', to: '192.168.0.2:30001', ends }],
});

const OTHERS: readonly FlowTable[] = [
  fromAfar('ClusterCIDR takes it for one of this node', {}, BOTH),
  fromAfar('NodeCIDR does not', { detectLocalMode: 'NodeCIDR' }, HERE),
  {
    name: 'an external IP that is the node’s own',
    versions: EVERY,
    services: [{ name: 'svc1', spec: { clusterIP: '172.30.0.41', ports: p80(), externalIPs: ['192.168.1.2'] }, endpoints: TWO }],
    flows: [
      { from: 'outside', to: '192.168.1.2:80', ends: BOTH, masq: true },
      { from: 'node', to: '192.168.1.2:80', ends: BOTH, masq: true },
      { from: 'outside', to: '192.168.1.2:81', ends: 'node' },
    ],
  },
  {
    name: 'pods that reach themselves',
    versions: EVERY,
    services: [{ name: 'svc1', spec: { type: 'NodePort', clusterIP: '172.30.0.41', ports: p80(30001), externalTrafficPolicy: 'Local' }, endpoints: ['10.180.0.1@n1'] }],
    flows: [
      { from: '10.180.0.1', to: '172.30.0.41:80', ends: HERE, masq: true },
      { from: '10.180.0.1', to: '192.168.0.2:30001', ends: HERE, masq: true, because: 'whatever the policy says' },
    ],
  },
  {
    name: 'services of other proxies, and of none',
    versions: EVERY,
    services: [
      { name: 'svc1', spec: { clusterIP: '172.30.0.41', ports: p80() }, labels: { 'service.kubernetes.io/service-proxy-name': 'another' }, endpoints: TWO },
      { name: 'svc2', spec: { clusterIP: 'None', ports: p80(), externalIPs: ['192.168.99.11'] }, endpoints: TWO },
      { name: 'svc3', spec: { type: 'ExternalName', externalName: 'example.com', externalIPs: ['192.168.99.12'], ports: p80() }, endpoints: TWO },
    ],
    flows: [
      { from: 'pod', to: '172.30.0.41:80', ends: 'none' },
      { from: 'outside', to: '192.168.99.11:80', ends: 'none' },
      { from: 'outside', to: '192.168.99.12:80', ends: 'none' },
    ],
  },
  {
    name: 'externalTrafficPolicy of a service that only its external IPs make reachable',
    versions: since(25),
    services: [{ name: 'svc1', spec: { clusterIP: '172.30.0.41', ports: p80(), externalIPs: ['192.168.99.11'], externalTrafficPolicy: 'Local' }, endpoints: TWO }],
    flows: [{ from: 'outside', to: '192.168.99.11:80', ends: HERE }, { from: 'pod', to: '172.30.0.41:80', ends: BOTH }],
  },
  {
    name: 'node ports of UDP and SCTP',
    versions: EVERY,
    services: [
      {
        name: 'svc1',
        spec: { type: 'NodePort', clusterIP: '172.30.0.41', ports: [{ name: 'u', port: 53, nodePort: 30053, protocol: 'UDP' }, { name: 's', port: 99, nodePort: 30099, protocol: 'SCTP' }] },
        endpoints: TWO,
      },
    ],
    flows: [
      { from: 'outside', to: '192.168.0.2:30053/udp', ends: ['10.180.0.1:53', '10.180.2.1:53'], masq: true },
      { from: 'outside', to: '192.168.0.2:30099/sctp', ends: ['10.180.0.1:99', '10.180.2.1:99'], masq: true },
      { from: 'outside', to: '192.168.0.2:30053', ends: 'node' },
    ],
  },
  {
    name: 'an endpoint that is somewhere else',
    versions: EVERY,
    services: [{ name: 'svc1', spec: { clusterIP: '172.30.0.41', ports: p80() }, endpoints: ['198.51.100.10'] }],
    flows: [{ from: 'pod', to: '172.30.0.41:80', ends: ['198.51.100.10:80'] }, { from: 'node', to: '172.30.0.41:80', ends: ['198.51.100.10:80'], masq: true }],
  },
];

export const FEATURES: readonly FlowTable[] = [...AFFINITY, ...RANGES, ...HINTS, ...READINESS, ...DETECTORS, ...OTHERS];
