import { expect, it } from 'vitest';
import { worldOf } from '../cluster/world.ts';
import { trace, traceAll } from '../engine/trace.ts';
import { formatIp4 } from '../packet/address.ts';
import { ipOf } from '../packet/packet.ts';
import { readProbe } from '../share/probeWords.ts';
import { rulesOf } from '../testing/sample.ts';
import { loadScenario } from './files.node.ts';
import { ipvsObjects } from './ipvs-objects/scenario.ts';

type Params = Readonly<Record<string, string>>;

function given(id: string, params: Params = {}) {
  const { world, files } = worldOf(loadScenario(ipvsObjects, params));
  const words = ipvsObjects.probes.find((p) => p.id === id);
  const probe = words && readProbe(world, { from: words.from, to: words.to, proto: words.proto, via: undefined, sport: undefined, size: undefined });
  if (!probe?.ok) throw new Error(`no probe ${id}`);
  return { world, files, probe: probe.value };
}

/** By the node that the router chose and who answered: whom that one sees. All clients get their answer. */
function seen(id: string, params: Params = {}): Readonly<Record<string, string>> {
  const { world, probe } = given(id, params);
  return Object.fromEntries(
    traceAll(world, probe).branches.map(({ trace: t }) => {
      const [outcome] = t.outcomes;
      expect(outcome?.client).toBe('answer');
      const ecmp = t.choices.find((c) => c.kind === 'ecmp');
      const via = ecmp ? `${/\.(14\d)\b/.exec(ecmp.options[ecmp.taken] ?? '')?.[1] ?? '?'}: ` : '';
      return [`${via}${outcome?.request.netns ?? outcome?.request.host}`, formatIp4(ipOf(outcome?.request.seen ?? []).src)];
    }),
  );
}

const ALL = {
  '141: ng-test-rs-djnj7': '10.10.1.141', '141: ng-test-rs-cwqr5': '10.233.110.0', '141: ng-test-rs-kllg4': '10.233.110.0',
  '142: ng-test-rs-djnj7': '10.233.98.0', '142: ng-test-rs-cwqr5': '10.10.1.142', '142: ng-test-rs-kllg4': '10.233.98.0',
  '143: ng-test-rs-djnj7': '10.233.125.0', '143: ng-test-rs-cwqr5': '10.233.125.0', '143: ng-test-rs-kllg4': '10.10.1.143',
};

it('under Cluster the pod sees the node that took the packet: its tunl0 address from another node, its first address on the same', () => {
  expect(seen('client-to-vip')).toEqual(ALL);
  expect(seen('client-to-vip', { scheduler: 'lc' })).toEqual(ALL);
  expect(seen('client-to-vip', { scheduler: 'sh' })).toEqual(ALL);
});

it('under Local each node gives it to its own pod, which sees the client', () => {
  expect(seen('client-to-vip', { policy: 'Local' })).toEqual({ '141: ng-test-rs-djnj7': '10.10.6.91', '142: ng-test-rs-cwqr5': '10.10.6.91', '143: ng-test-rs-kllg4': '10.10.6.91' });
});

it('a pod is seen as itself at a cluster IP, unless masqueradeAll is on or it reaches itself', () => {
  expect(seen('pod-to-clusterip')).toEqual({ 'ng-test-rs-djnj7': '10.233.98.50', 'ng-test-rs-cwqr5': '10.233.98.50', 'ng-test-rs-kllg4': '10.233.98.50' });
  expect(seen('pod-to-clusterip', { masqall: 'on' })).toEqual({ 'ng-test-rs-djnj7': '10.233.98.0', 'ng-test-rs-cwqr5': '10.10.1.142', 'ng-test-rs-kllg4': '10.233.98.0' });
  expect(seen('hairpin')['ng-test-rs-cwqr5']).toBe('10.10.1.142');
});

it.each([
  ['pod-to-dns', { 'coredns-7677f9bb54-x2k8q': '10.233.98.50' }],
  ['pod-to-api', { 'cy01-ceph141': '10.10.2.142' }],
  ['pod-to-internet', { internet: '10.10.2.142' }],
  ['ping-pod', { 'ng-test-rs-kllg4': '10.233.98.50' }],
  ['client-to-hostnet', { '141: cy01-ceph141': '10.10.6.91', '142: cy01-ceph142': '10.10.6.91', '143: cy01-ceph143': '10.10.6.91' }],
  ['client-to-nodeport', { 'ng-test-rs-djnj7': '10.233.98.0', 'ng-test-rs-cwqr5': '10.10.1.142', 'ng-test-rs-kllg4': '10.233.98.0' }],
  ['node-to-clusterip', { 'ng-test-rs-djnj7': '10.233.98.0', 'ng-test-rs-cwqr5': '10.10.1.142', 'ng-test-rs-kllg4': '10.233.98.0' }],
])('%s', (id, wanted) => {
  expect(seen(id)).toEqual(wanted);
});

it('Calico marks service traffic in INPUT and judges it in OUTPUT, because IPVS sends it from there', () => {
  const { world, probe } = given('client-to-vip');
  const rules = rulesOf(trace(world, probe), 'cy01-ceph141');
  const at = (start: string): number => rules.findIndex((r) => r.startsWith(start));
  expect(at('INPUT filter cali-forward-check')).toBeGreaterThanOrEqual(0);
  expect(at('OUTPUT filter cali-OUTPUT')).toBeGreaterThan(at('INPUT filter cali-forward-check'));
  expect(rules).toContain('OUTPUT filter cali-OUTPUT 2 cali-forward-endpoint-mark');
  expect(at('FORWARD')).toBe(-1);
});

it('wires what the document shows: tunnel addresses and MTU, routes by BIRD, three nodes at the router', () => {
  const { files } = given('client-to-vip');
  const node = files['cy01-ceph142/network.txt'] ?? '';
  expect(node).toMatch(/tunl0@NONE: <NOARP,UP,LOWER_UP> mtu 1450/);
  expect(node).toContain('inet 10.233.98.0/32');
  expect(node).toContain('10.233.110.0/24 via 10.10.4.141 dev tunl0 proto bird onlink');
  expect(files['l3/network.txt']).toMatch(/172\.19\.100\.2 proto bgp metric 20\n(?:\tnexthop via 10\.10\.2\.14[123] dev eth2 weight 1\n){3}/);
});
