import { ipOf, l4Of, type Packet, PROTO_TCP, withIp } from '../../../packet/packet.ts';
import type { Target } from '../../../world/netfilter.ts';
import type { Skb } from '../../skb.ts';

const TCP_ECE = 0x40;
const TCP_CWR = 0x80;

/**
 * Targets that rewrite a field of the header: ttl_tg() (net/netfilter/xt_HL.c; bounded by 0 and 255), dscp_tg() and tos_tg()
 * (xt_DSCP.c), ecn_tg() (net/ipv4/netfilter/ipt_ECN.c).
 */
export function applyHeader(target: Extract<Target, { kind: 'ttl' | 'dscp' | 'tos' | 'ecn' }>, skb: Skb): Skb {
  const { ttl, tos } = ipOf(skb.packet);
  const put = (packet: Packet): Skb => ({ ...skb, packet });
  switch (target.kind) {
    case 'ttl':
      return put(withIp(skb.packet, { ttl: target.op === 'set' ? target.value : Math.min(255, Math.max(0, ttl + (target.op === 'inc' ? target.value : -target.value))) }));
    case 'dscp':
      return put(withIp(skb.packet, { tos: (tos & 3) | (target.value << 2) }));
    case 'tos':
      return put(withIp(skb.packet, { tos: ((tos & ~target.mask) ^ target.value) & 255 }));
    case 'ecn': {
      const packet = target.ip === undefined ? skb.packet : withIp(skb.packet, { tos: (tos & 0xfc) | target.ip });
      const l4 = ipOf(packet).proto === PROTO_TCP ? l4Of(packet) : undefined;
      if (l4?.type !== 'tcp') return put(packet);
      const bit = (flags: number, mask: number, on: boolean | undefined): number => (on === undefined ? flags : on ? flags | mask : flags & ~mask);
      const flags = bit(bit(l4.flags, TCP_ECE, target.ece), TCP_CWR, target.cwr);
      return put(flags === l4.flags ? packet : packet.map((h) => (h === l4 ? { ...l4, flags } : h)));
    }
  }
}
