import type { Ip4 } from '../packet/address.ts';
import type { SourceRef } from './source.ts';

/** One service of `ipvsadm -Sn` or `ipvsadm -Ln`, real servers in the order of the dump. */
export interface VirtualServer {
  readonly key: { readonly kind: 'address'; readonly proto: 'tcp' | 'udp' | 'sctp'; readonly ip: Ip4; readonly port: number } | { readonly kind: 'fwmark'; readonly mark: number };
  readonly scheduler: string;
  readonly persistentSec: number | undefined;
  /** Flags that we do not model (`ops`, scheduler flags, `pe`), verbatim: the choice is then unknown. */
  readonly unknown: readonly string[];
  /** True when the listing sorts real servers by address (`ipvsadm -Ln`, `-Sn`), false for /proc/net/ip_vs and `--nosort`. */
  readonly sorted: boolean;
  readonly realServers: readonly RealServer[];
  readonly source: SourceRef | undefined;
}

export interface RealServer {
  readonly ip: Ip4;
  readonly port: number;
  readonly forward: 'masq' | 'route' | 'tunnel';
  readonly weight: number;
  readonly source: SourceRef | undefined;
  /** Connection counts of `ipvsadm -Ln`. */
  readonly connections?: { readonly active: number; readonly inactive: number };
  /** Options that have no effect on packets or that we do not model (`--tun-type gue …`, thresholds), verbatim. */
  readonly extra?: readonly string[];
}
