import { describe, expect, it } from 'vitest';
import type { Probe } from '../../engine/probe.ts';
import { endsOf, worldOfObjects } from '../../testing/cluster.ts';
import { at, tcp } from '../../testing/sample.ts';
import type { World } from '../../world/world.ts';

/** Three nodes with Flannel; web has a pod on n1 and one on n2, agents live in their nodes' own network. */
interface Given {
  readonly mode?: 'iptables' | 'ipvs';
  readonly backend?: 'vxlan' | 'host-gw';
  readonly version?: string;
  readonly policy?: 'Cluster' | 'Local';
  readonly run?: readonly string[];
  readonly masqueradeAll?: boolean;
}

const node = (name: string, last: number): object => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  spec: { podCIDR: `10.244.${last - 10}.0/24` },
  status: { addresses: [{ type: 'InternalIP', address: `192.168.1.${last}` }], nodeInfo: { kubeProxyVersion: 'v1.31.0' } },
});
const pod = (name: string, on: string, podIP: string, app: string, spec: object = {}): object => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', labels: { app } }, spec: { nodeName: on, ...spec }, status: { podIP } });
const service = (name: string, clusterIP: string, spec: object, ports: readonly object[]): object => ({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default' }, spec: { clusterIP, selector: { app: name }, ports, ...spec } });

function flannel({ mode = 'iptables', backend = 'vxlan', version = '0.28.9', policy = 'Cluster', run = [], masqueradeAll = false }: Given = {}): World {
  const { world, diagnostics } = worldOfObjects([
    node('n1', 11),
    node('n2', 12),
    node('n3', 13),
    pod('cli', 'n1', '10.244.1.2', 'cli'),
    pod('web-1', 'n1', '10.244.1.3', 'web', { containers: [{ name: 'web', ports: [{ containerPort: 80, hostPort: 8080 }] }] }),
    pod('web-2', 'n2', '10.244.2.3', 'web'),
    pod('agent', 'n2', '192.168.1.12', 'agent', { hostNetwork: true, containers: [{ name: 'agent', ports: [{ containerPort: 9100, hostPort: 9100 }] }] }),
    service('web', '10.96.0.50', { type: 'NodePort', externalTrafficPolicy: policy }, [{ port: 80, nodePort: 30080 }]),
    service('agent', '10.96.0.60', {}, [{ port: 9100 }]),
    { apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration', mode, clusterCIDR: '10.244.0.0/16', iptables: { masqueradeAll } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kube-flannel-cfg', namespace: 'kube-flannel', annotations: { 'packetwalk/flannel-version': version } }, data: { 'net-conf.json': JSON.stringify({ Network: '10.244.0.0/16', Backend: { Type: backend } }) } },
    {
      apiVersion: 'packetwalk/v1',
      kind: 'Fabric',
      metadata: { name: 'fabric' },
      spec: {
        nodes: [{ name: 'n1', run }],
        routers: [{ name: 'r', interfaces: [{ dev: 'eth0', address: '192.168.1.1/24' }, { dev: 'eth1', address: '10.10.6.1/24' }], routes: ['10.244.0.0/16 via 192.168.1.11'] }],
        clients: [{ name: 'far', interfaces: [{ dev: 'eth0', address: '10.10.6.91/24' }] }],
      },
    },
  ]);
  expect(diagnostics.filter((d) => d.severity !== 'info')).toEqual([]);
  return world;
}

const CLI: Probe['from'] = at('n1', 'cli');
const WEB: Probe['from'] = at('n1', 'web-1');
const FAR: Probe['from'] = at('far');

describe.each(['iptables', 'ipvs'] as const)('Flannel with kube-proxy in mode %s', (mode) => {
  describe.each(['vxlan', 'host-gw'] as const)('and the backend %s', (backend) => {
    const world = flannel({ mode, backend });
    // What MASQUERADE takes on the way to the other node: the address of the device it leaves by.
    const out = backend === 'vxlan' ? '10.244.1.0' : '192.168.1.11';

    it.each([
      ['pod to pod on its node', tcp(CLI, '10.244.1.3', 80), ['1.00 delivered n1/web-1 10.244.1.2>10.244.1.3:80, answer']],
      ['pod to pod on another node', tcp(CLI, '10.244.2.3', 80), ['1.00 delivered n2/web-2 10.244.1.2>10.244.2.3:80, answer']],
      ['pod to service', tcp(CLI, '10.96.0.50', 80), ['0.50 delivered n1/web-1 10.244.1.2>10.244.1.3:80, answer', '0.50 delivered n2/web-2 10.244.1.2>10.244.2.3:80, answer']],
      ['a pod to its own service: behind the bridge’s address when it meets itself', tcp(WEB, '10.96.0.50', 80), ['0.50 delivered n1/web-1 10.244.1.1>10.244.1.3:80, answer', '0.50 delivered n2/web-2 10.244.1.3>10.244.2.3:80, answer']],
      ['client to node port: masqueraded to the address of the device towards the pod', tcp(FAR, '192.168.1.11', 30080), ['0.50 delivered n1/web-1 10.244.1.1>10.244.1.3:80, answer', `0.50 delivered n2/web-2 ${out}>10.244.2.3:80, answer`]],
      ['client to host port: its address stays', tcp(FAR, '192.168.1.11', 8080), ['1.00 delivered n1/web-1 10.10.6.91>10.244.1.3:80, answer']],
      ['pod to the host port of its node: masqueraded, or the answer would not come back translated', tcp(CLI, '192.168.1.11', 8080), ['1.00 delivered n1/web-1 10.244.1.1>10.244.1.3:80, answer']],
      ['node to its own host port on 127.0.0.1', tcp(at('n1'), '127.0.0.1', 8080), ['1.00 delivered n1/web-1 10.244.1.1>10.244.1.3:80, answer']],
      ['node to remote pod: the source is the address of the device', tcp(at('n1'), '10.244.2.3', 80), [`1.00 delivered n2/web-2 ${out}>10.244.2.3:80, answer`]],
      ['client straight to a pod of the node it comes by: its address stays', tcp(FAR, '10.244.1.3', 80), ['1.00 delivered n1/web-1 10.10.6.91>10.244.1.3:80, answer']],
      ['client straight to a pod of another node: flanneld masquerades', tcp(FAR, '10.244.2.3', 80), [`1.00 delivered n2/web-2 ${out}>10.244.2.3:80, answer`]],
      ['pod to an endpoint in the node’s own network: the node answers, flanneld hides the pod', tcp(CLI, '10.96.0.60', 9100), ['1.00 delivered n2 192.168.1.11>192.168.1.12:9100, answer']],
      ['pod to the outside: behind its node', tcp(CLI, '10.10.6.91', 80), ['1.00 delivered far 192.168.1.11>10.10.6.91:80, answer']],
    ])('%s', (_name, probe, expected) => expect(endsOf(world, probe)).toEqual(expected));
  });

  it('keeps the client’s address with policy Local, and a node without a pod takes nothing', () => {
    const world = flannel({ mode, policy: 'Local' });
    expect(endsOf(world, tcp(FAR, '192.168.1.11', 30080))).toEqual(['1.00 delivered n1/web-1 10.10.6.91>10.244.1.3:80, answer']);
    // kube-proxy in IPVS mode falls back to all endpoints, in iptables mode it drops.
    expect(endsOf(world, tcp(FAR, '192.168.1.13', 30080))).toEqual(
      mode === 'iptables' ? ['1.00 dropped n3 10.10.6.91>192.168.1.13:30080, timeout'] : ['0.50 delivered n1/web-1 10.244.3.0>10.244.1.3:80, answer', '0.50 delivered n2/web-2 10.244.3.0>10.244.2.3:80, answer'],
    );
  });

  it('loses the answers of a service’s pod on the same bridge without br_netfilter: they do not pass the node', () => {
    const world = flannel({ mode, run: ['sysctl -w net.bridge.bridge-nf-call-iptables=0'] });
    expect(endsOf(world, tcp(CLI, '10.96.0.50', 80))).toEqual(['0.50 delivered n1/web-1 10.244.1.2>10.244.1.3:80, timeout', '0.50 delivered n2/web-2 10.244.1.2>10.244.2.3:80, answer']);
    expect(endsOf(world, tcp(CLI, '10.244.1.3', 80))).toEqual(['1.00 delivered n1/web-1 10.244.1.2>10.244.1.3:80, answer']);
  });

  it('does not need br_netfilter with masqueradeAll: answers go to the node', () => {
    const world = flannel({ mode, masqueradeAll: true, run: ['sysctl -w net.bridge.bridge-nf-call-iptables=0'] });
    expect(endsOf(world, tcp(CLI, '10.96.0.50', 80))).toEqual(['0.50 delivered n1/web-1 10.244.1.1>10.244.1.3:80, answer', '0.50 delivered n2/web-2 10.244.1.0>10.244.2.3:80, answer']);
  });

  it.each(['0.13.0', '0.19.2', '0.20.0', '0.20.2', '0.21.2', '0.28.9'])('walks the same way with Flannel %s', (version) => {
    const world = flannel({ mode, version });
    expect(endsOf(world, tcp(CLI, '10.96.0.50', 80))).toEqual(['0.50 delivered n1/web-1 10.244.1.2>10.244.1.3:80, answer', '0.50 delivered n2/web-2 10.244.1.2>10.244.2.3:80, answer']);
    expect(endsOf(world, tcp(FAR, '192.168.1.11', 30080))).toEqual(['0.50 delivered n1/web-1 10.244.1.1>10.244.1.3:80, answer', '0.50 delivered n2/web-2 10.244.1.0>10.244.2.3:80, answer']);
  });
});
