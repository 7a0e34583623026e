import { describe, expect, it, test } from 'vitest';
import { formatIp4 } from '../../packet/address.ts';
import { ipOf, isPorted, l4Of, type Packet, PROTO_ICMP, PROTO_TCP, PROTO_UDP } from '../../packet/packet.ts';
import { withBridges } from '../../testing/ovs.ts';
import { at, ip, worldFrom } from '../../testing/sample.ts';
import type { Probe } from '../probe.ts';
import type { Role } from '../step.ts';
import { trace } from '../trace.ts';
import type { Trace } from '../trace-types.ts';

/* Two pods on one bridge, whose rules are given: what ct() does with their packets (net/openvswitch/conntrack.c, nf_nat_ovs.c). */

const UP = '<BROADCAST,MULTICAST,UP,LOWER_UP>';
const pod = (n: number, more = ''): string => `$ ip -d addr show
3: eth0@if1${n}: ${UP} mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether 0a:00:00:00:00:0${n} brd ff:ff:ff:ff:ff:ff link-netnsid 0 promiscuity 0 
    veth 
    inet 10.0.0.${n}/24 brd 10.0.0.255 scope global eth0
$ ip route show
10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.${n}
$ ip neigh
10.0.0.${3 - n} dev eth0 lladdr 0a:00:00:00:00:0${3 - n} PERMANENT
10.0.0.100 dev eth0 lladdr 0a:00:00:00:00:0${3 - n} PERMANENT
10.0.0.101 dev eth0 lladdr 0a:00:00:00:00:0${3 - n} PERMANENT
$ sysctl net.ipv4.ip_forward
net.ipv4.ip_forward = 0
${more}
`;
const host = (more = ''): string => `$ ip -d link show
${[1, 2].map((n) => `1${n}: veth${n}@if3: ${UP} mtu 1500 qdisc noqueue master ovs-system state UP mode DEFAULT group default qlen 1000
    link/ether aa:00:00:00:00:0${n} brd ff:ff:ff:ff:ff:ff link-netnsid ${n - 1} promiscuity 1 
    veth 
    openvswitch_slave `).join('\n')}
${more}
`;

interface Case {
  readonly flows: string;
  readonly pod2?: string;
  readonly host?: string;
}

function run({ flows, pod2 = '', host: more = '' }: Case, probe: Partial<Probe> = {}): Trace {
  const files = { 'h/node.txt': host(more), 'h/netns/p1/pod.txt': pod(1), 'h/netns/p2/pod.txt': pod(2, pod2) };
  const world = withBridges(worldFrom(files), { h: [{ name: 'br0', ports: [{ name: 'veth1', ofport: 1 }, { name: 'veth2', ofport: 2 }], flows }] });
  return trace(world, { from: at('h', 'p1'), dst: ip('10.0.0.2'), proto: PROTO_TCP, dport: 80, sport: 4000, ...probe });
}

/** ct_state behind each ct(), in order. */
const states = (t: Trace, role: Role = 'request'): readonly number[] => t.steps.flatMap((s) => (s.kind === 'ovs-action' && s.action.kind === 'ct' && s.role === role ? [s.action.state] : []));
const ends = (packet: Packet | undefined): string => {
  const { src, dst } = ipOf(packet ?? []);
  const l4 = l4Of(packet ?? []);
  return isPorted(l4) ? `${formatIp4(src)}:${l4.sport} > ${formatIp4(dst)}:${l4.dport}` : `${formatIp4(src)} > ${formatIp4(dst)}`;
};
const entries = (t: Trace) => t.conntrack.filter((c) => c.netns === null).map((c) => c.entry);

const BACK = 'in_port=2,ip actions=output:1\n';

describe('what is committed', () => {
  it('has zone, mark and label', () => {
    const t = run({ flows: `in_port=1,ip actions=ct(commit,zone=5,exec(load:0x2->NXM_NX_CT_MARK[],set_field:0x5->ct_label)),output:2\n${BACK}` });
    expect(entries(t)).toMatchObject([{ zone: 5, mark: 2, label: [0, 0, 0, 5], confirmed: true, seenReply: false }]);
    expect(t.outcomes[0]?.client).toBe('answer');
  });

  it('keeps the bits of its mark that are not masked', () => {
    const t = run({ flows: `in_port=1,ip actions=ct(commit,zone=5,exec(set_field:0x2/0x2->ct_mark)),ct(commit,zone=5,exec(set_field:0x8/0x8->ct_mark)),output:2\n${BACK}` });
    expect(entries(t)).toMatchObject([{ mark: 10 }]);
  });

  it('is one entry a zone', () => {
    const t = run({ flows: `in_port=1,ip actions=ct(commit,zone=1),ct(commit,zone=2),output:2\n${BACK}` });
    expect(entries(t).map((e) => e.zone)).toEqual([1, 2]);
  });

  it('is nothing without commit: an answer then belongs to no connection', () => {
    const t = run({ flows: 'table=0,ip actions=ct(table=1,zone=1)\ntable=1,in_port=1 actions=output:2\ntable=1,in_port=2 actions=output:1\n' });
    expect(entries(t)).toEqual([]);
    // new|trk, and inv|trk for a SYN,ACK without a SYN.
    expect([states(t), states(t, 'reply')]).toEqual([[0x21], [0x30]]);
  });
});

