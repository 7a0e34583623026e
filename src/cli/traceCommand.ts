import type { Choice, Choices } from '../engine/probe.ts';
import { logicalPath } from '../engine/ovn/logicalPath.ts';
import { trace, traceAll } from '../engine/trace.ts';
import type { Trace } from '../engine/trace-types.ts';
import type { Link } from '../share/link.ts';
import { readProbe } from '../share/probeWords.ts';
import { outcomeLines, traceLines } from '../text/lines.ts';
import { logicalLines } from '../text/logicalLines.ts';
import type { World } from '../world/world.ts';
import { answerAll, answerOne, mergeBranches } from './answer.ts';
import { type ProbeReading, type ReadProbe, readProbeText } from './probeJson.ts';

export interface TraceOptions {
  readonly all: boolean;
  readonly steps: boolean;
  readonly format: 'json' | 'text';
}

export interface Answered {
  /** What goes to standard output, with its line breaks. */
  readonly text: string;
  /** Why the probe could not be answered. */
  readonly error: string | undefined;
}

/** Answers the probe that a link of the page carries, in its words and with its choices. Never throws. */
export function answerLink(world: World, link: Link, options: TraceOptions): Answered {
  const read = readProbe(world, { from: link.from ?? '', to: link.to ?? '', via: link.via, proto: link.proto ?? 'tcp', sport: link.sport, size: link.size });
  const value: ProbeReading = read.ok
    ? { ok: true, value: { id: undefined, probe: read.value, choices: link.picks } }
    : { ok: false, id: undefined, error: `${read.problem.field}: ${read.problem.code} ${read.problem.text}`.trimEnd() };
  return answerReading(world, value, options);
}

/** Answers one probe, given as a line of JSON. Never throws: whatever is wrong becomes the answer's `error`. */
export const answerProbe = (world: World, json: string, options: TraceOptions): Answered => answerReading(world, readProbeText(world, json), options);

const failed = ({ id, error }: Extract<ProbeReading, { ok: false }>, { format }: TraceOptions): Answered => ({
  text: format === 'json' ? `${JSON.stringify({ ...idJson(id), error })}\n` : `${id === undefined ? 'probe' : String(id)}: error: ${error}\n`,
  error,
});

function answerReading(world: World, read: ProbeReading, options: TraceOptions): Answered {
  if (!read.ok) return failed(read, options);
  try {
    return answerRead(world, read.value, options);
  } catch (error) {
    // A bug of ours must not cost the other probes of the file their answers.
    return failed({ ok: false, id: read.value.id, error: `internal error: ${error instanceof Error ? error.message : String(error)}` }, options);
  }
}

const idJson = (id: ReadProbe['id']) => (id === undefined ? {} : { id });

function answerRead(world: World, { id, probe, choices }: ReadProbe, options: TraceOptions): Answered {
  if (options.all) {
    const { branches, truncated } = traceAll(world, probe, choices);
    const wrong = wrongChoice(choices, branches.map((b) => b.trace));
    if (wrong !== undefined) return failed({ ok: false, id, error: wrong }, options);
    if (options.format === 'json') return { text: `${JSON.stringify({ ...idJson(id), ...answerAll(branches, truncated, { ...options, world }) })}\n`, error: undefined };
    const rest = truncated > 0 ? [`not followed: probability ${truncated}\n`] : [];
    return { text: [...mergeBranches(branches).map((b) => story(world, id, b.trace, b.probability)), ...rest].join('\n'), error: undefined };
  }
  const traced = trace(world, probe, choices);
  const wrong = wrongChoice(choices, [traced]);
  if (wrong !== undefined) return failed({ ok: false, id, error: wrong }, options);
  if (options.format === 'json') return { text: `${JSON.stringify({ ...idJson(id), ...answerOne(traced, { ...options, world }) })}\n`, error: undefined };
  return { text: story(world, id, traced, undefined), error: undefined };
}

/** A choice that none of the traces came to, or an option that it does not have: the caller asked for a branch that there is not. */
function wrongChoice(choices: Choices, traces: readonly Trace[]): string | undefined {
  const met = new Map<string, Choice>(traces.flatMap((t) => t.choices.map((c) => [c.key, c] as const)));
  for (const [key, index] of Object.entries(choices)) {
    const choice = met.get(key);
    if (!choice) return `choices: nothing is decided at ${key} (decided: ${[...met.keys()].join(', ') || 'nothing'})`;
    if (index >= choice.options.length) return `choices: ${key} has ${choice.options.length} options, counted from 0`;
  }
  return undefined;
}

/** One branch for people and for diff: how it ended, what chance decided, its way through OVN's logical network, then a line a step. */
function story(world: World, id: ReadProbe['id'], traced: Trace, probability: number | undefined): string {
  const head = [
    `probe ${id === undefined ? '' : String(id)}`.trimEnd() + (probability === undefined ? '' : ` probability ${Number(probability.toFixed(6))}`),
    ...traced.choices.map((c) => `choice ${c.key} ${c.options[c.taken] ?? ''} (${c.taken + 1} of ${c.options.length})`),
    ...traced.outcomes.flatMap((o, i) => outcomeLines(o).map((line) => (traced.outcomes.length > 1 ? `connection ${i + 1} ${line}` : line))),
  ];
  const logical = logicalLines(logicalPath(world, traced));
  return [...head, ...(logical.length > 0 ? ['', ...logical] : []), '', ...traceLines(traced)].map((line) => `${line}\n`).join('');
}
