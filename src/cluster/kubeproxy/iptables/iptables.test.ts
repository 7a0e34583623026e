import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../../dumps/diagnostic.ts';
import type { TableName } from '../../../world/netfilter.ts';
import { HostDraft } from '../../draft/host.ts';
import type { ClusterModel, NodeModel, ServiceModel } from '../../model.ts';
import type { KubeProxySettings } from '../../objects/kubeProxyConfig.ts';
import { kubeProxyOf } from '../kubeProxy.ts';
import { cluster, endpoint, node, service } from '../models.fixture.ts';
import { READ_MINORS } from '../version.ts';

const CIDR: Partial<KubeProxySettings> = { detectLocal: { kind: 'cluster-cidr', cidr: '10.0.0.0/8' } };
const port = (nodePort?: number, protocol: 'TCP' | 'UDP' | 'SCTP' = 'TCP'): ServiceModel['ports'] => [{ name: 'p80', protocol, port: 80, nodePort }];

type Services = Parameters<typeof cluster>[1];

/** Node n1 as kubelet and kube-proxy leave it. */
function compiled(minor: number, services: Services, settings: Partial<KubeProxySettings> = CIDR, more: Partial<NodeModel> = {}, setUp: (host: HostDraft) => void = () => undefined): HostDraft {
  const model = cluster([node('n1', '192.168.0.2', minor, more)], services, settings);
  const host = new HostDraft('n1');
  host.own.device({ name: 'eth0', kind: 'nic', mtu: 1500, mac: '02:00:00:00:00:01', addresses: [{ address: '192.168.0.2/24' }, { address: '192.168.1.2/24' }] });
  setUp(host);
  run(model, host);
  return host;
}

function run(model: ClusterModel, host: HostDraft): DiagnosticList {
  const found = new DiagnosticList();
  const component = kubeProxyOf(model, found);
  for (const own of model.nodes) {
    if (own.name !== host.name) continue;
    component?.wire?.({ cluster: model, node: own, host, found });
    component?.program?.({ cluster: model, node: own, host, found });
  }
  return found;
}

const rules = (host: HostDraft, table: TableName, chain: string): readonly string[] => host.own.firewall.rules(table, chain);
/** Chains of a table that belong to a service, by the prefix of their name. */
const named = (host: HostDraft, prefix: string): readonly (readonly string[])[] =>
  [...new Set(host.own.firewall.print().text.split('\n').flatMap((l) => (l.startsWith(`:${prefix}`) ? [l.slice(1).split(' ')[0] ?? ''] : [])))].map((c) => rules(host, 'nat', c));

const comment = (text: string): string => `-m comment --comment "${text}"`;
const HASH = 'XPGD46QRK7WJZT7O'; // ns1/svc1:p80 and tcp
const SEP1 = 'KUBE-SEP-SXIVWICOYRO3J4NJ'; // … and 10.180.0.1:80

