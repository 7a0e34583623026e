/**
 * What kube-proxy in IPVS mode does with a connection, by version: who may answer it, and whom the endpoint takes for its client. The
 * expectations follow kube-proxy's source (pkg/proxy/ipvs/proxier.go, pkg/proxy/topology.go of each version) and the kernel's (net/netfilter/ipvs);
 * `why` names the part that decides.
 *
 * Node n1 (192.168.0.11, zone a) has the pods `pod` and e1, node n2 the pods `pod2`, e2 and e3; `client` is on the nodes' wire and sends everything
 * that is not on it to n1. The service is web: 10.96.0.10:80, its node port 30080, its load balancer's address 172.16.0.1.
 */
export interface FlowGroup {
  readonly about: string;
  /** Fields below `spec` of the Service, as YAML flow mapping without braces; `type: ClusterIP` when it says nothing. */
  readonly service: string;
  /** Names, `:unready` or `:terminating` behind one that is; `@a` the zones that it is hinted for. */
  readonly endpoints: string;
  /** Fields of the KubeProxyConfiguration, instead of a clusterCIDR that holds all pods. */
  readonly proxy?: string;
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP';
  /** Fields below `metadata` of the Service. */
  readonly metadata?: string;
  readonly ipMode?: 'Proxy';
  readonly rows: readonly FlowRow[];
}

/** Versions, from whom, to what (`x3`: three connections in turn), what comes of it, why. */
export type FlowRow = readonly [versions: string, from: Sender, to: string, then: string, why: string];

export type Sender = 'pod' | 'pod2' | 'n1' | 'client' | 'e1' | 'e2';

const REFUSED = 'refused: port unreachable';
const SELF = 'n1 itself';

