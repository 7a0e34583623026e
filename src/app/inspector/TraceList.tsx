import './inspector.css';
import { useEffect, useMemo, useRef } from 'react';
import type { Trace } from '../../engine/trace-types.ts';
import { eyebrow, headline } from '../../text/headline.ts';
import type { Lang } from '../../text/lang.ts';
import type { Reading } from '../../text/reading-types.ts';
import type { World } from '../../world/world.ts';
import { Glyph } from '../glyphs/Glyph.tsx';
import { glyphOf } from '../glyphs/glyphOf.ts';
import { inspectorStrings } from './strings.ts';
import { windowAround } from './window.ts';

export interface TraceListProps {
  readonly trace: Trace;
  readonly world: World;
  readonly reading: Reading;
  readonly index: number;
  readonly lang: Lang;
  readonly onSeek: (index: number) => void;
}

/** The whole walk as an ordered list of the same sentences that the stage and the timeline show: to read, to print, and for screen readers. */
export function TraceList({ trace, world, reading, index, lang, onSeek }: TraceListProps) {
  const t = inspectorStrings(lang);
  const list = useRef<HTMLOListElement>(null);
  const { from, to } = windowAround(index, reading.stops.length);
  const items = useMemo(() => {
    const ctx = { trace, world, reading, lang };
    return reading.stops.slice(from, to).map((stop) => ({ stop, sentence: headline(ctx, stop), where: eyebrow(ctx, stop) }));
  }, [trace, world, reading, lang, from, to]);
  useEffect(() => {
    list.current?.querySelector('[aria-current="step"]')?.scrollIntoView({ block: 'nearest' });
  }, [index, items]);
  return (
    <ol className="trace-list" ref={list} aria-label={t.list} start={from + 1}>
      {from > 0 && (
        <li>
          <button type="button" className="trace-more" onClick={() => onSeek(from - 1)}>
            {t.earlier(from)}
          </button>
        </li>
      )}
      {items.map(({ stop, sentence, where }) => (
        <li key={stop.index} data-way={stop.way}>
          <button type="button" aria-current={stop.index === index ? 'step' : undefined} onClick={() => onSeek(stop.index)}>
            <span className="trace-number">{stop.index + 1}</span>
            <Glyph subsystem={glyphOf(stop)} hollow={stop.way === 'reply'} size={13} />
            <span>
              <span className="trace-sentence">{sentence}</span>
              <small>{where}</small>
            </span>
          </button>
        </li>
      ))}
      {to < reading.stops.length && (
        <li>
          <button type="button" className="trace-more" onClick={() => onSeek(to)}>
            {t.later(reading.stops.length - to)}
          </button>
        </li>
      )}
    </ol>
  );
}
