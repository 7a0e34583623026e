import { incidentScenario } from '../incident.ts';
import type { Incident, Scenario } from '../scenario.ts';

const INCIDENTS: readonly [Incident, ...Incident[]] = [
  {
    id: 'ipforward',
    title: { en: 'ip_forward is off', ko: 'ip_forward가 꺼짐' },
    question: { en: 'Why does nothing reach the pods of one node, while the node answers?', ko: '왜 노드는 응답하는데 그 노드의 파드에는 아무도 닿지 못할까요?' },
    story: {
      en: 'worker2 answers on its own address and its kubelet is fine, but its pods are cut off, since somebody applied a hardening guide. To the kernel a pod’s packet is somebody else’s, and without net.ipv4.ip_forward it passes none of those on: it is dropped without a word, in no chain.',
      ko: '보안 강화 지침을 적용한 뒤로 worker2는 자기 주소로 응답하고 kubelet도 정상인데 그 파드들만 끊겼습니다. 커널에게 파드의 패킷은 남의 것이고, net.ipv4.ip_forward가 꺼져 있으면 그런 패킷은 어떤 체인도 거치지 않고 조용히 버립니다.',
    },
    fix: { en: 'sysctl -w net.ipv4.ip_forward=1, and a file in /etc/sysctl.d that says so', ko: 'sysctl -w net.ipv4.ip_forward=1, 그리고 /etc/sysctl.d에 기록' },
    probe: 'pod-to-pod',
  },
  {
    id: 'forward',
    title: { en: 'Docker’s FORWARD policy', ko: 'Docker의 FORWARD 정책' },
    question: { en: 'Why do pods stop reaching each other after Docker was installed?', ko: '왜 Docker를 설치한 뒤로 파드끼리 통신이 안 될까요?' },
    story: {
      en: 'Node ports still work and answers come back, but a pod that opens a pod directly waits for ever. Docker sets the policy of FORWARD to DROP, and kube-proxy’s chain there lets through only what it marked itself and what belongs to known connections.',
      ko: 'NodePort는 되고 응답도 돌아오는데, 파드가 다른 파드로 직접 접속하면 끝없이 기다립니다. Docker가 FORWARD의 정책을 DROP으로 바꾸었고, 그 체인에서 kube-proxy는 자신이 마크한 패킷과 이미 있는 연결만 통과시킵니다.',
    },
    fix: { en: 'iptables -P FORWARD ACCEPT', ko: 'iptables -P FORWARD ACCEPT' },
    probe: 'pod-to-pod',
  },
  {
    id: 'rpfilter',
    title: { en: 'rp_filter and two ways', ko: 'rp_filter와 두 갈래 길' },
    question: { en: 'Why does a node not answer on its second address?', ko: '왜 노드가 두 번째 주소로는 응답하지 않을까요?' },
    story: {
      en: 'tcpdump on eth1 shows the client’s packets, and no counter of iptables moves. With rp_filter=1 the kernel asks for each packet by which device it would answer; for this client that is the default route on eth0, and so what comes in by eth1 is thrown away behind PREROUTING.',
      ko: 'eth1의 tcpdump에는 클라이언트의 패킷이 보이는데 응답이 없습니다. rp_filter=1이면 커널은 패킷마다 응답이 나갈 장치를 확인합니다. 이 클라이언트로는 eth0의 기본 경로이므로, eth1로 들어온 패킷은 PREROUTING 뒤에서 버려집니다.',
    },
    fix: { en: 'sysctl -w net.ipv4.conf.all.rp_filter=2 (loose), or a routing rule that answers by eth1', ko: 'sysctl -w net.ipv4.conf.all.rp_filter=2 (loose), 또는 eth1로 응답하는 라우팅 규칙' },
    probe: 'client-to-second',
  },
  {
    id: 'zone',
    title: { en: 'A conntrack zone for one way only', ko: '한쪽 길에만 있는 conntrack 영역' },
    question: { en: 'Why are answers lost since the second network has a conntrack zone of its own?', ko: '왜 두 번째 네트워크에 conntrack 영역을 따로 준 뒤로 응답이 사라질까요?' },
    story: {
      en: 'The networks behind eth1 have addresses that others use too, so what comes in there is tracked in zone 2. The pod gets the packet and answers, but its answer comes in by eth0, where zone 0 knows no such connection: nobody turns the addresses back, and worker1 refuses it as a packet for a port of its own.',
      ko: 'eth1 너머의 주소가 다른 곳과 겹쳐서 그쪽으로 들어온 것은 영역 2에서 추적합니다. 파드는 패킷을 받아 응답하지만 응답은 eth0으로 들어옵니다. 영역 0에는 그런 연결이 없어 아무도 주소를 되돌리지 않고, worker1은 자기 포트로 온 것으로 여겨 거절합니다.',
    },
    fix: { en: 'iptables -t raw -A PREROUTING -i eth1 -j CT --zone-orig 2: the zone holds for the client’s direction only', ko: 'iptables -t raw -A PREROUTING -i eth1 -j CT --zone-orig 2: 클라이언트 방향에만 영역을 적용' },
    probe: 'client-to-second',
  },
];

