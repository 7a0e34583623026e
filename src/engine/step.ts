import type { Ip4, Mac } from '../packet/address.ts';
import type { IcmpHeader, Packet } from '../packet/packet.ts';
import type { DatapathFlow } from '../world/datapathFlow.ts';
import type { Hook, TableName } from '../world/netfilter.ts';
import type { CtNat, FieldMatch, OpenFlowRule, Words } from '../world/openflow.ts';
import type { SourceRef } from '../world/source.ts';
import type { Tunnel } from '../world/tunnel.ts';
import type { DpAction, Visit as OpenFlowVisit } from './openflow/types.ts';

/** What part of the conversation a packet is. */
export type Role = 'request' | 'reply' | 'data' | 'arp' | 'error';

/** What happened, as data; sentences are made in text/. */
export type Step = StepBase & StepBody;

export interface StepBase {
  /** Position in the trace, from 0. */
  readonly id: number;
  /** The step inside which this happened: rule in table, table in nothing. */
  readonly parent: number | undefined;
  readonly host: string;
  readonly netns: string | null;
  /** Where the packet is, if at a device. */
  readonly dev: string | undefined;
  /** The connection of a probe with `count`, from 0. */
  readonly connection: number;
  /** Distinguishes packets (and fragments) within the trace. */
  readonly packetId: number;
  readonly role: Role;
  /** The packet as it is after this step, outermost header first; with a link-layer header only at devices that have one. */
  readonly packet: Packet;
  /** skb->mark after this step. */
  readonly mark: number;
  /** The dump lines that made it happen. */
  readonly source: readonly SourceRef[];
  readonly subsystem: Subsystem;
}

export type Subsystem = 'device' | 'netfilter' | 'routing' | 'ipvs' | 'conntrack' | 'tunnel' | 'socket' | 'neighbour' | 'ovs' | 'engine';

