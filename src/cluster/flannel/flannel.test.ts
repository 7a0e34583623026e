import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../dumps/diagnostic.ts';
import { clusterOf, documentOf, nodeOf, podOf, rulesOf, runOn } from '../../testing/cluster.ts';
import type { NodeModel, PodModel } from '../model.ts';
import { flannelOf } from './flannel.ts';

const N1 = nodeOf('n1', '192.168.1.11', '10.244.1.0/24');
const N2 = nodeOf('n2', '192.168.1.12', '10.244.2.0/24', { annotations: { 'flannel.alpha.coreos.com/backend-data': '{"VNI":1,"VtepMAC":"aa:bb:cc:00:00:02"}' } });
const FAR = nodeOf('far', '192.168.9.13', '10.244.3.0/24');
const WEB = podOf('web', 'n1', '10.244.1.5');

interface Given {
  readonly backend?: object;
  readonly version?: string;
  readonly args?: readonly string[];
  readonly conf?: object;
  readonly nodes?: readonly NodeModel[];
  readonly pods?: readonly PodModel[];
}

function n1With({ backend = { Type: 'vxlan' }, version, args, conf, nodes = [N1, N2], pods = [WEB] }: Given = {}) {
  const found = new DiagnosticList();
  const data = { 'net-conf.json': JSON.stringify({ Network: '10.244.0.0/16', Backend: backend }), ...(conf ? { 'cni-conf.json': JSON.stringify(conf) } : {}) };
  const annotations = version === undefined || args ? {} : { 'packetwalk/flannel-version': version };
  const documents = [documentOf('ConfigMap', 'kube-flannel-cfg', { metadata: { annotations }, data }, 'kube-flannel')];
  if (args) documents.push(documentOf('DaemonSet', 'kube-flannel-ds', { spec: { template: { spec: { containers: [{ image: `docker.io/flannel/flannel:v${version ?? '0.28.9'}`, args }] } } } }, 'kube-flannel'));
  const cluster = clusterOf({ nodes, pods, documents });
  return { host: runOn(flannelOf(cluster, found), cluster, 'n1', found), found };
}

const wiring = (given: Given = {}): string => n1With(given).host.own.printWiring(() => undefined).text;
const section = (text: string, command: string): readonly string[] => text.split(`$ ${command}\n`)[1]?.split('\n\n')[0]?.split('\n') ?? [];

describe('the way to other nodes', () => {
  it('is, with vxlan, a route over the subnet’s .0, whose link-layer address and machine are written down', () => {
    const text = wiring();
    expect(section(text, 'ip route show')).toContain('10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink');
    expect(section(text, 'ip neigh show')).toContain('10.244.2.0 dev flannel.1 lladdr aa:bb:cc:00:00:02 PERMANENT');
    expect(section(text, 'bridge fdb show')).toContain('aa:bb:cc:00:00:02 dev flannel.1 dst 192.168.1.12 self permanent');
    const device = section(text, 'ip -d addr show').join('\n');
    expect(device).toContain('flannel.1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450');
    expect(device).toContain('vxlan id 1 local 192.168.1.11 dev eth0 srcport 0 0 dstport 8472 nolearning');
    expect(device).toContain('inet 10.244.1.0/32 scope global flannel.1');
  });

  it('takes VNI, port, MTU and learning from the ConfigMap', () => {
    const text = wiring({ backend: { Type: 'vxlan', VNI: 4096, Port: 4789, MTU: 9000, Learning: true } });
    expect(text).toContain('flannel.4096: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 8950');
    expect(text).toContain('vxlan id 4096 local 192.168.1.11 dev eth0 srcport 0 0 dstport 4789 ttl auto');
  });

  it('is direct with DirectRouting where the other node is on the link, and the tunnel where it is not', () => {
    const text = wiring({ backend: { Type: 'vxlan', DirectRouting: true }, nodes: [N1, N2, FAR] });
    expect(section(text, 'ip route show')).toContain('10.244.2.0/24 via 192.168.1.12 dev eth0');
    expect(section(text, 'ip route show')).toContain('10.244.3.0/24 via 10.244.3.0 dev flannel.1 onlink');
    expect(section(text, 'bridge fdb show').filter((l) => l.includes('flannel.1'))).toHaveLength(1);
  });

  it('is the NIC with host-gw, without a tunnel and with the NIC’s MTU', () => {
    const text = wiring({ backend: { Type: 'host-gw' } });
    expect(section(text, 'ip route show')).toContain('10.244.2.0/24 via 192.168.1.12 dev eth0');
    expect(text).not.toContain('flannel.1');
    expect(text).toContain('cni0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500');
  });

  it('does not exist with host-gw to a node behind a router, and says so', () => {
    const { host, found } = n1With({ backend: { Type: 'host-gw' }, nodes: [N1, N2, FAR] });
    expect(host.own.routes.some((r) => r.startsWith('10.244.3.0/24'))).toBe(false);
    expect(found.items).toMatchObject([{ code: 'next-hop-off-link', text: 'n1: 10.244.3.0/24 via 192.168.9.13 dev eth0' }]);
  });

  it('does not exist for a backend that is not modelled, which is named', () => {
    expect(n1With({ backend: { Type: 'wireguard' } }).found.items).toMatchObject([{ code: 'unmodelled', text: 'Backend.Type wireguard' }]);
    // Without a type Flannel takes udp.
    expect(n1With({ backend: {} }).found.items).toMatchObject([{ code: 'unmodelled', text: 'Backend.Type udp' }]);
  });

  it.each`
    why                                | node                                                                                          | args                  | local
    ${'the NIC of the default route'}  | ${{ gateway: { via: '10.0.2.2', dev: 'eth0' } }}                                              | ${[]}                 | ${'10.0.2.15 dev eth0'}
    ${'the NIC that --iface names'}    | ${{ gateway: { via: '10.0.2.2', dev: 'eth0' } }}                                              | ${['--iface=eth1']}   | ${'192.168.1.11 dev eth1'}
    ${'the NIC with the node address'} | ${{}}                                                                                         | ${[]}                 | ${'192.168.1.11 dev eth1'}
  `('the tunnel’s local end is on $why', ({ node, args, local }: { node: Partial<NodeModel>; args: readonly string[]; local: string }) => {
    const nics = [
      { dev: 'eth0', addresses: ['10.0.2.15/24'], mtu: 1500, mac: '02:00:00:00:00:01' },
      { dev: 'eth1', addresses: ['192.168.1.11/24'], mtu: 1500, mac: '02:00:00:00:00:02' },
    ];
    expect(wiring({ args, nodes: [nodeOf('n1', '192.168.1.11', '10.244.1.0/24', { nics, ...node }), N2] })).toContain(`local ${local} `);
  });
});

