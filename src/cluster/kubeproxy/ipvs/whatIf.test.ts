import { describe, expect, it } from 'vitest';
import type { Probe } from '../../../engine/probe.ts';
import { trace, traceAll } from '../../../engine/trace.ts';
import type { Trace } from '../../../engine/trace-types.ts';
import { formatIp4 } from '../../../packet/address.ts';
import { ipOf } from '../../../packet/packet.ts';
import { at, ip, rulesOf, sampleFiles, tcp } from '../../../testing/sample.ts';
import type { World } from '../../../world/world.ts';
import { worldOf } from '../../world.ts';

/**
 * What-ifs on the first scenario, compiled from its objects: the facts of its document must come out again, and follow when an object
 * changes. What no object says is the wires: three networks a node, of which ens3's address is the first.
 */
const WIRES = `apiVersion: packetwalk/v1
kind: Fabric
metadata: {name: wires}
spec:
  nodes:
${[141, 142, 143]
  .map(
    (n) => `  - name: cy01-ceph${n}
    interfaces:
    - {dev: ens3, address: 10.10.1.${n}/24}
    - {dev: ens4, address: 10.10.2.${n}/24}
    - {dev: ens5, address: 10.10.4.${n}/24}
    gateway: 10.10.2.1
`,
  )
  .join('')}  routers:
  - name: l3
    interfaces: [{dev: eth6, address: 10.10.6.1/24}, {dev: eth2, address: 10.10.2.1/24}]
    routes: [172.19.100.0/24 via 10.10.2.142]
  clients:
  - {name: client, interfaces: [{dev: eth0, address: 10.10.6.91/24}], gateway: 10.10.6.1}
`;

const OBJECTS = sampleFiles('cluster')['objects.yaml'] ?? '';

type Change = readonly [from: string, to: string];

/** The world after changes of the objects' text; each must hit. */
function changed(...changes: readonly Change[]): World {
  const text = changes.reduce((known, [from, to]) => {
    if (!known.includes(from)) throw new Error(`nothing to change: ${from}`);
    return known.replace(from, to);
  }, OBJECTS);
  return worldOf({ 'objects.yaml': text, 'wires.yaml': WIRES }).world;
}

const POLICY: Change = ['externalTrafficPolicy: Cluster', 'externalTrafficPolicy: Local'];
const MASQUERADE_ALL: Change = ['mode: ipvs', 'mode: ipvs\niptables: {masqueradeAll: true}'];
const scheduler = (name: string): Change => ['scheduler: rr', `scheduler: ${name}`];
const version = (minor: number): readonly Change[] => [141, 142, 143].map((): Change => ['kubeProxyVersion: v1.19.7', `kubeProxyVersion: v1.${minor}.0`]);

const CLIENT = at('client');
const VIP = tcp(CLIENT, '172.19.100.2', 80);
const CLUSTER_IP = tcp(at('cy01-ceph142', 'dbg-pod142'), '10.233.36.144', 80);
const CWQR5 = 'ng-test-rs-cwqr5 on 142';
const DJNJ7 = 'ng-test-rs-djnj7 on 141';
const KLLG4 = 'ng-test-rs-kllg4 on 143';

const sees = (t: Trace): string => formatIp4(ipOf(t.outcomes[0]?.request.seen ?? []).src);
const takerOf = (o: Trace['outcomes'][number] | undefined): string => `${o?.request.netns} on ${o?.request.host.slice(-3)}`;

/** By the pod that answers: whom it logs, and whether the client gets its answer. */
const logs = (world: World, probe: Probe): Readonly<Record<string, string>> => Object.fromEntries(traceAll(world, probe).branches.map(({ trace: t }) => [takerOf(t.outcomes[0]), `${sees(t)}${t.outcomes[0]?.client === 'answer' ? '' : ` ${t.outcomes[0]?.client}`}`]));
const inTurn = (world: World, probe: Probe): readonly string[] => trace(world, probe).outcomes.map(takerOf);

const recorded = changed();

describe('what a pod of the first scenario logs as its client, compiled from objects', () => {
  it('is under policy Cluster the first address of the node, or its tunl0 address on another node', () => {
    expect(logs(recorded, VIP)).toEqual({ [CWQR5]: '10.10.1.142', [DJNJ7]: '10.233.98.0', [KLLG4]: '10.233.98.0' });
  });

  it('is under policy Local the client itself, and only the pod of the node that took the packet answers', () => {
    const world = changed(POLICY);
    expect(logs(world, VIP)).toEqual({ [CWQR5]: '10.10.6.91' });
    expect(rulesOf(trace(world, VIP), 'cy01-ceph142').some((r) => / KUBE-LOAD-BALANCER \d+ RETURN$/.test(r))).toBe(true);
    expect(rulesOf(trace(world, VIP), 'cy01-ceph142').some((r) => r.endsWith(' MARK') && r.includes('KUBE-MARK-MASQ'))).toBe(false);
  });

  it('is the pod itself when a pod opens the cluster IP, with masqueradeAll the node', () => {
    expect(logs(recorded, CLUSTER_IP)).toEqual({ [CWQR5]: '10.233.98.50', [DJNJ7]: '10.233.98.50', [KLLG4]: '10.233.98.50' });
    expect(logs(changed(MASQUERADE_ALL), CLUSTER_IP)).toEqual({ [CWQR5]: '10.10.1.142', [DJNJ7]: '10.233.98.0', [KLLG4]: '10.233.98.0' });
  });

  it('is the node when a pod reaches itself, the pod when it reaches another', () => {
    expect(logs(recorded, { ...CLUSTER_IP, from: at('cy01-ceph142', 'ng-test-rs-cwqr5') })).toEqual({ [CWQR5]: '10.10.1.142', [DJNJ7]: '10.233.98.39', [KLLG4]: '10.233.98.39' });
  });

  it('is the node’s first address at a node port, or the tunl0 address, under Cluster; the client under Local', () => {
    const nodePort = tcp(CLIENT, '10.10.2.142', 31778);
    expect(logs(recorded, nodePort)).toEqual({ [CWQR5]: '10.10.1.142', [DJNJ7]: '10.233.98.0', [KLLG4]: '10.233.98.0' });
    expect(logs(changed(POLICY), nodePort)).toEqual({ [CWQR5]: '10.10.6.91' });
  });
});

