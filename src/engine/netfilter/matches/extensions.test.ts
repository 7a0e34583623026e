import { describe, expect, it } from 'vitest';
import { PROTO_ICMP, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../../../packet/packet.ts';
import { inputRules, pairWorld } from '../../../testing/pair.ts';
import { at, ip } from '../../../testing/sample.ts';
import type { Probe } from '../../probe.ts';
import { trace, traceAll } from '../../trace.ts';

const base = { from: at('a'), dst: ip('10.0.0.2'), sport: 40000 };
const probes: Readonly<Record<string, Probe>> = {
  tcp: { ...base, proto: PROTO_TCP, dport: 80 },
  udp: { ...base, proto: PROTO_UDP, dport: 53, size: 10, tos: 0xb8, ttl: 9 },
  sctp: { ...base, proto: PROTO_SCTP, dport: 5000 },
  icmp: { from: at('a'), dst: ip('10.0.0.2'), proto: PROTO_ICMP },
};

/** What the rules of b's INPUT (or another chain's text) say to the probe's packets there, in order: `rule result`. */
function verdicts(probe: string, rules: readonly string[], more: Partial<Probe> = {}, table?: string): readonly string[] {
  const found = probes[probe];
  if (!found) throw new Error(probe);
  const { steps } = trace(pairWorld(table ?? inputRules(...rules)), { ...found, ...more });
  return steps.flatMap((s) => (s.kind === 'rule' && s.host === 'b' ? [`${s.rule} ${s.matched}`] : []));
}

const first = (probe: string, conditions: string): string | undefined => verdicts(probe, [`-A INPUT ${conditions} -j DROP`])[0]?.slice(2);

describe('a rule matches', () => {
  it.each`
    probe     | conditions                                                              | result
    ${'tcp'}  | ${'-p tcp -m tcp --tcp-option 2'}                                       | ${'true'}
    ${'tcp'}  | ${'-p tcp -m tcp ! --tcp-option 8'}                                     | ${'false'}
    ${'tcp'}  | ${'-p tcp -m tcp --tcp-option 5'}                                       | ${'false'}
    ${'tcp'}  | ${'-p tcp -m tcpmss --mss 1400:1460'}                                   | ${'true'}
    ${'tcp'}  | ${'-p tcp -m tcpmss ! --mss 1460'}                                      | ${'false'}
    ${'sctp'} | ${'-p sctp -m sctp --dport 5000'}                                       | ${'true'}
    ${'sctp'} | ${'-p sctp -m sctp --chunk-types any DATA,INIT'}                        | ${'true'}
    ${'sctp'} | ${'-p sctp -m sctp --chunk-types all DATA,INIT'}                        | ${'false'}
    ${'sctp'} | ${'-p sctp -m sctp --chunk-types only INIT'}                            | ${'true'}
    ${'sctp'} | ${'-p sctp -m sctp ! --chunk-types any ABORT:t'}                        | ${'true'}
    ${'sctp'} | ${'-p sctp -m sctp --chunk-types only NONE'}                            | ${'false'}
    ${'sctp'} | ${'-p sctp -m multiport --dports 4999:5001'}                            | ${'true'}
    ${'udp'}  | ${'-m ttl --ttl-eq 9'}                                                  | ${'true'}
    ${'udp'}  | ${'-m ttl ! --ttl-eq 9'}                                                | ${'false'}
    ${'udp'}  | ${'-m ttl --ttl-gt 8'}                                                  | ${'true'}
    ${'udp'}  | ${'-m ttl --ttl-lt 9'}                                                  | ${'false'}
    ${'udp'}  | ${'-m length --length 38'}                                              | ${'true'}
    ${'udp'}  | ${'-m length ! --length 39:65535'}                                      | ${'true'}
    ${'udp'}  | ${'-m dscp --dscp 0x2e'}                                                | ${'true'}
    ${'udp'}  | ${'-m dscp ! --dscp-class EF'}                                          | ${'false'}
    ${'udp'}  | ${'-m tos --tos 0xb8/0xff'}                                             | ${'true'}
    ${'udp'}  | ${'-m tos ! --tos 0x10/0x3f'}                                           | ${'true'}
    ${'udp'}  | ${'-m ecn --ecn-ip-ect 0'}                                              | ${'true'}
    ${'tcp'}  | ${'-p tcp -m ecn --ecn-tcp-ece'}                                        | ${'false'}
    ${'tcp'}  | ${'-p tcp -m ecn ! --ecn-tcp-cwr ! --ecn-ip-ect 1'}                     | ${'true'}
    ${'tcp'}  | ${'-m iprange --src-range 10.0.0.0-10.0.0.1 ! --dst-range 10.0.0.2'}    | ${'false'}
    ${'tcp'}  | ${'-m iprange --src-range 10.0.0.0-10.0.0.1 ! --dst-range 10.0.0.3'}    | ${'true'}
    ${'tcp'}  | ${'-m realm --realm 0x0'}                                               | ${'true'}
    ${'tcp'}  | ${'-m realm --realm 0x5'}                                               | ${'false'}
    ${'tcp'}  | ${'-m pkttype --pkt-type unicast'}                                      | ${'true'}
    ${'tcp'}  | ${'-m pkttype ! --pkt-type broadcast'}                                  | ${'true'}
    ${'tcp'}  | ${'-m mac --mac-source 02:00:00:00:00:01'}                              | ${'true'}
    ${'tcp'}  | ${'-m mac ! --mac-source 02:00:00:00:00:01'}                            | ${'false'}
    ${'tcp'}  | ${'-m physdev --physdev-in eth0'}                                       | ${'false'}
    ${'tcp'}  | ${'-m physdev ! --physdev-is-bridged'}                                  | ${'true'}
    ${'tcp'}  | ${'-m physdev ! --physdev-in eth0 --physdev-is-in'}                     | ${'false'}
    ${'tcp'}  | ${'-m owner --uid-owner 0'}                                             | ${'false'}
    ${'tcp'}  | ${'-m owner ! --uid-owner 0'}                                           | ${'true'}
    ${'tcp'}  | ${'-m owner --socket-exists'}                                           | ${'false'}
    ${'tcp'}  | ${'-m ipvs --ipvs'}                                                     | ${'false'}
    ${'tcp'}  | ${'-m ipvs ! --ipvs'}                                                   | ${'true'}
    ${'tcp'}  | ${'-m ipvs ! --vaddr 10.0.0.2'}                                         | ${'false'}
    ${'tcp'}  | ${'-m nfacct --nfacct-name web'}                                        | ${'true'}
    ${'tcp'}  | ${'-m quota --quota 60'}                                                | ${'true'}
    ${'tcp'}  | ${'-m quota --quota 59'}                                                | ${'false'}
    ${'tcp'}  | ${'-m quota ! --quota 59'}                                              | ${'true'}
    ${'tcp'}  | ${'-m addrtype ! --src-type LOCAL --dst-type LOCAL'}                    | ${'true'}
    ${'tcp'}  | ${'-m addrtype --src-type UNICAST ! --dst-type LOCAL,UNICAST'}          | ${'false'}
    ${'icmp'} | ${'-p icmp -m icmp --icmp-type TOS-host-unreachable'}                   | ${'false'}
    ${'icmp'} | ${'-p icmp -m icmp ! --icmp-type any'}                                  | ${'false'}
    ${'tcp'}  | ${'-m socket'}                                                          | ${'unknown'}
    ${'tcp'}  | ${'-m string --string x --algo bm'}                                     | ${'unknown'}
    ${'tcp'}  | ${'-m time --timestart 10:00:00'}                                       | ${'unknown'}
  `('$probe, $conditions: $result', ({ probe, conditions, result }) => {
    expect(first(probe, conditions)).toBe(result);
  });
});

describe('rates', () => {
  const three = { count: 3, reply: false };

  it.each`
    because                                              | rules                                                                                     | expected
    ${'a full bucket has its burst'}                     | ${['-A INPUT -m limit --limit 1/min --limit-burst 2 -j ACCEPT']}                          | ${['1 true', '1 true', '1 false']}
    ${'what comes back at once nobody can tell'}         | ${['-A INPUT -m limit --limit 10/sec --limit-burst 1 -j ACCEPT']}                         | ${['1 true', '1 unknown', '1 unknown']}
    ${'one bucket for each source'}                      | ${['-A INPUT -m hashlimit --hashlimit-upto 1/min --hashlimit-burst 1 --hashlimit-mode srcip --hashlimit-name x -j ACCEPT']} | ${['1 true', '1 false', '1 false']}
    ${'a source port is another key'}                    | ${['-A INPUT -m hashlimit --hashlimit-upto 1/min --hashlimit-burst 1 --hashlimit-mode srcip,srcport --hashlimit-name x -j ACCEPT']} | ${['1 true', '1 true', '1 true']}
    ${'above is the opposite of upto'}                   | ${['-A INPUT -m hashlimit --hashlimit-above 1/min --hashlimit-burst 1 --hashlimit-name x -j ACCEPT']} | ${['1 false', '1 true', '1 true']}
    ${'buckets are shared by name'}                      | ${['-A INPUT -m hashlimit --hashlimit-above 1/min --hashlimit-burst 2 --hashlimit-name x', '-A INPUT -m hashlimit --hashlimit-above 1/min --hashlimit-burst 2 --hashlimit-name x']} | ${['1 false', '2 false', '1 true', '2 true', '1 true', '2 true']}
    ${'a quota is used up'}                              | ${['-A INPUT -m quota --quota 130 -j ACCEPT']}                                            | ${['1 true', '1 true', '1 false']}
    ${'every third packet, the first of three'}          | ${['-A INPUT -m statistic --mode nth --every 3 --packet 0 -j ACCEPT']}                    | ${['1 true', '1 false', '1 false']}
    ${'every third packet, the last of three'}           | ${['-A INPUT -m statistic --mode nth --every 3 --packet 2 -j ACCEPT']}                    | ${['1 false', '1 false', '1 true']}
    ${'all but every second'}                            | ${['-A INPUT -m statistic --mode nth ! --every 2 --packet 0 -j ACCEPT']}                  | ${['1 false', '1 true', '1 false']}
    ${'connections of one address'}                      | ${['-A INPUT -m connlimit --connlimit-above 2 --connlimit-mask 32 --connlimit-saddr -j DROP']} | ${['1 false', '1 false', '1 true']}
    ${'a list that is asked before it is written'}       | ${['-A INPUT -m recent --rcheck --name l --rsource', '-A INPUT -m recent --set --name l --rsource']} | ${['1 false', '2 true', '1 true', '2 true', '1 true', '2 true']}
    ${'a hit count'}                                     | ${['-A INPUT -m recent --set --name l', '-A INPUT -m recent --update --seconds 60 --hitcount 3 --name l -j DROP']} | ${['1 true', '2 false', '1 true', '2 false', '1 true', '2 true']}
    ${'an update notes only what matches'}               | ${['-A INPUT -m recent --update --hitcount 2 --name l', '-A INPUT -m recent ! --rcheck --name l -m recent --set --name l']} | ${['1 false', '2 true', '1 false', '2 false', '1 false', '2 false']}
    ${'what was removed is not there'}                   | ${['-A INPUT -m recent --remove --name l -j ACCEPT', '-A INPUT -m recent --set --name l']} | ${['1 false', '2 true', '1 true', '1 false', '2 true']}
  `('$because', ({ rules, expected }) => {
    expect(verdicts('tcp', rules, three)).toEqual(expected);
  });

  it('nth is a choice until it has matched once', () => {
    const world = pairWorld(inputRules('-A INPUT -m statistic --mode nth --every 3 --packet 1 -j DROP'));
    const { branches } = traceAll(world, { ...base, proto: PROTO_UDP, dport: 53, count: 3, reply: false });
    const shape = branches.map((b) => b.trace.steps.flatMap((s) => (s.kind === 'rule' && s.host === 'b' ? [s.matched === true ? 1 : 0] : [])).join(''));
    expect(shape.toSorted((x, y) => x.localeCompare(y))).toEqual(['001', '010', '100']);
    for (const b of branches) expect(b.probability).toBeCloseTo(1 / 3);
  });

  it('names its choice on the condition', () => {
    const world = pairWorld(inputRules('-A INPUT -m statistic --mode nth --every 3 --packet 1', '-A INPUT -m statistic --mode random --probability 0.5'));
    const rules = trace(world, { ...base, proto: PROTO_UDP, dport: 53, reply: false }).steps.flatMap((s) => (s.kind === 'rule' ? s.conditions.map((c) => c.choice) : []));
    expect(rules).toEqual(['b/statistic', 'b/statistic/2']);
  });
});

describe('whose packet it is', () => {
  const output = (rule: string) => `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT ${rule}\nCOMMIT`;

  it.each`
    probe     | rule                                                            | result
    ${'icmp'} | ${'-m owner --uid-owner 0'}                                     | ${['1 false']}
    ${'icmp'} | ${'-m owner --socket-exists'}                                   | ${['1 true']}
    ${'icmp'} | ${'-m owner ! --uid-owner 0'}                                   | ${['1 true']}
    ${'tcp'}  | ${'-m owner --socket-exists'}                                   | ${['1 true']}
    ${'tcp'}  | ${'-m owner ! --socket-exists'}                                 | ${['1 false']}
    ${'tcp'}  | ${'-m owner --uid-owner 1000'}                                  | ${['1 unknown']}
  `('an answer to $probe, $rule', ({ probe, rule, result }) => {
    expect(verdicts(probe, [], {}, output(rule))).toEqual(result);
  });
});

describe('the way back', () => {
  const raw = (rule: string) => `*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING ${rule}\nCOMMIT`;

  it.each`
    src             | rule                              | result
    ${'10.0.0.1'}   | ${'-m rpfilter'}                  | ${['1 true']}
    ${'10.0.0.1'}   | ${'-m rpfilter --invert'}         | ${['1 false']}
    ${'127.0.0.1'}  | ${'-m rpfilter --loose'}          | ${['1 false']}
    ${'127.0.0.1'}  | ${'-m rpfilter --accept-local'}   | ${['1 false']}
    ${'127.0.0.1'}  | ${'-m rpfilter --loose --accept-local'} | ${['1 true']}
  `('from $src, $rule', ({ src, rule, result }) => {
    const from = { from: { kind: 'outside' as const, ip: ip(src), host: 'b', dev: 'eth0' }, reply: false };
    expect(verdicts('tcp', [], from, raw(rule))).toEqual(result);
  });
});
