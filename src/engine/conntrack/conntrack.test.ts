import { describe, expect, it } from 'vitest';
import { TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN, PROTO_ICMP, PROTO_TCP, PROTO_UDP } from '../../packet/packet.ts';
import { pairWorld } from '../../testing/pair.ts';
import { at, ip } from '../../testing/sample.ts';
import type { World } from '../../world/world.ts';
import type { Probe } from '../probe.ts';
import { trace } from '../trace.ts';
import { needsConntrack, needsDefrag } from '../netfilter/needsConntrack.ts';
import { givenTable } from './given.ts';
import { sctpPacket } from './sctp.ts';
import { findTuple, insertEntry, isTaken, newCtTable, newEntry, NO_ZONE, viewTable, type Zone, zoneIn } from './table.ts';
import { tcpPacket, type TcpState } from './tcp.ts';
import { icmpKey, invertTuple, type Tuple } from './tuple.ts';

const [SYN, ACK, RST, FIN] = [TCP_SYN, TCP_ACK, TCP_RST, TCP_FIN];
const tuple = (proto = 6): Tuple => ({ proto, src: 1, sport: 10, dst: 2, dport: 20 });
const entry = (proto = 6, zone: Zone = NO_ZONE) => newEntry(0, zone, tuple(proto), invertTuple(tuple(proto)));

describe('TCP states (nf_conntrack_proto_tcp.c)', () => {
  it.each<[string, readonly (readonly ['original' | 'reply', number])[], string, TcpState]>([
    ['a handshake', [['original', SYN], ['reply', SYN | ACK], ['original', ACK]], 'accept', 'ESTABLISHED'],
    ['a SYN sent again', [['original', SYN], ['original', SYN]], 'accept', 'SYN_SENT'],
    ['a refused SYN', [['original', SYN], ['reply', RST | ACK]], 'killed', 'CLOSE'],
    ['an ACK in place of the SYN', [['original', ACK]], 'accept', 'ESTABLISHED'],
    ['a FIN in place of the SYN', [['original', FIN | ACK]], 'invalid', 'NONE'],
    ['a SYN-ACK in place of the SYN', [['original', SYN | ACK]], 'invalid', 'NONE'],
    ['a reset in place of the SYN', [['original', RST]], 'invalid', 'NONE'],
    ['an ACK before the SYN-ACK', [['original', SYN], ['original', ACK]], 'invalid', 'SYN_SENT'],
    ['an ACK that answers a SYN', [['original', SYN], ['reply', ACK]], 'accept', 'SYN_SENT'],
    ['a SYN from both ends', [['original', SYN], ['reply', SYN]], 'accept', 'SYN_SENT2'],
    ['the first FIN', [['original', SYN], ['reply', SYN | ACK], ['original', ACK], ['original', FIN | ACK]], 'accept', 'FIN_WAIT'],
    ['both FINs and the last ACK', [['original', SYN], ['reply', SYN | ACK], ['original', ACK], ['original', FIN | ACK], ['reply', FIN | ACK], ['original', ACK]], 'accept', 'TIME_WAIT'],
    ['a new SYN after the close', [['original', SYN], ['reply', SYN | ACK], ['original', ACK], ['original', FIN | ACK], ['reply', FIN | ACK], ['original', ACK], ['original', SYN]], 'again', 'TIME_WAIT'],
    ['a SYN into a connection', [['original', SYN], ['reply', SYN | ACK], ['original', ACK], ['original', SYN]], 'accept', 'ESTABLISHED'],
    ['a SYN into a connection that the other end takes up', [['original', SYN], ['reply', SYN | ACK], ['original', ACK], ['original', SYN], ['reply', SYN | ACK]], 'accept', 'SYN_RECV'],
    ['a SYN against the direction', [['original', SYN], ['reply', SYN | ACK], ['original', ACK], ['reply', SYN]], 'invalid', 'ESTABLISHED'],
    ['no flags at all', [['original', SYN], ['original', 0]], 'invalid', 'SYN_SENT'],
    ['SYN and FIN', [['original', SYN | FIN]], 'invalid', 'NONE'],
    ['PSH does not matter', [['original', SYN], ['reply', SYN | ACK], ['original', ACK | TCP_PSH]], 'accept', 'ESTABLISHED'],
  ])('%s', (_, packets, verdict, state) => {
    const e = entry();
    let last: string = '';
    for (const [dir, flags] of packets) {
      last = tcpPacket(e, dir, flags, true);
      e.confirmed = e.confirmed || last === 'accept';
      if (dir === 'reply' && last === 'accept') e.seenReply = true;
    }
    expect([last, e.tcp?.state]).toEqual([verdict, state]);
  });

  it('is assured by the ACK of the handshake', () => {
    const e = entry();
    tcpPacket(e, 'original', SYN, true);
    tcpPacket(e, 'reply', SYN | ACK, true);
    e.seenReply = true;
    expect(e.assured).toBe(false);
    tcpPacket(e, 'original', ACK, true);
    expect(e.assured).toBe(true);
  });

  it('is not picked up when nobody asked for it', () => expect(tcpPacket(entry(), 'original', ACK, false)).toBe('invalid'));
});

