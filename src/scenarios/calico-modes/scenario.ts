import { cardOf } from '../cards.ts';
import type { Scenario } from '../scenario.ts';

/** Calico on three masters: the same ping under every encapsulation. */
export const calicoModes: Scenario = {
  ...cardOf('calico-modes'),
  story: {
    en: 'Three masters, a pod on each, and a pool that wraps packets between nodes in IPIP, in VXLAN, only between subnets, or not at all. Send the same ping under each mode and watch which device takes it, what the wire carries, and who wrote the route.',
    ko: '마스터 세 대에 파드가 하나씩 있고, 풀의 설정에 따라 노드 간 패킷을 IPIP나 VXLAN으로 감싸거나, 서브넷이 다를 때만 감싸거나, 전혀 감싸지 않습니다. 모드마다 같은 ping을 보내 어느 장치를 지나는지, 선에는 무엇이 흐르는지, 경로는 누가 썼는지 보세요.',
  },
  parameters: [
    {
      key: 'mode',
      label: { en: 'Between nodes', ko: '노드 사이' },
      options: ['ipip', 'vxlan', 'crosssubnet', 'direct'],
      default: 'ipip',
      names: {
        ipip: { en: 'IPIP always', ko: '항상 IPIP' },
        vxlan: { en: 'VXLAN always', ko: '항상 VXLAN' },
        crosssubnet: { en: 'IPIP between subnets (CrossSubnet)', ko: '서브넷이 다를 때만 IPIP (CrossSubnet)' },
        direct: { en: 'no tunnel', ko: '터널 없음' },
      },
    },
  ],
  source: { kind: 'objects', folder: 'calico-modes' },
  probes: [
    { id: 'ping', title: { en: 'The document’s ping: the pod on master2 to the pod on master1', ko: '원문의 ping: master2의 파드에서 master1의 파드로' }, from: 'master2/ping-test-fljwb', to: '6.2.137.67', proto: 'icmp' },
    { id: 'ping-far', title: { en: 'The pod on master2 pings the pod on master3', ko: 'master2의 파드에서 master3의 파드로 ping' }, from: 'master2/ping-test-fljwb', to: '6.2.136.4', proto: 'icmp' },
    { id: 'node-to-pod', title: { en: 'A process on master1 pings the pod on master3', ko: 'master1의 프로세스가 master3의 파드로 ping' }, from: 'master1', to: '6.2.136.4', proto: 'icmp' },
    { id: 'pod-to-node', title: { en: 'A pod pings its own node', ko: '파드가 자기 노드로 ping' }, from: 'master2/ping-test-fljwb', to: '192.168.50.162', proto: 'icmp' },
    { id: 'pod-to-dns', title: { en: 'A pod asks the DNS service', ko: '파드가 DNS 서비스에 질의' }, from: 'master2/ping-test-fljwb', to: '10.96.0.10:53', proto: 'udp' },
    { id: 'pod-to-internet', title: { en: 'A pod opens a server on the Internet', ko: '파드가 인터넷의 서버로 접속' }, from: 'master2/ping-test-fljwb', to: '203.0.113.80:443', proto: 'tcp' },
  ],
  questions: [
    { ask: { en: 'Whom does the pod on master1 see under IPIP?', ko: 'IPIP에서 master1의 파드에는 누가 보일까요?' }, probe: 'ping', tell: 'client' },
    { ask: { en: 'A process on master1 pings a pod on master3. Whom does the pod see under IPIP?', ko: 'master1의 프로세스가 master3의 파드로 ping을 보내면, IPIP에서 파드에는 누가 보일까요?' }, probe: 'node-to-pod', tell: 'client' },
    { ask: { en: 'And without a tunnel?', ko: '터널이 없으면?' }, probe: 'node-to-pod', params: { mode: 'direct' }, tell: 'client' },
    { ask: { en: 'Whom does the server on the Internet see when a pod calls?', ko: '파드가 접속하면 인터넷의 서버에는 누가 보일까요?' }, probe: 'pod-to-internet', tell: 'client' },
  ],
  notes: [
    {
      en: 'The document lets Felix write the routes of IPIP mode. BIRD does it (“proto bird”); Felix writes those of VXLAN, without BGP.',
      ko: '원문은 IPIP 모드의 경로를 Felix가 추가한다고 하지만, 실제로는 BIRD가 씁니다(“proto bird”). Felix는 VXLAN의 경로를 BGP 없이 씁니다.',
    },
    {
      en: 'The document’s ifconfig of vxlan.calico on master1 prints 6.2.173.65; its own routes say 6.2.137.65.',
      ko: '원문에서 master1의 vxlan.calico는 ifconfig에 6.2.173.65로 나오지만, 같은 문서의 경로에는 6.2.137.65로 나옵니다.',
    },
    {
      en: 'The document does not say which Calico it is. MTUs of 1480 and 1450 that nobody set come with 3.17; 3.18 is taken here.',
      ko: '원문은 Calico 버전을 밝히지 않습니다. 따로 설정하지 않은 MTU 1480과 1450은 3.17부터이므로 여기서는 3.18로 두었습니다.',
    },
    {
      en: 'CrossSubnet and direct are only named in the document. Here master3 moves to 192.168.60.163 behind two routers for CrossSubnet; the DNS pods, the router and the Internet are added, too.',
      ko: '원문에는 CrossSubnet과 direct의 이름만 나옵니다. 여기서는 CrossSubnet일 때 master3를 라우터 두 대 뒤의 192.168.60.163으로 옮겼고, DNS 파드와 라우터, 인터넷도 더했습니다.',
    },
    {
      en: 'Linux 3.10 knows no --random-fully, so Felix’s MASQUERADE rules are without it. The engine itself follows Linux 6.1.',
      ko: 'Linux 3.10에는 --random-fully가 없어 Felix의 MASQUERADE 규칙에도 없습니다. 엔진 자체는 Linux 6.1을 따릅니다.',
    },
  ],
};
