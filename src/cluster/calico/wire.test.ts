import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../dumps/diagnostic.ts';
import { HostDraft } from '../draft/host.ts';
import type { ClusterModel, NodeModel } from '../model.ts';
import { calicoObject, nodeAt as nodeOf } from '../../testing/calico.ts';
import { clusterOf, podOf } from '../../testing/cluster.ts';
import { calicoOf } from './calico.ts';

/** The node with Calico's part of it. */
function wired(cluster: ClusterModel, name: string): HostDraft {
  const host = new HostDraft(name);
  const found = new DiagnosticList();
  const node = cluster.nodes.find((n) => n.name === name);
  if (!node) throw new Error(name);
  for (const nic of node.nics) host.own.device({ name: nic.dev, kind: 'nic', mtu: nic.mtu, mac: nic.mac, addresses: nic.addresses.map((a) => ({ address: a })) });
  if (node.gateway) host.own.route(`default via ${node.gateway.via} dev ${node.gateway.dev}`);
  calicoOf(cluster, found)?.wire?.({ cluster, node, host, found });
  expect(found.items).toEqual([]);
  return host;
}

/** Lines of a section. */
const section = (host: HostDraft, command: string, netns: string | null = null): readonly string[] => {
  const lines = host.netns(netns).printWiring(() => undefined).text.split('\n');
  const start = lines.indexOf(`$ ${command}`);
  return start < 0 ? [] : lines.slice(start + 1, lines.indexOf('', start));
};

/** What `ip -d addr` says of a device, without what is the same for all. */
const device = (host: HostDraft, dev: string): readonly string[] => {
  const lines = section(host, 'ip -d addr show');
  const start = lines.findIndex((l) => new RegExp(`^\\d+: ${dev}[@:]`).test(l));
  const end = lines.findIndex((l, i) => i > start && /^\d/.test(l));
  return lines.slice(start, end < 0 ? undefined : end).map((l) => l.replace(/^\d+: /, '').trim()).filter((l) => !l.startsWith('valid_lft'));
};

const ANNOTATIONS = {
  master1: { 'projectcalico.org/IPv4IPIPTunnelAddr': '6.2.137.65', 'projectcalico.org/IPv4VXLANTunnelAddr': '6.2.137.65' },
  master2: { 'projectcalico.org/IPv4IPIPTunnelAddr': '6.2.180.1', 'projectcalico.org/IPv4VXLANTunnelAddr': '6.2.180.1' },
  master3: { 'projectcalico.org/IPv4IPIPTunnelAddr': '6.2.136.2', 'projectcalico.org/IPv4VXLANTunnelAddr': '6.2.136.3' },
} as const;

const addresses = { master1: '192.168.50.161/24', master2: '192.168.50.162/24', master3: '192.168.50.163/24' };

const master = (name: keyof typeof ANNOTATIONS, address = addresses[name]): NodeModel =>
  nodeOf(name, address, { annotations: { ...ANNOTATIONS[name], 'projectcalico.org/IPv4Address': address }, nics: [{ dev: 'ens192', addresses: [address], mtu: 1500, mac: '02:00:00:00:00:01' }], gateway: { via: address.replace(/\d+\/24$/, '1'), dev: 'ens192' } });

const pods = [podOf('ping-test-fljwb', 'master2', '6.2.180.2'), podOf('ping-test-mrrdv', 'master3', '6.2.136.4'), podOf('ping-test-rfwx9', 'master1', '6.2.137.67')];

const masters = (modes: { ipipMode?: string; vxlanMode?: string }, { version = 'v3.20.6', far = false } = {}): ClusterModel =>
  clusterOf({
    nodes: [master('master1'), master('master2'), far ? master('master3', '192.168.60.163/24') : master('master3')],
    pods,
    documents: [calicoObject('IPPool', 'default-ipv4-ippool', { cidr: '6.2.0.0/16', natOutgoing: true, ...modes }), calicoObject('ClusterInformation', 'default', { calicoVersion: version })],
  });

