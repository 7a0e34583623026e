import { describe, expect, it } from 'vitest';
import { formatIp4, parseIp4 } from '../../packet/address.ts';
import { ipOf, type Packet, PROTO_ICMP } from '../../packet/packet.ts';
import { packetBytes } from '../../packet/sizes.ts';
import { at, worldFrom } from '../../testing/sample.ts';
import { newSim } from '../sim.ts';
import { trace } from '../trace.ts';
import { ecnDecapsulate, ecnEncapsulate } from './ecn.ts';
import { findTunnel } from './ipTunnel.ts';

const ip = (text: string): number => parseIp4(text) ?? 0;

interface Side {
  readonly kind: string;
  readonly mtu?: number;
  readonly more?: string;
  readonly fdb?: string;
  readonly links?: string;
}

const UP = '<BROADCAST,MULTICAST,UP,LOWER_UP>';

/** A machine 10.0.0.N on the wire with the tunnel device t0, 10.9.0.N. */
const machine = (n: number, { kind, mtu = 1400, more = '', fdb = '', links = '' }: Side): string => {
  const ether = !/^(?:ipip|gre) /.test(kind);
  const other = 3 - n;
  return `$ ip -d addr show
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00 promiscuity 0 
    inet 127.0.0.1/8 scope host lo
2: eth0: ${UP} mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 02:00:00:00:00:0${n} brd ff:ff:ff:ff:ff:ff promiscuity 0 
    inet 10.0.0.${n}/24 brd 10.0.0.255 scope global eth0
3: t0: ${ether ? UP : '<POINTOPOINT,NOARP,UP,LOWER_UP>'} mtu ${mtu} qdisc noqueue state UNKNOWN group default qlen 1000
    ${ether ? `link/ether 02:00:00:00:09:0${n} brd ff:ff:ff:ff:ff:ff` : `link/${kind.split(' ')[0]} 0.0.0.0 brd 0.0.0.0`} promiscuity 0 
    ${kind} addrgenmode none 
    inet 10.9.0.${n}/24 scope global t0
${links}
$ ip route show
10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.${n}
10.9.0.0/24 dev t0 proto kernel scope link src 10.9.0.${n}

$ ip neigh
10.0.0.${other} dev eth0 lladdr 02:00:00:00:00:0${other} PERMANENT
${ether ? `10.9.0.${other} dev t0 lladdr 02:00:00:00:09:0${other} PERMANENT` : ''}
${fdb === '' ? '' : `\n$ bridge fdb show\n${fdb}\n`}
${more}
`;
};

const world = (a: Side, b: Side) => worldFrom({ 'a/node.txt': machine(1, a), 'b/node.txt': machine(2, b) });
const ping = (more: object = {}) => ({ from: at('a'), dst: ip('10.9.0.2'), proto: PROTO_ICMP, ...more });

/** The first packet that leaves a's NIC. */
function onWire(a: Side, b: Side, probe: object = {}): Packet {
  const t = trace(world(a, b), ping(probe));
  return t.steps.find((s) => s.kind === 'transmit' && s.host === 'a' && s.dev === 'eth0')?.packet ?? [];
}

const VXLAN = 'vxlan id 7 remote 10.0.0.2 srcport 0 0 dstport 4789 nolearning ttl auto';
const FAR: Side = { kind: 'vxlan id 7 remote 10.0.0.1 srcport 0 0 dstport 4789 nolearning ttl auto' };

describe('ECN', () => {
  it.each([
    // outer, inner, on the wire (RFC 6040 §4.1 in the form of INET_ECN_encapsulate())
    [0x00, 0x00, 0x00],
    [0x00, 0x01, 0x01],
    [0x00, 0x02, 0x02],
    [0x00, 0x03, 0x02],
    [0x10, 0x2a, 0x12],
    [0x2b, 0x28, 0x28],
  ])('wraps tos %i around %i as %i', (outer, inner, wire) => expect(ecnEncapsulate(outer, inner)).toBe(wire));

  const packet = (tos: number): Packet => [{ type: 'ipv4', src: 1, dst: 2, proto: 17, ttl: 64, tos, df: false, mf: false, offset: 0 }];
  it.each([
    [0, 0, 0],
    [1, 0, 0],
    [2, 0, 0],
    [3, 0, undefined],
    [3, 1, 3],
    [3, 2, 3],
    [1, 2, 1],
    [1, 3, 3],
    [0, 3, 3],
    [2, 1, 1],
  ])('unwraps outer %i, inner %i to %s', (outer, inner, result) => {
    const out = ecnDecapsulate(outer, packet(0x28 | inner));
    expect(out && ipOf(out).tos).toBe(result === undefined ? undefined : 0x28 | result);
  });
});

