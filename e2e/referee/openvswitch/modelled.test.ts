import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { worldOf } from '../../../src/cluster/world.ts';
import { antrea } from '../../../src/scenarios/antrea/scenario.ts';
import { ciscoAci } from '../../../src/scenarios/cisco-aci/scenario.ts';
import { loadScenario } from '../../../src/scenarios/files.node.ts';
import type { OvsBridge } from '../../../src/world/openflow.ts';
import { judgePacket, ovsDifferenceText, type OvsJudgement } from './judge.ts';
import { samplePackets } from './samplePackets.ts';
import { portWords } from './samples.ts';
import { missingForOvs, type Sandbox, startSandbox } from './sandbox.ts';
import { traceOn } from './switch.ts';

/*
 * Bridges that were written by hand, put into a real switch: it must take every rule and print it back letter by letter, and follow
 * packets through them as the engine does.
 */

const missing = missingForOvs();
const PACKETS = 150;

/** Tables get their names one by one: `flow_tables:3=@t3`. */
const tableWords = (bridge: OvsBridge): readonly string[] =>
  Object.entries(bridge.tableNames ?? {}).flatMap(([number, name]) => ['--', `--id=@t${number}`, 'create', 'Flow_Table', `name=${name}`, '--', 'set', 'Bridge', bridge.name, `flow_tables:${number}=@t${number}`]);

const said = (reply: { readonly ok: boolean; readonly text: string }): string => {
  if (!reply.ok) throw new Error(reply.text);
  return reply.text;
};

/** Rules and groups without headings, in an order of its own: the switch prints its tables as a hash has them. */
const listed = (text: string): readonly string[] => text.split('\n').filter((l) => /^ (?:cookie|table|group_id|priority)=?/.test(l)).toSorted();

/** Up to the conditions: two rules of one priority that both fit are the switch's to choose from, and Antrea's IngressSecurityClassifier has such. */
const place = (look: string | undefined): string | undefined => /^\S+ table \d+: priority \d+/.exec(look ?? '')?.[0];
const isTie = (judgement: OvsJudgement): boolean => judgement.kind === 'differ' && place(judgement.difference.engine) !== undefined && place(judgement.difference.engine) === place(judgement.difference.real);

const hosts = [antrea, ciscoAci].flatMap((scenario) => {
  const { world, files } = worldOf(loadScenario(scenario, {}));
  return world.hosts.flatMap((h) => (h.ovs ? [{ host: h.name, bridges: h.ovs, files, scenario: scenario.id }] : []));
});

describe.skipIf(missing.length > 0)('bridges written by hand in a real switch', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
  }, 60_000);
  afterAll(async () => await sandbox.stop());

  it.each(hosts)('$scenario, $host', async ({ host, bridges, files }) => {
    for (const bridge of bridges) {
      said(sandbox.vsctl('--', 'add-br', bridge.name, '--', 'set', 'Bridge', bridge.name, `fail_mode=${bridge.failMode}`, 'protocols=OpenFlow10,OpenFlow13,OpenFlow15', ...bridge.ports.flatMap((p) => portWords(bridge, p)), ...tableWords(bridge)));
    }
    said(await sandbox.ask('dpif/set-dp-features', bridges[0]?.name ?? '', 'tnl_push_pop', 'false'));
    for (const { name } of bridges) {
      const text = (what: string): string => files[`${host}/ovs-ofctl-dump-${what}-${name}.txt`] ?? '';
      // As the listing itself was asked for.
      const version = /-O (OpenFlow\d+)/.exec(text('flows'))?.[1] ?? 'OpenFlow10';
      const printed = (what: string): string => said(sandbox.ofctl(['-O', version, text(what).includes('--names') ? '--names' : '--no-names', ...(what === 'flows' ? ['--no-stats'] : []), `dump-${what}`, name]));
      const put = (command: string, what: string): string => said(sandbox.ofctl(['-O', version, command, name, '-'], listed(text(what)).map((l) => `${l}\n`).join('')));
      said(sandbox.ofctl(['-O', version, 'del-flows', name]));
      if (text('groups') !== '') put('add-groups', 'groups');
      put('add-flows', 'flows');
      expect(listed(printed('flows'))).toEqual(listed(text('flows')));
      expect(text('groups') === '' ? [] : listed(printed('groups'))).toEqual(listed(text('groups')));
    }
    const different: string[] = [];
    let outputs = 0;
    let ties = 0;
    for (const packet of samplePackets(bridges, PACKETS, 1)) {
      const traced = await traceOn(sandbox, packet);
      const judgement = judgePacket(packet, traced, bridges);
      if (isTie(judgement)) ties++;
      else if (judgement.kind !== 'agree') different.push(ovsDifferenceText({ test: { name: host, covers: [], flows: {}, packets: [] }, packet, judgement, traced }));
      else if (!traced.text.includes('Datapath actions: drop')) outputs++;
    }
    for (const { name } of bridges) said(sandbox.vsctl('del-br', name));
    expect(different).toEqual([]);
    expect(ties).toBeLessThan(PACKETS / 50);
    expect(outputs).toBeGreaterThan(PACKETS / 10);
  }, 120_000);
});