describe('the nat walk on the node that takes the packet', () => {
  it('is the document’s: five rules of KUBE-SERVICES, of which 1, 3 and 5 take the packet', () => {
    const kube = rulesOf(trace(recorded, VIP), 'cy01-ceph142').filter((r) => r.startsWith('PREROUTING nat KUBE'));
    expect(kube).toEqual([
      'PREROUTING nat KUBE-SERVICES 1 KUBE-LOAD-BALANCER',
      'PREROUTING nat KUBE-LOAD-BALANCER 2 KUBE-MARK-MASQ',
      'PREROUTING nat KUBE-MARK-MASQ 1 MARK',
      'PREROUTING nat KUBE-SERVICES 3 KUBE-NODE-PORT',
      'PREROUTING nat KUBE-SERVICES 5 ACCEPT',
    ]);
    const post = rulesOf(trace(recorded, VIP, { 'cy01-ceph142/ipvs-rr': 2 }), 'cy01-ceph142').filter((r) => r.startsWith('POSTROUTING nat KUBE'));
    expect(post).toEqual(['POSTROUTING nat KUBE-POSTROUTING 3 MARK', 'POSTROUTING nat KUBE-POSTROUTING 4 MASQUERADE']);
  });
});

describe('the endpoint', () => {
  it('is each pod in turn: kllg4, djnj7, cwqr5', () => {
    expect(inTurn(recorded, { ...VIP, count: 3 })).toEqual([KLLG4, DJNJ7, CWQR5]);
  });

  it('is another one when an endpoint goes away: its object is all that changes', () => {
    const world = changed([`  - {ip: 10.233.125.24, nodeName: cy01-ceph143, targetRef: {kind: Pod, name: ng-test-rs-kllg4, namespace: default}}\n`, '']);
    expect(logs(world, VIP)).toEqual({ [CWQR5]: '10.10.1.142', [DJNJ7]: '10.233.98.0' });
  });

  const nobodyHere: Change = [`  - {ip: 10.233.98.39, nodeName: cy01-ceph142, targetRef: {kind: Pod, name: ng-test-rs-cwqr5, namespace: default}}\n`, ''];

  it('is nobody under policy Local where the node has none: an ICMP error from the address itself', () => {
    const [outcome] = trace(changed(POLICY, nobodyHere), VIP).outcomes;
    expect(outcome?.request).toMatchObject({ verdict: 'rejected', host: 'cy01-ceph142', error: { kind: 'icmp', icmptype: 3, code: 3, from: ip('172.19.100.2') } });
    expect(outcome?.client).toBe('refused');
  });

  it('is one of another node there with kube-proxy 1.24, and its answer never comes as the address that was asked', () => {
    const answers = traceAll(changed(POLICY, nobodyHere, ...version(24)), VIP).branches.map(({ trace: t }) => [takerOf(t.outcomes[0]), sees(t), t.outcomes[0]?.client === 'answer']);
    expect(answers).toEqual([
      [KLLG4, '10.10.6.91', false],
      [DJNJ7, '10.10.6.91', false],
    ]);
  });
});

describe('the scheduler', () => {
  const three = { ...VIP, count: 3 };

  it.each`
    name     | order                     | because
    ${'wrr'} | ${[KLLG4, DJNJ7, CWQR5]}  | ${'all weigh the same'}
    ${'lc'}  | ${[KLLG4, DJNJ7, CWQR5]}  | ${'each connection counts against who has it'}
    ${'wlc'} | ${[KLLG4, DJNJ7, CWQR5]}  | ${'the same, all weigh the same'}
    ${'sed'} | ${[KLLG4, DJNJ7, CWQR5]}  | ${'the shortest expected delay'}
    ${'nq'}  | ${[KLLG4, DJNJ7, CWQR5]}  | ${'the idle ones first'}
  `('$name takes each in turn: $because', ({ name, order }) => expect(inTurn(changed(scheduler(name)), three)).toEqual(order));

  it.each(['sh', 'dh'])('%s stays with one for one client and address', (name) => {
    expect(new Set(inTurn(changed(scheduler(name)), three)).size).toBe(1);
  });

  it('mh asks its table; since 1.27 with the port, too, so that a client’s connections may part', () => {
    const flagOf = (world: World): unknown => world.hosts.find((h) => h.name === 'cy01-ceph142')?.netns[0]?.ipvs.find((s) => s.key.kind === 'address' && s.key.ip === ip('172.19.100.2'));
    expect(flagOf(changed(scheduler('mh')))).toMatchObject({ scheduler: 'mh' });
    expect(flagOf(changed(scheduler('mh')))).not.toHaveProperty('schedFlags');
    expect(flagOf(changed(scheduler('mh'), ...version(27)))).toMatchObject({ scheduler: 'mh', schedFlags: ['mh-port'] });
  });

  it('comes after affinity: a client stays with its first pod', () => {
    const world = changed(['selector: {app: con-test}', 'sessionAffinity: ClientIP\n  selector: {app: con-test}']);
    expect(inTurn(world, three)).toEqual([KLLG4, KLLG4, KLLG4]);
  });
});