describe('the outer header', () => {
  it.each([
    ['ipip any remote 10.0.0.2 local any ttl inherit pmtudisc', 20, { ttl: 7, tos: 2, df: true }],
    ['ipip any remote 10.0.0.2 local any ttl inherit nopmtudisc', 20, { ttl: 7, tos: 2, df: false }],
    ['ipip any remote 10.0.0.2 local any ttl 33 tos inherit pmtudisc', 20, { ttl: 33, tos: 0x2a, df: true }],
    ['ipip any remote 10.0.0.2 local any ttl 33 tos 0x10 pmtudisc', 20, { ttl: 33, tos: 0x12, df: true }],
    ['gre remote 10.0.0.2 local any ttl inherit', 24, { ttl: 7, df: true }],
    ['gre remote 10.0.0.2 local any ttl inherit okey 0.0.0.5', 28, {}],
    ['gre remote 10.0.0.2 local any ttl inherit okey 0.0.0.5 oseq ocsum', 36, {}],
    ['gretap remote 10.0.0.2 local any ttl inherit', 38, { ttl: 7 }],
    [VXLAN, 50, { ttl: 64, tos: 2, df: false }],
    [VXLAN.replace('ttl auto', 'tos inherit ttl inherit df set'), 50, { ttl: 7, tos: 0x2a, df: true }],
    [VXLAN.replace('ttl auto', 'tos 0x10 ttl 9 df inherit'), 50, { ttl: 9, tos: 0x12, df: false }],
    ['geneve id 7 remote 10.0.0.2 ttl auto dstport 6081', 50, { ttl: 64, tos: 2, df: false }],
  ])('of %s: %i bytes more', (kind, overhead, fields) => {
    const packet = onWire({ kind }, FAR, { ttl: 7, tos: 0x2a, df: false, size: 0 });
    expect(packet.find((h) => h.type === 'ipv4')).toMatchObject({ src: ip('10.0.0.1'), dst: ip('10.0.0.2'), ...fields });
    expect(packetBytes(packet)).toBe(14 + overhead + 28);
  });

  it('has a source port from the range of the namespace, or of the device, the same for all packets of a flow', () => {
    const ports = (kind: string): readonly number[] =>
      trace(world({ kind }, FAR), ping({ size: 3000, df: false })).steps.flatMap((s) => {
        const udp = s.kind === 'transmit' && s.host === 'a' && s.dev === 'eth0' ? s.packet.find((h) => h.type === 'udp') : undefined;
        return udp ? [udp.sport] : [];
      });
    expect(new Set(ports(VXLAN)).size).toBe(1);
    expect(ports(VXLAN)[0]).toBeGreaterThanOrEqual(32768);
    expect(ports(VXLAN.replace('0 0', '5000 5001'))[0]).toBe(5000);
  });
});

describe('a tunnel that has what nobody can know', () => {
  it.each([
    ['vxlan external id 0 srcport 0 0 dstport 4789 nolearning ttl auto', '', 'tunnel', /external/],
    [`${VXLAN} gbp`, '', 'tunnel', /gbp/],
    [VXLAN.replace('remote 10.0.0.2', 'group 239.1.1.1'), '', 'tunnel', /group/],
    [VXLAN.replace('remote 10.0.0.2 ', ''), '', 'fdb', /bridge fdb show dev t0/],
    [VXLAN, '02:00:00:00:09:02 dev t0 nhid 5 self permanent', 'fdb', /nhid 5/],
    ['ipip any remote 10.0.0.2 local any ttl inherit pmtudisc encap fou encap-sport auto encap-dport 5555', '', 'tunnel', /encap fou/],
    ['gretap external', '', 'tunnel', /external/],
    ['geneve external id 0 ttl auto dstport 6081', '', 'tunnel', /external/],
  ])('ends the walk by name: %s %s', (kind, fdb, what, name) => {
    const last = trace(world({ kind, fdb }, FAR), ping()).steps.at(-1);
    expect(last).toMatchObject({ kind: 'unknown', what });
    expect(last?.kind === 'unknown' ? last.name : '').toMatch(name);
  });
});

