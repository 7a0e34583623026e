import type { Ip4, Mac } from '../packet/address.ts';
import type { Bridge, BridgePort, BridgeVlan, MacvlanMode, VlanDevice } from './bridge.ts';
import type { CtListing } from './conntrack.ts';
import type { DatapathFlow } from './datapathFlow.ts';
import type { IpSet } from './ipset.ts';
import type { IpvsConnection, VirtualServer } from './ipvs.ts';
import type { Table } from './netfilter.ts';
import type { OvsBridge, OvsListed } from './openflow.ts';
import type { OvnNetwork } from './ovn.ts';
import type { SourceRef } from './source.ts';
import type { Tunnel } from './tunnel.ts';

/**
 * Plain, serialisable data that mirrors what the commands of real nodes print. Nothing in it is resolved further than
 * `connectWorld` in connect.ts does (veth peers, segments).
 */
export interface World {
  readonly hosts: readonly Host[];
  /** Layer-2 segments between physical NICs of different hosts. */
  readonly segments: readonly Segment[];
  /** Names for addresses, from Kubernetes objects. */
  readonly names: ClusterNames;
  /** OVN's logical network, whose names the rules of the machines' bridges lead to; absent: no listing of it. */
  readonly ovn?: OvnNetwork;
}

export interface Host {
  readonly name: string;
  readonly role: 'node' | 'router' | 'client' | 'machine';
  /** The host's own namespace (name null) is always the first. */
  readonly netns: readonly Netns[];
  /** Bridges of the machine's Open vSwitch; absent: it has none that a dump tells of. Their ports are devices of its own namespace, or of others where the switch put them. */
  readonly ovs?: readonly OvsBridge[];
  /** Records of the switch's database, in the order of the dump; absent: no `ovs-vsctl list` of whole tables was given. */
  readonly ovsRecords?: readonly OvsListed[];
  /** What its datapath has cached, in the order of the dump; absent: no `dpctl/dump-flows` was given. */
  readonly datapathFlows?: readonly DatapathFlow[];
}

export interface Netns {
  /** null: the host's own. */
  readonly name: string | null;
  readonly links: readonly Link[];
  readonly rules: readonly PolicyRule[];
  readonly routes: readonly Route[];
  /** The tables that were listed; absent: all of them. Of table local the rest is known from the addresses; a look-up that finds nothing in a table that was not listed is unknown. */
  readonly routesListed?: readonly string[];
  readonly neighbours: readonly Neighbour[];
  /** `ip nexthop`: objects that routes name by `nhid`. */
  readonly nexthopObjects?: readonly NexthopObject[];
  /** `ip route show cache`: path MTUs and redirects that were learned before. */
  readonly routeCache?: readonly RouteException[];
  readonly fdb: readonly FdbEntry[];
  /** iptables tables in the order of the dump; undefined: no iptables dump was given. */
  readonly tables: readonly Table[] | undefined;
  readonly ipsets: readonly IpSet[];
  readonly ipvs: readonly VirtualServer[];
  /** kube-proxy balances by IPVS here (there is its device), and no listing of the virtual servers was given. */
  readonly ipvsUnlisted?: true;
  /** Connections of `ipvsadm -Lnc`; absent: no listing was given. */
  readonly ipvsConnections?: readonly IpvsConnection[];
  /** Full sysctl keys, e.g. `net.ipv4.conf.all.rp_filter`. */
  readonly sysctls: Readonly<Record<string, string>>;
  /** No listing of them was given: those that are not here are unknown. Absent: they have the kernel's defaults. */
  readonly sysctlsUnlisted?: true;
  /** Who listens; undefined when no `ss` output was given, and then every port answers. */
  readonly sockets: readonly Listener[] | undefined;
  /** Connections that the kernel knows already; undefined when no `conntrack -L` was given. */
  readonly conntrack?: readonly CtListing[];
  /** Addresses for which programs answer ARP; only compiled machines have them, because no command shows them. */
  readonly arpPrograms?: readonly ArpProgram[];
  /** Things in the dump that the engine does not model, each ending the walk in `unknown` where it would matter. */
  readonly unmodelled: readonly Unmodelled[];
  /** What the tools print above their listings, kept so that the dump can be printed again. */
  readonly headings?: { readonly ipvsadm?: string; readonly ss?: string; /** Of a host's own namespace: what `ovs-vsctl show` says beside its bridges. */ readonly ovsVsctl?: string };
}

