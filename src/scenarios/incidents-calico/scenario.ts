import { incidentScenario } from '../incident.ts';
import type { Incident, Scenario } from '../scenario.ts';

const INCIDENTS: readonly [Incident, ...Incident[]] = [
  {
    id: 'mtu',
    title: { en: 'A black hole for large packets', ko: '큰 패킷만 사라지는 블랙홀' },
    question: { en: 'Why does the connection open, and then hang?', ko: '왜 연결은 되는데 그다음에 멈출까요?' },
    story: {
      en: 'Pings work and connections open between the sites, but the first large packet never arrives. The tunnel’s packets are too large for the line between the routers and may not be fragmented, and the ICMP message that would say so is filtered: nobody ever tells the sender.',
      ko: '두 사이트 사이에서 ping도 되고 연결도 열리는데, 첫 번째 큰 패킷이 도착하지 않습니다. 터널 패킷은 라우터 사이의 회선보다 크고 단편화할 수도 없는데, 이를 알리는 ICMP 메시지가 차단되어 보내는 쪽은 끝내 알지 못합니다.',
    },
    fix: { en: 'ipipMTU: 1380 in the FelixConfiguration (1400 of the line less 20 for the outer header)', ko: 'FelixConfiguration에 ipipMTU: 1380 (회선 1400에서 바깥 헤더 20을 뺀 값)' },
    probe: 'large-ping',
  },
  {
    id: 'pool',
    title: { en: 'A new pool without natOutgoing', ko: 'natOutgoing이 없는 새 풀' },
    question: { en: 'Why do only new pods not reach the Internet?', ko: '왜 새로 만든 파드만 인터넷에 접속하지 못할까요?' },
    story: {
      en: 'Old pods reach the Internet, those made since the second pool exists do not, although they reach every pod. natOutgoing is a property of the pool, and off unless it is set: the packet leaves with the pod’s own address, and the answer finds no way back.',
      ko: '예전 파드는 인터넷에 접속되는데, 두 번째 풀이 생긴 뒤에 만든 파드는 다른 파드에는 닿아도 인터넷에는 접속되지 않습니다. natOutgoing은 풀마다의 속성이고 지정하지 않으면 꺼져 있어, 패킷이 파드의 주소 그대로 나가 응답이 돌아올 길이 없습니다.',
    },
    fix: { en: 'calicoctl patch ippool new-pool -p \'{"spec":{"natOutgoing":true}}\'', ko: 'calicoctl patch ippool new-pool -p \'{"spec":{"natOutgoing":true}}\'' },
    probe: 'pod-to-internet',
  },
  {
    id: 'lan',
    title: { en: 'A pool over the machines’ own network', ko: '노드 네트워크와 겹치는 풀' },
    question: { en: 'Why do pods reach the Internet, but not the file server beside the nodes?', ko: '왜 파드에서 인터넷은 되는데 노드 옆의 파일 서버에는 닿지 않을까요?' },
    story: {
      en: 'The file server’s log shows requests from addresses that nobody has there. The pool of Calico’s manifest, 192.168.0.0/16, covers the nodes’ network, so the server counts as one of the pods, and for those the source is not translated.',
      ko: '파일 서버에는 그 네트워크에 없는 주소에서 온 요청이 보입니다. Calico 매니페스트의 기본 풀 192.168.0.0/16이 노드의 네트워크까지 덮기 때문에 서버가 파드 중 하나로 여겨지고, 파드로 가는 패킷은 출발지를 바꾸지 않습니다.',
    },
    fix: { en: 'A pool that nothing else uses (10.244.0.0/16), and pods made anew', ko: '다른 곳에서 쓰지 않는 풀(10.244.0.0/16)로 바꾸고 파드를 다시 생성' },
    probe: 'pod-to-nfs',
  },
];

