import { describe, expect, it } from 'vitest';
import { worldOf } from '../cluster/world.ts';
import type { Probe } from '../engine/probe.ts';
import { trace } from '../engine/trace.ts';
import type { Trace } from '../engine/trace-types.ts';
import { formatIp4 } from '../packet/address.ts';
import { ipOf, PROTO_ICMP, PROTO_TCP, PROTO_UDP } from '../packet/packet.ts';
import { packetBytes } from '../packet/sizes.ts';
import { headline } from '../text/headline.ts';
import { readTrace } from '../text/reading.ts';
import { verdictLine } from '../text/verdict.ts';
import { at, ip, rulesOf } from '../testing/sample.ts';
import { calicoOpenstack } from './calico-openstack/scenario.ts';
import { loadScenario } from './files.node.ts';

const STATES = ['crosssubnet', 'always', 'literal', 'proto4', 'proto94', 'pairs'] as const;
type State = (typeof STATES)[number];
const built = new Map(STATES.map((state) => [state, worldOf(loadScenario(calicoOpenstack, { state }))]));
const clusterIn = (state: State) => {
  const found = built.get(state);
  if (!found) throw new Error(state);
  return found;
};
const walk = (state: State, probe: Probe): Trace => trace(clusterIn(state).world, probe);

const WEB_A = ip('172.16.110.23');
const podToPod: Probe = { from: at('chhan-k8s-1', 'debug'), dst: WEB_A, proto: PROTO_ICMP };
const nodeToPod: Probe = { from: at('chhan-k8s-1'), dst: WEB_A, proto: PROTO_ICMP };
const sameNode: Probe = { from: at('chhan-k8s-2', 'debug-2'), dst: WEB_A, proto: PROTO_ICMP };

/** The line of the firewall that dropped a packet: its host, and the line without `-A`. */
function killers(t: Trace, state: State): readonly string[] {
  return t.steps.flatMap((s) => {
    if (s.kind !== 'rule' || s.matched !== true || s.verdict !== 'DROP') return [];
    const [source] = s.source;
    return [`${s.host} ${s.role}: ${source ? (clusterIn(state).files[source.input]?.split('\n')[source.line - 1] ?? '') : ''}`];
  });
}

/** Name of a port's chain: `o`, `i` or `s` of the VM, found by its tap. */
function chainOf(state: State, kind: 'i' | 'o' | 's', node: string): string {
  const ens3 = clusterIn(state).world.hosts.find((h) => h.name === node)?.netns[0]?.links.find((l) => l.name === 'ens3');
  return `neutron-openvswi-${kind}${(ens3?.veth?.dev ?? '').slice(3, 13)}`;
}

const SPOOFED = '-m comment --comment "Drop traffic without an IP/MAC allow rule." -j DROP';
const FALLEN = '-A neutron-openvswi-sg-fallback -m comment --comment "Default drop rule for unmatched traffic." -j DROP';

describe('CrossSubnet inside one subnet is direct', () => {
  const state = 'crosssubnet';

  it('routes to the node by the NIC, without a tunnel', () => expect(clusterIn(state).files['chhan-k8s-1/network.txt']).toContain('\n172.16.110.0/26 via 10.100.200.21 dev ens3 proto bird\n'));

  it('a pod’s frame leaves the VM with the pod’s address and dies at the sender, in the chain of rule 2, not by rule 4', () => {
    const t = walk(state, podToPod);
    expect(t.outcomes[0]).toMatchObject({ client: 'timeout', request: { verdict: 'dropped', host: 'compute1' } });
    expect(formatIp4(ipOf(t.outcomes[0]?.request.seen ?? []).src)).toBe('172.16.200.1');
    expect(killers(t, state)).toEqual([`compute1 request: -A ${chainOf(state, 's', 'chhan-k8s-1')} ${SPOOFED}`]);
    const [o, s] = [chainOf(state, 'o', 'chhan-k8s-1'), chainOf(state, 's', 'chhan-k8s-1')];
    expect(rulesOf(t, 'compute1').slice(-2)).toEqual([`FORWARD filter ${o} 2 ${s}`, `FORWARD filter ${s} 2 DROP`]);
    const egress = (clusterIn(state).files['compute1/firewall.txt'] ?? '').split('\n').filter((l) => l.startsWith(`-A ${o} `));
    expect(egress[3]).toContain('--sport 67 --dport 68 -m comment --comment "Prevent DHCP Spoofing by VM." -j DROP');
    expect(rulesOf(t, 'compute1')).not.toContain(`FORWARD filter ${o} 4 DROP`);
  });

  it('on one node pods reach each other', () => expect(walk(state, sameNode).outcomes[0]).toMatchObject({ client: 'answer', request: { host: 'chhan-k8s-2', netns: 'web-a' } }));

  it('the document’s ping, from the node, arrives with the NIC’s address; the reply is the spoofed frame', () => {
    const t = walk(state, nodeToPod);
    expect(t.outcomes[0]).toMatchObject({ client: 'timeout', request: { verdict: 'delivered', netns: 'web-a' }, reply: { verdict: 'dropped', host: 'compute2' } });
    expect(formatIp4(ipOf(t.outcomes[0]?.request.seen ?? []).src)).toBe('10.100.200.4');
    expect(killers(t, state)).toEqual([`compute2 reply: -A ${chainOf(state, 's', 'chhan-k8s-2')} ${SPOOFED}`]);
  });
});

