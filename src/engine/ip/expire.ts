import { ipOf } from '../../packet/packet.ts';
import { hashInputOf } from '../routing/choose.ts';
import { flowOf, inputRoute } from '../routing/input.ts';
import type { At, Ns, Sim } from '../sim.ts';
import type { Skb } from '../skb.ts';
import { sendIcmpError } from './icmp.ts';

/** Pieces of a datagram that wait for the others. */
export interface WaitingPieces {
  /** Where the last of them came in (ipq.iif). */
  readonly at: At;
  readonly pieces: readonly Skb[];
  /** Kept by IPVS, which speaks for real servers, too (IP_DEFRAG_VS_*). */
  readonly balanced: boolean;
}

/**
 * ip_expire() (net/ipv4/ip_fragment.c): after `net.ipv4.ipfrag_time` seconds what is still in pieces is thrown away. Who had the first piece
 * tells its sender, if the datagram was for this very machine (RFC 792), or if IPVS kept it.
 */
export function expirePieces(sim: Sim, spaces: readonly Ns[]): void {
  for (const ns of spaces) {
    const late = [...ns.pieces.values()];
    ns.pieces.clear();
    for (const waiting of late) expire(sim, ns, waiting);
  }
}

function expire(sim: Sim, ns: Ns, { at, pieces, balanced }: WaitingPieces): void {
  const first = pieces.find((p) => ipOf(p.packet).offset === 0);
  const shown = first ?? pieces[0];
  if (!shown || sim.exhausted) return;
  sim.emit(at, shown, { kind: 'drop', reason: 'reassembly-timeout' });
  // Usually the piece that is missing has ended somewhere else, and there the way ended.
  if (!sim.ends.some((e) => e.connection === shown.connection && e.role === shown.role)) sim.end(at, shown, 'dropped');
  if (!first || first.iif === undefined || at.dev === undefined) return;
  const route = inputRoute(sim, ns, flowOf(first, at.dev), hashInputOf(first.packet));
  if ((route.kind === 'local' || (balanced && route.kind === 'forward')) && route.check.ok) sendIcmpError(sim, ns, first, { icmptype: 11, code: 1 });
}
