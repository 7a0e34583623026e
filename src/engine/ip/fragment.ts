import type { Header, Packet } from '../../packet/packet.ts';
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
  const total = ipBytes(skb.packet) - 20;
  const sizes = pieceSizes(total, mtu - 20, skb.fragSizes);
  const count = sizes.length;
  let end = 0;
  return sizes.map((bytes, index) => {
    const offset = end;
    end += bytes;
    const header = { ...ip, df: false, mf: ip.mf || index < count - 1, offset: ip.offset + offset, ...(index === 0 && ip.offset === 0 ? { uncut: ip.uncut ?? total } : {}) };
    const packet: Packet = [header, ...(index === 0 ? headOf(skb.packet.slice(1), bytes) : []), ...(index === 0 && isWhole(skb.packet[1], bytes) ? [] : [{ type: 'fragment' as const, proto: ip.proto, bytes }])];
    const base = skb.piece;
    const piece: Skb = {
      ...skb,
      id: sim.newPacketId(),
      packet,
      fragMaxSize: 0,
      fragSizes: undefined,
      piece: { of: base?.of ?? skb.id, whole: base?.whole ?? skb.packet },
    };
    sim.emit(at, piece, { kind: 'fragment', index, count, offset: header.offset });
    return piece;
  });
}

/** A header that a piece of that size can begin with. */
const isWhole = (header: Header | undefined, bytes: number): boolean => header !== undefined && header.type !== 'raw' && header.type !== 'fragment' && header.type !== 'payload' && headerBytes(header) <= bytes;

/** What the first piece begins with: the headers that are whole in it, those inside a tunnel too, and content in place of the rest. */
function headOf(content: Packet, bytes: number): Packet {
  const head: Header[] = [];
  let left = bytes;
  for (const header of content) {
    if (!isWhole(header, left)) break;
    head.push(header);
    left -= headerBytes(header);
  }
  return head.length === 0 || left === 0 ? head : [...head, { type: 'payload', bytes: left }];
}

/**
 * ip_append_data(): what a socket sends in one go is made in pieces for the way that it was to take, and goes in these also where NAT
 * leads it another way. Undefined where it fits.
 */
export const madeInPieces = (packet: Packet, mtu: number): readonly number[] | undefined => (ipBytes(packet) > mtu ? pieceSizes(ipBytes(packet) - 20, mtu - 20, undefined) : undefined);

/**
 * How much each piece carries. What connection tracking put together is a list of pieces still, and goes out as it came (the fast path of
 * ip_do_fragment()), if they all fit; else each piece is as full as may be.
 */
function pieceSizes(total: number, room: number, before: readonly number[] | undefined): readonly number[] {
  if (before && before.length > 1 && before.reduce((sum, n) => sum + n, 0) === total && before.every((n, i) => n <= room && (n % 8 === 0 || i === before.length - 1))) return before;
  const full = Math.max(8, room & ~7);
  // The last piece may fill the rest of the MTU without ending on eight bytes.
  const sizes: number[] = [];
  for (let left = total; left > 0; left -= sizes.at(-1) ?? left) sizes.push(left <= room ? left : full);
  return sizes;
}

/**
 * ip_defrag() (net/ipv4/ip_fragment.c): keeps a piece until all of its datagram are here, then gives the whole packet, which
 * remembers its largest piece. Undefined while pieces are missing. `balanced`: it is IPVS that asks.
 */
export function reassemble(sim: Sim, at: At, skb: Skb, balanced = false): Skb | undefined {
  const { piece } = skb;
  if (!piece) return skb;
  const waiting = [...(at.ns.pieces.get(piece.of)?.pieces ?? []), skb];
  const held = waiting.reduce((sum, p) => sum + ipBytes(p.packet) - 20, 0);
  const total = ipBytes(piece.whole) - 20;
  if (held < total) {
    at.ns.pieces.set(piece.of, { at, pieces: waiting, balanced });
    return undefined;
  }
  at.ns.pieces.delete(piece.of);
  const head = waiting.find((p) => ipOf(p.packet).offset === 0) ?? skb;
  const ip = ipOf(head.packet);
  const packet = piece.whole.map((h, i) => (i === 0 && h.type === 'ipv4' ? { ...h, src: ip.src, dst: ip.dst, ttl: ip.ttl, tos: ip.tos, df: false } : h));
  const inOrder = waiting.toSorted((a, b) => ipOf(a.packet).offset - ipOf(b.packet).offset);
  // inet_frag_reasm_prepare(): the first piece lends its header and what the kernel keeps beside it.
  const whole: Skb = {
    ...head,
    id: piece.of,
    packet,
    iif: skb.iif,
    piece: undefined,
    fragMaxSize: Math.max(...waiting.map((p) => ipBytes(p.packet))),
    fragSizes: inOrder.map((p) => ipBytes(p.packet) - 20),
  };
  sim.emit(at, whole, { kind: 'reassemble', count: waiting.length });
  return whole;
}
