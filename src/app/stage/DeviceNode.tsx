import type { NodeProps } from '@xyflow/react';
import { memo } from 'react';
import type { DeviceNodeType } from './nodes.ts';
import { StageIcon } from './StageIcon.tsx';

/** A device, a machine that is one small box, or the processes of a host. */
export const DeviceNode = memo(function DeviceNode({ data }: NodeProps<DeviceNodeType>) {
  const { box, mark, strings } = data;
  const name = box.words === 'process' || box.words === 'outside' ? strings[box.words] : box.label;
  return (
    <div className="device" data-icon={box.icon} data-kind={box.kind} data-dashed={box.dashed || undefined} data-mark={mark} title={box.title || name}>
      <StageIcon name={box.icon ?? 'other'} />
      <span>
        <b>{name}</b>
        {box.note !== undefined && <small>{box.note}</small>}
      </span>
      {mark === 'stop' && <StageIcon name="cross" />}
    </div>
  );
});
