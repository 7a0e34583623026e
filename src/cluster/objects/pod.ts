import type { DiagnosticList } from '../../dumps/diagnostic.ts';
import type { Ip4 } from '../../packet/address.ts';
import type { PodModel, Protocol } from '../model.ts';
import { becauseOf, field, type KubeDocument, labelsOf, listOf, textOf } from './document.ts';
import { Fields } from './values.ts';

/** A Pod before nodes and addresses are handed out to those that have none. */
export interface PodDraft extends Omit<PodModel, 'ip' | 'node' | 'netns'> {
  readonly ip: Ip4 | undefined;
  readonly node: string | undefined;
  /** Nobody scheduled it yet: it has no network. */
  readonly pending: boolean;
  readonly document: KubeDocument;
}

export function readPod(document: KubeDocument, found: DiagnosticList): PodDraft {
  const fields = new Fields(document, found);
  const phase = textOf(fields.get('status', 'phase'));
  const hostNetwork = fields.get('spec', 'hostNetwork') === true;
  const ips = [fields.get('status', 'podIP'), ...listOf(fields.get('status', 'podIPs')).map((p) => field(p, 'ip'))];
  const containers = [...listOf(fields.get('spec', 'containers')), ...listOf(fields.get('spec', 'initContainers')).filter((c) => field(c, 'restartPolicy') === 'Always')];
  return {
    namespace: document.namespace ?? 'default',
    name: document.name,
    labels: labelsOf(fields.get('metadata', 'labels')),
    annotations: labelsOf(fields.get('metadata', 'annotations')),
    serviceAccount: textOf(fields.get('spec', 'serviceAccountName')) ?? textOf(fields.get('spec', 'serviceAccount')) ?? 'default',
    node: textOf(fields.get('spec', 'nodeName')),
    ip: ips.map((ip) => fields.ip(['status', 'podIP'], ip)).find((ip) => ip !== undefined),
    hostNetwork,
    ended: phase === 'Succeeded' || phase === 'Failed',
    pending: phase === 'Pending' && textOf(fields.get('spec', 'nodeName')) === undefined,
    ports: containers.flatMap((container, c) =>
      listOf(field(container, 'ports')).flatMap((port, p) => {
        const at = ['spec', 'containers', c, 'ports', p] as const;
        const containerPort = fields.int([...at, 'containerPort'], field(port, 'containerPort'), 1, 65_535);
        if (containerPort === undefined) return [];
        const protocol = field(port, 'protocol');
        return [
          {
            name: textOf(field(port, 'name')),
            containerPort,
            protocol: protocol === 'UDP' || protocol === 'SCTP' ? protocol : ('TCP' satisfies Protocol),
            hostPort: fields.int([...at, 'hostPort'], field(port, 'hostPort'), 1, 65_535),
            hostIp: textOf(field(port, 'hostIP')),
          },
        ];
      }),
    ),
    document,
    because: becauseOf({ ...document, namespace: document.namespace ?? 'default' }),
  };
}
