import { formatIp4, parseIp4 } from '../packet/address.ts';
import type { SourceRef } from '../world/source.ts';
import type { Neighbour } from '../world/world.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { mentionsIpv6, parseMac, wordsOf } from './words.ts';

const STATES: ReadonlySet<string> = new Set(['REACHABLE', 'STALE', 'DELAY', 'PROBE', 'PERMANENT', 'NOARP', 'FAILED', 'INCOMPLETE', 'NONE']);

/** Parses `ip neigh show` (print_neigh(), iproute2 ip/ipneigh.c). Entries of IPv6 are left out. Never throws on any text. */
export function parseIpNeigh({ input, firstLine, lines }: Lines): Parsed<readonly Neighbour[]> {
  const found = new DiagnosticList();
  const neighbours: Neighbour[] = [];
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    const words = wordsOf(line);
    if (words.length === 0) continue;
    const ip = parseIp4(words[0] ?? '');
    if (ip === undefined) {
      if (!mentionsIpv6(words.slice(0, 1))) found.add('unknown-line', source, line);
      else found.once('ipv6-skipped', source, line);
      continue;
    }
    let dev: string | undefined;
    let mac: Neighbour['mac'];
    let outer: Neighbour['outer'];
    let state = '';
    const extra: string[] = [];
    for (let at = 1; at < words.length; at++) {
      const word = words[at] ?? '';
      if (word === 'dev') dev = words[++at];
      else if (word === 'lladdr') {
        mac = parseMac(words[++at]);
        // ll_addr_n2a(), iproute2 lib/ll_addr.c: four bytes of a tunnel's address print as an IPv4 address.
        outer = parseIp4(words[at] ?? '');
      }
      else if (STATES.has(word)) state = word;
      else extra.push(word);
    }
    if (dev === undefined) found.add('unknown-line', source, line);
    else neighbours.push({ ip, dev, mac, ...(outer === undefined ? {} : { outer }), state, source, ...(extra.length === 0 ? {} : { extra }) });
  }
  return { value: neighbours, diagnostics: found.items };
}

/** The lines of `ip neigh show`. */
export const printIpNeigh = (neighbours: readonly Neighbour[]): readonly string[] =>
  neighbours.map((n) => {
    const words = [formatIp4(n.ip), 'dev', n.dev, ...(n.mac === undefined ? [] : ['lladdr', n.mac]), ...(n.outer === undefined ? [] : ['lladdr', formatIp4(n.outer)]), ...(n.extra ?? []), ...(n.state === '' ? [] : [n.state])];
    return `${words.join(' ')} `;
  });
