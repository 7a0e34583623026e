import { formatIp4, hex } from '../packet/address.ts';
import { protocolName } from '../packet/protocols.ts';
import { ANY_PACKET } from '../world/policyRule.ts';
import type { SourceRef } from '../world/source.ts';
import type { PolicyAction, PolicyRule, Prefix } from '../world/world.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { formatPorts, mentionsIpv6, parseDecimal, parseMarkMask, parsePorts, parsePrefix, parseU32, protocolNumber, wordsOf } from './words.ts';

/** Parses `ip rule show` (print_rule(), iproute2 ip/iprule.c). Rules of IPv6 are left out. Never throws on any text. */
export function parseIpRule({ input, firstLine, lines }: Lines): Parsed<readonly PolicyRule[]> {
  const found = new DiagnosticList();
  const rules: PolicyRule[] = [];
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    if (line.trim() === '') continue;
    const [, priorityText, rest = ''] = /^(\d{1,10}):\s*(.*)$/.exec(line) ?? [];
    const priority = parseDecimal(priorityText, 0xffffffff);
    const words = wordsOf(rest);
    if (priority === undefined) found.add('unknown-line', source, line);
    else if (mentionsIpv6(words)) found.add('ipv6-skipped', source, line);
    else rules.push(parseRule(priority, words, source, found));
  }
  return { value: rules, diagnostics: found.items };
}

type Draft = { -readonly [K in keyof PolicyRule]: PolicyRule[K] };

function parseRule(priority: number, words: readonly string[], source: SourceRef, found: DiagnosticList): PolicyRule {
  const rule: Draft = { ...ANY_PACKET, priority, source };
  const unknown: string[] = [];
  const extra: string[] = [];
  let action: PolicyAction | undefined;
  let suppressPrefixLength: number | undefined;
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const value = words[i + 1];
    const take = <T>(parsed: T | undefined): T | undefined => {
      if (parsed === undefined) unknown.push(value === undefined ? word : `${word} ${value}`);
      i++;
      return parsed;
    };
    switch (word) {
      case 'not':
        rule.not = true;
        break;
      case 'from':
      case 'to':
        if (value === 'all') i++;
        else rule[word] = take(parsePrefix(value));
        break;
      case 'iif':
      case 'dev':
        rule.iif = take(value);
        break;
      case 'oif':
        rule.oif = take(value);
        break;
      case 'fwmark':
        rule.fwmark = take(parseMarkMask(value));
        break;
      case 'tos':
      case 'dsfield':
        rule.tos = take(parseU32(value));
        break;
      case 'ipproto':
        rule.ipproto = take(value === undefined ? undefined : protocolNumber(value.replace(/^ipproto-/, '')));
        break;
      case 'sport':
      case 'dport':
        rule[word] = take(parsePorts(value, '-'));
        break;
      case 'lookup':
      case 'table': {
        const table = take(value?.startsWith('[') ? undefined : value);
        if (table !== undefined) action = { kind: 'lookup', table, suppressPrefixLength: undefined };
        break;
      }
      case 'uidrange': {
        const uids = /^(\d{1,10})-(\d{1,10})$/.exec(value ?? '');
        const [from, to] = [parseU32(uids?.[1]), parseU32(uids?.[2])];
        take(from === undefined || to === undefined ? undefined : value);
        if (from !== undefined && to !== undefined) rule.uids = { from, to };
        break;
      }
      case 'suppress_prefixlength':
        suppressPrefixLength = take(parseDecimal(value, 32));
        break;
      case 'goto': {
        const to = take(parseDecimal(value, 0xffffffff));
        if (to !== undefined) action = { kind: 'goto', priority: to };
        break;
      }
      case 'nop':
      case 'blackhole':
      case 'unreachable':
      case 'prohibit':
        action = { kind: word };
        break;
      case 'proto':
      case 'protocol':
      case 'realms':
        extra.push(value === undefined ? word : `${word} ${value}`);
        i++;
        break;
      // The device is gone: the rule cannot match, as the missing name already says.
      case '[detached]':
      case '[unresolved]':
        extra.push(word);
        break;
      default:
        unknown.push(word);
    }
  }
  if (action?.kind === 'lookup' && suppressPrefixLength !== undefined) action = { ...action, suppressPrefixLength };
  if (!action && unknown.length === 0) unknown.push(words.join(' '));
  if (unknown.length > 0) found.add('unknown-attribute', source, unknown.join(' '));
  return { ...rule, action: action ?? rule.action, unknown, ...(extra.length === 0 ? {} : { extra }) };
}

/** inet_proto_n2a() (iproute2 lib/utils.c): a name of /etc/protocols, else this. */
const protocolText = (proto: number): string => (/^\d/.test(protocolName(proto)) ? `ipproto-${proto}` : protocolName(proto));

const prefixText = (net: Prefix): string => (net.prefixLen === 32 ? formatIp4(net.ip) : `${formatIp4(net.ip)}/${net.prefixLen}`);

function actionWords(action: PolicyAction): readonly string[] {
  switch (action.kind) {
    case 'lookup':
      return ['lookup', action.table, ...(action.suppressPrefixLength === undefined ? [] : ['suppress_prefixlength', String(action.suppressPrefixLength)])];
    case 'goto':
      return ['goto', String(action.priority)];
    default:
      return [action.kind];
  }
}

/** The lines of `ip rule show`, words in print_rule()'s order. */
export function printIpRule(rules: readonly PolicyRule[]): readonly string[] {
  return rules.map((r) => {
    const words = [
      ...(r.not ? ['not'] : []),
      'from',
      r.from ? prefixText(r.from) : 'all',
      ...(r.to ? ['to', prefixText(r.to)] : []),
      ...(r.tos === undefined ? [] : ['tos', hex(r.tos)]),
      ...(r.fwmark ? ['fwmark', r.fwmark.mask === 0xffffffff ? hex(r.fwmark.value) : `${hex(r.fwmark.value)}/${hex(r.fwmark.mask)}`] : []),
      ...(r.iif === undefined ? [] : ['iif', r.iif]),
      ...(r.oif === undefined ? [] : ['oif', r.oif]),
      ...(r.extra ?? []).filter((w) => w === '[detached]'),
      ...(r.uids ? ['uidrange', `${r.uids.from}-${r.uids.to}`] : []),
      ...(r.ipproto === undefined ? [] : ['ipproto', protocolText(r.ipproto)]),
      ...(r.sport ? ['sport', formatPorts(r.sport, '-')] : []),
      ...(r.dport ? ['dport', formatPorts(r.dport, '-')] : []),
      ...r.unknown,
      // An action that we did not understand is among the unknown words.
      ...(r.unknown.length > 0 && r.action.kind === 'nop' ? [] : actionWords(r.action)),
      ...(r.extra ?? []).filter((w) => w !== '[detached]'),
    ];
    return `${r.priority}:\t${words.join(' ')}`;
  });
}
