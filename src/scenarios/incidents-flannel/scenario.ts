import { incidentScenario } from '../incident.ts';
import type { Incident, Scenario } from '../scenario.ts';

const INCIDENTS: readonly [Incident, ...Incident[]] = [
  {
    id: 'vxlan',
    title: { en: 'A firewall knows nothing of VXLAN', ko: '방화벽이 VXLAN을 모를 때' },
    question: { en: 'Why do pods reach only pods of their own node?', ko: '왜 같은 노드의 파드에만 닿을까요?' },
    story: {
      en: 'Nodes reach each other, pods of one node reach each other, and between nodes every pod is silent since worker2 got a host firewall. Between nodes a pod’s packet is a UDP datagram to port 8472 of the node itself, so it is INPUT that judges it, and nobody listed that port.',
      ko: 'worker2에 호스트 방화벽을 켠 뒤로 노드끼리는 통하고 같은 노드의 파드끼리도 통하는데, 노드를 건너는 파드 통신만 끊겼습니다. 노드 사이에서 파드의 패킷은 노드 자신의 8472 포트로 가는 UDP이므로 INPUT 체인이 검사하는데, 그 포트가 목록에 없습니다.',
    },
    fix: { en: 'iptables -I INPUT -p udp -m udp --dport 8472 -j ACCEPT, on every node', ko: '모든 노드에서 iptables -I INPUT -p udp -m udp --dport 8472 -j ACCEPT' },
    probe: 'pod-to-pod',
  },
  {
    id: 'bridge',
    title: { en: 'br_netfilter is missing', ko: 'br_netfilter가 없을 때' },
    question: { en: 'Why does a service time out only when its pod is on my node?', ko: '왜 서비스의 파드가 같은 노드에 있을 때만 시간 초과가 날까요?' },
    story: {
      en: 'The service’s pod gets the packet and answers, and the client waits on. Both pods hang on the same bridge: the answer crosses it without meeting iptables, so nobody turns the pod’s address back into the service’s, and the client knows no such connection.',
      ko: '서비스의 파드는 패킷을 받아 응답하는데도 클라이언트는 계속 기다립니다. 두 파드가 같은 브리지에 있어 응답이 iptables를 거치지 않고 건너가므로, 아무도 파드의 주소를 서비스의 주소로 되돌리지 않아 클라이언트가 모르는 연결이 됩니다.',
    },
    fix: { en: 'modprobe br_netfilter; sysctl -w net.bridge.bridge-nf-call-iptables=1', ko: 'modprobe br_netfilter; sysctl -w net.bridge.bridge-nf-call-iptables=1' },
    probe: 'pod-to-service',
  },
  {
    id: 'hairpin',
    title: { en: 'A bridge without hairpin mode', ko: 'hairpin 모드가 없는 브리지' },
    question: { en: 'Why can a pod not reach itself through its own service?', ko: '왜 파드가 자기 서비스를 통해 자신에게 접속하지 못할까요?' },
    story: {
      en: 'Everybody reaches the service except the very pod behind it, when the service picks that pod. The packet would have to leave the bridge by the port that it came in by, and a bridge does that only on ports in hairpin mode.',
      ko: '누구나 서비스에 접속되는데, 그 뒤의 파드만 자신이 선택되면 접속하지 못합니다. 패킷이 들어온 포트로 다시 나가야 하는데, 브리지는 hairpin 모드인 포트에서만 그렇게 합니다.',
    },
    fix: { en: '"hairpinMode": true in cni-conf.json; then the pods are made anew', ko: 'cni-conf.json에 "hairpinMode": true, 그리고 파드를 다시 생성' },
    probe: 'pod-to-itself',
  },
  {
    id: 'leftover',
    title: { en: 'Routes of the plugin before', ko: '이전 플러그인이 남긴 경로' },
    question: { en: 'Why are some pods of a node out of reach since we changed the plugin?', ko: '왜 네트워크 플러그인을 바꾼 뒤로 한 노드의 일부 파드에만 닿지 않을까요?' },
    story: {
      en: 'Flannel’s route to worker2 is there, and yet the packet goes to worker3 and vanishes. Calico’s BIRD left a route for 64 of these addresses behind, the longer prefix wins, and where that block once lived it is now a blackhole.',
      ko: 'Flannel의 worker2 경로가 있는데도 패킷은 worker3으로 가서 사라집니다. Calico의 BIRD가 이 주소들 중 64개에 대한 경로를 남겼고, 더 긴 프리픽스가 이기며, 그 블록이 있던 노드에는 blackhole 경로가 남아 있습니다.',
    },
    fix: { en: 'ip route flush proto bird, on every node (or a reboot)', ko: '모든 노드에서 ip route flush proto bird (또는 재부팅)' },
    probe: 'pod-to-pod',
  },
  {
    id: 'iface',
    title: { en: 'Flannel on the wrong interface', ko: '다른 인터페이스를 고른 Flannel' },
    question: { en: 'Why do pods on my Vagrant VMs not reach each other?', ko: '왜 Vagrant VM의 파드끼리 통신이 안 될까요?' },
    story: {
      en: 'All nodes are Ready, and pods reach the Internet but no pod on another node. Flannel takes the interface of the default route, which on such VMs is the NAT with 10.0.2.15 on every one of them: each node sends the others’ packets to itself.',
      ko: '모든 노드가 Ready이고 파드에서 인터넷도 되는데 다른 노드의 파드에는 닿지 않습니다. Flannel은 기본 경로의 인터페이스를 고르는데, 이런 VM에서는 모두 10.0.2.15인 NAT입니다. 각 노드는 다른 노드로 보낼 패킷을 자기 자신에게 보냅니다.',
    },
    fix: { en: '--iface=eth1 among the arguments of flanneld', ko: 'flanneld의 인자에 --iface=eth1' },
    probe: 'pod-to-pod',
  },
  {
    id: 'stale',
    title: { en: 'A UDP connection that outlives its pod', ko: '파드보다 오래 남은 UDP 연결' },
    question: { en: 'Why does one pod get no DNS answers after CoreDNS restarted?', ko: '왜 CoreDNS를 재시작한 뒤 한 파드만 DNS 응답을 못 받을까요?' },
    story: {
      en: 'All other pods resolve names; this one asks from the same port again and again, and hears that the host is unreachable. Rules for NAT are asked only for the first packet of a connection: its entry in conntrack still says the old pod’s address, and every new question keeps the entry alive.',
      ko: '다른 파드는 모두 이름을 찾는데, 늘 같은 포트로 질의하는 이 파드만 호스트에 닿을 수 없다는 답을 받습니다. NAT 규칙은 연결의 첫 패킷에만 적용됩니다. conntrack 항목에는 아직 옛 파드의 주소가 있고, 새 질의가 올 때마다 그 항목의 수명이 늘어납니다.',
    },
    fix: { en: 'conntrack -D -p udp --orig-dst 10.96.0.10', ko: 'conntrack -D -p udp --orig-dst 10.96.0.10' },
    probe: 'pod-to-dns',
  },
];

