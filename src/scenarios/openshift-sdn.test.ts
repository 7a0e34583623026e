import { describe, expect, it } from 'vitest';
import { worldOf } from '../cluster/world.ts';
import type { Step } from '../engine/step.ts';
import { trace } from '../engine/trace.ts';
import type { Trace } from '../engine/trace-types.ts';
import { formatIp4 } from '../packet/address.ts';
import { ipOf } from '../packet/packet.ts';
import { readProbe } from '../share/probeWords.ts';
import { endsOf } from '../testing/cluster.ts';
import { at, framesOf, rulesOf, tcp } from '../testing/sample.ts';
import { verdictLine } from '../text/verdict.ts';
import { loadScenario } from './files.node.ts';
import { openshiftSdn } from './openshift-sdn/scenario.ts';

type Params = Readonly<Record<string, string>>;

const worlds = new Map<string, ReturnType<typeof worldOf>>();
const built = (params: Params = {}) => {
  const key = JSON.stringify(params);
  const known = worlds.get(key) ?? worldOf(loadScenario(openshiftSdn, params));
  worlds.set(key, known);
  return known;
};
const base = built();

function probeOf(id: string, { world }: ReturnType<typeof worldOf>) {
  const words = openshiftSdn.probes.find((p) => p.id === id);
  const probe = words && readProbe(world, { from: words.from, to: words.to, proto: words.proto, via: undefined, sport: undefined, size: undefined });
  if (!probe?.ok) throw new Error(`no probe ${id}`);
  return probe.value;
}
const walk = (id: string, params: Params = {}): Trace => trace(built(params).world, probeOf(id, built(params)));
const ends = (id: string, params: Params = {}): readonly string[] => endsOf(built(params).world, probeOf(id, built(params)));

/** Where a packet went in br0, pass by pass: `worker1 tun0: 0 25 27 30 > vxlan0`. */
function passes(t: Trace, role: Step['role'] = 'request'): readonly string[] {
  const found: { readonly id: number; readonly head: string; readonly tables: number[]; readonly to: string }[] = [];
  for (const s of t.steps) {
    if (s.role !== role) continue;
    if (s.kind === 'ovs') found.push({ id: s.id, head: `${s.host} ${s.port.replace(/^veth.*/, 'veth')}`, tables: [], to: [...s.to.map((p) => p.replace(/^veth.*/, 'veth')), ...(s.again ? ['again'] : [])].join(' ') });
    if (s.kind === 'openflow') found.at(-1)?.tables.push(s.table);
  }
  return found.map(({ head, tables, to }) => `${head}: ${tables.join(' ')} > ${to === '' ? 'drop' : to}`);
}

/** The rule that a walk ended with, as the listing has it. */
function lastRule(t: Trace, files: Readonly<Record<string, unknown>>): string {
  const last = t.steps.findLast((s) => s.kind === 'openflow' && s.role === 'request');
  const [source] = last?.source ?? [];
  return source === undefined ? '' : (String(files[source.input]).split('\n')[source.line - 1] ?? '').replace(/^.*table=/, '').replace(/, n_packets.*?, n_bytes=0,/, '');
}

