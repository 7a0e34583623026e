import { DiagnosticList } from '../dumps/diagnostic.ts';
import type { Probe } from '../engine/probe.ts';
import { traceAll } from '../engine/trace.ts';
import { formatIp4, parseIp4 } from '../packet/address.ts';
import type { World } from '../world/world.ts';
import type { Component } from '../cluster/component.ts';
import { HostDraft } from '../cluster/draft/host.ts';
import type { ClusterModel, NodeModel, PodModel, ServiceModel } from '../cluster/model.ts';
import type { KubeDocument } from '../cluster/objects/document.ts';
import { NO_FABRIC } from '../cluster/objects/fabric.ts';
import { KUBE_PROXY_DEFAULTS } from '../cluster/objects/kubeProxyConfig.ts';
import { type ClusterWorld, worldOf } from '../cluster/world.ts';

const SOURCE = { input: 'objects.yaml', line: 1 };

export const ip4 = (text: string): number => parseIp4(text) ?? Number.NaN;

/** An object as read from a file. */
export function documentOf(kind: string, name: string, value: object, namespace = 'default', apiVersion = 'v1'): KubeDocument {
  return { apiVersion, kind, name, namespace, value: { apiVersion, kind, ...value }, source: SOURCE, at: () => SOURCE };
}

/** A node with one NIC, eth0, on a /24. */
export function nodeOf(name: string, ip: string, podCidr: string | undefined, more: Partial<NodeModel> = {}): NodeModel {
  return {
    name,
    labels: {},
    annotations: {},
    internalIps: [ip4(ip)],
    podCidr,
    kubeProxyVersion: undefined,
    kubeletVersion: undefined,
    nics: [{ dev: 'eth0', addresses: [`${ip}/24`], mtu: 1500, mac: `02:00:00:00:00:${(ip4(ip) & 255).toString(16).padStart(2, '0')}` }],
    gateway: undefined,
    kernelVersion: undefined,
    because: { kind: 'Node', namespace: undefined, name, source: SOURCE },
    ...more,
  };
}

/** A pod of the namespace default. */
export function podOf(name: string, node: string, ip: string, more: Partial<PodModel> = {}): PodModel {
  return {
    namespace: 'default',
    name,
    labels: {},
    annotations: {},
    serviceAccount: 'default',
    node,
    ip: ip4(ip),
    hostNetwork: false,
    ended: false,
    ports: [],
    netns: more.hostNetwork ? null : name,
    because: { kind: 'Pod', namespace: 'default', name, source: SOURCE },
    ...more,
  };
}

/** A service of the namespace default. */
export function serviceOf(name: string, more: Partial<ServiceModel> = {}): ServiceModel {
  return {
    namespace: 'default',
    name,
    type: 'LoadBalancer',
    labels: {},
    annotations: {},
    clusterIp: ip4('10.96.0.10'),
    externalIps: [],
    ingress: [],
    sourceRanges: [],
    externalTrafficPolicy: 'Cluster',
    internalTrafficPolicy: 'Cluster',
    affinitySec: undefined,
    healthCheckNodePort: undefined,
    ports: [{ name: '', protocol: 'TCP', port: 80, nodePort: undefined }],
    because: { kind: 'Service', namespace: 'default', name, source: SOURCE },
    ...more,
  };
}

export function clusterOf(parts: Partial<ClusterModel>): ClusterModel {
  return { nodes: [], pods: [], services: [], endpoints: new Map(), namespaces: [], policies: [], kubeProxy: KUBE_PROXY_DEFAULTS, fabric: NO_FABRIC, documents: [], ...parts };
}

/** A node with its NICs, as a component leaves it. */
export function runOn(component: Component | undefined, cluster: ClusterModel, name: string, found = new DiagnosticList(), host = new HostDraft(name)): HostDraft {
  const node = cluster.nodes.find((n) => n.name === name);
  if (!node) throw new Error(`no node ${name}`);
  for (const nic of node.nics) host.own.device({ name: nic.dev, kind: 'nic', mtu: nic.mtu, mac: nic.mac, addresses: nic.addresses.map((address) => ({ address })) });
  component?.wire?.({ cluster, node, host, found });
  component?.program?.({ cluster, node, host, found });
  return host;
}

/** Lines of a namespace's `-A` rules, with their tables: `nat -A POSTROUTING …`. */
export function rulesOf(host: HostDraft): readonly string[] {
  let table = '';
  return host.own.firewall.print().text.split('\n').flatMap((line) => {
    if (line.startsWith('*')) table = line.slice(1);
    return line.startsWith('-A') ? [`${table} ${line}`] : [];
  });
}

/** The world of some objects: JSON is YAML, too. */
export const worldOfObjects = (objects: readonly object[]): ClusterWorld => worldOf({ 'objects.yaml': objects.map((o) => JSON.stringify(o)).join('\n---\n') });

/** How a probe ends in each outcome: `0.50 delivered n1/web 10.0.0.9>10.244.1.2:80, answer`. The same ones are added up. */
export function endsOf(world: World, probe: Probe): readonly string[] {
  const odds = new Map<string, number>();
  for (const { trace, probability } of traceAll(world, probe).branches) {
    const [outcome] = trace.outcomes;
    const { verdict, host, netns, seen } = outcome?.request ?? { verdict: 'none', host: '', netns: null, seen: [] };
    const [head, l4] = seen.filter((h) => h.type !== 'eth');
    const to = head?.type === 'ipv4' ? `${formatIp4(head.src)}>${formatIp4(head.dst)}${l4 && 'dport' in l4 ? `:${l4.dport}` : ''}` : '';
    const text = `${verdict} ${host}${netns === null ? '' : `/${netns}`} ${to}, ${outcome?.client ?? ''}`;
    odds.set(text, (odds.get(text) ?? 0) + probability);
  }
  return [...odds].map(([text, p]) => `${p.toFixed(2)} ${text}`).toSorted();
}
