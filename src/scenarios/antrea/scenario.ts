import { cardOf } from '../cards.ts';
import type { Scenario } from '../scenario.ts';

/** Antrea in encap mode on two nodes: its pipeline after its design document, the machines around it by hand. */
export const antrea: Scenario = {
  ...cardOf('antrea'),
  story: {
    en: 'A pod opens a service, and the tables of br-int do everything: they check who is sending, pick an endpoint, route, and ask the NetworkPolicy. iptables, which kube-proxy would use, is not asked.',
    ko: '파드가 서비스로 접속하면 br-int의 테이블이 모든 일을 합니다. 보낸 이를 확인하고, 엔드포인트를 고르고, 라우팅하고, NetworkPolicy를 확인합니다. kube-proxy가 쓰는 iptables에는 묻지 않습니다.',
  },
  parameters: [],
  source: { kind: 'dumps', folder: () => 'antrea/modelled' },
  probes: [
    { id: 'pod-to-service', title: { en: 'A pod opens a service', ko: '파드가 서비스로 접속' }, from: 'node-1/client-1', to: '10.96.20.20:80', proto: 'tcp' },
    { id: 'pod-to-pod-near', title: { en: 'Pod to pod on the same node', ko: '같은 노드의 파드로 접속' }, from: 'node-1/client-1', to: '10.10.0.12:8080', proto: 'tcp' },
    { id: 'pod-to-pod-far', title: { en: 'Pod to pod on another node (Geneve)', ko: '다른 노드의 파드로 접속 (Geneve)' }, from: 'node-1/client-1', to: '10.10.1.12:8080', proto: 'tcp' },
    { id: 'policy-drops', title: { en: 'A pod that the NetworkPolicy keeps out', ko: 'NetworkPolicy가 막는 파드' }, from: 'node-1/batch-1', to: '10.10.0.12:8080', proto: 'tcp' },
    { id: 'policy-drops-far', title: { en: 'The same, towards another node', ko: 'NetworkPolicy가 막는 파드, 다른 노드로' }, from: 'node-1/batch-1', to: '10.10.1.12:8080', proto: 'tcp' },
    { id: 'hairpin', title: { en: 'A pod opens its own service (hairpin)', ko: '파드가 자기 서비스로 접속 (hairpin)' }, from: 'node-1/web-1', to: '10.96.20.20:80', proto: 'tcp' },
    { id: 'node-to-pod', title: { en: 'The node opens its own pod', ko: '노드가 자기 파드로 접속' }, from: 'node-1', to: '10.10.0.12:8080', proto: 'tcp' },
    { id: 'pod-to-internet', title: { en: 'A pod opens a server outside', ko: '파드가 외부 서버로 접속' }, from: 'node-1/client-1', to: '198.51.100.80:443', proto: 'tcp' },
    { id: 'no-endpoints', title: { en: 'A service without endpoints', ko: '엔드포인트가 없는 서비스' }, from: 'node-1/client-1', to: '10.96.30.30:80', proto: 'tcp' },
  ],
  questions: [
    { ask: { en: 'Which client does the pod behind the service see?', ko: '서비스 뒤의 파드에는 어떤 클라이언트가 보일까요?' }, probe: 'pod-to-service', tell: 'client' },
    { ask: { en: 'On which node is a packet dropped that the policy of a far pod forbids?', ko: '다른 노드 파드의 정책이 막는 패킷은 어느 노드에서 버려질까요?' }, probe: 'policy-drops-far', tell: 'end' },
    { ask: { en: 'Whom does a pod see that opens its own service and reaches itself?', ko: '자기 서비스에 접속해 자기 자신에 닿은 파드에는 누가 보일까요?' }, probe: 'hairpin', tell: 'client' },
  ],
  notes: [
    {
      en: 'Modelled, not recorded: the rules of br-int are written after Antrea’s own description of its pipeline (version 2, encap mode with Geneve, AntreaProxy without proxyAll, no Antrea-native policy). A real Open vSwitch takes them and prints them back the same.',
      ko: '기록이 아니라 모델입니다. br-int의 규칙은 Antrea가 설명하는 파이프라인(버전 2, Geneve encap 모드, proxyAll 없는 AntreaProxy, Antrea 고유 정책 없음)을 따라 썼습니다. 실제 Open vSwitch가 이 규칙을 받아들이고 똑같이 출력합니다.',
    },
    {
      en: 'Names, addresses and numbers of groups, ports and cookies are made up. The nodes’ iptables show Antrea’s chains alone, without kubelet’s and kube-proxy’s.',
      ko: '이름과 주소, 그룹과 포트와 쿠키의 번호는 지어낸 것입니다. 노드의 iptables에는 Antrea의 체인만 있고 kubelet과 kube-proxy의 체인은 없습니다.',
    },
    {
      en: 'A node keeps the policies of its own pods only, and checks what comes in, so a packet that is not allowed crosses the wire and is dropped at the other end. What a node itself sends to its own pods is let in by every policy.',
      ko: '노드에는 자기 파드의 정책만 있고 들어오는 쪽에서 확인합니다. 그래서 허용되지 않은 패킷도 선을 건너간 뒤 저쪽 노드에서 버려집니다. 노드가 자기 파드로 보내는 것은 어떤 정책도 막지 않습니다.',
    },
    {
      en: 'For a service without endpoints the rule hands the packet to the Antrea agent, which answers with a reset in the name of the service, straight out of the port where the packet came in.',
      ko: '엔드포인트가 없는 서비스로 가는 패킷은 규칙이 Antrea 에이전트에 넘기고, 에이전트가 서비스의 이름으로 RST를 만들어 패킷이 들어온 포트로 바로 내보냅니다.',
    },
  ],
};
