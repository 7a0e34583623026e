import type { Rule, Table } from '../../world/netfilter.ts';
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

interface Needs {
  readonly tracking: boolean;
  readonly sockets: boolean;
}

/** A rule set is read once, however many packets pass it. */
const known = new WeakMap<readonly Table[], Needs>();

function needsOf({ tables }: Netns): Needs {
  if (!tables) return { tracking: false, sockets: false };
  let needs = known.get(tables);
  if (!needs) {
    const some = (among: ReadonlySet<string>): boolean => tables.some((t) => t.chains.some((c) => c.rules.some((r) => names(r, among))));
    needs = { tracking: some(TRACKERS), sockets: some(SOCKET_LOOKERS) };
    known.set(tables, needs);
  }
  return needs;
}

/**
 * Whether a namespace tracks connections at all: one rule that needs it is enough, matched or not. Empty nat tables do not count
 * (nf_ct_netns_get(); seen on Linux 6.1 and 6.18).
 */
export const needsConntrack = (netns: Netns): boolean => needsOf(netns).tracking;

/** Whether fragments are put together at PREROUTING and OUTPUT: nf_ct_netns_get() sees to that, too. */
export const needsDefrag = (netns: Netns): boolean => needsOf(netns).tracking || needsOf(netns).sockets;

/** Whether nat listens at all four hooks: any base chain of a nat table makes it (nf_nat_register_fn(), net/netfilter/nf_nat_core.c). */
export const hasNat = (netns: Netns): boolean => netns.tables?.some((t) => t.name === 'nat' && t.chains.some((c) => c.policy !== undefined)) === true;
