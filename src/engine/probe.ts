import type { Ip4 } from '../packet/address.ts';

/** Who sends what to whom. Resolved: names of pods and services have become addresses (see resolveProbe.ts). */
export interface Probe {
  readonly from: ProbeSource;
  /** The destination; an IPv6 address stays text and makes the trace end in `unknown`. */
  readonly dst: Ip4 | string;
  /** IP protocol number. */
  readonly proto: number;
  /** Default: what the kernel's source selection gives. */
  readonly src?: Ip4;
  /** Default: 41068, as a fixed ephemeral port. */
  readonly sport?: number;
  readonly dport?: number;
  /** Payload bytes; default 56 for ICMP echo, else 0. For TCP a data segment that follows the handshake's first two packets. */
  readonly size?: number;
  /** Unset: DF set, but what is too large for the local device is fragmented (IP_PMTUDISC_WANT). true: IP_PMTUDISC_DO. false: clear. */
  readonly df?: boolean;
  readonly ttl?: number;
  readonly tos?: number;
  readonly mark?: number;
  /** false: the request alone. */
  readonly reply?: boolean;
  /** How many connections in turn; default 1. Each has the next source port. */
  readonly count?: number;
}

export type ProbeSource =
  | { readonly kind: 'netns'; readonly host: string; readonly netns: string | null }
  /** A client that no dump describes: its packet appears on the wire in front of `dev` of `host`. */
  | { readonly kind: 'outside'; readonly ip: Ip4; readonly host: string; readonly dev: string };

/** Taken branches: choice key (`HOST/KIND`, `HOST/KIND/2` for the second of that kind there) → index of the option. */
export type Choices = Readonly<Record<string, number>>;

/** A place where chance decided. */
export interface Choice {
  readonly key: string;
  /** Host, or host/netns. */
  readonly at: string;
  readonly kind: 'ipvs-rr' | 'ipvs-wrr' | 'ipvs-pick' | 'statistic' | 'nfacct' | 'ecmp' | 'arp' | 'port' | 'queue' | 'tunnel-depth' | 'ovs-group' | 'ovn-dhcp' | 'ovn-dns';
  readonly options: readonly string[];
  readonly odds: readonly number[];
  readonly taken: number;
  /** Ports and ids are choices for the record, but `--all` never splits on them. */
  readonly splits: boolean;
}