describe('routes to pods of other nodes', () => {
  it.each`
    modes                             | far      | version      | expected
    ${{ ipipMode: 'Always' }}         | ${false} | ${'v3.20.6'} | ${['6.2.136.0/26 via 192.168.50.163 dev tunl0 proto bird onlink', '6.2.180.0/26 via 192.168.50.162 dev tunl0 proto bird onlink', 'blackhole 6.2.137.64/26 proto bird']}
    ${{ ipipMode: 'CrossSubnet' }}    | ${false} | ${'v3.20.6'} | ${['6.2.136.0/26 via 192.168.50.163 dev ens192 proto bird', '6.2.180.0/26 via 192.168.50.162 dev ens192 proto bird', 'blackhole 6.2.137.64/26 proto bird']}
    ${{ ipipMode: 'CrossSubnet' }}    | ${true}  | ${'v3.20.6'} | ${['6.2.136.0/26 via 192.168.60.163 dev tunl0 proto bird onlink', '6.2.180.0/26 via 192.168.50.162 dev ens192 proto bird', 'blackhole 6.2.137.64/26 proto bird']}
    ${{}}                             | ${true}  | ${'v3.20.6'} | ${['6.2.136.0/26 via 192.168.50.1 dev ens192 proto bird', '6.2.180.0/26 via 192.168.50.162 dev ens192 proto bird', 'blackhole 6.2.137.64/26 proto bird']}
    ${{ vxlanMode: 'Always' }}        | ${false} | ${'v3.19.4'} | ${['6.2.136.0/26 via 6.2.136.3 dev vxlan.calico onlink', '6.2.180.0/26 via 6.2.180.1 dev vxlan.calico onlink']}
    ${{ vxlanMode: 'Always' }}        | ${false} | ${'v3.20.6'} | ${['6.2.136.0/26 via 6.2.136.3 dev vxlan.calico onlink', '6.2.180.0/26 via 6.2.180.1 dev vxlan.calico onlink', 'blackhole 6.2.137.64/26 proto 80']}
    ${{ vxlanMode: 'Always' }}        | ${false} | ${'v3.32.0'} | ${['6.2.136.0/26 via 6.2.136.3 dev vxlan.calico onlink mtu 1450', '6.2.180.0/26 via 6.2.180.1 dev vxlan.calico onlink mtu 1450', 'blackhole 6.2.137.64/26 proto 80']}
    ${{ vxlanMode: 'CrossSubnet' }}   | ${true}  | ${'v3.20.6'} | ${['6.2.136.0/26 via 6.2.136.3 dev vxlan.calico onlink', '6.2.180.0/26 via 192.168.50.162 dev ens192 proto 80 onlink', 'blackhole 6.2.137.64/26 proto 80']}
  `('under $modes (far: $far, $version)', ({ modes, far, version, expected }) => {
    const host = wired(masters(modes as object, { version: version as string, far: far as boolean }), 'master1');
    expect([...host.own.routes].filter((r) => r.includes('/26')).toSorted()).toEqual(expected);
  });

  it('leads to a borrowed address by a route of its own', () => {
    const cluster = masters({ ipipMode: 'Always' });
    const more = { ...cluster, pods: [...cluster.pods, podOf('guest', 'master2', '6.2.136.9')] };
    expect(wired(more, 'master1').own.routes).toContain('6.2.136.9 via 192.168.50.162 dev tunl0 proto bird onlink');
    expect(wired(more, 'master3').own.routes).toContain('6.2.136.9 via 192.168.50.162 dev tunl0 proto bird onlink');
    expect(wired(more, 'master2').own.routes).toContain('6.2.136.9 dev calib83ffd00c45 scope link');
  });

  it('does not come without BGP', () => {
    const cluster = masters({ ipipMode: 'Always' });
    const alone = { ...cluster, documents: [...cluster.documents, calicoObject('BGPConfiguration', 'default', { nodeToNodeMeshEnabled: false })] };
    expect(wired(alone, 'master1').own.routes.filter((r) => r.includes('/26 via'))).toEqual([]);
  });

  it('is the same when the blocks are told', () => {
    const cluster = masters({ ipipMode: 'Always' });
    const told = { ...cluster, pods: [], documents: [...cluster.documents, calicoObject('IPAMBlock', '6-2-200-0-26', { cidr: '6.2.200.0/26', affinity: 'host:master2', allocations: [], attributes: [] })] };
    expect(wired(told, 'master1').own.routes).toContain('6.2.200.0/26 via 192.168.50.162 dev tunl0 proto bird onlink');
  });
});

