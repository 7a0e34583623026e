import { describe, expect, it } from 'vitest';
import { deciderOf, dropsOf, incidentState } from '../testing/incidents.ts';
import { incidentsOpenstack } from './incidents-openstack/scenario.ts';

const broken = incidentState(incidentsOpenstack, 'ipip', 'broken');
const fixed = incidentState(incidentsOpenstack, 'ipip', 'fixed');

describe('“ipip” in a security group (cluster-api-provider-openstack#1484)', () => {
  // iptables-save prints the name that /etc/protocols gives to a number: 94 is ipip, 4 is ipencap.
  it('becomes protocol 94, which the rule of the receiver’s chain compares with the tunnel’s 4', () => {
    expect(broken.built.files['compute2/firewall.txt']).toMatch(/^-A neutron-openvswi-i\S+ -p ipip /m);
    const rule = broken.walk('pod-to-pod').steps.find((s) => s.kind === 'rule' && s.text.includes('-p ipip'));
    expect(rule).toMatchObject({ host: 'compute2', matched: false });
    expect(rule?.kind === 'rule' ? rule.conditions.at(-1)?.saw : '').toMatch(/4|ipencap/);
  });
  it('leaves protocol 4 to the fallback of the receiver', () => {
    const t = broken.walk('pod-to-pod');
    expect(broken.ends('pod-to-pod')).toEqual(['1.00 dropped compute2 10.100.200.11>10.100.200.12, timeout']);
    expect(dropsOf(t)).toEqual(['compute2 request rule']);
    expect(deciderOf(broken, t)).toBe('compute2: -A neutron-openvswi-sg-fallback -m comment --comment "Default drop rule for unmatched traffic." -j DROP');
  });
  it('lets nodes, pods of one node, and the Internet be', () => expect(broken.silent()).toEqual(['pod-to-pod', 'pod-to-dns']));
  it('is mended by the number', () => {
    expect(fixed.built.files['compute2/firewall.txt']).toMatch(/^-A neutron-openvswi-i\S+ -p ipencap /m);
    expect(fixed.ends('pod-to-pod')).toEqual(['1.00 delivered k8s-2/web-2 172.16.1.2>172.16.2.3:80, answer']);
    expect(fixed.silent()).toEqual([]);
  });
});
