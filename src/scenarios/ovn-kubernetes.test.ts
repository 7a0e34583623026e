import { describe, expect, it } from 'vitest';
import { worldOf } from '../cluster/world.ts';
import type { Probe } from '../engine/probe.ts';
import { trace, traceAll } from '../engine/trace.ts';
import type { Trace } from '../engine/trace-types.ts';
import { formatIp4 } from '../packet/address.ts';
import { ipOf, type Packet, PROTO_ICMP, PROTO_UDP } from '../packet/packet.ts';
import { packetBytes } from '../packet/sizes.ts';
import { at, framesOf, ip, rulesOf, tcp } from '../testing/sample.ts';
import { loadScenario } from './files.node.ts';
import { ovnKubernetes } from './ovn-kubernetes/scenario.ts';

/* The numbers are those of the document, of the listings, and of what an OVN-Kubernetes of that kind shows. */

const on = worldOf(loadScenario(ovnKubernetes, { nodeport: 'on' }));
const off = worldOf(loadScenario(ovnKubernetes, { nodeport: 'off' }));
const { world } = on;

const W = 'worker1.twcm.cloud';
const M = 'master1.twcm.cloud';
const POD = at(W, 'client-0');
const CLIENT = at('client');
const NODE = at(W);
const NODEPORT = tcp(CLIENT, '50.50.51.24', 31785);

/** The branch in which the load balancer picks this endpoint. */
function picking(probe: Probe, endpoint: string, given = world): Trace {
  const branch = traceAll(given, probe).branches.find((b) => b.trace.choices.some((c) => c.kind === 'ovs-group' && c.options[c.taken]?.endsWith(` ${endpoint}`)));
  if (!branch) throw new Error(`nothing picks ${endpoint}`);
  return branch.trace;
}

const headline = (packet: Packet): string => {
  const { src, dst, ttl } = ipOf(packet);
  return `${formatIp4(src)} > ${formatIp4(dst)} ttl ${ttl}`;
};
const seen = (t: Trace): string => headline(t.outcomes[0]?.request.seen ?? []);
const replied = (t: Trace): string => headline(t.outcomes[0]?.reply?.seen ?? []);
const wireOf = (t: Trace, dev = 'enp131s0f0', host = W): Packet => t.steps.find((s) => s.kind === 'transmit' && s.host === host && s.dev === dev && s.role === 'request')?.packet ?? [];
const inTunnel = (packet: Packet): boolean => packet.some((h) => h.type === 'geneve');
/** Tables and chains of iptables that a node's own namespace asked about the packet itself, or about the tunnel's packet around it. */
const asked = (t: Trace, { tunnelled = false, role = 'request' }: { readonly tunnelled?: boolean; readonly role?: string } = {}): readonly string[] =>
  [...new Set(t.steps.flatMap((s) => (s.host === W && s.netns === null && s.role === role && (s.kind === 'table' || s.kind === 'rule') && inTunnel(s.packet) === tunnelled ? [s.kind === 'table' ? s.table : s.chain] : [])))];
const tables = (t: Trace, bridge: string, role = 'request', host = W): readonly number[] => t.steps.flatMap((s) => (s.kind === 'openflow' && s.host === host && s.bridge === bridge && s.role === role ? [s.table] : []));
const zones = (t: Trace, host = W): readonly number[] => [...new Set(t.conntrack.filter((c) => c.host === host && c.netns === null).map((c) => c.entry.zone ?? 0))].toSorted((a, b) => a - b);

const natOf = (files: Readonly<Record<string, string>>, host: string): readonly string[] => /^\*nat\n([^]*?)^COMMIT$/m.exec(files[`${host}/node.txt`] ?? '')?.[1]?.split('\n') ?? [];

