import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { parseBundle } from './bundle.ts';
import { dumpText } from './print.ts';

const read = (name: string): string => readFileSync(fileURLToPath(new URL(`./fixtures/ovs/${name}`, import.meta.url)), 'utf8');
const print = (text: string, command: string): string | undefined => dumpText(parseBundle({ 'n/a.txt': text }).world, 'n', null, command);

/** Listings alone, and beside all others of the same switch. */
describe.each([
  ['ovn-ovs-appctl-dpif-show.txt', ['ovn-ovs-vsctl-show.txt', 'ovn-ovs-ofctl-show-br-int.txt', 'ovn-ovs-ofctl-show-br-ex.txt']],
  ['sdn-ovs-appctl-dpif-show.txt', ['sdn-ovs-vsctl-show.txt', 'sdn-ovs-ofctl-show-br0.txt']],
] as const)('%s', (file, others) => {
  test.each([[[]], [others]])('is printed back byte for byte beside %j', (beside) => {
    const files = Object.fromEntries([file, ...beside].map((f) => [`n/${f.slice(4)}`, read(f)]));
    expect(dumpText(parseBundle(files).world, 'n', null, 'ovs-appctl dpif/show')).toBe(read(file));
  });
});

describe('what ovs-vsctl list prints', () => {
  const lists = ['interface', 'port', 'bridge'] as const;
  const all = lists.map((t) => read(`list-${t}.txt`)).join('');

  test.each(lists)('of table %s is printed back byte for byte', (table) => {
    const [command = '', ...lines] = read(`list-${table}.txt`).split('\n');
    expect(print(all, command.slice(2))).toBe(lines.join('\n'));
  });

  it('of one record alone', () => expect(print(all, 'ovs-vsctl list interface gn0')?.split('\n').filter((l) => /^(?:name|ofport|type|options|ingress_policing_burst) *:/.test(l))).toEqual(['ingress_policing_burst: 0', 'name                : gn0', 'ofport              : 3', 'options             : {key=flow, remote_ip=flow}', 'type                : geneve']));

  test.each([
    ['of a record that there is not', all, 'ovs-vsctl list interface eth9'],
    ['of a table that was not listed', read('list-port.txt'), 'ovs-vsctl list interface'],
    ['where some columns alone were listed', '$ ovs-vsctl --columns=name,ofport list interface\nname                : veth1\nofport              : 1\n', 'ovs-vsctl list interface'],
    ['where one record alone was listed', '$ ovs-vsctl list interface veth1\nname                : veth1\nofport              : 1\n', 'ovs-vsctl list interface'],
  ])('is nothing %s', (_, text, command) => expect(print(text, command)).toBeUndefined());
});

describe('fdb/show', () => {
  const FDB = '$ ovs-appctl fdb/show br0\n port  VLAN  MAC                Age\n    1     0  0a:00:00:00:00:01    2\nLOCAL    10  0a:00:00:00:00:02  300\n   12  4095  0a:00:00:00:00:03  static\n';
  const show = '$ ovs-ofctl show br0\nOFPT_FEATURES_REPLY (xid=0x2): dpid:0000de67cc42964d\n 1(veth1): addr:aa:55:aa:55:00:0f\n LOCAL(br0): addr:de:67:cc:42:96:4d\n';
  test.each(['', show])('is printed back byte for byte (beside %j)', (beside) => expect(print(FDB + beside, 'ovs-appctl fdb/show br0')).toBe(FDB.slice(FDB.indexOf('\n') + 1)));
  it('is nothing where it was not listed', () => expect(print(show, 'ovs-appctl fdb/show br0')).toBeUndefined());
});