describe('a pod', () => {
  it('hangs on cni0 by a port in hairpin mode and has its routes over the bridge', () => {
    const { host } = n1With();
    const text = host.own.printWiring(() => undefined).text;
    expect(text).toContain('inet 10.244.1.1/24 brd 10.244.1.255 scope global cni0');
    expect(text).toMatch(/veth[0-9a-f]{8}@\S+ <.*> mtu 1450 qdisc noqueue master cni0/);
    expect(text).toContain('bridge_slave state forwarding priority 32 cost 2 hairpin on');
    const pod = host.netns('web').printWiring(() => undefined).text;
    expect(section(pod, 'ip route show')).toEqual(['default via 10.244.1.1 dev eth0', '10.244.0.0/16 via 10.244.1.1 dev eth0', '10.244.1.0/24 dev eth0 proto kernel scope link src 10.244.1.5']);
  });

  it('of the node’s own network, or one that has ended, gets no network; without others there is no bridge', () => {
    const { host } = n1With({ pods: [podOf('agent', 'n1', '192.168.1.11', { hostNetwork: true }), podOf('job', 'n1', '10.244.1.9', { ended: true })] });
    expect(host.own.find('cni0')).toBeUndefined();
    expect(host.all).toHaveLength(1);
  });

  it('with an address of another node’s subnet is reported and left out', () => {
    const { host, found } = n1With({ pods: [podOf('lost', 'n1', '10.244.2.7')] });
    expect(host.has('lost')).toBe(false);
    expect(found.items).toMatchObject([{ code: 'pod-outside-subnet', text: 'default/lost' }]);
  });

  it('has no hairpin where the delegate does not ask for it', () => {
    const conf = { name: 'cbr0', plugins: [{ type: 'flannel', delegate: { isDefaultGateway: true } }] };
    expect(n1With({ conf }).host.own.devices.find((d) => d.kind === 'veth')?.portText).toBe('hairpin off');
  });
});

describe('a node without a podCIDR', () => {
  it('has no Flannel and no network for its pods, which is said', () => {
    const { host, found } = n1With({ nodes: [nodeOf('n1', '192.168.1.11', undefined), N2] });
    expect(host.own.devices.map((d) => d.name)).toEqual(['lo', 'eth0']);
    expect(rulesOf(host)).toEqual([]);
    expect(found.items).toMatchObject([{ code: 'no-pod-cidr', text: 'n1' }]);
  });
});

