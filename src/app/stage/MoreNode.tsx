import type { NodeProps } from '@xyflow/react';
import { memo } from 'react';
import type { MoreNodeType } from './nodes.ts';
import { StageIcon } from './StageIcon.tsx';

/** What is not drawn, as a count; pressing it draws it. */
export const MoreNode = memo(function MoreNode({ data }: NodeProps<MoreNodeType>) {
  const { box, strings } = data;
  const words = box.words === 'moreNodes' || box.words === 'moreHere' || box.words === 'morePods' || box.words === 'morePorts' ? strings[box.words](box.count) : '';
  if (box.kind === 'more') return <div className="more" title={strings.unfold}>{words}</div>;
  return (
    <div className="house" data-bystander="" data-folded="" title={box.title}>
      <h3>
        <StageIcon name="node" />
        {words}
      </h3>
      <p>{strings.unfold}</p>
    </div>
  );
});
