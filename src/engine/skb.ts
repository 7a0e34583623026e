import type { EthHeader, Packet } from '../packet/packet.ts';
import type { CtEntry, Direction } from './conntrack/table.ts';
import type { Role } from './step.ts';

/**
 * A packet inside one machine: headers plus what the kernel keeps beside them (struct sk_buff). A changed skb is a new skb.
 * Of all this only `packet` survives the wire.
 */
export interface Skb {
  readonly id: number;
  readonly connection: number;
  readonly role: Role;
  /** From the network header on. */
  readonly packet: Packet;
  /** The link-layer header, where there is one. */
  readonly eth: EthHeader | undefined;
  readonly mark: number;
  /** skb->dev of a received packet: what netfilter calls `in`. */
  readonly iif: string | undefined;
  readonly ct: CtRef | undefined;
  /** skb->ipvs_property: IPVS has rewritten this packet and leaves it alone from now on. */
  readonly ipvsDone: boolean;
  /** skb->ignore_df: may be fragmented here in spite of DF. */
  readonly ignoreDf: boolean;
  /** IPCB->frag_max_size: the largest fragment it was put together from; 0 if it was never in pieces. */
  readonly fragMaxSize: number;
  /** nf_bridge->physindev, physoutdev: the bridge ports, while br_netfilter has the packet (or had it, for physin). */
  readonly physin?: string | undefined;
  readonly physout?: string | undefined;
  /** Set on a fragment: which datagram it is a piece of. */
  readonly piece: Piece | undefined;
  /** The same for the packets inside tunnels, innermost first: a fragment may itself be wrapped. */
  readonly innerPieces: readonly (Piece | undefined)[];
}

/** skb->_nfct and its ctinfo. `untracked` has no entry. */
export type CtRef =
  | { readonly kind: 'tracked'; readonly entry: CtEntry; readonly dir: Direction; readonly info: 'NEW' | 'ESTABLISHED' | 'RELATED' }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'untracked' };

export interface Piece {
  /** Packet id of the datagram. */
  readonly of: number;
  readonly whole: Packet;
}

/** What the kernel forgets when a packet leaves the machine, or its namespace (skb_scrub_packet with xnet). */
export const scrubbed = (skb: Skb): Skb => ({ ...skb, mark: 0, iif: undefined, ct: undefined, ipvsDone: false, ignoreDf: false, fragMaxSize: 0 });
