import { formatIp4 } from '../../../packet/address.ts';
import { ipOf } from '../../../packet/packet.ts';
import type { Match } from '../../../world/netfilter.ts';
import { addressType } from '../../routing/fib.ts';
import type { Skb } from '../../skb.ts';
import type { Condition } from '../../step.ts';
import type { MatchContext } from './evaluate.ts';

/** addrtype_mt_v1() (net/netfilter/xt_addrtype.c): what the routing table says of the address; --limit-iface-* asks for that device. */
export function evaluateAddrtype(match: Extract<Match, { kind: 'addrtype' }>, skb: Skb, ctx: MatchContext): Condition {
  const ip = ipOf(skb.packet)[match.side];
  const type = addressType(ctx.at.ns, ip, match.limitIface === undefined ? undefined : ctx[match.limitIface]).toUpperCase();
  const limit = match.limitIface === undefined ? '' : ` --limit-iface-${match.limitIface}`;
  return {
    text: `-m addrtype ${match.negate ? '! ' : ''}--${match.side}-type ${match.types.join(',')}${limit}`,
    result: match.types.includes(type) !== match.negate,
    saw: `${formatIp4(ip)} ${type}`,
  };
}
