import { cardOf } from '../cards.ts';
import type { Scenario } from '../scenario.ts';

/** OpenShift SDN 4.10 with kube-proxy 1.23 in iptables mode: everything that the hosts do, up to br0. */
export const openshiftSdn: Scenario = {
  ...cardOf('openshift-sdn'),
  story: {
    en: 'A client opens a LoadBalancer service at one worker while its pod runs on another: kube-proxy’s chains choose the pod, two masquerade chains decide about the source, and one route leads every pod to tun0. Behind tun0 begins br0, an Open vSwitch whose flows are not modelled yet, so each walk says there what is missing.',
    ko: '클라이언트가 한 워커의 LoadBalancer 서비스에 접속하고 파드는 다른 워커에 있습니다. kube-proxy의 체인이 파드를 고르고, 두 마스커레이드 체인이 출발지를 정하며, 라우트 하나가 모든 파드를 tun0으로 보냅니다. tun0 뒤의 br0(Open vSwitch)은 아직 모델링하지 않으므로 거기서 무엇이 빠져 있는지 알려 줍니다.',
  },
  parameters: [
    {
      key: 'entry',
      label: { en: 'The address leads to', ko: '주소가 향하는 노드' },
      options: ['worker1', 'worker2', 'local'],
      default: 'worker1',
      names: {
        worker1: { en: 'worker1, without the pod', ko: 'worker1 (파드 없음)' },
        worker2: { en: 'worker2, the pod’s node', ko: 'worker2 (파드가 있는 노드)' },
        local: { en: 'worker2, with externalTrafficPolicy Local', ko: 'worker2, externalTrafficPolicy Local' },
      },
    },
  ],
  source: { kind: 'objects', folder: 'openshift-sdn' },
  probes: [
    { id: 'client-to-lb', title: { en: 'A client opens the load-balancer address', ko: '클라이언트가 로드밸런서 주소로 접속' }, from: 'client', to: '10.10.12.208:8080', proto: 'tcp' },
    { id: 'client-to-nodeport', title: { en: 'A client opens the node port of worker2', ko: '클라이언트가 worker2의 NodePort로 접속' }, from: 'client', to: '10.10.12.22:30880', proto: 'tcp' },
    { id: 'node-to-pod', title: { en: 'A process on worker1 opens the pod on worker2', ko: 'worker1의 프로세스가 worker2의 파드로 접속' }, from: 'worker1', to: '10.128.2.151:8080', proto: 'tcp' },
    { id: 'node-to-clusterip', title: { en: 'A process on worker1 opens the cluster IP', ko: 'worker1의 프로세스가 ClusterIP로 접속' }, from: 'worker1', to: '172.30.88.144:8080', proto: 'tcp' },
    { id: 'pod-to-dns', title: { en: 'A pod asks the DNS service', ko: '파드가 DNS 서비스에 질의' }, from: 'worker1/debug', to: '172.30.0.10:53', proto: 'udp' },
    { id: 'pod-to-internet', title: { en: 'A pod opens an address on the Internet', ko: '파드가 인터넷 주소로 접속' }, from: 'worker1/debug', to: '198.51.100.7:443', proto: 'tcp' },
    { id: 'pod-to-mcs', title: { en: 'A pod asks the machine config server', ko: '파드가 Machine Config Server에 접속' }, from: 'worker1/debug', to: '10.10.12.22:22623', proto: 'tcp' },
    { id: 'client-to-worker', title: { en: 'A client opens a port of worker1 itself', ko: '클라이언트가 worker1 자체의 포트로 접속' }, from: 'client', to: '10.10.12.21:22', proto: 'tcp' },
  ],
  questions: [
    { ask: { en: 'Whom will the pod take for its client when the packet comes in at worker1?', ko: '패킷이 worker1로 들어오면 파드에는 누가 클라이언트로 보일까요?' }, probe: 'client-to-lb', tell: 'client' },
    { ask: { en: 'And when it comes in at worker2, where the pod runs?', ko: '파드가 있는 worker2로 들어오면 누가 보일까요?' }, probe: 'client-to-lb', params: { entry: 'worker2' }, tell: 'client' },
    { ask: { en: 'And there under externalTrafficPolicy Local?', ko: '거기서 externalTrafficPolicy가 Local이면 누가 보일까요?' }, probe: 'client-to-lb', params: { entry: 'local' }, tell: 'client' },
    { ask: { en: 'Which pod was chosen?', ko: '어느 파드가 선택되었나요?' }, probe: 'client-to-lb', tell: 'server' },
    { ask: { en: 'Where does the picture of the hosts end?', ko: '호스트의 그림은 어디에서 끝나나요?' }, probe: 'client-to-lb', tell: 'end' },
    { ask: { en: 'Who refuses a pod that asks the machine config server?', ko: 'Machine Config Server에 접속하는 파드는 어디에서 거절되나요?' }, probe: 'pod-to-mcs', tell: 'end' },
  ],
  notes: [
    {
      en: 'The document says that a pod on the same worker gets a plain forward, without source translation. The mark is set before anybody knows where the pod is: the packet is masqueraded to tun0’s address there, too.',
      ko: '원문은 같은 워커의 파드라면 출발지 변환 없이 포워딩만 하면 된다고 합니다. 하지만 마크는 파드의 위치를 알기 전에 붙으므로, 이때도 tun0의 주소로 마스커레이드됩니다.',
    },
    { en: 'The document calls the target of the translation the pod’s “Cluster IP”. It is the pod’s own address; the cluster IP is the service’s.', ko: '원문은 변환된 목적지를 파드의 “Cluster IP”라고 하지만, 파드 자신의 주소입니다. ClusterIP는 서비스의 주소입니다.' },
    {
      en: 'The document lets the two tun0 devices broadcast ARP to each other. tun0 asks on its own br0; there the question becomes a packet in vxlan0 to the one worker that has the pod’s subnet.',
      ko: '원문은 두 tun0 사이에 ARP가 브로드캐스트된다고 합니다. tun0의 질의는 자기 br0으로 가고, br0이 그 파드의 서브넷을 가진 워커 하나에게 vxlan0으로 보냅니다.',
    },
    {
      en: 'The document shows OPENSHIFT-MASQUERADE in front of KUBE-POSTROUTING. Both programs insert their jumps at the top, so the order depends on which started last; the walk follows the document.',
      ko: '원문에는 OPENSHIFT-MASQUERADE가 KUBE-POSTROUTING 앞에 있습니다. 두 프로그램 모두 맨 앞에 규칙을 넣으므로 순서는 나중에 시작한 쪽에 달려 있으며, 여기서는 원문을 따릅니다.',
    },
    {
      en: 'Chains, the load-balancer address and the pod’s address are the document’s. Addresses of the workers and their subnets, the cluster IP and the node port are invented.',
      ko: '체인과 로드밸런서 주소, 파드 주소는 원문의 것입니다. 워커의 주소와 서브넷, ClusterIP, NodePort는 지어낸 값입니다.',
    },
  ],
};
