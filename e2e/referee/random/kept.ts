import type { OvsRandomRun } from '../openvswitch/random/run.ts';
import type { ItemCount } from '../ledger.ts';
import type { RandomRun } from './run.ts';

/** A run of random pairs that takes long, and is judged apart from the rest of a record. */
export interface KeptRun extends RandomRun {
  readonly ground: 'host' | 'guest';
  readonly kernel: string;
  readonly seed: number;
}

/** The same of random pipelines in Open vSwitch. */
export interface KeptOvsRun extends OvsRandomRun {
  readonly ground: 'ovs';
  /** `ovs-vswitchd (Open vSwitch) 3.1.0`. */
  readonly version: string;
  readonly seed: number;
}

export const keepRun = (run: KeptRun | KeptOvsRun): string => JSON.stringify(run.ground === 'ovs' ? run : { ...run, features: [...run.features], items: [...run.items] });

type Written = KeptOvsRun | (Omit<KeptRun, 'features' | 'items'> & { readonly features: readonly (readonly [string, number])[]; readonly items: readonly (readonly [string, ItemCount])[] });

/** What keepRun() wrote. */
export function keptRun(text: string): KeptRun | KeptOvsRun {
  const read = JSON.parse(text) as Written;
  return read.ground === 'ovs' ? read : { ...read, features: new Map(read.features), items: new Map(read.items) };
}

/** The kept run on that ground, of that kernel or version of the switch. */
export const keptOn = (runs: readonly (KeptRun | KeptOvsRun)[], ground: KeptRun['ground'], kernel: string): KeptRun | undefined => runs.find((r): r is KeptRun => r.ground === ground && r.kernel === kernel);
export const keptOvs = (runs: readonly (KeptRun | KeptOvsRun)[], version: string): KeptOvsRun | undefined => runs.find((r): r is KeptOvsRun => r.ground === 'ovs' && r.version === version);
