import { promptOf } from '../../dumps/section.ts';
import type { IpvsStep, Step, StepBase } from '../../engine/step.ts';
import type { Trace } from '../../engine/trace-types.ts';
import type { Stop } from '../../text/reading-types.ts';
import type { SourceRef } from '../../world/source.ts';
import { type BundleText, commandAbove, lineAt } from './dumpText.ts';
import type { Excerpt, ExcerptLine, Note } from './excerpt.ts';

/** Excerpts of one stop at most; a story stop of a router covers a handful of lookups. */
const MAX_EXCERPTS = 6;
/** A real cluster may have hundreds of real servers behind one address. */
const MAX_SERVERS = 40;

/** The lines that a stop's lookups answered from: IPVS listings, routes, neighbours, devices. What the lead step used comes first. */
export function lookupExcerpts(trace: Trace, bundle: BundleText, stop: Stop): readonly Excerpt[] {
  const lead = trace.steps[stop.lead];
  // A neighbour is news only where a frame is made; elsewhere it would bury the route that decided.
  const within = trace.steps
    .slice(stop.from, stop.to + 1)
    .filter((s) => s.id !== stop.lead && (s.kind === 'fib' || s.kind === 'ipvs' || (s.kind === 'neighbour' && lead?.kind === 'transmit')));
  const others = [...within.filter((s) => s.kind === 'ipvs'), ...within.filter((s) => s.kind !== 'ipvs')];
  const seen = new Set<string>();
  const excerpts: Excerpt[] = [];
  for (const step of lead ? [lead, ...others] : others) {
    // What happened inside a table is told with the table (ruleExcerpt.ts); the tables of Open vSwitch have their own list (flow/FlowSection.tsx).
    if (step.parent !== undefined || step.kind === 'table' || step.kind === 'ovs' || excerpts.length >= MAX_EXCERPTS) continue;
    const excerpt = step.kind === 'ipvs' && step.candidates.length > 0 ? ipvsExcerpt(trace, bundle, step) : lineExcerpt(bundle, step);
    const place = excerpt?.rows.map((r) => (r.kind === 'line' && r.mark === 'hit' ? `${r.ref?.input}:${r.ref?.line}` : '')).join();
    if (!excerpt || place === undefined || seen.has(place)) continue;
    seen.add(place);
    excerpts.push(excerpt);
  }
  return excerpts;
}

/** The virtual server with its real servers as the dump lists them. */
function ipvsExcerpt(trace: Trace, bundle: BundleText, step: StepBase & IpvsStep): Excerpt | undefined {
  const head = step.source[0];
  const choice = trace.choices.find((c) => c.key === step.choice);
  const odds = choice?.odds[choice.taken];
  const servers = step.candidates
    .flatMap((c, i): readonly ExcerptLine[] => {
      const text = c.source && lineAt(bundle, c.source);
      if (!c.source || text === undefined) return [];
      const line = { kind: 'line', ref: c.source, text } as const;
      if (i === step.picked) return [{ ...line, mark: 'hit', notes: [{ kind: 'picked', odds }] }];
      return [c.weight === 0 ? { ...line, mark: 'skip', notes: [{ kind: 'no-weight' }] } : { ...line, mark: 'dim', notes: [] }];
    })
    .toSorted((a, b) => (a.ref?.line ?? 0) - (b.ref?.line ?? 0));
  const text = head && lineAt(bundle, head);
  if (!head || text === undefined) return undefined;
  const hidden = servers.filter((s) => s.mark !== 'hit').slice(MAX_SERVERS);
  const shown = servers.filter((s) => !hidden.includes(s));
  return {
    key: `ipvs ${step.id}`,
    host: step.host,
    netns: step.netns,
    command: commandAbove(bundle, head),
    table: undefined,
    rows: [
      { kind: 'line', ref: head, text, mark: step.picked === undefined ? 'bad' : 'path', notes: [] },
      ...shown,
      ...(hidden.length > 0 ? [{ kind: 'fold', key: `ipvs ${step.id}`, lines: hidden } as const] : []),
    ],
  };
}

/** The lines that one step names, each with the lines right above and below it in the same output. */
function lineExcerpt(bundle: BundleText, step: Step): Excerpt | undefined {
  const refs = step.source.filter((ref) => lineAt(bundle, ref) !== undefined);
  const first = refs[0];
  if (!first) return undefined;
  const named = new Set(refs.map((r) => `${r.input}:${r.line}`));
  // Around a virtual server stand other ones, which have nothing to do with it.
  const around = step.kind === 'ipvs' ? [0] : [-1, 0, 1];
  const rows = refs
    .flatMap((ref) => around.map((by): SourceRef => ({ input: ref.input, line: ref.line + by })))
    .filter((ref, i, all) => all.findIndex((o) => o.input === ref.input && o.line === ref.line) === i)
    .toSorted((a, b) => (a.input < b.input ? -1 : a.input > b.input ? 1 : a.line - b.line))
    .flatMap((ref): readonly ExcerptLine[] => {
      const text = lineAt(bundle, ref);
      if (text === undefined || text.trim() === '' || promptOf(text)) return [];
      const hit = named.has(`${ref.input}:${ref.line}`);
      // An indented line above belongs to the entry before, such as another device.
      if (!hit && /^\s/.test(text) && !named.has(`${ref.input}:${ref.line - 1}`)) return [];
      return [{ kind: 'line', ref, text, mark: hit ? (step.kind === 'drop' ? 'bad' : 'hit') : 'dim', notes: hit && ref.line === first.line ? notesOf(step) : [] }];
    });
  return { key: `lines ${step.id}`, host: step.host, netns: step.netns, command: commandAbove(bundle, first), table: undefined, rows };
}

const notesOf = (step: Step): readonly Note[] =>
  step.kind === 'fib' && step.table !== undefined ? [{ kind: 'route', priority: step.policyPriority, table: step.table }] : [];
