import { catalogue } from './catalogue/index.ts';
import { hostGround, missingOnHost } from './ground.ts';
import { differenceText, judge, type Judged } from './judge.ts';
import { planCase } from './plan.ts';

interface Options {
  readonly only: string | undefined;
  readonly verbose: boolean;
  readonly keep: boolean;
}

function readOptions(argv: readonly string[]): Options {
  let only: string | undefined;
  let verbose = false;
  let keep = false;
  for (let i = 0; i < argv.length; i++) {
    if (argv[i] === '--only') only = argv[++i];
    else if (argv[i] === '--verbose') verbose = true;
    else if (argv[i] === '--keep') keep = true;
    else throw new Error(`unknown option ${argv[i] ?? ''}`);
  }
  return { only, verbose, keep };
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const missing = missingOnHost();
  if (missing.length > 0) {
    console.log(`referee: skipped, for want of ${missing.join(', ')}`);
    return 0;
  }
  const ground = hostGround(options.keep);
  const chosen = catalogue.filter((c) => (options.only === undefined || c.name.includes(options.only) || c.covers.some((k) => k.includes(options.only ?? ''))) && !(c.needs ?? []).some((n) => ground.lacks(n)));
  const started = Date.now();
  const judged = await judge(chosen.map((c, i) => planCase(c, String(i))), ground);
  report(judged, options);
  const count = (kind: Judged['judgement']['kind']): number => judged.filter((j) => j.judgement.kind === kind).length;
  console.log(`${ground.name} kernel ${ground.kernel}: ${chosen.length} cases, ${judged.length} probes: ${count('agree')} agree, ${count('differ')} differ, ${count('unknown')} unknown, ${count('error')} not judged, ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return count('agree') === judged.length ? 0 : 1;
}

function report(judged: readonly Judged[], options: Options): void {
  for (const j of judged) if (options.verbose || j.judgement.kind !== 'agree') console.log(differenceText(j));
}

process.exitCode = await main();