describe('how each walk ends', () => {
  const ANY = ['networkpolicy', 'multitenant', 'subnet'];
  const POLICIES = ['none', 'project', 'outside'];

  it.each<[string, Params, string]>([
    // Into the cluster. tun0's own address of the pod's worker is let in by every worker; number 0 by multitenant.
    ['client-to-lb', {}, '1.00 delivered worker2/almighty5-0 10.131.0.1>10.128.2.151:8080, answer'],
    ['client-to-lb', { entry: 'worker2' }, '1.00 delivered worker2/almighty5-0 10.128.2.1>10.128.2.151:8080, answer'],
    ['client-to-lb', { entry: 'local' }, '1.00 delivered worker2/almighty5-0 10.10.6.91>10.128.2.151:8080, answer'],
    ['client-to-lb', { policy: 'project' }, '1.00 dropped worker2 10.131.0.1>10.128.2.151:8080, timeout'],
    ['client-to-lb', { policy: 'project', entry: 'worker2' }, '1.00 delivered worker2/almighty5-0 10.128.2.1>10.128.2.151:8080, answer'],
    ['client-to-lb', { policy: 'project', entry: 'local' }, '1.00 dropped worker2 10.10.6.91>10.128.2.151:8080, timeout'],
    ['client-to-lb', { policy: 'project', mode: 'multitenant' }, '1.00 delivered worker2/almighty5-0 10.131.0.1>10.128.2.151:8080, answer'],
    ['client-to-lb', { policy: 'project', mode: 'multitenant', entry: 'local' }, '1.00 delivered worker2/almighty5-0 10.10.6.91>10.128.2.151:8080, answer'],
    ['client-to-lb', { mode: 'subnet', entry: 'local' }, '1.00 delivered worker2/almighty5-0 10.10.6.91>10.128.2.151:8080, answer'],
    ['client-to-lb', { policy: 'outside' }, '1.00 delivered worker2/almighty5-0 10.131.0.1>10.128.2.151:8080, answer'],
    ['client-to-nodeport', {}, '1.00 delivered worker2/almighty5-0 10.128.2.1>10.128.2.151:8080, answer'],
    ['client-to-nodeport', { policy: 'project' }, '1.00 delivered worker2/almighty5-0 10.128.2.1>10.128.2.151:8080, answer'],
    ['client-to-nodeport', { entry: 'local' }, '1.00 delivered worker2/almighty5-0 10.10.6.91>10.128.2.151:8080, answer'],
    ['client-to-nodeport', { entry: 'local', policy: 'project' }, '1.00 dropped worker2 10.10.6.91>10.128.2.151:8080, timeout'],
    ['node-to-pod', {}, '1.00 delivered worker2/almighty5-0 10.131.0.1>10.128.2.151:8080, answer'],
    ['node-to-pod', { policy: 'project' }, '1.00 dropped worker2 10.131.0.1>10.128.2.151:8080, timeout'],
    ['node-to-clusterip', {}, '1.00 delivered worker2/almighty5-0 10.131.0.1>10.128.2.151:8080, answer'],
    ['node-to-clusterip', { policy: 'project' }, '1.00 dropped worker2 10.131.0.1>10.128.2.151:8080, timeout'],
    // Within a project, and from another.
    ...ANY.flatMap((mode) =>
      POLICIES.flatMap((policy): [string, Params, string][] => [
        ['pod-to-pod', { mode, policy }, '1.00 delivered worker2/almighty5-0 10.131.0.20>10.128.2.151:8080, answer'],
        ['pod-to-near-pod', { mode, policy }, '1.00 delivered worker1/batch 10.131.0.20>10.131.0.21:8080, answer'],
        ['pod-to-service', { mode, policy }, `1.00 delivered worker2/almighty5-0 ${mode === 'subnet' ? '10.131.0.1' : '10.131.0.20'}>10.128.2.151:8080, answer`],
        ['pod-to-dns', { mode, policy }, `1.00 delivered worker2/dns-default-w2 ${mode === 'subnet' ? '10.131.0.1' : '10.131.0.20'}>10.128.2.152:5353, answer`],
        ['egress-ip', { mode, policy }, `1.00 delivered server ${mode === 'subnet' ? '10.10.12.21' : '10.10.12.150'}>198.51.100.7:25, answer`],
        ['pod-to-mcs', { mode, policy }, '1.00 rejected worker1/debug 10.131.0.20>10.10.12.22:22623, refused'],
        ['client-to-worker', { mode, policy }, '1.00 delivered worker1 10.10.6.91>10.10.12.21:22, answer'],
        ['pod-to-internet', { mode, policy }, policy === 'outside' && mode !== 'subnet' ? '1.00 dropped worker1 10.131.0.20>198.51.100.7:443, timeout' : '1.00 delivered server 10.10.12.21>198.51.100.7:443, answer'],
      ]),
    ),
    ['other-project', {}, '1.00 delivered worker2/almighty5-0 10.131.0.30>10.128.2.151:8080, answer'],
    ['other-project', { policy: 'project' }, '1.00 dropped worker2 10.131.0.30>10.128.2.151:8080, timeout'],
    ['other-project', { mode: 'multitenant' }, '1.00 dropped worker2 10.131.0.30>10.128.2.151:8080, timeout'],
    ['other-project', { mode: 'subnet', policy: 'project' }, '1.00 delivered worker2/almighty5-0 10.131.0.30>10.128.2.151:8080, answer'],
    ['other-to-service', {}, '1.00 delivered worker2/almighty5-0 10.131.0.30>10.128.2.151:8080, answer'],
    ['other-to-service', { policy: 'project' }, '1.00 dropped worker2 10.131.0.30>10.128.2.151:8080, timeout'],
    ['other-to-service', { mode: 'multitenant' }, '1.00 dropped worker2 10.131.0.30>10.128.2.151:8080, timeout'],
    ['other-to-service', { mode: 'subnet' }, '1.00 delivered worker2/almighty5-0 10.131.0.1>10.128.2.151:8080, answer'],
  ])('%s %j', (id, params, expected) => expect(ends(id, params)).toEqual([expected]));
});

