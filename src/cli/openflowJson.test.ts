import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parseBundle } from '../dumps/bundle.ts';
import { readWorldJson } from './worldJson.ts';

const folder = fileURLToPath(new URL('../dumps/fixtures/ovs/', import.meta.url));
const logical = fileURLToPath(new URL('../dumps/fixtures/ovn/', import.meta.url));
const { world } = parseBundle(
  Object.fromEntries([...readdirSync(folder).map((f) => [`${f.slice(0, 3)}/${f.slice(4)}`, readFileSync(folder + f, 'utf8')]), ...readdirSync(logical).map((f) => [f, readFileSync(logical + f, 'utf8')])]) as Record<string, string>,
);

it('a world with bridges comes back as it was', () => {
  const { world: again, problem } = readWorldJson(JSON.stringify(world));
  expect(problem).toBe('');
  expect(again?.hosts.flatMap((h) => h.ovs ?? [])).toHaveLength(4);
  expect(again?.ovn?.flows?.length).toBeGreaterThan(500);
  expect(JSON.parse(JSON.stringify(again))).toEqual(JSON.parse(JSON.stringify(world)));
});

const small = (rule: object): string => {
  const bridge = { name: 'br0', failMode: 'secure', datapathType: 'system', ports: [], flows: [{ table: 0, priority: 1, cookie: '0', match: [], actions: [], ...rule }], tlvs: [], frags: 'normal', macs: [] };
  const netns = { name: null, links: [], rules: [], routes: [], neighbours: [], fdb: [], ipsets: [], ipvs: [], sysctls: {}, unmodelled: [] };
  return JSON.stringify({ hosts: [{ name: 'h', role: 'machine', netns: [netns], ovs: [bridge] }], segments: [], names: { pods: [], services: [], nodes: [] } });
};

it('takes a rule that is sound', () => expect(readWorldJson(small({ match: [{ field: 'reg0', value: [1] }, { field: 'nsh_si', value: [], text: 'nsh_si=1' }], actions: [{ kind: 'clone', actions: [{ kind: 'exit' }] }] })).problem).toBe(''));

it.each([
  ['a field that there is not', { match: [{ field: 'reg99', value: [1] }] }],
  ['a value of another width', { match: [{ field: 'metadata', value: [1] }] }],
  ['a mask of another width', { match: [{ field: 'reg0', value: [1], mask: [1, 1] }] }],
  ['bits outside of the field', { actions: [{ kind: 'push', src: { field: 'reg0', from: 0, to: 32 } }] }],
  ['a load of another width', { actions: [{ kind: 'load', value: [1, 2], dst: { field: 'reg0', from: 0, to: 31 } }] }],
  ['a move between different widths', { actions: [{ kind: 'move', src: { field: 'reg0', from: 0, to: 3 }, dst: { field: 'reg1', from: 0, to: 4 } }] }],
  ['an action inside that there is not', { actions: [{ kind: 'clone', actions: [{ kind: 'frob' }] }] }],
  ['a table beyond the last', { table: 256 }],
])('refuses %s', (_, rule) => expect(readWorldJson(small(rule)).problem).not.toBe(''));
