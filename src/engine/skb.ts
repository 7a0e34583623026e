import type { EthHeader, Packet } from '../packet/packet.ts';
import type { CtEntry, Direction } from './conntrack/table.ts';
import type { InputDecision } from './routing/input.ts';
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
  /** skb->pkt_type of a received frame, as eth_type_trans() and bridges set it; absent means `host`. */
  readonly pktType?: PktType;
  /** nf_bridge_info: the bridge ports by which the packet came in and goes out, where br_netfilter has seen it. */
  readonly physin?: string | undefined;
  readonly physout?: string | undefined;
  /** The bridge's PREROUTING has seen it, so IP leaves its own out once (ip_sabotage_in(), net/bridge/br_netfilter_hooks.c). */
  readonly prerouted?: boolean;
  /** The routing decision that the bridge made after it translated the destination: IP uses it (skb_dst()). */
  readonly decided?: InputDecision | undefined;
  /** The VLAN in the skb (vlan_tci), taken out of the frame. */
  readonly vid?: number | undefined;
  /** Shared by the copies of a flooded frame. */
  readonly flood?: Flood | undefined;
  readonly ct: CtRef | undefined;
  /** skb->ipvs_property: IPVS has rewritten this packet and leaves it alone from now on. */
  readonly ipvsDone: boolean;
  /** skb->ignore_df: may be fragmented here in spite of DF. */
  readonly ignoreDf: boolean;
  /** IPCB->frag_max_size: the largest fragment it was put together from; 0 if it was never in pieces. */
  readonly fragMaxSize: number;
  /** skb->sk, for what is sent here: a process's socket, or one of the kernel's own (for resets and ICMP). */
  readonly sender?: 'process' | 'kernel' | undefined;
  /** How many bytes each piece carries, in order, when connection tracking put it together, or its socket made it in pieces: it is cut in these places. */
  readonly fragSizes?: readonly number[] | undefined;
  /** Set on a fragment: which datagram it is a piece of. */
  readonly piece: Piece | undefined;
  /** The same for the packets inside tunnels, innermost first: a fragment may itself be wrapped. */
  readonly innerPieces: readonly (Piece | undefined)[];
}

export type PktType = 'host' | 'broadcast' | 'multicast' | 'otherhost';

/** What became of the copies of a frame. */
export interface Flood {
  taken: boolean;
}

/** skb->_nfct and its ctinfo. `untracked` has no entry. */
export type CtRef =
  | { readonly kind: 'tracked'; readonly entry: CtEntry; readonly dir: Direction; readonly info: 'NEW' | 'ESTABLISHED' | 'RELATED' }
  /** A CT rule has said what a new connection will be like; conntrack takes it away. */
  | { readonly kind: 'template'; readonly zone: { readonly id: number | 'mark'; readonly dir: 'both' | Direction } }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'untracked' };

export interface Piece {
  /** Packet id of the datagram. */
  readonly of: number;
  readonly whole: Packet;
}

/** What the kernel forgets when a packet leaves the machine, or its namespace (skb_scrub_packet with xnet). */
export const scrubbed = (skb: Skb): Skb => ({ ...forwarded(skb), mark: 0, ipvsDone: false });

/** What it forgets when a packet comes in by another device of the same namespace (skb_scrub_packet without xnet): mark and IPVS flag stay. */
export const forwarded = (skb: Skb): Skb => ({ ...skb, iif: undefined, pktType: 'host', ct: undefined, ignoreDf: false, fragMaxSize: 0, fragSizes: undefined, physin: undefined, physout: undefined, prerouted: false, decided: undefined });