describe('jumps from the kernel’s chains', () => {
  const short = (rule: string): string => /-j (\S+)/.exec(rule)?.[1]?.replace('KUBE-', '') ?? rule;
  const jumps = (minor: number, chain: string): readonly string[] => rules(compiled(minor, []), 'filter', chain).map(short);

  it.each`
    chain        | from  | upTo  | order
    ${'INPUT'}   | ${18} | ${19} | ${['SERVICES', 'EXTERNAL-SERVICES', 'FIREWALL']}
    ${'INPUT'}   | ${20} | ${20} | ${['EXTERNAL-SERVICES', 'FIREWALL']}
    ${'INPUT'}   | ${22} | ${24} | ${['NODEPORTS', 'EXTERNAL-SERVICES', 'FIREWALL']}
    ${'INPUT'}   | ${25} | ${36} | ${['PROXY-FIREWALL', 'NODEPORTS', 'EXTERNAL-SERVICES', 'FIREWALL']}
    ${'FORWARD'} | ${18} | ${19} | ${['FORWARD', 'SERVICES']}
    ${'FORWARD'} | ${20} | ${24} | ${['FORWARD', 'SERVICES', 'EXTERNAL-SERVICES']}
    ${'FORWARD'} | ${25} | ${36} | ${['PROXY-FIREWALL', 'FORWARD', 'SERVICES', 'EXTERNAL-SERVICES']}
    ${'OUTPUT'}  | ${18} | ${24} | ${['SERVICES', 'FIREWALL']}
    ${'OUTPUT'}  | ${25} | ${36} | ${['PROXY-FIREWALL', 'SERVICES', 'FIREWALL']}
  `('$chain from 1.$from to 1.$upTo: $order', ({ chain, from, upTo, order }: { chain: string; from: number; upTo: number; order: readonly string[] }) => {
    const versions = READ_MINORS.filter((v) => v >= from && v <= upTo);
    expect(versions.map((v) => jumps(v, chain))).toEqual(versions.map(() => order));
  });

  it('look at new connections alone where they lead to refusals', () =>
    expect(rules(compiled(36, []), 'filter', 'FORWARD')).toEqual([
      `-m conntrack --ctstate NEW ${comment('kubernetes load balancer firewall')} -j KUBE-PROXY-FIREWALL`,
      `${comment('kubernetes forwarding rules')} -j KUBE-FORWARD`,
      `-m conntrack --ctstate NEW ${comment('kubernetes service portals')} -j KUBE-SERVICES`,
      `-m conntrack --ctstate NEW ${comment('kubernetes externally-visible service portals')} -j KUBE-EXTERNAL-SERVICES`,
    ]));

  it('lead all packets of table nat to the services', () => {
    const host = compiled(18, []);
    expect(['PREROUTING', 'OUTPUT', 'POSTROUTING'].map((c) => rules(host, 'nat', c))).toEqual([
      [`${comment('kubernetes service portals')} -j KUBE-SERVICES`],
      [`${comment('kubernetes service portals')} -j KUBE-SERVICES`],
      [`${comment('kubernetes postrouting rules')} -j KUBE-POSTROUTING`],
    ]);
  });
});

describe('rules that every node has', () => {
  it('hide senders by a mark', () => {
    const host = compiled(18, []);
    expect(rules(host, 'nat', 'KUBE-MARK-MASQ')).toEqual(['-j MARK --set-xmark 0x4000/0x4000']);
    expect(rules(host, 'nat', 'KUBE-POSTROUTING')).toEqual([
      '-m mark ! --mark 0x4000/0x4000 -j RETURN',
      '-j MARK --set-xmark 0x4000/0x0',
      `${comment('kubernetes service traffic requiring SNAT')} -j MASQUERADE --random-fully`,
    ]);
  });

  it('take another bit for the mark', () => {
    const host = compiled(31, [], { ...CIDR, masqueradeBit: 31 });
    expect(rules(host, 'nat', 'KUBE-MARK-MASQ')).toEqual(['-j MARK --set-xmark 0x80000000/0x80000000']);
    expect(rules(host, 'filter', 'KUBE-FORWARD')[1]).toBe(`${comment('kubernetes forwarding rules')} -m mark --mark 0x80000000/0x80000000 -j ACCEPT`);
  });

  it.each`
    minor | established
    ${22} | ${['conntrack pod source rule', 'conntrack pod destination rule']}
    ${23} | ${['conntrack rule']}
  `('forward: 1.$minor has $established', ({ minor, established }: { minor: number; established: readonly string[] }) =>
    expect(rules(compiled(minor, []), 'filter', 'KUBE-FORWARD')).toEqual([
      '-m conntrack --ctstate INVALID -j DROP',
      `${comment('kubernetes forwarding rules')} -m mark --mark 0x4000/0x4000 -j ACCEPT`,
      ...established.map((text) => `${comment(`kubernetes forwarding ${text}`)} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`),
    ]));

  it.each`
    minor | setting  | sysctl       | drops    | because
    ${31} | ${false} | ${undefined} | ${true}  | ${'the usual'}
    ${31} | ${true}  | ${undefined} | ${false} | ${'kube-proxy made conntrack liberal itself'}
    ${31} | ${false} | ${1}         | ${false} | ${'it was before'}
    ${27} | ${true}  | ${1}         | ${true}  | ${'nobody looks at it before 1.29'}
  `('1.$minor drops what conntrack does not understand: $drops, as $because', ({ minor, setting, sysctl, drops }: { minor: number; setting: boolean; sysctl: number | undefined; drops: boolean }) => {
    const host = compiled(minor, [], { tcpBeLiberal: setting }, {}, (h) => void (sysctl === undefined || h.own.sysctl('net.netfilter.nf_conntrack_tcp_be_liberal', sysctl)));
    expect(rules(host, 'filter', 'KUBE-FORWARD').includes('-m conntrack --ctstate INVALID -j DROP')).toBe(drops);
  });

  it.each`
    minor | nat                                                  | filter
    ${24} | ${['-j MARK --set-xmark 0x8000/0x8000']}             | ${2}
    ${25} | ${['-j MARK --set-xmark 0x8000/0x8000']}             | ${2}
    ${27} | ${[]}                                                | ${1}
  `('are the kubelet’s: 1.$minor', ({ minor, nat, filter }: { minor: number; nat: readonly string[]; filter: number }) => {
    const host = compiled(minor, []);
    expect(rules(host, 'nat', 'KUBE-MARK-DROP')).toEqual(nat);
    expect(rules(host, 'filter', 'KUBE-FIREWALL')).toHaveLength(filter);
    expect(rules(host, 'filter', 'KUBE-FIREWALL').at(-1)).toBe(`! -s 127.0.0.0/8 -d 127.0.0.0/8 ${comment('block incoming localnet connections')} -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP`);
  });

  it('are the kubelet’s by its own version', () => expect(compiled(24, [], CIDR, { kubeletVersion: { major: 1, minor: 22 } }).own.firewall.rules('filter', 'KUBE-FIREWALL')).toHaveLength(2));
});

