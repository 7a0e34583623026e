import { cardOf, type ScenarioId } from './cards.ts';
import type { Incident, Parameter, Scenario } from './scenario.ts';

type Incidents = readonly [Incident, ...Incident[]];

/** A scenario of incidents, from the objects of the folder of its name: which of them, and whether it is mended. */
export const incidentScenario = (id: ScenarioId, incidents: Incidents, rest: Pick<Scenario, 'story' | 'probes' | 'questions' | 'notes' | 'warned'>): Scenario => ({
  ...cardOf(id),
  parameters: incidentParameters(incidents),
  incidents,
  source: { kind: 'objects', folder: id },
  ...rest,
});

/** `incident-ID.yaml` breaks the cluster, `incident-ID-fixed.yaml` mends it. The first one is broken in the objects themselves. */
const incidentParameters = (incidents: Incidents): readonly [Parameter, Parameter] => [
  {
    key: 'incident',
    label: { en: 'Incident', ko: '장애' },
    options: incidents.map((i) => i.id),
    default: incidents[0].id,
    names: Object.fromEntries(incidents.map((i) => [i.id, i.title])),
  },
  {
    key: 'state',
    label: { en: 'State', ko: '상태' },
    options: ['broken', 'fixed'],
    default: 'broken',
    within: 'incident',
    names: { broken: { en: 'broken', ko: '고장' }, fixed: { en: 'fixed', ko: '해결' } },
  },
];
