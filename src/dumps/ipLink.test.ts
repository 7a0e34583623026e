import { describe, expect, it } from 'vitest';
import { parseBundle } from './bundle.ts';
import { printIpAddr } from './ipAddr.ts';
import { mergeLinks, parseIpLink, printIpLink } from './ipLink.ts';
import { contentKind } from './section.ts';

const parse = (...lines: readonly string[]) => parseIpLink({ input: 'x', firstLine: 1, lines });
const head = (name: string, flags = 'BROADCAST,MULTICAST,UP,LOWER_UP', index = 2) => `${index}: ${name}: <${flags}> mtu 1500 qdisc noqueue state UP mode DEFAULT group default qlen 1000`;
const ETHER = '    link/ether 02:42:0a:0a:01:8e brd ff:ff:ff:ff:ff:ff';
const DETAILS = ' promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535 ';

describe('kinds of devices', () => {
  it.each([
    ['veth', 'veth', '    veth addrgenmode eui64 numtxqueues 1 '],
    ['dummy', 'dummy', '    dummy addrgenmode eui64 '],
    ['nic', '', '    addrgenmode eui64 numtxqueues 1 '],
    ['bridge', 'bridge', '    bridge forward_delay 1500 hello_time 200 '],
    ['vxlan', 'vxlan', '    vxlan id 42 local 10.0.0.1 dev eth0 '],
    ['vlan', 'vlan', '    vlan protocol 802.1Q id 5 <REORDER_HDR> '],
    ['unknown', 'bond', '    bond mode active-backup '],
    ['openvswitch', 'openvswitch', '    openvswitch '],
  ])('is %s (%s) by the details %s', (kind, kindText, line) => {
    const { value } = parse(head('x0'), `${ETHER}${DETAILS}`, line);
    expect(value).toMatchObject({ detailed: true, links: [{ kind, kindText }] });
    expect(printIpLink(value.links, true)).toEqual([head('x0'), `${ETHER}${DETAILS}`, line]);
  });

  it('is a physical NIC when -d says nothing of a kind', () => {
    expect(parse(head('eth0'), `${ETHER}${DETAILS}addrgenmode none numtxqueues 8 parentbus pci `, head('eth1', 'UP', 3), `${ETHER}${DETAILS}`).value.links.map((l) => l.kind)).toEqual(['nic', 'nic']);
  });

  it.each([
    ['loopback', head('lo', 'LOOPBACK,UP'), '    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00'],
    ['nic', head('eth0'), ETHER],
    ['veth', head('cali1@if3'), ETHER],
    ['dummy', head('kube-ipvs0', 'BROADCAST,NOARP'), ETHER],
    ['ipip', head('tunl0@NONE', 'NOARP,UP'), '    link/ipip 0.0.0.0 brd 0.0.0.0'],
    ['unknown', head('eth0.5@eth0'), ETHER],
    ['unknown', head('wg0', 'POINTOPOINT,NOARP,UP'), '    link/none '],
    ['unknown', head('gre1@NONE', 'POINTOPOINT,NOARP'), '    link/gre 10.0.0.1 peer 10.0.0.2'],
  ])('is %s by its looks when there are no details: %s', (kind, first, second) => expect(parse(first, second).value).toMatchObject({ detailed: false, links: [{ kind }] }));

  it('is no NIC when something has it for a master', () => {
    const { value } = parse(head('br0'), ETHER, '3: eth0: <UP> mtu 1500 qdisc fq_codel master br0 state UP', ETHER);
    expect(value.links.map((l) => [l.name, l.kind, l.master])).toEqual([
      ['br0', 'bridge', undefined],
      ['eth0', 'nic', 'br0'],
    ]);
  });

  it.each([
    ['any remote any local any ttl inherit nopmtudisc', { local: undefined, remote: undefined, ttl: 'inherit', tos: 0, pmtudisc: false }],
    ['any remote 10.0.0.2 local 10.0.0.1 ttl 64 tos inherit pmtudisc', { local: 0x0a000001, remote: 0x0a000002, ttl: 64, tos: 'inherit', pmtudisc: true }],
    ['any remote 10.0.0.2 local any ttl inherit tos 0x10 pmtudisc', { remote: 0x0a000002, tos: 0x10, pmtudisc: true }],
  ])('reads the tunnel %s and prints it again', (text, tunnel) => {
    const lines = [head('t@NONE', 'NOARP,UP'), `    link/ipip 0.0.0.0 brd 0.0.0.0${DETAILS}`, `    ipip ${text} addrgenmode eui64 `];
    const { value } = parse(...lines);
    expect(value.links).toMatchObject([{ kind: 'ipip', tunnel }]);
    expect(printIpLink(value.links, true)).toEqual(lines);
  });

  it.each([
    ['gre', 'gre', 'remote 10.0.0.2 local 10.0.0.1 dev eth0 ttl 64 tos 0x10 ikey 0.0.0.5 okey 0.0.0.6 iseq oseq icsum ocsum fwmark 0x7', { remote: 0x0a000002, dev: 'eth0', ttl: 64, tos: 16, ikey: 5, okey: 6, iseq: true, oseq: true, icsum: true, ocsum: true, fwmark: 7, pmtudisc: true, unknown: [] }],
    ['gre', 'gre', 'remote any local any ttl inherit nopmtudisc ignore-df', { remote: undefined, ttl: 'inherit', pmtudisc: false, ignoreDf: true, ikey: undefined }],
    ['ether', 'gretap', 'remote 10.0.0.2 local any ttl inherit', { kind: 'gretap', remote: 0x0a000002 }],
    ['ether', 'gretap', 'external', { unknown: ['external'] }],
    ['ether', 'vxlan', 'id 5 remote 10.0.0.2 local 10.0.0.1 dev v0 srcport 1000 2000 dstport 4789 nolearning proxy rsc l2miss l3miss tos inherit ttl inherit df inherit ageing 300 udpcsum', { vni: 5, remote: 0x0a000002, local: 0x0a000001, dev: 'v0', srcport: { from: 1000, to: 2000 }, dstport: 4789, learning: false, proxy: true, rsc: true, l2miss: true, l3miss: true, tos: 'inherit', ttl: 'inherit', df: 'inherit', unknown: [] }],
    ['ether', 'vxlan', 'id 6 group 239.1.1.1 dev v0 srcport 0 0 dstport 8472 tos 0x10 ttl 5 df set ageing 300 maxaddr 5 noudpcsum udp6zerocsumtx', { remote: 0xef010101, learning: true, tos: 16, ttl: 5, df: 'set' }],
    ['ether', 'vxlan', 'id 7 srcport 0 0 dstport 4790 ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx gbp', { ttl: 'auto', df: 'unset', remote: undefined, unknown: ['gbp'] }],
    ['ether', 'vxlan', 'external id 0 srcport 0 0 dstport 4791 nolearning ttl auto ageing 300', { dstport: 4791, learning: false, unknown: ['external'] }],
    ['ether', 'vxlan', 'id 5 remote fd00::2 srcport 0 0 dstport 4789 ttl auto', { unknown: ['remote', 'fd00::2'] }],
    ['ether', 'geneve', 'id 5 remote 10.0.0.2 ttl auto dstport 6081 noudpcsum udp6zerocsumrx', { vni: 5, remote: 0x0a000002, ttl: 'auto', dstport: 6081 }],
    ['ether', 'geneve', 'id 5 remote 10.0.0.2 ttl 9 tos inherit df set dstport 6082', { ttl: 9, tos: 'inherit', df: 'set', dstport: 6082 }],
    ['ipip', 'ipip', 'mplsip remote 10.0.0.2 local 10.0.0.1 ttl inherit pmtudisc', { unknown: ['mplsip'] }],
    ['ipip', 'ipip', 'ipip remote 10.0.0.2 local 10.0.0.1 dev eth0 ttl inherit pmtudisc encap fou encap-sport auto encap-dport 5555', { dev: 'eth0', unknown: ['encap', 'fou'] }],
  ])('reads the details of %s %s %s and prints them again', (linkType, kind, text, tunnel) => {
    const lines = [head('t@NONE', 'NOARP,UP'), `    link/${linkType} 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff${DETAILS}`, `    ${kind} ${text} addrgenmode eui64 `];
    const { value } = parse(...lines);
    expect(value.links).toMatchObject([{ kind, kindText: kind, tunnel: { kind, ...tunnel } }]);
    expect(printIpLink(value.links, true)).toEqual(lines);
  });

  it('reads a tunnel without details by its link address', () => {
    const links = parse(head('tunl0@NONE', 'NOARP'), '    link/ipip 0.0.0.0 brd 0.0.0.0', head('t1@NONE', 'NOARP', 3), '    link/ipip 10.0.0.1 peer 10.0.0.2').value.links;
    expect(links.map((l) => l.tunnel)).toMatchObject([
      { local: undefined, remote: undefined, pmtudisc: false },
      { local: 0x0a000001, remote: 0x0a000002, pmtudisc: true },
    ]);
  });
});

