import type { ExtensionMatch } from '../../world/matches.ts';
import type { Match } from '../../world/netfilter.ts';
import type { Tokens } from '../iptablesTokens.ts';
import { verbatim } from '../iptablesTokens.ts';

/** Where an option of a match stands: its value is the token at `at`. */
export interface OptionAt {
  readonly tokens: Tokens;
  readonly at: number;
  readonly negate: boolean;
}

/** What an option means, and how many value tokens it took; `matches` may be empty for an option without an effect. */
export interface OptionRead {
  readonly matches: readonly Match[];
  readonly took: number;
}

/** Reads one option of a module, each a condition of its own. */
export type ReadOption = (option: string, at: OptionAt) => OptionRead | undefined;

export const one = (match: Match, took = 1): OptionRead => ({ matches: [match], took });
export const valueOf = ({ tokens, at }: OptionAt, index = 0): string | undefined => tokens.text[at + index];

/** One option as given: its value, '' when it takes none. */
export interface Given {
  readonly value: string;
  readonly negate: boolean;
}

type Spelling<T> = T extends unknown ? Omit<T, 'text'> : never;
export type Unspelled = Spelling<ExtensionMatch>;

/** A module whose options make one condition together. `build` is given nothing when the rule has the bare `-m NAME`. */
export interface Module {
  /** How many values each option takes: none or one. */
  readonly takes: Readonly<Record<string, 0 | 1>>;
  readonly build: (given: ReadonlyMap<string, Given>) => Unspelled | undefined;
}

/** Turns a module into a reader: from its first option on it takes all that belong to it. */
export function readModule(name: string, { takes, build }: Module): ReadOption {
  return (first, { tokens, at, negate: firstNegated }) => {
    const given = new Map<string, Given>();
    const { text } = tokens;
    let option: string | undefined = first;
    let negate = firstNegated;
    let next = at;
    let end = at;
    while (option !== undefined && Object.hasOwn(takes, option)) {
      const count = takes[option] ?? 0;
      // Old spellings put the `!` between the option and its value.
      const inside = count > 0 && text[next] === '!' && !negate;
      const value = count > 0 ? text[next + (inside ? 1 : 0)] : '';
      if (value === undefined || given.has(option)) return undefined;
      given.set(option, { value, negate: negate || inside });
      end = next + count + (inside ? 1 : 0);
      negate = text[end] === '!';
      option = text[end + (negate ? 1 : 0)];
      next = end + (negate ? 2 : 1);
    }
    const built = given.size === 0 ? undefined : build(given);
    const start = at - (text[at - 2] === '!' && firstNegated ? 2 : 1);
    return built && one({ ...built, text: `-m ${name} ${verbatim(tokens, start, end)}` }, end - at);
  };
}

/** The condition of a bare `-m NAME`; undefined when the module wants an option, or one follows. */
export function bareModule(name: string, { takes, build }: Module, tokens: Tokens, at: number): Match | undefined {
  const word = tokens.text[at] === '!' ? tokens.text[at + 1] : tokens.text[at];
  if (word !== undefined && Object.hasOwn(takes, word)) return undefined;
  const built = build(new Map());
  return built && ({ ...built, text: `-m ${name}` });
}
