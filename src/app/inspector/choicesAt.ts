import type { Choice } from '../../engine/probe.ts';
import type { Step } from '../../engine/step.ts';
import type { Trace } from '../../engine/trace-types.ts';
import { formatIp4 } from '../../packet/address.ts';
import type { Stop } from '../../text/reading-types.ts';
import { netnsId } from '../../world/lookup.ts';

/** The choices between several ways that were made within a stop, in order. Ports that the kernel draws are none: they part no ways. */
export function choicesAt(trace: Trace, stop: Stop): readonly Choice[] {
  const made = madeBy(trace);
  return trace.steps.slice(stop.from, stop.to + 1).flatMap((s) => made.get(s.id) ?? []);
}

/** Step id → the choices that it needed. An IPVS step names its choice; of the others the n-th of a kind in a namespace belongs to the n-th step that needs one. */
function madeBy(trace: Trace): ReadonlyMap<number, readonly Choice[]> {
  const waiting = trace.choices.filter((c) => c.splits && c.options.length > 1);
  const made = new Map<number, readonly Choice[]>();
  for (const step of trace.steps) {
    const taken: Choice[] = [];
    for (let n = needs(step); n > 0; n--) {
      const at = waiting.findIndex((c) => decides(c, step));
      if (at >= 0) taken.push(...waiting.splice(at, 1));
    }
    if (taken.length > 0) made.set(step.id, taken);
  }
  return made;
}

/** How many choices a step may need: a rule may roll dice in several matches. */
function needs(step: Step): number {
  if (step.kind === 'ipvs') return step.choice === undefined ? 0 : 1;
  if (step.kind === 'fib') return step.oif === undefined ? 0 : 1;
  return step.kind === 'rule' ? step.conditions.filter((c) => rolled(c.text)).length : 0;
}

function decides(choice: Choice, step: Step): boolean {
  if (step.kind === 'ipvs') return choice.key === step.choice;
  if (choice.at !== netnsId(step.host, step.netns)) return false;
  if (step.kind === 'rule') return choice.kind === 'statistic';
  if (step.kind !== 'fib' || choice.kind !== 'ecmp') return false;
  const via = step.nexthop === undefined ? '' : `via ${formatIp4(step.nexthop)} `;
  return choice.options[choice.taken] === `${via}dev ${step.oif ?? ''}`;
}

/** A probability of 0 or 1 leaves nothing to chance. */
function rolled(condition: string): boolean {
  const p = Number(/^-m statistic --mode random .*--probability (\S+)/.exec(condition)?.[1] ?? Number.NaN);
  return p > 0 && p < 1;
}