/** Flannel's VXLAN with kube-proxy in iptables mode, broken in six ways. */
export const incidentsFlannel: Scenario = incidentScenario('incidents-flannel', INCIDENTS, {
  story: {
    en: 'Six things that broke clusters with Flannel, each on the same three nodes, and each with what mended it. Look at where the packet ends before you look at the fix.',
    ko: 'Flannel 클러스터에서 실제로 있었던 장애 여섯 가지를 같은 세 노드에서 재현하고, 각각의 해결책을 보여 줍니다. 해결책을 보기 전에 패킷이 어디에서 끝나는지 먼저 보세요.',
  },
  // Vagrant's NAT gives every VM the same address.
  warned: ['duplicate-address'],
  probes: [
    { id: 'pod-to-pod', title: { en: 'A pod opens a pod on another node', ko: '파드가 다른 노드의 파드로 접속' }, from: 'worker1/cli', to: '10.244.2.3:80', proto: 'tcp' },
    { id: 'pod-to-service', title: { en: 'A pod opens a service whose pod is its neighbour', ko: '파드가 같은 노드의 파드를 둔 서비스로 접속' }, from: 'worker1/cli', to: '10.96.20.10:80', proto: 'tcp' },
    { id: 'pod-to-itself', title: { en: 'A pod opens its own service', ko: '파드가 자기 서비스로 접속' }, from: 'worker1/web-1', to: '10.96.20.10:80', proto: 'tcp' },
    { id: 'pod-to-dns', title: { en: 'A pod asks the DNS service', ko: '파드가 DNS 서비스에 질의' }, from: 'worker1/cli', to: '10.96.0.10:53', proto: 'udp' },
    { id: 'pod-to-internet', title: { en: 'A pod opens an address on the Internet', ko: '파드가 인터넷 주소로 접속' }, from: 'worker1/cli', to: '198.51.100.7:443', proto: 'tcp' },
    { id: 'node-to-node', title: { en: 'Node to node', ko: '노드에서 노드로 접속' }, from: 'worker1', to: '192.168.10.12:10250', proto: 'tcp' },
    { id: 'client-to-nodeport', title: { en: 'A client opens the node port of worker2', ko: '클라이언트가 worker2의 NodePort로 접속' }, from: 'client', to: '192.168.10.12:30080', proto: 'tcp' },
  ],
  questions: [
    { ask: { en: 'Firewall: in which chain of which node does the packet end?', ko: '방화벽: 패킷은 어느 노드의 어느 체인에서 끝나나요?' }, probe: 'pod-to-pod', params: { incident: 'vxlan' }, tell: 'end' },
    { ask: { en: 'No br_netfilter: who got the packet, although the client waits?', ko: 'br_netfilter 없음: 클라이언트는 기다리는데, 패킷은 누가 받았나요?' }, probe: 'pod-to-service', params: { incident: 'bridge' }, tell: 'server' },
    { ask: { en: 'Hairpin mended: whom does the pod see as its client?', ko: 'hairpin 해결 후: 파드에는 누가 클라이언트로 보일까요?' }, probe: 'pod-to-itself', params: { incident: 'hairpin', state: 'fixed' }, tell: 'client' },
    { ask: { en: 'And without hairpin mode: where does the packet end?', ko: 'hairpin 모드가 없으면 패킷은 어디에서 끝나나요?' }, probe: 'pod-to-itself', params: { incident: 'hairpin' }, tell: 'end' },
    { ask: { en: 'Old routes: on which node does the packet vanish?', ko: '남은 경로: 패킷은 어느 노드에서 사라지나요?' }, probe: 'pod-to-pod', params: { incident: 'leftover' }, tell: 'end' },
    { ask: { en: 'Wrong interface: which node gets the packet for worker2?', ko: '잘못된 인터페이스: worker2로 가야 할 패킷은 어느 노드가 받나요?' }, probe: 'pod-to-pod', params: { incident: 'iface' }, tell: 'end' },
    { ask: { en: 'Old connection: where does the question to the DNS service end?', ko: '옛 연결: DNS 질의는 어디에서 끝나나요?' }, probe: 'pod-to-dns', params: { incident: 'stale' }, tell: 'end' },
    { ask: { en: 'And who answers when the old entry is gone?', ko: '옛 항목을 지우면 누가 응답하나요?' }, probe: 'pod-to-dns', params: { incident: 'stale', state: 'fixed' }, tell: 'server' },
  ],
  notes: [
    {
      en: 'All names and addresses are invented. The incidents are those that Flannel’s and Kubernetes’ trackers are full of: UDP 8472 in host firewalls, bridge-nf-call-iptables, hairpin mode, Vagrant’s 10.0.2.15, stale UDP entries (kubernetes#45976, #65228).',
      ko: '이름과 주소는 모두 지어낸 값입니다. 장애는 Flannel과 쿠버네티스의 이슈에서 거듭 보고된 것들입니다: 호스트 방화벽의 UDP 8472, bridge-nf-call-iptables, hairpin 모드, Vagrant의 10.0.2.15, 남아 있는 UDP 항목(kubernetes#45976, #65228).',
    },
  ],
});
