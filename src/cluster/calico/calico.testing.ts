import { parseIp4 } from '../../packet/address.ts';
import type { ClusterModel, NamespaceModel, NodeModel, PodModel } from '../model.ts';
import type { KubeDocument } from '../objects/document.ts';
import { NO_FABRIC } from '../objects/fabric.ts';
import { KUBE_PROXY_DEFAULTS } from '../objects/kubeProxyConfig.ts';

const source = { input: 'objects.yaml', line: 1 };

/** An object of Calico, for tests. */
export const calicoObject = (kind: string, name: string, spec: unknown, namespace?: string): KubeDocument => ({
  apiVersion: 'crd.projectcalico.org/v1', kind, namespace, name, value: { metadata: { name, namespace }, spec }, source, at: () => source,
});

export const clusterOf = (parts: Partial<ClusterModel>): ClusterModel => ({
  nodes: [], pods: [], services: [], endpoints: new Map(), namespaces: [], policies: [], kubeProxy: KUBE_PROXY_DEFAULTS, fabric: NO_FABRIC, documents: [], ...parts,
});

/** A node with one NIC `eth0`. */
export const nodeOf = (name: string, address: string, parts: Partial<NodeModel> = {}): NodeModel => ({
  name, labels: {}, annotations: {}, internalIps: [parseIp4(address.split('/')[0] ?? '') ?? 0], podCidr: undefined, kubeProxyVersion: undefined, kubeletVersion: undefined,
  nics: [{ dev: 'eth0', addresses: [address], mtu: 1500, mac: '02:00:00:00:00:01' }], gateway: undefined, kernelVersion: undefined,
  because: { kind: 'Node', namespace: undefined, name }, ...parts,
});

export const podOf = (name: string, node: string, ip: string, parts: Partial<PodModel> = {}): PodModel => ({
  namespace: 'default', name, labels: {}, annotations: {}, serviceAccount: 'default', node, ip: parseIp4(ip) ?? 0, hostNetwork: false, ended: false, ports: [], netns: name,
  because: { kind: 'Pod', namespace: parts.namespace ?? 'default', name }, ...parts,
});

export const namespaceOf = (name: string, labels: Readonly<Record<string, string>> = {}): NamespaceModel => ({ name, labels, because: { kind: 'Namespace', namespace: undefined, name } });
