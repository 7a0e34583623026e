import type { EdgeProps } from '@xyflow/react';
import { memo, useLayoutEffect, useRef } from 'react';
import type { NoteEdgeType, TrailEdgeType } from './edges.ts';
import { lengthOf, MOVE_EASING } from './motion.ts';

/** Where the packet has been, and the dotted stretch that comes next. */
export const TrailEdge = memo(function TrailEdge({ data }: EdgeProps<TrailEdgeType>) {
  const d = data?.d ?? '';
  const from = data?.from ?? 0;
  const move = data?.move ?? 0;
  const ref = useRef<SVGGElement>(null);
  useLayoutEffect(() => {
    if (move === 0 || d === '') return undefined;
    const whole = lengthOf(d);
    const growing = [...(ref.current?.querySelectorAll('.trail[data-growing]') ?? [])].map((path) =>
      path.animate([{ strokeDasharray: `${from} ${whole + 9}` }, { strokeDasharray: `${whole + 9} ${whole + 9}` }], { duration: move, easing: MOVE_EASING }),
    );
    return () => growing.forEach((a) => a.cancel());
  }, [d, from, move]);
  if (!data) return null;
  return (
    <g ref={ref}>
      {data.past.map((path) => (
        <path key={path} className="trail" data-past="" d={path} />
      ))}
      {d !== '' && <path className="trail" data-growing="" data-hollow={data.hollow || undefined} d={d} />}
      {d !== '' && data.hollow && <path className="trail" data-growing="" data-hollow="inside" d={d} />}
      {data.ahead !== '' && <path className="ahead" d={data.ahead} />}
    </g>
  );
});

/** The line from a capsule to its station, and the rays from a choice to its candidates. */
export const NoteEdge = memo(function NoteEdge({ data }: EdgeProps<NoteEdgeType>) {
  if (!data) return null;
  return (
    <g>
      {data.rays.map(({ d, taken }) => (
        <path key={d} className="ray" data-taken={taken || undefined} d={d} />
      ))}
      <g className="leader" data-fade={data.fade || undefined} key={data.leader}>
        <path d={data.leader} />
        {data.pin && <circle cx={data.pin.x} cy={data.pin.y} r={2.75} />}
      </g>
    </g>
  );
});
