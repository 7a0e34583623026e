import { isMap, isScalar, type YAMLParseError } from 'yaml';
import { documentsOf } from './documents.ts';

/** What is wrong with a text as YAML, in words of our own, so that it can be said in each language. */
export type YamlProblemCode =
  | 'tab' // a tab where only spaces may indent
  | 'indent' // a line that is indented less or more than what it belongs to
  | 'no-colon' // a line in a map that is no `key: value`
  | 'unclosed' // a quote, bracket or brace is never closed; text: what would close it
  | 'no-comma' // two items within braces or brackets without a comma or colon
  | 'nested-value' // `key: value: more` in one line
  | 'bad-start' // a value begins with a character that YAML keeps for itself; text: the character
  | 'bad-escape' // a backslash within double quotes that means nothing; text: it
  | 'bad-alias' // `*name` without an `&name` before it; text: the name
  | 'twice' // a key that the same map has already; text: the key
  | 'no-object' // no map at all
  | 'other'; // text: what the YAML library says

export interface YamlProblem {
  readonly code: YamlProblemCode;
  /** From 1, of the whole text. */
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

const MAX_PROBLEMS = 20;

/** The faults of a text as YAML, in their order; a world is made only of texts without any. Never throws on any text. */
export function yamlProblems(text: string): readonly YamlProblem[] {
  const found: YamlProblem[] = [];
  for (const { yaml, text: own, firstLine } of documentsOf(text)) {
    // The first fault of a document often makes the others.
    const [error] = yaml.errors;
    if (error) found.push(problemOf(error, own, firstLine));
    else if (!isMap(yaml.contents) && !(yaml.contents === null || (isScalar(yaml.contents) && yaml.contents.value === null))) found.push({ code: 'no-object', line: firstLine, column: 1, text: '' });
    if (found.length >= MAX_PROBLEMS) break;
  }
  return found;
}

function problemOf(error: YAMLParseError, text: string, firstLine: number): YamlProblem {
  const at = error.linePos?.[0] ?? { line: 1, col: 1 };
  const place = { line: firstLine - 1 + at.line, column: at.col };
  const next = { line: place.line + 1, column: 1 };
  const line = text.split('\n')[at.line - 1] ?? '';
  switch (error.code) {
    case 'TAB_AS_INDENT':
      return { ...place, code: 'tab', text: '' };
    case 'BAD_INDENT': {
      const closing = /end with a ([\]}])/.exec(error.message)?.[1];
      return closing === undefined ? { ...place, code: 'indent', text: '' } : { ...place, code: 'unclosed', text: closing };
    }
    case 'MULTILINE_IMPLICIT_KEY':
      // A list's item that seems to go on in the next line: that line stands too far to the right.
      return /^\s*-(?:\s|$)/.test(line) ? { ...next, code: 'indent', text: '' } : { ...place, code: 'no-colon', text: '' };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return /:\s.*:(?:\s|$)/.test(line) ? { ...place, code: 'nested-value', text: '' } : { ...next, code: 'indent', text: '' };
    case 'BLOCK_IN_FLOW':
      return { ...place, code: 'no-comma', text: '' };
    case 'BAD_SCALAR_START':
      return { ...place, code: 'bad-start', text: text[error.pos[0]] ?? '' };
    case 'BAD_DQ_ESCAPE':
      return { ...place, code: 'bad-escape', text: text.slice(error.pos[0], error.pos[0] + 2) };
    case 'BAD_ALIAS':
      return { ...place, code: 'bad-alias', text: /[^\s,\]}*]+/.exec(text.slice(error.pos[0]))?.[0] ?? '' };
    case 'DUPLICATE_KEY':
      return { ...place, code: 'twice', text: /[^\s:]+/.exec(text.slice(error.pos[0]))?.[0] ?? '' };
    case 'MISSING_CHAR':
      return missing(error.message, text, place, firstLine);
    default:
      return { ...place, code: 'other', text: error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? '' };
  }
}

/** The library says in its message which character it misses. */
function missing(message: string, text: string, place: Pick<YamlProblem, 'line' | 'column'>, firstLine: number): YamlProblem {
  if (/between flow/.test(message)) return { ...place, code: 'no-comma', text: '' };
  const quote = /Missing closing (["'])quote/.exec(message)?.[1];
  if (quote !== undefined) return { ...(openedAt(text, quote, firstLine) ?? place), code: 'unclosed', text: quote };
  const closing = /(?:must end with|end with) a ([\]}])/.exec(message)?.[1];
  return closing === undefined ? { ...place, code: 'no-colon', text: '' } : { ...place, code: 'unclosed', text: closing };
}

/** The first line with a quote that opens a value and is not closed in that line: the library notices only at the end of the text. */
function openedAt(text: string, quote: string, firstLine: number): Pick<YamlProblem, 'line' | 'column'> | undefined {
  for (const [i, line] of text.split('\n').entries()) {
    const opens = line.search(new RegExp(`(?:^|[\\s:[{,-])${quote}`));
    if (opens >= 0 && line.split(quote).length % 2 === 0) return { line: firstLine + i, column: line.indexOf(quote, opens) + 1 };
  }
  return undefined;
}
