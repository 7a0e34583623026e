import type { Ip4 } from '../../packet/address.ts';
import type { CtNat, OpenFlowAction, OpenFlowRule, Words } from '../../world/openflow.ts';

/*
 * What the parts of the OpenFlow engine hand to each other. As in ovs-vswitchd, a flow is translated (ofproto/ofproto-dpif-xlate.c):
 * the tables are walked and out comes a list of datapath actions, which then are carried out on the packet. A packet that conntrack
 * has seen comes back for another pass (recirculation).
 */

/** The fields of one packet as the tables see it: FLOW_WORDS words, laid out by openflowFields.ts. */
export type Flow = Uint32Array;

/** One step of a datapath's program (enum ovs_action_attr of include/uapi/linux/openvswitch.h). */
export type DpAction =
  /** Out by a port of the datapath. Tunnel ports that share a device are told apart by the `set-tunnel` in front. */
  | { readonly kind: 'output'; readonly bridge: string; readonly port: string; /** The port leads into a tunnel. */ readonly tunnel: boolean }
  | { readonly kind: 'set-tunnel'; readonly tunnel: DpTunnel }
  /** Bits of header fields, skb mark or priority; `value` is zero outside of `mask`. All of one header together, as `set(ipv4(…))`. */
  | { readonly kind: 'set'; readonly header: 'eth' | 'ipv4' | 'ipv6' | 'tcp' | 'udp' | 'sctp' | 'icmp' | 'arp' | 'nd' | 'skb_mark' | 'skb_priority'; readonly changes: readonly { readonly field: string; readonly value: Words; readonly mask: Words }[]; /** How the switch spells it: with a mask or without (commit() of lib/odp-util.c); `either`: what the tables have looked at decides. */ readonly form: 'exact' | 'masked' | 'either' }
  | { readonly kind: 'push-vlan'; readonly tpid: number; readonly tci: number }
  | { readonly kind: 'pop-vlan' }
  | { readonly kind: 'ct'; readonly commit: boolean; readonly force: boolean; readonly zone: number; readonly nat: CtNat | undefined; readonly mark: Masked | undefined; readonly label: Masked | undefined; readonly alg: string | undefined }
  | { readonly kind: 'ct-clear' }
  /** Another pass, with what `Translation.frozen` keeps under this number. */
  | { readonly kind: 'recirc'; readonly id: number }
  | { readonly kind: 'hash'; readonly symmetric: boolean; readonly basis: number }
  /** To the controller; `reason` and `userdata` as the rule has them. */
  | { readonly kind: 'controller'; readonly action: Extract<OpenFlowAction, { kind: 'controller' }>; readonly flow: Flow; readonly bridge: string; /** Of the rule, as OpenFlowRule has it. */ readonly cookie: string; /** `pause`: where the packet goes on when the controller gives it back (a key of `Translation.frozen`). */ readonly resume?: number }
  | { readonly kind: 'clone'; readonly actions: readonly DpAction[] }
  /** Longer than `bytes` (of the frame, from its Ethernet header on), or not. */
  | { readonly kind: 'check-pkt-len'; readonly bytes: number; readonly greater: readonly DpAction[]; readonly lessEqual: readonly DpAction[] }
  | { readonly kind: 'trunc'; readonly maxLen: number }
  | { readonly kind: 'meter'; readonly id: number }
  | { readonly kind: 'sample'; readonly text: string };

export interface Masked {
  readonly value: Words;
  readonly mask: Words;
}

export interface DpTunnel {
  readonly id: Words;
  /** 0: as the machine's routes say. */
  readonly src: Ip4;
  readonly dst: Ip4;
  readonly tos: number;
  readonly ttl: number;
  readonly dstPort: number;
  readonly csum: boolean;
  readonly df: boolean;
  readonly key: boolean;
  /** Geneve. `hex` without 0x, two digits a byte. */
  readonly options: readonly { readonly optClass: number; readonly optType: number; readonly hex: string }[];
}

