import { isMap, type Document, type YAMLMap } from 'yaml';
import { field, listOf, textOf } from '../objects/document.ts';
import type { NetworkChoice } from '../starter.ts';
import { type DocumentText, documentsOf, objectsIn } from './documents.ts';

/** Path → text, as a bundle is read. */
export type Files = Readonly<Record<string, string>>;

/** Where an object stands: to change it, and to show it. */
export interface ObjectPlace {
  readonly file: string;
  /** Number of its document in the file. */
  readonly document: number;
  /** Within the document: of an item of a List. */
  readonly path: readonly (string | number)[];
  /** From 1. */
  readonly line: number;
}

export interface FormService {
  readonly place: ObjectPlace;
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  readonly clusterIp: string | undefined;
  readonly ports: readonly FormPort[];
  readonly externalTrafficPolicy: 'Cluster' | 'Local';
  readonly internalTrafficPolicy: 'Cluster' | 'Local';
  readonly clientIpAffinity: boolean;
  readonly balancerIps: readonly string[];
}

export interface FormPort {
  readonly name: string | undefined;
  readonly protocol: string;
  readonly port: number | undefined;
  /** A number, or the name of a container's port. */
  readonly targetPort: string | undefined;
  readonly nodePort: number | undefined;
}

export interface FormNode {
  readonly place: ObjectPlace;
  readonly name: string;
  readonly ip: string | undefined;
  readonly podCidr: string | undefined;
  /** `1.31`. */
  readonly version: string | undefined;
  /** Prefix length of `projectcalico.org/IPv4Address`. */
  readonly prefixLen: number | undefined;
}

export interface FormPod {
  readonly place: ObjectPlace;
  readonly namespace: string;
  readonly name: string;
  readonly node: string | undefined;
  readonly ip: string | undefined;
  /** May be added to or taken away by number: made as the starter makes them. */
  readonly serial: boolean;
}

/** What the objects of a cluster say about the things that the form shows. */
export interface ClusterForm {
  readonly nodes: readonly FormNode[];
  readonly pods: readonly FormPod[];
  readonly services: readonly FormService[];
  /** Undefined: something that the form does not know, such as two pools with different modes. */
  readonly network: NetworkChoice | undefined;
  readonly pools: readonly ObjectPlace[];
  readonly flannel: ObjectPlace | undefined;
  /** OpenShift SDN's ClusterNetwork. */
  readonly sdn: ObjectPlace | undefined;
  readonly proxy: { readonly place: ObjectPlace | undefined; readonly mode: string };
  /** Of all nodes; undefined when they differ. */
  readonly version: string | undefined;
  /** Undefined when nodes differ. */
  readonly podsPerNode: number | undefined;
  readonly hasBalancer: boolean;
}

interface Found {
  readonly kind: string;
  readonly value: unknown;
  readonly place: ObjectPlace;
}

/** The YAML files among the files. */
export const yamlFiles = (files: Files): readonly string[] => Object.keys(files).filter((path) => /\.ya?ml$/i.test(path));

const objectsOf = (file: string, { yaml, firstLine, lines }: DocumentText, document: number): readonly Found[] =>
  yaml.errors.length > 0
    ? []
    : objectsIn(yaml).map(({ map, path }) => ({ kind: textOf(map.get('kind')) ?? '', value: valueOf(map, yaml), place: { file, document, path, line: firstLine - 1 + lines.linePos(map.range?.[0] ?? 0).line } }));

const values = new WeakMap<YAMLMap, unknown>();

/** Plain data of an object, made once: documents are never changed. */
function valueOf(map: YAMLMap, document: Document): unknown {
  if (!values.has(map)) values.set(map, isMap(map) ? map.toJS(document, { maxAliasCount: 100 }) : undefined);
  return values.get(map);
}

/** Reads what the form shows. Documents with a fault in their YAML are passed over. */
export function readForm(files: Files): ClusterForm {
  const found = yamlFiles(files).flatMap((file) => documentsOf(files[file] ?? '').flatMap((document, i) => objectsOf(file, document, i)));
  const of = (kind: string) => found.filter((f) => f.kind === kind);
  const nodes = of('Node').map(readNode);
  const pods = of('Pod').map(readPod);
  const pools = of('IPPool');
  const flannel = of('ConfigMap').find((f) => textOf(field(f.value, 'data', 'net-conf.json')) !== undefined);
  const [sdn] = of('ClusterNetwork');
  const [proxy] = of('KubeProxyConfiguration');
  const versions = new Set(nodes.map((n) => n.version));
  const counts = new Set(nodes.map((n) => pods.filter((p) => p.serial && p.node === n.name).length));
  return {
    nodes, pods,
    services: of('Service').map(readService),
    network: networkOf(pools, flannel, sdn),
    pools: pools.map((p) => p.place),
    flannel: flannel?.place,
    sdn: sdn?.place,
    proxy: { place: proxy?.place, mode: textOf(field(proxy?.value, 'mode')) ?? 'iptables' },
    version: versions.size === 1 ? [...versions][0] : undefined,
    podsPerNode: counts.size === 1 ? [...counts][0] : undefined,
    hasBalancer: of('IPAddressPool').length > 0,
  };
}

