import type { TableName } from '../../world/netfilter.ts';
import type { Because } from '../because.ts';
import { Paper } from './paper.ts';

interface DraftRule {
  /** Behind `-A CHAIN `, as iptables-save prints it. */
  readonly args: string;
  readonly because: Because | undefined;
}

/** A rule and where it goes. */
export interface WrittenRule {
  readonly table: TableName;
  readonly chain: string;
  /** Absent: the chain is made, and left as it is. */
  readonly rule?: DraftRule;
}

/** What can be written to from the front to the end. */
export type RuleWriter = Pick<Firewall, 'chain' | 'append' | 'appendAll'>;

/** Notes rules down, so that they can be appended to more than one firewall. */
export class RuleLog implements RuleWriter {
  readonly rules: WrittenRule[] = [];

  chain(table: TableName, chain: string): void {
    this.rules.push({ table, chain });
  }

  append(table: TableName, chain: string, args: string, because?: Because): void {
    this.rules.push({ table, chain, rule: { args, because } });
  }

  appendAll(rules: readonly WrittenRule[]): void {
    this.rules.push(...rules);
  }
}

interface DraftChain {
  policy: 'ACCEPT' | 'DROP' | undefined;
  readonly rules: DraftRule[];
}

/** The kernel's base chains, in the order in which iptables-save lists them. */
const BASE_CHAINS: Readonly<Record<TableName, readonly string[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
};

const PRINTED_ORDER: readonly TableName[] = ['raw', 'mangle', 'nat', 'filter', 'security'];

/** The iptables rules of one network namespace while the programs of a node write them, in the order in which those start. */
export class Firewall {
  readonly #tables = new Map<TableName, Map<string, DraftChain>>();

  /** The chain, made when it is not there: `iptables -N`. Touching a table loads it, with its base chains. */
  chain(table: TableName, name: string): void {
    this.#chain(table, name);
  }

  /** `-A`. `args` is what stands behind the chain in a line of iptables-save, in that command's own spelling and order. */
  append(table: TableName, chain: string, args: string, because?: Because): void {
    this.#chain(table, chain).rules.push({ args, because });
  }

  /** In their order. */
  appendAll(rules: readonly WrittenRule[]): void {
    for (const { table, chain, rule } of rules) {
      const { rules: own } = this.#chain(table, chain);
      if (rule) own.push(rule);
    }
  }

  /** `-I`: in front of all other rules. */
  prepend(table: TableName, chain: string, args: string, because?: Because): void {
    this.#chain(table, chain).rules.unshift({ args, because });
  }

  /** `-D`; false when there is no such rule. */
  remove(table: TableName, chain: string, args: string): boolean {
    const rules = this.#tables.get(table)?.get(chain)?.rules;
    const at = rules?.findIndex((r) => r.args === args) ?? -1;
    rules?.splice(at, at < 0 ? 0 : 1);
    return at >= 0;
  }

  /** `-F`: without its rules; all chains of the table when none is named. */
  flush(table: TableName, chain?: string): void {
    for (const [name, { rules }] of this.#tables.get(table) ?? []) if (chain === undefined || name === chain) rules.length = 0;
  }

  /** `-P`. */
  policy(table: TableName, chain: string, policy: 'ACCEPT' | 'DROP'): void {
    this.#chain(table, chain).policy = policy;
  }

  has(table: TableName, chain: string): boolean {
    return this.#tables.get(table)?.has(chain) ?? false;
  }

  /** The rules of a chain as they stand, without `-A CHAIN `. */
  rules(table: TableName, chain: string): readonly string[] {
    return this.#tables.get(table)?.get(chain)?.rules.map((r) => r.args) ?? [];
  }

  /** As `iptables-save` prints it: base chains, then the others by name; rules in the order of their chains. Nothing when no table is loaded. */
  print(): Paper {
    const paper = new Paper();
    for (const name of PRINTED_ORDER) {
      const chains = this.#tables.get(name);
      if (!chains) continue;
      const base = BASE_CHAINS[name];
      const ordered = [...base, ...[...chains.keys()].filter((c) => !base.includes(c)).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))];
      paper.add(`*${name}`);
      for (const chain of ordered) paper.add(`:${chain} ${chains.get(chain)?.policy ?? '-'} [0:0]`);
      for (const chain of ordered) for (const { args, because } of chains.get(chain)?.rules ?? []) paper.add(`-A ${chain}${args === '' ? '' : ` ${args}`}`, because);
      paper.add('COMMIT');
    }
    return paper;
  }

  #chain(table: TableName, name: string): DraftChain {
    let chains = this.#tables.get(table);
    if (!chains) {
      chains = new Map(BASE_CHAINS[table].map((c): [string, DraftChain] => [c, { policy: 'ACCEPT', rules: [] }]));
      this.#tables.set(table, chains);
    }
    let chain = chains.get(name);
    if (!chain) {
      chain = { policy: undefined, rules: [] };
      chains.set(name, chain);
    }
    return chain;
  }
}
