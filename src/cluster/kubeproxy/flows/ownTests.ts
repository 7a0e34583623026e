import { type FlowEndpoint, type FlowTable, EVERY, since } from './table.ts';

/**
 * What kube-proxy's own tests send (pkg/proxy/iptables/proxier_test.go): each of their cases with the same addresses, ports and expected
 * ends. Their pods stand on the node's network, `10.0.0.0/8`; where an endpoint of theirs has no node, it has no pod here.
 */

const p80 = (nodePort?: number): readonly object[] => [{ name: 'p80', port: 80, ...(nodePort === undefined ? {} : { nodePort }) }];

const VARIOUS: FlowTable = {
  name: 'one of each kind',
  versions: since(25),
  services: [
    { name: 'svc1', spec: { clusterIP: '172.30.0.41', ports: p80() }, endpoints: ['10.180.0.1'] },
    {
      name: 'svc2',
      spec: { type: 'LoadBalancer', clusterIP: '172.30.0.42', ports: p80(3001), externalIPs: ['192.168.99.22'], externalTrafficPolicy: 'Local', healthCheckNodePort: 30000 },
      ingress: [{ ip: '1.2.3.4' }],
      endpoints: ['10.180.0.2'],
    },
    { name: 'svc3', spec: { type: 'NodePort', clusterIP: '172.30.0.43', ports: p80(3003) }, endpoints: ['10.180.0.3'] },
    { name: 'svc4', spec: { type: 'NodePort', clusterIP: '172.30.0.44', ports: p80(), externalIPs: ['192.168.99.33'] }, endpoints: ['10.180.0.4', '10.180.0.5@n1'] },
    {
      name: 'svc5',
      spec: { type: 'LoadBalancer', clusterIP: '172.30.0.45', ports: p80(3002), loadBalancerSourceRanges: [' 203.0.113.0/25'], sessionAffinity: 'ClientIP', healthCheckNodePort: 30000 },
      ingress: [{ ip: '5.6.7.8' }],
      endpoints: ['10.180.0.3'],
    },
    { name: 'svc6', spec: { clusterIP: '172.30.0.46', ports: p80() }, endpoints: [] },
  ],
  flows: [
    { from: 'pod', to: '10.0.0.3:80', ends: 'none' },
    { from: 'pod', to: '172.30.0.41:80', ends: ['10.180.0.1:80'] },
    { from: 'pod', to: '172.30.0.44:80', ends: ['10.180.0.4:80', '10.180.0.5:80'] },
    { from: 'node', to: '192.168.99.22:80', ends: ['10.180.0.2:80'], masq: true },
    { from: 'outside', to: '192.168.99.22:80', ends: 'drop' },
    { from: 'node', to: '192.168.0.2:30000', ends: 'node', by: 'KUBE-NODEPORTS' },
    { from: 'pod', to: '172.30.0.46:80', ends: 'reject' },
    { from: 'outside', to: '5.6.7.8:80', ends: ['10.180.0.3:80'], masq: true },
    { from: '203.0.113.130', to: '5.6.7.8:80', ends: 'drop', by: 'KUBE-PROXY-FIREWALL' },
  ],
};

const CLUSTER_IPS: FlowTable = {
  name: 'cluster IPs with several ports and protocols',
  versions: EVERY,
  services: [
    { name: 'svc1', spec: { clusterIP: '172.30.0.41', ports: [{ name: 'http', port: 80 }] }, endpoints: ['10.180.0.1@n1'] },
    {
      name: 'svc2',
      spec: {
        clusterIP: '172.30.0.42',
        ports: [
          { name: 'http', port: 80 },
          { name: 'https', port: 443, targetPort: 8443 },
          { name: 'dns-udp', port: 53, protocol: 'UDP' },
          { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 5353 },
          { name: 'dns-sctp', port: 53, protocol: 'SCTP' },
        ],
      },
      endpoints: ['10.180.0.1@n1', '10.180.2.1@n2'],
      targets: [
        { name: 'http', port: 80 },
        { name: 'https', port: 8443 },
        { name: 'dns-udp', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 5353 },
        { name: 'dns-sctp', port: 53, protocol: 'SCTP' },
      ],
    },
  ],
  flows: [
    { from: 'pod', to: '172.30.0.41:80', ends: ['10.180.0.1:80'] },
    { from: '10.180.0.1', to: '172.30.0.41:80', ends: ['10.180.0.1:80'], masq: true, because: 'a pod that reaches itself must not see its own address' },
    { from: 'pod', to: '172.30.0.42:80', ends: ['10.180.0.1:80', '10.180.2.1:80'] },
    { from: 'pod', to: '172.30.0.42:443', ends: ['10.180.0.1:8443', '10.180.2.1:8443'] },
    { from: 'pod', to: '172.30.0.42:53', ends: ['10.180.0.1:5353', '10.180.2.1:5353'] },
    { from: 'pod', to: '172.30.0.42:53/udp', ends: ['10.180.0.1:53', '10.180.2.1:53'] },
    { from: 'pod', to: '172.30.0.42:53/sctp', ends: ['10.180.0.1:53', '10.180.2.1:53'] },
    { from: 'pod', to: '172.30.0.42:80/udp', ends: 'none' },
    { from: 'pod', to: '172.30.0.41:443', ends: 'none' },
  ],
};

