import type { Incident, Parameter } from './scenario.ts';

/** Which of the incidents, and whether it is mended: `incident-ID.yaml` breaks the cluster, `incident-ID-fixed.yaml` mends it. The first one is broken in the objects themselves. */
export const incidentParameters = (incidents: readonly [Incident, ...Incident[]]): readonly [Parameter, Parameter] => [
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
