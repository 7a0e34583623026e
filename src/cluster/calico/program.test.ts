import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../dumps/diagnostic.ts';
import { calicoObject, namespaceOf, nodeAt } from '../../testing/calico.ts';
import { clusterOf, podOf, runOn } from '../../testing/cluster.ts';
import { HostDraft } from '../draft/host.ts';
import type { ClusterModel, PodModel } from '../model.ts';
import type { KubeDocument } from '../objects/document.ts';
import { calicoOf } from './calico.ts';

interface Options {
  readonly version?: string;
  readonly pool?: object;
  readonly felix?: object;
  readonly pods?: readonly PodModel[];
  readonly documents?: readonly KubeDocument[];
  readonly ipvs?: boolean;
  readonly kernel?: { readonly major: number; readonly minor: number };
}

const PODS = [podOf('ping-test-rfwx9', 'n1', '10.244.0.5'), podOf('far', 'n2', '10.244.0.70')];

/** The rules and sets of the node n1. */
function programmed({ version = 'v3.20.6', pool = { ipipMode: 'Always' }, felix = {}, pods = PODS, documents = [], ipvs = false, kernel }: Options = {}): HostDraft {
  const model: ClusterModel = clusterOf({
    nodes: [nodeAt('n1', '10.0.0.1/24', { kernelVersion: kernel }), nodeAt('n2', '10.0.0.2/24')],
    namespaces: [namespaceOf('default')],
    pods,
    documents: [calicoObject('IPPool', 'p', { cidr: '10.244.0.0/16', natOutgoing: true, ...pool }), calicoObject('ClusterInformation', 'default', { calicoVersion: version }), calicoObject('FelixConfiguration', 'default', felix), ...documents],
  });
  const host = new HostDraft('n1');
  if (ipvs) host.own.device({ name: 'kube-ipvs0', kind: 'dummy', mtu: 1500, mac: '02:00:00:00:00:02', up: false, addresses: [{ address: '10.96.0.1/32' }] });
  return runOn(calicoOf(model, new DiagnosticList()), model, 'n1', new DiagnosticList(), host);
}

/** A chain's rules without Felix's hashes. */
const rules = (host: HostDraft, table: 'raw' | 'mangle' | 'nat' | 'filter', chain: string): readonly string[] => host.own.firewall.rules(table, chain).map((r) => r.replace(/ ?-m comment --comment "cali:[\w-]{16}"/, '').trim());
const hashes = (host: HostDraft, table: 'raw' | 'mangle' | 'nat' | 'filter', chain: string): readonly string[] => host.own.firewall.rules(table, chain).map((r) => /cali:([\w-]{16})/.exec(r)?.[1] ?? '');
const set = (host: HostDraft, name: string): readonly string[] => host.own.sets.print().text.split('\n').filter((l) => l.startsWith(`add ${name} `)).map((l) => l.slice(`add ${name} `.length));

const C = (text: string): string => `-m comment --comment "${text}"`;
const HEPOK = `${C('Host endpoint policy accepted packet.')} -m mark --mark 0x10000/0x10000`;
const DEV = 'cali7fc97bab38b';

