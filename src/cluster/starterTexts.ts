/*
 * One object as YAML each, in the very spelling in which the YAML library prints it again: an edit by a form then changes only the
 * lines that it is about.
 */

export interface ServiceDraft {
  readonly name: string;
  readonly type: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
  readonly clusterIp: string;
  readonly port: number;
  readonly targetPort: number;
  /** Undefined for ClusterIP. */
  readonly nodePort: number | undefined;
}

/** A Service for the pods with its label. */
export const serviceText = (s: ServiceDraft): string => `apiVersion: v1
kind: Service
metadata: {name: ${s.name}, namespace: default}
spec:
  type: ${s.type}
  clusterIP: ${s.clusterIp}
  selector: {app: web}
  ports:
  - {name: http, protocol: TCP, port: ${s.port}, targetPort: ${s.targetPort}${s.nodePort === undefined ? '' : `, nodePort: ${s.nodePort}`}}
`;

export const kubeProxyText = (mode: string, clusterCidr: string): string => `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: ${mode}
clusterCIDR: ${clusterCidr}
`;

export const ipPoolText = (cidr: string, { ipipMode, vxlanMode }: { readonly ipipMode: string; readonly vxlanMode: string }): string => `apiVersion: projectcalico.org/v3
kind: IPPool
metadata: {name: default-ipv4-ippool}
spec:
  cidr: ${cidr}
  ipipMode: ${ipipMode}
  vxlanMode: ${vxlanMode}
  natOutgoing: true
`;

export const flannelText = (backend: string, network: string): string => `apiVersion: v1
kind: ConfigMap
metadata: {name: kube-flannel-cfg, namespace: kube-flannel}
data:
  net-conf.json: |
    {"Network": "${network}", "Backend": {"Type": "${backend}"}}
`;

/** OpenShift SDN with network policies, and a /24 for each node. */
export const clusterNetworkText = (cidr: string, services: string): string => `apiVersion: network.openshift.io/v1
kind: ClusterNetwork
metadata: {name: default}
clusterNetworks:
- {CIDR: ${cidr}, hostSubnetLength: 8}
serviceNetwork: ${services}
pluginName: redhat/openshift-ovs-networkpolicy
mtu: 1450
`;

export interface NodeDraft {
  readonly name: string;
  readonly ip: string;
  /** Of its network; undefined leaves it to the default, 24. */
  readonly prefixLen: number | undefined;
  readonly podCidr: string | undefined;
  readonly version: string | undefined;
}

export const nodeText = (n: NodeDraft): string =>
  [
    'apiVersion: v1',
    'kind: Node',
    ...(n.prefixLen === undefined ? [`metadata: {name: ${n.name}}`] : ['metadata:', `  name: ${n.name}`, `  annotations: {projectcalico.org/IPv4Address: ${n.ip}/${n.prefixLen}}`]),
    ...(n.podCidr === undefined ? [] : [`spec: {podCIDR: ${n.podCidr}}`]),
    'status:',
    '  addresses:',
    `  - {type: InternalIP, address: ${n.ip}}`,
    ...(n.version === undefined ? [] : [`  nodeInfo: {kubeProxyVersion: v${n.version}.0, kubeletVersion: v${n.version}.0}`]),
    '',
  ].join('\n');

/** A pod that serves port 8080 under the label of the first Service. */
export const podText = ({ name, node, ip }: { readonly name: string; readonly node: string; readonly ip: string }): string => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: default, labels: {app: web}}
spec: {nodeName: ${node}, containers: [{name: web, ports: [{containerPort: 8080}]}]}
status: {phase: Running, podIP: ${ip}}
`;

/** The router between the nodes' networks and a client beyond it. */
export const fabricText = (routers: readonly string[]): string => `# What Kubernetes does not know: the router in front of the nodes, and a client beyond it.
apiVersion: packetwalk/v1
kind: Fabric
metadata: {name: fabric}
spec:
  routers:
  - name: router
    interfaces:
${[...routers, '198.51.100.1/24'].map((address, i) => `    - {dev: eth${i}, address: ${address}}`).join('\n')}
  clients:
  - {name: client, interfaces: [{dev: eth0, address: 198.51.100.10/24}], gateway: 198.51.100.1}
`;

/** MetalLB in layer 2 mode with a range of addresses to give away. */
export const metallbTexts = (range: string): readonly string[] => [
  `apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: pool, namespace: metallb-system}
spec:
  addresses:
  - ${range}
`,
  `apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata: {name: layer2, namespace: metallb-system}
spec:
  ipAddressPools:
  - pool
`,
];
