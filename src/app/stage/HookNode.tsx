import type { NodeProps } from '@xyflow/react';
import { memo } from 'react';
import type { HookNodeType } from './nodes.ts';

/** A hook, or the diamond of a routing decision. */
export const HookNode = memo(function HookNode({ data }: NodeProps<HookNodeType>) {
  const { box, mark, strings } = data;
  if (box.kind === 'routing') return <div className="hook" data-routing="" data-mark={mark} title={strings.routing} />;
  return (
    <div className="hook" data-mark={mark}>
      {box.label}
    </div>
  );
});
