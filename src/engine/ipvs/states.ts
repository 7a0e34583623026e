import { l4Of, type Packet, PROTO_SCTP, PROTO_TCP, PROTO_UDP, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../../packet/packet.ts';

/** From the client, from the real server, and from the client while no packet of the real server is expected here (DR, TUN). */
export type Direction = 0 | 1 | 2;

const TCP_NAMES = ['NONE', 'ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'FIN_WAIT', 'TIME_WAIT', 'CLOSE', 'CLOSE_WAIT', 'LAST_ACK', 'LISTEN', 'SYNACK'];
const SCTP_NAMES = ['NONE', 'INIT1', 'INIT', 'C-SENT', 'C-REPLIED', 'C-WAIT', 'COOKIE', 'C-ECHOED', 'ESTABLISHED', 'S-SENT', 'S-RECEIVED', 'S-ACK-SENT', 'REJECTED', 'CLOSED'];

/** tcp_states (ip_vs_proto_tcp.c): by direction, then SYN, FIN, ACK, RST; one digit a state in the order of TCP_NAMES. */
const TCP_NEXT = [
  ['31133333333', '67255567895', '11214567691', '66636666893'],
  ['21232222293', '54254565895', '11214567811', '66266566666'],
  ['31133333333', '64254567895', '11214567691', '66636666896'],
];

/** sctp_states (ip_vs_proto_sctp.c): by direction, then INIT, INIT ACK, ABORT. */
const SCTP_NEXT = [
  ['1223456789ab22', '5553466789abcd', 'dddddcdddddddd'],
  ['55555555855555', '3333456789abcd', 'dcdddddddddddd'],
  ['1222226789ab22', '7777776789abcd', 'dddddcdddddddd'],
];
const SCTP_ROW: Readonly<Record<number, number>> = { 1: 0, 2: 1, 6: 2 };

/** tcp_state_idx(): a reset counts before anything else. */
const tcpRow = (flags: number): number => ((flags & TCP_RST) !== 0 ? 3 : (flags & TCP_SYN) !== 0 ? 0 : (flags & TCP_FIN) !== 0 ? 1 : (flags & TCP_ACK) !== 0 ? 2 : -1);

const follow = (names: readonly string[], row: string | undefined, state: string): string => names[Number.parseInt(row?.[Math.max(0, names.indexOf(state))] ?? '', 16)] ?? state;

/** The state after a packet, as `ipvsadm -Lnc` names it (set_tcp_state(), set_sctp_state(), udp_state_transition()). */
export function nextState(proto: number, state: string, direction: Direction, packet: Packet): string {
  const l4 = l4Of(packet);
  if (proto === PROTO_TCP && l4?.type === 'tcp') return follow(TCP_NAMES, TCP_NEXT[direction]?.[tcpRow(l4.flags)], state);
  if (proto === PROTO_SCTP && l4?.type === 'sctp') return follow(SCTP_NAMES, SCTP_NEXT[direction]?.[SCTP_ROW[l4.chunk] ?? -1], state);
  return proto === PROTO_UDP ? 'UDP' : state;
}

/** Whether a connection in that state counts as active (tcp_state_active_table); UDP never does. */
export const isActive = (proto: number, state: string): boolean => state === 'ESTABLISHED' || (proto === PROTO_TCP && (state === 'SYN_SENT' || state === 'SYN_RECV' || state === 'SYNACK'));
