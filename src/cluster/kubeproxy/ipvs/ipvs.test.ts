import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../../dumps/diagnostic.ts';
import { ip } from '../../../testing/sample.ts';
import type { Because } from '../../because.ts';
import { HostDraft } from '../../draft/host.ts';
import type { ClusterModel, EndpointModel, NodeModel, ServiceModel } from '../../model.ts';
import { NO_FABRIC } from '../../objects/fabric.ts';
import { KUBE_PROXY_DEFAULTS, type KubeProxySettings } from '../../objects/kubeProxyConfig.ts';
import { programIpvs, wireIpvs } from './ipvs.ts';

const because = (kind: string, name: string): Because => ({ kind, namespace: 'ns', name });

const service = (changes: Partial<ServiceModel> = {}): ServiceModel => ({
  namespace: 'ns',
  name: 'web',
  type: 'ClusterIP',
  labels: {},
  annotations: {},
  clusterIp: ip('10.96.0.10'),
  externalIps: [],
  ingress: [],
  sourceRanges: [],
  externalTrafficPolicy: 'Cluster',
  internalTrafficPolicy: 'Cluster',
  affinitySec: undefined,
  healthCheckNodePort: undefined,
  ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort: undefined }],
  because: because('Service', 'web'),
  ...changes,
});

const endpoint = (address: string, nodeName: string, changes: Partial<EndpointModel> = {}): EndpointModel => ({
  ip: ip(address),
  ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
  nodeName,
  ready: true,
  serving: true,
  terminating: false,
  zone: undefined,
  forZones: undefined,
  forNodes: undefined,
  pod: undefined,
  because: because('Pod', address),
  ...changes,
});

interface Given {
  readonly minor: number;
  readonly services?: readonly ServiceModel[];
  readonly endpoints?: readonly EndpointModel[];
  readonly settings?: Partial<KubeProxySettings>;
  readonly kernel?: NodeModel['kernelVersion'];
}

/** Node n1 (192.168.0.1, pods 10.1.0.0/24) as kube-proxy leaves it. */
function n1({ minor, services = [service()], endpoints = [endpoint('10.1.0.5', 'n1'), endpoint('10.2.0.5', 'n2')], settings = {}, kernel }: Given): HostDraft {
  const node: NodeModel = {
    name: 'n1',
    labels: {},
    annotations: {},
    internalIps: [ip('192.168.0.1')],
    podCidr: '10.1.0.0/24',
    kubeProxyVersion: { major: 1, minor },
    kubeletVersion: { major: 1, minor },
    nics: [],
    gateway: undefined,
    kernelVersion: kernel,
    because: because('Node', 'n1'),
  };
  const cluster: ClusterModel = {
    nodes: [node],
    pods: [],
    services,
    endpoints: new Map(services.map((s) => [`${s.namespace}/${s.name}`, endpoints])),
    namespaces: [],
    policies: [],
    kubeProxy: { ...KUBE_PROXY_DEFAULTS, mode: 'ipvs', ...settings },
    fabric: NO_FABRIC,
    documents: [],
  };
  const host = new HostDraft('n1');
  host.own.device({ name: 'eth0', kind: 'nic', mtu: 1500, mac: '02:00:00:00:00:01', addresses: [{ address: '192.168.0.1/24' }] });
  const context = { cluster, node, host, found: new DiagnosticList() };
  wireIpvs(context);
  // What the network plugin adds behind kube-proxy.
  host.own.device({ name: 'tunl0', kind: 'ipip', mtu: 1480, addresses: [{ address: '10.1.0.0/32' }] });
  programIpvs(context);
  return host;
}

const CLUSTER_CIDR: Partial<KubeProxySettings> = { detectLocal: { kind: 'cluster-cidr', cidr: '10.0.0.0/14' } };
const nodePort = { type: 'NodePort', ports: [{ name: 'http', protocol: 'TCP', port: 80, nodePort: 30080 }] } as const;
const balanced = { ...nodePort, type: 'LoadBalancer', ingress: [{ ip: ip('172.16.0.1'), ipMode: 'VIP' }] } as const;
const serversOf = (host: HostDraft): readonly string[] => host.own.ipvs.print().text.trimEnd().split('\n');
const membersOf = (host: HostDraft, set: string): readonly string[] => host.own.sets.print().text.split('\n').filter((l) => l.startsWith(`add ${set} `)).map((l) => l.slice(`add ${set} `.length));
const setsOf = (host: HostDraft): readonly string[] => host.own.sets.print().text.split('\n').flatMap((l) => (l.startsWith('create ') ? [l.split(' ')[1] ?? ''] : []));

