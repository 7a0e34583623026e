import { describe, expect, it } from 'vitest';
import { clusterOf, documentOf, endsOf, ip4, nodeOf, serviceOf, worldOfObjects } from '../../testing/cluster.ts';
import { at, tcp } from '../../testing/sample.ts';
import { DiagnosticList } from '../../dumps/diagnostic.ts';
import { formatIp4 } from '../../packet/address.ts';
import { readProbe } from '../../share/probeWords.ts';
import { withLoadBalancerAddresses } from './allocate.ts';
import type { ServiceModel } from '../model.ts';

const metal = (kind: string, name: string, spec: object): object => ({ apiVersion: 'metallb.io/v1beta1', kind, metadata: { name, namespace: 'metallb-system' }, spec });
const node = (name: string, last: number, more: { readonly labels?: object; readonly conditions?: readonly object[] } = {}): object => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: more.labels ?? {} },
  spec: { podCIDR: `10.244.${last - 10}.0/24` },
  status: { addresses: [{ type: 'InternalIP', address: `192.168.1.${last}` }], nodeInfo: { kubeProxyVersion: 'v1.31.0' }, ...(more.conditions ? { conditions: more.conditions } : {}) },
});
const pod = (name: string, on: string, ip: string): object => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', labels: { app: 'web' } }, spec: { nodeName: on }, status: { podIP: ip } });
const web = (spec: object = {}, ip = '192.168.1.240', metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'default', ...metadata },
  spec: { type: 'LoadBalancer', clusterIP: '10.96.0.50', selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
  status: { loadBalancer: { ingress: [{ ip }] } },
});
const POOL = metal('IPAddressPool', 'pool', { addresses: ['192.168.1.240-192.168.1.250'] });
const L2 = metal('L2Advertisement', 'l2', {});
const FABRIC = {
  apiVersion: 'packetwalk/v1',
  kind: 'Fabric',
  metadata: { name: 'fabric' },
  spec: {
    routers: [{ name: 'r', bgp: true, interfaces: [{ dev: 'eth0', address: '192.168.1.1/24' }, { dev: 'eth1', address: '10.10.6.1/24' }] }],
    clients: [
      { name: 'near', interfaces: [{ dev: 'eth0', address: '192.168.1.9/24' }] },
      { name: 'far', interfaces: [{ dev: 'eth0', address: '10.10.6.91/24' }] },
    ],
  },
};
const NODES = [node('n1', 11), node('n2', 12), node('n3', 13)];
const PODS = [pod('web-1', 'n2', '10.244.2.2'), pod('web-2', 'n3', '10.244.3.2')];

const speakers = (tag: string): object => ({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'speaker', namespace: 'metallb-system' }, spec: { template: { spec: { containers: [{ image: `quay.io/metallb/speaker:${tag}` }] } } } });

/** Who answers ARP for an address, by the compiled world. */
const answering = (objects: readonly object[], ip = '192.168.1.240'): readonly string[] =>
  worldOfObjects(objects).world.hosts.flatMap((h) => h.netns.flatMap((n) => (n.arpPrograms ?? []).filter((p) => p.ip === ip4(ip)).map((p) => `${h.name} ${p.dev}`)));

