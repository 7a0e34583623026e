import { formatIp4, parseIp4 } from '../packet/address.ts';
import { clusterNetworkText, ipPoolText, fabricText, flannelText, kubeProxyText, nodeText, podText, serviceText } from './starterTexts.ts';

/** How pods of different nodes reach each other; the names are those of links. */
export const NETWORKS = ['calico-ipip', 'calico-ipip-cross', 'calico-vxlan', 'calico-vxlan-cross', 'calico-bgp', 'flannel-vxlan', 'flannel-host-gw', 'openshift-sdn', 'none'] as const;
export type NetworkChoice = (typeof NETWORKS)[number];

export const PROXY_MODES = ['iptables', 'ipvs'] as const;
export type ProxyMode = (typeof PROXY_MODES)[number];

/** Versions of kube-proxy whose rules differ. */
export const VERSIONS = ['1.18', '1.19', '1.20', '1.22', '1.23', '1.24', '1.25', '1.27', '1.31', '1.33', '1.34', '1.36'] as const;

/** What a new cluster is made of. */
export interface StarterChoices {
  readonly nodes: number;
  /** Of the nodes: `192.168.10.0/24`. */
  readonly subnet: string;
  /** With two, every other node stands in the network behind `subnet`, beyond the router. */
  readonly subnets: 1 | 2;
  readonly network: NetworkChoice;
  readonly proxy: ProxyMode;
  /** Of kube-proxy: one of VERSIONS, or any other `1.30`. */
  readonly version: string;
  readonly podsPerNode: number;
}

export const STARTER: StarterChoices = { nodes: 3, subnet: '192.168.10.0/24', subnets: 1, network: 'calico-ipip', proxy: 'iptables', version: '1.31', podsPerNode: 2 };

export const STARTER_BOUNDS = { nodes: 100, podsPerNode: 30, prefixLen: { min: 16, max: 28 } } as const;

/** The file that a new cluster is written into. */
export const OBJECTS_FILE = 'objects.yaml';

/** Of all pods; each node has a /24 of it. */
export const POD_NETWORK = '10.244.0.0/16';

const SERVICE_NETWORK = '10.96.0.0/16';

/** A network of nodes; undefined when the text is none, or too small or large. */
export function readSubnet(text: string): { readonly ip: number; readonly prefixLen: number } | undefined {
  const [address = '', length = '', ...rest] = text.trim().split('/');
  const ip = parseIp4(address);
  const prefixLen = /^\d{1,2}$/.test(length) ? Number(length) : NaN;
  if (ip === undefined || rest.length > 0 || !(prefixLen >= STARTER_BOUNDS.prefixLen.min && prefixLen <= STARTER_BOUNDS.prefixLen.max)) return undefined;
  return { ip: (ip & (-1 << (32 - prefixLen))) >>> 0, prefixLen };
}

/** How many nodes fit into the network, beside its router. */
export const roomIn = (prefixLen: number): number => 2 ** (32 - prefixLen) - 2 - FIRST_NODE(prefixLen);

/** Host number of the first node; the router has the first address. */
const FIRST_NODE = (prefixLen: number): number => (prefixLen <= 25 ? 11 : 2);

/**
 * The objects of a new cluster, with comments for whoever reads them. The same choices always give the same text: links hold the
 * choices and what was changed behind them.
 */
export function starterText(choices: StarterChoices): string {
  const subnet = readSubnet(choices.subnet) ?? { ip: 0xc0a8_0a00, prefixLen: 24 };
  const size = 2 ** (32 - subnet.prefixLen);
  const addressOf = (network: number, host: number): string => formatIp4((subnet.ip + network * size + host) >>> 0);
  const numbers = Array.from({ length: choices.nodes }, (_, i) => i + 1);
  const nodes = numbers.map((n) => {
    const ip = addressOf((n - 1) % choices.subnets, FIRST_NODE(subnet.prefixLen) + n - 1);
    const annotated = choices.network.startsWith('calico') || subnet.prefixLen !== 24;
    return nodeText({ name: `node${n}`, ip, prefixLen: annotated ? subnet.prefixLen : undefined, podCidr: `10.244.${n}.0/24`, version: choices.version });
  });
  const pods = numbers.flatMap((n) => Array.from({ length: choices.podsPerNode }, (_, i) => podText({ name: `web-${n}-${i + 1}`, node: `node${n}`, ip: `10.244.${n}.${i + 2}` })));
  const routers = Array.from({ length: choices.subnets }, (_, i) => `${addressOf(i, 1)}/${subnet.prefixLen}`);
  return [
    serviceText({ name: 'web', type: 'NodePort', clusterIp: '10.96.0.80', port: 80, targetPort: 8080, nodePort: 30_080 }),
    kubeProxyText(choices.proxy, POD_NETWORK),
    ...networkTexts(choices.network),
    ...nodes,
    ...pods,
    fabricText(routers),
  ].join('---\n');
}