describe('what the document shows', () => {
  it.each([W, M])('%s: the two states’ nat tables differ in one line', (host) => {
    const without = natOf(off.files, host);
    expect(natOf(on.files, host).filter((l) => !without.includes(l))).toEqual(['-A OVN-KUBE-NODEPORT -p tcp -m addrtype --dst-type LOCAL -m tcp --dport 31785 -j DNAT --to-destination 172.30.44.86:80']);
    expect(without.filter((l) => !natOf(on.files, host).includes(l))).toEqual([]);
  });

  const netns = world.hosts.find((h) => h.name === W)?.netns[0];
  it('has kubelet’s chains beside, two of them without a reference', () => {
    const nat = netns?.tables?.find((t) => t.name === 'nat');
    const references = (chain: string): number => nat?.chains.flatMap((c) => c.rules).filter((r) => r.text.includes(`-j ${chain}`)).length ?? -1;
    expect(['KUBE-MARK-MASQ', 'KUBE-MARK-DROP', 'KUBE-KUBELET-CANARY', 'KUBE-POSTROUTING', 'OVN-KUBE-SNAT-MGMTPORT', 'OVN-KUBE-NODEPORT', 'OVN-KUBE-EXTERNALIP', 'OVN-KUBE-ETP'].map((c) => [c, references(c)])).toEqual([
      ['KUBE-MARK-MASQ', 0], ['KUBE-MARK-DROP', 0], ['KUBE-KUBELET-CANARY', 0], ['KUBE-POSTROUTING', 1], ['OVN-KUBE-SNAT-MGMTPORT', 1], ['OVN-KUBE-NODEPORT', 2], ['OVN-KUBE-EXTERNALIP', 2], ['OVN-KUBE-ETP', 1],
    ]);
    expect(nat?.chains.find((c) => c.name === 'KUBE-POSTROUTING')?.rules).toHaveLength(3);
  });

  it('has the seven routes of netstat -nr', () => {
    const main = netns?.routes.filter((r) => r.table === 'main').map((r) => `${formatIp4(r.dst.ip)}/${r.dst.prefixLen} ${r.nexthops.map((h) => `${h.via === undefined ? '-' : formatIp4(h.via)} ${h.dev}`).join()}`);
    expect(main?.toSorted()).toEqual([
      '0.0.0.0/0 50.50.51.10 br-ex', '10.128.0.0/14 10.131.0.1 ovn-k8s-mp0', '10.131.0.0/23 - ovn-k8s-mp0', '169.254.169.0/30 50.50.51.10 br-ex', '169.254.169.3/32 10.131.0.1 ovn-k8s-mp0', '172.30.0.0/16 50.50.51.10 br-ex', '50.50.51.0/24 - br-ex',
    ]);
  });

  it('has the bridges, the management port and the tunnels', () => {
    const bridges = world.hosts.find((h) => h.name === W)?.ovs;
    expect(bridges?.map((b) => [b.name, b.failMode, b.ports.length, b.flows?.length]).toSorted()).toEqual([['br-ex', 'standalone', 3, 28], ['br-int', 'secure', 11, 1143]]);
    expect(netns?.links.find((l) => l.name === 'ovn-k8s-mp0')).toMatchObject({ mtu: 1400, mac: 'ee:45:a3:53:06:65', kind: 'openvswitch' });
    expect(bridges?.flatMap((b) => b.ports).flatMap((p) => (p.tunnel ? [`${p.name} ${p.type} ${typeof p.tunnel.remoteIp === 'number' ? formatIp4(p.tunnel.remoteIp) : ''} ${p.tunnel.key} ${p.tunnel.csum}`] : [])).toSorted()).toEqual([
      'ovn-5e8778-0 geneve 50.50.51.22 flow true', 'ovn-84a2f7-0 geneve 50.50.51.23 flow true', 'ovn-f95ec3-0 geneve 50.50.51.21 flow true',
    ]);
  });

  it('takes nine OpenFlow rules off each node with the NodePort', () => {
    const rules = (w: typeof world): readonly number[] => w.hosts.flatMap((h) => h.ovs ?? []).map((b) => b.flows?.length ?? 0);
    expect(rules(world).map((n, i) => n - (rules(off.world)[i] ?? 0)).toSorted((a, b) => a - b)).toEqual([2, 2, 7, 7]);
  });
});

