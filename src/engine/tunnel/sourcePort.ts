import type { Link } from '../../world/world.ts';
import { innermost, ipOf, l4Of } from '../../packet/packet.ts';
import type { At, Sim } from '../sim.ts';
import type { Skb } from '../skb.ts';

/** What makes two frames one flow (skb_get_hash()): addresses, protocol and ports, or the MACs of what is no IP packet. */
function flowKey(skb: Skb): string {
  if (skb.packet[0]?.type !== 'ipv4') return `${skb.eth?.src}>${skb.eth?.dst}`;
  const packet = innermost(skb.piece?.whole ?? skb.packet);
  const ip = ipOf(packet);
  const l4 = l4Of(packet);
  return `${ip.proto}|${ip.src}>${ip.dst}|${l4?.type === 'tcp' || l4?.type === 'udp' ? `${l4.sport}>${l4.dport}` : ''}`;
}

/** FNV-1a, standing in for a hash with a secret. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return h;
}

/**
 * udp_flow_src_port() (include/net/udp.h): a port from a hash of the inner flow that only the machine knows, the same for every packet
 * of the flow. Recorded as a choice that is never split on.
 */
export function sourcePort(sim: Sim, at: At, skb: Skb, link: Link, range: { readonly from: number; readonly to: number } | undefined): number {
  const [low, high] = (at.ns.netns.sysctls['net.ipv4.ip_local_port_range'] ?? '32768 60999').trim().split(/\s+/).map(Number);
  const { from, to } = range ?? { from: low || 32768, to: high || 60999 };
  const key = `${link.name}|${flowKey(skb)}`;
  const known = at.ns.tunnels.ports.get(key);
  if (known !== undefined) return known;
  const port = from + Math.floor((hash(key) * (to - from)) / 0x100000000);
  sim.choose({ at: at.ns.id, kind: 'port', options: [`${from}-${to - 1}: ${port}`], odds: [1], splits: false });
  at.ns.tunnels.ports.set(key, port);
  return port;
}
