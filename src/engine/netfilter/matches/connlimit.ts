import { formatIp4, maskOf } from '../../../packet/address.ts';
import { ipOf } from '../../../packet/packet.ts';
import type { ExtensionMatch } from '../../../world/matches.ts';
import { findTuple, NO_ZONE } from '../../conntrack/table.ts';
import { sameTuple, type Tuple, tupleOf } from '../../conntrack/tuple.ts';
import type { Skb } from '../../skb.ts';
import type { MatchContext, Seen } from './evaluate.ts';

/**
 * connlimit_mt() (net/netfilter/xt_connlimit.c), nf_conncount_count() (nf_conncount.c): each rule keeps the connections that it has
 * seen under an address, this one included; those that were closed, or never confirmed, are forgotten when the next comes.
 */
export function evaluateConnlimit(match: Extract<ExtensionMatch, { kind: 'connlimit' }>, skb: Skb, ctx: MatchContext, key: string): Seen {
  const tuple = skb.ct?.kind === 'tracked' ? skb.ct.entry.orig : tupleOf(skb.packet);
  if (!tuple) return { result: 'unknown', saw: '' };
  const address = formatIp4((ipOf(skb.packet)[match.side] & maskOf(match.mask)) >>> 0);
  const { connections } = ctx.sim.memory;
  const zone = skb.ct?.kind === 'tracked' ? skb.ct.entry.zone : NO_ZONE;
  const place = `${key}/${address}/${zone.id}`;
  const open = (t: Tuple): boolean => {
    const entry = findTuple(ctx.at.ns.conntrack, t, zone)?.entry;
    return entry !== undefined && entry.tcp?.state !== 'CLOSE' && entry.tcp?.state !== 'TIME_WAIT';
  };
  const kept = (connections.get(place) ?? []).filter((t) => sameTuple(t, tuple) || open(t));
  const now = kept.some((t) => sameTuple(t, tuple)) ? kept : [...kept, tuple];
  connections.set(place, now);
  return { result: now.length > match.limit === match.above, saw: `${now.length} of ${address}` };
}
