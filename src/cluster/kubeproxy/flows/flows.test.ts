import { describe, expect, it } from 'vitest';
import type { World } from '../../../world/world.ts';
import { runFlow, worldOfTable } from './run.ts';
import { POLICY_TABLES } from './policy.ts';
import type { FlowTable } from './table.ts';

const TABLES: readonly FlowTable[] = [...POLICY_TABLES];

describe.each(TABLES.map((t): [string, FlowTable] => [`${t.mode}: ${t.name}`, t]))('%s', (_, table) => {
  const worlds = new Map<number, World>();
  const world = (minor: number): World => {
    const known = worlds.get(minor) ?? worldOfTable(table, minor);
    worlds.set(minor, known);
    return known;
  };

  it.each(table.flows.map((flow) => [flow.from, flow.to, flow] as const))('%s → %s', (_from, _to, flow) => {
    for (const minor of table.versions) {
      const seen = runFlow(table, flow, world(minor));
      const wanted = { ends: Array.isArray(flow.ends) ? flow.ends.toSorted() : flow.ends, masq: flow.masq ?? false };
      expect({ version: `1.${minor}`, ends: seen.ends, masq: seen.masq }, flow.because).toEqual({ version: `1.${minor}`, ...wanted });
      if (flow.sticky !== undefined) expect(seen.sticky, `1.${minor}`).toBe(flow.sticky);
      if (flow.by !== undefined) expect([...seen.chains], `1.${minor}`).toContain(flow.by);
    }
  });
});
