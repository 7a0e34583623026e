import type { NodeProps } from '@xyflow/react';
import { memo } from 'react';
import type { PodNodeType } from './nodes.ts';
import { StageIcon } from './StageIcon.tsx';

/** A namespace without a hook map of its own, on the roof of its host. */
export const PodNode = memo(function PodNode({ data }: NodeProps<PodNodeType>) {
  const { box, mark } = data;
  return (
    <div className="device" data-kind="pod" data-mark={mark} title={box.title}>
      <StageIcon name="pod" />
      <span>
        <b>{box.label}</b>
        {box.note !== undefined && <small>{box.note}</small>}
      </span>
      {mark === 'stop' && <StageIcon name="cross" />}
    </div>
  );
});
