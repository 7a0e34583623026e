import type { Mac } from '../../packet/address.ts';
import type { SourceRef } from '../../world/source.ts';
import type { FdbEntry, Link } from '../../world/world.ts';
import type { Ns } from '../sim.ts';
import { portsOf } from './ports.ts';
import { holds } from './vlan.ts';

/** Where a bridge believes an address to be. `local`: it is the bridge's own, or one of a port. */
export interface FdbAnswer {
  readonly kind: 'local' | 'port';
  readonly dev: string;
  readonly by: 'entry' | 'learned' | 'local';
  readonly source: SourceRef | undefined;
}

const keyOf = (bridge: Link, mac: Mac, vid: number): string => `${bridge.name}/${vid}/${mac}`;

const vlanOf = (entry: FdbEntry): number => {
  const at = entry.words.indexOf('vlan');
  return at < 0 ? 0 : Number(entry.words[at + 1] ?? 0);
};

/** br_fdb_find_rcu() (net/bridge/br_fdb.c): addresses of the bridge and its ports, what it learned during the trace, what the dump has. */
export function findMac(ns: Ns, bridge: Link, mac: Mac, vid: number): FdbAnswer | undefined {
  const ports = portsOf(ns, bridge);
  // Where VLANs are filtered an address is local in those of its device (br_vlan_add(), nbp_vlan_add()).
  const own = [bridge, ...ports].find((l) => l.mac === mac && (vid === 0 || holds(l.vlans ?? [], vid) !== undefined));
  if (own) return { kind: 'local', dev: own.name, by: 'local', source: own.source };
  const names = new Set([bridge.name, ...ports.map((p) => p.name)]);
  const entry = ns.netns.fdb.find((e) => e.mac === mac && names.has(e.dev) && e.words.includes('master') && vlanOf(e) === vid);
  if (entry && (entry.words.includes('permanent') || entry.dev === bridge.name)) return { kind: 'local', dev: entry.dev, by: 'local', source: entry.source };
  const learned = ns.macs.get(keyOf(bridge, mac, vid));
  if (learned !== undefined && learned !== entry?.dev) return { kind: 'port', dev: learned, by: 'learned', source: undefined };
  return entry && { kind: 'port', dev: entry.dev, by: 'entry', source: entry.source };
}

/** br_fdb_update(): a source address belongs to the port that it came in by, unless it is the bridge's own. Entries that were set by hand move, too. */
export function learnMac(ns: Ns, bridge: Link, mac: Mac, vid: number, port: string): void {
  if (findMac(ns, bridge, mac, vid)?.kind !== 'local') ns.macs.set(keyOf(bridge, mac, vid), port);
}
