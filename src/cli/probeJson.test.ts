import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBundle } from '../dumps/bundle.ts';
import { parseObjects } from '../dumps/kubectl.ts';
import { findScenario } from '../scenarios/catalogue.ts';
import { loadScenario } from '../scenarios/files.node.ts';
import { formatIp4, parseIp4 } from '../packet/address.ts';
import type { World } from '../world/world.ts';
import { readProbe, readProbeText } from './probeJson.ts';
import { answerProbe } from './traceCommand.ts';
import { readWorldJson } from './worldJson.ts';

const scenario = findScenario('ipvs-metallb');
if (!scenario) throw new Error('the scenario is gone');
const files = loadScenario(scenario, { policy: 'Cluster' });
const world = parseBundle(files, parseObjects(files).names).world;

const client = { host: 'client' };
const probe = { from: client, dst: '172.19.100.2', dport: 80 };

/** What the engine is asked, or the error. */
function read(data: unknown) {
  const result = readProbe(world, data);
  return result.ok ? result.value.probe : result.error;
}

describe('from', () => {
  it.each`
    from                                                              | becomes                                                                                   | because
    ${{ host: 'cy01-ceph142' }}                                       | ${{ kind: 'netns', host: 'cy01-ceph142', netns: null }}                                   | ${'a host is its own namespace'}
    ${{ host: 'cy01-ceph142', netns: null }}                          | ${{ kind: 'netns', host: 'cy01-ceph142', netns: null }}                                   | ${'null is the host’s own, too'}
    ${{ host: 'cy01-ceph142', netns: 'dbg-pod142' }}                  | ${{ kind: 'netns', host: 'cy01-ceph142', netns: 'dbg-pod142' }}                           | ${'a pod’s name is a namespace of its host'}
    ${{ outside: '10.10.6.91' }}                                      | ${{ kind: 'netns', host: 'client', netns: null }}                                         | ${'a described host owns the address'}
    ${{ outside: '10.10.6.91', via: 'cy01-ceph142' }}                 | ${{ kind: 'netns', host: 'client', netns: null }}                                         | ${'it stays that host with a via'}
    ${{ outside: '10.10.6.200' }}                                     | ${{ kind: 'outside', ip: parseIp4('10.10.6.200'), host: 'l3', dev: 'eth6' }}              | ${'a described router leads to the client'}
    ${{ outside: '10.10.6.200', via: 'cy01-ceph142' }}                | ${{ kind: 'outside', ip: parseIp4('10.10.6.200'), host: 'cy01-ceph142', dev: 'ens4' }}    | ${'via names the machine, its route back the device'}
    ${{ outside: '10.10.6.200', via: 'cy01-ceph142', dev: 'ens5' }}   | ${{ kind: 'outside', ip: parseIp4('10.10.6.200'), host: 'cy01-ceph142', dev: 'ens5' }}    | ${'unless dev does'}
  `('$from: $because', ({ from, becomes }: { from: object; becomes: object }) => expect(read({ ...probe, from })).toMatchObject({ from: becomes }));

  it('keeps the address of an outside client that a described host owns', () => {
    expect(read({ ...probe, from: { outside: '10.10.2.143' } })).toMatchObject({ from: { kind: 'netns', host: 'cy01-ceph143' }, src: parseIp4('10.10.2.143') });
  });

  it('takes a pod on the host network for its host', () => {
    const pod = { namespace: 'kube-system', name: 'speaker-x', node: 'cy01-ceph142', ips: [], hostNetwork: true, source: { input: '', line: 0 } };
    const named: World = { ...world, names: { ...world.names, pods: [...world.names.pods, pod] } };
    const result = readProbe(named, { ...probe, from: { host: 'cy01-ceph142', netns: 'speaker-x' } });
    expect(result.ok && result.value.probe.from).toEqual({ kind: 'netns', host: 'cy01-ceph142', netns: null });
  });
});

