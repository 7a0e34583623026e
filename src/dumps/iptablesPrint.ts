import { formatIp4, hex } from '../packet/address.ts';
import { protocolName } from '../packet/protocols.ts';
import type { Match, NatRange, Table, Target } from '../world/netfilter.ts';
import type { Prefix } from '../world/world.ts';
import { printSetOption } from './iptablesSetMatch.ts';
import { printConnmark } from './iptablesTargetsMark.ts';
import { printPacketTarget } from './iptablesTargetsPacket.ts';
import { printQueue, printSetTarget } from './iptablesTargetsVerdict.ts';
import { printCondition, printCt } from './iptablesConntrack.ts';
import { chunkName, formatTcpFlags } from './matches/transport.ts';
import { quote } from './iptablesTokens.ts';
import { formatPorts } from './words.ts';

const netText = (net: Prefix): string => `${formatIp4(net.ip)}/${net.prefixLen}`;
const not = (match: { readonly negate: boolean }): string => (match.negate ? '! ' : '');
const markText = (value: number, mask: number): string => (mask === 0xffffffff ? hex(value) : `${hex(value)}/${hex(mask)}`);

/** The module that a match belongs to; undefined for the standard ones and for unknown text, which carries its own `-m`. */
function moduleOf(match: Match): string | undefined {
  switch (match.kind) {
    case 'src':
    case 'dst':
    case 'in':
    case 'out':
    case 'proto':
    case 'fragment':
    case 'unknown':
      return undefined;
    case 'ctstate':
      return 'conntrack';
    case 'sport':
    case 'dport':
      return protocolName(match.proto);
    case 'tcp-flags':
    case 'tcp-option':
      return 'tcp';
    case 'sctp-chunks':
      return 'sctp';
    case 'icmp-type':
      return 'icmp';
    case 'statistic-random':
      return 'statistic';
    case 'comment':
      return match.kind;
    default: // an extension's text has its own `-m`
      return 'text' in match ? undefined : match.kind;
  }
}

/** The option of a match, without its `-m`. */
function optionText(match: Match): string {
  switch (match.kind) {
    case 'src':
      return `${not(match)}-s ${netText(match.net)}`;
    case 'dst':
      return `${not(match)}-d ${netText(match.net)}`;
    case 'in':
      return `${not(match)}-i ${match.dev}`;
    case 'out':
      return `${not(match)}-o ${match.dev}`;
    case 'proto':
      return `${not(match)}-p ${protocolName(match.proto)}`;
    case 'fragment':
      return `${not(match)}-f`;
    case 'comment':
      return `--comment ${quote(match.text)}`;
    case 'mark':
    case 'connmark':
      return `${not(match)}--mark ${markText(match.value, match.mask)}`;
    case 'conntrack':
      return `${not(match)}${printCondition(match)}`;
    case 'ctstate':
      return `${not(match)}--ctstate ${match.states.join(',')}`;
    case 'set':
      return printSetOption(match);
    case 'addrtype':
      return `${not(match)}--${match.side}-type ${match.types.join(',')}`;
    case 'sport':
    case 'dport':
      return `${not(match)}--${match.kind} ${formatPorts(match.ports, ':')}`;
    case 'multiport':
      return `${not(match)}--${{ src: 'sports', dst: 'dports', either: 'ports' }[match.side]} ${match.ports.map((p) => formatPorts(p, ':')).join(',')}`;
    case 'tcp-flags':
      return `${not(match)}--tcp-flags ${formatTcpFlags(match.mask)} ${formatTcpFlags(match.set)}`;
    case 'icmp-type':
      return `${not(match)}--icmp-type ${match.icmptype ?? 'any'}${match.code === undefined ? '' : `/${match.code}`}`;
    case 'statistic-random':
      return `--mode random ${not(match)}--probability ${match.probability.toFixed(11)}`;
    case 'tcp-option':
      return `${not(match)}--tcp-option ${match.option}`;
    case 'sctp-chunks':
      return `${not(match)}--chunk-types ${match.how} ${typeof match.chunks === 'string' ? match.chunks : match.chunks.map((c) => chunkName(c.type) + (c.flags === undefined ? '' : `:${c.flags}`)).join(',')}`;
    default:
      return match.text;
  }
}

/** Matches that one `-m` may carry together. */
const shareModule = (a: Match, b: Match): boolean =>
  b.kind === 'conntrack'
    ? (a.kind === 'ctstate' && b.withState) || (a.kind === 'conntrack' && a.withState === b.withState && a.option !== b.option)
    :   moduleOf(a) === moduleOf(b) && (a.kind !== b.kind || (a.kind === 'addrtype' && b.kind === 'addrtype' && a.side !== b.side)) && moduleOf(a) !== undefined;

