import type { Choices, Probe } from '../../engine/probe.ts';
import type { Trace } from '../../engine/trace-types.ts';
import type { World } from '../../world/world.ts';

/**
 * The engine, which the first picture does without: the first walk of a built-in scenario comes with its world, made by the same engine
 * when the page is built. Whatever asks for another walk awaits loadEngine() first.
 */
let run: ((world: World, probe: Probe, choices: Choices) => Trace) | undefined;

/** Walks that the build made, by the very object of their world. */
const known = new WeakMap<World, Trace>();

/** Fetches the engine; rejects when that fails. */
export async function loadEngine(): Promise<void> {
  run ??= (await import('../../engine/trace.ts')).trace;
}

export const isEngineLoaded = (): boolean => run !== undefined;

/** Remembers the walk that the build made in this world. */
export const knowWalk = (world: World, walk: Trace): void => void known.set(world, walk);

const knownWalk = (world: World, probe: Probe, choices: Choices): Trace | undefined => {
  const walk = Object.keys(choices).length === 0 ? known.get(world) : undefined;
  return walk && JSON.stringify(walk.probe) === JSON.stringify(probe) ? walk : undefined;
};

/** The walk of the probe; throws when it is not known and nobody awaited loadEngine(). */
export function walk(world: World, probe: Probe, choices: Choices): Trace {
  const done = run?.(world, probe, choices) ?? knownWalk(world, probe, choices);
  if (!done) throw new Error('the engine is not loaded');
  return done;
}
