import type { Ground } from '../ground.ts';
import { judge, type Judged } from '../judge.ts';
import { planCase } from '../plan.ts';
import { caseOf, type RandomCase } from './generate.ts';
import { shrinks } from './shrink.ts';

/** Smaller cases that are asked at once: the kernel builds several worlds while it is at it. */
const AT_ONCE = 4;
/** Worlds asked for one disagreement at most. */
const MAX_ASKED = 200;

/**
 * Takes pieces out of a case on which engine and kernel differ for as long as they still do: the smallest case found, and how it is
 * judged. Greedy, big pieces first; done when no single piece can go.
 */
export async function minimise(test: RandomCase, at: Judged, ground: Ground): Promise<{ readonly test: RandomCase; readonly judged: Judged }> {
  let best = { test, judged: at };
  let asked = 0;
  const firstThatDiffers = async (batch: readonly RandomCase[]): Promise<typeof best | undefined> => {
    asked += batch.length;
    const judged = await judge(batch.map((c, n) => planCase(c, `${asked}.${n}`)), ground);
    const found = judged.find((j) => j.judgement.kind === 'differ');
    return found && { test: found.planned.test as RandomCase, judged: found };
  };
  const alone = caseOf(test.name, { ...test.draft, probes: test.draft.probes.slice(at.probe, at.probe + 1) });
  best = (await firstThatDiffers([alone])) ?? best;
  for (let changed = true; changed && asked < MAX_ASKED; ) {
    changed = false;
    // After a piece went, what stood before it was tried already: go on from there.
    for (let i = 0; asked < MAX_ASKED; ) {
      const batch = [...shrinks(best.test)].slice(i, i + AT_ONCE);
      if (batch.length === 0) break;
      const found = await firstThatDiffers(batch);
      if (found) {
        i += batch.indexOf(found.test);
        best = found;
        changed = true;
      } else i += batch.length;
    }
  }
  return best;
}
