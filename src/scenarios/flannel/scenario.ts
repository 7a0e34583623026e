import { cardOf } from '../cards.ts';
import type { Scenario } from '../scenario.ts';

/** Flannel 0.28 with kube-proxy 1.31 in both modes and MetalLB in layer 2 mode. */
export const flannel: Scenario = {
  ...cardOf('flannel'),
  story: {
    en: 'Three nodes join their pods with Flannel, by VXLAN or by plain routes, and kube-proxy serves node ports, a load balancer and cluster IPs by iptables or by IPVS. Follow who masquerades what, why a pod can reach itself through its service, and what breaks when bridges pass their frames by iptables.',
    ko: '노드 세 대의 파드를 Flannel이 VXLAN이나 단순 경로로 잇고, kube-proxy가 iptables나 IPVS로 NodePort와 로드밸런서, ClusterIP를 맡습니다. 누가 무엇을 마스커레이드하는지, 파드가 어떻게 서비스를 거쳐 자기 자신에게 닿는지, 브리지가 iptables를 거치지 않으면 무엇이 끊어지는지 따라가 봅니다.',
  },
  parameters: [
    { key: 'backend', label: { en: 'Flannel backend', ko: 'Flannel 백엔드' }, options: ['vxlan', 'host-gw'], default: 'vxlan' },
    { key: 'proxy', label: { en: 'kube-proxy mode', ko: 'kube-proxy 모드' }, options: ['iptables', 'ipvs'], default: 'iptables' },
    { key: 'policy', label: { en: 'externalTrafficPolicy of web', ko: 'web의 externalTrafficPolicy' }, options: ['Cluster', 'Local'], default: 'Cluster' },
    {
      key: 'br',
      label: { en: 'bridge-nf-call-iptables', ko: 'bridge-nf-call-iptables' },
      options: ['on', 'off'],
      default: 'on',
      names: { on: { en: 'on', ko: '켬' }, off: { en: 'off', ko: '끔' } },
    },
  ],
  source: { kind: 'objects', folder: 'flannel' },
  probes: [
    { id: 'client-to-lb', title: { en: 'A client opens the load-balancer address', ko: '클라이언트가 로드밸런서 주소로 접속' }, from: 'client', to: '192.168.10.242:80', proto: 'tcp' },
    { id: 'client-to-nodeport', title: { en: 'A client opens the node port of worker1', ko: '클라이언트가 worker1의 NodePort로 접속' }, from: 'client', to: '192.168.10.11:30080', proto: 'tcp' },
    { id: 'client-to-far-nodeport', title: { en: 'A client opens the node port of worker3, which has no pod', ko: '클라이언트가 파드 없는 worker3의 NodePort로 접속' }, from: 'client', to: '192.168.10.13:30080', proto: 'tcp' },
    { id: 'pod-to-service', title: { en: 'A pod opens the service', ko: '파드가 서비스로 접속' }, from: 'worker1/cli', to: '10.96.20.10:80', proto: 'tcp' },
    { id: 'hairpin', title: { en: 'A pod opens its own service', ko: '파드가 자기 서비스로 접속' }, from: 'worker1/web-1', to: '10.96.20.10:80', proto: 'tcp' },
    { id: 'pod-to-pod', title: { en: 'A pod opens a pod on another node', ko: '파드가 다른 노드의 파드로 접속' }, from: 'worker1/cli', to: '10.244.2.3:80', proto: 'tcp' },
    { id: 'pod-to-near-pod', title: { en: 'A pod opens a pod on its own node', ko: '파드가 같은 노드의 파드로 접속' }, from: 'worker1/cli', to: '10.244.1.3:80', proto: 'tcp' },
    { id: 'node-to-pod', title: { en: 'A process on worker1 opens a pod on worker2', ko: 'worker1의 프로세스가 worker2의 파드로 접속' }, from: 'worker1', to: '10.244.2.3:80', proto: 'tcp' },
    { id: 'client-to-hostport', title: { en: 'A client opens the host port of a pod', ko: '클라이언트가 파드의 hostPort로 접속' }, from: 'client', to: '192.168.10.11:8080', proto: 'tcp' },
    { id: 'pod-to-hostnetwork', title: { en: 'A pod opens a service of pods in the nodes’ own network', ko: '파드가 hostNetwork 파드의 서비스로 접속' }, from: 'worker1/cli', to: '10.96.20.14:9100', proto: 'tcp' },
    { id: 'sticky', title: { en: 'A pod opens a service with session affinity', ko: '파드가 세션 어피니티 서비스로 접속' }, from: 'worker1/cli', to: '10.96.20.11:80', proto: 'tcp' },
    { id: 'no-endpoints', title: { en: 'A client opens the node port of a service without endpoints', ko: '클라이언트가 엔드포인트 없는 서비스의 NodePort로 접속' }, from: 'client', to: '192.168.10.11:30082', proto: 'tcp' },
    { id: 'source-ranges', title: { en: 'A client outside of the allowed ranges opens the load balancer', ko: '허용 범위 밖의 클라이언트가 로드밸런서로 접속' }, from: 'client', to: '192.168.10.240:80', proto: 'tcp' },
    { id: 'policy', title: { en: 'A pod opens a pod that a NetworkPolicy keeps it from', ko: '파드가 NetworkPolicy로 막힌 파드로 접속' }, from: 'worker1/cli', to: '10.244.2.4:5432', proto: 'tcp' },
    { id: 'pod-to-dns', title: { en: 'A pod asks the DNS service', ko: '파드가 DNS 서비스에 질의' }, from: 'worker1/cli', to: '10.96.0.10:53', proto: 'udp' },
    { id: 'pod-to-internet', title: { en: 'A pod opens an address on the Internet', ko: '파드가 인터넷 주소로 접속' }, from: 'worker1/cli', to: '198.51.100.7:443', proto: 'tcp' },
  ],
  questions: [
    { ask: { en: 'Whom does the pod on worker1 see when the client comes by the load balancer?', ko: '클라이언트가 로드밸런서로 들어오면 worker1의 파드에는 누가 보일까요?' }, probe: 'client-to-lb', tell: 'client' },
    { ask: { en: 'And under externalTrafficPolicy Local?', ko: 'externalTrafficPolicy가 Local이면 누가 보일까요?' }, probe: 'client-to-lb', params: { policy: 'Local' }, tell: 'client' },
    { ask: { en: 'Whom does a pod see when a process of another node opens it?', ko: '다른 노드의 프로세스가 파드에 접속하면 파드에는 누가 보일까요?' }, probe: 'node-to-pod', tell: 'client' },
    { ask: { en: 'And with host-gw?', ko: 'host-gw라면 누가 보일까요?' }, probe: 'node-to-pod', params: { backend: 'host-gw' }, tell: 'client' },
    { ask: { en: 'Whom does a pod see that reaches itself through its service?', ko: '서비스를 거쳐 자기 자신에게 닿은 파드에는 누가 보일까요?' }, probe: 'hairpin', tell: 'client' },
    { ask: { en: 'Policy Local, and the client asks a node without a pod. How does that end with iptables?', ko: 'Local 정책에서 파드 없는 노드로 접속하면 iptables 모드에서는 어떻게 끝날까요?' }, probe: 'client-to-far-nodeport', params: { policy: 'Local' }, tell: 'end' },
    { ask: { en: 'And in IPVS mode?', ko: 'IPVS 모드라면 어떻게 끝날까요?' }, probe: 'client-to-far-nodeport', params: { policy: 'Local', proxy: 'ipvs' }, tell: 'end' },
    { ask: { en: 'What becomes of a connection to a service that has no endpoints?', ko: '엔드포인트 없는 서비스로의 접속은 어떻게 될까요?' }, probe: 'no-endpoints', tell: 'end' },
    { ask: { en: 'And of a client that the service’s ranges do not allow?', ko: '서비스가 허용하지 않는 주소의 클라이언트는 어떻게 될까요?' }, probe: 'source-ranges', tell: 'end' },
    { ask: { en: 'A NetworkPolicy admits only web pods to the database. Does another pod get through?', ko: 'NetworkPolicy는 web 파드만 데이터베이스에 들여보냅니다. 다른 파드는 막힐까요?' }, probe: 'policy', tell: 'end' },
    { ask: { en: 'Who is the client that a host-network endpoint sees?', ko: 'hostNetwork 엔드포인트에는 누가 클라이언트로 보일까요?' }, probe: 'pod-to-hostnetwork', tell: 'client' },
  ],
  notes: [
    {
      en: 'Flannel does not enforce NetworkPolicies: the object is accepted and nothing happens. It takes another program beside it, or a plugin such as Calico.',
      ko: 'Flannel은 NetworkPolicy를 적용하지 않습니다. 오브젝트는 받아들여지지만 아무 일도 일어나지 않습니다. 곁에 다른 프로그램을 두거나 Calico 같은 플러그인을 써야 합니다.',
    },
    {
      en: 'Without bridge-nf-call-iptables, the answer of a service’s pod to a pod on the same bridge never passes the node’s connection tracking: it arrives from an address that the client did not ask, and the connection hangs. A pod on another node answers through the node and works, so it fails only sometimes.',
      ko: 'bridge-nf-call-iptables가 꺼져 있으면 같은 브리지에 있는 서비스 파드의 응답이 노드의 conntrack을 지나지 않습니다. 클라이언트가 묻지 않은 주소에서 응답이 와서 연결이 멈춥니다. 다른 노드의 파드는 노드를 거쳐 응답하므로 되고, 그래서 가끔만 실패합니다.',
    },
    {
      en: 'Flannel masquerades by itself whoever comes from outside of the pod network to a pod of another node. Only because a node lets packets to its own pods through untouched does policy Local keep the client’s address.',
      ko: 'Flannel은 파드 네트워크 밖에서 다른 노드의 파드로 가는 패킷을 스스로 마스커레이드합니다. 자기 노드의 파드로 가는 패킷은 그대로 보내기 때문에 Local 정책에서 클라이언트 주소가 남습니다.',
    },
    {
      en: 'The name of each interface of a pod and its MAC address are random in a real cluster; here they are derived from the pod’s name, so that they stay the same.',
      ko: '실제 클러스터에서 파드 인터페이스의 이름과 MAC 주소는 무작위입니다. 여기서는 늘 같도록 파드 이름에서 만듭니다.',
    },
  ],
};