describe('layer 2: one speaker answers', () => {
  // By sha256 of NODE#192.168.1.240: n1, n3, n2; of NODE#default/web: n2, n3, n1.
  it.each([
    ['the first by the hash of node and address, endpoint or not', [], {}, ['n1 eth0']],
    ['with policy Local the first of those with an endpoint', [], { externalTrafficPolicy: 'Local' }, ['n3 eth0']],
    ['0.12: the same, by address', [speakers('v0.12.1')], {}, ['n1 eth0']],
    ['0.9: by the service’s name, among the nodes with an endpoint', [speakers('v0.9.6')], {}, ['n2 eth0']],
    ['0.10: the same for policy Local', [speakers('v0.10.3')], { externalTrafficPolicy: 'Local' }, ['n2 eth0']],
    ['without an endpoint: nobody', [], { selector: { app: 'gone' } }, []],
  ])('%s', (_name, more, spec, expected) => {
    expect(answering([...NODES, ...PODS, POOL, L2, web(spec), ...more])).toEqual(expected);
  });

  it('the next one when the first node is gone', () => {
    const gone = node('n1', 11, { conditions: [{ type: 'Ready', status: 'Unknown' }] });
    expect(answering([gone, ...NODES.slice(1), ...PODS, POOL, L2, web()])).toEqual(['n3 eth0']);
  });

  it('only nodes where a speaker runs, when its Pods are given', () => {
    const speaker = (on: string, phase: string): object => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: `speaker-${on}`, namespace: 'metallb-system' }, spec: { nodeName: on, hostNetwork: true, containers: [{ name: 'speaker', image: 'quay.io/metallb/speaker:v0.14.9' }] }, status: { phase } });
    expect(answering([...NODES, ...PODS, POOL, L2, web(), speaker('n1', 'Failed'), speaker('n2', 'Running')])).toEqual(['n2 eth0']);
  });

  it('not a node that is to get no traffic from load balancers, since 0.14', () => {
    const excluded = node('n1', 11, { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } });
    const objects = [excluded, ...NODES.slice(1), ...PODS, POOL, L2, web()];
    expect(answering(objects)).toEqual(['n3 eth0']);
    expect(answering([...objects, speakers('v0.13.12')])).toEqual(['n1 eth0']);
  });

  it.each([
    ['nodeSelectors', { nodeSelectors: [{ matchLabels: { rack: 'a' } }] }, ['n2 eth0']],
    ['interfaces that are not there', { interfaces: ['eth9'] }, []],
    ['another pool', { ipAddressPools: ['other'] }, []],
    ['serviceSelectors that do not fit', { serviceSelectors: [{ matchLabels: { app: 'db' } }] }, []],
    ['preferred nodes', { preferredNodeSelectors: [{ weight: 10, preference: { matchLabels: { rack: 'a' } } }] }, ['n2 eth0']],
  ])('as the advertisement’s %s say', (_name, spec, expected) => {
    expect(answering([NODES[0] ?? {}, node('n2', 12, { labels: { rack: 'a' } }), NODES[2] ?? {}, ...PODS, POOL, metal('L2Advertisement', 'l2', spec), web()])).toEqual(expected);
  });

  it('brings a client on the wire to that node, wherever the pod is', () => {
    const { world } = worldOfObjects([...NODES, ...PODS, POOL, L2, web(), FABRIC]);
    expect(endsOf(world, tcp(at('near'), '192.168.1.240', 80))).toEqual(['0.50 delivered n2/web-1 192.168.1.11>10.244.2.2:80, answer', '0.50 delivered n3/web-2 192.168.1.11>10.244.3.2:80, answer']);
  });

  it('lets a client that nobody described come in where the address is answered for', () => {
    const { world } = worldOfObjects([...NODES, ...PODS, POOL, L2, web({ externalTrafficPolicy: 'Local' })]);
    const probe = readProbe(world, { from: '203.0.113.9', to: '192.168.1.240:80', proto: 'tcp', via: undefined, sport: undefined, size: undefined });
    expect(probe.ok && endsOf(world, probe.value)).toEqual(['1.00 delivered n3/web-2 203.0.113.9>10.244.3.2:80, answer']);
  });

  it('brings it to a node with a pod, its address untouched, with policy Local', () => {
    const { world } = worldOfObjects([...NODES, ...PODS, POOL, L2, web({ externalTrafficPolicy: 'Local' }), FABRIC]);
    expect(endsOf(world, tcp(at('near'), '192.168.1.240', 80))).toEqual(['1.00 delivered n3/web-2 192.168.1.9>10.244.3.2:80, answer']);
  });
});

