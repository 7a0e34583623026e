import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseBundle } from './bundle.ts';
import { printMatches, printRule, printTarget } from './iptablesPrint.ts';
import { dumpText, supportedCommands } from './print.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

function readFolder(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((f) => f.isFile());
  return Object.fromEntries(files.map((f) => [`${f.parentPath}/${f.name}`.slice(folder.length + 1), readFileSync(`${f.parentPath}/${f.name}`, 'utf8')]));
}

const fixture = (name: string): string => readFileSync(`${here}fixtures/${name}`, 'utf8');

const sectionsOf = (bundle: Record<string, string>) => {
  const parsed = parseBundle(bundle);
  return parsed.sections.filter((s) => s.kind !== 'objects').map((section) => ({ parsed, section }));
};

describe.each(['cluster', 'local'])('the sample state %s', (state) => {
  const bundle = readFolder(`${here}../scenarios/ipvs-metallb/${state}`);
  const parsed = parseBundle(bundle);

  it('is understood without a single diagnostic', () => {
    expect(parsed.diagnostics).toEqual([]);
    expect(parsed.sections.filter((s) => s.kind !== 'objects')).toHaveLength(88);
  });

  it.each(sectionsOf(bundle).map(({ section }) => [`${section.input} ${section.command}`, section] as const))('prints %s again from the world', (_, section) => {
    const text = dumpText(parsed.world, section.host ?? '', section.netns, section.command ?? '');
    expect(text?.split('\n').slice(0, -1)).toEqual(section.lines);
  });

  it('gives back each whole file from its sections and prompts', () => {
    for (const [path, text] of Object.entries(bundle)) {
      if (path.endsWith('.yaml')) continue;
      const lines = text.split('\n');
      for (const section of parsed.sections.filter((s) => s.input === path)) {
        expect(lines.slice(section.firstLine - 1, section.firstLine - 1 + section.lines.length)).toEqual(section.lines);
        expect(lines[section.firstLine - 2]).toBe(`$ ${section.command}`);
      }
    }
  });

  it('prints every rule from its matches and target as it was dumped', () => {
    const rules = parsed.world.hosts.flatMap((h) => h.netns.flatMap((n) => (n.tables ?? []).flatMap((t) => t.chains.flatMap((c) => c.rules.map((r) => ({ c, r }))))));
    expect(rules.length).toBeGreaterThan(70);
    for (const { c, r } of rules) expect(printRule(c.name, r.matches, r.target)).toBe(r.text);
  });
});

describe('dumps of real tools', () => {
  const files = ['iptables-save-1.8.9-legacy.txt', 'ipset-save-7.17.txt', 'iproute2-6.1.0.txt', 'ss-6.1.0.txt'];
  const bundle = Object.fromEntries(files.map((f) => [`n1/${f}`, fixture(f)]));
  const { world, sections } = parseBundle(bundle);
  // A timer that ran on between two listings, and the explanation of a nexthop object, which the world does not have.
  const settled = (lines: readonly string[] | undefined) => lines?.filter((l) => !l.startsWith('\tnh_info')).map((l) => l.replace(/_timer +[\d.]+/g, '_timer'));

  it.each(sections.map((s) => [`${s.command} of ${s.input}`, s] as const))('prints %s again from the world', (_, section) => {
    const text = dumpText(world, 'n1', null, section.command ?? '');
    expect(settled(text?.split('\n').slice(0, -1))).toEqual(settled(section.lines));
  });

  it('reads iptables-nft-save as its legacy twin, rule by rule', () => {
    const rulesOf = (name: string) =>
      parseBundle({ 'n1/x.txt': fixture(name) }).world.hosts[0]?.netns[0]?.tables?.flatMap((t) => t.chains.flatMap((c) => c.rules.map((r) => `${t.name} ${r.text}`))).toSorted();
    const legacy = rulesOf('iptables-save-1.8.9-legacy.txt');
    expect(legacy?.length).toBeGreaterThan(40);
    expect(rulesOf('iptables-save-1.8.9-nft.txt')).toEqual(legacy);
  });

  it('reads ipset list as ipset save', () => {
    const setsOf = (name: string) =>
      parseBundle({ 'n1/x.txt': fixture(name) })
        .world.hosts[0]?.netns[0]?.ipsets.map((s) => ({ name: s.name, type: s.typeText, members: s.members.map((m) => JSON.stringify([m.text, m.nomatch, m.parts])).toSorted((a, b) => a.localeCompare(b)) }))
        .toSorted((a, b) => a.name.localeCompare(b.name));
    const plain = (sets: ReturnType<typeof setsOf>) => JSON.stringify(sets).replaceAll('icmp:fragmentation-needed', 'icmp:3/4').replaceAll('icmp:echo-request', 'icmp:8/0');
    expect(plain(setsOf('ipset-list-7.17.txt'))).toBe(plain(setsOf('ipset-save-7.17.txt')));
  });
});

describe('dumpText', () => {
  const { world } = parseBundle({ 'n1/node.txt': '$ ip rule\n0:\tfrom all lookup local\n' });

  it.each(['ip rule', '/sbin/ip rule list', 'sudo ip -4 rule show', 'ip ru'])('understands %s', (command) => expect(dumpText(world, 'n1', null, command)).toBe('0:\tfrom all lookup local\n'));

  it.each([
    ['n2', null, 'ip rule'],
    ['n1', 'pod', 'ip rule'],
    ['n1', null, 'iptables-save'],
    ['n1', null, 'ss -lntu'],
    ['n1', null, 'uname -a'],
  ] as const)('has no answer for %s %s %s', (host, netns, command) => expect(dumpText(world, host, netns, command)).toBeUndefined());

  it('answers each of the commands that it says it supports', () => {
    const { world: full } = parseBundle({ 'n1/node.txt': `$ iptables-save\n$ conntrack -L\n$ ss -lntu\nNetid State\n$ ipvsadm -Lnc\nIPVS connection entries\n$ ovs-ofctl dump-flows br0\n actions=NORMAL\n$ ovs-appctl dpif/show\nsystem@ovs-system: hit:1 missed:2\n  br0:\n    br0 65534/1: (internal)\n$ ovs-appctl fdb/show br0\n port  VLAN  MAC                Age\nLOCAL     0  0a:00:00:00:00:01    2\n${['interface', 'port', 'bridge'].map((t) => fixture(`ovs/list-${t}.txt`)).join('')}$ ovs-ofctl dump-groups br0\n$ ovs-ofctl dump-tlv-map br0\n  0x102  0x80       4  tun_metadata0\n$ ovs-appctl dpctl/dump-flows\n`, 'ovn.txt': fixture('ovn-more/ovn-23.03.txt') });
    for (const command of supportedCommands) expect([command, dumpText(full, 'n1', null, command.replace('BRIDGE', 'br0').replace('SWITCH', 'neutron-net'))]).not.toContain(undefined);
  });
});

it('prints a rule without conditions, target or both', () => {
  expect(printMatches([])).toBe('');
  expect(printTarget({ kind: 'none' })).toBe('');
  expect(printRule('C', [], { kind: 'none' })).toBe('-A C');
});
