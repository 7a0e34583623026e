import type { Ip4 } from '../packet/address.ts';

/** Parameters of a tunnel device, as `ip -d link` prints them; an address that is `any` is undefined. */
export type Tunnel = IpipTunnel | GreTunnel | VxlanTunnel | GeneveTunnel;

interface TunnelBase {
  readonly remote: Ip4 | undefined;
  readonly tos: number | 'inherit';
  /** Options that we do not model (`external`, `encap fou`, `gbp`), verbatim: nobody can tell what such a device does. */
  readonly unknown: readonly string[];
}

interface IpTunnelBase extends TunnelBase {
  readonly local: Ip4 | undefined;
  /** The device that outer packets are bound to. */
  readonly dev: string | undefined;
  readonly ttl: number | 'inherit';
  readonly pmtudisc: boolean;
  /** With it, not with the packet's own mark, the outer route is looked up. */
  readonly fwmark: number;
}

export interface IpipTunnel extends IpTunnelBase {
  readonly kind: 'ipip';
}

/** `gre` carries IP packets, `gretap` Ethernet frames. Keys are undefined where the flag is not set. */
export interface GreTunnel extends IpTunnelBase {
  readonly kind: 'gre' | 'gretap';
  readonly ikey: number | undefined;
  readonly okey: number | undefined;
  readonly iseq: boolean;
  readonly oseq: boolean;
  readonly icsum: boolean;
  readonly ocsum: boolean;
  readonly ignoreDf: boolean;
}

interface UdpTunnelBase extends TunnelBase {
  readonly vni: number;
  readonly ttl: number | 'inherit' | 'auto';
  readonly df: 'unset' | 'set' | 'inherit';
  readonly dstport: number;
}

export interface VxlanTunnel extends UdpTunnelBase {
  readonly kind: 'vxlan';
  /** `remote` is a multicast group where it is printed as `group`. */
  readonly local: Ip4 | undefined;
  readonly dev: string | undefined;
  /** 0 and 0: the namespace's own range. */
  readonly srcport: { readonly from: number; readonly to: number };
  readonly learning: boolean;
  readonly proxy: boolean;
  readonly rsc: boolean;
  readonly l2miss: boolean;
  readonly l3miss: boolean;
}

export interface GeneveTunnel extends UdpTunnelBase {
  readonly kind: 'geneve';
}
