import { describe, expect, it } from 'vitest';
import { formatIp4 } from '../packet/address.ts';
import { packetBytes } from '../packet/sizes.ts';
import { deciderOf, dropsOf, incidentState } from '../testing/incidents.ts';
import { rulesOf } from '../testing/sample.ts';
import { incidentsCalico } from './incidents-calico/scenario.ts';

const stateOf = (incident: string, state: 'broken' | 'fixed' = 'broken') => incidentState(incidentsCalico, incident, state);
const mtusOf = (state: ReturnType<typeof stateOf>, host: string, netns: string | null, dev: string) => state.built.world.hosts.find((h) => h.name === host)?.netns.find((n) => n.name === netns)?.links.find((l) => l.name === dev)?.mtu;

describe('a path whose MTU nobody may tell', () => {
  const broken = stateOf('mtu');

  it('drops the full packet at the router, and the router’s message in its own OUTPUT', () => {
    const t = broken.walk('large-ping');
    expect(broken.ends('large-ping')).toEqual(['1.00 dropped site1 192.168.50.161>192.168.60.163, timeout']);
    expect(t.steps.find((s) => s.kind === 'mtu')).toMatchObject({ host: 'site1', bytes: 1500, mtu: 1400, action: 'error' });
    expect(dropsOf(t)).toEqual(['site1 request too-big', 'site1 error rule']);
    const told = t.steps.find((s) => s.kind === 'send' && s.what === 'icmp-error');
    expect(told).toMatchObject({ host: 'site1', icmp: { icmptype: 3, code: 4, mtu: 1400 } });
    expect(rulesOf(t, 'site1', 'error')).toContain('OUTPUT filter OUTPUT 1 DROP');
  });
  it('opens connections and answers small pings', () => {
    expect(broken.ends('small-ping')).toEqual(['1.00 delivered node3/web-3 10.244.137.66>10.244.136.4, answer']);
    expect(broken.silent()).toEqual(['large-ping']);
  });
  it('loses the full segments of an open connection, and only those', () => {
    const t = broken.walk('much-to-site2');
    const segments = t.steps.filter((s) => s.role === 'data' && s.kind === 'transmit' && s.netns === 'cli');
    const taken = t.steps.filter((s) => s.role === 'data' && s.kind === 'deliver');
    expect(segments.map((s) => packetBytes(s.packet) - 14)).toEqual([52, 1480, 1480, 1196]);
    expect(taken.map((s) => packetBytes(s.packet))).toEqual([52, 1196]);
    expect(dropsOf(t)).toEqual(['site1 data too-big', 'site1 error rule', 'site1 data too-big', 'site1 error rule']);
  });
  it('has room enough inside the site', () => expect(dropsOf(broken.walk('much-to-node2'))).toEqual([]));

  it('is mended by tunnel and pods of 1,380 bytes: nothing on the line is larger than 1,400', () => {
    const fixed = stateOf('mtu', 'fixed');
    expect([mtusOf(broken, 'node1', null, 'tunl0'), mtusOf(broken, 'node1', 'cli', 'eth0')]).toEqual([1480, 1480]);
    expect([mtusOf(fixed, 'node1', null, 'tunl0'), mtusOf(fixed, 'node1', 'cli', 'eth0')]).toEqual([1380, 1380]);
    const t = fixed.walk('much-to-site2');
    expect(dropsOf(t)).toEqual([]);
    expect(Math.max(...t.steps.flatMap((s) => (s.kind === 'transmit' && s.dev === 'wan' ? [packetBytes(s.packet) - 14] : [])))).toBe(1400);
    expect(fixed.silent()).toEqual([]);
  });
});

describe('a new pool without natOutgoing', () => {
  const broken = stateOf('pool');

  it('lets the packet out with the pod’s address; the answer dies where nobody knows that network', () => {
    const t = broken.walk('pod-to-internet');
    expect(broken.ends('pod-to-internet')).toEqual(['1.00 delivered internet 10.200.137.66>198.51.100.7:443, timeout']);
    expect(t.outcomes[0]?.reply).toMatchObject({ verdict: 'unreachable', host: 'site1' });
    expect(dropsOf(t)).toEqual(['site1 reply no-route']);
    expect(broken.built.files['node1/firewall.txt']).toMatch(/^add cali40masq-ipam-pools 10\.244\.0\.0\/16$/m);
    expect(broken.built.files['node1/firewall.txt']).not.toMatch(/^add cali40masq-ipam-pools 10\.200/m);
  });
  it('is felt by new pods, on everything that is no pod', () => expect(broken.silent()).toEqual(['pod-to-internet', 'pod-to-nfs']));
  it('is mended by one field of the pool', () => {
    const fixed = stateOf('pool', 'fixed');
    expect(fixed.ends('pod-to-internet')).toEqual(['1.00 delivered internet 192.168.50.161>198.51.100.7:443, answer']);
    expect(rulesOf(fixed.walk('pod-to-internet'), 'node1').some((r) => r.startsWith('POSTROUTING nat cali-nat-outgoing 1 MASQUERADE'))).toBe(true);
    expect(fixed.silent()).toEqual([]);
  });
  // kube-proxy's clusterCIDR is still the first pool's.
  it('makes kube-proxy take new pods for strangers: their questions to services are masqueraded, in both states', () => {
    for (const state of ['broken', 'fixed'] as const) expect(stateOf('pool', state).ends('pod-to-dns')).toEqual(['1.00 delivered node2/coredns 10.244.137.64>10.244.180.3:53, answer']);
  });
});

describe('a pool over the nodes’ own network', () => {
  const broken = stateOf('lan');

  it('counts the file server among the pods, and does not translate; the server’s answer goes to the router, and nowhere', () => {
    const t = broken.walk('pod-to-nfs');
    expect(broken.ends('pod-to-nfs')).toEqual(['1.00 delivered nfs 192.168.137.66>192.168.50.10:2049, timeout']);
    expect(dropsOf(t)).toEqual(['site1 reply no-route']);
    const rule = t.steps.find((s) => s.kind === 'rule' && s.host === 'node1' && s.chain === 'cali-nat-outgoing');
    expect(rule).toMatchObject({ matched: false });
    expect(rule?.kind === 'rule' ? rule.conditions.map((c) => c.result) : []).toEqual([true, false]);
    expect(broken.silent()).toEqual(['pod-to-nfs']);
  });
  it('reaches the Internet, which is in no pool', () => expect(broken.ends('pod-to-internet')).toEqual(['1.00 delivered internet 192.168.50.161>198.51.100.7:443, answer']));
  it('is mended by a pool of its own', () => {
    const fixed = stateOf('lan', 'fixed');
    expect(fixed.ends('pod-to-nfs')).toEqual(['1.00 delivered nfs 192.168.50.161>192.168.50.10:2049, answer']);
    expect(deciderOf(fixed, fixed.walk('pod-to-nfs'))).toMatch(/^nfs: /);
    expect(fixed.silent()).toEqual([]);
  });
});

it('wraps what goes between the nodes’ pods', () => {
  const encap = stateOf('mtu').walk('small-ping').steps.find((s) => s.kind === 'encap');
  expect(encap?.kind === 'encap' ? [encap.tunnel, formatIp4(encap.outerSrc), formatIp4(encap.outerDst)] : []).toEqual(['ipip', '192.168.50.161', '192.168.60.163']);
});
