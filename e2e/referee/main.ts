import type { RefereeCase } from './case.ts';
import { catalogue } from './catalogue/index.ts';
import { type Ground, hostGround, missingOnHost } from './ground.ts';
import { guestGround } from './guestGround.ts';
import { missingTools } from './guest/build.ts';
import { differenceText, judge, type Judged } from './judge.ts';
import { planCase } from './plan.ts';
import { judgeRandom } from './random/run.ts';
import { scenarioCases } from './scenarioCases.ts';

interface Options {
  readonly only: string | undefined;
  readonly ground: 'host' | 'guest';
  readonly verbose: boolean;
  readonly keep: boolean;
  /** Random pairs of world and packet, instead of the written cases. */
  readonly cases: number;
  readonly seed: number;
  /** Disagreements of random worlds that are made small before they are shown. */
  readonly minimised: number;
}

function readOptions(argv: readonly string[]): Options {
  let options: Options = { only: undefined, ground: 'host', verbose: false, keep: false, cases: 0, seed: 1, minimised: 10 };
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i];
    if (word === '--only') options = { ...options, only: argv[++i] };
    else if (word === '--verbose') options = { ...options, verbose: true };
    else if (word === '--keep') options = { ...options, keep: true };
    else if (word === '--guest') options = { ...options, ground: 'guest' };
    else if (word === '--cases') options = { ...options, cases: Number(argv[++i]) };
    else if (word === '--seed') options = { ...options, seed: Number(argv[++i]) };
    else if (word === '--minimise') options = { ...options, minimised: Number(argv[++i]) };
    else throw new Error(`unknown option ${word ?? ''}`);
  }
  return options;
}

const wanted = (test: RefereeCase, { only }: Options): boolean => only === undefined || test.name.includes(only) || test.covers.some((k) => k.includes(only));

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const missing = options.ground === 'host' ? missingOnHost() : missingTools();
  if (missing.length > 0) {
    console.log(`referee: skipped, for want of ${missing.join(', ')}`);
    return 0;
  }
  const ground = options.ground === 'host' ? hostGround(options.keep) : await guestGround(options.keep);
  if (options.cases > 0) return (await randomPairs(options, ground)) ? 0 : 1;
  return (await run([...catalogue, ...scenarioCases].filter((c) => wanted(c, options)), ground, options)) ? 0 : 1;
}

/** Judges what the ground can judge, and prints what is not agreed upon. True when all agree. */
async function run(cases: readonly RefereeCase[], ground: Ground, options: Options): Promise<boolean> {
  const fit = cases.filter((c) => !(c.needs ?? []).some((n) => ground.lacks(n)));
  const started = Date.now();
  const judged = await judge(fit.map((c, i) => planCase(c, String(i))), ground);
  for (const j of judged) if (options.verbose || j.judgement.kind !== 'agree') console.log(differenceText(j));
  const count = (kind: Judged['judgement']['kind']): number => judged.filter((j) => j.judgement.kind === kind).length;
  const left = cases.length - fit.length;
  console.log(
    `${ground.name} kernel ${ground.kernel}: ${fit.length} cases, ${judged.length} probes: ${count('agree')} agree, ${count('differ')} differ, ${count('unknown')} unknown, ${count('error')} not judged${left > 0 ? `; ${left} cases need another kernel` : ''}; ${((Date.now() - started) / 1000).toFixed(1)} s`,
  );
  return count('agree') === judged.length;
}

async function randomPairs({ cases, seed, minimised }: Options, ground: Ground): Promise<boolean> {
  const started = Date.now();
  const { worlds, probes, counts } = await judgeRandom({ probes: cases, seed, minimised }, ground, console.log);
  console.log(`${ground.name} kernel ${ground.kernel}, seed ${seed}: ${worlds} random worlds, ${probes} pairs: ${counts.agree} agree, ${counts.differ} differ, ${counts.unknown} unknown, ${counts.error} not judged; ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return counts.agree === probes;
}

process.exitCode = await main();