describe('SCTP states (nf_conntrack_proto_sctp.c)', () => {
  it('follows a handshake', () => {
    const e = entry(132);
    const seen = [['original', 1], ['reply', 2], ['original', 10], ['reply', 11]] as const;
    expect(
      seen.map(([dir, chunk]) => {
        const valid = sctpPacket(e, dir, chunk);
        e.confirmed = true;
        return [valid, e.sctp];
      }),
    ).toEqual([[true, 'CLOSED'], [true, 'COOKIE_WAIT'], [true, 'COOKIE_ECHOED'], [true, 'ESTABLISHED']]);
    expect(e.assured).toBe(true);
  });
  it.each([0, 6, 11, 14])('chunk %i opens nothing', (chunk) => expect(sctpPacket(entry(132), 'original', chunk)).toBe(false));
});

describe('zones', () => {
  const both: Zone = { id: 5, dir: 'both' };
  const orig: Zone = { id: 5, dir: 'original' };
  it.each([
    [both, 'original', 5],
    [both, 'reply', 5],
    [orig, 'original', 5],
    [orig, 'reply', 0],
  ] as const)('%o counts as %s', (zone, dir, id) => expect(zoneIn(zone, dir)).toBe(id));

  it.each([
    [NO_ZONE, NO_ZONE, true, true],
    [both, NO_ZONE, false, false],
    [both, both, true, true],
    [orig, NO_ZONE, false, true],
    [orig, orig, true, true],
    [orig, both, true, false],
  ])('an entry of %o is found from %o: %s, its reply: %s', (of, from, forth, reply) => {
    const table = newCtTable();
    const e = entry(17, of);
    insertEntry(table, e);
    expect([findTuple(table, e.orig, from) !== undefined, findTuple(table, e.reply, from) !== undefined]).toEqual([forth, reply]);
  });

  it('takes a tuple only from others of its zone, and never from its own flow', () => {
    const table = newCtTable();
    insertEntry(table, entry(17));
    const other = newEntry(1, NO_ZONE, { ...tuple(17), src: 9 }, invertTuple(tuple(17)));
    expect([isTaken(table, invertTuple(tuple(17)), other), isTaken(table, invertTuple(tuple(17)), entry(17)), isTaken(table, invertTuple(tuple(17)), { ...other, zone: both })]).toEqual([true, false, false]);
  });
});

describe('tuples', () => {
  it.each([
    [icmpKey(8, 0), icmpKey(0, 0)],
    [icmpKey(14, 0), icmpKey(13, 0)],
    [icmpKey(17, 0), icmpKey(18, 0)],
  ])('ICMP %i turns round to %i', (a, b) => expect(invertTuple({ proto: 1, src: 1, sport: 7, dst: 2, dport: a })).toEqual({ proto: 1, src: 2, sport: 7, dst: 1, dport: b }));
});