describe('tunnel devices', () => {
  it('tunl0 has the address of the annotation and 20 bytes less', () => {
    expect(device(wired(masters({ ipipMode: 'Always' }), 'master3'), 'tunl0')).toEqual([
      'tunl0@NONE: <NOARP,UP,LOWER_UP> mtu 1480 qdisc noqueue state UNKNOWN group default qlen 1000',
      'link/ipip 0.0.0.0 brd 0.0.0.0 promiscuity 0',
      'ipip any remote any local any ttl inherit nopmtudisc',
      'inet 6.2.136.2/32 scope global tunl0',
    ]);
  });

  it('vxlan.calico has the MAC of the node, 50 bytes less, and knows all other ends', () => {
    const host = wired(masters({ vxlanMode: 'Always' }), 'master1');
    expect(device(host, 'vxlan.calico')).toEqual([
      'vxlan.calico: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450 qdisc noqueue state UNKNOWN group default qlen 1000',
      'link/ether 66:31:3a:fa:51:89 brd ff:ff:ff:ff:ff:ff promiscuity 0',
      'vxlan id 4096 local 192.168.50.161 dev ens192 srcport 0 0 dstport 4789 nolearning ttl auto ageing 300',
      'inet 6.2.137.65/32 scope global vxlan.calico',
    ]);
    expect(section(host, 'ip neigh show').filter((l) => l.includes('vxlan.calico'))).toEqual(['6.2.180.1 dev vxlan.calico lladdr 66:35:31:bd:3e:3a PERMANENT', '6.2.136.3 dev vxlan.calico lladdr 66:cb:b6:96:7e:c7 PERMANENT']);
    expect(section(host, 'bridge fdb show')).toEqual(['66:35:31:bd:3e:3a dev vxlan.calico dst 192.168.50.162 self permanent', '66:cb:b6:96:7e:c7 dev vxlan.calico dst 192.168.50.163 self permanent']);
  });

  it('takes the first free address of the first block where no annotation tells it', () => {
    const cluster = masters({ ipipMode: 'Always' });
    const bare = { ...cluster, nodes: cluster.nodes.map((n) => ({ ...n, annotations: {} })), pods: [podOf('a', 'master1', '6.2.137.64'), podOf('b', 'master1', '6.2.137.66')] };
    expect(device(wired(bare, 'master1'), 'tunl0').at(-1)).toBe('inet 6.2.137.65/32 scope global tunl0');
    expect(device(wired(bare, 'master2'), 'tunl0').at(-1)).toBe('inet 6.2.0.0/32 scope global tunl0');
    expect(device(wired(bare, 'master3'), 'tunl0').at(-1)).toBe('inet 6.2.0.64/32 scope global tunl0');
  });

  it('takes what an IPAMBlock notes', () => {
    const cluster = masters({ ipipMode: 'Always' });
    const block = calicoObject('IPAMBlock', 'b', { cidr: '6.2.137.64/26', affinity: 'host:master1', allocations: [null, null, 1, 0], attributes: [{ handle_id: 'k8s-pod-network.1' }, { handle_id: 'ipip-tunnel-addr-master1' }] });
    const bare = { ...cluster, nodes: cluster.nodes.map((n) => ({ ...n, annotations: {} })), documents: [...cluster.documents, block] };
    expect(device(wired(bare, 'master1'), 'tunl0').at(-1)).toBe('inet 6.2.137.66/32 scope global tunl0');
  });

  it('are not there when no pool needs them', () => {
    const host = wired(masters({}), 'master1');
    expect(host.own.devices.map((d) => d.name)).toEqual(['lo', 'ens192', 'cali7fc97bab38b']);
  });
});

