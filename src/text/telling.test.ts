import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pieces, plain } from './telling.ts';

describe('pieces', () => {
  it.each`
    text                                   | expected
    ${'It gets *a mark*.'}                 | ${[['plain', 'It gets '], ['strong', 'a mark'], ['plain', '.']]}
    ${'`0x4000` is set'}                   | ${[['code', '0x4000'], ['plain', ' is set']]}
    ${'nothing to see'}                    | ${[['plain', 'nothing to see']]}
    ${'a lone * stays'}                    | ${[['plain', 'a lone * stays']]}
    ${''}                                  | ${[]}
  `('takes “$text” apart', ({ text, expected }: { text: string; expected: readonly (readonly [string, string])[] }) => {
    expect(pieces(text).map((p) => [p.tone, p.text])).toEqual(expected);
  });

  it('lets no name from a dump change the tone of a text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('*', '`', 'a', ' ', '<b>') }), (name) => {
        const made = pieces(`chain \`${plain(name)}\` is *${plain(name)}*.`);
        const tones = made.filter((p) => p.tone !== 'plain').map((p) => p.text);
        expect(tones).toEqual(name === '' ? [] : [name, name]);
      }),
    );
  });
});
