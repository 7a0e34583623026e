import { describe, expect, it } from 'vitest';
import { PROTO_ICMP, PROTO_TCP, PROTO_UDP } from '../../packet/packet.ts';
import { inputRules, pairWorld } from '../../testing/pair.ts';
import { at, ip } from '../../testing/sample.ts';
import type { Probe } from '../probe.ts';
import { trace } from '../trace.ts';

const tcpProbe: Probe = { from: at('a'), dst: ip('10.0.0.2'), proto: PROTO_TCP, sport: 40000, dport: 80 };
const probes: Readonly<Record<string, Probe>> = {
  tcp: tcpProbe,
  udp: { from: at('a'), dst: ip('10.0.0.2'), proto: PROTO_UDP, sport: 40000, dport: 53, size: 10 },
  icmp: { from: at('a'), dst: ip('10.0.0.2'), proto: PROTO_ICMP },
};
const sets = [
  'create addrs hash:ip family inet',
  'add addrs 10.0.0.1',
  'create nets hash:net family inet',
  'add nets 10.0.0.0/24',
  'add nets 10.0.0.1 nomatch',
  'create wide hash:net family inet',
  'add wide 10.0.0.0/8',
  'create pairs hash:ip,port family inet',
  'add pairs 10.0.0.2,tcp:80',
  'create loops hash:ip,port,ip family inet',
  'add loops 10.0.0.2,tcp:80,10.0.0.1',
  'create cidrs hash:ip,port,net family inet',
  'add cidrs 10.0.0.2,tcp:80,10.0.0.0/24',
  'create ports bitmap:port range 0-65535',
  'add ports 80',
].join('\n');

/** Whether a rule with these conditions matches the probe's first packet in INPUT of b. */
function matches(probe: string, conditions: string): boolean | 'unknown' | undefined {
  const world = pairWorld(inputRules(`-A INPUT ${conditions} -j DROP`), sets);
  const found = probes[probe];
  if (!found) throw new Error(probe);
  const step = trace(world, found).steps.find((s) => s.kind === 'rule' && s.host === 'b');
  return step?.kind === 'rule' ? step.matched : undefined;
}

describe('a rule matches', () => {
  it.each`
    probe     | conditions                                                        | result
    ${'tcp'}  | ${'-s 10.0.0.1/32'}                                               | ${true}
    ${'tcp'}  | ${'-s 10.0.0.0/31'}                                               | ${true}
    ${'tcp'}  | ${'-s 10.0.0.2/32'}                                               | ${false}
    ${'tcp'}  | ${'! -s 10.0.0.2/32'}                                             | ${true}
    ${'tcp'}  | ${'-d 10.0.0.2/32'}                                               | ${true}
    ${'tcp'}  | ${'-i eth0'}                                                      | ${true}
    ${'tcp'}  | ${'-i eth+'}                                                      | ${true}
    ${'tcp'}  | ${'-i eth1'}                                                      | ${false}
    ${'tcp'}  | ${'! -i eth1'}                                                    | ${true}
    ${'tcp'}  | ${'-p tcp'}                                                       | ${true}
    ${'tcp'}  | ${'! -p tcp'}                                                     | ${false}
    ${'udp'}  | ${'-p tcp'}                                                       | ${false}
    ${'tcp'}  | ${'-p tcp -m tcp --dport 80'}                                     | ${true}
    ${'tcp'}  | ${'-p tcp -m tcp --dport 79:81'}                                  | ${true}
    ${'tcp'}  | ${'-p tcp -m tcp ! --dport 80'}                                   | ${false}
    ${'tcp'}  | ${'-p tcp -m tcp --sport 40000'}                                  | ${true}
    ${'udp'}  | ${'-p udp -m udp --dport 53'}                                     | ${true}
    ${'tcp'}  | ${'-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN'}                | ${true}
    ${'tcp'}  | ${'-p tcp -m tcp --tcp-flags ACK ACK'}                            | ${false}
    ${'tcp'}  | ${'-p tcp -m multiport --dports 22,80,443'}                       | ${true}
    ${'tcp'}  | ${'-p tcp -m multiport ! --dports 22,80:90'}                      | ${false}
    ${'tcp'}  | ${'-p tcp -m multiport --ports 40000'}                            | ${true}
    ${'icmp'} | ${'-p icmp -m icmp --icmp-type 8'}                                | ${true}
    ${'icmp'} | ${'-p icmp -m icmp --icmp-type 0'}                                | ${false}
    ${'tcp'}  | ${'-m mark --mark 0x0/0x4000'}                                    | ${true}
    ${'tcp'}  | ${'-m mark ! --mark 0x0'}                                         | ${false}
    ${'tcp'}  | ${'-m conntrack --ctstate NEW'}                                   | ${true}
    ${'tcp'}  | ${'-m conntrack ! --ctstate RELATED,ESTABLISHED'}                 | ${true}
    ${'tcp'}  | ${'-m conntrack --ctstate DNAT'}                                  | ${false}
    ${'tcp'}  | ${'-m state --state NEW'}                                         | ${true}
    ${'tcp'}  | ${'-m addrtype --dst-type LOCAL'}                                 | ${true}
    ${'tcp'}  | ${'-m addrtype --src-type LOCAL'}                                 | ${false}
    ${'tcp'}  | ${'-m addrtype ! --src-type LOCAL'}                               | ${true}
    ${'tcp'}  | ${'-m addrtype --dst-type LOCAL --limit-iface-in'}                | ${true}
    ${'tcp'}  | ${'-m set --match-set addrs src'}                                 | ${true}
    ${'tcp'}  | ${'-m set --match-set addrs dst'}                                 | ${false}
    ${'tcp'}  | ${'-m set ! --match-set addrs dst'}                               | ${true}
    ${'tcp'}  | ${'-m set --match-set nets src'}                                  | ${false}
    ${'tcp'}  | ${'-m set --match-set nets dst'}                                  | ${true}
    ${'tcp'}  | ${'-m set --match-set wide src'}                                  | ${true}
    ${'tcp'}  | ${'-m set --match-set pairs dst,dst'}                             | ${true}
    ${'tcp'}  | ${'-m set --match-set pairs dst,src'}                             | ${false}
    ${'udp'}  | ${'-m set --match-set pairs dst,dst'}                             | ${false}
    ${'tcp'}  | ${'-m set --match-set loops dst,dst,src'}                         | ${true}
    ${'tcp'}  | ${'-m set --match-set loops dst,dst,dst'}                         | ${false}
    ${'tcp'}  | ${'-m set --match-set cidrs dst,dst,src'}                         | ${true}
    ${'tcp'}  | ${'-m set --match-set ports dst'}                                 | ${true}
    ${'icmp'} | ${'-m set --match-set ports dst'}                                 | ${false}
    ${'tcp'}  | ${'-m set --match-set gone dst'}                                  | ${'unknown'}
    ${'tcp'}  | ${'-m comment --comment "any text"'}                              | ${true}
    ${'tcp'}  | ${'-m u32 --u32 "0=0"'}                                           | ${'unknown'}
    ${'udp'}  | ${'-p tcp -m u32 --u32 "0=0"'}                                    | ${false}
    ${'tcp'}  | ${'-m u32 --u32 "0=0" -m mark --mark 0x1'}                        | ${false}
  `('$probe, $conditions: $result', ({ probe, conditions, result }) => {
    expect(matches(probe, conditions)).toBe(result);
  });
});

