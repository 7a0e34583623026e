import { describe, expect, it, test } from 'vitest';
import { ipOf, type Packet, PROTO_ICMP, PROTO_UDP } from '../../packet/packet.ts';
import { packetBytes } from '../../packet/sizes.ts';
import { type BridgeText, type PortText, withBridges } from '../../testing/ovs.ts';
import { at, ip, worldFrom } from '../../testing/sample.ts';
import type { World } from '../../world/world.ts';
import type { Probe } from '../probe.ts';
import { trace } from '../trace.ts';
import type { Trace } from '../trace-types.ts';
import { tunnelPortFor } from './receive.ts';

/*
 * Ports of a bridge: where packets come in and go out. Machines a and b share the wire 192.0.2.0/24; each has br0 with a port of its own
 * (10.0.0.1 on a, 10.0.0.2 on b) and a tunnel to the other.
 */

const UP = '<BROADCAST,MULTICAST,UP,LOWER_UP>';
const machine = (n: number, { mtu = 1500, wire = 1500, more = '' } = {}): string => `$ ip -d addr show
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0 
    inet 127.0.0.1/8 scope host lo
2: eth0: ${UP} mtu ${wire} qdisc mq state UP group default qlen 1000
    link/ether 02:00:00:00:00:0${n} brd ff:ff:ff:ff:ff:ff promiscuity 0 
    inet 192.0.2.${n}/24 brd 192.0.2.255 scope global eth0
3: br0: ${UP} mtu ${mtu} qdisc noqueue state UNKNOWN group default qlen 1000
    link/ether 0a:00:00:00:00:0${n} brd ff:ff:ff:ff:ff:ff promiscuity 1 
    openvswitch 
    inet 10.0.0.${n}/24 brd 10.0.0.255 scope global br0
${more}
$ ip route show
10.0.0.0/24 dev br0 proto kernel scope link src 10.0.0.${n}
192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.${n}
$ ip neigh
192.0.2.${3 - n} dev eth0 lladdr 02:00:00:00:00:0${3 - n} PERMANENT
10.0.0.${3 - n} dev br0 lladdr 0a:00:00:00:00:0${3 - n} PERMANENT
`;

const FLOWS = 'in_port=LOCAL actions=set_tunnel:7,output:1\nin_port=1 actions=LOCAL\n';

interface Setup {
  readonly tunnel?: Partial<PortText>;
  readonly flows?: string;
  readonly a?: Parameters<typeof machine>[1];
  readonly bridgeA?: Partial<BridgeText>;
}

const VXLAN: PortText = { name: 't0', ofport: 1, type: 'vxlan' };

function world({ tunnel = {}, flows = FLOWS, a = {}, bridgeA = {} }: Setup = {}): World {
  const port = (n: number): PortText => ({ ...VXLAN, ...tunnel, tunnel: { remoteIp: ip(`192.0.2.${n}`), ...tunnel.tunnel } });
  const bridge = (n: number): BridgeText => ({ name: 'br0', ports: [port(3 - n)], flows });
  return withBridges(worldFrom({ 'a/node.txt': machine(1, a), 'b/node.txt': machine(2) }), { a: [{ ...bridge(1), ...bridgeA }], b: [bridge(2)] });
}

const ping = (w: World, more: Partial<Probe> = {}): Trace => trace(w, { from: at('a'), dst: ip('10.0.0.2'), proto: PROTO_ICMP, ...more });
const wire = (t: Trace): Packet => t.steps.find((s) => s.kind === 'transmit' && s.host === 'a' && s.dev === 'eth0')?.packet ?? [];
const answered = (t: Trace): string | undefined => t.outcomes[0]?.client;

