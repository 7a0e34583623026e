import { formatIp4, type Ip4, maskOf } from '../../packet/address.ts';
import { isUp } from '../../world/lookup.ts';
import type { SourceRef } from '../../world/source.ts';
import type { Nexthop, NexthopObject, Route } from '../../world/world.ts';
import { devConf, linkOf, type Ns } from '../sim.ts';
import { type Flow, ruleMatches, rulesOf, unknownOf } from './rules.ts';
import { SCOPE } from './source.ts';

export type { Flow } from './rules.ts';

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

export interface FibRefusal {
  readonly kind: 'error';
  /** EINVAL blackhole, EHOSTUNREACH unreachable, EACCES prohibit, ENETUNREACH no route. */
  readonly error: 'EINVAL' | 'EHOSTUNREACH' | 'EACCES' | 'ENETUNREACH';
  readonly table: string | undefined;
  readonly priority: number | undefined;
  readonly prefix: string | undefined;
  readonly source: readonly (SourceRef | undefined)[];
}

export interface FibUnknown {
  readonly kind: 'unknown';
  readonly what: 'policy-rule' | 'route' | 'dump';
  readonly name: string;
  /** The command that would settle it. */
  readonly ask?: string;
  readonly source: readonly (SourceRef | undefined)[];
}

export type FibAnswer = FibHit | FibRefusal | FibUnknown;

const ALL_ROUTES = 'ip route show table all';

/** Routes by table, prefix length and network: what a trie does in the kernel. */
interface FibTable {
  /** Lengths that occur, longest first. */
  readonly lengths: readonly number[];
  readonly byLength: ReadonlyMap<number, ReadonlyMap<Ip4, readonly Route[]>>;
}

const indexes = new WeakMap<readonly Route[], Map<string, FibTable>>();

/** Local and main in one trie, while no rule was ever added. */
const MERGED = 'local+main';

/** Under one prefix: local before main in the shared trie, the exact tos before none, then the lowest metric (fib_insert_alias()). */
const aliasOrder = (a: Route, b: Route): number => (a.table === b.table ? 0 : a.table === 'local' ? -1 : 1) || b.tos - a.tos || a.metric - b.metric;

function tableOf(ns: Ns, name: string): FibTable {
  const { routes } = ns.netns;
  const known = indexes.get(routes) ?? new Map<string, FibTable>();
  indexes.set(routes, known);
  const made = known.get(name);
  if (made) return made;
  const byLength = new Map<number, Map<Ip4, Route[]>>();
  for (const route of routes) {
    if (name === MERGED ? route.table !== 'local' && route.table !== 'main' : route.table !== name) continue;
    const { ip, prefixLen } = route.dst;
    const networks = byLength.get(prefixLen) ?? new Map<Ip4, Route[]>();
    byLength.set(prefixLen, networks);
    const network = (ip & maskOf(prefixLen)) >>> 0;
    const aliases = networks.get(network);
    if (aliases) aliases.push(route);
    else networks.set(network, [route]);
  }
  for (const networks of byLength.values()) for (const aliases of networks.values()) if (aliases.length > 1) aliases.sort(aliasOrder);
  const table = { lengths: [...byLength.keys()].toSorted((a, b) => b - a), byLength };
  known.set(name, table);
  return table;
}

/** Text of a prefix as `ip route` prints it. */
export const prefixText = (route: Route): string => (route.dst.prefixLen === 0 ? 'default' : route.dst.prefixLen === 32 ? formatIp4(route.dst.ip) : `${formatIp4(route.dst.ip)}/${route.dst.prefixLen}`);