const LOAD_BALANCER: FlowTable = {
  name: 'source ranges of a load balancer',
  versions: since(25),
  services: [
    {
      name: 'svc1',
      spec: { type: 'LoadBalancer', clusterIP: '172.30.0.41', ports: p80(3001), loadBalancerSourceRanges: ['192.168.0.0/24', ' 203.0.113.0/25'] },
      ingress: [{ ip: '1.2.3.4' }, { ip: '5.6.7.8' }],
      endpoints: ['10.180.0.1'],
    },
  ],
  flows: [
    { from: 'pod', to: '172.30.0.41:80', ends: ['10.180.0.1:80'] },
    { from: 'outside', to: '192.168.0.2:3001', ends: ['10.180.0.1:80'], masq: true },
    { from: '203.0.113.130', to: '192.168.0.2:3001', ends: ['10.180.0.1:80'], masq: true, because: 'node ports know no ranges' },
    ...['1.2.3.4:80', '5.6.7.8:80'].flatMap((to): FlowTable['flows'] => [
      { from: 'outside', to, ends: ['10.180.0.1:80'], masq: true },
      { from: '203.0.113.130', to, ends: 'drop' },
      { from: 'pod', to, ends: 'drop' },
      { from: 'node', to, ends: ['10.180.0.1:80'], masq: true },
    ]),
    { from: '1.2.3.4', to: '1.2.3.4:80', ends: ['10.180.0.1:80'], masq: true, because: 'the node may come, so it may also come from the address of the load balancer' },
    { from: '5.6.7.8', to: '5.6.7.8:80', ends: ['10.180.0.1:80'], masq: true },
  ],
};

/** Node ports on chosen addresses, with and without 127.0.0.1. */
const nodePorts = (name: string, versions: readonly number[], settings: FlowTable['settings'], second: boolean, localhost: boolean): FlowTable => ({
  name: `node ports: ${name}`,
  versions,
  settings: settings ?? {},
  services: [{ name: 'svc1', spec: { type: 'NodePort', clusterIP: '172.30.0.41', ports: p80(3001) }, endpoints: ['10.180.0.1', '10.180.2.1@n1'] }],
  flows: [
    { from: 'pod', to: '172.30.0.41:80', ends: ['10.180.0.1:80', '10.180.2.1:80'] },
    { from: 'outside', to: '192.168.0.2:3001', ends: ['10.180.0.1:80', '10.180.2.1:80'], masq: true },
    { from: 'node', to: '192.168.0.2:3001', ends: ['10.180.0.1:80', '10.180.2.1:80'], masq: true },
    localhost ? { from: 'localhost', to: '127.0.0.1:3001', ends: ['10.180.0.1:80', '10.180.2.1:80'], masq: true } : { from: 'localhost', to: '127.0.0.1:3001', ends: 'node' },
    second ? { from: 'outside', to: '192.168.1.2:3001', ends: ['10.180.0.1:80', '10.180.2.1:80'], masq: true } : { from: 'outside', to: '192.168.1.2:3001', ends: 'node' },
  ],
});

const without = { iptables: { localhostNodePorts: false } };

