import { type Entity, type PolicyRule, type Port } from '../policy/policy.ts';
import { action, type FelixMatch, type FelixRule, match } from '../rule.ts';
import type { Settings } from '../settings.ts';
import { MatchBlocks, netMatch, portFlags, portMatch, type Side, splitPorts } from './matchBlocks.ts';
import type { SetBook } from './setBook.ts';

const namesOf = (ports: readonly Port[]): readonly string[] => ports.flatMap((p) => ('name' in p ? [p.name] : []));

/** What a packet that is refused gets. */
export const denyAction = ({ deny }: Pick<Settings, 'deny'>) => (deny === 'REJECT' ? action.reject : action.drop);

export const denyWord = ({ deny }: Pick<Settings, 'deny'>): string => (deny === 'REJECT' ? 'Reject' : 'Drop');

/** One side of a rule with its sets named, and what is left for the final rule to ask. */
interface Parts {
  readonly side: Side;
  readonly entity: Entity;
  nets: readonly string[];
  notNets: readonly string[];
  splits: ReturnType<typeof splitPorts>;
  portSets: readonly string[];
  readonly sets: readonly string[];
  readonly servicePorts: readonly string[];
  readonly notSets: readonly string[];
  readonly notPortSets: readonly string[];
}

/** Names the sets of a side (ruleToParsedRule(), felix/calc/rule_scanner.go): a set of named ports is narrowed by the selector, which then need not be asked again unless there are numbers too. */
function partsOf(side: Side, entity: Entity, rule: PolicyRule, book: SetBook): Parts {
  const { because } = rule;
  const protocol = rule.protocol === 'udp' || rule.protocol === 17 ? 'udp' : rule.protocol === 'sctp' || rule.protocol === 132 ? 'sctp' : 'tcp';
  const splits = splitPorts(entity.ports);
  const names = namesOf(entity.ports);
  const service = entity.service;
  return {
    side, entity, splits,
    nets: entity.nets,
    notNets: entity.notNets,
    portSets: names.map((n) => book.namedPort(n, protocol, entity.selector, because)),
    sets: [
      ...(entity.selector && (splits.length > 0 || names.length === 0) ? [book.selector(entity.selector, because)] : []),
      ...(service !== undefined && side === 'source' ? [book.service(service, false, because)] : []),
    ],
    servicePorts: service !== undefined && side === 'destination' ? [book.service(service, true, because)] : [],
    notSets: entity.notSelector ? [book.selector(entity.notSelector, because)] : [],
    notPortSets: namesOf(entity.notPorts).map((n) => book.namedPort(n, protocol, entity.selector, because)),
  };
}

const flag = (side: Side): string => (side === 'source' ? 'src' : 'dst');

const positive = (p: Parts): readonly FelixMatch[] => [
  ...p.nets.map((net) => netMatch(p.side, net)),
  ...p.sets.map((set) => match.set(set, flag(p.side))),
  ...p.servicePorts.map((set) => match.set(set, portFlags(p.side))),
  ...p.splits.map((split) => portMatch(p.side, split)),
  ...p.portSets.map((set) => match.set(set, portFlags(p.side))),
];

const negative = (p: Parts): readonly FelixMatch[] => [
  ...p.notNets.map((net) => netMatch(p.side, net, true)),
  ...p.notSets.map((set) => match.set(set, flag(p.side), true)),
  ...splitPorts(p.entity.notPorts).map((split) => portMatch(p.side, split, true)),
  ...p.notPortSets.map((set) => match.set(set, portFlags(p.side), true)),
];

/** The rules of iptables for one rule of a policy (ProtoRuleToIptablesRules(), felix/rules/policy.go). */
function felixRules(rule: PolicyRule, book: SetBook, settings: Settings): readonly FelixRule[] {
  const { marks, features } = settings;
  const source = partsOf('source', rule.source, rule, book);
  const destination = partsOf('destination', rule.destination, rule, book);
  const blocks = new MatchBlocks(marks);
  for (const p of [source, destination]) {
    if (p.splits.length + p.portSets.length <= 1) continue;
    blocks.ports(p.side, rule.protocol, p.splits, p.portSets);
    p.splits = [];
    p.portSets = [];
  }
  for (const p of [source, destination]) {
    if (p.nets.length <= 1) continue;
    blocks.nets(p.side, p.nets);
    p.nets = [];
  }
  for (const p of [source, destination]) {
    if (p.nets.length + p.notNets.length <= 1) continue;
    blocks.notNets(p.side, p.notNets);
    p.notNets = [];
  }
  const matches: readonly FelixMatch[] = [
    ...(rule.protocol === undefined ? [] : [match.protocol(rule.protocol)]),
    ...positive(source),
    ...positive(destination),
    ...(rule.icmp ? [match.icmp(rule.icmp.type, rule.icmp.code)] : []),
    ...(rule.notProtocol === undefined ? [] : [match.protocol(rule.notProtocol, true)]),
    ...negative(source),
    ...negative(destination),
    ...(rule.notIcmp ? [match.icmp(rule.notIcmp.type, rule.notIcmp.code, true)] : []),
    ...(blocks.used ? [match.markSet(marks.scratch0)] : []),
  ];
  const verdict = { allow: action.return, pass: action.return, deny: denyAction(settings), log: action.log(settings.logPrefix) }[rule.action];
  const bit = { allow: marks.accept, pass: marks.pass, deny: features.dropMark ? marks.drop : 0, log: 0 }[rule.action];
  const final: readonly FelixRule[] = bit === 0 ? [{ match: matches, action: verdict }] : [{ match: matches, action: action.setMark(bit) }, { match: [match.markSet(bit)], action: verdict }];
  return [...blocks.rules, ...final].map((r) => ({ ...r, because: rule.because, ...(rule.annotations.length > 0 ? { comments: rule.annotations } : {}) }));
}

/** A policy's or a profile's chain for one direction; `title` is what its first rule says about it from 3.22 on. */
export function policyRules(rules: readonly PolicyRule[], title: string, book: SetBook, settings: Settings): readonly FelixRule[] {
  const rendered = rules.flatMap((r) => felixRules(r, book, settings));
  // A return at the end of a chain says nothing (left out since 3.28).
  if (settings.features.groups) while (rendered.at(-1)?.action === action.return) rendered.pop();
  if (!settings.features.chainComments) return rendered;
  const [first = {}, ...rest] = rendered;
  return [{ ...first, comments: [...(first.comments ?? []), title] }, ...rest];
}
