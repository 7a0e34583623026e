import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readBpftoolNet, readNftRuleset, readTc, readXfrmPolicy } from './unmodelled.ts';

const text = (content: string) => ({ input: 'x', firstLine: 1, lines: content.split('\n') });
const names = (found: readonly { readonly what: string; readonly dev: string | undefined; readonly name: string }[]) => found.map((u) => [u.what, u.dev, u.name]);

describe('nft list ruleset', () => {
  const table = (head: string, body: string) => `table ${head} {\n\tchain c {\n\t\ttype filter hook input priority filter; policy accept;\n${body}\t}\n}`;

  it.each([
    ['a table with a rule', table('inet filter', '\t\ttcp dport 22 accept\n'), [['nft-ruleset', undefined, 'inet filter']]],
    ['a base chain that drops', 'table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n\t}\n}', [['nft-ruleset', undefined, 'inet filter']]],
    ['an anonymous set and a verdict map in a rule', table('ip kube-proxy', '\t\tip daddr . tcp dport vmap { 10.0.0.1 . 80 : goto x }\n'), [['nft-ruleset', undefined, 'ip kube-proxy']]],
    ['two tables', `${table('ip a', '\t\taccept\n')}\n${table('bridge b', '\t\tdrop\n')}`, [['nft-ruleset', undefined, 'ip a'], ['nft-ruleset', undefined, 'bridge b']]],
    ['a table that was cut off', 'table inet filter {\n\tchain c {\n\t\ttcp dport 22 accept', [['nft-ruleset', undefined, 'inet filter']]],
    ['an empty table, as distributions install it', table('inet filter', ''), []],
    ['a table with sets alone', 'table ip t {\n\tset s {\n\t\ttype ipv4_addr\n\t\telements = { 10.0.0.1 }\n\t}\n}', []],
    ['a table of IPv6 alone', table('ip6 filter', '\t\taccept\n'), []],
    ['nothing', '', []],
  ])('finds %s', (_, ruleset, expected) => expect(names(readNftRuleset(text(ruleset), true))).toEqual(expected));

  const own = readFileSync(new URL('./fixtures/nft-list-ruleset-1.0.6-iptables-nft.txt', import.meta.url), 'utf8');

  it('leaves what iptables-nft made to iptables-save', () => expect(readNftRuleset(text(own), true)).toEqual([]));

  it('never says "no rules" when no iptables-save shows those of iptables-nft', () =>
    expect(readNftRuleset(text(own), false).map((u) => u.name)).toEqual(expect.arrayContaining(['ip filter', 'ip nat', 'ip mangle', 'ip raw'])));
});

it.each([
  ['filter protocol all pref 49152 bpf chain 0 handle 0x1 cil_from_netdev-eth0 direct-action', 'eth0', [['tc', 'eth0', 'cil_from_netdev-eth0']]],
  ['filter dev eth1 parent ffff: protocol ip pref 1 flower chain 0\nfilter dev eth1 parent ffff: protocol ip pref 1 flower chain 0 handle 0x1', undefined, [['tc', 'eth1', 'flower']]],
  ['qdisc clsact ffff: dev eth0 parent ffff:fff1', undefined, [['tc', 'eth0', 'clsact']]],
  ['qdisc netem 8001: dev eth0 root refcnt 2 limit 1000 loss 10%', undefined, [['tc', 'eth0', 'netem']]],
  ['qdisc noqueue 0: dev lo root refcnt 2\nqdisc fq_codel 0: dev eth0 root', undefined, []],
])('tc: %s', (content, dev, expected) => expect(names(readTc(text(content), dev))).toEqual(expected));

it('finds attached programs in bpftool net', () =>
  expect(names(readBpftoolNet(text('xdp:\neth1(3) driver id 9\n\ntc:\neth0(2) clsact/ingress cil_from_netdev-eth0 id 815\n\nflow_dissector:\n')))).toEqual([
    ['ebpf', 'eth1', 'driver id 9'],
    ['ebpf', 'eth0', 'clsact/ingress cil_from_netdev-eth0 id 815'],
  ]));

it('finds IPsec policies, but not those of single sockets', () =>
  expect(names(readXfrmPolicy(text('src 10.0.0.0/8 dst 10.1.0.0/16 \n\tdir out priority 0 \n\ttmpl src 1.1.1.1 dst 2.2.2.2\nsrc 0.0.0.0/0 dst 0.0.0.0/0 \n\tsocket in priority 0 ')))).toEqual([['xfrm', undefined, 'src 10.0.0.0/8 dst 10.1.0.0/16']]));