describe('table raw', () => {
  it.each`
    version      | pool                       | expected
    ${'v3.16.5'} | ${{ ipipMode: 'Always' }}  | ${['-j MARK --set-xmark 0x0/0xf0000', '-i cali+ -j MARK --set-xmark 0x40000/0x40000', '-m mark --mark 0x40000/0x40000 -m rpfilter --invert -j DROP', '-m mark --mark 0x0/0x40000 -j cali-from-host-endpoint', '-m mark --mark 0x10000/0x10000 -j ACCEPT']}
    ${'v3.23.5'} | ${{ ipipMode: 'Always' }}  | ${['-j MARK --set-xmark 0x0/0xf0000', '-i cali+ -j MARK --set-xmark 0x40000/0x40000', '-m mark --mark 0x40000/0x40000 -j cali-rpf-skip', '-m mark --mark 0x40000/0x40000 -m rpfilter --validmark --invert -j DROP', '-m mark --mark 0x0/0x40000 -j cali-from-host-endpoint', '-m mark --mark 0x10000/0x10000 -j ACCEPT']}
    ${'v3.29.2'} | ${{ vxlanMode: 'Always' }} | ${['-j MARK --set-xmark 0x0/0xf0000', '-p udp -m udp --dport 4789 -j CT --notrack', '-i cali+ -j MARK --set-xmark 0x40000/0x40000', '-m mark --mark 0x40000/0x40000 -j cali-rpf-skip', '-m mark --mark 0x40000/0x40000 -m rpfilter --validmark --invert -j DROP', '-m mark --mark 0x0/0x40000 -j cali-from-host-endpoint', '-m mark --mark 0x10000/0x10000 -j ACCEPT']}
    ${'v3.32.0'} | ${{ ipipMode: 'Always' }}  | ${['-j MARK --set-xmark 0x0/0x1b0000', '-i cali+ -j MARK --set-xmark 0x80000/0x80000', '-m mark --mark 0x80000/0x80000 -j cali-rpf-skip', '-m mark --mark 0x80000/0x80000 -m rpfilter --validmark --invert -j DROP', '-m mark --mark 0x0/0x80000 -j cali-from-host-endpoint', '-m mark --mark 0x10000/0x10000 -j ACCEPT']}
  `('cali-PREROUTING of $version with $pool', ({ version, pool, expected }) => expect(rules(programmed({ version: version as string, pool: pool as object }), 'raw', 'cali-PREROUTING')).toEqual(expected));

  it('lets a pod send from prefixes that its annotation allows', () => {
    const pods = [podOf('ping-test-rfwx9', 'n1', '10.244.0.5', { annotations: { 'cni.projectcalico.org/allowedSourcePrefixes': '["10.9.0.0/16"]' } })];
    expect(rules(programmed({ version: 'v3.23.5', pods }), 'raw', 'cali-rpf-skip')).toEqual([`-s 10.9.0.0/16 -i ${DEV} -j ACCEPT`]);
  });
});

describe('table mangle', () => {
  it('has no POSTROUTING before 3.18', () => {
    expect(programmed({ version: 'v3.17.6' }).own.firewall.rules('mangle', 'POSTROUTING')).toEqual([]);
    expect(rules(programmed(), 'mangle', 'POSTROUTING')).toEqual(['-j cali-POSTROUTING']);
  });

  it.each`
    version      | ipvs     | expected
    ${'v3.20.6'} | ${false} | ${['-m mark --mark 0x10000/0x10000 -j RETURN', '-j MARK --set-xmark 0x0/0xf0000', '-m conntrack --ctstate DNAT -j cali-to-host-endpoint', `${HEPOK} -j RETURN`]}
    ${'v3.20.6'} | ${true}  | ${['-m mark --mark 0x10000/0x10000 -j RETURN', '-m mark ! --mark 0x0/0xfff00000 -j RETURN', '-j MARK --set-xmark 0x0/0xf0000', '-m conntrack --ctstate DNAT -j cali-to-host-endpoint', `${HEPOK} -j RETURN`]}
    ${'v3.31.2'} | ${false} | ${[`${C('set dscp for traffic leaving cluster.')} -m set --match-set cali40dscp-src-net src -m set ! --match-set cali40all-ipam-pools dst -m set ! --match-set cali40this-host dst -j cali-egress-dscp`, '-m mark --mark 0x10000/0x10000 -j RETURN', '-j MARK --set-xmark 0x0/0x1b0000', '-m conntrack --ctstate DNAT -j cali-to-host-endpoint', `${HEPOK} -j RETURN`]}
  `('cali-POSTROUTING of $version (IPVS: $ipvs)', ({ version, ipvs, expected }) => expect(rules(programmed({ version: version as string, ipvs: ipvs as boolean }), 'mangle', 'cali-POSTROUTING')).toEqual(expected));

  it('leaves early for known connections', () => {
    expect(rules(programmed(), 'mangle', 'cali-PREROUTING')).toEqual(['-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT', '-m mark --mark 0x10000/0x10000 -j ACCEPT', '-j cali-from-host-endpoint', `${HEPOK} -j ACCEPT`]);
  });
});

