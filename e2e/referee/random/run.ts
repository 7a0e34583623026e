import type { Ground } from '../ground.ts';
import { differenceText, judge, type Judged } from '../judge.ts';
import { countFeatures, countItems, type ItemCount } from '../ledger.ts';
import { planCase } from '../plan.ts';
import { generate, type RandomCase } from './generate.ts';
import { minimise } from './minimise.ts';
import { specOf } from './shape.ts';

/** Worlds that are judged in one go. */
const BATCH = 24;

export interface RandomRun {
  readonly worlds: number;
  readonly probes: number;
  readonly counts: Readonly<Record<Judged['judgement']['kind'], number>>;
  /** Pairs that agreed, by what their trace relied on. */
  readonly features: ReadonlyMap<string, number>;
  readonly items: ReadonlyMap<string, ItemCount>;
}

/**
 * Judges random worlds from a seed on until `probes` probes were asked. Each disagreement is said at once with the smallest case that
 * shows it; after `minimised` of them only as it was found. `soFar` hears of each batch.
 */
export async function judgeRandom(options: { readonly probes: number; readonly seed: number; readonly minimised: number }, ground: Ground, say: (text: string) => void, soFar: (run: RandomRun) => void = () => undefined): Promise<RandomRun> {
  const counts = { agree: 0, differ: 0, unknown: 0, error: 0 };
  const features = new Map<string, number>();
  const items = new Map<string, ItemCount>();
  let worlds = 0;
  let probes = 0;
  let left = options.minimised;
  while (probes < options.probes) {
    const batch: RandomCase[] = [];
    for (let wanted = options.probes - probes; batch.length < BATCH && wanted > 0; ) {
      const test = generate(options.seed + worlds++, (need) => ground.lacks(need));
      batch.push(test);
      wanted -= test.probes.length;
    }
    const judged = await judge(batch.map((c, i) => planCase(c, String(i))), ground);
    probes += judged.length;
    for (const j of judged) counts[j.judgement.kind]++;
    countFeatures(judged, features);
    countItems(judged, false, items);
    for (const test of batch) {
      const mine = judged.filter((j) => j.planned.test === test && j.judgement.kind !== 'agree');
      const differing = mine.find((j) => j.judgement.kind === 'differ');
      if (differing && left-- > 0) {
        const smallest = await minimise(test, differing, ground);
        say(`${differenceText(smallest.judged)}\n${describe(smallest.test)}`);
      } else for (const j of mine) say(differenceText(j));
    }
    soFar({ worlds, probes, counts, features, items });
  }
  return { worlds, probes, counts, features, items };
}

/** What a generated case has beyond its shape, by space. */
export function describe(test: RandomCase): string {
  const lines = Object.entries(test.draft.spaces).flatMap(([name, draft]) => {
    const { tables = {}, ipset = [], routes = [], rules = [], sysctls = [], ss = [], conntrack = [], ipvs = [], more = [] } = specOf(draft);
    const text = Object.entries(tables).flatMap(([table, own]) => [`*${table}`, ...own.filter((l) => !/^:[A-Z]+ ACCEPT/.test(l))]);
    return [...routes, ...rules, ...sysctls, ...ss, ...ipset, ...conntrack, ...ipvs, ...more, ...draft.bridge.map((b) => `bridge ${b.kind} ${b.pod} ${b.text}`), ...(draft.asks ? ['asks for neighbours'] : []), ...text].map((l) => `    ${name}: ${l}`);
  });
  return [`    shape ${test.draft.shape}`, ...lines].join('\n');
}