/** Next hops of a route; those of its nexthop object when the dump of the route does not spell them out (nexthop_compat_mode=0). */
function nexthopsOf(ns: Ns, route: Route): readonly Nexthop[] | 'blackhole' | FibUnknown {
  if (route.nhid === undefined || route.nexthops.length > 0) return route.nexthops;
  const objects = ns.netns.nexthopObjects ?? [];
  const unknown = (name: string, at: NexthopObject | Route): FibUnknown => ({ kind: 'unknown', what: 'route', name, ask: ALL_ROUTES, source: [at.source] });
  const object = objects.find((o) => o.id === route.nhid);
  if (!object) return unknown(`nhid ${route.nhid}`, route);
  const members = object.group ?? [{ id: object.id, weight: 1 }];
  const hops: Nexthop[] = [];
  for (const { id, weight } of members) {
    const member = objects.find((o) => o.id === id);
    if (!member || member.unknown.length > 0) return unknown(member?.unknown.join(' ') ?? `nhid ${id}`, member ?? object);
    if (member.blackhole) return 'blackhole';
    hops.push({ via: member.via, dev: member.dev, weight, onlink: member.onlink, dead: false });
  }
  return hops;
}

/** fib_lookup_good_nhc(): whether the kernel would use this next hop now. Unicast routes of a device that is down do not exist. */
function nexthopUsable(ns: Ns, hop: Nexthop, route: Route, flow: Flow): boolean {
  if (hop.dead || (flow.oif !== undefined && hop.dev !== flow.oif)) return false;
  if (hop.dev === undefined) return true;
  const link = linkOf(ns, hop.dev);
  if (link === undefined || (route.type === 'unicast' && !isUp(link))) return false;
  return hop.linkdown !== true || devConf(ns, hop.dev, 'ignore_routes_with_linkdown', 'or', 0) === 0;
}

const ERRORS = { blackhole: 'EINVAL', unreachable: 'EHOSTUNREACH', prohibit: 'EACCES' } as const;

type TableAnswer = FibAnswer | { readonly kind: 'none' };

/**
 * fib_table_lookup() (net/ipv4/fib_trie.c): the longest prefix wins; under one prefix the exact tos before none, then the lowest
 * metric. A route whose next hops cannot be used is passed over and the search goes on with the next best.
 */
function lookupTable(ns: Ns, name: string, flow: Flow, priority: number): TableAnswer {
  const { lengths, byLength } = tableOf(ns, name);
  for (const length of lengths) {
    for (const route of byLength.get(length)?.get((flow.dst & maskOf(length)) >>> 0) ?? []) {
      if (route.tos !== 0 && route.tos !== (flow.tos & 0x1c)) continue;
      const where = { table: route.table, priority, source: [route.source] };
      if (route.type === 'throw') return { kind: 'none' };
      if (route.type === 'blackhole' || route.type === 'unreachable' || route.type === 'prohibit') return { kind: 'error', error: ERRORS[route.type], prefix: prefixText(route), ...where };
      if (route.unknown.length > 0) return { kind: 'unknown', what: 'route', name: route.unknown.join(' '), ask: ALL_ROUTES, source: [route.source] };
      const hops = nexthopsOf(ns, route);
      if (hops === 'blackhole') return { kind: 'error', error: 'EINVAL', prefix: prefixText(route), ...where };
      if ('kind' in hops) return hops;
      const usable = hops.filter((h) => nexthopUsable(ns, h, route, flow));
      const first = usable[0];
      if (first) return { kind: 'route', route, nexthop: first, alternatives: usable, ...where };
    }
  }
  return isListed(ns, name) ? { kind: 'none' } : { kind: 'unknown', what: 'dump', name: `table ${name === MERGED ? 'main' : name}`, ask: ALL_ROUTES, source: [] };
}

/** Whether a dump shows this table whole. Table default is empty but where somebody writes to it, and then the rest of it is listed, too. */
const isListed = ({ netns: { routesListed } }: Ns, name: string): boolean => routesListed === undefined || name === 'local' || (name === 'default' && routesListed.length > 0) || routesListed.includes(name === MERGED ? 'main' : name);

const NOTHING: FibRefusal = { kind: 'error', error: 'ENETUNREACH', table: undefined, priority: undefined, prefix: undefined, source: [] };

