import { expect, test } from 'vitest';
import { FIELDS, fieldNamed, FLOW_WORDS } from './openflowFields.ts';

const place = (name: string): readonly [number, number] => {
  const field = fieldNamed(name);
  return [field?.word ?? -1, field?.words ?? -1];
};

test.each([
  ['xxreg1', 'reg4', 4],
  ['xreg4', 'reg8', 2],
  ['OXM_OF_PKT_REG4', 'NXM_NX_REG8', 2],
])('%s lies over %s and what follows', (wide, first, count) => {
  expect(place(wide)).toEqual([place(first)[0], count]);
});

test.each([
  ['arp_spa', 'nw_src'],
  ['arp_op', 'nw_proto'],
  ['nd_sll', 'arp_sha'],
  ['icmp_type', 'tcp_src'],
  ['vlan_vid', 'dl_vlan'],
  ['ip_dscp', 'nw_tos'],
])('%s shares the memory of %s', (a, b) => {
  expect(place(a)).toEqual(place(b));
});

test('fields lie inside of the flow, and no name means two of them', () => {
  const names = [...FIELDS.values()].flatMap((f) => [f.name, ...f.aliases, ...f.nxm]);
  expect(new Set(names).size).toBe(names.length);
  const outside = [...FIELDS.values()].filter((f) => f.word + f.words > FLOW_WORDS || f.bits + f.lsb > 32 * f.words);
  expect(outside.map((f) => f.name)).toEqual([]);
});
