import { readFileSync, writeFileSync } from 'node:fs';
import type { RefereeCase } from './case.ts';
import { catalogue } from './catalogue/index.ts';
import { type Ground, hostGround, missingOnHost } from './ground.ts';
import { guestGround } from './guestGround.ts';
import { missingTools } from './guest/build.ts';
import { differenceText, judge, type Judged } from './judge.ts';
import { countFeatures, countItems, countKinds, type GroundResult, knownDisagreements, writeResults } from './ledger.ts';
import { isFound, mutants, runMutant } from './mutants.ts';
import { isGood, type OvsResult, refereeOvs } from './openvswitch/run.ts';
import { missingForOvs } from './openvswitch/sandbox.ts';
import { planCase } from './plan.ts';
import { keepRun, type KeptOvsRun, keptOn, keptOvs, keptRun, type KeptRun } from './random/kept.ts';
import { judgeRandom } from './random/run.ts';
import { compareSaves } from './saves.ts';
import { scenarioCases } from './scenarioCases.ts';

interface Options {
  /** cases: what was written down, on one ground; random: random pairs there; saves: what compiled nodes print, beside the real tools; ovs: a real Open vSwitch; ci: both grounds, as far as time allows; all: everything, and its record. */
  readonly mode: 'cases' | 'random' | 'saves' | 'ovs' | 'ci' | 'all';
  readonly only: string | undefined;
  readonly ground: 'host' | 'guest';
  readonly verbose: boolean;
  readonly keep: boolean;
  readonly cases: number;
  readonly seed: number;
  /** Where a run of random pairs is kept, for a record that is made later. */
  readonly save: string | undefined;
  /** Kept runs of random pairs that the record takes in place of new ones. They are read at once: a file that is not there is not to be found out an hour later. */
  readonly kept: readonly (KeptRun | KeptOvsRun)[];
  /** Disagreements of random worlds that are made small before they are shown. */
  readonly minimised: number;
  /** Stop at the first disagreement. */
  readonly failFast: boolean;
  readonly mutant: string | undefined;
  /** In a full run the guest judges only what the host lacks. */
  readonly needed: boolean;
  /** Cases that cover this are judged first. */
  readonly first: string | undefined;
}

const CI_PAIRS = 2_000;
/** Making a case small takes many runs; a few of them are enough to see what is wrong. */
const CI_MINIMISED = 2;
const ALL_PAIRS = 20_000;
/** Pairs of random pipeline and packet for Open vSwitch. */
const CI_OVS_PAIRS = 1_500;
const ALL_OVS_PAIRS = 20_000;
/** Packets through each node's dumps. */
const CI_SAMPLE_PACKETS = 80;
const SAMPLE_PACKETS = 400;

function readOptions(argv: readonly string[]): Options {
  let options: Options = { mode: 'cases', only: undefined, ground: 'host', verbose: false, keep: false, cases: 0, seed: 1, save: undefined, kept: [], minimised: 10, failFast: false, mutant: undefined, needed: false, first: undefined };
  const kept = process.env['PACKETWALK_KEPT']?.split(',') ?? [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i];
    if (word === '--only') options = { ...options, only: argv[++i] };
    else if (word === '--verbose') options = { ...options, verbose: true };
    else if (word === '--keep') options = { ...options, keep: true };
    else if (word === '--guest') options = { ...options, ground: 'guest' };
    else if (word === '--cases') options = { ...options, mode: options.mode === 'cases' ? 'random' : options.mode, cases: Number(argv[++i]) };
    else if (word === '--seed') options = { ...options, seed: Number(argv[++i]) };
    else if (word === '--save') options = { ...options, save: argv[++i] };
    else if (word === '--kept') kept.push(...(argv[++i] ?? '').split(','));
    else if (word === '--minimise') options = { ...options, minimised: Number(argv[++i]) };
    else if (word === '--fail-fast') options = { ...options, failFast: true };
    else if (word === '--needed') options = { ...options, needed: true };
    else if (word === '--first') options = { ...options, first: argv[++i] };
    else if (word === '--mutant') options = { ...options, mutant: argv[++i] };
    else if (word === '--saves') options = { ...options, mode: 'saves' };
    else if (word === '--ovs') options = { ...options, mode: 'ovs' };
    else if (word === '--ci' || word === '--all') options = { ...options, mode: word === '--ci' ? 'ci' : 'all' };
    else throw new Error(`unknown option ${word ?? ''}`);
  }
  return { ...options, kept: kept.map((file) => keptRun(readFileSync(file, 'utf8'))) };
}

const wanted = (test: RefereeCase, { only }: Options): boolean => only === undefined || test.name.includes(only) || test.covers.some((k) => k.includes(only));