describe('tunnels', () => {
  it.each([
    ['vxlan', 50, [{ type: 'udp', dport: 4789 }, { type: 'vxlan', vni: 7 }], 'vxlan_sys_4789'],
    ['geneve', 50, [{ type: 'udp', dport: 6081 }, { type: 'geneve', vni: 7, optionBytes: 0 }], 'genev_sys_6081'],
    ['gre', 42, [{ type: 'gre', protocol: 0x6558, key: 7 }], 'gre_sys'],
  ] as const)('%s adds %d bytes, and is answered', (type, overhead, layers, device) => {
    const t = ping(world({ tunnel: { type } }));
    expect(answered(t)).toBe('answer');
    expect(wire(t).slice(1, 2 + layers.length)).toMatchObject([{ type: 'ipv4', src: ip('192.0.2.1'), dst: ip('192.0.2.2'), ttl: 64, df: true }, ...layers]);
    expect(packetBytes(wire(t))).toBe(98 + overhead);
    expect(t.steps.filter((s) => s.dev === device && (s.kind === 'transmit' || s.kind === 'receive') && s.role === 'request').map((s) => `${s.host} ${s.kind}`)).toEqual(['a transmit', 'b receive']);
  });

  test.each([
    ['DF is left out where the port says so', { df: false }, { df: false }],
    ['a TTL of its own', { ttl: 9 }, { ttl: 9 }],
    ['the TTL of what is inside', { ttl: 'inherit' }, { ttl: 33 }],
    ['a TOS of its own', { tos: 0x20 }, { tos: 0x20 }],
    ['the TOS of what is inside', { tos: 'inherit' }, { tos: 0x48 }],
  ] as const)('%s', (_, tunnel, outer) => expect(wire(ping(world({ tunnel: { tunnel } }), { ttl: 33, tos: 0x48 }))[1]).toMatchObject(outer));

  it('tells an error about the outer MTU as if the other end had sent it', () => {
    const t = ping(world({ a: { wire: 1400 } }), { size: 1372, df: true });
    expect(t.outcomes).toMatchObject([{ client: 'too-big', request: { verdict: 'rejected', error: { icmptype: 3, code: 4, mtu: 1350, from: ip('10.0.0.2') } } }]);
  });

  it('loses what no port is for', () => {
    const w = world();
    const other: World = { ...w, hosts: w.hosts.map((h) => (h.name === 'b' && h.ovs ? { ...h, ovs: h.ovs.map((b) => ({ ...b, ports: b.ports.map((p) => (p.tunnel ? { ...p, tunnel: { ...p.tunnel, key: 8 } } : p)) })) } : h)) };
    expect(ping(other).outcomes).toMatchObject([{ request: { verdict: 'dropped', host: 'b', dev: 'vxlan_sys_4789' } }]);
    expect(ping(other).steps.find((s) => s.kind === 'drop')).toMatchObject({ reason: 'no-tunnel-port' });
  });
});

/** tnl_find() (ofproto/tunnel.c): the key before the remote end, that before the own address; what is configured before what each packet says. */
test.each([
  ['the key', [{ name: 'any' }, { name: 'key', key: 7 }], 'key'],
  ['another key', [{ name: 'any' }, { name: 'key', key: 8 }], 'any'],
  ['the remote end', [{ name: 'any' }, { name: 'remote', remoteIp: 1 }], 'remote'],
  ['the key before the remote end', [{ name: 'remote', remoteIp: 1 }, { name: 'key', key: 7 }], 'key'],
  ['the own address', [{ name: 'any' }, { name: 'local', localIp: 2 }], 'local'],
  ['nobody', [{ name: 'remote', remoteIp: 9 }], undefined],
])('a packet out of a tunnel is for the port with %s', (_, ports, found) => {
  const bridge: BridgeText = { name: 'br0', ports: ports.map(({ name, ...tunnel }, i) => ({ name, ofport: i + 1, type: 'vxlan', tunnel })), flows: '' };
  const [host] = withBridges(worldFrom({ 'a/node.txt': machine(1), 'b/node.txt': machine(2) }), { a: [bridge] }).hosts;
  expect(host && tunnelPortFor(host, 'vxlan', 4789, 7, 1, 2)?.port.name).toBe(found);
});

