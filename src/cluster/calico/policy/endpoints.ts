import { formatIp4 } from '../../../packet/address.ts';
import type { Because } from '../../because.ts';
import type { ClusterModel, PodModel } from '../../model.ts';
import { becauseOf, field, labelsOf, textsOf } from '../../objects/document.ts';
import { formatNet, parseNet } from '../pools.ts';
import { calicoObjects } from '../settings.ts';

/** Somebody whom selectors can select: a pod, or a NetworkSet's networks. */
export interface Endpoint {
  readonly labels: ReadonlyMap<string, string>;
  /** As an ipset spells them: `10.0.0.1`, `10.1.0.0/16`. */
  readonly nets: readonly string[];
  /** `10.0.0.1,tcp:80`, by protocol and name. */
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly member: string }[];
  readonly pod: PodModel | undefined;
  readonly because: Because;
}

/** Labels that endpoints inherit from their namespace and service account, by the prefix of each (profiles kns.* and ksa.*). */
function inherited(cluster: ClusterModel): (namespace: string, account: string | undefined) => readonly (readonly [string, string])[] {
  const namespaces = new Map(cluster.namespaces.map((n) => [n.name, n.labels]));
  const accounts = new Map(cluster.documents.filter((d) => d.kind === 'ServiceAccount').map((d) => [`${d.namespace ?? 'default'}/${d.name}`, labelsOf(field(d.value, 'metadata', 'labels'))]));
  const prefixed = (prefix: string, name: string, labels: Readonly<Record<string, string>> | undefined): readonly (readonly [string, string])[] => [
    ...Object.entries(labels ?? {}).map(([k, v]) => [prefix + k, v] as const),
    [`${prefix}projectcalico.org/name`, name] as const,
  ];
  return (namespace, account) => [
    // The API server labels every namespace with its name (since 1.21).
    ...prefixed('pcns.', namespace, { 'kubernetes.io/metadata.name': namespace, ...namespaces.get(namespace) }),
    ...(account === undefined ? [] : prefixed('pcsa.', account, accounts.get(`${namespace}/${account}`))),
  ];
}

/** Everybody in the cluster whom Calico knows as an endpoint: pods with a network of their own, and network sets. */
export function endpointsOf(cluster: ClusterModel): readonly Endpoint[] {
  const from = inherited(cluster);
  const pods = cluster.pods.filter((p) => !p.hostNetwork && !p.ended).map((pod): Endpoint => {
    const ip = formatIp4(pod.ip);
    const account = pod.serviceAccount === '' ? undefined : pod.serviceAccount;
    return {
      labels: new Map([
        ...from(pod.namespace, account),
        ...Object.entries(pod.labels),
        ['projectcalico.org/namespace', pod.namespace],
        ['projectcalico.org/orchestrator', 'k8s'],
        ...(account === undefined ? [] : [['projectcalico.org/serviceaccount', account] as const]),
      ]),
      nets: [ip],
      ports: pod.ports.flatMap((p) => (p.name === undefined ? [] : [{ name: p.name, protocol: p.protocol.toLowerCase(), member: `${ip},${p.protocol.toLowerCase()}:${p.containerPort}` }])),
      pod,
      because: pod.because,
    };
  });
  const sets = [...calicoObjects(cluster, 'NetworkSet'), ...calicoObjects(cluster, 'GlobalNetworkSet')].map((document): Endpoint => {
    const namespace = document.kind === 'NetworkSet' ? (document.namespace ?? 'default') : undefined;
    return {
      labels: new Map([...(namespace === undefined ? [] : [...from(namespace, undefined), ['projectcalico.org/namespace', namespace] as const]), ...Object.entries(labelsOf(field(document.value, 'metadata', 'labels')))]),
      nets: textsOf(field(document.value, 'spec', 'nets')).flatMap(members),
      ports: [],
      pod: undefined,
      because: becauseOf(document),
    };
  });
  return [...pods, ...sets];
}

/** A network as members of a hash:net set, which has no room for one of length 0 (felix/ipsets). */
function members(text: string): readonly string[] {
  const net = parseNet(text);
  if (!net) return [];
  if (net.prefixLen === 0) return ['0.0.0.0/1', '128.0.0.0/1'];
  return [net.prefixLen === 32 ? formatIp4(net.ip) : formatNet(net)];
}
