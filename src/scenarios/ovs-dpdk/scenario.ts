import { cardOf } from '../cards.ts';
import type { Scenario } from '../scenario.ts';

const NODE = 'worker-1';

/** Multus with the userspace CNI: pods whose second interface is a vhost-user port of a bridge that lives in user space. */
export const ovsDpdk: Scenario = {
  ...cardOf('ovs-dpdk'),
  story: {
    en: 'Both pods have eth0 on the node’s Linux bridge, and net1 in a DPDK program that shares memory with Open vSwitch. What goes by net1 never meets the node’s kernel: no route, no iptables, no policy, no capture.',
    ko: '두 파드는 노드의 리눅스 브리지에 꽂힌 eth0과, Open vSwitch와 메모리를 나눠 쓰는 DPDK 프로그램의 net1을 가집니다. net1로 가는 패킷은 노드의 커널을 만나지 않습니다. 라우팅도 iptables도 정책도 캡처도 없습니다.',
  },
  parameters: [],
  source: { kind: 'dumps', folder: () => 'ovs-dpdk/modelled' },
  probes: [
    { id: 'vhost-near', title: { en: 'Pod to pod by net1, past the kernel', ko: 'net1로 파드에서 파드로: 커널을 지나지 않음' }, from: `${NODE}/generator`, to: '192.168.200.12:9000', proto: 'tcp' },
    { id: 'eth0-near', title: { en: 'The same pods by eth0, through the kernel', ko: '같은 파드 사이를 eth0으로: 커널을 지남' }, from: `${NODE}/generator`, to: '10.244.0.12:9000', proto: 'tcp' },
    { id: 'vhost-far', title: { en: 'By net1 to another node: the NIC that DPDK drives', ko: 'net1로 다른 노드에: DPDK가 다루는 NIC' }, from: `${NODE}/generator`, to: '192.168.200.21:9000', proto: 'tcp' },
    { id: 'node-to-net1', title: { en: 'The node opens net1 of its own pod', ko: '노드가 자기 파드의 net1에 접속' }, from: NODE, to: '192.168.200.12:9000', proto: 'tcp' },
  ],
  questions: [
    { ask: { en: 'Whom does the forwarder see by net1?', ko: 'net1로 온 패킷에서 forwarder에는 누가 보일까요?' }, probe: 'vhost-near', tell: 'client' },
    { ask: { en: 'By which port does a packet for another node leave?', ko: '다른 노드로 가는 패킷은 어느 포트로 나갈까요?' }, probe: 'vhost-far', tell: 'end' },
    { ask: { en: 'Can a node reach net1 of its own pod?', ko: '노드는 자기 파드의 net1에 닿을 수 있을까요?' }, probe: 'node-to-net1', tell: 'end' },
  ],
  notes: [
    {
      en: 'Modelled, not recorded: the bridge is as the userspace CNI and a DPDK build of Open vSwitch make it (datapath_type netdev, dpdkvhostuserclient ports, a single NORMAL rule). That the CNI writes external_ids:attached-mac is assumed: by it a port is known to be which pod’s.',
      ko: '기록이 아니라 모델입니다. 브리지는 userspace CNI와 DPDK로 빌드한 Open vSwitch가 만드는 모양(datapath_type netdev, dpdkvhostuserclient 포트, NORMAL 규칙 하나)을 따랐습니다. CNI가 external_ids:attached-mac을 적는다고 가정했으며, 어느 포트가 어느 파드의 것인지 이것으로 압니다.',
    },
    {
      en: 'A real pod of this kind has no net1 in “ip link”: address and MAC live in the program. Here net1 stands for that program, and routes, ARP and TCP like a kernel would, as most such programs do.',
      ko: '실제로 이런 파드의 “ip link”에는 net1이 없습니다. 주소와 MAC은 프로그램 안에 있습니다. 여기서는 net1이 그 프로그램을 대신하며, 그런 프로그램이 대개 그렇듯 커널처럼 라우팅과 ARP와 TCP를 처리합니다.',
    },
    {
      en: 'On the node only Open vSwitch’s own tools show these ports (ovs-vsctl show, ovs-appctl fdb/show); br0 and ovs-netdev in “ip link” are down and see nothing. Services and NetworkPolicies reach eth0 alone.',
      ko: '노드에서는 Open vSwitch의 도구(ovs-vsctl show, ovs-appctl fdb/show)에만 이 포트들이 보입니다. “ip link”의 br0과 ovs-netdev는 내려가 있고 아무것도 보지 못합니다. 서비스와 NetworkPolicy는 eth0에만 미칩니다.',
    },
  ],
};
