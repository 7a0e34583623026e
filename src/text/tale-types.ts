import type { CtState, DropReason, FibStep, OvsStep, TunnelKind, SetChange, UnknownWhat } from '../engine/step.ts';

/** How a probe's packet is spoken of. */
export type Sort = 'tcp' | 'udp' | 'ping' | 'other';

/** What made a rule match: the value and the set or the option. */
export interface Because {
  readonly saw: string;
  readonly set: string | undefined;
  readonly text: string;
}

/**
 * What a stop tells, as data: every value is ready to be put into a sentence (names are in the language of the telling). The
 * dictionaries have one entry for each kind.
 */
export type Tale =
  | { readonly kind: 'send'; readonly who: string; readonly to: string; readonly toName: string | undefined; readonly sort: Sort; readonly port: number | undefined; readonly proto: string; readonly src: string; readonly sourceChosen: boolean }
  | { readonly kind: 'answer'; readonly who: string; readonly to: string; readonly toName: string | undefined; readonly sort: Sort; readonly mss: number | undefined; readonly expected: boolean }
  | { readonly kind: 'data'; readonly who: string; readonly to: string; readonly segments: number; readonly bytes: number }
  | { readonly kind: 'icmp-error'; readonly who: string; readonly to: string; readonly error: string; readonly from: string }
  | { readonly kind: 'reset'; readonly who: string; readonly to: string }
  | { readonly kind: 'arrive'; readonly host: string; readonly dev: string; /** The NIC whose virtual function the device is. */ readonly pf: string | undefined; readonly via: string | undefined; readonly otherhost: boolean; readonly reply: boolean }
  | { readonly kind: 'mark'; readonly rule: string; readonly by: string; readonly because: Because | undefined; readonly before: string; readonly mark: string; readonly cleared: boolean; readonly host: string; readonly later: string | undefined }
  | { readonly kind: 'returned'; readonly rule: string; readonly because: Because | undefined; readonly chain: string; readonly skipped: string | undefined }
  | { readonly kind: 'accepted'; readonly rule: string; readonly because: Because | undefined; readonly table: string; readonly hook: string }
  | { readonly kind: 'source-kept'; readonly rule: string | undefined; readonly src: string; readonly because: Because | undefined }
  | { readonly kind: 'table'; readonly table: string; readonly hook: string; readonly by: 'rule' | 'policy' | 'none'; readonly rule: string | undefined }
  | { readonly kind: 'table-asked'; readonly table: string; readonly hook: string; readonly in: string | undefined; readonly out: string | undefined; readonly verdict: string }
  | { readonly kind: 'notrack'; readonly rule: string }
  | { readonly kind: 'ct-zone'; readonly rule: string; readonly zone: string }
  | { readonly kind: 'rule-hit'; readonly rule: string; readonly verdict: string | undefined; readonly jump: boolean; readonly because: Because | undefined; readonly mark: string | undefined; readonly change?: SetChange | undefined }
  | { readonly kind: 'rules-skipped'; readonly chain: string; readonly from: number; readonly to: number }
  | { readonly kind: 'rule-miss'; readonly rule: string; readonly because: Because | undefined }
  | { readonly kind: 'rule-unknown'; readonly rule: string }
  | { readonly kind: 'policy'; readonly chain: string; readonly policy: string }
  | { readonly kind: 'rule-drop'; readonly rule: string; readonly table: string; readonly hook: string; readonly host: string; readonly because: Because | undefined; /** What its author wrote on it. */ readonly comment: string | undefined }
  | { readonly kind: 'policy-drop'; readonly chain: string; readonly table: string; readonly host: string }
  | { readonly kind: 'reject'; readonly rule: string; readonly table: string; readonly hook: string; readonly host: string; /** The sender is a tunnel's end: whoever sent what is inside is told nothing. */ readonly outer: boolean; readonly because: Because | undefined }
  | { readonly kind: 'masquerade'; readonly rule: string; readonly before: string; readonly after: string; readonly out: string; readonly dev: string; readonly borrowed: boolean; readonly marked: string | undefined; readonly port: { readonly before: number; readonly after: number } | undefined }
  | { readonly kind: 'nat-rule'; readonly target: string; readonly rule: string; readonly side: 'src' | 'dst'; readonly before: string; readonly after: string }
  | { readonly kind: 'nat-entry'; readonly side: 'src' | 'dst'; readonly before: string; readonly after: string }
  | { readonly kind: 'undo'; readonly side: 'src' | 'dst'; readonly before: string; readonly after: string; readonly host: string }
  | { readonly kind: 'undo-both'; readonly dst: string; readonly src: string; readonly host: string; readonly ipvs: boolean }
  | { readonly kind: 'undo-ipvs'; readonly src: string; readonly host: string }
  | { readonly kind: 'conntrack'; readonly op: 'new' | 'found' | 'confirm' | 'related' | 'invalid' | 'untracked' | 'removed'; readonly state: CtState; readonly direction: 'original' | 'reply' }
  | { readonly kind: 'route-local'; readonly ip: string; readonly host: string; readonly dev: string | undefined; readonly dummy: boolean; readonly virtual: boolean }
  | { readonly kind: 'route-forward'; readonly host: string; readonly ip: string; readonly prefix: string | undefined; readonly oif: string; readonly into: 'pod' | 'tunnel' | 'link'; readonly name: string | undefined; readonly nexthop: string | undefined }
  | { readonly kind: 'route-again'; readonly ip: string; readonly prefix: string | undefined; readonly oif: string; readonly into: 'pod' | 'tunnel' | 'link' | 'local'; readonly name: string | undefined; readonly nexthop: string | undefined; readonly ipvs: boolean }
  | { readonly kind: 'route-output'; readonly ip: string; readonly oif: string; readonly nexthop: string | undefined; readonly src: string | undefined; readonly outer: boolean; readonly local: boolean }
  | { readonly kind: 'route-error'; readonly host: string; readonly ip: string; readonly result: FibStep['result'] }
  | { readonly kind: 'rp-filter'; readonly passed: boolean; readonly mode: string; readonly src: string; readonly dev: string; readonly expected: string | undefined }
  | { readonly kind: 'ttl'; readonly before: number; readonly after: number }
  | { readonly kind: 'cut'; readonly bytes: number; readonly mtu: number; readonly count: number; readonly dev: string | undefined; readonly again: boolean }
  | { readonly kind: 'piece'; readonly index: number; readonly count: number }
  | { readonly kind: 'whole'; readonly count: number }
  | { readonly kind: 'pmtu'; readonly ip: string; readonly mtu: number; readonly host: string }
  | { readonly kind: 'redirect'; readonly ip: string; readonly gateway: string; readonly host: string; readonly believed: boolean }
  | { readonly kind: 'too-big'; readonly bytes: number; readonly mtu: number; readonly host: string; readonly told: boolean }
  | { readonly kind: 'ipvs-pick'; readonly address: string; readonly name: string | undefined; readonly where: string | undefined; readonly here: boolean; readonly count: number; readonly scheduler: string; readonly virtual: string; readonly chance: boolean }
  | { readonly kind: 'ipvs-known'; readonly address: string; readonly virtual: string }
  | { readonly kind: 'ipvs-none'; readonly virtual: string; readonly host: string; readonly listed: number }
  | { readonly kind: 'encap'; readonly dev: string; readonly src: string; readonly dst: string; readonly inner: string; readonly peer: string | undefined; readonly reply: boolean; readonly overhead: number; readonly tunnel: TunnelKind; readonly vni: number | undefined; readonly by: 'nexthop' | 'remote' | 'entry' | 'learned' | 'default' }
  | { readonly kind: 'wire'; readonly nested: boolean; readonly dev: string; readonly pf: string | undefined; readonly host: string; readonly to: string | undefined; readonly toDev: string | undefined; readonly inner: string; readonly bytes: number; readonly reply: boolean }
  | { readonly kind: 'leave'; readonly dev: string; readonly pf: string | undefined; readonly to: string | undefined; readonly toDev: string | undefined; readonly sort: 'veth' | 'tunnel' | 'loopback' | 'other' }
  | { readonly kind: 'decap'; readonly tunnel: TunnelKind; readonly dev: string; readonly host: string; readonly overhead: number; readonly reply: boolean; readonly holds: boolean }
  | { readonly kind: 'bridge'; readonly bridge: string; readonly op: 'local' | 'forward' | 'flood'; readonly from: string | undefined; readonly to: readonly string[]; readonly by: 'entry' | 'learned' | 'local' | undefined; readonly host: string; readonly mac: string | undefined }
  | { readonly kind: 'ovs'; readonly bridge: string; /** It lives in a program (DPDK), not in the machine's kernel. */ readonly userspace: boolean; readonly host: string; readonly port: string; readonly how: OvsStep['how']; readonly to: readonly string[]; readonly again: boolean; readonly lookUps: number; /** The look-up that came last. */ readonly rule: string | undefined; readonly missed: boolean }
  | { readonly kind: 'openflow'; readonly bridge: string; /** Its name where it has one, else its number. */ readonly table: string; /** undefined: no rule of the table is for the packet. */ readonly rule: string | undefined; readonly match: string; readonly actions: string; readonly changes: readonly { readonly field: string; readonly before: string; readonly after: string }[]; readonly to: readonly string[]; readonly bucket: { readonly group: number; readonly bucket: number } | undefined; readonly cookie: string | undefined }
  | { readonly kind: 'ovs-ct'; readonly bridge: string; readonly zone: number; readonly commit: boolean; readonly nat: string | undefined; readonly state: string; readonly mark: string | undefined; readonly label: string | undefined }
  | { readonly kind: 'ovs-nat'; readonly bridge: string; readonly side: 'src' | 'dst'; readonly before: string; readonly after: string; readonly nat: string | undefined; readonly zone: number; /** The look-up that asked for it. */ readonly rule: string | undefined }
  | { readonly kind: 'ovs-length'; readonly bridge: string; readonly bytes: number; readonly limit: number; readonly larger: boolean }
  | { readonly kind: 'ovs-controller'; readonly bridge: string; readonly host: string; readonly what: string | undefined; /** Whose action that is. */ readonly agent: 'ovn' | 'antrea'; readonly reason: string }
  | { readonly kind: 'ovs-other'; readonly bridge: string; readonly what: string }
  | { readonly kind: 'neighbour'; readonly dev: string; readonly ip: string; readonly mac: string | undefined; readonly how: 'entry' | 'arp' | 'none' | 'learned' | 'failed' }
  | { readonly kind: 'arp'; readonly ip: string; readonly host: string; readonly by: 'own-address' | 'proxy-arp' | 'program' | 'none'; readonly dev: string; readonly question: boolean }
  | { readonly kind: 'taken'; readonly who: string; readonly src: string; readonly was: string | undefined; readonly assumed: boolean; readonly port: number | undefined; readonly changes: readonly string[]; readonly data: boolean; readonly policyOf: string | undefined }
  | { readonly kind: 'echo'; readonly who: string; readonly src: string; readonly was: string | undefined; readonly changes: readonly string[] }
  | { readonly kind: 'heard'; readonly who: string; readonly from: string; readonly hidden: string | undefined; readonly sort: Sort }
  | { readonly kind: 'reset-heard'; readonly who: string; readonly from: string }
  | { readonly kind: 'told'; readonly who: string; readonly error: string; readonly from: string }
  | { readonly kind: 'controller-answers'; readonly bridge: string; readonly port: number | undefined }
  | { readonly kind: 'kernel'; readonly who: string; readonly reset: boolean; readonly error: string | undefined }
  | { readonly kind: 'no-listener'; readonly who: string; readonly port: number | undefined; readonly proto: string }
  | { readonly kind: 'stray'; readonly who: string; readonly from: string; readonly expected: string | undefined; readonly cause: string | undefined }
  | { readonly kind: 'drop'; readonly reason: DropReason; readonly host: string; readonly dev: string | undefined; readonly src: string; readonly dst: string; readonly vlan?: number }
  | { readonly kind: 'left'; readonly ip: string; readonly name: string | undefined; readonly dev: string | undefined; readonly assumed: boolean; /** The node whose dump would tell more. */ readonly node: string | undefined }
  | { readonly kind: 'unknown'; readonly what: UnknownWhat; readonly name: string; readonly ask: string | undefined; readonly host: string; readonly rule: string | undefined };

export type TaleOf<K extends Tale['kind']> = Extract<Tale, { readonly kind: K }>;

/** One sentence for each kind of tale. */
export type Dictionary = { readonly [K in Tale['kind']]: (t: TaleOf<K>) => string };

/** The entry of a dictionary for a tale. */
export function tell(dictionary: Dictionary, tale: Tale): string {
  // The index signature and the argument are of the same kind by construction; the compiler cannot follow that through a union.
  const entry = dictionary[tale.kind] as (t: Tale) => string;
  return entry(tale);
}
