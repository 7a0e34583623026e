import { describe, expect, it } from 'vitest';
import { formatIp4 } from '../../packet/address.ts';
import { ipOf, PROTO_ICMP, PROTO_UDP } from '../../packet/packet.ts';
import { bridgeFrom, type BridgeText, withBridges } from '../../testing/ovs.ts';
import { at, framesOf, ip, tcp, worldFrom } from '../../testing/sample.ts';
import type { World } from '../../world/world.ts';
import type { Step } from '../step.ts';
import { trace } from '../trace.ts';
import type { Trace } from '../trace-types.ts';

/*
 * Two nodes of OpenShift SDN: the tables of its rule version 13 as a node has them, cut down to what these probes meet. worker1 is
 * 10.10.12.21 with the pods .20 and .21 of 10.131.0.0/23; worker2 is 10.10.12.22 with 10.128.2.151.
 */

interface Pod {
  readonly ip: string;
  readonly ofport: number;
  readonly vnid: number;
}

interface Node {
  readonly n: number;
  readonly subnet: string;
  readonly gateway: string;
  readonly pods: readonly Pod[];
  readonly peer: { readonly subnet: string; readonly ip: string };
}

const WORKER1: Node = { n: 1, subnet: '10.131.0.0/23', gateway: '10.131.0.1', pods: [{ ip: '10.131.0.20', ofport: 3, vnid: 0x8d2f41 }, { ip: '10.131.0.21', ofport: 4, vnid: 0x8d2f41 }, { ip: '10.131.0.30', ofport: 5, vnid: 0x1f03c2 }], peer: { subnet: '10.128.2.0/23', ip: '10.10.12.22' } };
const WORKER2: Node = { n: 2, subnet: '10.128.2.0/23', gateway: '10.128.2.1', pods: [{ ip: '10.128.2.151', ofport: 3, vnid: 0x8d2f41 }], peer: { subnet: '10.131.0.0/23', ip: '10.10.12.21' } };

const hex = (n: number): string => `0x${n.toString(16)}`;
const macOf = (text: string): string => `0a:58:${text.split('.').map((b) => Number(b).toString(16).padStart(2, '0')).join(':')}`;
const podName = (pod: Pod): string => `pod${pod.ip.split('.').at(-1)}`;
const vethOf = (pod: Pod): string => `veth${pod.ip.split('.').at(-1)}`;
const nodeIp = (n: number): string => `10.10.12.2${n}`;

