import { describe, expect, it } from 'vitest';
import { parseIp4 } from '../../packet/address.ts';
import { PROTO_TCP, PROTO_UDP } from '../../packet/packet.ts';
import { inputRules, pairWorld } from '../../testing/pair.ts';
import { sampleWorld } from '../../testing/sample.ts';
import type { Probe } from '../probe.ts';
import { trace, traceAll } from '../trace.ts';

const ip = (text: string): number => parseIp4(text) ?? 0;
const probe = (more: Partial<Probe> = {}): Probe => ({ from: { kind: 'netns', host: 'a', netns: null }, dst: ip('10.0.0.2'), proto: PROTO_TCP, sport: 41_000, dport: 80, reply: false, ...more });
const director = (ipvs: readonly string[], more: readonly string[] = []) => pairWorld([inputRules(), '', '$ ipvsadm -Sn', ...ipvs, '', ...more].join('\n'));
const service = (options: string, ...reals: readonly string[]): readonly string[] => [`-A ${options}`, ...reals.map((r) => `-a ${options.split(' ').slice(0, 2).join(' ')} -r ${r}`)];
const web = service('-t 10.0.0.2:80 -s rr', '10.0.0.7:80 -m -w 1', '10.0.0.8:80 -m -w 0');
const listed = (...lines: readonly string[]): readonly string[] => ['$ ipvsadm -Lnc', 'IPVS connection entries', 'pro expire state       source             virtual            destination', ...lines, ''];
const known = (state: string, real: string): readonly string[] => listed(`TCP 01:00  ${state} 10.0.0.1:41000 10.0.0.2:80 ${real}:80`);
const vs = (...lines: readonly string[]): readonly string[] => ['$ sysctl -a', ...lines.map((l) => `net.ipv4.vs.${l}`)];

/** Where connections went, and in which state they were left. */
const left = (world: ReturnType<typeof director>, p = probe()) => trace(world, p).ipvs.map(({ entry }) => `${entry.state} ${entry.source} ${entry.virtual} ${entry.destination}`);
const drops = (world: ReturnType<typeof director>, p = probe()) => trace(world, p).steps.flatMap((s) => (s.kind === 'drop' ? [s.reason] : []));

describe('connections that the dump lists', () => {
  it('are followed, also to a real server without weight', () => expect(left(director(web, known('ESTABLISHED', '10.0.0.8')))).toEqual(['ESTABLISHED 10.0.0.1:41000 10.0.0.2:80 10.0.0.8:80']));
  it('end where their real server is gone', () => expect(drops(director(web, known('ESTABLISHED', '10.0.0.9')))).toContain('ipvs-old-connection'));
  it.each([
    ['expire_nodest_conn: a removed real server', ['expire_nodest_conn = 1'], known('ESTABLISHED', '10.0.0.9')],
    ['expire_nodest_conn: one without weight', ['expire_nodest_conn = 1'], known('ESTABLISHED', '10.0.0.8')],
    ['a port used again after the end', [], known('TIME_WAIT', '10.0.0.8')],
    ['a port used again after a reset', ['conn_reuse_mode = 1'], known('CLOSE', '10.0.0.8')],
  ])('are made anew: %s', (_, settings, connections) => expect(left(director(web, [...connections, ...vs(...settings)]))).toEqual(['SYN_RECV 10.0.0.1:41000 10.0.0.2:80 10.0.0.7:80']));
  it('are kept with conn_reuse_mode 0', () => expect(left(director(web, [...known('TIME_WAIT', '10.0.0.8'), ...vs('conn_reuse_mode = 0')]))).toEqual(['SYN_RECV 10.0.0.1:41000 10.0.0.2:80 10.0.0.8:80']));
  it('show a persistent client its real server', () => {
    const persistent = service('-t 10.0.0.2:80 -s rr -p 300', '10.0.0.7:80 -m -w 1', '10.0.0.8:80 -m -w 0');
    const template = listed('TCP 01:00  NONE 10.0.0.1:0 10.0.0.2:80 10.0.0.8:80');
    expect(left(director(persistent, template))).toContain('SYN_RECV 10.0.0.1:41000 10.0.0.2:80 10.0.0.8:80');
    expect(left(director(persistent, [...template, ...vs('expire_quiescent_template = 1')]))).toContain('SYN_RECV 10.0.0.1:41000 10.0.0.2:80 10.0.0.7:80');
  });
  it('count for the schedulers that count', () => {
    const least = service('-t 10.0.0.2:80 -s lc', '10.0.0.7:80 -m -w 1', '10.0.0.8:80 -m -w 1');
    const { choices, ipvs } = trace(director(least, listed('TCP 01:00  ESTABLISHED 10.0.0.1:9 10.0.0.2:80 10.0.0.8:80')), probe());
    expect(choices).toEqual([]);
    expect(ipvs[0]?.entry.destination).toBe('10.0.0.7:80');
  });
});

