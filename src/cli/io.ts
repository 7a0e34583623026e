/** What a command may do with the outside, so that tests can run one without a process. */
export interface Io {
  /** Standard output, verbatim. */
  readonly out: (text: string) => void;
  /** Standard error, verbatim. */
  readonly err: (text: string) => void;
  /** All of standard input. */
  readonly stdin: () => Promise<Uint8Array>;
}

/** Exit statuses: answered; the input cannot be used; wrong usage. */
export const OK = 0;
export const BAD_INPUT = 1;
export const BAD_USAGE = 2;

/** Ends a command with its exit status and a message for people. Thrown only inside `cli`, caught by run(). */
export class CliError extends Error {
  readonly status: typeof BAD_INPUT | typeof BAD_USAGE;

  constructor(status: typeof BAD_INPUT | typeof BAD_USAGE, message: string) {
    super(message);
    this.status = status;
  }
}
