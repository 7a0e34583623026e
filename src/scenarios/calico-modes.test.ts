import { describe, expect, it } from 'vitest';
import { type ClusterWorld, worldOf } from '../cluster/world.ts';
import { trace, traceAll } from '../engine/trace.ts';
import type { Trace } from '../engine/trace-types.ts';
import { formatIp4 } from '../packet/address.ts';
import { ipOf, PROTO_ICMP, PROTO_UDP } from '../packet/packet.ts';
import { at, framesOf, ip, rulesOf, tcp } from '../testing/sample.ts';
import { netnsId } from '../world/lookup.ts';
import { calicoModes } from './calico-modes/scenario.ts';
import { loadScenario } from './files.node.ts';

const MODES = ['ipip', 'vxlan', 'crosssubnet', 'direct'] as const;
type Mode = (typeof MODES)[number];

const worlds = new Map<Mode, ClusterWorld>(MODES.map((mode) => [mode, worldOf(loadScenario(calicoModes, { mode }))]));
const worldIn = (mode: Mode): ClusterWorld => {
  const world = worlds.get(mode);
  if (!world) throw new Error(mode);
  return world;
};

/** What a command prints on a machine. */
function printed(mode: Mode, host: string, command: string): readonly string[] {
  const text = worldIn(mode).files[`${host}/network.txt`] ?? '';
  return (text.split(`$ ${command}\n`)[1]?.split('\n\n')[0] ?? '').split('\n');
}

const routes = (mode: Mode, host: string): readonly string[] => printed(mode, host, 'ip route show').filter((r) => /^6\.2\.\d+\.\d+\/26/.test(r)).toSorted();
const pod = at('master2', 'ping-test-fljwb');
const ping = (to: string, from = pod) => ({ from, dst: ip(to), proto: PROTO_ICMP });

/** Frames on NICs and tunnels, without the machines' names: what `tcpdump` there shows. */
const captured = (t: Trace, host: string, dev: string): readonly string[] => framesOf(t).filter((f) => f.startsWith(`${host} ${dev} `)).map((f) => f.slice(`${host} ${dev} `.length));

describe('routes of the document', () => {
  it.each`
    mode       | host         | expected
    ${'ipip'}  | ${'master1'} | ${['6.2.136.0/26 via 192.168.50.163 dev tunl0 proto bird onlink', '6.2.180.0/26 via 192.168.50.162 dev tunl0 proto bird onlink']}
    ${'ipip'}  | ${'master2'} | ${['6.2.136.0/26 via 192.168.50.163 dev tunl0 proto bird onlink', '6.2.137.64/26 via 192.168.50.161 dev tunl0 proto bird onlink']}
    ${'ipip'}  | ${'master3'} | ${['6.2.137.64/26 via 192.168.50.161 dev tunl0 proto bird onlink', '6.2.180.0/26 via 192.168.50.162 dev tunl0 proto bird onlink']}
    ${'vxlan'} | ${'master1'} | ${['6.2.136.0/26 via 6.2.136.3 dev vxlan.calico onlink', '6.2.180.0/26 via 6.2.180.1 dev vxlan.calico onlink']}
    ${'vxlan'} | ${'master2'} | ${['6.2.136.0/26 via 6.2.136.3 dev vxlan.calico onlink', '6.2.137.64/26 via 6.2.137.65 dev vxlan.calico onlink']}
    ${'vxlan'} | ${'master3'} | ${['6.2.137.64/26 via 6.2.137.65 dev vxlan.calico onlink', '6.2.180.0/26 via 6.2.180.1 dev vxlan.calico onlink']}
    ${'crosssubnet'} | ${'master1'} | ${['6.2.136.0/26 via 192.168.60.163 dev tunl0 proto bird onlink', '6.2.180.0/26 via 192.168.50.162 dev ens192 proto bird']}
    ${'crosssubnet'} | ${'master3'} | ${['6.2.137.64/26 via 192.168.50.161 dev tunl0 proto bird onlink', '6.2.180.0/26 via 192.168.50.162 dev tunl0 proto bird onlink']}
    ${'direct'} | ${'master1'} | ${['6.2.136.0/26 via 192.168.50.163 dev ens192 proto bird', '6.2.180.0/26 via 192.168.50.162 dev ens192 proto bird']}
  `('$host under $mode', ({ mode, host, expected }) => expect(routes(mode as Mode, host as string)).toEqual(expected));
});