const probe = (more: Partial<Probe> = {}): Probe => ({ from: at('a'), dst: ip('10.0.0.2'), proto: PROTO_UDP, sport: 40_000, dport: 53, size: 4, ...more });
const NEED = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p igmp -m conntrack --ctstate NEW\nCOMMIT\n';
const nat = (...rules: readonly string[]): string => `${NEED}*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT\n`;
const given = (world: World, line: string): World => {
  const [, proto, src, sport, dst, dport, rsrc, rsport, rdst, rdport] = (/^(\d+) (\d+):(\d+)>(\d+):(\d+) (\d+):(\d+)>(\d+):(\d+)$/.exec(line) ?? []).map(Number);
  const listing = { proto: proto ?? 0, timeout: 100, state: undefined, orig: { src: src ?? 0, dst: dst ?? 0, sport: sport ?? 0, dport: dport ?? 0 }, reply: { src: rsrc ?? 0, dst: rdst ?? 0, sport: rsport ?? 0, dport: rdport ?? 0 }, seenReply: true, assured: false, mark: 7, zone: 0, source: undefined };
  return { ...world, hosts: world.hosts.map((h) => (h.name === 'b' ? { ...h, netns: h.netns.map((n) => ({ ...n, conntrack: [listing] })) } : h)) };
};
const [a, b] = [ip('10.0.0.1'), ip('10.0.0.2')];
/** What the socket on b saw, and with which choices. */
function seenBy(world: World, p: Probe) {
  const t = trace(world, p);
  const [first] = t.outcomes;
  const [header, l4] = first?.request.seen ?? [];
  return { verdict: first?.request.verdict, src: header?.type === 'ipv4' ? header.src : 0, dst: header?.type === 'ipv4' ? header.dst : 0, sport: l4 && 'sport' in l4 ? l4.sport : undefined, dport: l4 && 'dport' in l4 ? l4.dport : undefined, choices: t.choices.map((c) => c.kind) };
}

describe('the mapping of a connection (get_unique_tuple())', () => {
  it.each<[string, string, string | undefined, object]>([
    ['keeps the port', '-A INPUT -j SNAT --to-source 10.7.7.7', undefined, { src: ip('10.7.7.7'), sport: 40_000, choices: [] }],
    ['draws a port of the range', '-A INPUT -p udp -j SNAT --to-source 10.7.7.7:100-110', undefined, { sport: 110, choices: ['port'] }],
    ['draws nothing when there is one', '-A INPUT -p udp -j SNAT --to-source 10.7.7.7:100', undefined, { sport: 100, choices: [] }],
    ['draws another port at random', '-A INPUT -p udp -j SNAT --to-source 10.7.7.7 --random', undefined, { sport: 20_001, choices: ['port'] }],
    ['shifts a range', '-A PREROUTING -p udp -j DNAT --to-destination :1000-1099/50', undefined, { dport: 1003, choices: [] }],
    ['shifts round the end of a range', '-A PREROUTING -p udp -j DNAT --to-destination :1000-1001/50', undefined, { dport: 1001, choices: [] }],
    ['keeps a port that the range has', '-A PREROUTING -p udp -j DNAT --to-destination :50-60', undefined, { dport: 53, choices: [] }],
    ['gives way to a connection that has the port', '-A INPUT -j SNAT --to-source 10.7.7.7', `17 ${a + 9}:40000>${b}:53 ${b}:53>${ip('10.7.7.7')}:40000`, { sport: 20_001, choices: ['port'] }],
    ['keeps what the socket had before', '-A INPUT -p udp -j SNAT --to-source 10.7.7.7:100-110', `17 ${a}:40000>${b + 9}:53 ${b + 9}:53>${ip('10.7.7.7')}:107`, { sport: 107, choices: [] }],
    ['maps a network', '-A INPUT -j NETMAP --to 10.9.0.0/16', undefined, { src: ip('10.9.0.1'), choices: [] }],
    ['hashes both ends for an address of a range', '-A INPUT -j SNAT --to-source 10.7.7.0-10.7.7.255', undefined, { choices: [] }],
  ])('%s', (_, rule, line, expected) => {
    const world = pairWorld(nat(rule));
    expect(seenBy(line === undefined ? world : given(world, line), probe())).toMatchObject({ verdict: 'delivered', ...expected });
  });

  it('loses a packet whose only port is taken', () => {
    const world = given(pairWorld(nat('-A INPUT -p tcp -j SNAT --to-source 10.7.7.7:100')), `6 ${a + 9}:1>${b}:80 ${b}:80>${ip('10.7.7.7')}:100`);
    expect(seenBy(world, probe({ proto: PROTO_TCP, dport: 80 })).verdict).toBe('dropped');
  });

  it('draws an ICMP id', () => expect(trace(pairWorld(nat('-A INPUT -j SNAT --to-source 10.7.7.7 --random')), probe({ proto: PROTO_ICMP })).choices).toMatchObject([{ kind: 'port', options: ['0-65535'], splits: false }]));
});