export type StepBody =
  /** A socket, or the kernel itself, makes a packet. */
  | { readonly kind: 'send'; readonly what: 'probe' | 'answer' | 'icmp-error' | 'reset' | 'ack' | 'data'; readonly icmp?: IcmpHeader }
  /** A capture on `dev` sees the packet coming in. `otherhost`: not addressed to its MAC. */
  | { readonly kind: 'receive'; readonly otherhost: boolean }
  /** A bridge decides which ports get a frame. `from`: the port that it came in by, none for what the bridge device sends; `to` may hold the bridge itself. */
  | { readonly kind: 'bridge'; readonly bridge: string; readonly op: 'local' | 'forward' | 'flood'; readonly from: string | undefined; readonly to: readonly string[]; readonly by: 'entry' | 'learned' | 'local' | undefined }
  /** A capture on `dev` sees the packet going out. `segment`: the shared wire it enters, if a NIC. */
  | { readonly kind: 'transmit'; readonly segment: string | undefined; readonly to: { readonly host: string; readonly netns: string | null; readonly dev: string } | undefined }
  /** One table at one hook; its rules are the children. `skipped`: nat of a connection that already has its binding is not consulted and makes no step. */
  | { readonly kind: 'table'; readonly hook: Hook; readonly table: TableName; readonly in: string | undefined; readonly out: string | undefined; readonly physin?: string | undefined; readonly physout?: string | undefined; readonly verdict: 'accept' | 'drop' | 'unknown' }
  | RuleStep
  /** Rules `from` to `to` (from 1) of a long chain, none of which can match this packet; explainSkipped() lists them with their reasons. */
  | { readonly kind: 'skipped'; readonly hook: Hook; readonly table: TableName; readonly chain: string; readonly from: number; readonly to: number; readonly stack: RuleStep['stack']; readonly markBefore: number; readonly in: string | undefined; readonly out: string | undefined }
  | { readonly kind: 'policy'; readonly hook: Hook; readonly table: TableName; readonly chain: string; readonly policy: 'ACCEPT' | 'DROP'; readonly markBefore: number; readonly in: string | undefined; readonly out: string | undefined; readonly physin?: string | undefined; readonly physout?: string | undefined }
  | { readonly kind: 'conntrack'; readonly op: 'new' | 'found' | 'confirm' | 'related' | 'invalid' | 'untracked' | 'removed'; readonly direction: 'original' | 'reply'; readonly state: CtState; readonly entry: CtEntryView | undefined }
  /** An address or port was changed. `by`: a rule chose the mapping now, or the connection's entry already had it. */
  | { readonly kind: 'nat'; readonly manip: 'src' | 'dst'; readonly by: 'rule' | 'entry' | 'null-binding'; readonly undo: boolean; readonly before: Endpoint; readonly after: Endpoint; readonly entry: CtEntryView; readonly masquerade?: MasqueradeReason }
  | FibStep
  | { readonly kind: 'rp-filter'; readonly mode: 'strict' | 'loose'; readonly passed: boolean; readonly src: Ip4; readonly expected: string | undefined }
  | { readonly kind: 'ttl'; readonly before: number; readonly after: number; readonly by: 'forward' | 'ipvs' }
  /** Compared with the device's or the path's MTU; `fits` makes no step. */
  | { readonly kind: 'mtu'; readonly bytes: number; readonly mtu: number; readonly action: 'fragment' | 'error' | 'drop'; readonly by: 'device' | 'path' | 'tunnel' }
  | { readonly kind: 'fragment'; readonly index: number; readonly count: number; readonly offset: number }
  | { readonly kind: 'reassemble'; readonly count: number }
  | IpvsStep
  | OvsStep
  | OpenFlowStep
  | OvsActionStep
  /** `fdb`: how a VXLAN device knew the remote end: an entry for that MAC, one it learned, or the default that takes everything else. */
  | { readonly kind: 'encap'; readonly tunnel: TunnelKind; readonly overhead: number; readonly outerSrc: Ip4; readonly outerDst: Ip4; readonly vni?: number; readonly fdb?: 'entry' | 'learned' | 'default' }
  | { readonly kind: 'decap'; readonly tunnel: TunnelKind; readonly overhead: number; readonly outerSrc: Ip4; readonly outerDst: Ip4; readonly vni?: number }
  | { readonly kind: 'neighbour'; readonly ip: Ip4; readonly mac: Mac | undefined; readonly how: 'entry' | 'arp' | 'none' | 'learned' | 'failed' }
  | { readonly kind: 'arp'; readonly op: 'request' | 'reply'; readonly ip: Ip4; readonly by: 'own-address' | 'proxy-arp' | 'program' | 'none'; /** Of `program`: its name. */ readonly program?: string }
  /** A socket takes it. `listener`: the port in `ss`; `assumed`: no `ss` output was given, so any port answers; `stray`: no connection of the client's. */
  | { readonly kind: 'deliver'; readonly to: 'listener' | 'client' | 'assumed' | 'kernel' | 'controller' | 'stray' | 'refused' | 'error-to-client' }
  | { readonly kind: 'pmtu'; readonly dst: Ip4; readonly mtu: number }
  /** An ICMP redirect was taken to heart, or not. */
  | { readonly kind: 'redirect'; readonly dst: Ip4; readonly gateway: Ip4; readonly believed: boolean }
  /** `copy`: of a flooded frame, for somebody else. */
  | { readonly kind: 'drop'; readonly reason: DropReason; readonly copy?: boolean }
  /** The packet leaves the machines that the input describes. */
  | { readonly kind: 'left'; readonly next: Ip4 | undefined; readonly assumed: 'pod-without-dump' | undefined }
  /** The engine cannot tell. `what` names it, `assumed` is what happens next here, `ask` is the command that would settle it. */
  | { readonly kind: 'unknown'; readonly what: UnknownWhat; readonly name: string; readonly ask: string | undefined };

export type TunnelKind = Tunnel['kind'];

export type UnknownWhat =
  | 'match' | 'target' | 'set' | 'chain' | 'scheduler' | 'nft-ruleset' | 'tc' | 'ebpf' | 'ovs-bridge' | 'device' | 'ipv6' | 'policy-rule' | 'route' | 'xfrm' | 'dump' | 'bound' | 'fragment' | 'forward-method' | 'protocol' | 'tunnel' | 'fdb' | 'openflow' | 'controller';

export interface RuleStep {
  readonly kind: 'rule';
  readonly hook: Hook;
  readonly table: TableName;
  readonly chain: string;
  /** From 1 within its chain. */
  readonly rule: number;
  readonly matched: boolean | 'unknown';
  readonly text: string;
  /** One entry for each condition that was evaluated; evaluation stops at the first that fails. */
  readonly conditions: readonly Condition[];
  /** As TRACE names it: ACCEPT, DROP, RETURN, MARK, the chain jumped to, …; undefined if it did not match or has no target. */
  readonly verdict: string | undefined;
  /** Chains walked to get here, base chain first, with the rule that jumped. */
  readonly stack: readonly { readonly chain: string; readonly rule: number }[];
  readonly markBefore: number;
  readonly in: string | undefined;
  readonly out: string | undefined;
  /** Bridge ports, where br_netfilter runs the hook or has seen the packet before. */
  readonly physin?: string | undefined;
  readonly physout?: string | undefined;
  /** What SET did to a set last. */
  readonly change?: SetChange;
}