describe('ip_tunnel_lookup()', () => {
  const device = (index: number, name: string, kind: string, up = true): string =>
    `${index}: ${name}: <NOARP${up ? ',UP,LOWER_UP' : ''}> mtu 1400 qdisc noqueue state UNKNOWN group default qlen 1000\n    link/${kind.split(' ')[0]} 0.0.0.0 brd 0.0.0.0 promiscuity 0 \n    ${kind} addrgenmode none \n`;
  const REST = 'ttl inherit pmtudisc';
  const both = `ipip any remote 10.0.0.1 local 10.0.0.2 ${REST}`;
  const remote = `ipip any remote 10.0.0.1 local any ${REST}`;
  const local = `ipip any remote any local 10.0.0.2 ${REST}`;
  const any = `ipip any remote any local any ${REST}`;
  it.each([
    ['both ends before all', [device(10, 'any', any), device(11, 'local', local), device(12, 'remote', remote), device(13, 'both', both)], 'both'],
    ['the remote before the local', [device(10, 'any', any), device(11, 'local', local), device(12, 'remote', remote)], 'remote'],
    ['the local before neither', [device(10, 'any', any), device(11, 'local', local)], 'local'],
    ['neither at last', [device(10, 'any', any), device(11, 'x', both.replace('10.0.0.1', '10.0.0.9'))], 'any'],
    ['none that is down', [device(10, 'any', any), device(11, 'both', both, false)], 'any'],
    ['one bound to the device where the packet came in, even if it has the remote alone', [device(10, 'both', both), device(11, 'bound', remote.replace('ttl', 'dev eth0 ttl'))], 'bound'],
    ['one bound elsewhere for want of a better', [device(11, 'bound', both.replace('ttl', 'dev eth9 ttl'))], 'bound'],
    ['nothing where nothing fits', [device(11, 'x', both.replace('10.0.0.1', '10.0.0.9'))], undefined],
  ])('finds %s', (_, devices, name) => {
    const sim = newSim(world({ kind: VXLAN }, { kind: VXLAN, links: devices.join('') }), ping(), {});
    const ns = sim.ns('b', null);
    expect(ns && findTunnel({ ns, dev: 'eth0' }, { kind: 'ipip', iif: 'eth0', remote: ip('10.0.0.1'), local: ip('10.0.0.2'), key: undefined })?.name).toBe(name);
  });

  it.each([
    [undefined, undefined, true],
    ['ikey 0.0.0.5', 5, true],
    ['ikey 0.0.0.5', 6, false],
    ['ikey 0.0.0.5', undefined, false],
    [undefined, 5, false],
  ])('GRE with %s takes key %s: %s', (ikey, key, found) => {
    const kind = `gre remote 10.0.0.1 local 10.0.0.2 ttl inherit${ikey === undefined ? '' : ` ${ikey}`}`;
    const sim = newSim(world({ kind: VXLAN }, { kind: VXLAN, links: device(10, 'g', kind) }), ping(), {});
    const ns = sim.ns('b', null);
    expect(ns && findTunnel({ ns, dev: 'eth0' }, { kind: 'gre', iif: 'eth0', remote: ip('10.0.0.1'), local: ip('10.0.0.2'), key })?.name).toBe(found ? 'g' : undefined);
  });
});

describe('the forwarding table of a VXLAN device', () => {
  const sent = (kind: string, fdb: string): readonly string[] =>
    trace(world({ kind, fdb }, FAR), ping({ reply: false })).steps.flatMap((s) => (s.kind === 'encap' && s.host === 'a' ? [`${formatIp4(s.outerDst)} ${s.fdb}`] : []));
  it.each([
    ['02:00:00:00:09:02 dev t0 dst 10.0.0.7 self permanent', ['10.0.0.7 entry']],
    ['02:00:00:00:09:77 dev t0 dst 10.0.0.7 self permanent', ['10.0.0.2 default']],
    ['00:00:00:00:00:00 dev t0 dst 10.0.0.7 self permanent\n00:00:00:00:00:00 dev t0 dst 10.0.0.2 self permanent\n00:00:00:00:00:00 dev t0 dst 10.0.0.8 self permanent', ['10.0.0.2 default', '10.0.0.8 default', '10.0.0.7 default']],
    ['02:00:00:00:09:02 dev t0 master br0 permanent', ['10.0.0.2 default']],
  ])('leads by %s', (fdb, to) => expect(sent(VXLAN, fdb)).toEqual(to));

  it('loses a frame that it has nothing for', () => {
    const t = trace(world({ kind: VXLAN.replace('remote 10.0.0.2 ', ''), fdb: '33:33:00:00:00:01 dev eth0 self permanent' }, FAR), ping());
    expect(t.steps.at(-1)).toMatchObject({ kind: 'drop', reason: 'no-fdb' });
  });
});
