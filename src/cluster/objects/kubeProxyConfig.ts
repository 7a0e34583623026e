/** What a KubeProxyConfiguration says, with its defaults (HEADLESS.md lists the fields that count). */
export interface KubeProxySettings {
  readonly mode: 'iptables' | 'ipvs' | 'nftables' | 'userspace';
  /** '' when it is not set. */
  readonly clusterCidr: string;
  readonly detectLocal: LocalDetector;
  /** CIDRs, or `primary`; none: all addresses. */
  readonly nodePortAddresses: readonly string[];
  readonly masqueradeAll: boolean;
  readonly masqueradeBit: number;
  readonly localhostNodePorts: boolean;
  readonly scheduler: string;
  readonly strictArp: boolean;
  readonly excludeCidrs: readonly string[];
  readonly tcpBeLiberal: boolean;
}

/** How kube-proxy tells a pod of its node from others; `none` when nothing is known. NodeCIDR takes the Node's podCIDR. */
export type LocalDetector =
  | { readonly kind: 'none' | 'node-cidr' }
  | { readonly kind: 'cluster-cidr'; readonly cidr: string }
  | { readonly kind: 'bridge'; readonly dev: string }
  | { readonly kind: 'prefix'; readonly prefix: string };

export const KUBE_PROXY_DEFAULTS: KubeProxySettings = {
  mode: 'iptables',
  clusterCidr: '',
  detectLocal: { kind: 'none' },
  nodePortAddresses: [],
  masqueradeAll: false,
  masqueradeBit: 14,
  localhostNodePorts: true,
  scheduler: 'rr',
  strictArp: false,
  excludeCidrs: [],
  tcpBeLiberal: false,
};
