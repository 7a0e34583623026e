import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import { type Ip4, formatIp4, maskOf, parseIp4 } from '../../packet/address.ts';
import { parseJson } from '../cni/conflist.ts';
import type { PodModel } from '../model.ts';
import { field, type KubeDocument, labelsOf, listOf, textOf, textsOf } from '../objects/document.ts';
import { parseCidr } from '../objects/values.ts';

const NETWORKS = 'k8s.v1.cni.cncf.io/networks';
const STATUS = 'k8s.v1.cni.cncf.io/network-status';

/** A NetworkAttachmentDefinition: what its plugin is told. */
export interface AttachedNetwork {
  readonly type: string;
  readonly config: unknown;
  /** `intel.com/sriov_net`: of the device plugin that hands out VFs. */
  readonly resource: string | undefined;
  readonly document: KubeDocument;
}

/** One more interface that a pod asks for. */
export interface Attachment {
  /** `net1` unless named. */
  readonly dev: string;
  readonly network: AttachedNetwork;
  readonly mac: string | undefined;
  /** `192.168.50.21/24`, asked for by the pod. */
  readonly ips: readonly string[];
  /** `default-route`: this interface gets the pod's default route. */
  readonly gateways: readonly string[];
  /** What Multus wrote down when it was attached. */
  readonly status: { readonly mac: string | undefined; readonly ips: readonly string[] } | undefined;
}

/** All definitions, by `namespace/name`; what cannot be read is reported. */
export function networksIn(documents: readonly KubeDocument[], found: DiagnosticList): ReadonlyMap<string, AttachedNetwork> {
  const networks = new Map<string, AttachedNetwork>();
  for (const document of documents.filter((d) => d.kind === 'NetworkAttachmentDefinition')) {
    const json = parseJson(textOf(field(document.value, 'spec', 'config')) ?? '{}');
    // A list of plugins: the first one makes the interface, the others change it.
    const config = listOf(field(json, 'plugins'))[0] ?? json;
    const type = textOf(field(config, 'type'));
    if (type === undefined) {
      found.add('bad-json', document.at('spec', 'config'), document.name);
      continue;
    }
    const resource = labelsOf(field(document.value, 'metadata', 'annotations'))['k8s.v1.cni.cncf.io/resourceName'];
    networks.set(`${document.namespace ?? 'default'}/${document.name}`, { type, config, resource, document });
  }
  return networks;
}

/** What a pod's annotation asks for, in order (parsePodNetworkAnnotation(), multus pkg/k8sclient/k8sclient.go). */
export function attachmentsOf(pod: PodModel, networks: ReadonlyMap<string, AttachedNetwork>, found: DiagnosticList): readonly Attachment[] {
  const text = pod.annotations[NETWORKS];
  if (text === undefined || pod.hostNetwork || pod.ended) return [];
  const elements = elementsOf(text);
  const source = pod.because.source ?? { input: '', line: 0 };
  if (!elements) {
    found.add('bad-json', source, NETWORKS);
    return [];
  }
  const statuses = listOf(parseJson(pod.annotations[STATUS] ?? ''));
  return elements.flatMap((element, i) => {
    const name = `${element.namespace ?? pod.namespace}/${element.name}`;
    const network = networks.get(name);
    if (!network) {
      found.add('missing-object', source, `Pod ${pod.namespace}/${pod.name}: NetworkAttachmentDefinition ${name}`);
      return [];
    }
    const dev = element.dev ?? `net${i + 1}`;
    const status = statuses.find((s) => field(s, 'interface') === dev);
    return [{ dev, network, mac: element.mac, ips: element.ips, gateways: element.gateways, status: status === undefined ? undefined : { mac: textOf(field(status, 'mac')), ips: textsOf(field(status, 'ips')) } }];
  });
}

interface Element {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly dev: string | undefined;
  readonly mac: string | undefined;
  readonly ips: readonly string[];
  readonly gateways: readonly string[];
}

