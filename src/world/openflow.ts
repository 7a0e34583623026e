import type { Ip4, Mac } from '../packet/address.ts';
import type { SourceRef } from './source.ts';

/*
 * Open vSwitch as its own tools print it: `ovs-vsctl show`, `ovs-ofctl show`, `dump-flows`, `dump-groups`, `dump-tlv-map`, `ovs-appctl
 * fdb/show`. Which fields there are, how wide they are and where they overlap is in openflowFields.ts.
 */

/**
 * A value of up to 128 bits: words of 32 bits, the most significant first, each from 0 to 0xffffffff. The number of words is that of
 * its field: one for `nw_src` or `reg0`, two for `dl_src` or `metadata`, four for `ct_label` or `ipv6_src`.
 */
export type Words = readonly number[];

export interface OvsBridge {
  readonly name: string;
  /** What it does before a controller has said anything; only `secure` starts with an empty table. OVS's default is `standalone`. */
  readonly failMode: 'secure' | 'standalone';
  /** `system`: the kernel datapath, `netdev`: user space (DPDK). */
  readonly datapathType: string;
  /** The line of `dpif/show` above the bridges of its datapath: `system@ovs-system: hit:110 missed:113`. */
  readonly datapath?: string;
  readonly ports: readonly OvsPort[];
  /** undefined: no `dump-flows` was given, and nobody can tell what the bridge does. */
  readonly flows: readonly OpenFlowRule[] | undefined;
  /** undefined: no `dump-groups` was given. */
  readonly groups: readonly OpenFlowGroup[] | undefined;
  /** `dump-tlv-map`: what tunnel options the tun_metadata fields stand for. */
  readonly tlvs: readonly TlvMapping[];
  /** The end of `ovs-ofctl show`: how later fragments are matched. */
  readonly frags: 'normal' | 'drop' | 'reassemble' | 'nx-match';
  /** `fdb/show`: what NORMAL has learned before. */
  readonly macs: readonly OvsMac[];
  /** Names of tables, where the rules give them instead of numbers: these numbers are our own, in the order of the dump. */
  readonly tableNames?: Readonly<Record<string, string>>;
  /** `protocols=` and other settings without an effect on packets, and words that we did not understand, verbatim. */
  readonly extra?: Readonly<Record<string, string>>;
  readonly source: SourceRef | undefined;
}

export interface OvsPort {
  readonly name: string;
  /** The OpenFlow port number; undefined when no listing told it. OFPP_LOCAL (0xfffe) for the bridge's own. */
  readonly ofport: number | undefined;
  /** No listing told the number, only names stand in the rules: `ofport` is one of our own, the same in all of them, and what a rule writes into a register may mean another. */
  readonly ofportAssumed?: true;
  /** Its number in the datapath, which `dpif/show` tells: all tunnel ports of a kind share one; absent: unknown, or none as of patch ports. */
  readonly dpPort?: number;
  /** What stands in brackets behind it in `dpif/show`: `geneve: key=flow, remote_ip=flow`. */
  readonly dpif?: string;
  /** `system`: a device of the machine; `internal`: one that the switch makes in the machine's kernel; `dpdkvhostuser…`: a virtual machine's or pod's queue. */
  readonly type: 'system' | 'internal' | 'patch' | 'vxlan' | 'geneve' | 'gre' | 'tap' | 'dpdk' | 'dpdkvhostuser' | 'dpdkvhostuserclient' | 'unknown';
  /** As the dump spells the type; '' for a device of the machine. */
  readonly typeText: string;
  /** Of a patch port: its other end. */
  readonly peer: string | undefined;
  /** Of a tunnel port. */
  readonly tunnel: OvsTunnel | undefined;
  /** `tag`: its VLAN for NORMAL; `trunks`: those that it lets through. */
  readonly tag: number | undefined;
  readonly trunks: readonly number[] | undefined;
  readonly vlanMode: 'access' | 'trunk' | 'native-tagged' | 'native-untagged' | 'dot1q-tunnel' | undefined;
  /** Of a `dot1q-tunnel` port: the customers' VLANs that it lets through, all where none are named; and the EtherType of the tag around them, 0x88a8 unless `other_config:qinq-ethtype` is 802.1q. */
  readonly cvlans?: readonly number[];
  readonly qinqEthertype?: number;
  readonly mac: Mac | undefined;
  /** `external_ids:attached-mac`: the address of the machine's or pod's interface behind it, as whoever made the port wrote it down. */
  readonly attachedMac?: Mac;
  /** The whole `options: {…}`, `error: …` and words that we did not understand, verbatim. */
  readonly extra?: Readonly<Record<string, string>>;
  readonly source: SourceRef | undefined;
}

export interface OvsTunnel {
  /** `flow`: taken from tun_dst (or tun_src) of each packet. */
  readonly remoteIp: Ip4 | 'flow';
  readonly localIp: Ip4 | 'flow' | undefined;
  /** `flow`: taken from tun_id of each packet; undefined: no key, which is 0. */
  readonly key: number | 'flow' | undefined;
  readonly dstPort: number;
  readonly csum: boolean;
  /** DF on the outer packet; Open vSwitch sets it unless told otherwise. */
  readonly df: boolean;
  readonly ttl: number | 'inherit' | undefined;
  readonly tos: number | 'inherit' | undefined;
}

