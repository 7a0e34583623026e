import { type ClusterWorld, worldOf } from '../cluster/world.ts';
import { trace } from '../engine/trace.ts';
import type { Trace } from '../engine/trace-types.ts';
import { loadScenario } from '../scenarios/files.node.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { readProbe } from '../share/probeWords.ts';
import { endsOf } from './cluster.ts';

/** One state of an incident, to be walked by its scenario's probes. */
export interface IncidentState {
  readonly built: ClusterWorld;
  readonly walk: (probe: string) => Trace;
  /** How a probe ends: endsOf() of testing/cluster.ts. */
  readonly ends: (probe: string) => readonly string[];
  /** How all of the scenario's probes end that end otherwise than with one answer. */
  readonly silent: () => readonly string[];
}

export function incidentState(scenario: Scenario, incident: string, state: 'broken' | 'fixed'): IncidentState {
  const built = worldOf(loadScenario(scenario, { incident, state }));
  const probeOf = (id: string) => {
    const named = scenario.probes.find((p) => p.id === id);
    const probe = named && readProbe(built.world, { from: named.from, to: named.to, proto: named.proto, via: undefined, sport: undefined, size: named.size });
    if (!probe?.ok) throw new Error(`no probe ${id}`);
    return probe.value;
  };
  const ends = (id: string): readonly string[] => endsOf(built.world, probeOf(id));
  return {
    built,
    walk: (id) => trace(built.world, probeOf(id)),
    ends,
    silent: () => scenario.probes.map((p) => p.id).filter((id) => ends(id).some((end) => !end.endsWith(', answer'))),
  };
}

/** The line of a dump that decided a packet's end, behind the machine it is on. */
export function deciderOf({ built: { files } }: IncidentState, t: Trace, role: 'request' | 'reply' = 'request'): string {
  const step = t.steps[t.outcomes[0]?.[role]?.step ?? -1];
  const decisive = step?.source.length === 0 ? t.steps.findLast((s) => s.id <= step.id && s.source.length > 0 && s.packetId === step.packetId) : step;
  const [source] = decisive?.source ?? [];
  return `${decisive?.host ?? ''}: ${source ? (files[source.input]?.split('\n')[source.line - 1] ?? '') : ''}`;
}

/** Why packets were dropped, in order: `worker2 rule`. */
export const dropsOf = (t: Trace): readonly string[] => t.steps.flatMap((s) => (s.kind === 'drop' && !s.copy ? [`${s.host} ${s.role} ${s.reason}`] : []));