/** The objects of a network plugin, each as a document; none for `none`. */
export function networkTexts(network: NetworkChoice): readonly string[] {
  if (network === 'none') return [];
  if (network === 'flannel-vxlan' || network === 'flannel-host-gw') return [flannelText(network.slice('flannel-'.length), POD_NETWORK)];
  if (network === 'openshift-sdn') return [clusterNetworkText(POD_NETWORK, SERVICE_NETWORK)];
  return [ipPoolText(POD_NETWORK, poolModes(network))];
}

/** Calico's two modes of a pool. */
export function poolModes(network: Exclude<NetworkChoice, 'none' | 'openshift-sdn' | `flannel-${string}`>): { readonly ipipMode: PoolMode; readonly vxlanMode: PoolMode } {
  switch (network) {
    case 'calico-ipip':
      return { ipipMode: 'Always', vxlanMode: 'Never' };
    case 'calico-ipip-cross':
      return { ipipMode: 'CrossSubnet', vxlanMode: 'Never' };
    case 'calico-vxlan':
      return { ipipMode: 'Never', vxlanMode: 'Always' };
    case 'calico-vxlan-cross':
      return { ipipMode: 'Never', vxlanMode: 'CrossSubnet' };
    case 'calico-bgp':
      return { ipipMode: 'Never', vxlanMode: 'Never' };
  }
}

export type PoolMode = 'Always' | 'CrossSubnet' | 'Never';

/** Choices as parameters of a link; those that everybody gets are left out. */
export function starterParams(choices: StarterChoices): Readonly<Record<string, string>> {
  const all = paramsOf(choices);
  const usual = paramsOf(STARTER);
  return Object.fromEntries(Object.entries(all).filter(([key, value]) => usual[key] !== value));
}

const paramsOf = (c: StarterChoices): Readonly<Record<string, string>> => ({
  nodes: String(c.nodes), subnet: c.subnet, subnets: String(c.subnets), net: c.network, proxy: c.proxy, k8s: c.version, pods: String(c.podsPerNode),
});

const wholeNumber = (text: string, from: number, to: number): number | undefined => (/^\d{1,4}$/.test(text) && Number(text) >= from && Number(text) <= to ? Number(text) : undefined);

/** Reads what starterParams wrote; the first parameter that means nothing is named instead. */
export function readStarterParams(params: Readonly<Record<string, string>>): { readonly ok: true; readonly choices: StarterChoices } | { readonly ok: false; readonly key: string } {
  const all = { ...paramsOf(STARTER), ...params };
  const unknown = Object.keys(params).find((key) => !Object.hasOwn(paramsOf(STARTER), key));
  if (unknown !== undefined) return { ok: false, key: unknown };
  const nodes = wholeNumber(all['nodes'] ?? '', 1, STARTER_BOUNDS.nodes);
  const podsPerNode = wholeNumber(all['pods'] ?? '', 0, STARTER_BOUNDS.podsPerNode);
  const network = NETWORKS.find((n) => n === all['net']);
  const proxy = PROXY_MODES.find((m) => m === all['proxy']);
  const version = /^1\.\d{1,3}$/.test(all['k8s'] ?? '') ? all['k8s'] : undefined;
  const subnet = readSubnet(all['subnet'] ?? '');
  const subnets = wholeNumber(all['subnets'] ?? '', 1, 2);
  if (nodes === undefined) return { ok: false, key: 'nodes' };
  if (subnet === undefined || roomIn(subnet.prefixLen) < nodes) return { ok: false, key: 'subnet' };
  if (subnets === undefined) return { ok: false, key: 'subnets' };
  if (!network) return { ok: false, key: 'net' };
  if (!proxy) return { ok: false, key: 'proxy' };
  if (version === undefined) return { ok: false, key: 'k8s' };
  if (podsPerNode === undefined) return { ok: false, key: 'pods' };
  return { ok: true, choices: { nodes, subnet: `${formatIp4(subnet.ip)}/${subnet.prefixLen}`, subnets: subnets === 2 ? 2 : 1, network, proxy, version, podsPerNode } };
}
