import { DiagnosticList } from '../../dumps/diagnostic.ts';
import { parsePrefix } from '../../dumps/words.ts';
import type { Prefix } from '../../world/world.ts';
import type { Because } from '../because.ts';
import { type Conflist, conflistsIn, parseJson } from '../cni/conflist.ts';
import { type KubeDocument, becauseOf, field, labelsOf, textOf } from '../objects/document.ts';
import { type FlannelVersion, flanneldOf, NEWEST_READ, parseVersion, VERSION_ANNOTATION } from './version.ts';

/** What the ConfigMap kube-flannel-cfg and the DaemonSet say, with Flannel's own defaults. */
export interface FlannelConfig {
  readonly network: Prefix;
  readonly backend: Backend;
  readonly version: FlannelVersion;
  /** `--ip-masq`: flanneld masquerades; otherwise the bridge plugin does. */
  readonly ipMasq: boolean;
  /** `--iface`. */
  readonly ifaces: readonly string[];
  readonly bridge: BridgeConfig;
  readonly because: (part: string) => Because;
  readonly document: KubeDocument;
}

export type Backend =
  | { readonly kind: 'vxlan'; readonly vni: number; readonly port: number; /** of the wire below; undefined: the NIC's */ readonly mtu: number | undefined; readonly directRouting: boolean; readonly learning: boolean }
  | { readonly kind: 'host-gw' }
  /** A backend that is not modelled: no way to other nodes. */
  | { readonly kind: 'other' };

/** The delegate of the CNI plugin flannel (cni-plugin flannel_linux.go) as the bridge plugin gets it. */
export interface BridgeConfig {
  readonly network: string;
  readonly name: string;
  readonly hairpin: boolean;
  readonly isDefaultGateway: boolean;
  readonly mtu: number | undefined;
  readonly ipMasq: boolean;
}

/** vxlan_init_net(): the port of a device that is made with port 0 (drivers/net/vxlan, vxlan_port). */
const KERNEL_VXLAN_PORT = 8472;

/** Flannel's configuration; undefined when the cluster has none, or one that says nothing usable. */
export function flannelConfigIn(documents: readonly KubeDocument[], found: DiagnosticList): FlannelConfig | undefined {
  const document = documents.find((d) => d.kind === 'ConfigMap' && textOf(field(d.value, 'data', 'net-conf.json')) !== undefined);
  if (!document) return undefined;
  const at = document.at('data', 'net-conf.json');
  const json = parseJson(textOf(field(document.value, 'data', 'net-conf.json')) ?? '');
  const network = parsePrefix(textOf(insensitive(json, 'Network')));
  if (!network) {
    found.add('bad-json', at, 'net-conf.json');
    return undefined;
  }
  const daemon = documents.map(flanneldOf).find((d) => d !== undefined);
  const ipMasq = daemon === undefined || daemon.args.some((a) => /^--?ip-masq(?:=true)?$/.test(a));
  if (insensitive(json, 'EnableNFTables') === true) found.add('unmodelled', at, 'EnableNFTables');
  return {
    network,
    backend: backendOf(insensitive(json, 'Backend'), document, found),
    version: parseVersion(labelsOf(field(document.value, 'metadata', 'annotations'))[VERSION_ANNOTATION]) ?? parseVersion(daemon?.image) ?? NEWEST_READ,
    ipMasq,
    ifaces: (daemon?.args ?? []).flatMap((a) => /^--?iface=(.+)$/.exec(a)?.[1] ?? []),
    // A list that cannot be read is reported with portmap's (src/cluster/portmap).
    bridge: bridgeOf(conflistsIn([document], new DiagnosticList())[0], ipMasq, found),
    because: (part) => becauseOf(document, part),
    document,
  };
}

function backendOf(json: unknown, document: KubeDocument, found: DiagnosticList): Backend {
  // Without a type it is udp (pkg/subnet/config.go, parseBackendType()).
  const type = textOf(insensitive(json, 'Type')) ?? 'udp';
  const number = (key: string, most: number): number | undefined => {
    const value = insensitive(json, key);
    return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= most ? value : undefined;
  };
  switch (type) {
    case 'host-gw':
      return { kind: 'host-gw' };
    case 'vxlan':
      return {
        kind: 'vxlan',
        vni: number('VNI', 0xffffff) ?? 1,
        port: number('Port', 65_535) ?? KERNEL_VXLAN_PORT,
        mtu: number('MTU', 65_535),
        directRouting: insensitive(json, 'DirectRouting') === true,
        learning: insensitive(json, 'Learning') === true,
      };
    default:
      found.add('unmodelled', document.at('data', 'net-conf.json'), `Backend.Type ${type}`);
      return { kind: 'other' };
  }
}

function bridgeOf(conflist: Conflist | undefined, flanneldMasquerades: boolean, found: DiagnosticList): BridgeConfig {
  const plugin = conflist?.plugins.find((p) => p.type === 'flannel')?.config;
  const delegate = field(plugin, 'delegate');
  const flag = (key: string, otherwise: boolean): boolean => {
    const value = field(delegate, key);
    return typeof value === 'boolean' ? value : otherwise;
  };
  const type = textOf(field(delegate, 'type')) ?? 'bridge';
  if (conflist && type !== 'bridge') found.add('unmodelled', conflist.document.at('data', 'cni-conf.json'), `delegate ${type}`);
  const mtu = field(delegate, 'mtu');
  return {
    network: conflist?.name ?? 'cbr0',
    name: textOf(field(delegate, 'bridge')) ?? 'cni0',
    // Without a conflist: as in Flannel's manifest.
    hairpin: flag('hairpinMode', conflist === undefined),
    isDefaultGateway: flag('isDefaultGateway', conflist === undefined),
    mtu: typeof mtu === 'number' ? mtu : undefined,
    ipMasq: flag('ipMasq', !flanneldMasquerades),
  };
}

/** encoding/json takes names of fields in any case. */
function insensitive(json: unknown, key: string): unknown {
  const name = Object.keys(typeof json === 'object' && json !== null ? json : {}).find((k) => k.toLowerCase() === key.toLowerCase());
  return name === undefined ? undefined : field(json, name);
}
