import { describe, expect, it } from 'vitest';
import type { World } from '../../../world/world.ts';
import { expectedOf, runFlow, worldOfTable } from './run.ts';
import { FEATURES } from './features.ts';
import { MASQUERADING } from './masquerading.ts';
import { OWN_TESTS } from './ownTests.ts';
import { POLICY_TABLES } from './policy.ts';
import { EVERY, type FlowTable } from './table.ts';
import { READ_MINORS } from '../version.ts';

const TABLES: readonly FlowTable[] = [...POLICY_TABLES, ...OWN_TESTS, ...MASQUERADING, ...FEATURES];

describe.each(TABLES.map((t): [string, FlowTable] => [`iptables: ${t.name}`, t]))('%s', (_, table) => {
  const worlds = new Map<number, World>();
  const world = (minor: number): World => {
    const known = worlds.get(minor) ?? worldOfTable(table, minor);
    worlds.set(minor, known);
    return known;
  };

  it.each(table.flows.map((flow) => [flow.from, flow.to, flow] as const))('%s → %s', (_from, _to, flow) => {
    const wanted = table.versions.map((minor) => ({ version: `1.${minor}`, ...expectedOf(flow) }));
    expect(table.versions.map((minor) => ({ version: `1.${minor}`, ...runFlow(table, flow, world(minor)) }))).toEqual(wanted);
  });
});

describe('the table of flows', () => {
  it('has more than 250 rows, each for one version or more', () => {
    const rows = TABLES.flatMap((t) => t.flows.map(() => t.versions.length));
    expect(rows.length).toBeGreaterThan(250);
    expect(Math.min(...rows)).toBeGreaterThan(0);
  });

  it('runs in every version that is written down', () => {
    expect(EVERY).toEqual(READ_MINORS);
    expect(EVERY.filter((minor) => TABLES.filter((t) => t.versions.includes(minor)).length < 20)).toEqual([]);
  });
});
