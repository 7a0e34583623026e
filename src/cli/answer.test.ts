import { describe, expect, it } from 'vitest';
import { parseBundle } from '../dumps/bundle.ts';
import { parseObjects } from '../dumps/kubectl.ts';
import { trace } from '../engine/trace.ts';
import { findScenario } from '../scenarios/catalogue.ts';
import { loadScenario } from '../scenarios/files.node.ts';
import type { World } from '../world/world.ts';
import { answerAll } from './answer.ts';
import { answerProbe } from './traceCommand.ts';

type Edit = (path: string, text: string) => string;

function worldOf(policy: 'Cluster' | 'Local', edit: Edit = (_, text) => text): World {
  const scenario = findScenario('ipvs-metallb');
  if (!scenario) throw new Error('the scenario is gone');
  const files = Object.fromEntries(Object.entries(loadScenario(scenario, { policy })).map(([path, text]) => [path, edit(path, text)]));
  return parseBundle(files, parseObjects(files).names).world;
}

interface FrameShape {
  readonly packet: string;
  readonly host: string;
  readonly netns: string | null;
  readonly dev: string;
  readonly dir: string;
  readonly frame: { readonly length: number; readonly headers: readonly Record<string, string | number | boolean>[] };
}

interface OutcomeShape {
  readonly probability: number;
  readonly choices: readonly { readonly key: string; readonly kind: string; readonly taken: number; readonly options: readonly string[]; readonly odds: number }[];
  readonly verdict: string;
  readonly at: { readonly host: string; readonly netns: string | null; readonly dev: string };
  readonly seen: Readonly<Record<string, string | number>>;
  readonly error?: object;
  readonly reply: { readonly verdict: string; readonly seen: Readonly<Record<string, string | number>> } | null;
  readonly client: string;
  readonly path: readonly FrameShape[];
  readonly rules: readonly { readonly packet: string; readonly host: string; readonly hook: string; readonly table: string; readonly chain: string; readonly rule: number | null; readonly verdict: string; readonly mark: string; readonly in?: string; readonly out?: string }[];
  readonly conntrack: readonly Record<string, unknown>[];
  readonly ipvs: readonly Record<string, unknown>[];
  readonly unknown: readonly Record<string, unknown>[];
  readonly steps?: readonly unknown[];
}

interface AnswerShape {
  readonly id?: string;
  readonly error?: string;
  readonly outcomes: readonly OutcomeShape[];
  readonly connections?: readonly OutcomeShape[];
}

const ask = (world: World, probe: object, options: { readonly all?: boolean; readonly steps?: boolean } = {}): AnswerShape =>
  JSON.parse(answerProbe(world, JSON.stringify(probe), { all: false, steps: false, format: 'json', ...options }).text) as AnswerShape;

function first(answer: AnswerShape): OutcomeShape {
  const [outcome] = answer.outcomes;
  if (!outcome) throw new Error(answer.error ?? 'no outcome');
  return outcome;
}

const cluster = worldOf('Cluster');
const local = worldOf('Local');
const withoutRealServers = worldOf('Local', (path, text) =>
  path.startsWith('cy01-ceph142') ? text.replace(/^-a -t 172\.19\.100\.2:80 .*\n/gm, '').replace(/^(TCP {2}172\.19\.100\.2:80 rr\n) {2}->.*\n/gm, '$1') : text,
);
const vip = { id: 'p1', from: { outside: '10.10.6.91' }, dst: '172.19.100.2', proto: 'tcp', sport: 41068, dport: 80 };
const dbgPod = { host: 'cy01-ceph142', netns: 'dbg-pod142' };

/** `src seen by host/netns with probability`, for each outcome. */
const summary = (answer: AnswerShape): readonly string[] =>
  answer.outcomes.map((o) => `${o.verdict} ${o.seen['src']} > ${o.seen['dst']} at ${o.at.host}/${o.at.netns} ${o.client} ${o.probability.toFixed(4)}`);

