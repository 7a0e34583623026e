import type { Ip4 } from '../packet/address.ts';
import type { SourceRef } from './source.ts';

/** One service of `ipvsadm -Sn` or `ipvsadm -Ln`, real servers in the order of the dump. */
export interface VirtualServer {
  readonly key: { readonly kind: 'address'; readonly proto: 'tcp' | 'udp' | 'sctp'; readonly ip: Ip4; readonly port: number } | { readonly kind: 'fwmark'; readonly mark: number };
  readonly scheduler: string;
  readonly persistentSec: number | undefined;
  /** Which clients persistence takes for one (`-M`); absent: each address by itself. */
  readonly netmask?: Ip4;
  /** One-packet scheduling (`-o`): each datagram is scheduled by itself. */
  readonly onePacket?: boolean;
  /** Scheduler flags (`-b`), as ipvsadm spells them: `sh-port`, `sh-fallback`, `mh-port`, … */
  readonly schedFlags?: readonly string[];
  /** Options that we do not model (`--pe sip`), verbatim: the choice is then unknown. */
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
  /** Connection counts of `ipvsadm -Ln`; absent when no listing shows them. */
  readonly connections?: { readonly active: number; readonly inactive: number };
  /** Above `upper` connections it gets no new ones until there are fewer than `lower` (`-x`, `-y`, `ipvsadm -Ln --thresholds`). */
  readonly thresholds?: { readonly upper: number; readonly lower: number };
  /** Options of a tunnel that is not IPIP (`--tun-type gue …`) and others that we do not model, verbatim. */
  readonly extra?: readonly string[];
}

/** A line of `ipvsadm -Lnc` or /proc/net/ip_vs_conn. Templates of persistence have client port 0; those of a firewall mark have protocol 0 and the mark as `vip`. */
export interface IpvsConnection {
  readonly proto: number;
  readonly state: string;
  readonly expireSec: number;
  readonly client: Ip4;
  readonly cport: number;
  readonly vip: Ip4;
  readonly vport: number;
  readonly real: Ip4;
  readonly rport: number;
  readonly source: SourceRef | undefined;
}