describe('VLANs', () => {
  it('are inside of a tunnel when a rule adds them', () => {
    const t = ping(world({ flows: 'in_port=LOCAL actions=mod_vlan_vid:5,set_tunnel:7,output:1\nin_port=1,dl_vlan=5 actions=strip_vlan,LOCAL\n' }));
    expect(wire(t).slice(4, 6)).toMatchObject([{ type: 'eth', ethertype: 0x8100 }, { type: 'vlan', id: 5, ethertype: 0x0800 }]);
    expect(t.outcomes).toMatchObject([{ request: { verdict: 'delivered', host: 'b', dev: 'br0' } }]);
  });
});

describe('how long the frame is', () => {
  const FLOWS_CHECK = 'table=0,in_port=LOCAL,ip actions=check_pkt_larger(200)->NXM_NX_REG0[0],resubmit(,1)\ntable=1,reg0=0x1 actions=drop\ntable=1 actions=set_tunnel:7,output:1\ntable=0,in_port=1 actions=LOCAL\n';
  it.each([
    [100, 'delivered', ['0', '1']],
    [300, 'dropped', ['0', '1']],
  ] as const)('%d bytes of ping are %s', (size, verdict, tables) => {
    const t = ping(world({ flows: FLOWS_CHECK }), { size, reply: false });
    expect(t.outcomes).toMatchObject([{ request: { verdict } }]);
    // Only the side that this frame takes is told.
    expect(t.steps.flatMap((s) => (s.kind === 'openflow' && s.host === 'a' ? [String(s.table)] : []))).toEqual(tables);
  });
});

describe('ports that lead elsewhere', () => {
  const to = (port: PortText, more: Partial<BridgeText> = {}): World => world({ bridgeA: { ports: [{ ...VXLAN, tunnel: {} }, port], flows: 'in_port=LOCAL actions=output:2\n', ...more } });

  it('a queue of a virtual machine takes the packet out of sight of the kernel', () =>
    expect(ping(to({ name: 'vhu1', ofport: 2, type: 'dpdkvhostuserclient' })).outcomes).toMatchObject([{ request: { verdict: 'left', dev: 'vhu1' } }]));
  it('a device that no listing shows is asked for', () =>
    expect(ping(to({ name: 'veth9', ofport: 2 })).steps.find((s) => s.kind === 'unknown')).toMatchObject({ what: 'device', name: 'veth9', ask: 'ip -d link' }));
  it('a device that is down takes nothing', () => {
    const a = { more: '4: dummy9: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN group default qlen 1000\n    link/ether 0a:00:00:00:00:09 brd ff:ff:ff:ff:ff:ff promiscuity 0 \n    dummy ' };
    expect(ping(world({ a, bridgeA: { ports: [{ name: 'dummy9', ofport: 2 }], flows: 'in_port=LOCAL actions=output:2\n' } })).outcomes).toMatchObject([{ request: { verdict: 'dropped', dev: 'dummy9' } }]);
  });
  it('no port of that number drops it', () => expect(ping(world({ bridgeA: { flows: 'in_port=LOCAL actions=output:42\n' } })).outcomes).toMatchObject([{ request: { verdict: 'dropped', dev: 'br0' } }]));
});

