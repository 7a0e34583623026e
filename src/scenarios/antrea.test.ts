import { describe, expect, it } from 'vitest';
import { worldOf } from '../cluster/world.ts';
import { trace, traceAll } from '../engine/trace.ts';
import type { Trace } from '../engine/trace-types.ts';
import { formatIp4 } from '../packet/address.ts';
import { ipOf, type Packet } from '../packet/packet.ts';
import { packetBytes } from '../packet/sizes.ts';
import { at, framesOf, ip, tcp } from '../testing/sample.ts';
import { antrea } from './antrea/scenario.ts';
import { loadScenario } from './files.node.ts';

/* What Antrea's description of its pipeline says of these walks. */

const { world } = worldOf(loadScenario(antrea, {}));
const CLIENT = at('node-1', 'client-1');
const BATCH = at('node-1', 'batch-1');
const names = world.hosts[0]?.ovs?.[0]?.tableNames ?? {};

const headline = (packet: Packet): string => {
  const { src, dst, ttl } = ipOf(packet);
  return `${formatIp4(src)} > ${formatIp4(dst)} ttl ${ttl}`;
};
const ends = (t: Trace): readonly (string | undefined)[] => [headline(t.outcomes[0]?.request.seen ?? []), headline(t.outcomes[0]?.reply?.seen ?? []), t.outcomes[0]?.client];
/** The tables that decided something: those where a rule with a priority above 0 was taken. */
const decided = (t: Trace, role = 'request', host = 'node-1'): readonly string[] => t.steps.flatMap((s) => (s.kind === 'openflow' && s.host === host && s.role === role && (s.rule?.priority ?? 0) > 0 ? [names[String(s.table)] ?? ''] : []));
const nat = (t: Trace): boolean => t.steps.some((s) => s.kind === 'table' && s.netns === null && s.table === 'nat' && s.packet.every((h) => h.type !== 'geneve'));

it('numbers the tables as Antrea does, which realizes them in order', () => {
  expect(Object.entries(names).map(([n, name]) => `${n} ${name}`)).toEqual([
    '0 PipelineRootClassifier', '1 ARPSpoofGuard', '2 ARPResponder', '3 Classifier', '4 SpoofGuard', '5 UnSNAT', '6 ConntrackZone', '7 ConntrackState', '8 PreRoutingClassifier', '9 SessionAffinity', '10 ServiceLB', '11 EndpointDNAT',
    '12 AntreaPolicyEgressRule', '13 EgressRule', '14 EgressDefaultRule', '15 EgressMetric', '16 L3Forwarding', '17 EgressMark', '18 L3DecTTL', '19 SNATMark', '20 SNAT', '21 L2ForwardingCalc', '22 IngressSecurityClassifier',
    '23 AntreaPolicyIngressRule', '24 IngressRule', '25 IngressDefaultRule', '26 IngressMetric', '27 ConntrackCommit', '28 Output',
  ]);
});

