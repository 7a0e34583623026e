import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseBundle } from '../../../src/dumps/bundle.ts';
import type { OvsBridge, OvsPort } from '../../../src/world/openflow.ts';
import { judgePacket, type OvsJudged } from './judge.ts';
import { samplePackets } from './samplePackets.ts';
import { type Sandbox, startSandbox } from './sandbox.ts';
import { checkPrints, type PrintResult } from './roundTrip.ts';
import { traceOn } from './switch.ts';
import { namesOf } from './world.ts';

/** The bridges of a node as its tools printed them. */
interface Sample {
  readonly name: string;
  /** Where its listings lie, from `samples` on; absent: under its name. */
  readonly folder?: string;
  /** Listings that are another node's. */
  readonly borrowed?: readonly string[];
}

/** The nodes of the scenario: the page shows what is judged here. */
const OVN = '../../../../src/scenarios/ovn-kubernetes/recorded';

const SAMPLES: readonly Sample[] = [
  { name: 'openshift-sdn/worker1' },
  { name: 'openshift-sdn/worker2' },
  // Its ports are those of worker1; nobody listed them.
  { name: 'openshift-sdn/worker1-multitenant', borrowed: ['openshift-sdn/worker1/ovs-ofctl-show-br0.txt'] },
  { name: 'ovn-kubernetes/worker1', folder: `${OVN}/worker1.twcm.cloud` },
  { name: 'ovn-kubernetes/master1', folder: `${OVN}/master1.twcm.cloud` },
];

const folder = fileURLToPath(new URL('samples', import.meta.url));
const read = (path: string): string => readFileSync(join(folder, path), 'utf8');

export interface LoadedSample {
  readonly bridges: readonly OvsBridge[];
  readonly files: Readonly<Record<string, string>>;
}

export function loadSample({ name, folder: own = name, borrowed = [] }: Sample): LoadedSample {
  const files: Record<string, string> = {};
  for (const file of readdirSync(join(folder, own))) if (file.startsWith('ovs-')) files[file] = read(`${own}/${file}`);
  for (const path of borrowed) files[path.split('/').at(-1) ?? ''] = read(path);
  const { world, diagnostics } = parseBundle(Object.fromEntries(Object.entries(files).map(([file, text]) => [`node/${file}`, text])));
  const serious = diagnostics.filter((d) => d.severity !== 'info');
  if (serious.length > 0) throw new Error(`${name}: ${serious[0]?.code ?? ''} ${serious[0]?.text ?? ''}`);
  return { bridges: world.hosts[0]?.ovs ?? [], files };
}

/** The words of `ovs-vsctl` for a port, as the listing has them. */
export function portWords(bridge: OvsBridge, { name, ofport, typeText, extra }: OvsPort): readonly string[] {
  if (name === bridge.name) return [];
  const options = (extra?.['options'] ?? '').replace(/^\{|\}$/g, '').split(/, */).filter((o) => o !== '').map((o) => `options:${o.replaceAll('"', '')}`);
  return ['--', 'add-port', bridge.name, name, '--', 'set', 'Interface', name, ...(ofport === undefined ? [] : [`ofport_request=${ofport}`]), ...(typeText === '' ? [] : [`type=${typeText}`]), ...options];
}

const said = (reply: { readonly ok: boolean; readonly text: string }, what: string): void => {
  if (!reply.ok) throw new Error(`${what}: ${reply.text}`);
};

const body = (text: string): string => text.split('\n').filter((l) => !l.includes(' reply ')).join('\n');

/** Makes the node's bridges, and puts in what its dumps hold. */
export async function buildSample(sandbox: Sandbox, { bridges, files }: LoadedSample): Promise<void> {
  const words = bridges.flatMap((b) => ['--', 'add-br', b.name, '--', 'set', 'Bridge', b.name, `fail_mode=${b.failMode}`, 'protocols=OpenFlow10,OpenFlow13,OpenFlow14,OpenFlow15'].concat(b.ports.flatMap((p) => portWords(b, p))));
  said(sandbox.vsctl(...words), 'bridges');
  for (const { name, frags, tlvs } of bridges) {
    said(sandbox.ofctl(['-O', 'OpenFlow15', 'del-flows', name]), 'del-flows');
    if (frags !== 'normal') said(sandbox.ofctl(['-O', 'OpenFlow15', 'set-frags', name, frags]), 'set-frags');
    if (tlvs.length > 0) said(sandbox.ofctl(['-O', 'OpenFlow15', 'add-tlv-map', name, tlvs.map((t) => `{class=0x${t.optClass.toString(16)},type=0x${t.optType.toString(16)},len=${t.length}}->tun_metadata${t.index}`).join(',')]), 'add-tlv-map');
    const groups = files[`ovs-ofctl-dump-groups-${name}.txt`];
    if (groups !== undefined) said(sandbox.ofctl(['-O', 'OpenFlow15', 'add-groups', name, '-'], body(groups)), 'add-groups');
    said(sandbox.ofctl(['-O', 'OpenFlow13', 'add-flows', name, '-'], body(files[`ovs-ofctl-dump-flows-${name}.txt`] ?? '')), 'add-flows');
  }
  said(await sandbox.ask('dpif/set-dp-features', bridges[0]?.name ?? '', 'tnl_push_pop', 'false'), 'tnl_push_pop');
}

export interface SampleResult {
  readonly name: string;
  readonly rules: number;
  /** Rules that some packet was matched by. */
  readonly visited: number;
  readonly judged: readonly OvsJudged[];
  readonly prints: PrintResult;
}

/** Sends so many packets, made after what the rules ask for, through each sample. */
export async function judgeSamples(perSample: number, seed: number, wanted: (name: string) => boolean): Promise<readonly SampleResult[]> {
  const results: SampleResult[] = [];
  for (const sample of SAMPLES.filter((s) => wanted(s.name))) {
    const loaded = loadSample(sample);
    const sandbox = await startSandbox();
    try {
      await buildSample(sandbox, loaded);
      const test = { name: sample.name, covers: [], flows: {}, packets: samplePackets(loaded.bridges, perSample, seed) };
      const judged: OvsJudged[] = [];
      const visited = new Set<string>();
      for (const packet of test.packets) {
        const traced = await traceOn(sandbox, packet);
        judged.push({ test, packet, judgement: judgePacket(packet, traced, loaded.bridges), traced });
        for (const v of traced.passes.flatMap((p) => p.visits)) if (v.rule) visited.add(`${v.bridge} ${v.table} ${v.rule.priority} ${v.rule.match}`);
      }
      const prints = loaded.bridges.map((b) => checkPrints(sandbox, b.name, namesOf(b), 'OpenFlow13', true));
      results.push({ name: sample.name, rules: loaded.bridges.reduce((sum, b) => sum + (b.flows?.length ?? 0), 0), visited: visited.size, judged, prints: { lines: prints.reduce((sum, p) => sum + p.lines, 0), differences: prints.flatMap((p) => p.differences) } });
    } finally {
      await sandbox.stop();
    }
  }
  return results;
}
