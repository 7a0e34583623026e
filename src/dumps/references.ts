import type { SourceRef } from '../world/source.ts';
import type { Netns } from '../world/world.ts';
import { type Diagnostic, DiagnosticList } from './diagnostic.ts';

/**
 * What a namespace's dumps name and do not have: sets in rules, devices of routes, neighbours and FDB entries, devices of
 * addresses. Jumps are checked where tables are read. Devices are checked only when some listing of links is there.
 */
export function checkReferences(netns: Netns): readonly Diagnostic[] {
  const found = new DiagnosticList();
  const nowhere: SourceRef = { input: '', line: 0 };
  const sets = new Set(netns.ipsets.map((s) => s.name));
  const missing = new Set<string>();
  for (const table of netns.tables ?? []) {
    for (const chain of table.chains) {
      for (const rule of chain.rules) {
        const ask = (set: string): void => {
          if (sets.has(set) || missing.has(set)) return;
          missing.add(set);
          found.add(sets.size === 0 ? 'missing-ipset' : 'unknown-set', rule.source ?? nowhere, set);
        };
        for (const match of rule.matches) if (match.kind === 'set') ask(match.set);
        if (rule.target.kind === 'set-target') for (const named of [rule.target.add, rule.target.del, rule.target.map]) if (named) ask(named.set);
      }
    }
  }
  if (netns.links.length === 0) return found.items;
  const devices = new Set(netns.links.map((l) => l.name));
  const check = (dev: string | undefined, source: SourceRef | undefined): void => {
    if (dev === undefined || devices.has(dev)) return;
    devices.add(dev); // one report for each
    found.add('unknown-device', source ?? nowhere, dev);
  };
  for (const route of netns.routes) for (const hop of route.nexthops) check(hop.dev, route.source);
  for (const neighbour of netns.neighbours) check(neighbour.dev, neighbour.source);
  for (const entry of netns.fdb) check(entry.dev, entry.source);
  return found.items;
}
