/** A packet at a bridge, as `ofproto/trace` takes it. */
export interface OvsPacket {
  /** `br0` unless said otherwise. */
  readonly bridge?: string;
  readonly flow: string;
  /** What conntrack says at each resume; `trk,new` where nothing is left. */
  readonly ctNext?: readonly string[];
  /** Really learns: the switch is given a packet made after the flow, and what it learned is compared. */
  readonly generate?: boolean;
}

/** Rules for the bridges of the bed (bed.ts), and packets through them, that the switch and the engine must agree about. */
export interface OvsCase {
  /** The behaviour, as a sentence without a subject of its own. Unique in the catalogue. */
  readonly name: string;
  /** What it is about: `match:nw_src`, `mask:cidr`, `action:resubmit`, `group:select`, `ct:nat`, `limit:depth`, … */
  readonly covers: readonly string[];
  /** Lines as `ovs-ofctl add-flows` takes them, by bridge. */
  readonly flows: Readonly<Record<string, readonly string[]>>;
  /** Lines of `add-groups`. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  /** `{class=…,type=…,len=…}->tun_metadataN`. */
  readonly tlvs?: Readonly<Record<string, readonly string[]>>;
  /** `set-frags`. */
  readonly frags?: 'normal' | 'drop' | 'nx-match';
  /** What NORMAL has learned: `PORT VLAN MAC`. */
  readonly macs?: Readonly<Record<string, readonly string[]>>;
  readonly packets: readonly OvsPacket[];
}
