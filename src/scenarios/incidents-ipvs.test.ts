import { describe, expect, it } from 'vitest';
import { dropsOf, incidentState } from '../testing/incidents.ts';
import { rulesOf } from '../testing/sample.ts';
import { incidentsIpvs } from './incidents-ipvs/scenario.ts';

const stateOf = (incident: string, state: 'broken' | 'fixed' = 'broken') => incidentState(incidentsIpvs, incident, state);
const SERVED = '1.00 delivered worker2/web-1 10.10.6.91>10.244.2.3:80, answer';
const INSIDE = '1.00 delivered worker2/web-1 10.244.1.2>10.244.2.3:80, answer';

describe('an address for which every node answers (metallb#153)', () => {
  const broken = stateOf('vip');

  it('is on kube-ipvs0 of every node, and every node answers the router’s question', () => {
    for (const n of [1, 2, 3]) expect(broken.built.files[`worker${n}/network.txt`]).toContain('inet 192.168.10.240/32 scope global kube-ipvs0');
    expect(broken.walk('client-to-lb').choices.filter((c) => c.kind === 'arp').map((c) => c.options.length)).toEqual([3]);
  });
  it('refuses two clients out of three: there the virtual server has no real one', () => {
    expect(broken.ends('client-to-lb')).toEqual([
      '0.33 delivered worker2/web-1 10.10.6.91>10.244.2.3:80, answer',
      '0.33 rejected worker1 10.10.6.91>192.168.10.240:80, refused',
      '0.33 rejected worker3 10.10.6.91>192.168.10.240:80, refused',
    ]);
    expect(dropsOf(broken.walk('client-to-lb'))).toEqual(['worker1 request ipvs-no-destination']);
  });
  it('is mended by strictARP: only MetalLB’s speaker answers, and it does on the node with the pod', () => {
    const fixed = stateOf('vip', 'fixed');
    expect(fixed.ends('client-to-lb')).toEqual([SERVED]);
    expect(fixed.walk('client-to-lb').choices.filter((c) => c.kind === 'arp')).toEqual([]);
    expect(fixed.built.files['worker1/network.txt']).toContain('net.ipv4.conf.all.arp_ignore = 1');
    expect(fixed.silent()).toEqual(['pod-to-lb']);
  });
});

describe('a virtual server with nobody behind it (kubernetes#75262)', () => {
  const broken = stateOf('empty');

  it('takes the pod’s packet on its own node, which owns the address, and has no real server', () => {
    const t = broken.walk('pod-to-lb');
    expect(broken.ends('pod-to-lb')).toEqual(['1.00 rejected worker1 10.244.1.2>192.168.10.240:80, refused']);
    expect(t.steps.find((s) => s.kind === 'fib' && s.host === 'worker1' && s.purpose === 'input')).toMatchObject({ result: 'local' });
    expect(t.steps.find((s) => s.kind === 'ipvs')).toMatchObject({ op: 'no-destination', candidates: [] });
    expect(new Set(t.steps.map((s) => s.host))).toEqual(new Set(['worker1']));
    expect(broken.built.files['worker1/firewall.txt']).toMatch(/-A -t 192\.168\.10\.240:80 -s rr\n(?!-a -t 192\.168\.10\.240:80)/);
  });
  it('serves clients outside, whose packets go to the node with the pod', () => {
    expect(broken.ends('client-to-lb')).toEqual([SERVED]);
    expect(broken.silent()).toEqual(['pod-to-lb']);
  });
  it('is mended by a newer kube-proxy, which lists all real servers where it has none of its own', () => {
    const fixed = stateOf('empty', 'fixed');
    expect(fixed.ends('pod-to-lb')).toEqual([INSIDE]);
    expect(fixed.built.files['worker1/firewall.txt']).toContain('-a -t 192.168.10.240:80 -r 10.244.2.3:80 -m -w 1');
    expect(fixed.ends('client-to-lb')).toEqual([SERVED]);
    expect(fixed.silent()).toEqual([]);
  });
});

describe('a client whose address is lost', () => {
  const broken = stateOf('client');

  it('is masqueraded by the node it came in by, be the pod’s node the same', () => {
    expect(broken.ends('client-to-lb')).toEqual(['1.00 delivered worker2/web-1 10.244.2.1>10.244.2.3:80, answer']);
    const rules = rulesOf(broken.walk('client-to-lb'), 'worker2');
    expect(rules).toContain('PREROUTING nat KUBE-LOAD-BALANCER 1 KUBE-MARK-MASQ');
    expect(rules.at(-1)).toMatch(/^POSTROUTING nat KUBE-POSTROUTING \d+ MASQUERADE$/);
    expect(broken.silent()).toEqual([]);
  });
  it('keeps it under policy Local: nobody sets the mark', () => {
    const fixed = stateOf('client', 'fixed');
    expect(fixed.ends('client-to-lb')).toEqual([SERVED]);
    expect(rulesOf(fixed.walk('client-to-lb'), 'worker2').filter((r) => r.includes('MASQ'))).toEqual([]);
    // The other incident comes with it.
    expect(fixed.silent()).toEqual(['pod-to-lb']);
  });
});
