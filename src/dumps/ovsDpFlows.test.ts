import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import type { DatapathFlow } from '../world/datapathFlow.ts';
import { formatValue } from './ovsValues.ts';
import { FIELDS } from '../world/openflowFields.ts';
import { parseBundle } from './bundle.ts';
import { parseDpFlow, printDpFlow } from './ovsDpFlows.ts';
import { dumpText } from './print.ts';

/* Listings of Open vSwitch 3.1.0, printed by its datapath in user space for real packets; the flow of a tunnel was added by dpctl/add-flow. */

const fixture = (name: string): string => readFileSync(fileURLToPath(new URL(`./fixtures/ovs/${name}`, import.meta.url)), 'utf8');
const FILES = ['dp-flows.txt', 'dp-flows-names.txt', 'dp-flows-more.txt'] as const;
const flowsOf = (name: string): readonly DatapathFlow[] => parseBundle({ [`n/${name}`]: fixture(name) }).world.hosts[0]?.datapathFlows ?? [];

/** Conditions as rules print them. */
const shown = ({ match }: DatapathFlow): readonly string[] =>
  match.map((c) => {
    const field = FIELDS.get(c.field);
    return c.text ?? `${c.field}=${field ? formatValue(field, c.value, c.mask) : '?'}`;
  });

test.each(FILES)('%s is read without a word left over, and printed back byte for byte', (name) => {
  const { world, diagnostics } = parseBundle({ [`n/${name}`]: fixture(name) });
  expect(diagnostics).toEqual([]);
  const [command = '', ...lines] = fixture(name).split('\n');
  expect(dumpText(world, 'n', null, command.slice(2))).toBe(lines.join('\n'));
});

it('knows the same conditions in all three, whatever else -m prints', () => {
  const [plain, names, more] = FILES.map((f) => flowsOf(f).map((c) => shown(c).toSorted()));
  expect(plain).toHaveLength(18);
  expect(names).toEqual(plain);
  expect(more).toEqual(plain);
});

it('reads dpif/dump-flows, which has no comma behind the ufid', () => {
  const flows = flowsOf('dp-flows-dpif-more.txt');
  expect(flows).toHaveLength(17);
  expect(flows.every((f) => f.ufid !== undefined)).toBe(true);
});

it('does not print what the listing did not say', () => {
  const { world } = parseBundle({ 'n/a.txt': fixture('dp-flows.txt') });
  expect(['-m', '--names', '-m --names'].map((o) => dumpText(world, 'n', null, `ovs-appctl dpctl/dump-flows ${o}`))).toEqual([undefined, undefined, undefined]);
});

const line = (match: string, actions = 'drop', stats = 'packets:0, bytes:0, used:never'): DatapathFlow | undefined => parseDpFlow(`${match}, ${stats}, actions:${actions}`, undefined);

