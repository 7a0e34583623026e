import type { ProbeJson } from '../../../src/cli/probeJson.ts';
import type { Hook, TableName } from '../../../src/world/netfilter.ts';
import type { Need } from '../case.ts';

/**
 * A random world before it is written down as dumps: a tree whose pieces can be taken out one by one, each time leaving a smaller
 * world that is still one.
 */
export interface WorldDraft {
  readonly shape: string;
  /** By the name of the shape's network namespace (`r`, `n/p1`). */
  readonly spaces: Readonly<Record<string, SpaceDraft>>;
  readonly probes: readonly ProbeJson[];
}

export interface SpaceDraft {
  readonly tables: readonly TableDraft[];
  readonly sets: readonly SetDraft[];
  readonly routes: readonly RouteDraft[];
  readonly rules: readonly Piece[];
  readonly sysctls: readonly Piece[];
  /** Lines of `conntrack -L`. */
  readonly connections: readonly Piece[];
  /** Services of IPVS: the lines of `ipvsadm -Sn` for each. */
  readonly services: readonly Piece[];
  /** What is particular about a bridge. */
  readonly bridge: readonly BridgeDraft[];
  /** Lines of `ss -lntu`; undefined: every port answers. */
  readonly ss?: readonly Piece[] | undefined;
  /** The machine knows no neighbours, and asks. */
  readonly asks: boolean;
}

export const EMPTY_SPACE: SpaceDraft = { tables: [], sets: [], routes: [], rules: [], sysctls: [], connections: [], services: [], bridge: [], asks: false };

/** A bit of text, with what it is about in the coverage table. */
export interface Piece {
  readonly text: string;
  readonly covers: readonly string[];
  /** What a kernel must have to take it. */
  readonly kernel?: Need;
}

export interface RouteDraft extends Piece {
  /** The nexthop objects that it names, as `ip nexthop` prints them. */
  readonly objects?: readonly string[];
}

/** An FDB entry, words of a port, or VLANs of one: `text` is the port's name (none: no entry), the words, or the list of VLANs. */
export interface BridgeDraft extends Piece {
  readonly kind: 'fdb' | 'port' | 'vlan';
  /** The pod behind the port; `br0`: the bridge itself. */
  readonly pod: 'a' | 'b' | 'c' | 'br0';
}

export interface TableDraft {
  readonly name: TableName;
  readonly chains: readonly ChainDraft[];
}

export interface ChainDraft {
  readonly name: string;
  /** A base chain's; user chains have none. */
  readonly policy?: 'ACCEPT' | 'DROP';
  readonly rules: readonly RuleDraft[];
  /** From where a packet may come into it. */
  readonly hooks: readonly Hook[];
}

export interface RuleDraft {
  readonly matches: readonly Fragment[];
  /** Without: the rule only counts. */
  readonly target?: Fragment;
}

/** What a rule is made of. */
export interface Fragment extends Piece {
  /** What others in the same rule may then rely on: `tcp` behind `-p tcp`. */
  readonly gives?: string;
  /** What it relies on. */
  readonly needs?: readonly string[];
  /** The set that it names. */
  readonly set?: string;
  /** The user chain that it leads to. */
  readonly chain?: string;
}

export interface SetDraft extends Piece {
  readonly name: string;
  readonly type: string;
  /** Parts of a member, which a match gives directions for. */
  readonly dimension: number;
  readonly members: readonly string[];
  /** Sets among the members of a list:set. */
  readonly contains?: readonly string[];
}
