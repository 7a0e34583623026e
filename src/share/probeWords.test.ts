import { describe, expect, it } from 'vitest';
import { parseBundle } from '../dumps/bundle.ts';
import { formatIp4 } from '../packet/address.ts';
import { scenarios } from '../scenarios/catalogue.ts';
import { loadScenario, readFolder } from '../scenarios/files.node.ts';
import { worldOf } from '../cluster/world.ts';
import type { ClusterNames } from '../world/world.ts';
import { destinationWord, readDestination, readProbe, readSource, type ProbeWords } from './probeWords.ts';

const source = { input: 'objects.yaml', line: 1 };
const names: ClusterNames = {
  nodes: [],
  pods: [{ namespace: 'default', name: 'ng-test-rs-djnj7', node: 'cy01-ceph141', ips: [0x0ae96e21], hostNetwork: false, source }],
  services: [
    { namespace: 'default', name: 'ng-svc', type: 'LoadBalancer', clusterIps: [0x0ae92490], externalIps: [], loadBalancerIps: [0xac136402], externalTrafficPolicy: 'Cluster', ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: '80', nodePort: 31778 }], source },
  ],
};
const { world } = parseBundle(readFolder(new URL('../scenarios/ipvs-metallb/cluster', import.meta.url).pathname), names);
const worlds = new Map(scenarios.map((s) => [s.id, worldOf(loadScenario(s, {})).world]));
const words = (part: Partial<ProbeWords>): ProbeWords => ({ from: 'client', via: undefined, to: '172.19.100.2:80', proto: 'tcp', sport: undefined, size: undefined, ...part });

describe('a source word', () => {
  it.each`
    word                               | host              | netns
    ${'client'}                        | ${'client'}       | ${null}
    ${'cy01-ceph142/dbg-pod142'}       | ${'cy01-ceph142'} | ${'dbg-pod142'}
    ${'dbg-pod142'}                    | ${'cy01-ceph142'} | ${'dbg-pod142'}
    ${'pod/default/ng-test-rs-djnj7'}  | ${'cy01-ceph141'} | ${'ng-test-rs-djnj7'}
    ${'10.10.6.91'}                    | ${'client'}       | ${null}
    ${'10.233.98.39'}                  | ${'cy01-ceph142'} | ${'ng-test-rs-cwqr5'}
  `('$word starts in $host, $netns', ({ word, host, netns }: { word: string; host: string; netns: string | null }) => {
    expect(readSource(world, word, undefined, undefined)).toEqual({ ok: true, value: { kind: 'netns', host, netns } });
  });

  it.each`
    word              | code                | because
    ${''}             | ${'empty'}          | ${'nobody is named'}
    ${'nobody'}       | ${'unknown-source'} | ${'nothing is called that'}
    ${'10.300.1.1'}   | ${'bad-address'}    | ${'an octet ends at 255'}
    ${'10.10.6'}      | ${'bad-address'}    | ${'an octet is missing'}
  `('$word is refused ($code): $because', ({ word, code }: { word: string; code: string }) => {
    expect(readSource(world, word, undefined, undefined)).toMatchObject({ ok: false, problem: { field: 'from', code } });
  });

  it('of a pod that moved is offered where it is now', () => {
    expect(readSource(world, 'cy01-ceph143/ng-test-rs-cwqr5', undefined, undefined)).toMatchObject({ ok: false, problem: { code: 'unknown-source', offers: ['cy01-ceph142/ng-test-rs-cwqr5', 'cy01-ceph143'] } });
  });

  it('of an undescribed client enters where the router that sends its answers back has its interface', () => {
    expect(readSource(world, '10.10.6.200', undefined, 0xac136402)).toEqual({ ok: true, value: { kind: 'outside', ip: 0x0a0a06c8, host: 'l3', dev: 'eth6' } });
  });

  it('of a client from nowhere near enters at the machine to which the router sends the destination', () => {
    expect(readSource(world, '203.0.113.9', undefined, 0xac136402)).toMatchObject({ ok: true, value: { kind: 'outside', host: 'cy01-ceph142', dev: 'ens4' } });
  });

  it('of a client to which no machine has a route is refused, with the devices that it could come in by', () => {
    const routeless = { ...world, hosts: world.hosts.map((h) => ({ ...h, netns: h.netns.map((n) => ({ ...n, routes: [] })) })) };
    expect(readSource(routeless, '203.0.113.9', undefined, undefined)).toMatchObject({ ok: false, problem: { code: 'no-entry', offers: expect.arrayContaining(['client/eth0']) } });
  });

  it('of an undescribed client can say the device itself', () => {
    expect(readSource(world, '203.0.113.9', 'cy01-ceph142/ens4', undefined)).toMatchObject({ ok: true, value: { kind: 'outside', host: 'cy01-ceph142', dev: 'ens4' } });
    expect(readSource(world, '203.0.113.9', 'cy01-ceph142/eth9', undefined)).toMatchObject({ ok: false, problem: { field: 'via', code: 'unknown-via' } });
  });
});

describe('a destination word', () => {
  it.each`
    word                                 | said
    ${'172.19.100.2:80'}                 | ${'172.19.100.2:80'}
    ${'10.233.125.24'}                   | ${'10.233.125.24'}
    ${'ng-svc'}                          | ${'10.233.36.144:80'}
    ${'svc/default/ng-svc:8080'}         | ${'10.233.36.144:8080'}
    ${'pod/default/ng-test-rs-djnj7:80'} | ${'10.233.110.33:80'}
    ${'[fd00::1]:80'}                    | ${'[fd00::1]:80'}
  `('$word means $said', ({ word, said }: { word: string; said: string }) => {
    const read = readDestination(world, word);
    expect(read.ok && destinationWord(read.value)).toBe(said);
  });

  it.each`
    word                 | code              | because
    ${'10.10.6.91:99999'} | ${'bad-port'}     | ${'ports end at 65535'}
    ${'10.10.6.91:'}     | ${'bad-port'}     | ${'nothing stands behind the colon'}
    ${'10.10.6:80'}      | ${'bad-address'}  | ${'an octet is missing'}
    ${'svc/default/no'}  | ${'unknown-name'} | ${'there is no such service'}
  `('$word is refused ($code): $because', ({ word, code }: { word: string; code: string }) => {
    expect(readDestination(world, word)).toMatchObject({ ok: false, problem: { field: 'to', code } });
  });
});

describe('a probe in words', () => {
  it('needs a port unless it pings', () => {
    expect(readProbe(world, words({ to: '10.233.125.24' }))).toMatchObject({ ok: false, problem: { code: 'missing-port' } });
    expect(readProbe(world, words({ to: '10.233.125.24', proto: 'icmp' }))).toMatchObject({ ok: true, value: { proto: 1 } });
  });

  it.each(scenarios.flatMap((s) => s.probes.map((p) => [s.id, p.id, p] as const)))('of %s, %s, means something in its world', (id, __, probe) => {
    expect(readProbe(worlds.get(id) ?? world, words({ from: probe.from, to: probe.to, proto: probe.proto })).ok).toBe(true);
  });

  it('keeps what was said about ports and payload', () => {
    const read = readProbe(world, words({ sport: 41068, size: 76 }));
    expect(read.ok && { ...read.value, dst: formatIp4(read.value.dst as number) }).toEqual({ from: { kind: 'netns', host: 'client', netns: null }, dst: '172.19.100.2', proto: 6, dport: 80, sport: 41068, size: 76 });
  });
});
