import { expect, it } from 'vitest';
import { judgeRandomOvs, type OvsRandomRun } from '../openvswitch/random/run.ts';
import type { Switch } from '../openvswitch/switch.ts';
import { type KeptOvsRun, type KeptRun, keepRun, keptOn, keptOvs, keptRun } from './kept.ts';

const HOST: KeptRun = { ground: 'host', kernel: '6.1', seed: 7, worlds: 2, probes: 9, counts: { agree: 9, differ: 0, unknown: 0, error: 0 }, features: new Map([['match:udp', 3]]), items: new Map([['routing: TTL', { cases: 0, agreements: 2 }]]) };
const OVS: KeptOvsRun = { ground: 'ovs', version: 'ovs-vswitchd (Open vSwitch) 3.1.0', seed: 5, pipelines: 3, pairs: 120, counts: { agree: 119, differ: 1, unknown: 0, error: 0 } };

it.each([['a kernel', HOST], ['Open vSwitch', OVS]])('a run on %s is read as it was kept', (_, run) => expect(keptRun(keepRun(run))).toEqual(run));

it('stands for the kernel, or the release of the switch, that it was judged by alone', () => {
  const runs = [HOST, OVS];
  expect([keptOn(runs, 'host', '6.1'), keptOn(runs, 'host', '6.2'), keptOn(runs, 'guest', '6.1')]).toEqual([HOST, undefined, undefined]);
  expect([keptOvs(runs, OVS.version), keptOvs(runs, 'ovs-vswitchd (Open vSwitch) 3.3.0')]).toEqual([OVS, undefined]);
});

it('random pipelines say how far they are after each, so that a run that is broken off is not lost', async () => {
  // A switch that takes nothing: each pair counts as one that could not be judged.
  const refusing: Switch = { load: async () => await Promise.resolve('no'), trace: async () => await Promise.reject(new Error('not asked')), dumps: () => new Map(), stop: async () => await Promise.resolve(), sandbox: {} as Switch['sandbox'] };
  const soFar: OvsRandomRun[] = [];
  const run = await judgeRandomOvs({ pairs: 100, seed: 3, minimised: 0, failFast: false }, refusing, () => {}, (r) => soFar.push(r));
  expect(soFar.map((r) => [r.pipelines, r.pairs, r.counts.error])).toEqual([[1, 40, 40], [2, 80, 80], [3, 100, 100]]);
  expect(soFar.at(-1)).toEqual(run);
});
