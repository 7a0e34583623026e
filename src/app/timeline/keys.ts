import type { KeyboardEvent } from 'react';

/** Keys of a slider (WAI-ARIA Authoring Practices); a page is a tenth of the walk. Others are left to whoever listens further out. */
export function stepByKey(event: KeyboardEvent, index: number, count: number, onSeek: (index: number) => void): void {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const page = Math.max(2, Math.round(count / 10));
  const to: Readonly<Record<string, number>> = {
    ArrowRight: index + 1,
    ArrowUp: index + 1,
    ArrowLeft: index - 1,
    ArrowDown: index - 1,
    PageUp: index + page,
    PageDown: index - page,
    Home: 0,
    End: count - 1,
  };
  const next = to[event.key];
  if (next === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  onSeek(Math.max(0, Math.min(count - 1, next)));
}
