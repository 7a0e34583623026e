import { useViewport } from '@xyflow/react';
import { namesInView, titledOf } from './houseNames.ts';
import type { Layout } from './layout.ts';
import { StageIcon } from './StageIcon.tsx';
import type { StageStrings } from './strings.ts';

/** Names of houses at the upper edge of the picture while their own are above it, and in full size while those are too small to read. */
export function HouseNames({ layout, strings }: { readonly layout: Layout; readonly strings: StageStrings }) {
  const view = useViewport();
  return namesInView(titledOf(layout, strings), view).map(({ house, x, y, room }) => (
    <div key={house.id} className="house-name" style={{ transform: `translate(${x}px, ${y}px)`, maxWidth: room }}>
      <StageIcon name={house.icon} />
      <span>{house.title}</span>
    </div>
  ));
}
