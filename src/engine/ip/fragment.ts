import type { Packet } from '../../packet/packet.ts';
import { ipOf } from '../../packet/packet.ts';
import { headerBytes, ipBytes } from '../../packet/sizes.ts';
import type { At, Sim } from '../sim.ts';
import type { Skb } from '../skb.ts';

/**
 * ip_do_fragment() (net/ipv4/ip_output.c): cuts an IP packet into pieces of at most `mtu` bytes; all but the last carry a multiple
 * of eight bytes (RFC 791 §3.2). Emits a step for each piece.
 */
export function fragmentPacket(sim: Sim, at: At, skb: Skb, mtu: number): readonly Skb[] {
  const ip = ipOf(skb.packet);
  const [, ...content] = skb.packet;
  const total = ipBytes(skb.packet) - 20;
  const room = Math.max(8, (mtu - 20) & ~7);
  const count = Math.ceil(total / room);
  const first = content[0];
  const l4Bytes = first === undefined ? 0 : headerBytes(first);
  return Array.from({ length: count }, (_, index) => {
    const offset = index * room;
    const bytes = Math.min(room, total - offset);
    const header = { ...ip, df: false, mf: ip.mf || index < count - 1, offset: ip.offset + offset };
    // The first piece keeps the transport header if it fits into it whole.
    const packet: Packet =
      index === 0 && first && first.type !== 'raw' && first.type !== 'fragment' && l4Bytes <= bytes
        ? [header, first, ...(bytes > l4Bytes ? [{ type: 'payload' as const, bytes: bytes - l4Bytes }] : [])]
        : [header, { type: 'fragment', proto: ip.proto, bytes }];
    const base = skb.piece;
    const piece: Skb = {
      ...skb,
      id: sim.newPacketId(),
      packet,
      fragMaxSize: 0,
      piece: { of: base?.of ?? skb.id, whole: base?.whole ?? skb.packet },
    };
    sim.emit(at, piece, { kind: 'fragment', index, count, offset: header.offset });
    return piece;
  });
}

/**
 * ip_defrag() (net/ipv4/ip_fragment.c): keeps a piece until all of its datagram are here, then gives the whole packet, which
 * remembers its largest piece. Undefined while pieces are missing.
 */
export function reassemble(sim: Sim, at: At, skb: Skb): Skb | undefined {
  const { piece } = skb;
  if (!piece) return skb;
  const waiting = [...(at.ns.pieces.get(piece.of) ?? []), skb];
  const held = waiting.reduce((sum, p) => sum + ipBytes(p.packet) - 20, 0);
  const total = ipBytes(piece.whole) - 20;
  if (held < total) {
    at.ns.pieces.set(piece.of, waiting);
    return undefined;
  }
  at.ns.pieces.delete(piece.of);
  const head = waiting.find((p) => ipOf(p.packet).offset === 0) ?? skb;
  const ip = ipOf(head.packet);
  const packet = piece.whole.map((h, i) => (i === 0 && h.type === 'ipv4' ? { ...h, src: ip.src, dst: ip.dst, ttl: ip.ttl, tos: ip.tos, df: false } : h));
  const whole: Skb = { ...skb, id: piece.of, packet, piece: undefined, fragMaxSize: Math.max(...waiting.map((p) => ipBytes(p.packet))) };
  sim.emit(at, whole, { kind: 'reassemble', count: waiting.length });
  return whole;
}
