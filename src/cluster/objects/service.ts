import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import type { Protocol, ServiceModel, ServicePortModel } from '../model.ts';
import { becauseOf, field, type KubeDocument, labelsOf, listOf, textOf } from './document.ts';
import { Fields } from './values.ts';

/** What a Service says before addresses and node ports that it leaves open are handed out. */
export interface ServiceDraft extends Omit<ServiceModel, 'ports'> {
  readonly ports: readonly (ServicePortModel & { readonly targetPort: number | string })[];
  /** The type asks for a cluster IP, and the object has none: the API server would give one. */
  readonly wantsClusterIp: boolean;
  readonly wantsNodePorts: boolean;
  readonly selector: Readonly<Record<string, string>>;
  readonly document: KubeDocument;
}

const PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;

export function readService(document: KubeDocument, found: DiagnosticList): ServiceDraft {
  const fields = new Fields(document, found);
  const type = fields.oneOf(['spec', 'type'], ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']);
  const given = fields.get('spec', 'clusterIP') ?? listOf(fields.get('spec', 'clusterIPs'))[0];
  const families = [given, ...listOf(fields.get('spec', 'clusterIPs'))];
  const headless = given === 'None';
  const clusterIp = headless || type === 'ExternalName' ? undefined : families.map((ip) => fields.ip(['spec', 'clusterIP'], ip)).find((ip) => ip !== undefined);
  const affinity = fields.oneOf(['spec', 'sessionAffinity'], ['None', 'ClientIP']);
  const timeout = fields.int(['spec', 'sessionAffinityConfig', 'clientIP', 'timeoutSeconds'], fields.get('spec', 'sessionAffinityConfig', 'clientIP', 'timeoutSeconds'), 1, 86_400);
  return {
    namespace: document.namespace ?? 'default',
    name: document.name,
    type,
    labels: labelsOf(fields.get('metadata', 'labels')),
    annotations: labelsOf(fields.get('metadata', 'annotations')),
    clusterIp,
    wantsClusterIp: given === undefined && type !== 'ExternalName',
    wantsNodePorts: (type === 'NodePort' || type === 'LoadBalancer') && !headless && fields.get('spec', 'allocateLoadBalancerNodePorts') !== false,
    externalIps: listOf(fields.get('spec', 'externalIPs')).flatMap((ip, i) => fields.ip(['spec', 'externalIPs', i], ip) ?? []),
    ingress: listOf(fields.get('status', 'loadBalancer', 'ingress')).flatMap((entry, i) => {
      const ip = fields.ip(['status', 'loadBalancer', 'ingress', i, 'ip'], field(entry, 'ip'));
      return ip === undefined ? [] : [{ ip, ipMode: field(entry, 'ipMode') === 'Proxy' ? ('Proxy' as const) : ('VIP' as const) }];
    }),
    sourceRanges: listOf(fields.get('spec', 'loadBalancerSourceRanges')).flatMap((range, i) => fields.cidr(['spec', 'loadBalancerSourceRanges', i], range) ?? []),
    externalTrafficPolicy: fields.oneOf(['spec', 'externalTrafficPolicy'], ['Cluster', 'Local']),
    internalTrafficPolicy: fields.oneOf(['spec', 'internalTrafficPolicy'], ['Cluster', 'Local']),
    affinitySec: affinity === 'ClientIP' ? (timeout ?? 10_800) : undefined,
    healthCheckNodePort: fields.int(['spec', 'healthCheckNodePort'], fields.get('spec', 'healthCheckNodePort') || undefined, 1, 65_535),
    ports: listOf(fields.get('spec', 'ports')).flatMap((port, i) => {
      const number = fields.int(['spec', 'ports', i, 'port'], field(port, 'port'), 1, 65_535);
      if (number === undefined) return [];
      const target = field(port, 'targetPort');
      const protocol = field(port, 'protocol') ?? 'TCP';
      const known = PROTOCOLS.find((p) => p === protocol);
      if (!known) fields.bad(['spec', 'ports', i, 'protocol'], protocol, PROTOCOLS.join(', '));
      return [
        {
          name: textOf(field(port, 'name')) ?? '',
          protocol: known ?? ('TCP' satisfies Protocol),
          port: number,
          nodePort: fields.int(['spec', 'ports', i, 'nodePort'], field(port, 'nodePort') || undefined, 1, 65_535),
          targetPort: typeof target === 'number' || (typeof target === 'string' && target !== '') ? target : number,
        },
      ];
    }),
    selector: labelsOf(fields.get('spec', 'selector')),
    document,
    because: becauseOf({ ...document, namespace: document.namespace ?? 'default' }),
  };
}
