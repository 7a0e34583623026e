import { describe, expect, it } from 'vitest';
import { ipOf, PROTO_ICMP, PROTO_UDP } from '../packet/packet.ts';
import { formatIp4 } from '../packet/address.ts';
import { at, framesOf, ip, sampleFiles, sampleWorld, tcp, worldFrom } from '../testing/sample.ts';
import { trace, traceAll } from './trace.ts';

const withoutNeighbours = (text: string): string => text.replace(/^\$ ip neigh show\n(?:.+\n)*/gm, '');
const bare = sampleWorld('cluster', (_, text) => withoutNeighbours(text));
const recorded = sampleFiles('cluster');
const dbg = at('cy01-ceph142', 'dbg-pod142');

describe('neighbours that no dump lists', () => {
  it('are asked for by ARP on each link, and the walk is the same', () => {
    const t = trace(bare, tcp(at('client'), '172.19.100.2', 80));
    expect(t.outcomes[0]?.client).toBe('answer');
    const asked = t.steps.flatMap((s) => (s.kind === 'arp' ? [`${s.host}${s.netns === null ? '' : `/${s.netns}`} ${s.dev} ${formatIp4(s.ip)} ${s.by}`] : []));
    expect(asked).toEqual([
      'l3 eth6 10.10.6.1 own-address',
      'cy01-ceph142 ens4 10.10.2.142 own-address',
      'cy01-ceph143 ens5 10.10.4.143 own-address',
      'cy01-ceph143/ng-test-rs-kllg4 eth0 10.233.125.24 own-address',
      'cy01-ceph143 calie30cf82378a 169.254.1.1 proxy-arp',
    ]);
    // Who was asked knows the asker: the ways back need no question, but for the pod's gateway, which is another address.
    expect(t.steps.filter((s) => s.kind === 'neighbour' && s.how === 'learned').map((s) => s.host)).toEqual(['cy01-ceph143', 'cy01-ceph142', 'l3']);
  });

  it('leave a pod mute when its node has no route for 169.254.1.1 by another device', () => {
    const mute = sampleWorld('cluster', (path, text) => (path === 'cy01-ceph142/node.txt' ? withoutNeighbours(text).replace(/^default via .*\n/m, '') : withoutNeighbours(text)));
    const t = trace(mute, tcp(dbg, '10.233.125.24', 80));
    expect(t.outcomes[0]).toMatchObject({ request: { verdict: 'rejected', host: 'cy01-ceph142', netns: 'dbg-pod142', error: { kind: 'icmp', icmptype: 3, code: 1 } } });
    expect(framesOf(t)).toEqual([]);
  });

  it('do not answer for an address of another device with arp_ignore 1', () => {
    const strict = sampleWorld('cluster', (path, text) =>
      path === 'l3/node.txt' ? withoutNeighbours(text).replace('10.10.2.0/24 dev eth2', '203.0.113.9 dev eth2 scope link \n10.10.2.0/24 dev eth2') : withoutNeighbours(text).replace('inet 10.10.1.142/24', 'inet 203.0.113.9/32 scope global ens3\n       valid_lft forever preferred_lft forever\n    inet 10.10.1.142/24').replace('local 10.10.1.142 dev', 'local 203.0.113.9 dev ens3 table local proto kernel scope host src 203.0.113.9 \nlocal 10.10.1.142 dev'),
    );
    const t = trace(strict, { from: at('client'), dst: ip('203.0.113.9'), proto: PROTO_ICMP });
    // l3 has a route only to the client and to the link, so the client's packet gets as far as l3 and nobody there answers.
    expect(t.outcomes[0]?.request).toMatchObject({ host: 'l3' });
    expect(t.steps.some((s) => s.kind === 'arp' && s.ip === ip('203.0.113.9'))).toBe(false);
  });
});

