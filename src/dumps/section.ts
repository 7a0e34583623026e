import { BOUNDS } from './bounds.ts';
import { looksLikeIpvsConnections } from './ipvsConnections.ts';
import { looksLikeProcIpVs } from './ipvsadm.ts';
import { unwrapped } from './wrappers.ts';
import { isPartial, ovsCommand, ovsCommandOfFile, ovsContentKind, type OvsSectionKind } from './ovsSection.ts';

/** What a section holds. `ipv6` is the IPv6 side of a command that we read; `empty` has no lines. */
export type SectionKind =
  | 'iptables-save'
  | 'iptables-list-rules'
  | 'ipset-save'
  | 'ipvsadm-save'
  | 'ipvsadm-list'
  | 'ipvs-connections'
  | 'ip-link'
  | 'ip-addr'
  | 'ip-rule'
  | 'ip-route'
  | 'ip-neigh'
  | 'ip-nexthop'
  | 'ip-route-cache'
  | 'bridge-fdb'
  | 'bridge-vlan'
  | 'bridge-link'
  | 'sysctl'
  | 'ss'
  | 'conntrack'
  | 'nft-ruleset'
  | 'tc'
  | 'bpftool-net'
  | OvsSectionKind
  | 'xfrm-policy'
  | 'objects'
  | 'ipv6'
  | 'failed'
  | 'empty'
  | 'unknown';

/** The output of one command. */
export interface Section {
  /** The file's path as the bundle gives it. */
  readonly input: string;
  /** The machine; undefined for what belongs to the cluster. */
  readonly host: string | undefined;
  /** null: the host's own namespace. */
  readonly netns: string | null;
  /** As typed behind the prompt; undefined when there was no prompt. */
  readonly command: string | undefined;
  /** Line number (1-based) of the first line of the output, without the prompt. */
  readonly firstLine: number;
  /** The output without its empty lines at the end. */
  readonly lines: readonly string[];
  readonly kind: SectionKind;
}

/** A section before it is known whose it is. `prompt…` and `command…` are what prompt and command say about that. */
export interface RawSection extends Omit<Section, 'input' | 'host' | 'netns'> {
  readonly promptHost: string | undefined;
  readonly commandHost: string | undefined;
  readonly commandNetns: string | undefined;
  readonly commandPod: string | undefined;
}

