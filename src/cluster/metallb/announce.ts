import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { formatIp4, type Ip4 } from '../../packet/address.ts';
import type { ClusterModel, EndpointModel, NodeModel, ServiceModel } from '../model.ts';
import { field, type KubeDocument, listOf, textOf } from '../objects/document.ts';
import { type BgpAdvertisement, type Layer2Advertisement, matchesAny, type MetalLbConfig, type Pool } from './config.ts';

const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers';

/** The pool that an address is from. */
export const poolOf = ({ pools }: MetalLbConfig, ip: Ip4): Pool | undefined => pools.find((p) => p.ranges.some((r) => r.from <= ip && ip <= r.to));

/** Decides who announces; made once for a cluster. */
export class Speakers {
  readonly #config: MetalLbConfig;
  readonly #cluster: ClusterModel;
  /** Nodes whose speaker is alive. */
  readonly #alive: readonly NodeModel[];

  constructor(config: MetalLbConfig, cluster: ClusterModel) {
    this.#config = config;
    this.#cluster = cluster;
    const manifests = new Map(cluster.documents.filter((d) => d.kind === 'Node').map((d): [string, KubeDocument] => [d.name, d]));
    const speakers = speakerNodes(cluster.documents);
    this.#alive = cluster.nodes.filter((n) => (speakers === undefined || speakers.has(n.name)) && conditionOf(manifests.get(n.name), 'Ready') !== false && !(config.minor >= 13 && conditionOf(manifests.get(n.name), 'NetworkUnavailable') === true));
  }

  /** The one node whose speaker answers ARP for the first address of the service (layer2Controller.ShouldAnnounce(), speaker/layer2_controller.go). */
  layer2(service: ServiceModel, ip: Ip4, pool: Pool): { readonly node: NodeModel; readonly advertisements: readonly Layer2Advertisement[] } | undefined {
    const { minor } = this.#config;
    const advertisements = pool.layer2.filter((ad) => matchesAny(ad.serviceSelectors, service.labels, true));
    const usable = this.#usable(service);
    if (usable.length === 0 || advertisements.length === 0) return undefined;
    const speaking = this.#alive.filter((n) => this.#mayBalance(n) && advertisements.some((ad) => matchesAny(ad.nodeSelectors, n.labels, true)));
    // Up to 0.10 the node had to have an endpoint whatever the policy, and the service's name was hashed.
    const local = minor < 11 || service.externalTrafficPolicy === 'Local';
    const candidates = local ? speaking.filter((n) => usable.some((e) => e.nodeName === n.name)) : speaking;
    const subject = minor < 11 ? `${service.namespace}/${service.name}` : formatIp4(service.ingress[0]?.ip ?? ip);
    const score = (n: NodeModel): number => advertisements.reduce((sum, ad) => sum + ad.preferred.reduce((s, p) => s + (matchesAny([p.nodes], n.labels, false) ? p.weight : 0), 0), 0);
    const hash = (n: NodeModel): string => bytesToHex(sha256(utf8ToBytes(`${n.name}#${subject}`)));
    const ranked = candidates.map((n) => ({ node: n, score: score(n), hash: hash(n) }));
    const node = ranked.toSorted((a, b) => b.score - a.score || (a.hash < b.hash ? -1 : 1))[0]?.node;
    return node && { node, advertisements: advertisements.filter((ad) => matchesAny(ad.nodeSelectors, node.labels, true)) };
  }

  /** The nodes whose speakers announce the service by BGP, each with what it announces (bgpController.ShouldAnnounce(), speaker/bgp_controller.go). */
  bgp(service: ServiceModel, pool: Pool): readonly { readonly node: NodeModel; readonly advertisements: readonly BgpAdvertisement[] }[] {
    const usable = this.#usable(service);
    if (usable.length === 0) return [];
    const nodes = service.externalTrafficPolicy === 'Local' ? this.#alive.filter((n) => usable.some((e) => e.nodeName === n.name)) : this.#alive;
    return nodes.flatMap((node) => {
      const advertisements = pool.bgp.filter((ad) => matchesAny(ad.nodeSelectors, node.labels, true) && matchesAny(ad.serviceSelectors, service.labels, true));
      return advertisements.length > 0 && this.#mayBalance(node) ? [{ node, advertisements }] : [];
    });
  }

  /** IsNodeExcludedFromBalancers(), since 0.14. */
  #mayBalance(node: NodeModel): boolean {
    return this.#config.minor < 14 || node.labels[EXCLUDED] === undefined;
  }

  /** EndpointCanServe(); before 0.14 an endpoint had to be ready. */
  #usable(service: ServiceModel): readonly EndpointModel[] {
    return (this.#cluster.endpoints.get(`${service.namespace}/${service.name}`) ?? []).filter((e) => e.ready || (this.#config.minor >= 14 && e.serving));
  }
}

/** Nodes with a speaker's Pod that runs; undefined where no such Pod is given, and then every node has one. */
function speakerNodes(documents: readonly KubeDocument[]): ReadonlySet<string> | undefined {
  const pods = documents.filter((d) => d.kind === 'Pod' && listOf(field(d.value, 'spec', 'containers')).some((c) => /metallb\/speaker(?::|@|$)/.test(textOf(field(c, 'image')) ?? '')));
  if (pods.length === 0) return undefined;
  const running = pods.filter((d) => !['Failed', 'Succeeded', 'Pending'].includes(textOf(field(d.value, 'status', 'phase')) ?? '') && conditionOf(d, 'Ready') !== false);
  return new Set(running.flatMap((d) => textOf(field(d.value, 'spec', 'nodeName')) ?? []));
}

/** Whether a condition holds: `Unknown`, as of a node that is gone, counts as false; undefined when the object does not say. */
function conditionOf(document: KubeDocument | undefined, type: string): boolean | undefined {
  const condition = listOf(field(document?.value, 'status', 'conditions')).find((c) => field(c, 'type') === type);
  return condition === undefined ? undefined : field(condition, 'status') === 'True';
}
