import type { CtEntry, Direction } from './table.ts';

const STATES = ['NONE', 'CLOSED', 'COOKIE_WAIT', 'COOKIE_ECHOED', 'ESTABLISHED', 'SHUTDOWN_SENT', 'SHUTDOWN_RECD', 'SHUTDOWN_ACK_SENT', 'HEARTBEAT_SENT'] as const;

export type SctpState = (typeof STATES)[number];

export const isSctpState = (text: string | undefined): text is SctpState => (STATES as readonly (string | undefined)[]).includes(text);

/**
 * sctp_conntracks[], nf_conntrack_proto_sctp.c, by chunk type: INIT 1, INIT ACK 2, heartbeats 4 and 5, ABORT 6, SHUTDOWN 7 and 8, ERROR 9, cookies 10 and
 * 11, SHUTDOWN COMPLETE 14. Digits are indices of STATES; V is invalid.
 */
const NEXT: Readonly<Record<Direction, Readonly<Record<number, string>>>> = {
  original: { 1: '112341172', 2: '112345671', 4: '812345678', 5: '112345678', 6: '111111111', 7: '112355671', 8: '712347777', 9: '112345671', 10: '113345671', 11: '112445671', 14: '112345611' },
  reply: { 1: 'V1234567V', 2: 'V2234567V', 4: 'V12345678', 5: 'V12345674', 6: 'V1111111V', 7: 'V1236567V', 8: 'V1234777V', 9: 'V1214567V', 10: 'V1334567V', 11: 'V1244567V', 14: 'V1234561V' },
};

/** Chunks that open nothing (nf_conntrack_sctp_packet(), RFC 9260 §8.4). */
const OUT_OF_THE_BLUE: ReadonlySet<number> = new Set([6, 11, 14]);

/** Chunks whose verification tag is not checked, or whose is the first to be learned: INIT, heartbeats, SHUTDOWN ACK, COOKIE ECHO. */
const TAGLESS: ReadonlySet<number> = new Set([1, 4, 5, 8, 10]);

/** nf_conntrack_sctp_packet() for one chunk; verification tags of a probe are always right. False: the packet is INVALID. */
export function sctpPacket(entry: CtEntry, dir: Direction, chunk: number): boolean {
  const old = entry.sctp ?? 'NONE';
  if (!entry.confirmed && OUT_OF_THE_BLUE.has(chunk)) return false;
  const row = NEXT[dir][chunk];
  // Without the INIT nobody knows the verification tag that most chunks must bear.
  if (!entry.confirmed && old === 'NONE' && !TAGLESS.has(chunk)) return false;
  // DATA, SACK and the like change nothing, and open nothing.
  const next = row === undefined ? old : STATES[Number(row[STATES.indexOf(old)] ?? 'V')];
  if (next === undefined || next === 'NONE') return false;
  entry.sctp = next;
  // The COOKIE ACK of the handshake, whichever side sent it.
  if (old === 'COOKIE_ECHOED' && next === 'ESTABLISHED') entry.assured = true;
  return true;
}
