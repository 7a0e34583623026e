import { cardOf } from '../cards.ts';
import type { Scenario } from '../scenario.ts';

/** OpenShift SDN 4.10 with kube-proxy 1.23 in iptables mode: what the hosts do, and what br0 does, table by table. */
export const openshiftSdn: Scenario = {
  ...cardOf('openshift-sdn'),
  story: {
    en: 'A client opens a LoadBalancer service at one worker while its pod runs on another: kube-proxy’s chains choose the pod, two masquerade chains decide about the source, and one route leads every pod to tun0, the door of the Open vSwitch br0. There the tables say who sent a packet (10 to 25), what the sender may do (27), where it goes (30, 31), what the receiver lets in (80) and which worker gets it through vxlan0 (90); change the mode, a policy or the worker and see which table decides.',
    ko: '클라이언트가 한 워커의 LoadBalancer 서비스에 접속하고 파드는 다른 워커에 있습니다. kube-proxy의 체인이 파드를 고르고, 두 마스커레이드 체인이 출발지를 정하며, 라우트 하나가 모든 파드를 Open vSwitch br0의 문인 tun0으로 보냅니다. br0의 테이블은 누가 보냈는지(10~25), 보내도 되는지(27), 어디로 가는지(30, 31), 받는 쪽이 허용하는지(80), vxlan0으로 어느 워커에 보낼지(90)를 정하니, 모드와 정책, 워커를 바꾸며 어느 테이블이 결정하는지 보세요.',
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
    {
      key: 'mode',
      label: { en: 'Mode of the plugin', ko: '플러그인 모드' },
      options: ['networkpolicy', 'multitenant', 'subnet'],
      default: 'networkpolicy',
    },
    {
      key: 'policy',
      label: { en: 'Policy of project almighty', ko: 'almighty 프로젝트의 정책' },
      options: ['none', 'project', 'outside'],
      default: 'none',
      names: {
        none: { en: 'none', ko: '없음' },
        project: { en: 'NetworkPolicy: only its own pods get in', ko: 'NetworkPolicy: 같은 프로젝트의 파드만 들어옴' },
        outside: { en: 'EgressNetworkPolicy: nobody gets out', ko: 'EgressNetworkPolicy: 밖으로 나가지 못함' },
      },
    },
  ],
  source: { kind: 'objects', folder: 'openshift-sdn' },
  probes: [
    { id: 'client-to-lb', title: { en: 'A client opens the load-balancer address', ko: '클라이언트가 로드밸런서 주소로 접속' }, from: 'client', to: '10.10.12.208:8080', proto: 'tcp' },
    { id: 'client-to-nodeport', title: { en: 'A client opens the node port of worker2', ko: '클라이언트가 worker2의 NodePort로 접속' }, from: 'client', to: '10.10.12.22:30880', proto: 'tcp' },
    { id: 'pod-to-pod', title: { en: 'A pod opens a pod of its project on the other worker', ko: '파드가 다른 워커에 있는 같은 프로젝트의 파드로 접속' }, from: 'worker1/debug', to: '10.128.2.151:8080', proto: 'tcp' },
    { id: 'pod-to-near-pod', title: { en: 'A pod opens a pod of its project on its own worker', ko: '파드가 같은 워커에 있는 같은 프로젝트의 파드로 접속' }, from: 'worker1/debug', to: '10.131.0.21:8080', proto: 'tcp' },
    { id: 'pod-to-service', title: { en: 'A pod opens the service', ko: '파드가 서비스로 접속' }, from: 'worker1/debug', to: '172.30.88.144:8080', proto: 'tcp' },
    { id: 'other-project', title: { en: 'A pod of another project opens the pod', ko: '다른 프로젝트의 파드가 이 파드로 접속' }, from: 'worker1/cart', to: '10.128.2.151:8080', proto: 'tcp' },
    { id: 'other-to-service', title: { en: 'A pod of another project opens the service', ko: '다른 프로젝트의 파드가 서비스로 접속' }, from: 'worker1/cart', to: '172.30.88.144:8080', proto: 'tcp' },
    { id: 'pod-to-dns', title: { en: 'A pod asks the DNS service', ko: '파드가 DNS 서비스에 질의' }, from: 'worker1/debug', to: '172.30.0.10:53', proto: 'udp' },
    { id: 'pod-to-internet', title: { en: 'A pod opens a server outside', ko: '파드가 클러스터 밖의 서버로 접속' }, from: 'worker1/debug', to: '198.51.100.7:443', proto: 'tcp' },
    { id: 'egress-ip', title: { en: 'A pod of the project with an egress IP opens a server outside', ko: '이그레스 IP가 있는 프로젝트의 파드가 밖의 서버로 접속' }, from: 'worker1/relay', to: '198.51.100.7:25', proto: 'tcp' },
    { id: 'node-to-pod', title: { en: 'A process on worker1 opens the pod on worker2', ko: 'worker1의 프로세스가 worker2의 파드로 접속' }, from: 'worker1', to: '10.128.2.151:8080', proto: 'tcp' },
    { id: 'node-to-clusterip', title: { en: 'A process on worker1 opens the cluster IP', ko: 'worker1의 프로세스가 ClusterIP로 접속' }, from: 'worker1', to: '172.30.88.144:8080', proto: 'tcp' },
    { id: 'pod-to-mcs', title: { en: 'A pod asks the machine config server', ko: '파드가 Machine Config Server에 접속' }, from: 'worker1/debug', to: '10.10.12.22:22623', proto: 'tcp' },
    { id: 'client-to-worker', title: { en: 'A client opens a port of worker1 itself', ko: '클라이언트가 worker1 자체의 포트로 접속' }, from: 'client', to: '10.10.12.21:22', proto: 'tcp' },
  ],
  questions: [
    { ask: { en: 'Whom does the pod take for its client when the packet comes in at worker1?', ko: '패킷이 worker1로 들어오면 파드에는 누가 클라이언트로 보일까요?' }, probe: 'client-to-lb', tell: 'client' },
    { ask: { en: 'And when it comes in at worker2, where the pod runs?', ko: '파드가 있는 worker2로 들어오면 누가 보일까요?' }, probe: 'client-to-lb', params: { entry: 'worker2' }, tell: 'client' },
    { ask: { en: 'And there under externalTrafficPolicy Local?', ko: '거기서 externalTrafficPolicy가 Local이면 누가 보일까요?' }, probe: 'client-to-lb', params: { entry: 'local' }, tell: 'client' },
    { ask: { en: 'Which pod was chosen?', ko: '어느 파드가 선택되었나요?' }, probe: 'client-to-lb', tell: 'server' },
    { ask: { en: 'A policy lets in only pods of the project. What becomes of the client at worker1?', ko: '같은 프로젝트의 파드만 허용하는 정책이 있으면 worker1로 들어온 클라이언트는 어떻게 될까요?' }, probe: 'client-to-lb', params: { policy: 'project' }, tell: 'end' },
    { ask: { en: 'And at worker2, under the same policy?', ko: '같은 정책에서 worker2로 들어오면 어떻게 될까요?' }, probe: 'client-to-lb', params: { policy: 'project', entry: 'worker2' }, tell: 'end' },
    { ask: { en: 'Whom does a pod see that another pod reached through the service?', ko: '다른 파드가 서비스를 거쳐 접속하면 파드에는 누가 보일까요?' }, probe: 'pod-to-service', tell: 'client' },
    { ask: { en: 'And in mode subnet, where br0 tracks no connections?', ko: 'br0이 연결을 추적하지 않는 subnet 모드라면 누가 보일까요?' }, probe: 'pod-to-service', params: { mode: 'subnet' }, tell: 'client' },
    { ask: { en: 'Mode multitenant: where does a packet from another project die?', ko: 'multitenant 모드: 다른 프로젝트에서 온 패킷은 어디에서 버려지나요?' }, probe: 'other-project', params: { mode: 'multitenant' }, tell: 'end' },
    { ask: { en: 'With which address does the mail project reach a server outside?', ko: 'mail 프로젝트는 어떤 주소로 밖의 서버에 접속할까요?' }, probe: 'egress-ip', tell: 'client' },
    { ask: { en: 'An EgressNetworkPolicy closes the way out. Where does the packet end?', ko: 'EgressNetworkPolicy가 나가는 길을 막으면 패킷은 어디에서 끝나나요?' }, probe: 'pod-to-internet', params: { policy: 'outside' }, tell: 'end' },
    { ask: { en: 'Who refuses a pod that asks the machine config server?', ko: 'Machine Config Server에 접속하는 파드는 어디에서 거절되나요?' }, probe: 'pod-to-mcs', tell: 'end' },
  ],
  notes: [
    {
      en: 'The document says that a pod on the same worker gets a plain forward, without source translation. The mark is set before anybody knows where the pod is: the packet goes through tun0 and is masqueraded to its address there, too.',
      ko: '원문은 같은 워커의 파드라면 출발지 변환 없이 포워딩만 하면 된다고 합니다. 하지만 마크는 파드의 위치를 알기 전에 붙으므로, 이때도 tun0을 거치며 그 주소로 마스커레이드됩니다.',
    },
    { en: 'The document calls the target of the translation the pod’s “Cluster IP”. It is the pod’s own address; the cluster IP is the service’s.', ko: '원문은 변환된 목적지를 파드의 “Cluster IP”라고 하지만, 파드 자신의 주소입니다. ClusterIP는 서비스의 주소입니다.' },
    {
      en: 'The document lets the two tun0 devices broadcast ARP to each other. tun0 asks on its own br0; there table 50 makes the question a packet in vxlan0 to the one worker that has the pod’s subnet.',
      ko: '원문은 두 tun0 사이에 ARP가 브로드캐스트된다고 합니다. tun0의 질의는 자기 br0으로 가고, 거기서 50번 테이블이 그 파드의 서브넷을 가진 워커 하나에게 vxlan0으로 보냅니다.',
    },
    {
      en: 'The document calls everything behind tun0 layer-2 switching. br0 has no MAC table for it: its tables read addresses, the project’s number and the state of the connection, and write the tunnel’s destination into the packet.',
      ko: '원문은 tun0 뒤의 절차가 모두 L2 스위칭이라고 합니다. 하지만 br0은 여기에 MAC 테이블을 쓰지 않습니다. 테이블들이 주소와 프로젝트 번호, 연결 상태를 읽고 패킷에 터널의 목적지를 적습니다.',
    },
    {
      en: 'The document shows OPENSHIFT-MASQUERADE in front of KUBE-POSTROUTING. Both programs insert their jumps at the top, so the order depends on which started last; the walk follows the document.',
      ko: '원문에는 OPENSHIFT-MASQUERADE가 KUBE-POSTROUTING 앞에 있습니다. 두 프로그램 모두 맨 앞에 규칙을 넣으므로 순서는 나중에 시작한 쪽에 달려 있으며, 여기서는 원문을 따릅니다.',
    },
    {
      en: 'What a host sends to pods of another worker travels with the number 0. A NetworkPolicy there knows no rule for it, while the receiving worker lets in whatever has its own tun0 address: the same client gets through at one worker and not at the other. Projects of real clusters therefore also allow the ingress routers.',
      ko: '호스트가 다른 워커의 파드로 보내는 것은 번호 0으로 갑니다. 그곳의 NetworkPolicy에는 이 번호를 위한 규칙이 없고, 받는 워커는 자기 tun0 주소를 가진 것은 들여보냅니다. 그래서 같은 클라이언트가 한 워커에서는 되고 다른 워커에서는 안 됩니다. 실제 클러스터의 프로젝트는 그래서 ingress 라우터도 허용합니다.',
    },
    {
      en: 'Chains, the load-balancer address and the pod’s address are the document’s. Addresses of the workers and their subnets, the cluster IP, the node port, the other projects and their numbers are invented.',
      ko: '체인과 로드밸런서 주소, 파드 주소는 원문의 것입니다. 워커의 주소와 서브넷, ClusterIP, NodePort, 다른 프로젝트와 그 번호는 지어낸 값입니다.',
    },
  ],
};
