import { formatIp4, inPrefix, type Ip4 } from '../../packet/address.ts';
import type { SourceRef } from '../../world/source.ts';
import type { Nexthop, PolicyRule, PortRange, Route } from '../../world/world.ts';
import { type Ns, linkOf } from '../sim.ts';
import { isUp } from '../../world/lookup.ts';
import { SCOPE } from './source.ts';

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
}

/** An answer that leads somewhere. */
export interface FibHit {
  readonly kind: 'route';
  readonly route: Route;
  readonly nexthop: Nexthop;
  /** All usable next hops when there is a choice between them, else the one. */
  readonly alternatives: readonly Nexthop[];
  readonly table: string;
  readonly priority: number;
  readonly source: readonly (SourceRef | undefined)[];
}

export type FibAnswer =
  | FibHit
  | {
      readonly kind: 'error';
      /** EINVAL blackhole, EHOSTUNREACH unreachable, EACCES prohibit, ENETUNREACH no route. */
      readonly error: 'EINVAL' | 'EHOSTUNREACH' | 'EACCES' | 'ENETUNREACH';
      readonly table: string | undefined;
      readonly priority: number | undefined;
      readonly prefix: string | undefined;
      readonly source: readonly (SourceRef | undefined)[];
    }
  | { readonly kind: 'unknown'; readonly what: 'policy-rule' | 'route'; readonly name: string; readonly source: readonly (SourceRef | undefined)[] };

const DEFAULT_RULES: readonly PolicyRule[] = [
  { priority: 0, table: 'local' },
  { priority: 32766, table: 'main' },
  { priority: 32767, table: 'default' },
].map(({ priority, table }) => ({
  priority,
  not: false,
  from: undefined,
  to: undefined,
  iif: undefined,
  oif: undefined,
  fwmark: undefined,
  tos: undefined,
  ipproto: undefined,
  sport: undefined,
  dport: undefined,
  action: { kind: 'lookup', table, suppressPrefixLength: undefined },
  unknown: [],
  source: undefined,
}));

const inRange = (port: number | undefined, range: PortRange): boolean => port !== undefined && port >= range.from && port <= range.to;

/** fib4_rule_match() and fib_rule_match() (net/ipv4/fib_rules.c, net/core/fib_rules.c). */
function ruleMatches(rule: PolicyRule, flow: Flow): boolean {
  const all =
    (rule.from === undefined || inPrefix(flow.src, rule.from.ip, rule.from.prefixLen)) &&
    (rule.to === undefined || inPrefix(flow.dst, rule.to.ip, rule.to.prefixLen)) &&
    (rule.iif === undefined || rule.iif === flow.iif) &&
    (rule.oif === undefined || rule.oif === flow.oif) &&
    (rule.fwmark === undefined || ((flow.mark ^ rule.fwmark.value) & rule.fwmark.mask) === 0) &&
    (rule.tos === undefined || rule.tos === (flow.tos & 0x1c)) &&
    (rule.ipproto === undefined || rule.ipproto === flow.proto) &&
    (rule.sport === undefined || inRange(flow.sport, rule.sport)) &&
    (rule.dport === undefined || inRange(flow.dport, rule.dport));
  return all !== rule.not;
}

/** Whether the kernel would use this next hop now (fib_lookup_good_nhc()). */
function nexthopUsable(ns: Ns, hop: Nexthop, flow: Flow): boolean {
  if (hop.dead) return false;
  if (flow.oif !== undefined && hop.dev !== flow.oif) return false;
  return hop.dev === undefined || linkOf(ns, hop.dev) !== undefined;
}

/** Text of a prefix as `ip route` prints it. */
export const prefixText = (route: Route): string => (route.dst.prefixLen === 0 ? 'default' : route.dst.prefixLen === 32 ? formatIp4(route.dst.ip) : `${formatIp4(route.dst.ip)}/${route.dst.prefixLen}`);

type TableAnswer = Extract<FibAnswer, { kind: 'route' | 'error' | 'unknown' }> | { readonly kind: 'none' };

/**
 * fib_table_lookup() (net/ipv4/fib_trie.c): the longest prefix wins; under one prefix the exact tos before none, then the lowest
 * metric. A route whose next hops cannot be used is passed over and the search goes on with the next best.
 */
function lookupTable(ns: Ns, tables: readonly string[], flow: Flow, priority: number): TableAnswer {
  const candidates = ns.netns.routes
    .filter((r) => tables.includes(r.table) && inPrefix(flow.dst, r.dst.ip, r.dst.prefixLen) && (r.tos === 0 || r.tos === (flow.tos & 0x1c)))
    .toSorted((a, b) => b.dst.prefixLen - a.dst.prefixLen || tables.indexOf(a.table) - tables.indexOf(b.table) || b.tos - a.tos || a.metric - b.metric);
  for (const route of candidates) {
    const where = { table: route.table, priority, source: [route.source] };
    if (route.unknown.length > 0) return { kind: 'unknown', what: 'route', name: route.unknown.join(' '), source: [route.source] };
    switch (route.type) {
      case 'throw':
        return { kind: 'none' };
      case 'blackhole':
        return { kind: 'error', error: 'EINVAL', prefix: prefixText(route), ...where };
      case 'unreachable':
        return { kind: 'error', error: 'EHOSTUNREACH', prefix: prefixText(route), ...where };
      case 'prohibit':
        return { kind: 'error', error: 'EACCES', prefix: prefixText(route), ...where };
    }
    // Routes through a device that is down do not exist in the kernel; local ones do (a dummy that is DOWN still has them).
    const usable = route.nexthops.filter((h) => nexthopUsable(ns, h, flow) && (route.type !== 'unicast' || h.dev === undefined || deviceIsUp(ns, h.dev)));
    const first = usable[0];
    if (first) return { kind: 'route', route, nexthop: first, alternatives: usable, ...where };
  }
  return { kind: 'none' };
}

