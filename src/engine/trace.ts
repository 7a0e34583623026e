import { findNetns } from '../world/lookup.ts';
import type { World } from '../world/world.ts';
import { viewTable } from './conntrack/table.ts';
import { settle } from './device/arp.ts';
import { expirePieces } from './ip/expire.ts';
import { viewConn } from './ipvs/connections.ts';
import { outcomeOf } from './outcome.ts';
import { type MissedRule, missedRules } from './openflow/missed.ts';
import type { Choices, Probe } from './probe.ts';
import { sendFrom, sendFromOutside } from './send.ts';
import { newSim, type Ns, type Sim } from './sim.ts';
import type { RuleStep, StepBase } from './step.ts';
import type { LeftEntry, Trace } from './trace-types.ts';

/**
 * Walks the probe's packet, and whatever answers it, through the world. Pure and deterministic: where the kernel would roll dice
 * the trace takes the branch that `choices` names, else the first. Never throws on any world; throws RangeError only when the
 * probe names a namespace that the world does not have.
 */
export const trace = (world: World, probe: Probe, choices: Choices = {}): Trace => walk(world, probe, choices).traced;

function walk(world: World, probe: Probe, choices: Choices, explain?: Sim['explain'], replay?: readonly number[]): { readonly sim: Sim; readonly traced: Trace } {
  const sim = newSim(world, probe, choices, replay);
  sim.explain = explain;
  const ns = sim.ns(probe.from.host, probe.from.kind === 'netns' ? probe.from.netns : null);
  if (!ns) throw new RangeError(`no such namespace: ${probe.from.host}`);
  const count = Math.max(1, Math.min(probe.count ?? 1, 100));
  for (let connection = 0; connection < count && !sim.exhausted; connection++) {
    start(sim, ns, connection);
    settle(sim);
  }
  const spaces = world.hosts.flatMap((h) => h.netns.flatMap((n) => sim.ns(h.name, n.name) ?? []));
  expirePieces(sim, spaces);
  settle(sim);
  const traced: Trace = {
    probe,
    steps: sim.steps,
    choices: sim.taken,
    outcomes: Array.from({ length: count }, (_, i) => outcomeOf(sim, i, [...ns.clients, ...sim.outside].find((c) => c.connection === i))),
    conntrack: spaces.flatMap((s) => left(s, viewTable(s.conntrack))),
    ipvs: spaces.flatMap((s) => left(s, s.ipvs.connections.map(viewConn))),
  };
  return { sim, traced };
}

/**
 * The rules that a `skipped` step stands for, each with the condition that failed and what it saw. Walks the same packet again: a
 * trace keeps no list of what did not happen. Empty when the step is none of the trace's, or no `skipped` step.
 */
export function explainSkipped(world: World, traced: Trace, stepId: number): readonly (StepBase & RuleStep)[] {
  const step = traced.steps[stepId];
  if (step?.kind !== 'skipped') return [];
  const explain = { step: stepId, rules: [] };
  walk(world, traced.probe, {}, explain, traced.choices.map((c) => c.taken));
  const tables = findNetns(world, step.host, step.netns)?.tables?.find((t) => t.name === step.table);
  const rules = tables?.chains.find((c) => c.name === step.chain)?.rules;
  return explain.rules.map((rule: RuleStep) => ({ ...step, ...rule, source: [rules?.[rule.rule - 1]?.source].filter((s) => s !== undefined) }));
}

/**
 * The rules of a table of Open vSwitch that could have been taken at an `openflow` step instead of the one that was. Walks the same packet
 * again. Empty when the step is no such look-up, or the bridge's rules are not known.
 */
export function explainLookUp(world: World, traced: Trace, stepId: number): readonly MissedRule[] {
  const step = traced.steps[stepId];
  if (step?.kind !== 'openflow') return [];
  const explain: NonNullable<Sim['explain']> = { step: stepId, rules: [] };
  walk(world, traced.probe, {}, explain, traced.choices.map((c) => c.taken));
  const bridge = world.hosts.find((h) => h.name === step.host)?.ovs?.find((b) => b.name === step.bridge);
  return bridge && explain.flow ? missedRules(bridge, step.table, explain.flow, step.rule) : [];
}

const left = <T>(ns: Ns, entries: readonly T[]): readonly LeftEntry<T>[] => entries.map((entry) => ({ host: ns.host.name, netns: ns.netns.name, entry }));

function start(sim: Sim, ns: Ns, connection: number): void {
  const { dst, from } = sim.probe;
  if (typeof dst === 'string') {
    const at = { ns, dev: undefined };
    const nothing = { id: 0, connection, role: 'request', packet: [], eth: undefined, mark: 0, iif: undefined, ct: undefined, ipvsDone: false, ignoreDf: false, fragMaxSize: 0, piece: undefined, innerPieces: [] } as const;
    return sim.unknown(at, nothing, 'ipv6', dst);
  }
  if (from.kind === 'netns') return sendFrom(sim, ns, dst, connection);
  return sendFromOutside(sim, ns, from.dev, from.ip, dst, connection);
}

export interface Branch {
  readonly probability: number;
  readonly trace: Trace;
}

/** How many branches an enumeration follows at most. */
export const MAX_BRANCHES = 4096;

/** What is left to try: a walk that was made, but for the choice at `at`, which takes `option`. */
interface Untried {
  readonly like: Sim;
  readonly at: number;
  readonly option: number;
}

/**
 * Every way that chance allows, with its probability; they add up to 1. Branches with odds 0 are left out. `truncated` is the
 * probability that was not followed because there were more than MAX_BRANCHES.
 */
export function traceAll(world: World, probe: Probe, fixed: Choices = {}): { readonly branches: readonly Branch[]; readonly truncated: number } {
  const branches: Branch[] = [];
  const waiting: (Untried | undefined)[] = [undefined];
  while (waiting.length > 0 && branches.length < MAX_BRANCHES) {
    const next = waiting.pop();
    const { sim, traced } = walk(world, probe, fixed, undefined, next && [...next.like.taken.slice(0, next.at).map((c) => c.taken), next.option]);
    if (next) shareSteps(sim, next);
    const others: Untried[] = [];
    for (const [i, choice] of traced.choices.entries()) {
      // Choices before that one were decided on the way here; each later one opens its other options.
      if (i <= (next?.at ?? -1) || !choice.splits || fixed[choice.key] !== undefined) continue;
      for (const option of choice.options.keys()) if (option !== choice.taken && (choice.odds[option] ?? 0) > 0) others.push({ like: sim, at: i, option });
    }
    waiting.push(...others.toReversed());
    branches.push({ trace: traced, probability: traced.choices.reduce((p, c) => (c.splits && fixed[c.key] === undefined ? p * (c.odds[c.taken] ?? 1) : p), 1) });
  }
  const sum = branches.reduce((s, b) => s + b.probability, 0);
  return { branches: branches.filter((b) => b.probability > 0), truncated: waiting.length > 0 ? Math.max(0, 1 - sum) : 0 };
}

/** Up to the choice in which two walks part they are the same, and need be remembered once. */
function shareSteps(sim: Sim, { like, at }: Untried): void {
  const parted = like.takenAt[at] ?? 0;
  const since = (of: Sim, id: number): boolean => (of.amendedAt.get(id) ?? 0) > parted;
  for (let id = 0; id < parted; id++) {
    const same = like.steps[id];
    if (same && !since(sim, id) && !since(like, id)) sim.steps[id] = same;
  }
  for (let i = 0; i < at; i++) {
    const same = like.taken[i];
    if (same) sim.taken[i] = same;
  }
}
