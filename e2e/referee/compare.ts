import { DRAWN_PORT } from '../../src/engine/conntrack/unique.ts';
import type { Trace } from '../../src/engine/trace-types.ts';
import type { Packet } from '../../src/packet/packet.ts';
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

/** Numbers that chance draws in the kernel: they need only be used consistently. Where the engine drew one number twice, the kernel may have two. */
class Drawn {
  private readonly known = new Map<string, Set<string>>();
  /** How often the engine may have drawn a number. */
  private readonly draws = new Map<string, number>();

  constructor({ choices, steps }: Pick<Trace, 'choices' | 'steps'>) {
    const ports = choices.filter((c) => !c.splits).flatMap((c) => drawnNumbers(c.options[c.taken] ?? ''));
    for (const port of [...ports, ...new Set(steps.flatMap((s) => tunnelPorts(s.packet)))]) this.draws.set(port, (this.draws.get(port) ?? 0) + 1);
  }

  same(engine: string, kernel: string): boolean {
    if (engine === kernel) return true;
    const [a, b] = [engine.split(/(:\d+)\b/), kernel.split(/(:\d+)\b/)];
    return a.length === b.length && a.every((part, i) => part === b[i] || this.unify(part, b[i] ?? ''));
  }

  private unify(engine: string, kernel: string): boolean {
    const draws = engine.startsWith(':') && kernel.startsWith(':') ? (this.draws.get(engine.slice(1)) ?? 0) : 0;
    const bound = this.known.get(engine) ?? new Set();
    if (bound.has(kernel)) return true;
    if (bound.size >= draws) return false;
    this.known.set(engine, bound.add(kernel));
    return true;
  }
}

/** Source ports of VXLAN and Geneve packets: a hash of the flow with a secret of the machine. */
const tunnelPorts = (packet: Packet): readonly string[] =>
  packet.flatMap((h, i) => {
    const inside = packet[i + 1]?.type;
    return h.type === 'udp' && (inside === 'vxlan' || inside === 'geneve') ? [String(h.sport)] : [];
  });

/** An option is the number itself, or the range from which the engine takes the first free one at or behind its default. */
function drawnNumbers(option: string): readonly string[] {
  const [from, to] = option.split('-').map(Number);
  if (from === undefined || to === undefined) return [option];
  const first = Math.min(Math.max(DRAWN_PORT, from), to);
  return Array.from({ length: 4 }, (_, i) => String(first + i > to ? from + (first + i - to - 1) : first + i));
}

/** Compares the two accounts of one probe; undefined when they agree. */
export function compareAccounts(engine: Account, kernel: Account, trace: Pick<Trace, 'choices' | 'steps'>): Difference | undefined {
  const drawn = new Drawn(trace);
  let agreed = 0;
  const parts: readonly [string, Lines, Lines, boolean][] = [
    ['rules', engine.rules, kernel.rules, true],
    ['frames', ...(inFlight(trace) ? [byDevice(engine.frames), byDevice(kernel.frames)] as const : [engine.frames, kernel.frames] as const), true],
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

/** Several packets are under way at once (fragments, segments, copies): then only each device's own order is definite. */
const inFlight = ({ steps }: Pick<Trace, 'steps'>): boolean => steps.some((s) => s.role === 'data' || s.kind === 'fragment' || s.packet.some((h) => h.type === 'ipv4' && (h.mf || h.offset > 0)));

const byDevice = (lines: Lines): Lines => {
  const split = new Map<string, string[]>();
  for (const [space, list] of lines) for (const line of list) {
    const key = `${space} ${/^\S+ \S+/.exec(line)?.[0] ?? ''}`;
    split.set(key, [...(split.get(key) ?? []), line]);
  }
  return split;
};

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
