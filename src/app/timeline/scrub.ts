import type { PointerEvent } from 'react';

/** Handlers of a slider that is pressed or dragged: `at` tells the stop at so many pixels from its left edge, `width` being its whole width. */
export function scrub(at: (x: number, width: number) => number, onSeek: (index: number) => void) {
  const seek = (event: PointerEvent<HTMLElement>): void => {
    const box = event.currentTarget.getBoundingClientRect();
    onSeek(at(event.clientX - box.left, box.width));
  };
  return {
    onPointerDown: (event: PointerEvent<HTMLElement>): void => {
      if (event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      seek(event);
    },
    onPointerMove: (event: PointerEvent<HTMLElement>): void => {
      if (event.currentTarget.hasPointerCapture(event.pointerId)) seek(event);
    },
  };
}