const flows = ({ subnet, gateway, pods, peer }: Node): string => `
table=0, priority=1000,ct_state=-trk,ip actions=ct(table=0)
table=0, priority=400,ip,in_port=2,nw_src=${gateway} actions=goto_table:30
table=0, priority=300,ip,in_port=2,nw_src=${subnet},nw_dst=10.128.0.0/14 actions=goto_table:25
table=0, priority=200,arp,in_port=1,arp_spa=10.128.0.0/14,arp_tpa=${subnet} actions=move:NXM_NX_TUN_ID[0..31]->NXM_NX_REG0[],goto_table:10
table=0, priority=200,ip,in_port=1,nw_src=10.128.0.0/14 actions=move:NXM_NX_TUN_ID[0..31]->NXM_NX_REG0[],goto_table:10
table=0, priority=200,arp,in_port=2,arp_spa=${gateway},arp_tpa=10.128.0.0/14 actions=goto_table:30
table=0, priority=200,ip,in_port=2 actions=goto_table:30
table=0, priority=150,in_port=1 actions=drop
table=0, priority=100,arp actions=goto_table:20
table=0, priority=100,ip actions=goto_table:20
table=10, priority=100,tun_src=${peer.ip} actions=goto_table:30
table=10, priority=0 actions=drop
${pods.map((p) => `table=20, priority=100,arp,in_port=${p.ofport},arp_spa=${p.ip} actions=load:${hex(p.vnid)}->NXM_NX_REG0[],goto_table:30
table=20, priority=100,ip,in_port=${p.ofport},nw_src=${p.ip} actions=load:${hex(p.vnid)}->NXM_NX_REG0[],goto_table:27
table=25, priority=100,ip,nw_src=${p.ip} actions=load:${hex(p.vnid)}->NXM_NX_REG0[],goto_table:27
table=40, priority=100,arp,arp_tpa=${p.ip} actions=output:${p.ofport}
table=70, priority=100,ip,nw_dst=${p.ip} actions=load:${hex(p.vnid)}->NXM_NX_REG1[],load:${hex(p.ofport)}->NXM_NX_REG2[],goto_table:80`).join('\n')}
table=20, priority=0 actions=drop
table=25, priority=0 actions=drop
table=27, priority=300,ip,nw_dst=172.30.0.0/16 actions=goto_table:30
table=27, priority=200,ct_state=+rpl,ip actions=goto_table:30
table=27, priority=50,reg0=0x8d2f41 actions=goto_table:30
table=27, priority=0 actions=drop
table=30, priority=100,ct_state=-rpl,ip,nw_src=10.128.0.0/14,nw_dst=10.128.0.0/14 actions=ct(commit,table=31)
table=30, priority=0 actions=goto_table:31
table=31, priority=300,arp,arp_tpa=${gateway} actions=output:2
table=31, priority=300,ip,nw_dst=${gateway} actions=output:2
table=31, priority=250,ct_state=+rpl,ip,nw_dst=${subnet} actions=ct(table=70,nat)
table=31, priority=200,arp,arp_tpa=${subnet} actions=goto_table:40
table=31, priority=200,ip,nw_dst=${subnet} actions=goto_table:70
table=31, priority=100,arp,arp_tpa=10.128.0.0/14 actions=goto_table:50
table=31, priority=100,ip,nw_dst=10.128.0.0/14 actions=goto_table:90
table=31, priority=100,ip,nw_dst=172.30.0.0/16 actions=goto_table:60
table=31, priority=0,ip actions=goto_table:99
table=50, priority=100,arp,arp_tpa=${peer.subnet} actions=move:NXM_NX_REG0[]->NXM_NX_TUN_ID[0..31],set_field:${peer.ip}->tun_dst,output:1
table=60, priority=200 actions=output:2
table=80, priority=300,ip,nw_src=${gateway} actions=output:NXM_NX_REG2[]
table=80, priority=200,ct_state=+rpl,ip actions=output:NXM_NX_REG2[]
table=80, priority=50,reg1=0x8d2f41 actions=output:NXM_NX_REG2[]
table=80, priority=0 actions=drop
table=90, priority=100,ip,nw_dst=${peer.subnet} actions=move:NXM_NX_REG0[]->NXM_NX_TUN_ID[0..31],set_field:${peer.ip}->tun_dst,output:1
table=99, priority=0 actions=output:2
`;

const bridge = (node: Node): BridgeText => ({
  name: 'br0',
  ports: [{ name: 'vxlan0', ofport: 1, type: 'vxlan', tunnel: {} }, { name: 'tun0', ofport: 2, type: 'internal' }, ...node.pods.map((p) => ({ name: vethOf(p), ofport: p.ofport }))],
  flows: flows(node),
});

const ether = (i: number, name: string, mac: string, mtu: number, more = ''): string => `${i}: ${name}: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu ${mtu} qdisc noqueue ${more}state UP group default qlen 1000
    link/ether ${mac} brd ff:ff:ff:ff:ff:ff`;

