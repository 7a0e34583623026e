import { cardOf } from '../cards.ts';
import type { Scenario } from '../scenario.ts';

/** The cluster of ipvs-metallb, compiled from its objects: kube-proxy 1.19.7 in IPVS mode, Calico 3.16 with its own chains, MetalLB in BGP mode. */
export const ipvsObjects: Scenario = {
  ...cardOf('ipvs-objects'),
  story: {
    en: 'The same cluster as in the recording, built from its Kubernetes objects: Calico’s own chains stand beside kube-proxy’s, and the router spreads the address over three nodes. Change the policy, the scheduler or masqueradeAll, and see who still knows the client.',
    ko: '기록과 같은 클러스터를 쿠버네티스 오브젝트에서 만들었습니다. kube-proxy의 체인 옆에 Calico의 체인이 있고, 라우터는 주소를 세 노드로 나눕니다. 정책, 스케줄러, masqueradeAll을 바꾸고 누가 아직 클라이언트를 아는지 보세요.',
  },
  parameters: [
    { key: 'policy', label: { en: 'externalTrafficPolicy', ko: 'externalTrafficPolicy' }, options: ['Cluster', 'Local'], default: 'Cluster' },
    { key: 'scheduler', label: { en: 'scheduler', ko: '스케줄러' }, options: ['rr', 'lc', 'sh'], default: 'rr' },
    { key: 'masqall', label: { en: 'masqueradeAll', ko: 'masqueradeAll' }, options: ['off', 'on'], default: 'off', names: { off: { en: 'off', ko: '끔' }, on: { en: 'on', ko: '켬' } } },
  ],
  source: { kind: 'objects', folder: 'ipvs-objects' },
  probes: [
    { id: 'client-to-vip', title: { en: 'A client outside opens the load-balancer address', ko: '외부 클라이언트가 로드밸런서 주소로 접속' }, from: 'client', to: '172.19.100.2:80', proto: 'tcp' },
    { id: 'pod-to-clusterip', title: { en: 'A pod opens the cluster IP', ko: '파드가 ClusterIP로 접속' }, from: 'cy01-ceph142/dbg-pod142', to: '10.233.36.144:80', proto: 'tcp' },
    { id: 'hairpin', title: { en: 'A pod opens its own service (hairpin)', ko: '파드가 자기 서비스로 접속 (hairpin)' }, from: 'cy01-ceph142/ng-test-rs-cwqr5', to: '10.233.36.144:80', proto: 'tcp' },
    { id: 'node-to-clusterip', title: { en: 'A process on the node opens the cluster IP', ko: '노드의 프로세스가 ClusterIP로 접속' }, from: 'cy01-ceph142', to: '10.233.36.144:80', proto: 'tcp' },
    { id: 'client-to-nodeport', title: { en: 'A client outside opens the node port', ko: '외부 클라이언트가 NodePort로 접속' }, from: 'client', to: '10.10.2.142:31778', proto: 'tcp' },
    { id: 'pod-to-dns', title: { en: 'A pod asks the DNS service', ko: '파드가 DNS 서비스에 질의' }, from: 'cy01-ceph142/dbg-pod142', to: '10.233.0.3:53', proto: 'udp' },
    { id: 'pod-to-api', title: { en: 'A pod asks the API server', ko: '파드가 API 서버에 접속' }, from: 'cy01-ceph142/dbg-pod142', to: '10.233.0.1:443', proto: 'tcp' },
    { id: 'pod-to-internet', title: { en: 'A pod opens an address on the Internet', ko: '파드가 인터넷 주소로 접속' }, from: 'cy01-ceph142/dbg-pod142', to: '198.51.100.7:443', proto: 'tcp' },
    { id: 'ping-pod', title: { en: 'Ping a pod on another node', ko: '다른 노드의 파드로 ping' }, from: 'cy01-ceph142/dbg-pod142', to: '10.233.125.24', proto: 'icmp' },
    { id: 'client-to-hostnet', title: { en: 'A Local service with an endpoint on the host network', ko: 'host network 엔드포인트를 가진 Local 서비스' }, from: 'client', to: '172.19.100.1:80', proto: 'tcp' },
  ],
  questions: [
    { ask: { en: 'The router gives the connection to 141. Which client does the pod log?', ko: '라우터가 연결을 141에 줍니다. 파드의 로그에 남는 클라이언트는?' }, probe: 'client-to-vip', tell: 'client' },
    { ask: { en: 'And under policy Local?', ko: 'Local 정책에서는?' }, probe: 'client-to-vip', params: { policy: 'Local' }, tell: 'client' },
    { ask: { en: 'A pod opens the cluster IP. Whom does the other pod see?', ko: '파드가 ClusterIP로 접속합니다. 상대 파드에는 누가 보일까요?' }, probe: 'pod-to-clusterip', tell: 'client' },
    { ask: { en: 'And with masqueradeAll?', ko: 'masqueradeAll을 켜면?' }, probe: 'pod-to-clusterip', params: { masqall: 'on' }, tell: 'client' },
    { ask: { en: 'Whom does a host on the Internet see when a pod calls?', ko: '파드가 접속하면 인터넷 호스트에는 누가 보일까요?' }, probe: 'pod-to-internet', tell: 'client' },
  ],
  notes: [
    {
      en: 'The document lets IPVS run “in INPUT” and the packet pass PREROUTING again. The kernel does LOCAL_IN → IPVS → LOCAL_OUT → POSTROUTING. Calico therefore marks service traffic in INPUT and judges it in OUTPUT.',
      ko: '원문은 IPVS가 “INPUT에서” 동작하고 패킷이 PREROUTING을 다시 지난다고 합니다. 커널은 LOCAL_IN → IPVS → LOCAL_OUT → POSTROUTING 순서로 처리합니다. 그래서 Calico는 서비스 트래픽을 INPUT에서 표시하고 OUTPUT에서 판단합니다.',
    },
    {
      en: 'What kube-proxy programs here equals the recording line by line, but for sets that were empty there. The router’s choice of a node is ECMP: take another one in “What if”.',
      ko: '여기서 kube-proxy가 만드는 것은 기록과 줄마다 같습니다(기록에서 비어 있던 집합은 제외). 라우터가 노드를 고르는 것은 ECMP입니다. “만약에”에서 다른 노드를 골라 보세요.',
    },
  ],
};