describe('devices of the document', () => {
  it.each`
    mode       | host         | dev               | mtu     | address
    ${'ipip'}  | ${'master1'} | ${'tunl0'}        | ${1480} | ${'6.2.137.65'}
    ${'ipip'}  | ${'master2'} | ${'tunl0'}        | ${1480} | ${'6.2.180.1'}
    ${'ipip'}  | ${'master3'} | ${'tunl0'}        | ${1480} | ${'6.2.136.2'}
    ${'vxlan'} | ${'master1'} | ${'vxlan.calico'} | ${1450} | ${'6.2.137.65'}
    ${'vxlan'} | ${'master3'} | ${'vxlan.calico'} | ${1450} | ${'6.2.136.3'}
  `('$dev on $host has $address/32 and MTU $mtu', ({ mode, host, dev, mtu, address }) => {
    const own = worldIn(mode as Mode).world.hosts.find((h) => h.name === host)?.netns.find((n) => n.name === null);
    const link = own?.links.find((l) => l.name === dev);
    expect(link?.mtu).toBe(mtu);
    expect(own?.links.find((l) => l.name === dev)?.addresses.map((a) => `${formatIp4(a.ip)}/${a.prefixLen}`)).toEqual([`${address}/32`]);
  });

  it('vxlan.calico has VNI 4096, port 4789 and the MAC of the document, and knows the other ends without asking', () => {
    const text = printed('vxlan', 'master1', 'ip -d addr show').join('\n');
    expect(text).toContain('link/ether 66:31:3a:fa:51:89 ');
    expect(text).toContain('vxlan id 4096 local 192.168.50.161 dev ens192 srcport 0 0 dstport 4789 nolearning');
    expect(printed('vxlan', 'master1', 'ip neigh show')).toEqual(expect.arrayContaining(['6.2.180.1 dev vxlan.calico lladdr 66:35:31:bd:3e:3a PERMANENT', '6.2.136.3 dev vxlan.calico lladdr 66:cb:b6:96:7e:c7 PERMANENT']));
    expect(printed('vxlan', 'master1', 'bridge fdb show')).toEqual(expect.arrayContaining(['66:35:31:bd:3e:3a dev vxlan.calico dst 192.168.50.162 self permanent', '66:cb:b6:96:7e:c7 dev vxlan.calico dst 192.168.50.163 self permanent']));
  });

  it.each(['crosssubnet', 'direct'] as const)('under %s the pods have the MTU that the mode leaves', (mode) => {
    const eth0 = worldIn(mode).world.hosts.find((h) => h.name === 'master1')?.netns.find((n) => n.name === 'ping-test-rfwx9')?.links.find((l) => l.name === 'eth0');
    expect(eth0?.mtu).toBe(mode === 'direct' ? 1500 : 1480);
  });
});

describe('the ping of the document, from the pod on master2 to the pod on master1', () => {
  it('shows protocol 4 on the wire under IPIP: the nodes outside, the pods inside', () => {
    const t = trace(worldIn('ipip').world, ping('6.2.137.67'));
    expect(captured(t, 'master1', 'ens192')).toEqual(['in 192.168.50.162>192.168.50.161 ttl 63 | 6.2.180.2>6.2.137.67 ttl 63 118']);
    expect(captured(t, 'master1', 'tunl0')).toEqual(['in 6.2.180.2>6.2.137.67 ttl 63 84']);
    expect(t.outcomes[0]).toMatchObject({ client: 'answer', request: { verdict: 'delivered', host: 'master1', netns: 'ping-test-rfwx9' } });
  });

  it('shows Ethernet inside UDP under VXLAN, 50 bytes more', () => {
    const t = trace(worldIn('vxlan').world, ping('6.2.137.67'));
    expect(captured(t, 'master1', 'ens192')).toEqual(['in 192.168.50.162>192.168.50.161 ttl 64 | 6.2.180.2>6.2.137.67 ttl 63 148']);
    expect(captured(t, 'master1', 'vxlan.calico')).toEqual(['in 6.2.180.2>6.2.137.67 ttl 63 98']);
    const outer = t.steps.find((s) => s.kind === 'receive' && s.host === 'master1' && s.dev === 'ens192');
    expect(outer?.kind === 'receive' ? outer.packet.map((h) => (h.type === 'udp' ? `udp ${h.dport}` : h.type === 'vxlan' ? `vxlan ${h.vni}` : h.type)) : []).toEqual(['eth', 'ipv4', 'udp 4789', 'vxlan 4096', 'eth', 'ipv4', 'icmp', 'payload']);
  });

  it.each(['crosssubnet', 'direct'] as const)('shows the pods themselves under %s, for both nodes share a subnet', (mode) => {
    expect(captured(trace(worldIn(mode).world, ping('6.2.137.67')), 'master1', 'ens192')).toEqual(['in 6.2.180.2>6.2.137.67 ttl 63 98']);
  });
});

it('under CrossSubnet the pod on master3 is reached in IPIP through both routers', () => {
  const t = trace(worldIn('crosssubnet').world, ping('6.2.136.4'));
  expect(framesOf(t).filter((f) => f.startsWith('router'))).toEqual([
    'router1 eth0 in 192.168.50.162>192.168.60.163 ttl 63 | 6.2.180.2>6.2.136.4 ttl 63 118',
    'router1 eth2 out 192.168.50.162>192.168.60.163 ttl 62 | 6.2.180.2>6.2.136.4 ttl 63 118',
    'router2 eth1 in 192.168.50.162>192.168.60.163 ttl 62 | 6.2.180.2>6.2.136.4 ttl 63 118',
    'router2 eth0 out 192.168.50.162>192.168.60.163 ttl 61 | 6.2.180.2>6.2.136.4 ttl 63 118',
  ]);
  expect(t.outcomes[0]?.client).toBe('answer');
});

