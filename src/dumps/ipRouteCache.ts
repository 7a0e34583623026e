import { formatIp4, hex, parseIp4 } from '../packet/address.ts';
import type { SourceRef } from '../world/source.ts';
import type { RouteException } from '../world/world.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { mentionsIpv6, parseDecimal, parseU32, wordsOf } from './words.ts';

type Draft = { -readonly [K in keyof RouteException]: RouteException[K] };

/**
 * Parses `ip route show cache`: what was learned about single destinations, each in a line about its way and one that starts with
 * `cache` (print_route() and print_cache_flags(), iproute2 ip/iproute.c). Entries of IPv6 are left out. Never throws on any text.
 */
export function parseIpRouteCache({ input, firstLine, lines }: Lines): Parsed<readonly RouteException[]> {
  const found = new DiagnosticList();
  const entries: { readonly entry: Draft; readonly extra: string[] }[] = [];
  let skipped = false;
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    const words = wordsOf(line);
    if (words.length === 0) continue;
    const last = entries.at(-1);
    if (words[0] === 'cache') {
      if (last && !skipped) readWords(words.slice(1), last.entry, last.extra);
      else if (!last) found.add('unknown-line', source, line);
      continue;
    }
    skipped = mentionsIpv6(words);
    const at = words[0] === 'unicast' ? 1 : 0;
    const dst = parseIp4(words[at] ?? '');
    if (skipped || dst === undefined) {
      if (skipped) found.once('ipv6-skipped', source, line);
      else found.add('unknown-line', source, line);
      skipped = true;
      continue;
    }
    const entry: Draft = { dst, src: undefined, tos: 0, via: undefined, dev: undefined, redirected: false, mtu: undefined, mtuLocked: false, source };
    const extra: string[] = [];
    readWords(words.slice(at + 1), entry, extra);
    entries.push({ entry, extra });
  }
  return { value: entries.map(({ entry, extra }) => ({ ...entry, ...(extra.length === 0 ? {} : { extra }) })), diagnostics: found.items };
}

function readWords(words: readonly string[], entry: Draft, extra: string[]): void {
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === 'via') entry.via = parseIp4(words[++i] ?? '');
    else if (word === 'dev') entry.dev = words[++i];
    else if (word === 'src' || word === 'from') entry.src = parseIp4(words[++i] ?? '');
    else if (word === 'tos') entry.tos = parseU32(words[++i]) ?? 0;
    else if (word === 'mtu') {
      entry.mtuLocked = words[i + 1] === 'lock';
      if (entry.mtuLocked) i++;
      entry.mtu = parseDecimal(words[++i], 0xffffffff);
    } else if (word === '<redirected>') entry.redirected = true;
    else if (word === 'expires' || word === 'uid' || word === 'table') extra.push(`${word} ${words[++i] ?? ''}`.trim());
    else extra.push(word);
  }
}

/** The lines of `ip route show cache`. */
export const printIpRouteCache = (entries: readonly RouteException[]): readonly string[] =>
  entries.flatMap(({ dst, src, tos, via, dev, redirected, mtu, mtuLocked, extra = [] }) => {
    const expires = extra.filter((w) => w.startsWith('expires '));
    const way = [formatIp4(dst), ...(tos === 0 ? [] : [`tos ${hex(tos)}`]), ...(via === undefined ? [] : [`via ${formatIp4(via)}`]), ...(dev === undefined ? [] : [`dev ${dev}`]), ...(src === undefined ? [] : [`src ${formatIp4(src)}`]), ...extra.filter((w) => !expires.includes(w))];
    const learned = ['cache', ...(redirected ? ['<redirected>'] : []), ...expires, ...(mtu === undefined ? [] : [`mtu ${mtuLocked ? 'lock ' : ''}${mtu}`])];
    return [`${way.join(' ')} `, `    ${learned.join(' ')} `];
  });