describe('a client opens the load-balancer address at a worker without the pod', () => {
  const t = walk('client-to-lb');

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

  it('is forwarded by OpenShift’s rule', () => expect(rulesOf(t, 'worker1')).toContain('FORWARD filter OPENSHIFT-FIREWALL-FORWARD 2 ACCEPT'));

  it('leads by the cluster network’s route, and the neighbour is the pod itself', () => {
    const fib = t.steps.findLast((s) => s.kind === 'fib' && s.host === 'worker1' && s.role === 'request' && s.oif === 'tun0');
    const [line = ''] = (fib?.source ?? []).map((s) => (base.files[s.input] ?? '').split('\n')[s.line - 1] ?? '');
    expect(line).toBe('10.128.0.0/14 dev tun0 scope link');
    expect(String(base.files['worker1/network.txt'])).toContain('10.128.2.151 dev tun0 lladdr 0a:58:0a:80:02:97 REACHABLE');
  });

  it('goes into br0 by tun0, out by vxlan0, and on the other worker in by vxlan0 and out by the pod’s veth', () =>
    expect(passes(t)).toEqual(['worker1 tun0: 0 30 > again', 'worker1 tun0: 31 90 > vxlan0', 'worker2 vxlan0: 0 > again', 'worker2 vxlan0: 0 10 30 > again', 'worker2 vxlan0: 31 70 80 > veth']));

  it('carries 50 bytes more between the workers, and the number 0 of a host', () => {
    const sizes = framesOf(t).map((f) => `${f.split(' ').slice(0, 3).join(' ')} ${f.split(' ').at(-1) ?? ''}`);
    const [inner] = sizes.filter((f) => f.startsWith('worker1 tun0 out')).map((f) => Number(f.split(' ').at(-1)));
    expect(sizes).toContain(`worker1 ens192 out ${(inner ?? 0) + 50}`);
    const outer = t.steps.find((s) => s.kind === 'transmit' && s.host === 'worker1' && s.dev === 'ens192' && s.role === 'request');
    expect(outer && 'packet' in outer ? outer.packet.filter((h) => h.type === 'vxlan' || h.type === 'udp') : []).toMatchObject([{ type: 'udp', dport: 4789 }, { type: 'vxlan', vni: 0 }]);
  });

  it('comes back through both bridges, and to the client from the address that it opened', () => {
    expect(passes(t, 'reply').map((p) => p.split(':')[0])).toEqual(expect.arrayContaining(['worker2 veth', 'worker1 vxlan0']));
    expect(passes(t, 'reply').at(-1)).toBe('worker1 vxlan0: 0 10 30 31 > tun0');
    const back = t.steps.findLast((s) => s.kind === 'receive' && s.host === 'client');
    expect(back && 'packet' in back ? formatIp4(ipOf(back.packet).src) : '').toBe('10.10.12.208');
  });
});

describe('a client opens it at the pod’s own worker', () => {
  it('goes through tun0 and br0 there, too, which the document denies', () => expect(passes(walk('client-to-lb', { entry: 'worker2' })).at(-1)).toBe('worker2 tun0: 31 70 80 > veth'));
});

