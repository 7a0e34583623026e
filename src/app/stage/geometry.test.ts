import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineLength, pointAlong, roundedPath, simplify, splitAt } from './geometry.ts';
import { fitText, textWidth } from './textWidth.ts';

const line = [{ x: 0, y: 0 }, { x: 10, y: 0 }, { x: 10, y: 30 }];

describe('lines', () => {
  it('drops points in the middle of a straight run, but keeps a turn back', () => {
    expect(simplify([{ x: 0, y: 0 }, { x: 5, y: 0 }, { x: 9, y: 0 }, { x: 9, y: 0 }, { x: 4, y: 0 }])).toEqual([{ x: 0, y: 0 }, { x: 9, y: 0 }, { x: 4, y: 0 }]);
  });

  it('rounds a corner by no more than half of its shorter side', () => {
    expect(roundedPath(line, 8)).toBe('M0 0L5 0Q10 0 10 5L10 30');
  });

  it('splits a line into two that together are as long', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 40, noNaN: true }), (at) => {
        const [a, b] = splitAt(line, at);
        expect(lineLength(a)).toBeCloseTo(at, 6);
        expect(lineLength(a) + lineLength(b)).toBeCloseTo(40, 6);
        expect(a.at(-1)).toEqual(pointAlong(line, at));
      }),
    );
  });
});

describe('fitText', () => {
  it('keeps beginning and end of a name that is too long', () => {
    const cut = fitText('ng-test-rs-deployment-7d8f9c6b5-kllg4', 150, 12, 'bold');
    expect(cut).toMatch(/^ng-test.*….*kllg4$/);
  });

  it('always fits, and leaves alone what fits', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.integer({ min: 13, max: 300 }), (text, width) => {
        const cut = fitText(text, width, 12, 'bold');
        expect(textWidth(cut, 12, 'bold')).toBeLessThanOrEqual(width);
      }),
    );
    expect(fitText('tunl0', 60, 12, 'bold')).toBe('tunl0');
  });

  it('takes the marks out that would turn text around or hide it', () => {
    expect(fitText('a\u202eb\u0007c', 100, 12, 'bold')).toBe('a b c');
  });
});
