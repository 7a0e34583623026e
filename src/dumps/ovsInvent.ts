import type { OvsPort } from '../world/openflow.ts';
import { fieldNamed } from '../world/openflowFields.ts';
import { type OvsNames, parsePort, parseTable, portNames, SHOWN_NAME, unquoted } from './ovsNames.ts';
import { emptyPort } from './ovsVsctl.ts';

/** The highest number that a device can have (OFPP_MAX - 1): ours go downwards from here. */
const HIGHEST = 0xfeff;

const QUOTED = '"(?:[^"\\\\]|\\\\.)*"';
const PORT_WORDS = new RegExp(`(?:\\bin_port=|\\boutput:|\\benqueue:|\\bwatch_port:|\\bport=|\\bresubmit[:(])(${QUOTED}|[A-Za-z_][\\w.@-]*)(?![\\w[])`, 'g');
const TABLE_WORDS = new RegExp(`(?:\\btable=|\\bgoto_table:|\\bresubmit\\([^,()]*,)(${QUOTED}|[A-Za-z_][\\w.-]*)`, 'g');

/** A line with a word where a number could stand. */
const NAMED = /(?:port=|output:|enqueue:|resubmit[:(]|\(,|able[=:])["A-Za-z_]/;
const OWN_TABLE = /^ ?(?:cookie=[^,]*, )?(?:duration=[^,]*, )?table(?:_id)?=(\w+|"[^"]*"),/;

export interface Invented {
  readonly ports: readonly OvsPort[];
  readonly names: OvsNames;
  readonly tableNames: Readonly<Record<string, string>> | undefined;
}

/**
 * Numbers for ports and tables that rules name (`--names`) and no listing numbers: a name is as good as a number as long as all rules
 * use it. Ports are numbered from the top; tables in the order of the dump, which is that of their numbers.
 */
export function invent(ports: readonly OvsPort[], lines: readonly string[]): Invented {
  const known = portNames(ports);
  const wanted = new Set<string>();
  const tables = new Set<string>();
  const elsewhere = new Set<string>();
  for (const line of lines) {
    if (!NAMED.test(line)) continue;
    for (const [, word = ''] of line.matchAll(PORT_WORDS)) {
      if (!wanted.has(word) && parsePort(word, known) === undefined && !fieldNamed(word)) wanted.add(word);
    }
    const own = OWN_TABLE.exec(line)?.[1];
    if (own !== undefined && parseTable(own) === undefined) tables.add(own);
    for (const [, word = ''] of line.matchAll(TABLE_WORDS)) elsewhere.add(word);
  }
  if (wanted.size + tables.size + elsewhere.size === 0) return { ports, names: known, tableNames: undefined };
  // Lines of groups have actions, too, and are of no table.
  const used = new Set(lines.filter((l) => l.includes('actions=') && !l.includes('group_id=')).map((l) => parseTable(OWN_TABLE.exec(l)?.[1] ?? '0') ?? -1));
  const numbered = numberPorts(ports, [...wanted].map(unquoted));
  const tableNumbers = numberTables([...new Set([...tables, ...elsewhere])].map(unquoted), used);
  const tableNames = tableNumbers.size === 0 ? undefined : Object.fromEntries([...tableNumbers].map(([name, number]) => [String(number), name]));
  return {
    ports: numbered,
    names: { ...portNames(numbered), tableNumber: (name) => tableNumbers.get(name), tableName: (number) => tableNames?.[String(number)] },
    tableNames,
  };
}

function numberPorts(ports: readonly OvsPort[], wanted: readonly string[]): readonly OvsPort[] {
  if (wanted.length === 0) return ports;
  const taken = new Set(ports.map((p) => p.ofport));
  let next = HIGHEST;
  const fresh = (): number => {
    while (taken.has(next)) next--;
    return next--;
  };
  const names = new Set(wanted);
  const shown = (p: OvsPort): string => p.name.slice(0, SHOWN_NAME);
  const result = ports.map((p): OvsPort => ((names.has(p.name) || names.has(shown(p))) && p.ofport === undefined ? { ...p, ofport: fresh(), ofportAssumed: true } : p));
  const listed = new Set(ports.flatMap((p) => [p.name, shown(p)]));
  for (const name of names) if (!listed.has(name)) result.push({ ...emptyPort(name, undefined), ofport: fresh(), ofportAssumed: true });
  return result;
}

function numberTables(names: readonly string[], used: ReadonlySet<number>): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  let next = 0;
  for (const name of names) {
    while (used.has(next)) next++;
    if (next > 253) break;
    numbers.set(name, next++);
  }
  return numbers;
}
