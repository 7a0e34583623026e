import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../dumps/diagnostic.ts';
import { clusterOf, documentOf, nodeOf, podOf, rulesOf, runOn } from '../../testing/cluster.ts';
import { cniChain, sandboxId } from '../cni/names.ts';
import type { PodModel } from '../model.ts';
import { portmapOf } from './portmap.ts';

type Port = PodModel['ports'][number];

const port = (containerPort: number, hostPort: number | undefined, more: Partial<Port> = {}): Port => ({ name: undefined, containerPort, protocol: 'TCP', hostPort, hostIp: undefined, ...more });

/** A sandbox id as the runtime made it, shown by Calico's annotation. */
const ID = 'd2a5e1a3c4b5f60718293a4b5c6d7e8f90112233445566778899aabbccddeeff';
const CHAIN = cniChain('DN-', 'cbr0', ID);

function node({ ports, plugin = { type: 'portmap' }, pods }: { readonly ports?: readonly Port[]; readonly plugin?: object; readonly pods?: readonly PodModel[] }) {
  const documents = [documentOf('ConfigMap', 'cni', { data: { 'cni-conf.json': JSON.stringify({ name: 'cbr0', plugins: [{ type: 'bridge' }, plugin] }) } })];
  const cluster = clusterOf({ nodes: [nodeOf('n1', '192.168.1.11', '10.244.1.0/24')], pods: pods ?? [podOf('web', 'n1', '10.244.1.5', { ports: ports ?? [], annotations: { 'cni.projectcalico.org/containerID': ID } })], documents });
  const host = runOn(undefined, cluster, 'n1');
  host.own.device({ name: 'cni0', kind: 'bridge', mtu: 1450, mac: '02:00:00:00:00:aa', addresses: [{ address: '10.244.1.1/24' }] });
  host.own.firewall.append('nat', 'PREROUTING', '-j KUBE-SERVICES');
  host.own.firewall.append('nat', 'POSTROUTING', '-j KUBE-POSTROUTING');
  runOn(portmapOf(cluster, new DiagnosticList()), cluster, 'n1', undefined, host);
  return { host, rules: rulesOf(host) };
}

describe('hostPorts', () => {
  it('are translated behind kube-proxy’s jump, and masqueraded in front of its own', () => {
    const { rules, host } = node({ ports: [port(80, 8080)] });
    expect(rules).toEqual([
      'nat -A PREROUTING -j KUBE-SERVICES',
      'nat -A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
      'nat -A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
      'nat -A POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ',
      'nat -A POSTROUTING -j KUBE-POSTROUTING',
      `nat -A ${CHAIN} -s 10.244.1.0/24 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK`,
      `nat -A ${CHAIN} -s 127.0.0.1/32 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK`,
      `nat -A ${CHAIN} -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.244.1.5:80`,
      `nat -A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"cbr0\\" id: \\"${ID}\\"" -m multiport --dports 8080 -j ${CHAIN}`,
      'nat -A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE',
      'nat -A CNI-HOSTPORT-SETMARK -m comment --comment "CNI portfwd masquerade mark" -j MARK --set-xmark 0x2000/0x2000',
    ]);
    expect(host.own.sysctlOf('net.ipv4.conf.cni0.route_localnet')).toBe('1');
  });

  it('of one address name it in each rule', () => {
    const { rules } = node({ ports: [port(80, 8080, { hostIp: '192.168.1.11' })] });
    expect(rules).toContain(`nat -A ${CHAIN} -s 10.244.1.0/24 -d 192.168.1.11/32 -p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK`);
    expect(rules).toContain(`nat -A ${CHAIN} -d 192.168.1.11/32 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.244.1.5:80`);
    // The unspecified address is none.
    expect(node({ ports: [port(80, 8080, { hostIp: '0.0.0.0' })] }).rules).toContain(`nat -A ${CHAIN} -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.244.1.5:80`);
  });

  it('are listed by protocol, fifteen to a rule', () => {
    const ports = [port(53, 53, { protocol: 'UDP' }), ...Array.from({ length: 16 }, (_, i) => port(80 + i, 8000 + i))];
    const entries = node({ ports }).rules.filter((r) => r.startsWith('nat -A CNI-HOSTPORT-DNAT')).map((r) => /-p (\w+) .*--dports (\S+)/.exec(r)?.slice(1).join(' '));
    expect(entries).toEqual([`tcp ${Array.from({ length: 15 }, (_, i) => 8000 + i).join(',')}`, 'tcp 8015', 'udp 53']);
  });

  it.each`
    why                                       | plugin                                                      | marks
    ${'snat off: nothing is marked'}          | ${{ type: 'portmap', snat: false }}                         | ${[]}
    ${'masqAll: whoever asks'}                | ${{ type: 'portmap', masqAll: true }}                       | ${['-p tcp -m tcp --dport 8080 -j CNI-HOSTPORT-SETMARK']}
    ${'another chain marks: kube-proxy’s own'} | ${{ type: 'portmap', externalSetMarkChain: 'KUBE-MARK-MASQ' }} | ${['-s 10.244.1.0/24 -p tcp -m tcp --dport 8080 -j KUBE-MARK-MASQ', '-s 127.0.0.1/32 -p tcp -m tcp --dport 8080 -j KUBE-MARK-MASQ']}
  `('$why', ({ plugin, marks }: { plugin: { externalSetMarkChain?: string; snat?: boolean }; marks: readonly string[] }) => {
    const { rules, host } = node({ ports: [port(80, 8080)], plugin });
    expect(rules.filter((r) => r.startsWith(`nat -A ${CHAIN}`) && !r.includes('DNAT'))).toEqual(marks.map((m) => `nat -A ${CHAIN} ${m}`));
    expect(rules.some((r) => r.includes('-j CNI-HOSTPORT-MASQ'))).toBe(plugin.snat !== false && plugin.externalSetMarkChain === undefined);
    expect(host.own.sysctlOf('net.ipv4.conf.cni0.route_localnet')).toBe(plugin.snat === false ? undefined : '1');
  });

  it('take another bit where the list says so', () => {
    expect(node({ ports: [port(80, 8080)], plugin: { type: 'portmap', markMasqBit: 5 } }).rules).toContain('nat -A CNI-HOSTPORT-MASQ -m mark --mark 0x20/0x20 -j MASQUERADE');
  });

  it('of hostNetwork pods and of pods without any make no rule', () => {
    const pods = [podOf('a', 'n1', '192.168.1.11', { hostNetwork: true, ports: [port(80, 80)] }), podOf('b', 'n1', '10.244.1.6', { ports: [port(80, undefined)] }), podOf('c', 'n1', '10.244.1.7', { ended: true, ports: [port(80, 80)] })];
    expect(node({ pods }).rules).toEqual(['nat -A PREROUTING -j KUBE-SERVICES', 'nat -A POSTROUTING -j KUBE-POSTROUTING']);
  });
});

