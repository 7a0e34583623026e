import { memo } from 'react';
import type { Lang } from '../../text/lang.ts';
import type { Detail } from '../../text/reading-types.ts';
import { Glyph } from '../glyphs/Glyph.tsx';
import type { GlyphName } from '../glyphs/glyphOf.ts';
import { detailName, glyphName, timelineStrings } from './strings.ts';

const DETAILS: readonly Detail[] = ['story', 'hooks', 'rules'];
/** Factors of the usual dwell. */
export const SPEEDS: readonly number[] = [0.5, 1, 2];

interface StepButtonsProps {
  readonly index: number;
  readonly count: number;
  readonly playing: boolean;
  readonly lang: Lang;
  readonly onSeek: (index: number) => void;
  readonly onPlay: () => void;
}

/** First, previous, play, next, last. At an end the buttons stay focusable, so that the focus is not lost while stepping. */
export function StepButtons({ index, count, playing, lang, onSeek, onPlay }: StepButtonsProps) {
  const t = timelineStrings(lang);
  const last = Math.max(count - 1, 0);
  const step = (className: string, label: string, to: number, path: string) => (
    <button type="button" className={`tl-button ${className}`} aria-label={label} title={label} aria-disabled={to === index || undefined} onClick={() => onSeek(to)}>
      <Icon path={path} />
    </button>
  );
  return (
    <>
      {step('tl-first', t.first, 0, 'M11.5 3.5 7 8l4.5 4.5M4.5 3.5v9')}
      {step('tl-previous', t.previous, Math.max(index - 1, 0), 'M10 3.5 5.5 8l4.5 4.5')}
      <button type="button" className="tl-play" aria-label={playing ? t.pause : t.play} title={playing ? t.pause : t.play} onClick={onPlay}>
        <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
          {playing ? <path className="tl-bars" d="M5.2 3.4v9.2M10.8 3.4v9.2" /> : <path className="tl-triangle" d="M5 3.2v9.6L12.8 8z" />}
        </svg>
      </button>
      {step('tl-next', t.next, Math.min(index + 1, last), 'M6 3.5 10.5 8 6 12.5')}
      {step('tl-last', t.last, last, 'M4.5 3.5 9 8l-4.5 4.5M11.5 3.5v9')}
    </>
  );
}

const Icon = ({ path }: { readonly path: string }) => (
  <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path className="tl-line" d={path} />
  </svg>
);

/** `3 of 18`. */
export function StepCount({ index, count, lang }: { readonly index: number; readonly count: number; readonly lang: Lang }) {
  const { n, rest } = timelineStrings(lang).count(index + 1, count);
  return (
    <div className="tl-count">
      <b>{n}</b>
      {rest}
    </div>
  );
}

export const DetailSwitch = memo(function DetailSwitch({ detail, lang, onDetail }: { readonly detail: Detail; readonly lang: Lang; readonly onDetail: (detail: Detail) => void }) {
  return (
    <div className="tl-segmented" role="group" aria-label={timelineStrings(lang).detail}>
      {DETAILS.map((d) => (
        <button type="button" key={d} aria-pressed={d === detail} onClick={() => onDetail(d)}>
          {detailName(d, lang)}
        </button>
      ))}
    </div>
  );
});

/** One button that goes round the speeds: it is rarely used and the row is short of room. */
export const SpeedButton = memo(function SpeedButton({ speed, lang, onSpeed }: { readonly speed: number; readonly lang: Lang; readonly onSpeed: (speed: number) => void }) {
  const label = `${speed}×`;
  const next = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length] ?? 1;
  return (
    <button type="button" className="tl-speed" aria-label={timelineStrings(lang).speed(label)} title={timelineStrings(lang).speed(label)} onClick={() => onSpeed(next)}>
      {label}
    </button>
  );
});

/** What the silhouettes mean; only those that this trace has. */
export const Legend = memo(function Legend({ glyphs, lang }: { readonly glyphs: readonly GlyphName[]; readonly lang: Lang }) {
  return (
    <div className="tl-legend">
      {glyphs.map((glyph) => (
        <span key={glyph}>
          <Glyph subsystem={glyph} />
          {glyphName(glyph, lang)}
        </span>
      ))}
    </div>
  );
});
