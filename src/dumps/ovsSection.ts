/** Listings of Open vSwitch and OVN. `ovs-dp-flows` is what the datapath has cached, which is evidence, not a rule. */
export type OvsSectionKind =
  | 'ovs-vsctl'
  | 'ovs-list'
  | 'ovs-ofctl-show'
  | 'ovs-flows'
  | 'ovs-groups'
  | 'ovs-tlv-map'
  | 'ovs-fdb'
  | 'ovs-dpif-show'
  | 'ovs-dp-flows'
  | 'ovs-dp-conntrack'
  | 'ovn-nb-show'
  | 'ovn-lb-list'
  | 'ovn-acl-list'
  | 'ovn-route-list'
  | 'ovn-nat-list'
  | 'ovn-policy-list'
  | 'ovn-sb-show'
  | 'ovn-lflow-list'
  | 'ovn-list';

const OFCTL: Readonly<Record<string, OvsSectionKind>> = { show: 'ovs-ofctl-show', 'dump-flows': 'ovs-flows', 'dump-groups': 'ovs-groups', 'dump-tlv-map': 'ovs-tlv-map' };
const APPCTL: Readonly<Record<string, OvsSectionKind>> = {
  'bridge/dump-flows': 'ovs-flows',
  'fdb/show': 'ovs-fdb',
  'dpif/show': 'ovs-dpif-show',
  'dpif/dump-flows': 'ovs-dp-flows',
  'dpctl/dump-flows': 'ovs-dp-flows',
  'dpctl/dump-conntrack': 'ovs-dp-conntrack',
};
const DPCTL: Readonly<Record<string, OvsSectionKind>> = { 'dump-flows': 'ovs-dp-flows', 'dump-conntrack': 'ovs-dp-conntrack' };
const VSCTL: Readonly<Record<string, OvsSectionKind>> = { show: 'ovs-vsctl', list: 'ovs-list' };
const NBCTL: Readonly<Record<string, OvsSectionKind>> = { show: 'ovn-nb-show', 'lb-list': 'ovn-lb-list', 'acl-list': 'ovn-acl-list', 'lr-route-list': 'ovn-route-list', 'lr-nat-list': 'ovn-nat-list', 'lr-policy-list': 'ovn-policy-list' };
const SBCTL: Readonly<Record<string, OvsSectionKind>> = { show: 'ovn-sb-show', 'lflow-list': 'ovn-lflow-list', 'dump-flows': 'ovn-lflow-list', list: 'ovn-list' };
const TOOLS: Readonly<Record<string, Readonly<Record<string, OvsSectionKind>>>> = { 'ovs-ofctl': OFCTL, 'ovs-appctl': APPCTL, 'ovs-dpctl': DPCTL, 'ovs-vsctl': VSCTL, 'ovn-nbctl': NBCTL, 'ovn-sbctl': SBCTL };
/** Options of these tools whose value is a word of its own. */
const WITH_VALUE: ReadonlySet<string> = new Set(['-O', '--protocols', '-F', '--flow-format', '-t', '--target', '-T', '--timeout', '--db', '-v', '--columns', '-f', '--format', '-d', '--data', '-C', '--ca-cert', '-c', '--certificate', '-p', '--private-key']);

export interface OvsCommand {
  readonly kind: OvsSectionKind;
  /** Words behind the verb that are no options: the bridge, the table of a database, a logical switch. */
  readonly args: readonly string[];
  readonly options: readonly string[];
}

/** A command of one of these tools, without sudo and path; undefined when it is none that we read. */
export function ovsCommand(words: readonly string[]): OvsCommand | undefined {
  const verbs = TOOLS[words[0] ?? ''];
  if (!verbs) return undefined;
  const plain: string[] = [];
  const options: string[] = [];
  for (let i = 1; i < words.length; i++) {
    const word = words[i] ?? '';
    if (!word.startsWith('-')) plain.push(word);
    else {
      options.push(word);
      if (WITH_VALUE.has(word)) {
        options.push(words[i + 1] ?? '');
        i++;
      }
    }
  }
  const [verb = '', ...args] = plain;
  const kind = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (kind === undefined) return undefined;
  if (kind === 'ovn-list' && !/^(?:datapath(?:_binding)?|port_binding)$/i.test(args[0] ?? '')) return undefined;
  if (kind === 'ovs-list' && !/^(?:interface|port|bridge)$/i.test(args[0] ?? '')) return undefined;
  // Machine formats are something else.
  return options.some((o) => /^(?:--format=|-f=?)(?:json|csv|html|table)$/.test(o)) ? undefined : { kind, args, options };
}

/** Whether a command lists only a part: rules of one table (`dump-flows br0 table=0`), one record. */
export const isPartial = ({ kind, args }: OvsCommand): boolean =>
  (kind === 'ovs-dp-flows' && args.some((a) => a.includes('='))) || args.length > (kind === 'ovs-flows' || kind === 'ovs-groups' ? 1 : kind === 'ovs-list' ? 1 : Infinity);

