import type { Lang } from '../../text/lang.ts';
import type { Reading } from '../../text/reading-types.ts';
import { stepByKey } from './keys.ts';
import { scrub } from './scrub.ts';
import { timelineStrings } from './strings.ts';

interface PhoneBarProps {
  readonly reading: Reading;
  readonly index: number;
  /** The step as a sentence, for `aria-valuetext`. */
  readonly words: string;
  readonly place: string;
  readonly lang: Lang;
  readonly onSeek: (index: number) => void;
}

/** More stops than this would be a solid band of dots at a thumb's width. */
const MAX_DOTS = 28;

/** The timeline where there is no room for lanes: one slider with a stop a step, and the place in words. */
export function PhoneBar({ reading, index, words, place, lang, onSeek }: PhoneBarProps) {
  const count = reading.stops.length;
  const last = Math.max(count - 1, 1);
  const at = (i: number) => `${(i / last) * 100}%`;
  return (
    <div className="tl-phone">
      <div
        className="tl-phone-slider"
        role="slider"
        tabIndex={0}
        aria-label={timelineStrings(lang).steps}
        aria-valuemin={1}
        aria-valuemax={Math.max(count, 1)}
        aria-valuenow={index + 1}
        aria-valuetext={words}
        onKeyDown={(event) => stepByKey(event, index, count, onSeek)}
        {...scrub((x, width) => stopAt(x, width, count), onSeek)}
      >
        <div className="tl-phone-track">
          <i className="tl-phone-done" style={{ width: at(index) }} />
          {count <= MAX_DOTS &&
            reading.stops.map((s) => <i key={s.index} className="tl-phone-dot" data-done={s.index <= index || undefined} data-way={s.way} style={{ left: at(s.index) }} />)}
          <i className="tl-phone-thumb" style={{ left: at(index) }} />
        </div>
      </div>
      <div className="tl-phone-words" aria-hidden="true">
        <span>
          {index + 1} / {count}
        </span>
        <span>{place}</span>
      </div>
    </div>
  );
}

/** Pixels from the slider's edge to the centre of its first and last stop; the stylesheet has the same. */
const INSET = 8;

/** The stop nearest to a place on the slider. */
function stopAt(x: number, width: number, count: number): number {
  const part = (x - INSET) / Math.max(width - 2 * INSET, 1);
  return Math.round(Math.max(0, Math.min(1, part)) * Math.max(count - 1, 0));
}
