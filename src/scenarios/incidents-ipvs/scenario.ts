import { incidentScenario } from '../incident.ts';
import type { Incident, Scenario } from '../scenario.ts';

const INCIDENTS: readonly [Incident, ...Incident[]] = [
  {
    id: 'vip',
    title: { en: 'Every node answers for the address', ko: '모든 노드가 주소에 답할 때' },
    question: { en: 'Why does the load-balancer address work only sometimes in IPVS mode?', ko: '왜 IPVS 모드에서 로드밸런서 주소가 될 때도 있고 안 될 때도 있을까요?' },
    story: {
      en: 'MetalLB announces the address from the one node that has the pod, and yet some clients are refused, until their ARP entry changes. kube-proxy puts the address on kube-ipvs0 of every node, and Linux answers ARP for any address it owns, on any interface: whoever answers first gets the packets.',
      ko: 'MetalLB는 파드가 있는 노드 하나에서만 주소를 알리는데, 어떤 클라이언트는 ARP 항목이 바뀔 때까지 거절당합니다. kube-proxy가 모든 노드의 kube-ipvs0에 그 주소를 두고, 리눅스는 자기 주소라면 어느 인터페이스에서든 ARP에 답하므로, 먼저 답한 노드가 패킷을 받습니다.',
    },
    fix: { en: 'ipvs.strictARP: true in the KubeProxyConfiguration', ko: 'KubeProxyConfiguration에 ipvs.strictARP: true' },
    probe: 'client-to-lb',
  },
  {
    id: 'empty',
    title: { en: 'A virtual server with nobody behind it', ko: '뒤에 아무도 없는 가상 서버' },
    question: { en: 'Why can pods not open our own load-balancer address, while the world can?', ko: '왜 외부에서는 되는 로드밸런서 주소가 파드에서는 안 될까요?' },
    story: {
      en: 'A pod on a node without an endpoint opens the address and is refused, while clients outside are served. The address is the node’s own, on kube-ipvs0, so the packet never leaves the node; and under externalTrafficPolicy Local the list of real servers there is empty.',
      ko: '엔드포인트가 없는 노드의 파드가 이 주소로 접속하면 거절당하는데, 외부 클라이언트는 접속됩니다. 주소가 kube-ipvs0에 있는 노드 자신의 것이라 패킷이 노드를 떠나지 않고, externalTrafficPolicy Local에서는 그 노드의 실제 서버 목록이 비어 있습니다.',
    },
    fix: { en: 'kube-proxy 1.24: without own endpoints it lists all (or policy Cluster, or the cluster IP)', ko: 'kube-proxy 1.24: 자기 엔드포인트가 없으면 전체를 넣음 (또는 정책 Cluster, 또는 ClusterIP 사용)' },
    probe: 'pod-to-lb',
  },
  {
    id: 'client',
    title: { en: 'The client’s address is lost', ko: '클라이언트 주소가 사라질 때' },
    question: { en: 'Why does my log show a node’s address for every client?', ko: '왜 로그에 모든 클라이언트가 노드의 주소로 찍힐까요?' },
    story: {
      en: 'Everything works, but the pod logs one and the same address for everybody. Under externalTrafficPolicy Cluster the packet may have to go on to another node, and so that the answer comes back the same way, the first node puts its own address in place of the client’s, even where the pod is its own.',
      ko: '모두 잘 되는데 파드의 로그에는 누구든 같은 주소로 남습니다. externalTrafficPolicy Cluster에서는 패킷이 다른 노드로 갈 수 있으므로, 응답이 같은 길로 돌아오도록 첫 노드가 클라이언트의 주소를 자기 주소로 바꿉니다. 파드가 그 노드에 있어도 마찬가지입니다.',
    },
    fix: { en: 'kubectl patch svc web -p \'{"spec":{"externalTrafficPolicy":"Local"}}\'', ko: 'kubectl patch svc web -p \'{"spec":{"externalTrafficPolicy":"Local"}}\'' },
    probe: 'client-to-lb',
  },
];

/** kube-proxy in IPVS mode with MetalLB in layer 2 mode: who owns a virtual address. */
export const incidentsIpvs: Scenario = incidentScenario('incidents-ipvs', INCIDENTS, {
  story: {
    en: 'In IPVS mode every node owns the addresses of all services. Three incidents that follow from it, each with what mended it.',
    ko: 'IPVS 모드에서는 모든 노드가 모든 서비스의 주소를 갖습니다. 여기에서 비롯된 장애 세 가지와 해결책입니다.',
  },
  probes: [
    { id: 'client-to-lb', title: { en: 'A client opens the load-balancer address', ko: '클라이언트가 로드밸런서 주소로 접속' }, from: 'client', to: '192.168.10.240:80', proto: 'tcp' },
    { id: 'pod-to-lb', title: { en: 'A pod opens the load-balancer address', ko: '파드가 로드밸런서 주소로 접속' }, from: 'worker1/cli', to: '192.168.10.240:80', proto: 'tcp' },
    { id: 'pod-to-service', title: { en: 'A pod opens the cluster IP', ko: '파드가 ClusterIP로 접속' }, from: 'worker1/cli', to: '10.96.20.10:80', proto: 'tcp' },
    { id: 'pod-to-pod', title: { en: 'A pod opens the pod itself', ko: '파드가 상대 파드로 직접 접속' }, from: 'worker1/cli', to: '10.244.2.3:80', proto: 'tcp' },
    { id: 'pod-to-dns', title: { en: 'A pod asks the DNS service', ko: '파드가 DNS 서비스에 질의' }, from: 'worker1/cli', to: '10.96.0.10:53', proto: 'udp' },
    { id: 'pod-to-internet', title: { en: 'A pod opens an address on the Internet', ko: '파드가 인터넷 주소로 접속' }, from: 'worker1/cli', to: '198.51.100.7:443', proto: 'tcp' },
  ],
  questions: [
    { ask: { en: 'All nodes answer: where does the client’s packet end when worker1 was first?', ko: '모든 노드가 답할 때: worker1이 먼저 답하면 클라이언트의 패킷은 어디에서 끝나나요?' }, probe: 'client-to-lb', params: { incident: 'vip' }, tell: 'end' },
    { ask: { en: 'And with strictARP: who gets the packet?', ko: 'strictARP를 켜면 누가 패킷을 받나요?' }, probe: 'client-to-lb', params: { incident: 'vip', state: 'fixed' }, tell: 'server' },
    { ask: { en: 'Empty list: where does the pod’s packet end?', ko: '빈 목록: 파드의 패킷은 어디에서 끝나나요?' }, probe: 'pod-to-lb', params: { incident: 'empty' }, tell: 'end' },
    { ask: { en: 'Lost address: whom does the pod take for its client?', ko: '사라진 주소: 파드에는 누가 클라이언트로 보일까요?' }, probe: 'client-to-lb', params: { incident: 'client' }, tell: 'client' },
    { ask: { en: 'And under policy Local?', ko: '정책이 Local이면 누가 보일까요?' }, probe: 'client-to-lb', params: { incident: 'client', state: 'fixed' }, tell: 'client' },
  ],
  notes: [
    {
      en: 'All names and addresses are invented. The first incident is metallb#153, the second kubernetes#75262 (#97081 mends it, for pods; a process of the node itself still fails).',
      ko: '이름과 주소는 모두 지어낸 값입니다. 첫째 장애는 metallb#153, 둘째는 kubernetes#75262입니다. (#97081이 파드에 대해서는 해결했지만 노드 자신의 프로세스에서는 여전히 실패합니다.)',
    },
  ],
});
