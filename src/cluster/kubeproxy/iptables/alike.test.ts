import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../../dumps/diagnostic.ts';
import { HostDraft } from '../../draft/host.ts';
import type { ClusterModel } from '../../model.ts';
import { kubeProxyOf } from '../kubeProxy.ts';
import { cluster, endpoint, node, service } from '../models.fixture.ts';
import { CIDR, type Services, port } from './compiled.fixture.ts';

const NAMES = ['n1', 'n2', 'n3'];

/** One service of each kind that a node may write in its own way, among such as all write alike. */
const SERVICES: Services = [
  [service('plain', { clusterIp: '10.96.0.1' }), [endpoint('10.0.1.1@n1'), endpoint('10.0.2.1@n2')]],
  [service('node-port', { clusterIp: '10.96.0.2', type: 'NodePort', ports: port(30001), affinitySec: 60 }), [endpoint('10.0.1.2@n1')]],
  [service('local', { clusterIp: '10.96.0.3', type: 'LoadBalancer', vips: ['5.6.7.8'], ports: port(30002), externalTrafficPolicy: 'Local', healthCheckNodePort: 32000 }), [endpoint('10.0.1.3@n1'), endpoint('10.0.2.3@n2')]],
  [service('inside', { clusterIp: '10.96.0.4', internalTrafficPolicy: 'Local' }), [endpoint('10.0.2.4@n2')]],
  [service('ranges', { clusterIp: '10.96.0.5', type: 'LoadBalancer', vips: ['5.6.7.9'], sourceRanges: ['192.168.0.2/32'] }), [endpoint('10.0.3.1@n3')]],
  [service('empty', { clusterIp: '10.96.0.6', type: 'NodePort', ports: port(30003) }), []],
  [service('hinted', { clusterIp: '10.96.0.7', annotations: { 'service.kubernetes.io/topology-mode': 'Auto' } }), [endpoint('10.0.1.7@n1', { forZones: ['a'] }), endpoint('10.0.2.7@n2', { forZones: ['b'] })]],
];

const model = (minor: number): ClusterModel =>
  cluster(NAMES.map((name, i) => node(name, `192.168.0.${2 + i}`, minor, { labels: { 'topology.kubernetes.io/zone': i === 0 ? 'a' : 'b' } })), SERVICES, CIDR);

function saved(of: ClusterModel, name: string): string {
  const host = new HostDraft(name);
  const own = of.nodes.find((n) => n.name === name);
  if (!own) throw new Error(name);
  const found = new DiagnosticList();
  host.own.device({ name: 'eth0', kind: 'nic', mtu: 1500, mac: '02:00:00:00:00:01', addresses: [{ address: `192.168.0.${2 + NAMES.indexOf(name)}/24` }] });
  kubeProxyOf(of, found)?.program?.({ cluster: of, node: own, host, found });
  return host.own.firewall.print().text;
}

describe('rules that nodes write alike', () => {
  it.each([18, 21, 23, 24, 27, 31, 34])('are those that a node writes which is the first to do so (1.%d)', (minor) => {
    const shared = model(minor);
    const after = NAMES.map((name) => saved(shared, name));
    expect(after).toEqual(NAMES.map((name) => saved(model(minor), name)));
    expect(new Set(after).size).toBeGreaterThan(1);
  });
});
