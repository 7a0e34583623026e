import { DRAWN_PORT } from '../../src/engine/conntrack/unique.ts';
import type { Choice } from '../../src/engine/probe.ts';
import type { Account, Lines } from './account.ts';

/** The first place where engine and kernel part. */
export interface Difference {
  /** `rules of r`, `frames of c`, `conntrack of r`, `told`. */
  readonly what: string;
  /** Position in that list, from 0. */
  readonly at: number;
  readonly engine: string | undefined;
  readonly kernel: string | undefined;
  /** The lines before, on which both agree. */
  readonly before: readonly string[];
  /** Lines that agreed in all; the branch that got farthest is the one to show. */
  readonly agreed: number;
}

/** Numbers that chance draws in the kernel: they need only be used consistently. */
class Drawn {
  private readonly known = new Map<string, string>();
  private readonly drawn: ReadonlySet<string>;

  constructor(choices: readonly Choice[]) {
    this.drawn = new Set(choices.filter((c) => !c.splits).flatMap((c) => drawnNumbers(c.options[c.taken] ?? '')));
  }

  same(engine: string, kernel: string): boolean {
    if (engine === kernel) return true;
    const [a, b] = [engine.split(/(:\d+)\b/), kernel.split(/(:\d+)\b/)];
    return a.length === b.length && a.every((part, i) => part === b[i] || this.unify(part, b[i] ?? ''));
  }

  private unify(engine: string, kernel: string): boolean {
    if (!engine.startsWith(':') || !kernel.startsWith(':') || !this.drawn.has(engine.slice(1))) return false;
    const bound = this.known.get(engine);
    if (bound === undefined) this.known.set(engine, kernel);
    return bound === undefined || bound === kernel;
  }
}

/** An option is the number itself, or the range from which the engine takes the first free one at or behind its default. */
function drawnNumbers(option: string): readonly string[] {
  const [from, to] = option.split('-').map(Number);
  if (from === undefined || to === undefined) return [option];
  const first = Math.min(Math.max(DRAWN_PORT, from), to);
  return Array.from({ length: 4 }, (_, i) => String(first + i > to ? from + (first + i - to - 1) : first + i));
}

/** Compares the two accounts of one probe; undefined when they agree. */
export function compareAccounts(engine: Account, kernel: Account, choices: readonly Choice[]): Difference | undefined {
  const drawn = new Drawn(choices);
  let agreed = 0;
  const parts: readonly [string, Lines, Lines, boolean][] = [
    ['rules', engine.rules, kernel.rules, true],
    ['frames', engine.frames, kernel.frames, true],
    ['conntrack', engine.conntrack, kernel.conntrack, false],
    ['ipvs', engine.ipvs, kernel.ipvs, false],
  ];
  for (const [name, ours, theirs, ordered] of parts) {
    for (const space of new Set([...ours.keys(), ...theirs.keys()])) {
      const a = ours.get(space) ?? [];
      const b = theirs.get(space) ?? [];
      const at = ordered ? firstDifference(a, b, drawn) : unmatched(a, b, drawn);
      if (at !== undefined) return { what: `${name} of ${space}`, at, engine: a[at], kernel: ordered ? b[at] : b.filter((l) => !a.some((m) => drawn.same(m, l))).join(' && ') || b[at], before: ordered ? a.slice(Math.max(0, at - 4), at) : [], agreed: agreed + at };
      agreed += a.length;
    }
  }
  const told = engine.told.findIndex((t, i) => t !== undefined && t !== (kernel.told[i] ?? 'nothing'));
  return told < 0 ? undefined : { what: 'told', at: told, engine: engine.told[told], kernel: kernel.told[told], before: [], agreed };
}

function firstDifference(a: readonly string[], b: readonly string[], drawn: Drawn): number | undefined {
  const at = a.findIndex((line, i) => b[i] === undefined || !drawn.same(line, b[i]));
  return at >= 0 ? at : b.length > a.length ? a.length : undefined;
}

/** Order does not matter: the first of ours that has no partner. */
function unmatched(a: readonly string[], b: readonly string[], drawn: Drawn): number | undefined {
  const left = [...b];
  for (const [i, line] of a.entries()) {
    const partner = left.findIndex((l) => drawn.same(line, l));
    if (partner < 0) return i;
    left.splice(partner, 1);
  }
  return left.length > 0 ? a.length : undefined;
}
