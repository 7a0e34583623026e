import type { Choice } from '../../engine/probe.ts';
import type { Step } from '../../engine/step.ts';
import type { Trace } from '../../engine/trace-types.ts';
import type { Stop } from '../../text/reading-types.ts';

/** The choices between several ways that were made within a stop, in order. Ports that the kernel draws are none: they part no ways. */
export function choicesAt(trace: Trace, stop: Stop): readonly Choice[] {
  const made = new Set(trace.steps.slice(stop.from, stop.to + 1).flatMap(choicesOf));
  const here = (c: Choice): boolean => {
    const first = c.kind === 'ovs-group' ? trace.steps.findIndex((s) => takesBucket(s, c)) : -1;
    return made.has(c.key) || (first >= stop.from && first <= stop.to);
  };
  return trace.choices.filter((c) => c.splits && c.options.length > 1 && here(c));
}

/** The look-up whose rule led to the bucket that was chosen. */
const takesBucket = (step: Step, { at, options, taken }: Choice): boolean =>
  step.kind === 'openflow' && step.host === at && step.notes.some((n) => n.kind === 'bucket' && n.choice !== undefined && `${options[taken] ?? ''} `.startsWith(`group:${n.group} bucket:${n.bucket} `));

/** The keys of the choices that a step needed: it names them. */
function choicesOf(step: Step): readonly (string | undefined)[] {
  if (step.kind === 'rule') return step.conditions.map((c) => c.choice);
  return step.kind === 'ipvs' || step.kind === 'fib' ? [step.choice] : [];
}