const HEALTH_CHECK: FlowTable = {
  name: 'health checks of a load balancer',
  versions: since(22),
  settings: { nodePortAddresses: ['127.0.0.0/8'] },
  services: [{ name: 'svc1', spec: { type: 'LoadBalancer', clusterIP: '172.30.0.42', ports: p80(3001), healthCheckNodePort: 30000, externalTrafficPolicy: 'Local' }, endpoints: [] }],
  flows: [{ from: '1.2.3.4', to: '192.168.0.2:30000', ends: 'node', by: 'KUBE-NODEPORTS' }],
};

const internalPolicy = (name: string, versions: readonly number[], policy: string, endpoints: readonly string[], ends: FlowTable['flows'][number]['ends']): FlowTable => ({
  name: `internalTrafficPolicy ${policy}: ${name}`,
  versions,
  services: [{ name: 'svc1', spec: { clusterIP: '172.30.1.1', ports: [{ port: 80 }], internalTrafficPolicy: policy }, endpoints }],
  flows: [{ from: 'pod', to: '172.30.1.1:80', ends }],
});

const TERMINATING = { ready: false, serving: true, terminating: true };
const GONE = { ready: false, serving: false, terminating: true };

const terminating = (name: string, policy: string, endpoints: readonly FlowEndpoint[], inside: FlowTable['flows'][number]['ends'], outside: FlowTable['flows'][number]['ends']): FlowTable => ({
  name: `endpoints on their way out, externalTrafficPolicy ${policy}: ${name}`,
  versions: since(27),
  services: [
    {
      name: 'svc1',
      spec: { type: 'LoadBalancer', clusterIP: '172.30.1.1', ports: [{ port: 80 }], externalTrafficPolicy: policy, healthCheckNodePort: 30000, allocateLoadBalancerNodePorts: false },
      ingress: [{ ip: '1.2.3.4' }],
      endpoints,
    },
  ],
  flows: [
    { from: 'pod', to: '172.30.1.1:80', ends: inside },
    { from: 'outside', to: '1.2.3.4:80', ends: outside, masq: policy === 'Cluster' && typeof outside !== 'string' },
  ],
});

const at = (where: string, conditions: Readonly<Record<string, boolean>>): FlowEndpoint => ({ at: where, conditions });

const HERE = [at('10.0.1.1@n1', { ready: true, serving: true, terminating: false }), at('10.0.1.2@n1', { ready: true, serving: true, terminating: false })];
const NOBODY = [at('10.0.1.5@n1', GONE), at('10.0.1.6@n2', GONE)];

