import type { Step } from '../engine/step.ts';
import type { World } from '../world/world.ts';
import { featuresOf } from './features.ts';
import verified from './verified.json' with { type: 'json' };

/** A kernel, or a switch, that judged, and how often it was asked and agreed. */
export interface JudgingKernel {
  /** A kernel's release, `6.1.0-56-amd64`, or a program with its version, `Open vSwitch 3.1.0`. */
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

/** Something that a step relies on, and in how many probes each kernel agreed about it, in the order of `Verified.kernels`. */
export interface Relied {
  readonly feature: string;
  readonly counts: readonly number[];
}

/** What the steps rely on, each thing once, in the order of its first use. */
export const reliedOn = (world: World, steps: readonly Step[], { kernels, features }: Verified = VERIFIED): readonly Relied[] =>
  [...new Set(steps.flatMap((s) => featuresOf(world, s)))].map((feature) => {
    const by = Object.hasOwn(features, feature) ? features[feature] : undefined;
    return { feature, counts: kernels.map((k) => by?.[k.release] ?? 0) };
  });

/**
 * How far a step can be trusted: verified when every thing that it relies on was agreed about by a kernel. The kernels named agreed about all
 * of them; where none did alone, all that agreed about a part.
 */
export function trustOf(world: World, steps: readonly Step[], found: Verified = VERIFIED): Trust {
  if (steps.some((s) => s.kind === 'unknown')) return { kind: 'unknown' };
  const relied = reliedOn(world, steps, found);
  if (relied.length === 0 || relied.some((r) => r.counts.every((n) => n === 0))) return { kind: 'modelled' };
  const alone = found.kernels.filter((_, i) => relied.every((r) => (r.counts[i] ?? 0) > 0));
  const some = found.kernels.filter((_, i) => relied.some((r) => (r.counts[i] ?? 0) > 0));
  return { kind: 'verified', kernels: (alone.length > 0 ? alone : some).map((k) => k.release) };
}

/** The release as people say it: 6.1, not 6.1.0-56-amd64; Open vSwitch 3.1. */
export const shortRelease = (release: string): string => /^(?:\D+ )?\d+\.\d+/.exec(release)?.[0] ?? release;

const isKernel = (release: string): boolean => /^\d/.test(release);

/** Who judged: `Linux 6.18`. */
export const judgeName = (release: string): string => (isKernel(release) ? `Linux ${release}` : release);

/** All who judged: `Linux 6.18, 6.1, Open vSwitch 3.1`. */
export function judgeNames(releases: readonly string[]): string {
  const kernels = releases.filter(isKernel);
  return [...(kernels.length > 0 ? [`Linux ${kernels.join(', ')}`] : []), ...releases.filter((r) => !isKernel(r))].join(', ');
}

/** Features by what stands before their first colon, groups and features in the order of the alphabet. */
export function byGroup(features: readonly string[]): readonly { readonly group: string; readonly features: readonly string[] }[] {
  const groups = new Map<string, string[]>();
  for (const feature of features.toSorted()) {
    const group = feature.slice(0, feature.indexOf(':'));
    groups.set(group, [...(groups.get(group) ?? []), feature]);
  }
  return [...groups].map(([group, of]) => ({ group, features: of }));
}