export const POLICY_FLOWS: readonly FlowGroup[] = [
  {
    about: 'cluster IP',
    service: 'type: ClusterIP',
    endpoints: 'e1 e2 e3',
    rows: [
      ['18-36', 'pod', 'clusterIP', 'e1 e2 e3 see pod', 'KUBE-CLUSTER-IP marks what is not from the cluster CIDR'],
      ['18-36', 'pod2', 'clusterIP', 'e1 e2 e3 see pod2', 'and each node does so by itself'],
      ['18-36', 'n1', 'clusterIP', 'e1 e2 e3 see n1', 'a node sends from the cluster IP, which is no pod'],
      ['18-36', 'client', 'clusterIP', 'e1 e2 e3 see n1', 'no pod'],
      ['18-36', 'e1', 'clusterIP', 'e1 sees n1; e2 e3 see e1', 'KUBE-LOOP-BACK masquerades the hairpin alone'],
    ],
  },
  {
    about: 'cluster IP, masqueradeAll',
    service: 'type: ClusterIP',
    endpoints: 'e1 e2 e3',
    proxy: 'clusterCIDR: 10.0.0.0/14, iptables: {masqueradeAll: true}',
    rows: [
      ['18-36', 'pod', 'clusterIP', 'e1 e2 e3 see n1', 'KUBE-CLUSTER-IP marks everybody'],
      ['18-36', 'n1', 'clusterIP', 'e1 e2 e3 see n1', 'everybody'],
      ['18-36', 'client', 'clusterIP', 'e1 e2 e3 see n1', 'everybody'],
      ['18-36', 'e1', 'clusterIP', 'e1 e2 e3 see n1', 'everybody'],
    ],
  },
  {
    about: 'cluster IP, no way to tell pods',
    service: 'type: ClusterIP',
    endpoints: 'e1 e2 e3',
    proxy: 'clusterCIDR: ""',
    rows: [
      ['18-36', 'pod', 'clusterIP', 'e1 e2 e3 see pod', 'only sources that are a service are marked: KUBE-CLUSTER-IP src,dst'],
      ['18-36', 'n1', 'clusterIP', 'e1 e2 e3 see n1', 'and the node sends from the cluster IP to its port'],
      ['18-36', 'client', 'clusterIP', 'e1 e2 e3 see client', 'not marked, so the answer goes past this node'],
      ['18-36', 'e1', 'clusterIP', 'e1 sees n1; e2 e3 see e1', 'KUBE-LOOP-BACK does not depend on it'],
    ],
  },
  {
    about: 'cluster IP, NodeCIDR',
    service: 'type: ClusterIP',
    endpoints: 'e1 e2 e3',
    proxy: 'detectLocalMode: NodeCIDR',
    rows: [
      ['18-36', 'pod', 'clusterIP', 'e1 e2 e3 see pod', 'from the node’s podCIDR'],
      ['18-36', 'client', 'clusterIP', 'e1 e2 e3 see n1', 'not from it'],
    ],
  },
  {
    about: 'cluster IP, InterfaceNamePrefix',
    service: 'type: ClusterIP',
    endpoints: 'e1 e2 e3',
    proxy: 'detectLocalMode: InterfaceNamePrefix, detectLocal: {interfaceNamePrefix: veth}',
    rows: [
      ['18-36', 'pod', 'clusterIP', 'e1 e2 e3 see pod', 'in by a veth'],
      ['18-36', 'n1', 'clusterIP', 'e1 e2 e3 see n1', 'in by no device at all'],
      ['18-36', 'client', 'clusterIP', 'e1 e2 e3 see n1', 'in by eth0'],
    ],
  },
  {
    about: 'cluster IP, BridgeInterface that no pod is behind',
    service: 'type: ClusterIP',
    endpoints: 'e1 e2 e3',
    proxy: 'detectLocalMode: BridgeInterface, detectLocal: {bridgeInterface: cni0}',
    rows: [['18-36', 'pod', 'clusterIP', 'e1 e2 e3 see n1', 'not in by cni0']],
  },
  {
    about: 'cluster IP, internalTrafficPolicy Local',
    service: 'internalTrafficPolicy: Local',
    endpoints: 'e1 e2 e3',
    rows: [
      ['18-20', 'pod', 'clusterIP', 'e1 e2 e3 see pod', 'not known yet'],
      ['22-36', 'pod', 'clusterIP', 'e1 sees pod', 'the local set'],
      ['22-36', 'n1', 'clusterIP', 'e1 sees n1', 'the local set'],
      ['22-36', 'client', 'clusterIP', 'e1 sees n1', 'the local set'],
      ['22-36', 'pod2', 'clusterIP', 'e2 e3 see pod2', 'those of its own node'],
    ],
  },
  {
    about: 'cluster IP, internalTrafficPolicy Local, none local',
    service: 'internalTrafficPolicy: Local',
    endpoints: 'e2 e3',
    rows: [
      ['18-20', 'pod', 'clusterIP', 'e2 e3 see pod', 'not known yet'],
      ['22-36', 'pod', 'clusterIP', REFUSED, 'no real server: nothing stands in where no address is for the outside (UsesClusterEndpoints())'],
      ['22-36', 'n1', 'clusterIP', REFUSED, 'no real server'],
      ['22-36', 'client', 'clusterIP', REFUSED, 'no real server'],
    ],
  },
  {
    about: 'node port, internalTrafficPolicy Local',
    service: 'type: NodePort, internalTrafficPolicy: Local',
    endpoints: 'e1 e2 e3',
    rows: [
      ['18-20', 'client', 'nodePort', 'e1 e2 e3 see n1', 'not known yet'],
      ['22-23', 'client', 'nodePort', 'e1 sees n1', 'FilterEndpoints() takes the others from every address'],
      ['24-36', 'client', 'nodePort', 'e1 e2 e3 see n1', 'each address has its own policy'],
      ['24-36', 'pod', 'clusterIP', 'e1 sees pod', 'each address has its own policy'],
    ],
  },
  {
    about: 'node port, internalTrafficPolicy Local, none local',
    service: 'type: NodePort, internalTrafficPolicy: Local',
    endpoints: 'e2 e3',
    rows: [
      ['22-23', 'client', 'nodePort', REFUSED, 'FilterEndpoints() leaves nothing'],
      ['22-23', 'pod', 'clusterIP', REFUSED, 'nothing'],
      ['24-36', 'pod', 'clusterIP', 'e2 e3 see pod', 'syncEndpoint() takes all when none is local'],
      ['24-36', 'client', 'nodePort', 'e2 e3 see n1', 'policy Cluster'],
    ],
  },
  {
    about: 'both policies Local',
    service: 'type: NodePort, internalTrafficPolicy: Local, externalTrafficPolicy: Local',
    endpoints: 'e1 e2 e3',
    rows: [
      ['22-36', 'pod', 'clusterIP', 'e1 sees pod', 'in this mode internalTrafficPolicy counts beside externalTrafficPolicy in every version'],
      ['18-36', 'client', 'nodePort', 'e1 sees client', 'policy Local'],
    ],
  },
  {
    about: 'node port',
    service: 'type: NodePort',
    endpoints: 'e1 e2 e3',
    rows: [
      ['18-36', 'pod', 'nodePort', 'e1 e2 e3 see n1', 'KUBE-NODE-PORT-TCP marks everybody'],
      ['18-36', 'n1', 'nodePort', 'e1 e2 e3 see n1', 'everybody'],
      ['18-36', 'client', 'nodePort', 'e1 e2 e3 see n1', 'everybody'],
      ['18-36', 'e1', 'nodePort', 'e1 e2 e3 see n1', 'everybody'],
      ['18-36', 'pod', 'nodePort of n2', 'e1 e2 e3 see n2', 'the node that the packet comes to does it'],
      ['18-36', 'client', 'nodePort of n2', 'e1 e2 e3 see n2', 'every node has every node port'],
      ['18-20', 'n1', 'nodePort of localhost', 'dropped', 'a virtual server at 127.0.0.1, too, but IPVS sends nothing from loopback off the node (crosses_local_route_boundary())'],
      ['22-25', 'n1', 'nodePort of localhost', 'dropped', 'no virtual server since 1.22, but still marked: as 192.168.0.11 it may not go to 127.0.0.1 (KUBE-FIREWALL)'],
      ['27-36', 'n1', 'nodePort of localhost', SELF, 'since 1.26 KUBE-SERVICES lets go of what comes from 127.0.0.0/8: what listens on the node answers'],
    ],
  },
  {
    about: 'node port, externalTrafficPolicy Local',
    service: 'type: NodePort, externalTrafficPolicy: Local',
    endpoints: 'e1 e2 e3',
    rows: [
      ['18-36', 'pod', 'nodePort', 'e1 sees pod', 'no short-cut to the other endpoints for pods: KUBE-NODE-PORT-LOCAL-TCP returns'],
      ['18-36', 'n1', 'nodePort', 'e1 sees n1', 'nor for the node, whose address it is anyway'],
      ['18-36', 'client', 'nodePort', 'e1 sees client', 'not marked'],
      ['18-36', 'e1', 'nodePort', 'e1 sees n1', 'the hairpin is masqueraded all the same'],
      ['18-36', 'client', 'nodePort of n2', 'e2 e3 see client', 'those of that node'],
      ['18-36', 'pod', 'clusterIP', 'e1 e2 e3 see pod', 'the cluster IP does not heed it'],
      ['18-36', 'client', 'clusterIP', 'e1 e2 e3 see n1', 'the cluster IP does not heed it'],
    ],
  },
  {
    about: 'node port, externalTrafficPolicy Local, none local',
    service: 'type: NodePort, externalTrafficPolicy: Local',
    endpoints: 'e2 e3',
    rows: [
      ['18-23', 'client', 'nodePort', REFUSED, 'no real server'],
      ['18-23', 'pod', 'nodePort', REFUSED, 'no real server'],
      ['18-23', 'n1', 'nodePort', REFUSED, 'no real server'],
      ['24-36', 'client', 'nodePort', 'e2 e3 see client', 'all stand in (kubernetes#97081), and still nothing marks'],
      ['24-36', 'pod', 'nodePort', 'e2 e3 see pod', 'all stand in'],
      ['24-36', 'n1', 'nodePort', 'e2 e3 see n1', 'all stand in'],
      ['18-36', 'pod', 'clusterIP', 'e2 e3 see pod', 'the cluster IP does not heed it'],
      ['18-36', 'client', 'nodePort of n2', 'e2 e3 see client', 'n2 has its own'],
    ],
  },
  {
    about: 'load balancer',
    service: 'type: LoadBalancer',
    endpoints: 'e1 e2 e3',
    rows: [
      ['18-36', 'pod', 'VIP', 'e1 e2 e3 see n1', 'KUBE-LOAD-BALANCER marks everybody'],
      ['18-36', 'n1', 'VIP', 'e1 e2 e3 see n1', 'everybody'],
      ['18-36', 'client', 'VIP', 'e1 e2 e3 see n1', 'everybody'],
      ['18-36', 'e1', 'VIP', 'e1 e2 e3 see n1', 'everybody'],
      ['18-36', 'client', 'nodePort', 'e1 e2 e3 see n1', 'a load balancer has a node port as well'],
      ['18-36', 'pod', 'clusterIP', 'e1 e2 e3 see pod', 'and a cluster IP'],
    ],
  },
  {
    about: 'load balancer, externalTrafficPolicy Local',
    service: 'type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 31999',
    endpoints: 'e1 e2 e3',
    rows: [
      ['18-36', 'pod', 'VIP', 'e1 sees pod', 'no short-cut: KUBE-LOAD-BALANCER-LOCAL returns before the mark'],
      ['18-36', 'n1', 'VIP', 'e1 sees VIP', 'a node sends from the address itself, and nothing marks'],
      ['18-36', 'client', 'VIP', 'e1 sees client', 'the client’s address is kept'],
      ['18-36', 'e1', 'VIP', 'e1 sees n1', 'the hairpin is masqueraded all the same'],
      ['18-36', 'pod2', 'VIP', 'e2 e3 see pod2', 'those of its own node'],
      ['18-36', 'client', 'nodePort', 'e1 sees client', 'the node port heeds it as well'],
      ['18-36', 'client', 'n1:31999', SELF, 'kube-proxy answers health checks itself'],
      ['18-25', 'client', 'VIP:31999', SELF, 'the address is the node’s own'],
      ['27-27', 'client', 'VIP:31999', REFUSED, 'KUBE-IPVS-FILTER'],
      ['31-36', 'client', 'VIP:31999', SELF, 'KUBE-IPVS-FILTER knows KUBE-HEALTH-CHECK-NODE-PORT since 1.28'],
    ],
  },
  {
    about: 'load balancer, externalTrafficPolicy Local, none local',
    service: 'type: LoadBalancer, externalTrafficPolicy: Local',
    endpoints: 'e2 e3',
    rows: [
      ['18-23', 'client', 'VIP', REFUSED, 'no real server'],
      ['18-23', 'pod', 'VIP', REFUSED, 'no real server'],
      ['24-36', 'client', 'VIP', 'e2 e3 see client', 'all stand in; the answer goes past this node, so the client does not know it'],
      ['24-36', 'pod', 'VIP', 'e2 e3 see pod', 'all stand in'],
      ['24-36', 'n1', 'VIP', 'dropped', 'all stand in; but n2 has the address as well, and takes what comes from it for a lie (fib_validate_source())'],
      ['18-36', 'pod2', 'VIP', 'e2 e3 see pod2', 'n2 has its own'],
    ],
  },
  {
    about: 'external IP',
    service: 'externalIPs: [203.0.113.9]',
    endpoints: 'e1 e2 e3',
    rows: [
      ['18-36', 'pod', 'externalIP', 'e1 e2 e3 see n1', 'KUBE-EXTERNAL-IP marks everybody'],
      ['18-36', 'n1', 'externalIP', 'e1 e2 e3 see n1', 'everybody'],
      ['18-36', 'client', 'externalIP', 'e1 e2 e3 see n1', 'everybody'],
      ['18-36', 'e1', 'externalIP', 'e1 e2 e3 see n1', 'everybody'],
      ['18-36', 'pod', 'clusterIP', 'e1 e2 e3 see pod', 'the cluster IP as ever'],
    ],
  },
  {
    about: 'external IP, externalTrafficPolicy Local',
    service: 'type: NodePort, externalIPs: [203.0.113.9], externalTrafficPolicy: Local',
    endpoints: 'e1 e2 e3',
    rows: [
      ['18-18', 'client', 'externalIP', 'e1 e2 e3 see n1', 'the gate ExternalPolicyForExternalIP is off by default'],
      ['19-25', 'client', 'externalIP', 'e1 sees client', 'KUBE-EXTERNAL-IP-LOCAL does not mark'],
      ['19-25', 'pod', 'externalIP', 'e1 sees pod', 'nor pods'],
      ['27-27', 'client', 'externalIP', REFUSED, 'KUBE-IPVS-FILTER does not know KUBE-EXTERNAL-IP-LOCAL before 1.31'],
      ['27-27', 'pod', 'externalIP', REFUSED, 'KUBE-IPVS-FILTER'],
      ['31-36', 'client', 'externalIP', 'e1 sees client', 'it does now'],
      ['31-36', 'pod', 'externalIP', 'e1 sees pod', 'it does now'],
      ['19-36', 'n1', 'externalIP', 'e1 sees externalIP', 'what the node sends does not pass INPUT'],
      ['19-25', 'e1', 'externalIP', 'e1 sees n1', 'the hairpin'],
    ],
  },
  {
    about: 'external IP of a ClusterIP service, externalTrafficPolicy Local',
    service: 'externalIPs: [203.0.113.9], externalTrafficPolicy: Local',
    endpoints: 'e1 e2 e3',
    rows: [
      ['18-23', 'client', 'externalIP', 'e1 e2 e3 see n1', 'the policy counts for NodePort and LoadBalancer alone (RequestsOnlyLocalTraffic())'],
      ['24-25', 'client', 'externalIP', 'e1 sees client', 'for every service that the outside can reach (ExternallyAccessible())'],
      ['27-27', 'client', 'externalIP', REFUSED, 'KUBE-IPVS-FILTER does not know KUBE-EXTERNAL-IP-LOCAL before 1.31'],
      ['31-36', 'client', 'externalIP', 'e1 sees client', 'it does now'],
    ],
  },
  {
    about: 'external IP that is the node’s own address',
    service: 'type: NodePort, externalIPs: [192.168.0.11]',
    endpoints: 'e1',
    rows: [
      ['18-25', 'client', 'n1:80', 'e1 sees n1', 'a virtual server at it'],
      ['27-36', 'client', 'n1:80', 'e1 sees n1', 'a virtual server needs no address on kube-ipvs0'],
      ['18-22', 'client', 'nodePort', 'e1 sees n1', 'node ports at all sources of table local but those of kube-ipvs0'],
      ['23-25', 'client', 'nodePort', SELF, 'at no address that is bound to kube-ipvs0, be it eth0’s as well (kubernetes#114815)'],
      ['27-27', 'client', 'nodePort', REFUSED, 'and KUBE-IPVS-FILTER closes every other port of the node'],
      ['31-36', 'client', 'nodePort', 'e1 sees n1', 'not bound since 1.28'],
      ['18-25', 'client', 'n1:22', SELF, 'nobody filters it'],
      ['27-27', 'client', 'n1:22', REFUSED, 'KUBE-IPVS-FILTER'],
      ['31-36', 'client', 'n1:22', SELF, 'not bound since 1.28'],
    ],
  },
  {
    about: 'external IP that is the node’s own address, endpoint on the other node',
    service: 'type: NodePort, externalIPs: [192.168.0.11]',
    endpoints: 'e2',
    rows: [['18-36', 'client', 'n1:80', 'dropped', 'n2 has bound the address to its kube-ipvs0, and takes what n1 masquerades with it for a lie (fib_validate_source())']],
  },
];
