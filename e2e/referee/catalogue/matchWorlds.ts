import { cToS, line } from '../topology.ts';

/** Rules of one table of the router, in the order of the conditions: each counts what it matches, and nothing is dropped. */
export const counting = (chain: string, conditions: readonly string[]): readonly string[] => conditions.map((c) => `-A ${chain} ${c}`);

export const forward = (...conditions: readonly string[]) => line({ r: { tables: { filter: counting('FORWARD', conditions) } } });
export const prerouting = (...conditions: readonly string[]) => line({ r: { tables: { mangle: counting('PREROUTING', conditions) } } });

export const udp = (more: Readonly<Record<string, unknown>> = {}) => cToS({ proto: 'udp', dport: 53, size: 10, ...more });
export const ping = (more: Readonly<Record<string, unknown>> = {}) => cToS({ proto: 'icmp', sport: undefined, dport: undefined, ...more });
export const sctp = (more: Readonly<Record<string, unknown>> = {}) => cToS({ proto: 'sctp', dport: 5000, ...more });
