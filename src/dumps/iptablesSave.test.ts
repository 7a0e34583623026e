import { describe, expect, it } from 'vitest';
import { printIptablesSave, printRule } from './iptablesPrint.ts';
import { parseIptablesSave } from './iptablesSave.ts';

const parse = (...lines: readonly string[]) => parseIptablesSave({ input: 'n1/x.txt', firstLine: 10, lines });
const inFilter = (rule: string) => parse('*filter', ':FORWARD ACCEPT [0:0]', ':USER - [0:0]', rule, 'COMMIT');
const ruleOf = (text: string) => {
  const rule = inFilter(text).value[0]?.chains[0]?.rules[0];
  if (!rule) throw new Error(`no rule in ${text}`);
  return rule;
};

describe('matches', () => {
  it.each([
    ['-s 10.0.0.0/8', [{ kind: 'src', net: { ip: 0x0a000000, prefixLen: 8 }, negate: false }]],
    ['! -s 10.1.2.3', [{ kind: 'src', net: { ip: 0x0a010203, prefixLen: 32 }, negate: true }]],
    ['-s ! 10.1.2.3', [{ kind: 'src', net: { ip: 0x0a010203, prefixLen: 32 }, negate: true }]],
    ['-d 10.0.0.0/255.255.0.0', [{ kind: 'dst', net: { ip: 0x0a000000, prefixLen: 16 }, negate: false }]],
    ['-i eth+ ! -o cali1', [{ kind: 'in', dev: 'eth+', negate: false }, { kind: 'out', dev: 'cali1', negate: true }]],
    ['-p tcp', [{ kind: 'proto', proto: 6, negate: false }]],
    ['! -p 4', [{ kind: 'proto', proto: 4, negate: true }]],
    ['-p ipencap', [{ kind: 'proto', proto: 4, negate: false }]],
    ['-p all', []],
    ['! -f', [{ kind: 'fragment', negate: true }]],
    ['-m comment --comment "it\'s \\"so\\""', [{ kind: 'comment', text: 'it\'s "so"' }]],
    ['-m mark --mark 0x8000/0x8000', [{ kind: 'mark', value: 0x8000, mask: 0x8000, negate: false }]],
    ['-m mark ! --mark 1', [{ kind: 'mark', value: 1, mask: 0xffffffff, negate: true }]],
    ['-m connmark --mark 0x80000000/0xf0000000', [{ kind: 'connmark', value: 0x80000000, mask: 0xf0000000, negate: false }]],
    ['-m conntrack ! --ctstate RELATED,DNAT', [{ kind: 'ctstate', states: ['RELATED', 'DNAT'], negate: true }]],
    ['-m state --state NEW', [{ kind: 'ctstate', states: ['NEW'], negate: false }]],
    ['-m set --match-set A dst,dst,src', [{ kind: 'set', set: 'A', dirs: ['dst', 'dst', 'src'], negate: false }]],
    ['-m set ! --match-set A src ! --update-counters', [{ kind: 'set', set: 'A', dirs: ['src'], negate: true, keepCounters: true }]],
    [
      '-m addrtype --src-type LOCAL,UNICAST ! --dst-type BROADCAST --limit-iface-in',
      [
        { kind: 'addrtype', side: 'src', types: ['LOCAL', 'UNICAST'], limitIface: 'in', negate: false },
        { kind: 'addrtype', side: 'dst', types: ['BROADCAST'], limitIface: 'in', negate: true },
      ],
    ],
    ['-m tcp --sport 1024: --dport :80', [{ kind: 'sport', proto: 6, ports: { from: 1024, to: 65535 }, negate: false }, { kind: 'dport', proto: 6, ports: { from: 0, to: 80 }, negate: false }]],
    ['-m udp ! --dport 53', [{ kind: 'dport', proto: 17, ports: { from: 53, to: 53 }, negate: true }]],
    ['-p tcp --dport 80', [{ kind: 'proto', proto: 6, negate: false }, { kind: 'dport', proto: 6, ports: { from: 80, to: 80 }, negate: false }]],
    ['-m tcp --tcp-flags FIN,SYN,RST,ACK SYN', [{ kind: 'tcp-flags', mask: 0x17, set: 2, negate: false }]],
    ['-m tcp --tcp-flags ALL NONE', [{ kind: 'tcp-flags', mask: 0x3f, set: 0, negate: false }]],
    ['-m tcp ! --syn', [{ kind: 'tcp-flags', mask: 0x17, set: 2, negate: true }]],
    ['-m icmp --icmp-type 8', [{ kind: 'icmp-type', icmptype: 8, code: undefined, negate: false }]],
    ['-m icmp ! --icmp-type 3/4', [{ kind: 'icmp-type', icmptype: 3, code: 4, negate: true }]],
    ['-m icmp --icmp-type any', [{ kind: 'icmp-type', icmptype: undefined, code: undefined, negate: false }]],
    ['-p icmp --icmp-type echo-request', [{ kind: 'proto', proto: 1, negate: false }, { kind: 'icmp-type', icmptype: 8, code: undefined, negate: false }]],
    ['-m multiport --dports 80,443,1000:2000', [{ kind: 'multiport', side: 'dst', ports: [{ from: 80, to: 80 }, { from: 443, to: 443 }, { from: 1000, to: 2000 }], negate: false }]],
    ['-m multiport ! --ports 5', [{ kind: 'multiport', side: 'either', ports: [{ from: 5, to: 5 }], negate: true }]],
    ['-m statistic --mode random --probability 0.33333333349', [{ kind: 'statistic-random', probability: 0.33333333349, negate: false }]],
    // Standard conditions come first, as the kernel tests them, wherever a hand-written rule has them.
    ['-m mark --mark 1 -p udp', [{ kind: 'proto', proto: 17, negate: false }, { kind: 'mark', value: 1, mask: 0xffffffff, negate: false }]],
  ])('reads %s', (text, matches) => {
    expect(ruleOf(`-A FORWARD ${text} -j ACCEPT`)).toMatchObject({ matches, target: { kind: 'accept' } });
    expect(inFilter(`-A FORWARD ${text} -j ACCEPT`).diagnostics).toEqual([]);
  });

  it.each([
    ['-m limit --limit 5/fortnight', '-m limit --limit 5/fortnight'],
    ['-m statistic --mode nth --every 3 --packet 3', '-m statistic --mode nth --every 3 --packet 3'],
    ['-m conntrack --ctstatus SEEN', '-m conntrack --ctstatus SEEN'],
    ['-m set --match-set A src --packets-eq many', '-m set --match-set A src --packets-eq many'],
    ['-m set --match-set A both', '-m set --match-set A both'],
    ['-m mark --mark 0x100000000', '-m mark --mark 0x100000000'],
    ['-m addrtype --dst-type ELSEWHERE', '-m addrtype --dst-type ELSEWHERE'],
    ['-m multiport --dports 80,http', '-m multiport --dports 80,http'],
    ['-m tcp --dport 90:80', '-m tcp --dport 90:80'],
    ['-m tcp --tcp-flags toString SYN', '-m tcp --tcp-flags toString SYN'],
    ['-m icmp --icmp-type constructor', '-m icmp --icmp-type constructor'],
    ['-s 10.0.0.256', '-s 10.0.0.256'],
    ['-s 10.0.0.0/255.0.255.0', '-s 10.0.0.0/255.0.255.0'],
    ['! -p nosuch', '! -p nosuch'],
    ['--dport 80', '--dport 80'],
  ])('keeps %s as an unknown condition and says so', (text, unknown) => {
    const rule = ruleOf(`-A FORWARD ${text} -j ACCEPT`);
    expect(rule.matches).toMatchObject([{ kind: 'unknown', text: unknown }]);
    expect(rule.target).toEqual({ kind: 'accept' });
    expect(inFilter(`-A FORWARD ${text} -j ACCEPT`).diagnostics).toMatchObject([{ severity: 'warning', line: 13, text: unknown }]);
  });

  it('keeps what it knows of a rule beside what it does not', () => {
    const rule = ruleOf('-A FORWARD -s 10.0.0.1/32 -m string --string x --algo bm -m mark --mark 0x1 -j USER');
    expect(rule.matches.map((m) => m.kind)).toEqual(['src', 'unknown', 'mark']);
    expect(rule.target).toEqual({ kind: 'jump', chain: 'USER' });
  });
});

