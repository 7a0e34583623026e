import type { RefereeCase } from './case.ts';

/** One thing that the engine promises for IPv4, and how it shows that a probe was about it. */
export interface Item {
  readonly area: string;
  readonly name: string;
  /** A feature of the trace (src/text/features.ts). */
  readonly feature?: RegExp;
  /** What a written case says that it covers, where a trace does not show it. */
  readonly covers?: RegExp;
  /** Why no kernel can be asked: then it has no case. */
  readonly apart?: string;
}

type Row = readonly [name: string, feature: RegExp | undefined, covers?: RegExp];

const area = (name: string, rows: readonly Row[]): readonly Item[] =>
  rows.map(([item, feature, covers]) => ({ area: name, name: item, ...(feature ? { feature } : {}), ...(covers ? { covers } : {}) }));

/** A name with its regular expression: `^match:NAME ` and what follows. */
const match = (name: string, options = '', says = options): Row => [options === '' ? name : `${name} ${says}`, new RegExp(`^match:${name} ${options === '' ? '--' : `--(?:${options})`}`)];
const target = (name: string, option = ''): Row => [option === '' ? name : `${name} ${option}`, new RegExp(`^target:${name}${option === '' ? '(?: |$)' : ` ${option}$`}`)];
const set = (type: string): Row => [type, new RegExp(`^set:${type}$`)];
const covered = (name: string, tag = name): Row => [name, undefined, new RegExp(`^${tag}(?:-|$)`)];
const sysctl = (name: string, tag: string): Row => [name, undefined, new RegExp(`^${tag}$`)];

const MATCHES = area('matches', [
  ['addresses, devices, protocol, fragments', /^match:(?:address|interface|protocol|fragment)$/],
  match('tcp', '[sd]port', 'ports'), match('tcp', 'tcp-flags'), match('tcp', 'tcp-option'),
  match('udp'), match('sctp', '[sd]port', 'ports'), match('sctp', 'chunk-types'), match('icmp'),
  match('multiport', 'sports'), match('multiport', 'dports'), match('multiport', 'ports'),
  match('addrtype', 'src-type'), match('addrtype', 'dst-type'), match('addrtype', 'limit-iface'),
  match('conntrack', 'ctstate'), match('conntrack', 'ctstatus'), match('conntrack', 'ctdir'), match('conntrack', 'ctproto'),
  match('conntrack', 'ctorig(?:src|dst)$', 'ctorigsrc, ctorigdst'), match('conntrack', 'ctorig(?:src|dst)port', 'ctorigsrcport, ctorigdstport'), match('conntrack', 'ctrepl(?:src|dst)$', 'ctreplsrc, ctrepldst'), match('conntrack', 'ctrepl(?:src|dst)port', 'ctreplsrcport, ctrepldstport'),
  match('state'), match('mark'), match('connmark'),
  match('set', 'match-set'), match('set', 'return-nomatch'), match('set', 'update-counters'), match('set', 'packets|bytes', 'packets, bytes'),
  ['comment', /^match:comment$/], match('limit'), match('hashlimit'), match('connlimit'),
  ['statistic nth', /^match:statistic --every/], ['statistic random', /^match:statistic --probability/],
  match('recent'), match('physdev'), match('pkttype'), match('mac'), match('iprange'), match('length'), match('ttl'), match('dscp'), match('tos'),
  match('ecn', 'ecn-ip-ect'), match('ecn', 'ecn-tcp'), match('tcpmss'), match('owner'), ['rpfilter', /^match:rpfilter/], ['socket', /^match:socket/], match('realm'), match('nfacct'), match('ipvs'),
]);