/** JSON, or `namespace/name@interface, …`. */
function elementsOf(text: string): readonly Element[] | undefined {
  if (!/[[{"]/.test(text)) {
    return text
      .split(',')
      .map((item) => /^(?:([a-z0-9-]+)\/)?([a-z0-9-]+)(?:@([^\s/]{1,15}))?$/.exec(item.trim()))
      .flatMap((m) => (m?.[2] === undefined ? [] : [{ name: m[2], namespace: m[1], dev: m[3], mac: undefined, ips: [], gateways: [] }]));
  }
  const json = parseJson(text);
  if (!Array.isArray(json)) return undefined;
  return json.flatMap((e): readonly Element[] => {
    const name = textOf(field(e, 'name'));
    return name === undefined
      ? []
      : [{ name, namespace: textOf(field(e, 'namespace')), dev: textOf(field(e, 'interface')) ?? textOf(field(e, 'interfaceRequest')), mac: textOf(field(e, 'mac'))?.toLowerCase(), ips: textsOf(field(e, 'ips')), gateways: textsOf(field(e, 'default-route')) }];
  });
}

/** Addresses and routes that a plugin for addresses gives to an interface. */
export interface Given {
  readonly addresses: readonly string[];
  readonly routes: readonly { readonly dst: string; readonly via: string | undefined }[];
}

/**
 * Hands out addresses where nobody wrote them down: what the pod asks for, the fixed ones of the plugin static, else the lowest free one
 * of the range that host-local and whereabouts are given.
 */
export class AddressBook {
  readonly #taken = new Map<string, Set<Ip4>>();

  /** `scope`: whose ranges are counted together: a node's (host-local) or the cluster's (whereabouts). */
  give(attachment: Attachment, node: string): Given {
    const ipam = field(attachment.network.config, 'ipam');
    const routes = listOf(field(ipam, 'routes')).flatMap((r) => {
      const dst = textOf(field(r, 'dst'));
      return dst === undefined || dst.includes(':') ? [] : [{ dst, via: textOf(field(r, 'gw')) }];
    });
    const fixed = listOf(field(ipam, 'addresses')).flatMap((a) => textOf(field(a, 'address')) ?? []).filter((a) => parseCidr(a) !== undefined);
    const range = rangeOf(ipam);
    const length = range?.prefixLen ?? parseCidr(fixed[0] ?? '')?.prefixLen ?? 24;
    const asked = [...(attachment.status?.ips ?? []), ...(attachment.status ? [] : attachment.ips)].filter((ip) => parseIp4(ip.split('/')[0] ?? '') !== undefined).map((ip) => (ip.includes('/') ? ip : `${ip}/${length}`));
    const gateway = textOf(field(listOf(field(ipam, 'addresses'))[0], 'gateway')) ?? (range?.gateway === undefined ? undefined : formatIp4(range.gateway));
    const taken = this.#takenOf(attachment, textOf(field(ipam, 'type')) === 'whereabouts' ? '' : node);
    const own = asked.length > 0 ? asked : fixed.length > 0 ? fixed : range ? this.#next(range, taken) : [];
    for (const address of own) taken.add(parseCidr(address)?.ip ?? 0);
    return { addresses: own, routes: routes.map((r) => ({ dst: r.dst, via: r.via ?? gateway })) };
  }

  #takenOf({ network }: Attachment, scope: string): Set<Ip4> {
    const key = `${network.document.namespace ?? ''}/${network.document.name} ${scope}`;
    const taken = this.#taken.get(key) ?? new Set<Ip4>();
    this.#taken.set(key, taken);
    return taken;
  }

  #next({ from, to, prefixLen, gateway }: Range, taken: ReadonlySet<Ip4>): readonly string[] {
    for (let ip = from; ip <= to; ip++) if (ip !== gateway && !taken.has(ip)) return [`${formatIp4(ip)}/${prefixLen}`];
    return [];
  }
}

interface Range {
  readonly from: Ip4;
  readonly to: Ip4;
  readonly prefixLen: number;
  /** Not handed out. */
  readonly gateway: Ip4 | undefined;
}

/** host-local: subnet, rangeStart, rangeEnd, gateway (by default the subnet's first address); whereabouts: range, range_start, range_end. */
function rangeOf(ipam: unknown): Range | undefined {
  const type = textOf(field(ipam, 'type'));
  const inner = listOf(listOf(field(ipam, 'ranges'))[0])[0] ?? ipam;
  const net = parseCidr(textOf(field(inner, type === 'whereabouts' ? 'range' : 'subnet')) ?? '');
  if (!net || net.prefixLen > 30) return undefined;
  const base = (net.ip & maskOf(net.prefixLen)) >>> 0;
  const last = ((base | ~maskOf(net.prefixLen)) >>> 0) - 1;
  const at = (...names: readonly string[]): Ip4 | undefined => names.map((n) => parseIp4(textOf(field(inner, n)) ?? '')).find((ip) => ip !== undefined);
  const gateway = at('gateway') ?? (type === 'host-local' ? base + 1 : undefined);
  return { from: at('rangeStart', 'range_start') ?? base + 1, to: at('rangeEnd', 'range_end') ?? last, prefixLen: net.prefixLen, gateway };
}