describe('node ports', () => {
  const LAST = comment('kubernetes service nodeports; NOTE: this must be the last rule in this chain');
  const jump = (minor: number, settings: Partial<KubeProxySettings>): readonly string[] => rules(compiled(minor, [], settings), 'nat', 'KUBE-SERVICES');

  it.each`
    minor | settings                                                                         | because
    ${18} | ${{}}                                                                            | ${'all addresses'}
    ${36} | ${{ nodePortAddresses: ['10.0.0.0/8', '0.0.0.0/0'] }}                            | ${'everything is among them'}
    ${25} | ${{ localhostNodePorts: false }}                                                 | ${'nobody could switch 127.0.0.1 off before 1.26'}
  `('1.$minor: every local address, as $because', ({ minor, settings }: { minor: number; settings: Partial<KubeProxySettings> }) =>
    expect(jump(minor, settings)).toEqual([`${LAST} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`]));

  it('leave 127.0.0.1 out', () => expect(jump(27, { localhostNodePorts: false })).toEqual([`! -d 127.0.0.0/8 ${LAST} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`]));

  it.each`
    minor | settings                                                                                  | ips
    ${36} | ${{ nodePortAddresses: ['192.168.0.0/23'] }}                                              | ${['192.168.0.2', '192.168.1.2']}
    ${36} | ${{ nodePortAddresses: ['127.0.0.0/8', '192.168.1.0/24'] }}                               | ${['127.0.0.1', '192.168.1.2']}
    ${36} | ${{ nodePortAddresses: ['127.0.0.0/8', '192.168.1.0/24'], localhostNodePorts: false }}    | ${['192.168.1.2']}
    ${36} | ${{ nodePortAddresses: ['primary'] }}                                                     | ${['192.168.0.2']}
    ${18} | ${{ nodePortAddresses: ['192.168.1.0/24'] }}                                              | ${['192.168.1.2']}
    ${18} | ${{ nodePortAddresses: ['172.16.0.0/12'] }}                                               | ${[]}
  `('1.$minor: $settings', ({ minor, settings, ips }: { minor: number; settings: Partial<KubeProxySettings>; ips: readonly string[] }) =>
    expect(jump(minor, settings)).toEqual(ips.map((ip) => `-d ${ip}/32 ${LAST} -j KUBE-NODEPORTS`)));

  it.each`
    minor | settings                                     | value
    ${18} | ${{ nodePortAddresses: ['192.168.0.0/24'] }} | ${'1'}
    ${25} | ${{ localhostNodePorts: false }}             | ${'1'}
    ${27} | ${{}}                                        | ${'1'}
    ${27} | ${{ localhostNodePorts: false }}             | ${undefined}
    ${27} | ${{ nodePortAddresses: ['192.168.0.0/24'] }} | ${undefined}
    ${27} | ${{ nodePortAddresses: ['127.0.0.0/8'] }}    | ${'1'}
  `('1.$minor with $settings sets route_localnet to $value', ({ minor, settings, value }: { minor: number; settings: Partial<KubeProxySettings>; value: string | undefined }) =>
    expect(compiled(minor, [], settings).own.sysctlOf('net.ipv4.conf.all.route_localnet')).toBe(value));
});