describe('a device', () => {
  it('has what its two lines say', () => {
    const { value } = parse('7: calie43ba52c63e@if3: <BROADCAST,UP> mtu 1450 qdisc noqueue state UP mode DEFAULT group default', '    link/ether ee:ee:ee:ee:ee:ee brd ff:ff:ff:ff:ff:ff link-netnsid 4');
    expect(value.links).toMatchObject([{ ifindex: 7, name: 'calie43ba52c63e', peer: 'if3', mtu: 1450, flags: ['BROADCAST', 'UP'], mac: 'ee:ee:ee:ee:ee:ee', linkNetnsid: 4, source: { line: 1 } }]);
  });

  it('knows the namespace of its peer by name', () => {
    expect(parse(head('v0@if2'), `${ETHER} link-netns blue`).value.links[0]?.linkNetns).toBe('blue');
  });

  it.each(['eth0.100@eth0', 'v.5@v.6', 'a-b_c', 'enp0s31f6'])('may be called %s', (name) => expect(parse(head(name), ETHER).value.links[0]?.name).toBe(name.split('@')[0]));

  it.each([
    ['inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0', { ip: 0x0a000001, prefixLen: 24, broadcast: 0x0a0000ff, scope: 'global', secondary: false, peer: undefined }],
    ['inet 10.0.0.9/24 scope global secondary eth0', { secondary: true, broadcast: undefined }],
    ['inet 10.0.0.1 peer 10.0.0.2/32 scope global ppp0', { ip: 0x0a000001, peer: 0x0a000002, prefixLen: 32 }],
    ['inet 169.254.0.1/16 metric 500 brd 169.254.255.255 scope link dynamic noprefixroute eth0:x', { scope: 'link' }],
    ['inet 127.0.0.1/8 scope host lo', { scope: 'host' }],
  ])('reads and prints the address %s', (text, address) => {
    const lines = [head('eth0').replace('mode DEFAULT ', ''), ETHER, `    ${text}`, '       valid_lft 3599sec preferred_lft 1799sec'];
    const { value } = parse(...lines);
    expect(value.links[0]?.addresses).toMatchObject([address]);
    expect(printIpAddr(value.links, false)).toEqual(lines);
  });

  it('skips statistics of -s', () => {
    const { value, diagnostics } = parse(head('eth0'), ETHER, '    RX: bytes  packets  errors', '    1234       12       0', '    TX: bytes  packets', '    99         1', head('eth1', 'UP', 3), ETHER);
    expect(value.links.map((l) => l.name)).toEqual(['eth0', 'eth1']);
    expect(diagnostics).toEqual([]);
  });

  it('shows an XDP program as something that is not modelled', () => {
    const { value } = parse('2: eth0: <UP> mtu 1500 xdp qdisc mq state UP', ETHER, '    prog/xdp id 12 tag 3b185187f1855c4c jited ');
    expect(value.unmodelled.map((u) => [u.what, u.dev])).toEqual([
      ['ebpf', 'eth0'],
      ['ebpf', 'eth0'],
    ]);
  });

  it.each([
    ['2: eth0: mtu 1500', 'unknown-line'],
    ['2: eth0: <UP> qdisc noqueue', 'unknown-line'],
    ['    link/ether 02:42:0a:0a:01:8e', 'unknown-line'],
  ])('is none in %s', (line, code) => {
    expect(parse(line).value.links).toEqual([]);
    expect(parse(line).diagnostics.map((d) => d.code)).toEqual([code]);
  });

  it('reports an address that is none', () => expect(parse(head('eth0'), '    inet 10.0.0.300/24 scope global eth0').diagnostics.map((d) => [d.code, d.line])).toEqual([['bad-address', 2]]));
});

