import { describe, expect, it } from 'vitest';
import { PROTO_ICMP, PROTO_TCP, PROTO_UDP } from '../../packet/packet.ts';
import { pairWorld } from '../../testing/pair.ts';
import { at, ip } from '../../testing/sample.ts';
import type { Probe } from '../probe.ts';
import { trace } from '../trace.ts';

/** From 10.0.0.1, which is 02:00:00:00:00:01, port 40000, to 10.0.0.2 port 80; came in by eth0. */
const tcp: Probe = { from: at('a'), dst: ip('10.0.0.2'), proto: PROTO_TCP, sport: 40000, dport: 80 };
const mangle = (...rules: readonly string[]): string => `*mangle\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT`;

/** Which of the rules match, in PREROUTING of b. */
function hits(sets: readonly string[], rules: readonly string[], probe: Probe = tcp) {
  const world = pairWorld(mangle(...rules.map((r) => `-A PREROUTING ${r}`)), sets.join('\n'));
  return trace(world, probe).steps.flatMap((s) => (s.kind === 'rule' && s.host === 'b' && s.role === 'request' ? [s.matched] : []));
}

const asks = (type: string, members: readonly string[], match: string, probe?: Probe) => hits([`create S ${type}`, ...members.map((m) => `add S ${m}`)], [`-m set ${match}`], probe)[0];