describe('dst', () => {
  it.each`
    dst                                 | dport        | ip                 | port         | because
    ${'10.233.36.144'}                  | ${80}        | ${'10.233.36.144'} | ${80}        | ${'an address is itself'}
    ${'svc/default/ng-svc'}             | ${undefined} | ${'10.233.36.144'} | ${80}        | ${'a service is its cluster IP and first port'}
    ${'svc/ingress-nginx/ingress-nginx'} | ${443}      | ${'10.233.27.110'}  | ${443}       | ${'a given port wins'}
    ${'pod/default/ng-test-rs-djnj7'}   | ${8080}      | ${'10.233.110.33'} | ${8080}      | ${'a pod is its address'}
  `('$dst: $because', ({ dst, dport, ip, port }: { dst: string; dport: number | undefined; ip: string; port: number }) => {
    const result = read({ from: client, dst, ...(dport === undefined ? {} : { dport }) });
    expect(typeof result === 'string' ? result : [typeof result.dst === 'number' ? formatIp4(result.dst) : result.dst, result.dport]).toEqual([ip, port]);
  });
});

describe('proto', () => {
  it.each`
    proto        | number
    ${undefined} | ${6}
    ${'tcp'}     | ${6}
    ${'udp'}     | ${17}
    ${'sctp'}    | ${132}
    ${'icmp'}    | ${1}
    ${'icmpv6'}  | ${58}
    ${47}        | ${47}
  `('$proto is $number', ({ proto, number }: { proto: string | undefined; number: number }) => expect(read({ ...probe, ...(proto === undefined ? {} : { proto }) })).toMatchObject({ proto: number }));

  it('needs no port for what has none, and takes none from a service then', () => {
    expect(read({ from: client, dst: 'svc/default/ng-svc', proto: 'icmp' })).toEqual({ from: { kind: 'netns', host: 'client', netns: null }, dst: parseIp4('10.233.36.144'), proto: 1 });
  });
});

it('passes every option on', () => {
  const options = { sport: 1, size: 1400, df: true, ttl: 3, tos: 0x28, mark: 0x4000, reply: false, count: 2 };
  expect(read({ ...probe, ...options, src: '10.10.6.91' })).toMatchObject({ ...options, src: parseIp4('10.10.6.91') });
});

describe('what is wrong is said, with its place', () => {
  it.each`
    data                                                        | error
    ${'text'}                                                   | ${'Invalid type'}
    ${null}                                                     | ${'Invalid type'}
    ${[]}                                                       | ${'from'}
    ${{ dst: '10.0.0.1', dport: 1 }}                            | ${'from'}
    ${{ ...probe, from: {} }}                                   | ${'from: neither'}
    ${{ ...probe, from: { host: 'client', outside: '10.0.0.1' } }} | ${'from: neither'}
    ${{ ...probe, from: { host: 'nobody' } }}                   | ${'from.host: there is no nobody (there are: client, cy01-ceph141'}
    ${{ ...probe, from: { host: 'cy01-ceph142', netns: 'x' } }} | ${'from.netns: cy01-ceph142 has no namespace x (it has: dbg-pod142'}
    ${{ ...probe, from: { outside: '300.0.0.1' } }}             | ${'from.outside: not an address'}
    ${{ ...probe, from: { outside: '8.8.8.8', via: 'nobody' } }} | ${'from.via: there is no nobody'}
    ${{ ...probe, from: { outside: '8.8.8.8', via: 'l3' } }}    | ${'from: l3 has no route back to 8.8.8.8; give "dev"'}
    ${{ ...probe, from: { outside: '8.8.8.8', via: 'l3', dev: 'eth9' } }} | ${'from.dev: l3 has no device eth9 (it has: lo, eth6, eth2)'}
    ${{ ...probe, from: { outside: 'fd00::1' } }}               | ${'different address families'}
    ${{ ...probe, dst: '172.19.100.2:80' }}                     | ${'belongs into "dport"'}
    ${{ ...probe, dst: 'svc/default/none' }}                    | ${'dst: svc/default/none is no address'}
    ${{ ...probe, dst: '' }}                                    | ${'dst: empty'}
    ${{ from: client, dst: '10.0.0.1' }}                        | ${'dport: missing'}
    ${{ ...probe, dport: 65536 }}                               | ${'dport: more than 65535'}
    ${{ ...probe, dport: 1.5 }}                                 | ${'dport: not a whole number'}
    ${{ ...probe, dport: '80' }}                                | ${'dport'}
    ${{ ...probe, proto: 'http' }}                              | ${'proto: not tcp'}
    ${{ ...probe, proto: 256 }}                                 | ${'proto: more than 255'}
    ${{ ...probe, proto: 'udp', size: 70000 }}                  | ${'size: more than 65507'}
    ${{ ...probe, ttl: 0 }}                                     | ${'ttl: less than 1'}
    ${{ ...probe, count: 101 }}                                 | ${'count: more than 100'}
    ${{ ...probe, src: 'fd00::1' }}                             | ${'src: fd00::1 is no IPv4 address'}
    ${{ ...probe, choices: { x: -1 } }}                         | ${'choices.x: less than 0'}
    ${{ ...probe, colour: 'red' }}                              | ${'colour'}
  `('$error', ({ data, error }: { data: unknown; error: string }) => {
    const result = readProbe(world, data);
    expect(result.ok ? result.value.probe : result.error).toContain(error);
  });

  it('keeps the id of a probe that it refuses', () => expect(readProbe(world, { id: 'a', nonsense: 1 })).toMatchObject({ ok: false, id: 'a' }));
});