/** The conditions of a rule as iptables-save prints them; '' when there are none. */
export function printMatches(matches: readonly Match[]): string {
  const words: string[] = [];
  for (const [i, match] of matches.entries()) {
    const previous = matches[i - 1];
    const next = matches[i + 1];
    const module = moduleOf(match);
    if (module !== undefined && !(previous && shareModule(previous, match))) words.push(`-m ${module}`);
    words.push(optionText(match));
    // libxt_addrtype saves the interface limit once, behind both types.
    if (match.kind === 'addrtype' && match.limitIface && !(next && shareModule(match, next))) words.push(`--limit-iface-${match.limitIface}`);
  }
  return words.join(' ');
}

function rangeText(option: string, range: NatRange): string {
  const ips = range.ips ? (range.ips.from === range.ips.to ? formatIp4(range.ips.from) : `${formatIp4(range.ips.from)}-${formatIp4(range.ips.to)}`) : '';
  const ports = range.ports ? `${formatPorts(range.ports, '-')}${range.base === undefined ? '' : `/${range.base}`}` : '';
  const to = option === '--to-ports' ? ports : `${ips}${ports === '' ? '' : `:${ports}`}`;
  const words = to === '' ? [] : [option, to];
  if (range.random) words.push(range.random === 'fully' ? '--random-fully' : '--random');
  if (range.persistent) words.push('--persistent');
  return words.map((w) => ` ${w}`).join('');
}

/** The target as iptables-save prints it; '' for a rule that only counts. */
export function printTarget(target: Target): string {
  switch (target.kind) {
    case 'none':
      return '';
    case 'accept':
    case 'drop':
    case 'return':
      return `-j ${target.kind.toUpperCase()}`;
    case 'jump':
      return `-j ${target.chain}`;
    case 'goto':
      return `-g ${target.chain}`;
    case 'mark':
      return `-j MARK --set-xmark ${hex(target.value)}/${hex(target.mask)}`;
    case 'dnat':
      return `-j DNAT${rangeText('--to-destination', target.range)}`;
    case 'snat':
      return `-j SNAT${rangeText('--to-source', target.range)}`;
    case 'masquerade':
    case 'redirect':
      return `-j ${target.kind.toUpperCase()}${rangeText('--to-ports', target.range)}`;
    case 'reject':
      return `-j REJECT --reject-with ${target.with}`;
    case 'netmap':
      return `-j NETMAP --to ${formatIp4(target.net.ip)}/${target.net.prefixLen}`;
    case 'notrack':
      return target.name === 'CT' ? '-j CT --notrack' : '-j NOTRACK';
    case 'ct':
      return printCt(target);
    case 'log':
      return `-j ${target.name}${target.options === undefined ? '' : ` ${target.options}`}`;
    case 'connmark':
      return printConnmark(target);
    case 'queue':
      return printQueue(target);
    case 'set-target':
      return printSetTarget(target);
    case 'ttl':
    case 'dscp':
    case 'tos':
    case 'ecn':
    case 'tcpmss':
    case 'checksum':
    case 'classify':
      return printPacketTarget(target);
    case 'unknown':
      return target.text;
  }
}

/** A rule's text as iptables-save prints it, for rules that come from no dump. */
export const printRule = (chain: string, matches: readonly Match[], target: Target): string =>
  [`-A ${chain}`, printMatches(matches), printTarget(target)].filter((part) => part !== '').join(' ');

/** The lines of `iptables-save`, or of `iptables-save -c` with counters in front of each rule. */
export function printIptablesSave(tables: readonly Table[], withCounters: boolean): readonly string[] {
  const lines: string[] = [];
  for (const table of tables) {
    for (const comment of table.comments?.above ?? []) lines.push(comment);
    lines.push(`*${table.name}`);
    for (const chain of table.chains) lines.push(`:${chain.name} ${chain.policy ?? '-'} [${chain.counters ?? '0:0'}]`);
    for (const chain of table.chains) {
      for (const rule of chain.rules) {
        for (const comment of rule.comments ?? []) lines.push(comment);
        lines.push(withCounters ? `[${rule.counters ?? '0:0'}] ${rule.text}` : rule.text);
      }
    }
    lines.push('COMMIT');
    for (const comment of table.comments?.below ?? []) lines.push(comment);
  }
  return lines;
}
