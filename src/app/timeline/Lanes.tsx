import { memo, useId } from 'react';
import type { Lang } from '../../text/lang.ts';
import { GlyphShape } from '../glyphs/Glyph.tsx';
import { glyphOf } from '../glyphs/glyphOf.ts';
import { LABEL_WIDTH, LANE_HEIGHT, LANES_TOP, type Point, type Run, type Tick, type TimelineLayout } from './layout.ts';
import { threadPath } from './thread.ts';
import { timelineStrings } from './strings.ts';

interface LanesProps {
  readonly layout: TimelineLayout;
  /** Small strokes of finer detail. */
  readonly strokes: readonly Point[];
  /** Where the playhead stands on the thread. */
  readonly at: Point;
  /** Index of the tick that is the current stop; undefined when it is a finer one. */
  readonly current: number | undefined;
  readonly lang: Lang;
  readonly titleOf: (tick: Tick) => string;
}

/** The picture of the timeline. It carries no semantics: the slider around it does. */
export function Lanes({ layout, strokes, at, current, lang, titleOf }: LanesProps) {
  const clip = useId();
  const { ticks, ways, lanes, runs, width, height } = layout;
  const { x } = at;
  const bottom = LANES_TOP + lanes.length * LANE_HEIGHT;
  // What leads up to the first tick is there only where its strokes are.
  const pieces = (from: number, to: number) => ways.slice(from === 0 && strokes.length === 0 ? 1 : from, to + 1).flat();
  return (
    <svg className="tl-lanes" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true" focusable="false">
      <clipPath id={clip}>
        <rect x="0" y="0" width={Math.max(x, 0)} height={height} />
      </clipPath>
      <Frame lanes={lanes} runs={runs} ticks={ticks} width={width} height={height} lang={lang} />
      <path className="tl-thread" d={threadPath(pieces(0, ticks.length - 1))} />
      <g clipPath={`url(#${clip})`}>
        {runs.map((run) => (
          <Walked key={run.from} run={run} d={threadPath(pieces(run.from, run.to))} />
        ))}
      </g>
      <path className="tl-strokes" d={strokes.map((s) => `M${s.x.toFixed(2)} ${s.y - 4}v8`).join('')} />
      <path className="tl-head" d={`M${x} 0V${bottom}`} />
      {ticks.map((tick, i) => (
        <TickMark key={tick.stop.index} tick={tick} state={i === current ? 'now' : tick.x < x + 0.01 ? 'done' : 'ahead'} lang={lang} titleOf={titleOf} />
      ))}
      {current === undefined && <circle className="tl-bead" cx={x} cy={at.y} r="5" />}
    </svg>
  );
}

/** Request: one line. Reply: a hollow one, so that the way is told without colour. */
const Walked = ({ run, d }: { readonly run: Run; readonly d: string }) =>
  run.way === 'request' ? (
    <path className="tl-walked" d={d} />
  ) : (
    <>
      <path className="tl-walked tl-tube" d={d} />
      <path className="tl-walked tl-bore" d={d} />
    </>
  );

interface TickMarkProps {
  readonly tick: Tick;
  readonly state: 'now' | 'done' | 'ahead';
  readonly lang: Lang;
  readonly titleOf: (tick: Tick) => string;
}

/** Makes its own title, so that a step that changes two ticks does not make all their sentences again. */
const TickMark = memo(function TickMark({ tick, state, lang, titleOf }: TickMarkProps) {
  const { x, y, stop, again } = tick;
  const size = state === 'ahead' ? 9.5 : 13;
  return (
    <g className="tl-tick" data-state={state} data-unknown={stop.kind === 'unknown' || undefined}>
      <title>{again > 0 ? `${titleOf(tick)} (${timelineStrings(lang).again(again)})` : titleOf(tick)}</title>
      <circle className="tl-back" cx={x} cy={y} r={state === 'now' ? 11 : 10} />
      <g transform={`translate(${x - size / 2} ${y - size / 2}) scale(${size / 14})`}>
        <GlyphShape name={glyphOf(stop)} hollow={stop.way === 'reply'} />
      </g>
      {again > 0 && <path className="tl-again" transform={`translate(${x + 9} ${y - 8})`} d="M3-1.2A3.2 3.2 0 1 0 3 1.4M3.4-3.6v2.6H.8" />}
    </g>
  );
});

/** Room that a direction's label takes; narrower stretches keep their line alone. */
const RUN_LABEL = 76;

interface FrameProps extends Pick<TimelineLayout, 'lanes' | 'runs' | 'ticks' | 'width' | 'height'> {
  readonly lang: Lang;
}

/** What never changes while stepping: hairlines between lanes, and the brackets of request and reply under them. */
const Frame = memo(function Frame({ lanes, runs, ticks, width, height, lang }: FrameProps) {
  const t = timelineStrings(lang);
  const several = runs.some((r) => r.connection > 0);
  return (
    <>
      {[...lanes.keys(), lanes.length].map((i) => (
        <path key={i} className="tl-hair" d={`M0 ${LANES_TOP + LANE_HEIGHT * i + 0.5}H${width}`} />
      ))}
      {runs.map((run) => {
        const from = ticks[run.from]?.x ?? LABEL_WIDTH;
        const to = ticks[run.to]?.x ?? from;
        const n = run.connection + 1;
        const label = run.way === 'request' ? (several ? t.requestOf(n) : t.request) : several ? t.replyOf(n) : t.reply;
        return (
          <g key={run.from}>
            <path className="tl-axis" d={`M${from} ${height - 11}H${to}`} />
            {to - from >= RUN_LABEL && (
              <text className="tl-way" x={(from + to) / 2} y={height - 7}>
                {label}
              </text>
            )}
          </g>
        );
      })}
    </>
  );
});
