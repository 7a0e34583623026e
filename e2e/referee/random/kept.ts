import type { ItemCount } from '../ledger.ts';
import type { RandomRun } from './run.ts';

/** A run of random pairs that takes long, and is judged apart from the rest of a record. */
export interface KeptRun extends RandomRun {
  readonly ground: 'host' | 'guest';
  readonly kernel: string;
  readonly seed: number;
}

export const keepRun = (run: KeptRun): string => JSON.stringify({ ...run, features: [...run.features], items: [...run.items] });

/** What keepRun() wrote. */
export function keptRun(text: string): KeptRun {
  const read = JSON.parse(text) as Omit<KeptRun, 'features' | 'items'> & { readonly features: readonly (readonly [string, number])[]; readonly items: readonly (readonly [string, ItemCount])[] };
  return { ...read, features: new Map(read.features), items: new Map(read.items) };
}