describe('what a listing does not tell', () => {
  const outcomes = (ipvs: readonly string[], more: readonly string[] = [], p = probe()) => traceAll(director(ipvs, more), p).branches.map((b) => [b.trace.ipvs.map((e) => e.entry.destination).join(' '), b.probability] as const);
  const two = (scheduler: string, weights: readonly [number, number] = [1, 1]): readonly string[] => service(`-t 10.0.0.2:80 -s ${scheduler}`, `10.0.0.7:80 -m -w ${weights[0]}`, `10.0.0.8:80 -m -w ${weights[1]}`);

  it('is where weighted round robin stands', () => expect(outcomes(two('wrr', [1, 3]))).toEqual([['10.0.0.8:80', 3 / 4], ['10.0.0.7:80', 1 / 4]]));
  it('is who has how many connections', () => expect(outcomes(two('wlc', [1, 3]))).toEqual([['10.0.0.8:80', 3 / 4], ['10.0.0.7:80', 1 / 4]]));
  it('is which of two equals the kernel’s list has first', () => {
    const counts = ['$ ipvsadm -Ln', 'TCP  10.0.0.2:80 lc', '  -> 10.0.0.7:80 Masq 1 0 0', '  -> 10.0.0.8:80 Masq 1 0 0'];
    expect(outcomes(two('lc'), counts)).toEqual([['10.0.0.8:80', 1 / 2], ['10.0.0.7:80', 1 / 2]]);
    // What the first connection has told holds for the third.
    expect(outcomes(two('lc'), counts, probe({ count: 3 })).map(([to]) => to)).toEqual(['10.0.0.8:80 10.0.0.7:80 10.0.0.8:80', '10.0.0.7:80 10.0.0.8:80 10.0.0.7:80']);
  });
  it('is nothing where the listing is the kernel’s own', () => expect(outcomes([], ['$ ipvsadm -Ln --nosort', 'TCP  10.0.0.2:80 lc', '  -> 10.0.0.7:80 Masq 1 0 0', '  -> 10.0.0.8:80 Masq 1 0 0'])).toEqual([['10.0.0.7:80', 1]]));
  it('is whose bucket a hash is; the same client gets the same again', () => expect(outcomes(two('sh'), [], probe({ count: 2 })).map(([to]) => new Set(to.split(' ')).size)).toEqual([1, 1]));
});

it.each(['mh', 'lblc', 'lblcr', 'twos', 'own'])('says that it does not know the scheduler %s', (name) => {
  const t = trace(director(service(`-t 10.0.0.2:80 -s ${name}`, '10.0.0.7:80 -m -w 1')), probe());
  expect(t.steps.at(-1)).toMatchObject({ kind: 'unknown', what: 'scheduler', name });
});

it('says that it does not know tunnels other than IPIP', () => {
  const t = trace(director(service('-t 10.0.0.2:80 -s rr', '10.0.0.7:80 -i -w 1 --tun-type gue --tun-port 6080 --tun-nocsum')), probe());
  expect(t.steps.at(-1)).toMatchObject({ kind: 'unknown', what: 'forward-method' });
});

it('opens nothing with a reset, nor with data unless sloppy_tcp is on; one-packet connections are not kept', () => {
  expect(left(director(service('-u 10.0.0.2:53 -s rr -o', '10.0.0.7:53 -m -w 1')), probe({ proto: PROTO_UDP, dport: 53 }))).toEqual([]);
  expect(left(director(service('-u 10.0.0.2:53 -s rr', '10.0.0.7:53 -m -w 1')), probe({ proto: PROTO_UDP, dport: 53 }))).toEqual(['UDP 10.0.0.1:41000 10.0.0.2:53 10.0.0.7:53']);
});

it('an FTP service takes high ports only for persistent clients', () => {
  expect(left(director(service('-t 10.0.0.2:21 -s rr', '10.0.0.7:21 -m -w 1')), probe({ dport: 5000 }))).toEqual([]);
  expect(left(director(service('-t 10.0.0.2:21 -s rr -p 300', '10.0.0.7:21 -m -w 1')), probe({ dport: 5000 }))).toEqual(['NONE 10.0.0.1:0 10.0.0.2:0 10.0.0.7:0', 'SYN_RECV 10.0.0.1:41000 10.0.0.2:5000 10.0.0.7:5000']);
});

describe('a node of IPVS mode whose virtual servers nobody listed', () => {
  const unlisted = sampleWorld('cluster', (_, text) => text.replaceAll(/^\$ ipvsadm [^\n]*\n(?:(?!\$ ).*\n)*/gm, ''));
  it.each`
    to                                    | dst                | dport    | says
    ${'the external address of a service'} | ${'172.19.100.2'} | ${80}    | ${'dump ipvsadm: ipvsadm -Sn'}
    ${'a node port'}                      | ${'10.10.2.142'}   | ${31778} | ${'dump ipvsadm: ipvsadm -Sn'}
    ${'a program of the node'}            | ${'10.10.2.142'}   | ${22}    | ${undefined}
  `('does not answer for $to', ({ dst, dport, says }: { dst: string; dport: number; says: string | undefined }) => {
    const t = trace(unlisted, { from: { kind: 'netns', host: 'client', netns: null }, dst: ip(dst), proto: PROTO_TCP, dport });
    expect(t.steps.flatMap((s) => (s.kind === 'unknown' ? [`${s.what} ${s.name}: ${s.ask ?? ''}`] : []))).toEqual(says === undefined ? [] : [says]);
    expect(t.outcomes[0]?.request.verdict).toBe(says === undefined ? 'delivered' : 'unknown');
  });

  it('asks for them at its own connections, too', () => {
    const t = trace(unlisted, { from: { kind: 'netns', host: 'cy01-ceph142', netns: null }, dst: ip('10.233.36.144'), proto: PROTO_TCP, dport: 80 });
    expect(t.outcomes[0]?.request.verdict).toBe('unknown');
  });
});