describe('MTUs', () => {
  it.each`
    modes                        | version      | veth    | nic            | ipip         | vxlan        | pods    | because
    ${{ ipipMode: 'Always' }}    | ${'v3.20.6'} | ${'0'}  | ${1500}        | ${1480}      | ${undefined} | ${1480} | ${'3.17 takes the MTU of the NIC less the tunnel'}
    ${{ ipipMode: 'Always' }}    | ${'v3.16.5'} | ${'0'}  | ${1500}        | ${1440}      | ${undefined} | ${1440} | ${'3.16 has a fixed one'}
    ${{ ipipMode: 'Always' }}    | ${'v3.16.5'} | ${'1450'} | ${1500}      | ${1450}      | ${undefined} | ${1450} | ${'calico-config sets it for pods and tunnels'}
    ${{ vxlanMode: 'Always' }}   | ${'v3.16.5'} | ${'0'}  | ${1500}        | ${undefined} | ${1410}      | ${1410} | ${'3.16 has a fixed one'}
    ${{ vxlanMode: 'Always' }}   | ${'v3.32.0'} | ${'0'}  | ${9000}        | ${undefined} | ${8950}      | ${8950} | ${'jumbo frames'}
    ${{}}                        | ${'v3.32.0'} | ${'0'}  | ${1500}        | ${undefined} | ${undefined} | ${1500} | ${'nothing is wrapped'}
  `('$version with $modes on $nic: $because', ({ modes, version, veth, nic, ipip, vxlan, pods: podMtu }) => {
    const cluster = masters(modes as object, { version: version as string });
    const config = { ...calicoObject('ConfigMap', 'calico-config', {}), apiVersion: 'v1', value: { data: { veth_mtu: veth as string } } };
    const nodes = cluster.nodes.map((n) => ({ ...n, nics: n.nics.map((x) => ({ ...x, mtu: nic as number })) }));
    const host = wired({ ...cluster, nodes, documents: [...cluster.documents, config] }, 'master1');
    expect(['tunl0', 'vxlan.calico', 'cali7fc97bab38b'].map((dev) => host.own.find(dev)?.mtu)).toEqual([ipip, vxlan, podMtu]);
    expect(host.netns('ping-test-rfwx9').find('eth0')?.mtu).toBe(podMtu);
  });
});

it('wires a pod: a veth with the MAC ee:…, a host route, proxy ARP, and a gateway that nobody has', () => {
  const host = wired(masters({ ipipMode: 'Always' }), 'master1');
  expect(host.own.find('cali7fc97bab38b')).toMatchObject({ kind: 'veth', mac: 'ee:ee:ee:ee:ee:ee', peer: { netns: 'ping-test-rfwx9', dev: 'eth0' }, because: { kind: 'Pod', name: 'ping-test-rfwx9' } });
  expect(host.own.routes).toContain('6.2.137.67 dev cali7fc97bab38b scope link');
  expect(host.own.sysctlOf('net.ipv4.conf.cali7fc97bab38b.proxy_arp')).toBe('1');
  expect(section(host, 'ip route show', 'ping-test-rfwx9')).toEqual(['default via 169.254.1.1 dev eth0', '169.254.1.1 dev eth0 scope link']);
  expect(host.netns('ping-test-rfwx9').find('eth0')?.addresses).toEqual([{ address: '6.2.137.67/32' }]);
});

it('is not there without objects or annotations of its own', () => {
  expect(calicoOf(clusterOf({ nodes: [nodeOf('n', '10.0.0.1/24')] }), new DiagnosticList())).toBeUndefined();
});

it('says which pods no pool has: nobody else can reach them', () => {
  const cluster = masters({ ipipMode: 'Always' });
  const found = new DiagnosticList();
  calicoOf({ ...cluster, pods: [...cluster.pods, podOf('lost', 'master1', '10.9.9.9')] }, found);
  expect(found.items.map((d) => `${d.code} ${d.text}`)).toEqual(['pod-outside-pools default/lost 10.9.9.9']);
});
