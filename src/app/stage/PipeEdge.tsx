import type { EdgeProps } from '@xyflow/react';
import { memo } from 'react';
import type { PipeEdgeType } from './edges.ts';

const HALF = 13;

/** A tunnel as its two devices see it; while the frame is on the wire, its ghost is in here. */
export const PipeEdge = memo(function PipeEdge({ data }: EdgeProps<PipeEdgeType>) {
  if (!data) return null;
  const { kind, y, parts, middle, seenBy, strings } = data;
  const first = parts[0];
  const last = parts.at(-1);
  return (
    <g>
      {parts.map(({ x1, x2 }) => (
        <g key={x1}>
          <path className="pipe-body" d={`M${x1} ${y - HALF}H${x2}V${y + HALF}H${x1}Z`} />
          <path className="pipe-wall" d={`M${x1} ${y - HALF}H${x2}M${x1} ${y + HALF}H${x2}`} />
        </g>
      ))}
      {first && <ellipse className="pipe-mouth" cx={first.x1 + 2} cy={y} rx={5} ry={HALF} />}
      {last && <ellipse className="pipe-mouth" cx={last.x2 - 2} cy={y} rx={5} ry={HALF} />}
      <text className="pipe-label" x={middle} y={y - HALF - 9}>{strings.tunnel(kind)}</text>
      {seenBy !== undefined && (
        <>
          <rect className="pipe-ghost" x={middle - 18} y={y - 6} width={36} height={12} rx={6} />
          <text className="pipe-label" data-quiet="" x={middle} y={y + HALF + 17}>{strings.asSeenBy(seenBy)}</text>
        </>
      )}
    </g>
  );
});