/** Kinds of listings that are about one bridge. */
const OF_A_BRIDGE: ReadonlySet<OvsSectionKind> = new Set<OvsSectionKind>(['ovs-flows', 'ovs-groups', 'ovs-tlv-map', 'ovs-fdb', 'ovs-ofctl-show']);
/** Kinds of listings that are about one logical switch or router. */
const OF_A_DATAPATH: ReadonlySet<OvsSectionKind> = new Set<OvsSectionKind>(['ovn-acl-list', 'ovn-route-list', 'ovn-nat-list', 'ovn-policy-list']);

const FILE = /^(ovs-ofctl|ovs-appctl|ovs-dpctl|ovs-vsctl|ovn-nbctl|ovn-sbctl)[-_ ](.+)$/;

/**
 * The command that a file's name spells: `ovs-ofctl-dump-flows-br-int.txt`, `ovs-ofctl_-O_OpenFlow13_dump-flows_br0` (as sosreport
 * writes it), `ovs-appctl-fdb-show-br-ex`.
 */
export function ovsCommandOfFile(name: string): OvsCommand | undefined {
  const [, tool = '', rest = ''] = FILE.exec(name) ?? [];
  const verbs = TOOLS[tool];
  if (!verbs) return undefined;
  const known = Object.keys(verbs).sort((a, b) => b.length - a.length);
  for (const verb of known) {
    const spelled = verb.replace(/[-/]/g, '[-_./]');
    const [, options = '', arg] = new RegExp(`^((?:-.*[-_ ])?)${spelled}(?:[-_ ](.+))?$`).exec(rest) ?? [];
    if (arg === undefined && !new RegExp(`^(?:-.*[-_ ])?${spelled}$`).test(rest)) continue;
    const found = ovsCommand([tool, ...options.split(/[_ ]/).filter((w) => w !== ''), verb, ...(arg === undefined ? [] : [arg])]);
    if (found) return found;
  }
  return undefined;
}

/** The bridge, or the logical switch or router, that a listing is about, by its command or its file's name. */
export function subjectOf(kind: OvsSectionKind, command: OvsCommand | undefined, path: string): string | undefined {
  if (!OF_A_BRIDGE.has(kind) && !OF_A_DATAPATH.has(kind)) return undefined;
  if (command) return command.args[0];
  return ovsCommandOfFile(path.slice(path.lastIndexOf('/') + 1).replace(/\.(?:txt|log|out|dump)$/, ''))?.args[0];
}

/** A rule without a heading above it. */
const RULE = /^ ?(?=(?:cookie|table|table_id|priority|duration|n_packets|n_bytes|idle_timeout|in_port|reg\d+|ct_state|actions)=|(?:ip|ipv6|tcp|udp|icmp|arp)[ ,])(?:[^ ].*[, ])?actions=\S/;

/** Tells a listing of these tools by its content; undefined when it is none. `lines`: the first ones that are not empty. */
export function ovsContentKind(lines: readonly string[]): OvsSectionKind | undefined {
  const [first = ''] = lines;
  const some = (pattern: RegExp): boolean => lines.some((l) => pattern.test(l));
  if (/^(?:NXST_FLOW|OFPST_FLOW) reply/.test(first) || RULE.test(first)) return 'ovs-flows';
  if (/^(?:OFPST_GROUP_DESC|NXST_GROUP_DESC)\b/.test(first) || /^ ?group_id=\d+,type=/.test(first)) return 'ovs-groups';
  if (/^OFPT_FEATURES_REPLY/.test(first)) return 'ovs-ofctl-show';
  if (/^NXT_TLV_TABLE_REPLY/.test(first)) return 'ovs-tlv-map';
  if (/^ *port {2}VLAN {2}MAC +Age/.test(first)) return 'ovs-fdb';
  if (/^\S+@\S+: hit:\d+ missed:\d+/.test(first)) return 'ovs-dpif-show';
  if (/^(?:ufid:\S+, )?(?:recirc_id\(|skb_priority\(|tunnel\(|flow-dump from )/.test(first)) return 'ovs-dp-flows';
  if (/^\w+,orig=\(src=/.test(first)) return 'ovs-dp-conntrack';
  if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(first) && some(/^ +Bridge /)) return 'ovs-vsctl';
  if (/^_uuid +: /.test(first) && some(/^(?:ofport|interfaces|datapath_type) +: /)) return 'ovs-list';
  if (/^_uuid +: /.test(first) && some(/^tunnel_key +: /)) return 'ovn-list';
  if (/^(?:switch|router) [0-9a-f]{8}-[0-9a-f-]{27} \(/.test(first)) return 'ovn-nb-show';
  if (/^Chassis \S+/.test(first) && some(/^ +(?:hostname: |Encap |Port_Binding )/)) return 'ovn-sb-show';
  if (/^Datapath: .*Pipeline: (?:ingress|egress)/.test(first)) return 'ovn-lflow-list';
  if (/^UUID +LB +PROTO +VIP +IPs/.test(first)) return 'ovn-lb-list';
  if (/^ *(?:from|to)-lport +\d+ \(/.test(first)) return 'ovn-acl-list';
  if (/^TYPE +(?:GATEWAY_PORT +)?(?:MATCH +)?EXTERNAL_IP /.test(first)) return 'ovn-nat-list';
  if (/^IPv[46] Routes$/.test(first)) return 'ovn-route-list';
  if (/^Routing Policies$/.test(first)) return 'ovn-policy-list';
  return undefined;
}
