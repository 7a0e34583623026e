import { formatIp4, parseIp4 } from '../packet/address.ts';
import type { SourceRef } from '../world/source.ts';
import type { NexthopObject } from '../world/world.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { mentionsIpv6, parseDecimal, parseU32, wordsOf } from './words.ts';

type Member = NonNullable<NexthopObject['group']>[number];

/** `1/2,3`: members with their weights behind a comma, 1 where there is none. */
function parseGroup(text: string | undefined): readonly Member[] | undefined {
  const members = (text ?? '').split('/').map((part): Member | undefined => {
    const [id, weight = '1', ...rest] = part.split(',');
    const member = { id: parseU32(id), weight: parseDecimal(weight, 256) };
    return member.id === undefined || !member.weight || rest.length > 0 ? undefined : { id: member.id, weight: member.weight };
  });
  return members.every((m) => m !== undefined) ? members : undefined;
}

/** Words with a value that say nothing about where packets go (print_nexthop(), iproute2 ip/ipnexthop.c). */
const HARMLESS_VALUES: ReadonlySet<string> = new Set(['scope', 'proto', 'type', 'buckets', 'idle_timer', 'unbalanced_timer', 'unbalanced_time']);
const HARMLESS_FLAGS: ReadonlySet<string> = new Set(['offload', 'trap', 'linkdown']);

/** Parses `ip nexthop show`. Next hops of IPv6 are kept as something that we do not understand. Never throws on any text. */
export function parseIpNexthop({ input, firstLine, lines }: Lines): Parsed<readonly NexthopObject[]> {
  const found = new DiagnosticList();
  const objects: NexthopObject[] = [];
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    const words = wordsOf(line);
    if (words.length === 0) continue;
    const id = words[0] === 'id' ? parseU32(words[1]) : undefined;
    if (id === undefined) {
      found.add('unknown-line', source, line);
      continue;
    }
    let object: NexthopObject = { id, via: undefined, dev: undefined, onlink: false, blackhole: false, group: undefined, unknown: [], source };
    const unknown: string[] = [];
    const extra: string[] = [];
    for (let at = 2; at < words.length; at++) {
      const word = words[at] ?? '';
      const value = words[at + 1];
      if (word === 'via') {
        const via = parseIp4(value ?? '');
        if (via === undefined) unknown.push(`via ${value ?? ''}`.trim());
        object = { ...object, via };
        at++;
      } else if (word === 'dev') object = { ...object, dev: words[++at] };
      else if (word === 'group') {
        const group = parseGroup(value);
        if (group === undefined) unknown.push(`group ${value ?? ''}`.trim());
        object = { ...object, group };
        at++;
      } else if (word === 'onlink') object = { ...object, onlink: true };
      else if (word === 'blackhole') object = { ...object, blackhole: true };
      else if (HARMLESS_FLAGS.has(word)) extra.push(word);
      else if (HARMLESS_VALUES.has(word)) extra.push(`${word} ${words[++at] ?? ''}`.trim());
      else unknown.push(word);
    }
    if (unknown.length > 0 && mentionsIpv6(words)) found.once('ipv6-skipped', source, line);
    else if (unknown.length > 0) found.add('unknown-attribute', source, unknown.join(' '));
    objects.push({ ...object, unknown, ...(extra.length === 0 ? {} : { extra }) });
  }
  return { value: objects, diagnostics: found.items };
}

const groupText = (group: readonly Member[]): string => group.map((m) => (m.weight === 1 ? String(m.id) : `${m.id},${m.weight}`)).join('/');

/** The lines of `ip nexthop show`, words in print_nexthop()'s order. */
export const printIpNexthop = (objects: readonly NexthopObject[]): readonly string[] =>
  objects.map(({ id, via, dev, onlink, blackhole, group, unknown, extra = [] }) => {
    const start = (...names: readonly string[]) => extra.filter((w) => names.includes(w.split(' ')[0] ?? ''));
    const resilient = start('type', 'buckets', 'idle_timer', 'unbalanced_timer', 'unbalanced_time');
    const words = [
      `id ${id}`,
      ...(group === undefined ? [] : [`group ${groupText(group)}`]),
      ...unknown.filter((w) => w.startsWith('group ') || w.startsWith('via ')),
      ...resilient,
      ...(via === undefined ? [] : [`via ${formatIp4(via)}`]),
      ...(dev === undefined ? [] : [`dev ${dev}`]),
      ...start('scope'),
      ...(blackhole ? ['blackhole'] : []),
      ...start('proto'),
      ...(onlink ? ['onlink'] : []),
      ...start('offload', 'trap', 'linkdown'),
      ...unknown.filter((w) => !w.startsWith('group ') && !w.startsWith('via ')),
    ];
    return `${words.join(' ')} `;
  });
