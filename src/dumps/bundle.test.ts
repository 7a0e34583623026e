import { describe, expect, it } from 'vitest';
import { BOUNDS } from './bounds.ts';
import { parseBundle } from './bundle.ts';

const RULES = '0:\tfrom all lookup local\n';
const places = (bundle: Record<string, string>) => parseBundle(bundle).world.hosts.flatMap((h) => h.netns.map((n) => (n.name === null ? h.name : `${h.name}/${n.name}`)));
const codes = (bundle: Record<string, string>) => parseBundle(bundle).diagnostics.map((d) => d.code);
const netnsOf = (...sections: readonly string[]) => {
  const parsed = parseBundle({ 'n1/node.txt': sections.join('\n') });
  const netns = parsed.world.hosts[0]?.netns[0];
  if (!netns) throw new Error('no host');
  return { netns, diagnostics: parsed.diagnostics };
};

describe('layout', () => {
  it.each([
    ['folders are hosts', { 'n1/x.txt': RULES, 'n2/x.txt': RULES }, ['n1', 'n2']],
    ['netns/NAME is a namespace', { 'n1/x.txt': RULES, 'n1/netns/pod/x.txt': RULES }, ['n1', 'n1/pod']],
    ['a host may have namespaces alone', { 'n1/netns/pod/x.txt': RULES }, ['n1', 'n1/pod']],
    ['one wrapping folder is stripped', { 'dump/n1/x.txt': RULES, 'dump/n2/x.txt': RULES, 'dump/objects.yaml': 'kind: Pod' }, ['n1', 'n2']],
    ['so is the wrapper of a single host', { 'dump/n1/x.txt': RULES }, ['n1']],
    ['a single host folder is no wrapper', { 'n1/x.txt': RULES, 'n1/sub/y.txt': RULES }, ['n1']],
    ['deeper folders belong to their host', { 'n1/a.txt': RULES, 'n1/deep/b.txt': '$ ip neigh\n10.0.0.1 dev e FAILED\n' }, ['n1']],
    ['./ and backslashes are fine', { './n1/x.txt': RULES, 'n2\\x.txt': RULES }, ['n1', 'n2']],
    ['hidden files are not looked at', { 'n1/x.txt': RULES, 'n2/.DS_Store': RULES, '__MACOSX/n3/x.txt': RULES }, ['n1']],
    ['a single file is a machine named after the file', { 'worker1.txt': RULES }, ['worker1']],
    ['or after its prompt', { 'paste.txt': `root@w7:~# ip rule\n${RULES}` }, ['w7']],
    ['or where its command ran', { 'kind/paste.txt': `me@laptop:~$ docker exec w1 ip rule\n${RULES}me@laptop:~$ ssh root@w2 ip rule\n${RULES}` }, ['w1', 'w2']],
    ['ip netns exec tells the namespace', { 'n1/x.txt': `$ ip netns exec blue ip rule\n${RULES}` }, ['n1', 'n1/blue']],
    ['a folder without commands is no host', { 'n1/x.txt': RULES, 'docs/readme.txt': 'hello' }, ['n1']],
  ])('%s', (_, bundle, expected) => expect(places(bundle)).toEqual(expected));

  it('takes the first of two sets of hosts side by side, and says so', () => {
    const bundle = { 'cluster/n1/x.txt': RULES, 'local/n1/x.txt': RULES, 'local/n2/x.txt': RULES };
    expect(places(bundle)).toEqual(['n1']);
    expect(parseBundle(bundle).diagnostics).toMatchObject([{ code: 'several-bundles', text: 'cluster local' }]);
  });

  it.each([
    ['nothing at all', {}, 'no-host'],
    ['objects alone', { 'objects.yaml': 'kind: Pod' }, 'no-host'],
    ['a path that leaves the bundle', { 'n1/x.txt': RULES, '../etc/passwd': 'x' }, 'bad-path'],
    ['a path that is too long', { 'n1/x.txt': RULES, [`n1/${'x'.repeat(BOUNDS.pathLength)}`]: RULES }, 'bad-path'],
    ['a binary', { 'n1/x.txt': RULES, 'n1/core': 'a\0b' }, 'binary-skipped'],
    ['a node without its rules', { 'n1/x.txt': '$ ip link\n5: cali123@if3: <UP> mtu 1500 qdisc noqueue state UP\n    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff\n' }, 'missing-iptables'],
    ['a table that no rule leads to', { 'n1/x.txt': '$ ip route show table all\ndefault via 10.0.0.1 dev eth0 table 100\n' }, 'missing-rules'],
    ['an unknown section', { 'n1/x.txt': `$ ip rule\n${RULES}$ uname -a\nLinux\n` }, 'unknown-section'],
    ['a command that failed', { 'n1/x.txt': '$ ip rule\n0:\tfrom all lookup local\n$ ipset save\nbash: ipset: command not found\n' }, 'command-failed'],
    ['a filtered listing', { 'n1/x.txt': '$ iptables-save | grep KUBE\n*nat\nCOMMIT\n' }, 'filtered-output'],
  ])('reports %s', (_, bundle, code) => expect(codes(bundle as unknown as Record<string, string>)).toContain(code));

  it('reads no more files than its bound', () => {
    const bundle = Object.fromEntries(Array.from({ length: BOUNDS.files + 2 }, (_, i) => [`n1/${i}.txt`, '']));
    expect(codes(bundle)).toContain('too-many-files');
  });

  it('keeps no more diagnostics than its bound', () => {
    const { diagnostics } = parseBundle({ 'n1/x.txt': `$ ip neigh\n${'nonsense\n'.repeat(5_000)}` });
    expect(diagnostics).toHaveLength(BOUNDS.diagnostics + 1);
    expect(diagnostics.at(-1)?.code).toBe('too-many-diagnostics');
  });

  it('tells every section with its place, command and lines', () => {
    const { sections } = parseBundle({ 'n1/netns/pod/x.txt': `$ ip rule\n${RULES}\n$ uname\nLinux\n`, 'objects.yaml': 'kind: Pod\n' });
    expect(sections).toEqual([
      { input: 'n1/netns/pod/x.txt', host: 'n1', netns: 'pod', command: 'ip rule', firstLine: 2, lines: ['0:\tfrom all lookup local'], kind: 'ip-rule' },
      { input: 'n1/netns/pod/x.txt', host: 'n1', netns: 'pod', command: 'uname', firstLine: 5, lines: ['Linux'], kind: 'unknown' },
      { input: 'objects.yaml', host: undefined, netns: null, command: undefined, firstLine: 1, lines: ['kind: Pod'], kind: 'objects' },
    ]);
  });
});

