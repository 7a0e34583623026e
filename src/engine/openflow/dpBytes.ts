import type { DpAction, DpTunnel } from './types.ts';

/*
 * How long a list of datapath actions is as Netlink attributes, in which the switch keeps it: it goes to no further table once the list
 * has passed 64 kB (xlate_resubmit_resource_check() of ofproto/ofproto-dpif-xlate.c; sizes by lib/odp-util.c and
 * include/linux/openvswitch.h).
 */

/** Bytes, at least and at most: what the tables have looked at decides on the form of some actions, and what the datapath can do on others. */
export interface ByteRange {
  readonly min: number;
  readonly max: number;
}

/** What the switch compares with UINT16_MAX. */
export const MAX_ACTION_BYTES = 0xffff;

/** An attribute's own header (NLA_HDRLEN). */
const HEADER = 4;

/** An attribute with so many bytes in it; the next begins at a multiple of four (NLA_ALIGN). */
const attribute = (bytes: number): number => HEADER + 4 * Math.ceil(bytes / 4);

const exactly = (bytes: number): ByteRange => ({ min: bytes, max: bytes });
const plus = (a: ByteRange, b: ByteRange): ByteRange => ({ min: a.min + b.min, max: a.max + b.max });
const within = (inner: ByteRange): ByteRange => plus(exactly(HEADER), inner);

/** sizeof struct ovs_key_*. */
const KEY_BYTES: Readonly<Record<Extract<DpAction, { kind: 'set' }>['header'], number>> = { eth: 12, ipv4: 12, ipv6: 40, tcp: 4, udp: 4, sctp: 4, icmp: 2, arp: 24, nd: 28, skb_mark: 4, skb_priority: 4 };

/** A mask is as long as what it masks. */
function setBytes({ header, form }: Extract<DpAction, { kind: 'set' }>): ByteRange {
  const exact = HEADER + attribute(KEY_BYTES[header]);
  const masked = HEADER + attribute(2 * KEY_BYTES[header]);
  return { min: form === 'masked' ? masked : exact, max: form === 'exact' ? exact : masked };
}

/** tun_key_to_attr(). */
function tunnelBytes(tunnel: DpTunnel): number {
  const given = (present: boolean, bytes: number): number => (present ? attribute(bytes) : 0);
  const options = tunnel.options.reduce((sum, o) => sum + 4 + o.hex.length / 2, 0);
  return (
    given(tunnel.key || tunnel.id.some((w) => w !== 0), 8) +
    given(tunnel.src !== 0, 4) +
    given(tunnel.dst !== 0, 4) +
    given(tunnel.tos !== 0, 1) +
    attribute(1) +
    given(tunnel.df, 0) +
    given(tunnel.csum, 0) +
    given(tunnel.dstPort !== 0, 2) +
    given(options > 0, options)
  );
}

/** compose_conntrack_action(). A commit says what events it wants (since Linux 4.12, and in user space). */
const ctBytes = ({ commit, nat, mark, label, alg }: Extract<DpAction, { kind: 'ct' }>): number =>
  HEADER + (commit ? HEADER + attribute(4) : 0) + attribute(2) + (mark ? attribute(8) : 0) + (label ? attribute(32) : 0) + (alg === 'ftp' || alg === 'tftp' ? attribute(alg.length + 1) : 0) + natBytes(nat);

/** put_ct_nat(). */
function natBytes(nat: Extract<DpAction, { kind: 'ct' }>['nat']): number {
  if (!nat) return 0;
  if (nat.kind === 'nat') return HEADER;
  const flags = (nat.flags.includes('persistent') ? HEADER : 0) + (nat.flags.includes('hash') || nat.flags.includes('random') ? HEADER : 0);
  const ips = nat.ips ? attribute(4) + (nat.ips.to > nat.ips.from ? attribute(4) : 0) : nat.ip6 === undefined ? 0 : attribute(16) + (nat.ip6.includes('-') ? attribute(16) : 0);
  const ports = nat.ports && nat.ports.from !== 0 ? attribute(2) + (nat.ports.to > nat.ports.from ? attribute(2) : 0) : 0;
  return HEADER + HEADER + flags + ips + ports;
}

/** A packet for the controller: pid and cookie (struct user_action_cookie); with a meter it becomes a sample. */
const CONTROLLER = HEADER + attribute(4) + attribute(48);
const METERED = HEADER + attribute(4) + HEADER + attribute(4);

/** What a `clone` writes before its own list, and a `check_pkt_len` before its first and its second one. */
export const CLONE_HEADER = exactly(HEADER);
export const LONGER_HEADER = exactly(HEADER + attribute(2) + HEADER);
export const shorterHeader = (longer: readonly DpAction[]): ByteRange => plus(LONGER_HEADER, within(listBytes(longer)));

/** How many bytes one action is. */
export function actionBytes(action: DpAction): ByteRange {
  switch (action.kind) {
    case 'output':
    case 'recirc':
    case 'trunc':
    case 'meter':
    case 'push-vlan':
      return exactly(attribute(4));
    case 'pop-vlan':
    case 'ct-clear':
      return exactly(HEADER);
    case 'hash':
      return exactly(attribute(8));
    case 'set':
      return setBytes(action);
    case 'set-tunnel':
      return exactly(HEADER + HEADER + tunnelBytes(action.tunnel));
    case 'ct':
      return exactly(ctBytes(action));
    case 'controller':
      return { min: CONTROLLER, max: CONTROLLER + (action.action.meterId === undefined ? 0 : METERED) };
    case 'clone':
      return within(listBytes(action.actions));
    case 'check-pkt-len':
      return plus(exactly(HEADER + attribute(2)), plus(within(listBytes(action.greater)), within(listBytes(action.lessEqual))));
    case 'sample':
      return { min: 0, max: MAX_ACTION_BYTES };
  }
}

/** The bytes of a list, from the action at `from` on. */
export function listBytes(actions: readonly DpAction[], from = 0): ByteRange {
  let sum: ByteRange = exactly(0);
  for (let i = from; i < actions.length; i++) {
    const action = actions[i];
    if (action) sum = plus(sum, actionBytes(action));
  }
  return sum;
}

/** How long the lists are that a translation is writing: one, and those inside of its actions. */
export class ByteCount {
  /** It was said that nobody can tell whether the limit is passed. */
  doubted = false;
  /** Actions of the innermost list that `#bytes` has in it, with all that is around them. */
  #counted = 0;
  #bytes: ByteRange = exactly(0);
  readonly #outer: { readonly counted: number; readonly bytes: ByteRange }[] = [];

  /** All bytes so far; `list` is the innermost. */
  upTo(list: readonly DpAction[]): ByteRange {
    this.#bytes = plus(this.#bytes, listBytes(list, this.#counted));
    this.#counted = list.length;
    return this.#bytes;
  }

  /** `outer` gets an action that is a list itself; `before`: the lists in it that are written already, with their headers. */
  open(outer: readonly DpAction[], before: ByteRange): void {
    this.#outer.push({ counted: outer.length, bytes: this.upTo(outer) });
    this.#bytes = plus(this.#bytes, before);
    this.#counted = 0;
  }

  /** It is written; the action that it belongs to counts with the list around it. */
  close(): void {
    const outer = this.#outer.pop();
    if (outer) [this.#counted, this.#bytes] = [outer.counted, outer.bytes];
  }
}
