/** One replacement in a list of lines: at line `at` (from 1) `remove` lines go and `add` come. `at` counts in the old text. */
export interface Hunk {
  readonly at: number;
  readonly remove: number;
  readonly add: readonly string[];
}

// Myers' greedy search is O(D) in memory for each of D rounds; beyond this many differences one big hunk is as good.
const MAX_DIFFERENCES = 400;

/** The hunks, in order, that turn `before` into `after`; shortest when the texts differ in at most 400 lines. */
export function diffLines(before: readonly string[], after: readonly string[]): readonly Hunk[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < before.length - head && tail < after.length - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  const a = before.slice(head, before.length - tail);
  const b = after.slice(head, after.length - tail);
  if (a.length === 0 && b.length === 0) return [];
  const path = a.length === 0 || b.length === 0 ? undefined : editPath(a, b);
  if (!path) return [{ at: head + 1, remove: a.length, add: b }];
  return toHunks(path, a.length, b, head);
}

/** E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), §4b: the matched pairs (i, j), or undefined when D is too large. */
function editPath(a: readonly string[], b: readonly string[]): readonly (readonly [number, number])[] | undefined {
  const rounds: Map<number, number>[] = [];
  let furthest = new Map<number, number>([[1, 0]]);
  for (let d = 0; d <= Math.min(MAX_DIFFERENCES, a.length + b.length); d++) {
    rounds.push(furthest);
    const next = new Map(furthest);
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));
      let x = down ? (furthest.get(k + 1) ?? 0) : (furthest.get(k - 1) ?? 0) + 1;
      let y = x - k;
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x++;
        y++;
      }
      next.set(k, x);
      if (x >= a.length && y >= b.length) return matches(rounds, a.length, b.length);
    }
    furthest = next;
  }
  return undefined;
}

/** Walks back through the rounds; the pairs come out in order. */
function matches(rounds: readonly ReadonlyMap<number, number>[], endX: number, endY: number): readonly (readonly [number, number])[] {
  const pairs: [number, number][] = [];
  let x = endX;
  let y = endY;
  for (let d = rounds.length - 1; d >= 0; d--) {
    const furthest = rounds[d] ?? new Map<number, number>();
    const k = x - y;
    const down = k === -d || (k !== d && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));
    const fromK = down ? k + 1 : k - 1;
    const fromX = d === 0 ? 0 : (furthest.get(fromK) ?? 0);
    const snakeX = d === 0 || down ? fromX : fromX + 1;
    while (x > snakeX) {
      x--;
      y--;
      pairs.push([x, y]);
    }
    x = fromX;
    y = fromX - fromK;
  }
  return pairs.toReversed();
}

function toHunks(pairs: readonly (readonly [number, number])[], oldLength: number, b: readonly string[], head: number): readonly Hunk[] {
  const hunks: Hunk[] = [];
  let i = 0;
  let j = 0;
  const close = (nextI: number, nextJ: number) => {
    if (nextI > i || nextJ > j) hunks.push({ at: head + i + 1, remove: nextI - i, add: b.slice(j, nextJ) });
    i = nextI;
    j = nextJ;
  };
  for (const [x, y] of pairs) {
    close(x, y);
    i = x + 1;
    j = y + 1;
  }
  close(oldLength, b.length);
  return hunks;
}

/** Applies hunks made against exactly these lines; undefined when they do not fit (wrong place, order or size). */
export function applyHunks(before: readonly string[], hunks: readonly Hunk[]): readonly string[] | undefined {
  const out: string[] = [];
  let next = 0;
  for (const { at, remove, add } of hunks) {
    const start = at - 1;
    if (start < next || start + remove > before.length) return undefined;
    out.push(...before.slice(next, start), ...add);
    next = start + remove;
  }
  return [...out, ...before.slice(next)];
}