describe('a packet is a member', () => {
  it.each`
    type                                          | members                                                        | match                                                  | result
    ${'bitmap:ip range 10.0.0.0/24'}              | ${['10.0.0.1']}                                                | ${'--match-set S src'}                                 | ${true}
    ${'bitmap:ip range 10.0.0.0/24'}              | ${['10.0.0.1']}                                                | ${'--match-set S dst'}                                 | ${false}
    ${'bitmap:ip range 10.0.0.0/16 netmask 24'}   | ${['10.0.0.0']}                                                | ${'--match-set S src'}                                 | ${true}
    ${'bitmap:ip,mac range 10.0.0.0/24'}          | ${['10.0.0.1']}                                                | ${'--match-set S src,src'}                             | ${true}
    ${'bitmap:ip,mac range 10.0.0.0/24'}          | ${['10.0.0.1,02:00:00:00:00:01']}                              | ${'--match-set S src,src'}                             | ${true}
    ${'bitmap:ip,mac range 10.0.0.0/24'}          | ${['10.0.0.1,02:00:00:00:00:02']}                              | ${'--match-set S src,src'}                             | ${false}
    ${'bitmap:ip,mac range 10.0.0.0/24'}          | ${['10.0.0.1,02:00:00:00:00:02']}                              | ${'--match-set S src,dst'}                             | ${true}
    ${'bitmap:port range 80-90'}                  | ${['80']}                                                      | ${'--match-set S dst'}                                 | ${true}
    ${'hash:mac'}                                 | ${['02:00:00:00:00:01']}                                       | ${'--match-set S src'}                                 | ${true}
    ${'hash:mac'}                                 | ${['02:00:00:00:00:02']}                                       | ${'--match-set S dst'}                                 | ${true}
    ${'hash:ip,mac'}                              | ${['10.0.0.1,02:00:00:00:00:01']}                              | ${'--match-set S src,src'}                             | ${true}
    ${'hash:ip,mac'}                              | ${['10.0.0.1,02:00:00:00:00:03']}                              | ${'--match-set S src,src'}                             | ${false}
    ${'hash:ip netmask 30'}                       | ${['10.0.0.3']}                                                | ${'--match-set S src'}                                 | ${true}
    ${'hash:ip bitmask 255.0.0.255'}              | ${['10.9.9.1']}                                                | ${'--match-set S src'}                                 | ${true}
    ${'hash:ip'}                                  | ${['10.0.0.0-10.0.0.5']}                                       | ${'--match-set S src'}                                 | ${true}
    ${'hash:ip'}                                  | ${['10.0.0.1 timeout 5']}                                      | ${'--match-set S src'}                                 | ${true}
    ${'hash:ip'}                                  | ${['10.0.0.1']}                                                | ${'--match-set S src,dst,dst'}                         | ${true}
    ${'hash:ip,port'}                             | ${['10.0.0.2,tcp:80']}                                         | ${'--match-set S dst'}                                 | ${false}
    ${'hash:ip,port'}                             | ${['10.0.0.2,tcp:80']}                                         | ${'! --match-set S dst'}                               | ${true}
    ${'hash:ip,port'}                             | ${['10.0.0.2,tcp:70-90']}                                      | ${'--match-set S dst,dst'}                             | ${true}
    ${'hash:ip,port'}                             | ${['10.0.0.2,tcp:81-90']}                                      | ${'--match-set S dst,dst'}                             | ${false}
    ${'hash:ip,port'}                             | ${['10.0.0.2,udp:80']}                                         | ${'--match-set S dst,dst'}                             | ${false}
    ${'hash:ip,mark'}                             | ${['10.0.0.1,0x0']}                                            | ${'--match-set S src,src'}                             | ${true}
    ${'hash:ip,mark'}                             | ${['10.0.0.1,0x1']}                                            | ${'--match-set S src,src'}                             | ${false}
    ${'hash:ip,mark markmask 0xf0'}               | ${['10.0.0.1,0xf']}                                            | ${'--match-set S src,src'}                             | ${true}
    ${'hash:ip,port,ip'}                          | ${['10.0.0.2,tcp:80,10.0.0.1']}                                | ${'--match-set S dst,dst,src'}                         | ${true}
    ${'hash:ip,port,net'}                         | ${['10.0.0.2,tcp:80,10.0.0.0/24']}                             | ${'--match-set S dst,dst,src'}                         | ${true}
    ${'hash:ip,port,net'}                         | ${['10.0.0.2,tcp:80,10.0.0.0/8', '10.0.0.2,tcp:80,10.0.0.0/24 nomatch']} | ${'--match-set S dst,dst,src'}               | ${false}
    ${'hash:net'}                                 | ${['10.0.0.0/8', '10.0.0.0/24 nomatch']}                       | ${'--match-set S src'}                                 | ${false}
    ${'hash:net'}                                 | ${['10.0.0.0/8', '10.0.0.0/24 nomatch']}                       | ${'! --match-set S src'}                               | ${true}
    ${'hash:net'}                                 | ${['10.0.0.0/8', '10.0.0.0/24 nomatch']}                       | ${'--match-set S src --return-nomatch'}                | ${true}
    ${'hash:net'}                                 | ${['10.0.0.0/8', '10.0.0.2 nomatch']}                          | ${'--match-set S src --return-nomatch'}                | ${false}
    ${'hash:net,net'}                             | ${['10.0.0.0/24,10.0.0.0/30']}                                 | ${'--match-set S src,dst'}                             | ${true}
    ${'hash:net,net'}                             | ${['10.0.0.0/24,10.0.0.0/8 nomatch', '10.0.0.0/8,10.0.0.2']}   | ${'--match-set S src,dst'}                             | ${false}
    ${'hash:net,net'}                             | ${['10.0.0.0/8,10.0.0.0/8', '10.0.0.0/8,10.0.0.2 nomatch']}    | ${'--match-set S src,dst'}                             | ${false}
    ${'hash:net,port'}                            | ${['10.0.0.0/24,tcp:80']}                                      | ${'--match-set S dst,dst'}                             | ${true}
    ${'hash:net,port'}                            | ${['10.0.0.0/24,tcp:80 nomatch', '10.0.0.0/8,tcp:80']}         | ${'--match-set S dst,dst'}                             | ${false}
    ${'hash:net,port,net'}                        | ${['10.0.0.0/24,tcp:80,10.0.0.0/8']}                           | ${'--match-set S dst,dst,src'}                         | ${true}
    ${'hash:net,iface'}                           | ${['10.0.0.0/24,eth0']}                                        | ${'--match-set S src,src'}                             | ${true}
    ${'hash:net,iface'}                           | ${['10.0.0.0/24,eth0']}                                        | ${'--match-set S src,dst'}                             | ${false}
    ${'hash:net,iface'}                           | ${['10.0.0.0/24,eth wildcard']}                                | ${'--match-set S src,src'}                             | ${true}
    ${'hash:net,iface'}                           | ${['10.0.0.0/24,eth']}                                         | ${'--match-set S src,src'}                             | ${false}
    ${'hash:net,iface'}                           | ${['0.0.0.0/0,eth0']}                                          | ${'--match-set S src,src'}                             | ${true}
    ${'hash:net,iface'}                           | ${['10.0.0.0/24,eth1', '10.0.0.0/8,eth0']}                     | ${'--match-set S src,src'}                             | ${false}
    ${'hash:net,iface'}                           | ${['10.0.0.0/24,physdev:eth0']}                                | ${'--match-set S src,src'}                             | ${false}
    ${'hash:ip family inet6'}                     | ${['fe80::1']}                                                 | ${'--match-set S src'}                                 | ${false}
    ${'hash:ip family inet6'}                     | ${['fe80::1']}                                                 | ${'! --match-set S src'}                               | ${true}
    ${'hash:ip counters'}                         | ${['10.0.0.1 packets 4 bytes 400']}                            | ${'--match-set S src --packets-eq 5'}                  | ${true}
    ${'hash:ip counters'}                         | ${['10.0.0.1 packets 4 bytes 400']}                            | ${'--match-set S src ! --update-counters --packets-eq 4'} | ${true}
    ${'hash:ip counters'}                         | ${['10.0.0.1 packets 4 bytes 400']}                            | ${'--match-set S src --packets-lt 5'}                  | ${false}
    ${'hash:ip counters'}                         | ${['10.0.0.1 packets 4 bytes 400']}                            | ${'--match-set S src --packets-gt 4 --bytes-eq 460'}   | ${true}
    ${'hash:ip counters'}                         | ${['10.0.0.1 packets 4 bytes 400']}                            | ${'--match-set S src ! --bytes-eq 460'}                | ${false}
    ${'hash:ip'}                                  | ${['10.0.0.1']}                                                | ${'--match-set S src --packets-gt 100'}                | ${true}
    ${'hash:nosuch'}                              | ${['10.0.0.1']}                                                | ${'--match-set S src'}                                 | ${'unknown'}
    ${'hash:ip'}                                  | ${['10.0.0.x']}                                                | ${'--match-set S src'}                                 | ${'unknown'}
    ${'hash:ip'}                                  | ${['10.0.0.x', '10.0.0.1']}                                    | ${'--match-set S src'}                                 | ${true}
  `('$type $members, $match: $result', ({ type, members, match, result }) => {
    expect(asks(type, members, match)).toBe(result);
  });

  it.each([
    ['hash:ip,port', '10.0.0.2,icmp:echo-request', { ...tcp, proto: PROTO_ICMP }, true],
    ['hash:ip,port', '10.0.0.2,icmp:8/1', { ...tcp, proto: PROTO_ICMP }, false],
    ['hash:ip,port', '10.0.0.2,gre:0', { ...tcp, proto: 47, size: 20 }, true],
    ['hash:ip,port', '10.0.0.2,sctp:80', { ...tcp, proto: 132 }, true],
    ['hash:ip,port', '10.0.0.2,udp:80', { ...tcp, proto: PROTO_UDP }, true],
  ])('%s %s', (type, member, probe, result) => expect(asks(type, [member], '--match-set S dst,dst', probe)).toBe(result));

  it('finds one of 65,536 as fast as one of two', () => {
    const members = Array.from({ length: 65_536 }, (_, i) => `add S 10.${i >> 12}.${(i >> 4) & 255}.${i & 15},tcp:80`);
    expect(hits(['create S hash:ip,port', ...members], ['-m set --match-set S dst,dst', '-m set --match-set S src,dst', '-m set ! --match-set S dst,src'])).toEqual([true, true, true]);
  });
});