/** A program with a packet socket on a device, which answers ARP requests for an address that the kernel need not own: MetalLB's speaker. */
export interface ArpProgram {
  readonly ip: Ip4;
  readonly dev: string;
  /** What it is called: `speaker`. */
  readonly program: string;
  readonly source: SourceRef | undefined;
}

/** A network device as `ip -d link` and `ip addr` print it. The order of `Netns.links` is the kernel's device order. */
export interface Link {
  readonly ifindex: number;
  readonly name: string;
  readonly kind: LinkKind;
  /** The kind as the dump spells it (`vxlan`, `bridge`, …); '' for a physical NIC or lo. */
  readonly kindText: string;
  readonly mtu: number;
  /** Flags between < and >, e.g. UP, LOWER_UP, NOARP. */
  readonly flags: readonly string[];
  readonly mac: Mac | undefined;
  /** `@ifN` or `@NAME` behind the device's name. */
  readonly peer: string | undefined;
  readonly linkNetnsid: number | undefined;
  readonly linkNetns: string | undefined;
  readonly master: string | undefined;
  readonly tunnel: Tunnel | undefined;
  readonly addresses: readonly Address[];
  readonly source: SourceRef | undefined;
  /** Other end of a veth, filled by connectWorld; undefined when it was not found. */
  readonly veth?: DeviceRef;
  /** The device below a vlan or macvlan device, filled by connectWorld. */
  readonly lower?: DeviceRef;
  /** Set by connectWorld when the NIC is a virtual function: the NIC itself moves its frames, and the machine's kernel does not see them. */
  readonly vf?: VirtualFunction;
  readonly bridge?: Bridge;
  /** Set when `master` is a bridge and some listing told about its ports. */
  readonly port?: BridgePort;
  /** VLANs of a bridge or of its port; undefined when no `bridge vlan` was given. */
  readonly vlans?: readonly BridgeVlan[];
  readonly vlan?: VlanDevice;
  readonly macvlan?: MacvlanMode;
  readonly extra?: LinkExtra;
}

/** A virtual function of a NIC (SR-IOV). */
export interface VirtualFunction {
  /** The physical function. */
  readonly pf: DeviceRef;
  /** `vf N` in its list. */
  readonly index: number;
}

/** What `ip` prints about a device beyond the model, kept so that the dump can be printed again. */
export interface LinkExtra {
  /** Words behind the MTU other than the master: `qdisc`, `noqueue`, `state`, `UP`, …; `mode` is printed by `ip link` alone. */
  readonly head: readonly string[];
  /** The word behind `link/`. */
  readonly linkType: string;
  /** What stands between `link/TYPE` and `link-netnsid`: the address and its broadcast. */
  readonly linkAddress: readonly string[];
  /** `ip -d`: the end of the `link/` line, verbatim, with its spaces. */
  readonly details?: string;
  /** `ip -d`: the line of the device's kind behind what `kind` and `tunnel` hold, verbatim. */
  readonly kindDetails?: string;
  /** `ip -d`: the options that `tunnel` holds, where the tool of today would print them otherwise. */
  readonly tunnelText?: string;
  /** Other indented lines (altname, alias, bridge_slave, prog/xdp), verbatim. */
  readonly lines: readonly string[];
}

export type LinkKind = 'loopback' | 'nic' | 'veth' | 'dummy' | 'ipip' | 'bridge' | 'vlan' | 'macvlan' | 'tap' | 'gre' | 'gretap' | 'vxlan' | 'geneve' | 'openvswitch' | 'unknown';

