import { describe, expect, it } from 'vitest';
import { trace, traceAll } from '../../engine/trace.ts';
import type { Trace } from '../../engine/trace-types.ts';
import { formatIp4 } from '../../packet/address.ts';
import { ipOf, PROTO_ICMP } from '../../packet/packet.ts';
import { worldOfObjects } from '../../testing/cluster.ts';
import { at, framesOf, ip, tcp } from '../../testing/sample.ts';
import type { World } from '../../world/world.ts';

const calico = (kind: string, name: string, spec: object): object => ({ apiVersion: 'crd.projectcalico.org/v1', kind, metadata: { name }, spec });
const pod = (name: string, nodeName: string, podIP: string): object => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', labels: { app: 'ng' } }, spec: { nodeName, containers: [{ name: 'c' }] }, status: { podIP } });

/** kubespray 2.15: Kubernetes 1.19.7, Calico 3.16.5, IPVS; three networks on every node, the second has the default route, the third the tunnels. */
function ipvsCluster(externalTrafficPolicy: 'Cluster' | 'Local'): World {
  const nodes = [[141, '10.233.110.0'], [142, '10.233.98.0'], [143, '10.233.125.0']] as const;
  return worldOfObjects([
    calico('ClusterInformation', 'default', { calicoVersion: 'v3.16.5' }),
    calico('IPPool', 'default-pool', { cidr: '10.233.64.0/18', blockSize: 24, ipipMode: 'Always', natOutgoing: true }),
    calico('FelixConfiguration', 'default', { defaultEndpointToHostAction: 'Return' }),
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'calico-config', namespace: 'kube-system' }, data: { veth_mtu: '1450' } },
    { apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration', mode: 'ipvs', clusterCIDR: '10.233.64.0/18' },
    ...nodes.map(([n, tunnel]) => ({
      apiVersion: 'v1', kind: 'Node', metadata: { name: `cy01-ceph${n}`, annotations: { 'projectcalico.org/IPv4Address': `10.10.4.${n}/24`, 'projectcalico.org/IPv4IPIPTunnelAddr': tunnel } },
      status: { addresses: [{ type: 'InternalIP', address: `10.10.2.${n}` }], nodeInfo: { kubeProxyVersion: 'v1.19.7', kubeletVersion: 'v1.19.7' } },
    })),
    pod('ng-test-rs-cwqr5', 'cy01-ceph142', '10.233.98.39'), pod('ng-test-rs-djnj7', 'cy01-ceph141', '10.233.110.33'), pod('ng-test-rs-kllg4', 'cy01-ceph143', '10.233.125.24'),
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'ng-svc', namespace: 'default' }, spec: { type: 'LoadBalancer', externalTrafficPolicy, clusterIP: '10.233.36.144', selector: { app: 'ng' }, ports: [{ port: 80, nodePort: 31_778 }] }, status: { loadBalancer: { ingress: [{ ip: '172.19.100.2' }] } } },
    {
      apiVersion: 'packetwalk/v1', kind: 'Fabric', metadata: { name: 'fabric' },
      spec: {
        nodes: nodes.map(([n]) => ({ name: `cy01-ceph${n}`, interfaces: [['ens3', 1], ['ens4', 2], ['ens5', 4]].map(([dev, net]) => ({ dev, address: `10.10.${net}.${n}/24` })), gateway: '10.10.2.1' })),
        routers: [{ name: 'l3', interfaces: [{ dev: 'eth2', address: '10.10.2.1/24' }, { dev: 'eth6', address: '10.10.6.1/24' }], routes: ['172.19.100.0/24 via 10.10.2.142 dev eth2'] }],
        clients: [{ name: 'client', interfaces: [{ dev: 'eth0', address: '10.10.6.91/24' }], gateway: '10.10.6.1' }],
      },
    },
  ]).world;
}

const seen = (t: Trace): string => `${t.outcomes[0]?.request.netns ?? ''} sees ${formatIp4(ipOf(t.outcomes[0]?.request.seen ?? []).src)}, ${t.outcomes[0]?.client ?? ''}`;