describe('machines that no dump describes', () => {
  const alone = sampleWorld('cluster', (path, text) => (path.startsWith('cy01-ceph142/') || path === 'objects.yaml' ? text : undefined));

  it('let an outside client in by the device it arrives on, and take the answer back', () => {
    const t = trace(alone, { from: { kind: 'outside', ip: ip('10.10.6.91'), host: 'cy01-ceph142', dev: 'ens4' }, dst: ip('172.19.100.2'), proto: 6, dport: 80 }, { 'cy01-ceph142/ipvs-rr': 2 });
    expect(t.outcomes[0]).toMatchObject({ request: { verdict: 'delivered', netns: 'ng-test-rs-cwqr5' }, client: 'answer' });
    expect(framesOf(t, 'reply').at(-1)).toMatch(/^cy01-ceph142 ens4 out 172\.19\.100\.2>10\.10\.6\.91 /);
  });

  it('take the packet out of sight on the underlay', () => {
    expect(trace(alone, { ...tcp(dbg, '10.233.125.24', 80) }).outcomes[0]?.request).toMatchObject({ verdict: 'left', dev: 'ens5', next: { ip: ip('10.10.4.143') } });
  });

  it('are assumed to be pods behind a veth whose address a /32 route names, and to answer', () => {
    const podless = sampleWorld('cluster', (path, text) => (path.includes('/ng-test-rs-kllg4/') ? undefined : text));
    const t = trace(podless, tcp(dbg, '10.233.125.24', 80));
    expect(t.steps.find((s) => s.kind === 'left')).toMatchObject({ assumed: 'pod-without-dump', host: 'cy01-ceph143' });
    expect(t.outcomes[0]).toMatchObject({ request: { verdict: 'delivered', host: 'cy01-ceph143' }, client: 'answer' });
  });
});

describe('what is not modelled', () => {
  it.each`
    file                        | section                                                                                            | what              | name
    ${'cy01-ceph142/nft.txt'}   | ${'$ nft list ruleset\ntable inet firewalld {\n\tchain filter_INPUT {\n\t\ttype filter hook input priority filter + 10; policy accept;\n\t\ttcp dport 80 drop\n\t}\n}\n'} | ${'nft-ruleset'}  | ${/firewalld/}
    ${'cy01-ceph142/tc.txt'}    | ${'$ tc filter show dev ens4 ingress\nfilter protocol all pref 1 bpf chain 0\nfilter protocol all pref 1 bpf chain 0 handle 0x1 cil_from_netdev direct-action not_in_hw id 1 name cil_from_netdev\n'} | ${/tc|ebpf/}  | ${/./}
  `('ends the walk in unknown at $file', ({ file, section, what, name }) => {
    const files = Object.fromEntries(['client/node.txt', 'l3/node.txt', 'cy01-ceph142/node.txt'].map((p) => [p, recorded[p] ?? '']));
    const t = trace(worldFrom({ ...files, [file]: section }), tcp(at('client'), '172.19.100.2', 80));
    expect(t.outcomes[0]).toMatchObject({ request: { verdict: 'unknown', host: 'cy01-ceph142' }, client: 'unknown' });
    const last = t.steps.at(-1);
    expect(last?.kind === 'unknown' ? last.what : '').toMatch(what);
    expect(last?.kind === 'unknown' ? last.name : '').toMatch(name);
  });

  it('ends at a device of a kind that it does not know', () => {
    const world = sampleWorld('cluster', (path, text) => (path === 'cy01-ceph142/node.txt' ? text.replace(/ {4}ipip any remote any local any ttl inherit nopmtudisc/, '    wireguard').replace('link/ipip 0.0.0.0 brd 0.0.0.0 promiscuity', 'link/none promiscuity') : text));
    const t = trace(world, tcp(dbg, '10.233.125.24', 80));
    expect(t.steps.at(-1)).toMatchObject({ kind: 'unknown', what: 'device', name: 'wireguard tunl0' });
  });
});

