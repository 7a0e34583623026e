import { describe, expect, it } from 'vitest';
import { worldOf } from '../cluster/world.ts';
import { trace } from '../engine/trace.ts';
import type { Trace } from '../engine/trace-types.ts';
import { formatIp4 } from '../packet/address.ts';
import { ipOf } from '../packet/packet.ts';
import { at, ip, rulesOf, tcp } from '../testing/sample.ts';
import { loadScenario } from './files.node.ts';
import { openshiftSdn } from './openshift-sdn/scenario.ts';

const built = (params: Readonly<Record<string, string>> = {}) => worldOf(loadScenario(openshiftSdn, params));
const base = built();
const lb = (params: Readonly<Record<string, string>> = {}): Trace => trace(built(params).world, tcp(at('client'), '10.10.12.208', 8080));
const endOf = (t: Trace) => {
  const end = t.outcomes[0]?.request;
  const seen = ipOf(end?.seen ?? []);
  return { place: `${end?.host ?? ''} ${end?.dev ?? ''}`, src: formatIp4(seen.src), dst: formatIp4(seen.dst) };
};

describe('a client opens the load-balancer address at a worker without the pod', () => {
  const t = lb();

  it('walks the chains of the document', () =>
    expect(rulesOf(t, 'worker1').filter((r) => r.includes(' nat '))).toEqual([
      'PREROUTING nat PREROUTING 1 KUBE-SERVICES',
      'PREROUTING nat KUBE-SERVICES 2 KUBE-FW-BAR7JSQD2GL6A2KT',
      'PREROUTING nat KUBE-FW-BAR7JSQD2GL6A2KT 1 KUBE-MARK-MASQ',
      'PREROUTING nat KUBE-MARK-MASQ 1 MARK',
      'PREROUTING nat KUBE-FW-BAR7JSQD2GL6A2KT 2 KUBE-SVC-BAR7JSQD2GL6A2KT',
      'PREROUTING nat KUBE-SVC-BAR7JSQD2GL6A2KT 3 KUBE-SEP-ZBWV76PMI2XAVMCD',
      'PREROUTING nat KUBE-SEP-ZBWV76PMI2XAVMCD 2 DNAT',
      'POSTROUTING nat POSTROUTING 1 OPENSHIFT-MASQUERADE',
      'POSTROUTING nat OPENSHIFT-MASQUERADE 1 RETURN',
      'POSTROUTING nat POSTROUTING 2 KUBE-POSTROUTING',
      'POSTROUTING nat KUBE-POSTROUTING 2 MARK',
      'POSTROUTING nat KUBE-POSTROUTING 3 MASQUERADE',
    ]));

  it('marks with bit 0', () => expect(t.steps.find((s) => s.kind === 'rule' && s.matched === true && s.chain === 'OPENSHIFT-MASQUERADE')).toMatchObject({ mark: 1 }));

  it('takes tun0’s address of the entry node, is forwarded by OpenShift’s rule, and stops where br0 begins', () => {
    expect(endOf(t)).toEqual({ place: 'worker1 tun0', src: '10.131.0.1', dst: '10.128.2.151' });
    expect(rulesOf(t, 'worker1')).toContain('FORWARD filter OPENSHIFT-FIREWALL-FORWARD 2 ACCEPT');
    expect(t.steps.at(-1)).toMatchObject({ kind: 'unknown', what: 'ovs-bridge', name: 'br0', dev: 'tun0' });
  });

  it('leads by the cluster network’s route, and the neighbour is the pod itself', () => {
    const fib = t.steps.findLast((s) => s.kind === 'fib' && s.host === 'worker1');
    const [line = ''] = (fib?.source ?? []).map((s) => (base.files[s.input] ?? '').split('\n')[s.line - 1] ?? '');
    expect(line).toBe('10.128.0.0/14 dev tun0 scope link');
    expect(String(base.files['worker1/network.txt'])).toContain('10.128.2.151 dev tun0 lladdr 0a:58:0a:80:02:97 REACHABLE');
  });
});

