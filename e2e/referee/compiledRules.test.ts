import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FEATURES } from '../../src/cluster/kubeproxy/flows/features.ts';
import { MASQUERADING } from '../../src/cluster/kubeproxy/flows/masquerading.ts';
import { OWN_TESTS } from '../../src/cluster/kubeproxy/flows/ownTests.ts';
import { POLICY_TABLES } from '../../src/cluster/kubeproxy/flows/policy.ts';
import { objectsOf } from '../../src/cluster/kubeproxy/flows/run.ts';
import type { FlowTable } from '../../src/cluster/kubeproxy/flows/table.ts';
import { worldOf } from '../../src/cluster/world.ts';

/**
 * What kube-proxy's rules look like behind the real iptables: the rule sets of the table of flows are restored in a network namespace
 * and saved again, and must be the same, chain by chain.
 */

const SAVE = '/usr/sbin/iptables-legacy-save';
const missing = [...(process.getuid?.() === 0 ? [] : ['root']), ...(existsSync(SAVE) ? [] : [SAVE]), ...(existsSync('/usr/bin/unshare') ? [] : ['unshare'])];
if (missing.length > 0) console.log(`compiled rules behind the real iptables: skipped, for want of ${missing.join(', ')}`);

const TABLES: readonly FlowTable[] = [...POLICY_TABLES, ...OWN_TESTS, ...MASQUERADING, ...FEATURES];

/** The rules of node n1 as the compiler prints them. */
function compiled(table: FlowTable, minor: number): string {
  const text = worldOf({ 'objects.yaml': objectsOf(table, minor) }).files['n1/firewall.txt'];
  return typeof text === 'string' ? (text.split('$ iptables-save\n')[1]?.split('\n\n')[0] ?? '') : '';
}

const saved = (rules: string): string => execFileSync('unshare', ['-n', 'sh', '-c', 'iptables-legacy-restore && iptables-legacy-save'], { input: `${rules}\n`, encoding: 'utf8' });

/** Chains with their rules in order; the order of tables and of chains is free. */
function chainsOf(text: string): Readonly<Record<string, readonly string[]>> {
  const chains: Record<string, string[]> = {};
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line;
    else if (line.startsWith(':')) chains[`${table} ${line.slice(1).split(' ').slice(0, 2).join(' ')}`] = [];
    else if (line.startsWith('-A ')) (chains[`${table} ${line.split(' ')[1] ?? ''} rules`] ??= []).push(line);
  }
  return chains;
}

/** Of each table its oldest and newest version, and those where rules changed their place. */
const tried = ({ versions }: FlowTable): readonly number[] => versions.filter((v, i) => i === 0 || i === versions.length - 1 || v === 22 || v === 24);

describe.skipIf(missing.length > 0)('rules of kube-proxy in iptables mode', () => {
  it.each(TABLES.map((t) => [t.name, t] as const))('%s', (_, table) => {
    for (const minor of tried(table)) {
      const rules = compiled(table, minor);
      expect(chainsOf(rules)['*nat KUBE-SERVICES rules']).toBeDefined();
      expect(chainsOf(saved(rules))).toEqual(chainsOf(rules));
    }
  });
});
