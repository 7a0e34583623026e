import { type LogicalHop, logicalPath, type LogicalStage, type LogicalWay } from '../../../engine/ovn/logicalPath.ts';
import type { Trace } from '../../../engine/trace-types.ts';
import type { Stop } from '../../../text/reading-types.ts';
import type { World } from '../../../world/world.ts';

const known = new WeakMap<Trace, readonly LogicalWay[]>();

/** The trace as ways through OVN's logical network; told once a trace. */
function waysOf(world: World, trace: Trace): readonly LogicalWay[] {
  const ways = known.get(trace) ?? logicalPath(world, trace);
  known.set(trace, ways);
  return ways;
}

/** The way that a stop's packet takes through the logical network: all of its hops, and those that the stop is about. */
export function logicalAt(world: World, trace: Trace, stop: Stop): { readonly hops: readonly LogicalHop[]; readonly here: ReadonlySet<LogicalHop> } | undefined {
  const within = (hop: LogicalHop): boolean => hop.steps.some((id) => id >= stop.from && id <= stop.to);
  const lead = trace.steps[stop.lead];
  const way = waysOf(world, trace).find((w) => w.hops.some(within) && (lead === undefined || w.packetId === lead.packetId)) ?? waysOf(world, trace).find((w) => w.hops.some(within));
  return way && { hops: way.hops, here: new Set(way.hops.filter(within)) };
}

/** The logical table that a look-up is, by its step; undefined for those that OVN's pipelines do not have. */
export function stageOf(world: World, trace: Trace, step: number): { readonly hop: LogicalHop; readonly stage: LogicalStage } | undefined {
  for (const { hops } of waysOf(world, trace)) for (const hop of hops) for (const stage of hop.stages) if (stage.step === step) return { hop, stage };
  return undefined;
}