/** Nodes without a plugin's rules: what the kernel itself does with other people's packets. */
export const incidentsNode: Scenario = incidentScenario('incidents-node', INCIDENTS, {
  story: {
    en: 'Four settings of a node that have nothing to do with Kubernetes, and that cut its pods off. Each with what mended it.',
    ko: '쿠버네티스와 상관없어 보이지만 파드의 통신을 끊는 노드 설정 네 가지와 해결책입니다.',
  },
  probes: [
    { id: 'pod-to-pod', title: { en: 'A pod opens a pod on another node', ko: '파드가 다른 노드의 파드로 접속' }, from: 'worker1/cli', to: '10.244.2.3:80', proto: 'tcp' },
    { id: 'pod-to-service', title: { en: 'A pod opens a service', ko: '파드가 서비스로 접속' }, from: 'worker1/cli', to: '10.96.20.10:80', proto: 'tcp' },
    { id: 'pod-to-dns', title: { en: 'A pod asks the DNS service', ko: '파드가 DNS 서비스에 질의' }, from: 'worker1/cli', to: '10.96.0.10:53', proto: 'udp' },
    { id: 'pod-to-internet', title: { en: 'A pod opens an address on the Internet', ko: '파드가 인터넷 주소로 접속' }, from: 'worker1/cli', to: '198.51.100.7:443', proto: 'tcp' },
    { id: 'node-to-node', title: { en: 'Node to node', ko: '노드에서 노드로 접속' }, from: 'worker1', to: '192.168.10.12:10250', proto: 'tcp' },
    { id: 'client-to-nodeport', title: { en: 'A client opens the node port of worker2', ko: '클라이언트가 worker2의 NodePort로 접속' }, from: 'client', to: '192.168.10.12:30080', proto: 'tcp' },
    { id: 'client-to-second', title: { en: 'A client opens worker1 on its second address', ko: '클라이언트가 worker1의 두 번째 주소로 접속' }, from: 'client', to: '10.20.0.11:30080', proto: 'tcp' },
  ],
  questions: [
    { ask: { en: 'ip_forward off: where does the pod’s packet end?', ko: 'ip_forward가 꺼지면 파드의 패킷은 어디에서 끝나나요?' }, probe: 'pod-to-pod', params: { incident: 'ipforward' }, tell: 'end' },
    { ask: { en: 'Docker’s policy: and here?', ko: 'Docker의 정책이라면 어디에서 끝나나요?' }, probe: 'pod-to-pod', params: { incident: 'forward' }, tell: 'end' },
    { ask: { en: 'Docker’s policy: who serves a client of the node port?', ko: 'Docker의 정책: NodePort로 온 클라이언트에게는 누가 응답하나요?' }, probe: 'client-to-nodeport', params: { incident: 'forward' }, tell: 'server' },
    { ask: { en: 'rp_filter: where does the client’s packet end?', ko: 'rp_filter: 클라이언트의 패킷은 어디에서 끝나나요?' }, probe: 'client-to-second', params: { incident: 'rpfilter' }, tell: 'end' },
    { ask: { en: 'And with the loose filter: whom does the pod take for its client?', ko: 'loose로 바꾸면 파드에는 누가 클라이언트로 보일까요?' }, probe: 'client-to-second', params: { incident: 'rpfilter', state: 'fixed' }, tell: 'client' },
    { ask: { en: 'A zone for eth1: who got the packet, although the client waits?', ko: 'eth1의 영역: 클라이언트는 기다리는데, 패킷은 누가 받았나요?' }, probe: 'client-to-second', params: { incident: 'zone' }, tell: 'server' },
    { ask: { en: 'And with a zone for the client’s direction only: whom does the pod take for its client?', ko: '클라이언트 방향에만 영역을 주면 파드에는 누가 클라이언트로 보일까요?' }, probe: 'client-to-second', params: { incident: 'zone', state: 'fixed' }, tell: 'client' },
  ],
  notes: [
    {
      en: 'All names and addresses are invented. Docker’s policy is kubernetes#40182; Flannel and Calico have added rules of their own since, so that it no longer breaks their pods.',
      ko: '이름과 주소는 모두 지어낸 값입니다. Docker의 정책은 kubernetes#40182입니다. 그 뒤로 Flannel과 Calico는 자체 규칙을 추가하여 더 이상 영향을 받지 않습니다.',
    },
  ],
});
