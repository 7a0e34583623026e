import { describe, expect, it } from 'vitest';
import { formatIp4 } from '../../packet/address.ts';
import { ipOf, PROTO_ICMP, PROTO_UDP } from '../../packet/packet.ts';
import { ipBytes } from '../../packet/sizes.ts';
import { at, framesOf, ip, picking, sampleWorld, tcp } from '../../testing/sample.ts';
import { trace } from '../trace.ts';
import type { Trace } from '../trace-types.ts';

const cluster = sampleWorld('cluster');
/** The same cluster with pods whose MTU is the wire's, so that tunl0 is the narrow place. */
const widePods = sampleWorld('cluster', (_, text) => text.replace(/(eth0@if\d+|cali\w+@if\d+)(: <[^>]*>) mtu 1450/g, '$1$2 mtu 1500'));
const dbg = at('cy01-ceph142', 'dbg-pod142');
const remote = '10.233.125.24';
const ping = (size: number, more: object = {}) => ({ from: dbg, dst: ip(remote), proto: PROTO_ICMP, size, ...more });
const errors = (t: Trace): readonly string[] =>
  t.steps.flatMap((s) => (s.kind === 'send' && s.what === 'icmp-error' ? [`${s.host} ${formatIp4(ipOf(s.packet).src)} ${s.icmp?.icmptype}/${s.icmp?.code}${s.icmp?.mtu === undefined ? '' : ` mtu ${s.icmp.mtu}`} ${ipBytes(s.packet)} bytes`] : []));

describe('what is too large for the way', () => {
  it('is answered before FORWARD with the tunnel’s MTU, from the first NIC’s address, within 576 bytes; no entry stays', () => {
    const t = trace(widePods, ping(1472, { df: true }));
    expect(errors(t)).toEqual(['cy01-ceph142 10.10.1.142 3/4 mtu 1450 576 bytes']);
    expect(t.outcomes[0]).toMatchObject({ request: { verdict: 'rejected', host: 'cy01-ceph142', error: { kind: 'icmp', icmptype: 3, code: 4, mtu: 1450 } } });
    expect(t.steps.some((s) => s.kind === 'table' && s.hook === 'FORWARD' && s.role === 'request')).toBe(false);
    expect(t.conntrack.filter((e) => e.host === 'cy01-ceph142')).toEqual([]);
  });

  it.each`
    size    | verdict
    ${1422} | ${'delivered'}
    ${1423} | ${'rejected'}
  `('$size bytes of echo with DF are $verdict by a tunnel of 1450', ({ size, verdict }) => {
    expect(trace(widePods, ping(size, { df: true })).outcomes[0]?.request.verdict).toBe(verdict);
  });

  it('is cut before the tunnel without DF, each piece in its own outer packet, and put together and cut again by the second node', () => {
    const t = trace(widePods, ping(1472, { df: false }));
    expect(t.outcomes[0]?.client).toBe('answer');
    const tunnelled = framesOf(t).filter((f) => f.startsWith('cy01-ceph142 ens5 out'));
    expect(tunnelled.map((f) => f.split(' ').at(-1))).toEqual([`${1444 + 20 + 14}`, `${76 + 20 + 14}`]);
    expect(framesOf(t).filter((f) => f.includes('calie30cf82378a out')).map((f) => f.split(' ').at(-1))).toEqual([`${1444 + 14}`, `${76 + 14}`]);
    expect(t.steps.filter((s) => s.kind === 'reassemble' && s.role === 'request').map((s) => `${s.host}/${s.netns}`)).toEqual(['cy01-ceph143/null', 'cy01-ceph143/ng-test-rs-kllg4']);
  });

  it('goes in pieces without DF when the sender’s own device is too narrow and it did not insist', () => {
    const t = trace(cluster, ping(1472));
    expect(t.outcomes[0]?.client).toBe('answer');
    expect(t.steps.filter((s) => s.kind === 'transmit' && s.netns === 'dbg-pod142').map((s) => ipOf(s.packet)).map((h) => [h.df, h.mf, h.offset])).toEqual([
      [false, true, 0],
      [false, false, 1424],
    ]);
  });

  it('is refused at once by the sender’s own kernel when it insists on DF', () => {
    expect(trace(cluster, ping(1472, { df: true })).outcomes[0]).toMatchObject({ request: { verdict: 'rejected', error: { kind: 'emsgsize', mtu: 1450 } }, client: 'too-big' });
  });
});