describe('layer 2 with kube-proxy in IPVS mode', () => {
  const ipvs = (strictARP: boolean): object => ({ apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration', mode: 'ipvs', clusterCIDR: '10.244.0.0/16', ipvs: { strictARP } });
  /** The nodes that took the request in, with their odds. */
  const entries = (strict: boolean): readonly string[] => [
    ...new Set(endsOf(worldOfObjects([...NODES, ...PODS, POOL, L2, web(), FABRIC, ipvs(strict)]).world, { ...tcp(at('near'), '192.168.1.240', 80) }).map((e) => / ([\d.]+)>/.exec(e)?.[1] ?? '')),
  ].toSorted();

  it('needs strictARP: without it every node has the address on kube-ipvs0, and every one answers', () => {
    // The source that the pod sees is the node that took the packet in, or the client where that node is the pod's own.
    expect(entries(true)).toEqual(['192.168.1.11']);
    expect(entries(false).length).toBeGreaterThan(1);
  });
});

const PEER = { apiVersion: 'metallb.io/v1beta2', kind: 'BGPPeer', metadata: { name: 'r', namespace: 'metallb-system' }, spec: { myASN: 64500, peerASN: 64501, peerAddress: '192.168.1.1' } };
const BGP_POOL = metal('IPAddressPool', 'pool', { addresses: ['172.19.100.0/28'] });
const ad = (spec: object = {}, name = 'ad'): object => metal('BGPAdvertisement', name, spec);

const routesOf = (objects: readonly object[]): readonly string[] => {
  const text = Object.entries(worldOfObjects(objects).files).find(([path]) => path.startsWith('r/'))?.[1] ?? '';
  return text.split('\n').filter((l, i, all) => l.includes('proto bgp') || (l.startsWith('\tnexthop') && all.slice(0, i).findLast((b) => !b.startsWith('\t'))?.includes('proto bgp'))).map((l) => l.trimEnd());
};
const bgp = (spec: object, more: readonly object[]): readonly string[] => routesOf([...NODES, ...PODS, BGP_POOL, PEER, web(spec, '172.19.100.2'), FABRIC, ...more]);
const HOPS = { n1: '\tnexthop via 192.168.1.11 dev eth0 weight 1', n2: '\tnexthop via 192.168.1.12 dev eth0 weight 1', n3: '\tnexthop via 192.168.1.13 dev eth0 weight 1' };

describe('BGP: a router learns', () => {
  it('the address over every node with policy Cluster, over those with an endpoint with Local', () => {
    expect(bgp({}, [ad()])).toEqual(['172.19.100.2 proto bgp metric 20', HOPS.n1, HOPS.n2, HOPS.n3]);
    expect(bgp({ externalTrafficPolicy: 'Local' }, [ad()])).toEqual(['172.19.100.2 proto bgp metric 20', HOPS.n2, HOPS.n3]);
    expect(bgp({ selector: { app: 'gone' } }, [ad()])).toEqual([]);
  });

  it('a whole network with aggregationLength', () => {
    expect(bgp({}, [ad({ aggregationLength: 24 })])[0]).toBe('172.19.100.0/24 proto bgp metric 20');
  });

  it('one way as a route without a list', () => {
    expect(bgp({}, [ad({ nodeSelectors: [{ matchLabels: { rack: 'a' } }] }), node('n2', 12, { labels: { rack: 'a' } })])).toEqual(['172.19.100.2 via 192.168.1.12 dev eth0 proto bgp metric 20']);
  });

  it('the way with the highest local preference, inside one AS only', () => {
    const preferred = [ad({ nodeSelectors: [{ matchLabels: { rack: 'a' } }], localPref: 200 }, 'a'), ad({ nodeSelectors: [{ matchExpressions: [{ key: 'rack', operator: 'DoesNotExist' }] }] }, 'b'), node('n2', 12, { labels: { rack: 'a' } })];
    expect(bgp({}, preferred)).toHaveLength(4);
    expect(bgp({}, [...preferred, { ...PEER, spec: { ...PEER.spec, peerASN: 64500 } }])).toEqual(['172.19.100.2 via 192.168.1.12 dev eth0 proto bgp metric 20']);
  });

  it('nothing from nodes that the peer does not select, nor from advertisements for other peers', () => {
    expect(bgp({}, [ad(), { ...PEER, spec: { ...PEER.spec, nodeSelectors: [{ matchLabels: { rack: 'a' } }] } }])).toEqual([]);
    expect(bgp({}, [ad({ peers: ['other'] })])).toEqual([]);
  });

  it('and sends each flow over one of the nodes: a choice', () => {
    const { world } = worldOfObjects([...NODES, ...PODS, BGP_POOL, PEER, ad(), web({ externalTrafficPolicy: 'Local' }, '172.19.100.2'), FABRIC]);
    expect(endsOf(world, tcp(at('far'), '172.19.100.2', 80))).toEqual(['0.50 delivered n2/web-1 10.10.6.91>10.244.2.2:80, answer', '0.50 delivered n3/web-2 10.10.6.91>10.244.3.2:80, answer']);
  });

  it('and a peer that is no router with BGP is named', () => {
    const { diagnostics } = worldOfObjects([...NODES, ...PODS, BGP_POOL, { ...PEER, spec: { ...PEER.spec, peerAddress: '192.168.1.2' } }, ad(), web({}, '172.19.100.2'), FABRIC]);
    expect(diagnostics).toMatchObject([{ severity: 'info', code: 'bgp-peer-silent', text: '192.168.1.2' }]);
  });
});

describe('the ConfigMap of versions up to 0.12', () => {
  const config = (text: string): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'config', namespace: 'metallb-system' }, data: { config: text } });

  it('has layer 2 pools', () => {
    expect(answering([...NODES, ...PODS, web(), config('address-pools:\n- name: default\n  protocol: layer2\n  addresses: ["192.168.1.240/28"]\n')])).toEqual(['n1 eth0']);
  });

  it('has BGP pools and peers', () => {
    const text = 'peers:\n- peer-address: 192.168.1.1\n  peer-asn: 64501\n  my-asn: 64500\n  node-selectors:\n  - match-expressions: [{key: kubernetes.io/hostname, operator: NotIn, values: [n3]}]\naddress-pools:\n- name: default\n  protocol: bgp\n  addresses: [172.19.100.0/28]\n  bgp-advertisements: [{aggregation-length: 30}]\n';
    const objects = [...[11, 12, 13].map((last) => node(`n${last - 10}`, last, { labels: { 'kubernetes.io/hostname': `n${last - 10}` } })), ...PODS, web({}, '172.19.100.2'), FABRIC, config(text)];
    expect(routesOf(objects)).toEqual(['172.19.100.0/30 proto bgp metric 20', HOPS.n1, HOPS.n2]);
  });
});

