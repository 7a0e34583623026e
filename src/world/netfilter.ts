import type { Ip4 } from '../packet/address.ts';
import type { ExtensionMatch } from './matches.ts';
import type { PortRange, Prefix } from './world.ts';
import type { SourceRef } from './source.ts';

export type TableName = 'raw' | 'mangle' | 'nat' | 'filter' | 'security';

/** The five hooks, as TRACE names them (enum nf_inet_hooks, include/uapi/linux/netfilter.h). */
export type Hook = 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING';

/** One `*table … COMMIT` of iptables-save. */
export interface Table {
  readonly name: TableName;
  readonly chains: readonly Chain[];
  readonly source: SourceRef | undefined;
  /** Lines that start with `#` around `*table … COMMIT`. */
  readonly comments?: { readonly above: readonly string[]; readonly below: readonly string[] };
}

export interface Chain {
  readonly name: string;
  /** Base chains have a policy, user chains (`-`) have none. */
  readonly policy: 'ACCEPT' | 'DROP' | undefined;
  /** In the order of the dump; rule numbers count from 1. */
  readonly rules: readonly Rule[];
  readonly source: SourceRef | undefined;
  /** `packets:bytes` as dumped; 64-bit, therefore text. */
  readonly counters?: string;
}

export interface Rule {
  /** In the order in which the text gives them, which is the order of evaluation. */
  readonly matches: readonly Match[];
  readonly target: Target;
  /** The rule as dumped, without counters: `-A CHAIN …`. */
  readonly text: string;
  readonly source: SourceRef | undefined;
  /** `packets:bytes` of `iptables-save -c`; 64-bit, therefore text. */
  readonly counters?: string;
  /** Lines that start with `#` right above the rule. */
  readonly comments?: readonly string[];
}

/** A member's address or range with negation. */
interface Negatable {
  readonly negate: boolean;
}

/** One condition. The standard ones (-s, -d, -i, -o, -p, -f) come first, as the kernel's ip_packet_match() tests them first. */
export type Match =
  | (Negatable & { readonly kind: 'src' | 'dst'; readonly net: Prefix })
  | (Negatable & { readonly kind: 'in' | 'out'; readonly dev: string }) // `eth+` matches a prefix
  | (Negatable & { readonly kind: 'proto'; readonly proto: number })
  | (Negatable & { readonly kind: 'fragment' })
  | { readonly kind: 'comment'; readonly text: string }
  | (Negatable & { readonly kind: 'mark'; readonly value: number; readonly mask: number })
  | (Negatable & { readonly kind: 'connmark'; readonly value: number; readonly mask: number })
  | (Negatable & { readonly kind: 'ctstate'; readonly states: readonly CtStateName[] })
  | (Negatable & CtCondition & { readonly kind: 'conntrack'; readonly withState: boolean })
  | SetMatch
  | (Negatable & { readonly kind: 'addrtype'; readonly side: 'src' | 'dst'; readonly types: readonly string[]; readonly limitIface: 'in' | 'out' | undefined })
  | (Negatable & { readonly kind: 'sport' | 'dport'; readonly proto: number; readonly ports: PortRange })
  | (Negatable & { readonly kind: 'multiport'; readonly side: 'src' | 'dst' | 'either'; readonly ports: readonly PortRange[] })
  | (Negatable & { readonly kind: 'tcp-flags'; readonly mask: number; readonly set: number })
  | (Negatable & { readonly kind: 'icmp-type'; readonly icmptype: number | undefined; readonly code: number | undefined }) // undefined: any
  | { readonly kind: 'statistic-random'; readonly probability: number; readonly negate: boolean }
  | (Negatable & { readonly kind: 'tcp-option'; readonly option: number })
  /** Which chunks the packet shall have: all of them, any of them, only them. `flags` as spelled, e.g. `Be`. */
  | (Negatable & { readonly kind: 'sctp-chunks'; readonly how: 'all' | 'any' | 'only'; readonly chunks: 'ALL' | 'NONE' | readonly { readonly type: number; readonly flags: string | undefined }[] })
  | ExtensionMatch
  | (Negatable & { readonly kind: 'unknown'; readonly name: string; readonly text: string });

/**
 * An option of `-m conntrack` beside `--ctstate`. `withState`: the same `-m` names states, and then a packet without a connection is
 * judged by those alone; without them it never matches (conntrack_mt(), net/netfilter/xt_conntrack.c).
 */
export type CtCondition =
  | { readonly option: 'ctproto'; readonly proto: number }
  | { readonly option: 'ctorigsrc' | 'ctorigdst' | 'ctreplsrc' | 'ctrepldst'; readonly net: Prefix }
  | { readonly option: 'ctorigsrcport' | 'ctorigdstport' | 'ctreplsrcport' | 'ctrepldstport'; readonly ports: PortRange }
  | { readonly option: 'ctstatus'; readonly status: readonly CtStatusName[] }
  | { readonly option: 'ctexpire'; readonly from: number; readonly to: number }
  | { readonly option: 'ctdir'; readonly dir: 'ORIGINAL' | 'REPLY' };

