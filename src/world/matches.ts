import type { Ip4, Mac } from '../packet/address.ts';
import type { PortRange, Prefix } from './world.ts';

/** A condition of an extension whose options belong together: one value of this type for the whole of its `-m NAME …`. */
interface Extension {
  /** As the rule spells it, from `-m` on. */
  readonly text: string;
}

interface Negatable {
  readonly negate: boolean;
}

/** A value or range with a `!` of its own. */
export type Not<T> = T & Negatable;

export interface Ip4Range {
  readonly from: Ip4;
  readonly to: Ip4;
}

/** iptables-extensions(8), by module. What an option that is absent would say is undefined. */
export type ExtensionMatch = Extension &
  (
    | { readonly kind: 'ttl'; readonly op: 'eq' | 'ne' | 'lt' | 'gt'; readonly ttl: number }
    | ({ readonly kind: 'length'; readonly bytes: PortRange } & Negatable)
    | ({ readonly kind: 'dscp'; readonly dscp: number } & Negatable)
    | ({ readonly kind: 'tos'; readonly value: number; readonly mask: number } & Negatable)
    /** `ece`, `cwr`: whether the bit shall be set. */
    | { readonly kind: 'ecn'; readonly ect: Not<{ readonly value: number }> | undefined; readonly ece: boolean | undefined; readonly cwr: boolean | undefined }
    | ({ readonly kind: 'tcpmss'; readonly mss: PortRange } & Negatable)
    | { readonly kind: 'iprange'; readonly src: Not<Ip4Range> | undefined; readonly dst: Not<Ip4Range> | undefined }
    | ({ readonly kind: 'realm'; readonly value: number; readonly mask: number } & Negatable)
    | ({ readonly kind: 'pkttype'; readonly type: PktType } & Negatable)
    | ({ readonly kind: 'mac'; readonly mac: Mac } & Negatable)
    /** `isIn`, `isOut`, `isBridged`: what shall be so. */
    | { readonly kind: 'physdev'; readonly in: Not<{ readonly dev: string }> | undefined; readonly out: Not<{ readonly dev: string }> | undefined; readonly isIn: boolean | undefined; readonly isOut: boolean | undefined; readonly isBridged: boolean | undefined }
    /** `exists`: whether there shall be a socket. */
    | { readonly kind: 'owner'; readonly uid: Not<IdRange> | undefined; readonly gid: Not<IdRange> | undefined; readonly exists: boolean | undefined }
    | { readonly kind: 'rpfilter'; readonly loose: boolean; readonly validmark: boolean; readonly acceptLocal: boolean; readonly invert: boolean }
    | { readonly kind: 'socket'; readonly transparent: boolean; readonly nowildcard: boolean; readonly restoreMark: boolean }
    | IpvsMatch
    /** A token bucket: one every `everySec` on the average, `burst` at once. */
    | { readonly kind: 'limit'; readonly everySec: number; readonly burst: number }
    /** `rate` counts packets by their time apart, or bytes a second. Buckets are shared by all rules that give the same name. */
    | { readonly kind: 'hashlimit'; readonly above: boolean; readonly rate: { readonly everySec: number } | { readonly bytesPerSec: number }; readonly burst: number; readonly by: readonly HashKey[]; readonly srcMask: number; readonly dstMask: number; readonly name: string }
    | { readonly kind: 'connlimit'; readonly limit: number; readonly above: boolean; readonly mask: number; readonly side: 'src' | 'dst' }
    /** `packet` counts from 0: which of each `every`. */
    | ({ readonly kind: 'statistic-nth'; readonly every: number; readonly packet: number } & Negatable)
    | RecentMatch
    | { readonly kind: 'nfacct'; readonly name: string }
    | ({ readonly kind: 'quota'; readonly bytes: number } & Negatable)
  );

export type PktType = 'unicast' | 'broadcast' | 'multicast';
export type HashKey = 'srcip' | 'srcport' | 'dstip' | 'dstport';

interface IdRange {
  readonly from: number;
  readonly to: number;
}

interface IpvsMatch {
  readonly kind: 'ipvs';
  /** `--ipvs`: whether it shall be a packet of IPVS. */
  readonly ipvs: boolean | undefined;
  readonly proto: Not<{ readonly proto: number }> | undefined;
  readonly vaddr: Not<{ readonly net: Prefix }> | undefined;
  readonly vport: Not<{ readonly port: number }> | undefined;
  readonly vportctl: Not<{ readonly port: number }> | undefined;
  readonly dir: Not<{ readonly dir: 'ORIGINAL' | 'REPLY' }> | undefined;
  readonly method: Not<{ readonly method: 'GATE' | 'IPIP' | 'MASQ' }> | undefined;
}

interface RecentMatch {
  readonly kind: 'recent';
  readonly op: 'set' | 'rcheck' | 'update' | 'remove';
  readonly negate: boolean;
  readonly seconds: number;
  readonly hitcount: number;
  readonly rttl: boolean;
  readonly name: string;
  readonly mask: Ip4;
  readonly side: 'src' | 'dst';
}