describe('a connection is tracked', () => {
  const counted = (rules: string) => {
    const t = trace(pairWorld(rules), tcpProbe);
    return { entries: t.conntrack.filter((e) => e.host === 'b').length, nat: t.steps.filter((s) => s.kind === 'table' && s.host === 'b' && s.table === 'nat').map((s) => (s.kind === 'table' ? `${s.role} ${s.hook}` : '')) };
  };
  const nat = (...rules: string[]) => `*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT`;

  it.each`
    rules                                                                        | entries | because
    ${nat()}                                                                     | ${0}    | ${'an empty nat table does not ask for it'}
    ${nat('-A PREROUTING -j ACCEPT')}                                            | ${0}    | ${'nor a rule that does no NAT'}
    ${nat('-A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE')}                       | ${1}    | ${'a NAT rule does, matched or not'}
    ${inputRules('-A INPUT -m conntrack --ctstate INVALID -j DROP')}             | ${1}    | ${'and so does a rule that asks for the state'}
    ${'*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -j CT --notrack\nCOMMIT'}   | ${0}    | ${'a packet that is not to be tracked is not'}
    ${inputRules('-A INPUT -m conntrack --ctstate NEW -j DROP')}                 | ${0}    | ${'a packet that is dropped leaves no entry'}
  `('$entries times: $because', ({ rules, entries }) => {
    expect(counted(rules).entries).toBe(entries);
  });

  it('asks nat once a connection and direction, and never for the reply', () => {
    expect(counted(nat('-A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE')).nat).toEqual(['request PREROUTING', 'request INPUT']);
  });
});