describe('kube-ipvs0', () => {
  it('is a dummy that is down and owns the addresses of services, each because of its Service', () => {
    const host = n1({ minor: 31, services: [service({ ...balanced, externalIps: [ip('203.0.113.9')] })] });
    expect(host.own.find('kube-ipvs0')).toMatchObject({ kind: 'dummy', up: false, noArp: true, mtu: 1500 });
    expect(host.own.find('kube-ipvs0')?.addresses).toEqual(['10.96.0.10', '203.0.113.9', '172.16.0.1'].map((a) => ({ address: `${a}/32`, because: because('Service', 'web') })));
  });

  it.each`
    minor | bound    | because
    ${27} | ${true}  | ${'up to 1.27 every external IP is bound'}
    ${31} | ${false} | ${'since 1.28 not one that another device has'}
  `('1.$minor binds an external IP that is the node’s own: $bound', ({ minor, bound }) => {
    const host = n1({ minor, services: [service({ externalIps: [ip('192.168.0.1')] })] });
    expect(host.own.find('kube-ipvs0')?.addresses?.some((a) => a.address === '192.168.0.1/32')).toBe(bound);
    expect(membersOf(host, 'KUBE-IPVS-IPS').includes('192.168.0.1')).toBe(bound);
  });
});

describe('sysctls', () => {
  const reuse = (minor: number, kernel?: NodeModel['kernelVersion']): string | undefined => n1({ minor, kernel }).own.sysctlOf('net.ipv4.vs.conn_reuse_mode');

  it.each`
    minor | kernel                      | mode
    ${19} | ${{ major: 5, minor: 15 }} | ${'0'}
    ${20} | ${{ major: 3, minor: 10 }} | ${undefined}
    ${22} | ${{ major: 4, minor: 19 }} | ${'0'}
    ${22} | ${{ major: 5, minor: 9 }}  | ${undefined}
    ${31} | ${{ major: 6, minor: 1 }}  | ${undefined}
    ${31} | ${undefined}               | ${undefined}
  `('1.$minor on Linux $kernel.major.$kernel.minor sets conn_reuse_mode to $mode', ({ minor, kernel, mode }) => expect(reuse(minor, kernel)).toBe(mode));

  it('keeps ARP for the real owner of an address with strictARP alone', () => {
    const strict = n1({ minor: 31, settings: { strictArp: true } }).own;
    expect([strict.sysctlOf('net.ipv4.conf.all.arp_ignore'), strict.sysctlOf('net.ipv4.conf.all.arp_announce')]).toEqual(['1', '2']);
    expect(n1({ minor: 31 }).own.sysctlOf('net.ipv4.conf.all.arp_ignore')).toBeUndefined();
  });

  it.each([[20, '1'], [22, undefined]])('1.%d sets route_localnet to %s', (minor, value) => expect(n1({ minor }).own.sysctlOf('net.ipv4.conf.all.route_localnet')).toBe(value));
});