describe('a cluster with IPVS, compiled from its objects, answers as the recorded one', () => {
  it('under policy Cluster pods of other nodes see the tunnel address, the node’s own pod one of its addresses', () => {
    const { branches } = traceAll(ipvsCluster('Cluster'), tcp(at('client'), '172.19.100.2', 80));
    expect(branches.map((b) => seen(b.trace))).toEqual(['ng-test-rs-kllg4 sees 10.233.98.0, answer', 'ng-test-rs-djnj7 sees 10.233.98.0, answer', 'ng-test-rs-cwqr5 sees 10.10.1.142, answer']);
  });

  it('under policy Local the node’s own pod sees the client', () => {
    const { branches } = traceAll(ipvsCluster('Local'), tcp(at('client'), '172.19.100.2', 80));
    expect(branches.map((b) => seen(b.trace))).toEqual(['ng-test-rs-cwqr5 sees 10.10.6.91, answer']);
  });

  it('gives tunnels and pods the MTU that calico-config sets', () => {
    const node = ipvsCluster('Cluster').hosts.find((h) => h.name === 'cy01-ceph142')?.netns.find((n) => n.name === null);
    expect(['tunl0', 'calie43ba52c63e'].map((dev) => node?.links.find((l) => l.name === dev)?.mtu)).toEqual([1450, 1450]);
  });
});

/** Four VMs on one network of OpenStack; two are enough. */
const vms = (ipipMode: string): World => worldOfObjects([
  calico('IPPool', 'default-ipv4-ippool', { cidr: '172.16.0.0/16', ipipMode, natOutgoing: true }),
  ...[['chhan-k8s-1', '10.100.200.4', '172.16.200.0', 'fa:16:3e:09:06:eb'], ['chhan-k8s-2', '10.100.200.21', '172.16.110.0', 'fa:16:3e:02:d9:5e']].map(([name, address, tunnel]) => ({
    apiVersion: 'v1', kind: 'Node', metadata: { name, annotations: { 'projectcalico.org/IPv4Address': `${address ?? ''}/24`, 'projectcalico.org/IPv4IPIPTunnelAddr': tunnel } }, status: { addresses: [{ type: 'InternalIP', address }], nodeInfo: { kubeProxyVersion: 'v1.23.6' } },
  })),
  pod('target', 'chhan-k8s-2', '172.16.110.23'),
]).world;

describe('a node that pings a pod of another node', () => {
  const wire = (t: Trace, role: 'request' | 'reply'): readonly string[] => framesOf(t, role).filter((f) => f.startsWith(`chhan-k8s-${role === 'request' ? 1 : 2} eth0 out`));
  const ping = { from: at('chhan-k8s-1'), dst: ip('172.16.110.23'), proto: PROTO_ICMP };
  it('sends IPIP from its tunnel address: 118 bytes; the reply has lost a hop, inside and outside', () => {
    const t = trace(vms('Always'), ping);
    expect(wire(t, 'request')).toEqual(['chhan-k8s-1 eth0 out 10.100.200.4>10.100.200.21 ttl 64 | 172.16.200.0>172.16.110.23 ttl 64 118']);
    expect(wire(t, 'reply')).toEqual(['chhan-k8s-2 eth0 out 10.100.200.21>10.100.200.4 ttl 63 | 172.16.110.23>172.16.200.0 ttl 63 118']);
  });

  it('sends its NIC’s address as it is under CrossSubnet; it is the reply that has a pod’s address on the wire', () => {
    const t = trace(vms('CrossSubnet'), ping);
    expect(wire(t, 'request')).toEqual(['chhan-k8s-1 eth0 out 10.100.200.4>172.16.110.23 ttl 64 98']);
    expect(wire(t, 'reply')).toEqual(['chhan-k8s-2 eth0 out 172.16.110.23>10.100.200.4 ttl 63 98']);
  });
});
