import { type Flow, type FlowTable, since } from './table.ts';

/**
 * Who sees whom (TestInternalExternalMasquerade, pkg/proxy/iptables/proxier_test.go): three load balancers, one with policies Cluster, one
 * with externalTrafficPolicy Local, one with internalTrafficPolicy Local, asked by a pod, the node and somebody outside.
 */

const SERVICES: FlowTable['services'] = [
  { policies: {}, index: 1, vip: '1.2.3.4' },
  { policies: { externalTrafficPolicy: 'Local' }, index: 2, vip: '5.6.7.8' },
  { policies: { internalTrafficPolicy: 'Local' }, index: 3, vip: '9.10.11.12' },
].map(({ policies, index, vip }) => ({
  name: `svc${index}`,
  spec: { type: 'LoadBalancer', clusterIP: `172.30.0.4${index}`, ports: [{ name: 'p80', port: 80, nodePort: 3000 + index }], healthCheckNodePort: 30000 + index, ...policies },
  ingress: [{ ip: vip }],
  endpoints: [`10.180.0.${index}@n1`, `10.180.1.${index}@n2`],
}));

const both = (index: number): readonly string[] => [`10.180.0.${index}:80`, `10.180.1.${index}:80`];
const here = (index: number): readonly string[] => [`10.180.0.${index}:80`];

/** What changes when kube-proxy cannot tell pods of the node from others, and when it is told to hide every sender. */
interface Setting {
  readonly detects: boolean;
  readonly masqueradeAll: boolean;
}

function flowsOf({ detects, masqueradeAll }: Setting): readonly Flow[] {
  const inside = (index: number, ends: readonly string[]): readonly Flow[] => [
    { from: 'pod', to: `172.30.0.4${index}:80`, ends, masq: masqueradeAll },
    { from: 'node', to: `172.30.0.4${index}:80`, ends, masq: detects || masqueradeAll },
    { from: 'outside', to: `172.30.0.4${index}:80`, ends, masq: detects || masqueradeAll },
  ];
  const clusterWide = (index: number, vip: string): readonly Flow[] =>
    ['pod', 'node', 'outside'].flatMap((from): readonly Flow[] => [`192.168.0.2:300${index}`, `${vip}:80`].map((to) => ({ from, to, ends: both(index), masq: true })));
  const localhost = (index: number): Flow => ({ from: 'localhost', to: `127.0.0.1:300${index}`, ends: both(index), masq: true });
  return [
    ...inside(1, both(1)),
    ...clusterWide(1, '1.2.3.4'),
    localhost(1),
    ...inside(2, both(2)),
    ...['192.168.0.2:3002', '5.6.7.8:80'].flatMap((to): readonly Flow[] => [
      { from: 'pod', to, ends: detects ? both(2) : here(2), because: 'without a detector a pod is like anybody else' },
      { from: 'node', to, ends: both(2), masq: true },
      { from: 'outside', to, ends: here(2) },
    ]),
    localhost(2),
    ...inside(3, here(3)),
    ...clusterWide(3, '9.10.11.12'),
    localhost(3),
  ];
}

const table = (name: string, setting: Setting): FlowTable => ({
  name: `masquerading: ${name}`,
  versions: since(24),
  settings: { ...(setting.detects ? {} : { clusterCIDR: '' }), iptables: { masqueradeAll: setting.masqueradeAll } },
  services: SERVICES,
  flows: flowsOf(setting),
});

export const MASQUERADING: readonly FlowTable[] = [
  table('as usual', { detects: true, masqueradeAll: false }),
  table('no detector', { detects: false, masqueradeAll: false }),
  table('masqueradeAll', { detects: true, masqueradeAll: true }),
  table('masqueradeAll without a detector', { detects: false, masqueradeAll: true }),
];
