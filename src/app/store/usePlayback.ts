import { useEffect } from 'react';
import type { Detail } from '../../text/reading-types.ts';
import { readingIn, seek, usePage } from './store.ts';

/** How long a stop is looked at, at pace 1. Finer readings have more stops that say less. */
const DWELL_MS: Readonly<Record<Detail, number>> = { story: 1800, hooks: 1100, rules: 600 };
/** The time in which the packet travels to the stop (--t-move). */
const TRAVEL_MS = 520;

/** While the walk is played, goes on to the next stop after a pause, and stops at the end. */
export function usePlayback(): void {
  const playing = usePage((s) => s.playing);
  const index = usePage((s) => s.index);
  const detail = usePage((s) => s.detail);
  const speed = usePage((s) => s.speed);
  const count = usePage((s) => readingIn(s)?.stops.length ?? 0);
  useEffect(() => {
    if (!playing) return;
    if (index >= count - 1) {
      usePage.setState({ playing: false });
      return;
    }
    const timer = setTimeout(() => seek(index + 1), (DWELL_MS[detail] + TRAVEL_MS) / Math.max(0.1, speed));
    return () => clearTimeout(timer);
  }, [playing, index, detail, speed, count]);
}