describe('a client opens the load-balancer address, with every outcome', () => {
  it.each`
    state                                        | world                 | outcomes
    ${'Cluster'}                                 | ${cluster}            | ${['delivered 10.233.98.0 > 10.233.125.24 at cy01-ceph143/ng-test-rs-kllg4 answer 0.3333', 'delivered 10.233.98.0 > 10.233.110.33 at cy01-ceph141/ng-test-rs-djnj7 answer 0.3333', 'delivered 10.10.1.142 > 10.233.98.39 at cy01-ceph142/ng-test-rs-cwqr5 answer 0.3333']}
    ${'Local'}                                   | ${local}              | ${['delivered 10.10.6.91 > 10.233.98.39 at cy01-ceph142/ng-test-rs-cwqr5 answer 1.0000']}
    ${'Local without real servers for the VIP'}  | ${withoutRealServers} | ${['rejected 10.10.6.91 > 172.19.100.2 at cy01-ceph142/null refused 1.0000']}
  `('$state', ({ world, outcomes }: { world: World; outcomes: readonly string[] }) => expect(summary(ask(world, vip, { all: true }))).toEqual(outcomes));

  it('names the error that the client gets', () => {
    expect(first(ask(withoutRealServers, vip)).error).toEqual({ kind: 'icmp', icmptype: 3, code: 3, from: '172.19.100.2' });
    expect(first(ask(cluster, { ...vip, dport: 81 })).error).toEqual({ kind: 'reset', from: '172.19.100.2' });
  });

  it('takes the first branch without --all, with its probability and the roads not taken', () => {
    const outcome = first(ask(cluster, vip));
    expect(outcome.probability).toBe(1 / 3);
    expect(outcome.choices[0]).toEqual({
      key: 'cy01-ceph142/ipvs-rr',
      at: 'cy01-ceph142',
      kind: 'ipvs-rr',
      options: ['10.233.125.24:80', '10.233.110.33:80', '10.233.98.39:80'],
      taken: 0,
      odds: 1 / 3,
    });
    expect(outcome).toMatchObject({
      verdict: 'delivered',
      at: { host: 'cy01-ceph143', netns: 'ng-test-rs-kllg4', dev: 'eth0' },
      seen: { src: '10.233.98.0', dst: '10.233.125.24', dport: 80, proto: 'tcp' },
      natted: { src: true, dst: true },
      reply: { verdict: 'delivered', seen: { src: '172.19.100.2', sport: 80, dst: '10.10.6.91', dport: 41068, proto: 'tcp' } },
      unknown: [],
    });
    expect(outcome.seen['sport']).not.toBe(41068);
  });

  it('takes the branch that the probe asks for, and adds up to 1 what is left', () => {
    const choices = { 'cy01-ceph142/ipvs-rr': 2 };
    expect(first(ask(cluster, { ...vip, choices })).at.netns).toBe('ng-test-rs-cwqr5');
    expect(ask(cluster, { ...vip, choices }, { all: true }).outcomes.map((o) => o.probability)).toEqual([1]);
  });

  it.each`
    choices                          | because
    ${{ 'cy01-ceph143/ipvs-rr': 0 }} | ${'nothing is decided at cy01-ceph143/ipvs-rr'}
    ${{ 'cy01-ceph142/ipvs-rr': 3 }} | ${'has 3 options, counted from 0'}
  `('refuses $choices: $because', ({ choices, because }: { choices: object; because: string }) => {
    expect(ask(cluster, { ...vip, choices }).error).toContain(because);
    expect(ask(cluster, { ...vip, choices }, { all: true }).error).toContain(because);
  });
});

