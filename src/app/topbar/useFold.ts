import { type RefObject, useLayoutEffect, useRef } from 'react';

/** How much of a word there is, and how much room it has: a quarter of a pixel too little is enough for an ellipsis, so whole pixels do not tell. */
function isCut(word: HTMLElement): boolean {
  const text = document.createRange();
  text.selectNodeContents(word);
  return text.getBoundingClientRect().width > word.getBoundingClientRect().width + 0.05;
}

/** True when a word of the bar is cut, or something hangs over its end. */
const isFull = (bar: HTMLElement): boolean => bar.scrollWidth > bar.clientWidth || [...bar.querySelectorAll<HTMLElement>('.pick > span, .word > span')].some(isCut);

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
    // Parts of the bar come and go by themselves: a choice is there once the walk is computed.
    const changes = new MutationObserver(measure);
    changes.observe(element, { childList: true, characterData: true, subtree: true });
    return () => {
      observer.disconnect();
      changes.disconnect();
    };
  });
  return bar;
}
