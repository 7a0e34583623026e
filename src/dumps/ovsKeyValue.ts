/** `key`, `key:value`, `key=value`, `key(value)` and `key(value)->more`. */
export interface KeyValue {
  readonly key: string;
  /** '' when there is none. */
  readonly value: string;
  /** Behind the closing bracket: `->NXM_NX_REG0[0]`. */
  readonly tail: string;
  readonly text: string;
}

/**
 * Splits at the commas that stand outside of brackets. An opening bracket without its closing one takes the rest. A backslash inside
 * quotes keeps its quote.
 */
export function splitTop(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 34) quoted = !quoted;
    else if (quoted) {
      if (c === 92) i++;
    } else if (c === 40) depth++;
    else if (c === 41) depth--;
    else if (c === 44 && depth <= 0) {
      if (i > from) parts.push(text.slice(from, i));
      from = i + 1;
    }
  }
  if (text.length > from) parts.push(text.slice(from));
  return parts;
}

/** One part of splitTop() taken apart (ofputil_parse_key_value(), lib/ofp-parse.c). */
export function keyValue(part: string): KeyValue {
  const text = part.trim();
  const at = text.search(/[:=(]/);
  if (at < 0) return { key: text, value: '', tail: '', text };
  const key = text.slice(0, at);
  if (text.charCodeAt(at) !== 40) return { key, value: text.slice(at + 1), tail: '', text };
  const close = closing(text, at);
  if (close < 0) return { key, value: text.slice(at + 1), tail: '', text };
  return { key, value: text.slice(at + 1, close), tail: text.slice(close + 1), text };
}

function closing(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 40) depth++;
    else if (c === 41 && --depth === 0) return i;
  }
  return -1;
}

/** All of them. */
export const keyValues = (text: string): readonly KeyValue[] => splitTop(text).map(keyValue);