describe('a service port since 1.24', () => {
  const local = service('svc1', {
    clusterIp: '172.30.0.41',
    type: 'LoadBalancer',
    ports: port(30001),
    vips: ['1.2.3.4'],
    externalIps: ['192.168.99.11'],
    externalTrafficPolicy: 'Local',
    sourceRanges: ['203.0.113.0/25', '192.168.0.0/24'],
    affinitySec: 10_800,
    healthCheckNodePort: 30100,
  });
  const both = [endpoint('10.180.0.1@n1'), endpoint('10.180.2.1@n2')];
  const to = (ip: string, what: string): string => `-d ${ip}/32 -p tcp ${comment(`ns1/svc1:p80 ${what}`)} -m tcp --dport 80`;
  const SEP2 = named(compiled(36, [[local, [endpoint('10.180.2.1@n2')]]]), 'KUBE-SVC-')[0]?.at(-1)?.split(' -j ')[1] ?? '';
  const recent = (chain: string): string => `--name ${chain} --mask 255.255.255.255 --rsource`;

  it('leads to its chains', () => {
    const host = compiled(36, [[local, both]]);
    expect(rules(host, 'nat', 'KUBE-SERVICES').slice(0, 3)).toEqual([
      `${to('172.30.0.41', 'cluster IP')} -j KUBE-SVC-${HASH}`,
      `${to('192.168.99.11', 'external IP')} -j KUBE-EXT-${HASH}`,
      `${to('1.2.3.4', 'loadbalancer IP')} -j KUBE-FW-${HASH}`,
    ]);
    expect(rules(host, 'nat', 'KUBE-NODEPORTS')).toEqual([`-p tcp ${comment('ns1/svc1:p80')} -m tcp --dport 30001 -j KUBE-EXT-${HASH}`]);
    expect(rules(host, 'nat', `KUBE-EXT-${HASH}`)).toEqual([
      `-s 10.0.0.0/8 ${comment('pod traffic for ns1/svc1:p80 external destinations')} -j KUBE-SVC-${HASH}`,
      `${comment('masquerade LOCAL traffic for ns1/svc1:p80 external destinations')} -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
      `${comment('route LOCAL traffic for ns1/svc1:p80 external destinations')} -m addrtype --src-type LOCAL -j KUBE-SVC-${HASH}`,
      `-j KUBE-SVL-${HASH}`,
    ]);
    expect(rules(host, 'nat', `KUBE-FW-${HASH}`)).toEqual([
      ...['203.0.113.0/25', '192.168.0.0/24', '1.2.3.4/32'].map((src) => `-s ${src} ${comment('ns1/svc1:p80 loadbalancer IP')} -j KUBE-EXT-${HASH}`),
      comment('other traffic to ns1/svc1:p80 will be dropped by KUBE-PROXY-FIREWALL'),
    ]);
    expect(rules(host, 'filter', 'KUBE-PROXY-FIREWALL')).toEqual([`${to('1.2.3.4', `traffic not accepted by KUBE-FW-${HASH}`)} -j DROP`]);
    expect(rules(host, 'filter', 'KUBE-NODEPORTS')).toEqual([`-p tcp ${comment('ns1/svc1:p80 health check node port')} -m tcp --dport 30100 -j ACCEPT`]);
  });

  it('deals its endpoints, and remembers who had which', () => {
    const host = compiled(36, [[local, both]]);
    expect(rules(host, 'nat', `KUBE-SVC-${HASH}`)).toEqual([
      `! -s 10.0.0.0/8 ${to('172.30.0.41', 'cluster IP')} -j KUBE-MARK-MASQ`,
      `${comment('ns1/svc1:p80 -> 10.180.0.1:80')} -m recent --rcheck --seconds 10800 --reap ${recent(SEP1)} -j ${SEP1}`,
      `${comment('ns1/svc1:p80 -> 10.180.2.1:80')} -m recent --rcheck --seconds 10800 --reap ${recent(SEP2)} -j ${SEP2}`,
      `${comment('ns1/svc1:p80 -> 10.180.0.1:80')} -m statistic --mode random --probability 0.50000000000 -j ${SEP1}`,
      `${comment('ns1/svc1:p80 -> 10.180.2.1:80')} -j ${SEP2}`,
    ]);
    expect(rules(host, 'nat', `KUBE-SVL-${HASH}`)).toEqual([
      `${comment('ns1/svc1:p80 -> 10.180.0.1:80')} -m recent --rcheck --seconds 10800 --reap ${recent(SEP1)} -j ${SEP1}`,
      `${comment('ns1/svc1:p80 -> 10.180.0.1:80')} -j ${SEP1}`,
    ]);
    expect(rules(host, 'nat', SEP1)).toEqual([
      `-s 10.180.0.1/32 ${comment('ns1/svc1:p80')} -j KUBE-MARK-MASQ`,
      `-p tcp ${comment('ns1/svc1:p80')} -m recent --set ${recent(SEP1)} -m tcp -j DNAT --to-destination 10.180.0.1:80`,
    ]);
  });

  it.each`
    minor | last
    ${24} | ${[`${comment('ns1/svc1:p80 loadbalancer IP')} -j KUBE-MARK-DROP`]}
    ${25} | ${[]}
    ${27} | ${[comment('other traffic to ns1/svc1:p80 will be dropped by KUBE-PROXY-FIREWALL')]}
  `('1.$minor ends the chain of its ranges with $last', ({ minor, last }: { minor: number; last: readonly string[] }) =>
    expect(rules(compiled(minor, [[local, both]]), 'nat', `KUBE-FW-${HASH}`).slice(3)).toEqual(last));

  it('1.24 drops by a mark where no endpoint is local, later versions in table filter', () => {
    const away = [endpoint('10.180.2.1@n2')];
    const early = compiled(24, [[local, away]]);
    expect(rules(early, 'nat', `KUBE-SVL-${HASH}`)).toEqual([`${comment('ns1/svc1:p80 has no local endpoints')} -j KUBE-MARK-DROP`]);
    expect(rules(early, 'nat', `KUBE-EXT-${HASH}`).at(-1)).toBe(`-j KUBE-SVL-${HASH}`);
    expect(rules(early, 'filter', 'KUBE-EXTERNAL-SERVICES')).toEqual([]);
    const late = compiled(25, [[local, away]]);
    expect(late.own.firewall.has('nat', `KUBE-SVL-${HASH}`)).toBe(false);
    expect(rules(late, 'nat', `KUBE-EXT-${HASH}`)).toHaveLength(3);
    expect(rules(late, 'filter', 'KUBE-EXTERNAL-SERVICES')).toEqual([
      `${to('192.168.99.11', 'has no local endpoints')} -j DROP`,
      `${to('1.2.3.4', 'has no local endpoints')} -j DROP`,
      `-p tcp ${comment('ns1/svc1:p80 has no local endpoints')} -m addrtype --dst-type LOCAL -m tcp --dport 30001 -j DROP`,
    ]);
  });

  it('rejects in table filter alone when it has no endpoints', () => {
    const host = compiled(36, [[local, []]]);
    const rejected = '-j REJECT --reject-with icmp-port-unreachable';
    expect(rules(host, 'filter', 'KUBE-SERVICES')).toEqual([`${to('172.30.0.41', 'has no endpoints')} ${rejected}`]);
    expect(rules(host, 'filter', 'KUBE-EXTERNAL-SERVICES')).toEqual([
      `${to('192.168.99.11', 'has no endpoints')} ${rejected}`,
      `${to('1.2.3.4', 'has no endpoints')} ${rejected}`,
      `-p tcp ${comment('ns1/svc1:p80 has no endpoints')} -m addrtype --dst-type LOCAL -m tcp --dport 30001 ${rejected}`,
    ]);
    expect(host.own.firewall.print().text).not.toMatch(/KUBE-(?:SVC|SVL|EXT|FW|SEP)-/);
  });

  it('hides every sender to its cluster IP with masqueradeAll, and none without a detector', () => {
    const marks = (settings: Partial<KubeProxySettings>): readonly string[] => rules(compiled(36, [[local, both]], settings), 'nat', `KUBE-SVC-${HASH}`).filter((r) => r.endsWith('KUBE-MARK-MASQ'));
    expect(marks({ ...CIDR, masqueradeAll: true })).toEqual([`${to('172.30.0.41', 'cluster IP')} -j KUBE-MARK-MASQ`]);
    expect(marks({})).toEqual([]);
  });

  it.each`
    detector                                      | rule
    ${{ kind: 'node-cidr' }}                      | ${'! -s 10.180.0.0/24 -d 172.30.0.41/32 -p tcp'}
    ${{ kind: 'bridge', dev: 'cni0' }}            | ${'-d 172.30.0.41/32 ! -i cni0 -p tcp'}
    ${{ kind: 'prefix', prefix: 'cali' }}         | ${'-d 172.30.0.41/32 ! -i cali+ -p tcp'}
    ${{ kind: 'cluster-cidr', cidr: '0.0.0.0/0' }} | ${'! -s 0.0.0.0/0 -d 172.30.0.41/32 -p tcp'}
  `('tells pods of the node from others by $detector', ({ detector, rule }: { detector: KubeProxySettings['detectLocal']; rule: string }) =>
    expect(rules(compiled(36, [[local, both]], { detectLocal: detector }, { podCidr: '10.180.0.0/24' }), 'nat', `KUBE-SVC-${HASH}`)[0]).toBe(`${rule} ${comment('ns1/svc1:p80 cluster IP')} -m tcp --dport 80 -j KUBE-MARK-MASQ`));
});

describe('a service port up to 1.23', () => {
  const balanced = (policy: 'Cluster' | 'Local'): ServiceModel =>
    service('svc1', { clusterIp: '172.30.0.41', type: 'LoadBalancer', ports: port(30001), vips: ['1.2.3.4'], externalIps: ['192.168.99.11'], externalTrafficPolicy: policy });
  const two = [endpoint('10.180.0.1@n1'), endpoint('10.180.0.2@n1')];
  const to = (ip: string, what: string): string => `-d ${ip}/32 -p tcp ${comment(`ns1/svc1:p80 ${what}`)} -m tcp --dport 80`;
  const atNodePort = `-p tcp ${comment('ns1/svc1:p80')} -m tcp --dport 30001`;
  const LAST = 1;

  it('1.22 marks in the service’s own chain', () => {
    const host = compiled(22, [[balanced('Cluster'), two]]);
    expect(rules(host, 'nat', 'KUBE-SERVICES').slice(0, -LAST)).toEqual([
      `${to('172.30.0.41', 'cluster IP')} -j KUBE-SVC-${HASH}`,
      `${to('192.168.99.11', 'external IP')} -j KUBE-SVC-${HASH}`,
      `${to('1.2.3.4', 'loadbalancer IP')} -j KUBE-FW-${HASH}`,
    ]);
    expect(rules(host, 'nat', `KUBE-SVC-${HASH}`).slice(0, 4)).toEqual([
      `! -s 10.0.0.0/8 ${to('172.30.0.41', 'cluster IP')} -j KUBE-MARK-MASQ`,
      `! -s 10.0.0.0/8 ${to('192.168.99.11', 'external IP')} -j KUBE-MARK-MASQ`,
      `${atNodePort} -j KUBE-MARK-MASQ`,
      `${comment('ns1/svc1:p80')} -m statistic --mode random --probability 0.50000000000 -j ${SEP1}`,
    ]);
    expect(rules(host, 'nat', 'KUBE-NODEPORTS')).toEqual([`${atNodePort} -j KUBE-SVC-${HASH}`]);
    expect(rules(host, 'nat', `KUBE-FW-${HASH}`)).toEqual(['KUBE-MARK-MASQ', `KUBE-SVC-${HASH}`, 'KUBE-MARK-DROP'].map((target) => `${comment('ns1/svc1:p80 loadbalancer IP')} -j ${target}`));
  });

  it('1.20 marks before it jumps, and asks packets to external IPs where they come from', () => {
    const host = compiled(20, [[balanced('Cluster'), two]]);
    const external = to('192.168.99.11', 'external IP');
    expect(rules(host, 'nat', 'KUBE-SERVICES').slice(0, -LAST)).toEqual([
      `! -s 10.0.0.0/8 ${to('172.30.0.41', 'cluster IP')} -j KUBE-MARK-MASQ`,
      `${to('172.30.0.41', 'cluster IP')} -j KUBE-SVC-${HASH}`,
      `${external} -j KUBE-MARK-MASQ`,
      `${external} -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j KUBE-SVC-${HASH}`,
      `${external} -m addrtype --dst-type LOCAL -j KUBE-SVC-${HASH}`,
      `${to('1.2.3.4', 'loadbalancer IP')} -j KUBE-FW-${HASH}`,
    ]);
    expect(rules(host, 'nat', 'KUBE-NODEPORTS')).toEqual([`${atNodePort} -j KUBE-MARK-MASQ`, `${atNodePort} -j KUBE-SVC-${HASH}`]);
  });

  it.each`
    minor | chain    | marked
    ${18} | ${'SVC'} | ${true}
    ${19} | ${'XLB'} | ${false}
    ${20} | ${'XLB'} | ${false}
  `('1.$minor leads external IPs with policy Local to KUBE-$chain', ({ minor, chain, marked }: { minor: number; chain: string; marked: boolean }) => {
    const found = rules(compiled(minor, [[balanced('Local'), two]]), 'nat', 'KUBE-SERVICES').filter((r) => r.includes('external IP'));
    expect(found.filter((r) => r.endsWith(`KUBE-${chain}-${HASH}`))).toHaveLength(2);
    expect(found.some((r) => r.endsWith('KUBE-MARK-MASQ'))).toBe(marked);
  });

  it.each`
    minor | balancing
    ${22} | ${(i: number) => `Balancing rule ${i} for ns1/svc1:p80`}
    ${23} | ${() => 'ns1/svc1:p80'}
  `('1.$minor deals what is local', ({ minor, balancing }: { minor: number; balancing: (i: number) => string }) => {
    const host = compiled(minor, [[balanced('Local'), two]]);
    const found = rules(host, 'nat', `KUBE-XLB-${HASH}`);
    expect(found.slice(0, 3)).toEqual([
      `-s 10.0.0.0/8 ${comment('Redirect pods trying to reach external loadbalancer VIP to clusterIP')} -j KUBE-SVC-${HASH}`,
      `${comment('masquerade LOCAL traffic for ns1/svc1:p80 LB IP')} -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
      `${comment('route LOCAL traffic for ns1/svc1:p80 LB IP to service chain')} -m addrtype --src-type LOCAL -j KUBE-SVC-${HASH}`,
    ]);
    expect(found.slice(3).map((r) => r.split(' -m statistic')[0]?.split(' -j ')[0])).toEqual([comment(balancing(0)), comment(balancing(1))]);
    expect(rules(host, 'nat', 'KUBE-NODEPORTS')).toEqual([`-s 127.0.0.0/8 ${atNodePort} -j KUBE-MARK-MASQ`, `${atNodePort} -j KUBE-XLB-${HASH}`]);
  });

  it('has a chain for local endpoints even when there are none anywhere', () => {
    const host = compiled(22, [[balanced('Local'), []]]);
    expect(host.own.firewall.has('nat', `KUBE-XLB-${HASH}`)).toBe(true);
    expect(rules(host, 'nat', `KUBE-XLB-${HASH}`)).toEqual([]);
  });

  it.each`
    minor | services                                                | external
    ${19} | ${['172.30.0.41', '1.2.3.4']}                           | ${['192.168.99.11']}
    ${20} | ${['172.30.0.41']}                                      | ${['192.168.99.11', '1.2.3.4']}
  `('1.$minor rejects in KUBE-SERVICES what goes to $services', ({ minor, services, external }: { minor: number; services: readonly string[]; external: readonly string[] }) => {
    const host = compiled(minor, [[balanced('Cluster'), []]]);
    const targets = (chain: string): readonly string[] => rules(host, 'filter', chain).flatMap((r) => /-d ([\d.]+)/.exec(r)?.[1] ?? []);
    expect([targets('KUBE-SERVICES'), targets('KUBE-EXTERNAL-SERVICES')]).toEqual([services, external]);
  });

  it('writes the chain of the ranges once for each address', () => {
    const twice = { ...balanced('Cluster'), ingress: ['1.2.3.4', '1.2.3.5'].map((ip) => ({ ip: service('x', { clusterIp: ip }).clusterIp ?? 0, ipMode: 'VIP' as const })), sourceRanges: ['192.168.0.0/16'] };
    expect(rules(compiled(23, [[twice, two]]), 'nat', `KUBE-FW-${HASH}`).map((r) => `${/-s (\S+)/.exec(r)?.[1] ?? ''} ${r.split(' -j ')[1]?.split('-').slice(0, 3).join('-') ?? ''}`)).toEqual([
      ' KUBE-MARK-MASQ', '192.168.0.0/16 KUBE-SVC-XPGD46QRK7WJZT7O', '1.2.3.4/32 KUBE-SVC-XPGD46QRK7WJZT7O', ' KUBE-MARK-DROP',
      ' KUBE-MARK-MASQ', '192.168.0.0/16 KUBE-SVC-XPGD46QRK7WJZT7O', '1.2.3.5/32 KUBE-SVC-XPGD46QRK7WJZT7O', ' KUBE-MARK-DROP',
    ]);
  });
});

