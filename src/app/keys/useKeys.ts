import { useEffect } from 'react';
import { usePage } from '../store/store.ts';
import { commandFor, keyName } from './commands.ts';

/** True where keys mean text, or where the element has uses of its own for them. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'));
}

/** Elements that a key already means something for: Space presses a button, arrows move a slider or a radio. */
function hasOwnUse(target: EventTarget | null, name: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (name === ' ') return target.closest('button, a[href], summary, [role="radio"], [role="menuitem"]') !== null && !target.closest('[data-walk-keys]');
  if (/^(Shift\+)?(Arrow|Home|End)/.test(name)) return target.closest('[role="slider"], [role="radiogroup"], [role="menu"], [role="listbox"]') !== null;
  return false;
}

/** Listens for the commands' keys on the whole page; never while the user types, and behind a dialog only for its own Escape. */
export function useKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const name = keyName(event);
      if (event.defaultPrevented || event.isComposing || isTyping(event.target) || hasOwnUse(event.target, name)) return;
      if (document.querySelector('dialog:modal') !== null) return;
      const command = commandFor(name, usePage.getState());
      if (!command) return;
      event.preventDefault();
      command.run();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}