describe('path', () => {
  const outcome = first(ask(cluster, vip));

  it('lists each device that a capture would show it on, with its frame', () => {
    expect(outcome.path.filter((p) => p.packet === 'request').map((p) => `${p.host} ${p.netns ?? '-'} ${p.dev} ${p.dir} ${p.frame.length} ${p.frame.headers.map((h) => h['type']).join('/')}`)).toEqual([
      'client - eth0 out 74 eth/ipv4/tcp',
      'l3 - eth6 in 74 eth/ipv4/tcp',
      'l3 - eth2 out 74 eth/ipv4/tcp',
      'cy01-ceph142 - ens4 in 74 eth/ipv4/tcp',
      'cy01-ceph142 - tunl0 out 60 ipv4/tcp',
      'cy01-ceph142 - ens5 out 94 eth/ipv4/ipv4/tcp',
      'cy01-ceph143 - ens5 in 94 eth/ipv4/ipv4/tcp',
      'cy01-ceph143 - tunl0 in 60 ipv4/tcp',
      'cy01-ceph143 - calie30cf82378a out 74 eth/ipv4/tcp',
      'cy01-ceph143 ng-test-rs-kllg4 eth0 in 74 eth/ipv4/tcp',
    ]);
  });

  it('shows headers as the contract names their fields', () => {
    const wire = outcome.path.find((p) => p.host === 'cy01-ceph142' && p.dev === 'ens5');
    expect(wire?.frame.headers).toEqual([
      { type: 'eth', src: '02:42:0a:0a:04:8e', dst: '02:42:0a:0a:04:8f', ethertype: 2048 },
      { type: 'ipv4', src: '10.10.4.142', dst: '10.10.4.143', ttl: 62, tos: 0, df: true, mf: false, offset: 0, proto: 4, length: 80 },
      { type: 'ipv4', src: '10.233.98.0', dst: '10.233.125.24', ttl: 62, tos: 0, df: true, mf: false, offset: 0, proto: 6, length: 60 },
      { type: 'tcp', sport: outcome.seen['sport'], dport: 80, flags: 'SYN', mss: 1460 },
    ]);
    expect(outcome.path.find((p) => p.packet === 'reply')?.frame.headers.at(-1)).toMatchObject({ flags: 'SYN,ACK', mss: 1410 });
  });

  it('shows a packet on lo twice, out and in, with zero addresses (a packet socket on Linux 6.18 does)', () => {
    const own = first(ask(cluster, { from: { host: 'cy01-ceph142' }, dst: '10.10.2.142', proto: 'icmp' }));
    expect(own.path.map((p) => `${p.packet} ${p.dev} ${p.dir} ${p.frame.length}`)).toEqual(['request lo out 98', 'request lo in 98', 'reply lo out 98', 'reply lo in 98']);
    expect(own.path[0]?.frame.headers[0]).toEqual({ type: 'eth', src: '00:00:00:00:00:00', dst: '00:00:00:00:00:00', ethertype: 2048 });
  });

  it('gives each fragment its entry, the UDP length of the first one being the whole datagram’s', () => {
    const pieces = first(ask(cluster, { from: dbgPod, dst: '10.233.98.39', proto: 'udp', dport: 53, size: 2000 })).path.filter((p) => p.netns === 'dbg-pod142' && p.packet === 'request');
    expect(pieces.map((p) => p.frame.headers.find((h) => h['type'] === 'ipv4')).map((h) => [h?.['offset'], h?.['mf'], h?.['length']])).toEqual([
      [0, true, 1444],
      [1424, false, 604],
    ]);
    expect(pieces.map((p) => p.frame.headers.find((h) => h['type'] === 'udp')?.['length'])).toEqual([2008, undefined]);
  });
});

describe('rules', () => {
  it('lists rules that matched and policies, never a rule that did not', () => {
    const mine = first(ask(cluster, vip)).rules.filter((r) => r.host === 'cy01-ceph142' && r.packet === 'request' && r.hook === 'PREROUTING');
    expect(mine.map((r) => `${r.table} ${r.chain} ${r.rule ?? '-'} ${r.verdict} ${r.mark} ${r.in}`)).toEqual([
      'raw PREROUTING - policy ACCEPT 0x0 ens4',
      'mangle PREROUTING - policy ACCEPT 0x0 ens4',
      'nat PREROUTING 1 KUBE-SERVICES 0x0 ens4',
      'nat KUBE-SERVICES 1 KUBE-LOAD-BALANCER 0x0 ens4',
      'nat KUBE-LOAD-BALANCER 2 KUBE-MARK-MASQ 0x0 ens4',
      'nat KUBE-MARK-MASQ 1 MARK 0x0 ens4',
      'nat KUBE-SERVICES 3 KUBE-NODE-PORT 0x4000 ens4',
      'nat KUBE-SERVICES 5 ACCEPT 0x4000 ens4',
    ]);
  });

  it('lists LOG by its name and a rule without target as CONTINUE', () => {
    const world = worldOf('Cluster', (path, text) =>
      path.startsWith('cy01-ceph142/node') ? text.replace('-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ\n', '-A KUBE-LOAD-BALANCER -j LOG --log-prefix "lb "\n-A KUBE-LOAD-BALANCER -p tcp\n') : text,
    );
    const mine = first(ask(world, vip)).rules.filter((r) => r.chain === 'KUBE-LOAD-BALANCER');
    expect(mine.map((r) => [r.rule, r.verdict])).toEqual([
      [2, 'LOG'],
      [3, 'CONTINUE'],
    ]);
  });
});

