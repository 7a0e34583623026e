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
export function tablesOnDemand(text: Lines): readonly Table[] {
  const tables: { readonly table: Table; readonly chains: ChainOnDemand[]; readonly byName: Map<string, ChainOnDemand> }[] = [];
  let filling: ChainOnDemand | undefined;
  for (const [i, line] of text.lines.entries()) {
    const open = tables.at(-1);
    const first = line[0];
    if (first === '-' && open) {
      const end = line.indexOf(' ', 3);
      const name = line.slice(3, end < 0 ? line.length : end);
      if (filling?.name !== name) filling = open.byName.get(name);
      filling?.take(i);
    } else if (first === ':' && open) {
      const [name = '', policy] = line.slice(1).split(' ');
      const chain = new ChainOnDemand(text, i, name, policy === 'ACCEPT' || policy === 'DROP' ? policy : undefined);
      open.byName.set(name, chain);
      open.chains.push(chain);
    } else if (first === '*') {
      const name = line.slice(1);
      filling = undefined;
      const chains: ChainOnDemand[] = [];
      if (isTableName(name)) tables.push({ table: { name, chains, source: sourceOf(text, i) }, chains, byName: new Map() });
    }
  }
  return tables.map((t) => t.table);
}

const sourceOf = ({ input, firstLine }: Lines, i: number): SourceRef => ({ input, line: firstLine + i });

/** A chain whose rules stand in a row, as iptables-save prints them. */
class ChainOnDemand implements Chain {
  readonly name: string;
  readonly policy: Chain['policy'];
  readonly counters = '0:0';
  readonly #text: Lines;
  readonly #at: number;
  #from = 0;
  #to = 0;
  #rules: readonly Rule[] | undefined;

  constructor(text: Lines, at: number, name: string, policy: Chain['policy']) {
    this.name = name;
    this.policy = policy;
    this.#text = text;
    this.#at = at;
  }

  /** The line is its next rule. */
  take(i: number): void {
    if (this.#to === 0) this.#from = i;
    this.#to = i + 1;
  }

  get source(): SourceRef {
    return sourceOf(this.#text, this.#at);
  }

  get rules(): readonly Rule[] {
    return (this.#rules ??= this.#text.lines.slice(this.#from, this.#to).map((line, k) => ruleOf(line, sourceOf(this.#text, this.#from + k))));
  }
}

/** As plain data, which can be sent and compared; the rules are read, or left out. */
export const plainChain = (chain: Chain, withRules = true): Chain => ({
  name: chain.name,
  policy: chain.policy,
  rules: withRules ? chain.rules : [],
  source: chain.source,
  ...(chain.counters === undefined ? {} : { counters: chain.counters }),
});

function ruleOf(line: string, source: SourceRef): Rule {
  const { matches, target } = parseRule(tokenize(line), 2);
  return { matches, target, text: line, source };
}
