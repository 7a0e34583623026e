import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../dumps/diagnostic.ts';
import { trace, traceAll } from '../../engine/trace.ts';
import { clusterOf, documentOf, nodeOf, podOf, runOn } from '../../testing/cluster.ts';
import { at, ip } from '../../testing/sample.ts';
import type { HostDraft } from '../draft/host.ts';
import type { ClusterModel } from '../model.ts';
import { KUBE_PROXY_DEFAULTS } from '../objects/kubeProxyConfig.ts';
import type { KubeDocument } from '../objects/document.ts';
import { STARTER, starterText } from '../starter.ts';
import { worldOf } from '../world.ts';
import { markOf } from './egress.ts';
import { openshiftSdnOf } from './openshiftSdn.ts';
import { podNetworkOf, proxyDefaults } from './objects.ts';
import { vethOf } from './wiring.ts';

const sdnObject = (kind: string, name: string, value: object): KubeDocument => documentOf(kind, name, value, undefined, 'network.openshift.io/v1');
const network = (more: object = {}): KubeDocument => sdnObject('ClusterNetwork', 'default', { clusterNetworks: [{ CIDR: '10.128.0.0/14', hostSubnetLength: 9 }], serviceNetwork: '172.30.0.0/16', pluginName: 'redhat/openshift-ovs-networkpolicy', mtu: 1450, ...more });
const hostSubnet = (host: string, subnet: string, more: object = {}): KubeDocument => sdnObject('HostSubnet', host, { host, subnet, ...more });

const POD = podOf('web', 'worker1', '10.131.0.20', { namespace: 'almighty' });

/** worker1 and worker2 as in the sample. */
const cluster = (documents: readonly KubeDocument[] = [network()], parts: Partial<ClusterModel> = {}): ClusterModel =>
  clusterOf({
    nodes: [nodeOf('worker1', '10.10.12.21', undefined), nodeOf('worker2', '10.10.12.22', undefined)],
    pods: [POD, podOf('other', 'worker2', '10.128.2.151', { namespace: 'almighty' }), podOf('agent', 'worker1', '10.10.12.21', { hostNetwork: true })],
    kubeProxy: { ...KUBE_PROXY_DEFAULTS, masqueradeBit: 0 },
    documents: [...documents, hostSubnet('worker1', '10.131.0.0/23'), hostSubnet('worker2', '10.128.2.0/23')],
    ...parts,
  });

const worker1 = (model = cluster()): HostDraft => runOn(openshiftSdnOf(model, new DiagnosticList()), model, 'worker1');
const rules = (chain: string, table: 'raw' | 'nat' | 'filter' = 'filter', host = worker1()): readonly string[] => host.own.firewall.rules(table, chain);
const C = (text: string): string => `-m comment --comment "${text}"`;

