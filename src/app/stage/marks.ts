import type { Trace } from '../../engine/trace-types.ts';
import { ownersOf, netnsId } from '../../world/lookup.ts';
import type { World } from '../../world/world.ts';
import { formatIp4, parseIp4 } from '../../packet/address.ts';
import type { Reading } from '../../text/reading-types.ts';
import type { Layout } from './layout.ts';
import type { Walk } from './path.ts';

/** How a box is lit. Each has a sign besides its colour: solid, tint, dashes, red with ✕, hatch. */
export type Mark = 'now' | 'been' | 'next' | 'stop' | 'unknown';

/** The boxes that are lit at a stop; all others are idle. */
export function marksAt(walk: Walk, reading: Reading, index: number): ReadonlyMap<string, Mark> {
  const out = new Map<string, Mark>();
  const here = walk.stops[index];
  const stop = reading.stops[index];
  if (!here || !stop) return out;
  for (const past of walk.stops) if (past.run === here.run && past.index <= index) for (const id of past.passed) out.set(id, 'been');
  const next = walk.stops[index + 1];
  if (next?.station !== undefined && next.run === here.run && !out.has(next.station)) out.set(next.station, 'next');
  const mark: Mark = stop.kind === 'drop' || stop.kind === 'refused' ? 'stop' : stop.kind === 'unknown' ? 'unknown' : 'now';
  for (const id of [...here.also, ...(here.station === undefined ? [] : [here.station])]) out.set(id, mark);
  return out;
}

/** The stop to go to when a box is pressed: the next one there, else the last one before; undefined when the packet never is there. */
export function stopAtBox(walk: Walk, box: string, index: number): number | undefined {
  const there = walk.stops.filter((s) => s.station === box || s.also.includes(box)).map((s) => s.index);
  const passing = there.length > 0 ? there : walk.stops.filter((s) => s.passed.includes(box)).map((s) => s.index);
  return passing.find((i) => i > index) ?? passing.findLast((i) => i <= index);
}

/** A choice as the stage shows it: each candidate's box, its odds, and whether it was taken. */
export interface Rays {
  readonly key: string;
  readonly rays: readonly { readonly option: number; readonly box: string; readonly odds: string; readonly taken: boolean }[];
}

/** The candidates at a stop where chance decided; undefined elsewhere. */
export function raysAt(world: World, layout: Layout, trace: Trace, reading: Reading, index: number): Rays | undefined {
  const stop = reading.stops[index];
  const step = stop && trace.steps.slice(stop.from, stop.to + 1).find((s) => s.kind === 'ipvs' && s.choice !== undefined);
  if (step?.kind !== 'ipvs') return undefined;
  const choice = trace.choices.find((c) => c.key === step.choice);
  if (!choice) return undefined;
  const rays = choice.options.flatMap((option, i) => {
    const box = boxOf(world, layout, option.split(':')[0] ?? '');
    return box === undefined ? [] : [{ option: i, box, odds: oddsText(choice.odds[i] ?? 0), taken: choice.taken === i }];
  });
  return { key: choice.key, rays };
}

/** The box of whoever has an address: its pod, its house, or the box into which it is folded. */
export function boxOf(world: World, layout: Layout, address: string): string | undefined {
  const ip = parseIp4(address);
  if (ip === undefined) return undefined;
  for (const { host, netns } of ownersOf(world, ip)) {
    const tries = [netnsId(host.name, netns.name), `${netnsId(host.name, netns.name)}#socket`, `${host.name}#INPUT`, `@${host.name}`];
    const found = tries.find((id) => layout.boxes.has(id));
    if (found !== undefined) return found;
    if (layout.boxes.has('+nodes')) return '+nodes';
  }
  return undefined;
}

/** Odds as a fraction where they are one of a whole number, else in percent. */
export function oddsText(odds: number): string {
  const of = Math.round(1 / odds);
  return odds > 0 && Math.abs(1 / odds - of) < 1e-6 ? (of === 1 ? '1' : `1/${of}`) : `${Math.round(odds * 100)}%`;
}

/** What the one who receives the request sees as its client, where a translation lies between; undefined otherwise. */
export interface Punchline {
  readonly box: string;
  readonly sees: string;
  readonly truly: string;
}

/** The one bubble of a trace: the server's view of its client, at the stop at which the request is delivered. */
export function punchlineAt(trace: Trace, reading: Reading, walk: Walk, index: number): Punchline | undefined {
  const stop = reading.stops[index];
  const station = walk.stops[index]?.station;
  const step = stop && trace.steps[stop.lead];
  if (!stop || !step || station === undefined || stop.kind !== 'deliver' || stop.way !== 'request' || step.role !== 'request') return undefined;
  const outcome = trace.outcomes[step.connection];
  const first = trace.steps.find((s) => s.connection === step.connection && s.role === 'request');
  const seen = step.packet.findLast((h) => h.type === 'ipv4');
  const sent = first?.packet.findLast((h) => h.type === 'ipv4');
  if (!seen || !sent || !outcome || (!outcome.natted.src && !outcome.natted.dst)) return undefined;
  return { box: station, sees: formatIp4(seen.src), truly: formatIp4(sent.src) };
}