describe('pod to pod', () => {
  it('on the same node: one switch, no router, no iptables, no route of the host', () => {
    const t = trace(world, tcp(POD, '10.131.0.20', 8080));
    expect([seen(t), replied(t), t.outcomes[0]?.client]).toEqual(['10.131.0.21 > 10.131.0.20 ttl 64', '10.131.0.20 > 10.131.0.21 ttl 64', 'answer']);
    expect(asked(t)).toEqual([]);
    expect(t.steps.some((s) => s.host === W && s.netns === null && s.kind === 'fib')).toBe(false);
    expect(tables(t, 'br-ex')).toEqual([]);
  });

  const far = trace(world, tcp(POD, '10.128.0.15', 8080));
  it('on another node: one router, on the sender’s node', () => {
    expect([seen(far), replied(far), far.outcomes[0]?.client]).toEqual(['10.131.0.21 > 10.128.0.15 ttl 63', '10.128.0.15 > 10.131.0.21 ttl 63', 'answer']);
    // The ports towards the nodes’ switches are bound to their nodes (`gateway chassis`): the router’s second half and the switch are walked there.
    const there = tables(far, 'br-int', 'request', M);
    expect([there.slice(0, 3), there.includes(20)]).toEqual([[0, 40, 41], true]);
  });

  it('carries 58 bytes more: the router’s key as VNI, and in one option the ports that it came in by and goes out by', () => {
    expect(wireOf(far).slice(1, 4)).toMatchObject([
      { src: ip('50.50.51.24'), dst: ip('50.50.51.21'), ttl: 64, df: true },
      { dport: 6081 },
      { type: 'geneve', vni: 2, optionBytes: 8, options: [{ optClass: 0x102, optType: 0x80, hex: '00020005' }] },
    ]);
    const inner = far.steps.find((s) => s.kind === 'transmit' && s.dev === 'eth0' && s.netns === 'client-0' && s.role === 'request')?.packet ?? [];
    expect(packetBytes(wireOf(far)) - packetBytes(inner)).toBe(20 + 8 + 8 + 8 + 14);
  });

  it('asks the node’s iptables about the tunnel’s packet only', () => {
    expect(asked(far)).toEqual([]);
    expect(asked(far, { tunnelled: true })).toEqual(expect.arrayContaining(['nat', 'filter']));
  });

  it('is seen on the pod’s veth, the tunnels’ device, br-ex and the NIC', () =>
    expect(framesOf(far).map((f) => f.split(' ').slice(0, 3).join(' '))).toEqual([
      `${W}/client-0 eth0 out`, `${W} d10af31c1d33dac in`, `${W} genev_sys_6081 out`, `${W} br-ex out`, `${W} enp131s0f0 out`,
      `${M} enp131s0f0 in`, `${M} br-ex in`, `${M} genev_sys_6081 in`, `${M} c41e0d5b7a9f382 out`, `${M}/web-1 eth0 in`,
    ]));
});

describe('the cluster IP', () => {
  it.each([
    ['10.131.0.20:8080', '10.131.0.21 > 10.131.0.20 ttl 63', '172.30.44.86 > 10.131.0.21 ttl 64'],
    ['10.128.0.15:8080', '10.131.0.21 > 10.128.0.15 ttl 63', '172.30.44.86 > 10.131.0.21 ttl 63'],
  ])('from a pod to %s: the client is kept, the router takes one off, iptables has no part', (endpoint, request, reply) => {
    const t = picking(tcp(POD, '172.30.44.86', 80), endpoint);
    expect([seen(t), replied(t), t.outcomes[0]?.client]).toEqual([request, reply, 'answer']);
    expect([asked(t), asked(t, { role: 'reply' })]).toEqual([[], []]);
  });

  it('from the node: by br-ex as 169.254.169.2, twice more by routers', () => {
    const t = picking(tcp(NODE, '172.30.44.86', 80), '10.131.0.20:8080');
    expect([seen(t), replied(t), t.outcomes[0]?.client]).toEqual(['100.64.0.5 > 10.131.0.20 ttl 62', '172.30.44.86 > 50.50.51.24 ttl 62', 'answer']);
    expect(t.conntrack.find((c) => c.entry.zone === 64001)?.entry).toMatchObject({ orig: { src: { ip: ip('50.50.51.24') } }, reply: { dst: { ip: ip('169.254.169.2') } } });
    expect(tables(t, 'br-ex')).toEqual([0, 2]);
    expect(tables(t, 'br-ex', 'reply')).toEqual([0, 3]);
  });

  it('from a pod that is its own endpoint: it sees the service', () => {
    const t = picking(tcp(at(W, 'web-0'), '172.30.44.86', 80), '10.131.0.20:8080');
    expect([seen(t), replied(t), t.outcomes[0]?.client]).toEqual(['172.30.44.86 > 10.131.0.20 ttl 64', '172.30.44.86 > 10.131.0.20 ttl 64', 'answer']);
  });

  it('without endpoints: OVN’s controller answers with a reset', () => {
    const t = trace(world, tcp(POD, '172.30.99.1', 80));
    expect(t.outcomes).toMatchObject([{ client: 'refused', request: { verdict: 'rejected', error: { kind: 'reset', from: ip('172.30.99.1') } } }]);
  });

  it('of the API server, whose endpoints are nodes: the gateway router gives the node’s address', () => {
    const t = picking(tcp(POD, '172.30.0.1', 443), '50.50.51.21:6443');
    expect([seen(t), replied(t), t.outcomes[0]?.client]).toEqual(['50.50.51.24 > 50.50.51.21 ttl 62', '172.30.0.1 > 10.131.0.21 ttl 62', 'answer']);
  });
});