/** fib_lookup() without rules of one's own: local and main together, then default, which also has a say where main refuses. */
function lookupStandard(ns: Ns, flow: Flow): FibAnswer {
  const { rules } = rulesOf(ns);
  const main = lookupTable(ns, MERGED, flow, 0);
  const answer = main.kind === 'route' || main.kind === 'unknown' ? main : lookupTable(ns, 'default', flow, 0);
  const taken = answer.kind === 'none' ? main : answer;
  if (taken.kind === 'none') return NOTHING;
  if (taken.kind === 'unknown') return taken;
  const priority = rules.find((r) => r.action.kind === 'lookup' && r.action.table === taken.table)?.priority;
  return { ...taken, priority: priority ?? 0 };
}

/**
 * fib_lookup() (include/net/ip_fib.h) and fib_rules_lookup() (net/core/fib_rules.c): the policy rules in order of priority, each naming a
 * table, until one answers. `unknown` when a rule or route that would matter has parts that we do not understand.
 */
export function fibLookup(ns: Ns, flow: Flow): FibAnswer {
  const { rules, standard } = rulesOf(ns);
  if (standard) return lookupStandard(ns, flow);
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i];
    if (!rule) break;
    const matches = ruleMatches(ns, rule, flow);
    if (matches === false) continue;
    if (matches === 'unknown') return { kind: 'unknown', what: 'policy-rule', name: unknownOf(rule), ask: 'ip rule', source: [rule.source] };
    const error = { kind: 'error', table: undefined, priority: rule.priority, prefix: undefined, source: [rule.source] } as const;
    switch (rule.action.kind) {
      case 'nop':
        continue;
      case 'goto': {
        // Without a rule of just that number the jump is unresolved and the walk goes on.
        const to = rule.action.priority;
        const target = rules.findIndex((r, at) => at > i && r.priority === to);
        if (target > 0) i = target - 1;
        continue;
      }
      case 'blackhole':
        return { ...error, error: 'EINVAL' };
      case 'unreachable':
        return { ...error, error: 'ENETUNREACH' };
      case 'prohibit':
        return { ...error, error: 'EACCES' };
      case 'lookup': {
        const answer = lookupTable(ns, rule.action.table, flow, rule.priority);
        if (answer.kind === 'none') continue;
        if (answer.kind === 'unknown') return answer;
        // fib4_rule_suppress()
        const suppress = rule.action.suppressPrefixLength ?? -1;
        if (answer.kind === 'route' && answer.route.dst.prefixLen <= suppress) continue;
        return { ...answer, source: [...answer.source, rule.source] };
      }
    }
  }
  return NOTHING;
}

/** The numeric scope of a route: narrower next hops may not be reached through wider ones. */
export const routeScope = (route: Route): number => {
  if (route.scope === undefined) return 0;
  if (route.scope === 'nowhere') return 255;
  return SCOPE[route.scope as keyof typeof SCOPE] ?? (Number.parseInt(route.scope, 10) || 0);
};

/** Whether a next hop is reached without a router: its own scope is host or narrower (fib_check_nh_nongw(), net/ipv4/fib_semantics.c). */
export const isOnLink = (hop: Nexthop): boolean => hop.via === undefined;

export type AddressType = 'local' | 'broadcast' | 'multicast' | 'unicast' | 'anycast';

/** inet_addr_type() (net/ipv4/fib_frontend.c): what an address is to this namespace; `unicast` when no local route has it. */
export function addressType(ns: Ns, ip: Ip4, dev?: string): AddressType {
  if (ip === 0 || ip === 0xffffffff) return 'broadcast';
  if (ip >>> 28 === 14) return 'multicast';
  // Table local is asked (RT_TABLE_LOCAL), and with a device the route must be on it.
  const answer = lookupLocal(ns, ip);
  if (answer.kind !== 'route') return 'unicast';
  if (dev !== undefined && answer.nexthop.dev !== dev) return 'unicast';
  const type = answer.route.type;
  return type === 'local' || type === 'broadcast' || type === 'multicast' || type === 'anycast' ? type : 'unicast';
}

/** A lookup in table local alone, which is one trie with main while no rule was ever added. */
export const lookupLocal = (ns: Ns, ip: Ip4): TableAnswer => lookupTable(ns, rulesOf(ns).standard ? MERGED : 'local', { dst: ip, src: 0, tos: 0, mark: 0, iif: 'lo', proto: 0 }, 0);
