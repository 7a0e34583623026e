/** A walk of a hundred connections has tens of thousands of steps at the finest detail; no browser lays these out in one frame. */
const BLOCK = 300;

/** The part of a long list that is shown: whole blocks, so that stepping does not shift it, with the ones before and behind. */
export function windowAround(index: number, count: number): { readonly from: number; readonly to: number } {
  const block = Math.floor(Math.max(0, index) / BLOCK) * BLOCK;
  return { from: Math.max(0, Math.min(block - BLOCK, count)), to: Math.min(count, block + 2 * BLOCK) };
}