describe('list:set', () => {
  const sets = ['create A hash:ip', 'add A 10.0.0.9', 'create B hash:ip,port', 'add B 10.0.0.2,tcp:80', 'create C hash:net', 'add C 10.0.0.0/8', 'add C 10.0.0.1 nomatch', 'create L list:set size 8 counters'];
  const list = (...names: readonly string[]): readonly string[] => [...sets, ...names.map((n) => `add L ${n} packets 1 bytes 1`)];

  it.each`
    names         | match                                        | result
    ${['A']}      | ${'--match-set L dst'}                       | ${false}
    ${['A', 'B']} | ${'--match-set L dst,dst'}                   | ${true}
    ${['A', 'B']} | ${'--match-set L dst'}                       | ${false}
    ${['C']}      | ${'--match-set L src'}                       | ${false}
    ${['C']}      | ${'--match-set L src --return-nomatch'}      | ${true}
    ${['C']}      | ${'--match-set L dst --packets-eq 2'}        | ${true}
    ${['C']}      | ${'--match-set L dst --packets-eq 1'}        | ${false}
    ${[]}         | ${'--match-set L dst'}                       | ${false}
    ${['GONE']}   | ${'--match-set L dst'}                       | ${'unknown'}
  `('of $names, $match: $result', ({ names, match, result }) => {
    expect(hits(list(...names), [`-m set ${match}`])).toEqual([result]);
  });
});