const PROMPTS: readonly RegExp[] = [
  /^(?<prompt>\$) (?<command>\S.*)$/,
  /^\[[\w.+-]+@(?<host>[\w.-]+)[^\]]{0,200}\][#$] ?(?<command>.*)$/,
  /^[\w.+-]+@(?<host>[\w.-]+):[^#$]{0,200}[#$] ?(?<command>.*)$/,
  /^(?:sh|bash)-[\d.]+[#$] (?<command>\S.*)$/,
  /^\/ # (?<command>\S.*)$/,
];

interface Prompt {
  readonly command: string;
  readonly host: string | undefined;
}

/** The command behind a prompt, or undefined when the line is no prompt. A bare `#` is one only in front of a command that we know. */
export function promptOf(line: string): Prompt | undefined {
  const first = line.charCodeAt(0);
  if (first !== 36 && first !== 91 && first !== 35 && first !== 47 && !line.includes('@') && !/^(?:sh|bash)-/.test(line)) return undefined;
  if (line.length > 2_000) return undefined;
  for (const pattern of PROMPTS) {
    const groups = pattern.exec(line)?.groups;
    if (groups) return { command: (groups['command'] ?? '').trim(), host: groups['host'] };
  }
  const bare = /^# (\S.*)$/.exec(line)?.[1];
  return bare !== undefined && commandKind(bare).kind !== 'unknown' ? { command: bare, host: undefined } : undefined;
}

export interface CommandReading {
  readonly kind: SectionKind;
  /** Words of the command itself: without sudo, path, machine, namespace and pipe. */
  readonly words: readonly string[];
  /** The namespace that the command was run in, if it says so. */
  readonly netns: string | undefined;
  /** The machine that it was run on, if it says so (`ssh n1 …`). */
  readonly host: string | undefined;
  /** The pod that it was run in, if it says so (`kubectl exec web -- …`). */
  readonly pod: string | undefined;
  /** Its output is only a part: piped through something, or limited to one table. */
  readonly filtered: boolean;
}

const MAX_REMEMBERED = 256;
const remembered = new Map<string, CommandReading>();

/** Tells what a command prints, in the spellings that people use. The same few are asked about for every namespace of every machine. */
export function commandKind(command: string): CommandReading {
  const known = remembered.get(command);
  if (known) return known;
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  const reading = readCommand(command);
  remembered.set(command, reading);
  return reading;
}

function readCommand(command: string): CommandReading {
  const [own = '', ...pipes] = command.split(/[|>;]|&&/);
  const bare = unwrapped(own.trim().split(/\s+/));
  const { netns, host, pod } = bare;
  const filtered = pipes.some((p) => /^\s*(?:grep|egrep|head|tail|awk|sed)\b/.test(p));
  const name = (bare.words[0] ?? '').replace(/^.*\//, '');
  const words = [name, ...bare.words.slice(1)];
  const read = (kind: SectionKind, part = false): CommandReading => ({ kind, words, netns, host, pod, filtered: filtered || part });
  const unknown = read('unknown');
  const args = words.slice(1);
  const has = (...options: readonly string[]): boolean => args.some((a) => options.includes(a));
  switch (name) {
    case 'iptables-save':
    case 'iptables-legacy-save':
    case 'iptables-nft-save':
      return read('iptables-save', has('-t', '--table'));
    case 'iptables':
    case 'iptables-legacy':
    case 'iptables-nft':
      return has('-S', '--list-rules') ? read('iptables-list-rules', true) : unknown;
    case 'ip6tables-save':
    case 'ip6tables-legacy-save':
    case 'ip6tables-nft-save':
    case 'ip6tables':
      return read('ipv6');
    case 'ipset':
      return has('save', '-S', '--save', 'list', '-L', '--list') ? read('ipset-save') : unknown;
    case 'ipvsadm':
      return ipvsadmKind(args) === undefined ? unknown : read(ipvsadmKind(args) ?? 'unknown');
    case 'cat':
      if (args[0] === '/proc/net/nf_conntrack') return read('conntrack');
      if (args[0] === '/proc/net/ip_vs_conn') return read('ipvs-connections');
      return args[0] === '/proc/net/ip_vs' ? read('ipvsadm-list') : unknown;
    case 'ip':
      return ipKind(args) === 'unknown' ? unknown : read(ipKind(args));
    case 'bridge':
      return has('fdb') ? read('bridge-fdb') : has('vlan') ? read('bridge-vlan') : has('link') ? read('bridge-link') : unknown;
    case 'sysctl':
      return read('sysctl');
    case 'ss':
      return read('ss');
    case 'conntrack': {
      // Other tables (expect, dying), events and machine formats are something else.
      const lists = has('-L', '--dump') && !has('expect', 'dying', 'unconfirmed', 'xml', 'save', '-E', '--event');
      return lists ? read('conntrack', args.some((a) => /^-[spdfmwtgnj]$/.test(a) || /^--(?:orig|reply|src|dst|proto|state|status|mark|zone)/.test(a))) : unknown;
    }
    case 'nft':
      return has('list') ? read('nft-ruleset') : unknown;
    case 'tc':
      return read('tc');
    case 'bpftool':
      return has('net') ? read('bpftool-net') : unknown;
    case 'ovs-vsctl':
    case 'ovs-ofctl':
    case 'ovs-appctl':
    case 'ovs-dpctl':
    case 'ovn-nbctl':
    case 'ovn-sbctl': {
      const known = ovsCommand(words);
      return known ? read(known.kind, isPartial(known)) : unknown;
    }
    case 'kubectl':
    case 'oc':
      return has('get') && args.some((a) => /^(?:-o=?|--output=?)?(?:yaml|json)$/.test(a)) ? read('objects') : unknown;
    default:
      return unknown;
  }
}

function ipvsadmKind(args: readonly string[]): SectionKind | undefined {
  if (args.some((a) => /^-\w*S/.test(a) || a === '--save')) return 'ipvsadm-save';
  if (!args.some((a) => /^-\w*[Ll]/.test(a) || a === '--list')) return undefined;
  if (args.some((a) => /^-\w*c/.test(a) || a === '--connection')) return 'ipvs-connections';
  return args.some((a) => ['--stats', '--rate', '--timeout', '--daemon', '--persistent-conn', '--tun-info'].includes(a)) ? undefined : 'ipvsadm-list';
}

/** The object of `ip`, which takes any unambiguous start of its name. */
function ipKind(args: readonly string[]): SectionKind {
  const object = args.find((a) => !a.startsWith('-')) ?? '';
  if (args.some((a) => /^-(?:j|json|p|pretty|br|brief)$/.test(a))) return 'unknown';
  const rest = args.slice(args.indexOf(object) + 1);
  const starts = (name: string, least: number): boolean => object.length >= least && name.startsWith(object);
  if (object === 'xfrm') return rest[0]?.startsWith('p') ? 'xfrm-policy' : 'unknown';
  // Other verbs change things (`ip route add`) or ask one question (`ip route get`): no listing.
  const [verb] = rest;
  if (verb !== undefined && ['get', 'add', 'del', 'delete', 'replace', 'change', 'append', 'set', 'flush', 'save'].includes(verb)) return 'unknown';
  let kind: SectionKind = 'unknown';
  if (starts('link', 1)) kind = 'ip-link';
  else if (starts('address', 1) || object === 'addr') kind = 'ip-addr';
  else if (starts('rule', 2)) kind = 'ip-rule';
  else if (starts('route', 1)) kind = rest.includes('cache') ? 'ip-route-cache' : 'ip-route';
  else if (starts('neighbour', 1) || starts('neighbor', 1)) kind = 'ip-neigh';
  else if (starts('nexthop', 3)) kind = 'ip-nexthop';
  return kind !== 'unknown' && args.some((a) => a === '-6') ? 'ipv6' : kind;
}

/** Error messages that stand in place of output. */
const FAILED =
  /^(?:-?(?:bash|sh|zsh|ash): |sudo: |.{0,80}: command not found|.{0,80}: not found$|.{0,120}(?:Permission denied|Operation not permitted|you must be root)|Can't initialize |Cannot open |Object ".{0,40}" is unknown|Error: |iptables-save v\S+ \(.{0,20}\): )/;

/** Tells from its content which command a text is the output of. */
export function contentKind(lines: readonly string[]): SectionKind {
  const start = lines.filter((l) => l.trim() !== '').slice(0, 40);
  const first = start[0];
  if (first === undefined) return 'empty';
  const some = (pattern: RegExp): boolean => start.some((l) => pattern.test(l));
  if (/^# Generated by ip6tables/.test(first)) return 'ipv6';
  if (some(/^# Generated by iptables/) || some(/^\*(?:raw|mangle|nat|filter|security)\s*$/)) return 'iptables-save';
  if (some(/^create \S+ (?:hash|bitmap|list):/) || (/^Name: /.test(first) && some(/^Type: (?:hash|bitmap|list):/))) return 'ipset-save';
  if (/^-A (?:-[tuf]|--sctp-service) /.test(first)) return 'ipvsadm-save';
  if (looksLikeIpvsConnections(first)) return 'ipvs-connections';
  if (/^IP Virtual Server version/.test(first) || looksLikeProcIpVs(first)) return 'ipvsadm-list';
  if (/^-[PNA] \S+/.test(first)) return 'iptables-list-rules';
  if (/^\d+: [^<]+<[A-Z0-9_,-]*> mtu \d+ master \S+ state \S+ priority /.test(first)) return 'bridge-link';
  if (/^port\s+vlan/.test(first)) return 'bridge-vlan';
  if (/^\d+: [^<]+<[A-Z0-9_,-]*> mtu /.test(first)) return some(/^\s+inet6? /) ? 'ip-addr' : 'ip-link';
  if (/^\d+: \S+\s+inet6? \S+\/\d/.test(first)) return 'ip-addr';
  if (/^\d+:\s+(?:not )?from /.test(first)) return 'ip-rule';
  if (/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2} dev /.test(first)) return 'bridge-fdb';
  if (/^[0-9a-f.:]+ dev \S+ .*(?:lladdr|FAILED|INCOMPLETE|STALE|REACHABLE|PERMANENT|NOARP)/.test(first)) return 'ip-neigh';
  if (/^id \d+ (?:group |via |dev |blackhole|scope |encap )/.test(first)) return 'ip-nexthop';
  if (/^\d+\.\d+\.\d+\.\d+ /.test(first) && /^\s+cache(?: |$)/.test(start[1] ?? '')) return 'ip-route-cache';
  if (/^(?:(?:unicast|local|broadcast|blackhole|unreachable|prohibit|throw|multicast) )?(?:default|\d+\.\d+\.\d+\.\d+(?:\/\d+)?)(?: |$)/.test(first)) return 'ip-route';
  if (/^(?:net|kernel|fs|vm|abi|debug|dev|user|crypto|sunrpc)\.\S+ =/.test(first) || /^\/proc\/sys\//.test(first)) return 'sysctl';
  if (/^(?:Netid\s+)?State\s+Recv-Q/.test(first)) return 'ss';
  if (/^(?:ipv[46] +(?:2|10) )?(?:tcp|udp|icmp|sctp|gre|dccp|udplite|unknown|icmpv6) +\d+ .*\bsrc=\S+ dst=/.test(first) || /^conntrack v\S+ \(conntrack-tools\)/.test(first)) return 'conntrack';
  if (/^table (?:ip6?|inet|arp|bridge|netdev) \S+ \{/.test(first)) return 'nft-ruleset';
  if (/^(?:qdisc|filter) \S+ /.test(first)) return 'tc';
  if (/^xdp:|^flow_dissector:/.test(first)) return 'bpftool-net';
  const switched = ovsContentKind(start);
  if (switched) return switched;
  if (/^src \S+ dst \S+/.test(first) && some(/^\s+dir (?:in|out|fwd)/)) return 'xfrm-policy';
  if (some(/^apiVersion:\s/) || some(/^kind:\s/) || (/^\{/.test(first) && some(/"(?:apiVersion|kind)"\s*:/))) return 'objects';
  if (FAILED.test(first) && start.length < 4) return 'failed';
  return 'unknown';
}

/** The kind by the file's name alone: `iptables-save.txt`, `ip_route_show_table_all`, `node1-ss`. */
export function fileNameKind(path: string): SectionKind {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.(?:txt|log|out|dump)$/, '');
  if (/\.(?:ya?ml|json)$/.test(name)) return 'objects';
  const switched = ovsCommandOfFile(name);
  if (switched) return switched.kind;
  for (const spelled of [name, name.replace(/[_-]+/g, ' ')]) {
    const kind = commandKind(spelled).kind;
    if (kind !== 'unknown') return kind;
  }
  if (/ip6tables/.test(name)) return 'ipv6';
  return 'unknown';
}

/**
 * Splits a file at its prompt lines. Text in front of the first prompt, and a file without any, is one section whose kind its content
 * tells, then the file's name. Carriage returns and colours are taken out.
 */
export function splitSections(path: string, text: string): readonly RawSection[] {
  const plain = text.startsWith('\ufeff') ? text.slice(1) : text;
  const lines = (plain.includes('\x1b') ? withoutColours(plain) : plain).split('\n').map((l) => (l.endsWith('\r') ? l.slice(0, -1) : l));
  const sections: RawSection[] = [];
  let prompt: Prompt | undefined;
  let from = 0;
  const close = (to: number): void => {
    let end = to;
    while (end > from && lines[end - 1]?.trim() === '') end--;
    if (end === from && !prompt) return;
    const output = lines.slice(from, end);
    const reading = prompt && prompt.command !== '' ? commandKind(prompt.command) : undefined;
    // An empty prompt line (the last one of a copied terminal) asks for nothing.
    if (prompt && prompt.command === '' && output.length === 0) return;
    sections.push({
      command: prompt?.command,
      promptHost: prompt?.host,
      commandHost: reading?.host,
      commandNetns: reading?.netns,
      commandPod: reading?.pod,
      firstLine: from + 1,
      lines: output,
      kind: kindOf(reading?.kind, output, path),
    });
  };
  for (const [i, line] of lines.entries()) {
    const found = sections.length < BOUNDS.sectionsPerFile ? promptOf(line) : undefined;
    if (!found) continue;
    close(i);
    prompt = found;
    from = i + 1;
  }
  close(lines.length);
  return sections;
}

function kindOf(byCommand: SectionKind | undefined, lines: readonly string[], path: string): SectionKind {
  const first = lines.find((l) => l.trim() !== '');
  if (byCommand !== undefined) return first !== undefined && lines.length < 4 && FAILED.test(first) ? 'failed' : byCommand;
  const byContent = contentKind(lines);
  return byContent === 'unknown' ? fileNameKind(path) : byContent;
}

/** Escape sequences of terminals (ECMA-48 CSI), as `ip -c` and grep write them. */
// oxlint-disable-next-line no-control-regex -- the escape character is what is looked for
const withoutColours = (text: string): string => text.replace(/\x1b\[[0-9;]{0,20}[A-Za-z]/g, '');