describe('a client opens it at the pod’s own worker', () => {
  it('is masqueraded too, to the tun0 address there, which the document denies', () => expect(endOf(lb({ entry: 'worker2' }))).toEqual({ place: 'worker2 tun0', src: '10.128.2.1', dst: '10.128.2.151' }));

  it('keeps its address under policy Local', () => expect(endOf(lb({ entry: 'local' }))).toEqual({ place: 'worker2 tun0', src: '10.10.6.91', dst: '10.128.2.151' }));

  it('or opens the node port there, with the same end', () => expect(endOf(trace(base.world, tcp(at('client'), '10.10.12.22', 30_880)))).toEqual({ place: 'worker2 tun0', src: '10.128.2.1', dst: '10.128.2.151' }));
});

describe('the hosts', () => {
  const text = (path: string): string => String(base.files[path]);

  it('have tun0 with the first address of their subnet and 50 bytes less than the NIC', () => {
    for (const [worker, address] of [['worker1', '10.131.0.1/23'], ['worker2', '10.128.2.1/23']] as const) {
      const links = base.world.hosts.find((h) => h.name === worker)?.netns[0]?.links ?? [];
      const [tun0, nic] = ['tun0', 'ens192'].map((name) => links.find((l) => l.name === name));
      expect(tun0?.addresses.map((a) => `${formatIp4(a.ip)}/${a.prefixLen}`)).toEqual([address]);
      expect((nic?.mtu ?? 0) - (tun0?.mtu ?? 0)).toBe(50);
    }
  });

  it('have no route for their own subnet alone, but for the cluster network and the services', () => {
    const routes = text('worker1/network.txt');
    expect(routes).toContain('\n10.128.0.0/14 dev tun0 scope link\n');
    expect(routes).toContain('\n172.30.0.0/16 dev tun0\n');
    expect(routes).not.toContain('10.131.0.0/23 dev');
  });

  it('jump to OPENSHIFT-MASQUERADE before KUBE-POSTROUTING, whose three rules are the document’s', () => {
    const rules = text('worker1/firewall.txt').split('\n');
    expect(rules.filter((l) => l.startsWith('-A POSTROUTING'))).toEqual([
      '-A POSTROUTING -m comment --comment "rules for masquerading OpenShift traffic" -j OPENSHIFT-MASQUERADE',
      '-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING',
    ]);
    expect(rules.filter((l) => l.startsWith('-A KUBE-POSTROUTING'))).toEqual([
      '-A KUBE-POSTROUTING -m mark ! --mark 0x1/0x1 -j RETURN',
      '-A KUBE-POSTROUTING -j MARK --set-xmark 0x1/0x0',
      '-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully',
    ]);
  });
});

describe('a pod', () => {
  it('is refused in its own namespace when it asks the machine config server', () => {
    const t = trace(base.world, tcp(at('worker1', 'debug'), '10.10.12.22', 22_623));
    expect(t.outcomes[0]).toMatchObject({ client: 'refused', request: { verdict: 'rejected', host: 'worker1', netns: 'debug' } });
  });

  it.each([
    ['its DNS service', { proto: 17, dst: ip('172.30.0.10'), dport: 53 }],
    ['the Internet', { proto: 6, dst: ip('198.51.100.7'), dport: 443 }],
  ])('that opens %s enters br0 at its veth', (_, probe) => {
    const t = trace(base.world, { from: at('worker1', 'debug'), ...probe });
    expect(t.outcomes[0]).toMatchObject({ client: 'unknown', request: { host: 'worker1', dev: expect.stringMatching(/^veth[0-9a-f]{8}$/) as string } });
    expect(t.steps.at(-1)).toMatchObject({ kind: 'unknown', name: 'br0' });
  });
});
