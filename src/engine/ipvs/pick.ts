import type { Ip4 } from '../../packet/address.ts';
import type { RealServer } from '../../world/ipvs.ts';
import type { Counts, Turn } from './connections.ts';

/** One real server as a scheduler sees it, in the order of the kernel's list. */
export interface Candidate {
  readonly real: RealServer;
  readonly counts: Counts;
}

/** Weight 0 and an overload keep new connections away, with every scheduler. */
export const isAble = ({ real, counts }: Candidate): boolean => real.weight > 0 && !counts.overloaded;

/** What a scheduler says: those between which it depends on what nobody can see, the first as right after a restore; or nobody. */
export interface Picks {
  readonly among: readonly number[];
  readonly odds: readonly number[];
}

const even = (among: readonly number[]): Picks => ({ among, odds: among.map(() => 1 / among.length) });
const NOBODY: Picks = { among: [], odds: [] };

/** ip_vs_rr_schedule(): the next able one behind `at`, round and round. */
export function nextRoundRobin(list: readonly Candidate[], at: number): number | undefined {
  for (let i = 1; i <= list.length; i++) {
    const next = (at + i) % list.length;
    const candidate = list[next];
    if (candidate && isAble(candidate)) return next;
  }
  return undefined;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
/** ip_vs_wrr_gcd_weight(), and the top of the current weight, which has that step. */
function wrrScale(list: readonly Candidate[]): { readonly step: number; readonly top: number } {
  const weights = list.map((c) => c.real.weight);
  const step = weights.reduce((g, w) => (w > 0 ? gcd(w, g) : g), 0) || 1;
  return { step, top: Math.max(0, ...weights) - (step - 1) };
}

/** ip_vs_wrr_schedule(): those whose weight reaches the current one, in the order of the list; then it sinks by a step. */
export function nextWeightedRoundRobin(list: readonly Candidate[], turn: Turn): number | undefined {
  const { step, top } = wrrScale(list);
  if (!list.some(isAble)) return undefined;
  let { at, weight } = turn;
  for (;;) {
    for (let i = at + 1; i < list.length; i++) {
      const candidate = list[i];
      if (candidate && !candidate.counts.overloaded && candidate.real.weight >= weight) {
        turn.at = i;
        turn.weight = weight;
        return i;
      }
    }
    at = -1;
    weight = weight - step <= 0 ? top : weight - step;
  }
}

/** Where round robin may stand: every able one may be next, in the order in which a fresh list would come to them. */
export const roundRobinPicks = (list: readonly Candidate[]): Picks => even(list.flatMap((c, i) => (isAble(c) ? [i] : [])));

const weightAt = (list: readonly Candidate[], i: number): number => list[i]?.real.weight ?? 0;

/**
 * Where wrr stands before, or right behind, its first pick on a service just loaded: ip_vs_wrr_dest_changed() leaves the current
 * weight at the 1 that the first real server alone had made of it, so the first round takes everybody.
 */
export const wrrTurn = (at: number): Turn => ({ at, weight: 1 });

/** Where wrr may stand: each as often as it has its turn. */
export function weightedPicks(list: readonly Candidate[]): Picks {
  const among = list.flatMap((c, i) => (isAble(c) ? [i] : []));
  const sum = among.reduce((s, i) => s + weightAt(list, i), 0);
  return { among, odds: among.map((i) => weightAt(list, i) / sum) };
}

/** ip_vs_dest_conn_overhead(): an active connection weighs as much as 256 idle ones. */
const overhead = ({ counts }: Candidate): number => counts.active * 256 + counts.inactive;

const COST: Readonly<Record<string, { readonly of: (c: Candidate) => number; readonly weighted: boolean }>> = {
  lc: { of: overhead, weighted: false },
  wlc: { of: overhead, weighted: true },
  sed: { of: (c) => c.counts.active + 1, weighted: true },
  nq: { of: (c) => c.counts.active + 1, weighted: true },
};

/** Schedulers that look at nothing but counts and weights. */
export const isCounting = (scheduler: string): boolean => Object.hasOwn(COST, scheduler) || scheduler === 'fo' || scheduler === 'ovf';

/** ip_vs_lc.c, ip_vs_wlc.c, ip_vs_sed.c, ip_vs_nq.c, ip_vs_fo.c, ip_vs_ovf.c: those that no other is better than, in the order of the list. */
export function bestPicks(scheduler: string, list: readonly Candidate[]): Picks {
  const able = list.flatMap((c, i) => (isAble(c) ? [i] : []));
  const at = (i: number): Candidate | undefined => list[i];
  if (scheduler === 'fo' || scheduler === 'ovf') {
    const fit = scheduler === 'fo' ? able : able.filter((i) => (at(i)?.counts.active ?? 0) <= weightAt(list, i));
    const top = Math.max(...fit.map((i) => weightAt(list, i)));
    return fit.length === 0 ? NOBODY : even(fit.filter((i) => weightAt(list, i) === top));
  }
  const idle = scheduler === 'nq' ? able.filter((i) => at(i)?.counts.active === 0) : [];
  if (idle.length > 0) return even(idle);
  const cost = COST[scheduler];
  if (!cost || able.length === 0) return NOBODY;
  const costOf = (i: number): number => {
    const c = at(i);
    return c ? cost.of(c) / (cost.weighted ? c.real.weight : 1) : 0;
  };
  const least = Math.min(...able.map(costOf));
  return even(able.filter((i) => costOf(i) === least));
}

const TAB_BITS = 8;
const TAB_SIZE = 1 << TAB_BITS;

/** hash_32() (include/linux/hash.h), down to the bits of the tables of sh and dh. */
export const hash32 = (value: number): number => (Math.imul(value, 0x61c88647) >>> 0) >>> (32 - TAB_BITS);

/** ip_vs_sh_reassign(), ip_vs_dh_reassign(): each real server fills as many buckets in a row as it weighs, dh one; and again from the start. */
function buckets(list: readonly Candidate[], weighted: boolean): readonly number[] {
  const table: number[] = [];
  for (let i = 0, filled = 0; list.length > 0 && table.length < TAB_SIZE; ) {
    table.push(i);
    if (++filled >= (weighted ? weightAt(list, i) : 1)) {
      i = (i + 1) % list.length;
      filled = 0;
    }
  }
  return table;
}

/** ip_vs_sh_get(), ip_vs_sh_get_fallback(), ip_vs_dh_schedule(): whose bucket a hash is, if he can take it. `value` is the address, for sh-port plus the port. */
export function hashPick(scheduler: 'sh' | 'dh', list: readonly Candidate[], value: number, fallback: boolean): number | undefined {
  const table = buckets(list, scheduler === 'sh');
  const first = hash32(value);
  const able = (bucket: number): number | undefined => {
    const i = table[bucket % TAB_SIZE];
    const candidate = i === undefined ? undefined : list[i];
    return candidate && isAble(candidate) ? i : undefined;
  };
  const picked = able(first);
  if (picked !== undefined || !fallback) return picked;
  for (let offset = 0; offset < TAB_SIZE; offset++) {
    // The offset counts from the first bucket, and the hash is added once more.
    const found = able(first + ((offset + first) % TAB_SIZE));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** How often a hash would be whose, were nothing known about the order of the list. `undefined`: somebody who cannot take it. */
export function hashShares(scheduler: 'sh' | 'dh', list: readonly Candidate[], fallback: boolean): ReadonlyMap<number | undefined, number> {
  const shares = new Map<number | undefined, number>();
  for (const [i, c] of list.entries()) {
    const key = isAble(c) ? i : undefined;
    shares.set(key, (shares.get(key) ?? 0) + (scheduler === 'sh' ? Math.max(1, c.real.weight) : 1));
  }
  if (fallback && shares.size > 1) shares.delete(undefined);
  const sum = [...shares.values()].reduce((a, b) => a + b, 0);
  return new Map([...shares].map(([i, share]) => [i, share / sum]));
}

/** What sh hashes (ip_vs_sh_hashkey()), what dh does. */
export const hashValue = (ip: Ip4, port: number): number => (ip + port) | 0;
