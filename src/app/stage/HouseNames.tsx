import { useViewport } from '@xyflow/react';
import { namesInView } from './houseNames.ts';
import type { Layout } from './layout.ts';
import { StageIcon } from './StageIcon.tsx';

/** Names of houses at the upper edge of the picture while their own are above it, and in full size while those are too small to read. */
export function HouseNames({ layout }: { readonly layout: Layout }) {
  const view = useViewport();
  return namesInView(layout, view).map(({ house, x, y, room }) => (
    <div key={house.id} className="house-name" style={{ transform: `translate(${x}px, ${y}px)`, maxWidth: room }}>
      <StageIcon name={house.cast.netns === null ? 'node' : 'pod'} />
      <span>{house.title}</span>
    </div>
  ));
}
