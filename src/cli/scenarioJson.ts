import type { NamedProbe, Scenario } from '../scenarios/scenario.ts';

/** A scenario as `scenarios` prints it, its probes as `trace` reads them. */
export const scenarioJson = (scenario: Scenario) => ({
  id: scenario.id,
  title: scenario.title.en,
  system: scenario.system.en,
  question: scenario.question.en,
  parameters: Object.fromEntries(scenario.parameters.map((p) => [p.key, p.options])),
  probes: scenario.probes.map(probeJson),
});

/** `host/netns` and `address:port` of a link taken apart. */
function probeJson({ id, from, to, proto, size }: NamedProbe) {
  const slash = from.indexOf('/');
  const port = /:(\d+)$/.exec(to);
  return {
    id,
    from: slash < 0 ? { host: from } : { host: from.slice(0, slash), netns: from.slice(slash + 1) },
    dst: port ? to.slice(0, port.index) : to,
    proto,
    ...(port ? { dport: Number(port[1]) } : {}),
    ...(size === undefined ? {} : { size }),
  };
}
