import { describe, expect, it } from 'vitest';
import { deciderOf, dropsOf, incidentState } from '../testing/incidents.ts';
import { rulesOf } from '../testing/sample.ts';
import { incidentsFlannel } from './incidents-flannel/scenario.ts';

const stateOf = (incident: string, state: 'broken' | 'fixed' = 'broken') => incidentState(incidentsFlannel, incident, state);
const TO_API = '1.00 delivered worker2/api-1 10.244.1.2>10.244.2.3:80, answer';
const TO_WEB = '1.00 delivered worker1/web-1 10.244.1.2>10.244.1.3:80, answer';
const TO_DNS = '1.00 delivered worker3/coredns 10.244.1.2>10.244.3.2:53, answer';

describe('a host firewall that knows nothing of VXLAN', () => {
  const broken = stateOf('vxlan');

  it('refuses the outer packet in INPUT of worker2; the error goes to the other node, not to the pod', () => {
    expect(broken.ends('pod-to-pod')).toEqual(['1.00 dropped worker2 192.168.10.11>192.168.10.12:8472, timeout']);
    expect(deciderOf(broken, broken.walk('pod-to-pod'))).toBe('worker2: -A INPUT -j REJECT --reject-with icmp-host-prohibited');
    const error = broken.walk('pod-to-pod').steps.findLast((s) => s.role === 'error' && s.kind === 'receive');
    expect(error).toMatchObject({ host: 'worker1', dev: 'eth0' });
  });
  it('lets nodes, and services through their node, as they were', () => expect(broken.silent()).toEqual(['pod-to-pod']));
  it('is mended by one rule', () => {
    const fixed = stateOf('vxlan', 'fixed');
    expect(fixed.ends('pod-to-pod')).toEqual([TO_API]);
    expect(rulesOf(fixed.walk('pod-to-pod'), 'worker2')).toContain('INPUT filter INPUT 1 ACCEPT');
    expect(fixed.silent()).toEqual([]);
  });
});

describe('a node without br_netfilter', () => {
  const broken = stateOf('bridge');

  it('delivers the request and not the answer, which crosses the bridge with the pod’s address', () => {
    const t = broken.walk('pod-to-service');
    expect(broken.ends('pod-to-service')).toEqual(['1.00 delivered worker1/web-1 10.244.1.2>10.244.1.3:80, timeout']);
    expect(t.outcomes[0]?.reply).toMatchObject({ verdict: 'rejected', host: 'worker1', netns: 'cli' });
    expect(t.steps.filter((s) => s.role === 'reply' && s.netns === null && s.subsystem === 'netfilter')).toEqual([]);
    expect(t.steps.find((s) => s.role === 'reply' && s.kind === 'bridge')).toMatchObject({ op: 'forward' });
  });
  it('is silent only there', () => expect(broken.silent()).toEqual(['pod-to-service']));
  it('is mended by the sysctl: the bridge asks conntrack, which knows the service’s address', () => {
    const fixed = stateOf('bridge', 'fixed');
    expect(fixed.ends('pod-to-service')).toEqual([TO_WEB]);
    expect(fixed.walk('pod-to-service').steps.find((s) => s.role === 'reply' && s.kind === 'nat' && s.undo)).toMatchObject({ host: 'worker1', manip: 'src' });
    expect(fixed.silent()).toEqual([]);
  });
});

describe('a bridge without hairpin mode', () => {
  const broken = stateOf('hairpin');

  it('keeps the packet that would leave by the port that it came in by', () => {
    expect(broken.ends('pod-to-itself')).toEqual(['1.00 dropped worker1 10.244.1.3>10.244.1.3:80, timeout']);
    expect(dropsOf(broken.walk('pod-to-itself'))).toEqual(['worker1 request bridge-hairpin']);
    expect(broken.silent()).toEqual(['pod-to-itself']);
  });
  it('is mended by the plugin’s configuration; the pod then sees the bridge as its client', () => {
    const fixed = stateOf('hairpin', 'fixed');
    expect(fixed.ends('pod-to-itself')).toEqual(['1.00 delivered worker1/web-1 10.244.1.1>10.244.1.3:80, answer']);
    expect(rulesOf(fixed.walk('pod-to-itself'), 'worker1').filter((r) => r.includes('MASQ'))).toContain('PREROUTING nat KUBE-MARK-MASQ 1 MARK');
    expect(fixed.silent()).toEqual([]);
  });
});

