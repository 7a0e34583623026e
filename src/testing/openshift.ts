/*
 * The cluster behind the samples of OpenShift SDN as its objects: four nodes, two of them with pods, five projects.
 */

const OPENSHIFT = 'network.openshift.io/v1';
const meta = (name: string, more: object = {}): object => ({ metadata: { name, ...more } });
const of = (namespace: string, name: string, labels: object = {}): object => ({ metadata: { name, namespace, labels } });

export const clusterNetwork = (mode: 'subnet' | 'multitenant' | 'networkpolicy', more: object = {}): object => ({
  apiVersion: OPENSHIFT,
  kind: 'ClusterNetwork',
  ...meta('default'),
  clusterNetworks: [{ CIDR: '10.128.0.0/14', hostSubnetLength: 9 }],
  serviceNetwork: '172.30.0.0/16',
  pluginName: `redhat/openshift-ovs-${mode}`,
  ...more,
});

export const node = (name: string, address: string, version: string): object => ({ apiVersion: 'v1', kind: 'Node', ...meta(name), status: { addresses: [{ type: 'InternalIP', address }], nodeInfo: { kubeletVersion: version } } });
export const hostSubnet = (host: string, hostIP: string, subnet: string, more: object = {}): object => ({ apiVersion: OPENSHIFT, kind: 'HostSubnet', ...meta(host, { uid: `uid-of-${host}` }), host, hostIP, subnet, ...more });
export const netNamespace = (netname: string, netid: number, more: object = {}, annotations: object = {}): object => ({ apiVersion: OPENSHIFT, kind: 'NetNamespace', ...meta(netname, { annotations }), netname, netid, ...more });
export const namespace = (name: string, labels: object = {}): object => ({ apiVersion: 'v1', kind: 'Namespace', ...meta(name, { labels }) });
export const pod = (namespaceName: string, name: string, nodeName: string, podIP: string, labels: object = {}): object => ({ apiVersion: 'v1', kind: 'Pod', ...of(namespaceName, name, labels), spec: { nodeName }, status: { podIP } });
export const networkPolicy = (namespaceName: string, name: string, spec: object): object => ({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', ...of(namespaceName, name), spec: { podSelector: {}, policyTypes: ['Ingress'], ...spec } });
export const egressNetworkPolicy = (namespaceName: string, name: string, egress: readonly object[]): object => ({ apiVersion: OPENSHIFT, kind: 'EgressNetworkPolicy', ...of(namespaceName, name), spec: { egress } });

export const MULTICAST = { 'netnamespace.network.openshift.io/multicast-enabled': 'true' };

/** Kubernetes 1.26 is OpenShift 4.13. */
const VERSION = 'v1.26.0';

const common = (mode: 'multitenant' | 'networkpolicy'): readonly object[] => [
  clusterNetwork(mode),
  node('worker1', '10.10.12.21', VERSION),
  node('worker2', '10.10.12.22', VERSION),
  pod('almighty', 'web-0', 'worker1', '10.131.0.20'),
  pod('almighty', 'web-1', 'worker1', '10.131.0.21'),
  pod('shop', 'api', 'worker1', '10.131.0.30'),
  pod('batch', 'job', 'worker1', '10.131.0.40'),
  pod('mail', 'relay', 'worker1', '10.131.0.50'),
  pod('default', 'router', 'worker1', '10.131.0.5'),
  pod('almighty', 'almighty5-0', 'worker2', '10.128.2.151'),
  pod('shop', 'db', 'worker2', '10.128.2.152'),
  netNamespace('default', 0),
  netNamespace('almighty', 0x8d2f41, {}, MULTICAST),
  netNamespace('shop', 0x1f03c2),
];

/** Behind worker1 and worker2. */
export const policyCluster: readonly object[] = [
  ...common('networkpolicy'),
  hostSubnet('master', '10.10.12.20', '10.130.0.0/23'),
  hostSubnet('worker1', '10.10.12.21', '10.131.0.0/23', { egressIPs: ['10.10.12.150'] }),
  hostSubnet('worker2', '10.10.12.22', '10.128.2.0/23', { egressIPs: ['10.10.12.140'] }),
  hostSubnet('worker3', '10.10.12.23', '10.129.0.0/23', { egressIPs: ['10.10.12.141'] }),
  netNamespace('batch', 0xc0de, { egressIPs: ['10.10.12.140', '10.10.12.141'] }),
  netNamespace('mail', 0x2ab001, { egressIPs: ['10.10.12.150'] }),
  namespace('almighty', { team: 'almighty' }),
  networkPolicy('shop', 'from-almighty', { ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'almighty' } } }], ports: [{ protocol: 'TCP', port: 8080 }, { protocol: 'TCP', port: 9000, endPort: 9007 }] }, { from: [{ podSelector: {} }] }] }),
  egressNetworkPolicy('shop', 'partners', [
    { type: 'Allow', to: { cidrSelector: '203.0.113.0/24' } },
    { type: 'Deny', to: { cidrSelector: '0.0.0.0/0' } },
  ]),
];

/** Behind worker1-multitenant. */
export const tenantCluster: readonly object[] = [
  ...common('multitenant'),
  hostSubnet('master', '10.10.12.20', '10.130.0.0/23'),
  hostSubnet('worker1', '10.10.12.21', '10.131.0.0/23'),
  hostSubnet('worker2', '10.10.12.22', '10.128.2.0/23'),
  hostSubnet('worker3', '10.10.12.23', '10.129.0.0/23'),
  netNamespace('batch', 0xc0de),
  netNamespace('mail', 0x2ab001),
];