describe('what cannot be told', () => {
  it.each([
    ['a controller without OVN’s words', 'in_port=LOCAL actions=CONTROLLER:65535\n', { what: 'controller', name: 'action' }],
    ['an action of OVN that hangs on more than the rule', 'in_port=LOCAL actions=controller(userdata=00.00.00.02.00.00.00.00)\n', { what: 'controller', name: 'put_dhcp_opts' }],
    ['a group that no listing has', 'in_port=LOCAL actions=group:5\n', { what: 'openflow', ask: 'ovs-ofctl -O OpenFlow15 dump-groups br0' }],
    ['a second tag', 'in_port=LOCAL actions=push_vlan:0x8100,push_vlan:0x8100,output:1\n', { what: 'openflow', name: 'push_vlan (a second tag)' }],
    ['a tag of 802.1ad', 'in_port=LOCAL actions=push_vlan:0x88a8,set_field:4101->vlan_vid,output:1\n', { what: 'openflow', name: 'push_vlan (802.1ad)' }],
    ['an action that nobody knows', 'in_port=LOCAL actions=frobnicate:5\n', { what: 'openflow' }],
  ])('%s', (_, flows, step) => {
    const t = ping(world({ bridgeA: { flows, more: { groups: undefined } } }));
    expect(t.steps.find((s) => s.kind === 'unknown')).toMatchObject({ dev: 'br0', ...step });
    expect(t.outcomes).toMatchObject([{ client: 'unknown' }]);
  });

  it('the number of a port', () => {
    const w = world();
    const unnumbered: World = { ...w, hosts: w.hosts.map((h) => (h.ovs ? { ...h, ovs: h.ovs.map((b) => ({ ...b, ports: b.ports.map((p) => (p.tunnel ? { ...p, ofport: undefined } : p)) })) } : h)) };
    expect(ping(unnumbered).steps.find((s) => s.kind === 'unknown')).toMatchObject({ what: 'openflow', ask: 'ovs-ofctl show br0' });
  });
});

it('rules that never end send nothing', () => {
  const t = ping(world({ flows: 'actions=resubmit(,0)\n' }));
  expect(t.steps.find((s) => s.kind === 'drop')).toMatchObject({ reason: 'openflow-limit' });
});

it('a copy for a port where nobody wants it does not count', () => {
  const t = trace(world({ flows: 'in_port=LOCAL actions=set_tunnel:7,output:1,output:2\nin_port=1 actions=LOCAL\n', bridgeA: { ports: [{ ...VXLAN, tunnel: { remoteIp: ip('192.0.2.2') } }, { name: 'vhu1', ofport: 2, type: 'dpdkvhostuserclient' }] } }), { from: at('a'), dst: ip('10.0.0.2'), proto: PROTO_UDP, dport: 9 });
  expect(t.outcomes).toMatchObject([{ request: { verdict: 'delivered', host: 'b' } }]);
  expect(ipOf(t.outcomes[0]?.request.seen ?? []).dst).toBe(ip('10.0.0.2'));
});

it('an outside client’s packet comes to the port that has the address, not to the NIC below', () => {
  const nic = { more: '4: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc mq master ovs-system state UP group default qlen 1000\n    link/ether 0a:00:00:00:00:09 brd ff:ff:ff:ff:ff:ff promiscuity 1 ' };
  const w = world({ a: nic, bridgeA: { ports: [{ name: 'eth1', ofport: 1 }], flows: 'dl_dst=0a:00:00:00:00:01 actions=LOCAL\nin_port=LOCAL actions=output:1\n' } });
  const t = trace(w, { from: { kind: 'outside', ip: ip('10.0.0.77'), host: 'a', dev: 'eth1' }, dst: ip('10.0.0.1'), proto: PROTO_ICMP });
  expect(t.outcomes).toMatchObject([{ request: { verdict: 'delivered', dev: 'br0' } }]);
});

test.each([
  ['UP,LOWER_UP', 'eth8'],
  ['NO-CARRIER,UP', 'eth9'],
])('a bucket that watches a port with <%s> leads to %s', (flags, dev) => {
  const nic = (i: number, name: string, own: string): string => `${i}: ${name}: <BROADCAST,MULTICAST,${own}> mtu 1500 qdisc mq state UP group default qlen 1000\n    link/ether 0a:00:00:00:00:0${i} brd ff:ff:ff:ff:ff:ff promiscuity 1 `;
  const w = world({ a: { more: `${nic(8, 'eth8', flags)}\n${nic(9, 'eth9', 'UP,LOWER_UP')}` }, bridgeA: { ports: [{ name: 'eth8', ofport: 8 }, { name: 'eth9', ofport: 9 }], flows: 'in_port=LOCAL actions=group:1\n', groups: 'group_id=1,type=ff,bucket=watch_port:8,actions=output:8,bucket=watch_port:9,actions=output:9\n' } });
  expect(ping(w).outcomes).toMatchObject([{ request: { verdict: 'left', dev } }]);
});
