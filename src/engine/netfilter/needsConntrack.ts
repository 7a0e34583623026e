import type { Chain, Rule, Table } from '../../world/netfilter.ts';
import type { Netns } from '../../world/world.ts';

/**
 * Matches and targets whose checkentry takes a reference on connection tracking (nf_ct_netns_get()). `-j CT --notrack` and NOTRACK
 * do not (xt_ct_tg_check()): taking packets out of tracking starts none.
 */
const TRACKERS = new Set(
  'ctstate conntrack state connmark connlimit connbytes connlabel helper cluster CLUSTERIP CT ct DNAT dnat SNAT snat MASQUERADE masquerade REDIRECT redirect NETMAP netmap CONNMARK CONNSECMARK SYNPROXY synproxy'.split(' '),
);

/** Those that look sockets up, and need whole packets for it (nf_defrag_ipv4_enable()). */
const SOCKET_LOOKERS = new Set('socket TPROXY tproxy'.split(' '));

const nameOf = (part: { readonly kind: string; readonly name?: string }): string => (part.kind === 'unknown' ? (part.name ?? '') : part.kind);
const names = (rule: Rule, among: ReadonlySet<string>): boolean => among.has(nameOf(rule.target)) || rule.matches.some((m) => among.has(nameOf(m)));

/** The chains that need tracking, or sockets; undefined: there is none. A rule set is read once, however many packets pass it. */
type Witnesses = Map<ReadonlySet<string>, Chain | undefined>;
const known = new WeakMap<readonly Table[], Witnesses>();

/** A chain with such a rule. The last ones are looked at first: where rules are read on demand, those of kube-proxy's endpoints are short. */
function witness({ tables }: Netns, among: ReadonlySet<string>): Chain | undefined {
  if (!tables) return undefined;
  const found = known.get(tables) ?? new Map<ReadonlySet<string>, Chain | undefined>();
  known.set(tables, found);
  if (!found.has(among)) {
    let chain: Chain | undefined;
    for (let i = tables.length - 1; i >= 0 && !chain; i--) chain = tables[i]?.chains.findLast((c) => c.rules.some((r) => names(r, among)));
    found.set(among, chain);
  }
  return found.get(among);
}

/**
 * Whether a namespace tracks connections at all: one rule that needs it is enough, matched or not. Empty nat tables do not count
 * (nf_ct_netns_get(); seen on Linux 6.1 and 6.18).
 */
export const needsConntrack = (netns: Netns): boolean => witness(netns, TRACKERS) !== undefined;

/** Whether fragments are put together at PREROUTING and OUTPUT: nf_ct_netns_get() sees to that, too. */
export const needsDefrag = (netns: Netns): boolean => needingChain(netns) !== undefined;

/** The chain because of which that is so: one is enough. */
export const needingChain = (netns: Netns): Chain | undefined => witness(netns, TRACKERS) ?? witness(netns, SOCKET_LOOKERS);

/** Whether nat listens at all four hooks: any base chain of a nat table makes it (nf_nat_register_fn(), net/netfilter/nf_nat_core.c). */
export const hasNat = (netns: Netns): boolean => netns.tables?.some((t) => t.name === 'nat' && t.chains.some((c) => c.policy !== undefined)) === true;
