import { describe, expect, it } from 'vitest';
import { incidentState } from '../testing/incidents.ts';
import { scenarios } from './catalogue.ts';

const incidents = scenarios.flatMap((scenario) => (scenario.incidents ?? []).map((incident) => ({ id: `${scenario.id} ${incident.id}`, scenario, incident })));

it('are the options of their parameter', () => {
  const broken = scenarios.filter((s) => s.incidents);
  expect(broken.map((s) => s.parameters.find((p) => p.key === 'incident')?.options)).toEqual(broken.map((s) => s.incidents?.map((i) => i.id)));
});

describe.each(incidents)('$id', ({ scenario, incident }) => {
  it('is to be seen with its probe, and gone when it is mended', () => {
    const [broken, fixed] = (['broken', 'fixed'] as const).map((state) => incidentState(scenario, incident.id, state));
    expect(fixed?.ends(incident.probe).filter((end) => !end.endsWith(', answer'))).toEqual([]);
    expect(broken?.ends(incident.probe)).not.toEqual(fixed?.ends(incident.probe));
  });

  it('is asked about, by a question and in the question’s own words', () => {
    const [first] = scenario.incidents ?? [];
    expect(scenario.questions.some((q) => (q.params?.['incident'] ?? first?.id) === incident.id && q.probe === incident.probe)).toBe(true);
    expect(incident.question.en).toMatch(/\?$/);
    expect(incident.story.en.split(/[.:!?](?= |$)/).length).toBeGreaterThan(2);
  });
});
