import type { EdgeProps } from '@xyflow/react';
import { memo } from 'react';
import type { LabelEdgeType, RailEdgeType } from './edges.ts';

/** The ways that a packet could take. */
export const RailEdge = memo(function RailEdge({ data }: EdgeProps<RailEdgeType>) {
  return <g>{data?.paths.map(({ id, d }) => <path key={id} className="rail" d={d} />)}</g>;
});

/** Names of wires and diamonds, and who decides at the station. */
export const LabelEdge = memo(function LabelEdge({ data }: EdgeProps<LabelEdgeType>) {
  return (
    <g className="stage-labels">
      {data?.labels.map(({ id, at, anchor, tone, text }) => (
        <text key={id} x={at.x} y={at.y} textAnchor={anchor} data-tone={tone}>
          {text}
        </text>
      ))}
    </g>
  );
});
