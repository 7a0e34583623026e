import { BAD_USAGE, CliError } from './io.ts';

/** Options that a command takes: `flag` has no value, `value` has one, `list` may be given several times. */
export type OptionKinds = Readonly<Record<string, 'flag' | 'value' | 'list'>>;

export interface Args {
  readonly words: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly values: Readonly<Record<string, readonly string[]>>;
}

/**
 * Splits a command's arguments. `--name value` and `--name=value` are the same; `--` ends the options. With `stopAt` words read,
 * everything behind them that is no option of ours is a word, so that `dump SOURCE --host H ip -d addr` needs no quoting.
 * Throws a CliError with status 2 for an option that the command does not have.
 */
export function parseArgs(argv: readonly string[], kinds: OptionKinds, stopAt = Number.POSITIVE_INFINITY): Args {
  const words: string[] = [];
  const flags = new Set<string>();
  const values: Record<string, string[]> = {};
  let open = true;
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i] ?? '';
    if (open && arg === '--') {
      open = false;
      continue;
    }
    const name = arg.startsWith('--') ? (arg.slice(2).split('=')[0] ?? '') : '';
    const kind = open && Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) {
      if (open && arg.startsWith('-') && arg !== '-' && words.length < stopAt) throw new CliError(BAD_USAGE, `unknown option ${arg}`);
      words.push(arg);
      continue;
    }
    const inline = arg.includes('=') ? arg.slice(arg.indexOf('=') + 1) : undefined;
    if (kind === 'flag') {
      if (inline !== undefined) throw new CliError(BAD_USAGE, `--${name} takes no value`);
      flags.add(name);
      continue;
    }
    const value = inline ?? argv[++i];
    if (value === undefined) throw new CliError(BAD_USAGE, `--${name} needs a value`);
    const given = (values[name] ??= []);
    if (given.length > 0 && kind === 'value') throw new CliError(BAD_USAGE, `--${name} is given twice`);
    given.push(value);
  }
  return { words, flags, values };
}

/** The value of an option that is given at most once. */
export const valueOf = (args: Args, name: string): string | undefined => args.values[name]?.[0];
