/** `--ease-move`: Web Animations take no custom properties. */
export const MOVE_EASING = 'cubic-bezier(.5,.05,.2,1)';

/** Duration of a move at normal speed, in milliseconds: `--t-move`. */
export const MOVE_MS = 520;

/** Length of SVG path data in pixels, as the browser measures it. */
export function lengthOf(d: string): number {
  if (d === '') return 0;
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', d);
  return path.getTotalLength();
}

/** True when the reader asked for no motion. */
export const prefersStill = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;