describe('targets', () => {
  const nat = (range: object) => ({ ips: undefined, ports: undefined, random: undefined, persistent: false, ...range });
  const ip = 0x0a000005;

  it.each([
    ['-j ACCEPT', { kind: 'accept' }],
    ['-j RETURN', { kind: 'return' }],
    ['', { kind: 'none' }],
    ['-j USER', { kind: 'jump', chain: 'USER' }],
    ['-g USER', { kind: 'goto', chain: 'USER' }],
    ['-j MARK --set-xmark 0x4000/0x0', { kind: 'mark', value: 0x4000, mask: 0 }],
    ['-j MARK --set-xmark 0x4000', { kind: 'mark', value: 0x4000, mask: 0xffffffff }],
    // iptables -t mangle -A … --set-mark 0x10/0xff is saved as --set-xmark 0x10/0xff, --set-mark 0x100/0xff as 0x100/0x1ff.
    ['-j MARK --set-mark 0x10/0xff', { kind: 'mark', value: 0x10, mask: 0xff }],
    ['-j MARK --set-mark 0x100/0xff', { kind: 'mark', value: 0x100, mask: 0x1ff }],
    ['-j MARK --and-mark 0xf0', { kind: 'mark', value: 0, mask: 0xffffff0f }],
    ['-j MARK --or-mark 0x4000', { kind: 'mark', value: 0x4000, mask: 0x4000 }],
    ['-j MARK --xor-mark 0x4000', { kind: 'mark', value: 0x4000, mask: 0 }],
    ['-j DNAT --to-destination 10.0.0.5:80', { kind: 'dnat', range: nat({ ips: { from: ip, to: ip }, ports: { from: 80, to: 80 } }) }],
    ['-j DNAT --to-destination :8080', { kind: 'dnat', range: nat({ ports: { from: 8080, to: 8080 } }) }],
    ['-j DNAT --to-destination 10.0.0.5-10.0.0.9:80-90 --random --persistent', { kind: 'dnat', range: nat({ ips: { from: ip, to: ip + 4 }, ports: { from: 80, to: 90 }, random: 'random', persistent: true }) }],
    ['-j SNAT --to-source 10.0.0.5 --random-fully', { kind: 'snat', range: nat({ ips: { from: ip, to: ip }, random: 'fully' }) }],
    ['-j MASQUERADE --to-ports 1000-2000 --random', { kind: 'masquerade', range: nat({ ports: { from: 1000, to: 2000 }, random: 'random' }) }],
    ['-j REDIRECT --to-ports 15006', { kind: 'redirect', range: nat({ ports: { from: 15006, to: 15006 } }) }],
    ['-j REJECT', { kind: 'reject', with: 'icmp-port-unreachable' }],
    ['-j REJECT --reject-with tcp-rst', { kind: 'reject', with: 'tcp-reset' }],
    ['-j NOTRACK', { kind: 'notrack', name: 'NOTRACK' }],
    ['-j CT --notrack', { kind: 'notrack', name: 'CT' }],
    ['-j LOG --log-prefix "a b: " --log-level 4', { kind: 'log', name: 'LOG', options: '--log-prefix "a b: "' }],
    ['-j NFLOG --nflog-group 5', { kind: 'log', name: 'NFLOG', options: '--nflog-group 5' }],
    ['-j TRACE', { kind: 'log', name: 'TRACE' }],
    ['-j CT --zone 5', { kind: 'ct', zone: { id: 5, dir: 'both' }, helper: undefined, options: [] }],
    ['-j DNAT --to-destination 10.0.0.5:80-90/100', { kind: 'dnat', range: nat({ ips: { from: ip, to: ip }, ports: { from: 80, to: 90 }, base: 100 }) }],
    ['-j DNAT', { kind: 'unknown', name: 'DNAT', text: '-j DNAT' }],
    ['-j REJECT --reject-with toString', { kind: 'unknown', name: 'REJECT', text: '-j REJECT --reject-with toString' }],
    ['-j ACCEPT --and-more', { kind: 'unknown', name: 'ACCEPT', text: '-j ACCEPT --and-more' }],
    ['-j TPROXY --on-port 1', { kind: 'unknown', name: 'TPROXY', text: '-j TPROXY --on-port 1' }],
    ['-j NEWER --with options', { kind: 'unknown', name: 'NEWER', text: '-j NEWER --with options' }],
  ])('reads %s', (text, target) => expect(ruleOf(`-A FORWARD ${text}`).target).toEqual(target));

  it('reads conditions behind the target of a hand-written rule', () => {
    const rule = ruleOf('-A FORWARD -j DNAT --to-destination 10.0.0.5 -m mark --mark 0x1');
    expect(rule.matches).toMatchObject([{ kind: 'mark' }]);
    expect(rule.target.kind).toBe('dnat');
  });
});

