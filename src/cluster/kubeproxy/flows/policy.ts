import { type Flow, type FlowService, type FlowTable, EVERY, between, since, upTo } from './table.ts';

/**
 * Traffic policies: who sends (a pod of the node, the node itself, somebody outside) to which address of a service (cluster IP, node port,
 * load balancer, external IP), with endpoints on this node and elsewhere, only elsewhere, or nowhere.
 */

const CLUSTER_IP = '172.30.0.41:80';
const NODE_PORT = '192.168.0.2:30001';
const LOCAL_PORT = '127.0.0.1:30001';
const VIP = '1.2.3.4:80';
const EXTERNAL_IP = '192.168.99.11:80';

const HERE = '10.180.0.1:80';
const THERE = '10.180.2.1:80';
const BOTH = [HERE, THERE];

const EVERYWHERE = ['10.180.0.1@n1', '10.180.2.1@n2'];
const ELSEWHERE = ['10.180.2.1@n2'];

const balanced = (endpoints: readonly string[], policies: Readonly<Record<string, unknown>> = {}): readonly FlowService[] => [
  {
    name: 'svc1',
    spec: { type: 'LoadBalancer', clusterIP: '172.30.0.41', externalIPs: ['192.168.99.11'], ports: [{ name: 'p80', port: 80, nodePort: 30001 }], ...policies },
    ingress: [{ ip: '1.2.3.4' }],
    endpoints,
  },
];

/** One expectation for each of several destinations. */
const to = (from: string, destinations: readonly string[], ends: Flow['ends'], masq = false, because?: string): readonly Flow[] =>
  destinations.map((destination) => ({ from, to: destination, ends, masq, ...(because === undefined ? {} : { because }) }));

const EXTERNALS = [NODE_PORT, VIP, EXTERNAL_IP];

const clusterPolicyInside = (ends: readonly string[]): readonly Flow[] => [...to('pod', [CLUSTER_IP], ends), ...to('node', [CLUSTER_IP], ends, true), ...to('outside', [CLUSTER_IP], ends, true)];

/** A pod's packet to an external IP keeps its sender from 1.21 to 1.23; up to 1.20 the node's own packet is not for the service. */
const EXTERNAL_IP_OLD = 'up to 1.20 only packets from elsewhere, or to an address of the node, are for a service';

const LEAVES = 'the rule that rejects is met by packets to the node and through it, and a packet of the node to an address elsewhere is neither';

const noEndpoints = (versions: readonly number[], policy: 'Cluster' | 'Local', flows: readonly Flow[]): FlowTable => ({
  name: `no endpoints, policies ${policy}`,
  versions,
  services: balanced([], { externalTrafficPolicy: policy, internalTrafficPolicy: policy }),
  flows,
});

const REJECTED: readonly Flow[] = [
  ...to('pod', [CLUSTER_IP, NODE_PORT, VIP], 'reject'),
  ...to('node', [CLUSTER_IP, NODE_PORT], 'reject'),
  ...to('outside', [CLUSTER_IP, NODE_PORT, VIP], 'reject'),
  ...to('localhost', [LOCAL_PORT], 'reject'),
];

const REJECTED_SINCE_20: readonly Flow[] = [...REJECTED, ...to('pod', [EXTERNAL_IP], 'reject'), ...to('outside', [EXTERNAL_IP], 'reject'), ...to('node', [VIP, EXTERNAL_IP], 'none', false, LEAVES)];

const ONLY_INPUT = 'up to 1.19 the chain with that rule is met by packets to the node alone';
const REJECTED_UP_TO_19: readonly Flow[] = [...REJECTED, ...to('node', [VIP], 'reject'), ...['pod', 'node', 'outside'].flatMap((from) => to(from, [EXTERNAL_IP], 'none', false, ONLY_INPUT))];