it('is there with Flannel’s manifest, and not without a list that names it', () => {
  const flannel = documentOf('ConfigMap', 'kube-flannel-cfg', { data: { 'net-conf.json': '{"Network":"10.244.0.0/16"}' } });
  expect(portmapOf(clusterOf({ documents: [flannel] }), new DiagnosticList())?.name).toBe('portmap');
  const calico = documentOf('ConfigMap', 'calico-config', { data: { cni_network_config: '{"name":"k8s-pod-network","plugins":[{"type":"calico","mtu": __CNI_MTU__},{"type":"portmap","snat":true}]}' } });
  expect(portmapOf(clusterOf({ documents: [calico] }), new DiagnosticList())?.name).toBe('portmap');
  expect(portmapOf(clusterOf({}), new DiagnosticList())).toBeUndefined();
});

it.each`
  prefix   | network                                 | id                                                                                                                                     | chain
  ${''}    | ${'test'}                               | ${'1234'}                                                                                                                              | ${'CNI-2bbe0c48b91a7d1b8a6753a8'}
  ${''}    | ${'testalongnamethatdoesnotmakesense'}  | ${'1234'}                                                                                                                              | ${'CNI-374f33fe84ab0ed84dcdebe3'}
  ${'DN-'} | ${'test'}                               | ${'icee6giejonei6sohng6ahngee7laquohquee9shiGo7fohferakah3Feiyoolu2pei7ciPhoh7shaoX6vai3vuf0ahfaeng8yohb9ceu0daez5hashee8ooYai5wa3y'} | ${'CNI-DN-67e92b96e692a494b6b85'}
`('names its chains as the plugins’ own tests expect: $chain', ({ prefix, network, id, chain }: { prefix: string; network: string; id: string; chain: string }) => {
  expect(cniChain(prefix, network, id)).toBe(chain);
});

it('derives the id of a sandbox from the pod, always the same, where no annotation has it', () => {
  expect(sandboxId(podOf('web', 'n1', '10.244.1.5'))).toMatch(/^[0-9a-f]{64}$/);
  expect(sandboxId(podOf('web', 'n1', '10.244.1.5'))).toBe(sandboxId(podOf('web', 'n2', '10.244.2.5')));
  expect(sandboxId(podOf('web', 'n1', '10.244.1.5'))).not.toBe(sandboxId(podOf('db', 'n1', '10.244.1.5')));
});