/** The host half: routes of the SDN, and a service behind 172.30.0.80 whose one endpoint is 10.131.0.21 or 10.128.2.151. */
const host = ({ n, subnet, gateway, pods, peer }: Node, endpoint: string): string => `$ ip -d addr show
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0 
    inet 127.0.0.1/8 scope host lo
${ether(2, 'eth0', `02:00:00:00:00:0${n}`, 1500)} promiscuity 0 
    inet ${nodeIp(n)}/24 brd 10.10.12.255 scope global eth0
${ether(3, 'tun0', macOf(gateway), 1450)} promiscuity 1 
    openvswitch 
    inet ${gateway}/23 brd 10.131.1.255 scope global tun0
${pods.map((p, i) => `${ether(10 + i, `${vethOf(p)}@if3`, `aa:55:aa:55:00:1${i}`, 1450, 'master ovs-system ')} link-netnsid ${i} promiscuity 1 
    veth 
    openvswitch_slave `).join('\n')}
$ ip route show
default via 10.10.12.1 dev eth0
10.10.12.0/24 dev eth0 proto kernel scope link src ${nodeIp(n)}
10.128.0.0/14 dev tun0 scope link
${subnet} dev tun0 proto kernel scope link src ${gateway}
172.30.0.0/16 dev tun0

$ ip neigh
${peer.ip} dev eth0 lladdr 02:00:00:00:00:0${3 - n} REACHABLE

$ sysctl -a
net.ipv4.ip_forward = 1

$ iptables-save
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -d 172.30.0.80/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination ${endpoint}:8080
-A OUTPUT -d 172.30.0.80/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination ${endpoint}:8080
-A POSTROUTING -s 10.128.0.0/14 ! -d 10.128.0.0/14 -j MASQUERADE
COMMIT
`;

const pod = ({ gateway }: Node, p: Pod, index: number): string => `$ ip -d addr show
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0 
    inet 127.0.0.1/8 scope host lo
${ether(3, `eth0@if${10 + index}`, macOf(p.ip), 1450)} link-netnsid 0 promiscuity 0 
    veth 
    inet ${p.ip}/23 brd 10.131.1.255 scope global eth0
$ ip route show
default via ${gateway} dev eth0
10.128.0.0/14 dev eth0
${p.ip.split('.').slice(0, 3).join('.')}.0/23 dev eth0 proto kernel scope link src ${p.ip}
172.30.0.0/16 via ${gateway} dev eth0
`;

function sdn({ endpoint = '10.131.0.21', bridges = {} }: { readonly endpoint?: string; readonly bridges?: Readonly<Record<string, readonly BridgeText[]>> } = {}): World {
  const files = Object.fromEntries([WORKER1, WORKER2].flatMap((node) => [[`worker${node.n}/node.txt`, host(node, endpoint)], ...node.pods.map((p, i) => [`worker${node.n}/netns/${podName(p)}/pod.txt`, pod(node, p, i)])]));
  return withBridges(worldFrom(files), { worker1: [bridge(WORKER1)], worker2: [bridge(WORKER2)], ...bridges });
}

const CLIENT = at('worker1', 'pod20');

/** `br0/30.100` for each look-up of a packet; a miss has no priority. */
const lookUps = (t: Trace, role: Step['role'] = 'request', hostName?: string): readonly string[] =>
  t.steps.flatMap((s) => (s.kind === 'openflow' && s.role === role && (hostName === undefined || s.host === hostName) ? [`${s.pass}:${s.table}.${s.rule?.priority ?? 'miss'}`] : []));

const devicesOf = (t: Trace, role: Step['role'] = 'request'): readonly string[] => framesOf(t, role).map((f) => f.split(' ').slice(0, 3).join(' '));

