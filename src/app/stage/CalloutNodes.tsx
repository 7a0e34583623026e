import { Handle, type NodeProps, Position } from '@xyflow/react';
import { memo, useLayoutEffect, useRef } from 'react';
import { Capsule } from './Capsule.tsx';
import { MOVE_EASING, lengthOf } from './motion.ts';
import type { BubbleNodeType, CapsuleNodeType, OddsNodeType, TokenNodeType } from './nodes.ts';

export const CapsuleNode = memo(function CapsuleNode({ data }: NodeProps<CapsuleNodeType>) {
  return <Capsule capsule={data.capsule} inside={data.inside} tag={data.tag} strings={data.strings} />;
});

/** How likely chance takes a candidate. */
export const OddsNode = memo(function OddsNode({ data }: NodeProps<OddsNodeType>) {
  return (
    <div className="odds" data-taken={data.taken || undefined}>
      {data.text}
    </div>
  );
});

/** What the server takes for its client: the one sentence of a trace that is spoken by who is in it. */
export const BubbleNode = memo(function BubbleNode({ data }: NodeProps<BubbleNodeType>) {
  const { sees, truly, side, strings } = data;
  return (
    <div className="bubble" data-side={side}>
      <small>{strings.myClient}</small>
      <b>{sees}</b>
      <small>{sees === truly ? strings.trueClient : strings.nowhere(truly)}</small>
    </div>
  );
});

/** The packet on its way: at a station the box lies over it, on a wire it is what is seen. */
export const TokenNode = memo(function TokenNode({ data }: NodeProps<TokenNodeType>) {
  const { d, from, tone, onWire, move } = data;
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (move === 0 || d === '') return undefined;
    const whole = lengthOf(d) || 1;
    const glide = ref.current?.animate([{ offsetDistance: `${(from / whole) * 100}%`, opacity: 1 }, { offsetDistance: '100%', opacity: 1 }], { duration: move, easing: MOVE_EASING });
    return () => glide?.cancel();
  }, [d, from, move]);
  if (d === '') return null;
  return <div ref={ref} className="token" data-tone={tone} data-wire={onWire || undefined} style={{ offsetPath: `path('${d}')`, offsetDistance: '100%' }} />;
});

/** Edges carry their own geometry; the library wants two ends all the same, and this is both of them. */
export const AnchorNode = memo(function AnchorNode() {
  return (
    <>
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
      <Handle type="target" position={Position.Top} isConnectable={false} />
    </>
  );
});
