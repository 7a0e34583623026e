import { incidentScenario } from '../incident.ts';
import type { Incident, Scenario } from '../scenario.ts';

const INCIDENTS: readonly [Incident, ...Incident[]] = [
  {
    id: 'ipip',
    title: { en: '“ipip” is not protocol 4', ko: '“ipip”는 프로토콜 4가 아닙니다' },
    question: { en: 'Why is Calico still silent, although the security group allows ipip?', ko: '왜 보안 그룹에서 ipip를 허용했는데도 Calico 통신이 안 될까요?' },
    story: {
      en: 'The security group has a rule for “ipip”, and yet the receiver’s port drops every packet between pods of different nodes. The word goes down to iptables as it is, /etc/protocols gives that name to number 94, and Calico’s tunnel is number 4, which is called ipencap there.',
      ko: '보안 그룹에 “ipip” 규칙이 있는데도 받는 쪽 포트가 노드를 건너는 파드의 패킷을 모두 버립니다. 이 단어는 그대로 iptables로 내려가고 /etc/protocols에서 그 이름은 94번입니다. Calico의 터널은 4번이고, 거기서는 ipencap이라고 부릅니다.',
    },
    fix: { en: 'openstack security group rule create --protocol 4 --remote-group k8s k8s', ko: 'openstack security group rule create --protocol 4 --remote-group k8s k8s' },
    probe: 'pod-to-pod',
  },
];

/** Calico's IPIP through a security group. */
export const incidentsOpenstack: Scenario = incidentScenario('incidents-openstack', INCIDENTS, {
  story: {
    en: 'Two VMs on two compute hosts, and a security group that was meant to let Calico’s tunnel through. One number decides.',
    ko: '두 컴퓨트 호스트의 VM 두 대와, Calico의 터널을 허용하려던 보안 그룹입니다. 숫자 하나가 결과를 가릅니다.',
  },
  probes: [
    { id: 'pod-to-pod', title: { en: 'A pod opens a pod on another node', ko: '파드가 다른 노드의 파드로 접속' }, from: 'k8s-1/cli', to: '172.16.2.3:80', proto: 'tcp' },
    { id: 'same-node', title: { en: 'A pod opens a pod on its own node', ko: '파드가 같은 노드의 파드로 접속' }, from: 'k8s-1/cli', to: '172.16.1.3:80', proto: 'tcp' },
    { id: 'node-to-node', title: { en: 'Node to node', ko: '노드에서 노드로 접속' }, from: 'k8s-1', to: '10.100.200.12:10250', proto: 'tcp' },
    { id: 'pod-to-dns', title: { en: 'A pod asks the DNS service', ko: '파드가 DNS 서비스에 질의' }, from: 'k8s-1/cli', to: '10.96.0.10:53', proto: 'udp' },
    { id: 'pod-to-internet', title: { en: 'A pod opens an address on the Internet', ko: '파드가 인터넷 주소로 접속' }, from: 'k8s-1/cli', to: '198.51.100.7:443', proto: 'tcp' },
  ],
  questions: [
    { ask: { en: 'A rule for “ipip”: on which compute host does the packet end?', ko: '“ipip” 규칙: 패킷은 어느 컴퓨트 호스트에서 끝나나요?' }, probe: 'pod-to-pod', params: { incident: 'ipip' }, tell: 'end' },
    { ask: { en: 'A rule for protocol 4: who gets it?', ko: '프로토콜 4 규칙: 누가 받나요?' }, probe: 'pod-to-pod', params: { incident: 'ipip', state: 'fixed' }, tell: 'server' },
  ],
  notes: [
    {
      en: 'All names and addresses are invented; the incident is cluster-api-provider-openstack#1484.',
      ko: '이름과 주소는 모두 지어낸 값이며, 장애는 cluster-api-provider-openstack#1484입니다.',
    },
  ],
});