export interface Address {
  readonly ip: Ip4;
  readonly prefixLen: number;
  readonly broadcast: Ip4 | undefined;
  readonly peer: Ip4 | undefined;
  readonly scope: AddressScope;
  readonly secondary: boolean;
  readonly source: SourceRef | undefined;
  /** Words behind the scope other than `secondary` (dynamic, noprefixroute, the label), and the line of lifetimes. */
  readonly extra?: { readonly words: readonly string[]; readonly lifetime: string | undefined };
}

/** As `ip` prints them; the number is the kernel's (include/uapi/linux/rtnetlink.h, enum rt_scope_t). */
export type AddressScope = 'global' | 'site' | 'link' | 'host';

export interface DeviceRef {
  readonly host: string;
  readonly netns: string | null;
  readonly dev: string;
}

/** Devices on one broadcast domain. */
export interface Segment {
  /** Stable name, e.g. the subnet `10.10.4.0/24`. */
  readonly name: string;
  readonly devices: readonly DeviceRef[];
}

/** One line of `ip rule`. Undefined selectors match everything. */
export interface PolicyRule {
  readonly priority: number;
  readonly not: boolean;
  readonly from: Prefix | undefined;
  readonly to: Prefix | undefined;
  readonly iif: string | undefined;
  readonly oif: string | undefined;
  readonly fwmark: { readonly value: number; readonly mask: number } | undefined;
  readonly tos: number | undefined;
  readonly ipproto: number | undefined;
  readonly sport: PortRange | undefined;
  readonly dport: PortRange | undefined;
  /** `uidrange`, inclusive. */
  readonly uids?: { readonly from: number; readonly to: number };
  readonly action: PolicyAction;
  /** Selectors or attributes that we did not understand, verbatim: the rule is then undecidable. */
  readonly unknown: readonly string[];
  readonly source: SourceRef | undefined;
  /** Words without an effect on packets (`proto static`, `[detached]`), verbatim. */
  readonly extra?: readonly string[];
}

export type PolicyAction =
  | { readonly kind: 'lookup'; readonly table: string; readonly suppressPrefixLength: number | undefined }
  | { readonly kind: 'goto'; readonly priority: number }
  | { readonly kind: 'nop' | 'blackhole' | 'unreachable' | 'prohibit' };

export interface Prefix {
  readonly ip: Ip4;
  readonly prefixLen: number;
}

/** Inclusive. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export type RouteType = 'unicast' | 'local' | 'broadcast' | 'multicast' | 'blackhole' | 'unreachable' | 'prohibit' | 'throw' | 'anycast';

/** One route of `ip route show table all`. */
export interface Route {
  readonly type: RouteType;
  readonly dst: Prefix;
  readonly table: string;
  readonly nexthops: readonly Nexthop[];
  readonly proto: string | undefined;
  /** As `ip route` prints it; undefined is global. */
  readonly scope: string | undefined;
  readonly src: Ip4 | undefined;
  readonly metric: number;
  readonly mtu: number | undefined;
  /** `mtu lock`: path MTU discovery leaves it alone, and DF stays clear. */
  readonly mtuLocked?: true;
  readonly advmss?: number;
  readonly hoplimit?: number;
  /** The nexthop object that it names. */
  readonly nhid?: number;
  readonly tos: number;
  /** Attributes that we did not understand, verbatim. */
  readonly unknown: readonly string[];
  readonly source: SourceRef | undefined;
  /** Words without an effect on where packets go (`pref`, `initcwnd`, `offload`), verbatim. */
  readonly extra?: readonly string[];
}

export interface Nexthop {
  readonly via: Ip4 | undefined;
  readonly dev: string | undefined;
  readonly weight: number;
  readonly onlink: boolean;
  /** `dead`: the kernel does not use it. */
  readonly dead: boolean;
  /** No carrier; used all the same unless `ignore_routes_with_linkdown` says otherwise. */
  readonly linkdown?: true;
}

