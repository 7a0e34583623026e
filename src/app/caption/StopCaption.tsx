import { useMemo } from 'react';
import type { Trace } from '../../engine/trace-types.ts';
import { eyebrow, headline, nextLine } from '../../text/headline.ts';
import type { Lang } from '../../text/lang.ts';
import type { Reading } from '../../text/reading-types.ts';
import type { World } from '../../world/world.ts';
import { Glyph } from '../glyphs/Glyph.tsx';
import { glyphOf } from '../glyphs/glyphOf.ts';
import type { Strings } from '../strings.ts';
import { Caption } from './Caption.tsx';

interface Props {
  readonly trace: Trace;
  readonly world: World;
  readonly reading: Reading;
  readonly index: number;
  readonly lang: Lang;
  readonly t: Strings;
}

/** Characters that surely fit on one line of the headline; a Korean one is nearly twice as wide. */
const ONE_LINE: Readonly<Record<Lang, number>> = { en: 78, ko: 44 };

/** The caption of one stop of a reading. */
export function StopCaption({ trace, world, reading, index, lang, t }: Props) {
  const ctx = useMemo(() => ({ trace, world, reading, lang }), [trace, world, reading, lang]);
  const roomy = useMemo(() => reading.stops.some((s) => headline(ctx, s).length > ONE_LINE[lang]), [ctx, reading, lang]);
  const stop = reading.stops[index];
  if (!stop) return null;
  return <Caption glyph={<Glyph subsystem={glyphOf(stop)} hollow={stop.way === 'reply'} />} eyebrow={eyebrow(ctx, stop)} headline={headline(ctx, stop)} next={nextLine(ctx, stop)} roomy={roomy} t={t} />;
}
