import type { FlowGroup } from './ipvsFlows.ts';

const REFUSED = 'refused: port unreachable';
const SELF = 'n1 itself';

/** Flows beside the traffic policies: no endpoints, who may come, other protocols, affinity, which endpoints count. */
export const MORE_FLOWS: readonly FlowGroup[] = [
  {
    about: 'no endpoints',
    service: 'type: LoadBalancer, externalIPs: [203.0.113.9]',
    endpoints: '',
    rows: [
      ['18-36', 'pod', 'clusterIP', REFUSED, 'no rule rejects: the virtual server has no real one, and the kernel says so (ip_vs_leave())'],
      ['18-36', 'n1', 'clusterIP', REFUSED, 'ip_vs_leave()'],
      ['18-36', 'client', 'clusterIP', REFUSED, 'ip_vs_leave()'],
      ['18-36', 'client', 'nodePort', REFUSED, 'ip_vs_leave()'],
      ['18-36', 'n1', 'nodePort', REFUSED, 'ip_vs_leave()'],
      ['18-36', 'client', 'VIP', REFUSED, 'ip_vs_leave()'],
      ['18-36', 'pod', 'VIP', REFUSED, 'ip_vs_leave()'],
      ['18-36', 'client', 'externalIP', REFUSED, 'ip_vs_leave()'],
    ],
  },
  {
    about: 'no endpoints, UDP',
    service: 'type: NodePort',
    protocol: 'UDP',
    endpoints: '',
    rows: [
      ['18-36', 'pod', 'clusterIP', REFUSED, 'ip_vs_leave()'],
      ['18-36', 'client', 'nodePort', REFUSED, 'ip_vs_leave()'],
    ],
  },
  {
    about: 'source ranges with the client and the nodes',
    service: 'type: LoadBalancer, loadBalancerSourceRanges: [192.168.0.0/24]',
    endpoints: 'e1 e2 e3',
    rows: [
      ['18-36', 'client', 'VIP', 'e1 e2 e3 see n1', 'KUBE-LOAD-BALANCER-SOURCE-CIDR has it'],
      ['18-36', 'n1', 'VIP', 'e1 e2 e3 see n1', 'KUBE-LOAD-BALANCER-SOURCE-IP lets the address itself in, from which the node sends'],
      ['18-36', 'pod', 'VIP', 'dropped', 'in no range: by kubelet’s mark up to 1.24, in KUBE-SOURCE-RANGES-FIREWALL since'],
      ['18-36', 'e1', 'VIP', 'dropped', 'in no range'],
      ['18-36', 'pod', 'clusterIP', 'e1 e2 e3 see pod', 'ranges are for the load balancer’s address'],
      ['18-36', 'pod', 'nodePort', 'e1 e2 e3 see n1', 'ranges are for the load balancer’s address'],
    ],
  },
  {
    about: 'source ranges without the client and the nodes',
    service: 'type: LoadBalancer, loadBalancerSourceRanges: [198.51.100.0/24, 10.1.0.9/32]',
    endpoints: 'e1 e2 e3',
    rows: [
      ['18-36', 'client', 'VIP', 'dropped', 'in no range'],
      ['18-36', 'pod', 'VIP', 'e1 e2 e3 see n1', 'the second range is its address'],
      ['18-24', 'n1', 'VIP', 'dropped', 'KUBE-SERVICES is in OUTPUT, too, and kubelet’s chain drops the mark'],
      ['25-27', 'n1', 'VIP', 'e1 e2 e3 see n1', 'KUBE-PROXY-FIREWALL is in INPUT and FORWARD only'],
      ['31-36', 'n1', 'VIP', 'dropped', 'KUBE-IPVS-OUT-FILTER, since 1.29 (kubernetes#119656)'],
      ['18-36', 'client', 'nodePort', 'e1 e2 e3 see n1', 'ranges are for the load balancer’s address'],
    ],
  },
  {
    about: 'source ranges, externalTrafficPolicy Local',
    service: 'type: LoadBalancer, externalTrafficPolicy: Local, loadBalancerSourceRanges: [192.168.0.0/24]',
    endpoints: 'e1 e2 e3',
    rows: [
      ['18-36', 'client', 'VIP', 'e1 sees client', 'RETURN from the ranges, then from the mark'],
      ['18-36', 'pod', 'VIP', 'dropped', 'in no range'],
    ],
  },
  {
    about: 'a source range of everybody',
    service: 'type: LoadBalancer, loadBalancerSourceRanges: [198.51.100.0/24, 0.0.0.0/0]',
    endpoints: 'e1 e2 e3',
    rows: [['18-36', 'pod', 'VIP', 'e1 e2 e3 see n1', 'takes the other ranges with it']],
  },
  {
    about: 'other ports of addresses of services',
    service: 'type: LoadBalancer',
    endpoints: 'e1 e2 e3',
    rows: [
      ['18-25', 'client', 'clusterIP:22', SELF, 'the address is the node’s own, and so are its ports (kubernetes#72236)'],
      ['27-36', 'client', 'clusterIP:22', REFUSED, 'KUBE-IPVS-FILTER'],
      ['18-25', 'pod', 'VIP:10250', SELF, 'the node’s own'],
      ['27-36', 'pod', 'VIP:10250', REFUSED, 'KUBE-IPVS-FILTER'],
      ['18-25', 'n1', 'clusterIP:22', SELF, 'the node’s own'],
      ['27-36', 'n1', 'clusterIP:22', REFUSED, 'lo leads to INPUT, too'],
      ['18-36', 'client', 'n1:22', SELF, 'not an address of kube-ipvs0'],
      ['18-25', 'client', 'clusterIP by ping', SELF, 'the node answers'],
      ['27-36', 'client', 'clusterIP by ping', REFUSED, 'KUBE-IPVS-IPS does not ask for the protocol, the sets before it do'],
      ['18-36', 'client', 'n1 by ping', SELF, 'not an address of kube-ipvs0'],
    ],
  },
  {
    about: 'UDP',
    service: 'type: NodePort',
    protocol: 'UDP',
    endpoints: 'e1 e2 e3',
    rows: [
      ['18-36', 'pod', 'clusterIP', 'e1 e2 e3 see pod', 'as TCP'],
      ['18-36', 'client', 'nodePort', 'e1 e2 e3 see n1', 'KUBE-NODE-PORT-UDP'],
    ],
  },
  {
    about: 'UDP, externalTrafficPolicy Local',
    service: 'type: NodePort, externalTrafficPolicy: Local',
    protocol: 'UDP',
    endpoints: 'e1 e2 e3',
    rows: [['18-36', 'client', 'nodePort', 'e1 sees client', 'KUBE-NODE-PORT-LOCAL-UDP']],
  },
  {
    about: 'SCTP',
    service: 'type: NodePort',
    protocol: 'SCTP',
    endpoints: 'e1 e2 e3',
    rows: [
      ['18-36', 'pod', 'clusterIP', 'e1 e2 e3 see pod', 'as TCP'],
      ['18-36', 'client', 'nodePort', 'e1 e2 e3 see n1', 'KUBE-NODE-PORT-SCTP-HASH'],
    ],
  },
  {
    about: 'SCTP, externalTrafficPolicy Local',
    service: 'type: NodePort, externalTrafficPolicy: Local',
    protocol: 'SCTP',
    endpoints: 'e1 e2 e3',
    rows: [
      ['18-22', 'client', 'nodePort', 'e1 sees n1', 'KUBE-NODE-PORT-SCTP-HASH marks before the local set is asked'],
      ['23-36', 'client', 'nodePort', 'e1 sees client', 'the local set is asked first'],
    ],
  },
  {
    about: 'three connections without affinity',
    service: 'type: NodePort',
    endpoints: 'e1 e2 e3',
    rows: [
      ['18-36', 'pod', 'clusterIP x3', 'e3 e2 e1', 'round robin, the last in the list of addresses first'],
      ['18-36', 'client', 'nodePort x3', 'e3 e2 e1', 'round robin'],
    ],
  },
  {
    about: 'sessionAffinity ClientIP',
    service: 'type: LoadBalancer, sessionAffinity: ClientIP',
    endpoints: 'e1 e2 e3',
    rows: [
      ['18-36', 'pod', 'clusterIP x3', 'always the same', 'persistent: the template of the first connection'],
      ['18-36', 'client', 'VIP x3', 'always the same', 'persistent'],
      ['18-36', 'client', 'nodePort x3', 'always the same', 'persistent'],
    ],
  },
  {
    about: 'scheduler sh',
    service: 'type: ClusterIP',
    endpoints: 'e1 e2 e3',
    proxy: 'clusterCIDR: 10.0.0.0/14, ipvs: {scheduler: sh}',
    rows: [
      ['18-36', 'pod', 'clusterIP', 'e1 e2 e3 see pod', 'whose bucket an address is depends on the order of the list, which a save does not show'],
      ['18-36', 'pod', 'clusterIP x3', 'always the same', 'but it is always the same one'],
    ],
  },
  {
    about: 'nodePortAddresses with the node',
    service: 'type: NodePort',
    endpoints: 'e1 e2 e3',
    proxy: 'clusterCIDR: 10.0.0.0/14, nodePortAddresses: [192.168.0.0/24]',
    rows: [['18-36', 'client', 'nodePort', 'e1 e2 e3 see n1', 'the range has the address']],
  },
  {
    about: 'nodePortAddresses without the node',
    service: 'type: LoadBalancer',
    endpoints: 'e1 e2 e3',
    proxy: 'clusterCIDR: 10.0.0.0/14, nodePortAddresses: [198.51.100.0/24]',
    rows: [
      ['18-36', 'client', 'nodePort', SELF, 'no virtual server at any address'],
      ['18-36', 'client', 'VIP', 'e1 e2 e3 see n1', 'the other addresses as ever'],
    ],
  },
  {
    about: 'nodePortAddresses of loopback',
    service: 'type: NodePort',
    endpoints: 'e1 e2 e3',
    proxy: 'clusterCIDR: 10.0.0.0/14, nodePortAddresses: [127.0.0.0/8]',
    rows: [
      ['18-20', 'n1', 'nodePort of localhost', 'dropped', 'a virtual server, and IPVS sends nothing from loopback off the node'],
      ['22-36', 'n1', 'nodePort of localhost', SELF, 'loopback is left out even when it is asked for, and the port is not in KUBE-NODE-PORT-TCP'],
      ['18-36', 'client', 'nodePort', SELF, 'not in the range'],
    ],
  },
  {
    about: 'an endpoint that is not ready',
    service: 'type: NodePort',
    endpoints: 'e1:unready e2 e3',
    rows: [
      ['18-36', 'pod', 'clusterIP', 'e2 e3 see pod', 'ready ones alone'],
      ['18-36', 'client', 'nodePort', 'e2 e3 see n1', 'ready ones alone'],
    ],
  },
  {
    about: 'only an endpoint on its way out',
    service: 'type: NodePort',
    endpoints: 'e2:terminating',
    rows: [
      ['18-25', 'pod', 'clusterIP', REFUSED, 'no ready one, and the gate ProxyTerminatingEndpoints is off'],
      ['27-36', 'pod', 'clusterIP', 'e2 sees pod', 'it serves as long as no other does'],
      ['18-25', 'client', 'nodePort', REFUSED, 'no ready one'],
      ['27-36', 'client', 'nodePort', 'e2 sees n1', 'it serves as long as no other does'],
    ],
  },
  {
    about: 'the local endpoint on its way out, externalTrafficPolicy Local',
    service: 'type: NodePort, externalTrafficPolicy: Local',
    endpoints: 'e1:terminating e2',
    rows: [
      ['18-23', 'client', 'nodePort', REFUSED, 'none that is local and ready'],
      ['24-25', 'client', 'nodePort', 'e2 sees client', 'the others stand in'],
      ['27-36', 'client', 'nodePort', 'e1 sees client', 'it serves as long as no other local one does'],
      ['18-36', 'pod', 'clusterIP', 'e2 sees pod', 'a ready one is there'],
    ],
  },
  {
    about: 'hints for zones',
    service: 'type: NodePort',
    metadata: 'annotations: {service.kubernetes.io/topology-aware-hints: Auto}',
    endpoints: 'e1@a e2@b e3@b',
    rows: [
      ['18-23', 'pod', 'clusterIP', 'e1 e2 e3 see pod', 'the gate TopologyAwareHints is off'],
      ['24-36', 'pod', 'clusterIP', 'e1 sees pod', 'zone a has one'],
      ['24-36', 'pod2', 'clusterIP', 'e2 e3 see pod2', 'zone b has two'],
      ['24-36', 'client', 'nodePort', 'e1 sees n1', 'hints count for every address with policy Cluster'],
    ],
  },
  {
    about: 'hints for zones, one without',
    service: 'type: ClusterIP',
    metadata: 'annotations: {service.kubernetes.io/topology-aware-hints: Auto}',
    endpoints: 'e1@a e2@b e3',
    rows: [['18-36', 'pod', 'clusterIP', 'e1 e2 e3 see pod', 'all must have one']],
  },
  {
    about: 'an address that the load balancer keeps for itself (ipMode Proxy)',
    service: 'type: LoadBalancer',
    ipMode: 'Proxy',
    endpoints: 'e1 e2 e3',
    rows: [
      ['18-27', 'pod', 'VIP', 'e1 e2 e3 see n1', 'the field is not known'],
      ['31-36', 'pod', 'VIP', 'left', 'not the node’s own since 1.29: to whoever has it, by the default route'],
    ],
  },
  {
    about: 'a service of another proxy',
    service: 'type: NodePort',
    metadata: 'labels: {service.kubernetes.io/service-proxy-name: other}',
    endpoints: 'e1 e2 e3',
    rows: [
      ['18-36', 'pod', 'clusterIP', 'left', 'kube-proxy does not look at it: by the default route'],
      ['18-36', 'client', 'nodePort', SELF, 'no virtual server'],
    ],
  },
  {
    about: 'a real server in the node’s own network namespace',
    service: 'type: NodePort',
    endpoints: 'host',
    rows: [
      ['18-36', 'pod', 'clusterIP', 'n1 sees pod', 'host network'],
      ['18-36', 'client', 'nodePort', 'n1 sees client', 'what stays on the node does not pass POSTROUTING, and nothing is masqueraded'],
      ['18-36', 'pod2', 'clusterIP', 'n1 sees pod2', 'by the wire'],
    ],
  },
];
