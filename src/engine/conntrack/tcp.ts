import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../../packet/packet.ts';
import type { CtEntry, Direction } from './table.ts';

/** Which packets may open a connection (nf_conntrack_proto_tcp.c, tcp_new()): a SYN, or with `loose` an ACK of a running one. */
export function opensTcp(flags: number, loose: boolean): boolean {
  if (flags & TCP_RST) return false;
  if (flags & TCP_SYN) return (flags & TCP_ACK) === 0;
  if (flags & TCP_FIN) return false;
  return loose && (flags & TCP_ACK) !== 0;
}

/**
 * The state after a packet in that direction, for the exchanges that probes make: opening, data, reset. `undefined`: the packet is
 * INVALID in this state. (The kernel's table in nf_conntrack_proto_tcp.c; windows are not modelled, probes are always inside.)
 */
export function nextTcpState(entry: CtEntry, dir: Direction, flags: number): CtEntry['tcpState'] | 'invalid' {
  const state = entry.tcpState;
  if (flags & TCP_RST) return 'CLOSE';
  if (flags & TCP_SYN) {
    if (flags & TCP_ACK) {
      if (dir === 'reply') return state === 'SYN_SENT' || state === 'SYN_RECV' ? 'SYN_RECV' : state;
      return 'invalid';
    }
    return dir === 'original' ? (state === 'CLOSE' ? 'SYN_SENT' : state) : 'invalid';
  }
  if (flags & TCP_ACK) return state === 'SYN_RECV' && dir === 'original' ? 'ESTABLISHED' : state;
  return state;
}
