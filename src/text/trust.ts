import type { Step } from '../engine/step.ts';
import type { World } from '../world/world.ts';
import { featuresOf } from './features.ts';
import verified from './verified.json' with { type: 'json' };

/** A kernel that judged, and how often it was asked and agreed. */
export interface JudgingKernel {
  readonly release: string;
  readonly cases: number;
  readonly probes: number;
  readonly randomPairs: number;
}

/** A disagreement that is known, with its reason. */
export interface KnownDisagreement {
  readonly name: string;
  readonly reason: string;
}

/** What the referee found, written by `npm run referee -- --all`. */
export interface Verified {
  readonly date: string;
  readonly kernels: readonly JudgingKernel[];
  /** Probes in which a kernel agreed about a feature, by release. */
  readonly features: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly known: readonly KnownDisagreement[];
}

export const VERIFIED: Verified = verified;

export type Trust = { readonly kind: 'verified'; readonly kernels: readonly string[] } | { readonly kind: 'modelled' } | { readonly kind: 'unknown' };

/** How far a step can be trusted: verified when kernels agreed about everything that it relies on, in each of the kernels named. */
export function trustOf(world: World, steps: readonly Step[]): Trust {
  if (steps.some((s) => s.kind === 'unknown')) return { kind: 'unknown' };
  const features = steps.flatMap((s) => featuresOf(world, s));
  const kernels = VERIFIED.kernels.map((k) => k.release);
  const each = features.map((f) => new Set(Object.keys((Object.hasOwn(VERIFIED.features, f) ? VERIFIED.features[f] : undefined) ?? {})));
  if (features.length === 0 || each.some((s) => s.size === 0)) return { kind: 'modelled' };
  return { kind: 'verified', kernels: kernels.filter((k) => each.some((s) => s.has(k))) };
}
