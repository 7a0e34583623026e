import { describe, expect, it, test } from 'vitest';
import { worldOf } from '../cluster/world.ts';
import { trace } from '../engine/trace.ts';
import { antrea } from '../scenarios/antrea/scenario.ts';
import { loadScenario } from '../scenarios/files.node.ts';
import { at, tcp } from '../testing/sample.ts';
import { ofproto } from '../engine/openflow/ofproto.ts';
import { parseFlow } from '../dumps/ovsFlow.ts';
import { portNames } from '../dumps/ovsNames.ts';
import { ofprotoLines } from './ofprotoLines.ts';
import { LANGS } from './lang.ts';
import { traceLines } from './lines.ts';
import { readTrace } from './reading.ts';
import { seeYourself } from './seeYourself.ts';
import { verdictLine } from './verdict.ts';

/* The tables of Antrea's bridge have names in its dump, and no numbers: ours are shown nowhere. */

const { world } = worldOf(loadScenario(antrea, {}));
const t = trace(world, tcp(at('node-1', 'batch-1'), '10.10.0.12', 8080));

test.each(LANGS)('the line of how it ended names the table (%s)', (lang) => {
  expect(verdictLine({ trace: t, world, lang }, 0).decidedBy).toMatch(/^br-int table=[A-Z][A-Za-z0-9]+,priority=\d+ \(/);
});

describe('the command to see it with', () => {
  const reading = readTrace(t, world, 'rules');
  const seen = reading.stops.filter((s) => t.steps[s.lead]?.kind === 'openflow').map((s) => seeYourself({ trace: t, world, reading, lang: 'en' }, s));

  it('asks for each table by its name, and shows names of ports as that listing does', () => {
    expect(seen.length).toBeGreaterThan(5);
    for (const see of seen) expect(see?.command).toMatch(/^ovs-ofctl --names dump-flows br-int table=[A-Z][A-Za-z0-9]+$/);
    expect(seen.map((s) => s?.expected).filter((e) => e?.includes('in_port=')).length).toBeGreaterThan(0);
    for (const see of seen) expect(see?.expected ?? '').not.toMatch(/in_port=\d/);
  });
});

it('ofproto names tables, also where actions lead', () => {
  const [bridge] = world.hosts[0]?.ovs ?? [];
  if (!bridge) throw new Error('no bridge');
  const flow = parseFlow('in_port=batch-1-6b1e90,tcp,dl_src=0a:58:0a:0a:00:0d,dl_dst=ba:5e:d1:55:aa:01,nw_src=10.10.0.13,nw_dst=10.10.0.12,tp_dst=8080,nw_ttl=64', portNames(bridge.ports));
  if (!('flow' in flow)) throw new Error('no flow');
  const lines = ofprotoLines([bridge], bridge.name, ofproto([bridge], bridge, flow.flow, { ctNext: [], choices: {}, size: undefined }));
  expect(lines.filter((l) => /^ *\d+\. /.test(l))).toEqual([]);
  expect(lines.filter((l) => /^ *[A-Z][A-Za-z0-9]+\. /.test(l)).length).toBeGreaterThan(3);
  expect(lines.filter((l) => /goto_table:\d|resubmit\(,\d/.test(l))).toEqual([]);
});

it('so do the lines of a trace', () => {
  const lines = traceLines(t).filter((l) => l.includes(' table=') && l.includes('br-int'));
  expect(lines.length).toBeGreaterThan(5);
  expect(lines.filter((l) => / table=\d/.test(l))).toEqual([]);
});
