import { formatIp4, parseIp4 } from '../packet/address.ts';
import type { SourceRef } from '../world/source.ts';
import type { FdbEntry } from '../world/world.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { parseMac, wordsOf } from './words.ts';

/** Parses `bridge fdb show` (print_fdb(), iproute2 bridge/fdb.c). Never throws on any text. */
export function parseBridgeFdb({ input, firstLine, lines }: Lines): Parsed<readonly FdbEntry[]> {
  const found = new DiagnosticList();
  const entries: FdbEntry[] = [];
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    const words = wordsOf(line);
    if (words.length === 0) continue;
    const mac = parseMac(words[0]);
    let dev: string | undefined;
    let dst: FdbEntry['dst'];
    const rest: string[] = [];
    for (let at = 1; at < words.length; at++) {
      const word = words[at] ?? '';
      const ip = word === 'dst' ? parseIp4(words[at + 1] ?? '') : undefined;
      if (word === 'dev') dev = words[++at];
      else if (ip !== undefined) {
        dst = ip;
        at++;
      } else rest.push(word);
    }
    if (mac === undefined || dev === undefined) found.add('unknown-line', source, line);
    else entries.push({ mac, dev, dst, words: rest, source });
  }
  return { value: entries, diagnostics: found.items };
}

/** The lines of `bridge fdb show`. */
export const printBridgeFdb = (entries: readonly FdbEntry[]): readonly string[] =>
  entries.map((e) => {
    const line = [e.mac, 'dev', e.dev, ...(e.dst === undefined ? [] : ['dst', formatIp4(e.dst)]), ...e.words].join(' ');
    // print_fdb() ends every group with a space, except the state, which comes last if there is one.
    return /^(?:permanent|static|stale)$/.test(e.words.at(-1) ?? '') ? line : `${line} `;
  });
