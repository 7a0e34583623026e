import type { Chain, Rule, Table } from '../world/netfilter.ts';
import type { SourceRef } from '../world/source.ts';
import type { Lines } from './diagnostic.ts';
import { isTableName } from './iptablesSave.ts';
import { parseRule } from './iptablesRule.ts';
import { tokenize } from './iptablesTokens.ts';

/**
 * The tables of an `iptables-save` that is known to be well formed, because it was written here: as parseIptablesSave() reads them, but
 * the rules of a chain are read when they are first looked at. A cluster's machine has tens of thousands, and a walk meets a few.
 */
export function tablesOnDemand({ input, firstLine, lines }: Lines): readonly Table[] {
  const tables: { readonly table: Table; readonly chains: Chain[]; readonly rules: Map<string, number[]> }[] = [];
  const sourceOf = (i: number): SourceRef => ({ input, line: firstLine + i });
  for (const [i, line] of lines.entries()) {
    const open = tables.at(-1);
    const first = line[0];
    const name = line.slice(1);
    if (first === '*' && isTableName(name)) {
      const chains: Chain[] = [];
      tables.push({ table: { name, chains, source: sourceOf(i) }, chains, rules: new Map() });
    } else if (first === ':' && open) {
      const [chain = '', policy] = name.split(' ');
      const own: number[] = [];
      open.rules.set(chain, own);
      open.chains.push(chainOf(chain, policy, sourceOf(i), () => own.map((at) => ruleOf(lines[at] ?? '', sourceOf(at)))));
    } else if (first === '-' && open) {
      const end = line.indexOf(' ', 3);
      open.rules.get(line.slice(3, end < 0 ? line.length : end))?.push(i);
    }
  }
  return tables.map((t) => t.table);
}

function chainOf(name: string, policyText: string | undefined, source: SourceRef, read: () => readonly Rule[]): Chain {
  let rules: readonly Rule[] | undefined;
  const policy = policyText === 'ACCEPT' || policyText === 'DROP' ? policyText : undefined;
  const chain: Chain = { name, policy, counters: '0:0', rules: [], source };
  return Object.defineProperty(chain, 'rules', { enumerable: true, configurable: true, get: () => (rules ??= read()) });
}

function ruleOf(line: string, source: SourceRef): Rule {
  const { matches, target } = parseRule(tokenize(line), 2);
  return { matches, target, text: line, source };
}
