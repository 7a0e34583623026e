import { describe, expect, it } from 'vitest';
import { setName } from './names.ts';
import { parseSelector, prefixLabels, selectorId } from './selector.ts';

const labels = { app: 'web', tier: 'front', 'projectcalico.org/namespace': 'alpha', empty: '' };

describe('parseSelector', () => {
  it.each`
    text                                       | canonical                                   | selected
    ${'all()'}                                 | ${'all()'}                                  | ${true}
    ${''}                                      | ${'all()'}                                  | ${true}
    ${"app == 'web'"}                          | ${'app == "web"'}                           | ${true}
    ${"app=='db'"}                             | ${'app == "db"'}                            | ${false}
    ${"role != 'x'"}                           | ${'role != "x"'}                            | ${true}
    ${"app in {'web','db', 'web'}"}            | ${'app in {"db", "web"}'}                   | ${true}
    ${"app not in { 'web' }"}                  | ${'app not in {"web"}'}                     | ${false}
    ${"role not in { 'web' }"}                 | ${'role not in {"web"}'}                    | ${true}
    ${'has(empty)'}                            | ${'has(empty)'}                             | ${true}
    ${'! has(role)'}                           | ${'!has(role)'}                             | ${true}
    ${'!!has(role)'}                           | ${'has(role)'}                              | ${false}
    ${"app contains 'e' && tier starts with 'fr'"} | ${'(app contains "e" && tier starts with "fr")'} | ${true}
    ${"tier ends with 'x' || app == 'web'"}    | ${'(tier ends with "x" || app == "web")'}   | ${true}
    ${"(app == 'x') && has(tier) || all()"}    | ${'((app == "x" && has(tier)) || all())'}   | ${true}
    ${`name == 'a"b'`}                         | ${`name == 'a"b'`}                          | ${false}
    ${"in == 'web'"}                           | ${undefined}                                | ${undefined}
    ${'app == web'}                            | ${undefined}                                | ${undefined}
    ${"(app == 'web'"}                         | ${undefined}                                | ${undefined}
    ${"app == 'web' tier"}                     | ${undefined}                                | ${undefined}
    ${'§'}                                     | ${undefined}                                | ${undefined}
  `('reads $text as $canonical', ({ text, canonical, selected }) => {
    const selector = parseSelector(text as string);
    expect(selector?.text).toBe(canonical);
    expect(selector?.matches(labels)).toBe(selected);
  });
});

it('names the set of a pod selector inside a namespace as the dumps of the Kubernetes tutorial do', () => {
  const selector = parseSelector("(projectcalico.org/namespace == 'alpha') && (projectcalico.org/orchestrator == 'k8s' && run == 'access')");
  expect(setName(selector ? selectorId(selector) : '')).toBe('cali40s:XZEFRy4u2E2Kz28IwtNm0u8');
});

it.each`
  text                             | prefixed
  ${"team == 'a' && !has(x)"}      | ${'(pcns.team == "a" && !has(pcns.x))'}
  ${'all()'}                       | ${'all()'}
  ${"env in {'b','a'}"}            | ${'pcns.env in {"a", "b"}'}
`('puts pcns. in front of the labels of $text', ({ text, prefixed }) => expect(prefixLabels(text as string, 'pcns.')).toBe(prefixed));
