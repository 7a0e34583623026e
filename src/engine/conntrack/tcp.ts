import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../../packet/packet.ts';
import type { CtEntry, Direction } from './table.ts';

const STATES = ['NONE', 'SYN_SENT', 'SYN_RECV', 'ESTABLISHED', 'FIN_WAIT', 'CLOSE_WAIT', 'LAST_ACK', 'TIME_WAIT', 'CLOSE', 'SYN_SENT2'] as const;

export type TcpState = (typeof STATES)[number];

/** What a segment is to the state machine (get_conntrack_index()). */
type Kind = 'syn' | 'synack' | 'fin' | 'ack' | 'rst' | 'none';

/** struct ip_ct_tcp, without windows: probes are always inside. */
export interface TcpTracking {
  state: TcpState;
  lastFlags: Kind;
  lastDir: Direction;
  /** IP_CT_TCP_FLAG_CLOSE_INIT: somebody has begun to close it, so that a SYN may reopen it. */
  closing: boolean;
}

/** tcp_conntracks[], nf_conntrack_proto_tcp.c: the next state by the present one, in the order of STATES; V invalid, G ignored. */
const NEXT: Readonly<Record<Direction, Readonly<Record<Kind, string>>>> = {
  original: { syn: '11GGGGG119', synack: 'VV2VVVVVV2', fin: 'VV4466678V', ack: '3V3355778V', rst: 'V888888888', none: 'VVVVVVVVVV' },
  reply: { syn: 'V9VVVVV1V9', synack: 'V2GGGGGGG2', fin: 'VV4466678V', ack: 'VG2355778G', rst: 'V888888888', none: 'VVVVVVVVVV' },
};

const TCP_URG = 0x20;

/** tcp_valid_flags[]: other combinations are INVALID; PSH, ECE and CWR do not matter. */
const VALID: ReadonlySet<number> = new Set([TCP_SYN, TCP_SYN | TCP_URG, TCP_SYN | TCP_ACK, TCP_RST, TCP_RST | TCP_ACK, TCP_FIN | TCP_ACK, TCP_FIN | TCP_ACK | TCP_URG, TCP_ACK, TCP_ACK | TCP_URG]);

function kindOf(flags: number): Kind {
  if (flags & TCP_RST) return 'rst';
  if (flags & TCP_SYN) return flags & TCP_ACK ? 'synack' : 'syn';
  if (flags & TCP_FIN) return 'fin';
  return flags & TCP_ACK ? 'ack' : 'none';
}

/** `killed`: it goes on with its entry, which is gone; `again`: the entry is over, and the packet opens another. */
export type TcpVerdict = 'accept' | 'invalid' | 'killed' | 'again';

/** nf_conntrack_tcp_packet(): moves the entry on. `loose`: connections that began elsewhere are picked up. */
export function tcpPacket(entry: CtEntry, dir: Direction, flags: number, loose: boolean): TcpVerdict {
  const { tcp } = entry;
  if (!tcp || !VALID.has(flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN | TCP_URG))) return 'invalid';
  const kind = kindOf(flags);
  // tcp_new(): a connection that is not new is picked up by its ACKs alone.
  if (!entry.confirmed && tcp.state === 'NONE' && kind !== 'syn' && !loose) return 'invalid';
  const old = tcp.state;
  const code = NEXT[dir][kind][STATES.indexOf(old)] ?? 'V';
  if (code === 'V') return 'invalid';
  let next = STATES[Number(code)] ?? old;
  const reopens = next === 'SYN_SENT' && (old === 'TIME_WAIT' || old === 'CLOSE');
  if (reopens && (tcp.closing || (tcp.lastDir === dir && tcp.lastFlags === 'rst'))) return 'again';
  if (reopens || code === 'G') {
    // The answer to a SYN that was let through without belief: both ends agree, so that the entry follows them.
    const agreed = kind === 'synack' && tcp.lastFlags === 'syn' && tcp.lastDir !== dir;
    if (!agreed) {
      tcp.lastFlags = kind;
      tcp.lastDir = dir;
      return 'accept';
    }
    next = 'SYN_RECV';
  }
  // An ACK that challenges such a SYN (RFC 5961) is not the last ACK of a close.
  if (next === 'TIME_WAIT' && old === 'LAST_ACK' && kind === 'ack' && tcp.lastFlags === 'syn' && tcp.lastDir !== dir) return 'accept';
  tcp.lastFlags = kind;
  tcp.lastDir = dir;
  tcp.state = next;
  if (next === 'FIN_WAIT' && old !== next) tcp.closing = true;
  if (!entry.seenReply) return kind === 'rst' ? 'killed' : 'accept';
  if (next === 'ESTABLISHED' && (old === 'SYN_RECV' || old === 'ESTABLISHED')) entry.assured = true;
  return 'accept';
}

export const isTcpState = (text: string | undefined): text is TcpState => (STATES as readonly (string | undefined)[]).includes(text);
