import { selection } from 'd3-selection';

/**
 * Stands in for d3-transition (vite.config.ts): d3-zoom asks it to interrupt running animations and, for double clicks, to animate.
 * The stage has neither, moves its view by CSS, and so spares the first load the real one with d3-timer, d3-ease and d3-color.
 */
selection.prototype.interrupt = function interruptNothing<T>(this: T): T {
  return this;
};

export const interrupt = (): void => {};