const TARGETS = area('targets', [
  target('ACCEPT'), target('DROP'), target('RETURN'), target('jump'), target('goto'), target('QUEUE'), target('NFQUEUE'),
  ...['icmp-net-unreachable', 'icmp-host-unreachable', 'icmp-port-unreachable', 'icmp-proto-unreachable', 'icmp-net-prohibited', 'icmp-host-prohibited', 'icmp-admin-prohibited', 'tcp-reset'].map((kind) => target('REJECT', kind)),
  target('MARK'), target('CONNMARK', '--set-xmark'), target('CONNMARK', '--save-mark'), target('CONNMARK', '--restore-mark'),
  target('DNAT'), target('SNAT'), target('MASQUERADE'), target('REDIRECT'), target('NETMAP'),
  ['NAT to ranges', undefined, /^nat:range$/], ['NAT --persistent', undefined, /^nat:persistent$/], ['NAT --random', undefined, /^nat:random$/], ['NAT --random-fully', undefined, /^nat:random-fully$/],
  ['CT --zone', /^target:CT --zone/], target('CT', '--notrack'), ['CT template', undefined, /^ct:template$/], target('NOTRACK'),
  target('LOG'), target('NFLOG'), target('TRACE'), target('TTL'), target('DSCP'), target('TOS'), target('ECN'), target('TCPMSS', '--set-mss'), target('TCPMSS', '--clamp-mss-to-pmtu'),
  target('CHECKSUM'), target('CLASSIFY'), target('SET', '--add-set'), target('SET', '--del-set'),
]);

const IPSET = area('ipset', [
  ...['hash:ip', 'hash:net', 'hash:ip,port', 'hash:ip,port,ip', 'hash:ip,port,net', 'hash:net,port', 'hash:net,iface', 'hash:net,net', 'hash:net,port,net', 'hash:ip,mark', 'hash:mac', 'hash:ip,mac', 'bitmap:ip', 'bitmap:ip,mac', 'bitmap:port', 'list:set'].map(set),
  ...['nomatch', 'timeout', 'counters', 'skbinfo'].map((word) => covered(word, `set:${word}`)),
]);

const CONNTRACK = area('conntrack', [
  ['TCP', undefined, /^ct:(?:tcp|reset|loose)$/], ['UDP', undefined, /^ct:udp$/], ['ICMP', undefined, /^ct:icmp$/], ['SCTP', undefined, /^ct:sctp$/], ['other protocols', undefined, /^ct:generic$/],
  ['zones', undefined, /^ct:zone$/], ['zones of a direction', undefined, /^ct:zone-(?:orig|reply)$/], ['zones by mark', undefined, /^ct:zone-mark$/],
  ['connection marks', /^match:connmark /], ['RELATED errors', /^conntrack:related/], ['INVALID', /^conntrack:invalid/], ['untracked', /^conntrack:untracked/],
  ['errors translated with their quote', undefined, /^nat:icmp-error$/], ['port allocation', undefined, /^nat:(?:ports|port-class|shift)$/], ['clashes', undefined, /^(?:nat|ct):clash$/], ['hairpin', undefined, /^nat:hairpin$/],
  ['null bindings', undefined, /^nat:null-binding$/], ['confirmation', /^conntrack:confirm/], ['given entries', undefined, /^ct:given$/], ['defragmentation', undefined, /^ct:defrag$/],
]);

