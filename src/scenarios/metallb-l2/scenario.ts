import { cardOf } from '../cards.ts';
import type { Scenario } from '../scenario.ts';

/** MetalLB 0.16 in layer 2 mode, kube-proxy 1.31 in IPVS mode, Flannel. */
export const metallbL2: Scenario = {
  ...cardOf('metallb-l2'),
  story: {
    en: 'A load-balancer address that no kernel owns lies on the nodes’ own wire: one MetalLB speaker answers ARP for it, so one node takes every connection. Switch that node off, or forget strictARP, and watch whose answer the client gets.',
    ko: '어느 커널의 것도 아닌 로드밸런서 주소가 노드들과 같은 선에 있습니다. MetalLB speaker 하나가 ARP에 답하므로 한 노드가 모든 연결을 받습니다. 그 노드를 끄거나 strictARP를 빠뜨리면 클라이언트가 누구의 답을 받는지 봅니다.',
  },
  parameters: [
    { key: 'worker1', label: { en: 'worker1', ko: 'worker1' }, options: ['up', 'down'], default: 'up', names: { up: { en: 'up', ko: '정상' }, down: { en: 'down', ko: '장애' } } },
    { key: 'strictarp', label: { en: 'strictARP', ko: 'strictARP' }, options: ['on', 'off'], default: 'on', names: { on: { en: 'on', ko: '켬' }, off: { en: 'off', ko: '끔' } } },
    { key: 'policy', label: { en: 'externalTrafficPolicy', ko: 'externalTrafficPolicy' }, options: ['Cluster', 'Local'], default: 'Cluster' },
  ],
  source: { kind: 'objects', folder: 'metallb-l2' },
  probes: [
    { id: 'neighbour-to-lb', title: { en: 'A machine on the same wire opens the load-balancer address', ko: '같은 선의 장비가 로드밸런서 주소로 접속' }, from: 'neighbour', to: '192.168.10.242:80', proto: 'tcp' },
    { id: 'client-to-lb', title: { en: 'A client beyond the router opens it', ko: '라우터 너머의 클라이언트가 접속' }, from: 'client', to: '192.168.10.242:80', proto: 'tcp' },
    { id: 'client-to-new', title: { en: 'A client opens a service that MetalLB has just given an address', ko: '클라이언트가 방금 MetalLB가 주소를 준 서비스로 접속' }, from: 'client', to: '192.168.10.240:80', proto: 'tcp' },
    { id: 'pod-to-lb', title: { en: 'A pod opens the load-balancer address', ko: '파드가 로드밸런서 주소로 접속' }, from: 'worker3/cli', to: '192.168.10.242:80', proto: 'tcp' },
    { id: 'client-to-nodeport', title: { en: 'A client opens the node port of worker2', ko: '클라이언트가 worker2의 NodePort로 접속' }, from: 'client', to: '192.168.10.12:30080', proto: 'tcp' },
    { id: 'pod-to-dns', title: { en: 'A pod asks the DNS service', ko: '파드가 DNS 서비스에 질의' }, from: 'worker3/cli', to: '10.96.0.10:53', proto: 'udp' },
    { id: 'pod-to-internet', title: { en: 'A pod opens an address on the Internet', ko: '파드가 인터넷 주소로 접속' }, from: 'worker3/cli', to: '198.51.100.7:443', proto: 'tcp' },
    { id: 'pod-to-pod', title: { en: 'A pod opens a pod on another node', ko: '파드가 다른 노드의 파드로 접속' }, from: 'worker3/cli', to: '10.244.2.3:80', proto: 'tcp' },
  ],
  questions: [
    { ask: { en: 'worker1 answers, though it has no pod. Whom does the pod see?', ko: '파드가 없는 worker1이 답합니다. 파드에는 누가 보일까요?' }, probe: 'neighbour-to-lb', tell: 'client' },
    { ask: { en: 'worker1 is gone and the next speaker answers. Whom does the pod see now?', ko: 'worker1이 사라져 다음 speaker가 답합니다. 이제 파드에는 누가 보일까요?' }, probe: 'neighbour-to-lb', params: { worker1: 'down' }, tell: 'client' },
    { ask: { en: 'Under policy Local only a node with a pod may answer. Whom does its pod see?', ko: 'Local 정책에서는 파드가 있는 노드만 답할 수 있습니다. 그 파드에는 누가 보일까요?' }, probe: 'neighbour-to-lb', params: { policy: 'Local' }, tell: 'client' },
    { ask: { en: 'Which pod gets the connection then?', ko: '그때 연결은 어느 파드로 갈까요?' }, probe: 'neighbour-to-lb', params: { policy: 'Local' }, tell: 'server' },
    { ask: { en: 'How does a connection end when worker1 is down?', ko: 'worker1이 꺼져 있으면 연결은 어떻게 끝날까요?' }, probe: 'client-to-lb', params: { worker1: 'down' }, tell: 'end' },
  ],
  notes: [
    {
      en: 'IPVS binds every load-balancer address to kube-ipvs0 on every node. With strictARP off all kernels answer for it, and the client takes whoever is first: a choice in the walk. kube-proxy in iptables mode binds nothing, so there it does not matter.',
      ko: 'IPVS는 모든 로드밸런서 주소를 모든 노드의 kube-ipvs0에 답니다. strictARP가 꺼져 있으면 모든 커널이 답하고, 클라이언트는 먼저 온 답을 씁니다. 그래서 추적에 선택으로 나옵니다. iptables 모드의 kube-proxy는 주소를 달지 않으므로 상관없습니다.',
    },
    {
      en: 'The winner is the first by sha256 of node name and address, among the nodes whose speaker is alive (under Local: that have a ready pod). Nobody negotiates: every speaker computes the same order.',
      ko: '노드 이름과 주소의 sha256 순서로, speaker가 살아 있는 노드(Local이면 준비된 파드가 있는 노드) 가운데 첫 번째가 이깁니다. 협상은 없고 모든 speaker가 같은 순서를 계산합니다.',
    },
    {
      en: 'The picture after a failure is the settled one. In between, members notice the loss after some seconds, and clients keep the old MAC address until the new speaker’s gratuitous ARP reaches them.',
      ko: '장애 뒤의 그림은 다 정리된 상태입니다. 그 사이에는 speaker들이 몇 초 뒤에야 장애를 알고, 새 speaker의 gratuitous ARP가 올 때까지 클라이언트는 예전 MAC 주소를 씁니다.',
    },
    { en: 'Layer 2 mode shares no load between nodes: one node takes all of an address, and IPVS there spreads connections over the pods.', ko: '2계층 모드는 노드끼리 부하를 나누지 않습니다. 한 주소는 한 노드가 모두 받고, 그 노드의 IPVS가 연결을 파드로 나눕니다.' },
  ],
};