async function main(): Promise<boolean> {
  const options = readOptions(process.argv.slice(2));
  if (options.mutant !== undefined) return runMutant(options.mutant, process.argv.slice(2), 'inherit').status === 0;
  if (options.mode === 'ovs') {
    const result = await judgeOvs(options, options.cases);
    return typeof result === 'boolean' ? result : isGood(result);
  }
  const missing = options.ground === 'guest' ? missingTools() : missingOnHost();
  if (missing.length > 0) return skip('referee', missing);
  const early = (c: RefereeCase): number => (c.covers.some((k) => k.includes(options.first ?? ' ')) ? 0 : 1);
  const cases = [...catalogue, ...scenarioCases].filter((c) => wanted(c, options) && !(options.mode === 'ci' && c.full)).toSorted((a, b) => early(a) - early(b));
  switch (options.mode) {
    case 'cases': {
      const ground = options.ground === 'host' ? hostGround(options.keep) : await guestGround(options.keep);
      return say(await judgeCases(cases, ground, options));
    }
    case 'random': {
      const ground = options.ground === 'host' ? hostGround(options.keep) : await guestGround(options.keep);
      const run = await randomPairs(ground, options, options.cases);
      return run.counts.agree === run.probes;
    }
    case 'saves':
      return judgeSaves().good;
    case 'ci':
    case 'all':
      return await bothGrounds(cases, options);
  }
}

/** Keeps what a run of random pairs has found so far, if that is wanted. */
function save({ save: file }: Options, run: KeptRun | KeptOvsRun): void {
  if (file !== undefined) writeFileSync(file, keepRun(run));
}

/** Asks a real Open vSwitch; where there is none, whether that is well. */
async function judgeOvs(options: Options, pairs: number): Promise<OvsResult | boolean> {
  const missing = missingForOvs();
  if (missing.length > 0) return skip('Open vSwitch', missing);
  return await refereeOvs({
    only: options.only, first: options.first, verbose: options.verbose, failFast: options.failFast, pairs, seed: options.seed, minimised: options.mode === 'ci' ? CI_MINIMISED : options.minimised, perSample: options.mode === 'ci' ? CI_SAMPLE_PACKETS : SAMPLE_PACKETS,
    kept: (version) => keptOvs(options.kept, version),
    // With both kinds in one run the file is the kernel's.
    ...(options.mode === 'ovs' ? { soFar: (run, version) => save(options, { ...run, ground: 'ovs', version, seed: options.seed }) } : {}),
  });
}

/** True unless the referee is required here (PACKETWALK_REFEREE=required). */
function skip(what: string, missing: readonly string[]): boolean {
  console.log(`${what}: skipped, for want of ${missing.join(', ')}`);
  return process.env['PACKETWALK_REFEREE'] !== 'required';
}

interface CasesResult {
  readonly ground: Ground;
  readonly cases: number;
  readonly left: number;
  readonly judged: readonly Judged[];
  /** Disagreements that KNOWN.md lists. */
  readonly known: number;
}

const CHUNK = 16;

/** Judges what the ground can judge, and prints what is not agreed upon. */
async function judgeCases(cases: readonly RefereeCase[], ground: Ground, options: Options): Promise<CasesResult> {
  const fit = cases.filter((c) => !(c.needs ?? []).some((n) => ground.lacks(n)));
  const knownNames = new Set(knownDisagreements().map((k) => k.name));
  const judged: Judged[] = [];
  let known = 0;
  const size = options.failFast ? CHUNK : Math.max(1, fit.length);
  for (let at = 0; at < fit.length; at += size) {
    const some = await judge(fit.slice(at, at + size).map((c, i) => planCase(c, String(i))), ground);
    judged.push(...some);
    for (const j of some) {
      const isKnown = j.judgement.kind === 'differ' && knownNames.has(j.planned.test.name);
      if (isKnown) known++;
      if (options.verbose || (j.judgement.kind !== 'agree' && !isKnown)) console.log(differenceText(j));
    }
    if (options.failFast && some.some((j) => j.judgement.kind !== 'agree')) break;
  }
  return { ground, cases: fit.length, left: cases.length - fit.length, judged, known };
}

function say({ ground, cases, left, judged, known }: CasesResult): boolean {
  const counts = countKinds(judged);
  console.log(
    `${ground.name} kernel ${ground.kernel}: ${cases} cases, ${judged.length} probes: ${counts.agree} agree, ${counts.differ} differ${known > 0 ? ` (${known} of them known)` : ''}, ${counts.unknown} unknown, ${counts.error} not judged${left > 0 ? `; ${left} cases need another kernel` : ''}`,
  );
  return counts.agree + known === judged.length;
}

async function randomPairs(ground: Ground, options: Options, pairs: number): Promise<KeptRun> {
  const run = await judgeRandom({ probes: pairs, seed: options.seed, minimised: options.mode === 'ci' ? CI_MINIMISED : options.minimised }, ground, console.log, (soFar) => {
    save(options, { ...soFar, ground: ground.name, kernel: ground.kernel, seed: options.seed });
  });
  const { worlds, probes, counts } = run;
  console.log(`${ground.name} kernel ${ground.kernel}, seed ${options.seed}: ${worlds} random worlds, ${probes} pairs: ${counts.agree} agree, ${counts.differ} differ, ${counts.unknown} unknown, ${counts.error} not judged`);
  return { ...run, ground: ground.name, kernel: ground.kernel, seed: options.seed };
}