describe('tables', () => {
  it('keeps counters of chains and rules, and comments, and prints them again', () => {
    const lines = [
      '# Generated by iptables-save v1.8.9 on Sat',
      '*nat',
      ':PREROUTING ACCEPT [18446744073709551615:1]',
      ':KUBE-X - [0:0]',
      '# by hand',
      '[7:420] -A PREROUTING -j KUBE-X',
      '[0:0] -A KUBE-X -m comment --comment "a  b"',
      'COMMIT',
      '# Completed on Sat',
    ];
    const { value, diagnostics } = parse(...lines);
    expect(diagnostics).toEqual([]);
    expect(printIptablesSave(value, true)).toEqual(lines);
    expect(printIptablesSave(value, false)[5]).toBe('-A PREROUTING -j KUBE-X');
  });

  it('numbers sources by the line in the file', () => expect(ruleOf('-A FORWARD -j DROP').source).toEqual({ input: 'n1/x.txt', line: 13 }));

  it('puts -I in front', () => {
    const { value } = parse('*filter', ':FORWARD ACCEPT [0:0]', '-A FORWARD -j ACCEPT', '-I FORWARD -j DROP', 'COMMIT');
    expect(value[0]?.chains[0]?.rules.map((r) => r.target.kind)).toEqual(['drop', 'accept']);
  });

  it.each([
    ['a jump to a chain that is not there', ['*filter', ':INPUT ACCEPT [0:0]', '-A INPUT -j GONE', '-A INPUT -j GONE', 'COMMIT'], [['unknown-chain', 12, 'GONE']]],
    ['rules of a chain without a declaration', ['*filter', '-A LOST -j DROP', 'COMMIT'], [['undeclared-chain', 11, 'LOST']]],
    ['a table without COMMIT', ['*filter', ':INPUT ACCEPT [0:0]'], [['truncated', 10, '*filter']]],
    ['a second table inside a table', ['*filter', '*nat', 'COMMIT'], [['truncated', 10, '*filter']]],
    ['a chain declared twice', ['*filter', ':A - [0:0]', ':A - [0:0]', 'COMMIT'], [['duplicate-chain', 12, 'A']]],
    ['a policy that is none', ['*filter', ':INPUT PERHAPS [0:0]', 'COMMIT'], [['unknown-line', 11, ':INPUT PERHAPS [0:0]']]],
    ['a table that we do not know', ['*broute', ':B ACCEPT', '-A B -j DROP', 'COMMIT'], [['unknown-table', 10, 'broute']]],
    ['a line outside any table', ['-A INPUT -j DROP'], [['unknown-line', 10, '-A INPUT -j DROP']]],
    ['a line that is no rule', ['*filter', 'hello', 'COMMIT'], [['unknown-line', 11, 'hello']]],
    ['damaged counters', ['*filter', '[7 -A INPUT -j DROP', 'COMMIT'], [['unknown-line', 11, '[7 -A INPUT -j DROP']]],
  ])('reports %s', (_, lines, expected) => expect(parse(...lines).diagnostics.map((d) => [d.code, d.line, d.text])).toEqual(expected));

  it('leaves out the ip6tables half of a text that holds both', () => {
    const { value, diagnostics } = parse(
      '# Generated by ip6tables-save v1.8.9 on Sat',
      '*filter',
      ':INPUT DROP [0:0]',
      'COMMIT',
      '# Completed on Sat',
      '# Generated by iptables-save v1.8.9 on Sat',
      '*filter',
      ':INPUT ACCEPT [0:0]',
      'COMMIT',
    );
    expect(value.map((t) => t.chains[0]?.policy)).toEqual(['ACCEPT']);
    expect(diagnostics.map((d) => d.code)).toEqual(['ipv6-skipped']);
  });

  it('reads iptables -S of a given table', () => {
    const { value } = parseIptablesSave({ input: 'x', firstLine: 1, lines: ['-P PREROUTING ACCEPT', '-N KUBE-X', '-A PREROUTING -j KUBE-X', '-A KUBE-X -c 1 2 -j RETURN'] }, 'nat');
    expect(value).toMatchObject([{ name: 'nat', chains: [{ name: 'PREROUTING', policy: 'ACCEPT' }, { name: 'KUBE-X', policy: undefined, rules: [{ matches: [], target: { kind: 'return' } }] }] }]);
  });

  it('reads CRLF, tabs and trailing spaces', () => {
    const { value, diagnostics } = parse('*filter\r', ':FORWARD ACCEPT [0:0]\r', '-A FORWARD\t-s 10.0.0.1/32  -j   DROP \r', 'COMMIT\r');
    expect(diagnostics).toEqual([]);
    expect(value[0]?.chains[0]?.rules[0]).toMatchObject({ matches: [{ kind: 'src' }], target: { kind: 'drop' } });
  });
});

describe('printRule', () => {
  it('writes what iptables-save writes for a rule that comes from no dump', () => {
    const text =
      '-A C ! -s 10.0.0.0/8 -i eth0 -p tcp -m comment --comment "a \\"b\\"" -m tcp --sport 1:2 --dport 80 --tcp-flags FIN,SYN,RST,ACK SYN -m conntrack ! --ctstate NEW ' +
      '-m addrtype --src-type LOCAL ! --dst-type LOCAL --limit-iface-in -m multiport --dports 1,2:3 -m statistic --mode random --probability 0.50000000000 -j SNAT --to-source 1.2.3.4-1.2.3.5:1-2 --random-fully --persistent';
    const rule = ruleOf(text.replace('-A C', '-A FORWARD'));
    expect(printRule('C', rule.matches, rule.target)).toBe(text);
  });
});