export const POLICY_TABLES: readonly FlowTable[] = [
  {
    name: 'policies Cluster',
    versions: EVERY,
    services: balanced(EVERYWHERE),
    flows: [
      ...clusterPolicyInside(BOTH),
      ...to('pod', [NODE_PORT, VIP], BOTH, true),
      ...to('node', [NODE_PORT, VIP], BOTH, true),
      ...to('outside', [NODE_PORT, VIP, EXTERNAL_IP], BOTH, true),
      ...to('localhost', [LOCAL_PORT], BOTH, true),
    ],
  },
  { name: 'policies Cluster, external IP', versions: since(24), services: balanced(EVERYWHERE), flows: [...to('pod', [EXTERNAL_IP], BOTH, true), ...to('node', [EXTERNAL_IP], BOTH, true)] },
  {
    name: 'policies Cluster, external IP',
    versions: between(22, 23),
    services: balanced(EVERYWHERE),
    flows: [...to('pod', [EXTERNAL_IP], BOTH, false, 'packets of pods to external IPs are not marked from 1.21 to 1.23'), ...to('node', [EXTERNAL_IP], BOTH, true)],
  },
  {
    name: 'policies Cluster, external IP',
    versions: upTo(20),
    services: balanced(EVERYWHERE),
    flows: [...to('pod', [EXTERNAL_IP], BOTH, true), ...to('node', [EXTERNAL_IP], 'none', true, EXTERNAL_IP_OLD)],
  },
  {
    name: 'policies Cluster, endpoints elsewhere',
    versions: EVERY,
    services: balanced(ELSEWHERE),
    flows: [
      ...clusterPolicyInside([THERE]),
      ...to('pod', [NODE_PORT, VIP], [THERE], true),
      ...to('node', [NODE_PORT, VIP], [THERE], true),
      ...to('outside', EXTERNALS, [THERE], true),
      ...to('localhost', [LOCAL_PORT], [THERE], true),
    ],
  },
  {
    name: 'internalTrafficPolicy Local',
    versions: since(24),
    services: balanced(EVERYWHERE, { internalTrafficPolicy: 'Local' }),
    flows: [
      ...clusterPolicyInside([HERE]),
      ...to('pod', EXTERNALS, BOTH, true, 'it says nothing about addresses for the outside'),
      ...to('node', EXTERNALS, BOTH, true),
      ...to('outside', EXTERNALS, BOTH, true),
      ...to('localhost', [LOCAL_PORT], BOTH, true),
    ],
  },
  {
    name: 'internalTrafficPolicy Local',
    versions: between(22, 23),
    services: balanced(EVERYWHERE, { internalTrafficPolicy: 'Local' }),
    flows: [...clusterPolicyInside([HERE]), ...to('pod', [NODE_PORT, VIP], [HERE], true, 'up to 1.23 one list of endpoints serves every address'), ...to('node', EXTERNALS, [HERE], true), ...to('outside', EXTERNALS, [HERE], true)],
  },
  {
    name: 'internalTrafficPolicy Local is not known yet',
    versions: upTo(20),
    services: balanced(EVERYWHERE, { internalTrafficPolicy: 'Local' }),
    flows: [...clusterPolicyInside(BOTH), ...to('outside', EXTERNALS, BOTH, true)],
  },
  {
    name: 'internalTrafficPolicy Local, endpoints elsewhere',
    versions: since(25),
    services: balanced(ELSEWHERE, { internalTrafficPolicy: 'Local' }),
    flows: [...['pod', 'node', 'outside'].flatMap((from) => to(from, [CLUSTER_IP], 'drop')), ...to('pod', EXTERNALS, [THERE], true), ...to('node', EXTERNALS, [THERE], true), ...to('outside', EXTERNALS, [THERE], true)],
  },
  {
    name: 'internalTrafficPolicy Local, endpoints elsewhere',
    versions: [24],
    services: balanced(ELSEWHERE, { internalTrafficPolicy: 'Local' }),
    flows: [
      ...to('node', [CLUSTER_IP], 'drop'),
      ...to('pod', [CLUSTER_IP], 'none', false, 'the mark that drops is looked at for packets to and from the node, not through it'),
      ...to('outside', [CLUSTER_IP], 'none', true, 'the mark that drops is looked at for packets to and from the node, not through it'),
      ...to('outside', EXTERNALS, [THERE], true),
    ],
  },
  {
    name: 'internalTrafficPolicy Local, endpoints elsewhere',
    versions: between(22, 23),
    services: balanced(ELSEWHERE, { internalTrafficPolicy: 'Local' }),
    flows: [...to('pod', [CLUSTER_IP, ...EXTERNALS], 'reject', false, 'no endpoint is left, for whatever address'), ...to('node', [CLUSTER_IP, NODE_PORT], 'reject'), ...to('outside', [CLUSTER_IP, ...EXTERNALS], 'reject')],
  },
  {
    name: 'externalTrafficPolicy Local',
    versions: since(22),
    services: balanced(EVERYWHERE, { externalTrafficPolicy: 'Local' }),
    flows: [
      ...clusterPolicyInside(BOTH),
      ...to('pod', EXTERNALS, BOTH, false, 'as if the packet went out to the load balancer and came back'),
      ...to('node', EXTERNALS, BOTH, true),
      ...to('localhost', [LOCAL_PORT], BOTH, true),
      ...to('outside', EXTERNALS, [HERE]),
    ],
  },
  {
    name: 'externalTrafficPolicy Local',
    versions: upTo(20),
    services: balanced(EVERYWHERE, { externalTrafficPolicy: 'Local' }),
    flows: [
      ...clusterPolicyInside(BOTH),
      ...to('pod', [NODE_PORT, VIP], BOTH),
      ...to('node', [NODE_PORT, VIP], BOTH, true),
      ...to('localhost', [LOCAL_PORT], BOTH, true),
      ...to('outside', [NODE_PORT, VIP], [HERE]),
    ],
  },
  {
    name: 'externalTrafficPolicy Local, external IP',
    versions: between(19, 20),
    services: balanced(EVERYWHERE, { externalTrafficPolicy: 'Local' }),
    flows: [...to('pod', [EXTERNAL_IP], BOTH), ...to('node', [EXTERNAL_IP], 'none', false, EXTERNAL_IP_OLD), ...to('outside', [EXTERNAL_IP], [HERE])],
  },
  {
    name: 'externalTrafficPolicy Local, external IP',
    versions: [18],
    services: balanced(EVERYWHERE, { externalTrafficPolicy: 'Local' }),
    flows: [...to('pod', [EXTERNAL_IP], BOTH, true, 'in 1.18 external IPs do not heed the policy'), ...to('outside', [EXTERNAL_IP], BOTH, true)],
  },
  {
    name: 'externalTrafficPolicy Local, endpoints elsewhere',
    versions: since(25),
    services: balanced(ELSEWHERE, { externalTrafficPolicy: 'Local' }),
    flows: [
      ...clusterPolicyInside([THERE]),
      ...to('pod', EXTERNALS, [THERE]),
      ...to('node', EXTERNALS, [THERE], true),
      ...to('localhost', [LOCAL_PORT], [THERE], true),
      ...to('outside', EXTERNALS, 'drop'),
    ],
  },
  {
    name: 'externalTrafficPolicy Local, endpoints elsewhere',
    versions: between(22, 24),
    services: balanced(ELSEWHERE, { externalTrafficPolicy: 'Local' }),
    flows: [
      ...clusterPolicyInside([THERE]),
      ...to('pod', EXTERNALS, [THERE]),
      ...to('node', EXTERNALS, [THERE], true),
      ...to('outside', [NODE_PORT], 'drop'),
      ...to('outside', [VIP, EXTERNAL_IP], 'none', false, 'the mark that drops is looked at for packets to and from the node, not through it'),
    ],
  },
  {
    name: 'both policies Local',
    versions: since(24),
    services: balanced(EVERYWHERE, { externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local' }),
    flows: [...clusterPolicyInside([HERE]), ...to('pod', EXTERNALS, BOTH), ...to('node', EXTERNALS, BOTH, true), ...to('outside', EXTERNALS, [HERE])],
  },
  {
    name: 'both policies Local',
    versions: between(22, 23),
    services: balanced(EVERYWHERE, { externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local' }),
    flows: [
      ...to('pod', [CLUSTER_IP, ...EXTERNALS], BOTH, false, 'up to 1.23 internalTrafficPolicy counts only beside externalTrafficPolicy Cluster'),
      ...to('node', [CLUSTER_IP, ...EXTERNALS], BOTH, true),
      ...to('outside', EXTERNALS, [HERE]),
    ],
  },
  {
    name: 'both policies Local, endpoints elsewhere',
    versions: since(25),
    services: balanced(ELSEWHERE, { externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local' }),
    flows: [...['pod', 'node', 'outside'].flatMap((from) => to(from, [CLUSTER_IP], 'drop')), ...to('pod', EXTERNALS, [THERE]), ...to('node', EXTERNALS, [THERE], true), ...to('outside', EXTERNALS, 'drop')],
  },
  noEndpoints(since(20), 'Cluster', REJECTED_SINCE_20),
  noEndpoints(since(20), 'Local', REJECTED_SINCE_20),
  noEndpoints(upTo(19), 'Cluster', REJECTED_UP_TO_19),
  noEndpoints(upTo(19), 'Local', REJECTED_UP_TO_19),
];