describe('a condition', () => {
  test.each([
    ['recirc_id(0),in_port(2),eth_type(0x0800),ipv4(src=10.1.0.0/255.255.0.0,frag=no)', ['dl_type=0x800', 'vlan_tci=0/0x1000', 'nw_src=10.1.0.0/16', 'nw_frag=no']],
    ['recirc_id(0),in_port(2),eth_type(0x0800),ipv4(frag=later)', ['dl_type=0x800', 'vlan_tci=0/0x1000', 'nw_frag=later']],
    ['recirc_id(0),in_port(2),eth_type(0x8100),vlan(vid=10,pcp=0/0x0),encap(eth_type(0x0800),ipv4(frag=no))', ['vlan_tci=0x100a/0x1fff', 'dl_type=0x800', 'nw_frag=no']],
    ['ct_state(+est-rel+rpl+trk),ct_zone(0x5),ct_mark(0x1/0x1),ct_label(0x1/0x3),recirc_id(0x9),in_port(2)', ['ct_state=+est-rel+rpl+trk', 'ct_zone=0x5', 'ct_mark=0x1/0x1', 'ct_label=0x1/0x3']],
    ['recirc_id(0),in_port(2),eth_type(0x0800),ipv4(proto=6,frag=no),tcp(src=80/0xfff0,dst=0/0),tcp_flags(-syn+ack)', ['dl_type=0x800', 'vlan_tci=0/0x1000', 'nw_proto=6', 'nw_frag=no', 'tp_src=80/0xfff0', 'tcp_flags=-syn+ack']],
    ['recirc_id(0),in_port(2),eth(src=0a:00:00:00:00:01,dst=01:00:00:00:00:00/01:00:00:00:00:00),eth_type(0x0806),arp(sip=10.0.0.1,tip=10.0.0.2,op=1/0xff)', ['dl_src=0a:00:00:00:00:01', 'dl_dst=01:00:00:00:00:00/01:00:00:00:00:00', 'dl_type=0x806', 'vlan_tci=0/0x1000', 'arp_spa=10.0.0.1', 'arp_tpa=10.0.0.2', 'arp_op=1/0xff']],
    ['recirc_id(0),in_port(2),eth_type(0x88a8),vlan(vid=10,pcp=0),encap(eth_type(0x8100),vlan(vid=20,pcp=0),encap(eth_type(0x0800),ipv4(frag=no)))', ['vlan_tci=0x100a', 'vlan(vid=20,pcp=0)', 'encap(eth_type(0x0800),ipv4(frag=no))']],
    ['recirc_id(0x2),dp_hash(0xf2/0xf),in_port(1)', ['dp_hash(0xf2/0xf)']],
    ['recirc_id(0),in_port(1),eth_type(0x8847),mpls(label=100,tc=0,ttl=64,bos=1)', ['dl_type=0x8847', 'vlan_tci=0/0x1000', 'mpls(label=100,tc=0,ttl=64,bos=1)']],
    ['recirc_id(0),in_port(1),new_thing(7),eth_type(0x0800),ipv4(src=nonsense)', ['new_thing(7)', 'dl_type=0x800', 'vlan_tci=0/0x1000', 'ipv4(src=nonsense)']],
  ])('%s', (match, conditions) => {
    const flow = line(match);
    expect(flow && shown(flow).toSorted()).toEqual(conditions.toSorted());
    expect(flow && printDpFlow(flow)).toBe(`${match}, packets:0, bytes:0, used:never, actions:drop`);
  });
});

it('of a tunnel has its options apart', () => {
  const flow = flowsOf('dp-flows.txt').at(-1);
  expect(flow && shown(flow).slice(0, 4)).toEqual(['tun_id=0x2', 'tun_src=50.50.51.22', 'tun_dst=50.50.51.25', 'tunnel(flags(-df+csum+key))']);
  expect(flow?.options).toEqual([{ optClass: 0x102, optType: 0x80, hex: '00010005', mask: '7fffffff' }]);
});

it('reads where it is held, how often it was used, and what pass it leads to', () => {
  const text = 'ufid:515bd679-f637-4af0-8d6e-f2ce2e69f907, recirc_id(0x3),in_port(eth0), packets:12345678901, bytes:9, used:0.010s, flags:SP., offloaded:yes, dp:tc, actions:ct(zone=5),recirc(0x1f),clone(recirc(7)),userspace(pid=0,controller(reason=1,recirc_id=4))';
  const flow = parseDpFlow(text, undefined);
  expect(flow).toMatchObject({ recirc: 3, inPort: 'eth0', packets: 12_345_678_901, usedSec: 0.01, flags: 'SP.', offloaded: 'yes', layer: 'tc', again: [0x1f, 7] });
  expect(flow && printDpFlow(flow)).toBe(text);
});

test.each(['', 'recirc_id(0)', 'recirc_id(0), actions:drop', 'recirc_id(0), packets:x, bytes:0, used:never, actions:drop', 'recirc_id(0), packets:1, bytes:0, used:1h, actions:drop'])('%j is none', (text) => expect(parseDpFlow(text, undefined)).toBeUndefined());

test.each([
  ['hash(l4(0)),recirc(0x2)', true],
  ['hash(sym_l4(7)),recirc(12)', true],
  ['set(ipv4(ttl=63)),hash(l4(0)),recirc(0x2)', undefined],
  ['recirc(0x2)', undefined],
])('%s has only the hash taken: %s', (actions, expected) => expect(line('recirc_id(0),in_port(1)', actions)?.byHash).toBe(expected));

it('takes a line of nothing but brackets', () => {
  for (const text of ['encap('.repeat(200_000), '('.repeat(200_000), `${'clone('.repeat(100_000)}, packets:0, bytes:0, used:never, actions:${'clone('.repeat(100_000)}`]) expect(() => parseDpFlow(`${text}, packets:0, bytes:0, used:never, actions:drop`, undefined)).not.toThrow();
});
