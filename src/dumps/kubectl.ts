import { parseIp4, type Ip4 } from '../packet/address.ts';
import type { SourceRef } from '../world/source.ts';
import type { ClusterNames, NamedNode, NamedPod, NamedService } from '../world/world.ts';
import { type Diagnostic, DiagnosticList } from './diagnostic.ts';
import { field, type KubeDocument, listOf, readDocuments, textOf } from './kubeDocuments.ts';
import type { Bundle } from './layout.ts';

/** Kinds that carry no names that we show, but belong in a bundle (compiling a world from objects reads them). */
const OTHER_KINDS: ReadonlySet<string> = new Set(
  (
    'EndpointSlice Endpoints NetworkPolicy GlobalNetworkPolicy Namespace KubeProxyConfiguration IPPool FelixConfiguration BGPConfiguration BGPPeer IPAMBlock BlockAffinity Tier NetworkSet GlobalNetworkSet HostEndpoint Installation ServiceAccount ConfigMap ' +
    'IPAddressPool BGPAdvertisement L2Advertisement NetworkAttachmentDefinition SriovNetworkNodePolicy ClusterNetwork HostSubnet NetNamespace ClusterInformation Fabric Deployment ReplicaSet DaemonSet StatefulSet'
  ).split(' '),
);

interface NamesDraft {
  readonly pods: NamedPod[];
  readonly services: NamedService[];
  readonly nodes: NamedNode[];
}

/** Names from the Kubernetes objects of a bundle. Apart from parseBundle() because it brings the YAML parser along. Never throws on any text. */
export function parseObjects(bundle: Bundle): { readonly names: ClusterNames; readonly diagnostics: readonly Diagnostic[] } {
  const { documents, diagnostics } = readDocuments(bundle);
  const named = namesOf(documents);
  return { names: named.names, diagnostics: [...diagnostics, ...named.diagnostics] };
}

/** What the objects call things. */
export function namesOf(documents: readonly KubeDocument[]): { readonly names: ClusterNames; readonly diagnostics: readonly Diagnostic[] } {
  const found = new DiagnosticList();
  const names: NamesDraft = { pods: [], services: [], nodes: [] };
  for (const document of documents) readObject(document, names, found);
  return { names: { pods: names.pods, services: names.services, nodes: names.nodes }, diagnostics: found.items };
}

const portOf = (value: unknown): number | undefined => (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65535 ? value : undefined);
const ip4sOf = (values: readonly unknown[]): readonly Ip4[] => [
  ...new Set(values.map((v) => (typeof v === 'string' ? parseIp4(v) : undefined)).filter((ip) => ip !== undefined)),
];

function readObject({ kind, name, value: object, source, ...document }: KubeDocument, names: NamesDraft, found: DiagnosticList): void {
  if (kind !== 'Node' && kind !== 'Pod' && kind !== 'Service') {
    if (!OTHER_KINDS.has(kind)) found.add('unknown-object', source, kind);
    return;
  }
  if (name === '') return found.add('bad-object', source, kind);
  const namespace = document.namespace ?? 'default';
  switch (kind) {
    case 'Node':
      names.nodes.push(readNode(object, name, source));
      break;
    case 'Pod':
      names.pods.push(readPod(object, namespace, name, source));
      break;
    case 'Service':
      names.services.push(readService(object, namespace, name, source));
      break;
  }
}

const readNode = (object: unknown, name: string, source: SourceRef): NamedNode => ({
  name,
  internalIps: ip4sOf(
    listOf(field(object, 'status', 'addresses'))
      .filter((a) => field(a, 'type') === 'InternalIP')
      .map((a) => field(a, 'address')),
  ),
  kubeProxyVersion: textOf(field(object, 'status', 'nodeInfo', 'kubeProxyVersion')),
  source,
});

const readPod = (object: unknown, namespace: string, name: string, source: SourceRef): NamedPod => ({
  namespace,
  name,
  node: textOf(field(object, 'spec', 'nodeName')),
  ips: ip4sOf([field(object, 'status', 'podIP'), ...listOf(field(object, 'status', 'podIPs')).map((p) => field(p, 'ip'))]),
  hostNetwork: field(object, 'spec', 'hostNetwork') === true,
  source,
});

const readService = (object: unknown, namespace: string, name: string, source: SourceRef): NamedService => ({
  namespace,
  name,
  type: textOf(field(object, 'spec', 'type')) ?? 'ClusterIP',
  clusterIps: ip4sOf([field(object, 'spec', 'clusterIP'), ...listOf(field(object, 'spec', 'clusterIPs'))]),
  externalIps: ip4sOf(listOf(field(object, 'spec', 'externalIPs'))),
  loadBalancerIps: ip4sOf([...listOf(field(object, 'status', 'loadBalancer', 'ingress')).map((i) => field(i, 'ip')), field(object, 'spec', 'loadBalancerIP')]),
  externalTrafficPolicy: textOf(field(object, 'spec', 'externalTrafficPolicy')),
  ports: listOf(field(object, 'spec', 'ports')).flatMap((p) => {
    const port = portOf(field(p, 'port'));
    const targetPort = field(p, 'targetPort');
    if (port === undefined) return [];
    return [
      {
        name: textOf(field(p, 'name')),
        protocol: textOf(field(p, 'protocol')) ?? 'TCP',
        port,
        targetPort: typeof targetPort === 'number' ? String(targetPort) : textOf(targetPort),
        nodePort: portOf(field(p, 'nodePort')),
      },
    ];
  }),
  source,
});