describe('addresses from pools', () => {
  const pool = (name: string, addresses: readonly string[], spec: object = {}) => documentOf('IPAddressPool', name, { spec: { addresses, ...spec } }, 'metallb-system', 'metallb.io/v1beta1');
  const given = (services: readonly ServiceModel[], pools: readonly ReturnType<typeof pool>[], more: readonly ReturnType<typeof documentOf>[] = []) => {
    const found = new DiagnosticList();
    const cluster = withLoadBalancerAddresses(clusterOf({ nodes: [nodeOf('n1', '192.168.1.11', undefined)], services, documents: [...pools, ...more] }), found);
    return { ips: cluster.services.map((s) => s.ingress.map((i) => formatIp4(i.ip)).join()), found: found.items.map((d) => `${d.severity} ${d.code} ${d.text}`) };
  };
  const s = (name: string, more: Partial<ServiceModel> = {}): ServiceModel => serviceOf(name, more);

  it('are the first free ones, and each is said', () => {
    const taken = s('b', { ingress: [{ ip: ip4('192.168.1.241'), ipMode: 'VIP' }] });
    expect(given([s('a'), taken, s('c')], [pool('p', ['192.168.1.240-192.168.1.242'])])).toEqual({
      ips: ['192.168.1.240', '192.168.1.241', '192.168.1.242'],
      found: ['info address-assigned default/a: 192.168.1.240', 'info address-assigned default/c: 192.168.1.242'],
    });
  });

  it('run out', () => {
    expect(given([s('a'), s('b')], [pool('p', ['192.168.1.240/32'])])).toEqual({ ips: ['192.168.1.240', ''], found: ['info address-assigned default/a: 192.168.1.240', 'warning no-free-address default/b'] });
  });

  it.each([
    ['not .0 and .255 with avoidBuggyIPs', {}, [pool('p', ['192.168.0.255-192.168.1.5'], { avoidBuggyIPs: true })], '192.168.1.1'],
    ['not from a pool without autoAssign', {}, [pool('p', ['10.0.0.0/24'], { autoAssign: false }), pool('q', ['10.0.1.0/24'])], '10.0.1.0'],
    ['from the pool that the annotation names, autoAssign or not', { annotations: { 'metallb.io/address-pool': 'p' } }, [pool('q', ['10.0.1.0/24']), pool('p', ['10.0.0.0/24'], { autoAssign: false })], '10.0.0.0'],
    ['the very address that the annotation asks for', { annotations: { 'metallb.universe.tf/loadBalancerIPs': '10.0.0.77' } }, [pool('p', ['10.0.0.0/24'])], '10.0.0.77'],
    ['not an address outside of all pools', { annotations: { 'metallb.io/loadBalancerIPs': '10.9.0.77' } }, [pool('p', ['10.0.0.0/24'])], ''],
    ['first from a pool for the namespace', {}, [pool('p', ['10.0.0.0/24']), pool('q', ['10.0.1.0/24'], { serviceAllocation: { namespaces: ['default'] } })], '10.0.1.0'],
    ['by priority among those', {}, [pool('p', ['10.0.0.0/24'], { serviceAllocation: { priority: 50, namespaces: ['default'] } }), pool('q', ['10.0.1.0/24'], { serviceAllocation: { priority: 10, namespaces: ['default'] } })], '10.0.1.0'],
    ['not from a pool for other services', {}, [pool('p', ['10.0.0.0/24'], { serviceAllocation: { serviceSelectors: [{ matchLabels: { app: 'db' } }] } })], ''],
    ['none for a service of another type', { type: 'NodePort' as const }, [pool('p', ['10.0.0.0/24'])], ''],
  ])('%s', (_name, service, pools, expected) => {
    expect(given([s('a', service)], pools).ips).toEqual([expected]);
  });

  it('are not given to a service of another load balancer’s class', () => {
    expect(given([s('a')], [pool('p', ['10.0.0.0/24'])], [documentOf('Service', 'a', { spec: { loadBalancerClass: 'example.com/other' } })]).ips).toEqual(['']);
  });

  it('are shared with the same key, as long as no port is there twice', () => {
    const shared = (name: string, port: number, key: string): ServiceModel => s(name, { annotations: { 'metallb.io/allow-shared-ip': key }, ports: [{ name: '', protocol: 'TCP', port, nodePort: undefined }] });
    expect(given([shared('a', 80, 'k'), shared('b', 443, 'k'), shared('c', 80, 'k'), shared('d', 8080, 'x'), s('e')], [pool('p', ['10.0.0.0/24'])]).ips).toEqual(['10.0.0.0', '10.0.0.0', '10.0.0.1', '10.0.0.2', '10.0.0.3']);
  });

  it('of a pool that nobody announces are reported', () => {
    const { diagnostics } = worldOfObjects([...NODES, ...PODS, POOL, web()]);
    expect(diagnostics).toMatchObject([{ severity: 'warning', code: 'not-announced', text: 'default/web: 192.168.1.240' }]);
  });
});
