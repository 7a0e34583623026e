import type { Choice } from '../../engine/probe.ts';
import type { Step } from '../../engine/step.ts';
import type { Trace } from '../../engine/trace-types.ts';
import type { Stop } from '../../text/reading-types.ts';

/** The choices between several ways that were made within a stop, in order. Ports that the kernel draws are none: they part no ways. */
export function choicesAt(trace: Trace, stop: Stop): readonly Choice[] {
  const made = new Set(trace.steps.slice(stop.from, stop.to + 1).flatMap(choicesOf));
  return trace.choices.filter((c) => c.splits && c.options.length > 1 && made.has(c.key));
}

/** The keys of the choices that a step needed: it names them. */
function choicesOf(step: Step): readonly (string | undefined)[] {
  if (step.kind === 'rule') return step.conditions.map((c) => c.choice);
  return step.kind === 'ipvs' || step.kind === 'fib' ? [step.choice] : [];
}