describe('large clusters', () => {
  const many = (n: number): Services => [[service('svc1', { clusterIp: '172.30.0.41' }), Array.from({ length: n }, (_, i) => endpoint(`10.${i >> 8}.${i & 255}.1@n2`))]];

  it('have comments at endpoints up to a thousand', () => expect(rules(compiled(36, many(1000)), 'nat', `KUBE-SVC-${HASH}`).at(-1)).toContain('--comment'));

  it('have none beyond', () => {
    const host = compiled(36, many(1001));
    const svc = rules(host, 'nat', `KUBE-SVC-${HASH}`);
    expect(svc[0]).toContain('cluster IP');
    expect(svc.slice(1).filter((r) => r.includes('--comment'))).toEqual([]);
    expect(named(host, 'KUBE-SEP-').flat().filter((r) => r.includes('--comment'))).toEqual([]);
  });

  it.each`
    n       | probability
    ${3}    | ${'0.33333333349'}
    ${7}    | ${'0.14285714272'}
    ${1000} | ${'0.00100000016'}
  `('deal $n endpoints: the first by $probability', ({ n, probability }: { n: number; probability: string }) => expect(rules(compiled(36, many(n)), 'nat', `KUBE-SVC-${HASH}`)[1]).toContain(`--probability ${probability} `));
});