describe('table nat', () => {
  const local = '-m addrtype ! --src-type LOCAL --limit-iface-out -m addrtype --src-type LOCAL';
  const leaving = '-m set --match-set cali40masq-ipam-pools src -m set ! --match-set cali40all-ipam-pools dst';
  it('translates what the node sends into a tunnel from another of its addresses', () => {
    expect(rules(programmed(), 'nat', 'cali-POSTROUTING')).toEqual(['-j cali-fip-snat', '-j cali-nat-outgoing', `-o tunl0 ${local} -j MASQUERADE --random-fully`]);
    expect(rules(programmed({ pool: { vxlanMode: 'Always' } }), 'nat', 'cali-POSTROUTING').at(-1)).toBe(`-o vxlan.calico ${local} -j MASQUERADE --random-fully`);
    expect(rules(programmed({ pool: {} }), 'nat', 'cali-POSTROUTING')).toEqual(['-j cali-fip-snat', '-j cali-nat-outgoing']);
  });

  it.each`
    felix                                                              | expected
    ${{}}                                                              | ${[`${leaving} -j MASQUERADE --random-fully`]}
    ${{ natOutgoingAddress: '192.0.2.1' }}                             | ${[`${leaving} -j SNAT --to-source 192.0.2.1 --random-fully`]}
    ${{ natPortRange: '1024:2048' }}                                   | ${[`-p tcp ${leaving} -j MASQUERADE --to-ports 1024-2048 --random-fully`, `-p tcp ${leaving} -j RETURN`, `-p udp ${leaving} -j MASQUERADE --to-ports 1024-2048 --random-fully`, `-p udp ${leaving} -j RETURN`, `${leaving} -j MASQUERADE --random-fully`]}
  `('natOutgoing with $felix', ({ felix, expected }) => expect(rules(programmed({ felix: felix as object }), 'nat', 'cali-nat-outgoing')).toEqual(expected));

  it('spares other nodes when told so, from 3.31 on', () => {
    const felix = { natOutgoingExclusions: 'IPPoolsAndHostIPs' };
    expect(rules(programmed({ felix, version: 'v3.31.2' }), 'nat', 'cali-nat-outgoing')).toEqual([`${leaving} -m set ! --match-set cali40all-hosts-net dst -j MASQUERADE --random-fully`]);
    expect(rules(programmed({ felix }), 'nat', 'cali-nat-outgoing')).toEqual([`${leaving} -j MASQUERADE --random-fully`]);
  });

  it('is empty without natOutgoing, and without --random-fully on old kernels', () => {
    expect(rules(programmed({ pool: { natOutgoing: false } }), 'nat', 'cali-nat-outgoing')).toEqual([]);
    expect(rules(programmed({ kernel: { major: 3, minor: 10 } }), 'nat', 'cali-nat-outgoing')).toEqual([`${leaving} -j MASQUERADE`]);
  });
});

