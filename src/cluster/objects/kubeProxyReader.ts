import { parseAllDocuments } from 'yaml';
import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import { field, type KubeDocument, textOf, textsOf } from './document.ts';
import { KUBE_PROXY_DEFAULTS, type KubeProxySettings, type LocalDetector } from './kubeProxyConfig.ts';
import { Fields } from './values.ts';

/**
 * The settings of kube-proxy: a KubeProxyConfiguration, by itself or as `config.conf` of kubeadm's ConfigMap kube-proxy. The last one
 * counts; without any, `otherwise`.
 */
export function readKubeProxy(documents: readonly KubeDocument[], found: DiagnosticList, otherwise: KubeProxySettings = KUBE_PROXY_DEFAULTS): KubeProxySettings {
  const configuration = documents.flatMap((d) => (d.kind === 'KubeProxyConfiguration' ? [d] : embedded(d))).at(-1);
  return configuration ? settingsOf(configuration, found) : otherwise;
}

function embedded(document: KubeDocument): readonly KubeDocument[] {
  if (document.kind !== 'ConfigMap' || document.name !== 'kube-proxy') return [];
  const text = textOf(field(document.value, 'data', 'config.conf'));
  if (text === undefined) return [];
  const value: unknown = parseAllDocuments(text, { logLevel: 'silent' })[0]?.toJS({ maxAliasCount: 100 });
  return [{ ...document, value, at: () => document.at('data', 'config.conf') }];
}

function settingsOf(document: KubeDocument, found: DiagnosticList): KubeProxySettings {
  const fields = new Fields(document, found);
  const mode = fields.oneOf(['mode'], ['iptables', 'ipvs', 'nftables', 'userspace']);
  const clusterCidr = (textOf(fields.get('clusterCIDR')) ?? '').split(',').flatMap((c) => fields.cidr(['clusterCIDR'], c) ?? [])[0] ?? '';
  const table = mode === 'nftables' ? 'nftables' : 'iptables';
  const bool = (...path: readonly string[]): boolean | undefined => {
    const value = fields.get(...path);
    return typeof value === 'boolean' ? value : undefined;
  };
  return {
    mode,
    clusterCidr,
    detectLocal: detectorOf(fields, clusterCidr),
    nodePortAddresses: textsOf(fields.get('nodePortAddresses')).flatMap((a, i) => (a === 'primary' ? [a] : (fields.cidr(['nodePortAddresses', i], a) ?? []))),
    masqueradeAll: bool(table, 'masqueradeAll') ?? false,
    masqueradeBit: fields.int([table, 'masqueradeBit'], fields.get(table, 'masqueradeBit'), 0, 31) ?? KUBE_PROXY_DEFAULTS.masqueradeBit,
    localhostNodePorts: bool('iptables', 'localhostNodePorts') ?? true,
    scheduler: textOf(fields.get('ipvs', 'scheduler')) ?? 'rr',
    strictArp: bool('ipvs', 'strictARP') ?? false,
    excludeCidrs: textsOf(fields.get('ipvs', 'excludeCIDRs')).flatMap((c, i) => fields.cidr(['ipvs', 'excludeCIDRs', i], c) ?? []),
    tcpBeLiberal: bool('conntrack', 'tcpBeLiberal') ?? false,
  };
}

/** getLocalDetector() of cmd/kube-proxy: without a mode it is ClusterCIDR; a mode without its value detects nothing. */
function detectorOf(fields: Fields, clusterCidr: string): LocalDetector {
  switch (fields.oneOf(['detectLocalMode'], ['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix'])) {
    case 'ClusterCIDR':
      return clusterCidr === '' ? { kind: 'none' } : { kind: 'cluster-cidr', cidr: clusterCidr };
    case 'NodeCIDR':
      return { kind: 'node-cidr' };
    case 'BridgeInterface': {
      const dev = textOf(fields.get('detectLocal', 'bridgeInterface'));
      return dev === undefined ? { kind: 'none' } : { kind: 'bridge', dev };
    }
    case 'InterfaceNamePrefix': {
      const prefix = textOf(fields.get('detectLocal', 'interfaceNamePrefix'));
      return prefix === undefined ? { kind: 'none' } : { kind: 'prefix', prefix };
    }
  }
}