/** Restores what compiled nodes print with the real tools, and compares what those save. */
function judgeSaves(): { readonly good: boolean; readonly passed: number } {
  const { firewalls, refused, differences } = compareSaves();
  for (const line of refused) console.log(`refused: ${line}`);
  for (const { where, ours, real } of differences) console.log(`${where}\n  compiler: ${ours}\n  the tool: ${real}`);
  const passed = firewalls - refused.length - differences.length;
  console.log(`${passed} of ${firewalls} compiled firewalls are restored by the real tools and saved again line by line`);
  return { good: passed === firewalls, passed };
}

/** The host's kernel judges the catalogue and random pairs; the guest's judges built-in scenarios and what the host lacks, or, for the record, everything. */
async function bothGrounds(cases: readonly RefereeCase[], options: Options): Promise<boolean> {
  const results: GroundResult[] = [];
  let good = true;
  const host = hostGround(options.keep);
  const hostCases = await judgeCases(cases, host, options);
  good = say(hostCases) && good;
  const pairs = options.cases > 0 ? options.cases : options.mode === 'ci' ? CI_PAIRS : ALL_PAIRS;
  const random = keptOn(options.kept, 'host', host.kernel) ?? (await randomPairs(host, options, pairs));
  good = good && random.counts.agree === random.probes;
  const features = countFeatures(hostCases.judged);
  for (const [f, n] of random.features) features.set(f, (features.get(f) ?? 0) + n);
  const items = countItems(hostCases.judged, true, new Map(random.items));
  results.push({ ...resultOf(hostCases), features, items, random: { seed: random.seed, worlds: random.worlds, pairs: random.probes, agree: random.counts.agree } });
  const judgeable = mutants.filter((m) => !m.ovs || missingForOvs().length === 0);
  const found = judgeable.filter((m) => isFound(m) || (console.log(`mutant ${m.name}: the referee agrees with it`), false)).length;
  console.log(`${found} of ${judgeable.length} mutants found out`);
  good = good && found === judgeable.length;
  const missing = missingTools();
  const saves = judgeSaves();
  good = saves.good && good;
  let passed = countKinds(hostCases.judged).agree + random.counts.agree + found + saves.passed;
  if (missing.length > 0) good = skip('the guest', missing) && good;
  else {
    const guest = await guestGround(options.keep);
    const guestCases = await judgeCases(options.mode === 'all' && !options.needed ? cases : cases.filter((c) => (c.needs ?? []).some((n) => host.lacks(n))), guest, options);
    good = say(guestCases) && good;
    const drawn = keptOn(options.kept, 'guest', guest.kernel);
    results.push({ ...resultOf(guestCases), features: countFeatures(guestCases.judged), items: countItems(guestCases.judged, true, new Map(drawn?.items)), random: drawn && { seed: drawn.seed, worlds: drawn.worlds, pairs: drawn.probes, agree: drawn.counts.agree } });
    passed += countKinds(guestCases.judged).agree;
  }
  const ovs = await judgeOvs(options, options.mode === 'ci' ? CI_OVS_PAIRS : ALL_OVS_PAIRS);
  if (typeof ovs === 'boolean') good = ovs && good;
  else {
    good = isGood(ovs) && good;
    passed += ovs.counts.agree + ovs.connections.agree + (ovs.prints.differ === 0 ? 1 : 0) + ovs.samples.reduce((sum, r) => sum + r.agree, 0) + (ovs.random?.counts.agree ?? 0);
  }
  const lines = [...results.map((r) => `${r.ground} ${r.release}: ${r.counts.agree} of ${r.probes} probes agree${r.random ? `, ${r.random.agree} of ${r.random.pairs} random pairs` : ''}`), ...(typeof ovs === 'boolean' ? [] : [`${ovs.version}: ${ovs.counts.agree} of ${ovs.packets} packets agree, ${ovs.samples.reduce((sum, r) => sum + r.agree, 0)} through dumps of ${ovs.samples.length} nodes${ovs.random ? `, ${ovs.random.counts.agree} of ${ovs.random.pairs} random pairs` : ''}`])];
  if (options.mode === 'all' || process.env['PACKETWALK_RECORD'] !== undefined) writeResults(results, typeof ovs === 'boolean' ? undefined : ovs, { found, of: judgeable.length }, { date: new Date().toISOString().slice(0, 10), mode: options.mode === 'all' ? 'all' : 'ci' });
  const report = process.env['PACKETWALK_REPORT'];
  if (report !== undefined) writeFileSync(report, JSON.stringify({ passed, failed: good ? 0 : 1, lines }));
  return good;
}

const resultOf = ({ ground, cases, judged }: CasesResult) => ({ ground: ground.name, release: ground.kernel, cases, probes: judged.length, counts: countKinds(judged) });

process.exitCode = (await main()) ? 0 : 1;