describe('a namespace put together', () => {
  it('has no tables when no dump shows any, and none at all when an empty one does', () => {
    expect(netnsOf('$ ip rule', RULES).netns.tables).toBeUndefined();
    expect(netnsOf('$ iptables-save').netns.tables).toEqual([]);
  });

  it('never takes ip6tables-save for iptables', () => {
    const { netns, diagnostics } = netnsOf('# Generated by ip6tables-save v1.8.9 on Sat', '*filter', ':INPUT DROP [0:0]', 'COMMIT');
    expect(netns.tables).toBeUndefined();
    expect(diagnostics.map((d) => d.code)).toContain('ipv6-skipped');
  });

  it('has sockets only when ss was run', () => {
    expect(netnsOf('$ ip rule', RULES).netns.sockets).toBeUndefined();
    expect(netnsOf('$ ss -lntu', 'Netid State').netns.sockets).toEqual([]);
  });

  it('joins ip route and ip route show table all without doubling', () => {
    const { netns } = netnsOf('$ ip route', 'default via 10.0.0.1 dev eth0 ', '$ ip route show table all', 'default via 10.0.0.1 dev eth0 ', 'local 10.0.0.2 dev eth0 table local proto kernel scope host src 10.0.0.2 ', '$ ip -d route', 'unicast default via 10.0.0.1 dev eth0 table main proto boot scope global ');
    expect(netns.routes.map((r) => r.table)).toEqual(['main', 'local']);
  });

  it('prefers ipvsadm -Sn, in whatever order the two listings come', () => {
    const list = ['$ ipvsadm -Ln', 'TCP  10.0.0.1:80 rr', '  -> 10.0.0.2:80 Masq 7 3 0'];
    const save = ['$ ipvsadm -Sn', '-A -t 10.0.0.1:80 -s rr', '-a -t 10.0.0.1:80 -r 10.0.0.2:80 -m -w 1'];
    for (const text of [[...list, ...save], [...save, ...list]]) {
      expect(netnsOf(...text).netns.ipvs).toMatchObject([{ realServers: [{ weight: 1, connections: { active: 3, inactive: 0 } }] }]);
    }
  });

  it('knows that --nosort shows the kernel\'s own order', () => {
    expect(netnsOf('$ ipvsadm -Ln --nosort', 'TCP  10.0.0.1:80 rr').netns.ipvs[0]?.sorted).toBe(false);
    expect(netnsOf('$ ipvsadm -Ln', 'TCP  10.0.0.1:80 rr').netns.ipvs[0]?.sorted).toBe(true);
  });

  it('holds rules of a second backend in the same table for something it does not model', () => {
    const table = (rule: string) => ['*nat', ':PREROUTING ACCEPT [0:0]', rule, 'COMMIT'];
    const { netns, diagnostics } = netnsOf('$ iptables-legacy-save', ...table('-A PREROUTING -j ACCEPT'), '$ iptables-nft-save', ...table('-A PREROUTING -j RETURN'));
    expect(netns.tables).toHaveLength(1);
    expect(netns.unmodelled).toMatchObject([{ what: 'nft-ruleset', name: 'iptables nat' }]);
    expect(diagnostics.map((d) => d.code)).toEqual(['duplicate-table', 'unmodelled']);
  });

  it('takes the backend that has rules when the other one has none', () => {
    const { netns } = netnsOf('$ iptables-legacy-save', '*nat', ':PREROUTING ACCEPT [0:0]', 'COMMIT', '$ iptables-nft-save', '*nat', ':PREROUTING ACCEPT [0:0]', '-A PREROUTING -j ACCEPT', 'COMMIT');
    expect(netns.tables?.[0]?.chains[0]?.rules).toHaveLength(1);
    expect(netns.unmodelled).toEqual([]);
  });

  it('asks for -d only when no listing of devices has it', () => {
    const link = ['2: eth0: <UP> mtu 1500 qdisc mq state UP', '    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff'];
    const details = [link[0] ?? '', `${link[1]} promiscuity 0 minmtu 68 maxmtu 1500 `];
    expect(netnsOf('$ ip addr', ...link).diagnostics.map((d) => d.code)).toEqual(['no-link-details']);
    expect(netnsOf('$ ip addr', ...link, '$ ip -d link', ...details).diagnostics).toEqual([]);
  });
});