/** JSON near a probe: known keys with values of any kind. */
const nearProbe = fc.record(
  {
    id: fc.jsonValue(),
    from: fc.oneof(fc.jsonValue(), fc.record({ host: fc.constantFrom('client', 'l3', 'cy01-ceph142', 'x') }), fc.record({ outside: fc.ipV4(), via: fc.constantFrom('l3', 'cy01-ceph141', 'y') }, { requiredKeys: ['outside'] })),
    dst: fc.oneof(fc.jsonValue(), fc.ipV4(), fc.ipV6(), fc.constantFrom('172.19.100.2', 'svc/default/ng-svc', '127.0.0.1', '0.0.0.0', '255.255.255.255', '224.0.0.1')),
    proto: fc.oneof(fc.constantFrom('tcp', 'udp', 'icmp', 'sctp'), fc.nat(300)),
    dport: fc.oneof(fc.jsonValue(), fc.nat(70_000)),
    size: fc.nat(3_000),
    ttl: fc.nat(256),
    count: fc.nat(3),
    choices: fc.dictionary(fc.constantFrom('cy01-ceph142/ipvs-rr', '__proto__', 'x'), fc.nat(4)),
  },
  { requiredKeys: ['from', 'dst'] },
);

it('answers anything with one line of JSON, an error or outcomes, and never breaks', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), nearProbe.map((p) => JSON.stringify(p))), (text) => {
      const { text: line, error } = answerProbe(world, text, { all: false, steps: false, format: 'json' });
      expect(line.trimEnd().includes('\n')).toBe(false);
      const answer = JSON.parse(line) as object;
      expect('error' in answer).toBe(error !== undefined);
      expect(error ?? '').not.toContain('internal error');
    }),
    { numRuns: 400 },
  );
});

it('never breaks on a World with parts cut out or replaced', () => {
  const text = JSON.stringify(world);
  const tokens = [...text.matchAll(/"(?:[^"\\]|\\.)*"|-?\d+|true|false|null/g)];
  const replacement = fc.constantFrom('null', '0', '-1', '4294967296', '1e308', '""', '"x"', '[]', '{}', 'true', '"__proto__"');
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), replacement, (where, value) => {
      const token = tokens[Math.floor(where * tokens.length)];
      const at = token?.index ?? 0;
      const damaged = text.slice(0, at) + value + text.slice(at + (token?.[0].length ?? 0));
      const reading = readWorldJson(damaged);
      expect(reading.problem === '').toBe(reading.world !== undefined);
      const asked = '{"from":{"outside":"10.10.6.91"},"dst":"172.19.100.2","dport":80}';
      const error = reading.world && answerProbe(reading.world, asked, { all: false, steps: false, format: 'json' }).error;
      expect(error ?? '').not.toContain('internal error');
    }),
    { numRuns: 200 },
  );
});

it('reads a probe from text, and says when it is no JSON', () => {
  expect(readProbeText(world, '{"id":1,')).toMatchObject({ ok: false, id: undefined });
  expect(readProbeText(world, JSON.stringify({ ...probe, id: 'x' }))).toMatchObject({ ok: true, value: { id: 'x', choices: {} } });
});