describe('an underlay that is narrower than the tunnel thinks', () => {
  const narrow = sampleWorld('cluster', (_, text) => text.replace(/(ens5: <[^>]*>) mtu 1500/g, '$1 mtu 1400'));

  it('makes the tunnel tell a sender that insists on DF, with 20 bytes less, and remember it', () => {
    const t = trace(narrow, ping(1400, { df: true }));
    expect(errors(t)).toEqual(['cy01-ceph142 10.10.1.142 3/4 mtu 1380 576 bytes']);
    expect(t.steps.find((s) => s.kind === 'pmtu' && s.host === 'cy01-ceph142')).toMatchObject({ mtu: 1380, dst: ip(remote) });
  });

  it('cuts the outer packet without DF, and the other node puts it together before it takes it apart', () => {
    const t = trace(narrow, ping(1400, { df: false }));
    expect(t.outcomes[0]?.client).toBe('answer');
    expect(framesOf(t).filter((f) => f.startsWith('cy01-ceph142 ens5 out')).map((f) => f.split(' ').at(-1))).toEqual([`${1396 + 14}`, `${72 + 14}`]);
    expect(framesOf(t).filter((f) => f.startsWith('cy01-ceph143 tunl0 in'))).toHaveLength(1);
  });

  it('is learned by the sender, whose next packet is refused by its own kernel', () => {
    const t = trace(narrow, ping(1400, { df: true, count: 2 }));
    expect(t.outcomes.map((o) => o.request.error)).toMatchObject([{ kind: 'icmp', mtu: 1380 }, { kind: 'emsgsize', mtu: 1380 }]);
  });
});

describe('a TTL that runs out', () => {
  it('is told by the node on which it does, from the first NIC’s address', () => {
    const t = trace(cluster, ping(56, { ttl: 1 }));
    expect(errors(t)).toEqual(['cy01-ceph142 10.10.1.142 11/0 112 bytes']);
    expect(t.outcomes[0]).toMatchObject({ request: { verdict: 'rejected', error: { icmptype: 11 } }, client: 'unreachable' });
  });

  it('is told by the second node from its tunnel address, through the tunnel', () => {
    expect(errors(trace(cluster, ping(56, { ttl: 2 })))).toEqual(['cy01-ceph143 10.233.125.0 11/0 112 bytes']);
  });
});

describe('a way that does not exist', () => {
  it('is answered with 3/0 by a node without a route, before the TTL is looked at', () => {
    const world = sampleWorld('cluster', (path, text) => (path === 'cy01-ceph142/node.txt' ? text.replace(/^default via .*\n/m, '') : text));
    expect(errors(trace(world, { ...ping(56, { ttl: 1 }), dst: ip('192.0.2.1') }))).toEqual(['cy01-ceph142 10.10.1.142 3/0 112 bytes']);
  });

  it('is silence behind a blackhole route', () => {
    const t = trace(cluster, { ...ping(56), dst: ip('10.233.98.77') });
    expect(t.outcomes[0]).toMatchObject({ request: { verdict: 'dropped', host: 'cy01-ceph142' }, client: 'timeout' });
    expect(errors(t)).toEqual([]);
  });

  it.each`
    type             | code
    ${'unreachable'} | ${1}
    ${'prohibit'}    | ${13}
  `('is answered with 3/$code at an $type route', ({ type, code }) => {
    const world = sampleWorld('cluster', (path, text) => (path === 'cy01-ceph142/node.txt' ? text.replace('blackhole 10.233.98.0/24', `${type} 10.233.98.0/24`) : text));
    expect(errors(trace(world, { ...ping(56), dst: ip('10.233.98.77') }))).toEqual([`cy01-ceph142 10.10.1.142 3/${code} 112 bytes`]);
  });

  it('fails in connect() when the sender itself has none', () => {
    const world = sampleWorld('cluster', (path, text) => (path === 'client/node.txt' ? text.replace(/^default via .*\n/m, '') : text));
    expect(trace(world, tcp(at('client'), '172.19.100.2', 80)).outcomes[0]).toMatchObject({ request: { verdict: 'unreachable', host: 'client', error: { kind: 'local', error: 'ENETUNREACH' } }, client: 'unreachable' });
  });

  it('leaves for machines that nobody described, and says towards which', () => {
    const world = sampleWorld('cluster', (path, text) => (path.startsWith('cy01-ceph143/') ? undefined : text));
    const t = trace(world, ping(56));
    expect(t.outcomes[0]).toMatchObject({ request: { verdict: 'left', host: 'cy01-ceph142', dev: 'ens5' }, client: 'unknown' });
  });

  it('ends at a machine that does not forward, without a word', () => {
    const world = sampleWorld('cluster', (path, text) => (path === 'l3/node.txt' ? text.replace(/forward(ing)? = 1/g, 'forward$1 = 0') : text));
    const t = trace(world, tcp(at('client'), '172.19.100.2', 80));
    expect(t.outcomes[0]).toMatchObject({ request: { verdict: 'dropped', host: 'l3' }, client: 'timeout' });
    expect(t.steps.at(-1)).toMatchObject({ kind: 'drop', reason: 'not-forwarding' });
  });
});

