import type { Choices } from '../../engine/probe.ts';
import type { Trace } from '../../engine/trace-types.ts';
import { readProbe, type ProbeWords, type WordProblem } from '../../share/probeWords.ts';
import { readTrace } from '../../text/reading.ts';
import type { Detail, Reading, Stop } from '../../text/reading-types.ts';
import type { World } from '../../world/world.ts';
import { walk } from './engine.ts';

/** A finished trace and its three readings. Stepping only moves an index through one of them. */
export interface Walk {
  readonly trace: Trace;
  readonly readings: Readonly<Record<Detail, Reading>>;
}

/** `words`: the probe's words mean nothing in this world. `failed`: the engine broke, which is our bug; `message` is for a report. */
export type WalkResult = { readonly kind: 'walk'; readonly walk: Walk } | { readonly kind: 'words'; readonly problem: WordProblem } | { readonly kind: 'failed'; readonly message: string };

/** Runs the engine (see engine.ts) once and reads its trace at each level of detail. */
export function walkOf(world: World, words: ProbeWords, choices: Choices): WalkResult {
  const probe = readProbe(world, words);
  if (!probe.ok) return { kind: 'words', problem: probe.problem };
  try {
    return readWalk(walk(world, probe.value, choices), world);
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

/** A trace with its readings. */
export const readWalk = (done: Trace, world: World): WalkResult => ({ kind: 'walk', walk: { trace: done, readings: { story: readTrace(done, world, 'story'), hooks: readTrace(done, world, 'hooks'), rules: readTrace(done, world, 'rules') } } });

const sameSpot = (a: Stop, b: Stop): boolean => a.kind === b.kind && a.host === b.host && a.netns === b.netns && a.way === b.way && JSON.stringify(a.place) === JSON.stringify(b.place);

/**
 * Where the reader should stand in a new reading: at the same index if the same thing happens there, else at the nearest stop of
 * the same kind at the same place, else as far along as before.
 */
export function keepPlace(before: Reading, index: number, after: Reading): number {
  const stop = before.stops[index];
  const last = Math.max(0, after.stops.length - 1);
  if (!stop) return 0;
  const same = after.stops.filter((s) => sameSpot(s, stop)).sort((a, b) => Math.abs(a.index - index) - Math.abs(b.index - index))[0];
  return same?.index ?? Math.min(index, last);
}

/** The first stop in the next (or previous) namespace; the last (or first) stop when there is no other. */
export function otherNamespace(reading: Reading, index: number, direction: 1 | -1): number {
  const stops = reading.stops;
  const here = stops[index];
  const last = Math.max(0, stops.length - 1);
  if (!here) return 0;
  const elsewhere = (s: Stop | undefined): boolean => s !== undefined && (s.host !== here.host || s.netns !== here.netns);
  let at = index;
  while (at >= 0 && at <= last && !elsewhere(stops[at])) at += direction;
  if (at < 0 || at > last) return direction === 1 ? last : 0;
  if (direction === 1) return at;
  const there = stops[at];
  while (at > 0 && there && stops[at - 1]?.host === there.host && stops[at - 1]?.netns === there.netns) at--;
  return at;
}
