import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import type { EndpointModel, PodModel, Protocol } from '../model.ts';
import { becauseOf, field, type KubeDocument, listOf, textOf, textsOf } from './document.ts';
import type { ServiceDraft } from './service.ts';
import { Fields } from './values.ts';

type Ports = EndpointModel['ports'];

const protocolOf = (value: unknown): Protocol => (value === 'UDP' || value === 'SCTP' ? value : 'TCP');

const portsOf = (fields: Fields, path: readonly (string | number)[], value: unknown): Ports =>
  listOf(value).flatMap((port, i) => {
    const number = fields.int([...path, i, 'port'], field(port, 'port'), 1, 65_535);
    return number === undefined ? [] : [{ name: textOf(field(port, 'name')) ?? '', protocol: protocolOf(field(port, 'protocol')), port: number }];
  });

const podOf = (reference: unknown, namespace: string): string | undefined => {
  const name = field(reference, 'kind') === 'Pod' ? textOf(field(reference, 'name')) : undefined;
  return name === undefined ? undefined : `${textOf(field(reference, 'namespace')) ?? namespace}/${name}`;
};

/** The service of a slice (its label) and its endpoints; undefined for a slice of no service or of another address family. */
export function readEndpointSlice(document: KubeDocument, found: DiagnosticList): { readonly service: string; readonly endpoints: readonly EndpointModel[] } | undefined {
  const fields = new Fields(document, found);
  const namespace = document.namespace ?? 'default';
  const name = textOf(field(document.value, 'metadata', 'labels', 'kubernetes.io/service-name'));
  if (name === undefined) return fields.bad(['metadata', 'labels'], 'kubernetes.io/service-name', 'kubernetes.io/service-name: NAME');
  const type = fields.get('addressType') ?? 'IPv4';
  if (type === 'IPv6' || type === 'FQDN') return undefined;
  const ports = portsOf(fields, ['ports'], fields.get('ports'));
  const because = becauseOf({ ...document, namespace });
  return {
    service: `${namespace}/${name}`,
    endpoints: listOf(fields.get('endpoints')).flatMap((endpoint, i): readonly EndpointModel[] => {
      const ready = field(endpoint, 'conditions', 'ready') !== false;
      const serving = field(endpoint, 'conditions', 'serving');
      const forZones = field(endpoint, 'hints', 'forZones');
      const forNodes = field(endpoint, 'hints', 'forNodes');
      const namesOf = (list: unknown): readonly string[] | undefined => (Array.isArray(list) ? listOf(list).flatMap((z) => textOf(field(z, 'name')) ?? []) : undefined);
      return textsOf(field(endpoint, 'addresses'))
        .slice(0, 1)
        .flatMap((address) => {
          const ip = fields.ip(['endpoints', i, 'addresses'], address);
          if (ip === undefined) return [];
          return [
            {
              ip,
              ports,
              nodeName: textOf(field(endpoint, 'nodeName')) ?? textOf(field(endpoint, 'topology', 'kubernetes.io/hostname')),
              ready,
              serving: serving === undefined || serving === null ? ready : serving === true,
              terminating: field(endpoint, 'conditions', 'terminating') === true,
              zone: textOf(field(endpoint, 'zone')),
              forZones: namesOf(forZones),
              forNodes: namesOf(forNodes),
              pod: podOf(field(endpoint, 'targetRef'), namespace),
              because,
            },
          ];
        });
    }),
  };
}

/** The older object, which has the service's own name. Addresses that are not ready never reach a proxy. */
export function readEndpoints(document: KubeDocument, found: DiagnosticList): { readonly service: string; readonly endpoints: readonly EndpointModel[] } {
  const fields = new Fields(document, found);
  const namespace = document.namespace ?? 'default';
  const because = becauseOf({ ...document, namespace });
  return {
    service: `${namespace}/${document.name}`,
    endpoints: listOf(fields.get('subsets')).flatMap((subset, s) => {
      const ports = portsOf(fields, ['subsets', s, 'ports'], field(subset, 'ports'));
      const read = (list: 'addresses' | 'notReadyAddresses', ready: boolean): readonly EndpointModel[] =>
        listOf(field(subset, list)).flatMap((address, i) => {
          const ip = fields.ip(['subsets', s, list, i, 'ip'], field(address, 'ip'));
          if (ip === undefined) return [];
          const pod = podOf(field(address, 'targetRef'), namespace);
          return [{ ip, ports, nodeName: textOf(field(address, 'nodeName')), ready, serving: ready, terminating: false, zone: undefined, forZones: undefined, forNodes: undefined, pod, because }];
        });
      return [...read('addresses', true), ...read('notReadyAddresses', false)];
    }),
  };
}

/** What the endpoint controller makes of a service's selector, for services whose endpoints nobody gave. */
export function selectEndpoints(service: ServiceDraft, pods: readonly PodModel[]): readonly EndpointModel[] {
  const labels = Object.entries(service.selector);
  if (labels.length === 0) return [];
  return pods
    .filter((pod) => pod.namespace === service.namespace && !pod.ended && labels.every(([key, value]) => pod.labels[key] === value))
    .map((pod) => ({
      ip: pod.ip,
      // findPort() of pkg/api/v1/pod: a name is looked up among the container's ports, and a pod without it does not serve that port.
      ports: service.ports.flatMap((port) => {
        const target = typeof port.targetPort === 'number' ? port.targetPort : pod.ports.find((p) => p.name === port.targetPort && p.protocol === port.protocol)?.containerPort;
        return target === undefined ? [] : [{ name: port.name, protocol: port.protocol, port: target }];
      }),
      nodeName: pod.node,
      ready: true,
      serving: true,
      terminating: false,
      zone: undefined,
      forZones: undefined,
      forNodes: undefined,
      pod: `${pod.namespace}/${pod.name}`,
      because: pod.because,
    }));
}
