import { parse } from 'yaml';
import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import { type Ip4, maskOf, parseIp4 } from '../../packet/address.ts';
import type { SourceRef } from '../../world/source.ts';
import type { Because } from '../because.ts';
import { becauseOf, field, type KubeDocument, labelsOf, listOf, textOf, textsOf } from '../objects/document.ts';
import { type LabelSelector, selects } from '../objects/networkPolicy.ts';
import { selectorOf } from '../objects/policyReader.ts';
import { parseCidr } from '../objects/values.ts';

/** What MetalLB is told: by custom resources (0.13 and later) or by the ConfigMap of older versions. */
export interface MetalLbConfig {
  /** 0.MINOR of the speakers. */
  readonly minor: number;
  readonly pools: readonly Pool[];
  readonly peers: readonly BgpPeer[];
}

export interface Pool {
  readonly name: string;
  /** Inclusive, in the order of the list. */
  readonly ranges: readonly { readonly from: Ip4; readonly to: Ip4 }[];
  readonly autoAssign: boolean;
  /** Leaves out .0 and .255. */
  readonly avoidBuggyIps: boolean;
  /** Only for these services; undefined: for all. */
  readonly allocation: { readonly priority: number; readonly namespaces: readonly string[]; readonly namespaceSelectors: readonly LabelSelector[]; readonly serviceSelectors: readonly LabelSelector[] } | undefined;
  readonly layer2: readonly Layer2Advertisement[];
  readonly bgp: readonly BgpAdvertisement[];
  readonly because: Because;
}

interface Advertisement {
  /** None: all nodes. */
  readonly nodeSelectors: readonly LabelSelector[];
  /** None: all services. */
  readonly serviceSelectors: readonly LabelSelector[];
  readonly because: Because;
}

export interface Layer2Advertisement extends Advertisement {
  /** None: all interfaces. */
  readonly interfaces: readonly string[];
  readonly preferred: readonly { readonly weight: number; readonly nodes: LabelSelector }[];
}

export interface BgpAdvertisement extends Advertisement {
  readonly aggregationLength: number;
  readonly localPref: number;
  /** Names of BGPPeers; none: all. */
  readonly peers: readonly string[];
}

export interface BgpPeer {
  readonly name: string;
  readonly address: Ip4;
  /** Inside one AS, where local preference counts. */
  readonly internal: boolean;
  readonly sourceAddress: Ip4 | undefined;
  readonly nodeSelectors: readonly LabelSelector[];
  readonly source: SourceRef;
}

/** Newest versions read: with custom resources, and with the ConfigMap. */
const NEWEST = { resources: 16, configMap: 12 } as const;

/** The configuration; undefined in a cluster without a pool. */
export function metalLbConfigIn(documents: readonly KubeDocument[], found: DiagnosticList): MetalLbConfig | undefined {
  const of = (kind: string): readonly KubeDocument[] => documents.filter((d) => d.kind === kind && d.apiVersion.startsWith('metallb.io/'));
  const version = versionIn(documents);
  const pools = of('IPAddressPool');
  if (pools.length > 0) {
    return {
      minor: version ?? NEWEST.resources,
      pools: pools.map((d) => poolOf(d, of('L2Advertisement'), of('BGPAdvertisement'), found)),
      peers: of('BGPPeer').flatMap((d) => peerOf(d, field(d.value, 'spec'), 'resource', d.at('spec', 'peerAddress'))),
    };
  }
  const old = documents.find((d) => d.kind === 'ConfigMap' && d.namespace === 'metallb-system' && d.name === 'config');
  return old && fromConfigMap(old, version ?? NEWEST.configMap, found);
}

/** `metallb/speaker:v0.9.6` in whatever runs the speakers. */
function versionIn(documents: readonly KubeDocument[]): number | undefined {
  for (const { kind, value } of documents) {
    const spec = kind === 'Pod' ? field(value, 'spec') : kind === 'DaemonSet' ? field(value, 'spec', 'template', 'spec') : undefined;
    for (const container of listOf(field(spec, 'containers'))) {
      const minor = /metallb\/speaker:v0\.(\d{1,3})\b/.exec(textOf(field(container, 'image')) ?? '')?.[1];
      if (minor !== undefined) return Number(minor);
    }
  }
  return undefined;
}

function poolOf(pool: KubeDocument, layer2: readonly KubeDocument[], bgp: readonly KubeDocument[], found: DiagnosticList): Pool {
  const labels = labelsOf(field(pool.value, 'metadata', 'labels'));
  // Neither names nor selectors: all pools (setL2AdvertisementsToPools(), internal/config/config.go).
  const forPool = ({ value }: KubeDocument): boolean => {
    const names = textsOf(field(value, 'spec', 'ipAddressPools'));
    const selectors = selectorsOf(field(value, 'spec', 'ipAddressPoolSelectors'));
    return (names.length === 0 && selectors.length === 0) || names.includes(pool.name) || matchesAny(selectors, labels, false);
  };
  const spec = field(pool.value, 'spec');
  const allocation = field(spec, 'serviceAllocation');
  const priority = field(allocation, 'priority');
  return {
    name: pool.name,
    ranges: rangesOf(listOf(field(spec, 'addresses')), pool, ['spec', 'addresses'], found),
    autoAssign: field(spec, 'autoAssign') !== false,
    avoidBuggyIps: field(spec, 'avoidBuggyIPs') === true,
    allocation:
      allocation === undefined
        ? undefined
        : {
            priority: typeof priority === 'number' ? priority : 0,
            namespaces: textsOf(field(allocation, 'namespaces')),
            namespaceSelectors: selectorsOf(field(allocation, 'namespaceSelectors')),
            serviceSelectors: selectorsOf(field(allocation, 'serviceSelectors')),
          },
    layer2: layer2.filter(forPool).map((d) => ({
      ...advertisementOf(d),
      interfaces: textsOf(field(d.value, 'spec', 'interfaces')),
      preferred: listOf(field(d.value, 'spec', 'preferredNodeSelectors')).map((p) => ({ weight: numberOf(field(p, 'weight')) ?? 0, nodes: selectorOf(field(p, 'preference')) })),
    })),
    bgp: bgp.filter(forPool).map((d) => ({
      ...advertisementOf(d),
      aggregationLength: lengthOf(field(d.value, 'spec', 'aggregationLength')),
      localPref: numberOf(field(d.value, 'spec', 'localPref')) ?? 0,
      peers: textsOf(field(d.value, 'spec', 'peers')),
    })),
    because: becauseOf(pool),
  };
}