describe('ct_state', () => {
  const TRACKED = 'table=0,ip actions=ct(table=1,zone=1)\ntable=1,in_port=1,ct_state=+new+trk,ip actions=ct(commit,zone=1),output:2\ntable=1,in_port=1,ct_state=+est+trk,ip actions=output:2\ntable=1,in_port=2,ip actions=output:1\n';

  it('is new both times for what has no answer yet, then established in reply direction', () => {
    const t = run({ flows: TRACKED });
    expect([states(t), states(t, 'reply')]).toEqual([[0x21, 0x21], [0x2a]]);
  });
  it('is related for an error about the connection', () => {
    const t = run({ flows: TRACKED, pod2: '$ ss -lntu\nNetid State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n' }, { proto: PROTO_UDP });
    expect(states(t, 'error')).toEqual([0x2c]);
    expect(t.outcomes).toMatchObject([{ client: 'refused' }]);
  });
  it('is gone behind ct_clear', () => {
    const t = run({ flows: 'table=0,ip actions=ct(table=1,zone=1)\ntable=1 actions=ct_clear,resubmit(,2)\ntable=2,ct_state=-trk,in_port=1 actions=output:2\ntable=2 actions=drop\n' }, { reply: false });
    expect(t.outcomes).toMatchObject([{ request: { verdict: 'delivered' } }]);
  });
});

describe('nat', () => {
  const NAT = (nat: string): string => `table=0,in_port=1,ip actions=ct(commit,zone=1,table=1,${nat})\ntable=1 actions=output:2\ntable=0,in_port=2,ip actions=ct(table=2,zone=1,nat)\ntable=2 actions=output:1\n`;

  test.each([
    ['nat(src=10.0.0.100)', '10.0.0.100:4000 > 10.0.0.2:80'],
    ['nat(src=10.0.0.100:5000)', '10.0.0.100:5000 > 10.0.0.2:80'],
    ['nat(dst=10.0.0.2:8080)', '10.0.0.1:4000 > 10.0.0.2:8080'],
    // Without an address only a port that is taken would change.
    ['nat(src)', '10.0.0.1:4000 > 10.0.0.2:80'],
    ['nat(src=0.0.0.0)', '10.0.0.1:4000 > 10.0.0.2:80'],
    ['nat', '10.0.0.1:4000 > 10.0.0.2:80'],
  ])('%s makes it %s, and the answer is put back', (nat, seen) => {
    const t = run({ flows: NAT(nat) });
    expect(ends(t.outcomes[0]?.request.seen)).toBe(seen);
    expect([ends(t.outcomes[0]?.reply?.seen), t.outcomes[0]?.client]).toEqual(['10.0.0.2:80 > 10.0.0.1:4000', 'answer']);
  });

  it('takes one address of a range, the same for the same ends', () => {
    const seen = [4000, 4001].map((sport) => ends(run({ flows: NAT('nat(src=10.0.0.100-10.0.0.101)') }, { sport }).outcomes[0]?.request.seen));
    expect(seen[0]?.split(':')[0]).toBe(seen[1]?.split(':')[0]);
    expect(['10.0.0.100', '10.0.0.101']).toContain(seen[0]?.split(':')[0]);
  });

  it('leaves replies as they are where no rule asks for nat', () => {
    const t = run({ flows: `in_port=1,ip actions=ct(commit,zone=1,table=1,nat(src=10.0.0.100))\ntable=1 actions=output:2\n${BACK}` });
    expect(ends(t.steps.findLast((s) => s.role === 'reply')?.packet)).toBe('10.0.0.2:80 > 10.0.0.100:4000');
    expect(t.outcomes[0]?.client).toBe('timeout');
  });

  it('turns back what an error quotes', () => {
    const t = run({ flows: NAT('nat(src=10.0.0.100)'), pod2: '$ ss -lntu\nNetid State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n' }, { proto: PROTO_UDP });
    expect(t.outcomes).toMatchObject([{ client: 'refused', request: { verdict: 'rejected', error: { kind: 'icmp', icmptype: 3, code: 3, from: ip('10.0.0.2') } } }]);
  });
});

it('force makes the packet at hand the first of its connection', () => {
  const t = run({ flows: 'in_port=1,ip actions=ct(commit,zone=1),output:2\nin_port=2,ip actions=ct(commit,force,zone=1),output:1\n' }, { proto: PROTO_UDP });
  expect(entries(t).map((e) => formatIp4(e.orig.src.ip))).toEqual(['10.0.0.2']);
});

it('shares zone 0 with iptables, and no other', () => {
  const nat = '$ iptables-save\n*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j ACCEPT\nCOMMIT\n';
  const given = (zone: string): string => `$ conntrack -L\nudp 17 30 src=10.0.0.1 dst=10.0.0.2 sport=4000 dport=80 src=10.0.0.2 dst=10.0.0.1 sport=80 dport=4000 ${zone}mark=7 use=1\n`;
  const seen = (zone: string): number => states(run({ flows: `in_port=1,ip actions=ct(table=1)\ntable=1 actions=output:2\n${BACK}`, host: nat + given(zone) }, { proto: PROTO_UDP, reply: false }))[0] ?? 0;
  expect([seen(''), seen('zone=3 ')]).toEqual([0x22, 0x21]);
});

it('a ping’s answer, which rules make of its question, is the router’s', () => {
  const turn = 'in_port=1,icmp,icmp_type=8 actions=push:NXM_OF_IP_SRC[],push:NXM_OF_IP_DST[],pop:NXM_OF_IP_SRC[],pop:NXM_OF_IP_DST[],push:NXM_OF_ETH_SRC[],push:NXM_OF_ETH_DST[],pop:NXM_OF_ETH_SRC[],pop:NXM_OF_ETH_DST[],load:0xff->NXM_NX_IP_TTL[],load:0->NXM_OF_ICMP_TYPE[],IN_PORT\n';
  const t = run({ flows: turn }, { proto: PROTO_ICMP });
  expect(t.outcomes).toMatchObject([{ client: 'answer', request: { verdict: 'delivered', host: 'h', netns: null, dev: 'br0' } }]);
  expect(ipOf(t.outcomes[0]?.reply?.seen ?? []).ttl).toBe(255);
});
