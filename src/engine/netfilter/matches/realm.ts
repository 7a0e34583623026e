import { hex } from '../../../packet/address.ts';
import { ipOf } from '../../../packet/packet.ts';
import type { ExtensionMatch } from '../../../world/matches.ts';
import { fibLookup } from '../../routing/fib.ts';
import { NAMED_REALM, realmsOf } from '../../routing/realms.ts';
import type { Skb } from '../../skb.ts';
import type { MatchContext, Seen } from './evaluate.ts';

/**
 * realm_mt() (net/netfilter/xt_realm.c) compares dst->tclassid: the realms of the route that the packet goes by, and, for one that
 * came in, as its source realm that of the way back (fib_combine_itag(), set_class_tag()).
 */
export function evaluateRealm(match: Extract<ExtensionMatch, { kind: 'realm' }>, skb: Skb, ctx: MatchContext): Seen {
  const { ns } = ctx.at;
  const ip = ipOf(skb.packet);
  const own = ctx.rt?.realms ?? 0;
  const back = skb.iif === undefined || !ns.netns.routes.some((r) => realmsOf(r) !== 0) ? undefined : fibLookup(ns, { dst: ip.src, src: ip.dst, tos: ip.tos, mark: 0, iif: ctx.out ?? 'lo', proto: 0 });
  const source = back?.kind === 'route' ? realmsOf(back.route) : 0;
  // A policy rule's realms fill in what the routes leave open, and a name is a number that only that machine knows.
  const byRule = ns.netns.rules.some((r) => r.extra?.some((word) => word.startsWith('realm')));
  if (byRule || own === NAMED_REALM || source === NAMED_REALM) return { result: 'unknown', saw: '' };
  const realms = (own | (own >>> 16 === 0 ? (source & 0xffff) << 16 : 0)) >>> 0;
  return { result: ((realms & match.mask) >>> 0 === match.value) !== match.negate, saw: hex(realms) };
}