describe('IPIP Always hides the pod’s address, but protocol 4 needs a rule', () => {
  it.each([
    ['always', 'compute2', 'i', 'chhan-k8s-2', 'the receiver’s chain, for a new group lets everything out'],
    ['literal', 'compute1', 'o', 'chhan-k8s-1', 'the sender’s, where no rule lets anything new out'],
    ['proto94', 'compute2', 'i', 'chhan-k8s-2', 'the receiver’s: “ipip” went to iptables as protocol 94'],
  ] as const)('%s: dies on %s, at the end of the %s chain of %s: %s', (state, host, kind, node, _because) => {
    const t = walk(state, podToPod);
    expect(t.outcomes[0]).toMatchObject({ client: 'timeout', request: { verdict: 'dropped', host } });
    expect(killers(t, state)).toEqual([`${host} request: ${FALLEN}`]);
    expect(rulesOf(t, host).at(-2)).toMatch(new RegExp(`^FORWARD filter ${chainOf(state, kind, node)} \\d+ neutron-openvswi-sg-fallback$`));
  });

  it('literal: the egress chain is the one that the document prints, rule by rule', () => {
    const o = chainOf('literal', 'o', 'chhan-k8s-1');
    const rules = (clusterIn('literal').files['compute1/firewall.txt'] ?? '').split('\n').filter((l) => l.startsWith(`-A ${o} `));
    expect(rules.map((l) => / -j (\S+)/.exec(l)?.[1])).toEqual(['RETURN', chainOf('literal', 's', 'chhan-k8s-1'), 'RETURN', 'DROP', 'RETURN', 'DROP', 'neutron-openvswi-sg-fallback']);
    expect(rules.map((l) => /--comment "([^"(]*?)[ .]*(?:\(|")/.exec(l)?.[1])).toEqual([
      'Allow DHCP client traffic',
      undefined,
      'Allow DHCP client traffic',
      'Prevent DHCP Spoofing by VM',
      'Direct packets associated with a known session to the RETURN chain',
      'Drop packets that appear related to an existing connection',
      'Send unmatched traffic to the fallback chain',
    ]);
  });

  it('“ipip” stands in the chain as 94, which a save prints by its name', () => {
    expect(clusterIn('proto94').files['compute2/firewall.txt']).toContain('-p ipip -m set');
    const rules = clusterIn('proto94').world.hosts.find((h) => h.name === 'compute2')?.netns[0]?.tables?.flatMap((t) => t.chains).flatMap((c) => c.rules).filter((r) => r.matches.some((m) => m.kind === 'proto' && (m.proto === 94 || m.proto === 4)));
    expect(rules?.flatMap((r) => r.matches.filter((m) => m.kind === 'proto'))).toEqual(Array.from({ length: 2 }, () => ({ kind: 'proto', proto: 94, negate: false })));
  });

  it('protocol 4 admitted: a set match on the sender’s fixed address lets the outer packet in', () => {
    const t = walk('proto4', podToPod);
    expect(t.outcomes[0]).toMatchObject({ client: 'answer', request: { host: 'chhan-k8s-2', netns: 'web-a' } });
    const text = clusterIn('proto4').files['compute2/firewall.txt'] ?? '';
    const set = /-p ipencap -m set --match-set (NIPv4\S{24}) src -j RETURN/.exec(text)?.[1] ?? '';
    expect(text).toContain(`\nadd ${set} 10.100.200.4\n`);
    const passed = t.steps.find((s) => s.kind === 'rule' && s.matched === true && s.host === 'compute2' && s.verdict === 'RETURN');
    expect(passed && clusterIn('proto4').reasonOf(passed.source[0])).toMatchObject({ kind: 'SecurityGroup', name: 'k8s', part: 'rule 6' });
  });

  it('shows on ens3 the capture of the document: 118 bytes, 104 outside, 84 inside, TTL and DF as the tunnel inherits them', () => {
    const t = walk('proto4', nodeToPod);
    const frames = t.steps.flatMap((s) => {
      if ((s.kind !== 'receive' && s.kind !== 'transmit') || s.host !== 'chhan-k8s-1' || s.dev !== 'ens3') return [];
      const [eth] = s.packet;
      const [outer, inner] = s.packet.flatMap((h) => (h.type === 'ipv4' ? [h] : []));
      if (eth?.type !== 'eth' || !outer || !inner) return [];
      const line = (h: typeof outer): string => `${formatIp4(h.src)} > ${formatIp4(h.dst)} ttl ${h.ttl}${h.df ? ' DF' : ''} proto ${h.proto}`;
      return [`${eth.src} > ${eth.dst} length ${packetBytes(s.packet)} (${packetBytes(s.packet) - 14}, ${packetBytes(s.packet) - 34}): ${line(outer)}: ${line(inner)}`];
    });
    expect(frames).toEqual([
      'fa:16:3e:09:06:eb > fa:16:3e:02:d9:5e length 118 (104, 84): 10.100.200.4 > 10.100.200.21 ttl 64 DF proto 4: 172.16.200.0 > 172.16.110.23 ttl 64 DF proto 1',
      'fa:16:3e:02:d9:5e > fa:16:3e:09:06:eb length 118 (104, 84): 10.100.200.21 > 10.100.200.4 ttl 63 proto 4: 172.16.110.23 > 172.16.200.0 ttl 63 proto 1',
    ]);
  });
});

describe('allowed address pairs instead of a tunnel', () => {
  it('make the pod’s address one of the port’s: the frame leaves bare, and 20 bytes shorter', () => {
    const t = walk('pairs', podToPod);
    expect(t.outcomes[0]).toMatchObject({ client: 'answer', request: { host: 'chhan-k8s-2', netns: 'web-a' } });
    const out = t.steps.find((s) => s.kind === 'transmit' && s.host === 'chhan-k8s-1' && s.dev === 'ens3');
    expect(out && packetBytes(out.packet)).toBe(98);
    expect(rulesOf(t, 'compute1')).toContain(`FORWARD filter ${chainOf('pairs', 's', 'chhan-k8s-1')} 1 RETURN`);
    expect(clusterIn('pairs').files['compute2/firewall.txt']).toMatch(/\nadd NIPv4\S+ 172\.16\.0\.0\/16\n/);
  });
});

describe('what does not depend on the tunnel', () => {
  it.each(STATES)('in %s nodes reach each other, and an administrator a node port', (state) => {
    const open = state !== 'literal';
    expect(walk(state, { from: at('chhan-k8s-1'), dst: ip('10.100.200.21'), proto: PROTO_TCP, dport: 10_250 }).outcomes[0]?.client).toBe(open ? 'answer' : 'timeout');
    expect(walk(state, { from: at('admin'), dst: ip('10.100.200.21'), proto: PROTO_TCP, dport: 22 }).outcomes[0]?.client).toBe('answer');
  });

  const internet: Probe = { from: at('chhan-k8s-1', 'debug'), dst: ip('198.51.100.7'), proto: PROTO_TCP, dport: 443 };

  it.each(STATES.filter((state) => state !== 'literal'))('in %s a pod leaves for the Internet with the node’s address', (state) => {
    const t = walk(state, internet);
    expect(t.outcomes[0]?.request).toMatchObject({ verdict: 'left', host: 'qrouter', dev: 'qg' });
    expect(formatIp4(ipOf(t.outcomes[0]?.request.seen ?? []).src)).toBe('10.100.200.4');
  });

  it('unless nothing new may leave', () => expect(walk('literal', internet).outcomes[0]?.request).toMatchObject({ verdict: 'dropped', host: 'compute1' }));

  it.each([
    ['crosssubnet', 'timeout'],
    ['always', 'timeout'],
    ['literal', 'timeout'],
    ['proto4', 'answer'],
    ['proto94', 'timeout'],
    ['pairs', 'answer'],
  ] as const)('in %s a pod’s question to the DNS service on another node ends in %s, as pods’ packets do', (state, client) =>
    expect(walk(state, { from: at('chhan-k8s-1', 'debug'), dst: ip('10.96.0.10'), proto: PROTO_UDP, dport: 53 }).outcomes[0]?.client).toBe(client));
});

it('tunl0 is 20 bytes below the NIC', () => {
  const links = clusterIn('always').world.hosts.find((h) => h.name === 'chhan-k8s-1')?.netns[0]?.links ?? [];
  expect(['ens3', 'tunl0'].map((name) => links.find((l) => l.name === name)?.mtu)).toEqual([1500, 1480]);
});

describe('the story of a spoofed frame', () => {
  const { world } = clusterIn('crosssubnet');
  const t = walk('crosssubnet', podToPod);

  it.each([
    ['en', 'chhan-k8s-1 routes it out of ens3, by way of 10.100.200.21', 'On the rule stands: “Drop traffic without an IP/MAC allow rule.”'],
    ['ko', 'ens3', '규칙에 적힌 설명: “Drop traffic without an IP/MAC allow rule.”'],
  ] as const)('says in %s that it leaves by the NIC, and what stands on the rule that drops it', (lang, way, comment) => {
    const reading = readTrace(t, world, 'story');
    const told = reading.stops.map((stop) => headline({ trace: t, world, reading, lang }, stop));
    expect(told.join('\n')).toContain(way);
    expect(told.join('\n')).not.toContain('veth');
    expect(verdictLine({ trace: t, world, lang }, 0).reason).toContain(comment);
  });
});
