import { parseIp4 } from '../../packet/address.ts';
import type { Because } from '../because.ts';
import type { ClusterModel, Version } from '../model.ts';
import { becauseOf, field, type KubeDocument, listOf, textOf } from '../objects/document.ts';
import { type Features, featuresOf, type Marks, marksOf, NEWEST, parseVersion } from './version.ts';

/** A value and the object (or the default) that it comes from. */
export interface Setting<T> {
  readonly value: T;
  readonly because: Because;
}

/** What Felix, BIRD and the CNI plugin are told on one node. */
export interface Settings {
  readonly version: Version;
  readonly features: Features;
  readonly marks: Marks;
  readonly toHost: Setting<'ACCEPT' | 'DROP' | 'RETURN'>;
  readonly allow: { readonly filter: 'ACCEPT' | 'RETURN'; readonly mangle: 'ACCEPT' | 'RETURN' };
  readonly deny: 'DROP' | 'REJECT';
  readonly insertMode: 'insert' | 'append';
  readonly logPrefix: string;
  readonly vxlanPort: number;
  readonly vxlanVni: number;
  /** MTU that somebody set; undefined: by the NICs. */
  readonly mtu: { readonly ipip: Setting<number> | undefined; readonly vxlan: Setting<number> | undefined; readonly pods: Setting<number> | undefined };
  readonly mtuInterfaces: RegExp;
  readonly nodePortRanges: readonly (readonly [number, number])[];
  readonly externalNodes: readonly string[];
  readonly loopPrevention: 'Drop' | 'Reject' | 'Disabled';
  readonly natOutgoingAddress: string | undefined;
  readonly natPortRange: string | undefined;
  readonly natInterface: string | undefined;
  readonly natExcludesHosts: boolean;
  readonly disableConntrackInvalid: boolean;
  /** Protocol that Felix writes into routes; 3, the default, is what `ip route` leaves out. */
  readonly routeProtocol: number;
  readonly routeSource: string | undefined;
  /** Undefined: as the pools need it. */
  readonly ipipEnabled: boolean | undefined;
  readonly vxlanEnabled: boolean | undefined;
  /** 3.32: Felix writes IPIP and plain routes instead of BIRD. */
  readonly felixRoutes: boolean;
  readonly because: Because;
}

/** Objects of Calico are stored as crd.projectcalico.org and served as projectcalico.org. */
export const isCalico = (document: KubeDocument): boolean => /^(?:crd\.)?projectcalico\.org\//.test(document.apiVersion);

/** Calico's objects of a kind. */
export const calicoObjects = (cluster: ClusterModel, kind: string): readonly KubeDocument[] => ofKind(cluster, kind).filter(isCalico);

/** Documents by kind: a cluster has thousands of pods, and every node asks for its few settings. */
const byKind = new WeakMap<readonly KubeDocument[], ReadonlyMap<string, readonly KubeDocument[]>>();

function ofKind({ documents }: ClusterModel, kind: string): readonly KubeDocument[] {
  let kinds = byKind.get(documents);
  if (!kinds) {
    const sorted = new Map<string, KubeDocument[]>();
    for (const d of documents) {
      const same = sorted.get(d.kind);
      if (same) same.push(d);
      else sorted.set(d.kind, [d]);
    }
    kinds = sorted;
    byKind.set(documents, kinds);
  }
  return kinds.get(kind) ?? [];
}

/** The DaemonSet of calico/node: its environment overrides the FelixConfiguration, and its image tells the version. */
const daemonSet = (cluster: ClusterModel): KubeDocument | undefined => ofKind(cluster, 'DaemonSet').find((d) => d.name === 'calico-node');

function containerOf(document: KubeDocument | undefined): unknown {
  return listOf(field(document?.value, 'spec', 'template', 'spec', 'containers')).find((c) => field(c, 'name') === 'calico-node');
}

/**
 * Calico's version: ClusterInformation's `spec.calicoVersion`, a FelixConfiguration's `spec.calicoVersion` (a field of ours), or the image
 * of the DaemonSet calico-node; else the newest that was read.
 */
