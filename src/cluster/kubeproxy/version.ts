import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import type { SourceRef } from '../../world/source.ts';
import { type ClusterModel, type NodeModel, type Version, atLeast } from '../model.ts';

/** Minor versions of kube-proxy 1.x whose behaviour is written down here. */
export const READ_MINORS: readonly number[] = [18, 19, 20, 22, 23, 24, 25, 27, 31, 33, 34, 36];

const NEWEST = READ_MINORS.at(-1) ?? 0;
const OLDEST = READ_MINORS[0] ?? 0;

/** What is known of one version of kube-proxy, always one that was read. */
export interface ProxyVersion {
  readonly minor: number;
  /** True from that minor version on. */
  readonly from: (minor: number) => boolean;
}

const proxyVersion = (minor: number): ProxyVersion => ({ minor, from: (other) => minor >= other });

/** The version that was read and behaves like the given one: itself, or the nearest older one; the oldest of all for what is older still. */
export function nearestRead(version: Version | undefined): ProxyVersion {
  if (!version || atLeast(version, 2, 0)) return proxyVersion(NEWEST);
  if (version.major < 1) return proxyVersion(OLDEST);
  return proxyVersion(READ_MINORS.findLast((minor) => minor <= version.minor) ?? OLDEST);
}

/** Says once for each version which other one stands in for it. */
export function reportVersions(cluster: ClusterModel, found: DiagnosticList): void {
  const said = new Set<string>();
  for (const node of cluster.nodes) {
    const given = node.kubeProxyVersion;
    const name = given ? `${given.major}.${given.minor}` : '';
    if (said.has(name)) continue;
    said.add(name);
    const taken = `1.${nearestRead(given).minor}`;
    if (!given) found.add('proxy-version-assumed', sourceOf(node, cluster), taken);
    else if (name !== taken) found.add('proxy-version-mapped', sourceOf(node, cluster), `${name} → ${taken}`);
  }
}

function sourceOf(node: NodeModel, cluster: ClusterModel): SourceRef {
  const document = cluster.documents.find((d) => d.kind === 'Node' && d.name === node.name);
  return document?.at('status', 'nodeInfo', 'kubeProxyVersion') ?? node.because.source ?? { input: '', line: 0 };
}