describe('pod to pod on the same node', () => {
  const t = trace(sdn(), tcp(CLIENT, '10.131.0.21', 8080));

  it('is answered', () => expect(t.outcomes).toMatchObject([{ client: 'answer', request: { verdict: 'delivered', netns: 'pod21', dev: 'eth0' } }]));
  it('takes three passes, tracked first and committed in table 30', () => expect(lookUps(t)).toEqual(['0:0.1000', '1:0.100', '1:20.100', '1:27.50', '1:30.100', '2:31.200', '2:70.100', '2:80.50']));
  it('meets no rule of the host', () => expect(t.steps.some((s) => s.host === 'worker1' && s.netns === null && (s.kind === 'table' || s.kind === 'fib'))).toBe(false));
  it('shows on the veths alone, with its TTL', () =>
    expect(framesOf(t)).toEqual(['worker1/pod20 eth0 out 10.131.0.20>10.131.0.21 ttl 64 74', 'worker1 veth20 in 10.131.0.20>10.131.0.21 ttl 64 74', 'worker1 veth21 out 10.131.0.20>10.131.0.21 ttl 64 74', 'worker1/pod21 eth0 in 10.131.0.20>10.131.0.21 ttl 64 74']));
  it('lets the reply through by its state', () => expect(lookUps(t, 'reply')).toEqual(['0:0.1000', '1:0.100', '1:20.100', '1:27.200', '1:30.0', '1:31.250', '2:70.100', '2:80.200']));
  it('is one connection of the machine, in zone 0', () =>
    expect(t.conntrack.filter((c) => c.netns === null)).toMatchObject([{ host: 'worker1', entry: { zone: 0, orig: { src: { port: 41068 }, dst: { port: 8080 } }, seenReply: true, assured: false } }]));
});

it('tracks in the pods, too: the module makes every namespace of the machine do so', () =>
  expect(trace(sdn(), tcp(CLIENT, '10.131.0.21', 8080)).conntrack.map((c) => c.netns)).toEqual([null, 'pod20', 'pod21']));

describe('pod to pod on another node', () => {
  const t = trace(sdn(), tcp(CLIENT, '10.128.2.151', 8080));
  const wire = t.steps.find((s) => s.kind === 'transmit' && s.dev === 'eth0' && s.netns === null && s.role === 'request');

  it('is answered', () => expect(t.outcomes).toMatchObject([{ client: 'answer', request: { verdict: 'delivered', host: 'worker2', netns: 'pod151' }, reply: { verdict: 'delivered' } }]));
  it('goes by the tunnel devices, the outer packet as one that the machine sends', () =>
    expect(devicesOf(t)).toEqual(['worker1/pod20 eth0 out', 'worker1 veth20 in', 'worker1 vxlan_sys_4789 out', 'worker1 eth0 out', 'worker2 eth0 in', 'worker2 vxlan_sys_4789 in', 'worker2 veth151 out', 'worker2/pod151 eth0 in']));
  it('has the namespace in the VXLAN header, DF and a TTL of 64 outside', () =>
    expect(wire?.packet.slice(1, 4)).toMatchObject([{ type: 'ipv4', src: ip('10.10.12.21'), dst: ip('10.10.12.22'), ttl: 64, df: true }, { type: 'udp', dport: 4789 }, { type: 'vxlan', vni: 0x8d2f41 }]));
  it('finds its namespace again on the other side', () => expect(lookUps(t, 'request', 'worker2')).toEqual(['0:0.1000', '1:0.200', '1:10.100', '1:30.100', '2:31.200', '2:70.100', '2:80.50']));
  it('resolves the address through both bridges', () => expect(devicesOf(t, 'arp')).toContain('worker2 veth151 out'));
});

describe('pod to a service', () => {
  it.each([
    ['the same node', '10.131.0.21', 'worker1'],
    ['another node', '10.128.2.151', 'worker2'],
  ])('leaves br0 by tun0 for the rules of iptables, comes back, and is answered as the service: %s', (_, endpoint, where) => {
    const t = trace(sdn({ endpoint }), tcp(CLIENT, '172.30.0.80', 80));
    expect(t.outcomes).toMatchObject([{ client: 'answer', natted: { src: false, dst: true }, request: { verdict: 'delivered', host: where } }]);
    const seen = ipOf(t.outcomes[0]?.reply?.seen ?? []);
    expect(formatIp4(seen.src)).toBe('172.30.0.80');
  });

  it('comes back with what the machine’s conntrack said about it, so that nothing is asked again', () => {
    const t = trace(sdn(), tcp(CLIENT, '172.30.0.80', 80));
    expect(lookUps(t)).toEqual(['0:0.1000', '1:0.100', '1:20.100', '1:27.300', '1:30.0', '1:31.100', '1:60.200', '0:0.300', '0:25.100', '0:27.50', '0:30.100', '1:31.200', '1:70.100', '1:80.50']);
  });

  it('is put back by conntrack on the way out of br0, without iptables', () => {
    const t = trace(sdn(), tcp(CLIENT, '172.30.0.80', 80));
    const undone = t.steps.find((s) => s.kind === 'nat' && s.role === 'reply');
    expect(undone).toMatchObject({ manip: 'src', undo: true, host: 'worker1', before: { ip: ip('10.131.0.21'), port: 8080 }, after: { ip: ip('172.30.0.80'), port: 80 } });
    expect(undone?.parent === undefined ? undefined : t.steps[undone.parent]).toMatchObject({ kind: 'ovs-action', bridge: 'br0', action: { kind: 'ct', zone: 0, state: 0x6a } });
    expect(t.steps.some((s) => s.role === 'reply' && s.kind === 'table' && s.host === 'worker1')).toBe(false);
  });
});

