/** A place in what the user gave us. `input` is the file's path in the bundle; `line` is 1-based. */
export interface SourceRef {
  readonly input: string;
  readonly line: number;
}
