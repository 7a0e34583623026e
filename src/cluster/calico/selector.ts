import { uniqueId } from './names.ts';

type Labels = ReadonlyMap<string, string> | Readonly<Record<string, string>>;

/** A selector of Calico, parsed (libcalico-go lib/selector/parser). */
export interface Selector {
  /** Its canonical text, of which ids are made. */
  readonly text: string;
  readonly matches: (labels: Labels) => boolean;
}

interface Token {
  readonly kind: 'op' | 'label' | 'text' | 'has';
  readonly text: string;
}

/** Label names (tokenizer.go); the words of the language are tried before. */
const LABEL = String.raw`[a-zA-Z0-9_./-]{1,512}`;
const TOKEN = new RegExp(String.raw`\s*(?:(&&|\|\||==|!=|!|[(){},])|"([^"]*)"|'([^']*)'|has\(\s*(${LABEL})\s*\)|(all\(\s*\)|global\(\s*\))|(not\s+in|in|contains|starts\s*with|ends\s*with)(?![\w./-])|(${LABEL}))`, 'y');

function tokensOf(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const found = TOKEN.exec(text);
    if (!found) return undefined;
    const [, op, double, single, has, whole, word, label] = found;
    if (op !== undefined) tokens.push({ kind: 'op', text: op });
    else if (double !== undefined || single !== undefined) tokens.push({ kind: 'text', text: double ?? single ?? '' });
    else if (has !== undefined) tokens.push({ kind: 'has', text: has });
    else if (whole !== undefined) tokens.push({ kind: 'op', text: whole.replace(/\(\s*\)/, '()') });
    else if (word !== undefined) tokens.push({ kind: 'op', text: word.replaceAll(/\s+/g, ' ').replace(/^(starts|ends)with$/, '$1 with') });
    else tokens.push({ kind: 'label', text: label ?? '' });
  }
  return tokens;
}

const valueOf = (labels: Labels, name: string): string | undefined => (labels instanceof Map ? (labels.get(name) as string | undefined) : Object.hasOwn(labels, name) ? (labels as Readonly<Record<string, string>>)[name] : undefined);

const quoted = (text: string): string => (text.includes('"') ? `'${text}'` : `"${text}"`);

/** Selectors by comparison: `==` and its like. A label that is not there is unequal to everything. */
const COMPARE: Readonly<Record<string, (value: string | undefined, text: string) => boolean>> = {
  '==': (value, text) => value === text,
  '!=': (value, text) => value !== text,
  contains: (value, text) => value?.includes(text) ?? false,
  'starts with': (value, text) => value?.startsWith(text) ?? false,
  'ends with': (value, text) => value?.endsWith(text) ?? false,
};

class Reader {
  #at = 0;
  readonly #tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get done(): boolean {
    return this.#at === this.#tokens.length;
  }

  /** `a || b`, each `a && b`: the loosest first. */
  any(): Selector | undefined {
    return this.#chain('||', () => this.#chain('&&', () => this.#one()));
  }

  #chain(op: '||' | '&&', next: () => Selector | undefined): Selector | undefined {
    const parts: Selector[] = [];
    do {
      const part = next();
      if (!part) return undefined;
      parts.push(part);
    } while (this.#take(op));
    if (parts.length === 1) return parts[0];
    const matches = op === '&&' ? (labels: Labels) => parts.every((p) => p.matches(labels)) : (labels: Labels) => parts.some((p) => p.matches(labels));
    return { text: `(${parts.map((p) => p.text).join(` ${op} `)})`, matches };
  }

  #one(): Selector | undefined {
    let negated = false;
    while (this.#take('!')) negated = !negated;
    const inner = this.#term();
    return inner && negated ? { text: `!${inner.text}`, matches: (labels) => !inner.matches(labels) } : inner;
  }

  #term(): Selector | undefined {
    const token = this.#tokens[this.#at++];
    if (token?.kind === 'has') return { text: `has(${token.text})`, matches: (labels) => valueOf(labels, token.text) !== undefined };
    if (token?.kind === 'op' && (token.text === 'all()' || token.text === 'global()')) return { text: token.text, matches: () => true };
    if (token?.kind === 'op' && token.text === '(') {
      const inner = this.any();
      return this.#take(')') ? inner : undefined;
    }
    return token?.kind === 'label' ? this.#comparison(token.text) : undefined;
  }

  #comparison(label: string): Selector | undefined {
    const op = this.#tokens[this.#at++]?.text ?? '';
    if (op === 'in' || op === 'not in') {
      const values = this.#set();
      if (!values) return undefined;
      const text = `${label} ${op} {${values.map(quoted).join(', ')}}`;
      return { text, matches: (labels) => values.includes(valueOf(labels, label) ?? '\0') === (op === 'in') };
    }
    const compare = COMPARE[op];
    const value = this.#tokens[this.#at++];
    if (!compare || value?.kind !== 'text') return undefined;
    return { text: `${label} ${op} ${quoted(value.text)}`, matches: (labels) => compare(valueOf(labels, label), value.text) };
  }

  /** `{'a', 'b'}`, sorted and without repetitions (ConvertToStringSetInPlace()). */
  #set(): readonly string[] | undefined {
    if (!this.#take('{')) return undefined;
    const values = new Set<string>();
    while (this.#tokens[this.#at]?.kind === 'text') {
      values.add(this.#tokens[this.#at++]?.text ?? '');
      if (!this.#take(',')) break;
    }
    return this.#take('}') ? [...values].toSorted((a, b) => (a < b ? -1 : 1)) : undefined;
  }

  #take(op: string): boolean {
    const token = this.#tokens[this.#at];
    const is = token?.kind === 'op' && token.text === op;
    if (is) this.#at++;
    return is;
  }
}

/** Parses a selector; undefined when it is none. The empty one selects everything. */
export function parseSelector(text: string): Selector | undefined {
  const tokens = tokensOf(text);
  if (!tokens) return undefined;
  if (tokens.length === 0) return { text: 'all()', matches: () => true };
  const reader = new Reader(tokens);
  const selector = reader.any();
  return reader.done ? selector : undefined;
}

/** The id of the set of everybody whom it selects. */
export const selectorId = (selector: Selector): string => uniqueId('s', selector.text);

/** The text with a prefix in front of every label name: `pcns.` for labels of namespaces (parseSelectorAttachPrefix()). */
export function prefixLabels(text: string, prefix: string): string {
  const tokens = tokensOf(text);
  if (!tokens || tokens.length === 0) return text;
  const prefixed = tokens.map((t) => (t.kind === 'label' ? prefix + t.text : t.kind === 'has' ? `has(${prefix}${t.text})` : t.kind === 'text' ? quoted(t.text) : t.text)).join(' ');
  return parseSelector(prefixed)?.text ?? text;
}
