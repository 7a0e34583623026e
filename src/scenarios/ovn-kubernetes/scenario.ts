import { cardOf } from '../cards.ts';
import type { Scenario } from '../scenario.ts';

const WORKER = 'worker1.twcm.cloud';

/** OVN-Kubernetes in shared gateway mode: the bridges of two nodes as real ovn-northd and ovn-controller wrote them, the machines around them by hand. */
export const ovnKubernetes: Scenario = {
  ...cardOf('ovn-kubernetes'),
  story: {
    en: 'A client opens port 31785 of worker1. br-ex hands the packet straight to br-int, where OVN’s gateway router balances it: iptables is never asked, although it has a rule for that very port.',
    ko: '클라이언트가 worker1의 31785 포트로 접속합니다. br-ex가 패킷을 곧바로 br-int에 넘기고 OVN의 게이트웨이 라우터가 파드를 고릅니다. iptables에 바로 그 포트의 규칙이 있는데도 iptables는 지나지 않습니다.',
  },
  parameters: [
    {
      key: 'nodeport',
      label: { en: 'Service type', ko: '서비스 타입' },
      options: ['on', 'off'],
      default: 'on',
      names: { on: { en: 'NodePort 31785', ko: 'NodePort 31785' }, off: { en: 'ClusterIP', ko: 'ClusterIP' } },
    },
  ],
  source: { kind: 'dumps', folder: () => 'ovn-kubernetes/recorded', without: (params) => (params['nodeport'] === 'off' ? 'ovn-kubernetes/nodeport-off.txt' : undefined) },
  probes: [
    { id: 'client-to-nodeport', title: { en: 'A client outside opens the node port', ko: '외부 클라이언트가 NodePort로 접속' }, from: 'client', to: '50.50.51.24:31785', proto: 'tcp' },
    { id: 'node-to-nodeport', title: { en: 'The node opens its own node port', ko: '노드가 자신의 NodePort로 접속' }, from: WORKER, to: '50.50.51.24:31785', proto: 'tcp' },
    { id: 'pod-to-pod-near', title: { en: 'Pod to pod on the same node', ko: '같은 노드의 파드로 접속' }, from: `${WORKER}/client-0`, to: '10.131.0.20:8080', proto: 'tcp' },
    { id: 'pod-to-pod-far', title: { en: 'Pod to pod on another node (Geneve)', ko: '다른 노드의 파드로 접속 (Geneve)' }, from: `${WORKER}/client-0`, to: '10.128.0.15:8080', proto: 'tcp' },
    { id: 'pod-to-clusterip', title: { en: 'A pod opens the cluster IP', ko: '파드가 ClusterIP로 접속' }, from: `${WORKER}/client-0`, to: '172.30.44.86:80', proto: 'tcp' },
    { id: 'node-to-clusterip', title: { en: 'The node opens the cluster IP', ko: '노드가 ClusterIP로 접속' }, from: WORKER, to: '172.30.44.86:80', proto: 'tcp' },
    { id: 'pod-to-internet', title: { en: 'A pod opens a server outside', ko: '파드가 외부 서버로 접속' }, from: `${WORKER}/client-0`, to: '198.51.100.80:443', proto: 'tcp' },
    { id: 'hairpin', title: { en: 'A pod opens its own service (hairpin)', ko: '파드가 자기 서비스로 접속 (hairpin)' }, from: `${WORKER}/web-0`, to: '172.30.44.86:80', proto: 'tcp' },
    { id: 'no-endpoints', title: { en: 'A service without endpoints', ko: '엔드포인트가 없는 서비스' }, from: `${WORKER}/client-0`, to: '172.30.99.1:80', proto: 'tcp' },
    { id: 'policy-allows', title: { en: 'A pod that the NetworkPolicy lets in', ko: 'NetworkPolicy가 허용하는 파드' }, from: `${WORKER}/client-0`, to: '10.131.0.30:8080', proto: 'tcp' },
    { id: 'policy-drops', title: { en: 'A pod that the NetworkPolicy keeps out', ko: 'NetworkPolicy가 막는 파드' }, from: `${WORKER}/dns-default-x7k2p`, to: '10.131.0.30:8080', proto: 'tcp' },
    { id: 'pod-to-node', title: { en: 'A pod opens its own node', ko: '파드가 자기 노드로 접속' }, from: `${WORKER}/client-0`, to: '50.50.51.24:22', proto: 'tcp' },
    { id: 'big-ping', title: { en: 'A ping larger than the pods’ MTU', ko: '파드의 MTU보다 큰 ping' }, from: `${WORKER}/client-0`, to: '10.128.0.15', proto: 'icmp', size: 1400 },
  ],
  questions: [
    { ask: { en: 'Which client does the pod behind the node port log?', ko: 'NodePort 뒤의 파드 로그에는 어떤 클라이언트가 남을까요?' }, probe: 'client-to-nodeport', tell: 'client' },
    { ask: { en: 'What becomes of the same packet once the service is a ClusterIP only?', ko: '서비스가 ClusterIP일 뿐이라면 같은 패킷은 어떻게 될까요?' }, probe: 'client-to-nodeport', params: { nodeport: 'off' }, tell: 'end' },
    { ask: { en: 'Whom does a pod see that opens its own service and reaches itself?', ko: '자기 서비스에 접속해 자기 자신에 닿은 파드에는 누가 보일까요?' }, probe: 'hairpin', tell: 'client' },
    { ask: { en: 'Which address does a server outside see when a pod opens it?', ko: '파드가 외부 서버에 접속하면 서버에는 어떤 주소가 보일까요?' }, probe: 'pod-to-internet', tell: 'client' },
    { ask: { en: 'Who answers for a service that has no endpoints?', ko: '엔드포인트가 없는 서비스에는 누가 응답할까요?' }, probe: 'no-endpoints', tell: 'end' },
  ],
  notes: [
    {
      en: 'The document calls ovn-k8s-mp0 the overlay port of the pods. It is the node’s own port on its logical switch; a pod’s packet uses it only towards its own node.',
      ko: '원문은 ovn-k8s-mp0를 파드의 오버레이 포트라고 합니다. 실제로는 노드 자신이 논리 스위치에 꽂은 포트이고, 파드의 패킷은 자기 노드로 갈 때만 이곳을 지납니다.',
    },
    {
      en: 'The document sends pods’ packets by the node’s routing table. No route of the host is asked for them: OVN’s logical routers, which are rules in br-int, route them.',
      ko: '원문은 파드의 패킷이 노드의 라우팅 테이블을 따라 간다고 합니다. 호스트의 라우팅은 쓰이지 않습니다. br-int의 규칙으로 만들어진 OVN 논리 라우터가 라우팅합니다.',
    },
    {
      en: 'The document calls the Geneve ports physical. They are names for tunnels to other nodes; all share the device genev_sys_6081, and the frames leave by br-ex and enp131s0f0.',
      ko: '원문은 Geneve 포트를 물리 포트라고 합니다. 다른 노드로 가는 터널의 이름일 뿐이고, 모두 genev_sys_6081 장치 하나를 함께 쓰며 프레임은 br-ex와 enp131s0f0으로 나갑니다.',
    },
    {
      en: 'The document says that Geneve needs 100 bytes. The MTU of 1400 leaves 100; the headers take 58: IP 20, UDP 8, Geneve 8, OVN’s option 8, the inner Ethernet header 14.',
      ko: '원문은 Geneve에 100바이트가 필요하다고 합니다. MTU 1400이 남겨 두는 것이 100바이트이고, 실제 헤더는 58바이트입니다. IP 20, UDP 8, Geneve 8, OVN 옵션 8, 안쪽 이더넷 헤더 14.',
    },
    {
      en: 'The document shows the rule in OVN-KUBE-NODEPORT as what makes the node port work. In shared gateway mode it serves what the node itself sends, and packets too large for the pods’ MTU.',
      ko: '원문은 OVN-KUBE-NODEPORT의 규칙이 NodePort를 동작시키는 것처럼 보여 줍니다. shared gateway 모드에서 이 규칙은 노드 자신이 보낸 패킷과 파드의 MTU보다 큰 패킷에만 쓰입니다.',
    },
    {
      en: 'Bridges, rules, groups and the listings of OVN’s databases come from a real ovn-northd and ovn-controller 23.03 on Open vSwitch 3.1 (the document has 2.15), with the document’s names. Worker1’s own address and the pods’ names are made up.',
      ko: '브리지, 규칙, 그룹과 OVN 데이터베이스의 목록은 Open vSwitch 3.1(원문은 2.15) 위의 실제 ovn-northd와 ovn-controller 23.03에서, 원문의 이름으로 얻었습니다. worker1의 주소와 파드 이름은 지어낸 것입니다.',
    },
    {
      en: 'The machines around the bridges (addresses, routes, neighbours, iptables, programs) are written by hand after the document and OVN-Kubernetes of early 2022. The document’s listing hides that two rules are for packets out by ovn-k8s-mp0 only.',
      ko: '브리지 밖의 것(주소, 라우팅, 이웃, iptables, 프로그램)은 원문과 2022년 초의 OVN-Kubernetes를 따라 손으로 썼습니다. 원문의 목록에는 두 규칙이 ovn-k8s-mp0로 나가는 패킷에만 해당한다는 점이 보이지 않습니다.',
    },
    {
      en: 'The state ClusterIP is the recorded one without the lines that the NodePort made: one of iptables and nine OpenFlow rules on each node. master2 and master3 were not recorded: what goes there leaves the picture.',
      ko: 'ClusterIP 상태는 기록에서 NodePort가 만든 줄(노드마다 iptables 한 줄과 OpenFlow 규칙 아홉 개)을 뺀 것입니다. master2와 master3은 기록되지 않아, 그리로 가는 것은 그림을 벗어납니다.',
    },
  ],
};
