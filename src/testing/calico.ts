import type { NamespaceModel, NodeModel } from '../cluster/model.ts';
import type { KubeDocument } from '../cluster/objects/document.ts';
import { documentOf, nodeOf as plainNode } from './cluster.ts';

/** An object of Calico as it is stored. */
export const calicoObject = (kind: string, name: string, spec: unknown, namespace?: string): KubeDocument => ({ ...documentOf(kind, name, { metadata: { name }, spec }, namespace, 'crd.projectcalico.org/v1'), namespace });

/** A node with one NIC `eth0` and this address, prefix length included. */
export const nodeAt = (name: string, address: string, more: Partial<NodeModel> = {}): NodeModel =>
  plainNode(name, address.split('/')[0] ?? '', undefined, { nics: [{ dev: 'eth0', addresses: [address], mtu: 1500, mac: '02:00:00:00:00:01' }], ...more });

export const namespaceOf = (name: string, labels: Readonly<Record<string, string>> = {}): NamespaceModel => ({ name, labels, because: { kind: 'Namespace', namespace: undefined, name } });
