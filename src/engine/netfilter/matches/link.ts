import type { ExtensionMatch } from '../../../world/matches.ts';
import { linkOf } from '../../sim.ts';
import type { Skb } from '../../skb.ts';
import type { MatchContext, Seen } from './evaluate.ts';
import { deviceMatches } from './ip.ts';

/** mac_mt() (net/netfilter/xt_mac.c): only a frame that came in by Ethernet has a source; others do not match, negated or not. */
export function evaluateMac(match: Extract<ExtensionMatch, { kind: 'mac' }>, skb: Skb, ctx: MatchContext): Seen {
  const link = linkOf(ctx.at.ns, skb.iif);
  const source = skb.eth?.src;
  if (source === undefined || link?.mac === undefined || link.kind === 'loopback') return { result: false, saw: '' };
  return { result: (source === match.mac) !== match.negate, saw: source };
}

/** pkttype_mt() (net/netfilter/xt_pkttype.c). What we send ourselves is PACKET_HOST; frames for others end before any hook, or a bridge has made them ours. */
export function evaluatePkttype(match: Extract<ExtensionMatch, { kind: 'pkttype' }>, skb: Skb): Seen {
  const saw = skb.iif !== undefined && (skb.pktType === 'broadcast' || skb.pktType === 'multicast') ? skb.pktType : 'unicast';
  return { result: (saw === match.type) !== match.negate, saw };
}

/** physdev_mt() (net/netfilter/xt_physdev.c): the ports of the bridge that the packet crosses. Without a bridge only wholly negated conditions match. */
export function evaluatePhysdev(match: Extract<ExtensionMatch, { kind: 'physdev' }>, { physin, physout }: Skb): Seen {
  const saw = [physin !== undefined && `physin ${physin}`, physout !== undefined && `physout ${physout}`].filter((t) => t !== false).join(' ');
  const { in: inDev, out: outDev, isIn, isOut, isBridged } = match;
  if (physin === undefined && physout === undefined) {
    return { result: isBridged !== true && isIn !== true && isOut !== true && inDev?.negate !== false && outDev?.negate !== false, saw };
  }
  const is = (wanted: boolean | undefined, dev: string | undefined): boolean => wanted === undefined || wanted === (dev !== undefined);
  const named = inDev === undefined || physin === undefined || deviceMatches(inDev.dev, physin) !== inDev.negate;
  const leaves = outDev === undefined || (physout !== undefined && deviceMatches(outDev.dev, physout) !== outDev.negate);
  return { result: is(isBridged, physout) && is(isIn, physin) && is(isOut, physout) && named && leaves, saw };
}
