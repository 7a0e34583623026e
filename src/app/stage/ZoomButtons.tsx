import { StageIcon } from './StageIcon.tsx';
import type { StageStrings } from './strings.ts';

interface Props {
  readonly strings: StageStrings;
  readonly onZoom: (by: number) => void;
  readonly onFit: () => void;
}

const STEP = 1.25;

export function ZoomButtons({ strings, onZoom, onFit }: Props) {
  return (
    <div className="stage-zoom" role="group" aria-label={strings.zoom}>
      <button type="button" aria-label={strings.zoomOut} title={strings.zoomOut} onClick={() => onZoom(1 / STEP)}>
        <StageIcon name="minus" />
      </button>
      <button type="button" aria-label={strings.fit} title={strings.fit} onClick={onFit}>
        <StageIcon name="fit" />
      </button>
      <button type="button" aria-label={strings.zoomIn} title={strings.zoomIn} onClick={() => onZoom(STEP)}>
        <StageIcon name="plus" />
      </button>
    </div>
  );
}
