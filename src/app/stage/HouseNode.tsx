import type { NodeProps } from '@xyflow/react';
import { memo } from 'react';
import { Ledger } from './Ledger.tsx';
import type { HouseNodeType } from './nodes.ts';
import { StageIcon } from './StageIcon.tsx';

/** A namespace with a hook map, or a machine that takes no part. */
export const HouseNode = memo(function HouseNode({ data }: NodeProps<HouseNodeType>) {
  const { house, active, ledger, strings } = data;
  const { cast, hall, rect } = house;
  return (
    <div className="house" data-active={active || undefined} data-bystander={!cast.takesPart || undefined} title={cast.host}>
      <h3>
        <StageIcon name={cast.netns === null ? 'node' : 'pod'} />
        {house.title}
      </h3>
      {!cast.takesPart && <p>{cast.pods.length > 0 ? strings.bystanderWithCandidate : strings.bystander}</p>}
      {ledger && (
        <div className="house-hall" style={{ left: hall.x - rect.x, top: hall.y - rect.y, width: hall.w, height: hall.h }}>
          <Ledger lines={ledger} strings={strings} />
        </div>
      )}
    </div>
  );
});
