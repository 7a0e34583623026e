import type { Tuple } from '../conntrack/tuple.ts';
import type { Ip4 } from '../../packet/address.ts';

/**
 * What matches remember from packet to packet. No dump shows it: all of it stands as right after a restore, and a trace takes less
 * than a second.
 */
export interface RuleMemory {
  /** Packets or bytes counted, by rule or bucket. */
  readonly counts: Map<string, number>;
  /** `-m recent`: the entries of a list, by list. */
  readonly recent: Map<string, RecentEntry[]>;
  /** `-m connlimit`: the connections seen by a rule under one address. */
  readonly connections: Map<string, Tuple[]>;
}

export interface RecentEntry {
  readonly ip: Ip4;
  ttl: number;
  /** How often it was noted. */
  stamps: number;
}

export const newRuleMemory = (): RuleMemory => ({ counts: new Map(), recent: new Map(), connections: new Map() });
