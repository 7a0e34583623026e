import type { Step } from '../engine/step.ts';
import type { Trace } from '../engine/trace-types.ts';
import type { World } from '../world/world.ts';
import { type Group, hookGroups, singleGroups } from './grouping.ts';
import { placeOf } from './place.ts';
import type { Detail, Reading, Stop } from './reading-types.ts';
import { storyGroups } from './story.ts';

/**
 * Reads a trace at one level of detail. The stops cover every step exactly once, in order of time; where a stop of the story begins,
 * a stop of hooks begins too, so that switching the detail keeps the place.
 */
export function readTrace(trace: Trace, world: World, detail: Detail): Reading {
  const { steps } = trace;
  const ways = waysOf(trace);
  const groups = detail === 'rules' ? singleGroups(steps) : detail === 'hooks' ? hookGroups(steps) : storyGroups(steps, world, hookGroups(steps));
  return { detail, stops: groups.flatMap((group, index) => stopOf(steps, ways, group, index)) };
}

/** Index of the stop that covers the step; the nearest one for an id that is not in the trace, 0 for a reading without stops. */
export function stopAt(reading: Reading, stepId: number): number {
  let low = 0;
  let high = reading.stops.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const stop = reading.stops[middle];
    if (stop && stop.from <= stepId) low = middle;
    else high = middle - 1;
  }
  return Math.max(low, 0);
}

function stopOf(steps: readonly Step[], ways: readonly Stop['way'][], group: Group, index: number): readonly Stop[] {
  const lead = steps[group.lead];
  if (!lead) return [];
  return [{ index, ...group, subsystem: lead.subsystem, place: placeOf(steps, lead), host: lead.host, netns: lead.netns, way: ways[lead.id] ?? 'request' }];
}

/** Which way each step's packet travels, seen from the prober. ARP goes with the packet that waits for it. */
function waysOf(trace: Trace): readonly Stop['way'][] {
  const { from } = trace.probe;
  const made = new Map<number, Stop['way']>();
  let last: Stop['way'] = 'request';
  return trace.steps.map((step) => {
    if (step.role === 'arp') return last;
    // A reset or an error that the prober's own machine makes goes the way of its requests.
    if (step.kind === 'send' && step.role === 'error') {
      const own = from.kind === 'netns' && from.host === step.host && from.netns === step.netns;
      made.set(step.packetId, own ? 'request' : 'reply');
    }
    last = made.get(step.packetId) ?? (step.role === 'reply' || step.role === 'error' ? 'reply' : 'request');
    return last;
  });
}
