import type { Subsystem } from '../../engine/step.ts';
import type { Stop } from '../../text/reading-types.ts';

/** A silhouette: one a subsystem, and two for how a walk may end. */
export type GlyphName = Exclude<Subsystem, 'engine'> | 'drop' | 'unknown';

/** Every silhouette in the order of a legend. */
export const GLYPHS: readonly GlyphName[] = ['device', 'netfilter', 'routing', 'ipvs', 'conntrack', 'tunnel', 'ovs', 'neighbour', 'socket', 'drop', 'unknown'];

/** The silhouette of a stop: how it ended, where it ended badly, else who acted. */
export function glyphOf(stop: Pick<Stop, 'kind' | 'subsystem'>): GlyphName {
  if (stop.kind === 'drop' || stop.kind === 'refused') return 'drop';
  if (stop.kind === 'unknown' || stop.subsystem === 'engine') return 'unknown';
  return stop.subsystem;
}