describe('virtual servers', () => {
  it('stand at each address of a service port, because of that port; real servers because of their pods', () => {
    const host = n1({ minor: 31, services: [service(balanced)] });
    expect(serversOf(host).filter((l) => l.startsWith('-A'))).toEqual(['-A -t 10.96.0.10:80 -s rr', '-A -t 172.16.0.1:80 -s rr', '-A -t 192.168.0.1:30080 -s rr', '-A -t 10.1.0.0:30080 -s rr']);
    expect(serversOf(host).slice(0, 3)).toEqual(['-A -t 10.96.0.10:80 -s rr', '-a -t 10.96.0.10:80 -r 10.1.0.5:8080 -m -w 1', '-a -t 10.96.0.10:80 -r 10.2.0.5:8080 -m -w 1']);
    expect(host.own.ipvs.print().reasons.slice(0, 3)).toEqual([{ ...because('Service', 'web'), part: 'port http' }, because('Pod', '10.1.0.5'), because('Pod', '10.2.0.5')]);
  });

  it.each`
    minor | scheduler | affinity     | protocol  | line
    ${25} | ${'mh'}   | ${undefined} | ${'TCP'}  | ${'-A -t 10.96.0.10:80 -s mh'}
    ${27} | ${'mh'}   | ${undefined} | ${'TCP'}  | ${'-A -t 10.96.0.10:80 -s mh -b mh-port'}
    ${27} | ${'mh'}   | ${600}       | ${'UDP'}  | ${'-A -u 10.96.0.10:80 -s mh -p 600 -b mh-port'}
    ${19} | ${'lc'}   | ${10_800}    | ${'SCTP'} | ${'-A --sctp-service 10.96.0.10:80 -s lc -p 10800'}
  `('1.$minor with $scheduler, affinity $affinity and $protocol: $line', ({ minor, scheduler, affinity, protocol, line }) => {
    const host = n1({ minor, settings: { scheduler }, services: [service({ affinitySec: affinity, ports: [{ name: 'http', protocol, port: 80, nodePort: undefined }] })] });
    expect(serversOf(host)[0]).toBe(line);
  });

  it.each`
    minor | settings                     | addresses                                       | because
    ${19} | ${[]}                        | ${['127.0.0.1', '192.168.0.1', '10.1.0.0']}     | ${'the sources of table local'}
    ${22} | ${[]}                        | ${['192.168.0.1', '10.1.0.0']}                  | ${'loopback is left out since 1.22'}
    ${31} | ${['0.0.0.0/0', '10.0.0.0/8']} | ${['192.168.0.1', '10.1.0.0']}                | ${'0.0.0.0/0 stands for all'}
    ${31} | ${['192.168.0.0/16']}        | ${['192.168.0.1']}                              | ${'a range'}
    ${31} | ${['primary']}               | ${['192.168.0.1']}                              | ${'the node’s first address'}
    ${20} | ${['127.0.0.0/8']}           | ${['127.0.0.1']}                                | ${'loopback may be asked for'}
    ${31} | ${['127.0.0.0/8']}           | ${[]}                                           | ${'and may not since 1.22'}
    ${31} | ${['10.0.0.0/8']}            | ${['10.96.0.10', '10.1.0.0']}                   | ${'a range also finds addresses of kube-ipvs0'}
  `('1.$minor with nodePortAddresses $settings: node ports at $addresses, $because', ({ minor, settings, addresses }) => {
    const host = n1({ minor, services: [service(nodePort)], settings: { nodePortAddresses: settings } });
    expect(serversOf(host).flatMap((l) => /^-A -t (\S+):30080 /.exec(l)?.[1] ?? [])).toEqual(addresses);
    expect(membersOf(host, 'KUBE-NODE-PORT-TCP')).toEqual(addresses.length === 0 ? [] : ['30080']);
  });

  it.each([
    [22, true],
    [23, false],
    [27, false],
    [31, true],
  ])('1.%d has node ports at a node address that is an external IP, too: %s', (minor, there) => {
    const host = n1({ minor, services: [service({ ...nodePort, externalIps: [ip('192.168.0.1')] })] });
    expect(serversOf(host).includes('-A -t 192.168.0.1:30080 -s rr')).toBe(there);
  });

  const remote = [endpoint('10.2.0.5', 'n2')];
  it.each`
    minor | changes                                                      | key                    | reals              | because
    ${23} | ${{ ...balanced, externalTrafficPolicy: 'Local' }}           | ${'-t 172.16.0.1:80'}  | ${[]}              | ${'none of this node'}
    ${24} | ${{ ...balanced, externalTrafficPolicy: 'Local' }}           | ${'-t 172.16.0.1:80'}  | ${['10.2.0.5']}    | ${'all stand in since 1.24'}
    ${24} | ${{ ...balanced, externalTrafficPolicy: 'Local' }}           | ${'-t 192.168.0.1:30080'} | ${['10.2.0.5']} | ${'also at node ports'}
    ${23} | ${{ ...balanced, externalTrafficPolicy: 'Local' }}           | ${'-t 10.96.0.10:80'}  | ${['10.2.0.5']}    | ${'the cluster IP does not heed externalTrafficPolicy'}
    ${20} | ${{ internalTrafficPolicy: 'Local' }}                        | ${'-t 10.96.0.10:80'}  | ${['10.2.0.5']}    | ${'no internalTrafficPolicy before 1.22'}
    ${22} | ${{ internalTrafficPolicy: 'Local' }}                        | ${'-t 10.96.0.10:80'}  | ${[]}              | ${'none of this node'}
    ${23} | ${{ ...balanced, internalTrafficPolicy: 'Local' }}           | ${'-t 172.16.0.1:80'}  | ${[]}              | ${'FilterEndpoints() leaves the local ones for every address'}
    ${31} | ${{ ...balanced, internalTrafficPolicy: 'Local' }}           | ${'-t 172.16.0.1:80'}  | ${['10.2.0.5']}    | ${'each address its own policy since 1.24'}
    ${31} | ${{ ...balanced, internalTrafficPolicy: 'Local' }}           | ${'-t 10.96.0.10:80'}  | ${['10.2.0.5']}    | ${'all stand in'}
    ${31} | ${{ internalTrafficPolicy: 'Local' }}                        | ${'-t 10.96.0.10:80'}  | ${[]}              | ${'a service without any other address has no list of all (UsesClusterEndpoints())'}
  `('1.$minor $key has $reals: $because', ({ minor, changes, key, reals }) => {
    const host = n1({ minor, services: [service(changes)], endpoints: remote });
    expect(serversOf(host).filter((l) => l.startsWith(`-a ${key} `))).toEqual((reals as readonly string[]).map((r) => `-a ${key} -r ${r}:8080 -m -w 1`));
    expect(serversOf(host).some((l) => l.startsWith(`-A ${key} `))).toBe(true);
  });

  it.each([
    [18, 'KUBE-EXTERNAL-IP', ['10.1.0.5', '10.2.0.5']],
    [19, 'KUBE-EXTERNAL-IP-LOCAL', ['10.1.0.5']],
  ])('1.%d puts an external IP with policy Local into %s and sends to %s', (minor, set, reals) => {
    const host = n1({ minor, services: [service({ ...nodePort, externalIps: [ip('203.0.113.9')], externalTrafficPolicy: 'Local' })] });
    expect(membersOf(host, set)).toEqual(['203.0.113.9,tcp:80']);
    expect(serversOf(host).filter((l) => l.startsWith('-a -t 203.0.113.9:80 '))).toEqual(reals.map((r) => `-a -t 203.0.113.9:80 -r ${r}:8080 -m -w 1`));
  });
});

