import { cardOf } from '../cards.ts';
import type { Scenario } from '../scenario.ts';

/** Calico on four VMs of an OpenStack, with Neutron's port security and security groups below them. */
export const calicoOpenstack: Scenario = {
  ...cardOf('calico-openstack'),
  story: {
    en: 'Four VMs of an OpenStack are Kubernetes nodes, and below each of them Neutron judges every frame by the port’s own addresses and by its security group. A pod’s address is none of the port’s, and a tunnel that hides it needs a rule for IP protocol 4: watch on which compute host and in which chain the packet dies, and what lets it live.',
    ko: 'OpenStack의 VM 네 대가 쿠버네티스 노드이고, 그 아래에서 Neutron이 모든 프레임을 포트의 주소와 보안 그룹으로 검사합니다. 파드의 주소는 포트의 주소가 아니고 그것을 감추는 터널에는 IP 프로토콜 4를 허용하는 규칙이 필요하니, 패킷이 어느 컴퓨트 호스트의 어느 체인에서 버려지고 무엇이 통과시키는지 보세요.',
  },
  parameters: [
    {
      key: 'state',
      label: { en: 'What was done', ko: '설정' },
      options: ['crosssubnet', 'always', 'literal', 'proto4', 'proto94', 'pairs'],
      default: 'crosssubnet',
      names: {
        crosssubnet: { en: 'IPIP CrossSubnet', ko: 'IPIP CrossSubnet' },
        always: { en: 'IPIP Always, no rule for it', ko: 'IPIP Always, 규칙 없음' },
        literal: { en: 'IPIP Always, and nothing new may leave', ko: 'IPIP Always, 나가는 규칙도 없음' },
        proto4: { en: 'IPIP Always, rule for protocol 4', ko: 'IPIP Always, 프로토콜 4 허용' },
        proto94: { en: 'IPIP Always, rule for “ipip”', ko: 'IPIP Always, “ipip” 허용' },
        pairs: { en: 'No tunnel, allowed address pairs', ko: '터널 없음, allowed-address-pairs' },
      },
    },
  ],
  source: { kind: 'objects', folder: 'calico-openstack' },
  probes: [
    { id: 'pod-to-pod', title: { en: 'Ping a pod on another node', ko: '다른 노드의 파드로 ping' }, from: 'chhan-k8s-1/debug', to: '172.16.110.23', proto: 'icmp' },
    { id: 'node-to-pod', title: { en: 'Ping it from the node itself, as the document does', ko: '원문처럼 노드에서 그 파드로 ping' }, from: 'chhan-k8s-1', to: '172.16.110.23', proto: 'icmp' },
    { id: 'same-node', title: { en: 'Ping it from a pod on its own node', ko: '같은 노드의 파드에서 ping' }, from: 'chhan-k8s-2/debug-2', to: '172.16.110.23', proto: 'icmp' },
    { id: 'pod-to-dns', title: { en: 'A pod asks the DNS service', ko: '파드가 DNS 서비스에 질의' }, from: 'chhan-k8s-1/debug', to: '10.96.0.10:53', proto: 'udp' },
    { id: 'pod-to-service', title: { en: 'A pod opens a service', ko: '파드가 서비스로 접속' }, from: 'chhan-k8s-1/debug', to: '10.96.110.23:80', proto: 'tcp' },
    { id: 'pod-to-internet', title: { en: 'A pod opens an address on the Internet', ko: '파드가 인터넷 주소로 접속' }, from: 'chhan-k8s-1/debug', to: '198.51.100.7:443', proto: 'tcp' },
    { id: 'node-to-node', title: { en: 'Node to node', ko: '노드에서 노드로 접속' }, from: 'chhan-k8s-1', to: '10.100.200.21:10250', proto: 'tcp' },
    { id: 'admin-to-nodeport', title: { en: 'An administrator opens a node port', ko: '관리자가 NodePort로 접속' }, from: 'admin', to: '10.100.200.21:30080', proto: 'tcp' },
  ],
  questions: [
    { ask: { en: 'CrossSubnet: where does a pod’s ping to another node die?', ko: 'CrossSubnet: 파드가 다른 노드로 보낸 ping은 어디에서 버려지나요?' }, probe: 'pod-to-pod', tell: 'end' },
    { ask: { en: 'CrossSubnet: whom would the pod see if the node itself pinged it?', ko: 'CrossSubnet: 노드가 직접 ping하면 파드에는 누가 보일까요?' }, probe: 'node-to-pod', tell: 'client' },
    { ask: { en: 'IPIP Always without a rule: on which side does the packet die?', ko: 'IPIP Always에 규칙이 없으면 어느 쪽에서 버려지나요?' }, probe: 'pod-to-pod', params: { state: 'always' }, tell: 'end' },
    { ask: { en: 'And where if no rule lets anything new leave, as in the chain that the document prints?', ko: '원문에 실린 체인처럼 새로 나가는 것을 허용하는 규칙도 없으면 어디에서 버려지나요?' }, probe: 'pod-to-pod', params: { state: 'literal' }, tell: 'end' },
    { ask: { en: 'With protocol 4 allowed: whom does the pod see when the node pings it?', ko: '프로토콜 4를 허용하고 노드가 ping하면 파드에는 누가 보일까요?' }, probe: 'node-to-pod', params: { state: 'proto4' }, tell: 'client' },
    { ask: { en: 'The rule says “ipip”: where does the packet die?', ko: '규칙에 “ipip”라고 쓰면 패킷은 어디에서 버려지나요?' }, probe: 'pod-to-pod', params: { state: 'proto94' }, tell: 'end' },
    { ask: { en: 'Without a tunnel, but with allowed address pairs: who answers?', ko: '터널 없이 allowed-address-pairs를 쓰면 누가 응답하나요?' }, probe: 'pod-to-pod', params: { state: 'pairs' }, tell: 'server' },
  ],
  notes: [
    {
      en: 'The document blames rule 4 of the egress chain, “Prevent DHCP Spoofing”. That rule drops only answers of a DHCP server; a pod’s packet dies in the chain that rule 2 jumps to, which knows the port’s addresses.',
      ko: '원문은 egress 체인의 4번 규칙 “Prevent DHCP Spoofing”이 원인이라고 합니다. 그 규칙은 DHCP 서버의 응답만 버립니다. 파드의 패킷은 2번 규칙이 점프하는, 포트의 주소를 아는 체인에서 버려집니다.',
    },
    {
      en: 'The egress chain that the document prints has no rule that lets anything new leave. A new security group has one, and with it protocol 4 dies at the receiver; taken literally, the document’s chain drops it at the sender.',
      ko: '원문에 실린 egress 체인에는 새로 나가는 것을 허용하는 규칙이 없습니다. 새로 만든 보안 그룹에는 그 규칙이 있어 프로토콜 4는 받는 쪽에서 버려집니다. 원문을 글자 그대로 따르면 보내는 쪽에서 버려집니다.',
    },
    {
      en: 'Under CrossSubnet the document’s own ping, from the node, leaves with the NIC’s address and arrives: it is the pod’s reply that counts as spoofed.',
      ko: 'CrossSubnet에서 원문처럼 노드에서 보낸 ping은 NIC의 주소로 나가 도착합니다. 위조로 보이는 것은 파드의 응답입니다.',
    },
    {
      en: '`--protocol ipip` is protocol 4 for the API. The iptables drivers hand the word to iptables, and there /etc/protocols says 94: only `--protocol 4` lets Calico’s tunnel in.',
      ko: 'API에서 `--protocol ipip`는 프로토콜 4입니다. 그러나 iptables 드라이버는 그 단어를 iptables에 그대로 넘기고 /etc/protocols에서 ipip는 94이므로, `--protocol 4`로 써야 Calico의 터널이 통과합니다.',
    },
    {
      en: 'br-int is an Open vSwitch. Here a learning switch stands for it, in a namespace of its own, because no Netfilter looks there; the network is a provider’s VLAN 100.',
      ko: 'br-int는 Open vSwitch입니다. 여기서는 학습하는 스위치가 대신하며, 그 안은 Netfilter가 보지 않으므로 별도의 네임스페이스에 두었습니다. 네트워크는 프로바이더 VLAN 100입니다.',
    },
    {
      en: 'Names, addresses and the MAC addresses of the first two nodes, the pool and the pinged pod are the document’s. The compute hosts, the other pods and blocks, and the security group’s other rules are invented.',
      ko: '노드의 이름과 주소, 처음 두 노드의 MAC 주소, 풀, ping을 받는 파드는 원문의 것입니다. 컴퓨트 호스트와 다른 파드, 블록, 보안 그룹의 나머지 규칙은 지어낸 값입니다.',
    },
  ],
};
