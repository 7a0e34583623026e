import { cardOf } from '../cards.ts';
import type { Scenario } from '../scenario.ts';

const NODE = 'aci-node-1';

/** The ACI CNI on one node: two bridges after the OpFlex agent's tables, three endpoint groups and one contract. */
export const ciscoAci: Scenario = {
  ...cardOf('cisco-aci'),
  story: {
    en: 'Every pod belongs to an endpoint group, and groups may talk only where a contract says so. On the node itself br-int decides; what is for elsewhere leaves in VXLAN towards the leaf switch with its group’s number, and the fabric decides.',
    ko: '모든 파드는 엔드포인트 그룹(EPG)에 속하고, 그룹 사이의 통신은 계약(contract)이 있을 때만 허용됩니다. 노드 안에서는 br-int가 판단합니다. 다른 곳으로 가는 것은 그룹 번호를 달고 VXLAN으로 리프 스위치에 나가며, 거기서는 패브릭이 판단합니다.',
  },
  parameters: [],
  source: { kind: 'dumps', folder: () => 'cisco-aci/modelled' },
  probes: [
    { id: 'contract', title: { en: 'A pod opens another group, as the contract allows', ko: '계약이 허용하는 그룹으로 접속' }, from: `${NODE}/front-1`, to: '10.2.0.21:8080', proto: 'tcp' },
    { id: 'other-port', title: { en: 'The same groups, a port without a contract', ko: '같은 그룹 사이, 계약에 없는 포트' }, from: `${NODE}/front-1`, to: '10.2.0.21:9090', proto: 'tcp' },
    { id: 'no-contract', title: { en: 'A group without a contract', ko: '계약이 없는 그룹' }, from: `${NODE}/batch-1`, to: '10.2.0.21:8080', proto: 'tcp' },
    { id: 'other-way', title: { en: 'The contract the other way round', ko: '계약의 반대 방향으로 접속' }, from: `${NODE}/back-1`, to: '10.2.0.12:8080', proto: 'tcp' },
    { id: 'same-group', title: { en: 'Within one group', ko: '같은 그룹 안에서 접속' }, from: `${NODE}/front-1`, to: '10.2.0.12:8080', proto: 'tcp' },
    { id: 'to-the-leaf', title: { en: 'A pod on another node: VXLAN to the leaf', ko: '다른 노드의 파드로: VXLAN으로 리프에' }, from: `${NODE}/front-1`, to: '10.2.0.22:8080', proto: 'tcp' },
    { id: 'outside', title: { en: 'A server outside the fabric', ko: '패브릭 밖의 서버로 접속' }, from: `${NODE}/front-1`, to: '198.51.100.80:443', proto: 'tcp' },
  ],
  questions: [
    { ask: { en: 'Where does a packet end that no contract allows?', ko: '계약이 없는 패킷은 어디에서 끝날까요?' }, probe: 'no-contract', tell: 'end' },
    { ask: { en: 'May the provider of a contract open a connection to its consumer?', ko: '계약의 제공자가 소비자에게 먼저 접속할 수 있을까요?' }, probe: 'other-way', tell: 'end' },
    { ask: { en: 'To whom does the node hand a packet for a pod elsewhere?', ko: '다른 노드의 파드로 가는 패킷을 노드는 누구에게 넘길까요?' }, probe: 'to-the-leaf', tell: 'end' },
  ],
  notes: [
    {
      en: 'Modelled, not recorded: the rules follow the source of the OpFlex agent (VXLAN encapsulation, 2026). Left out are the copies for the drop log, IPv6, services and SNAT. A real Open vSwitch takes the rules and prints them back the same.',
      ko: '기록이 아니라 모델입니다. 규칙은 OpFlex 에이전트의 소스(VXLAN 캡슐화, 2026년)를 따릅니다. 버림 기록(drop log)용 복사, IPv6, 서비스, SNAT는 넣지 않았습니다. 실제 Open vSwitch가 이 규칙을 받아들이고 똑같이 출력합니다.',
    },
    {
      en: 'Registers: reg0 is the sender’s group, reg2 the receiver’s, reg4 the bridge domain, reg6 the VRF, reg7 the port to leave by. Table 12 of br-int holds the contracts; table 15 gets what is refused.',
      ko: '레지스터: reg0은 보낸 쪽 그룹, reg2는 받는 쪽 그룹, reg4는 브리지 도메인, reg6은 VRF, reg7은 나갈 포트입니다. br-int의 테이블 12에 계약이 있고, 거절된 것은 테이블 15로 갑니다.',
    },
    {
      en: 'The fabric (leaf and spine switches) is not described: a packet for another node leaves the picture at the NIC, wrapped for the anycast tunnel endpoint 10.0.0.32. The leaf asks its own contracts there, by the VXLAN number, which is the sender’s group.',
      ko: '패브릭(리프와 스파인 스위치)은 없습니다. 다른 노드로 가는 패킷은 애니캐스트 터널 종단 10.0.0.32로 감싸여 NIC에서 그림을 벗어납니다. 리프는 보낸 쪽 그룹인 VXLAN 번호를 보고 자신의 계약을 확인합니다.',
    },
  ],
};