describe('cali-INPUT and cali-OUTPUT', () => {
  const ipip = [
    `-p ipencap ${C('Allow IPIP packets from Calico hosts')} -m set --match-set cali40all-hosts-net src -m addrtype --dst-type LOCAL -j ACCEPT`,
    `-p ipencap ${C('Drop IPIP packets from non-Calico hosts')} -j DROP`,
  ];
  const vxlan = (what: string, hosts: string): readonly string[] => [
    `-p udp ${C(`Allow ${what} from ${hosts} hosts`)} -m multiport --dports 4789 -m set --match-set cali40all-vxlan-net src -m addrtype --dst-type LOCAL -j ACCEPT`,
    `-p udp ${C(`Drop ${what} from non-${hosts} hosts`)} -m multiport --dports 4789 -m addrtype --dst-type LOCAL -j DROP`,
  ];
  const rest = ['-i cali+ -g cali-wl-to-host', '-m mark --mark 0x10000/0x10000 -j ACCEPT', '-j MARK --set-xmark 0x0/0xf0000', '-j cali-from-host-endpoint', `${HEPOK} -j ACCEPT`];
  it.each`
    version      | pool                       | ipvs     | expected
    ${'v3.20.6'} | ${{}}                      | ${false} | ${rest}
    ${'v3.20.6'} | ${{ ipipMode: 'Always' }}  | ${false} | ${[...ipip, ...rest]}
    ${'v3.20.6'} | ${{ vxlanMode: 'Always' }} | ${false} | ${[...vxlan('VXLAN packets', 'whitelisted'), ...rest]}
    ${'v3.24.5'} | ${{ vxlanMode: 'Always' }} | ${false} | ${[...vxlan('IPv4 VXLAN packets', 'whitelisted'), ...rest]}
    ${'v3.25.2'} | ${{ vxlanMode: 'Always' }} | ${false} | ${[...vxlan('IPv4 VXLAN packets', 'allowed'), ...rest]}
    ${'v3.20.6'} | ${{ ipipMode: 'Always' }}  | ${true}  | ${[...ipip, '-j MARK --set-xmark 0x0/0xfff00000', '-j cali-forward-check', '-m mark ! --mark 0x0/0xfff00000 -j RETURN', ...rest]}
  `('cali-INPUT of $version with $pool (IPVS: $ipvs)', ({ version, pool, ipvs, expected }) => expect(rules(programmed({ version: version as string, pool: pool as object, ipvs: ipvs as boolean }), 'filter', 'cali-INPUT')).toEqual(expected));

  it.each`
    version      | match
    ${'v3.16.5'} | ${'-j cali-to-host-endpoint'}
    ${'v3.20.6'} | ${'-m conntrack ! --ctstate DNAT -j cali-to-host-endpoint'}
  `('cali-OUTPUT of $version', ({ version, match }) => {
    expect(rules(programmed({ version: version as string }), 'filter', 'cali-OUTPUT')).toEqual([
      '-m mark --mark 0x10000/0x10000 -j ACCEPT', '-o cali+ -j RETURN',
      `-p ipencap ${C('Allow IPIP packets to other Calico hosts')} -m set --match-set cali40all-hosts-net dst -m addrtype --src-type LOCAL -j ACCEPT`,
      '-j MARK --set-xmark 0x0/0xf0000', match as string, `${HEPOK} -j ACCEPT`,
    ]);
  });

  it.each`
    felix                                        | last
    ${{}}                                        | ${'ACCEPT'}
    ${{ defaultEndpointToHostAction: 'Return' }} | ${'RETURN'}
    ${{ defaultEndpointToHostAction: 'Drop' }}   | ${'DROP'}
  `('a pod that speaks to its node meets $last by $felix', ({ felix, last }) =>
    expect(rules(programmed({ felix: felix as object }), 'filter', 'cali-wl-to-host')).toEqual(['-j cali-from-wl-dispatch', `${C('Configured DefaultEndpointToHostAction')} -j ${last as string}`]));

  it('takes the action from the DaemonSet before the FelixConfiguration', () => {
    const container = { name: 'calico-node', image: 'quay.io/calico/node:v3.20.6', env: [{ name: 'FELIX_DEFAULTENDPOINTTOHOSTACTION', value: 'RETURN' }] };
    const documents = [{ ...calicoObject('DaemonSet', 'calico-node', {}, 'kube-system'), apiVersion: 'apps/v1', value: { spec: { template: { spec: { containers: [container] } } } } }];
    expect(rules(programmed({ felix: { defaultEndpointToHostAction: 'Drop' }, documents }), 'filter', 'cali-wl-to-host').at(-1)).toContain('-j RETURN');
  });
});