/** `failed`: the set stayed as it was; `element` is '' when the packet has none for that set. */
export interface SetChange {
  readonly op: 'add' | 'del';
  readonly set: string;
  readonly element: string;
  readonly result: 'done' | 'failed' | 'unknown';
}

/** One condition of a rule with the value that it saw. */
export interface Condition {
  readonly text: string;
  readonly result: boolean | 'unknown';
  /** What the packet had, e.g. `10.10.6.91`, `0x0`, `172.19.100.2,tcp:80`. */
  readonly saw: string;
  /** Key of the choice, when chance decided. */
  readonly choice?: string | undefined;
  /** For a set: the member that matched, or the most similar one when none did. */
  readonly member?: { readonly text: string; readonly source: SourceRef | undefined; readonly nearest: boolean };
}

export interface FibStep {
  readonly kind: 'fib';
  /** input: a received packet; output: a local one; ipvs, reroute: looked up again; tunnel: the outer packet. */
  readonly purpose: 'input' | 'output' | 'ipvs' | 'reroute' | 'tunnel';
  readonly dst: Ip4;
  readonly result: 'local' | 'forward' | 'broadcast' | 'blackhole' | 'unreachable' | 'prohibit' | 'no-route' | 'martian';
  /** The policy rule and table that answered. */
  readonly policyPriority: number | undefined;
  readonly table: string | undefined;
  /** `10.233.125.0/24`, or `default`. */
  readonly prefix: string | undefined;
  readonly oif: string | undefined;
  readonly nexthop: Ip4 | undefined;
  /** The source address it gave to a packet that had none. */
  readonly chosenSrc: Ip4 | undefined;
  /** Key of the choice between next hops, when chance decided. */
  readonly choice?: string;
}

export interface IpvsStep {
  readonly kind: 'ipvs';
  readonly op: 'schedule' | 'existing' | 'reply' | 'no-destination' | 'unroutable';
  readonly virtual: string;
  readonly scheduler: string;
  readonly conn: IpvsConnView | undefined;
  /** In picking order, with weight; the picked one's index. */
  readonly candidates: readonly { readonly address: string; readonly weight: number; readonly source: SourceRef | undefined }[];
  readonly picked: number | undefined;
  /** Key of the choice, when chance decided. */
  readonly choice: string | undefined;
}

/** A packet goes through the tables of a bridge of Open vSwitch; its look-ups are the children. */
export interface OvsStep {
  readonly kind: 'ovs';
  readonly bridge: string;
  /** The port that it came in by: its name, or its number where no listing names it. */
  readonly port: string;
  /** From 0; each later pass begins where conntrack, or the hash of a group, gave the packet back. */
  readonly pass: number;
  /** `patch`: out of another bridge, into this one, without any device between; `controller`: the controller sent it. */
  readonly how: 'port' | 'patch' | 'resume' | 'controller';
  /** Ports of this bridge that its rules send it to, in order. */
  readonly to: readonly string[];
  /** It is given back for another pass behind this one. */
  readonly again: boolean;
  /** Where a pass begins: what the real datapath had cached for such a packet; absent: no listing tells. */
  readonly cached?: CachedPass;
}

/** Evidence of what the real switch did with such packets. */
export interface CachedPass {
  /** Flows whose conditions the packet meets; none: the switch had not seen one like it lately. */
  readonly flows: readonly CachedFlow[];
  /** What the rules make the datapath do with it here. */
  readonly actions: readonly DpAction[];
}

export interface CachedFlow {
  readonly flow: DatapathFlow;
  /** Conditions that nobody could ask the packet, verbatim. */
  readonly open: readonly string[];
  /** The flow before it in the same pass of ours, which only has the hash taken that this one asks for. */
  readonly behind?: DatapathFlow;
}

