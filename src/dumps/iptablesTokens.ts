/** A rule's words, and where each stands in the line, so that an unknown part can be shown verbatim. */
export interface Tokens {
  readonly line: string;
  readonly text: readonly string[];
  readonly start: readonly number[];
  readonly end: readonly number[];
}

const SPACE = 32;
const TAB = 9;
const QUOTE = 34;
const BACKSLASH = 92;

/**
 * Splits a line as iptables-restore does (add_param_to_argv(), iptables/xshared.c): white space separates, double quotes group,
 * a backslash inside quotes takes the next character as it is. One pass over the characters, because dumps have 100,000 lines.
 */
export function tokenize(line: string, from = 0): Tokens {
  const text: string[] = [];
  const start: number[] = [];
  const end: number[] = [];
  let at = from;
  while (at < line.length) {
    const code = line.charCodeAt(at);
    if (code === SPACE || code === TAB) {
      at++;
      continue;
    }
    const first = at;
    let word = '';
    let plainFrom = at;
    let quoted = false;
    while (at < line.length) {
      const c = line.charCodeAt(at);
      if (c === QUOTE) {
        word += line.slice(plainFrom, at);
        quoted = !quoted;
        plainFrom = at + 1;
      } else if (quoted && c === BACKSLASH && at + 1 < line.length) {
        word += line.slice(plainFrom, at) + line.charAt(at + 1);
        at++;
        plainFrom = at + 1;
      } else if (!quoted && (c === SPACE || c === TAB)) break;
      at++;
    }
    text.push(word + line.slice(plainFrom, at));
    start.push(first);
    end.push(at);
  }
  return { line, text, start, end };
}

/** The tokens `from`..`to` (exclusive) as they stand in the line. */
export const verbatim = (tokens: Tokens, from: number, to: number): string => (to > from ? tokens.line.slice(tokens.start[from], tokens.end[to - 1]) : '');

/** xtables_save_string() (libxtables/xtables.c): quotes what is more than letters, digits, `_` and `-`. */
export const quote = (text: string): string => (/^[A-Za-z0-9_-]+$/.test(text) ? text : `"${text.replace(/["\\']/g, '\\$&')}"`);