const ROUTING = area('routing', [
  ...['from', 'to', 'fwmark', 'iif', 'oif', 'ports', 'tos', 'goto', 'suppress', 'not'].map((word) => covered(`rule ${word}`, `route:rule-${word}`)),
  ...['blackhole', 'unreachable', 'prohibit', 'throw', 'metric', 'onlink', 'src', 'mtu', 'multipath', 'nexthop-object', 'nexthop-group'].map((word) => covered(`route ${word}`, `route:${word}`)),
  ['routed again after mangle OUTPUT', undefined, /^route:reroute-(?:mark|tos)$/], ['routed again after nat OUTPUT', undefined, /^route:reroute-dnat$/],
  ['rp_filter 0', undefined, /^route:rp_filter-off$/], ['rp_filter 1', /^rp_filter:strict$/], ['rp_filter 2', /^rp_filter:loose$/],
  ...['accept_local', 'route_localnet', 'src_valid_mark', 'forwarding', 'accept_redirects'].map((word) => sysctl(word, `route:${word}`)),
  ['martians', /^drop:martian/], ['redirects', /^icmp:5\//], ['path MTU cache', /^ip:pmtu$/], ['fragmentation', /^ip:fragment$/], ['reassembly', /^ip:reassemble$/], ['TTL', /^ttl:forward$/],
]);

const ICMP = area('ICMP errors', [
  ...(['3/0', '3/1', '3/2', '3/3', '3/4', '3/9', '3/10', '3/13', '5/1', '11/0'] as const).map((kind): Row => [kind, new RegExp(`^icmp:${kind}$`)]),
  ['source address', undefined, /^icmp:(?:source|inbound-address)$/], ['size', undefined, /^icmp:size$/],
]);

const ARP = area('ARP', [
  ['question and answer', /^arp:own-address$/], ['silence', /^neighbour:failed$/],
  ...['arp_ignore', 'arp_announce', 'arp_filter'].map((word) => sysctl(word, `arp:${word}`)), ['proxy_arp', /^arp:proxy-arp$/],
]);

const BRIDGES = area('bridges and devices', [
  ...['fdb', 'flood', 'learning', 'vlan', 'hairpin', 'isolated', 'nf'].map((word) => covered(word === 'nf' ? 'br_netfilter' : word, `bridge:${word}`)),
  ['physdev under br_netfilter', /^match:physdev /], ...['macvlan', 'vlan', 'dummy'].map((word) => covered(`${word} devices`, `device:${word}`)),
]);

const TUNNELS = area('tunnels', [
  ...(['ipip', 'gre', 'gretap', 'vxlan', 'geneve'] as const).flatMap((kind): readonly Row[] => [[`${kind} encapsulation`, new RegExp(`^tunnel:${kind} encap$`)], [`${kind} decapsulation`, new RegExp(`^tunnel:${kind} decap$`)]]),
  ['ttl', undefined, /^tunnel:.*-ttl$/], ['tos', undefined, /^tunnel:.*-tos$/], ['DF', undefined, /^tunnel:.*-df$/], ['MTU', undefined, /^tunnel:.*-mtu$/], ['path MTU', undefined, /^tunnel:.*pmtu$/], ['ECN', undefined, /^tunnel:ecn$/],
  ['vxlan static FDB', undefined, /^tunnel:vxlan-fdb/], ['vxlan learning', undefined, /^tunnel:vxlan-learning$/], ['vxlan and ARP', undefined, /^tunnel:vxlan-arp$/],
]);

const IPVS = area('IPVS', [
  ...['rr', 'wrr', 'lc', 'wlc', 'sh', 'dh', 'sed', 'nq'].map((word): Row => [word, new RegExp(`^ipvs:${word}$`)]),
  ...(['nat', 'dr', 'tunnel', 'persistence', 'fwmark', 'weight-0', 'conntrack', 'snat_reroute', 'nat_icmp_send'] as const).map((word) => covered(word, `ipvs:${word}`)),
  ['connections', /^ipvs:(?:schedule|reply)$/],
]);

const CANNOT_PLACE = 'no tool puts an IPVS connection into a kernel, and these settings are about connections from before';

/** Everything of IPv4 that is promised, but for what may stay unknown by name. */
export const ITEMS: readonly Item[] = [
  ...MATCHES, ...TARGETS, ...IPSET, ...CONNTRACK, ...ROUTING, ...ICMP, ...ARP, ...BRIDGES, ...TUNNELS, ...IPVS,
  ...['expire_nodest_conn', 'expire_quiescent_template', 'conn_reuse_mode'].map((name): Item => ({ area: 'IPVS', name, apart: CANNOT_PLACE })),
];

export const itemKey = ({ area: of, name }: Item): string => `${of}: ${name}`;

/** What a probe with these features was about; a written case also says so itself. */
export const itemsOf = (features: readonly string[], covers: RefereeCase['covers']): readonly Item[] => ITEMS.filter(({ feature, covers: tag }) => (feature && features.some((f) => feature.test(f))) || (tag && covers.some((c) => tag.test(c))));
