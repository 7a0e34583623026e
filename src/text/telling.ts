import type { Trace } from '../engine/trace-types.ts';
import type { World } from '../world/world.ts';
import type { Lang } from './lang.ts';
import type { Reading } from './reading-types.ts';

/** What a sentence is made from. */
export interface Telling {
  readonly trace: Trace;
  readonly world: World;
  readonly reading: Reading;
  readonly lang: Lang;
}

/** A piece of a text; never HTML. `code`: an address, a rule, a command. */
export interface Piece {
  readonly text: string;
  readonly tone: 'plain' | 'strong' | 'code';
}

/**
 * Pieces of a text in which `*strong*` and `` `code` `` are marked. Values that a dump brought must go through `plain()` first.
 */
export function pieces(text: string): readonly Piece[] {
  return text.split(/(\*[^*]+\*|`[^`]+`)/).flatMap((part): readonly Piece[] => {
    if (part === '') return [];
    if (part.length > 2 && part.startsWith('*') && part.endsWith('*')) return [{ text: restore(part.slice(1, -1)), tone: 'strong' }];
    if (part.length > 2 && part.startsWith('`') && part.endsWith('`')) return [{ text: restore(part.slice(1, -1)), tone: 'code' }];
    return [{ text: restore(part), tone: 'plain' }];
  });
}

// Private-use characters stand for the two signs while a text is taken apart.
const STAR = '\ue000';
const TICK = '\ue001';
const restore = (text: string): string => text.replaceAll(STAR, '*').replaceAll(TICK, '`');

/** A value from outside, so that its own stars and backticks mean nothing to `pieces()`. */
export const plain = (value: string): string => value.replaceAll('*', STAR).replaceAll('`', TICK);
