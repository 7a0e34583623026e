import { parseIp4 } from '../../packet/address.ts';
import type { ClusterModel, EndpointModel, NodeModel, ServiceModel } from '../model.ts';
import { NO_FABRIC } from '../objects/fabric.ts';
import { KUBE_PROXY_DEFAULTS, type KubeProxySettings } from '../objects/kubeProxyConfig.ts';

/** Small clusters for the tests of kube-proxy, written down without objects. */

export const ip4 = (text: string): number => parseIp4(text) ?? 0;

export function node(name: string, ip: string, minor: number, more: Partial<NodeModel> = {}): NodeModel {
  return {
    name,
    labels: {},
    annotations: {},
    internalIps: [ip4(ip)],
    podCidr: undefined,
    kubeProxyVersion: { major: 1, minor },
    kubeletVersion: undefined,
    nics: [],
    gateway: undefined,
    kernelVersion: undefined,
    because: { kind: 'Node', namespace: undefined, name },
    ...more,
  };
}

interface ServiceText extends Partial<Omit<ServiceModel, 'clusterIp' | 'externalIps' | 'ingress' | 'ports'>> {
  readonly clusterIp?: string;
  readonly externalIps?: readonly string[];
  readonly vips?: readonly string[];
  readonly ports?: ServiceModel['ports'];
}

export function service(name: string, { clusterIp, externalIps = [], vips = [], ports, ...more }: ServiceText): ServiceModel {
  return {
    namespace: 'ns1',
    name,
    type: 'ClusterIP',
    labels: {},
    annotations: {},
    clusterIp: clusterIp === undefined ? undefined : ip4(clusterIp),
    externalIps: externalIps.map(ip4),
    ingress: vips.map((ip) => ({ ip: ip4(ip), ipMode: 'VIP' })),
    sourceRanges: [],
    externalTrafficPolicy: 'Cluster',
    internalTrafficPolicy: 'Cluster',
    affinitySec: undefined,
    healthCheckNodePort: undefined,
    ports: ports ?? [{ name: 'p80', protocol: 'TCP', port: 80, nodePort: undefined }],
    because: { kind: 'Service', namespace: more.namespace ?? 'ns1', name },
    ...more,
  };
}

/** `10.0.0.1@n1`, with `terminating`, `serving` or `unready` behind a blank. */
export function endpoint(text: string, more: Partial<EndpointModel> = {}): EndpointModel {
  const [where = '', condition] = text.split(' ');
  const [ip = '', nodeName] = where.split('@');
  return {
    ip: ip4(ip),
    ports: [{ name: 'p80', protocol: 'TCP', port: 80 }],
    nodeName,
    ready: condition === undefined,
    serving: condition === undefined || condition === 'terminating' || condition === 'serving',
    terminating: condition === 'terminating',
    zone: undefined,
    forZones: undefined,
    forNodes: undefined,
    pod: undefined,
    because: { kind: 'EndpointSlice', namespace: 'ns1', name: `slice-${ip}` },
    ...more,
  };
}

export function cluster(nodes: readonly NodeModel[], services: readonly (readonly [ServiceModel, readonly EndpointModel[]])[], kubeProxy: Partial<KubeProxySettings> = {}): ClusterModel {
  return {
    nodes,
    pods: [],
    services: services.map(([s]) => s),
    endpoints: new Map(services.map(([s, endpoints]) => [`${s.namespace}/${s.name}`, endpoints])),
    namespaces: [],
    policies: [],
    kubeProxy: { ...KUBE_PROXY_DEFAULTS, ...kubeProxy },
    fabric: NO_FABRIC,
    documents: [],
  };
}
