import type { Ip4 } from '../packet/address.ts';
import type { Because } from './because.ts';
import type { FabricSpec } from './objects/fabric.ts';
import type { KubeProxySettings } from './objects/kubeProxyConfig.ts';
import type { KubeDocument } from './objects/document.ts';
import type { NetworkPolicySpec } from './objects/networkPolicy.ts';

/**
 * A cluster as its objects describe it, with every default filled in: what the programs of a node look at. Only IPv4 is read; lists
 * keep the order of the input.
 */
export interface ClusterModel {
  readonly nodes: readonly NodeModel[];
  readonly pods: readonly PodModel[];
  readonly services: readonly ServiceModel[];
  /** All endpoints of each service, by `namespace/name`. */
  readonly endpoints: ReadonlyMap<string, readonly EndpointModel[]>;
  readonly namespaces: readonly NamespaceModel[];
  readonly policies: readonly NetworkPolicySpec[];
  readonly kubeProxy: KubeProxySettings;
  readonly fabric: FabricSpec;
  /** Every object as read, for the plugins to read theirs from. */
  readonly documents: readonly KubeDocument[];
}

const podsByNode = new WeakMap<ClusterModel, ReadonlyMap<string, readonly PodModel[]>>();

/** The pods of a node, in the order of the input. Clusters have thousands, and every node asks. */
export function podsOfNode(cluster: ClusterModel, node: string): readonly PodModel[] {
  const known = podsByNode.get(cluster);
  if (known) return known.get(node) ?? [];
  const byNode = new Map<string, PodModel[]>();
  for (const pod of cluster.pods) {
    const pods = byNode.get(pod.node);
    if (pods) pods.push(pod);
    else byNode.set(pod.node, [pod]);
  }
  podsByNode.set(cluster, byNode);
  return byNode.get(node) ?? [];
}

export interface NodeModel {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly internalIps: readonly Ip4[];
  /** `10.244.1.0/24`; undefined when the Node has none. */
  readonly podCidr: string | undefined;
  /** `1.19`: of kube-proxy, from `status.nodeInfo.kubeProxyVersion`; undefined when the Node does not say. */
  readonly kubeProxyVersion: Version | undefined;
  readonly kubeletVersion: Version | undefined;
  /** NICs from the Fabric, else one per InternalIP (`eth0`, `eth1`, …). */
  readonly nics: readonly NicModel[];
  readonly gateway: { readonly via: string; readonly dev: string } | undefined;
  /** Linux's, from `status.nodeInfo.kernelVersion`; undefined when the Node does not say. */
  readonly kernelVersion: Version | undefined;
  readonly because: Because;
}

/** Major, minor. */
export interface Version {
  readonly major: number;
  readonly minor: number;
}

export const atLeast = (version: Version, major: number, minor: number): boolean => version.major > major || (version.major === major && version.minor >= minor);

export interface NicModel {
  readonly dev: string;
  /** `10.10.4.142/24`. */
  readonly addresses: readonly string[];
  readonly mtu: number;
  readonly mac: string;
}

export interface PodModel {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  /** Name of its Node. */
  readonly node: string;
  /** The first IPv4 address; of a hostNetwork pod the node's. */
  readonly ip: Ip4;
  readonly hostNetwork: boolean;
  /** Succeeded or Failed: it has no network any more. */
  readonly ended: boolean;
  readonly ports: readonly { readonly name: string | undefined; readonly containerPort: number; readonly protocol: Protocol; readonly hostPort: number | undefined; readonly hostIp: string | undefined }[];
  /** Name of its network namespace on its host: the pod's name, with the Kubernetes namespace in front where two pods of a node share it. Of a hostNetwork pod null. */
  readonly netns: string | null;
  readonly because: Because;
}

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

export interface ServiceModel {
  readonly namespace: string;
  readonly name: string;
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer' | 'ExternalName';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Undefined for a headless service ("None") and for ExternalName. */
  readonly clusterIp: Ip4 | undefined;
  readonly externalIps: readonly Ip4[];
  /** `status.loadBalancer.ingress`. */
  readonly ingress: readonly { readonly ip: Ip4; readonly ipMode: 'VIP' | 'Proxy' }[];
  /** As written, without blanks; IPv4 only. */
  readonly sourceRanges: readonly string[];
  readonly externalTrafficPolicy: 'Cluster' | 'Local';
  readonly internalTrafficPolicy: 'Cluster' | 'Local';
  /** Seconds of ClientIP affinity; undefined without. */
  readonly affinitySec: number | undefined;
  readonly healthCheckNodePort: number | undefined;
  readonly ports: readonly ServicePortModel[];
  readonly because: Because;
}

export interface ServicePortModel {
  /** '' when the port has no name. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly nodePort: number | undefined;
}

/** One address of a service, from EndpointSlices or Endpoints. */
export interface EndpointModel {
  readonly ip: Ip4;
  /** By the name of the service's port ('' for the only one): the port, where the slice has it. */
  readonly ports: readonly { readonly name: string; readonly protocol: Protocol; readonly port: number }[];
  readonly nodeName: string | undefined;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  readonly zone: string | undefined;
  /** Names of zones, and of nodes, that it is hinted for; undefined without hints. */
  readonly forZones: readonly string[] | undefined;
  readonly forNodes: readonly string[] | undefined;
  /** `namespace/name` of its Pod. */
  readonly pod: string | undefined;
  readonly because: Because;
}

export interface NamespaceModel {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly because: Because;
}
