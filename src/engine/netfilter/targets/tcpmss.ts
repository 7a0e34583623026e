import { ipOf, l4Of } from '../../../packet/packet.ts';
import { routeOutput } from '../../routing/output.ts';
import { localMtu } from '../../routing/pmtu.ts';
import type { Skb } from '../../skb.ts';
import type { WalkContext } from '../walk.ts';
import type { Applied } from './apply.ts';

/** Bytes of the IPv4 and TCP headers without options. */
const HEADERS = 40;
/** RFC 1122 §4.2.2.6: what a peer that says nothing takes. */
const DEFAULT_MSS = 536;
const MSS_OPTION = 4;

/**
 * tcpmss_tg4() (net/netfilter/xt_TCPMSS.c): lowers the MSS option, never raises it; a segment of headers alone that has none gets
 * one, but no more than 536. The clamp takes the smaller MTU of the ways there and back; one too small for any data drops the packet.
 */
export function applyTcpmss(wanted: number | 'pmtu', skb: Skb, ctx: WalkContext): Applied {
  const l4 = l4Of(skb.packet);
  const same: Applied = { verdict: { kind: 'continue' }, skb };
  if (l4?.type !== 'tcp') return same;
  const mtu = wanted === 'pmtu' ? Math.min(ctx.rt ? localMtu(ctx.at.ns, ctx.rt) : 65535, mtuBack(skb, ctx)) : 65535;
  if (mtu <= HEADERS) return { verdict: { kind: 'drop' }, skb };
  const mss = wanted === 'pmtu' ? mtu - HEADERS : wanted;
  const has = l4.mss !== undefined;
  if (has && l4.mss <= mss) return same;
  // Behind data, or in a full header, there is no room for an option.
  if (!has && (skb.packet.at(-1) !== l4 || l4.optionBytes >= 40)) return same;
  const changed = has ? { ...l4, mss } : { ...l4, mss: Math.min(mss, DEFAULT_MSS), optionBytes: l4.optionBytes + MSS_OPTION };
  return { ...same, skb: { ...skb, packet: skb.packet.map((h) => (h === l4 ? changed : h)) } };
}

/** tcpmss_reverse_mtu(): the MTU of the way to the packet's source; no limit without a route. */
function mtuBack(skb: Skb, ctx: WalkContext): number {
  const decided = routeOutput(ctx.sim, ctx.at.ns, { purpose: 'output', dst: ipOf(skb.packet).src, src: 0, tos: 0, mark: 0, proto: 0 });
  return decided.kind === 'route' ? localMtu(ctx.at.ns, decided.rt) : 65535;
}