describe('the table that decides', () => {
  it.each<[string, string, Params, string]>([
    ['a project’s number is not the other’s', 'other-project', { mode: 'multitenant' }, '80 priority=0 actions=drop'],
    ['a policy does not know the sender', 'other-project', { policy: 'project' }, '80 priority=0 actions=drop'],
    ['the project may not leave', 'pod-to-internet', { policy: 'outside' }, '100 priority=1,ip,reg0=0x8d2f41 actions=drop'],
    ['the tunnel to the worker that has the pod', 'pod-to-pod', {}, '80 priority=50,reg1=0x8d2f41 actions=output:NXM_NX_REG2[]'],
    ['its own tun0 is let in by every worker', 'client-to-nodeport', { policy: 'project' }, '80 priority=300,ip,nw_src=10.128.2.1 actions=output:NXM_NX_REG2[]'],
  ])('%s', (_, id, params, expected) => expect(lastRule(walk(id, params), built(params).files)).toBe(expected));

  it('is what the verdict names', () => {
    const params = { mode: 'multitenant' };
    const { world, files } = built(params);
    const { decidedBy } = verdictLine({ trace: walk('other-project', params), world, lang: 'en' }, 0);
    const line = String(files['worker2/openflow.txt']).split('\n').findIndex((l) => l.includes('table=80,') && l.includes('priority=0 ')) + 1;
    expect(decidedBy).toBe(`br0 table=80,priority=0 (worker2/openflow.txt:${line})`);
  });

  it('for a pod is one that its object made', () => {
    const t = walk('pod-to-pod');
    const taken = (table: number) => t.steps.find((s) => s.kind === 'openflow' && s.table === table && s.role === 'request')?.source[0];
    expect(base.reasonOf(taken(20))).toMatchObject({ kind: 'Pod', namespace: 'almighty', name: 'debug' });
    expect(base.reasonOf(taken(90))).toMatchObject({ kind: 'HostSubnet', name: 'worker2' });
    expect(base.reasonOf(taken(70))).toMatchObject({ kind: 'Pod', namespace: 'almighty', name: 'almighty5-0' });
  });
});

describe('a pod', () => {
  it('reaches another on its worker without the tunnel', () => expect(passes(walk('pod-to-near-pod'))).toEqual(['worker1 veth: 0 > again', 'worker1 veth: 0 20 27 30 > again', 'worker1 veth: 31 70 80 > veth']));

  it('that opens a service goes out by tun0, and comes back in with the pod’s address and its own number', () => {
    const t = walk('pod-to-service');
    expect(passes(t).slice(0, 2)).toEqual(['worker1 veth: 0 > again', 'worker1 veth: 0 20 27 30 31 60 > tun0']);
    expect(passes(t)[2]).toMatch(/^worker1 tun0: 0 (?:> again|25 27 30)/);
    expect(passes(t).at(-1)).toBe('worker2 vxlan0: 31 70 80 > veth');
  });

  it('of the project with an egress IP goes through the tunnel to the worker that holds it, and there out of tun0 with a mark', () => {
    const t = walk('egress-ip');
    expect(passes(t).at(-1)).toBe('worker2 vxlan0: 0 10 30 31 99 100 101 > tun0');
    expect(rulesOf(t, 'worker2')).toContain('POSTROUTING nat OPENSHIFT-MASQUERADE 2 SNAT');
  });

  it('is refused in its own namespace when it asks the machine config server', () => {
    const t = walk('pod-to-mcs');
    expect(t.outcomes[0]).toMatchObject({ client: 'refused', request: { verdict: 'rejected', host: 'worker1', netns: 'debug' } });
  });
});

describe('tun0’s question for a pod on another worker', () => {
  it('goes through br0 and the tunnel to the one worker that has its subnet', () => {
    const files = loadScenario(openshiftSdn, {});
    const forgetful = worldOf({ ...files, 'objects.yaml': String(files['objects.yaml']).replace('{name: worker1, interfaces:', '{name: worker1, run: ["ip neigh del 10.128.2.151 dev tun0"], interfaces:') });
    const t = trace(forgetful.world, tcp(at('worker1'), '10.128.2.151', 8080));
    expect(t.outcomes[0]).toMatchObject({ client: 'answer' });
    expect(passes(t, 'arp').slice(0, 4)).toEqual(['worker1 tun0: 0 30 31 50 > vxlan0', 'worker2 vxlan0: 0 10 30 31 40 > veth', 'worker2 veth: 0 20 30 31 50 > vxlan0', 'worker1 vxlan0: 0 10 30 31 > tun0']);
  });
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

  it('have br0 with vxlan0, tun0 and a veth for each pod, and its rules in a file of their own', () => {
    const [br0] = base.world.hosts.find((h) => h.name === 'worker1')?.ovs ?? [];
    expect(br0?.ports.filter((p) => p.ofport !== undefined && p.ofport < 0xff00).map((p) => `${p.ofport} ${p.name.replace(/^veth.*/, 'veth')}`)).toEqual(['1 vxlan0', '2 tun0', '3 veth', '4 veth', '5 veth', '6 veth']);
    expect(br0).toMatchObject({ failMode: 'secure', frags: 'nx-match' });
    expect(br0?.flows?.length).toBe(text('worker1/openflow.txt').split('\n').filter((l) => l.startsWith(' cookie=')).length);
    expect(br0?.groups?.map((g) => g.id)).toEqual([2797569]);
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