describe('FORWARD', () => {
  const accepted = `${C('Policy explicitly accepted packet.')} -m mark --mark 0x10000/0x10000 -j ACCEPT`;
  it.each`
    version      | ends
    ${'v3.16.5'} | ${[accepted]}
    ${'v3.20.6'} | ${[accepted, '-j MARK --set-xmark 0x10000/0x10000']}
  `('of $version begins with Felix and ends with what it accepts', ({ version, ends }) => {
    const host = programmed({ version: version as string });
    expect(rules(host, 'filter', 'FORWARD')).toEqual(['-j cali-FORWARD', ...(ends as string[])]);
  });

  it('stands behind everybody else with chainInsertMode Append', () => {
    const host = new HostDraft('n1');
    host.own.firewall.append('filter', 'INPUT', '-j KUBE-FIREWALL');
    const model = clusterOf({ nodes: [nodeAt('n1', '10.0.0.1/24')], documents: [calicoObject('FelixConfiguration', 'default', { chainInsertMode: 'Append' })] });
    runOn(calicoOf(model, new DiagnosticList()), model, 'n1', new DiagnosticList(), host);
    expect(rules(host, 'filter', 'INPUT')).toEqual(['-j KUBE-FIREWALL', '-j cali-INPUT']);
  });

  it('keeps packets for services without an address from going in circles, from 3.17 on', () => {
    const documents = [calicoObject('BGPConfiguration', 'default', { serviceClusterIPs: [{ cidr: '10.96.0.0/12' }], serviceLoadBalancerIPs: [{ cidr: '10.10.0.0/24' }] })];
    expect(rules(programmed({ documents }), 'filter', 'cali-cidr-block')).toEqual(['-d 10.10.0.0/24 -j DROP', '-d 10.96.0.0/12 -j DROP']);
    expect(rules(programmed({ documents, felix: { serviceLoopPrevention: 'Reject' } }), 'filter', 'cali-cidr-block')[0]).toBe('-d 10.10.0.0/24 -j REJECT --reject-with icmp-port-unreachable');
    expect(programmed({ documents, version: 'v3.16.5' }).own.firewall.has('filter', 'cali-cidr-block')).toBe(false);
  });
});

// These chains are the same in every cluster with IPIP and without host endpoints, so their hashes stand in public dumps.
describe('hashes of public dumps', () => {
  it.each`
    table       | chain                 | expected
    ${'filter'} | ${'cali-FORWARD'}     | ${['vjrMJCRpqwy5oRoX', 'A_sPAO0mcxbT9mOV', '8ZoYfO5HKXWbB3pk', 'jdEuaPBe14V2hutn', '12bc6HljsMKsmfr-', 'NOSxoaGx8OIstr1z']}
    ${'filter'} | ${'cali-INPUT'}       | ${['PajejrV4aFdkZojI', '_wjq-Yrma8Ly1Svo', '8TZGxLWh_Eiz66wc', '6McIeIDvPdL6PE1T', 'YGPbrUms7NId8xVa', '2gmY7Bg2i0i84Wk_', 'q-Vz2ZT9iGE331LL']}
    ${'filter'} | ${'cali-wl-to-host'}  | ${['Ee9Sbo10IpVujdIY', 'nSZbcOoG1xPONxb8']}
    ${'nat'}    | ${'cali-PREROUTING'}  | ${['r6XmIziWUJsdOK6Z']}
    ${'nat'}    | ${'cali-POSTROUTING'} | ${['Z-c7XtVd2Bq7s_hA', 'nYKhEzDlr11Jccal', 'SXWvdsbh4Mw7wOln']}
    ${'nat'}    | ${'cali-nat-outgoing'} | ${['flqWnvo8yq4ULQLa']}
    ${'mangle'} | ${'cali-PREROUTING'}  | ${['6BJqBjBC7crtA-7-', 'KX7AGNd6rMcDUai6', 'wNH7KsA3ILKJBsY9', 'Cg96MgVuoPm7UMRo']}
  `('of $table $chain', ({ table, chain, expected }) => expect(hashes(programmed(), table as 'filter', chain as string)).toEqual(expected));

  it('of the beginnings of cali-OUTPUT, raw PREROUTING and, since 3.22, a profile', () => {
    expect(hashes(programmed({ version: 'v3.24.5' }), 'filter', 'cali-pri-kns.default')[0]).toBe('WMSw8BmYOknRHfsz');
    expect(hashes(programmed(), 'filter', 'cali-OUTPUT').slice(0, 3)).toEqual(['Mq1_rAdXXH3YkrzW', '69FkRTJDvD5Vu6Vl', 'AnEsmO6bDZbQntWW']);
    expect(hashes(programmed(), 'raw', 'cali-PREROUTING').slice(0, 2)).toEqual(['XFX5xbM8B9qR10JG', 'EWMPb0zVROM-woQp']);
  });
});

