import { describe, expect, it } from 'vitest';
import type { World } from '../../../world/world.ts';
import { expectedOf, runFlow, worldOfTable } from './run.ts';
import { FEATURES } from './features.ts';
import { MASQUERADING } from './masquerading.ts';
import { OWN_TESTS } from './ownTests.ts';
import { POLICY_TABLES } from './policy.ts';
import type { FlowTable } from './table.ts';

const TABLES: readonly FlowTable[] = [...POLICY_TABLES, ...OWN_TESTS, ...MASQUERADING, ...FEATURES];

describe.each(TABLES.map((t): [string, FlowTable] => [`${t.mode}: ${t.name}`, t]))('%s', (_, table) => {
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