describe('routing', () => {
  const routed = (lines: string, rules = '') =>
    sampleWorld('cluster', (path, text) =>
      path === 'l3/node.txt' ? text.replace('172.19.100.2 via 10.10.2.142 dev eth2 \n', lines).replace(/(32766:\tfrom all lookup main)/, `${rules}$1`) : text,
    );
  const vip = tcp(at('client'), '172.19.100.2', 80);
  const firstHop = (t: ReturnType<typeof trace>) => t.steps.find((s) => s.kind === 'fib' && s.host === 'l3');

  it.each`
    lines                                                                                                      | rules                                      | nexthop          | because
    ${'172.19.100.0/24 via 10.10.2.141 dev eth2 \n172.19.100.2 via 10.10.2.143 dev eth2 \n'}                   | ${''}                                      | ${'10.10.2.143'} | ${'the longest prefix wins'}
    ${'172.19.100.2 via 10.10.2.141 dev eth2 metric 50 \n172.19.100.2 via 10.10.2.143 dev eth2 metric 20 \n'}  | ${''}                                      | ${'10.10.2.143'} | ${'then the lowest metric'}
    ${'172.19.100.2 via 10.10.2.141 dev eth2 \n172.19.100.2 via 10.10.2.143 dev eth2 table 100 \n'}            | ${'100:\tfrom 10.10.6.0/24 lookup 100\n'}  | ${'10.10.2.143'} | ${'a policy rule before main asks another table'}
    ${'172.19.100.2 via 10.10.2.141 dev eth2 \n172.19.100.2 via 10.10.2.143 dev eth2 table 100 \n'}            | ${'100:\tfrom 10.10.7.0/24 lookup 100\n'}  | ${'10.10.2.141'} | ${'unless its selector does not fit'}
    ${'172.19.100.2 via 10.10.2.141 dev eth2 \nthrow 172.19.100.0/24 table 100 \n'}                            | ${'100:\tfrom all lookup 100\n'}           | ${'10.10.2.141'} | ${'throw goes on with the next rule'}
  `('goes by $nexthop: $because', ({ lines, rules, nexthop }) => {
    expect(firstHop(trace(routed(lines, rules), vip))).toMatchObject({ nexthop: ip(nexthop) });
  });

  it('makes a choice of several next hops, by weight', () => {
    const world = routed('172.19.100.2 \n\tnexthop via 10.10.2.142 dev eth2 weight 3 \n\tnexthop via 10.10.2.143 dev eth2 weight 1 \n');
    const { branches } = traceAll(world, vip);
    const choice = branches[0]?.trace.choices[0];
    expect(choice).toMatchObject({ key: 'l3/ecmp', options: ['via 10.10.2.142 dev eth2', 'via 10.10.2.143 dev eth2'], odds: [0.75, 0.25] });
    expect(branches.reduce((sum, b) => sum + b.probability, 0)).toBeCloseTo(1, 9);
    expect(branches).toHaveLength(6);
  });

  it.each`
    value  | passes   | because
    ${'0'} | ${true}  | ${'nothing is checked'}
    ${'1'} | ${false} | ${'the way back to the pod leaves by the tunnel'}
    ${'2'} | ${true}  | ${'some way back is enough'}
  `('rp_filter $value: a pod’s address that comes in by the wrong device passes $passes, for $because', ({ value, passes }) => {
    const world = sampleWorld('cluster', (path, text) =>
      path === 'cy01-ceph143/node.txt' ? text.replace('net.ipv4.conf.all.rp_filter = 0', `net.ipv4.conf.all.rp_filter = ${value}`) : path === 'cy01-ceph142/node.txt' ? text.replace('10.233.125.0/24 via 10.10.4.143 dev tunl0', '10.233.125.0/24 via 10.10.4.143 dev ens5') : text,
    );
    const t = trace(world, { from: dbg, dst: ip('10.233.125.24'), proto: PROTO_UDP, dport: 80, reply: false });
    expect(t.steps.some((s) => s.kind === 'drop' && s.reason === 'rp-filter' && s.host === 'cy01-ceph143')).toBe(!passes);
    expect(t.steps.some((s) => s.kind === 'receive' && s.netns === 'ng-test-rs-kllg4')).toBe(passes);
  });

  it.each`
    address         | dev        | localnet | reason
    ${'127.0.0.5'}  | ${'ens4'}  | ${'0'}   | ${'martian-destination'}
  `('does not take $address from the wire without route_localnet', ({ address, dev, reason }) => {
    const world = sampleWorld('cluster', (_, text) => text.replace('all.route_localnet = 1', 'all.route_localnet = 0'));
    const t = trace(world, { from: { kind: 'outside', ip: ip('10.10.6.90'), host: 'cy01-ceph142', dev }, dst: ip(address), proto: PROTO_ICMP });
    expect(t.steps.at(-1)).toMatchObject({ kind: 'drop', reason });
  });
});

describe('the outer header of IPIP', () => {
  it('inherits TTL and DF, copies the ECN bits but not DSCP', () => {
    const t = trace(sampleWorld('cluster'), { from: dbg, dst: ip('10.233.125.24'), proto: PROTO_UDP, dport: 80, tos: 0x2a, reply: false });
    const outer = t.steps.find((s) => s.kind === 'encap');
    expect(outer && ipOf(outer.packet)).toMatchObject({ ttl: 63, df: true, tos: 0x02, proto: 4 });
  });
});
