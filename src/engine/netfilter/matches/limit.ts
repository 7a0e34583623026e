import { formatIp4, maskOf } from '../../../packet/address.ts';
import { ipOf, isPorted, l4Of } from '../../../packet/packet.ts';
import { ipBytes } from '../../../packet/sizes.ts';
import type { ExtensionMatch } from '../../../world/matches.ts';
import type { Skb } from '../../skb.ts';
import type { MatchContext, Seen } from './evaluate.ts';

/** A trace takes less than this many seconds: what comes back in a longer time does not come back within it. */
const TRACE_SEC = 1;

/** Takes one from a bucket of `burst` and tells whether there was one; `unknown` when it may have been filled up in the meantime. */
function take(ctx: MatchContext, key: string, burst: number, everySec: number): Seen {
  const { counts } = ctx.sim.memory;
  const used = counts.get(key) ?? 0;
  if (used < burst) counts.set(key, used + 1);
  return { result: used < burst || (everySec < TRACE_SEC ? 'unknown' : false), saw: `${Math.max(0, burst - used)} of ${burst} left` };
}

/** limit_mt() (net/netfilter/xt_limit.c): a full bucket at the start, one comes back every `everySec`. */
export const evaluateLimit = (match: Extract<ExtensionMatch, { kind: 'limit' }>, ctx: MatchContext, key: string): Seen =>
  take(ctx, key, Math.max(1, match.burst), match.everySec);

/** hashlimit_mt() (net/netfilter/xt_hashlimit.c): a bucket for each of what `--hashlimit-mode` names, shared by the rules of one name. */
export function evaluateHashlimit(match: Extract<ExtensionMatch, { kind: 'hashlimit' }>, skb: Skb, ctx: MatchContext): Seen {
  const ip = ipOf(skb.packet);
  const l4 = l4Of(skb.packet);
  const ports = isPorted(l4) ? l4 : { sport: 0, dport: 0 };
  const values = { srcip: formatIp4((ip.src & maskOf(match.srcMask)) >>> 0), srcport: String(ports.sport), dstip: formatIp4((ip.dst & maskOf(match.dstMask)) >>> 0), dstport: String(ports.dport) };
  const hashed = match.by.map((key) => values[key]).join(',');
  const key = `${ctx.at.ns.id}/hashlimit/${match.name}/${hashed}`;
  const within = 'everySec' in match.rate ? take(ctx, key, Math.max(1, match.burst), match.rate.everySec) : bytesWithin(match.rate.bytesPerSec, ipBytes(skb.packet), ctx, key);
  return { result: within.result === 'unknown' ? 'unknown' : within.result !== match.above, saw: hashed === '' ? within.saw : `${hashed}: ${within.saw}` };
}

/** hashlimit_byte_cost(): a second's worth at the start, counted in chunks of 16 bytes; no packet costs more than all of it. */
function bytesWithin(perSec: number, bytes: number, ctx: MatchContext, key: string): Seen {
  const { counts } = ctx.sim.memory;
  const used = counts.get(key) ?? 0;
  const cost = Math.min(((bytes >>> 4) + 1) * 16, perSec);
  counts.set(key, used + cost);
  return { result: used + cost <= perSec || 'unknown', saw: `${bytes} bytes` };
}

/** quota_mt() (net/netfilter/xt_quota.c): as long as the bytes last; one packet too large ends it for good. */
export function evaluateQuota(match: Extract<ExtensionMatch, { kind: 'quota' }>, skb: Skb, ctx: MatchContext, key: string): Seen {
  const { counts } = ctx.sim.memory;
  const left = match.bytes - (counts.get(key) ?? 0);
  const bytes = ipBytes(skb.packet);
  counts.set(key, match.bytes - (left >= bytes ? left - bytes : 0));
  return { result: left >= bytes !== match.negate, saw: `${left} bytes left` };
}