describe('what is not let through', () => {
  it('ends at the rule that drops it', () => {
    const t = trace(sdn(), tcp(CLIENT, '10.131.0.30', 8080));
    expect(t.outcomes).toMatchObject([{ client: 'timeout', request: { verdict: 'dropped', host: 'worker1', dev: 'br0' } }]);
    expect(lookUps(t).at(-1)).toBe('2:80.0');
    expect(t.steps.find((s) => s.kind === 'drop')).toMatchObject({ reason: 'openflow', dev: 'br0' });
  });

  it('ends where a table has no rule', () => {
    const t = trace(sdn({ bridges: { worker1: [{ ...bridge(WORKER1), flows: 'table=0, priority=100,arp actions=NORMAL\n' }] } }), { ...tcp(CLIENT, '10.131.0.21', 8080), reply: false });
    expect(lookUps(t)).toEqual(['0:0.miss']);
    expect(t.outcomes).toMatchObject([{ request: { verdict: 'dropped' } }]);
  });
});

describe('what no dump tells', () => {
  it('asks for the rules of the bridge', () => {
    const t = trace(sdn({ bridges: { worker1: [{ ...bridge(WORKER1), flows: undefined }] } }), tcp(CLIENT, '10.131.0.21', 8080));
    expect(t.steps.find((s) => s.kind === 'unknown')).toMatchObject({ what: 'ovs-bridge', name: 'br0', ask: 'ovs-ofctl dump-flows br0', dev: 'veth20' });
  });
});

describe('sizes', () => {
  it('cuts at the pod what its MTU does not hold, puts it together for conntrack, and sends the pieces on as they came', () => {
    const t = trace(sdn(), { from: CLIENT, dst: ip('10.131.0.21'), proto: PROTO_UDP, dport: 53, size: 2000 });
    expect(t.outcomes).toMatchObject([{ request: { verdict: 'delivered', netns: 'pod21' } }]);
    const out = t.steps.filter((s) => s.kind === 'transmit' && s.dev === 'veth21' && s.role === 'request');
    expect(out.map((s) => ipOf(s.packet)).map((h) => [h.offset, h.mf])).toEqual([[0, true], [1424, false]]);
  });

  it('drops what is larger than the port’s MTU without a word', () => {
    const world = sdn();
    const small = { ...world, hosts: world.hosts.map((h) => ({ ...h, netns: h.netns.map((n) => ({ ...n, links: n.links.map((l) => (l.name === 'veth21' ? { ...l, mtu: 1000 } : l)) })) })) };
    const t = trace(small, { from: CLIENT, dst: ip('10.131.0.21'), proto: PROTO_ICMP, size: 1200 });
    expect(t.outcomes).toMatchObject([{ request: { verdict: 'dropped', dev: 'veth21' } }]);
    expect(t.steps.find((s) => s.kind === 'drop')).toMatchObject({ reason: 'too-big' });
  });
});

it('reads a bridge whose own port no listing has', () => expect(bridgeFrom({ name: 'br9', ports: [], flows: '' }).ports.map((p) => p.name)).toEqual(['br9']));
