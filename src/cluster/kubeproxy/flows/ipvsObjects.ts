import type { FlowGroup } from './ipvsFlows.ts';

/** Who has which address in the clusters of the flows of IPVS mode. */
export const ADDRESSES: Readonly<Record<string, string>> = { n1: '192.168.0.11', n2: '192.168.0.12', client: '192.168.0.91', pod: '10.1.0.9', e1: '10.1.0.5', pod2: '10.2.0.9', e2: '10.2.0.5', e3: '10.2.0.6', clusterIP: '10.96.0.10', VIP: '172.16.0.1', externalIP: '203.0.113.9', localhost: '127.0.0.1' };
/** Which node a pod is on. */
export const NODE_OF: Readonly<Record<string, string>> = { pod: 'n1', e1: 'n1', host: 'n1', pod2: 'n2', e2: 'n2', e3: 'n2' };

const node = (name: string, zone: string, podCidr: string, minor: number): string => `apiVersion: v1
kind: Node
metadata: {name: ${name}, labels: {topology.kubernetes.io/zone: ${zone}}}
spec: {podCIDR: ${podCidr}}
status:
  addresses: [{type: InternalIP, address: ${ADDRESSES[name]}}]
  nodeInfo: {kubeProxyVersion: v1.${minor}.0, kubeletVersion: v1.${minor}.0}
---
`;

const pod = (name: string): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: default}
spec: {nodeName: ${NODE_OF[name]}}
status: {phase: Running, podIP: ${ADDRESSES[name]}}
---
`;

function endpointText(text: string): string {
  const [, name = '', condition, zone] = /^(\w+)(?::(\w+))?(?:@(\w+))?$/.exec(text) ?? [];
  const conditions = condition === 'terminating' ? '{ready: false, serving: true, terminating: true}' : `{ready: ${condition !== 'unready'}}`;
  const hints = zone === undefined ? '' : `, hints: {forZones: [{name: ${zone}}]}`;
  return `{addresses: [${name === 'host' ? ADDRESSES['n1'] : ADDRESSES[name]}], nodeName: ${NODE_OF[name]}, conditions: ${conditions}${hints}}`;
}

/** The objects of a group as text, for one version of kube-proxy. */
export function objectsOf({ service, endpoints, proxy = 'clusterCIDR: 10.0.0.0/14', protocol = 'TCP', metadata, ipMode }: FlowGroup, minor: number): string {
  const type = /\btype: (\w+)/.exec(service)?.[1] ?? 'ClusterIP';
  const nodePort = type === 'ClusterIP' ? '' : ', nodePort: 30080';
  const status = type === 'LoadBalancer' ? `status: {loadBalancer: {ingress: [{ip: ${ADDRESSES['VIP']}${ipMode ? `, ipMode: ${ipMode}` : ''}}]}}\n` : '';
  const slice = endpoints.split(' ').filter((e) => e !== '').map(endpointText);
  return `${node('n1', 'a', '10.1.0.0/24', minor)}${node('n2', 'b', '10.2.0.0/24', minor)}${['pod', 'e1', 'pod2', 'e2', 'e3'].map(pod).join('')}apiVersion: v1
kind: Service
metadata: {name: web, namespace: default${metadata === undefined ? '' : `, ${metadata}`}}
spec: {clusterIP: ${ADDRESSES['clusterIP']}, ports: [{name: http, port: 80, targetPort: 8080, protocol: ${protocol}${nodePort}}], ${service}}
${status}---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: default, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: http, port: 8080, protocol: ${protocol}}]
endpoints: [${slice.join(', ')}]
---
{apiVersion: kubeproxy.config.k8s.io/v1alpha1, kind: KubeProxyConfiguration, mode: ipvs, ${proxy}}
---
apiVersion: packetwalk/v1
kind: Fabric
metadata: {name: wire}
spec:
  clients:
  - {name: client, interfaces: [{dev: eth0, address: ${ADDRESSES['client']}/24}], gateway: ${ADDRESSES['n1']}}
`;
}
