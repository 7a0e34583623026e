import { describe, expect, it } from 'vitest';
import { verdictLine } from '../text/verdict.ts';
import { deciderOf, dropsOf, incidentState } from '../testing/incidents.ts';
import { incidentsNode } from './incidents-node/scenario.ts';

const stateOf = (incident: string, state: 'broken' | 'fixed' = 'broken') => incidentState(incidentsNode, incident, state);
const TO_WEB = '1.00 delivered worker2/web-1 10.244.1.2>10.244.2.3:80, answer';
const MASQUERADED = '1.00 delivered worker2/web-1 192.168.10.12>10.244.2.3:80, answer';

describe('ip_forward off on worker2', () => {
  const broken = stateOf('ipforward');

  it('drops what is for its pods, behind routing and before FORWARD', () => {
    const t = broken.walk('pod-to-pod');
    expect(broken.ends('pod-to-pod')).toEqual(['1.00 dropped worker2 10.244.1.2>10.244.2.3:80, timeout']);
    expect(dropsOf(t)).toEqual(['worker2 request not-forwarding']);
    expect(t.steps.filter((s) => s.host === 'worker2' && s.kind === 'table' && s.hook === 'FORWARD')).toEqual([]);
  });
  it('leaves the node itself alone, but none of its services', () => {
    expect(broken.ends('node-to-node')).toEqual(['1.00 delivered worker2 192.168.10.11>192.168.10.12:10250, answer']);
    expect(broken.silent()).toEqual(['pod-to-pod', 'pod-to-service', 'client-to-nodeport', 'client-to-second']);
  });
  it('is mended by the sysctl', () => {
    const fixed = stateOf('ipforward', 'fixed');
    expect(fixed.ends('pod-to-pod')).toEqual([TO_WEB]);
    expect(fixed.silent()).toEqual([]);
  });
});

describe('Docker’s policy of FORWARD on worker2', () => {
  const broken = stateOf('forward');

  it('drops what no rule of kube-proxy lets through', () => {
    const t = broken.walk('pod-to-pod');
    expect(broken.ends('pod-to-pod')).toEqual(['1.00 dropped worker2 10.244.1.2>10.244.2.3:80, timeout']);
    expect(t.steps.findLast((s) => s.kind === 'policy')).toMatchObject({ host: 'worker2', table: 'filter', chain: 'FORWARD', policy: 'DROP' });
    expect(deciderOf(broken, t)).toMatch(/^worker2: :FORWARD DROP/);
  });
  it('lets node ports work, whose packets kube-proxy marked there', () => {
    expect(broken.ends('client-to-nodeport')).toEqual([MASQUERADED]);
    expect(broken.silent()).toEqual(['pod-to-pod', 'pod-to-service', 'client-to-second']);
  });
  it('is mended by the policy', () => {
    const fixed = stateOf('forward', 'fixed');
    expect(fixed.ends('pod-to-pod')).toEqual([TO_WEB]);
    expect(fixed.silent()).toEqual([]);
  });
});

describe('a strict rp_filter on a node with two networks', () => {
  const broken = stateOf('rpfilter');

  it('drops what comes in by eth1 from where eth0 leads to, behind PREROUTING', () => {
    const t = broken.walk('client-to-second');
    expect(broken.ends('client-to-second')).toEqual(['1.00 dropped worker1 10.10.6.91>10.244.2.3:80, timeout']);
    expect(t.steps.find((s) => s.kind === 'rp-filter' && !s.passed)).toMatchObject({ host: 'worker1', dev: 'eth1', mode: 'strict', expected: 'eth0' });
    expect(dropsOf(t)).toEqual(['worker1 request rp-filter']);
    expect(broken.silent()).toEqual(['client-to-second']);
  });
  it('is mended by the loose mode: the answer leaves by eth0', () => {
    const fixed = stateOf('rpfilter', 'fixed');
    expect(fixed.ends('client-to-second')).toEqual(['1.00 delivered worker2/web-1 192.168.10.11>10.244.2.3:80, answer']);
    const t = fixed.walk('client-to-second');
    expect(t.steps.find((s) => s.kind === 'rp-filter' && s.host === 'worker1' && s.dev === 'eth1')).toMatchObject({ mode: 'loose', passed: true });
    expect(t.steps.findLast((s) => s.kind === 'transmit' && s.host === 'worker1' && s.role === 'reply')).toMatchObject({ dev: 'eth0' });
    expect(fixed.silent()).toEqual([]);
  });
});

describe('a conntrack zone for what comes in by eth1', () => {
  const broken = stateOf('zone');

  it('loses the answer, which comes in by eth0 and in zone 0', () => {
    const t = broken.walk('client-to-second');
    expect(broken.ends('client-to-second')).toEqual(['1.00 delivered worker2/web-1 192.168.10.11>10.244.2.3:80, timeout']);
    expect(t.conntrack.filter((c) => c.host === 'worker1').map(({ entry }) => [entry.zone, entry.seenReply])).toEqual([[2, false]]);
    expect(t.outcomes[0]?.reply).toMatchObject({ verdict: 'rejected', host: 'worker1', dev: 'eth0' });
    expect(verdictLine({ trace: t, world: broken.built.world, lang: 'en' }, 0).reason).toMatch(/^worker1 knows no such connection and refuses the answer/);
    expect(broken.silent()).toEqual(['client-to-second']);
  });
  it('is mended by a zone of the original direction', () => {
    const fixed = stateOf('zone', 'fixed');
    expect(fixed.ends('client-to-second')).toEqual(['1.00 delivered worker2/web-1 192.168.10.11>10.244.2.3:80, answer']);
    expect(fixed.silent()).toEqual([]);
  });
});

it.each(['ipforward', 'forward', 'rpfilter', 'zone'])('%s: DNS and the Internet work in both states, for their packets go elsewhere', (incident) => {
  for (const state of ['broken', 'fixed'] as const) {
    expect(stateOf(incident, state).ends('pod-to-dns')).toEqual(['1.00 delivered worker3/coredns 10.244.1.2>10.244.3.2:53, answer']);
    expect(stateOf(incident, state).ends('pod-to-internet')).toEqual(['1.00 delivered internet 198.51.100.1>198.51.100.7:443, answer']);
  }
});
