import type { PortRange, Prefix } from './world.ts';
import type { SourceRef } from './source.ts';

export type SetType = 'hash:ip' | 'hash:net' | 'hash:ip,port' | 'hash:ip,port,ip' | 'hash:ip,port,net' | 'bitmap:port' | 'unknown';

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
}

export type SetPart =
  | { readonly kind: 'net'; readonly net: Prefix } // an address is a /32
  | { readonly kind: 'port'; readonly proto: number | undefined; readonly ports: PortRange } // bitmap:port has no protocol
  | { readonly kind: 'unknown'; readonly text: string };
