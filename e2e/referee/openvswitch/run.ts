import type { OvsCase } from './case.ts';
import { ovsCatalogue } from './catalogue/index.ts';
import { judgeCase, ovsDifferenceText, type OvsJudged } from './judge.ts';
import { judgeRandomOvs, type OvsRandomRun } from './random/run.ts';
import { judgeRealPackets } from './realPackets.ts';
import { checkCataloguePrints, type PrintResult } from './roundTrip.ts';
import { judgeSamples } from './samples.ts';
import { startSwitch, type Switch } from './switch.ts';

export interface OvsOptions {
  readonly only: string | undefined;
  readonly first: string | undefined;
  readonly verbose: boolean;
  readonly failFast: boolean;
  /** Random pairs of pipeline and packet. */
  readonly pairs: number;
  readonly seed: number;
  readonly minimised: number;
  /** Packets through each node's dumps of a real cluster. */
  readonly perSample: number;
  /** Hears of the random pairs so far. */
  readonly soFar?: (run: OvsRandomRun, version: string) => void;
  /** Random pairs that this release was asked about before, in place of new ones. */
  readonly kept?: (version: string) => (OvsRandomRun & { readonly seed: number }) | undefined;
}

export type Counts = Readonly<Record<OvsJudged['judgement']['kind'], number>>;

/** What the real switch said in a run. */
export interface OvsResult {
  /** `ovs-vswitchd (Open vSwitch) 3.1.0`. */
  readonly version: string;
  readonly cases: number;
  readonly packets: number;
  readonly counts: Counts;
  /** Dumps of real nodes: packets through each, and how many of its rules they met. */
  readonly samples: readonly { readonly name: string; readonly rules: number; readonly visited: number; readonly packets: number; readonly agree: number }[];
  /** Lines of dumps that our printers had to say as the tools do. */
  readonly prints: { readonly lines: number; readonly differ: number };
  /** Cases in which real packets went through a real switch and its conntrack. */
  readonly connections: { readonly cases: number; readonly agree: number };
  readonly random: (OvsRandomRun & { readonly seed: number }) | undefined;
  /** Agreeing packets of written cases, by what these are about. */
  readonly covers: ReadonlyMap<string, number>;
  /** Agreeing packets of written cases, by what their look-ups relied on. */
  readonly features: ReadonlyMap<string, number>;
}

const chosen = (test: OvsCase, { only }: OvsOptions): boolean => only === undefined || test.name.includes(only) || test.covers.some((c) => c.includes(only));

const say = (text: string): void => console.log(text);
const countText = (c: Counts): string => `${c.agree} agree, ${c.differ} differ, ${c.unknown} unknown, ${c.error} not judged`;

/** Whether everything that was asked was agreed upon. */
export const isGood = ({ packets, counts, samples, prints, connections, random }: OvsResult): boolean => counts.agree === packets && samples.every((s) => s.agree === s.packets) && prints.differ === 0 && connections.agree === connections.cases && (random === undefined || random.counts.agree === random.pairs);

async function askSamples(options: OvsOptions): Promise<{ readonly samples: OvsResult['samples']; readonly prints: readonly PrintResult[] }> {
  const results = await judgeSamples(options.perSample, options.seed, (name) => options.only === undefined || name.includes(options.only));
  const samples = results.map(({ name, rules, visited, judged }) => {
    for (const j of judged) if (options.verbose || j.judgement.kind !== 'agree') say(ovsDifferenceText(j));
    const agree = judged.filter((j) => j.judgement.kind === 'agree').length;
    say(`${name}: ${judged.length} packets through ${visited} of ${rules} rules: ${agree} agree`);
    return { name, rules, visited, packets: judged.length, agree };
  });
  return { samples, prints: results.map((r) => r.prints) };
}

async function askConnections(): Promise<OvsResult['connections']> {
  const { cases, differences } = await judgeRealPackets();
  for (const { test, difference } of differences) say(`${test.name}\n  ${difference.where}\n    engine: ${difference.engine ?? '(nothing)'}\n    switch: ${difference.real ?? '(nothing)'}\n${test.flows.map((f) => `    ${f}`).join('\n')}`);
  const agree = cases - differences.length;
  say(`${cases} connections of real packets: ${agree} agree`);
  return { cases, agree };
}

/** Says where a printer and the tools differ, and sums up. */
function sayPrints(prints: readonly PrintResult[]): OvsResult['prints'] {
  const lines = prints.reduce((sum, p) => sum + p.lines, 0);
  const differences = prints.flatMap((p) => p.differences);
  for (const { where, ours, real } of differences) say(`${where}\n    ours: ${ours ?? '(nothing)'}\n    real: ${real ?? '(nothing)'}`);
  if (lines > 0) say(`${lines} lines of dumps in three versions of OpenFlow, with and without names and counters: ${lines - differences.length} are printed as the tools do`);
  return { lines, differ: differences.length };
}

/** Random pairs: those that were kept, or new ones. */
async function askRandom(options: OvsOptions, real: Switch): Promise<OvsResult['random']> {
  const { version } = real.sandbox;
  const kept = options.kept?.(version);
  if (kept) return kept;
  if (options.pairs === 0) return undefined;
  return { ...(await judgeRandomOvs(options, real, say, (run) => options.soFar?.(run, version))), seed: options.seed };
}

/** Starts a switch, asks it and the engine about the catalogue, the dumps of nodes and random pipelines, and prints what is not agreed upon. */
export async function refereeOvs(options: OvsOptions): Promise<OvsResult> {
  const real = await startSwitch();
  try {
    const counts = { agree: 0, differ: 0, unknown: 0, error: 0 };
    const covers = new Map<string, number>();
    const features = new Map<string, number>();
    const early = (test: OvsCase): number => (options.first !== undefined && test.covers.some((c) => c.includes(options.first ?? '')) ? 0 : 1);
    const cases = ovsCatalogue.filter((c) => chosen(c, options)).toSorted((a, b) => early(a) - early(b));
    let packets = 0;
    for (const test of cases) {
      const judged = await judgeCase(test, real);
      packets += judged.length;
      for (const j of judged) {
        counts[j.judgement.kind]++;
        if (j.judgement.kind === 'agree') {
          for (const c of test.covers) covers.set(c, (covers.get(c) ?? 0) + 1);
          for (const f of j.judgement.features) features.set(f, (features.get(f) ?? 0) + 1);
        }
        if (options.verbose || j.judgement.kind !== 'agree') say(ovsDifferenceText(j));
      }
      if (options.failFast && counts.agree < packets) break;
    }
    const { version } = real.sandbox;
    if (cases.length > 0) say(`${version}: ${cases.length} cases, ${packets} packets: ${countText(counts)}`);
    const failed = options.failFast && counts.agree < packets;
    const { samples, prints: samplePrints } = failed ? { samples: [], prints: [] } : await askSamples(options);
    const random = failed ? undefined : await askRandom(options, real);
    if (random) say(`${version}, seed ${random.seed}: ${random.pipelines} random pipelines, ${random.pairs} pairs: ${countText(random.counts)}`);
    const connections = failed || options.only !== undefined ? { cases: 0, agree: 0 } : await askConnections();
    const prints = sayPrints([...samplePrints, ...(failed || options.only !== undefined ? [] : [checkCataloguePrints(real.sandbox)])]);
    return { version, cases: cases.length, packets, counts, samples, prints, connections, random, covers, features };
  } finally {
    await real.stop();
  }
}
