import { expect, it } from 'vitest';
import { DiagnosticList } from '../../dumps/diagnostic.ts';
import { calicoObject, nodeAt } from '../../testing/calico.ts';
import { clusterOf, documentOf, runOn } from '../../testing/cluster.ts';
import { calicoOf } from './calico.ts';

it.each`
  object                                                                                     | said                            | table       | chain                        | rules
  ${calicoObject('FelixConfiguration', 'default', { bpfEnabled: true })}                     | ${['Calico eBPF']}              | ${'raw'}    | ${'PREROUTING'}              | ${['-j CALICO-EBPF']}
  ${calicoObject('FelixConfiguration', 'default', { nftablesMode: 'Enabled' })}              | ${['Calico nftables']}          | ${'raw'}    | ${'OUTPUT'}                  | ${['-j CALICO-NFTABLES']}
  ${calicoObject('FelixConfiguration', 'default', { wireguardEnabled: true })}               | ${['Calico WireGuard']}         | ${'filter'} | ${'cali-from-host-endpoint'} | ${[]}
  ${calicoObject('HostEndpoint', 'n1-eth0', { node: 'n1', interfaceName: 'eth0' })}          | ${['HostEndpoint n1-eth0']}     | ${'filter'} | ${'cali-from-host-endpoint'} | ${['-i eth0 -j HOSTENDPOINT']}
  ${calicoObject('HostEndpoint', 'all', { node: 'n1', interfaceName: '*' })}                 | ${['HostEndpoint all']}         | ${'filter'} | ${'cali-to-host-endpoint'}   | ${['-j HOSTENDPOINT']}
  ${calicoObject('HostEndpoint', 'other', { node: 'n2', interfaceName: 'eth0' })}            | ${['HostEndpoint other']}       | ${'filter'} | ${'cali-from-host-endpoint'} | ${[]}
  ${calicoObject('FelixConfiguration', 'default', {})}                                       | ${[]}                           | ${'filter'} | ${'cali-to-host-endpoint'}   | ${[]}
`('says $said, and leaves $rules in $chain', ({ object, said, table, chain, rules }) => {
  const found = new DiagnosticList();
  const cluster = clusterOf({ nodes: [nodeAt('n1', '10.0.0.1/24')], documents: [object as ReturnType<typeof calicoObject>] });
  const host = runOn(calicoOf(cluster, found), cluster, 'n1', found);
  expect(found.items.map((d) => `${d.code} ${d.text}`)).toEqual((said as string[]).map((s) => `unmodelled ${s}`));
  expect(host.own.firewall.rules(table as 'raw' | 'filter', chain as string)).toEqual(rules);
});

it('leaves pods to Flannel where both are there, and says so', () => {
  const found = new DiagnosticList();
  const flannel = documentOf('ConfigMap', 'kube-flannel-cfg', { data: { 'net-conf.json': '{"Network": "10.244.0.0/16"}' } }, 'kube-flannel');
  const cluster = clusterOf({ nodes: [nodeAt('n1', '10.0.0.1/24')], documents: [flannel, calicoObject('FelixConfiguration', 'default', {})] });
  expect(calicoOf(cluster, found)).toBeUndefined();
  expect(found.items.map((d) => `${d.code} ${d.text}`)).toEqual(['unmodelled Canal (Calico beside Flannel)']);
});