describe('whom the other side sees', () => {
  const seenBy = (t: Trace): string => formatIp4(ipOf(t.outcomes[0]?.request.seen ?? []).src);
  it.each`
    mode             | from         | to                 | client              | because
    ${'ipip'}        | ${'master1'} | ${'6.2.136.4'}     | ${'6.2.137.65'}     | ${'a process takes the address of the device it leaves by'}
    ${'vxlan'}       | ${'master1'} | ${'6.2.136.4'}     | ${'6.2.137.65'}     | ${'a process takes the address of the device it leaves by'}
    ${'crosssubnet'} | ${'master1'} | ${'6.2.136.4'}     | ${'6.2.137.65'}     | ${'master3 is in another subnet'}
    ${'crosssubnet'} | ${'master1'} | ${'6.2.180.2'}     | ${'192.168.50.161'} | ${'master2 is in the same subnet'}
    ${'direct'}      | ${'master1'} | ${'6.2.136.4'}     | ${'192.168.50.161'} | ${'there is no tunnel'}
    ${'ipip'}        | ${'pod'}     | ${'6.2.136.4'}     | ${'6.2.180.2'}      | ${'natOutgoing leaves packets inside the pools alone'}
    ${'ipip'}        | ${'pod'}     | ${'192.168.50.162'} | ${'6.2.180.2'}     | ${'the own node is reached through INPUT, where nothing is translated'}
    ${'ipip'}        | ${'pod'}     | ${'192.168.50.163'} | ${'192.168.50.162'} | ${'a node is outside the pools'}
  `('from $from to $to under $mode: $because', ({ mode, from, to, client }) => {
    const t = trace(worldIn(mode as Mode).world, ping(to as string, from === 'pod' ? pod : at(from as string)));
    expect([seenBy(t), t.outcomes[0]?.client]).toEqual([client, 'answer']);
  });

  it('a server on the Internet sees the node, by natOutgoing', () => {
    const t = trace(worldIn('ipip').world, tcp(pod, '203.0.113.80', 443));
    expect([seenBy(t), t.outcomes[0]?.client]).toEqual(['192.168.50.162', 'answer']);
    expect(rulesOf(t, 'master2')).toContain('POSTROUTING nat cali-nat-outgoing 1 MASQUERADE');
  });
});

it.each(MODES)('under %s a pod reaches each DNS pod through the service', (mode) => {
  const { branches } = traceAll(worldIn(mode).world, { from: pod, dst: ip('10.96.0.10'), proto: PROTO_UDP, dport: 53 });
  expect(branches.map(({ probability, trace: t }) => `${probability} ${netnsId(t.outcomes[0]?.request.host ?? '', t.outcomes[0]?.request.netns ?? null)} ${t.outcomes[0]?.client ?? ''}`).toSorted()).toEqual([
    '0.5 master1/coredns-1 answer',
    '0.5 master3/coredns-2 answer',
  ]);
});

it('every line says which object made it', () => {
  const { files, reasonOf } = worldIn('ipip');
  const lines = (files['master1/network.txt'] ?? '').split('\n');
  const line = lines.findIndex((l) => l.startsWith('6.2.180.0/26')) + 1;
  expect(reasonOf({ input: 'master1/network.txt', line })).toMatchObject({ kind: 'IPPool', name: 'default-ipv4-ippool', part: 'block 6.2.180.0/26 of master2' });
  const rules = (files['master1/firewall.txt'] ?? '').split('\n');
  const unexplained = rules.filter((l, i) => l.startsWith('-A') && l.includes('cali') && reasonOf({ input: 'master1/firewall.txt', line: i + 1 }) === undefined);
  expect(unexplained).toEqual([]);
});

it('Felix stands before kube-proxy, and accepts what it let pass behind it', () => {
  const forward = (worldIn('ipip').files['master1/firewall.txt'] ?? '').split('\n').filter((l) => l.startsWith('-A FORWARD ')).map((l) => l.replace(/ -m comment --comment "[^"]*"/g, ''));
  expect(forward[0]).toBe('-A FORWARD -j cali-FORWARD');
  expect(forward.slice(1, -2).every((l) => l.includes(' -j KUBE-'))).toBe(true);
  expect(forward.length).toBeGreaterThan(3);
  expect(forward.slice(-2)).toEqual(['-A FORWARD -m mark --mark 0x10000/0x10000 -j ACCEPT', '-A FORWARD -j MARK --set-xmark 0x10000/0x10000']);
});

it('rules of Linux 3.10 are without --random-fully', () => {
  const nat = (worldIn('ipip').files['master1/firewall.txt'] ?? '').split('\n').filter((l) => l.includes('cali-') && l.includes('MASQUERADE'));
  expect(nat).toEqual([
    expect.stringMatching(/^-A cali-POSTROUTING -o tunl0 .* -m addrtype ! --src-type LOCAL --limit-iface-out -m addrtype --src-type LOCAL -j MASQUERADE$/),
    expect.stringMatching(/^-A cali-nat-outgoing .* -m set --match-set cali40masq-ipam-pools src -m set ! --match-set cali40all-ipam-pools dst -j MASQUERADE$/),
  ]);
});