const OLD = [
  'nat -A POSTROUTING -s 10.244.0.0/16 -d 10.244.0.0/16 C-j RETURN',
  'nat -A POSTROUTING -s 10.244.0.0/16 ! -d 224.0.0.0/4 C-j MASQUERADE --random-fully',
  'nat -A POSTROUTING ! -s 10.244.0.0/16 -d 10.244.1.0/24 C-j RETURN',
  'nat -A POSTROUTING ! -s 10.244.0.0/16 -d 10.244.0.0/16 C-j MASQUERADE --random-fully',
  'filter -A FORWARD -s 10.244.0.0/16 F-j ACCEPT',
  'filter -A FORWARD -d 10.244.0.0/16 F-j ACCEPT',
];
const MARKED = 'nat -A FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 C-j RETURN';
const FWD = ['filter -A FORWARD F-j FLANNEL-FWD', 'filter -A FLANNEL-FWD -s 10.244.0.0/16 F-j ACCEPT', 'filter -A FLANNEL-FWD -d 10.244.0.0/16 F-j ACCEPT'];
const OWN_CHAIN = OLD.slice(0, 4).map((r) => r.replace('POSTROUTING', 'FLANNEL-POSTRTG'));
const BY_SUBNET = [
  MARKED,
  'nat -A FLANNEL-POSTRTG -s 10.244.1.0/24 -d 10.244.0.0/16 C-j RETURN',
  'nat -A FLANNEL-POSTRTG -s 10.244.0.0/16 -d 10.244.1.0/24 C-j RETURN',
  'nat -A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.1.0/24 C-j RETURN',
  'nat -A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 C-j MASQUERADE --random-fully',
  'nat -A FLANNEL-POSTRTG ! -s 10.244.0.0/16 -d 10.244.0.0/16 C-j MASQUERADE --random-fully',
];
const JUMP = 'nat -A POSTROUTING C-j FLANNEL-POSTRTG';
/** Comments as words; `plain`: the versions before 0.17 had none. */
const full = (rules: readonly string[], plain = false): readonly string[] =>
  rules.map((r) => r.replace('C-j', `${plain ? '' : '-m comment --comment "flanneld masq" '}-j`).replace('F-j', `${plain ? '' : '-m comment --comment "flanneld forward" '}-j`));

describe('what flanneld writes with iptables, by version', () => {
  it.each([
    ['0.13.0', full(OLD, true)],
    ['0.19.2', full(OLD)],
    ['0.20.0', full([JUMP, ...OWN_CHAIN, ...FWD])],
    ['0.20.2', full([JUMP, MARKED, ...OWN_CHAIN, ...FWD])],
    ['0.21.0', full([JUMP, ...BY_SUBNET, ...FWD])],
    ['0.28.9', full([JUMP, ...BY_SUBNET, ...FWD])],
    [undefined, full([JUMP, ...BY_SUBNET, ...FWD])],
  ])('%s', (version, expected) => {
    expect(rulesOf(n1With(version === undefined ? {} : { version }).host)).toEqual(expected);
  });

  it.each`
    version     | first
    ${'0.19.2'} | ${'-A POSTROUTING -j THERE'}
    ${'0.20.2'} | ${'-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG'}
    ${'0.21.2'} | ${'-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG'}
    ${'0.21.3'} | ${'-A POSTROUTING -j THERE'}
  `('$version: what stood in POSTROUTING before is behind $first', ({ version, first }: { version: string; first: string }) => {
    const documents = [documentOf('ConfigMap', 'kube-flannel-cfg', { metadata: { annotations: { 'packetwalk/flannel-version': version } }, data: { 'net-conf.json': '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}' } })];
    const cluster = clusterOf({ nodes: [N1, N2], documents });
    const host = runOn(undefined, cluster, 'n1');
    host.own.firewall.append('nat', 'POSTROUTING', '-j THERE');
    runOn(flannelOf(cluster, new DiagnosticList()), cluster, 'n1', undefined, host);
    expect(rulesOf(host)[0]).toBe(`nat ${first}`);
  });

  it('takes the version from the DaemonSet’s image', () => {
    expect(rulesOf(n1With({ version: '0.13.0', args: ['--ip-masq'] }).host)).toEqual(full(OLD, true));
  });

  it('leaves nat alone without --ip-masq; then the bridge plugin masquerades, by a chain for each pod', () => {
    const rules = rulesOf(n1With({ args: ['--kube-subnet-mgr'] }).host).filter((r) => r.startsWith('nat'));
    expect(rules).toHaveLength(3);
    const [, id = '', chain = ''] = /^nat -A POSTROUTING -s 10\.244\.1\.5\/32 -m comment --comment "name: \\"cbr0\\" id: \\"([0-9a-f]{64})\\"" -j (CNI-[0-9a-f]{24})$/.exec(rules[0] ?? '') ?? [];
    expect(rules.slice(1)).toEqual([
      `nat -A ${chain} -d 10.244.1.0/24 -m comment --comment "name: \\"cbr0\\" id: \\"${id}\\"" -j ACCEPT`,
      `nat -A ${chain} ! -d 224.0.0.0/4 -m comment --comment "name: \\"cbr0\\" id: \\"${id}\\"" -j MASQUERADE`,
    ]);
  });
});

it('is not there without its ConfigMap, and says so when that cannot be read', () => {
  const found = new DiagnosticList();
  expect(flannelOf(clusterOf({ nodes: [N1] }), found)).toBeUndefined();
  expect(found.items).toEqual([]);
  expect(flannelOf(clusterOf({ nodes: [N1], documents: [documentOf('ConfigMap', 'kube-flannel-cfg', { data: { 'net-conf.json': '{' } })] }), found)).toBeUndefined();
  expect(found.items).toMatchObject([{ code: 'bad-json' }]);
});
