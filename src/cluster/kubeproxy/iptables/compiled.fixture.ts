import { DiagnosticList } from '../../../dumps/diagnostic.ts';
import type { TableName } from '../../../world/netfilter.ts';
import { HostDraft } from '../../draft/host.ts';
import type { ClusterModel, NodeModel, ServiceModel } from '../../model.ts';
import type { KubeProxySettings } from '../../objects/kubeProxyConfig.ts';
import { kubeProxyOf } from '../kubeProxy.ts';
import { cluster, node } from '../models.fixture.ts';

/** One node with its rules, for the tests of iptables mode. */

export const CIDR: Partial<KubeProxySettings> = { detectLocal: { kind: 'cluster-cidr', cidr: '10.0.0.0/8' } };
export const port = (nodePort?: number, protocol: 'TCP' | 'UDP' | 'SCTP' = 'TCP'): ServiceModel['ports'] => [{ name: 'p80', protocol, port: 80, nodePort }];

export type Services = Parameters<typeof cluster>[1];

/** Node n1 as kubelet and kube-proxy leave it. */
export function compiled(minor: number, services: Services, settings: Partial<KubeProxySettings> = CIDR, more: Partial<NodeModel> = {}, setUp: (host: HostDraft) => void = () => undefined): HostDraft {
  const model = cluster([node('n1', '192.168.0.2', minor, more)], services, settings);
  const host = new HostDraft('n1');
  host.own.device({ name: 'eth0', kind: 'nic', mtu: 1500, mac: '02:00:00:00:00:01', addresses: [{ address: '192.168.0.2/24' }, { address: '192.168.1.2/24' }] });
  setUp(host);
  run(model, host);
  return host;
}

function run(model: ClusterModel, host: HostDraft): DiagnosticList {
  const found = new DiagnosticList();
  const component = kubeProxyOf(model, found);
  for (const own of model.nodes) {
    if (own.name !== host.name) continue;
    component?.wire?.({ cluster: model, node: own, host, found });
    component?.program?.({ cluster: model, node: own, host, found });
  }
  return found;
}

export const rules = (host: HostDraft, table: TableName, chain: string): readonly string[] => host.own.firewall.rules(table, chain);
/** Chains of a table that belong to a service, by the prefix of their name. */
export const named = (host: HostDraft, prefix: string): readonly (readonly string[])[] =>
  [...new Set(host.own.firewall.print().text.split('\n').flatMap((l) => (l.startsWith(`:${prefix}`) ? [l.slice(1).split(' ')[0] ?? ''] : [])))].map((c) => rules(host, 'nat', c));

export const comment = (text: string): string => `-m comment --comment "${text}"`;

/** Of `ns1/svc1:p80` and tcp, and of its endpoint 10.180.0.1:80. */
export const HASH = 'XPGD46QRK7WJZT7O';
export const SEP1 = 'KUBE-SEP-SXIVWICOYRO3J4NJ';
