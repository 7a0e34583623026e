import type { Rule, Table } from '../../world/netfilter.ts';
import type { Netns } from '../../world/world.ts';

/** Matches and targets that take a reference on connection tracking (nf_ct_netns_get() in their checkentry). */
const byName = new Set(['connmark', 'CONNMARK', 'connlimit', 'connbytes', 'connlabel', 'helper', 'cluster', 'CT', 'NETMAP', 'SYNPROXY', 'CONNSECMARK', 'state', 'conntrack']);

function ruleNeeds(rule: Rule): boolean {
  switch (rule.target.kind) {
    case 'dnat':
    case 'snat':
    case 'masquerade':
    case 'redirect':
    case 'notrack':
    case 'connmark':
      return true;
    case 'unknown':
      if (byName.has(rule.target.name)) return true;
  }
  return rule.matches.some((m) => m.kind === 'ctstate' || m.kind === 'connmark' || (m.kind === 'unknown' && byName.has(m.name)));
}

/**
 * Whether a namespace tracks connections at all: one rule that needs it is enough, matched or not. Empty nat tables do not count
 * (nf_ct_netns_get(); seen on Linux 6.1 and 6.18).
 */
export function needsConntrack({ tables }: Netns): boolean {
  if (!tables) return false;
  let needs = known.get(tables);
  if (needs === undefined) {
    needs = tables.some((t) => t.chains.some((c) => c.rules.some(ruleNeeds)));
    known.set(tables, needs);
  }
  return needs;
}

/** A rule set is read once, however many packets pass it. */
const known = new WeakMap<readonly Table[], boolean>();
