import { useReactFlow, type Viewport } from '@xyflow/react';
import { useEffect, useRef } from 'react';
import { fitAll, type Focus, inSight, READABLE, type Size, type View, viewOf } from './camera.ts';

export interface Camera {
  /** The view to begin with; undefined while there is nothing to look at. */
  readonly first: Viewport | undefined;
  readonly zoom: (by: number) => void;
  readonly fit: () => void;
  readonly touched: (event: unknown) => void;
}

const STEP_MS = 160;

/**
 * Moves the view. The glide is a CSS transition of the viewport's transform: React Flow's own animation would bring d3-transition and what
 * it needs into the first load (see vite.config.ts).
 */
function glide(move: () => unknown, durationMs: number): void {
  const pane = document.querySelector<HTMLElement>('.react-flow__viewport');
  if (pane && durationMs > 0) {
    pane.style.transition = `transform ${durationMs}ms var(--ease-move)`;
    const stop = () => {
      pane.style.transition = '';
    };
    pane.addEventListener('transitionend', stop, { once: true });
    setTimeout(stop, durationMs + 50); // no transition runs when the view is where it should be
  }
  void move();
}

/**
 * Moves the view for the packet's sake only: when the station or the capsule would be out of sight, when the picture or the room for it has changed, or when
 * candidates of a choice must be seen together. Where the user has moved it, it stays as long as the packet can be seen.
 */
export function useCamera(focus: Focus | undefined, size: Size, move: number): Camera {
  const flow = useReactFlow();
  const seen = useRef<{ readonly layout: unknown; readonly size: Size; readonly zoomedOut: boolean } | undefined>(undefined);
  const mine = useRef(true);
  const first = focus && size.w > 0 ? viewOf(focus, size) : undefined;

  useEffect(() => {
    if (!focus || size.w === 0 || size.h === 0) return;
    const before = seen.current;
    const wanted = viewOf(focus, size);
    const current = flow.getViewport();
    const changed = before === undefined || before.layout !== focus.layout || before.size !== size;
    const pans = fitAll(focus.layout, size).zoom < READABLE;
    const choiceTurns = mine.current && pans && (focus.choice || before?.zoomedOut === true);
    seen.current = { layout: focus.layout, size, zoomedOut: focus.choice };
    if (!changed && !choiceTurns && inSight(current, focus, size)) return;
    mine.current = true;
    glide(() => flow.setViewport(wanted), changed ? 0 : move);
  }, [flow, focus, size, move]);

  return {
    first,
    zoom: (by) => {
      mine.current = false;
      glide(() => flow.zoomTo(flow.getZoom() * by), move === 0 ? 0 : STEP_MS);
    },
    fit: () => {
      if (!focus) return;
      mine.current = true;
      const whole: View = fitAll(focus.layout, size);
      void flow.setViewport(whole);
    },
    touched: (event) => {
      if (event !== null) mine.current = false;
    },
  };
}
