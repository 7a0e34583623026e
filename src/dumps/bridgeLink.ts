import type { SourceRef } from '../world/source.ts';
import { NEW_PORT } from '../world/bridge.ts';
import type { Link } from '../world/world.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { readPort, switchWords } from './linkDetails.ts';
import { wordsOf } from './words.ts';

export interface PortListing {
  readonly dev: string;
  readonly words: readonly string[];
}

/** Parses `bridge link show` and `bridge -d link show` (print_linkinfo(), iproute2 bridge/link.c). Never throws on any text. */
export function parseBridgeLink({ input, firstLine, lines }: Lines): Parsed<readonly PortListing[]> {
  const found = new DiagnosticList();
  const ports: { readonly dev: string; words: readonly string[] }[] = [];
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    const head = /^\d{1,10}: ([^\s@:]{1,64})[^<]{0,80}<[^>]{0,400}>\s(.*)$/.exec(line);
    const last = ports.at(-1);
    if (head?.[1] !== undefined) ports.push({ dev: head[1], words: wordsOf(head[2] ?? '') });
    else if (last && /^\s+\S/.test(line)) last.words = [...last.words, ...wordsOf(line)];
    else if (line.trim() !== '') found.add('unknown-line', source, line);
  }
  return { value: ports, diagnostics: found.items };
}

/** The devices with what the listing says about ports; what `ip -d link` said before is not forgotten. */
export function withPorts(links: readonly Link[], listing: readonly PortListing[]): readonly Link[] {
  const byDev = new Map(listing.map((p) => [p.dev, p.words]));
  return links.map((l) => {
    const words = byDev.get(l.name);
    return words && l.master !== undefined ? { ...l, port: readPort(words, l.port) } : l;
  });
}

/** The lines of `bridge link show`, or of `bridge -d link show`. */
export function printBridgeLink(links: readonly Link[], detailed: boolean): readonly string[] {
  const bridges = new Set(links.filter((l) => l.kind === 'bridge').map((l) => l.name));
  return links.flatMap((l) => {
    if (l.master === undefined || !bridges.has(l.master)) return [];
    const port = l.port ?? NEW_PORT;
    const name = l.peer === undefined ? l.name : `${l.name}@${l.peer}`;
    return [`${l.ifindex}: ${name}: <${l.flags.join(',')}> mtu ${l.mtu} master ${l.master} state ${port.state} priority 32 cost 2 `, ...(detailed ? [`    ${switchWords(port)}`] : [])];
  });
}