describe('chains of a pod', () => {
  const three = ['ping-test-rfwx9', 'a', 'i'].map((name, i) => podOf(name, 'n1', `10.244.0.${10 + i}`));

  it('dispatch by the first character in which interfaces differ', () => {
    const host = programmed({ pods: three });
    const unknown = `${C('Unknown interface')} -j DROP`;
    expect(rules(host, 'filter', 'cali-from-wl-dispatch')).toEqual([`-i ${DEV} -g cali-fw-${DEV}`, '-i calia+ -g cali-from-wl-dispatch-a', unknown]);
    expect(rules(host, 'filter', 'cali-from-wl-dispatch-a')).toEqual(['-i calia2da7161673 -g cali-fw-calia2da7161673', '-i caliacd53aa4120 -g cali-fw-caliacd53aa4120', unknown]);
    expect(rules(host, 'filter', 'cali-to-wl-dispatch')).toEqual([`-o ${DEV} -g cali-tw-${DEV}`, '-o calia+ -g cali-to-wl-dispatch-a', unknown]);
  });

  it.each`
    version      | child
    ${'v3.20.6'} | ${'cali-set-endpoint-mark-a'}
    ${'v3.30.2'} | ${'cali-set-endpoint-mark-wep-a'}
  `('mark endpoints in $child in $version, without an end', ({ version, child }) => {
    const host = programmed({ pods: three, ipvs: true, version: version as string });
    expect(rules(host, 'filter', 'cali-set-endpoint-mark')[1]).toBe(`-i calia+ -g ${child as string}`);
    expect(rules(host, 'filter', child as string)).toEqual(['-i calia2da7161673 -g cali-sm-calia2da7161673', '-i caliacd53aa4120 -g cali-sm-caliacd53aa4120']);
  });

  it.each`
    version      | clear
    ${'v3.20.6'} | ${'0x0/0x10000'}
    ${'v3.28.2'} | ${'0x0/0x30000'}
  `('cali-fw of $version without any policy', ({ version, clear }) => {
    expect(rules(programmed({ version: version as string }), 'filter', `cali-fw-${DEV}`)).toEqual([
      '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT', '-m conntrack --ctstate INVALID -j DROP', `-j MARK --set-xmark ${clear as string}`,
      `-p udp ${C('Drop VXLAN encapped packets originating in workloads')} -m multiport --dports 4789 -j DROP`,
      `-p ipencap ${C('Drop IPinIP encapped packets originating in workloads')} -j DROP`,
      '-j cali-pro-kns.default', `${C('Return if profile accepted')} -m mark --mark 0x10000/0x10000 -j RETURN`,
      '-j cali-pro-ksa.default.default', `${C('Return if profile accepted')} -m mark --mark 0x10000/0x10000 -j RETURN`,
      `${C('Drop if no profiles matched')} -j DROP`,
    ]);
  });

  it.each`
    version      | chain                              | expected
    ${'v3.20.6'} | ${'cali-pri-kns.default'}          | ${['-j MARK --set-xmark 0x10000/0x10000', '-m mark --mark 0x10000/0x10000 -j RETURN']}
    ${'v3.22.5'} | ${'cali-pri-kns.default'}          | ${[`${C('Profile kns.default ingress')} -j MARK --set-xmark 0x10000/0x10000`, '-m mark --mark 0x10000/0x10000 -j RETURN']}
    ${'v3.28.2'} | ${'cali-pri-kns.default'}          | ${[`${C('Profile kns.default ingress')} -j MARK --set-xmark 0x10000/0x10000`]}
    ${'v3.20.6'} | ${'cali-pri-ksa.default.default'}  | ${[]}
    ${'v3.22.5'} | ${'cali-pro-ksa.default.default'}  | ${[C('Profile ksa.default.default egress')]}
  `('$chain of $version', ({ version, chain, expected }) => expect(rules(programmed({ version: version as string }), 'filter', chain as string)).toEqual(expected));
});

