import { cardOf } from '../cards.ts';
import type { Scenario } from '../scenario.ts';

/** kube-proxy in IPVS mode, MetalLB in BGP mode and Calico with IPIP, recorded once for each externalTrafficPolicy. */
export const ipvsMetallb: Scenario = {
  ...cardOf('ipvs-metallb'),
  story: {
    en: 'MetalLB announces 172.19.100.2 from three nodes, and IPVS on the node that takes the packet picks one of three pods. Watch where the client’s address is lost, and what externalTrafficPolicy Local changes.',
    ko: 'MetalLB가 세 노드에서 172.19.100.2를 광고하고, 패킷을 받은 노드의 IPVS가 세 파드 중 하나를 고릅니다. 클라이언트 주소가 어디서 사라지는지, externalTrafficPolicy를 Local로 하면 무엇이 달라지는지 보세요.',
  },
  parameters: [{ key: 'policy', label: { en: 'externalTrafficPolicy', ko: 'externalTrafficPolicy' }, options: ['Cluster', 'Local'], default: 'Cluster' }],
  source: { kind: 'dumps', folder: (params) => (params['policy'] === 'Local' ? 'ipvs-metallb/local' : 'ipvs-metallb/cluster') },
  probes: [
    { id: 'client-to-vip', title: { en: 'A client outside opens the load-balancer address', ko: '외부 클라이언트가 로드밸런서 주소로 접속' }, from: 'client', to: '172.19.100.2:80', proto: 'tcp' },
    { id: 'pod-to-clusterip', title: { en: 'A pod opens the cluster IP', ko: '파드가 ClusterIP로 접속' }, from: 'cy01-ceph142/dbg-pod142', to: '10.233.36.144:80', proto: 'tcp' },
    { id: 'hairpin', title: { en: 'A pod opens its own service (hairpin)', ko: '파드가 자기 서비스로 접속 (hairpin)' }, from: 'cy01-ceph142/ng-test-rs-cwqr5', to: '10.233.36.144:80', proto: 'tcp' },
    { id: 'node-to-clusterip', title: { en: 'A process on the node opens the cluster IP', ko: '노드의 프로세스가 ClusterIP로 접속' }, from: 'cy01-ceph142', to: '10.233.36.144:80', proto: 'tcp' },
    { id: 'client-to-nodeport', title: { en: 'A client outside opens the node port', ko: '외부 클라이언트가 NodePort로 접속' }, from: 'client', to: '10.10.2.142:31778', proto: 'tcp' },
    { id: 'pod-to-pod', title: { en: 'Pod to pod on another node', ko: '다른 노드의 파드로 접속' }, from: 'cy01-ceph142/dbg-pod142', to: '10.233.125.24:80', proto: 'tcp' },
    { id: 'ping-pod', title: { en: 'Ping a pod on another node', ko: '다른 노드의 파드로 ping' }, from: 'cy01-ceph142/dbg-pod142', to: '10.233.125.24', proto: 'icmp' },
    { id: 'client-to-hostnet', title: { en: 'A Local service with an endpoint on the host network', ko: 'host network 엔드포인트를 가진 Local 서비스' }, from: 'client', to: '172.19.100.1:80', proto: 'tcp' },
  ],
  questions: [
    { ask: { en: 'Which client does the pod log under policy Cluster?', ko: 'Cluster 정책에서 파드의 로그에 남는 클라이언트는?' }, probe: 'client-to-vip', tell: 'client' },
    { ask: { en: 'And under policy Local?', ko: 'Local 정책에서는?' }, probe: 'client-to-vip', params: { policy: 'Local' }, tell: 'client' },
    { ask: { en: 'Whom does a pod see that opens its own service and reaches itself?', ko: '자기 서비스에 접속해 자기 자신에 닿은 파드에는 누가 보일까요?' }, probe: 'hairpin', tell: 'client' },
  ],
  notes: [
    {
      en: 'The document lets IPVS run “in INPUT” and the packet pass PREROUTING again. The kernel does LOCAL_IN → IPVS → LOCAL_OUT → POSTROUTING.',
      ko: '원문은 IPVS가 “INPUT에서” 동작하고 패킷이 PREROUTING을 다시 지난다고 합니다. 커널은 LOCAL_IN → IPVS → LOCAL_OUT → POSTROUTING 순서로 처리합니다.',
    },
    {
      en: 'The document calls 10.10.6.91 the L3 device. It is the client behind it.',
      ko: '원문은 10.10.6.91을 L3 장비라고 하지만, 그 뒤에 있는 클라이언트입니다.',
    },
    {
      en: 'The document says “round robin as before” under policy Local, where only the node’s own pod can answer.',
      ko: '원문은 Local 정책에서도 “이전처럼 라운드 로빈”이라고 하지만, 그 노드의 파드만 응답할 수 있습니다.',
    },
    {
      en: 'Calico’s own chains and sets were not recorded: no network policy, no natOutgoing. The router has one next hop where BGP would give several.',
      ko: 'Calico의 체인과 ipset은 기록에 없습니다. 네트워크 정책과 natOutgoing이 없고, BGP라면 여러 개일 라우터의 next hop도 하나뿐입니다.',
    },
    {
      en: 'The cluster was rebuilt after the document from network namespaces on Linux 6.1; names, addresses and MTUs are the document’s.',
      ko: '문서를 따라 Linux 6.1의 네트워크 네임스페이스로 다시 만든 클러스터입니다. 이름, 주소, MTU는 문서와 같습니다.',
    },
  ],
};