describe('a loop', () => {
  it('is called one when the packet comes by the same device again until its TTL runs out', () => {
    const loop = sampleWorld('cluster', (path, text) =>
      path === 'l3/node.txt'
        ? text.replace('10.10.2.0/24 dev eth2', '198.51.100.0/24 via 10.10.2.142 dev eth2 \n10.10.2.0/24 dev eth2')
        : text,
    );
    const t = trace(loop, { from: at('client'), dst: ip('198.51.100.1'), proto: PROTO_UDP, dport: 53 });
    expect(t.outcomes[0]?.request.verdict).toBe('looped');
    expect(t.steps.length).toBeLessThan(5000);
  });
});

describe('a closed port', () => {
  it('answers UDP with ICMP 3/3 from the address that was asked', () => {
    const t = trace(cluster, { from: dbg, dst: ip(remote), proto: PROTO_UDP, dport: 53, size: 20 });
    expect(errors(t)).toEqual([`cy01-ceph143 ${remote} 3/3 76 bytes`]);
    expect(t.outcomes[0]).toMatchObject({ request: { verdict: 'rejected', host: 'cy01-ceph143', netns: 'ng-test-rs-kllg4' }, client: 'refused' });
  });

  it('answers TCP with a reset, and a namespace without a list of listeners takes everything', () => {
    expect(trace(cluster, tcp(dbg, remote, 81)).outcomes[0]).toMatchObject({ client: 'refused', request: { error: { kind: 'reset', from: ip(remote) } } });
    expect(trace(cluster, tcp(at('cy01-ceph142', 'ng-test-rs-cwqr5'), '10.233.98.50', 81)).outcomes[0]?.client).toBe('answer');
  });
});

describe('a rule that refuses', () => {
  const refusing = (rule: string) => sampleWorld('cluster', (path, text) => (path === 'cy01-ceph143/node.txt' ? text.replace('-A FORWARD -m comment', `${rule}\n-A FORWARD -m comment`) : text));

  it.each`
    rule                                                                     | error                               | client
    ${'-A FORWARD -p tcp -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable'} | ${{ kind: 'icmp', icmptype: 3, code: 3 }}  | ${'refused'}
    ${'-A FORWARD -p tcp -m tcp --dport 80 -j REJECT --reject-with icmp-admin-prohibited'} | ${{ kind: 'icmp', icmptype: 3, code: 13 }} | ${'unreachable'}
    ${'-A FORWARD -p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset'}             | ${{ kind: 'reset', from: ip(remote) }}     | ${'refused'}
  `('$rule', ({ rule, error, client }) => {
    const t = trace(refusing(rule), tcp(dbg, remote, 80));
    expect(t.outcomes[0]).toMatchObject({ request: { verdict: 'rejected', host: 'cy01-ceph143', netns: null, error }, client });
    expect(t.conntrack.filter((e) => e.host === 'cy01-ceph143' && e.entry.proto === 6)).toEqual([]);
  });

  it('drops in silence with DROP', () => {
    expect(trace(refusing('-A FORWARD -p tcp -m tcp --dport 80 -j DROP'), tcp(dbg, remote, 80)).outcomes[0]).toMatchObject({ request: { verdict: 'dropped', host: 'cy01-ceph143' }, client: 'timeout' });
  });
});

describe('an error about a packet that was rewritten twice', () => {
  const world = sampleWorld('cluster', (path, text) => (path === 'cy01-ceph143/node.txt' ? text.replace('-A FORWARD -m comment', '-A FORWARD -p tcp -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable\n-A FORWARD -m comment') : text));
  const t = picking(world, tcp(at('client'), '172.19.100.2', 80), '10.233.125.24');

  it('comes back to the client as from the address it asked, quoting the packet it sent', () => {
    expect(t.outcomes[0]).toMatchObject({ request: { verdict: 'rejected', host: 'cy01-ceph143', error: { icmptype: 3, code: 3, from: ip('172.19.100.2') } }, client: 'refused' });
    const arrived = t.steps.find((s) => s.kind === 'deliver' && s.to === 'error-to-client')?.packet;
    const icmp = arrived?.find((h) => h.type === 'icmp');
    expect(icmp?.quote?.packet).toMatchObject([{ src: ip('10.10.6.91'), dst: ip('172.19.100.2') }, { sport: 41068, dport: 80 }]);
  });

  it('is RELATED on the node that rewrote the packet, and passes no nat chain there', () => {
    const there = t.steps.filter((s) => s.role === 'error' && s.host === 'cy01-ceph142' && s.packet.length === 2 && s.packet[1]?.type === 'icmp');
    expect(there.find((s) => s.kind === 'conntrack')).toMatchObject({ op: 'related', state: 'RELATED' });
    expect(there.some((s) => s.kind === 'table' && s.table === 'nat')).toBe(false);
  });
});