describe('pod to pod', () => {
  const near = trace(world, tcp(CLIENT, '10.10.0.12', 8080));
  it('on the same node: switched, not routed; the policy lets it in', () => {
    expect(ends(near)).toEqual(['10.10.0.11 > 10.10.0.12 ttl 64', '10.10.0.12 > 10.10.0.11 ttl 64', 'answer']);
    expect(decided(near)).toEqual(['PipelineRootClassifier', 'Classifier', 'SpoofGuard', 'ConntrackZone', 'PreRoutingClassifier', 'L3Forwarding', 'L2ForwardingCalc', 'IngressRule', 'IngressMetric', 'ConntrackCommit', 'Output']);
    expect(near.steps.some((s) => s.netns === null && (s.kind === 'table' || s.kind === 'fib'))).toBe(false);
  });

  it('has the policy’s rule written into the connection’s label', () => {
    expect(near.steps.findLast((s) => s.kind === 'openflow' && names[String(s.table)] === 'IngressRule')).toMatchObject({ rule: { priority: 190, cookie: '1020000000001' } });
    expect(near.conntrack.filter((c) => c.host === 'node-1' && c.netns === null).map((c) => [c.entry.zone, c.entry.mark])).toEqual([[65520, 3]]);
  });

  const far = trace(world, tcp(CLIENT, '10.10.1.12', 8080));
  it('on another node: routed at both ends, by a Geneve tunnel without options', () => {
    expect(ends(far)).toEqual(['10.10.0.11 > 10.10.1.12 ttl 62', '10.10.1.12 > 10.10.0.11 ttl 62', 'answer']);
    const wire = far.steps.find((s) => s.kind === 'transmit' && s.dev === 'eth0' && s.netns === null && s.role === 'request')?.packet ?? [];
    expect(wire.slice(1, 4)).toMatchObject([{ src: ip('192.168.77.101'), dst: ip('192.168.77.102') }, { dport: 6081 }, { type: 'geneve', vni: 0 }]);
    expect(packetBytes(wire)).toBe(14 + 60 + 50);
    expect(decided(far, 'request', 'node-2').slice(0, 3)).toEqual(['PipelineRootClassifier', 'Classifier', 'ConntrackZone']);
  });

  it('is not tracked as a tunnel’s packet', () => {
    expect(far.steps.filter((s) => s.kind === 'rule' && s.chain.startsWith('ANTREA-') && s.table === 'raw').map((s) => (s.kind === 'rule' ? `${s.host} ${s.chain} ${s.verdict ?? ''}` : '')).slice(0, 2)).toEqual(['node-1 ANTREA-OUTPUT NOTRACK', 'node-2 ANTREA-PREROUTING NOTRACK']);
  });

  it('is seen on the veth, the device of the tunnels and the NIC', () =>
    expect(framesOf(far).map((f) => f.split(' ').slice(0, 3).join(' '))).toEqual([
      'node-1/client-1 eth0 out', 'node-1 client-1-3353ef in', 'node-1 genev_sys_6081 out', 'node-1 eth0 out', 'node-2 eth0 in', 'node-2 genev_sys_6081 in', 'node-2 web-2-5080e3 out', 'node-2/web-2 eth0 in',
    ]));
});

describe('a service', () => {
  const branches = traceAll(world, tcp(CLIENT, '10.96.20.20', 80)).branches;

  it('is a group with an endpoint a bucket, the client is kept', () => {
    expect(branches.map((b) => [b.probability, ...ends(b.trace)])).toEqual([
      [0.5, '10.10.0.11 > 10.10.0.12 ttl 63', '10.96.20.20 > 10.10.0.11 ttl 63', 'answer'],
      [0.5, '10.10.0.11 > 10.10.1.12 ttl 62', '10.96.20.20 > 10.10.0.11 ttl 62', 'answer'],
    ]);
    expect(branches.map((b) => nat(b.trace))).toEqual([false, false]);
  });

  it('is balanced in ServiceLB and translated in EndpointDNAT; replies come back by the connection', () => {
    const t = branches[0]?.trace;
    if (!t) throw new Error('no branch');
    expect(decided(t)).toEqual(expect.arrayContaining(['ServiceLB', 'EndpointDNAT']));
    expect(decided(t, 'reply')).not.toContain('ServiceLB');
    expect(t.conntrack.find((c) => c.host === 'node-1' && c.netns === null)?.entry).toMatchObject({ zone: 65520, mark: 0x13, orig: { dst: { ip: ip('10.96.20.20') } }, reply: { src: { ip: ip('10.10.0.12') } } });
  });

  it('shows a pod that reaches itself the gateway’s address', () => {
    const self = traceAll(world, tcp(at('node-1', 'web-1'), '10.96.20.20', 80)).branches[0]?.trace;
    expect(self && ends(self)).toEqual(['10.10.0.1 > 10.10.0.12 ttl 63', '10.96.20.20 > 10.10.0.12 ttl 63', 'answer']);
  });

  it('without endpoints is refused by the agent, in the name of the service', () => {
    const t = trace(world, tcp(CLIENT, '10.96.30.30', 80));
    expect(t.outcomes).toMatchObject([{ client: 'refused', request: { verdict: 'rejected', host: 'node-1', dev: 'br-int', error: { kind: 'reset', from: ip('10.96.30.30') } } }]);
    // setBasePacketOutBuilder(): TTL 128; out where it came in, by no table.
    expect(headline(sentTo(t, 'client-1-3353ef'))).toBe('10.96.30.30 > 10.10.0.11 ttl 128');
    expect(t.steps.some((s) => s.kind === 'openflow' && s.role === 'error')).toBe(false);
  });
});