describe('ip -o', () => {
  const lines = [head('eth0'), `${ETHER}${DETAILS}`, '    veth addrgenmode eui64 ', head('eth1', 'UP', 3), `${ETHER}${DETAILS}`];
  const oneline = [lines.slice(0, 3).join('\\'), lines.slice(3).join('\\')];

  it('says of links what ip -d link says', () => {
    const { value, diagnostics } = parse(...oneline);
    const without = (links: typeof value.links) => links.map((l) => ({ ...l, source: undefined }));
    expect(without(value.links)).toEqual(without(parse(...lines).value.links));
    expect(value.links.map((l) => l.source?.line)).toEqual([1, 2]);
    expect(diagnostics).toEqual([]);
  });

  const addresses = [
    '2: eth0    inet 10.0.0.5/24 brd 10.0.0.255 scope global eth0\\       valid_lft forever preferred_lft forever',
    '2: eth0    inet6 fe80::1/64 scope link \\       valid_lft forever preferred_lft forever',
    '2: eth0    inet 10.0.1.5/24 scope global secondary eth0\\       valid_lft forever preferred_lft forever',
  ];

  it('gives addresses to the devices of another listing', () => {
    const { value, diagnostics } = parse(...addresses);
    expect(diagnostics.map((d) => d.code)).toEqual(['ipv6-skipped']);
    expect(mergeLinks([value, parse(...oneline).value]).map((l) => [l.name, l.kind, l.addresses.map((a) => [a.ip, a.prefixLen, a.secondary])])).toEqual([
      ['eth0', 'veth', [[0x0a000005, 24, false], [0x0a000105, 24, true]]],
      ['eth1', 'nic', []],
    ]);
  });

  it('asks for the devices where no listing has them', () => {
    const said = parseBundle({ 'n1/a.txt': `$ ip -o addr\n${addresses.join('\n')}\n` }).diagnostics;
    expect(said.map((d) => [d.code, d.text])).toContainEqual(['missing-links', 'ip -d addr show']);
  });

  it('is known by its first line', () => expect([contentKind(addresses), contentKind(oneline)]).toEqual(['ip-addr', 'ip-link']));

  it.each(['2: eth0    inet 10.0.0.500/24 scope global', '2: eth0    inet'])('reports %s', (line) => expect(parse(line).diagnostics.map((d) => d.code)).not.toEqual([]));
});

describe('mergeLinks', () => {
  const link = parse(head('eth0'), `${ETHER}${DETAILS}`, '    veth addrgenmode eui64 ').value;
  const addr = parse(head('eth0').replace('mode DEFAULT ', ''), ETHER, '    inet 10.0.0.1/24 scope global eth0', head('eth1', 'UP', 1).replace('mode DEFAULT ', ''), ETHER).value;

  it.each([
    ['ip -d link, ip addr', [link, addr]],
    ['ip addr, ip -d link', [addr, link]],
  ])('takes kinds from one listing and addresses from the other, in device order: %s', (_, listings) => {
    expect(mergeLinks(listings).map((l) => [l.ifindex, l.name, l.kind, l.addresses.length])).toEqual([
      [1, 'eth1', 'nic', 0],
      [2, 'eth0', 'veth', 1],
    ]);
  });

  it('has devices and addresses from ip addr alone', () => expect(mergeLinks([addr]).map((l) => [l.name, l.addresses.length])).toEqual([['eth1', 0], ['eth0', 1]]));
});
