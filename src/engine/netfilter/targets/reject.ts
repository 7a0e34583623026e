import { ipOf, l4Of, PROTO_TCP, TCP_RST } from '../../../packet/packet.ts';
import { sendIcmpError } from '../../ip/icmp.ts';
import { sendReset } from '../../socket/reset.ts';
import type { Skb } from '../../skb.ts';
import type { WalkContext } from '../walk.ts';
import type { RuleVerdict } from './apply.ts';

const codes: Readonly<Record<string, number>> = {
  'icmp-net-unreachable': 0,
  'icmp-host-unreachable': 1,
  'icmp-proto-unreachable': 2,
  'icmp-port-unreachable': 3,
  'icmp-net-prohibited': 9,
  'icmp-host-prohibited': 10,
  'icmp-admin-prohibited': 13,
};

/** reject_tg() (net/ipv4/netfilter/ipt_REJECT.c): an ICMP error, or a reset, goes back and the packet is dropped. */
export function applyReject(kind: string, skb: Skb, ctx: WalkContext): { readonly verdict: RuleVerdict; readonly skb: Skb } {
  if (kind === 'tcp-reset') {
    const l4 = l4Of(skb.packet);
    if (ipOf(skb.packet).proto === PROTO_TCP && l4?.type === 'tcp' && (l4.flags & TCP_RST) === 0) sendReset(ctx.sim, ctx.at.ns, skb, { attach: true });
    return { verdict: { kind: 'drop' }, skb };
  }
  const code = codes[kind];
  if (code === undefined) {
    ctx.sim.unknown(ctx.at, skb, 'target', `REJECT --reject-with ${kind}`);
    return { verdict: { kind: 'unknown' }, skb };
  }
  sendIcmpError(ctx.sim, ctx.at.ns, skb, { icmptype: 3, code, localDst: ctx.hook === 'INPUT' || ctx.hook === 'PREROUTING' });
  return { verdict: { kind: 'drop' }, skb };
}