describe('targets', () => {
  const chain = (...rules: string[]) => trace(pairWorld(`*filter\n:INPUT ACCEPT [0:0]\n:ONE - [0:0]\n:TWO - [0:0]\n${rules.join('\n')}\nCOMMIT`), tcpProbe);
  const hits = (...rules: string[]) => chain(...rules).steps.flatMap((s) => (s.host === 'b' && s.role === 'request' && s.kind === 'rule' && s.matched === true ? [`${s.chain} ${s.rule} ${s.verdict}`] : s.kind === 'policy' && s.host === 'b' && s.role === 'request' ? [`${s.chain} policy ${s.policy}`] : []));

  it.each`
    because                                                   | rules                                                                                                   | expected
    ${'RETURN goes back to the rule after the jump'}          | ${['-A INPUT -j ONE', '-A INPUT -j ACCEPT', '-A ONE -j RETURN', '-A ONE -j DROP']}                       | ${['INPUT 1 ONE', 'ONE 1 RETURN', 'INPUT 2 ACCEPT']}
    ${'the end of a chain is a RETURN'}                       | ${['-A INPUT -j ONE', '-A INPUT -j ACCEPT', '-A ONE -j MARK --set-xmark 0x1/0xffffffff']}                | ${['INPUT 1 ONE', 'ONE 1 MARK', 'INPUT 2 ACCEPT']}
    ${'RETURN after goto goes past the chain that went'}      | ${['-A INPUT -j ONE', '-A INPUT -j ACCEPT', '-A ONE -g TWO', '-A ONE -j DROP', '-A TWO -j RETURN']}      | ${['INPUT 1 ONE', 'ONE 1 TWO', 'TWO 1 RETURN', 'INPUT 2 ACCEPT']}
    ${'RETURN in the base chain asks the policy'}             | ${['-A INPUT -j RETURN', '-A INPUT -j DROP']}                                                            | ${['INPUT 1 RETURN', 'INPUT policy ACCEPT']}
    ${'a mark set in a chain survives its RETURN'}            | ${['-A INPUT -j ONE', '-A INPUT -m mark --mark 0x1 -j ACCEPT', '-A ONE -j MARK --set-xmark 0x1/0x1']}    | ${['INPUT 1 ONE', 'ONE 1 MARK', 'INPUT 2 ACCEPT']}
    ${'LOG goes on'}                                          | ${['-A INPUT -j LOG --log-prefix "x "', '-A INPUT -j ACCEPT']}                                           | ${['INPUT 1 LOG', 'INPUT 2 ACCEPT']}
    ${'a rule without a target only counts'}                  | ${['-A INPUT -s 10.0.0.1/32', '-A INPUT -j ACCEPT']}                                                     | ${['INPUT 1 undefined', 'INPUT 2 ACCEPT']}
  `('$because', ({ rules, expected }) => {
    expect(hits(...rules)).toEqual(expected);
  });

  it('says when chains call each other without end', () => {
    const t = chain('-A INPUT -j ONE', '-A ONE -j TWO', '-A TWO -j ONE');
    expect(t.steps.at(-1)).toMatchObject({ kind: 'unknown', what: 'bound' });
    expect(t.outcomes[0]?.request.verdict).toBe('unknown');
  });

  it('says when a chain that is jumped to is not there', () => {
    expect(chain('-A INPUT -j GONE').steps.at(-1)).toMatchObject({ kind: 'unknown' });
  });
});

describe('NAT rules', () => {
  const natted = (rule: string, probe: Partial<Probe> = {}) => {
    const text = `*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n${rule}\nCOMMIT`;
    return trace(pairWorld(text), { from: at('a'), dst: ip('10.0.0.2'), proto: PROTO_TCP, sport: 40000, dport: 80, ...probe });
  };

  it('send a redirected packet to the device’s own address', () => {
    const t = natted('-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080', { dst: ip('192.0.2.9') });
    expect(t.outcomes[0]).toMatchObject({ request: { verdict: 'delivered', host: 'b' }, client: 'answer', natted: { src: false, dst: true } });
    expect(t.outcomes[0]?.request.seen).toMatchObject([{ dst: ip('10.0.0.2') }, { dport: 8080 }]);
  });

  it('bring a DNAT’s answer back from the address that was asked', () => {
    const t = natted('-A PREROUTING -d 192.0.2.9/32 -p tcp -j DNAT --to-destination 10.0.0.2:8080', { dst: ip('192.0.2.9') });
    expect(t.outcomes[0]?.reply?.seen).toMatchObject([{ src: ip('192.0.2.9'), dst: ip('10.0.0.1') }, { sport: 80, dport: 40000 }]);
    expect(t.outcomes[0]?.client).toBe('answer');
  });

  it('change the source in INPUT for a local receiver', () => {
    const t = natted('-A INPUT -s 10.0.0.1/32 -j SNAT --to-source 10.0.0.77');
    expect(t.outcomes[0]?.request.seen[0]).toMatchObject({ src: ip('10.0.0.77') });
    expect(t.outcomes[0]?.client).toBe('answer');
  });

  it('draw a port that differs for --random-fully, and keep it without', () => {
    const port = (flag: string) => natted(`-A INPUT -j SNAT --to-source 10.0.0.77${flag}`).outcomes[0]?.request.seen[1];
    expect(port('')).toMatchObject({ sport: 40000 });
    expect(port(' --random-fully')).not.toMatchObject({ sport: 40000 });
  });
});