describe('routes that the plugin before left', () => {
  const broken = stateOf('leftover');

  it('win by their longer prefix, and lead into a blackhole on worker3', () => {
    const t = broken.walk('pod-to-pod');
    expect(broken.ends('pod-to-pod')).toEqual(['1.00 dropped worker3 10.244.1.2>10.244.2.3:80, timeout']);
    expect(t.steps.find((s) => s.kind === 'fib' && s.host === 'worker1' && s.purpose === 'input')).toMatchObject({ prefix: '10.244.2.0/26', oif: 'eth0' });
    expect(dropsOf(t)).toEqual(['worker3 request blackhole']);
    expect(deciderOf(broken, t)).toBe('worker3: blackhole 10.244.2.0/26 proto bird');
    expect(broken.built.files['worker1/network.txt']).toContain('\n10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink\n');
    expect(broken.silent()).toEqual(['pod-to-pod']);
  });
  it('are mended by taking them out: Flannel’s route was there all the time', () => {
    const fixed = stateOf('leftover', 'fixed');
    expect(fixed.ends('pod-to-pod')).toEqual([TO_API]);
    expect(fixed.walk('pod-to-pod').steps.find((s) => s.kind === 'fib' && s.host === 'worker1' && s.purpose === 'input')).toMatchObject({ prefix: '10.244.2.0/24', oif: 'flannel.1' });
    expect(fixed.silent()).toEqual([]);
  });
});

describe('Flannel on the interface with the same address everywhere', () => {
  const broken = stateOf('iface');

  it('sends the packets for another node to itself, round and round until the ttl is used up', () => {
    const t = broken.walk('pod-to-pod');
    expect(broken.ends('pod-to-pod')).toEqual(['1.00 looped worker1 10.244.1.2>10.244.2.3:80, unreachable']);
    expect(new Set(t.steps.map((s) => s.host))).toEqual(new Set(['worker1']));
    expect(dropsOf(t)).toEqual(['worker1 request ttl']);
    expect(broken.built.files['worker1/network.txt']).toMatch(/dev flannel\.1 dst 10\.0\.2\.15 self permanent/);
  });
  // Beyond the NAT of the VMs nothing is described.
  it('lets the Internet and the services of the node work', () => {
    expect(broken.silent()).toEqual(['pod-to-pod', 'pod-to-dns', 'pod-to-internet']);
    expect(broken.ends('pod-to-internet')).toEqual(['1.00 left worker1 10.0.2.15>198.51.100.7:443, unknown']);
  });
  it('is mended by an argument of flanneld', () => {
    const fixed = stateOf('iface', 'fixed');
    expect(fixed.ends('pod-to-pod')).toEqual([TO_API]);
    expect(fixed.ends('pod-to-dns')).toEqual([TO_DNS]);
    expect(fixed.walk('pod-to-pod').steps.find((s) => s.kind === 'encap')).toMatchObject({ tunnel: 'vxlan' });
    expect(fixed.silent()).toEqual(['pod-to-internet']);
  });
});

describe('a UDP connection that outlives its pod', () => {
  const broken = stateOf('stale');

  it('takes the old pod’s address from its entry; no rule is asked, and worker3 finds nobody there', () => {
    const t = broken.walk('pod-to-dns');
    expect(broken.ends('pod-to-dns')).toEqual(['1.00 rejected worker3 10.244.1.2>10.244.3.9:53, unreachable']);
    expect(t.steps.find((s) => s.kind === 'nat' && s.host === 'worker1')).toMatchObject({ by: 'entry', manip: 'dst' });
    expect(rulesOf(t, 'worker1').filter((r) => r.startsWith('PREROUTING nat'))).toEqual([]);
    expect(dropsOf(t)).toEqual(['worker3 request no-neighbour']);
    expect(t.outcomes[0]?.request.error).toMatchObject({ kind: 'icmp', icmptype: 3, code: 1 });
    expect(broken.silent()).toEqual(['pod-to-dns']);
  });
  it('is mended by deleting the entry: the rules are asked again', () => {
    const fixed = stateOf('stale', 'fixed');
    expect(fixed.ends('pod-to-dns')).toEqual([TO_DNS]);
    expect(rulesOf(fixed.walk('pod-to-dns'), 'worker1').some((r) => r.startsWith('PREROUTING nat KUBE-SEP-') && r.endsWith('DNAT'))).toBe(true);
    expect(fixed.silent()).toEqual([]);
  });
});