/** The packet that the controller made, as it leaves by a port. */
const sentTo = (t: Trace, dev: string): Packet => t.steps.find((s) => s.kind === 'transmit' && s.dev === dev && s.role === 'error')?.packet ?? [];

describe('a policy that rejects', () => {
  /** conjunctionActionDenyFlow(), the group of getLoggingAndResubmitGroupID(), loggingNPPacketFlowWithOperations() and the metric's own rule for who was denied. */
  const FLOWS = ` cookie=0x1020000000000, table=AntreaPolicyIngressRule, priority=44900,ip,reg1=0x4,nw_src=10.10.0.13 actions=set_field:0x7->reg3,set_field:0x400/0x400->reg0,set_field:0x4000000/0xfe000000->reg0,set_field:0x17/0xff->reg2,group:9
 cookie=0x1020000000000, table=AntreaPolicyIngressRule, priority=44900,ip,reg1=0x4,nw_src=10.10.1.11 actions=set_field:0x7->reg3,set_field:0x400/0x400->reg0,set_field:0x4000000/0xfe000000->reg0,set_field:0x17/0xff->reg2,group:9
 cookie=0x1020000000000, table=IngressMetric, priority=200,reg0=0x400/0x400,reg3=0x7 actions=drop
 cookie=0x1020000000000, table=Output, priority=200,reg0=0x4400000/0xfe600000 actions=meter:256,controller(reason=no_match,id=62373,userdata=01.02)
`;
  const GROUP = ' group_id=9,type=all,bucket=bucket_id:0,actions=resubmit(,IngressMetric),bucket=bucket_id:1,actions=set_field:0x400000/0x600000->reg0,resubmit(,Output)\n';
  const files = loadScenario(antrea, {});
  const more = (name: string, text: string): string => (name === 'node-1/ovs-ofctl-dump-flows-br-int.txt' ? text + FLOWS : name === 'node-1/ovs-ofctl-dump-groups-br-int.txt' ? text + GROUP : text);
  const { world: rejecting } = worldOf(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, more(name, text)])));

  it.each([
    ['a pod of the same node: from port to port', tcp(BATCH, '10.10.0.12', 8080), 'batch-1-6b1e90', '10.10.0.12 > 10.10.0.13 ttl 128', { kind: 'reset', from: ip('10.10.0.12') }],
    ['UDP: host administratively prohibited', { ...tcp(BATCH, '10.10.0.12', 53), proto: 17 }, 'batch-1-6b1e90', '10.10.0.12 > 10.10.0.13 ttl 128', { kind: 'icmp', icmptype: 3, code: 10, from: ip('10.10.0.12') }],
    ['a pod of another node: by the tunnel, from L3Forwarding on', tcp(at('node-2', 'client-2'), '10.10.0.12', 8080), 'genev_sys_6081', '10.10.0.12 > 10.10.1.11 ttl 127', { kind: 'reset', from: ip('10.10.0.12') }],
  ])('answers %s', (_, probe, dev, sent, error) => {
    const t = trace(rejecting, probe);
    expect(headline(sentTo(t, dev).slice(-3))).toBe(sent);
    expect(t.outcomes).toMatchObject([{ request: { verdict: 'rejected', host: 'node-1', dev: 'br-int', error } }]);
  });

  it('answers a service’s client in the name of the service, by its connection', () => {
    const t = trace(rejecting, tcp(BATCH, '10.96.20.20', 80), { 'node-1/ovs-group': 0 });
    expect(t.outcomes).toMatchObject([{ client: 'refused', request: { verdict: 'rejected', error: { kind: 'reset', from: ip('10.96.20.20') } } }]);
  });

  it('lets the others in', () => expect(trace(rejecting, tcp(CLIENT, '10.10.0.12', 8080)).outcomes).toMatchObject([{ client: 'answer' }]));
});

