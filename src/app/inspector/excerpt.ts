import type { Condition, Endpoint, SetChange } from '../../engine/step.ts';
import type { SourceRef } from '../../world/source.ts';

/**
 * What a line of a dump had to do with the stop. hit: it decided. bad: it decided against the packet. path: matched on the way.
 * skip: tried, did not match. unknown: could not be decided. dim: a neighbour, not reached.
 */
export type LineMark = 'hit' | 'bad' | 'path' | 'skip' | 'unknown' | 'dim';

/** What is said beneath a line; words are made in strings.ts. */
export type Note =
  | { readonly kind: 'holds' | 'fails' | 'undecided'; readonly condition: Condition }
  | { readonly kind: 'mark'; readonly before: number; readonly after: number }
  | { readonly kind: 'set'; readonly change: SetChange }
  | { readonly kind: 'rewrite'; readonly manip: 'src' | 'dst'; readonly before: Endpoint; readonly after: Endpoint; readonly dev: string | undefined }
  | { readonly kind: 'ends'; readonly verdict: string }
  | { readonly kind: 'returns' }
  | { readonly kind: 'policy'; readonly chain: string; readonly policy: string }
  | { readonly kind: 'route'; readonly priority: number | undefined; readonly table: string | undefined }
  | { readonly kind: 'picked'; readonly odds: number | undefined }
  | { readonly kind: 'no-weight' };

export interface ExcerptLine {
  readonly kind: 'line';
  /** Where it stands; undefined for what has no line in any dump. */
  readonly ref: SourceRef | undefined;
  /** Verbatim. */
  readonly text: string;
  readonly mark: LineMark;
  readonly notes: readonly Note[];
  /** The stop is about this very line, though it may not have decided. */
  readonly now?: true;
}

export type ExcerptRow =
  | { readonly kind: 'chain'; readonly name: string }
  | ExcerptLine
  /** Lines that only tell that nothing happened: shown when asked for. */
  | { readonly kind: 'fold'; readonly key: string; readonly lines: readonly ExcerptLine[] };

/** A piece of one dump. */
export interface Excerpt {
  readonly key: string;
  readonly host: string;
  readonly netns: string | null;
  /** The command whose output it is, as typed. */
  readonly command: string | undefined;
  /** The table within the command's output. */
  readonly table: string | undefined;
  readonly rows: readonly ExcerptRow[];
}