const advertisementOf = (d: KubeDocument): Advertisement => ({
  nodeSelectors: selectorsOf(field(d.value, 'spec', 'nodeSelectors')),
  serviceSelectors: selectorsOf(field(d.value, 'spec', 'serviceSelectors')),
  because: becauseOf(d),
});

/** The keys of a peer in custom resources and in the ConfigMap. */
const PEER_KEYS = {
  resource: { address: 'peerAddress', mine: 'myASN', theirs: 'peerASN', source: 'sourceAddress', nodes: 'nodeSelectors' },
  configMap: { address: 'peer-address', mine: 'my-asn', theirs: 'peer-asn', source: 'source-address', nodes: 'node-selectors' },
} as const;

function peerOf({ name }: { readonly name: string }, value: unknown, form: keyof typeof PEER_KEYS, source: SourceRef): readonly BgpPeer[] {
  const keys = PEER_KEYS[form];
  const address = parseIp4(textOf(field(value, keys.address)) ?? '');
  if (address === undefined) return [];
  return [{ name, address, internal: field(value, keys.mine) === field(value, keys.theirs), sourceAddress: parseIp4(textOf(field(value, keys.source)) ?? ''), nodeSelectors: listOf(field(value, keys.nodes)).map(selectorInAnySpelling), source }];
}

/** The ConfigMap of versions up to 0.12: YAML within YAML. */
function fromConfigMap(document: KubeDocument, minor: number, found: DiagnosticList): MetalLbConfig | undefined {
  const config = yamlOf(textOf(field(document.value, 'data', 'config')) ?? '');
  if (config === undefined) {
    found.add('bad-json', document.source, 'config');
    return undefined;
  }
  const because = becauseOf(document);
  const everywhere: Advertisement = { nodeSelectors: [], serviceSelectors: [], because };
  return {
    minor,
    pools: listOf(field(config, 'address-pools')).map((pool) => {
      const layer2 = field(pool, 'protocol') === 'layer2';
      const given = listOf(field(pool, 'bgp-advertisements'));
      // Without any there is one for the whole address (parseBGPAdvertisements(), internal/config/config.go).
      const bgp = (given.length === 0 ? [undefined] : given).map((ad) => ({ ...everywhere, aggregationLength: lengthOf(field(ad, 'aggregation-length')), localPref: numberOf(field(ad, 'localpref')) ?? 0, peers: [] }));
      return {
        name: textOf(field(pool, 'name')) ?? '',
        ranges: rangesOf(listOf(field(pool, 'addresses')), document, ['data', 'config'], found),
        autoAssign: field(pool, 'auto-assign') !== false,
        avoidBuggyIps: field(pool, 'avoid-buggy-ips') === true,
        allocation: undefined,
        layer2: layer2 ? [{ ...everywhere, interfaces: [], preferred: [] }] : [],
        bgp: layer2 ? [] : bgp,
        because,
      };
    }),
    peers: listOf(field(config, 'peers')).flatMap((peer, i) => peerOf({ name: `peer-${i}` }, peer, 'configMap', document.at('data', 'config'))),
  };
}

function yamlOf(text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' && Number.isInteger(value) ? value : undefined);
const lengthOf = (value: unknown): number => Math.min(32, Math.max(0, numberOf(value) ?? 32));

const selectorsOf = (value: unknown): readonly LabelSelector[] => listOf(value).map(selectorOf);

const selectorInAnySpelling = (value: unknown): LabelSelector => selectorOf({ matchLabels: field(value, 'matchLabels') ?? field(value, 'match-labels'), matchExpressions: field(value, 'matchExpressions') ?? field(value, 'match-expressions') });

/** ParseCIDR(): a network, or `from-to`. IPv6 is left out. */
function rangesOf(values: readonly unknown[], { at }: KubeDocument, path: readonly string[], found: DiagnosticList): Pool['ranges'] {
  return values.flatMap((value, i) => {
    const text = textOf(value) ?? '';
    const [from, to] = text.split('-').map((part) => parseIp4(part.trim()));
    if (text.includes('-') && from !== undefined && to !== undefined && from <= to) return [{ from, to }];
    const net = text.includes('/') ? parseCidr(text) : undefined;
    if (net) return [{ from: (net.ip & maskOf(net.prefixLen)) >>> 0, to: (net.ip | ~maskOf(net.prefixLen)) >>> 0 }];
    if (!text.includes(':')) found.add('bad-field', at(...path, i), `${path.join('.')}[${i}]: ${text.slice(0, 60)} (192.0.2.10-192.0.2.20, 192.0.2.0/28)`);
    return [];
  });
}

/** Whether one of the selectors fits; `otherwise` when there is none. */
export const matchesAny = (selectors: readonly LabelSelector[], labels: Readonly<Record<string, string>>, otherwise: boolean): boolean => (selectors.length === 0 ? otherwise : selectors.some((s) => selects(s, labels)));
