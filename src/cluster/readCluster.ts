import { type Ip4, maskOf } from '../packet/address.ts';
import type { DiagnosticList } from '../dumps/diagnostic.ts';
import { withLoadBalancerAddresses } from './metallb/allocate.ts';
import type { ClusterModel, EndpointModel, NamespaceModel, NodeModel, PodModel, ServiceModel } from './model.ts';
import { becauseOf, field, type KubeDocument, labelsOf, textOf } from './objects/document.ts';
import { readEndpoints, readEndpointSlice, selectEndpoints } from './objects/endpoints.ts';
import { readFabric } from './objects/fabricReader.ts';
import { readKubeProxy } from './objects/kubeProxyReader.ts';
import { readNode } from './objects/node.ts';
import { type PodDraft, readPod } from './objects/pod.ts';
import { readNetworkPolicy } from './objects/policyReader.ts';
import { readService, type ServiceDraft } from './objects/service.ts';
import { formatCidr, isInCidr, parseCidr } from './objects/values.ts';
import { podNetworkOf, proxyDefaults } from './openshift/objects.ts';

/** Without any object that says it: kubeadm's and Flannel's customary networks. */
const DEFAULT_POD_NETWORK = '10.244.0.0/16';
const FIRST_CLUSTER_IP = (((10 << 24) | (96 << 16)) + 10) >>> 0;
const FIRST_NODE_PORT = 30_000;

/**
 * The cluster that the objects describe. What they leave open is filled in as the cluster itself would: endpoints from selectors,
 * addresses and node ports from their ranges, pods without a node on the nodes in turn. The order of the input decides, nothing else.
 */
export function readCluster(documents: readonly KubeDocument[], found: DiagnosticList): ClusterModel {
  const objects = lastOfEach(documents, found);
  const of = (kind: string): readonly KubeDocument[] => objects.filter((d) => d.kind === kind);
  const fabric = readFabric(objects, found);
  const kubeProxy = readKubeProxy(objects, found, proxyDefaults(objects));
  const nodes = withPodNetworks(of('Node').map((d, i) => readNode(d, i, fabric, found)), podNetwork(objects, kubeProxy.clusterCidr));
  const pods = placed(of('Pod').map((d) => readPod(d, found)), nodes, found);
  const drafts = of('Service').map((d) => readService(d, found));
  const cluster: ClusterModel = {
    nodes,
    pods,
    services: withAddresses(drafts),
    endpoints: endpointsOf(of('EndpointSlice'), of('Endpoints'), drafts, pods, found),
    namespaces: namespacesOf(of('Namespace'), pods, drafts),
    policies: of('NetworkPolicy').flatMap((d) => (d.apiVersion.includes('projectcalico.org') ? [] : [readNetworkPolicy(d, found)])),
    kubeProxy,
    fabric,
    documents: objects,
  };
  return withLoadBalancerAddresses(cluster, found);
}

/** Every object once. Objects without a name (a KubeProxyConfiguration) are all kept. */
function lastOfEach(documents: readonly KubeDocument[], found: DiagnosticList): readonly KubeDocument[] {
  const byName = new Map<string, KubeDocument>();
  for (const [i, d] of documents.entries()) {
    const key = d.name === '' ? `#${i}` : `${d.apiVersion.split('/')[0]} ${d.kind} ${d.namespace ?? ''}/${d.name}`;
    if (byName.has(key)) found.add('duplicate-object', d.source, `${d.kind} ${d.name}`);
    byName.set(key, d);
  }
  return [...byName.values()];
}

/** The cluster's pod network and the size of a node's part of it: OpenShift's, a pool of Calico, Flannel's network, kube-proxy's clusterCIDR. `given`: parts that objects fix, by node. */
function podNetwork(objects: readonly KubeDocument[], clusterCidr: string): { readonly cidr: string; readonly perNode: number; readonly given?: ReadonlyMap<string, string> } {
  const openShift = podNetworkOf(objects);
  if (openShift) return openShift;
  const pool = objects.find((d) => d.kind === 'IPPool');
  const poolCidr = pool && field(pool.value, 'spec', 'cidr');
  if (pool && typeof poolCidr === 'string' && parseCidr(poolCidr)) {
    const size = field(pool.value, 'spec', 'blockSize');
    return { cidr: poolCidr, perNode: typeof size === 'number' && size >= 20 && size <= 32 ? size : 26 };
  }
  const flannel = objects.find((d) => d.kind === 'ConfigMap' && field(d.value, 'data', 'net-conf.json') !== undefined);
  const network = /"Network"\s*:\s*"([\d./]+)"/.exec(textOf(field(flannel?.value, 'data', 'net-conf.json')) ?? '')?.[1];
  return { cidr: network ?? (clusterCidr === '' ? DEFAULT_POD_NETWORK : clusterCidr), perNode: 24 };
}

/** Nodes without a podCIDR get the next free part of the network. */
function withPodNetworks(bare: readonly NodeModel[], { cidr, perNode, given }: ReturnType<typeof podNetwork>): readonly NodeModel[] {
  const nodes = given ? bare.map((node) => ({ ...node, podCidr: given.get(node.name) ?? node.podCidr })) : bare;
  const net = parseCidr(cidr);
  if (!net || net.prefixLen > perNode) return nodes;
  const taken = nodes.flatMap((n) => (n.podCidr === undefined ? [] : (parseCidr(n.podCidr) ?? [])));
  const base = (net.ip & maskOf(net.prefixLen)) >>> 0;
  const parts = 2 ** (perNode - net.prefixLen);
  let next = 0;
  return nodes.map((node) => {
    if (node.podCidr !== undefined) return node;
    for (; next < parts; next++) {
      const ip = (base + next * 2 ** (32 - perNode)) >>> 0;
      if (taken.some((t) => isInCidr(ip, t))) continue;
      next++;
      return { ...node, podCidr: formatCidr({ ip, prefixLen: perNode }) };
    }
    return node;
  });
}

