import { formatIp4 } from '../../../packet/address.ts';
import { ipOf } from '../../../packet/packet.ts';
import type { ExtensionMatch } from '../../../world/matches.ts';
import type { RecentEntry } from '../memory.ts';
import type { Skb } from '../../skb.ts';
import type { MatchContext, Seen } from './evaluate.ts';

/**
 * recent_mt() (net/netfilter/xt_recent.c): lists of addresses by name, empty at the start. All that is noted in a trace is less than a
 * second old, and so within any --seconds.
 */
export function evaluateRecent(match: Extract<ExtensionMatch, { kind: 'recent' }>, skb: Skb, ctx: MatchContext): Seen {
  const ip = ipOf(skb.packet);
  const address = (ip[match.side] & match.mask) >>> 0;
  // The TTL as it was before forwarding.
  const ttl = ip.ttl + (ctx.out !== undefined && skb.iif !== undefined ? 1 : 0);
  const name = `${ctx.at.ns.id}/${match.name}`;
  const list = ctx.sim.memory.recent.get(name) ?? [];
  ctx.sim.memory.recent.set(name, list);
  const entry = list.find((e) => e.ip === address && (!match.rttl || e.ttl === ttl || e.ttl === 0));
  const saw = `${formatIp4(address)}, ${entry ? `noted ${entry.stamps} times` : 'not in the list'}`;
  return { result: consult(match, list, entry, address, ttl), saw };
}

function consult(match: Extract<ExtensionMatch, { kind: 'recent' }>, list: RecentEntry[], entry: RecentEntry | undefined, ip: number, ttl: number): boolean {
  if (!entry) {
    if (match.op !== 'set') return match.negate;
    list.push({ ip, ttl, stamps: 1 });
    return !match.negate;
  }
  if (match.op === 'remove') {
    list.splice(list.indexOf(entry), 1);
    return !match.negate;
  }
  const result = (match.op === 'set' || entry.stamps >= match.hitcount) !== match.negate;
  if (match.op === 'set' || (match.op === 'update' && result)) {
    entry.stamps++;
    entry.ttl = ttl;
  }
  return result;
}