describe('a node’s rules', () => {
  it.each([
    ['filter', 'INPUT', [`${C('firewall overrides')} -j OPENSHIFT-FIREWALL-ALLOW`]],
    ['filter', 'FORWARD', [`-i tun0 ! -o tun0 ${C('administrator overrides')} -j OPENSHIFT-ADMIN-OUTPUT-RULES`, `${C('firewall overrides')} -j OPENSHIFT-FIREWALL-FORWARD`, `${C('firewall overrides')} -j OPENSHIFT-BLOCK-OUTPUT`]],
    ['filter', 'OUTPUT', [`${C('firewall overrides')} -j OPENSHIFT-BLOCK-OUTPUT`]],
    ['nat', 'POSTROUTING', [`${C('rules for masquerading OpenShift traffic')} -j OPENSHIFT-MASQUERADE`]],
    ['raw', 'PREROUTING', [`${C('disable conntrack for vxlan')} -j OPENSHIFT-NOTRACK`]],
    ['raw', 'OUTPUT', [`${C('disable conntrack for vxlan')} -j OPENSHIFT-NOTRACK`]],
    ['raw', 'OPENSHIFT-NOTRACK', ['-p udp -m udp --dport 4789 -j CT --notrack']],
    ['filter', 'OPENSHIFT-FIREWALL-ALLOW', [`-p udp -m udp --dport 4789 ${C('VXLAN incoming')} -j ACCEPT`, `-i tun0 ${C('from SDN to localhost')} -j ACCEPT`]],
    ['filter', 'OPENSHIFT-ADMIN-OUTPUT-RULES', []],
    [
      'filter',
      'OPENSHIFT-FIREWALL-FORWARD',
      [
        `-s 10.128.0.0/14 ${C('attempted resend after connection close')} -m conntrack --ctstate INVALID -j DROP`,
        `-d 10.128.0.0/14 ${C('forward traffic from SDN')} -j ACCEPT`,
        `-s 10.128.0.0/14 ${C('forward traffic to SDN')} -j ACCEPT`,
      ],
    ],
    ['filter', 'OPENSHIFT-BLOCK-OUTPUT', [22_623, 22_624].map((p) => `-p tcp -m tcp --dport ${p} --tcp-flags FIN,SYN,RST,ACK SYN -j REJECT --reject-with icmp-port-unreachable`)],
    ['nat', 'OPENSHIFT-MASQUERADE', ['-m mark --mark 0x1/0x1 -j RETURN', `-s 10.128.0.0/14 ${C('masquerade pod-to-external traffic')} -j OPENSHIFT-MASQUERADE-2`]],
    ['nat', 'OPENSHIFT-MASQUERADE-2', [`-d 10.128.0.0/14 ${C('masquerade pod-to-external traffic')} -j RETURN`, '-j MASQUERADE']],
  ] as const)('%s %s', (table, chain, expected) => expect(rules(chain, table)).toEqual(expected));

  it('masquerade pods towards services, too, where br0 tracks no connections', () => {
    const host = worker1(cluster([network({ pluginName: 'redhat/openshift-ovs-subnet' })]));
    expect(rules('OPENSHIFT-MASQUERADE', 'nat', host)).toEqual(['-m mark --mark 0x1/0x1 -j RETURN', `-s 10.128.0.0/14 ${C('masquerade pod-to-service and pod-to-external traffic')} -j MASQUERADE`]);
    expect(host.own.firewall.has('nat', 'OPENSHIFT-MASQUERADE-2')).toBe(false);
  });

  it('follow kube-proxy’s mark, the VXLAN port and every network of pods', () => {
    const host = worker1(cluster([network({ vxlanPort: 4790, clusterNetworks: [{ CIDR: '10.128.0.0/15' }, { CIDR: '10.130.0.0/15' }] })], { kubeProxy: { ...KUBE_PROXY_DEFAULTS, masqueradeBit: 14 } }));
    expect(rules('OPENSHIFT-MASQUERADE', 'nat', host)).toHaveLength(3);
    expect(rules('OPENSHIFT-MASQUERADE', 'nat', host)[0]).toBe('-m mark --mark 0x4000/0x4000 -j RETURN');
    expect(rules('OPENSHIFT-MASQUERADE-2', 'nat', host)).toEqual(['10.128.0.0/15', '10.130.0.0/15'].map((c) => `-d ${c} ${C('masquerade pod-to-external traffic')} -j RETURN`).concat('-j MASQUERADE'));
    expect(rules('OPENSHIFT-NOTRACK', 'raw', host)).toEqual(['-p udp -m udp --dport 4790 -j CT --notrack']);
    expect(host.own.routes).toEqual(['10.128.0.0/15 dev tun0 scope link', '10.130.0.0/15 dev tun0 scope link', '172.30.0.0/16 dev tun0']);
  });

  it('in a pod keep it from the machine config server and from metadata', () => {
    const { firewall } = worker1().netns('web');
    for (const chain of ['OUTPUT', 'FORWARD']) {
      expect(firewall.rules('filter', chain)).toEqual([
        '-p tcp -m tcp --dport 22623 --tcp-flags FIN,SYN,RST,ACK SYN -j REJECT --reject-with icmp-port-unreachable',
        '-p tcp -m tcp --dport 22624 --tcp-flags FIN,SYN,RST,ACK SYN -j REJECT --reject-with icmp-port-unreachable',
        '-d 169.254.169.254/32 -p tcp -m tcp ! --dport 53 -j REJECT --reject-with icmp-port-unreachable',
        '-d 169.254.169.254/32 -p udp -m udp ! --dport 53 -j REJECT --reject-with icmp-port-unreachable',
      ]);
    }
  });

  it('and devices and routes each name the object that made them', () => {
    const host = worker1();
    const paper = host.own.firewall.print();
    expect(paper.text.split('\n').filter((l, i) => l.startsWith('-A') && paper.reasons[i]?.kind !== 'ClusterNetwork')).toEqual([]);
    const wiring = host.own.printWiring(() => undefined);
    const because = (start: string): unknown => wiring.reasons[wiring.text.split('\n').findIndex((l) => l.trim().startsWith(start))];
    expect(because('inet 10.131.0.1/23')).toMatchObject({ kind: 'HostSubnet', name: 'worker1' });
    expect(because('10.128.0.0/14 dev tun0')).toMatchObject({ kind: 'ClusterNetwork', name: 'default' });
    expect(because('10.128.2.151 dev tun0')).toMatchObject({ kind: 'Pod', name: 'other' });
  });
});

