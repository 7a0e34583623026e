import { featuresOf } from '../../src/text/features.ts';
import { engineAccount, kernelAccount, type ProbeRecord } from './account.ts';
import { compareAccounts, type Difference } from './compare.ts';
import type { Ground, WorldRecord } from './ground.ts';
import type { Planned } from './plan.ts';

export type Judgement =
  /** `features`: what the agreed trace relied on. */
  | { readonly kind: 'agree'; readonly features: readonly string[] }
  /** The engine says that it does not know. */
  | { readonly kind: 'unknown'; readonly name: string }
  | { readonly kind: 'differ'; readonly difference: Difference }
  /** The kernel could not be asked. */
  | { readonly kind: 'error'; readonly message: string };

export interface Judged {
  readonly planned: Planned;
  readonly probe: number;
  readonly judgement: Judgement;
}

/**
 * Asks the kernel about each planned case and compares, probe by probe. Where they part the kernel is asked once more: the engine is
 * wrong only if it is wrong again, for on a busy machine a recording may end before the packet does.
 */
export async function judge(planned: readonly Planned[], ground: Ground): Promise<readonly Judged[]> {
  const first = await judgeOnce(planned, ground);
  const doubtful = planned.filter((p) => p.refused === undefined && first.some((j) => j.planned === p && isDoubtful(j)));
  if (doubtful.length === 0) return first;
  const second = await judgeOnce(doubtful, ground);
  return first.map((j) => (isDoubtful(j) ? (second.find((again) => again.planned === j.planned && again.probe === j.probe) ?? j) : j));
}

const isDoubtful = ({ judgement }: Judged): boolean => judgement.kind === 'differ' || judgement.kind === 'error';

async function judgeOnce(planned: readonly Planned[], ground: Ground): Promise<readonly Judged[]> {
  const fit = planned.filter((p) => p.refused === undefined);
  const records = await ground.record(fit);
  return planned.flatMap((p) =>
    p.probes.length === 0
      ? [{ planned: p, probe: 0, judgement: { kind: 'error', message: p.refused ?? 'no probes' } as const }]
      : p.probes.map((_, i) => ({ planned: p, probe: i, judgement: judgeProbe(p, i, records.get(p.job.id)) })),
  );
}

function judgeProbe(planned: Planned, index: number, record: WorldRecord | undefined): Judgement {
  if (planned.refused !== undefined) return { kind: 'error', message: planned.refused };
  const probe = planned.probes[index];
  const seen: ProbeRecord | undefined = record?.probes?.[index];
  if (!probe || !seen) return { kind: 'error', message: record?.error ?? 'nothing was recorded' };
  const kernel = kernelAccount(planned.world, seen);
  let best: Difference | undefined;
  let unknown: string | undefined;
  for (const { trace } of probe.branches) {
    const difference = compareAccounts(engineAccount(trace), kernel, trace);
    if (!difference) return { kind: 'agree', features: [...new Set(trace.steps.flatMap((s) => featuresOf(planned.world, s)))] };
    const step = trace.steps.find((s) => s.kind === 'unknown');
    if (step?.kind === 'unknown') unknown ??= `${step.what} ${step.name}`;
    if (!best || difference.agreed > best.agreed) best = difference;
  }
  if (unknown !== undefined) return { kind: 'unknown', name: unknown };
  return best ? { kind: 'differ', difference: best } : { kind: 'error', message: 'the engine gave no branch' };
}

/** Both sides at the first step where they part. */
export function differenceText({ planned, probe, judgement }: Judged): string {
  const head = `${planned.test.name} · probe ${probe} ${JSON.stringify(planned.test.probes[probe])}`;
  switch (judgement.kind) {
    case 'agree':
      return `${head}: agree`;
    case 'unknown':
      return `${head}: the engine says unknown: ${judgement.name}`;
    case 'error':
      return `${head}: could not be judged: ${judgement.message}`;
    case 'differ': {
      const { what, at, engine, kernel, before } = judgement.difference;
      return [`${head}: differ in ${what}, line ${at + 1}`, ...before.map((l) => `          ${l}`), `  engine: ${engine ?? '(nothing)'}`, `  kernel: ${kernel ?? '(nothing)'}`].join('\n');
    }
  }
}
