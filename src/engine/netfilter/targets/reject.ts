import { ipOf } from '../../../packet/packet.ts';
import { sendIcmpError } from '../../ip/icmp.ts';
import { sendReset } from '../../socket/reset.ts';
import type { Skb } from '../../skb.ts';
import type { WalkContext } from '../walk.ts';
import type { Applied } from './apply.ts';

const codes: Readonly<Record<string, number>> = {
  'icmp-net-unreachable': 0,
  'icmp-host-unreachable': 1,
  'icmp-proto-unreachable': 2,
  'icmp-port-unreachable': 3,
  'icmp-net-prohibited': 9,
  'icmp-host-prohibited': 10,
  'icmp-admin-prohibited': 13,
};

/**
 * reject_tg() (net/ipv4/netfilter/ipt_REJECT.c): an ICMP error, or a reset, goes back and the packet is dropped. Nobody is told about
 * a later fragment, nor about what was sent to many (nf_send_unreach(), nf_send_reset(), net/ipv4/netfilter/nf_reject_ipv4.c).
 */
export function applyReject(kind: string, skb: Skb, ctx: WalkContext): Applied {
  const code = codes[kind];
  if (code === undefined && kind !== 'tcp-reset') {
    ctx.sim.unknown(ctx.at, skb, 'target', `REJECT --reject-with ${kind}`);
    return { verdict: { kind: 'unknown' }, skb };
  }
  const dropped: Applied = { verdict: { kind: 'drop' }, skb };
  if (ipOf(skb.packet).offset > 0 || ctx.rt?.kind === 'broadcast' || ctx.rt?.kind === 'multicast') return dropped;
  if (code !== undefined) sendIcmpError(ctx.sim, ctx.at.ns, skb, { icmptype: 3, code, localDst: ctx.hook === 'INPUT' });
  else sendReset(ctx.sim, ctx.at.ns, skb, { attach: true });
  return dropped;
}