/** Calico's IPIP over two sites. */
export const incidentsCalico: Scenario = incidentScenario('incidents-calico', INCIDENTS, {
  story: {
    en: 'Three nodes at two sites, IPIP between them, and a line of 1,400 bytes in the middle. Three incidents with Calico, each with what mended it.',
    ko: '두 사이트의 노드 세 대가 IPIP로 이어져 있고, 그 사이에는 MTU 1400인 회선이 있습니다. Calico에서 있었던 장애 세 가지와 해결책입니다.',
  },
  probes: [
    { id: 'large-ping', title: { en: 'A pod pings a pod at the other site with 1,452 bytes: a full packet', ko: '파드가 다른 사이트의 파드로 1,452바이트 ping (꽉 찬 패킷)' }, from: 'node1/cli', to: 'pod/default/web-3', proto: 'icmp', size: 1452 },
    { id: 'small-ping', title: { en: 'A pod pings it with 56 bytes', ko: '그 파드로 56바이트 ping' }, from: 'node1/cli', to: 'pod/default/web-3', proto: 'icmp' },
    { id: 'much-to-site2', title: { en: 'A pod opens a connection to it and sends 4,000 bytes', ko: '그 파드로 접속해 4,000바이트 전송' }, from: 'node1/cli', to: 'pod/default/web-3:80', proto: 'tcp', size: 4000 },
    { id: 'much-to-node2', title: { en: 'A pod sends 4,000 bytes to a pod at its own site', ko: '파드가 같은 사이트의 파드로 4,000바이트 전송' }, from: 'node1/cli', to: 'pod/default/web-2:80', proto: 'tcp', size: 4000 },
    { id: 'pod-to-dns', title: { en: 'A pod asks the DNS service', ko: '파드가 DNS 서비스에 질의' }, from: 'node1/cli', to: '10.96.0.10:53', proto: 'udp' },
    { id: 'pod-to-internet', title: { en: 'A pod opens an address on the Internet', ko: '파드가 인터넷 주소로 접속' }, from: 'node1/cli', to: '198.51.100.7:443', proto: 'tcp' },
    { id: 'old-pod-to-internet', title: { en: 'A pod on node2 opens it', ko: 'node2의 파드가 그 주소로 접속' }, from: 'node2/web-2', to: '198.51.100.7:443', proto: 'tcp' },
    { id: 'pod-to-nfs', title: { en: 'A pod opens the file server beside the nodes', ko: '파드가 노드 옆의 파일 서버로 접속' }, from: 'node1/cli', to: '192.168.50.10:2049', proto: 'tcp' },
  ],
  questions: [
    { ask: { en: 'Black hole: on which machine does the large packet vanish?', ko: '블랙홀: 큰 패킷은 어느 기계에서 사라지나요?' }, probe: 'large-ping', params: { incident: 'mtu' }, tell: 'end' },
    { ask: { en: 'And who gets it with the smaller MTU?', ko: 'MTU를 줄이면 누가 받나요?' }, probe: 'large-ping', params: { incident: 'mtu', state: 'fixed' }, tell: 'server' },
    { ask: { en: 'New pool: which client does the server on the Internet see?', ko: '새 풀: 인터넷 서버에는 누가 클라이언트로 보일까요?' }, probe: 'pod-to-internet', params: { incident: 'pool' }, tell: 'client' },
    { ask: { en: 'And with natOutgoing?', ko: 'natOutgoing을 켜면 누가 보일까요?' }, probe: 'pod-to-internet', params: { incident: 'pool', state: 'fixed' }, tell: 'client' },
    { ask: { en: 'Overlap: which client does the file server see?', ko: '겹친 풀: 파일 서버에는 누가 클라이언트로 보일까요?' }, probe: 'pod-to-nfs', params: { incident: 'lan' }, tell: 'client' },
  ],
  notes: [
    {
      en: 'All names and addresses are invented. A hidden ICMP message is harmless where TCP probes for the path’s MTU by itself (net.ipv4.tcp_mtu_probing); by default Linux does not.',
      ko: '이름과 주소는 모두 지어낸 값입니다. TCP가 스스로 경로의 MTU를 알아내게 하면(net.ipv4.tcp_mtu_probing) ICMP가 막혀도 괜찮지만, 리눅스의 기본값은 꺼져 있습니다.',
    },
  ],
});
