/**
 * Widths of labels without a browser, so that the layout is pure and the same everywhere. The figures are those of DejaVu Sans, the widest face that the font
 * stack can fall to; every other face is narrower, so what fits here fits there. Hangul and all else outside ASCII count as a full em.
 */
export type Face = 'bold' | 'regular' | 'mono';

// Advance widths of U+0020 to U+007E in hundredths of an em: DejaVu Sans Bold and DejaVu Sans Book 2.37.
const BOLD =
  '35 46 52 84 70 100 87 31 46 46 52 84 38 42 38 37 70 70 70 70 70 70 70 70 70 70 40 40 84 84 84 58 100 77 76 73 83 68 68 82 84 37 37 77 64 100 84 85 73 85 77 72 68 81 77 110 77 72 73 46 37 46 84 50 50 67 72 59 72 68 44 72 71 34 34 67 34 104 71 69 72 72 49 60 48 71 65 92 65 65 58 71 37 71 84';
const REGULAR =
  '32 40 46 84 64 95 78 27 39 39 50 84 32 36 32 34 64 64 64 64 64 64 64 64 64 64 34 34 84 84 84 53 100 68 69 70 77 63 58 77 75 29 29 66 56 86 75 79 60 79 69 63 61 73 68 99 69 61 69 39 34 39 84 50 50 61 63 55 63 62 35 63 63 28 28 58 28 97 63 61 63 63 41 52 39 63 59 82 59 59 52 64 34 64 84';
const ADVANCE: Readonly<Record<'bold' | 'regular', readonly number[]>> = { bold: BOLD.split(' ').map(Number), regular: REGULAR.split(' ').map(Number) };
const ELLIPSIS = '…';

function advance(char: string, face: Face): number {
  const code = char.codePointAt(0) ?? 0;
  if (code >= 0x20 && code <= 0x7e) return face === 'mono' ? 61 : (ADVANCE[face][code - 0x20] ?? 100) + 0.5;
  return face === 'mono' && code < 0x1100 ? 61 : 100;
}

/** Pixels that `text` takes at `px` font size, never less than a browser would need. */
export function textWidth(text: string, px: number, face: Face): number {
  let sum = 0;
  for (const char of text) sum += advance(char, face);
  return (sum * px) / 100;
}

/** `text` cut in its middle so that it fits: the end of a generated name (`-kllg4`) tells more than its middle. Control characters become spaces. */
export function fitText(text: string, maxWidth: number, px: number, face: Face): string {
  const chars = [...text.slice(0, 512).replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/g, ' ')];
  const whole = chars.join('');
  if (textWidth(whole, px, face) <= maxWidth) return whole;
  for (let keep = chars.length - 1; keep > 0; keep--) {
    const tail = Math.floor(keep * 0.45);
    const cut = chars.slice(0, keep - tail).join('') + ELLIPSIS + (tail > 0 ? chars.slice(-tail).join('') : '');
    if (textWidth(cut, px, face) <= maxWidth) return cut;
  }
  return ELLIPSIS;
}
