import type { ScenarioCard } from './scenario.ts';

/** All built-in scenarios in the order of the list, as far as the first picture of the page needs them. */
export const cards = [
  {
    id: 'ipvs-metallb',
    title: { en: 'MetalLB and IPVS', ko: 'MetalLB와 IPVS' },
    system: { en: 'kube-proxy IPVS, MetalLB BGP, Calico IPIP', ko: 'kube-proxy IPVS, MetalLB BGP, Calico IPIP' },
    question: { en: 'Why does my pod see 10.233.98.0 as the client?', ko: '파드에는 왜 클라이언트가 10.233.98.0으로 보일까요?' },
  },
  {
    id: 'ipvs-objects',
    title: { en: 'MetalLB and IPVS, from objects', ko: 'MetalLB와 IPVS, 오브젝트로' },
    system: { en: 'kube-proxy 1.19 IPVS, MetalLB BGP, Calico 3.16', ko: 'kube-proxy 1.19 IPVS, MetalLB BGP, Calico 3.16' },
    question: { en: 'Who still knows the client, and what decides it?', ko: '누가 아직 클라이언트를 알고, 무엇이 그것을 정할까요?' },
  },
  {
    id: 'calico-modes',
    title: { en: 'Calico: IPIP, VXLAN or nothing', ko: 'Calico: IPIP, VXLAN, 또는 터널 없이' },
    system: { en: 'Calico 3.18 on three masters', ko: '마스터 세 대의 Calico 3.18' },
    question: { en: 'What does the wire carry when a pod pings a pod on another node?', ko: '다른 노드의 파드로 ping을 보내면 선에는 무엇이 흐를까요?' },
  },
  {
    id: 'calico-openstack',
    title: { en: 'Calico on OpenStack', ko: 'OpenStack 위의 Calico' },
    system: { en: 'Calico IPIP, Neutron port security', ko: 'Calico IPIP, Neutron 포트 보안' },
    question: { en: 'Why does traffic between nodes die on OpenStack?', ko: 'OpenStack에서는 왜 노드 사이의 파드 통신이 안 될까요?' },
  },
  {
    id: 'openshift-sdn',
    title: { en: 'OpenShift SDN', ko: 'OpenShift SDN' },
    system: { en: 'OpenShift SDN 4.10, kube-proxy 1.23 iptables', ko: 'OpenShift SDN 4.10, kube-proxy 1.23 iptables' },
    question: { en: 'Which table of br0 lets a packet through, and to which worker?', ko: 'br0의 어느 테이블이 패킷을 통과시키고, 어느 워커로 보낼까요?' },
  },
  {
    id: 'ovn-kubernetes',
    title: { en: 'OVN-Kubernetes', ko: 'OVN-Kubernetes' },
    system: { en: 'OpenShift 4, OVN shared gateway, Geneve', ko: 'OpenShift 4, OVN shared gateway, Geneve' },
    question: { en: 'Why does a node port work without its iptables rule?', ko: '왜 NodePort는 iptables 규칙 없이도 동작할까요?' },
  },
  {
    id: 'antrea',
    title: { en: 'Antrea', ko: 'Antrea' },
    system: { en: 'Antrea encap mode, Geneve', ko: 'Antrea encap 모드, Geneve' },
    question: { en: 'Who balances a service when iptables has no rule for it?', ko: 'iptables에 규칙이 없는데 누가 서비스를 나눌까요?' },
  },
  {
    id: 'cisco-aci',
    title: { en: 'Cisco ACI', ko: 'Cisco ACI' },
    system: { en: 'Cisco ACI CNI, OpFlex, VXLAN', ko: 'Cisco ACI CNI, OpFlex, VXLAN' },
    question: { en: 'Which contract lets one group of pods talk to another?', ko: '어떤 계약이 파드 그룹 사이의 통신을 허용할까요?' },
  },
  {
    id: 'flannel',
    title: { en: 'Flannel, both ways', ko: 'Flannel의 두 가지 길' },
    system: { en: 'Flannel vxlan / host-gw, kube-proxy iptables / IPVS', ko: 'Flannel vxlan / host-gw, kube-proxy iptables / IPVS' },
    question: { en: 'Why does one service work from some pods only?', ko: '왜 어떤 파드에서만 서비스가 될까요?' },
  },
  {
    id: 'metallb-l2',
    title: { en: 'MetalLB in layer 2', ko: 'MetalLB 2계층 모드' },
    system: { en: 'MetalLB layer 2, kube-proxy IPVS, Flannel', ko: 'MetalLB layer 2, kube-proxy IPVS, Flannel' },
    question: { en: 'Which node answers, and what if it fails?', ko: '어느 노드가 답하고, 그 노드가 죽으면 어떻게 될까요?' },
  },
  {
    id: 'multus-sriov',
    title: { en: 'Multus and SR-IOV', ko: 'Multus와 SR-IOV' },
    system: { en: 'Multus, macvlan, SR-IOV, Flannel', ko: 'Multus, macvlan, SR-IOV, Flannel' },
    question: { en: 'Where do packets go that the host never sees?', ko: '호스트가 보지 못하는 패킷은 어디로 갈까요?' },
  },
  {
    id: 'ovs-dpdk',
    title: { en: 'Multus and OVS-DPDK', ko: 'Multus와 OVS-DPDK' },
    system: { en: 'Multus, userspace CNI, vhost-user', ko: 'Multus, userspace CNI, vhost-user' },
    question: { en: 'Can tcpdump on the node see a DPDK packet?', ko: '노드의 tcpdump로 DPDK 패킷을 볼 수 있을까요?' },
  },
  {
    id: 'incidents-flannel',
    title: { en: 'Incidents with Flannel', ko: '장애 사례: Flannel' },
    system: { en: 'Flannel VXLAN, kube-proxy iptables', ko: 'Flannel VXLAN, kube-proxy iptables' },
    question: { en: 'Why do pods reach only pods of their own node?', ko: '왜 같은 노드의 파드에만 닿을까요?' },
  },
  {
    id: 'incidents-ipvs',
    title: { en: 'Incidents with IPVS', ko: '장애 사례: IPVS' },
    system: { en: 'kube-proxy 1.19 IPVS, MetalLB layer 2', ko: 'kube-proxy 1.19 IPVS, MetalLB layer 2' },
    question: { en: 'Why does the load-balancer address work only sometimes?', ko: '왜 로드밸런서 주소가 될 때도 있고 안 될 때도 있을까요?' },
  },
  {
    id: 'incidents-node',
    title: { en: 'Incidents on a node', ko: '장애 사례: 노드 설정' },
    system: { en: 'Routed pods, kube-proxy iptables', ko: '라우팅되는 파드, kube-proxy iptables' },
    question: { en: 'Why does the node answer, but none of its pods?', ko: '왜 노드는 응답하는데 파드에는 닿지 않을까요?' },
  },
  {
    id: 'incidents-calico',
    title: { en: 'Incidents with Calico', ko: '장애 사례: Calico' },
    system: { en: 'Calico IPIP over two sites', ko: '두 사이트의 Calico IPIP' },
    question: { en: 'Why does the connection open, and then hang?', ko: '왜 연결은 되는데 그다음에 멈출까요?' },
  },
  {
    id: 'incidents-openstack',
    title: { en: 'An incident on OpenStack', ko: '장애 사례: OpenStack' },
    system: { en: 'Calico IPIP, Neutron security groups', ko: 'Calico IPIP, Neutron 보안 그룹' },
    question: { en: 'Why is “ipip” in the security group not enough?', ko: '왜 보안 그룹에 “ipip”를 허용해도 안 될까요?' },
  },
] as const satisfies readonly ScenarioCard[];

export type ScenarioId = (typeof cards)[number]['id'];

/** The card that a scenario of this id begins with. */
export function cardOf(id: ScenarioId): ScenarioCard {
  const card: ScenarioCard | undefined = cards.find((c) => c.id === id);
  if (!card) throw new Error(`no card ${id}`);
  return card;
}