function readNode({ value, place }: Found): FormNode {
  const internal = listOf(field(value, 'status', 'addresses')).find((a) => field(a, 'type') === 'InternalIP');
  return {
    place,
    name: textOf(field(value, 'metadata', 'name')) ?? '',
    ip: textOf(field(internal, 'address')),
    podCidr: textOf(field(value, 'spec', 'podCIDR')),
    version: /^v?(\d+\.\d+)/.exec(textOf(field(value, 'status', 'nodeInfo', 'kubeProxyVersion')) ?? '')?.[1],
    prefixLen: numberOf(/\/(\d{1,2})$/.exec(textOf(field(value, 'metadata', 'annotations', 'projectcalico.org/IPv4Address')) ?? '')?.[1]),
  };
}

function readPod({ value, place }: Found): FormPod {
  const name = textOf(field(value, 'metadata', 'name')) ?? '';
  return {
    place, name,
    namespace: textOf(field(value, 'metadata', 'namespace')) ?? 'default',
    node: textOf(field(value, 'spec', 'nodeName')),
    ip: textOf(field(value, 'status', 'podIP')),
    serial: /^web-\d+-\d+$/.test(name),
  };
}

function readService({ value, place }: Found): FormService {
  const policy = (key: string) => (field(value, 'spec', key) === 'Local' ? ('Local' as const) : ('Cluster' as const));
  return {
    place,
    namespace: textOf(field(value, 'metadata', 'namespace')) ?? 'default',
    name: textOf(field(value, 'metadata', 'name')) ?? '',
    type: textOf(field(value, 'spec', 'type')) ?? 'ClusterIP',
    clusterIp: textOf(field(value, 'spec', 'clusterIP')),
    ports: listOf(field(value, 'spec', 'ports')).map((p) => ({
      name: textOf(field(p, 'name')),
      protocol: textOf(field(p, 'protocol')) ?? 'TCP',
      port: numberOf(field(p, 'port')),
      targetPort: wordOf(field(p, 'targetPort')),
      nodePort: numberOf(field(p, 'nodePort')),
    })),
    externalTrafficPolicy: policy('externalTrafficPolicy'),
    internalTrafficPolicy: policy('internalTrafficPolicy'),
    clientIpAffinity: field(value, 'spec', 'sessionAffinity') === 'ClientIP',
    balancerIps: listOf(field(value, 'status', 'loadBalancer', 'ingress')).flatMap((i) => textOf(field(i, 'ip')) ?? []),
  };
}

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : undefined);
const wordOf = (value: unknown): string | undefined => (typeof value === 'number' ? String(value) : textOf(value));

/** Both of Calico's modes are Never unless they are said; `Off` was Never's name in older API versions. */
function networkOf(pools: readonly Found[], flannel: Found | undefined, sdn: Found | undefined): NetworkChoice | undefined {
  if (sdn) return field(sdn.value, 'pluginName') === 'redhat/openshift-ovs-networkpolicy' ? 'openshift-sdn' : undefined;
  if (flannel) {
    const backend = /"Type"\s*:\s*"([^"]+)"/.exec(textOf(field(flannel.value, 'data', 'net-conf.json')) ?? '')?.[1];
    return backend === 'vxlan' || backend === 'host-gw' ? `flannel-${backend}` : undefined;
  }
  const modes = new Set(pools.map(({ value }) => `${textOf(field(value, 'spec', 'ipipMode')) ?? 'Never'} ${textOf(field(value, 'spec', 'vxlanMode')) ?? 'Never'}`));
  if (modes.size === 0) return 'none';
  return modes.size === 1 ? BY_MODES[[...modes][0] ?? ''] : undefined;
}

const BY_MODES: Readonly<Record<string, NetworkChoice>> = {
  'Always Never': 'calico-ipip',
  'CrossSubnet Never': 'calico-ipip-cross',
  'Never Always': 'calico-vxlan',
  'Never CrossSubnet': 'calico-vxlan-cross',
  'Never Never': 'calico-bgp',
};
