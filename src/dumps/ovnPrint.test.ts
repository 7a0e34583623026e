import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { parseBundle } from './bundle.ts';
import { dumpText } from './print.ts';

const read = (name: string): string => readFileSync(fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url)), 'utf8');
const HOST = { 'n1/rule.txt': '$ ip rule\n0:\tfrom all lookup local\n' };

describe('a cluster of OVN-Kubernetes', () => {
  const files = Object.fromEntries(readdirSync(fileURLToPath(new URL('./fixtures/ovn/', import.meta.url))).map((f) => [f, read(`ovn/${f}`)]));
  const { world } = parseBundle({ ...files, ...HOST });
  const SWITCH = 'worker1';

  test.each([
    ['ovn-nbctl show', 'ovn-nbctl-show.txt'],
    ['ovn-nbctl lb-list', 'ovn-nbctl-lb-list.txt'],
    [`ovn-nbctl acl-list ${SWITCH}`, 'ovn-nbctl-acl-list-worker1.txt'],
    ['ovn-sbctl show', 'ovn-sbctl-show.txt'],
    ['ovn-sbctl lflow-list', 'ovn-sbctl-lflow-list.txt'],
  ])('prints %s again, byte for byte', (command, file) => expect(dumpText(world, 'n1', null, command)).toBe(files[file]));

  it('does not print UUIDs that the listing did not have', () => expect(dumpText(world, 'n1', null, 'ovn-sbctl --uuid lflow-list')).toBeUndefined());
});

describe('what ovn-nbctl and ovn-sbctl 23.03 print of a network with all that they have words for', () => {
  const { world, sections, diagnostics } = parseBundle({ 'ovn.txt': read('ovn-more/ovn-23.03.txt'), ...HOST });

  it('is understood', () => expect(diagnostics).toEqual([]));

  test.each(sections.filter((s) => s.command?.startsWith('ovn-') === true && !s.command.includes('lr-nat-list')).map((s) => [s.command ?? '', s.lines] as const))('%s is printed again, line by line', (command, lines) => {
    expect(dumpText(world, 'n1', null, command)?.split('\n').slice(0, -1)).toEqual(lines);
  });

  it('prints the flows of one datapath, and without UUIDs', () => {
    const text = dumpText(world, 'n1', null, 'ovn-sbctl lflow-list r1');
    expect(text).toMatch(/^Datapath: "r1" aka "edge" \([0-9a-f-]{36}\) {2}Pipeline: ingress\n {2}table=0 \(lr_in_admission {4}\), priority=100 {2}, match=/);
    expect(text).not.toContain('neutron-net');
  });

  test.each(['ovn-nbctl acl-list', 'ovn-nbctl acl-list other', 'ovn-nbctl lb-list lb2', 'ovn-nbctl show nothing', 'ovn-sbctl --vflows lflow-list'])('has nothing for %s', (command) => expect(dumpText(world, 'n1', null, command)).toBeUndefined());
});

it.each(['ovn-nbctl show', 'ovn-nbctl lb-list', 'ovn-sbctl show', 'ovn-sbctl lflow-list'])('has nothing for %s where no listing was given', (command) => expect(dumpText(parseBundle(HOST).world, 'n1', null, command)).toBeUndefined());