export interface OvsMac {
  readonly port: string;
  readonly vlan: number;
  readonly mac: Mac;
  /** Seconds, or `static`, as listed. */
  readonly age?: string;
  readonly source: SourceRef | undefined;
}

/** A record of `ovs-vsctl list interface`, `list port` or `list bridge`, its columns as they stand. */
export interface OvsListed {
  readonly table: 'interface' | 'port' | 'bridge';
  readonly columns: Readonly<Record<string, string>>;
  readonly source: SourceRef | undefined;
}

/** `{class=0x102,type=0x80,len=4}->tun_metadata0`. */
export interface TlvMapping {
  readonly optClass: number;
  readonly optType: number;
  /** In bytes. */
  readonly length: number;
  readonly index: number;
  readonly source: SourceRef | undefined;
}

/** One line of `dump-flows`. */
export interface OpenFlowRule {
  readonly table: number;
  /** 32768 where nothing is printed. */
  readonly priority: number;
  /** Lower-case hexadecimal without 0x and leading zeros: `0`, `91e0a3b2`. */
  readonly cookie: string;
  readonly match: readonly FieldMatch[];
  readonly actions: readonly OpenFlowAction[];
  /** Counters and timeouts, verbatim and in order (`duration=2.452s`, `n_packets=56`, `idle_timeout=10`, `send_flow_rem`). */
  readonly stats?: readonly string[];
  readonly source: SourceRef | undefined;
}

/**
 * One condition. `field` is a key of FIELDS; shorthands are taken apart (`tcp` is dl_type 0x0800 and nw_proto 6). A bit outside of the
 * mask is zero in the value. Without a mask all bits count. Conditions on `dl_vlan`, `dl_vlan_pcp`, `vlan_vid` and `vlan_pcp` stand as
 * `vlan_tci` with a mask.
 */
export interface FieldMatch {
  readonly field: string;
  readonly value: Words;
  readonly mask?: Words;
  /** Verbatim (`nsh_si=3`), of a condition on something that FIELDS does not have or in a spelling that we cannot read: `value` is empty, and nobody can tell whether a packet meets it. */
  readonly text?: string;
}

/** Bits `from` to `to` of a field, both inclusive, 0 the least significant: `NXM_NX_REG0[16..31]`. */
export interface Subfield {
  readonly field: string;
  readonly from: number;
  readonly to: number;
}

/** Port numbers with a meaning of their own (OpenFlow 1.0 §5.3.4, enum ofp_port). */
export const OFPP = { IN_PORT: 0xfff8, TABLE: 0xfff9, NORMAL: 0xfffa, FLOOD: 0xfffb, ALL: 0xfffc, CONTROLLER: 0xfffd, LOCAL: 0xfffe, NONE: 0xffff } as const;