const deviceIsUp = (ns: Ns, dev: string): boolean => {
  const link = linkOf(ns, dev);
  return link !== undefined && isUp(link);
};

/**
 * While a namespace has never had a policy rule of its own, local and main share one trie (fib_trie_unmerge(), net/ipv4/fib_trie.c),
 * so that a longer prefix in main beats a shorter local one; seen on Linux 6.18.
 */
const MERGED = ['local', 'main'] as const;

const isStandard = (rules: readonly PolicyRule[]): boolean =>
  rules.length === DEFAULT_RULES.length &&
  rules.every((r, i) => {
    const standard = DEFAULT_RULES[i];
    const selectors = [r.from, r.to, r.iif, r.oif, r.fwmark, r.tos, r.ipproto, r.sport, r.dport];
    const sameTable = r.action.kind === 'lookup' && standard?.action.kind === 'lookup' && r.action.table === standard.action.table && r.action.suppressPrefixLength === undefined;
    return r.priority === standard?.priority && sameTable && !r.not && r.unknown.length === 0 && selectors.every((s) => s === undefined);
  });

/**
 * fib_lookup() (include/net/ip_fib.h): the policy rules in order of priority, each naming a table, until one answers.
 * `unknown` when a rule or route that would matter has parts that we do not understand.
 */
export function fibLookup(ns: Ns, flow: Flow): FibAnswer {
  const rules = (ns.netns.rules.length === 0 ? DEFAULT_RULES : ns.netns.rules).toSorted((a, b) => a.priority - b.priority);
  const standard = isStandard(rules);
  let least = -1;
  for (const rule of rules) {
    if (rule.priority < least) continue;
    if (!ruleMatches(rule, flow)) continue;
    if (rule.unknown.length > 0) return { kind: 'unknown', what: 'policy-rule', name: rule.unknown.join(' '), source: [rule.source] };
    const error = { kind: 'error', table: undefined, priority: rule.priority, prefix: undefined, source: [rule.source] } as const;
    switch (rule.action.kind) {
      case 'nop':
        continue;
      case 'goto':
        least = rule.action.priority;
        continue;
      case 'blackhole':
        return { ...error, error: 'EINVAL' };
      case 'unreachable':
        return { ...error, error: 'ENETUNREACH' };
      case 'prohibit':
        return { ...error, error: 'EACCES' };
      case 'lookup': {
        const answer = standard ? lookupTable(ns, rule.priority === 0 ? MERGED : [rule.action.table], flow, rule.priority) : lookupTable(ns, [rule.action.table], flow, rule.priority);
        if (answer.kind === 'none') continue;
        const suppress = rule.action.suppressPrefixLength;
        if (suppress !== undefined && answer.kind === 'route' && answer.route.dst.prefixLen <= suppress) continue;
        if (answer.kind === 'unknown') return answer;
        if (standard) return { ...answer, priority: rules.find((r) => r.action.kind === 'lookup' && r.action.table === answer.table)?.priority ?? rule.priority };
        return { ...answer, source: [...answer.source, rule.source] };
      }
    }
  }
  return { kind: 'error', error: 'ENETUNREACH', table: undefined, priority: undefined, prefix: undefined, source: [] };
}

/** The numeric scope of a route: narrower next hops may not be reached through wider ones. */
export const routeScope = (route: Route): number => (route.scope === undefined ? 0 : (SCOPE[route.scope as keyof typeof SCOPE] ?? 0));

export type AddressType = 'local' | 'broadcast' | 'multicast' | 'unicast' | 'anycast';

/** inet_addr_type() (net/ipv4/fib_frontend.c): what an address is to this namespace; `unicast` when no local route has it. */
export function addressType(ns: Ns, ip: Ip4, dev?: string): AddressType {
  if (ip >>> 24 === 0 || ip === 0xffffffff) return 'broadcast';
  if (ip >>> 28 === 14) return 'multicast';
  const flow: Flow = { dst: ip, src: 0, tos: 0, mark: 0, iif: 'lo', proto: 0 };
  // Table local is asked (RT_TABLE_LOCAL), and with a device the route must be on it.
  const answer = lookupTable(ns, ns.netns.rules.length === 0 || isStandard(ns.netns.rules) ? MERGED : ['local'], flow, 0);
  if (answer.kind !== 'route') return 'unicast';
  if (dev !== undefined && answer.nexthop.dev !== dev) return 'unicast';
  const type = answer.route.type;
  return type === 'local' || type === 'broadcast' || type === 'multicast' || type === 'anycast' ? type : 'unicast';
}
