import { describe, expect, it } from 'vitest';
import { layoutOf } from '../../src/app/stage/layout.ts';
import { overlaps } from '../../src/app/stage/geometry.ts';
import { walkOf } from '../../src/app/stage/path.ts';
import { waysOf } from '../../src/app/stage/ways.ts';
import { readProbe } from '../../src/cli/probeJson.ts';
import { parseBundle } from '../../src/dumps/bundle.ts';
import type { Step } from '../../src/engine/step.ts';
import { trace as traceOf } from '../../src/engine/trace.ts';
import { readTrace } from '../../src/text/reading.ts';
import { netnsId } from '../../src/world/lookup.ts';
import type { ProbeJson } from '../../src/cli/probeJson.ts';
import type { RefereeCase } from './case.ts';
import { catalogue } from './catalogue/index.ts';

function walked(test: RefereeCase, probe: ProbeJson) {
  const { world } = parseBundle(test.files);
  const read = readProbe(world, JSON.parse(JSON.stringify(probe)));
  if (!read.ok) return undefined;
  const trace = traceOf(world, read.value.probe, read.value.choices);
  const layout = layoutOf(world, trace);
  return { trace, layout, walk: walkOf(layout, waysOf(layout, world), trace, readTrace(trace, world, 'hooks')) };
}

/** Steps of a packet that IP has in its hands; only such a packet passes hooks. */
const inIp = (s: Step): boolean => !['receive', 'transmit', 'bridge', 'drop', 'arp', 'neighbour', 'encap', 'decap', 'unknown', 'left', 'mtu'].includes(s.kind);

/** What is wrong with the picture of a case. */
function faults(test: RefereeCase, probe: ProbeJson): readonly string[] {
  const found = walked(test, probe);
  if (!found) return [];
  const { trace, layout, walk } = found;
  const boxes = [...layout.boxes.values()];
  const collisions = boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => overlaps(a.rect, b.rect)).map((b) => `${a.id} lies on ${b.id}`));
  const touched = new Set(trace.steps.filter(inIp).map((s) => netnsId(s.host, s.netns)));
  const hooks = new Set(walk.stops.flatMap((s) => s.passed).filter((id) => id.includes('#')).map((id) => id.slice(0, id.indexOf('#'))));
  const slanted = walk.stops.filter((s) => s.leg.some((p, i) => i > 0 && p.x !== s.leg[i - 1]?.x && p.y !== s.leg[i - 1]?.y)).map((s) => `stop ${s.index} is slanted`);
  return [...collisions, ...[...hooks].filter((id) => !touched.has(id)).map((id) => `runs through hooks of ${id}, which never saw it as IP`), ...slanted];
}

describe('the picture of each case of the catalogue', () => {
  it('has no box on another, right angles only, and no hook for a frame that IP never saw', () => {
    const wrong = catalogue.flatMap((test) => test.probes.slice(0, 1).flatMap((probe) => faults(test, probe).map((f) => `${test.name}: ${f}`)));
    expect(wrong).toEqual([]);
  });

  const passedIn = (name: string, host: string): readonly string[] => {
    const test = catalogue.find((c) => c.name === name);
    const probe = test?.probes[0];
    const found = test && probe && walked(test, probe);
    return found ? [...new Set(found.walk.stops.filter((s) => s.run === 0).flatMap((s) => s.passed))].filter((id) => id.startsWith(`${host}/`) || id.startsWith(`${host}#`)) : [];
  };

  it.each([
    { name: 'a bridge passes frames between its ports with their TTL', ways: ['n/va', 'n/br0', 'n/vb'] },
    { name: 'br_netfilter shows a bridged packet to PREROUTING, FORWARD and POSTROUTING', ways: ['n/va', 'n/br0', 'n#PREROUTING', 'n#FORWARD', 'n#POSTROUTING', 'n/vb'] },
    { name: 'a NIC that is a port carries frames of the pods', ways: ['n/va', 'n/br0', 'n/eth0'] },
  ])('$name: by $ways', ({ name, ways }) => {
    const passed = passedIn(name, 'n');
    expect(passed).toEqual(expect.arrayContaining(ways));
    expect(passed.filter((id) => id.includes('#')).length > 0).toBe(ways.some((w) => w.includes('#')));
  });
});