/** A look-up in one table of a bridge. */
export interface OpenFlowStep {
  readonly kind: 'openflow';
  readonly bridge: string;
  readonly table: number;
  /** Its name where the dump has that alone: then the number is one of our own. */
  readonly tableName?: string;
  readonly pass: number;
  readonly how: OpenFlowVisit['how'];
  /** Look-ups inside each other. */
  readonly depth: number;
  /** The rule that was taken; undefined: none is for this packet (a table miss). */
  readonly rule: OpenFlowRule | undefined;
  /** Its conditions with what the packet had. */
  readonly conditions: readonly OpenFlowCondition[];
  /** Fields and registers that its actions changed. */
  readonly changes: OpenFlowVisit['changes'];
  readonly notes: OpenFlowVisit['notes'];
  /** Where OVN's logical network has the packet, by its numbers: `metadata`, `reg14` and `reg15` as the table saw them; absent: nowhere. */
  readonly logical?: { readonly datapath: number; readonly inport: number; readonly outport: number };
}

export interface OpenFlowCondition extends FieldMatch {
  readonly saw: Words;
}

/** What the datapath does because rules said so. Conntrack's steps are the children of `ct`. */
export interface OvsActionStep {
  readonly kind: 'ovs-action';
  readonly bridge: string;
  readonly action:
    | { readonly kind: 'ct'; readonly zone: number; readonly commit: boolean; readonly force: boolean; readonly nat: CtNat | undefined; /** The mark and label of the connection afterwards, if the action sets them. */ readonly mark: number | undefined; readonly label: Words | undefined; readonly alg: string | undefined; /** ct_state afterwards. */ readonly state: number }
    | { readonly kind: 'ct-clear' }
    | { readonly kind: 'check-pkt-len'; readonly bytes: number; readonly limit: number; readonly larger: boolean }
    | { readonly kind: 'trunc'; readonly maxLen: number }
    /** `what`: the name of OVN's action, where the rule's userdata names one. */
    | { readonly kind: 'controller'; readonly reason: string; readonly what: string | undefined }
    | { readonly kind: 'meter'; readonly id: number }
    | { readonly kind: 'sample'; readonly text: string };
}

export interface MasqueradeReason {
  readonly out: string;
  /** The address is the output device's own, or the first global one in device order because the device has none. */
  readonly from: 'device' | 'first-global';
  readonly dev: string;
}

export type CtState = 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID' | 'UNTRACKED' | 'NONE';

export interface Endpoint {
  readonly ip: Ip4;
  /** Port or ICMP id, if the protocol has one. */
  readonly port: number | undefined;
}

export interface TupleView {
  readonly src: Endpoint;
  readonly dst: Endpoint;
}

/** A conntrack entry at one moment. */
export interface CtEntryView {
  readonly id: number;
  readonly proto: number;
  readonly zone: number;
  /** The zone counts in this direction alone. */
  readonly zoneDir?: 'original' | 'reply';
  readonly orig: TupleView;
  readonly reply: TupleView;
  readonly confirmed: boolean;
  readonly seenReply: boolean;
  readonly assured: boolean;
  readonly srcNat: boolean;
  readonly dstNat: boolean;
  readonly tcpState: string | undefined;
  readonly mark: number;
  /** Four words, the most significant first; absent where all bits are zero. */
  readonly label?: readonly number[];
}

/** An IPVS connection at one moment: `ipvsadm -Lnc`. Each text is `address:port`. */
export interface IpvsConnView {
  readonly proto: number;
  readonly state: string;
  readonly source: string;
  readonly virtual: string;
  readonly destination: string;
}

export type DropReason =
  | 'rule' | 'policy' | 'rp-filter' | 'martian-source' | 'martian-destination' | 'not-forwarding' | 'ttl' | 'blackhole' | 'unreachable' | 'prohibit' | 'no-route'
  | 'bridge-state' | 'bridge-vlan' | 'bridge-locked' | 'bridge-hairpin' | 'bridge-isolated' | 'bridge-no-port'
  | 'no-neighbour' | 'no-carrier' | 'device-down' | 'too-big' | 'otherhost' | 'no-tunnel' | 'ipvs-no-destination' | 'ipvs-unroutable' | 'ipvs-old-connection' | 'ipvs-no-connection' | 'ipvs-absorbed' | 'ct-clash' | 'masquerade-moved' | 'nat-redirect'
  | 'broadcast' | 'icmp-ignored' | 'no-fdb' | 'no-tunnel-remote' | 'tunnel-loop' | 'tunnel-mismatch' | 'ecn' | 'no-protocol' | 'no-source-address' | 'reassembly-timeout'
  /** No rule of a bridge sends it anywhere; a limit of the switch; the controller answers in its stead; no tunnel port is for it. */
  | 'openflow' | 'openflow-limit' | 'openflow-answered' | 'no-tunnel-port';
