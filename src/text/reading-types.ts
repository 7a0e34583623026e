import type { Subsystem } from '../engine/step.ts';
import type { Hook } from '../world/netfilter.ts';

/** story: what a colleague would say at a whiteboard (8 to 20 stops). hooks: each table at each hook. rules: every step. */
export type Detail = 'story' | 'hooks' | 'rules';

/** A trace read at one level of detail: stops in order of time, together covering every step of the trace exactly once. */
export interface Reading {
  readonly detail: Detail;
  readonly stops: readonly Stop[];
}

export interface Stop {
  /** Position in the reading, from 0; links and people count from 1. */
  readonly index: number;
  /** Ids of the first and last step that this stop covers. The state shown is the one after `to`. */
  readonly from: number;
  readonly to: number;
  /** The step that speaks for the stop: between `from` and `to`. */
  readonly lead: number;
  readonly kind: StopKind;
  readonly subsystem: Subsystem;
  readonly place: Place;
  readonly host: string;
  readonly netns: string | null;
  /** Direction of travel: what goes back to the prober (reply, error) is hollow on the timeline. */
  readonly way: 'request' | 'reply';
}

export type StopKind =
  | 'send' | 'arrive' | 'netfilter' | 'conntrack' | 'route' | 'ipvs' | 'nat' | 'unnat' | 'mtu' | 'encap' | 'wire' | 'decap' | 'leave' | 'switch' | 'neighbour' | 'deliver'
  | 'refused' | 'drop' | 'error' | 'left' | 'unknown' | 'other';

/** A station on the stage. */
export type Place =
  | { readonly kind: 'device'; readonly host: string; readonly netns: string | null; readonly dev: string }
  | { readonly kind: 'hook'; readonly host: string; readonly netns: string | null; readonly hook: Hook | 'IPVS' }
  /** in: the diamond behind PREROUTING; out: the one before POSTROUTING. */
  | { readonly kind: 'routing'; readonly host: string; readonly netns: string | null; readonly which: 'in' | 'out' }
  | { readonly kind: 'socket'; readonly host: string; readonly netns: string | null }
  | { readonly kind: 'wire'; readonly segment: string; readonly from: { readonly host: string; readonly netns: string | null; readonly dev: string }; readonly to: { readonly host: string; readonly netns: string | null; readonly dev: string } | undefined };
