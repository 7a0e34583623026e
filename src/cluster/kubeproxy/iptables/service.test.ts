import { describe, expect, it } from 'vitest';
import type { ServiceModel } from '../../model.ts';
import type { KubeProxySettings } from '../../objects/kubeProxyConfig.ts';
import { endpoint, service } from '../models.fixture.ts';
import { CIDR, HASH, SEP1, comment, compiled, named, port, rules } from './compiled.fixture.ts';

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
