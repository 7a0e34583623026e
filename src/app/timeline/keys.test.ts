import type { KeyboardEvent } from 'react';
import { describe, expect, it } from 'vitest';
import { stepByKey } from './keys.ts';

const press = (key: string, index: number, modifiers: object = {}): { readonly to: number | undefined; readonly stopped: boolean } => {
  let to: number | undefined;
  let stopped = false;
  const event = { key, altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, ...modifiers, preventDefault: () => undefined, stopPropagation: () => (stopped = true) };
  stepByKey(event as unknown as KeyboardEvent, index, 30, (next) => (to = next));
  return { to, stopped };
};

describe('keys of the slider', () => {
  it.each`
    key             | at    | to
    ${'ArrowRight'} | ${4}  | ${5}
    ${'ArrowLeft'}  | ${4}  | ${3}
    ${'ArrowLeft'}  | ${0}  | ${0}
    ${'ArrowRight'} | ${29} | ${29}
    ${'PageUp'}     | ${4}  | ${7}
    ${'PageDown'}   | ${1}  | ${0}
    ${'Home'}       | ${9}  | ${0}
    ${'End'}        | ${9}  | ${29}
  `('$key goes from $at to $to', ({ key, at, to }) => expect(press(key, at)).toEqual({ to, stopped: true }));

  it.each`
    key             | modifiers
    ${' '}          | ${{}}
    ${'ArrowRight'} | ${{ shiftKey: true }}
    ${'ArrowLeft'}  | ${{ altKey: true }}
    ${'2'}          | ${{}}
  `('leaves $key with $modifiers to the page', ({ key, modifiers }) => expect(press(key, 4, modifiers)).toEqual({ to: undefined, stopped: false }));
});
