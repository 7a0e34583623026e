import { inPrefix, type Ip4 } from '../../packet/address.ts';
import { ANY_PACKET } from '../../world/policyRule.ts';
import type { PolicyRule, PortRange } from '../../world/world.ts';
import type { Ns } from '../sim.ts';

/** What a lookup asks (struct flowi4). */
export interface Flow {
  readonly dst: Ip4;
  readonly src: Ip4;
  readonly tos: number;
  readonly mark: number;
  /** The receiving device; `lo` for local output (LOOPBACK_IFINDEX). */
  readonly iif: string;
  readonly oif?: string | undefined;
  readonly proto: number;
  readonly sport?: number | undefined;
  readonly dport?: number | undefined;
  /** Whose packet it is; 0 for what no socket sends, undefined when nobody knows. */
  readonly uid?: number;
}

const DEFAULT_RULES: readonly PolicyRule[] = [
  { priority: 0, table: 'local' },
  { priority: 32766, table: 'main' },
  { priority: 32767, table: 'default' },
].map(({ priority, table }) => ({ ...ANY_PACKET, priority, action: { kind: 'lookup', table, suppressPrefixLength: undefined } }));

/** A namespace's policy rules in the order in which they are tried. */
export interface RuleList {
  readonly rules: readonly PolicyRule[];
  /**
   * Nobody ever added a rule: then local and main share one trie (fib_trie_unmerge(), net/ipv4/fib_trie.c), and fib_lookup() asks
   * main and default without looking at rules (`fib_has_custom_rules`, include/net/ip_fib.h).
   */
  readonly standard: boolean;
}

const lists = new WeakMap<readonly PolicyRule[], RuleList>();

/** The rules of a namespace; the three standard ones when the dump shows none. */
export function rulesOf(ns: Ns): RuleList {
  const given = ns.netns.rules;
  const known = lists.get(given);
  if (known) return known;
  const rules = (given.length === 0 ? DEFAULT_RULES : given).toSorted((a, b) => a.priority - b.priority);
  const list = { rules, standard: isStandard(rules) };
  lists.set(given, list);
  return list;
}

const selectors = (r: PolicyRule): readonly unknown[] => [r.from, r.to, r.iif, r.oif, r.fwmark, r.tos, r.ipproto, r.sport, r.dport, r.uids];

const isStandard = (rules: readonly PolicyRule[]): boolean =>
  rules.length === DEFAULT_RULES.length &&
  rules.every((r, i) => {
    const standard = DEFAULT_RULES[i];
    const sameTable = r.action.kind === 'lookup' && standard?.action.kind === 'lookup' && r.action.table === standard.action.table && r.action.suppressPrefixLength === undefined;
    return r.priority === standard?.priority && sameTable && !r.not && r.unknown.length === 0 && selectors(r).every((s) => s === undefined);
  });

const inRange = (port: number | undefined, range: PortRange): boolean => port !== undefined && port >= range.from && port <= range.to;

/** The table of a VRF: `lookup [l3mdev-table]` can only concern a namespace that has one (l3mdev_fib_rule_match(), net/l3mdev/l3mdev.c). */
const L3MDEV = 'lookup [l3mdev-table]';

/** fib4_rule_match() and fib_rule_match() (net/ipv4/fib_rules.c, net/core/fib_rules.c). A selector that we cannot judge makes it unknown, unless another one says no. */
export function ruleMatches(ns: Ns, rule: PolicyRule, flow: Flow): boolean | 'unknown' {
  const refused =
    (rule.from !== undefined && !inPrefix(flow.src, rule.from.ip, rule.from.prefixLen)) ||
    (rule.to !== undefined && !inPrefix(flow.dst, rule.to.ip, rule.to.prefixLen)) ||
    (rule.iif !== undefined && rule.iif !== flow.iif) ||
    (rule.oif !== undefined && rule.oif !== flow.oif) ||
    (rule.fwmark !== undefined && ((flow.mark ^ rule.fwmark.value) & rule.fwmark.mask) !== 0) ||
    (rule.tos !== undefined && rule.tos !== 0 && rule.tos !== (flow.tos & 0x1c)) ||
    (rule.ipproto !== undefined && rule.ipproto !== 0 && rule.ipproto !== flow.proto) ||
    (rule.sport !== undefined && !inRange(flow.sport, rule.sport)) ||
    (rule.dport !== undefined && !inRange(flow.dport, rule.dport)) ||
    (rule.uids !== undefined && flow.uid !== undefined && (flow.uid < rule.uids.from || flow.uid > rule.uids.to)) ||
    (rule.unknown[0] === L3MDEV && !ns.netns.links.some((l) => l.kindText === 'vrf'));
  if (refused) return rule.not;
  const everybody = rule.uids === undefined || flow.uid !== undefined || (rule.uids.from === 0 && rule.uids.to >= 0xfffffffe);
  return rule.unknown.length > 0 || !everybody ? 'unknown' : !rule.not;
}

/** What of a rule cannot be judged, by name. */
export const unknownOf = (rule: PolicyRule): string => [...rule.unknown, ...(rule.uids ? [`uidrange ${rule.uids.from}-${rule.uids.to}`] : [])].join(' ');