export const OWN_TESTS: readonly FlowTable[] = [
  VARIOUS,
  CLUSTER_IPS,
  LOAD_BALANCER,
  nodePorts('everywhere', EVERY, {}, true, true),
  nodePorts('not at 127.0.0.1', since(27), without, true, false),
  nodePorts('127.0.0.1 is asked for and not allowed', since(27), { ...without, nodePortAddresses: ['192.168.0.0/24', '127.0.0.1/32'] }, false, false),
  nodePorts('two networks of the node', since(27), { ...without, nodePortAddresses: ['192.168.0.0/24', '192.168.1.0/24', '2001:db8::/64'] }, true, false),
  nodePorts('one network of the node', EVERY, { nodePortAddresses: ['192.168.0.0/24'] }, false, false),
  nodePorts('one network and 127.0.0.1', EVERY, { nodePortAddresses: ['192.168.0.0/24', '127.0.0.0/8'] }, false, true),
  nodePorts('the primary address', since(31), { nodePortAddresses: ['primary'] }, false, false),
  HEALTH_CHECK,
  internalPolicy('all', EVERY, 'Cluster', ['10.0.1.1@n1', '10.0.1.2@n2', '10.0.1.3'], ['10.0.1.1:80', '10.0.1.2:80', '10.0.1.3:80']),
  internalPolicy('one here', since(22), 'Local', ['10.0.1.1@n1', '10.0.1.2@n2', '10.0.1.3'], ['10.0.1.1:80']),
  internalPolicy('several here', since(22), 'Local', ['10.0.1.1@n1', '10.0.1.2@n1', '10.0.1.3'], ['10.0.1.1:80', '10.0.1.2:80']),
  internalPolicy('none here', since(25), 'Local', ['10.0.1.1@n2', '10.0.1.2@n2', '10.0.1.3'], 'drop'),
  internalPolicy('none at all', EVERY, 'Local', [], 'reject'),
  terminating('ready ones here', 'Local', [...HERE, at('10.0.1.3@n1', TERMINATING), at('10.0.1.4@n1', GONE), at('10.0.1.5@n2', { ready: true })], ['10.0.1.1:80', '10.0.1.2:80', '10.0.1.5:80'], ['10.0.1.1:80', '10.0.1.2:80']),
  terminating('all here are leaving', 'Local', [at('10.0.1.2@n1', TERMINATING), at('10.0.1.3@n1', TERMINATING), at('10.0.1.4@n1', GONE), at('10.0.1.5@n2', { ready: true })], ['10.0.1.5:80'], ['10.0.1.2:80', '10.0.1.3:80']),
  terminating('one elsewhere is leaving', 'Local', [at('10.0.1.5@n2', TERMINATING)], ['10.0.1.5:80'], 'drop'),
  terminating('nobody serves', 'Local', NOBODY, 'reject', 'reject'),
  terminating('none at all', 'Local', [], 'reject', 'reject'),
  terminating('ready ones', 'Cluster', [...HERE, at('10.0.1.3@n2', TERMINATING), at('10.0.1.4@n2', GONE), at('10.0.1.5@n2', { ready: true })], ['10.0.1.1:80', '10.0.1.2:80', '10.0.1.5:80'], ['10.0.1.1:80', '10.0.1.2:80', '10.0.1.5:80']),
  terminating('all are leaving', 'Cluster', [at('10.0.1.2@n1', TERMINATING), at('10.0.1.3@n1', TERMINATING), at('10.0.1.4@n2', GONE), at('10.0.1.5@n2', TERMINATING)], ['10.0.1.2:80', '10.0.1.3:80', '10.0.1.5:80'], ['10.0.1.2:80', '10.0.1.3:80', '10.0.1.5:80']),
  terminating('one elsewhere is leaving', 'Cluster', [at('10.0.1.5@n2', TERMINATING)], ['10.0.1.5:80'], ['10.0.1.5:80']),
  terminating('nobody serves', 'Cluster', NOBODY, 'reject', 'reject'),
  terminating('none at all', 'Cluster', [], 'reject', 'reject'),
  {
    name: 'an address of a load balancer that is its proxy’s own',
    versions: since(31),
    services: [{ name: 'svc1', spec: { type: 'LoadBalancer', clusterIP: '10.20.30.41', ports: p80(3001) }, ingress: [{ ip: '1.2.3.4', ipMode: 'Proxy' }, { ip: '1.2.3.5', ipMode: 'VIP' }, { ip: '1.2.3.6' }], endpoints: ['10.180.0.1'] }],
    flows: [
      { from: 'outside', to: '1.2.3.4:80', ends: 'none' },
      { from: 'outside', to: '1.2.3.5:80', ends: ['10.180.0.1:80'], masq: true },
      { from: 'outside', to: '1.2.3.6:80', ends: ['10.180.0.1:80'], masq: true },
    ],
  },
  {
    name: 'ipMode is not known yet',
    versions: EVERY.filter((v) => v < 29),
    services: [{ name: 'svc1', spec: { type: 'LoadBalancer', clusterIP: '10.20.30.41', ports: p80(3001) }, ingress: [{ ip: '1.2.3.4', ipMode: 'Proxy' }], endpoints: ['10.180.0.1'] }],
    flows: [{ from: 'outside', to: '1.2.3.4:80', ends: ['10.180.0.1:80'], masq: true }],
  },
  {
    name: 'addresses with leading zeros',
    versions: since(25),
    services: [
      {
        name: 'svc1',
        spec: { type: 'LoadBalancer', clusterIP: '172.30.0.041', ports: p80(3001), externalIPs: ['192.168.099.022'], loadBalancerSourceRanges: ['203.0.113.000/025'] },
        ingress: [{ ip: '1.2.3.004' }],
        endpoints: ['10.180.00.001'],
      },
    ],
    flows: [
      { from: 'pod', to: '172.30.0.41:80', ends: ['10.180.0.1:80'] },
      { from: 'outside', to: '192.168.99.22:80', ends: ['10.180.0.1:80'], masq: true },
      { from: 'outside', to: '1.2.3.4:80', ends: ['10.180.0.1:80'], masq: true },
      { from: '203.0.113.130', to: '1.2.3.4:80', ends: 'drop' },
    ],
  },
];
