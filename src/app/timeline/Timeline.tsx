import './timeline.css';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { Trace } from '../../engine/trace-types.ts';
import { headline } from '../../text/headline.ts';
import type { Lang } from '../../text/lang.ts';
import type { Detail, Reading } from '../../text/reading-types.ts';
import { netnsId } from '../../world/lookup.ts';
import type { World } from '../../world/world.ts';
import { GLYPHS, glyphOf } from '../glyphs/glyphOf.ts';
import { stepByKey } from './keys.ts';
import { Lanes } from './Lanes.tsx';
import { LABEL_WIDTH, LANE_HEIGHT, layoutTimeline, nearestStop, placeStops, strokesOf, type Tick } from './layout.ts';
import { PhoneBar } from './PhoneBar.tsx';
import { placeWords } from './placeWords.ts';
import { scrub } from './scrub.ts';
import { timelineStrings } from './strings.ts';
import { DetailSwitch, Legend, SpeedButton, StepButtons, StepCount } from './Transport.tsx';

export interface TimelineProps {
  readonly trace: Trace;
  readonly world: World;
  readonly readings: Readonly<Record<Detail, Reading>>;
  readonly detail: Detail;
  /** Of the current stop in the reading of `detail`. */
  readonly index: number;
  readonly playing: boolean;
  /** 1 is the usual pace. */
  readonly speed: number;
  readonly lang: Lang;
  readonly onSeek: (index: number) => void;
  readonly onPlay: () => void;
  readonly onDetail: (detail: Detail) => void;
  readonly onSpeed: (speed: number) => void;
}

/** The walk in time: a transport row, and a lane a namespace with one thread through them. On a phone one slider in the transport row. */
export function Timeline({ trace, world, readings, detail, index: wanted, playing, speed, lang, onSeek, onPlay, onDetail, onSpeed }: TimelineProps) {
  const t = timelineStrings(lang);
  const reading = readings[detail];
  const count = reading.stops.length;
  // After an edit the walk may be shorter than the place where one stood.
  const index = Math.max(0, Math.min(wanted, count - 1));
  const stop = reading.stops[index];
  const [frame, width] = useWidth();
  const layout = useMemo(() => layoutTimeline(trace, readings.story, readings.rules, width), [trace, readings, width]);
  const places = useMemo(() => placeStops(layout, readings.story, reading), [layout, readings.story, reading]);
  const strokes = useMemo(() => strokesOf(layout, readings.story, reading), [layout, readings.story, reading]);
  const glyphs = useMemo(() => GLYPHS.filter((g) => readings.story.stops.some((s) => glyphOf(s) === g)), [readings.story]);
  const at = places[index] ?? layout.ticks[0] ?? { x: LABEL_WIDTH, y: 0 };
  const tick = layout.ticks.findIndex((k) => Math.abs(k.x - at.x) < 0.01);
  const titleOf = useCallback(({ stop: s }: Tick) => `${s.index + 1}. ${headline({ trace, world, reading: readings.story, lang }, s)}`, [trace, world, readings.story, lang]);
  const words = stop ? t.stepText(index + 1, count, headline({ trace, world, reading, lang }, stop)) : '';
  const lane = stop && netnsId(stop.host, stop.netns);
  useFollow(frame, at.x, layout.width);

  return (
    <section className="timeline" aria-label={t.timeline}>
      <div className="tl-transport">
        <StepButtons index={index} count={count} playing={playing} lang={lang} onSeek={onSeek} onPlay={onPlay} />
        <StepCount index={index} count={count} lang={lang} />
        <DetailSwitch detail={detail} lang={lang} onDetail={onDetail} />
        <SpeedButton speed={speed} lang={lang} onSpeed={onSpeed} />
        <PhoneBar reading={reading} index={index} words={words} place={stop ? placeWords(stop, trace.steps[stop.lead], lang) : ''} lang={lang} onSeek={onSeek} />
        <Legend glyphs={glyphs} lang={lang} />
      </div>
      <div className="tl-frame" ref={frame}>
        <div className="tl-names" style={{ width: LABEL_WIDTH }} aria-hidden="true">
          {layout.lanes.map((l) => (
            <div key={l.id} className="tl-name" data-on={l.id === lane || undefined} title={l.id} style={{ top: l.y - LANE_HEIGHT / 2 }}>
              {l.netns ?? l.host}
            </div>
          ))}
        </div>
        <div
          className="tl-slider"
          role="slider"
          tabIndex={0}
          aria-label={t.steps}
          aria-valuemin={1}
          aria-valuemax={Math.max(count, 1)}
          aria-valuenow={index + 1}
          aria-valuetext={words}
          style={{ width: layout.width, height: layout.height }}
          onKeyDown={(event) => stepByKey(event, index, count, onSeek)}
          {...scrub((x) => nearestStop(places.map((p) => p.x), x), onSeek)}
        >
          <Lanes layout={layout} strokes={strokes} at={at} current={tick < 0 ? undefined : tick} lang={lang} titleOf={titleOf} />
        </div>
      </div>
    </section>
  );
}

/** The width of an element, kept up to date. */
function useWidth() {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(960);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const measure = () => setWidth((was) => (element.clientWidth > 0 ? element.clientWidth : was));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, width] as const;
}

/** Where the lanes scroll, the playhead stays in view and clear of the names. */
function useFollow(frame: React.RefObject<HTMLDivElement | null>, x: number, width: number): void {
  useEffect(() => {
    const element = frame.current;
    if (!element || element.clientWidth >= width) return;
    const margin = 48;
    const left = element.scrollLeft + LABEL_WIDTH + margin;
    const right = element.scrollLeft + element.clientWidth - margin;
    if (x < left) element.scrollLeft = x - LABEL_WIDTH - margin;
    else if (x > right) element.scrollLeft = x - element.clientWidth + margin;
  }, [frame, x, width]);
}
