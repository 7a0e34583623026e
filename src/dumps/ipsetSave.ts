import { type IpSet, SET_TYPES, type SetMember, type SetParams, type SetType } from '../world/ipset.ts';
import type { SourceRef } from '../world/source.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { type MemberOptions, parseElement, parseMemberOptions, parseParams } from './ipsetElement.ts';

const TYPES: ReadonlySet<string> = new Set(SET_TYPES);
const isSetType = (text: string): text is SetType => TYPES.has(text);

interface OpenSet {
  readonly name: string;
  readonly type: SetType;
  readonly typeText: string;
  readonly options: string;
  readonly members: SetMember[];
  readonly source: SourceRef;
  readonly params: SetParams;
}

/** Parses the output of `ipset save`, and of `ipset list`, whose headings say the same. Never throws on any text. */
export function parseIpsetSave({ input, firstLine, lines }: Lines): Parsed<readonly IpSet[]> {
  const found = new DiagnosticList();
  const sets = new Map<string, OpenSet>();
  let listed: { name: string; type: string; header: string; open: OpenSet | undefined } | undefined;

  const create = (name: string, typeText: string, options: string, source: SourceRef): OpenSet | undefined => {
    if (sets.has(name)) {
      found.add('duplicate-set', source, name);
      return undefined;
    }
    const known: SetType = isSetType(typeText) ? typeText : 'unknown';
    const params = parseParams(known, options);
    const type = params ? known : 'unknown';
    if (type === 'unknown') found.add('unknown-set-type', source, typeText);
    const set: OpenSet = { name, type, typeText, options, members: [], source, params: params ?? {} };
    sets.set(name, set);
    return set;
  };

  for (const [i, raw] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const heading = listed?.open ? null : /^(Name|Type|Revision|Header|Size in memory|References|Number of entries|Members):\s?(.*)$/.exec(line);
    if (line.startsWith('Name: ')) {
      listed = { name: line.slice(6), type: '', header: '', open: undefined };
    } else if (listed && heading) {
      if (heading[1] === 'Type') listed.type = heading[2] ?? '';
      if (heading[1] === 'Header') listed.header = heading[2] ?? '';
      if (heading[1] === 'Members') listed.open = create(listed.name, listed.type, listed.header, source);
    } else if (listed?.open) {
      listed.open.members.push(...parseMembers(listed.open, line, source, found));
    } else if (line.startsWith('create ')) {
      const [, name, typeText, options] = /^create (\S+) (\S+) ?(.*)$/.exec(line) ?? [];
      if (name === undefined || typeText === undefined) found.add('unknown-line', source, line);
      else create(name, typeText, options ?? '', source);
    } else if (line.startsWith('add ')) {
      const afterName = line.indexOf(' ', 4);
      const set = afterName < 0 ? undefined : sets.get(line.slice(4, afterName));
      if (!set) found.add(afterName < 0 ? 'unknown-line' : 'unknown-set', source, afterName < 0 ? line : line.slice(4, afterName));
      else set.members.push(...parseMembers(set, line.slice(afterName + 1), source, found));
    } else found.add('unknown-line', source, line);
  }
  const value = [...sets.values()].map(({ name, type, typeText, options, members, source, params }): IpSet => ({ name, type, typeText, members, source, options, params }));
  return { value, diagnostics: found.items };
}

/** `ELEMENT [timeout N] [nomatch] [comment "…"] …`: a member, or several when the element is a range of addresses. */
function parseMembers({ type, params }: OpenSet, line: string, source: SourceRef, found: DiagnosticList): readonly SetMember[] {
  const space = line.indexOf(' ');
  const element = space < 0 ? line : line.slice(0, space);
  const { nomatch, wildcard, kept, extensions } = space < 0 ? NO_OPTIONS : parseMemberOptions(line.slice(space + 1).trim());
  const members = parseElement(type, params, element, wildcard);
  if (type !== 'unknown' && members.some((m) => m.parts.some((p) => p.kind === 'unknown'))) found.add(params.ipv6 ? 'ipv6-skipped' : 'bad-address', source, element);
  return members.map(({ parts, text }) => ({
    parts,
    nomatch,
    text,
    source,
    ...(kept === '' ? {} : { options: kept }),
    ...(extensions ? { extensions } : {}),
  }));
}

const NO_OPTIONS: MemberOptions = { nomatch: false, wildcard: false, kept: '', extensions: undefined };

/** `nomatch` stands behind the timeout and in front of all other options. */
function memberOptions({ nomatch, options = '' }: SetMember): readonly string[] {
  if (!nomatch) return [options];
  const [, timeout = '', rest = ''] = /^(timeout \d+)?(.*)$/s.exec(options) ?? [];
  return [timeout, 'nomatch', rest.trim()];
}

/** The lines of `ipset save`: each set with its members. */
export function printIpsetSave(sets: readonly IpSet[]): readonly string[] {
  return sets.flatMap((set) => [
    ['create', set.name, set.typeText, set.options ?? ''].filter((w) => w !== '').join(' '),
    ...set.members.map((m) => ['add', set.name, m.text, ...memberOptions(m)].filter((w) => w !== '').join(' ')),
  ]);
}