export type CtStatusName = 'NONE' | 'EXPECTED' | 'SEEN_REPLY' | 'ASSURED' | 'CONFIRMED';

export interface SetMatch extends Negatable, SetAndDirs {
  readonly kind: 'set';
  readonly returnNomatch?: boolean;
  /** `! --update-counters`. */
  readonly keepCounters?: boolean;
  /** `! --update-subcounters`. */
  readonly keepSubcounters?: boolean;
  readonly packets?: Compare;
  readonly bytes?: Compare;
}

/** `--packets-gt 5`; `ne` is `! --packets-eq`. */
export interface Compare {
  readonly op: 'eq' | 'ne' | 'lt' | 'gt';
  readonly value: number;
}

export type CtStateName = 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID' | 'UNTRACKED' | 'SNAT' | 'DNAT';

export type Target =
  | { readonly kind: 'none' } // a rule without -j only counts
  | { readonly kind: 'accept' | 'drop' | 'return' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  | { readonly kind: 'mark'; readonly value: number; readonly mask: number } // mark = (mark & ~mask) ^ value
  | { readonly kind: 'dnat' | 'snat'; readonly range: NatRange }
  | { readonly kind: 'masquerade' | 'redirect'; readonly range: NatRange }
  | { readonly kind: 'reject'; readonly with: string }
  | { readonly kind: 'netmap'; readonly net: Prefix }
  | { readonly kind: 'notrack'; readonly name: 'CT' | 'NOTRACK' }
  | CtTarget
  | { readonly kind: 'log'; readonly name: string; readonly options?: string } // LOG, NFLOG, TRACE: continues; options as iptables-save prints them
  | ConnmarkTarget
  | { readonly kind: 'queue'; readonly name: 'QUEUE' | 'NFQUEUE'; readonly queues: PortRange; readonly bypass: boolean; readonly cpuFanout?: boolean }
  | { readonly kind: 'ttl'; readonly op: 'set' | 'inc' | 'dec'; readonly value: number }
  | { readonly kind: 'dscp'; readonly value: number } // the upper six bits of the byte, as a number 0..63
  | { readonly kind: 'tos'; readonly value: number; readonly mask: number } // tos = (tos & ~mask) ^ value
  | { readonly kind: 'ecn'; readonly ip: number | undefined; readonly ece: boolean | undefined; readonly cwr: boolean | undefined } // undefined: left as it is
  | { readonly kind: 'tcpmss'; readonly mss: number | 'pmtu' }
  | { readonly kind: 'checksum' }
  | { readonly kind: 'classify'; readonly major: number; readonly minor: number }
  | SetTarget
  | { readonly kind: 'unknown'; readonly name: string; readonly text: string };

/** `-j CT` without `--notrack` (net/netfilter/xt_CT.c): what the connection of the packet will be like, if it is a new one. */
export interface CtTarget {
  readonly kind: 'ct';
  /** `mark`: the packet's mark tells. `dir`: the direction in which the zone counts. */
  readonly zone: { readonly id: number | 'mark'; readonly dir: 'both' | 'original' | 'reply' } | undefined;
  readonly helper: string | undefined;
  /** `--timeout`, `--ctevents`, `--expevents`: nothing that a packet could tell; as iptables-save prints them. */
  readonly options: readonly string[];
}

/** connmark_tg_shift() (net/netfilter/xt_connmark.c); `shift` moves the new bits to the left, or to the right if negative. */
export interface ConnmarkTarget {
  readonly kind: 'connmark';
  readonly op: 'set' | 'save' | 'restore';
  /** Of `set` alone. */
  readonly value: number;
  readonly ctmask: number;
  /** Of `save` and `restore`. */
  readonly nfmask: number;
  readonly shift: number;
}

/** `-j SET`: up to three sets, each with the directions that name the element. */
export interface SetTarget {
  readonly kind: 'set-target';
  readonly add: SetAndDirs | undefined;
  readonly del: SetAndDirs | undefined;
  readonly map: SetAndDirs | undefined;
  readonly exist: boolean;
  readonly timeoutSec: number | undefined;
  /** What `map` takes from the member it finds. */
  readonly mapped: readonly ('mark' | 'prio' | 'queue')[];
}

export interface SetAndDirs {
  readonly set: string;
  readonly dirs: readonly ('src' | 'dst')[];
}

export interface NatRange {
  readonly ips: { readonly from: Ip4; readonly to: Ip4 } | undefined;
  readonly ports: PortRange | undefined;
  readonly random: 'random' | 'fully' | undefined;
  readonly persistent: boolean;
  /** `--to-destination :80-90/85`: the range is shifted, this port becomes its first (NF_NAT_RANGE_PROTO_OFFSET). */
  readonly base?: number;
}
