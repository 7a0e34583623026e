import type { SourceRef } from '../world/source.ts';
import type { BridgeVlan } from '../world/bridge.ts';
import type { Link } from '../world/world.ts';
import { DiagnosticList, type Lines, type Parsed } from './diagnostic.ts';
import { parseDecimal, wordsOf } from './words.ts';

export interface PortVlans {
  readonly dev: string;
  readonly vlans: BridgeVlan[];
}

/** Parses `bridge vlan show` and `bridge -c vlan show` (print_vlan(), iproute2 bridge/vlan.c). Never throws on any text. */
export function parseBridgeVlan({ input, firstLine, lines }: Lines): Parsed<readonly PortVlans[]> {
  const found = new DiagnosticList();
  const ports: PortVlans[] = [];
  for (const [i, line] of lines.entries()) {
    const source: SourceRef = { input, line: firstLine + i };
    const words = [...wordsOf(line)];
    if (words.length === 0 || (words[0] === 'port' && words[1]?.startsWith('vlan'))) continue;
    if (!/^\s/.test(line)) ports.push({ dev: words.shift() ?? '', vlans: [] });
    const range = words.shift();
    // A port without VLANs, as older tools print it.
    if (range === undefined || range === 'None') continue;
    const [first, last] = range.split('-');
    const vid = parseDecimal(first, 4095);
    const to = last === undefined ? vid : parseDecimal(last, 4095);
    const port = ports.at(-1);
    if (vid === undefined || to === undefined || to < vid || !port) found.add('unknown-line', source, line);
    else port.vlans.push({ vid, to, pvid: words.includes('PVID'), untagged: words.includes('Untagged') });
  }
  return { value: ports, diagnostics: found.items };
}

/** The lines of `bridge vlan show`; a range is printed as one, as -c does. */
export const printBridgeVlan = (links: readonly Link[]): readonly string[] => [
  'port              vlan-id  ',
  ...links.flatMap((l) => (l.vlans ?? []).map((v, i) => `${(i === 0 ? l.name : '').padEnd(16)}  ${v.vid}${v.to === v.vid ? '' : `-${v.to}`}${v.pvid ? ' PVID' : ''}${v.untagged ? ' Egress Untagged' : ''}`)),
];

/** The devices with the VLANs that a listing tells; ports that it leaves out have none. */
export function withVlans(links: readonly Link[], listing: readonly PortVlans[]): readonly Link[] {
  const byDev = new Map(listing.map((p) => [p.dev, p.vlans]));
  const bridges = new Set(links.filter((l) => l.kind === 'bridge').map((l) => l.name));
  return links.map((l) => {
    const vlans = byDev.get(l.name) ?? (bridges.has(l.name) || bridges.has(l.master ?? '') ? [] : undefined);
    return vlans ? { ...l, vlans } : l;
  });
}