describe('references', () => {
  const LINKS = ['$ ip -d link', '2: eth0: <UP> mtu 1500 qdisc mq state UP', '    link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff promiscuity 0 '];
  const rule = ['$ iptables-save', '*filter', ':INPUT ACCEPT [0:0]', '-A INPUT -m set --match-set S src -j DROP', '-A INPUT -m set --match-set S dst -j DROP', 'COMMIT'];

  it.each([
    ['a set that the dump does not have', [...rule, '$ ipset save', 'create T hash:ip'], ['unknown-set 4 S']],
    ['sets without any ipset save', rule, ['missing-ipset 4 S']],
    ['the device of a route', [...LINKS, '$ ip route', 'default via 10.0.0.1 dev gone0', '10.0.0.0/8 dev gone0'], ['unknown-device 5 gone0']],
    ['the device of a neighbour', [...LINKS, '$ ip neigh', '10.0.0.1 dev gone0 FAILED'], ['unknown-device 5 gone0']],
    ['the device of an FDB entry', [...LINKS, '$ bridge fdb', '33:33:00:00:00:01 dev gone0 self permanent'], ['unknown-device 5 gone0']],
    ['nothing when all is there', [...LINKS, '$ ip route', 'default via 10.0.0.1 dev eth0'], []],
    ['nothing about devices when none are listed', ['$ ip route', 'default via 10.0.0.1 dev gone0'], []],
  ])('reports %s once', (_, sections, expected) => {
    expect(netnsOf(...sections).diagnostics.map((d) => `${d.code} ${d.line} ${d.text}`)).toEqual(expected);
  });
});