/** One line of `ip nexthop`: a next hop, a group of them, or a blackhole. */
export interface NexthopObject {
  readonly id: number;
  readonly via: Ip4 | undefined;
  readonly dev: string | undefined;
  readonly onlink: boolean;
  readonly blackhole: boolean;
  /** Members of a group with their weights; undefined for a single next hop. */
  readonly group: readonly { readonly id: number; readonly weight: number }[] | undefined;
  /** Attributes that we did not understand, verbatim. */
  readonly unknown: readonly string[];
  /** Words without an effect on where packets go (`scope link`, `proto static`, `type resilient`), verbatim and in order. */
  readonly extra?: readonly string[];
  readonly source: SourceRef | undefined;
}

/** One entry of `ip route show cache`: what was learned about one destination (struct fib_nh_exception). */
export interface RouteException {
  readonly dst: Ip4;
  readonly src: Ip4 | undefined;
  readonly tos: number;
  readonly via: Ip4 | undefined;
  readonly dev: string | undefined;
  /** The gateway came from an ICMP redirect. */
  readonly redirected: boolean;
  readonly mtu: number | undefined;
  readonly mtuLocked: boolean;
  /** Other words of the entry's lines (`expires 590sec`, `uid 0`), verbatim. */
  readonly extra?: readonly string[];
  readonly source: SourceRef | undefined;
}

/** One line of `ip neigh`. */
export interface Neighbour {
  readonly ip: Ip4;
  readonly dev: string;
  readonly mac: Mac | undefined;
  /** Of a gre device: the outer address of that neighbour, which is its link-layer address. */
  readonly outer?: Ip4;
  /** REACHABLE, STALE, DELAY, PROBE, PERMANENT, NOARP, FAILED, INCOMPLETE, or '' . */
  readonly state: string;
  readonly source: SourceRef | undefined;
  /** Words between the link-layer address and the state (`router`, `extern_learn`, `used 1/2/3`), verbatim. */
  readonly extra?: readonly string[];
}

/** One line of `bridge fdb`. */
export interface FdbEntry {
  readonly mac: Mac;
  readonly dev: string;
  readonly dst: Ip4 | undefined;
  /** Remaining words, verbatim. */
  readonly words: readonly string[];
  readonly source: SourceRef | undefined;
}

/** A listening socket of `ss -lntu`. `ip` 0 is the wildcard. */
export interface Listener {
  readonly proto: 'tcp' | 'udp';
  readonly ip: Ip4;
  readonly port: number;
  /** `0.0.0.0%eth0`: bound to that device. */
  readonly dev: string | undefined;
  readonly source: SourceRef | undefined;
  /** The columns that the model has no use for, as `ss` prints them. */
  readonly extra?: { readonly state: string; readonly recvQ: string; readonly sendQ: string; readonly local: string; readonly peer: string; readonly process: string };
}

export interface Unmodelled {
  readonly what: 'nft-ruleset' | 'tc' | 'ebpf' | 'ovs-bridge' | 'device' | 'xfrm';
  /** The device it sits on, if it does. */
  readonly dev: string | undefined;
  /** Its own name in the dump: table, program, bridge. */
  readonly name: string;
  readonly source: SourceRef | undefined;
}

/** What Kubernetes objects call things. */
export interface ClusterNames {
  readonly pods: readonly NamedPod[];
  readonly services: readonly NamedService[];
  readonly nodes: readonly NamedNode[];
}

export interface NamedPod {
  readonly namespace: string;
  readonly name: string;
  readonly node: string | undefined;
  readonly ips: readonly Ip4[];
  readonly hostNetwork: boolean;
  readonly source: SourceRef;
}

export interface NamedService {
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  readonly clusterIps: readonly Ip4[];
  readonly externalIps: readonly Ip4[];
  readonly loadBalancerIps: readonly Ip4[];
  readonly externalTrafficPolicy: string | undefined;
  readonly ports: readonly {
    readonly name: string | undefined;
    readonly protocol: string;
    readonly port: number;
    readonly targetPort: string | undefined;
    readonly nodePort: number | undefined;
  }[];
  readonly source: SourceRef;
}

export interface NamedNode {
  readonly name: string;
  readonly internalIps: readonly Ip4[];
  readonly kubeProxyVersion: string | undefined;
  readonly source: SourceRef;
}