describe('state left behind', () => {
  const outcome = first(ask(cluster, vip));

  it('is one conntrack entry on the node, from the client to the address and back to the masquerade address', () => {
    const [entry, ...more] = outcome.conntrack.filter((e) => e['host'] === 'cy01-ceph142' && e['proto'] === 'tcp');
    expect(more).toEqual([]);
    expect(entry).toMatchObject({
      netns: null,
      zone: 0,
      orig: { src: '10.10.6.91', dst: '172.19.100.2', sport: 41068, dport: 80 },
      reply: { src: '10.233.125.24', dst: '10.233.98.0', sport: 80, dport: outcome.seen['sport'] },
      mark: '0x0',
    });
    expect(entry?.['status']).toContain('SRC_NAT');
    expect(entry?.['status']).not.toContain('UNREPLIED');
  });

  it('shows the tunnel as protocol 4, and a ping by its id', () => {
    expect(outcome.conntrack.some((e) => e['proto'] === 4 && JSON.stringify(e['orig']) === '{"src":"10.10.4.142","dst":"10.10.4.143"}')).toBe(true);
    const ping = first(ask(cluster, { from: { host: 'cy01-ceph142' }, dst: '10.10.2.143', proto: 'icmp', sport: 7 }));
    expect(ping.conntrack[0]).toMatchObject({ proto: 'icmp', orig: { src: '10.10.2.142', dst: '10.10.2.143', id: 7 } });
  });

  it('is one IPVS connection that never names the masquerade address', () => {
    expect(outcome.ipvs).toEqual([{ host: 'cy01-ceph142', netns: null, proto: 'tcp', state: 'SYN_RECV', source: '10.10.6.91:41068', virtual: '172.19.100.2:80', destination: '10.233.125.24:80' }]);
  });
});

it('answers count with an outcome for each connection in turn', () => {
  const { connections, outcomes } = ask(cluster, { ...vip, count: 3 });
  expect(connections?.map((c) => [c.verdict, c.at.netns, c.client])).toEqual([
    ['delivered', 'ng-test-rs-kllg4', 'answer'],
    ['delivered', 'ng-test-rs-djnj7', 'answer'],
    ['delivered', 'ng-test-rs-cwqr5', 'answer'],
  ]);
  expect(connections?.flatMap((c) => c.path)).toHaveLength(outcomes[0]?.path.length ?? 0);
  expect(ask(cluster, vip).connections).toBeUndefined();
});

it('gives the steps on request only', () => {
  expect(first(ask(cluster, vip)).steps).toBeUndefined();
  expect(first(ask(cluster, vip, { steps: true })).steps?.length).toBeGreaterThan(50);
});

it('names what it does not know, and what would settle it', () => {
  const world = worldOf('Cluster', (path, text) => (path.startsWith('cy01-ceph142/node') ? text.replace('-m set --match-set KUBE-LOAD-BALANCER dst,dst', '-m set --match-set GONE dst') : text));
  const outcome = first(ask(world, vip));
  expect(outcome.verdict).toBe('unknown');
  expect(outcome.unknown).toMatchObject([{ host: 'cy01-ceph142', what: 'set', name: 'GONE', ask: 'ipset save GONE' }]);
  expect(first(ask(cluster, { ...vip, from: { outside: 'fd00::5' }, dst: 'fd00::1' })).unknown).toMatchObject([{ what: 'ipv6', name: 'fd00::1' }]);
});

describe('--all merges branches that agree on verdict, place and addresses', () => {
  // Two next hops to one pod network through one router: where it ends does not depend on the one taken.
  const ecmp = worldOf('Local', (path, text) =>
    path === 'client/node.txt' ? text.replace('default via 10.10.6.1 dev eth0 ', 'default \n\tnexthop via 10.10.6.1 dev eth0 weight 3 \n\tnexthop via 10.10.6.1 dev eth0 weight 1 ') : text,
  );

  it('and adds up their odds, showing the likeliest', () => {
    const { outcomes } = ask(ecmp, vip, { all: true });
    expect(outcomes.map((o) => [o.probability, o.choices[0]?.kind, o.choices[0]?.odds])).toEqual([[1, 'ecmp', 0.75]]);
  });

  it('and says how likely it is that it ends as no branch that was followed', () => {
    const probe = { from: { kind: 'netns', host: 'client', netns: null }, dst: 0xac136402, proto: 6, dport: 80 } as const;
    const followed = { probability: 0.75, trace: trace(cluster, probe) };
    const { outcomes } = answerAll([followed], 0.25, { steps: false });
    expect(outcomes.map((o) => [o.probability, o.verdict])).toEqual([
      [0.75, 'delivered'],
      [0.25, 'unknown'],
    ]);
    expect(answerAll([followed], 0, { steps: false }).outcomes).toHaveLength(1);
  });

  it('and probabilities add up to 1 within 1e-9', () => {
    const world = worldOf('Cluster', (path, text) =>
      path.startsWith('cy01-ceph142/node') ? text.replace('-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ\n', '-A KUBE-LOAD-BALANCER -m statistic --mode random --probability 0.3 -j DROP\n') : text,
    );
    const { outcomes } = ask(world, vip, { all: true });
    expect(new Set(outcomes.map((o) => o.client)).size).toBeGreaterThan(1);
    expect(Math.abs(outcomes.reduce((sum, o) => sum + o.probability, 0) - 1)).toBeLessThan(1e-9);
  });
});