describe('reasons', () => {
  it('name the service and its port, an endpoint’s object, and the node for what nobody asked for', () => {
    const host = compiled(36, [[service('svc1', { clusterIp: '172.30.0.41' }), [endpoint('10.180.0.1@n1')]]]);
    const paper = host.own.firewall.print();
    const lines = paper.text.split('\n');
    const why = (start: string): unknown => paper.reasons[lines.findIndex((l) => l.startsWith(start))];
    expect(why('-A KUBE-SERVICES -d 172.30.0.41')).toMatchObject({ kind: 'Service', namespace: 'ns1', name: 'svc1', part: 'port p80' });
    expect(why(`-A ${SEP1} -p tcp`)).toMatchObject({ kind: 'EndpointSlice', name: 'slice-10.180.0.1' });
    expect(why('-A KUBE-FORWARD')).toMatchObject({ kind: 'Node', name: 'n1', part: 'kube-proxy 1.36' });
    expect(why('-A KUBE-FIREWALL')).toMatchObject({ kind: 'Node', name: 'n1', part: 'kubelet' });
  });
});

describe('modes that are not modelled', () => {
  it('nftables leaves its table', () => {
    const model = cluster([node('n1', '192.168.0.2', 33)], [], { mode: 'nftables' });
    const host = new HostDraft('n1');
    expect(run(model, host).items.map((d) => [d.code, d.text])).toEqual([['unmodelled', 'kube-proxy --proxy-mode=nftables']]);
    expect(host.own.printFirewall().text).toContain('$ nft list ruleset\ntable ip kube-proxy {');
  });

  it('userspace takes the packets of services, and nobody knows where to', () => {
    const model = cluster([node('n1', '192.168.0.2', 18)], [[service('svc1', { clusterIp: '172.30.0.41', ports: port(30001) }), []]], { mode: 'userspace' });
    const host = new HostDraft('n1');
    expect(run(model, host).items.map((d) => d.text)).toEqual(['kube-proxy --proxy-mode=userspace']);
    expect(rules(host, 'nat', 'KUBE-PORTALS-HOST')).toEqual([
      `-d 172.30.0.41/32 -p tcp ${comment('ns1/svc1:p80')} -m tcp --dport 80 -j REDIRECT --to-ports kube-proxy`,
      `-p tcp ${comment('ns1/svc1:p80')} -m addrtype --dst-type LOCAL -m tcp --dport 30001 -j REDIRECT --to-ports kube-proxy`,
    ]);
  });
});