export function versionOf(cluster: ClusterModel): Version {
  const texts = [...calicoObjects(cluster, 'ClusterInformation'), ...calicoObjects(cluster, 'FelixConfiguration')].map((d) => textOf(field(d.value, 'spec', 'calicoVersion')));
  const image = textOf(field(containerOf(daemonSet(cluster)), 'image'));
  return [...texts, image?.replace(/^.*:/, '')].map(parseVersion).find((v) => v !== undefined) ?? NEWEST;
}

/** Felix's parameters by name: the DaemonSet's environment, the node's own FelixConfiguration, the one called `default`. */
class Parameters {
  readonly #daemonSet: KubeDocument | undefined;
  readonly #environment: readonly unknown[];
  readonly #documents: readonly KubeDocument[];

  constructor(cluster: ClusterModel, node: string) {
    this.#daemonSet = daemonSet(cluster);
    this.#environment = listOf(field(containerOf(this.#daemonSet), 'env'));
    const all = calicoObjects(cluster, 'FelixConfiguration');
    this.#documents = [`node.${node}`, 'default'].flatMap((name) => all.filter((d) => d.name === name));
  }

  read(name: string): Setting<unknown> {
    const variable = this.#environment.find((e) => String(field(e, 'name')).toUpperCase() === `FELIX_${name.toUpperCase()}`);
    if (variable !== undefined && this.#daemonSet && field(variable, 'value') !== undefined) return { value: field(variable, 'value'), because: becauseOf(this.#daemonSet, `FELIX_${name.toUpperCase()}`) };
    const document = this.#documents.find((d) => field(d.value, 'spec', name) !== undefined);
    return {
      value: field(document?.value, 'spec', name),
      because: document ? { ...becauseOf(document, name), source: document.at('spec', name) } : { kind: 'FelixConfiguration', namespace: undefined, name: 'default', part: name },
    };
  }

  text(name: string): string | undefined {
    const { value } = this.read(name);
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  }

  /** Words that Felix reads in any case, by what they mean; the first stands for everything else. */
  oneOf<T extends string>(name: string, ...words: readonly [T, ...T[]]): Setting<T> {
    const { value, because } = this.read(name);
    return { value: words.find((w) => w.toLowerCase() === String(value).toLowerCase()) ?? words[0], because };
  }

  number(name: string): Setting<number> | undefined {
    const { value, because } = this.read(name);
    const number = typeof value === 'number' ? value : typeof value === 'string' && /^(?:0x[0-9a-f]+|\d+)$/i.test(value) ? Number(value) : undefined;
    return number === undefined ? undefined : { value: number, because };
  }

  flag(name: string): boolean | undefined {
    const { value } = this.read(name);
    return typeof value === 'boolean' ? value : typeof value === 'string' ? /^(?:true|1|yes|enabled)$/i.test(value) : undefined;
  }
}

/** NICs whose MTU counts (felix/config, MTUIfacePattern). */
const MTU_INTERFACES = /^((en|wl|ww|sl|ib)[Pcopsvx].*|(eth|wlan|wwan).*)/;

const range = (text: string): readonly [number, number] | undefined => {
  const parts = /^(\d+)(?:[:-](\d+))?$/.exec(text.trim());
  return parts ? [Number(parts[1]), Number(parts[2] ?? parts[1])] : undefined;
};

/** The MTU that the manifest gives to pods and tunnels alike: `veth_mtu` of the ConfigMap calico-config, or the operator's Installation. Zero means by the NICs. */
function commonMtu(cluster: ClusterModel): Setting<number> | undefined {
  const read = (document: KubeDocument | undefined, ...path: readonly string[]): Setting<number> | undefined => {
    const value = Number(field(document?.value, ...path) ?? 0);
    return document && value > 0 ? { value, because: { ...becauseOf(document, path.at(-1)), source: document.at(...path) } } : undefined;
  };
  return (
    read(ofKind(cluster, 'ConfigMap').find((d) => d.name === 'calico-config'), 'data', 'veth_mtu') ??
    read(ofKind(cluster, 'Installation')[0], 'spec', 'calicoNetwork', 'mtu')
  );
}

/** The settings of a node. */
export function settingsOf(cluster: ClusterModel, node: string, version: Version): Settings {
  const felix = new Parameters(cluster, node);
  const features = featuresOf(version);
  const common = commonMtu(cluster);
  const set = (s: Setting<number> | undefined): Setting<number> | undefined => (s && s.value > 0 ? s : undefined);
  const pattern = felix.text('mtuIfacePattern');
  const natOutgoingAddress = felix.text('natOutgoingAddress');
  const ranges = felix.read('kubeNodePortRanges').value;
  const rangeTexts = typeof ranges === 'string' ? ranges.split(',') : listOf(ranges).map(String);
  const external = felix.read('externalNodesList').value;
  return {
    version,
    features,
    marks: marksOf(felix.number('iptablesMarkMask')?.value ?? 0xffff0000, features),
    // The manifest that most clusters are made of sets Accept; Felix alone would take Drop.
    toHost: felix.oneOf('defaultEndpointToHostAction', 'ACCEPT', 'DROP', 'RETURN'),
    allow: { filter: felix.oneOf('iptablesFilterAllowAction', 'ACCEPT', 'RETURN').value, mangle: felix.oneOf('iptablesMangleAllowAction', 'ACCEPT', 'RETURN').value },
    deny: features.denyAction ? felix.oneOf('iptablesFilterDenyAction', 'DROP', 'REJECT').value : 'DROP',
    insertMode: felix.oneOf('chainInsertMode', 'insert', 'append').value,
    logPrefix: felix.text('logPrefix') ?? 'calico-packet',
    vxlanPort: felix.number('vxlanPort')?.value ?? 4789,
    vxlanVni: felix.number('vxlanVNI')?.value ?? 4096,
    mtu: { ipip: set(felix.number('ipipMTU')) ?? set(felix.number('ipInIpMtu')) ?? common, vxlan: set(felix.number('vxlanMTU')) ?? common, pods: common },
    mtuInterfaces: safePattern(pattern) ?? MTU_INTERFACES,
    nodePortRanges: rangeTexts.map(range).filter((r) => r !== undefined).length > 0 ? rangeTexts.map(range).filter((r) => r !== undefined) : [[30_000, 32_767]],
    externalNodes: (typeof external === 'string' ? external.split(',') : listOf(external).map(String)).map((t) => t.trim()).filter((t) => parseIp4(t.replace(/\/\d+$/, '')) !== undefined),
    loopPrevention: felix.oneOf('serviceLoopPrevention', 'Drop', 'Reject', 'Disabled').value,
    natOutgoingAddress: natOutgoingAddress !== undefined && parseIp4(natOutgoingAddress) !== undefined ? natOutgoingAddress : undefined,
    natPortRange: range(felix.text('natPortRange') ?? '')?.join('-'),
    natInterface: textOf(felix.text('iptablesNATOutgoingInterfaceFilter')),
    natExcludesHosts: features.dscp && felix.text('natOutgoingExclusions') === 'IPPoolsAndHostIPs',
    disableConntrackInvalid: felix.flag('disableConntrackInvalidCheck') ?? false,
    routeProtocol: felix.number('deviceRouteProtocol')?.value ?? 3,
    routeSource: felix.text('deviceRouteSourceAddress'),
    ipipEnabled: felix.flag('ipipEnabled'),
    vxlanEnabled: felix.flag('vxlanEnabled'),
    felixRoutes: features.policyKinds && felix.flag('programClusterRoutes') === true,
    because: { kind: 'FelixConfiguration', namespace: undefined, name: 'default' },
  };
}

function safePattern(text: string | undefined): RegExp | undefined {
  try {
    return text === undefined ? undefined : new RegExp(text);
  } catch {
    return undefined;
  }
}
