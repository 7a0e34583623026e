import { describe, expect, it } from 'vitest';
import { worldOf } from '../cluster/world.ts';
import { trace } from '../engine/trace.ts';
import { decodeLink, encodeLink, linkTo } from '../share/link.ts';
import { readProbe } from '../share/probeWords.ts';
import { findScenario, scenarios } from './catalogue.ts';
import { loadScenario as loadForBrowser } from './files.browser.ts';
import { loadScenario } from './files.node.ts';
import { type Bilingual, type Scenario, withDefaults } from './scenario.ts';

/** Every combination of a scenario's parameters. */
const states = (scenario: Scenario): readonly Readonly<Record<string, string>>[] =>
  scenario.parameters.reduce<readonly Readonly<Record<string, string>>[]>((all, p) => all.flatMap((one) => p.options.map((o) => ({ ...one, [p.key]: o }))), [{}]);


const texts = (scenario: Scenario): readonly Bilingual[] => [
  scenario.title, scenario.system, scenario.question, scenario.story, ...scenario.questions.map((q) => q.ask), ...scenario.parameters.map((p) => p.label), ...scenario.probes.map((p) => p.title), ...scenario.notes,
  ...(scenario.incidents ?? []).flatMap((i) => [i.title, i.question, i.story, i.fix]),
];

const cases = scenarios.flatMap((scenario) => states(scenario).map((params) => ({ id: scenario.id, params, scenario })));

it('gives every scenario, and every probe within one, an id of its own', () => {
  expect(new Set(scenarios.map((s) => s.id)).size).toBe(scenarios.length);
  for (const { probes } of scenarios) expect(new Set(probes.map((p) => p.id)).size).toBe(probes.length);
});

it('speaks both languages: no text is empty, and Korean is not left out where a sentence is shown', () => {
  for (const scenario of scenarios) {
    for (const text of texts(scenario)) expect([text.en.trim(), text.ko.trim()]).not.toContain('');
    for (const text of [scenario.question, scenario.story, ...scenario.questions.map((q) => q.ask), ...scenario.probes.map((p) => p.title), ...scenario.notes, ...(scenario.incidents ?? []).flatMap((i) => [i.question, i.story])]) expect(text.ko).toMatch(/[가-힣]/);
  }
});

describe.each(cases)('$id with $params', ({ scenario, params }) => {
  const { world, diagnostics } = worldOf(loadScenario(scenario, params));

  it('is understood: dumps without an error, objects without a warning', () => {
    expect(world.hosts.length).toBeGreaterThan(0);
    const expected = (code: string): boolean => scenario.warned?.includes(code) ?? false;
    expect(diagnostics.filter((d) => d.severity === 'error' || (scenario.source.kind === 'objects' && d.severity === 'warning' && !expected(d.code)))).toEqual([]);
  });

  it('gives the page the same texts and the names that its objects say', async () => {
    const packed = await loadForBrowser(scenario, params);
    expect(packed.files).toEqual(loadScenario(scenario, params));
    expect(packed.names).toEqual(JSON.parse(JSON.stringify(world.names)));
    expect(packed.names.pods.length).toBeGreaterThan(0);
  });

  it.each(scenario.probes)('walks $id to an end that it knows', ({ from, to, proto, size }) => {
    const probe = readProbe(world, { from, to, proto, via: undefined, sport: undefined, size });
    if (!probe.ok) throw new Error(`${probe.problem.field} ${probe.problem.code}: ${probe.problem.text}`);
    const [outcome] = trace(world, probe.value).outcomes;
    // What a state breaks on purpose is asserted by the scenario's own tests.
    expect(outcome?.request.verdict).not.toBe('unknown');
  });

  it.each(scenario.probes)('has a short link for $id that says the same again', ({ from, to, proto, size }) => {
    const link = { ...linkTo(scenario.id), params, from, to, proto, size };
    const text = encodeLink(link);
    expect(text.length).toBeLessThanOrEqual(200);
    expect(decodeLink(text)).toEqual({ kind: 'link', link });
  });
});

it('takes allowed values of parameters and the default for anything else', () => {
  const scenario = findScenario('ipvs-metallb');
  if (!scenario) throw new Error('ipvs-metallb is gone');
  expect(withDefaults(scenario, { policy: 'Local', other: 'x' })).toEqual({ policy: 'Local' });
  expect(withDefaults(scenario, { policy: 'local' })).toEqual({ policy: 'Cluster' });
  expect(withDefaults(scenario, {})).toEqual({ policy: 'Cluster' });
  expect(findScenario('nothing')).toBeUndefined();
});