describe('the node port', () => {
  it.each([
    ['10.131.0.20:8080', '100.64.0.5 > 10.131.0.20 ttl 61', '50.50.51.24 > 198.51.100.7 ttl 61'],
    ['10.128.0.15:8080', '100.64.0.5 > 10.128.0.15 ttl 61', '50.50.51.24 > 198.51.100.7 ttl 61'],
  ])('from outside to %s: the pod sees the join address, and iptables is never asked', (endpoint, request, reply) => {
    const t = picking(NODEPORT, endpoint);
    expect([seen(t), replied(t), t.outcomes[0]?.client]).toEqual([request, reply, 'answer']);
    expect([asked(t), asked(t, { role: 'reply' })]).toEqual([[], []]);
    expect(rulesOf(t, W).filter((r) => r.includes('OVN-KUBE-NODEPORT 1'))).toEqual([]);
    expect(t.steps.find((s) => s.kind === 'openflow' && s.host === W && s.bridge === 'br-ex' && s.table === 0)).toMatchObject({ rule: { priority: 110, cookie: '5e0c7b2f9a41d836' } });
    expect(t.steps.find((s) => s.kind === 'ovs-action' && s.action.kind === 'check-pkt-len')).toMatchObject({ action: { limit: 1414, larger: false } });
  });

  it('from the node itself: there the rule of OVN-KUBE-NODEPORT is asked', () => {
    const t = picking(tcp(NODE, '50.50.51.24', 31785), '10.131.0.20:8080');
    expect(rulesOf(t, W)).toContain('OUTPUT nat OVN-KUBE-NODEPORT 1 DNAT');
    expect([seen(t), replied(t), t.outcomes[0]?.client]).toEqual(['100.64.0.5 > 10.131.0.20 ttl 62', '50.50.51.24 > 50.50.51.24 ttl 62', 'answer']);
  });

  it('from a pod: the load balancer of its own switch knows it', () => expect(seen(picking(tcp(POD, '50.50.51.24', 31785), '10.131.0.20:8080'))).toBe('10.131.0.21 > 10.131.0.20 ttl 63'));

  it('is a closed port of the node in the other state', () => {
    const t = trace(off.world, NODEPORT);
    expect(t.outcomes).toMatchObject([{ client: 'refused', request: { verdict: 'rejected', host: W, error: { kind: 'reset', from: ip('50.50.51.24') } } }]);
    expect(asked(t)).toContain('nat');
    expect(trace(off.world, tcp(NODE, '50.50.51.24', 31785)).outcomes[0]?.client).toBe('refused');
  });

  it('leaves the cluster IP as it was', () => expect(seen(picking(tcp(POD, '172.30.44.86', 80), '10.131.0.20:8080', off.world))).toBe('10.131.0.21 > 10.131.0.20 ttl 63'));
});

describe('a pod and the world outside', () => {
  const t = trace(world, tcp(POD, '198.51.100.80', 443));

  it('is the node to the server: SNAT in zone 0, the netfilter’s own', () => {
    expect([seen(t), replied(t), t.outcomes[0]?.client]).toEqual(['50.50.51.24 > 198.51.100.80 ttl 61', '198.51.100.80 > 10.131.0.21 ttl 61', 'answer']);
    expect(headline(wireOf(t))).toBe('50.50.51.24 > 198.51.100.80 ttl 62');
    expect(t.conntrack.find((c) => c.host === W && c.netns === null && (c.entry.zone ?? 0) === 0)?.entry).toMatchObject({ orig: { src: { ip: ip('10.131.0.21') } }, reply: { dst: { ip: ip('50.50.51.24') } } });
  });

  it('has br-ex remember whose connection it is, and know the reply by that', () => {
    expect(t.conntrack.find((c) => c.entry.zone === 64000)?.entry.mark).toBe(1);
    expect(zones(t)).toEqual(expect.arrayContaining([0, 64000]));
    expect(tables(t, 'br-ex', 'reply')).toEqual([0, 1, 11]);
  });

  it('reaches its own node by the management port, as itself', () => {
    const own = trace(world, tcp(POD, '50.50.51.24', 22));
    expect([seen(own), own.outcomes[0]?.request.dev, own.outcomes[0]?.client]).toEqual(['10.131.0.21 > 50.50.51.24 ttl 63', 'ovn-k8s-mp0', 'answer']);
  });

  it('reaches another node as its own node', () => expect(seen(trace(world, tcp(POD, '50.50.51.21', 6443)))).toBe('50.50.51.24 > 50.50.51.21 ttl 62'));

  it('is SNATed to the management port’s address when the node itself opens a pod elsewhere', () => expect(seen(trace(world, tcp(NODE, '10.128.0.15', 8080)))).toBe('10.131.0.2 > 10.128.0.15 ttl 63'));

  it('leaves the picture at a node that was not recorded', () => {
    const gone = picking(tcp(POD, '172.30.0.1', 443), '50.50.51.22:6443');
    expect(gone.outcomes).toMatchObject([{ request: { verdict: 'left', host: W, dev: 'enp131s0f0' } }]);
  });
});