/** One look-up in one table. */
export interface Visit {
  readonly bridge: string;
  readonly table: number;
  /** The rule that was taken; undefined: no rule matches (a table miss). */
  readonly rule: OpenFlowRule | undefined;
  /** How the packet got here. `patch`: out by a patch port, into the bridge at its other end. */
  readonly how: 'start' | 'goto' | 'resubmit' | 'resume' | 'patch';
  /** Look-ups inside each other: 0 for the first of a pass. */
  readonly depth: number;
  /** Position in `Translation.visits` of the look-up whose action led here. */
  readonly parent: number | undefined;
  /** The position of that action in the parent's rule; with an action that holds others, its own. */
  readonly action: number | undefined;
  /** The flow as the table saw it, and as this rule's own actions (without those of the tables that it led to) had left it when it was done. */
  readonly before: Flow;
  readonly changes: readonly FieldChange[];
  /** What its actions did besides: names a group's bucket, a refused output, a limit, an action that we do not know. */
  readonly notes: readonly VisitNote[];
  /** Behind `check_pkt_larger` both ways are walked: how long the frame has to be for this look-up to happen; absent: any length. */
  readonly when?: readonly PacketLength[];
  /** Not a look-up at all, but what a pause had left undone. */
  readonly left?: readonly OpenFlowAction[];
}

export interface PacketLength {
  readonly bytes: number;
  readonly larger: boolean;
}

export interface FieldChange {
  readonly field: string;
  readonly before: Words;
  readonly after: Words;
  /** Only for a frame of that length, where the rule itself asked for it. */
  readonly when?: readonly PacketLength[];
}

/** `when`: only for a frame of that length, where the rule itself asked for it. */
export type VisitNote = NoteKind & { readonly when?: readonly PacketLength[] };

type NoteKind =
  | { readonly kind: 'bucket'; readonly group: number; readonly bucket: number; readonly choice: string | undefined }
  | { readonly kind: 'no-group'; readonly group: number }
  /** None of its buckets lives. */
  | { readonly kind: 'no-bucket'; readonly group: number }
  | { readonly kind: 'output'; readonly bridge: string; readonly port: string }
  | { readonly kind: 'refused'; readonly port: number; readonly why: 'in-port' | 'no-such-port' | 'port-down' | 'no-peer' | 'no-tunnel-destination' }
  | { readonly kind: 'normal'; readonly to: readonly string[]; readonly by: 'learned' | 'flood' | 'none' }
  | { readonly kind: 'conjunction'; readonly id: number; readonly clauses: readonly OpenFlowRule[] }
  /** `dec_ttl` of a packet with a TTL of 1 or 0: the rest of the rule's actions is not done. */
  | { readonly kind: 'ttl-exceeded' }
  | { readonly kind: 'stack-empty' }
  /** A field that the packet does not have was to be set. */
  | { readonly kind: 'ignored'; readonly field: string }
  | { readonly kind: 'learned'; readonly rule: OpenFlowRule }
  | { readonly kind: 'limit'; readonly what: 'depth' | 'resubmits' | 'stack' | 'actions' }
  | { readonly kind: 'unknown'; readonly what: 'action' | 'field' | 'flows' | 'groups' | 'port' | 'bridge'; readonly name: string };

/** What a packet takes with it from one pass to the next. */
export interface Frozen {
  readonly id: number;
  readonly bridge: string;
  /** Where it goes on; undefined: with `actions` alone. */
  readonly table: number | undefined;
  readonly flow: Flow;
  readonly actions: readonly OpenFlowAction[];
  /** The register stack, and whether conntrack is to have been asked. */
  readonly stack: readonly Words[];
  readonly conntracked: boolean;
  /** What `write_actions` has gathered. */
  readonly actionSet: readonly OpenFlowAction[];
}

/** One pass through the tables. */
export interface Translation {
  readonly visits: readonly Visit[];
  readonly actions: readonly DpAction[];
  readonly frozen: ReadonlyMap<number, Frozen>;
  /** The flow as the pass left it. */
  readonly flow: Flow;
  /** A limit that ended the translation: then nothing is sent, and `actions` is empty. */
  readonly error: 'depth' | 'resubmits' | 'stack' | undefined;
}
