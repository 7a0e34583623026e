import { whyEn } from './dictionaries/why.en.ts';
import { whyKo } from './dictionaries/why.ko.ts';
import type { Stop } from './reading-types.ts';
import { taleOf } from './tale.ts';
import { tell } from './tale-types.ts';
import { type Piece, pieces, type Telling } from './telling.ts';

export type { Piece, Telling } from './telling.ts';

const dictionaries = { en: whyEn, ko: whyKo };

/** Why it happened: one to three sentences in pieces. */
export function why(ctx: Telling, stop: Stop): readonly Piece[] {
  const tale = taleOf(ctx, stop);
  return tale ? pieces(tell(dictionaries[ctx.lang], tale)) : [];
}
