import { describe, expect, it } from 'vitest';
import type { KubeProxySettings } from '../../objects/kubeProxyConfig.ts';
import { endpoint, service } from '../models.fixture.ts';
import { READ_MINORS } from '../version.ts';
import { CIDR, HASH, SEP1, type Services, comment, compiled, named, rules } from './compiled.fixture.ts';

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

  it.each([[0, '0x1'], [31, '0x80000000']])('take bit %d for the mark: %s', (masqueradeBit, mark) => {
    const host = compiled(31, [], { ...CIDR, masqueradeBit });
    expect(rules(host, 'nat', 'KUBE-MARK-MASQ')).toEqual([`-j MARK --set-xmark ${mark}/${mark}`]);
    expect(rules(host, 'nat', 'KUBE-POSTROUTING').slice(0, 2)).toEqual([`-m mark ! --mark ${mark}/${mark} -j RETURN`, `-j MARK --set-xmark ${mark}/0x0`]);
    expect(rules(host, 'filter', 'KUBE-FORWARD')[1]).toBe(`${comment('kubernetes forwarding rules')} -m mark --mark ${mark}/${mark} -j ACCEPT`);
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

  it.each([[22, false], [24, false], [27, true]])('1.%d has rules for them without an address that they are for: %s', (minor, has) => {
    const away = { nodePortAddresses: ['172.16.0.0/12'] };
    const ported = service('svc1', { clusterIp: '172.30.0.41', type: 'NodePort', ports: [{ name: 'p80', protocol: 'TCP', port: 80, nodePort: 30001 }] });
    expect(rules(compiled(minor, [[ported, [endpoint('10.180.0.1@n1')]]], away), 'nat', 'KUBE-NODEPORTS').length > 0).toBe(has);
    expect(rules(compiled(minor, [[ported, []]], away), 'filter', 'KUBE-EXTERNAL-SERVICES').length > 0).toBe(has);
  });

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
