import { judgeCase, ovsDifferenceText, type OvsJudged } from '../judge.ts';
import type { Switch } from '../switch.ts';
import { caseOf, flowText, type OvsDraft } from './draft.ts';
import { generateOvs } from './generate.ts';
import { shrinksOvs } from './shrink.ts';

/** Smaller pipelines that are tried for one disagreement at most. */
const MAX_TRIED = 400;

/** Takes pieces out of a pipeline on which engine and switch differ for as long as they still do; greedy, big pieces first. */
export async function minimiseOvs(draft: OvsDraft, at: number, real: Switch): Promise<OvsJudged | undefined> {
  let tried = 0;
  const differs = async (smaller: OvsDraft): Promise<OvsJudged | undefined> => {
    tried++;
    return (await judgeCase(caseOf(smaller), real, true)).find((j) => j.judgement.kind === 'differ');
  };
  let best: OvsDraft = { ...draft, packets: draft.packets.slice(at, at + 1) };
  let judged = await differs(best);
  for (let changed = judged !== undefined; changed && tried < MAX_TRIED; ) {
    changed = false;
    for (const smaller of shrinksOvs(best)) {
      const found = await differs(smaller);
      if (found) [best, judged, changed] = [smaller, found, true];
      if (found || tried >= MAX_TRIED) break;
    }
  }
  return judged;
}

export interface OvsRandomRun {
  readonly pipelines: number;
  readonly pairs: number;
  readonly counts: Readonly<Record<OvsJudged['judgement']['kind'], number>>;
}

/**
 * Judges random pipelines from a seed on until so many pairs of pipeline and packet were asked. Each pipeline that the two differ on is
 * said at once, made small; after `minimised` of them only as it was found. `soFar` hears after each.
 */
export async function judgeRandomOvs(options: { readonly pairs: number; readonly seed: number; readonly minimised: number; readonly failFast: boolean }, real: Switch, say: (text: string) => void, soFar: (run: OvsRandomRun) => void = () => {}): Promise<OvsRandomRun> {
  const counts = { agree: 0, differ: 0, unknown: 0, error: 0 };
  let pipelines = 0;
  let pairs = 0;
  let left = options.minimised;
  while (pairs < options.pairs) {
    const whole = generateOvs(options.seed + pipelines++);
    const draft = { ...whole, packets: whole.packets.slice(0, options.pairs - pairs) };
    const judged = await judgeCase(caseOf(draft), real, true);
    pairs += judged.length;
    for (const { judgement } of judged) counts[judgement.kind]++;
    soFar({ pipelines, pairs, counts: { ...counts } });
    const first = judged.find((j) => j.judgement.kind !== 'agree');
    if (!first) continue;
    const small = first.judgement.kind === 'differ' && left-- > 0 ? await minimiseOvs({ ...draft, packets: draft.packets.filter((p) => flowText(p) === first.packet.flow) }, 0, real) : undefined;
    say(ovsDifferenceText(small ?? first));
    if (options.failFast) break;
  }
  return { pipelines, pairs, counts };
}
