import { cardOf } from '../cards.ts';
import type { Scenario } from '../scenario.ts';

/** Multus: pods with a macvlan, an SR-IOV virtual function and a DPDK interface beside Flannel's eth0. */
export const multusSriov: Scenario = {
  ...cardOf('multus-sriov'),
  story: {
    en: 'Multus gives pods a second interface beside eth0: a macvlan on the node’s second NIC, or a virtual function that the NIC itself serves. What goes there passes no rule of the node, no policy and no kube-proxy; services and DNS stay with eth0.',
    ko: 'Multus는 파드에 eth0 말고 두 번째 인터페이스를 줍니다. 노드의 둘째 NIC 위의 macvlan이거나, NIC이 직접 다루는 가상 기능(VF)입니다. 그리로 가는 것은 노드의 규칙도 정책도 kube-proxy도 지나지 않으며, 서비스와 DNS는 eth0의 몫으로 남습니다.',
  },
  parameters: [
    {
      key: 'default',
      label: { en: 'Default route of pod a', ko: '파드 a의 기본 경로' },
      options: ['eth0', 'net1'],
      default: 'eth0',
      names: { eth0: { en: 'by eth0', ko: 'eth0' }, net1: { en: 'by net1 (default-route)', ko: 'net1 (default-route)' } },
    },
  ],
  source: { kind: 'objects', folder: 'multus-sriov' },
  probes: [
    { id: 'vf-to-vf', title: { en: 'A pod opens another by their virtual functions', ko: '파드가 VF로 다른 노드의 파드에 접속' }, from: 'worker1/radio-1', to: '192.168.100.12:80', proto: 'tcp' },
    { id: 'vf-inside-nic', title: { en: 'Two virtual functions of one NIC', ko: '한 NIC의 두 VF 사이' }, from: 'worker1/radio-1', to: '192.168.100.13:80', proto: 'tcp' },
    { id: 'macvlan', title: { en: 'A pod opens another by their macvlans', ko: '파드가 macvlan으로 다른 노드의 파드에 접속' }, from: 'worker1/a', to: '192.168.50.21:80', proto: 'tcp' },
    { id: 'host-to-macvlan', title: { en: 'A node opens the macvlan of its own pod', ko: '노드가 자기 파드의 macvlan에 접속' }, from: 'worker1', to: '192.168.50.20:80', proto: 'tcp' },
    { id: 'other-host-to-macvlan', title: { en: 'Another node opens it', ko: '다른 노드가 그 macvlan에 접속' }, from: 'worker2', to: '192.168.50.20:80', proto: 'tcp' },
    { id: 'service', title: { en: 'The pod opens a service', ko: '파드가 서비스로 접속' }, from: 'worker1/radio-1', to: '10.96.20.20:80', proto: 'tcp' },
    { id: 'pod-to-dns', title: { en: 'A pod asks the DNS service', ko: '파드가 DNS 서비스에 질의' }, from: 'worker1/a', to: '10.96.0.10:53', proto: 'udp' },
    { id: 'internet', title: { en: 'Pod a opens a client beyond the router', ko: '파드 a가 라우터 너머의 클라이언트에 접속' }, from: 'worker1/a', to: '10.10.6.91:443', proto: 'tcp' },
  ],
  questions: [
    { ask: { en: 'Whom does the second radio pod see?', ko: '두 번째 radio 파드에는 누가 보일까요?' }, probe: 'vf-to-vf', tell: 'client' },
    { ask: { en: 'Can a node reach the macvlan of its own pod?', ko: '노드는 자기 파드의 macvlan에 닿을 수 있을까요?' }, probe: 'host-to-macvlan', tell: 'end' },
    { ask: { en: 'And another node?', ko: '다른 노드라면 어떨까요?' }, probe: 'other-host-to-macvlan', tell: 'end' },
    { ask: { en: 'Whom does the client beyond the router see, by eth0?', ko: 'eth0으로 나가면 라우터 너머의 클라이언트에는 누가 보일까요?' }, probe: 'internet', tell: 'client' },
    { ask: { en: 'And when the default route is net1’s?', ko: '기본 경로가 net1이면 누가 보일까요?' }, probe: 'internet', params: { default: 'net1' }, tell: 'client' },
  ],
  notes: [
    {
      en: 'On the host a virtual function is gone once it is in a pod: “ip link” only lists it below its NIC, as “vf 0”. No capture, rule or counter of the host shows its packets.',
      ko: 'VF는 파드로 들어가면 호스트에서 사라집니다. “ip link”에서 NIC 아래 “vf 0”으로만 보이고, 호스트의 캡처나 규칙, 카운터에는 그 패킷이 나타나지 않습니다.',
    },
    {
      en: 'The pod engine has a userspace interface (DPDK, vhost-user into Open vSwitch): its address lives in the program, and the kernel has no device for it. There is nothing to draw or to walk.',
      ko: '파드 engine의 인터페이스는 userspace(DPDK, Open vSwitch로 가는 vhost-user)입니다. 주소는 프로그램 안에 있고 커널에는 장치가 없어 그리거나 따라갈 것이 없습니다.',
    },
    { en: 'Kubernetes knows eth0 only: endpoints of services are eth0’s addresses, and NetworkPolicies do not reach the other interfaces.', ko: 'Kubernetes는 eth0만 압니다. 서비스의 엔드포인트는 eth0의 주소이고, NetworkPolicy는 다른 인터페이스에 미치지 않습니다.' },
  ],
};