export type OpenFlowAction =
  /** `output:3`, `LOCAL`, `NORMAL`, `FLOOD`, `ALL`, `IN_PORT`: `port` is a number, one of OFPP among them; `maxLen`: `output(port=…,max_len=…)`. */
  | { readonly kind: 'output'; readonly port: number; readonly maxLen?: number }
  /** `output:NXM_NX_REG15[]`. */
  | { readonly kind: 'output-field'; readonly src: Subfield; readonly maxLen?: number }
  /** `enqueue:P:Q` and its relations: the queue has no effect on where a packet goes. */
  | { readonly kind: 'enqueue'; readonly port: number; readonly queue: number }
  | { readonly kind: 'set_queue'; readonly queue: number }
  | { readonly kind: 'pop_queue' }
  | { readonly kind: 'controller'; readonly maxLen: number; readonly id: number; readonly reason: string; readonly userdata: string | undefined; readonly pause: boolean; readonly meterId: number | undefined }
  | { readonly kind: 'group'; readonly id: number }
  /** `port` undefined: the packet's own in_port; `table` undefined: the same table. `ct`: with the two ends of the tracked tuple. */
  | { readonly kind: 'resubmit'; readonly port: number | undefined; readonly table: number | undefined; readonly ct: boolean }
  | { readonly kind: 'goto_table'; readonly table: number }
  | { readonly kind: 'write_actions'; readonly actions: readonly OpenFlowAction[] }
  | { readonly kind: 'clear_actions' }
  | { readonly kind: 'write_metadata'; readonly value: Words; readonly mask: Words | undefined }
  | { readonly kind: 'meter'; readonly id: number }
  /** `load:0x5->NXM_NX_REG13[]`. `value` has as many words as the destination's field, aligned to bit 0 of the subfield. */
  | { readonly kind: 'load'; readonly value: Words; readonly dst: Subfield }
  /** `set_field:VALUE[/MASK]->FIELD`. */
  | { readonly kind: 'set_field'; readonly field: string; readonly value: Words; readonly mask: Words | undefined }
  | { readonly kind: 'move'; readonly src: Subfield; readonly dst: Subfield }
  | { readonly kind: 'push'; readonly src: Subfield }
  | { readonly kind: 'pop'; readonly dst: Subfield }
  /** `mod_dl_src:…`, `mod_nw_tos:…`, `mod_tp_dst:…`, `set_tunnel:…`: `name` as printed. */
  | { readonly kind: 'mod'; readonly name: string; readonly field: string; readonly value: Words }
  | { readonly kind: 'mod_vlan_vid'; readonly vid: number }
  | { readonly kind: 'mod_vlan_pcp'; readonly pcp: number }
  | { readonly kind: 'strip_vlan'; /** `pop_vlan`, its name since OpenFlow 1.1. */ readonly name?: 'pop_vlan' }
  | { readonly kind: 'push_vlan'; readonly ethertype: number }
  | { readonly kind: 'dec_ttl'; readonly controllers: readonly number[]; /** Printed as `dec_ttl()`: its older form, with an empty list of controllers. */ readonly brackets?: true }
  | CtAction
  | { readonly kind: 'ct_clear' }
  | { readonly kind: 'conjunction'; readonly id: number; /** From 1. */ readonly clause: number; readonly clauses: number }
  | LearnAction
  | { readonly kind: 'clone'; readonly actions: readonly OpenFlowAction[] }
  | { readonly kind: 'check_pkt_larger'; readonly bytes: number; readonly dst: Subfield }
  | { readonly kind: 'multipath'; readonly fields: string; readonly basis: number; readonly algorithm: string; readonly links: number; readonly arg: number; readonly dst: Subfield }
  | { readonly kind: 'bundle'; readonly fields: string; readonly basis: number; readonly algorithm: string; readonly ports: readonly number[]; readonly dst: Subfield | undefined }
  | { readonly kind: 'sample'; readonly probability: number; readonly text: string }
  | { readonly kind: 'note'; readonly hex: string }
  | { readonly kind: 'fin_timeout'; readonly text: string }
  | { readonly kind: 'exit' }
  /** Explicitly `drop`, alone. */
  | { readonly kind: 'drop' }
  /** An action that we do not know, verbatim. */
  | { readonly kind: 'unknown'; readonly text: string };

export interface CtAction {
  readonly kind: 'ct';
  readonly commit: boolean;
  readonly force: boolean;
  readonly table: number | undefined;
  readonly zone: number | Subfield;
  /** `nat` without an argument is `{ kind: 'nat' }`: translate as the connection says. */
  readonly nat: CtNat | undefined;
  readonly exec: readonly OpenFlowAction[];
  /** `alg=ftp`. */
  readonly alg: string | undefined;
}

/** `ips` undefined: `nat(src)`, which only settles clashes. Ends are inclusive. */
export interface CtNat {
  readonly kind: 'nat' | 'src' | 'dst';
  readonly ips: { readonly from: Ip4; readonly to: Ip4 } | undefined;
  /** An IPv6 range, verbatim: it has no effect on IPv4. */
  readonly ip6?: string;
  /** Its first address. */
  readonly ip6From?: Words;
  readonly ports: { readonly from: number; readonly to: number } | undefined;
  readonly flags: readonly ('persistent' | 'hash' | 'random')[];
}

export interface LearnAction {
  readonly kind: 'learn';
  readonly table: number;
  readonly priority: number;
  readonly cookie: string;
  readonly idleTimeout: number;
  readonly hardTimeout: number;
  readonly flags: readonly string[];
  readonly limit: number | undefined;
  readonly resultDst: Subfield | undefined;
  readonly specs: readonly LearnSpec[];
}

export type LearnSpec =
  /** A condition of the new rule: its field equals a field of this packet, or a value. */
  | { readonly kind: 'match'; readonly dst: Subfield; readonly src: Subfield | { readonly value: Words } }
  /** An action of the new rule. */
  | { readonly kind: 'load'; readonly dst: Subfield; readonly src: Subfield | { readonly value: Words } }
  | { readonly kind: 'output'; readonly src: Subfield };

/** One line of `dump-groups`. */
export interface OpenFlowGroup {
  readonly id: number;
  readonly type: 'all' | 'select' | 'indirect' | 'fast_failover';
  /** `dp_hash`, `hash`; undefined: the switch's default. */
  readonly selectionMethod: string | undefined;
  readonly selectionParam?: number;
  /** `fields(…)`, verbatim. */
  readonly fields?: string;
  readonly buckets: readonly OpenFlowBucket[];
  readonly source: SourceRef | undefined;
}

export interface OpenFlowBucket {
  /** As the dump numbers it; undefined in OpenFlow 1.3 and older. */
  readonly id: number | undefined;
  /** 1 where nothing is printed. */
  readonly weight: number;
  readonly watchPort: number | undefined;
  readonly watchGroup: number | undefined;
  readonly actions: readonly OpenFlowAction[];
}
