import { describe, expect, it, vi } from 'vitest';

// The store asks the browser for language and theme when it is made.
vi.stubGlobal('matchMedia', () => ({ matches: false }));
vi.stubGlobal('navigator', { languages: ['en-US'], userAgent: '' });
const { commandFor, COMMANDS, keyName } = await import('./commands.ts');
const { usePage } = await import('../store/store.ts');

const key = (name: string, mods: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey', boolean>> = {}) => ({ key: name, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...mods });

describe('keys', () => {
  it.each`
    event                                              | name
    ${key(' ')}                                        | ${' '}
    ${key('?', { shiftKey: true })}                    | ${'?'}
    ${key('ArrowLeft', { shiftKey: true })}            | ${'Shift+ArrowLeft'}
    ${key('z', { ctrlKey: true })}                     | ${'Mod+z'}
    ${key('Z', { metaKey: true, shiftKey: true })}     | ${'Mod+Shift+z'}
    ${key('ArrowLeft', { altKey: true })}              | ${'Alt+ArrowLeft'}
  `('are called $name', ({ event, name }: { event: Parameters<typeof keyName>[0]; name: string }) => expect(keyName(event)).toBe(name));

  it('belong to one command each', () => {
    const keys = Object.values(COMMANDS).flatMap((c) => c.keys as readonly string[]);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('do nothing while their command cannot be done', () => {
    expect(commandFor(' ', usePage.getState())).toBeUndefined();
    expect(commandFor('Mod+z', usePage.getState())).toBeUndefined();
    expect(commandFor('?', usePage.getState())).toBe(COMMANDS.help);
  });

  it('of the browser (Alt+← goes back in its history) are left alone', () => {
    expect(commandFor('Alt+ArrowLeft', usePage.getState())).toBeUndefined();
  });
});