describe('SET', () => {
  it.each`
    because                                                             | sets                                                                                        | rules                                                                                           | result
    ${'adds an address'}                                                | ${['create S hash:ip']}                                                                     | ${['-j SET --add-set S src', '-m set --match-set S src', '-m set --match-set S dst']}           | ${[true, true, false]}
    ${'deletes one'}                                                    | ${['create S hash:ip', 'add S 10.0.0.1']}                                                   | ${['-j SET --del-set S src', '-m set --match-set S src']}                                       | ${[true, false]}
    ${'deletes one out of a range'}                                     | ${['create S hash:ip', 'add S 10.0.0.0-10.0.0.3']}                                          | ${['-j SET --del-set S src', '-m set --match-set S src', '-m set --match-set S dst']}           | ${[true, false, true]}
    ${'adds what it deleted'}                                           | ${['create S hash:ip', 'add S 10.0.0.1']}                                                   | ${['-j SET --del-set S src', '-j SET --add-set S src', '-m set --match-set S src']}             | ${[true, true, true]}
    ${'does not add to a full set'}                                     | ${['create S hash:ip maxelem 1', 'add S 10.0.0.9']}                                         | ${['-j SET --add-set S src', '-m set --match-set S src']}                                       | ${[true, false]}
    ${'does not add outside a bitmap'}                                  | ${['create S bitmap:ip range 10.1.0.0/24']}                                                 | ${['-j SET --add-set S src', '-m set --match-set S src']}                                       | ${[true, false]}
    ${'adds networks as long as the longest in the set'}                | ${['create S hash:net', 'add S 192.168.0.0/24', 'add S 172.16.0.0/12']}                     | ${['-j SET --add-set S src', '-m set --match-set S dst']}                                       | ${[true, true]}
    ${'adds hosts to an empty set of networks'}                         | ${['create S hash:net']}                                                                    | ${['-j SET --add-set S src', '-m set --match-set S src', '-m set --match-set S dst']}           | ${[true, true, false]}
    ${'leaves an exception one'}                                        | ${['create S hash:net', 'add S 10.0.0.1 nomatch']}                                          | ${['-j SET --add-set S src', '-m set --match-set S src']}                                       | ${[true, false]}
    ${'makes it a member with --exist'}                                 | ${['create S hash:net', 'add S 10.0.0.1 nomatch']}                                          | ${['-j SET --add-set S src --exist', '-m set --match-set S src']}                               | ${[true, true]}
    ${'needs as many directions as the type'}                           | ${['create S hash:ip,port']}                                                                | ${['-j SET --add-set S src', '-m set --match-set S src,dst']}                                   | ${[true, false]}
    ${'counts the packet that was added'}                               | ${['create S hash:ip counters']}                                                            | ${['-j SET --add-set S src', '-m set --match-set S src --packets-eq 2']}                        | ${[true, true]}
    ${'remembers the device'}                                           | ${['create S hash:net,iface']}                                                              | ${['-j SET --add-set S src,src', '-m set --match-set S src,src', '-m set --match-set S src,dst']} | ${[true, true, false]}
    ${'adds to the first set of a list that takes it'}                  | ${['create A hash:ip,port', 'create B hash:ip', 'create L list:set', 'add L A', 'add L B']} | ${['-j SET --add-set L src', '-m set --match-set B src']}                                       | ${[true, true]}
    ${'takes a wildcard for the device that is there'}                      | ${['create S hash:net,iface', 'add S 10.0.0.1,eth wildcard']}                                | ${['-j SET --del-set S src,src', '-m set --match-set S src,src']}                               | ${[true, false]}
    ${'fills in a MAC'}                                                     | ${['create S bitmap:ip,mac range 10.0.0.0/24', 'add S 10.0.0.1']}                           | ${['-j SET --add-set S src,dst', '-m set --match-set S src,src', '-m set --match-set S src,dst']} | ${[true, false, true]}
    ${'takes the mark of a member'}                                     | ${['create S hash:ip skbinfo', 'add S 10.0.0.1 skbmark 0x12/0xff']}                         | ${['-j SET --map-set S src --map-mark', '-m mark --mark 0x12']}                                 | ${[true, true]}
    ${'takes no mark unless asked to'}                                  | ${['create S hash:ip skbinfo', 'add S 10.0.0.1 skbmark 0x12/0xff']}                         | ${['-j SET --map-set S src --map-prio', '-m mark --mark 0x0']}                                  | ${[true, true]}
  `('$because', ({ sets, rules, result }) => {
    expect(hits(sets, rules)).toEqual(result);
  });

  it('changes the set for later packets', () => {
    const world = pairWorld(mangle('-A PREROUTING -m set --match-set S src -j DROP', '-A PREROUTING -j SET --add-set S src'), 'create S hash:ip');
    expect(trace(world, { ...tcp, count: 2 }).outcomes.map((o) => o.request.verdict)).toEqual(['delivered', 'dropped']);
    expect(trace(world, tcp).outcomes[0]?.request.verdict).toBe('delivered');
  });

  it('says what it did', () => {
    const steps = trace(pairWorld(mangle('-A PREROUTING -j SET --add-set S src,src', '-A PREROUTING -j SET --add-set S src,src'), 'create S hash:net,iface'), tcp).steps;
    expect(steps.flatMap((s) => (s.kind === 'rule' && s.host === 'b' && s.role === 'request' ? [s.change] : []))).toEqual([
      { op: 'add', set: 'S', element: '10.0.0.1,eth0', result: 'done' },
      { op: 'add', set: 'S', element: '10.0.0.1,eth0', result: 'failed' },
    ]);
  });

  it('is unknown where the set is', () => expect(trace(pairWorld(mangle('-A PREROUTING -j SET --add-set GONE src')), tcp).outcomes[0]?.request.verdict).toBe('unknown'));
});
