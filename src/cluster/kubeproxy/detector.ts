import type { NodeModel } from '../model.ts';
import type { LocalDetector } from '../objects/kubeProxyConfig.ts';
import { savedCidr } from './ranges.ts';

/**
 * How rules ask whether a packet comes from a pod of this node (pkg/proxy/util/localdetector.go), as a save prints it. `-s` and `-i`
 * stand at different places of a saved rule, so the two are apart.
 */
export interface LocalTraffic {
  readonly local: Source;
  readonly notLocal: Source;
}

/** Where a packet comes from, as options of a saved rule; at most one of the two. */
export interface Source {
  readonly src?: string;
  readonly in?: string;
}

/** Undefined when kube-proxy cannot tell: no mode is set, or the one that is lacks what it needs. */
export function localTrafficOf(detector: LocalDetector, node: NodeModel): LocalTraffic | undefined {
  switch (detector.kind) {
    case 'none':
      return undefined;
    case 'cluster-cidr':
      return ofCidr(detector.cidr);
    case 'node-cidr':
      return node.podCidr === undefined ? undefined : ofCidr(node.podCidr);
    case 'bridge':
      return { local: { in: `-i ${detector.dev}` }, notLocal: { in: `! -i ${detector.dev}` } };
    case 'prefix':
      return { local: { in: `-i ${detector.prefix}+` }, notLocal: { in: `! -i ${detector.prefix}+` } };
  }
}

function ofCidr(text: string): LocalTraffic | undefined {
  const cidr = savedCidr(text);
  if (cidr === undefined) return undefined;
  // iptables prints no `-s` for the whole of IPv4, and keeps the one that never matches.
  return cidr === '0.0.0.0/0' ? { local: {}, notLocal: { src: `! -s ${cidr}` } } : { local: { src: `-s ${cidr}` }, notLocal: { src: `! -s ${cidr}` } };
}