describe('IPVS', () => {
  it('tells what only passes INPUT and polices it in OUTPUT', () => {
    const host = programmed({ ipvs: true });
    expect(rules(host, 'filter', 'cali-forward-check')).toEqual([
      '-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN',
      `-p tcp ${C('To kubernetes NodePort service')} -m multiport --dports 30000:32767 -m set --match-set cali40this-host dst -g cali-set-endpoint-mark`,
      `-p udp ${C('To kubernetes NodePort service')} -m multiport --dports 30000:32767 -m set --match-set cali40this-host dst -g cali-set-endpoint-mark`,
      `${C('To kubernetes service')} -m set ! --match-set cali40this-host dst -j cali-set-endpoint-mark`,
    ]);
    expect(rules(host, 'filter', 'cali-set-endpoint-mark')).toEqual([`-i ${DEV} -g cali-sm-${DEV}`, `-i cali+ ${C('Unknown endpoint')} -j DROP`, `${C('Non-Cali endpoint mark')} -j MARK --set-xmark 0x100000/0xfff00000`]);
    expect(rules(host, 'filter', 'cali-forward-endpoint-mark')).toEqual([
      '-m mark ! --mark 0x100000/0xfff00000 -j cali-from-endpoint-mark', '-o cali+ -j cali-to-wl-dispatch', '-j cali-to-hep-forward', '-j MARK --set-xmark 0x0/0xfff00000',
      `${C('Policy explicitly accepted packet.')} -m mark --mark 0x10000/0x10000 -j ACCEPT`,
    ]);
    const mark = rules(host, 'filter', `cali-sm-${DEV}`)[0]?.replace('-j MARK --set-xmark ', '') ?? '';
    expect(rules(host, 'filter', 'cali-from-endpoint-mark')).toEqual([`-m mark --mark ${mark} -g cali-fw-${DEV}`, `${C('Unknown interface')} -j DROP`]);
    expect(rules(host, 'filter', 'cali-OUTPUT')[1]).toBe('-m mark ! --mark 0x0/0xfff00000 -g cali-forward-endpoint-mark');
  });
});

describe('sets', () => {
  it('hold pools, nodes and the host’s own addresses', () => {
    const host = programmed({ ipvs: true, felix: { externalNodesList: ['192.0.2.0/24', '192.0.2.9'] }, documents: [calicoObject('IPPool', 'q', { cidr: '10.99.0.0/24' })] });
    expect(host.own.sets.print().text).toContain('create cali40all-ipam-pools hash:net family inet hashsize 1024 maxelem 1048576\n');
    expect([set(host, 'cali40all-ipam-pools'), set(host, 'cali40masq-ipam-pools')]).toEqual([['10.244.0.0/16', '10.99.0.0/24'], ['10.244.0.0/16']]);
    expect(set(host, 'cali40all-hosts-net')).toEqual(['10.0.0.1', '10.0.0.2', '192.0.2.0/24', '192.0.2.9']);
    expect(set(host, 'cali40this-host')).toEqual(['127.0.0.0', '127.0.0.1', '10.0.0.1', '10.244.0.0']);
  });

  it('name the other ends of VXLAN, not the own', () => {
    expect(set(programmed({ pool: { vxlanMode: 'Always' } }), 'cali40all-vxlan-net')).toEqual(['10.0.0.2']);
    expect(programmed().own.sets.has('cali40all-vxlan-net')).toBe(false);
  });
});

it('gives every rule and every set its reason', () => {
  const host = programmed({ ipvs: true, version: 'v3.32.0' });
  const firewall = host.own.firewall.print();
  const lines = firewall.text.split('\n');
  expect(lines.filter((l, i) => l.startsWith('-A') && firewall.reasons[i] === undefined)).toEqual([]);
  const chain = lines.findIndex((l) => l.startsWith(`-A cali-fw-${DEV} -m comment`));
  expect(firewall.reasons[chain]).toMatchObject({ kind: 'Pod', name: 'ping-test-rfwx9' });
  const nat = lines.findIndex((l) => l.startsWith('-A cali-nat-outgoing'));
  expect(firewall.reasons[nat]).toMatchObject({ kind: 'IPPool', name: 'p', part: 'natOutgoing' });
  expect(host.own.sets.print().reasons.slice(0, -1).filter((r) => r === undefined)).toEqual([]);
});