describe('ipsets', () => {
  it.each([
    [20, 15],
    [22, 16],
    [25, 16],
    [27, 17],
  ])('1.%d makes %d of them, with and without members', (minor, count) => expect(setsOf(n1({ minor, services: [] }))).toHaveLength(count));

  it('holds what a load balancer with policy Local, source ranges and a health check port needs', () => {
    const host = n1({ minor: 31, services: [service({ ...balanced, externalTrafficPolicy: 'Local', healthCheckNodePort: 30999, sourceRanges: ['192.168.0.0/24', '10.9.9.9/32'] })] });
    expect(Object.fromEntries(setsOf(host).map((s) => [s, membersOf(host, s)]).filter(([, m]) => m?.length))).toEqual({
      'KUBE-LOOP-BACK': ['10.1.0.5,tcp:8080,10.1.0.5'],
      'KUBE-CLUSTER-IP': ['10.96.0.10,tcp:80'],
      'KUBE-LOAD-BALANCER': ['172.16.0.1,tcp:80'],
      'KUBE-LOAD-BALANCER-LOCAL': ['172.16.0.1,tcp:80'],
      'KUBE-LOAD-BALANCER-FW': ['172.16.0.1,tcp:80'],
      'KUBE-LOAD-BALANCER-SOURCE-CIDR': ['172.16.0.1,tcp:80,192.168.0.0/24', '172.16.0.1,tcp:80,10.9.9.9'],
      'KUBE-LOAD-BALANCER-SOURCE-IP': ['172.16.0.1,tcp:80,172.16.0.1'],
      'KUBE-NODE-PORT-TCP': ['30080'],
      'KUBE-NODE-PORT-LOCAL-TCP': ['30080'],
      'KUBE-HEALTH-CHECK-NODE-PORT': ['30999'],
      'KUBE-IPVS-IPS': ['10.96.0.10', '172.16.0.1'],
    });
  });

  it('lists SCTP node ports by address, for the set is no bitmap', () => {
    const host = n1({ minor: 31, services: [service({ type: 'NodePort', externalTrafficPolicy: 'Local', ports: [{ name: 'http', protocol: 'SCTP', port: 80, nodePort: 30080 }] })] });
    expect(membersOf(host, 'KUBE-NODE-PORT-SCTP-HASH')).toEqual(['192.168.0.1,sctp:30080', '10.1.0.0,sctp:30080']);
    expect(membersOf(host, 'KUBE-NODE-PORT-LOCAL-SCTP-HASH')).toEqual(['192.168.0.1,sctp:30080', '10.1.0.0,sctp:30080']);
  });

  it.each([
    [20, []],
    [22, ['10.1.0.5,tcp:8080,10.1.0.5']],
  ])('1.%d solves the hairpin of an endpoint that is not ready: %s', (minor, members) => {
    expect(membersOf(n1({ minor, endpoints: [endpoint('10.1.0.5', 'n1', { ready: false, serving: false })] }), 'KUBE-LOOP-BACK')).toEqual(members);
  });
});

