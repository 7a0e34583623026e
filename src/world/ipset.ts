import type { Ip4, Mac } from '../packet/address.ts';
import type { PortRange, Prefix } from './world.ts';
import type { SourceRef } from './source.ts';

/** Every type of set that ipset 7 knows. */
export const SET_TYPES = [
  'bitmap:ip',
  'bitmap:ip,mac',
  'bitmap:port',
  'hash:ip',
  'hash:mac',
  'hash:ip,mac',
  'hash:net',
  'hash:net,net',
  'hash:ip,port',
  'hash:net,port',
  'hash:ip,port,ip',
  'hash:ip,port,net',
  'hash:ip,mark',
  'hash:net,port,net',
  'hash:net,iface',
  'list:set',
] as const;

/** `unknown`: `typeText` says how the dump calls it. */
export type SetType = (typeof SET_TYPES)[number] | 'unknown';

/** One set of `ipset save`. */
export interface IpSet {
  readonly name: string;
  readonly type: SetType;
  /** As the dump spells it. */
  readonly typeText: string;
  readonly members: readonly SetMember[];
  readonly source: SourceRef | undefined;
  /** What stands behind the type: `family inet hashsize 1024 …`. */
  readonly options?: string;
  /** What of the options decides about packets; absent: none of it. */
  readonly params?: SetParams;
}

export interface SetParams {
  /** A set of the other family never matches a packet of IPv4. */
  readonly ipv6?: boolean;
  /** `netmask` or `bitmask`: addresses are masked before they are looked up. */
  readonly mask?: Ip4;
  readonly markmask?: number;
  /** Of bitmaps: the addresses or ports that they can hold. */
  readonly range?: { readonly from: number; readonly to: number };
  readonly maxelem?: number;
  readonly forceadd?: boolean;
  readonly counters?: boolean;
  readonly skbinfo?: boolean;
}

/** A member's parts in the type's order; `nomatch` members of hash:*net* types are exceptions. */
export interface SetMember {
  readonly parts: readonly SetPart[];
  readonly nomatch: boolean;
  /** The element as dumped: `172.19.100.1,tcp:80`. */
  readonly text: string;
  readonly source: SourceRef | undefined;
  /** What stands behind the element other than `nomatch`: `timeout 300`, `comment "…"`. */
  readonly options?: string;
  /** What of the options decides about packets. */
  readonly extensions?: SetExtensions;
}

export interface SetExtensions {
  readonly packets?: number;
  readonly bytes?: number;
  /** For `-j SET --map-set … --map-mark`: mark = (mark & ~mask) ^ value. */
  readonly skbmark?: { readonly value: number; readonly mask: number };
}

/** A prefix in the place of an address stands for all addresses in it. */
export type SetPart =
  | { readonly kind: 'net'; readonly net: Prefix } // an address is a /32
  | { readonly kind: 'port'; readonly proto: number | undefined; readonly ports: PortRange } // bitmap:port has no protocol
  | { readonly kind: 'mac'; readonly mac: Mac }
  | { readonly kind: 'mark'; readonly value: number }
  | { readonly kind: 'iface'; readonly dev: string; readonly wildcard: boolean; readonly physdev: boolean }
  | { readonly kind: 'set'; readonly set: string }
  | { readonly kind: 'unknown'; readonly text: string };