it('lets a DNS response go on once the agent has read it, where a policy names domains', () => {
  // dnsResponseFlows(): the client is on the node, and policies of its own are about names.
  const files = loadScenario(antrea, {});
  const rule = ' cookie=0x1020000000000, table=AntreaPolicyIngressRule, priority=64991,udp,tp_src=53,reg1=0x3 actions=controller(reason=no_match,id=62373,userdata=02,pause),goto_table:IngressMetric\n';
  const add = (name: string, text: string): string => (name === 'node-1/ovs-ofctl-dump-flows-br-int.txt' ? text + rule : name === 'node-1/netns/batch-1/pod.txt' ? text.replace(/^Netid.*$/m, '$&\nudp   UNCONN 0      0      0.0.0.0:53         0.0.0.0:*') : text);
  const { world: reading } = worldOf(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, add(name, text)])));
  const t = trace(reading, { ...tcp(CLIENT, '10.10.0.13', 53), proto: 17 });
  expect(t.outcomes).toMatchObject([{ client: 'answer' }]);
  expect(t.steps.flatMap((s) => (s.kind === 'ovs-action' && s.action.kind === 'controller' ? [`${s.role} ${s.action.what ?? ''}`] : []))).toEqual(['reply dns-response']);
});

describe('the NetworkPolicy', () => {
  it.each([
    ['a pod that it does not name', BATCH, '10.10.0.12', 8080, 'node-1'],
    ['the same on the other node, at the receiving end', BATCH, '10.10.1.12', 8080, 'node-2'],
    ['another port', CLIENT, '10.10.0.12', 8081, 'node-1'],
    ['a node that is not the pod’s', at('node-1'), '10.10.1.12', 8080, 'node-2'],
  ])('drops %s', (_, from, to, port, host) => {
    const t = trace(world, tcp(from, to, port));
    expect(t.outcomes).toMatchObject([{ client: 'timeout', request: { verdict: 'dropped', host, dev: 'br-int' } }]);
    const last = t.steps.findLast((s) => s.kind === 'openflow');
    expect(last?.kind === 'openflow' && [names[String(last.table)], last.rule?.priority]).toEqual(['IngressDefaultRule', 200]);
  });

  it('lets the pod’s own node in, by its mark', () => {
    const t = trace(world, tcp(at('node-1'), '10.10.0.12', 8080));
    expect(ends(t)).toEqual(['10.10.0.1 > 10.10.0.12 ttl 64', '10.10.0.12 > 10.10.0.1 ttl 63', 'answer']);
    expect(decided(t)).not.toContain('IngressRule');
  });

  it('does not ask about pods that no policy selects', () => expect(trace(world, tcp(BATCH, '10.10.0.11', 22)).outcomes[0]?.request.verdict).not.toBe('dropped'));
});

it('gives the world outside the node’s address, by the host’s iptables', () => {
  const t = trace(world, tcp(CLIENT, '198.51.100.80', 443));
  expect(t.outcomes).toMatchObject([{ request: { verdict: 'left', host: 'node-1', dev: 'eth0' } }]);
  expect(headline(t.outcomes[0]?.request.seen ?? [])).toBe('192.168.77.101 > 198.51.100.80 ttl 63');
  expect(nat(t)).toBe(true);
});

it('drops a source address that is not the pod’s', () => {
  const t = trace(world, { ...tcp(CLIENT, '10.10.0.12', 8080), src: ip('10.10.0.99') });
  expect([t.outcomes[0]?.request.verdict, decided(t).at(-1)]).toEqual(['dropped', 'Classifier']);
});