describe('rules', () => {
  const rules = (host: HostDraft, table: 'nat' | 'filter', chain: string): readonly string[] => host.own.firewall.rules(table, chain).map((r) => r.replace(/-m comment --comment "[^"]*" /, ''));
  const ranged = service({ ...balanced, sourceRanges: ['203.0.113.0/24'] });

  it('drops who is in no source range: up to 1.24 by kubelet’s mark', () => {
    const host = n1({ minor: 24, services: [ranged] });
    expect(rules(host, 'nat', 'KUBE-LOAD-BALANCER')).toEqual(['-m set --match-set KUBE-LOAD-BALANCER-FW dst,dst -j KUBE-FIREWALL', '-j KUBE-MARK-MASQ']);
    expect(rules(host, 'nat', 'KUBE-FIREWALL')).toEqual(['-m set --match-set KUBE-LOAD-BALANCER-SOURCE-CIDR dst,dst,src -j RETURN', '-j KUBE-MARK-DROP']);
    expect(host.own.firewall.has('filter', 'KUBE-PROXY-FIREWALL')).toBe(false);
  });

  it('drops who is in no source range: since 1.25 in filter, and since 1.29 the node itself', () => {
    const host = n1({ minor: 31, services: [ranged] });
    expect(rules(host, 'filter', 'KUBE-PROXY-FIREWALL')).toEqual(['-m set --match-set KUBE-LOAD-BALANCER-FW dst,dst -j KUBE-SOURCE-RANGES-FIREWALL']);
    expect(rules(host, 'filter', 'KUBE-SOURCE-RANGES-FIREWALL')).toEqual(['-m set --match-set KUBE-LOAD-BALANCER-SOURCE-CIDR dst,dst,src -j RETURN', '-j DROP']);
    expect(rules(host, 'filter', 'KUBE-IPVS-OUT-FILTER')).toEqual(['-s 172.16.0.1/32 -m ipvs --vproto 6 --vaddr 172.16.0.1 --vport 80 -j DROP']);
    expect(host.own.firewall.has('nat', 'KUBE-FIREWALL')).toBe(false);
  });

  it('puts its jumps in front, the last of the list first', () => {
    const host = n1({ minor: 31 });
    expect(rules(host, 'filter', 'INPUT')).toEqual(['-j KUBE-IPVS-FILTER', '-j KUBE-PROXY-FIREWALL', '-j KUBE-NODE-PORT']);
    expect(rules(host, 'filter', 'FORWARD')).toEqual(['-j KUBE-PROXY-FIREWALL', '-j KUBE-FORWARD']);
    expect(rules(host, 'filter', 'OUTPUT')).toEqual(['-j KUBE-IPVS-OUT-FILTER']);
  });

  it.each`
    settings                                              | rule
    ${{ ...CLUSTER_CIDR }}                                | ${'! -s 10.0.0.0/14 -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ'}
    ${{ ...CLUSTER_CIDR, masqueradeAll: true }}           | ${'-m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ'}
    ${{ detectLocal: { kind: 'node-cidr' } }}             | ${'! -s 10.1.0.0/24 -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ'}
    ${{ detectLocal: { kind: 'prefix', prefix: 'cali' } }} | ${'! -i cali+ -m set --match-set KUBE-CLUSTER-IP dst,dst -j KUBE-MARK-MASQ'}
    ${{}}                                                 | ${'-m set --match-set KUBE-CLUSTER-IP src,dst -j KUBE-MARK-MASQ'}
  `('marks packets to cluster IPs: $rule', ({ settings, rule }) => expect(rules(n1({ minor: 20, settings }), 'nat', 'KUBE-SERVICES')[0]).toBe(rule));

  it('marks SCTP node ports with policy Local up to 1.22, for their rules stand the other way round', () => {
    const services = [service({ type: 'NodePort', externalTrafficPolicy: 'Local', ports: [{ name: 'http', protocol: 'SCTP', port: 80, nodePort: 30080 }] })];
    const local = '-p sctp -m set --match-set KUBE-NODE-PORT-LOCAL-SCTP-HASH dst,dst -j RETURN';
    const mark = '-p sctp -m set --match-set KUBE-NODE-PORT-SCTP-HASH dst,dst -j KUBE-MARK-MASQ';
    expect(rules(n1({ minor: 22, services }), 'nat', 'KUBE-NODE-PORT')).toEqual([mark, local]);
    expect(rules(n1({ minor: 23, services }), 'nat', 'KUBE-NODE-PORT')).toEqual([local, mark]);
  });

  it('escapes the quotes in its comments as iptables-save does', () => {
    const services = [service({ type: 'NodePort', ports: [{ name: 'http', protocol: 'SCTP', port: 80, nodePort: 30080 }] })];
    expect(n1({ minor: 31, services }).own.firewall.rules('nat', 'KUBE-NODE-PORT')).toEqual([
      String.raw`-p sctp -m comment --comment "Kubernetes nodeport SCTP port for masquerade purpose with type \'hash ip:port\'" -m set --match-set KUBE-NODE-PORT-SCTP-HASH dst,dst -j KUBE-MARK-MASQ`,
    ]);
  });

  it.each([
    [25, undefined],
    [27, ['KUBE-LOAD-BALANCER dst,dst', 'KUBE-CLUSTER-IP dst,dst', 'KUBE-EXTERNAL-IP dst,dst']],
    [31, ['KUBE-LOAD-BALANCER dst,dst', 'KUBE-CLUSTER-IP dst,dst', 'KUBE-EXTERNAL-IP dst,dst', 'KUBE-EXTERNAL-IP-LOCAL dst,dst', 'KUBE-HEALTH-CHECK-NODE-PORT dst']],
  ])('1.%d lets through KUBE-IPVS-FILTER %s', (minor, through) => {
    const host = n1({ minor });
    expect(host.own.firewall.has('filter', 'KUBE-IPVS-FILTER')).toBe(through !== undefined);
    const refused = '-m conntrack --ctstate NEW -m set --match-set KUBE-IPVS-IPS dst -j REJECT --reject-with icmp-port-unreachable';
    expect(rules(host, 'filter', 'KUBE-IPVS-FILTER')).toEqual(through ? [...through.map((set) => `-m set --match-set ${set} -j RETURN`), refused] : []);
  });

  it('takes another bit for its mark', () => {
    const host = n1({ minor: 31, settings: { masqueradeBit: 10 } });
    expect(rules(host, 'nat', 'KUBE-MARK-MASQ')).toEqual(['-j MARK --set-xmark 0x400/0x400']);
    expect(rules(host, 'nat', 'KUBE-POSTROUTING').slice(-3)).toEqual(['-m mark ! --mark 0x400/0x400 -j RETURN', '-j MARK --set-xmark 0x400/0x0', '-j MASQUERADE --random-fully']);
  });
});