describe('egress addresses', () => {
  it.each([
    [0, 0xff000000],
    [1, 0x01000000],
    [0x8000, 0x10000000],
    [0x8001, 0x11000000],
    [2, 2],
    [0x2ab001, 0x112a3000],
  ])('VNID %i has the mark %i', (vnid, mark) => expect(markOf(vnid, 0)).toBe(mark));

  it('live on the node whose HostSubnet has them, and leave by their mark', () => {
    const model = cluster([network(), sdnObject('NetNamespace', 'shop', { netname: 'shop', netid: 0x123, egressIPs: ['10.10.12.100', '10.10.12.101'] })]);
    const owned = { ...model, documents: model.documents.map((d) => (d.name === 'worker1' ? hostSubnet('worker1', '10.131.0.0/23', { egressIPs: ['10.10.12.100'] }) : d)) };
    const host = worker1(owned);
    expect(host.own.find('eth0')?.addresses?.map((a) => a.address)).toEqual(['10.10.12.21/24', '10.10.12.100/24']);
    expect(rules('OPENSHIFT-MASQUERADE', 'nat', host).slice(0, 3)).toEqual(['-s 10.128.0.0/14 -d 10.128.0.0/14 -m mark --mark 0x1000122 -j MASQUERADE', '-s 10.128.0.0/14 -m mark --mark 0x1000122 -j SNAT --to-source 10.10.12.100', '-m mark --mark 0x1/0x1 -j RETURN']);
    expect(rules('OPENSHIFT-FIREWALL-ALLOW', 'filter', host).at(-1)).toBe('-d 10.10.12.100/32 -m conntrack --ctstate NEW -j REJECT --reject-with icmp-port-unreachable');
  });
});

describe('what is wrong in a ClusterNetwork', () => {
  it.each([
    ['no network', { clusterNetworks: undefined }, 'clusterNetworks'],
    ['an unknown plugin', { pluginName: 'calico' }, 'pluginName'],
    ['an MTU', { mtu: 'big' }, 'mtu'],
  ])('is said: %s', (_, more, field) => {
    const found = new DiagnosticList();
    openshiftSdnOf(cluster([network(more)]), found);
    expect(found.items.map((d) => [d.code, d.text.split(':')[0]])).toEqual([['bad-field', field]]);
  });

  it('is nothing without one, or with another group’s object of that kind', () => {
    expect(openshiftSdnOf(cluster([]), new DiagnosticList())).toBeUndefined();
    expect(openshiftSdnOf(cluster([documentOf('ClusterNetwork', 'default', { network: '10.0.0.0/8' })]), new DiagnosticList())).toBeUndefined();
  });
});

describe('defaults of a cluster with OpenShift SDN', () => {
  it('are bit 0 for kube-proxy’s mark and the pods’ network for its detector', () => {
    expect(proxyDefaults([network()])).toMatchObject({ mode: 'iptables', masqueradeBit: 0, clusterCidr: '10.128.0.0/14', detectLocal: { kind: 'cluster-cidr', cidr: '10.128.0.0/14' } });
    expect(proxyDefaults([])).toBe(KUBE_PROXY_DEFAULTS);
  });

  it('are parts of /23, unless HostSubnets say otherwise; older objects name one network', () => {
    expect(podNetworkOf([network(), hostSubnet('worker1', '10.131.0.0/23')])).toEqual({ cidr: '10.128.0.0/14', perNode: 23, given: new Map([['worker1', '10.131.0.0/23']]) });
    expect(podNetworkOf([sdnObject('ClusterNetwork', 'default', { network: '10.1.0.0/16', hostsubnetlength: 8 })])).toMatchObject({ cidr: '10.1.0.0/16', perNode: 24 });
  });
});

/**
 * The samples show br0 of both workers: what their flows say about the host must be what is compiled. Names of veths differ, because
 * they are random; which pods there are is the sample's choice.
 */