function placed(drafts: readonly PodDraft[], nodes: readonly NodeModel[], found: DiagnosticList): readonly PodModel[] {
  const byName = new Map(nodes.map((n) => [n.name, n]));
  const taken = new Set<Ip4>(drafts.flatMap((p) => p.ip ?? []));
  const next = new Map<string, number>();
  const names = new Set<string>();
  let turn = 0;
  const pods: PodModel[] = [];
  for (const { ip: given, node: nodeName, pending, document, ...pod } of drafts) {
    if (pending || pod.ended || nodes.length === 0) continue;
    const node = nodeName === undefined ? nodes[turn++ % nodes.length] : byName.get(nodeName);
    if (!node) {
      found.add('missing-object', document.at('spec', 'nodeName'), `Pod ${pod.namespace}/${pod.name}: Node ${nodeName ?? ''}`);
      continue;
    }
    const ip = pod.hostNetwork ? (node.internalIps[0] ?? given) : (given ?? freeAddress(node, taken, next));
    if (ip === undefined) {
      found.add('bad-object', document.source, `Pod ${pod.namespace}/${pod.name}`);
      continue;
    }
    taken.add(ip);
    const plain = `${node.name}/${pod.name}`;
    const netns = pod.hostNetwork ? null : names.has(plain) ? `${pod.namespace}_${pod.name}` : pod.name;
    names.add(plain);
    pods.push({ ...pod, ip, node: node.name, netns });
  }
  return pods;
}

/** The next address of a node's part that no pod has; the first two are left to the plugin. */
function freeAddress(node: NodeModel, taken: ReadonlySet<Ip4>, next: Map<string, number>): Ip4 | undefined {
  const net = parseCidr(node.podCidr ?? '');
  if (!net) return undefined;
  const base = (net.ip & maskOf(net.prefixLen)) >>> 0;
  for (let i = next.get(node.name) ?? 2; i < 2 ** (32 - net.prefixLen) - 1; i++) {
    next.set(node.name, i + 1);
    if (!taken.has(base + i)) return base + i;
  }
  return undefined;
}

function withAddresses(drafts: readonly ServiceDraft[]): readonly ServiceModel[] {
  const ips = new Set<Ip4>(drafts.flatMap((s) => s.clusterIp ?? []));
  const nodePorts = new Set(drafts.flatMap((s) => [...s.ports.map((p) => p.nodePort), s.healthCheckNodePort]));
  const free = <T>(from: number, taken: Set<T | number>): number => {
    let n = from;
    while (taken.has(n)) n++;
    taken.add(n);
    return n;
  };
  return drafts.map(({ wantsClusterIp, wantsNodePorts, selector: _selector, document: _document, ...service }) => ({
    ...service,
    clusterIp: service.clusterIp ?? (wantsClusterIp ? free(FIRST_CLUSTER_IP, ips) : undefined),
    ports: service.ports.map(({ targetPort: _target, ...port }) => ({ ...port, nodePort: port.nodePort ?? (wantsNodePorts ? free(FIRST_NODE_PORT, nodePorts) : undefined) })),
  }));
}

/** EndpointSlices win over Endpoints, and either over what the selector finds. */
function endpointsOf(slices: readonly KubeDocument[], older: readonly KubeDocument[], services: readonly ServiceDraft[], pods: readonly PodModel[], found: DiagnosticList): ReadonlyMap<string, readonly EndpointModel[]> {
  const endpoints = new Map<string, EndpointModel[]>();
  const add = (service: string, more: readonly EndpointModel[]): void => void endpoints.set(service, [...(endpoints.get(service) ?? []), ...more]);
  for (const slice of slices) {
    const read = readEndpointSlice(slice, found);
    if (read) add(read.service, read.endpoints);
  }
  const sliced = new Set(endpoints.keys());
  for (const document of older) {
    const { service, endpoints: read } = readEndpoints(document, found);
    if (!sliced.has(service)) add(service, read);
  }
  for (const service of services) {
    const key = `${service.namespace}/${service.name}`;
    if (!endpoints.has(key)) add(key, selectEndpoints(service, pods));
  }
  return endpoints;
}

/** Namespaces that objects live in without one of their own carry the label that the API server gives every one. */
function namespacesOf(documents: readonly KubeDocument[], pods: readonly PodModel[], services: readonly ServiceDraft[]): readonly NamespaceModel[] {
  const labelled = (name: string, labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> => ({ 'kubernetes.io/metadata.name': name, ...labels });
  const given = documents.map((d): NamespaceModel => ({ name: d.name, labels: labelled(d.name, labelsOf(field(d.value, 'metadata', 'labels'))), because: becauseOf(d) }));
  const known = new Set(given.map((n) => n.name));
  const others = [...new Set([...pods, ...services].map((o) => o.namespace))].filter((name) => !known.has(name));
  return [...given, ...others.map((name): NamespaceModel => ({ name, labels: labelled(name, {}), because: { kind: 'Namespace', namespace: undefined, name } }))];
}

