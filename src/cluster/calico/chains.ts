import { sha224 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { TableName } from '../../world/netfilter.ts';
import type { Firewall } from '../draft/firewall.ts';
import { base64url } from './names.ts';
import { type FelixChain, type FelixRule, hashedText, savedText } from './rule.ts';

/** Everything that Felix has in one table. */
export interface FelixTable {
  readonly name: TableName;
  /** In front of all that a kernel chain has, by chain. */
  readonly inserts: Readonly<Record<string, readonly FelixRule[]>>;
  /** Behind it instead. */
  readonly insertAtEnd?: boolean;
  /** At the end of a kernel chain. */
  readonly appends: Readonly<Record<string, readonly FelixRule[]>>;
  readonly chains: readonly FelixChain[];
}

/** Each rule's hash covers its chain's name, the rules before it and its own text (RuleHashes(), felix/iptables/rules.go). */
export function ruleHashes(chain: string, rules: readonly FelixRule[]): readonly string[] {
  let state = sha224(utf8ToBytes(chain));
  return rules.map((rule) => {
    state = sha224(Uint8Array.from([...state, ...utf8ToBytes(hashedText(chain, rule))]));
    return base64url(state).slice(0, 16);
  });
}

/** Rules as iptables-save prints them behind `-A CHAIN `. */
export function printed(chain: string, rules: readonly FelixRule[]): readonly string[] {
  const hashes = ruleHashes(chain, rules);
  return rules.map((rule, i) => savedText(hashes[i] ?? '', rule));
}

/** Writes a table: its chains as far as something leads to them, then the jumps into them. Felix counts references and leaves other chains out (table.go, maybeDecrefReferredChains()). */
export function writeTable(firewall: Firewall, table: FelixTable): void {
  const byName = new Map(table.chains.map((c) => [c.name, c]));
  const wanted = new Set<string>();
  const reach = (rules: readonly FelixRule[]): void => {
    for (const { action } of rules) {
      const next = action?.chain;
      const chain = next === undefined ? undefined : byName.get(next);
      if (next === undefined || !chain || wanted.has(next)) continue;
      wanted.add(next);
      reach(chain.rules);
    }
  };
  for (const rules of [...Object.values(table.inserts), ...Object.values(table.appends)]) reach(rules);
  for (const name of [...wanted].toSorted()) {
    const rules = byName.get(name)?.rules ?? [];
    firewall.chain(table.name, name);
    for (const [i, args] of printed(name, rules).entries()) firewall.append(table.name, name, args, rules[i]?.because);
  }
  for (const [chain, rules] of Object.entries(table.inserts)) {
    const lines = [...printed(chain, rules).entries()];
    if (table.insertAtEnd === true) for (const [i, args] of lines) firewall.append(table.name, chain, args, rules[i]?.because);
    else for (const [i, args] of lines.toReversed()) firewall.prepend(table.name, chain, args, rules[i]?.because);
  }
  for (const [chain, rules] of Object.entries(table.appends)) {
    for (const [i, args] of printed(`${chain}*appends*`, rules).entries()) firewall.append(table.name, chain, args, rules[i]?.because);
  }
}