describe('br0 of the sample', () => {
  const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
  const sample = (n: 1 | 2): { readonly flows: string; readonly ports: string; readonly show: string } => ({ flows: fixture(`worker${n}-flows.txt`), ports: fixture(`worker${n}-ofctl-show.txt`), show: fixture(`worker${n}-vsctl.txt`) });
  const compiled = (n: 1 | 2): HostDraft => {
    const model = cluster();
    return runOn(openshiftSdnOf(model, new DiagnosticList()), model, `worker${n}`);
  };
  const flow = (text: string, pattern: RegExp): string => pattern.exec(text)?.[1] ?? 'not in the sample';

  it.each([1, 2] as const)('worker%s: tun0 has the address, the MAC and the network that its flows expect', (n) => {
    const { flows, ports } = sample(n);
    const tun0 = compiled(n).own.find('tun0');
    const [address = ''] = (tun0?.addresses ?? []).map((a) => a.address);
    expect(address.split('/')[0]).toBe(flow(flows, /table=0,.*priority=400,ip,in_port=2,nw_src=(\S+)/));
    expect(tun0?.mac).toBe(flow(ports, /2\(tun0\): addr:(\S+)/));
    const subnet = flow(flows, /table=0,.*priority=300,ip,in_port=2,nw_src=([\d./]+)/);
    expect(`${address.split('/')[1]}`).toBe(subnet.split('/')[1]);
  });

  it('routes to tun0 what the flows take for the pods’ network', () => expect(compiled(1).own.routes).toContain(`${flow(sample(1).flows, /nw_dst=(10\.128\.0\.0\/14) actions=goto_table:25/)} dev tun0 scope link`));

  it('lets in VXLAN on the port that pods must not send to', () => expect(rules('OPENSHIFT-FIREWALL-ALLOW')[0]).toContain(`--dport ${flow(sample(1).flows, /table=20,.*priority=300,udp,tp_dst=(\d+)/)} `));

  it('gives a pod the MAC that its ARP flow asks for', () => {
    const wanted = flow(sample(1).flows, /arp_spa=10\.131\.0\.20,arp_sha=(\S+?)\//);
    expect(worker1().netns('web').find('eth0')?.mac?.slice(6)).toBe(wanted.slice(6));
  });

  it('has the same bridge, with ports for the pods of this cluster in place of the sample’s', () => {
    const lines = (text: string): readonly string[] => text.split('\n').filter((l) => /^ {4}\S|^ {8}fail|type:|options:|(?:Port|Interface) (?:br0|tun0|vxlan0)$/.test(l)).map((l) => l.trim()).toSorted();
    const own = compiled(1).own.printWiring(() => undefined).text;
    const ours = own.slice(own.indexOf('$ ovs-vsctl show'));
    expect(lines(ours)).toEqual(lines(sample(1).show));
    expect(ours).toContain(`Port ${vethOf(POD)}\n`);
  });
});

describe('a walk', () => {
  const built = worldOf({ 'objects.yaml': readFileSync(new URL('../../scenarios/openshift-sdn/objects.yaml', import.meta.url), 'utf8') });

  it.each([
    ['a client’s, to a node port', { from: at('client'), dst: ip('192.168.10.11'), dport: 30_080 }],
    ['a pod’s, to the service', { from: at('node1', 'web-1-1'), dst: ip('10.96.0.80'), dport: 80 }],
    ['a pod’s, to one on another node', { from: at('node1', 'web-1-1'), dst: ip('10.244.3.2'), dport: 8080 }],
  ])('in a new cluster is answered: %s', (_, probe) => {
    const { world, diagnostics } = worldOf({ 'objects.yaml': starterText({ ...STARTER, network: 'openshift-sdn' }) });
    expect(diagnostics.filter((d) => d.severity !== 'info')).toEqual([]);
    for (const { trace: t } of traceAll(world, { ...probe, proto: 6 }).branches) expect(t.outcomes[0]).toMatchObject({ client: 'answer', request: { verdict: 'delivered' } });
  });

  it('of a pod to the machine config server is refused inside the pod', () => {
    const t = trace(built.world, { from: at('worker1', 'debug'), dst: ip('10.10.12.21'), proto: 6, dport: 22_623 });
    expect(t.outcomes[0]).toMatchObject({ client: 'refused', request: { verdict: 'rejected', host: 'worker1', netns: 'debug' } });
  });

  it('of a VXLAN packet that arrives from elsewhere ends at the datapath’s own device', () => {
    const t = trace(built.world, { from: at('client'), dst: ip('10.10.12.21'), proto: 17, dport: 4789 });
    expect(t.steps.some((s) => s.kind === 'rule' && s.matched === true && s.chain === 'OPENSHIFT-NOTRACK')).toBe(true);
    expect(t.outcomes[0]?.request.verdict).toBe('unknown');
  });
});
