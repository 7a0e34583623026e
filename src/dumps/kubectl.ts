import { isMap, isSeq, LineCounter, parseAllDocuments, type Document, type Node as YamlNode } from 'yaml';
import { parseIp4, type Ip4 } from '../packet/address.ts';
import type { SourceRef } from '../world/source.ts';
import type { ClusterNames, NamedNode, NamedPod, NamedService } from '../world/world.ts';
import { BOUNDS } from './bounds.ts';
import { type Diagnostic, DiagnosticList } from './diagnostic.ts';
import { type Bundle, layOut } from './layout.ts';

/** Kinds that carry no names that we show, but belong in a bundle (compiling a world from objects reads them). */
const OTHER_KINDS: ReadonlySet<string> = new Set(
  (
    'EndpointSlice Endpoints NetworkPolicy GlobalNetworkPolicy Namespace KubeProxyConfiguration IPPool FelixConfiguration BGPConfiguration BGPPeer IPAMBlock BlockAffinity ConfigMap ' +
    'IPAddressPool BGPAdvertisement L2Advertisement Fabric Deployment ReplicaSet DaemonSet StatefulSet'
  ).split(' '),
);

interface NamesDraft {
  readonly pods: NamedPod[];
  readonly services: NamedService[];
  readonly nodes: NamedNode[];
  count: number;
}

/**
 * Names from the Kubernetes objects of a bundle, YAML or JSON as `kubectl get -o yaml` prints them, wherever they lie. Apart from
 * parseBundle() because it brings the YAML parser along. Never throws on any text.
 */
export function parseObjects(bundle: Bundle): { readonly names: ClusterNames; readonly diagnostics: readonly Diagnostic[] } {
  const found = new DiagnosticList();
  const names: NamesDraft = { pods: [], services: [], nodes: [], count: 0 };
  for (const section of layOut(bundle).value) {
    if (section.kind !== 'objects') continue;
    const text = section.lines.join('\n');
    const at: SourceRef = { input: section.input, line: section.firstLine };
    if (text.length > BOUNDS.yamlLength) {
      found.add('too-large', at, section.input);
      continue;
    }
    try {
      readText(text, at, names, found);
    } catch (error) {
      // The YAML parser gives up by throwing on a stack or alias limit: text made to be costly, not a bug of ours.
      found.add('bad-yaml', at, error instanceof Error ? error.message : '');
    }
  }
  return { names: { pods: names.pods, services: names.services, nodes: names.nodes }, diagnostics: found.items };
}

function readText(text: string, at: SourceRef, names: NamesDraft, found: DiagnosticList): void {
  const lineCounter = new LineCounter();
  const lineOf = (node: YamlNode | undefined): SourceRef => ({ input: at.input, line: at.line + Math.max(0, lineCounter.linePos(node?.range?.[0] ?? 0).line - 1) });
  const documents: readonly Document[] = parseAllDocuments(text, { lineCounter, logLevel: 'silent', uniqueKeys: false }) as readonly Document[];
  for (const document of documents) {
    const [error] = document.errors;
    if (error) found.add('bad-yaml', { input: at.input, line: at.line + (error.linePos?.[0].line ?? 1) - 1 }, error.message.split('\n')[0] ?? '');
    const { contents } = document;
    if (!isMap(contents)) continue;
    const items = contents.get('items', true);
    // kubectl prints several objects as one List.
    const kind = contents.get('kind');
    const isList = isSeq(items) && (typeof kind !== 'string' || kind.endsWith('List'));
    const nodes = isList ? items.items.filter((item) => isMap(item)) : [contents];
    for (const node of nodes) {
      if (++names.count > BOUNDS.objects) {
        found.add('too-large', lineOf(node), at.input);
        return;
      }
      readObject(node.toJS(document, { maxAliasCount: 100 }) as unknown, lineOf(node), names, found);
    }
  }
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as readonly unknown[]) : []);
const field = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => (Object.hasOwn(fieldsOf(inner), key) ? fieldsOf(inner)[key] : undefined), value);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const portOf = (value: unknown): number | undefined => (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65535 ? value : undefined);
const ip4sOf = (values: readonly unknown[]): readonly Ip4[] => [
  ...new Set(values.map((v) => (typeof v === 'string' ? parseIp4(v) : undefined)).filter((ip) => ip !== undefined)),
];

function readObject(object: unknown, source: SourceRef, names: NamesDraft, found: DiagnosticList): void {
  const kind = textOf(field(object, 'kind')) ?? '';
  const name = textOf(field(object, 'metadata', 'name'));
  if (kind !== 'Node' && kind !== 'Pod' && kind !== 'Service') {
    if (!OTHER_KINDS.has(kind)) found.add('unknown-object', source, kind);
    return;
  }
  if (name === undefined) return found.add('bad-object', source, kind);
  const namespace = textOf(field(object, 'metadata', 'namespace')) ?? 'default';
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