describe('what is not let through', () => {
  it.each([
    ['a pod of the namespace, on port 8080', POD, 8080],
    ['a pod of the namespace, on a port in the range', POD, 9000],
    ['the node, which every policy lets in', NODE, 8081],
  ])('but by the NetworkPolicy is: %s', (_, from, port) => expect(trace(world, tcp(from, '10.131.0.30', port)).outcomes[0]?.client).toBe('answer'));

  it.each([
    ['a pod of the namespace, on another port', POD, 8081],
    ['a pod of another namespace', at(W, 'dns-default-x7k2p'), 8080],
  ])('by the NetworkPolicy: %s', (_, from, port) => {
    const t = trace(world, tcp(from, '10.131.0.30', port));
    expect(t.outcomes).toMatchObject([{ client: 'timeout', request: { verdict: 'dropped', host: W, dev: 'br-int' } }]);
    expect(t.steps.findLast((s) => s.kind === 'openflow')).toMatchObject({ bridge: 'br-int', table: 46, rule: { priority: 2000 } });
  });

  it('a source address that is not the pod’s: port security (73), dropped in 9', () => {
    const t = trace(world, { ...tcp(POD, '10.131.0.20', 8080), src: ip('10.131.0.99') });
    expect(t.outcomes).toMatchObject([{ request: { verdict: 'dropped', host: W } }]);
    expect(tables(t, 'br-int')).toEqual([0, 8, 73, 9]);
  });
});

describe('what does not fit', () => {
  const ping = (size: number, df: boolean): Probe => ({ from: POD, dst: ip('10.128.0.15'), proto: PROTO_ICMP, size, df });

  it('fits exactly at the pods’ MTU: 1400 bytes are 1472 on the wire', () => {
    const t = trace(world, ping(1372, true));
    expect(t.outcomes[0]?.client).toBe('answer');
    expect(packetBytes(wireOf(t))).toBe(14 + 1400 + 58);
  });

  it('is refused by the pod’s own device with DF, and cut into pieces without', () => {
    expect(trace(world, ping(1373, true)).outcomes[0]).toMatchObject({ client: 'too-big', request: { error: { kind: 'emsgsize', mtu: 1400 } } });
    expect(trace(world, ping(1400, false)).outcomes[0]?.client).toBe('answer');
  });

  it('is told so by the host’s iptables, where OVN will not take it: the rule of the NodePort, and the route of MTU 1400 behind it', () => {
    // A pod that tells a larger segment size than its network has: as when it was started before the MTU was changed.
    const files = loadScenario(ovnKubernetes, { nodeport: 'on' });
    const pod = `${W}/netns/web-0/pod.txt`;
    const wide = worldOf({ ...files, [pod]: (files[pod] ?? '').replace('mtu 1400', 'mtu 1500') }).world;
    const t = trace(wide, { ...NODEPORT, size: 3000 });
    const [first] = t.steps.filter((s) => s.kind === 'ovs-action' && s.action.kind === 'check-pkt-len' && s.action.larger);
    expect(first).toMatchObject({ role: 'data', bridge: 'br-ex', action: { bytes: 1514, limit: 1414 } });
    expect(rulesOf(t, W, 'data')).toContain('PREROUTING nat OVN-KUBE-NODEPORT 1 DNAT');
    expect(t.steps.find((s) => s.kind === 'mtu')).toMatchObject({ host: W, bytes: 1500, mtu: 1400, action: 'error' });
    expect(t.steps.find((s) => s.kind === 'pmtu')).toMatchObject({ host: 'client', dst: ip('50.50.51.24'), mtu: 1400 });
  });

  it('is no matter to a question to the DNS service: one of its pods answers', () => {
    const t = traceAll(world, { from: POD, dst: ip('172.30.0.10'), proto: PROTO_UDP, dport: 53 }).branches;
    expect(t.map((b) => b.trace.outcomes[0]?.client)).toEqual(['answer', 'answer']);
  });
});