describe('a given entry', () => {
  const world = given(pairWorld('*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -m conntrack --ctstate ESTABLISHED\n-A INPUT -m connmark --mark 0x7\nCOMMIT\n'), `17 ${a}:40000>${b}:53 ${b}:53>${a}:40000`);
  it('makes the first packet ESTABLISHED, with its mark', () => {
    const t = trace(world, probe());
    expect(t.steps.filter((s) => s.kind === 'rule' && s.host === 'b' && s.matched === true)).toHaveLength(2);
    expect(t.conntrack).toMatchObject([{ host: 'b', entry: { mark: 7, assured: true, seenReply: true } }]);
  });
});

describe('what starts tracking (nf_ct_netns_get())', () => {
  const netnsOf = (rules: string) => pairWorld(rules).hosts.find((h) => h.name === 'b')?.netns[0];
  const raw = (rule: string) => `*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING ${rule}\nCOMMIT\n`;
  it.each([
    [raw('-j CT --notrack'), false],
    [raw('-j NOTRACK'), false],
    [raw('-j CT --zone 1'), true],
    [raw('-j CT'), true],
    [raw('-j MARK --set-xmark 0x1'), false],
    [raw('-m connlimit --connlimit-above 3'), true],
    [nat('-A POSTROUTING -j ACCEPT').replace(NEED, ''), false],
    [nat('-A PREROUTING -j NETMAP --to 10.0.0.0/8').replace(NEED, ''), true],
    [raw('-m conntrack --ctproto 6'), true],
  ])('%s', (rules, tracks) => {
    const netns = netnsOf(rules);
    expect(netns && [needsConntrack(netns), needsDefrag(netns)]).toEqual([tracks, tracks]);
  });
  it('a look at sockets needs whole packets, and tracks nothing', () => {
    const netns = netnsOf('*mangle\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -m socket\nCOMMIT\n');
    expect(netns && [needsConntrack(netns), needsDefrag(netns)]).toEqual([false, true]);
  });
});

it('gives a listed connection its zone, mark and label', () => {
  const [netns] = pairWorld('').hosts[0]?.netns ?? [];
  if (!netns) throw new Error('no namespace');
  const way = { src: 1, dst: 2, sport: 10, dport: 20 };
  const listing = { proto: 17, timeout: undefined, state: undefined, orig: way, reply: { src: 2, dst: 1, sport: 20, dport: 10 }, seenReply: true, assured: false, mark: 3, zone: 7, label: [0, 0, 0, 9], source: undefined };
  expect(viewTable(givenTable({ ...netns, conntrack: [listing] }))).toMatchObject([{ zone: 7, mark: 3, label: [0, 0, 0, 9], seenReply: true }]);
});
