import { type RefObject, useLayoutEffect, useRef } from 'react';

/** True when a word of the bar is cut, or something hangs over its end. */
const isFull = (bar: HTMLElement): boolean => bar.scrollWidth > bar.clientWidth || [...bar.querySelectorAll<HTMLElement>('.pick > span, .word > span')].some((word) => word.scrollWidth > word.clientWidth + 1);

/** Marks a bar as full (`data-full`) whenever what is in it does not fit side by side; then it folds what it can into menus. */
export function useFold(): RefObject<HTMLElement | null> {
  const bar = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const element = bar.current;
    if (!element) return undefined;
    const measure = () => {
      element.removeAttribute('data-full');
      element.toggleAttribute('data-full', isFull(element));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  });
  return bar;
}
